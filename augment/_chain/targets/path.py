"""The way that points and boxes take through the geometric stages of a chain.

A `Path` is made once for each sample, from its stages.  Points and boxes then move along it by kernels of their own, in
`points` and `boxes`.  Moves are exact for projective maps, and exact to 1e-3 pixels where a grid displaces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import kernel
from imgproc._scanline import Geometry, Tiles, tile_size, tiles_back
from imgproc._scanline.matrix import IDENTITY

PATH = 13
"""Numbers of a step of a path: 0 what it does, 1-9 matrix, 10 w and 11 h of the frame that it leads into (-1: none, a
step to the next one), 12 start of its grid: rows, columns, w and h of the frame that it spans, then its nodes."""
MULTIPLY, ALONG, AGAINST, TILES = 0.0, 1.0, 2.0, 3.0
"""What a step does: multiply by its matrix, go along or against the displacement of its grid, or go with a tile, where
the numbers are rows, columns, w and h of a tile, then the place to which each tile goes."""
MOST_PIECES = 256.0
"""Into so many pieces, at most, is the outline of a box cut where a grid displaces it."""
VERTICES, VERTICES_A_STEP = 8, 10
"""So many vertices can a box get on a way without grids: a cut adds one or two."""
DUST = 1e-6
"""Pixels by which a point may lie outside a frame: that is rounding, not an error."""

NO_STEPS = np.empty((0, PATH))
NO_GRIDS = np.zeros(2, np.float32)
"""The grids of a path that has neither displacements nor tiles."""


# --- displacements ----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _displacement(grids, head, x, y):
    """Displacement (dx, dy) at a point, bilinear between nodes and constant outside, and its four derivatives."""
    rows, columns = int(grids[head]) - 1, int(grids[head + 1]) - 1
    sx, sy = columns / float(grids[head + 2]), rows / float(grids[head + 3])
    u, v = x * sx, y * sy
    u, v = u if u > 0.0 else 0.0, v if v > 0.0 else 0.0  # of NaN, too
    u, v = min(u, float(columns)), min(v, float(rows))
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
def _with_tile(grids, head, x, y):
    """Where a point comes that goes with its tile; what lies in none stays."""
    rows, columns = int(grids[head]), int(grids[head + 1])
    w, h = float(grids[head + 2]), float(grids[head + 3])
    if not (0.0 <= x <= columns * w and 0.0 <= y <= rows * h):
        return x, y
    j, k = min(int(x / w), columns - 1), min(int(y / h), rows - 1)
    to = int(grids[head + 4 + k * columns + j])
    return x + (to % columns - j) * w, y + (to // columns - k) * h


@kernel(inner=True)
def bend(grids, step, sx, sy):
    """Along the displacement from s; or against it, to a p with ``p + displacement(p) = s`` (there may be several).

    Newton's steps, halved while they do not help; where folds stop them, once more from the node nearest to s."""
    head = int(step[12])
    if step[0] == TILES:
        return _with_tile(grids, head, sx, sy)
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


@kernel(inner=True)
def map_point(x, y, m):
    """A point after a step that is a matrix; NaN behind the horizon."""
    d = m[7] * x + m[8] * y + m[9]
    d = d if d > 0.0 else np.nan
    return (m[1] * x + m[2] * y + m[3]) / d, (m[4] * x + m[5] * y + m[6]) / d


@kernel(inner=True)
def step_point(x, y, m, grids):
    """A point after one step; NaN behind the horizon."""
    if m[0] == MULTIPLY:
        return map_point(x, y, m)
    if x == x:
        return bend(grids, m, x, y)
    return x, y


@kernel(inner=True)
def slope(u, v, x, y, m, grids):
    """The derivative (xx, xy, yx, yy) of a step that leads from (u, v) to (x, y)."""
    if m[0] == MULTIPLY:
        d = m[7] * u + m[8] * v + m[9]
        return (m[1] - m[7] * x) / d, (m[2] - m[8] * x) / d, (m[4] - m[7] * y) / d, (m[5] - m[8] * y) / d
    if m[0] == TILES:
        return 1.0, 0.0, 0.0, 1.0
    along = m[0] == ALONG
    _, _, xx, xy, yx, yy = _displacement(grids, int(m[12]), u if along else x, v if along else y)
    xx, yy = 1.0 + xx, 1.0 + yy
    if along:
        return xx, xy, yx, yy
    det = xx * yy - xy * yx
    return yy / det, -xy / det, -yx / det, xx / det


