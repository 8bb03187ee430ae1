"""The sampler that takes the pixel which covers a point."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, HEIGHT, LINE, WIDTH, Sampler
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
def sample_nearest(flat, task, rows, limits, scratch):
    """Copy the levels of the nearest pixels as they are."""
    n, at, size = task[COUNT], task[AT], np.uint64(task[CHANNELS])
    index = scratch.ints[0]
    nearest_index(scratch.floats[0], scratch.floats[1], task[WIDTH], task[HEIGHT], task[LINE], n, index)
    if (size == 3 or size == 4) and flat.itemsize < 8:
        quads = flat_as(scratch.wide, flat.dtype.type(0))
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


NEAREST = Sampler("nearest", sample_nearest)
