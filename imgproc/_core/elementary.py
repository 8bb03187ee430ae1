"""Elementary functions whose bits are the same on every machine.

The C library's sin, cos, exp, log and pow differ in the last bit between processors, because they use fused
multiply-add where there is one; NumPy's differ by the vector instructions that it finds.  What is drawn from a key must
not.  So whatever decides about a picture is computed here, of plain additions, multiplications, divisions and square
roots, which IEEE 754 rounds in one way only, and of whole numbers.

Each function is a `Rule`: kernels and Python call it by the same name, with float64.  Only the sine, cosine and tangent
of angles beyond `NEAR` are for Python alone.  `elementary_arrays` has the
same functions for arrays, with the same bits.

How far results are from the exact value, at most, in units of the last place, measured over millions of arguments:
exp 0.51, exp2 0.51, log 0.52, log2 0.51, pow 0.53, sin 0.56, cos 0.77, tan 0.70, atan 0.90.  Where the result would be
subnormal, it is rounded twice: up to 0.75.  Special values are those of C (IEEE 754-2019, section 9.2.1).

References
----------
P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE floating-point arithmetic", ACM TOMS
15(2), 1989; the same of the logarithm, ACM TOMS 16(4), 1990.
W. J. Cody, W. Waite, "Software manual for the elementary functions", 1980.
M. H. Payne, R. N. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18(1), 1983.
T. J. Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18, 1971.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from . import elementary_tables as tables
from .rules import rule, table, two_texts

exp_entry = table(tuple(zip(tables.EXP_HI, tables.EXP_LO, strict=True)))
log_entry = table(tuple(zip(tables.LOG_FACTOR, tables.LOG_HI, tables.LOG_LO, strict=True)))
atan_entry = table(tuple(zip(tables.ATAN_HI, tables.ATAN_LO, strict=True)))
two_over_pi = table(tables.TWO_OVER_PI)

MAGIC = 6755399441055744.0
"""1.5 * 2**52: a number of size below 2**51 that is added to it and subtracted again is rounded to a whole number."""
SPLIT = 134217729.0
"""2**27 + 1: Dekker's factor, which splits a number into two halves."""
SPLIT_32 = 2097153.0
"""2**21 + 1: of the two parts, the first has 32 bits."""

STEPS = 46.16624130844683
"""32 / ln 2."""
STEP_HI, STEP_LO = 0.021660849392446835, 5.145609244655338e-14
"""ln 2 / 32; the first number has so few bits that its product with a whole number below 2**16 is exact."""
LN2 = 0.6931471805599453
LN2_HI, LN2_LO = 0.6931471805598903, 5.497923018708371e-14
"""The same of ln 2, with 42 bits."""
LOG2E, LOG2E_LO = 1.4426950408889634, 2.0355273740931033e-17
SQRT_HALF, SQRT_HALF_BITS = 0.7071067811865476, 0x3FE6A09E667F3BCD
LEAST_POWER, LARGEST_POWER = 1e-20, 1e20
"""The logarithm of a number other than 1 is at least 1.1e-16 and at most 745 in size: what an exponent outside of these
gives is 1, 0 or infinity."""

QUARTERS = 0.6366197723675814
"""2 / pi."""
QUARTER_HI, QUARTER_MIDDLE, QUARTER_LO = 1.5707963267941523, 7.443547480480255e-13, 6.36831716351095e-25
"""pi / 2 in three parts; the first two have 40 bits."""
NEAR = 12800.0
"""Up to here the three parts are enough; beyond it, more bits of 2 / pi are taken."""
HALF_PI, HALF_PI_LO = 1.5707963267948966, 6.123233995736766e-17


# --- exponents --------------------------------------------------------------------------------------------------------


def _parts(x):
    m, e = math.frexp(x)
    return (m + m, e - 1) if m < SQRT_HALF else (m, e)


def _parts_by_bits(x):
    below = 0
    if x < 2.2250738585072014e-308:  # subnormal
        x, below = x * 18014398509481984.0, 54
    bits = np.float64(x).view(np.int64)
    e = (bits - np.int64(SQRT_HALF_BITS)) >> np.int64(52)
    return np.int64(bits - (e << np.int64(52))).view(np.float64), e - below


def _power_by_bits(n):
    return np.int64(np.int64(n + 1023) << np.int64(52)).view(np.float64)


parts = two_texts(_parts, _parts_by_bits)
"""``m, e`` of a positive number m * 2**e, with m from sqrt(1/2) to sqrt(2)."""
power_of_two = two_texts(functools.partial(math.ldexp, 1.0), _power_by_bits)
"""2**n for a whole number from -1022 to 1023."""


