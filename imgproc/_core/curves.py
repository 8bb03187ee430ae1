"""Curves through points: what tone curves are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from .check import real
from .formats import channels_of
from .levels import LEVEL, fraction

_APART = 1e-12
"""Levels of two points of a curve, so that squares of its slopes are numbers."""


def as_curves(points: Any, image: np.ndarray) -> list[np.ndarray]:
    """Arrays (n, 2) of points, one or one a channel."""
    channels = channels_of(image)
    try:
        several = np.ndim(points[0][0]) > 0
        curves = [np.asarray(curve, np.float64) for curve in (points if several else [points])]
    except (TypeError, ValueError, IndexError, KeyError):
        raise TypeError(f"points must be pairs of numbers (level, new level), got {points!r}") from None
    if len(curves) not in (1, channels):
        raise ValueError(f"points must be one curve or {channels}, one a channel, got {len(curves)}")
    for curve in curves:
        if curve.ndim != 2 or curve.shape[1] != 2 or len(curve) < 2:
            raise ValueError(f"points must be two or more pairs (level, new level), got shape {curve.shape}")
        if not np.isfinite(curve).all():
            raise ValueError(f"points must be finite, got {curve.tolist()}")
        for k, (x, y) in enumerate(curve.tolist()):
            real(fraction(x, f"points[{k}][0]", LEVEL, image), f"points[{k}][0]")
            real(fraction(y, f"points[{k}][1]", LEVEL, image), f"points[{k}][1]")
        if not (np.diff(curve[:, 0]) >= _APART).all():
            raise ValueError(f"points must have rising levels, {_APART:g} apart or more, got {curve[:, 0].tolist()}")
    return curves


def through(x: np.ndarray, y: np.ndarray, at: np.ndarray, interpolation: str) -> np.ndarray:
    """Values at rising places of the curve through points, flat beyond its ends."""
    out = np.empty(at.size)
    ends = np.searchsorted(at, x)
    out[: ends[0]], out[ends[-1] :] = y[0], y[-1]
    width, rise = np.diff(x), np.diff(y)
    slopes = _monotone_slopes(x, y) if interpolation == "monotone" else None
    for k in range(x.size - 1):
        part = slice(ends[k], ends[k + 1])
        t = (at[part] - x[k]) / width[k]
        if slopes is None:
            out[part] = y[k] + t * rise[k]
        else:  # Hermite's cubic
            a, b = width[k] * slopes[k], width[k] * slopes[k + 1]
            out[part] = y[k] + t * (a + t * ((3.0 * rise[k] - 2.0 * a - b) + t * (a + b - 2.0 * rise[k])))
    return out


def _monotone_slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slopes at the points: weighted harmonic means of the chords beside them, 0 where these differ in sign."""
    width = np.diff(x)
    chord = np.diff(y) / width
    if chord.size == 1:
        return np.repeat(chord, 2)
    a, b = chord[:-1], chord[1:]
    near, far = 2.0 * width[1:] + width[:-1], width[1:] + 2.0 * width[:-1]
    same = a * b > 0.0
    inner = np.zeros(a.size)
    inner[same] = (near + far)[same] / (near[same] / a[same] + far[same] / b[same])
    ends = [_end_slope(*width[:2], *chord[:2]), _end_slope(*width[:-3:-1], *chord[:-3:-1])]
    return np.concatenate((ends[:1], inner, ends[1:]))


def _end_slope(w0: float, w1: float, c0: float, c1: float) -> float:
    """Three-point slope at an end, cut down to where the curve stays monotone."""
    slope = ((2.0 * w0 + w1) * c0 - w0 * c1) / (w0 + w1)
    if slope * c0 <= 0.0:
        return 0.0
    return 3.0 * c0 if c0 * c1 <= 0.0 and abs(slope) > 3.0 * abs(c0) else slope
