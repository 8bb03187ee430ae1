"""What filters over windows share: frames, which windows see a pixel, calls of OpenCV in parts, and stored levels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._core.border import framed
from .._core.formats import channels_of
from .._core.opencv import load_cv2
from .._core.planes import fill_values, full_scale

__all__: list[str] = []


def with_frame(image: np.ndarray, radius: int, border: str, fill: float) -> np.ndarray:
    """The image extended by `radius` pixels of its border on all sides; `fill` is a fraction of full scale."""
    h, w = image.shape[:2]
    out = np.empty((h + 2 * radius, w + 2 * radius, *image.shape[2:]), image.dtype)
    return framed(image, (radius,) * 4, border, fill_values(fill, channels_of(image), image.dtype), out)


BAND = 128
"""Least rows of a band that is worked on at a time, so that what is computed on the way takes little memory."""


def by_bands(
    image: np.ndarray, radius: int, border: str, fill: float, work: Callable[[np.ndarray, str], np.ndarray]
) -> np.ndarray:
    """A filter with windows of a radius, band by band; ``work(part, border)`` answers in the part's shape and dtype."""
    h, w = image.shape[:2]
    rows = max(BAND, 8 * radius)
    if h <= rows:
        return work(image, border)
    framed, out = with_frame(image, radius, border, fill), np.empty(image.shape, image.dtype)
    for y in range(0, h, rows):
        part = work(framed[y : y + rows + 2 * radius], "replicate")
        out[y : y + rows] = part[radius : len(part) - radius, radius : radius + w]
    return out


def windows_seeing(pixels: np.ndarray, radius: tuple[int, int], border: str, outside: bool = False) -> np.ndarray:
    """Which windows hold one of the `pixels`.

    Parameters
    ----------
    pixels : ndarray of bool, shape (h, w) or (h, w, c)
        Each channel by itself.
    radius : (int, int)
        The window's, down and across.
    border : str
        Borders that mirror or repeat the edge show nothing that the window has not seen.
    outside : bool
        Whether what ``constant`` adds is one of them.
    """
    cv2, (ry, rx) = load_cv2(), radius
    h, w = pixels.shape[:2]
    flat = pixels.reshape(h, w, -1)
    found = np.empty(flat.shape, bool)
    for c in range(flat.shape[2]):
        plane = np.ascontiguousarray(flat[:, :, c], np.uint8)
        if border in ("wrap", "constant"):
            frame = np.empty((h + 2 * ry, w + 2 * rx), np.uint8)
            plane = framed(plane, (ry, ry, rx, rx), border, [int(outside)], frame)
        # A line of ones at a time: OpenCV's cost of a rectangle grows with its longer side.
        grown = cv2.dilate(cv2.dilate(plane, np.ones((2 * ry + 1, 1), np.uint8)), np.ones((1, 2 * rx + 1), np.uint8))
        found[:, :, c] = (grown[ry : ry + h, rx : rx + w] if grown.shape != (h, w) else grown) != 0
    return found.reshape(pixels.shape)


def spoil(image: np.ndarray, result: np.ndarray, radius: int, border: str) -> None:
    """NaN where the window holds one: filters that sort leave it to chance."""
    if image.dtype.kind == "f" and np.isnan(image).any():
        result[windows_seeing(np.isnan(image), (radius, radius), border)] = np.nan


def within_floats(value: float) -> float:
    """A positive parameter, so that its square and one by its square are floats, too: beyond, nothing changes."""
    return min(max(value, 1e-15), 1e15)


def as_levels(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats as levels of a dtype; integers rounded half to even and saturated.  Overwrites `values`."""
    if dtype.kind == "f":
        return values.astype(dtype, copy=False)
    np.rint(values, out=values)
    np.clip(values, 0, full_scale(dtype), out=values)
    return values.astype(dtype)


def by_channels(work: Callable[[np.ndarray], np.ndarray], image: np.ndarray, most: int) -> np.ndarray:
    """Apply `work`, which maps C-contiguous images of at most `most` channels, to parts of an image of any number.

    It gets (h, w) for one channel, and what it returns may lack an axis of one channel."""
    if image.ndim == 2:
        return work(np.ascontiguousarray(image))
    h, w, channels = image.shape
    if channels == 1:
        return work(np.ascontiguousarray(image[..., 0])).reshape(h, w, 1)
    if channels <= most:
        return work(np.ascontiguousarray(image))
    result = np.empty(image.shape, image.dtype)
    for c in range(0, channels, most):
        result[..., c : c + most] = by_channels(work, image[..., c : c + most], most)
    return result
