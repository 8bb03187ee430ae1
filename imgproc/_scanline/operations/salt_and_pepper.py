"""Black and white pixels here and there."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import by_counter
from ._counter import STEP, first_bits, mixed, start


@kernel(inner=True)
def salt_and_pepper_row(row, counter, params, level):
    """Black where 24 random bits are below the third parameter, white where below the fourth."""
    kind = row.dtype.type
    zero, full = kind(0), kind(level.top)
    dark, struck = np.uint32(params[2]), np.uint32(params[3])
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        bits = np.uint32(first_bits(mixed(place, k0, k1)) >> np.uint32(8))
        place = np.uint32(place + step)
        v = full if bits < struck else row[i]
        row[i] = zero if bits < dark else v


SALT_AND_PEPPER = by_counter("salt_and_pepper", salt_and_pepper_row)


def salt_and_pepper(amount: float, salt: float, stream: int) -> Op:
    """White for a share ``amount * salt`` of the pixels, black for ``amount * (1 - salt)``."""
    pepper, either = round(amount * (1.0 - salt) * (1 << 24)), round(amount * (1 << 24))
    return SALT_AND_PEPPER(stream, 0.0, pepper, either)
