"""The kernels that run a program: for each run of rows coordinates, samples, pixel operations, store."""

from __future__ import annotations

import numpy as np

from .._core.jit import borrowed, kernel
from .coordinates import interval, project_row, step_row
from .interpolate import sample_bicubic, sample_bilinear
from .nearest import (
    BICUBIC,
    EXACT,
    NEAREST,
    RESIZED,
    WORDS,
    load,
    nearest_index,
    sample_nearest,
    sample_words,
)
from .op_program import apply, prepare
from .stores import finish, store

CAPACITY = 1024
"""Pixels of a chunk: its rows stay in the L1 cache."""

HEAD = 11
"""Integers of a pass: 0 h, 1 w, 2 channels of the source, 3 h, 4 w of the result, 5 mode, 6 wrap, exact maps: 7 step
along x, 8 step along y, 9 first pixel; 10 size of a plane for channels first, 0 for channels last."""


@kernel(inner=True)
def _paint(rows, channels, fill, a, b):
    for c in range(channels):
        row, value = rows[c], fill[c]
        for i in range(a, b):
            row[i] = value


@kernel(inner=True)
def _bury(rows, channels, fills, dead, at, n):
    """Fills of the points that met a constant border on their way."""
    some = np.int32(0)
    for i in range(n):
        some |= dead[i]
    if some == 0:
        return
    for c in range(channels):
        for i in range(n):
            if dead[i] != 0:
                rows[c, at + i] = fills[dead[i] - 1, c]


@kernel(inner=True)
def _inside(frames, y, lo, hi, ends):
    """Nested intervals of a row: ``ends[k]`` is what of [lo, hi) is inside frames 0 to k."""
    for k in range(frames.shape[0]):
        if lo < hi:
            lo, hi = interval(frames[k], y, lo, hi)
        ends[k, 0], ends[k, 1] = lo, hi
    return lo, hi


@kernel(inner=True)
def _points(matrix, steps, grids, y, lo, hi, xs, ys, dead):
    project_row(matrix, y, lo, hi, xs, ys)
    if steps.shape[0] > 0:
        for i in range(hi - lo):
            dead[i] = 0
        for k in range(steps.shape[0]):
            step_row(steps[k], grids, y, lo, hi - lo, xs, ys, dead)


@kernel(inner=True)
def _sample_row(
    flat, head, matrix, frames, steps, grids, fills, limits, y, x0, x1, fresh, at, rows, floats, wide, halves, ints,
    ends,
):  # fmt: skip
    """Pixels [x0, x1) of output row y, to `rows` from `at` on; `fresh` unless the last row had the same columns."""
    channels = head[2]
    lo, hi = _inside(frames, y, x0, x1, ends)
    a, b = x0, x1
    for k in range(frames.shape[0]):
        # A frame that leaves nothing keeps its empty interval at its left end.
        _paint(rows, channels, fills[k], at + a - x0, at + ends[k, 0] - x0)
        _paint(rows, channels, fills[k], at + ends[k, 1] - x0, at + b - x0)
        a, b = ends[k, 0], ends[k, 1]
    n = hi - lo
    if n <= 0:
        return
    at += lo - x0
    mode = head[5]
    if mode == EXACT:
        load(flat, channels, head[9] + head[8] * y + head[7] * lo, head[7], n, rows, at)
        return
    xs, ys, dead = floats[0], floats[1], ints[4]
    resized = mode == RESIZED
    _points(matrix, steps, grids, y, lo, hi if fresh or not resized else lo + 1, xs, ys, dead)
    h, w, wrap = head[0], head[1], head[6] != 0
    if mode == WORDS or resized:
        sample_words(
            flat, w, h, channels, xs, ys, n, resized, fresh, ints[0], floats[2], floats[3], wide, halves, rows, at
        )
    elif mode == NEAREST:
        sample_nearest(flat, w, h, channels, xs, ys, n, ints, rows, at)
    elif mode == BICUBIC:
        least, most, magic = limits[0], limits[1], limits[2]
        sample_bicubic(flat, w, h, channels, wrap, xs, ys, n, magic, least, most, ints, floats[2:6], rows, at)
    else:
        sample_bilinear(flat, w, h, channels, wrap, xs, ys, n, limits[2], ints, floats[2:4], rows, at)
    if steps.shape[0] > 0:
        _bury(rows, channels, fills, dead, at, n)


