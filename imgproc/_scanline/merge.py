"""Adjacent geometric stages as one coordinate program."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .coordinates import BORDER_CODES, FRAME, STEP
from .matrix import IDENTITY, Matrix, apply, multiply
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


def is_exact(stage: Geometry) -> bool:
    """Whether a stage moves whole pixels: a signed permutation of the axes and a whole translation."""
    return stage.grid is None and is_exact_matrix(stage.pull)


def is_padding(stage: Geometry, size: tuple[int, int]) -> bool:
    """Whether a stage shifts whole pixels of a frame (h, w), and shows what lies outside."""
    m, (h, w) = stage.pull, stage.size
    if m[0] != 1.0 or m[4] != 1.0 or stage.grid is not None or not is_exact_matrix(m):
        return False
    return m[2] < 0.0 or m[5] < 0.0 or m[2] + w > size[1] or m[5] + h > size[0]


def is_exact_matrix(m: Matrix) -> bool:
    """Whether a pull matrix takes pixel centres to pixel centres, one to one."""
    a, b, c, d, e, f, g, h, _ = m
    if g != 0.0 or h != 0.0 or c != int(c) or f != int(f):
        return False
    if b == d == 0.0:
        return a in (1.0, -1.0) and e in (1.0, -1.0)
    return a == e == 0.0 and b in (1.0, -1.0) and d in (1.0, -1.0)


def extent(m: Matrix, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Bounds (x0, y0, x1, y1) of what a frame pulls from; None where part of it lies behind the horizon."""
    h, w = size
    if m[6] == m[7] == 0.0:
        ax, bx, ay, by = m[0] * w, m[1] * h, m[3] * w, m[4] * h
        return (
            m[2] + min(ax, 0.0) + min(bx, 0.0),
            m[5] + min(ay, 0.0) + min(by, 0.0),
            m[2] + max(ax, 0.0) + max(bx, 0.0),
            m[5] + max(ay, 0.0) + max(by, 0.0),
        )
    corners = ((0, 0), (w, 0), (0, h), (w, h))
    if min(m[6] * x + m[7] * y + m[8] for x, y in corners) < 1e-6:
        return None
    xs, ys = zip(*(apply(m, x, y) for x, y in corners))
    return min(xs), min(ys), max(xs), max(ys)


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
            bounds = extent(pull, size)
            if bounds is not None:
                x0, y0, x1, y1 = bounds
                if x0 >= -1e-9 and y0 >= -1e-9 and x1 <= iw + 1e-9 and y1 <= ih + 1e-9:
                    continue  # nothing of the result can lie outside
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
        not steps and is_exact_matrix(pull),
        stages[0].border == "wrap",
    )


@functools.lru_cache(maxsize=64)
def _still(h: int, w: int) -> Merged:
    return Merged((h, w), IDENTITY)
