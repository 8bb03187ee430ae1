"""Means of bytes with weights, in 16 bits: twice the numbers in a register that float32 gives.

Levels are kept times 256, weights times 65536; a product is the upper half of 32 bits.  Each product is cut off by less
than 1/256 of a level, half of which is given back for all of them beforehand: with the most weights allowed a sum is
off by less than half a level, with those of a usual blur by about 0.01.  Weights add up to 65536, so that what is
constant stays as it is.  There is no rounding that depends on a type of CPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._jit import Intrinsic, kernel

MOST_WEIGHTS = 128


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


def quantized(weights: np.ndarray) -> np.ndarray | None:
    """Weights of a mean as uint16, of an even number, for which a zero is added; None where there are too many."""
    whole = np.rint(weights * 65536).astype(np.int64)
    largest = whole.argmax()
    whole[largest] = min(whole[largest] + 65536 - whole.sum(), 65535)
    if weights.size > MOST_WEIGHTS:
        return None
    filled = np.zeros(weights.size + weights.size % 2, np.uint16)
    filled[: weights.size] = whole
    return filled


@kernel(inner=True)
def _load(row, xmap, x0, first, last, count, channels, ring, base):
    """Pixels x0 on of a row that is extended by the border: `count` of them, of which [first, last) are inside."""
    start, to, eight = np.uint64(xmap[x0 + first] * channels), np.uint64(base + first * channels), np.uint16(8)
    for i in range(np.uint64((last - first) * channels)):
        ring[to + i] = np.uint16(row[start + i]) << eight
    for j in range(first + count - last):
        j += last - first if j >= first else 0
        for c in range(channels):
            ring[base + j * channels + c] = np.uint16(row[xmap[x0 + j] * channels + c]) << eight


# Sums need no casts: the store cuts them off to 16 bits, and so does LLVM, before it vectorises.


@kernel(inner=True)
def _two(ring, at, w, k, bias, out):
    a, b, p, q = np.uint64(at[k]), np.uint64(at[k + 1]), w[k], w[k + 1]
    for i in range(np.uint64(out.size)):
        out[i] = (out[i] if k > 0 else bias) + (_times(ring[a + i], p) + _times(ring[b + i], q))


@kernel(inner=True)
def _four(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[k]), np.uint64(at[k + 1]), np.uint64(at[k + 2]), np.uint64(at[k + 3])
    p, q, r, s = w[k], w[k + 1], w[k + 2], w[k + 3]
    for i in range(np.uint64(out.size)):
        near = _times(ring[a + i], p) + _times(ring[b + i], q)
        far = _times(ring[c + i], r) + _times(ring[d + i], s)
        out[i] = (out[i] if k > 0 else bias) + (near + far)


@kernel(inner=True)
def _eight(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[k]), np.uint64(at[k + 1]), np.uint64(at[k + 2]), np.uint64(at[k + 3])
    e, f, g, h = np.uint64(at[k + 4]), np.uint64(at[k + 5]), np.uint64(at[k + 6]), np.uint64(at[k + 7])
    p, q, r, s = w[k], w[k + 1], w[k + 2], w[k + 3]
    t, u, v, x = w[k + 4], w[k + 5], w[k + 6], w[k + 7]
    for i in range(np.uint64(out.size)):
        near = _times(ring[a + i], p) + _times(ring[b + i], q)
        far = _times(ring[c + i], r) + _times(ring[d + i], s)
        more = _times(ring[e + i], t) + _times(ring[f + i], u)
        most = _times(ring[g + i], v) + _times(ring[h + i], x)
        out[i] = (out[i] if k > 0 else bias) + ((near + far) + (more + most))


@kernel(inner=True)
def _sum(ring, at, weights, bias, out):
    """``bias + sum of weights[k] * ring[at[k] :]``."""
    k = 0
    while k + 8 <= weights.size:
        _eight(ring, at, weights, k, bias, out)
        k += 8
    if k + 4 <= weights.size:
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
    """As `_combine._correlate`; `places` has a row for each weight that is not filling."""
    taps = places.shape[0]
    ry, rx = (ymap.size - out.shape[0]) // 2, (xmap.size - out.shape[1] // channels) // 2
    height, count, width = 2 * ry + 1, x1 - x0 + 2 * rx, xmap.size - 2 * rx
    stride = count * channels
    first, last = max(rx - x0, 0), min(width + rx - x0, count)
    bias = np.uint16(128 + taps // 2)
    for y in range(y0, y1 + 2 * ry):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * ry
        if row >= y0:
            slot = row % height
            for k in range(taps):
                turn = slot + places[k, 0]
                at[k] = (turn - height if turn >= height else turn) * stride + places[k, 1]
            _sum(ring, at, weights, bias, total)
            _store(total, out[row], x0 * channels)


@kernel
def blur_bytes(rows, ymap, xmap, channels, radius, weights, x0, x1, ring, at, along, wide, total, out, y0, y1):
    """As `_combine._separable` without options; `weights` holds the whole kernel."""
    height, stride, taps = 2 * radius + 1, wide.size, 2 * radius + 1
    count, width = x1 - x0 + 2 * radius, xmap.size - 2 * radius
    first, last = max(radius - x0, 0), min(width + radius - x0, count)
    low, bias = np.uint16(taps // 2), np.uint16(128 + taps // 2)
    for y in range(y0, y1 + 2 * radius):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * radius
        if row >= y0:
            slot = row % height
            for k in range(taps):
                at[k] = (slot + k - height if slot + k >= height else slot + k) * stride
                along[k] = k * channels
            _sum(ring, at, weights, low, wide)
            _sum(wide, along, weights, bias, total)
            _store(total, out[row], x0 * channels)
