"""Rectangles that are erased, anywhere in the image."""

from __future__ import annotations

import dataclasses
import math

from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Stage
from imgproc._scanline.matrix import of, power_of

from .._chain.drawn import Rule, rectangle, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import integer_range, number_range
from ._common import MOST_HOLES, _Erasing

__all__ = ["CoarseDropout", "Erase"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Erase(_Erasing):
    """Erase a rectangle at random.

    Random erasing (Zhong, Zheng, Kang, Li, Yang, "Random Erasing Data Augmentation", AAAI 2020): torchvision's
    RandomErasing, whose `scale` is the area here, and albumentations' Erasing.  Where no rectangle of the area drawn
    has a ratio out of the range and fits the image, it gets the nearest ratio that fits.  Changes images and, with
    `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    area : (float, float)
        Range of the area as a fraction of the image's, above 0, at most 1.
    ratio : (float, float)
        Range of height over width, above 0; drawn evenly in its logarithm.
    fill : float, tuple of float, "mean" or "noise"
        A level for all channels or one each, as fractions of full scale; the mean of each channel of the image that
        arrives; or uniform noise.
    mask_fill : int, optional
        Label that masks get where the image is erased.  Default: masks stay.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.

    Examples
    --------
    >>> chain = Compose([Erase(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made == 0).all(axis=2).any())
    True
    """

    area: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("area", number_range(self.area, "area", above=0, at_most=1))
        self._keep("ratio", number_range(self.ratio, "ratio", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The rectangle."""
        height, width = frame.height, frame.width
        area = height * width * rng.uniform(*self.area)
        if area <= 0:
            return self._with_stream({"rectangle": [0, 0, 0, 0]}, rng)
        widest, tallest = area / (width * width), height * height / area
        low, high = self.ratio
        low, high = min(max(low, widest), tallest), max(min(high, tallest), widest)
        ratio = low * power_of(high / low, rng.unit())
        h = min(max(round(of(math.sqrt, area * ratio)), 1), height)
        w = min(max(round(of(math.sqrt, area / ratio)), 1), width)
        y, x = rng.integer(0, height - h), rng.integer(0, width - w)
        return self._with_stream({"rectangle": [y, x, y + h, x + w]}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The rectangle lies in the image."""
        return {"rectangle": rectangle(frame.height, frame.width)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One rectangle."""
        rectangle = tuple(params["rectangle"])
        return self._paint((rectangle,) if rectangle[2] > 0 else (), params, "erase")


declare(
    Erase,
    examples=[{}, {"fill": "mean", "mask_fill": 0}, {"fill": "noise", "area": (0.2, 0.3)}],
    look="One rectangle; the tint of the mask goes on over it.",
    peers=[Single("Erasing")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoarseDropout(_Erasing):
    """Erase rectangular holes.

    Cutout (DeVries, Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017);
    albumentations' CoarseDropout, with its defaults.  Changes images and, with `mask_fill`, masks; boxes and keypoints
    stay.  Any number of channels.

    Parameters
    ----------
    holes : (int, int)
        Range of the number of holes, 0 to 4096; each integer alike.  Holes may overlap.
    height, width : (float, float)
        Ranges of their sides as fractions of the image's, above 0, at most 1.
    fill : float, tuple of float, "mean" or "noise"
        A level for all channels or one each, as fractions of full scale; the mean of each channel of the image that
        arrives; or uniform noise.
    mask_fill : int, optional
        Label that masks get where the image is erased.  Default: masks stay.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.

    Examples
    --------
    >>> chain = Compose([CoarseDropout(holes=(1, 1), fill=0, p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made == 0).all(axis=2).any())
    True
    """

    holes: tuple[int, int] = (1, 2)
    height: tuple[float, float] = (0.1, 0.2)
    width: tuple[float, float] = (0.1, 0.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("holes", integer_range(self.holes, "holes", at_least=0, at_most=MOST_HOLES))
        self._keep("height", number_range(self.height, "height", SIDE, above=0, at_most=1))
        self._keep("width", number_range(self.width, "width", SIDE, above=0, at_most=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The rectangles."""
        height, width, holes = frame.height, frame.width, []
        for _ in range(rng.integer(*self.holes) if height > 0 and width > 0 else 0):
            h = max(round(height * rng.uniform(*self.height)), 1)
            w = max(round(width * rng.uniform(*self.width)), 1)
            y, x = rng.integer(0, height - h), rng.integer(0, width - w)
            holes.append([y, x, y + h, x + w])
        return self._with_stream({"rectangles": holes}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The holes lie in the image."""
        return {"rectangles": several(rectangle(frame.height, frame.width), *self.holes)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        return self._paint(tuple(map(tuple, params["rectangles"])), params, "coarse dropout")


declare(
    CoarseDropout,
    examples=[{}, {"holes": (4, 8), "fill": (0.5, 0.25, 0.75), "mask_fill": 7}],
    look="One or two rectangles, each a tenth to a fifth of the sides.",
    peers=[Single("CoarseDropout")],
)
