"""``python -m imgproc``: ``warmup`` compiles kernels ahead, ``clean`` removes what was compiled, ``info`` says what is
installed and where it is, ``inpaint`` fills a hole in an image file, ``scenes`` completes images from a library of
photos."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys

from ._core import cache, shipped
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
    for name, command in (("info", info), ("clean", clean), ("warmup", warmup)):
        said = (command.__doc__ or "").splitlines()[0]
        added = commands.add_parser(name, help=said, description=said)
        added.set_defaults(command=command)
    added.set_defaults(takes_options=True)
    added.add_argument(
        "names", metavar="NAME", nargs="*", help="a package (augment), a function (clahe) or a transform (Affine)"
    )
    _take_jobs(added)
    said = (build_kernels.__doc__ or "").splitlines()[0]
    added = commands.add_parser("build-kernels", help=said, description=said)
    added.set_defaults(command=build_kernels, takes_options=True)
    added.add_argument(
        "--cpu",
        metavar="LEVEL",
        action="append",
        choices=tuple(shipped.LEVELS),
        required=True,
        help=f"a level of CPUs, several times if need be: {', '.join(shipped.LEVELS)}",
    )
    added.add_argument("--out", metavar="DIR", required=True, help="the folder for archives and their manifest")
    added.add_argument("names", metavar="NAME", nargs="*", help="packages, functions, transforms (default: all)")
    _take_jobs(added)
    importlib.import_module("imgproc.inpaint._command").add_to(commands)
    importlib.import_module("imgproc.inpaint._scenes_command").add_to(commands)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "command"):
        parser.print_help()
        return 0
    return chosen.command(chosen) if "takes_options" in chosen else chosen.command()


def info() -> int:
    """Print versions, CPU, threads and the cache folder."""
    files, size = cache.size()
    processes, uses = cache.uses()
    rows = {"imgproc": __version__, "python": f"{platform.python_version()} ({platform.platform()})"}
    rows |= {name: _version_of(name) for name in _LIBRARIES}
    rows |= {
        "CPU": _cpu_name(),
        "CPUs available": str(available_cpus()),
        "threads": str(get_num_threads()),
        "bounds checks": "on (NUMBA_BOUNDSCHECK)" if _numba_config("BOUNDSCHECK") else "off",
        "compilation": "off (NUMBA_DISABLE_JIT)" if _numba_config("DISABLE_JIT") else "on",
        "kernel cache": str(_jit.cache_folder() or "none, nothing writable"),
        "cache size": f"{size / 1e6:.1f} MB, {files} kernels",
        "cache hits": f"{uses['cached']} cached, {uses['shipped']} shipped, {uses['compiled']} compiled, "
        f"in {processes} processes",
        "shipped kernels": shipped.describe(),
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


def warmup(options: argparse.Namespace) -> int:
    """Compile kernels into the cache, once for every dtype: all of them, or those of packages and functions.

    Returns
    -------
    int
        0; 1 when something failed or a kernel was left uncompiled; 2 for an unknown name.
    """
    if _numba_config("DISABLE_JIT"):
        print("nothing to compile: NUMBA_DISABLE_JIT is set", file=sys.stderr)
        return 1
    from ._warmup import UnknownName, warm_up

    try:
        return warm_up(options.names, options.jobs)
    except UnknownName as error:
        print(f"python -m imgproc warmup: {error}", file=sys.stderr)
        return 2


def build_kernels(options: argparse.Namespace) -> int:
    """Compile the kernels of all functions and chains for levels of CPUs, to be shipped.

    Returns
    -------
    int
        0; 1 when it cannot be done here; 2 for an unknown name.
    """
    from pathlib import Path

    from ._build_kernels import CannotBuild, build
    from ._warmup import UnknownName

    try:
        made = build(options.cpu, Path(options.out), options.jobs, options.names)
    except (CannotBuild, UnknownName, OSError) as error:
        print(f"python -m imgproc build-kernels: {error}", file=sys.stderr)
        return 2 if isinstance(error, UnknownName) else 1
    for cpu, level in made["levels"].items():
        size = Path(options.out, f"{cpu}.zip").stat().st_size
        print(f"{cpu}: {sum(level['kernels'].values())} kernels, {size / 1e6:.1f} MB")
    print(f"for Python {made['python']}, Numba {made['numba']}, llvmlite {made['llvmlite']}, {made['platform']}")
    return 0


def _take_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", metavar="N", type=_positive, default=available_cpus(), help="processes (default: %(default)s)"
    )


def clean() -> int:
    """Remove all compiled kernels from the cache folder, those of other versions too."""
    print(f"{cache.clean() / 1e6:.1f} MB removed")
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number of processes, 1 or more, got {text!r}")
    return int(text)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the reader, as of `| head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
