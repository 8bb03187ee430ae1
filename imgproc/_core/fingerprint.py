"""A hash of everything that a compiled function is made of: an edit recompiles what it touches and nothing else.

`fingerprint` hashes the bytecode of a function, which line numbers, comments and docstrings do not change.  Then it
hashes what the names in the function stand for: constants, and other kernels with everything that these use.  If
something cannot be hashed by its value, the source files of the package around the function are hashed instead.
"""

from __future__ import annotations

import dis
import enum
import hashlib
import inspect
import secrets
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOTS: set[str] = set()
"""The packages that have kernels.  What comes from another package is known by its name and the package's version."""

_Function = Callable[..., Any]
_Part = bytes | _Function

_parts_of: dict[_Function, list[_Part]] = {}
_files: dict[str, bytes] = {}


class Unknown(Exception):
    """Raised for a value that cannot be hashed safely, also by an object that is asked what it reaches."""


def register(function: Any) -> None:
    """Note that the package of this function has kernels."""
    if function.__module__:
        ROOTS.add(function.__module__.partition(".")[0])


def fingerprint(function: _Function) -> str:
    """The hash of a function and of everything that it uses, directly or through others.

    Functions get numbers in the order in which they are found.  So the search ends where functions call each other in a
    circle, and the hash changes when two functions change places.
    """
    digest = hashlib.sha256()
    numbers = {function: 0}
    pending = [function]
    while pending:
        for part in _parts(pending.pop()):
            if isinstance(part, bytes):
                digest.update(b"%d:" % len(part) + part)
                continue
            if part not in numbers:
                numbers[part] = len(numbers)
                pending.append(part)
            digest.update(b"#%d" % numbers[part])
    return digest.hexdigest()


def _parts(function: _Function) -> list[_Part]:
    """What one function is made of: bytes, and the functions that it uses directly."""
    parts = _parts_of.get(function)
    if parts is None:
        parts = _parts_of[function] = list(_function(function))
    return parts


def _function(function: _Function) -> Iterator[_Part]:
    code = function.__code__
    yield from _code(code, function)
    attributes = frozenset(_all_names(code))
    for value in (function.__defaults__, function.__kwdefaults__):
        yield from _known(value, attributes, function)
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        yield name.encode()
        yield from _known(cell, attributes, function)
    for name in dict.fromkeys(_global_names(code)):
        if name in function.__globals__:
            yield name.encode()
            yield from _known(function.__globals__[name], attributes, function)
    if _imports_ours(code):
        yield _surroundings(function)


def _known(value: Any, attributes: frozenset[str], function: _Function) -> list[_Part]:
    """The parts of a value.  If it cannot be hashed, a hash of the files around the function stands for it."""
    try:
        return list(_value(value, attributes))
    except Unknown:
        return [_surroundings(function)]


def _code(code: types.CodeType, function: _Function | None = None) -> Iterator[_Part]:
    """The parts of a code object, without its place in the file and without docstrings."""
    constants = list(code.co_consts)
    if function is not None and constants and function.__doc__ is not None and constants[0] == function.__doc__:
        constants[0] = None
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    numbers = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    yield repr((names, numbers)).encode()
    yield code.co_code
    yield getattr(code, "co_exceptiontable", b"")
    for constant in constants:
        if isinstance(constant, types.CodeType):
            yield from _code(constant)
        else:
            yield from _value(constant, frozenset())


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


def _all_names(code: types.CodeType) -> Iterator[str]:
    for each in _nested(code):
        yield from each.co_names


def _global_names(code: types.CodeType) -> Iterator[str]:
    """The names that the code looks up in its module, in the order of the code.

    `co_names` would not do: it also holds the names of attributes, and a function of the module may have the same name
    as an attribute by chance.
    """
    if sys.version_info >= (3, 15):  # the encoding below may have changed: better too many names than too few
        yield from _all_names(code)
        return
    load, extended = dis.opmap["LOAD_GLOBAL"], dis.opmap["EXTENDED_ARG"]
    for each in _nested(code):
        above, raw = 0, each.co_code
        for i in range(0, len(raw), 2):
            argument = above | raw[i + 1]
            above = argument << 8 if raw[i] == extended else 0
            if raw[i] == load:
                yield each.co_names[argument >> 1]


def _value(value: Any, attributes: frozenset[str]) -> Iterator[_Part]:
    """The parts of a value, by its contents.  `attributes` are the names that the code may look up in a module."""
    kind = type(value)
    reaches = getattr(kind, "_reaches", None)
    if reaches is not None:  # a kernel, or an object that kernels call like one
        for each in reaches(value):
            yield from _value(each, attributes)
    elif value is None or value is Ellipsis or kind in (bool, int, float, complex, str, bytes, slice):
        yield f"{kind.__name__} {value!r}".encode()
    elif isinstance(value, enum.Enum):
        yield _qualified(kind) + f" {value!r}".encode()
    elif kind in (list, set, frozenset, dict) or isinstance(value, tuple):
        yield from _container(value, attributes)
    elif isinstance(value, np.dtype):
        yield f"dtype {value.descr if value.fields else value.str}".encode()
    elif isinstance(value, np.generic | np.ndarray):
        yield from _array(np.asarray(value))
    elif isinstance(getattr(value, "py_func", None), types.FunctionType):  # what a user has compiled by Numba
        yield _qualified(kind)
        yield value.py_func
    elif isinstance(value, types.FunctionType):
        if _is_ours(value.__module__):
            yield value
        else:
            yield _qualified(value)
    elif isinstance(value, types.CellType):
        try:
            yield from _value(value.cell_contents, attributes)
        except ValueError:  # the cell is still empty
            raise Unknown from None
    elif isinstance(value, types.ModuleType):
        yield from _module(value, attributes)
    elif isinstance(value, type):
        yield from _class(value, attributes)
    elif isinstance(value, types.BuiltinFunctionType | np.ufunc):
        yield f"builtin {getattr(value, '__module__', None)}.{value.__name__}".encode()
    elif kind.__module__.partition(".")[0] in ("numba", "numpy", "typing", "types", "__future__"):
        text = repr(value)
        if " at 0x" in text:
            raise Unknown
        yield _qualified(kind) + text.encode()
    else:
        raise Unknown


