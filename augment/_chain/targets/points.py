"""Keypoints: the rule, and the kernels that follow it.

Keypoints are (x, y) in continuous coordinates, in which the image spans [0, w] x [0, h] with its edges: the centre of
the first pixel is (0.5, 0.5).  A keypoint that lies outside a frame on its way is gone, as its pixels are: padding what
a crop has cut off does not bring it back.  Borders that repeat the image (``reflect``, ``wrap``, ...) do not repeat
keypoints.

Behind x and y a row may have further columns, see `point_columns`.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.units import Direct, Family, Unit, invoke
from imgproc._scanline import Geometry

from .base import Following, Opened, Passage, Piece, Rules, Target
from .fields import Field
from .path import MULTIPLY, NO_GRIDS, NO_STEPS, Path, map_point, path_back, step_point, within
from .point_columns import VISIBILITY, check_moved, column, move_all, reverses, with_column
from .rows import (
    Carried,
    More,
    as_container,
    as_rows,
    carried,
    is_plain,
    joined,
    nested,
    owned,
    parts,
    split_rows,
    width,
)


@kernel
def first_not_finite(points):
    """The first row that holds a number that is not finite; -1 where there is none."""
    for i in range(points.shape[0]):
        for j in range(points.shape[1]):
            if not np.isfinite(points[i, j]):
                return i
    return -1


def _bend(points, i, steps, k, grids):
    """A point through a step with a grid, in place."""
    points[i, 0], points[i, 1] = step_point(points[i, 0], points[i, 1], steps[k], grids)
    return 0


_BENDER = Unit(
    Family("int64", (("float64", 2), ("int64", 0), ("float64", 2), ("int64", 0), ("float32", 1))), _bend
)  # fmt: skip


def bender_of(way: Path) -> int:
    """The address of what takes points through the tiles and displacements of a path; -1 if it has none.

    So a chain of matrices does not compile it."""
    return -1 if way.grids is NO_GRIDS else _BENDER.address()


@kernel
def carry_points(points, steps, grids, bender, w, h, remove, out, kept):
    """Points along a path that starts in a frame of (h, w); returns how many, with their rows in `kept`.

    `bender` is of `bender_of`, which knows what needs grids.

    With `remove`, without those that lay outside of a frame.  What is behind a horizon becomes NaN.
    """
    count = 0
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        fw, fh = w, h
        seen = within(x, y, w, h)
        for k in range(steps.shape[0]):
            if steps[k, 0] == MULTIPLY:
                x, y = map_point(x, y, steps[k])
            else:
                out[count, 0], out[count, 1] = x, y
                invoke(bender, np.int64(0), (out, count, steps, k, grids))
                x, y = out[count, 0], out[count, 1]
            if steps[k, 10] >= 0.0:
                fw, fh = steps[k, 10], steps[k, 11]
                seen = seen and within(x, y, fw, fh)
        if remove:
            if not seen:
                continue
            x, y = min(max(x, 0.0), fw), min(max(y, 0.0), fh)
        out[count, 0], out[count, 1], kept[count] = x, y, i
        count += 1
    return count


_PAIRS, _ROWS = np.empty((0, 2)), np.empty(0, np.intp)
_FIRST = Direct(first_not_finite, lambda: (_PAIRS,))
_CARRY = Direct(carry_points, lambda: (_PAIRS, NO_STEPS, NO_GRIDS, 0, 0.0, 0.0, True, _PAIRS, _ROWS))


def open_points(points: Any, name: str = "keypoints") -> np.ndarray:
    """Keypoints as a new float64 array of shape (n, 2).

    Parameters
    ----------
    points : array_like of shape (n, 2)
        (x, y) in pixels; none at all in any spelling: ``[]``, shape (0,) or (0, 2).
    name : str
        What messages call them.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not pairs, or not finite.
    """
    array = points.copy() if is_plain(points, 2) else as_rows(points, name, 2, "(x, y)")
    row = _FIRST.call(array)
    if row >= 0:
        raise ValueError(f"{name} must be finite, got {tuple(array[row].tolist())} in row {row}")
    return array


def move_points(points: np.ndarray, way: Path, *, remove_invisible: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints along a path.

    Parameters
    ----------
    points : float64 ndarray of shape (n, 2)
        As `open_points` gives them.
    way : Path
    remove_invisible : bool
        Leave out the points that lie outside a frame on their way, the first and the last included.  Otherwise all
        stay, wherever they come to lie; NaN are those behind the horizon of a perspective map, which have no place.

    Returns
    -------
    float64 ndarray of shape (m, 2), intp ndarray of shape (m,)
        The points, and which rows they were.
    """
    n = len(points)
    out, kept = np.empty((n, 2)), np.empty(n, np.intp)
    h, w = way.start
    points = np.ascontiguousarray(points, np.float64)
    size = float(w), float(h)
    count = _CARRY.call(points, way.steps, way.grids, bender_of(way), *size, bool(remove_invisible), out, kept)
    return (out, kept) if count == n else (out[:count], kept[:count])


