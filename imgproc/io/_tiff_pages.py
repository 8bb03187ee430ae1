"""The pages of a TIFF file: where they are, and a file of one of them alone."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from ._tiff import LETTERS, MOST_TAGS, exactly, layout

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value, by the number of its kind."""
_LINKS = (254, 255, 330, 34665, 34853, 40965)
"""Tags that lead to other directories, or say that a page is a smaller copy of another one."""
MOST_PAGES = 1 << 20


def directories(file: BinaryIO) -> Iterator[int]:
    """Where the directories of the pages stand, in order; ValueError where they go round in a circle."""
    order, count, entry, _, at = layout(file)
    seen: set[int] = set()
    while at:
        if at in seen or len(seen) > MOST_PAGES:
            raise ValueError("its list of pages has no end")
        seen.add(at)
        file.seek(at)
        number = struct.unpack(order + count, exactly(file, struct.calcsize(order + count)))[0]
        if number > MOST_TAGS:
            raise ValueError(f"a page of {number} tags")
        yield at
        file.seek(at + struct.calcsize(order + count) + number * struct.calcsize(order + entry))
        link = order + ("Q" if count == "Q" else "I")
        at = struct.unpack(link, exactly(file, struct.calcsize(link)))[0]


def single_page(file: BinaryIO, at: int, *, keep: bool) -> bytes:
    """A file of nothing but the page whose directory stands at a place.

    Every decoder then finds it where it looks first, and nothing else of a long file has to be read.  With `keep`, what
    is missing of its pixels is 0."""
    order, count, entry, inline, _ = layout(file)
    long = order + ("Q" if inline == 8 else "I")
    file.seek(at)
    number = struct.unpack(order + count, exactly(file, struct.calcsize(order + count)))[0]
    entries = list(struct.iter_unpack(order + entry, exactly(file, number * struct.calcsize(order + entry))))
    end = file.seek(0, io.SEEK_END)
    values = {}
    for tag, kind, n, value in entries:
        size = n * _SIZES.get(kind, 0)
        if tag in _LINKS or not 0 < size <= end:
            continue
        if size > inline:
            file.seek(struct.unpack(long, value)[0])
            value = exactly(file, size)
        values[tag] = kind, n, value[:size]
    made, body = _with_pieces(file, values, order, 16 if inline == 8 else 8, end, keep)
    room, directory = 16 if inline == 8 else 8, b""
    for tag in sorted(made):
        kind, n, value = made[tag]
        if len(value) > inline:
            body += b"\0" * (len(body) % 2)
            at = room + len(body)
            body += value
            value = struct.pack(long, at)
        directory += struct.pack(order + entry, tag, kind, n, value)
    body += b"\0" * (len(body) % 2)
    start = room + len(body)
    mark = b"II" if order == "<" else b"MM"
    head = struct.pack(order + "HHHQ", 43, 8, 0, start) if inline == 8 else struct.pack(order + "HI", 42, start)
    return b"".join((mark, head, body, struct.pack(order + count, len(made)), directory, struct.pack(long, 0)))


def _with_pieces(
    file: BinaryIO, values: dict[int, tuple[int, int, bytes]], order: str, room: int, end: int, keep: bool
) -> tuple[dict[int, tuple[int, int, bytes]], bytearray]:
    """The tags of a page with new places for its strips or tiles, and these, which begin at place `room`."""
    places, lengths = (324, 325) if 324 in values else (273, 279)
    missing = [tag for tag in (places, lengths) if tag not in values]
    if missing:
        raise ValueError(f"tags {missing} are missing")
    starts, sizes = (
        struct.unpack(f"{order}{n}{LETTERS[kind]}", value) for kind, n, value in (values[places], values[lengths])
    )
    if len(starts) != len(sizes) or sum(sizes) > end + len(sizes):
        raise ValueError("its strips or tiles are more than the file")
    body, found = bytearray(), []
    for start, size in zip(starts, sizes):
        file.seek(start)
        piece = file.read(size) if start else b""
        if len(piece) < size and not keep:
            raise EOFError("the end of the file is missing")
        found.append(room + len(body))
        body += piece.ljust(size, b"\0") + b"\0" * (size % 2)
    letter, kind = ("Q", 16) if room == 16 else ("I", 4)
    made = (kind, len(found), struct.pack(f"{order}{len(found)}{letter}", *found))
    return {**values, places: made}, body
