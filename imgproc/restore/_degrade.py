"""A model of how images are spoilt: blur, then noise."""

from __future__ import annotations

import numpy as np

from .._core.border import framed
from .._core.check import as_image, as_psf, border_name, integer
from .._core.declare import Case, declare, versus
from .._core.formats import work_dtype
from .._core.levels import SPREAD, fill_level, fraction
from .._core.needed import needed
from .._core.planes import full_scale
from .._core.spectra import as_floats, each_plane, refuse_overflow, taking_part
from .._neighbours.correlate import correlate
from .._scanline import pixel, run
from ..smooth._common import as_levels, with_frame
from ._periodic import centred
from ._psf import defocus_psf

__all__ = ["degrade"]


def degrade(
    image: np.ndarray,
    psf: np.ndarray,
    *,
    noise: float = 0.0,
    key: int = 0,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Blur an image by a point-spread function and add Gaussian noise.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    psf : ndarray of shape (n, m)
        What becomes of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    noise : float
        Standard deviation of the noise, as a fraction of full scale, from 0 to 1e30.
    key : int
        Which noise, from 0 to 2**52: the same key gives the same noise.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the blur sees outside the image; see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even, once, and saturated.  Pixels that `mask` leaves out
        keep their values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    Notes
    -----
    A convolution (the point-spread function is not mirrored), with nothing of the opposite edge in it; by DFT if the
    point-spread function is not small.

    Examples
    --------
    >>> degrade(image, gaussian_psf(1.5), noise=0.01, key=3).shape
    (96, 128, 3)
    """
    image, psf = as_image(image), as_psf(psf)
    noise = fraction(noise, "noise", SPREAD, image, at_least=0)
    key = integer(key, "key", at_least=0, at_most=1 << 52)
    border_name(border)
    fill = fill_level(fill, image)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()
    top = full_scale(image.dtype)
    floats = (
        image if noise == 0 else image.astype(work_dtype(image.dtype), order="C") / work_dtype(image.dtype).type(top)
    )
    held = border != "constant" or floats.dtype.kind == "f" or (fill * top) % 1 == 0  # by a pixel beside the image
    if held and np.count_nonzero(psf) <= _FEW_WEIGHTS and max(psf.shape) <= _SHORT_SIDE:
        blurred = _correlated(floats, psf, border, fill, mask)
    else:
        blurred = _blurred(floats, psf, border, fill * full_scale(floats.dtype), mask)
    if noise == 0:
        return blurred
    found = run(blurred, [pixel.gaussian_noise(noise, key)], dtype=image.dtype)
    refuse_overflow(image, mask, found if mask is None else found[mask])
    if mask is not None:
        found[~mask] = image[~mask]
    return found


_FEW_WEIGHTS, _SHORT_SIDE = 160, 31
"""Of a point-spread function that is added up weight by weight: more of them, or longer ones, take a DFT."""


def _correlated(image: np.ndarray, psf: np.ndarray, border: str, fill: float, mask: np.ndarray | None) -> np.ndarray:
    (h, w), (ry, rx) = image.shape[:2], (n // 2 for n in psf.shape)
    weights = np.zeros((2 * ry + 1, 2 * rx + 1))
    weights[2 * ry + 1 - psf.shape[0] :, 2 * rx + 1 - psf.shape[1] :] = psf[::-1, ::-1]  # a convolution mirrors it
    source, r = image if mask is None else as_floats(image, mask), max(ry, rx)
    level = fill * full_scale(image.dtype) if source.dtype.kind == "f" else fill
    found = correlate(with_frame(source, r, border, level), weights, in_floats=True)[r : r + h, r : r + w]
    found = np.ascontiguousarray(found) if mask is None else as_levels(found.copy(), image.dtype)
    refuse_overflow(image, mask, found if mask is None else found[mask])
    if mask is not None:
        found[~mask] = image[~mask]
    return found


def _blurred(image: np.ndarray, psf: np.ndarray, border: str, fill: float, mask: np.ndarray | None) -> np.ndarray:
    with needed("scipy"):
        from scipy.fft import irfft2, next_fast_len, rfft2

    (h, w), (n, m) = image.shape[:2], psf.shape
    top, left = n // 2, m // 2
    below, right = n - 1 - top, m - 1 - left
    # A point of the image gets what is up to n // 2 below it, as the convolution mirrors, and so on.
    size = next_fast_len(h + n - 1, real=True), next_fast_len(w + m - 1, real=True)
    kind = work_dtype(image.dtype)
    transfer = rfft2(centred(psf, size).astype(kind))

    def work(plane: np.ndarray) -> np.ndarray:
        sides = below, top, right, left
        plane = framed(plane, sides, border, [fill], np.empty((h + n - 1, w + m - 1), kind))
        found = rfft2(plane, s=size, overwrite_x=True)
        found *= transfer
        return irfft2(found, s=size, overwrite_x=True)[below : below + h, right : right + w]

    return each_plane(image, work, mask)


def _rows() -> list[Case]:
    import cv2

    psf = defocus_psf(4)
    weights = psf.astype(np.float32)
    return [
        versus(
            "degrade",
            "grey",
            lambda x: degrade(x, psf),
            "cv2.filter2D",
            lambda x: cv2.filter2D(x, -1, weights, borderType=cv2.BORDER_REFLECT),
            tolerance=1,
            what="out of focus by 4 pixels, no noise",
        )
    ]


declare(degrade, peers=_rows)
