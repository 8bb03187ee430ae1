"""Recorded chains: for each sample a kernel draws, lowers and runs all of it."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._jit import borrowed, kernel
from imgproc._planes import canonical, full_scale
from imgproc._scanline import Stage, levels_of, limits_of, moved, pixel, run, scratch, usable
from imgproc._scanline._coordinates import FRAME, STEP
from imgproc._scanline._levels import CHANNELS, FIRST, HEIGHT, PLANE, STEP_X, STEP_Y, WIDTH, run_levels
from imgproc._scanline._machine import HEAD as HEAD_OF_ROWS
from imgproc._scanline._machine import run_rows
from imgproc._scanline._op_program import CONTRAST, tabulate
from imgproc._scanline._sample import EXACT, NEAREST, RESIZED, WORDS
from imgproc._threads import stays_serial

from ._keys import FIRST_DRAWS, fold, uniforms

if TYPE_CHECKING:
    from ._plan import Plan
    from ._sample import Rules
    from ._trace import Tape
    from ._transform import Frame

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


class _Work:
    """What a thread's kernels work in."""

    def __init__(self, recipe: Recipe) -> None:
        h, w, c = recipe.source
        height, width = recipe.size
        registers, params, ops = recipe.program[4:7]
        own = scratch()
        pull = np.empty(MAPS + 10 * MOST_WARPS)
        reals = np.zeros(registers + params + c + (9 if recipe.warps else 0))
        ints = np.zeros(4 * ops + PLANE + 3 + (HEAD_OF_ROWS if recipe.warps else 0), np.int64)
        move = ints[4 * ops :]
        move[CHANNELS], move[HEIGHT], move[WIDTH] = c, height, width
        move[PLANE : PLANE + 3] = height * width if recipe.layout == "first" else 0, h, w
        tables = np.empty((ops, c, 256), np.uint8)
        rows = own.planes(c, recipe.limits.dtype)
        self.pull, self.reals, self.ints = pull, reals, ints
        start = (recipe.seed, recipe.program, recipe.initial, reals, ints, pull)
        room = height * width * c if recipe.looks else 0
        if not recipe.warps:
            self.arrays = *start, tables, _WIDE, recipe.limits, rows, own.bytes, np.empty(room, recipe.dtype)
            return
        buffer = np.empty((2, room), recipe.dtype)
        frames, fills = np.empty((MOST_WARPS, FRAME)), np.empty((MOST_WARPS, c), recipe.limits.dtype)
        maps = *recipe.maps, frames, fills, *_NO_STEPS
        inner = limits_of(recipe.dtype, recipe.dtype, False)
        pieces = own.floats, own.wide, own.halves, own.ints, own.ends, buffer, canonical(buffer[0])
        self.arrays = *start, *maps, tables, _WIDE, inner, recipe.limits, rows, own.bytes, *pieces


_WIDE = np.zeros((0, 1, 65536), np.uint16)
_NO_STEPS = np.empty((0, STEP)), np.zeros(2, np.float32)


