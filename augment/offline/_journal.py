"""What a block has done, line by line: an image first, and its line only when the image is there to stay."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

from ._store import HIDDEN, Store

__all__: list[str] = []

TOGETHER, WAITING = 32, 64
"""Images that are put on the disk at once at most, and that may wait for it."""
Row = dict[str, Any]


def journal_name(block: int) -> str:
    """The file of a block."""
    return f"{HIDDEN}/blocks/{block:06d}.jsonl"


def line_of(row: Row) -> bytes:
    """A row as a line of JSON."""
    return (json.dumps(row, ensure_ascii=True, separators=(",", ":"), default=_plain) + "\n").encode()


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def rows_of(store: Store, block: int) -> tuple[list[Row], bool, int]:
    """The rows of a block, whether it is complete, and how many bytes of its file are whole lines."""
    data = store.read(journal_name(block)) or b""
    rows: list[Row] = []
    complete, whole = False, 0
    for line in data.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            break
        try:
            row = json.loads(line)
        except ValueError:
            break
        whole += len(line)
        if "done" in row:
            complete = True
        else:
            rows.append(row)
    return rows, complete, whole


def is_complete(store: Store, block: int) -> bool:
    """Whether all images of a block are there, or have a reason why not."""
    return rows_of(store, block)[1]


def kept_rows(store: Store, block: int, count: int) -> list[Row]:
    """The rows that stand, of images that are still there; a torn line is cut off, and what failed is tried again."""
    rows, complete, whole = rows_of(store, block)
    kept = {row["n"]: row for row in rows if "error" not in row and _is_there(store, row)}
    data = store.read(journal_name(block)) or b""
    if len(kept) != len(rows) or whole != len(data) or complete != (len(kept) == count):
        again = b"".join(map(line_of, kept.values()))
        if data:
            store.put([(journal_name(block), again)], f"{block:06d}")
    return list(kept.values())


def _is_there(store: Store, row: Row) -> bool:
    files = row.get("files")
    return files is None or all(store.size(name) == size for name, size in files.items())


class Journal:
    """Writes the images of a block and their rows, in a thread: no image waits for the disk.

    Use it in a ``with`` block; what fails there is raised by the next `add`, or at the end.
    """

    def __init__(self, store: Store, block: int) -> None:
        self._store, self._name, self._scope = store, journal_name(block), f"{block:06d}"
        self._queue: queue.Queue[tuple[list[tuple[str, bytes]], Row] | None] = queue.Queue(WAITING)
        self._failed: BaseException | None = None
        self._whole: list[Row] = []
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Journal:
        self._thread.start()
        return self

    def __exit__(self, kind: Any, *error: Any) -> None:
        if isinstance(error[0], (ConnectionError, KeyboardInterrupt)):  # nobody waits for it: what is queued is left
            self._failed = error[0]
        self._queue.put(None)
        self._thread.join()
        if kind is None and self._failed is not None:
            raise self._failed

    def add(self, files: list[tuple[str, bytes]], row: Row) -> None:
        """Write files, and then a row."""
        if self._failed is not None:
            raise self._failed
        self._queue.put((files, row))

    def _write(self) -> None:
        for batch in self._batches():
            if self._failed is not None:
                continue
            try:
                files = [file for found, _ in batch for file in found]
                if files:
                    self._store.put(files, self._scope)
                rows = [row for _, row in batch]
                if self._store.appends:
                    self._store.append(self._name, b"".join(map(line_of, rows)))
                else:
                    self._whole += rows
                    if "done" in rows[-1]:
                        self._store.put([(self._name, b"".join(map(line_of, self._whole)))], self._scope)
            except BaseException as error:
                self._failed = error

    def _batches(self) -> Iterator[list[Any]]:
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < TOGETHER:
                try:
                    following = self._queue.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    yield batch
                    return
                batch.append(following)
            yield batch
