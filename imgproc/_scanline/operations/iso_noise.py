"""Noise of a camera's sensor: hue and grain."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import FIRST, by_place
from ._counter import STEP, keys, mixed, normal, normals, start
from ._hexcone import from_hexcone, to_hexcone

GRAIN = 0.1
"""Standard deviation of the grain in white at intensity 1; shot noise grows with the root of the light."""


@kernel(inner=True)
def iso_rows(rows, n, place, params, level):
    """Hue turned by a normal angle, then one normal level added to R, G and B; both new for each pixel.

    The angle has ``color * intensity`` turns of standard deviation, the level ``GRAIN * intensity * sqrt(lightness)``.
    """
    kind, top, first = rows.dtype.type, level.top, place[FIRST]
    stream, color, intensity = params[0], params[1], params[2]
    hue, chroma, value = rows[0, :n], rows[1, :n], rows[2, :n]
    zero, half, six, part = kind(0), kind(0.5), kind(6), kind(1.0 / top)
    to_hexcone(rows, n, zero, kind(1), zero, kind(1), zero)
    k0, k1 = keys(stream, 0)
    a, b, c, d, e = normals(color * intensity * 6.0)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        h = hue[i] + kind(normal(mixed(counter, k0, k1), a, b, c, d, e))
        counter = np.uint32(counter + step)
        hue[i] = h - six * np.floor(h * kind(1 / 6))
    k0, k1 = keys(stream, 1)
    a, b, c, d, e = normals(GRAIN * intensity * top)
    counter = start(first)
    for i in range(n):
        v = value[i]
        light = (v - half * chroma[i]) * part
        light = light if light > zero else zero
        z = kind(normal(mixed(counter, k0, k1), a, b, c, d, e))
        counter = np.uint32(counter + step)
        value[i] = v + np.sqrt(light) * z
    from_hexcone(rows, n, level)


ISO = by_place("iso_noise", iso_rows, rgb=True)


def iso_noise(color: float, intensity: float, stream: int) -> Op:
    """On RGB: a hue that varies by ``color * intensity`` turns, and grain that grows with intensity and light."""
    return ISO(stream, color, intensity)
