"""``python -m imgproc``: ``warmup`` compiles every kernel once, ``info`` says what is installed and where it is,
``inpaint`` fills a hole in an image file, ``scenes`` completes images from a library of photos."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Iterator
from typing import Any

from ._core import jit as _jit
from ._core.threads import available_cpus, get_num_threads
from ._version import __version__

_LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "cv2", "skimage")


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m imgproc", description="Classical image processing on Numba kernels."
    )
    parser.add_argument("--version", action="version", version=f"imgproc-augment {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, command in (("info", info), ("warmup", warmup)):
        said = (command.__doc__ or "").splitlines()[0]
        commands.add_parser(name, help=said, description=said).set_defaults(command=command)
    importlib.import_module("imgproc.inpaint._command").add_to(commands)
    importlib.import_module("imgproc.inpaint._scenes_command").add_to(commands)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "command"):
        parser.print_help()
        return 0
    return chosen.command(chosen) if "takes_options" in chosen else chosen.command()


def info() -> int:
    """Print versions, CPU, threads and the cache folder."""
    rows = {"imgproc": __version__, "python": f"{platform.python_version()} ({platform.platform()})"}
    rows |= {name: _version_of(name) for name in _LIBRARIES}
    rows |= {
        "CPU": _cpu_name(),
        "CPUs available": str(available_cpus()),
        "threads": str(get_num_threads()),
        "bounds checks": "on (NUMBA_BOUNDSCHECK)" if _numba_config("BOUNDSCHECK") else "off",
        "compilation": "off (NUMBA_DISABLE_JIT)" if _numba_config("DISABLE_JIT") else "on",
        "kernel cache": str(_jit.cache_folder() or "none, nothing writable"),
    }
    for name, value in rows.items():
        print(f"{name:<16}{value}")
    return 0


def _version_of(name: str) -> str:
    try:
        return importlib.import_module(name).__version__
    except Exception as error:  # a broken install is what this command is asked to show
        return f"does not import: {error}"


def _cpu_name() -> str:
    try:
        import llvmlite.binding

        return f"{llvmlite.binding.get_host_cpu_name()} ({platform.machine()})"
    except Exception:
        return platform.machine()


def _numba_config(name: str) -> bool:
    try:
        import numba

        return bool(getattr(numba.config, name))
    except Exception:
        return False


def warmup() -> int:
    """Compile every kernel once, for every dtype, into the cache.

    Returns
    -------
    int
        0, or 1 when a kernel was left uncompiled.
    """
    if _numba_config("DISABLE_JIT"):
        print("nothing to compile: NUMBA_DISABLE_JIT is set", file=sys.stderr)
        return 1
    from numba.core import event
    from tqdm import tqdm

    start = time.perf_counter()
    with event.install_recorder("numba:compile") as recorder:
        steps = list(_steps())
        with tqdm(steps, unit="call", disable=None, leave=False) as bar:
            for function, dtype, channels in bar:
                bar.set_postfix_str(f"{function.__name__} {dtype}")
                _call_every_way(function, dtype, channels)
        _run_chains()
    seconds = _own_seconds(recorder.buffer)
    missing = _report(seconds)
    print(f"\n{time.perf_counter() - start:.1f} s in all, {sum(seconds.values()):.1f} s of them compiling")
    print(f"cache: {_jit.cache_folder() or 'none, nothing writable: every process compiles anew'}")
    if missing:
        print(f"not compiled: {', '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0


def _steps() -> Iterator[tuple[Any, Any, int | None]]:
    from ._core.check import DTYPES
    from ._inventory import functions_of_images, takes_channels

    for function in functions_of_images().values():
        for dtype in DTYPES:
            for channels in (None, 3, 4):
                if takes_channels(function, channels):
                    yield function, dtype, channels


def _call_every_way(function: Any, dtype: Any, channels: int | None) -> None:
    from ._core.declare import declared
    from ._inventory import example_call, example_image, takes, variants

    image = example_image(dtype, (24, 32), channels)
    fixed = {"color": "per_channel"} if channels == 4 and takes(function, "color") else {}
    wide = [{"radius": 5}] if takes(function, "radius") else []  # wide windows have kernels of their own
    for options in [*variants(function, image), *wide, *declared(function).changed]:
        args, kwargs = example_call(function, image, **{**options, **fixed})
        try:
            function(*args, **kwargs)
        except ValueError:
            if channels != 4:  # not every function takes any number of channels
                raise


def _run_chains() -> None:
    """Kernels of chains, where the package is there: on 8-bit RGB, with all targets."""
    if importlib.util.find_spec("augment") is None:
        return
    examples = importlib.import_module("augment._inventory")
    examples.run_all()


def _own_seconds(events: list[tuple[float, Any]]) -> dict[Any, float]:
    """Compile time by function, without the time of the kernels compiled on the way."""
    seconds: dict[Any, float] = {}
    stack: list[list[Any]] = []
    for when, happened in events:
        if happened.is_start:
            stack.append([when, 0.0])
        else:
            began, inner = stack.pop()
            function = happened.data["dispatcher"].py_func
            seconds[function] = seconds.get(function, 0.0) + when - began - inner
            if stack:
                stack[-1][1] += when - began
    return seconds


def _report(seconds: dict[Any, float]) -> list[str]:
    """Print the table of kernels; return the names of those that nothing called."""
    print(f"{'kernel':<56}{'compiled':>9}{'cached':>8}{'seconds':>9}")
    missing = []
    inside = _inlined()
    for kernel in sorted(_jit.KERNELS, key=_name):
        dispatcher = kernel.dispatcher
        cached = sum(dispatcher.stats.cache_hits.values())
        compiled = len(dispatcher.signatures) - cached
        if compiled or cached:
            print(f"{_name(kernel):<56}{compiled:>9}{cached:>8}{seconds.get(kernel.function, 0.0):>9.2f}")
        elif kernel in inside:
            print(f"{_name(kernel):<56}{'part of its callers':>26}")
        elif kernel.needs and not _jit.cpu_has(kernel.needs):
            print(f"{_name(kernel):<56}{'not for this CPU':>26}")
        else:
            missing.append(_name(kernel))
    return missing


def _inlined() -> list[_jit.Kernel]:
    """Kernels that a compiled kernel calls: where the caller came from the cache, they were not needed themselves."""
    found: list[_jit.Kernel] = []
    pending = [kernel for kernel in _jit.KERNELS if kernel.dispatcher.signatures]
    while pending:
        caller = pending.pop().function
        called = [caller.__globals__.get(name) for name in caller.__code__.co_names]
        for choice in [c for c in called if isinstance(c, _jit.Choice)]:
            called += choice.kernels
        new = [kernel for kernel in called if isinstance(kernel, _jit.Kernel) and kernel not in found]
        found += new
        pending += new
    return found


def _name(kernel: _jit.Kernel) -> str:
    return f"{kernel.__module__.removeprefix('imgproc.')}.{kernel.function.__qualname__}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader, as of `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
