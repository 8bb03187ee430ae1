"""Watershed by flooding from markers.

A queue for each level: pixels wait in lists linked through the pixels, first come, first served, and a tree of words of
64 bits says which is the lowest level that has any.  A pixel costs the same however many wait, where a heap's cost
grows with their number.  Levels of integers are what they are; those of floats are numbered by sorting.
"""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, flag
from .._core.declare import Case, declare, labels_like, percent_different, versus
from .._core.jit import kernel
from .._core.planes import canonical, luma
from ._regions import connectivity_of
from ._superpixels import as_labels

__all__ = ["watershed"]

FREE, WALL, LINE, QUEUED = 0, -1, -2, -3
"""What a pixel is that has no label."""

DIGIT = 11
"""Bits that a pass of sorting looks at."""

WORD = 6
"""64 bits in a word."""


@kernel
def _pass_of_sorting(keys, order, shift, counts, sorted_keys, sorted_order):
    """Sort by one digit, stably (radix sort)."""
    mask = keys.dtype.type((1 << DIGIT) - 1)
    counts[:] = 0
    for i in range(keys.size):
        counts[np.int64((keys[i] >> shift) & mask)] += 1
    total = 0
    for d in range(counts.size):
        count = counts[d]
        counts[d] = total
        total += count
    for i in range(keys.size):
        d = np.int64((keys[i] >> shift) & mask)
        place = counts[d]
        counts[d] = place + 1
        sorted_keys[place], sorted_order[place] = keys[i], order[i]


@kernel
def _number(keys, order, out):
    """Equal keys have equal numbers; returns how many there are."""
    number = -1
    for i in range(keys.size):
        if i == 0 or keys[i] != keys[i - 1]:
            number += 1
        out[order[i]] = number
    return number + 1


@kernel(inner=True)
def _lowest_bit(word):
    low = word & (~word + np.uint64(1))
    return (np.float64(low).view(np.int64) >> 52) - 1023


@kernel(inner=True)
def _mark(words, starts, level):
    for k in range(starts.size):
        words[starts[k] + (level >> (WORD * (k + 1)))] |= np.uint64(1) << np.uint64((level >> (WORD * k)) & 63)


@kernel(inner=True)
def _unmark(words, starts, level):
    for k in range(starts.size):
        at = starts[k] + (level >> (WORD * (k + 1)))
        words[at] &= ~(np.uint64(1) << np.uint64((level >> (WORD * k)) & 63))
        if words[at] != 0:
            return


@kernel(inner=True)
def _lowest(words, starts):
    """The lowest level that is marked, -1 for none."""
    at = 0
    for k in range(starts.size - 1, -1, -1):
        word = words[starts[k] + at]
        if word == 0:
            return -1
        at = (at << WORD) + _lowest_bit(word)
    return at


@kernel(inner=True)
def _join(p, level, head, tail, following, words, starts):
    following[p] = -1
    if head[level] < 0:
        head[level] = p
        _mark(words, starts, level)
    else:
        following[tail[level]] = p
    tail[level] = p


@kernel
def _flood(levels, steps, lines, head, tail, following, words, starts, labels):
    """All arrays of pixels are flat and have a frame of walls; `labels` has the markers."""
    for p in range(labels.size):
        if labels[p] > FREE:
            _join(p, np.int64(levels[p]), head, tail, following, words, starts)
    now = _lowest(words, starts)
    while now >= 0:
        p = head[now]
        head[now] = following[p]
        if head[now] < 0:
            _unmark(words, starts, now)
        label = labels[p]
        if label == QUEUED:
            label = np.int32(FREE)
            for k in range(steps.size):
                other = labels[p + steps[k]]
                if other > FREE and other != label:
                    label = other if label == FREE else np.int32(LINE)
                    if label == LINE:
                        break
            labels[p] = label
        if label != LINE:
            for k in range(steps.size):
                q = p + steps[k]
                if labels[q] == FREE:
                    labels[q] = QUEUED if lines else label
                    # The water never falls: what lies lower waits as if it were as high.
                    _join(q, max(np.int64(levels[q]), now), head, tail, following, words, starts)
        if head[now] < 0:
            now = _lowest(words, starts)


def _numbered(heights: np.ndarray) -> tuple[np.ndarray, int]:
    """Levels by their order, and how many there are."""
    if heights.dtype.kind == "u":
        return heights, 1 << (8 * heights.dtype.itemsize)
    kind = np.dtype(f"u{heights.dtype.itemsize}")
    keys = (heights + 0).reshape(-1).view(kind)  # -0 becomes 0
    sign = kind.type(1 << (8 * kind.itemsize - 1))
    # Bits in the order of floats: the sign turned round, all bits of negative ones.
    keys ^= np.where(keys & sign, kind.type(np.iinfo(kind).max), sign)
    order = np.arange(keys.size, dtype=np.int32)
    counts, other_keys, other_order = np.empty(1 << DIGIT, np.int64), np.empty_like(keys), np.empty_like(order)
    for shift in range(0, 8 * kind.itemsize, DIGIT):
        _pass_of_sorting(keys, order, kind.type(shift), counts, other_keys, other_order)
        keys, order, other_keys, other_order = other_keys, other_order, keys, order
    numbers = other_order
    return numbers.reshape(heights.shape), _number(keys, order, numbers)


