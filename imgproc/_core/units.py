"""Units: functions that are compiled by themselves, and that kernels call by their addresses.

If a kernel calls another one by its name, it contains all of it.  The kernel of a pass would then have to compile every
operation before it could run one.  A unit is compiled when it is first needed.  Its address is a number, which a kernel
calls with `invoke`.  A call costs about 4 ns; an array travels as its address and its shape.

The arguments of a unit are numbers and C-contiguous arrays of one or two axes.  A `Family` says which.  Letters in it
stand for dtypes that differ from unit to unit, and ``unit.address(T="float32")`` says what they are.  Without a
compiler (``NUMBA_DISABLE_JIT=1``) an address is the number of a Python function, which `invoke` calls.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from . import jit as _jit
from . import numba_inside
from .fingerprint import Unknown

_plain: list[Callable[..., Any]] = []


BYTES = -1
"""Stands for the number of axes of an array that comes as bytes."""


class Family(NamedTuple):
    """The arguments and the result of units that can replace each other."""

    result: str
    """The dtype of the number that they return."""
    arguments: tuple[tuple[str, int], ...]
    """For each argument a dtype, or a letter that stands for one, and the number of axes.

    0 axes mean a number.  `BYTES` means an array of one axis that callers hold as bytes, so that the callers are
    compiled once for all dtypes."""

    def kinds(self, letters: dict[str, str]) -> list[Any]:
        """Numba's types of the arguments, for these dtypes of the letters."""
        from numba.core import types

        found = []
        for name, axes in self.arguments:
            kind = getattr(types, letters.get(name, name))
            found.append(types.Array(kind, abs(axes), "C") if axes else kind)
        return found


class Unit:
    """A function compiled on its own, for the dtypes that it is asked for, and called by its address.

    Parameters
    ----------
    family : Family
    body : callable
        It takes the arguments of the family, as arrays and numbers.  It may call kernels, also such as its maker has
        given to it.
    """

    def __init__(self, family: Family, body: Callable[..., Any]) -> None:
        self.family, self.body = family, body
        self.__module__, self.__qualname__ = body.__module__, body.__qualname__
        self._adapter = _adapter(family, body)
        self._addresses: dict[tuple[tuple[str, str], ...], int] = {}
        self.function = body
        self._dispatcher: Any = None
        _jit.UNITS.append(self)

    @property
    def made(self) -> list[Any]:
        """Numba's dispatcher, if the unit was needed already."""
        return [] if self._dispatcher is None else [self._dispatcher]

    def address(self, **letters: str) -> int:
        """The number that `invoke` takes.  The first call for these dtypes compiles the unit.

        Parameters
        ----------
        **letters
            The dtype, by name, of each letter of the family.
        """
        key = tuple(letters.items())
        found = self._addresses.get(key)
        if found is None:
            with _jit.compiler_lock():
                found = self._addresses.get(key)
                if found is None:
                    found = self._addresses[key] = self._made(letters)
        return found

    def _made(self, letters: dict[str, str]) -> int:
        if not _jit.jit_enabled():
            _plain.append(_from_bytes(self.family, letters, self.body))
            return len(_plain) - 1
        from numba.core import types

        if self._dispatcher is None:
            self._dispatcher = _jit.compiled_lazily(self._adapter, f"{self.body.__module__}.{self.body.__qualname__}")
        kinds = self.family.kinds(letters)
        signature = getattr(types, self.family.result)(_thin(kinds))
        return _jit.native_address(self._dispatcher, signature)


def _thin(kinds: list[Any]) -> Any:
    """The type of one tuple that holds all arguments; an array becomes its pointer and its lengths."""
    from numba.core import types

    flat: list[Any] = []
    for kind in kinds:
        if isinstance(kind, types.Array):
            flat += [types.CPointer(kind.dtype), *[types.intp] * kind.ndim]
        else:
            flat.append(kind)
    return types.Tuple(flat)


def _from_bytes(family: Family, letters: dict[str, str], body: Callable[..., Any]) -> Callable[..., Any]:
    """The body for uncompiled callers, which have some arrays as bytes."""
    import numpy as np

    kinds = [np.dtype(letters.get(name, name)) if axes == BYTES else None for name, axes in family.arguments]

    def run(*arguments: Any) -> Any:
        return body(*(a if kind is None else a.view(kind) for a, kind in zip(arguments, kinds, strict=True)))

    return run


