"""Run one pass: make the arrays that its kernels take, and call the kernels in bands of rows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.formats import ROUNDING_OF_DOUBLES, work_dtype
from .._core.jit import jit_enabled, kernel
from .._core.levels import COMPUTED, fractions
from .._core.planes import full_scale, rounding
from .._core.threads import run_bands, stays_serial
from .._core.units import entry_of, invoke
from .machine import (
    BURIES,
    FRAME_H,
    PACKS,
    PAINTS,
    RESULT,
    SOURCE,
    STEPPER,
    TABLE,
    Maps,
    Result,
    Source,
    run_rows,
)
from .matrix import Matrix, keeps_axes, walk
from .merge import Merged, Part, moves_pixels
from .packed import BURIER, PAINTER
from .program import Program, as_tables, needs_mean
from .run_in_place import byte_map, run_levels
from .samplers._base import check_samplable
from .samplers.area import work_of
from .samplers.choice import choose
from .scratch import scratch
from .stages import Geometry, Near, Op
from .stores import store_for
from .windowed import run_window


def compute(
    source: np.ndarray,
    geometry: list[Geometry],
    merged: Merged,
    program: Program,
    result: np.ndarray,
    first: bool,
    part: Part | None = None,
    frame: Sequence[int] | None = None,
    filtered: tuple[Program, Near] | None = None,
) -> None:
    """Run the kernels over a canonical source of shape (h, w, c), or over a part of it.

    The pixels are written into `result`; `first` says that its channels come first.  With a `frame`, see
    `areas.Average`, the source is resized first, and `merged` is what comes then.  `filtered` are operations, and a
    filter, that come before those of the program."""
    channels, dtype, line = source.shape[2], source.dtype, source.shape[1]
    shape = source.shape if part is None else (part[3] - part[1], part[2] - part[0], channels)
    pixels_of = as_bytes(source)
    if part is not None:
        pixels_of = pixels_of[(part[1] * line + part[0]) * channels * dtype.itemsize :]
    height, width = merged.size
    limits = limits_of(dtype, result.dtype, program.normalized)
    kind = limits.dtype
    early, near = filtered or (program, None)
    most = max(channels, early.channels, program.channels)
    fills = levels_of(merged.fills, channels, full_scale(dtype), kind)
    maps = Maps(np.array(merged.pull), merged.frames, merged.steps, merged.grids, fills)
    plane = height * width if first else 0
    target = Result(
        as_bytes(result),
        result_numbers(height, width, plane, result.dtype, dtype, program.normalized, channels, program.channels),
    )
    exact = merged.exact and not merged.fills and frame is None
    interpolation = "area" if frame else "copy" if merged.exact else interpolation_of(geometry)
    shows = bool(len(merged.frames)) and not len(early.operations.ops)
    numbers = _source_numbers(shape, dtype, result.dtype, merged, interpolation, line, shows)
    if frame is not None:
        numbers = np.concatenate([numbers[:FRAME_H], frame, [0], numbers[PACKS + 1 :]])
    pixels = Source(pixels_of, numbers)
    looks = needs_mean(program)
    if exact:
        buffer = np.empty(height * width * channels if looks else 0, dtype).view(np.uint8)
        totals = np.zeros(channels)

    def band(y0: int, y1: int) -> None:
        own = scratch(most, kind)
        if near is not None:
            operations = early.operations, program.operations
            run_window(near, early.channels, exact, pixels, maps, *operations, limits, own, target, y0, y1)
        elif exact:
            call(run_levels, pixels, program.operations, limits, own, target, buffer, totals, y0, y1)
        else:
            call(run_rows, pixels, maps, program.operations, limits, own, target, y0, y1)

    work = work_of((height, width), shape) if frame else height * width
    if looks or stays_serial(work):
        band(0, height)
    else:
        run_bands(band, height, pixels=work)


_entries: dict[tuple[Any, str], Any] = {}


def call(kernel: Any, *arguments: Any) -> None:
    """Call `run_rows` or `run_levels`; each is compiled once for rows of float32 and once for float64."""
    limits = arguments[3] if kernel is run_rows else arguments[2]
    found = _entries.get((kernel, limits.dtype.char))
    if found is None:
        found = _entries[kernel, limits.dtype.char] = entry_of(kernel, *arguments)
    found(*arguments)


def as_bytes(array: np.ndarray) -> np.ndarray:
    """The bytes of a C-contiguous array, as an array of one axis."""
    return array.reshape(-1).view(np.uint8)


def _source_numbers(
    shape: tuple[int, int, int],
    dtype: np.dtype,
    result: np.dtype,
    merged: Merged,
    interpolation: str,
    line: int,
    shows: bool,
) -> np.ndarray:
    plain = not merged.fills and not len(merged.steps)
    words = not merged.wrap and has_words_of(shape, dtype, line)
    pull = merged.pull if merged.exact and interpolation != "area" else None
    resized = words and interpolation == "bilinear" and plain and keeps_axes(merged.pull)
    steps = len(merged.steps) > 0
    return source_numbers(shape, dtype, result, interpolation, words, merged.wrap, resized, pull, steps, line, shows)


@functools.lru_cache(maxsize=256)
def source_numbers(
    shape: tuple[int, int, int],
    dtype: np.dtype,
    result: np.dtype,
    interpolation: str,
    words: bool,
    wrap: bool,
    resized: bool,
    pull: Matrix | None,
    steps: bool = False,
    line: int | None = None,
    shows: bool = False,
) -> np.ndarray:
    """Make `Source.numbers`.

    `pull` is the matrix of a map that moves whole pixels, and None for other maps; `steps` says whether the map has
    steps; `line` is the length of rows in memory, by default that of the shape's.  `shows` says that borders may show
    in pixels that no operation changes.

    Raises
    ------
    ValueError
        If an image is too large to be interpolated.
    """
    h, w, channels = shape
    line = w if line is None else line
    if interpolation != "copy":
        check_samplable(h, w, line)
    numbers = np.zeros(SOURCE, np.int64)
    chosen = choose(interpolation, dtype, channels, words)
    sampler = chosen.address(dtype, work_dtype(dtype))
    way = (0, 0, 0) if pull is None else walk(pull, line)
    stepper = STEPPER.address() if steps else -1
    same = dtype.itemsize if dtype == result else 0
    bytes_to_bytes = byte_map() if dtype.char == "B" and same and pull is not None else -1
    numbers[:FRAME_H] = (
        h,
        w,
        channels,
        wrap,
        resized,
        sampler,
        pull is not None,
        *way,
        bytes_to_bytes,
        same,
        stepper,
        line,
    )
    numbers[PACKS] = chosen.packs
    if shows and same and (chosen.packs or interpolation == "area") and jit_enabled():
        numbers[PAINTS] = PAINTER.address(T=work_dtype(dtype).name)
    if steps:
        numbers[BURIES] = BURIER.address(T=work_dtype(dtype).name)
    return numbers


@functools.lru_cache(maxsize=256)
def result_numbers(
    height: int,
    width: int,
    plane: int,
    dtype: np.dtype,
    source: np.dtype,
    normalized: bool,
    channels: int,
    after: int,
) -> np.ndarray:
    """Make `Result.numbers`; `channels` and `after` are the numbers of channels before and after all operations."""
    kind = work_dtype(source)
    limits = limits_of(source, dtype, normalized)
    finishes = limits[3] != 1.0 or limits[6] > limits[2]
    numbers = np.zeros(RESULT, np.int64)
    store = store_for(dtype, kind, after, plane, bool(finishes))
    same = dtype == source and not finishes and channels == after and plane == 0
    keep = store if same else store_for(source, kind, channels if channels == after else 0, 0, False)
    numbers[:] = height, width, plane, store, keep
    return numbers


def interpolation_of(geometry: Sequence[Geometry]) -> str:
    """The interpolation of a pass: that of the first stage that interpolates."""
    found = next((s.interpolation for s in geometry if not moves_pixels(s)), "nearest")
    return "bilinear" if found == "area" else found


def has_words(image: np.ndarray) -> bool:
    """Whether the fast sampler for 8-bit RGB and RGBA (`samplers.words`) can take an image."""
    return image.ndim == 3 and has_words_of(image.shape, image.dtype)


def has_words_of(shape: tuple[int, ...], dtype: np.dtype, line: int | None = None) -> bool:
    """Whether that sampler can take images of a shape (h, w, c) and a dtype, with rows of `line` pixels in memory."""
    h, w, channels = shape
    if dtype.char != "B" or channels not in (3, 4) or not jit_enabled():
        return False
    return min(h, w) > 1 and h * (line or w) * channels < 1 << 31


@functools.lru_cache(maxsize=64)
def limits_of(source: np.dtype, result: np.dtype, normalized: bool) -> np.ndarray:
    """Seven numbers: lowest level, highest level and rounding on the way; scale, lowest, highest and rounding of the
    result."""
    top, end = full_scale(source), full_scale(result)
    least, most, added = rounding(result)
    if added and work_dtype(source) == np.float64:
        added = ROUNDING_OF_DOUBLES
    outer = (1.0, -np.inf, np.inf, 0.0) if normalized else (end / top, least, most, added)
    return np.array(rounding(source) + outer, work_dtype(source))


@functools.lru_cache(maxsize=64)
def levels_of(fills: tuple[tuple[Any, int], ...], channels: int, top: int, kind: np.dtype) -> np.ndarray:
    """Turn fills into rows of levels, one row for each fill; levels of integer images are rounded and saturated."""
    with np.errstate(over="ignore"):  # a level beyond the largest float32 is infinity
        return np.array([level_of(fill, channels, top) for fill, _ in fills], kind).reshape(-1, channels)


def level_of(fill: Any, channels: int, top: int) -> tuple[float, ...]:
    """Turn a fill into one level for each channel."""
    one = isinstance(fill, tuple) and len(fill) == 1
    fill = fill[0] if one else fractions(fill, "fill", COMPUTED, channels=channels)
    level = fill if isinstance(fill, tuple) else (fill,)
    if top > 1:
        level = tuple([round(min(max(v * top, 0), top)) for v in level])
    return level * channels if len(level) == 1 else level


@kernel
def _fill_tables(ops, params, tables, prepare, channels, rows, place, limits, row):
    invoke(prepare, np.int64(0), (ops, params, tables, channels, rows, place, limits, row))


def tabulated(ops: Sequence[Op], channels: int) -> np.ndarray | None:
    """Make tables of 256 levels that do to a uint8 image what these operations do; None if no table can.

    Their shape is (c, 256), or (1, 256) if all channels are treated alike.
    """
    program = as_tables(ops, channels)
    if program is None:
        return None
    ops_rows, params, tables, _, prepare = program.operations
    channels, (kind, limits) = program.channels, _bytes()
    own = scratch(channels, kind)
    arguments = ops_rows, params, tables, prepare, channels, own.rows, own.tasks[1], limits, own.bytes
    _filler(*arguments)(*arguments)
    return tables[ops_rows[0, TABLE]].reshape(channels, -1)


@functools.cache
def _bytes() -> tuple[np.dtype, np.ndarray]:
    """The dtype of rows for bytes, and their limits."""
    byte = np.dtype(np.uint8)
    limits = limits_of(byte, byte, False)
    return limits.dtype, limits


_fillers: list[Any] = []


def _filler(*arguments: Any) -> Any:
    """The entry of `_fill_tables`, whose arguments always have the same types."""
    if not _fillers:
        _fillers.append(entry_of(_fill_tables, *arguments))
    return _fillers[0]
