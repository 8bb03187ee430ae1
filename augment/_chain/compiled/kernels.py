"""The kernels of recorded chains: for each sample they draw, lower and run all of it."""

from __future__ import annotations

import math

import numpy as np

from imgproc._core.jit import borrowed, kernel
from imgproc._scanline.machine import run_rows
from imgproc._scanline.nearest import EXACT, NEAREST, RESIZED, WORDS
from imgproc._scanline.op_program import CONTRAST, tabulate
from imgproc._scanline.run_in_place import CHANNELS, FIRST, HEIGHT, PLANE, STEP_X, STEP_Y, WIDTH, run_levels

from ..keys import FIRST_DRAWS, fold, uniforms

(
    ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE, FLOOR, ROUND, ABSOLUTE, LEAST, STREAM,
    SQRT, EXP, LOG, COS, SIN, TAN, LESS, NOT_MORE, EQUAL,
) = range(20)  # fmt: skip
"""What is computed from one or two registers; the last three are guards, which must give what is recorded."""

MOVE, WARP = -1, -2
"""Beside the codes of operations: whole pixels move, or pixels are interpolated; parameters are the pull matrix."""

MOST_WARPS = 16
"""Geometric stages of a chain that interpolates."""

# A program is one array of integers: rows of four at first, then lists of registers.
# Row 0: number of nodes, draws of each in blocks of four, whether tables may stand for operations, register of p.
# Row 1: registers, parameters at most, operations at most, place of the list of addresses.
# A node: register of p, first of its segments, how many, and the register of the draw that chooses; -1 where the first
# segment is taken whose guards hold.
# A segment: first row of what is computed, the row after, first entry, the one after.
# What is computed: code, register of the result (of a guard: 1 or 0), registers of the operands.
# An entry: code, place of its list, length, and, where a chain interpolates, the number of a map; else -1.
HEAD = 2
"""Rows before the first node."""

# A map, beside its pull matrix: size of its input (h, w), of the result (h, w), whether its border is constant.
INPUT_H, INPUT_W, RESULT_H, RESULT_W, CONSTANT = range(5)

MAPS = 7
"""Where maps begin in the array of matrices: before them stand what moves amount to, and how many maps there are."""


@kernel(inner=True)
def _function(code, a, b):
    if code == ABSOLUTE:
        return abs(a)
    if code == REMAINDER:
        return np.fmod(a, b)
    if code == SQRT:
        return math.sqrt(a)
    if code == EXP:
        return math.exp(a)
    if code == LOG:
        return math.log(a)
    if code == COS:
        return math.cos(a)
    if code == SIN:
        return math.sin(a)
    if code == TAN:
        return math.tan(a)
    if code == FLOOR:
        return np.floor(a)
    if code == ROUND:
        return np.rint(a)
    if code == LEAST:
        return min(a, b)
    return np.floor(a * 67108864.0) * 67108864.0 + np.floor(b * 67108864.0)


@kernel(inner=True)
def _compute(program, start, stop, registers):
    """Whether all guards hold."""
    for k in range(start, stop):
        code, to = program[4 * k], program[4 * k + 1]
        a, b = registers[program[4 * k + 2]], registers[program[4 * k + 3]]
        if code == ADD:
            registers[to] = a + b
        elif code == MULTIPLY:
            registers[to] = a * b
        elif code == SUBTRACT:
            registers[to] = a - b
        elif code == DIVIDE:
            registers[to] = a / b
        elif code == NEGATE:
            registers[to] = -a
        elif code >= LESS:
            if (a < b if code == LESS else a <= b if code == NOT_MORE else a == b) != (to != 0):
                return False
        else:
            registers[to] = _function(code, a, b)
    return True


@kernel(inner=True)
def _segment(program, node, registers):
    """The segment of a node that is to be done, computed; -1 where no guards hold."""
    first, count, choice = program[node + 1], program[node + 2], program[node + 3]
    last = first + count
    if choice >= 0:
        first += min(int(count * registers[choice]), count - 1)
        last = first + 1
    for segment in range(first, last):
        if _compute(program, program[4 * segment], program[4 * segment + 1], registers):
            return segment
    return np.int64(-1)


