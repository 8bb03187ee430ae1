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
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands, stays_serial
from .._core.views import flat_as
from ..smooth._common import by_channels
from ._footprint import Shape, reflected

ALIGNED = 64
"""Bytes of a line of the cache of processors."""

SMALL = 9
"""Side of footprints, but for a square of 3, with which OpenCV is quicker in one thread; the pixels are the same."""

MIRRORS = ("reflect", "reflect_101", "replicate")
"""Borders that show a solid footprint nothing that it does not see in the image: there pixels outside do not count."""

GROUP = 8
"""Rows that are worked on at a time: what was stored just now cannot be loaded yet from one place beside it."""

NEUTRAL, FILL, PREFIX, LINES = 0, 1, 2, 3
"""Rows of working memory: one that changes nothing, one of a constant border, the best of a block so far, a group."""
OTHERS, TABLE = LINES + GROUP, LINES + 2 * GROUP
"""A second group, and what depends on the footprint."""


@kernel(inner=True)
def _better(a, b, largest):
    """The smaller one, or the larger one unless `largest` is None; each is compiled by itself."""
    if largest is None:
        return a if a < b else b
    return a if a > b else b


@kernel(inner=True)
def _best_of_three(one, two, three, largest, found):
    for i in range(found.size):
        found[i] = _better(_better(one[i], two[i], largest), three[i], largest)


@kernel(inner=True)
def _best_of_four(line, shifts, largest, count, found):
    """found[i] = the best of line[i] and of those that lie `shifts` further on."""
    one, two, three = line[shifts[0] :], line[shifts[1] :], line[shifts[2] :]
    for i in range(count):
        near = _better(line[i], one[i], largest)
        found[i] = _better(near, _better(two[i], three[i], largest), largest)


@kernel(inner=True)
def _best_across(lines, others, window, step, largest, out):
    """The best of `window` pixels, from each of those of `out` on; overwrites both groups of rows."""
    count, width = out.shape[0], lines.shape[1]
    line, other = flat_as(lines, lines.dtype), flat_as(others, lines.dtype)
    span, filled = 1, count * width
    while 4 * span < window:  # all rows as if they were one
        shift = span * step
        filled -= 3 * shift
        _best_of_four(line, (shift, 2 * shift, 3 * shift), largest, filled, other)
        line, other = other, line
        span *= 4
    shift, last = span * step, (window - span) * step
    for k in range(count):
        here = line[k * width :]
        if window <= 3 * span:
            _best_of_three(here, here[min(shift, last) :], here[last:], largest, out[k])
        else:
            _best_of_four(here, (shift, 2 * shift, last), largest, out.shape[1], out[k])


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


@kernel(inner=True)
def _best_down(source, frame, y, j, largest, memory, tall, line):
    """The best of each column of a window whose first row is `y`, which is row `j` of its block."""
    rows, first, size = frame[0], frame[2] * frame[3], source.shape[1]
    fill, best, middle = memory[FILL], memory[PREFIX][:size], line[first : first + size]
    if tall == 3:  # a block is not worth its while
        a, b, c = rows[y], rows[y + 1], rows[y + 2]
        above, below = source[a] if a >= 0 else fill[:size], source[c] if c >= 0 else fill[:size]
        _best_of_three(above, source[b] if b >= 0 else fill[:size], below, largest, middle)
    elif j == 0:
        _begin_block(source, rows, y, largest, memory, tall, first)
        begun, neutral = memory[TABLE][first:], memory[NEUTRAL]
        for i in range(size):
            best[i], middle[i] = neutral[i], begun[i]
    else:
        at = rows[y + tall - 1]
        row = source[at] if at >= 0 else fill[:size]
        _join(row, memory[TABLE + j][first:], largest, best, middle)
    _fill_ends(line, frame, fill[0])


@kernel
def _rectangle(source, frame, window, largest, memory, y0, y1, out):
    """Rows of the best levels in rectangles.

    `frame`: which rows and columns the framed image has, how many are added on the left, channels, columns.
    """
    source, memory, out = borrowed(source), borrowed(memory), borrowed(out)
    tall, wide = window
    for start in range(y0, y1, GROUP):
        stop = min(start + GROUP, y1)
        for y in range(start, stop):
            _best_down(source, frame, y, (y - y0) % tall, largest, memory, tall, memory[LINES + y - start])
        _best_across(memory[LINES:OTHERS], memory[OTHERS:TABLE], wide, frame[3], largest, out[start:stop])


@kernel
def _cross(source, frame, largest, memory, y0, y1, out):
    """Rows of the best levels among a pixel and its four neighbours: the smallest disc, which most calls ask for."""
    source, memory, out = borrowed(source), borrowed(memory), borrowed(out)
    rows, step = frame[0], frame[3]
    size, fill = source.shape[1], memory[FILL]
    for start in range(y0, y1, GROUP):
        stop = min(start + GROUP, y1)
        for y in range(start, stop):
            _load_line(source, frame, y + 1, memory[LINES + y - start], fill)
        for y in range(start, stop):
            here, a, b, found = memory[LINES + y - start], rows[y], rows[y + 2], out[y]
            above, below = source[a] if a >= 0 else fill[:size], source[b] if b >= 0 else fill[:size]
            middle, right = here[step:], here[2 * step :]
            for i in range(size):
                beside = _better(_better(here[i], right[i], largest), middle[i], largest)
                found[i] = _better(_better(above[i], below[i], largest), beside, largest)


