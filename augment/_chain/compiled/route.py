"""What follows the maps that a compiled chain has drawn: masks, and the way of points and boxes, by kernels.

A compiled chain leaves the maps of a sample where its kernels have noted them (`drawing.Drawn`).  The kernels here read
them there.  So what comes with a small image needs no stages, which take longer to make and to plan than the work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import jit_enabled, kernel
from imgproc._core.units import ROOM as PLACE
from imgproc._core.units import bound, entry_of, invoke_kernel, kernel_address
from imgproc._scanline import Geometry, check_label, moved, scratch
from imgproc._scanline.coordinates import FRAME, STEP
from imgproc._scanline.foresee import SMALL
from imgproc._scanline.label_pass import ROOM as BLOCK
from imgproc._scanline.labels import LABELLER, Block, Masks, run_labels
from imgproc._scanline.machine import (
    CAPACITY,
    COLUMNS,
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

from ..targets.path import MULTIPLY, NO_GRIDS, PATH, VERTICES, VERTICES_A_STEP, Path, invert_steps
from .drawing import MAPS, Drawn, load_matrix
from .merging import cut, input_of, merge

FEW = 1 << 12
"""Bytes of a mask up to which kernels move its whole pixels: larger ones OpenCV moves faster.  Up to this size, too, it
does not pay to share the points of several masks."""

_BITS = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64}
"""What OpenCV moves in place of labels of so many bytes."""

DONE, MOVES, OTHERWISE = range(3)
"""What `follow_mask` says: the mask is done; its whole pixels move, by `Follow.matrix`; or stages have to do it."""


class Known(NamedTuple):
    """What points and boxes need to know of a sample."""

    drawn: Drawn
    result: Any
    """As in `Work`."""
    maps: Any
    """As in `Chain`."""


class Follow(NamedTuple):
    """What the kernel of masks of one dtype works in.

    The first fields have the names of `Chain` and `Work`, so that masks are cut and merged by the same kernels.
    """

    maps: Any
    levels: Any
    """uint8 (k, bytes): what masks get outside of each map, as bytes of a label."""
    drawn: Drawn
    result: Any
    part: Any
    matrix: Any
    frames: Any
    fills: Any
    """uint8 (frames, bytes): as `levels`, for the frames that show their border."""
    steps: Any
    grids: Any
    numbers: Any
    """int64: `Source.numbers`."""
    item: Any
    """int64 (2,): the bytes of a pixel, and the address of `run_labels`."""
    masks: Any
    scratch: Any
    block: Any


# --- kernels ----------------------------------------------------------------------------------------------------------


@kernel
def route_of(known, steps):
    """Write the steps of a path (see `path.PATH`) along the maps of a sample; returns how many there are."""
    n = known.drawn.state[MAPS]
    for j in range(n):
        step = steps[j]
        step[0], step[12] = MULTIPLY, 0.0
        for k in range(9):
            step[1 + k] = known.drawn.maps[j, k]
        step[11], step[10] = input_of(known, j + 1)
    invert_steps(steps[:n])
    return n


@kernel(inner=True)
def _merged(follow):
    """Merge the maps of a sample for a mask; returns the frames that show their border, or -1, and the first map."""
    part, line = follow.part, follow.numbers[LINE]
    height = np.int64(input_of(follow, 0)[0])
    part[0], part[1], part[2], part[3] = 0, 0, line, height
    known, start = cut(follow)
    if not known or not (0 <= part[0] < part[2] <= line and 0 <= part[1] < part[3] <= height):
        return np.int64(-1), start
    frames, steps = merge(follow, follow, start, max(start, 0))
    return np.int64(frames if steps == 0 else -1), start


EXAMPLE: list[Follow] = []
"""What the kernel of masks works in, for its types."""

_keep, _load = bound(lambda: EXAMPLE[0])


@kernel
def bind_follow(place, follow):
    """Write what a mask needs to a place."""
    _keep(place, follow)


@kernel
def follow_mask(place, pixels, out):
    """Take a mask along the maps of a sample; returns `DONE`, `MOVES` or `OTHERWISE`.

    `pixels` and `out` are its bytes and those of the result, uint8 (h, bytes of a row)."""
    follow = _load(place)
    numbers, part, masks = follow.numbers, follow.part, follow.masks
    frames, start = _merged(follow)
    if frames < 0 or frames > follow.scratch.ends.shape[0]:
        return OTHERWISE
    if frames == 0 and start < 0 and pixels.size > FEW and is_exact_kernel(load_matrix(follow.matrix)):
        return MOVES
    numbers[HEIGHT], numbers[WIDTH] = part[3] - part[1], part[2] - part[0]
    masks.sources[0] = pixels.ctypes.data + (part[1] * numbers[LINE] + part[0]) * follow.item[0]
    masks.targets[0] = out.ctypes.data
    fills = follow.fills.reshape(-1)[: frames * follow.fills.shape[1]]
    maps = Maps(follow.matrix, follow.frames[:frames], follow.steps[:0], follow.grids, fills)
    rows, columns = follow.result[ROWS], follow.result[COLUMNS]
    arguments = masks, numbers, columns, maps, follow.scratch, follow.block, np.int64(0), rows
    invoke_kernel(follow.item[1], np.int64(0), arguments)
    return DONE


# --- for Python -------------------------------------------------------------------------------------------------------


class Route:
    """The way that a sample of a compiled chain takes beside its image, in one thread.

    It is that of the sample which this thread ran last.

    Parameters
    ----------
    known : Known
    stages : list of Geometry
        The maps that were recorded: they say what masks get outside.
    start, end : (int, int)
        Sizes of the image and of the result.
    """

    def __init__(self, known: Known, stages: list[Geometry], start: tuple[int, int], end: tuple[int, int]) -> None:
        self._known, self._stages, self._start, self._end = known, stages, start, end
        self._steps = np.empty((len(known.drawn.maps), PATH))
        self._route_of = entry_of(route_of, known, self._steps)
        self._masks: dict[Any, tuple[Any, Follow, tuple[int, ...]] | None] = {}
        self._follow_mask: Any = None

    def path(self) -> Path:
        """The way of points and boxes."""
        n = self._route_of(self._known, self._steps)
        return Path(self._steps[:n], NO_GRIDS, self._start, self._end, VERTICES + VERTICES_A_STEP * n)

    def mask(self, mask: np.ndarray, out: np.ndarray | None = None) -> np.ndarray | None:
        """A mask of the image's size after all maps, in a new array; None if stages have to make it.

        The array may be given as `out`: part of a larger one."""
        kind = mask.dtype, mask.shape[2:]
        found = self._masks.get(kind, self)
        if found is self:
            found = self._masks[kind] = self._made(mask.dtype, mask.shape[2:])
        if found is None:
            return None
        place, follow, size = found  # type: ignore[misc]  # it is no route any more
        result = np.empty(size, mask.dtype) if out is None else out
        source, target = (mask if mask.flags.c_contiguous else np.ascontiguousarray(mask)), result
        if mask.ndim != 2 or mask.dtype != np.uint8:
            source = source.reshape(len(mask), -1).view(np.uint8)
            target = result.reshape(len(result), -1).view(np.uint8)
        done = self._follow_mask(place, source, target)
        if done == OTHERWISE:
            return None
        if done == MOVES:
            bits = _BITS[mask.itemsize]
            moved(mask.view(bits), follow.matrix.tolist(), self._end, result.view(bits))
        return result

    def masks(self, masks: Sequence[np.ndarray], together: bool) -> list[np.ndarray] | None:
        """Small masks of one shape and dtype, one after the other; None if they are none, or stages have to make them.

        `together` makes the results parts of one array."""
        first = masks[0]
        if first.nbytes > FEW or self._end[0] * self._end[1] > FEW:
            return None
        size, found = (*self._end, *first.shape[2:]), []
        whole: Any = np.empty((len(masks), *size), first.dtype) if together else [None] * len(masks)
        for mask, out in zip(masks, whole):
            made = self.mask(mask, out)
            if made is None:
                return None
            found.append(made)
        return found

    def _made(self, dtype: np.dtype, channels: tuple[int, ...]) -> tuple[Any, Follow, tuple[int, ...]] | None:
        """What masks of a dtype, with these channels, work in; None if stages have to make them."""
        size, pixel, (h, w) = (*self._end, *channels), math.prod(channels), self._start
        if not pixel or h * w * pixel * dtype.itemsize >= SMALL:
            return None
        try:
            for stage in self._stages:
                check_label(stage.mask_fill, dtype)
        except ValueError:  # stages say so where it matters
            return None
        follow = self._working(dtype, pixel)
        if not EXAMPLE:
            EXAMPLE.append(follow)
        place: Any = follow
        if jit_enabled():
            place = np.zeros(PLACE, np.uint8)
            bind_follow(place, follow)
        flat = np.empty((1, 1), np.uint8)
        self._follow_mask = entry_of(follow_mask, place, flat, flat)
        return place, follow, size

    def _working(self, dtype: np.dtype, channels: int) -> Follow:
        (h, w), (height, width), k, item = self._start, self._end, len(self._stages), dtype.itemsize
        labels = np.array([stage.mask_fill for stage in self._stages]).astype(dtype)
        numbers = np.zeros(SOURCE, np.int64)
        numbers[: SAMPLER + 1] = h, w, channels, 0, 0, LABELLER.address(S=f"uint{8 * item}")
        numbers[STEPS], numbers[LINE] = -1, w
        columns = min(width, CAPACITY)
        rows = min(max(BLOCK // columns, 1), height)
        most = len(self._known.drawn.maps)
        more = np.empty((most, STEP)), np.zeros(2, np.float32)
        frames, fills = np.empty((most, FRAME)), np.empty((most + 1, item), np.uint8)
        masks = Masks(np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([[0, height, 0, width]]))
        index, dead = np.empty((rows, columns), np.int32), np.empty((1, 1), np.int32)
        block = Block(index, dead, np.zeros(rows, np.int64), np.empty((rows, 2 * most + 2), np.int64))
        own, matrix = scratch(1, np.dtype(np.float32)), np.empty(9)
        maps = Maps(matrix, frames, *more, fills.reshape(-1))
        run = kernel_address(run_labels, masks, numbers, width, maps, own, block, 0, 0)
        known, part = self._known, np.zeros(4, np.int64)
        levels = labels.view(np.uint8).reshape(k, item)
        return Follow(
            known.maps, levels, known.drawn, known.result, part, matrix, frames, fills, *more, numbers,
            np.array([channels * item, run]), masks, own, block,
        )  # fmt: skip
