"""The front of exemplar-based inpainting: gradients, normals, confidence, priorities, and filling a patch.

Integers where it can be, float64 in a fixed order where not: `tests/naive_inpaint.py` has the same to the bit.
"""

from __future__ import annotations

import math

import numpy as np

from .._core.jit import kernel

__all__: list[str] = []

# Places in State.numbers.
HEIGHT, WIDTH, STRIDE, CHANNELS, RADIUS, PRIORITY, TILES_X, TILES_Y = 0, 1, 2, 3, 4, 5, 6, 7
TARGET, TERMS, BLOCKS, SHIFTS, PATCHES, LEFT, WINDOW, NEARBY = 8, 9, 10, 11, 12, 13, 14, 15
SEARCHING = 16
TOP, BOTTOM, LEFT_SIDE, RIGHT_SIDE, REACH = 17, 18, 19, 20, 21
"""Where pixels became known since priorities were brought up to date, and how far from there priorities change."""
NUMBERS = 22

CRIMINISI, REGULARIZED, TENSOR = 0, 1, 2
TILE = 16
ALPHA = 510.0  # 255, and differences over two pixels


@kernel(inner=True)
def _smoothed(known, h, w, y, x):
    """The mask of unknown pixels after the binomial filter, times 16; beyond the image as at its border."""
    y, x = min(max(y, 0), h - 1), min(max(x, 0), w - 1)
    above, at, below = max(y - 1, 0) * w, y * w, min(y + 1, h - 1) * w
    left, right = max(x - 1, 0), min(x + 1, w - 1)
    corners = np.int64(known[above + left]) + known[above + right] + known[below + left] + known[below + right]
    sides = np.int64(known[above + x]) + known[below + x] + known[at + left] + known[at + right]
    return 16 - (corners + 2 * sides + 4 * np.int64(known[at + x]))


@kernel(inner=True)
def _update_gradients(numbers, feat, known, gradient_x, gradient_y):
    """Of the channel where it is longest; 0 along an axis where a neighbour is not known."""
    h, w, stride, channels = numbers[HEIGHT], numbers[WIDTH], numbers[STRIDE], numbers[CHANNELS]
    for y in range(max(numbers[TOP] - 1, 0), min(numbers[BOTTOM] + 1, h)):
        for x in range(max(numbers[LEFT_SIDE] - 1, 0), min(numbers[RIGHT_SIDE] + 1, w)):
            at = y * w + x
            across = known[at] != 0 and 0 < x < w - 1 and known[at - 1] != 0 and known[at + 1] != 0
            down = known[at] != 0 and 0 < y < h - 1 and known[at - w] != 0 and known[at + w] != 0
            longest, best_x, best_y = -1, 0, 0
            for c in range(channels):
                place = (c * h + y) * stride + x
                gx, gy = 0, 0
                if across:
                    gx = np.int64(feat[place + 1]) - np.int64(feat[place - 1])
                if down:
                    gy = np.int64(feat[place + stride]) - np.int64(feat[place - stride])
                length = gx * gx + gy * gy
                if length > longest:
                    longest, best_x, best_y = length, gx, gy
            gradient_x[at] = best_x
            gradient_y[at] = best_y


@kernel(inner=True)
def _prioritise(numbers, known, confidence, gradient_x, gradient_y, priority, priority_confidence, y, x):
    h, w, r, kind = numbers[HEIGHT], numbers[WIDTH], numbers[RADIUS], numbers[PRIORITY]
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    total = 0.0
    longest, best_x, best_y = -1, 0, 0
    txx, txy, tyy, weights = 0, 0, 0, 0
    for v in range(y0, y1):
        for u in range(x0, x1):
            at = v * w + u
            total += confidence[at]
            if known[at] != 0:
                a, b = np.int64(gradient_x[at]), np.int64(gradient_y[at])
                if kind == TENSOR:
                    weight = (r + 1 - abs(v - y)) * (r + 1 - abs(u - x))
                    txx += weight * a * a
                    txy += weight * a * b
                    tyy += weight * b * b
                    weights += weight
                elif a * a + b * b > longest:
                    longest, best_x, best_y = a * a + b * b, a, b
    c = total / ((y1 - y0) * (x1 - x0))
    nx, ny = 0, 0
    for step in range(-1, 2, 2):
        nx += step * _smoothed(known, h, w, y, x + step)
        ny += step * _smoothed(known, h, w, y + step, x)
    length = math.sqrt(nx * nx + ny * ny)
    d = 0.0
    if length > 0 and kind == TENSOR:
        p, q = np.float64(txy * nx - txx * ny), np.float64(tyy * nx - txy * ny)
        d = math.sqrt(math.sqrt(p * p + q * q) / (weights * length)) / ALPHA
    elif length > 0:
        d = abs(best_x * ny - best_y * nx) / (ALPHA * length)
    priority_confidence[y * w + x] = c
    priority[y * w + x] = 0.2 * (0.3 * c + 0.7) + 0.8 * d if kind == REGULARIZED else c * d


