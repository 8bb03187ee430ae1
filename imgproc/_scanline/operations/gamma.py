"""Power law."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle
from ._elementary import exp2, log2


@kernel(inner=True)
def gamma_row(row, params, level):
    """``gain * v**gamma`` on the [0, 1] scale; levels below 0 give 0."""
    kind = row.dtype.type
    gamma, gain = params[0], params[1]
    zero, part = kind(0), kind(1.0 / level.top)
    outer, power = kind(gain * level.top), np.float32(gamma)
    exact = kind(1) + kind(1e-12) > kind(1)  # known when compiled: float64 has no use for float32 polynomials
    if exact:
        for i in range(row.size):
            v = row[i]
            v = zero if v < zero else v
            row[i] = settle(kind(gain) * v**gamma, level)
    else:
        # Two short loops overlap more than one long chain.  Between them: log2(v), or -inf for 0, or NaN and infinity.
        for i in range(row.size):
            x = np.float32(row[i] * part)
            y = power * log2(x)
            y = y if x > np.float32(1.1754944e-38) else kind(-np.inf)
            row[i] = y if x <= np.float32(3.4e38) else x
        for i in range(row.size):
            y = row[i]
            row[i] = settle(exp2(y) * outer if y == y else y, level)


GAMMA = on_levels("gamma", gamma_row, 2, slow=True)


def gamma(gamma: Number, gain: Number = 1.0) -> Op:
    """``gain * v**gamma``, gamma > 0; levels below 0 give 0."""
    return GAMMA(gamma, gain)
