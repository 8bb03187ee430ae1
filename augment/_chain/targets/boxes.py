"""Boxes: their formats, and the rule by which they follow the geometry of a chain; `box_path` carries it out.

Formats, for an image of (h, w):

* ``pascal_voc``: x0, y0, x1, y1 in pixels
* ``albumentations``: the same as fractions of w and h
* ``coco``: x0, y0, width, height in pixels
* ``yolo``: x and y of the centre, width, height as fractions of w and h

A row may have more behind these four numbers, such as a class: it is carried as it is.

Coordinates are continuous: a box that covers the pixels 0 to 9 is (0, 0, 10, 10).

A box is carried by its four corners, exact for every projective map (where a grid displaces: by its outline in short
pieces).  Every frame on its way cuts it, the input's first, so that padding what a crop has cut off does not bring it
back.  The result is the smallest upright box around what is left: for a rotated box, larger than the box.

`min_visibility` is the part of the box that must still be seen, by area, against what the input showed of it: all
stages together, measured on the original box, so that neither scale nor perspective counts as loss.  (Where a grid
displaces, areas are compared before and after it.)  A box of which nothing is seen is dropped: outside the input
already, without area, or lost on the way.  So is one that comes out thinner than a thousandth of a pixel (see
`_dust`).  With its row go its fields.  Erased pixels hide nothing of a box.  Borders that repeat the image
(``reflect``, ``wrap``, ...) do not repeat boxes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.jit import kernel
from imgproc._core.needed import level_of_caller
from imgproc._core.units import Direct
from imgproc._scanline import Geometry

from ..._dust import thick_rows
from .base import Opened, Passage, Piece, Rules, Target
from .box_path import boxes_back, move_boxes
from .box_pixels import seen_boxes
from .path import Path
from .rows import Carried, More, as_container, as_rows, carried, is_plain, joined, owned, parts, split_rows

PASCAL_VOC, COCO, YOLO, ALBUMENTATIONS = range(4)
CODES = {"pascal_voc": PASCAL_VOC, "coco": COCO, "yolo": YOLO, "albumentations": ALBUMENTATIONS}
FORMATS = tuple(CODES)

_COLUMNS = {
    "pascal_voc": "(x0, y0, x1, y1)",
    "coco": "(x0, y0, width, height)",
    "yolo": "(x, y, width, height)",
    "albumentations": "(x0, y0, x1, y1)",
}

_CROSSED = 1e-6
"""Part of the image by which the corners of a box may be the wrong way round: that is rounding, not an error."""
_FAR = 10.0
"""Fractions of the image beyond this are pixels by mistake."""
_ROUNDED = 1.0
"""Pixels by which a box may reach out of the image: annotations are rounded to whole pixels, or to a few digits."""
CLIP, RAISE, DROP = range(3)
OUTSIDE = {"clip": CLIP, "raise": RAISE, "drop": DROP}
"""What becomes of boxes that reach out of the image when they come."""


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
def read_boxes(given, code, w, h, outside, out):
    """Boxes of a format as corners in pixels; returns -1, or 4 * row + what is wrong with it.

    Wrong is: 0 not finite, 1 corners the wrong way round or sides below 0, 2 fractions that must be pixels, 3 beyond
    the image (where `outside` is RAISE; where it is DROP, such a box loses its area).  Where nothing is, -2 means that
    the sides of coco look like corners: most boxes end beyond the image, and as corners all lie in it.  -3 means that
    pixels look like fractions: all boxes lie in the first one (not where `outside` is CLIP, which is for all callers
    that just want corners).
    """
    ends_outside, fit, most, whole = 0, 0, 0.0, True
    fractions = code in (YOLO, ALBUMENTATIONS)
    dust_x, dust_y = _CROSSED * max(w, 1.0), _CROSSED * max(h, 1.0)
    for i in range(given.shape[0]):
        largest = 0.0
        for j in range(4):
            if not np.isfinite(given[i, j]):
                return 4 * i
            largest = max(largest, abs(given[i, j]))
            whole = whole and given[i, j] == np.rint(given[i, j])
        most = max(most, largest)
        if fractions and largest > _FAR:
            return 4 * i + 2
        if given[i, 0] < given[i, 2] <= w and given[i, 1] < given[i, 3] <= h:
            fit += 1
        a, b, c, d = _corners(given, i, code, w, h)
        if c > w + 1.0 or d > h + 1.0:
            ends_outside += 1
        if c < a - dust_x or d < b - dust_y:
            return 4 * i + 1
        c, d = max(a, c), max(b, d)
        if outside != CLIP and max(max(-a, -b), max(c - w, d - h)) > _ROUNDED:
            if outside == RAISE:
                return 4 * i + 3
            c = a
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, c, d
    if code == COCO and fit == given.shape[0] and fit > 1 and 2 * ends_outside > fit:
        return -2
    tiny = 0.0 < most <= 1.0 < max(w, h) and not whole
    return -3 if tiny and not fractions and outside != CLIP else -1


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


_ROWS = np.empty((0, 4))
_READ = Direct(read_boxes, lambda: (_ROWS, 0, 0.0, 0.0, 0, _ROWS))
_WRITE = Direct(write_boxes, lambda: (_ROWS, 0, 0.0, 0.0, _ROWS, np.empty(0, np.intp), _ROWS))


# --- from and to callers ----------------------------------------------------------------------------------------------


def open_boxes(boxes: Any, box_format: str, height: int, width: int, name: str = "boxes") -> np.ndarray:
    """Boxes as a new float64 array of shape (n, 4), corners x0, y0, x1, y1 in pixels.

    Nothing is cut or dropped here: what lies beyond the image, by rounding or by far, is the matter of `move_boxes`.
    There are no further columns.

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

    Warns
    -----
    UserWarning
        If several boxes in format coco look like corners.  They may be what they say, boxes of things that reach far
        out of the picture, and so they are taken.
    """
    one_of(box_format, "box_format", FORMATS)
    return _corners_of(as_rows(boxes, name, 4, _COLUMNS[box_format]), boxes, box_format, height, width, name)


def _corners_of(
    given: np.ndarray, boxes: Any, box_format: str, height: int, width: int, name: str, outside: int = CLIP
) -> np.ndarray:
    """Rows of a format as corners, in place; `boxes` are the rows as they came."""
    wrong = _READ.call(given, CODES[box_format], float(width), float(height), outside, given)
    if wrong >= 0:
        row, number = divmod(wrong, 4)
        given, _ = split_rows(boxes, name, 4, _COLUMNS[box_format])
        numbers = np.asarray([own[:4] for own in boxes] if isinstance(boxes, (list, tuple)) else boxes)[row, :4]
        came = tuple(numbers.tolist())
        hint = _looks_like(given, box_format, height, width) if number else ""
        raise ValueError(f"{name} {_rule(number, box_format, (height, width))}, got {came} in row {row}{hint}")
    if wrong == -2:
        warnings.warn(
            f"{name} in format 'coco' are (x0, y0, width, height), by which most of these end beyond the image of "
            f"{(height, width)}, where they are cut; as corners (x0, y0, x1, y1) all lie in it: is it "
            "box_format='pascal_voc'?",
            stacklevel=level_of_caller(),
        )
    if wrong == -3:
        hint = _looks_like(split_rows(boxes, name, 4, _COLUMNS[box_format])[0], box_format, height, width)
        if hint:
            warnings.warn(
                f"{name} in format {box_format!r} are pixels, by which all of these lie in the first pixel of the "
                f"image of {(height, width)}{hint}",
                stacklevel=level_of_caller(),
            )
    return given


def _looks_like(given: np.ndarray, box_format: str, height: int, width: int) -> str:
    """The end of a message: in which other formats all of these boxes lie in the image, if there are any."""
    if max(height, width) <= 1:  # boxes without an image
        return ""
    fitting, small = [], bool((np.abs(given) <= 1 + _CROSSED).all())
    for other, code in CODES.items():
        if other != box_format and small == (code in (YOLO, ALBUMENTATIONS)):
            wrong = read_boxes(given, code, float(width), float(height), RAISE, np.empty_like(given))
            fitting += [other] if wrong < 0 else []
    if not fitting:
        return ""
    formats = " or ".join(f"box_format={other!r}, rows {_COLUMNS[other]}" for other in fitting)
    what = ": the numbers look like fractions of the image, and" if small else ":"
    if not small and CODES[box_format] in (YOLO, ALBUMENTATIONS):
        what = ": the numbers look like pixels, and"
    return f"{what} all of them would lie in it as {formats}"


def _rule(number: int, box_format: str, size: tuple[int, int]) -> str:
    if number == 0:
        return "must be finite"
    if number == 2:
        return f"in format {box_format!r} must be fractions of the image, not pixels"
    if number == 3:
        return (
            f"in format {box_format!r} must lie in the image of (h, w) = {size}, within a pixel, unless "
            "box_outside='clip' or 'drop' says what becomes of those that do not"
        )
    return "must have x0 <= x1 and y0 <= y1" if "x1" in _COLUMNS[box_format] else "must have width and height >= 0"


def close_boxes(
    boxes: np.ndarray,
    box_format: str,
    height: int,
    width: int,
    *,
    like: Any,
    kept: np.ndarray | None = None,
    more: More | None = None,
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
    more : optional
        Their further columns.

    Returns
    -------
    list, tuple or ndarray
    """
    code = CODES[box_format]
    if code == PASCAL_VOC or not len(boxes):
        return as_container(boxes, like, more)
    if kept is None:
        kept = np.arange(len(boxes) if len(boxes) == len(like) else 0)
    plain = is_plain(like, 4)
    given = like if plain else split_rows(like, "boxes", 4, _COLUMNS[box_format])[0]
    out = np.empty(boxes.shape)
    boxes, kept = np.ascontiguousarray(boxes, np.float64), np.ascontiguousarray(kept, np.intp)
    _WRITE.call(boxes, code, float(width), float(height), given, kept, out)
    return out if plain and more is None else as_container(out, like, more)


