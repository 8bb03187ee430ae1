"""What arrives with a sample, and how each of it goes through the stages of a chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.check import as_image
from imgproc._scanline import Erase, Geometry, MaskOnly, Stage, run, run_mask

from .targets.boxes import close_boxes, move_boxes, open_boxes
from .targets.points import (
    check_field,
    check_mask,
    close_masks,
    close_points,
    move_points,
    open_masks,
    open_points,
    path,
    take,
)

IMAGE, MASK, MASKS, BOXES, KEYPOINTS, BOX_FIELD, KEYPOINT_FIELD = range(7)


class Rules(NamedTuple):
    """How a chain treats its targets."""

    kinds: dict[str, int]
    box_format: str
    min_area: float
    min_visibility: float
    clip: bool
    remove_invisible: bool
    dtype: np.dtype | None
    layout: str
    fuse: bool


class Sample:
    """The targets of one call, checked."""

    __slots__ = ("boxes", "height", "image", "masks", "points", "rules", "targets", "width")

    def __init__(self, targets: dict[str, Any], rules: Rules) -> None:
        self.targets, self.rules = targets, rules
        kinds = rules.kinds
        for name in targets:
            if name not in kinds:
                known = ", ".join(map(repr, kinds))
                raise TypeError(f"unknown target {name!r}: this chain knows {known} (see Compose for more names)")
        if "image" not in targets:
            raise TypeError("image is missing: pass chain(image=...)")
        image = self.image = as_image(targets["image"])
        self.height, self.width = h, w = image.shape[:2]
        if h == 0 or w == 0:
            raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
        self.boxes = self.points = None
        self.masks: dict[str, Any] = {}
        if len(targets) > 1:
            self._open_others(targets, kinds, h, w)

    def _open_others(self, targets: dict[str, Any], kinds: dict[str, int], h: int, w: int) -> None:
        fields: list[tuple[str, Any, int]] = []
        for name, value in targets.items():
            kind = kinds[name]
            if kind == IMAGE:
                if name != "image":
                    other = as_image(value, name)
                    if other.shape[:2] != (h, w):
                        raise ValueError(f"{name} must have the (h, w) of image, {(h, w)}, got {other.shape[:2]}")
            elif kind == MASK:
                self.masks[name] = check_mask(value, h, w, name)
            elif kind == MASKS:
                self.masks[name] = open_masks(value, h, w, name)
            elif kind == BOXES:
                self.boxes = open_boxes(value, self.rules.box_format, h, w, name)
            elif kind == KEYPOINTS:
                self.points = open_points(value, name)
            else:
                fields.append((name, value, kind))
        for name, value, kind in fields:
            rows, of = (self.boxes, "boxes") if kind == BOX_FIELD else (self.points, "keypoints")
            if rows is None:
                raise TypeError(f"{name} belongs to {of}, which are missing")
            check_field(value, len(rows), name, of)

    def boxes_at(self, stages: list[Stage]) -> np.ndarray:
        """The boxes as stages leave them."""
        if self.boxes is None:
            return np.empty((0, 4))
        return move_boxes(self.boxes, path(stages, self.height, self.width))[0]

    def mask_at(self, stages: list[Stage]) -> np.ndarray | None:
        """The first mask as stages leave it."""
        for mask in self.masks.values():
            if isinstance(mask, np.ndarray):
                return through_mask(mask, stages)
            if mask:
                return through_mask(mask[0], stages)
        return None

    @property
    def follows(self) -> bool:
        """Whether the geometry says all about what there is beside the image."""
        kinds = self.rules.kinds
        return not any(kinds[name] == IMAGE and name != "image" for name in self.targets)

    def through(
        self, stages: list[Stage], out: np.ndarray | None = None, image: np.ndarray | None = None
    ) -> dict[str, Any]:
        """Everything after the stages, under its name; `out` is for the image, which may be done already."""
        targets, rules = self.targets, self.rules
        first = through_image(self.image, stages, rules, out) if image is None else image
        if len(targets) == 1:
            return {"image": first}
        kinds = rules.kinds
        kept: dict[int, np.ndarray] = {}
        moved: dict[int, Any] = {}
        if self.boxes is not None or self.points is not None:
            way = path(stages, self.height, self.width)
            if self.boxes is not None:
                rows, _, kept[BOX_FIELD] = move_boxes(
                    self.boxes, way, min_area=rules.min_area, min_visibility=rules.min_visibility, clip=rules.clip
                )
                moved[BOXES] = rows, way.end
            if self.points is not None:
                moved[KEYPOINTS], kept[KEYPOINT_FIELD] = move_points(
                    self.points, way, remove_invisible=rules.remove_invisible
                )
        result: dict[str, Any] = {}
        for name, value in targets.items():
            kind = kinds[name]
            if name == "image":
                result[name] = first
            elif kind == IMAGE:
                result[name] = through_image(as_image(value, name), stages, rules, None)
            elif kind == MASK:
                result[name] = through_mask(self.masks[name], stages)
            elif kind == MASKS:
                end = _end(stages, self.height, self.width)
                result[name] = close_masks([through_mask(m, stages) for m in self.masks[name]], value, *end)
            elif kind == BOXES:
                rows, (h, w) = moved[BOXES]
                result[name] = close_boxes(rows, rules.box_format, h, w, like=value, kept=kept[BOX_FIELD])
            elif kind == KEYPOINTS:
                result[name] = close_points(moved[KEYPOINTS], value)
            else:
                result[name] = take(value, kept[kind])
        return result


def _end(stages: Sequence[Stage], h: int, w: int) -> tuple[int, int]:
    sizes = [s.size for s in stages if type(s) is Geometry]
    return sizes[-1] if sizes else (h, w)


def through_image(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image after the stages, in the chain's dtype and layout."""
    if not rules.fuse:
        for stage in stages[:-1]:
            image = run(image, [stage])
        stages = stages[-1:]
    return run(image, stages, dtype=rules.dtype, layout=rules.layout, out=out)


def through_mask(mask: np.ndarray, stages: Sequence[Stage]) -> np.ndarray:
    """A mask after the stages: nearest pixels through geometry, rectangles painted, the rest untouched."""
    source = mask
    geometry: list[Geometry] = []
    for stage in stages:
        kind = type(stage)
        if kind is Geometry:
            geometry.append(stage)
            continue
        if kind is MaskOnly or (kind is Erase and stage.mask_fill is not None):
            if geometry:
                mask, geometry = run_mask(mask, geometry), []
            if kind is MaskOnly:
                mask = stage.function(mask)
            else:
                mask = mask.copy() if mask is source else mask
                for y0, x0, y1, x1 in stage.rectangles:
                    mask[y0:y1, x0:x1] = stage.mask_fill
    if geometry or mask is source:
        return run_mask(mask, geometry)
    return mask
