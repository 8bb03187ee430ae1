"""TIFF files: Pillow decodes what has 8 bits per sample, OpenCV what is deeper, and tifffile what neither reads."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ._metadata import upright
from ._opencv import decode_cv2
from ._pillow import load_pillow, pil_array, pillow_opened, read_pillow
from ._source import Refusal, Source, check_size
from ._tiff import PLAIN, compression_name, directory, has_decoder
from ._tiff_bands import bands_pixel, by_bands

_TIFF_TAGS = (256, 257, 258, 259, 262, 274, 277, 284, 322, 323, 338, 339)


def read_tiff(source: Source) -> tuple[np.ndarray, bool]:
    """A TIFF file, the first page of it."""
    tags, _ = directory(source.file, _TIFF_TAGS)
    missing = [tag for tag in (256, 257, 262) if tag not in tags]
    if missing:
        raise ValueError(f"tags {missing} are missing")
    check_size(tags[256][0], tags[257][0], source.limit)
    if 322 in tags and 323 in tags and source.limit is not None:  # a tile is decoded whole, whatever the image's size
        check_size(tags[322][0], tags[323][0], max(source.limit, 1 << 20), what="tiles of ")
    bits, kinds = set(tags.get(258, (1,))), set(tags.get(339, (1,)))
    source.file.seek(0)
    shallow = max(bits) <= 8 and kinds <= {1, 4}
    try:
        if _of_bands(source, tags, bits, kinds, shallow):
            return by_bands(source, tags), False
        if shallow:
            return _read_shallow_tiff(source._replace(keep=False))
        return _deep_tiff(source, tags), 274 in tags
    except (ImportError, MemoryError, Refusal):
        raise
    except Exception as error:
        compression = tags.get(259, (1,))[0]
        usual = compression in (2, 3, 4, 6, 7) if shallow else compression in PLAIN
        if usual or has_decoder(compression, shallow_pixel if shallow else decode_cv2, deep=not shallow):
            if not (source.keep and shallow):
                raise
            source.file.seek(0)
            return _read_shallow_tiff(source)
        return _by_another(source, tags, compression, error), False


def _of_bands(source: Source, tags: dict[int, tuple[int, ...]], bits: set[int], kinds: set[int], shallow: bool) -> bool:
    """Whether it is for tifffile: other decoders do not read it, or decode it to wrong values without a word."""
    samples, photometric, extra = tags.get(277, (1,))[0], tags[262][0], tags.get(338, (0,))[0]
    if shallow:  # of up to six bands that begin with RGB Pillow gives RGB
        return samples > (4 if source.bands else 6) or (photometric < 2 and samples > 2)
    dtype, planar = _deep_dtype(bits, kinds), tags.get(284, (1,))[0]
    grey = samples == 1 and (photometric == 1 or (photometric == 0 and dtype == "uint16"))
    rgb = samples in (3, 4) and photometric == 2 and planar == 1 and (samples, extra) != (4, 1)
    return not dtype or len(bits) > 1 or len(kinds) > 1 or not (grey or rgb)


def _deep_dtype(bits: set[int], kinds: set[int]) -> str:
    return {(1, 16): "uint16", (3, 32): "float32", (3, 64): "float64"}.get((min(kinds), min(bits)), "")


def _by_another(source: Source, tags: dict[int, tuple[int, ...]], compression: int, error: Exception) -> np.ndarray:
    """What tifffile makes of a compression that the usual decoder lacks; Refusal if that lacks it, too."""
    damaged = has_decoder(compression, bands_pixel, deep=True)
    try:
        return by_bands(source, tags)
    except (MemoryError, Refusal):
        if damaged:
            raise
    except Exception:
        if damaged:
            raise
    usual = "Pillow" if max(tags.get(258, (1,))) <= 8 else "OpenCV"
    raise Refusal(
        f"this TIFF is not supported: it is compressed by {compression_name(compression)}, which {usual} as it is "
        "installed here does not decode; pip install 'imgproc-augment[tiff]' brings more decoders"
    ) from error


def shallow_pixel(data: bytes) -> np.ndarray:
    """A small file, decoded by Pillow."""
    return read_pillow(Source(io.BytesIO(data), "TIFF", None, False))[0]


def _read_shallow_tiff(source: Source) -> tuple[np.ndarray, bool]:
    opened = pillow_opened(source)
    check_size(opened.width, opened.height, source.limit)
    seen = _pillows_orientation(opened)
    load_pillow(opened, source.keep)
    # Pillow turns a TIFF file by itself, and forgets the tag then; older ones do not see XMP.
    left = _pillows_orientation(opened)
    image = pil_array(opened)
    return (image, False) if seen == 1 else (upright(image, left), True)


def _pillows_orientation(opened: Any) -> int:
    try:
        return opened.getexif().get(0x0112, 1)
    except Exception:
        return 1


def _deep_tiff(source: Source, tags: dict[int, tuple[int, ...]]) -> np.ndarray:
    dtype = _deep_dtype(set(tags[258]), set(tags.get(339, (1,))))
    data = source.file.read()
    if source.keep:  # what is missing of pixels that are not compressed
        data += bytes(tags[256][0] * tags[257][0] * tags.get(277, (1,))[0] * np.dtype(dtype).itemsize)
    image = decode_cv2(data)  # with the orientation applied: OpenCV does so in TIFF, even where told not to
    if image.dtype != dtype:
        raise TypeError(f"{image.dtype} instead of {dtype}")
    return 65535 - image if tags[262][0] == 0 else image
