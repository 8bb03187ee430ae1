"""The sampler that resizes along the axes: means over areas where they shrink, bilinear where they grow.

The frame that the image becomes has h x w pixels, of which a pass may flip and move some.  A pixel of it is a weighted
mean over a few rows and columns.  Weights are whole numbers, so that sums are exact as long as the floats hold them:
rows are added up first, for many levels at once, and then columns.  A mean is rounded half to even, where what is as
near to a half as rounding of the sums can bring it (2**-13 of a level of 8 bits) is a half.
"""

from __future__ import annotations

import numpy as np

from ..._core.formats import ROUNDING, ROUNDING_OF_DOUBLES
from ..._core.jit import Choice, Kernel, kernel
from ..._core.views import flat_as
from ._axes import axes_of, block_of, look, rows_of
from ._base import AT, CHANNELS, COUNT, LINE, PACKED, PAIRS, REACH, TURN_X, Sampler
from ._blocks import WHOLE, plan_blocks, plan_no_blocks, sum_blocks, sum_no_blocks
from ._lanes import FEATURE, TABLES, plan_lanes, sum_lanes
from ._pairs import bytes_of_four, fold_four, planes_of_four, weighted_pairs
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
_planes, _fold_eight, _pack_rgb, _pack_rgba = planes_of_four(), fold_four(), bytes_of_four(3), bytes_of_four(4)


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


@kernel(inner=True)
def _finish(means, rounding):
    """Turn sums into levels, in place.

    `rounding` has the factor, what is added and taken away again to round to parts of a level, or 0 for floats, which
    are not rounded, and the same for whole levels."""
    scale, grid, magic = rounding
    if grid == 0:
        for i in range(means.size):
            means[i] *= scale
        return
    for i in range(means.size):
        v = (means[i] * scale + grid) - grid
        means[i] = (v + magic) - magic


@kernel(inner=True)
def spread_three(means, n, at, rows):
    """Write the first three means of n pixels, four numbers each, into rows."""
    whole = n - n % 8
    red, green, blue = rows[0], rows[1], rows[2]
    for i in range(0, whole, 8):
        _planes(means, 4 * i, red, green, blue, at + i)
    for i in range(whole, n):
        red[at + i], green[at + i], blue[at + i] = means[4 * i], means[4 * i + 1], means[4 * i + 2]


@kernel(inner=True)
def spread(means, n, at, channels, rows):
    """Write the means of n pixels of three or four channels, four numbers each, into rows."""
    spread_three(means, n, at, rows)
    if channels == 4:
        fourth = rows[3, at : at + n]
        for i in range(fourth.size):
            fourth[i] = means[4 * i + 3]


@kernel(inner=True)
def fold(means, n):
    """Add up four products for each of n pixels, in place."""
    whole = n - n % 8
    for i in range(0, whole, 8):
        _fold_eight(means, 4 * i, i)
    for i in range(whole, n):
        means[i] = (means[4 * i] + means[4 * i + 1]) + (means[4 * i + 2] + means[4 * i + 3])


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
    _finish(means, rounding)
    for i in range(means.size):
        row[i] = means[i]


@kernel(inner=True)
def _spread_rgb(task, means, rows):
    spread_three(means, task[COUNT], task[AT], rows)


@kernel(inner=True)
def _spread_rgba(task, means, rows):
    spread(means, task[COUNT], task[AT], task[CHANNELS], rows)


@kernel(inner=True)
def _spread_others(task, means, rows):
    """Levels of the pixels of a run, of which `_run_others` has made sums."""
    n, at = task[COUNT], task[AT]
    for c in range(task[CHANNELS]):
        row, part = rows[c, at : at + n], means[c * n : c * n + n]
        for i in range(row.size):
            row[i] = part[i]


@kernel(inner=True)
def _lanes_of_bytes(task, sums, left, scratch, means, rounding):
    sum_lanes(task, sums, left, scratch.ints[3], scratch.sums[-TABLES:], flat_as(means, np.uint8), rounding)


@kernel(inner=True)
def _write_grey(made, n, at, rows):
    grey = rows[0, at : at + n]
    for i in range(grey.size):
        grey[i] = made[i]


@kernel(inner=True)
def _write_rgb(made, n, at, rows):
    red, green, blue = rows[0, at : at + n], rows[1, at : at + n], rows[2, at : at + n]
    for i in range(red.size):
        red[i], green[i], blue[i] = made[3 * i], made[3 * i + 1], made[3 * i + 2]


@kernel(inner=True)
def _write_rgba(made, n, at, rows):
    red, green, blue, alpha = rows[0, at:], rows[1, at:], rows[2, at:], rows[3, at:]
    for i in range(np.uint64(n)):
        k = np.uint64(4) * i
        red[i], green[i] = made[k], made[k + np.uint64(1)]
        blue[i], alpha[i] = made[k + np.uint64(2)], made[k + np.uint64(3)]


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
def _pack_three(means, n, made):
    """A pixel's bytes take less room than its means, which were read before."""
    for i in range(0, n, 4):
        _pack_rgb(means, 4 * i, made, 3 * i)


@kernel(inner=True)
def _pack_four(means, n, made):
    for i in range(0, n, 4):
        _pack_rgba(means, 4 * i, made, 4 * i)


