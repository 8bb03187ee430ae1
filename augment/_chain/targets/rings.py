"""Rings: the closed outlines that polygons are made of, and the kernels that cut them.

A ring has rows (X, Y, D, x, y), as the polygons of `box_path` have: (X / D, Y / D) is its point, (x, y) the place where
the point began.  In homogeneous coordinates a map is a product, and cutting along a line is linear, so that horizons
need no case of their own.

`trim_rings` cuts by a frame, one side after the other.  What it makes of a ring that is not convex is several rings,
not one with bridges along the frame: where the ring meets the line of a side, each second stretch of that line, from
meeting to meeting, lies inside of it, and closes what is left.  `clip_ring` cuts by any other region (G. Greiner and
K. Hormann, "Efficient clipping of arbitrary polygons", ACM Transactions on Graphics 17, 1998); what they leave open,
vertices of one that lie on edges of the other, does not happen, as one is moved by 1e-7 pixels while it is compared.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

from .path import bend

_LEFT, _RIGHT, _TOP, _BOTTOM, _HORIZON = range(5)
_NEAR = 1e-6
"""Depth, against the deepest vertex, at which a ring that no frame cuts ends before the horizon."""
_PIECES = 16.0
"""A displaced edge has so many pieces for each cell of the grid that it crosses."""
_STRAIGHT = 1e-4
"""Pixels by which a point of such an edge may lie off the line of its neighbours and be left out."""
_SAME = 1e-6
"""Pixels between neighbours of a ring that are one point."""
_ASIDE = (1.31e-7, 0.83e-7)


# --- by the sides of a frame ------------------------------------------------------------------------------------------


@kernel(inner=True)
def _inward(p, i, side, w, h):
    """How far vertex i is on the inner side of a side of a frame (`w` of the horizon: the least depth)."""
    if side == _LEFT:
        return p[i, 0]
    if side == _RIGHT:
        return w * p[i, 2] - p[i, 0]
    if side == _TOP:
        return p[i, 1]
    if side == _BOTTOM:
        return h * p[i, 2] - p[i, 1]
    return p[i, 2] - w


@kernel(inner=True)
def _chains(p, first, last, side, w, h, q, chains):
    """The parts of a ring inside of a side, each with the points where it meets it; how many parts.

    A row of `chains` says where a part begins and ends in q.  No part at all: the ring lies on one side."""
    n = last - first
    start = -1
    for i in range(n):
        j = first + (i + n - 1) % n
        if _inward(p, j, side, w, h) < 0.0 <= _inward(p, first + i, side, w, h):
            start = i
            break
    if start < 0:
        return 0
    m, count = 0, 0
    for step in range(n):
        i, j = first + (start + step) % n, first + (start + step + n - 1) % n
        s, t = _inward(p, j, side, w, h), _inward(p, i, side, w, h)
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
def _pair(q, chains, count, side):
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
            if last > first and _inward(p, first, side, w, h) >= 0.0:
                out[m : m + last - first] = p[first:last]
                m += last - first
                rings += 1
                begun[rings] = m
            continue
        following = _pair(q, chains, count, side)
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
        return _cut_rings(p, starts, _HORIZON, max(_NEAR * deepest, 1e-300), h)
    p, starts = _cut_rings(p, starts, _LEFT, w, h)
    p, starts = _cut_rings(p, starts, _RIGHT, w, h)
    p, starts = _cut_rings(p, starts, _TOP, w, h)
    return _cut_rings(p, starts, _BOTTOM, w, h)


@kernel(inner=True)
def _is_within(p, first, last, w, h):
    """Whether no vertex lies outside of a frame; of the horizon (w < 0): too near to it."""
    for i in range(first, last):
        x, y, d = p[i, 0], p[i, 1], p[i, 2]
        if w < 0.0 or not (d > 0.0 and min(min(x, y), min(w * d - x, h * d - y)) >= 0.0):
            return False
    return True


@kernel
def trim_rings(p, starts, owners, w, h):
    """Rings without what lies outside a frame, or behind the horizon if w < 0: new points, starts and owners."""
    out, begun, whose = np.empty((p.shape[0], 5)), [0], [-1]
    m = 0
    for k in range(starts.size - 1):
        first, last = starts[k], starts[k + 1]
        q, parts = p[first:last], np.array([0, last - first])
        if not _is_within(p, first, last, w, h):
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
    """A coordinate, and exactly 0 or the size where rounding left it beside them."""
    if abs(value) < 1e-9:
        return 0.0
    return size if abs(value - size) < 1e-9 else value


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
def measure_rings(p, starts, w, h, whole, inside):
    """For each ring its signed area where it began, its signed area as it is, and whether a frame holds all of it."""
    for k in range(starts.size - 1):
        first, last = starts[k], starts[k + 1]
        began, now, seen = 0.0, 0.0, True
        j = last - 1
        for i in range(first, last):
            x, y, d = p[i, 0], p[i, 1], p[i, 2]
            seen = seen and d > 0.0 and min(min(x, y), min(w * d - x, h * d - y)) >= 0.0
            began += (p[j, 3] - p[first, 3]) * (p[i, 4] - p[first, 4])
            began -= (p[i, 3] - p[first, 3]) * (p[j, 4] - p[first, 4])
            x0, y0 = p[first, 0] / p[first, 2], p[first, 1] / p[first, 2]
            u, v = p[j, 0] / p[j, 2] - x0, p[j, 1] / p[j, 2] - y0
            now += u * (y / d - y0) - (x / d - x0) * v
            j = i
        whole[k, 0], whole[k, 1], inside[k] = 0.5 * began, 0.5 * now, seen


@kernel
def multiply_rings(p, step):
    """Points times the matrix of a step, in place."""
    a, b, c, d, e, f, g, h, q = step[1], step[2], step[3], step[4], step[5], step[6], step[7], step[8], step[9]
    for i in range(p.shape[0]):
        x, y, z = p[i, 0], p[i, 1], p[i, 2]
        p[i, 0] = a * x + b * y + c * z
        p[i, 1] = d * x + e * y + f * z
        p[i, 2] = g * x + h * y + q * z


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
                while m - edge > 1 and _near_line(out, edge, m, x, y):
                    m -= 1
                out[m, 0], out[m, 1], out[m, 2], out[m, 3], out[m, 4] = x, y, 1.0, x, y
                m += 1
            j = i
        begun[k + 1] = m
    return out[:m], begun


@kernel(inner=True)
def _near_line(out, edge, m, x, y):
    """Whether the last point of an edge lies on the line from the one before it to (x, y)."""
    a, b = m - 2, m - 1
    ux, uy = x - out[a, 0], y - out[a, 1]
    vx, vy = out[b, 0] - out[a, 0], out[b, 1] - out[a, 1]
    length = np.sqrt(ux * ux + uy * uy)
    forward = ux * vx + uy * vy > 0.0
    return forward and length > 0.0 and abs(ux * vy - uy * vx) <= _STRAIGHT * length


# --- by any region ----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _even_odd(p, starts, x, y):
    """Whether a point lies inside of rings, by the rule of even and odd."""
    inside = False
    for k in range(starts.size - 1):
        j = starts[k + 1] - 1
        for i in range(starts[k], starts[k + 1]):
            across = (p[i, 1] > y) != (p[j, 1] > y)
            if across and x < p[i, 0] + (y - p[i, 1]) / (p[j, 1] - p[i, 1]) * (p[j, 0] - p[i, 0]):
                inside = not inside
            j = i
    return inside


@kernel(inner=True)
def _next(starts, k, i):
    """The vertex after vertex i of ring k."""
    return i + 1 if i + 1 < starts[k + 1] else starts[k]


@kernel(inner=True)
def _meetings(a, b, starts, found, count_only):
    """Where edges of the ring a meet edges of the rings b: rows (edge and part of a, edge and part of b, ring of b)."""
    n, count = a.shape[0], 0
    for i in range(n):
        x0, y0, x1, y1 = a[i, 0], a[i, 1], a[(i + 1) % n, 0], a[(i + 1) % n, 1]
        for k in range(starts.size - 1):
            for j in range(starts[k], starts[k + 1]):
                e = _next(starts, k, j)
                u0, v0, u1, v1 = b[j, 0], b[j, 1], b[e, 0], b[e, 1]
                if max(u0, u1) < min(x0, x1) or min(u0, u1) > max(x0, x1):
                    continue
                s0 = (x1 - x0) * (v0 - y0) - (y1 - y0) * (u0 - x0)
                s1 = (x1 - x0) * (v1 - y0) - (y1 - y0) * (u1 - x0)
                t0 = (u1 - u0) * (y0 - v0) - (v1 - v0) * (x0 - u0)
                t1 = (u1 - u0) * (y1 - v0) - (v1 - v0) * (x1 - u0)
                if (s0 > 0.0) == (s1 > 0.0) or (t0 > 0.0) == (t1 > 0.0):
                    continue
                if not count_only:
                    found[count, 0], found[count, 1] = i, t0 / (t0 - t1)
                    found[count, 2], found[count, 3], found[count, 4] = j, s0 / (s0 - s1), k
                count += 1
    return count


@kernel(inner=True)
def _walk(p, first, last, edge, to_edge, forward, whole, out, m):
    """Appends the vertices of a ring between two meetings; returns how many points there are then."""
    n = last - first
    if forward:
        steps = (to_edge - edge) % n
        if steps == 0 and whole:
            steps = n
        for s in range(steps):
            i = first + (edge - first + 1 + s) % n
            out[m, 0], out[m, 1] = p[i, 0], p[i, 1]
            m += 1
    else:
        steps = (edge - to_edge) % n
        if steps == 0 and whole:
            steps = n
        for s in range(steps):
            i = first + (edge - first - s) % n
            out[m, 0], out[m, 1] = p[i, 0], p[i, 1]
            m += 1
    return m


@kernel(inner=True)
def _orders(found, count, a, b, starts, wanted):
    """The meetings in their order along a and along b; for each its place in both, and whether what comes after it, in
    the direction of the ring, is inside of the other (of a: is `wanted`)."""
    key = np.empty(count)
    for k in range(count):
        key[k] = found[k, 0] + found[k, 1]
    along_a = np.argsort(key)
    for k in range(count):
        key[k] = found[k, 2] + found[k, 3]
    along_b = np.argsort(key)
    place = np.empty((count, 2), np.int64)
    after = np.empty((count, 2), np.bool_)
    inside = _even_odd(b, starts, a[0, 0], a[0, 1]) == wanted
    for k in range(count):
        inside = not inside
        place[along_a[k], 0], after[along_a[k], 0] = k, inside
    ring = np.array([0, a.shape[0]])
    current = -1.0
    for k in range(count):
        c = along_b[k]
        if found[c, 4] != current:
            current = found[c, 4]
            j = starts[int(current)]
            inside = _even_odd(a, ring, b[j, 0], b[j, 1])
        inside = not inside
        place[c, 1], after[c, 1] = k, inside
    return along_a, along_b, place, after


@kernel(inner=True)
def _beside(along_b, place, found, k, forward):
    """The meeting beside meeting k on its ring of b."""
    at, count = place[k, 1], along_b.size
    step = 1 if forward else -1
    near = at + step
    if 0 <= near < count and found[along_b[near], 4] == found[k, 4]:
        return along_b[near], False
    while 0 <= at - step < count and found[along_b[at - step], 4] == found[k, 4]:
        at -= step
    return along_b[at], True


@kernel
def clip_ring(ring, moved, b, starts, wanted):
    """The part of a ring inside (`wanted`) or outside of the region that rings b bound: new points and starts.

    `moved` is the ring a little aside, by which it is compared; the last rings are those of b that meet the ring
    nowhere and lie inside of it: their number is returned, too."""
    count = _meetings(moved, b, starts, np.empty((0, 5)), True)
    found = np.empty((count, 5))
    _meetings(moved, b, starts, found, False)
    n = ring.shape[0]
    room = 2 * (count + 1) * 2 + n + 2 * b.shape[0] + 2
    out, begun = np.empty((room, 2)), np.zeros(count + starts.size + 2, np.int64)
    m, rings = 0, 0
    met = np.zeros(starts.size, np.bool_)
    for k in range(count):
        met[int(found[k, 4])] = True
    if count == 0 and _even_odd(b, starts, moved[0, 0], moved[0, 1]) == wanted:
        out[:n] = ring
        m, rings = n, 1
        begun[1] = m
    if count > 0:
        along_a, along_b, place, after = _orders(found, count, moved, b, starts, wanted)
        used = np.zeros(count, np.bool_)
        for k in range(count):
            start = along_a[k]
            if used[k] or not after[start, 0]:
                continue
            c = start
            for _ in range(count):
                m = _put(out, m, b, starts, found, c)
                at = place[c, 0]
                forward = after[c, 0]
                to = (at + 1) % count if forward else (at + count - 1) % count
                used[at if forward else to] = True
                wraps = to <= at if forward else to >= at
                d = along_a[to]
                m = _walk(ring, 0, n, int(found[c, 0]), int(found[d, 0]), forward, wraps, out, m)
                m = _put(out, m, b, starts, found, d)
                forward = after[d, 1]
                c, wraps = _beside(along_b, place, found, d, forward)
                r = int(found[d, 4])
                m = _walk(b, starts[r], starts[r + 1], int(found[d, 2]), int(found[c, 2]), forward, wraps, out, m)
                if c == start or m + n + b.shape[0] + 4 > room:
                    break
            rings += 1
            begun[rings] = m
    alone = 0
    own = np.array([0, n])
    for k in range(starts.size - 1):
        j, e = starts[k], starts[k + 1]
        if not met[k] and e > j and _even_odd(moved, own, b[j, 0], b[j, 1]) and m + e - j <= room:
            out[m : m + e - j] = b[j:e]
            m += e - j
            rings += 1
            begun[rings] = m
            alone += 1
    return out[:m], begun[: rings + 1], alone


@kernel(inner=True)
def _put(out, m, b, starts, found, c):
    """Appends a meeting, as a point of the ring of b."""
    j, t = int(found[c, 2]), found[c, 3]
    e = _next(starts, int(found[c, 4]), j)
    out[m, 0], out[m, 1] = b[j, 0] + t * (b[e, 0] - b[j, 0]), b[j, 1] + t * (b[e, 1] - b[j, 1])
    return m + 1


def aside(ring: np.ndarray) -> np.ndarray:
    """A ring, (n, 2), a little aside; see the module."""
    return ring + np.array(_ASIDE)


@kernel(inner=True)
def _at(flags, y, x):
    return 0 <= y < flags.shape[0] and 0 <= x < flags.shape[1] and flags[y, x]


@kernel
def _outline(flags, out, begun):
    """The rings around pixels, with these on their right hand; returns how many rings there are."""
    h, w = flags.shape
    seen = np.zeros((h, w), np.bool_)
    m, rings = 0, 0
    begun[0] = 0
    for top in range(h):
        for left in range(w):
            if seen[top, left] or not flags[top, left] or _at(flags, top - 1, left):
                continue
            y, x, dy, dx = top, left, 0, 1
            while True:
                if dx == 1:
                    if seen[y, x]:
                        break
                    seen[y, x] = True
                y, x = y + dy, x + dx
                # The pixels ahead, on the right hand (dx, -dy) and on the left.
                right = _at(flags, y + (dy + dx - 1) // 2, x + (dx - dy - 1) // 2)
                left_too = _at(flags, y + (dy - dx - 1) // 2, x + (dx + dy - 1) // 2)
                turn = 1 if not right else (-1 if left_too else 0)
                if turn:
                    out[m, 0], out[m, 1] = x, y
                    m += 1
                    dy, dx = (dx, -dy) if turn == 1 else (-dx, dy)
            rings += 1
            begun[rings] = m
    return rings


def outline(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rings around the pixels of a region, and where each begins.

    Parameters
    ----------
    flags : bool ndarray of shape (h, w)
        A region that ends at the edge of the image goes on beyond it, so that the edge bounds nothing.

    Returns
    -------
    float64 ndarray of shape (n, 2), int64 ndarray of shape (r + 1,)
        Corners (x, y).  Rings around pixels have a positive area, rings around holes a negative one.
    """
    wide = np.pad(flags, 1, mode="edge")
    corners = 2 * (int(np.count_nonzero(wide[1:] != wide[:-1])) + int(np.count_nonzero(wide[:, 1:] != wide[:, :-1])))
    corners += 4 * sum(wide.shape)
    out, begun = np.empty((corners, 2)), np.zeros(corners // 4 + 2, np.int64)
    rings = _outline(wide, out, begun)
    return out[: begun[rings]] - 1.0, begun[: rings + 1]
