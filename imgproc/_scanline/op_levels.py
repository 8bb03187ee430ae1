"""Row kernels that map levels one by one: ``rows[channel]`` holds levels of one channel, changed in place.

No kernel here or beside takes a slice of an array: each would count references, at a cost that shows in every chunk.

The last arguments of each are the bounds and the rounding of its result: (0, full scale, `MAGIC`) for integer images,
(-inf, inf, 0) for float images, so that one branch-free loop serves both.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import Choice, kernel
from .._core.lookup import VECTOR, look_up_vector

MAGIC = 12582912.0
"""1.5 * 2**23: a float32 below 2**22 plus and minus this is rounded half to even."""


@kernel(inner=True)
def settle(v, lo, hi, magic):
    """Saturate and round; NaN stays."""
    v = lo if v < lo else v
    v = hi if v > hi else v
    return (v + magic) - magic


@kernel(inner=True)
def log2(x):
    """Base-2 logarithm of a positive normal float32, to about 1e-7 relative or absolute, whichever is larger.

    The mantissa m lies in [sqrt(1/2), sqrt(2)); log2(m) is (m - 1) times a minimax polynomial in m - 1, summed in pairs
    (Estrin), which shortens the chain of operations that wait for each other.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(bits - np.int32(0x3F3504F3)) >> np.int32(23))
    f = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - np.float32(1)
    f2 = f * f
    f4 = f2 * f2
    a = np.float32(1.4426948701213242) + np.float32(-0.7213471289284803) * f
    b = np.float32(0.48092242267639407) + np.float32(-0.36072113635116665) * f
    c = np.float32(0.2876587543688752) + np.float32(-0.23852120463972207) * f
    d = np.float32(0.21736577914571434) + np.float32(-0.21028965727189852) * f
    p = (a + b * f2) + f4 * ((c + d * f2) + np.float32(0.12542761547652392) * f4)
    return np.float32(exponent) + p * f


@kernel(inner=True)
def exp2(y):
    """2**y of a float32, to about 1e-7 relative; 0 below 2**-126, infinity from 2**128 on."""
    y = np.float32(y)
    limited = np.float32(-127) if y < np.float32(-127) else y
    limited = np.float32(128) if limited > np.float32(128) else limited
    whole = np.floor(limited + np.float32(0.5))
    f = limited - whole
    f2 = f * f
    a = np.float32(1) + np.float32(0.693147206709647) * f
    b = np.float32(0.24022651505040407) + np.float32(0.05550327215765397) * f
    c = np.float32(0.009617994515762207) + np.float32(0.0013400431667274515) * f
    p = (a + b * f2) + (f2 * f2) * (c + np.float32(0.00015478021848261793) * f2)
    # The bits of 2**whole; -127 gives 0 and 128 infinity.
    return np.int32(np.int32(np.int32(whole) + np.int32(127)) << np.int32(23)).view(np.float32) * p


@kernel(inner=True)
def affine_row(rows, channel, n, scale, shift, lo, hi, magic):
    for i in range(n):
        rows[channel, i] = settle(rows[channel, i] * scale + shift, lo, hi, magic)


@kernel(inner=True)
def gamma_row(rows, channel, n, gamma, gain, top, lo, hi, magic):
    """``gain * v**gamma`` on the [0, 1] scale; levels below 0 give 0."""
    kind = rows.dtype.type
    zero, part = kind(0), kind(1.0 / top)
    outer, power = kind(gain * top), np.float32(gamma)
    exact = kind(1) + kind(1e-12) > kind(1)  # known when compiled: float64 has no use for float32 polynomials
    if exact:
        for i in range(n):
            v = rows[channel, i]
            v = zero if v < zero else v
            rows[channel, i] = settle(kind(gain) * v**gamma, lo, hi, magic)
    else:
        # Two short loops overlap more than one long chain.  Between them: log2(v), or -inf for 0, or NaN and infinity.
        for i in range(n):
            x = np.float32(rows[channel, i] * part)
            y = power * log2(x)
            y = y if x > np.float32(1.1754944e-38) else kind(-np.inf)
            rows[channel, i] = y if x <= np.float32(3.4e38) else x
        for i in range(n):
            y = rows[channel, i]
            rows[channel, i] = settle(exp2(y) * outer if y == y else y, lo, hi, magic)


@kernel(inner=True)
def log_row(rows, channel, n, gain, inverse, top, lo, hi, magic):
    """``gain * log2(1 + v)`` or ``gain * (2**v - 1)`` on the [0, 1] scale; levels below 0 give 0."""
    kind = rows.dtype.type
    zero, one, part, outer = kind(0), kind(1), kind(1.0 / top), kind(gain * top)
    exact = kind(1) + kind(1e-12) > kind(1)
    if exact:
        for i in range(n):
            v = rows[channel, i]
            v = zero if v < zero else v
            y = np.exp2(v) - one if inverse else np.log2(one + v)
            rows[channel, i] = settle(y * outer, lo, hi, magic)
    elif inverse:
        for i in range(n):
            v = rows[channel, i]
            x = v * part
            x = zero if x < zero else x
            y = (exp2(x) - one) * outer
            rows[channel, i] = settle(y if v == v else v, lo, hi, magic)
    else:
        for i in range(n):
            v = rows[channel, i]
            x = v * part
            x = zero if x < zero else x
            finite = x <= kind(3.4e38)
            y = log2(one + x if finite else one) * outer
            rows[channel, i] = settle(y if finite else v, lo, hi, magic)


