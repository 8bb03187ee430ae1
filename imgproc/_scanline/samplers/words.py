"""The bilinear sampler for 8-bit RGB and RGBA of at least 2 x 2 pixels: it reads eight bytes at a time."""

from __future__ import annotations

import numpy as np

from ..._core.formats import ROUNDING
from ..._core.jit import kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, FRESH, HEIGHT, LINE, PACKED, PAIRS, RESIZED, WIDTH, Sampler
from ._vectors import word_at


@kernel(inner=True)
def _word_taps(xs, ys, n, task, index, fx, fy):
    """Find the upper left byte of the four pixels around each point.

    At the edge the weights change instead of the taps, so that all taps are inside."""
    w, h, channels = task[WIDTH], task[HEIGHT], task[CHANNELS]
    half, zero = np.float32(0.5), np.float32(0.0)
    right, bottom = np.float32(w - 1), np.float32(h - 1)
    last_x, last_y = np.int32(w - 2), np.int32(h - 2)
    line, size = np.int32(channels * task[LINE]), np.int32(channels)
    for i in range(n):
        u, v = xs[i] - half, ys[i] - half
        u = u if u > zero else zero
        u = right if u > right else u
        v = v if v > zero else zero
        v = bottom if v > bottom else v
        i0, j0 = np.int32(u), np.int32(v)
        i0 = last_x if i0 > last_x else i0
        j0 = last_y if j0 > last_y else j0
        fx[i] = u - np.float32(i0)
        fy[i] = v - np.float32(j0)
        index[i] = np.int32(np.int32(j0 * line) + np.int32(size * i0))


@kernel(inner=True)
def _fetch_words(flat, start, down, index, n, top, bottom):
    """Read the left and the right pixel of both rows, eight bytes for each row."""
    down = np.uint64(down)
    for i in range(n):
        p = np.uint64(start) + np.uint64(np.uint32(index[i]))
        top[i] = word_at(flat, p)
        bottom[i] = word_at(flat, p + down)


@kernel(inner=True)
def _rgb_blend(top, bottom, fx, fy, n, red, green, blue):
    """Interpolate between the four pixels, and round to whole levels.  Two uint32 hold what was read of a row.

    A left and a right pixel have six bytes.  The two further bytes that are read come after them in the upper row and
    before them in the lower row, so that no read goes beyond the image."""
    for i in range(n):
        a, b, c, d, x, y = top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1], fx[i], fy[i]
        red[i] = _between(_byte(a, 0), _byte(a, 24), _byte(c, 16), _byte(d, 8), x, y)
        green[i] = _between(_byte(a, 8), _byte(b, 0), _byte(c, 24), _byte(d, 16), x, y)
        blue[i] = _between(_byte(a, 16), _byte(b, 8), _byte(d, 0), _byte(d, 24), x, y)


@kernel(inner=True)
def _rgba_blend(top, bottom, fx, fy, n, red, green, blue, alpha):
    for i in range(n):
        a, b, c, d, x, y = top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1], fx[i], fy[i]
        red[i] = _between(_byte(a, 0), _byte(b, 0), _byte(c, 0), _byte(d, 0), x, y)
        green[i] = _between(_byte(a, 8), _byte(b, 8), _byte(c, 8), _byte(d, 8), x, y)
        blue[i] = _between(_byte(a, 16), _byte(b, 16), _byte(c, 16), _byte(d, 16), x, y)
        alpha[i] = _between(_byte(a, 24), _byte(b, 24), _byte(c, 24), _byte(d, 24), x, y)


@kernel(inner=True)
def _rgba_packed(top, bottom, fx, fy, made):
    """The same, as one number for each pixel."""
    for i in range(made.size):
        a, b, c, d, x, y = top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1], fx[i], fy[i]
        red = np.uint32(np.int32(_between(_byte(a, 0), _byte(b, 0), _byte(c, 0), _byte(d, 0), x, y)))
        green = np.uint32(np.int32(_between(_byte(a, 8), _byte(b, 8), _byte(c, 8), _byte(d, 8), x, y)))
        blue = np.uint32(np.int32(_between(_byte(a, 16), _byte(b, 16), _byte(c, 16), _byte(d, 16), x, y)))
        alpha = np.uint32(np.int32(_between(_byte(a, 24), _byte(b, 24), _byte(c, 24), _byte(d, 24), x, y)))
        green, blue, alpha = green << np.uint32(8), blue << np.uint32(16), alpha << np.uint32(24)
        made[i] = np.uint32(np.uint32(red | green) | np.uint32(blue | alpha))


@kernel(inner=True)
def _byte(word, shift):
    return np.float32(np.int32((word >> np.uint32(shift)) & np.uint32(255)))


@kernel(inner=True)
def _between(a, b, c, d, x, y):
    """Interpolate between a and b above and c and d below, and round."""
    magic = np.float32(ROUNDING)
    a += x * (b - a)
    c += x * (d - c)
    return ((a + y * (c - a)) + magic) - magic


@kernel(inner=True)
def _down(v, h):
    """The upper one of the two rows around y = `v`, and the weight of the lower one."""
    half, zero, bottom = np.float32(0.5), np.float32(0.0), np.float32(h - 1)
    v -= half
    v = v if v > zero else zero
    v = bottom if v > bottom else v
    j0 = np.int64(v)
    j0 = j0 if j0 < h - 2 else h - 2
    return j0, v - np.float32(j0)


