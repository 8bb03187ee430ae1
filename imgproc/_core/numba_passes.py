"""The passes of Numba's compiler that a kernel of ours needs, and no others.

Numba runs some thirty passes over each function.  Some of them look for what few kernels have, such as functions in
functions, or operations on whole arrays, and compute again where each variable ends before and after they look.  Here
such a pass runs only if there is something for it to do, and the events around each pass, which have no listener, are
left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from .borrowing import with_borrowing
from .numba_lean import lean_lowering


def needed_passes(managers: Any) -> Any:
    """The managers of the passes of Numba's compiler, with those passes that our kernels need."""
    managers = with_borrowing(managers)
    try:
        lean, quick = lean_lowering(), _manager()
        for manager in managers:
            if lean is not None:
                manager.passes = [
                    (lean if each.__name__ == "NativeLowering" else each, text) for each, text in manager.passes
                ]
                manager.finalize()
            manager.__class__ = quick
    except Exception:  # Numba is built differently
        return managers
    return managers


@functools.cache
def _manager() -> Any:
    from numba.core import errors
    from numba.core.compiler_machinery import PassManager

    new_error_context: Any = errors.__dict__["new_error_context"]  # Numba's annotations do not list it

    rules = {"InlineClosureLikes": _has_closures, "NopythonRewrites": _has_array_operations, "IRLegalization": _counts}

    class QuickManager(PassManager):
        """Runs the passes that have something to do."""

        def _runPass(self, index: int, pss: Any, internal_state: Any) -> None:
            wanted = rules.get(type(pss).__name__)
            if wanted is not None and not wanted(internal_state):
                return
            pss.analysis = self._analysis
            with new_error_context("Pass {name}", name=pss.name()):
                pss.run_initialization(internal_state)
                pss.run_pass(internal_state)
                pss.run_finalizer(internal_state)
            if type(pss).__name__ == "TranslateByteCode":
                _compare_two(internal_state)

    if not callable(PassManager.__dict__["_runPass"]):
        raise TypeError("Numba runs passes in another way")
    return QuickManager


def _expressions(state: Any) -> Iterator[tuple[Any, Any]]:
    """The assignments whose value is an expression, and this expression."""
    from numba.core import ir

    for block in state.func_ir.blocks.values():
        for each in block.body:
            if type(each) is ir.Assign and type(each.value) is ir.Expr:
                yield each, each.value


def _has_closures(state: Any) -> bool:
    """Whether there are functions in the function, comprehensions, or globals that are rewritten with them."""
    from numba.core import ir

    if any(value.op in ("make_function", "build_list") for _, value in _expressions(state)):
        return True
    known = {"reduce", "stencil"}
    return any(
        isinstance(each, ir.Assign) and isinstance(each.value, ir.Global | ir.FreeVar) and each.value.name in known
        for block in state.func_ir.blocks.values()
        for each in block.body
    )


def _has_array_operations(state: Any) -> bool:
    """Whether whole arrays are computed, lists become arrays, or something is looked up by a text."""
    from numba.core import types

    kinds = state.typemap
    for assign, value in _expressions(state):
        if value.op == "build_list":
            return True
        if value.op in ("unary", "binop", "inplace_binop") and isinstance(kinds.get(assign.target.name), types.Array):
            return True
        if value.op == "call" and isinstance(kinds.get(assign.target.name), types.Array):
            function = kinds.get(value.func.name)
            if isinstance(function, types.Function) and hasattr(function.typing_key, "nin"):
                return True
    return any(isinstance(kind, types.StringLiteral | types.UnicodeType) for kind in kinds.values())


def _counts(state: Any) -> bool:
    """Whether references are counted, so that it has to be known where each variable ends."""
    return bool(state.targetctx.enable_nrt)


def _compare_two(state: Any) -> None:
    """Let ``max(a, b)`` and ``min(a, b)`` be a comparison: Numba compiles a function for any number of arguments."""
    from numba.core import ir

    named: dict[str, Any] = {}
    for block in state.func_ir.blocks.values():
        for each in block.body:
            value = getattr(each, "value", None)
            if isinstance(each, ir.Assign) and isinstance(value, ir.Global) and value.value in (max, min):
                named[each.target.name] = value
    for _, value in _expressions(state) if named else ():
        if value.op == "call" and (len(value.args) != 2 or value.kws or value.vararg is not None):
            named.pop(value.func.name, None)
    for value in named.values():
        value.value = _of_two(value.value is max)


@functools.cache
def _of_two(larger: bool) -> Any:
    """The larger or smaller of two numbers, as Python defines it."""
    import operator

    from numba.core import types
    from numba.core.registry import cpu_target
    from numba.cpython.builtins import do_minmax
    from numba.extending import intrinsic

    @intrinsic
    def of_two(typing_context: Any, a: Any, b: Any) -> Any:
        kind = typing_context.unify_types(a, b)
        if kind is None or not all(isinstance(each, types.Number | types.Boolean) for each in (a, b)):
            return None

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            if kind == types.boolean:
                return builder.or_(*args) if larger else builder.and_(*args)
            return do_minmax(context, builder, signature.args, args, operator.gt if larger else operator.lt)

        return kind(a, b), generate

    cpu_target.typing_context.refresh()
    return of_two