@kernel(inner=True)
def _move(program, at, registers, pull):
    """``pull @`` the matrix of an entry."""
    a, b, c = registers[program[at]], registers[program[at + 1]], registers[program[at + 2]]
    d, e, f = registers[program[at + 3]], registers[program[at + 4]], registers[program[at + 5]]
    for k in range(0, 6, 3):
        x, y, z = pull[k], pull[k + 1], pull[k + 2]
        pull[k], pull[k + 1], pull[k + 2] = x * a + y * d, x * b + y * e, x * c + y * f + z


@kernel(inner=True)
def _note_map(program, at, number, registers, pull):
    """A map beside those before it, and its number."""
    to = MAPS + 10 * int(pull[6])
    for k in range(9):
        pull[to + k] = registers[program[at + k]]
    pull[to + 9] = number
    pull[6] += 1.0


@kernel
def lower(words, seed, program, initial, registers, ops, params, pull):
    """Draw and lower one sample; returns the number of operations, or -1 where it is not what was recorded."""
    for k in range(initial.size):
        registers[k] = initial[k]
    for k in range(MAPS):
        pull[k] = 1.0 if k == 0 or k == 4 else 0.0
    count, at = 0, 0
    state, blocks, addresses = fold(words, seed), program[1], program[7]
    uniforms(state, seed, program[addresses], np.int64(0), np.int64(1), registers, np.int64(0))
    if not registers[0] < registers[program[3]]:
        return count
    for k in range(1, program[0] + 1):
        slot, node = FIRST_DRAWS * k, 4 * (HEAD - 1 + k)
        uniforms(state, seed, program[addresses + k], np.int64(0), blocks, registers, slot)
        if not registers[slot] < registers[program[node]]:
            continue
        segment = _segment(program, node, registers)
        if segment < 0:
            return np.int64(-1)
        for j in range(program[4 * segment + 2], program[4 * segment + 3]):
            code, place, length, number = program[4 * j], program[4 * j + 1], program[4 * j + 2], program[4 * j + 3]
            if number >= 0:
                _note_map(program, place, number, registers, pull)
            elif code == MOVE:
                _move(program, place, registers, pull)
            else:
                ops[count, 0], ops[count, 1], ops[count, 2], ops[count, 3] = code, at, 1, -1
                count += 1
                for i in range(length):
                    params[at + i] = registers[program[place + i]]
                at += length
    return count


@kernel(inner=True)
def _place(pull, h, w, move):
    """Where pixels of a source of (h, w) come from, as `run_levels` wants it; whether that is nowhere outside."""
    a, b, c, d, e, f = pull[0], pull[1], pull[2], pull[3], pull[4], pull[5]
    x0, y0 = np.floor(c + 0.5 * (a + b)), np.floor(f + 0.5 * (d + e))
    right, down = move[WIDTH] - 1, move[HEIGHT] - 1
    x1, y1 = x0 + a * right + b * down, y0 + d * right + e * down
    move[FIRST] = np.int64(y0) * w + np.int64(x0)
    move[STEP_X], move[STEP_Y] = np.int64(a + d * w), np.int64(b + e * w)
    whole = c == np.floor(c) and f == np.floor(f)
    return whole and min(x0, x1) >= 0 and min(y0, y1) >= 0 and max(x0, x1) < w and max(y0, y1) < h


@kernel
def draw_moves(words, seed, program, initial, reals, ints, pull):
    """The pull matrix of a sample whose pixels only move, to `pull`, and whether none comes from outside."""
    registers, move = reals[: program[4]], ints[4 * program[6] :]
    count = lower(words, seed, program, initial, registers, ints[:0].reshape(0, 4), registers[:0], pull)
    return count >= 0 and _place(pull, move[PLANE + 1], move[PLANE + 2], move)


