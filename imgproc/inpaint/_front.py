"""The front of exemplar-based inpainting: gradients, normals, confidence, priorities, and filling a patch.

Integers where it can be, float64 in a fixed order where not: `tests/naive_inpaint.py` has the same to the bit.
"""

from __future__ import annotations

import math

import numpy as np

from .._core.jit import borrowed, kernel
from ._state import State

__all__: list[str] = []

# Places in State.numbers.
HEIGHT, WIDTH, STRIDE, CHANNELS, RADIUS, PRIORITY, TILES_X, TILES_Y = 0, 1, 2, 3, 4, 5, 6, 7
TARGET, TERMS, BLOCKS, SHIFTS, PATCHES, LEFT, WINDOW, NEARBY = 8, 9, 10, 11, 12, 13, 14, 15
SEARCHING = 16
NUMBERS = 17

CRIMINISI, REGULARIZED, TENSOR = 0, 1, 2
TILE = 16
ALPHA = 510.0  # 255, and differences over two pixels


@kernel(inner=True)
def lent(s):
    """The same arrays, without counting references to them and to their slices."""
    return State(
        borrowed(s.numbers),
        borrowed(s.feat),
        borrowed(s.sums),
        borrowed(s.refused),
        borrowed(s.strip_start),
        borrowed(s.strip_x),
        borrowed(s.means),
        borrowed(s.known),
        borrowed(s.confidence),
        borrowed(s.gradient_x),
        borrowed(s.gradient_y),
        borrowed(s.priority),
        borrowed(s.priority_confidence),
        borrowed(s.tile_best),
        borrowed(s.source),
        borrowed(s.trace),
        borrowed(s.terms),
        borrowed(s.blocks),
        borrowed(s.shifts),
        borrowed(s.best),
    )


@kernel(inner=True)
def _smoothed(known, y, x):
    """The mask of unknown pixels after the binomial filter, times 16; beyond the image as at its border."""
    h, w = known.shape
    y, x = min(max(y, 0), h - 1), min(max(x, 0), w - 1)
    above, below, left, right = max(y - 1, 0), min(y + 1, h - 1), max(x - 1, 0), min(x + 1, w - 1)
    corners = known[above, left] + known[above, right] + known[below, left] + known[below, right]
    sides = known[above, x] + known[below, x] + known[y, left] + known[y, right]
    return 16 - (np.int64(corners) + 2 * np.int64(sides) + 4 * np.int64(known[y, x]))


@kernel(inner=True)
def _gradient(s, y, x):
    """Of the channel where it is longest; 0 along an axis where a neighbour is not known."""
    h, w, stride = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[STRIDE]
    known = s.known
    across = known[y, x] != 0 and 0 < x < w - 1 and known[y, x - 1] != 0 and known[y, x + 1] != 0
    down = known[y, x] != 0 and 0 < y < h - 1 and known[y - 1, x] != 0 and known[y + 1, x] != 0
    longest, best_x, best_y = np.int64(-1), np.int32(0), np.int32(0)
    for c in range(s.numbers[CHANNELS]):
        at = (c * h + y) * stride + x
        gx = np.int32(s.feat[at + 1]) - np.int32(s.feat[at - 1]) if across else 0
        gy = np.int32(s.feat[at + stride]) - np.int32(s.feat[at - stride]) if down else 0
        length = np.int64(gx) * gx + np.int64(gy) * gy
        if length > longest:
            longest, best_x, best_y = length, np.int32(gx), np.int32(gy)
    s.gradient_x[y, x] = best_x
    s.gradient_y[y, x] = best_y


@kernel(inner=True)
def _prioritise(s, y, x):
    h, w, r, kind = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[RADIUS], s.numbers[PRIORITY]
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    total = 0.0
    longest, best_x, best_y = np.int64(-1), np.int64(0), np.int64(0)
    txx, txy, tyy, weights = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for v in range(y0, y1):
        for u in range(x0, x1):
            total += s.confidence[v, u]
            if s.known[v, u] != 0:
                a, b = np.int64(s.gradient_x[v, u]), np.int64(s.gradient_y[v, u])
                if kind == TENSOR:
                    weight = (r + 1 - abs(v - y)) * (r + 1 - abs(u - x))
                    txx += weight * a * a
                    txy += weight * a * b
                    tyy += weight * b * b
                    weights += weight
                elif a * a + b * b > longest:
                    longest, best_x, best_y = a * a + b * b, a, b
    c = total / np.float64((y1 - y0) * (x1 - x0))
    nx = _smoothed(s.known, y, min(x + 1, w - 1)) - _smoothed(s.known, y, max(x - 1, 0))
    ny = _smoothed(s.known, min(y + 1, h - 1), x) - _smoothed(s.known, max(y - 1, 0), x)
    length = math.sqrt(np.float64(nx * nx + ny * ny))
    d = 0.0
    if length > 0 and kind == TENSOR:
        a, b = np.float64(txy * nx - txx * ny), np.float64(tyy * nx - txy * ny)
        d = math.sqrt(math.sqrt(a * a + b * b) / (np.float64(weights) * length)) / ALPHA
    elif length > 0:
        d = np.float64(abs(best_x * ny - best_y * nx)) / (ALPHA * length)
    s.priority_confidence[y, x] = c
    s.priority[y, x] = 0.2 * (0.3 * c + 0.7) + 0.8 * d if kind == REGULARIZED else c * d


