"""Displacement grids: smooth fields from a few numbers, float32 (rows, columns, 2) on nodes that span a frame evenly.

Between its nodes a grid is bilinear, so it has as many of them as keep that within some hundredths of a pixel of the
field that is meant.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from imgproc._core import elementary_arrays
from imgproc._core.jit import kernel

from .._chain.keys import stream_uniforms

__all__: list[str] = []

_FINE = 16, 24, 32, 48, 64, 96, 128, 192, 256
"""Numbers of cells along an axis; few, so that what depends on them alone can be kept."""


def _cells(wanted: float) -> int:
    """The least of `_FINE` that is enough."""
    for n in _FINE:
        if n >= wanted:
            return n
    return _FINE[-1]


# --- cubic B-splines --------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _spline_weights(parts: int) -> np.ndarray:
    """Weights of the four control points around a cell at its points 0, 1/parts, .., 1; float32 (parts + 1, 4)."""
    t = np.arange(parts + 1) / parts
    s, cube = 1 - t, t * t * t
    weights = np.stack([s * s * s, 3 * cube - 6 * t**2 + 4, -3 * cube + 3 * t**2 + 3 * t + 1, cube], axis=1) / 6
    # Straight lines between points of a curve lie on one side of it, by up to f'' / (8 parts**2): half of that, given
    # to the points, halves the error.
    curvature = np.stack([1 - t, 3 * t - 2, 1 - 3 * t, t], axis=1)
    weights = (weights - curvature / (16 * parts * parts)).astype(np.float32)
    weights.flags.writeable = False
    return weights


@kernel
def _spline_rows(control, cells, weights, lines):
    """Along x: each row of control points (dx, dy) to all nodes of a row."""
    parts, points = weights.shape[0] - 1, 2 * (cells + 3)
    for k in range(lines.shape[0]):
        line = lines[k]
        for j in range(cells):
            start = k * points + 2 * j
            x0, x1, x2, x3 = control[start], control[start + 2], control[start + 4], control[start + 6]
            y0, y1, y2, y3 = control[start + 1], control[start + 3], control[start + 5], control[start + 7]
            for phase in range(parts + 1):
                a, b, c, d = weights[phase, 0], weights[phase, 1], weights[phase, 2], weights[phase, 3]
                n = 2 * (j * parts + phase)
                line[n] = a * x0 + b * x1 + c * x2 + d * x3
                line[n + 1] = a * y0 + b * y1 + c * y2 + d * y3


@kernel
def _spline_columns(lines, weights, out):
    """Along y: rows of nodes between the four nearest rows of control points."""
    parts, last = weights.shape[0] - 1, lines.shape[0] - 4
    for i in range(out.shape[0]):
        k = min(i // parts, last)
        phase = i - k * parts
        a, b, c, d = weights[phase, 0], weights[phase, 1], weights[phase, 2], weights[phase, 3]
        p, q, r, s, row = lines[k], lines[k + 1], lines[k + 2], lines[k + 3], out[i]
        for n in range(row.size):
            row[n] = a * p[n] + b * q[n] + c * r[n] + d * s[n]


def elastic_grid(stream: int, reach: float, size: tuple[int, int], spacing: float) -> np.ndarray:
    """A cubic B-spline surface whose control points are spread evenly in [-reach, reach] pixels along both axes.

    Control points are `spacing` pixels apart, or a little more, so that a whole number of cells fills the frame.  With
    ``3 reach < spacing`` the displacement is a contraction, the map one-to-one.
    """
    h, w = size
    down, across = max(int(h / spacing + 1e-9), 1), max(int(w / spacing + 1e-9), 1)
    uniforms = stream_uniforms(stream, 2 * (down + 3) * (across + 3))
    control = ((uniforms - 0.5) * (2.0 * reach)).astype(np.float32)
    parts = max(math.ceil(math.sqrt(5.5 * reach)), 1)
    weights = _spline_weights(parts)
    lines = np.empty((down + 3, 2 * (across * parts + 1)), np.float32)
    grid = np.empty((down * parts + 1, lines.shape[1]), np.float32)
    _spline_rows(control, across, weights, lines)
    _spline_columns(lines, weights, grid)
    return grid.reshape(grid.shape[0], -1, 2)


# --- thin-plate splines -----------------------------------------------------------------------------------------------


def _bend(squared: np.ndarray) -> np.ndarray:
    """r**2 log(r**2), 0 at 0."""
    return squared * elementary_arrays.log(np.where(squared > 0.0, squared, 1.0))


def _solved(system: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The x with ``system @ x == values``, by elimination: LAPACK would give other last bits on other processors."""
    rows = np.concatenate((system, values), axis=1)
    n = len(rows)
    for k in range(n):
        pivot = k + int(np.argmax(np.abs(rows[k:, k])))
        rows[[k, pivot]] = rows[[pivot, k]]
        rows[k] /= rows[k, k]
        factors = rows[:, k].copy()
        factors[k] = 0.0
        rows -= factors[:, None] * rows[k]
    return rows[:, n:]


