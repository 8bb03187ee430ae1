"""Packages that some functions need and others do not: imported when they are first used, and missed in words.

A package that is installed with this library may be missing all the same, in a small container or after an installation
without dependencies.  Only what needs it then fails, and says what to install.
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Sequence
from types import FrameType, TracebackType

__all__: list[str] = []

DISTRIBUTIONS = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""What pip calls a package, where it is not the name of the import."""
EXTRAS = {
    "datasets": "datasets",
    "fsspec": "fsspec",
    "pyarrow": "parquet",
    "ray": "ray",
    "torch": "torch",
    "torchdata": "torch",
}
"""The extras of this library that bring a package which is not installed with it."""

_OURS = ("imgproc.", "augment.")


class needed:
    """Import a package in this block; if it is not installed, the ImportError says who needs it and what to install.

    ::

        with needed("scipy"):
            from scipy.fft import rfft2

    Other errors pass: a package that is there and cannot be loaded says itself what is wrong.

    Parameters
    ----------
    package : str
        The name that Python imports; a test reads it.
    by : str, optional
        The public name that needs it.  Without it, that of the function or method that is running.
    """

    __slots__ = ("_by",)

    def __init__(self, package: str, by: str | None = None) -> None:
        self._by = by

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, ModuleNotFoundError) and (package := absent(error)):
            raise ImportError(missing(package, self._by or asker()), name=package) from error


def absent(error: ModuleNotFoundError) -> str:
    """The package that is not installed: the one asked for, or one that it needs itself.

    Nothing where a package is there and a part of it is not found."""
    package = (error.name or "").partition(".")[0]
    return package if sys.modules.get(package) is None else ""


def missing(package: str, by: str) -> str:
    """The sentence about a package that is not installed."""
    name = DISTRIBUTIONS.get(package, package)
    if package == "cv2":
        return f"{by} needs OpenCV, which is not installed: pip install {name} (or opencv-python; either will do)"
    wanted = f"'imgproc-augment[{EXTRAS[package]}]'" if package in EXTRAS else name
    return f"{by} needs {name}, which is not installed: pip install {wanted}"


def asker() -> str:
    """The innermost public function, or class and method, that is running; this library where there is none."""
    frame = inspect.currentframe()
    while frame is not None:
        name = _public_name(frame)
        if name:
            return name
        frame = frame.f_back
    return "imgproc-augment"


def level_of_caller() -> int:
    """How far up the stack the code is that called this library: the `stacklevel` for a warning."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame, level = frame.f_back, level + 1
    return level


def _public_name(frame: FrameType) -> str:
    module = frame.f_globals.get("__name__", "")
    if not module.startswith(_OURS):
        return ""
    first, *rest = frame.f_code.co_qualname.split(".")
    if first in _public(module):
        return _dotted(first, rest)
    # A method of a base class that nobody outside knows: the object's own class has the name that people use.
    own = frame.f_locals
    owner = own["cls"] if isinstance(own.get("cls"), type) else type(own.get("self"))
    if len(rest) == 1 and owner.__module__.startswith(_OURS) and owner.__name__ in _public(owner.__module__):
        return _dotted(owner.__name__, rest)
    return ""


def _public(module: str) -> Sequence[str]:
    return vars(sys.modules[module]).get("__all__", ())


def _dotted(first: str, rest: list[str]) -> str:
    """``Compose.to_yaml``; of what has no public name, the part that has one."""
    return ".".join([first, *itertools.takewhile(lambda name: name[0] not in "_<", rest)])
