"""The only door to Numba: kernels, intrinsics, and the options that all of them are compiled with.

``@kernel`` is ``njit(nogil=True, error_model="numpy")`` with three differences.

* Numba is imported at the first call of a kernel, not at import: ``import imgproc`` stays cheap and compiles nothing.
* Compiled kernels are kept on disk (`cache`), under a hash of everything that their code depends on (`fingerprint`).
  Where nothing can be written, kernels are compiled anew in each process; an import never fails.
* Kernels that only kernels call (``inner=True``) are not compiled to machine code of their own (`numba_inside`).
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from . import numba_inside
from .cache import cache_folder as cache_folder
from .fingerprint import fingerprint, register

KERNELS: list[Kernel] = []
UNITS: list[Any] = []
"""Units of `units`, in the order in which they were made."""

_lock = threading.RLock()
_numba_lock: Any = None


class Kernel:
    """A function that Numba compiles at its first call.  Kernels call each other as module globals."""

    def __init__(self, function: Callable[..., Any], needs: str | None = None, inner: bool = False) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.needs = needs
        self.inner = inner
        register(function)
        self._dispatcher: Any = None
        self._part: Any = None
        self._uncompiled: Any = None

    def __call__(self, *args: Any) -> Any:
        if self.inner:  # its compiled form has no entry for Python
            self._uncompiled = self._uncompiled or _plain(self.function)
            return self._uncompiled(*args)
        return (self._dispatcher or self.dispatcher)(*args)

    @property
    def dispatcher(self) -> Any:
        """Numba's dispatcher (the plain function under ``NUMBA_DISABLE_JIT=1``)."""
        if self._dispatcher is None:
            with compiler_lock():
                if self._dispatcher is None:
                    self._dispatcher = _compile_lazily(self, "inner" if self.inner else "entry")
        return self._dispatcher

    @property
    def made(self) -> list[Any]:
        """The dispatchers that were needed already."""
        return [each for each in (self._dispatcher, self._part) if each is not None]

    def _as_part(self) -> Any:
        """The dispatcher for kernels that call this one: it becomes part of them, without machine code of its own."""
        if self.inner or numba_inside.inner_compiler() is None:
            return self.dispatcher
        if self._part is None:
            with compiler_lock():
                if self._part is None:
                    self._part = _compile_lazily(self, "part")
        return self._part

    @property
    def _numba_type_(self) -> Any:
        # Numba asks an unknown global for its type here: this lets kernels call kernels.
        return self._as_part()._numba_type_

    def _reaches(self) -> tuple[Any, ...]:
        """What decides on the code of kernels that call this one, for `fingerprint`."""
        return ("inner" if self.inner else "kernel", self.function)

    def __reduce__(self) -> Any:
        return _by_name, (self.__module__, self.__qualname__)


