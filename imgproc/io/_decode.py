"""The bytes of an image file, turned into an array.

A file is recognised by its first bytes, never by its name.  OpenCV decodes JPEG, as it is quicker.  Pillow decodes what
else has 8 bits per sample: it reports truncated data, and knows palettes, CMYK and EXIF.  It reduces 16-bit colour to
8 bits and has no float colour, so PNG and TIFF files deeper than 8 bits are decoded by OpenCV, and PNM files deeper
than that here.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from .._core.planes import LUMA_WEIGHTS, LUMA_WEIGHTS_15_BITS
from ._jpeg import read_jpeg
from ._metadata import orientation, upright
from ._pillow import ANIMATED, count_frames, read_pillow
from ._png_pixels import read_png
from ._pnm import read_pnm
from ._source import Refusal, Source
from ._tiff_pages import directories, single_page
from ._tiff_pixels import read_tiff

_MAGIC = {
    format_: re.compile(magic, re.DOTALL)
    for format_, magic in (
        ("JPEG", rb"\xff\xd8\xff"),
        ("PNG", rb"\x89PNG\r\n\x1a\n"),
        ("TIFF", rb"II[*+]\0|MM\0[*+]"),
        ("WebP", rb"RIFF....WEBP"),
        ("BMP", rb"BM"),
        ("GIF", rb"GIF8[79]a"),
        ("PNM", rb"P[1-6][\s#]"),
    )
}

_READERS = {"JPEG": read_jpeg, "PNG": read_png, "TIFF": read_tiff, "PNM": read_pnm}


def decode(
    file: BinaryIO, name: str, limit: int | None, keep: bool = False, page: int = 0, *, bands: bool = False
) -> np.ndarray:
    """The pixels of an open file, upright, with the file's own channels; ValueError with `name` where that fails.

    With `keep`, what can be decoded of a damaged file.  With `bands`, channels may be other ones than those of grey,
    RGB and alpha.
    """
    with _saying(name, file.read(16)) as format_:
        file.seek(0)
        if page:
            file = _at_page(file, format_, page, limit, keep)
        image, turned = _READERS.get(format_, read_pillow)(Source(file, format_, limit, keep, page, bands))
    if turned:
        return image
    return upright(image, orientation(file, format_))


def count(file: BinaryIO, name: str) -> int:
    """How many pages an open file has; ValueError with `name` where that cannot be said."""
    with _saying(name, file.read(16)) as format_:
        file.seek(0)
        return _pages(file, format_)


def _pages(file: BinaryIO, format_: str) -> int:
    if format_ == "TIFF":
        return sum(1 for _ in directories(file))
    return count_frames(Source(file, format_, None, False)) if format_ in ANIMATED else 1


def _at_page(file: BinaryIO, format_: str, page: int, limit: int | None, keep: bool) -> BinaryIO:
    """The file, of TIFF one of this page alone; Refusal where it has no such page."""
    if format_ == "TIFF":
        at = next(itertools.islice(directories(file), page, None), None)
        if at is not None:
            return io.BytesIO(single_page(file, at, keep=keep))
    count = _pages(file, format_)
    if page >= count:
        raise Refusal(f"it has {count} page{'s' * (count > 1)}, counted from 0, and no page={page}")
    file.seek(0)
    return file


@contextlib.contextmanager
def _saying(name: str, head: bytes) -> Iterator[str]:
    """The format of a file that begins so; what fails in the block becomes a ValueError with its name."""
    format_ = next((kind for kind, magic in _MAGIC.items() if magic.match(head)), "")
    try:
        if not format_:
            raise Refusal(_foreign(head))
        yield format_
    except Refusal as refusal:
        raise ValueError(f"cannot read {name}: {refusal}") from None
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes Pillow raise almost anything, SyntaxError included
        if isinstance(error, OSError) and error.errno is not None:
            raise
        what = str(error) or type(error).__name__
        raise ValueError(f"cannot read {name}: truncated or damaged {format_} file ({what})") from error


def as_mode(image: np.ndarray, mode: str) -> np.ndarray:
    """The channels that `mode` of `imgproc.io.read_image` asks for."""
    if mode == "unchanged":
        return image
    planes = image.reshape(*image.shape[:2], -1)
    channels = planes.shape[2]
    if mode == "grey":
        return _luma(planes[..., :3]) if channels >= 3 else planes[..., 0]
    wanted = 4 if mode == "rgba" else 3
    if channels == wanted:
        return image
    result = np.empty((*planes.shape[:2], wanted), image.dtype)
    result[..., :3] = planes[..., :3] if channels >= 3 else planes[..., :1]
    if wanted == 4:
        opaque = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
        result[..., 3] = planes[..., -1] if channels == 2 else opaque
    return result


_LUMA_BAND = 1 << 15  # pixels at a time: the sums stay in the CPU's cache, and small beside a large image


@np.errstate(over="ignore", invalid="ignore")  # infinities in a file of floats are values like others
def _luma(rgb: np.ndarray) -> np.ndarray:
    """What `planes.luma` computes, bit for bit, without Numba: a first kernel costs more than most files."""
    integer = rgb.dtype.kind == "u"
    weights = np.array(LUMA_WEIGHTS_15_BITS, np.uint32) if integer else np.array(LUMA_WEIGHTS, rgb.dtype)
    out = np.empty(rgb.shape[:2], rgb.dtype)
    rows = max(1, _LUMA_BAND // out.shape[1])
    for y in range(0, out.shape[0], rows):
        red, green, blue = np.moveaxis(rgb[y : y + rows], -1, 0)
        weighted = np.multiply(red, weights[0], dtype=weights.dtype)
        weighted += np.multiply(green, weights[1], dtype=weights.dtype)
        weighted += np.multiply(blue, weights[2], dtype=weights.dtype)
        if integer:  # of 16-bit levels, too, the sum is below 2**32
            weighted += np.uint32(1 << 14)
            weighted >>= np.uint32(15)
        out[y : y + rows] = weighted
    return out


def _foreign(head: bytes) -> str:
    if not head:
        return "the file is empty"
    known = ", ".join(_MAGIC)
    return (
        f"not an image of a known format ({known}), it starts with {head!r}; "
        "what Pillow alone can read comes through from_pil(PIL.Image.open(path))"
    )
