"""Large images in overlapping tiles, so that small objects stay large enough to be found, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment._dust import thick_rows
from imgproc._core.check import as_image, flag, one_of, real, size_pair
from imgproc._core.declare import declare

from ._inputs import as_boxes, as_labels, as_numbers, written
from ._oriented import FORMATS as ORIENTED
from ._oriented import as_corners, from_tile, in_tile
from ._overlap import IOU, SMALLER
from ._suppress import suppress

__all__ = ["Tile", "merge_tiles", "tile"]

PIXELS = ("pascal_voc", "coco", *ORIENTED)
"""Formats of boxes in pixels: those of tiles, whose fractions would be of another size than the image's."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of an image, with the boxes that are seen in it.

    Attributes
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Its pixels, a copy.
    origin : (int, int)
        (x, y) of its corner in the whole image [px].
    boxes : ndarray of shape (n, 4)
        float64.  Boxes in the coordinates of the tile, cut at its border; (n, 5) or (n, 8) if they are oriented.
    rows : ndarray of shape (n,)
        intp.  Which rows of the boxes they were: ``labels[t.rows]`` are their labels.
    visible : ndarray of shape (n,)
        float64.  The part of each box, by area, that lies in the tile.

    Examples
    --------
    >>> first = tile(image, size=(64, 64))[0]
    >>> first.origin
    (0, 0)
    """

    image: np.ndarray
    origin: tuple[int, int]
    boxes: np.ndarray
    rows: np.ndarray
    visible: np.ndarray


def tile(
    image: np.ndarray,
    boxes: Any = None,
    *,
    size: tuple[int, int],
    overlap: float = 0.2,
    min_visibility: float = 0.0,
    box_format: str = "pascal_voc",
) -> list[Tile]:
    """Cut an image into overlapping tiles of one size.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    boxes : array_like of shape (n, 4), optional
        In pixels; of shape (n, 5) or (n, 8) if they are oriented.
    size : (int, int)
        (h, w) of a tile [px].  A side that the image does not have is that of the image.
    overlap : float
        Part of a tile, in [0, 1), that it shares with the next one at least.  An object no larger than that is whole in
        at least one tile.
    min_visibility : float
        Leave out boxes of which less than this part, by area, is seen; in [0, 1].  Boxes that a tile shows nothing of,
        or less than a thousandth of a pixel along an axis, are left out always.
    box_format : {"pascal_voc", "coco", "obb", "corners"}
        How a row of boxes is written, here and in the tiles, see `iou`.  Oriented boxes that a tile cuts keep their
        angle, so that a corner of them may lie outside of it.

    Returns
    -------
    list of Tile
        Row by row.  They cover the image; none reaches beyond it, so the last of a row overlaps more.

    Raises
    ------
    TypeError, ValueError
        If the image is empty, boxes are not rows of as many finite numbers as their format has or have negative sides,
        or a parameter is out of range.

    Examples
    --------
    >>> tiles = tile(image, size=(64, 64), overlap=0.25)
    >>> len(tiles), tiles[0].image.shape
    (6, (64, 64, 3))
    """
    as_image(image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    height, width = size_pair(size, "size")
    share = real(overlap, "overlap", at_least=0.0)
    if share >= 1:
        raise ValueError(f"overlap must be < 1, got {share}")
    least = real(min_visibility, "min_visibility", at_least=0.0, at_most=1.0)
    one_of(box_format, "box_format", PIXELS)
    boxes = [] if boxes is None else boxes
    if box_format in ORIENTED:
        corners = as_corners(boxes, "boxes", box_format)
        tiles = []
        for y0, y1 in _spans(image.shape[0], height, share):
            for x0, x1 in _spans(image.shape[1], width, share):
                seen = in_tile(corners, box_format, (x0, y0, x1, y1), least)
                tiles.append(Tile(np.array(image[y0:y1, x0:x1], order="C"), (x0, y0), *seen))
        return tiles
    given = as_boxes(boxes, "boxes", box_format)
    area = (given[:, 2] - given[:, 0]) * (given[:, 3] - given[:, 1])
    tiles = []
    for y0, y1 in _spans(image.shape[0], height, share):
        for x0, x1 in _spans(image.shape[1], width, share):
            cut = given.copy()
            cut[:, 0::2] = cut[:, 0::2].clip(x0, x1) - x0
            cut[:, 1::2] = cut[:, 1::2].clip(y0, y1) - y0
            seen = (cut[:, 2] - cut[:, 0]) * (cut[:, 3] - cut[:, 1])
            part = np.divide(seen, area, out=np.zeros(len(area)), where=area > 0)
            rows = thick_rows(cut, y1 - y0, x1 - x0)
            rows = rows[part[rows] >= least]
            own = written(cut[rows], box_format)
            tiles.append(Tile(np.array(image[y0:y1, x0:x1], order="C"), (x0, y0), own, rows, part[rows]))
    return tiles


def _spans(length: int, side: int, overlap: float) -> list[tuple[int, int]]:
    """Where tiles start and end along one side, evenly spread."""
    if side >= length:
        return [(0, length)]
    step = max(int(side * (1 - overlap)), 1)
    count = -(-(length - side) // step) + 1
    return [(start, start + side) for start in (i * (length - side) // (count - 1) for i in range(count))]


def merge_tiles(
    tiles: Sequence[Any],
    boxes: Sequence[Any],
    scores: Sequence[Any],
    *,
    classes: Sequence[Any] | None = None,
    threshold: float = 0.5,
    overlap: str = "smaller",
    drop_cut: bool = False,
    box_format: str = "pascal_voc",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bring detections in tiles back to the whole image, each thing once: the inverse of `tile`.

    Parameters
    ----------
    tiles : sequence of Tile or of (int, int)
        The tiles, or their origins (x, y).
    boxes : sequence of array_like of shape (n_i, 4)
        Detections in each tile, in pixels of the tile; of shape (n_i, 5) or (n_i, 8) if they are oriented.
    scores : sequence of array_like of shape (n_i,)
        Their scores.
    classes : sequence of array_like of shape (n_i,), optional
        Integers or strings; only detections of one class are merged.  Default: all are of class 0.
    threshold : float
        In [0, 1]; of two that overlap more the one with the lower score goes.
    overlap : {"smaller", "iou"}
        Measure it by the smaller of both boxes, so that what a tile saw of a thing goes beside the whole of it, or by
        the IoU.
    drop_cut : bool
        Leave out detections that touch a border of their tile which another one overlaps or continues; needs `Tile`
        entries.  A thing larger than the overlap may then be lost.
    box_format : {"pascal_voc", "coco", "obb", "corners"}
        How a row of boxes is written, see `iou`.

    Returns
    -------
    ndarray of shape (k, 4)
        float64.  Boxes in the whole image, by falling score; rows of the format.
    ndarray of shape (k,)
        float64.  Their scores.
    ndarray of shape (k,)
        Their classes.

    Raises
    ------
    TypeError, ValueError
        If there is not one entry for each tile, or one does not fit together.

    References
    ----------
    F. C. Akyon et al., "Slicing aided hyper inference and fine-tuning for small object detection", ICIP 2022.

    Examples
    --------
    >>> tiles = tile(image, size=(64, 64), overlap=0.25)
    >>> boxes = [np.array([[5.0, 5, 15, 15]])] + [np.zeros((0, 4))] * (len(tiles) - 1)
    >>> scores = [np.array([0.9])] + [np.zeros(0)] * (len(tiles) - 1)
    >>> merge_tiles(tiles, boxes, scores)[0]
    array([[ 5.,  5., 15., 15.]])
    """
    one_of(overlap, "overlap", ("smaller", "iou"))
    one_of(box_format, "box_format", PIXELS)
    real(threshold, "threshold", at_least=0.0, at_most=1.0)
    flag(drop_cut, "drop_cut")
    for name, value in (("tiles", tiles), ("boxes", boxes), ("scores", scores), ("classes", classes)):
        if value is None and name == "classes":
            continue
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{name} must be a list with one entry per tile, got {type(value).__name__}")
        if len(value) != len(tiles):
            raise ValueError(f"{name} must have one entry per tile, {len(tiles)}, got {len(value)}")
    if drop_cut and not all(isinstance(t, Tile) for t in tiles):
        raise TypeError("tiles must be Tile entries where drop_cut is True, got origins")
    ends = [(t.origin[0] + t.image.shape[1], t.origin[1] + t.image.shape[0]) for t in tiles if isinstance(t, Tile)]
    right, bottom = np.max(ends, axis=0) if ends else (0, 0)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for i, one in enumerate(tiles):
        x, y = size_pair(one.origin if isinstance(one, Tile) else one, f"tiles[{i}]", at_least=0)
        if box_format in ORIENTED:
            own, whole_rows = from_tile(boxes[i], f"boxes[{i}]", box_format, (x, y))
        else:
            own = as_boxes(boxes[i], f"boxes[{i}]", box_format)
            whole_rows = own + np.array([x, y, x, y])
        number = as_numbers(scores[i], len(own), f"scores[{i}]", f"boxes[{i}]")
        label = np.zeros(len(own), np.int64)
        if classes is not None:
            label = as_labels(classes[i], len(own), f"classes[{i}]", f"boxes[{i}]")
        if drop_cut:
            h, w = one.image.shape[:2]
            whole = ((own[:, 0] > 0) | (x == 0)) & ((own[:, 1] > 0) | (y == 0))
            whole &= ((own[:, 2] < w) | (x + w == right)) & ((own[:, 3] < h) | (y + h == bottom))
            whole_rows, number, label = whole_rows[whole], number[whole], label[whole]
        if len(whole_rows):
            found.append((whole_rows, number, label))
    if not found:
        return np.zeros((0, {"obb": 5, "corners": 8}.get(box_format, 4))), np.zeros(0), np.zeros(0, np.int64)
    every, number, label = (np.concatenate(column) for column in zip(*found, strict=True))
    kind = SMALLER if overlap == "smaller" else IOU
    kind_of_rows = box_format if box_format in ORIENTED else "pascal_voc"
    kept = suppress(kind, every, number, label, threshold, None, None, False, kind_of_rows, "threshold")
    merged = every[kept] if box_format in ORIENTED else written(every[kept], box_format)
    return merged, number[kept], label[kept]


declare(merge_tiles, tile, no_peer="copies of rectangles, and the suppression of nms, which has rows")
