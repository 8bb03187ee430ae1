"""Points and boxes through geometric stages: exact for projective maps, to 1e-3 pixels where a grid displaces.

A box is a polygon of homogeneous vertices (X, Y, D) that stand for the points (X / D, Y / D).  Maps multiply them, and
the frames that it meets on its way cut it (Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974).  In
homogeneous coordinates cutting is linear, and the sides of a frame imply D >= 0, so that the horizon of a perspective
map needs no case of its own.  Each vertex also knows the place where it began: the area between these places, against
that of the whole box, is the part of the box that is still seen.

Kernels work in an array p of two halves with room for one polygon each, rows (X, Y, D, x, y); (k, n) says that it is in
the n rows from k on.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

PATH = 13
"""Numbers of a step of a path: 0 what it does, 1-9 matrix, 10 w and 11 h of the frame that it leads into (-1: none, a
step to the next one), 12 start of its grid: rows, columns, w and h of the frame that it spans, then its nodes."""
MULTIPLY, ALONG, AGAINST = 0.0, 1.0, 2.0
"""What a step does: multiply by its matrix, or go along or against the displacement of its grid."""

PASCAL_VOC, COCO, YOLO, ALBUMENTATIONS = range(4)
"""Box formats; `read_boxes` and `write_boxes` say what they are."""

PIECES, MOST_PIECES = 32.0, 256.0
"""A displaced outline has two pieces for each cell of the grid that it crosses, within these bounds."""
_LEFT, _RIGHT, _TOP, _BOTTOM, _HORIZON = range(5)
_NEAR = 1e-6
"""Depth, against the deepest vertex, at which a polygon that no frame cuts ends before the horizon."""
_SEEN = 1e-9
"""Part of a box below which nothing of it is seen: what is left is rounding."""
_DUST = 1e-6
"""Pixels by which a point may lie outside a frame, and part of the image by which a box's corners may be the wrong way
round: rounding, not an error."""
_NEXT = 1e-9
"""Pixels beside a frame's edge that are on it."""
_FAR = 10.0
"""Fractions of the image beyond this are pixels by mistake."""


# --- displacements ----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _displacement(grids, head, x, y):
    """Displacement (dx, dy) at a point, bilinear between nodes and constant outside, and its four derivatives."""
    rows, columns = int(grids[head]) - 1, int(grids[head + 1]) - 1
    sx, sy = columns / float(grids[head + 2]), rows / float(grids[head + 3])
    u, v = min(max(x * sx, 0.0), float(columns)), min(max(y * sy, 0.0), float(rows))
    j, k = min(int(u), columns - 1), min(int(v), rows - 1)
    tx, ty = u - j, v - k
    # Outside nothing changes along the axis that was left.
    sx = sx if u == x * sx else 0.0
    sy = sy if v == y * sy else 0.0
    a = head + 4 + 2 * (k * (columns + 1) + j)
    b = a + 2 * (columns + 1)
    x00, x01, x10, x11 = float(grids[a]), float(grids[a + 2]), float(grids[b]), float(grids[b + 2])
    y00, y01, y10, y11 = float(grids[a + 1]), float(grids[a + 3]), float(grids[b + 1]), float(grids[b + 3])
    top, bottom = x00 + tx * (x01 - x00), x10 + tx * (x11 - x10)
    dx, dxx, dxy = top + ty * (bottom - top), sx * (x01 - x00 + ty * (x11 - x10 - x01 + x00)), sy * (bottom - top)
    top, bottom = y00 + tx * (y01 - y00), y10 + tx * (y11 - y10)
    dy, dyx, dyy = top + ty * (bottom - top), sx * (y01 - y00 + ty * (y11 - y10 - y01 + y00)), sy * (bottom - top)
    return dx, dy, dxx, dxy, dyx, dyy


