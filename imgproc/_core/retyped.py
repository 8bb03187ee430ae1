"""An array of another dtype in the same memory, in a kernel.

NumPy's ``reshape`` and ``view`` would do, but to compile them takes longer than most kernels."""

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
