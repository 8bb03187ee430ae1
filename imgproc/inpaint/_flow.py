"""Maximum flow on the grid of pixels: two search trees that meet, after Boykov and Kolmogorov."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._core.jit import borrowed, kernel

# A pixel's neighbours: right, left, down, up; the way back from neighbour d is d ^ 1.  What a pixel's parent can be
# beside one of them:
TERMINAL = 4
ORPHAN = 5
FREE = -1
SOURCE_TREE = 0
SINK_TREE = 1
FAR = 1 << 30


class Grid(NamedTuple):
    """What the kernels work on.  Pixels are numbered row by row, with a frame of one pixel around the image.

    `stamp` and `far` are the paper's marks: when a pixel's distance to its terminal was last seen, and that distance.
    """

    residual: Any
    """int32 (n, 4): how much more can flow to each neighbour."""
    excess: Any
    """int64 (n,): how much more can flow from the source, or to the sink if it is negative."""
    step: Any
    """int64 (4,): what leads from a pixel's number to those of its neighbours."""
    parent: Any
    """int8 (n,): the neighbour through which the tree reaches the pixel; or `TERMINAL`, `ORPHAN` or `FREE`."""
    tree: Any
    """int8 (n,): `SOURCE_TREE` or `SINK_TREE`, for pixels that are not free."""
    stamp: Any
    """int32 (n,)."""
    far: Any
    """int32 (n,)."""
    following: Any
    """int32 (n,): the queue of active pixels as a chain.  -1 is outside the queue, and the last one follows itself."""
    ends: Any
    """int64 (2,): the first and the last of the queue, or -1."""
    orphans: Any
    """int32 (n,): pixels that lost their parents, in a ring."""


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
    grid = _empty_grid(h, w)
    residual = grid.residual.reshape(h + 2, w + 2, 4)
    residual[1:-1, 1:w, 0] = residual[1:-1, 2 : w + 1, 1] = right
    residual[1:h, 1:-1, 2] = residual[2 : h + 1, 1:-1, 3] = down
    through = np.minimum(source, sink)
    grid.excess.reshape(h + 2, w + 2)[1:-1, 1:-1] = source - sink
    flow = _maximum_flow(grid)
    reached = (grid.parent != FREE) & (grid.tree == SOURCE_TREE)
    return reached.reshape(h + 2, w + 2)[1:-1, 1:-1].copy(), int(flow) + int(through.sum())


def _empty_grid(h: int, w: int) -> Grid:
    """A grid without capacities.  Those of its frame stay 0, so that no index leaves the grid."""
    stride, size = w + 2, (h + 2) * (w + 2)
    return Grid(
        residual=np.zeros((size, 4), np.int32),
        excess=np.zeros(size, np.int64),
        step=np.array([1, -1, stride, -stride], np.int64),
        parent=np.full(size, FREE, np.int8),
        tree=np.zeros(size, np.int8),
        stamp=np.zeros(size, np.int32),
        far=np.zeros(size, np.int32),
        following=np.full(size, -1, np.int32),
        ends=np.full(2, -1, np.int64),
        orphans=np.empty(size, np.int32),
    )


@kernel(inner=True)
def _borrowed_grid(grid):
    residual, excess, step, parent = (
        borrowed(grid.residual), borrowed(grid.excess), borrowed(grid.step), borrowed(grid.parent)
    )  # fmt: skip
    tree, stamp, far, following = (
        borrowed(grid.tree), borrowed(grid.stamp), borrowed(grid.far), borrowed(grid.following)
    )  # fmt: skip
    ends, orphans = borrowed(grid.ends), borrowed(grid.orphans)
    return Grid(residual, excess, step, parent, tree, stamp, far, following, ends, orphans)


@kernel
def _maximum_flow(grid):
    """Compute the flow.  The pixels that the source still reaches are then those of its tree.

    Both trees grow from their terminals until they meet at an arc.  Flow is sent along the path through this arc, and
    pixels that lose their parents by this get new ones.  This goes on until nothing grows.
    """
    grid = _borrowed_grid(grid)
    _plant(grid)
    time, flow, p = 0, 0, _next_active(grid)
    while p >= 0:
        before, after, way = _grow(grid, p)
        time += 1
        if before >= 0:
            sent, count = _augment(grid, before, after, way)
            flow += sent
            _adopt(grid, count, time)
        # A pixel stays active as long as it meets the other tree and does not become free.
        if before < 0 or grid.parent[p] == FREE:
            p = _next_active(grid)
    return flow


