"""Sharpening written from its definitions, pixel by pixel or by whole arrays in float64, border reflect_101."""

from __future__ import annotations

import itertools
import math

import numpy as np

from oracles.plain import full_scale

NUMPY_BORDERS = {
    "constant": "constant",
    "replicate": "edge",
    "reflect": "symmetric",
    "reflect_101": "reflect",
    "wrap": "wrap",
}


def padded(plane: np.ndarray, r: int, border: str = "reflect_101", fill: float = 0.0) -> np.ndarray:
    more = {"constant_values": fill} if border == "constant" else {}
    widths = [(r, r)] * 2 + [(0, 0)] * (plane.ndim - 2)
    return np.pad(plane, widths, mode=NUMPY_BORDERS[border], **more)


def correlated(image: np.ndarray, weights: np.ndarray, border: str = "reflect_101", fill: float = 0.0) -> np.ndarray:
    """Sum of weights times pixels around each pixel, float64."""
    (a, b), (h, w) = (n // 2 for n in weights.shape), image.shape[:2]
    r = max(a, b)
    level = fill * full_scale(image.dtype)
    level = np.rint(level) if image.dtype.kind == "u" else level
    around = padded(image.astype(np.float64), r, border, level)
    total = np.zeros(image.shape)
    for i, j in itertools.product(range(weights.shape[0]), range(weights.shape[1])):
        total += weights[i, j] * around[r - a + i : r - a + i + h, r - b + j : r - b + j + w]
    return total


def gaussian(sigma: float) -> np.ndarray:
    r = math.ceil(4 * sigma)
    line = np.exp(-0.5 * (np.arange(-r, r + 1) / sigma) ** 2)
    return np.outer(line, line) / line.sum() ** 2


def stored(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Levels as the dtype has them, not yet rounded."""
    return np.clip(levels, 0, full_scale(dtype)) if np.dtype(dtype).kind == "u" else levels


def laplacian(image: np.ndarray, *, neighbours: int = 4, border: str = "reflect_101", fill: float = 0.0) -> np.ndarray:
    weights = np.ones((3, 3)) if neighbours == 8 else np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], float)
    weights[1, 1] = -neighbours
    return correlated(image, weights, border, fill)


def sharpen_laplacian(image: np.ndarray, *, strength: float = 1.0, neighbours: int = 8) -> np.ndarray:
    return stored(image.astype(float) - strength * laplacian(image, neighbours=neighbours), image.dtype)


def unsharp_mask(image: np.ndarray, *, sigma: float = 1.0, amount: float = 1.0, threshold: float = 0.0) -> np.ndarray:
    f = image.astype(float)
    d = f - correlated(image, gaussian(sigma))
    return stored(np.where(abs(d) > threshold * full_scale(image.dtype), f + amount * d, f), image.dtype)


def high_boost(image: np.ndarray, *, sigma: float = 1.0, boost: float = 2.0) -> np.ndarray:
    return unsharp_mask(image, sigma=sigma, amount=boost)


def emboss(image: np.ndarray, *, azimuth: float = 135.0, elevation: float = 45.0, depth: float = 4.0) -> np.ndarray:
    top = full_scale(image.dtype)
    height = image.astype(float) * depth / top
    slope = np.array([[-1, 0, 1]] * 3) / 6
    p, q = correlated(height, slope), -correlated(height, slope.T)  # y upwards
    normal = np.stack((-p, -q, np.ones_like(p))) / np.sqrt(1 + p * p + q * q)
    a, e = math.radians(azimuth), math.radians(elevation)
    light = math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e)
    return np.maximum(sum(n * c for n, c in zip(normal, light)), 0) * top


def detail_enhance(
    image: np.ndarray, *, sigma: float = 4.0, amount: float = 1.5, edge: float = 0.1, color: str = "per_channel"
) -> np.ndarray:
    assert color == "per_channel"
    f, weights = image / full_scale(image.dtype), gaussian(sigma)
    mean = correlated(f, weights)
    variance = correlated(f * f, weights) - mean**2
    a = variance / (variance + edge**2)
    base = correlated(a, weights) * f + correlated(mean - a * mean, weights)
    return stored((f + amount * (f - base)) * full_scale(image.dtype), image.dtype)
