"""Weighted sums over pixels in a row, two or four of them at a time, and what makes rows of their results.

A pixel's result has four numbers, so that it is one vector; the fourth one of RGB has no meaning.  No operations are
contracted or reordered, so that every way gives the same bits.
"""

from __future__ import annotations

from typing import Any

from ..._core.jit import Intrinsic


def weighted_pairs(channels: int, most: int) -> Intrinsic:
    """``add(values, start, between, weights, at, unit, out, to)`` sums pixels in a row, and writes four numbers.

    There are at most `most` pairs, or any number for 0.  Of one channel it writes four products.  Two pixels are read
    together.  The first two have the weights ``weights[at]`` and ``weights[at + 1]``; `between`
    further pairs have `unit`; the last two have the weights that follow.  A weight of 0 leaves a pixel out, whatever it
    holds.  Reads go up to 20 numbers beyond the first pixel and those between."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def add(typing_context, values, start, between, weights, at, unit, out, to):
            def generate(context, builder, signature, args):
                from llvmlite import ir
                from numba.core import cgutils

                kind, word = values.dtype, ir.IntType(32)
                real = context.get_data_type(kind)
                eight, four = ir.VectorType(real, 8), ir.VectorType(real, 4)
                data = context.make_array(values)(context, builder, args[0]).data
                shares = context.make_array(weights)(context, builder, args[3]).data
                target = context.make_array(out)(context, builder, args[6]).data
                size = kind.bitwidth // 8

                def order(vector, places):
                    return builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(word, len(places)), places))

                def load(base, place, vector, align):
                    return builder.load(builder.bitcast(builder.gep(base, [place]), vector.as_pointer()), align=align)

                def after(place, pairs):
                    steps = builder.add(pairs, ir.Constant(pairs.type, 1))
                    return builder.add(place, builder.mul(steps, ir.Constant(steps.type, 2 * channels)))

                def spread(four_weights, k):
                    return order(four_weights, [k] * channels + [k + 1] * (8 - channels))

                def weigh(pixels, shares):
                    product = builder.fmul(pixels, shares)
                    if kind.bitwidth == 32:  # of bytes, which are finite
                        return product
                    none = ir.Constant(product.type, None)
                    return builder.select(builder.fcmp_ordered("!=", shares, none), product, none)

                small = ir.VectorType(context.get_data_type(weights.dtype), 4)
                own = load(shares, args[4], small, 4)
                if small != four:
                    own = builder.fpext(own, four)
                if channels == 1:
                    result = weigh(load(data, args[1], four, size), own)
                else:
                    first = weigh(load(data, args[1], eight, size), spread(own, 0))
                    pairs = args[2]
                    if most == 0:
                        total = cgutils.alloca_once(builder, eight)
                        builder.store(ir.Constant(eight, None), total)
                        with cgutils.for_range(builder, pairs) as loop:
                            pixels = load(data, after(args[1], loop.index), eight, size)
                            builder.store(builder.fadd(builder.load(total), pixels), total)
                        alone = builder.insert_element(ir.Constant(eight, ir.Undefined), args[5], ir.Constant(word, 0))
                        more = builder.fadd(first, builder.fmul(builder.load(total), order(alone, [0] * 8)))
                        some = builder.icmp_signed(">", pairs, ir.Constant(pairs.type, 0))
                        first = builder.select(some, more, first)  # a sum of nothing would make 0 of -0
                    else:
                        pairs = ir.Constant(pairs.type, 0)
                    both = first
                    if most != 1:
                        last = weigh(load(data, after(args[1], pairs), eight, size), spread(own, 2))
                        both = builder.fadd(first, last)
                    second = [channels, channels + 1, channels + 2, 7 if channels == 4 else 3]
                    result = builder.fadd(order(both, [0, 1, 2, 3]), order(both, second))
                builder.store(result, builder.bitcast(builder.gep(target, [args[7]]), four.as_pointer()), align=size)
                return context.get_dummy_value()

            return (
                types.void(values, types.intp, types.intp, weights, types.intp, values.dtype, out, types.intp),
                generate,
            )

        return intrinsic(add)

    def plain(values: Any, start: Any, between: Any, weights: Any, at: Any, unit: Any, out: Any, to: Any) -> None:
        kind = values.dtype.type
        if channels == 1:
            for k in range(4):
                out[to + k] = kind(weights[at + k]) * values[start + k] if weights[at + k] != 0 else kind(0)
            return
        for c in range(channels):
            total = [kind(0), kind(0)]
            for k in range(2):
                place = int(start) + c + k * channels
                first, last, middle = kind(0), kind(0), kind(0)
                if weights[at + k] != 0:
                    first = kind(weights[at + k]) * values[place]
                for j in range(int(between)):
                    middle = middle + values[place + 2 * channels * (j + 1)]
                if weights[at + 2 + k] != 0:
                    last = kind(weights[at + 2 + k]) * values[place + 2 * channels * (int(between) + 1)]
                total[k] = (first + middle * unit) + last
            out[to + c] = total[0] + total[1]

    return Intrinsic(build, plain)


def planes_of_four() -> Intrinsic:
    """``apart(values, start, one, two, three, at)`` takes the first three of four numbers apart, of eight pixels.

    They are written from ``one[at]``, ``two[at]`` and ``three[at]`` on."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def apart(typing_context, values, start, one, two, three, at):
            def generate(context, builder, signature, args):
                from llvmlite import ir

                kind, word = values.dtype, ir.IntType(32)
                sixteen_of = ir.VectorType(context.get_data_type(kind), 16)
                made = ir.VectorType(context.get_data_type(one.dtype), 8)
                data = context.make_array(values)(context, builder, args[0]).data
                parts = []
                for k in range(2):
                    place = builder.gep(data, [builder.add(args[1], ir.Constant(args[1].type, 16 * k))])
                    parts.append(
                        builder.load(builder.bitcast(place, sixteen_of.as_pointer()), align=kind.bitwidth // 8)
                    )
                for k, row in enumerate((one, two, three)):
                    order = ir.Constant(ir.VectorType(word, 8), [4 * i + k for i in range(8)])
                    levels = builder.shuffle_vector(parts[0], parts[1], order)
                    if row.dtype.bitwidth < kind.bitwidth:
                        levels = builder.fptrunc(levels, made)
                    target = context.make_array(row)(context, builder, args[2 + k]).data
                    place = builder.bitcast(builder.gep(target, [args[5]]), made.as_pointer())
                    builder.store(levels, place, align=row.dtype.bitwidth // 8)
                return context.get_dummy_value()

            return types.void(values, types.intp, one, two, three, types.intp), generate

        return intrinsic(apart)

    def plain(values: Any, start: Any, one: Any, two: Any, three: Any, at: Any) -> None:
        for k, row in enumerate((one, two, three)):
            for i in range(8):
                row[int(at) + i] = values[int(start) + 4 * i + k]

    return Intrinsic(build, plain)


def bytes_of_four(channels: int) -> Intrinsic:
    """``pack(values, start, out, to)`` writes the bytes of four pixels of three or four channels, and for three 4 more.

    Their levels are whole numbers, from ``values[start]`` on, four for each pixel."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def pack(typing_context, values, start, out, to):
            def generate(context, builder, signature, args):
                from llvmlite import ir

                floats, byte = ir.VectorType(context.get_data_type(values.dtype), 16), ir.IntType(8)
                source, target = (
                    context.make_array(k)(context, builder, v).data for k, v in ((values, args[0]), (out, args[2]))
                )
                place = builder.bitcast(builder.gep(source, [args[1]]), floats.as_pointer())
                levels = builder.fptosi(builder.load(place, align=4), ir.VectorType(ir.IntType(32), 16))
                levels = builder.trunc(levels, ir.VectorType(byte, 16))
                order = [4 * i + c for i in range(4) for c in range(channels)]
                order += [0] * (16 - len(order))
                levels = builder.shuffle_vector(levels, levels, ir.Constant(ir.VectorType(ir.IntType(32), 16), order))
                place = builder.bitcast(builder.gep(target, [args[3]]), levels.type.as_pointer())
                builder.store(levels, place, align=1)
                return context.get_dummy_value()

            return types.void(values, types.intp, out, types.intp), generate

        return intrinsic(pack)

    return Intrinsic(build)


def fold_four() -> Intrinsic:
    """``fold(values, start, to)`` adds up four numbers, eight times: from ``values[start]`` on to ``values[to]`` on."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def fold(typing_context, values, start, to):
            def generate(context, builder, signature, args):
                from llvmlite import ir

                real, word, size = context.get_data_type(values.dtype), ir.IntType(32), values.dtype.bitwidth // 8
                sixteen_of, eight = ir.VectorType(real, 16), ir.VectorType(real, 8)
                data = context.make_array(values)(context, builder, args[0]).data
                parts = []
                for k in range(2):
                    place = builder.gep(data, [builder.add(args[1], ir.Constant(args[1].type, 16 * k))])
                    parts.append(builder.load(builder.bitcast(place, sixteen_of.as_pointer()), align=size))
                one, two, three, four = (
                    builder.shuffle_vector(*parts, ir.Constant(ir.VectorType(word, 8), [4 * i + k for i in range(8)]))
                    for k in range(4)
                )
                result = builder.fadd(builder.fadd(one, two), builder.fadd(three, four))
                builder.store(result, builder.bitcast(builder.gep(data, [args[2]]), eight.as_pointer()), align=size)
                return context.get_dummy_value()

            return types.void(values, types.intp, types.intp), generate

        return intrinsic(fold)

    def plain(values: Any, start: Any, to: Any) -> None:
        for i in range(8):
            a, b, c, d = values[start + 4 * i : start + 4 * i + 4]
            values[to + i] = (a + b) + (c + d)

    return Intrinsic(build, plain)


def filtered_pairs(channels: int, known: int = 0) -> Intrinsic:
    """``add(values, start, steps, weights, at, out, to)`` sums pixels in a row by weights, and writes four numbers.

    A step takes two pixels, or four of one channel, of which it writes four sums.  What has no weight is left out,
    whatever it holds.  Reads go up to 12 numbers beyond the pixels of all steps.  The number of steps may be `known`
    beforehand."""
    each = 4 if channels == 1 else 2

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def add(typing_context, values, start, steps, weights, at, out, to):
            def generate(context, builder, signature, args):
                from llvmlite import ir
                from numba.core import cgutils

                kind, word = values.dtype, ir.IntType(32)
                real, size, lanes = context.get_data_type(kind), kind.bitwidth // 8, 4 if channels == 1 else 8
                many, few = ir.VectorType(real, lanes), ir.VectorType(real, each)
                data = context.make_array(values)(context, builder, args[0]).data
                shares = context.make_array(weights)(context, builder, args[3]).data
                target = context.make_array(out)(context, builder, args[5]).data

                def order(vector, places):
                    return builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(word, len(places)), places))

                def load(base, first, step, width, vector):
                    place = builder.add(first, builder.mul(step, ir.Constant(step.type, width)))
                    return builder.load(builder.bitcast(builder.gep(base, [place]), vector.as_pointer()), align=size)

                def product(step):
                    own = load(shares, args[4], step, each, few)
                    if channels > 1:
                        own = order(own, [0] * channels + [1] * (8 - channels))
                    found = builder.fmul(load(data, args[1], step, each * channels, many), own)
                    if kind.bitwidth == 32:  # of bytes, which are finite
                        return found
                    none = ir.Constant(many, None)
                    return builder.select(builder.fcmp_ordered("!=", own, none), found, none)

                if known:
                    result = product(ir.Constant(args[2].type, 0))
                    for k in range(1, known):
                        result = builder.fadd(result, product(ir.Constant(args[2].type, k)))
                else:
                    total = cgutils.alloca_once(builder, many)
                    builder.store(product(ir.Constant(args[2].type, 0)), total)
                    with cgutils.for_range(builder, args[2], start=ir.Constant(args[2].type, 1)) as loop:
                        builder.store(builder.fadd(builder.load(total), product(loop.index)), total)
                    result = builder.load(total)
                if channels > 1:
                    second = [channels, channels + 1, channels + 2, 7 if channels == 4 else 3]
                    result = builder.fadd(order(result, [0, 1, 2, 3]), order(result, second))
                place = builder.bitcast(builder.gep(target, [args[6]]), ir.VectorType(real, 4).as_pointer())
                builder.store(result, place, align=size)
                return context.get_dummy_value()

            return types.void(values, types.intp, types.intp, weights, types.intp, out, types.intp), generate

        return intrinsic(add)

    def plain(values: Any, start: Any, steps: Any, weights: Any, at: Any, out: Any, to: Any) -> None:
        kind = values.dtype.type
        for c in range(channels):
            total = [kind(0)] * each
            for j in range(known or int(steps)):
                for k in range(each):
                    share = weights[at + each * j + k]
                    if share != 0:
                        total[k] += share * values[start + (each * j + k) * channels + c]
            if channels == 1:
                out[to : to + 4] = total
            else:
                out[to + c] = total[0] + total[1]

    return Intrinsic(build, plain)
