"""The encoded images of a data set, from a folder, a tar file or a Parquet file.

Names come from files of labels that somebody else may have written: nothing outside of the data set's folder is read.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from imgproc._core.needed import needed
from imgproc.io._outside import open_regular, relative_name

from ._model import LabelledImage, LabelSet, ParquetCell, TarPart
from ._stores import RemoteFolder

__all__: list[str] = []

MOST_IMAGE_BYTES = 1 << 30
"""Of one encoded image: more than any sensible one has, and less than what a wrong size in an archive can claim."""
KEPT_BYTES = 1 << 28
"""Of the largest row group of a Parquet file that stays in memory for the next rows."""
BATCH = 16
"""Rows that are read together of a larger one."""
BUFFER = 1 << 20
"""Bytes that are read at once: without it pyarrow reads a column of a whole row group."""
_REFUSED = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "there is no such file",
    errno.EISDIR: "must be a regular file, got a folder",
    errno.EACCES: "may not be read: permission denied",
    errno.EPERM: "may not be read: permission denied",
    errno.ELOOP: "must be a file, got links that lead in a circle",
    errno.ENAMETOOLONG: "there is no such file: the name is too long",
    errno.ENXIO: "must be a regular file, got a pipe, a socket or a device",
    errno.ENODEV: "must be a regular file, got a pipe, a socket or a device",
}


def image_bytes(labels: LabelSet, image: LabelledImage) -> bytes:
    """The encoded bytes of one image of a data set, as they lie in its file, tar member or Parquet row.

    Raises
    ------
    ValueError
        If the name is none below the data set's folder, if a link leads out of it, if there is no such file, or if it
        is no regular file.  The message has the name as the labels say it, and no path of this machine.
    OSError
        If the operating system fails to read what may be read.
    ImportError
        For a Parquet file without pyarrow.
    """
    return _bytes(labels, image.file, image.inside, "an image")


def mask_bytes(labels: LabelSet, image: LabelledImage) -> bytes:
    """The encoded bytes of the mask of one image, which must have one; else like `image_bytes`."""
    return _bytes(labels, image.mask or "", image.mask_inside, f"the mask of {image.file!r}")


def further_bytes(labels: LabelSet, image: LabelledImage) -> dict[str, bytes]:
    """What else a sample has that is no image and no label, such as arrays of WebDataset, by name.

    Raises what `image_bytes` raises."""
    found = {}
    for name, inside in image.more.get("members", {}).items():
        if not isinstance(inside, ParquetCell) or _cell(labels.root, inside) is not None:
            found[name] = _bytes(labels, f"{image.file}, {name}", inside, name)
    return found


def _bytes(labels: LabelSet, name: str, inside: TarPart | ParquetCell | None, what: str) -> bytes:
    if isinstance(inside, TarPart):
        return tar_part(labels.root, inside, name)
    if isinstance(inside, ParquetCell):
        return _parquet_cell(labels.root, inside)
    if not name:
        raise ValueError(f"{what} must have the name of a file, got none")
    with opened_below(labels.root, name) as file:
        return _read(file, name)


@contextlib.contextmanager
def opened_below(root: str | os.PathLike[str] | RemoteFolder, name: str) -> Iterator[BinaryIO]:
    """Open a regular file below a folder, here or in a store; ValueError for a name or a link that leads out of it, and
    for anything else than a regular file."""
    relative_name(name, "the name of a file")
    if isinstance(root, RemoteFolder):
        with root.open(name) as file:
            yield file
        return
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open_regular(_path_below(os.fspath(root), name)))
        except OSError as error:
            reason = _REFUSED.get(error.errno or 0)
            if reason is None:
                raise OSError(error.errno, error.strerror, name) from None
            raise ValueError(f"{name!r}: {reason}") from None
        except _Outside:
            raise ValueError(f"{name!r} must lie below the folder of images, got a link that leads out of it") from None
        except ValueError:
            raise ValueError(f"{name!r}: {_REFUSED[errno.ENXIO]}") from None
        yield file


class _Outside(ValueError):
    """A name leads out of the folder by a link."""


def _path_below(root: str, name: str) -> str:
    """Where a name leads: by its parts if none of them is a link, which takes a tenth of the time."""
    base = path = _real(os.path.abspath(root))
    for part in name.split("/"):
        path = os.path.join(path, part)
        if stat.S_ISLNK(os.lstat(path).st_mode):
            break
    else:
        return path
    path = os.path.realpath(os.path.join(base, name), strict=True)
    if not path.startswith(os.path.join(base, "")):
        raise _Outside
    return path


@functools.lru_cache(maxsize=64)
def _real(root: str) -> str:
    return os.path.realpath(root, strict=True)


def _size_of(file: BinaryIO) -> int:
    try:
        return os.fstat(file.fileno()).st_size
    except (OSError, AttributeError):  # it lies in a store
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return size


def _read(file: BinaryIO, name: str) -> bytes:
    size = _size_of(file)
    if size > MOST_IMAGE_BYTES:
        raise ValueError(f"{name!r} must have at most {MOST_IMAGE_BYTES} bytes, got {size}")
    return file.read(size)


def tar_part(root: Any, part: TarPart, name: str) -> bytes:
    """The bytes of a member of a tar file; ValueError if the file is shorter than that."""
    if part.size > MOST_IMAGE_BYTES:
        raise ValueError(f"{name!r} must have at most {MOST_IMAGE_BYTES} bytes, {part.file!r} says {part.size}")
    with opened_below(root, part.file) as file:
        there = _size_of(file) - part.start
        if there < part.size:
            raise ValueError(f"{part.file!r} ends in the middle of {name!r}: {there} of {part.size} bytes are there")
        file.seek(part.start)
        return file.read(part.size)


def _cell(root: Any, cell: ParquetCell) -> Any:
    with opened_below(root, cell.file) as file:
        about = os.fstat(file.fileno())
    stamp = about.st_dev, about.st_ino, about.st_mtime_ns, about.st_size
    group = _real(os.path.abspath(root)), cell.file, stamp, cell.group
    if _group_bytes(*group) <= KEPT_BYTES:
        values, row = _kept_group(*group, cell.column), cell.row
    else:
        values, row = _Ahead.batch((*group, cell.column), cell.row)
    return values[row].as_py() if row < len(values) else None


def _parquet_cell(root: Any, cell: ParquetCell) -> bytes:
    value = _cell(root, cell)
    data = value.get("bytes") if isinstance(value, dict) else value
    if isinstance(data, bytes):
        return data
    path = value.get("path") if isinstance(value, dict) else None
    if not isinstance(path, str):
        raise ValueError(f"{cell.file!r}, row {cell.row} of group {cell.group}: must have bytes or a path, got none")
    with opened_below(root, path) as file:  # the struct of Hugging Face may name a file instead
        return _read(file, path)


@functools.lru_cache(maxsize=2)
def _kept_group(root: str, name: str, stamp: tuple[int, ...], group: int, column: str) -> Any:
    with parquet_below(root, name) as file:
        return file.read_row_group(group, columns=[column]).column(column)


class _Ahead:
    """Reads a row group that is too large to keep, in batches from its beginning on; a row before starts it anew.

    The last file stays open, for this process and thread alone."""

    _last = threading.local()

    def __init__(self, key: tuple[Any, ...]) -> None:
        root, name, _, group, column = key
        self.key, self.process, self.start = key, os.getpid(), 0
        self._stack = contextlib.ExitStack()
        file = self._stack.enter_context(parquet_below(root, name))
        self._batches = file.iter_batches(batch_size=BATCH, row_groups=[group], columns=[column])
        self.values: Any = ()

    @classmethod
    def batch(cls, key: tuple[Any, ...], row: int) -> tuple[Any, int]:
        """The values of the batch that has a row, and the place of the row in it."""
        here: _Ahead | None = getattr(cls._last, "reader", None)
        if here is None or here.key != key or here.process != os.getpid() or row < here.start:
            if here is not None and here.process == os.getpid():
                here._stack.close()
            here = cls._last.reader = cls(key)
        while row >= here.start + len(here.values):
            here.start += len(here.values)
            try:
                here.values = next(here._batches).column(0)
            except StopIteration:
                return (), 0
            except (ValueError, OSError) as error:  # those of pyarrow are both
                cls._last.reader = None
                raise _damaged(key[1], error) from None
        return here.values, row - here.start


@functools.lru_cache(maxsize=256)
def _group_bytes(root: str, name: str, stamp: tuple[int, ...], group: int) -> int:
    with parquet_below(root, name) as file:
        return int(file.metadata.row_group(group).total_byte_size)


@contextlib.contextmanager
def parquet_below(root: Any, name: str) -> Iterator[Any]:
    """A Parquet file below a folder, open for reading; ValueError for one that is damaged."""
    with needed("pyarrow"):
        import pyarrow
        import pyarrow.parquet
    with opened_below(root, name) as file:
        try:
            yield pyarrow.parquet.ParquetFile(file, buffer_size=BUFFER)
        except (pyarrow.ArrowException, OSError) as error:
            raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> ValueError:
    said = str(error).partition("\n")[0][:200]
    return ValueError(f"{name!r} must be a Parquet file, got a damaged one: {said}")
