"""Reading and writing image files, and conversions between the layouts of other libraries.

A file is recognised by its first bytes, never by its name.  Pillow decodes what has 8 bits per sample: it reports
truncated data, and knows palettes, CMYK and EXIF.  It reduces 16-bit colour to 8 bits and has no float colour, so PNG
and TIFF files deeper than 8 bits are decoded by OpenCV, and TIFF and PNM files are written here.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import re
import secrets
import shutil
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from ._check import DTYPES, as_image, integer, one_of
from ._cv2 import load_cv2

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "bgr_to_rgb",
    "channels_first",
    "channels_last",
    "from_pil",
    "read_image",
    "rgb_to_bgr",
    "to_pil",
    "write_image",
]

MAX_PIXELS = 178_956_970
"""Default pixel limit of `read_image`: 512 MiB of RGB bytes, the size at which Pillow too refuses."""

MODES = ("rgb", "rgba", "grey", "unchanged")

_MAGIC = (
    ("PNG", rb"\x89PNG\r\n\x1a\n"),
    ("JPEG", rb"\xff\xd8\xff"),
    ("TIFF", rb"II[*+]\0|MM\0[*+]"),
    ("WebP", rb"RIFF....WEBP"),
    ("BMP", rb"BM"),
    ("GIF", rb"GIF8[79]a"),
    ("PNM", rb"P[1-6][\s#]"),
)

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

_SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".ppm": "PPM",
    ".pgm": "PGM",
}

# What a format holds: dtypes, channels, longest side.
_HOLDS = {
    "PNG": (("uint8", "uint16"), (1, 3, 4), 2**31 - 1),
    "JPEG": (("uint8",), (1, 3), 65500),
    "TIFF": (("uint8", "uint16", "float32", "float64"), (1, 3, 4), 2**31 - 1),
    "WebP": (("uint8",), (1, 3, 4), 16383),
    "BMP": (("uint8",), (1, 3), 2**31 - 1),
    "PPM": (("uint8", "uint16"), (3,), 2**31 - 1),
    "PGM": (("uint8", "uint16"), (1,), 2**31 - 1),
}

_JPEG_QUALITY = 95

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


class _Refusal(Exception):
    """A reason why a file is not read, said in full."""


def read_image(path: str | os.PathLike[str], *, mode: str = "rgb", max_pixels: int | None = MAX_PIXELS) -> np.ndarray:
    """Read an image file.

    Parameters
    ----------
    path : str or os.PathLike
        A PNG, JPEG, TIFF, WebP, BMP, GIF or PNM file, recognised by its content; the suffix does not matter.
    mode : {"rgb", "rgba", "grey", "unchanged"}
        ``"rgb"``: (h, w, 3); grey is replicated, alpha is dropped (not blended).
        ``"rgba"``: (h, w, 4); alpha is opaque where the file has none.
        ``"grey"``: (h, w); colour becomes Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B, in the fixed-point form of
        Pillow's mode ``L`` for integers; alpha is dropped.
        ``"unchanged"``: the channels of the file: (h, w), (h, w, 2) grey and alpha, (h, w, 3) or (h, w, 4).
    max_pixels : int or None
        The most pixels, width times height, that are decoded; checked on the header, before anything is decoded.
        None: no limit.

    Returns
    -------
    numpy.ndarray
        C-contiguous, RGB order, EXIF orientation applied: uint8; uint16 for files with 16 bits per sample; float32 or
        float64 for TIFF files of floats, values as stored.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        As the operating system reports it.
    ValueError
        If the file is empty, truncated, damaged, of an unknown or unsupported kind, or larger than `max_pixels`; if
        `mode` is unknown or `max_pixels` is below 1.
    TypeError
        If an argument is of the wrong kind.
    ImportError
        If OpenCV, which decodes PNG and TIFF deeper than 8 bits, cannot be loaded.

    Notes
    -----
    Of a file with several frames (GIF, TIFF, animated WebP or PNG) the first is read.  Palettes are expanded to RGB
    (RGBA if the palette is transparent) and 1-bit images to 0 and 255 in every mode; CMYK becomes RGB by Pillow's plain
    formula.  Colour profiles and gamma are ignored.  A 16-bit PNM file whose maximum is not 65535 is scaled to full
    scale.  Not read: TIFF of signed, 12-bit or 32-bit integers, and deep TIFF with separate planes, premultiplied
    alpha, or colours other than grey and RGB.  A program that sets ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES`` tells Pillow
    to fill truncated 8-bit images with grey, here too.
    """
    name = _path(path)
    one_of(mode, "mode", MODES)
    limit = None if max_pixels is None else integer(max_pixels, "max_pixels", at_least=1)
    if os.path.isdir(name):  # where open() itself reports a missing permission instead (Windows)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    with open(name, "rb") as file:
        head = file.read(16)
        format_ = next((f for f, magic in _MAGIC if re.match(magic, head, re.DOTALL)), None)
        try:
            if format_ is None:
                raise _Refusal(_foreign(head))
            file.seek(0)
            image = _READERS.get(format_, _read_pillow)(file, format_, limit)
        except _Refusal as refusal:
            raise ValueError(f"cannot read {name}: {refusal}") from None
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # a damaged file makes Pillow raise almost anything, SyntaxError included
            if isinstance(error, OSError) and error.errno is not None:
                raise
            what = str(error) or type(error).__name__
            raise ValueError(f"cannot read {name}: truncated or damaged {format_} file ({what})") from error
    return np.ascontiguousarray(_as_mode(image, mode))


def write_image(path: str | os.PathLike[str], image: np.ndarray, *, quality: int | None = None) -> None:
    """Write an image file, whole or not at all.

    The file is written under a temporary name in the same folder and then moved: readers never see half a file, and
    when anything fails an existing file stays as it was.

    Parameters
    ----------
    path : str or os.PathLike
        The suffix (of any case) says the format: .png, .jpg, .jpeg, .tif, .tiff, .webp, .bmp, .ppm, .pgm.  An existing
        file is replaced and its permissions are kept; a symbolic link is followed.
    image : numpy.ndarray
        Grey (h, w) or (h, w, 1), RGB (h, w, 3) or RGBA (h, w, 4), at least one pixel.  PNG holds uint8 and uint16;
        TIFF these, float32 and float64; PPM (RGB) and PGM (grey) uint8 and uint16; JPEG, WebP and BMP uint8.  JPEG, BMP
        and PPM hold no alpha.  A bool mask is refused: write ``mask.astype(np.uint8) * 255``.
    quality : int, optional
        1 to 100 (JPEG and lossy WebP).  Default: 95 for JPEG; WebP is lossless.  Not accepted for other formats.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype, or another argument is of the wrong kind.
    ValueError
        If the suffix is unknown, the format cannot hold the image, or `quality` is out of range or without meaning.
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        If the folder does not exist, `path` is a folder, or the operating system refuses.
    ImportError
        If OpenCV, which encodes PNG of 16 bits, cannot be loaded.

    Notes
    -----
    All but JPEG and WebP with `quality` are lossless.  WebP has no grey: such a file reads back as RGB of equal
    channels.  TIFF is uncompressed.  Nothing but pixels is written: no EXIF, no colour profile.
    """
    name = _path(path)
    format_ = _format_of(name)
    image = _holdable(image, format_)
    if quality is not None:
        if format_ not in ("JPEG", "WebP"):
            raise ValueError(f"quality has a meaning for .jpg and .webp only, got {quality!r} for a {format_} file")
        quality = integer(quality, "quality", at_least=1, at_most=100)
    target = _target(name)
    _replace(target, _encode(np.ascontiguousarray(image), format_, quality))


def from_pil(image: Image) -> np.ndarray:
    """Convert a Pillow image to an array.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode but ``LAB``.  EXIF orientation is not applied: what the object shows is what the array holds; for
        an image from a file call ``PIL.ImageOps.exif_transpose`` first, or use `read_image`.

    Returns
    -------
    numpy.ndarray
        A new array.  uint8: (h, w) for modes ``1`` (as 0 and 255) and ``L``; (h, w, 2) for ``LA``; (h, w, 3) for
        ``RGB``, ``P``, ``CMYK``, ``YCbCr``, ``HSV``; (h, w, 4) for ``RGBA``, ``PA``.  A transparent colour of ``1``,
        ``L``, ``P`` or ``RGB`` adds alpha.  uint16 (h, w) for ``I;16`` and ``I``; float32 (h, w), values as they are,
        for ``F``.

    Raises
    ------
    TypeError
        If `image` is not a Pillow image.
    ValueError
        If the mode has no conversion, or is ``I`` with values outside 0 to 65535.
    OSError
        If Pillow loads the file only now and cannot.
    """
    from PIL import Image

    if not isinstance(image, Image.Image):
        raise TypeError(f"image must be a PIL.Image.Image, got {type(image).__name__}")
    try:
        return _pil_array(image)
    except _Refusal as refusal:
        raise ValueError(f"image {refusal}") from None


def to_pil(image: np.ndarray) -> Image:
    """Convert an array to a Pillow image.

    Parameters
    ----------
    image : numpy.ndarray
        uint8, grey (h, w) or (h, w, 1), RGB (h, w, 3) or RGBA (h, w, 4); or uint16, grey only; at least one pixel.

    Returns
    -------
    PIL.Image.Image
        Of mode ``L``, ``RGB``, ``RGBA`` or ``I;16``; it does not share memory with `image`.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If Pillow has no mode for the dtype and the channels (floats, 16-bit colour), or the image is empty.
    """
    from PIL import Image

    image = _grey_as_2d(as_image(_not_bool(image), channels=(1, 3, 4)))
    if image.dtype.kind == "f":
        raise ValueError(
            f"image must be uint8 or uint16 for Pillow, got {image.dtype}: for values in [0, 1] convert "
            "np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)"
        )
    if image.dtype == np.uint16 and image.ndim == 3:
        raise ValueError(f"image must be uint8 or grey, Pillow has no 16-bit colour, got shape {image.shape}")
    _not_empty(image)
    return Image.fromarray(np.ascontiguousarray(image)).copy()


def bgr_to_rgb(image: np.ndarray) -> np.ndarray:
    """Swap blue and red: OpenCV's channel order to the order of this library.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    """
    return _swap_red_blue(image)


