"""What becomes of the sums of the sampler of areas: levels, in rows or as bytes side by side."""

from __future__ import annotations

import numpy as np

from ..._core.jit import Kernel, kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, PACKED
from ._pairs import bytes_of_four, fold_four, planes_of_four

_planes, _fold_eight, _pack_rgb, _pack_rgba = planes_of_four(), fold_four(), bytes_of_four(3), bytes_of_four(4)


@kernel(inner=True)
def finish(means, rounding):
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


@kernel(inner=True)
def spread_rgb(task, means, rows):
    spread_three(means, task[COUNT], task[AT], rows)


@kernel(inner=True)
def spread_rgba(task, means, rows):
    spread(means, task[COUNT], task[AT], task[CHANNELS], rows)


@kernel(inner=True)
def spread_others(task, means, rows):
    """Levels of the pixels of a run, of which `_run_others` has made sums."""
    n, at = task[COUNT], task[AT]
    for c in range(task[CHANNELS]):
        row, part = rows[c, at : at + n], means[c * n : c * n + n]
        for i in range(row.size):
            row[i] = part[i]


@kernel(inner=True)
def write_grey(made, n, at, rows):
    grey = rows[0, at : at + n]
    for i in range(grey.size):
        grey[i] = made[i]


@kernel(inner=True)
def write_rgb(made, n, at, rows):
    red, green, blue = rows[0, at : at + n], rows[1, at : at + n], rows[2, at : at + n]
    for i in range(red.size):
        red[i], green[i], blue[i] = made[3 * i], made[3 * i + 1], made[3 * i + 2]


@kernel(inner=True)
def write_rgba(made, n, at, rows):
    red, green, blue, alpha = rows[0, at:], rows[1, at:], rows[2, at:], rows[3, at:]
    for i in range(np.uint64(n)):
        k = np.uint64(4) * i
        red[i], green[i] = made[k], made[k + np.uint64(1)]
        blue[i], alpha[i] = made[k + np.uint64(2)], made[k + np.uint64(3)]


@kernel(inner=True)
def pack_three(means, n, made):
    """A pixel's bytes take less room than its means, which were read before."""
    for i in range(0, n, 4):
        _pack_rgb(means, 4 * i, made, 3 * i)


@kernel(inner=True)
def pack_four(means, n, made):
    for i in range(0, n, 4):
        _pack_rgba(means, 4 * i, made, 4 * i)


def means_of_bytes(pack: Kernel, spread_means: Kernel) -> Kernel:
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
def others_of_bytes(task, means, rows):
    if task[PACKED] == 0:
        spread_others(task, means, rows)
        return
    n, channels, first = task[COUNT], task[CHANNELS], task[AT] * task[CHANNELS]
    to = flat_as(rows, np.uint8)[first : first + channels * n]
    for c in range(channels):
        part = means[c * n : c * n + n]
        for i in range(part.size):
            to[channels * i + c] = np.uint8(np.int32(part[i]))
