"""Arrays seen as others, in kernels that count no references (see `borrowing`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import Intrinsic


def _flat(intrinsic: Any) -> Any:
    from numba.core import cgutils, types
    from numba.np.arrayobj import populate_array

    def flat(typing_context, array, like):
        made = types.Array(like, 1, "C", readonly=not array.mutable)

        def generate(context, builder, signature, args):
            source = context.make_array(array)(context, builder, args[0])
            size = context.get_constant(types.intp, like.bitwidth // 8)
            count = builder.sdiv(builder.mul(source.nitems, source.itemsize), size)
            result = context.make_array(made)(context, builder)
            kind = context.get_data_type(like).as_pointer()
            populate_array(
                result,
                data=builder.bitcast(source.data, kind),
                shape=cgutils.pack_array(builder, [count]),
                strides=cgutils.pack_array(builder, [size]),
                itemsize=size,
                meminfo=None,
            )
            return result._getvalue()

        return made(array, like), generate

    return intrinsic(flat)


def _plain_flat(array: np.ndarray, like: Any) -> np.ndarray:
    return array.reshape(-1).view(np.asarray(like).dtype)


flat_as = Intrinsic(_flat, _plain_flat, borrows=True)
"""``flat_as(array, like)`` in a kernel: all bytes of a C-contiguous array, as numbers of the type of `like`, in one axis.

Where the kernel got the array from must hold it."""
