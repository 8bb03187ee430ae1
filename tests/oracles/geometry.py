"""Slow, obviously right geometry: every output point is mapped and sampled in float64, tap by tap.

Written from the conventions alone: pixel (y, x) has its centre at (x + 0.5, y + 0.5), an image spans [0, w] x [0, h],
what lies outside is its border.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.plain import to_dtype

CUBIC = -0.75


def centres(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of all pixel centres of a frame, each (h, w)."""
    y, x = np.indices(size) + 0.5
    return x, y


def project(matrix: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points through a 3x3 matrix; NaN behind its horizon."""
    m = np.asarray(matrix, float).reshape(3, 3)
    d = m[2, 0] * x + m[2, 1] * y + m[2, 2]
    d = np.where(d > 0, d, np.nan)
    return (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / d, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / d


def displace(grid: np.ndarray, size: tuple[int, int], x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points moved by a grid of displacements that spans a frame evenly, bilinear between its nodes."""
    rows, columns = grid.shape[0] - 1, grid.shape[1] - 1
    u, v = np.clip(x / size[1], 0, 1) * columns, np.clip(y / size[0], 0, 1) * rows
    j, i = np.minimum(u.astype(int), columns - 1), np.minimum(v.astype(int), rows - 1)
    s, t = (u - j)[..., None], (v - i)[..., None]
    g = grid.astype(float)
    moved = (1 - t) * ((1 - s) * g[i, j] + s * g[i, j + 1]) + t * ((1 - s) * g[i + 1, j] + s * g[i + 1, j + 1])
    return x + moved[..., 0], y + moved[..., 1]


def pull(stage: Any, x: np.ndarray | None = None, y: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Where points of a stage's result come from; by default its pixel centres."""
    if x is None or y is None:
        x, y = centres(stage.size)
    if stage.grid is not None:
        x, y = displace(stage.grid, stage.size, x, y)
    if stage.tiles is not None:
        x, y = behind(stage.tiles, stage.size, x, y)
    return project(stage.pull, x, y)


def behind(tiles: Any, size: tuple[int, int], x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points come from that went with tiles of whole pixels."""
    h, w = size[0] // tiles.rows, size[1] // tiles.columns
    i, j = (y // h).astype(int), (x // w).astype(int)
    held = (i < tiles.rows) & (j < tiles.columns)
    source = np.array(tiles.order)[np.where(held, i * tiles.columns + j, 0)]
    k, m = source // tiles.columns, source % tiles.columns
    return np.where(held, x + (m - j) * w, x), np.where(held, y + (k - i) * h, y)


def tap(index: np.ndarray, size: int, border: str) -> np.ndarray:
    """The pixel that stands at an index which may lie outside."""
    if border == "wrap":
        return index % size
    if border == "reflect":
        index = index % (2 * size)
        return np.minimum(index, 2 * size - 1 - index)
    if border == "reflect_101":
        period = max(2 * (size - 1), 1)
        index = index % period
        return np.minimum(index, period - index)
    return np.clip(index, 0, size - 1)


def _weights(t: np.ndarray, interpolation: str) -> list[tuple[int, np.ndarray]]:
    """(offset from the pixel at or left of the point, weight) of the taps along an axis."""
    if interpolation == "bilinear":
        return [(0, 1 - t), (1, t)]

    def cubic(d: np.ndarray) -> np.ndarray:
        d, a = np.abs(d), CUBIC
        return np.where(
            d <= 1, (a + 2) * d**3 - (a + 3) * d**2 + 1, np.where(d < 2, a * (d**3 - 5 * d**2 + 8 * d - 4), 0.0)
        )

    return [(k, cubic(t - k)) for k in (-1, 0, 1, 2)]


def sample(
    image: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    border: str = "constant",
    fill: Any = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Levels at points, in float64 and not rounded."""
    h, w = image.shape[:2]
    planes = image.reshape(h, w, -1).astype(float)
    known = np.isfinite(x) & np.isfinite(y)
    u, v = np.where(known, x, 0.5), np.where(known, y, 0.5)
    if interpolation == "nearest":
        i, j = tap(np.floor(v).astype(int), h, border), tap(np.floor(u).astype(int), w, border)
        result = planes[i, j]
    else:
        u, v = u - 0.5, v - 0.5
        j, i = np.floor(u).astype(int), np.floor(v).astype(int)
        result = np.zeros((*x.shape, planes.shape[2]))
        for dy, wy in _weights(v - i, interpolation):
            for dx, wx in _weights(u - j, interpolation):
                result += (wy * wx)[..., None] * planes[tap(i + dy, h, border), tap(j + dx, w, border)]
    if border == "constant":
        outside = ~known | (x < 0) | (x > w) | (y < 0) | (y > h)
        full = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
        result[outside] = np.asarray(fill, float) * full
    return result.reshape(*x.shape, *image.shape[2:])


def run_stage(image: np.ndarray, stage: Any) -> np.ndarray:
    """One geometric stage."""
    x, y = pull(stage)
    interpolation = "bilinear" if stage.interpolation == "area" else stage.interpolation
    return to_dtype(sample(image, x, y, stage.border, stage.fill, interpolation), image.dtype)


def warp(
    image: np.ndarray,
    matrix: Any,
    *,
    size: tuple[int, int] | None = None,
    border: str = "constant",
    fill: Any = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """As `imgproc.warp`, for matrices whose third coordinate is above 0 in the image."""
    m = np.vstack([matrix, (0, 0, 1)])[:3] if len(matrix) == 2 else np.asarray(matrix)
    x, y = project(np.linalg.inv(m), *centres(size or image.shape[:2]))
    return to_dtype(sample(image, x, y, border, fill, interpolation), image.dtype)


def remap(
    image: np.ndarray,
    *,
    x: np.ndarray,
    y: np.ndarray,
    border: str = "constant",
    fill: Any = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """As `imgproc.remap`, for finite coordinates."""
    return to_dtype(sample(image, x.astype(float), y.astype(float), border, fill, interpolation), image.dtype)


def shares(length: int, pieces: int) -> np.ndarray:
    """(pieces, length): which part of each piece of a line every pixel covers, or, where pieces are smaller than
    pixels, weights of the bilinear interpolation at their centres."""
    if pieces > length:
        at = np.clip((np.arange(pieces) + 0.5) * length / pieces - 0.5, 0, length - 1)
        return np.maximum(1 - np.abs(at[:, None] - np.arange(length)), 0)
    edges = np.arange(pieces + 1) * length / pieces
    low, high = np.maximum(edges[:-1, None], np.arange(length)), np.minimum(edges[1:, None], np.arange(1, length + 1))
    return np.maximum(high - low, 0) * pieces / length


def keys_cubic(x: float, a: float) -> float:
    """Keys' cubic."""
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def filter_weights(length: int, pieces: int, interpolation: str, a: float, widens: bool) -> np.ndarray:
    """(pieces, length): the weights of pixels whose distance from a piece's centre is within a filter."""
    step = length / pieces
    stretch = max(step, 1.0) if widens else 1.0
    kernels = {
        "bilinear": (1, lambda x: max(1 - x, 0.0)),
        "bicubic": (2, lambda x: keys_cubic(x, a)),
        "lanczos": (3, lambda x: np.sinc(x) * np.sinc(x / 3) if x < 3 else 0.0),
    }
    reach, kernel = kernels[interpolation]
    weights = np.zeros((pieces, length))
    for i in range(pieces):
        for k in range(length):
            distance = abs(k + 0.5 - (i + 0.5) * step)
            if distance < reach * stretch + 0.5:  # up to half a pixel beyond, where the kernel is 0 unless stretched
                weights[i, k] = kernel(distance / stretch)
    return weights / weights.sum(axis=1, keepdims=True)


def resize(
    image: np.ndarray,
    *,
    size: tuple[int, int],
    interpolation: str = "area",
    antialias: bool = False,
    a: float | None = None,
) -> np.ndarray:
    """As `imgproc.resize`."""
    h, w = image.shape[:2]
    if interpolation == "area":
        values = np.einsum("ih,jw,hw...->ij...", shares(h, size[0]), shares(w, size[1]), image.astype(float))
        return to_dtype(values, image.dtype)
    if antialias or a is not None or interpolation == "lanczos":
        widens = antialias or interpolation == "lanczos"
        options = (interpolation, -0.5 if a is None else a, widens)
        down, across = filter_weights(h, size[0], *options), filter_weights(w, size[1], *options)
        ways = [("jw,hw...->hj...", across), ("ih,hj...->ij...", down)]
        if size[0] < h and h - size[0] > 2 * (w - size[1]):
            ways.reverse()
        for way, weights in ways:
            image = to_dtype(np.einsum(way, weights, image.astype(float)), image.dtype)
        return image
    scale = np.diag([size[1] / w, size[0] / h, 1.0])
    return warp(image, scale, size=size, border="replicate", interpolation=interpolation)
