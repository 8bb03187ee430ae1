"""Photos described once, on disk, and found again by what surrounds a hole."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .._core.check import as_hole, as_image, integer
from .._core.threads import get_num_threads, ordered_map, run_bands
from ..io._encode import replace_file
from ..io._files import MAX_PIXELS, read_image
from ..io._formats import PHOTO_SUFFIXES as SUFFIXES
from ..io._outside import open_regular, path_like, read_json, relative_name, whole_number
from ._features import LENGTH, VERSION, block_weights, describe, read_small, squared_distances

__all__ = ["Scene", "SceneDatabase"]

FORMAT = 1
INDEX = "index.json"
SHARD = 512
"""Scenes of one file of descriptors.  A build that is killed loses at most so many; one that is interrupted, none."""

ROWS = 512
"""Of descriptors that a query turns into float32 at a time."""

_NUMBER = re.compile(r"[0-9]{6,12}")
"""The name of a shard."""

_HEADER_BYTES = 1024
_HEADER = re.compile(
    rb"\x93NUMPY\x01\0..\{'descr': '([<>])f2', 'fortran_order': False, "
    rb"'shape': \(([0-9]{1,12}), ([0-9]{1,12})\), \} *\n",
    re.DOTALL,
)
"""What `numpy.save` writes before descriptors."""

_OURS = re.compile(r"[0-9]{6,12}\.(?:npy|json)|\.[0-9a-f]{16}\.tmp")
"""The files of a database beside its index, whole and half; others in its folder are not touched."""


@dataclass(frozen=True)
class Scene:
    """A photo of a database.

    Parameters
    ----------
    id : int
        Its number in the database, as long as that is not built again.
    path : Path or None
        Its file; None for an image that was given as an array.
    size : (int, int)
        Its (h, w) in pixels, upright.
    distance : float
        From the image that was asked for: 2 * the distance of the GIST + that of the colours, each in multiples of its
        mean over the database.  NaN where nothing was asked for.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.mkdir(folder + "/photos")
    ...     write_image(folder + "/photos/beach.png", image)
    ...     database = SceneDatabase.build(folder + "/photos", folder + "/index")
    ...     print(database[0].path.name, database[0].size)
    beach.png (96, 128)
    """

    id: int
    path: Path | None
    size: tuple[int, int]
    distance: float = float("nan")


@dataclass(frozen=True)
class _File:
    """What a database knows of one file, by its name relative to the folder."""

    name: str
    bytes: int
    modified: int
    height: int
    width: int


class SceneDatabase:
    """Descriptors of a folder of photos, in memory.

    Made by `build`, or `open` where it has been built; a folder of .npy and .json files, 1 kB a photo, and as much in
    memory.

    Notes
    -----
    A scene is described by its GIST, 6 orientations at 5 scales in 4 by 4 blocks, and the mean colour of these blocks
    in Lab, in float16.  A query compares with all of them, since each hole leaves other blocks to compare.

    The authors of scene completion found 10,000 photos to be far too few in general and millions to be enough; an album
    of the same place or kind of place can do with much less.

    References
    ----------
    J. Hays, A. Efros, "Scene completion using millions of photographs", SIGGRAPH 2007, section 3.

    Examples
    --------
    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     os.mkdir(folder + "/photos")
    ...     write_image(folder + "/photos/beach.png", image)
    ...     database = SceneDatabase.build(folder + "/photos", folder + "/index")
    ...     print(len(database), len(database.query(image, np.zeros(image.shape[:2], bool), n=1)))
    1 1
    """

    skipped: list[tuple[Path, str]]
    """Files that the build could not read, and why."""

    def __init__(self, folder: Path, files: list[_File], parts: list[tuple[np.ndarray, np.ndarray]]) -> None:
        self._folder = folder
        self._files = files
        self._parts = parts  # descriptors of a shard, and which of its rows count
        self.skipped = []

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return f"<SceneDatabase: {len(self)} scenes of {self._folder}>"

    @property
    def folder(self) -> Path:
        """The folder of the photos."""
        return self._folder

    def __getitem__(self, number: int) -> Scene:
        """The scene with this number."""
        number = integer(number, "number")
        if not 0 <= number < len(self):
            raise IndexError(f"number must be from 0 to {len(self) - 1}, got {number}")
        return self._found(number, float("nan"))

    def read(self, number: int) -> np.ndarray:
        """Read a scene's photo.

        Parameters
        ----------
        number : int
            The scene's id.

        Returns
        -------
        ndarray of shape (h, w, 3)
            As `read_image` has it.

        Raises
        ------
        IndexError
            If there is no such scene.
        OSError, ValueError
            If its file cannot be read any more.
        """
        path = self[number].path
        assert path is not None  # scenes of a database have files
        return read_image(path)

    @classmethod
    def build(
        cls,
        folder: str | os.PathLike[str],
        path: str | os.PathLike[str],
        *,
        workers: int | None = None,
        progress: Callable[[int, int], Any] | None = None,
    ) -> SceneDatabase:
        """Describe the photos of a folder and of all folders in it, as far as that has not been done.

        Parameters
        ----------
        folder : str or os.PathLike
            Where the photos are: .jpg, .jpeg, .png, .tif, .tiff, .webp, .bmp, .ppm and .pgm files.
        path : str or os.PathLike
            The database, a folder; it is made if need be.  Of one that exists files that are new, changed (in size or
            time) or gone are brought up to date and all else is kept.
        workers : int, optional
            Threads; by default as many as `get_num_threads` says.
        progress : callable, optional
            ``progress(done, total)`` is called after each photo that had to be described, in the calling thread.

        Returns
        -------
        SceneDatabase
            The database, opened; what could not be read is in its `skipped`.

        Raises
        ------
        FileNotFoundError, NotADirectoryError, OSError
            If a folder is missing or the operating system refuses.
        ValueError
            If `path` holds something else, the database of another folder, or one of another version.
        TypeError
            If an argument is of the wrong kind.

        Notes
        -----
        Descriptors are written in shards, each under a temporary name that is then changed, before the index names it.
        A build that is interrupted (Ctrl-C) keeps all that it has described, one that is killed all but the last shard;
        the next build goes on from there.  Only one build of a database may run at a time.

        Links to files are followed, wherever they lead, as collections of photos are often made of links.  Links to
        folders are not.  So give it a folder whose links you trust.
        """
        source, target = _folder(folder, "folder"), Path(os.fsdecode(path_like(path, "path")))
        workers = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)
        _callable(progress, "progress")
        if not source.is_dir():
            kind = NotADirectoryError if source.exists() else FileNotFoundError
            raise kind(f"folder must be a folder of photos, got {str(source)!r}")
        target.mkdir(parents=True, exist_ok=True)
        store = _Store(target)
        if store.folder is None and any(target.iterdir()):
            raise ValueError(f"path must be a scene database or an empty folder, got {str(target)!r}")
        if store.folder is not None and Path(store.folder) != source:
            raise ValueError(f"path must be the database of {str(source)!r}, got that of {store.folder!r}")
        if store.folder is None:
            store.folder = str(source)
            store.write_index()  # at once, so that what a killed build leaves is known as ours
        known = {file.name: file for file in store.files()}
        found = dict(_photos(source))
        gone = sorted(known.keys() - found.keys())
        todo = [name for name, stat in found.items() if name not in known or _changed(known[name], stat)]
        skipped = _describe_all(store, source, todo, found, gone, workers, progress)
        store.tidy()
        made = store.opened(cls)
        made.skipped = skipped
        return made

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> SceneDatabase:
        """Open a database.

        Parameters
        ----------
        path : str or os.PathLike
            What was given to `build`.

        Returns
        -------
        SceneDatabase
            It keeps what it was when opened, whatever is built later.

        Raises
        ------
        FileNotFoundError
            If there is none.
        ValueError
            If it is damaged or of another version.
        TypeError
            If `path` is of the wrong kind.

        Notes
        -----
        A database from somebody else says which folder of yours it is of, see `folder`.  Its names lead to photos in
        that folder, or through links that stand there, and nowhere else.
        """
        target = Path(os.fsdecode(path_like(path, "path")))
        store = _Store(target)
        if store.folder is None:
            raise FileNotFoundError(f"path must be a scene database, got {str(target)!r}, which has no {INDEX}")
        return store.opened(cls)

    def query(self, image: np.ndarray, mask: np.ndarray, n: int = 200) -> list[Scene]:
        """Find the scenes that are most like what surrounds a hole.

        Parameters
        ----------
        image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
            uint8, uint16, float32 or float64.
        mask : ndarray of bool, shape (h, w)
            True where the hole is, which has no part in the comparison; some pixel must be left.
        n : int
            How many scenes at most.

        Returns
        -------
        list of Scene
            The nearest first; scenes at the same distance by their number.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind or value; the image must be finite outside the hole.
        """
        image = as_image(image, channels=(1, 3))
        valid = ~as_hole(mask, image)
        n = integer(n, "n", at_least=1)
        if not valid.any():
            raise ValueError("mask must leave a pixel to compare, got a hole of the whole image")
        if image.dtype.kind == "f" and not np.isfinite(image[valid]).all():
            raise ValueError("image must be finite outside the hole, got NaN or infinity")
        if not len(self):
            return []
        distances = self._distances(describe(image, valid), block_weights(valid))
        order = np.argsort(distances, kind="stable")[:n]
        return [self._found(int(i), float(distances[i])) for i in order]

    def _found(self, number: int, distance: float) -> Scene:
        file = self._files[number]
        return Scene(number, self._folder / file.name, (file.height, file.width), distance)

    def _distances(self, wanted: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Of every scene, each part in multiples of its mean."""
        found = []
        for descriptors, live in self._parts:
            rows = descriptors if live.all() else descriptors[live]
            distances = np.empty((len(rows), 2))
            found.append(distances)

            def work(a: int, b: int, rows: np.ndarray = rows, distances: np.ndarray = distances) -> None:
                squared_distances(rows[a:b].astype(np.float32), wanted, weights, distances[a:b])

            run_bands(work, len(rows), pixels=rows.size, rows=ROWS)
        distances = np.concatenate(found)
        if not np.isfinite(distances).all():
            raise ValueError("the database must hold finite descriptors, got NaN or infinity: build it anew elsewhere")
        means = distances.mean(axis=0)
        distances /= np.where(means > 0, means, 1)
        return 2 * distances[:, 0] + distances[:, 1]


