"""What the directory of a TIFF file says, and which compressions the decoders at hand have."""

from __future__ import annotations

import functools
import lzma
import struct
from collections.abc import Callable, Collection
from typing import BinaryIO

import numpy as np

COMPRESSIONS = {
    2: "CCITT",
    3: "CCITT T.4",
    4: "CCITT T.6",
    6: "JPEG of TIFF 6.0",
    7: "JPEG",
    32809: "ThunderScan",
    34676: "SGILog",
    34677: "SGILog24",
    34712: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    34933: "PNG",
    34934: "JPEG XR",
    50000: "ZSTD",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
"""By the number of tag 259; those that are missing are in every build, or in none."""

PLAIN = (1, 5, 8, 32773, 32946)
"""None, LZW, Deflate, PackBits: what every build decodes."""

LETTERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
MOST_TAGS = 4096
_MOST_BANDS = 1 << 16
"""No tag that is used here has more values than one a band."""
_XMP = 700


def layout(file: BinaryIO) -> tuple[str, str, str, int, int]:
    """Of an open file: the byte order, how the count and the entries of a directory are packed, how many bytes of a
    value stand in an entry itself, and where the first directory is."""
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = 43 in struct.unpack(order + "2xH", head[:4])
    offset = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)[0]
    return (order, "Q", "HHQ8s", 8, offset) if big else (order, "H", "HHI4s", 4, offset)


def directory(file: BinaryIO, wanted: Collection[int]) -> tuple[dict[int, tuple[int, ...]], bytes]:
    """The integer tags of the first page, of those that are wanted, and the XMP packet.

    Pillow's parser stops at float colour and only warns at truncation.
    """
    order, count, entry, inline, offset = layout(file)
    file.seek(offset)
    number = struct.unpack(order + count, exactly(file, struct.calcsize(order + count)))[0]
    if number > MOST_TAGS:
        raise ValueError(f"a page of {number} tags")
    entries = list(struct.iter_unpack(order + entry, exactly(file, number * struct.calcsize(order + entry))))
    tags, packet = {}, b""
    for tag, kind, n, value in entries:
        letter = LETTERS.get(kind)
        packed = tag == _XMP and kind in (1, 7)
        if not packed and (tag not in wanted or letter is None or not 0 < n <= _MOST_BANDS):
            continue
        size = n if packed else n * struct.calcsize(f"{order}{letter}")
        if size > inline:
            file.seek(struct.unpack(order + ("Q" if inline == 8 else "I"), value)[0])
            value = file.read(min(size, 1 << 20)) if packed else exactly(file, size)
        if packed:
            packet = value[:size]
        else:
            tags[tag] = struct.unpack(f"{order}{n}{letter}", value[:size])
    return tags, packet


def exactly(file: BinaryIO, size: int) -> bytes:
    """So many bytes, or EOFError."""
    data = file.read(size)
    if len(data) < size:
        raise EOFError("the end of the file is missing")
    return data


def compression_name(number: int) -> str:
    """The name of a compression, for a sentence."""
    return f"{COMPRESSIONS[number]} ({number})" if number in COMPRESSIONS else f"number {number}"


def has_decoder(number: int, decoder: Callable[[bytes], np.ndarray], *, deep: bool) -> bool:
    """Whether a decoder reads this compression: found out on a picture of one pixel, as builds differ.

    Of a compression for which nobody here can make such a picture, False.
    """
    return _decodes(number, decoder, deep)


@functools.cache
def _decodes(number: int, decoder: Callable[[bytes], np.ndarray], deep: bool) -> bool:
    raw = b"\x07\x01" if deep else b"\x07"
    if number in PLAIN:
        return True
    if number == 34925:
        packed = lzma.compress(raw)
    elif number == 50000:  # a frame of one stored block
        packed = b"\x28\xb5\x2f\xfd\x20" + bytes([len(raw)]) + struct.pack("<I", len(raw) << 3 | 1)[:3] + raw
    else:
        return False
    try:
        return decoder(_one_pixel(number, packed, 16 if deep else 8)).ravel().tolist() == [
            int.from_bytes(raw, "little")
        ]
    except Exception:  # whatever a decoder says: it cannot
        return False


def _one_pixel(compression: int, packed: bytes, bits: int) -> bytes:
    tags = {256: 1, 257: 1, 258: bits, 259: compression, 262: 1, 273: 8, 277: 1, 278: 1, 279: len(packed)}
    packed += b"\0" * (len(packed) % 2)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    header = struct.pack("<2sHI", b"II", 42, 8 + len(packed))
    return header + packed + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