@kernel(inner=True)
def _load_line(source, frame, y, line, fill):
    """A framed row."""
    at, size = frame[0][y], source.shape[1]
    row, middle = source[at] if at >= 0 else fill[:size], line[frame[2] * frame[3] :]
    for i in range(size):
        middle[i] = row[i]
    _fill_ends(line, frame, fill[0])


@kernel(inner=True)
def _load_windows(table, start, stop, ring, levels, step, largest):
    """The best of 2, 4, 8 and so on of the pixels of rows that are there, into the rows behind each of them."""
    for k in range(1, levels):
        shift = step << (k - 1)
        for y in range(start, stop):
            at = (y % ring) * levels + k
            before, beside, after = table[at - 1], table[at - 1][shift:], table[at]
            for i in range(beside.size):
                after[i] = _better(before[i], beside[i], largest)


@kernel(inner=True)
def _take_runs(first, second, a, b, step, largest, before, found):
    """The best of what was found before and of two runs, each of which is two windows of a row."""
    one, two, three, four = first[a[2] * step :], first[a[3] * step :], second[b[2] * step :], second[b[3] * step :]
    for i in range(found.size):
        best = _better(_better(one[i], two[i], largest), _better(three[i], four[i], largest), largest)
        found[i] = _better(best, before[i], largest)


@kernel
def _runs(source, frame, runs, levels, largest, memory, y0, y1, out):
    """Rows of the best levels in footprints.

    `runs`: how many rows below the uppermost one, which power of two, and where both windows begin.  `memory` has,
    after the rows with names, `levels` rows for each row of the footprint and of a group, by turns.
    """
    source, memory, out, runs = borrowed(source), borrowed(memory), borrowed(out), borrowed(runs)
    ring, size = (memory.shape[0] - TABLE) // levels, out.shape[1]
    table, neutral, below = memory[TABLE:], memory[NEUTRAL][:size], ring - GROUP
    for start in range(y0, y1, GROUP):
        stop, fresh = min(start + GROUP, y1), start if start == y0 else start + below
        for y in range(fresh, stop + below):
            _load_line(source, frame, y, table[(y % ring) * levels], memory[FILL])
        _load_windows(table, fresh, stop + below, ring, levels, frame[3], largest)
        for y in range(start, stop):
            for k in range(0, runs.shape[0], 2):
                a, b = runs[k], runs[k + 1]
                first, second = ((y + a[0]) % ring) * levels + a[1], ((y + b[0]) % ring) * levels + b[1]
                # One row would be read and written: then loops would not use vectors.
                before = memory[LINES + (k // 2 + 1) % 2][:size] if k > 0 else neutral
                found = memory[LINES + k // 2 % 2][:size] if k + 2 < runs.shape[0] else out[y]
                _take_runs(table[first], table[second], a, b, frame[3], largest, before, found)


def neutral_level(dtype: np.dtype, largest: bool) -> Any:
    """The level that never is the least, or the largest, beside others."""
    if dtype.kind == "f":
        return -np.inf if largest else np.inf
    return 0 if largest else full_scale(dtype)


def _memory(rows: int, size: int, first: int, dtype: np.dtype) -> np.ndarray:
    """Rows of working memory, in which number `first` of each row begins a line of the processor's cache."""
    line = ALIGNED // dtype.itemsize
    width = -(-size // line) * line
    room = np.empty(rows * width + line, dtype)
    start = -(room.ctypes.data // dtype.itemsize + first) % line
    return room[start : start + rows * width].reshape(rows, width)


def left_to_opencv(shape: Shape, border: str, pixels: int) -> bool:
    """Whether OpenCV is quicker, and gives the same pixels: in one thread, if what is outside does not count."""
    side = max(shape.tall, shape.wide)
    return shape.solid and border in MIRRORS and (3 if shape.filled else 2) < side <= SMALL and stays_serial(pixels)


def extreme(image: np.ndarray, shape: Shape, largest: bool, border: str, fill: np.generic) -> np.ndarray:
    """The least levels in a footprint around each pixel of an image that is not empty, or the largest.

    `fill` is a level of the image.  What a NaN does is undefined, but only where the footprint holds one.
    """
    shape = reflected(shape) if largest else shape
    (h, w), neutral = image.shape[:2], neutral_level(image.dtype, largest)
    if shape.solid and border in MIRRORS:
        if left_to_opencv(shape, border, h * w):
            work = load_cv2().dilate if largest else load_cv2().erode
            return by_channels(lambda part: work(part, shape.element), image, 4)
        border, fill = "constant", neutral
    out = np.empty(image.shape, image.dtype)
    source, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    size, step = result.shape[1], result.shape[1] // w
    frame = (
        index_map(h, shape.top, shape.bottom, border),
        index_map(w, shape.left, shape.right, border),
        shape.left,
        step,
        w,
    )
    flag = 1 if largest else None
    is_plus = shape.solid and shape.tall == shape.wide == 3 and not shape.filled

    def band(y0: int, y1: int) -> None:
        table = shape.tall if shape.filled else shape.levels * (shape.tall - 1 + GROUP)
        memory = _memory(TABLE + table, size + (shape.wide - 1) * step, shape.left * step, image.dtype)
        memory[NEUTRAL], memory[FILL] = neutral, fill
        if is_plus:
            _cross(source, frame, flag, memory, y0, y1, result)
        elif shape.filled:
            _rectangle(source, frame, (shape.tall, shape.wide), flag, memory, y0, y1, result)
        else:
            _runs(source, frame, shape.windows, shape.levels, flag, memory, y0, y1, result)

    run_bands(band, h, pixels=h * w)
    return out
