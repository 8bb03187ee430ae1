"""Filters with small windows in compiled chains: how they are recorded, and the kernel for samples that have some."""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import jit_enabled, kernel
from imgproc._core.units import invoke_kernel, unlocked
from imgproc._scanline import Near
from imgproc._scanline.machine import (
    AT,
    COLUMNS,
    COUNT,
    FLAGS,
    ROWS,
    STORE,
    UNIT,
    Maps,
    Operations,
    Result,
    Source,
    tabulate,
)
from imgproc._scanline.operations._base import MEAN
from imgproc._scanline.windows._base import (
    FILTER,
    HEIGHT,
    LONGEST_ROW,
    RUN_LEVELS,
    RUN_ROWS,
    WIDTH,
)

from ..state import Frame
from .memory import IN_PLACE, RINGS, WARPS
from .program import FILTERS, TABLES


def can_filter(near: Near | None, frame: Frame, channels: int) -> bool:
    """Whether a filter can be recorded, for a frame that has so many channels at the beginning of the chain."""
    return near is not None and frame.dtype == np.uint8 and frame.channels == channels and jit_enabled()


@kernel(inner=True)
def _until(ops, start, count, flags):
    """The first operation from `start` on that has one of these flags; `count` if none has."""
    while start < count and not ops[start, FLAGS] & flags:
        start += 1
    return start


@kernel(inner=True)
def _part(work, start, end, tables, replace):
    """The operations [start, end) of a sample; `tables` tables are in use already."""
    drawn = work.drawn
    made = Operations(drawn.ops[start:end], drawn.params, work.tables, work.table, work.prepare)
    if replace:
        tables = tabulate(made.ops, tables)
    return made, tables


@kernel(inner=True)
def _gather(pixels, numbers, part, chain, work, into):
    """Run the operations [start, end), of which the last one needs the mean of the image, until that is known.

    Returns whether the image is in `into` then; if not, the source is still it."""
    start, end = part
    operations, _ = _part(work, start, end, np.int64(0), chain.program[TABLES])
    address, work.keep[STORE] = work.keep[STORE], -1
    invoke_kernel(
        chain.kernels[IN_PLACE],
        np.int64(0),
        (
            Source(pixels, numbers), operations, chain.inner, work.scratch, Result(into, work.keep), into, work.totals,
            np.int64(0), work.result[ROWS],
        ),
    )  # fmt: skip
    work.keep[STORE] = address
    return end - start > 1


@kernel(inner=True)
def _before_mean(image, counts, end, chain, work, into):
    """Run the operations up to `end` of a sample whose pixels come by maps."""
    operations, _ = _part(work, np.int64(0), end, np.int64(0), chain.program[TABLES])
    maps = Maps(work.matrix, work.frames[: counts[0]], work.steps[: counts[1]], work.grids, work.fills)
    source, result = Source(image, work.source), Result(into, work.keep)
    arguments = (source, maps, operations, chain.inner, work.scratch, result, np.int64(0), work.result[ROWS])
    invoke_kernel(chain.kernels[WARPS], np.int64(0), arguments)


@kernel(inner=True)
def _through(pixels, numbers, counts, places, chain, work, limits, out, target):
    """Run the operations from ``places[0]`` to the filter at ``places[1]``, and those after it up to ``places[2]``."""
    start, near, end = places
    before, tables = _part(work, start, near, np.int64(0), chain.program[TABLES])
    after, _ = _part(work, near + 1, end, tables, chain.program[TABLES])
    op, own = work.drawn.ops[near], work.window.numbers
    for k in range(op[COUNT]):
        work.window.params[k] = work.drawn.params[op[AT] + k]
    own[HEIGHT], own[WIDTH], own[FILTER] = work.result[ROWS], work.result[COLUMNS], op[UNIT]
    own[RUN_ROWS], own[RUN_LEVELS] = chain.kernels[WARPS] if counts[0] >= 0 else 0, chain.kernels[IN_PLACE]
    maps = Maps(work.matrix, work.frames[: max(counts[0], 0)], work.steps[: counts[1]], work.grids, work.fills)
    return invoke_kernel(
        chain.kernels[RINGS],
        np.int64(0),
        (
            Source(pixels, numbers), maps, before, after, work.window, limits, work.scratch, Result(out, target),
            np.int64(0), work.result[ROWS],
        ),
    )  # fmt: skip


@kernel(inner=True)
def _rest(pixels, start, count, chain, work, buffer, out):
    """Run the operations from `start` on, of which none is a filter."""
    operations, _ = _part(work, start, count, np.int64(0), chain.program[TABLES])
    source, result = Source(pixels, work.moved), Result(out, work.result)
    invoke_kernel(
        chain.kernels[IN_PLACE],
        np.int64(0),
        (
            source, operations, chain.limits, work.scratch, result, buffer, work.totals, np.int64(0), work.result[ROWS],
        ),
    )  # fmt: skip


@kernel
def run_filtered(image, frames, steps, count, chain, work, out):
    """Run a sample that has filters; 0 if it cannot be done in this way.

    With `frames` at 0 or above the image is read by maps, of which there are so many frames and steps; else its pixels
    are moved as `work.source` says."""
    ops, start, free, keep = work.drawn.ops, np.int64(0), 0, work.keep
    pixels, numbers = unlocked(image), work.source
    if work.result[COLUMNS] > LONGEST_ROW:
        return np.int64(0)
    while True:
        near = _until(ops, start, count, FILTERS)
        if near == count:
            _rest(pixels, start, count, chain, work, work.buffer[free], out)
            return np.int64(1)
        mean = _until(ops, start, near, MEAN)
        if mean < near:
            if frames >= 0:
                _before_mean(pixels, (frames, steps), mean, chain, work, work.buffer[free])
                pixels, numbers, frames, start, free = unlocked(work.buffer[free]), work.moved, -1, mean, 1 - free
            if _gather(pixels, numbers, (start, mean + 1), chain, work, work.buffer[free]):
                pixels, numbers, free = unlocked(work.buffer[free]), work.moved, 1 - free
            start = mean
            continue
        end = _until(ops, near + 1, count, FILTERS | MEAN)
        places, counts = (start, near, end), (frames, steps)
        if end == count:
            done = _through(pixels, numbers, counts, places, chain, work, chain.limits, out, work.result)
            return np.int64(done >= 0)
        if _through(pixels, numbers, counts, places, chain, work, chain.inner, work.buffer[free], keep) < 0:
            return np.int64(0)
        pixels, numbers, frames, start, free = unlocked(work.buffer[free]), work.moved, -1, end, 1 - free


@kernel(inner=True)
def has_filters(work, count):
    """Whether a sample has filters."""
    return _until(work.drawn.ops, np.int64(0), count, FILTERS) < count
