"""Recorded chains: for each kind of image that comes again, a program that kernels run for each sample."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.planes import canonical, full_scale
from imgproc._core.threads import stays_serial
from imgproc._scanline import Stage, levels_of, limits_of, moved, pixel, run, scratch, usable
from imgproc._scanline.coordinates import FRAME, STEP
from imgproc._scanline.machine import HEAD as HEAD_OF_ROWS
from imgproc._scanline.run_in_place import CHANNELS, HEIGHT, PLANE, WIDTH

from ..keys import FIRST_DRAWS
from .kernels import HEAD, MAPS, MOST_WARPS, MOVE, WARP, draw_moves, run_samples, run_warps

if TYPE_CHECKING:
    from ..sample import Rules
    from ..transform import Frame
    from ..tree import Plan
    from .symbols import Tape


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


LARGE = 1 << 16
"""From so many levels on, rectangles alone and a matrix of bytes alone have a way of their own."""

WORKS = 8
"""Recipes whose buffers a thread keeps: some are as large as the image, and a data set may have many sizes."""

_own = threading.local()
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
        self.large = alone and math.prod(self.source) > LARGE
        self.tries = self.misses = 0
        # Whether maps say all about masks, boxes and keypoints: moves are not kept apart.
        self.follows = MOVE not in codes or self.warps
        self.follows = self.follows and not any(entry.paints for entry in entries)
        stages = [entry for entry in entries if entry.stage is not None] if self.warps else []
        for k, entry in enumerate(stages):
            entry.number = k
        self._stages = [entry.stage for entry in stages]
        self.maps = (
            np.array([(*e.source[:2], *e.stage.size, e.stage.border == "constant") for e in stages], np.int64),
            levels_of(tuple((e.stage.fill, 0) for e in stages), channels, full_scale(dtype), self.limits.dtype),
        )
        gates = [tape.register(node.transform.p) for node, _, _ in nodes]
        root = tape.register(plan.root.transform.p)
        self.initial = np.array(tape.registers)
        blocks = -(-max((s.draws for _, segments, _ in nodes for s in segments), default=1) // 4)
        self.program = np.array(_assemble(plan, nodes, gates, root, blocks, dtype == np.uint8, self.initial.size))

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """One image under a key's words, uint64 (1, n); None where it is to be had the ordinary way alone."""
        work = self._work()
        if self.moves:
            pull = work.pull
            fits = draw_moves(words[0], self.seed, self.program, self.initial, work.reals, work.ints, pull)
            return moved(image, pull[:6].tolist(), self.size, out) if fits else None
        result = np.empty(self.shape, self.target) if out is None or not usable(out, self.shape, self.target) else out
        if self._run(canonical(image).reshape(1, -1), words, work, result.reshape(1, -1), 0, 1) == 0:
            return None
        if out is not None and result is not out:
            out[...] = result
            return out
        return result

    def drawn_maps(self) -> list[Stage]:
        """The geometric stages of the image that this thread ran last."""
        if not self.warps:
            return []
        pull = self._work().pull.tolist()
        rows = (pull[at : at + 10] for at in range(MAPS, MAPS + 10 * int(pull[6]), 10))
        return [self._stages[int(row[9])]._replace(pull=tuple(row[:9])) for row in rows]

    def run_many(self, images: np.ndarray, words: np.ndarray, out: np.ndarray, first: int, last: int) -> int:
        """Images [first, last) of an array (n, ...), to one of results; the first that is not done, or `last`."""
        flat = canonical(images).reshape(len(images), -1)
        return self._run(flat, words, self._work(), out.reshape(len(out), -1), first, last)

    def _run(self, flat: np.ndarray, words: np.ndarray, work: _Work, out: np.ndarray, first: int, last: int) -> int:
        return (run_warps if self.warps else run_samples)(flat, words, *work.arrays, out, first, last)

    def _work(self) -> _Work:
        works = _own.__dict__.setdefault("works", {})
        work = works.get(self)
        if work is None:
            if len(works) == WORKS:
                del works[next(iter(works))]
            work = works[self] = _Work(self)
        return work


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
        self._found[shape, dtype] = recipe = self.record(shape, dtype)
        return recipe

    def record(self, shape: tuple[int, ...], dtype: np.dtype) -> Recipe | Fixed | None:
        """The recipe for images of a shape and dtype: what records chains stands above this file and fills it in."""
        raise NotImplementedError

    def run(self, image: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray | None:
        """One image, or None if it has to go the ordinary way."""
        if type(image) is not np.ndarray:
            return None
        recipe = self.find(image.shape, image.dtype)
        if recipe is None or recipe.large or not (recipe.moves or stays_serial(image.size)):
            return None
        return self._tried(recipe, image, words, out)

    def run_with_maps(
        self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None
    ) -> tuple[np.ndarray, list[Stage]] | None:
        """One image and what its geometry was, or None if it has to go the ordinary way."""
        recipe = self.find(image.shape, image.dtype)
        if type(recipe) is not Recipe or not recipe.follows or recipe.large or not stays_serial(image.size):
            return None
        result = self._tried(recipe, image, words, out)
        return None if result is None else (result, recipe.drawn_maps())

    def _tried(
        self, recipe: Recipe | Fixed, image: np.ndarray, words: np.ndarray, out: np.ndarray | None
    ) -> np.ndarray | None:
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
