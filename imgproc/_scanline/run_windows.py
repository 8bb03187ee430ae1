"""The kernel for passes with a filter that has a small window: rows go through a ring from the operations before the
filter to those after it.

`run_rows` or `run_levels` make rows, which a store of its own puts into the ring; `run_levels` goes on with what the
filter has made, which a sampler of its own reads.  All three are called by their addresses, strip by strip.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .._core.units import Unit, invoke, invoke_kernel
from . import stores
from .machine import CHANNELS as DEPTH
from .machine import COLUMNS, FIRST, HEIGHT, ROWS, STEP_X, STEP_Y, WIDTH, Operations, Result, Source
from .machine import LINE as LENGTH
from .samplers._base import AT, CHANNELS, COUNT, LINE, START, Sampler
from .windows import _base as windows

# --- between rows and the ring ----------------------------------------------------------------------------------------


def _into_ring(rows, task, limits, out):
    """Put levels into the ring; a run of pixels may have parts of several rows."""
    n, at = task[stores.COUNT], task[stores.FIRST]
    width, stride, reach = np.int64(out[windows.WIDTH_AT]), np.int64(out[windows.STRIDE_AT]), out[windows.REACH_AT]
    ring, channels, done = np.int64(out[windows.ROWS_AT]), task[stores.CHANNELS], np.int64(0)
    scale = rows.dtype.type(1 << np.int64(out[windows.SHIFT_AT]))
    while done < n:
        y, x = (at + done) // width, (at + done) % width
        m = min(n - done, width - x)
        to = windows.HEAD + y % ring * channels * stride + np.int64(reach) + x
        for c in range(channels):
            part, row = out[to + c * stride : to + c * stride + m], rows[c, done : done + m]
            for i in range(row.size):
                part[i] = np.uint16(np.int32(row[i] * scale))
        done += m
    return 0


INTO_RING = Unit(stores.STORE, _into_ring)


@kernel(inner=True)
def _strip(flat, task, rows, limits, scratch):
    """Read a run of pixels of one row of the strip, whose channels lie one row after the other."""
    n, at = task[COUNT], task[AT]
    for c in range(task[CHANNELS]):
        start = task[START] + c * task[LINE]
        part, row = flat[start : start + n], rows[c, at : at + n]
        for i in range(row.size):
            row[i] = part[i]


STRIP = Sampler("strip", _strip)


@kernel(inner=True)
def _extend(numbers, halves, y0, y1):
    """Extend rows of the ring at both ends by the border."""
    width, stride, channels, r = (
        numbers[windows.WIDTH],
        numbers[windows.STRIDE],
        numbers[windows.CHANNELS],
        numbers[windows.RADIUS],
    )
    for y in range(y0, y1):
        for c in range(channels):
            at = numbers[windows.RING] + (y % numbers[windows.RING_ROWS] * channels + c) * stride + r
            for k in range(1, r + 1):
                halves[at - k] = halves[at + k]
                halves[at + width - 1 + k] = halves[at + width - 1 - k]


# --- the kernel -------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _fill(source, maps, before, window, limits, scratch, y0, y1):
    """Make the rows [y0, y1) of what is filtered."""
    numbers, ring = window.numbers, Result(window.bytes, window.into)
    rows, levels, like = numbers[windows.RUN_ROWS], numbers[windows.RUN_LEVELS], np.int64(0)
    if rows != 0:
        invoke_kernel(rows, like, (source, maps, before, limits, scratch, ring, y0, y1))
    else:
        invoke_kernel(levels, like, (source, before, limits, scratch, ring, window.buffer, window.totals, y0, y1))
    _extend(numbers, window.halves, y0, y1)


@kernel(inner=True)
def _use(window, y0, y1):
    """Call the filter."""
    numbers, memory = window.numbers, (window.halves, window.shorts, window.floats)
    return invoke(numbers[windows.FILTER], np.int64(0), (window.params, numbers, *memory, y0, y1))


@kernel
def run_windows(source, maps, before, after, window, limits, scratch, out, y0, y1):
    """Make rows [y0, y1) of the result: operations `before` a filter, the filter, and those `after` it; returns y1.

    It returns -1, and has done nothing, if the filter cannot do its parameters or has too little room.  `source` and
    `maps` are as `run_rows` takes them, or only `source` as `run_levels` takes it."""
    numbers, like, halves = window.numbers, np.int64(0), window.halves
    reach = _use(window, np.int64(-1), np.int64(0))
    height, width = numbers[windows.HEIGHT], numbers[windows.WIDTH]
    if not 0 <= reach < min(height, width) or windows.spread_out(numbers, halves, reach) > halves.size:
        return np.int64(-1)
    row, done = numbers[windows.STRIDE] * numbers[windows.CHANNELS], max(y0 - reach, 0)
    window.into[ROWS], window.into[COLUMNS] = height, width
    window.out_of[HEIGHT], window.out_of[WIDTH], window.out_of[DEPTH] = height, width, numbers[windows.CHANNELS]
    window.out_of[STEP_X], window.out_of[STEP_Y], window.out_of[LENGTH] = 1, row, numbers[windows.STRIDE]
    into, out_of, y = before.prepare, after.prepare, y0
    while y < y1:
        below = min(y + numbers[windows.STRIP], y1)
        need = min(below + reach, height)
        if done < need:
            own = Operations(before.ops, before.params, before.tables, before.table, into)
            _fill(source, maps, own, window, limits, scratch, done, need)
            done, into = need, np.int64(-1)
        _use(window, y, below)
        window.out_of[FIRST] = -y * row
        strip = Source(window.bytes[2 * numbers[windows.TOTAL] :], window.out_of)
        own = Operations(after.ops, after.params, after.tables, after.table, out_of)
        invoke_kernel(
            numbers[windows.RUN_LEVELS],
            like,
            (strip, own, limits, scratch, out, window.buffer, window.totals, y, below),
        )
        y, out_of = below, np.int64(-1)
    return y1
