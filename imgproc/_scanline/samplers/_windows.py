"""Neighbours of bytes out of small windows of an image, which are kept in registers.

Sixteen points of a row that a map turns a little lie within few rows of the source.  So parts of them are looked up in
windows of 4 x 32 bytes, by one instruction for all four neighbours of each, where reading takes two for every point.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import Choice, Intrinsic, kernel
from ._vectors import pair_of_integers

_pair = pair_of_integers()
POINTS = 16
"""Points that are looked up together."""
_ROWS, _COLUMNS = 4, 32
"""A window."""


class _Windows:
    """Makes code for sixteen points, given by the left and the top one of their neighbours."""

    def __init__(self, builder: Any, parts: int) -> None:
        from llvmlite import ir

        self.ir, self.builder, self.parts = ir, builder, parts
        self.word, self.wide, self.byte = ir.IntType(32), ir.IntType(64), ir.IntType(8)
        self.words = ir.VectorType(self.word, POINTS)

    def shuffle(self, one: Any, two: Any, order: list[int]) -> Any:
        """Elements of two vectors, which are numbered one after the other, in this order."""
        return self.builder.shuffle_vector(one, two, self.ir.Constant(self.ir.VectorType(self.word, len(order)), order))

    def lanes(self) -> list[list[int]]:
        """The points of each part."""
        size = POINTS // self.parts
        return [list(range(k * size, (k + 1) * size)) for k in range(self.parts)]

    def least(self, values: Any) -> Any:
        """The smaller one of the first and the last number of each part, in all places of the part."""
        ends = [self.shuffle(values, values, [lanes[k] for lanes in self.lanes() for _ in lanes]) for k in (0, -1)]
        return self.builder.select(self.builder.icmp_signed("<", *ends), *ends)

    def constant(self, number: int) -> Any:
        """A number in all places."""
        return self.ir.Constant(self.words, [number] * POINTS)

    def inside(self, dx: Any, dy: Any) -> Any:
        """Whether all neighbours are in the windows of their parts."""
        builder, bits = self.builder, self.ir.IntType(POINTS)
        near = builder.and_(
            builder.icmp_unsigned("<", dx, self.constant(_COLUMNS - 1)),
            builder.icmp_unsigned("<", dy, self.constant(_ROWS - 1)),
        )
        return builder.icmp_unsigned("==", builder.bitcast(near, bits), bits(-1))

    def window(self, data: Any, start: Any, line: Any) -> list[Any]:
        """The bytes of a window, as two vectors."""
        builder, kind = self.builder, self.ir.VectorType(self.byte, _COLUMNS).as_pointer()
        rows = []
        for _ in range(_ROWS):
            rows.append(builder.load(builder.bitcast(builder.gep(data, [start]), kind), align=1))
            start = builder.add(start, line)
        return [self.shuffle(rows[k], rows[k + 1], list(range(2 * _COLUMNS))) for k in (0, 2)]

    def picked(self, window: list[Any], index: Any) -> Any:
        """The bytes of a window with these numbers."""
        from numba.core import cgutils

        bytes_ = self.ir.VectorType(self.byte, 4 * POINTS)
        kind = self.ir.FunctionType(bytes_, [bytes_] * 3)
        pick = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")
        found = self.builder.call(pick, [window[0], self.builder.bitcast(index, bytes_), window[1]])
        return self.builder.bitcast(found, self.words)


def windows_of(parts: int) -> Intrinsic:
    """``look(flat, left, top, i, line, found)`` looks up the neighbours of the points from number `i` on.

    It writes one number for each point, with the bytes of the upper left, the upper right, the lower left and the lower
    right neighbour; or returns 0, if they are not within `parts` windows that lie inside of `flat`."""

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def look(typing_context, flat, left, top, i, line, found):
            def generate(context, builder, signature, args):
                code, arrays = _Windows(builder, parts), [context.make_array(k) for k in (flat, left, top, found)]
                data, lefts, tops, out = (
                    kind(context, builder, args[k]) for kind, k in zip(arrays, (0, 1, 2, 5), strict=True)
                )
                places = [
                    builder.bitcast(builder.gep(array.data, [args[3]]), code.words.as_pointer())
                    for array in (lefts, tops, out)
                ]
                x, y = builder.load(places[0], align=4), builder.load(places[1], align=4)
                x0, y0 = code.least(x), code.least(y)
                dx, dy = builder.sub(x, x0), builder.sub(y, y0)
                good, starts = code.inside(dx, dy), []
                room = builder.sub(data.nitems, builder.add(builder.mul(args[4], code.wide(_ROWS - 1)), code.wide(32)))
                for lanes in code.lanes():
                    column, row = (
                        builder.sext(builder.extract_element(v, code.word(lanes[0])), code.wide) for v in (x0, y0)
                    )
                    starts.append(builder.add(builder.mul(row, args[4]), column))
                    good = builder.and_(good, builder.icmp_signed("<=", starts[-1], room))
                with builder.if_then(good):
                    index = builder.add(builder.shl(dy, code.constant(5)), dx)
                    index = builder.mul(index, code.constant(0x01010101))
                    index = builder.add(index, code.constant(0x21200100))
                    result = None
                    for lanes, start in zip(code.lanes(), starts, strict=True):
                        mine = code.picked(code.window(data.data, start, args[4]), index)
                        order = [POINTS + k if k in lanes else k for k in range(POINTS)]
                        result = mine if result is None else code.shuffle(result, mine, order)
                    builder.store(result, places[2], align=4)
                return builder.zext(good, code.wide)

            return types.int64(flat, left, top, types.int64, types.int64, found), generate

        return intrinsic(look)

    return Intrinsic(build)


_look_two, _look_four = windows_of(2), windows_of(4)


@kernel(inner=True)
def _read(flat, left, top, line, first, last, found):
    """The same numbers, read point by point."""
    for i in range(first, last):
        p = np.uint64(np.int64(top[i]) * line + np.int64(left[i]))
        upper, lower = np.uint32(_pair(flat, p)), np.uint32(_pair(flat, p + np.uint64(line)))
        found[i] = np.int32(np.uint32(upper | (lower << np.uint32(16))))


@kernel(inner=True)
def _plain_neighbours(flat, left, top, line, n, found):
    _read(flat, left, top, line, 0, n, found)


@kernel(needs="avx512vbmi", inner=True)
def _vector_neighbours(flat, left, top, line, n, found):
    i = np.int64(0)
    while i + POINTS <= n:
        if _look_two(flat, left, top, i, line, found) == 0 and _look_four(flat, left, top, i, line, found) == 0:
            _read(flat, left, top, line, i, i + POINTS, found)
        i += POINTS
    _read(flat, left, top, line, i, n, found)


neighbours = Choice("avx512vbmi", _vector_neighbours, _plain_neighbours)
"""``neighbours(flat, left, top, line, n, found)`` of bytes: see `windows_of`."""
