"""What geometric functions check alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")


def full_image(image: Any) -> np.ndarray:
    """An image that has pixels."""
    image = as_image(image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    return image


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
