"""How much is written for LLVM of a function, by us and by Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgproc._core import jit
from imgproc._core.numba_lean import lean_lowering as lean_lowering


def words_of(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[int, int]:
    """The characters of what LLVM gets of a function, compiled as a kernel and by Numba alone."""
    import numba
    from numba.core.codegen import CPUCodeLibrary

    lengths: list[int] = []
    before = CPUCodeLibrary.add_ir_module

    def add_ir_module(self: Any, module: Any) -> None:
        if "wrapper" not in str(module)[:200]:
            lengths.append(sum(len(str(each)) for each in module.functions if function.__name__ in each.name))
        before(self, module)

    found = []
    CPUCodeLibrary.add_ir_module = add_ir_module
    try:
        kinds = tuple(map(numba.typeof, args))
        for dispatcher in (
            jit._dispatcher(
                function, f"{function.__module__}.{function.__name__}", "entry", {"no_cpython_wrapper": True}
            ),
            numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)(function),
        ):
            lengths.clear()
            dispatcher._cache = type("Nothing", (), {"__getattr__": lambda self, name: lambda *a, **k: None})()
            dispatcher.compile(kinds)
            found.append(max(lengths))
    finally:
        CPUCodeLibrary.add_ir_module = before
    return found[0], found[1]