@kernel(inner=True)
def _plant(grid):
    """Begin both trees with the pixels next to the terminals; these are active."""
    for p in range(grid.excess.size):
        if grid.excess[p] != 0:
            grid.tree[p] = SOURCE_TREE if grid.excess[p] > 0 else SINK_TREE
            grid.parent[p] = TERMINAL
            grid.far[p] = 1
            _activate(grid, p)


@kernel(inner=True)
def _activate(grid, p):
    """Put a pixel at the end of the queue, unless it is there."""
    following, ends = grid.following, grid.ends
    if following[p] < 0:
        following[p] = p
        if ends[1] >= 0:
            following[ends[1]] = p
        else:
            ends[0] = p
        ends[1] = p


@kernel(inner=True)
def _next_active(grid):
    """Take the first pixel that belongs to a tree out of the queue; returns -1 if there is none."""
    following, ends = grid.following, grid.ends
    while ends[0] >= 0:
        p = ends[0]
        ends[0] = -1 if following[p] == p else following[p]
        following[p] = -1
        if ends[0] < 0:
            ends[1] = -1
        if grid.parent[p] != FREE:
            return p
    return -1


@kernel(inner=True)
def _outward(grid, mine, p, d):
    """How much more can flow between p and its neighbour d if p is the parent.

    In the source's tree it flows from p, in the sink's tree to p; `mine` is the tree of p.
    """
    return grid.residual[p, d] if mine == SOURCE_TREE else grid.residual[p + grid.step[d], d ^ 1]


@kernel(inner=True)
def _inward(grid, mine, p, d):
    """How much more can flow between p and its neighbour d if the neighbour is the parent."""
    return grid.residual[p + grid.step[d], d ^ 1] if mine == SOURCE_TREE else grid.residual[p, d]


@kernel(inner=True)
def _grow(grid, p):
    """Add to p's tree what p reaches.

    Returns an arc from the source's tree to the other one as (from, to, direction), with -1 for both where there is
    none.
    """
    parent, tree, stamp, far = grid.parent, grid.tree, grid.stamp, grid.far
    mine = tree[p]
    for d in range(4):
        q = p + grid.step[d]
        if _outward(grid, mine, p, d) <= 0:
            continue
        if parent[q] == FREE:
            tree[q], parent[q] = mine, d ^ 1
            stamp[q], far[q] = stamp[p], far[p] + 1
            _activate(grid, q)
        elif tree[q] != mine:
            if mine == SOURCE_TREE:
                return p, q, d
            return q, p, d ^ 1
        elif stamp[q] <= stamp[p] and far[q] > far[p] + 1:
            parent[q] = d ^ 1
            stamp[q], far[q] = stamp[p], far[p] + 1
    return -1, -1, 0


@kernel(inner=True)
def _augment(grid, before, after, way):
    """Send as much as the path through this arc lets pass; pixels behind arcs that it fills become orphans.

    Returns the flow and the number of orphans.
    """
    least = np.int64(grid.residual[before, way])
    least = min(least, _narrowest(grid, SOURCE_TREE, before))
    least = min(least, _narrowest(grid, SINK_TREE, after))
    grid.residual[before, way] -= np.int32(least)
    grid.residual[after, way ^ 1] += np.int32(least)
    first = _send(grid, SOURCE_TREE, before, least, 0)
    return least, _send(grid, SINK_TREE, after, least, first)


@kernel(inner=True)
def _narrowest(grid, mine, p):
    """How much the path between p and its terminal lets pass; `mine` is the tree of p."""
    least = np.int64(FAR) << 32
    while grid.parent[p] != TERMINAL:
        d = grid.parent[p]
        least = min(least, np.int64(_inward(grid, mine, p, d)))
        p += grid.step[d]
    return min(least, grid.excess[p] if mine == SOURCE_TREE else -grid.excess[p])


