"""A compiled chain, for images of one shape and dtype."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.formats import work_dtype
from imgproc._core.jit import jit_enabled
from imgproc._core.planes import canonical, full_scale
from imgproc._core.units import ROOM, entry_of, kernel_address
from imgproc._scanline import Erase, Geometry, Stage, levels_of, limits_of, moved, run, scratch, usable
from imgproc._scanline.compute import result_numbers, source_numbers
from imgproc._scanline.coordinates import FRAME, STEP
from imgproc._scanline.machine import (
    AT,
    COUNT,
    FLAGS,
    LEVELS,
    OP,
    PREPARER,
    SAMPLER,
    Maps,
    Operations,
    Result,
    Source,
    run_rows,
)
from imgproc._scanline.matrix import IDENTITY
from imgproc._scanline.operations._base import MEAN, TABULATED
from imgproc._scanline.operations.erase import ERASE
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.operations.table import TABLE_OF_BYTES
from imgproc._scanline.program import unit_of
from imgproc._scanline.run_in_place import run_levels
from imgproc._scanline.samplers.area import work_of

from .kernels import EXAMPLES, MAP, RUNNERS, Chain, Work, lower
from .program import MOVE, PAINTS, WARP, assemble
from .route import Drawn, Route

if TYPE_CHECKING:
    from ..state import Frame
    from ..tree import Plan
    from .symbols import Tape

LARGE = 1 << 16
"""Images of more levels than this have a faster way if the chain only paints rectangles, or only mixes bytes."""

PART = Geometry._fields.index("part")
"""Where a stage has the part of its input that a sample draws; the matrix comes first."""

WORKS = 8
"""A thread keeps the buffers of so many compiled chains: some buffers are as large as an image."""

_own = threading.local()


class CompiledChain:
    """A chain recorded for images of one shape and dtype.

    Parameters
    ----------
    plan : Plan
    seed : int
    tape : Tape
    nodes : list of (Node, segments, draw)
        From `compile`.
    shape, dtype
        Of the images.
    frame : Frame
        Of the results, before `target` and `layout`.
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
        kinds = [entry.kind for entry in entries]
        operations = [kind for kind in kinds if kind is not None]
        self.normalized = any(kind.last for kind in operations)
        if target is None:
            target = work_dtype(dtype) if self.normalized else dtype
        channels = shape[2] if len(shape) == 3 else 1
        self.source, self.size, self.dtype, self.layout = (*shape[:2], channels), frame[:2], dtype, layout
        shape = (*self.size, frame.channels) if len(shape) == 3 else self.size
        self.shape = (shape[2], *shape[:2]) if layout == "first" and len(shape) == 3 else shape
        self.target, self.limits = target, limits_of(dtype, target, self.normalized)
        self.channels = frame.channels
        self.seed = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        self.looks = any(kind.flags & MEAN for kind in operations)
        self.moves = layout == "last" and target == dtype and all(entry.code == MOVE for entry in entries)
        self.warps = any(entry.code == WARP for entry in entries)
        self.averages = any(entry.averages for entry in entries)
        # Rectangles alone, and a matrix of bytes alone, have a faster way over many pixels.
        alone = set(kinds) == {ERASE} or (kinds in ([MATRIX], [MATRIX_TO_GREY]) and dtype == np.uint8)
        self.large = alone and math.prod(self.source) > LARGE
        # What is resized is as much work as its result is large.
        self.work = 3 * work_of(self.size, self.source) if self.averages else math.prod(self.source)
        self.tries = self.misses = 0
        self._paints = any(entry.kind is not None and entry.code & PAINTS for entry in entries)
        self.tables = dtype == np.uint8 and any(kind.flags & (TABULATED | MEAN) for kind in operations)
        stages = [entry for entry in entries if entry.stage is not None]
        for k, entry in enumerate(stages):
            entry.number = k
        for entry in entries:
            if entry.kind is not None:
                entry.number = unit_of(entry.kind, dtype, self.limits.dtype.name)
        self._stages = [entry.stage for entry in stages]
        gates = [tape.register(node.transform.p) for node, _, _ in nodes]
        root = tape.register(plan.root.transform.p)
        blocks = -(-max((s.draws for _, segments, _ in nodes for s in segments), default=1) // 4)
        initial = np.array(tape.registers)
        program = assemble(plan.addresses, nodes, gates, root, blocks, dtype == np.uint8, initial.size)
        self._chain = self._assembled(np.array(program), initial, stages)
        self._lowering = -1

    def _assembled(self, program: np.ndarray, initial: np.ndarray, stages: list[Any]) -> Chain:
        channels, dtype = self.source[2], self.dtype
        maps = np.array([(*e.source[:2], e.stage.border == "constant") for e in stages], np.int64).reshape(-1, 3)
        levels = levels_of(tuple((e.stage.fill, 0) for e in stages), channels, full_scale(dtype), self.limits.dtype)
        copying, warping = self._source(IDENTITY)[SAMPLER], self._source(None)[SAMPLER] if self.warps else 0
        samplers = np.array([copying, warping, self.averages, dtype.itemsize, self.warps], np.int64)
        inner = limits_of(dtype, dtype, False)
        kernels = np.zeros(2, np.int64)
        return Chain(self.seed, program, initial, maps, levels, samplers, kernels, self.limits, inner)

    def _source(self, pull: Any) -> np.ndarray:
        """Make `Source.numbers` of the image: with a matrix `pull` for moving it, with None for interpolating it."""
        kind = "copy" if pull is not None else "area" if self.averages else "bilinear"
        return source_numbers(self.source, self.dtype, self.target, kind, kind == "bilinear", False, False, pull)

    def _made(self) -> Work:
        """Make the memory that the kernels of one thread work in."""
        chain, (height, width), channels, dtype = self._chain, self.size, self.source[2], self.dtype
        registers, params, ops = chain.program[4:7].tolist()
        kind = self.limits.dtype
        most = max(len(self._stages), 1)
        room = height * width * channels * dtype.itemsize if self.looks else 0
        table = TABLE_OF_BYTES.address(T=kind.name) if self.tables else -1
        prepare = PREPARER.address(T=kind.name) if self.tables else -1
        plane = height * width if self.layout == "first" else 0
        keep = np.array(result_numbers(height, width, 0, dtype, dtype, False, channels, channels))
        result = np.array(
            result_numbers(height, width, plane, self.target, dtype, self.normalized, channels, self.channels)
        )
        moved_numbers = np.array(
            source_numbers((height, width, channels), dtype, self.target, "copy", False, False, False, IDENTITY)
        )
        return Work(
            np.zeros(registers),
            np.empty((most, MAP)),
            np.zeros(2, np.int64),
            np.zeros((ops, OP), np.int64),
            np.zeros(params),
            np.empty((max(ops, 1), channels * LEVELS if self.tables else 1), np.uint8),
            table,
            prepare,
            np.array(self._source(IDENTITY)),
            moved_numbers,
            result,
            keep,
            np.zeros(4, np.int64),
            np.empty(9),
            np.empty((most, FRAME)),
            np.empty((0, STEP)),
            np.zeros(2, np.float32),
            np.empty((most, channels), kind),
            np.empty((2, room), np.uint8),
            np.zeros(channels),
            scratch(channels, kind),
        )

    def compile(self) -> CompiledChain:
        """Compile the kernels that it runs, and fill in the addresses of those that `run_samples` calls."""
        work, chain = self._made(), self._chain
        pixels = canonical(np.zeros(1, np.uint8))
        source, result = Source(pixels, work.source), Result(np.zeros(1, np.uint8), work.result)
        operations = Operations(work.ops, work.params, work.tables, work.table, work.prepare)
        maps = Maps(work.matrix, work.frames, work.steps, work.grids, work.fills)
        if self.warps:
            chain.kernels[0] = kernel_address(
                run_rows, source, maps, operations, self.limits, work.scratch, result, 0, 0
            )
        if not self.warps or self.looks:
            chain.kernels[1] = kernel_address(
                run_levels, source, operations, self.limits, work.scratch, result, work.buffer[0], work.totals, 0, 0
            )
        words, out = np.zeros((1, 1), np.uint64), np.zeros((1, 1), np.uint8)
        self._lowering = kernel_address(lower, words[0], chain, work)
        name = self.limits.dtype.name
        EXAMPLES.setdefault(name, (chain, work._replace(buffer=np.empty((2, 0), np.uint8))))
        runner, place = RUNNERS[name], self._bound(work)
        if self.moves:
            self._draw_moves = entry_of(runner.draw_moves, words, place, self._lowering)
        self._run_samples = entry_of(runner.run_samples, pixels[None], words, place, out, self._lowering, 0, 1)
        return self

    def _bound(self, work: Work) -> Any:
        """The chain and what a thread works in, as kernels take them; see `units.Bound`."""
        if not jit_enabled():
            return self._chain, work
        place = np.zeros(ROOM, np.uint8)
        RUNNERS[self.limits.dtype.name].bind(place, self._chain, work)
        return place

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """Run one image under the words of a key, uint64 (1, n); None if no recorded segment fits the sample."""
        work, place = self._work()
        if self.moves:
            if not self._draw_moves(words, place, self._lowering):
                return None
            return moved(image, work.matrix.tolist(), self.size, out)
        result = np.empty(self.shape, self.target) if out is None or not usable(out, self.shape, self.target) else out
        # These lines take as long as the kernel does for a small image: `canonical` would be slower.
        pixels = (image if image.flags.c_contiguous else np.ascontiguousarray(image)).reshape(1, -1)
        if pixels.itemsize > 1:
            pixels = pixels.view(np.uint8)
        made = result.reshape(1, -1)
        if made.itemsize > 1:
            made = made.view(np.uint8)
        if self._run_samples(pixels, words, place, made, self._lowering, 0, 1) == 0:
            return None
        if out is not None and result is not out:
            out[...] = result
            return out
        return result

    def route(self) -> Route | None:
        """The way beside the image that this thread ran last; None if something paints on masks, too."""
        if self._paints:
            return None
        try:
            routes = _own.routes
        except AttributeError:
            routes = _own.routes = {}
        found = routes.get(self)
        if found is None:
            work, _ = self._work()
            known = Drawn(self._chain.maps, work.drawn, work.count, work.result)
            found = routes[self] = Route(known, self._stages, (self.source[0], self.source[1]), self.size)
        return found

    def drawn_maps(self) -> list[Stage]:
        """What happens to masks, boxes and points beside the image that this thread ran last: the stages of it."""
        work, _ = self._work()
        maps, count = work.count.tolist()
        stages = [self._drawn(row) for row in work.drawn[:maps].tolist()] if maps else []
        return stages + self._painted(work, count) if self._paints else stages

    def _painted(self, work: Work, count: int) -> list[Stage]:
        """What paints on masks, too: in the order of the chain all of it comes after the maps."""
        found: list[Stage] = []
        for op in work.ops[:count].tolist():
            if op[FLAGS] & PAINTS:
                values = [int(v) for v in work.params[op[AT] : op[AT] + op[COUNT]].tolist()]
                flat = values[len(values) - 1 - 4 * values[0] : -1]
                found.append(Erase(tuple(zip(*(flat[k::4] for k in range(4)))), mask_fill=values[-1]))
        return found

    def _drawn(self, row: list[float]) -> Stage:
        """A stage with what a sample has drawn for it: `_replace` takes three times as long."""
        pull: Any = tuple(row[:9])
        part: Any = tuple(map(int, row[10:])) if row[12] else None
        stage: Any = self._stages[int(row[9])]
        return Geometry(*(pull, *stage[1:PART], part, *stage[PART + 1 :]))

    def run_many(self, images: np.ndarray, words: np.ndarray, out: np.ndarray, first: int, last: int) -> int:
        """Run images [first, last) of an array (n, ...) into an array of results.

        Returns the number of the first image that could not be done, or `last`."""
        pixels, result = canonical(images).reshape(len(images), -1), out.reshape(len(out), -1)
        place = self._work()[1]
        return self._run_samples(
            pixels.view(np.uint8), words, place, result.view(np.uint8), self._lowering, first, last
        )

    def _work(self) -> tuple[Work, Any]:
        """What this thread's kernels work in, and the same bound."""
        try:
            works = _own.works
        except AttributeError:
            works = _own.works = {}
        found = works.get(self)
        if found is None:
            if len(works) == WORKS:
                oldest = next(iter(works))
                del works[oldest]
                _own.__dict__.get("routes", {}).pop(oldest, None)
            work = self._made()
            found = works[self] = work, self._bound(work)
        return found


class FixedChain:
    """A chain that draws nothing, so that its stages are always the same for images of one shape and dtype."""

    large = False
    moves = True
    work = 0

    def __init__(self, stages: list[Stage], size: tuple[int, int], target: np.dtype | None, layout: str) -> None:
        self._stages, self.size, self._target, self._layout = stages, size, target, layout
        # Whether one call of kernels may do it all the same.
        self.averages = any(type(s) is Geometry and s.interpolation == "area" for s in stages)
        self.tries = self.misses = 0

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Run one image; the key does not matter."""
        return run(image, self._stages, dtype=self._target, layout=self._layout, out=out)

    def drawn_maps(self) -> list[Stage]:
        """All stages."""
        return self._stages

    def route(self) -> None:
        """Stages are there already."""
