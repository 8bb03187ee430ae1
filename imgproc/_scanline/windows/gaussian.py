"""Gaussian blur of bytes, as `correlate.blur_separable` computes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ..._neighbours.correlate_bytes import LANES, quantize, weigh_pairs
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
def _find_rows(numbers, r, y, column, at):
    """Where the pairs of rows around row y begin in the ring, from a column on."""
    height, n, row = numbers[HEIGHT], numbers[RING_ROWS], numbers[STRIDE] * numbers[CHANNELS]
    for k in range(max(r + 1, 3)):
        near = k if k <= r else 0
        at[0, k] = numbers[RING] + mirror(y - near, height) % n * row + column
        at[1, k] = numbers[RING] + mirror(y + near, height) % n * row + column


@kernel(inner=True)
def _find_columns(start, r, at):
    """Where the pairs of columns begin in a row of sums."""
    for k in range(max(r + 1, 3)):
        near = k if k <= r else 0
        at[0, k], at[1, k] = start + r - near, start + r + near


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    """Sums along y, block by block of columns, and then sums along x of these.

    One call does both, so that the sums, which are long, are compiled once."""
    r, row, rows = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS], y1 - y0
    blocks, half = max(row // BLOCK, 1), (r + 1) // 2
    at = np.empty((2, r + 3), np.uint64)
    for job in range((blocks + 1) * rows):
        b, y = job // rows, job % rows
        down = b < blocks
        if down:
            a, e = row // LANES * b // blocks * LANES, row // LANES * (b + 1) // blocks * LANES
            start = numbers[WIDE] + y * row
            _find_rows(numbers, r, y0 + y, a, at)
        else:
            a, e, start = 0, row, numbers[TOTAL] + y * row
            _find_columns(numbers[WIDE] + y * row, r, at)
        weights, bias = halves[0 if down else ROOM :], np.uint16(half if down else 128 + half)
        total = halves[start + a : start + e]
        weigh_pairs(halves, at, weights, r, bias, total)
        if not down:
            for i in range(np.uint64(row)):
                total[i] = total[i] >> np.uint16(8)


GAUSSIAN = filter_of("gaussian", _prepare, _filter, _reach)
