"""Boxes along the path that a chain's geometry makes: the kernels that carry out the rule of `boxes`.

A box is a polygon of homogeneous vertices (X, Y, D) that stand for the points (X / D, Y / D).  Maps multiply them, and
the frames that it meets on its way cut it (Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974).  In
homogeneous coordinates cutting is linear, and the sides of a frame imply D >= 0, so that the horizon of a perspective
map needs no case of its own.  Each vertex also knows the place where it began: the area between these places, against
that of the whole box, is the part of the box that is still seen.

Kernels work in an array p of two halves with room for one polygon each, rows (X, Y, D, x, y); (k, n) says that it is in
the n rows from k on.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.units import Direct, Family, Unit, invoke
from imgproc._scanline import Stage

from ..._dust import thinnest_kernel
from .path import DUST, MOST_PIECES, MULTIPLY, NO_GRIDS, NO_STEPS, TILES, Path, bend, path_back

_PIECES = 32.0
"""A displaced outline has two pieces for each cell of the grid that it crosses, within this bound and MOST_PIECES."""
LEFT, RIGHT, TOP, BOTTOM, HORIZON = range(5)
NEAR = 1e-6
"""Depth, against the deepest vertex, at which a polygon that no frame cuts ends before the horizon."""
SEEN = 1e-9
"""Part of a box below which nothing of it is seen, however large it comes out: what is left is rounding."""
NEXT = 1e-9
"""Pixels beside a frame's edge that are on it."""


@kernel(inner=True)
def within(p, k, n, w, h):
    """Whether no vertex of a polygon lies outside a frame."""
    for i in range(n):
        x, y, d = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        if min(min(x, y), min(w * d - x, h * d - y)) < 0.0:
            return False
    return True


@kernel(inner=True)
def inward(p, k, i, side, w, h):
    """How far vertex i is on the inner side of a side of a frame (`w` of the horizon: the least depth)."""
    if side == LEFT:
        return p[k + i, 0]
    if side == RIGHT:
        return w * p[k + i, 2] - p[k + i, 0]
    if side == TOP:
        return p[k + i, 1]
    if side == BOTTOM:
        return h * p[k + i, 2] - p[k + i, 1]
    return p[k + i, 2] - w


@kernel(inner=True)
def _cut(p, k, n, side, w, h):
    """A polygon without what lies beyond one side of a frame, in the other half; returns its (k, n)."""
    room = p.shape[0] // 2
    to = room - k
    m, j = 0, n - 1
    s = inward(p, k, j, side, w, h)
    for i in range(n):
        t = inward(p, k, i, side, w, h)
        if m + 2 > room:
            break
        if (s < 0.0) != (t < 0.0):
            r = s / (s - t)
            for c in range(5):
                p[to + m, c] = p[k + j, c] + r * (p[k + i, c] - p[k + j, c])
            m += 1
        if t >= 0.0:
            for c in range(5):
                p[to + m, c] = p[k + i, c]
            m += 1
        j, s = i, t
    return to, m


@kernel(inner=True)
def trim(p, k, n, w, h):
    """A polygon without what lies outside a frame, or behind the horizon if w < 0; returns its (k, n)."""
    first, last = 0, 4
    if w < 0.0:
        nearest, deepest = np.inf, 0.0
        for i in range(n):
            nearest, deepest = min(nearest, p[k + i, 2]), max(deepest, p[k + i, 2])
        w = NEAR * deepest
        if not deepest > 0.0:
            return k, 0
        if nearest >= w:
            return k, n
        first, last = HORIZON, HORIZON + 1
    elif within(p, k, n, w, h):
        return k, n
    for side in range(first, last):
        if n > 0:
            k, n = _cut(p, k, n, side, w, h)
    return k, n


