"""Where in a scene the surroundings of a hole fit best: every translation, coarsely at first, then pixel by pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.jit import kernel
from .._core.needed import needed
from .._core.opencv import load_cv2
from ..color import rgb_to_lab

COARSE = 4
"""By how much both are shrunk where all translations are tried."""

SMALLEST = 12
"""Side of the shrunk surroundings below which they are shrunk less."""

KEPT = 4
"""Places of each scale that are looked at more closely, and of all scales at full resolution."""

OFFSET = 0.1
"""In image diagonals: the offset from where the centres meet at which an error counts twice."""

BRIGHTNESS = 0.25
"""What part of the squared mean difference of L counts: blending removes it, as long as it is one for all pixels."""

REACH = 2
"""How far around a place the next finer level looks, in its pixels."""

LAB_WEIGHTS = 2, 5
"""Of L and of a and b in 8 bits, where L is 255 / 100 times as large: that makes them alike, in fifths of a unit."""

UNITS = 25.0
"""Squared fifths in a squared unit of Lab."""


@dataclass(frozen=True)
class Level:
    """The surroundings at one resolution: planes of Lab in fifths of a unit, int16, and which pixels count."""

    planes: np.ndarray
    valid: np.ndarray
    factor: int


@dataclass(frozen=True)
class Place:
    """Where the box of the surroundings lies in a scene that is resized by `scale`, and how badly it fits there: the
    mean squared distance in Lab, times 1 + the offset, see `OFFSET`."""

    scale: float
    y: int
    x: int
    error: float


def lab_planes(image: np.ndarray) -> np.ndarray:
    """Planes L, a, b of an 8-bit RGB image, (3, h, w) int16, in fifths of a unit."""
    lab = rgb_to_lab(image)
    out = np.empty((3, *image.shape[:2]), np.int16)
    for c in range(3):
        np.multiply(lab[..., c], np.int16(LAB_WEIGHTS[min(c, 1)]), out=out[c])
    return out


def levels_of(image: np.ndarray, valid: np.ndarray) -> list[Level]:
    """The surroundings from coarse to fine; `image` 8-bit RGB, cut to their box."""
    factor = COARSE
    while factor > 1 and min(valid.shape) < SMALLEST * factor:
        factor //= 2
    planes = lab_planes(image)
    found = [Level(planes, valid.view(np.uint8), 1)]
    while found[-1].factor < factor:
        step = 2 * found[-1].factor
        found.append(_shrunk(planes, valid, step))
    return found[::-1]


def _shrunk(planes: np.ndarray, valid: np.ndarray, factor: int) -> Level:
    """Means over what is valid of each square; squares that are valid by less than half do not count,
    if any are by more."""
    weights = block_means(valid.astype(np.float32), factor)
    sums = np.stack([block_means(plane * valid.astype(np.float32), factor) for plane in planes])
    means = np.rint(sums / np.maximum(weights, np.float32(1e-6)))
    return Level(means.astype(np.int16), (weights >= min(0.5, weights.max())).astype(np.uint8), factor)


def block_means(plane: np.ndarray, factor: int) -> np.ndarray:
    """Means over squares; those at the far ends are filled up with the last row and column."""
    h, w = plane.shape
    plane = np.pad(plane, ((0, -h % factor), (0, -w % factor)), mode="edge").astype(np.float32, copy=False)
    cv2 = load_cv2()
    size = (plane.shape[1] // factor, plane.shape[0] // factor)
    return cv2.resize(plane, size, interpolation=cv2.INTER_AREA)


def coarse_places(
    level: Level, scene: np.ndarray, counts: tuple[int, int], aligned: tuple[float, float], diagonal: float
) -> list[tuple[float, int, int]]:
    """The best places at the coarsest level, as (error, y, x) in its pixels.

    `scene` holds its planes at the level's resolution, `counts` how many places there are along each axis, `aligned`
    the place where the centres of image and scene meet, and `diagonal` the image's, in pixels of this level.
    """
    with needed("scipy"):
        from scipy import fft

    h, w = level.valid.shape
    need = (counts[0] - 1 + h, counts[1] - 1 + w)
    size = [fft.next_fast_len(n, real=True) for n in need]
    valid = level.valid.astype(np.float32)
    count = valid.sum(dtype=np.float64)
    mask = np.conj(fft.rfft2(valid, size))
    crossed: Any = 0
    squares, constant = np.zeros(need, np.float32), 0.0
    lightness: Any = None
    for plane, other in zip(level.planes, scene):
        # Errors do not change when both lose the same, and lose fewer digits.
        middle = np.float32((plane * valid).sum(dtype=np.float64) / count)
        mine = (plane - middle) * valid
        theirs = other[: need[0], : need[1]] - middle
        constant += float(np.sum(mine * mine, dtype=np.float64))
        squares += theirs * theirs
        spectrum = fft.rfft2(theirs, size)
        crossed = crossed + np.conj(fft.rfft2(mine, size)) * spectrum
        if lightness is None:
            lightness = fft.irfft2(mask * spectrum, size)[: counts[0], : counts[1]] / count
    total = mask * fft.rfft2(squares, size) - 2 * crossed
    errors = (fft.irfft2(total, size)[: counts[0], : counts[1]] + constant) / count
    errors -= (1 - BRIGHTNESS) * lightness * lightness
    y, x = np.indices(counts)
    far = np.sqrt((y - aligned[0]) ** 2 + (x - aligned[1]) ** 2) / diagonal
    return _lowest(np.maximum(errors, 0), 1 + far / OFFSET)


def _lowest(errors: np.ndarray, factors: np.ndarray) -> list[tuple[float, int, int]]:
    """Of the local minima of the errors those that are the lowest with their factors."""
    padded = np.pad(errors, 1, constant_values=np.inf)
    h, w = errors.shape
    around = [padded[1 + i : 1 + i + h, 1 + j : 1 + j + w] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    minimal = errors <= np.minimum.reduce(around)
    places = np.argwhere(minimal)
    values = (errors * factors)[minimal]
    order = np.argsort(values, kind="stable")[:KEPT]
    return [(float(values[i]), int(places[i, 0]), int(places[i, 1])) for i in order]


@kernel
def _fit(planes, valid, scene, y0, x0, limit):
    """The error at one place, times the number of valid pixels; given up above the limit, which it then exceeds.
    Integers: they vectorise, and their sum is exact."""
    squares, light, count = np.int64(0), np.int64(0), np.int64(0)
    for y in range(valid.shape[0]):
        counts = valid[y]
        a, b, c = planes[0, y], planes[1, y], planes[2, y]
        d = scene[0, y0 + y, x0 : x0 + counts.size]
        e = scene[1, y0 + y, x0 : x0 + counts.size]
        f = scene[2, y0 + y, x0 : x0 + counts.size]
        for start in range(0, counts.size, 256):  # 256 times the largest sum of squares fits 32 bits
            part, apart, known = np.int32(0), np.int32(0), np.int32(0)
            for x in range(start, min(start + 256, counts.size)):
                one = np.int32(counts[x])
                p = np.int32(np.int32(np.int32(a[x]) - np.int32(d[x])) * one)
                q = np.int32(np.int32(np.int32(b[x]) - np.int32(e[x])) * one)
                r = np.int32(np.int32(np.int32(c[x]) - np.int32(f[x])) * one)
                part = np.int32(part + np.int32(np.int32(p * p) + np.int32(np.int32(q * q) + np.int32(r * r))))
                apart = np.int32(apart + p)
                known = np.int32(known + one)
            squares += part
            light += apart
            count += known
        # Without the mean of L it can only grow from row to row.
        if count > 0 and squares - float(light) * light / count > limit:
            break
    mean = float(light) * light / max(count, 1)
    return squares - (1.0 - BRIGHTNESS) * mean if squares - mean <= limit else squares - mean


def refined(
    level: Level,
    scene: np.ndarray,
    places: list[tuple[int, int]],
    counts: tuple[int, int],
    aligned: tuple[float, float],
    diagonal: float,
) -> list[tuple[float, int, int]]:
    """For each place the best fit around it, as (error, y, x), the best first; ties go to the first in rows.

    The offset counts between places that lie apart, not around each: it would draw them away from the exact fit.
    """
    count = max(int(level.valid.sum()), 1)
    known: dict[tuple[int, int], float] = {}
    found = set()
    for py, px in places:
        best = (math.inf, 0, 0)
        # From the middle outwards, so that the first sums are low and the others are soon given up.
        near = range(-REACH, REACH + 1)
        for i, j in sorted(((i, j) for i in near for j in near), key=lambda o: (max(map(abs, o)), o)):
            y, x = py + i, px + j
            if 0 <= y < counts[0] and 0 <= x < counts[1]:
                if (y, x) not in known:
                    total = _fit(level.planes, level.valid, scene, y, x, best[0])
                    if total > best[0]:
                        continue
                    known[y, x] = total
                best = min(best, (known[y, x], y, x))
        if best[0] < math.inf:
            total, y, x = best
            far = math.sqrt((y - aligned[0]) ** 2 + (x - aligned[1]) ** 2) / diagonal
            found.add((total / count * (1 + far / OFFSET), y, x))
    return sorted(found)[:KEPT]
