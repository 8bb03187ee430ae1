"""What makes Numba compile our kernels quicker, without a change to what it makes of them.

Two thirds of the time of a compilation are Numba's own Python.  Some things in it are replaced while a kernel of ours
compiles, under Numba's compiler lock, and put back afterwards, so that nobody else's functions are concerned:

* Python's garbage collector, which would search some hundred thousand living objects again and again;
* the search for the types of an operation: Numba tries one template after another for each ``+`` in a kernel, although
  the types of the operands decide on the result; and what `numba_typing` has of the same kind;
* the list of the variables of a statement, which Numba makes anew after each of its passes;
* the places where variables end, which Numba computes after each of its passes, though it asks for them once;
* the look for new registrations of types and functions: Numba imports some forty modules again each time;
* the passes over single functions: Numba makes a manager for each function, and runs it on declarations, too;
* the events of the lock around each of the many thousand calls of LLVM, which have no listener;
* the reports of how variables are told apart, which nobody reads;
* the test that LLVM writes numbers with a point, which is made again for each function.

All together take a third off.  If a version of Numba is built differently, it compiles in its own time.
"""

from __future__ import annotations

import contextlib
import functools
import operator
from collections.abc import Iterable, Iterator
from typing import Any

from .collector import collector_at_rest
from .numba_typing import Replacement, attributes, constraints, places_in_lowering, places_in_typing

_ARITHMETIC = frozenset(
    {operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod, operator.and_, operator.or_}
    | {operator.xor, operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge}
)
_OPERATORS = frozenset(each for each in vars(operator).values() if callable(each) and not isinstance(each, type))


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Let Numba compile quicker during the work inside.  The caller holds Numba's compiler lock."""
    replaced: list[tuple[Replacement, Any]] = []
    with collector_at_rest():
        try:
            for each in _replacements():
                replaced.append((each, each.owner.__dict__[each.name]))
                setattr(each.owner, each.name, each.quick)
            yield
        finally:
            for each, before in reversed(replaced):
                setattr(each.owner, each.name, before)


@functools.cache
def _replacements() -> tuple[Replacement, ...]:
    found = []
    for make in _MAKERS:
        with contextlib.suppress(Exception):  # Numba is built differently
            found.append(make())
    return tuple(found)


def _types_of_operations() -> Replacement:
    """Look the types of an operation up where the same types were seen before."""
    from numba.core import types

    owner = types.functions.BaseFunction
    search = owner.__dict__["get_call_type"]
    data = (types.Number, types.Boolean, types.Array, types.BaseTuple, types.SliceType, types.NoneType)
    literals = (types.IntegerLiteral, types.BooleanLiteral)

    @functools.cache
    def is_data(kind: Any) -> bool:
        return issubclass(kind, data)

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not _is_operator(self.typing_key) or not all(map(is_data, map(type, args))):
            return search(self, context, args, kws)
        seen = self.__dict__.setdefault("_imgproc_seen", {})
        found = seen.get(args)
        if found is None and self.typing_key in _ARITHMETIC:  # which is the same for a constant and a variable
            plain = tuple(each.literal_type if type(each) in literals else each for each in args)
            if any(a is b for a, b in zip(args, plain, strict=True)):  # two constants may be compared when typed
                found = seen.get(plain)
        if found is None:
            found = seen[args] = search(self, context, args, kws)
        return found

    return Replacement(owner, "get_call_type", get_call_type)


def _is_operator(function: Any) -> bool:
    try:
        return function in _OPERATORS
    except TypeError:  # it has no hash
        return False


def _variables_of_statements() -> Replacement:
    """Collect the variables in one list instead of one for each level of nesting."""
    from numba.core import ir

    variable, instruction, expression = ir.Var, ir.Inst, ir.Expr
    without = frozenset((str, int, float, bool, type(None), ir.Loc, ir.Const, ir.Global, ir.FreeVar, ir.Arg))

    def collect(values: Iterable[Any], found: list[Any]) -> None:
        for value in values:
            kind = type(value)
            if kind is variable:
                found.append(value)
            elif kind in without:  # the commonest values
                continue
            elif kind is expression:
                collect(value._kws.values(), found)
            elif isinstance(value, list | tuple):
                collect(value, found)
            elif isinstance(value, dict):
                collect(value.values(), found)
            elif isinstance(value, instruction):
                found += value.list_vars()
            elif isinstance(value, variable):
                found.append(value)

    def variables(self: Any, value: Any) -> list[Any]:
        found: list[Any] = []
        collect(value.values() if type(value) is dict else (value,), found)
        return found

    if not isinstance(vars(expression("", ir.unknown_loc))["_kws"], dict):
        raise TypeError("Numba keeps the parts of an expression in another way")
    return Replacement(instruction, "_rec_list_vars", variables)


def _new_functions() -> Replacement:
    """Look for new registrations of functions only if there are more than the last time."""
    from numba.core.base import BaseContext

    return _refreshed_if_needed(BaseContext, ("functions", "getattrs", "setattrs", "casts", "constants"))


def _new_types() -> Replacement:
    """The same for registrations of types."""
    from numba.core.typing.context import BaseContext

    return _refreshed_if_needed(BaseContext, ("functions", "attributes", "globals"))


