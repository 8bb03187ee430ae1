"""The bilinear sampler, for any dtype and number of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import kernel
from ..._core.views import flat_as
from ._base import AT, CHANNELS, COUNT, HEIGHT, LINE, PACKED, WIDTH, WRAP, Sampler
from ._vectors import bilinear_of, pair_of_integers, word_at
from ._windows import neighbours

_BLOCK = 64
"""So many points are asked together whether one of them is at the edge."""

_pair = pair_of_integers()
_bilinear_rgb, _bilinear_rgba = bilinear_of(3), bilinear_of(4)


@kernel(inner=True)
def _corner(x, limit):
    """Find the right one of the two pixels around a point along an axis, and its weight."""
    zero, half = np.float32(0.0), np.float32(0.5)
    x = x if x > zero else zero
    x = limit if x > limit else x
    u = x + half
    k = np.int32(u)
    return k, u - np.float32(k)


@kernel(inner=True)
def _bilinear_taps(xs, ys, n, w, h, line, index, edge, fx, fy):
    """Find the number of the upper left one of the four pixels around each point.

    `edge` becomes 1 if one of the four is outside."""
    right, bottom, width = np.float32(w), np.float32(h), np.int32(line)
    last_x, last_y, one = np.int32(w - 1), np.int32(h - 1), np.int32(1)
    for i in range(n):
        k, tx = _corner(xs[i], right)
        m, ty = _corner(ys[i], bottom)
        fx[i], fy[i] = tx, ty
        whole = (k >= one) & (k <= last_x) & (m >= one) & (m <= last_y)
        left = np.int32(np.int32(np.int32(m - one) * width) + np.int32(k - one))
        index[i] = left if whole else np.int32(0)
        edge[i] = np.int32(0) if whole else np.int32(1)


@kernel(inner=True)
def _near(k, size, wrap):
    """The pixel that stands for a place which may be outside."""
    if wrap:
        return k % size
    return min(max(k, 0), size - 1)


@kernel(inner=True)
def _bilinear_edge(flat, task, x, y, magic, out, at, step):
    """Sample a point that has taps outside of the image; its channels are written `step` numbers apart."""
    h, w, channels, wrap, line = task[HEIGHT], task[WIDTH], task[CHANNELS], task[WRAP] != 0, task[LINE]
    kind = type(magic)
    k, tx = _corner(x, np.float32(w))
    m, ty = _corner(y, np.float32(h))
    fx, fy = kind(tx), kind(ty)
    top, bottom = _near(int(m) - 1, h, wrap) * line, _near(int(m), h, wrap) * line
    left, right = _near(int(k) - 1, w, wrap), _near(int(k), w, wrap)
    for c in range(channels):
        s, t = kind(flat[(top + left) * channels + c]), kind(flat[(bottom + left) * channels + c])
        s += fx * (kind(flat[(top + right) * channels + c]) - s)
        t += fx * (kind(flat[(bottom + right) * channels + c]) - t)
        out[at + c * step] = out.dtype.type(((s + fy * (t - s)) + magic) - magic)


@kernel(inner=True)
def _bilinear_plane(flat, step, line, index, fx, fy, n, magic, row):
    """Sample one channel of any dtype."""
    kind = row.dtype.type
    right, down = np.uint64(step), np.uint64(line)
    for i in range(n):
        p = np.uint64(np.uint32(index[i])) * right
        q = p + down
        s, t = kind(flat[p]), kind(flat[q])
        s += kind(fx[i]) * (kind(flat[p + right]) - s)
        t += kind(fx[i]) * (kind(flat[q + right]) - t)
        row[i] = s + kind(fy[i]) * (t - s)
    for i in range(n):
        row[i] = (row[i] + magic) - magic


@kernel(inner=True)
def _bilinear_grey(flat, line, index, tops, bottoms, fx, fy, n, magic, row):
    """Sample images of one channel of integers: two neighbours are read at once."""
    kind = row.dtype.type
    down = np.uint64(line)
    for i in range(n):
        p = np.uint64(np.uint32(index[i]))
        tops[i], bottoms[i] = np.int32(_pair(flat, p)), np.int32(_pair(flat, p + down))
    bits = np.uint32(8 * flat.itemsize)
    low = np.uint32((np.uint32(1) << bits) - np.uint32(1))
    for i in range(n):
        a, b = np.uint32(tops[i]), np.uint32(bottoms[i])
        s, t = np.float32(np.int32(a & low)), np.float32(np.int32(b & low))
        s += fx[i] * (np.float32(np.int32(a >> bits)) - s)
        t += fx[i] * (np.float32(np.int32(b >> bits)) - t)
        row[i] = kind(((s + fy[i] * (t - s)) + magic) - magic)


@kernel(inner=True)
def _fetch_pairs(flat, line, index, n, tops, bottoms):
    """Read two neighbours of float32 above and below each point, as one number each."""
    down = np.uint64(line)
    for i in range(n):
        p = np.uint64(np.uint32(index[i]))
        tops[i], bottoms[i] = word_at(flat, p), word_at(flat, p + down)


@kernel(inner=True)
def _between_pairs(tops, bottoms, fx, fy, magic, row):
    """Interpolate between pairs; `tops` and `bottoms` hold one after the other."""
    for i in range(row.size):
        s, t = tops[2 * i], bottoms[2 * i]
        s += fx[i] * (tops[2 * i + 1] - s)
        t += fx[i] * (bottoms[2 * i + 1] - t)
        row[i] = ((s + fy[i] * (t - s)) + magic) - magic


QUADS = 512
"""So many points are done before their channels go apart."""


@kernel(inner=True)
def _rgb_quads(flat, line, index, fx, fy, magic, quads, step):
    """Write four numbers for each pixel, `step` apart."""
    kind, three, step, down = type(magic), np.uint64(3), np.uint64(step), np.uint64(line)
    for i in range(np.uint64(index.size)):
        p = np.uint64(np.uint32(index[i])) * three
        _bilinear_rgb(flat, p, down, kind(fx[i]), kind(fy[i]), magic, quads, step * i)


@kernel(inner=True)
def _rgba_quads(flat, line, index, fx, fy, magic, quads):
    kind, four, down = type(magic), np.uint64(4), np.uint64(line)
    for i in range(np.uint64(index.size)):
        p = np.uint64(np.uint32(index[i])) * four
        _bilinear_rgba(flat, p, down, kind(fx[i]), kind(fy[i]), magic, quads, four * i)


@kernel(inner=True)
def three_apart(quads, red, green, blue):
    """Write the first three of each four numbers to rows of their own."""
    for i in range(red.size):
        red[i], green[i], blue[i] = quads[4 * i], quads[4 * i + 1], quads[4 * i + 2]


@kernel(inner=True)
def four_apart(quads, red, green, blue, alpha):
    """The same for all four numbers."""
    for i in range(red.size):
        red[i], green[i], blue[i], alpha[i] = quads[4 * i], quads[4 * i + 1], quads[4 * i + 2], quads[4 * i + 3]


# --- points whose taps all lie inside, by number of channels ----------------------------------------------------------


@kernel(inner=True)
def _inside_grey(flat, line, task, magic, rows, scratch):
    n, at = task[COUNT], task[AT]
    index, fx, fy = scratch.ints[0], scratch.floats[2], scratch.floats[3]
    _bilinear_grey(flat, line, index, scratch.ints[1], scratch.ints[2], fx, fy, n, magic, rows[0, at : at + n])


@kernel(inner=True)
def _inside_pairs(flat, line, task, magic, rows, scratch):
    n, at = task[COUNT], task[AT]
    tops, bottoms, fx, fy = scratch.wide[0], scratch.wide[1], scratch.floats[2], scratch.floats[3]
    _fetch_pairs(flat, line, scratch.ints[0], n, tops, bottoms)
    tops, bottoms = flat_as(tops, np.float32), flat_as(bottoms, np.float32)
    _between_pairs(tops, bottoms, fx, fy, magic, rows[0, at : at + n])


@kernel(inner=True)
def _inside_rgb(flat, line, task, magic, rows, scratch):
    n, at, index, fx, fy = task[COUNT], task[AT], scratch.ints[0], scratch.floats[2], scratch.floats[3]
    quads = flat_as(scratch.wide, rows.dtype)
    if task[PACKED] != 0:
        # The fourth number of a pixel is replaced by the next one, so that the last pixel is not written like that.
        made, m = flat_as(rows, flat.dtype)[3 * at :], n - 1
        _rgb_quads(flat, line, index[:m], fx, fy, magic, made, 3)
        _rgb_quads(flat, line, index[m:n], fx[m:], fy[m:], magic, quads, 4)
        for c in range(3):
            made[3 * m + c] = flat.dtype.type(quads[c])
        return
    for first in range(0, n, QUADS):
        m, a = min(QUADS, n - first), at + first
        _rgb_quads(flat, line, index[first : first + m], fx[first:], fy[first:], magic, quads, 4)
        three_apart(quads, rows[0, a : a + m], rows[1, a : a + m], rows[2, a : a + m])


@kernel(inner=True)
def _inside_rgba(flat, line, task, magic, rows, scratch):
    n, at, index, fx, fy = task[COUNT], task[AT], scratch.ints[0], scratch.floats[2], scratch.floats[3]
    if task[PACKED] != 0:
        _rgba_quads(flat, line, index[:n], fx, fy, magic, flat_as(rows, flat.dtype)[4 * at :])
        return
    quads = flat_as(scratch.wide, rows.dtype)
    for first in range(0, n, QUADS):
        m, a = min(QUADS, n - first), at + first
        _rgba_quads(flat, line, index[first : first + m], fx[first:], fy[first:], magic, quads)
        four_apart(quads, rows[0, a : a + m], rows[1, a : a + m], rows[2, a : a + m], rows[3, a : a + m])


@kernel(inner=True)
def _inside_any(flat, line, task, magic, rows, scratch):
    index, fx, fy, channels = scratch.ints[0], scratch.floats[2], scratch.floats[3], rows.shape[0]
    n, at = task[COUNT], task[AT]
    for c in range(channels):
        _bilinear_plane(flat[c:], channels, line, index, fx, fy, n, magic, rows[c, at : at + n])


@kernel(inner=True)
def _edges(flat, task, magic, out, first, apart, scratch):
    """Sample the points that `edge` says have taps outside.

    The first point is written from ``out[first]`` on; `apart` says how far apart points and channels are."""
    n, xs, ys, edge = task[COUNT], scratch.floats[0], scratch.floats[1], scratch.ints[3]
    for start in range(0, n, _BLOCK):
        last, some = min(start + _BLOCK, n), np.int32(0)
        block = edge[start:last]  # places in it cannot be negative, and so they are read in a row
        for i in range(block.size):
            some |= block[i]
        if some != 0:
            for i in range(start, last):
                if edge[i] != 0:
                    _bilinear_edge(flat, task, xs[i], ys[i], magic, out, first + apart[0] * i, apart[1])


@kernel(inner=True)
def _edges_in_rows(flat, task, magic, rows, scratch):
    _edges(flat, task, magic, flat_as(rows, rows.dtype), task[AT], (np.int64(1), np.int64(rows.shape[1])), scratch)


@kernel(inner=True)
def _edges_packed(flat, task, magic, rows, scratch):
    """The same, for packed pixels if this is asked for."""
    if task[PACKED] == 0:
        _edges_in_rows(flat, task, magic, rows, scratch)
        return
    channels = task[CHANNELS]
    made = flat_as(rows, flat.dtype)
    _edges(flat, task, magic, made, task[AT] * channels, (channels, np.int64(1)), scratch)


def _sampler(name: str, inside: Any, packs: bool = False) -> Sampler:
    edges = _edges_packed if packs else _edges_in_rows

    def sample(flat, task, rows, limits, scratch):
        h, w, channels, line = task[HEIGHT], task[WIDTH], task[CHANNELS], task[LINE]
        n, magic = task[COUNT], limits[2]  # `magic` rounds levels; 0 leaves them as they are
        xs, ys, edge = scratch.floats[0], scratch.floats[1], scratch.ints[3]
        _bilinear_taps(xs, ys, n, w, h, line, scratch.ints[0], edge, scratch.floats[2], scratch.floats[3])
        if min(w, h) > 1:
            inside(flat, line * channels, task, magic, rows[:channels], scratch)
        edges(flat, task, magic, rows, scratch)

    sample.__qualname__ = name
    return Sampler(name, sample, packs)


# --- bytes of one channel, on CPUs that look up in windows ------------------------------------------------------------


@kernel(inner=True)
def _window_taps(xs, ys, n, w, h, left, top, edge, fx, fy):
    """Find the column and the row of the upper left one of the four pixels around each point, inside of the image."""
    right, bottom, zero, one = np.float32(w), np.float32(h), np.int32(0), np.int32(1)
    last_x, last_y = np.int32(w - 2), np.int32(h - 2)
    for i in range(n):
        k, tx = _corner(xs[i], right)
        m, ty = _corner(ys[i], bottom)
        fx[i], fy[i] = tx, ty
        k, m = np.int32(k - one), np.int32(m - one)
        whole = (k >= zero) & (k <= last_x) & (m >= zero) & (m <= last_y)
        k, m = (k if k > zero else zero), (m if m > zero else zero)
        left[i], top[i] = (last_x if k > last_x else k), (last_y if m > last_y else m)
        edge[i] = zero if whole else one


@kernel(inner=True)
def _between_bytes(found, fx, fy, magic, row):
    byte = np.uint32(255)
    for i in range(row.size):
        v = np.uint32(found[i])
        s, t = np.float32(np.int32(v & byte)), np.float32(np.int32((v >> np.uint32(16)) & byte))
        s += fx[i] * (np.float32(np.int32((v >> np.uint32(8)) & byte)) - s)
        t += fx[i] * (np.float32(np.int32(v >> np.uint32(24))) - t)
        row[i] = ((s + fy[i] * (t - s)) + magic) - magic


@kernel(inner=True)
def _sample_bytes(flat, task, rows, limits, scratch):
    h, w, n, at, magic = task[HEIGHT], task[WIDTH], task[COUNT], task[AT], limits[2]
    left, top, found, edge = scratch.ints[0], scratch.ints[1], scratch.ints[2], scratch.ints[3]
    fx, fy = scratch.floats[2], scratch.floats[3]
    _window_taps(scratch.floats[0], scratch.floats[1], n, w, h, left, top, edge, fx, fy)
    if min(w, h) > 1:
        neighbours(flat, left, top, task[LINE], n, found)
        _between_bytes(found, fx, fy, magic, rows[0, at : at + n])
    _edges_in_rows(flat, task, magic, rows, scratch)


BYTES = Sampler("bilinear_bytes", _sample_bytes)
"""For one channel of bytes, where `neighbours` is fast."""
GREY, ANY = _sampler("bilinear_grey", _inside_grey), _sampler("bilinear", _inside_any)
FLOATS = _sampler("bilinear_floats", _inside_pairs)
BY_CHANNELS = {3: _sampler("bilinear_rgb", _inside_rgb, True), 4: _sampler("bilinear_rgba", _inside_rgba, True)}
"""By number of channels.  `GREY` is for one channel of integers alone, `FLOATS` for one of float32."""