@kernel
def run_samples(
    images, words, seed, program, initial, reals, ints, pull, tables, wide, limits, rows, bytes_row, buffer, out,
    first, last,
):  # fmt: skip
    """Samples [first, last); returns the first that cannot be had this way, or `last`."""
    images, words, program, initial = borrowed(images), borrowed(words), borrowed(program), borrowed(initial)
    reals, ints, pull, out = borrowed(reals), borrowed(ints), borrowed(pull), borrowed(out)
    registers, params = reals[: program[4]], reals[program[4] : program[4] + program[5]]
    totals = reals[program[4] + program[5] :]
    ops, move = ints[: 4 * program[6]].reshape(-1, 4), ints[4 * program[6] :]
    for i in range(first, last):
        count = lower(words[i], seed, program, initial, registers, ops, params, pull)
        if count < 0 or not _place(pull, move[PLANE + 1], move[PLANE + 2], move):
            return i
        if program[2]:
            tabulate(ops[:count], np.int64(0))
        run_levels(
            images[i], move, ops[:count], params, tables, wide, limits, rows, bytes_row, buffer, totals, out[i],
            np.int64(0), move[HEIGHT],
        )  # fmt: skip
    return last


@kernel(inner=True)
def _exact(m, at):
    """See `is_exact_matrix`."""
    a, b, c, d, e, f, g, h = m[at], m[at + 1], m[at + 2], m[at + 3], m[at + 4], m[at + 5], m[at + 6], m[at + 7]
    if g != 0.0 or h != 0.0 or c != np.floor(c) or f != np.floor(f):
        return False
    if b == 0.0 and d == 0.0:
        return abs(a) == 1.0 and abs(e) == 1.0
    return a == 0.0 and e == 0.0 and abs(b) == 1.0 and abs(d) == 1.0


