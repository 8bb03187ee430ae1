"""Pixels of a data set: decoded for a chain, and encoded as a name says."""

from __future__ import annotations

import io
import os
from typing import Any

import numpy as np

from imgproc import count_pages, decode_image, encode_image
from imgproc._core.formats import channels_of
from imgproc._core.needed import needed

__all__: list[str] = []

_MOVING = (b"\x89PNG", b"RIFF", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""What files begin with that may hold several images."""
HOLDS_ALPHA = (".png", ".webp", ".tif", ".tiff")
LOSSY = (".jpg", ".jpeg")


def decoded(data: bytes, max_pixels: int | None) -> np.ndarray:
    """The pixels of an image file with the file's own channels: grey is (h, w), and alpha is the last channel.

    Raises
    ------
    ValueError
        If it is no image, damaged, larger than `max_pixels`, or several images in one file.
    """
    if data.startswith(_MOVING) and (pages := count_pages(data)) > 1:
        raise ValueError(f"must be one image, got a file of {pages} frames or pages")
    return decode_image(data, mode="unchanged", max_pixels=max_pixels)


def has_alpha(image: np.ndarray) -> bool:
    """Whether the last of its channels is alpha."""
    return channels_of(image) in (2, 4)


def without_alpha(image: np.ndarray) -> np.ndarray:
    """The colours alone; grey is (h, w)."""
    return image[..., 0] if image.shape[2] == 2 else np.ascontiguousarray(image[..., :3])


def as_rgb(image: np.ndarray) -> np.ndarray:
    """Three channels, without alpha."""
    if has_alpha(image):
        image = without_alpha(image)
    return np.dstack([image] * 3) if image.ndim == 2 else image


def end_of(name: str) -> str:
    """The end of a name in small letters, with its dot."""
    return os.path.splitext(name)[1].lower()


def encoded(image: np.ndarray, name: str, quality: int | None) -> bytes:
    """The bytes of the file of a name.

    Raises
    ------
    TypeError, ValueError
        If the format does not hold the image.
    """
    end = end_of(name)
    chosen = quality if end in (*LOSSY, ".webp") else None
    return encode_image(image, format=end, quality=chosen)


# --- masks ------------------------------------------------------------------------------------------------------------


def mask_end(name: str) -> str:
    """The end of the file that is written for a mask: of a format that changes no label."""
    end = end_of(name)
    return end if end in (".png", ".tif", ".tiff", ".bmp") else ".png"


def decoded_mask(data: bytes, max_pixels: int | None) -> tuple[np.ndarray, Any]:
    """The labels of a mask file, and its palette if it has one: numbers of colours are the labels then."""
    if data.startswith(_MOVING) and (pages := count_pages(data)) > 1:
        raise ValueError(f"the mask must be one image, got a file of {pages} frames or pages")
    with needed("PIL"):
        from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        if picture.mode != "P":
            return decode_image(data, mode="unchanged", max_pixels=max_pixels), None
        if max_pixels is not None and picture.width * picture.height > max_pixels:
            raise ValueError(f"the mask must have at most {max_pixels} pixels")
        palette = picture.getpalette(picture.palette.mode if picture.palette else "RGB")
        return np.asarray(picture), (palette, picture.palette.mode if picture.palette else "RGB")


def encoded_mask(mask: np.ndarray, palette: Any, name: str) -> bytes:
    """The bytes of a mask file, with the palette that it had."""
    if palette is None or end_of(name) != ".png":
        return encode_image(mask, format=end_of(name))
    with needed("PIL"):
        from PIL import Image

    picture = Image.fromarray(np.ascontiguousarray(mask))
    picture.putpalette(*palette)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
