"""Outlines of labelled regions: perimeters, holes, convex areas."""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel

_EMPTY = -(1 << 40)
"""Instead of the furthest pixel of a row that has none of the region."""

_KINDS = np.zeros(50, np.int8)
_KINDS[[5, 7, 15, 17, 25, 27]], _KINDS[[21, 33]], _KINDS[[13, 23]] = 1, 2, 3
_KINDS.flags.writeable = False
"""How a pixel of an outline counts for the perimeter: 0 not at all, 1 as 1, 2 as the root of 2, 3 as the mean of both.
Its place is 1, and 2 more for each neighbour at a side on the outline, and 10 for each at a corner (Benkrid)."""


@kernel
def _trace(labels, low, numbers, kind_of, kinds, quads):
    """Count the kinds of the pixels of outlines, and quads for Euler numbers, of all regions in one pass.

    Rows of numbers, and of the numbers of pixels on outlines, have a frame of -1; three of each are kept.
    """
    h, w = labels.shape
    rows, edges = np.full((3, w + 2), -1, np.int32), np.full((3, w + 2), -1, np.int32)
    for y in range(h + 2):  # y is the row that is read, y - 1 that whose outline is found, y - 2 that which is counted
        row = rows[y % 3]
        for x in range(w):
            row[x + 1] = numbers[np.int64(labels[y, x]) - low] if y < h else -1
        above, middle, edge = rows[(y - 2) % 3], rows[(y - 1) % 3], edges[(y - 1) % 3]
        if y <= h:
            _count_quads(middle, row, quads)
        for x in range(1, w + 1):
            here = middle[x]
            same = (above[x] == here) & (row[x] == here) & (middle[x - 1] == here) & (middle[x + 1] == here)
            edge[x] = np.int32(-1) if same else here
        if y >= 2:
            _count_kinds(edges[y % 3], edges[(y - 2) % 3], edge, kind_of, kinds)


@kernel(inner=True)
def _count_kinds(above, row, below, kind_of, kinds):
    """Of the pixels of one row of outlines."""
    for x in range(1, row.size - 1):
        n = row[x]
        if n >= 0:
            sides = np.int64(above[x] == n) + np.int64(below[x] == n) + np.int64(row[x - 1] == n)
            sides += np.int64(row[x + 1] == n)
            corners = np.int64(above[x - 1] == n) + np.int64(above[x + 1] == n)
            corners += np.int64(below[x - 1] == n) + np.int64(below[x + 1] == n)
            kind = kind_of[1 + 2 * sides + 10 * corners]
            if kind > 0:
                kinds[n, kind - 1] += 1


@kernel(inner=True)
def _count_quads(upper, lower, quads):
    """Quads of pixels between two rows: 1 for one pixel of a region, -1 for three, -2 for two at a diagonal."""
    for x in range(upper.size - 1):
        a, b, c, d = upper[x], upper[x + 1], lower[x], lower[x + 1]
        if a == b and c == d and a == c:
            continue
        if a >= 0:
            quads[a] += _quad(a == b, a == c, a == d)
        if b >= 0 and b != a:
            quads[b] += _quad(False, b == d, b == c)
        if c >= 0 and c != a and c != b:
            quads[c] += _quad(c == d, False, False)
        if d >= 0 and d != a and d != b and d != c:
            quads[d] += 1


@kernel(inner=True)
def _quad(beside, below, across):
    """What the pixel of a quad counts with those others that are of its region."""
    count = np.int64(beside) + np.int64(below) + np.int64(across)
    if count == 1:
        return -2 if across else 0
    return 1 if count == 0 else (-1 if count == 2 else 0)


def outlines(labels: np.ndarray, low: int, numbers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Of `count` regions how many pixels of their outlines are of each kind, (n, 3), and Euler numbers, int64."""
    kinds, quads = np.zeros((count, 3), np.int64), np.zeros(count, np.int64)
    if count:
        _trace(labels, low, numbers, _KINDS, kinds, quads)
    return kinds, quads // 4


@kernel
def _reach(labels, low, numbers, starts, tops, far):
    """The furthest pixels of each row of each region to the left, negative, and to the right, from `starts` on."""
    for y in range(labels.shape[0]):
        row, start = labels[y], 0
        for x in range(1, row.size + 1):
            if x < row.size and row[x] == row[start]:
                continue
            number = numbers[np.int64(row[start]) - low]
            if number >= 0:
                at = starts[number] + y - tops[number]
                far[0, at], far[1, at] = max(far[0, at], -start), max(far[1, at], x - 1)
            start = x


@kernel
def _fill_hulls(starts, far, points, chain, areas):
    """Count the pixels in the convex hull of each region: for each side the rows' furthest, and 1 for each row."""
    for n in range(areas.size):
        a, b = starts[n], starts[n + 1]
        areas[n] = b - a + _hull_side(far[0, a:b], points, chain) + _hull_side(far[1, a:b], points, chain)


@kernel(inner=True)
def _hull_side(far, points, chain):
    """The sum over rows of the furthest pixel on one side of the hull.

    The hull is that of the middles of the pixels' sides.  All is counted in half pixels, from the top of the first row,
    so that `points` has a place for each row's middle and for each side between two rows.
    """
    size = 2 * far.size + 1
    points[:size] = _EMPTY
    for k in range(far.size):
        if far[k] != _EMPTY:
            reach = 2 * far[k]
            points[2 * k] = max(points[2 * k], reach)
            points[2 * k + 1], points[2 * k + 2] = reach + 1, reach
    top = 0
    for y in range(size):
        if points[y] == _EMPTY:
            continue
        while top > 1:  # a corner goes if it is not beyond the line from the one before it to this point
            a, b = chain[top - 2], chain[top - 1]
            if (points[b] - points[a]) * (y - a) > (points[y] - points[a]) * (b - a):
                break
            top -= 1
        chain[top] = y
        top += 1
    total, corner = 0, 0
    for k in range(far.size):
        y = 2 * k + 1
        while chain[corner + 1] < y:
            corner += 1
        a, b = chain[corner], chain[corner + 1]
        total += (points[a] * (b - a) + (points[b] - points[a]) * (y - a)) // (2 * (b - a))
    return total


def convex_areas(labels: np.ndarray, low: int, numbers: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Pixels in the convex hulls of regions, float64; `places` are those of `_regions._measure`."""
    heights = places[:, 6] - places[:, 4]
    starts = np.concatenate(([0], np.cumsum(heights)))
    areas = np.zeros(len(places), np.int64)
    if areas.size:
        far = np.full((2, int(starts[-1])), _EMPTY, np.int64)
        _reach(labels, low, numbers, starts, np.ascontiguousarray(places[:, 4]), far)
        size = 2 * int(heights.max()) + 1
        _fill_hulls(starts, far, np.empty(size, np.int64), np.empty(size, np.int64), areas)
    return areas.astype(np.float64)
