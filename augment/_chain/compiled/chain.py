"""A compiled chain, for images of one kind."""

from __future__ import annotations

import bisect
import functools
import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.formats import work_dtype
from imgproc._core.jit import cpu_has, jit_enabled
from imgproc._core.planes import canonical, full_scale
from imgproc._core.threads import stays_serial
from imgproc._core.units import ROOM, entry_of, kernel_address
from imgproc._scanline import levels_of, limits_of, moved, scratch, usable
from imgproc._scanline.compute import has_words_of, result_numbers, source_numbers
from imgproc._scanline.coordinates import BORDER_CODES, FRAME, STEP
from imgproc._scanline.counted import Counted
from imgproc._scanline.machine import (
    AT,
    COUNT,
    LEVELS,
    OP,
    PREPARER,
    STEPPER,
    Maps,
    Operations,
    Result,
    Source,
    run_rows,
)
from imgproc._scanline.machine import PAINTS as PAINTED_BY
from imgproc._scanline.matrix import IDENTITY
from imgproc._scanline.opencv_moves import into
from imgproc._scanline.operations._base import MEAN, TABULATED, Operation
from imgproc._scanline.operations.erase import ERASE
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.operations.table import TABLE_OF_BYTES
from imgproc._scanline.packed import PAINTER
from imgproc._scanline.passes import LARGE as MANY_NEAREST
from imgproc._scanline.program import unit_of
from imgproc._scanline.run_in_place import run_levels
from imgproc._scanline.run_windows import run_windows
from imgproc._scanline.samplers.area import LARGEST, can_average
from imgproc._scanline.samplers.choice import choose
from imgproc._scanline.shortcuts import is_mixing, mix, paint
from imgproc._scanline.stages import Op
from imgproc._scanline.windowed import window_of
from imgproc._scanline.windows._base import Filter

from .drawing import MAP, OPS, STATE, Drawn, choose_children, lower
from .filters import run_filtered
from .kernels import EXAMPLES, RUNNERS, run_warped
from .memory import (
    CHANGED,
    FILTERED,
    FOLDS,
    HOWS,
    IN_PLACE,
    ITEM,
    LARGE,
    MEMBERS,
    RINGS,
    WARPED,
    WARPS,
    WIDEST,
    WORDS,
    Chain,
    Work,
)
from .program import CHOOSE_AT, MAPS, MOST_OPS, MOST_PARAMS, NODES, PAINTS, WARP, kind_of
from .route import Route
from .sizes import Own, Sized

if TYPE_CHECKING:
    from .recording import Recorded

WORKS = 8
"""A thread keeps the buffers of so many compiled chains: some buffers are as large as an image."""

SHAPES = 4096
"""What is known of images of so many shapes is kept."""

GROWS_AT = 8
"""After so many samples that were not recorded a chain is recorded anew, with these; and then at four times as many."""

_NOTHING = np.empty((1, 0), np.uint8)

_own = threading.local()


def _most_levels(recorded: Recorded, kinds: list[Any], rough: set[str]) -> float:
    """Images of more levels than this have a faster way.

    It is so if a chain only paints rectangles, only mixes bytes, only moves whole pixels that come from outside, only
    takes the nearest pixels, or only filters what has moved."""
    alone = set(kinds) == {ERASE} or (kinds in ([MATRIX], [MATRIX_TO_GREY]) and recorded.source.dtype == np.uint8)
    stages = [entry.stage for entry in recorded.entries if entry.stage is not None]
    alone = alone or (not rough and {type(kind) for kind in kinds if kind is not None} == {Filter})
    if alone or (recorded.shows and not rough and (len(stages) == len(kinds) or stages[-1].border != "constant")):
        return LARGE
    return MANY_NEAREST - 1 if rough == {"nearest"} and len(stages) == len(kinds) else math.inf


def _rectangles(params: list[float], channels: int) -> Op:
    """The operation that paints, of its parameters as kernels get them; a label may follow them."""
    count, noisy, stream = int(params[0]), params[1], params[2]
    corners = params[3 + channels : 3 + channels + 4 * count]
    return ERASE(count, noisy, stream, tuple(params[3 : 3 + channels]), tuple(map(int, corners)))


