"""What functions of a footprint share: their arguments, and erosion and dilation of whatever they are given."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._core.border import framed
from .._core.check import as_image, border_name, frame_within, radius_within
from .._core.formats import channels_of
from .._core.levels import fill_level
from .._core.opencv import load_cv2
from .._core.planes import level
from ..smooth._common import by_channels
from ._bits import meets
from ._extremes import extreme, left_to_opencv
from ._footprint import Shape, as_shape, reflected


class Task(NamedTuple):
    """The checked arguments of a function of a footprint."""

    image: np.ndarray
    shape: Shape
    border: str
    fill: np.generic
    """As a level of the image."""

    def on(self, image: np.ndarray, border: str | None = None) -> Task:
        """The same of another image of the dtype."""
        return self._replace(image=image, border=border or self.border)


def as_image_or_mask(image: Any, name: str = "image") -> np.ndarray:
    """Check an image, or a mask: an array of bool of the same shapes."""
    if isinstance(image, np.ndarray) and image.dtype == bool:
        as_image(image.view(np.uint8), name)  # of its shape
        return image
    return as_image(image, name)


def task(image: Any, footprint: Any, radius: Any, border: Any, fill: Any) -> Task:
    """Check the arguments of a function of a footprint."""
    image = as_image_or_mask(image)
    shape = as_shape(footprint, radius_within(radius, image))
    if type(fill) is float and fill == 0:  # what most calls have
        return Task(image, shape, border_name(border), image.dtype.type(0))
    number = fill_level(fill, None if image.dtype == bool else image)
    filled = np.bool_(number >= 0.5) if image.dtype == bool else level(number, image.dtype)
    return Task(image, shape, border_name(border), filled)


def eroded(given: Task) -> np.ndarray:
    """The least level in each footprint."""
    return _changed(given, largest=False)


def dilated(given: Task) -> np.ndarray:
    """The largest level in each footprint."""
    return _changed(given, largest=True)


def _changed(given: Task, largest: bool) -> np.ndarray:
    image, shape, border, fill = given
    if not image.size or (shape.tall == 1 and shape.wide == 1):
        return image.copy(order="C")
    if image.dtype == bool:
        return meets(image, shape, not largest, border, bool(fill))
    result = extreme(image, shape, largest, border, fill)
    if has_nan(image):
        # Which pixels see a NaN: a dilation looks at the reflected footprint itself.
        seen = meets(np.isnan(image), shape if largest else reflected(shape), False, border, False)
        result[seen] = np.nan
    return result


def has_nan(image: np.ndarray) -> bool:
    """Whether an image that is not empty has a NaN."""
    if image.dtype.kind != "f":
        return False
    with np.errstate(invalid="ignore"):
        return bool(np.isnan(image.min()))


def by_opencv(given: Task, operation: str) -> np.ndarray | None:
    """A whole operation by OpenCV, where its single steps would be left to it; None elsewhere."""
    image, shape, border, _ = given
    if image.dtype == bool or not left_to_opencv(shape, border, image.shape[0] * image.shape[1]):
        return None
    if border == "replicate" and operation != "MORPH_GRADIENT":  # see `both`
        return None
    if not image.size or has_nan(image):
        return None
    cv2 = load_cv2()
    number = getattr(cv2, operation)
    return by_channels(lambda part: cv2.morphologyEx(part, number, shape.element), image, 4)


def both(given: Task, largest_first: bool) -> np.ndarray:
    """An erosion and then a dilation, or the other way round, of the image as it is extended by its border once.

    So a closing is nowhere below the image, and an opening nowhere above it, whatever the border is.
    """
    found = by_opencv(given, "MORPH_CLOSE" if largest_first else "MORPH_OPEN")
    if found is not None:
        return found
    first, second = (dilated, eroded) if largest_first else (eroded, dilated)
    image, shape, border, fill = given
    mirrors = border in ("reflect", "reflect_101") and shape.even
    if not image.size or border == "wrap" or mirrors:
        return second(given.on(first(given)))
    down, across, (h, w) = shape.tall - 1, shape.wide - 1, image.shape[:2]
    frame_within(down, across, image, "its border")
    wide = np.empty((h + 2 * down, w + 2 * across, *image.shape[2:]), image.dtype)
    source, target = (a.view(np.uint8) if a.dtype == bool else a for a in (image, wide))
    framed(
        source,
        (down, down, across, across),
        border,
        [np.asarray(fill).astype(source.dtype).item()] * channels_of(image),
        target,
    )
    result = second(given.on(first(given.on(wide, "replicate")), "replicate"))
    return np.ascontiguousarray(result[down : down + h, across : across + w])
