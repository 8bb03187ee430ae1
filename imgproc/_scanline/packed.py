"""Borders that are painted into pixels as they are in images, in memory that otherwise holds rows of levels; and the
fills of points that met a border on their way.

Both are units, as few passes need them.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .._core.units import Family, Unit
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


_NUMBER = ("int64", 0)

PAINTING = Family("int64", (("T", 2), ("T", 2), _NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER))
"""The memory of the rows; the fills, and the number of one; bytes of a level; channels; the pixels [a, b)."""


def _paint(rows, fills, k, size, channels, a, b):
    paint_packed(rows, size, channels, fills[k], a, b)
    return 0


PAINTER = Unit(PAINTING, _paint)
"""Paints a border into packed pixels."""


@kernel(inner=True)
def bury_packed(rows, size, channels, fills, dead, at, n):
    """Give the fill of a border to the packed pixels that met a constant border on their way."""
    for i in range(n):
        if dead[i] != 0:
            paint_packed(rows, size, channels, fills[dead[i] - 1], at + i, at + i + 1)


@kernel(inner=True)
def _bury_rows(rows, channels, fills, dead, at, n):
    """Give the fill of a border to the points that met a constant border on their way."""
    some = np.int32(0)
    for i in range(n):
        some |= dead[i]
    if some == 0:
        return
    for c in range(channels):
        for i in range(n):
            if dead[i] != 0:
                rows[c, at + i] = fills[dead[i] - 1, c]


BURYING = Family("int64", (("T", 2), ("T", 2), ("int32", 1), _NUMBER, _NUMBER, _NUMBER, _NUMBER))
"""The rows; the fills; which points met a border, as `STEPPER` says; bytes of a level of packed pixels, or 0 for rows;
channels; the first column, and the number of points."""


def _bury(rows, fills, dead, size, channels, at, n):
    if size > 0:
        bury_packed(rows, size, channels, fills, dead, at, n)
    else:
        _bury_rows(rows, channels, fills, dead, at, n)
    return 0


BURIER = Unit(BURYING, _bury)
"""Gives fills to the points that met a border, in rows and in packed pixels."""
