"""Boxes: the rule by which they follow the geometry of a chain, and the kernels that carry it out.

Formats, for an image of (h, w):

* ``pascal_voc``: x0, y0, x1, y1 in pixels
* ``albumentations``: the same as fractions of w and h
* ``coco``: x0, y0, width, height in pixels
* ``yolo``: x and y of the centre, width, height as fractions of w and h

Coordinates are continuous: a box that covers the pixels 0 to 9 is (0, 0, 10, 10).

A box is carried by its four corners, exact for every projective map (where a grid displaces: by its outline in short
pieces).  Every frame on its way cuts it, the input's first, so that padding what a crop has cut off does not bring it
back.  The result is the smallest upright box around what is left: for a rotated box, larger than the box.

`min_visibility` is the part of the box that must still be seen, by area, against what the input showed of it: all
stages together, measured on the original box, so that neither scale nor perspective counts as loss.  (Where a grid
displaces, areas are compared before and after it.)  A box of which nothing is seen is dropped: outside the input
already, without area, or lost on the way.  With its row go its fields.  Erased pixels hide nothing of a box.  Borders
that repeat the image (``reflect``, ``wrap``, ...) do not repeat boxes.

How the kernels do it: a box is a polygon of homogeneous vertices (X, Y, D) that stand for the points (X / D, Y / D).
Maps multiply them, and the frames that it meets on its way cut it (Sutherland and Hodgman, "Reentrant polygon
clipping", CACM 1974).  In homogeneous coordinates cutting is linear, and the sides of a frame imply D >= 0, so that the
horizon of a perspective map needs no case of its own.  Each vertex also knows the place where it began: the area
between these places, against that of the whole box, is the part of the box that is still seen.

Kernels work in an array p of two halves with room for one polygon each, rows (X, Y, D, x, y); (k, n) says that it is in
the n rows from k on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.jit import kernel
from imgproc._scanline import Geometry, Stage

from .base import Opened, Passage, Piece, Rules, Target
from .path import DUST, MOST_PIECES, MULTIPLY, Path, bend, path_back
from .rows import as_container, as_rows

PASCAL_VOC, COCO, YOLO, ALBUMENTATIONS = range(4)
CODES = {"pascal_voc": PASCAL_VOC, "coco": COCO, "yolo": YOLO, "albumentations": ALBUMENTATIONS}
FORMATS = tuple(CODES)

_COLUMNS = {
    "pascal_voc": "(x0, y0, x1, y1)",
    "coco": "(x0, y0, width, height)",
    "yolo": "(x, y, width, height)",
    "albumentations": "(x0, y0, x1, y1)",
}

_PIECES = 32.0
"""A displaced outline has two pieces for each cell of the grid that it crosses, within this bound and MOST_PIECES."""
_LEFT, _RIGHT, _TOP, _BOTTOM, _HORIZON = range(5)
_NEAR = 1e-6
"""Depth, against the deepest vertex, at which a polygon that no frame cuts ends before the horizon."""
_SEEN = 1e-9
"""Part of a box below which nothing of it is seen: what is left is rounding."""
_CROSSED = 1e-6
"""Part of the image by which the corners of a box may be the wrong way round: that is rounding, not an error."""
_NEXT = 1e-9
"""Pixels beside a frame's edge that are on it."""
_FAR = 10.0
"""Fractions of the image beyond this are pixels by mistake."""


# --- along a path -----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _within(p, k, n, w, h):
    """Whether no vertex of a polygon lies outside a frame."""
    for i in range(n):
        x, y, d = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        if min(min(x, y), min(w * d - x, h * d - y)) < 0.0:
            return False
    return True


@kernel(inner=True)
def _height(p, k, i, side, w, h):
    """How far vertex i is on the inner side of a side of a frame (`w` of the horizon: the least depth)."""
    if side == _LEFT:
        return p[k + i, 0]
    if side == _RIGHT:
        return w * p[k + i, 2] - p[k + i, 0]
    if side == _TOP:
        return p[k + i, 1]
    if side == _BOTTOM:
        return h * p[k + i, 2] - p[k + i, 1]
    return p[k + i, 2] - w


