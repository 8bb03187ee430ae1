"""Distances from samples to centres: Euclidean, and 1 - IoU of boxes with a common centre, in any dimension.

The IoU of two boxes of sides a and b that share their centre is ``prod(min(a, b)) / (prod(a) + prod(b) - prod(min(a,
b)))``, for rectangles as for boxes in space; 0 where a box has a side of 0.  Samples come as planes, (dimensions, n),
with their volumes, so that the loops over samples vectorise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

METRICS = ("iou", "euclidean")
MOST = 1e100
"""Squares and products of larger numbers, summed up, are no floats."""
BLOCK = 512
"""Samples that are compared with all centres before the next ones are: they stay in the L1 cache."""


def metric_name(value: Any) -> str:
    """A metric out of `METRICS`."""
    return one_of(value, "metric", METRICS)


def as_samples(value: Any, metric: str, name: str = "X") -> np.ndarray:
    """Samples as a float64 array of shape (n, d): finite, at least one, for the IoU nowhere negative."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must have shape (n, d), got rows of different lengths") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be of real numbers, got {type(value).__name__} of {array.dtype}")
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{name} must have shape (n, d) with n, d >= 1, got {array.shape}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise ValueError(f"{name} must be finite, got {tuple(array[row].tolist())} in row {row}")
    check_sides(array, metric, name)
    return array


def check_sides(array: np.ndarray, metric: str, name: str = "X") -> None:
    """Samples must have distances that are floats, and sides of boxes must not be negative."""
    # The product of a box's sides, or the square of a difference; sums of either leave room.
    most = min(MOST, float(f"1e{250 // array.shape[1]}")) if metric == "iou" else MOST
    sizes = np.abs(array)
    if sizes.max() > most:
        row = int(np.flatnonzero(sizes.max(axis=1) > most)[0])
        raise ValueError(f"{name} must be within +-{most:g}, got {tuple(array[row].tolist())} in row {row}")
    if metric == "iou" and array.min() < 0:
        row = int(np.flatnonzero((array < 0).any(axis=1))[0])
        # scikit-learn's checks look for its first words.
        raise ValueError(
            f"Negative values in data: {name} must be sides of boxes >= 0 with metric 'iou', "
            f"got {tuple(array[row].tolist())} in row {row}"
        )


