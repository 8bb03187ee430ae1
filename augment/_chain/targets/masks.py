"""Masks: label images of the sample's size, one or one for each instance.  Labels are never interpolated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.hints import hint_of
from imgproc._core.jit import kernel
from imgproc._core.units import Direct
from imgproc._scanline import (
    Erase,
    Geometry,
    LabelPass,
    MaskOnly,
    Stage,
    check_label,
    run_mask,
    run_masks,
    tiles_back,
)
from imgproc._scanline.matrix import IDENTITY, inverse, multiply

from .base import Opened, Passage, Piece, Rules, Target
from .box_path import move_boxes
from .image import Plane
from .path import path
from .points import move_points

_LABELS, _SIZES = "biuf", (1, 2, 4, 8)
"""Kinds of numbers that labels may be, and their bytes."""
_USUAL = frozenset(np.dtype(name) for name in ("bool", "uint8", "uint16", "int32", "int64"))
"""Labels as they mostly come."""


def check_mask(mask: Any, height: int, width: int, name: str = "mask") -> np.ndarray:
    """A label image of the sample's size, in native byte order; never a copy otherwise.

    Parameters
    ----------
    mask : ndarray of shape (height, width) or (height, width, c)
        bool, any integers, float32 or float64.  Labels are never interpolated, those in floats neither.
    height, width : int
    name : str
        What messages call it.

    Raises
    ------
    TypeError
        If it is no array or of another dtype.
    ValueError
        If it is of another size.
    """
    if type(mask) is np.ndarray and mask.dtype in _USUAL and mask.shape == (height, width):
        return mask
    _check_labels(mask, name)
    if mask.ndim not in (2, 3):
        raise ValueError(f"{name} must have shape (h, w) or (h, w, c), got {mask.shape}")
    if mask.shape[:2] != (height, width):
        raise ValueError(f"{name} must have the (h, w) of the image, {(height, width)}, got {mask.shape}")
    return mask if mask.dtype.isnative else mask.astype(mask.dtype.newbyteorder("="))


def _check_labels(mask: Any, name: str) -> None:
    if type(mask) is not np.ndarray and (not isinstance(mask, np.ndarray) or isinstance(mask, np.ma.MaskedArray)):
        hint = hint_of(mask, name, "numpy.uint8")
        raise TypeError(f"{name} must be a plain numpy array, got {type(mask).__name__}{hint}")
    dtype = mask.dtype
    if dtype.kind not in _LABELS or dtype.itemsize not in _SIZES or dtype.char == "e":  # float16
        hint = ": levels such as a depth belong in float_names of Compose" * (dtype.char == "e")
        raise TypeError(f"{name} must be bool, integers, float32 or float64, got {dtype}{hint}")


def open_masks(masks: Any, height: int, width: int, name: str = "masks") -> list[np.ndarray]:
    """A list or tuple of masks, or one array (n, h, w) or (n, h, w, c), as a list of checked masks."""
    if isinstance(masks, np.ndarray):
        _check_labels(masks, name)
        if masks.ndim not in (3, 4):
            raise ValueError(f"{name} must have shape (n, h, w) or (n, h, w, c), got {masks.shape}")
        if masks.shape[1:3] != (height, width):
            raise ValueError(f"{name} must have the (h, w) of the image, {(height, width)}, got {masks.shape}")
    elif not isinstance(masks, (list, tuple)):
        hint = hint_of(masks, name)
        raise TypeError(f"{name} must be a list of masks or an array (n, h, w), got {type(masks).__name__}{hint}")
    return [check_mask(mask, height, width, f"{name}[{i}]") for i, mask in enumerate(masks)]


def close_masks(moved: Sequence[np.ndarray], like: Any, height: int, width: int) -> Any:
    """Moved masks in the container in which they came; `height` and `width` are those of an empty array."""
    if isinstance(like, tuple):
        return tuple(moved)
    if isinstance(like, list):
        return list(moved)
    if not moved:
        return np.empty((0, height, width, *like.shape[3:]), like.dtype.newbyteorder("="))
    whole = moved[0].base
    if whole is not None and whole.shape == (len(moved), *moved[0].shape):  # that `through_masks` has made
        return whole
    return np.stack(moved)


def paint(mask: np.ndarray, stage: Erase) -> None:
    """Paint the rectangles of a stage on a mask, in place."""
    label = stage.mask_fill
    assert label is not None
    check_label(label, mask.dtype)
    for y0, x0, y1, x1 in stage.rectangles:
        mask[y0:y1, x0:x1] = label


def through_mask(mask: np.ndarray, stages: Sequence[Stage]) -> np.ndarray:
    """A mask after the stages: nearest pixels through geometry, rectangles painted, the rest untouched."""
    source = mask
    geometry: list[Geometry] = []
    for stage in stages:
        if isinstance(stage, Geometry):
            geometry.append(stage)
        elif isinstance(stage, MaskOnly):
            mask, geometry = run_mask(mask, geometry) if geometry else mask, []
            mask = stage.function(mask)
        elif isinstance(stage, Erase) and stage.mask_fill is not None:
            mask, geometry = run_mask(mask, geometry) if geometry else mask, []
            mask = mask.copy() if mask is source else mask
            paint(mask, stage)
    if geometry or mask is source:
        return run_mask(mask, geometry)
    return mask


@kernel
def find_bounds(pixels, step, columns, out):
    """The smallest x0, y0, x1, y1 around the pixels of a mask that are not 0; returns whether there are any.

    `pixels` are its bytes, uint8 (h, w * step); `columns` is a row of them to work in."""
    top, bottom = np.int64(-1), np.int64(-1)
    for x in range(columns.size):
        columns[x] = 0
    for y in range(pixels.shape[0]):
        row = pixels[y]
        seen = np.uint8(0)
        for x in range(row.size):
            seen = np.uint8(seen | row[x])
        if seen != 0:
            top, bottom = (y if top < 0 else top), y
            for x in range(row.size):
                columns[x] = np.uint8(columns[x] | row[x])
    left, right = np.int64(0), columns.size - 1
    while top >= 0 and columns[left] == 0:
        left += 1
    while top >= 0 and columns[right] == 0:
        right -= 1
    out[0], out[1], out[2], out[3] = left // step, top, right // step + 1, bottom + 1
    return top >= 0


_FIND = Direct(find_bounds, lambda: (np.empty((1, 1), np.uint8), 1, np.empty(1, np.uint8), np.empty(4)))


def bounds_of_mask(mask: np.ndarray, out: np.ndarray) -> bool:
    """Write the box around what is not 0 in a mask of shape (h, w) or (h, w, c); whether there is anything."""
    if not mask.size:
        return False
    if mask.dtype.kind == "f":  # a negative zero has a byte that is not 0
        mask = mask != 0
    height, width = mask.shape[:2]
    flat = np.ascontiguousarray(mask).reshape(height, -1).view(np.uint8)
    columns = np.empty(flat.shape[1], np.uint8)
    return bool(_FIND.call(flat, flat.shape[1] // width, columns, out))


MARGIN = 2
"""Pixels beside those that a mask reaches: coordinates are rounded to float32."""
WORTH = 4
"""To look at so many pixels of a mask takes as long as to write one of the result."""


class Reaching(list[np.ndarray]):
    """Masks after stages, with the part of each beyond which it is 0: rows y0 to y1, columns x0 to x1."""

    parts: list[list[int]]


def through_masks(masks: Sequence[np.ndarray], passage: Passage) -> list[np.ndarray] | None:
    """Many masks after the stages of a passage together, with the same bytes.

    All share the points of the source.  Where it pays, each is computed only as far as it reaches.  None if they are
    not alike, or if they are painted on the way.  Masks that came in one array become parts of one array.
    """
    first = masks[0] if masks else None
    if first is None or any((mask.shape, mask.dtype) != (first.shape, first.dtype) for mask in masks):
        return None
    together = first.base is not None and all(mask.base is first.base for mask in masks)
    if passage.route is not None and (made := passage.route.masks(masks, together)) is not None:
        return made
    if any(type(s) is MaskOnly or (type(s) is Erase and s.mask_fill is not None) for s in passage.stages):
        return None
    stages = [stage for stage in passage.stages if isinstance(stage, Geometry)]
    if any(stage.tiles for stage in stages):
        return run_masks(masks, stages, together)
    way, size = LabelPass(first.shape, first.dtype, stages), passage.end
    known = all(s.grid is None and s.border == "constant" and not s.mask_fill for s in stages)
    known &= first.dtype.kind != "f"  # a zero of floats may have a sign
    if way.moves or not known or WORTH * size[0] * size[1] < first.shape[0] * first.shape[1]:
        out = way.room(len(masks), together)
        way.run(masks, out)
        return out
    found = Reaching(way.room(len(masks), together, zeros=True))
    parts = _reached(masks, passage)
    way.run(masks, found, parts)
    found.parts = parts.tolist()
    return found


def _reached(masks: Sequence[np.ndarray], passage: Passage) -> np.ndarray:
    """The part of the result that each mask reaches, (y0, y1, x0, x1)."""
    bounds, (height, width) = np.empty((len(masks), 4)), passage.end
    seen = np.array([bounds_of_mask(mask, bounds[k]) for k, mask in enumerate(masks)])
    boxes, _, kept = move_boxes(bounds[seen], passage.path)
    # What is out of sight, or too thin to say, may be anywhere.
    parts = np.array([(0, height, 0, width) if any_pixel else (0, 0, 0, 0) for any_pixel in seen.tolist()], np.int64)
    sides = np.stack([boxes[:, 1], boxes[:, 3] + 1, boxes[:, 0], boxes[:, 2] + 1], 1).astype(np.int64)
    sides += np.array([-MARGIN, MARGIN, -MARGIN, MARGIN])
    parts[np.flatnonzero(seen)[kept]] = sides.clip(0, [height, height, width, width])
    return parts


def stages_back(stages: list[Geometry], height: int, width: int) -> list[Geometry]:
    """Geometric stages from the output back to an input of (height, width)."""
    for k, stage in enumerate(stages):
        if stage.tiles is not None:
            back = stage._replace(tiles=tiles_back(stage.tiles))
            return [*stages_back(stages[k + 1 :], *stage.size), back, *stages_back(stages[:k], height, width)]
    if not stages:
        return []
    if all(stage.grid is None for stage in stages):
        pull = IDENTITY
        for stage in reversed(stages):
            pull = multiply(stage.pull, pull)
        return [Geometry(inverse(pull), (height, width))]
    # Where a grid displaces: where points of the input have gone, on nodes every few pixels.
    rows, columns = max(height // 4, 1) + 1, max(width // 4, 1) + 1
    x, y = np.meshgrid(np.linspace(0, width, columns), np.linspace(0, height, rows))
    nodes = np.stack([x, y], -1)
    gone, _ = move_points(nodes.reshape(-1, 2), path(stages, height, width), remove_invisible=False)
    grid = np.nan_to_num(gone.reshape(nodes.shape) - nodes, nan=4.0 * (height + width)).astype(np.float32)
    return [Geometry(IDENTITY, (height, width), grid=grid)]


class LabelMask(Plane):
    """A label image."""

    __slots__ = ()

    labels = True

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """The mask itself, in native byte order."""
        return check_mask(value, sample.height, sample.width, self.name)

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """Nearest pixels; always a new array."""
        found = None if passage.route is None else passage.route.mask(value)
        return through_mask(value, passage.stages) if found is None else found

    def as_mask(self, value: np.ndarray) -> np.ndarray:
        """Itself."""
        return value

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> np.ndarray:
        """On the input; what the output did not show becomes 0."""
        end = stages[-1].size if stages else size
        return run_mask(check_mask(value, *end, self.name), stages_back(stages, *size))


class InstanceMasks(Target):
    """A mask for each instance.

    Those of a chain that mixes, or that is told of instances, belong to its boxes (`of`), one each, if the sample has
    boxes.  In other chains they are masks like any others, however many there are.
    """

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> list[np.ndarray]:
        """A list of checked masks."""
        masks = open_masks(value, sample.height, sample.width, self.name)
        rows = None if self.of is None else sample.opened.get(self.of)
        if rows is not None and len(masks) != len(rows):
            raise ValueError(f"{self.name} must have one mask per box, {len(rows)}, got {len(masks)}")
        return masks

    def move(self, value: list[np.ndarray], passage: Passage) -> list[np.ndarray]:
        """Those of the boxes that are left, or all."""
        rows = passage.rows(self.of)
        if self.name in passage.made:  # boxes that are measured by their masks have moved these
            done: list[np.ndarray] = passage.made[self.name]
            return done
        masks = value if rows is None else [value[k] for k in rows.tolist()]
        found = through_masks(masks, passage)
        return [through_mask(mask, passage.stages) for mask in masks] if found is None else found

    def close(self, value: list[np.ndarray], like: Any, passage: Passage) -> Any:
        """A list, a tuple or an array, as they came."""
        return close_masks(value, like, *passage.end)

    def cut(self, value: list[np.ndarray], piece: Piece) -> list[np.ndarray]:
        """Those of visible boxes, without the pixels that are not visible, on the canvas."""
        rows = piece.rows(self.of)
        masks = value if rows is None else [value[k] for k in rows.tolist()]
        if piece.owner is not None:
            seen = piece.owner == piece.who
            masks = [np.where(seen if m.ndim == 2 else seen[..., np.newaxis], m, m.dtype.type(0)) for m in masks]
        return masks if piece.size is None else [_on_canvas(mask, piece.at, piece.size) for mask in masks]

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """On the input; what the output did not show becomes 0."""
        end, way = stages[-1].size if stages else size, stages_back(stages, *size)
        return close_masks([run_mask(mask, way) for mask in open_masks(value, *end, self.name)], value, *size)

    def as_mask(self, value: list[np.ndarray]) -> np.ndarray | None:
        """The first, if there is one."""
        return value[0] if value else None


def _on_canvas(mask: np.ndarray, at: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    canvas = np.zeros((*size, *mask.shape[2:]), mask.dtype)
    canvas[at[0] : at[0] + mask.shape[0], at[1] : at[1] + mask.shape[1]] = mask
    return canvas