@kernel(inner=True)
def _nearest_node(grids, head, sx, sy):
    """The node of a grid whose displacement leads nearest to a point."""
    rows, columns = int(grids[head]), int(grids[head + 1])
    w, h = float(grids[head + 2]), float(grids[head + 3])
    least, nx, ny = np.inf, sx, sy
    for k in range(rows):
        for j in range(columns):
            x, y = j * w / (columns - 1), k * h / (rows - 1)
            node = head + 4 + 2 * (k * columns + j)
            dx, dy = x + grids[node] - sx, y + grids[node + 1] - sy
            distance = dx * dx + dy * dy
            if distance < least:
                least, nx, ny = distance, x, y
    return nx, ny


@kernel(inner=True)
def _bend(grids, step, sx, sy):
    """Along the displacement from s; or against it, to a p with ``p + displacement(p) = s`` (there may be several).

    Newton's steps, halved while they do not help; where folds stop them, once more from the node nearest to s."""
    head = int(step[12])
    x, y = sx, sy
    px, py, best = sx, sy, np.inf
    for _ in range(2):
        ax, ay, least = x, y, np.inf
        ux, uy = 0.0, 0.0
        for _ in range(40):
            dx, dy, dxx, dxy, dyx, dyy = _displacement(grids, head, x, y)
            if step[0] == ALONG:
                return x + dx, y + dy
            rx, ry = sx - x - dx, sy - y - dy
            error = rx * rx + ry * ry
            if error < least:
                ax, ay, least = x, y, error
                if least < 1e-10:
                    break
                a, d = 1.0 + dxx, 1.0 + dyy
                det = a * d - dxy * dyx
                ux, uy = rx, ry
                if det > 0.05:
                    ux, uy = (d * rx - dxy * ry) / det, (a * ry - dyx * rx) / det
            else:
                ux, uy = 0.5 * ux, 0.5 * uy
            x, y = ax + ux, ay + uy
        if least < best:
            px, py, best = ax, ay, least
        if best < 1e-8:
            break
        x, y = _nearest_node(grids, head, sx, sy)
    return px, py


@kernel
def invert_steps(steps):
    """Replaces each matrix by its inverse.  Its sign is kept: what is in front of the horizon stays in front."""
    for k in range(steps.shape[0]):
        m = steps[k]
        if m[0] != MULTIPLY:
            continue
        a, b, c, d, e, f, g, h, i = m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9]
        p, q, r = e * i - f * h, f * g - d * i, d * h - e * g
        s = 1.0 / (a * p + b * q + c * r)
        m[1], m[2], m[3] = p * s, (c * h - b * i) * s, (b * f - c * e) * s
        m[4], m[5], m[6] = q * s, (a * i - c * g) * s, (c * d - a * f) * s
        m[7], m[8], m[9] = r * s, (b * g - a * h) * s, (a * e - b * d) * s


# --- points -----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _inside(x, y, w, h):
    return x >= -_DUST and y >= -_DUST and x <= w + _DUST and y <= h + _DUST


@kernel
def first_not_finite(points):
    """The first row that holds a number that is not finite; -1 where there is none."""
    for i in range(points.shape[0]):
        for j in range(points.shape[1]):
            if not np.isfinite(points[i, j]):
                return i
    return -1


@kernel
def carry_points(points, steps, grids, w, h, remove, out, kept):
    """Points along a path that starts in a frame of (h, w); returns how many, with their rows in `kept`.

    With `remove`, without those that lay outside of a frame.  What is behind a horizon becomes NaN.
    """
    count = 0
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        fw, fh = w, h
        seen = _inside(x, y, w, h)
        for k in range(steps.shape[0]):
            m = steps[k]
            if m[0] == MULTIPLY:
                d = m[7] * x + m[8] * y + m[9]
                d = d if d > 0.0 else np.nan
                x, y = (m[1] * x + m[2] * y + m[3]) / d, (m[4] * x + m[5] * y + m[6]) / d
            elif x == x:
                x, y = _bend(grids, m, x, y)
            if m[10] >= 0.0:
                fw, fh = m[10], m[11]
                seen = seen and _inside(x, y, fw, fh)
        if remove:
            if not seen:
                continue
            x, y = min(max(x, 0.0), fw), min(max(y, 0.0), fh)
        out[count, 0], out[count, 1], kept[count] = x, y, i
        count += 1
    return count


