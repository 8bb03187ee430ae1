"""Means of bytes whose sums are small whole numbers, for the sampler of areas: all of them in registers.

A block is a vector of 16 numbers: the channels of some pixels of the result, side by side.  What they read of a row of
the source lies within 64 bytes, out of which one instruction takes four columns for each lane.  Columns are added up
first and then rows, as integers.  Where these are at most `MOST_SUM` floats are exact, too, so that the result has the
bits of all other ways.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import Choice, Intrinsic, kernel
from ..._core.views import flat_as
from ._base import CHANNELS, COUNT, PAIRS, REACH, TURN_X
from ._lanes import MOST_SUM, MOST_WEIGHT

FEATURE = "avx512vbmi"
"""What a CPU must have."""
LANES = 16
BYTES = 64
"""Bytes that are read at once."""
MOST_ROWS = 4
MOST_SHARE = 64
"""Two bytes with such weights fit an integer of 16 bits."""
WHOLE = -1
"""`REACH`, if blocks are summed by this."""
PLACES = 1 << 14
"""Bytes of the places of all lanes, and of their weights: there are at most 256 blocks."""
ENDS = 512
"""From this number on, the list of blocks says how many bytes each of them reads."""


def mean_of_blocks(rows: int) -> Intrinsic:
    """``add(flat, start, line, blocks, places, shares, out, sizes, weights, rounding)`` makes bytes of the result.

    Block k reads from ``flat[start + blocks[k]]`` on, ``blocks[ENDS + k]`` bytes of each row.  `sizes` are the number
    of blocks, and how many lanes of each count.  `weights` are those of the first row, of the last one, and of those
    between.  For each lane `places` has four columns, and `shares` their weights.  `rounding` has three numbers, see
    `area`."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def add(typing_context, flat, start, line, blocks, places, shares, out, sizes, weights, rounding):
            def generate(context, builder, signature, args):
                from llvmlite import ir
                from numba.core import cgutils

                byte, half, word, wide = (ir.IntType(bits) for bits in (8, 16, 32, 64))
                bytes_, halves, words = (
                    ir.VectorType(kind, BYTES // size) for kind, size in ((byte, 1), (half, 2), (word, 4))
                )
                reals, bits = ir.VectorType(ir.FloatType(), LANES), ir.VectorType(ir.IntType(1), BYTES)
                data, starts, lists, columns, target = (
                    context.make_array(kind)(context, builder, args[k]).data
                    for kind, k in ((flat, 0), (blocks, 3), (places, 4), (shares, 5), (out, 6))
                )
                count, width = (builder.extract_value(args[7], k) for k in range(2))

                def function(name, *kinds):
                    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(kinds[0], kinds[1:]), name)

                pick = function("llvm.x86.avx512.permvar.qi.512", bytes_, bytes_, bytes_)
                couple = function("llvm.x86.avx512.pmaddubs.w.512", halves, bytes_, bytes_)
                multiply = function("llvm.x86.avx512.pmaddw.d.512", words, halves, halves)
                read = function("llvm.masked.load.v64i8.p0v64i8", bytes_, bytes_.as_pointer(), word, bits, bytes_)

                def everywhere(number, kind):
                    alone = builder.insert_element(ir.Constant(kind, ir.Undefined), number, word(0))
                    order = ir.Constant(ir.VectorType(word, kind.count), None)
                    return builder.shuffle_vector(alone, alone, order)

                def load(base, place, kind, align):
                    return builder.load(builder.bitcast(builder.gep(base, [place]), kind.as_pointer()), align=align)

                first, last, unit = (
                    everywhere(builder.trunc(builder.extract_value(args[8], k), half), halves) for k in range(3)
                )
                scale, grid, magic = (everywhere(builder.extract_value(args[9], k), reals) for k in range(3))
                lines = [args[1]]
                for _ in range(rows - 1):
                    lines.append(builder.add(lines[-1], args[2]))
                with cgutils.for_range(builder, count) as loop:
                    lane = builder.mul(loop.index, ir.Constant(loop.index.type, BYTES))
                    order, share = load(lists, lane, bytes_, 1), load(columns, lane, bytes_, 1)
                    ends = builder.load(builder.gep(starts, [builder.add(loop.index, loop.index.type(ENDS))]))
                    seen = builder.lshr(wide(-1), builder.sub(wide(BYTES), builder.zext(ends, wide)))
                    seen = builder.bitcast(seen, bits)
                    begin = builder.sext(builder.load(builder.gep(starts, [loop.index])), wide)
                    total = None
                    for k, row in enumerate(lines):
                        place = builder.bitcast(builder.gep(data, [builder.add(row, begin)]), bytes_.as_pointer())
                        found = builder.call(read, [place, word(1), seen, ir.Constant(bytes_, None)])
                        halved = builder.call(couple, [builder.call(pick, [found, order]), share])
                        own = first if k == 0 else last if k == rows - 1 else unit
                        product = builder.call(multiply, [halved, own])
                        total = product if total is None else builder.add(total, product)
                    mean = builder.fmul(builder.sitofp(total, reals), scale)
                    mean = builder.fadd(builder.fsub(builder.fadd(mean, grid), grid), magic)
                    # The lowest bits of such a number are the level.
                    mean = builder.trunc(builder.bitcast(mean, words), ir.VectorType(byte, LANES))
                    place = builder.gep(target, [builder.mul(loop.index, width)])
                    builder.store(mean, builder.bitcast(place, mean.type.as_pointer()), align=1)
                return context.get_dummy_value()

            number, real = types.int64, types.float32
            two, three, reals = types.UniTuple(number, 2), types.UniTuple(number, 3), types.UniTuple(real, 3)
            return types.void(flat, number, number, blocks, places, shares, out, two, three, reals), generate

        return intrinsic(add)

    return Intrinsic(build)


