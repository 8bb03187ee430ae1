"""Means of square windows of bytes, rounded to the nearest level: the sums are exact, and no mean of an odd number of
levels lies halfway between two levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ._base import CHANNELS, HEIGHT, RADIUS, RING, RING_ROWS, SHIFT_AT, STRIDE, TOTAL, WIDE, filter_of, mirror

MOST_REACH = 7
"""The sum of a wider window may need more than 16 bits."""


def _reach(params: Sequence[float]) -> int:
    return int(params[0]) if 0 <= params[0] <= MOST_REACH else -1


@kernel(inner=True)
def _prepare(params, halves, floats):
    halves[SHIFT_AT] = 0
    return np.int64(params[0]) if 0.0 <= params[0] <= MOST_REACH else np.int64(-1)


@kernel(inner=True)
def _begin(numbers, halves, y, sums):
    """Add up the rows around row y."""
    r, row = numbers[RADIUS], sums.size
    for k in range(-r, r + 1):
        at = numbers[RING] + mirror(y + k, numbers[HEIGHT]) % numbers[RING_ROWS] * row
        own = halves[at : at + row]
        for i in range(row):
            sums[i] = own[i] if k == -r else np.uint16(sums[i] + own[i])


@kernel(inner=True)
def _go_on(numbers, halves, y, before, sums):
    """The sums around row y from those around the row before."""
    r, row, height, n = numbers[RADIUS], sums.size, numbers[HEIGHT], numbers[RING_ROWS]
    new = numbers[RING] + mirror(y + r, height) % n * row
    old = numbers[RING] + mirror(y - 1 - r, height) % n * row
    added, left = halves[new : new + row], halves[old : old + row]
    for i in range(row):
        sums[i] = np.uint16(np.uint16(before[i] + added[i]) - left[i])


@kernel(inner=True)
def _level(total, scale):
    """The nearest level to a sum times `scale`."""
    return np.int32(np.rint(np.float32(np.uint16(total)) * scale))


@kernel(inner=True)
def _three(sums, scale, total):
    for i in range(total.size):
        total[i] = _level(sums[i] + sums[i + 1] + sums[i + 2], scale)


@kernel(inner=True)
def _five(sums, scale, total):
    for i in range(total.size):
        total[i] = _level(sums[i] + sums[i + 1] + sums[i + 2] + sums[i + 3] + sums[i + 4], scale)


@kernel(inner=True)
def _any(sums, r, scale, total):
    for k in range(2 * r + 1):
        own = sums[k : k + total.size]
        for i in range(own.size):
            total[i] = own[i] if k == 0 else np.uint16(total[i] + own[i])
    for i in range(total.size):
        total[i] = _level(total[i], scale)


@kernel(inner=True)
def _across(sums, r, scale, total):
    """Means of sums along y."""
    if r == 1:
        _three(sums, scale, total)
    elif r == 2:
        _five(sums, scale, total)
    else:
        _any(sums, r, scale, total)


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    r, row = numbers[RADIUS], numbers[STRIDE] * numbers[CHANNELS]
    scale = np.float32(1.0 / np.float64((2 * r + 1) * (2 * r + 1)))
    for y in range(y0, y1):
        at = numbers[WIDE] + (y - y0) * row
        sums = halves[at : at + row]
        if y == y0:
            _begin(numbers, halves, y, sums)
        else:
            _go_on(numbers, halves, y, halves[at - row : at], sums)
    for y in range(y1 - y0):
        to = numbers[TOTAL] + y * row
        _across(halves[numbers[WIDE] + y * row :], r, scale, halves[to : to + row])


BOX = filter_of("box", _prepare, _filter, _reach)
