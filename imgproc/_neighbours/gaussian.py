"""Gaussian weights: the one definition, for every filter that smooths."""

from __future__ import annotations

import functools
import math

import numpy as np

from .._core import elementary
from .._core.rules import rule

REACH = 4.0
"""Where a Gaussian is cut off, in standard deviations, if nothing else is said."""

_NARROWEST = 1e-3
"""A narrower Gaussian has all its weight in the middle anyway; its square could be no float."""


@rule
def gaussian(distance: float, sigma: float) -> float:
    """The height of a Gaussian at a distance from its middle, where it is 1."""
    sigma = max(sigma, _NARROWEST)
    return elementary.exp(-0.5 / sigma / sigma * distance * distance)


@rule
def half_gaussian(sigma, count, half):
    """Write half a Gaussian kernel of `count` weights, from the middle outwards; the whole adds up to 1.

    The sum is rounded once: what each addition loses is added up beside it."""
    total = lost = 0.0
    for k in range(count):
        w = gaussian(float(k), sigma)
        half[k] = w
        new = total + w
        part = new - total
        lost += (total - (new - part)) + (w - part)
        total = new
    whole = 2.0 * (total + lost) - 1.0
    for k in range(count):
        half[k] /= whole


def gaussian_weights(sigma: float, reach: float = REACH) -> list[float]:
    """Half a Gaussian kernel up to `reach` sigma (rounded up), from the middle outwards; the whole adds up to 1."""
    return list(_half(sigma, reach))


@functools.lru_cache(maxsize=64)  # exponentials take as long as the blur of a small image
def _half(sigma: float, reach: float) -> tuple[float, ...]:
    half = [0.0] * (math.ceil(reach * sigma) + 1)
    half_gaussian(sigma, len(half), half)
    return tuple(half)


def mirrored(half: list[float], sign: float = 1.0) -> np.ndarray:
    """A whole kernel from its half, the middle first; `sign` is -1 for an odd one."""
    return np.array([sign * w for w in half[:0:-1]] + half)
