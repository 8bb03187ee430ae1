"""What geometric functions check alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._core.check import DTYPES, as_image, integer
from .._core.formats import channels_of, is_sequence
from .._core.levels import fill_levels

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")


LABELS = "bool and other integers are labels, which are moved and never blended"
"""What messages say of label images."""


class Labels(NamedTuple):
    """What a label image was before its bytes became the channels of an image.

    Nearest pixels of the bytes are those of the labels, so that labels need no kernels of their own."""

    dtype: np.dtype
    channels: int
    axes: int
    """2 or 3."""

    def levels(self, fill: Any) -> tuple[float, ...]:
        """The label of a border, or one for each channel, as levels of the bytes."""
        one = not is_sequence(fill)
        given = [fill] * self.channels if one else list(fill)
        if len(given) != self.channels:
            raise ValueError(f"fill must be one label or {self.channels}, one a channel, got {len(given)}")
        values = [self._label(v, "fill" if one else f"label {k} of fill") for k, v in enumerate(given)]
        return tuple(byte / 255 for byte in np.array(values, self.dtype).view(np.uint8).tolist())

    def _label(self, value: Any, name: str) -> int:
        whole = isinstance(value, (bool, np.bool_)) or (isinstance(value, (float, np.floating)) and value % 1 == 0)
        number = integer(int(value) if whole else value, name)
        low, high = (0, 1) if self.dtype.kind == "b" else (np.iinfo(self.dtype).min, np.iinfo(self.dtype).max)
        if not low <= number <= high:
            raise ValueError(f"{name} must be a label of {self.dtype}, {low} to {high}, got {number}")
        return number


def opened(image: Any, interpolation: str | None = None, *, full: bool = False) -> tuple[np.ndarray, Labels | None]:
    """Check an image, or a label image, which comes as the bytes of its labels and as what they were.

    With `full`, it must have pixels.  `interpolation` is that of the call, if it has one: labels know only
    ``"nearest"``.
    """
    labels = None
    if type(image) is np.ndarray and image.dtype.kind in "biu" and image.dtype.newbyteorder("=") not in DTYPES:
        as_image(np.broadcast_to(np.uint8(0), image.shape))  # the shape
        if interpolation not in (None, "nearest"):
            raise TypeError(
                f"image must have dtype uint8, uint16, float32 or float64 for {interpolation!r} interpolation, got "
                f"{image.dtype}: {LABELS}, which interpolation='nearest' does"
            )
        labels = Labels(image.dtype.newbyteorder("="), channels_of(image), image.ndim)
        whole = np.ascontiguousarray(image, labels.dtype)
        image = whole.view(np.uint8).reshape(*image.shape[:2], labels.channels * labels.dtype.itemsize)
    else:
        image = as_image(image)
    if full and not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    return image, labels


def border_fill(
    fill: Any, image: np.ndarray, labels: Labels | None, interpolation: str = "nearest"
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


def closed(result: np.ndarray, labels: Labels | None) -> np.ndarray:
    """A result as it is, or as labels again."""
    if labels is None:
        return result
    shape = result.shape[:2] if labels.axes == 2 else (*result.shape[:2], labels.channels)
    return result.reshape(-1).view(labels.dtype).reshape(shape)


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
