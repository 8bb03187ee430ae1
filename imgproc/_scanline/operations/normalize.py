"""Subtract a mean from levels and divide by a standard deviation, in floats."""

from __future__ import annotations

from ..._core.jit import kernel
from ..stages import Op
from ._base import Number, on_levels


@kernel(inner=True)
def normalize_row(row, params, level):
    """Scale and shift levels, without rounding and without bounds."""
    kind = row.dtype.type
    scale, shift = kind(params[0] / level.top), kind(params[1])
    for i in range(row.size):
        row[i] = row[i] * scale + shift


NORMALIZE = on_levels("normalize", normalize_row, 2, last=True)


def normalize(mean: Number, std: Number) -> Op:
    """``(v - mean) / std`` as floats; it must be the last operation of a program."""
    if isinstance(std, tuple):
        scales = tuple(1.0 / s for s in std)
        means = mean if isinstance(mean, tuple) else (mean,) * len(scales)
        return NORMALIZE(scales, tuple(-m * s for m, s in zip(means, scales)))
    scale = 1.0 / std
    return NORMALIZE(scale, tuple(-m * scale for m in mean) if isinstance(mean, tuple) else -mean * scale)
