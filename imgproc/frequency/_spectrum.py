"""Spectra to look at."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, declare, floats_like, versus
from .._core.needed import needed
from .._core.planes import full_scale
from .._core.spectra import as_floats, refuse_overflow, taking_part

__all__ = ["spectrum"]


def spectrum(image: np.ndarray, *, mask: np.ndarray | None = None) -> np.ndarray:
    """The logarithm of the amplitude spectrum, zero frequency in the middle, to look at.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        ln(1 + |F|), F the unscaled DFT of the image in fractions of full scale, so every dtype gives the same.  Zero
        frequency stands at [h // 2, w // 2]; [y, x] is (y - h // 2) / h and (x - w // 2) / w cycles per pixel.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    Examples
    --------
    >>> spectrum(rgb_to_gray(image)).shape
    (96, 128)
    """
    image = as_image(image)
    mask = taking_part(image, mask)
    planes = as_floats(image, mask)
    if image.size == 0:
        return planes
    with needed("scipy"):
        from scipy.fft import rfft2

    h, w = image.shape[:2]
    planes *= planes.dtype.type(1 / full_scale(image.dtype))
    with np.errstate(all="ignore"):
        found = np.log1p(np.abs(rfft2(planes, axes=(0, 1), overwrite_x=True)))
    refuse_overflow(image, mask, found)
    out = np.empty(image.shape, planes.dtype)
    out[:, w // 2 :] = np.roll(found[:, : w - w // 2], h // 2, axis=0)
    # Negative frequencies: [y, x] is [-y, -x].
    left = found[-np.arange(h) % h, 1 : w // 2 + 1][:, ::-1]
    out[:, : w // 2] = np.roll(left, h // 2, axis=0)
    return out


def _rows() -> list[Case]:
    from scipy import fft

    def theirs(x: np.ndarray) -> np.ndarray:
        return np.log1p(np.abs(fft.fftshift(fft.fft2(x))))

    return [versus("spectrum", "grey float", spectrum, "SciPy fft2, log1p", theirs, tolerance=1e-2, unit="of ln")]


declare(spectrum, result=floats_like, peers=_rows)
