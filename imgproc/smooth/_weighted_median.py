"""Median of windows whose pixels count with weights."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from .._core.border import framed
from .._core.check import as_image, as_window_weights, border_name, frame_within
from .._core.declare import declare
from .._core.formats import channels_of
from .._core.jit import borrowed, kernel
from .._core.opencv import load_cv2
from .._core.planes import canonical
from .._core.threads import run_bands

__all__ = ["weighted_median"]

_CHUNK = 1024
"""Samples of a row that are worked on together: their lines stay in the L1 cache."""

_MOST = 1 << 62
"""Sum of weights that are too fine to be taken exactly."""


@kernel
def _weighted_medians(keys, places, weights, need, bits, best, tried, sums, out):
    """Of each window the smallest key up to which the weights add up to `need`.

    Found bit by bit from the highest: a bit belongs to the key if the weights below the key tried fall short.  That
    asks the same of every pixel, so it runs on vectors, which sorting does not."""
    keys, places, out = borrowed(keys), borrowed(places), borrowed(out)
    key, sum_of = out.dtype.type, sums.dtype.type
    need, zero = sum_of(need), sum_of(0)
    for y in range(out.shape[0]):
        for x0 in range(0, out.shape[1], best.size):
            n = min(best.size, out.shape[1] - x0)
            for x in range(n):
                best[x] = 0
            for bit in range(bits - 1, -1, -1):
                step = key(1) << key(bit)
                for x in range(n):
                    tried[x] = best[x] | step
                    sums[x] = 0
                for k in range(weights.size):
                    start, weight = x0 + places[k, 1], weights[k]
                    row = keys[y + places[k, 0], start : start + n]
                    for x in range(n):
                        sums[x] += weight if row[x] < tried[x] else zero
                for x in range(n):
                    best[x] = tried[x] if sums[x] < need else best[x]
            for x in range(n):
                out[y, x0 + x] = best[x]


def weighted_median(image: np.ndarray, *, weights: np.ndarray, border: str = "replicate") -> np.ndarray:
    """Weighted median of the window of each pixel: a pixel of weight 3 counts as three.

    Weights that are large in the middle keep thin lines which a plain median of the same window removes; weights of 0
    leave pixels out, so that the window can have any shape.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    weights : ndarray of shape (n, m)
        Whole or real numbers, finite, none negative, not all 0; n and m odd.  The middle one is the pixel's own, the
        one to its right that of the pixel to the right.  Only their ratios count.
    border : {"replicate", "reflect", "reflect_101", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`; ``constant`` shows black.

    Returns
    -------
    ndarray
        Same shape and dtype: the smallest level in the window such that the weights of the pixels up to it add up to
        at least half of all weights (the lower of both where a median of an even number would be between two).  NaN
        where a pixel with a weight above 0 is, and nowhere else; infinity is a number like any other.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    See Also
    --------
    median_blur : all weights 1, far faster for large windows.

    Notes
    -----
    Exact, the sums of weights as well, unless their common unit is below 2**-62 of their sum: then they are rounded to
    that.  The cost grows with the number of weights above 0 and with the bits of the dtype.

    References
    ----------
    .. [1] D. R. K. Brownrigg, "The weighted median filter", Communications of the ACM 27(8), 1984.
    .. [2] L. Yin, R. Yang, M. Gabbouj, Y. Neuvo, "Weighted median filters: a tutorial", IEEE Trans. Circuits and
       Systems II 43(3), 1996.

    Examples
    --------
    >>> weights = np.array([[0, 1, 0], [1, 3, 1], [0, 1, 0]])
    >>> weighted_median(image, weights=weights).shape
    (96, 128, 3)
    """
    image = as_image(image)
    weights = as_window_weights(weights)
    border_name(border)
    if image.size == 0:
        return image.copy()
    (h, w), (ry, rx) = image.shape[:2], (side // 2 for side in weights.shape)
    frame_within(ry, rx, image, "its border of half of weights")
    channels = channels_of(image)
    source = framed(
        image,
        (ry, ry, rx, rx),
        border,
        [0] * channels,
        np.empty((h + 2 * ry, w + 2 * rx, *image.shape[2:]), image.dtype),
    )
    spoilt = _spoilt(source, weights)
    keys = canonical(_to_keys(source).reshape(len(source), -1))
    del source
    places = np.argwhere(weights > 0) * (1, channels)
    units = _whole(weights[weights > 0])
    total = sum(units)
    counts = canonical(np.array(units, np.int16 if total < 1 << 15 else np.int64))
    found = np.empty((h, w * channels), keys.dtype)

    def band(a: int, b: int) -> None:
        n = min(_CHUNK, found.shape[1])
        lines = np.empty(n, keys.dtype), np.empty(n, keys.dtype), np.empty(n, counts.dtype)
        rows = keys[a : b + 2 * ry]
        _weighted_medians(rows, places, counts, (total + 1) // 2, 8 * keys.itemsize, *lines, found[a:b])

    run_bands(band, h, pixels=found.size * len(units))
    result = _from_keys(found, image.dtype).reshape(image.shape)
    if spoilt is not None:
        result[spoilt] = np.nan
    return result


def _whole(weights: np.ndarray) -> list[int]:
    """Whole numbers in the ratios of the weights."""
    parts = [Fraction(weight) for weight in weights.tolist()]
    unit = math.lcm(*(part.denominator for part in parts))
    units = [int(part * unit) for part in parts]
    divisor = math.gcd(*units)
    units = [number // divisor for number in units]
    total = sum(units)
    return units if total <= _MOST else [round(Fraction(number * _MOST, total)) for number in units]


def _to_keys(image: np.ndarray) -> np.ndarray:
    """Unsigned integers in the order of the levels; those of a float are its bits, turned about where it is negative.

    Overwrites `image`."""
    if image.dtype.kind == "u":
        return image
    image += image.dtype.type(0)  # -0.0 becomes 0.0
    keys = image.view(f"u{image.itemsize}")
    top = keys.dtype.type(1 << (8 * image.itemsize - 1))
    negative = keys >= top
    np.invert(keys, out=keys, where=negative)
    np.bitwise_xor(keys, top, out=keys, where=~negative)
    return keys


def _from_keys(keys: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The levels; overwrites `keys`."""
    if dtype.kind == "u":
        return keys
    top = keys.dtype.type(1 << (8 * dtype.itemsize - 1))
    negative = keys < top
    np.invert(keys, out=keys, where=negative)
    np.bitwise_xor(keys, top, out=keys, where=~negative)
    return keys.view(dtype)


def _spoilt(source: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """Where a pixel with a weight is NaN; `source` has the frame of the window."""
    if source.dtype.kind != "f":
        return None
    nan = np.isnan(source)
    if not nan.any():
        return None
    cv2, (ry, rx) = load_cv2(), (side // 2 for side in weights.shape)
    shape, window = (weights > 0).astype(np.uint8), (slice(ry, len(nan) - ry), slice(rx, nan.shape[1] - rx))
    flat = nan.reshape(*nan.shape[:2], -1)
    planes = [np.ascontiguousarray(flat[..., c], np.uint8) for c in range(flat.shape[2])]
    grown = np.stack([cv2.dilate(plane, shape)[window] != 0 for plane in planes], axis=-1)
    return grown if nan.ndim == 3 else grown[..., 0]


declare(weighted_median, reach=1, no_peer="neither OpenCV, SciPy nor scikit-image has it")
