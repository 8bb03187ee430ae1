"""Least and largest levels of footprints, for every dtype: what erosion and dilation are made of.

Rectangles are lines down and then lines across.  Down, the rows are parted into blocks as high as the window: a window
is the end of one block and the beginning of the next, whose leasts are found by going through each block upwards and
downwards once (van Herk 1992, Gil and Werman 1993).  Across, the least of 4, of 16, of 64 neighbours is found by taking
the least of four that lie side by side; windows of such sizes, laid over each other, make a window of any length.
Other footprints are runs of rows: the least of a run comes from two windows across of a power of two (Urbach and
Wilkinson 2008).  All loops go along rows, so they use vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.border import index_map
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.threads import run_bands
from ._footprint import Shape, reflected, windows_of

BATCH = 128
"""Numbers that inner loops take at a time: rows of working memory have a multiple of it."""

MIRRORS = ("reflect", "reflect_101", "replicate")
"""Borders that show a solid footprint nothing that it does not see in the image: there pixels outside do not count."""

NEUTRAL, FILL, PREFIX, LINE, OTHER, TABLE = range(6)
"""Rows of working memory: one that changes nothing, one of a constant border, and so on; blocks begin at `TABLE`."""


@kernel(inner=True)
def _better(a, b, largest):
    """The smaller one, or the larger one unless `largest` is None; each is compiled by itself."""
    if largest is None:
        return a if a < b else b
    return a if a > b else b


@kernel(inner=True)
def _best_of_four(line, shifts, largest, count, found):
    """found[i] = the best of line[i] and of those that lie `shifts` further on."""
    one, two, three = line[shifts[0] :], line[shifts[1] :], line[shifts[2] :]
    for i in range(count):
        near = _better(line[i], one[i], largest)
        found[i] = _better(near, _better(two[i], three[i], largest), largest)


@kernel(inner=True)
def _best_across(line, other, window, step, largest, found):
    """The best of `window` pixels, from each of those of `found` on; overwrites `line` and `other`."""
    span, filled = 1, found.size + (window - 1) * step
    while 4 * span < window:
        shift = span * step
        filled -= 3 * shift
        _best_of_four(line, (shift, 2 * shift, 3 * shift), largest, -(-filled // BATCH) * BATCH, other)
        line, other = other, line
        span *= 4
    shift, last = span * step, (window - span) * step
    _best_of_four(line, (min(shift, last), min(2 * shift, last), last), largest, found.size, found)


@kernel(inner=True)
def _fill_ends(line, frame, fill):
    """The columns that the border adds to a row, whose middle is there."""
    _, columns, left, step, width = frame
    for side in range(2):
        start, stop = (0, left) if side == 0 else (left + width, columns.size)
        if start < stop and columns[start] < 0:
            for i in range(start * step, stop * step):
                line[i] = fill
        else:
            for x in range(start, stop):
                for c in range(step):
                    line[x * step + c] = line[(left + columns[x]) * step + c]


@kernel(inner=True)
def _join(row, before, largest, best, line):
    """Add a row to the best of those before, and take the best of both parts of a window."""
    for i in range(row.size):
        value = _better(row[i], best[i], largest)
        best[i] = value
        line[i] = _better(value, before[i], largest)


@kernel(inner=True)
def _begin_block(source, rows, start, largest, memory, tall, first):
    """From each row of a block to its end the best of all; `first` is where the middle of a row begins."""
    size = source.shape[1]
    for j in range(tall - 1, -1, -1):
        at = rows[start + j]
        row = source[at] if at >= 0 else memory[FILL][:size]
        before = memory[TABLE + j + 1][first:] if j + 1 < tall else memory[NEUTRAL]
        found = memory[TABLE + j][first:]
        for i in range(size):
            found[i] = _better(row[i], before[i], largest)


@kernel
def _rectangle(source, frame, window, largest, memory, y0, y1, out):
    """Rows of the best levels in rectangles.

    `frame`: which rows and columns the framed image has, how many are added on the left, channels, columns.
    """
    source, memory, out = borrowed(source), borrowed(memory), borrowed(out)
    rows, _, left, step, _ = frame
    tall, wide = window
    first, size = left * step, source.shape[1]
    line, best, fill, neutral = memory[LINE], memory[PREFIX][:size], memory[FILL], memory[NEUTRAL][:size]
    for y in range(y0, y1):
        j = (y - y0) % tall
        here = memory[TABLE] if j == 0 else line
        if j == 0:
            _begin_block(source, rows, y, largest, memory, tall, first)
            for i in range(size):
                best[i] = neutral[i]
        else:
            at = rows[y + tall - 1]
            row = source[at] if at >= 0 else fill[:size]
            _join(row, memory[TABLE + j][first:], largest, best, line[first:])
        _fill_ends(here, frame, fill[0])
        _best_across(here, memory[OTHER], wide, step, largest, out[y])


@kernel(inner=True)
def _load_windows(source, frame, y, largest, levels, table, fill):
    """A framed row, and the best of 2, 4, 8 and so on of its pixels, into so many rows."""
    rows, _, left, step, _ = frame
    at = rows[y]
    row, middle = source[at] if at >= 0 else fill[: source.shape[1]], table[0][left * step :]
    for i in range(row.size):
        middle[i] = row[i]
    _fill_ends(table[0], frame, fill[0])
    for k in range(1, levels):
        shift = step << (k - 1)
        before, beside, after = table[k - 1], table[k - 1][shift:], table[k]
        for i in range(beside.size):
            after[i] = _better(before[i], beside[i], largest)


@kernel(inner=True)
def _take_runs(first, second, a, b, largest, before, found):
    """The best of what was found before and of two runs, each of which is two windows of a row."""
    one, two, three, four = first[a[2] :], first[a[3] :], second[b[2] :], second[b[3] :]
    for i in range(found.size):
        best = _better(_better(one[i], two[i], largest), _better(three[i], four[i], largest), largest)
        found[i] = _better(best, before[i], largest)


@kernel
def _runs(source, frame, runs, levels, largest, memory, y0, y1, out):
    """Rows of the best levels in footprints.

    `runs`: how many rows below the uppermost one, which power of two, and where both windows begin.  `memory` has,
    after the rows with names, `levels` rows for each row of the footprint, by turns.
    """
    source, memory, out, runs = borrowed(source), borrowed(memory), borrowed(out), borrowed(runs)
    tall, size = (memory.shape[0] - TABLE) // levels, out.shape[1]
    table, neutral = memory[TABLE:], memory[NEUTRAL][:size]
    for end in range(y0, y1 + tall - 1):
        at, y = (end % tall) * levels, end - tall + 1
        _load_windows(source, frame, end, largest, levels, table[at : at + levels], memory[FILL])
        if y < y0:
            continue
        for k in range(0, runs.shape[0], 2):
            a, b = runs[k], runs[k + 1]
            first, second = ((y + a[0]) % tall) * levels + a[1], ((y + b[0]) % tall) * levels + b[1]
            # One row would be read and written: then loops would not use vectors.
            before = memory[LINE + (k // 2 + 1) % 2][:size] if k > 0 else neutral
            found = memory[LINE + k // 2 % 2][:size] if k + 2 < runs.shape[0] else out[y]
            _take_runs(table[first], table[second], a, b, largest, before, found)


def rounded_up(count: int) -> int:
    """To whole batches."""
    return -(-count // BATCH) * BATCH


def neutral_level(dtype: np.dtype, largest: bool) -> Any:
    """The level that never is the least, or the largest, beside others."""
    if dtype.kind == "f":
        return -np.inf if largest else np.inf
    return 0 if largest else np.iinfo(dtype).max


def extreme(image: np.ndarray, shape: Shape, largest: bool, border: str, fill: np.generic) -> np.ndarray:
    """The least levels in a footprint around each pixel of an image that is not empty, or the largest.

    `fill` is a level of the image.  What a NaN does is undefined, but only where the footprint holds one.
    """
    shape = reflected(shape) if largest else shape
    out = np.empty(image.shape, image.dtype)
    (h, w), neutral = image.shape[:2], neutral_level(image.dtype, largest)
    source, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    size, step = result.shape[1], result.shape[1] // w
    if shape.solid and border in MIRRORS:
        border, fill = "constant", neutral
    frame = (
        index_map(h, shape.top, shape.bottom, border),
        index_map(w, shape.left, shape.right, border),
        shape.left,
        step,
        w,
    )
    flag = 1 if largest else None
    runs, levels = (None, 1) if shape.filled else windows_of(shape, step)

    def band(y0: int, y1: int) -> None:
        memory = np.empty((TABLE + levels * shape.tall, rounded_up(size + shape.wide * step) + BATCH), image.dtype)
        memory[NEUTRAL], memory[FILL] = neutral, fill
        if runs is None:
            _rectangle(source, frame, (shape.tall, shape.wide), flag, memory, y0, y1, result)
        else:
            _runs(source, frame, runs, levels, flag, memory, y0, y1, result)

    run_bands(band, h, pixels=h * w)
    return out
