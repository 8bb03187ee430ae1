"""The homomorphic filter."""

from __future__ import annotations

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import as_image, border_name, positive, real
from .._core.declare import declare
from .._core.levels import fill_level
from .._core.planes import full_scale
from .._core.spectra import each_plane, taking_part
from .._core.unit_range import must_be_unit
from ._isotropic import cutoff_of, filtered

__all__ = ["homomorphic"]


def _emphasis(low: float, high: float, cutoff: float, sharpness: float, squared: np.ndarray) -> np.ndarray:
    return low + (high - low) * (1 - elementary_arrays.exp(-sharpness * squared / (cutoff * cutoff)))


def homomorphic(
    image: np.ndarray,
    *,
    low: float = 0.5,
    high: float = 1.5,
    cutoff: float = 0.02,
    sharpness: float = 1.0,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Even out the light and raise detail: a filter of the image's logarithm.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    low : float
        Gain of what varies slowly, at least 0: below 1 the light is evened out.
    high : float
        Gain of what varies fast, at least 0: above 1 detail is raised.
    cutoff : float
        Where the gain goes from one to the other, cycles per pixel, above 0.
    sharpness : float
        How fast, above 0: c of [1]_.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  Pixels that `mask` leaves out keep their
        values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    The result is exp(H ln(f + e)) - e with f as a fraction of full scale, negative ones as 0, e = 1/255, and the gain
    H(D) = low + (high - low) (1 - exp(-sharpness D^2 / cutoff^2)) of [1]_, eq. 4-147.  White (1 - e) stays white; a
    constant f becomes (f + e)^low - e.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.9, "Homomorphic filtering".

    Examples
    --------
    >>> homomorphic(to_float(image), low=0.5, high=1.5).shape
    (96, 128, 3)
    """
    image = as_image(image)
    low, high = real(low, "low", at_least=0), real(high, "high", at_least=0)
    cutoff, sharpness = cutoff_of(cutoff), positive(sharpness, "sharpness")
    border_name(border)
    fill = fill_level(fill, image)
    mask = taking_part(image, mask)
    must_be_unit(image, who="homomorphic", mask=mask)
    if image.size == 0:
        return image.copy()
    top, least = full_scale(image.dtype), 1 / 255
    outside = elementary.log(max(fill, 0.0) + least) / top  # the border's level, too, as a logarithm
    work = filtered(image, _emphasis, (low, high, cutoff, sharpness), border, outside)

    def logarithmic(plane: np.ndarray) -> np.ndarray:
        np.maximum(plane, 0, out=plane)
        plane *= plane.dtype.type(1 / top)
        plane += plane.dtype.type(least)
        found = np.exp(work(np.log(plane, out=plane)))
        found -= found.dtype.type(least)
        found *= found.dtype.type(top)
        return found

    return each_plane(image, logarithmic, mask)


declare(homomorphic, no_peer="it does the work of lowpass, which has rows")
