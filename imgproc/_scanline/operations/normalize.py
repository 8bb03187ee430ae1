"""Levels less a mean, divided by a standard deviation, as floats."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels


@kernel(inner=True)
def normalize_row(row, params, level):
    """Neither rounded nor kept within bounds."""
    kind = row.dtype.type
    scale, shift = kind(params[0] / level.top), kind(params[1])
    for i in range(row.size):
        row[i] = row[i] * scale + shift


NORMALIZE = on_levels("normalize", normalize_row, 2, last=True)


def normalize(mean: Number, std: Number) -> Op:
    """``(v - mean) / std`` as floats: only at the end of a program."""
    scale = tuple(1.0 / s for s in std) if isinstance(std, tuple) else 1.0 / std
    if isinstance(mean, tuple) and isinstance(scale, tuple):
        shift: Number = tuple(-m * s for m, s in zip(mean, scale))
    elif isinstance(mean, tuple):
        shift = tuple(-m * scale for m in mean)
    else:
        shift = tuple(-mean * s for s in scale) if isinstance(scale, tuple) else -mean * scale
    return NORMALIZE(scale, shift)
