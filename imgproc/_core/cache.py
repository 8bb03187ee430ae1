"""The files that hold compiled functions: one file for each function, named by a hash of all that its code depends on.

There is no index.  A file is written under a temporary name and then moved to its place.  It holds its whole key and a
checksum; if one of them does not agree, the file counts as missing and is written anew.  If several processes want the
same file at the same time, `Claim` makes sure that only one of them makes it.  A fault of the disk never raises an
error here.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import os
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._version import __version__

SUFFIX = ".kernel"
WAIT_SECONDS = 60.0
"""How long a process waits for a file that another process makes.  After this time it compiles the function itself."""

_MAGIC = b"imgproc kernel 1\n"
_STALE_DAYS = 30
_USES = ".uses"
_USES_BYTES = 1 << 20
"""When the file of uses is this long, the count begins anew."""
_SOURCES = ("cached", "shipped", "compiled")
_DAY = 86400.0

_counted: Counter[str] = Counter()


@functools.cache
def cache_folder() -> Path | None:
    """The folder for the compiled functions of this version, or None if nothing can be written."""
    try:
        base = _cache_base()
        folder = base / __version__
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}-{threading.get_ident()}"
        probe.touch()
        probe.unlink()
    except (OSError, RuntimeError):  # RuntimeError: there is no home directory
        return None
    with contextlib.suppress(OSError):
        _clean_daily(base, folder)
    return folder


def _cache_base() -> Path:
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"]) / "imgproc-augment"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "imgproc-augment" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "imgproc-augment"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "imgproc-augment"


def file_of(name: str, key: str) -> Path | None:
    """The file for the function with this name and key, or None if nothing can be written."""
    folder = cache_folder()
    if folder is None:
        return None
    return folder / name_of(name, key)


def name_of(name: str, key: str) -> str:
    """The name of the file for the function with this name and key."""
    readable = re.sub(r"[^\w.]+", "", name)[-60:]
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:32]}{SUFFIX}"


def read(file: Path, key: str) -> bytes | None:
    """What the file holds, or None if it is missing, damaged, or was written under another key."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    payload = payload_of(content, key)
    if payload is not None:
        _mark_as_used(file)
    return payload


def payload_of(content: bytes, key: str) -> bytes | None:
    """What the content of a file holds, or None if it is damaged, or was written under another key."""
    start = len(_MAGIC)
    digest, rest = content[start : start + 32], content[start + 32 :]
    if not content.startswith(_MAGIC) or hashlib.sha256(rest).digest() != digest:
        return None
    size = int.from_bytes(rest[:4], "little")
    return rest[4 + size :] if rest[4 : 4 + size] == key.encode() else None


def key_of(content: bytes) -> str:
    """The key that the content of a file begins with."""
    start = len(_MAGIC) + 32
    size = int.from_bytes(content[start : start + 4], "little")
    return content[start + 4 : start + 4 + size].decode()


def write(file: Path, key: str, payload: bytes) -> None:
    """Write `payload` and its key to the file.  If the disk does not allow it, nothing happens."""
    name = key.encode()
    rest = len(name).to_bytes(4, "little") + name + payload
    temporary = file.with_name(f".{os.getpid()}-{threading.get_ident()}-{file.name}")
    try:
        temporary.write_bytes(_MAGIC + hashlib.sha256(rest).digest() + rest)
        os.replace(temporary, file)
    except OSError:  # the disk is full, or the folder was removed
        with contextlib.suppress(OSError):
            temporary.unlink()


def count(what: str) -> None:
    """Note for `uses` that a kernel was ``"cached"``, ``"shipped"`` or ``"compiled"``."""
    _counted[what] += 1


def uses() -> tuple[int, Counter[str]]:
    """How many processes have ended that used kernels of this version, and where their kernels came from."""
    total: Counter[str] = Counter()
    processes = 0
    with contextlib.suppress(OSError):
        folder = cache_folder()
        for line in (folder / _USES).read_text().splitlines() if folder else ():
            words = line.split()
            if len(words) == len(_SOURCES) and all(map(str.isdecimal, words)):  # not half a line of a full disk
                processes += 1
                total.update(dict(zip(_SOURCES, map(int, words), strict=True)))
    return processes, total


