"""The bicubic sampler, for any dtype and number of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import kernel
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


@kernel(inner=True)
def _inside_grey(flat, p, line, across, down, limits, rows, k):
    rows[0, k] = _level(_bicubic_grey(flat, p, line, across, down)[0], limits[0], limits[1], limits[2])


@kernel(inner=True)
def _inside_rgb(flat, p, line, across, down, limits, rows, k):
    lo, hi, magic = limits[0], limits[1], limits[2]
    v0, v1, v2 = _bicubic_rgb(flat, p, line, across, down)
    rows[0, k], rows[1, k] = _level(v0, lo, hi, magic), _level(v1, lo, hi, magic)
    rows[2, k] = _level(v2, lo, hi, magic)


@kernel(inner=True)
def _inside_rgba(flat, p, line, across, down, limits, rows, k):
    lo, hi, magic = limits[0], limits[1], limits[2]
    v0, v1, v2, v3 = _bicubic_rgba(flat, p, line, across, down)
    rows[0, k], rows[1, k] = _level(v0, lo, hi, magic), _level(v1, lo, hi, magic)
    rows[2, k], rows[3, k] = _level(v2, lo, hi, magic), _level(v3, lo, hi, magic)


@kernel(inner=True)
def _inside_any(flat, p, line, across, down, limits, rows, k):
    lo, hi, magic, step = limits[0], limits[1], limits[2], np.uint64(rows.shape[0])
    for q in range(rows.shape[0]):
        rows[q, k] = _level(sixteen(flat, p + np.uint64(q), line, step, across, down), lo, hi, magic)


def _sampler(name: str, inside: Any) -> Sampler:
    def sample(flat, task, all_rows, limits, scratch):
        h, w, channels = task[HEIGHT], task[WIDTH], task[CHANNELS]
        n, at, rows = task[COUNT], task[AT], all_rows[:channels]
        kind = rows.dtype.type
        xs, ys, floats = scratch.floats[0], scratch.floats[1], scratch.floats[2:]
        width = task[LINE]
        line, step = np.uint64(width * channels), np.uint64(channels)
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
            for i in range(m):
                across = kind(a[i]), kind(b[i]), kind(c[i]), kind(d[i])
                down = kind(e[i]), kind(f[i]), kind(g[i]), kind(o[i])
                k = at + start + i
                if index[i] < 0:
                    _bicubic_edge(flat, task, part_x[i], part_y[i], across, down, limits, rows, k)
                else:
                    inside(flat, np.uint64(np.uint32(index[i])) * step, line, across, down, limits, rows, k)

    sample.__qualname__ = name
    return Sampler(name, sample)


ANY = _sampler("bicubic", _inside_any)
BY_CHANNELS = {
    1: _sampler("bicubic_grey", _inside_grey),
    3: _sampler("bicubic_rgb", _inside_rgb),
    4: _sampler("bicubic_rgba", _inside_rgba),
}
