"""Of reading image files: segments of JPEG, TIFF files of one pixel, and which compressions the decoders here have."""

from imgproc.io._jpeg import _segments, photo
from imgproc.io._opencv import decode_cv2
from imgproc.io._tiff import _one_pixel, has_decoder
from imgproc.io._tiff_bands import bands_pixel
from imgproc.io._tiff_pixels import shallow_pixel

__all__ = ["decodes", "jpeg_photo", "jpeg_segments", "tiff_of_one_pixel"]

jpeg_segments = _segments
"""Of a file's bytes: place, marker and content of each."""

jpeg_photo = photo
"""``jpeg_photo(data, limit)``: a file of which a part can be decoded."""

tiff_of_one_pixel = _one_pixel
"""``tiff_of_one_pixel(compression, packed, bits)``."""


def decodes(compression: int, *, deep: bool) -> bool:
    """Whether a decoder of this depth has a compression."""
    usual = decode_cv2 if deep else shallow_pixel
    return has_decoder(compression, usual, deep=deep) or has_decoder(compression, bands_pixel, deep=True)