@kernel(inner=True)
def multiply(p, k, n, steps, s):
    """The vertices of a polygon times the matrix of a step, in place."""
    a, b, c, d, e, f = steps[s, 1], steps[s, 2], steps[s, 3], steps[s, 4], steps[s, 5], steps[s, 6]
    g, h, q = steps[s, 7], steps[s, 8], steps[s, 9]
    for i in range(n):
        x, y, z = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        p[k + i, 0] = a * x + b * y + c * z
        p[k + i, 1] = d * x + e * y + f * z
        p[k + i, 2] = g * x + h * y + q * z


@kernel(inner=True)
def area_of(p, k, n):
    """Area between the places where the vertices began."""
    total = 0.0
    x0, y0 = p[k, 3], p[k, 4]
    for i in range(1, n - 1):
        total += (p[k + i, 3] - x0) * (p[k + i + 1, 4] - y0) - (p[k + i + 1, 3] - x0) * (p[k + i, 4] - y0)
    return 0.5 * abs(total)


@kernel(inner=True)
def _outline(p, k, n, step, grids):
    """A polygon in short pieces through a displacement, in the other half, where its vertices begin anew."""
    room, head = p.shape[0] // 2, int(step[12])
    to = room - k
    sx, sy = (grids[head + 1] - 1.0) / grids[head + 2], (grids[head] - 1.0) / grids[head + 3]
    last = k + n - 1
    x0, y0, cells = p[last, 0] / p[last, 2], p[last, 1] / p[last, 2], 0.0
    for i in range(k, k + n):
        x1, y1 = p[i, 0] / p[i, 2], p[i, 1] / p[i, 2]
        p[i, 2] = abs(x1 - x0) * sx + abs(y1 - y0) * sy
        p[i, 0], p[i, 1] = x1, y1
        cells += p[i, 2]
        x0, y0 = x1, y1
    rate = min(max(2.0 * cells, _PIECES), MOST_PIECES) / max(cells, DUST)
    m = 0
    for i in range(k, k + n):
        x1, y1 = p[i, 0], p[i, 1]
        parts = int(p[i, 2] * rate) + 1
        for q in range(1, min(parts, room - m) + 1):
            t = q / parts
            x, y = bend(grids, step, x0 + t * (x1 - x0), y0 + t * (y1 - y0))
            p[to + m, 0], p[to + m, 1], p[to + m, 2], p[to + m, 3], p[to + m, 4] = x, y, 1.0, x, y
            m += 1
        x0, y0 = x1, y1
    return m


@kernel(inner=True)
def _carry(box, steps, grids, bender, w, h, cut, p):
    """One box along a path; returns the part of it that is seen, and the bounds of what becomes of it.

    With `cut`, the frames cut it; without, only horizons do.
    """
    x0, y0, x1, y1 = box[0], box[1], box[2], box[3]
    if cut:
        x0, y0, x1, y1 = max(x0, 0.0), max(y0, 0.0), min(x1, w), min(y1, h)
    if not (x1 > x0 and y1 > y0):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    if steps.shape[0] == 0:
        return 1.0, x0, y0, x1, y1
    for i in range(4):
        x, y = (x1 if 0 < i < 3 else x0), (y0 if i < 2 else y1)
        p[i, 0], p[i, 1], p[i, 2], p[i, 3], p[i, 4] = x, y, 1.0, x, y
    seen, k, n = follow(p, 0, 4, (x1 - x0) * (y1 - y0), steps, grids, bender, cut)
    if n < 3:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    x0, y0, x1, y1 = _bounds(p, k, n)
    return seen, x0, y0, x1, y1


@kernel(inner=True)
def follow(p, k, n, whole, steps, grids, bender, cut):
    """A polygon of an area along a path; returns the part of it that is seen, and where (k, n) what is left lies.

    `bender` is what `bender_of` gives for the path."""
    seen = 1.0
    for s in range(steps.shape[0]):
        if steps[s, 0] == MULTIPLY:
            multiply(p, k, n, steps, s)
        else:
            # Areas are compared only on one side of a displacement.
            seen *= area_of(p, k, n) / whole
            n = invoke(bender, np.int64(0), (p, np.int64(k), np.int64(n), steps, s, grids))
            k = k if steps[s, 0] == TILES else p.shape[0] // 2 - k
            whole = area_of(p, k, n)
        k, n = trim(p, k, n, steps[s, 10] if cut else -1.0, steps[s, 11])
        if n < 3 or not whole > 0.0:
            return 0.0, k, 0
    return seen * (area_of(p, k, n) / whole), k, n


