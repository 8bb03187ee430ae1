"""Decoding by Pillow: what has 8 bits per sample."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.needed import needed
from ._source import Refusal, Source, check_size

if TYPE_CHECKING:
    from PIL.Image import Image

# Pillow's own classes: PIL.Image.open knows rare formats that start other programs, and has a pixel limit per process.
_PILLOW = {
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "WebP": ("WebPImagePlugin", "WebPImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
    "PNM": ("PpmImagePlugin", "PpmImageFile"),
}

ANIMATED = ("GIF", "WebP", "PNG")
"""Formats with several frames, which Pillow counts and shows."""

# The array mode that a Pillow mode becomes; modes with 16 or 32 bits are handled apart, LAB has no conversion.
_PIL_MODES = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBX": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
}


def read_pillow(source: Source) -> tuple[np.ndarray, bool]:
    opened = pillow_opened(source)
    check_size(opened.width, opened.height, source.limit)
    if source.page and source.format in ANIMATED:
        opened.seek(source.page)
    load_pillow(opened, source.keep)
    return pil_array(opened), False


def count_frames(source: Source) -> int:
    """How many frames a file of an animation has."""
    return int(getattr(pillow_opened(source), "n_frames", 1))


def pillow_opened(source: Source) -> Any:
    module, name = _PILLOW[source.format]
    with needed("PIL"):
        from PIL import Image

        opener = getattr(importlib.import_module(f"PIL.{module}"), name)
    try:
        return opener(source.file)
    except Image.DecompressionBombError:
        # Pillow's limit is that of its process; here ours counts.  Where opening decodes, it has to hold before.
        if source.format == "WebP":
            check_size(*_size_of_webp(source), source.limit)
        with _without_pillows_limit():
            source.file.seek(0)
            return opener(source.file)


def load_pillow(opened: Any, keep: bool) -> None:
    """Decode a Pillow image; with `keep`, what is missing stays as it is in a new image, 0."""
    with needed("PIL"):
        from PIL import Image

    most = Image.MAX_IMAGE_PIXELS
    large = most is not None and opened.width * opened.height > most
    try:
        with _without_pillows_limit() if large else contextlib.nullcontext():
            opened.load()
    except (ImportError, MemoryError):
        raise
    except Exception:
        if not keep or not _has_pixels(opened):
            raise
        opened.tile = []


def _has_pixels(opened: Any) -> bool:
    try:
        return opened.im is not None
    except Exception:  # newer versions of Pillow have no pixels to show before they decode
        return False


_lifting = threading.Lock()
_lifted: list[Any] = []
"""Pillow's own limit, once for each thread that has put it aside."""


@contextlib.contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """`max_pixels` alone counts: Pillow's limit, which some of its decoders ask for, is set aside meanwhile."""
    with needed("PIL"):
        from PIL import Image

    with _lifting:
        _lifted.append(_lifted[0] if _lifted else Image.MAX_IMAGE_PIXELS)
        Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        with _lifting:
            former = _lifted.pop()
            if not _lifted:
                Image.MAX_IMAGE_PIXELS = former


def _size_of_webp(source: Source) -> tuple[int, int]:
    """Width and height of the canvas, without a decoder."""
    source.file.seek(12)
    head = source.file.read(18)
    if head[:4] == b"VP8X":
        return 1 + int.from_bytes(head[12:15], "little"), 1 + int.from_bytes(head[15:18], "little")
    if head[:4] == b"VP8L":
        bits = int.from_bytes(head[9:13], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[14:16], "little") & 0x3FFF, int.from_bytes(head[16:18], "little") & 0x3FFF


def pil_array(image: Image) -> np.ndarray:
    """A new array of a Pillow image, as `imgproc.io.from_pil` says; Refusal where there is none."""
    if image.mode.startswith("I;16"):
        return np.array(image).astype(np.uint16)
    if image.mode == "F":
        return np.array(image)
    if image.mode == "I":
        values = np.array(image)
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise Refusal(f"of mode I must have values in 0 to 65535, got {values.min()} to {values.max()}")
        return values.astype(np.uint16)
    mode = _PIL_MODES.get(image.mode)
    if mode is None:
        raise Refusal(f"of Pillow mode {image.mode} has no conversion to RGB; convert it with PIL.ImageCms")
    if image.has_transparency_data:
        mode = "LA" if mode in ("L", "LA") else "RGBA"
    return np.array(image if image.mode == mode else image.convert(mode))
