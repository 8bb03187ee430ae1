"""Adaptive median: a median only where there is an impulse, in a window that grows where impulses crowd."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, border_name, radius_within
from .._core.declare import declare
from .._core.opencv import load_cv2
from ._common import by_bands, by_channels, windows_seeing, with_frame
from ._median import median_blur

__all__ = ["adaptive_median"]


def adaptive_median(image: np.ndarray, *, radius: int, border: str = "replicate") -> np.ndarray:
    """Replace impulses by a median, and leave everything else as it is.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The largest window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    border : {"replicate", "reflect", "reflect_101", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`; ``constant`` shows black.

    Returns
    -------
    ndarray
        Same shape and dtype.  From 3 x 3 on the window grows until its median lies between its extremes (excluded);
        then a pixel that lies between them, too, stays as it is, and another becomes the median.  Where the largest
        window's median does not, the result is that median.  NaN where the window that decided, or the largest that
        was needed, holds one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.3, "Adaptive median
       filter".
    .. [2] H. Hwang, R. A. Haddad, "Adaptive median filters: new algorithms and results", IEEE Trans. Image Processing
       4(4), 1995.

    Examples
    --------
    >>> speck = np.full((5, 5), 100, np.uint8)
    >>> speck[2, 2] = 255
    >>> int(adaptive_median(speck, radius=2).max())
    100
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    border_name(border)
    if image.size == 0 or radius == 0:
        return image.copy()
    return by_bands(image, radius, border, 0.0, lambda part, border: _adapted(part, radius, border))


def _adapted(image: np.ndarray, radius: int, border: str) -> np.ndarray:
    result = image.copy()
    pending = np.ones(image.shape, bool)
    nan = np.isnan(image) if image.dtype.kind == "f" and np.isnan(image).any() else None
    for r in range(1, radius + 1):
        if nan is not None:
            spoilt = pending & windows_seeing(nan, (r, r), border)
            result[spoilt], pending[spoilt] = np.nan, False
        if not pending.any():
            break
        low, high = _extremes(image, r, border)
        median = median_blur(image, radius=r, border=border)
        decided = pending & (low < median) & (median < high)
        replaced = decided & ~((low < image) & (image < high))
        if r == radius:
            replaced |= pending & ~decided
        result[replaced] = median[replaced]
        pending &= ~decided
    return result


def _extremes(image: np.ndarray, radius: int, border: str) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value of each window."""
    cv2, (h, w) = load_cv2(), image.shape[:2]
    framed = with_frame(image, radius, border, 0.0)
    lines = np.ones((2 * radius + 1, 1), np.uint8), np.ones((1, 2 * radius + 1), np.uint8)
    inside = slice(radius, radius + h), slice(radius, radius + w)
    low = by_channels(lambda part: cv2.erode(cv2.erode(part, lines[0]), lines[1]), framed, 4)
    high = by_channels(lambda part: cv2.dilate(cv2.dilate(part, lines[0]), lines[1]), framed, 4)
    return low[inside], high[inside]


declare(adaptive_median, no_peer="neither OpenCV, SciPy nor scikit-image has it")
