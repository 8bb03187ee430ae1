"""Everything that we use of Numba beyond its public interface.

Numba has no public way to choose where one library keeps its compiled functions.  It also has none to leave out the
machine code of functions that only become part of others.  If a version of Numba is built differently, the functions
here return None or do nothing.  Kernels are then compiled in the ordinary way and are not kept.
"""

from __future__ import annotations

import functools
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from . import cache, shipped
from .notice import while_compiling
from .numba_passes import needed_passes
from .numba_quick import compare_flags_quickly, quickly

_OPTIONS = (
    *("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS"),
    *("USING_SVML", "DISABLE_INTEL_SVML"),
    *("BOUNDSCHECK", "DEBUG", "DEBUG_JIT", "DEBUGINFO_DEFAULT", "DEBUG_NRT", "DEBUG_ARRAY_OPT", "NRT_STATS"),
)
"""Settings of Numba that change the code that it makes.  Those of the CPU are known by what they lead to."""

_WAY = 5
"""Raise it when kernels are compiled in another way than before, so that those in caches are not taken."""

_depth = 0  # how deep compilations are nested: one begins another; guarded by Numba's compiler lock


def keep(dispatcher: Any, name: str, content: str, kind: str) -> None:
    """Let a dispatcher load compiled functions from our cache, and write those that it compiles to it.

    Parameters
    ----------
    dispatcher : object
        Numba's dispatcher.
    name : str
        The function's module and name.
    content : str
        A hash of everything that the function is made of, and of the options that it is compiled with.
    kind : str
        ``"entry"``; a function of any other kind gets no machine code of its own.
    """
    try:
        kept = _cache_class()(name, content, kind)
        dispatcher.compile = _watched(dispatcher.compile, kept)
        dispatcher._cache = kept
        compare_flags_quickly(dispatcher._compiler)
        if kind == "inner":
            dispatcher.get_call_template = _without_literals(dispatcher.get_call_template)
    except Exception:
        return


def _watched(compile_: Callable[..., Any], kept: Any) -> Callable[..., Any]:
    """Wrap `compile_`: count how deep compilations are nested, and always give back the claim on the file."""
    from numba.core.compiler_lock import global_compiler_lock

    @functools.wraps(compile_)
    def run(*args: Any) -> Any:
        global _depth
        with global_compiler_lock:
            _depth += 1
            try:
                if _depth > 1:
                    return compile_(*args)
                with while_compiling(), quickly():
                    return compile_(*args)
            finally:
                _depth -= 1
                kept.release()

    return run


def _without_literals(get_call_template: Callable[..., Any]) -> Callable[..., Any]:
    """Let constants in a call count as what they are of: ``f(x, 0)`` takes the ``f`` of ``f(x, n)``.

    Numba compiles a function anew for each constant.  What is inlined needs no such copies."""
    from numba.core.errors import TypingError
    from numba.core.types import unliteral

    @functools.wraps(get_call_template)
    def get(args: Any, kws: Any) -> Any:
        plain = tuple(map(unliteral, args))
        if plain != tuple(args):
            try:
                return get_call_template(plain, kws)
            except TypingError:  # a constant that decides on types, as the index of a tuple does
                pass
        return get_call_template(args, kws)

    return get


