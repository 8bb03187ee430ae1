"""Kernels that only borrow arrays count no references.

Numba counts a reference for each variable that holds an array, for each array in a named tuple and for each slice, and
leaves it to LLVM to find that most of that was for nothing.  In kernels that work on a few named tuples of arrays this
is a third of all that Numba writes.  A kernel that makes no array, gets none from another kernel and returns none needs
no counting: its caller holds the arrays while it runs.  Calls from Python are quicker, too.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any, cast


def with_borrowing(managers: Any) -> Any:
    """Add to the passes of Numba's compiler one that leaves out the counting where nothing has to be counted."""
    with contextlib.suppress(Exception):  # Numba is built differently
        found, before = _pass()
        for manager in managers:
            manager.add_pass_after(found, before)
            manager.finalize()
    return managers


@functools.cache
def _pass() -> tuple[Any, Any]:
    """The pass, and the pass of Numba that it comes after."""
    from numba.core.compiler_machinery import FunctionPass, register_pass
    from numba.core.typed_passes import NoPythonSupportedFeatureValidation

    @register_pass(mutates_CFG=False, analysis_only=True)
    class Borrowing(FunctionPass):
        _name = "imgproc_borrowing"

        def __init__(self) -> None:
            FunctionPass.__init__(self)

        def run_pass(self, state: Any) -> bool:
            if only_borrows(state):
                state.targetctx = state.targetctx.subtarget(enable_nrt=False)
            return False

    return Borrowing, NoPythonSupportedFeatureValidation


def only_borrows(state: Any) -> bool:
    """Whether all arrays of a function are arguments of it, or parts of such, and none is returned.

    `state` is Numba's, after the types are known.
    """
    from numba.core import ir, types

    models, kinds = state.targetctx.data_model_manager, state.typemap

    @functools.cache
    def counted(kind: Any) -> bool:
        return bool(models[kind].contains_nrt_meminfo())

    @functools.cache
    def is_plain(kind: Any) -> bool:
        """Whether it is an array, or a tuple of such and of what is not counted."""
        if isinstance(kind, types.BaseTuple):
            return all(map(is_plain, cast(Any, kind).types))  # Numba's annotations do not list them
        return isinstance(kind, types.Array) or not counted(kind)

    def borrows(value: Any) -> bool:
        """Whether a value that is counted is part of one that was there before."""
        if not isinstance(value, ir.Expr):
            return True  # a variable, an argument, a constant
        if value.op in ("cast", "phi", "build_tuple", "exhaust_iter"):
            return True
        if value.op == "getattr":
            return isinstance(kinds[value.value.name], types.BaseTuple) or value.attr == "T"
        if value.op in ("getitem", "static_getitem", "typed_getitem"):
            index = value.index_var if value.op == "static_getitem" else value.index
            return index is None or not counted(kinds[index.name])
        return value.op == "call" and _borrowing(state, value)

    if counted(state.return_type) or not all(map(is_plain, kinds.values())):
        return False
    statements = [each for block in state.func_ir.blocks.values() for each in block.body]
    # An array that is put into another one may overlap with it, and then is copied first.
    if any(isinstance(each, (ir.SetItem, ir.StaticSetItem)) and counted(kinds[each.value.name]) for each in statements):
        return False
    return all(
        borrows(each.value) for each in statements if isinstance(each, ir.Assign) and counted(kinds[each.target.name])
    )


def _borrowing(state: Any, call: Any) -> bool:
    """Whether a call makes a named tuple of its arguments, or is of an intrinsic that gives what it got."""
    from numba.core import types

    function = state.typemap[call.func.name]
    if isinstance(function, types.NamedTupleClass):
        return True
    found = state.func_ir.get_definition(call.func)
    return bool(getattr(getattr(found, "value", None), "borrows", False))
