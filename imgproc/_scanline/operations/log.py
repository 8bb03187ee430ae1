"""Logarithm, and its inverse."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle
from ._elementary import exp2, log2


@kernel(inner=True)
def log_row(row, params, level):
    """``gain * log2(1 + v)`` or ``gain * (2**v - 1)`` on the [0, 1] scale; levels below 0 give 0."""
    kind = row.dtype.type
    gain, inverse = params[0], params[1] != 0.0
    zero, one, part, outer = kind(0), kind(1), kind(1.0 / level.top), kind(gain * level.top)
    exact = kind(1) + kind(1e-12) > kind(1)
    if exact:
        for i in range(row.size):
            v = row[i]
            v = zero if v < zero else v
            y = np.exp2(v) - one if inverse else np.log2(one + v)
            row[i] = settle(y * outer, level)
    elif inverse:
        for i in range(row.size):
            v = row[i]
            x = v * part
            x = zero if x < zero else x
            y = (exp2(x) - one) * outer
            row[i] = settle(y if v == v else v, level)
    else:
        for i in range(row.size):
            v = row[i]
            x = v * part
            x = zero if x < zero else x
            finite = x <= kind(3.4e38)
            y = log2(one + x if finite else one) * outer
            row[i] = settle(y if finite else v, level)


LOG = on_levels("log", log_row, 2, slow=True)


def log(gain: Number = 1.0, inverse: bool = False) -> Op:
    """``gain * log2(1 + v)``, inverse ``gain * (2**v - 1)``; levels below 0 give 0."""
    return LOG(gain, 1.0 if inverse else 0.0)
