"""Levels times normal numbers about 1."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import by_counter, settle
from ._counter import STEP, mixed, normal, normals, start


@kernel(inner=True)
def speckle_row(row, counter, params, level):
    """Parameters: stream, whether channels differ, standard deviation."""
    kind = row.dtype.type
    a, b, c, d, e = normals(kind(params[2]))
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        z = normal(mixed(place, k0, k1), a, b, c, d, e)
        place = np.uint32(place + step)
        row[i] = settle(row[i] + row[i] * kind(z), level)


SPECKLE = by_counter("speckle", speckle_row)


def speckle(sigma: float, stream: int, *, per_channel: bool = True) -> Op:
    """Times 1 plus a normal number of this standard deviation."""
    return SPECKLE(stream, 1.0 if per_channel else 0.0, sigma)
