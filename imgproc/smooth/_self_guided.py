"""The guided filter of a grey image that is its own guide, without a plane in between.

Sums of windows run down the columns, twice: of levels and their squares, whence each window's line q = a I + b, and of
these lines.  Each band of rows begins anew, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

import numpy as np

from .._core.border import index_map
from .._core.jit import kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._neighbours.window_lines import fill_margins, slide, slide_both, sum_half_along

__all__: list[str] = []

_BAND = 64
"""Least rows of the result whose lines are kept at a time."""


@kernel
def _fit_lines(rows, blank, ymap, xmap, offset, epsilon, scratch, lines):
    """a and b of each window of the levels less `offset`; they share their slope with the variance."""
    n, side = lines.shape[2], ymap.size - lines.shape[1] + 1
    start = side // 2
    sums, squares = scratch[0, start : start + n], scratch[1, start : start + n]
    for x in range(scratch.shape[1]):
        scratch[0, x] = scratch[1, x] = 0.0
    for y in range(1 - side, lines.shape[1]):
        slide_both(rows[ymap[y + side - 1]], rows[ymap[y - 1]] if y > 0 else blank, offset, sums, squares)
        if y >= 0:
            _add_along(scratch[0], xmap, side, scratch[2:4], lines[0, y])
            _add_along(scratch[1], xmap, side, scratch[2:4], lines[1, y])
            _solve(1.0 / (side * side), epsilon, lines[0, y], lines[1, y])


@kernel
def _apply_lines(rows, blank, lines, ymap, xmap, offset, scratch, top, out):
    """The mean of the lines of all windows that see a pixel, at the pixel's level."""
    n, side = lines.shape[2], ymap.size - out.shape[0] + 1
    start = side // 2
    slopes, shifts, a, b = scratch[0, start : start + n], scratch[1, start : start + n], scratch[4, :n], scratch[5, :n]
    for x in range(scratch.shape[1]):
        scratch[0, x] = scratch[1, x] = 0.0
    for y in range(1 - side, out.shape[0]):
        entering, leaving = ymap[y + side - 1], ymap[max(y - 1, 0)]
        slide(lines[0, entering], lines[0, leaving] if y > 0 else blank, slopes)
        slide(lines[1, entering], lines[1, leaving] if y > 0 else blank, shifts)
        if y >= 0:
            _add_along(scratch[0], xmap, side, scratch[2:4], a)
            _add_along(scratch[1], xmap, side, scratch[2:4], b)
            _store(rows[y], a, b, offset[0], 1.0 / (side * side), top, out[y])


@kernel(inner=True)
def _add_along(line, xmap, side, spare, windows):
    fill_margins(line, side // 2, xmap, 1)
    half = sum_half_along(line, side, 1, spare)
    other, last = half[side // 2 :], line[side - 1 :]
    for x in range(windows.size):
        windows[x] = half[x] + (other[x] + last[x])


@kernel(inner=True)
def _solve(share, epsilon, a, b):
    """Sums of levels and of squares become a and b."""
    for x in range(a.size):
        mean = a[x] * share
        spread = b[x] * share - mean * mean
        spread = 0.0 if spread < 0.0 else spread
        slope = spread / (spread + epsilon)
        a[x] = slope
        b[x] = mean - slope * mean


@kernel(inner=True)
def _store(row, a, b, offset, share, top, out):
    if top > 0.0:
        for x in range(out.size):
            v = (a[x] * (np.float64(row[x]) - offset) + b[x]) * share + offset
            v = 0.0 if v < 0.0 else v
            v = top if v > top else v
            out[x] = np.int32(np.rint(v))
    else:
        for x in range(out.size):
            out[x] = (a[x] * (np.float64(row[x]) - offset) + b[x]) * share + offset


def self_guided(image: np.ndarray, radius: int, epsilon: float, border: str) -> np.ndarray:
    """Filter a grey image, (h, w) or (h, w, 1), of finite levels over which sums may run.

    `radius` is at least 1, `epsilon` in levels.
    """
    h, w = image.shape[:2]
    rows, out = canonical(image).reshape(h, w), np.empty(image.shape, image.dtype)
    result, top = out.reshape(h, w), float(full_scale(image.dtype)) if image.dtype.kind == "u" else 0.0
    ymap, xmap = index_map(h, radius, radius, border), index_map(w, radius, radius, border)
    offset = np.array([rows[0, 0]], np.float64)  # about a level of its own nothing cancels
    blank, nothing = canonical(np.full(w, rows[0, 0])), canonical(np.zeros(w))

    def band(y0: int, y1: int) -> None:
        seen = ymap[y0 : y1 + 2 * radius]
        low, high = int(seen.min()), int(seen.max()) + 1
        lines, scratch = np.empty((2, high - low, w)), np.empty((6, xmap.size))
        _fit_lines(rows, blank, ymap[low : high + 2 * radius], xmap, offset, epsilon, scratch, lines)
        _apply_lines(rows[y0:y1], nothing, canonical(lines), seen - low, xmap, offset, scratch, top, result[y0:y1])

    run_bands(band, h, pixels=h * w, rows=max(_BAND, 4 * radius))
    return out
