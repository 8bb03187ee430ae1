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
from .._core.rules import rule

MOST_PAIRS = 128
LANES = 32
"""Samples of a vector of 64 bytes: `blur_bytes` works on whole vectors, which begin where lines of the cache do."""
_BITS = np.uint64(5)


def aligned(size: int) -> np.ndarray:
    """An uninitialised array of uint16 that begins at a multiple of 64 bytes."""
    whole = np.empty(size + LANES, np.uint16)
    start = -whole.__array_interface__["data"][0] % 64 // 2
    return whole[start : start + size]


def _sixteen_bits(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils, types

    half, word = ir.IntType(16), ir.IntType(32)

    def added(typing_context, total, a, b, weight):
        """``total + ((a + b) * weight >> 16)`` of uint16, where LLVM's vectoriser would take 32 bits by itself."""

        def generate(context, builder, signature, args):
            total, a, b, weight = args
            kind = ir.FunctionType(half, [half, half, word])
            multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.umul.fix.i16")
            product = builder.call(multiply, [builder.add(a, b), weight, ir.Constant(word, 16)])
            return builder.add(total, product)

        return types.uint16(types.uint16, types.uint16, types.uint16, types.uint16), generate

    return intrinsic(added)


_added = Intrinsic(_sixteen_bits)


@rule
def quantize(values, count, whole, found):
    """Write weights of pairs, which add up to 1/2, as whole numbers that add up to ``whole / 2`` and fit 16 bits."""
    total = largest = 0
    for k in range(count):
        scaled = int(np.rint(values[k] * whole))
        found[k] = scaled
        total += scaled
        if scaled > int(found[largest]):
            largest = k
    found[largest] = min(int(found[largest]) + whole // 2 - total, 65535)


def quantized(weights: Sequence[float], whole: int, *, least: int = 0) -> np.ndarray:
    """Weights of pairs, which add up to 1/2, as uint16 that add up to ``whole / 2``.

    Zeros make up an even number, and at least `least`.
    """
    found = [0] * len(weights)
    quantize(weights, len(found), whole, found)
    missing = max(len(found) % 2, least - len(found))
    return np.array(found + [0] * missing, np.uint16)


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
def _plus(total, ring, a, b, i, weight):
    """`total` and a weight times what is at two places, sample `i` from there on."""
    return _added(total, ring[a + i], ring[b + i], weight)


@kernel(inner=True)
def _two(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[0, k]), np.uint64(at[1, k]), np.uint64(at[0, k + 1]), np.uint64(at[1, k + 1])
    p, q = w[k], w[k + 1]
    for i in range(np.uint64(out.size)):
        total = _plus(out[i] if k > 0 else bias, ring, a, b, i, p)
        out[i] = _plus(total, ring, c, d, i, q)


@kernel(inner=True)
def _four(ring, at, w, k, bias, out):
    a, b, c, d = np.uint64(at[0, k]), np.uint64(at[1, k]), np.uint64(at[0, k + 1]), np.uint64(at[1, k + 1])
    e, f, g, h = np.uint64(at[0, k + 2]), np.uint64(at[1, k + 2]), np.uint64(at[0, k + 3]), np.uint64(at[1, k + 3])
    p, q, r, s = w[k], w[k + 1], w[k + 2], w[k + 3]
    for i in range(np.uint64(out.size)):
        total = _plus(out[i] if k > 0 else bias, ring, a, b, i, p)
        total = _plus(total, ring, c, d, i, q)
        total = _plus(total, ring, e, f, i, r)
        out[i] = _plus(total, ring, g, h, i, s)


@kernel(inner=True)
def weigh_ends(ring, at, weights, bias, out):
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
def correlate_bytes(source, places, weights, part, ring, at, total, out):
    """As `correlate._correlate`; ``places[0]`` and ``places[1]`` have the two ends of each pair."""
    rows, ymap, xmap, channels = source
    y0, y1, x0, x1 = part
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
            weigh_ends(ring, at, weights, bias, total)
            _store(total, out[row], x0 * channels)


# A blur's sums along an axis: of the middle and up to seven pairs in one pass over the result, of more in several.
# What costs is loads and stores, so each number of pairs has a loop of its own.  With the number of turns rounded to
# whole vectors LLVM knows that nothing is left over, and makes no loops for it.  (They are written out: from one maker,
# with conditions that Numba leaves out, they take an eighth longer to compile.)


@kernel(inner=True)
def _pair(at, w, k):
    """Two places and their weight.  (A call each is sooner compiled than three indices.)"""
    return at[0, k], at[1, k], w[k]


@kernel(inner=True)
def _first_2(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        out[i] = _plus(total, ring, c, d, i, w2)


@kernel(inner=True)
def _first_3(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    e, f, w3 = _pair(at, w, 3)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        total = _plus(total, ring, c, d, i, w2)
        out[i] = _plus(total, ring, e, f, i, w3)


@kernel(inner=True)
def _first_4(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    e, f, w3 = _pair(at, w, 3)
    g, h, w4 = _pair(at, w, 4)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        total = _plus(total, ring, c, d, i, w2)
        total = _plus(total, ring, e, f, i, w3)
        out[i] = _plus(total, ring, g, h, i, w4)


@kernel(inner=True)
def _first_5(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    e, f, w3 = _pair(at, w, 3)
    g, h, w4 = _pair(at, w, 4)
    j, k, w5 = _pair(at, w, 5)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        total = _plus(total, ring, c, d, i, w2)
        total = _plus(total, ring, e, f, i, w3)
        total = _plus(total, ring, g, h, i, w4)
        out[i] = _plus(total, ring, j, k, i, w5)


@kernel(inner=True)
def _first_6(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    e, f, w3 = _pair(at, w, 3)
    g, h, w4 = _pair(at, w, 4)
    j, k, w5 = _pair(at, w, 5)
    m, n, w6 = _pair(at, w, 6)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        total = _plus(total, ring, c, d, i, w2)
        total = _plus(total, ring, e, f, i, w3)
        total = _plus(total, ring, g, h, i, w4)
        total = _plus(total, ring, j, k, i, w5)
        out[i] = _plus(total, ring, m, n, i, w6)


@kernel(inner=True)
def _first_7(ring, at, w, bias, out):
    middle, _, w0 = _pair(at, w, 0)
    a, b, w1 = _pair(at, w, 1)
    c, d, w2 = _pair(at, w, 2)
    e, f, w3 = _pair(at, w, 3)
    g, h, w4 = _pair(at, w, 4)
    j, k, w5 = _pair(at, w, 5)
    m, n, w6 = _pair(at, w, 6)
    p, q, w7 = _pair(at, w, 7)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(bias, ring, middle, middle, i, w0)
        total = _plus(total, ring, a, b, i, w1)
        total = _plus(total, ring, c, d, i, w2)
        total = _plus(total, ring, e, f, i, w3)
        total = _plus(total, ring, g, h, i, w4)
        total = _plus(total, ring, j, k, i, w5)
        total = _plus(total, ring, m, n, i, w6)
        out[i] = _plus(total, ring, p, q, i, w7)


@kernel(inner=True)
def _four_more(ring, at, w, k, out):
    a, b, p = _pair(at, w, k)
    c, d, q = _pair(at, w, k + 1)
    e, f, r = _pair(at, w, k + 2)
    g, h, s = _pair(at, w, k + 3)
    for i in range((np.uint64(out.size) >> _BITS) << _BITS):
        total = _plus(out[i], ring, a, b, i, p)
        total = _plus(total, ring, c, d, i, q)
        total = _plus(total, ring, e, f, i, r)
        out[i] = _plus(total, ring, g, h, i, s)


@kernel(inner=True)
def weigh_pairs(ring, at, weights, pairs, bias, out):
    """``bias`` and the weighted sums of the middle, which is at ``at[:, 0]``, and of the `pairs` about it.

    `out`, and `ring` beyond each of the places, have whole vectors.  Of `at` and `weights` there are three at least.
    """
    first = pairs if pairs <= 7 else 4 + pairs % 4
    if first <= 2:
        _first_2(ring, at, weights, bias, out)
    elif first == 3:
        _first_3(ring, at, weights, bias, out)
    elif first == 4:
        _first_4(ring, at, weights, bias, out)
    elif first == 5:
        _first_5(ring, at, weights, bias, out)
    elif first == 6:
        _first_6(ring, at, weights, bias, out)
    else:
        _first_7(ring, at, weights, bias, out)
    for k in range(first + 1, pairs + 1, 4):
        _four_more(ring, at, weights, k, out)


@kernel
def blur_bytes(source, radius, weights, part, stride, length, at, buffer, out):
    """As `correlate._separable` without options: ``weights[0]`` is for the sums along y, which are levels times 128,
    ``weights[1]`` for those along x of these, which are levels times 256.

    `buffer` has a ring of ``2 radius + 1`` rows of `stride` samples, a row of sums along y, and `length` sums along x.
    Both numbers are of whole vectors, see `weigh_pairs`; what rows and sums end with beyond the block does not matter.
    """
    rows, ymap, xmap, channels = source
    y0, y1, x0, x1 = part
    height, samples = 2 * radius + 1, (x1 - x0) * channels
    count, width = x1 - x0 + 2 * radius, xmap.size - 2 * radius
    first, last = max(radius - x0, 0), min(width + radius - x0, count)
    wide, total = height * stride, (height + 1) * stride
    ends = np.array((wide, total, total + length))
    bias = np.array(((radius + 1) // 2, 128 + (radius + 1) // 2), np.uint16)
    for k in range(radius + 1):
        at[1, 0, k], at[1, 1, k] = wide + (radius - k) * channels, wide + (radius + k) * channels
    for y in range(y0, y1 + 2 * radius):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, buffer, (y % height) * stride)
        row = y - 2 * radius
        if row >= y0:
            middle = (row + radius) % height
            for k in range(radius + 1):
                back, on = middle - k, middle + k
                at[0, 0, k] = (back + height if back < 0 else back) * stride
                at[0, 1, k] = (on - height if on >= height else on) * stride
            for axis in range(len(at)):  # one call for both axes: the sums, which are long, are compiled once
                weigh_pairs(buffer, at[axis], weights[axis], radius, bias[axis], buffer[ends[axis] : ends[axis + 1]])
            _store(buffer[total : total + samples], out[row], x0 * channels)
