"""Levels times a factor plus a number."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels, settle


@kernel(inner=True)
def affine_row(row, params, level):
    """Of one channel; `params` are scale and shift."""
    kind = row.dtype.type
    scale, shift = kind(params[0]), kind(params[1] * level.top)
    for i in range(row.size):
        row[i] = settle(row[i] * scale + shift, level)


AFFINE = on_levels("affine", affine_row, 2, changes_nothing=lambda op: op.params == (1.0, 0.0))


def affine(scale: Number, shift: Number = 0.0) -> Op:
    """``v * scale + shift``."""
    return AFFINE(scale, shift)
