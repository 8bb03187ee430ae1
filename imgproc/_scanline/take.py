"""The planner: it decides which stages share a pass over the image, and why a pass ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import pixel
from .matrix import bounds_of
from .merge import moves_pixels, shows_outside
from .operations._base import MEAN, name_of
from .stages import Deferred, Erase, Geometry, MaskOnly, Near, Op, RowsOnly, Stage, Whole
from .windowed import can_join


def take_pass(
    queue: list[Stage], size: tuple[int, int], *, keep: bool = False, whole: bool = False
) -> tuple[list[Geometry], list[Any], Stage | str | None]:
    """Take from the end of a reversed list of stages what one pass over an image of (h, w) can do.

    With `keep`, stages that erase are not turned into operations.  With `whole`, a pass may hold an operation that
    needs the mean of the image, because one kernel call sees all of it.

    Returns
    -------
    list of Geometry, list of Op, with `keep` also of Erase
        All geometry is done first, then the operations.
    Whole, Deferred, Geometry of tiles, str or None
        What ends the pass: a stage, which is taken from the list too; or, in words, why the next stage has to wait; or
        None if there are no more stages.
    """
    geometry: list[Geometry] = []
    ops: list[Any] = []
    while queue:
        stage = queue.pop()
        if ops and type(stage) in (Op, Erase, Deferred) and type(ops[-1]) is Op and ops[-1].kind.last:
            queue.append(stage)
            return geometry, ops, f"{name_of(ops[-1])} gives floats on another scale"
        if type(stage) is Op:
            ops.append(stage)
        elif type(stage) is Geometry and stage.tiles is None:
            why = _waits(stage, geometry, ops, size)
            if why:
                queue.append(stage)
                return geometry, ops, why
            geometry.append(stage)
        elif type(stage) is Erase:
            ops.append(stage if keep else pixel.erase(stage.rectangles, stage.fill, stage.stream))
        elif type(stage) is Deferred and whole and stage.op is not None:
            if geometry:
                queue.append(stage)
                return geometry, ops, "a statistic comes after geometry"
            ops.append(stage.op)
        elif type(stage) is not MaskOnly and type(stage) is not RowsOnly:
            return geometry, ops, stage
    return geometry, ops, None


def _waits(stage: Geometry, geometry: list[Geometry], ops: list[Op | Erase], size: tuple[int, int]) -> str:
    """Say why a geometric stage cannot join a pass; an empty text if it can."""
    if ops:
        if not moves_pixels(stage):
            return "interpolation comes after pixel operations"
        if any(type(op) is Erase or op.kind.binds for op in ops):
            return "pixels move after an operation that depends on their place"
        h, w = geometry[-1].size if geometry else size
        _, x0, y0, x1, y1 = bounds_of(stage.pull, *stage.size)
        if stage.border == "constant" and (x0 < 0 or y0 < 0 or x1 > w or y1 > h):
            return "a border is filled after pixel operations"
        return ""
    rough = [s for s in geometry if not moves_pixels(s)]
    if not rough and stage.part is not None:
        sizes = [size, *(s.size for s in geometry)]
        if any(shows_outside(s.pull, s.size, source) for s, source in zip(geometry, sizes)):
            return "a part is cut out of an image with a border"
    if not rough or moves_pixels(stage):
        return ""
    if len(geometry) > 24:
        return "a pass holds 24 geometric stages"
    if any(filters(s) for s in (*rough, stage)):
        return "a filter that resizes is not merged"
    if rough[0].interpolation != stage.interpolation:
        return "stages interpolate differently"
    if stage.interpolation == "area":
        return "averaging over areas is not merged"
    return ""


def filters(stage: Geometry) -> bool:
    """Whether a filter resizes, which takes nothing but whole images."""
    return not moves_pixels(stage) and (stage.interpolation == "lanczos" or stage.antialias)


class After(NamedTuple):
    """What happens in a pass after the operations that come first: a filter, and further operations."""

    near: Near
    ops: list[Any]
    stage: Whole


def is_near(stage: Stage | str | None) -> bool:
    """Whether a stage is a filter with a small window."""
    return type(stage) is Whole and stage.near is not None


def take_joined(
    queue: list[Stage],
    size: tuple[int, int],
    dtype: np.dtype,
    *,
    keep: bool = False,
    whole: bool = False,
    begun: bool = False,
) -> tuple[list[Geometry], list[Any], After | None, Stage | str | None]:
    """As `take_pass`, for an image of a dtype; a filter with a small window that ends a pass joins it where it can.

    It does so if there is something before it and after it: alone it stays with its function, which needs no rows of
    levels.  What ends the pass is then what ends it after the filter.  `begun` says that operations come first that are
    not known yet."""
    geometry, ops, end = take_pass(queue, size, keep=keep, whole=whole)
    if type(end) is not Whole or end.near is None or not (geometry or ops or begun):
        return geometry, ops, None, end
    if any(type(op) is Op and (op.kind.last or op.kind.flags & MEAN) for op in ops):
        return geometry, ops, None, end
    if not can_join(end.near, geometry[-1].size if geometry else size, dtype):
        return geometry, ops, None, end
    rest = list(queue)
    moves, after, then = take_pass(rest, (1, 1), keep=keep)
    if moves or not after:
        return geometry, ops, None, end
    queue[:] = rest
    return geometry, ops, After(end.near, after, end), then