def rgb_to_bgr(image: np.ndarray) -> np.ndarray:
    """Swap red and blue: the channel order of this library to OpenCV's.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    """
    return _swap_red_blue(image)


def channels_first(image: np.ndarray) -> np.ndarray:
    """Move the channels to the front, as PyTorch wants them.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w), (h, w, c), or a batch (n, h, w, c); of any dtype.  Three axes are always one image with channels.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (1, h, w), (c, h, w) or (n, c, h, w).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 2, 3 or 4 axes.
    """
    image = _plain_array(image)
    if image.ndim not in (2, 3, 4):
        raise ValueError(f"image must have shape (h, w), (h, w, c) or (n, h, w, c), got {image.shape}")
    if image.ndim == 2:
        image = image[..., np.newaxis]
    result = np.empty((*image.shape[:-3], image.shape[-1], *image.shape[-3:-1]), image.dtype)
    for pixels, planes in _pairs(image, result):
        if _by_cv2(pixels):
            load_cv2().split(np.ascontiguousarray(pixels), list(planes))
        else:
            for channel, plane in enumerate(planes):
                plane[...] = pixels[..., channel]
    return result


def channels_last(image: np.ndarray) -> np.ndarray:
    """Move the channels to the end: the inverse of `channels_first`.

    Parameters
    ----------
    image : numpy.ndarray
        (c, h, w), or a batch (n, c, h, w); of any dtype.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (h, w, c) or (n, h, w, c); one channel stays, as (h, w, 1).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 3 or 4 axes.
    """
    image = _plain_array(image)
    if image.ndim not in (3, 4):
        raise ValueError(f"image must have shape (c, h, w) or (n, c, h, w), got {image.shape}")
    result = np.empty((*image.shape[:-3], *image.shape[-2:], image.shape[-3]), image.dtype)
    for planes, pixels in _pairs(image, result):
        if _by_cv2(pixels):
            load_cv2().merge(list(np.ascontiguousarray(planes)), pixels)
        else:
            for channel, plane in enumerate(planes):
                pixels[..., channel] = plane
    return result


