"""Chains that draw nothing: their stages are made once for a shape."""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np

from imgproc._scanline import (
    Deferred,
    Geometry,
    MaskOnly,
    Op,
    RowsOnly,
    Stage,
    run,
)
from imgproc._scanline.merge import merge
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.take import is_near

from ..state import Frame, frame_after
from ..targets.base import Rules
from ..tree import Plan
from .memory import LARGE
from .route import FixedRoute
from .symbols import Untraceable


class FixedChain:
    """A chain that draws nothing, so that its stages are always the same for images of one shape and dtype."""

    moves = True
    any_size = False

    def __init__(self, stages: list[Stage], target: np.dtype | None, layout: str) -> None:
        self._stages, self._target, self._layout = stages, target, layout
        # Whether one call of kernels may do it all the same.
        self.together = any(type(s) is Geometry and s.interpolation == "area" for s in stages) or any(
            map(is_near, stages)
        )
        self.tries = self.misses = 0

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Run one image; the key does not matter."""
        return run(image, self._stages, dtype=self._target, layout=self._layout, out=out)

    def suits(self, shape: tuple[int, ...]) -> bool:
        """See `CompiledChain`."""
        return True

    def route(self, height: int, width: int) -> FixedRoute:
        """The way beside an image of a size."""
        return FixedRoute(self._stages, height, width)


class _Nothing:
    """Takes the place of `Draws` for transforms that should draw nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable


def fixed_chain(plan: Plan, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> FixedChain | None:
    """Make the chain if it draws nothing, and if kernels could not run it in one call; else None."""
    if not rules.fuse or plan.root.transform.p < 1:
        return None
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    stages: list[Stage] = []
    try:
        for node in plan.root.children or ():
            transform = node.transform
            if transform.p < 1 or node.children is not None or transform.needs_boxes or transform.needs_mask:
                return None
            own = transform.lower(transform.draw(_Nothing(), frame), frame)  # type: ignore[arg-type]  # as it says
            frame = frame_after(frame, own)
            stages += own
    except Exception:
        return None
    geometry = [s for s in stages if type(s) is Geometry]
    if any(type(s) in (Deferred, MaskOnly, RowsOnly) for s in stages):
        return None
    if all(type(s) is Op for s in stages) and not _is_large_matrix(stages, shape, dtype):
        return None
    if len(geometry) == len(stages):
        merged = merge(geometry, *shape[:2])
        if merged.exact and not merged.fills:
            return None
    return FixedChain(stages, rules.dtype, rules.layout)


def _is_large_matrix(stages: list[Stage], shape: tuple[int, ...], dtype: np.dtype) -> bool:
    kinds = [s.kind for s in stages if type(s) is Op]
    return len(stages) == 1 and kinds in ([MATRIX], [MATRIX_TO_GREY]) and dtype == np.uint8 and math.prod(shape) > LARGE
