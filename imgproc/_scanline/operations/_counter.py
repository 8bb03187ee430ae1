"""Random numbers by counter, for noise, dropout and erasing.

A number is a function of (stream, pixel, channel) alone: stream and channel make a key of 64 bits, the pixel's linear
index is the counter.  So neither chunks nor threads nor the order of work change it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._core.jit import kernel

STEP = 0x9E3779B9
"""By how much the counter goes up from pixel to pixel: 2**32 over the golden ratio."""

NORMAL = 1.67293082, 0.0174228596, 0.0694565128, -0.0372537361, 0.00856007792
"""Odd polynomial from a sum of four uniform numbers to a normal one, fitted for this purpose."""


class Counter(NamedTuple):
    """Where the numbers of a row come from."""

    first: Any
    """Index of the first pixel in its frame."""
    k0: Any
    k1: Any
    """The two keys of stream and channel."""
    channel: Any


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
