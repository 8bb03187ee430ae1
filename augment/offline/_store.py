"""Where a run writes: files that are whole or not there, and that a power failure does not take away again.

`Store` is what the rest of a run knows of it.  A folder of this machine is the first; others can follow.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

__all__: list[str] = []

HIDDEN = ".augment"
"""The folder below the output for what is known of the run."""

_watch: list[Callable[[str], None]] = []
"""Called at each point between two writes, with its name: tests end the process there."""


def reached(point: str) -> None:
    """Say that a run has come to a point at which its end would leave something half done."""
    for watching in _watch:
        watching(point)


class Store(Protocol):
    """A place for files with names that have forward slashes."""

    appends: bool
    """Whether `append` is there: where it is not, a block is noted as a whole."""

    def put(self, files: Iterable[tuple[str, bytes]], scope: str = "run", *, stay: bool = True) -> None:
        """Write files, each whole or not at all; when this comes back, they stay, or else after `flush`.

        What a process that ends leaves half done belongs to a `scope`, until `clear` is called for that."""

    def clear(self, scope: str) -> None:
        """Remove what is half done in a scope."""

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file; what it had stays."""

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None if there is none."""

    def size(self, name: str) -> int | None:
        """How many bytes a file has; None if there is none."""

    def names(self, folder: str) -> list[str]:
        """The names of files in a folder, without those below it, in order."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def locked(self, name: str) -> contextlib.AbstractContextManager[bool]:
        """Hold a name alone as long as the block runs; False if another process holds it."""

    def flush(self) -> None:
        """What was written in other ways stays, too."""

    def has_others(self) -> bool:
        """Whether anything is there beside what is known of the run."""

    def tidy(self) -> None:
        """Remove what is known of the blocks of a run, and folders that are empty."""


class LocalStore:
    """A folder of this machine.

    Parameters
    ----------
    root : str
    """

    appends = True

    def __init__(self, root: str) -> None:
        self.root = root
        self._known: set[str] = set()

    def path(self, name: str) -> str:
        """The path of a name."""
        return os.path.join(self.root, *name.split("/"))

    def _folder(self, path: str) -> str:
        folder = os.path.dirname(path)
        if folder not in self._known:
            self._made(folder)
            self._known.add(folder)
        return folder

    def _made(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        above = os.path.dirname(folder)
        if above and above != folder:
            self._made(above)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
        _synced(above or ".")

    def put(self, files: Iterable[tuple[str, bytes]], scope: str = "run", *, stay: bool = True) -> None:
        """Write files together: all are written and put on the disk, then renamed, so that waiting is shared."""
        folder = self._folder(os.path.join(self.root, HIDDEN, "new", scope, "x"))
        opened: list[tuple[Any, str, str]] = []
        try:
            for name, data in files:
                target = self.path(name)
                temporary = os.path.join(folder, os.urandom(8).hex())
                self._folder(target)
                file = open(temporary, "xb", buffering=0)  # noqa: SIM115  # closed below, after all are written
                opened.append((file, temporary, target))
                _write_all(file, data)
                reached("written")
            for file, _, _ in opened if stay else ():
                os.fsync(file.fileno())
            reached("on disk")
            for file, temporary, target in opened:
                file.close()
                os.replace(temporary, target)
                reached("renamed")
        except BaseException:
            for file, temporary, _ in opened:
                file.close()
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            raise
        for folder in dict.fromkeys(os.path.dirname(target) for _, _, target in opened if stay):
            _synced(folder)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file, and put it on the disk."""
        path = self.path(name)
        self._folder(path)
        new = not os.path.exists(path)
        with open(path, "ab", buffering=0) as file:
            before = file.tell()
            try:
                if _watch:  # a process can end in the middle of a line
                    _write_all(file, data[: len(data) // 2])
                    reached("half a line")
                    _write_all(file, data[len(data) // 2 :])
                else:
                    _write_all(file, data)
            except OSError:  # such as a full disk
                file.truncate(before)
                raise
            os.fsync(file.fileno())
        if new:
            _synced(os.path.dirname(path))
        reached("line")

    def read(self, name: str) -> bytes | None:
        """The bytes of a file."""
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def size(self, name: str) -> int | None:
        """How many bytes a file has."""
        try:
            return os.stat(self.path(name)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder: str) -> list[str]:
        """The names of files in a folder."""
        try:
            with os.scandir(self.path(folder) if folder else self.root) as entries:
                return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return []

    def remove(self, name: str) -> None:
        """Remove a file."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name))

    @contextlib.contextmanager
    def locked(self, name: str) -> Iterator[bool]:
        """By a lock of the file system, which ends with the process."""
        try:
            import fcntl
        except ImportError:  # on Windows nobody looks
            yield True
            return
        path = self.path(f"{HIDDEN}/locks/{name}")
        self._folder(path)
        with open(path, "ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            except OSError:  # a file system without locks
                pass
            yield True

    def flush(self) -> None:
        """Everything that was written to the file system of the folder goes to its disk."""
        with contextlib.suppress(OSError, AttributeError):
            handle = os.open(self.root, os.O_RDONLY)
            try:
                if sys.platform != "linux" or ctypes.CDLL(None).syncfs(handle):
                    os.sync()
            finally:
                os.close(handle)

    def has_others(self) -> bool:
        """Whether anything is there."""
        return os.path.isdir(self.root) and any(name != HIDDEN for name in os.listdir(self.root))

    def tidy(self) -> None:
        """Remove folders."""
        for name in ("new", "locks", "blocks"):
            shutil.rmtree(os.path.join(self.root, HIDDEN, name), ignore_errors=True)
        for folder, _, _ in sorted(os.walk(self.root), reverse=True):
            if folder != self.root and not os.listdir(folder):
                os.rmdir(folder)
        self._known.clear()

    def clear(self, scope: str) -> None:
        """Remove temporary files."""
        shutil.rmtree(os.path.join(self.root, HIDDEN, "new", scope), ignore_errors=True)
        self._known.clear()


def _write_all(file: Any, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _synced(folder: str) -> None:
    """Names in a folder stay after a power failure."""
    with contextlib.suppress(OSError):  # some systems open no folders
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
