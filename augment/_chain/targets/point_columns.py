"""What keypoints have beside x and y: visibility, angle and scale, and left and right that change places.

Columns are named by `Compose.keypoint_columns`, in order.  Three names say that a column follows the image:

* ``visibility``: 0 says that there is no such point, and then none of its numbers change; as in COCO, whose points have
  x = y = visibility = 0 then.
* ``angle``: a direction in degrees, counter-clockwise as seen.  It turns with what it points along: by the derivative
  of the map at the point.
* ``scale``: a length.  It grows with the square root of the area, by the determinant of that derivative.

`Mirror` says which points, by number, or which labels are left and right of each other.  They change places where the
map from the input to the output turns the image into its mirror image, and only there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import kernel

from .degrees import angle_of, direction_of
from .path import MULTIPLY, Path, slope, step_point, within
from .rows import More

VISIBILITY, ANGLE, SCALE = "visibility", "angle", "scale"
_MOVED = (VISIBILITY, ANGLE, SCALE)


class Mirror(NamedTuple):
    """Pairs of labels, or pairs of numbers of points, in both directions."""

    labels: dict[str, str]
    rows: dict[int, int]

    def order(self, count: int) -> np.ndarray:
        """Which point comes to each place, of so many."""
        order = np.arange(count)
        for place, other in self.rows.items():
            order[place] = other
        return order


def mirror_pairs(value: Any) -> tuple[tuple[Any, Any], ...] | None:
    """What `Compose.keypoint_mirror` may be, as pairs, each of which is named once.

    Raises
    ------
    TypeError, ValueError
        If it is no dict, no sequence of pairs and no permutation, or a point is in two pairs.
    """
    if value is None:
        return None
    entries = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(entries, (list, tuple)):
        raise TypeError(f"keypoint_mirror must be a dict or a sequence of pairs, got {type(value).__name__}")
    if entries and all(isinstance(entry, int) for entry in entries):  # for each point, the one in its place
        entries = list(enumerate(entries))
    kinds = set()
    for entry in entries:
        if not isinstance(entry, (list, tuple)) or len(entry) != 2:
            raise TypeError(f"keypoint_mirror must have pairs of labels or of numbers of points, got {entry!r:.60}")
        kinds |= {type(side) for side in entry}
    if not (kinds <= {str} or kinds <= {int}):
        raise TypeError(f"keypoint_mirror must have pairs of strings or of integers, got {entries!r:.80}")
    other: dict[Any, Any] = {}
    for one, two in entries:
        if isinstance(one, int) and min(one, two) < 0:
            raise ValueError(f"keypoint_mirror must have numbers of points >= 0, got {(one, two)}")
        for a, b in ((one, two), (two, one)):
            if other.setdefault(a, b) != b:
                raise ValueError(
                    f"keypoint_mirror must have each point in one pair, got {a!r} with {other[a]!r} and {b!r}"
                )
    return tuple((a, b) for k, (a, b) in enumerate(other.items()) if a != b and list(other).index(b) > k)


def make_mirror(pairs: tuple[tuple[Any, Any], ...] | None) -> Mirror | None:
    """The mirror of checked pairs."""
    if not pairs:
        return None
    both = {**dict(pairs), **{b: a for a, b in pairs}}
    return Mirror({}, both) if isinstance(pairs[0][0], int) else Mirror(both, {})


def check_columns(value: Any) -> tuple[str, ...]:
    """Names of columns."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"keypoint_columns must be a sequence of strings, a list or a tuple, got {value!r}")
    if len(set(value)) < len(value) or {"x", "y"} & set(value):
        raise ValueError(f"keypoint_columns must name each column behind x and y once, got {tuple(value)}")
    return tuple(value)


# --- columns ----------------------------------------------------------------------------------------------------------


def column(more: More, k: int) -> np.ndarray:
    """A column of numbers, float64 (n,), however many axes the points have."""
    if isinstance(more, np.ndarray):
        return more[..., k].ravel()
    return np.array([end[k] for end in more], np.float64)


def with_column(more: More, k: int, values: np.ndarray, rows: np.ndarray) -> More:
    """The same with other numbers in a column, in some rows: numbers of the flat column."""
    if isinstance(more, np.ndarray):
        more = more.copy()
        flat = more.reshape(-1, more.shape[-1])
        flat[rows, k] = values[rows]
        return more
    ends = list(more)
    for row in rows.tolist():
        ends[row] = (*ends[row][:k], float(values[row]), *ends[row][k + 1 :])
    return ends