class Recipe:
    """A chain recorded for images of one shape and dtype.

    Parameters
    ----------
    plan : Plan
    seed : int
    tape : Tape
    nodes : list of (Node, segments, draw)
        From `_trace`.
    shape, dtype
        Of the images.
    frame : Frame
        Of the results.
    target : dtype, optional
    layout : {"last", "first"}
    """

    def __init__(
        self,
        plan: Plan,
        seed: int,
        tape: Tape,
        nodes: list[Any],
        shape: tuple[int, ...],
        dtype: np.dtype,
        frame: Frame,
        target: np.dtype | None,
        layout: str,
    ) -> None:
        entries = [entry for _, segments, _ in nodes for segment in segments for entry in segment.entries]
        codes = [entry.code for entry in entries]
        normalized = pixel.NORMALIZE in codes
        if target is None:
            target = np.dtype(np.float64 if dtype == np.float64 else np.float32) if normalized else dtype
        channels = shape[2] if len(shape) == 3 else 1
        self.source, self.size, self.dtype, self.layout = (*shape[:2], channels), frame[:2], dtype, layout
        shape = (*self.size, frame.channels) if len(shape) == 3 else self.size
        self.shape = (shape[2], *shape[:2]) if layout == "first" and len(shape) == 3 else shape
        self.target, self.limits = target, limits_of(dtype, target, normalized)
        self.seed = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        self.looks = pixel.CONTRAST in codes
        self.moves = layout == "last" and target == dtype and all(code == MOVE for code in codes)
        self.warps = WARP in codes
        # Rectangles, and a matrix of bytes on its own, have a faster way over many pixels.
        alone = set(codes) == {pixel.ERASE} or (codes == [pixel.MATRIX] and dtype == np.uint8)
        self.large = alone and math.prod(self.source) > 1 << 16
        self.tries = self.misses = 0
        stages = [entry for entry in entries if entry.stage is not None] if self.warps else []
        for k, entry in enumerate(stages):
            entry.number = k
        self.maps = (
            np.array([(*e.source[:2], *e.stage.size, e.stage.border == "constant") for e in stages], np.int64),
            levels_of(tuple((e.stage.fill, 0) for e in stages), channels, full_scale(dtype), self.limits.dtype),
        )
        gates = [tape.register(node.transform.p) for node, _, _ in nodes]
        root = tape.register(plan.root.transform.p)
        self.initial = np.array(tape.registers)
        blocks = -(-max((s.draws for _, segments, _ in nodes for s in segments), default=1) // 4)
        self.program = np.array(_assemble(plan, nodes, gates, root, blocks, dtype == np.uint8, self.initial.size))
        self._own = threading.local()

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """One image under a key's words, uint64 (1, n); None where it is to be had the ordinary way alone."""
        work = self._work()
        if self.moves:
            pull = work.pull
            fits = draw_moves(words[0], self.seed, self.program, self.initial, work.reals, work.ints, pull)
            return moved(image, pull.tolist(), self.size, out) if fits else None
        result = np.empty(self.shape, self.target) if out is None or not usable(out, self.shape, self.target) else out
        if self._run(canonical(image).reshape(1, -1), words, work, result.reshape(1, -1), 0, 1) == 0:
            return None
        if out is not None and result is not out:
            out[...] = result
            return out
        return result

    def run_many(self, images: np.ndarray, words: np.ndarray, out: np.ndarray, first: int, last: int) -> int:
        """Images [first, last) of an array (n, ...), to one of results; the first that is not done, or `last`."""
        flat = canonical(images).reshape(len(images), -1)
        return self._run(flat, words, self._work(), out.reshape(len(out), -1), first, last)

    def _run(self, flat: np.ndarray, words: np.ndarray, work: _Work, out: np.ndarray, first: int, last: int) -> int:
        return (run_warps if self.warps else run_samples)(flat, words, *work.arrays, out, first, last)

    def _work(self) -> _Work:
        try:
            return self._own.work
        except AttributeError:
            self._own.work = _Work(self)
            return self._own.work


class Fixed:
    """A chain that draws nothing: its stages for images of one shape and dtype."""

    large = False
    moves = True

    def __init__(self, stages: list[Stage], target: np.dtype | None, layout: str) -> None:
        self._stages, self._target, self._layout = stages, target, layout
        self.tries = self.misses = 0

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """One image; there is no key to heed."""
        return run(image, self._stages, dtype=self._target, layout=self._layout, out=out)


class Recipes:
    """The recipes of a chain: for each kind of image that has come several times."""

    BEFORE = 4
    """Images of a kind that go the ordinary way: recording takes as long as tens of them."""
    MOST = 256
    """Kinds that are remembered."""

    def __init__(self, plan: Plan, seed: int, rules: Rules) -> None:
        self._plan, self._seed, self._rules = plan, seed, rules
        self._found: dict[Any, Recipe | Fixed | int | None] = {}

    def find(self, shape: tuple[int, ...], dtype: np.dtype, times: int = 1) -> Recipe | Fixed | None:
        """The recipe for images of a shape and dtype that come so many times now, or None."""
        found = self._found.get((shape, dtype), 0)
        if type(found) is not int:
            return found
        if found + times <= self.BEFORE:
            if found or len(self._found) < self.MOST:
                self._found[shape, dtype] = found + times
            return None
        from ._trace import record

        self._found[shape, dtype] = recipe = record(self._plan, self._seed, self._rules, shape, dtype)
        return recipe

    def run(self, image: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray | None:
        """One image, or None if it has to go the ordinary way."""
        if type(image) is not np.ndarray:
            return None
        recipe = self.find(image.shape, image.dtype)
        if recipe is None or recipe.large or not (recipe.moves or stays_serial(image.size)):
            return None
        result = recipe.run(image, words, out)
        recipe.tries += 1
        if result is None:
            recipe.misses += 1
            if recipe.misses > self.BEFORE and 2 * recipe.misses > recipe.tries:  # not worth trying
                self._found[image.shape, image.dtype] = None
        return result


def _assemble(
    plan: Plan, nodes: list[Any], gates: list[int], root: int, blocks: int, tables: bool, registers: int
) -> list[int]:
    """The program as one list; see above."""
    segments = [segment for _, variants, _ in nodes for segment in variants]
    first_segment = HEAD + len(nodes)
    first_row = first_segment + len(segments)
    first_entry = first_row + sum(len(s.rows) for s in segments)
    lists = 4 * (first_entry + sum(len(s.entries) for s in segments))
    work = [[[e for e in s.entries if e.stage is None] for s in variants] for _, variants, _ in nodes]
    most_ops = sum(max(map(len, variants)) for variants in work)
    most_params = sum(max(sum(len(e.registers) for e in own) for own in variants) for variants in work)
    addresses = plan.addresses.astype(np.int64).tolist()
    table = [len(nodes), blocks, int(tables), root, registers, most_params, most_ops, lists]
    at = first_segment
    for k, (node, variants, draw) in enumerate(nodes):
        table += gates[k], at, len(variants), -1 if draw < 0 else node.slot * FIRST_DRAWS + draw
        at += len(variants)
    row, entry = first_row, first_entry
    for s in segments:
        table += row, row + len(s.rows), entry, entry + len(s.entries)
        row, entry = row + len(s.rows), entry + len(s.entries)
    table += [v for s in segments for r in s.rows for v in r]
    place = lists + len(addresses)
    for s in segments:
        for e in s.entries:
            table += e.code, place, len(e.registers), e.number
            place += len(e.registers)
    table += addresses
    for s in segments:
        for e in s.entries:
            table += e.registers
    return table
