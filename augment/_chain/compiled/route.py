"""What follows the maps that a compiled chain has drawn: masks, and the way of points and boxes, by kernels.

A compiled chain leaves the maps of a sample where its kernels have noted them (`Drawn.maps`).  The kernels here read
them there.  So what comes with a small image needs no stages, which take longer to make and to plan than the work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.units import Direct, entry_of, invoke_kernel, kernel_address
from imgproc._scanline import Erase, Geometry, Stage, check_label, moved
from imgproc._scanline.foresee import SMALL
from imgproc._scanline.label_pass import ROOM
from imgproc._scanline.labels import Block, Masks, labeller, run_labels
from imgproc._scanline.machine import (
    AT,
    CAPACITY,
    CHANNELS,
    COLUMNS,
    COUNT,
    FLAGS,
    HEIGHT,
    LINE,
    ROWS,
    SAMPLER,
    SOURCE,
    STEPS,
    WIDTH,
    Maps,
)
from imgproc._scanline.matrix import is_exact_kernel

from ..targets.masks import paint
from ..targets.path import MULTIPLY, NO_GRIDS, PATH, VERTICES, VERTICES_A_STEP, Path, invert_steps, path
from .drawing import INPUT_H, INPUT_W, MAP, MAPS, NUMBER, OPS, PART_OF, SOURCE_H, SOURCE_W, STATE, H, W, load_matrix
from .kernels import RUNNERS
from .memory import FOLDS
from .merging import cut, merge
from .program import PAINTS

if TYPE_CHECKING:
    from .sizes import Own

PART = Geometry._fields.index("part")
"""Where a stage has the part of its input that a sample draws; the matrix and the size come first."""

FEW = 1 << 12
"""Bytes of a mask up to which kernels move its whole pixels: larger ones OpenCV moves faster.  Up to this size, too, it
does not pay to share the points of several masks."""

_BITS = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64}
"""What OpenCV moves in place of labels of so many bytes."""

DONE, MOVES, OTHERWISE = range(3)
"""What `follow_mask` says: the mask is done; its whole pixels move, by `Work.matrix`; or stages have to do it."""

_BLOCK_ROWS = 256
"""So many rows at most become labels at once."""

_BYTES, _RUN, _MAPS, _SOURCES, _TARGETS, _PARTS = range(SOURCE, SOURCE + 6)
_SOME = _PARTS + 4
_ENDS = _SOME + _BLOCK_ROWS
"""Places in the memory of the kernel, behind `Source.numbers`: the bytes of a pixel; the address of `run_labels`; how
many maps were recorded; and the arrays of `Masks` and of `Block`."""


# --- kernels ----------------------------------------------------------------------------------------------------------


@kernel
def route_of(maps, state, steps):
    """Write the steps of a path (see `path.PATH`) along the maps of a sample; returns how many there are."""
    n = state[MAPS]
    for j in range(n):
        step = steps[j]
        step[0], step[12] = MULTIPLY, 0.0
        for k in range(9):
            step[1 + k] = maps[j, k]
        step[11], step[10] = float(state[H]), float(state[W])
        if j + 1 < n:
            step[11], step[10] = maps[j + 1, INPUT_H], maps[j + 1, INPUT_W]
    invert_steps(steps[:n])
    return n


_ROUTE_OF = Direct(route_of, lambda: (np.empty((0, MAP)), np.zeros(STATE, np.int64), np.empty((0, PATH))))


@kernel(inner=True)
def _block(memory, words, rows, columns, frames, steps):
    """The memory for some rows of labels, as `run_labels` wants it."""
    columns = min(columns, CAPACITY)
    rows = min(min(max(ROOM // columns, 1), rows), _BLOCK_ROWS)
    n, m = rows * columns, rows if steps > 0 else 1
    index, dead = words[:n].reshape(rows, columns), words[ROOM : ROOM + n // rows * m].reshape(m, columns)
    ends = memory[_ENDS : _ENDS + rows * (2 * frames + 2)].reshape(rows, 2 * frames + 2)
    return Block(index, dead, memory[_SOME : _SOME + rows], ends)


@kernel(inner=True)
def _write_labels(pixels, out, work, counts, stepper, labels, memory, words):
    """Write a mask by the maps that were merged, whose frames and steps are counted in `counts`."""
    numbers, part, line = memory[:SOURCE], work.part, work.drawn.state[SOURCE_W]
    rows, columns = work.result[ROWS], work.result[COLUMNS]
    numbers[HEIGHT], numbers[WIDTH], numbers[LINE] = part[3] - part[1], part[2] - part[0], line
    numbers[STEPS] = stepper
    memory[_SOURCES] = pixels.ctypes.data + (part[1] * line + part[0]) * memory[_BYTES]
    memory[_TARGETS] = out.ctypes.data
    memory[_PARTS], memory[_PARTS + 1], memory[_PARTS + 2], memory[_PARTS + 3] = 0, rows, 0, columns
    frames, steps = counts
    fills = labels[memory[_MAPS] :]
    for k in range(frames + steps):
        for b in range(labels.shape[1]):
            fills[k, b] = labels[work.shown[k], b]
    parts = memory[_PARTS : _PARTS + 4].reshape(1, 4)
    masks = Masks(memory[_SOURCES : _SOURCES + 1], memory[_TARGETS : _TARGETS + 1], parts)
    maps = Maps(
        work.matrix, work.frames[:frames], work.steps[:steps], work.grids, fills[: frames + steps].reshape(-1)
    )  # fmt: skip
    block = _block(memory, words, rows, columns, frames, steps)
    arguments = masks, numbers, columns, maps, work.scratch, block, np.int64(0), rows
    invoke_kernel(memory[_RUN], np.int64(0), arguments)


def _follower(dtype: str) -> Any:
    load = RUNNERS[dtype].load

    def follow_mask(place, pixels, out, labels, memory, words):
        """Take a mask along the maps of the sample that ran last; returns `DONE`, `MOVES` or `OTHERWISE`.

        `pixels` and `out` are the bytes of the mask and of the result, uint8 (h, bytes of a row).  `labels` are those
        of the maps, uint8 (k, bytes of a label), and room for those that are shown.  `memory` is described at `_ENDS`;
        `words` are to work in."""
        given = load(place)
        chain, work = given[0], given[1]
        part, line, height = work.part, work.drawn.state[SOURCE_W], work.drawn.state[SOURCE_H]
        part[0], part[1], part[2], part[3] = 0, 0, line, height
        known, start = cut(work)
        if not known or not (0 <= part[0] < part[2] <= line and 0 <= part[1] < part[3] <= height):
            return OTHERWISE
        frames, steps = merge(chain, work, start, max(start, 0))
        whole = frames + steps == 0 and start < 0 and is_exact_kernel(load_matrix(work.matrix))
        if whole and pixels.size > FEW:
            return MOVES
        stepper = chain.samplers[FOLDS]
        if frames > work.scratch.ends.shape[0] or (steps > 0 and stepper < 0):
            return OTHERWISE
        _write_labels(pixels, out, work, (frames, steps), stepper, labels, memory, words)
        return DONE

    follow_mask.__qualname__ = f"follow_mask_{dtype}"
    return kernel(follow_mask)


FOLLOWERS = {dtype: _follower(dtype) for dtype in RUNNERS}
follow_mask_float32, follow_mask_float64 = FOLLOWERS["float32"], FOLLOWERS["float64"]


# --- for Python -------------------------------------------------------------------------------------------------------


class Route:
    """The way that a sample of a compiled chain takes beside its image, in one thread.

    It is that of the sample which this thread ran last.

    Parameters
    ----------
    own : Own
        What the thread has of the chain.
    stages : list of Geometry
        The maps that were recorded: they say what masks get outside.
    paints : bool
        Whether anything paints on masks, too.
    """

    def __init__(self, own: Own, stages: list[Geometry], paints: bool) -> None:
        self._own, self._stages, self._paints = own, stages, paints
        self._maps, self._state = own.work.drawn.maps, own.state
        most = len(self._maps)
        self._steps = np.empty((most, PATH))
        self._words = np.empty(2 * ROOM, np.int32)
        self._kinds: dict[Any, tuple[Any, ...] | None] = {}
        self._follow_mask: Any = None

    @property
    def end(self) -> tuple[int, int]:
        """(h, w) of the frame that it leads to."""
        if self._own.chain.varies:
            h, w = self._state[:2].tolist()
            return h, w
        return self._own.sized.size

    def path(self) -> Path:
        """The way of points and boxes."""
        n = _ROUTE_OF.call(self._maps, self._state, self._steps)
        start: Any = self._own.sized.shape[:2]
        return Path(self._steps[:n], NO_GRIDS, start, self.end, VERTICES + VERTICES_A_STEP * n)

    def mask(self, mask: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """A mask of the image's size after all maps, in a new array; None if stages have to make it.

        The array may be given as `out`: part of a larger one."""
        kind = mask.dtype, mask.shape[2:]
        found = self._kinds.get(kind, self)
        if found is self:
            found = self._kinds[kind] = self._made(mask.dtype, mask.shape[2:])
        if found is None or mask.nbytes >= SMALL:
            return None
        if out is None:
            result = np.empty(self.end if mask.ndim == 2 else (*self.end, *mask.shape[2:]), mask.dtype)
        else:
            result = out
        source, target = (mask if mask.flags.c_contiguous else np.ascontiguousarray(mask)), result
        if mask.ndim != 2 or mask.dtype != np.uint8:
            source = source.reshape(len(mask), -1).view(np.uint8)
            target = result.reshape(len(result), -1).view(np.uint8)
        done = self._follow_mask(self._own.place, source, target, *found)  # type: ignore[misc]  # it is no route any more
        if done == OTHERWISE:
            return None
        if done == MOVES:
            bits = _BITS[mask.itemsize]
            moved(mask.view(bits), self._own.work.matrix.tolist(), self.end, result.view(bits))
        if self._paints:
            for stage in self._painted():
                paint(result, stage)
        return result

    def masks(self, masks: Sequence[np.ndarray], together: bool) -> list[np.ndarray] | None:
        """Small masks of one shape and dtype, one after the other; None if they are none, or stages have to make them.

        `together` makes the results parts of one array."""
        first, end = masks[0], self.end
        if first.nbytes > FEW or end[0] * end[1] > FEW:
            return None
        size, found = (*end, *first.shape[2:]), []
        whole: Any = np.empty((len(masks), *size), first.dtype) if together else [None] * len(masks)
        for mask, out in zip(masks, whole):
            made = self.mask(mask, out)
            if made is None:
                return None
            found.append(made)
        return found

    def stages(self) -> list[Stage]:
        """The stages of the sample: its maps, and what paints on masks."""
        drawn = self._own.work.drawn
        rows = drawn.maps[: drawn.state[MAPS]].tolist()
        sizes = [tuple(map(int, row[INPUT_H:])) for row in rows[1:]] + [tuple(drawn.state[:2].tolist())]
        maps = [self._drawn(row, size) for row, size in zip(rows, sizes)]
        return maps + self._painted() if self._paints else maps

    def _drawn(self, row: list[float], size: Any) -> Stage:
        """A stage with what a sample has drawn for it: `_replace` takes three times as long."""
        pull: Any = tuple(row[:9])
        part: Any = tuple(map(int, row[PART_OF:INPUT_H])) if row[PART_OF + 2] else None
        stage: Any = self._stages[int(row[NUMBER])]
        return Geometry(*(pull, size, *stage[2:PART], part, *stage[PART + 1 :]))

    def _painted(self) -> list[Erase]:
        """What paints on masks, too: in the order of the chain all of it comes after the maps."""
        found, drawn = [], self._own.work.drawn
        for op in drawn.ops[: drawn.state[OPS]].tolist():
            if op[FLAGS] & PAINTS:
                values = [int(v) for v in drawn.params[op[AT] : op[AT] + op[COUNT]].tolist()]
                flat = values[len(values) - 1 - 4 * values[0] : -1]
                found.append(Erase(tuple(zip(*(flat[k::4] for k in range(4)))), mask_fill=values[-1]))
        return found

    def _made(self, dtype: np.dtype, shape: tuple[int, ...]) -> tuple[Any, ...] | None:
        """What masks of a dtype, with channels of this shape, work in; None if stages have to make them."""
        channels, item, work = math.prod(shape), dtype.itemsize, self._own.work
        if not channels:
            return None
        try:
            for stage in self._stages:
                check_label(stage.mask_fill, dtype)
        except ValueError:  # stages say so where it matters
            return None
        labels = np.array([stage.mask_fill for stage in self._stages]).astype(dtype)
        k, most = len(labels), len(self._maps)
        bits = np.empty((k + most + 1, item), np.uint8)
        bits[:k] = labels.view(np.uint8).reshape(k, item)
        memory = np.zeros(_ENDS + _BLOCK_ROWS * (2 * most + 2), np.int64)
        memory[CHANNELS], memory[SAMPLER] = channels, labeller(item, channels)
        memory[_BYTES], memory[_RUN], memory[_MAPS] = channels * item, self._run_labels(memory), k
        found = bits, memory, self._words
        if self._follow_mask is None:
            flat, follow = np.empty((1, 1), np.uint8), FOLLOWERS[work.scratch.rows.dtype.name]
            self._follow_mask = entry_of(follow, self._own.place, flat, flat, *found)
        return found

    def _run_labels(self, memory: np.ndarray) -> int:
        """The address of `run_labels`, for what `follow_mask` gives it."""
        work, one, words = self._own.work, memory[:1], self._words[:1].reshape(1, 1)
        maps = Maps(work.matrix, work.frames, work.steps, work.grids, np.empty(1, np.uint8))
        block = Block(words, words, one, one.reshape(1, 1))
        return kernel_address(
            run_labels, Masks(one, one, one.reshape(1, 1)), memory, 0, maps, work.scratch, block, 0, 0
        )


class FixedRoute:
    """The way beside an image of (height, width) through stages that are always the same."""

    def __init__(self, stages: list[Stage], height: int, width: int) -> None:
        self._stages, self._start = stages, (height, width)

    @property
    def end(self) -> tuple[int, int]:
        """As of `Route`."""
        return next((stage.size for stage in reversed(self._stages) if type(stage) is Geometry), self._start)

    def path(self) -> Path:
        """As of `Route`."""
        return path(self._stages, *self._start)

    def mask(self, mask: np.ndarray, out: np.ndarray | None = None) -> None:
        """Stages make masks."""

    def masks(self, masks: Sequence[np.ndarray], together: bool) -> None:
        """Stages make masks."""

    def stages(self) -> list[Stage]:
        """As of `Route`."""
        return self._stages
