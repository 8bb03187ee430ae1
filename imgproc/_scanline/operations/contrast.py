"""Contrast about the mean of the image."""

from __future__ import annotations

from ..stages import Op
from ._base import MEAN, Operation, _each_channel
from .affine import AFFINE

CONTRAST = Operation("contrast about the mean", AFFINE.unit, MEAN, values=_each_channel)
"""Becomes `AFFINE` once the mean is known; its shift is filled in then."""


def contrast(factor: float) -> Op:
    """Blend with the mean luma of the image that arrives: for kernels that see all of it."""
    return CONTRAST(factor, 0.0)
