"""Curves through points: what tone curves are made of."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_curves(points: Any, channels: int) -> list[np.ndarray]:
    """Arrays (n, 2) of points, one or one a channel."""
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
        if not (np.diff(curve[:, 0]) > 0).all():
            raise ValueError(f"points must have rising levels, got {curve[:, 0].tolist()}")
    return curves


def through(x: np.ndarray, y: np.ndarray, at: np.ndarray, interpolation: str) -> np.ndarray:
    """Values at rising places of the curve through points, flat beyond its ends."""
    if interpolation == "linear":
        return np.interp(at, x, y)
    slopes = _monotone_slopes(x, y)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, x.size - 2)
    width = (x[1:] - x[:-1])[k]
    t = np.clip((at - x[k]) / width, 0.0, 1.0)
    s = 1.0 - t
    return (
        s * s * (1.0 + 2.0 * t) * y[k]
        + t * t * (3.0 - 2.0 * t) * y[k + 1]
        + t * s * width * (s * slopes[k] - t * slopes[k + 1])
    )


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
