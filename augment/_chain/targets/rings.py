"""Rings: the closed outlines that polygons are made of, and the kernels that cut them.

A ring has rows (X, Y, D, x, y), as the polygons of `box_path` have: (X / D, Y / D) is its point, (x, y) the place where
the point began.  In homogeneous coordinates a map is a product, and cutting along a line is linear, so that horizons
need no case of their own.

`trim_rings` cuts by a frame, one side after the other.  What it makes of a ring that is not convex is several rings,
not one with bridges along the frame: where the ring meets the line of a side, each second stretch of that line, from
meeting to meeting, lies inside of it, and closes what is left.  `clip.py` cuts rings by any other region.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

from .box_path import BOTTOM, HORIZON, LEFT, NEAR, NEXT, RIGHT, TOP, inward, multiply, within
from .path import bend

_PIECES = 16.0
"""A displaced edge has so many pieces for each cell of the grid that it crosses."""
_STRAIGHT = 1e-4
"""Pixels by which a point of such an edge may lie off the line of its neighbours and be left out."""
_SAME = 1e-6
"""Pixels between neighbours of a ring that are one point."""


# --- by the sides of a frame ------------------------------------------------------------------------------------------


@kernel(inner=True)
def _chains(p, first, last, side, w, h, q, chains):
    """The parts of a ring inside of a side, each with the points where it meets it; how many parts.

    A row of `chains` says where a part begins and ends in q.  No part at all: the ring lies on one side."""
    n = last - first
    start = -1
    for i in range(n):
        j = first + (i + n - 1) % n
        if inward(p, 0, j, side, w, h) < 0.0 <= inward(p, 0, first + i, side, w, h):
            start = i
            break
    if start < 0:
        return 0
    m, count = 0, 0
    for step in range(n):
        i, j = first + (start + step) % n, first + (start + step + n - 1) % n
        s, t = inward(p, 0, j, side, w, h), inward(p, 0, i, side, w, h)
        if (s < 0.0) != (t < 0.0):
            r = s / (s - t)
            if t >= 0.0:
                chains[count, 0] = m
            for c in range(5):
                q[m, c] = p[j, c] + r * (p[i, c] - p[j, c])
            m += 1
            if t < 0.0:
                chains[count, 1] = m
                count += 1
        if t >= 0.0:
            for c in range(5):
                q[m, c] = p[i, c]
            m += 1
    return count


@kernel(inner=True)
def _pair(q, chains, count):
    """Which part each part goes on with: the one that begins where the stretch of the line that it meets ends."""
    along = np.empty(2 * count)
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for k in range(count):
        for end in range(2):
            i = chains[k, end] - end
            for c in range(2):
                low[c], high[c] = min(low[c], q[i, c] / q[i, 2]), max(high[c], q[i, c] / q[i, 2])
    c = 1 if high[1] - low[1] > high[0] - low[0] else 0
    for k in range(count):
        for end in range(2):
            i = chains[k, end] - end
            along[2 * k + end] = q[i, c] / q[i, 2]
    order = np.argsort(along)
    following = np.empty(count, np.int64)
    for k in range(count):
        following[k] = k  # a ring that crosses itself: a part is closed by itself
    for k in range(0, 2 * count, 2):
        a, b = order[k], order[k + 1]
        if a % 2 == 1 and b % 2 == 0:
            following[a // 2] = b // 2
        elif a % 2 == 0 and b % 2 == 1:
            following[b // 2] = a // 2
        else:
            for other in range(count):
                following[other] = other
            break
    return following


@kernel(inner=True)
def _cut_rings(p, starts, side, w, h):
    """Rings without what lies beyond one side of a frame: new points and starts."""
    n, r = p.shape[0], starts.size - 1
    out, begun = np.empty((2 * n + 1, 5)), np.empty(r + n + 1, np.int64)
    q, chains = np.empty((2 * n + 1, 5)), np.empty((n + 1, 2), np.int64)
    m, rings = 0, 0
    begun[0] = 0
    for k in range(r):
        first, last = starts[k], starts[k + 1]
        count = _chains(p, first, last, side, w, h, q, chains)
        if count == 0:
            if last > first and inward(p, 0, first, side, w, h) >= 0.0:
                out[m : m + last - first] = p[first:last]
                m += last - first
                rings += 1
                begun[rings] = m
            continue
        following = _pair(q, chains, count)
        done = np.zeros(count, np.bool_)
        for a in range(count):
            if done[a]:
                continue
            b = a
            while not done[b]:
                done[b] = True
                size = chains[b, 1] - chains[b, 0]
                out[m : m + size] = q[chains[b, 0] : chains[b, 1]]
                m += size
                b = following[b]
            rings += 1
            begun[rings] = m
    return out[:m], begun[: rings + 1]


@kernel(inner=True)
def _trim(p, starts, w, h):
    """Rings without what lies outside a frame, or behind the horizon if w < 0: new points and starts."""
    if w < 0.0:
        deepest = 0.0
        for i in range(p.shape[0]):
            deepest = max(deepest, p[i, 2])
        return _cut_rings(p, starts, HORIZON, max(NEAR * deepest, 1e-300), h)
    p, starts = _cut_rings(p, starts, LEFT, w, h)
    p, starts = _cut_rings(p, starts, RIGHT, w, h)
    p, starts = _cut_rings(p, starts, TOP, w, h)
    return _cut_rings(p, starts, BOTTOM, w, h)


@kernel
def trim_rings(p, starts, owners, w, h):
    """Rings without what lies outside a frame, or behind the horizon if w < 0: new points, starts and owners."""
    out, begun, whose = np.empty((p.shape[0], 5)), [0], [-1]
    m = 0
    for k in range(starts.size - 1):
        first, last = starts[k], starts[k + 1]
        q, parts = p[first:last], np.array([0, last - first])
        if w < 0.0 or not within(p, first, last - first, w, h):
            q, parts = _trim(q, parts, w, h)
        while m + q.shape[0] > out.shape[0]:
            wider = np.empty((2 * out.shape[0] + q.shape[0], 5))
            wider[:m] = out[:m]
            out = wider
        for j in range(parts.size - 1):
            size = parts[j + 1] - parts[j]
            if size >= 3:
                out[m : m + size] = q[parts[j] : parts[j + 1]]
                m += size
                begun.append(m)
                whose.append(owners[k])
    return out[:m], np.array(begun), np.array(whose)[1:]


@kernel
def tidy_rings(p, starts, owners, frame, least):
    """Rings as points (x, y) of a frame (h, w), without points that repeat their neighbour, and without thin rings.

    A ring is thin if its bounds are, or its area for its length.  New points, starts and owners."""
    h, w = frame
    out, begun, whose = np.empty((p.shape[0], 2)), np.zeros(starts.size, np.int64), np.empty(owners.size, np.int64)
    rings, m = 0, 0
    for k in range(starts.size - 1):
        first = m
        for i in range(starts[k], starts[k + 1]):
            x, y = _on_edge(p[i, 0] / p[i, 2], w), _on_edge(p[i, 1] / p[i, 2], h)
            if m == first or max(abs(x - out[m - 1, 0]), abs(y - out[m - 1, 1])) > _SAME:
                out[m, 0], out[m, 1] = x, y
                m += 1
        while m > first + 1 and max(abs(out[m - 1, 0] - out[first, 0]), abs(out[m - 1, 1] - out[first, 1])) <= _SAME:
            m -= 1
        if m - first >= 3 and _is_thick(out[first:m], least):
            whose[rings] = owners[k]
            rings += 1
            begun[rings] = m
        else:
            m = first
    return out[:m], begun[: rings + 1], whose[:rings]


@kernel(inner=True)
def _on_edge(value, size):
    """A coordinate, and exactly 0 or the size where rounding left it beside them; it may lie outside, unlike a box."""
    if abs(value) < NEXT:
        return 0.0
    return size if abs(value - size) < NEXT else value


@kernel(inner=True)
def _is_thick(xy, least):
    """Whether bounds and twice the area against half the length are as thick as boxes must be."""
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    area, length = 0.0, 0.0
    j = xy.shape[0] - 1
    for i in range(xy.shape[0]):
        x, y = xy[i, 0], xy[i, 1]
        u, v = xy[j, 0], xy[j, 1]
        x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
        area += (u - xy[0, 0]) * (y - xy[0, 1]) - (x - xy[0, 0]) * (v - xy[0, 1])
        length += np.sqrt((x - u) ** 2 + (y - v) ** 2)
        j = i
    return x1 - x0 >= least and y1 - y0 >= least and abs(area) >= 0.5 * least * length


# --- measures and moves -----------------------------------------------------------------------------------------------


@kernel
def measure_rings(p, starts, out):
    """For each ring its signed area where it began, and its signed area as it is."""
    for k in range(starts.size - 1):
        first, last = starts[k], starts[k + 1]
        began, now = 0.0, 0.0
        j = last - 1
        for i in range(first, last):
            began += (p[j, 3] - p[first, 3]) * (p[i, 4] - p[first, 4])
            began -= (p[i, 3] - p[first, 3]) * (p[j, 4] - p[first, 4])
            x0, y0 = p[first, 0] / p[first, 2], p[first, 1] / p[first, 2]
            u, v = p[j, 0] / p[j, 2] - x0, p[j, 1] / p[j, 2] - y0
            now += u * (p[i, 1] / p[i, 2] - y0) - (p[i, 0] / p[i, 2] - x0) * v
            j = i
        out[k, 0], out[k, 1] = 0.5 * began, 0.5 * now


@kernel
def multiply_rings(p, steps, s):
    """Points times the matrix of a step, in place."""
    multiply(p, 0, p.shape[0], steps, s)


@kernel(inner=True)
def _pieces(p, i, j, sx, sy):
    """In how many pieces the edge from vertex j to vertex i is bent."""
    cells = abs(p[i, 0] / p[i, 2] - p[j, 0] / p[j, 2]) * sx + abs(p[i, 1] / p[i, 2] - p[j, 1] / p[j, 2]) * sy
    return int(_PIECES * min(cells, 1e4)) + 1


@kernel
def bend_rings(p, starts, step, grids):
    """Rings through a displacement, in short pieces, where their points begin anew: new points and starts."""
    head = int(step[12])
    sx, sy = (grids[head + 1] - 1.0) / grids[head + 2], (grids[head] - 1.0) / grids[head + 3]
    total = 0
    for k in range(starts.size - 1):
        j = starts[k + 1] - 1
        for i in range(starts[k], starts[k + 1]):
            total += _pieces(p, i, j, sx, sy)
            j = i
    out, begun = np.empty((total, 5)), np.zeros(starts.size, np.int64)
    m = 0
    for k in range(starts.size - 1):
        j = starts[k + 1] - 1
        for i in range(starts[k], starts[k + 1]):
            x0, y0, x1, y1 = p[j, 0] / p[j, 2], p[j, 1] / p[j, 2], p[i, 0] / p[i, 2], p[i, 1] / p[i, 2]
            parts = _pieces(p, i, j, sx, sy)
            edge = m
            for q in range(1, parts + 1):
                t = q / parts
                x, y = bend(grids, step, x0 + t * (x1 - x0), y0 + t * (y1 - y0))
                # Points that their neighbours say already are left out; the vertex itself stays.
                while m - edge > 1 and _near_line(out, m, x, y):
                    m -= 1
                out[m, 0], out[m, 1], out[m, 2], out[m, 3], out[m, 4] = x, y, 1.0, x, y
                m += 1
            j = i
        begun[k + 1] = m
    return out[:m], begun


@kernel(inner=True)
def _near_line(out, m, x, y):
    """Whether the last point of an edge lies on the line from the one before it to (x, y)."""
    a, b = m - 2, m - 1
    ux, uy = x - out[a, 0], y - out[a, 1]
    vx, vy = out[b, 0] - out[a, 0], out[b, 1] - out[a, 1]
    length = np.sqrt(ux * ux + uy * uy)
    forward = ux * vx + uy * vy > 0.0
    return forward and length > 0.0 and abs(ux * vy - uy * vx) <= _STRAIGHT * length
