"""What the commands read and write: files by their names, and ``-`` for standard input and output."""

from __future__ import annotations

import io
import os
import sys

import numpy as np

from ._encode import encode, replace_file, resolve_target
from ._files import MAX_PIXELS, read_image
from ._formats import format_of, holdable

__all__: list[str] = []

STANDARD = "-"


def read_named(name: str | os.PathLike[str], *, mode: str = "rgb", max_pixels: int | None = MAX_PIXELS) -> np.ndarray:
    """An image by its name on a command line."""
    if os.fspath(name) != STANDARD:
        return read_image(name, mode=mode, max_pixels=max_pixels)
    return read_image(io.BytesIO(sys.stdin.buffer.read()), mode=mode, max_pixels=max_pixels)


def check_target(name: str | os.PathLike[str], image: np.ndarray) -> None:
    """Refuse, before any work, what could not be written."""
    if os.fspath(name) == STANDARD:
        holdable(image, _format_for(image))
    else:
        holdable(image, format_of(resolve_target(os.fspath(name))))


def write_named(name: str | os.PathLike[str], image: np.ndarray) -> None:
    """Write an image by a name on a command line: PNG to standard output, TIFF if it is of floats."""
    if os.fspath(name) == STANDARD:
        format_ = _format_for(image)
        write_bytes(STANDARD, encode(np.ascontiguousarray(holdable(image, format_)), format_, None))
        return
    target = resolve_target(os.fspath(name))
    format_ = format_of(target)
    replace_file(target, encode(np.ascontiguousarray(holdable(image, format_)), format_, None))


def write_bytes(name: str | os.PathLike[str], data: bytes) -> None:
    """Write a file whole or not at all, or to standard output."""
    if os.fspath(name) == STANDARD:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        replace_file(os.path.realpath(name), data)


def same_file(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> bool:
    """Whether two names on a command line mean one file, links followed; standard input and output are two."""
    return STANDARD not in (os.fspath(a), os.fspath(b)) and os.path.realpath(a) == os.path.realpath(b)


def _format_for(image: np.ndarray) -> str:
    return "TIFF" if image.dtype.kind == "f" else "PNG"
