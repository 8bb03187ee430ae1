"""The exact Euclidean distance transform.

First along columns: the row of the nearest pixel that is False, by going down and up once.  Then along rows: of each
column the squared distance is the least of parabolas, one for each column, whose lower envelope is found from left to
right and read from right to left (Meijster, Roerdink and Hesselink 2000; Felzenszwalb and Huttenlocher 2012 have real
places where two parabolas meet, here these are columns).  Between two False pixels of a row only the columns between
them count, so that each such part of a row is done by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .._core.check import one_of, real
from .._core.declare import Case, Peer, declare
from .._core.formats import is_sequence
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.threads import run_bands

__all__ = ["distance_transform"]

RESULTS = ("distance", "squared", "nearest")

NONE = -(1 << 30)
"""The row of the nearest pixel where there is none; far from all rows."""

PART = 64
"""Pixels of a row that look equally far."""

ROOM = 512
"""How far a part of a row can look."""

QUICK = 160
"""If the parts of a row have to look farther on average, parabolas are quicker."""

LONGEST, FAR = 1 << 14, 1 << 29
"""The longest side of a mask whose squared distances are whole numbers of 32 bits, and one that is beyond them all."""

LEAST = 1e-15
"""The least spacing: the square of a smaller one could be 0."""


class Memory(NamedTuple):
    """Working memory for one row."""

    heights: np.ndarray
    """(w,) float64: squared distances within columns."""
    squares: np.ndarray
    """(w,) float64: squared distances."""
    sites: np.ndarray
    """(w,) int32: columns of the parabolas of the envelope."""
    begins: np.ndarray
    """(w,) int32: columns from which each of them is the lowest."""


@kernel
def _along_columns(mask, nearest):
    """The row of the nearest pixel of each column that is False; of two as near the upper one."""
    mask, nearest = borrowed(mask), borrowed(nearest)
    h = mask.shape[0]
    for y in range(h):
        row, found, above = mask[y], nearest[y], nearest[max(y - 1, 0)]
        here, none = np.int32(y), np.int32(NONE)
        for x in range(row.size):
            before = above[x] if y > 0 else none
            found[x] = before if row[x] != 0 else here
    for y in range(h - 2, -1, -1):
        found, below, here = nearest[y], nearest[y + 1], np.int32(y)
        for x in range(found.size):
            up, down = np.int32(here - found[x]), np.int32(below[x] - here)
            # A row that is missing counts as below, and farther away than any other.
            found[x] = below[x] if (down >= 0) & (down < up) else found[x]


@kernel(inner=True)
def _envelope(heights, start, stop, factor, sites, begins):
    """The parabolas of columns in [start, stop) that are the lowest somewhere; returns how many there are."""
    count = 0
    for x in range(start, stop):
        height = heights[x]
        if height == np.inf:
            continue
        while count > 0:
            # Where the last one begins, is the new one lower?  Then the last one is the lowest nowhere.
            a, b = np.float64(begins[count - 1] - sites[count - 1]), np.float64(begins[count - 1] - x)
            if a * a * factor + heights[sites[count - 1]] <= b * b * factor + height:
                break
            count -= 1
        if count == 0:
            sites[0], begins[0], count = x, start, 1
            continue
        site = sites[count - 1]
        # Both are as low at this place; columns beyond it belong to the new one.
        rise = height - heights[site] + factor * np.float64((x - site) * (x + site))
        meet = rise / (2.0 * factor * np.float64(x - site))
        if meet < stop - 1:
            sites[count], begins[count] = x, np.int32(np.floor(meet)) + 1
            count += 1
    return count


@kernel(inner=True)
def _along_row(memory, start, stop, factor, row, columns):
    """Squared distances in [start, stop) of a row, and the columns of the nearest pixels if there is room for them."""
    heights, squares, sites, begins = memory
    count = _envelope(heights, start, stop, factor, sites, begins)
    if count == 0:
        for x in range(start, stop):
            squares[x] = np.inf
    for k in range(count):
        site = np.int64(sites[k])
        end, height = (np.int64(begins[k + 1]) if k + 1 < count else stop), heights[site]
        for x in range(np.int64(begins[k]), end):
            d = np.float64(x - site)
            squares[x] = d * d * factor + height
        if columns is not None:
            for x in range(np.int64(begins[k]), end):
                columns[1, row, x] = site


@kernel(inner=True)
def _whole_row(here, y, spacing, memory, columns):
    """Squared distances of a row, part by part between pixels that are False."""
    down, factor = spacing[0], spacing[1] * spacing[1]
    heights, squares = memory.heights, memory.squares
    for x in range(here.size):
        d = np.float64(np.int32(y) - here[x]) * down
        heights[x] = d * d if here[x] >= 0 else np.inf
    x = 0
    while x < here.size:
        start = x
        while x < here.size and here[x] != y:
            x += 1
        if x > start:
            _along_row(memory, max(start - 1, 0), min(x + 1, here.size), factor, y, columns)
        if x < here.size:
            squares[x] = 0
            if columns is not None:
                columns[1, y, x] = x
            x += 1


@kernel(inner=True)
def _store(squares, rooted, row):
    if rooted:
        for x in range(row.size):
            row[x] = np.sqrt(squares[x])
    else:
        for x in range(row.size):
            row[x] = squares[x]


@kernel
def _along_rows(nearest, spacing, memory, y0, y1, rooted, out, columns):
    """Rows of distances, or of their squares; `columns` is None or (2, h, w), of the nearest pixels."""
    nearest, out = borrowed(nearest), borrowed(out)
    for y in range(y0, y1):
        here = nearest[y]
        _whole_row(here, y, spacing, memory, columns)
        _store(memory.squares, rooted, out[y])
        if columns is not None:
            for x in range(here.size):
                at = columns[1, y, x]
                columns[0, y, x] = here[at] if at >= 0 else -1


@kernel(inner=True)
def _lower(row, at, k, best):
    """Squared distances of a part of a row to columns `k` to ``k + 3`` away on both sides."""
    a, b, c, d = row[at - k :], row[at + k :], row[at - k - 1 :], row[at + k + 1 :]
    e, f, g, h = row[at - k - 2 :], row[at + k + 2 :], row[at - k - 3 :], row[at + k + 3 :]
    s, t = np.int32(k * k), np.int32((k + 1) * (k + 1))
    u, v = np.int32((k + 2) * (k + 2)), np.int32((k + 3) * (k + 3))
    for i in range(PART):
        near = min(np.int32(min(a[i], b[i]) + s), np.int32(min(c[i], d[i]) + t))
        far = min(np.int32(min(e[i], f[i]) + u), np.int32(min(g[i], h[i]) + v))
        best[i] = min(best[i], min(near, far))


@kernel(inner=True)
def _row_by_parts(here, y, row, reach, best):
    """Squared distances of a row, of which none in a part is above the square of its reach."""
    middle = row[ROOM:]
    for x in range(here.size):
        d = np.int32(np.int32(y) - here[x])
        middle[x] = np.int32(d * d) if here[x] >= 0 else np.int32(FAR)
    for x in range(best.size):
        best[x] = middle[x]
    for k in range(reach.size):
        part = best[k * PART : (k + 1) * PART]
        for step in range(1, reach[k] + 1, 4):
            _lower(row, ROOM + k * PART, step, part)


@kernel
def _rows_by_parts(nearest, memory, row, reach, best, y0, y1, rooted, out):
    """Rows of distances, or of their squares, in whole numbers: all columns that are near enough are looked at.

    From one row to the next no distance grows by more than one, so that the last row says how far a part has to look.
    Where that is far, parabolas are quicker.  Both give the same numbers.
    """
    nearest, out, row, best, reach = borrowed(nearest), borrowed(out), borrowed(row), borrowed(best), borrowed(reach)
    for y in range(y0, y1):
        here, steps, most = nearest[y], 0, 0
        for k in range(reach.size):
            steps, most = steps + reach[k], max(most, reach[k])
        if y > y0 and steps <= QUICK * reach.size and most <= ROOM - 4:
            _row_by_parts(here, y, row, reach, best)
        else:
            _whole_row(here, y, (1.0, 1.0), memory, None)
            for x in range(here.size):
                best[x] = memory.squares[x]
        most = 0
        for k in range(reach.size):
            highest = np.int32(0)
            for x in range(k * PART, min((k + 1) * PART, here.size)):
                highest = max(highest, best[x])
            reach[k] = np.int64(np.sqrt(np.float64(highest))) + 2
            most = max(most, reach[k])
        if rooted and most < 4096:  # squares are exact in float32
            found = out[y]
            for x in range(found.size):
                found[x] = np.sqrt(np.float32(best[x]))
        else:
            _store(best, rooted, out[y])


def distance_transform(
    mask: np.ndarray, *, spacing: float | Sequence[float] = 1.0, result: str = "distance"
) -> np.ndarray:
    """Find the distance of each pixel to the nearest one that is False: the exact Euclidean distance transform.

    Distances are those between the middles of pixels.  Give ``~mask`` for the distances to what is True.  The result of
    a mask of touching objects has a peak in each, which `local_maxima` finds and from which `watershed` parts them.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        Pixels that are False have the distance 0.
    spacing : float or (float, float)
        The distance between neighbours, at least 1e-15: of rows and of columns, or of both.
    result : {"distance", "squared", "nearest"}
        What to return.

    Returns
    -------
    ndarray
        ``"distance"``: float32 of shape (h, w).  ``"squared"``: its square, float64 of shape (h, w), which is exact for
        a spacing of 1.  ``"nearest"``: int32 of shape (2, h, w), the row and the column of the nearest pixel that is
        False; of several as near the one in the column further to the left, and in one column the upper one.  If no
        pixel is False, distances are infinite, and rows and columns are -1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Without a spacing, squared distances are bit for bit those of ``scipy.ndimage.distance_transform_edt``, and with one
    up to rounding.  ``cv2.distanceTransform`` with ``DIST_MASK_PRECISE`` gives the same distances, rounded elsewhere.

    References
    ----------
    A. Meijster, J. B. T. M. Roerdink, W. H. Hesselink, "A general algorithm for computing distance transforms in linear
    time", Mathematical Morphology and its Applications to Image and Signal Processing, 2000.
    P. F. Felzenszwalb, D. P. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 8, 2012.

    Examples
    --------
    >>> distance_transform(np.array([[False, True, True, True], [True, True, True, True]]), result="squared")
    array([[ 0.,  1.,  4.,  9.],
           [ 1.,  2.,  5., 10.]])
    """
    mask = as_plain_mask(mask)
    distances = spacing_of(spacing)
    one_of(result, "result", RESULTS)
    h, w = mask.shape
    columns = np.full((2, h, w), -1, np.int32) if result == "nearest" else None
    out = np.empty((h, w), np.float64 if result == "squared" else np.float32)
    if not mask.size:
        return out if columns is None else columns
    nearest = nearest_in_columns(mask)
    by_parts = columns is None and distances == (1.0, 1.0) and max(h, w) <= LONGEST and nearest[0].max() >= 0

    def band(y0: int, y1: int) -> None:
        memory = Memory(np.empty(w), np.empty(w), np.empty(w, np.int32), np.empty(w, np.int32))
        if by_parts:
            parts = -(-w // PART)
            row = np.full(2 * ROOM + parts * PART, FAR, np.int32)
            best, reach = np.zeros(parts * PART, np.int32), np.zeros(parts, np.int64)
            _rows_by_parts(nearest, memory, row, reach, best, y0, y1, result == "distance", out)
        else:
            _along_rows(nearest, distances, memory, y0, y1, result == "distance", out, columns)

    run_bands(band, h, pixels=mask.size)
    return out if columns is None else columns


def nearest_in_columns(mask: np.ndarray) -> np.ndarray:
    """The row of the nearest pixel that is False in the column of each pixel, `NONE` for none; of two the upper one."""
    nearest = np.empty(mask.shape, np.int32)
    _along_columns(canonical(mask.view(np.uint8)), nearest)
    return nearest


def spacing_of(spacing: Any) -> tuple[float, float]:
    """Check the distance between neighbours: of rows and of columns."""
    if not is_sequence(spacing):
        return (real(spacing, "spacing", at_least=LEAST),) * 2
    if len(spacing) != 2:
        raise ValueError(f"spacing must be a number or a pair (down, across), got {len(spacing)} numbers")
    return real(spacing[0], "spacing[0]", at_least=LEAST), real(spacing[1], "spacing[1]", at_least=LEAST)


def as_plain_mask(mask: Any, name: str = "mask") -> np.ndarray:
    """Check an array of bool of shape (h, w)."""
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of bool, got {type(mask).__name__}")
    if mask.dtype != bool:
        raise TypeError(f"{name} must be bool, got {mask.dtype}: write {name} != 0")
    if mask.ndim != 2:
        raise ValueError(f"{name} must have shape (h, w), got {mask.shape}")
    return mask


def _rows() -> list[Case]:
    import cv2
    from scipy import ndimage

    opencv = Peer(
        lambda x: cv2.distanceTransform(x.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE),
        limit=1,
        tolerance=1e-4,
        unit="pixels",
    )
    scipy = Peer(ndimage.distance_transform_edt, limit=1 / 5, tolerance=1e-4, unit="pixels", note="in float64")
    return [
        Case(
            "distance_transform",
            "distances to the nearest pixel outside a mask",
            "grey",
            distance_transform,
            {"cv2.distanceTransform": opencv, "SciPy distance_transform_edt": scipy},
            prepare=lambda x: x > 100,
        )
    ]


declare(distance_transform, peers=_rows)
