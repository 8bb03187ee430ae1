"""Polygons along the path that a chain's geometry makes: what carries out the rule of `polygons`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..._dust import thinnest
from .clip import aside, clip_ring, even_odd, outline
from .path import MULTIPLY, TILES, Path
from .rings import bend_rings, measure_rings, multiply_rings, tidy_rings, trim_rings

_SEEN = 1e-9
"""Part of an instance below which nothing of it is seen."""


class Outlines:
    """Checked polygons: the points of all rings, one after the other.

    Parameters
    ----------
    points : float64 ndarray of shape (n, 5)
        Rows (X, Y, D, x, y); see `rings`.
    starts : int64 ndarray of shape (r + 1,)
        Where each ring begins, and the end.
    owners : int64 ndarray of shape (r,)
        The instance of each ring, in ascending order.
    count : int
        How many instances there are.
    """

    __slots__ = ("count", "owners", "points", "starts")

    def __init__(self, points: np.ndarray, starts: np.ndarray, owners: np.ndarray, count: int) -> None:
        self.points, self.starts, self.owners, self.count = points, starts, owners, count

    def __len__(self) -> int:
        return self.count

    @classmethod
    def of(cls, rings: Sequence[np.ndarray], owners: Sequence[int] | np.ndarray, count: int) -> Outlines:
        """Those of rings of points, (n, 2) or (n, 5) each."""
        starts = np.zeros(len(rings) + 1, np.int64)
        np.cumsum([len(ring) for ring in rings], out=starts[1:])
        rows = np.concatenate(rings, dtype=np.float64) if rings else np.empty((0, 5))
        points = rows if rows.shape[1] == 5 else _as_points(rows)
        return cls(points, starts, np.asarray(owners, np.int64), count)

    def rings(self) -> list[np.ndarray]:
        """The points of each ring."""
        starts = self.starts.tolist()
        return [self.points[a:b] for a, b in itertools.pairwise(starts)]

    def begun(self) -> Outlines:
        """The same, with places that begin here."""
        points = self.points.copy()
        points[:, :2] /= points[:, 2:3]
        points[:, 2], points[:, 3:] = 1.0, points[:, :2]
        return Outlines(points, self.starts, self.owners, self.count)

    def taken(self, rows: np.ndarray) -> Outlines:
        """Some of the instances, in ascending order."""
        if len(rows) == self.count:
            return self
        place = np.full(self.count, -1, np.int64)
        place[rows] = np.arange(len(rows))
        rings = self.rings()
        kept = [k for k, owner in enumerate(self.owners.tolist()) if place[owner] >= 0]
        return Outlines.of([rings[k] for k in kept], place[self.owners[kept]], len(rows))


# --- areas ------------------------------------------------------------------------------------------------------------


def _areas(outlines: Outlines) -> np.ndarray:
    """For each ring, its area where it began and its area now; the sign says which way it goes round."""
    areas = np.empty((len(outlines.owners), 2))
    measure_rings(outlines.points, outlines.starts, areas)
    return areas


def _signs(outlines: Outlines, areas: np.ndarray) -> np.ndarray:
    """1 for each part, -1 for each hole: a ring that goes round against a larger one that it lies in."""
    signs, owners, count = np.ones(len(areas)), outlines.owners, outlines.count
    both = np.bincount(owners[areas > 0], minlength=count) * np.bincount(owners[areas < 0], minlength=count)
    if not both.any():
        return signs
    rings = outlines.rings()
    for owner in np.flatnonzero(both).tolist():
        mine = np.flatnonzero(owners == owner).tolist()
        for k in mine:
            around = [j for j in mine if areas[j] * areas[k] < 0 and abs(areas[j]) > abs(areas[k])]
            if any(_lies_in(rings[k], rings[j]) for j in around):
                signs[k] = -1.0
    return signs


def _lies_in(ring: np.ndarray, other: np.ndarray) -> bool:
    """Whether the first point of a ring, a little inside of it, lies in another."""
    a, b, c = (ring[i, :2] / ring[i, 2] for i in (len(ring) - 1, 0, 1))
    x, y = (b + 1e-4 * (a + c - 2.0 * b)).tolist()
    return bool(even_odd(other[:, :2] / other[:, 2:3], np.array([0, len(other)]), x, y))


def _sums(outlines: Outlines, which: int = 0) -> np.ndarray:
    """The area of each instance, without its holes: where it began, or now (`which` is 1)."""
    areas = _areas(outlines)[:, which]
    return np.bincount(outlines.owners, weights=_signs(outlines, areas) * abs(areas), minlength=outlines.count)


# --- along a path -----------------------------------------------------------------------------------------------------


def _cut(outlines: Outlines, size: tuple[float, float]) -> Outlines:
    """Without what lies outside a frame (h, w), or behind the horizon if that is below 0."""
    h, w = float(size[0]), float(size[1])
    points, starts, owners = trim_rings(outlines.points, outlines.starts, outlines.owners, w, h)
    return Outlines(points, starts, owners, outlines.count)


def _along(outlines: Outlines, way: Path, cut: bool) -> tuple[Outlines, np.ndarray]:
    """Polygons along a path, and the part of each instance that is seen; only horizons cut it without `cut`."""
    seen = np.ones(outlines.count)
    if cut:
        outlines = _cut(outlines, way.start).begun()
    whole = _sums(outlines)

    def part(now: Outlines) -> np.ndarray:
        return _sums(now) / np.where(whole > 0, whole, 1.0)

    for s, step in enumerate(way.steps):
        if step[0] == MULTIPLY:
            outlines = Outlines(outlines.points.copy(), outlines.starts, outlines.owners, outlines.count)
            multiply_rings(outlines.points, way.steps, s)
            flat = step[7] == step[8] == 0.0
        elif step[0] == TILES:
            seen *= part(outlines)
            outlines = _with_tiles(outlines.begun(), way.grids[int(step[12]) :], step[10:12])
            whole, flat = _sums(outlines), True
        else:
            # Areas are compared only on one side of a displacement.
            seen *= part(outlines)
            points, starts = bend_rings(outlines.points, outlines.starts, step, way.grids)
            outlines = Outlines(points, starts, outlines.owners, outlines.count)
            whole = _sums(outlines)
            flat = True
        if cut and step[10] >= 0:
            outlines = _cut(outlines, (step[11], step[10]))
        elif not flat:
            outlines = _cut(outlines, (-1.0, -1.0))
    seen *= np.where(whole > 0, part(outlines), 0.0)
    return outlines, np.minimum(seen, 1.0)


def _with_tiles(outlines: Outlines, tiles: np.ndarray, size: np.ndarray) -> Outlines:
    """Polygons in the pieces that tiles cut them into, each where its tile comes; the frame is (w, h).

    `tiles` are rows, columns, width and height of a tile, then the place to which each goes."""
    rows, columns, w, h = int(tiles[0]), int(tiles[1]), float(tiles[2]), float(tiles[3])
    right, bottom = columns * w, rows * h
    parts = [(right, 0.0, size[0] - right, size[1], 0.0, 0.0), (0.0, bottom, right, size[1] - bottom, 0.0, 0.0)]
    for k in range(rows * columns):
        (i, j), (to_i, to_j) = divmod(k, columns), divmod(int(tiles[4 + k]), columns)
        parts.append((j * w, i * h, w, h, (to_j - j) * w, (to_i - i) * h))
    rings: list[np.ndarray] = []
    owners: list[int] = []
    for x, y, width, height, dx, dy in parts:
        if width > 0 and height > 0:
            inside = _cut(shifted(outlines, -x, -y), (height, width))
            rings += shifted(inside, x + dx, y + dy).rings()
            owners += inside.owners.tolist()
    order = np.argsort(owners, kind="stable").tolist()
    return Outlines.of([rings[k] for k in order], [owners[k] for k in order], outlines.count).begun()


def shifted(outlines: Outlines, x: float, y: float) -> Outlines:
    """Polygons that begin somewhere else; their points have a depth of 1."""
    points = outlines.points.copy()
    points[:, :2] += points[:, 2:3] * (x, y)
    points[:, 3:] = points[:, :2]
    return Outlines(points, outlines.starts, outlines.owners, outlines.count)


def move_polygons(
    outlines: Outlines, way: Path, *, min_area: float = 0.0, min_visibility: float = 0.0, clip: bool = True
) -> tuple[Outlines, np.ndarray]:
    """Polygons along a path.

    Parameters
    ----------
    outlines : Outlines
    way : Path
    min_area : float
        Pixels² that must be seen of an instance in the output.
    min_visibility : float
        Part of an instance, in [0, 1], that must be seen in the output.
    clip : bool
        Give what is seen.  Otherwise all of it, wherever that comes to lie; which instances are kept is the same.

    Returns
    -------
    Outlines
        As many instances; those of which too little is seen have no rings.
    intp ndarray of shape (m,)
        The instances that have some.
    """
    moved, seen = _along(outlines, way, cut=True)
    moved = _thick(moved, way.end)
    area = _sums(moved, 1)
    enough = (seen > _SEEN) & (seen >= min_visibility - _SEEN) & (area >= min_area * (1.0 - _SEEN)) & (area > 0)
    if not clip:
        moved = _along(outlines, way, cut=False)[0].begun()
    rows = np.flatnonzero(enough)
    return (moved if len(rows) == moved.count else _emptied(moved, enough)), rows


def _emptied(outlines: Outlines, enough: np.ndarray) -> Outlines:
    """Without the rings of some instances."""
    kept = np.flatnonzero(enough[outlines.owners]).tolist()
    rings = outlines.rings()
    return Outlines.of([rings[k] for k in kept], outlines.owners[kept], outlines.count)


def _thick(outlines: Outlines, size: tuple[int, int]) -> Outlines:
    """Places that begin here, in a frame (h, w), without points that repeat their neighbour and without thin rings."""
    frame = (float(size[0]), float(size[1]))
    xy, starts, owners = tidy_rings(outlines.points, outlines.starts, outlines.owners, frame, thinnest(*size))
    return Outlines(_as_points(xy), starts, owners, outlines.count)


def _as_points(xy: np.ndarray) -> np.ndarray:
    """Points (n, 2) as rows that begin there."""
    points = np.ones((len(xy), 5))
    points[:, :2] = points[:, 3:] = xy
    return points


def uncovered(outlines: Outlines, visible: np.ndarray) -> tuple[Outlines, np.ndarray]:
    """Polygons without what lies on pixels that are not visible, and the part of each that is left."""
    outlines = outlines.begun()
    areas, before = _areas(outlines)[:, 0], _sums(outlines)
    edges: tuple[np.ndarray, np.ndarray] | None = None
    rings: list[np.ndarray] = []
    owners: list[int] = []
    h, w = visible.shape
    for ring, owner, area in zip(outlines.rings(), outlines.owners.tolist(), areas.tolist()):
        xy = ring[:, :2]
        low = np.clip(np.floor(xy.min(axis=0)), 0, (w, h)).astype(int)
        high = np.clip(np.ceil(xy.max(axis=0)), 0, (w, h)).astype(int)
        under = visible[low[1] : high[1], low[0] : high[0]]
        if under.all():
            rings.append(xy)
            owners.append(owner)
            continue
        if not under.any():
            continue
        if edges is None:
            edges = outline(visible)
        points, starts, alone = clip_ring(xy, aside(xy), *edges, True)
        parts = [points[a:b] for a, b in itertools.pairwise(starts.tolist())]
        for k, part in enumerate(parts):
            if k >= len(parts) - alone and area < 0:  # a ring of the region goes round as this ring does
                part = part[::-1]
            rings.append(part)
            owners.append(owner)
    left = _thick(Outlines.of(rings, owners, outlines.count), (h, w))
    return left, _sums(left) / np.where(before > 0, before, 1.0)
