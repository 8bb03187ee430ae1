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
"""``flat_as(array, like)`` in a kernel: all of a C-contiguous array as numbers of the type of `like`, in one axis.

Where the kernel got the array from must hold it."""


def _placed(intrinsic: Any) -> Any:
    from numba.core.cgutils import get_null_value

    def placed(typing_context, arrays, memory, start):
        def generate(context, builder, signature, args):
            made = []
            for k, kind in enumerate(arrays.types):
                array = context.make_array(kind)(context, builder, builder.extract_value(args[0], k))
                if k == 0:
                    source = context.make_array(memory)(context, builder, args[1])
                    place = builder.gep(source.data, [args[2]])
                    array.data = builder.bitcast(place, array.data.type)
                array.meminfo, array.parent = get_null_value(array.meminfo.type), get_null_value(array.parent.type)
                made.append(array._getvalue())
            return context.make_tuple(builder, arrays, made)

        return arrays(arrays, memory, start), generate

    return intrinsic(placed)


with_first_at = Intrinsic(_placed, borrows=True)
"""``with_first_at(arrays, memory, start)`` in a compiled kernel: a named tuple of arrays, of which the first one lies
in other memory, from a byte on.

It may reach beyond that memory: nothing there may be read or written.  Where nothing is compiled there is no such
array, which `is_compiled` says beforehand."""


def _compiled(intrinsic: Any) -> Any:
    from numba.core import types

    def compiled(typing_context):
        return types.boolean(), lambda context, builder, signature, args: context.get_constant(types.boolean, True)

    return intrinsic(compiled)


is_compiled = Intrinsic(_compiled, lambda: False)
"""``is_compiled()`` in a kernel."""
