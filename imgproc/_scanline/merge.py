"""Turn adjacent geometric stages into one coordinate program."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .coordinates import BORDER_CODES, FRAME, STEP
from .matrix import IDENTITY, Matrix, bounds_of, is_exact, multiply, stays_inside, translation
from .stages import Fill, Geometry

_NO_FRAMES = np.empty((0, FRAME))
_NO_STEPS = np.empty((0, STEP))
_NO_GRIDS = np.zeros(2, np.float32)


class Merged(NamedTuple):
    """Geometric stages as arrays for the kernels; `coordinates` says what the arrays hold."""

    size: tuple[int, int]
    pull: Matrix
    frames: np.ndarray = _NO_FRAMES
    steps: np.ndarray = _NO_STEPS
    grids: np.ndarray = _NO_GRIDS
    fills: tuple[tuple[Fill, int], ...] = ()
    """(level, label) of each constant border, in the order of the numbers that `frames` and `steps` give them."""
    exact: bool = True
    """Whether every pixel of the result is a pixel of the source, so that nothing is interpolated."""
    wrap: bool = False
    """Whether taps beyond an edge of the source come from its other end."""


def moves_pixels(stage: Geometry) -> bool:
    """Whether a stage moves whole pixels, so that it interpolates nothing."""
    return stage.grid is None and is_exact(stage.pull)


def turns(stage: Geometry) -> bool:
    """Whether a stage does nothing but to turn or to shear an image, which none of the short cuts does."""
    m = stage.pull
    return m[0] != 0.0 and m[1] != 0.0 and stage.grid is None and stage.part is None and not stage.antialias


def is_padding(stage: Geometry, size: tuple[int, int]) -> bool:
    """Whether a stage shifts the whole pixels of a frame of this size, and shows what lies outside of it."""
    m, (h, w) = stage.pull, stage.size
    if m[0] != 1.0 or m[4] != 1.0 or not moves_pixels(stage):
        return False
    return m[2] < 0.0 or m[5] < 0.0 or m[2] + w > size[1] or m[5] + h > size[0]


def shows_outside(pull: Matrix, size: tuple[int, int], source: tuple[int, int]) -> bool:
    """Whether a frame of this size can pull from outside of its source."""
    return not stays_inside(*bounds_of(pull, *size), *source)


Part = tuple[int, int, int, int]
"""(x0, y0, x1, y1), half-open, in whole pixels."""


def part_of(stage: Geometry, h: int, w: int) -> Part:
    """The part of an input frame of (h, w) that a stage sees: all of it, if its own part lies outside of the frame.

    A record that is repeated on a smaller image asks for such parts."""
    x0, y0, x1, y1 = stage.part or (0, 0, w, h)
    return (x0, y0, x1, y1) if 0 <= x0 < x1 <= w and 0 <= y0 < y1 <= h else (0, 0, w, h)


def cut(stages: list[Geometry], h: int, w: int) -> tuple[Part | None, list[Geometry]]:
    """Find the part of a source of (h, w) that the first interpolation of stages may see.

    Stages before it that move whole pixels, none of them from outside, are a cut: what they leave out is no neighbour
    of what they keep.  So is the `part` of the stage itself.

    Returns
    -------
    (x0, y0, x1, y1) or None
        None: all of the source.
    list of Geometry
        Stages that do the same from this part on.
    """
    first = next((k for k, s in enumerate(stages) if not moves_pixels(s)), len(stages))
    if first == len(stages) or (first == 0 and stages[0].part is None):
        return None, stages
    pull, size = IDENTITY, (h, w)
    for stage in stages[:first]:
        if shows_outside(stage.pull, stage.size, size):
            return None, stages
        pull, size = multiply(pull, stage.pull), stage.size
    stage = stages[first]
    x0, y0, x1, y1 = part_of(stage, *size)
    _, left, top, right, bottom = bounds_of(multiply(pull, translation(float(x0), float(y0))), y1 - y0, x1 - x0)
    pull = multiply(translation(-left, -top), multiply(pull, stage.pull))
    return (int(left), int(top), int(right), int(bottom)), [stage._replace(pull=pull, part=None), *stages[first + 1 :]]


def merge(stages: Sequence[Geometry], h: int, w: int) -> Merged:
    """Make one program of stages that follow each other, for a source of (h, w)."""
    if not stages:
        return _still(h, w)
    size = stages[-1].size
    sizes = [(h, w), *(s.size for s in stages)]
    pull = IDENTITY
    frames: list[float] = []
    steps: list[list[float]] = []
    grids: list[np.ndarray] = []
    fills: list[tuple[Fill, int]] = []
    nodes = 0
    for k in range(len(stages) - 1, -1, -1):
        stage, (ih, iw), (oh, ow) = stages[k], sizes[k], sizes[k + 1]
        constant = stage.border == "constant"
        if not steps and stage.grid is None:
            pull = stage.pull if pull is IDENTITY else multiply(stage.pull, pull)
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
    # The fills of frames come first, because frames are met first.
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
