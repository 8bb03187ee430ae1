"""Guided filter: in each window the image is taken for a linear function of a guide."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from .._core.check import as_image, radius_within
from .._core.declare import Case, declare, example_image, levels_inside, versus
from .._core.finite import all_finite
from .._core.formats import channels_of
from .._core.jit import borrowed, kernel
from .._core.levels import VARIANCE, fraction
from .._core.levelwise import level_ends
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._core.usual import some_values, sums_may_run
from ..local import local_mean
from ._planes import planes_of, store_planes
from ._self_guided import self_guided

__all__ = ["guided_filter"]

BORDER = "reflect"


@kernel
def _products(a, b, out):
    a, b, out = borrowed(a), borrowed(b), borrowed(out)
    for y in range(out.shape[0]):
        _times(a[y], b[y], out[y])


@kernel(inner=True)
def _copy(row, out):
    for x in range(row.size):
        out[x] = row[x]


@kernel(inner=True)
def _times(a, b, out):
    for x in range(a.size):
        out[x] = a[x] * b[x]


@kernel
def _solve_one(about, means, epsilon, out):
    """a and b of q = a I + b, `about` the guide the means of I, I I, `means` those of p, p I."""
    for y in range(out.shape[1]):
        i, ii, p, pi, a, b = about[0, y], about[1, y], means[0, y], means[1, y], out[0, y], out[1, y]
        for x in range(a.size):
            spread = ii[x] - i[x] * i[x]
            spread = 0.0 if spread < 0.0 else spread
            slope = (pi[x] - i[x] * p[x]) / (spread + epsilon)
            a[x] = slope
            b[x] = p[x] - slope * i[x]


@kernel
def _solve_three(about, means, epsilon, out):
    """The same for three channels: the inverse of their symmetric covariance by cofactors."""
    m = about
    for y in range(out.shape[1]):
        for x in range(out.shape[2]):
            r, g, b, p = m[0, y, x], m[1, y, x], m[2, y, x], means[0, y, x]
            u, v, w = means[1, y, x] - r * p, means[2, y, x] - g * p, means[3, y, x] - b * p
            rr, rg, rb = m[3, y, x] - r * r + epsilon, m[4, y, x] - r * g, m[5, y, x] - r * b
            gg, gb, bb = m[6, y, x] - g * g + epsilon, m[7, y, x] - g * b, m[8, y, x] - b * b + epsilon
            c0, c1, c2 = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
            d1, d2, e2 = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
            scale = 1.0 / (rr * c0 + rg * c1 + rb * c2)
            a0, a1, a2 = c0 * u + c1 * v + c2 * w, c1 * u + d1 * v + d2 * w, c2 * u + d2 * v + e2 * w
            out[0, y, x], out[1, y, x], out[2, y, x] = a0 * scale, a1 * scale, a2 * scale
            out[3, y, x] = p - (a0 * r + a1 * g + a2 * b) * scale


_TILE = 96, 512
"""Least rows and columns of a part that is worked on at a time, so that it stays in the cache."""


@kernel
def _apply(means, guide, out):
    n = guide.shape[0]
    for y in range(out.shape[0]):
        _copy(means[n, y], out[y])
        for a in range(n):
            row, m, total = guide[a, y], means[a, y], out[y]
            for x in range(total.size):
                total[x] += m[x] * row[x]


def _mean(plane: np.ndarray, radius: int, steady: bool, out: np.ndarray) -> None:
    """Window means of a float64 plane: OpenCV's, which are faster, unless its running sums would carry a NaN along, or
    what is left of a value far beyond the usual ones."""
    if radius >= min(plane.shape) or not steady or not math.isfinite(plane.sum()):
        out[...] = local_mean(plane, radius=radius, border=BORDER)
        return
    cv2 = load_cv2()
    cv2.blur(plane, (2 * radius + 1,) * 2, dst=out, borderType=cv2.BORDER_REFLECT)


class _Guide:
    """A guide's planes, and the window means of these and of their products."""

    def __init__(self, planes: np.ndarray, radius: int, steady: bool) -> None:
        # About one of its own levels nothing cancels, wherever an image's levels lie.
        finite = np.isfinite(planes).all(axis=0)
        if steady or not finite.any():
            y, x = np.unravel_index(finite.argmax(), finite.shape)
            level = np.where(np.isfinite(planes[:, y, x]), planes[:, y, x], 0)
        else:  # any one of them could be far beyond the usual ones
            level = np.array([np.median(some_values(plane, finite)) for plane in planes])
        self.planes, self.radius, self.steady = canonical(planes - level[:, np.newaxis, np.newaxis]), radius, steady
        n = len(planes)
        pairs = [(a, b) for a in range(n) for b in range(a, n)]
        self.means = self._means([*self.planes, *(self._times(a, self.planes[b]) for a, b in pairs)])

    def _times(self, number: int, plane: np.ndarray) -> np.ndarray:
        out = np.empty(plane.shape)
        one, (h, w) = self.planes[number], plane.shape
        run_bands(lambda a, b: _products(canonical(one[a:b]), canonical(plane[a:b]), out[a:b]), h, pixels=h * w)
        return out

    def _means(self, planes: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        out = np.empty((len(planes), *planes[0].shape))
        for plane, means in zip(planes, out):
            _mean(plane, self.radius, self.steady, means)
        return canonical(out)

    def filter(self, plane: np.ndarray, epsilon: float, out: np.ndarray) -> None:
        """Fill `out` with a plane under this guide."""
        n, (h, w) = len(self.planes), plane.shape
        means = self._means([plane, *(self._times(a, plane) for a in range(n))])
        slopes = np.empty((n + 1, h, w))
        (_solve_one if n == 1 else _solve_three)(self.means, means, epsilon, slopes)
        _apply(self._means(slopes), self.planes, out)


def guided_filter(image: np.ndarray, *, guide: np.ndarray | None = None, radius: int, epsilon: float) -> np.ndarray:
    """Guided filter: smooth, but keep the edges that a guide has.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    guide : ndarray of shape (h, w) or (h, w, 3), optional
        Grey or RGB, of any dtype and the height and width of the image.  None: the image itself, if it is grey or RGB,
        else each channel is its own guide.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side.
    epsilon : float
        Variance of the guide, as a fraction of full scale squared, below which a window is smoothed and above which it
        is kept; above 0.  (0.1)**2 is usual.

    Returns
    -------
    ndarray
        Same shape and dtype as `image`; integers are rounded half to even and saturated.  NaN in the image or in the
        guide spoils the pixels up to 2 radius away, two windows one after the other; elsewhere there is none.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the guide of another size.

    Notes
    -----
    q = mean(a) I + mean(b), where in each window a = cov(I, p) / (var I + epsilon) and b = mean(p) - a mean(I); for RGB
    guides a has three components and var is their 3 x 3 covariance ([1]_, equations 5, 6, 8 and 18 to 20).  Windows at
    the edge see the mirrored image (border ``reflect``), where the paper's shrink.  Sums are running ones in float64:
    the cost does not depend on `radius`, and float images may have any offset.

    References
    ----------
    .. [1] K. He, J. Sun, X. Tang, "Guided image filtering", ECCV 2010; IEEE Trans. PAMI 35(6), 2013.

    Examples
    --------
    >>> guided_filter(image, radius=4, epsilon=0.01).shape
    (96, 128, 3)
    """
    image = as_image(image)
    if guide is not None:
        guide = as_image(guide, "guide", channels=(1, 3))
        if guide.shape[:2] != image.shape[:2]:
            raise ValueError(f"guide must have the (h, w) of image, {image.shape[:2]}, got {guide.shape[:2]}")
    radius = radius_within(radius, image)
    epsilon = fraction(epsilon, "epsilon", VARIANCE, image if guide is None else guide, above=0)
    if image.size == 0:
        return image.copy()
    epsilon *= full_scale((image if guide is None else guide).dtype) ** 2
    if guide is None and channels_of(image) == 1 and radius > 0 and _runs_well(image):
        return self_guided(image, radius, epsilon, BORDER)
    # By parts, as what is computed on the way takes twenty times the image; a pixel depends on two windows.
    (h, w), out = image.shape[:2], np.empty(image.shape, image.dtype)
    rows, columns = (max(least, 16 * radius) for least in _TILE)
    steady = all(_steady(a) for a in (image, guide) if a is not None)
    with np.errstate(invalid="ignore", over="ignore"):
        for y, x in itertools.product(range(0, h, rows), range(0, w, columns)):
            y0, x0 = max(y - 2 * radius, 0), max(x - 2 * radius, 0)
            seen = slice(y0, y + rows + 2 * radius), slice(x0, x + columns + 2 * radius)
            of_image, of_guide = image[seen], None if guide is None else guide[seen]
            tile_steady = steady or all(_steady(a) for a in (of_image, of_guide) if a is not None)
            part = _filtered(of_image, of_guide, radius, epsilon, tile_steady)
            out[y : y + rows, x : x + columns] = part[y - y0 : y - y0 + rows, x - x0 : x - x0 + columns]
    return out


def _runs_well(image: np.ndarray) -> bool:
    """Whether all levels are finite, and running sums over them do no harm."""
    return image.dtype.kind == "u" or (all_finite(image) and sums_may_run(image, None, level_ends(image)))


def _steady(image: np.ndarray) -> bool:
    """Whether running sums over an image do no harm, NaN and infinity apart, which are seen to later."""
    if image.dtype.kind == "u" or sums_may_run(image):
        return True
    finite = np.isfinite(image)
    return not finite.all() and sums_may_run(image, finite)


def _filtered(image: np.ndarray, guide: np.ndarray | None, radius: int, epsilon: float, steady: bool) -> np.ndarray:
    planes = planes_of(image, np.dtype(np.float64))
    planes_of_guide = planes if guide is None else planes_of(guide, np.dtype(np.float64))
    each = guide is None and len(planes) not in (1, 3)
    result = np.empty(planes.shape)
    shared = None if each else _Guide(planes_of_guide, radius, steady)
    for c, plane in enumerate(planes):
        (shared or _Guide(planes[c : c + 1], radius, steady)).filter(canonical(plane), epsilon, result[c])
    out = np.empty(image.shape, image.dtype)
    store_planes(result, out)
    return out


def _rows() -> list[Case]:
    import cv2

    def theirs(x: np.ndarray) -> np.ndarray:
        def mean(plane: np.ndarray) -> np.ndarray:
            return cv2.blur(plane, (9, 9), borderType=cv2.BORDER_REFLECT_101)

        level = mean(x)
        spread = mean(x * x) - level * level
        slope = spread / (spread + np.float32(0.01))
        return mean(slope) * x + mean(level - slope * level)

    return [
        versus(
            "guided_filter",
            "grey float",
            lambda x: guided_filter(x, radius=4, epsilon=0.01),
            "cv2.blur and NumPy",
            theirs,
            difference=levels_inside(8),
            tolerance=1e-3,
            unit="of 1",
            what="guided by itself, radius 4",
            note="compared off the border; OpenCV has it in its contributed modules only",
        )
    ]


declare(
    guided_filter,
    reach=4,
    arguments={"guide": lambda image: (None, example_image(image.dtype, image.shape[:2], 3, step=11))},
    peers=_rows,
)