@kernel(inner=True)
def _send(grid, mine, p, amount, count):
    """Send an amount through the path between p and its terminal; returns the number of orphans, `count` before it.

    The orphans next to the terminal come first: they are the ones that the others may hang on.
    """
    residual, parent, excess, sent, first = grid.residual, grid.parent, grid.excess, np.int32(amount), count
    while parent[p] != TERMINAL:
        d, q = parent[p], p + grid.step[parent[p]]
        if mine == SOURCE_TREE:
            residual[q, d ^ 1] -= sent
            residual[p, d] += sent
            filled = residual[q, d ^ 1] == 0
        else:
            residual[p, d] -= sent
            residual[q, d ^ 1] += sent
            filled = residual[p, d] == 0
        if filled:
            count = _orphan(grid, p, count)
        p = q
    excess[p] -= amount if mine == SOURCE_TREE else -amount
    if excess[p] == 0:
        count = _orphan(grid, p, count)
    _reverse(grid.orphans, first, count)
    return count


@kernel(inner=True)
def _orphan(grid, p, count):
    """Make p an orphan; `count` were there before.  Returns how many there are then."""
    grid.parent[p] = ORPHAN
    grid.orphans[count] = p
    return count + 1


@kernel(inner=True)
def _reverse(values, a, b):
    for i in range((b - a) // 2):
        values[a + i], values[b - 1 - i] = values[b - 1 - i], values[a + i]


@kernel(inner=True)
def _adopt(grid, count, time):
    """Give new parents to `count` orphans, those nearest to the terminal; who finds none leaves the tree."""
    first, size = 0, grid.orphans.size
    while count > 0:
        p = np.int64(grid.orphans[first])
        first = first + 1 if first + 1 < size else 0
        count -= 1
        best, nearest = _nearest_parent(grid, p, time)
        if best >= 0:
            grid.parent[p] = best
            grid.stamp[p], grid.far[p] = time, nearest + 1
        else:
            count = _leave(grid, p, first, count)


@kernel(inner=True)
def _nearest_parent(grid, p, time):
    """The neighbour of p in its tree that is nearest to the terminal, -1 if there is none; and its distance."""
    mine, best, nearest = grid.tree[p], -1, FAR
    for d in range(4):
        q = p + grid.step[d]
        if _inward(grid, mine, p, d) > 0 and grid.parent[q] != FREE and grid.tree[q] == mine:
            away = _distance(grid, q, time)
            if away < nearest:
                best, nearest = d, away
            if away < FAR:
                _mark(grid, q, away, time)
    return best, nearest


@kernel(inner=True)
def _mark(grid, p, away, time):
    """Note the distances to the terminal along the path from p, up to a pixel that has its own noted."""
    while grid.stamp[p] != time:
        grid.stamp[p], grid.far[p] = time, away
        away -= 1
        p += grid.step[grid.parent[p]]


@kernel(inner=True)
def _leave(grid, p, first, count):
    """Take p out of its tree.  Its children become orphans, and neighbours that could reach it become active.

    `count` orphans are in the ring from `first` on; returns how many there are then.
    """
    mine, size = grid.tree[p], grid.orphans.size
    for d in range(4):
        q = p + grid.step[d]
        if grid.parent[q] == FREE or grid.tree[q] != mine:
            continue
        if _inward(grid, mine, p, d) > 0:
            _activate(grid, q)
        if grid.parent[q] == d ^ 1:
            grid.parent[q] = ORPHAN
            last = first + count
            grid.orphans[last if last < size else last - size] = q
            count += 1
    grid.parent[p] = FREE
    return count


@kernel(inner=True)
def _distance(grid, p, time):
    """From p to the terminal along the parents; FAR where the way ends at an orphan."""
    away = 0
    while True:
        if grid.stamp[p] == time:
            return away + grid.far[p]
        away += 1
        d = grid.parent[p]
        if d == TERMINAL:
            grid.stamp[p], grid.far[p] = time, 1
            return away
        if d == ORPHAN:
            return FAR
        p += grid.step[d]
