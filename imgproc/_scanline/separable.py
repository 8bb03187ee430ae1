"""Resampling along the axes with weights of float64: the means over areas, and all resizing of float64 images.

A pixel of the result is a weighted mean of pixels of a few rows and columns.  The weights of each row and each column
are made once.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .._core.border import index_map
from .._core.jit import borrowed, kernel
from .._core.planes import as_planes, rounding
from .._core.threads import run_bands
from .samplers.bicubic import CUBIC

WIDEST = 4
"""What reaches by more lengths of the image beyond it is not averaged under a border that repeats the image."""


class Taps(NamedTuple):
    """What the pixels of the result read along one axis."""

    index: Any
    """int64 (n, k): numbers of pixels."""
    weights: Any
    """float64 (n, k): their sum is 1 for each pixel of the result."""
    number: Any
    """int64 (n,): how many of them count."""


class Axis(NamedTuple):
    """One axis: pixel i of the result covers [start + i step, start + (i + 1) step] of the source."""

    start: float
    step: float
    pixels: int
    length: int
    """Pixels of the source."""


def _seen(axis: Axis) -> tuple[int, int]:
    """Which pixels of the result have their centres inside of the source: the first, and the one after the last."""
    low, high = -axis.start / axis.step - 0.5, (axis.length - axis.start) / axis.step - 0.5
    first = math.ceil(min(max(low, 0.0), axis.pixels))
    end = math.floor(max(min(high, axis.pixels - 1.0), -1.0)) + 1
    return (first, end) if first < end else (0, 0)


def _taps(axis: Axis, interpolation: str, border: str, first: int, end: int) -> Taps:
    """Weights for the pixels [first, end) of the result; those that read beyond an edge are placed by the border.

    ``constant`` has no pixels there: means are over what lies inside."""
    i = np.arange(first, end)
    if interpolation == "area" and axis.step > 1.0:
        low, high = axis.start + i * axis.step, axis.start + (i + 1) * axis.step
        if border == "constant":
            low, high = np.clip(low, 0.0, axis.length), np.clip(high, 0.0, axis.length)
        place = np.floor(low)[:, None] + np.arange(math.ceil((high - low).max()) + 1)
        weights = np.minimum(high[:, None], place + 1.0) - np.maximum(low[:, None], place)
        # A sliver that is only rounding is no part of the area.
        weights[weights < 1e-9] = 0.0
    else:
        centre = axis.start + (i + 0.5) * axis.step - 0.5
        base = np.floor(centre)
        t = centre - base
        if interpolation == "bicubic":
            place, weights = base[:, None] + np.arange(-1.0, 3.0), _cubic(t)
        else:
            place, weights = base[:, None] + np.arange(2.0), np.stack([1.0 - t, t], axis=1)
    # Those that count come first.
    order = np.argsort(weights == 0.0, axis=1, kind="stable")
    place, weights = np.take_along_axis(place, order, 1).astype(np.int64), np.take_along_axis(weights, order, 1)
    number = np.count_nonzero(weights, axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    if border == "constant":
        index = np.clip(place, 0, axis.length - 1)
    else:
        before, after = max(-int(place.min()), 0), max(int(place.max()) + 1 - axis.length, 0)
        index = index_map(axis.length, before, after, border)[place + before].astype(np.int64)
    return Taps(np.ascontiguousarray(index), np.ascontiguousarray(weights), number.astype(np.int64))


def _cubic(t: np.ndarray) -> np.ndarray:
    """Weights of Keys' cubic for the four pixels around t in [0, 1)."""
    a, s = CUBIC, 1.0 - t
    return np.stack(
        [
            a * t * s * s,
            ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0,
            ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0,
            a * s * t * t,
        ],
        axis=1,
    )


@kernel(inner=True)
def _down(image, index, weights, number, row):
    """The weighted mean of rows.  It is counted from the first of them, so that the mean of equal levels is exact."""
    base = image[index[0]]
    for i in range(row.size):
        row[i] = np.float64(base[i])
    for k in range(1, number):
        other, weight = image[index[k]], weights[k]
        for i in range(row.size):
            row[i] += weight * (np.float64(other[i]) - np.float64(base[i]))


@kernel
def _resample(image, rows, columns, channels, limits, out, left, y0, y1):
    """Rows [y0, y1) of the result, written into `out` from column `left` on; the image is (h, w * channels)."""
    image, out = borrowed(image), borrowed(out)
    kind = out.dtype.type
    row = np.empty(image.shape[1])
    lo, hi, rounds = limits[0], limits[1], limits[2] > 0.0
    for y in range(y0, y1):
        _down(image, rows.index[y], rows.weights[y], rows.number[y], row)
        line, at = out[y], np.uint64(left * channels)
        for i in range(columns.number.size):
            index, weights, number = columns.index[i], columns.weights[i], columns.number[i]
            first = np.uint64(index[0] * channels)
            second, share = first, 0.0
            if number > 1:
                second, share = np.uint64(index[1] * channels), weights[1]
            for c in range(np.uint64(channels)):
                base = row[first + c]
                level = base
                if number > 1:  # an infinite level alone stays so
                    level += share * (row[second + c] - base)
                for k in range(2, number):
                    level += weights[k] * (row[np.uint64(index[k] * channels) + c] - base)
                if rounds:
                    level = np.rint(min(max(level, lo), hi))
                line[at] = kind(level)
                at += np.uint64(1)


def can_resample(y: Axis, x: Axis, border: str) -> bool:
    """Whether all numbers are finite, and what is seen reaches not too far beyond the image."""
    if not all(map(math.isfinite, (y.start, y.step, x.start, x.step))):
        return False
    return border == "constant" or all(
        axis.step * axis.pixels <= WIDEST * axis.length and abs(axis.start) <= WIDEST * axis.length for axis in (y, x)
    )


def resample(
    image: np.ndarray, y: Axis, x: Axis, interpolation: str, border: str, levels: tuple[float, ...]
) -> np.ndarray:
    """Resample an image along its axes.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    y, x : Axis
    interpolation : {"bilinear", "bicubic", "area"}
        ``area`` takes means along axes that shrink, and is bilinear along those that grow.
    border : str
        What lies outside.  ``constant`` shows `levels` where the centre of a pixel comes from outside.
    levels : tuple of float
        One for each channel.
    """
    planes = as_planes(image)
    channels = planes.shape[2]
    out = np.empty((y.pixels, x.pixels, channels), image.dtype)
    (top, bottom), (left, right) = (_seen(y), _seen(x)) if border == "constant" else ((0, y.pixels), (0, x.pixels))
    if (top, left, bottom, right) != (0, 0, y.pixels, x.pixels):
        out[...] = levels
    if top < bottom and left < right:
        rows, columns = _taps(y, interpolation, border, top, bottom), _taps(x, interpolation, border, left, right)
        limits = np.array(rounding(image.dtype), np.float64)
        flat, target = planes.reshape(planes.shape[0], -1), out.reshape(y.pixels, -1)[top:bottom]

        def band(y0: int, y1: int) -> None:
            _resample(flat, rows, columns, channels, limits, target, left, y0, y1)

        run_bands(band, bottom - top, pixels=(bottom - top) * max(x.pixels, x.length))
    return out.reshape(y.pixels, x.pixels, *image.shape[2:])