def _means_of_bytes(pack: Kernel, spread_means: Kernel) -> Kernel:
    """The kernel that turns the means of RGB or RGBA into bytes side by side, or into rows."""

    def finished(task, means, rows):
        if task[PACKED] == 0:
            spread_means(task, means, rows)
            return
        n, channels, first = task[COUNT], task[CHANNELS], task[AT] * task[CHANNELS]
        made, to = flat_as(means, np.uint8), flat_as(rows, np.uint8)[first : first + channels * n]
        pack(means, n, made)
        for i in range(to.size):
            to[i] = made[i]

    return Kernel(finished, inner=True)


@kernel(inner=True)
def _others_of_bytes(task, means, rows):
    if task[PACKED] == 0:
        _spread_others(task, means, rows)
        return
    n, channels, first = task[COUNT], task[CHANNELS], task[AT] * task[CHANNELS]
    to = flat_as(rows, np.uint8)[first : first + channels * n]
    for c in range(channels):
        part = means[c * n : c * n + n]
        for i in range(part.size):
            to[channels * i + c] = np.uint8(np.int32(part[i]))


def _folding(means, task):
    """What four products of a pixel of one channel are together; returns how many means there are."""
    n, channels = task[COUNT], task[CHANNELS]
    if channels == 1 and task[PAIRS] <= 2:
        fold(means, n)
    return channels * n


def _four_each(means, task):
    return 4 * task[COUNT]


_fold_others, _fold_nothing = Kernel(_folding, inner=True), Kernel(_four_each, inner=True)


def _sampling(
    down: Kernel,
    run: Kernel,
    folded: Kernel,
    lanes: Kernel,
    deliver: Kernel,
    finished: Kernel,
    plan_whole: Kernel | Choice,
    sum_whole: Kernel | Choice,
) -> Kernel:
    """The kernel that samples a run of points by sums of floats; there is room for so many at once.

    What vectors have added up is delivered to rows; what `run` has added up still has to be finished."""

    def sample(flat, task, rows, limits, scratch, means, sums, room, rounding):
        n, channels, kind = task[COUNT], task[CHANNELS], sums.dtype.type
        columns, weights = scratch.ints, flat_as(scratch.floats[2:6], np.float32)
        (x_axis, y_axis), tables = axes_of(task), scratch.sums[-TABLES:]
        fresh = look(task, x_axis, columns, weights)
        if fresh and not plan_whole(task, x_axis, y_axis, columns, weights, columns[3], tables):
            plan_lanes(task, columns, weights, columns[3], tables, sums, room)
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
        _finish(means[: folded(means, task)], rounding)
        finished(task, means, rows)

    return Kernel(sample, inner=True)


def _of_bytes(name: str, run: Kernel, folded: Kernel, write: Kernel, finished: Kernel) -> Sampler:
    """A sampler of bytes, whose sums are float32."""
    deliver = _bytes_in_rows(write)
    inner = _sampling(rows_of_bytes, run, folded, _lanes_of_bytes, deliver, finished, plan_blocks, sum_blocks)

    def sample(flat, task, rows, limits, scratch):
        work = flat_as(scratch.sums, np.float32)
        means, sums = work[:MEANS], work[2 * MEANS :]
        inner(flat, task, rows, limits, scratch, means, sums, 2 * SUMS, (np.float32(3072.0), np.float32(ROUNDING)))

    sample.__module__ = __name__
    return Sampler(name, sample)


def _of_others(name: str, run: Kernel, folded: Kernel, finished: Kernel) -> Sampler:
    """A sampler of 16-bit integers and float32, whose sums are float64."""
    ways = _lanes_of_others, _lanes_in_rows, finished
    inner = _sampling(rows_of_others, run, folded, *ways, plan_no_blocks, sum_no_blocks)

    def sample(flat, task, rows, limits, scratch):
        means, sums = scratch.sums[:MEANS], scratch.sums[MEANS:]
        rounding = np.float64(402653184.0), np.float64(ROUNDING_OF_DOUBLES)
        inner(flat, task, rows, limits, scratch, means, sums, SUMS, rounding)

    sample.__module__ = __name__
    return Sampler(name, sample)


def _rare(channels: int) -> Choice:
    """What has a way of its own where `sum_lanes` does not do most of it."""
    return Choice(FEATURE, _no_columns, _FEW[channels])


_rgb_of_bytes, _rgba_of_bytes = _means_of_bytes(_pack_three, _spread_rgb), _means_of_bytes(_pack_four, _spread_rgba)
_FOUR, _FOLDED = _fold_nothing, _fold_others
BYTES = {
    3: _of_bytes("area_bytes_rgb", _running(3, _rare(3)), _FOUR, _write_rgb, _rgb_of_bytes),
    4: _of_bytes("area_bytes_rgba", _running(4, _rare(4)), _FOUR, _write_rgba, _rgba_of_bytes),
}
BYTES_OF_FEW = _of_bytes("area_bytes", _run_others, _FOLDED, _write_grey, _others_of_bytes)
OTHERS = {
    3: _of_others("area_others_rgb", _running(3, _FEW[3]), _FOUR, _spread_rgb),
    4: _of_others("area_others_rgba", _running(4, _FEW[4]), _FOUR, _spread_rgba),
}
OTHERS_OF_FEW = _of_others("area_others", _run_others, _FOLDED, _spread_others)
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
