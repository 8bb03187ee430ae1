"""TIFF files that neither Pillow nor OpenCV reads, by tifffile: bands, separate planes, rarer numbers, compressions."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._core.needed import needed
from ._formats import AS_STORED
from ._source import Refusal, Source
from ._tiff import compression_name

_KINDS = {1: "u", 2: "i", 3: "f"}
"""What tag 339 says of numbers."""


def read_bands(source: Source, tags: dict[int, tuple[int, ...]]) -> np.ndarray:
    """The pixels of the first page, not turned yet; Refusal where it is of a kind that is not read.

    Levels of 9 to 15 bits are scaled to full scale, float16 becomes float32, and white that is zero is turned round.
    All else is as stored.  What is no image of grey or RGB, and numbers of other dtypes, are given only with
    `source.bands`.
    """
    bits, kinds, samples = set(tags.get(258, (1,))), set(tags.get(339, (1,))), tags.get(277, (1,))[0]
    photometric, extra = tags[262][0], tags.get(338, (0,))[0]
    if len(bits) > 1 or len(kinds) > 1 or min(kinds) not in _KINDS or photometric not in (0, 1, 2):
        raise Refusal(_unsupported(tags))
    depth, kind = min(bits), _KINDS[min(kinds)]
    packed = kind == "u" and 8 < depth < 16
    name = "uint16" if packed else np.dtype(f"{kind}{depth // 8}").name if depth in (8, 16, 32, 64) else ""
    known = name in ("uint8", "uint16", "float16", "float32", "float64")
    grey = samples == 1 or (samples == 2 and extra == 2)
    colored = (photometric == 2 and (samples == 3 or (samples == 4 and extra in (0, 2)))) or (photometric < 2 and grey)
    if not (known or name in AS_STORED) or extra == 1 or (photometric == 0 and not (known and kind == "u")):
        raise Refusal(_unsupported(tags))
    if not source.bands and not (known and colored):
        raise Refusal(f"{_unsupported(tags)}; mode='unchanged' gives it as it is stored")
    if source.limit is not None and samples > 4 * max(source.limit // (tags[256][0] * tags[257][0]), 1):
        raise Refusal(f"{samples} bands of {tags[256][0]} x {tags[257][0]} pixels are more than 4 max_pixels")
    image = _decoded(source, tags, samples)
    if image.dtype.name != name:
        raise TypeError(f"{image.dtype} instead of {name}")
    if packed:
        top = (1 << depth) - 1
        if image.max(initial=0) > top:
            raise ValueError(f"a level above {top}, the largest of {depth} bits")
        image = ((image.astype(np.uint32) * np.uint32(65535) + np.uint32(top // 2)) // np.uint32(top)).astype(np.uint16)
    image = image.astype(np.float32) if name == "float16" else image
    return np.iinfo(image.dtype).max - image if photometric == 0 else image


def bands_pixel(data: bytes) -> np.ndarray:
    """A small file, decoded by tifffile."""
    return _decoded(Source(io.BytesIO(data), "TIFF", None, False), {256: (1,), 257: (1,), 258: (16,)}, 1)


def _decoded(source: Source, tags: dict[int, tuple[int, ...]], samples: int) -> np.ndarray:
    with needed("tifffile"):
        import tifffile

    source.file.seek(0)
    data = source.file.read()
    width, height = tags[256][0], tags[257][0]
    if source.keep:  # what is missing of pixels that are not compressed
        data += bytes(width * height * samples * (-(-max(tags.get(258, (1,))) // 8)))
    # Nothing but this page is looked at: series may name other files.
    with _silent(), tifffile.TiffFile(io.BytesIO(data), name="image") as file:
        page: Any = file.pages[0]
        ends = [start + size for start, size in zip(page.dataoffsets, page.databytecounts)]
        if not source.keep and max(ends, default=0) > len(data):
            raise EOFError("the end of the file is missing")
        try:
            image = page.asarray(maxworkers=1)
        except ValueError as error:
            if "requires the 'imagecodecs' package" in str(error):
                raise _NoCodec from error
            raise
    axes = page.axes.replace("S", "", 1) if samples == 1 else page.axes
    if axes == "SYX":
        image = np.moveaxis(image, 0, -1)
    image = image.reshape(height, width, *([samples] if samples > 1 else []))
    return np.ascontiguousarray(image.astype(image.dtype.newbyteorder("="), copy=False))


class _NoCodec(Exception):
    """tifffile needs another package for this compression."""


def by_bands(source: Source, tags: dict[int, tuple[int, ...]]) -> np.ndarray:
    """`read_bands`, with a sentence about what is not installed."""
    try:
        return read_bands(source, tags)
    except ImportError:
        raise Refusal(f"{_unsupported(tags)}; {_INSTALL} may read it") from None
    except _NoCodec:
        name = compression_name(tags.get(259, (1,))[0])
        raise Refusal(
            f"this TIFF is not supported: it is compressed by {name}, for which imagecodecs is missing; {_INSTALL}"
        ) from None


_INSTALL = "tifffile with its codecs, pip install 'imgproc-augment[tiff]',"


def _unsupported(tags: dict[int, tuple[int, ...]]) -> str:
    """What is not supported, by the tags that say what it is."""
    samples, photometric = tags.get(277, (1,))[0], tags[262][0]
    bits = "/".join(map(str, sorted(set(tags.get(258, (1,))))))
    return (
        f"this kind of TIFF is not supported: {samples} samples of {bits} bits, with "
        f"SampleFormat {min(tags.get(339, (1,)))}, PhotometricInterpretation {photometric}, "
        f"PlanarConfiguration {tags.get(284, (1,))[0]}, ExtraSamples {tags.get(338, (0,))[0]}"
    )


_quiet = threading.local()


def _wanted(record: logging.LogRecord) -> bool:
    """What tifffile logs of a damaged file is said by the exception, and by nothing else."""
    return not getattr(_quiet, "on", False)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    logger = logging.getLogger("tifffile")
    logger.addFilter(_wanted)  # once, as it is the same function
    _quiet.on = True
    try:
        yield
    finally:
        _quiet.on = False