@kernel(inner=True)
def within(x, y, w, h):
    """Whether a point lies in a frame, its edges and dust included."""
    return x >= -DUST and y >= -DUST and x <= w + DUST and y <= h + DUST


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


# --- paths ------------------------------------------------------------------------------------------------------------


class Path(NamedTuple):
    """The way of points through stages, as arrays for the kernels; see `PATH`."""

    steps: np.ndarray
    grids: np.ndarray
    start: tuple[int, int]
    """(h, w) of the frame that it begins in."""
    end: tuple[int, int]
    """(h, w) of the frame that it leads into."""
    vertices: int
    """How many vertices a box can get on its way."""


def path(stages: Iterable[Any], height: int, width: int) -> Path:
    """The way from an input of (height, width) to the output; stages that move nothing are passed over."""
    numbers: list[float] = []
    grids: list[np.ndarray] = []
    start = 0
    size = (height, width)
    for stage in stages:
        if type(stage) is not Geometry:
            continue
        pull, size, grid = stage.pull, stage.size, stage.grid
        h, w = size
        if stage.tiles is not None:
            numbers += (TILES, *IDENTITY, w, h, start)
            start += _add_tiles(grids, tiles_back(stage.tiles), h, w)
        elif grid is None:
            numbers += (MULTIPLY, *pull, w, h, 0.0)
        else:
            numbers += (MULTIPLY, *pull, -1.0, -1.0, 0.0, AGAINST, *IDENTITY, w, h, start)
            start += _add_grid(grids, grid, h, w)
    made = _path(numbers, grids, (height, width), size)
    if numbers:
        invert_steps(made.steps)
    return made


def path_back(stages: Iterable[Any], height: int, width: int) -> Path:
    """The way from the output back to an input of (height, width): pulls need no inverse."""
    numbers: list[float] = []
    grids: list[np.ndarray] = []
    start = 0
    moves = [stage for stage in stages if type(stage) is Geometry]
    sizes = [(height, width), *(stage.size for stage in moves)]
    for stage, (h, w), (oh, ow) in zip(reversed(moves), sizes[-2::-1], reversed(sizes)):
        if stage.tiles is not None:
            numbers += (TILES, *IDENTITY, w, h, start)
            start += _add_tiles(grids, stage.tiles, h, w)
            continue
        if stage.grid is not None:
            numbers += (ALONG, *IDENTITY, -1.0, -1.0, start)
            start += _add_grid(grids, stage.grid, oh, ow)
        numbers += (MULTIPLY, *stage.pull, w, h, 0.0)
    return _path(numbers, grids, sizes[-1], (height, width))


def _add_grid(grids: list[np.ndarray], grid: np.ndarray, h: int, w: int) -> int:
    """Appends a grid and what is to be known of it; returns how many numbers that is."""
    grids += (np.array([*grid.shape[:2], w, h], np.float32), np.asarray(grid, np.float32).reshape(-1))
    return 4 + grid.size


def _add_tiles(grids: list[np.ndarray], tiles: Tiles, h: int, w: int) -> int:
    """The same with tiles; for each its place."""
    height, width = tile_size(tiles, h, w)
    grids.append(np.array((tiles.rows, tiles.columns, width, height, *tiles.order), np.float32))
    return len(grids[-1])


def _path(numbers: list[float], grids: list[np.ndarray], start: tuple[int, int], end: tuple[int, int]) -> Path:
    if not numbers:
        return Path(NO_STEPS, NO_GRIDS, start, end, 4)
    steps = np.array(numbers, np.float64).reshape(-1, PATH)
    # A displacement adds its pieces.
    vertices = VERTICES + VERTICES_A_STEP * len(steps) + (int(MOST_PIECES) + 64) * len(grids)
    return Path(steps, np.concatenate(grids) if grids else NO_GRIDS, start, end, vertices)
