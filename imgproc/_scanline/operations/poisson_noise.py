"""Photon noise."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import by_counter, settle
from ._counter import STEP, first_bits, mixed, normal, normals, start
from ._elementary import exp2

SMALL_MEAN = 4.0
"""Poisson counts with a mean below this are drawn by inversion, others from an expansion about a normal number."""

SMALL_STEPS = 17
"""Terms of that inversion; a count of 17 or more has a chance of 1e-6 there."""


@kernel(inner=True)
def _small_poisson_row(row, counter, scale):
    """By inversion: a count is how many values of the distribution function lie below a uniform number.

    Counts of small means are marked as -1 - count.
    """
    kind = row.dtype.type
    zero, one, limit = np.float32(0), np.float32(1), kind(SMALL_MEAN)
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        v = row[i]
        mean = np.float32(v * scale)
        mean = mean if mean > zero else zero
        mean = np.float32(limit) if mean > np.float32(limit) else mean
        bits = first_bits(mixed(place, k0, k1))
        place = np.uint32(place + step)
        uniform = np.float32(np.int32(bits >> np.uint32(8))) * np.float32(2.0**-24)
        chance = exp2(mean * np.float32(-1.4426950408889634))
        below, count = chance, zero
        for k in range(1, SMALL_STEPS):  # unrolled by the compiler
            count = count + (one if uniform > below else zero)
            chance = chance * mean * (one / np.float32(k))
            below = below + chance
        row[i] = -one - count if v * scale < limit else v


@kernel(inner=True)
def poisson_row(row, counter, params, level):
    """Counts of mean ``v * peak`` at full scale 1, divided by `peak`, which is the third parameter.

    Cornish-Fisher expansion of the Poisson quantile about a normal number, rounded down.  Its law is that of Poisson
    but for 2e-3 of the probability at a mean of 4, and less above.
    """
    kind = row.dtype.type
    peak, top = params[2], level.top
    scale, back, limit, none = kind(peak / top), kind(top / peak), kind(SMALL_MEAN), kind(0)
    few = np.int32(0)
    for i in range(row.size):
        few = np.int32(few + (np.int32(1) if row[i] * scale < limit else np.int32(0)))
    if few > 0:
        _small_poisson_row(row, counter, scale)
    one, two, sixth, half = np.float32(1), np.float32(2), np.float32(1 / 6), np.float32(0.5)
    zero, least, part = np.float32(0), np.float32(SMALL_MEAN), np.float32(1 / 36)
    a, b, c, d, e = normals(1.0)
    place, step, k0, k1 = start(counter.first), np.uint32(STEP), counter.k0, counter.k1
    for i in range(row.size):
        v = row[i]
        mean = np.float32(v * scale)
        mean = mean if mean > least else least
        root = np.sqrt(mean)
        z = normal(mixed(place, k0, k1), a, b, c, d, e)
        place = np.uint32(place + step)
        q = z * z
        x = np.floor((mean + root * z) + ((q + two) * sixth - z * (one + q * half) * part / root))
        x = x if x > zero else zero
        y = -kind(1) - v if v < none else kind(x)
        row[i] = settle(y * back if v == v else v, level)


POISSON = by_counter("poisson_noise", poisson_row)


def poisson_noise(peak: float, stream: int) -> Op:
    """Photon counts of mean ``v * peak``, divided by `peak`."""
    return POISSON(stream, 1.0, peak)
