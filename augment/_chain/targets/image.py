"""The image of a sample, and further images of its size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from imgproc._core.alpha import has_alpha
from imgproc._core.check import DTYPES, as_image
from imgproc._core.formats import stored_as
from imgproc._core.unit_range import must_be_unit
from imgproc._scanline import Geometry, Stage, run, usable

from ..signed import SIGNED, refuse_signed
from .alpha import through_alpha
from .base import Opened, Passage, Rules, Target


def open_image(value: Any, name: str) -> np.ndarray:
    """An image as chains compute with it: as it came, but for float16, which becomes float32.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    if type(value) is np.ndarray and value.dtype not in DTYPES:
        dtype = value.dtype.newbyteorder("=")
        if dtype == np.float16 or dtype.name in SIGNED:
            as_image(np.broadcast_to(np.uint8(0), value.shape), name)  # the shape
            return value.astype(np.float32 if dtype.kind == "f" else dtype, copy=False)
    return as_image(value, name)


def through_image(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image after stages, in the dtype and the layout of the rules."""
    if image.dtype.kind == "i":
        return _through_integers(image, stages, rules, out)
    if not rules.fuse:
        for stage in stages[:-1]:
            image = run(image, [stage])
        stages = stages[-1:]
    return run(image, stages, dtype=rules.dtype, layout=rules.layout, out=out)


def _through_integers(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image of integers with a sign after geometric stages, by way of float64: rounded half to even, saturated.

    Fills are fractions of the largest level."""
    info = np.iinfo(image.dtype)

    def filled(stage: Geometry) -> Stage:
        fill = stage.fill if isinstance(stage.fill, tuple) else (stage.fill,)
        return stage._replace(fill=tuple([float(round(min(max(v * info.max, info.min), info.max))) for v in fill]))

    queue = [filled(stage) for stage in stages if type(stage) is Geometry]
    parts = [queue] if rules.fuse or not queue else [[stage] for stage in queue]
    for part in parts:
        image = stored_as(run(image.astype(np.float64), part), image.dtype)
    if rules.layout == "first" and image.ndim == 3:
        image = np.ascontiguousarray(np.moveaxis(image, -1, 0))
    if out is None:
        return image
    usable(out, image.shape, image.dtype)
    out[...] = image
    return out


class Plane(Target):
    """Base of targets with a value for each pixel: images, and masks of labels."""

    __slots__ = ()

    plane = True
    labels: ClassVar[bool] = False
    """Whether values are labels, which cannot be blended."""

    def check_alike(self, sample: Opened, partner: Opened, who: str) -> None:
        """What is mixed with it must have the same dtype and channels."""
        value, other = sample.opened[self.name], partner.opened[self.name]
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

    check: Callable[[Any, str], np.ndarray] = staticmethod(open_image)
    """What says whether it is one."""

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """An image of at least one pixel."""
        image = self.check(value, self.name)
        if has_alpha(sample.rules.alpha, image, self.name):
            refuse_signed(image.dtype, self.name, "where the chain has alpha=True")
            if image.shape[2] == 3:  # what a loader gives that has dropped alpha
                raise ValueError(
                    f"{self.name} must have alpha behind its colours for alpha=True, as RGBA has, got 3 channels: "
                    "append one, which is opaque where it is full scale"
                )
        if image.shape[0] == 0 or image.shape[1] == 0:
            raise ValueError(f"{self.name} must have at least one pixel, got shape {image.shape}")
        if sample.rules.unit:
            must_be_unit(image, self.name, who=sample.rules.unit)
        return image

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """In the caller's buffer, if there is one."""
        through = through_alpha if passage.rules.alpha else through_image
        return through(value, passage.stages, passage.rules, passage.out)


class MixedImage(Image):
    """The same in a batch that is mixed outside of a chain: of the dtypes that all functions take."""

    __slots__ = ()

    check = staticmethod(as_image)


class FurtherImage(Plane):
    """Another image.  By the same draws it becomes what it would become in a chain of its own."""

    __slots__ = ()

    by_geometry = False

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """An image of the size of the first."""
        image = open_image(value, self.name)
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

    def close(self, value: np.ndarray, like: Any, passage: Passage) -> np.ndarray:
        """float16 if it came so, and the chain wants nothing else."""
        half = like.dtype.char == "e" and passage.rules.dtype is None
        return stored_as(value, np.dtype(np.float16)) if half else value