def seen_points(points: np.ndarray, owner: np.ndarray, who: int) -> np.ndarray:
    """Rows of the keypoints that lie on pixels of one owner; `owner` is uint8 (h, w)."""
    h, w = owner.shape
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= w) & (y <= h)  # NaN is outside
    rows = np.flatnonzero(inside)
    columns, lines = x[rows].astype(np.intp), y[rows].astype(np.intp)
    return rows[owner[np.minimum(lines, h - 1), np.minimum(columns, w - 1)] == who]


class Points(Target):
    """Keypoints, whose checked form is float64 (n, 2) or (n, k, 2), or `Carried` with further columns.

    Those of shape (n, k, ...) are n things with k points each, as COCO has them.  Points keep their places there, so
    that none is left out: its visibility becomes 0.  The things belong to boxes where instance masks do.
    """

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray | Carried:
        """The pairs, and the columns behind them."""
        points, more = self._split(value)
        names, mirror = _names(points, more, sample.rules), sample.rules.keypoint_mirror
        if sample.rules.keypoint_columns and (len(points) or points.ndim == 3):
            rows = f"(x, y, {', '.join(names)})"
            count = width(more)
            if count != len(names):
                raise ValueError(
                    f"{self.name} must have rows {rows}, as keypoint_columns= says, got {2 + count} numbers"
                )
        check_moved(more, names, self.name)
        if mirror is not None and mirror.rows and len(points):
            most, count = max(mirror.rows) + 1, points.shape[-2]
            if most > count:
                triples, rest = divmod(2 + width(more), 3)
                flat = triples >= most and not rest  # COCO's list of numbers
                hint = f": for rows of {triples} points write numpy.reshape({self.name}, (-1, {triples}, 3))" * flat
                raise ValueError(
                    f"{self.name} must have at least {most} points, as keypoint_mirror= says, got {count}{hint}"
                )
            if points.ndim == 2 and "keypoint_weights" in sample.rules.table:
                raise ValueError(
                    f"{self.name} must have shape (n, k, ...) where points are mirrored by number and samples are "
                    f"mixed, got {points.shape}: left and right would be lost with the first point that goes"
                )
        if mirror is not None and mirror.labels and len(points):
            fields = [name for name, target in sample.rules.table.items() if isinstance(target, PointField)]
            if sample.given.keys().isdisjoint(fields):
                raise ValueError(
                    f"{' or '.join(fields) or 'keypoint_fields'} must be given with {self.name}: keypoint_mirror= "
                    "names left and right by label"
                )
        boxes = sample.given["boxes"] if points.ndim == 3 and self._follows(sample) else None
        if isinstance(boxes, Sized) and len(boxes) != len(points):
            raise ValueError(f"{self.name} must be of one thing per box, {len(boxes)}, got {len(points)}")
        return carried(points, more)

    def _split(self, value: Any) -> tuple[np.ndarray, More | None]:
        array = value if isinstance(value, np.ndarray) else nested(value)
        if array is not None and array.ndim == 2 and array.shape[1] == 2:
            return open_points(array, self.name), None
        if array is None or array.ndim != 3:
            points, more = split_rows(value, self.name, 2, "(x, y)")
        else:
            n, k, columns = array.shape
            points, more = split_rows(array.reshape(n * k, columns), self.name, 2, "(x, y)")
            points = points.reshape(n, k, 2)
            more = more.reshape(n, k, more.shape[-1]) if isinstance(more, np.ndarray) else None
        row = first_not_finite(points.reshape(-1, 2))
        if row >= 0:
            raise ValueError(
                f"{self.name} must be finite, got {tuple(points.reshape(-1, 2)[row].tolist())} in row {row}"
            )
        return points, more

    @staticmethod
    def _follows(sample: Opened) -> bool:
        """Whether things with points belong to boxes."""
        if "boxes" not in sample.given:
            return False
        table = sample.rules.table
        return table["masks" if "masks" in table else "instances"].of == "boxes"  # as they are called in a batch

    def move(self, value: np.ndarray | Carried, passage: Passage) -> np.ndarray | Carried:
        """Along the path of the passage, without those that are gone if the rules say so."""
        rules, remove = passage.rules, passage.rules.remove_invisible
        points, more = parts(value)
        names = _names(points, more, rules)
        if points.ndim == 2 and not names and not (rules.keypoint_mirror and rules.keypoint_mirror.rows):
            moved, kept = move_points(points, passage.path, remove_invisible=remove)
            passage.kept[self.name] = kept
            return carried(moved, more, kept)
        points, more, seen, there = move_all(points, more, passage.path, names, rules.keypoint_mirror)
        if remove:
            inside = seen & there
            points[inside] = points[inside].clip(0.0, passage.path.end[::-1])
        if points.ndim == 2:
            kept = np.flatnonzero(seen | ~there) if remove else np.arange(len(points))
            passage.kept[self.name] = kept
            return carried(points[kept], more, kept)
        gone = there & (~seen if remove else np.isnan(points[..., 0]))
        return self._of_boxes(_hidden(points, more, names, gone), passage)

    def _of_boxes(self, value: np.ndarray | Carried, following: Following) -> np.ndarray | Carried:
        """The things whose boxes are left; all where they belong to none."""
        kept = following.rows("boxes") if self._follows(following.sample) else None
        if kept is None:
            return value
        following.kept[self.name] = kept
        points, more = parts(value)
        return carried(points[kept], more, kept)

    def followed(self, value: np.ndarray | Carried, passage: Passage) -> np.ndarray | Carried:
        """The things whose boxes are left."""
        return self._of_boxes(value, passage) if parts(value)[0].ndim == 3 else value

    def close(self, value: np.ndarray | Carried, like: Any, passage: Passage) -> Any:
        """A list, a tuple or an array, as they came."""
        points, more = parts(value)
        return owned(points) if more is None and is_plain(like, 2) else as_container(points, like, more)

    def check_alike(self, sample: Opened, other: Opened, who: str) -> None:
        """Points of things on either side, one thing per box; where there are no things, there are no boxes."""
        mine, theirs = sample.opened[self.name], other.opened[self.name]
        self.rows_alike(mine, theirs, who)
        things = [parts(value)[0].ndim == 3 for value in (mine, theirs)]
        if things[0] != things[1] and self._follows(sample if things[0] else other):
            loose = len((other if things[0] else sample).opened["boxes"])
            if loose:
                raise ValueError(
                    f"{self.name} of all that is mixed must be of one thing per box, got none for {loose} boxes of "
                    f"{f'a {who}' if things[0] else 'the sample'}"
                )

    def cut(self, value: np.ndarray | Carried, piece: Piece) -> np.ndarray | Carried:
        """Those on visible pixels, on the canvas."""
        points, more = parts(value)
        names = _names(points, more, piece.rules)
        there = np.ones(points.shape[:-1], bool)
        if more is not None and VISIBILITY in names:
            there = column(more, names.index(VISIBILITY)).reshape(there.shape) != 0
        y, x = piece.at
        moved = np.where(there[..., np.newaxis], points + np.array((x, y), np.float64), points)
        if piece.owner is None:
            return self._of_boxes(carried(moved, more), piece) if points.ndim == 3 else carried(moved, more)
        seen = ~there
        seen.ravel()[seen_points(points.reshape(-1, 2), piece.owner, piece.who)] = True
        if points.ndim == 3:
            return self._of_boxes(_hidden(moved, more, names, ~seen), piece)
        rows = piece.kept[self.name] = np.flatnonzero(seen)
        return carried(moved[rows], more, rows)

    def join(self, values: Sequence[np.ndarray | Carried]) -> np.ndarray | Carried:
        """Those of all samples."""
        return joined(values, self.name)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """All of them, on the input, inside of it or not."""
        points, more = self._split(value)
        way = path_back(stages, *size)
        names = _names(points, more, rules)
        if points.ndim == 2 and not names and not (rules.keypoint_mirror and rules.keypoint_mirror.rows):
            return as_container(move_points(points, way, remove_invisible=False)[0], value, more)
        check_moved(more, names, self.name)
        moved = move_all(points, more, way, names, rules.keypoint_mirror)
        return as_container(moved.points, value, moved.more)


