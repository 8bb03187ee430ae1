"""The sampler that resizes along the axes: means over areas where they shrink, bilinear where they grow.

The frame that the image becomes has h x w pixels, of which a pass may flip and move some.  A pixel of it is a weighted
mean over a few rows and columns.  Weights are whole numbers, so that sums are exact as long as the floats hold them:
rows are added up first, for many levels at once, and then columns.  A mean is rounded half to even, where what is as
near to a half as rounding of the sums can bring it (2**-13 of a level of 8 bits) is a half.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..._core.formats import ROUNDING, ROUNDING_OF_DOUBLES
from ..._core.jit import Choice, Kernel, kernel
from ..._core.views import flat_as
from ._axes import axes_of, block_of, look, rows_of
from ._base import AT, CHANNELS, COUNT, LINE, PACKED, PAIRS, REACH, TURN_X, Sampler
from ._blocks import WHOLE, plan_blocks, plan_no_blocks, sum_blocks, sum_no_blocks
from ._lanes import FEATURE, TABLES, plan_lanes, plan_nothing, sum_lanes
from ._means import (
    finish,
    fold,
    means_of_bytes,
    others_of_bytes,
    pack_four,
    pack_three,
    spread_others,
    spread_rgb,
    spread_rgba,
    write_grey,
    write_rgb,
    write_rgba,
)
from ._pairs import weighted_pairs
from ._rows import rows_of_bytes, rows_of_others

MEANS = 4352
"""Numbers for the means of a chunk, four for each pixel, and a few more."""
SUMS = 4096
"""Numbers of float64 for the sums of columns, or twice as many of float32."""
ROOM = SUMS + 64 + TABLES
"""Numbers of float64 for the sums, for what vectors may read beyond them, and for the tables of `_lanes`."""
LARGEST = 1 << 22
"""Sides of images and frames are at most so long: weights are float32."""

_rgb, _rgb_one, _rgb_two = weighted_pairs(3, 0), weighted_pairs(3, 1), weighted_pairs(3, 2)
_rgba, _rgba_one, _rgba_two = weighted_pairs(4, 0), weighted_pairs(4, 1), weighted_pairs(4, 2)
_grey_two = weighted_pairs(1, 2)


# --- columns ----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _one_pair_rgb(sums, left, starts, weights, unit, means, to, step):
    """The sums over the columns of RGB pixels, of which none reads more than two."""
    for i in range(starts.size):
        _rgb_one(sums, np.int64(starts[i]) - left, np.int64(0), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _two_pairs_rgb(sums, left, starts, weights, unit, means, to, step):
    for i in range(starts.size):
        _rgb_two(sums, np.int64(starts[i]) - left, np.int64(0), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _one_pair_rgba(sums, left, starts, weights, unit, means, to, step):
    for i in range(starts.size):
        _rgba_one(sums, np.int64(starts[i]) - left, np.int64(0), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _two_pairs_rgba(sums, left, starts, weights, unit, means, to, step):
    for i in range(starts.size):
        _rgba_two(sums, np.int64(starts[i]) - left, np.int64(0), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _two_pairs_grey(sums, left, starts, weights, unit, means, to, step):
    """Four products for each pixel of one channel."""
    for i in range(starts.size):
        _grey_two(sums, np.int64(starts[i]) - left, np.int64(0), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _many_rgb(sums, left, starts, betweens, weights, unit, means, to, step):
    for i in range(starts.size):
        _rgb(sums, np.int64(starts[i]) - left, np.int64(betweens[i]), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _many_rgba(sums, left, starts, betweens, weights, unit, means, to, step):
    for i in range(starts.size):
        _rgba(sums, np.int64(starts[i]) - left, np.int64(betweens[i]), weights, 4 * i, unit, means, to)
        to += step


@kernel(inner=True)
def _any(sums, shift, starts, betweens, weights, unit, channels, means, to, step):
    """The sums over the columns of one channel, whose levels are in `sums` by `shift` after the starts."""
    for i in range(starts.size):
        means[to] = _across(sums, starts[i] + shift, i, channels, betweens[i], unit, weights)
        to += step


@kernel(inner=True)
def _across(sums, p, i, channels, between, unit, weights):
    """The sum over the columns of one level of one pixel; what has no weight is not read."""
    k = 4 * i
    total = weights[k] * sums[p]
    if weights[k + 1] != 0:
        total += weights[k + 1] * sums[p + channels]
    if weights[k + 2] != 0:
        p += 2 * channels
        for _ in range(2 * between):
            total += unit * sums[p]
            p += channels
        total += weights[k + 2] * sums[p]
        if weights[k + 3] != 0:
            total += weights[k + 3] * sums[p + channels]
    return total


def _few_columns(one_pair: Kernel, two_pairs: Kernel) -> Kernel:
    """The kernel for the sums over columns of pixels of which none reads more than two pairs; else it says False."""

    def few(sums, left, starts, weights, unit, means, to, step, pairs):
        if pairs == 1:
            one_pair(sums, left, starts, weights, unit, means, to, step)
        elif pairs == 2:
            two_pairs(sums, left, starts, weights, unit, means, to, step)
        return pairs <= 2

    return Kernel(few, inner=True)


@kernel(inner=True)
def _no_columns(sums, left, starts, weights, unit, means, to, step, pairs):
    return False


_FEW = {3: _few_columns(_one_pair_rgb, _two_pairs_rgb), 4: _few_columns(_one_pair_rgba, _two_pairs_rgba)}
_MANY = {3: _many_rgb, 4: _many_rgba}


def _running(channels: int, few_columns: Kernel | Choice) -> Kernel:
    """The kernel that sums the pixels [first, end) of a run of RGB or RGBA, whose columns are in `sums`.

    Each has four numbers."""
    many = _MANY[channels]

    def run(task, unit, columns, weights, first, end, means, sums):
        n, left = task[COUNT], np.int64(columns[0, first])
        starts, betweens, weights = columns[0, first:end], columns[1, first:end], weights[4 * first : 4 * end]
        step = np.int64(-1) if task[TURN_X] < 0 else np.int64(1)
        to = n - 1 - first if step < 0 else first
        if not few_columns(sums, left, starts, weights, unit, means, 4 * to, 4 * step, task[PAIRS]):
            many(sums, left, starts, betweens, weights, unit, means, 4 * to, 4 * step)

    return Kernel(run, inner=True)


@kernel(inner=True)
def _run_others(task, unit, columns, weights, first, end, means, sums):
    """The same for one or two channels: four products for each pixel of one channel that reads two pairs at most.

    Otherwise there is one number, in the row of each channel."""
    n, channels, left = task[COUNT], task[CHANNELS], np.int64(columns[0, first])
    starts, betweens, weights = columns[0, first:end], columns[1, first:end], weights[4 * first : 4 * end]
    step = np.int64(-1) if task[TURN_X] < 0 else np.int64(1)
    to = n - 1 - first if step < 0 else first
    if channels == 1 and task[PAIRS] <= 2:
        _two_pairs_grey(sums, left, starts, weights, unit, means, 4 * to, 4 * step)
        return
    for c in range(channels):
        _any(sums, c - left, starts, betweens, weights, unit, channels, means, c * n + to, step)


@kernel(inner=True)
def _lanes_of_others(task, sums, left, scratch, means, rounding):
    sum_lanes(task, sums, left, scratch.ints[3], scratch.sums[-TABLES:], means, rounding)


@kernel(inner=True)
def _lanes_in_rows(task, means, rounding, rows):
    """Levels of the pixels of a run of one channel, which `sum_lanes` has added up."""
    row, means = rows[0, task[AT] :], means[: task[COUNT]]
    finish(means, rounding)
    for i in range(means.size):
        row[i] = means[i]


@kernel(inner=True)
def _lanes_of_bytes(task, sums, left, scratch, means, rounding):
    sum_lanes(task, sums, left, scratch.ints[3], scratch.sums[-TABLES:], flat_as(means, np.uint8), rounding)


def _bytes_in_rows(write: Kernel) -> Kernel:
    """The kernel that delivers bytes of the pixels of a run as they are, or their levels in rows, by `write`."""

    def deliver(task, means, rounding, rows):
        n, at, channels, made = task[COUNT], task[AT], task[CHANNELS], flat_as(means, np.uint8)
        if task[PACKED] != 0:
            to = flat_as(rows, np.uint8)[at * channels : (at + n) * channels]
            for i in range(to.size):
                to[i] = made[i]
        else:
            write(made, n, at, rows)

    return Kernel(deliver, inner=True)


@kernel(inner=True)
def _no_lanes(task, sums, left, scratch, means, rounding):
    """Never called: `REACH` is 0."""


@kernel(inner=True)
def _no_rows(task, means, rounding, rows):
    """Never called: `REACH` is 0."""


@kernel(inner=True)
def _fold_others(means, task):
    """What four products of a pixel of one channel are together; returns how many means there are."""
    n, channels = task[COUNT], task[CHANNELS]
    if channels == 1 and task[PAIRS] <= 2:
        fold(means, n)
    return channels * n


@kernel(inner=True)
def _fold_nothing(means, task):
    return 4 * task[COUNT]


class Vectors(NamedTuple):
    """How vectors add up columns, or whole blocks, where they can."""

    plan: Kernel | Choice
    lanes: Kernel
    deliver: Kernel
    """Puts what they have added up into rows."""
    plan_whole: Kernel | Choice = plan_no_blocks
    sum_whole: Kernel | Choice = sum_no_blocks


def _sampling(down: Kernel, run: Kernel, folded: Kernel, vectors: Vectors, finished: Kernel) -> Kernel:
    """The kernel that samples a run of points by sums of floats; there is room for so many at once.

    What vectors have added up is delivered to rows; what `run` has added up still has to be finished."""
    plan, lanes, deliver, plan_whole, sum_whole = vectors

    def sample(flat, task, rows, limits, scratch, means, sums, room, rounding):
        n, channels, kind = task[COUNT], task[CHANNELS], sums.dtype.type
        columns, weights = scratch.ints, flat_as(scratch.floats[2:6], np.float32)
        (x_axis, y_axis), tables = axes_of(task), scratch.sums[-TABLES:]
        fresh = look(task, x_axis, columns, weights)
        if fresh and not plan_whole(task, x_axis, y_axis, columns, weights, columns[3], tables):
            plan(task, columns, weights, columns[3], tables, sums, room)
        top, count, a, b = rows_of(task, y_axis)
        line, first, shares = task[LINE] * channels, np.int64(0), (a, b, y_axis.unit, y_axis.total)
        scale = kind(1) / (kind(x_axis.total) * kind(y_axis.total))
        rounding = scale, rounding[0] if limits[2] > 0 else kind(0), rounding[1]
        if task[REACH] == WHOLE:
            made, first = flat_as(means, np.uint8), n
            sum_whole(task, flat, top * line, line, count, shares, columns[3], tables, made, rounding)
        while first < n:
            end = n if task[REACH] > 0 else block_of(columns[0, :n], columns[2, :n], first, room)
            left, right = np.int64(columns[0, first]), np.int64(columns[2, end - 1])
            down(flat, top * line + left, line, count, right - left, shares, sums)
            if task[REACH] > 0:
                lanes(task, sums, left, scratch, means, rounding)
            else:
                run(task, kind(x_axis.unit), columns, weights, first, end, means, sums)
            first = end
        if task[REACH] != 0:
            deliver(task, means, rounding, rows)
            return
        finish(means[: folded(means, task)], rounding)
        finished(task, means, rows)

    return Kernel(sample, inner=True)


_FOUR, _FOLDED = _fold_nothing, _fold_others


def _of_bytes(name: str, run: Kernel, folded: Kernel, write: Kernel, finished: Kernel) -> Sampler:
    """A sampler of bytes, whose sums are float32."""
    vectors = Vectors(plan_lanes, _lanes_of_bytes, _bytes_in_rows(write), plan_blocks, sum_blocks)
    inner = _sampling(rows_of_bytes, run, folded, vectors, finished)

    def sample(flat, task, rows, limits, scratch):
        work = flat_as(scratch.sums, np.float32)
        means, sums = work[:MEANS], work[2 * MEANS :]
        inner(flat, task, rows, limits, scratch, means, sums, 2 * SUMS, (np.float32(3072.0), np.float32(ROUNDING)))

    sample.__module__ = __name__
    return Sampler(name, sample)


def _of_others(name: str, run: Kernel, folded: Kernel, finished: Kernel) -> Sampler:
    """A sampler of 16-bit integers and float32, whose sums are float64: too few RGB pixels fit a vector."""
    vectors = Vectors(plan_lanes, _lanes_of_others, _lanes_in_rows)
    if folded is _FOUR:
        vectors = Vectors(plan_nothing, _no_lanes, _no_rows)
    inner = _sampling(rows_of_others, run, folded, vectors, finished)

    def sample(flat, task, rows, limits, scratch):
        means, sums = scratch.sums[:MEANS], scratch.sums[MEANS:]
        rounding = np.float64(402653184.0), np.float64(ROUNDING_OF_DOUBLES)
        inner(flat, task, rows, limits, scratch, means, sums, SUMS, rounding)

    sample.__module__ = __name__
    return Sampler(name, sample)


def _rare(channels: int) -> Choice:
    """What has a way of its own where `sum_lanes` does not do most of it."""
    return Choice(FEATURE, _no_columns, _FEW[channels])


_rgb_of_bytes, _rgba_of_bytes = means_of_bytes(pack_three, spread_rgb), means_of_bytes(pack_four, spread_rgba)
BYTES = {
    3: _of_bytes("area_bytes_rgb", _running(3, _rare(3)), _FOUR, write_rgb, _rgb_of_bytes),
    4: _of_bytes("area_bytes_rgba", _running(4, _rare(4)), _FOUR, write_rgba, _rgba_of_bytes),
}
BYTES_OF_FEW = _of_bytes("area_bytes", _run_others, _FOLDED, write_grey, others_of_bytes)
OTHERS = {
    3: _of_others("area_others_rgb", _running(3, _FEW[3]), _FOUR, spread_rgb),
    4: _of_others("area_others_rgba", _running(4, _FEW[4]), _FOUR, spread_rgba),
}
OTHERS_OF_FEW = _of_others("area_others", _run_others, _FOLDED, spread_others)
"""By the dtype and the number of channels, so that no image compiles what is for others."""


def average_of(dtype: np.dtype, channels: int) -> Sampler:
    """The sampler for pixels of a dtype and so many channels."""
    if dtype.char == "B":
        return BYTES.get(channels, BYTES_OF_FEW)
    return OTHERS.get(channels, OTHERS_OF_FEW)


def can_average(shape: tuple[int, ...], dtype: np.dtype, size: tuple[int, int]) -> bool:
    """Whether the sampler takes images of a shape (h, w, c) and a dtype to (h, w)."""
    if dtype.char not in "BHf":
        return False
    (h, w, channels), room = shape, SUMS * (2 if dtype.char == "B" else 1)
    if max(h, w, *size) > LARGEST or channels > 4 or min(h, w) < 1:
        return False
    return (w // size[1] + 3) * channels <= room


def work_of(size: tuple[int, int], source: tuple[int, ...]) -> int:
    """How much work it is to resize (h, w, ...) to (h, w), in pixels of other passes: to add up takes little."""
    return max(size[0] * size[1], source[0] * source[1] // 4)
