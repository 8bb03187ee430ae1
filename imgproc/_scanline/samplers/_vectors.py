"""Pixels as vectors: the channels around a point are read and worked on together.

If all taps of a point are inside the image, they lie side by side.  No operations are contracted or reordered, so that
every way gives the same bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import Intrinsic, kernel


@kernel(inner=True)
def sixteen(flat, start, line, step, across, down):
    """Interpolate one channel amid sixteen pixels: first down each column, then across."""
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


class Taps:
    """Makes code for the taps of one point: vectors of four numbers of type `kind`, read from `values`."""

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
        """Read four elements in a row."""
        builder = self.builder
        place = builder.gep(self.data, [builder.add(start, self.ir.Constant(start.type, offset))])
        part = builder.load(builder.bitcast(place, self.raw.as_pointer()), align=self.align)
        if self.whole:
            return builder.uitofp(part, self.real)
        return builder.fpext(part, self.real) if self.wider else part

    def pixel(self, start: Any, number: int, of: int, channels: int) -> Any:
        """Read pixel `number` of a row of `of` pixels: its channels, and one more number if there are three."""
        if channels == 4:
            return self.load(start, 4 * number)
        if number < of - 1:
            return self.load(start, 3 * number)
        # The last pixel is read with the number before it, so that no read goes beyond the image.
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

    def store(self, vector: Any, array: Any, at: Any, dtype: Any = None) -> None:
        """Write a vector into an array of type `kind`, or whole numbers into one of integers, from element `at` on."""
        from numba.core import types

        builder, align = self.builder, 4 if dtype is None else dtype.bitwidth // 8
        if isinstance(dtype, types.Integer):
            vector = builder.fptosi(vector, self.ir.VectorType(self.ir.IntType(32), 4))
            vector = builder.trunc(vector, self.ir.VectorType(self.ir.IntType(8 * align), 4))
        place = builder.bitcast(builder.gep(array.data, [at]), vector.type.as_pointer())
        builder.store(vector, place, align=align)


def bilinear_of(channels: int) -> Intrinsic:
    """``step(values, start, line, fx, fy, magic, out, at)`` writes the channels between four pixels to
    ``out[at : at + 4]``, rounded by `magic`.

    The two rows begin at `start` and ``start + line``.  Of three channels the fourth number means nothing."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, fx, fy, magic, out, at):
            def generate(context, builder, signature, args):
                taps = Taps(context, builder, values, args[0], fx)
                across, down = taps.spread(args[3]), taps.spread(args[4])
                rows = [args[1], builder.add(args[1], args[2])]
                top, bottom = (
                    taps.between(taps.pixel(row, 0, 2, channels), taps.pixel(row, 1, 2, channels), across)
                    for row in rows
                )
                added = taps.spread(args[5])
                level = builder.fsub(builder.fadd(taps.between(top, bottom, down), added), added)
                taps.store(level, context.make_array(out)(context, builder, args[6]), args[7], out.dtype)
                return context.get_dummy_value()

            return types.void(values, types.uint64, types.uint64, fx, fy, magic, out, types.uint64), generate

        return intrinsic(step)

    def plain(values: Any, start: Any, line: Any, fx: Any, fy: Any, magic: Any, out: Any, at: Any) -> None:
        kind = type(fx)
        for c in range(channels):
            p, q = int(start) + c, int(start) + int(line) + c
            left, right, low, far = (kind(values[k]) for k in (p, p + channels, q, q + channels))
            top, bottom = left + fx * (right - left), low + fx * (far - low)
            out[int(at) + c] = out.dtype.type(((top + fy * (bottom - top)) + magic) - magic)

    return Intrinsic(build, plain)


def bicubic_of(channels: int) -> Intrinsic:
    """``step(values, start, line, across, down, out, at)`` works amid sixteen pixels, with two tuples of weights.

    It writes the channels to ``out[at : at + 4]``; of three the fourth number means nothing.  Of a single channel these
    are the four columns, which still have to be added up."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, across, down, out, at):
            def generate(context, builder, signature, args):
                taps = Taps(context, builder, values, args[0], across.dtype)
                rows = [args[1]]
                for _ in range(3):
                    rows.append(builder.add(rows[-1], args[2]))
                weights = [taps.spread(builder.extract_value(args[4], k)) for k in range(4)]
                if channels == 1:
                    levels = taps.weighted([taps.load(row, 0) for row in rows], weights)
                else:
                    columns = [
                        taps.weighted([taps.pixel(row, k, 4, channels) for row in rows], weights) for k in range(4)
                    ]
                    levels = taps.weighted(columns, [taps.spread(builder.extract_value(args[3], k)) for k in range(4)])
                taps.store(levels, context.make_array(out)(context, builder, args[5]), args[6])
                return context.get_dummy_value()

            return types.void(values, types.uint64, types.uint64, across, down, out, types.uint64), generate

        return intrinsic(step)

    def plain(values: Any, start: Any, line: Any, across: Any, down: Any, out: Any, at: Any) -> None:
        kind, first = type(down[0]), int(start)
        if channels > 1:
            for c in range(channels):
                out[int(at) + c] = sixteen(values, first + c, int(line), channels, across, down)
            return
        for k in range(4):
            a, b, c, d = (kind(values[first + k + j * int(line)]) for j in range(4))
            out[int(at) + k] = ((down[0] * a + down[1] * b) + down[2] * c) + down[3] * d

    return Intrinsic(build, plain)


def pair_of_integers() -> Intrinsic:
    """``pair(values, start)`` reads two neighbouring integers as one number, with the second in the higher bits.

    It gives 0 for floats."""

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


def _word_at(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    def word(typing_context, values, start):
        def generate(context, builder, signature, args):
            data = context.make_array(signature.args[0])(context, builder, args[0]).data
            place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer())
            return builder.load(place, align=1)

        return types.uint64(values, types.uint64), generate

    return intrinsic(word)


def _plain_word_at(values: Any, start: Any) -> Any:
    first = int(start) * values.itemsize
    return values.view(np.uint8)[first : first + 8].view(np.uint64)[0]


word_at = Intrinsic(_word_at, _plain_word_at)
"""``word_at(values, start)``: the eight bytes from element `start` on, as a little-endian number."""


def _copy_four(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    def copy(typing_context, values, start, out, at):
        def generate(context, builder, signature, args):
            four = ir.VectorType(context.get_data_type(values.dtype), 4).as_pointer()
            source, target = (
                builder.gep(context.make_array(kind)(context, builder, array).data, [place])
                for kind, array, place in ((values, args[0], args[1]), (out, args[2], args[3]))
            )
            item = values.dtype.bitwidth // 8
            found = builder.load(builder.bitcast(source, four), align=item)
            builder.store(found, builder.bitcast(target, four), align=item)
            return context.get_dummy_value()

        return types.void(values, types.intp, out, types.intp), generate

    return intrinsic(copy)


def _plain_copy_four(values: np.ndarray, start: int, out: np.ndarray, at: int) -> None:
    out[at : at + 4] = values[start : start + 4]


copy_four = Intrinsic(_copy_four, _plain_copy_four)
"""``copy_four(values, start, out, at)`` in a kernel copies four numbers at once."""
