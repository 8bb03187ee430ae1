"""Directions and angles in degrees, counter-clockwise as seen, exact where they are multiples of a right angle."""

from __future__ import annotations

import math

import numpy as np

from imgproc._core import elementary
from imgproc._core.jit import kernel

_RADIANS = math.pi / 180.0
_DEGREES = 180.0 / math.pi


@kernel(inner=True)
def direction_of(angle):
    """The unit vector (x, y), y down, of an angle of moderate size."""
    quarters = np.rint(angle / 90.0)
    rest = (angle - 90.0 * quarters) * _RADIANS
    c, s = elementary.cos(rest), elementary.sin(rest)
    turn = quarters - 4.0 * np.floor(0.25 * quarters)
    if turn == 1.0:
        return -s, -c
    if turn == 2.0:
        return -c, s
    if turn == 3.0:
        return s, c
    return c, -s


@kernel(inner=True)
def angle_of(x, y):
    """The angle of a vector (x, y), y down, from -180 to 180; 0 of none."""
    if abs(y) <= abs(x):
        if x == 0.0:
            return 0.0
        angle = -elementary.atan(y / x) * _DEGREES
        if x > 0.0:
            return angle
        return angle + 180.0 if y <= 0.0 else angle - 180.0
    return elementary.atan(x / y) * _DEGREES + (90.0 if y < 0.0 else -90.0)
