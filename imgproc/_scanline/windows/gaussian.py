"""Gaussian blur of bytes, as `correlate.blur_separable` computes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ..._neighbours.correlate_bytes import quantize, weigh_pairs
from ..._neighbours.gaussian import REACH, half_gaussian
from ._base import (
    CHANNELS,
    HEIGHT,
    PARAMS,
    RADIUS,
    RING,
    RING_ROWS,
    ROOM,
    SHIFT_AT,
    STRIDE,
    TOTAL,
    WIDE,
    filter_of,
    mirror,
)

LIMIT = 4.7
"""From a sigma of 4.72 on `gaussian_blur` works at a lower resolution."""

BLOCK = 512
"""Columns are summed up in blocks of about so many samples, whose rows stay in the L1 cache."""


def _reach(params: Sequence[float]) -> int:
    sigma = params[0]
    return math.ceil(REACH * sigma) if 0 < sigma < LIMIT else -1


@kernel(inner=True)
def _quantized(params, count, whole, weights):
    """Weights of pairs as `quantized` makes them; zeros up to three."""
    work = params[PARAMS + ROOM :]
    quantize(params[PARAMS:], count, whole, work)
    for k in range(max(count + 1, 3)):
        weights[k] = np.uint16(np.int64(work[k])) if k < count else 0


@kernel(inner=True)
def _prepare(params, halves, floats):
    sigma = params[0]
    if not 0.0 < sigma < LIMIT:
        return np.int64(-1)
    r = np.int64(np.ceil(REACH * sigma))
    half_gaussian(sigma, r + 1, params[PARAMS:])
    params[PARAMS] /= 2.0
    _quantized(params, r + 1, 1 << 16, halves)
    _quantized(params, r + 1, 1 << 17, halves[ROOM:])
    halves[SHIFT_AT] = 7
    return r


@kernel(inner=True)
def _down(numbers, halves, y0, y1):
    """Sums along y of the rows [y0, y1), block by block of columns."""
    r, n, row = numbers[RADIUS], numbers[RING_ROWS], numbers[STRIDE] * numbers[CHANNELS]
    blocks, height = max(row // BLOCK, 1), numbers[HEIGHT]
    at, weights, bias = np.empty((2, r + 3), np.uint64), halves[:ROOM], np.uint16((r + 1) // 2)
    for b in range(blocks):
        a, e = row // 32 * b // blocks * 32, row // 32 * (b + 1) // blocks * 32
        for y in range(y0, y1):
            for k in range(r + 1):
                at[0, k] = numbers[RING] + mirror(y - k, height) % n * row + a
                at[1, k] = numbers[RING] + mirror(y + k, height) % n * row + a
            for k in range(r + 1, 3):
                at[0, k] = at[1, k] = at[0, 0]
            to = numbers[WIDE] + (y - y0) * row
            weigh_pairs(halves, at, weights, r, bias, halves[to + a : to + e])


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    r, row = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS]
    _down(numbers, halves, y0, y1)
    at, weights, bias = np.empty((2, r + 3), np.uint64), halves[ROOM : 2 * ROOM], np.uint16(128 + (r + 1) // 2)
    for y in range(y1 - y0):
        for k in range(max(r + 1, 3)):
            near = k if k <= r else 0
            at[0, k] = numbers[WIDE] + y * row + r - near
            at[1, k] = numbers[WIDE] + y * row + r + near
        to = numbers[TOTAL] + y * row
        total = halves[to : to + row]
        weigh_pairs(halves, at, weights, r, bias, total)
        for i in range(np.uint64(row)):
            total[i] = total[i] >> np.uint16(8)


GAUSSIAN = filter_of("gaussian", _prepare, _filter, _reach)
