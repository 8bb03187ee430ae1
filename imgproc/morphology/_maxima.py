"""Local maxima: connected places of one level that are higher than all around them."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, radius_within
from .._core.declare import Case, declare, labels_like, percent_different, versus
from .._core.jit import borrowed, kernel
from .._core.levels import LEVEL, fraction
from .._core.planes import canonical, full_scale, luma
from ..segment._regions import connected_components
from ._extremes import extreme
from ._footprint import as_shape

__all__ = ["local_maxima"]


@kernel(inner=True)
def _mark(levels, best, other, other_best, marks):
    """Mark the best pixels of a row beside which there is one as high that is not among the best."""
    for i in range(marks.size):
        marks[i] |= best[i] & (other_best[i] ^ np.uint8(1)) & np.uint8(levels[i] == other[i])


@kernel
def _judge(levels, best, windows, labels, marks, kept):
    """Strike out regions that touch a pixel as high as they are which is not among the best of their neighbours, and
    those with a pixel that is not in `windows`.  `marks` is a row of working memory."""
    levels, best, windows, labels = borrowed(levels), borrowed(best), borrowed(windows), borrowed(labels)
    marks, kept = borrowed(marks), borrowed(kept)
    h, w = labels.shape
    for y in range(h):
        here, own, right = levels[y], best[y], windows[y]
        for x in range(w):
            marks[x] = own[x] & (right[x] ^ np.uint8(1))
        for v in range(max(y - 1, 0), min(y + 2, h)):
            there, other = levels[v], best[v]
            _mark(here, own, there, other, marks)
            _mark(here[1:], own[1:], there[: w - 1], other[: w - 1], marks[1:])
            _mark(here[: w - 1], own[: w - 1], there[1:], other[1:], marks[: w - 1])
        for x in range(w):
            if marks[x] != 0:
                kept[labels[y, x]] = 0


@kernel(inner=True)
def _is_edge(labels, y, x):
    """Whether a neighbour has another label."""
    h, w = labels.shape
    for v in range(max(y - 1, 0), min(y + 2, h)):
        for u in range(max(x - 1, 0), min(x + 2, w)):
            if labels[v, u] != labels[y, x]:
                return True
    return False


@kernel
def _space(labels, places, radius, kept):
    """Strike out regions in whose windows there is one that comes before them and is kept.

    `places` are the pixels of regions, region by region in their order, and flat."""
    labels, places, kept = borrowed(labels), borrowed(places), borrowed(kept)
    h, w = labels.shape
    for k in range(places.size):
        y, x = places[k] // w, places[k] % w
        label = labels[y, x]
        if kept[label] == 0 or not _is_edge(labels, y, x):
            continue
        for v in range(max(y - radius, 0), min(y + radius + 1, h)):
            for u in range(max(x - radius, 0), min(x + radius + 1, w)):
                other = labels[v, u]
                if other != 0 and other < label and kept[other] != 0:
                    kept[label] = 0


def local_maxima(image: np.ndarray, *, radius: int = 1, threshold: float | None = None) -> np.ndarray:
    """Find local maxima, and number them.

    A maximum is a pixel, or a connected place of pixels of one level, with nothing as high or higher in the window
    around it.  The result can be the markers of `watershed`: with the negative of a `distance_transform`, it parts
    objects that touch.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    radius : int
        The window is (2 radius + 1) square, in pixels, at least 1 and at most the image's longer side.  So two maxima
        are farther apart than `radius` in rows or in columns.
    threshold : float, optional
        The least level of a maximum, as a fraction of full scale; of an image of floats in its own units.

    Returns
    -------
    ndarray of int32, shape (h, w)
        0 elsewhere, 1 to n in the maxima, in the order in which rows meet them.  All pixels of a place of one level
        have its number.  An image of one level has no maximum.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The whole image is one window, as the numbers count all maxima.  Pixels are joined across sides and corners.  Where
    several places of the same level see each other in their windows, the first one in the order of rows stays.  NaN
    counts as lower than everything.

    ``skimage.morphology.local_maxima`` gives the same places for the smallest window;
    ``skimage.feature.peak_local_max`` with ``exclude_border=False`` gives one pixel of each, and pixels of slopes that
    see none higher.

    References
    ----------
    P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 6.3.3: regional maxima.

    Examples
    --------
    >>> local_maxima(np.array([[1, 5, 5, 2, 8, 3, 8]], np.uint8))
    array([[0, 1, 1, 0, 2, 0, 3]], dtype=int32)
    >>> local_maxima(np.array([[1, 5, 5, 2, 8, 3, 8]], np.uint8), radius=2)
    array([[0, 0, 0, 0, 1, 0, 0]], dtype=int32)
    """
    image = as_image(image, channels=(1, 3))
    radius = radius_within(radius, image)
    if radius < 1:
        raise ValueError("radius must be >= 1, got 0")
    least = None if threshold is None else fraction(threshold, "threshold", LEVEL, image) * full_scale(image.dtype)
    if not image.size:
        return np.zeros(image.shape[:2], np.int32)
    levels = luma(image) if image.shape[2:] == (3,) else image.reshape(image.shape[:2])
    if levels.dtype.kind == "f" and np.isnan(levels).any():
        levels = np.where(np.isnan(levels), levels.dtype.type(-np.inf), levels)
    levels = canonical(levels)
    best = _is_highest(levels, 1)
    labels = connected_components(best)
    windows = best if radius == 1 else _is_highest(levels, radius)
    if least is not None:
        windows = windows & (levels >= least)
    kept = np.ones(int(labels.max()) + 1, np.uint8)
    kept[0] = 0
    marks = np.empty(levels.shape[1], np.uint8)
    _judge(levels, best.view(np.uint8), windows.view(np.uint8), labels, marks, kept)
    if (levels == levels[0, 0]).all() or not kept.any():
        return np.zeros(levels.shape, np.int32)
    if radius > 1:
        flat = labels.reshape(-1)
        places = np.flatnonzero(kept[flat])
        _space(labels, places[np.argsort(flat[places], kind="stable")], radius, kept)
    numbers = np.cumsum(kept, dtype=np.int32) * kept
    return numbers[labels]


def _is_highest(levels: np.ndarray, radius: int) -> np.ndarray:
    highest = extreme(levels, as_shape("square", radius), True, "replicate", levels.dtype.type(0))
    return levels == highest


def _rows() -> list[Case]:
    from skimage import feature, morphology

    def places(x: np.ndarray) -> np.ndarray:
        return feature.peak_local_max(x, min_distance=5, exclude_border=False)

    return [
        versus(
            "local_maxima",
            "grey",
            lambda x: local_maxima(x),
            "skimage local_maxima",
            lambda x: morphology.local_maxima(x),
            difference=lambda ours, theirs: percent_different(ours > 0, theirs > 0),
            tolerance=0,
            unit="% of pixels",
            size=512,
            default=True,
        ),
        versus(
            "local_maxima, radius 5",
            "grey",
            lambda x: local_maxima(x, radius=5),
            "skimage peak_local_max",
            places,
            difference=None,
            note="gives places, one of each",
            size=512,
        ),
    ]


declare(local_maxima, result=labels_like, peers=_rows)