def _describe_all(
    store: _Store,
    folder: Path,
    todo: list[str],
    found: dict[str, os.stat_result],
    gone: list[str],
    workers: int,
    progress: Callable[[int, int], Any] | None,
) -> list[tuple[Path, str]]:
    """Describe these files into shards; returns those that cannot be read, and why."""

    def work(name: str) -> tuple[np.ndarray, tuple[int, int]] | Exception:
        try:
            image, size = read_small(str(folder / name))
            return describe(image), size
        except (OSError, ValueError, ImportError) as error:
            return error

    skipped: list[tuple[Path, str]] = []
    rows: list[np.ndarray] = []
    files: list[_File] = []
    # A file that has changed and cannot be read any more must not be found by what it was.
    lost = list(gone)
    try:
        for done, (name, made) in enumerate(zip(todo, ordered_map(work, todo, workers)), start=1):
            if isinstance(made, Exception):
                skipped.append((folder / name, str(made)))
                lost.append(name)
            else:
                descriptor, (height, width) = made
                rows.append(descriptor)
                stat = found[name]
                files.append(_File(name, stat.st_size, stat.st_mtime_ns, int(height), int(width)))
            if len(rows) == SHARD:
                store.add(np.array(rows, np.float16), files, lost)
                rows, files, lost = [], [], []
            if progress is not None:
                progress(done, len(todo))
    finally:
        if rows or lost:
            store.add(np.array(rows, np.float16).reshape(-1, LENGTH), files, lost)
    return skipped