@functools.cache
def _cache_class() -> Any:
    from numba.core.caching import NullCache
    from numba.core.serialize import dumps

    class Kept(NullCache):
        """The cache of one dispatcher, which asks it before it compiles and gives it the result afterwards."""

        def __init__(self, name: str, content: str, kind: str) -> None:
            self._name, self._content, self._kind = name, content, kind
            self._inner = kind != "entry" and inner_compiler() is not None
            self._claims: list[cache.Claim] = []

        @property
        def cache_path(self) -> str | None:
            folder = cache.cache_folder()
            return None if folder is None else str(folder)

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                found, source = self._load(sig, target_context)
            except Exception:  # this counts as a miss; the function is compiled now, and replaces the file
                return None
            cache.count(source)
            return found

        def _load(self, sig: Any, context: Any) -> tuple[Any, str]:
            """The compiled function or None, and where it came or will come from."""
            target = context.codegen().magic_tuple()
            key = self._key(sig, target)
            if not key:
                return None, "compiled"
            file = cache.file_of(self._name, key)
            found = self._read(file, key, sig, context)
            if found is None and not self._inner:
                found = self._load_shipped(sig, context, target)
                if found is not None:
                    return found, "shipped"
            if found is None and file and _depth == 1:
                # Only the outermost compilation takes a claim, because a process that waits must hold none.
                claim = cache.Claim(file)
                self._claims.append(claim)
                claim.wait()
                found = self._read(file, key, sig, context)
            return found, "compiled" if found is None else "cached"

        def _load_shipped(self, sig: Any, context: Any, target: tuple[str, ...]) -> Any:
            level = shipped.level()
            key = level and self._key(sig, (target[0], level.target.cpu, level.target.features))
            return self._rebuilt(shipped.read(self._name, key), sig, context) if key else None

        def _read(self, file: Any, key: str, sig: Any, context: Any) -> Any:
            return self._rebuilt(cache.read(file, key), sig, context) if file else None

        def _rebuilt(self, payload: bytes | None, sig: Any, context: Any) -> Any:
            if payload is None:
                return None
            try:
                if self._inner or b"NRT_" in payload:
                    # What the machine code calls must be there.  All that Numba can compile need not: half of a second
                    # of a process that compiles nothing would go there.
                    context.refresh()
                found = _rebuild(pickle.loads(payload), context, self._inner)
            except Exception:
                return None
            return found if tuple(found.signature.args) == _arguments(sig) else None

        def save_overload(self, sig: Any, cres: Any) -> None:
            try:
                if not self._inner:
                    _set_environments(cres)
                if any(not lifted.can_cache for lifted in cres.lifted) or cres.library.has_dynamic_globals:
                    return
                key = self._key(sig, cres.target_context.codegen().magic_tuple())
                file = key and cache.file_of(self._name, key)
                if key and file:
                    cache.write(file, key, dumps(self._reduced(cres)))
            except Exception:  # the function is compiled and can be used; it is only not kept
                return

        def _reduced(self, cres: Any) -> tuple[Any, ...]:
            """What is written of a compiled function."""
            # The annotated source would take half of the file, and it contains addresses.
            library, *others = cres._replace(type_annotation="")._reduce()
            if library[1] == "object" and inner_compiler() is not None:
                # Nothing is linked with an entry: kernels call it by its address, or have it as a part (see `jit`).
                library = (library[0], "object", (library[2][0], _names_only(library[2][1])))
            return (library, *others)

        def _key(self, sig: Any, target: tuple[str, ...]) -> str | None:
            signature = f"{sig}\n{text_of_types(_arguments(sig))}"
            if " at 0x" in signature:  # an argument known by its address, which means nothing in another process
                return None
            return "\n".join((_environment(), repr(target), self._kind, self._name, self._content, signature))

        def release(self) -> None:
            while self._claims:
                self._claims.pop().release()

    return Kept


def _names_only(bitcode: bytes) -> bytes:
    """A module that defines the same names with nothing behind them: all that Numba asks of it when it loads."""
    import llvmlite.binding

    module = llvmlite.binding.parse_bitcode(bitcode)
    lines = [f'define void @"{each.name}"() {{ ret void }}' for each in module.functions if not each.is_declaration]
    lines += [f'@"{each.name}" = global i8 0' for each in module.global_variables if not each.is_declaration]
    return llvmlite.binding.parse_assembly("\n".join(lines)).as_bitcode()


@functools.cache
def _environment() -> str:
    """The versions and settings that change the compiled code."""
    import llvmlite.binding
    import numba
    import numpy

    versions = {
        **shipped.versions(),
        "way": _WAY,
        "abi": getattr(sys, "abiflags", ""),
        "llvm": llvmlite.binding.llvm_version_info,
        "numpy": numpy.__version__.partition(".")[0],
    }
    options = {name: getattr(numba.config, name, None) for name in _OPTIONS}
    # NUMBA_OPT=max gives an integer that has this further attribute.
    shown = {name: (value, getattr(value, "is_opt_max", None)) for name, value in options.items()}
    return f"{versions} {shown}"


def _arguments(sig: Any) -> tuple[Any, ...]:
    return tuple(getattr(sig, "args", sig))


def text_of_types(kinds: Iterable[Any]) -> str:
    """A text that tells argument types apart: also the fields of named tuples, of which Numba shows only the types."""
    from numba.core import types

    pending = list(kinds)
    lines = [", ".join(map(str, pending))]
    while pending:
        kind = pending.pop()
        made = getattr(kind, "instance_class", None)
        if made is not None:
            lines.append(f"{made.__module__}.{made.__qualname__} {getattr(made, '_fields', None)}")
        if isinstance(kind, types.BaseTuple):
            pending += cast(Any, kind)  # Numba's annotations do not say that it can be iterated
    return "\n".join(lines)


