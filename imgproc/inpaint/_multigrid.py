"""Poisson's equation in a region of any shape: conjugate gradients, preconditioned by a multigrid cycle.

Unknowns are the pixels of a mask; values around it are known.  Coarser grids join 2 by 2 pixels: their equations are
the sums of those of their pixels.  A value that is the same for four pixels makes them twice as stiff as the smooth
function they stand for, which half of the sums makes up for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core.jit import borrowed, kernel

SMALLEST = 8
"""Side of the coarsest grid."""

SWEEPS = 12
"""That solve on it."""

MOST = 200
"""Of the iterations; a few dozen are needed."""


@dataclass(frozen=True)
class Grid:
    """The equations of one level, in a frame of pixels without any: what they take from the right and lower neighbour,
    their diagonal, and its reciprocal (0 where there is no unknown)."""

    right: np.ndarray
    down: np.ndarray
    diagonal: np.ndarray
    inverse: np.ndarray


def solve(
    mask: np.ndarray, neighbours: np.ndarray, right_sides: list[np.ndarray], tolerance: float = 1e-10
) -> list[np.ndarray]:
    """For each right side the values v, (h, w), 0 outside the mask, with ``sum of (v(p) - v(q)) = right(p)`` over the
    neighbours q of each p of the mask, as many as `neighbours` says, to a residual of so many times the right side."""
    grids = _grids(mask, neighbours)
    return [_conjugate_gradients(grids, np.pad(np.where(mask, side, 0.0), 1), tolerance) for side in right_sides]


def _grids(mask: np.ndarray, neighbours: np.ndarray) -> list[Grid]:
    h, w = mask.shape
    inside = np.pad(mask, 1)
    right, down, diagonal = np.zeros((3, h + 2, w + 2))
    right[:, :-1] = inside[:, :-1] & inside[:, 1:]
    down[:-1] = inside[:-1] & inside[1:]
    diagonal[1:-1, 1:-1] = np.where(mask, neighbours, 0)
    found = [_grid(right, down, diagonal)]
    while max(found[-1].diagonal.shape) > SMALLEST + 2:
        found.append(_coarser(found[-1]))
    return found


def _grid(right: np.ndarray, down: np.ndarray, diagonal: np.ndarray) -> Grid:
    inverse = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0)
    return Grid(right, down, diagonal, inverse)


def _coarser(fine: Grid) -> Grid:
    """Half the sums over 2 by 2 pixels; what joins two of the same four drops out."""
    right, down, diagonal = (a[1:-1, 1:-1] for a in (fine.right, fine.down, fine.diagonal))
    h, w = diagonal.shape
    odd = ((0, h % 2), (0, w % 2))
    right, down, diagonal = (np.pad(a, odd) for a in (right, down, diagonal))

    def sums(values: np.ndarray) -> np.ndarray:
        return values[::2, ::2] + values[1::2, ::2] + values[::2, 1::2] + values[1::2, 1::2]

    within = right[::2, ::2] + right[1::2, ::2] + down[::2, ::2] + down[::2, 1::2]
    return _grid(
        np.pad(0.5 * (right[::2, 1::2] + right[1::2, 1::2]), 1),
        np.pad(0.5 * (down[1::2, ::2] + down[1::2, 1::2]), 1),
        np.pad(0.5 * sums(diagonal) - within, 1),
    )


def _conjugate_gradients(grids: list[Grid], side: np.ndarray, tolerance: float) -> np.ndarray:
    grid = grids[0]
    found, left = np.zeros_like(side), side.copy()
    goal = tolerance * np.sqrt(_dot(side, side))
    applied = np.zeros_like(side)
    direction = better = _cycle(grids, 0, left)
    slope = _dot(left, better)
    for _ in range(MOST):
        if np.sqrt(_dot(left, left)) <= goal or slope == 0:
            break
        _apply(grid.right, grid.down, grid.diagonal, direction, applied)
        step = slope / _dot(direction, applied)
        found += step * direction
        left -= step * applied
        better = _cycle(grids, 0, left)
        before, slope = slope, _dot(left, better)
        direction = better + (slope / before) * direction
    return found[1:-1, 1:-1]


def _dot(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sum(a * b))  # not BLAS: its sums depend on the number of its threads


def _cycle(grids: list[Grid], depth: int, side: np.ndarray) -> np.ndarray:
    """What solves the equations roughly, from nothing: the same forwards and backwards, so that it is symmetric."""
    grid = grids[depth]
    found = np.zeros_like(side)
    if depth == len(grids) - 1:
        for _ in range(SWEEPS):
            _sweep(grid.right, grid.down, grid.inverse, side, found, False)
        for _ in range(SWEEPS):
            _sweep(grid.right, grid.down, grid.inverse, side, found, True)
        return found
    _sweep(grid.right, grid.down, grid.inverse, side, found, False)
    applied = np.zeros_like(side)
    _apply(grid.right, grid.down, grid.diagonal, found, applied)
    coarse = np.zeros_like(grids[depth + 1].diagonal)
    _sum_squares(side, applied, coarse)
    _add_squares(_cycle(grids, depth + 1, coarse), grid.inverse, found)
    _sweep(grid.right, grid.down, grid.inverse, side, found, True)
    return found


@kernel
def _sweep(right, down, inverse, side, values, backwards):
    """Gauss and Seidel's: each unknown from its neighbours, one after the other."""
    right, down, inverse = borrowed(right), borrowed(down), borrowed(inverse)
    side, values = borrowed(side), borrowed(values)
    h, w = values.shape
    for i in range(1, h - 1):
        y = h - 1 - i if backwards else i
        above, row, below = values[y - 1], values[y], values[y + 1]
        along, up, low, by, given = right[y], down[y - 1], down[y], inverse[y], side[y]
        if backwards:
            for x in range(w - 2, 0, -1):
                total = given[x] + up[x] * above[x] + low[x] * below[x]
                row[x] = (total + along[x - 1] * row[x - 1] + along[x] * row[x + 1]) * by[x]
        else:
            for x in range(1, w - 1):
                total = given[x] + up[x] * above[x] + low[x] * below[x]
                row[x] = (total + along[x - 1] * row[x - 1] + along[x] * row[x + 1]) * by[x]


@kernel
def _apply(right, down, diagonal, values, out):
    """The left sides of the equations."""
    right, down, diagonal = borrowed(right), borrowed(down), borrowed(diagonal)
    values, out = borrowed(values), borrowed(out)
    for y in range(1, values.shape[0] - 1):
        above, row, below, to = values[y - 1], values[y], values[y + 1], out[y]
        along, up, low, own = right[y], down[y - 1], down[y], diagonal[y]
        for x in range(1, row.size - 1):
            total = own[x] * row[x] - up[x] * above[x] - low[x] * below[x]
            to[x] = total - along[x - 1] * row[x - 1] - along[x] * row[x + 1]


@kernel
def _sum_squares(side, applied, out):
    """What is left of the right sides, added up over 2 by 2 pixels."""
    for y in range(1, side.shape[0] - 1):
        for x in range(1, side.shape[1] - 1):
            out[(y + 1) // 2, (x + 1) // 2] += side[y, x] - applied[y, x]


@kernel
def _add_squares(coarse, inverse, values):
    """A coarse correction, the same for 2 by 2 pixels."""
    for y in range(1, values.shape[0] - 1):
        for x in range(1, values.shape[1] - 1):
            if inverse[y, x] > 0:
                values[y, x] += coarse[(y + 1) // 2, (x + 1) // 2]
