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

    def numbers(self, vector: Any, count: int) -> list[Any]:
        """The first numbers of a vector."""
        word = self.ir.IntType(32)
        return [self.builder.extract_element(vector, self.ir.Constant(word, k)) for k in range(count)]


def bilinear_of(channels: int) -> Intrinsic:
    """``step(values, start, line, fx, fy)`` gives the channels between four pixels.

    The two rows begin at `start` and ``start + line``."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, fx, fy):
            def generate(context, builder, signature, args):
                taps = Taps(context, builder, values, args[0], fx)
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


def bicubic_of(channels: int) -> Intrinsic:
    """``step(values, start, line, across, down)`` gives the channels amid sixteen pixels, for two tuples of weights."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, line, across, down):
            kind = across.dtype

            def generate(context, builder, signature, args):
                taps = Taps(context, builder, values, args[0], kind)
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
        return tuple(sixteen(values, int(start) + c, int(line), channels, across, down) for c in range(channels))

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
