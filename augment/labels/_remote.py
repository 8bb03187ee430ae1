"""Labels of data sets in object stores.

Files of labels are few and small beside the images: they are copied to this machine and read there, and images stay
where they are until they are asked for.
"""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

from imgproc.io._outside import relative_name

from ._model import LabelSet
from ._read import read_labels
from ._stores import RemoteFolder
from ._text import MOST_BYTES, PICTURES

__all__: list[str] = []

TEXTS = (".txt", ".json", ".jsonl", ".ndjson", ".csv", ".xml", ".yaml", ".yml", ".names")
ARCHIVES = (".tar", ".parquet")


def read_remote_labels(url: str, **options: Any) -> LabelSet:
    """`read_labels` of a folder in a store; the images of the result lie in a `RemoteFolder`.

    Raises
    ------
    ValueError
        As by `read_labels`, and if the folder has archives, which would have to be copied as a whole.
    """
    folder = RemoteFolder(url)
    with tempfile.TemporaryDirectory() as name:
        base = Path(os.path.realpath(name))
        found = folder.names()
        if not found:
            raise FileNotFoundError(f"no such folder, or an empty one: {url}")
        for each in found:
            _copied(folder, each, base)
        try:
            labels = read_labels(base, **options)
        except (ValueError, OSError) as error:
            raise type(error)(str(error).replace(str(base), url)) from None
        where = os.path.relpath(labels.root, base)
    problems = tuple(dataclasses.replace(each, file=each.file.replace(str(base), url)) for each in labels.problems)
    root: Any = folder.below("" if where == "." else Path(where).as_posix())
    return dataclasses.replace(labels, root=root, problems=problems)


def _copied(folder: RemoteFolder, name: str, base: Path) -> None:
    """A file of labels as it is; of an image only its name, by which formats and images are found."""
    target = base / relative_name(name, "the name of a file")
    suffix = target.suffix.lower()
    if suffix in ARCHIVES:
        raise ValueError(f"{folder}: archives must be on this machine or a mounted file system, got {name!r}")
    if suffix not in TEXTS and suffix not in PICTURES:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    data = b""
    if suffix in TEXTS:
        with folder.open(name) as file:
            data = file.read(MOST_BYTES + 1)  # one byte more than the reader takes, which then refuses it
    target.write_bytes(data)
