"""Resizing by a filter that is as wide as the pixels of the result: bilinear, bicubic and Lanczos without aliases.

A pixel of the result is a weighted mean of the pixels around its centre.  The weights are a kernel's, stretched where
the image shrinks, and divided by their sum; what lies outside the image has none.  This is how Pillow resizes
(``Image.resize``).  As there, one axis comes after the other; of integers the result of the first one is rounded and
saturated.  So they need not commute, and the order is that of Pillow 13, see `_y_first`.  The rows of a band of the
result are made one after the other, so that few rows are kept between both steps.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._core import elementary_arrays
from .._core.formats import ROUNDING_OF_DOUBLES
from .._core.jit import borrowed, kernel
from .._core.planes import as_planes, canonical, rounding
from .._core.threads import run_bands
from .samplers._means import fold, spread
from .samplers._pairs import filtered_pairs
from .separable import Axis
from .stores import write_four, write_three

_grey, _rgb, _rgba = filtered_pairs(1), filtered_pairs(3), filtered_pairs(4)
_grey_twice, _rgb_twice, _rgb_thrice = filtered_pairs(1, 2), filtered_pairs(3, 2), filtered_pairs(3, 3)


class Taps(NamedTuple):
    """What the pixels of the result read along one axis."""

    starts: Any
    """int64 (n,): the first pixel of each."""
    counts: Any
    """int64 (n,): how many there are."""
    weights: Any
    """(n, k): their weights, and zeros; k is a multiple of four."""
    most: Any
    """The largest of the counts."""


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1.0 - x, 0.0)


def _cubic(a: float) -> Callable[[np.ndarray], np.ndarray]:
    """Keys' cubic of distances."""

    def weights(x: np.ndarray) -> np.ndarray:
        near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
        far = (((x - 5.0) * x + 8.0) * x - 4.0) * a
        return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))

    return weights


def _sinc(x: np.ndarray) -> np.ndarray:
    angle = math.pi * x
    return np.where(x == 0.0, 1.0, elementary_arrays.sin(angle) / np.where(x == 0.0, 1.0, angle))


def _lanczos(x: np.ndarray) -> np.ndarray:
    """Lanczos' window of three lobes."""
    return np.where(x < 3.0, _sinc(x) * _sinc(x / 3.0), 0.0)


REMEMBERED = 1 << 16
"""Weights of axes of at most so many pixels, on both sides together, are remembered."""


def taps(length: int, frame: int, interpolation: str, a: float, widens: bool, dtype: Any) -> Taps:
    """The weights of an axis of `length` pixels that become `frame` pixels."""
    make = _remembered if length + frame <= REMEMBERED else _taps
    return make(Axis(0.0, length / frame, frame, length), interpolation, a, widens, np.dtype(dtype))


