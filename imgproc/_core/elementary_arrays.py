"""The functions of `elementary` for arrays, with the same bits: tables, weights and spectra are computed with them.

Nothing has to be compiled for them.  They take the same lines as the scalar functions wherever these only add, multiply
and divide; around them, choices are made for all elements at once.  Arguments become float64, and so do results.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import elementary_angles as angles
from . import elementary_powers as powers
from .elementary_angles import NEAR, atan_sum
from .elementary_powers import (
    LARGEST_POWER,
    LEAST_POWER,
    MAGIC,
    STEP_HI,
    STEP_LO,
    STEPS,
    exp_mantissa,
    log_pair,
    log_sum,
    product_pair,
)

Function = Callable[[Any], np.ndarray]

_ATAN = np.array(angles.atan_entry.values)
_EXP, _LOG = np.array(powers.exp_entry.values), np.array(powers.log_entry.values)

_BLOCK = 1 << 12
"""So many elements at a time: what is computed in between stays in the cache of the processor."""


def _in_blocks(function: Callable[[np.ndarray], np.ndarray]) -> Function:
    @functools.wraps(function)
    def whole(x: Any) -> np.ndarray:
        x = np.asarray(x, np.float64)
        flat, out = x.reshape(-1), np.empty(x.size)
        with np.errstate(all="ignore"):  # as in kernels; what overflows is infinite
            for start in range(0, x.size, _BLOCK):
                out[start : start + _BLOCK] = function(flat[start : start + _BLOCK])
        return out.reshape(x.shape)

    return whole


def _scaled(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """x * 2**n, rounded once."""
    if n.size and n.min() >= -1022 and n.max() <= 1023:
        return x * ((n + 1023) << 52).view(np.float64)
    return np.ldexp(x, n.astype(np.int32))  # ten times slower


@_in_blocks
def exp(x: np.ndarray) -> np.ndarray:
    """e**x."""
    usual = (x > -746.0) & (x < 710.0)
    y = np.where(usual, x, 0.0)
    steps = (y * STEPS + MAGIC) - MAGIC
    n = steps.astype(np.int64)
    r = (y - steps * STEP_HI) - steps * STEP_LO
    j = n & 31
    found = _scaled(exp_mantissa(r, *_EXP[j].T), n >> 5)
    return found if usual.all() else np.where(usual, found, np.where(x < 0.0, 0.0, x + np.inf))


def _logarithm(x: np.ndarray) -> tuple[Any, ...]:
    """What `log_sum` and `log_pair` want, of positive finite numbers."""
    below = x < 2.2250738585072014e-308
    x = np.where(below, x * 18014398509481984.0, x)
    bits = x.view(np.int64)
    e = (bits - powers.SQRT_HALF_BITS) >> 52
    m = (bits - (e << 52)).view(np.float64)
    j = (m * 64.0 + 0.5).astype(np.int64) - 45
    return m, e - 54 * below, *_LOG[j].T


@_in_blocks
def log(x: np.ndarray) -> np.ndarray:
    """The natural logarithm."""
    usual = (x > 0.0) & (x < np.inf)
    found = log_sum(*_logarithm(np.where(usual, x, 1.0)))
    return found if usual.all() else np.where(usual, found, np.where(x == 0.0, -np.inf, np.where(x > 0.0, x, np.nan)))


def power(x: Any, y: float) -> np.ndarray:
    """x**y for one exponent y."""
    return _in_blocks(lambda part: _power(part, float(y)))(x)


def _power(x: np.ndarray, y: float) -> np.ndarray:
    if y == 2.0:
        return x * x
    usual = (x > 0.0) & (x < np.inf)
    if y == 1.0 or y == 0.5:
        return _each(lambda v: powers.power(v, y), x, ~usual, np.sqrt(x) if y == 0.5 else x.copy())
    if not LEAST_POWER < abs(y) < LARGEST_POWER:
        return _each(lambda v: powers.power(v, y), x, np.ones(x.shape, bool), np.empty(x.shape))
    top, low = log_pair(*_logarithm(np.where(usual, x, 1.0)))
    top, low = product_pair(y, top, low)
    middle = (top > -746.0) & (top < 710.0)
    high = np.where(middle, top, 0.0)
    steps = (high * STEPS + MAGIC) - MAGIC
    n = steps.astype(np.int64)
    r = ((high - steps * STEP_HI) - steps * STEP_LO) + low
    j = n & 31
    found = _scaled(exp_mantissa(r, *_EXP[j].T), n >> 5)
    found = np.where(middle, found, np.where(top > 0.0, np.inf, 0.0))
    return _each(lambda v: powers.power(v, y), x, ~usual, found)


def _each(function: Callable[[float], float], x: np.ndarray, where: np.ndarray, found: np.ndarray) -> np.ndarray:
    """`found`, but what the scalar function gives where a condition holds, which is rare."""
    if where.any():
        found[where] = [function(v) for v in x[where].tolist()]
    return found


def _circular(x: np.ndarray, which: int) -> np.ndarray:
    """`angles.circular` for all elements."""
    near = np.abs(x) <= NEAR
    quarters, high, low = angles.reduced_near(np.where(near, x, 0.0))
    quarter = quarters.astype(np.int64) + which
    found = np.where(quarter & 1, angles.cosine_pair(high, low)[0], angles.sine_pair(high, low)[0])
    return _each(lambda v: angles.circular(v, which), x, ~near, np.where(quarter & 2, -found, found))


@_in_blocks
def sin(x: np.ndarray) -> np.ndarray:
    """The sine of angles in radians."""
    return np.where(x == 0.0, x, _circular(x, angles.SIN))


@_in_blocks
def cos(x: np.ndarray) -> np.ndarray:
    """The cosine of angles in radians."""
    return _circular(x, angles.COS)


def atan2(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The angle of the points (x, y), finite ones, in radians; 0 for the origin; to 1.5 units of the last place."""
    across, down = np.abs(x), np.abs(y)
    longer = np.maximum(across, down)
    ratio = np.minimum(across, down) / np.where(longer > 0.0, longer, 1.0)
    j = np.where(ratio < 0.09375, 0, ratio * 16.0 + 0.5).astype(np.int64)
    top, low = atan_sum(ratio, j * 0.0625, *np.moveaxis(_ATAN[j], -1, 0))
    for whole, rest, where in (
        (angles.HALF_PI, angles.HALF_PI_LO, down > across),
        (np.pi, 2 * angles.HALF_PI_LO, x < 0),
    ):
        turned = whole - top
        under = ((whole - turned) - top) + (rest - low)
        top, low = np.where(where, turned, top), np.where(where, under, low)
    return np.copysign(top + low, y)


def whole_power(x: np.ndarray, n: int) -> np.ndarray:
    """x**n for a whole number n, 1 or more, by multiplications."""
    found = np.ones_like(x)
    while n:
        if n & 1:
            found = found * x
        n >>= 1
        x = x * x if n else x
    return found
