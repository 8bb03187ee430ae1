"""Levels changed one by one, in one pass from array to array.

They give the bytes of the operations of the same names (`imgproc._scanline.operations`), which a program of the machine
applies to rows that it copies to and fro: beside so little work, that is what takes time.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .formats import work_dtype
from .jit import kernel
from .planes import as_line, full_scale, rounding
from .threads import run_bands, stays_serial

__all__: list[str] = []


@kernel
def _line_of_floats(values, line, out):
    scale, shift, zero = line[0], line[1], out.dtype.type(0)
    for i in range(out.size):
        out[i] = values[i] * scale + shift + zero


@kernel
def _line_of_integers(values, line, out):
    kind = line.dtype.type
    scale, shift, low, high = line[0], line[1], line[2], line[3]
    for i in range(out.size):
        v = kind(values[i]) * scale + shift
        v = low if v < low else v
        v = high if v > high else v
        out[i] = np.int32(np.rint(v))


@kernel
def _compare_floats(values, levels, keep_above, keep_below, out):
    edge, high, low, zero = levels[0], levels[1], levels[2], levels.dtype.type(0)
    for i in range(out.size):
        v = values[i]
        above = v if keep_above else high
        below = v if keep_below else low
        y = above if v > edge else below
        out[i] = y + zero if v == v else v


@kernel
def _compare_integers(values, levels, keep_above, keep_below, out):
    edge, high, low = levels[0], levels[1], levels[2]
    if not (keep_above | keep_below):  # the usual case, in fewer instructions
        for i in range(out.size):
            out[i] = high if values[i] > edge else low
        return
    for i in range(out.size):
        v = values[i]
        above = v if keep_above else high
        below = v if keep_below else low
        out[i] = above if v > edge else below


GRID = 6442450944.0
"""1.5 * 2**32.  Adding it to a float64 below 2**32 and subtracting it again gives the nearest multiple of 2**-20."""


@kernel
def _spread(values, ends, share, out):
    """Integers between two levels over the full scale of `out`, rounded half to even.

    `share` is full scale by the difference of the ends, which is below 2**16.  A product is off by 2**-36 at most.  One
    that is in the middle of two levels is a multiple of 2**-1, others are 2**-17 from there: the grid makes it exact.
    """
    kind = ends.dtype.type
    low, high = ends[0], ends[1]
    for i in range(out.size):
        v = kind(values[i])
        v = low if v < low else v
        v = high if v > high else v
        near = (np.float64(kind(v - low)) * share + GRID) - GRID
        out[i] = np.int32(np.rint(near))


def spread_over(values: np.ndarray, low: int, high: int, out: np.ndarray) -> None:
    """Bring levels from `low` to `high`, of uint8 or uint16, over the full scale of `out`, exactly rounded.

    Both arrays are of one shape, and have at least one row; `out` is C-contiguous.
    """
    source, flat, line = as_line(values), out.reshape(-1), out.size // len(out)
    ends, share = np.array([low, high], values.dtype), full_scale(out.dtype) / (high - low)
    run_bands(
        lambda a, b: _spread(source[a * line : b * line], ends, share, flat[a * line : b * line]),
        len(out),
        pixels=out.size,
    )


LANES = 256
"""So many least and largest levels are kept side by side, as those of floats alone do not vectorise."""


@kernel
def _find_ends(rows, rest, least, largest, lanes):
    """The least and the largest of all levels and of these two, NaN left out, as the first of both `lanes`.

    Rows are taken four at a time.
    """
    low, high = lanes[0], lanes[1]
    for j in range(low.size):
        low[j], high[j] = least, largest
    for i in range(rows.shape[0] // 4):
        a, b, c, d = rows[4 * i], rows[4 * i + 1], rows[4 * i + 2], rows[4 * i + 3]
        for j in range(low.size):
            below, above = _further(low[j], high[j], a[j])
            below, above = _further(below, above, b[j])
            below, above = _further(below, above, c[j])
            low[j], high[j] = _further(below, above, d[j])
    for j in range(low.size):
        least, largest = min(low[j], least), max(high[j], largest)
    for j in range(rest.size):
        least, largest = _further(least, largest, rest[j])
    low[0], high[0] = least, largest


@kernel(inner=True)
def _further(low, high, v):
    return v if v < low else low, v if v > high else high


def level_ends(image: np.ndarray) -> tuple[float, float]:
    """The least and the largest level of an image that is not empty, infinity among them, NaN not.

    Infinity and -infinity if all are NaN.
    """
    flat, lanes = as_line(image), np.empty((2, LANES), image.dtype)
    whole = flat.size // (4 * LANES) * (4 * LANES)
    least, largest = _BEYOND[image.dtype.type] if image.dtype.kind == "f" else (flat[0], flat[0])
    _find_ends(flat[:whole].reshape(-1, LANES), flat[whole:], least, largest, lanes)
    return lanes.item(0), lanes.item(LANES)


_BEYOND = {kind: (kind(np.inf), kind(-np.inf)) for kind in (np.float32, np.float64)}


def over(image: np.ndarray, work: Callable[..., Any], *arguments: Any, dtype: np.dtype | None = None) -> np.ndarray:
    """Call ``work(values, *arguments, out)`` on bands of the image and of the result, both as lines.

    The result has the dtype of the image, or `dtype`.
    """
    out = np.empty(image.shape, dtype or image.dtype)
    values, result = as_line(image), out.reshape(-1)
    if stays_serial(values.size):
        work(values, *arguments, result)
        return out
    line = values.size // len(image)
    run_bands(
        lambda a, b: work(values[a * line : b * line], *arguments, result[a * line : b * line]),
        len(image),
        pixels=values.size,
    )
    return out


def straight(image: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """``v * scale + shift``, in float32 (float64 for float64 images); integers are rounded half to even and saturated.

    `shift` is a fraction of full scale.
    """
    work = _line_of_floats if image.dtype.kind == "f" else _line_of_integers
    return over(image, work, _line(image.dtype, scale, shift))


def compared(image: np.ndarray, edge: float, method: int) -> np.ndarray | None:
    """Levels compared with an edge, a fraction of full scale, by a method of `operations.threshold.METHODS`.

    None for integers if the edge is none of their levels.
    """
    levels = _levels(image.dtype, edge, method)
    work = _compare_floats if image.dtype.kind == "f" else _compare_integers
    return None if levels is None else over(image, work, levels, method == 3, method in (2, 4))


# What the kernels take is kept, as it would cost as much as a small image.  Nobody writes it.


@functools.lru_cache(maxsize=64)
def _line(dtype: np.dtype, scale: float, shift: float) -> np.ndarray:
    """What `_line_of_floats` and `_line_of_integers` take."""
    low, high, _ = rounding(dtype)
    with np.errstate(over="ignore"):
        return np.array([scale, shift * full_scale(dtype), low, high]).astype(work_dtype(dtype))


@functools.lru_cache(maxsize=64)
def _levels(dtype: np.dtype, edge: float, method: int) -> np.ndarray | None:
    """The edge, and what levels above it and others become."""
    top, kind = full_scale(dtype), dtype.type
    with np.errstate(over="ignore"):
        at = float(work_dtype(dtype).type(edge * top))
    if dtype.kind == "u" and not 0 <= at <= top:
        return None
    stored = kind(at) if dtype.kind == "f" else kind(round(at))
    high = kind(top) if method == 0 else stored if method == 2 else kind(0)
    low = kind(top) if method == 1 else kind(0)
    return np.array([kind(at) if dtype.kind == "f" else kind(math.floor(at)), high, low])
