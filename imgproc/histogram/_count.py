"""Counting levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import amount_within, as_image, as_mask, integer, ordered_range
from .._core.declare import Case, declare, versus
from .._core.jit import kernel
from .._core.levels import LEVEL, fraction
from .._core.planes import as_planes, canonical, full_scale, valid_pixels
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit

__all__ = ["cumulative_histogram", "histogram"]


@kernel
def _tally_grey(octets, out):
    # Eight private histograms: neighbours are often equal, and an increment must wait for one of the same counter.
    # Rows of eight, not steps of eight: an index that Numba cannot see to be non-negative costs a test each time.
    one = np.uint32(1)
    for i in range(octets.shape[0]):
        out[0, octets[i, 0]] += one
        out[1, octets[i, 1]] += one
        out[2, octets[i, 2]] += one
        out[3, octets[i, 3]] += one
        out[4, octets[i, 4]] += one
        out[5, octets[i, 5]] += one
        out[6, octets[i, 6]] += one
        out[7, octets[i, 7]] += one


@kernel
def _tally_rgb(pairs, out):
    # Row j counts byte j of a pair of pixels, so rows 0 and 3 are red.
    one = np.uint32(1)
    for i in range(pairs.shape[0]):
        out[0, pairs[i, 0]] += one
        out[1, pairs[i, 1]] += one
        out[2, pairs[i, 2]] += one
        out[3, pairs[i, 3]] += one
        out[4, pairs[i, 4]] += one
        out[5, pairs[i, 5]] += one


@kernel
def _tally(image, out):
    h, w, channels = image.shape
    for y in range(h):
        for x in range(w):
            for c in range(channels):
                out[c, image[y, x, c]] += np.uint32(1)


@kernel
def _tally_masked(image, mask, out):
    h, w, channels = image.shape
    for y in range(h):
        for x in range(w):
            for c in range(channels):
                out[c, image[y, x, c]] += np.uint32(mask[y, x])


def count_levels(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """How often each level of an integer image occurs, int64 (c, levels)."""
    planes = as_planes(image)
    h, w, channels = planes.shape
    levels = full_scale(image.dtype) + 1

    def band(y0: int, y1: int) -> np.ndarray:
        part = planes[y0:y1]
        if mask is not None:
            table = np.zeros((channels, levels), np.uint32)
            _tally_masked(part, canonical(mask[y0:y1]), table)
        elif levels == 256 and channels in (1, 3):
            stride = 8 if channels == 1 else 6
            table = np.zeros((stride, 256), np.uint32)
            whole = part.size // stride * stride
            flat = part.reshape(-1)
            (_tally_grey if channels == 1 else _tally_rgb)(flat[:whole].reshape(-1, stride), table)
            for i, v in enumerate(flat[whole:]):  # fewer than `stride`: not worth a kernel
                table[i, v] += 1
        else:
            table = np.zeros((channels, levels), np.uint32)
            _tally(part, table)
        return table.reshape(-1, channels, levels).sum(axis=0, dtype=np.int64)

    tables = run_bands(band, h, pixels=h * w)
    return sum(tables[1:], tables[0]) if tables else np.zeros((channels, levels), np.int64)


@kernel
def _tally_float(image, mask, low, high, out):
    h, w, channels = image.shape
    bins = out.shape[1]
    # A range of denormal width has no finite scale: an index must never come from 0 * infinity.
    scale = min(bins / (high - low), np.finfo(np.float64).max)
    for y in range(h):
        for x in range(w):
            if mask[y, x]:
                for c in range(channels):
                    v = np.float64(image[y, x, c])
                    if low <= v <= high:  # also False for NaN
                        out[c, min(int((v - low) * scale), bins - 1)] += 1


def histogram(
    image: np.ndarray,
    *,
    bins: int | None = None,
    range: tuple[float, float] | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Count the pixels of each level.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    bins : int, optional
        Number of equal bins over `range`.  Default: one per level for integer images (256 or 65536), 256 for float.
    range : (float, float), optional
        Lowest and highest value that is counted, as fractions of full scale (1.0 = 255 = 65535); both ends belong to
        it, other pixels are not counted.  Default: (0, 1).
    mask : ndarray of bool, shape (h, w), optional
        Which pixels are counted.  Default: all.

    Returns
    -------
    ndarray of int64
        Shape (bins,) for an (h, w) image, (c, bins) for (h, w, c).  Bin k holds the values v with
        ``floor((v - low) / (high - low) * bins) == k``; the last one includes ``high``.  An empty image counts zeros.
        NaN is not counted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, if ``bins < 1``, or if `range` is not increasing, or for the default
        `range` floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    For 8-bit images and the default range, ``bins=16`` counts ``v >> 4``.

    Examples
    --------
    >>> counts = histogram(np.array([[0, 0, 255]], np.uint8))
    >>> counts[[0, 254, 255]]
    array([2, 0, 1])
    """
    image = as_image(image)
    mask = as_mask(mask, image)
    if range is None:
        must_be_unit(image, who="the default range", mask=mask, other=", or range= in the units of the image")
    low, high = (0.0, 1.0) if range is None else _range(range, image)
    integral = image.dtype.kind == "u"
    levels = full_scale(image.dtype) + 1
    if bins is None:
        bins = levels if integral else 256
    bins = integer(bins, "bins", at_least=1)
    amount_within(bins, image, "bins")
    if integral:
        counts = count_levels(image, mask)
        if bins != levels or (low, high) != (0.0, 1.0):
            counts = _rebin(counts, bins, low * (levels - 1), high * (levels - 1))
    else:
        planes = as_planes(image)
        valid = valid_pixels(image, mask)
        counts = np.zeros((planes.shape[2], bins), np.int64)
        _tally_float(planes, valid, low, high, counts)
    return counts[0] if image.ndim == 2 else counts


