"""Exponential functions, logarithms and powers; see `elementary`."""

from __future__ import annotations

import functools
import math

import numpy as np

from . import elementary_tables as tables
from .rules import rule, table, two_texts

exp_entry = table(tuple(zip(tables.EXP_HI, tables.EXP_LO, strict=True)))
log_entry = table(tuple(zip(tables.LOG_FACTOR, tables.LOG_HI, tables.LOG_LO, strict=True)))

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


def square(x):
    """x * x, of numbers and arrays: Python's ``x**2`` of a float is the C library's pow, which differs, too."""
    return x * x


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
def near_one(m, factor):
    """``factor * m - 1`` as two numbers, without any error."""
    upper = m * SPLIT_32
    upper = upper - (upper - m)
    near, rest = upper * factor - 1.0, (m - upper) * factor
    f = near + rest
    return f, (near - f) + rest


@rule
def log_sum(m, e, factor, high, low):
    """The logarithm of m * 2**e; `factor` is nearly 1 / m, and minus its logarithm is high + low."""
    high = e * LN2_HI + high
    f, rest = near_one(m, factor)
    top = high + f
    # log(1 + f) by Taylor's series: f is below 0.0112 in size.
    tail = -0.16666666666666666 + f * (0.14285714285714285 + f * -0.125)
    series = -0.5 + f * (0.3333333333333333 + f * (-0.25 + f * (0.2 + f * tail)))
    return top + (((high - top) + f) + ((rest + (e * LN2_LO + low)) + f * f * series))


@rule
def log_pair(m, e, factor, high, low):
    """The same as two numbers, whose sum is right to about 2**-68 of it."""
    high = e * LN2_HI + high
    f, rest = near_one(m, factor)
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
