"""``python -m imgproc warmup``: run what compiles kernels, in several processes, and say what was compiled.

A package says what there is to run by a function ``tasks`` in its module ``_warm``, which gives a mapping from public
names to functions without arguments, and by an entry point in the group ``imgproc.warmup`` that names this function.
``tasks`` takes `dtypes` and `channels`, the kinds of images to run on (None stands for grey).
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ._core import jit as _jit
from ._core.needed import needed
from ._core.notice import keep_quiet
from ._core.processes import run_in_processes

__all__: list[str] = []

GROUP = "imgproc.warmup"

Task = tuple[str, str]
"""The package, and a name among its tasks."""


class Kernel(NamedTuple):
    """What became of a kernel in one process, or in all."""

    compiled: int
    cached: int
    seconds: float


class Outcome(NamedTuple):
    """What a process has done since its start, told after each task."""

    process: int
    kernels: dict[str, Kernel]
    inside: set[str]
    """Kernels that became part of others, which may have come from the cache."""
    error: str | None


class UnknownName(ValueError):
    """There is nothing of this name to run."""


def packages(names: Iterable[str] = ()) -> list[str]:
    """Packages that have something to run: ours, those that say so, and among `names` those that have a ``_warm``."""
    found = ["imgproc"]
    with contextlib.suppress(Exception):  # a damaged installation of somebody else's
        found += [point.value.partition(".")[0] for point in importlib.metadata.entry_points(group=GROUP)]
    for name in names:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        if spec and any(Path(folder, "_warm.py").exists() for folder in spec.submodule_search_locations or ()):
            found.append(name)
    return list(dict.fromkeys(found))


def tasks_of(package: str, **kinds: Any) -> dict[str, Callable[[], None]]:
    """What there is to run for a package.  `kinds` are `dtypes` and `channels` of images, where not the usual ones."""
    return importlib.import_module(f"{package}._warm").tasks(**kinds)


def choose(names: Sequence[str]) -> list[Task]:
    """The tasks that names mean: packages, functions, transforms; all where there are no names.

    Raises
    ------
    UnknownName
        The message names what there is of a similar name.
    """
    known = {package: list(tasks_of(package)) for package in packages(names)}
    if not names:
        return [(package, task) for package, tasks in known.items() for task in tasks]
    chosen: list[Task] = []
    for name in names:
        found = [(package, task) for package, tasks in known.items() for task in tasks if name in (package, task)]
        if not found:
            raise UnknownName(_unknown(name, known))
        chosen += found
    return list(dict.fromkeys(chosen))


def _unknown(name: str, known: dict[str, list[str]]) -> str:
    lower = {each.lower(): each for each in [*known, *(task for tasks in known.values() for task in tasks)]}
    near = [lower[each] for each in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"packages are {', '.join(known)}"
    return f"nothing to warm up is named {name!r}: {hint}"


def run(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Outcome]]:
    """Run tasks, in this process if there is one job; give what came of each as it ends."""
    if jobs == 1 or len(tasks) == 1:
        for task in tasks:
            yield task, _run(task)
        return
    with contextlib.closing(run_in_processes(_run, tasks, jobs, keep_quiet)) as results:
        for task, future in results:
            yield task, future.result()


def _run(task: Task) -> Outcome:
    recorder = _recorder()
    package, name = task
    error = None
    try:
        tasks_of(package)[name]()
    except Exception as caught:
        error = f"{type(caught).__name__}: {caught}"
    return Outcome(os.getpid(), _kernels(_own_seconds(recorder.buffer)), set(map(name_of, _inlined())), error)


_recorders: list[Any] = []


def _recorder() -> Any:
    """What notes from when until when Numba compiles, from the first task of this process on."""
    if not _recorders:
        from numba.core import event

        recorder = event.RecordingListener()
        event.register("numba:compile", recorder)
        _recorders.append(recorder)
    return _recorders[0]


def _kernels(seconds: dict[int, float]) -> dict[str, Kernel]:
    found = {}
    for kernel in [*_jit.KERNELS, *_jit.UNITS]:
        made = [dispatcher for dispatcher in kernel.made if dispatcher.signatures]
        if made:
            cached = sum(sum(dispatcher.stats.cache_hits.values()) for dispatcher in made)
            own = sum(seconds.get(id(dispatcher), 0.0) for dispatcher in made)
            found[name_of(kernel)] = Kernel(sum(len(each.signatures) for each in made) - cached, cached, own)
    return found


def _own_seconds(events: list[tuple[float, Any]]) -> dict[int, float]:
    """Compile time by dispatcher, without the time of the kernels compiled on the way."""
    seconds: dict[int, float] = {}
    stack: list[list[float]] = []
    for when, happened in events:
        if happened.is_start:
            stack.append([when, 0.0])
        elif stack:
            began, inner = stack.pop()
            function = id(happened.data["dispatcher"])
            seconds[function] = seconds.get(function, 0.0) + when - began - inner
            if stack:
                stack[-1][1] += when - began
    return seconds


def _inlined() -> list[_jit.Kernel]:
    """Kernels that a compiled kernel or unit calls: where that came from the cache, they were not needed themselves."""
    found: list[_jit.Kernel] = []
    pending: list[Any] = [
        kernel for kernel in [*_jit.KERNELS, *_jit.UNITS] if any(made.signatures for made in kernel.made)
    ]
    while pending:
        caller = pending.pop().function
        called = [caller.__globals__.get(name) for name in caller.__code__.co_names]
        called += [cell.cell_contents for cell in caller.__closure__ or ()]
        for choice in [c for c in called if isinstance(c, _jit.Choice)]:
            called += choice.kernels
        new = [kernel for kernel in called if isinstance(kernel, _jit.Kernel) and kernel not in found]
        found += new
        pending += new
    return found


def name_of(kernel: Any) -> str:
    """A kernel's module and name, as the report shows it."""
    return f"{kernel.__module__.removeprefix('imgproc.')}.{kernel.function.__qualname__}"