def _rebuild(reduced: Any, context: Any, inner: bool) -> Any:
    from numba.core.compiler import CompileResult

    if not inner:
        return CompileResult._rebuild(context, *reduced)
    return CompileResult._rebuild(_InnerContext(context), *reduced)._replace(target_context=context)


def _set_environments(cres: Any) -> None:
    """Set the globals of the functions that became part of this one.

    They have no machine code of their own, so Numba has not set their globals.  Their code is in the library of this
    function and reads its globals there.
    """
    codegen = cres.library.codegen
    for environment in cres._find_referenced_environments():
        if codegen._engine.get_global_value_address(environment.env_name):
            codegen.set_env(environment.env_name, environment)


# --- functions without machine code -----------------------------------------------------------------------------------


class _Passing:
    """Has all attributes of `other`, except those that a subclass defines itself."""

    def __init__(self, other: Any) -> None:
        self._other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other, name)


class _InnerCodegen(_Passing):
    """A code generator for functions without machine code, in which no globals can be set."""

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing, because there is no machine code."""

    def unserialize_library(self, serialized: Any) -> Any:
        """Make a library from its bitcode."""
        import llvmlite.binding

        name, _, bitcode = serialized
        made = _inner_library()(self._other, name)
        made._final_module = llvmlite.binding.parse_bitcode(bitcode)
        made._finalize_final_module()
        return made


class _InnerContext(_Passing):
    def codegen(self) -> Any:
        """The code generator of functions without machine code."""
        return _InnerCodegen(self._other.codegen())


@functools.cache
def entry_compiler() -> Any:
    """Numba's compiler, but functions that only borrow arrays count no references, and none can be called from C."""
    from numba.core.compiler import Compiler

    class EntryCompiler(Compiler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.state.flags = self.state.flags.copy()
            self.state.flags.no_cfunc_wrapper = True

        def define_pipelines(self) -> Any:
            return needed_passes(super().define_pipelines())

    return EntryCompiler


@functools.cache
def inner_compiler() -> Any:
    """A Numba compiler for functions that only become part of others, or None if Numba is built differently.

    It lowers and simplifies these functions, which saves their callers work.  It does not optimise them further and
    makes no machine code, because both are done with the callers, of which the functions are a part by then.
    """
    try:
        library = _inner_library()
    except Exception:
        return None

    class InnerCompiler(entry_compiler()):  # type: ignore[misc]
        def compile_extra(self, func: Any) -> Any:
            if self.state.library is None:
                self.state.library = library(self.state.targetctx.codegen(), func.__qualname__)
            return super().compile_extra(func)

    return InnerCompiler


@functools.cache
def _inner_library() -> Any:
    from numba.core.codegen import JITCodeLibrary

    needed = ("_optimize_final_module", "_finalize_final_module", "_finalize_dynamic_globals", "_ensure_finalized")
    for name in (*needed, "serialize_using_object_code", "get_pointer_to_function", "codegen"):
        getattr(JITCodeLibrary, name)

    class InnerLibrary(JITCodeLibrary):
        @property
        def codegen(self) -> Any:
            return _InnerCodegen(self._codegen)

        def _optimize_final_module(self) -> None:
            try:
                for run in _cheap_passes(self._codegen):
                    run(self._final_module)
            except Exception:
                super()._optimize_final_module()

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._finalized = True

        def get_pointer_to_function(self, name: str) -> int:
            self._ensure_finalized()
            return 0

        def serialize_using_object_code(self) -> Any:
            self._ensure_finalized()
            return self.name, "bitcode", self._final_module.as_bitcode()

    return InnerLibrary


def _cheap_passes(codegen: Any) -> Iterator[Callable[[Any], Any]]:
    """The first, cheap passes of Numba, which inline functions and remove the counting of references."""
    if hasattr(codegen, "_mpm_cheap"):  # Numba up to 0.61
        yield codegen._mpm_cheap.run
        return
    passes, builder = codegen._module_pass_manager(
        loop_vectorize=codegen._loopvect, slp_vectorize=False, opt=codegen._opt_level, cost="cheap"
    )
    yield lambda module: passes.run(module, builder)
