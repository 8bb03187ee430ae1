"""Parts of a text file that are generated: each stands between two lines of its own."""

from __future__ import annotations

import os
from pathlib import Path

from imgproc.io._encode import replace_file


def markers(part: str) -> tuple[str, str]:
    """The lines before and after a generated part."""
    return f"<!-- {part}:begin -->", f"<!-- {part}:end -->"


def split(path: Path, part: str) -> tuple[str, str, str]:
    """The text up to the first marker, between both, and from the second on.

    Raises
    ------
    ValueError
        If the markers do not stand there once each, in this order.
    OSError
        If the file cannot be read.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = markers(part)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{path} must hold {begin} and then {end}, each once")
    first, last = text.index(begin) + len(begin), text.index(end)
    return text[:first], text[first:last], text[last:]


def replace(path: Path, part: str, text: str) -> None:
    """Put `text` between the two markers of a file, or leave the file as it was; the errors of `split`."""
    before, _, after = split(path, part)
    write(path, f"{before}\n{text.strip()}\n{after}")


def write(path: Path, text: str) -> None:
    """Write a text file under a temporary name beside its own, then move it.

    Parameters
    ----------
    path : Path
        Replaced if it is there; keeps its permissions.
    text : str
        The contents.
    """
    replace_file(os.path.realpath(path), text.encode())
