"""Row kernels that mix channels: planar rows of R, G and B, changed in place."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._op_levels import settle


@kernel
def matrix_rows(red, green, blue, n, m, at, top, lo, hi, magic):
    """Three rows of (cr, cg, cb, shift) from ``m[at]`` on."""
    kind = red.dtype.type
    a, b, c, d = kind(m[at]), kind(m[at + 1]), kind(m[at + 2]), kind(m[at + 3] * top)
    e, f, g, h = kind(m[at + 4]), kind(m[at + 5]), kind(m[at + 6]), kind(m[at + 7] * top)
    p, q, r, s = kind(m[at + 8]), kind(m[at + 9]), kind(m[at + 10]), kind(m[at + 11] * top)
    for i in range(n):
        x, y, z = red[i], green[i], blue[i]
        red[i] = settle(a * x + b * y + c * z + d, lo, hi, magic)
        green[i] = settle(e * x + f * y + g * z + h, lo, hi, magic)
        blue[i] = settle(p * x + q * y + r * z + s, lo, hi, magic)


@kernel
def mix_rows(red, green, blue, n, m, at, top, lo, hi, magic):
    """One row of (cr, cg, cb, shift); the result replaces red."""
    kind = red.dtype.type
    a, b, c, d = kind(m[at]), kind(m[at + 1]), kind(m[at + 2]), kind(m[at + 3] * top)
    for i in range(n):
        red[i] = settle(a * red[i] + b * green[i] + c * blue[i] + d, lo, hi, magic)


@kernel
def swap_rows(a, b, n):
    for i in range(n):
        v = a[i]
        a[i] = b[i]
        b[i] = v


@kernel
def hue_of(r, g, b, most, chroma, turn, one, two, four):
    """Hue in sixths of a turn, plus `turn`; grey has that of red."""
    part = one / (chroma if chroma > one - one else one)
    h = four + (r - g) * part
    h = two + (b - r) * part if most == g else h
    h = (g - b) * part if most == r else h
    return h + turn


@kernel
def fold(k, zero, one, four, six, sixth):
    """What share of the chroma a channel lacks, k = hue in sixths of a turn plus 5, 3 or 1 for R, G or B."""
    k = k - six * np.floor(k * sixth)
    m = four - k
    m = k if k < m else m
    m = one if m > one else m
    return zero if m < zero else m


@kernel
def hsv_rows(red, green, blue, n, hue, scale, shift, gain, lift, top, lo, hi, magic):
    """Hue plus `hue` turns, saturation times `scale` plus `shift` within [0, 1], value times `gain` plus `lift`.

    On the hexcone: value is the largest of R, G, B, saturation what the smallest lacks of it.
    """
    kind = red.dtype.type
    zero, one, two, four, six, sixth = kind(0), kind(1), kind(2), kind(4), kind(6), kind(1.0 / 6.0)
    turn, s1, s0, v1, v0 = kind(hue * 6.0), kind(scale), kind(shift), kind(gain), kind(lift * top)
    five, three = kind(5), kind(3)
    for i in range(n):
        r, g, b = red[i], green[i], blue[i]
        most = r if r > g else g
        most = b if b > most else most
        least = r if r < g else g
        least = b if b < least else least
        chroma = most - least
        h = hue_of(r, g, b, most, chroma, turn, one, two, four)
        s = chroma / (most if most > zero else one) * s1 + s0
        s = zero if s < zero else s
        s = one if s > one else s
        v = most * v1 + v0
        total = r + g + b
        v = v if total == total else total  # NaN in one channel is NaN in all
        c = v * s
        red[i] = settle(v - c * fold(h + five, zero, one, four, six, sixth), lo, hi, magic)
        green[i] = settle(v - c * fold(h + three, zero, one, four, six, sixth), lo, hi, magic)
        blue[i] = settle(v - c * fold(h + one, zero, one, four, six, sixth), lo, hi, magic)
