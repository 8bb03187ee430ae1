"""What a run writes, in an object store: files that are there as a whole or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator

from imgproc.io._outside import relative_name

from ..labels._stores import RemoteFolder
from ._store import HIDDEN, reached

__all__: list[str] = []

WHOLE = {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "cos", "obs", "r2"}
"""Stores in which a file appears when all of it has arrived.  In others it gets a temporary name first."""


class RemoteStore:
    """Files below a URL: a `Store`.

    It can be sent to other processes, which open the store anew.  A store has no locks, so that two tasks may work on a
    block at once; both write the same bytes.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/folder``.
    """

    appends = False

    def __init__(self, url: str) -> None:
        self.folder = RemoteFolder(url)
        protocol = self.folder.fs.protocol
        self._whole = bool(WHOLE & set([protocol] if isinstance(protocol, str) else protocol))

    def __reduce__(self) -> tuple[type[RemoteStore], tuple[str]]:
        return RemoteStore, (self.folder.url,)

    def __str__(self) -> str:
        return self.folder.url

    @property
    def root(self) -> str:
        """Its URL."""
        return self.folder.url

    def path(self, name: str) -> str:
        """What the store calls a file."""
        return f"{self.folder.path}/{relative_name(name, 'the name of a file')}"

    def put(self, files: Iterable[tuple[str, bytes]], scope: str = "run", *, stay: bool = True) -> None:
        """Write files, each whole or not at all; they always stay."""
        for name, data in files:
            if self._whole:
                self._folder(name)
                self.folder.fs.pipe_file(self.path(name), bytes(data))
            else:
                self._moved(name, bytes(data), scope)
            reached("renamed")

    def _folder(self, name: str) -> None:
        self.folder.fs.makedirs(self.path(name).rpartition("/")[0], exist_ok=True)

    def _moved(self, name: str, data: bytes, scope: str) -> None:
        fs, temporary = self.folder.fs, f"{HIDDEN}/new/{scope}/{secrets.token_hex(8)}"
        self._folder(temporary)
        self._folder(name)
        try:
            fs.pipe_file(self.path(temporary), data)
            reached("written")
            fs.mv(self.path(temporary), self.path(name))
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                fs.rm_file(self.path(temporary))
            raise

    def append(self, name: str, data: bytes) -> None:
        """Stores replace files as a whole."""
        raise NotImplementedError(f"{self}: a store cannot add to {name!r}")

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""
        try:
            return bytes(self.folder.fs.cat_file(self.path(name)))
        except (FileNotFoundError, IsADirectoryError):
            return None

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None if there is none."""
        self.folder.fs.invalidate_cache()
        try:
            found = self.folder.fs.info(self.path(name))
        except FileNotFoundError:
            return None
        return int(found["size"]) if found["type"] == "file" else None

    def names(self, folder: str) -> list[str]:
        """The names of files in a folder, without those below it, in order."""
        fs = self.folder.fs
        fs.invalidate_cache()
        try:
            found = fs.ls(self.path(folder) if folder else self.folder.path, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(each["name"].rstrip("/").rpartition("/")[2] for each in found if each["type"] == "file")

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self.folder.fs.rm_file(self.path(name))

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[bool]:
        """There are no locks."""
        yield True

    def flush(self) -> None:
        """What a store has taken it keeps."""

    def has_others(self) -> bool:
        """Whether anything is there beside what is known of the run."""
        fs = self.folder.fs
        fs.invalidate_cache()
        try:
            found = fs.ls(self.folder.path, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return any(path.rstrip("/").rpartition("/")[2] not in ("", HIDDEN) for path in found)

    def tidy(self) -> None:
        """Remove what is known of the blocks of a run."""
        for name in ("new", "blocks"):
            self._removed(f"{HIDDEN}/{name}")

    def clear(self, scope: str) -> None:
        """Remove what is half done in a scope; in all of them, if it is empty."""
        self._removed(f"{HIDDEN}/new/{scope}" if scope else f"{HIDDEN}/new")

    def _removed(self, folder: str) -> None:
        fs = self.folder.fs
        fs.invalidate_cache()
        if fs.exists(self.path(folder)):
            fs.rm(self.path(folder), recursive=True)