@kernel
def run_rows(
    flat,
    head,
    matrix,
    frames,
    steps,
    grids,
    fills,
    limits,
    ops,
    params,
    tables,
    wide_tables,
    rows,
    scratch,
    floats,
    wide,
    halves,
    ints,
    ends,
    out,
    y0,
    y1,
):
    """Rows [y0, y1) of the result."""
    flat, head, matrix, frames = borrowed(flat), borrowed(head), borrowed(matrix), borrowed(frames)
    steps, grids, fills, limits = borrowed(steps), borrowed(grids), borrowed(fills), borrowed(limits)
    ops, params, tables, wide_tables = borrowed(ops), borrowed(params), borrowed(tables), borrowed(wide_tables)
    rows, scratch, floats, wide = borrowed(rows), borrowed(scratch), borrowed(floats), borrowed(wide)
    halves, ints, ends, out = borrowed(halves), borrowed(ints), borrowed(ends), borrowed(out)
    prepare(rows, ops, params, tables, wide_tables, head[2], limits)
    width = head[4]
    columns = min(width, CAPACITY)
    lines = max(CAPACITY // width, 1)
    for y in range(y0, y1, lines):
        for x0 in range(0, width, columns):
            x1 = min(x0 + columns, width)
            below = min(y + lines, y1)
            n = (x1 - x0) * (below - y)
            for k in range(y, below):
                _sample_row(
                    flat,
                    head,
                    matrix,
                    frames,
                    steps,
                    grids,
                    fills,
                    limits,
                    k,
                    x0,
                    x1,
                    k == y0 or columns < width,
                    (k - y) * width,
                    rows,
                    floats,
                    wide,
                    halves,
                    ints,
                    ends,
                )
            first = y * width + x0
            channels = apply(rows, scratch, n, first, width, ops, params, tables, wide_tables, head[2], limits)
            if limits[3] != 1.0 or limits[6] > limits[2]:
                finish(rows, channels, n, limits[3], limits[4], limits[5], limits[6])
            store(rows, channels, n, out, first, head[10])


@kernel
def run_labels(flat, channels, h, w, width, matrix, frames, steps, grids, fills, floats, ints, ends, out, y0, y1):
    """Rows [y0, y1) of a mask: labels of the nearest pixels, of any dtype."""
    flat, matrix, frames, steps = borrowed(flat), borrowed(matrix), borrowed(frames), borrowed(steps)
    grids, fills, floats = borrowed(grids), borrowed(fills), borrowed(floats)
    ints, ends, out = borrowed(ints), borrowed(ends), borrowed(out)
    columns = min(width, CAPACITY)
    xs, ys, index, dead = floats[0], floats[1], ints[0], ints[4]
    for y in range(y0, y1):
        for x0 in range(0, width, columns):
            x1 = min(x0 + columns, width)
            lo, hi = _inside(frames, y, x0, x1, ends)
            a, b = x0, x1
            line = y * width
            for k in range(frames.shape[0]):
                for i in range((line + a) * channels, (line + ends[k, 0]) * channels):
                    out[i] = fills[k]
                for i in range((line + ends[k, 1]) * channels, (line + b) * channels):
                    out[i] = fills[k]
                a, b = ends[k, 0], ends[k, 1]
            if lo >= hi:
                continue
            _points(matrix, steps, grids, y, lo, hi, xs, ys, dead)
            nearest_index(xs, ys, w, h, hi - lo, index)
            for i in range(hi - lo):
                buried = steps.shape[0] > 0 and dead[i] != 0
                for c in range(channels):
                    k = (line + lo + i) * channels + c
                    out[k] = fills[dead[i] - 1] if buried else flat[np.int64(index[i]) * channels + c]
