"""What of noise can be said without random numbers, from its definitions."""

from __future__ import annotations

import numpy as np

from oracles.plain import full_scale
from oracles.sharpen import stored


def estimate_noise(image: np.ndarray, mask: np.ndarray | None = None) -> float | np.ndarray:
    if image.ndim == 3:
        return np.array([estimate_noise(image[..., c], mask) for c in range(image.shape[2])])
    f = image / full_scale(image.dtype)
    if mask is not None:
        f = np.where(mask, f, np.nan)
    windows = [f[y : y + 3, x : x + 3] for y in range(f.shape[0] - 2) for x in range(f.shape[1] - 2)]
    windows = [window for window in windows if np.isfinite(window).all()]
    if windows and all((window == window[0, 0]).all() for window in windows):
        return 0.0
    responses = [
        abs((window := f[y - 1 : y + 2, x - 1 : x + 2])[::2, ::2].sum() + 4 * f[y, x] - 2 * _cross(window))
        for y in range(1, f.shape[0] - 1)
        for x in range(1, f.shape[1] - 1)
        if not (f[y - 1 : y + 2, x - 1 : x + 2] == f[y, x]).all()
    ]
    responses = [r for r in responses if np.isfinite(r)]
    return float(np.mean(responses) * np.sqrt(np.pi / 2) / 6) if responses else np.nan


def _cross(window: np.ndarray) -> float:
    return window[0, 1] + window[1, 0] + window[1, 2] + window[2, 1]


def fgsm(image: np.ndarray, gradient: np.ndarray, *, epsilon: float = 8 / 255) -> np.ndarray:
    top, sign = full_scale(image.dtype), np.sign(gradient)
    if image.dtype.kind == "u":
        sign = np.where(np.isnan(gradient), 0, sign)
    return stored(image + epsilon * top * sign, image.dtype)


def quantized(image: np.ndarray, levels: int) -> np.ndarray:
    """The nearest of the levels, by looking at all of them."""
    top = full_scale(image.dtype)
    allowed = np.linspace(0, top, levels)
    return allowed[abs(image[..., None] - allowed).argmin(axis=-1)]
