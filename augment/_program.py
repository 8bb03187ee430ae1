"""Recorded chains: for each sample a kernel draws, lowers and runs all of it."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._jit import borrowed, kernel
from imgproc._planes import canonical
from imgproc._scanline import limits_of, moved, pixel, scratch, usable
from imgproc._scanline._levels import CHANNELS, FIRST, HEIGHT, PLANE, STEP_X, STEP_Y, WIDTH, run_levels
from imgproc._scanline._op_program import tabulate
from imgproc._threads import stays_serial

from ._keys import FIRST_DRAWS, fold, uniforms

if TYPE_CHECKING:
    from ._plan import Plan
    from ._sample import Rules
    from ._trace import Tape
    from ._transform import Frame

ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, FLOOR, ROUND, LEAST, STREAM = range(9)
"""What is computed from one or two registers."""

MOVE = -1
"""Beside the codes of operations: whole pixels move; parameters are the first two rows of the pull matrix."""

# A program is one array of integers: rows of four at first, then lists of registers.
# Row 0: number of nodes, draws of each in blocks of four, whether tables may stand for operations, register of p.
# Row 1: registers, parameters at most, operations at most, place of the list of addresses.
# A node: register of p, first of its segments, how many, and the register of the draw that chooses, or -1.
# A segment: first row of what is computed, the row after, first entry, the one after.
# What is computed: code, register of the result, registers of the operands.
# An entry: code, place of its list, length, 0.
HEAD = 2
"""Rows before the first node."""


@kernel(inner=True)
def _compute(program, start, stop, registers):
    for k in range(start, stop):
        code, to = program[4 * k], program[4 * k + 1]
        a, b = registers[program[4 * k + 2]], registers[program[4 * k + 3]]
        if code == ADD:
            value = a + b
        elif code == SUBTRACT:
            value = a - b
        elif code == MULTIPLY:
            value = a * b
        elif code == DIVIDE:
            value = a / b
        elif code == NEGATE:
            value = -a
        elif code == FLOOR:
            value = np.floor(a)
        elif code == ROUND:
            value = np.rint(a)
        elif code == LEAST:
            value = min(a, b)
        else:
            value = np.floor(a * 67108864.0) * 67108864.0 + np.floor(b * 67108864.0)
        registers[to] = value


@kernel(inner=True)
def _move(program, at, registers, pull):
    """``pull @`` the matrix of an entry."""
    a, b, c = registers[program[at]], registers[program[at + 1]], registers[program[at + 2]]
    d, e, f = registers[program[at + 3]], registers[program[at + 4]], registers[program[at + 5]]
    for k in range(0, 6, 3):
        x, y, z = pull[k], pull[k + 1], pull[k + 2]
        pull[k], pull[k + 1], pull[k + 2] = x * a + y * d, x * b + y * e, x * c + y * f + z


@kernel
def lower(words, seed, program, initial, registers, ops, params, pull):
    """Draw and lower one sample; returns the number of operations."""
    for k in range(initial.size):
        registers[k] = initial[k]
    for k in range(6):
        pull[k] = 1.0 if k % 4 == 0 else 0.0
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
        segment, segments, choice = program[node + 1], program[node + 2], program[node + 3]
        if choice >= 0:
            segment += min(int(segments * registers[choice]), segments - 1)
        _compute(program, program[4 * segment], program[4 * segment + 1], registers)
        for j in range(program[4 * segment + 2], program[4 * segment + 3]):
            code, place, length = program[4 * j], program[4 * j + 1], program[4 * j + 2]
            if code == MOVE:
                _move(program, place, registers, pull)
                continue
            ops[count, 0], ops[count, 1], ops[count, 2], ops[count, 3] = code, at, 1, -1
            count += 1
            for i in range(length):
                params[at + i] = registers[program[place + i]]
            at += length
    if program[2]:
        tabulate(ops[:count], np.int64(0))
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
    lower(words, seed, program, initial, registers, ints[:0].reshape(0, 4), registers[:0], pull)
    return _place(pull, move[PLANE + 1], move[PLANE + 2], move)


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
        if not _place(pull, move[PLANE + 1], move[PLANE + 2], move):
            return i
        run_levels(
            images[i], move, ops[:count], params, tables, wide, limits, rows, bytes_row, buffer, totals, out[i],
            np.int64(0), move[HEIGHT],
        )  # fmt: skip
    return last


class _Work:
    """What a thread's kernels work in."""

    def __init__(self, recipe: Recipe) -> None:
        h, w, c = recipe.source
        height, width = recipe.size
        self.pull = np.empty(6)
        self.reals = np.zeros(recipe.program[4] + recipe.program[5] + c)
        self.ints = np.zeros(4 * recipe.program[6] + PLANE + 3, np.int64)
        move = self.ints[4 * recipe.program[6] :]
        move[CHANNELS], move[HEIGHT], move[WIDTH] = c, height, width
        move[PLANE:] = height * width if recipe.layout == "first" else 0, h, w
        self.tables = np.empty((recipe.program[6], c, 256), np.uint8)
        self.buffer = np.empty(height * width * c if recipe.looks else 0, recipe.dtype)
        self.rows, self.bytes = scratch().planes(c, recipe.limits.dtype), scratch().bytes