# --- boxes ------------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _within(p, k, n, w, h):
    """Whether no vertex of a polygon lies outside a frame."""
    for i in range(n):
        x, y, d = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        if min(min(x, y), min(w * d - x, h * d - y)) < 0.0:
            return False
    return True


@kernel(inner=True)
def _height(p, k, i, side, w, h):
    """How far vertex i is on the inner side of a side of a frame (`w` of the horizon: the least depth)."""
    if side == _LEFT:
        return p[k + i, 0]
    if side == _RIGHT:
        return w * p[k + i, 2] - p[k + i, 0]
    if side == _TOP:
        return p[k + i, 1]
    if side == _BOTTOM:
        return h * p[k + i, 2] - p[k + i, 1]
    return p[k + i, 2] - w


@kernel(inner=True)
def _cut(p, k, n, side, w, h):
    """A polygon without what lies beyond one side of a frame, in the other half; returns its (k, n)."""
    room = p.shape[0] // 2
    to = room - k
    m, j = 0, n - 1
    s = _height(p, k, j, side, w, h)
    for i in range(n):
        t = _height(p, k, i, side, w, h)
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
def _trim(p, k, n, w, h):
    """A polygon without what lies outside a frame, or behind the horizon if w < 0; returns its (k, n)."""
    first, last = 0, 4
    if w < 0.0:
        nearest, deepest = np.inf, 0.0
        for i in range(n):
            nearest, deepest = min(nearest, p[k + i, 2]), max(deepest, p[k + i, 2])
        w = _NEAR * deepest
        if not deepest > 0.0:
            return k, 0
        if nearest >= w:
            return k, n
        first, last = _HORIZON, _HORIZON + 1
    elif _within(p, k, n, w, h):
        return k, n
    for side in range(first, last):
        if n > 0:
            k, n = _cut(p, k, n, side, w, h)
    return k, n


@kernel(inner=True)
def _multiply(p, k, n, steps, s):
    a, b, c, d, e, f = steps[s, 1], steps[s, 2], steps[s, 3], steps[s, 4], steps[s, 5], steps[s, 6]
    g, h, q = steps[s, 7], steps[s, 8], steps[s, 9]
    for i in range(n):
        x, y, z = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        p[k + i, 0] = a * x + b * y + c * z
        p[k + i, 1] = d * x + e * y + f * z
        p[k + i, 2] = g * x + h * y + q * z


@kernel(inner=True)
def _area(p, k, n):
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
    rate = min(max(2.0 * cells, PIECES), MOST_PIECES) / max(cells, _DUST)
    m = 0
    for i in range(k, k + n):
        x1, y1 = p[i, 0], p[i, 1]
        parts = int(p[i, 2] * rate) + 1
        for q in range(1, min(parts, room - m) + 1):
            t = q / parts
            x, y = _bend(grids, step, x0 + t * (x1 - x0), y0 + t * (y1 - y0))
            p[to + m, 0], p[to + m, 1], p[to + m, 2], p[to + m, 3], p[to + m, 4] = x, y, 1.0, x, y
            m += 1
        x0, y0 = x1, y1
    return to, m


@kernel(inner=True)
def _carry(box, steps, grids, w, h, cut, p):
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
    k, n, seen, whole = 0, 4, 1.0, (x1 - x0) * (y1 - y0)
    for s in range(steps.shape[0]):
        if steps[s, 0] == MULTIPLY:
            _multiply(p, k, n, steps, s)
        else:
            # Areas are compared only on one side of a displacement.
            seen *= _area(p, k, n) / whole
            k, n = _outline(p, k, n, steps[s], grids)
            whole = _area(p, k, n)
        k, n = _trim(p, k, n, steps[s, 10] if cut else -1.0, steps[s, 11])
        if n < 3 or not whole > 0.0:
            return 0.0, 0.0, 0.0, 0.0, 0.0
    seen *= _area(p, k, n) / whole
    x0, y0, x1, y1 = _bounds(p, k, n)
    return seen, x0, y0, x1, y1