def _adapter(family: Family, body: Callable[..., Any]) -> Callable[..., Any]:
    arrays = _arrays(tuple(axes for _, axes in family.arguments))
    inlined = _jit.Kernel(body, inner=True)

    def adapter(thin):
        return inlined(*arrays(thin))

    # By this name units are told apart in the cache and in a profile.
    adapter.__name__ = adapter.__qualname__ = f"unit_{body.__qualname__}"
    adapter.__module__ = body.__module__
    return adapter


_makers: dict[tuple[int, ...], _jit.Intrinsic] = {}


def _arrays(axes: tuple[int, ...]) -> _jit.Intrinsic:
    """The intrinsic that makes arrays again of the tuple that `_thin` describes; `axes` says of how many axes."""
    if axes not in _makers:
        _makers[axes] = _jit.Intrinsic(lambda intrinsic: _thick(intrinsic, axes), borrows=True)
    return _makers[axes]


def _thick(intrinsic: Any, axes: tuple[int, ...]) -> Any:
    from numba.core import cgutils, types
    from numba.np.arrayobj import populate_array

    def thick(typing_context, thin):
        kinds = []
        at = 0
        for number in axes:
            kind = thin.types[at]
            kinds.append(types.Array(kind.dtype, abs(number), "C") if number else kind)
            at += 1 + abs(number)
        made = types.Tuple(kinds)

        def generate(context, builder, signature, args):
            values = []
            at = 0
            for kind, number in zip(kinds, axes, strict=True):
                value = builder.extract_value(args[0], at)
                at += 1
                if isinstance(kind, types.Array):
                    shape = [builder.extract_value(args[0], at + k) for k in range(kind.ndim)]
                    at += kind.ndim
                    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
                    if number == BYTES:
                        shape = [builder.sdiv(shape[0], size)]
                    strides = [size] if kind.ndim == 1 else [builder.mul(size, shape[1]), size]
                    array = context.make_array(kind)(context, builder)
                    populate_array(
                        array,
                        data=value,
                        shape=cgutils.pack_array(builder, shape),
                        strides=cgutils.pack_array(builder, strides),
                        itemsize=size,
                        meminfo=None,
                    )
                    value = array._getvalue()
                values.append(value)
            return context.make_tuple(builder, made, values)

        return made(thin), generate

    return intrinsic(thick)


def _unlock(intrinsic: Any) -> Any:
    def unlock(typing_context, array):
        return array.copy(readonly=False)(array), lambda context, builder, signature, args: args[0]

    return intrinsic(unlock)


unlocked = _jit.Intrinsic(_unlock, lambda array: array, borrows=True)
"""``unlocked(array)`` in a kernel: the same array as one of the type that can be written to, so that it can take turns
with such a one.  Nothing writes to it."""


def _invoke(intrinsic: Any) -> Any:
    from numba.core import types

    def invoke(typing_context, address, like, arguments):
        """Call the unit at an address.  Its result is a number of the type of `like`."""
        kinds = list(arguments.types)
        thin = _thin(kinds)

        def generate(context, builder, signature, args):
            values = []
            for k, kind in enumerate(kinds):
                value = builder.extract_value(args[2], k)
                if isinstance(kind, types.Array):
                    array = context.make_array(kind)(context, builder, value)
                    values += [array.data, *(builder.extract_value(array.shape, d) for d in range(kind.ndim))]
                else:
                    values.append(value)
            packed = context.make_tuple(builder, thin, values)
            function = context.call_conv.get_function_type(like, [thin])
            place = builder.inttoptr(args[0], function.as_pointer())
            status, result = context.call_conv.call_function(builder, place, like, [thin], [packed])
            with builder.if_then(status.is_error, likely=False):
                context.call_conv.return_status_propagate(builder, status)
            return result

        return like(address, like, arguments), generate

    return intrinsic(invoke)


def _invoke_plain(address: int, like: Any, arguments: tuple[Any, ...]) -> Any:
    return _plain[address](*arguments)


invoke = _jit.Intrinsic(_invoke, _invoke_plain)
"""``invoke(address, like, (a, b, ...))`` in a kernel calls a unit, which returns a number of the type of `like`.

Arrays among the arguments should be `borrowed`, because otherwise each call counts references to them.  Their dtypes
and axes must be those of the unit: nothing checks them."""


def _invoke_kernel(intrinsic: Any) -> Any:
    def call(typing_context, address, like, arguments):
        kinds = list(arguments.types)

        def generate(context, builder, signature, args):
            values = [builder.extract_value(args[2], k) for k in range(len(kinds))]
            function = context.call_conv.get_function_type(like, kinds)
            place = builder.inttoptr(args[0], function.as_pointer())
            status, result = context.call_conv.call_function(builder, place, like, kinds, values)
            with builder.if_then(status.is_error, likely=False):
                context.call_conv.return_status_propagate(builder, status)
            return result

        return like(address, like, arguments), generate

    return intrinsic(call)


