"""Comparison with a threshold."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle

METHODS = ("binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse")
"""What becomes of levels above and below; the names are OpenCV's."""


@kernel(inner=True)
def threshold_row(row, params, level):
    """Methods: 0 binary, 1 inverted binary, 2 truncate, 3 to zero, 4 inverted to zero; NaN stays."""
    kind = row.dtype.type
    edge, zero, full, method = kind(params[0] * level.top), kind(0), kind(level.top), int(params[1])
    keep_above, keep_below = method == 3, (method == 2) | (method == 4)
    high = full if method == 0 else edge if method == 2 else zero
    low = full if method == 1 else zero
    for i in range(row.size):
        v = row[i]
        above = v if keep_above else high
        below = v if keep_below else low
        y = above if v > edge else below
        row[i] = settle(y if v == v else v, level)


THRESHOLD = on_levels("threshold", threshold_row, 2)


def threshold(value: Number, method: str = "binary") -> Op:
    """Compare with ``v > value``; see `METHODS`."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, got {method!r}")
    return THRESHOLD(value, METHODS.index(method))