class _Store:
    """The files of a database: shards of descriptors with the names of their photos, and an index of the shards.

    Of two rows of the same photo the later one counts; a shard can also name photos whose earlier rows do not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder: str | None = None
        self.shards: list[str] = []
        try:
            index = read_json(path / INDEX)
        except (FileNotFoundError, NotADirectoryError):
            return
        except ValueError as error:
            raise ValueError(
                f"path must be a scene database, got {str(path)!r} with a damaged {INDEX}: {error}"
            ) from error
        if not isinstance(index, dict) or (index.get("format"), index.get("features")) != (FORMAT, VERSION):
            raise ValueError(f"path must be a database of this version, got {str(path)!r}: build it anew elsewhere")
        try:
            self.folder, self.shards = _checked_index(index)
        except ValueError as error:
            raise ValueError(f"path must be a whole database, {INDEX} of {str(path)!r}: {error}") from error

    def _load(self, shard: str) -> tuple[np.ndarray, list[_File], list[str]]:
        """A shard's descriptors, its photos, and the photos that it says are gone."""
        try:
            files, removed = _checked_names(read_json(self.path / f"{shard}.json"))
            rows = _read_rows(self.path / f"{shard}.npy", len(files)) if files else np.zeros((0, LENGTH), np.float16)
        except (OSError, ValueError) as error:
            raise ValueError(f"path must be a whole database, shard {shard} of {str(self.path)!r}: {error}") from error
        return rows, files, removed

    def _read(self) -> list[tuple[str, np.ndarray, list[_File], np.ndarray]]:
        """Every shard's name, descriptors, photos, and which of its rows count."""
        last: dict[str, tuple[int, int]] = {}
        loaded = []
        for i, shard in enumerate(self.shards):
            rows, files, removed = self._load(shard)
            for name in removed:
                last.pop(name, None)
            for k, file in enumerate(files):
                last[file.name] = (i, k)
            loaded.append((shard, rows, files))
        live = [np.zeros(len(files), bool) for _, _, files in loaded]
        for i, k in last.values():
            live[i][k] = True
        return [(*entry, alive) for entry, alive in zip(loaded, live)]

    def files(self) -> Iterator[_File]:
        """The photos that count."""
        for _, _, files, live in self._read():
            yield from (file for file, alive in zip(files, live) if alive)

    def opened(self, kind: type[SceneDatabase]) -> SceneDatabase:
        """The database for reading."""
        read = self._read()
        files = [file for _, _, names, live in read for file, alive in zip(names, live) if alive]
        return kind(Path(self.folder or ""), files, [(rows, live) for _, rows, _, live in read if live.any()])

    def add(self, rows: np.ndarray, files: list[_File], removed: list[str]) -> None:
        """Write a shard and let the index name it."""
        self.shards = [*self.shards, self._write(rows, files, removed)]
        self.write_index()

    def _write(self, rows: np.ndarray, files: list[_File], removed: list[str]) -> str:
        number = max((int(shard) for shard in self.shards), default=0) + 1
        while (self.path / f"{number:06d}.npy").exists():  # left by a build that was killed
            number += 1
        shard = f"{number:06d}"
        buffer = io.BytesIO()
        np.save(buffer, rows)
        replace_file(str(self.path / f"{shard}.npy"), buffer.getvalue())
        entries = [[f.name, f.bytes, f.modified, f.height, f.width] for f in files]
        replace_file(str(self.path / f"{shard}.json"), _json({"scenes": entries, "removed": removed}))
        return shard

    def write_index(self) -> None:
        """Put the names of the shards on disk."""
        index = {"format": FORMAT, "features": VERSION, "folder": self.folder, "shards": self.shards}
        replace_file(str(self.path / INDEX), _json(index))

    def tidy(self) -> None:
        """Join small shards, drop rows that do not count, and delete the files that no shard needs."""
        read = self._read()
        torn = {i for i, (_, _, files, live) in enumerate(read) if not files or not live.all()}
        small = {i for i, (_, _, files, _) in enumerate(read) if len(files) < SHARD}
        worn = sorted(torn | small) if torn or len(small) > 1 else []
        if worn:
            rows = np.concatenate([read[i][1][read[i][3]] for i in worn])
            files = [file for i in worn for file, alive in zip(read[i][2], read[i][3]) if alive]
            made: list[str] = []
            before = self.shards
            for a in range(0, len(files), SHARD):
                made.append(self._write(rows[a : a + SHARD], files[a : a + SHARD], []))
                self.shards = [*before, *made]  # numbers go on
            self.shards = [shard for i, shard in enumerate(before) if i not in set(worn)] + made
            self.write_index()
        known = {f"{shard}.{suffix}" for shard in self.shards for suffix in ("npy", "json")}
        for file in self.path.iterdir():
            if file.name not in known and _OURS.fullmatch(file.name):
                file.unlink(missing_ok=True)


