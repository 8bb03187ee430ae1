"""Normal numbers added to levels."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import by_counter, settle
from ._counter import STEP, mixed, normal, normals, start


@kernel(inner=True)
def gaussian_row(row, counter, params, level):
    """Parameters: stream, whether channels differ, mean, standard deviation."""
    kind = row.dtype.type
    middle = kind(kind(params[2] * level.top))
    a, b, c, d, e = normals(kind(params[3] * level.top))
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        z = normal(mixed(place, k0, k1), a, b, c, d, e)
        place = np.uint32(place + step)
        row[i] = settle(row[i] + (middle + kind(z)), level)


GAUSSIAN = by_counter("gaussian_noise", gaussian_row)


def gaussian_noise(sigma: float, stream: int, *, mean: float = 0.0, per_channel: bool = True) -> Op:
    """Plus a normal number of this mean and standard deviation."""
    return GAUSSIAN(stream, 1.0 if per_channel else 0.0, mean, sigma)
