"""Edges written from their definitions in float64."""

from __future__ import annotations

import itertools
import math

import numpy as np

from oracles.plain import full_scale
from oracles.sharpen import correlated, gaussian, padded

SMOOTH = {"sobel": (1, 2, 1), "scharr": (3, 10, 3), "prewitt": (1, 1, 1)}
RING = ((1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2))
"""Neighbours in a window of three by three, (row, column), counter-clockwise from the right."""


def gradient(
    image: np.ndarray, *, kind: str = "sobel", result: str = "magnitude", border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    if kind == "roberts":
        # The two diagonal differences, turned by 45 degrees.
        to_se, to_ne = np.zeros((3, 3)), np.zeros((3, 3))
        to_se[1, 1], to_se[2, 2] = -1, 1
        to_ne[2, 1], to_ne[1, 2] = -1, 1
        p, q = correlated(image, to_se, border, fill), correlated(image, to_ne, border, fill)
        x, y = (p + q) / 2, (p - q) / 2
    else:
        smooth = np.array(SMOOTH[kind]) / sum(SMOOTH[kind])
        weights = np.outer(smooth, (-1, 0, 1))
        x, y = correlated(image, weights, border, fill), correlated(image, weights.T, border, fill)
    found = {"x": x, "y": y, "magnitude": np.hypot(x, y), "angle": np.degrees(np.arctan2(0 - y, x))}
    return found[result]


def laplacian_of_gaussian(
    image: np.ndarray,
    *,
    sigma: float = 2.0,
    zero_crossings: bool = False,
    threshold: float = 0.0,
    border: str = "reflect_101",
    fill: float = 0.0,
) -> np.ndarray:
    r = math.ceil(4 * sigma)
    x = np.arange(-r, r + 1)
    g = np.exp(-0.5 * (x / sigma) ** 2)
    g /= g.sum()
    d = g * (x**2 / sigma**4 - 1 / sigma**2)
    d -= g * d.sum()
    v = correlated(image, np.outer(g, d) + np.outer(d, g), border, fill)
    if not zero_crossings:
        return v
    out = np.zeros(image.shape, bool)
    pairs = (((0, -1), (0, 1)), ((-1, 0), (1, 0)), ((-1, -1), (1, 1)), ((-1, 1), (1, -1)))
    for y, x in np.ndindex(image.shape[:2]):
        for (a, b), (c, e) in pairs:
            inside = min(y + a, y + c) >= 0 and max(y + a, y + c) < v.shape[0]
            if inside and min(x + b, x + e) >= 0 and max(x + b, x + e) < v.shape[1]:
                p, q = v[y + a, x + b], v[y + c, x + e]
                out[y, x] |= (p * q < 0) & (abs(p - q) > threshold * full_scale(image.dtype))
    return out


def difference_of_gaussians(
    image: np.ndarray, *, sigma: float = 1.0, ratio: float = 1.6, border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    return correlated(image, gaussian(sigma), border, fill) - correlated(image, gaussian(ratio * sigma), border, fill)


def _compass(image: np.ndarray, ring: tuple[int, ...], scale: float, result: str, border: str, fill: float):
    responses = []
    for turn in range(8):
        weights = np.zeros((3, 3))
        for k, place in enumerate(RING):
            weights[place] = ring[(k - turn) % 8]
        responses.append(correlated(image, weights, border, fill) / scale)
    if result == "magnitude":
        return np.max(responses, axis=0)
    return np.array([0, 45, 90, 135, 180, -135, -90, -45])[np.argmax(np.round(responses, 9), axis=0)]


def kirsch(
    image: np.ndarray, *, result: str = "magnitude", border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    return _compass(image, (5, 5, -3, -3, -3, -3, -3, 5), 15, result, border, fill)


def robinson(
    image: np.ndarray, *, result: str = "magnitude", border: str = "reflect_101", fill: float = 0.0
) -> np.ndarray:
    return _compass(image, (2, 1, 0, -1, -2, -1, 0, 1), 4, result, border, fill)


def canny(
    image: np.ndarray, *, sigma: float = 1.0, low: float = 0.025, high: float = 0.05, mask: np.ndarray | None = None
) -> np.ndarray:
    f = image / full_scale(image.dtype)
    f = f @ (0.299, 0.587, 0.114) if f.ndim == 3 else f
    valid = (np.ones(f.shape, bool) if mask is None else mask) & np.isfinite(f)
    weights = gaussian(sigma)
    mean = correlated(np.where(valid, f, 0), weights, "constant") / (
        correlated(valid.astype(float), weights, "constant") + 1e-300
    )
    x, y = gradient(mean, result="x"), gradient(mean, result="y")
    m = np.round(np.hypot(x, y), 12)
    ridge = np.zeros(f.shape, bool)
    whole = np.lib.stride_tricks.sliding_window_view(padded(valid, 1, "constant"), (3, 3)).all(axis=(2, 3))
    for i, j in zip(*np.nonzero(whole & (m > 0) & (m >= low)), strict=True):
        step = np.array([y[i, j], x[i, j]]) / max(abs(x[i, j]), abs(y[i, j]))  # to the edge of the ring of neighbours
        step = step if step @ (0.7265, 1) > 0 else -step  # to the right, or else downwards
        before, after = (_between(m, i + sign * step[0], j + sign * step[1]) for sign in (-1, 1))
        ridge[i, j] = before < m[i, j] - 1e-12 and after <= m[i, j] + 1e-12
    edges = ridge & (m >= high)
    while True:
        grown = np.lib.stride_tricks.sliding_window_view(padded(edges, 1, "constant"), (3, 3)).any(axis=(2, 3)) & ridge
        if (grown == edges).all():
            return edges
        edges = grown


def _between(m: np.ndarray, y: float, x: float) -> float:
    """Linear interpolation; one of the coordinates is whole."""
    corners = itertools.product((math.floor(y), math.ceil(y)), (math.floor(x), math.ceil(x)))
    weights = {(a, b): (1 - abs(y - a)) * (1 - abs(x - b)) for a, b in corners}
    return sum(w * m[place] for place, w in weights.items() if w)
