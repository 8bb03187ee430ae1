"""Tar files: the places of their members, read strictly, and members written so that equal ones give equal bytes.

Python's `tarfile` takes what it finds; here all is checked, as a tar may come from anybody, and nothing is extracted.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from imgproc.io._outside import relative_name

from ._text import Wrong

__all__: list[str] = []

BLOCK = 512
MOST_HEADER = 1 << 20
"""Bytes of a header that says more than fits in a block, such as a long name."""
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse one",
}


_MODE, _TIME = b"0000644\0" + b"0000000\0" * 2, b"%011o\0" % 0
_KIND = (b"0" + bytes(100) + b"ustar\x0000").ljust(356, b"\0")
"""The parts of a header that are the same for all members."""


class Member(NamedTuple):
    """A regular file in a tar: its name, its first byte, how many it has; or why it is refused."""

    name: str
    start: int
    size: int
    refused: str = ""


def members(file: BinaryIO) -> Iterator[Member]:
    """The regular files of a tar in USTAR, GNU's or POSIX' format, without compression, in order.

    Raises
    ------
    Wrong
        If the tar is damaged or cut, once those before have come."""
    total, place = file.seek(0, 2), 0
    name, size = "", -1  # as further headers say
    while True:
        file.seek(place)
        header = file.read(BLOCK)
        where = f"byte {place}"
        if len(header) == BLOCK and not any(header):
            return
        if not header:
            raise Wrong(where, "must be a tar with a mark at its end, got one that has none: it may have been cut")
        _check(header, where)
        count = size if size >= 0 else _number(header[124:136], where)
        start, place = place + BLOCK, place + BLOCK + -(-count // BLOCK) * BLOCK
        if start + count > total:
            raise Wrong(where, f"must lie in the file, got a member of {count} bytes with {total - start} left")
        kind = header[156:157]
        if kind in b"LKxg":
            more = _further(file, start, count, kind, where)
            name, size = more.get("path", name), int(more.get("size", size))
            continue
        said = name or _name(header, where)
        name, size = "", -1
        if kind == b"5" or (kind in b"0\0" and said.endswith("/")):
            continue
        yield _member(said, start, count, kind)


def _check(header: bytes, where: str) -> None:
    """The sum of a header, which says that it is one."""
    said = header[148:156]
    if len(header) < BLOCK or _number(said, where) != sum(header) - sum(said) + 8 * 32:
        raise Wrong(where, "must be a tar without compression, got a header that is damaged or cut")


def _number(field: bytes, where: str) -> int:
    """A number in octal digits, or beyond these in GNU's binary form."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not set(digits) <= set(b"01234567"):
        raise Wrong(where, "must be a tar without compression, got a header whose numbers are none")
    return int(digits or b"0", 8)


def _name(header: bytes, where: str) -> str:
    name = header[:100].partition(b"\0")[0]
    before = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return _decoded(before + b"/" + name if before else name, where)


def _decoded(name: bytes, where: str) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        raise Wrong(where, f"must have names in UTF-8, got {name!r:.60}") from None


def _further(file: BinaryIO, start: int, count: int, kind: bytes, where: str) -> dict[str, str]:
    """What a header before that of a member says of it: its name and its size, where they do not fit."""
    if count > MOST_HEADER:
        raise Wrong(where, f"must have headers of at most {MOST_HEADER} bytes, got {count}")
    file.seek(start)
    data = file.read(count)
    if kind in b"LK":
        return {"path": _decoded(data.rstrip(b"\0"), where)} if kind == b"L" else {}
    found: dict[str, str] = {}
    while data.strip(b"\0"):
        digits, _, _ = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 8 else 0
        name, mark, value = data[len(digits) + 1 : length - 1].partition(b"=")
        if not mark or length > len(data) or data[length - 1 : length] != b"\n":
            raise Wrong(where, "must have records 'length name=value' in an extended header")
        if name.startswith(b"GNU.sparse") or (kind == b"g" and name in (b"path", b"size")):
            raise Wrong(where, f"must have members whose bytes lie in one piece, got {_decoded(name, where)!r}")
        if name == b"size" and not (value.isdigit() and len(value) < 19):
            raise Wrong(where, f"must have a size >= 0 in the header of a member, got {value!r:.60}")
        if name in (b"path", b"size"):
            found[_decoded(name, where)] = _decoded(value, where)
        data = data[length:]
    return found


def _member(name: str, start: int, size: int, kind: bytes) -> Member:
    name = name.removeprefix("./")
    if kind not in (b"0", b"\0", b"7"):
        return Member(name, start, size, f"must be a regular file, got {_KINDS.get(kind, 'another kind')}")
    try:
        relative_name(name, "the name of a member")
    except ValueError as error:
        return Member(name, start, size, str(error))
    return Member(name, start, size)


def header_of(name: str, size: int) -> bytes:
    """The header of a regular file without owner and time: USTAR, with POSIX' further header where a name needs it.

    Raises
    ------
    ValueError
        If the name has no form in UTF-8."""
    try:
        short = name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"names must be texts in UTF-8 for tar files, got {name!r:.300} ({error.reason})") from None
    if len(short) <= 100 and size < 1 << 33:
        before, behind = short.ljust(100, b"\0") + _MODE + b"%011o\0" % size + _TIME, _KIND
        total = sum(before) + sum(behind) + 8 * 32  # of the sum itself count eight spaces
        return before + b"%06o\0 " % total + behind
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o644, 0
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except ValueError:
        return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def write_member(file: BinaryIO, name: str, data: bytes) -> int:
    """Write a member; how many bytes it takes."""
    padding = -len(data) % BLOCK
    file.write(header_of(name, len(data)))
    file.write(data)
    file.write(bytes(padding))
    return BLOCK + len(data) + padding


def write_end(file: BinaryIO, written: int) -> None:
    """The mark at the end, and zeros up to a whole record, as tar has them."""
    file.write(bytes(-(written + 2 * BLOCK) % tarfile.RECORDSIZE + 2 * BLOCK))
