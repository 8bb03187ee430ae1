"""Sigmoid contrast, and its mirror image."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle
from ._elementary import exp2


@kernel(inner=True)
def sigmoid_row(row, params, level):
    """``1 / (1 + exp(gain * (cutoff - v)))`` on the [0, 1] scale, or 1 minus that."""
    kind = row.dtype.type
    cutoff, gain = params[0], params[1]
    one, full = kind(1), kind(level.top)
    # Inverse: 1 - 1 / (1 + exp(x)) is 1 / (1 + exp(-x)).
    steep = -gain if params[2] != 0.0 else gain
    exact = kind(1) + kind(1e-12) > kind(1)
    if exact:
        for i in range(row.size):
            row[i] = settle(full / (one + np.exp(kind(steep) * (kind(cutoff) - row[i]))), level)
    else:
        slope = kind(-steep * 1.4426950408889634 / level.top)
        start = kind(steep * cutoff * 1.4426950408889634)
        for i in range(row.size):
            v = row[i]
            y = full / (one + exp2(v * slope + start))
            row[i] = settle(y if v == v else v, level)


SIGMOID = on_levels("sigmoid", sigmoid_row, 3, slow=True)


def sigmoid(cutoff: Number, gain: Number, inverse: bool = False) -> Op:
    """``1 / (1 + exp(gain * (cutoff - v)))``, inverse 1 minus that."""
    return SIGMOID(cutoff, gain, 1.0 if inverse else 0.0)
