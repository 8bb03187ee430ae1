"""Median and percentiles of square windows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .._core.check import as_image, border_name, radius_within, real
from .._core.declare import Case, Peer, declare, levels_inside, versus
from .._core.formats import channels_of
from .._core.levels import fill_level
from .._core.opencv import load_cv2
from ._common import by_channels, spoil, with_frame
from ._ordered import order_statistic

__all__ = ["median_blur", "percentile_filter"]

_LARGEST = 127
"""Radius up to which OpenCV takes medians of bytes: it counts a window's pixels in 16 bits."""

_SORTED = 2
"""Radius up to which it takes medians of any dtype but float64, by sorting networks."""

_TOGETHER = 7
"""Radius up to which it is faster for RGB as a whole than plane by plane."""


def median_blur(image: np.ndarray, *, radius: int, border: str = "replicate") -> np.ndarray:
    """Median of the square window of each pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    border : {"replicate", "reflect", "reflect_101", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`; ``constant`` shows black.

    Returns
    -------
    ndarray
        Same shape and dtype: exact.  NaN where the window holds one, and nowhere else; infinity is a number like any
        other.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    For uint8 up to radius 127 it is OpenCV's, at a cost that does not depend on `radius` [1]_ (with its border, which
    is always ``replicate``, unless another is asked for), and so are small windows of uint16 and float32.  Else a
    window is a set of ranks that moves over the image [2]_, at a cost that grows slowly with `radius`.

    References
    ----------
    .. [1] S. Perreault, P. Hébert, "Median filtering in constant time", IEEE Trans. Image Processing 16(9), 2007.
    .. [2] T. Huang, G. Yang, G. Tang, "A fast two-dimensional median filtering algorithm", IEEE Trans. Acoustics,
       Speech and Signal Processing 27(1), 1979.

    Examples
    --------
    >>> speck = np.full((5, 5), 100, np.uint8)
    >>> speck[2, 2] = 255
    >>> int(median_blur(speck, radius=1).max())
    100
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    border_name(border)
    if image.size == 0 or radius == 0:
        return image.copy()
    if radius > (_LARGEST if image.dtype == np.uint8 else _SORTED) or image.dtype == np.float64:
        return order_statistic(image, radius, (2 * radius + 1) ** 2 // 2, border)
    side = 2 * radius + 1
    most = 4 if radius == 1 else 3 if radius <= _TOGETHER and channels_of(image) == 3 else 1
    (h, w), margin = image.shape[:2], 0 if border == "replicate" else radius
    source = with_frame(image, radius, border, 0.0) if margin else image
    cv2 = load_cv2()
    result = by_channels(lambda part: cv2.medianBlur(part, side), source, most)
    result = np.ascontiguousarray(result[margin : margin + h, margin : margin + w])
    spoil(image, result, radius, border)
    return result


def percentile_filter(
    image: np.ndarray,
    *,
    radius: int,
    quantile: float | None = None,
    percentile: float | None = None,
    border: str = "replicate",
    fill: float = 0.0,
) -> np.ndarray:
    """A quantile of the square window of each pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    quantile : float
        From 0, the smallest value, over 0.5, the median, to 1, the largest.
    percentile : float, optional
        The old name of `quantile`, 100 times as large.  It gives a `FutureWarning`.
    border : {"replicate", "reflect", "reflect_101", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype: of the n sorted values of the window the one with number ``floor(n quantile)`` from 0, of
        1 the last; as `scipy.ndimage.percentile_filter`.  NaN where the window holds one, and nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    A window is a set of ranks that moves over the image [1]_, for every dtype.

    References
    ----------
    .. [1] T. Huang, G. Yang, G. Tang, "A fast two-dimensional median filtering algorithm", IEEE Trans. Acoustics,
       Speech and Signal Processing 27(1), 1979.

    Examples
    --------
    >>> percentile_filter(np.array([[1, 2, 9, 2, 1]], np.uint8), radius=1, quantile=1.0)  # the largest
    array([[2, 9, 9, 9, 2]], dtype=uint8)
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    n = (2 * radius + 1) ** 2
    number = _number(n, quantile, percentile)
    border_name(border)
    fill = fill_level(fill, image)
    if image.size == 0 or radius == 0:
        return image.copy()
    return order_statistic(image, radius, number, border, fill)


def _number(n: int, quantile: Any, percentile: Any) -> int:
    """Check the quantile, by its new or by its old name, and say which of n sorted values it is."""
    if percentile is None:
        if quantile is None:
            raise TypeError("quantile must be a number, got None")
        share = real(quantile, "quantile", at_least=0, at_most=1)
        # A decimal fraction such as 0.29 may be a float just below it; 100 values have a number 29 all the same.
        return min(int(n * share * (1 + 2**-51)), n - 1)
    share = real(percentile, "percentile", at_least=0, at_most=100)
    if quantile is not None:
        raise TypeError("percentile must be left out: it is the old name of quantile, which is given, too")
    warnings.warn(
        f"percentile={share:g} is now quantile={share / 100:g}, a fraction; the old name goes in the next version",
        FutureWarning,
        stacklevel=3,
    )
    return min(int(n * share / 100.0), n - 1)


def _rows() -> list[Case]:
    import cv2
    from scipy import ndimage

    def row(radius: int) -> Case:
        return Case(
            f"median_blur, radius {radius}",
            f"median of windows of {2 * radius + 1}×{2 * radius + 1}",
            "RGB",
            lambda x: median_blur(x, radius=radius),
            {"cv2.medianBlur": Peer(lambda x: cv2.medianBlur(x, 2 * radius + 1), limit=1.1, tolerance=0)},
            default=True,
        )

    return [
        row(1),
        row(10),
        Case(
            "median_blur, 16-bit, radius 3",
            "median of windows of 7×7",
            "grey 16-bit",
            lambda x: median_blur(x, radius=3),
            {
                "SciPy median_filter": Peer(
                    lambda x: ndimage.median_filter(x, 7, mode="nearest"), limit=1 / 4, tolerance=0
                )
            },
        ),
    ]


declare(median_blur, peers=_rows)


def _rows_of_percentiles() -> list[Case]:
    from skimage.filters import rank

    window = np.ones((7, 7), np.uint8)
    return [
        versus(
            "percentile_filter",
            "grey",
            lambda x: percentile_filter(x, radius=3, quantile=0.3),
            "skimage rank.percentile",
            lambda x: rank.percentile(x, window, p0=0.3),
            difference=levels_inside(3),
            what="0.3 of windows of 7×7",
            tolerance=0,
            note="compared off the border, where it crops its window",
        )
    ]


declare(percentile_filter, arguments={"quantile": lambda image: (0.3,)}, peers=_rows_of_percentiles)
