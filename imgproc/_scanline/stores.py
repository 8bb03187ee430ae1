"""From planar rows of levels to pixels of a dtype, channels last or first."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .._core.jit import kernel
from .._core.units import Family, Unit

STORE = Family("int64", (("T", 2), ("int64", 1), ("T", 1), ("uint8", 1)))
"""Rows, task, limits, pixels of the result as bytes; what it returns says nothing."""

CHANNELS, COUNT, FIRST, PLANE, FINISHES = range(5)
"""What a task holds: channels, number of pixels, number of the first one in the result, size of a plane for channels first
(0 for channels last), and whether levels still have to become those of the result's dtype."""


@kernel(inner=True)
def _finish(rows, channels, n, limits):
    """Levels of the result's dtype: scaled and, where they become integers, saturated and rounded; NaN becomes 0."""
    kind = rows.dtype.type
    zero, scale, lo, hi, magic = kind(0), limits[3], limits[4], limits[5], limits[6]
    integer = magic > zero
    for c in range(channels):
        row = rows[c, :n]
        for i in range(row.size):
            v = row[i] * scale
            v = lo if v < lo else v
            v = hi if v > hi else v
            v = (v + magic) - magic
            row[i] = zero if integer & (v != v) else v


@kernel(inner=True)
def _interleave(rows, channels, n, out, first):
    """Channels last."""
    if channels == 3:
        part = out[3 * first : 3 * (first + n)]
        red, green, blue = rows[0], rows[1], rows[2]
        for i in range(n):
            part[3 * i], part[3 * i + 1], part[3 * i + 2] = red[i], green[i], blue[i]
    elif channels == 4:
        part = out[4 * first : 4 * (first + n)]
        red, green, blue, alpha = rows[0], rows[1], rows[2], rows[3]
        for i in range(n):
            part[4 * i], part[4 * i + 1], part[4 * i + 2], part[4 * i + 3] = red[i], green[i], blue[i], alpha[i]
    else:
        for c in range(channels):
            row = rows[c]
            for i in range(n):
                out[(first + i) * channels + c] = row[i]


@functools.cache
def _unit(name: str) -> Unit:
    kind = np.dtype(name).type

    def body(rows, task, limits, pixels):
        out, channels, n, first, plane = pixels.view(kind), task[CHANNELS], task[COUNT], task[FIRST], task[PLANE]
        if task[FINISHES] != 0:
            _finish(rows, channels, n, limits)
        if plane == 0 and channels > 1:
            _interleave(rows, channels, n, out, first)
        else:
            for c in range(channels):
                row, part = rows[c], out[c * plane + first : c * plane + first + n]
                for i in range(n):
                    part[i] = row[i]
        return 0

    body.__qualname__ = f"store_{name}"
    return Unit(STORE, body)


def store_for(result: Any, work: Any) -> int:
    """The address of the unit that stores rows of one dtype to pixels of another."""
    return _unit(np.dtype(result).name).address(T=np.dtype(work).name)
