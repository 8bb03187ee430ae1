"""How the camera was held: EXIF tag 0x0112 or XMP's tiff:Orientation, found alike in every format and depth."""

from __future__ import annotations

import io
import re
import struct
import zlib
from typing import BinaryIO

import numpy as np

from ._tiff import directory

_ORIENTATION = 0x0112
_XMP = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([0-9])")
_LONGEST = 1 << 24
"""Bytes of metadata that are looked at."""
_PIECE = 1 << 16
"""Bytes of a JPEG file that are read at a time."""


def orientation(file: BinaryIO, format_: str) -> int:
    """The orientation that a file has, 1 to 8; 1 where it says nothing, or nothing that is defined.

    EXIF counts before XMP.  Metadata that are damaged do not spoil the pixels.
    """
    finder = _FINDERS.get(format_)
    if finder is None:
        return 1
    file.seek(0)
    try:
        exif, xmp = finder(file)
    except Exception:  # whatever a damaged file leads to; its decoder says what is wrong with it
        return 1
    found = _of_exif(exif) if exif else None
    if found is None:
        match = _XMP.search(xmp)
        found = int(match[1]) if match else 1
    return found if 1 <= found <= 8 else 1


def upright(image: np.ndarray, orientation: int) -> np.ndarray:
    """The image as the camera was held, by the EXIF tag 0x0112; values that it does not define mean upright."""
    if not 2 <= orientation <= 8:
        return image
    axes = {2: (1,), 3: (0, 1), 4: (0,), 6: (0,), 7: (0, 1), 8: (1,)}.get(orientation, ())
    image = np.flip(image, axes)
    return image.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else image


def _of_exif(data: bytes) -> int | None:
    while data.startswith(b"Exif\0\0"):
        data = data[6:]
    try:
        found, _ = directory(io.BytesIO(data), (_ORIENTATION,))
    except Exception:
        return None
    return found[_ORIENTATION][0] if _ORIENTATION in found else None


def _of_tiff(file: BinaryIO) -> tuple[bytes, bytes]:
    """Its own directory in place of EXIF."""
    tags, xmp = directory(file, (_ORIENTATION,))
    return (_exif_of(tags[_ORIENTATION][0]) if _ORIENTATION in tags else b""), xmp


def _exif_of(value: int) -> bytes:
    return struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, _ORIENTATION, 3, 1, value & 0xFFFF, 0)


def _of_png(file: BinaryIO) -> tuple[bytes, bytes]:
    exif = raw = xmp = b""
    file.seek(8)
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            break
        if kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt") and length <= _LONGEST:
            data = file.read(length)
            file.seek(4, io.SEEK_CUR)
            keyword, _, rest = data.partition(b"\0")
            if kind == b"eXIf":
                exif = exif or data
            elif keyword == b"XML:com.adobe.xmp" and kind == b"iTXt":
                xmp = xmp or _of_itxt(rest)
            elif keyword == b"Raw profile type exif":
                text = rest if kind == b"tEXt" else _inflated(rest[1:]) if kind == b"zTXt" else _of_itxt(rest)
                raw = raw or bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:]))
        else:
            file.seek(length + 4, io.SEEK_CUR)
    return exif or raw, xmp


def _of_itxt(rest: bytes) -> bytes:
    """The text of an iTXt chunk, after its keyword."""
    text = rest[2:].split(b"\0", 2)[2]
    return _inflated(text) if rest[0] else text


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, _LONGEST)


def _of_jpeg(file: BinaryIO) -> tuple[bytes, bytes]:
    exif = xmp = b""
    data, at = file.read(_PIECE), 2
    while True:
        while at + 4 > len(data) or at + 2 + _length(data, at) > len(data):
            more = file.read(_PIECE)
            if not more:
                return exif, xmp
            data += more
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (0xD9, 0xDA):
            return exif, xmp
        if marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD7:  # a fill byte, or a marker alone
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xE1:
            content = data[at + 4 : at + 2 + _length(data, at)]
            if content.startswith(b"Exif\0\0"):  # longer ones are in pieces
                exif += content[6:] if exif else content
            elif content.startswith(b"http://ns.adobe.com/xap/1.0/\0"):
                xmp = xmp or content
        at += 2 + max(_length(data, at), 2)


def _length(data: bytes, at: int) -> int:
    """Of a segment, from behind its marker on."""
    return 0 if data[at + 1] in (0x01, 0xFF, 0xD9, 0xDA) else int.from_bytes(data[at + 2 : at + 4], "big")


def _of_webp(file: BinaryIO) -> tuple[bytes, bytes]:
    found = {b"EXIF": b"", b"XMP ": b""}
    file.seek(12)
    while len(head := file.read(8)) == 8:
        kind, length = struct.unpack("<4sI", head)
        if kind in found and length <= _LONGEST:
            found[kind] = found[kind] or file.read(length)
            file.seek(length % 2, io.SEEK_CUR)
        else:
            file.seek(length + length % 2, io.SEEK_CUR)
    return found[b"EXIF"], found[b"XMP "]


_FINDERS = {"TIFF": _of_tiff, "PNG": _of_png, "JPEG": _of_jpeg, "WebP": _of_webp}
