"""Rectangles painted over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.jit import kernel
from ..stages import Fill, Op
from ._base import CHANNELS, FIRST, WIDTH, by_place, each, settle
from ._counter import STEP, Counter, first_bits, keys, mixed, start


@kernel(inner=True)
def _uniform_row(row, a, b, counter, level):
    """Uniform noise over all levels on [a, b)."""
    kind, top = row.dtype.type, level.top
    whole = level.magic > kind(0)
    scale = kind((top + 1.0) * 2.0**-24) if whole else kind(2.0**-24)
    place, step, k0, k1 = start(counter.first + a), np.uint32(STEP), counter.k0, counter.k1
    for i in range(a, b):
        bits = first_bits(mixed(place, k0, k1))
        place = np.uint32(place + step)
        v = kind(np.int32(bits >> np.uint32(8))) * scale
        row[i] = np.floor(v) if whole else v


@kernel(inner=True)
def erase_rows(rows, n, place, params, level):
    """Paint rectangles (y0, x0, y1, x1) of the frame.

    Parameters: number of rectangles, whether they get noise, stream, a level for each channel, rectangles.
    """
    kind, top = rows.dtype.type, level.top
    channels, first, width = place[CHANNELS], place[FIRST], place[WIDTH]
    count, noisy, stream, boxes = np.int64(params[0]), params[1] != 0.0, params[2], 3 + channels
    y_first, y_last = first // width, (first + n - 1) // width
    for k in range(boxes, boxes + 4 * count, 4):
        x0, x1 = np.int64(params[k + 1]), np.int64(params[k + 3])
        for y in range(max(y_first, np.int64(params[k])), min(y_last + 1, np.int64(params[k + 2]))):
            a, b = max(y * width + x0 - first, 0), min(y * width + x1 - first, n)
            for c in range(channels):
                if noisy:
                    k0, k1 = keys(stream, c)
                    _uniform_row(rows[c], a, b, Counter(first, k0, k1, c), level)
                else:
                    value = settle(kind(params[3 + c] * top), level)
                    row = rows[c]
                    for i in range(a, b):
                        row[i] = value


def _values(op: Op, channels: int) -> Sequence[Any]:
    return [*op.params[:3], *each(op, op.params[3:4], channels), *op.params[4]]


ERASE = by_place("erase", erase_rows, values=_values)


def erase(rectangles: Sequence[tuple[int, int, int, int]], fill: Fill | None, stream: int = 0) -> Op:
    """Rectangles (y0, x0, y1, x1) inside the frame get a level, or noise where `fill` is None."""
    flat = tuple(x for rectangle in rectangles for x in rectangle)
    noisy = fill is None
    return ERASE(len(rectangles), 1.0 if noisy else 0.0, stream, 0.0 if noisy else fill, flat)
