"""Reduce the number of levels."""

from __future__ import annotations

import numpy as np

from ..._core.elementary_powers import power_of_two
from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle


@kernel(inner=True)
def posterize_row(row, params, level):
    """Round levels down to a multiple of a step.

    The steps divide [0, top + 1) into equal parts for integers, and [0, 1] for floats."""
    kind = row.dtype.type
    top = level.top
    levels, steps = top + 1.0 if top > 1.0 else top, power_of_two(int(params[0]))
    steps = min(steps, levels) if top > 1.0 else steps
    step = levels / steps
    part, last = kind(1.0 / step), kind(steps - 1.0)
    size, zero = kind(step), kind(0)
    for i in range(row.size):
        v = np.floor(row[i] * part)
        v = zero if v < zero else v
        v = last if v > last else v
        row[i] = settle(v * size, level)


POSTERIZE = on_levels("posterize", posterize_row, 1)


def posterize(bits: Number) -> Op:
    """Keep the upper `bits` of each level; floats become ``floor(v * 2**bits) / 2**bits``, below 1."""
    return POSTERIZE(bits)