@kernel(inner=True)
def _goes_first(priority, priority_confidence, a, b):
    """Whether pixel `a` is to be filled before pixel `b`; -1 is none."""
    if a < 0 or b < 0:
        return b < 0 and a >= 0
    p, q = priority[a], priority[b]
    if p == q:
        p, q = priority_confidence[a], priority_confidence[b]
    return p > q or (p == q and a < b)


@kernel(inner=True)
def _rank_tile(priority, priority_confidence, h, w, ty, tx):
    """The pixel of a tile to fill first, or -1."""
    best = -1
    highest = 0.0
    for y in range(ty * TILE, min(ty * TILE + TILE, h)):
        for at in range(y * w + tx * TILE, y * w + min(tx * TILE + TILE, w)):
            p = priority[at]
            if p >= highest and _goes_first(priority, priority_confidence, at, best):
                best, highest = at, p
    return best


@kernel(inner=True)
def update(numbers, feat, known, confidence, gradient_x, gradient_y, priority, priority_confidence, tile_best):
    """Bring gradients where pixels became known, and priorities around there, up to date."""
    h, w, reach = numbers[HEIGHT], numbers[WIDTH], numbers[REACH]
    _update_gradients(numbers, feat, known, gradient_x, gradient_y)
    y0, y1 = max(numbers[TOP] - reach, 0), min(numbers[BOTTOM] + reach, h)
    x0, x1 = max(numbers[LEFT_SIDE] - reach, 0), min(numbers[RIGHT_SIDE] + reach, w)
    for y in range(y0, y1):
        for x in range(x0, x1):
            at = y * w + x
            priority[at] = -1.0
            if known[at] == 0:
                beside = (x > 0 and known[at - 1] != 0) or (x < w - 1 and known[at + 1] != 0)
                if beside or (y > 0 and known[at - w] != 0) or (y < h - 1 and known[at + w] != 0):
                    _prioritise(numbers, known, confidence, gradient_x, gradient_y, priority, priority_confidence, y, x)
    for ty in range(y0 // TILE, (y1 - 1) // TILE + 1):
        for tx in range(x0 // TILE, (x1 - 1) // TILE + 1):
            tile_best[ty * numbers[TILES_X] + tx] = _rank_tile(priority, priority_confidence, h, w, ty, tx)


@kernel(inner=True)
def choose(priority, priority_confidence, tile_best):
    """The index of the pixel to fill next; -1 if there is none."""
    best = -1
    for i in range(tile_best.size):
        one = tile_best[i]
        if one >= 0 and _goes_first(priority, priority_confidence, one, best):
            best = one
    return best


@kernel(inner=True)
def fill(numbers, best, feat, known, confidence, priority_confidence, source, trace):
    """Copy the best source to the unknown pixels of the target, and say so in the trace."""
    h, w, stride, r = numbers[HEIGHT], numbers[WIDTH], numbers[STRIDE], numbers[RADIUS]
    first = 0
    for i in range(1, best.shape[0]):
        for k in range(3):
            if best[i, k] != best[first, k]:
                first = i if best[i, k] < best[first, k] else first
                break
    corner, target = best[first, 2], numbers[TARGET]
    y, x = target // w, target % w
    qy, qx = corner // stride + r, corner % stride + r
    trace[0, numbers[PATCHES]], trace[1, numbers[PATCHES]] = target, qy * w + qx
    numbers[PATCHES] += 1
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    further = (qy - y) * stride + qx - x
    for v in range(y0, y1):
        for u in range(x0, x1):
            at = v * w + u
            if known[at] == 0:
                source[at] = at + (qy - y) * w + qx - x
                confidence[at] = priority_confidence[target]
                known[at] = 1
                numbers[LEFT] -= 1
                for c in range(numbers[CHANNELS]):
                    place = (c * h + v) * stride + u
                    feat[place] = feat[place + further]
    numbers[TOP], numbers[BOTTOM], numbers[LEFT_SIDE], numbers[RIGHT_SIDE] = y0, y1, x0, x1
    numbers[REACH] = r + 2
