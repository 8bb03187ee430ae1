"""The kernel for programs that move whole pixels and change their levels.

It needs no coordinates and interpolates nothing.  One call sees the whole image, so it also runs operations that depend
on the mean of all pixels: the operations before such a one run first, over the whole image, into a buffer; then the
others run.
"""

from __future__ import annotations

import functools

import numpy as np

from .._core.jit import Choice, kernel
from .._core.lookup import VECTOR, look_up_eight, look_up_rgb
from .._core.planes import LUMA_WEIGHTS
from .._core.units import Family, Unit, invoke, unlocked
from . import stores
from .machine import (
    AT,
    BYTES,
    CAPACITY,
    CHANNELS,
    COLUMNS,
    FIRST,
    FLAGS,
    KEEP,
    PLANE,
    RUN,
    SAME,
    SAMPLER,
    STEP_X,
    STEP_Y,
    STORE,
    TABLE,
    Operations,
    apply,
    begin,
    prepare,
    sample,
    store,
)
from .operations._base import MEAN, TABULATED
from .samplers import _base as samplers

# --- bytes to bytes ---------------------------------------------------------------------------------------------------

BYTE_MAP = Family("int64", (("uint8", 1), ("uint8", 1), ("int64", 0), ("int64", 0), ("int64", 0), ("uint8", 1)))
"""Interleaved bytes; tables of 256 for each channel; number of channels; the first byte to do, and the one after the
last; the bytes of the result."""


@kernel(inner=True)
def _plain_bytes(flat, table, alike, channels, a, b, out):
    step = 1 if alike else channels
    for c in range(step):
        own = table[256 * c : 256 * (c + 1)]
        for i in range(np.uint64(a + c), np.uint64(b), np.uint64(step)):
            out[i] = own[np.uint8(np.int32(flat[i]))]


@kernel(needs="avx512vbmi", inner=True)
def _vector_bytes(flat, table, alike, channels, a, b, out):
    if alike:
        while a + 8 * VECTOR <= b:
            look_up_eight(flat, a, table, np.int64(0), out)
            a += 8 * VECTOR
    elif channels == 3:
        while a + 6 * VECTOR <= b:
            look_up_rgb(flat, a, table, np.int64(0), out)
            a += 6 * VECTOR
    _plain_bytes(flat, table, alike, channels, a, b, out)


_bytes = Choice("avx512vbmi", _vector_bytes, _plain_bytes)


@kernel(inner=True)
def _alike(table, channels):
    """Whether the tables of all channels are the same."""
    for c in range(1, channels):
        for i in range(256):
            if table[256 * c + i] != table[i]:
                return False
    return True


def _map_bytes(flat, table, channels, a, b, out):
    _bytes(flat, table, _alike(table, channels), channels, a, b, out)
    return 0


@functools.cache
def byte_map() -> int:
    """The address of the unit that sends bytes through tables; it is compiled at the first call."""
    return Unit(BYTE_MAP, _map_bytes).address()


# --- the mean ---------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _add_up(rows, channels, n, totals):
    """Add the levels of a chunk to `totals`.  Sums are exact: 1024 levels of 16 bits stay below 2**31."""
    for c in range(channels):
        row = rows[c]
        total = np.int32(0)
        for i in range(n):
            total = np.int32(total + np.int32(row[i]))
        totals[c] += np.float64(total)


@kernel(inner=True)
def _turn_about(op, params, channels, totals, pixels, top):
    """Turn an operation on contrast into a straight line about the mean luma of the levels that were added up."""
    mean = totals[0] / pixels
    if channels == 3:
        mean = LUMA_WEIGHTS[0] * mean + LUMA_WEIGHTS[1] * (totals[1] / pixels) + LUMA_WEIGHTS[2] * (totals[2] / pixels)
    mean /= top
    at = op[AT]
    for c in range(channels):
        params[at + 2 * c + 1] = (1.0 - params[at + 2 * c]) * mean
        totals[c] = 0.0
    op[FLAGS] = TABULATED


