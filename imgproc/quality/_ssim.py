"""Structural similarity: SSIM, its map, and MS-SSIM."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import as_mask
from .._core.declare import Case, Peer, another_like, declare, floats_like, parts_apart
from .._core.formats import work_dtype
from ._pairs import compared
from ._similar import RADIUS, similarity

__all__ = ["ms_ssim", "ssim", "ssim_map"]

SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Wang's exponents, from the finest scale to the coarsest."""


def ssim(image: np.ndarray, reference: np.ndarray, *, data_range: float = 1.0, mask: np.ndarray | None = None) -> float:
    """Structural similarity (SSIM) of an image and a reference: 1 if they are equal, near 0 if nothing agrees.

    It compares brightness, contrast and structure in small windows, as people see them, where `psnr` only adds up
    differences.  `ssim_map` shows where two images differ, and `ms_ssim` looks at coarser scales as well.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; at least 11 by 11 pixels.
    reference : ndarray
        Of the same shape and dtype.
    data_range : float
        How far apart levels can be, as a fraction of full scale, above 0.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count: the others have no part in any window, and windows around them are left out.

    Returns
    -------
    float
        The mean over all windows that lie in the image, and over channels, each of which is compared by itself.  NaN if
        a level that counts is not finite.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, the images are smaller than a window, the mask leaves no window,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`) and `data_range` is 1.

    Notes
    -----
    Exactly as in the paper: windows of 11 by 11 pixels with Gaussian weights of sigma 1.5, which add up to 1; variances
    and covariance by the same weights; K1 = 0.01, K2 = 0.03.  All in float64.  It is what scikit-image computes with
    ``gaussian_weights=True, use_sample_covariance=False``; its own defaults are windows of 7 by 7 equal weights, which
    are not the paper's.

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE Trans. Image Processing 13(4), 2004.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> image = np.tile(np.arange(0, 240, 10, dtype=np.uint8), (24, 1))
    >>> imgproc.ssim(image, image)
    1.0
    >>> round(imgproc.ssim(imgproc.invert(image), image), 2) < 0.2
    True
    """
    image, reference, peak = compared(image, reference, data_range)
    mask = as_mask(mask, image)
    _must_hold_a_window(image, 1)
    r, (h, w) = RADIUS, image.shape[:2]
    if mask is not None and not mask[r : h - r, r : w - r].any():
        raise ValueError(f"mask must select a pixel that is at least {r} pixels from the border, got none")
    return similarity(image, reference, peak, mask, None)[0]


def ssim_map(
    image: np.ndarray, reference: np.ndarray, *, data_range: float = 1.0, mask: np.ndarray | None = None
) -> np.ndarray:
    """Structural similarity at each pixel: where an image differs from a reference, and how much.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    reference : ndarray
        Of the same shape and dtype.
    data_range : float
        How far apart levels can be, as a fraction of full scale, above 0.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count: the others have no part in any window.

    Returns
    -------
    ndarray
        Same shape, float32 (float64 for float64 images): SSIM of the window around each pixel, from -1 to 1.  NaN of
        windows that hold a level which is not finite, or no pixel that counts.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or floats are clearly not levels from 0 to 1 (see `to_uint8`) and
        `data_range` is 1.

    Notes
    -----
    Windows are those of `ssim`.  At the border of the image they see it mirrored (``reflect``), as in scikit-image;
    `ssim` leaves out those windows.

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE Trans. Image Processing 13(4), 2004.

    Examples
    --------
    >>> same = ssim_map(to_float(image), to_float(image))
    >>> same.shape, round(float(same.min()), 3)
    ((96, 128, 3), 1.0)
    """
    image, reference, peak = compared(image, reference, data_range)
    mask = as_mask(mask, image)
    out = np.empty(image.shape, work_dtype(image.dtype))
    if image.size:
        similarity(image, reference, peak, mask, out)
    return out


