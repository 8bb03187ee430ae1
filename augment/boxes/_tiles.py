"""Large images in overlapping tiles, so that small objects stay large enough to be found, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment._dust import thick_rows
from imgproc._core.check import as_image, flag, one_of, real, size_pair
from imgproc._core.declare import declare

from ._inputs import as_boxes, as_labels, as_numbers
from ._overlap import IOU, SMALLER
from ._suppress import suppress

__all__ = ["Tile", "merge_tiles", "tile"]


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
        float64.  Boxes in the coordinates of the tile, cut at its border.
    rows : ndarray of shape (n,)
        intp.  Which rows of the boxes they were: ``labels[t.rows]`` are their labels.
    visible : ndarray of shape (n,)
        float64.  The part of each box, by area, that lies in the tile.
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
) -> list[Tile]:
    """Cut an image into overlapping tiles of one size.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    boxes : array_like of shape (n, 4), optional
        Corners x0, y0, x1, y1 in pixels.
    size : (int, int)
        (h, w) of a tile [px].  A side that the image does not have is that of the image.
    overlap : float
        Part of a tile, in [0, 1), that it shares with the next one at least.  An object no larger than that is whole in
        at least one tile.
    min_visibility : float
        Leave out boxes of which less than this part, by area, is seen; in [0, 1].  Boxes that a tile shows nothing of,
        or less than a thousandth of a pixel along an axis, are left out always.

    Returns
    -------
    list of Tile
        Row by row.  They cover the image; none reaches beyond it, so the last of a row overlaps more.

    Raises
    ------
    TypeError, ValueError
        If the image is empty, boxes are not rows of four finite numbers or have negative sides, or a parameter is out
        of range.
    """
    as_image(image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    height, width = size_pair(size, "size")
    share = real(overlap, "overlap", at_least=0.0)
    if share >= 1:
        raise ValueError(f"overlap must be < 1, got {share}")
    least = real(min_visibility, "min_visibility", at_least=0.0, at_most=1.0)
    given = as_boxes([] if boxes is None else boxes, "boxes")
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
            tiles.append(Tile(np.array(image[y0:y1, x0:x1], order="C"), (x0, y0), cut[rows], rows, part[rows]))
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
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bring detections in tiles back to the whole image, each thing once: the inverse of `tile`.

    Parameters
    ----------
    tiles : sequence of Tile or of (int, int)
        The tiles, or their origins (x, y).
    boxes : sequence of array_like of shape (n_i, 4)
        Detections in each tile, corners x0, y0, x1, y1 in pixels of the tile.
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

    Returns
    -------
    ndarray of shape (k, 4)
        float64.  Boxes in the whole image, by falling score.
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
    """
    one_of(overlap, "overlap", ("smaller", "iou"))
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
        own = as_boxes(boxes[i], f"boxes[{i}]")
        number = as_numbers(scores[i], len(own), f"scores[{i}]", f"boxes[{i}]")
        label = np.zeros(len(own), np.int64)
        if classes is not None:
            label = as_labels(classes[i], len(own), f"classes[{i}]", f"boxes[{i}]")
        x, y = size_pair(one.origin if isinstance(one, Tile) else one, f"tiles[{i}]", at_least=0)
        if drop_cut:
            h, w = one.image.shape[:2]
            whole = ((own[:, 0] > 0) | (x == 0)) & ((own[:, 1] > 0) | (y == 0))
            whole &= ((own[:, 2] < w) | (x + w == right)) & ((own[:, 3] < h) | (y + h == bottom))
            own, number, label = own[whole], number[whole], label[whole]
        if len(own):
            found.append((own + np.array([x, y, x, y]), number, label))
    if not found:
        return np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64)
    every, number, label = (np.concatenate(column) for column in zip(*found, strict=True))
    kind = SMALLER if overlap == "smaller" else IOU
    kept = suppress(kind, every, number, label, threshold, None, None, False, "pascal_voc", "threshold")
    return every[kept], number[kept], label[kept]


declare(merge_tiles, tile, no_peer="no row yet")
