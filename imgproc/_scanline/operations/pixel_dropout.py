"""Single pixels painted over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.jit import kernel
from ..stages import Fill, Op
from ._base import by_counter, each, settle
from ._counter import STEP, first_bits, mixed, start


@kernel(inner=True)
def dropout_row(row, counter, params, level):
    """A level where 24 random bits are below the third parameter; the levels of the channels follow it."""
    kind = row.dtype.type
    edge = np.uint32(params[2])
    fill = settle(kind(params[3 + counter.channel] * level.top), level)
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        bits = np.uint32(first_bits(mixed(place, k0, k1)) >> np.uint32(8))
        place = np.uint32(place + step)
        row[i] = fill if bits < edge else row[i]


def _values(op: Op, channels: int) -> Sequence[Any]:
    return [*op.params[:3], *each(op, op.params[3:], channels)]


DROPOUT = by_counter("pixel_dropout", dropout_row, values=_values)


def pixel_dropout(probability: float, fill: Fill, stream: int, *, per_channel: bool = False) -> Op:
    """`fill` for a share of the pixels, or of each channel's."""
    below = round(probability * (1 << 24))
    return DROPOUT(stream, 1.0 if per_channel else 0.0, below, fill)
