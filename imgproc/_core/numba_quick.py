"""What makes Numba compile our kernels quicker, without a change to what it makes of them.

Two thirds of the time of a compilation are Numba's own Python.  Three things in it are replaced while a kernel of ours
compiles, under Numba's compiler lock, and put back afterwards, so that nobody else's functions are concerned:

* Python's garbage collector, which would search some hundred thousand living objects again and again;
* the search for the types of an operation: Numba tries one template after another for each ``+`` in a kernel, although
  the types of the operands decide on the result;
* the list of the variables of a statement, which Numba makes anew after each of its passes.

All three together take a fifth off.  If a version of Numba is built differently, it compiles in its own time.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_OPERATORS = frozenset(each for each in vars(operator).values() if callable(each) and not isinstance(each, type))


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Let Numba compile quicker during the work inside.  The caller holds Numba's compiler lock."""
    collecting = gc.isenabled()
    replaced: list[tuple[_Replacement, Any]] = []
    try:
        gc.disable()
        for each in _replacements():
            replaced.append((each, each.owner.__dict__[each.name]))
            setattr(each.owner, each.name, each.quick)
        yield
    finally:
        for each, before in reversed(replaced):
            setattr(each.owner, each.name, before)
        if collecting:
            gc.enable()


class _Replacement(NamedTuple):
    owner: Any
    """A class of Numba."""
    name: str
    """The name of a method of it."""
    quick: Callable[..., Any]
    """What stands for this method for a while."""


@functools.cache
def _replacements() -> tuple[_Replacement, ...]:
    found = []
    for make in (_types_of_operations, _variables_of_statements):
        with contextlib.suppress(Exception):  # Numba is built differently
            found.append(make())
    return tuple(found)


def _types_of_operations() -> _Replacement:
    """Look the types of an operation up where the same types were seen before."""
    from numba.core import types

    owner = types.functions.BaseFunction
    search = owner.__dict__["get_call_type"]
    data = (types.Number, types.Boolean, types.Array, types.BaseTuple, types.SliceType, types.NoneType)

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not _is_operator(self.typing_key) or not all(isinstance(each, data) for each in args):
            return search(self, context, args, kws)
        seen = self.__dict__.setdefault("_imgproc_seen", {})
        found = seen.get(args)
        if found is None:
            found = seen[args] = search(self, context, args, kws)
        return found

    return _Replacement(owner, "get_call_type", get_call_type)


def _is_operator(function: Any) -> bool:
    try:
        return function in _OPERATORS
    except TypeError:  # it has no hash
        return False


def _variables_of_statements() -> _Replacement:
    """Collect the variables in one list instead of one for each level of nesting."""
    from numba.core import ir

    variable, instruction, place = ir.Var, ir.Inst, ir.Loc

    def collect(value: Any, found: list[Any]) -> None:
        kind = type(value)
        if kind is variable:
            found.append(value)
        elif kind is str or kind is place:  # the commonest values
            return
        elif kind is list or kind is tuple:
            for each in value:
                collect(each, found)
        elif kind is dict:
            for each in value.values():
                collect(each, found)
        elif isinstance(value, instruction):
            found += value.list_vars()
        elif isinstance(value, variable):
            found.append(value)
        elif isinstance(value, list | tuple):
            for each in value:
                collect(each, found)
        elif isinstance(value, dict):
            for each in value.values():
                collect(each, found)

    def variables(self: Any, value: Any) -> list[Any]:
        found: list[Any] = []
        collect(value, found)
        return found

    return _Replacement(instruction, "_rec_list_vars", variables)


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
