"""Means that leave out, or hardly count, what an impulse has made of a pixel."""

from __future__ import annotations

import numpy as np

from .._core import elementary_arrays
from .._core.border import extended
from .._core.check import as_image, border_name, radius_within, real
from .._core.declare import Case, declare, versus
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.levels import fill_level
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale, level
from .._core.threads import run_bands
from .._neighbours.window_lines import fill_margins, sum_half_along
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
        What the window sees outside the image, see `imgproc.pad`.
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

    Examples
    --------
    >>> line = np.array([[10, 10, 255, 10, 10]] * 3, np.uint8)
    >>> int(alpha_trimmed_mean(line, radius=1, alpha=0.4).max())
    10
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


@kernel
def _look_powers_up(rows, lines, table, powers):
    below, above = table[0], table[1]
    for y in range(lines.size):
        row, low, high = rows[lines[y]], powers[0, y], powers[1, y]
        for x in range(row.size):
            low[x] = below[row[x]]
            high[x] = above[row[x]]


@kernel
def _divide_sums(powers, xmap, channels, top, scratch, out):
    """The window's sum of the second powers by that of the first ones, term by term: a running sum loses small ones."""
    n, w, line = out.shape[1], powers.shape[2], scratch[0]
    side, start = powers.shape[1] - out.shape[0] + 1, (line.size - w) // 2
    for y in range(out.shape[0]):
        for k in range(2):
            sums = line[start : start + w]
            for i in range(side):
                _add(powers[k, y + i], i == 0, sums)
            fill_margins(line, start, xmap, channels)
            half = sum_half_along(line, side, channels, scratch[1:3])
            _add_up(half, half[side // 2 * channels :], line[(side - 1) * channels :], scratch[3 + k, :n])
        _ratios(scratch[4], scratch[3], top, out[y])


@kernel(inner=True)
def _add(row, is_first, sums):
    if is_first:
        for i in range(sums.size):
            sums[i] = row[i]
    else:
        for i in range(sums.size):
            sums[i] += row[i]


@kernel(inner=True)
def _add_up(a, b, c, out):
    for i in range(out.size):
        out[i] = a[i] + (b[i] + c[i])


@kernel(inner=True)
def _ratios(over, under, top, out):
    for i in range(out.size):
        ratio = over[i] / under[i] * top
        out[i] = 0.0 if under[i] == 0.0 else ratio


@kernel
def _store_integers(values, top, out):
    for y in range(out.shape[0]):
        row, levels = values[y], out[y]
        for i in range(levels.size):
            levels[i] = np.int32(np.rint(min(row[i], top)))


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
        What the window sees outside the image, see `imgproc.pad`.
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

    Examples
    --------
    >>> pepper = np.full((5, 5), 100, np.uint8)
    >>> pepper[2, 2] = 0
    >>> int(contraharmonic_mean(pepper, radius=1, order=1.5).min())
    100
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    order = real(order, "order", at_least=-_MOST, at_most=_MOST)
    border_name(border)
    fill = fill_level(fill, image)
    if image.size == 0 or radius == 0:
        return image.copy()

    top, out = full_scale(image.dtype), np.empty(image.shape, image.dtype)
    planes, ymap, xmap = extended(image, radius, border, level(fill, image.dtype))
    rows, result, channels = canonical(planes).reshape(len(planes), -1), out.reshape(len(out), -1), channels_of(image)
    table = _powers(np.arange(top + 1) / top, order) if rows.dtype.kind == "u" and rows.size > top else None

    def band(y0: int, y1: int) -> None:
        lines = ymap[y0 : y1 + 2 * radius]
        if table is None:
            powers = _powers(rows[lines] / np.float64(top), order)
        else:
            powers = np.empty((2, lines.size, rows.shape[1]))
            _look_powers_up(rows, lines, table, powers)
        scratch, means = np.empty((5, xmap.size * channels)), np.empty((y1 - y0, result.shape[1]))
        _divide_sums(powers, xmap, channels, float(top), scratch, means)
        if out.dtype.kind == "f":
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                result[y0:y1] = means
        else:
            _store_integers(means, float(top), result[y0:y1])

    run_bands(band, len(out), pixels=out.size, rows=max(_BAND, 4 * radius))
    return out


_BAND = 16
"""Least rows that are worked on at a time, so that their powers stay in the cache."""


def _powers(levels: np.ndarray, order: float) -> np.ndarray:
    """``levels**order`` and ``levels**(order + 1)``, two arrays in one.

    Levels below 0 count as 0.  What a negative power of 0 is hides all others in a window; NaN and infinity spoil it.
    """
    finite, out = np.isfinite(levels), np.empty((2, *levels.shape))
    with np.errstate(divide="ignore", over="ignore", under="ignore", invalid="ignore"):
        levels = np.where(finite, np.maximum(levels, 0), 0)
        out[0] = elementary_arrays.power(levels, order)
        if order:
            out[0][levels == 0] = np.inf if order < 0 else 0.0
        out[1] = np.where(np.isinf(out[0]) & (order < 0), 0, out[0] * levels)
    if not finite.all():
        out[:, ~finite] = np.nan
    return out


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
