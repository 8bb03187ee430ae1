"""Oriented boxes: rectangles at any angle, and boxes of four corners; the rule by which they follow the geometry.

Formats, in pixels of continuous coordinates where nothing else is said:

* ``obb``: x and y of the centre, width, height, and the angle of the width in degrees, counter-clockwise as seen
* ``corners``: x0, y0, ..., x3, y3, in order round the box
* ``yolo_obb``: the same as fractions of the width and of the height of the image, in chains alone

An oriented box is carried by its corners, as an upright one is, and every frame on its way cuts it; `min_visibility`
is measured in the same way, by the area of the polygon that is left.  What becomes of it is the smallest rectangle
around its moved corners (of any angle: one side lies along a side of their hull).  Where frames cut it, the rectangle
keeps its angle and becomes the smallest one around what is left, so that a corner of it may lie outside of the image.
In formats ``corners`` and ``yolo_obb`` the four moved corners themselves come back where no frame has cut the box, and
the corners of that rectangle where one has.  Corners keep their order: the first stays the first, also in mirror
images.  Where tiles that change places part a box, it becomes the upright rectangle around its pieces.

An angle that comes back is from -90 up to 90: a rectangle has no front.  The width stays the width.

As such a rectangle may reach out of its image, only boxes of which nothing lies in it are outside when they come.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.needed import level_of_caller
from imgproc._scanline import Geometry

from ..._dust import thinnest, thinnest_kernel
from .base import Opened, Passage, Piece, Rules
from .box_path import SEEN, area_of, around_tiles, bender_of, follow, trim
from .boxes import RAISE, Boxes
from .degrees import angle_of, direction_of
from .path import TILES, Path, path_back, step_point
from .quad_shapes import bounds_along, crosses, direction_of_polygon, rectangle, seen_quads, smallest_direction
from .rows import Carried, as_container, carried, parts, split_rows

OBB, CORNERS, YOLO_OBB = "obb", "corners", "yolo_obb"
ORIENTED = (OBB, CORNERS)
"""In pixels."""
ORIENTED_IN_CHAINS = (*ORIENTED, YOLO_OBB)
ROWS = {
    OBB: (5, "(x, y, width, height, angle)"),
    CORNERS: (8, "(x0, y0, x1, y1, x2, y2, x3, y3)"),
    YOLO_OBB: (8, "(x0, y0, x1, y1, x2, y2, x3, y3)"),
}
_ROUNDED = 1.0
"""Pixels by which a box may miss the image."""


# --- formats ----------------------------------------------------------------------------------------------------------


@kernel
def read_obb(given, out):
    """Rows (x, y, width, height, angle) as corners: from the left of the width and the top of the height, clockwise."""
    for i in range(given.shape[0]):
        x, y, a, b = given[i, 0], given[i, 1], 0.5 * given[i, 2], 0.5 * given[i, 3]
        angle = given[i, 4]
        c, s = direction_of(angle - 360.0 * np.floor(angle / 360.0))
        # The width runs along (c, s), the height along (-s, c).
        out[i, 0], out[i, 1] = x - a * c + b * s, y - a * s - b * c
        out[i, 2], out[i, 3] = x + a * c + b * s, y + a * s - b * c
        out[i, 4], out[i, 5] = x + a * c - b * s, y + a * s + b * c
        out[i, 6], out[i, 7] = x - a * c - b * s, y - a * s + b * c


def corners_of(given: np.ndarray) -> np.ndarray:
    """Rows (n, 5) as corners (n, 8); angles of any size."""
    given, out = np.array(given, np.float64), np.empty((len(given), 8))
    given[:, 4] = np.fmod(given[:, 4], 360.0)
    read_obb(given, out)
    return out


@kernel
def write_obb(quads, out):
    """Corners of rectangles as rows (x, y, width, height, angle)."""
    for i in range(quads.shape[0]):
        q = quads[i]
        ux, uy, vx, vy = q[2] - q[0], q[3] - q[1], q[6] - q[0], q[7] - q[1]
        out[i, 0] = 0.25 * (q[0] + q[2] + q[4] + q[6])
        out[i, 1] = 0.25 * (q[1] + q[3] + q[5] + q[7])
        out[i, 2], out[i, 3] = np.sqrt(ux * ux + uy * uy), np.sqrt(vx * vx + vy * vy)
        angle = angle_of(ux, uy)
        angle = angle - 180.0 if angle >= 90.0 - 1e-9 else angle
        angle = angle + 180.0 if angle < -90.0 - 1e-9 else angle
        out[i, 4] = max(angle, -90.0) + 0.0  # no -0


def open_quads(given: np.ndarray, box_format: str, name: str) -> np.ndarray:
    """Checked corners, float64 (n, 8), of rows of numbers in one of the `ORIENTED` formats.

    Raises
    ------
    ValueError
        If they are not finite, have a side below 0, or corners that are not in order round the box.
    """
    if not np.isfinite(given).all():
        raise _wrong(given, ~np.isfinite(given), name, "must be finite")
    if box_format == OBB:
        if (given[:, 2:4] < 0).any():
            raise _wrong(given, given[:, 2:4] < 0, name, "must have width and height >= 0")
        quads = corners_of(given)
        if not np.isfinite(quads).all():
            raise _wrong(given, ~np.isfinite(quads), name, "must have finite corners")
        return quads
    if (crossed := crosses(given)).any():
        raise _wrong(given, crossed[:, np.newaxis], name, "must have their corners in order round the box")
    return given


def _wrong(given: np.ndarray, wrong: np.ndarray, name: str, rule: str) -> ValueError:
    row = int(np.nonzero(wrong)[0][0])
    return ValueError(f"{name} {rule}, got {tuple(given[row].tolist())} in row {row}")


def close_quads(
    quads: np.ndarray, box_format: str, like: np.ndarray, kept: np.ndarray | None, unit: Any = 1.0
) -> np.ndarray:
    """Rows of a format; where rows `kept` of `like`, rows of that format, mean just these corners, those come back.

    `unit` has the pixels that stand for 1, where coordinates are fractions."""
    if box_format == CORNERS:
        return quads
    if box_format == OBB:
        out = np.empty((len(quads), 5))
        write_obb(quads, out)
    else:
        out = quads / unit
    if kept is not None and len(kept):
        given = like[kept]
        same = ((corners_of(given) if box_format == OBB else given * unit) == quads).all(axis=1)
        out[same] = given[same]
    return out


# --- along a path -----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _start(quad, p):
    for i in range(4):
        x, y = quad[2 * i], quad[2 * i + 1]
        p[i, 0], p[i, 1], p[i, 2], p[i, 3], p[i, 4] = x, y, 1.0, x, y


@kernel(inner=True)
def _moved_corners(quad, steps, grids, out):
    """The corners at the end of a path; whether all are in front of every horizon, and no tiles part the box."""
    for i in range(8):
        out[i] = quad[i]
    together = True
    for s in range(steps.shape[0]):
        mx, my = 0.0, 0.0
        if steps[s, 0] == TILES and together:
            x0, x1 = min(min(out[0], out[2]), min(out[4], out[6])), max(max(out[0], out[2]), max(out[4], out[6]))
            y0, y1 = min(min(out[1], out[3]), min(out[5], out[7])), max(max(out[1], out[3]), max(out[5], out[7]))
            _, _, _, _, mx, my = around_tiles(x0, y0, x1, y1, int(steps[s, 12]), grids)
        for i in range(0, 8, 2):
            x, y = out[i] + mx, out[i + 1] + my
            if steps[s, 0] != TILES:
                x, y = step_point(x, y, steps[s], grids)
            out[i], out[i + 1] = x, y
            together = together and abs(x) < np.inf and abs(y) < np.inf  # not of NaN
    return together


@kernel
def carry_quads(quads, steps, grids, bender, frame, rule, p, out, parts, kept):
    """Oriented boxes along a path that starts in a frame (h, w): those of which enough is seen; returns how many.

    `rule` is (min_area, min_visibility, clip, whether results are rectangles).  The rest is as in `carry_boxes`."""
    h, w = frame
    min_area, min_visibility, clip, rectangles = rule
    last, count, corners = steps.shape[0] - 1, 0, np.empty(8)
    least = thinnest_kernel(steps[last, 11], steps[last, 10]) if last >= 0 else thinnest_kernel(h, w)
    for i in range(quads.shape[0]):
        _start(quads[i], p)
        total = area_of(p, 0, 4)
        k, n = trim(p, 0, 4, w, h)
        whole = area_of(p, k, n) if n >= 3 else 0.0
        if not whole > SEEN * total:
            continue
        seen, k, n = follow(p, k, n, whole, steps, grids, bender, True)
        seen = min(seen, 1.0)
        if n < 3 or not seen > SEEN or seen < min_visibility - SEEN:
            continue
        together = _moved_corners(quads[i], steps, grids, corners)
        c, s, mirrored = smallest_direction(corners) if together else direction_of_polygon(p, k, n)
        u0, v0, u1, v1 = bounds_along(p, k, n, c, s)
        area = (u1 - u0) * (v1 - v0)
        if area < min_area * (1.0 - SEEN) or u1 - u0 < least or v1 - v0 < least:
            continue
        uncut = whole >= total * (1.0 - SEEN) and seen >= 1.0 - SEEN
        if (uncut or not clip) and (last < 0 or (together and not rectangles)):
            out[count] = corners
        else:
            if not clip:
                _start(quads[i], p)
                _, k, n = follow(p, 0, 4, total, steps, grids, bender, False)
                u0, v0, u1, v1 = bounds_along(p, k, n, c, s)
            rectangle(u0, v0, u1, v1, c, s, mirrored, out[count])
        parts[count], kept[count] = seen, i
        count += 1
    return count


def move_quads(
    quads: np.ndarray,
    way: Path,
    *,
    rectangles: bool,
    min_area: float = 0.0,
    min_visibility: float = 0.0,
    clip: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Oriented boxes, float64 (n, 8), along a path, without those of which too little is seen.

    As `box_path.move_boxes`; with `rectangles` all results are rectangles.
    """
    n = len(quads)
    out, seen, kept = np.empty((n, 8)), np.empty(n), np.empty(n, np.intp)
    frame = float(way.start[0]), float(way.start[1])
    rule = float(min_area), float(min_visibility), bool(clip), bool(rectangles)
    room = np.empty((2 * (way.vertices + 10), 5))
    given, bender = np.ascontiguousarray(quads), bender_of(way)
    count = carry_quads(given, way.steps, way.grids, bender, frame, rule, room, out, seen, kept)
    return out[:count], seen[:count], kept[:count]