@kernel(inner=True)
def _cut(p, k, n, side, w, h):
    """A polygon without what lies beyond one side of a frame, in the other half; returns its (k, n)."""
    room = p.shape[0] // 2
    to = room - k
    m, j = 0, n - 1
    s = _height(p, k, j, side, w, h)
    for i in range(n):
        t = _height(p, k, i, side, w, h)
        if m + 2 > room:
            break
        if (s < 0.0) != (t < 0.0):
            r = s / (s - t)
            for c in range(5):
                p[to + m, c] = p[k + j, c] + r * (p[k + i, c] - p[k + j, c])
            m += 1
        if t >= 0.0:
            for c in range(5):
                p[to + m, c] = p[k + i, c]
            m += 1
        j, s = i, t
    return to, m


@kernel(inner=True)
def _trim(p, k, n, w, h):
    """A polygon without what lies outside a frame, or behind the horizon if w < 0; returns its (k, n)."""
    first, last = 0, 4
    if w < 0.0:
        nearest, deepest = np.inf, 0.0
        for i in range(n):
            nearest, deepest = min(nearest, p[k + i, 2]), max(deepest, p[k + i, 2])
        w = _NEAR * deepest
        if not deepest > 0.0:
            return k, 0
        if nearest >= w:
            return k, n
        first, last = _HORIZON, _HORIZON + 1
    elif _within(p, k, n, w, h):
        return k, n
    for side in range(first, last):
        if n > 0:
            k, n = _cut(p, k, n, side, w, h)
    return k, n


@kernel(inner=True)
def _multiply(p, k, n, steps, s):
    a, b, c, d, e, f = steps[s, 1], steps[s, 2], steps[s, 3], steps[s, 4], steps[s, 5], steps[s, 6]
    g, h, q = steps[s, 7], steps[s, 8], steps[s, 9]
    for i in range(n):
        x, y, z = p[k + i, 0], p[k + i, 1], p[k + i, 2]
        p[k + i, 0] = a * x + b * y + c * z
        p[k + i, 1] = d * x + e * y + f * z
        p[k + i, 2] = g * x + h * y + q * z


@kernel(inner=True)
def _area(p, k, n):
    """Area between the places where the vertices began."""
    total = 0.0
    x0, y0 = p[k, 3], p[k, 4]
    for i in range(1, n - 1):
        total += (p[k + i, 3] - x0) * (p[k + i + 1, 4] - y0) - (p[k + i + 1, 3] - x0) * (p[k + i, 4] - y0)
    return 0.5 * abs(total)


@kernel(inner=True)
def _outline(p, k, n, step, grids):
    """A polygon in short pieces through a displacement, in the other half, where its vertices begin anew."""
    room, head = p.shape[0] // 2, int(step[12])
    to = room - k
    sx, sy = (grids[head + 1] - 1.0) / grids[head + 2], (grids[head] - 1.0) / grids[head + 3]
    last = k + n - 1
    x0, y0, cells = p[last, 0] / p[last, 2], p[last, 1] / p[last, 2], 0.0
    for i in range(k, k + n):
        x1, y1 = p[i, 0] / p[i, 2], p[i, 1] / p[i, 2]
        p[i, 2] = abs(x1 - x0) * sx + abs(y1 - y0) * sy
        p[i, 0], p[i, 1] = x1, y1
        cells += p[i, 2]
        x0, y0 = x1, y1
    rate = min(max(2.0 * cells, _PIECES), MOST_PIECES) / max(cells, DUST)
    m = 0
    for i in range(k, k + n):
        x1, y1 = p[i, 0], p[i, 1]
        parts = int(p[i, 2] * rate) + 1
        for q in range(1, min(parts, room - m) + 1):
            t = q / parts
            x, y = bend(grids, step, x0 + t * (x1 - x0), y0 + t * (y1 - y0))
            p[to + m, 0], p[to + m, 1], p[to + m, 2], p[to + m, 3], p[to + m, 4] = x, y, 1.0, x, y
            m += 1
        x0, y0 = x1, y1
    return to, m


