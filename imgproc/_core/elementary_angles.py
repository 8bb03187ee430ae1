"""Functions of angles; see `elementary`."""

from __future__ import annotations

import math

from . import elementary_tables as tables
from .elementary_powers import MAGIC, SPLIT, product_pair
from .rules import rule, table, two_texts

atan_entry = table(tuple(zip(tables.ATAN_HI, tables.ATAN_LO, strict=True)))
two_over_pi = table(tables.TWO_OVER_PI)

QUARTERS = 0.6366197723675814
"""2 / pi."""
QUARTER_HI, QUARTER_MIDDLE, QUARTER_LO = 1.5707963267941523, 7.443547480480255e-13, 6.36831716351095e-25
"""pi / 2 in three parts; the first two have 40 bits."""
NEAR = 12800.0
"""Up to here the three parts are enough; beyond it, more bits of 2 / pi are taken."""
HALF_PI, HALF_PI_LO = 1.5707963267948966, 6.123233995736766e-17


def _reduced_far(x):
    """A large number less the nearest multiple of pi / 2: which one, modulo 4, and the rest as two numbers.

    The fraction of x * 2 / pi is taken from a product of whole numbers: that of M * 2**s * (2 / pi) depends only on the
    bits of 2 / pi that begin s places behind the point.  192 of them leave more than 70 right ones for the number that
    comes nearest to a multiple of pi / 2.
    """
    m, e = math.frexp(abs(x))
    whole, mask = int(m * 9007199254740992.0), 0xFFFFFFFF
    upper, lower = whole >> 27, whole & 0x7FFFFFF
    at = e + 9  # of 64 zeros and the bits; e - 53 places, less 2, as multiples of 4 quarters do not count
    start, shift = at >> 5, at & 31
    a = b = c = d = near = far = 0
    for k in range(5, -1, -1):
        bits = ((two_over_pi(start + k) << shift) | (two_over_pi(start + k + 1) >> (32 - shift))) & mask
        u, v = lower * bits, upper * bits  # v counts 2**27 times as much as u
        total = (u & mask) + ((v & 31) << 27) + near
        a, b, c, d = total & mask, a, b, c
        near = (total >> 32) + (u >> 32) + ((v >> 5) & mask) + far
        far = v >> 37
    quarter = (a + 0x20000000) >> 30
    a = a - (quarter << 30)
    top, low = ((a << 20) + (b >> 12)) * 8.881784197001252e-16, (((b & 0xFFF) << 32) + c) * 5.048709793414476e-29
    high = top + low
    low = ((top - high) + low) + d * 1.1754943508222875e-38
    low = high * HALF_PI_LO + low * HALF_PI
    high, rest = product_pair(high, HALF_PI, 0.0)
    low = low + rest
    top = high + low
    low = (high - top) + low
    return (quarter & 3, top, low) if x > 0.0 else (-quarter & 3, -top, -low)


def _nothing_far(x):
    return 0, x * 0.0 + math.nan, 0.0


reduced_far = two_texts(_reduced_far, _nothing_far)
"""Python takes angles of any size.  Kernels have NaN beyond `NEAR`: this would compile longer than all the rest."""

SIN, COS, TAN = range(3)


@rule
def reduced_near(x):
    """A number of quarter turns, and the rest of an angle up to `NEAR` in size as two numbers."""
    quarters = (x * QUARTERS + MAGIC) - MAGIC
    high = x - quarters * QUARTER_HI
    middle = quarters * QUARTER_MIDDLE
    rest = high - middle
    low = quarters * QUARTER_LO - ((high - rest) - middle)
    high = rest - low
    return quarters, high, (rest - high) - low


@rule
def sine_pair(high, low):
    """The sine of high + low, at most an eighth of a turn, and what is left, by Taylor's series."""
    z = high * high
    tail = 1.6059043836821613e-10 + z * (-7.647163731819816e-13 + z * 2.8114572543455206e-15)
    tail = -0.0001984126984126984 + z * (2.7557319223985893e-06 + z * (-2.505210838544172e-08 + z * tail))
    tail = -0.16666666666666666 + z * (0.008333333333333333 + z * tail)
    less = low * (1.0 - 0.5 * z) + high * z * tail
    sine = high + less
    return sine, (high - sine) + less


@rule
def cosine_pair(high, low):
    """The cosine of the same, and what is left."""
    z = high * high
    # Half the square of the upper half of high is exact.
    half = high * SPLIT
    half = half - (half - high)
    square, left = 0.5 * half * half, 0.5 * (high - half) * (high + half)
    tail = 2.08767569878681e-09 + z * (-1.1470745597729725e-11 + z * 4.779477332387385e-14)
    tail = -0.001388888888888889 + z * (2.48015873015873e-05 + z * (-2.755731922398589e-07 + z * tail))
    top = 1.0 - square
    less = ((1.0 - top) - square) + (z * z * (0.041666666666666664 + z * tail) - (left + high * low))
    cosine = top + less
    return cosine, (top - cosine) + less


@rule
def circular(x, which):
    """The sine, cosine or tangent of an angle in radians."""
    if x == 0.0 and which != COS:
        return x  # with its sign
    if abs(x) <= NEAR:
        quarters, high, low = reduced_near(x)
        quarter = int(quarters)
    elif abs(x) < math.inf:
        quarter, high, low = reduced_far(x)
    else:
        return math.nan
    if which != TAN:
        quarter = quarter + which
        value, _ = cosine_pair(high, low) if quarter & 1 else sine_pair(high, low)
        return -value if quarter & 2 else value
    sine, sine_low = sine_pair(high, low)
    cosine, cosine_low = cosine_pair(high, low)
    if quarter & 1:
        sine, sine_low, cosine, cosine_low = -cosine, -cosine_low, sine, sine_low
    ratio = sine / cosine
    back, back_low = product_pair(ratio, cosine, cosine_low)
    return ratio + (((sine - back) - back_low) + sine_low) / cosine


@rule
def sin(x):
    """The sine of an angle in radians."""
    return circular(x, SIN)


@rule
def cos(x):
    """The cosine of an angle in radians."""
    return circular(x, COS)


@rule
def tan(x):
    """The tangent of an angle in radians."""
    return circular(x, TAN)


@rule
def atan_sum(ratio, middle, high, low):
    """The arc tangent of a number from 0 to 1, as two numbers; that of `middle`, which is near, is high + low."""
    t = (ratio - middle) / (1.0 + ratio * middle)
    z = t * t  # below 0.0088
    tail = 0.1111111111111111 + z * (-0.09090909090909091 + z * (0.07692307692307693 + z * -0.06666666666666667))
    series = -0.3333333333333333 + z * (0.2 + z * (-0.14285714285714285 + z * tail))
    top = high + t
    return top, ((high - top) + t) + (low + t * z * series)


@rule
def atan(x):
    """The arc tangent, in radians."""
    size = abs(x)
    if not size <= 1e17:
        return x if x != x else math.copysign(HALF_PI, x)
    ratio = size if size <= 1.0 else 1.0 / size
    j = 0 if ratio < 0.09375 else int(ratio * 16.0 + 0.5)
    high, low = atan_entry(j)
    top, low = atan_sum(ratio, j * 0.0625, high, low)
    if size > 1.0:
        value = HALF_PI - top
        value = value + (((HALF_PI - value) - top) + (HALF_PI_LO - low))
    else:
        value = top + low
    return math.copysign(value, x)
