"""Small linear filters whose results are floats: sharpening, edges and noise estimates are built on them.

OpenCV's separable filters do the work, in float32 (float64 for float64 images).  Integers times small whole weights are
exact there.  OpenCV knows no fill, no wrapping border, and no more than 128 channels; so images are framed or split
here first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._core.border import _CV2, framed
from .._core.formats import channels_of
from .._core.opencv import for_cv2, load_cv2
from .._core.planes import canonical, fill_values

_MOST_CHANNELS = 128
_BAND = 1 << 18
"""About so many samples are in a band."""

Filter = Callable[[np.ndarray, int], np.ndarray]


def separable(across: np.ndarray, down: np.ndarray) -> Filter:
    """Make the filter that correlates with weights `across` along x and `down` along y."""

    def work(source: np.ndarray, border: int) -> np.ndarray:
        cv2 = load_cv2()
        depth = cv2.CV_64F if source.dtype == np.float64 else cv2.CV_32F
        return cv2.sepFilter2D(source, depth, across, down, borderType=border)

    return work


def apply(image: np.ndarray, work: Filter, reach: int, border: str = "reflect_101", fill: float = 0.0) -> np.ndarray:
    """Run a filter over an image, with any of our borders.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked and that is not empty.
    work : callable
        It takes an image and OpenCV's number of a border, and returns floats of the same shape.  It may drop the
        channel axis if there is one channel.
    reach : int
        How many pixels its window reaches to each side.
    border : str
        One of `imgproc._core.border.BORDERS`.
    fill : float
        Level outside the image for ``constant``, as a fraction of full scale.

    Returns
    -------
    ndarray of the image's shape
        A new, contiguous array.  It is NaN wherever the image is, even if the centre of the window has no weight.
    """
    cv2, shape = load_cv2(), image.shape
    source = canonical(image)
    source = for_cv2(source)
    flat = source.reshape(shape[0], shape[1], -1)
    if image.dtype.kind == "u" and border not in ("constant", "wrap") and channels_of(image) <= _MOST_CHANNELS:
        return _by_bands(flat, work, reach, getattr(cv2, _CV2[border])).reshape(shape)  # some microseconds less
    edge = 0
    if border in ("constant", "wrap"):
        edge, (h, w, c) = reach, flat.shape
        frame = np.empty((h + 2 * edge, w + 2 * edge, c), image.dtype)
        flat, border = framed(flat, (edge,) * 4, border, fill_values(fill, c, image.dtype), frame), "replicate"
    number = getattr(cv2, _CV2[border])
    with np.errstate(invalid="ignore", over="ignore"):
        parts = [
            np.atleast_3d(_by_bands(np.ascontiguousarray(flat[:, :, k : k + _MOST_CHANNELS]), work, reach, number))
            for k in range(0, flat.shape[2], _MOST_CHANNELS)
        ]
    found = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
    if edge:
        found = found[edge:-edge, edge:-edge]
    found = np.ascontiguousarray(found).reshape(shape)
    if image.dtype.kind == "f":
        spoilt = np.isnan(image)
        if spoilt.any():
            found[spoilt] = np.nan
    return found


def _by_bands(source: np.ndarray, work: Filter, reach: int, number: int) -> np.ndarray:
    """Filter in bands of rows that stay in the cache, each with the rows around it that its windows see."""
    h = len(source)
    rows = max(_BAND // (source.size // h), 8 * reach, 1)
    if h <= rows:
        return work(source, number)
    found: np.ndarray | None = None
    for y in range(0, h, rows):
        above, below = max(y - reach, 0), min(y + rows + reach, h)
        part = work(source[above:below], number)
        if found is None:
            found = np.empty((h, *part.shape[1:]), part.dtype)
        found[y : y + rows] = part[y - above : y - above + rows]
    assert found is not None
    return found
