"""Unsharp masking of bytes, as `correlate.unsharp_mask` computes it, in float32."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ..._neighbours.correlate import sharpen_row, store_row, weigh_row
from ..._neighbours.gaussian import REACH, half_gaussian
from ._base import (
    CHANNELS,
    HEIGHT,
    MOST,
    PARAMS,
    RADIUS,
    RING,
    RING_ROWS,
    SHIFT_AT,
    STRIDE,
    TOTAL,
    filter_of,
    mirror,
)

_WEIGHTS = 32
"""So many floats have weights and options; rows follow."""


def _reach(params: Sequence[float]) -> int:
    sigma = params[0]
    return math.ceil(REACH * sigma) if 0 < REACH * sigma <= MOST else -1


@kernel(inner=True)
def _prepare(params, halves, floats):
    """The parameters are sigma, the amount, and the threshold in levels."""
    sigma = params[0]
    if not 0.0 < REACH * sigma <= MOST:
        return np.int64(-1)
    r = np.int64(np.ceil(REACH * sigma))
    half_gaussian(sigma, r + 1, params[PARAMS:])
    for k in range(r + 1):
        floats[k] = params[PARAMS + k]
    floats[_WEIGHTS - 2], floats[_WEIGHTS - 1] = params[1], params[2]
    halves[SHIFT_AT] = 0
    return r


@kernel(inner=True)
def _load(numbers, halves, y0, y1, floats):
    """The rows that the windows of rows [y0, y1) see, as floats, one after the other."""
    r, row, height, n = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS], numbers[HEIGHT], numbers[RING_ROWS]
    for k in range(y1 - y0 + 2 * r):
        at = numbers[RING] + mirror(y0 - r + k, height) % n * row
        own, to = halves[at : at + row], floats[k * row : (k + 1) * row]
        for i in range(row):
            to[i] = own[i]


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    r, row = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS]
    weights, amount, threshold = floats[: r + 1], floats[_WEIGHTS - 2], floats[_WEIGHTS - 1]
    rows = floats[_WEIGHTS:]
    _load(numbers, halves, y0, y1, rows)
    end = (y1 - y0 + 2 * r) * row
    wide, total, far = rows[end : end + row], rows[end + 2 * row : end + 3 * row], rows.size
    for y in range(y1 - y0):
        middle = (y + r) * row
        weigh_row(rows, middle, row, far, weights, wide)
        weigh_row(rows, end + r, np.int64(1), far, weights, total)
        sharpen_row(rows, middle + r, total, amount, threshold)
        store_row(total, np.float32(255.0), halves, numbers[TOTAL] + y * row)


UNSHARP = filter_of("unsharp", _prepare, _filter, _reach)
