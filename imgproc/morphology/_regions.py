"""Whole regions of a mask or of labels: holes are filled, small ones and those at the border are removed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import flag, integer
from .._core.declare import Case, Peer, declare, percent_different, versus
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from ..segment._regions import connectivity_of, find_runs, unite
from ._distance import as_plain_mask
from ._flat import as_image_or_mask
from ._reconstruct import flooded_from_border

__all__ = ["clear_border", "fill_holes", "remove_small"]


@kernel
def _measure(turns, ends, parents, width, areas, outer):
    """Pixels of each region, and whether it meets the border, at its first run; parents become first runs."""
    turns, ends, parents = borrowed(turns), borrowed(ends), borrowed(parents)
    h = ends.size - 1
    for y in range(h):
        for run in range(ends[y] // 2, ends[y + 1] // 2):
            first = parents[run]
            if first != run:
                first = parents[first]
                parents[run] = first
            start, end = np.int64(turns[2 * run]), np.int64(turns[2 * run + 1])
            areas[first] += end - start
            if y == 0 or y == h - 1 or start == 0 or end == width:
                outer[first] = 1


@kernel
def _write(turns, ends, parents, chosen, value, out):
    """Give a value to the pixels of the regions that are chosen."""
    turns, ends, parents, chosen, out = (
        borrowed(turns),
        borrowed(ends),
        borrowed(parents),
        borrowed(chosen),
        borrowed(out),
    )
    for y in range(out.shape[0]):
        row = out[y]
        for run in range(ends[y] // 2, ends[y + 1] // 2):
            if chosen[parents[run]] != 0:
                for x in range(np.uint64(turns[2 * run]), np.uint64(turns[2 * run + 1])):
                    row[x] = value


def _changed(mask: np.ndarray, connectivity: int, holes: bool, less_than: int | None, of_border: bool) -> np.ndarray:
    """A mask without those regions, or if `holes` with those of its holes, that have fewer pixels or meet the border.

    Without a number of pixels, all sizes are meant; of holes those that do not meet the border.
    """
    out = mask.copy(order="C")
    if not mask.size:
        return out
    h, w = mask.shape
    source = canonical(~mask if holes else mask).view(np.uint8)
    words, ends = np.zeros((w + 7) // 8 + 2, np.uint64), np.zeros(h + 1, np.int64)
    turns = np.empty(h * (w + w % 2) + 1, np.int32)  # of a chessboard; what is not used costs no memory
    count = find_runs(source, words.view(np.uint8), words, turns, ends) // 2
    parents, areas, outer = np.empty(count, np.int32), np.zeros(count, np.int64), np.zeros(count, np.uint8)
    unite(turns, ends, 1 if connectivity == 8 else 0, parents)
    _measure(turns, ends, parents, w, areas, outer)
    if of_border:
        chosen = outer
    elif less_than is None:
        chosen = 1 - outer
    else:
        chosen = (areas < less_than).view(np.uint8)
    _write(turns, ends, parents, chosen, np.uint8(holes), out.view(np.uint8))
    return out


def fill_holes(image: np.ndarray, *, connectivity: int = 4) -> np.ndarray:
    """Fill the holes of a mask, or the dark places of an image that no path as dark leads to from the border.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    connectivity : int
        4, water flows across sides of pixels, or 8, across corners too, so that fewer places are holes.

    Returns
    -------
    ndarray
        Same shape and dtype; nowhere below the image.  Of a mask, what is False and not joined to the border becomes
        True.  Of an image, each pixel gets the level to which water would have to rise there to flow off across the
        border.  NaN stays NaN, and water does not flow through it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The whole image is one window.  It is the reconstruction by erosion of an image that is as it is at its border and
    white within [1]_, as `reconstruct` makes it.  ``scipy.ndimage.binary_fill_holes`` gives the same of masks.

    References
    ----------
    .. [1] P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 6.3.7.

    Examples
    --------
    >>> fill_holes(np.array([[9, 9, 9, 0], [9, 2, 5, 0], [9, 9, 9, 0]], np.uint8))
    array([[9, 9, 9, 0],
           [9, 5, 5, 0],
           [9, 9, 9, 0]], dtype=uint8)
    """
    image = as_image_or_mask(image)
    connectivity = connectivity_of(connectivity)
    if image.dtype != bool:
        return flooded_from_border(image, connectivity)
    if image.ndim == 2:
        return _changed(image, connectivity, True, None, False)
    planes = [_changed(image[..., c], connectivity, True, None, False) for c in range(image.shape[2])]
    return np.stack(planes, axis=-1)


def remove_small(mask: np.ndarray, *, size: int, connectivity: int = 8, holes: bool = False) -> np.ndarray:
    """Remove the regions of a mask, or of labels, that have fewer than so many pixels; or fill such holes.

    Parameters
    ----------
    mask : ndarray of shape (h, w)
        A mask of bool, whose connected regions are counted; or integers, labels of regions, of which 0 is none.  All
        pixels of a label are one region, wherever they are.
    size : int
        Regions of fewer pixels go; at least 0.
    connectivity : int
        Of a mask: 4, neighbours share a side, or 8, they share a side or a corner.
    holes : bool
        Fill the regions of False pixels that have fewer than `size` pixels, also those at the border, instead.  Only
        for masks.

    Returns
    -------
    ndarray of shape (h, w)
        Same dtype; what goes is False, or 0, and what is filled is True.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `holes` is given for labels.

    Notes
    -----
    ``skimage.morphology.remove_small_objects`` and ``remove_small_holes`` do the same.

    Examples
    --------
    >>> remove_small(np.array([[True, False, True], [True, False, False]]), size=2)
    array([[ True, False, False],
           [ True, False, False]])
    """
    mask = as_mask_or_labels(mask)
    size = integer(size, "size", at_least=0)
    connectivity, holes = connectivity_of(connectivity), flag(holes, "holes")
    if mask.dtype == bool:
        return _changed(mask, connectivity, holes, size, False)
    if holes:
        raise ValueError("holes must be False for labels: only a mask of bool has holes")
    numbers, counts = numbered(mask)
    return np.where((counts < size)[numbers], mask.dtype.type(0), mask)


def clear_border(mask: np.ndarray, *, connectivity: int = 8) -> np.ndarray:
    """Remove the regions of a mask, or of labels, that meet the border of the image.

    What is cut by the border is often not to be measured.

    Parameters
    ----------
    mask : ndarray of shape (h, w)
        A mask of bool, whose connected regions are looked at; or integers, labels of regions, of which 0 is none.
    connectivity : int
        Of a mask: 4, neighbours share a side, or 8, they share a side or a corner.

    Returns
    -------
    ndarray of shape (h, w)
        Same dtype; what goes is False, or 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.segmentation.clear_border`` without a buffer.

    Examples
    --------
    >>> clear_border(np.array([[1, 0, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]))
    array([[0, 0, 0, 0],
           [0, 0, 2, 0],
           [0, 0, 0, 0]])
    """
    mask = as_mask_or_labels(mask)
    connectivity = connectivity_of(connectivity)
    if mask.dtype == bool:
        return _changed(mask, connectivity, False, None, True)
    if not mask.size:
        return mask.copy()
    numbers, counts = numbered(mask)
    outer = np.zeros(counts.size, bool)
    for line in (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]):
        outer[line] = True
    return np.where(outer[numbers], mask.dtype.type(0), mask)


def as_mask_or_labels(mask: Any, name: str = "mask") -> np.ndarray:
    """Check an array of bool or of integers of shape (h, w)."""
    if isinstance(mask, np.ndarray) and mask.dtype.kind in "iu":
        if mask.ndim != 2:
            raise ValueError(f"{name} must have shape (h, w), got {mask.shape}")
        return mask
    if isinstance(mask, np.ndarray) and mask.dtype != bool:
        raise TypeError(f"{name} must be of bool or integers, got {mask.dtype}")
    return as_plain_mask(mask, name)


def numbered(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers from 0 on in place of labels, of any size and sign, and how many pixels each has."""
    low, high = (int(labels.min()), int(labels.max())) if labels.size else (0, 0)
    if high - low <= max(labels.size, 1 << 16):
        numbers = (labels - labels.dtype.type(low)).astype(np.intp) if low >= 0 else labels.astype(np.int64) - low
        return numbers, np.bincount(numbers.reshape(-1), minlength=high - low + 1)
    _, found, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return found.reshape(labels.shape), counts


def _rows_of_holes() -> list[Case]:
    import cv2
    from scipy import ndimage
    from skimage import morphology

    def by_flood(x: np.ndarray) -> np.ndarray:
        """From a corner of a frame around the mask; OpenCV has no other way."""
        framed = cv2.copyMakeBorder(x.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        cv2.floodFill(framed, None, (0, 0), 2)
        return framed[1:-1, 1:-1] != 2

    def of_levels(x: np.ndarray) -> np.ndarray:
        start = np.full_like(x, 255)
        start[0], start[-1], start[:, 0], start[:, -1] = x[0], x[-1], x[:, 0], x[:, -1]
        return morphology.reconstruction(start, x, method="erosion", footprint=morphology.diamond(1)).astype(x.dtype)

    return [
        versus(
            "fill_holes",
            "grey",
            lambda x: fill_holes(x),
            "skimage reconstruction",
            of_levels,
            what="hollows of an image, up to where they flow over",
            tolerance=0,
            limit=1 / 3,
            size=512,
            default=True,
        ),
        Case(
            "fill_holes, mask",
            "holes of a mask of a photo",
            "grey",
            lambda x: fill_holes(x),
            {
                "SciPy binary_fill_holes": Peer(ndimage.binary_fill_holes, 1 / 3, 0, percent_different, "% of pixels"),
                "cv2.floodFill": Peer(by_flood, None, 0, percent_different, "% of pixels", "and a frame"),
            },
            prepare=lambda x: x > 100,
            size=512,
        ),
    ]


def _rows_of_small() -> list[Case]:
    from skimage import morphology

    return [
        versus(
            "remove_small",
            "grey",
            lambda x: remove_small(x, size=50),
            "skimage remove_small_objects",
            lambda x: morphology.remove_small_objects(x, max_size=49, connectivity=2),
            tolerance=0,
            difference=percent_different,
            unit="% of pixels",
            what="regions of fewer than 50 pixels",
            prepare=lambda x: x > 100,
            size=512,
        )
    ]


def _rows_of_border() -> list[Case]:
    from skimage import segmentation

    return [
        versus(
            "clear_border",
            "grey",
            lambda x: clear_border(x),
            "skimage clear_border",
            lambda x: segmentation.clear_border(x),
            tolerance=0,
            difference=percent_different,
            unit="% of pixels",
            what="regions that meet the border of a mask",
            prepare=lambda x: x > 100,
            size=512,
            default=True,
        )
    ]


declare(
    fill_holes,
    page="morphology",
    call="fill_holes(image)",
    look="Dark places that are closed all around are filled up to where they would flow over.",
    peers=_rows_of_holes,
)
declare(remove_small, peers=_rows_of_small)
declare(clear_border, peers=_rows_of_border)
