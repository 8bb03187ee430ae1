"""The negative of bright levels."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle


@kernel(inner=True)
def solarize_row(row, params, level):
    """Levels from a threshold on are inverted."""
    kind = row.dtype.type
    full, edge = kind(level.top), kind(params[0] * level.top)
    for i in range(row.size):
        v = row[i]
        row[i] = settle(full - v if v >= edge else v, level)


SOLARIZE = on_levels("solarize", solarize_row, 1)


def solarize(threshold: Number) -> Op:
    """``1 - v`` where ``v >= threshold``."""
    return SOLARIZE(threshold)
