"""Hue, chroma and value on the hexcone.

Value is the largest of R, G and B; chroma is the largest minus the smallest; hue is counted in sixths of a turn.
Between the two kernels they stay in the rows of R, G and B.  Two short loops are faster than a long one, because the
processor overlaps more of their work.
"""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ._base import settle

TINY = 1.2e-38
"""A chroma below this has no hue: its reciprocal would overflow."""


@kernel(inner=True)
def wrap(h, zero, six):
    """Bring a hue of [-6, 12) into [0, 6]."""
    h = h + six if h < zero else h
    return h - six if h >= six else h


@kernel(inner=True)
def to_hexcone(rows, n, hue, scale, shift, gain, lift):
    """Turn R, G, B into a changed hue, chroma and value.

    `hue` of [0, 6) is added to the hue.  The new saturation is `scale` times the old one plus `shift`, within [0, 1];
    the new value is `gain` times the old one plus `lift`.  The chroma is that of the new saturation and value.  NaN in
    one channel becomes NaN in all.
    """
    kind = rows.dtype.type
    zero, one, two, four, six = kind(0), kind(1), kind(2), kind(4), kind(6)
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        r, g, b = red[i], green[i], blue[i]
        most = r if r > g else g
        most = b if b > most else most
        least = r if r < g else g
        least = b if b < least else least
        chroma = most - least
        chroma = chroma if chroma > kind(TINY) else zero
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
        red[i], green[i], blue[i] = wrap(h + hue, zero, six), v * s, v


@kernel(inner=True)
def from_hexcone(rows, n, level):
    """Turn hue, chroma and value into R, G, B: each channel is the value minus the part of the chroma that it lacks."""
    kind = rows.dtype.type
    zero, one, two, three, four = kind(0), kind(1), kind(2), kind(3), kind(4)
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        h, c, v = red[i], green[i], blue[i]
        r, g, b = two - np.abs(h - three), np.abs(h - two) - one, np.abs(h - four) - one
        r = one if r > one else r
        g = one if g > one else g
        b = one if b > one else b
        r = zero if r < zero else r
        g = zero if g < zero else g
        b = zero if b < zero else b
        red[i] = settle(v - c * r, level)
        green[i] = settle(v - c * g, level)
        blue[i] = settle(v - c * b, level)
