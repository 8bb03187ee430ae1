"""What geometric functions check alike."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .._core.check import DTYPES, as_image, integer
from .._core.formats import channels_of, is_sequence, stored_as
from .._core.levels import fill_levels
from .._core.planes import full_scale

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")
OF_RESIZE = (*INTERPOLATIONS, "lanczos")


LABELS = "bool and other integers are labels, which are moved and never blended"
"""What messages say of label images."""
_AS_THEY_ARE = "BHfd"
"""The characters of `DTYPES`."""
BLENDED = (np.dtype(np.int16), np.dtype(np.int32))
"""Integers with a sign that are interpolated, in float64, which holds them exactly."""


class Labels(NamedTuple):
    """What a label image was before its bytes became the channels of an image.

    Nearest pixels of the bytes are those of the labels, so that labels need no kernels of their own."""

    dtype: np.dtype
    channels: int
    axes: int
    """2 or 3."""

    def levels(self, fill: Any) -> tuple[float, ...]:
        """The label of a border, or one for each channel, as levels of the bytes."""
        values = _in_own_units(fill, self.dtype, self.channels, "label")
        return tuple(byte / 255 for byte in np.array(values, self.dtype).view(np.uint8).tolist())

    def closed(self, result: np.ndarray) -> np.ndarray:
        """Bytes as labels again."""
        shape = result.shape[:2] if self.axes == 2 else (*result.shape[:2], self.channels)
        return result.reshape(-1).view(self.dtype).reshape(shape)


class Stored(NamedTuple):
    """What an image was before it became floats: float16, which became float32, or integers with a sign."""

    dtype: np.dtype
    image: np.ndarray
    """The floats."""

    def levels(self, fill: Any) -> float | tuple[float, ...]:
        """Levels of a border: fractions of full scale, or of integers levels in their own units."""
        if self.dtype.kind == "f":
            return fill_levels(fill, self.image)
        return tuple(map(float, _in_own_units(fill, self.dtype, channels_of(self.image), "level")))

    def closed(self, result: np.ndarray) -> np.ndarray:
        """Floats as they were again."""
        return stored_as(result, self.dtype)


def _in_own_units(fill: Any, dtype: np.dtype, channels: int, what: str) -> list[int]:
    """A fill of integers, or one for each channel, as numbers that the dtype holds; one for each channel."""
    one = not is_sequence(fill)
    given = [fill] * channels if one else list(fill)
    if len(given) != channels:
        raise ValueError(f"fill must be one {what} or {channels}, one a channel, got {len(given)}")
    return [_in_dtype(v, "fill" if one else f"{what} {k} of fill", dtype, what) for k, v in enumerate(given)]


def _in_dtype(value: Any, name: str, dtype: np.dtype, what: str) -> int:
    whole = isinstance(value, (bool, np.bool_)) or (isinstance(value, (float, np.floating)) and value % 1 == 0)
    number = integer(int(value) if whole else value, name)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if not low <= number <= high:
        raise ValueError(f"{name} must be a {what} of {dtype}, {low} to {high}, got {number}")
    return number


def opened(
    image: Any, interpolation: str | None = None, *, full: bool = False
) -> tuple[np.ndarray, Labels | Stored | None]:
    """Check an image, or a label image, which comes as the bytes of its labels and as what they were.

    With `full`, it must have pixels.  `interpolation` is that of the call, if it has one: labels know only
    ``"nearest"``.  Images of float16, and integers with a sign that are interpolated, come as floats.
    """
    labels: Labels | Stored | None = None
    dtype = image.dtype if type(image) is np.ndarray else None
    dtype = None if dtype is None or dtype in DTYPES else dtype.newbyteorder("=")
    blended = interpolation not in (None, "nearest")
    if dtype is not None and (dtype == np.float16 or (blended and dtype in BLENDED)):
        as_image(np.broadcast_to(np.uint8(0), image.shape))  # the shape
        image = image.astype(np.float32 if dtype.kind == "f" else np.float64)
        labels = Stored(dtype, image)
    elif dtype is not None and dtype.kind in "biu" and dtype not in DTYPES:  # others are of foreign byte order
        as_image(np.broadcast_to(np.uint8(0), image.shape))  # the shape
        if blended:
            raise TypeError(
                f"image must have dtype uint8, uint16, int16, int32, float16, float32 or float64 for {interpolation!r} "
                f"interpolation, got {image.dtype}: {LABELS}, which interpolation='nearest' does"
            )
        labels = Labels(dtype, channels_of(image), image.ndim)
        whole = np.ascontiguousarray(image, labels.dtype)
        image = whole.view(np.uint8).reshape(*image.shape[:2], labels.channels * labels.dtype.itemsize)
    else:
        image = as_image(image)
    if full and not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    return image, labels


def border_fill(
    fill: Any, image: np.ndarray, labels: Labels | Stored | None, interpolation: str = "nearest"
) -> float | tuple[float, ...]:
    """Check the level of a border, or the label, of what `opened` gave.

    Small labels may come as uint8 or uint16, which are images here: whoever gives their fill is told."""
    if labels is not None:
        return labels.levels(fill)
    try:
        return fill_levels(fill, image)
    except ValueError as error:
        if image.dtype.kind != "u" or interpolation != "nearest":
            raise
        raise ValueError(f"{error}; if these are labels, pass image.astype(numpy.int32)") from None


def closed(result: np.ndarray, labels: Labels | Stored | None) -> np.ndarray:
    """A result as it is, or of the dtype that came."""
    return result if labels is None else labels.closed(result)


def numbers(value: Any, name: str, what: str) -> np.ndarray:
    """An array of finite real numbers as float64."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of unequal length
        raise TypeError(f"{name} must be {what}, got {value!r}") from None
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be {what}, got {value!r}")
    few = array.size < 64  # for which NumPy takes longer
    if not (all(map(math.isfinite, array.reshape(-1).tolist())) if few else np.isfinite(array).all()):
        raise ValueError(f"{name} must be finite, got {array.tolist()}")
    return array.astype(np.float64)


def percent_apart_of_255(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The share of pixels that differ by more than one of 255 levels [%], in any dtype."""
    level = full_scale(ours.dtype) / 255
    return float((np.abs(ours.astype(np.float64) - theirs) > level).mean() * 100)
