"""Slow oracles of `augment.balance`, written from the definitions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def nearest(points: np.ndarray, query: int, k: int, *, distinct: bool = True) -> list[int]:
    """The nearest others, in exact arithmetic for integers; of equal distances, the first."""
    flat = points.reshape(len(points), -1)
    exact = flat.astype(object) if flat.dtype.kind in "ui" else flat.astype(np.float64)
    found = []
    for other in range(len(points)):
        same = bool((flat[other] == flat[query]).all())
        if other != query and not (distinct and same):
            found.append((sum((exact[other] - exact[query]) ** 2), other))
    return [other for _, other in sorted(found)[:k]]


def between(a: np.ndarray, b: np.ndarray, gap: float) -> np.ndarray:
    """``a + gap (b - a)`` in rational numbers, as float64."""
    share = Fraction(gap)
    values = [Fraction(p) + share * (Fraction(q) - Fraction(p)) for p, q in zip(a.ravel().tolist(), b.ravel().tolist())]
    return np.array([float(v) for v in values]).reshape(a.shape)


def tomek_links(points: np.ndarray, labels: list) -> set[tuple[int, int]]:
    """Pairs of different labels without a third point nearer to either."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    links = set()
    for a in range(len(points)):
        for b in range(a + 1, len(points)):
            others = [c for c in range(len(points)) if c not in (a, b)]
            nearer = any(distance[a, c] < distance[a, b] or distance[b, c] < distance[a, b] for c in others)
            if labels[a] != labels[b] and not nearer:
                links.add((a, b))
    return links
