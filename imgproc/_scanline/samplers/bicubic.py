"""The bicubic sampler, for any dtype and number of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, HEIGHT, LINE, WIDTH, WRAP, Sampler
from ._vectors import bicubic_of, sixteen
from .bilinear import _near

CUBIC = -0.75
"""The free parameter of Keys' cubic, as in OpenCV and PyTorch."""

_bicubic_grey, _bicubic_rgb, _bicubic_rgba = bicubic_of(1), bicubic_of(3), bicubic_of(4)


@kernel(inner=True)
def _cubic(t, first, second, third, fourth):
    """Compute the weights of Keys' cubic for the four taps around t in [0, 1), for a row of t."""
    a, one = np.float32(CUBIC), np.float32(1.0)
    b, c = np.float32(CUBIC + 2.0), np.float32(CUBIC + 3.0)
    for i in range(t.size):
        x = t[i]
        y = one - x
        z = a * (x * y)
        first[i] = z * y
        second[i] = (b * x - c) * x * x + one
        third[i] = (b * y - c) * y * y + one
        fourth[i] = z * x


@kernel(inner=True)
def _bicubic_taps(xs, ys, w, h, line, index, fx, fy):
    """Find the number of the upper left one of the sixteen pixels around each point; -1 if one of them is outside."""
    zero, half, one = np.float32(0.0), np.float32(0.5), np.int32(1)
    right, bottom, width = np.float32(w), np.float32(h), np.int32(line)
    last_x, last_y = np.int32(w - 4), np.int32(h - 4)
    nowhere = np.int32(0)
    for i in range(xs.size):
        u, v = xs[i], ys[i]
        u = u if u > zero else zero
        u = right if u > right else u
        v = v if v > zero else zero
        v = bottom if v > bottom else v
        u, v = u - half, v - half
        a, b = np.floor(u), np.floor(v)
        fx[i], fy[i] = u - a, v - b
        k, m = np.int32(np.int32(a) - one), np.int32(np.int32(b) - one)
        whole = (k >= nowhere) & (k <= last_x) & (m >= nowhere) & (m <= last_y)
        index[i] = np.int32(np.int32(m * width) + k) if whole else np.int32(-1)


@kernel(inner=True)
def _bicubic_edge(flat, task, x, y, across, down, limits, rows, at):
    """Sample a point that has taps outside of the image."""
    h, w, channels, wrap = task[HEIGHT], task[WIDTH], task[CHANNELS], task[WRAP] != 0
    kind = rows.dtype.type
    half, zero = np.float32(0.5), np.float32(0.0)
    x, y = x if x > zero else zero, y if y > zero else zero  # of NaN, too
    i0 = int(np.floor(min(x, np.float32(w)) - half)) - 1
    j0 = int(np.floor(min(y, np.float32(h)) - half)) - 1
    for c in range(channels):
        total = kind(0)
        for k in range(4):
            column, place = kind(0), _near(i0 + k, w, wrap)
            for j in range(4):
                column += down[j] * kind(flat[(_near(j0 + j, h, wrap) * task[LINE] + place) * channels + c])
            total += across[k] * column
        rows[c, at] = _level(total, limits[0], limits[1], limits[2])


@kernel(inner=True)
def _level(v, lo, hi, magic):
    """A level within the limits, rounded by `magic`; 0 leaves it as it is."""
    v = lo if v < lo else v
    v = hi if v > hi else v
    return (v + magic) - magic


# --- the channels amid sixteen pixels, by their number ----------------------------------------------------------------
# Each writes four numbers for each point of a block that has an index, and then turns them into levels of all points.


@kernel(inner=True)
def _of_point(weights, i, kind):
    return kind(weights[0][i]), kind(weights[1][i]), kind(weights[2][i]), kind(weights[3][i])


@kernel(inner=True)
def _inside_grey(flat, index, line, across, down, limits, quads, rows, at):
    kind, n = quads.dtype.type, index.size
    for i in range(n):
        if index[i] != -1:
            weights, p = _of_point(down, i, kind), np.uint64(np.uint32(index[i]))
            _bicubic_grey(flat, p, line, weights, weights, quads, np.uint64(4 * i))
    a, b, c, d = across
    lo, hi, magic, row = limits[0], limits[1], limits[2], rows[0, at : at + n]
    for i in range(n):
        v = kind(a[i]) * quads[4 * i] + kind(b[i]) * quads[4 * i + 1]
        v = (v + kind(c[i]) * quads[4 * i + 2]) + kind(d[i]) * quads[4 * i + 3]
        row[i] = _level(v, lo, hi, magic)


