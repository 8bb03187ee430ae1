"""The weights of a line through the middle of a window: the blur of a motion."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary
from .._core.rules import rule

_DEGREE = math.pi / 180.0


@rule
def along(angle):
    """How far a step along a line goes to the right and down; NaN for angles that kernels do not take.

    The cosine of a right angle comes out as 1e-17, which would spill over into the next column."""
    turn = angle * _DEGREE
    return np.rint(elementary.cos(turn) * 1e9) / 1e9, np.rint(-elementary.sin(turn) * 1e9) / 1e9


@rule
def reach_of(length, across, down):
    """How far a line reaches along its longer axis, and how many steps of a pixel that is."""
    reach = length * max(abs(across), abs(down)) / 2.0
    return reach, max(int(np.ceil(reach - 0.5)), 0)


@rule
def half_line(length, across, down, rows, columns, weights):
    """Cut a line into steps of one pixel along its longer axis; write one half of it, the middle first.

    Each step, the one at the end in part, is shared between the two pixels that it passes between.  The other half
    mirrors this one.  All weights add up to 1.  Returns how many pixels there are."""
    steep = abs(down) > abs(across)
    slope = across / down if steep else down / across
    reach, r = reach_of(length, across, down)
    n = 0
    total = lost = 0.0
    for k in range(r + 1):
        step = min(reach + 0.5 - k, 1.0)
        low = int(np.floor(k * slope))
        share = k * slope - low
        for beside in range(2):
            part = step * share if beside else step * (1.0 - share)
            if part > 0.0:
                rows[n], columns[n] = (k, low + beside) if steep else (low + beside, k)
                weights[n] = part
                n += 1
                part = 2.0 * part if k > 0 else part
                new = total + part
                lost += part - (new - total) if total >= part else total - (new - part)
                total = new
    for k in range(n):
        weights[k] /= total + lost
    return n


def line_weights(length: float, angle: float) -> np.ndarray:
    """A window with a line through its middle."""
    across, down = along(angle)
    _, r = reach_of(length, across, down)
    rows, columns, weights = ([0.0] * (2 * r + 2) for _ in range(3))
    n = half_line(length, across, down, rows, columns, weights)
    places = np.array([rows[:n], columns[:n]], np.intp)
    a, b = np.abs(places).max(axis=1)
    window = np.zeros((2 * a + 1, 2 * b + 1))
    window[a + places[0], b + places[1]] = window[a - places[0], b - places[1]] = weights[:n]
    return window
