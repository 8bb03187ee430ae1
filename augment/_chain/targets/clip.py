"""Rings cut by any region: G. Greiner and K. Hormann, "Efficient clipping of arbitrary polygons", ACM Transactions on
Graphics 17, 1998.

What they leave open, vertices of one that lie on edges of the other, does not happen, as the ring is moved by 1e-7
pixels while it is compared.  Regions of pixels come as the rings around them, of `outline`.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

_ASIDE = (1.31e-7, 0.83e-7)


@kernel
def even_odd(p, starts, x, y):
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
    inside = even_odd(b, starts, a[0, 0], a[0, 1]) == wanted
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
            inside = even_odd(a, ring, b[j, 0], b[j, 1])
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


@kernel(inner=True)
def _trace(ring, moved, b, starts, wanted, found, out, begun):
    """The parts of a ring that meets the rings b; returns how many points and rings there are."""
    count, n = found.shape[0], ring.shape[0]
    along_a, along_b, place, after = _orders(found, count, moved, b, starts, wanted)
    used = np.zeros(count, np.bool_)
    m, rings = 0, 0
    for k in range(count):
        start = along_a[k]
        if used[k] or not after[start, 0]:
            continue
        c = start
        for _ in range(count):
            m = _put(out, m, b, starts, found, c)
            at, forward = place[c, 0], after[c, 0]
            to = (at + 1) % count if forward else (at + count - 1) % count
            used[at if forward else to] = True
            wraps = to <= at if forward else to >= at
            d = along_a[to]
            m = _walk(ring, 0, n, int(found[c, 0]), int(found[d, 0]), forward, wraps, out, m)
            m = _put(out, m, b, starts, found, d)
            c, wraps = _beside(along_b, place, found, d, after[d, 1])
            r, e, to_e = int(found[d, 4]), int(found[d, 2]), int(found[c, 2])
            m = _walk(b, starts[r], starts[r + 1], e, to_e, after[d, 1], wraps, out, m)
            if c == start or m + n + b.shape[0] + 4 > out.shape[0]:
                break
        rings += 1
        begun[rings] = m
    return m, rings


@kernel
def clip_ring(ring, moved, b, starts, wanted):
    """The part of a ring inside (`wanted`) or outside of the region that rings b bound: new points and starts.

    `moved` is the ring a little aside, by which it is compared; the last rings are those of b that meet the ring
    nowhere and lie inside of it: their number is returned, too."""
    count = _meetings(moved, b, starts, np.empty((0, 5)), True)
    found = np.empty((count, 5))
    _meetings(moved, b, starts, found, False)
    n = ring.shape[0]
    # All vertices once, two points a meeting, and one more walk round each, which is where `_trace` gives up.
    out = np.empty((4 * (count + 1) + 2 * n + 2 * b.shape[0] + 2, 2))
    begun = np.zeros(count + starts.size + 2, np.int64)
    m, rings = 0, 0
    met = np.zeros(starts.size, np.bool_)
    for k in range(count):
        met[int(found[k, 4])] = True
    if count == 0 and even_odd(b, starts, moved[0, 0], moved[0, 1]) == wanted:
        out[:n] = ring
        m, rings = n, 1
        begun[1] = m
    if count > 0:
        m, rings = _trace(ring, moved, b, starts, wanted, found, out, begun)
    alone = 0
    own = np.array([0, n])
    for k in range(starts.size - 1):
        j, e = starts[k], starts[k + 1]
        if not met[k] and e > j and even_odd(moved, own, b[j, 0], b[j, 1]) and m + e - j <= out.shape[0]:
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
