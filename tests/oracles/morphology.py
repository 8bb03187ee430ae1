"""Morphology written from its definitions, pixel by pixel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from helpers.borders import index_map

import imgproc
from oracles.plain import full_scale

BORDER = "reflect"


def offsets(footprint: np.ndarray) -> list[tuple[int, int]]:
    """The distances of the pixels of a footprint from its middle."""
    h, w = footprint.shape
    return [(int(y) - h // 2, int(x) - w // 2) for y, x in np.argwhere(footprint)]


def spread(
    image: np.ndarray, footprint: np.ndarray, largest: bool, border: str = BORDER, fill: float = 0
) -> np.ndarray:
    """Erosion, or dilation, of a plane."""
    h, w = image.shape
    n = max(footprint.shape)
    rows, columns = index_map(h, n, n, border), index_map(w, n, n, border)
    framed = image[np.maximum(rows, 0)][:, np.maximum(columns, 0)].copy()
    framed[rows < 0] = fill
    framed[:, columns < 0] = fill
    sign = -1 if largest else 1
    parts = [
        framed[n + sign * dy : n + sign * dy + h, n + sign * dx : n + sign * dx + w] for dy, dx in offsets(footprint)
    ]
    return (np.max if largest else np.min)(parts, axis=0)


def opened(image: np.ndarray, footprint: np.ndarray, border: str, fill: float = 0) -> np.ndarray:
    """The largest of the least levels of all placements of a footprint that hold a pixel, of the extended image."""
    h, w = image.shape
    n = 2 * max(footprint.shape)
    rows, columns = index_map(h, n, n, border), index_map(w, n, n, border)
    framed = image[np.maximum(rows, 0)][:, np.maximum(columns, 0)].copy()
    framed[rows < 0] = fill
    framed[:, columns < 0] = fill
    where = offsets(footprint)
    out = np.empty_like(image)
    for y in range(h):
        for x in range(w):
            places = [(n + y - dy, n + x - dx) for dy, dx in where]
            out[y, x] = max(min(framed[v + dy, u + dx] for dy, dx in where) for v, u in places)
    return out


def squared_distances(mask: np.ndarray, spacing: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    sites = np.argwhere(~mask)
    out = np.full(mask.shape, np.inf)
    for y, x in np.ndindex(mask.shape):
        if len(sites):
            out[y, x] = (((sites - (y, x)) * spacing) ** 2).sum(axis=1).min()
    return out


def nearest(mask: np.ndarray) -> np.ndarray:
    """Of pixels as near the one in the column further to the left, and then the upper one."""
    sites = sorted(map(tuple, np.argwhere(~mask).tolist()), key=lambda site: (site[1], site[0]))
    out = np.empty((2, *mask.shape), np.int32)
    for y, x in np.ndindex(mask.shape):
        out[:, y, x] = min(sites, key=lambda site: (site[0] - y) ** 2 + (site[1] - x) ** 2)
    return out


def neighbours(y: int, x: int, shape: tuple[int, ...], connectivity: int) -> Iterator[tuple[int, int]]:
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            near = abs(dy) + abs(dx)
            inside = 0 <= y + dy < shape[0] and 0 <= x + dx < shape[1]
            if near and (connectivity == 8 or near == 1) and inside:
                yield y + dy, x + dx


def reconstruct(
    image: np.ndarray, marker: np.ndarray, *, method: str = "dilation", connectivity: int = 8
) -> np.ndarray:
    """By dilating the marker below the image until nothing changes, or eroding it above."""
    if image.ndim == 3:
        planes = [
            reconstruct(image[..., c], marker[..., c], method=method, connectivity=connectivity)
            for c in range(image.shape[2])
        ]
        return np.stack(planes, axis=-1)
    largest, limit = method == "dilation", np.minimum if method == "dilation" else np.maximum
    found = limit(image, marker)
    shape = np.ones((3, 3), bool) if connectivity == 8 else np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    while True:
        grown = limit(spread(found, shape, largest), image)
        if (grown == found).all():
            return found
        found = grown


def regions(same: np.ndarray, connectivity: int) -> list[list[tuple[int, int]]]:
    """Connected places of equal values, those of 0 apart, in the order of rows."""
    seen, found = same == 0, []
    for start in np.ndindex(same.shape):
        if seen[start]:
            continue
        seen[start], part, waiting = True, [], deque([start])
        while waiting:
            at = waiting.popleft()
            part.append(at)
            for other in neighbours(*at, same.shape, connectivity):
                if not seen[other] and same[other] == same[at]:
                    seen[other] = True
                    waiting.append(other)
        found.append(part)
    return found


def local_maxima(image: np.ndarray, *, radius: int = 1, threshold: float | None = None) -> np.ndarray:
    least = -np.inf if threshold is None else threshold * full_scale(image.dtype)
    levels = np.unique(image, return_inverse=True)[1].reshape(image.shape) + 1
    out, number, h, w = np.zeros(image.shape, np.int32), 0, *image.shape
    for part in regions(levels, 8):
        own = set(part)
        window = {
            (v, u)
            for y, x in part
            for v in range(max(y - radius, 0), min(y + radius + 1, h))
            for u in range(max(x - radius, 0), min(x + radius + 1, w))
        }
        level = levels[part[0]]
        lower = all(levels[at] < level or (levels[at] == level and out[at] == 0) for at in window - own)
        flat = any(
            levels[other] == level for at in part for other in neighbours(*at, image.shape, 8) if other not in own
        )
        if lower and not flat and len(window) > len(part) and image[part[0]] >= least:
            number += 1
            for at in part:
                out[at] = number
    return out


def thin(mask: np.ndarray, lets_go: tuple) -> np.ndarray:
    """Two kinds of steps by turns, each of which removes at once all pixels whose neighbours let them go."""
    now = np.pad(mask, 1)
    while True:
        before = now.copy()
        for rule in lets_go:
            gone = [(y, x) for y, x in np.argwhere(now) if rule(*(bool(now[y + dy, x + dx]) for dy, dx in RING))]
            for at in gone:
                now[at] = False
        if (before == now).all():
            return now[1:-1, 1:-1]


RING = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
"""Neighbours, counter-clockwise from the right one."""


def zhang_suen(step: int) -> Callable[..., bool]:
    """Conditions (a) to (d) of Zhang and Suen 1984, and (c') and (d') of the second kind of steps."""

    def rule(p4: bool, p3: bool, p2: bool, p9: bool, p8: bool, p7: bool, p6: bool, p5: bool) -> bool:
        ring = [p2, p3, p4, p5, p6, p7, p8, p9]
        changes = sum(not a and b for a, b in zip(ring, [*ring[1:], p2]))
        pairs = ((p2, p4, p6), (p4, p6, p8)) if step == 0 else ((p2, p4, p8), (p2, p6, p8))
        return 2 <= sum(ring) <= 6 and changes == 1 and not any(all(three) for three in pairs)

    return rule


def convex_hull(mask: np.ndarray, corners: str) -> np.ndarray:
    """By asking for each pixel whether a line parts it from all corners."""
    points = np.argwhere(mask) * 2
    if corners == "sides":
        points = np.concatenate([points + step for step in ((0, 1), (0, -1), (1, 0), (-1, 0))])
    points = np.unique(points, axis=0)
    out = np.zeros(mask.shape, bool)
    for at in np.ndindex(mask.shape) if len(points) else ():
        v = points - 2 * np.array(at)
        if (v == 0).all(axis=1).any():
            out[at] = True
            continue
        angles = np.sort(np.arctan2(v[:, 0], v[:, 1]))
        gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
        out[at] = gaps.max() <= np.pi + 1e-9
    return out


def erode(image: np.ndarray, *, footprint: str | np.ndarray = "disc", radius: int = 1, **options: Any) -> np.ndarray:
    return _of_planes(image, footprint, radius, False, **options)


def dilate(image: np.ndarray, *, footprint: str | np.ndarray = "disc", radius: int = 1, **options: Any) -> np.ndarray:
    return _of_planes(image, footprint, radius, True, **options)


def _of_planes(
    image: np.ndarray,
    footprint: str | np.ndarray,
    radius: int,
    largest: bool,
    border: str = BORDER,
    fill: float = 0.0,
) -> np.ndarray:
    made = imgproc.footprint(footprint, radius) if isinstance(footprint, str) else footprint
    level = fill if image.dtype.kind == "f" else round(fill * np.iinfo(image.dtype).max)
    parts = image.reshape(*image.shape[:2], -1)
    planes = [spread(parts[..., c], made, largest, border, level) for c in range(parts.shape[2])]
    return np.stack(planes, axis=-1).reshape(image.shape)