@kernel(inner=True)
def sigmoid_row(rows, channel, n, cutoff, gain, inverse, top, lo, hi, magic):
    """``1 / (1 + exp(gain * (cutoff - v)))`` on the [0, 1] scale, or 1 minus that."""
    kind = rows.dtype.type
    one, full = kind(1), kind(top)
    # Inverse: 1 - 1 / (1 + exp(x)) is 1 / (1 + exp(-x)).
    steep = -gain if inverse else gain
    exact = kind(1) + kind(1e-12) > kind(1)
    if exact:
        for i in range(n):
            rows[channel, i] = settle(
                full / (one + np.exp(kind(steep) * (kind(cutoff) - rows[channel, i]))), lo, hi, magic
            )
    else:
        slope, start = kind(-steep * 1.4426950408889634 / top), kind(steep * cutoff * 1.4426950408889634)
        for i in range(n):
            v = rows[channel, i]
            y = full / (one + exp2(v * slope + start))
            rows[channel, i] = settle(y if v == v else v, lo, hi, magic)


@kernel(inner=True)
def posterize_row(rows, channel, n, steps, step, lo, hi, magic):
    """Down to a multiple of `step`, the last of `steps` of them for the top."""
    kind = rows.dtype.type
    part, last = kind(1.0 / step), kind(steps - 1.0)
    size, zero = kind(step), kind(0)
    for i in range(n):
        v = np.floor(rows[channel, i] * part)
        v = zero if v < zero else v
        v = last if v > last else v
        rows[channel, i] = settle(v * size, lo, hi, magic)


@kernel(inner=True)
def solarize_row(rows, channel, n, threshold, top, lo, hi, magic):
    kind = rows.dtype.type
    full, edge = kind(top), kind(threshold)
    for i in range(n):
        v = rows[channel, i]
        rows[channel, i] = settle(full - v if v >= edge else v, lo, hi, magic)


@kernel(inner=True)
def threshold_row(rows, channel, n, value, method, top, lo, hi, magic):
    """Methods: 0 binary, 1 inverted binary, 2 truncate, 3 to zero, 4 inverted to zero; NaN stays."""
    kind = rows.dtype.type
    edge, zero, full = kind(value), kind(0), kind(top)
    keep_above, keep_below = method == 3, (method == 2) | (method == 4)
    high = full if method == 0 else edge if method == 2 else zero
    low = full if method == 1 else zero
    for i in range(n):
        v = rows[channel, i]
        above = v if keep_above else high
        below = v if keep_below else low
        y = above if v > edge else below
        rows[channel, i] = settle(y if v == v else v, lo, hi, magic)


@kernel(inner=True)
def curve_row(rows, channel, n, samples, at, count, top, lo, hi, magic):
    """Linear between `count` samples on [0, 1], from ``samples[at]`` on; beyond, as at the ends."""
    kind = rows.dtype.type
    zero, full, last, part = kind(0), kind(top), kind(count - 1), kind((count - 1.0) / top)
    first, second = np.uint64(at), np.uint64(at + 1)  # unsigned: no check for indices that count from the end
    end = np.uint32(count - 2)
    for i in range(n):
        v = rows[channel, i]
        x = v * part
        x = x if x > zero else zero
        x = last if x > last else x
        k = np.uint32(np.int32(x))
        k = end if k > end else k
        a, b = kind(samples[first + k]), kind(samples[second + k])
        y = (a + (x - kind(np.int32(k))) * (b - a)) * full
        rows[channel, i] = settle(y if v == v else v, lo, hi, magic)


@kernel(inner=True)
def narrow_table_row(rows, channel, n, tables, k):
    """A few levels of a uint8 image through a table of 256."""
    kind = rows.dtype.type
    for i in range(n):
        rows[channel, i] = kind(tables[k, channel, np.uint32(np.int32(rows[channel, i]))])


@kernel(inner=True)
def wide_table_row(rows, channel, n, tables, k):
    """Levels of a uint16 image through a table of 65536."""
    kind = rows.dtype.type
    for i in range(n):
        rows[channel, i] = kind(tables[k, channel, np.uint32(np.int32(rows[channel, i]))])


@kernel(inner=True)
def _plain_table_row(rows, channel, scratch, n, tables, k):
    kind = rows.dtype.type
    for i in range(n):
        scratch[i] = np.uint8(np.int32(rows[channel, i]))
    for i in range(n):
        scratch[i] = tables[k, channel, scratch[i]]
    for i in range(n):
        rows[channel, i] = kind(scratch[i])


@kernel(needs="avx512vbmi", inner=True)
def _vector_table_row(rows, channel, scratch, n, tables, k):
    kind = rows.dtype.type
    for i in range(n):
        scratch[i] = np.uint8(np.int32(rows[channel, i]))
    at = 256 * (tables.shape[1] * k + channel)
    for j in range((n + VECTOR - 1) // VECTOR):
        # The scratch ends at a multiple of 64: what lies beyond n is void.
        look_up_vector(scratch, VECTOR * j, tables, at, scratch)
    for i in range(n):
        rows[channel, i] = kind(scratch[i])


table_row = Choice("avx512vbmi", _vector_table_row, _plain_table_row)
"""``table_row(rows, channel, scratch, n, tables, k)``: levels of a uint8 image through table k of its channel."""
