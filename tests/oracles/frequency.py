"""Slow oracles for `imgproc.frequency`: full complex spectra of images extended by NumPy, gains pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.fft import next_fast_len

MODES = {"reflect": "symmetric", "reflect_101": "reflect", "replicate": "edge", "wrap": "wrap", "constant": "constant"}


def extended(plane: np.ndarray, border: str, fill: float, size: tuple[int, int]) -> tuple[np.ndarray, int, int]:
    """The plane in the middle of `size`, and where it begins."""
    h, w = plane.shape
    top, left = (size[0] - h) // 2, (size[1] - w) // 2
    widths = (top, size[0] - h - top), (left, size[1] - w - left)
    options = {"constant_values": fill} if border == "constant" else {}
    return np.pad(plane, widths, mode=MODES[border], **options), top, left


def filtered(
    image: np.ndarray, gain_at: Callable[[float, float], Any], border: str = "reflect", fill: float = 0.0
) -> np.ndarray:
    """The image as float64 in its own levels, filtered by ``gain_at(fy, fx)``."""
    if image.ndim == 3:
        return np.dstack([filtered(image[:, :, c], gain_at, border, fill) for c in range(image.shape[2])])
    h, w = image.shape
    sizes = {"reflect": (2 * h, 2 * w), "wrap": (h, w)}
    size = sizes.get(border, tuple(next_fast_len(2 * n, real=True) for n in (h, w)))
    top_level = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1
    plane, top, left = extended(image.astype(np.float64), border, fill * top_level, size)
    gain = np.array([[gain_at(fy, fx) for fx in np.fft.fftfreq(size[1])] for fy in np.fft.fftfreq(size[0])])
    return np.fft.ifft2(np.fft.fft2(plane) * gain).real[top : top + h, left : left + w]


def stored(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Float levels in a dtype."""
    if dtype.kind == "f":
        return levels.astype(dtype)
    return np.clip(np.rint(levels), 0, np.iinfo(dtype).max).astype(dtype)


def prototype(kind: str, order: int, ratio: float) -> float:
    """Gain of the lowpass at a multiple of its cutoff."""
    if kind == "ideal":
        return float(ratio <= 1)
    if kind == "gaussian":
        return math.exp(-(ratio**2) / 2)
    return 1 / (1 + ratio ** (2 * order))


def low_gain(kind: str, order: int, cutoff: float) -> Callable[[float, float], float]:
    return lambda fy, fx: prototype(kind, order, math.hypot(fy, fx) / cutoff)


def band_gain(kind: str, order: int, low: float, high: float) -> Callable[[float, float], float]:
    def gain(fy: float, fx: float) -> float:
        d = math.hypot(fy, fx)
        if d == 0:
            return float(low == 0)
        return prototype(kind, order, abs(d * d - low * high) / (d * (high - low)))

    return gain


def notch_gain(kind: str, order: int, cutoff: float, centers: Any) -> Callable[[float, float], float]:
    def gain(fy: float, fx: float) -> float:
        if fy == fx == 0:
            return 1.0
        product = 1.0
        for x, y in [pair for cx, cy in centers for pair in ((cx, cy), (-cx, -cy))]:
            d = min(math.hypot(fy - y + i, fx - x + j) for i in (-1, 0, 1) for j in (-1, 0, 1))
            product *= 1 - prototype(kind, order, d / cutoff)
        return product

    return gain