@functools.lru_cache(maxsize=16)
def _plate_basis(points: int, down: int, across: int) -> np.ndarray:
    """What each control point of a square of `points` by `points` moves at each node; float32 (points**2, nodes).

    The thin-plate spline through values at points is linear in the values: one spline for each point, 1 there and 0 at
    the others (Bookstein, "Principal warps", PAMI 1989), in coordinates in which the frame is the unit square.
    """
    n = points * points
    y, x = (v.reshape(-1) / (points - 1) for v in np.indices((points, points)))
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _bend((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    system[n, :n], system[n + 1, :n], system[n + 2, :n] = 1.0, x, y
    system[:n, n:] = system[n:, :n].T
    values = np.zeros((n + 3, n))
    values[:n] = np.eye(n)
    weights = _solved(system, values)
    v, u = (
        t.reshape(-1) for t in np.meshgrid(np.arange(down + 1) / down, np.arange(across + 1) / across, indexing="ij")
    )
    basis = np.tile(weights[n, :, None], u.size) + weights[n + 1, :, None] * u + weights[n + 2, :, None] * v
    for k in range(n):
        basis += weights[k, :, None] * _bend((u - x[k]) ** 2 + (v - y[k]) ** 2)
    basis = basis.astype(np.float32)
    basis.flags.writeable = False
    return basis


@kernel
def _plate(basis, moves, rows, grid):
    """The sum of the basis functions, each times the move (dx, dy) of its point; `rows` holds a run of nodes."""
    zero = np.float32(0.0)
    nodes = basis.shape[1]
    for start in range(0, nodes, rows.shape[1]):
        size = min(rows.shape[1], nodes - start)
        dx, dy = rows[0, :size], rows[1, :size]
        for n in range(size):
            dx[n], dy[n] = zero, zero
        for k in range(basis.shape[0]):
            part, across, down = basis[k, start : start + size], moves[k, 0], moves[k, 1]
            for n in range(size):
                dx[n] += across * part[n]
                dy[n] += down * part[n]
        run = grid[2 * start : 2 * (start + size)]
        for n in range(size):
            run[2 * n], run[2 * n + 1] = dx[n], dy[n]


def plate_grid(stream: int, reach: float, size: tuple[int, int], points: int) -> np.ndarray:
    """A thin-plate spline through points on a regular square, moved evenly within [-reach, reach] of the sides."""
    h, w = size
    # A second derivative of about 10 (points - 1)**2 of a move, bilinear between nodes.
    curved = 40.0 * (points - 1) ** 2 * reach
    down, across = _cells(math.sqrt(curved * h)), _cells(math.sqrt(curved * w))
    basis = _plate_basis(points, down, across)
    moves = (stream_uniforms(stream, 2 * points * points).reshape(-1, 2) - 0.5) * (2.0 * reach * w, 2.0 * reach * h)
    grid = np.empty((down + 1, across + 1, 2), np.float32)
    _plate(basis, moves.astype(np.float32), np.empty((2, 1024), np.float32), grid.reshape(-1))
    return grid


# --- corners of cells that move by themselves ------------------------------------------------------------------------

FARTHEST = 0.2
"""Part of a cell by which its corners move at most.  Below a quarter the displacement of cells that are bilinear is a
contraction, in units of cells and by the largest of both axes, and so the map is one-to-one."""


def corners_grid(stream: int, sigma: float, size: tuple[int, int], points: tuple[int, int]) -> np.ndarray:
    """Nodes that are moved by normal numbers of a standard deviation in pixels, at most by `FARTHEST` of a cell."""
    count = 2 * points[0] * points[1]
    uniforms = stream_uniforms(stream, 2 * count)
    # Box and Muller: a radius and a direction for each of them.
    radius = np.sqrt(-2.0 * elementary_arrays.log(uniforms[:count]))
    moves = (sigma * radius * elementary_arrays.cos(2.0 * math.pi * uniforms[count:])).reshape(*points, 2)
    h, w = size
    most = np.array((FARTHEST * w / (points[1] - 1), FARTHEST * h / (points[0] - 1)))
    return np.clip(moves, -most, most).astype(np.float32)


# --- lenses and grids -------------------------------------------------------------------------------------------------


@kernel
def _lens(k1, k2, h, w, grid):
    rows, columns = grid.shape[0], grid.shape[1]
    r = 4.0 / (h * h + w * w)
    for i in range(rows):
        y = h * (i / (rows - 1.0) - 0.5)
        line = grid[i]
        for j in range(columns):
            x = w * (j / (columns - 1.0) - 0.5)
            squared = (x * x + y * y) * r
            factor = squared * (k1 + k2 * squared)
            line[j, 0] = factor * x
            line[j, 1] = factor * y


def lens_grid(k1: float, k2: float, size: tuple[int, int]) -> np.ndarray:
    """Radial displacement ``(k1 r**2 + k2 r**4) (p - centre)``, r = 1 at the corners."""
    h, w = size
    curved = 12.0 * (3.0 * abs(k1) + 10.0 * abs(k2)) / math.sqrt(h * h + w * w)
    grid = np.empty((_cells(h * math.sqrt(curved)) + 1, _cells(w * math.sqrt(curved)) + 1, 2), np.float32)
    _lens(k1, k2, float(h), float(w), grid)
    return grid


def knots_grid(x: list[float], y: list[float], size: tuple[int, int]) -> np.ndarray:
    """Cells of equal size that pull from cells whose widths and heights are proportional to these numbers."""
    h, w = size
    grid = np.empty((len(y) + 1, len(x) + 1, 2), np.float32)
    grid[:, :, 0] = _shifts(x, w)
    grid[:, :, 1] = np.array(_shifts(y, h), np.float32)[:, None]
    return grid


def _shifts(parts: list[float], length: int) -> list[float]:
    total, at, shifts = sum(parts), 0.0, [0.0]
    for k, part in enumerate(parts[:-1], 1):
        at += part
        shifts.append(length * (at / total - k / len(parts)))
    return [*shifts, 0.0]