class Boxes(Target):
    """Boxes, whose checked form is float64 (n, 4), corners in pixels, or `Carried` with further columns."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray | Carried:
        """Corners in pixels."""
        rules = sample.rules
        size = sample.height, sample.width
        if is_plain(value, 4):
            return _corners_of(value.copy(), value, rules.box_format, *size, self.name, rules.box_outside)
        given, more = split_rows(value, self.name, 4, _COLUMNS[rules.box_format])
        return carried(_corners_of(given, value, rules.box_format, *size, self.name, rules.box_outside), more)

    def move(self, value: np.ndarray | Carried, passage: Passage) -> np.ndarray | Carried:
        """Along the path of the passage, without those of which the rules ask to see more."""
        rules = passage.rules
        corners, more = parts(value)
        boxes, _, kept = move_boxes(
            corners, passage.path, min_area=rules.min_area, min_visibility=rules.min_visibility, clip=rules.clip
        )
        passage.kept[self.name] = kept
        return carried(boxes, more, kept)

    def close(self, value: np.ndarray | Carried, like: Any, passage: Passage) -> Any:
        """In the format and container in which they came."""
        rows = passage.kept[self.name] if passage.same_rows else None
        boxes, more = parts(value)
        if more is None and passage.rules.box_format == "pascal_voc" and is_plain(like, 4):
            return owned(boxes)
        return close_boxes(boxes, passage.rules.box_format, *passage.end, like=like, kept=rows, more=more)

    def cut(self, value: np.ndarray | Carried, piece: Piece) -> np.ndarray | Carried:
        """Cut to their visible pixels, on the canvas; those that are no slivers where all is visible."""
        boxes, more = parts(value)
        rows = None
        if piece.owner is not None:
            boxes, rows = seen_boxes(boxes, piece.owner, piece.who, piece.least)
        elif len(thick := thick_rows(boxes, piece.sample.height, piece.sample.width)) < len(boxes):
            boxes, rows = boxes[thick], thick
        if rows is not None:
            piece.kept[self.name] = rows
        y, x = piece.at
        return carried(boxes + np.array((x, y, x, y), np.float64), more, rows)

    def join(self, values: Sequence[np.ndarray | Carried]) -> np.ndarray | Carried:
        """Those of all samples."""
        return joined(values, self.name)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """On the input, through their corners."""
        end = stages[-1].size if stages else size
        given, more = split_rows(value, self.name, 4, _COLUMNS[rules.box_format])
        opened = _corners_of(given, value, rules.box_format, *end, self.name)
        return close_boxes(boxes_back(opened, stages, *size), rules.box_format, *size, like=value, more=more)

    # --- for transforms that look at boxes, or measure them anew ------------------------------------------------------

    def upright(self, value: np.ndarray | Carried) -> np.ndarray:
        """Corners x0, y0, x1, y1."""
        return parts(value)[0]

    def moved(self, value: np.ndarray | Carried, way: Path) -> np.ndarray:
        """The upright boxes around what is seen of them at the end of a path."""
        return move_boxes(parts(value)[0], way)[0]

    def thick(self, value: np.ndarray | Carried, height: int, width: int) -> np.ndarray:
        """Which rows are no slivers on an image of this size."""
        return thick_rows(parts(value)[0], height, width)

    def chosen(
        self, value: np.ndarray | Carried, rows: np.ndarray, seen: dict[int, np.ndarray]
    ) -> np.ndarray | Carried:
        """Some rows; those in `seen` are the smallest boxes around pixels, bool (h, w)."""
        boxes, more = parts(value)
        boxes = boxes.copy()
        for k, flags in seen.items():
            y, x = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
            boxes[k] = x[0], y[0], x[-1] + 1, y[-1] + 1
        return carried(boxes[rows], more, rows)
