"""Weighted sums over a few rows and columns in vectors of 512 bits, for the sampler of areas.

A vector holds the channels of some pixels of the result, side by side.  What they read along a row lies within two or
three vectors, out of which one instruction takes a number for each lane.  The next column lies as many numbers farther,
in all lanes, so that each block of pixels has one list of places, and one list of weights for each column.

No operations are contracted or reordered: sums have the bits of `_pairs.weighted_pairs`.  Sums over rows of bytes are
integers, which float32 holds exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import Choice, Intrinsic, kernel
from ..._core.views import flat_as
from ._base import CHANNELS, COUNT, PAIRS, REACH, TURN_X

FEATURE = "avx512bw"
"""What a CPU must have."""
TAPS = 4
"""Columns that a pixel reads at most."""
SHARES = 8192
"""Numbers of float64 for the weights of all lanes, which are float32."""
PLACES = 512
"""Numbers of float64 for their places, which are bytes."""
TABLES = SHARES + PLACES
MOST_SUM = 1 << 24
"""float32 holds all integers up to this one."""
MOST_WEIGHT = (1 << 15) - 1
"""The largest weight that is multiplied as an integer of 16 bits."""


def sums_of_lanes(registers: int, pairs: int) -> Intrinsic:
    """``add(sums, left, bases, places, shares, out, sizes, rounding)`` sums columns, for blocks of pixels.

    `sizes` are the number of blocks, how many lanes of a vector count, and how many numbers lie between the first
    column and the second, the third and the fourth one of those that are added up: ``(1 + 2) + (3 + 4)``.

    Block k reads from ``sums[bases[k] - left]`` on, within so many vectors.  What it writes, side by side with other
    blocks, are sums, or if `out` has bytes, rounded means; `rounding` has three numbers, see `area`."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def add(typing_context, sums, left, bases, places, shares, out, sizes, rounding):
            def generate(context, builder, signature, args):
                from llvmlite import ir
                from numba.core import cgutils

                bits = sums.dtype.bitwidth
                lanes, real, word = 512 // bits, context.get_data_type(sums.dtype), ir.IntType(bits)
                vector, numbers = ir.VectorType(real, lanes), ir.VectorType(word, lanes)
                data, starts, lists, weights, target = (
                    context.make_array(kind)(context, builder, args[k]).data
                    for kind, k in ((sums, 0), (bases, 2), (places, 3), (shares, 4), (out, 5))
                )
                blocks, width, *farther = (builder.extract_value(args[6], k) for k in range(5))
                name = {32: ("ps", "sf"), 64: ("pd", "df")}[bits]
                two = ir.FunctionType(vector, [vector, numbers, vector])
                pick_two = cgutils.get_or_insert_function(
                    builder.module, two, f"llvm.x86.avx512.vpermi2var.{name[0]}.512"
                )
                one = ir.FunctionType(vector, [vector, numbers])
                pick_one = cgutils.get_or_insert_function(builder.module, one, f"llvm.x86.avx512.permvar.{name[1]}.512")

                def load(base, place, kind, align):
                    return builder.load(builder.bitcast(builder.gep(base, [place]), kind.as_pointer()), align=align)

                def picked(parts, index):
                    if registers == 1:
                        return builder.call(pick_one, [parts[0], index])
                    found = builder.call(pick_two, [parts[0], index, parts[1]])
                    if registers == 2:
                        return found
                    far = builder.icmp_unsigned(">=", index, ir.Constant(numbers, [2 * lanes] * lanes))
                    return builder.select(far, builder.call(pick_one, [parts[2], index]), found)

                def everywhere(number, kind):
                    alone = builder.insert_element(ir.Constant(kind, ir.Undefined), number, ir.IntType(32)(0))
                    return builder.shuffle_vector(alone, alone, ir.Constant(ir.VectorType(ir.IntType(32), lanes), None))

                farther = [everywhere(builder.trunc(step, word), numbers) for step in farther[: 2 * pairs - 1]]
                constants = [everywhere(builder.extract_value(args[7], k), vector) for k in range(3)]
                with cgutils.for_range(builder, blocks) as loop:
                    first = builder.mul(loop.index, ir.Constant(loop.index.type, lanes))
                    index = builder.zext(load(lists, first, ir.VectorType(ir.IntType(8), lanes), 1), numbers)
                    start = builder.load(builder.gep(starts, [loop.index]))
                    start = builder.sub(builder.sext(start, args[1].type), args[1])
                    parts = [
                        load(data, builder.add(start, ir.Constant(start.type, lanes * k)), vector, bits // 8)
                        for k in range(registers)
                    ]
                    products = []
                    for k in range(2 * pairs):
                        at = builder.add(
                            builder.mul(first, ir.Constant(first.type, TAPS)), ir.Constant(first.type, lanes * k)
                        )
                        own = load(weights, at, ir.VectorType(ir.FloatType(), lanes), 4)
                        own = own if bits == 32 else builder.fpext(own, vector)
                        place = builder.add(index, farther[k - 1]) if k else index
                        product = builder.fmul(picked(parts, place), own)
                        if bits == 64:  # what has no weight may be infinite
                            none = ir.Constant(vector, None)
                            product = builder.select(builder.fcmp_ordered("!=", own, none), product, none)
                        products.append(product)
                    total = builder.fadd(*products[:2])
                    if pairs == 2:
                        total = builder.fadd(total, builder.fadd(*products[2:]))
                    if out.dtype != sums.dtype:
                        scale, grid, magic = constants
                        total = builder.fadd(builder.fmul(total, scale), grid)
                        total = builder.fadd(builder.fsub(total, grid), magic)
                        # The lowest bits of such a number are the level.
                        total = builder.trunc(builder.bitcast(total, numbers), ir.VectorType(ir.IntType(8), lanes))
                    place = builder.gep(target, [builder.mul(loop.index, width)])
                    builder.store(total, builder.bitcast(place, total.type.as_pointer()), align=out.dtype.bitwidth // 8)
                return context.get_dummy_value()

            five = types.UniTuple(types.intp, 5)
            return types.void(sums, types.intp, bases, places, shares, out, five, rounding), generate

        return intrinsic(add)

    return Intrinsic(build)


_pair_one, _pair_two = sums_of_lanes(1, 1), sums_of_lanes(2, 1)
_pairs_two, _pairs_three = sums_of_lanes(2, 2), sums_of_lanes(3, 2)
"""By the number of vectors: fewer and more than these are not read by so many columns."""


@kernel(inner=True)
def _write(values, at, value, channels, step):
    """Write a number for each channel of a pixel, of three channels one more, which does not count."""
    kind = values.dtype.type
    values[at] = kind(value)
    if channels > 1:
        values[at + 1], values[at + 2] = kind(value + step), kind(value + 2 * step)
        values[at + 3] = kind(value + 3 * step)


@kernel(needs=FEATURE, inner=True)
def _plan_lanes(task, columns, weights, bases, tables, sums, room):
    """Write down what each lane reads of the columns that are known; `REACH` becomes 0 if lanes cannot."""
    n, channels, lanes = task[COUNT], task[CHANNELS], np.int64(64 // sums.itemsize)
    task[REACH] = 0
    if channels == 2 or task[PAIRS] > 2 or columns[2, n - 1] - columns[0, 0] > room:
        return
    if channels > 1 and lanes < 16:  # too few pixels fit a vector
        return
    shares, places = flat_as(tables[:SHARES], np.float32), flat_as(tables[SHARES:], np.uint8)
    each, reach = lanes // channels, np.int64(0)
    for k in range((n + each - 1) // each):
        first = k * each
        count = min(each, n - first)
        start = first if task[TURN_X] > 0 else n - first - count
        base = np.int64(columns[0, start])
        bases[k] = base
        reach = max(reach, np.int64(columns[0, start + count - 1]) - base + channels)
        at = lanes * k
        for j in range(count):
            i = start + j if task[TURN_X] > 0 else start + count - 1 - j
            place = np.int64(columns[0, i]) - base
            _write(places, at, place, channels, 1)
            for q in range(2 * task[PAIRS]):
                other = 3 - q if channels > 1 and (q == 1 or q == 2) else q
                other = q if task[PAIRS] == 1 else other
                _write(shares, TAPS * lanes * k + at % lanes + q * lanes, weights[4 * i + other], channels, 0)
            at += channels
    reach += (2 * task[PAIRS] - 1) * channels
    reach = (reach + lanes - 1) // lanes
    if reach <= 1 + task[PAIRS]:
        task[REACH] = reach


@kernel(needs=FEATURE, inner=True)
def _sum_lanes(task, sums, left, bases, tables, out, rounding):
    """The sums over columns of all pixels of a run, one after the other, with their channels side by side.

    If `out` has bytes, they are levels."""
    channels, reach, lanes = task[CHANNELS], task[REACH], np.int64(64 // sums.itemsize)
    shares, places = flat_as(tables[:SHARES], np.float32), flat_as(tables[SHARES:], np.uint8)
    each = lanes // channels
    blocks, width = (task[COUNT] + each - 1) // each, each * channels
    if task[PAIRS] == 1:
        sizes = blocks, width, channels, np.int64(0), np.int64(0)
        if reach == 1:
            _pair_one(sums, left, bases, places, shares, out, sizes, rounding)
        else:
            _pair_two(sums, left, bases, places, shares, out, sizes, rounding)
        return
    # Of several channels the first and the third column are added up, as `_pairs.weighted_pairs` does.
    second, third = (channels, 2 * channels) if channels == 1 else (2 * channels, channels)
    sizes = blocks, width, second, third, 3 * channels
    if reach <= 2:
        _pairs_two(sums, left, bases, places, shares, out, sizes, rounding)
    else:
        _pairs_three(sums, left, bases, places, shares, out, sizes, rounding)


@kernel(inner=True)
def plan_nothing(task, columns, weights, bases, tables, sums, room):
    task[REACH] = 0


@kernel(inner=True)
def _sum_nothing(task, sums, left, bases, tables, out, rounding):
    """Never called: `REACH` is 0."""


plan_lanes = Choice(FEATURE, _plan_lanes, plan_nothing)
sum_lanes = Choice(FEATURE, _sum_lanes, _sum_nothing)


# --- rows of bytes ----------------------------------------------------------------------------------------------------


def rows_of_bytes(count: int) -> Intrinsic:
    """``down(flat, start, line, n, a, b, unit, sums)`` adds up two, three or four rows of n >= 16 bytes.

    The first one has the weight `a`, the last one `b`, and those between have `unit`; all are less than 2**15.  Sums
    are integers, which are written as float32."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def down(typing_context, flat, start, line, n, a, b, unit, sums):
            def generate(context, builder, signature, args):
                from llvmlite import ir
                from numba.core import cgutils

                word, half, byte = ir.IntType(32), ir.IntType(16), ir.IntType(8)
                words, halves = ir.VectorType(word, 16), ir.VectorType(half, 32)
                data, target = (
                    context.make_array(k)(context, builder, v).data for k, v in ((flat, args[0]), (sums, args[7]))
                )
                kind = ir.FunctionType(words, [halves, halves])
                multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.pmaddw.d.512")
                first, last, middle = (builder.trunc(args[k], word) for k in (4, 5, 6))
                none = ir.Constant(words, ir.Undefined)

                def both(low, high):
                    pair = builder.or_(low, builder.shl(high, word(16)))
                    alone = builder.insert_element(none, pair, word(0))
                    return builder.bitcast(builder.shuffle_vector(alone, none, ir.Constant(words, [0] * 16)), halves)

                rows = [args[1]]
                for _ in range(count - 1):
                    rows.append(builder.add(rows[-1], args[2]))
                ends = both(first, last)
                inner = both(middle, middle if count == 4 else word(0))
                steps = builder.udiv(builder.add(args[3], ir.Constant(args[3].type, 15)), ir.Constant(args[3].type, 16))
                beyond = builder.sub(args[3], ir.Constant(args[3].type, 16))
                with cgutils.for_range(builder, steps) as loop:
                    at = builder.mul(loop.index, ir.Constant(loop.index.type, 16))
                    at = builder.select(builder.icmp_signed("<", at, beyond), at, beyond)

                    def read(row):
                        place = builder.gep(data, [builder.add(row, at)])
                        return builder.load(builder.bitcast(place, ir.VectorType(byte, 16).as_pointer()), align=1)

                    def pairs(one, two):
                        order = ir.Constant(ir.VectorType(word, 32), [k // 2 + 16 * (k % 2) for k in range(32)])
                        return builder.zext(builder.shuffle_vector(read(one), read(two), order), halves)

                    total = builder.call(multiply, [pairs(rows[0], rows[-1]), ends])
                    if count == 3:
                        alone = builder.bitcast(builder.zext(read(rows[1]), words), halves)
                        total = builder.add(total, builder.call(multiply, [alone, inner]))
                    elif count == 4:
                        total = builder.add(total, builder.call(multiply, [pairs(rows[1], rows[2]), inner]))
                    real = ir.VectorType(ir.FloatType(), 16)
                    place = builder.bitcast(builder.gep(target, [at]), real.as_pointer())
                    builder.store(builder.sitofp(total, real), place, align=4)
                return context.get_dummy_value()

            number = types.int64
            return types.void(flat, number, number, number, number, number, number, sums), generate

        return intrinsic(down)

    return Intrinsic(build)


_two_rows, _three_rows, _four_rows = rows_of_bytes(2), rows_of_bytes(3), rows_of_bytes(4)


@kernel(needs=FEATURE, inner=True)
def _down_lanes(flat, start, line, count, n, weights, sums):
    """Add up two to four rows of bytes as integers; returns whether it could."""
    a, b, unit, total = weights
    if n < 16 or count < 2 or count > 4 or total * 255 > MOST_SUM or unit > MOST_WEIGHT:
        return False
    if count == 2:
        _two_rows(flat, start, line, n, a, b, unit, sums)
    elif count == 3:
        _three_rows(flat, start, line, n, a, b, unit, sums)
    else:
        _four_rows(flat, start, line, n, a, b, unit, sums)
    return True


@kernel(inner=True)
def _down_nothing(flat, start, line, count, n, weights, sums):
    return False


down_lanes = Choice(FEATURE, _down_lanes, _down_nothing)
