"""The kernel for programs that move whole pixels and change their levels: no coordinates, nothing interpolated.

It sees the image as a whole, so it also does what depends on the mean of all pixels: the operations up to there run
first, over the image, to a buffer; then the others.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import Choice, borrowed, kernel
from .._core.lookup import VECTOR, look_up_eight, look_up_rgb
from .._core.planes import LUMA_WEIGHTS
from .nearest import load
from .op_program import AFFINE, CONTRAST, apply, prepare
from .stores import finish, store

CHUNK = 1024
"""Pixels that rows hold."""

# What `move` holds: how pixels come from the source.
CHANNELS, HEIGHT, WIDTH, FIRST, STEP_X, STEP_Y, PLANE = range(7)
"""Channels of the source, size of the result, number of the pixel that the first one comes from, how it changes along
x and y, and the size of a plane for channels first, 0 for channels last."""


@kernel(inner=True)
def _plain_bytes(flat, tables, k, alike, channels, a, b, out):
    step = 1 if alike else channels
    for c in range(step):
        table = tables[k, c]
        for i in range(np.uint64(a + c), np.uint64(b), np.uint64(step)):
            out[i] = table[np.uint8(np.int32(flat[i]))]


@kernel(needs="avx512vbmi", inner=True)
def _vector_bytes(flat, tables, k, alike, channels, a, b, out):
    at = tables.shape[1] * 256 * k
    if alike:
        while a + 8 * VECTOR <= b:
            look_up_eight(flat, a, tables, at, out)
            a += 8 * VECTOR
    elif channels == 3:
        while a + 6 * VECTOR <= b:
            look_up_rgb(flat, a, tables, at, out)
            a += 6 * VECTOR
    _plain_bytes(flat, tables, k, alike, channels, a, b, out)


_bytes = Choice("avx512vbmi", _vector_bytes, _plain_bytes)
"""Interleaved bytes [a, b) through table k of their channel; `alike` if all are the same."""


@kernel(inner=True)
def _alike(tables, k, channels):
    """Whether the tables of all channels are the same."""
    for c in range(1, channels):
        for i in range(256):
            if tables[k, c, i] != tables[k, 0, i]:
                return False
    return True


@kernel(inner=True)
def _add_up(rows, channels, n, totals):
    """Sums of the levels of a chunk, exact: 1024 levels of 16 bits stay below 2**31."""
    for c in range(channels):
        row = rows[c]
        total = np.int32(0)
        for i in range(n):
            total = np.int32(total + np.int32(row[i]))
        totals[c] += np.float64(total)


@kernel(inner=True)
def _turn_about(op, params, channels, totals, pixels, top):
    """Let an operation on contrast be the straight line about the mean luma of the levels that were added up."""
    mean = totals[0] / pixels
    if channels == 3:
        mean = LUMA_WEIGHTS[0] * mean + LUMA_WEIGHTS[1] * (totals[1] / pixels) + LUMA_WEIGHTS[2] * (totals[2] / pixels)
    mean /= top
    at = op[1]
    for c in range(channels):
        params[at + 2 * c + 1] = (1.0 - params[at + 2 * c]) * mean
        totals[c] = 0.0
    op[0] = AFFINE


@kernel
def run_levels(flat, move, ops, params, tables, wide, limits, rows, scratch, buffer, totals, out, y0, y1):
    """Rows [y0, y1) of the result; all of them where there is an operation on contrast.

    `buffer`, of the source's dtype and as large as the result with the source's channels, and `totals`, zeros for each
    channel, are for these alone.
    """
    flat, move, ops, params, tables = borrowed(flat), borrowed(move), borrowed(ops), borrowed(params), borrowed(tables)
    wide, limits, rows, scratch = borrowed(wide), borrowed(limits), borrowed(rows), borrowed(scratch)
    buffer, totals, out = borrowed(buffer), borrowed(totals), borrowed(out)
    channels, width = move[CHANNELS], move[WIDTH]
    first, end = y0 * width, y1 * width
    source, sx, sy = move[FIRST], move[STEP_X], move[STEP_Y]
    straight = sx == 1 and sy == width
    done, buffered = 0, False
    while True:
        last = done
        while last < ops.shape[0] and ops[last, 0] != CONTRAST:
            last += 1
        final = last == ops.shape[0]
        part = ops[done:last]
        prepare(rows, part, params, tables, wide, channels, limits)
        changes = final and (limits[3] != 1.0 or limits[6] > limits[2])
        if final and straight and source == 0 and not buffered and not changes and move[PLANE] == 0:
            if part.shape[0] == 0:
                for i in range(np.uint64(first * channels), np.uint64(end * channels)):
                    out[i] = flat[i]
                return
            if part[0, 3] >= 0 and part[0, 2] == part.shape[0]:
                k = part[0, 3]
                _bytes(flat, tables, k, _alike(tables, k, channels), channels, first * channels, end * channels, out)
                return
        after = channels
        # Chunks are whole rows of small images, parts of rows of large ones, or run on where pixels stay in place.
        at = first
        while at < end:
            n = min(CHUNK, end - at)
            if buffered:
                load(buffer, channels, at, np.int64(1), n, rows, np.int64(0))
            elif straight:
                load(flat, channels, source + at, np.int64(1), n, rows, np.int64(0))
            else:
                k = 0
                while k < n:
                    y, x = (at + k) // width, (at + k) % width
                    m = min(n - k, width - x)
                    load(flat, channels, source + sy * y + sx * x, sx, m, rows, k)
                    k += m
            after = apply(rows, scratch, n, at, width, part, params, tables, wide, channels, limits)
            if final:
                if changes:
                    finish(rows, after, n, limits[3], limits[4], limits[5], limits[6])
                store(rows, after, n, out, at, move[PLANE])
            else:
                _add_up(rows, after, n, totals)
                if part.shape[0] > 0:
                    store(rows, after, n, buffer, at, np.int64(0))
            at += n
        if final:
            return
        buffered = buffered or part.shape[0] > 0
        channels = after
        _turn_about(ops[last], params, channels, totals, float(end - first), np.float64(limits[1]))
        done = last