# --- the kernel -------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _is_short(source, part, out, first, end):
    """Make the pixels [first, end) of the result if nothing or one table of bytes is between them and the source's.

    Returns False, and does nothing, if there is more to do.
    """
    numbers, count = source.numbers, part.ops.shape[0]
    if not (numbers[SAME] > 0 and out.numbers[PLANE] == 0):
        return False
    if count == 0:
        size = numbers[CHANNELS] * numbers[SAME]
        for i in range(np.uint64(first * size), np.uint64(end * size)):
            out.pixels[i] = source.pixels[i]
        return True
    if not (numbers[BYTES] >= 0 and part.ops[0, TABLE] >= 0 and part.ops[0, RUN] == count):
        return False
    table, channels = part.tables[part.ops[0, TABLE]], numbers[CHANNELS]
    invoke(numbers[BYTES], np.int64(0), (source.pixels, table, channels, first * channels, end * channels, out.pixels))
    return True


@kernel(inner=True)
def _next_mean(ops, first):
    """The first operation from `first` on that needs the mean of the image; how many there are, if none does."""
    while first < ops.shape[0] and not ops[first, FLAGS] & MEAN:
        first += 1
    return first


@kernel(inner=True)
def _load(pixels, numbers, still, at, n, width, limits, scratch):
    """Read n pixels into rows: those for the pixels of the result from number `at` on.

    `still` says that all pixels stay where they are."""
    task, k = scratch.tasks[0], np.int64(0)
    while k < n:
        y, x = (at + k) // width, (at + k) % width
        m = n if still else n - k if n - k < width - x else width - x
        start = at if still else numbers[FIRST] + numbers[STEP_Y] * y + numbers[STEP_X] * x
        task[samplers.START], task[samplers.COUNT], task[samplers.AT] = start, m, k
        sample(pixels, numbers[SAMPLER], task, limits, scratch)
        k += m


@kernel
def run_levels(source, operations, limits, scratch, out, buffer, totals, y0, y1):
    """Make rows [y0, y1) of the result; returns y1.

    Where `STORE` is below 0 it ends when the last operation is reached and its mean is known: the image as it is before
    this operation is then in `buffer`, unless nothing comes before.

    If there is an operation on contrast, all rows must be asked for at once.  Only then `buffer` and `totals` are used:
    the bytes of an image as large as the result, of the source's dtype and channels, and a zero for each channel.
    """
    begin(source, out, scratch)
    numbers, ops, width = source.numbers, operations.ops, out.numbers[COLUMNS]
    channels, first, end = numbers[CHANNELS], y0 * width, y1 * width
    straight = numbers[STEP_X] == 1 and numbers[STEP_Y] == width and numbers[FIRST] == 0
    pixels, still, done = unlocked(source.pixels), straight, 0
    while True:
        last = _next_mean(ops, done)
        final = last == ops.shape[0]
        if final and out.numbers[STORE] < 0:
            return y1
        part = Operations(ops[done:last], operations.params, operations.tables, operations.table, operations.prepare)
        count = part.ops.shape[0]
        prepare(channels, part, limits, scratch)
        if final and straight and done == 0 and _is_short(source, part, out, first, end):
            return y1
        task, storing = scratch.tasks[0], scratch.tasks[2]
        task[samplers.CHANNELS], task[samplers.STEP] = channels, 1 if still else numbers[STEP_X]
        storing[stores.PLANE] = out.numbers[PLANE] if final else 0
        target, address = (out.pixels, out.numbers[STORE]) if final else (buffer, out.numbers[KEEP])
        after = channels
        # A chunk is any run of pixels; it may begin and end within a row.
        at = first
        while at < end:
            n = end - at if end - at < CAPACITY else np.int64(CAPACITY)
            _load(pixels, numbers, still, at, n, width, limits, scratch)
            after = apply(n, at, channels, width, part, limits, scratch)
            if not final:
                _add_up(scratch.rows, after, n, totals)
            if final or count > 0:
                store(address, target, after, n, at, limits, scratch)
            at += n
        if final:
            return y1
        if count > 0:
            pixels, still = unlocked(buffer), True
        channels = after
        _turn_about(ops[last], operations.params, channels, totals, np.float64(end - first), np.float64(limits[1]))
        done = last
