"""The bytes of an image file, turned into an array.

A file is recognised by its first bytes, never by its name.  Pillow decodes what has 8 bits per sample: it reports
truncated data, and knows palettes, CMYK and EXIF.  It reduces 16-bit colour to 8 bits and has no float colour, so PNG
and TIFF files deeper than 8 bits are decoded by OpenCV, and PNM files deeper than that here.
"""

from __future__ import annotations

import importlib
import re
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .._core.needed import needed
from .._core.opencv import load_cv2
from .._core.planes import LUMA_WEIGHTS, LUMA_WEIGHTS_15_BITS

if TYPE_CHECKING:
    from PIL.Image import Image

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


class Refusal(Exception):
    """A reason why a file is not read, said in full."""


def decode(file: BinaryIO, name: str, limit: int | None) -> np.ndarray:
    """The pixels of an open file, upright, with the file's own channels; ValueError with `name` where that fails."""
    head = file.read(16)
    format_ = next((f for f, magic in _MAGIC if re.match(magic, head, re.DOTALL)), None)
    try:
        if format_ is None:
            raise Refusal(_foreign(head))
        file.seek(0)
        return _READERS.get(format_, _read_pillow)(file, format_, limit)
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


def _read_pillow(file: BinaryIO, format_: str, limit: int | None) -> np.ndarray:
    module, name = _PILLOW[format_]
    with needed("PIL"):
        opener = getattr(importlib.import_module(f"PIL.{module}"), name)
    image = opener(file)
    _check_size(image.width, image.height, limit)
    image.load()
    return _orient(pil_array(image), _orientation(image.getexif))


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
    if b"eXIf" not in chunks:
        return image
    return _orient(image, _orientation(lambda: _parse_exif(chunks[b"eXIf"])))


def _png_chunks(data: bytes, wanted: tuple[bytes, ...]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 8
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
        raise Refusal(
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
        raise Refusal(f"it has no pixels, {width} x {height}")
    if limit is not None and width * height > limit:
        raise Refusal(
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
    return image if image.ndim == 2 else swap_red_blue(image)


def swap_red_blue(image: np.ndarray) -> np.ndarray:
    """A new array with the order of OpenCV for ours, and the other way round; 3 or 4 channels, any supported dtype."""
    if image.size and image.dtype != np.float64:
        # 3 to 4 times faster than strided copies by NumPy (640 x 640 x 3 bytes: 0.14 ms, 0.5 ms), but has no float64.
        cv2 = load_cv2()
        code = cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        return cv2.cvtColor(np.ascontiguousarray(image), code)
    return np.take(image, [2, 1, 0, 3][: image.shape[2]], axis=2)


def _parse_exif(data: bytes) -> Any:
    with needed("PIL"):
        from PIL import Image

    exif = Image.Exif()
    exif.load(data)
    return exif


def _orientation(exif: Any) -> int:
    try:
        return exif().get(0x0112, 1)
    except ImportError:  # which would turn every photo of such a camera, and nobody would know why
        raise
    except Exception:  # damaged EXIF does not spoil the pixels
        return 1


def _orient(image: np.ndarray, orientation: int) -> np.ndarray:
    """The image as the camera was held, by the EXIF tag 0x0112; values that it does not define mean upright."""
    axes = {2: (1,), 3: (0, 1), 4: (0,), 6: (0,), 7: (0, 1), 8: (1,)}.get(orientation, ())
    image = np.flip(image, axes)
    return image.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else image


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
