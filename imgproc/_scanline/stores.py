"""Stores: they write planar rows of levels as pixels of a dtype, with the channels last or first."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.jit import kernel
from .._core.units import BYTES, Family, Unit

STORE = Family("int64", (("T", 2), ("int64", 1), ("T", 1), ("O", BYTES)))
"""Rows, task, limits, pixels of the result.  The number that a store returns has no meaning."""

CHANNELS, COUNT, FIRST, PLANE = range(4)
"""What a task holds: the number of channels; the number of pixels; the number of the first pixel in the result; and the
size of a plane if channels come first, or 0 if they come last."""


@kernel(inner=True)
def _finish(rows, channels, n, limits):
    """Turn levels into those of the result's dtype: scale them and, for integers, saturate and round them.

    NaN becomes 0 in integers."""
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
def _nothing(rows, channels, n, limits):
    """Do nothing: levels are those of the result already."""


@kernel(inner=True)
def write_apart(rows, channels, n, plane, out, first):
    """Write any number of channels, first or last."""
    step = channels if plane == 0 else 1
    for c in range(channels):
        row, at = rows[c, :n], (first * channels + c) if plane == 0 else (c * plane + first)
        if step == 1:
            part = out[at : at + n]
            for i in range(row.size):
                part[i] = row[i]
        else:
            for i in range(row.size):
                out[at + step * i] = row[i]


@kernel(inner=True)
def write_three(rows, channels, n, plane, out, first):
    """Write RGB, channels last; all else by `write_apart`."""
    part = out[3 * first : 3 * (first + n)]
    red, green, blue = rows[0], rows[1], rows[2]
    for i in range(n):
        part[3 * i], part[3 * i + 1], part[3 * i + 2] = red[i], green[i], blue[i]


@kernel(inner=True)
def write_four(rows, channels, n, plane, out, first):
    """Write RGBA, channels last; all else by `write_apart`."""
    part = out[4 * first : 4 * (first + n)]
    red, green, blue, alpha = rows[0], rows[1], rows[2], rows[3]
    for i in range(n):
        part[4 * i], part[4 * i + 1], part[4 * i + 2], part[4 * i + 3] = red[i], green[i], blue[i], alpha[i]


def _unit(name: str, write: Any, finish: Any) -> Unit:
    def store(rows, task, limits, out):
        channels, n = task[CHANNELS], task[COUNT]
        finish(rows, channels, n, limits)
        write(rows, channels, n, task[PLANE], out, task[FIRST])
        return 0

    store.__qualname__ = name
    return Unit(STORE, store)


_WRITERS = {3: write_three, 4: write_four}
_UNITS = {
    (channels, finishes): _unit(f"store_{channels or 'any'}", write, _finish if finishes else _nothing)
    for channels, write in ((0, write_apart), *_WRITERS.items())
    for finishes in (False, True)
}


def store_for(result: Any, work: Any, channels: int, plane: int, finishes: bool) -> int:
    """The address of the unit that stores rows of one dtype to pixels of another.

    It is for this number of channels, where 0 stands for any number, and for this size of a plane.  `finishes` says
    whether levels still have to be turned into those of the result's dtype."""
    fast = channels if plane == 0 and channels in _WRITERS else 0
    return _UNITS[fast, finishes].address(T=np.dtype(work).name, O=np.dtype(result).name)
