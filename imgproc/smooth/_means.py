"""Means that leave out, or hardly count, what an impulse has made of a pixel."""

from __future__ import annotations

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import as_image, border_name, radius_within, real
from .._core.declare import Case, declare, versus
from .._core.levels import fill_level
from .._core.opencv import load_cv2
from .._core.planes import full_scale, level
from ._common import as_levels, by_bands, windows_seeing
from ._gaussian import box_sums
from ._ordered import order_statistic

__all__ = ["alpha_trimmed_mean", "contraharmonic_mean"]

_MOST = 20.0
"""Of the order: powers of the smallest level of 16 bits stay within float64."""


def alpha_trimmed_mean(
    image: np.ndarray, *, radius: int, alpha: float, border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    """Mean of the square window of each pixel without its lowest and highest values.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    alpha : float
        Share of the window's n values that is left out at either end, from 0, the mean, to 0.5, the median: of the
        sorted values ``floor(alpha n)`` at each, but never the middle one (d / 2 of [2]_).
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even, exactly.  NaN where the window holds one; infinity is
        a value like any other, which may be left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    .. [1] J. Bednar, T. Watt, "Alpha-trimmed means and their relationship to median filters", IEEE Trans. Acoustics,
       Speech and Signal Processing 32(1), 1984.
    .. [2] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.3, equation 5-31.
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    alpha = real(alpha, "alpha", at_least=0, at_most=0.5)
    border_name(border)
    fill = fill_level(fill, image)
    if image.size == 0 or radius == 0:
        return image.copy()
    n = (2 * radius + 1) ** 2
    cut = min(int(alpha * n), n // 2)
    return order_statistic(image, radius, cut, border, fill, n - 2 * cut)


def contraharmonic_mean(
    image: np.ndarray, *, radius: int, order: float, border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    """Contraharmonic mean of the square window of each pixel, which removes either dark or bright impulses.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    order : float
        Q of [1]_, from -20 to 20: above 0 it removes pepper, below 0 salt; 0 is the arithmetic mean, -1 the harmonic
        one.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype: the window's sum of g**(Q + 1) divided by that of g**Q, computed in float64; integers are
        rounded half to even.  Levels below 0 count as 0.  A window of zeros is 0, and so is, for Q < 0, one that holds
        a zero (the limit of a level towards 0).  NaN where the window holds NaN or infinity, and nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.3, equation 5-26.
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    order = real(order, "order", at_least=-_MOST, at_most=_MOST)
    border_name(border)
    fill = fill_level(fill, image)
    if image.size == 0 or radius == 0:
        return image.copy()

    def work(part: np.ndarray, border: str) -> np.ndarray:
        return _contraharmonic(part, radius, order, border, fill)

    return by_bands(image, radius, border, fill, work)


def _powers(image: np.ndarray, levels: np.ndarray, order: float) -> np.ndarray:
    """``levels**order``, of integers by a table."""
    if image.dtype.kind == "u" and image.size > full_scale(image.dtype):
        table = np.arange(full_scale(image.dtype) + 1) / full_scale(image.dtype)
        return elementary_arrays.power(table, order)[image]
    return elementary_arrays.power(levels, order)


def _contraharmonic(image: np.ndarray, radius: int, order: float, border: str, fill: float) -> np.ndarray:
    top, reach = full_scale(image.dtype), (radius, radius)
    levels = image.astype(np.float64) / top
    finite = np.isfinite(levels)
    levels = np.where(finite, np.maximum(levels, 0), 0)
    outside = max(float(level(fill, image.dtype)) / top, 0.0)
    zeros = levels == 0
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        powers = np.where(zeros & (order != 0), 0, _powers(image, levels, order))
        beyond = elementary.power(outside, order) if outside > 0 or order == 0 else 0.0
        share = box_sums(powers, radius, border, beyond)
        total = box_sums(powers * levels, radius, border, beyond * outside)
        means = np.where(share > 0, total / share, 0) * top
    if order < 0 and (zeros.any() or outside == 0):
        means[windows_seeing(zeros, reach, border, outside == 0)] = 0
    result = as_levels(means, image.dtype)
    if not finite.all():
        result[windows_seeing(~finite, reach, border)] = np.nan
    return result


def _rows() -> list[Case]:
    cv2 = load_cv2()

    def theirs(x: np.ndarray) -> np.ndarray:
        v = x.astype(np.float64)
        below = v * np.sqrt(v)
        above, below = (cv2.boxFilter(w, -1, (3, 3), normalize=False) for w in (below * v, below))
        return np.rint(np.divide(above, below, out=np.zeros_like(above), where=below > 0)).astype(x.dtype)

    return [
        versus(
            "contraharmonic_mean",
            "grey",
            lambda x: contraharmonic_mean(x, radius=1, order=1.5),
            "NumPy and cv2.boxFilter",
            theirs,
            tolerance=1,
            what="of order 1.5 in windows of 3×3",
        )
    ]


declare(contraharmonic_mean, arguments={"order": lambda image: (1.5, -1.0)}, peers=_rows)
declare(alpha_trimmed_mean, no_peer="neither OpenCV, SciPy nor scikit-image has it")
