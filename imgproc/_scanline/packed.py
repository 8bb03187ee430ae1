"""Pixels as they are in images, in memory that otherwise holds rows of levels: borders are painted into them."""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .._core.views import flat_as


@kernel(inner=True)
def paint_packed(rows, size, channels, fill, a, b):
    """Give a level to packed pixels; levels have so many bytes, and are integers or of the dtype of the rows."""
    made, item, done = flat_as(rows, np.uint8), size * channels, size * channels
    if a >= b:
        return
    for c in range(channels):
        if size >= rows.itemsize:
            flat_as(rows, rows.dtype)[a * channels + c] = fill[c]
        else:
            level = np.int32(fill[c])
            for k in range(size):
                made[a * item + c * size + k] = np.uint8(level >> (8 * k))
    first, end = a * item, b * item
    while first + done < end:  # twice as many each time
        part, rest = made[first : first + done], made[first + done : end]
        for i in range(min(part.size, rest.size)):
            rest[i] = part[i]
        done += done


@kernel(inner=True)
def bury_packed(rows, size, channels, fills, dead, at, n):
    """Give the fill of a border to the packed pixels that met a constant border on their way."""
    for i in range(n):
        if dead[i] != 0:
            paint_packed(rows, size, channels, fills[dead[i] - 1], at + i, at + i + 1)