@kernel(inner=True)
def _inside_rgb(flat, index, line, across, down, limits, quads, rows, at):
    kind, n = quads.dtype.type, index.size
    for i in range(n):
        if index[i] != -1:
            p = np.uint64(np.uint32(index[i])) * np.uint64(3)
            first, second = _of_point(across, i, kind), _of_point(down, i, kind)
            _bicubic_rgb(flat, p, line, first, second, quads, np.uint64(4 * i))
    lo, hi, magic = limits[0], limits[1], limits[2]
    red, green, blue = rows[0, at : at + n], rows[1, at : at + n], rows[2, at : at + n]
    for i in range(n):
        r, g, b = quads[4 * i], quads[4 * i + 1], quads[4 * i + 2]
        red[i], green[i], blue[i] = _level(r, lo, hi, magic), _level(g, lo, hi, magic), _level(b, lo, hi, magic)


@kernel(inner=True)
def _inside_rgba(flat, index, line, across, down, limits, quads, rows, at):
    kind, n = quads.dtype.type, index.size
    for i in range(n):
        if index[i] != -1:
            p = np.uint64(np.uint32(index[i])) * np.uint64(4)
            first, second = _of_point(across, i, kind), _of_point(down, i, kind)
            _bicubic_rgba(flat, p, line, first, second, quads, np.uint64(4 * i))
    lo, hi, magic, end = limits[0], limits[1], limits[2], at + n
    red, green, blue, alpha = rows[0, at:end], rows[1, at:end], rows[2, at:end], rows[3, at:end]
    for i in range(n):
        r, g, b, o = quads[4 * i], quads[4 * i + 1], quads[4 * i + 2], quads[4 * i + 3]
        red[i], green[i] = _level(r, lo, hi, magic), _level(g, lo, hi, magic)
        blue[i], alpha[i] = _level(b, lo, hi, magic), _level(o, lo, hi, magic)


@kernel(inner=True)
def _inside_any(flat, index, line, across, down, limits, quads, rows, at):
    kind, step = quads.dtype.type, np.uint64(rows.shape[0])
    lo, hi, magic = limits[0], limits[1], limits[2]
    for i in range(index.size):
        if index[i] != -1:
            p = np.uint64(np.uint32(index[i])) * step
            first, second = _of_point(across, i, kind), _of_point(down, i, kind)
            for q in range(rows.shape[0]):
                v = sixteen(flat, p + np.uint64(q), line, step, first, second)
                rows[q, at + i] = _level(v, lo, hi, magic)


def _sampler(name: str, inside: Any) -> Sampler:
    def sample(flat, task, all_rows, limits, scratch):
        h, w, channels, width = task[HEIGHT], task[WIDTH], task[CHANNELS], task[LINE]
        n, at, rows = task[COUNT], task[AT], all_rows[:channels]
        xs, ys, floats = scratch.floats[0], scratch.floats[1], scratch.floats[2:]
        kind, quads = rows.dtype.type, flat_as(scratch.wide, rows.dtype)
        block = floats.shape[1] // 3
        second, third = block, 2 * block
        for start in range(0, n, block):
            m = min(block, n - start)
            part_x, part_y, index = xs[start : start + m], ys[start : start + m], scratch.ints[0, :m]
            fx, fy = floats[0, :m], floats[0, second : second + m]
            a, b, c = floats[1, :m], floats[1, second : second + m], floats[1, third : third + m]
            d, e, f = floats[2, :m], floats[2, second : second + m], floats[2, third : third + m]
            g, o = floats[3, :m], floats[3, second : second + m]
            _bicubic_taps(part_x, part_y, w, h, width, index, fx, fy)
            _cubic(fx, a, b, c, d)
            _cubic(fy, e, f, g, o)
            across, down, first = (a, b, c, d), (e, f, g, o), at + start
            inside(flat, index, np.uint64(width * channels), across, down, limits, quads, rows, first)
            some = np.int32(0)
            for i in range(m):
                some |= index[i]
            if some < 0:
                for i in range(m):
                    if index[i] == -1:
                        weights, others = _of_point(across, i, kind), _of_point(down, i, kind)
                        _bicubic_edge(flat, task, part_x[i], part_y[i], weights, others, limits, rows, first + i)

    sample.__qualname__ = name
    return Sampler(name, sample)


ANY = _sampler("bicubic", _inside_any)
BY_CHANNELS = {
    1: _sampler("bicubic_grey", _inside_grey),
    3: _sampler("bicubic_rgb", _inside_rgb),
    4: _sampler("bicubic_rgba", _inside_rgba),
}
