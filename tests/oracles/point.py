"""Slow, obviously right point operations: the library's own signatures, float64, one level at a time where that helps.

`exact` functions give levels as fractions of full scale that are neither rounded nor saturated, so that a test can ask
for a result within half a level of them and need not care on which side a tie falls.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import Any

import numpy as np

from oracles.plain import full_scale


def fractions(image: np.ndarray) -> np.ndarray:
    """Levels as float64 fractions of full scale."""
    return image.astype(np.float64) / full_scale(image.dtype)


def _edge(level: float, image: np.ndarray) -> float:
    """A threshold as it is stored beside levels of this dtype."""
    return float(image.dtype.type(level)) if image.dtype.kind == "f" else level


def adjust_brightness(image: np.ndarray, *, factor: float = 1.0, shift: float = 0.0) -> np.ndarray:
    return fractions(image) * factor + shift


def adjust_contrast(image: np.ndarray, *, factor: float, center: Any = 0.5) -> np.ndarray:
    v = fractions(image)
    if center == "mean":
        rgb = image.ndim == 3 and image.shape[2] == 3
        integer = image.dtype.kind == "u"
        grey = v @ (np.array([9798, 19235, 3735]) / 32768 if integer else [0.299, 0.587, 0.114]) if rgb else v
        if rgb and integer:
            grey = np.floor(grey * full_scale(image.dtype) + 0.5) / full_scale(image.dtype)
        center = grey[np.isfinite(grey)].mean()
    return factor * (v - center) + center


def adjust_gamma(image: np.ndarray, *, gamma: float, gain: float = 1.0) -> np.ndarray:
    v = fractions(image)
    return gain * np.where(v < 0, 0, v) ** gamma


def adjust_log(image: np.ndarray, *, gain: float = 1.0, inverse: bool = False) -> np.ndarray:
    v = fractions(image)
    v = np.where(v < 0, 0, v)
    return gain * (2**v - 1) if inverse else gain * np.log2(1 + v)


def adjust_sigmoid(image: np.ndarray, *, cutoff: float = 0.5, gain: float = 10.0, inverse: bool = False) -> np.ndarray:
    s = 1 / (1 + np.exp(gain * (cutoff - fractions(image))))
    return 1 - s if inverse else s


def invert(image: np.ndarray) -> np.ndarray:
    return 1 - fractions(image)


def posterize(image: np.ndarray, *, bits: int) -> np.ndarray:
    if image.dtype.kind == "u":
        depth = 8 * image.dtype.itemsize
        return fractions(image >> max(depth - bits, 0) << max(depth - bits, 0))
    steps = 2**bits
    return np.clip(np.floor(image.astype(np.float64) * steps), 0, steps - 1) / steps


def solarize(image: np.ndarray, *, threshold: float = 0.5) -> np.ndarray:
    v = fractions(image)
    return np.where(v >= _edge(threshold, image), 1 - v, v)


def threshold(image: np.ndarray, *, level: float = 0.5, method: str = "binary") -> np.ndarray:
    v = fractions(image)
    above, below = {
        "binary": (1.0, 0.0),
        "binary_inverse": (0.0, 1.0),
        "truncate": (level, v),
        "to_zero": (v, 0.0),
        "to_zero_inverse": (0.0, v),
    }[method]
    return np.where(np.isnan(v), v, np.where(v > _edge(level, image), above, below))


def lookup(image: np.ndarray, *, table: np.ndarray) -> np.ndarray:
    planes = image if image.ndim == 3 else image[..., None]
    tables = np.broadcast_to(table, (planes.shape[2], table.shape[-1]))
    if image.dtype.kind == "f":
        even = np.linspace(0, 1, table.shape[-1])
        found = [np.interp(planes[..., c], even, tables[c]) for c in range(planes.shape[2])]
    else:
        found = [tables[c][planes[..., c]] for c in range(planes.shape[2])]
    return np.stack(found, axis=-1).reshape(image.shape)


def bit_plane(image: np.ndarray, *, bit: int) -> np.ndarray:
    levels = image if image.dtype.kind == "u" else np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)
    return (levels >> bit & 1).astype(np.float64)


def normalize(image: np.ndarray, *, mean: Any, std: Any) -> np.ndarray:
    return (fractions(image) - np.asarray(mean)) / np.asarray(std)


# --- operations of a program ------------------------------------------------------------------------------------------


def curve(image: np.ndarray, samples: np.ndarray) -> np.ndarray:
    v = fractions(image)
    found = np.interp(v, np.linspace(0, 1, len(samples)), samples)
    return np.where(np.isnan(v), v, found)


def density(image: np.ndarray, rows: Any) -> np.ndarray:
    """Densities of base 2 mixed by rows of (cr, cg, cb, shift); black counts as a millionth of the light of white."""
    densities = -np.log2(np.maximum(fractions(image), 1e-6))
    rows = np.array(rows)
    return 2.0 ** -(densities @ rows[:, :3].T + rows[:, 3])


def matrix(image: np.ndarray, rows: Sequence[Sequence[float]]) -> np.ndarray:
    m = np.asarray(rows, np.float64)
    return fractions(image) @ m[:, :3].T + m[:, 3]


def hsv(
    image: np.ndarray,
    hue: float = 0.0,
    saturation_scale: float = 1.0,
    saturation_shift: float = 0.0,
    value_scale: float = 1.0,
    value_shift: float = 0.0,
) -> np.ndarray:
    out = fractions(image)
    for place in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*out[place])
        s = min(max(s * saturation_scale + (saturation_shift if s > 0 else 0.0), 0.0), 1.0)  # greys stay grey
        out[place] = colorsys.hsv_to_rgb((h + hue) % 1.0, s, v * value_scale + value_shift)
    return out


def light(image: np.ndarray, shape: str, strength: float, a: float, b: float, c: float) -> np.ndarray:
    """Levels times 1 + strength g at the centres of pixels."""
    y, x = np.indices(image.shape[:2]) + 0.5
    distance = np.hypot(x - a, y - b)
    found = {"linear": a + b * x + c * y, "corner": 1 - c * distance, "gaussian": 2.0 ** (-c * distance**2)}[shape]
    return fractions(image) * (1 + strength * found).reshape(*image.shape[:2], *[1] * (image.ndim - 2))


def erase(image: np.ndarray, rectangles: Sequence[Sequence[int]], fill: Any) -> np.ndarray:
    out = fractions(image)
    for y0, x0, y1, x1 in rectangles:
        out[y0:y1, x0:x1] = fill
    return out