@kernel(inner=True)
def _carry(box, steps, grids, w, h, cut, p):
    """One box along a path; returns the part of it that is seen, and the bounds of what becomes of it.

    With `cut`, the frames cut it; without, only horizons do.
    """
    x0, y0, x1, y1 = box[0], box[1], box[2], box[3]
    if cut:
        x0, y0, x1, y1 = max(x0, 0.0), max(y0, 0.0), min(x1, w), min(y1, h)
    if not (x1 > x0 and y1 > y0):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    if steps.shape[0] == 0:
        return 1.0, x0, y0, x1, y1
    for i in range(4):
        x, y = (x1 if 0 < i < 3 else x0), (y0 if i < 2 else y1)
        p[i, 0], p[i, 1], p[i, 2], p[i, 3], p[i, 4] = x, y, 1.0, x, y
    k, n, seen, whole = 0, 4, 1.0, (x1 - x0) * (y1 - y0)
    for s in range(steps.shape[0]):
        if steps[s, 0] == MULTIPLY:
            _multiply(p, k, n, steps, s)
        else:
            # Areas are compared only on one side of a displacement.
            seen *= _area(p, k, n) / whole
            k, n = _outline(p, k, n, steps[s], grids)
            whole = _area(p, k, n)
        k, n = _trim(p, k, n, steps[s, 10] if cut else -1.0, steps[s, 11])
        if n < 3 or not whole > 0.0:
            return 0.0, 0.0, 0.0, 0.0, 0.0
    seen *= _area(p, k, n) / whole
    x0, y0, x1, y1 = _bounds(p, k, n)
    return seen, x0, y0, x1, y1


@kernel(inner=True)
def _bounds(p, k, n):
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    for i in range(n):
        x, y = p[k + i, 0] / p[k + i, 2], p[k + i, 1] / p[k + i, 2]
        x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
    return x0, y0, x1, y1


@kernel(inner=True)
def _to_frame(value, size):
    """Into [0, size], and exactly to its ends what rounding left beside them."""
    value = 0.0 if value < _NEXT else value
    return size if value > size - _NEXT else value


@kernel
def carry_boxes(boxes, steps, grids, frame, rule, p, out, parts, kept):
    """Boxes along a path that starts in a frame (h, w): those of which enough is seen; returns how many.

    `rule` is (min_area, min_visibility, clip).  `parts` gets the part of each that is seen, `kept` its row; `p` is room
    for two polygons."""
    h, w = frame
    min_area, min_visibility, clip = rule
    count = 0
    last = steps.shape[0] - 1
    fw, fh = (steps[last, 10], steps[last, 11]) if last >= 0 else (w, h)
    for i in range(boxes.shape[0]):
        x0, y0, x1, y1, seen, enough = 0.0, 0.0, 0.0, 0.0, 0.0, False
        # What is seen of it first, then all of it.
        for turn in range(1 if clip else 2):
            part, x0, y0, x1, y1 = _carry(boxes[i], steps, grids, w, h, turn == 0, p)
            if turn == 0:
                seen, area = min(part, 1.0), (x1 - x0) * (y1 - y0)
                enough = seen > _SEEN and seen >= min_visibility - _SEEN and area >= min_area * (1.0 - _SEEN)
                if not enough:
                    break
        if not enough:
            continue
        if clip:
            x0, x1, y0, y1 = _to_frame(x0, fw), _to_frame(x1, fw), _to_frame(y0, fh), _to_frame(y1, fh)
        out[count, 0], out[count, 1], out[count, 2], out[count, 3] = x0, y0, x1, y1
        parts[count], kept[count] = seen, i
        count += 1
    return count


# --- what is visible of boxes in a mixed image ------------------------------------------------------------------------


@kernel
def visible_boxes(boxes, owner, who, least, out, kept):
    """Boxes cut to the smallest around their pixels of one owner; returns how many are kept.

    A box is measured by what it has inside of the frame; pixels that its sides cut count by their covered part.
    """
    h, w = owner.shape
    count = 0
    for k in range(boxes.shape[0]):
        x0, y0 = max(boxes[k, 0], 0.0), max(boxes[k, 1], 0.0)
        x1, y1 = min(boxes[k, 2], float(w)), min(boxes[k, 3], float(h))
        if not (x0 < x1 and y0 < y1):
            continue
        seen, left, top, right, bottom = 0.0, x1, y1, x0, y0
        for y in range(int(np.floor(y0)), int(np.ceil(y1))):
            down = min(y1, y + 1.0) - max(y0, float(y))
            across, first, last = 0.0, -1, -1
            for x in range(int(np.floor(x0)), int(np.ceil(x1))):
                if owner[y, x] == who:
                    across += min(x1, x + 1.0) - max(x0, float(x))
                    first = x if first < 0 else first
                    last = x
            if last >= 0:
                seen += down * across
                left, right = min(left, max(x0, float(first))), max(right, min(x1, last + 1.0))
                top, bottom = min(top, max(y0, float(y))), max(bottom, min(y1, y + 1.0))
        if seen > 0.0 and seen >= least * (x1 - x0) * (y1 - y0) * (1.0 - 1e-12):
            out[count, 0], out[count, 1], out[count, 2], out[count, 3] = left, top, right, bottom
            kept[count] = k
            count += 1
    return count