_two_rows, _three_rows, _four_rows = mean_of_blocks(2), mean_of_blocks(3), mean_of_blocks(4)


@kernel(inner=True)
def _is_whole(task, x_axis, y_axis):
    """Whether all sums, and weights of columns, are small enough, and only few columns and rows are read."""
    small = x_axis.total <= 127 and x_axis.unit <= MOST_SHARE and y_axis.total <= MOST_WEIGHT
    few = y_axis.step <= (MOST_ROWS - 1) * y_axis.unit + 1 or not y_axis.shrinks
    return small and few and task[CHANNELS] != 2 and 255 * x_axis.total * y_axis.total <= MOST_SUM


@kernel(inner=True)
def _four(a, b, c, d):
    """Four bytes as one number."""
    return np.int64(a) | np.int64(b) << 8 | np.int64(c) << 16 | np.int64(d) << 24


@kernel(needs=FEATURE, inner=True)
def _plan_blocks(task, x_axis, y_axis, columns, weights, blocks, tables):
    """Write down what each lane reads of the columns that are known; returns whether blocks can be summed."""
    if task[PAIRS] > 2 or not _is_whole(task, x_axis, y_axis):
        return False
    n, channels, numbers = task[COUNT], task[CHANNELS], flat_as(tables, np.int32)
    places, shares = numbers[: PLACES // 4], numbers[PLACES // 4 : PLACES // 2]
    each, two = LANES // channels, task[PAIRS] == 2
    for k in range((n + each - 1) // each):
        first = k * each
        count = min(each, n - first)
        start = first if task[TURN_X] > 0 else n - first - count
        base, end = columns[0, start], columns[2, start + count - 1]
        if end - base > BYTES:
            return False
        blocks[k], blocks[ENDS + k] = base, end - base
        lane = LANES * k
        for j in range(count):
            i = start + j if task[TURN_X] > 0 else start + count - 1 - j
            at, p = 4 * i, np.int64(columns[0, i] - base)
            place = _four(p, p + channels, p + 2 * channels, p + 3 * channels)
            share = _four(weights[at], weights[at + 1], 0, 0)
            if two:
                share = _four(weights[at], weights[at + 1], weights[at + 2], weights[at + 3])
            for c in range(channels):
                places[lane], shares[lane] = np.int32(place + c * 0x01010101), np.int32(share)
                lane += 1
    task[REACH] = WHOLE
    return True


@kernel(needs=FEATURE, inner=True)
def _sum_blocks(task, flat, start, line, count, weights, blocks, tables, out, rounding):
    """Bytes of all pixels of a run, one after the other: means over `count` rows, the first one from `start` on."""
    places, shares = flat_as(tables, np.uint8)[:PLACES], flat_as(tables, np.int8)[PLACES : 2 * PLACES]
    each = LANES // task[CHANNELS]
    sizes = (task[COUNT] + each - 1) // each, each * task[CHANNELS]
    first, last, unit, _ = weights
    if count == 1:  # the same row again, which does not count
        _two_rows(flat, start, np.int64(0), blocks, places, shares, out, sizes, (first, np.int64(0), unit), rounding)
    elif count == 2:
        _two_rows(flat, start, line, blocks, places, shares, out, sizes, (first, last, unit), rounding)
    elif count == 3:
        _three_rows(flat, start, line, blocks, places, shares, out, sizes, (first, last, unit), rounding)
    else:
        _four_rows(flat, start, line, blocks, places, shares, out, sizes, (first, last, unit), rounding)


@kernel(inner=True)
def plan_no_blocks(task, x_axis, y_axis, columns, weights, blocks, tables):
    return False


@kernel(inner=True)
def sum_no_blocks(task, flat, start, line, count, weights, blocks, tables, out, rounding):
    """Never called: nothing is planned."""


plan_blocks = Choice(FEATURE, _plan_blocks, plan_no_blocks)
sum_blocks = Choice(FEATURE, _sum_blocks, sum_no_blocks)
