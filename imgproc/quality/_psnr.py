"""Peak signal-to-noise ratio."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary
from .._core.check import as_mask
from .._core.declare import Case, Peer, another_like, declare, parts_apart
from .._core.formats import channels_of
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.threads import run_bands
from ._pairs import compared

__all__ = ["psnr"]

_LN10 = 2.302585092994046
_CHUNK = 1 << 14
"""So many squares of differences of bytes have a sum below 2**31."""
_ROWS = 64
"""Sums of floats are taken of so many rows at a time, so that they do not depend on threads."""


@kernel
def _square_integers(a, b, valid, zero, step, k0, k1, sums):
    """The sums of squared differences of chunks k0 to before k1, exactly; of `valid` samples only, unless it is empty.

    `step` is one number of the type that holds a difference, `zero` one of the type that holds the sum of a chunk."""
    a, b, wide, narrow = borrowed(a), borrowed(b), zero.dtype.type, step.dtype.type
    for k in range(k0, k1):
        p, q = a[k * _CHUNK : (k + 1) * _CHUNK], b[k * _CHUNK : (k + 1) * _CHUNK]
        counts, part = valid[k * _CHUNK : (k + 1) * _CHUNK], zero[0]
        if valid.size > 0:
            for i in range(p.size):
                d = narrow(narrow(p[i]) - narrow(q[i]))
                part = wide(part + wide(wide(d) * wide(d)) * wide(counts[i]))
        else:
            for i in range(p.size):
                d = narrow(narrow(p[i]) - narrow(q[i]))
                part = wide(part + wide(wide(d) * wide(d)))
        sums[k] = part


@kernel
def _square_floats(a, b, valid, columns, y0, y1, sums):
    """The sum of squared differences of rows y0 to before y1, in float64, in the entry of `sums` of these rows.

    They are added up down the columns first, which do not wait for each other."""
    a, b = borrowed(a), borrowed(b)
    columns[:] = 0.0
    for y in range(y0, y1):
        p, q = a[y], b[y]
        if valid.size > 0:
            counts = valid[y]
            for i in range(p.size):
                d = np.float64(p[i]) - np.float64(q[i]) if counts[i] else 0.0
                columns[i] += d * d
        else:
            for i in range(p.size):
                d = np.float64(p[i]) - np.float64(q[i])
                columns[i] += d * d
    total = 0.0
    for i in range(columns.size):
        total += columns[i]
    sums[y0 // _ROWS] = total


def psnr(image: np.ndarray, reference: np.ndarray, *, data_range: float = 1.0, mask: np.ndarray | None = None) -> float:
    """Peak signal-to-noise ratio (PSNR) of an image against a reference, in decibels: larger is nearer.

    It says how large the differences are, and nothing of how they look; see `ssim` for that.  Of photos of 8 bits, 30
    to 40 dB are usual for good compression, and 50 dB are hardly to be seen.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    reference : ndarray
        Of the same shape and dtype.
    data_range : float
        The peak: how far apart levels can be, as a fraction of full scale, above 0.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.

    Returns
    -------
    float
        ``10 log10(peak² / mean((image - reference)²))``, the mean over all pixels and channels: infinite if there is no
        difference.  NaN if a level that counts is NaN.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, there is no pixel, or floats are clearly not levels from 0 to 1
        (see `to_uint8`) and `data_range` is 1.

    Notes
    -----
    Sums of integers are exact, and those of floats are taken in float64.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> black = np.zeros((4, 4), np.uint8)
    >>> round(imgproc.psnr(black + np.uint8(1), black), 2)
    48.13
    """
    image, reference, peak = compared(image, reference, data_range)
    mask = as_mask(mask, image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    h, channels = len(image), channels_of(image)
    count = image.size if mask is None else int(np.count_nonzero(mask)) * channels
    valid = np.empty((0, 0), bool) if mask is None else canonical(np.repeat(mask, channels, axis=1))
    a, b = canonical(image).reshape(h, -1), canonical(reference).reshape(h, -1)
    if image.dtype.kind == "u":
        exact = np.empty(-(-image.size // _CHUNK), np.int64)
        kinds = (np.int32, np.int16) if image.dtype == np.uint8 else (np.int64, np.int64)
        zero, step, flat = np.zeros(1, kinds[0]), np.zeros(1, kinds[1]), valid.reshape(-1)
        p, q = a.reshape(-1), b.reshape(-1)
        run_bands(lambda k0, k1: _square_integers(p, q, flat, zero, step, k0, k1, exact), len(exact), pixels=image.size)
        error = float(sum(exact.tolist()))
    else:
        sums, width = np.empty(-(-h // _ROWS)), a.shape[1]
        run_bands(
            lambda y0, y1: _square_floats(a, b, valid, np.empty(width), y0, y1, sums),
            h,
            pixels=image.size,
            rows=_ROWS,
        )
        error = sum(sums.tolist())
    share = error / count / peak / peak
    if share == 0:
        return math.inf
    return -10.0 * elementary.log(share) / _LN10 if share == share else math.nan


def _rows() -> list[Case]:
    import cv2
    from skimage.metrics import peak_signal_noise_ratio

    return [
        Case(
            "psnr",
            "PSNR",
            "RGB",
            psnr,
            {
                "cv2.PSNR": Peer(cv2.PSNR, limit=1.0, tolerance=1e-9, difference=parts_apart, unit="of the value"),
                "scikit-image": Peer(
                    peak_signal_noise_ratio, limit=1.0, tolerance=1e-9, difference=parts_apart, unit="of the value"
                ),
            },
            beside="RGB reference",
            default=True,
        )
    ]


declare(psnr, arguments={"reference": lambda image: (another_like(image),)}, peers=_rows)
