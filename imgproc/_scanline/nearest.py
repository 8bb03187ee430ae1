"""Samples of a row: from points in the source to planar rows of levels.

Points are continuous: the pixel that covers a point is its floor, taps lie at pixel centres.  Taps outside repeat the
edge pixel (``wrap``: the pixel at the other end), which is what every folding border of `_coordinates` asks for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.jit import Intrinsic, kernel

NEAREST, BILINEAR, BICUBIC, WORDS, EXACT, RESIZED = range(6)
"""`WORDS` is bilinear on 8-bit RGB or RGBA, `RESIZED` the same where the axes stay what they are."""


def _load_word(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    def word(typing_context, values, start):
        """Eight bytes from any place, as a little-endian number."""

        def generate(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
            return builder.load(place, align=1)

        return types.uint64(values, types.uint64), generate

    return intrinsic(word)


_word = Intrinsic(_load_word)


@kernel(inner=True)
def _word_taps(xs, ys, n, w, h, channels, index, fx, fy):
    """The upper left byte of the four pixels around each point; at the edge the weights move instead of the taps."""
    half, zero = np.float32(0.5), np.float32(0.0)
    right, bottom = np.float32(w - 1), np.float32(h - 1)
    last_x, last_y = np.int32(w - 2), np.int32(h - 2)
    line, size = np.int32(channels * w), np.int32(channels)
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
    """Left and right pixel of both rows, as eight bytes each."""
    down = np.uint64(down)
    for i in range(n):
        p = np.uint64(start) + np.uint64(np.uint32(index[i]))
        top[i] = _word(flat, p)
        bottom[i] = _word(flat, p + down)


@kernel(inner=True)
def _rgb_blend(top, bottom, fx, fy, n, red, green, blue):
    """Between the four pixels, rounded to whole levels; a pair of uint32 holds what was read of a row.

    A left and a right pixel are six bytes.  The two that are too many come after them in the upper row and before them
    in the lower one, so that no read goes beyond the image."""
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
def _byte(word, shift):
    return np.float32(np.int32((word >> np.uint32(shift)) & np.uint32(255)))


@kernel(inner=True)
def _between(a, b, c, d, x, y):
    """Bilinear between a and b above, c and d below, rounded."""
    magic = np.float32(12582912.0)
    a += x * (b - a)
    c += x * (d - c)
    return ((a + y * (c - a)) + magic) - magic


@kernel(inner=True)
def _resized_taps(v, fresh, w, h, channels, xs, ys, n, index, fx, fy):
    """The taps of a row whose points all have the y of `v`: columns are the same for all rows, so only a `fresh` row
    computes them.  Returns the byte that the indices count from."""
    half, zero, bottom = np.float32(0.5), np.float32(0.0), np.float32(h - 1)
    if fresh:
        for i in range(n):
            ys[i] = half
        _word_taps(xs, ys, n, w, h, channels, index, fx, fy)
    v -= half
    v = v if v > zero else zero
    v = bottom if v > bottom else v
    j0 = min(int(v), h - 2)
    share = v - np.float32(j0)
    for i in range(n):
        fy[i] = share
    return j0 * channels * w


@kernel(inner=True)
def sample_words(flat, w, h, channels, xs, ys, n, resized, fresh, index, fx, fy, wide, halves, rows, at):
    """Bilinear on 8-bit RGB or RGBA of at least 2 x 2 pixels; `halves` is the uint32 view of the scratch `wide`."""
    end, line = at + n, channels * w
    start = np.int64(0)
    if resized:
        start = _resized_taps(ys[0], fresh, w, h, channels, xs, ys, n, index, fx, fy)
    else:
        _word_taps(xs, ys, n, w, h, channels, index, fx, fy)
    red, green, blue = rows[0, at:end], rows[1, at:end], rows[2, at:end]
    if channels == 3:
        _fetch_words(flat, start, line - 2, index, n, wide[0], wide[1])
        _rgb_blend(halves[0], halves[1], fx, fy, n, red, green, blue)
    else:
        _fetch_words(flat, start, line, index, n, wide[0], wide[1])
        _rgba_blend(halves[0], halves[1], fx, fy, n, red, green, blue, rows[3, at:end])


@kernel(inner=True)
def sample_nearest(flat, w, h, channels, xs, ys, n, ints, rows, at):
    """The pixel that covers the point."""
    nearest_index(xs, ys, w, h, n, ints[0])
    index = ints[0]
    size = np.uint64(channels)
    for c in range(channels):
        row = rows[c, at : at + n]
        for i in range(n):
            row[i] = flat[np.uint64(np.uint32(index[i])) * size + np.uint64(c)]


@kernel(inner=True)
def nearest_index(xs, ys, w, h, n, index):
    """Number of the pixel that covers each point."""
    zero, right, bottom = np.float32(0.0), np.float32(w - 1), np.float32(h - 1)
    width = np.int32(w)
    for i in range(n):
        x, y = xs[i], ys[i]
        x = x if x > zero else zero
        x = right if x > right else x
        y = y if y > zero else zero
        y = bottom if y > bottom else y
        index[i] = np.int32(np.int32(np.int32(y) * width) + np.int32(x))


@kernel(inner=True)
def load(flat, channels, start, step, n, rows, at):
    """Pixels ``start + step * i`` as they are."""
    if channels == 3 and abs(step) == 1:
        red, green, blue = rows[0, at : at + n], rows[1, at : at + n], rows[2, at : at + n]
        # Unsigned, so that both vectorise: no index counts from the end.
        count, one, two, three = np.uint64(n), np.uint64(1), np.uint64(2), np.uint64(3)
        k = np.uint64(3 * start)
        if step > 0:
            for i in range(count):
                j = k + three * i
                red[i], green[i], blue[i] = flat[j], flat[j + one], flat[j + two]
        else:
            for i in range(count):
                j = k - three * i
                red[i], green[i], blue[i] = flat[j], flat[j + one], flat[j + two]
        return
    stride = step * channels
    for c in range(channels):
        k = start * channels + c
        for i in range(at, at + n):
            rows[c, i] = flat[k]
            k += stride
