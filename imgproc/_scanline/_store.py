"""From planar rows of levels to pixels: uint8, uint16, float16, float32 or float64, channels last or first."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


@kernel
def finish(rows, channels, n, scale, lo, hi, magic):
    """Levels of the result's dtype: scaled and, where they become integers, saturated and rounded; NaN becomes 0."""
    kind = rows.dtype.type
    zero = kind(0)
    integer = magic > zero
    for c in range(channels):
        row = rows[c]
        for i in range(n):
            v = row[i] * scale
            v = lo if v < lo else v
            v = hi if v > hi else v
            v = (v + magic) - magic
            row[i] = zero if integer & (v != v) else v


@kernel
def store(rows, channels, n, out, first, planes):
    """Pixels from `first` on; `planes` is the size of a plane for channels first, 0 for channels last."""
    if planes == 0 and channels == 3:
        part = out[3 * first : 3 * (first + n)]
        red, green, blue = rows[0], rows[1], rows[2]
        for i in range(n):
            part[3 * i], part[3 * i + 1], part[3 * i + 2] = red[i], green[i], blue[i]
    elif planes == 0 and channels > 1:
        for c in range(channels):
            row = rows[c]
            for i in range(n):
                out[(first + i) * channels + c] = row[i]
    else:
        for c in range(channels):
            row, part = rows[c], out[c * planes + first : c * planes + first + n]
            for i in range(n):
                part[i] = row[i]


@kernel
def store_half(rows, channels, n, out, first, planes, bits):
    """The same in float16, as uint16 bit patterns: rounded half to even, beyond 65504 to infinity.

    `bits` is the uint32 view of the float32 `rows`."""
    for c in range(channels):
        stride = channels if planes == 0 else 1
        start = first * channels + c if planes == 0 else c * planes + first
        row = bits[c]
        for i in range(n):
            b = row[i]
            sign = np.uint32((b >> np.uint32(16)) & np.uint32(0x8000))
            b &= np.uint32(0x7FFFFFFF)
            # Normal numbers: rebias the exponent, round the 13 bits that go.
            odd = np.uint32((b >> np.uint32(13)) & np.uint32(1))
            normal = np.uint32((b - np.uint32(0x38000000) + np.uint32(0xFFF) + odd) >> np.uint32(13))
            # Numbers below 2**-14: the mantissa with its leading one, shifted, half to even.
            away = np.uint32(113) - (b >> np.uint32(23))
            away = away if b < np.uint32(0x38800000) else np.uint32(0)
            away = away if away < np.uint32(18) else np.uint32(18)
            mantissa = (b & np.uint32(0x7FFFFF)) | np.uint32(0x800000)
            shift = away + np.uint32(13)
            cut = mantissa >> shift
            rest = mantissa & ((np.uint32(1) << shift) - np.uint32(1))
            tie = np.uint32(1) << (shift - np.uint32(1))
            up = np.uint32(1) if (rest > tie) | ((rest == tie) & ((cut & np.uint32(1)) == 1)) else np.uint32(0)
            small = cut + up
            value = small if b < np.uint32(0x38800000) else normal
            value = np.uint32(0x7C00) if b >= np.uint32(0x477FF000) else value
            value = np.uint32(0x7E00) if b > np.uint32(0x7F800000) else value
            out[start + i * stride] = np.uint16(sign | value)
