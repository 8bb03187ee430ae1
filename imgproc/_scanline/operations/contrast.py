"""Contrast about the mean of the image."""

from __future__ import annotations

from ..stages import Op
from ._base import MEAN, Operation, _each_channel
from .affine import AFFINE

CONTRAST = Operation("contrast about the mean", AFFINE.unit, __name__, MEAN, values=_each_channel)
"""It becomes `AFFINE` when the mean is known; then its shift is filled in."""


def contrast(factor: float) -> Op:
    """Blend with the mean luma of the image that arrives.  Only kernels that see the whole image can run it."""
    return CONTRAST(factor, 0.0)
