"""The formats that are written: their suffixes, and which images they hold."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .._core.check import as_image, as_pixels
from .._core.formats import channels_of

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

PHOTO_SUFFIXES = tuple(_SUFFIXES)
"""Of the files that are taken for photos where a folder is given."""

AS_STORED = ("int8", "int16", "int32", "uint32")
"""Dtypes that no function of the library takes, but that TIFF files hold: they are read and written as they are."""

# What a format holds: dtypes, channels (TIFF: bands, as many as its numbers say), longest side.
_HOLDS = {
    "PNG": (("uint8", "uint16"), (1, 2, 3, 4), 2**31 - 1),
    "JPEG": (("uint8",), (1, 3), 65500),
    "TIFF": (("uint8", "uint16", "float32", "float64", *AS_STORED), range(1, 2**16), 2**31 - 1),
    "WebP": (("uint8",), (1, 3, 4), 16383),
    "BMP": (("uint8",), (1, 3), 2**31 - 1),
    "PPM": (("uint8", "uint16"), (3,), 2**31 - 1),
    "PGM": (("uint8", "uint16"), (1,), 2**31 - 1),
}


def format_of(name: str) -> str:
    """The format that the suffix of a name says."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise ValueError(f"path must end in one of {known}, got {name!r}")
    return _SUFFIXES[suffix]


def format_named(format: Any) -> str:
    """The format that a caller names by a suffix, with or without the dot."""
    if not isinstance(format, str):
        raise TypeError(f"format must be a string, got {type(format).__name__}")
    suffix = "." + format.lower().removeprefix(".")
    if suffix not in _SUFFIXES:
        known = ", ".join(repr(suffix[1:]) for suffix in _SUFFIXES)
        raise ValueError(f"format must be one of {known}, got {format!r:.60}")
    return _SUFFIXES[suffix]


def holdable(image: Any, format_: str) -> np.ndarray:
    """An image that a format holds, grey as (h, w); TypeError or ValueError if it does not hold it."""
    image = not_bool(image)
    if format_ == "TIFF" and isinstance(image, np.ndarray) and image.dtype.newbyteorder("=").name in AS_STORED:
        image = as_pixels(image, names=AS_STORED)
    else:
        image = as_image(image)
    image = grey_as_2d(image)
    channels = channels_of(image)
    dtypes, allowed, longest = _HOLDS[format_]
    if image.dtype.name not in dtypes or channels not in allowed:
        holds = {f for f, (d, c, _) in _HOLDS.items() if image.dtype.name in d and channels in c}
        others = ", ".join(suffix for suffix, f in _SUFFIXES.items() if f in holds)
        counts = " or ".join(map(str, allowed)) if len(allowed) <= 4 else f"1 to {max(allowed)}"
        hint = f"; these hold it: {others}" if others else ""
        raise ValueError(
            f"image must be {' or '.join(dtypes)} with {counts} channels for a {format_} file, got {image.dtype} with "
            f"{channels}{hint}"
        )
    not_empty(image)
    if max(image.shape[:2]) > longest:
        raise ValueError(f"image must have sides <= {longest} for a {format_} file, got shape {image.shape}")
    return image


def not_bool(image: Any) -> Any:
    """Refuse a mask."""
    if isinstance(image, np.ndarray) and image.dtype == bool:
        raise TypeError(
            "image must have dtype uint8, uint16, float32 or float64, got bool: pass mask.astype(np.uint8) * 255"
        )
    return image


def grey_as_2d(image: np.ndarray) -> np.ndarray:
    """An image of one channel without the axis of channels."""
    return image[..., 0] if image.ndim == 3 and channels_of(image) == 1 else image


def not_empty(image: np.ndarray) -> None:
    """Refuse an image without pixels."""
    if image.size == 0:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
