"""Row kernels for noise, dropout and erasing: random numbers by counter.

A number is a function of (stream, pixel, channel) alone: stream and channel make a key of 64 bits, the pixel's linear
index is the counter.  So neither chunks nor threads nor the order of work change it.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .op_color import from_hexcone, to_hexcone
from .op_levels import exp2, settle

SMALL_MEAN = 4.0
"""Poisson counts with a mean below this are drawn by inversion, others from an expansion about a normal number."""

SMALL_STEPS = 17
"""Terms of that inversion; a count of 17 or more has a chance of 1e-6 there."""

GRAIN = 0.1
"""Standard deviation of ISO noise in white at intensity 1; shot noise grows with the root of the light."""

STEP = 0x9E3779B9
"""By how much the counter goes up from pixel to pixel: 2**32 over the golden ratio."""

NORMAL = 1.67293082, 0.0174228596, 0.0694565128, -0.0372537361, 0.00856007792
"""Odd polynomial from a sum of four uniform numbers to a normal one, fitted for this purpose."""


@kernel(inner=True)
def keys(stream, channel):
    """Two 32-bit keys: 64 bits of stream and channel, well mixed (SplitMix64's finalizer)."""
    z = np.uint64(np.uint64(stream) + np.uint64(channel + 1) * np.uint64(0x9E3779B97F4A7C15))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.uint32(z & np.uint64(0xFFFFFFFF)), np.uint32(z >> np.uint64(32))


@kernel(inner=True)
def start(first):
    """The counter of a pixel."""
    return np.uint32((first * STEP) & 0xFFFFFFFF)


@kernel(inner=True)
def mixed(counter, k0, k1):
    """A counter (a multiple of `STEP`) under two keys, to be finished by one more multiplication."""
    x = np.uint32(counter ^ k0)
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x7FEB352D))
    return np.uint32(np.uint32(x ^ (x >> np.uint32(15))) ^ k1)


@kernel(inner=True)
def first_bits(x):
    """32 random bits of a mixed counter."""
    x = np.uint32(x * np.uint32(0x846CA68B))
    return np.uint32(x ^ (x >> np.uint32(16)))


@kernel(inner=True)
def second_bits(x):
    """32 other random bits of a mixed counter."""
    x = np.uint32(x * np.uint32(0xD168AAAD))
    return np.uint32(x ^ (x >> np.uint32(17)))


@kernel(inner=True)
def normal(x, a, b, c, d, e):
    """A normal number of a mixed counter; a to e are `NORMAL` times the standard deviation.

    The sum of four 16-bit numbers is nearly normal, but its tails end at 3.5 sigma; the polynomial takes them to 5.3.
    Kurtosis 2.999; the distribution function is off by 4e-4 at most.
    """
    y, x = second_bits(x), first_bits(x)
    low = np.uint32(0xFFFF)
    total = np.uint32(np.uint32(x & low) + np.uint32(x >> np.uint32(16)))
    total = np.uint32(total + np.uint32(np.uint32(y & low) + np.uint32(y >> np.uint32(16))))
    t = (np.float32(np.int32(total)) - np.float32(131070)) * np.float32(2.0**-16)
    q = t * t
    p = q * q
    return t * ((a + b * q) + p * ((c + d * q) + e * p))


@kernel(inner=True)
def normals(sigma):
    """The last arguments of `normal` for a standard deviation."""
    return (
        np.float32(NORMAL[0] * sigma),
        np.float32(NORMAL[1] * sigma),
        np.float32(NORMAL[2] * sigma),
        np.float32(NORMAL[3] * sigma),
        np.float32(NORMAL[4] * sigma),
    )


@kernel(inner=True)
def gaussian_row(rows, channel, n, first, k0, k1, mean, sigma, lo, hi, magic):
    kind = rows.dtype.type
    middle = kind(mean)
    a, b, c, d, e = normals(sigma)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        z = normal(mixed(counter, k0, k1), a, b, c, d, e)
        counter = np.uint32(counter + step)
        rows[channel, i] = settle(rows[channel, i] + (middle + kind(z)), lo, hi, magic)


@kernel(inner=True)
def speckle_row(rows, channel, n, first, k0, k1, sigma, lo, hi, magic):
    kind = rows.dtype.type
    a, b, c, d, e = normals(sigma)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        z = normal(mixed(counter, k0, k1), a, b, c, d, e)
        counter = np.uint32(counter + step)
        rows[channel, i] = settle(rows[channel, i] + rows[channel, i] * kind(z), lo, hi, magic)


@kernel(inner=True)
def _small_poisson_row(rows, channel, n, first, k0, k1, scale):
    """By inversion: a count is how many values of the distribution function lie below a uniform number.

    Counts of small means are marked as -1 - count.
    """
    kind = rows.dtype.type
    zero, one, limit = np.float32(0), np.float32(1), kind(SMALL_MEAN)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        v = rows[channel, i]
        mean = np.float32(v * scale)
        mean = mean if mean > zero else zero
        mean = np.float32(limit) if mean > np.float32(limit) else mean
        bits = first_bits(mixed(counter, k0, k1))
        counter = np.uint32(counter + step)
        uniform = np.float32(np.int32(bits >> np.uint32(8))) * np.float32(2.0**-24)
        chance = exp2(mean * np.float32(-1.4426950408889634))
        below, count = chance, zero
        for k in range(1, SMALL_STEPS):  # unrolled by the compiler
            count = count + (one if uniform > below else zero)
            chance = chance * mean * (one / np.float32(k))
            below = below + chance
        rows[channel, i] = -one - count if v * scale < limit else v


