"""Polygons: outlines of instances, which follow the geometry of a chain without ever becoming masks.

An instance is a list of rings, as COCO's ``segmentation`` is: several where it has several parts.  A ring that lies in
another one and goes round the other way is a hole in it.  Coordinates are continuous, as those of boxes and points.

Each ring is carried by its vertices, exact for every projective map.  Where a grid displaces, its edges become short
pieces, exact to a few hundredths of a pixel.  Every frame on the way cuts it, the input's first, so that padding what a
crop has cut off does not bring it back; a ring that is not convex may fall into several, and where it is cut it has
edges along the frame.  `min_area` and `min_visibility` hold for an instance as they do for a box, by the area of its
polygon.  Rings that come out thinner than a thousandth of a pixel (see `_dust`) go, and instances of which nothing is
left.  Borders that repeat the image (``reflect``, ``wrap``, ...) do not repeat polygons.  Erased pixels hide nothing.

Where samples are mixed, a polygon loses what the pixels of another sample cover, along the edges of these pixels.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.hints import hint_of
from imgproc._scanline import Geometry

from ..._dust import thinnest
from .base import Opened, Passage, Piece, Rules, Target
from .path import MULTIPLY, Path, path_back
from .points import first_not_finite
from .rings import aside, bend_rings, clip_ring, measure_rings, multiply_rings, outline, tidy_rings, trim_rings

_SEEN = 1e-9
"""Part of an instance below which nothing of it is seen."""


class Form(NamedTuple):
    """In what a caller keeps a ring: pairs or one flat row, of a kind of container."""

    flat: bool = False
    kind: type = np.ndarray
    dtype: np.dtype = np.dtype(np.float32)


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
        rows = np.concatenate(rings) if rings else np.empty((0, 5))
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
        """Some of the instances."""
        place = np.full(self.count, -1, np.int64)
        place[rows] = np.arange(len(rows))
        rings = self.rings()
        kept = [k for k, owner in enumerate(self.owners.tolist()) if place[owner] >= 0]
        return Outlines.of([rings[k] for k in kept], place[self.owners[kept]], len(rows))


# --- areas ------------------------------------------------------------------------------------------------------------


def _areas(outlines: Outlines, size: tuple[float, float] = (0.0, 0.0)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each ring its area where it began and its area now, holes below 0, and whether a frame (h, w) holds it."""
    n = len(outlines.owners)
    areas, inside = np.empty((n, 2)), np.empty(n, np.bool_)
    measure_rings(outlines.points, outlines.starts, float(size[1]), float(size[0]), areas, inside)
    return areas[:, 0], areas[:, 1], inside


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
    x, y = b + 1e-4 * (a + c - 2.0 * b)
    u, v = (other[:, :2] / other[:, 2:3]).T
    s, t = np.roll(u, 1), np.roll(v, 1)
    crosses = (v > y) != (t > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = x < u + (y - v) / (t - v) * (s - u)
    return bool(np.count_nonzero(crosses & left) % 2)


def _sums(outlines: Outlines, which: int = 0) -> np.ndarray:
    """The area of each instance, without its holes: where it began, or now (`which` is 1)."""
    areas = _areas(outlines)[which]
    return np.bincount(outlines.owners, weights=_signs(outlines, areas) * abs(areas), minlength=outlines.count)


# --- along a path -----------------------------------------------------------------------------------------------------


def _cut(outlines: Outlines, size: tuple[float, float]) -> Outlines:
    """Without what lies outside a frame (h, w), or behind the horizon if that is below 0."""
    _, _, inside = _areas(outlines, size)
    if size[1] >= 0 and inside.all():
        return outlines
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

    for step in way.steps:
        if step[0] == MULTIPLY:
            outlines = Outlines(outlines.points.copy(), outlines.starts, outlines.owners, outlines.count)
            multiply_rings(outlines.points, step)
            flat = step[7] == step[8] == 0.0
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


# --- from and to callers ----------------------------------------------------------------------------------------------


def open_polygons(polygons: Any, name: str = "polygons") -> Outlines:
    """Polygons as checked outlines.

    Parameters
    ----------
    polygons : sequence
        One entry for each instance: a sequence of rings, none for an instance without any.  A ring is (k, 2) points
        (x, y), or one row of 2 k numbers, k >= 3, as COCO has it.
    name : str
        What messages call them.

    Raises
    ------
    TypeError
        If they are of another kind, such as the run lengths of COCO's crowds.
    ValueError
        If a ring has fewer than three points, or a number is not finite.
    """
    if not isinstance(polygons, (list, tuple)) and not (isinstance(polygons, np.ndarray) and polygons.dtype == object):
        came = type(polygons).__name__
        raise TypeError(
            f"{name} must be a list with a list of rings for each instance, got {came}{hint_of(polygons, name)}"
        )
    rings: list[np.ndarray] = []
    owners: list[int] = []
    for i, instance in enumerate(polygons):
        where = f"{name}[{i}]"
        if isinstance(instance, dict):
            raise TypeError(f"{where} must be a list of rings, got a dict: run lengths are a mask, pass it as masks=")
        if isinstance(instance, np.ndarray) and instance.dtype != object and instance.ndim < 3:
            raise TypeError(f"{where} must be a list of rings, got an array of {instance.shape}: one ring is [ring]")
        if not isinstance(instance, (list, tuple, np.ndarray)):
            raise TypeError(f"{where} must be a list of rings, got {type(instance).__name__}")
        if len(instance) and isinstance(instance[0], (int, float, np.number)):
            raise TypeError(f"{where} must be a list of rings, got a row of numbers: one ring is [ring]")
        for k, ring in enumerate(instance):
            rings.append(_open_ring(ring, f"{where}[{k}]"))
            owners.append(i)
    outlines = Outlines.of(rings, owners, len(polygons))
    row = first_not_finite(outlines.points)
    if row >= 0:
        point = tuple(outlines.points[row, :2].tolist())
        ring = int(np.searchsorted(outlines.starts, row, side="right")) - 1
        raise ValueError(f"{name} must be finite, got {point} in {name}[{owners[ring]}]")
    return outlines


def _open_ring(ring: Any, where: str) -> np.ndarray:
    """The points of a ring, float64 (k, 2)."""
    try:
        array = np.asarray(ring)
    except ValueError:
        raise ValueError(f"{where} must have points (x, y), got rows of different lengths") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{where} must be numbers, points (x, y), got {type(ring).__name__} of {array.dtype}")
    if array.ndim == 1 and array.size % 2 == 0:
        array = array.reshape(-1, 2)
    if array.ndim != 2 or array.shape[1] != 2 or len(array) < 3:
        raise ValueError(f"{where} must be at least three points (x, y), (k, 2) or a row of 2 k, got {array.shape}")
    return array.astype(np.float64)


def form_of(polygons: Any) -> Form:
    """In what the first ring came; flat lists, as COCO has them, where there is none."""
    for instance in polygons:
        for ring in instance:
            flat = np.ndim(ring) == 1
            if isinstance(ring, np.ndarray):
                wide = ring.dtype.kind == "f" and ring.dtype.itemsize >= 8
                return Form(flat, np.ndarray, np.dtype(np.float64 if wide else np.float32))
            return Form(flat, list if flat or isinstance(ring[0], list) else tuple)
    return Form(True, list)


def _close_ring(xy: np.ndarray, form: Form) -> Any:
    if form.kind is np.ndarray:
        return np.ascontiguousarray(xy.reshape(-1) if form.flat else xy, form.dtype)
    if form.flat:
        return xy.reshape(-1).tolist()
    pairs = xy.tolist()
    return pairs if form.kind is list else [tuple(pair) for pair in pairs]


def close_polygons(outlines: Outlines, like: Any) -> Any:
    """A list, or a tuple, with a list of rings for each instance, in the form in which the first ring came."""
    form = form_of(like)
    made: list[list[Any]] = [[] for _ in range(outlines.count)]
    for ring, owner in zip(outlines.rings(), outlines.owners.tolist()):
        made[owner].append(_close_ring(ring[:, :2] / ring[:, 2:3], form))
    return tuple(made) if isinstance(like, tuple) else made


class Polygons(Target):
    """Outlines of instances.

    Those that belong to boxes (`of`) are as many as these: they go with their box, and one of which nothing is left
    while its box stays has no rings.  Others go by themselves.
    """

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> Outlines:
        """Checked outlines."""
        outlines = open_polygons(value, self.name)
        rows = None if self.of is None else sample.opened.get(self.of)
        if rows is not None and len(outlines) != len(rows):
            raise ValueError(f"{self.name} must have one instance per box, {len(rows)}, got {len(outlines)}")
        return outlines

    def _follow(self, value: Outlines, following: Passage | Piece) -> Outlines | None:
        """The instances of the boxes that are left; None if they follow none."""
        if self.of is None or self.of not in following.sample.opened:
            return None
        rows = following.rows(self.of)
        if rows is not None:
            following.kept[self.name] = rows
        return value if rows is None else value.taken(rows)

    def move(self, value: Outlines, passage: Passage) -> Outlines:
        """Along the path of the passage, without those of which the rules ask to see more."""
        rules = passage.rules
        own = self._follow(value, passage)
        if own is not None:
            return move_polygons(own, passage.path, clip=rules.clip)[0]
        moved, rows = move_polygons(
            value, passage.path, min_area=rules.min_area, min_visibility=rules.min_visibility, clip=rules.clip
        )
        passage.kept[self.name] = rows
        return moved.taken(rows)

    def close(self, value: Outlines, like: Any, passage: Passage) -> Any:
        """A list or a tuple of lists, as they came."""
        return close_polygons(value, [] if isinstance(like, Outlines) else like)

    def cut(self, value: Outlines, piece: Piece) -> Outlines:
        """Without what other samples cover, on the canvas."""
        own = self._follow(value, piece)
        left = value if own is None else own
        if piece.owner is not None:
            left, part = _uncovered(left, piece.owner == piece.who)
            if own is None:
                rows = piece.kept[self.name] = np.flatnonzero((part > 0) & (part >= piece.least * (1.0 - 1e-12)))
                left = left.taken(rows)
        y, x = piece.at
        points = left.points.copy()
        points[:, :2] += (x, y)
        points[:, 3:] = points[:, :2]
        return Outlines(points, left.starts, left.owners, left.count)

    def join(self, values: Sequence[Outlines]) -> Outlines:
        """All, one after the other."""
        rings, owners, count = [], [], 0
        for value in values:
            rings += value.rings()
            owners += [owner + count for owner in value.owners.tolist()]
            count += value.count
        return Outlines.of(rings, owners, count)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """On the input; what does not come from there is cut off."""
        moved, _ = move_polygons(open_polygons(value, self.name), path_back(stages, *size))
        return close_polygons(moved, value)


def _uncovered(outlines: Outlines, visible: np.ndarray) -> tuple[Outlines, np.ndarray]:
    """Polygons without what lies on pixels that are not visible, and the part of each that is left."""
    outlines = outlines.begun()
    areas, before = _areas(outlines)[0], _sums(outlines)
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