# Reading ----------------------------------------------------------------------------------------------------------


def _read_pillow(file: BinaryIO, format_: str, limit: int | None) -> np.ndarray:
    module, name = _PILLOW[format_]
    image = getattr(importlib.import_module(f"PIL.{module}"), name)(file)
    _check_size(image.width, image.height, limit)
    image.load()
    return _orient(_pil_array(image), _orientation(image.getexif))


def _read_png(file: BinaryIO, format_: str, limit: int | None) -> np.ndarray:
    width, height, depth, color = struct.unpack(">16x2I2B", file.read(26))
    _check_size(width, height, limit)
    file.seek(0)
    if depth <= 8:
        return _read_pillow(file, format_, limit)
    data = file.read()
    chunks = _png_chunks(data, (b"eXIf", b"tRNS"))
    image = _decode_cv2(data)
    if color == 4:  # grey and alpha, which OpenCV widens to four channels
        image = image[..., [0, 3]]
    elif color == 0 and b"tRNS" in chunks:  # a transparent grey level, which OpenCV ignores (of a colour it does not)
        opaque = image != struct.unpack(">H", chunks[b"tRNS"])[0]
        image = np.stack([image, opaque * np.uint16(65535)], axis=-1)
    return _orient(image, _orientation(lambda: _parse_exif(chunks.get(b"eXIf", b""))))


