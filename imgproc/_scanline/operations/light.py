"""Light that falls unevenly: levels times a factor that depends on the place."""

from __future__ import annotations

import numpy as np

from ..._core import elementary
from ..._core.jit import kernel
from ..stages import Op
from ._base import CHANNELS, FIRST, WIDTH, by_place, settle
from ._elementary import exp2

SHAPES = "linear", "corner", "gaussian"


@kernel(inner=True)
def _slope(row, x0, base, step, level):
    """Factors that grow by `step` from pixel to pixel."""
    kind = row.dtype.type
    for i in range(row.size):
        row[i] = settle(row[i] * (kind(base) + kind(step) * kind(x0 + i)), level)


@kernel(inner=True)
def _cone(row, x0, params, dy, level):
    """``1 + strength * (1 - distance * scale)``."""
    kind = row.dtype.type
    strength, cx, scale = kind(params[1]), kind(params[2] - 0.5), kind(params[4])
    for i in range(row.size):
        dx = kind(x0 + i) - cx
        row[i] = settle(row[i] * (kind(1) + strength * (kind(1) - np.sqrt(dx * dx + dy * dy) * scale)), level)


@kernel(inner=True)
def _bell(row, x0, params, dy, level):
    """``1 + strength * 2**(-distance**2 * scale)``."""
    kind = row.dtype.type
    strength, cx, scale = kind(params[1]), kind(params[2] - 0.5), kind(-params[4])
    exact = kind(1) + kind(1e-12) > kind(1)  # known when compiled
    if exact:
        for i in range(row.size):
            dx = kind(x0 + i) - cx
            row[i] = settle(row[i] * (kind(1) + strength * elementary.exp2((dx * dx + dy * dy) * scale)), level)
    else:
        for i in range(row.size):
            dx = kind(x0 + i) - cx
            row[i] = settle(row[i] * (kind(1) + strength * exp2((dx * dx + dy * dy) * scale)), level)


@kernel(inner=True)
def light_rows(rows, n, place, params, level):
    """The parameters are the shape, the strength, and three numbers: see `light`."""
    kind, first, width = rows.dtype.type, place[FIRST], place[WIDTH]
    i = 0
    while i < n:
        y = (first + i) // width
        x0 = first + i - y * width
        end = min(n, i + width - x0)
        dy = kind(np.float64(y) + 0.5 - params[3])
        for c in range(place[CHANNELS]):
            row = rows[c, i:end]
            if params[0] == 0.0:
                base = 1.0 + params[1] * (params[2] + 0.5 * params[3] + params[4] * (np.float64(y) + 0.5))
                _slope(row, x0, base, params[1] * params[3], level)
            elif params[0] == 1.0:
                _cone(row, x0, params, dy, level)
            else:
                _bell(row, x0, params, dy, level)
        i = end


LIGHT = by_place("light", light_rows)


def light(shape: str, strength: float, a: float, b: float, c: float) -> Op:
    """``v (1 + strength g(x, y))`` at pixel centres.

    For ``"linear"`` g is ``a + b x + c y``; for ``"corner"`` ``1 - c d`` and for ``"gaussian"`` ``2**(-c d**2)``, where
    d is the distance from (a, b)."""
    return LIGHT(float(SHAPES.index(shape)), strength, a, b, c)