@kernel(inner=True)
def _bounds(p, k, n):
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(n):
        x, y = p[k + i, 0] / p[k + i, 2], p[k + i, 1] / p[k + i, 2]
        x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@kernel(inner=True)
def _to_frame(value, size):
    """Into [0, size], and exactly to its ends what rounding left beside them."""
    value = 0.0 if value < _NEXT else value
    return size if value > size - _NEXT else value


@kernel
def carry_boxes(boxes, steps, grids, w, h, min_area, min_visibility, clip, p, out, parts, kept):
    """Boxes along a path that starts in a frame of (h, w): those of which enough is seen; returns how many.

    `parts` gets the part of each that is seen, `kept` its row."""
    count = 0
    last = steps.shape[0] - 1
    fw, fh = (steps[last, 10], steps[last, 11]) if last >= 0 else (w, h)
    for i in range(boxes.shape[0]):
        x0, y0, x1, y1, seen, enough = 0.0, 0.0, 0.0, 0.0, 0.0, False
        # What is seen of it first, then all of it.
        for turn in range(1 if clip else 2):
            part, x0, y0, x1, y1 = _carry(boxes[i], steps, grids, w, h, turn == 0, p)
            if turn == 0:
                seen, area = min(part, 1.0), (x1 - x0) * (y1 - y0)
                enough = seen > _SEEN and seen >= min_visibility - _SEEN and area >= min_area * (1.0 - _SEEN)
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


# --- formats ----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _corners(given, i, code, w, h):
    a, b, c, d = given[i, 0], given[i, 1], given[i, 2], given[i, 3]
    if code in (YOLO, ALBUMENTATIONS):
        a, b, c, d = a * w, b * h, c * w, d * h
    if code == YOLO:
        a, b = a - 0.5 * c, b - 0.5 * d
    if code in (YOLO, COCO):
        c, d = a + c, b + d
    return a, b, c, d


@kernel
def read_boxes(given, code, w, h, out):
    """Boxes of a format as corners in pixels; returns -1, or 4 * row + what is wrong with it.

    Wrong is: 0 not finite, 1 corners the wrong way round or sides below 0, 2 fractions that must be pixels.
    """
    fractions = code in (YOLO, ALBUMENTATIONS)
    dust_x, dust_y = _DUST * max(w, 1.0), _DUST * max(h, 1.0)
    for i in range(given.shape[0]):
        largest = 0.0
        for j in range(4):
            if not np.isfinite(given[i, j]):
                return 4 * i
            largest = max(largest, abs(given[i, j]))
        if fractions and largest > _FAR:
            return 4 * i + 2
        a, b, c, d = _corners(given, i, code, w, h)
        if c < a - dust_x or d < b - dust_y:
            return 4 * i + 1
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, max(a, c), max(b, d)
    return -1


@kernel
def write_boxes(boxes, code, w, h, given, rows, out):
    """Corners in pixels as boxes of a format.

    Where row ``rows[i]`` of `given` means just the corners of box i, it is taken as it is; `rows` may be empty.
    """
    x, y = 1.0, 1.0
    if code in (YOLO, ALBUMENTATIONS):
        x, y = w, h
    for i in range(boxes.shape[0]):
        a, b, c, d = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        if i < rows.size:
            k = rows[i]
            e, f, g, q = _corners(given, k, code, w, h)
            if a == e and b == f and c == max(e, g) and d == max(f, q):
                for j in range(4):
                    out[i, j] = given[k, j]
                continue
        if code in (YOLO, COCO):
            c, d = c - a, d - b
        if code == YOLO:
            a, b = a + 0.5 * c, b + 0.5 * d
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a / x, b / y, c / x, d / y
