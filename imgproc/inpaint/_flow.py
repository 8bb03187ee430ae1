"""Maximum flow on the grid of pixels: two search trees that meet, after Boykov and Kolmogorov."""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel

# A pixel's neighbours: right, left, down, up; the way back from neighbour d is d ^ 1.  What a pixel's parent can be
# beside one of them:
TERMINAL = 4
ORPHAN = 5
FREE = -1
SOURCE_TREE = 0
SINK_TREE = 1
FAR = 1 << 30


def grid_flow(source: np.ndarray, sink: np.ndarray, right: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, int]:
    """Which pixels the minimum cut leaves on the source's side, and the flow.

    Parameters
    ----------
    source, sink : ndarray of int64, shape (h, w)
        Capacities between the pixels and the two terminals, at least 0 and below 2**61.
    right, down : ndarray of int64, shapes (h, w - 1) and (h - 1, w)
        Capacities between neighbours, in both directions each, from 0 to 2**30 - 1.

    Returns
    -------
    ndarray of bool, shape (h, w)
        The smallest set of pixels that a minimum cut leaves with the source: those that it still reaches.
    int
        The flow, which is the capacity of the cut.
    """
    h, w = source.shape
    residual = np.zeros((h + 2, w + 2, 4), np.int32)  # in a frame without capacities, so no index leaves the grid
    residual[1:-1, 1:w, 0] = residual[1:-1, 2 : w + 1, 1] = right
    residual[1:h, 1:-1, 2] = residual[2 : h + 1, 1:-1, 3] = down
    through = np.minimum(source, sink)
    excess = np.zeros((h + 2, w + 2), np.int64)
    excess[1:-1, 1:-1] = source - sink
    size = excess.size
    parent = np.full(size, FREE, np.int8)
    tree = np.zeros(size, np.int8)
    flow = _maximum_flow(residual.reshape(size, 4), excess.reshape(size), w + 2, parent, tree)
    reached = (parent != FREE) & (tree == SOURCE_TREE)
    return reached.reshape(h + 2, w + 2)[1:-1, 1:-1].copy(), int(flow) + int(through.sum())


@kernel
def _maximum_flow(residual, excess, stride, parent, tree):
    """Grow both trees from their terminals until they meet, send flow along the path, find new parents for whoever
    lost theirs; until nothing grows.  `stamp` and `far` are the paper's marks: when a pixel's distance to its terminal
    was last seen, and that distance."""
    size = excess.size
    step = np.array([1, -1, stride, -stride], np.int64)
    stamp, far = np.zeros(size, np.int32), np.zeros(size, np.int32)
    following = np.full(size, -1, np.int32)  # the queue of active pixels as a chain; -1: not in it, itself: the last
    orphans = np.empty(size, np.int32)  # a ring
    ends = np.full(2, -1, np.int64)
    for p in range(size):
        if excess[p] != 0:
            tree[p] = SOURCE_TREE if excess[p] > 0 else SINK_TREE
            parent[p] = TERMINAL
            far[p] = 1
            _activate(following, ends, p)
    time, flow, current = 0, 0, -1
    while True:
        if current >= 0 and parent[current] == FREE:
            current = -1
        while current < 0 and ends[0] >= 0:
            p = ends[0]
            ends[0] = -1 if following[p] == p else following[p]
            following[p] = -1
            if ends[0] < 0:
                ends[1] = -1
            if parent[p] != FREE:
                current = p
        if current < 0:
            break
        p = current
        before, after, way = _grow(residual, parent, tree, stamp, far, step, following, ends, p)
        time += 1
        if before < 0:
            current = -1
            continue
        sent, count = _augment(residual, excess, parent, step, orphans, before, after, way)
        flow += sent
        _adopt(residual, parent, tree, stamp, far, step, following, ends, orphans, count, time)
    return flow


@kernel(inner=True)
def _activate(following, ends, p):
    if following[p] < 0:
        following[p] = p
        if ends[1] >= 0:
            following[ends[1]] = p
        else:
            ends[0] = p
        ends[1] = p


