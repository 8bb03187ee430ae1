"""The negative."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import on_levels, settle


@kernel(inner=True)
def invert_row(row, params, level):
    """Full scale less each level."""
    kind = row.dtype.type
    top = kind(level.top)
    for i in range(row.size):
        row[i] = settle(row[i] * kind(-1) + top, level)


INVERT = on_levels("invert", invert_row, 0)


def invert() -> Op:
    """``1 - v``."""
    return INVERT()
