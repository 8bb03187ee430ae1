"""The kernels of compiled chains: for each sample they draw, lower and run all stages."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.units import bound, invoke_kernel
from imgproc._scanline.machine import (
    CHANNELS,
    COLUMNS,
    FLAGS,
    HEIGHT,
    LINE,
    PLANE,
    ROWS,
    SAMPLER,
    STEP_Y,
    WIDTH,
    Maps,
    Operations,
    Result,
    Source,
    tabulate,
)
from imgproc._scanline.operations._base import MEAN

from .drawing import OPS, OUT_H, OUT_W, SOURCE_H, SOURCE_W, H, W, load_matrix
from .filters import has_filters
from .memory import AREA, COPY, FILTERED, FOLDS, IN_PLACE, ITEM, WARPED, WARPS, Chain, Work
from .merging import cut, interpolated, merge, multiplied, place_kernel, resized, sampled
from .program import TABLES


@kernel(inner=True)
def _measure(work):
    """Write sizes to where kernels look for them; returns whether results are of this sample's size."""
    state, source, moved = work.drawn.state, work.source, work.moved
    h, w = state[H], state[W]
    source[HEIGHT], source[WIDTH], source[LINE] = state[SOURCE_H], state[SOURCE_W], state[SOURCE_W]
    moved[HEIGHT], moved[WIDTH], moved[LINE], moved[STEP_Y] = h, w, w, w
    work.keep[ROWS], work.keep[COLUMNS] = h, w
    work.result[ROWS], work.result[COLUMNS] = h, w
    if work.result[PLANE]:
        work.result[PLANE] = h * w
    return h == state[OUT_H] and w == state[OUT_W]


@kernel(inner=True)
def _placed(work):
    """Find where whole pixels come from; False if this is not all that happens to them, or some are from outside."""
    return multiplied(work) and place_kernel(load_matrix(work.matrix), work.source, work.result)


@kernel(inner=True)
def _run_levels(pixels, numbers, work, part, chain, buffer, out):
    source, result = Source(pixels, numbers), Result(out, work.result)
    operations = Operations(work.drawn.ops[part[0] : part[1]], work.drawn.params, work.tables, work.table, work.prepare)
    if chain.program[TABLES]:
        tabulate(operations.ops, np.int64(0))
    invoke_kernel(
        chain.kernels[IN_PLACE],
        np.int64(0),
        (
            source, operations, chain.limits, work.scratch, result, buffer, work.totals, np.int64(0),
            work.result[ROWS],
        ),
    )  # fmt: skip


@kernel(inner=True)
def _run_rows(pixels, work, part, counts, chain, limits, out, numbers):
    source, result = Source(pixels, work.source), Result(out, numbers)
    maps = Maps(work.matrix, work.frames[: counts[0]], work.steps[: counts[1]], work.grids, work.fills)
    operations = Operations(work.drawn.ops[part[0] : part[1]], work.drawn.params, work.tables, work.table, work.prepare)
    if chain.program[TABLES]:
        tabulate(operations.ops, np.int64(0))
    invoke_kernel(
        chain.kernels[WARPS],
        np.int64(0),
        (source, maps, operations, limits, work.scratch, result, np.int64(0), work.result[ROWS]),
    )


