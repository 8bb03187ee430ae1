"""The mean of a square window."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, border_name, radius_within
from .._core.declare import Case, Peer, declare
from .._core.levels import fill_level
from .._core.opencv import load_cv2
from .._neighbours.window_sums import Windows, valid_samples
from ..local import local_mean
from ._common import as_levels, by_channels, windows_seeing, with_frame

__all__ = ["box_blur"]

_EXACT_RADIUS = 2
"""OpenCV takes means of uint16 in float32: too coarse in larger windows to tell the middle of two levels."""


def box_blur(
    image: np.ndarray,
    *,
    radius: int,
    border: str = "reflect_101",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Mean of the square window of each pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the means count (normalised convolution, [1]_).  Every pixel gets a mean, also one that is not
        counted itself: with ``mask=~numpy.isnan(image)`` of a grey image NaN is filled from its neighbourhood.  Where a
        window counts no pixel, the pixel is left as it is.  What a ``constant`` border adds counts.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integer sums are exact, their means the nearest level.  A mean of floats is NaN where the
        window counts a pixel that is NaN or infinite, and nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The cost of a pixel grows at most with the number of binary digits of `radius`.  Float images are summed in float64
    (`local_mean`); OpenCV's running sums of floats carry a NaN to the end of the image.

    References
    ----------
    .. [1] H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.

    Examples
    --------
    >>> box_blur(np.array([[0, 0, 9, 0, 0]] * 3, np.uint8), radius=1)[1]
    array([0, 3, 3, 3, 0], dtype=uint8)
    """
    image = as_image(image)
    radius = radius_within(radius, image)
    border_name(border)
    fill = fill_level(fill, image)
    mask = as_mask(mask, image)
    if image.size == 0 or radius == 0:
        return _unseen(image, image.copy(), radius, border, mask)
    if mask is None and (image.dtype == np.uint8 or (image.dtype == np.uint16 and radius <= _EXACT_RADIUS)):
        return _by_opencv(image, radius, border, fill)
    if image.dtype.kind == "u":
        result = _integers(image, radius, border, fill, mask)
    else:
        with np.errstate(invalid="ignore"):
            result = local_mean(image, radius=radius, border=border, fill=fill, mask=mask)
    return _unseen(image, result, radius, border, mask)


def _integers(image: np.ndarray, radius: int, border: str, fill: float, mask: np.ndarray | None) -> np.ndarray:
    """Means from exact sums, in float64, which tells the middle of two levels from what is beside it."""
    samples = valid_samples(image, mask)
    windows = Windows(image, radius, border, fill, samples)
    if samples.valid is None and image.dtype == np.uint16:
        result = np.empty(image.shape, image.dtype)
        if windows.levels(result.reshape(image.shape[0], -1)):
            return result
    means = np.zeros((image.shape[0], image.size // image.shape[0]), np.float64)
    if samples.valid is None:
        windows.means(windows.rows, windows.offset, means)
    else:
        windows.over_valid(samples.valid, lambda n, s, q: s / np.maximum(n, 1) + windows.offset[0], means)
    return as_levels(means, image.dtype).reshape(image.shape)


def _by_opencv(image: np.ndarray, radius: int, border: str, fill: float) -> np.ndarray:
    """OpenCV's means of bytes, and of uint16 in small windows, which are exact."""
    cv2, side, (h, w) = load_cv2(), 2 * radius + 1, image.shape[:2]
    kinds = {"reflect_101": cv2.BORDER_REFLECT_101, "reflect": cv2.BORDER_REFLECT, "replicate": cv2.BORDER_REPLICATE}
    if border in kinds and radius < min(h, w):
        return by_channels(lambda part: cv2.blur(part, (side, side), borderType=kinds[border]), image, 4)
    source = with_frame(image, radius, border, fill)
    found = by_channels(lambda part: cv2.blur(part, (side, side), borderType=cv2.BORDER_REPLICATE), source, 4)
    return np.ascontiguousarray(found[radius : radius + h, radius : radius + w])


def _unseen(image: np.ndarray, result: np.ndarray, radius: int, border: str, mask: np.ndarray | None) -> np.ndarray:
    """Put back the pixels whose windows count nothing."""
    if mask is not None and image.size:
        nothing = ~windows_seeing(mask, (radius, radius), border, outside=True)
        result[nothing] = image[nothing]
    return result


def _rows() -> list[Case]:
    import cv2

    def row(kind: str, variant: str, tolerance: float) -> Case:
        return Case(
            "box_blur, radius 3" + variant,
            "mean of windows of 7×7",
            kind,
            lambda x: box_blur(x, radius=3),
            {"cv2.blur": Peer(lambda x: cv2.blur(x, (7, 7)), limit=1.1, tolerance=tolerance)},
        )

    return [row("RGB", "", 0), row("grey 16-bit", ", 16 bits", 0), row("grey float", ", float", 1e-6)]


declare(
    box_blur,
    mask="fills",
    page="smooth",
    call="box_blur(image, radius=3)",
    look="The mean of a square: points become squares, where a Gaussian makes discs of them. The same as OpenCV's.",
    peers=_rows,
)