def warm_up(names: Sequence[str], jobs: int) -> int:
    """Run tasks, show how far it is, and print what was compiled.

    Parameters
    ----------
    names : sequence of str
        Packages, functions and transforms; none: all.
    jobs : int
        Number of processes.

    Returns
    -------
    int
        0; 1 where something failed, or where all was to be compiled and a kernel was not.

    Raises
    ------
    UnknownName
        If a name is not known.
    """
    with needed("tqdm"):
        from tqdm import tqdm

    keep_quiet()
    start = time.perf_counter()
    tasks = choose(names)
    latest: dict[int, Outcome] = {}
    failures = []
    with tqdm(total=len(tasks), unit="task", disable=None, leave=False) as bar:
        for (package, name), outcome in run(tasks, jobs):
            bar.set_postfix_str(name)
            bar.update()
            latest[outcome.process] = outcome
            if outcome.error:
                failures.append(f"{package} {name}: {outcome.error}")
    total: dict[str, Kernel] = {}
    for outcome in latest.values():
        for name, more in outcome.kernels.items():
            have = total.get(name, Kernel(0, 0, 0.0))
            total[name] = Kernel(have.compiled + more.compiled, have.cached + more.cached, have.seconds + more.seconds)
    missing = _report(total, set().union(*(outcome.inside for outcome in latest.values())), everything=not names)
    seconds = sum(kernel.seconds for kernel in total.values())
    print(f"\n{time.perf_counter() - start:.1f} s in all, {seconds:.1f} s of them compiling")
    print(f"cache: {_jit.cache_folder() or 'none, nothing writable: every process compiles anew'}")
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if missing:
        print(f"not compiled: {', '.join(missing)}", file=sys.stderr)
    return 1 if missing or failures else 0


def _report(total: dict[str, Kernel], inside: set[str], *, everything: bool) -> list[str]:
    """Print the table of kernels; return the names of those that nothing called, where everything was to be."""
    print(f"{'kernel':<56}{'compiled':>9}{'cached':>8}{'seconds':>9}")
    missing = []
    known = {name_of(kernel): kernel for kernel in [*_jit.KERNELS, *_jit.UNITS]}
    for name in sorted({*known, *total} if everything else {*total, *inside}):
        kernel = known.get(name)
        if name in total:
            compiled, cached, seconds = total[name]
            print(f"{name:<56}{compiled:>9}{cached:>8}{seconds:>9.2f}")
        elif name in inside:
            print(f"{name:<56}{'part of its callers':>26}")
        elif isinstance(kernel, _jit.Kernel) and kernel.needs and not _jit.cpu_has(kernel.needs):
            print(f"{name:<56}{'not for this CPU':>26}")
        elif isinstance(kernel, _jit.Kernel):
            missing.append(name)
    return missing
