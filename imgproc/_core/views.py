"""Arrays seen as others, in kernels that count no references (see `borrowing`)."""

from __future__ import annotations

from typing import Any

from .jit import Intrinsic


def _flat(intrinsic: Any) -> Any:
    from numba.core import types
    from numba.core.errors import TypingError
    from numba.np.arrayobj import populate_array

    def flat_as(typing_context, array, dtype):
        if not isinstance(array, types.Array) or array.layout != "C":
            raise TypingError("flat_as needs a C-contiguous array")
        made = types.Array(dtype.dtype, 1, "C", readonly=not array.mutable, aligned=array.aligned)

        def generate(context, builder, signature, args):
            old = context.make_array(array)(context, builder, args[0])
            new = context.make_array(made)(context, builder)
            kind = context.get_data_type(made.dtype)
            before, after = (context.get_abi_sizeof(context.get_data_type(each.dtype)) for each in (array, made))
            count = old.nitems
            if before % after == 0:
                count = builder.mul(count, count.type(before // after))
            else:
                count = builder.udiv(builder.mul(count, count.type(before)), count.type(after))
            populate_array(
                new,
                data=builder.bitcast(old.data, kind.as_pointer()),
                shape=[count],
                strides=[count.type(after)],
                itemsize=count.type(after),
                meminfo=old.meminfo,
                parent=old.parent,
            )
            return new._getvalue()

        return made(array, dtype), generate

    return intrinsic(flat_as)


flat_as = Intrinsic(_flat, lambda array, dtype: array.reshape(-1).view(dtype), borrows=True)
"""``flat_as(array, dtype)`` in a kernel: all of a C-contiguous array, as one axis of numbers of a dtype.

Its bytes must be a multiple of those of such a number: nothing checks this.  Its caller holds the memory."""


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
