"""What a filter with a small window is, as a step of a pass over bytes.

The rows that the operations before it make are kept in a ring, channel by channel, as whole numbers of 16 bits; each is
extended at both ends by the border ``reflect_101``.  When a strip of rows has all the rows that its windows see, the
filter makes the strip, and the operations after it go on with that (`run_windows`).  So the image is read once and
written once.  A filter gives the bytes that its function gives for a whole image.

A filter is one unit with two tasks: once a call it turns its parameters into weights; then it filters strip by strip.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..._core.rules import rule
from ..._core.units import Family, Unit
from ..._neighbours.correlate_bytes import LANES

MOST = 24
"""No window reaches further, to each side."""

LONGEST_ROW = 1 << 15
"""Pixels of the longest row: places in a row are kept in 16 bits."""

HEIGHT, WIDTH, CHANNELS, RADIUS, STRIDE, RING_ROWS, STRIP, RING, WIDE, TOTAL = range(10)
FILTER, RUN_ROWS, RUN_LEVELS = range(10, 13)
NUMBERS = 13
"""What `Window.numbers` holds: the size of what is filtered; how far the window reaches; the length of a row of one
channel, with what the border adds to it; how many rows the ring holds, and how many a strip; where the ring, sums along
y and the filtered strip begin in `Window.halves`; the address of the filter's unit; and those of the kernels that make
rows and that go on with the strip, where 0 stands for rows that need no coordinates."""

PARAMS, ROOM = 8, 64
"""So many parameters may a filter have.  Behind them there is room for two lists of so many numbers."""

HEAD = 2 * ROOM + LANES
"""Samples of `Window.halves` before the ring: two lists of weights, and what the store of the ring is told, see
`SHIFT_AT`."""

SHIFT_AT, WIDTH_AT, STRIDE_AT, ROWS_AT, REACH_AT = range(2 * ROOM, 2 * ROOM + 5)
"""What the store of the ring is told: by how many bits levels are shifted to the left, which the first unit of a filter
writes; and what `WIDTH`, `STRIDE`, `RING_ROWS` and `RADIUS` are."""

STRIP_SAMPLES = 1 << 15
"""A strip has about so many samples, which stay in the L2 cache together with its ring."""

FILTERING = Family(
    "int64",
    (("float64", 1), ("int64", 1), ("uint16", 1), ("int16", 1), ("float32", 1), ("int64", 0), ("int64", 0)),
)
"""Parameters, numbers, memory, the same memory with a sign, floats to work in, and the rows [y0, y1) of the strip.

With y0 below 0 it gets ready: it writes weights and `SHIFT_AT`, and returns how far the window reaches; -1 if the
filter cannot do these parameters.  Otherwise what it returns has no meaning."""


class Window(NamedTuple):
    """A filter, and the memory that it works in."""

    numbers: Any
    """int64: see `NUMBERS`."""
    params: Any
    """float64: the parameters, and room."""
    halves: Any
    """uint16, from the beginning of a line of the cache on: weights, ring, sums and strip."""
    shorts: Any
    bytes: Any
    """The same memory as int16 and as uint8."""
    floats: Any
    """float32: two strips to work in."""
    into: Any
    """int64: `Result.numbers` of the ring."""
    out_of: Any
    """int64: `Source.numbers` of the strip."""
    buffer: Any
    totals: Any
    """What `run_levels` takes for operations that need a mean: they are not there."""


@rule
def mirror(i, n):
    """Which of n pixels stands at place i, less than n away from them, with the border ``reflect_101``."""
    i = -i if i < 0 else i
    return 2 * (n - 1) - i if i >= n else i


@rule
def spread_out(numbers, halves, reach):
    """Say where everything lies in the memory, for a window that reaches so far; returns how much of it is used.

    The memory may be of any size: only its head is written."""
    h, w, channels = numbers[HEIGHT], numbers[WIDTH], numbers[CHANNELS]
    stride = -(-(w + 2 * reach) // LANES) * LANES
    row = stride * channels
    strip = min(max(STRIP_SAMPLES // row, 4), 64, h)
    rows = strip + 2 * reach
    numbers[RADIUS], numbers[STRIDE], numbers[RING_ROWS], numbers[STRIP] = reach, stride, rows, strip
    numbers[RING], numbers[WIDE] = HEAD, HEAD + rows * row
    numbers[TOTAL] = numbers[WIDE] + strip * row
    halves[WIDTH_AT], halves[STRIDE_AT], halves[ROWS_AT], halves[REACH_AT] = w, stride, rows, reach
    return numbers[TOTAL] + (strip + 1) * row


@dataclasses.dataclass(frozen=True, eq=False)
class Filter:
    """A filter with a small window.

    Parameters
    ----------
    name : str
    module : str
        Where it is defined.
    unit : Unit
        Of the family `FILTERING`.
    reach : callable
        ``reach(params)``: how far its window reaches, as its unit says it.
    """

    name: str
    module: str
    unit: Unit
    reach: Callable[[Sequence[float]], int]
    flags = 0
    last = False
    binds = True
    """As of an `Operation`: pixels must not move after it."""

    def __reduce__(self) -> Any:
        names = [name for name, value in vars(sys.modules[self.module]).items() if value is self]
        return _find, (self.module, names[0])

    def __repr__(self) -> str:
        return f"<filter {self.name}>"


def _find(module: str, name: str) -> Filter:
    return getattr(importlib.import_module(module), name)


def filter_of(name: str, prepare: Any, rows: Any, reach: Callable[[Sequence[float]], int]) -> Filter:
    """Make a filter of two inner kernels.

    ``prepare(params, halves, floats)`` gets ready; the other one filters, with the arguments of the family."""

    def body(params, numbers, halves, shorts, floats, y0, y1):
        if y0 < 0:
            return prepare(params, halves, floats)
        rows(params, numbers, halves, shorts, floats, y0, y1)
        return 0

    body.__qualname__, body.__module__ = f"filter_{name}", rows.__module__
    return Filter(name, rows.__module__, Unit(FILTERING, body), reach)