@kernel(inner=True)
def _goes_first(s, a, b):
    """Whether pixel `a` is to be filled before pixel `b`; -1 is none."""
    if a < 0 or b < 0:
        return b < 0 and a >= 0
    w = s.numbers[WIDTH]
    ay, ax, by, bx = a // w, a % w, b // w, b % w
    p, q = s.priority[ay, ax], s.priority[by, bx]
    if p != q:
        return p > q
    p, q = s.priority_confidence[ay, ax], s.priority_confidence[by, bx]
    if p != q:
        return p > q
    return a < b


@kernel(inner=True)
def _rank_tile(s, ty, tx):
    h, w = s.numbers[HEIGHT], s.numbers[WIDTH]
    best = np.int64(-1)
    highest = 0.0
    for y in range(ty * TILE, min(ty * TILE + TILE, h)):
        for x in range(tx * TILE, min(tx * TILE + TILE, w)):
            p = s.priority[y, x]
            if p >= highest and _goes_first(s, y * w + x, best):
                best, highest = y * w + x, p
    s.tile_best[ty * s.numbers[TILES_X] + tx] = best


@kernel
def begin_front(s):
    """Gradients and priorities of the whole image."""
    _update(lent(s), 0, s.numbers[HEIGHT], 0, s.numbers[WIDTH], 0)


@kernel
def _update(s, y0, y1, x0, x1, reach):
    """Bring gradients of [y0, y1) x [x0, x1), where pixels became known, and priorities around it up to date."""
    h, w = s.numbers[HEIGHT], s.numbers[WIDTH]
    known = s.known
    for y in range(max(y0 - 1, 0), min(y1 + 1, h)):
        for x in range(max(x0 - 1, 0), min(x1 + 1, w)):
            _gradient(s, y, x)
    y0, y1, x0, x1 = max(y0 - reach, 0), min(y1 + reach, h), max(x0 - reach, 0), min(x1 + reach, w)
    for y in range(y0, y1):
        for x in range(x0, x1):
            s.priority[y, x] = -1.0
            if known[y, x] == 0:
                beside = (x > 0 and known[y, x - 1] != 0) or (x < w - 1 and known[y, x + 1] != 0)
                if beside or (y > 0 and known[y - 1, x] != 0) or (y < h - 1 and known[y + 1, x] != 0):
                    _prioritise(s, y, x)
    for ty in range(y0 // TILE, (y1 - 1) // TILE + 1):
        for tx in range(x0 // TILE, (x1 - 1) // TILE + 1):
            _rank_tile(s, ty, tx)


@kernel(inner=True)
def choose(s):
    """The index of the pixel to fill next; -1 if there is none."""
    best = np.int64(-1)
    for i in range(s.numbers[TILES_X] * s.numbers[TILES_Y]):
        one = s.tile_best[i]
        if one >= 0 and _goes_first(s, one, best):
            best = one
    return best


@kernel
def fill(s):
    """Copy the best source to the unknown pixels of the target, and say so in the trace."""
    numbers = s.numbers
    h, w, stride, r = numbers[HEIGHT], numbers[WIDTH], numbers[STRIDE], numbers[RADIUS]
    best = 0
    for i in range(1, s.best.shape[0]):
        for k in range(3):
            if s.best[i, k] != s.best[best, k]:
                best = i if s.best[i, k] < s.best[best, k] else best
                break
    corner = s.best[best, 2]
    y, x = numbers[TARGET] // w, numbers[TARGET] % w
    qy, qx = corner // stride + r, corner % stride + r
    s.trace[0, numbers[PATCHES]], s.trace[1, numbers[PATCHES]] = y * w + x, qy * w + qx
    numbers[PATCHES] += 1
    confidence = s.priority_confidence[y, x]
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    for v in range(y0, y1):
        for u in range(x0, x1):
            if s.known[v, u] == 0:
                v2, u2 = v - y + qy, u - x + qx
                s.source[v, u] = v2 * w + u2
                s.confidence[v, u] = confidence
                s.known[v, u] = 1
                numbers[LEFT] -= 1
                for c in range(numbers[CHANNELS]):
                    s.feat[(c * h + v) * stride + u] = s.feat[(c * h + v2) * stride + u2]
    _update(s, y0, y1, x0, x1, r + 2)