def _rebin(counts: np.ndarray, bins: int, low: float, high: float) -> np.ndarray:
    level = np.arange(counts.shape[1])
    inside = (level >= low) & (level <= high)
    index = np.minimum(np.floor((level[inside] - low) * bins / (high - low)).astype(np.intp), bins - 1)
    out = np.zeros((counts.shape[0], bins), np.int64)
    for row, count in zip(out, counts):
        np.add.at(row, index, count[inside])
    return out


def cumulative_histogram(
    image: np.ndarray,
    *,
    bins: int | None = None,
    range: tuple[float, float] | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Count the pixels of each level and below.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    bins : int, optional
        As in `histogram`.
    range : (float, float), optional
        As in `histogram`.
    mask : ndarray of bool, shape (h, w), optional
        As in `histogram`.

    Returns
    -------
    ndarray of int64
        Running sums of `histogram`, same shape; the last one is the number of pixels counted.

    Raises
    ------
    TypeError, ValueError
        As `histogram`, or for the default `range` floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Examples
    --------
    >>> cumulative_histogram(np.array([[0, 0, 255]], np.uint8))[[0, 254, 255]]
    array([2, 2, 3])
    """
    counts: Any = histogram(image, bins=bins, range=range, mask=mask)
    return np.cumsum(counts, axis=-1)


def _counts_of(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    bins = 65536 if image.dtype == np.uint16 else 256
    return np.dtype(np.int64), (bins,) if image.ndim == 2 else (image.shape[2], bins)


def _range(value: Any, image: np.ndarray) -> tuple[float, float]:
    """Two levels, the lower one first."""
    low, high = ordered_range(value, "range")
    return fraction(low, "range[0]", LEVEL, image), fraction(high, "range[1]", LEVEL, image)


def _rows() -> list[Case]:
    import cv2

    def counts(x: np.ndarray) -> np.ndarray:
        return cv2.calcHist([x], [0], None, [256], [0, 256]).ravel()

    def sums(x: np.ndarray) -> np.ndarray:
        return np.cumsum(counts(x))

    same: dict[str, Any] = {"tolerance": 0, "unit": "pixels", "default": True}
    return [
        versus("histogram", "grey", histogram, "cv2.calcHist", counts, **same),
        versus("cumulative_histogram", "grey", cumulative_histogram, "cv2.calcHist, np.cumsum", sums, **same),
    ]


declare(histogram, cumulative_histogram, peers=_rows)
declare(histogram, cumulative_histogram, result=_counts_of)