@rule
def scaled(x, n):
    """x * 2**n for x from 1 to 2, rounded once; infinity where it is too large."""
    if -1022 <= n < 1023:
        return x * power_of_two(n)
    return x * power_of_two(n - 1) * 2.0 if n > 0 else x * power_of_two(n + 60) * 8.673617379884035e-19


# --- powers -----------------------------------------------------------------------------------------------------------


@rule
def exp_mantissa(r, high, low):
    """(high + low) * exp(r) for r below 0.011 in size, by Taylor's series."""
    tail = 0.008333333333333333 + r * 0.001388888888888889
    p = r + r * r * (0.5 + r * (0.16666666666666666 + r * (0.041666666666666664 + r * tail)))
    return high + (low + high * p)


@rule
def exp(x):
    """e**x."""
    if not -746.0 < x < 710.0:
        return x if x != x else (math.inf if x > 0.0 else 0.0)
    steps = (x * STEPS + MAGIC) - MAGIC
    n = int(steps)
    high, low = exp_entry(n & 31)
    return scaled(exp_mantissa((x - steps * STEP_HI) - steps * STEP_LO, high, low), n >> 5)


@rule
def expm1(x):
    """e**x - 1, to 2 units of the last place: what rounding did to e**x, its logarithm tells (Kahan)."""
    found = exp(x)
    if found == 1.0:
        return x
    less = found - 1.0
    return less * x / log(found) if found < math.inf and less > -1.0 else less


@rule
def exp2(x):
    """2**x; exact for whole numbers."""
    if not -1076.0 < x < 1025.0:
        return x if x != x else (math.inf if x > 0.0 else 0.0)
    steps = (x * 32.0 + MAGIC) - MAGIC
    n = int(steps)
    high, low = exp_entry(n & 31)
    return scaled(exp_mantissa((x - steps * 0.03125) * LN2, high, low), n >> 5)


# --- logarithms -------------------------------------------------------------------------------------------------------


@rule
def log_sum(m, e, factor, high, low):
    """The logarithm of m * 2**e; `factor` is nearly 1 / m, and minus its logarithm is high + low."""
    high = e * LN2_HI + high
    # m = upper + under, and so factor * m - 1 = near + rest without any error.
    upper = m * SPLIT_32
    upper = upper - (upper - m)
    near, rest = upper * factor - 1.0, (m - upper) * factor
    f = near + rest
    rest = (near - f) + rest
    top = high + f
    # log(1 + f) by Taylor's series: f is below 0.0112 in size.
    tail = -0.16666666666666666 + f * (0.14285714285714285 + f * -0.125)
    series = -0.5 + f * (0.3333333333333333 + f * (-0.25 + f * (0.2 + f * tail)))
    return top + (((high - top) + f) + ((rest + (e * LN2_LO + low)) + f * f * series))


@rule
def log_pair(m, e, factor, high, low):
    """The same as two numbers, whose sum is right to about 2**-68 of it."""
    high = e * LN2_HI + high
    upper = m * SPLIT_32
    upper = upper - (upper - m)
    near, rest = upper * factor - 1.0, (m - upper) * factor
    f = near + rest
    rest = (near - f) + rest
    # f**2 / 2 is the square of the upper half of f, which is exact, and a little that is left.
    half = f * SPLIT
    half = half - (half - f)
    square, left = -0.5 * half * half, -0.5 * (f - half) * (f + half)
    tail = 0.1111111111111111 + f * (-0.1 + f * 0.09090909090909091)
    tail = 0.2 + f * (-0.16666666666666666 + f * (0.14285714285714285 + f * (-0.125 + f * tail)))
    cubic = f * f * f * (0.3333333333333333 + f * (-0.25 + f * tail))
    first = high + f
    second = first + square
    under = ((high - first) + f) + ((first - second) + square)
    under = under + ((rest - f * rest) + ((left + (e * LN2_LO + low)) + cubic))
    top = second + under
    return top, (second - top) + under


@rule
def log(x):
    """The natural logarithm."""
    if not 0.0 < x < math.inf:
        return -math.inf if x == 0.0 else (x if x > 0.0 else math.nan)
    m, e = parts(x)
    factor, high, low = log_entry(int(m * 64.0 + 0.5) - 45)
    return log_sum(m, e, factor, high, low)


@rule
def product_pair(a, b, b_low):
    """The product a * (b + b_low) as two numbers."""
    p = a * b
    upper, other = a * SPLIT, b * SPLIT
    upper, other = upper - (upper - a), other - (other - b)
    lower, under = a - upper, b - other
    return p, (((upper * other - p) + upper * under + lower * other) + lower * under) + a * b_low


