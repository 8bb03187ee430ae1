"""Mix the optical densities of red, green and blue: what dyes do to the light that passes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._core import elementary
from ..._core.jit import kernel
from ..stages import Op
from ._base import on_channels, settle
from ._elementary import exp2, log2

LEAST = 1e-6
"""The light of black, whose logarithm stands for that of less."""


@kernel(inner=True)
def take_logs(row, part):
    """log2 of levels, in place; NaN and infinity stay."""
    kind = row.dtype.type
    exact = kind(1) + kind(1e-12) > kind(1)  # known when compiled: the float32 polynomials are too rough for float64
    if exact:
        for i in range(row.size):
            x = row[i] * part
            row[i] = elementary.log2(kind(LEAST) if x < kind(LEAST) else x)
    else:
        for i in range(row.size):
            x = np.float32(row[i] * part)
            x = np.float32(LEAST) if x < np.float32(LEAST) else x
            y = log2(x)
            row[i] = y if x <= np.float32(3.4e38) else x


@kernel(inner=True)
def take_powers(row, level):
    """Levels of logarithms, in place; NaN stays."""
    kind = row.dtype.type
    top = kind(level.top)
    exact = kind(1) + kind(1e-12) > kind(1)
    if exact:
        for i in range(row.size):
            row[i] = settle(elementary.exp2(row[i]) * top, level)
    else:
        for i in range(row.size):
            y = row[i]
            row[i] = settle(exp2(y) * top if y == y else y, level)


@kernel(inner=True)
def mix_densities(rows, n, channels, m, level):
    """Mix logarithms of RGB by three rows of (cr, cg, cb, shift); the shift is one of log2."""
    kind = rows.dtype.type
    a, b, c, d = kind(m[0]), kind(m[1]), kind(m[2]), kind(m[3])
    e, f, g, h = kind(m[4]), kind(m[5]), kind(m[6]), kind(m[7])
    p, q, r, s = kind(m[8]), kind(m[9]), kind(m[10]), kind(m[11])
    for k in range(3):
        take_logs(rows[k, :n], kind(1.0 / level.top))
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        x, y, z = red[i], green[i], blue[i]
        red[i] = a * x + b * y + c * z + d
        green[i] = e * x + f * y + g * z + h
        blue[i] = p * x + q * y + r * z + s
    for k in range(3):
        take_powers(rows[k, :n], level)
    return channels


DENSITY = on_channels("density", mix_densities, rgb=True)


def density(rows: Sequence[Sequence[float]]) -> Op:
    """``D' = rows @ (D, 1)`` of the densities ``D = -log2(v)`` of RGB, by three rows of (cr, cg, cb, shift).

    Levels below a millionth of full scale count as that."""
    if len(rows) != 3 or any(len(row) != 4 for row in rows):
        raise ValueError(f"density must have 3 rows of 4, got {[len(row) for row in rows]}")
    return DENSITY(*(x for r, g, b, shift in rows for x in (r, g, b, -1.0 * shift)))