def _by_name(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def kernel(function: Callable[..., Any] | None = None, *, needs: str | None = None, inner: bool = False) -> Any:
    """Mark a kernel: compiled in nopython mode at its first call, without the GIL, cached on disk.

    ``@kernel(needs="avx512vbmi")`` says that the kernel may be called only where `cpu_has` that feature.
    ``@kernel(inner=True)`` is for what only kernels call: it becomes part of its callers.  That compiles faster, as
    nothing is made for calls from Python (which run it uncompiled), and lets Numba see that no array needs its
    references counted around the call, which costs more than a short loop.
    """
    if function is None:
        return functools.partial(kernel, needs=needs, inner=inner)
    made = Kernel(function, needs, inner)
    KERNELS.append(made)
    return made


@functools.cache
def jit_enabled() -> bool:
    """False under ``NUMBA_DISABLE_JIT=1``, where kernels run as plain Python and intrinsics cannot be called."""
    import numba

    return not numba.config.DISABLE_JIT


@functools.cache
def cpu_has(feature: str) -> bool:
    """Whether kernels may use this feature of the CPU, by LLVM's name: it is there, and Numba compiles for this CPU."""
    import numba

    if numba.config.DISABLE_JIT or numba.config.CPU_NAME or numba.config.CPU_FEATURES:
        return False
    try:
        import llvmlite.binding

        return bool(llvmlite.binding.get_host_cpu_features().get(feature, False))
    except RuntimeError:  # LLVM does not know this CPU
        return False


class Intrinsic:
    """A Numba intrinsic made at first use, so that defining one does not import Numba.  Kernels call it as a global.

    `build` gets the decorator `numba.extending.intrinsic` and returns what it made; `plain` does the same in Python.
    """

    def __init__(self, build: Callable[[Any], Any], plain: Callable[..., Any] | None = None) -> None:
        self._build = build
        self._plain = plain
        self._type: Any = None

    def __call__(self, *args: Any) -> Any:
        if self._plain is None:
            raise TypeError("only compiled kernels can call this")
        return self._plain(*args)

    def _reaches(self) -> tuple[Any, ...]:
        return "intrinsic", self._build

    @property
    def _numba_type_(self) -> Any:
        if self._type is None:
            from numba.core.registry import cpu_target
            from numba.extending import intrinsic

            made = self._build(intrinsic)
            cpu_target.typing_context.refresh()
            self._type = cpu_target.typing_context.resolve_value_type(made)
        return self._type


def _borrow(intrinsic: Any) -> Any:
    from numba.core.cgutils import get_null_value

    def borrow(typing_context, array):
        def generate(context, builder, signature, args):
            made = context.make_array(array)(context, builder, args[0])
            made.meminfo, made.parent = get_null_value(made.meminfo.type), get_null_value(made.parent.type)
            return made._getvalue()

        return array(array), generate

    return intrinsic(borrow)


borrowed = Intrinsic(_borrow, lambda array: array)
"""``borrowed(array)`` in a kernel: the same array, but nobody counts references to it or to its slices.

For arguments of a kernel that Python calls, as the caller holds them; never for what a kernel returns.  Counting takes
two atomic operations a slice, more than all that is done with a short row."""


class Choice:
    """One of two kernels, for kernels that call it as a global: `fast` where `cpu_has` the feature, else `plain`."""

    def __init__(self, feature: str, fast: Kernel, plain: Kernel) -> None:
        self._feature, self._fast, self._plain = feature, fast, plain

    @property
    def kernels(self) -> tuple[Kernel, Kernel]:
        """Both."""
        return self._fast, self._plain

    @property
    def chosen(self) -> Kernel:
        """The kernel for this CPU."""
        return self._fast if cpu_has(self._feature) else self._plain

    def __call__(self, *args: Any) -> Any:
        return self.chosen(*args)

    def _reaches(self) -> tuple[Any, ...]:
        return "choice", self._feature, self._fast, self._plain

    @property
    def _numba_type_(self) -> Any:
        return self.chosen._numba_type_


def compiler_lock() -> Any:
    """Numba's own lock, the only one held while kernels are made, so that there is no second one to wait for crosswise.

    The first caller imports Numba under ours."""
    global _numba_lock
    if _numba_lock is None:
        with _lock:
            if _numba_lock is None:
                _preload_blas()
                from numba.core.compiler_lock import global_compiler_lock

                _numba_lock = global_compiler_lock
    return _numba_lock


def _before_fork() -> None:
    # A child inherits locks as they are, but not the threads that would release them: fork between compilations.
    _lock.acquire()
    if _numba_lock is not None:
        _numba_lock.acquire()


def _after_fork() -> None:
    if _numba_lock is not None:
        _numba_lock.release()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def _compile_lazily(made: Kernel, kind: str) -> Any:
    """Numba's dispatcher: for Python (``"entry"``), for kernels (``"part"``), or to be inlined there (``"inner"``)."""
    import numba

    if numba.config.DISABLE_JIT:
        return _plain(made.function)
    bare: dict[str, Any] = {}
    if kind != "entry":
        bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        compiler = numba_inside.inner_compiler()
        if compiler is not None:
            bare["pipeline_class"] = compiler
    if kind == "inner":
        bare["forceinline"] = True
    content = fingerprint(made.function)
    dispatcher = numba.njit(nogil=True, error_model="numpy", **bare)(_named(made.function, content))
    numba_inside.keep(dispatcher, f"{made.__module__}.{made.__qualname__}", content, kind)
    return dispatcher


def compiled_lazily(function: Callable[..., Any], name: str) -> Any:
    """Numba's dispatcher of a function that kernels call by its address; it has no entry for Python."""
    with compiler_lock():
        import numba

        content = fingerprint(function)
        bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        dispatcher = numba.njit(nogil=True, error_model="numpy", **bare)(_named(function, content))
        numba_inside.keep(dispatcher, name, content, "entry")
        return dispatcher


def native_address(dispatcher: Any, signature: Any) -> int:
    """Where the machine code for a signature, or for a tuple of argument types, begins; compiles it if need be."""
    with compiler_lock():
        dispatcher.compile(signature)
        kinds = tuple(getattr(signature, "args", signature))
        made = next(made for types, made in dispatcher.overloads.items() if tuple(types) == kinds)
        return made.library.get_pointer_to_function(made.fndesc.mangled_name)


def _named(function: Callable[..., Any], content: str) -> Callable[..., Any]:
    """The same function under a name that holds a hash of its content.

    Numba names symbols by the function's name and a number, which begins anew in each process.  Functions of one name,
    as a maker of functions returns them, could otherwise be taken for each other when some come from the cache."""
    name = f"{function.__qualname__}_{content[:12]}"
    same = types.FunctionType(
        function.__code__, function.__globals__, name.rpartition(".")[2], function.__defaults__, function.__closure__
    )
    same.__kwdefaults__, same.__module__, same.__qualname__ = function.__kwdefaults__, function.__module__, name
    return same


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    import numpy as np

    # Compiled arithmetic wraps and divides by zero in silence; NumPy's scalars would warn.
    return np.errstate(all="ignore")(function)


def _preload_blas() -> None:
    """Load SciPy's BLAS pointers alone.  Numba looks for them when it sets up its target, at the first kernel of a
    process, by importing all of ``scipy.linalg``, which costs 0.1 s more than the one module it wants."""
    name = "scipy.linalg.cython_blas"
    if name in sys.modules or "scipy.linalg" in sys.modules:
        return
    try:
        import importlib.machinery
        import importlib.util

        scipy = importlib.util.find_spec("scipy")
        folder = [os.path.join(p, "linalg") for p in scipy.submodule_search_locations]
        spec = importlib.machinery.PathFinder.find_spec(name, folder)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except Exception:  # whatever goes wrong here, Numba does it the long way
        return
    sys.modules.setdefault(name, module)
