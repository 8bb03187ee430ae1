"""The chunks of a PNG file, checked here, so that libpng is given nothing that it could stumble over.

libpng writes its errors and its warnings to standard error by itself.  Damage is found by the checksums, and chunks
that say nothing of the pixels are left out; only a stream that is wrong under right checksums gets as far as libpng.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# Of an interlaced image, each pass: first column and row, and how far apart they are.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunks(data: bytes, *, keep: bool) -> dict[bytes, bytes]:
    """The chunks that say what the pixels are, IDAT in one piece; errors where one is damaged, unless `keep`."""
    found: dict[bytes, bytes] = {}
    pixels = []
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + length]
        if not keep and len(content) == length and kind in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"):
            _check(data[at + 4 : at + 8 + length], data[at + 8 + length : at + 12 + length])
        if kind == b"IEND":
            break
        if kind == b"IDAT":
            pixels.append(content)
        elif kind in (b"IHDR", b"PLTE", b"tRNS"):
            found.setdefault(kind, content)
        at += 12 + length
    else:
        if not keep:
            raise EOFError("the end of the file is missing")
    found[b"IDAT"] = b"".join(pixels)
    return found


def _check(covered: bytes, checksum: bytes) -> None:
    if len(checksum) < 4 or zlib.crc32(covered) != int.from_bytes(checksum, "big"):
        raise ValueError(f"the checksum of a chunk {covered[:4]!r} is wrong")


def rebuilt(found: dict[bytes, bytes], *, keep: bool) -> bytes:
    """A file of these chunks that has every pixel, not compressed; what is missing is 0 where `keep` allows that."""
    width, height, depth, color, method, filters, interlaced = struct.unpack(">2I5B", found[b"IHDR"])
    if depth not in _DEPTHS.get(color, ()) or method or filters or interlaced > 1:
        raise ValueError(f"a header of colour type {color} with {depth} bits")
    bits = depth * _CHANNELS[color]
    parts = _PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(height - y) // dy), -(-(width - x) // dx)) for x, y, dx, dy in parts if x < width and y < height]
    sizes = [(rows, 1 + (columns * bits + 7) // 8) for rows, columns in sizes]
    whole = sum(rows * row for rows, row in sizes)
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(found[b"IDAT"], whole)
    except zlib.error:
        if not keep:
            raise
        raw = _before_the_error(found[b"IDAT"], whole)
    if len(raw) < whole and not keep:
        raise EOFError(f"{len(raw)} of {whole} bytes of pixels are there")
    lines = np.zeros(whole, np.uint8)
    lines[: len(raw)] = np.frombuffer(raw, np.uint8)
    at = 0
    for rows, row in sizes:
        kinds = lines[at : at + rows * row].reshape(rows, row)[:, 0]
        if kinds.max() > 4:
            if not keep:
                raise ValueError(f"a row has filter {kinds.max()}")
            kinds[kinds > 4] = 0
        at += rows * row
    return plain({**found, b"IDAT": zlib.compress(lines.tobytes(), 0)})


def plain(found: dict[bytes, bytes]) -> bytes:
    """A file of the chunks that say what the pixels are."""
    color = found[b"IHDR"][9]
    made = {b"IHDR": found[b"IHDR"]}
    if color == 3:
        made |= {kind: found[kind] for kind in (b"PLTE", b"tRNS") if kind in found}
    elif len(found.get(b"tRNS", b"")) == {0: 2, 2: 6}.get(color, -1):
        made[b"tRNS"] = found[b"tRNS"]
    return written({**made, b"IDAT": found[b"IDAT"], b"IEND": b""})


def _before_the_error(data: bytes, most: int) -> bytes:
    """What can be inflated of a damaged stream."""
    inflater, made = zlib.decompressobj(), bytearray()
    try:
        for at in range(0, len(data), 256):
            if len(made) < most:
                made += inflater.decompress(inflater.unconsumed_tail + data[at : at + 256], most - len(made))
    except zlib.error:
        pass
    return bytes(made[:most])


def written(made: dict[bytes, bytes]) -> bytes:
    """A file of chunks."""
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in made.items()
    )