def _refreshed_if_needed(owner: Any, lists: tuple[str, ...]) -> Replacement:
    again = owner.__dict__["refresh"]

    def length(self: Any) -> tuple[int, int]:  # the lists only grow
        registries = self._registries
        known, found = self.__dict__.get("_imgproc_lists", (-1, ()))
        if known != len(registries):
            found = [getattr(registry, name) for registry in registries for name in lists]
            self._imgproc_lists = len(registries), found
        return len(registries), sum(map(len, found))

    def refresh(self: Any) -> None:
        seen = self.__dict__.get("_imgproc_seen")
        if seen is None:
            again(self)
        else:
            if length(self) != seen:
                for registry in tuple(self._registries):
                    self.install_registry(registry)
            if hasattr(self, "typing_context"):  # it has registries of its own
                self.typing_context.refresh()
        self._imgproc_seen = length(self)

    return Replacement(owner, "refresh", refresh)


def _lives_of_variables() -> Replacement:
    """Compute where variables end only where somebody asks for it."""
    from numba.core.postproc import PostProcessor, VariableLifetime
    from numba.core.transforms import canonicalize_cfg

    at_once = PostProcessor.__dict__["run"]

    def run(self: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        function = self.func_ir
        if emit_dels or function.is_generator:
            at_once(self, emit_dels, extend_lifetimes)
            return
        edges = tuple((label, *block.terminator.get_targets()) for label, block in function.blocks.items())
        if getattr(function, "_imgproc_edges", None) != edges:
            function.blocks = canonicalize_cfg(function.blocks)
            function._imgproc_edges = tuple(
                (label, *block.terminator.get_targets()) for label, block in function.blocks.items()
            )
        function.variable_lifetime = VariableLifetime(function.blocks)  # which computes when it is read
        function.generator_info = None

    return Replacement(PostProcessor, "run", run)


def _reports_of_variables() -> Replacement:
    """Write no reports of how variables are told apart, which nobody reads."""
    from numba.core import ssa

    class Silent:
        def debug(self, *args: Any) -> None:
            """Do nothing."""

    if any(each is not ssa._logger and type(each) is type(ssa._logger) for each in vars(ssa).values()):
        raise TypeError("Numba reports in another way")
    return Replacement(ssa, "_logger", Silent())


def _passes() -> Replacement:
    """Run the passes over the functions that have a body, by one manager for all functions of a module."""
    from numba import config
    from numba.core.codegen import CPUCodeLibrary

    each_by_itself = CPUCodeLibrary.__dict__["_optimize_functions"]

    def _optimize_functions(self: Any, module: Any) -> None:
        if getattr(config, "LLVM_PASS_TIMINGS", False):
            each_by_itself(self, module)
            return
        module.data_layout = self._codegen._data_layout
        manager, builder = self._codegen._function_pass_manager()
        for function in module.functions:
            if not function.is_declaration:
                manager.run(function, builder)

    return Replacement(CPUCodeLibrary, "_optimize_functions", _optimize_functions)


def _calls_of_llvm() -> Replacement:
    """Call LLVM under its lock, but tell nobody of the lock but those who record it; Numba itself only adds times."""
    from llvmlite.binding import ffi
    from numba.core import event

    owner = ffi._lib_fn_wrapper
    with_events = owner.__dict__["__call__"]
    lock = ffi.lib._lock._lock
    ours = [each for pair in ffi.lib._lock._cblist for each in pair]
    if len(ours) != 2 or any(each.__module__ != "numba.core.base" for each in ours):
        raise TypeError("somebody else asks for calls when LLVM is locked")

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        for listener in listeners["numba:llvm_lock"]:
            if type(listener) is not event.TimingListener:
                return with_events(self, *args, **kwargs)
        with lock:
            return self._cfn(*args, **kwargs)

    listeners: Any = event._registered
    return Replacement(owner, "__call__", call)


def _numbers() -> Replacement:
    """Ask once whether LLVM writes numbers with a point in this process."""
    from numba.core.codegen import CPUCodegen

    check = CPUCodegen.__dict__["_check_llvm_bugs"]
    checked: list[bool] = []

    def _check_llvm_bugs(self: Any) -> None:
        if not checked:
            check(self)
            checked.append(True)

    return Replacement(CPUCodegen, "_check_llvm_bugs", _check_llvm_bugs)


def compare_flags_quickly(compiler: Any) -> None:
    """Let a compiler use flags that are compared quickly.  This saves a tenth of the time that Numba takes."""
    customize, quick = compiler._customize_flags, _quick_flags()
    compiler._customize_flags = lambda flags: quick(customize(flags))


@functools.cache
def _quick_flags() -> Any:
    from numba.core.compiler import Flags

    number = hash(Flags())  # made of the names of all flags, so it is the same for all

    class QuickFlags(Flags):
        """Flags that are compared quickly.

        Numba compares flags at each function call whose types it infers, through a dictionary of all flags.
        """

        __slots__ = ()

        def __eq__(self, other: Any) -> Any:
            same = self is other or (isinstance(other, Flags) and self._values == other._values)
            return same or super().__eq__(other)

        def __hash__(self) -> int:
            return number

    if hash(QuickFlags(Flags())) != hash(Flags()) or QuickFlags(Flags()) != Flags():
        raise TypeError("Numba compares flags in another way")
    return QuickFlags


_MAKERS = (
    *(_types_of_operations, _variables_of_statements, _new_functions, _new_types),
    *(_lives_of_variables, _reports_of_variables, _passes, _calls_of_llvm, _numbers),
    *(attributes, constraints, places_in_typing, places_in_lowering),
)