@rule
def log2(x):
    """The logarithm to base 2; exact for powers of 2."""
    if not 0.0 < x < math.inf:
        return -math.inf if x == 0.0 else (x if x > 0.0 else math.nan)
    m, e = parts(x)
    factor, high, low = log_entry(int(m * 64.0 + 0.5) - 45)
    top, low = log_pair(m, e, factor, high, low)
    high, rest = product_pair(top, LOG2E, LOG2E_LO)
    return e * 1.0 if m == 1.0 else high + (rest + low * LOG2E)


# --- powers with any base ---------------------------------------------------------------------------------------------


@rule
def positive_power(x, y):
    """x**y for finite x > 0 and finite y."""
    if y == 1.0:
        return x
    if y == 2.0:
        return x * x
    if y == 0.5:
        return math.sqrt(x)
    if y == 0.0 or x == 1.0:
        return 1.0
    if not LEAST_POWER < abs(y) < LARGEST_POWER:
        return 1.0 if abs(y) < 1.0 else (math.inf if (x > 1.0) == (y > 0.0) else 0.0)
    m, e = parts(x)
    factor, high, low = log_entry(int(m * 64.0 + 0.5) - 45)
    top, low = log_pair(m, e, factor, high, low)
    top, low = product_pair(y, top, low)
    if not -746.0 < top < 710.0:
        return math.inf if top > 0.0 else 0.0
    steps = (top * STEPS + MAGIC) - MAGIC
    n = int(steps)
    r = ((top - steps * STEP_HI) - steps * STEP_LO) + low
    high, low = exp_entry(n & 31)
    return scaled(exp_mantissa(r, high, low), n >> 5)


@rule
def power(x, y):
    """x**y; exact for the exponents 0 and 1, rounded correctly for 2 and 1/2."""
    if 0.0 < x < math.inf and abs(y) < math.inf:
        return positive_power(x, y)
    if y == 0.0 or x == 1.0:
        return 1.0
    if x != x or y != y:
        return math.nan
    size = abs(x)
    if abs(y) == math.inf:
        return 1.0 if size == 1.0 else (math.inf if (size > 1.0) == (y > 0.0) else 0.0)
    whole = y % 1.0 == 0.0
    if size == 0.0 or size == math.inf:
        found = 0.0 if (size == 0.0) == (y > 0.0) else math.inf
    elif whole:
        found = positive_power(size, y)
    else:
        return math.nan
    return -found if whole and y % 2.0 == 1.0 and math.copysign(1.0, x) < 0.0 else found


# --- angles -----------------------------------------------------------------------------------------------------------


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
def circular(x, which):
    """The sine, cosine or tangent of an angle in radians."""
    if abs(x) <= NEAR:
        quarters = (x * QUARTERS + MAGIC) - MAGIC
        high = x - quarters * QUARTER_HI
        middle = quarters * QUARTER_MIDDLE
        rest = high - middle
        low = quarters * QUARTER_LO - ((high - rest) - middle)
        high = rest - low
        low = (rest - high) - low
        quarter = int(quarters)
    elif abs(x) < math.inf:
        quarter, high, low = reduced_far(x)
    else:
        return math.nan
    quarter = quarter + (which & COS)
    z = high * high
    if which == TAN or not quarter & 1:
        # Taylor's series of sin(high + low) - high.
        tail = 1.6059043836821613e-10 + z * (-7.647163731819816e-13 + z * 2.8114572543455206e-15)
        tail = -0.0001984126984126984 + z * (2.7557319223985893e-06 + z * (-2.505210838544172e-08 + z * tail))
        tail = -0.16666666666666666 + z * (0.008333333333333333 + z * tail)
        sine_low = low * (1.0 - 0.5 * z) + high * z * tail
        sine = high + sine_low
        if which != TAN:
            return -sine if quarter & 2 else sine
    # Half the square of the upper half of high is exact; so the cosine is top + cosine_low.
    half = high * SPLIT
    half = half - (half - high)
    square, left = 0.5 * half * half, 0.5 * (high - half) * (high + half)
    tail = 2.08767569878681e-09 + z * (-1.1470745597729725e-11 + z * 4.779477332387385e-14)
    tail = -0.001388888888888889 + z * (2.48015873015873e-05 + z * (-2.755731922398589e-07 + z * tail))
    top = 1.0 - square
    cosine_low = ((1.0 - top) - square) + (z * z * (0.041666666666666664 + z * tail) - (left + high * low))
    cosine = top + cosine_low
    if which != TAN:
        return -cosine if quarter & 2 else cosine
    sine_low, cosine_low = (high - sine) + sine_low, (top - cosine) + cosine_low
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
