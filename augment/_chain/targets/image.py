"""The image of a sample, and further images of its size."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from imgproc._core.alpha import has_alpha
from imgproc._core.check import as_image
from imgproc._core.unit_range import must_be_unit
from imgproc._scanline import Stage, run

from .alpha import through_alpha
from .base import Opened, Passage, Rules, Target


def through_image(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image after stages, in the dtype and the layout of the rules."""
    if not rules.fuse:
        for stage in stages[:-1]:
            image = run(image, [stage])
        stages = stages[-1:]
    return run(image, stages, dtype=rules.dtype, layout=rules.layout, out=out)


class Plane(Target):
    """Base of targets with a value for each pixel: images, and masks of labels."""

    __slots__ = ()

    plane = True
    labels: ClassVar[bool] = False
    """Whether values are labels, which cannot be blended."""

    def check_alike(self, value: np.ndarray, other: np.ndarray, who: str) -> None:
        """What is mixed with it must have the same dtype and channels."""
        if other.dtype != value.dtype:
            raise TypeError(
                f"{self.name} of a {who} must have the dtype of the sample's, {value.dtype}, got {other.dtype}"
            )
        if other.shape[2:] != value.shape[2:]:
            raise ValueError(
                f"{self.name} of a {who} must have the channels of the sample's, {value.shape}, got {other.shape}"
            )


class Image(Plane):
    """The image that says how large the sample is."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """An image of at least one pixel."""
        image = as_image(value, self.name)
        has_alpha(sample.rules.alpha, image, self.name)
        if image.shape[0] == 0 or image.shape[1] == 0:
            raise ValueError(f"{self.name} must have at least one pixel, got shape {image.shape}")
        if sample.rules.unit:
            must_be_unit(image, self.name, who=sample.rules.unit)
        return image

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """In the caller's buffer, if there is one."""
        through = through_alpha if passage.rules.alpha else through_image
        return through(value, passage.stages, passage.rules, passage.out)


class FurtherImage(Plane):
    """Another image.  By the same draws it becomes what it would become in a chain of its own."""

    __slots__ = ()

    by_geometry = False

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """An image of the size of the first."""
        image = as_image(value, self.name)
        size = sample.height, sample.width
        if image.shape[:2] != size:
            raise ValueError(f"{self.name} must have the (h, w) of image, {size}, got {image.shape[:2]}")
        if sample.rules.unit:
            must_be_unit(image, self.name, who=sample.rules.unit)
        return image

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """By stages of its own where it has another dtype or other channels than the first; always a new array."""
        stages = passage.stages if passage.own is None else passage.own.get(self.name, passage.stages)
        return through_image(value, stages, passage.rules, None)