def watershed(
    image: np.ndarray,
    markers: np.ndarray,
    *,
    connectivity: int = 4,
    mask: np.ndarray | None = None,
    lines: bool = False,
) -> np.ndarray:
    """Watershed by flooding from markers.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64: the height that is flooded, for instance the `gradient` of a photo; of RGB
        images the luma.
    markers : ndarray of shape (h, w)
        Integers, at least 0: the regions' seeds, 0 where there is none.
    connectivity : int
        4, water flows across sides, or 8, across corners too.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels are flooded.
    lines : bool
        Leave a line of 0, one pixel wide, where regions meet that are not neighbours as markers.

    Returns
    -------
    ndarray of int32, shape (h, w)
        The number of its marker for each pixel; 0 outside the mask, on lines, and where no water comes.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the image has a NaN.

    Notes
    -----
    Meyer's flooding [1]_: the lowest pixel next, of equals the one that the water reached first, of markers the upper
    left one.  The water rises and never falls: a pixel that is lower than the water that reaches it waits among those
    as high as the water.  ``skimage.segmentation.watershed`` without compactness gives the same labels where no two
    markers have the same height, whose order it leaves to its heap.  With ``watershed_line=True`` its lines are others,
    as its water flows on across them.

    References
    ----------
    .. [1] F. Meyer, "Un algorithme optimal de ligne de partage des eaux", 8e congrès AFCET, 1991; S. Beucher, F. Meyer,
       "The morphological approach to segmentation: the watershed transformation", in Mathematical Morphology in Image
       Processing, 1993.

    Examples
    --------
    >>> markers = np.zeros((1, 5), int)
    >>> markers[0, 0], markers[0, 4] = 1, 2
    >>> watershed(np.array([[0, 1, 9, 1, 0]], np.uint8), markers)
    array([[1, 1, 1, 2, 2]], dtype=int32)
    """
    image = as_image(image, channels=(1, 3))
    markers = as_labels(markers, image, "markers")
    connectivity = connectivity_of(connectivity)
    mask = as_mask(mask, image)
    lines = flag(lines, "lines")
    if markers.size and (markers.min() < 0 or markers.max() > np.iinfo(np.int32).max):
        raise ValueError("markers must be at least 0 and fit 32 bits")
    if image.dtype.kind == "f" and np.isnan(image).any():
        raise ValueError("image must have no NaN")
    (h, w), out = image.shape[:2], np.zeros(image.shape[:2], np.int32)
    if not image.size or not markers.any():
        return out
    heights = luma(image) if image.shape[2:] == (3,) else image.reshape(h, w)
    numbers, count = _numbered(np.ascontiguousarray(heights))
    levels, labels = np.zeros((h + 2, w + 2), numbers.dtype), np.full((h + 2, w + 2), WALL, np.int32)
    levels[1:-1, 1:-1] = numbers
    labels[1:-1, 1:-1] = markers if mask is None else np.where(mask, markers, WALL)
    sizes = [count]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // (1 << WORD)))
    starts = np.cumsum([0, *sizes[1:]])
    steps = np.array([-w - 2, -1, 1, w + 2, -w - 3, -w - 1, w + 1, w + 3][:connectivity])
    head, tail = np.full(count, -1, np.int32), np.empty(count, np.int32)
    words, starts = np.zeros(int(starts[-1]) + 1, np.uint64), canonical(starts[: max(len(sizes) - 1, 1)])
    following = np.empty(labels.size, np.int32)
    levels = canonical(levels.reshape(-1))
    _flood(levels, canonical(steps), bool(lines), head, tail, following, words, starts, labels.reshape(-1))
    np.maximum(labels[1:-1, 1:-1], 0, out=out)
    return out


def _rows() -> list[Case]:
    from skimage import segmentation

    def with_markers(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        markers = np.zeros(x.shape, np.int32)
        seeds = markers[16::32, 16::32]
        seeds[...] = np.arange(1, seeds.size + 1).reshape(seeds.shape)
        return x, markers

    return [
        versus(
            "watershed",
            "grey",
            lambda both: watershed(*both),
            "skimage watershed",
            lambda both: segmentation.watershed(*both),
            difference=percent_different,
            unit="% of pixels",
            what="from a grid of markers 32 pixels apart",
            note="of equally high pixels, others may come first",
            prepare=with_markers,
            size=512,
            default=True,
        )
    ]


declare(watershed, result=labels_like, peers=_rows)
