"""Hue, chroma and value on the hexcone.

Value is the largest of R, G, B, chroma what the smallest lacks of it; hue is in sixths of a turn.  Between the two
kernels they stay in the rows of R, G and B: short loops overlap more of their work than a long one, whose chain of
dependent operations the processor has to wait for.
"""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ._base import settle


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
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        r, g, b = red[i], green[i], blue[i]
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
        red[i], green[i], blue[i] = wrap(h + hue, zero, six), v * s, v


@kernel(inner=True)
def from_hexcone(rows, n, level):
    """Hue, chroma and value become R, G, B: value less the share of the chroma that each channel lacks."""
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
