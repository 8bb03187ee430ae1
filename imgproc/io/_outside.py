"""Files that somebody else may have written: opened without waiting, read within a bound, and refused with a sentence.

What a manifest or an index says is data, not a promise: a name in it may lead anywhere, a number may be of any size.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO

__all__: list[str] = []

JSON_BYTES = 1 << 28
"""Of the largest JSON file that is read: far more than the files of this library have."""

_DRIVE = re.compile(r"[A-Za-z]:")


@contextlib.contextmanager
def open_regular(name: str) -> Iterator[BinaryIO]:
    """Open a regular file for reading; ValueError for a pipe or a device, which can make the reader wait for ever."""
    with open(name, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(
                f"{name!r} must be a regular file, got a pipe or a device: read it yourself and pass the bytes"
            )
        yield file


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe that nobody writes to opens at once


def file_name(path: Any) -> str:
    """The name of a file, as a caller gave it; bytes are none."""
    if isinstance(path, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"path must be a str or os.PathLike, got {type(path).__name__}: pass a name as os.fsdecode(name)"
        )
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return os.fsdecode(path)


def path_like(value: Any, name: str) -> Any:
    """Check the name of a file or folder; bytes are names, too."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name} must be a str or os.PathLike, got {type(value).__name__}")
    return value


def read_json(path: str | os.PathLike[str]) -> Any:
    """What a JSON file holds; ValueError with its name where that cannot be had."""
    name = os.fspath(path)
    with open_regular(name) as file:
        text = file.read(JSON_BYTES + 1)
    if len(text) > JSON_BYTES:
        raise ValueError(f"{name!r} must have at most {JSON_BYTES} bytes")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"{name!r} must be JSON, got values that are nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{name!r} must be JSON, got a damaged file ({error})") from None


def relative_name(value: Any, field: str) -> str:
    """Check the name of a file below a folder: relative, with forward slashes, and never leading out of the folder."""
    if not isinstance(value, str):
        raise ValueError(f"{field} must be a string, got {type(value).__name__}")
    parts = value.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in value or (os.sep == "\\" and "\\" in value):
        raise ValueError(f"{field} must be a name below the folder, without '..', got {value!r}")
    if _DRIVE.match(value) and os.name == "nt":
        raise ValueError(f"{field} must be a relative name, got {value!r}")
    return value


def whole_number(value: Any, field: str, *, at_least: int, at_most: int) -> int:
    """Check an integer that a file holds, and its bounds."""
    if type(value) is not int or not at_least <= value <= at_most:
        shown = repr(value) if isinstance(value, (int, float, str)) and len(str(value)[:41]) <= 40 else "another value"
        raise ValueError(f"{field} must be an integer from {at_least} to {at_most}, got {shown}")
    return value
