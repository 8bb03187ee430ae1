"""Passes with a filter that has a small window: when a filter joins a pass, and what its kernel takes."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np

from .._core.jit import jit_enabled
from .._core.units import entry_of, kernel_address
from .._neighbours.correlate_bytes import LANES, aligned
from .machine import COLUMNS, RESULT, ROWS, SAMPLER, SOURCE, Operations, Source, run_rows
from .run_in_place import run_levels
from .run_windows import INTO_RING, STRIP, run_windows
from .stages import Near
from .windows._base import (
    CHANNELS,
    FILTER,
    HEAD,
    HEIGHT,
    LONGEST_ROW,
    NUMBERS,
    PARAMS,
    ROOM,
    RUN_LEVELS,
    RUN_ROWS,
    STRIP_SAMPLES,
    WIDTH,
    Window,
)

_NOTHING = np.empty(0, np.uint8)


def can_join(near: Near, size: tuple[int, int], dtype: np.dtype) -> bool:
    """Whether a filter can be a step of a pass, for an image of a dtype that is (h, w) by then."""
    if dtype.char != "B" or not jit_enabled():
        return False
    return 0 <= near.filter.reach(near.params) < min(size) and max(size) <= LONGEST_ROW


def room(width: int, channels: int, reach: int) -> int:
    """Samples of memory that are enough for rows of so many pixels, for all windows that reach no further."""
    row = channels * -(-(width + 2 * reach) // LANES) * LANES
    return HEAD + 3 * max(STRIP_SAMPLES, 4 * row) + 2 * (reach + 1) * row


_own = threading.local()


def _memory(samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """This thread's memory for filters, as `Window` has it: at least so many samples.

    Sizes are powers of two, so that few of them are kept by those who got one before it grew."""
    found = getattr(_own, "memory", None)
    if found is None or found[0].size < samples:
        size = max(1 << 14, 1 << (samples - 1).bit_length())
        halves = aligned(size)
        found = _own.memory = halves, halves.view(np.int16), halves.view(np.uint8), np.empty(size, np.float32)
    return found


def window_of(size: tuple[int, int], channels: int, samples: int, work: np.dtype) -> Window:
    """At least so many samples of memory for a filter of what is (h, w), without the filter itself."""
    numbers = np.zeros(NUMBERS, np.int64)
    numbers[HEIGHT], numbers[WIDTH], numbers[CHANNELS] = *size, channels
    into = np.array((0, 0, 1, INTO_RING.address(T=work.name, O="uint16"), -1), np.int64)
    assert into.size == RESULT
    out_of = np.zeros(SOURCE, np.int64)
    out_of[SAMPLER] = STRIP.address(np.uint16, work)
    views = _memory(samples)
    params, totals = np.zeros(PARAMS + 2 * ROOM), np.zeros(channels)
    return Window(numbers, params, *views, into, out_of, _NOTHING, totals)


class _Kernels(NamedTuple):
    """The entry of `run_windows`, and the addresses of what it calls."""

    entry: Any
    rows: int
    levels: int


_kernels: dict[tuple[str, bool], _Kernels] = {}


def _kernels_for(moves: bool, source: Source, maps: Any, before: Operations, window: Window, *rest: Any) -> _Kernels:
    """The kernels for rows of a dtype; all their arguments always have the same types."""
    limits, own, out = rest
    key = limits.dtype.char, moves
    found = _kernels.get(key)
    if found is None:
        rows = levels = 0
        if not moves:
            rows = kernel_address(run_rows, source, maps, before, limits, own, out, 0, 0)
        arguments = source, before, limits, own, out, window.buffer, window.totals, 0, 0
        levels = kernel_address(run_levels, *arguments)
        entry = entry_of(run_windows, source, maps, before, before, window, limits, own, out, 0, 0)
        found = _kernels[key] = _Kernels(entry, rows, levels)
    return found


def run_window(
    near: Near, channels: int, moves: bool, source: Source, maps: Any, before: Operations, after: Operations, *rest: Any
) -> None:
    """Make a band of rows of a pass with a filter.

    Parameters
    ----------
    near : Near
    channels : int
        How many arrive at the filter.
    moves : bool
        Whether whole pixels move, so that the source is read without `maps`.
    source, maps, before, after, *rest
        As `run_windows` takes them, without the window.
    """
    limits, own, out, y0, y1 = rest
    size = int(out.numbers[ROWS]), int(out.numbers[COLUMNS])
    samples = room(size[1], channels, near.filter.reach(near.params))
    window = window_of(size, channels, samples, limits.dtype)
    kernels = _kernels_for(moves, source, maps, before, window, limits, own, out)
    numbers = window.numbers
    numbers[FILTER], numbers[RUN_ROWS], numbers[RUN_LEVELS] = near.filter.unit.address(), kernels.rows, kernels.levels
    window.params[: len(near.params)] = near.params
    if kernels.entry(source, maps, before, after, window, limits, own, out, y0, y1) != y1:
        raise AssertionError(near)
