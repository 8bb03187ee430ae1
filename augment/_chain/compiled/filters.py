"""Filters with small windows, and tables of levels that are counted, in compiled chains: how they are recorded, and the
kernel for samples that have some."""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import jit_enabled, kernel
from imgproc._core.units import invoke, invoke_kernel, unlocked
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
from imgproc._scanline.machine import CHANNELS as DEPTH
from imgproc._scanline.machine import HEIGHT as TALL
from imgproc._scanline.machine import WIDTH as WIDE
from imgproc._scanline.operations._base import MEAN, READY, SLOW, TABULATED
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
from .program import COUNTS, FILTERS, TABLES


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
def _by_maps(image, counts, end, chain, work, into):
    """Run the operations up to `end` of a sample whose pixels come by maps."""
    operations, _ = _part(work, np.int64(0), end, np.int64(0), chain.program[TABLES])
    maps = Maps(work.matrix, work.frames[: counts[0]], work.steps[: counts[1]], work.grids, work.fills)
    source, result = Source(image, work.source), Result(into, work.keep)
    arguments = (source, maps, operations, chain.inner, work.scratch, result, np.int64(0), work.result[ROWS])
    invoke_kernel(chain.kernels[WARPS], np.int64(0), arguments)


@kernel(inner=True)
def _through(pixels, numbers, counts, places, chain, work, last, out):
    """Run the operations from ``places[0]`` to the filter at ``places[1]``, and those after it up to ``places[2]``.

    ``places[3]`` tables are in use; `last` says whether this is all."""
    start, near, end, ready = places
    before, tables = _part(work, start, near, ready, chain.program[TABLES])
    after, _ = _part(work, near + 1, end, tables, chain.program[TABLES])
    op, own = work.drawn.ops[near], work.window.numbers
    limits, target = (chain.limits, work.result) if last else (chain.inner, work.keep)
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
def _in_place(pixels, numbers, places, chain, work, how, buffer, out):
    """Run the operations from ``places[0]`` to ``places[1]``, none of them a filter; ``places[2]`` tables are in use.

    ``how[0]`` says whether this is all, ``how[1]`` whether the last one needs a mean: then they run until it is known,
    and the image is in `buffer` unless that one is the only one."""
    operations, _ = _part(work, places[0], places[1], places[2], chain.program[TABLES])
    limits, target = (chain.limits, work.result) if how[0] else (chain.inner, work.keep)
    source, result, address = Source(pixels, numbers), Result(out, target), work.keep[STORE]
    if how[1]:
        work.keep[STORE] = -1
    invoke_kernel(
        chain.kernels[IN_PLACE],
        np.int64(0),
        (source, operations, limits, work.scratch, result, buffer, work.totals, np.int64(0), work.result[ROWS]),
    )
    work.keep[STORE] = address


@kernel(inner=True)
def _count_levels(pixels, at, ready, chain, work):
    """Make the operation at `at` a table, number `ready`, of the levels of all pixels."""
    op, channels = work.drawn.ops[at], work.source[DEPTH]
    params, size = work.drawn.params[op[AT] : op[AT] + op[COUNT]], work.result[ROWS] * work.result[COLUMNS] * channels
    invoke(op[UNIT], np.int64(0), (pixels[:size], channels, params, work.tables[ready]))
    op[UNIT], op[AT], op[COUNT], op[FLAGS] = work.table, ready, 0, TABULATED | SLOW | READY


@kernel
def run_filtered(image, frames, steps, count, chain, work, out):
    """Run a sample that has filters or counts levels; 0 if it cannot be done in this way.

    With `frames` at 0 or above the image is read by maps, of which there are so many frames and steps; else its pixels
    are moved as `work.source` says."""
    ops, start, free, ready, held = work.drawn.ops, np.int64(0), 0, np.int64(0), False
    pixels, numbers = unlocked(image), work.source
    if work.result[COLUMNS] > LONGEST_ROW:
        return np.int64(0)
    while True:
        into, counts = work.buffer[free], (frames, steps)
        near = _until(ops, start, count, FILTERS | COUNTS)
        mean, last = _until(ops, start, near, MEAN), near == count
        gather = mean < near and not last
        counting = not gather and not last and ops[near, FLAGS] & COUNTS != 0
        # Moved pixels are all of an image of the same size.
        whole = held or (frames < 0 and numbers[TALL] * numbers[WIDE] == work.result[ROWS] * work.result[COLUMNS])
        if counting and whole and near == start:
            _count_levels(pixels, near, ready, chain, work)
            ready += 1
            continue
        end, stored = mean, True
        if last or (frames < 0 and (gather or counting)):
            places = start, count if last else mean + 1 if gather else near, ready
            _in_place(pixels, numbers, places, chain, work, (last, gather), into, out if last else into)
            if last:
                return np.int64(1)
            stored = not gather or mean > start
        elif gather or counting:
            _by_maps(pixels, counts, mean, chain, work, into)
        else:
            end = _until(ops, near + 1, count, FILTERS | COUNTS | MEAN)
            last, stops = end == count, (start, near, end, ready)
            if _through(pixels, numbers, counts, stops, chain, work, last, out if last else into) < 0:
                return np.int64(0)
            if last:
                return np.int64(1)
        start = end
        if stored:
            pixels, numbers, frames, free, held = unlocked(into), work.moved, -1, 1 - free, True


@kernel(inner=True)
def has_filters(work, count):
    """Whether a sample has filters, or counts levels."""
    return _until(work.drawn.ops, np.int64(0), count, FILTERS | COUNTS) < count
