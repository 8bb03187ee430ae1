"""The only door to Numba: kernels, intrinsics, and the options with which all of them are compiled.

``@kernel`` is ``njit(nogil=True, error_model="numpy")`` with three differences.

* Numba is imported at the first call of a kernel.  So ``import imgproc`` is fast and compiles nothing.
* Compiled kernels are kept on disk (see `cache`), under a hash of all that their code depends on (see `fingerprint`).
  If nothing can be written, each process compiles its kernels anew.  An import never fails because of this.
* Kernels that only kernels call (``inner=True``) get no machine code of their own (see `numba_inside`).
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

from . import numba_inside, shipped
from .cache import cache_folder as cache_folder
from .collector import collector_at_rest
from .fingerprint import fingerprint, register
from .memory import keep_freed_memory

KERNELS: list[Kernel] = []
UNITS: list[Any] = []
"""All units (see `units`), in the order in which they were made."""

_lock = threading.RLock()
_numba_lock: Any = None


class Kernel:
    """A function that Numba compiles at its first call.  Kernels call each other as module globals."""

    __qualname__: str

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
        if self.inner:  # Python cannot call its compiled form
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
        # Numba reads this attribute of a global that it does not know.  This lets kernels call kernels.
        return self._as_part()._numba_type_

    def _reaches(self) -> tuple[Any, ...]:
        """What `fingerprint` hashes of this kernel for the kernels that call it."""
        return ("inner" if self.inner else "kernel", self.function)

    def __reduce__(self) -> Any:
        return _by_name, (self.__module__, self.__qualname__)


def _by_name(module: str, name: str) -> Any:
    return functools.reduce(getattr, name.split("."), importlib.import_module(module))


def kernel(function: Callable[..., Any] | None = None, *, needs: str | None = None, inner: bool = False) -> Any:
    """Make a function a kernel, which Numba compiles at its first call and which is then kept on disk.

    Kernels are compiled in nopython mode and run without the GIL.

    ``@kernel(needs="avx512vbmi")`` says that the kernel may be called only if `cpu_has` that feature.
    ``@kernel(inner=True)`` is for functions that only kernels call.  Such a function becomes part of its callers; if
    Python calls it, it runs uncompiled.  This compiles faster, because nothing is made for calls from Python.  It also
    lets Numba see that references to arrays need no counting around the call, which costs more than a short loop.
    """
    if function is None:
        return functools.partial(kernel, needs=needs, inner=inner)
    made = Kernel(function, needs, inner)
    KERNELS.append(made)
    return made


def shared(function: Callable[..., Any], name: str) -> Any:
    """The kernel of a rule that Python runs as it stands: ``rule_kernel = shared(rule, "rule_kernel")``.

    So there is one text of the rule, and compiled and uncompiled code cannot disagree.
    """
    made = Kernel(function, inner=True)
    made.__qualname__ = name
    KERNELS.append(made)
    return made


@functools.cache
def jit_enabled() -> bool:
    """Whether kernels are compiled.  Under ``NUMBA_DISABLE_JIT=1`` they run as plain Python, without intrinsics."""
    return not _config().DISABLE_JIT


def _config() -> Any:
    compiler_lock()  # threads that import Numba at once get parts of it
    import numba

    return numba.config  # Any, as Numba's annotations do not list the settings


@functools.cache
def cpu_has(feature: str) -> bool:
    """Whether kernels may use a feature, given by LLVM's name: the CPU has it, and Numba compiles for this very CPU.

    If Numba compiles for another one, its settings must name the feature; if kernels that come compiled are used, their
    level must have it."""
    config, level = _config(), shipped.level()
    if config.DISABLE_JIT:
        return False
    if config.CPU_NAME or config.CPU_FEATURES:
        return f"+{feature}" in (config.CPU_FEATURES or "").split(",")
    if level is not None:
        return feature in level.target.needs
    try:
        import llvmlite.binding

        return bool(llvmlite.binding.get_host_cpu_features().get(feature, False))
    except RuntimeError:  # LLVM does not know this CPU
        return False


class Intrinsic:
    """A Numba intrinsic that is made at its first use, so that defining one does not import Numba.

    Kernels call it as a global.  `build` gets the decorator `numba.extending.intrinsic` and returns the intrinsic.
    `plain` does the same work in Python; without it, Python cannot call the intrinsic.  `borrows` says that arrays in
    its result are arrays of its arguments, or that nobody counts references to them (see `borrowing`).
    """

    def __init__(
        self, build: Callable[[Any], Any], plain: Callable[..., Any] | None = None, borrows: bool = False
    ) -> None:
        self.borrows = borrows
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


borrowed = Intrinsic(_borrow, lambda array: array, borrows=True)
"""``borrowed(array)`` in a kernel is the same array, but references to it and to its slices are not counted.

