"""Adjacent geometric stages as one coordinate program."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .coordinates import BORDER_CODES, FRAME, STEP
from .matrix import IDENTITY, Matrix, bounds_of, is_exact, multiply, stays_inside
from .stages import Fill, Geometry

_NO_FRAMES = np.empty((0, FRAME))
_NO_STEPS = np.empty((0, STEP))
_NO_GRIDS = np.zeros(2, np.float32)


class Merged(NamedTuple):
    """Geometric stages as arrays for the kernels; see `_coordinates` for their layout."""

    size: tuple[int, int]
    pull: Matrix
    frames: np.ndarray = _NO_FRAMES
    steps: np.ndarray = _NO_STEPS
    grids: np.ndarray = _NO_GRIDS
    fills: tuple[tuple[Fill, int], ...] = ()
    """(level, label) of each constant border, in the order in which `frames` and `steps` number them."""
    exact: bool = True
    """Whether every pixel is one of the source, none interpolated."""
    wrap: bool = False
    """Whether taps beyond the source's edge come from the other end."""


def moves_pixels(stage: Geometry) -> bool:
    """Whether a stage moves whole pixels and interpolates nothing."""
    return stage.grid is None and is_exact(stage.pull)


def is_padding(stage: Geometry, size: tuple[int, int]) -> bool:
    """Whether a stage shifts whole pixels of a frame (h, w), and shows what lies outside."""
    m, (h, w) = stage.pull, stage.size
    if m[0] != 1.0 or m[4] != 1.0 or not moves_pixels(stage):
        return False
    return m[2] < 0.0 or m[5] < 0.0 or m[2] + w > size[1] or m[5] + h > size[0]


def shows_outside(pull: Matrix, size: tuple[int, int], source: tuple[int, int]) -> bool:
    """Whether a frame of this size can pull from outside of its source."""
    return not stays_inside(*bounds_of(pull, *size), *source)


def merge(stages: Sequence[Geometry], h: int, w: int) -> Merged:
    """One program for stages that follow each other, on a source of (h, w)."""
    if not stages:
        return _still(h, w)
    size = stages[-1].size
    sizes = [(h, w), *(s.size for s in stages)]
    pull: Matrix = IDENTITY
    frames: list[float] = []
    steps: list[list[float]] = []
    grids: list[np.ndarray] = []
    fills: list[tuple[Fill, int]] = []
    nodes = 0
    for k in range(len(stages) - 1, -1, -1):
        stage, (ih, iw), (oh, ow) = stages[k], sizes[k], sizes[k + 1]
        constant = stage.border == "constant"
        if not steps and stage.grid is None:
            pull = multiply(stage.pull, pull)
            if not shows_outside(pull, size, (ih, iw)):
                continue
            if constant:
                frames += (*pull, iw, ih)
                fills.append((stage.fill, stage.mask_fill))
                continue
            steps.append([0.0, *IDENTITY, BORDER_CODES[stage.border], iw, ih, 0.0, ow, oh, 0.0, 0.0, 0.0])
            continue
        regular = not steps and pull == IDENTITY
        grid = stage.grid
        kind, start, rows, columns = 0.0, 0.0, 0.0, 0.0
        if grid is not None:
            kind, start, (rows, columns) = (1.0 if regular else 2.0), float(nodes), grid.shape[:2]
            grids.append(np.ascontiguousarray(grid, np.float32).reshape(-1))
            nodes += grids[-1].size
        number = 0.0
        if constant:
            number = float(len(fills))
            fills.append((stage.fill, stage.mask_fill))
        steps.append(
            [kind, *stage.pull, BORDER_CODES[stage.border], iw, ih, number, ow, oh, start, float(rows), float(columns)]
        )
    # Frames come first among the fills: they are met first.
    return Merged(
        size,
        pull,
        np.array(frames).reshape(-1, FRAME) if frames else _NO_FRAMES,
        np.array(steps) if steps else _NO_STEPS,
        np.concatenate(grids) if len(grids) > 1 else grids[0] if grids else _NO_GRIDS,
        tuple(fills),
        not steps and is_exact(pull),
        stages[0].border == "wrap",
    )


@functools.lru_cache(maxsize=64)
def _still(h: int, w: int) -> Merged:
    return Merged((h, w), IDENTITY)
