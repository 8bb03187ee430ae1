"""Segmentation written from its definitions."""

from __future__ import annotations

import heapq
import itertools

import numpy as np

from oracles.plain import full_scale
from oracles.sharpen import correlated, padded


def otsu_threshold(image: np.ndarray, *, mask: np.ndarray | None = None) -> float:
    return float(multi_otsu(image, classes=2, mask=mask)[0])


def multi_otsu(image: np.ndarray, *, classes: int = 3, mask: np.ndarray | None = None) -> np.ndarray:
    """By trying all thresholds."""
    values = image.astype(np.float64)[np.ones(image.shape, bool) if mask is None else mask]
    levels, mean = np.unique(values), values.mean()
    best, found = -1.0, ()
    for cuts in itertools.combinations(levels[:-1], classes - 1):
        edges = (-np.inf, *cuts, np.inf)
        parts = [values[(values > a) & (values <= b)] for a, b in itertools.pairwise(edges)]
        between = sum(part.size * (part.mean() - mean) ** 2 for part in parts)
        if between > best * (1 + 1e-12):
            best, found = between, cuts
    return np.array(found) / full_scale(image.dtype)


def adaptive_level(
    image: np.ndarray,
    *,
    radius: int,
    method: str = "mean",
    k: float = 0.2,
    offset: float = 0.0,
    border: str = "reflect",
) -> np.ndarray:
    """The threshold of each pixel."""
    side, top = 2 * radius + 1, full_scale(image.dtype)
    if method == "gaussian":
        x = np.arange(-radius, radius + 1)
        line = np.exp(-0.5 * (x / (0.3 * radius + 0.35)) ** 2)
        return correlated(image, np.outer(line, line) / line.sum() ** 2, border) - offset * top
    around = padded(image.astype(np.float64), radius, border)
    windows = np.lib.stride_tricks.sliding_window_view(around, (side, side), axis=(0, 1))
    m, s = windows.mean(axis=(-2, -1)), windows.std(axis=(-2, -1))
    level = {"mean": m, "niblack": m - k * s, "sauvola": m * (1 + k * (s / (top / 2) - 1))}[method]
    return level - offset * top


def mean_color_superpixels(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    out = image.astype(np.float64)
    for k in np.unique(labels[labels >= 0]):
        out[labels == k] = image[labels == k].mean(axis=0, dtype=np.float64)
    return out


def watershed(image, markers, *, connectivity=4, mask=None, lines=False):
    """Meyer's flooding of a grey image with a heap: by height, which never falls, then by time of arrival."""
    h, w = image.shape
    steps = [(-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)][:connectivity]
    inside = np.ones((h, w), bool) if mask is None else mask
    labels = np.where(inside, markers, 0).astype(np.int32)
    met = labels > 0
    heap = [(image[p], time, p) for time, p in enumerate(zip(*map(list, np.nonzero(met)), strict=True))]
    heapq.heapify(heap)
    time = len(heap)
    while heap:
        level, _, (y, x) = heapq.heappop(heap)
        around = [(y + i, x + j) for i, j in steps if 0 <= y + i < h and 0 <= x + j < w and inside[y + i, x + j]]
        if labels[y, x] == 0:
            found = {int(labels[p]) for p in around} - {0}
            if len(found) > 1:
                continue
            labels[y, x] = found.pop()
        for p in around:
            if not met[p]:
                met[p] = True
                labels[p] = 0 if lines else labels[y, x]
                heapq.heappush(heap, (max(image[p], level), time, p))
                time += 1
    return labels
