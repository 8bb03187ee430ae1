"""Folders that fsspec reaches by a URL, such as ``s3://bucket/photos``."""

from __future__ import annotations

import contextlib
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any, BinaryIO

from imgproc._core.needed import needed
from imgproc.io._outside import relative_name

__all__: list[str] = []


def is_url(path: Any) -> bool:
    """Whether this is the URL of a folder, and not a name on this machine."""
    scheme, mark, _ = path.partition("://") if isinstance(path, str) else ("", "", "")
    return bool(mark) and scheme.replace("+", "").replace("-", "").isalnum()


def local_path(url: str) -> str | None:
    """The name on this machine that a ``file://`` URL means; None for other URLs."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("file", "local"):
        return None
    if parts.netloc not in ("", "localhost"):
        raise ValueError(f"a file:// URL must have three slashes, file:///folder, got {url!r}")
    return urllib.request.url2pathname(parts.path)


class RemoteFolder:
    """A folder in a store that fsspec knows.

    It can be sent to other processes, which open the store anew.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/folder``.  What the store needs beside it, such as keys, comes from the environment or
        from the configuration of fsspec.
    """

    def __init__(self, url: str) -> None:
        with needed("fsspec"):
            from fsspec.core import url_to_fs
        self.url = url.rstrip("/")
        self.fs, path = url_to_fs(self.url)
        self.path = str(path).rstrip("/")

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteFolder, (self.url,)

    def __str__(self) -> str:
        return self.url

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFolder) and other.url == self.url

    def __hash__(self) -> int:
        return hash(self.url)

    def below(self, name: str) -> RemoteFolder:
        """A folder below it."""
        return (
            RemoteFolder(f"{self.url}/{relative_name(name, 'the name of a folder')}") if name not in ("", ".") else self
        )

    def names(self) -> list[str]:
        """The names of all files below it, in order, with forward slashes; hidden ones are left out."""
        self.fs.invalidate_cache()
        found = []
        for path in self.fs.find(self.path):
            name = path[len(self.path) :].lstrip("/")
            if name and not any(part.startswith(".") for part in name.split("/")):
                found.append(name)
        return sorted(found)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a file below it for reading; ValueError if there is none."""
        path = f"{self.path}/{relative_name(name, 'the name of a file')}"
        try:
            file = self.fs.open(path, "rb")
        except FileNotFoundError:
            raise ValueError(f"{name!r}: there is no such file") from None
        except IsADirectoryError:
            raise ValueError(f"{name!r}: must be a file, got a folder") from None
        with file:
            yield file
