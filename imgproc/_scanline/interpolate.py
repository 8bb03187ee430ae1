"""Bilinear and bicubic samples of a row, for any dtype and number of channels.

Points are continuous; taps outside the image repeat its edge, or come from the other end (`wrap`).  Where all taps of a
point lie inside, they lie side by side: the channels of a pixel are then worked on together, as a vector.  Nothing is
contracted or reordered, so that every way gives the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.jit import Intrinsic, kernel

CUBIC = -0.75
"""The free parameter of Keys' cubic, as in OpenCV and PyTorch."""

_BLOCK = 64
"""Points that are asked at once whether one of them is at the edge."""


# --- pixels as vectors ------------------------------------------------------------------------------------------------


class _Taps:
    """Code for the taps of one point: vectors of four numbers of `kind` out of `values`."""

    def __init__(self, context: Any, builder: Any, values: Any, array: Any, kind: Any) -> None:
        from llvmlite import ir
        from numba.core import types

        self.ir, self.builder = ir, builder
        self.data = context.make_array(values)(context, builder, array).data
        self.raw = ir.VectorType(context.get_data_type(values.dtype), 4)
        self.real = ir.VectorType(context.get_data_type(kind), 4)
        self.align = values.dtype.bitwidth // 8
        self.whole, self.wider = isinstance(values.dtype, types.Integer), values.dtype != kind

    def load(self, start: Any, offset: int) -> Any:
        """Four elements in a row."""
        builder = self.builder
        place = builder.gep(self.data, [builder.add(start, self.ir.Constant(start.type, offset))])
        part = builder.load(builder.bitcast(place, self.raw.as_pointer()), align=self.align)
        if self.whole:
            return builder.uitofp(part, self.real)
        return builder.fpext(part, self.real) if self.wider else part

    def pixel(self, start: Any, number: int, of: int, channels: int) -> Any:
        """Pixel `number` of a row of `of` pixels: its channels, and one more number where there are three."""
        if channels == 4:
            return self.load(start, 4 * number)
        if number < of - 1:
            return self.load(start, 3 * number)
        # The last one is read with the number before it, so that no read goes beyond the image.
        last = self.load(start, 3 * number - 1)
        order = self.ir.Constant(self.ir.VectorType(self.ir.IntType(32), 4), [1, 2, 3, 3])
        return self.builder.shuffle_vector(last, last, order)

    def spread(self, value: Any) -> Any:
        """A vector that holds one number everywhere."""
        word = self.ir.IntType(32)
        none = self.ir.Constant(self.real, self.ir.Undefined)
        first = self.builder.insert_element(none, value, self.ir.Constant(word, 0))
        return self.builder.shuffle_vector(first, none, self.ir.Constant(self.ir.VectorType(word, 4), [0] * 4))

    def weighted(self, vectors: list[Any], weights: list[Any]) -> Any:
        """The sum of vectors times weights, from first to last."""
        total = self.builder.fmul(vectors[0], weights[0])
        for vector, weight in zip(vectors[1:], weights[1:], strict=True):
            total = self.builder.fadd(total, self.builder.fmul(vector, weight))
        return total

    def between(self, a: Any, b: Any, weight: Any) -> Any:
        """``a + weight (b - a)``."""
        return self.builder.fadd(a, self.builder.fmul(weight, self.builder.fsub(b, a)))

    def numbers(self, vector: Any, count: int) -> list[Any]:
        """The first numbers of a vector."""
        word = self.ir.IntType(32)
        return [self.builder.extract_element(vector, self.ir.Constant(word, k)) for k in range(count)]