Use it for the arguments of a kernel that Python calls, because the caller holds them during the call.  Never use it for
what a kernel returns.  Counting takes two atomic operations for each slice, which is more than all the work on a short
row."""


class Choice:
    """Two kernels that do the same work: calls go to `fast` if `cpu_has` the feature, otherwise to `plain`.

    Kernels call it as a global.
    """

    def __init__(self, feature: str, fast: Kernel, plain: Kernel) -> None:
        self._feature, self._fast, self._plain = feature, fast, plain

    @property
    def kernels(self) -> tuple[Kernel, Kernel]:
        """Both kernels, the fast one first."""
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
    """Numba's own lock, the only lock that is held while kernels are made.

    With a second lock, two threads could each hold one and wait for the other.  Only the first call, which imports
    Numba, holds a lock of ours.
    """
    global _numba_lock
    if _numba_lock is None:
        with _lock:
            if _numba_lock is None:
                keep_freed_memory()
                with collector_at_rest():
                    _preload_blas()
                    from numba.core.compiler_lock import global_compiler_lock
                    from numba.core.registry import cpu_target

                    _ = cpu_target.target_context  # Numba makes it when it is first asked for
                _numba_lock = global_compiler_lock
    return _numba_lock


def _before_fork() -> None:
    # A child inherits the locks in their present state, but not the threads that would release them.  So we hold both
    # locks while the process forks: no compilation is under way then.
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
    if _config().DISABLE_JIT:
        return _plain(made.function)
    bare: dict[str, Any] = {}
    if kind != "entry":
        bare = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        compiler = numba_inside.inner_compiler()
        if compiler is not None:
            bare["pipeline_class"] = compiler
    if kind == "inner":
        bare["forceinline"] = True
    return _dispatcher(made.function, f"{made.__module__}.{made.__qualname__}", kind, bare)


def compiled_lazily(function: Callable[..., Any], name: str) -> Any:
    """Numba's dispatcher for a function that kernels call by its address.  Python cannot call its compiled form."""
    with compiler_lock():
        return _dispatcher(function, name, "entry", {"no_cpython_wrapper": True, "no_cfunc_wrapper": True})


def _dispatcher(function: Callable[..., Any], name: str, kind: str, options: dict[str, Any]) -> Any:
    """Numba's dispatcher for a function.  `options` are added to those that all kernels have."""
    import numba

    content = fingerprint(function)
    options = {"pipeline_class": numba_inside.entry_compiler(), **options}
    dispatcher = numba.njit(nogil=True, error_model="numpy", **options)(_named(function, content))
    numba_inside.keep(dispatcher, name, content, kind)
    return dispatcher


def native_address(dispatcher: Any, signature: Any) -> int:
    """The address of the machine code for a signature or a tuple of argument types.  Missing code is compiled."""
    with compiler_lock():
        dispatcher.compile(signature)
        kinds = tuple(getattr(signature, "args", signature))
        made = next(made for types, made in dispatcher.overloads.items() if tuple(types) == kinds)
        return made.library.get_pointer_to_function(made.fndesc.mangled_name)


def _named(function: Callable[..., Any], content: str) -> Callable[..., Any]:
    """The same function under a name that contains a hash of its content.

    Numba names symbols by the function's name and a number, and the numbers begin anew in each process.  A function
    that makes functions gives them all the same name.  If some of them come from the cache, they could be mistaken for
    others without this hash.
    """
    name = f"{function.__qualname__}_{content[:12]}"
    same = types.FunctionType(
        function.__code__, function.__globals__, name.rpartition(".")[2], function.__defaults__, function.__closure__
    )
    same.__kwdefaults__, same.__module__, same.__qualname__ = function.__kwdefaults__, function.__module__, name
    return same


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    import numpy as np

    # Compiled code overflows and divides by zero silently.  NumPy's scalars would warn.
    return np.errstate(all="ignore")(function)


def _preload_blas() -> None:
    """Import only the module of SciPy that has the BLAS pointers.

    Numba looks for these pointers when it sets up its target, at the first kernel of a process.  It would import all of
    ``scipy.linalg``, which takes 0.1 s longer than this one module.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules or "scipy.linalg" in sys.modules:
        return
    try:
        import importlib.machinery
        import importlib.util

        scipy: Any = importlib.util.find_spec("scipy")
        folder = [os.path.join(p, "linalg") for p in scipy.submodule_search_locations]
        spec: Any = importlib.machinery.PathFinder.find_spec(name, folder)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except Exception:  # whatever went wrong, Numba now imports it in the slower way
        return
    sys.modules.setdefault(name, module)
