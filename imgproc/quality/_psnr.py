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


@kernel
def _square_integers(a, b, valid, zero, y0, y1, sums):
    """Sums of squared differences of rows, exactly; of `valid` samples only, unless that is empty.

    `zero` is one number of the type that holds a sum of squares of `_CHUNK` samples."""
    a, b, wide = borrowed(a), borrowed(b), zero.dtype.type
    for y in range(y0, y1):
        p, q, total = a[y], b[y], 0
        for start in range(0, p.size, _CHUNK):
            part = wide(0)
            end = min(start + _CHUNK, p.size)
            if valid.size > 0:
                for i in range(start, end):
                    d = wide(wide(p[i]) - wide(q[i])) if valid[y, i] else wide(0)
                    part = wide(part + wide(d * d))
            else:
                for i in range(start, end):
                    d = wide(wide(p[i]) - wide(q[i]))
                    part = wide(part + wide(d * d))
            total += part
        sums[y] = total


@kernel
def _square_floats(a, b, valid, zero, y0, y1, sums):
    """Do the same with floats, in float64, with four sums that do not wait for each other."""
    a, b = borrowed(a), borrowed(b)
    for y in range(y0, y1):
        p, q = a[y], b[y]
        parts = np.zeros(4)
        for i in range(p.size):
            d = np.float64(p[i]) - np.float64(q[i])
            if valid.size == 0 or valid[y, i]:
                parts[i & 3] += d * d
        sums[y] = (parts[0] + parts[1]) + (parts[2] + parts[3])


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
    integers = image.dtype.kind == "u"
    sums, work = np.empty(h, np.int64 if integers else np.float64), _square_integers if integers else _square_floats
    zero = np.zeros(1, np.int32 if image.dtype == np.uint8 else sums.dtype)
    run_bands(lambda y0, y1: work(a, b, valid, zero, y0, y1, sums), h, pixels=image.size)
    error = sum(sums.tolist()) if integers else math.fsum(sums.tolist()) if np.isfinite(sums).all() else sums.sum()
    share = float(error) / count / peak / peak
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
            beside="RGB",
            default=True,
        )
    ]


declare(psnr, arguments={"reference": lambda image: (another_like(image),)}, peers=_rows)