def _write_counts() -> None:
    """Append one line for this process.  Lines so short are written whole, also by several processes at once."""
    folder = cache_folder() if _counted else None
    if folder is None:
        return
    line = " ".join(str(_counted[each]) for each in _SOURCES) + "\n"
    with contextlib.suppress(OSError), open(folder / _USES, "a", encoding="ascii") as file:
        file.write(line)


atexit.register(_write_counts)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_counted.clear)


def size() -> tuple[int, int]:
    """The number of files in the cache of this version, and of their bytes."""
    sizes = [info.st_size for path, info in _files(cache_folder()) if path.suffix == SUFFIX]
    return len(sizes), sum(sizes)


def clean() -> int:
    """Remove the files of all versions, and return the number of their bytes."""
    removed = 0
    with contextlib.suppress(OSError, RuntimeError):
        for folder in _cache_base().iterdir():
            if folder.is_dir():
                removed += sum(info.st_size for _, info in _files(folder))
                shutil.rmtree(folder, ignore_errors=True)
    cache_folder.cache_clear()
    return removed


class Claim:
    """The right to make a file.  One process holds it, and the others wait for that process.

    The claim is a lock of the operating system, which releases it when the process ends, even if the process crashes.
    So nobody waits for a dead process.  Only a process that holds no claim may wait for another one.  So two processes
    never wait for each other.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.with_name(f".{file.name}.lock")
        self._descriptor = -1

    def wait(self, seconds: float | None = None) -> bool:
        """Take the claim.  If another process has it, wait for that process.  Return whether we had to wait.

        We go on without the claim after `seconds` (by default `WAIT_SECONDS`), or if the file system has no locks.
        """
        end = time.monotonic() + (WAIT_SECONDS if seconds is None else seconds)
        pause, waited = 0.005, False
        while self._descriptor < 0:
            try:
                descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                return waited
            try:
                got = _lock(descriptor)
            except OSError:
                got = None
            if got:
                self._descriptor = descriptor
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, f"{os.getpid()} {time.time():.0f}\n".encode())
                return waited
            os.close(descriptor)
            if got is None or time.monotonic() > end:
                return waited
            waited = True
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        return waited

    def release(self) -> None:
        """Give the claim back, so that the others go on."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                self._file.unlink()
            with contextlib.suppress(OSError):
                os.close(self._descriptor)  # this also releases the lock
            self._descriptor = -1


def _lock(descriptor: int) -> bool | None:
    """Try to lock a file: True if we got the lock, False if another process has it, None if there are no locks."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_on_windows(descriptor: int) -> bool | None:
    try:
        import msvcrt
    except ImportError:
        return None
    place: Any = msvcrt
    try:
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # behind the text, as nobody can write a locked byte
        place.locking(descriptor, place.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except PermissionError:
        return False
    return True


def _mark_as_used(file: Path) -> None:
    with contextlib.suppress(OSError):
        if file.stat().st_mtime < time.time() - _DAY:
            os.utime(file)


def _clean_daily(base: Path, folder: Path) -> None:
    """Once a day, remove what nobody has used for a month: folders of other versions, and files of this version."""
    marker = folder / ".cleaned"
    limit = time.time() - _STALE_DAYS * _DAY
    try:
        if marker.stat().st_mtime > time.time() - _DAY:
            return
    except OSError:
        pass
    marker.touch()
    os.utime(folder)
    for other in base.iterdir():
        with contextlib.suppress(OSError):
            if other != folder and other.is_dir() and other.stat().st_mtime < limit:
                shutil.rmtree(other, ignore_errors=True)
    for path, info in _files(folder):
        if info.st_mtime < limit or (path.name == _USES and info.st_size > _USES_BYTES):
            with contextlib.suppress(OSError):
                path.unlink()


def _files(folder: Path | None) -> Iterator[tuple[Path, os.stat_result]]:
    """The files in a folder and in the folders below it, each with its status."""
    if folder is None:
        return
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                yield path, path.stat()