def _taps(axis: Axis, interpolation: str, a: float, widens: bool, dtype: np.dtype) -> Taps:
    reach, function = {"bilinear": (1.0, _triangle), "bicubic": (2.0, _cubic(a)), "lanczos": (3.0, _lanczos)}[
        interpolation
    ]
    start, step, frame, length = axis
    stretch = max(step, 1.0) if widens else 1.0
    support = reach * stretch
    centre = np.clip(start + (np.arange(frame) + 0.5) * step, 0.0, length)
    starts = np.maximum((centre - support + 0.5).astype(np.int64), 0)
    counts = np.minimum((centre + support + 0.5).astype(np.int64), length) - starts
    places = np.arange(-(-int(counts.max()) // 4) * 4)
    distances = np.abs((places + starts[:, None] - centre[:, None] + 0.5) / stretch)
    weights = np.where(places < counts[:, None], function(distances), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return Taps(canonical(starts), canonical(counts), canonical(weights.astype(dtype)), int(counts.max()))


_remembered = functools.lru_cache(maxsize=16)(_taps)


def _y_first(size: tuple[int, int], h: int, w: int) -> bool:
    """Whether an image (h, w) is resized along y first: it gets lower, by more than twice what it gets narrower."""
    return size[0] < h and h - size[0] > 2 * (w - size[1])


@kernel(inner=True)
def _load(row, values):
    """A row as floats."""
    kind = values.dtype.type
    for i in range(row.size):
        values[i] = kind(row[i])


@kernel(inner=True)
def _settle(row, limits):
    """Saturate and round, in place; NaN is no level of integers."""
    low, high, magic = limits[0], limits[1], limits[2]
    if magic > 0:
        for i in range(row.size):
            v = row[i]
            v = low if v < low else v
            v = high if v > high else v
            row[i] = (v + magic) - magic


@kernel(inner=True)
def _along(values, taps, channels, row):
    """Resize a row along x; the result has four numbers a pixel, or one if it has one channel.

    All pixels read as many, so that no branch has to be guessed; beyond the row there are zeros."""
    starts, weights, width = taps.starts, taps.weights.reshape(-1), taps.weights.shape[1]
    most = np.int64(taps.most)
    if channels == 1 and 4 < most <= 8:
        for i in range(starts.size):
            _grey_twice(values, starts[i], np.int64(2), weights, i * width, row, 4 * i)
        fold(row, starts.size)
    elif channels == 1:
        for i in range(starts.size):
            _grey(values, starts[i], (most + 3) // 4, weights, i * width, row, 4 * i)
        fold(row, starts.size)
    elif channels == 3 and (most == 3 or most == 4):
        for i in range(starts.size):
            _rgb_twice(values, 3 * starts[i], np.int64(2), weights, i * width, row, 4 * i)
    elif channels == 3 and (most == 5 or most == 6):
        for i in range(starts.size):
            _rgb_thrice(values, 3 * starts[i], np.int64(3), weights, i * width, row, 4 * i)
    elif channels == 3:
        for i in range(starts.size):
            _rgb(values, 3 * starts[i], (most + 1) // 2, weights, i * width, row, 4 * i)
    else:
        for i in range(starts.size):
            _rgba(values, 4 * starts[i], (most + 1) // 2, weights, i * width, row, 4 * i)


@kernel(inner=True)
def _add_one(one, a, total):
    """Add a row times its weight; what has no weight does not count, even if it is infinite."""
    kind = total.dtype.type
    if a != 0:
        for i in range(total.size):
            total[i] += a * kind(one[i])


@kernel(inner=True)
def _add_two(one, two, a, b, total):
    kind = total.dtype.type
    for i in range(total.size):
        total[i] += a * kind(one[i]) + b * kind(two[i])


@kernel(inner=True)
def _down(rows, start, count, weights, total):
    """The weighted sum of rows, which are numbered round and round."""
    n, size, k = rows.shape[0], total.size, np.int64(0)
    for i in range(size):
        total[i] = 0
    while k + 1 < count:
        a, b = weights[k], weights[k + 1]
        one, two = rows[(start + k) % n, :size], rows[(start + k + 1) % n, :size]
        if a != 0 and b != 0:
            _add_two(one, two, a, b, total)
        else:
            _add_one(one, a, total)
            _add_one(two, b, total)
        k += 2
    if k < count:
        _add_one(rows[(start + k) % n, :size], weights[k], total)


@kernel(inner=True)
def _write(total, planes, channels, out, first):
    """Write a row of the result, from pixel number `first` on."""
    n = planes.shape[1]
    if channels == 1:
        own = out[first : first + n]
        for i in range(own.size):
            own[i] = total[i]
        return
    spread(total, n, np.int64(0), channels, planes)
    if channels == 3:
        write_three(planes, channels, n, np.int64(0), out, first)
    else:
        write_four(planes, channels, n, np.int64(0), out, first)


@kernel
def _filter_x_first(image, across, down, channels, limits, out, y0, y1):
    """Rows [y0, y1) of the result; the image is (h, w * channels), of one, three or four channels."""
    image, out, limits = borrowed(image), borrowed(out), borrowed(limits)
    frame, most, kind = across.starts.size, down.weights.shape[1], limits.dtype
    numbers = frame if channels == 1 else 4 * frame
    values = np.zeros(image.shape[1] + (across.weights.shape[1] + 4) * channels, kind)
    ring, total, planes = (
        np.empty((most, 4 * frame), kind),
        np.empty(4 * frame, kind),
        np.empty((channels, frame), kind),
    )
    done = np.int64(0)
    for y in range(y0, y1):
        start, count = down.starts[y], down.counts[y]
        for k in range(max(done, start), start + count):
            _load(image[k], values)
            row = ring[k % most]
            _along(values, across, channels, row)
            _settle(row[:numbers], limits)
        done = start + count
        _down(ring, start, count, down.weights[y], total[:numbers])
        _settle(total[:numbers], limits)
        _write(total, planes, channels, out, y * frame)


@kernel
def _filter_y_first(image, across, down, channels, limits, out, y0, y1):
    """The same in the other order."""
    image, out, limits = borrowed(image), borrowed(out), borrowed(limits)
    frame, kind, size = across.starts.size, limits.dtype, image.shape[1]
    numbers = frame if channels == 1 else 4 * frame
    values = np.zeros(size + (across.weights.shape[1] + 4) * channels, kind)
    total, planes = np.empty(4 * frame, kind), np.empty((channels, frame), kind)
    for y in range(y0, y1):
        _down(image, down.starts[y], down.counts[y], down.weights[y], values[:size])
        _settle(values[:size], limits)
        _along(values, across, channels, total)
        _settle(total[:numbers], limits)
        _write(total, planes, channels, out, y * frame)


def filtered(image: np.ndarray, size: tuple[int, int], interpolation: str, a: float, widens: bool) -> np.ndarray:
    """Resize a whole image to (h, w).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    size : (int, int)
    interpolation : {"bilinear", "bicubic", "lanczos"}
    a : float
        Of Keys' cubic.
    widens : bool
        Whether the filter is stretched along axes that shrink.
    """
    h, w = image.shape[:2]
    work = _work(image)
    down, across = (taps(n, frame, interpolation, a, widens, work) for n, frame in zip((h, w), size, strict=True))
    return _by_taps(image, size, down, across)


def filtered_part(image: np.ndarray, y: Axis, x: Axis, interpolation: str, a: float) -> np.ndarray:
    """The same of a part of an image that need not begin and end with whole pixels; the filter is stretched."""
    work = np.dtype(_work(image))
    down, across = (_taps(axis, interpolation, a, True, work) for axis in (y, x))
    return _by_taps(image, (y.pixels, x.pixels), down, across)


def _work(image: np.ndarray) -> type:
    return np.float32 if image.dtype == np.uint8 else np.float64


def _by_taps(image: np.ndarray, size: tuple[int, int], down: Taps, across: Taps) -> np.ndarray:
    planes = as_planes(image)
    h, w, channels = planes.shape
    if channels not in (1, 3, 4):
        return np.stack([_by_taps(image[:, :, c], size, down, across) for c in range(channels)], axis=2)
    out = np.empty((*size, *image.shape[2:]), image.dtype)
    low, high, magic = rounding(image.dtype)
    work = _work(image)
    limits: np.ndarray = np.array([low, high, ROUNDING_OF_DOUBLES if magic and work is np.float64 else magic], work)
    flat, target = planes.reshape(h, -1), out.reshape(-1)
    rows = _filter_y_first if _y_first(size, h, w) else _filter_x_first

    def band(y0: int, y1: int) -> None:
        rows(flat, across, down, channels, limits, target, y0, y1)

    run_bands(band, size[0], pixels=max(h * size[1], size[0] * w))
    return out
