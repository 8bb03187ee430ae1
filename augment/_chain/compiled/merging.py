"""The kernels that merge the maps of a sample into one, as `imgproc._scanline.merge` does."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.jit import kernel, shared
from imgproc._scanline.areas import covers, way
from imgproc._scanline.coordinates import STEP
from imgproc._scanline.machine import (
    COLUMNS,
    EXACT,
    FIRST,
    FRAME_H,
    FRAME_W,
    HEIGHT,
    LINE,
    MOVE_X,
    MOVE_Y,
    RESIZED,
    ROWS,
    SAMPLER,
    STEP_X,
    STEP_Y,
    STEPS,
    TURN_X,
    TURN_Y,
    WIDTH,
)
from imgproc._scanline.matrix import (
    bounds_kernel,
    is_exact_kernel,
    keeps_axes_kernel,
    multiply_kernel,
    stays_inside_kernel,
    walk_kernel,
)
from imgproc._scanline.samplers.area import LARGEST

from .drawing import INPUT_H, INPUT_W, MAPS, NUMBER, PART_OF, load_matrix
from .memory import AREA, BILINEAR, BORDER, COPY, FOLDS, HOW, NEAREST, WIDEST, WORDS


@kernel(inner=True)
def _keep_matrix(row, m):
    for k in range(9):
        row[k] = m[k]


def place(m: Any, source: Any, result: Any) -> bool:
    """Write to the numbers of the source where whole pixels come from; returns whether none comes from outside."""
    h, w = source[HEIGHT], source[WIDTH]
    right, down = result[COLUMNS] - 1, result[ROWS] - 1
    x0, y0 = np.floor(m[2] + 0.5 * (m[0] + m[1])), np.floor(m[5] + 0.5 * (m[3] + m[4]))
    x1, y1 = x0 + m[0] * right + m[1] * down, y0 + m[3] * right + m[4] * down
    whole = m[2] == np.floor(m[2]) and m[5] == np.floor(m[5])
    if not (whole and min(x0, x1) >= 0 and min(y0, y1) >= 0 and max(x0, x1) < w and max(y0, y1) < h):
        return False
    step_x, step_y, first = walk_kernel(m, w)  # after the proof: numbers are made whole here
    source[FIRST], source[STEP_X], source[STEP_Y] = first, step_x, step_y
    return True


place_kernel = shared(place, "place_kernel")


@kernel(inner=True)
def input_of(work, j):
    """The size of the frame that drawn map j reads, or of the result, if there is no such map."""
    if j == work.drawn.state[MAPS]:
        return float(work.result[ROWS]), float(work.result[COLUMNS])
    return work.drawn.maps[j, INPUT_H], work.drawn.maps[j, INPUT_W]


@kernel(inner=True)
def multiplied(work):
    """Multiply all maps of a sample; returns whether each of them moves whole pixels, none of them from outside."""
    m = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    height, width = float(work.result[ROWS]), float(work.result[COLUMNS])
    for j in range(work.drawn.state[MAPS] - 1, -1, -1):
        own = load_matrix(work.drawn.maps[j])
        if not is_exact_kernel(own):
            return False
        m = multiply_kernel(own, m)
        h, w = input_of(work, j)
        known, x0, y0, x1, y1 = bounds_kernel(m, height, width)
        if not stays_inside_kernel(known, x0, y0, x1, y1, h, w):
            return False
    _keep_matrix(work.matrix, m)
    return True


@kernel(inner=True)
def _part_of(work, j):
    """The part x0, y0, x1, y1 of its input that drawn map j sees."""
    row = work.drawn.maps[j]
    if row[PART_OF + 2] > 0.0:
        return row[PART_OF], row[PART_OF + 1], row[PART_OF + 2], row[PART_OF + 3]
    return 0.0, 0.0, row[INPUT_W], row[INPUT_H]


@kernel(inner=True)
def cut(work):
    """Find the part of the image that the first interpolation may see, as `merge.cut` does.

    Returns whether it could be found, and the number of the map that reads it.  If this is not -1, `work.matrix` is its
    matrix from the part, and `work.part` is x0, y0, x1, y1."""
    pull, first = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 0
    inside = True
    while first < work.drawn.state[MAPS] and is_exact_kernel(load_matrix(work.drawn.maps[first])):
        own = load_matrix(work.drawn.maps[first])
        h, w = input_of(work, first)
        below, right = input_of(work, first + 1)
        known, x0, y0, x1, y1 = bounds_kernel(own, below, right)
        inside = inside and stays_inside_kernel(known, x0, y0, x1, y1, h, w)
        pull = multiply_kernel(pull, own)
        first += 1
    if first == work.drawn.state[MAPS]:
        return True, -1
    row = work.drawn.maps[first]
    own = row[PART_OF + 2] > 0.0
    if not inside or (first == 0 and not own):
        return inside or not own, -1
    left, top, right, bottom = _part_of(work, first)
    pull_part = multiply_kernel(pull, (1.0, 0.0, left, 0.0, 1.0, top, 0.0, 0.0, 1.0))
    known, x0, y0, x1, y1 = bounds_kernel(pull_part, bottom - top, right - left)
    whole = multiply_kernel(pull, load_matrix(row))
    _keep_matrix(work.matrix, multiply_kernel((1.0, 0.0, -x0, 0.0, 1.0, -y0, 0.0, 0.0, 1.0), whole))
    part = work.part
    part[0], part[1], part[2], part[3] = int(x0), int(y0), int(x1), int(y1)
    return True, first


@kernel(inner=True)
def _note_step(step, m, size, after, border, fill):
    """Write a step, as `merge.merge` makes it, from (h, w) of its input and of its output."""
    for k in range(STEP):
        step[k] = 0.0
    for k in range(9):
        step[1 + k] = m[k]
    step[10], step[11], step[12], step[13] = border, size[1], size[0], fill
    step[14], step[15] = after[1], after[0]


@kernel(inner=True)
def merge(chain, work, start, end):
    """Multiply the drawn maps from `end` on into one matrix, as `merge.merge` does.

    Map `start` reads a part of the image, see `cut`: here it is a map from the part.

    Returns how many frames show their border, and how many steps there are."""
    height, width = float(work.result[ROWS]), float(work.result[COLUMNS])
    pull = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    frames, steps, fills = 0, 0, 0
    for j in range(work.drawn.state[MAPS] - 1, end - 1, -1):
        number = int(work.drawn.maps[j, NUMBER])
        border = chain.maps[number, BORDER]
        own, (h, w) = load_matrix(work.matrix if j == start else work.drawn.maps[j]), input_of(work, j)
        if j == start:
            h, w = float(work.part[3] - work.part[1]), float(work.part[2] - work.part[0])
        work.shown[fills] = number
        for c in range(work.fills.shape[1]):
            work.fills[fills, c] = chain.levels[number, c]
        after = input_of(work, j + 1)
        if steps > 0:  # a border that folds comes after this map, so that points are taken through it one by one
            _note_step(work.steps[steps], own, (h, w), after, border, fills if border == 0 else 0)
            steps += 1
            fills += 1 if border == 0 else 0
            continue
        pull = multiply_kernel(own, pull)
        known, x0, y0, x1, y1 = bounds_kernel(pull, height, width)
        if stays_inside_kernel(known, x0, y0, x1, y1, h, w):
            continue
        if border != 0:
            still = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
            _note_step(work.steps[steps], still, (h, w), after, border, 0)
            steps += 1
            continue
        frame = work.frames[frames]
        _keep_matrix(frame, pull)
        frame[9], frame[10] = w, h
        frames += 1
        fills += 1
    _keep_matrix(work.matrix, pull)
    return frames, steps


@kernel(inner=True)
def sampled(chain, work, frames, steps, how):
    """Write to the numbers of the source how it is sampled; `how` is a place in `Chain.samplers`."""
    numbers, matrix, part = work.source, load_matrix(work.matrix), work.part
    numbers[HEIGHT], numbers[WIDTH] = part[3] - part[1], part[2] - part[0]
    exact = steps == 0 and is_exact_kernel(matrix)
    how = NEAREST if how == COPY else how
    by_words = not exact and how == BILINEAR and chain.samplers[WORDS] != 0
    numbers[FRAME_H], numbers[STEPS] = 0, chain.samplers[FOLDS]
    numbers[SAMPLER] = chain.samplers[COPY if exact else how]
    numbers[EXACT] = 1 if exact else 0
    numbers[RESIZED] = 1 if by_words and frames + steps == 0 and keeps_axes_kernel(matrix) else 0
    if exact:
        step_x, step_y, first = walk_kernel(matrix, numbers[LINE])
        numbers[FIRST], numbers[STEP_X], numbers[STEP_Y] = first, step_x, step_y
    return not by_words or min(numbers[HEIGHT], numbers[WIDTH]) > 1  # that sampler reads 2 x 2 pixels


@kernel(inner=True)
def _is_resize(work, j):
    """Whether drawn map j shows all that it sees, at another size: `passes` has ways of their own for such a map."""
    m = load_matrix(work.drawn.maps[j])
    if not keeps_axes_kernel(m) or m[0] <= 0.0 or m[4] <= 0.0:
        return False
    below, right = input_of(work, j + 1)
    _, x0, y0, x1, y1 = bounds_kernel(m, below, right)
    a, b, c, d = _part_of(work, j)
    return covers(x0 - a, y0 - b, x1 - a, y1 - b, d - b, c - a)


@kernel(inner=True)
def interpolated(chain, work):
    """Find what interpolates: the number of the first such map, and its `HOW`.

    The number is -1 if whole pixels move, and -2 if this sample has to be done in another way."""
    first, how, count = -1, COPY, 0
    for j in range(work.drawn.state[MAPS]):
        if is_exact_kernel(load_matrix(work.drawn.maps[j])):
            continue
        own = chain.maps[int(work.drawn.maps[j, NUMBER]), HOW]
        if count > 0 and (own != how or own == AREA):
            return -2, COPY
        first, how, count = j if count == 0 else first, own, count + 1
    words = how == BILINEAR and chain.samplers[WORDS] != 0
    if count == 1 and how != AREA and not words and _is_resize(work, first):
        return -2, COPY
    return first, how


@kernel(inner=True)
def resized(chain, work, start, rough):
    """Write to the numbers of the source how map `rough` resizes it, as `averaged` does, and what comes then.

    Returns how many frames show their border, or -1 if this sample has to be done in another way."""
    numbers, part = work.source, work.part
    below, right = input_of(work, rough + 1)
    m = load_matrix(work.matrix if start == rough else work.drawn.maps[rough])
    _, x0, y0, x1, y1 = bounds_kernel(m, below, right)
    h, w = part[3] - part[1], part[2] - part[0]
    if start < 0 and rough > 0:
        return -1
    if not keeps_axes_kernel(m) or m[0] < 0.0 or m[4] < 0.0 or not covers(x0, y0, x1, y1, float(h), float(w)):
        return -1
    frames, steps = merge(chain, work, -1, rough + 1)
    after = load_matrix(work.matrix)
    if steps > 0 or after[1] != 0.0 or not is_exact_kernel(after):
        return -1
    height, width = int(below), int(right)
    if w // width > chain.samplers[WIDEST] or max(h, w, height, width) > LARGEST:
        return -1
    numbers[HEIGHT], numbers[WIDTH] = h, w
    numbers[SAMPLER], numbers[EXACT], numbers[RESIZED] = chain.samplers[AREA], 0, 0
    numbers[FRAME_H], numbers[FRAME_W] = height, width
    turn_x, move_x, turn_y, move_y = way(after)
    numbers[TURN_X], numbers[MOVE_X], numbers[TURN_Y], numbers[MOVE_Y] = turn_x, move_x, turn_y, move_y
    return frames
