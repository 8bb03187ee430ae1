"""Slow oracles of `imgproc.color`: each definition once, in float64, without rounding; then the scale of each dtype.

``exact(name, image)`` gives the unrounded levels that a conversion should have in the image's dtype.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable

import numpy as np

from oracles.plain import full_scale

Pixel = tuple[float, float, float]

WEIGHTS = np.array([0.299, 0.587, 0.114])
TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
WHITE = TO_XYZ.sum(axis=1)


def each(function: Callable[[float, float, float], Pixel]) -> Callable[[np.ndarray], np.ndarray]:
    """A function of one pixel as one of images."""

    def on_image(image: np.ndarray) -> np.ndarray:
        return np.array([function(*pixel) for pixel in image.reshape(-1, 3).tolist()]).reshape(image.shape)

    return on_image


# --- nominal units: RGB in [0, 1], hue in turns, Lab and Luv in their own ---------------------------------------------


def hsl(r: float, g: float, b: float) -> Pixel:
    h, light, s = colorsys.rgb_to_hls(r, g, b)
    return h, s, light


def hsl_back(h: float, s: float, light: float) -> Pixel:
    return colorsys.hls_to_rgb(h, light, s)


def hsi(r: float, g: float, b: float) -> Pixel:
    """As printed in Gonzalez and Woods; hue 0 for grey."""
    total = r + g + b
    s = 1 - 3 * min(r, g, b) / total if total else 0.0
    length = math.sqrt((r - g) ** 2 + (r - b) * (g - b))
    if length == 0:
        return 0.0, s, total / 3
    angle = math.degrees(math.acos(max(-1.0, min(1.0, ((r - g) + (r - b)) / 2 / length))))
    return (angle if b <= g else 360 - angle) / 360 % 1.0, s, total / 3


def hsi_back(h: float, s: float, i: float) -> Pixel:
    h = h % 1.0 * 360
    sector = min(int(h // 120), 2)
    h = math.radians(h - 120 * sector)
    low = i * (1 - s)
    high = i * (1 + s * math.cos(h) / math.cos(math.pi / 3 - h))
    rest = 3 * i - (low + high)
    return [(high, rest, low), (low, high, rest), (rest, low, high)][sector]


def linear(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def linear_back(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * np.maximum(v, 0) ** (1 / 2.4) - 0.055)


def xyz(rgb: np.ndarray) -> np.ndarray:
    return linear(rgb) @ TO_XYZ.T


def xyz_back(values: np.ndarray) -> np.ndarray:
    return linear_back(values @ np.linalg.inv(TO_XYZ).T)


def lab(rgb: np.ndarray) -> np.ndarray:
    t = xyz(rgb) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_back(values: np.ndarray) -> np.ndarray:
    light, a, b = np.moveaxis(values, -1, 0)
    y = (light + 16) / 116
    f = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    return xyz_back(np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2) * WHITE)


def uv(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y, z = np.moveaxis(values, -1, 0)
    total = x + 15 * y + 3 * z
    total = np.where(total == 0, np.inf, total)
    return 4 * x / total, 9 * y / total


def luv(rgb: np.ndarray) -> np.ndarray:
    values = xyz(rgb)
    light = lab(rgb)[..., 0]
    (u, v), (u0, v0) = uv(values), uv(WHITE)
    return np.stack([light, 13 * light * (u - u0), 13 * light * (v - v0)], axis=-1)


def luv_back(values: np.ndarray) -> np.ndarray:
    light, u, v = np.moveaxis(values, -1, 0)
    u0, v0 = uv(WHITE)
    y = np.where(light > 8, ((light + 16) / 116) ** 3, light * (3 / 29) ** 3)
    safe = np.where(light == 0, np.inf, 13 * light)
    u, v = u / safe + u0, v / safe + v0
    return xyz_back(np.stack([9 * y * u / (4 * v), y, y * (12 - 3 * u - 20 * v) / (4 * v)], axis=-1))


def ycrcb(rgb: np.ndarray) -> np.ndarray:
    luma = rgb @ WEIGHTS
    return np.stack([luma, (rgb[..., 0] - luma) / 1.402, (rgb[..., 2] - luma) / 1.772], axis=-1)


def ycrcb_back(values: np.ndarray) -> np.ndarray:
    luma, cr, cb = np.moveaxis(values, -1, 0)
    red, blue = luma + 1.402 * cr, luma + 1.772 * cb
    return np.stack([red, (luma - WEIGHTS[0] * red - WEIGHTS[2] * blue) / WEIGHTS[1], blue], axis=-1)


FORTH: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "hsv": each(colorsys.rgb_to_hsv),
    "hsl": each(hsl),
    "hsi": each(hsi),
    "ycrcb": ycrcb,
    "xyz": xyz,
    "lab": lab,
    "luv": luv,
    "linear": linear,
}
BACK: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "hsv": each(colorsys.hsv_to_rgb),
    "hsl": each(hsl_back),
    "hsi": each(hsi_back),
    "ycrcb": ycrcb_back,
    "xyz": xyz_back,
    "lab": lab_back,
    "luv": luv_back,
    "linear": linear_back,
}


# --- the levels of a dtype --------------------------------------------------------------------------------------------


def scale(space: str, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Level = value * scale + shift."""
    top = full_scale(dtype)
    one, zero = np.ones(3), np.zeros(3)
    if dtype.kind == "f":
        return (one, np.array([0, 0.5, 0.5])) if space == "ycrcb" else (one, zero)
    if space in ("hsv", "hsl", "hsi"):
        return np.array([top + 1, top, top]), zero
    if space == "ycrcb":
        return one * top, np.array([0, (top + 1) / 2, (top + 1) / 2])
    if space == "xyz":
        return top / WHITE, zero
    if space == "lab":
        return top * np.array([1 / 100, 1 / 255, 1 / 255]), top * np.array([0, 128, 128]) / 255
    if space == "luv":
        return top / np.array([100.0, 354, 262]), top * np.array([0, 134 / 354, 140 / 262])
    return one * top, zero


def exact(name: str, image: np.ndarray) -> np.ndarray:
    """``rgb_to_<space>`` or ``<space>_to_rgb``: unrounded, unsaturated levels, float64."""
    top = full_scale(image.dtype)
    values = image.astype(np.float64)
    space = name.removeprefix("rgb_to_").removesuffix("_to_rgb")
    factor, shift = scale(space, image.dtype)
    if name.startswith("rgb_to_"):
        return FORTH[space](values / top) * factor + shift
    return BACK[space]((values - shift) / factor) * top
