"""What geometric functions check alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import as_image, real

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")


def full_image(image: Any) -> np.ndarray:
    """An image that has pixels."""
    image = as_image(image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    return image


def fill_levels(fill: Any, image: np.ndarray) -> float | tuple[float, ...]:
    """A level, or one for each channel of the image."""
    if isinstance(fill, (str, bytes)) or not isinstance(fill, (Sequence, np.ndarray)) or not np.ndim(fill):
        return real(fill, "fill")
    channels = 1 if image.ndim == 2 else image.shape[2]
    if len(fill) != channels:
        raise ValueError(f"fill must be one level or {channels}, one a channel, got {len(fill)}")
    return tuple(real(v, f"fill[{i}]") for i, v in enumerate(fill))


def numbers(value: Any, name: str, what: str) -> np.ndarray:
    """An array of finite real numbers as float64."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        raise TypeError(f"{name} must be {what}, got {value!r}") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be {what}, got {value!r}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got {array.tolist()}")
    return array.astype(np.float64)