def upright(quads: np.ndarray) -> np.ndarray:
    """The upright boxes around oriented ones."""
    x, y = quads[:, 0::2], quads[:, 1::2]
    return (
        np.stack([x.min(axis=1), y.min(axis=1), x.max(axis=1), y.max(axis=1)], axis=1)
        if len(quads)
        else np.empty((0, 4))
    )


# --- the target -------------------------------------------------------------------------------------------------------


class OrientedBoxes(Boxes):
    """Oriented boxes, whose checked form is float64 (n, 8), corners in pixels, or `Carried` with further columns.

    Parameters
    ----------
    name : str
    box_format : {"obb", "corners", "yolo_obb"}
    """

    __slots__ = ("box_format",)

    def __init__(self, name: str, box_format: str) -> None:
        super().__init__(name)
        self.box_format = box_format

    @property
    def _rectangles(self) -> bool:
        return self.box_format == OBB

    def open(self, value: Any, sample: Opened) -> np.ndarray | Carried:
        """Corners in pixels."""
        h, w = sample.height, sample.width
        given, more = self._rows(value)
        quads = open_quads(given * self._unit(h, w), self.box_format, self.name)
        if len(quads) and sample.rules.box_outside == RAISE:
            x0, y0, x1, y1 = upright(quads).T
            outside = (x1 < -_ROUNDED) | (y1 < -_ROUNDED) | (x0 > w + _ROUNDED) | (y0 > h + _ROUNDED)
            if outside.any():
                row = int(np.flatnonzero(outside)[0])
                raise ValueError(
                    f"{self.name} in format {self.box_format!r} must lie in the image of (h, w) = {(h, w)}, at least "
                    "in part, unless box_outside='drop' leaves out those that do not, got "
                    f"{tuple(self._rows(value)[0][row].tolist())} in row {row}"
                )
            given = given[:, :4] if self._rectangles else quads
            small = max(h, w) > 1 and (np.abs(given) <= 1).all() and (given != np.rint(given)).any()
            if small and self.box_format != YOLO_OBB:
                warnings.warn(
                    f"{self.name} in format {self.box_format!r} are pixels, by which all of these lie in the first "
                    f"pixel of the image of {(h, w)}: the numbers look like fractions of the image; corners as "
                    f"fractions are box_format={YOLO_OBB!r}",
                    stacklevel=level_of_caller(),
                )
        return carried(quads, more)

    def _rows(self, value: Any) -> tuple[np.ndarray, Any]:
        return split_rows(value, self.name, *ROWS[self.box_format])

    def _unit(self, height: int, width: int) -> Any:
        """How many pixels 1 is, on an image of this size."""
        return np.array((width, height) * 4, np.float64) if self.box_format == YOLO_OBB else 1.0

    def move(self, value: np.ndarray | Carried, passage: Passage) -> np.ndarray | Carried:
        """Along the path of the passage, without those of which the rules ask to see more."""
        rules = passage.rules
        quads, more = parts(value)
        quads, _, kept = move_quads(
            quads,
            passage.path,
            rectangles=self._rectangles,
            min_area=rules.min_area,
            min_visibility=rules.min_visibility,
            clip=rules.clip,
        )
        passage.kept[self.name] = kept
        return carried(quads, more, kept)

    def close(self, value: np.ndarray | Carried, like: Any, passage: Passage) -> Any:
        """In the format and container in which they came."""
        quads, more = parts(value)
        rows = passage.kept[self.name] if passage.same_rows else None
        given = self._rows(like)[0] if rows is not None and self.box_format != CORNERS else quads
        return as_container(close_quads(quads, self.box_format, given, rows, self._unit(*passage.end)), like, more)

    def cut(self, value: np.ndarray | Carried, piece: Piece) -> np.ndarray | Carried:
        """Cut to their visible pixels, on the canvas; those that are no slivers where all is visible."""
        quads, more = parts(value)
        if piece.owner is not None:
            quads, rows = seen_quads(quads, piece.owner, piece.who, piece.least)
        else:
            rows = self.thick(value, piece.sample.height, piece.sample.width)
            quads = quads[rows]
        piece.kept[self.name] = rows
        y, x = piece.at
        return carried(quads + np.array((x, y) * 4, np.float64), more, rows)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """On the input, through their corners; zeros where none of a box comes from it."""
        given, more = self._rows(value)
        end = stages[-1].size if stages else size
        quads = open_quads(given * self._unit(*end), self.box_format, self.name)
        moved, _, kept = move_quads(quads, path_back(stages, *size), rectangles=self._rectangles)
        out = np.zeros((len(quads), given.shape[1]))
        out[kept] = close_quads(moved, self.box_format, given, kept, self._unit(*size))
        return as_container(out, value, more)

    def upright(self, value: np.ndarray | Carried) -> np.ndarray:
        """The upright boxes around them."""
        return upright(parts(value)[0])

    def moved(self, value: np.ndarray | Carried, way: Path) -> np.ndarray:
        """The upright boxes around what is seen of them at the end of a path."""
        boxes = upright(move_quads(parts(value)[0], way, rectangles=self._rectangles)[0])
        h, w = way.end
        return boxes.clip(0.0, (w, h, w, h))

    def thick(self, value: np.ndarray | Carried, height: int, width: int) -> np.ndarray:
        """Which rows are no slivers on an image of this size."""
        corners, least = parts(value)[0].reshape(-1, 4, 2), thinnest(height, width)
        sides = np.roll(corners, -1, axis=1) - corners
        lengths = np.sqrt((sides * sides).sum(axis=2))  # of opposite sides the longer one
        return np.flatnonzero((np.maximum(lengths[:, :2], lengths[:, 2:]) >= least).all(axis=1))

    def chosen(
        self, value: np.ndarray | Carried, rows: np.ndarray, seen: dict[int, np.ndarray]
    ) -> np.ndarray | Carried:
        """Some rows; those in `seen` are the smallest rectangles of their angle around pixels, bool (h, w)."""
        quads, more = parts(value)
        quads = quads.copy()
        for k, flags in seen.items():
            whole, _ = seen_quads(_frame_along(quads[k], flags.shape), flags.view(np.uint8), 1, 0.0)
            quads[k] = whole[0]
        return carried(quads[rows], more, rows)


def _frame_along(quad: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """A rectangle (1, 8) with the sides of a box that holds a whole image of (h, w)."""
    h, w = size
    side = quad[2:4] - quad[0:2]
    side = side / np.sqrt((side * side).sum())
    down = np.array((-side[1], side[0]))
    down = down if down @ (quad[6:8] - quad[0:2]) >= 0 else -down
    centre, reach = np.array((0.5 * w, 0.5 * h)), float(h + w)
    found = [centre + reach * (a * side + b * down) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return np.concatenate(found)[np.newaxis]
