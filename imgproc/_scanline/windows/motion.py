"""Blur of bytes along a line, as `correlate.correlate` computes it with the weights of `lines`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ..._neighbours.correlate_bytes import quantize, weigh_ends
from ..._neighbours.lines import along, half_line, reach_of
from ._base import (
    CHANNELS,
    HEIGHT,
    MOST,
    PARAMS,
    RADIUS,
    RING,
    RING_ROWS,
    ROOM,
    SHIFT_AT,
    STRIDE,
    TOTAL,
    filter_of,
    mirror,
)


def _reach(params: Sequence[float]) -> int:
    across, down = along(params[1])
    _, reach = reach_of(params[0], across, down)
    return reach if reach <= MOST else -1


@kernel(inner=True)
def _in_order(rows, columns, weights, n, width):
    """Sort pairs by which of their ends comes first in the window, row by row: the middle is the last.

    The first of the largest weights makes up for the rounding of all of them."""
    for k in range(n):
        if rows[k] > 0.0 or (rows[k] == 0.0 and columns[k] > 0.0):
            rows[k], columns[k] = -rows[k], -columns[k]
    for k in range(1, n):
        y, x, w, j = rows[k], columns[k], weights[k], k
        while j > 0 and rows[j - 1] * width + columns[j - 1] > y * width + x:
            rows[j], columns[j], weights[j] = rows[j - 1], columns[j - 1], weights[j - 1]
            j -= 1
        rows[j], columns[j], weights[j] = y, x, w


@kernel(inner=True)
def _prepare(params, halves, floats):
    """The parameters are length and angle.  Places go behind them, the number of pairs to ``halves[ROOM]``."""
    across, down = along(params[1])
    if across != across or down != down:
        return np.int64(-1)
    _, reach = reach_of(params[0], across, down)
    if reach > MOST:
        return np.int64(-1)
    rows, columns = params[PARAMS : PARAMS + ROOM], params[PARAMS + ROOM :]
    weights, found = np.empty(ROOM), np.empty(ROOM)
    n = half_line(params[0], across, down, rows, columns, weights)
    _in_order(rows, columns, weights, n, np.float64(4 * MOST))
    weights[n - 1] /= 2.0
    quantize(weights, n, 1 << 17, found)
    for k in range(n):
        halves[k] = np.uint16(np.int64(found[k]))
    halves[n], halves[ROOM], halves[SHIFT_AT] = 0, n, 7
    return np.int64(reach)


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    r, row, height, n = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS], numbers[HEIGHT], numbers[RING_ROWS]
    pairs = np.int64(halves[ROOM])
    weights, bias = halves[: pairs + pairs % 2], np.uint16(128 + pairs // 2)
    at = np.zeros((2, pairs + 1), np.int64)
    for y in range(y0, y1):
        for k in range(pairs):
            down, across = np.int64(params[PARAMS + k]), np.int64(params[PARAMS + ROOM + k])
            at[0, k] = numbers[RING] + mirror(y + down, height) % n * row + r + across
            at[1, k] = numbers[RING] + mirror(y - down, height) % n * row + r - across
        to = numbers[TOTAL] + (y - y0) * row
        total = halves[to : to + row]
        weigh_ends(halves, at, weights, bias, total)
        for i in range(np.uint64(row)):
            total[i] = total[i] >> np.uint16(8)


MOTION = filter_of("motion", _prepare, _filter, _reach)