def _names(points: np.ndarray, more: More | None, rules: Rules) -> tuple[str, ...]:
    """The names of further columns that matter; those of COCO where points of things have one and nothing is said."""
    if points.ndim == 3 and not rules.keypoint_columns and more is not None and width(more) == 1:
        return (VISIBILITY,)
    return rules.keypoint_columns


def _hidden(points: np.ndarray, more: More | None, names: tuple[str, ...], gone: np.ndarray) -> np.ndarray | Carried:
    """Points of things with those that are gone marked, where there is a column for it."""
    if more is None or VISIBILITY not in names:
        return carried(points, more)
    points[gone] = 0.0
    rows = np.flatnonzero(gone)
    return carried(points, with_column(more, names.index(VISIBILITY), np.zeros(gone.size), rows))


class PointField(Field):
    """Labels, or whatever else there is for each keypoint; labels of left and right change places in mirror images."""

    __slots__ = ()

    def move(self, value: Any, passage: Passage) -> Any:
        """The entries of the points that are left."""
        field, mirror = super().move(value, passage), passage.rules.keypoint_mirror
        if mirror is None or not mirror.labels or not reverses(passage.path):
            return field
        if isinstance(field, np.ndarray):
            if field.dtype.kind not in "UO":
                return field
            other = [
                mirror.labels.get(entry, entry) if isinstance(entry, str) else entry for entry in field.ravel().tolist()
            ]
            made = np.empty(field.shape, object)
            made.ravel()[:] = other
            return made if field.dtype.kind == "O" else made.astype(np.str_)
        return type(field)(mirror.labels.get(entry, entry) if isinstance(entry, str) else entry for entry in field)