@kernel(inner=True)
def _extent_inside(m, h, w, limit_h, limit_w):
    """Whether a frame of (h, w) pulls from nowhere outside of (limit_h, limit_w); see `extent`."""
    x0, y0, x1, y1 = np.inf, np.inf, -np.inf, -np.inf
    if m[6] == 0.0 and m[7] == 0.0:
        ax, bx, ay, by = m[0] * w, m[1] * h, m[3] * w, m[4] * h
        x0, y0 = m[2] + min(ax, 0.0) + min(bx, 0.0), m[5] + min(ay, 0.0) + min(by, 0.0)
        x1, y1 = m[2] + max(ax, 0.0) + max(bx, 0.0), m[5] + max(ay, 0.0) + max(by, 0.0)
    else:
        for k in range(4):
            x, y = w if k % 2 else 0.0, h if k > 1 else 0.0
            depth = m[6] * x + m[7] * y + m[8]
            if depth < 1e-6:
                return False
            u, v = (m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth
            x0, y0, x1, y1 = min(x0, u), min(y0, v), max(x1, u), max(y1, v)
    return x0 >= -1e-9 and y0 >= -1e-9 and x1 <= limit_w + 1e-9 and y1 <= limit_h + 1e-9


@kernel(inner=True)
def _merge(pull, maps, h, w, levels, matrix, frames, fills):
    """What `merge` does, of maps without grids onto a frame of (h, w); returns how many frames there are, or -1 where
    another border than a constant one shows."""
    count = 0
    for k in range(9):
        matrix[k] = 1.0 if k % 4 == 0 else 0.0
    for j in range(int(pull[6]) - 1, -1, -1):
        at = MAPS + 10 * j
        number = int(pull[at + 9])
        for column in range(3):
            x, y, z = matrix[column], matrix[3 + column], matrix[6 + column]
            for row in range(0, 9, 3):
                matrix[row + column] = pull[at + row] * x + pull[at + row + 1] * y + pull[at + row + 2] * z
        ih, iw = float(maps[number, INPUT_H]), float(maps[number, INPUT_W])
        if _extent_inside(matrix, h, w, ih, iw):
            continue
        if maps[number, CONSTANT] == 0:
            return -1
        for k in range(9):
            frames[count, k] = matrix[k]
        frames[count, 9], frames[count, 10] = iw, ih
        for c in range(fills.shape[1]):
            fills[count, c] = levels[number, c]
        count += 1
    return count


@kernel(inner=True)
def _choose(pull, matrix, frames, head):
    """How the source is sampled; see `_compute._mode`."""
    head[5], head[6] = NEAREST, 0
    if _exact(matrix, 0):
        w = head[1]
        x, y = np.floor(matrix[2] + (matrix[0] + matrix[1]) / 2), np.floor(matrix[5] + (matrix[3] + matrix[4]) / 2)
        head[5], head[9] = EXACT, np.int64(y) * w + np.int64(x)
        head[7], head[8] = np.int64(matrix[0] + matrix[3] * w), np.int64(matrix[1] + matrix[4] * w)
        return
    for j in range(int(pull[6])):
        if not _exact(pull, MAPS + 10 * j):
            axes = matrix[1] == 0.0 and matrix[3] == 0.0 and matrix[6] == 0.0 and matrix[7] == 0.0
            head[5] = RESIZED if axes and frames == 0 else WORDS
            return


@kernel
def run_warps(
    images, words, seed, program, initial, reals, ints, pull, maps, levels, frames, fills, steps, grids, tables, wide,
    inner, limits, rows, bytes_row, floats, words_row, halves, whole, ends, buffer, seen, out, first, last,
):  # fmt: skip
    """The same for a chain that interpolates; `seen` is `buffer`, for reading."""
    images, words, program, initial = borrowed(images), borrowed(words), borrowed(program), borrowed(initial)
    reals, ints, pull, out = borrowed(reals), borrowed(ints), borrowed(pull), borrowed(out)
    frames, fills = borrowed(frames), borrowed(fills)
    registers, params = reals[: program[4]], reals[program[4] : program[4] + program[5]]
    totals, matrix = reals[program[4] + program[5] : reals.size - 9], reals[reals.size - 9 :]
    ops, move = ints[: 4 * program[6]].reshape(-1, 4), ints[4 * program[6] : 4 * program[6] + PLANE + 3]
    head = ints[4 * program[6] + PLANE + 3 :]
    height, width = move[HEIGHT], move[WIDTH]
    head[0], head[1], head[2], head[3], head[4] = move[PLANE + 1], move[PLANE + 2], move[CHANNELS], height, width
    for i in range(first, last):
        count = lower(words[i], seed, program, initial, registers, ops, params, pull)
        if count < 0:
            return i
        count_frames = _merge(pull, maps, float(height), float(width), levels, matrix, frames, fills)
        if count_frames < 0:
            return i
        _choose(pull, matrix, count_frames, head)
        used, levels_used = frames[:count_frames], fills[:count_frames]
        split = 0
        while split < count and ops[split, 0] != CONTRAST:
            split += 1
        if split == count:
            tabulate(ops[:count], np.int64(0))
            head[10] = move[PLANE]
            run_rows(
                images[i], head, matrix, used, steps, grids, levels_used, limits, ops[:count], params, tables, wide,
                rows, bytes_row, floats, words_row, halves, whole, ends, out[i], np.int64(0), height,
            )  # fmt: skip
            continue
        tabulate(ops[:split], np.int64(0))
        head[10] = 0
        run_rows(
            images[i], head, matrix, used, steps, grids, levels_used, inner, ops[:split], params, tables, wide, rows,
            bytes_row, floats, words_row, halves, whole, ends, buffer[0], np.int64(0), height,
        )  # fmt: skip
        tabulate(ops[split:count], np.int64(0))
        move[FIRST], move[STEP_X], move[STEP_Y] = 0, 1, width
        run_levels(
            seen, move, ops[split:count], params, tables, wide, limits, rows, bytes_row, buffer[1], totals, out[i],
            np.int64(0), height,
        )  # fmt: skip
    return last
