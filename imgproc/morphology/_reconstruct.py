"""Reconstruction by dilation and by erosion: what can be reached from a marker below, or above, an image.

Vincent's hybrid algorithm: the marker spreads along rows forth and back once, and from where it has not come to an end
it spreads on with a queue.  Erosion is dilation of the image turned over.
"""

from __future__ import annotations

import numpy as np

from .._core.check import one_of, same_size
from .._core.declare import Case, Peer, declare
from .._core.formats import channels_of
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from ..segment._regions import connectivity_of
from ._flat import as_image_or_mask

__all__ = ["reconstruct"]

METHODS = ("dilation", "erosion")


@kernel(inner=True)
def _more(a, b):
    return a if a > b else b


@kernel(inner=True)
def _less(a, b):
    return a if a < b else b


@kernel(inner=True)
def _from_row(other, reach, row):
    """The largest of a row and of the neighbours in the row before."""
    inner = row[1:-1]
    before, middle, after = other[1 - reach :], other[1:], other[1 + reach :]
    for x in range(inner.size):
        inner[x] = _more(inner[x], _more(middle[x], _more(before[x], after[x])))


@kernel
def _spread_along_rows(limit, found, reach):
    """Forth and back, each row from the one before; all arrays have a frame of the lowest level."""
    limit, found = borrowed(limit), borrowed(found)
    h, w = found.shape
    for y in range(1, h - 1):
        row, most = found[y], limit[y]
        _from_row(found[y - 1], reach, row)
        last = row[0]
        for x in range(1, w - 1):
            last = _less(_more(last, row[x]), most[x])
            row[x] = last
    for y in range(h - 2, 0, -1):
        row, most = found[y], limit[y]
        _from_row(found[y + 1], reach, row)
        last = row[w - 1]
        for x in range(w - 2, 0, -1):
            last = _less(_more(last, row[x]), most[x])
            row[x] = last


@kernel(inner=True)
def _can_grow(p, steps, limit, found):
    """Whether a neighbour is lower than this pixel and may rise."""
    level = found[p]
    for k in range(steps.size):
        q = p + steps[k]
        if found[q] < level and found[q] < limit[q]:
            return True
    return False


