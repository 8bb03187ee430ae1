"""Shapes of four corners: the smallest rectangle around one, and what is seen of it among pixels of several owners.

A box of four corners is a row (x0, y0, ..., x3, y3), in order round it.  The first side is its width, the last its
height.  Directions are unit vectors (c, s); the rectangle of a direction has its width along (c, s) and its height
along (-s, c), or against that where the box is a mirror image.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

from ..._dust import thinnest_kernel
from .box_pixels import to_whole
from .path import DUST

_SAME = 1e-9
"""Part by which one area must be smaller than another to be the smaller one: the rest is rounding."""
_ROOM = 20
"""Vertices of a box that frames and pixels cut, at most."""


# --- rectangles -------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def bounds_along(p, k, n, c, s):
    """Bounds of the homogeneous vertices k to k + n - 1 of `box_path`, along a direction and across."""
    u0, v0, u1, v1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(k, k + n):
        x, y = p[i, 0] / p[i, 2], p[i, 1] / p[i, 2]
        u, v = c * x + s * y, c * y - s * x
        u0, v0, u1, v1 = min(u0, u), min(v0, v), max(u1, u), max(v1, v)
    return u0, v0, u1, v1


@kernel(inner=True)
def rectangle(u0, v0, u1, v1, c, s, mirrored, out):
    """The corners of the rectangle of these bounds."""
    if mirrored:
        v0, v1 = v1, v0
    out[0], out[1] = c * u0 - s * v0, s * u0 + c * v0
    out[2], out[3] = c * u1 - s * v0, s * u1 + c * v0
    out[4], out[5] = c * u1 - s * v1, s * u1 + c * v1
    out[6], out[7] = c * u0 - s * v1, s * u0 + c * v1


@kernel(inner=True)
def _area_along(q, c, s):
    u0, v0, u1, v1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(4):
        u, v = c * q[2 * i] + s * q[2 * i + 1], c * q[2 * i + 1] - s * q[2 * i]
        u0, v0, u1, v1 = min(u0, u), min(v0, v), max(u1, u), max(v1, v)
    return (u1 - u0) * (v1 - v0)


@kernel(inner=True)
def smallest_direction(q):
    """The direction of the smallest rectangle around four corners, and whether they are a mirror image.

    One side of it lies along a side of their hull, which is a line through two of them."""
    least, c, s = np.inf, 1.0, 0.0
    for i in range(6):
        j, k = (i, (i + 1) % 4) if i < 4 else (i - 4, i - 2)
        dx, dy = q[2 * k] - q[2 * j], q[2 * k + 1] - q[2 * j + 1]
        length = np.sqrt(dx * dx + dy * dy)
        if length > 0.0:
            area = _area_along(q, dx / length, dy / length)
            if area < least * (1.0 - _SAME):
                least, c, s = area, dx / length, dy / length
    wx, wy = q[2] - q[0] + q[4] - q[6], q[3] - q[1] + q[5] - q[7]
    if abs(c * wy - s * wx) > abs(c * wx + s * wy):
        c, s = -s, c
    if c * wx + s * wy < 0.0:
        c, s = -c, -s
    hx, hy = q[6] - q[0] + q[4] - q[2], q[7] - q[1] + q[5] - q[3]
    return c, s, c * hy - s * hx < 0.0


@kernel(inner=True)
def direction_of_polygon(p, k, n):
    """The same of the smallest rectangle along a side of a polygon of `box_path`, where corners have no place."""
    least, c, s = np.inf, 1.0, 0.0
    for i in range(n):
        a, b = k + i, k + (i + 1) % n
        dx, dy = p[b, 0] / p[b, 2] - p[a, 0] / p[a, 2], p[b, 1] / p[b, 2] - p[a, 1] / p[a, 2]
        length = np.sqrt(dx * dx + dy * dy)
        if length > 0.0:
            u0, v0, u1, v1 = bounds_along(p, k, n, dx / length, dy / length)
            if (u1 - u0) * (v1 - v0) < least * (1.0 - _SAME):
                least, c, s = (u1 - u0) * (v1 - v0), dx / length, dy / length
    return c, s, False


def crosses(quads: np.ndarray) -> np.ndarray:
    """Which boxes, float64 (n, 8), have sides that cross each other; bool (n,)."""
    corners = quads.reshape(-1, 4, 2)

    def side(a: int, b: int, c: int) -> np.ndarray:
        """On which side of the line from a to b the corner c lies."""
        first, second = corners[:, b] - corners[:, a], corners[:, c] - corners[:, a]
        return np.sign(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])

    def cross(a: int, b: int, c: int, d: int) -> np.ndarray:
        return (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)

    found: np.ndarray = cross(0, 1, 2, 3) | cross(1, 2, 3, 0)
    return found


# --- polygons of plain vertices ---------------------------------------------------------------------------------------


@kernel(inner=True)
def clip_half(room, k, n, a, b, c):
    """The polygon room[k, :n] without what lies where ``a x + b y + c < 0``; returns (k, n) of what is left.

    That is in the other one of the first two polygons of `room`, unless nothing was cut off."""
    to, m, j, cut = 1 - k, 0, n - 1, False
    for i in range(n):
        cut = cut or a * room[k, i, 0] + b * room[k, i, 1] + c < 0.0
    if not cut:
        return k, n
    s = a * room[k, j, 0] + b * room[k, j, 1] + c
    for i in range(n):
        t = a * room[k, i, 0] + b * room[k, i, 1] + c
        if m + 2 > room.shape[1]:
            break
        if (s < 0.0) != (t < 0.0):
            r = s / (s - t)
            room[to, m, 0] = room[k, j, 0] + r * (room[k, i, 0] - room[k, j, 0])
            room[to, m, 1] = room[k, j, 1] + r * (room[k, i, 1] - room[k, j, 1])
            m += 1
        if t >= 0.0:
            room[to, m, 0], room[to, m, 1] = room[k, i, 0], room[k, i, 1]
            m += 1
        j, s = i, t
    return to, m


@kernel(inner=True)
def area_within(room, k, n):
    """Area of the polygon room[k, :n]."""
    total = 0.0
    for i in range(1, n - 1):
        ax, ay = room[k, i, 0] - room[k, 0, 0], room[k, i, 1] - room[k, 0, 1]
        bx, by = room[k, i + 1, 0] - room[k, 0, 0], room[k, i + 1, 1] - room[k, 0, 1]
        total += ax * by - bx * ay
    return 0.5 * abs(total)


@kernel(inner=True)
def _extent(room, k, n, axis):
    low, high = np.inf, -np.inf
    for i in range(n):
        low, high = min(low, room[k, i, axis]), max(high, room[k, i, axis])
    return low, high


@kernel(inner=True)
def _between(room, k, n, axis, low, high):
    """What of a polygon lies between two upright (axis 0) or level lines."""
    a, b = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
    k, n = clip_half(room, k, n, a, b, -low)
    return clip_half(room, k, n, -a, -b, high) if n > 0 else (k, n)


@kernel
def parts_within(quads, h, w, room, out):
    """The part of each box, by area, that lies in a frame of (h, w); 0 of those without area."""
    for i in range(quads.shape[0]):
        for j in range(4):
            room[0, j, 0], room[0, j, 1] = quads[i, 2 * j], quads[i, 2 * j + 1]
        total = area_within(room, 0, 4)
        k, n = _between(room, 0, 4, 0, 0.0, w)
        k, n = _between(room, k, n, 1, 0.0, h)
        out[i] = min(area_within(room, k, n) / total, 1.0) if total > 0.0 else 0.0


def part_of_frame(quads: np.ndarray, height: int, width: int) -> np.ndarray:
    """The part of each oriented box, float64 (n, 8), by area, that lies in a frame of this size; float64 (n,)."""
    out = np.empty(len(quads))
    parts_within(np.ascontiguousarray(quads), float(height), float(width), np.empty((2, _ROOM, 2)), out)
    return out


# --- what is visible of boxes in a mixed image ------------------------------------------------------------------------


@kernel(inner=True)
def _gather(room, k, n, c, s, found):
    """Adds a polygon to the area found[0], and to the bounds found[1:] along a direction and across."""
    found[0] += area_within(room, k, n)
    for i in range(n):
        u = c * room[k, i, 0] + s * room[k, i, 1]
        v = c * room[k, i, 1] - s * room[k, i, 0]
        found[1], found[2] = min(found[1], u), min(found[2], v)
        found[3], found[4] = max(found[3], u), max(found[4], v)


@kernel(inner=True)
def _gather_row(room, n, row, who, c, s, found):
    """The same of what one row of pixels shows of the polygon room[3, :n], all of which lies in the row."""
    low, high = _extent(room, 3, n, 0)
    x, end = int(np.floor(to_whole(low))), min(int(np.ceil(to_whole(high))), row.size)
    while x < end:
        if row[x] != who:
            x += 1
            continue
        first = x
        while x < end and row[x] == who:
            x += 1
        for i in range(n):
            room[0, i, 0], room[0, i, 1] = room[3, i, 0], room[3, i, 1]
        k, m = _between(room, 0, n, 0, float(first), float(x))
        left, right = _extent(room, k, m, 0)
        if m >= 3 and right - left > DUST:
            _gather(room, k, m, c, s, found)


@kernel(inner=True)
def _gather_all(room, n, owner, who, c, s, found):
    """The same of what all rows show of the polygon room[2, :n], all of which lies in the image."""
    low, high = _extent(room, 2, n, 1)
    for y in range(int(np.floor(to_whole(low))), min(int(np.ceil(to_whole(high))), owner.shape[0])):
        for i in range(n):
            room[0, i, 0], room[0, i, 1] = room[2, i, 0], room[2, i, 1]
        k, m = _between(room, 0, n, 1, float(y), y + 1.0)
        top, bottom = _extent(room, k, m, 1)
        if m >= 3 and bottom - top > DUST:
            for i in range(m):
                room[3, i, 0], room[3, i, 1] = room[k, i, 0], room[k, i, 1]
            _gather_row(room, m, owner[y], who, c, s, found)


@kernel
def visible_quads(quads, owner, who, least, room, out, kept):
    """Oriented boxes cut to the smallest rectangle of their direction around their pixels of one owner; how many.

    Pixels count by the part of them that the box covers, as in `box_pixels.visible_boxes`."""
    h, w = owner.shape
    thin, count, found = thinnest_kernel(float(h), float(w)), 0, np.empty(5)
    for i in range(quads.shape[0]):
        for j in range(4):
            room[0, j, 0], room[0, j, 1] = quads[i, 2 * j], quads[i, 2 * j + 1]
        total = area_within(room, 0, 4)
        k, n = _between(room, 0, 4, 0, 0.0, float(w))
        k, n = _between(room, k, n, 1, 0.0, float(h))
        whole = area_within(room, k, n)
        if n < 3 or not whole > 0.0:
            continue
        for j in range(n):
            room[2, j, 0], room[2, j, 1] = room[k, j, 0], room[k, j, 1]
        c, s, mirrored = smallest_direction(quads[i])
        found[0], found[1], found[2], found[3], found[4] = 0.0, np.inf, np.inf, -np.inf, -np.inf
        _gather_all(room, n, owner, who, c, s, found)
        if not (found[0] > 0.0 and found[0] >= least * whole * (1.0 - _SAME)):
            continue
        if found[3] - found[1] < thin or found[4] - found[2] < thin:
            continue
        if found[0] >= total * (1.0 - _SAME):
            out[count] = quads[i]
        else:
            rectangle(found[1], found[2], found[3], found[4], c, s, mirrored, out[count])
        kept[count] = i
        count += 1
    return count


def seen_quads(quads: np.ndarray, owner: np.ndarray, who: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of which at least a part is seen, cut to it, and which rows they were.

    `owner` is uint8 (h, w): which sample each pixel comes from.
    """
    out, kept = np.empty((len(quads), 8)), np.empty(len(quads), np.intp)
    room = np.empty((4, _ROOM, 2))
    count = visible_quads(np.ascontiguousarray(quads), owner, np.uint8(who), float(least), room, out, kept)
    return out[:count], kept[:count]