@kernel
def run_warped(image, count, chain, work, out):
    """Run one sample that interpolates, or shows a border; 0 if it cannot be done in this way."""
    part, line = work.part, work.source[LINE]
    part[0], part[1], part[2], part[3] = 0, 0, line, work.source[HEIGHT]
    known, start = cut(work)
    rough, how = interpolated(chain, work)
    if not known or rough < -1:
        return np.int64(0)
    steps = 0
    if how == AREA:
        frames = resized(chain, work, start, rough)
        done = frames >= 0
    else:
        frames, steps = merge(chain, work, start, max(start, 0))
        done = sampled(chain, work, frames, steps, how) and (steps == 0 or chain.samplers[FOLDS] >= 0)
    if not done:
        return np.int64(0)
    image = image[(part[1] * line + part[0]) * work.source[CHANNELS] * chain.samplers[ITEM] :]  # of bytes
    if chain.kernels[FILTERED] >= 0 and has_filters(work, count):
        counts = np.int64(frames), np.int64(steps)
        return invoke_kernel(chain.kernels[FILTERED], np.int64(0), (image, *counts, count, chain, work, out))
    split = np.int64(0)
    while split < count and not work.drawn.ops[split, FLAGS] & MEAN:
        split += 1
    if split == count:
        _run_rows(image, work, (np.int64(0), count), (frames, steps), chain, chain.limits, out, work.result)
        return np.int64(1)
    before, after = work.buffer[0], work.buffer[1]
    _run_rows(image, work, (np.int64(0), split), (frames, steps), chain, chain.inner, before, work.keep)
    _run_levels(before, work.moved, work, (split, count), chain, after, out)
    return np.int64(1)


EXAMPLES: dict[str, tuple[Chain, Work]] = {}
"""A chain and what it works in, for each dtype of rows that has come: for their types."""


class Runner(NamedTuple):
    """The kernels that Python calls for one dtype of rows.  A chain and what it works in are bound beforehand."""

    bind: Any
    run_samples: Any
    draw_moves: Any
    load: Any
    """What gives a chain and what it works in, in a kernel that gets the place where they are bound."""


def _runner(dtype: str) -> Runner:
    keep, load = bound(lambda: EXAMPLES[dtype])

    def bind(place, chain, work):
        keep(place, (chain, work))

    def run_samples(images, words, place, out, lowering, first, last):
        """Run samples [first, last); returns the number of the first that cannot be done in this way, or `last`.

        `lowering` is the address of `lower`, or -1 if the sample is drawn and lowered already.  The result is -1 less
        this number if the result of a sample has another size than the array for it."""
        given = load(place)
        chain, work = given[0], given[1]
        for i in range(first, last):
            count = work.drawn.state[OPS]
            if lowering >= 0:
                count = invoke_kernel(lowering, np.int64(0), (words[i], chain.seed, chain.program, work.drawn))
            if count < 0:
                return i
            if not _measure(work):
                return -1 - i
            if chain.kernels[IN_PLACE] >= 0 and _placed(work):
                work.source[SAMPLER] = chain.samplers[COPY]
                if chain.kernels[FILTERED] >= 0 and has_filters(work, count):
                    arguments = (images[i], np.int64(-1), np.int64(0), count, chain, work, out[i])
                    if invoke_kernel(chain.kernels[FILTERED], np.int64(0), arguments) == 0:
                        return i
                    continue
                _run_levels(images[i], work.source, work, (np.int64(0), count), chain, work.buffer[0], out[i])
                continue
            warped = chain.kernels[WARPED]
            if warped < 0 or invoke_kernel(warped, np.int64(0), (images[i], count, chain, work, out[i])) == 0:
                return i
        return last

    def draw_moves(words, place, lowering):
        """Draw a sample whose pixels only move; returns whether none of them comes from outside.

        ``work.matrix`` is the map."""
        given = load(place)
        chain, work = given[0], given[1]
        count = invoke_kernel(lowering, np.int64(0), (words[0], chain.seed, chain.program, work.drawn))
        if count < 0:
            return False
        _measure(work)
        return _placed(work)

    made = [kernel(function) for function in (bind, run_samples, draw_moves)]
    for each in made:
        each.__qualname__ = f"{each.__name__}_{dtype}"
    return Runner(made[0], made[1], made[2], load)


RUNNERS = {dtype: _runner(dtype) for dtype in ("float32", "float64")}
bind_float32, run_samples_float32, draw_moves_float32 = RUNNERS["float32"][:3]
bind_float64, run_samples_float64, draw_moves_float64 = RUNNERS["float64"][:3]