def _png_chunks(data: bytes, wanted: tuple[bytes, ...]) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND":
            return found
        if kind in wanted:
            found[kind] = data[at + 8 : at + 8 + length]
        at += 12 + length
    raise EOFError("the end of the file is missing")


def _read_tiff(file: BinaryIO, format_: str, limit: int | None) -> np.ndarray:
    tags = _tiff_tags(file)
    _check_size(tags[256][0], tags[257][0], limit)
    if 322 in tags and 323 in tags and limit is not None:  # a tile is decoded whole, whatever the image's size
        _check_size(tags[322][0], tags[323][0], max(limit, 1 << 20), what="tiles of ")
    bits, kinds = set(tags.get(258, (1,))), set(tags.get(339, (1,)))
    samples, photometric = tags.get(277, (1,))[0], tags[262][0]
    planar, extra = tags.get(284, (1,))[0], tags.get(338, (0,))[0]
    file.seek(0)
    if max(bits) <= 8 and kinds <= {1, 4}:
        return _read_pillow(file, format_, limit)
    # The layouts that OpenCV gets right; others it decodes to wrong values without a word.
    dtype = {(1, 16): "uint16", (3, 32): "float32", (3, 64): "float64"}.get((min(kinds), min(bits)))
    grey = samples == 1 and (photometric == 1 or (photometric == 0 and dtype == "uint16"))
    rgb = samples in (3, 4) and photometric == 2 and planar == 1 and (samples, extra) != (4, 1)
    if dtype is None or len(bits) > 1 or len(kinds) > 1 or not (grey or rgb):
        raise _Refusal(
            f"this kind of TIFF is not supported: {samples} samples of {'/'.join(map(str, sorted(bits)))} bits, with "
            f"SampleFormat {min(kinds)}, PhotometricInterpretation {photometric}, PlanarConfiguration {planar}, "
            f"ExtraSamples {extra}"
        )
    image = _decode_cv2(file.read())  # with the orientation applied: OpenCV does so in TIFF, even where told not to
    if image.dtype != dtype:
        raise TypeError(f"{image.dtype} instead of {dtype}")
    return 65535 - image if photometric == 0 else image


def _tiff_tags(file: BinaryIO) -> dict[int, tuple[int, ...]]:
    """The integer tags of the first page.  Pillow's parser stops at float colour and only warns at truncation."""
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = 43 in struct.unpack(order + "2xH", head[:4])
    offset = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)[0]
    count, entry, inline = ("Q", "HHQ8s", 8) if big else ("H", "HHI4s", 4)
    file.seek(offset)
    number = struct.unpack(order + count, file.read(struct.calcsize(order + count)))[0]
    if number > 4096:
        raise ValueError(f"a page of {number} tags")
    size = struct.calcsize(order + entry)
    entries = list(struct.iter_unpack(order + entry, _exactly(file, number * size)))
    tags = {}
    for tag, kind, n, value in entries:
        letter = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
        if letter is None or not 0 < n <= 64:  # no tag used here has more values
            continue
        size = n * struct.calcsize(order + letter)
        if size > inline:
            file.seek(struct.unpack(order + ("Q" if big else "I"), value)[0])
            value = _exactly(file, size)
        tags[tag] = struct.unpack(f"{order}{n}{letter}", value[:size])
    missing = [tag for tag in (256, 257, 262) if tag not in tags]
    if missing:
        raise ValueError(f"tags {missing} are missing")
    return tags


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError("the end of the file is missing")
    return data


_PNM_HEADER = re.compile(rb"P([2356])" + rb"(?:\s|#[^\n]*\n)+(\d+)" * 3 + rb"(?:#[^\n]*\n)?\s")


