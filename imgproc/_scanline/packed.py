"""Pixels as they are in images, in memory that otherwise holds rows of levels: borders are painted into them."""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .._core.views import flat_as


@kernel(inner=True)
def _paint_all(made, channels, fill, a, b):
    kind = made.dtype.type
    for c in range(channels):
        value = kind(fill[c])
        for i in range(a * channels + c, b * channels + c, channels):
            made[i] = value


@kernel(inner=True)
def paint_packed(rows, size, channels, fill, a, b):
    """Give a level to packed pixels, whose levels have so many bytes."""
    if a >= b:
        return
    if size == 1:
        _paint_all(flat_as(rows, np.uint8), channels, fill, a, b)
    elif size == 2:
        _paint_all(flat_as(rows, np.uint16), channels, fill, a, b)
    else:
        _paint_all(flat_as(rows, rows.dtype), channels, fill, a, b)


@kernel(inner=True)
def bury_packed(rows, size, channels, fills, dead, at, n):
    """Give the fill of a border to the packed pixels that met a constant border on their way."""
    for i in range(n):
        if dead[i] != 0:
            paint_packed(rows, size, channels, fills[dead[i] - 1], at + i, at + i + 1)