def ms_ssim(image: np.ndarray, reference: np.ndarray, *, data_range: float = 1.0) -> float:
    """Structural similarity over five scales (MS-SSIM), which agrees better than `ssim` with what people see.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; at least 161 by 161 pixels, so that a window fits in the coarsest scale.
    reference : ndarray
        Of the same shape and dtype.
    data_range : float
        How far apart levels can be, as a fraction of full scale, above 0.

    Returns
    -------
    float
        From 0 to 1, which equal images have; the mean over channels.  NaN if a level is not finite.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, the images are too small, or floats are clearly not levels from 0
        to 1 (see `to_uint8`) and `data_range` is 1.

    Notes
    -----
    At each of five scales the means of contrast and structure are taken as in `ssim`, at the coarsest one that of SSIM
    itself; each to the power of 0.0448, 0.2856, 0.3001, 0.2363 and 0.1333, from the finest scale on, and multiplied.
    From scale to scale the mean of 2 by 2 pixels is taken; at odd sides the last row or column stands for its missing
    neighbour.  A mean below 0, which has no such power, counts as 0.

    References
    ----------
    Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multiscale structural similarity for image quality assessment", Asilomar
    Conference on Signals, Systems and Computers, 2003.

    Examples
    --------
    >>> photo = np.kron(image, np.ones((2, 2, 1), np.uint8))
    >>> round(ms_ssim(photo, photo), 6), bool(ms_ssim(photo, gaussian_blur(photo, sigma=2)) < 0.9)
    (1.0, True)
    """
    image, reference, peak = compared(image, reference, data_range)
    _must_hold_a_window(image, len(SCALES))
    a, b = (each.reshape(*each.shape[:2], -1) for each in (image, reference))
    found = [_of_scales(a[:, :, c], b[:, :, c], peak) for c in range(a.shape[2])]
    return sum(found) / len(found)


def _of_scales(a: np.ndarray, b: np.ndarray, peak: float) -> float:
    """MS-SSIM of two planes."""
    product = 1.0
    for k, exponent in enumerate(SCALES):
        if k:
            a, b = _half(a), _half(b)
        whole, structure = similarity(a, b, peak, None, None)
        mean = whole if k == len(SCALES) - 1 else structure
        if mean != mean:
            return mean
        product *= elementary.power(max(mean, 0.0), exponent)
    return product


def _half(plane: np.ndarray) -> np.ndarray:
    """The means of 2 by 2 pixels, in float64."""
    plane = plane.astype(np.float64, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        for axis in (0, 1):
            even = plane[::2] if axis == 0 else plane[:, ::2]
            odd = plane[1::2] if axis == 0 else plane[:, 1::2]
            mean = even.copy()
            part = mean[: odd.shape[0], : odd.shape[1]]
            part += odd
            part *= 0.5
            plane = mean
    return plane


def _must_hold_a_window(image: np.ndarray, scales: int) -> None:
    least = (2 * RADIUS << (scales - 1)) + 1
    if min(image.shape[:2]) < least:
        raise ValueError(f"image must have at least {least} by {least} pixels, got shape {image.shape}")


def _peer_by_the_paper(full: bool = False) -> Any:
    """scikit-image with the paper's windows, of photos of 8 bits."""
    from skimage.metrics import structural_similarity

    def compared(x: np.ndarray, y: np.ndarray) -> Any:
        found = structural_similarity(
            x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=full,
            channel_axis=-1 if x.ndim == 3 else None,
        )  # fmt: skip
        return found[1] if full else found

    return compared


def _rows() -> list[Case]:
    return [
        Case(
            f"ssim {kind}".replace(" grey", ""),
            "SSIM",
            kind,
            ssim,
            {
                "scikit-image": Peer(
                    _peer_by_the_paper(), limit=0.5, tolerance=1e-9, difference=parts_apart, unit="of the value"
                )
            },
            beside=f"{kind} reference",
        )
        for kind in ("grey", "RGB")
    ]


def _rows_of_map() -> list[Case]:
    return [
        Case(
            "ssim_map",
            "SSIM of each pixel",
            "grey",
            ssim_map,
            {"scikit-image": Peer(_peer_by_the_paper(True), limit=0.5, tolerance=1e-4)},
            beside="grey reference",
        )
    ]


_REFERENCE = {"reference": lambda image: (another_like(image),)}
declare(ssim, arguments=_REFERENCE, peers=_rows)
declare(
    ssim_map,
    arguments=_REFERENCE,
    result=floats_like,
    reach=RADIUS,
    page="restore",
    call="ssim_map(image, gaussian_blur(image, sigma=1.5))",
    look="Dark is where the blur has taken structure away: fine texture most of all, edges less, flat places hardly.",
    peers=_rows_of_map,
)
declare(ms_ssim, arguments=_REFERENCE, no_peer="neither scikit-image nor OpenCV has it")
