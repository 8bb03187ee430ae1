"""Kernels that come compiled, in the distribution ``imgproc-augment-kernels``.

That distribution holds an archive for each level of the CPU that it was made for, and a file ``manifest.json`` that
says for which versions.  An archive is a zip file of the files that `cache` would have written.  A kernel is found in
it by the hash of its whole key, so that whatever does not fit (another version, option or edit) is just not found.

The environment variable ``IMGPROC_KERNELS`` names another folder with such files; ``off`` means that none are used.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from .._version import __version__
from . import cache

PACKAGE = "imgproc_augment_kernels"
VARIABLE = "IMGPROC_KERNELS"
MANIFEST = "manifest.json"

_V2 = ("cx16", "sahf", "popcnt", "sse3", "sse4.1", "sse4.2", "ssse3")
_V3 = (*_V2, "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")
_V4 = (*_V3, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")


class Target(NamedTuple):
    """What Numba compiles for, and what a CPU must have to run it."""

    cpu: str
    """The name of the level, as LLVM knows it."""
    features: str
    """Features beyond that level, as NUMBA_CPU_FEATURES takes them."""
    needs: tuple[str, ...]


LEVELS = {
    "x86-64-v4-vbmi": Target("x86-64-v4", "+avx512vbmi", (*_V4, "avx512vbmi")),
    "x86-64-v4": Target("x86-64-v4", "", _V4),
    "x86-64-v3": Target("x86-64-v3", "", _V3),
    "x86-64-v2": Target("x86-64-v2", "", _V2),
    "generic": Target("generic", "", ()),
}
"""The levels for which kernels can be made, best first.

They are those of the x86-64 psABI, and one more: with AVX-512 VBMI, which CPUs have since Intel's Ice Lake and AMD's
Zen 4, tables of 8-bit images are nine times as fast.  ``generic`` is what every CPU of a platform can do."""


class Level(NamedTuple):
    """An archive whose kernels this CPU can run."""

    name: str
    target: Target
    archive: Path
    made_by: str
    """The name and the version of what was installed, to be shown."""


@functools.cache
def level() -> Level | None:
    """The archive of the highest level that this CPU has, or None if there is none that we may use."""
    try:
        folder = _folder()
        if folder is None or _why_not(folder) is not None:
            return None
        for name, target in LEVELS.items():
            archive = folder / f"{name}.zip"
            if archive.exists() and has_features(name):
                return Level(name, target, archive, f"imgproc-augment-kernels {_manifest(folder)['imgproc']}")
    except Exception:  # a damaged installation; the kernels are compiled
        return None
    return None


def read(name: str, key: str) -> bytes | None:
    """What was compiled under this name and key for the level in use, or None."""
    chosen = level()
    if chosen is None:
        return None
    try:
        # A forked process must not share the place in the file with its parent, so each process opens its own.
        content = _open(chosen.archive, os.getpid()).read(cache.name_of(name, key))
    except (KeyError, OSError, zipfile.BadZipFile):
        return None
    return cache.payload_of(content, key)


def describe() -> str:
    """What is in use, or why nothing is, in one line for users."""
    setting = os.environ.get(VARIABLE)
    if setting == "off":
        return f"off ({VARIABLE})"
    try:
        chosen = level()
        if chosen is not None:
            return f"{chosen.name}, {len(_open(chosen.archive, os.getpid()).namelist())} kernels ({chosen.made_by})"
        folder = _folder()
        if folder is None:
            return f"none in {setting}" if setting else "none installed (pip install imgproc-augment[faststart])"
        return f"not used: {_why_not(folder) or 'this CPU lacks features of every level'}"
    except Exception as error:
        return f"not used: damaged ({type(error).__name__}: {error})"


def has_features(name: str) -> bool:
    """Whether this CPU can run what was compiled for a level.  What is not known counts as missing."""
    needs = LEVELS[name].needs
    if not needs:
        return True
    import llvmlite.binding

    try:
        have = llvmlite.binding.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know this CPU
        return False
    return llvmlite.binding.get_process_triple().startswith("x86_64") and all(have.get(each) for each in needs)


def versions() -> dict[str, Any]:
    """What compiled kernels are made for: they fit only where all of this is the same."""
    import llvmlite
    import llvmlite.binding
    import numba

    return {
        "imgproc": __version__,
        "python": str(sys.implementation.cache_tag),
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "platform": llvmlite.binding.get_process_triple(),
    }


def _folder() -> Path | None:
    """The folder that holds the archives, or None if there is none."""
    setting = os.environ.get(VARIABLE)
    if setting == "off":
        return None
    if setting:
        return Path(setting) if Path(setting, MANIFEST).exists() else None
    import importlib.util

    found = importlib.util.find_spec(PACKAGE)
    for place in (found and found.submodule_search_locations) or ():
        if Path(place, MANIFEST).exists():
            return Path(place)
    return None


def _manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))


def _why_not(folder: Path) -> str | None:
    """Why the kernels in a folder cannot be used in this process, or None if they can."""
    import numba

    config: Any = numba.config
    if config.CPU_NAME or config.CPU_FEATURES or not config.ENABLE_AVX:
        return "NUMBA_CPU_NAME, NUMBA_CPU_FEATURES or NUMBA_ENABLE_AVX asks for other code"
    made = _manifest(folder)
    for name, here in versions().items():
        if made.get(name) != here:
            return f"made for {name} {made.get(name)}, this is {here}"
    return None


@functools.lru_cache(maxsize=2)
def _open(archive: Path, process: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)
