"""Transforms of levels: what happens to a pixel depends on its own level alone, and all channels are alike."""

from __future__ import annotations

import dataclasses

import numpy as np

from imgproc._core.check import flag, one_of, real
from imgproc._core.declare import Single, declare
from imgproc._core.levels import LEVEL, SHIFT
from imgproc._scanline import Stage, pixel
from imgproc._scanline.operations.threshold import METHODS

from .._chain.drawn import Rule, number, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Spread, integer_range, number_range, pair_of
from ._common import normal

__all__ = ["BrightnessContrast", "Gamma", "Invert", "Posterize", "Solarize", "Threshold", "ToneCurve"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BrightnessContrast(Transform):
    """Change brightness and contrast: ``v * (1 + contrast) + brightness``.

    albumentations' RandomBrightnessContrast: one straight line through all levels, so contrast turns about black, not
    about the mean (`ColorJitter` does that) nor about mid-grey.  Changes images only; any number of channels.

    Parameters
    ----------
    brightness : float or (float, float)
        Range of what is added, as a fraction of full scale; one number v means (-v, v).
    contrast : float or (float, float)
        Range of what is added to the factor 1; at least -1; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([BrightnessContrast(brightness=(0.1, 0.1), contrast=0, p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[226, 126,  76]]], dtype=uint8)
    """

    brightness: Spread = (-0.2, 0.2)
    contrast: Spread = (-0.2, 0.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("brightness", number_range(self.brightness, "brightness", SHIFT, around=0))
        self._keep("contrast", number_range(self.contrast, "contrast", at_least=-1, around=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Factor and shift."""
        return {
            "brightness": rng.uniform(*pair_of(self.brightness)),
            "contrast": rng.uniform(*pair_of(self.contrast)),
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One affine operation."""
        return [pixel.affine(1.0 + params["contrast"], params["brightness"])]


declare(
    BrightnessContrast,
    look="One straight line through all levels; what it drives beyond white is white.",
    peers=[Single("RandomBrightnessContrast")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gamma(Transform):
    """Raise levels to a power: ``v ** gamma`` on the scale [0, 1].

    albumentations' RandomGamma (whose limits are percent), torchvision's adjust_gamma.  Above 1 darkens, below 1
    brightens; black and white stay.  Changes images only; any number of channels.  Levels of float images must be from
    0 to 1; other units are refused (see `imgproc.rescale`).

    Parameters
    ----------
    gamma : (float, float)
        Range of the exponent, above 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Gamma(gamma=(0.5, 0.5), p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[226, 160, 113]]], dtype=uint8)
    """

    gamma: tuple[float, float] = (0.8, 1.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("gamma", number_range(self.gamma, "gamma", above=0, around=1))

    def wants_unit(self) -> bool:
        """No power of what is negative."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The exponent."""
        return {"gamma": rng.uniform(*self.gamma)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One power, or nothing for the exponent 1."""
        return [] if params["gamma"] == 1.0 else [pixel.gamma(params["gamma"])]


declare(
    Gamma,
    look="Above 1 the middle tones darken, below 1 they lighten; black and white stay.",
    peers=[Single("RandomGamma")],
)


def _cubic_basis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t = np.linspace(0.0, 1.0, 257)
    return 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t * t * t


_SHADOWS, _HIGHLIGHTS, _WHITE = _cubic_basis()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToneCurve(Transform):
    """Bend the tone curve: raise or lower shadows and highlights, black and white stay.

    albumentations' RandomToneCurve: the curve is the cubic Bernstein polynomial
    ``3 (1 - v)^2 v * low + 3 (1 - v) v^2 * high + v^3`` of the level v in [0, 1].  There `low` and `high` are drawn
    around 1/4 and 3/4, so that even ``scale=0`` darkens shadows; here around 1/3 and 2/3, where the curve is the
    diagonal.  Changes images only; any number of channels.  Levels of float images must be from 0 to 1: a little beyond
    is cut off, and other units are refused (see `imgproc.rescale`).

    Parameters
    ----------
    scale : float
        Standard deviation of `low` and `high` about 1/3 and 2/3; both are kept in [0, 1].
    per_channel : bool
        Whether each channel gets a curve of its own, which shifts colours.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([ToneCurve(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    scale: float = 0.1
    per_channel: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", real(self.scale, "scale", at_least=0))
        flag(self.per_channel, "per_channel")

    def wants_unit(self) -> bool:
        """The curve has two ends."""
        return True

    def draws_for_channels(self) -> bool:
        """Each channel may have a curve of its own."""
        return self.per_channel

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Heights of the control points, one pair or one a channel."""
        count = frame.channels if self.per_channel else 1
        scale = self.scale
        return {
            "low": [min(max(1 / 3 + scale * normal(rng), 0.0), 1.0) for _ in range(count)],
            "high": [min(max(2 / 3 + scale * normal(rng), 0.0), 1.0) for _ in range(count)],
        }

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        curve = several(number(0, 1), frame.channels if self.per_channel else 1)
        return {"low": curve, "high": curve}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One curve."""
        curves = [_SHADOWS * a + _HIGHLIGHTS * b + _WHITE for a, b in zip(params["low"], params["high"])]
        return [pixel.curve(curves if len(curves) > 1 else curves[0])]


declare(
    ToneCurve,
    examples=[{}, {"per_channel": True}],
    look="Shadows and highlights go their own ways; black and white stay.",
    peers=[Single("RandomToneCurve")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Posterize(Transform):
    """Keep the highest bits of each level.

    As in albumentations, torchvision and ``PIL.ImageOps.posterize``.  Changes images only; any number of channels.
    Levels of float images must be from 0 to 1: a little beyond is cut off, and other units are refused (see
    `imgproc.rescale`).

    Parameters
    ----------
    bits : (int, int)
        Range of the number of bits kept, 1 to 8, both ends included.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Posterize(bits=(1, 1), p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[128,   0,   0]]], dtype=uint8)
    """

    bits: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("bits", integer_range(self.bits, "bits", at_least=1, at_most=8))

    def wants_unit(self) -> bool:
        """Bits count from full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """How many bits."""
        return {"bits": rng.integer(*self.bits)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.posterize(params["bits"])]


declare(
    Posterize,
    look="Steps where the light fell off softly[[: on the saucer and in the cup]].",
    peers=[Single("Posterize")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Solarize(Transform):
    """Invert the levels from a threshold on.

    As in albumentations, torchvision and ``PIL.ImageOps.solarize``.  Changes images only; any number of channels.
    Levels of float images must be from 0 to 1; other units are refused (see `imgproc.rescale`).

    Parameters
    ----------
    threshold : (float, float)
        Range of the lowest level that is inverted, as a fraction of full scale.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Solarize(p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[ 55, 100,  50]]], dtype=uint8)
    """

    threshold: tuple[float, float] = (0.5, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("threshold", number_range(self.threshold, "threshold", LEVEL))

    def wants_unit(self) -> bool:
        """It turns levels over about the middle of full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The threshold."""
        return {"threshold": rng.uniform(*self.threshold)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.solarize(params["threshold"])]


declare(
    Solarize,
    look="The light half of each channel is a negative[[: the white of the cup is black]], the dark stays.",
    peers=[Single("Solarize")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold(Transform):
    """Compare each level with a threshold: what lies above it becomes white, all else black.

    It leaves shapes and takes shading, as a scan or a fax does.  Each channel is compared by itself, so a colour image
    has eight colours afterwards; put `ToGray` before it for black and white.  See `imgproc.threshold`.  Changes images
    only; any number of channels.

    Parameters
    ----------
    level : (float, float)
        Range of the threshold, as a fraction of full scale, 0 to 1.  What equals the threshold counts as below.
    method : {"binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse"}
        What levels above the threshold and others become: white and black, black and white, the threshold and
        themselves, themselves and black, black and themselves.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Threshold(level=(0.3, 0.3), p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[255, 255,   0]]], dtype=uint8)
    """

    level: tuple[float, float] = (0.3, 0.7)
    method: str = "binary"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("level", number_range(self.level, "level", LEVEL, at_least=0, at_most=1))
        one_of(self.method, "method", METHODS)

    def wants_unit(self) -> bool:
        """White is full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The threshold."""
        return {"level": rng.uniform(*self.level)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.threshold(params["level"], self.method)]


declare(
    Threshold,
    examples=[{}, {"method": "binary_inverse"}, {"level": (0.2, 0.4), "method": "truncate"}, {"method": "to_zero"}],
    look="Each channel is full or empty[[: the wood is red, the rim of the cup white, its shadow black]].",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Invert(Transform):
    """The negative: ``1 - v`` of full scale.

    albumentations' InvertImg, torchvision's RandomInvert.  Changes images only; any number of channels.

    Parameters
    ----------
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Invert(p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[ 55, 155, 205]]], dtype=uint8)
    """

    def wants_unit(self) -> bool:
        """It turns levels over about the middle of full scale."""
        return True

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.invert()]


declare(
    Invert,
    look="The negative.",
    peers=[Single("InvertImg")],
)