@kernel(inner=True)
def _resized_taps(v, task, xs, ys, index, fx, fy):
    """Find the taps of a row whose points all have y = `v`; returns the byte that the indices count from.

    Columns are the same in all rows, so only a fresh row computes them."""
    h, n, half = task[HEIGHT], task[COUNT], np.float32(0.5)
    if task[FRESH] != 0:
        for i in range(n):
            ys[i] = half
        _word_taps(xs, ys, n, task, index, fx, fy)
    j0, share = _down(v, h)
    for i in range(n):
        fy[i] = share
    return j0 * task[CHANNELS] * task[LINE]


@kernel(inner=True)
def _taps(task, scratch):
    """Find the taps of a row; returns the byte that their indices count from."""
    n = task[COUNT]
    xs, ys, index, fx, fy = scratch.floats[0], scratch.floats[1], scratch.ints[0], scratch.floats[2], scratch.floats[3]
    if task[RESIZED] != 0:
        return _resized_taps(ys[0], task, xs, ys, index, fx, fy)
    _word_taps(xs, ys, n, task, index, fx, fy)
    return 0


# --- RGB that is resized: what was interpolated along a row of the source serves for all rows that lie beside it ------

KEPT = 1040
"""Numbers of a channel of a row that is kept."""


@kernel(inner=True)
def _across(flat, row, task, scratch, slot):
    """Interpolate along a row of the source, and keep it in a slot."""
    n, index, fx, words = task[COUNT], scratch.ints[0], scratch.floats[2], scratch.wide[0]
    # Eight bytes are read for six.  The two others come after them in the first row and before them in all others.
    back = np.uint64(0 if row == 0 else 2)
    start, eight = np.uint64(3 * task[LINE] * row) - back, np.uint64(8)
    for i in range(n):
        words[i] = word_at(flat, start + np.uint64(np.uint32(index[i]))) >> (back * eight)
    halves, kept = scratch.halves[0], flat_as(scratch.sums, np.float32)[3 * KEPT * slot :]
    red, green, blue = kept[:n], kept[KEPT : KEPT + n], kept[2 * KEPT : 2 * KEPT + n]
    for i in range(n):
        a, b, x = halves[2 * i], halves[2 * i + 1], fx[i]
        r, g, c = _byte(a, 0), _byte(a, 8), _byte(a, 16)
        red[i] = r + x * (_byte(a, 24) - r)
        green[i] = g + x * (_byte(b, 0) - g)
        blue[i] = c + x * (_byte(b, 8) - c)
    task[PAIRS + slot] = row + 1


@kernel(inner=True)
def _slot(task, row):
    """Where a row is kept; -1 if it is not."""
    return 0 if task[PAIRS] == row + 1 else 1 if task[PAIRS + 1] == row + 1 else -1


@kernel(inner=True)
def _resized_rgb(flat, task, rows, scratch):
    """Sample a row of points that all have the same y.

    The notes of a task, from `PAIRS` on, say which rows are kept, plus 1."""
    v, n, at, magic = scratch.floats[1, 0], task[COUNT], task[AT], np.float32(ROUNDING)
    if task[FRESH] != 0:
        ys, half = scratch.floats[1], np.float32(0.5)
        for i in range(n):
            ys[i] = half
        _word_taps(scratch.floats[0], ys, n, task, scratch.ints[0], scratch.floats[2], scratch.floats[3])
        task[PAIRS], task[PAIRS + 1] = 0, 0
    row, y = _down(v, task[HEIGHT])
    for k in range(2 if y > 0 else 1):
        if _slot(task, row + k) < 0:
            other = _slot(task, row + 1 - k)
            _across(flat, row + k, task, scratch, 1 - other if other >= 0 else k)
    top, kept = _slot(task, row), flat_as(scratch.sums, np.float32)
    bottom = 1 - top if y > 0 else top
    for k in range(task[CHANNELS]):
        first, second = (3 * top + k) * KEPT, (3 * bottom + k) * KEPT
        upper, lower, made = kept[first : first + n], kept[second : second + n], rows[k, at : at + n]
        for i in range(made.size):
            made[i] = ((upper[i] + y * (lower[i] - upper[i])) + magic) - magic


@kernel(inner=True)
def sample_rgb(flat, task, rows, limits, scratch):
    """Sample RGB: a left and a right pixel have six bytes."""
    n, at = task[COUNT], task[AT]
    if task[RESIZED] != 0:
        _resized_rgb(flat, task, rows, scratch)
        return
    end, line, halves = at + n, 3 * task[LINE], scratch.halves
    red, green, blue = rows[0, at:end], rows[1, at:end], rows[2, at:end]
    floats, ints = scratch.floats, scratch.ints
    _word_taps(floats[0], floats[1], n, task, ints[0], floats[2], floats[3])
    _fetch_words(flat, 0, line - 2, scratch.ints[0], n, scratch.wide[0], scratch.wide[1])
    _rgb_blend(halves[0], halves[1], scratch.floats[2], scratch.floats[3], n, red, green, blue)


@kernel(inner=True)
def sample_rgba(flat, task, rows, limits, scratch):
    """Sample RGBA: a left and a right pixel have eight bytes."""
    n, at = task[COUNT], task[AT]
    start, end, line = _taps(task, scratch), at + n, 4 * task[LINE]
    halves = scratch.halves
    _fetch_words(flat, start, line, scratch.ints[0], n, scratch.wide[0], scratch.wide[1])
    if task[PACKED] != 0:
        made = flat_as(rows, np.uint32)[at:end]
        _rgba_packed(halves[0], halves[1], scratch.floats[2], scratch.floats[3], made)
        return
    red, green, blue, alpha = rows[0, at:end], rows[1, at:end], rows[2, at:end], rows[3, at:end]
    _rgba_blend(halves[0], halves[1], scratch.floats[2], scratch.floats[3], n, red, green, blue, alpha)


RGB, RGBA = Sampler("words_rgb", sample_rgb), Sampler("words_rgba", sample_rgba, packs=True)