@kernel(inner=True)
def poisson_row(rows, channel, n, first, k0, k1, peak, top, lo, hi, magic):
    """Counts of mean ``v * peak`` at full scale 1, divided by `peak`.

    Cornish-Fisher expansion of the Poisson quantile about a normal number, rounded down.  Its law is that of Poisson
    but for 2e-3 of the probability at a mean of 4, and less above.
    """
    kind = rows.dtype.type
    scale, back, limit, none = kind(peak / top), kind(top / peak), kind(SMALL_MEAN), kind(0)
    few = np.int32(0)
    for i in range(n):
        few = np.int32(few + (np.int32(1) if rows[channel, i] * scale < limit else np.int32(0)))
    if few > 0:
        _small_poisson_row(rows, channel, n, first, k0, k1, scale)
    one, two, sixth, half = np.float32(1), np.float32(2), np.float32(1 / 6), np.float32(0.5)
    zero, least, part = np.float32(0), np.float32(SMALL_MEAN), np.float32(1 / 36)
    a, b, c, d, e = normals(1.0)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        v = rows[channel, i]
        mean = np.float32(v * scale)
        mean = mean if mean > least else least
        root = np.sqrt(mean)
        z = normal(mixed(counter, k0, k1), a, b, c, d, e)
        counter = np.uint32(counter + step)
        q = z * z
        x = np.floor((mean + root * z) + ((q + two) * sixth - z * (one + q * half) * part / root))
        x = x if x > zero else zero
        y = -kind(1) - v if v < none else kind(x)
        rows[channel, i] = settle(y * back if v == v else v, lo, hi, magic)


@kernel(inner=True)
def iso_rows(rows, n, first, stream, color, intensity, top, lo, hi, magic):
    """Hue turned by a normal angle, then one normal level added to R, G and B; both new for each pixel.

    The angle has ``color * intensity`` turns of standard deviation, the level ``GRAIN * intensity * sqrt(lightness)``.
    """
    kind = rows.dtype.type
    zero, half, six, part = kind(0), kind(0.5), kind(6), kind(1.0 / top)
    to_hexcone(rows, n, zero, kind(1), zero, kind(1), zero)
    k0, k1 = keys(stream, 0)
    a, b, c, d, e = normals(color * intensity * 6.0)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        h = rows[0, i] + kind(normal(mixed(counter, k0, k1), a, b, c, d, e))
        counter = np.uint32(counter + step)
        rows[0, i] = h - six * np.floor(h * kind(1 / 6))
    k0, k1 = keys(stream, 1)
    a, b, c, d, e = normals(GRAIN * intensity * top)
    counter = start(first)
    for i in range(n):
        v = rows[2, i]
        light = (v - half * rows[1, i]) * part
        light = light if light > zero else zero
        z = kind(normal(mixed(counter, k0, k1), a, b, c, d, e))
        counter = np.uint32(counter + step)
        rows[2, i] = v + np.sqrt(light) * z
    from_hexcone(rows, n, lo, hi, magic)


@kernel(inner=True)
def salt_and_pepper_row(rows, channel, n, first, k0, k1, pepper, either, top):
    """Black where 24 random bits are below `pepper`, white where below `either`."""
    kind = rows.dtype.type
    zero, full = kind(0), kind(top)
    dark, struck = np.uint32(pepper), np.uint32(either)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        bits = np.uint32(first_bits(mixed(counter, k0, k1)) >> np.uint32(8))
        counter = np.uint32(counter + step)
        v = full if bits < struck else rows[channel, i]
        rows[channel, i] = zero if bits < dark else v


@kernel(inner=True)
def dropout_row(rows, channel, n, first, k0, k1, below, fill):
    """`fill` where 24 random bits are below `below`."""
    edge = np.uint32(below)
    counter, step = start(first), np.uint32(STEP)
    for i in range(n):
        bits = np.uint32(first_bits(mixed(counter, k0, k1)) >> np.uint32(8))
        counter = np.uint32(counter + step)
        rows[channel, i] = fill if bits < edge else rows[channel, i]


@kernel(inner=True)
def _uniform_row(rows, channel, a, b, first, k0, k1, top, magic):
    """Uniform noise over all levels on [a, b)."""
    kind = rows.dtype.type
    whole = magic > kind(0)
    scale = kind((top + 1.0) * 2.0**-24) if whole else kind(2.0**-24)
    counter, step = start(first + a), np.uint32(STEP)
    for i in range(a, b):
        bits = first_bits(mixed(counter, k0, k1))
        counter = np.uint32(counter + step)
        v = kind(np.int32(bits >> np.uint32(8))) * scale
        rows[channel, i] = np.floor(v) if whole else v


@kernel(inner=True)
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
                if noisy:
                    k0, k1 = keys(stream, c)
                    _uniform_row(rows, c, a, b, first, k0, k1, top, magic)
                else:
                    level = settle(kind(params[at + 3 + c] * top), lo, hi, magic)
                    for i in range(a, b):
                        rows[c, i] = level
