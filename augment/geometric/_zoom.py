"""The image at a random scale, and small in a larger frame: the result has another size."""

from __future__ import annotations

import dataclasses

from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._scanline import Stage

from .._chain.drawn import SHARE, Rule, row
from .._chain.keys import Draws, choice
from .._chain.transform import Frame, Params
from .._ranges import Range, Size, number_range, size_of, square_or
from ._common import Axes, _Framed, _Resized, axis_ranges, both_axes, both_within, cut_stage
from ._resize import resize_stage

__all__ = ["Scale", "ScaleJitter", "ZoomOut"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scale(_Resized):
    """Resize by a random factor, so that the result has another size.

    albumentations' RandomScale, whose ``scale_limit=0.1`` is ``scale=(0.9, 1.1)``.  `Affine` scales within the frame of
    the image.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    scale : (float, float), or two of them for x and y
        Range of the factor, above 0; above 1 enlarges.  Sides are rounded to whole pixels, at least to 1.
    keep_ratio : bool
        With one range for `scale`: whether both axes get the same factor.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        ``area`` averages along axes that shrink and is ``bilinear`` along those that grow.
    antialias : bool
        Widen the filters of ``bilinear`` and ``bicubic`` where the image shrinks, as Pillow and torchvision do, see
        `imgproc.resize`; ``lanczos`` always does.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Scale(scale=(0.5, 0.5), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (48, 64, 3)
    """

    scale: Range | tuple[Range, Range] = (0.9, 1.1)
    keep_ratio: bool = True
    p: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", axis_ranges(self.scale, "scale", above=0))
        one = flag(self.keep_ratio, "keep_ratio") and not isinstance(self.scale[0], tuple)
        self._one_factor: bool
        self._keep("_one_factor", one)
        self._axes: Axes
        self._keep("_axes", both_axes(self.scale))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The factors of x and of y."""
        a, b, c, d = self._axes
        x, y = a + b * rng.unit(), c + d * rng.unit()
        return {"scale": (x, x if self._one_factor else y)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """As drawn."""
        return {"scale": both_within(self._axes)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        x, y = params["scale"]
        return [resize_stage(h, w, (max(round(h * y), 1), max(round(w * x), 1)), self.interpolation, self.antialias)]


declare(
    Scale,
    examples=[{}, {"scale": ((0.5, 0.7), (1.2, 1.5)), "interpolation": "bicubic"}, {"keep_ratio": False}],
    look="Of another size for each key; frames and dots sit where they sat.",
    shown={"scale": (0.5, 1.2)},
    peers=[Single("RandomScale", {"interpolation": "bilinear"}, {})],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScaleJitter(_Resized):
    """Resize to a random multiple of a size, the ratio of the sides kept.

    The image is resized so that it fits into `size`, times a random factor.  Before a `Crop` of `size` with
    ``pad=True`` this is large scale jittering (Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method
    for Instance Segmentation", CVPR 2021).  torchvision's ScaleJitter, with its defaults.  Changes images, masks, boxes
    and keypoints.

    Parameters
    ----------
    size : (int, int)
        (h, w) into which the image fits at the factor 1.
    scale : (float, float)
        Range of the factor, above 0.  Sides are rounded to whole pixels, at least to 1.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        ``area`` averages along axes that shrink and is ``bilinear`` along those that grow.
    antialias : bool
        Widen the filters of ``bilinear`` and ``bicubic`` where the image shrinks, as Pillow and torchvision do, see
        `imgproc.resize`; ``lanczos`` always does.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> chain = augment.Compose([augment.ScaleJitter(size=(64, 64)), augment.Crop(size=(64, 64), pad=True)])
    >>> chain(image=np.zeros((60, 80, 3), np.uint8), key=0)["image"].shape
    (64, 64, 3)
    """

    size: Size
    scale: Range = (0.1, 2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", square_or(self.size))
        self._keep("scale", number_range(self.scale, "scale", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The factor."""
        return {"scale": rng.uniform(*self.scale)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        height, width = size_of(self.size)
        factor = min(height / h, width / w) * params["scale"]
        return [
            resize_stage(
                h, w, (max(round(h * factor), 1), max(round(w * factor), 1)), self.interpolation, self.antialias
            )
        ]


declare(
    ScaleJitter,
    examples=[{"size": (80, 80)}, {"size": (60, 120), "scale": (0.8, 1.25), "interpolation": "bilinear"}],
    look="From a tenth to twice of what would fit.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ZoomOut(_Framed):
    """Put the image anywhere into a larger frame, so that its things look smaller once all is resized.

    The expansion of SSD (Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016); torchvision's RandomZoomOut,
    with its defaults.  The image keeps its scale, and the result is larger: a `Resize` mostly follows.  Changes images,
    masks, boxes and keypoints.

    Parameters
    ----------
    scale : (float, float)
        Range of the factor by which both sides of the frame grow, at least 1.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([ZoomOut(scale=(2, 2), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (192, 256, 3)
    """

    scale: Range = (1.0, 4.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", number_range(self.scale, "scale", at_least=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The factor, and where the image lies: how much of the room is above it and on its left, from 0 to 1."""
        return {"scale": rng.uniform(*self.scale), "place": (rng.unit(), rng.unit())}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The image lies in the frame."""
        return {"place": row(SHARE, SHARE)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        h, w = frame.height, frame.width
        height, width = round(h * params["scale"]), round(w * params["scale"])
        down, across = params["place"]
        top, left = choice(height - h + 1, down), choice(width - w + 1, across)
        return [cut_stage((-top, -left, height - top, width - left), self.border, self.fill, self.mask_fill)]


declare(
    ZoomOut,
    examples=[{}, {"scale": (1.5, 2.0), "border": "reflect"}, {"scale": (1.0, 1.3), "fill": 0.5, "mask_fill": 7}],
    look="The whole picture somewhere in a larger black one; frames and dots move with it.",
    no_peer="albumentations 2.0.8 has none",
)