def _read_pnm(file: BinaryIO, format_: str, limit: int | None) -> np.ndarray:
    header = _PNM_HEADER.match(file.read(1 << 16))
    file.seek(0)
    if header is None or int(header[4]) <= 255:
        return _read_pillow(file, format_, limit)
    kind, width, height, largest = map(int, header.groups())
    _check_size(width, height, limit)
    if largest > 65535:
        raise ValueError(f"a maximum of {largest}, above 65535")
    shape = (height, width, 3) if kind in (3, 6) else (height, width)
    count = int(np.prod(shape))
    file.seek(header.end())
    if kind in (5, 6):
        values = np.frombuffer(_exactly(file, 2 * count), ">u2")
    else:
        values = np.array(file.read().split(maxsplit=count)[:count], np.int64)
    if values.size < count or values.max() > largest:
        raise ValueError(f"fewer than {count} values, or one above the maximum {largest}")
    full_scale = (values.astype(np.uint32) * np.uint32(65535) + np.uint32(largest // 2)) // np.uint32(largest)
    return full_scale.astype(np.uint16).reshape(shape)


_READERS = {"PNG": _read_png, "TIFF": _read_tiff, "PNM": _read_pnm}


def _check_size(width: int, height: int, limit: int | None, *, what: str = "") -> None:
    if width < 1 or height < 1:
        raise _Refusal(f"it has no pixels, {width} x {height}")
    if limit is not None and width * height > limit:
        raise _Refusal(
            f"{what}{width} x {height} = {width * height} pixels, more than max_pixels={limit}; if you trust the file, "
            "pass a larger max_pixels, or None for no limit"
        )


def _foreign(head: bytes) -> str:
    if not head:
        return "the file is empty"
    known = ", ".join(name for name, _ in _MAGIC)
    return (
        f"not an image of a known format ({known}), it starts with {head!r}; "
        "what Pillow alone can read comes through from_pil(PIL.Image.open(path))"
    )


def _decode_cv2(data: bytes) -> np.ndarray:
    cv2 = load_cv2()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("OpenCV cannot decode it")
    return image if image.ndim == 2 else bgr_to_rgb(image)


def _parse_exif(data: bytes) -> Any:
    from PIL import Image

    exif = Image.Exif()
    exif.load(data)
    return exif


def _orientation(exif: Any) -> int:
    try:
        return exif().get(0x0112, 1)
    except Exception:  # damaged EXIF does not spoil the pixels
        return 1


def _orient(image: np.ndarray, orientation: int) -> np.ndarray:
    """The image as the camera was held, by the EXIF tag 0x0112; values that it does not define mean upright."""
    axes = {2: (1,), 3: (0, 1), 4: (0,), 6: (0,), 7: (0, 1), 8: (1,)}.get(orientation, ())
    image = np.flip(image, axes)
    return image.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else image


def _as_mode(image: np.ndarray, mode: str) -> np.ndarray:
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


def _luma(rgb: np.ndarray) -> np.ndarray:
    if rgb.dtype == np.uint8:
        return np.array(to_pil(rgb).convert("L"))
    red, green, blue = (rgb[..., i] for i in range(3))
    if rgb.dtype == np.uint16:  # Pillow's weights in 1/65536; the sum just fits into 32 bits
        weighted = red * np.uint32(19595) + green * np.uint32(38470) + blue * np.uint32(7471) + np.uint32(1 << 15)
        return (weighted >> np.uint32(16)).astype(np.uint16)
    return (0.299 * red.astype(np.float64) + 0.587 * green + 0.114 * blue).astype(rgb.dtype)


def _pil_array(image: Image) -> np.ndarray:
    if image.mode.startswith("I;16"):
        return np.array(image).astype(np.uint16)
    if image.mode == "F":
        return np.array(image)
    if image.mode == "I":
        values = np.array(image)
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise _Refusal(f"of mode I must have values in 0 to 65535, got {values.min()} to {values.max()}")
        return values.astype(np.uint16)
    mode = _PIL_MODES.get(image.mode)
    if mode is None:
        raise _Refusal(f"of Pillow mode {image.mode} has no conversion to RGB; convert it with PIL.ImageCms")
    if image.has_transparency_data:
        mode = "LA" if mode in ("L", "LA") else "RGBA"
    return np.array(image if image.mode == mode else image.convert(mode))


# Writing ----------------------------------------------------------------------------------------------------------


def _format_of(name: str) -> str:
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise ValueError(f"path must end in one of {known}, got {name!r}")
    return _SUFFIXES[suffix]


def _holdable(image: Any, format_: str) -> np.ndarray:
    image = _grey_as_2d(as_image(_not_bool(image), channels=(1, 3, 4)))
    channels = 1 if image.ndim == 2 else image.shape[2]
    dtypes, allowed, longest = _HOLDS[format_]
    if image.dtype.name not in dtypes or channels not in allowed:
        holds = {f for f, (d, c, _) in _HOLDS.items() if image.dtype.name in d and channels in c}
        others = ", ".join(suffix for suffix, f in _SUFFIXES.items() if f in holds)
        raise ValueError(
            f"image must be {' or '.join(dtypes)} with {' or '.join(map(str, allowed))} channels for a {format_} file, "
            f"got {image.dtype} with {channels}; these hold it: {others}"
        )
    _not_empty(image)
    if max(image.shape[:2]) > longest:
        raise ValueError(f"image must have sides <= {longest} for a {format_} file, got shape {image.shape}")
    return image


def _encode(image: np.ndarray, format_: str, quality: int | None) -> bytes:
    if format_ == "TIFF":
        return _encode_tiff(image)
    if format_ in ("PPM", "PGM"):
        return _encode_pnm(image)
    if image.dtype == np.uint16:
        return _encode_png16(image)
    options: dict[str, Any] = {}
    if format_ == "JPEG":
        options = {"quality": quality or _JPEG_QUALITY}
    elif format_ == "WebP":  # exact: keep the colour of transparent pixels
        options = {"quality": quality} if quality else {"lossless": True, "exact": True}
    buffer = io.BytesIO()
    to_pil(image).save(buffer, format_.upper(), **options)
    return buffer.getvalue()


def _encode_png16(image: np.ndarray) -> bytes:
    done, data = load_cv2().imencode(".png", image if image.ndim == 2 else rgb_to_bgr(image))
    if not done:
        raise ValueError(f"OpenCV cannot encode an image of shape {image.shape} as PNG")
    return data.tobytes()


def _encode_pnm(image: np.ndarray) -> bytes:
    height, width = image.shape[:2]
    deep = image.dtype == np.uint16
    header = f"P{5 if image.ndim == 2 else 6}\n{width} {height}\n{65535 if deep else 255}\n"
    return header.encode("ascii") + (image.astype(">u2") if deep else image).tobytes()


def _encode_tiff(image: np.ndarray) -> bytes:
    """Baseline TIFF 6.0, little-endian, uncompressed strips: pixels, then long values, then the directory."""
    height, width = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
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
        262: ("H", [1 if channels == 1 else 2]),
        273: ("I", [8 + y * row for y in starts]),
        277: ("H", [channels]),
        278: ("I", [rows]),
        279: ("I", [min(rows, height - y) * row for y in starts]),
        284: ("H", [1]),
        338: ("H", [2]),  # the fourth channel is alpha, not premultiplied
        339: ("H", [3 if image.dtype.kind == "f" else 1] * channels),
    }
    if channels < 4:
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


def _target(name: str) -> str:
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


def _replace(target: str, data: bytes) -> None:
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


# Checks and layouts -----------------------------------------------------------------------------------------------


def _path(path: Any) -> str:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return os.fsdecode(path)


def _not_bool(image: Any) -> Any:
    if isinstance(image, np.ndarray) and image.dtype == bool:
        raise TypeError(
            "image must have dtype uint8, uint16, float32 or float64, got bool: pass mask.astype(np.uint8) * 255"
        )
    return image


def _grey_as_2d(image: np.ndarray) -> np.ndarray:
    return image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image


def _not_empty(image: np.ndarray) -> None:
    if image.size == 0:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")


def _plain_array(image: Any) -> np.ndarray:
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise TypeError(f"image must be a plain numpy array, got {type(image).__name__}")
    return image


def _pairs(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The images of two batches, or the two images."""
    return zip(a, b) if a.ndim == 4 else iter([(a, b)])


def _by_cv2(pixels: np.ndarray) -> bool:
    """Whether OpenCV, several times faster than strided copies, can split and merge these pixels (h, w, c)."""
    return pixels.size > 0 and pixels.shape[2] in (2, 3, 4) and pixels.dtype in DTYPES


def _swap_red_blue(image: np.ndarray) -> np.ndarray:
    image = as_image(image, channels=(3, 4))
    if image.size and image.dtype != np.float64:
        cv2 = load_cv2()  # several times faster than a strided copy, but has no float64
        code = cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        return cv2.cvtColor(np.ascontiguousarray(image), code)
    return np.take(image, [2, 1, 0, 3][: image.shape[2]], axis=2)
