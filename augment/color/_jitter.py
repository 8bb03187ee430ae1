"""Random changes of brightness, contrast, saturation and hue."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.levels import SHIFT, TURN
from imgproc._core.planes import LUMA_WEIGHTS
from imgproc._core.sums import mean_luma
from imgproc._scanline import Deferred, Op, Stage, pixel

from .._chain.drawn import Rule, order
from .._chain.keys import Draws
from .._chain.transform import GREY_OR_RGB, RGB, Frame, Params, Transform
from .._ranges import Spread, number_range, pair_of

__all__ = ["ColorJitter", "HueSaturationValue", "RGBShift"]

_ORDERS = [list(order) for order in itertools.permutations(range(4))]


def saturation(factor: float) -> Op:
    """Blend with the grey image: 0 is grey, 1 changes nothing, 2 doubles the distance from grey."""
    rest = 1.0 - factor
    r, g, b = rest * LUMA_WEIGHTS[0], rest * LUMA_WEIGHTS[1], rest * LUMA_WEIGHTS[2]
    return pixel.matrix(((r + factor, g, b, 0.0), (r, g + factor, b, 0.0), (r, g, b + factor, 0.0)))


def contrast_about_mean(factor: float) -> Deferred:
    """Blend with the mean luma of the image that arrives: 0 is flat, 1 changes nothing."""
    return Deferred(functools.partial(_contrast_stages, factor), "contrast about the mean", pixel.contrast(factor))


_NAMES = "brightness", "contrast", "saturation", "hue"
_NOTHING = 1.0, 1.0, 1.0, 0.0
_MAKE = pixel.affine, contrast_about_mean, saturation, pixel.hsv
"""The four parts of `ColorJitter`."""


def _contrast_stages(factor: float, image: np.ndarray) -> list[Stage]:
    return [pixel.affine(factor, (1.0 - factor) * mean_luma(image))]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColorJitter(Transform):
    """Change brightness, contrast, saturation and hue, in random order.

    torchvision's ColorJitter (and albumentations'), with its meaning of the factors: brightness multiplies, contrast
    blends with the mean luma of the image as it is at that moment, saturation blends with the grey image, hue is
    shifted around the circle.  Grey images have no saturation and no hue to change.  The mean ends a pass: with
    ``contrast=(1, 1)`` the whole jitter is one.  Changes images only.

    Parameters
    ----------
    brightness, contrast, saturation : (float, float)
        Ranges of factors, at least 0; 1 changes nothing.
    hue : float or (float, float)
        Range of the shift, in turns; 1 is once around; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    Examples
    --------
    >>> chain = Compose([ColorJitter(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    brightness: tuple[float, float] = (0.8, 1.2)
    contrast: tuple[float, float] = (0.8, 1.2)
    saturation: tuple[float, float] = (0.8, 1.2)
    hue: Spread = (-0.1, 0.1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("brightness", "contrast", "saturation"):
            self._keep(name, number_range(getattr(self, name), name, at_least=0, around=1))
        self._keep("hue", number_range(self.hue, "hue", TURN, at_least=-1, at_most=1, around=0))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Hue is an angle about grey."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Three factors, a shift, and the order of the four: 0 brightness, 1 contrast, 2 saturation, 3 hue."""
        return {
            "brightness": rng.uniform(*self.brightness),
            "contrast": rng.uniform(*self.contrast),
            "saturation": rng.uniform(*self.saturation),
            "hue": rng.uniform(*pair_of(self.hue)),
            "order": _ORDERS[rng.integer(0, 23)],
        }

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"order": order(4)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Up to four operations; those that change nothing are left out."""
        grey = frame.channels != 3
        if grey:
            self.need_channels(frame.channels)
        stages: list[Stage] = []
        for which in params["order"]:
            value = params[_NAMES[which]]
            if not (value == _NOTHING[which] or (grey and which >= 2)):
                stages.append(_MAKE[which](value))
        return stages


declare(
    ColorJitter,
    examples=[{}, {"brightness": (0.5, 1.5), "contrast": (0.5, 1.5), "saturation": (0.0, 2.0), "hue": (-0.5, 0.5)}],
    look="Brightness, contrast about the mean, saturation and hue, each by a little, in random order.",
    peers=[
        Single("ColorJitter", {"hue": (-0.1, 0.1)}, at_least=2, defaults="hue turns by up to 0.1, theirs by 0.5"),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HueSaturationValue(Transform):
    """Shift hue, saturation and value of the HSV hexcone.

    As in albumentations, whose limits are in OpenCV's 8-bit units: 20 of hue are 20/180 turns, 30 of saturation 30/255,
    20 of value 20/255.  Here nothing is rounded to those units.  Of a grey image only the value is shifted.  Changes
    images only.

    Parameters
    ----------
    hue : float or (float, float)
        Range of the shift of hue, in turns; one number v means (-v, v).
    saturation : float or (float, float)
        Range of what is added to the saturation, a number in [0, 1]; one number v means (-v, v).  Greys stay grey.
    value : float or (float, float)
        Range of what is added to the value, max(R, G, B), as a fraction of full scale; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    Examples
    --------
    >>> chain = Compose([HueSaturationValue(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    hue: Spread = (-0.11, 0.11)
    saturation: Spread = (-0.12, 0.12)
    value: Spread = (-0.08, 0.08)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("hue", number_range(self.hue, "hue", TURN, at_least=-1, at_most=1, around=0))
        for name in ("saturation", "value"):
            self._keep(name, number_range(getattr(self, name), name, SHIFT, at_least=-1, at_most=1, around=0))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Hue is an angle about grey."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Three shifts."""
        return {
            "hue": rng.uniform(*pair_of(self.hue)),
            "saturation": rng.uniform(*pair_of(self.saturation)),
            "value": rng.uniform(*pair_of(self.value)),
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        hue, saturation, value = params["hue"], params["saturation"], params["value"]
        if frame.channels != 3:
            self.need_channels(frame.channels)
            return [] if value == 0.0 else [pixel.affine(1.0, value)]
        if hue == saturation == value == 0.0:
            return []
        return [pixel.hsv(hue=hue, saturation_shift=saturation, value_shift=value)]


declare(
    HueSaturationValue,
    look="A slight shift of the red, more or less colour, lighter or darker; grey stays grey.",
    peers=[
        Single(
            "HueSaturationValue",
            {"hue": (-20 / 180, 20 / 180), "saturation": (-30 / 255, 30 / 255), "value": (-20 / 255, 20 / 255)},
            {},
            at_least=2,
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RGBShift(Transform):
    """Add a random level to each of R, G and B.

    As in albumentations, whose limits are in levels of 255.  Changes images only; RGB images.

    Parameters
    ----------
    red, green, blue : float or (float, float)
        Ranges of what is added, as fractions of full scale; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    Examples
    --------
    >>> chain = Compose([RGBShift(red=(0.1, 0.1), green=0, blue=0, p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[226, 100,  50]]], dtype=uint8)
    """

    red: Spread = (-0.08, 0.08)
    green: Spread = (-0.08, 0.08)
    blue: Spread = (-0.08, 0.08)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("red", "green", "blue"):
            self._keep(name, number_range(getattr(self, name), name, SHIFT, around=0))

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Three shifts."""
        return {name: rng.uniform(*getattr(self, name)) for name in ("red", "green", "blue")}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One affine operation."""
        self.need_channels(frame.channels)
        return [pixel.affine(1.0, (params["red"], params["green"], params["blue"]))]


declare(
    RGBShift,
    look="A tint over everything[[, the white of the cup included]].",
    peers=[Single("RGBShift", {channel: (-20 / 255, 20 / 255) for channel in ("red", "green", "blue")}, {})],
)
