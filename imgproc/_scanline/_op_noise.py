"""Row kernels for noise, dropout and erasing: random numbers by counter.

A number is a function of (stream, pixel, channel) alone: stream and channel make a key of 64 bits, the pixel's linear
index is the counter.  So neither chunks nor threads nor the order of work change it.
"""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._op_color import fold, hue_of
from ._op_levels import exp2, settle

SMALL_MEAN = 12.0
"""Poisson counts with a mean below this are drawn by inversion, others from an expansion about the normal quantile."""
GRAIN = 0.1
"""Standard deviation of ISO noise in white at intensity 1; shot noise grows with the root of the light."""


@kernel
def keys(stream, channel):
    """Two 32-bit keys: 64 bits of stream and channel, well mixed (SplitMix64's finalizer)."""
    z = np.uint64(np.uint64(stream) + np.uint64(channel + 1) * np.uint64(0x9E3779B97F4A7C15))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.uint32(z & np.uint64(0xFFFFFFFF)), np.uint32(z >> np.uint64(32))


@kernel
def random_bits(counter, k0, k1):
    """32 random bits: two multiplications between shifts (constants of C. Wellons' lowbias32), a key before each."""
    x = np.uint32(np.uint32(counter) + k0)
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x7FEB352D))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x + k1)
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))


@kernel
def _tail(bits):
    """31 of the bits as a number in (0, 1]: the probability of a normal deviate at least as large in size."""
    return (np.float32(np.int32(bits & np.uint32(0x7FFFFFFF))) + np.float32(0.5)) * np.float32(2.0**-31)


@kernel
def normal(bits):
    """A standard normal float32 by inversion; the 32nd bit is its sign.

    With t the two-sided tail probability, x = 1 - t and w = -log(t (2 - t)), the quantile is x P(sqrt(w + 2)): P is a
    polynomial fitted for this purpose, off by less than 1e-4 below 2 sigma, 1e-3 below 5, and reaching 6.2 sigma.
    """
    t = _tail(bits)
    u = t * (np.float32(2) - t)
    b = np.float32(u).view(np.int32)
    exponent = np.int32(np.int32(b - np.int32(0x3F3504F3)) >> np.int32(23))
    f = np.int32(b - np.int32(exponent << np.int32(23))).view(np.float32) - np.float32(1)
    # Natural logarithm to 1e-5: log2 of the mantissa as in `_op_levels.log2`, with fewer terms.
    p = np.float32(0.252697200758513)
    p = p * f + np.float32(-0.3945671182554671)
    p = p * f + np.float32(0.48667597878717006)
    p = p * f + np.float32(-0.7202425730226059)
    p = p * f + np.float32(1.4425784985647432)
    w = np.float32(2) - np.float32(0.6931471805599453) * (np.float32(exponent) + p * f)
    r = np.sqrt(w)
    p = np.float32(0.0024279757852344046)
    p = p * r + np.float32(-0.054748233104757044)
    p = p * r + np.float32(0.5101931127063449)
    p = p * r + np.float32(-2.517129956202393)
    p = p * r + np.float32(6.951786645240101)
    p = p * r + np.float32(-10.301711164449884)
    p = p * r + np.float32(8.355123811172938)
    p = p * r + np.float32(-2.028922491482339)
    z = p * (np.float32(1) - t)
    return z if bits < np.uint32(0x80000000) else -z


@kernel
def gaussian_row(row, n, first, k0, k1, mean, sigma, lo, hi, magic):
    kind = row.dtype.type
    for i in range(n):
        z = normal(random_bits(first + i, k0, k1))
        row[i] = settle(row[i] + (mean + sigma * kind(z)), lo, hi, magic)


@kernel
def speckle_row(row, n, first, k0, k1, sigma, lo, hi, magic):
    kind = row.dtype.type
    one = kind(1)
    for i in range(n):
        z = normal(random_bits(first + i, k0, k1))
        row[i] = settle(row[i] * (one + sigma * kind(z)), lo, hi, magic)


@kernel
def _many(mean, z):
    """A Poisson count of a mean that is not small, from a normal deviate.

    Cornish-Fisher expansion of the quantile, rounded down: its law differs from Poisson's by some 1e-3 at a mean of 12
    and by less above.
    """
    root = np.sqrt(mean)
    q = z * z
    x = (
        mean
        + root * z
        + (q + np.float32(2)) * np.float32(1 / 6)
        - (z + q * z * np.float32(0.5)) / (np.float32(36) * root)
    )
    x = np.floor(x)
    return x if x > np.float32(0) else np.float32(0)