invoke_kernel = _jit.Intrinsic(_invoke_kernel, _invoke_plain)
"""``invoke_kernel(address, like, (a, b, ...))`` in a kernel calls another one by its address.

`kernel_address` gave the address, for arguments of just these types."""


def kernel_address(kernel: _jit.Kernel, *examples: Any) -> int:
    """The address of a kernel that is compiled for arguments of the types of these examples.

    With it another kernel can call what Python calls, too, without containing it once more."""
    if not _jit.jit_enabled():
        with _jit.compiler_lock():
            if kernel.function not in _plain:
                _plain.append(kernel.function)
            return _plain.index(kernel.function)
    import numba

    dispatcher = kernel.dispatcher
    kinds = tuple(numba.typeof(example) for example in examples)
    with _jit.compiler_lock():
        return _jit.native_address(dispatcher, kinds)


def entry_of(kernel: _jit.Kernel, *examples: Any) -> Any:
    """The kernel as compiled for arguments of the types of these examples, to be called directly.

    Numba looks at the types before each ordinary call, which takes longer than the work on a small image.  The caller
    must see to it that all arguments have just these types: nothing checks them."""
    if not _jit.jit_enabled():
        return kernel
    import numba

    kinds = tuple(numba.typeof(example) for example in examples)
    with _jit.compiler_lock():
        _jit.native_address(kernel.dispatcher, kinds)
        made = next(made for types, made in kernel.dispatcher.overloads.items() if tuple(types) == kinds)
    return made.entry_point


class Direct:
    """A kernel that Python calls directly: ``direct.call(*arguments)``; see `entry_of`.

    Parameters
    ----------
    kernel : Kernel
    examples : callable
        Gives arguments of the types that all calls have; it is asked at the first call.
    """

    def __init__(self, kernel: _jit.Kernel, examples: Callable[[], tuple[Any, ...]]) -> None:
        self._kernel, self._examples = kernel, examples

    @functools.cached_property
    def call(self) -> Any:
        """The kernel as compiled."""
        return entry_of(self._kernel, *self._examples())


ROOM = 1 << 13
"""Bytes of a place for bound arguments."""


class Bound(NamedTuple):
    """Arguments that stay the same from call to call, taken apart once.

    Taking some forty arrays out of Python's objects costs more than the rest of a small call.  ``keep(place,
    arguments)`` in a kernel writes them to a place, an array of `ROOM` bytes, as the compiled code has them;
    ``load(place)`` gives them back, borrowed: whoever holds the place holds the arrays.  Without a compiler the place
    is the tuple itself.
    """

    keep: Any
    load: Any


class _Kind:
    """Numba's type of examples that are asked for when a kernel compiles.

    Kernels are told apart by this type, not by the examples, which hold what differs from process to process."""

    def __init__(self, examples: Callable[[], Any]) -> None:
        self._examples = examples

    def __call__(self) -> Any:
        import numba

        return numba.typeof(self._examples())

    def _reaches(self) -> tuple[str, ...]:
        try:
            return ("type", numba_inside.text_of_types([self()]))
        except LookupError:  # there is no example yet
            raise Unknown from None


def bound(examples: Callable[[], Any]) -> Bound:
    """What keeps and loads arguments of the types of these examples, which are asked for when a kernel compiles."""
    kind_of = _Kind(examples)

    def pointer(context: Any, builder: Any, kind: Any, place: Any, value: Any) -> Any:
        size = context.get_abi_sizeof(value)
        if size > ROOM:
            raise ValueError(f"bound arguments must fit {ROOM} bytes, got {size}")
        return builder.bitcast(context.make_array(kind)(context, builder, place).data, value.as_pointer())

    def build_keep(intrinsic: Any) -> Any:
        from numba.core import types

        def keep(typing_context, place, arguments):
            def generate(context, builder, signature, args):
                value = context.get_value_type(arguments)
                builder.store(args[1], pointer(context, builder, place, args[0], value), align=8)
                return context.get_dummy_value()

            return types.void(place, arguments), generate

        return intrinsic(keep)

    def build_load(intrinsic: Any) -> Any:
        kind = kind_of()

        def load(typing_context, place):
            def generate(context, builder, signature, args):
                value = context.get_value_type(kind)
                return builder.load(pointer(context, builder, place, args[0], value), align=8)

            return kind(place), generate

        return intrinsic(load)

    return Bound(_jit.Intrinsic(build_keep), _jit.Intrinsic(build_load, lambda place: place, borrows=True))