def _checked_index(index: dict[str, Any]) -> tuple[str, list[str]]:
    """The folder and the shards that an index names."""
    folder, shards = index.get("folder"), index.get("shards")
    if not isinstance(folder, str) or not os.path.isabs(folder) or "\0" in folder:
        raise ValueError(f"folder must be the absolute path of the photos, got {repr(folder)[:100]}")
    if not isinstance(shards, list):
        raise ValueError(f"shards must be a list, got {type(shards).__name__}")
    for i, shard in enumerate(shards):
        if not isinstance(shard, str) or not _NUMBER.fullmatch(shard):
            raise ValueError(f"shards[{i}] must be a number of six digits, got {repr(shard)[:100]}")
    if len(set(shards)) < len(shards):
        raise ValueError("shards must be different ones, got one twice")
    return folder, shards


def _checked_names(names: Any) -> tuple[list[_File], list[str]]:
    """The photos of a shard, and those that it says are gone.

    A database can come from anywhere: its names lead to photos below its folder and to nothing else.
    """
    if not isinstance(names, dict):
        raise ValueError(f"names must be an object, got {type(names).__name__}")
    scenes, removed = _list_of(names, "scenes"), _list_of(names, "removed")
    files = [_checked_file(entry, f"scenes[{i}]") for i, entry in enumerate(scenes)]
    return files, [relative_name(name, f"removed[{i}]") for i, name in enumerate(removed)]


