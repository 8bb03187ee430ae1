"""The box that has the largest mean IoU with the boxes of a cluster, all laid on a common centre.

The mean has kinks where a side equals a side of the cluster's, and several tops where the cluster has several heaps.  A
grid of quantiles finds the heaps, a search along the axes and diagonals climbs, with steps that halve, and at the end
each side is tried on the two sides of the cluster next to it.  Kinks are parallel to the axes, which such a search
follows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from imgproc._core import elementary
from imgproc._core.copies import copy_into
from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

SAMPLES = 1000
"""Boxes of a larger cluster that the grid is tried on."""
BUDGET, FINEST = 1_500_000, 100
"""Boxes times points of the grid, which take some 3 ms, and points along a side of it, at most."""
MOST_AXES = 4
"""Of a grid; in more dimensions its diagonal is tried."""
HEAPS = 8
"""Points of the grid that are climbed from."""
ROUNDS = 20
"""Climbs at most, each from a side that was tried at the end of the one before."""
STEPS = 2000
"""Rounds of steps of a climb at most: 640 were seen.  Where values differ by rounding only, it could creep on."""
COARSE, FINE = 0.25, 1e-9
"""First and last step, as parts of a side."""


def exact_centre(
    rows: np.ndarray, weights: np.ndarray, starts: Sequence[np.ndarray], *, thorough: bool = True
) -> np.ndarray:
    """The sides of that box.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        float64.  Sides of the cluster's boxes.
    weights : ndarray of shape (n,)
        float64.
    starts : sequence of ndarray of shape (d,)
        Boxes that the result shall be no worse than.
    thorough : bool
        Look for further heaps; otherwise climb from the best start only.

    Returns
    -------
    ndarray of shape (d,)
        float64.
    """
    keep = (weights > 0) & (rows.prod(axis=1) > 0)
    if not keep.any():
        return np.array(starts[0])
    rows, weights = rows[keep], weights[keep]
    planes, volumes = np.ascontiguousarray(rows.T), rows.prod(axis=1)
    if not thorough:
        return _climbed(planes, volumes, weights, starts)
    some = slice(None, None, -(-len(rows) // SAMPLES))
    few = np.ascontiguousarray(planes[:, some]), volumes[some].copy(), weights[some].copy()
    grid = _grid(rows)
    values = np.empty(grid.shape[:-1])
    mean_ious(*few, grid.reshape(-1, grid.shape[-1]), values.reshape(-1))
    tops = [top.copy() for top in _tops(grid, values)]
    for top in tops:
        climb(*few, top, np.empty_like(top), COARSE, 1e-4)
    return _climbed(planes, volumes, weights, [*tops, *starts])


def _climbed(
    planes: np.ndarray, volumes: np.ndarray, weights: np.ndarray, candidates: Sequence[np.ndarray]
) -> np.ndarray:
    """The top above the best of the candidates."""
    boxes = np.array(candidates, np.float64)
    values = np.empty(len(boxes))
    mean_ious(planes, volumes, weights, boxes, values)
    best = boxes[np.argmax(values)].copy()
    climb(planes, volumes, weights, best, np.empty_like(best), COARSE / 8, FINE)
    return best


def _grid(rows: np.ndarray) -> np.ndarray:
    """Points of shape (..., d): all combinations of quantiles of each side, or of the sides where they are few."""
    d = rows.shape[1]
    points = BUDGET / min(len(rows), SAMPLES)
    most = min(max(int(elementary.power(points, 1 / min(d, MOST_AXES))), 2), FINEST)
    quantiles = np.quantile(rows, (np.arange(most) + 0.5) / most, axis=0).T
    if d > MOST_AXES:  # the diagonal
        return quantiles.T
    sides = [np.unique(column) for column in rows.T]
    axes = [own if len(own) <= most else spread for own, spread in zip(sides, quantiles, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def _tops(grid: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    """The best of those points that are no worse than their neighbours."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    best = values.copy()
    for shift in itertools.product(range(3), repeat=values.ndim):
        best = np.maximum(best, padded[tuple(slice(s, s + n) for s, n in zip(shift, values.shape, strict=True))])
    at = np.flatnonzero((values >= best).ravel())
    at = at[np.argsort(-values.ravel()[at], kind="stable")[:HEAPS]]
    return list(grid.reshape(-1, grid.shape[-1])[at])


@kernel(inner=True)
def mean_iou(planes, volumes, weights, box):
    """Sum of the IoU with a box, by weight (a sum serves as well as a mean)."""
    d, total, volume = planes.shape[0], 0.0, 1.0
    for k in range(d):
        volume *= box[k]
    if d == 2:
        w, h = box[0], box[1]
        for i in range(volumes.size):
            inter = min(planes[0, i], w) * min(planes[1, i], h)
            total += weights[i] * inter / (volumes[i] + volume - inter)
        return total
    for i in range(volumes.size):
        inter = 1.0
        for k in range(d):
            inter *= min(planes[k, i], box[k])
        total += weights[i] * inter / (volumes[i] + volume - inter)
    return total


@kernel
def mean_ious(planes, volumes, weights, boxes, out):
    """The same for many boxes."""
    planes, volumes, weights, boxes = borrowed(planes), borrowed(volumes), borrowed(weights), borrowed(boxes)
    for b in range(out.size):
        out[b] = mean_iou(planes, volumes, weights, boxes[b])


@kernel
def climb(planes, volumes, weights, box, trial, step, least):
    """Move a box uphill until steps are smaller than `least`; then try the sides of the cluster next to its own.

    `trial` is room for another box.
    """
    d = planes.shape[0]
    value, left = mean_iou(planes, volumes, weights, box), STEPS
    for _ in range(ROUNDS):
        while step >= least and left > 0:
            moved, left = False, left - 1
            for k in range(d):
                for j in range(k, d):  # along an axis (j = k), or two at once
                    for signs in range(2 if j == k else 4):
                        copy_into(trial, box)
                        trial[k] *= 1.0 + step if signs & 1 else 1.0 / (1.0 + step)
                        if j != k:
                            trial[j] *= 1.0 + step if signs & 2 else 1.0 / (1.0 + step)
                        new = mean_iou(planes, volumes, weights, trial)
                        if new > value:
                            value, moved = new, True
                            copy_into(box, trial)
            if not moved:
                step *= 0.5
        snapped = False
        for k in range(d):
            below, above = -np.inf, np.inf
            for i in range(volumes.size):
                side = planes[k, i]
                below = max(below, side) if side < box[k] else below
                above = min(above, side) if side > box[k] else above
            for side in (below, above):
                if 0.0 < side < np.inf:
                    copy_into(trial, box)
                    trial[k] = side
                    new = mean_iou(planes, volumes, weights, trial)
                    if new > value:
                        value, snapped = new, True
                        copy_into(box, trial)
        if not snapped:
            break
        step = 16.0 * least
