"""What the timings were taken on, for the foot of each page."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
from pathlib import Path

import imgproc
from imgproc._core.threads import available_cpus

LIBRARIES = {"NumPy": "numpy", "Numba": "numba", "OpenCV": "opencv-python", "scikit-image": "scikit-image"}


@functools.cache
def machine() -> str:
    """One line: our version, the peers' versions, the processor and its CPUs."""
    versions = ", ".join(f"{label} {_version(name)}" for label, name in LIBRARIES.items())
    return f"imgproc-augment {imgproc.__version__}, {versions}, {_processor()}, {available_cpus()} CPUs available"


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:  # another flavour of the same library
        return "(version unknown)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
