"""Small rules for files of labels: text, numbers, names, sizes of pictures, and what happens with what is wrong."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from imgproc._core.needed import needed
from imgproc.io._outside import open_regular, path_like

from ._model import LabelProblem

__all__: list[str] = []

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
LARGEST = 2**53
"""Pixels; beyond it a float says no whole number any more, and an integer may be beyond the floats."""
MOST_BYTES = 1 << 31
"""Of a file of labels."""


def as_path(value: Any, name: str) -> Path:
    """Check the name of a file or folder."""
    path = os.fsdecode(path_like(value, name))
    if not path or "\0" in path:
        raise ValueError(f"{name} must be the name of a file or folder, got {path!r:.60}")
    return Path(path)


class Wrong(ValueError):
    """A part of a file is not as it must be; `place` is which."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place, self.reason = place, reason


class Problems:
    """What is done with what is wrong: the first problem is an error, or all are noted."""

    def __init__(self, skip: bool) -> None:
        self.skip = skip
        self.found: list[LabelProblem] = []

    def note(self, file: Any, place: str, reason: str) -> None:
        """Note a problem, or raise it."""
        problem = LabelProblem(str(file), place, reason)
        if not self.skip:
            raise ValueError(str(problem))
        self.found.append(problem)

    def tried(self, file: Any, make: Callable[..., Any], *arguments: Any) -> Any:
        """What `make` gives for its arguments; None where it raises `Wrong`, which is noted."""
        try:
            return make(*arguments)
        except Wrong as wrong:
            self.note(file, wrong.place, wrong.reason)
        return None


def text_of(file: Path) -> str:
    """The text of a file in UTF-8; `Wrong` if it has another encoding or is no regular file."""
    try:
        with open_regular(str(file)) as opened:
            size = os.fstat(opened.fileno()).st_size
            if size > MOST_BYTES:
                raise Wrong("", f"must have at most {MOST_BYTES} bytes, got {size}")
            data = opened.read(size)  # a buffer for the most that is allowed would take longer than reading
    except Wrong:
        raise
    except ValueError as error:
        raise Wrong("", str(error)) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong("", "not a text file in UTF-8") from None


def json_value(text: str | bytes, place: str, *, unique: bool = False) -> Any:
    """What a JSON text says; `Wrong` if it is none, or with `unique` if an object has a name twice."""
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_object_of if unique else None)
    except Wrong as wrong:
        raise Wrong(place, wrong.reason) from None
    except RecursionError:
        raise Wrong(place, "not JSON: values are nested too deeply") from None
    except ValueError as error:
        raise Wrong(place, f"not JSON: {error}") from None


def _no_number(text: str) -> Any:
    return float(text.replace("Infinity", "inf"))  # what has to be a number says so itself


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Wrong("", f"an object must have each name once, got {twice!r:.60} twice")
    return made


def json_bytes(value: Any, what: str) -> bytes:
    """One line of JSON in UTF-8; ValueError for a value that JSON does not have."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, RecursionError) as error:
        raise ValueError(f"{what} must be what JSON can say: {error}") from None
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, which JSON can write and UTF-8 cannot
        return json.dumps(value).encode()


def is_number(value: Any) -> bool:
    """Whether it is a number of pixels."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def are_numbers(value: Any, count: int | None = None) -> bool:
    """Whether these are so many numbers of pixels; NaN is none."""
    return isinstance(value, (list, tuple)) and count in (None, len(value)) and all(map(is_number, value))


def as_text(value: float) -> str:
    """The shortest text that is read as the same number."""
    if isinstance(value, int) or (math.isfinite(value) and value == int(value) and abs(value) < 1e15):
        return str(int(value))
    return repr(float(value))


def is_picture(name: str) -> bool:
    """Whether a name is that of an image file."""
    return os.path.splitext(name)[1].lower() in PICTURES


def pictures(folder: Path) -> list[str]:
    """The names of all pictures below a folder, in order, with forward slashes; links that leave it are left out."""
    return list(filter(is_picture, files_below(folder)))


_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test"}
_SPLITS |= {"evaluation": "test"} | dict.fromkeys(("validation", "valid", "val", "dev"), "validation")


def split_of(name: str) -> str | None:
    """The part of a data set that the folders of a name belong to, or a file that begins with its word.

    The words are those of Hugging Face; ``val``, ``valid`` and ``dev`` are ``"validation"``."""
    *folders, base = name.split("/")
    for folder in folders:
        if (found := split_named(folder)) is not None:
            return found
    return split_named(re.split(r"[^A-Za-z]", base, maxsplit=1)[0])


def split_named(word: str) -> str | None:
    """The part that a word names, such as ``train`` or ``val2017``; else None."""
    return _SPLITS.get(word.lower().rstrip("0123456789").rstrip("-_"))


def files_below(folder: Path) -> list[str]:
    """The names of all regular files below a folder, in order; hidden ones, and links out of it, are left out."""
    return sorted(_files(folder, "", os.path.realpath(folder)))


def _files(folder: Path, before: str, root: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{before}{entry.name}/", root)
            elif entry.is_file() and (not entry.is_symlink() or _lies_below(entry.path, root)):
                yield before + entry.name


def _lies_below(path: str, root: str) -> bool:
    return os.path.realpath(path).startswith(os.path.join(root, ""))


def picture_size(file: Path) -> tuple[int, int]:
    """(h, w) of a picture as its pixels lie in the file, from its header; `Wrong` if it cannot be read."""
    try:
        with open_regular(str(file)) as opened:
            return size_of(opened)
    except Wrong:
        raise
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise Wrong("", f"cannot be read as an image: {error}") from None


def size_of(opened: BinaryIO) -> tuple[int, int]:
    """(h, w) of a picture in an open file, from its header; `Wrong` if it cannot be read."""
    with needed("PIL"):
        from PIL import Image

    try:
        with Image.open(opened) as picture:
            return picture.height, picture.width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Wrong("", f"cannot be read as an image: {error}") from None
