"""The files of compiled functions: one file each, named by a hash of all that its code depends on.

There is no index.  A file is written under a temporary name and moved; it holds its whole key and a checksum, and what
does not agree with them counts as missing and is written anew.  `Claim` sees to it that processes that want the same
file at the same time make it once.  Nothing here ever raises for what the disk does.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._version import __version__

SUFFIX = ".kernel"
WAIT_SECONDS = 60.0
"""How long a process waits for a file that another one makes, before it makes its own."""

_MAGIC = b"imgproc kernel 1\n"
_STALE_DAYS = 30
_DAY = 86400.0


@functools.cache
def cache_folder() -> Path | None:
    """The folder of this version's compiled functions, or None where nothing is writable."""
    try:
        base = _cache_base()
        folder = base / __version__
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}-{threading.get_ident()}"
        probe.touch()
        probe.unlink()
    except (OSError, RuntimeError):  # RuntimeError: no home directory
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
    """Where the function of this name and key is kept, or None where nothing is kept."""
    folder = cache_folder()
    if folder is None:
        return None
    readable = re.sub(r"[^\w.]+", "", name)[-60:]
    return folder / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:32]}{SUFFIX}"


def read(file: Path, key: str) -> bytes | None:
    """What was written under this key, or None."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC)
    digest, rest = content[start : start + 32], content[start + 32 :]
    if not content.startswith(_MAGIC) or hashlib.sha256(rest).digest() != digest:
        return None
    size = int.from_bytes(rest[:4], "little")
    if rest[4 : 4 + size] != key.encode():
        return None
    _mark_as_used(file)
    return rest[4 + size :]


def write(file: Path, key: str, payload: bytes) -> None:
    """Keep `payload` under this key, if the disk lets us."""
    name = key.encode()
    rest = len(name).to_bytes(4, "little") + name + payload
    temporary = file.with_name(f".{os.getpid()}-{threading.get_ident()}-{file.name}")
    try:
        temporary.write_bytes(_MAGIC + hashlib.sha256(rest).digest() + rest)
        os.replace(temporary, file)
    except OSError:  # the disk is full, or the folder was removed
        with contextlib.suppress(OSError):
            temporary.unlink()


def size() -> tuple[int, int]:
    """How many files are kept, and their bytes."""
    sizes = [info.st_size for path, info in _files(cache_folder()) if path.suffix == SUFFIX]
    return len(sizes), sum(sizes)


def clean() -> int:
    """Remove all that is kept, of other versions too; return the number of bytes."""
    removed = 0
    with contextlib.suppress(OSError, RuntimeError):
        for folder in _cache_base().iterdir():
            if folder.is_dir():
                removed += sum(info.st_size for _, info in _files(folder))
                shutil.rmtree(folder, ignore_errors=True)
    cache_folder.cache_clear()
    return removed


class Claim:
    """The right to make a file: one process has it, the others wait for that one.

    The operating system holds the lock and drops it when its process ends, however that happens, so that nobody waits
    for the dead.  Only a process that holds no claim may wait for one; then no two can wait for each other.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.with_name(f".{file.name}.lock")
        self._descriptor = -1

    def wait(self, seconds: float | None = None) -> bool:
        """Get the claim, waiting for the one who has it; return whether we had to wait.

        After so many seconds, or where the file system has no locks, we go on without."""
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
        """Let the others go on."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                self._file.unlink()
            with contextlib.suppress(OSError):
                os.close(self._descriptor)  # which unlocks it
            self._descriptor = -1


def _lock(descriptor: int) -> bool | None:
    """Whether we got it; None where there are no locks."""
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
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # beyond what is written there, as a locked byte cannot be
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
    """Once a day: remove folders of other versions and files of this one that nobody used for a month."""
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
        if info.st_mtime < limit:
            with contextlib.suppress(OSError):
                path.unlink()


def _files(folder: Path | None) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of a folder and of those in it."""
    if folder is None:
        return
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                yield path, path.stat()