class Samples:
    """Samples for the kernels: planes, volumes."""

    def __init__(self, rows: np.ndarray, metric: str) -> None:
        self.metric = metric
        self.rows = rows
        self.planes = np.ascontiguousarray(rows.T)
        self.volumes = self.planes.prod(axis=0)

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, centre: np.ndarray) -> np.ndarray:
        """The distance of each to one centre; Euclidean ones squared."""
        return self.assign(np.ascontiguousarray(centre, np.float64).reshape(1, -1))[1]

    def closer(self, which: int, closest: np.ndarray, out: np.ndarray) -> np.ndarray:
        """The distance of each to one of the samples, or what it was in `closest` if that is less, in `out`."""
        centre = np.ascontiguousarray(self.rows[which])
        closer(self.planes, self.volumes, centre, self.metric == "iou", closest, out)
        return out

    def assign(
        self, centres: np.ndarray, labels: np.ndarray | None = None, out: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest centre of each, of equal ones the first, and the distance to it; Euclidean ones squared.

        `labels` and `out` are written where they are given: new memory takes longer than the comparisons."""
        labels = np.empty(len(self), np.int64) if labels is None else labels
        out = np.empty(len(self)) if out is None else out
        centres, block = np.ascontiguousarray(centres), np.empty(BLOCK)
        if self.metric == "iou" and len(self.planes) == 2:
            nearest_rectangles(self.planes, self.volumes, centres, labels, out)
        else:
            nearest(self.planes, self.volumes, centres, self.metric == "iou", block, labels, out)
        return labels, out


@kernel
def closer(planes, volumes, centre, by_iou, closest, out):
    """The distance of each sample to one centre, as of `nearest`, or what it was in `closest` if that is less."""
    planes, volumes = borrowed(planes), borrowed(volumes)
    closest, out = borrowed(closest), borrowed(out)
    volume = 1.0
    for k in range(centre.size):
        volume *= centre[k]
    for start in range(0, out.size, BLOCK):
        stop = min(start + BLOCK, out.size)
        found, before, volumes_here = out[start:stop], closest[start:stop], volumes[start:stop]
        for i in range(found.size):
            found[i] = 1.0 if by_iou else 0.0
        for k in range(centre.size):
            row, side = planes[k][start:stop], centre[k]
            if by_iou:
                for i in range(found.size):
                    found[i] *= min(row[i], side)
            else:
                for i in range(found.size):
                    found[i] += (row[i] - side) ** 2
        for i in range(found.size):
            distance = found[i]
            if by_iou:
                union = volumes_here[i] + volume - distance
                distance = 1.0 - (distance / union if union > 0.0 else 0.0)
            found[i] = min(before[i], distance)


@kernel
def nearest(planes, volumes, centres, by_iou, inter, labels, out):
    """The nearest centre of each sample, and the distance: 1 - IoU, or the square of the Euclidean one.

    `inter` is room for a block.
    """
    planes, volumes = borrowed(planes), borrowed(volumes)
    labels, out = borrowed(labels), borrowed(out)
    n, d = volumes.size, planes.shape[0]
    for start in range(0, n, BLOCK):
        m = min(BLOCK, n - start)
        best, chosen = out[start : start + m], labels[start : start + m]
        for i in range(m):
            best[i], chosen[i] = -np.inf, 0
        for c in range(centres.shape[0]):
            volume = 1.0
            for i in range(m):
                inter[i] = 1.0 if by_iou else 0.0
            for k in range(d):
                side = centres[c, k]
                volume *= side
                for i in range(m):
                    if by_iou:
                        inter[i] *= min(planes[k, start + i], side)
                    else:
                        inter[i] -= (planes[k, start + i] - side) ** 2
            for i in range(m):
                if by_iou:
                    union = volumes[start + i] + volume - inter[i]
                    inter[i] = inter[i] / union if union > 0.0 else 0.0
                better = inter[i] > best[i]
                best[i] = inter[i] if better else best[i]
                chosen[i] = c if better else chosen[i]
        for i in range(m):
            best[i] = 1.0 - best[i] if by_iou else -best[i]


@kernel
def nearest_rectangles(planes, volumes, centres, labels, out):
    """The same by 1 - IoU in two dimensions."""
    widths, heights, areas = borrowed(planes[0]), borrowed(planes[1]), borrowed(volumes)
    labels, out = borrowed(labels), borrowed(out)
    for start in range(0, areas.size, BLOCK):
        stop = min(start + BLOCK, areas.size)
        best, chosen = out[start:stop], labels[start:stop]
        for i in range(best.size):
            best[i], chosen[i] = -np.inf, 0
        for c in range(centres.shape[0]):
            w, h = centres[c, 0], centres[c, 1]
            _rectangles(widths[start:stop], heights[start:stop], areas[start:stop], w, h, c, best, chosen)
        for i in range(best.size):
            best[i] = 1.0 - best[i]


@kernel(inner=True)
def _rectangles(widths, heights, areas, w, h, c, best, chosen):
    """One centre for one block of rectangles."""
    area = w * h
    for i in range(areas.size):
        inter = min(widths[i], w) * min(heights[i], h)
        union = areas[i] + area - inter
        over = inter / (union if union > 0.0 else 1.0)
        better = over > best[i]
        best[i] = over if better else best[i]
        chosen[i] = c if better else chosen[i]


@kernel
def add_up(planes, weights, labels, sums, mass):
    """Weighted sums of the samples of each centre, (dimensions, centres), and their weights."""
    planes, weights, labels, sums = borrowed(planes), borrowed(weights), borrowed(labels), borrowed(sums)
    for start in range(0, labels.size, BLOCK):
        own, weight = labels[start : start + BLOCK], weights[start : start + BLOCK]
        for i in range(own.size):
            mass[own[i]] += weight[i]
        for k in range(planes.shape[0]):
            row, column = planes[k][start : start + BLOCK], sums[k]
            for i in range(own.size):
                column[own[i]] += weight[i] * row[i]
