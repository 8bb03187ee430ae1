"""Hue, saturation and value of RGB changed."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import on_channels
from ._hexcone import from_hexcone, to_hexcone


@kernel(inner=True)
def hsv_rows(rows, n, channels, params, level):
    """There and back, with the change between."""
    kind = rows.dtype.type
    hue = kind((params[0] - np.floor(params[0])) * 6.0)
    to_hexcone(rows, n, hue, kind(params[1]), kind(params[2]), kind(params[3]), kind(params[4] * level.top))
    from_hexcone(rows, n, level)
    return channels


HSV = on_channels("hsv", hsv_rows, rgb=True)


def hsv(
    hue: float = 0.0,
    saturation_scale: float = 1.0,
    saturation_shift: float = 0.0,
    value_scale: float = 1.0,
    value_shift: float = 0.0,
) -> Op:
    """On RGB: hue plus `hue` turns, saturation scaled, shifted and kept within [0, 1], value scaled and shifted."""
    return HSV(hue, saturation_scale, saturation_shift, value_scale, value_shift)
