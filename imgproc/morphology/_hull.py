"""The convex hull of a mask, decided in whole numbers."""

from __future__ import annotations

import numpy as np

from .._core.check import one_of
from .._core.declare import Case, declare, percent_different, versus
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from ._distance import as_plain_mask

__all__ = ["convex_hull"]

CORNERS = ("sides", "centers")


@kernel
def _reach(mask, first, last):
    """The columns of the first and of the last True pixel of each row; -1 for none."""
    mask, first, last = borrowed(mask), borrowed(first), borrowed(last)
    for y in range(mask.shape[0]):
        row, begin, end = mask[y], -1, -1
        for x in range(row.size):
            if row[x] != 0:
                begin = x
                break
        if begin >= 0:
            for x in range(row.size - 1, begin - 1, -1):
                if row[x] != 0:
                    end = x
                    break
        first[y], last[y] = begin, end


@kernel(inner=True)
def _chain(rows, places, count, corners):
    """Of points in the order of rows the corners of their hull on the right; returns how many there are."""
    top = 0
    for k in range(count):
        while top > 1:  # a corner goes if it is not beyond the line from the one before it to this point
            a, b = corners[top - 2], corners[top - 1]
            if (places[b] - places[a]) * (rows[k] - rows[a]) > (places[k] - places[a]) * (rows[b] - rows[a]):
                break
            top -= 1
        # Of points in one row the outermost counts.
        if top > 0 and rows[corners[top - 1]] == rows[k]:
            if places[corners[top - 1]] >= places[k]:
                continue
            top -= 1
        corners[top] = k
        top += 1
    return top


@kernel
def _ends(rows, places, count, corners, ends):
    """The outermost column of each row that is in the hull, whose points are in half pixels; untouched elsewhere."""
    rows, places, corners, ends = borrowed(rows), borrowed(places), borrowed(corners), borrowed(ends)
    top = _chain(rows, places, count, corners)
    for k in range(top):
        a, b = corners[k], corners[min(k + 1, top - 1)]
        height = max(rows[b] - rows[a], 1)
        for y in range((rows[a] + 1) // 2, rows[b] // 2 + 1):
            ends[y] = (places[a] * height + (places[b] - places[a]) * (2 * y - rows[a])) // (2 * height)


def convex_hull(mask: np.ndarray, *, corners: str = "sides") -> np.ndarray:
    """Find the convex hull of all True pixels of a mask: the smallest convex shape that holds them.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        The shape; it need not be connected.
    corners : {"sides", "centers"}
        What the hull is spanned by: the middles of the sides of the True pixels, or their centres.

    Returns
    -------
    ndarray of bool, shape (h, w)
        True where the centre of a pixel is in the hull or on its outline.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    All is decided in whole numbers, so that points on the outline are in it.  The hull of a hull is the same.
    ``skimage.morphology.convex_hull_image`` spans it by the sides, or with ``offset_coordinates=False`` by the centres.

    References
    ----------
    A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", Information Processing Letters 9(5),
    1979.

    Examples
    --------
    >>> convex_hull(np.array([[1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]], bool)).astype(int)
    array([[1, 0, 0, 0],
           [1, 1, 1, 0],
           [1, 1, 1, 1]])
    """
    mask = as_plain_mask(mask)
    one_of(corners, "corners", CORNERS)
    h, w = mask.shape
    out = np.zeros((h, w), bool)
    if not mask.any():
        return out
    first, last = np.empty(h, np.int64), np.empty(h, np.int64)
    _reach(canonical(mask.view(np.uint8)), first, last)
    rows = np.flatnonzero(first >= 0)
    # Half pixels, from the centre of the first one on.
    left, right, y = -2 * first[rows], 2 * last[rows], 2 * rows
    if corners == "sides":
        y = np.concatenate([y - 1, y, y + 1])
        left, right = (np.concatenate([ends, ends + 1, ends]) for ends in (left, right))
        order = np.argsort(y, kind="stable")
        y, left, right = y[order], left[order], right[order]
    memory = np.empty(y.size, np.int64)
    _ends(y, left, y.size, memory, first)
    _ends(y, right, y.size, memory, last)
    x = np.arange(w)
    inside = slice(int(rows[0]), int(rows[-1]) + 1)
    out[inside] = (x >= -first[inside, np.newaxis]) & (x <= last[inside, np.newaxis])
    return out


def _rows() -> list[Case]:
    from skimage import morphology

    return [
        versus(
            "convex_hull",
            "grey",
            lambda x: convex_hull(x),
            "skimage convex_hull_image",
            lambda x: morphology.convex_hull_image(x),
            tolerance=0,
            difference=percent_different,
            unit="% of pixels",
            what="of a mask",
            prepare=lambda x: x > 200,
            size=512,
            default=True,
        )
    ]


declare(convex_hull, peers=_rows)
