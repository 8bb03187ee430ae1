"""Atomic reads, writes and sums in an array of int64: how threads inside kernels share work.

Handing out work in Python costs some 50 µs a time, a good part of what finding a patch takes.  (Files that name
``@kernel``, as this one, renew the cache of compiled kernels when they change.)
"""

from __future__ import annotations

from typing import Any

from .._core.jit import Intrinsic

__all__: list[str] = []


def _build_add(intrinsic: Any) -> Any:
    from numba.core.types import int64

    def add(typing_context, array, index, value):
        def generate(context, builder, signature, args):
            return builder.atomic_rmw("add", _place(context, builder, signature, args), args[2], "seq_cst")

        return int64(array, int64, int64), generate

    return intrinsic(add)


def _build_load(intrinsic: Any) -> Any:
    from numba.core.types import int64

    def load(typing_context, array, index):
        def generate(context, builder, signature, args):
            return builder.load_atomic(_place(context, builder, signature, args), "seq_cst", 8)

        return int64(array, int64), generate

    return intrinsic(load)


def _build_store(intrinsic: Any) -> Any:
    from numba.core.types import int64

    def store(typing_context, array, index, value):
        def generate(context, builder, signature, args):
            builder.store_atomic(args[2], _place(context, builder, signature, args), "seq_cst", 8)
            return args[2]

        return int64(array, int64, int64), generate

    return intrinsic(store)


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.gep(array.data, [args[1]])


def _plain_add(array: Any, index: int, value: int) -> Any:
    before = array[index]
    array[index] = before + value
    return before


def _plain_store(array: Any, index: int, value: int) -> Any:
    array[index] = value
    return value


# Without compilation there is one thread.
atomic_add = Intrinsic(_build_add, _plain_add)
"""``atomic_add(array, index, value)`` adds, and returns what was there before."""

atomic_load = Intrinsic(_build_load, lambda array, index: array[index])
"""``atomic_load(array, index)``."""

atomic_store = Intrinsic(_build_store, _plain_store)
"""``atomic_store(array, index, value)`` returns the value."""
