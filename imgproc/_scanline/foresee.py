"""Reading ahead: rows that a map turns meet new lines of the cache in an order that no processor foresees."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.jit import Intrinsic, kernel

SMALL = 1 << 18
"""Of an image of fewer bytes, so little is met for the first time that asking for it costs more."""
AHEAD = 4
"""So many rows ahead is read."""
BYTES = 32
"""One point in so many bytes of pixels is asked for: lines of the cache are twice as long."""


def _prefetch(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils, types

    def prefetch(typing_context, pixels, place):
        def generate(context, builder, signature, args):
            word, byte = ir.IntType(32), ir.IntType(8).as_pointer()
            data = context.make_array(pixels)(context, builder, args[0]).data
            kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
            function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
            start = builder.bitcast(builder.gep(data, [args[1]]), byte)
            builder.call(function, [start, word(0), word(3), word(1)])
            return context.get_dummy_value()

        return types.void(pixels, types.intp), generate

    return intrinsic(prefetch)


prefetch = Intrinsic(_prefetch, lambda pixels, place: None)
"""``prefetch(pixels, place)`` in a kernel asks for the line of the cache that holds an element; it changes nothing."""


@kernel(inner=True)
def foresee(pixels, height, line, matrix, n, xs, ys):
    """Ask for what a row of points will read a few rows later, if an affine map turns the image.

    Nothing is asked for if the pixels are a part of an image, because the bytes of a pixel are then not known."""
    size = pixels.size
    if size < SMALL or matrix[3] == 0.0:
        return
    step = np.int64(np.uint64(size) // np.uint64(height * line))  # numbers without signs take less code
    if step * height * line != size:
        return
    dx, dy = np.float32(AHEAD * matrix[1]), np.float32(AHEAD * matrix[4])
    zero, right, bottom = np.float32(0.0), np.float32(line - 1), np.float32(height - 1)
    every, i = np.int64(np.uint64(BYTES) // np.uint64(step)), np.int64(0)
    while i < n:
        x, y = xs[i] + dx, ys[i] + dy
        x = x if x > zero else zero
        x = right if x > right else x
        y = y if y > zero else zero
        y = bottom if y > bottom else y
        prefetch(pixels, (np.int64(y) * line + np.int64(x)) * step)
        i += every if every > 0 else 1