@kernel
def poisson_row(row, n, first, k0, k1, peak, top, lo, hi, magic):
    """Counts of mean ``v * peak`` at full scale 1, divided by `peak`.

    Means below `SMALL_MEAN` are inverted: the count is how many values of the cumulative distribution lie below a
    uniform number.  All steps that the chunk may need are taken for all its pixels, so the loop has no branch.
    """
    kind = row.dtype.type
    scale, back, limit = np.float32(peak / top), kind(top / peak), np.float32(SMALL_MEAN)
    zero, one = np.float32(0), np.float32(1)
    small = zero
    for i in range(n):
        mean = np.float32(row[i]) * scale
        mean = mean if mean < limit else zero
        small = mean if mean > small else small
    steps = np.int32(small + np.float32(6) * np.sqrt(small) + np.float32(5))
    for i in range(n):
        v = row[i]
        mean = np.float32(v) * scale
        mean = mean if mean > zero else zero
        bits = random_bits(first + i, k0, k1)
        count = _many(mean if mean > limit else limit, normal(bits))
        if small > zero:
            rare = mean if mean < limit else limit
            tail = _tail(bits) * np.float32(0.5)
            uniform = one - tail if bits < np.uint32(0x80000000) else tail
            chance = exp2(rare * np.float32(-1.4426950408889634))
            below, k, few = chance, one, zero
            for _ in range(steps):
                few = few + (one if uniform > below else zero)
                chance = chance * rare / k
                below = below + chance
                k = k + one
            count = few if mean < limit else count
        count = count if mean > zero else zero
        y = kind(count) * back
        row[i] = settle(y if v == v else v, lo, hi, magic)


@kernel
def iso_rows(red, green, blue, n, first, stream, color, intensity, top, lo, hi, magic):
    """Hue turned by a normal angle, then one normal grey level added to R, G and B; both new for each pixel.

    The angle has ``color * intensity`` turns of standard deviation, the level ``GRAIN * intensity * sqrt(lightness)``.
    """
    kind = red.dtype.type
    zero, one, two, four, six, sixth = kind(0), kind(1), kind(2), kind(4), kind(6), kind(1.0 / 6.0)
    five, three, part = kind(5), kind(3), kind(1.0 / top)
    turn, grain = kind(color * intensity * 6.0), kind(GRAIN * intensity * top)
    c0, c1 = keys(stream, 0)
    l0, l1 = keys(stream, 1)
    for i in range(n):
        r, g, b = red[i], green[i], blue[i]
        most = r if r > g else g
        most = b if b > most else most
        least = r if r < g else g
        least = b if b < least else least
        chroma = most - least
        angle = turn * kind(normal(random_bits(first + i, c0, c1)))
        h = hue_of(r, g, b, most, chroma, angle, one, two, four)
        light = (most + least) * part * kind(0.5)
        light = light if light > zero else zero
        v = most + grain * np.sqrt(light) * kind(normal(random_bits(first + i, l0, l1)))
        total = r + g + b
        v = v if total == total else total
        red[i] = settle(v - chroma * fold(h + five, zero, one, four, six, sixth), lo, hi, magic)
        green[i] = settle(v - chroma * fold(h + three, zero, one, four, six, sixth), lo, hi, magic)
        blue[i] = settle(v - chroma * fold(h + one, zero, one, four, six, sixth), lo, hi, magic)


@kernel
def salt_and_pepper_row(row, n, first, k0, k1, pepper, either, top):
    """Black where 24 random bits are below `pepper`, white where below `either`."""
    kind = row.dtype.type
    zero, full = kind(0), kind(top)
    dark, any_ = np.uint32(pepper), np.uint32(either)
    for i in range(n):
        bits = np.uint32(random_bits(first + i, k0, k1) >> np.uint32(8))
        v = full if bits < any_ else row[i]
        row[i] = zero if bits < dark else v


@kernel
def dropout_row(row, n, first, k0, k1, below, fill):
    """`fill` where 24 random bits are below `below`."""
    edge = np.uint32(below)
    for i in range(n):
        bits = np.uint32(random_bits(first + i, k0, k1) >> np.uint32(8))
        row[i] = fill if bits < edge else row[i]


@kernel
def _uniform_row(row, a, b, first, k0, k1, top, magic):
    """Uniform noise over all levels on [a, b)."""
    kind = row.dtype.type
    whole = magic > kind(0)
    scale = kind((top + 1.0) * 2.0**-24) if whole else kind(2.0**-24)
    for i in range(a, b):
        v = kind(np.int32(random_bits(first + i, k0, k1) >> np.uint32(8))) * scale
        row[i] = np.floor(v) if whole else v


@kernel
def erase_rows(rows, channels, n, first, width, params, at, top, lo, hi, magic):
    """Paint rectangles (y0, x0, y1, x1) of the frame.

    From ``params[at]`` on: number of rectangles, whether they get noise, stream, a level for each channel, rectangles.
    """
    kind = rows.dtype.type
    count, noisy, stream, boxes = np.int64(params[at]), params[at + 1] != 0.0, params[at + 2], at + 3 + channels
    y_first, y_last = first // width, (first + n - 1) // width
    for k in range(boxes, boxes + 4 * count, 4):
        x0, x1 = np.int64(params[k + 1]), np.int64(params[k + 3])
        for y in range(max(y_first, np.int64(params[k])), min(y_last + 1, np.int64(params[k + 2]))):
            a, b = max(y * width + x0 - first, 0), min(y * width + x1 - first, n)
            for c in range(channels):
                row = rows[c]
                if noisy:
                    k0, k1 = keys(stream, c)
                    _uniform_row(row, a, b, first, k0, k1, top, magic)
                else:
                    level = settle(kind(params[at + 3 + c] * top), lo, hi, magic)
                    for i in range(a, b):
                        row[i] = level
