"""The sampler that takes the pixel which covers a point."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, HEIGHT, LINE, PACKED, WIDTH, Sampler
from ._vectors import copy_four


@kernel(inner=True)
def nearest_index(xs, ys, w, h, line, n, index):
    """Find the number of the pixel that covers each point."""
    zero, right, bottom = np.float32(0.0), np.float32(w - 1), np.float32(h - 1)
    width = np.int32(line)
    for i in range(n):
        x, y = xs[i], ys[i]
        x = x if x > zero else zero
        x = right if x > right else x
        y = y if y > zero else zero
        y = bottom if y > bottom else y
        index[i] = np.int32(np.int32(np.int32(y) * width) + np.int32(x))


@kernel(inner=True)
def _read_fours(flat, index, size, n, quads):
    """Read pixels of three or four channels, four numbers each; of three the last one means nothing."""
    last = flat.size - 4
    for i in range(n):
        p = np.int64(np.uint32(index[i])) * size
        if p <= last:
            copy_four(flat, p, quads, 4 * i)
        else:
            quads[4 * i], quads[4 * i + 1], quads[4 * i + 2] = flat[p], flat[p + 1], flat[p + 2]


@kernel(inner=True)
def copy_pixels(flat, index, channels, made):
    """Copy pixels with these numbers.  Of three channels four numbers are copied, of which the next pixel replaces the
    last."""
    n = index.size
    if channels == 1:
        for i in range(n):
            made[i] = flat[np.int64(np.uint32(index[i]))]
    elif channels == 3:
        last = np.int64(flat.size // 3 - 1)
        for i in range(n):
            k = np.int64(np.uint32(index[i]))
            if k < last and i < n - 1:
                copy_four(flat, 3 * k, made, 3 * i)
            else:
                made[3 * i], made[3 * i + 1], made[3 * i + 2] = flat[3 * k], flat[3 * k + 1], flat[3 * k + 2]
    elif channels == 4:
        for i in range(n):
            copy_four(flat, 4 * np.int64(np.uint32(index[i])), made, 4 * i)
    else:
        for i in range(n):
            for c in range(channels):
                made[i * channels + c] = flat[np.int64(np.uint32(index[i])) * channels + c]


@kernel(inner=True)
def sample_nearest(flat, task, rows, limits, scratch):
    """Copy the levels of the nearest pixels as they are."""
    n, at, size = task[COUNT], task[AT], np.uint64(task[CHANNELS])
    index = scratch.ints[0]
    nearest_index(scratch.floats[0], scratch.floats[1], task[WIDTH], task[HEIGHT], task[LINE], n, index)
    if task[PACKED] != 0:
        first = at * task[CHANNELS]
        made = flat_as(rows, flat.dtype)[first : first + n * task[CHANNELS]]
        copy_pixels(flat, index[:n], task[CHANNELS], made)
        return
    if (size == 3 or size == 4) and flat.itemsize < 8:
        quads = flat_as(scratch.wide, flat.dtype)
        _read_fours(flat, index, np.int64(size), n, quads)
        for c in range(task[CHANNELS]):
            row = rows[c, at : at + n]
            for i in range(n):
                row[i] = quads[4 * i + c]
        return
    for c in range(task[CHANNELS]):
        row = rows[c, at : at + n]
        for i in range(n):
            row[i] = flat[np.uint64(np.uint32(index[i])) * size + np.uint64(c)]


NEAREST = Sampler("nearest", sample_nearest, packs=True)