def _list_of(names: dict[str, Any], field: str) -> list[Any]:
    found = names.get(field)
    if not isinstance(found, list):
        raise ValueError(f"{field} must be a list, got {type(found).__name__}")
    return found


def _checked_file(entry: Any, field: str) -> _File:
    if not isinstance(entry, list) or len(entry) != 5:
        raise ValueError(f"{field} must be [name, bytes, time, height, width], got {repr(entry)[:100]}")
    name = relative_name(entry[0], f"{field}[0]")
    if not name.lower().endswith(SUFFIXES):
        raise ValueError(f"{field}[0] must be the name of a photo, {', '.join(SUFFIXES)}, got {name[:100]!r}")
    size = whole_number(entry[1], f"{field}[1]", at_least=0, at_most=2**63 - 1)
    modified = whole_number(entry[2], f"{field}[2]", at_least=-(2**63), at_most=2**63 - 1)
    height, width = (whole_number(entry[k], f"{field}[{k}]", at_least=1, at_most=MAX_PIXELS) for k in (3, 4))
    return _File(name, size, modified, height, width)


def _read_rows(path: Path, count: int) -> np.ndarray:
    """The descriptors of a shard: (count, LENGTH) float16.

    They are copied, not mapped: a mapped file that becomes shorter ends the process that reads it.
    """
    size = 2 * LENGTH * count
    with open_regular(str(path)) as file:
        head = _HEADER.match(file.read(_HEADER_BYTES))
        if head is None or int(head[2]) != count or int(head[3]) != LENGTH:
            raise ValueError(f"descriptors must be a .npy file of shape {(count, LENGTH)} and dtype float16")
        file.seek(head.end())
        values = file.read(size + 1)
    if len(values) != size:
        raise ValueError(f"descriptors must have {size} bytes, got {'more' if len(values) > size else len(values)}")
    return np.frombuffer(values, head[1].decode() + "f2").reshape(count, LENGTH)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _photos(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The photos below a folder, by their names relative to it with forward slashes, in order."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES):
                path = Path(parent, name)
                try:
                    yield path.relative_to(folder).as_posix(), path.stat()
                except OSError:  # a dangling link
                    continue


def _changed(file: _File, stat: os.stat_result) -> bool:
    return (file.bytes, file.modified) != (stat.st_size, stat.st_mtime_ns)


def _folder(value: Any, name: str) -> Path:
    return Path(os.path.realpath(os.fsdecode(path_like(value, name))))


def _callable(value: Any, name: str) -> None:
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be callable, got {type(value).__name__}")
