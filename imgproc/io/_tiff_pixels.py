"""TIFF files: Pillow decodes what has 8 bits per sample, OpenCV what is deeper."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ._metadata import upright
from ._opencv import decode_cv2
from ._pillow import load_pillow, pil_array, pillow_opened, read_pillow
from ._source import Refusal, Source, check_size
from ._tiff import PLAIN, compression_name, directory, has_decoder

_TIFF_TAGS = (256, 257, 258, 259, 262, 274, 277, 284, 322, 323, 338, 339)


def read_tiff(source: Source) -> tuple[np.ndarray, bool]:
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
        if shallow:
            return _read_shallow_tiff(source._replace(keep=False))
        return _deep_tiff(source, tags, bits, kinds), 274 in tags
    except (ImportError, MemoryError, Refusal):
        raise
    except Exception:
        compression = tags.get(259, (1,))[0]
        usual = compression in (2, 3, 4, 6, 7) if shallow else compression in PLAIN
        decoder = shallow_pixel if shallow else decode_cv2
        if usual or has_decoder(compression, decoder, deep=not shallow):
            if not (source.keep and shallow):
                raise
            source.file.seek(0)
            return _read_shallow_tiff(source)
        raise Refusal(
            f"this TIFF is not supported: it is compressed by {compression_name(compression)}, which "
            f"{'Pillow' if shallow else 'OpenCV'} as it is installed here does not decode"
        ) from None


def shallow_pixel(data: bytes) -> np.ndarray:
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


def _deep_tiff(source: Source, tags: dict[int, tuple[int, ...]], bits: set[int], kinds: set[int]) -> np.ndarray:
    samples, photometric = tags.get(277, (1,))[0], tags[262][0]
    planar, extra = tags.get(284, (1,))[0], tags.get(338, (0,))[0]
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
    data = source.file.read()
    if source.keep:  # what is missing of pixels that are not compressed
        data += bytes(tags[256][0] * tags[257][0] * samples * np.dtype(dtype).itemsize)
    image = decode_cv2(data)  # with the orientation applied: OpenCV does so in TIFF, even where told not to
    if image.dtype != dtype:
        raise TypeError(f"{image.dtype} instead of {dtype}")
    return 65535 - image if photometric == 0 else image
