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

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.hints import hint_of
from imgproc._scanline import Geometry

from .base import Opened, Passage, Piece, Rules, Target
from .path import path_back
from .points import first_not_finite
from .polygon_path import Outlines, move_polygons, shifted, uncovered


class Form(NamedTuple):
    """In what a caller keeps a ring: pairs or one flat row, of a kind of container."""

    flat: bool = False
    kind: type = np.ndarray
    dtype: np.dtype = np.dtype(np.float32)


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
        came, hint = type(polygons).__name__, hint_of(polygons, name)
        if isinstance(polygons, np.ndarray):
            said = {2: f"[[{name}]]", 3: f"[[ring] for ring in {name}]", 4: f"list({name})"}.get(polygons.ndim)
            came, hint = f"an array of {polygons.shape}", f": write {said}" if said else ""
        raise TypeError(f"{name} must be a list with a list of rings for each instance, got {came}{hint}")
    rings: list[np.ndarray] = []
    owners: list[int] = []
    for i, instance in enumerate(polygons):
        if type(instance) is not list or (instance and isinstance(instance[0], (int, float, np.number))):
            _must_be_rings(instance, f"{name}[{i}]")
        for ring in instance:
            rings.append(_open_ring(ring, name, i, owners))
            owners.append(i)
    outlines = Outlines.of(rings, owners, len(polygons))
    row = first_not_finite(outlines.points)
    if row >= 0:
        point = tuple(outlines.points[row, :2].tolist())
        ring = int(np.searchsorted(outlines.starts, row, side="right")) - 1
        raise ValueError(f"{name} must be finite, got {point} in {name}[{owners[ring]}]")
    return outlines


def _must_be_rings(instance: Any, where: str) -> None:
    """Refuse an instance that is no sequence of rings."""
    if isinstance(instance, dict):
        raise TypeError(f"{where} must be a list of rings, got a dict: run lengths are a mask, pass it as masks=")
    if isinstance(instance, np.ndarray) and instance.dtype != object and instance.ndim < 3:
        raise TypeError(f"{where} must be a list of rings, got an array of {instance.shape}: one ring is [ring]")
    if not isinstance(instance, (list, tuple, np.ndarray)):
        raise TypeError(f"{where} must be a list of rings, got {type(instance).__name__}")
    if len(instance) and isinstance(instance[0], (int, float, np.number)):
        raise TypeError(f"{where} must be a list of rings, got a row of numbers: one ring is [ring]")


def _open_ring(ring: Any, name: str, instance: int, owners: list[int]) -> np.ndarray:
    """The points of the next ring of an instance, numbers (k, 2); `owners` are those of the rings before."""
    try:
        array = np.asarray(ring)
    except ValueError:
        array = None
    if array is not None and array.dtype.kind in "iuf":
        if array.ndim == 1 and array.size % 2 == 0:
            array = array.reshape(-1, 2)
        if array.ndim == 2 and array.shape[1] == 2 and len(array) >= 3:
            return array
    where = f"{name}[{instance}][{owners.count(instance)}]"
    if array is None:
        raise ValueError(f"{where} must have points (x, y), got rows of different lengths")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{where} must be numbers, points (x, y), got {type(ring).__name__} of {array.dtype}")
    raise ValueError(f"{where} must be at least three points (x, y), (k, 2) or a row of 2 k, got {array.shape}")


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
        return np.array(xy.reshape(-1) if form.flat else xy, form.dtype)
    if form.flat:
        return xy.reshape(-1).tolist()
    pairs = xy.tolist()
    return pairs if form.kind is list else [tuple(pair) for pair in pairs]


def close_polygons(outlines: Outlines, like: Any) -> Any:
    """A list, or a tuple, with a list of rings for each instance, in the form in which the first ring came."""
    form = form_of(like)
    made: list[list[Any]] = [[] for _ in range(outlines.count)]
    xy, starts = outlines.points[:, :2] / outlines.points[:, 2:3], outlines.starts.tolist()
    for k, owner in enumerate(outlines.owners.tolist()):
        made[owner].append(_close_ring(xy[starts[k] : starts[k + 1]], form))
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
            left, part = uncovered(left, piece.owner == piece.who)
            if own is None:
                rows = piece.kept[self.name] = np.flatnonzero((part > 0) & (part >= piece.least * (1.0 - 1e-12)))
                left = left.taken(rows)
        y, x = piece.at
        return shifted(left, x, y)

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