@kernel(inner=True)
def _bounds(p, k, n):
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(n):
        x, y = p[k + i, 0] / p[k + i, 2], p[k + i, 1] / p[k + i, 2]
        x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@kernel(inner=True)
def around_tiles(x0, y0, x1, y1, head, grids):
    """The bounds of the pieces into which tiles cut a rectangle, after they have changed places; inf of nothing.

    The last two numbers are by how much all pieces have moved; NaN where they part."""
    rows, columns = int(grids[head]), int(grids[head + 1])
    w, h = float(grids[head + 2]), float(grids[head + 3])
    left, top, right, bottom = np.inf, np.inf, -np.inf, -np.inf
    mx, my, first = 0.0, 0.0, True
    for i in range(-1, rows + 1):
        v0, v1 = max(y0, i * h if i >= 0 else -np.inf), min(y1, (i + 1) * h if i < rows else np.inf)
        for j in range(-1, columns + 1):
            u0, u1 = max(x0, j * w if j >= 0 else -np.inf), min(x1, (j + 1) * w if j < columns else np.inf)
            if not (u1 - u0 > DUST and v1 - v0 > DUST):
                continue
            dx, dy = 0.0, 0.0
            if 0 <= i < rows and 0 <= j < columns:
                to = int(grids[head + 4 + i * columns + j])
                dx, dy = (to % columns - j) * w, (to // columns - i) * h
            left, right = min(left, u0 + dx), max(right, u1 + dx)
            top, bottom = min(top, v0 + dy), max(bottom, v1 + dy)
            mx, my = (dx, dy) if first or (dx == mx and dy == my) else (np.nan, np.nan)
            first = False
    return left, top, right, bottom, mx, my


@kernel(inner=True)
def _with_tiles(p, k, n, head, grids):
    """A polygon after tiles have changed places; where they part it, the rectangle around its pieces.

    Its vertices begin anew; returns their number."""
    x0, y0, x1, y1 = _bounds(p, k, n)
    left, top, right, bottom, mx, my = around_tiles(x0, y0, x1, y1, head, grids)
    if not right > left:
        return 0
    for i in range(n if mx == mx else 4):
        x, y = (right if 0 < i < 3 else left), (top if i < 2 else bottom)
        if mx == mx:
            x, y = p[k + i, 0] / p[k + i, 2] + mx, p[k + i, 1] / p[k + i, 2] + my
        p[k + i, 0], p[k + i, 1], p[k + i, 2], p[k + i, 3], p[k + i, 4] = x, y, 1.0, x, y
    return n if mx == mx else 4


def _bend(p, k, n, steps, s, grids):
    """A polygon through tiles, or through a displacement, which brings it into the other half; returns its vertices."""
    if steps[s, 0] == TILES:
        return _with_tiles(p, k, n, int(steps[s, 12]), grids)
    return _outline(p, k, n, steps[s], grids)


_BENDER = Unit(
    Family(
        "int64", (("float64", 2), ("int64", 0), ("int64", 0), ("float64", 2), ("int64", 0), ("float32", 1))
    ), _bend
)  # fmt: skip


def bender_of(way: Path) -> int:
    """The address of what takes polygons through the tiles and displacements of a path; -1 if it has none.

    So a chain of matrices does not compile it."""
    return -1 if way.grids is NO_GRIDS else _BENDER.address()


@kernel(inner=True)
def _to_frame(value, size):
    """Into [0, size], and exactly to its ends what rounding left beside them."""
    value = 0.0 if value < NEXT else value
    return size if value > size - NEXT else value


@kernel
def carry_boxes(boxes, steps, grids, bender, frame, rule, p, out, parts, kept):
    """Boxes along a path that starts in a frame (h, w): those of which enough is seen; returns how many.

    `rule` is (min_area, min_visibility, clip).  `parts` gets the part of each that is seen, `kept` its row; `p` is room
    for two polygons.  `bender` is of `bender_of`."""
    h, w = frame
    min_area, min_visibility, clip = rule
    count = 0
    last = steps.shape[0] - 1
    fw, fh = (steps[last, 10], steps[last, 11]) if last >= 0 else (w, h)
    least = thinnest_kernel(fh, fw)
    for i in range(boxes.shape[0]):
        x0, y0, x1, y1, seen, enough = 0.0, 0.0, 0.0, 0.0, 0.0, False
        # What is seen of it first, then all of it.
        for turn in range(1 if clip else 2):
            part, x0, y0, x1, y1 = _carry(boxes[i], steps, grids, bender, w, h, turn == 0, p)
            if turn == 0:
                seen, area = min(part, 1.0), (x1 - x0) * (y1 - y0)
                enough = seen > SEEN and seen >= min_visibility - SEEN and area >= min_area * (1.0 - SEEN)
                enough = enough and x1 - x0 >= least and y1 - y0 >= least
                if not enough:
                    break
        if not enough:
            continue
        if clip:
            x0, x1, y0, y1 = _to_frame(x0, fw), _to_frame(x1, fw), _to_frame(y0, fh), _to_frame(y1, fh)
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = x0, y0, x1, y1
        parts[count], kept[count] = seen, i
        count += 1
    return count


_ROWS, _ROW = np.empty((0, 4)), np.empty(0)
_CARRY = Direct(
    carry_boxes,
    lambda: (
        *(_ROWS, NO_STEPS, NO_GRIDS, 0, (0.0, 0.0), (0.0, 0.0, True)),
        *(np.empty((8, 5)), _ROWS, _ROW, np.empty(0, np.intp)),
    ),
)


def move_boxes(
    boxes: np.ndarray, way: Path, *, min_area: float = 0.0, min_visibility: float = 0.0, clip: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes along a path, without those of which too little is seen.

    Parameters
    ----------
    boxes : float64 ndarray of shape (n, 4)
        As `open_boxes` gives them.
    way : Path
    min_area : float
        Pixels² that the box around what is seen must have in the output.
    min_visibility : float
        Part of the box, in [0, 1], that must be seen in the output.
    clip : bool
        Give the box around what is seen.  Otherwise the box around all of it, wherever that comes to lie; which boxes
        are kept is the same.

    Returns
    -------
    float64 ndarray of shape (m, 4), float64 ndarray of shape (m,), intp ndarray of shape (m,)
        The boxes, the part of each that is seen, and which rows they were.
    """
    n = len(boxes)
    out, parts, kept = np.empty((n, 4)), np.empty(n), np.empty(n, np.intp)
    room = np.empty((2 * way.vertices, 5))
    frame, rule = (float(way.start[0]), float(way.start[1])), (float(min_area), float(min_visibility), bool(clip))
    boxes = np.ascontiguousarray(boxes, np.float64)
    count = _CARRY.call(boxes, way.steps, way.grids, bender_of(way), frame, rule, room, out, parts, kept)
    return (out, parts, kept) if count == n else (out[:count], parts[:count], kept[:count])


def boxes_back(boxes: np.ndarray, stages: Iterable[Stage], height: int, width: int, *, clip: bool = True) -> np.ndarray:
    """Where boxes of the output come from in an input of (height, width).

    Parameters
    ----------
    boxes : float64 ndarray of shape (n, 4)
        As `open_boxes` gives them.
    stages : iterable of Stage
    height, width : int
    clip : bool
        Give the box around the part that comes from the input, zeros where none does.  Otherwise around all of it.

    Returns
    -------
    float64 ndarray of shape (n, 4)
    """
    found, _, kept = move_boxes(boxes, path_back(stages, height, width), clip=clip)
    if len(kept) == len(boxes):
        return found
    out = np.zeros((len(boxes), 4))
    out[kept] = found
    return out