def check_moved(more: More | None, names: tuple[str, ...], name: str) -> None:
    """Columns that follow the image are finite numbers."""
    for k, what in enumerate(names):
        if what not in _MOVED or more is None or not len(more):
            continue
        try:
            values = column(more, k)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{name} must have numbers in the column {what!r}") from None
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"{name} must be finite in the column {what!r}, got {values[row]} in row {row}")


# --- along a path -----------------------------------------------------------------------------------------------------


@kernel
def follow_points(points, steps, grids, w, h, out, seen, local):
    """Points along a path that starts in a frame of (h, w), and the derivative (xx, xy, yx, yy) of the map at each.

    `seen` says which lay in all frames.  What is behind a horizon becomes NaN."""
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        a, b, c, d = 1.0, 0.0, 0.0, 1.0
        inside = within(x, y, w, h)
        for k in range(steps.shape[0]):
            u, v = x, y
            x, y = step_point(u, v, steps[k], grids)
            e, f, g, q = slope(u, v, x, y, steps[k], grids)
            a, b, c, d = e * a + f * c, e * b + f * d, g * a + q * c, g * b + q * d
            if steps[k, 10] >= 0.0:
                inside = inside and within(x, y, steps[k, 10], steps[k, 11])
        out[i, 0], out[i, 1], seen[i] = x, y, inside
        local[i, 0], local[i, 1], local[i, 2], local[i, 3] = a, b, c, d


@kernel
def turn_angles(angles, local, out):
    """Angles after maps of these derivatives, from 0 to 360; as they are where nothing turns."""
    for i in range(angles.size):
        a, b, c, d = local[i, 0], local[i, 1], local[i, 2], local[i, 3]
        x, y = direction_of(angles[i] - 360.0 * np.floor(angles[i] / 360.0))
        u, v = a * x + b * y, c * x + d * y
        out[i] = angles[i]
        if not (a == d and b == 0.0 and c == 0.0 and a > 0.0) and abs(u) + abs(v) > 0.0:
            angle = angle_of(u, v)
            angle = angle + 360.0 if angle < 0.0 else angle
            out[i] = angle if angle < 360.0 else 0.0


class Moved(NamedTuple):
    """Points after a path, all of them, in the order of their places."""

    points: np.ndarray
    more: More | None
    seen: np.ndarray
    """bool, one a point: whether it lay in all frames."""
    there: np.ndarray
    """bool, one a point: whether there is such a point at all."""


def move_all(points: np.ndarray, more: More | None, way: Path, names: tuple[str, ...], mirror: Mirror | None) -> Moved:
    """Points (n, 2) or (n, k, 2) along a path, with their columns, left and right in each other's places."""
    flat = points.reshape(-1, 2)
    n = len(flat)
    there = np.ones(n, bool)
    if more is not None and VISIBILITY in names:
        there = column(more, names.index(VISIBILITY)) != 0
    out, seen, local = np.empty((n, 2)), np.empty(n, np.bool_), np.empty((n, 4))
    h, w = way.start
    follow_points(flat, way.steps, way.grids, float(w), float(h), out, seen, local)
    out[~there] = flat[~there]
    if len(way.steps) and more is not None:
        rows = np.flatnonzero(there & np.isfinite(out).all(axis=1))
        if ANGLE in names:
            angles = np.fmod(column(more, k := names.index(ANGLE)), 360.0)
            turned = np.empty(n)
            turn_angles(angles, local, turned)
            more = with_column(more, k, turned, rows[turned[rows] != angles[rows]])
        if SCALE in names:
            area = np.abs(local[:, 0] * local[:, 3] - local[:, 1] * local[:, 2])
            more = with_column(more, k := names.index(SCALE), column(more, k) * np.sqrt(area), rows[area[rows] != 1.0])
    moved = Moved(out.reshape(points.shape), more, seen.reshape(points.shape[:-1]), there.reshape(points.shape[:-1]))
    if mirror is None or not mirror.rows or not n or not reverses(way):
        return moved
    return _mirrored(moved, mirror.order(points.shape[-2]))


def _mirrored(moved: Moved, order: np.ndarray) -> Moved:
    more = moved.more
    if isinstance(more, np.ndarray):
        more = more[..., order, :]
    elif more is not None:
        more = [more[k] for k in order.tolist()]
    return Moved(moved.points[..., order, :], more, moved.seen[..., order], moved.there[..., order])


def reverses(way: Path) -> bool:
    """Whether a path leads to a mirror image.  Displacements are taken to bend, not to fold."""
    matrices = way.steps[way.steps[:, 0] == MULTIPLY, 1:10]
    a, b, c, d, e, f, g, h, i = matrices.T
    return bool(np.count_nonzero(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0) % 2)