@kernel
def _spread_by_queue(limit, found, width, steps, queue, waiting):
    """Until nothing rises; arrays are flat, and rows have a `width` with their frame."""
    limit, found, queue, waiting = borrowed(limit), borrowed(found), borrowed(queue), borrowed(waiting)
    first, count = 0, 0
    later = steps[steps.size // 2 :]  # those before took this pixel into account on the way back
    for p in range(width + 1, found.size - width - 1):
        if _can_grow(p, later, limit, found):
            queue[count] = p
            waiting[p] = 1
            count += 1
    while count > 0:
        p = np.int64(queue[first])
        first = first + 1 if first + 1 < queue.size else 0
        count -= 1
        waiting[p] = 0
        level = found[p]
        for k in range(steps.size):
            q = p + steps[k]
            if found[q] < level and found[q] < limit[q]:
                found[q] = _less(level, limit[q])
                if waiting[q] == 0:
                    waiting[q] = 1
                    last = first + count
                    queue[last if last < queue.size else last - queue.size] = q
                    count += 1


def _spread(limit: np.ndarray, found: np.ndarray, connectivity: int) -> None:
    """Reconstruction by dilation, in place; both have a frame of one pixel of the lowest level."""
    w = found.shape[1]
    _spread_along_rows(limit, found, 1 if connectivity == 8 else 0)
    steps = np.array([-w, -1, 1, w] if connectivity == 4 else [-w - 1, -w, -w + 1, -1, 1, w - 1, w, w + 1])
    queue, waiting = np.empty(found.size, np.int32), np.zeros(found.size, np.uint8)
    _spread_by_queue(limit.reshape(-1), found.reshape(-1), w, steps, queue, waiting)


def _turned(levels: np.ndarray) -> np.ndarray:
    """Levels in the opposite order."""
    return ~levels if levels.dtype.kind in "bu" else -levels


def _framed(levels: np.ndarray, lowest: float, nan: np.ndarray | None) -> np.ndarray:
    out = np.full((levels.shape[0] + 2, levels.shape[1] + 2), lowest, levels.dtype)
    out[1:-1, 1:-1] = levels
    if nan is not None:
        out[1:-1, 1:-1][nan] = lowest
    return out


def _reconstructed(image: np.ndarray, marker: np.ndarray | None, upwards: bool, connectivity: int) -> np.ndarray:
    """Of one plane; without a marker it is the border of the image."""
    flat = image.view(np.uint8) if image.dtype == bool else image
    nan = np.isnan(image) if image.dtype.kind == "f" else None
    nan = nan if nan is not None and nan.any() else None
    lowest = -np.inf if flat.dtype.kind == "f" else 0
    if marker is None:
        start = np.full(flat.shape, lowest, flat.dtype)
        limit = flat if upwards else _turned(flat)
        for line in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
            start[line] = limit[line]
    else:
        start = marker.view(np.uint8) if marker.dtype == bool else marker
        limit, start = (flat, start) if upwards else (_turned(flat), _turned(start))
        if start.dtype.kind == "f":
            start = np.where(np.isnan(start), start.dtype.type(lowest), start)
        start = np.minimum(start, limit)
    limit, found = _framed(limit, lowest, nan), _framed(start, lowest, nan)
    _spread(canonical(limit), found, connectivity)
    inner = found[1:-1, 1:-1]
    result = np.array(inner if upwards else _turned(inner), order="C")
    if nan is not None:
        result[nan] = np.nan
    return result.view(bool) if image.dtype == bool else result


def _by_planes(image: np.ndarray, marker: np.ndarray | None, upwards: bool, connectivity: int) -> np.ndarray:
    if not image.size:
        return image.copy()
    out = np.empty(image.shape, image.dtype)
    shape = (*image.shape[:2], channels_of(image))
    parts, markers, result = image.reshape(shape), None if marker is None else marker.reshape(shape), out.reshape(shape)
    for c in range(channels_of(image)):
        plane = None if markers is None else markers[..., c]
        result[..., c] = _reconstructed(parts[..., c], plane, upwards, connectivity)
    return out


def flooded_from_border(image: np.ndarray, connectivity: int) -> np.ndarray:
    """Reconstruction by erosion of an image that is white within, and as it is at its border."""
    return _by_planes(image, None, False, connectivity)


def reconstruct(
    image: np.ndarray, marker: np.ndarray, *, method: str = "dilation", connectivity: int = 8
) -> np.ndarray:
    """Morphological reconstruction: let a marker grow as far as the image allows.

    By dilation, each pixel gets the highest level that a path leads to from the marker without rising above the image.
    With ``image - h`` as the marker (not below 0), the result lacks all peaks that are lower than h.  With an eroded
    image as the marker, what the erosion has removed stays away, and what it has left gets its own shape back.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    marker : ndarray of the same shape and dtype
        Where to start.  What is above the image (below it for ``"erosion"``) counts as the image, and NaN as nothing.
    method : {"dilation", "erosion"}
        Grow upwards below the image, or downwards above it.
    connectivity : int
        4, a path goes across sides of pixels, or 8, across corners too.

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN where the image has one; no path leads through it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the marker has another shape or dtype.

    Notes
    -----
    The whole image is one window.  ``skimage.morphology.reconstruction`` gives the same, and refuses markers above the
    image.

    References
    ----------
    L. Vincent, "Morphological grayscale reconstruction in image analysis: applications and efficient algorithms", IEEE
    Transactions on Image Processing 2(2), 1993, section IV-D.

    Examples
    --------
    >>> reconstruct(np.array([[2, 7, 5, 1, 8]], np.uint8), np.array([[0, 4, 0, 0, 0]], np.uint8))
    array([[2, 4, 4, 1, 1]], dtype=uint8)
    """
    image = as_image_or_mask(image)
    marker = as_image_or_mask(marker, "marker")
    one_of(method, "method", METHODS)
    connectivity = connectivity_of(connectivity)
    if marker.dtype != image.dtype:
        raise TypeError(f"marker must have the dtype of image, {image.dtype}, got {marker.dtype}")
    same_size(image, marker, "image", "marker")
    upwards = method == "dilation"
    return _by_planes(image, marker, upwards, connectivity)


def _rows() -> list[Case]:
    from skimage import morphology

    def seeded(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, np.maximum(x, 40) - np.uint8(40)

    return [
        Case(
            "reconstruct",
            "from the image minus 40 levels",
            "grey",
            lambda both: reconstruct(*both),
            {"skimage reconstruction": Peer(lambda both: morphology.reconstruction(both[1], both[0]), tolerance=0)},
            prepare=seeded,
            size=512,
        )
    ]


declare(
    reconstruct,
    arguments={"marker": lambda image: (image[::-1].copy(),)},
    peers=_rows,
)