_WIDE = np.zeros((0, 1, 65536), np.uint16)


class Recipe:
    """A chain recorded for images of one shape and dtype.

    Parameters
    ----------
    plan : Plan
    seed : int
    registers : list of float
        At the start; draws come first.
    nodes : list of (Node, segments, (draw, lowest))
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
        codes = [code for code, _ in entries]
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
        # A matrix on its own has a faster way over many bytes.
        self.large = math.prod(self.source) > 1 << 16 and dtype == np.uint8 and codes == [pixel.MATRIX]
        gates = [tape.register(node.transform.p) for node, _, _ in nodes]
        root = tape.register(plan.root.transform.p)
        self.initial = np.array(tape.registers)
        blocks = -(-max((s.draws for _, segments, _ in nodes for s in segments), default=1) // 4)
        self.program = np.array(_assemble(plan, nodes, gates, root, blocks, dtype == np.uint8, self.initial.size))
        self._own = threading.local()

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """One image under a key's words, uint64 (1, n); None where pixels would come from outside of it."""
        work = self._work()
        if self.moves:
            fits = draw_moves(words[0], self.seed, self.program, self.initial, work.reals, work.ints, work.pull)
            return moved(image, work.pull.tolist(), self.size, out) if fits else None
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
        return run_samples(
            flat,
            words,
            self.seed,
            self.program,
            self.initial,
            work.reals,
            work.ints,
            work.pull,
            work.tables,
            _WIDE,
            self.limits,
            work.rows,
            work.bytes,
            work.buffer,
            out,
            first,
            last,
        )

    def _work(self) -> _Work:
        try:
            return self._own.work
        except AttributeError:
            self._own.work = _Work(self)
            return self._own.work


class Recipes:
    """The recipes of a chain: for each kind of image that has come several times."""

    BEFORE = 4
    """Images of a kind that go the ordinary way: recording takes as long as tens of them."""
    MOST = 256
    """Kinds that are remembered."""

    def __init__(self, plan: Plan, seed: int, rules: Rules) -> None:
        self._plan, self._seed, self._rules = plan, seed, rules
        self._found: dict[Any, Recipe | int | None] = {}

    def find(self, shape: tuple[int, ...], dtype: np.dtype, times: int = 1) -> Recipe | None:
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
        if result is None:  # pixels came from outside, and will again
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
    most_ops = sum(max(sum(c != MOVE for c, _ in s.entries) for s in variants) for _, variants, _ in nodes)
    most_params = sum(max(sum(len(r) for c, r in s.entries if c != MOVE) for s in variants) for _, variants, _ in nodes)
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
        for code, own in s.entries:
            table += code, place, len(own), 0
            place += len(own)
    table += addresses
    for s in segments:
        for _, own in s.entries:
            table += own
    return table
