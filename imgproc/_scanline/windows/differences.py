"""Bytes blended with differences between neighbours, as `correlate.blend_differences` computes it: sharpening, a
relief, edges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._core.jit import kernel
from ..._neighbours.correlate import PATTERNS, blend, differences, store_row
from ..stages import Near
from ._base import CHANNELS, HEIGHT, RING, RING_ROWS, SHIFT_AT, STRIDE, TOTAL, WIDE, filter_of, mirror

_SHARES = 16
"""So many floats stand before the row that is worked in."""


def _reach(params: Sequence[float]) -> int:
    return 1


@kernel(inner=True)
def _prepare(params, halves, floats):
    halves[SHIFT_AT] = 0
    for k in range(3):
        floats[k] = params[1 + k]
    return np.int64(1)


@kernel(inner=True)
def _filter(params, numbers, halves, shorts, floats, y0, y1):
    row, height, n = numbers[STRIDE] * numbers[CHANNELS], numbers[HEIGHT], numbers[RING_ROWS]
    pattern, wide, one = np.int64(params[0]), numbers[WIDE], np.int64(1)
    p, q, total = shorts[wide : wide + row], shorts[wide + row : wide + 2 * row], floats[_SHARES : _SHARES + row]
    for y in range(y0, y1):
        a = numbers[RING] + mirror(y - 1, height) % n * row
        b = numbers[RING] + y % n * row
        c = numbers[RING] + mirror(y + 1, height) % n * row
        differences(shorts, a, b, c, one, pattern, p, q)
        blend(shorts, b + 1, p, q, pattern, floats[:3], total)
        store_row(total, np.float32(255.0), halves, numbers[TOTAL] + (y - y0) * row)


DIFFERENCES = filter_of("differences", _prepare, _filter, _reach)


def near_differences(pattern: str, *shares: float) -> Near:
    """The filter with a pattern of `correlate.PATTERNS`, and the shares that `blend_differences` takes."""
    return Near(DIFFERENCES, (PATTERNS.index(pattern), *shares, 0.0)[:4])
