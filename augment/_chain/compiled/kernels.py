"""The kernels of compiled chains: for each sample they draw, lower and run all stages."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import kernel, shared
from imgproc._core.units import bound, invoke, invoke_kernel
from imgproc._scanline.areas import covers, way
from imgproc._scanline.machine import (
    AT,
    CHANNELS,
    COLUMNS,
    COUNT,
    EXACT,
    FIRST,
    FLAGS,
    FRAME_H,
    FRAME_W,
    HEIGHT,
    LINE,
    MOVE_X,
    MOVE_Y,
    RESIZED,
    ROWS,
    RUN,
    SAMPLER,
    STEP_X,
    STEP_Y,
    TABLE,
    TURN_X,
    TURN_Y,
    UNIT,
    WIDTH,
    Maps,
    Operations,
    Result,
    Source,
    tabulate,
)
from imgproc._scanline.matrix import (
    bounds_kernel,
    is_exact_kernel,
    keeps_axes_kernel,
    multiply_kernel,
    stays_inside_kernel,
    walk_kernel,
)
from imgproc._scanline.operations._base import MEAN

from ..keys import FIRST_DRAWS, choice_kernel, fold, uniforms
from .program import HEAD, LESS, LOG, MOVE, SIN, evaluate_kernel

INPUT_H, INPUT_W, CONSTANT = range(3)
"""What is known of a map beside its matrix: the size of its input, and whether its border is constant."""

MAP = 14
"""Numbers of a map that a sample has drawn: its matrix from output to input; which map it is; and the part of its input
that it sees, x0, y0, x1, y1, which are all 0 if it sees all of it."""

COPY, INTERPOLATE, AVERAGES, ITEM, WARPS = range(5)
"""Places in `Chain.samplers`."""


class Chain(NamedTuple):
    """What a chain does to images of one shape and dtype."""

    seed: Any
    program: Any
    """int64: the program; see `program`."""
    initial: Any
    """float64: the registers as they are at the start."""
    maps: Any
    """int64 (k, 3): `INPUT_H`, `INPUT_W` and `CONSTANT` of each map."""
    levels: Any
    """The fills of these maps, (k, channels), in the dtype of rows."""
    samplers: Any
    """int64 (5,): addresses of samplers; 1 if the second one averages over areas; the bytes of a level; and whether
    anything interpolates."""
    kernels: Any
    """int64 (2,): addresses of `run_rows` and `run_levels`."""
    limits: Any
    """`limits` are those of the result, `inner` those of an image that is still on its way to a mean."""
    inner: Any


class Work(NamedTuple):
    """The memory that the kernels of one thread work in."""

    registers: Any
    drawn: Any
    """float64 (k, `MAP`): the maps of a sample, with room for the one that has most."""
    count: Any
    """int64 (2,): how many maps the sample has, and how many operations."""
    ops: Any
    params: Any
    tables: Any
    table: Any
    prepare: Any
    """As in `Operations`, with room for the sample that has most."""
    source: Any
    """int64: `Source.numbers`."""
    moved: Any
    """int64: the same for an image on its way to a mean, whose pixels stay in place."""
    result: Any
    """int64: `Result.numbers`."""
    keep: Any
    """int64: the same for an image on its way to a mean."""
    part: Any
    """int64 (4,): x0, y0, x1, y1 of the part of the image that is sampled."""
    matrix: Any
    """As in `Maps`; if nothing interpolates, the product of all moves."""
    frames: Any
    steps: Any
    grids: Any
    fills: Any
    """As in `Maps`, with room for the sample that has most frames."""
    buffer: Any
    """uint8 (2, bytes), for a chain with means: the image on its way to the first mean, and to the second one."""
    totals: Any
    scratch: Any


@kernel(inner=True)
def _compute(program, start, stop, registers):
    """Compute rows of a program; returns whether all guards hold."""
    for k in range(start, stop):
        code, to = program[4 * k], program[4 * k + 1]
        a, b = registers[program[4 * k + 2]], program[4 * k + 3]
        if SIN <= code <= LOG:
            value = invoke(b, 0.0, (a, code - SIN))
        else:
            value = evaluate_kernel(code, a, registers[b])
        if code >= LESS:
            if value != to:
                return False
        else:
            registers[to] = value
    return True


@kernel(inner=True)
def _segment(program, node, registers):
    """Find the segment of a node that is to be done, and compute it; -1 if the guards of no segment hold."""
    first, count, choice = program[node + 1], program[node + 2], program[node + 3]
    last = first + count
    if choice >= 0:
        first += choice_kernel(count, registers[choice])
        last = first + 1
    for segment in range(first, last):
        if _compute(program, program[4 * segment], program[4 * segment + 1], registers):
            return segment
    return np.int64(-1)


@kernel(inner=True)
def _matrix_at(program, at, registers):
    """Read the matrix of an entry out of registers."""
    return (
        registers[program[at]], registers[program[at + 1]], registers[program[at + 2]],
        registers[program[at + 3]], registers[program[at + 4]], registers[program[at + 5]],
        registers[program[at + 6]], registers[program[at + 7]], registers[program[at + 8]],
    )  # fmt: skip


@kernel(inner=True)
def _load_matrix(row):
    return row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]


@kernel(inner=True)
def _keep_matrix(row, m):
    for k in range(9):
        row[k] = m[k]


@kernel(inner=True)
def _note_map(program, at, length, number, registers, work):
    """Note a map, and multiply it with those before it."""
    pull = _matrix_at(program, at, registers)
    _keep_matrix(work.matrix, multiply_kernel(_load_matrix(work.matrix), pull))
    row = work.drawn[work.count[0]]
    _keep_matrix(row, pull)
    row[9] = number
    for k in range(4):
        row[10 + k] = registers[program[at + 9 + k]] if length > 9 else 0.0
    work.count[0] += 1


@kernel
def lower(words, chain, work):
    """Draw and lower one sample; returns the number of its operations, or -1 if no recorded segment fits."""
    program, registers, ops = chain.program, work.registers, work.ops
    for k in range(chain.initial.size):
        registers[k] = chain.initial[k]
    for k in range(9):
        work.matrix[k] = 1.0 if k % 4 == 0 else 0.0
    work.count[0], work.count[1] = 0, 0
    count, at = 0, 0
    state, blocks, addresses = fold(words, chain.seed), program[1], program[7]
    uniforms(state, chain.seed, program[addresses], np.int64(0), np.int64(1), registers, np.int64(0))
    if not registers[0] < registers[program[3]]:
        return count
    for k in range(1, program[0] + 1):
        slot, node = FIRST_DRAWS * k, 4 * (HEAD - 1 + k)
        uniforms(state, chain.seed, program[addresses + k], np.int64(0), blocks, registers, slot)
        if not registers[slot] < registers[program[node]]:
            continue
        segment = _segment(program, node, registers)
        if segment < 0:
            return -1
        for j in range(program[4 * segment + 2], program[4 * segment + 3]):
            code, place, length, number = program[4 * j], program[4 * j + 1], program[4 * j + 2], program[4 * j + 3]
            if code <= MOVE:
                _note_map(program, place, length, number, registers, work)
                continue
            ops[count, UNIT], ops[count, AT], ops[count, COUNT] = number, at, length
            ops[count, FLAGS], ops[count, RUN], ops[count, TABLE] = code, 1, -1
            count += 1
            for i in range(length):
                work.params[at + i] = registers[program[place + i]]
            at += length
    work.count[1] = count
    return count


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
def _input_of(chain, work, j):
    """The size of the frame that drawn map j reads, or of the result, if there is no such map."""
    if j == work.count[0]:
        return float(work.result[ROWS]), float(work.result[COLUMNS])
    number = int(work.drawn[j, 9])
    return float(chain.maps[number, INPUT_H]), float(chain.maps[number, INPUT_W])


@kernel(inner=True)
def _cut(chain, work):
    """Find the part of the image that the first interpolation may see, as `cut` does.

    Returns whether it could be found, and the number of the map that reads it.  If this is not -1, `work.matrix` is its
    matrix from the part, and `work.part` is x0, y0, x1, y1."""
    pull, first = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), 0
    inside = True
    while first < work.count[0] and is_exact_kernel(_load_matrix(work.drawn[first])):
        own = _load_matrix(work.drawn[first])
        h, w = _input_of(chain, work, first)
        below, right = _input_of(chain, work, first + 1)
        known, x0, y0, x1, y1 = bounds_kernel(own, below, right)
        inside = inside and stays_inside_kernel(known, x0, y0, x1, y1, h, w)
        pull = multiply_kernel(pull, own)
        first += 1
    if first == work.count[0]:
        return True, -1
    row = work.drawn[first]
    own = row[12] > 0.0
    if not inside or (first == 0 and not own):
        return inside or not own, -1
    h, w = _input_of(chain, work, first)
    left, top = (row[10], row[11]) if own else (0.0, 0.0)
    right, bottom = (row[12], row[13]) if own else (w, h)
    pull_part = multiply_kernel(pull, (1.0, 0.0, left, 0.0, 1.0, top, 0.0, 0.0, 1.0))
    known, x0, y0, x1, y1 = bounds_kernel(pull_part, bottom - top, right - left)
    whole = multiply_kernel(pull, _load_matrix(row))
    _keep_matrix(work.matrix, multiply_kernel((1.0, 0.0, -x0, 0.0, 1.0, -y0, 0.0, 0.0, 1.0), whole))
    part = work.part
    part[0], part[1], part[2], part[3] = int(x0), int(y0), int(x1), int(y1)
    return True, first


@kernel(inner=True)
def _merge(chain, work, start, end):
    """Multiply the drawn maps from `end` on into one matrix, as `merge` does.

    Map `start` reads a part of the image, see `_cut`.

    Returns how many frames show their border, or -1 if one of them has another border than a constant one."""
    height, width = float(work.result[ROWS]), float(work.result[COLUMNS])
    pull = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    frames = 0
    for j in range(work.count[0] - 1, end - 1, -1):
        number = int(work.drawn[j, 9])
        pull = multiply_kernel(_load_matrix(work.matrix if j == start else work.drawn[j]), pull)
        h, w = float(chain.maps[number, INPUT_H]), float(chain.maps[number, INPUT_W])
        if j == start:
            h, w = float(work.part[3] - work.part[1]), float(work.part[2] - work.part[0])
        known, x0, y0, x1, y1 = bounds_kernel(pull, height, width)
        if stays_inside_kernel(known, x0, y0, x1, y1, h, w):
            continue
        if chain.maps[number, CONSTANT] == 0:
            return -1
        frame = work.frames[frames]
        _keep_matrix(frame, pull)
        frame[9], frame[10] = w, h
        for c in range(work.fills.shape[1]):
            work.fills[frames, c] = chain.levels[number, c]
        frames += 1
    _keep_matrix(work.matrix, pull)
    return frames


@kernel(inner=True)
def _sampled(chain, work, frames):
    """Write to the numbers of the source how it is sampled."""
    numbers, matrix, part = work.source, _load_matrix(work.matrix), work.part
    numbers[HEIGHT], numbers[WIDTH] = part[3] - part[1], part[2] - part[0]
    exact = is_exact_kernel(matrix)
    numbers[FRAME_H] = 0
    numbers[SAMPLER] = chain.samplers[COPY if exact else INTERPOLATE]
    numbers[EXACT] = 1 if exact else 0
    numbers[RESIZED] = 1 if not exact and frames == 0 and keeps_axes_kernel(matrix) else 0
    if exact:
        step_x, step_y, first = walk_kernel(matrix, numbers[LINE])
        numbers[FIRST], numbers[STEP_X], numbers[STEP_Y] = first, step_x, step_y


@kernel(inner=True)
def _rough(work):
    """The first drawn map that does not move whole pixels, or -1."""
    for j in range(work.count[0]):
        if not is_exact_kernel(_load_matrix(work.drawn[j])):
            return j
    return -1


@kernel(inner=True)
def _resized(chain, work, start, rough):
    """Write to the numbers of the source how map `rough` resizes it, as `averaged` does, and what comes then.

    Returns how many frames show their border, or -1 if this sample has to be done in another way."""
    numbers, part = work.source, work.part
    below, right = _input_of(chain, work, rough + 1)
    m = _load_matrix(work.matrix if start == rough else work.drawn[rough])
    _, x0, y0, x1, y1 = bounds_kernel(m, below, right)
    h, w = part[3] - part[1], part[2] - part[0]
    if start < 0 and rough > 0:
        return -1
    if not keeps_axes_kernel(m) or m[0] < 0.0 or m[4] < 0.0 or not covers(x0, y0, x1, y1, float(h), float(w)):
        return -1
    frames = _merge(chain, work, -1, rough + 1)
    after = _load_matrix(work.matrix)
    if frames < 0 or after[1] != 0.0 or not is_exact_kernel(after):
        return -1
    height, width = int(below), int(right)
    numbers[HEIGHT], numbers[WIDTH] = h, w
    numbers[SAMPLER], numbers[EXACT], numbers[RESIZED] = chain.samplers[INTERPOLATE], 0, 0
    numbers[FRAME_H], numbers[FRAME_W] = height, width
    turn_x, move_x, turn_y, move_y = way(after)
    numbers[TURN_X], numbers[MOVE_X], numbers[TURN_Y], numbers[MOVE_Y] = turn_x, move_x, turn_y, move_y
    return frames


@kernel(inner=True)
def _run_levels(pixels, numbers, work, part, chain, buffer, out):
    source, result = Source(pixels, numbers), Result(out, work.result)
    operations = Operations(work.ops[part[0] : part[1]], work.params, work.tables, work.table, work.prepare)
    if chain.program[2]:
        tabulate(operations.ops, np.int64(0))
    invoke_kernel(
        chain.kernels[1],
        np.int64(0),
        (
            source, operations, chain.limits, work.scratch, result, buffer, work.totals, np.int64(0),
            work.result[ROWS],
        ),
    )  # fmt: skip


@kernel(inner=True)
def _run_rows(pixels, work, part, frames, chain, limits, out, numbers):
    source, result = Source(pixels, work.source), Result(out, numbers)
    maps = Maps(work.matrix, work.frames[:frames], work.steps, work.grids, work.fills[:frames])
    operations = Operations(work.ops[part[0] : part[1]], work.params, work.tables, work.table, work.prepare)
    if chain.program[2]:
        tabulate(operations.ops, np.int64(0))
    invoke_kernel(
        chain.kernels[0],
        np.int64(0),
        (source, maps, operations, limits, work.scratch, result, np.int64(0), work.result[ROWS]),
    )


@kernel(inner=True)
def _run_warped(image, count, chain, work, out):
    """Run one sample of a chain that interpolates; False if it cannot be done in this way."""
    part, line = work.part, work.source[LINE]
    rows, _ = _input_of(chain, work, 0)
    part[0], part[1], part[2], part[3] = 0, 0, line, int(rows)
    known, start = _cut(chain, work)
    if not known:
        return False
    rough = _rough(work) if chain.samplers[AVERAGES] else -1
    if rough >= 0:
        frames = _resized(chain, work, start, rough)
    else:
        frames = _merge(chain, work, start, max(start, 0))
    if frames < 0 or (rough < 0 and min(part[2] - part[0], part[3] - part[1]) < 2):  # the sampler reads 2 x 2 pixels
        return False
    if rough < 0:
        _sampled(chain, work, frames)
    image = image[(part[1] * line + part[0]) * work.source[CHANNELS] * chain.samplers[ITEM] :]  # of bytes
    split = np.int64(0)
    while split < count and not work.ops[split, FLAGS] & MEAN:
        split += 1
    if split == count:
        _run_rows(image, work, (np.int64(0), count), frames, chain, chain.limits, out, work.result)
        return True
    before, after = work.buffer[0], work.buffer[1]
    _run_rows(image, work, (np.int64(0), split), frames, chain, chain.inner, before, work.keep)
    _run_levels(before, work.moved, work, (split, count), chain, after, out)
    return True


EXAMPLES: dict[str, tuple[Chain, Work]] = {}
"""A chain and what it works in, for each dtype of rows that has come: for their types."""


class Runner(NamedTuple):
    """The kernels that Python calls for one dtype of rows.  A chain and what it works in are bound beforehand."""

    bind: Any
    run_samples: Any
    draw_moves: Any


def _runner(dtype: str) -> Runner:
    keep, load = bound(lambda: EXAMPLES[dtype])

    def bind(place, chain, work):
        keep(place, (chain, work))

    def run_samples(images, words, place, out, lowering, first, last):
        """Run samples [first, last); returns the number of the first that cannot be done in this way, or `last`."""
        given = load(place)
        chain, work = given[0], given[1]
        for i in range(first, last):
            count = invoke_kernel(lowering, np.int64(0), (words[i], chain, work))
            if count < 0:
                return i
            if chain.samplers[WARPS]:
                if not _run_warped(images[i], count, chain, work, out[i]):
                    return i
                continue
            if not place_kernel(_load_matrix(work.matrix), work.source, work.result):
                return i
            _run_levels(images[i], work.source, work, (np.int64(0), count), chain, work.buffer[0], out[i])
        return last

    def draw_moves(words, place, lowering):
        """Draw a sample whose pixels only move; returns whether none of them comes from outside.

        ``work.matrix`` is the map."""
        given = load(place)
        chain, work = given[0], given[1]
        count = invoke_kernel(lowering, np.int64(0), (words[0], chain, work))
        return count >= 0 and place_kernel(_load_matrix(work.matrix), work.source, work.result)

    made = [kernel(function) for function in (bind, run_samples, draw_moves)]
    for each in made:
        each.__qualname__ = f"{each.__name__}_{dtype}"
    return Runner(*made)


RUNNERS = {dtype: _runner(dtype) for dtype in ("float32", "float64")}
bind_float32, run_samples_float32, draw_moves_float32 = RUNNERS["float32"]
bind_float64, run_samples_float64, draw_moves_float64 = RUNNERS["float64"]
