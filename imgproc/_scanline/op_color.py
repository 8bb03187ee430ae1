"""Row kernels that mix channels: planar rows of R, G and B, changed in place."""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .op_levels import settle


@kernel(inner=True)
def matrix_rows(rows, n, m, at, top, lo, hi, magic):
    """Three rows of (cr, cg, cb, shift) from ``m[at]`` on."""
    kind = rows.dtype.type
    a, b, c, d = kind(m[at]), kind(m[at + 1]), kind(m[at + 2]), kind(m[at + 3] * top)
    e, f, g, h = kind(m[at + 4]), kind(m[at + 5]), kind(m[at + 6]), kind(m[at + 7] * top)
    p, q, r, s = kind(m[at + 8]), kind(m[at + 9]), kind(m[at + 10]), kind(m[at + 11] * top)
    for i in range(n):
        x, y, z = rows[0, i], rows[1, i], rows[2, i]
        rows[0, i] = settle(a * x + b * y + c * z + d, lo, hi, magic)
        rows[1, i] = settle(e * x + f * y + g * z + h, lo, hi, magic)
        rows[2, i] = settle(p * x + q * y + r * z + s, lo, hi, magic)


@kernel(inner=True)
def mix_rows(rows, n, m, at, top, lo, hi, magic):
    """One row of (cr, cg, cb, shift); the result replaces red."""
    kind = rows.dtype.type
    a, b, c, d = kind(m[at]), kind(m[at + 1]), kind(m[at + 2]), kind(m[at + 3] * top)
    for i in range(n):
        rows[0, i] = settle(a * rows[0, i] + b * rows[1, i] + c * rows[2, i] + d, lo, hi, magic)


@kernel(inner=True)
def swap_rows(rows, a, b, n):
    for i in range(n):
        v = rows[a, i]
        rows[a, i] = rows[b, i]
        rows[b, i] = v


# Hue, chroma and value on the hexcone: value is the largest of R, G, B, chroma what the smallest lacks of it; hue is in
# sixths of a turn.  Between two kernels they stay in the rows of R, G and B: short loops overlap more of their work
# than a long one, whose chain of dependent operations the processor has to wait for.


@kernel(inner=True)
def wrap(h, zero, six):
    """A hue of [-6, 12) in [0, 6]."""
    h = h + six if h < zero else h
    return h - six if h >= six else h


@kernel(inner=True)
def to_hexcone(rows, n, hue, scale, shift, gain, lift):
    """R, G, B become hue plus `hue` of [0, 6), chroma of the new saturation and value, value times `gain` plus `lift`.

    The new saturation is `scale` times the old plus `shift`, within [0, 1].  NaN in one channel is NaN in all.
    """
    kind = rows.dtype.type
    zero, one, two, four, six = kind(0), kind(1), kind(2), kind(4), kind(6)
    for i in range(n):
        r, g, b = rows[0, i], rows[1, i], rows[2, i]
        most = r if r > g else g
        most = b if b > most else most
        least = r if r < g else g
        least = b if b < least else least
        chroma = most - least
        part = one / (chroma if chroma > zero else one)
        h = four + (r - g) * part
        h = two + (b - r) * part if most == g else h
        h = (g - b) * part if most == r else h
        s = chroma / (most if most > zero else one) * scale + (shift if chroma > zero else zero)  # greys stay grey
        s = zero if s < zero else s
        s = one if s > one else s
        v = most * gain + lift
        total = r + g + b
        v = v if total == total else total
        rows[0, i], rows[1, i], rows[2, i] = wrap(h + hue, zero, six), v * s, v


@kernel(inner=True)
def from_hexcone(rows, n, lo, hi, magic):
    """Hue, chroma and value become R, G, B: value less the share of the chroma that each channel lacks."""
    kind = rows.dtype.type
    zero, one, two, three, four = kind(0), kind(1), kind(2), kind(3), kind(4)
    for i in range(n):
        h, c, v = rows[0, i], rows[1, i], rows[2, i]
        r, g, b = two - np.abs(h - three), np.abs(h - two) - one, np.abs(h - four) - one
        r = one if r > one else r
        g = one if g > one else g
        b = one if b > one else b
        r = zero if r < zero else r
        g = zero if g < zero else g
        b = zero if b < zero else b
        rows[0, i] = settle(v - c * r, lo, hi, magic)
        rows[1, i] = settle(v - c * g, lo, hi, magic)
        rows[2, i] = settle(v - c * b, lo, hi, magic)