def _bilinear_of(channels: int) -> Intrinsic:
    """``step(values, start, line, fx, fy)``: the channels between four pixels; rows begin at start, start + line."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, fx, fy):
            def generate(context, builder, signature, args):
                taps = _Taps(context, builder, values, args[0], fx)
                across, down = taps.spread(args[3]), taps.spread(args[4])
                rows = [args[1], builder.add(args[1], args[2])]
                top, bottom = (
                    taps.between(taps.pixel(row, 0, 2, channels), taps.pixel(row, 1, 2, channels), across)
                    for row in rows
                )
                levels = taps.numbers(taps.between(top, bottom, down), channels)
                return context.make_tuple(builder, signature.return_type, levels)

            return types.UniTuple(fx, channels)(values, types.uint64, types.uint64, fx, fy), generate

        return intrinsic(step)

    def plain(values: Any, start: Any, line: Any, fx: Any, fy: Any) -> tuple[Any, ...]:
        kind = type(fx)
        levels = []
        for p in range(int(start), int(start) + channels):
            a, b, c, d = (kind(values[q]) for q in (p, p + channels, p + int(line), p + int(line) + channels))
            top, bottom = a + fx * (b - a), c + fx * (d - c)
            levels.append(top + fy * (bottom - top))
        return tuple(levels)

    return Intrinsic(build, plain)


def _bicubic_of(channels: int) -> Intrinsic:
    """``step(values, start, line, across, down)``: the channels amid sixteen pixels, given two tuples of weights."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, across, down):
            kind = across.dtype

            def generate(context, builder, signature, args):
                taps = _Taps(context, builder, values, args[0], kind)
                rows = [args[1]]
                for _ in range(3):
                    rows.append(builder.add(rows[-1], args[2]))
                weights = [taps.spread(builder.extract_value(args[4], k)) for k in range(4)]
                if channels == 1:
                    columns = taps.numbers(taps.weighted([taps.load(row, 0) for row in rows], weights), 4)
                    weights = [builder.extract_value(args[3], k) for k in range(4)]
                    return context.make_tuple(builder, signature.return_type, [taps.weighted(columns, weights)])
                columns = [taps.weighted([taps.pixel(row, k, 4, channels) for row in rows], weights) for k in range(4)]
                weights = [taps.spread(builder.extract_value(args[3], k)) for k in range(4)]
                levels = taps.numbers(taps.weighted(columns, weights), channels)
                return context.make_tuple(builder, signature.return_type, levels)

            return types.UniTuple(kind, channels)(values, types.uint64, types.uint64, across, down), generate

        return intrinsic(step)

    def plain(values: Any, start: Any, line: Any, across: Any, down: Any) -> tuple[Any, ...]:
        return tuple(_sixteen(values, int(start) + c, int(line), channels, across, down) for c in range(channels))

    return Intrinsic(build, plain)


