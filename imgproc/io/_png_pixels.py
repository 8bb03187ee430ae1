"""PNG files: Pillow decodes what has 8 bits per sample, OpenCV what is deeper."""

from __future__ import annotations

import io
import struct

import numpy as np

from . import _png
from ._opencv import decode_cv2
from ._pillow import read_pillow
from ._source import Refusal, Source, check_size


def read_png(source: Source) -> tuple[np.ndarray, bool]:
    width, height, depth, color = struct.unpack(">16x2I2B", source.file.read(26))
    check_size(width, height, source.limit)
    source.file.seek(0)
    if depth <= 8:
        try:
            return read_pillow(source._replace(keep=False))
        except (ImportError, MemoryError, Refusal):
            raise
        except Exception:
            if not source.keep:
                raise
            source.file.seek(0)
    if source.page and depth > 8:
        raise Refusal("of a PNG file of 16 bits the first frame alone is supported")
    chunks = _png.chunks(source.file.read(), keep=source.keep)
    if depth <= 8:
        return read_pillow(source._replace(file=io.BytesIO(_png.rebuilt(chunks, keep=True))))
    try:
        image = decode_cv2(_png.rebuilt(chunks, keep=True) if source.keep else _png.plain(chunks))
    except ValueError:
        _png.rebuilt(chunks, keep=source.keep)  # says what is wrong
        raise
    if color == 4:  # grey and alpha, which OpenCV widens to four channels
        image = image[..., [0, 3]]
    elif color == 0 and len(chunks.get(b"tRNS", b"")) == 2:
        # A transparent grey level, which OpenCV ignores (of a colour it does not).
        opaque = image != struct.unpack(">H", chunks[b"tRNS"])[0]
        image = np.stack([image, opaque * np.uint16(65535)], axis=-1)
    return image, False
