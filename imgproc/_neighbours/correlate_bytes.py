"""Means of bytes with symmetric weights, in 16 bits: twice the numbers in a register that float32 gives.

Weights are the same at opposite places of a window, so one product serves two pixels.  Levels are kept times 128, so
that two of them add up within 16 bits; a product is the upper half of 32 bits.  It is cut off by less than 1/256 of a
level, half of which is given back for all of them beforehand: with the most weights allowed a sum is off by less than
a quarter of a level, with those of a usual blur by about 0.01.  Weights add up to 1 exactly, so that what is constant
stays as it is.  No rounding depends on the type of the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.jit import Intrinsic, kernel

MOST_PAIRS = 128


def _upper_half(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils, types

    half, word = ir.IntType(16), ir.IntType(32)

    def product(typing_context, a, b):
        """``a * b >> 16`` of uint16, which LLVM's vectoriser would otherwise do in 32 bits."""

        def generate(context, builder, signature, args):
            kind = ir.FunctionType(half, [half, half, word])
            multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.umul.fix.i16")
            return builder.call(multiply, [*args, ir.Constant(word, 16)])

        return types.uint16(types.uint16, types.uint16), generate

    return intrinsic(product)


_times = Intrinsic(_upper_half)


def quantized(weights: Sequence[float], whole: int) -> np.ndarray:
    """Weights of pairs, which add up to 1/2, as uint16 that add up to ``whole / 2``; of an even number, by a zero."""
    scaled = [round(w * whole) for w in weights]
    largest = scaled.index(max(scaled))
    scaled[largest] = min(scaled[largest] + whole // 2 - sum(scaled), 65535)
    return np.array(scaled + [0] * (len(scaled) % 2), np.uint16)


@kernel(inner=True)
def _load(row, xmap, x0, first, last, count, channels, ring, base):
    """Pixels x0 on of a row that is extended by the border: `count` of them, of which [first, last) are inside."""
    start, to, seven = np.uint64(xmap[x0 + first] * channels), np.uint64(base + first * channels), np.uint16(7)
    for i in range(np.uint64((last - first) * channels)):
        ring[to + i] = np.uint16(row[start + i]) << seven
    for j in range(first + count - last):
        j += last - first if j >= first else 0
        for c in range(channels):
            ring[base + j * channels + c] = np.uint16(row[xmap[x0 + j] * channels + c]) << seven


@kernel(inner=True)
def _two(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[0, k]), np.uint64(at[1, k]), np.uint64(at[0, k + 1]), np.uint64(at[1, k + 1])
    p, q = w[k], w[k + 1]
    for i in range(np.uint64(out.size)):
        near = _times(np.uint16(ring[a + i] + ring[b + i]), p)
        far = _times(np.uint16(ring[c + i] + ring[d + i]), q)
        out[i] = (out[i] if k > 0 else bias) + (near + far)


@kernel(inner=True)
def _four(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[0, k]), np.uint64(at[1, k]), np.uint64(at[0, k + 1]), np.uint64(at[1, k + 1])
    e, f, g, h = np.uint64(at[0, k + 2]), np.uint64(at[1, k + 2]), np.uint64(at[0, k + 3]), np.uint64(at[1, k + 3])
    p, q, r, s = w[k], w[k + 1], w[k + 2], w[k + 3]
    for i in range(np.uint64(out.size)):
        near = _times(np.uint16(ring[a + i] + ring[b + i]), p) + _times(np.uint16(ring[c + i] + ring[d + i]), q)
        far = _times(np.uint16(ring[e + i] + ring[f + i]), r) + _times(np.uint16(ring[g + i] + ring[h + i]), s)
        out[i] = (out[i] if k > 0 else bias) + (near + far)


@kernel(inner=True)
def _sum(ring, at, weights, bias, out):
    """``bias`` and, for each k, ``weights[k]`` times the sum of what is at the two places ``at[:, k]``."""
    k = 0
    while k + 4 <= weights.size:
        _four(ring, at, weights, k, bias, out)
        k += 4
    if k < weights.size:
        _two(ring, at, weights, k, bias, out)


@kernel(inner=True)
def _store(total, out, first):
    to = np.uint64(first)
    for i in range(np.uint64(total.size)):
        out[to + i] = total[i] >> np.uint16(8)


@kernel
def correlate_bytes(rows, ymap, xmap, channels, places, weights, x0, x1, ring, at, total, out, y0, y1):
    """As `_combine._correlate`; ``places[0]`` and ``places[1]`` have the two ends of each pair."""
    pairs = places.shape[1]
    ry, rx = (ymap.size - out.shape[0]) // 2, (xmap.size - out.shape[1] // channels) // 2
    height, count, width = 2 * ry + 1, x1 - x0 + 2 * rx, xmap.size - 2 * rx
    stride = count * channels
    first, last = max(rx - x0, 0), min(width + rx - x0, count)
    bias = np.uint16(128 + pairs // 2)
    for y in range(y0, y1 + 2 * ry):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * ry
        if row >= y0:
            slot = row % height
            for end in range(2):
                for k in range(pairs):
                    turn = slot + places[end, k, 0]
                    at[end, k] = (turn - height if turn >= height else turn) * stride + places[end, k, 1]
            _sum(ring, at, weights, bias, total)
            _store(total, out[row], x0 * channels)


@kernel
def blur_bytes(rows, ymap, xmap, channels, radius, down, along, x0, x1, ring, at, wide, total, out, y0, y1):
    """As `_combine._separable` without options; `down` keeps levels times 128, `along` times 256."""
    height, stride, pairs = 2 * radius + 1, wide.size, radius + 1
    count, width = x1 - x0 + 2 * radius, xmap.size - 2 * radius
    first, last = max(radius - x0, 0), min(width + radius - x0, count)
    low, bias = np.uint16(pairs // 2), np.uint16(128 + pairs // 2)
    for y in range(y0, y1 + 2 * radius):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * radius
        if row >= y0:
            middle = (row + radius) % height
            for k in range(pairs):
                back, on = middle - k, middle + k
                at[0, k] = (back + height if back < 0 else back) * stride
                at[1, k] = (on - height if on >= height else on) * stride
            _sum(ring, at, down, low, wide)
            for k in range(pairs):
                at[0, k], at[1, k] = (radius - k) * channels, (radius + k) * channels
            _sum(wide, at, along, bias, total)
            _store(total, out[row], x0 * channels)
