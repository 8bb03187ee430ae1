"""Products on 16 bits, of which the upper half is kept: vectors hold twice as many as of 32 bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import Intrinsic


def _upper(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import cgutils, types

    half, word = ir.IntType(16), ir.IntType(32)

    def upper(typing_context, a, b):
        """LLVM's vectoriser would take 32 bits for the product if it were written out."""

        def generate(context, builder, signature, args):
            kind = ir.FunctionType(half, [half, half, word])
            multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.umul.fix.i16")
            return builder.call(multiply, [*args, ir.Constant(word, 16)])

        return types.uint16(types.uint16, types.uint16), generate

    return intrinsic(upper)


upper = Intrinsic(_upper, lambda a, b: np.uint16(int(a) * int(b) >> 16))
"""``upper(a, b)`` is ``a * b >> 16`` of uint16."""
