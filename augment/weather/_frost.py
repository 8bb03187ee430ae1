"""Frost on a window, made of noise: crystals that branch in three directions, denser in fractal patches."""

from __future__ import annotations

import math

import numpy as np

from imgproc._core.elementary import cos, sin
from imgproc._core.jit import kernel

from ._noise import plasma, smooth_noise, uniforms

__all__: list[str] = []

TINT = 0.88, 0.95, 1.0
"""The color of ice in R, G and B."""
NEEDLES = 700
"""Crystals in a square of the shorter side."""


@kernel(inner=True)
def _needle(ice, x, y, across, down, length, strength):
    """A crystal from (x, y) on: a line two pixels wide that thins out."""
    height, width = ice.shape
    for k in range(np.int64(length)):
        fade = strength * np.float32(1.0 - k / length)
        i, j = x + k * across, y + k * down
        for row in range(math.floor(j - 0.5), math.floor(j - 0.5) + 2):
            for column in range(math.floor(i - 0.5), math.floor(i - 0.5) + 2):
                if 0 <= row < height and 0 <= column < width:
                    near = (1.0 - abs(i - 0.5 - column)) * (1.0 - abs(j - 0.5 - row))
                    ice[row, column] = max(ice[row, column], fade * np.float32(near))


@kernel
def _crystals(numbers, size, ice):
    """Stems in directions of their own, with branches on both sides, sixty degrees off, as ice grows."""
    height, width = ice.shape
    for n in range(numbers.shape[0]):
        u = numbers[n]
        x, y, turn = width * np.float64(u[0]), height * np.float64(u[1]), 2.0 * math.pi * np.float64(u[2])
        length, strength = size * (0.3 + 0.7 * np.float64(u[3])), np.float32(0.5) + np.float32(0.5) * u[4]
        across, down = cos(turn), sin(turn)
        _needle(ice, x, y, across, down, length, strength)
        for side in (-1.0, 1.0):
            branch = turn + side * math.pi / 3.0
            bx, by = cos(branch), sin(branch)
            for k in range(1, 6):
                at = length * k / 6.0
                _needle(ice, x + at * across, y + at * down, bx, by, (length - at) * 0.5, strength * np.float32(0.8))


def frost(size: tuple[int, int], stream: int) -> np.ndarray:
    """The levels of a frosted pane, float32 (h, w) in [0, 1]; `TINT` makes a color of it."""
    h, w = size
    short = min(size)
    count = min(round(NEEDLES * max(size) / short), h * w)
    ice = np.zeros(size, np.float32)
    _crystals(uniforms(stream, 5 * count).reshape(count, 5), max(0.09 * short, 3.0), ice)
    patches = plasma(size, stream ^ 1, 0.62)
    grain = np.abs(smooth_noise(size, stream ^ 2, [max(short / 40, 1.5), max(short / 100, 1.0)]))
    levels = 0.15 + 0.7 * patches + ice * (0.3 + 0.6 * patches) - 0.6 * grain * (1 - ice)
    return np.clip(levels, 0, 1).astype(np.float32)