def _pair_of_integers() -> Intrinsic:
    """``pair(values, start)``: two integers side by side as one, the second one above the first; 0 for floats."""

    def build(intrinsic: Any) -> Any:
        from llvmlite import ir
        from numba.core import types

        def pair(typing_context, values, start):
            def generate(context, builder, signature, args):
                word = ir.IntType(32)
                if not isinstance(values.dtype, types.Integer):
                    return ir.Constant(word, 0)
                data = context.make_array(values)(context, builder, args[0]).data
                both = ir.IntType(2 * values.dtype.bitwidth)
                place = builder.bitcast(builder.gep(data, [args[1]]), both.as_pointer())
                found = builder.load(place, align=values.dtype.bitwidth // 8)
                return found if both == word else builder.zext(found, word)

            return types.uint32(values, types.uint64), generate

        return intrinsic(pair)

    def plain(values: Any, start: Any) -> Any:
        p = int(start)
        both = int(values[p]) | int(values[p + 1]) << 8 * values.itemsize if values.dtype.kind == "u" else 0
        return np.uint32(both)

    return Intrinsic(build, plain)


_pair = _pair_of_integers()
_bilinear_rgb, _bilinear_rgba = _bilinear_of(3), _bilinear_of(4)
_bicubic_grey, _bicubic_rgb, _bicubic_rgba = _bicubic_of(1), _bicubic_of(3), _bicubic_of(4)


# --- bilinear ---------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _corner(x, limit):
    """The right one of the two pixels around a point along an axis, and its weight."""
    zero, half = np.float32(0.0), np.float32(0.5)
    x = x if x > zero else zero
    x = limit if x > limit else x
    u = x + half
    k = np.int32(u)
    return k, u - np.float32(k)


@kernel(inner=True)
def _bilinear_taps(xs, ys, n, w, h, index, edge, fx, fy):
    """Number of the upper left one of the four pixels around each point; `edge` is 1 where one of them is outside."""
    right, bottom, width = np.float32(w), np.float32(h), np.int32(w)
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
    """A pixel for a place that may lie outside."""
    if wrap:
        return k % size
    return min(max(k, 0), size - 1)


@kernel(inner=True)
def _bilinear_edge(flat, w, h, channels, wrap, x, y, magic, rows, at):
    """A point with taps outside."""
    kind = rows.dtype.type
    k, tx = _corner(x, np.float32(w))
    m, ty = _corner(y, np.float32(h))
    fx, fy = kind(tx), kind(ty)
    top, bottom = _near(int(m) - 1, h, wrap) * w, _near(int(m), h, wrap) * w
    left, right = _near(int(k) - 1, w, wrap), _near(int(k), w, wrap)
    for c in range(channels):
        s, t = kind(flat[(top + left) * channels + c]), kind(flat[(bottom + left) * channels + c])
        s += fx * (kind(flat[(top + right) * channels + c]) - s)
        t += fx * (kind(flat[(bottom + right) * channels + c]) - t)
        rows[c, at] = ((s + fy * (t - s)) + magic) - magic


@kernel(inner=True)
def _bilinear_plane(flat, step, line, index, fx, fy, n, magic, row):
    """One channel."""
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
    """One channel of integers: neighbours are read together."""
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
def _bilinear_rgb_row(flat, line, index, fx, fy, n, magic, red, green, blue):
    kind = red.dtype.type
    three, down = np.uint64(3), np.uint64(line)
    for i in range(n):
        p = np.uint64(np.uint32(index[i])) * three
        r, g, b = _bilinear_rgb(flat, p, down, kind(fx[i]), kind(fy[i]))
        red[i], green[i], blue[i] = (r + magic) - magic, (g + magic) - magic, (b + magic) - magic


@kernel(inner=True)
def _bilinear_rgba_row(flat, line, index, fx, fy, n, magic, red, green, blue, alpha):
    kind = red.dtype.type
    four, down = np.uint64(4), np.uint64(line)
    for i in range(n):
        p = np.uint64(np.uint32(index[i])) * four
        r, g, b, a = _bilinear_rgba(flat, p, down, kind(fx[i]), kind(fy[i]))
        red[i], green[i] = (r + magic) - magic, (g + magic) - magic
        blue[i], alpha[i] = (b + magic) - magic, (a + magic) - magic


@kernel(inner=True)
def sample_bilinear(flat, w, h, channels, wrap, xs, ys, n, magic, ints, floats, rows, at):
    """Bilinear for any dtype and number of channels.

    Scratch: four rows of `ints`, two of `floats`.  `magic` rounds to whole levels, 0 leaves them as they are."""
    index, edge, fx, fy = ints[0], ints[3], floats[0], floats[1]
    end = at + n
    _bilinear_taps(xs, ys, n, w, h, index, edge, fx, fy)
    line = w * channels
    if min(w, h) > 1:
        if channels == 3:
            red, green, blue = rows[0, at:end], rows[1, at:end], rows[2, at:end]
            _bilinear_rgb_row(flat, line, index, fx, fy, n, magic, red, green, blue)
        elif channels == 4:
            red, green, blue, alpha = rows[0, at:end], rows[1, at:end], rows[2, at:end], rows[3, at:end]
            _bilinear_rgba_row(flat, line, index, fx, fy, n, magic, red, green, blue, alpha)
        elif channels == 1 and magic > 0:
            _bilinear_grey(flat, line, index, ints[1], ints[2], fx, fy, n, magic, rows[0, at:end])
        else:
            for c in range(channels):
                _bilinear_plane(flat[c:], channels, line, index, fx, fy, n, magic, rows[c, at:end])
    for start in range(0, n, _BLOCK):
        last, some = min(start + _BLOCK, n), np.int32(0)
        for i in range(start, last):
            some |= edge[i]
        if some != 0:
            for i in range(start, last):
                if edge[i] != 0:
                    _bilinear_edge(flat, w, h, channels, wrap, xs[i], ys[i], magic, rows, at + i)


# --- bicubic ----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _cubic(t, first, second, third, fourth):
    """Keys' cubic at the four taps around t in [0, 1), for a row of them."""
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
def _bicubic_taps(xs, ys, w, h, index, fx, fy):
    """Number of the upper left one of the sixteen pixels around each point; -1 where one of them is outside."""
    zero, half, one = np.float32(0.0), np.float32(0.5), np.int32(1)
    right, bottom, width = np.float32(w), np.float32(h), np.int32(w)
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
def _sixteen(flat, start, line, step, across, down):
    """One channel amid sixteen pixels: rows first."""
    kind = type(down[0])
    a, b, c, d = start, start + line, start + line + line, start + line + line + line
    e, f, g, h = down
    first = ((e * kind(flat[a]) + f * kind(flat[b])) + g * kind(flat[c])) + h * kind(flat[d])
    a, b, c, d = a + step, b + step, c + step, d + step
    second = ((e * kind(flat[a]) + f * kind(flat[b])) + g * kind(flat[c])) + h * kind(flat[d])
    a, b, c, d = a + step, b + step, c + step, d + step
    third = ((e * kind(flat[a]) + f * kind(flat[b])) + g * kind(flat[c])) + h * kind(flat[d])
    a, b, c, d = a + step, b + step, c + step, d + step
    fourth = ((e * kind(flat[a]) + f * kind(flat[b])) + g * kind(flat[c])) + h * kind(flat[d])
    return ((across[0] * first + across[1] * second) + across[2] * third) + across[3] * fourth


@kernel(inner=True)
def _bicubic_edge(flat, w, h, channels, wrap, x, y, across, down, lo, hi, magic, rows, at):
    """A point with taps outside."""
    kind = rows.dtype.type
    half = np.float32(0.5)
    i0 = int(np.floor(min(max(x, np.float32(0.0)), np.float32(w)) - half)) - 1
    j0 = int(np.floor(min(max(y, np.float32(0.0)), np.float32(h)) - half)) - 1
    for c in range(channels):
        total = kind(0)
        for k in range(4):
            column, place = kind(0), _near(i0 + k, w, wrap)
            for j in range(4):
                column += down[j] * kind(flat[(_near(j0 + j, h, wrap) * w + place) * channels + c])
            total += across[k] * column
        rows[c, at] = _level(total, lo, hi, magic)


@kernel(inner=True)
def _level(v, lo, hi, magic):
    v = lo if v < lo else v
    v = hi if v > hi else v
    return (v + magic) - magic


@kernel(inner=True)
def sample_bicubic(flat, w, h, channels, wrap, xs, ys, n, magic, lo, hi, ints, floats, rows, at):
    """Bicubic for any dtype and number of channels; levels saturate at `lo` and `hi`.

    Scratch: a row of `ints`, four of `floats`."""
    kind = rows.dtype.type
    line, step = np.uint64(w * channels), np.uint64(channels)
    block = floats.shape[1] // 3
    second, third = block, 2 * block
    for start in range(0, n, block):
        m = min(block, n - start)
        part_x, part_y, index = xs[start : start + m], ys[start : start + m], ints[0, :m]
        fx, fy = floats[0, :m], floats[0, second : second + m]
        a, b, c = floats[1, :m], floats[1, second : second + m], floats[1, third : third + m]
        d, e, f = floats[2, :m], floats[2, second : second + m], floats[2, third : third + m]
        g, o = floats[3, :m], floats[3, second : second + m]
        _bicubic_taps(part_x, part_y, w, h, index, fx, fy)
        _cubic(fx, a, b, c, d)
        _cubic(fy, e, f, g, o)
        for i in range(m):
            across = kind(a[i]), kind(b[i]), kind(c[i]), kind(d[i])
            down = kind(e[i]), kind(f[i]), kind(g[i]), kind(o[i])
            k = at + start + i
            if index[i] < 0:
                _bicubic_edge(flat, w, h, channels, wrap, part_x[i], part_y[i], across, down, lo, hi, magic, rows, k)
                continue
            p = np.uint64(np.uint32(index[i])) * step
            if channels == 3:
                v0, v1, v2 = _bicubic_rgb(flat, p, line, across, down)
                rows[0, k], rows[1, k] = _level(v0, lo, hi, magic), _level(v1, lo, hi, magic)
                rows[2, k] = _level(v2, lo, hi, magic)
            elif channels == 4:
                v0, v1, v2, v3 = _bicubic_rgba(flat, p, line, across, down)
                rows[0, k], rows[1, k] = _level(v0, lo, hi, magic), _level(v1, lo, hi, magic)
                rows[2, k], rows[3, k] = _level(v2, lo, hi, magic), _level(v3, lo, hi, magic)
            elif channels == 1:
                rows[0, k] = _level(_bicubic_grey(flat, p, line, across, down)[0], lo, hi, magic)
            else:
                for q in range(channels):
                    v0 = _sixteen(flat, p + np.uint64(q), line, step, across, down)
                    rows[q, k] = _level(v0, lo, hi, magic)