def _container(value: Any, attributes: frozenset[str]) -> Iterator[_Part]:
    yield _qualified(type(value)) + b" %d" % len(value)
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _value(key, attributes)
            yield from _value(each, attributes)
    elif isinstance(value, set | frozenset):
        parts = [list(_value(each, attributes)) for each in value]
        if any(not isinstance(part, bytes) for each in parts for part in each):
            raise Unknown  # functions have no order by which a set could be sorted
        for each in sorted(parts):
            yield from each
    else:
        yield repr(getattr(value, "_fields", ())).encode()
        for each in value:
            yield from _value(each, attributes)


def _array(value: np.ndarray) -> Iterator[_Part]:
    if value.dtype.hasobject:
        raise Unknown
    flags = value.flags
    yield repr((value.dtype.descr, value.shape, flags.c_contiguous, flags.f_contiguous, flags.writeable)).encode()
    yield value.tobytes()


def _module(value: types.ModuleType, attributes: frozenset[str]) -> Iterator[_Part]:
    yield value.__name__.encode()
    if _is_ours(value.__name__):
        for name in sorted(attributes):
            found = vars(value).get(name)
            if found is not None and found is not value:
                yield name.encode()
                yield from _value(found, attributes - {name})


def _class(value: type, attributes: frozenset[str]) -> Iterator[_Part]:
    yield _qualified(value)
    if not _is_ours(value.__module__):
        return
    if issubclass(value, enum.Enum):
        yield repr([(each.name, each.value) for each in value]).encode()
    elif issubclass(value, tuple) and hasattr(value, "_fields"):
        yield repr(value._fields).encode()
        yield from _value(getattr(value, "_field_defaults", {}), attributes)
    else:
        for name, member in vars(value).items():
            if name in _OF_EVERY_CLASS:
                continue
            yield name.encode()
            if isinstance(member, property):
                member = (member.fget, member.fset)
            yield from _value(getattr(member, "__func__", member), attributes)
    for base in value.__bases__:
        yield from _class(base, attributes)


_OF_EVERY_CLASS = frozenset(vars(type("", (), {"__annotations__": {}}))) | {
    *("__slots__", "__static_attributes__", "__firstlineno__", "__annotate__", "__annotate_func__"),
    *("__annotations_cache__", "__abstractmethods__", "_abc_impl", "__orig_bases__", "__parameters__"),
}
"""Names in a class that say nothing about its code."""


def _imports_ours(code: types.CodeType) -> bool:
    """Whether a function imports something, while it runs, that the versions in the keys of the cache do not cover."""
    opcode = dis.opmap["IMPORT_NAME"]
    for each in _nested(code):
        if opcode not in each.co_code[::2]:
            continue
        for instruction in dis.get_instructions(each):
            root = str(instruction.argval).partition(".")[0]
            if instruction.opcode == opcode and root not in sys.stdlib_module_names and root not in _OTHERS:
                return True
    return False


_OTHERS = ("numba", "llvmlite", "numpy")


def _surroundings(function: _Function) -> bytes:
    """A hash of all files of the function's package, or of the function's own file if the package has no kernels.

    Without a file it is a random number, so that nothing is taken from the cache."""
    root = (function.__module__ or "").partition(".")[0]
    found = getattr(sys.modules.get(root), "__path__", None) if root in ROOTS else None
    if found:
        files = sorted(path for folder in found for path in Path(folder).rglob("*.py"))
    else:
        own = inspect.getsourcefile(function) if function.__module__ else None
        if own is None or not Path(own).is_file():  # typed at a prompt: what is unknown now is so to other processes
            return secrets.token_bytes(16)
        files = [Path(own)]
    return hashlib.sha256(b"".join(map(_file, files))).digest()


def _file(path: Path) -> bytes:
    if str(path) not in _files:
        try:
            _files[str(path)] = hashlib.sha256(path.read_bytes()).digest()
        except OSError:
            _files[str(path)] = b"unreadable"
    return _files[str(path)]


def _is_ours(module: str | None) -> bool:
    """Whether what a module has is known by its contents: not what the versions in the keys of the cache stand for."""
    root = (module or "").partition(".")[0]
    return root in ROOTS or (root not in _OTHERS and root not in sys.stdlib_module_names)


def _qualified(value: Any) -> bytes:
    return f"{value.__module__}.{value.__qualname__}".encode()
