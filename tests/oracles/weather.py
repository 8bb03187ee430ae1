"""Weather and lenses, slowly: textures by whole arrays, layers pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, special

from augment.weather._noise import smooth_noise, uniforms
from oracles.plain import full_scale


def stored(levels: np.ndarray, dtype: Any) -> np.ndarray:
    """Levels on [0, 1] in a dtype: integers are rounded half to even and saturated."""
    top = full_scale(dtype)
    if np.dtype(dtype).kind == "f":
        return levels.astype(dtype)
    return np.rint(np.clip(levels * top, 0, top)).astype(dtype)


def over(image: np.ndarray, cover: np.ndarray, color: Any) -> np.ndarray:
    """A color over an image, by a share for each pixel."""
    levels = image / full_scale(image.dtype)
    if image.ndim == 3 and cover.ndim == 2:
        cover = cover[..., None]
    return stored(levels + cover * (np.asarray(color) - levels), image.dtype)


def plasma(size: int, numbers: np.ndarray, decay: float) -> np.ndarray:
    """The diamond-square algorithm on a square torus by rolled arrays; each place has its number in [-1, 1]."""
    torus = np.zeros((size, size))
    torus[0, 0] = numbers[0, 0]
    step, amplitude = size, 1.0
    while step >= 2:
        half = step // 2
        corners = torus[::step, ::step]
        squares = corners + np.roll(corners, -1, axis=0)
        squares = squares + np.roll(squares, -1, axis=1)
        torus[half::step, half::step] = squares / 4 + amplitude * numbers[half::step, half::step]
        middles = torus[half::step, half::step]
        tops = middles + np.roll(middles, 1, axis=0) + corners + np.roll(corners, -1, axis=1)
        torus[::step, half::step] = tops / 4 + amplitude * numbers[::step, half::step]
        lefts = middles + np.roll(middles, 1, axis=1) + corners + np.roll(corners, -1, axis=0)
        torus[half::step, ::step] = lefts / 4 + amplitude * numbers[half::step, ::step]
        step, amplitude = half, amplitude * decay
    torus -= torus.min()
    return torus / torus.max()


def numbers_of(stream: int, shape: tuple[int, int]) -> np.ndarray:
    """The numbers of a stream by their place, in [-1, 1]."""
    return 2.0 * uniforms(stream, shape[0] * shape[1]).reshape(shape).astype(np.float64) - 1


def snow(levels: np.ndarray, stream: int, number: int, drawn: dict[str, float]) -> np.ndarray:
    """Ellipses by whole arrays, over levels on [0, 1] of a grey image."""
    h, w = levels.shape
    x, y, near = (uniforms(stream, number, c).astype(np.float64) for c in range(3))
    largest, stretch, angle = drawn["radius"] * min(h, w), drawn["stretch"], np.deg2rad(drawn["angle"])
    margin = largest * stretch
    py, px = np.mgrid[:h, :w] + 0.5
    levels = levels + drawn["whitening"] * (0.9 - levels)
    for k, top in enumerate(np.sort(y)):
        size = near[k] ** 3
        radius, opacity = largest * (0.25 + 0.75 * size), drawn["opacity"] * (1 - 0.5 * size)
        opacity, radius = opacity * min(radius / 0.8, 1) ** 2, max(radius, 0.8)
        dx, dy = px - ((w + 2 * margin) * x[k] - margin), py - ((h + 2 * margin) * top - margin)
        along, across = dx * np.sin(angle) + dy * np.cos(angle), dx * np.cos(angle) - dy * np.sin(angle)
        q = (along / (radius * stretch)) ** 2 + (across / radius) ** 2
        levels = levels + opacity * np.clip(1 - q, 0, None) ** 2 * (1 - levels)
    return levels


def shadow(size: tuple[int, int], stream: int, shadows: int, drawn: dict[str, float]) -> np.ndarray:
    """How much of the light shadows take from each pixel."""
    h, w = size
    py, px = np.mgrid[:h, :w] + 0.5
    light = np.ones(size)
    soft = max(drawn["softness"] * min(size), 1.0)
    for u in uniforms(stream, 16 * shadows).reshape(shadows, 16).astype(np.float64):
        count, inside = 3 + min(int(4 * u[3]), 3), np.full(size, np.inf)
        for i in range(count):
            turn = 2 * np.pi / count * (i + 0.6 * u[4 + 2 * i] + u[2])
            reach = drawn["extent"] * min(size) * (0.4 + 0.6 * u[5 + 2 * i])
            inside = np.minimum(inside, reach - (px - w * u[0]) * np.cos(turn) - (py - h * u[1]) * np.sin(turn))
        t = np.clip(inside / soft + 0.5, 0, 1)
        light *= 1 - drawn["strength"] * t * t * (3 - 2 * t)
    return 1 - light


def splines(size: tuple[int, int], stream: int, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """A field of smooth noise, and the same by SciPy's B-splines."""
    down, across = int(size[0] / spacing) + 4, int(size[1] / spacing) + 4
    control = uniforms(stream, down * across).reshape(down, across) - 0.5
    places = [(np.arange(n) + 0.5) / spacing + 1 for n in size]
    expected = ndimage.map_coordinates(control, np.meshgrid(*places, indexing="ij"), order=3, prefilter=False)
    return smooth_noise(size, stream, [spacing]), expected


def magnified(plane: np.ndarray, factor: float) -> np.ndarray:
    """A channel that is larger by a factor about its middle, by SciPy's bilinear interpolation."""
    places = [(np.arange(n) + 0.5 - n / 2) / factor + n / 2 - 0.5 for n in plane.shape]
    return ndimage.map_coordinates(
        plane.astype(np.float64), np.meshgrid(*places, indexing="ij"), order=1, mode="nearest"
    )


def jinc(radius: int, cutoff: float) -> np.ndarray:
    """Real-ESRGAN's circular low-pass filter."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    r = np.hypot(y, x)
    r[radius, radius] = 1
    weights = cutoff * special.j1(cutoff * r) / (2 * np.pi * r)
    weights[radius, radius] = cutoff**2 / (4 * np.pi)
    return weights / weights.sum()