@kernel(inner=True)
def _grow(residual, parent, tree, stamp, far, step, following, ends, p):
    """Add to p's tree what p reaches; an arc to the other tree as (from, to, direction), or -1 for both."""
    mine = tree[p]
    for d in range(4):
        q = p + step[d]
        open_ = residual[p, d] if mine == SOURCE_TREE else residual[q, d ^ 1]
        if open_ > 0:
            if parent[q] == FREE:
                tree[q], parent[q] = mine, d ^ 1
                stamp[q], far[q] = stamp[p], far[p] + 1
                _activate(following, ends, q)
            elif tree[q] != mine:
                if mine == SOURCE_TREE:
                    return p, q, d
                return q, p, d ^ 1
            elif stamp[q] <= stamp[p] and far[q] > far[p] + 1:
                parent[q] = d ^ 1
                stamp[q], far[q] = stamp[p], far[p] + 1
    return -1, -1, 0


@kernel(inner=True)
def _augment(residual, excess, parent, step, orphans, before, after, way):
    """Send what the path through this arc lets pass; the pixels behind arcs that it fills become orphans."""
    least = np.int64(residual[before, way])
    p = before
    while parent[p] != TERMINAL:
        d = parent[p]
        p += step[d]
        least = min(least, np.int64(residual[p, d ^ 1]))
    least = min(least, excess[p])
    p = after
    while parent[p] != TERMINAL:
        d = parent[p]
        least = min(least, np.int64(residual[p, d]))
        p += step[d]
    least = min(least, -excess[p])

    sent, count = np.int32(least), 0
    residual[before, way] -= sent
    residual[after, way ^ 1] += sent
    p = before
    while parent[p] != TERMINAL:
        d, q = parent[p], p + step[parent[p]]
        residual[p, d] += sent
        residual[q, d ^ 1] -= sent
        if residual[q, d ^ 1] == 0:
            parent[p] = ORPHAN
            orphans[count] = p
            count += 1
        p = q
    excess[p] -= least
    if excess[p] == 0:
        parent[p] = ORPHAN
        orphans[count] = p
        count += 1
    # Those next to the terminals come first, on both sides: they are the ones that the others may hang on.
    _reverse(orphans, 0, count)
    first = count
    p = after
    while parent[p] != TERMINAL:
        d, q = parent[p], p + step[parent[p]]
        residual[q, d ^ 1] += sent
        residual[p, d] -= sent
        if residual[p, d] == 0:
            parent[p] = ORPHAN
            orphans[count] = p
            count += 1
        p = q
    excess[p] += least
    if excess[p] == 0:
        parent[p] = ORPHAN
        orphans[count] = p
        count += 1
    _reverse(orphans, first, count)
    return least, count


@kernel(inner=True)
def _reverse(values, a, b):
    for i in range((b - a) // 2):
        values[a + i], values[b - 1 - i] = values[b - 1 - i], values[a + i]


@kernel(inner=True)
def _adopt(residual, parent, tree, stamp, far, step, following, ends, orphans, count, time):
    """New parents for the orphans, the ones nearest to the terminal; who finds none leaves the tree."""
    first, size = 0, orphans.size
    while count > 0:
        p = np.int64(orphans[first])
        first = first + 1 if first + 1 < size else 0
        count -= 1
        mine, best, nearest = tree[p], -1, FAR
        for d in range(4):
            q = p + step[d]
            open_ = residual[q, d ^ 1] if mine == SOURCE_TREE else residual[p, d]
            if open_ > 0 and parent[q] != FREE and tree[q] == mine:
                away = _distance(parent, stamp, far, step, q, time)
                if away < nearest:
                    best, nearest = d, away
                if away < FAR:
                    while stamp[q] != time:
                        stamp[q], far[q] = time, away
                        away -= 1
                        q += step[parent[q]]
        if best >= 0:
            parent[p] = best
            stamp[p], far[p] = time, nearest + 1
            continue
        for d in range(4):
            q = p + step[d]
            if parent[q] == FREE or tree[q] != mine:
                continue
            open_ = residual[q, d ^ 1] if mine == SOURCE_TREE else residual[p, d]
            if open_ > 0:
                _activate(following, ends, q)
            if parent[q] == d ^ 1:
                parent[q] = ORPHAN
                last = first + count
                orphans[last if last < size else last - size] = q
                count += 1
        parent[p] = FREE


@kernel(inner=True)
def _distance(parent, stamp, far, step, p, time):
    """From p to the terminal along the parents; FAR where the way ends at an orphan."""
    away = 0
    while True:
        if stamp[p] == time:
            return away + far[p]
        away += 1
        d = parent[p]
        if d == TERMINAL:
            stamp[p], far[p] = time, 1
            return away
        if d == ORPHAN:
            return FAR
        p += step[d]
