"""Boxes through the geometry of a chain: analytically, as polygons that its frames cut.

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
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from augment._chain.targets.moves import (
    ALBUMENTATIONS,
    COCO,
    PASCAL_VOC,
    YOLO,
    carry_boxes,
    read_boxes,
    write_boxes,
)
from imgproc._core.check import one_of

from .points import Path, as_container, as_rows, path_back

CODES = {"pascal_voc": PASCAL_VOC, "coco": COCO, "yolo": YOLO, "albumentations": ALBUMENTATIONS}
FORMATS = tuple(CODES)

_COLUMNS = {
    "pascal_voc": "(x0, y0, x1, y1)",
    "coco": "(x0, y0, width, height)",
    "yolo": "(x, y, width, height)",
    "albumentations": "(x0, y0, x1, y1)",
}


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
    h, w = way.start
    count = carry_boxes(
        boxes,
        way.steps,
        way.grids,
        float(w),
        float(h),
        float(min_area),
        float(min_visibility),
        bool(clip),
        room,
        out,
        parts,
        kept,
    )
    return (out, parts, kept) if count == n else (out[:count], parts[:count], kept[:count])


def boxes_back(boxes: np.ndarray, stages: Iterable[Any], height: int, width: int, *, clip: bool = True) -> np.ndarray:
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
