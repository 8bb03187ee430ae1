"""An array turned into the bytes of an image file, and the file replaced by them, whole or not at all.

OpenCV encodes JPEG, and Pillow and OpenCV what they can without loss; neither has float colour in TIFF and 16 bits in
PNM, so TIFF and PNM files are written here.  So are PNG files by default, sooner than by either.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import struct
import zlib
from typing import Any

import numpy as np

from .._core.formats import channels_of
from .._core.needed import needed
from .._core.opencv import load_cv2
from ._opencv import swap_red_blue
from ._png import written

_JPEG_QUALITY = 95


_LONGEST_CHUNK = 1 << 30
"""PNG's chunks are of less than 2 GiB; pixels are one here if they are sure to fit."""


def encode(image: np.ndarray, format_: str, quality: int | None, compression: int | None = None) -> bytes:
    """The file: of a C-contiguous image that the format holds, grey as (h, w)."""
    if format_ == "TIFF":
        return _encode_tiff(image)
    if format_ in ("PPM", "PGM"):
        return _encode_pnm(image)
    if format_ == "PNG" and (channels_of(image) == 2 or compression is None) and image.nbytes < _LONGEST_CHUNK:
        return _encode_png(image, compression)
    if image.dtype == np.uint16:
        return _encode_png16(image, compression)
    if format_ == "JPEG" and (data := _encode_jpeg(image, quality or _JPEG_QUALITY)) is not None:
        return data
    with needed("PIL"):
        from PIL import Image

    options: dict[str, Any] = {}
    if format_ == "JPEG":
        options = {"quality": quality or _JPEG_QUALITY}
    elif format_ == "WebP":  # exact: keep the colour of transparent pixels
        options = {"quality": quality} if quality else {"lossless": True, "exact": True}
    elif compression is not None:
        options = {"compress_level": compression}
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format_.upper(), **options)
    return buffer.getvalue()


def _encode_jpeg(image: np.ndarray, quality: int) -> bytes | None:
    """JPEG by OpenCV, whose libjpeg gives the bytes of Pillow's, sooner; None if it is not there, or cannot."""
    try:
        cv2 = load_cv2()
    except ImportError:
        return None
    pixels = image if image.ndim == 2 else swap_red_blue(image)
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes() if done else None


def _encode_png16(image: np.ndarray, compression: int | None) -> bytes:
    cv2 = load_cv2()
    options = [] if compression is None else [cv2.IMWRITE_PNG_COMPRESSION, compression]
    done, data = cv2.imencode(".png", image if image.ndim == 2 else swap_red_blue(image), options)
    if not done:
        raise ValueError(f"OpenCV cannot encode an image of shape {image.shape} as PNG")
    return data.tobytes()


def _encode_png(image: np.ndarray, compression: int | None) -> bytes:
    """PNG with each row as its difference from the one above.

    By default only equal bytes in a row are shortened, and what is left gets codes by how often it comes: on photos
    that is a tenth of the time of zlib's usual way, and about as short.
    """
    height, width = image.shape[:2]
    rows = image.astype(image.dtype.newbyteorder(">"), copy=False).reshape(height, -1).view(np.uint8)
    lines = np.empty((height, 1 + rows.shape[1]), np.uint8)
    lines[:, 0] = 2  # each line begins with its filter, "up"
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels_of(image)]
    header = struct.pack(">2I5B", width, height, 8 * image.itemsize, kind, 0, 0, 0)
    level, strategy = (1, zlib.Z_RLE) if compression is None else (compression, zlib.Z_DEFAULT_STRATEGY)
    deflater = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return written({b"IHDR": header, b"IDAT": deflater.compress(lines.data) + deflater.flush(), b"IEND": b""})


def _encode_pnm(image: np.ndarray) -> bytes:
    height, width = image.shape[:2]
    deep = image.dtype == np.uint16
    header = f"P{5 if image.ndim == 2 else 6}\n{width} {height}\n{65535 if deep else 255}\n"
    return header.encode("ascii") + (image.astype(">u2") if deep else image).tobytes()


def _encode_tiff(image: np.ndarray) -> bytes:
    """Baseline TIFF 6.0, little-endian, uncompressed strips: pixels, then long values, then the directory."""
    height, width = image.shape[:2]
    channels = channels_of(image)
    if image.nbytes > 2**32 - 2**24:
        raise ValueError(f"image must be smaller than 4 GiB for a TIFF file, got {image.nbytes} bytes")
    pixels = image.astype(image.dtype.newbyteorder("<"), copy=False).tobytes()
    row = width * channels * image.itemsize
    rows = max(1, min(height, (1 << 20) // row))
    starts = range(0, height, rows)
    tags = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8 * image.itemsize] * channels),
        259: ("H", [1]),
        262: ("H", [2 if channels in (3, 4) else 1]),
        273: ("I", [8 + y * row for y in starts]),
        277: ("H", [channels]),
        278: ("I", [rows]),
        279: ("I", [min(rows, height - y) * row for y in starts]),
        284: ("H", [1]),
        338: ("H", [2] if channels in (2, 4) else [0] * (channels - 1)),  # alpha, not premultiplied, or other bands
        339: ("H", [{"u": 1, "i": 2, "f": 3}[image.dtype.kind]] * channels),
    }
    if channels in (1, 3):
        del tags[338]
    body = bytearray(b"\0" * (len(pixels) % 2))
    directory = struct.pack("<H", len(tags))
    for tag, (letter, values) in tags.items():
        value = struct.pack(f"<{len(values)}{letter}", *values)
        if len(value) > 4:
            at = 8 + len(pixels) + len(body)
            body += value
            value = struct.pack("<I", at)
        directory += struct.pack("<HHI4s", tag, {"H": 3, "I": 4}[letter], len(values), value)
    header = struct.pack("<2sHI", b"II", 42, 8 + len(pixels) + len(body))
    return b"".join((header, pixels, body, directory, b"\0\0\0\0"))


def resolve_target(name: str) -> str:
    """The file to replace, links followed; refuses what cannot be one before any work."""
    target = os.path.realpath(name)
    folder = os.path.dirname(target)
    if not os.path.exists(folder):
        raise FileNotFoundError(errno.ENOENT, "the folder to write into does not exist", folder)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if os.path.exists(target) and not os.path.isfile(target):
        raise ValueError(f"path must be a regular file to be replaced, got {name!r}, a device or a pipe")
    return target


def replace_file(target: str, data: bytes) -> None:
    """Write under a temporary name in the same folder, then move: an existing file stays as it was if that fails."""
    temporary = os.path.join(os.path.dirname(target), f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:  # not tempfile, which ignores the umask
            file.write(data)
        if os.path.exists(target):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.filename == temporary:
            error.filename = target  # the name that the caller knows
        raise