def _short_cut(recorded: Recorded, kinds: list[Any]) -> Operation | None:
    """The one operation that a chain consists of, if its short cut is faster where images are large."""
    if {*kinds} == {ERASE}:  # the second parameter says whether rectangles get noise
        noisy = any(recorded.tape.registers[entry.registers[1]] != 0.0 for entry in recorded.entries)
        return None if noisy else ERASE
    return MATRIX if kinds == [MATRIX] and recorded.source.dtype == np.uint8 and cpu_has("avx512vbmi") else None


def _averages(columns: int, channels: int, dtype: np.dtype) -> bool:
    """Whether the sampler of areas can make one column of so many."""
    return can_average((1, columns, channels), dtype, (1, 1))


class CompiledChain:
    """A chain recorded for images of one kind.

    Parameters
    ----------
    recorded : Recorded
        From `compile`.
    seed : int
    target : dtype, optional
        Of the results.
    layout : {"last", "first"}
    """

    def __init__(self, recorded: Recorded, seed: int, target: np.dtype | None, layout: str) -> None:
        entries, source, result = recorded.entries, recorded.source, recorded.result
        kinds = [entry.kind for entry in entries]
        operations = [kind for kind in kinds if kind is not None]
        dtype = source.dtype
        self.normalized = recorded.normalized
        if target is None:
            target = work_dtype(dtype) if self.normalized else dtype
        self.dtype, self.layout, self.flat = dtype, layout, recorded.flat
        self.channels, self.channels_after, self.varies = source.channels, result.channels, CHANGED in result[:2]
        self.target, self.limits = target, limits_of(dtype, target, self.normalized)
        self.seed = np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
        self.looks = any(kind.flags & MEAN for kind in operations)
        self._size, self.any_size = result[:2], recorded.any_size
        rough = [e.stage.interpolation for e in entries if e.code == WARP and e.stage is not None]
        self.warps, self.averages = bool(rough) or recorded.shows, "area" in rough
        self.moves = layout == "last" and target == dtype and not self.warps and not operations
        filters, self.counts = (sum(type(kind) is k for kind in operations) for k in (Filter, Counted))
        self.filters = filters > 0
        self.short = _short_cut(recorded, kinds) if layout == "last" and target == dtype else None
        self.stores = self.looks or filters + 2 * self.counts > 1  # an image on its way
        self.most = _most_levels(recorded, kinds, {*rough}) if self.short is None else math.inf
        self.tries = self.misses = 0
        self._draw_moves: Any = None
        self.ways, self.missed, self.grows_at = recorded.ways, list[Any](), GROWS_AT
        self._paints = any(entry.kind is not None and entry.code & PAINTS for entry in entries)
        self.tables = dtype == np.uint8 and any(kind.flags & (TABULATED | MEAN) for kind in operations)
        self._stages: list[Any] = []
        for entry in entries:
            if entry.kind is not None:
                entry.number = unit_of(entry.kind, dtype, self.limits.dtype.name)
            else:
                entry.number = len(self._stages)
                self._stages.append(entry.stage)
        self._program = np.array(recorded.assemble(), np.int64)
        self._registers, self.kind = np.array(recorded.tape.registers), kind_of(source.channels, False)
        self._chain = self._assembled({*rough}, recorded.folds)
        self._lowering = -1
        self._sizes: dict[tuple[int, ...], Sized] = {}

    def _assembled(self, rough: set[str], folds: bool) -> Chain:
        channels, dtype, stages = self.channels, self.dtype, self._stages
        maps = np.array([(BORDER_CODES[s.border], HOWS[s.interpolation]) for s in stages], np.int64).reshape(-1, 2)
        levels = levels_of(tuple((s.fill, 0) for s in stages), channels, full_scale(dtype), self.limits.dtype)
        samplers = np.full(MEMBERS, -1, np.int64)
        words = has_words_of((2, 2, channels), dtype)
        if folds:
            samplers[FOLDS] = STEPPER.address()
            rough = rough | {"nearest"}
        for name in {"copy", *rough}:
            by_words = words and name == "bilinear"
            samplers[HOWS[name]] = choose(name, dtype, channels, by_words).address(dtype, work_dtype(dtype))
        samplers[ITEM], samplers[WORDS] = dtype.itemsize, words
        if self.averages:
            samplers[WIDEST] = bisect.bisect(range(LARGEST), False, key=lambda k: not _averages(k + 1, channels, dtype))
        inner = limits_of(dtype, dtype, False)
        kernels = np.full(5, -1, np.int64)
        return Chain(self.seed, self._program, maps, levels, samplers, kernels, self.limits, inner)

    def _made(self) -> Work:
        """Make the memory that the kernels of one thread work in."""
        channels, dtype = self.channels, self.dtype
        params, ops, nodes, maps = self._program[[MOST_PARAMS, MOST_OPS, NODES, MAPS]].tolist()
        kind, most = self.limits.dtype, max(maps, 1)
        table = TABLE_OF_BYTES.address(T=kind.name) if self.tables else -1
        prepare = PREPARER.address(T=kind.name) if self.tables else -1
        plane = 1 if self.layout == "first" else 0
        folds = bool(self._chain.samplers[FOLDS] >= 0)
        source = source_numbers((1, 1, channels), dtype, self.target, "copy", False, False, False, IDENTITY, folds)
        if self.averages and len(self._stages) > 1 and jit_enabled():  # a border may show beside what is resized
            source = source.copy()
            source[PAINTED_BY] = PAINTER.address(T=kind.name)
        after = self.channels_after
        result = result_numbers(1, 1, plane, self.target, dtype, self.normalized, channels, after)
        drawn = Drawn(
            self._registers.copy(),
            np.empty((most, MAP)),
            np.zeros((ops, OP), np.int64),
            np.zeros(params),
            np.zeros(STATE, np.int64),
            np.zeros(nodes + 1, np.int64),
            np.zeros(nodes + 1, np.int64),
        )
        return Work(
            drawn,
            np.empty((max(ops, 1), channels * LEVELS if self.tables else 1), np.uint8),
            table,
            prepare,
            np.array(source),
            np.array(source),
            np.array(result),
            np.array(result_numbers(1, 1, 0, dtype, dtype, False, channels, channels)),
            np.zeros(4, np.int64),
            np.empty(9),
            np.empty((most, FRAME)),
            np.empty((most, STEP)),
            np.zeros(2, np.float32),
            np.empty((most + 1, channels), kind),
            np.zeros(most + 1, np.int64),
            np.empty((2, 0), np.uint8),
            np.zeros(channels),
            scratch(channels, kind),
            window_of((1, 1), channels, 1, kind),
        )

    def compile(self) -> CompiledChain:
        """Compile the kernels that it runs, and fill in the addresses of those that `run_samples` calls."""
        work, chain = self._made(), self._chain
        pixels = canonical(np.zeros(1, np.uint8))
        source, result = Source(pixels, work.source), Result(np.zeros(1, np.uint8), work.result)
        operations = Operations(work.drawn.ops, work.drawn.params, work.tables, work.table, work.prepare)
        maps = Maps(work.matrix, work.frames, work.steps, work.grids, work.fills)
        if self.warps:
            chain.kernels[WARPS] = kernel_address(
                run_rows, source, maps, operations, self.limits, work.scratch, result, 0, 0
            )
            chain.kernels[WARPED] = kernel_address(run_warped, pixels, 0, chain, work, result.pixels)
        if not self.warps or self.looks or self.filters or self.counts:
            chain.kernels[IN_PLACE] = kernel_address(
                run_levels, source, operations, self.limits, work.scratch, result, work.buffer[0], work.totals, 0, 0
            )
        if self.filters:
            chain.kernels[RINGS] = kernel_address(
                run_windows, source, maps, operations, operations, work.window, self.limits, work.scratch, result, 0, 0
            )
        if self.filters or self.counts:
            chain.kernels[FILTERED] = kernel_address(run_filtered, pixels, 0, 0, 0, chain, work, result.pixels)
        words, out = np.zeros((1, 1), np.uint64), np.zeros((1, 1), np.uint8)
        if chain.program[CHOOSE_AT]:
            chain.program[CHOOSE_AT] = kernel_address(choose_children, chain.program, 0, 0, work.drawn, 0)
        self._lowering = kernel_address(lower, words[0], chain.seed, chain.program, work.drawn)
        name = self.limits.dtype.name
        EXAMPLES.setdefault(name, (chain, work))
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

    def sized(self, shape: tuple[int, ...]) -> Sized:
        """What is known of images of a shape."""
        found = self._sizes.get(shape)
        if found is None:
            if len(self._sizes) == SHAPES:
                self._sizes.clear()
            found = self._sizes[shape] = Sized(shape, self)
        return found

    def suits(self, shape: tuple[int, ...]) -> bool:
        """Whether it is the fastest way for an image of a shape."""
        sized = self._sizes.get(shape) or self.sized(shape)
        return sized.small or (sized.possible and not sized.large and stays_serial(sized.work))

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """The size of the results of images of a size, if it does not vary."""
        h, w = self._size
        return height if h < 0 else h, width if w < 0 else w

    def run(self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """Run one image under the words of a key, uint64 (1, n); None if no recorded segment fits the sample."""
        own = self._work(image.shape)
        if self.moves:
            if not self._draw_moves(words, own.place, self._lowering):
                return None
            size = own.state[:2].tolist() if self.varies else own.sized.size
            return moved(image, own.work.matrix.tolist(), size, out)
        if self.short is not None and image.size > LARGE:
            return self._run_shortly(image, words, own, out)
        # `canonical` would take as long as the kernel does for a small image.
        flat = (image if image.flags.c_contiguous else np.ascontiguousarray(image)).reshape(1, -1)
        flat = flat if flat.itemsize == 1 else flat.view(np.uint8)
        size, lowering = own.sized.size, self._lowering
        if self.varies:  # how large the result is has to be known before there is an array for it
            own.shape = ()
            if self._run_samples(flat, words, own.place, _NOTHING, lowering, 0, 1) >= 0:
                return None
            size, lowering = tuple(own.state[:2].tolist()), -1
            own.expect(size)
        shape = self.shape_of(size)
        result = np.empty(shape, self.target) if out is None or not usable(out, shape, self.target) else out
        written = result.reshape(1, -1)
        written = written if written.itemsize == 1 else written.view(np.uint8)
        if self._run_samples(flat, words, own.place, written, lowering, 0, 1) != 1:
            return None
        if out is not None and result is not out:
            out[...] = result
            return out
        return result

    def _run_shortly(self, image: np.ndarray, words: np.ndarray, own: Own, out: np.ndarray | None) -> np.ndarray | None:
        """Run the short cut of a large image; None if a sample has none, or was not recorded."""
        if self._draw_moves is None:
            draw = RUNNERS[self.limits.dtype.name].draw_moves
            self._draw_moves = entry_of(draw, words, own.place, self._lowering)
        if not self._draw_moves(words, own.place, self._lowering):
            return None
        drawn = own.work.drawn
        ops = [drawn.params[op[AT] : op[AT] + op[COUNT]].tolist() for op in drawn.ops[: own.state[OPS]].tolist()]
        if ops and self.short is MATRIX:
            op = MATRIX(*ops[0])
            if not is_mixing([op], image):
                return None
            return into(out, image.shape, image.dtype, functools.partial(mix, op, image))
        result = moved(image, IDENTITY, own.sized.size, out)
        paint(result, [_rectangles(op, self.channels) for op in ops])
        return result

    def room_of(self, size: tuple[int, int]) -> int:
        """How many bytes the buffers need for results of a size."""
        return size[0] * size[1] * self.channels * self.dtype.itemsize if self.stores else 0

    def shape_of(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape of a result of a size."""
        if self.flat:
            return size
        return (self.channels_after, *size) if self.layout == "first" else (*size, self.channels_after)

    def route(self, height: int, width: int) -> Route:
        """The way beside the image of a size that this thread ran just now."""
        own: Own = _own.works[self]
        if own.route is None:
            own.route = Route(own, self._stages, self._paints)
        return own.route

    def run_many(self, images: np.ndarray, words: np.ndarray, out: np.ndarray, first: int, last: int) -> int:
        """Run images [first, last) of an array (n, ...) into an array of results.

        Returns the number of the first image that could not be done, or `last`."""
        pixels, result = (a.reshape(len(a), -1).view(np.uint8) for a in (canonical(images), out))
        place = self._work(images.shape[1:]).place
        return self._run_samples(pixels, words, place, result, self._lowering, first, last)

    def _work(self, shape: tuple[int, ...]) -> Own:
        """What this thread's kernels work in, ready for images of a shape."""
        try:
            works = _own.works
        except AttributeError:
            works = _own.works = {}
        own = works.get(self)
        if own is None:
            if len(works) == WORKS:
                del works[next(iter(works))]
            own = works[self] = Own(self)
        if own.shape != shape:
            own.begin(shape)
        return own