def seen_boxes(boxes: np.ndarray, owner: np.ndarray, who: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of which at least a part is seen, cut to it, and which rows they were.

    `owner` is uint8 (h, w): which sample each pixel comes from.
    """
    out, kept = np.empty((len(boxes), 4)), np.empty(len(boxes), np.intp)
    count = visible_boxes(np.ascontiguousarray(boxes), owner, np.uint8(who), float(least), out, kept)
    return out[:count], kept[:count]


# --- formats ----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _corners(given, i, code, w, h):
    a, b, c, d = given[i, 0], given[i, 1], given[i, 2], given[i, 3]
    if code in (YOLO, ALBUMENTATIONS):
        a, b, c, d = a * w, b * h, c * w, d * h
    if code == YOLO:
        a, b = a - 0.5 * c, b - 0.5 * d
    if code in (YOLO, COCO):
        c, d = a + c, b + d
    return a, b, c, d


@kernel
def read_boxes(given, code, w, h, out):
    """Boxes of a format as corners in pixels; returns -1, or 4 * row + what is wrong with it.

    Wrong is: 0 not finite, 1 corners the wrong way round or sides below 0, 2 fractions that must be pixels.
    """
    fractions = code in (YOLO, ALBUMENTATIONS)
    dust_x, dust_y = _CROSSED * max(w, 1.0), _CROSSED * max(h, 1.0)
    for i in range(given.shape[0]):
        largest = 0.0
        for j in range(4):
            if not np.isfinite(given[i, j]):
                return 4 * i
            largest = max(largest, abs(given[i, j]))
        if fractions and largest > _FAR:
            return 4 * i + 2
        a, b, c, d = _corners(given, i, code, w, h)
        if c < a - dust_x or d < b - dust_y:
            return 4 * i + 1
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, max(a, c), max(b, d)
    return -1


@kernel
def write_boxes(boxes, code, w, h, given, rows, out):
    """Corners in pixels as boxes of a format.

    Where row ``rows[i]`` of `given` means just the corners of box i, it is taken as it is; `rows` may be empty.
    """
    x, y = 1.0, 1.0
    if code in (YOLO, ALBUMENTATIONS):
        x, y = w, h
    for i in range(boxes.shape[0]):
        a, b, c, d = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        if i < rows.size:
            k = rows[i]
            e, f, g, q = _corners(given, k, code, w, h)
            if a == e and b == f and c == max(e, g) and d == max(f, q):
                for j in range(4):
                    out[i, j] = given[k, j]
                continue
        if code in (YOLO, COCO):
            c, d = c - a, d - b
        if code == YOLO:
            a, b = a + 0.5 * c, b + 0.5 * d
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a / x, b / y, c / x, d / y


# --- from and to callers ----------------------------------------------------------------------------------------------


def open_boxes(boxes: Any, box_format: str, height: int, width: int, name: str = "boxes") -> np.ndarray:
    """Boxes as a new float64 array of shape (n, 4), corners x0, y0, x1, y1 in pixels.

    Nothing is cut or dropped here: what lies beyond the image, by rounding or by far, is the matter of `move_boxes`.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        None at all in any spelling: ``[]``, shape (0,) or (0, 4).
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
    height, width : int
        Of the image.
    name : str
        What messages call them.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not rows of four, not finite, have their corners the wrong way round (rounding aside), or if
        fractions of the image are beyond 10 in size, which must be pixels.
    """
    one_of(box_format, "box_format", FORMATS)
    given = as_rows(boxes, name, 4, _COLUMNS[box_format])
    wrong = read_boxes(given, CODES[box_format], float(width), float(height), given)
    if wrong >= 0:
        row, number = divmod(wrong, 4)
        came = tuple(np.asarray(boxes)[row].tolist())
        raise ValueError(f"{name} {_rule(number, box_format)}, got {came} in row {row}")
    return given


def _rule(number: int, box_format: str) -> str:
    if number == 0:
        return "must be finite"
    if number == 2:
        return f"in format {box_format!r} must be fractions of the image, not pixels"
    return "must have x0 <= x1 and y0 <= y1" if "x1" in _COLUMNS[box_format] else "must have width and height >= 0"


def move_boxes(
    boxes: np.ndarray, way: Path, *, min_area: float = 0.0, min_visibility: float = 0.0, clip: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes along a path, without those of which too little is seen.

    Parameters
    ----------
    boxes : float64 ndarray of shape (n, 4)
        As `open_boxes` gives them.
    way : Path
    min_area : float
        Pixels² that the box around what is seen must have in the output.
    min_visibility : float
        Part of the box, in [0, 1], that must be seen in the output.
    clip : bool
        Give the box around what is seen.  Otherwise the box around all of it, wherever that comes to lie; which boxes
        are kept is the same.

    Returns
    -------
    float64 ndarray of shape (m, 4), float64 ndarray of shape (m,), intp ndarray of shape (m,)
        The boxes, the part of each that is seen, and which rows they were.
    """
    n = len(boxes)
    out, parts, kept = np.empty((n, 4)), np.empty(n), np.empty(n, np.intp)
    room = np.empty((2 * way.vertices, 5))
    frame, rule = (float(way.start[0]), float(way.start[1])), (float(min_area), float(min_visibility), bool(clip))
    count = carry_boxes(boxes, way.steps, way.grids, frame, rule, room, out, parts, kept)
    return (out, parts, kept) if count == n else (out[:count], parts[:count], kept[:count])


def boxes_back(boxes: np.ndarray, stages: Iterable[Stage], height: int, width: int, *, clip: bool = True) -> np.ndarray:
    """Where boxes of the output come from in an input of (height, width).

    Parameters
    ----------
    boxes : float64 ndarray of shape (n, 4)
        As `open_boxes` gives them.
    stages : iterable of Stage
    height, width : int
    clip : bool
        Give the box around the part that comes from the input, zeros where none does.  Otherwise around all of it.

    Returns
    -------
    float64 ndarray of shape (n, 4)
    """
    found, _, kept = move_boxes(boxes, path_back(stages, height, width), clip=clip)
    if len(kept) == len(boxes):
        return found
    out = np.zeros((len(boxes), 4))
    out[kept] = found
    return out


def close_boxes(
    boxes: np.ndarray, box_format: str, height: int, width: int, *, like: Any, kept: np.ndarray | None = None
) -> Any:
    """Corners in pixels as boxes of a format.

    Parameters
    ----------
    boxes : float64 ndarray of shape (m, 4)
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
    height, width : int
        Of the image that they are for.
    like : array_like
        The boxes that were opened.  They say which container the result is (see `as_container`), and where one of
        them means just these corners, it comes back number for number, without the rounding of two conversions.
    kept : ndarray of shape (m,), optional
        Which rows of `like` the boxes were; default: all.

    Returns
    -------
    list, tuple or ndarray
    """
    code = CODES[box_format]
    if code == PASCAL_VOC or not len(boxes):
        return as_container(boxes, like)
    if kept is None:
        kept = np.arange(len(boxes) if len(boxes) == len(like) else 0)
    given = as_rows(like, "boxes", 4, _COLUMNS[box_format])
    out = np.empty_like(boxes)
    write_boxes(boxes, code, float(width), float(height), given, kept, out)
    return as_container(out, like)


class Boxes(Target):
    """Boxes."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """float64 (n, 4), corners in pixels."""
        return open_boxes(value, sample.rules.box_format, sample.height, sample.width, self.name)

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """Along the path of the passage, without those of which the rules ask to see more."""
        rules = passage.rules
        boxes, _, passage.kept[self.name] = move_boxes(
            value, passage.path, min_area=rules.min_area, min_visibility=rules.min_visibility, clip=rules.clip
        )
        return boxes

    def close(self, value: np.ndarray, like: Any, passage: Passage) -> Any:
        """In the format and container in which they came."""
        rows = passage.kept[self.name] if passage.same_rows else None
        return close_boxes(value, passage.rules.box_format, *passage.end, like=like, kept=rows)

    def cut(self, value: np.ndarray, piece: Piece) -> np.ndarray:
        """Cut to their visible pixels, on the canvas."""
        if piece.owner is not None:
            value, piece.kept[self.name] = seen_boxes(value, piece.owner, piece.who, piece.least)
        y, x = piece.at
        return value + np.array((x, y, x, y), np.float64)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """On the input, through their corners."""
        end = stages[-1].size if stages else size
        opened = open_boxes(value, rules.box_format, *end, self.name)
        return close_boxes(boxes_back(opened, stages, *size), rules.box_format, *size, like=value)
