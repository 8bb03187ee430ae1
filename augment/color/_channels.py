"""Transforms that mix, drop and shift channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of, real
from imgproc._core.declare import Single, declare
from imgproc._core.levels import fill_level
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import LUMA_WEIGHTS
from imgproc._scanline import Stage, Whole, pixel

from .._chain.drawn import Rule, ascending, different, number, order, several
from .._chain.keys import Draws
from .._chain.transform import GREY_OR_RGB, RGB, Frame, Kind, Params, Transform
from .._ranges import integer_range, number_range, number_tuple
from ._common import normal

__all__ = ["ChannelDropout", "ChannelShuffle", "PCAJitter", "PlanckianJitter", "ToGray", "ToSepia"]

_FIRST = ((1.0, 0.0, 0.0, 0.0),)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToGray(Transform):
    """Turn an RGB image grey.

    As in albumentations (methods weighted_average, max, desaturation; average is ``weights=(1/3, 1/3, 1/3)``) and
    torchvision's RandomGrayscale.  Grey images stay as they are.  Changes images only.

    Parameters
    ----------
    method : {"weighted", "max", "lightness"}
        The grey level: a weighted sum of R, G and B; the largest of them (value of HSV); or the mean of the largest and
        the smallest (lightness of HSL).
    weights : (float, float, float)
        Of R, G and B for ``"weighted"``.  Default: luma of Rec. 601.
    channels : {3, 1}
        Channels of the result: three alike, or one.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    Examples
    --------
    >>> chain = Compose([ToGray(p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[124, 124, 124]]], dtype=uint8)
    """

    method: str = "weighted"
    weights: tuple[float, float, float] = LUMA_WEIGHTS
    channels: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.method, "method", ("weighted", "max", "lightness"))
        self._keep("weights", number_tuple(self.weights, "weights", 3))
        if integer(self.channels, "channels") not in (1, 3):
            raise ValueError(f"channels must be 1 or 3, got {self.channels}")
        self._stages: tuple[Stage, ...]
        self._keep("_stages", tuple(self._prepared()))

    def _prepared(self) -> list[Stage]:
        if self.method == "weighted":
            return [pixel.matrix(((*self.weights, 0.0),) * self.channels)]
        largest = pixel.hsv(saturation_scale=0.0)
        stages: list[Stage] = [largest if self.method == "max" else Whole(_lightness, label="lightness")]
        return stages if self.channels == 3 else [*stages, pixel.matrix(_FIRST)]

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """The largest of three is that of HSV."""
        return self.method == "max"

    def leads_to(self, kind: Kind) -> Kind:
        """Maybe one channel."""
        return kind._replace(channels=min(kind.channels, self.channels))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """A matrix of three rows or one, after what is not linear."""
        self.need_channels(frame.channels)
        return [] if frame.channels == 1 else list(self._stages)


declare(
    ToGray,
    examples=[{}, {"channels": 1}, {"method": "lightness"}, {"method": "max"}],
    look="Luma in all three channels.",
    peers=[Single("ToGray")],
)


def _lightness(image: np.ndarray) -> np.ndarray:
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    high, low = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    if image.dtype.kind == "u":
        total = high.astype(np.uint32) + low
        grey = (total + (total >> 1 & 1)) >> 1  # half to even
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            grey = np.where(high == low, low, low + (high - low) / 2)  # infinity minus itself is no number
    return np.repeat(grey.astype(image.dtype)[..., np.newaxis], 3, axis=2)


_SEPIA = ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534, 0.131))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToSepia(Transform):
    """Tone an image like an old photograph.

    As in albumentations: R, G and B become the rows of ((0.393, 0.769, 0.189), (0.349, 0.686, 0.168), (0.272, 0.534,
    0.131)) times (R, G, B).  Grey images stay as they are.  Changes images only.

    Parameters
    ----------
    strength : (float, float)
        Range of the share of the toned image, in [0, 1]; the rest is the image as it was.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    Examples
    --------
    >>> chain = Compose([ToSepia(p=1)])
    >>> chain(image=np.array([[[200, 100, 50]]], np.uint8), key=1)["image"]
    array([[[165, 147, 114]]], dtype=uint8)
    """

    strength: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("strength", number_range(self.strength, "strength", at_least=0, at_most=1))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The share."""
        return {"strength": rng.uniform(*self.strength)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One matrix."""
        if frame.channels != 3:
            self.need_channels(frame.channels)
            return []
        s = params["strength"]
        t = 1.0 - s
        (a, b, c), (d, e, f), (g, h, i) = _SEPIA
        red, green, blue = (
            (s * a + t, s * b, s * c, 0.0),
            (s * d, s * e + t, s * f, 0.0),
            (s * g, s * h, s * i + t, 0.0),
        )
        return [pixel.matrix((red, green, blue))]


def _exact_sepia(image: np.ndarray) -> np.ndarray:
    """All of the tone on 8-bit RGB, in float64 and not rounded."""
    return np.minimum(image @ np.array(_SEPIA).T, 255)


declare(
    ToSepia,
    look="Brown as on an old photograph.",
    peers=[Single("ToSepia", reference=_exact_sepia)],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChannelShuffle(Transform):
    """Put the channels in random order.

    As in albumentations, torchvision's RandomChannelPermutation.  Changes images only; any number of channels.

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
    >>> chain = Compose([ChannelShuffle(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> sorted(made[0, 0].tolist()) == sorted(image[0, 0].tolist())
    True
    """

    def draws_for_channels(self) -> bool:
        """An order of all channels."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """An order."""
        return {"order": rng.permutation(frame.channels)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"order": order(frame.channels)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation, or nothing if the order is the old one."""
        order = params["order"]
        return [pixel.permute(tuple(order))] if order != list(range(len(order))) else []


declare(
    ChannelShuffle,
    look="Red may become green or blue; greys stay.",
    peers=[Single("ChannelShuffle")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChannelDropout(Transform):
    """Set some channels to a constant.

    As in albumentations.  Changes images only; images of more channels than may be dropped.

    Parameters
    ----------
    channels : (int, int)
        Range of the number of channels dropped, both ends included.
    fill : float
        Level of a dropped channel, as a fraction of full scale.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image has no more channels than may be dropped.

    Examples
    --------
    >>> chain = Compose([ChannelDropout(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> int((made.max(axis=(0, 1)) == 0).sum())  # one channel is black
    1
    """

    channels: tuple[int, int] = (1, 1)
    fill: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("channels", integer_range(self.channels, "channels", at_least=1))
        self._keep("fill", fill_level(self.fill))

    def draws_for_channels(self) -> bool:
        """Some of all channels."""
        return True

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; some channels must be left."""
        super().check(kind, name)
        most = self.channels[1]
        if most >= kind.channels:
            raise ValueError(
                f"{name} must have more than {most} channel{'s' * (most > 1)} for "
                f"ChannelDropout(channels={self.channels}), got {kind.channels}"
            )

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Which channels go."""
        self.check(Kind(frame.channels, frame.dtype))
        return {"dropped": sorted(rng.permutation(frame.channels)[: rng.integer(*self.channels)])}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"dropped": ascending(different(frame.channels, *self.channels))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One affine operation."""
        keep = [c not in params["dropped"] for c in range(frame.channels)]
        return [pixel.affine(tuple(float(k) for k in keep), tuple(0.0 if k else self.fill for k in keep))]


declare(
    ChannelDropout,
    look="A channel is missing[[: without red little is left, without blue hardly anything is missing]].",
    peers=[Single("ChannelDropout")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PCAJitter(Transform):
    """Shift the colour along the principal components of natural images' colours (AlexNet's augmentation).

    albumentations' FancyPCA, which takes the components of each image anew; here as in [1]_ they are those of a
    training set: ``(R, G, B) += sum_i a_i * eigenvalue_i * eigenvector_i`` with a_i normal about 0.  Changes images
    only; RGB images.

    Parameters
    ----------
    sigma : float
        Standard deviation of each a_i.
    eigenvalues : (float, float, float)
        Of the colours on the scale [0, 1].  Default: ImageNet's, as published with the models of Torch7.
    eigenvectors : three times (float, float, float)
        The i-th (r, g, b) belongs to the i-th eigenvalue.  Default: ImageNet's.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    References
    ----------
    .. [1] A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks",
       NIPS 2012, section 4.1.

    Examples
    --------
    >>> chain = Compose([PCAJitter(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    sigma: float = 0.1
    eigenvalues: tuple[float, float, float] = (0.2175, 0.0188, 0.0045)
    eigenvectors: tuple[tuple[float, float, float], ...] = (
        (-0.5675, -0.5808, -0.5836),
        (0.7192, -0.0045, -0.6948),
        (0.4009, -0.8140, 0.4203),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", real(self.sigma, "sigma", at_least=0, at_most=1e6))
        self._keep("eigenvalues", number_tuple(self.eigenvalues, "eigenvalues", 3))
        vectors: Any = self.eigenvectors
        if not isinstance(vectors, (tuple, list)) or len(vectors) != 3:
            raise TypeError(f"eigenvectors must be three times (r, g, b), got {vectors!r}")
        vectors = tuple(number_tuple(v, f"eigenvectors[{i}]", 3) for i, v in enumerate(vectors))
        self._keep("eigenvectors", vectors)

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The three a_i."""
        return {"alpha": [self.sigma * normal(rng) for _ in range(3)]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        farthest = 10.0 * self.sigma  # normal numbers of 32 bits end at 6.7
        return {"alpha": several(number(-farthest, farthest), 3)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One affine operation."""
        self.need_channels(frame.channels)
        (a, b, c), (x, y, z), (u, v, w) = params["alpha"], self.eigenvalues, self.eigenvectors
        a, b, c = a * x, b * y, c * z
        red, green, blue = (a * u[k] + b * v[k] + c * w[k] for k in range(3))
        return [pixel.affine(1.0, (red, green, blue))]


def _peer_by_cv2() -> Callable[[np.ndarray], Any]:
    """The same work by OpenCV: components of a training set, so that a call adds three numbers."""
    rng, jitter = np.random.default_rng(0), PCAJitter()
    vectors, values = np.array(jitter.eigenvectors), np.array(jitter.eigenvalues)

    def shifted(image: np.ndarray) -> np.ndarray:
        shift = 255 * (rng.normal(0, jitter.sigma, 3) * values) @ vectors
        return load_cv2().add(image, (*shift.tolist(), 0.0))

    return shifted


declare(
    PCAJitter,
    look="A tint along the colours that natural pictures vary in.",
    peers=[
        Single("FancyPCA", note="finds the principal components of each image anew; ours are those of a training set"),
        Single(_peer_by_cv2, variant="the same work", by="cv2.add", note="draws its three numbers by NumPy"),
    ],
)


_ILLUMINANTS = {
    # R, G, B of the illuminant at 3000 K (blackbody), 4000 K (cied) and every 500 K further, up to 15000 K.
    "blackbody": (
        (0.6743, 0.4029, 0.0013),
        (0.6281, 0.4241, 0.1665),
        (0.5919, 0.4372, 0.2513),
        (0.5623, 0.4457, 0.3154),
        (0.5376, 0.4515, 0.3672),
        (0.5163, 0.4555, 0.4103),
        (0.4979, 0.4584, 0.4468),
        (0.4816, 0.4604, 0.4782),
        (0.4672, 0.4619, 0.5053),
        (0.4542, 0.4630, 0.5289),
        (0.4426, 0.4638, 0.5497),
        (0.4320, 0.4644, 0.5681),
        (0.4223, 0.4648, 0.5844),
        (0.4135, 0.4651, 0.5990),
        (0.4054, 0.4653, 0.6121),
        (0.3980, 0.4654, 0.6239),
        (0.3911, 0.4655, 0.6346),
        (0.3847, 0.4656, 0.6444),
        (0.3787, 0.4656, 0.6532),
        (0.3732, 0.4656, 0.6613),
        (0.3680, 0.4655, 0.6688),
        (0.3632, 0.4655, 0.6756),
        (0.3586, 0.4655, 0.6820),
        (0.3544, 0.4654, 0.6878),
        (0.3503, 0.4653, 0.6933),
    ),
    "cied": (
        (0.5829, 0.4421, 0.2288),
        (0.5510, 0.4514, 0.2948),
        (0.5246, 0.4576, 0.3488),
        (0.5021, 0.4618, 0.3941),
        (0.4826, 0.4646, 0.4325),
        (0.4654, 0.4667, 0.4654),
        (0.4502, 0.4681, 0.4938),
        (0.4364, 0.4692, 0.5186),
        (0.4240, 0.4700, 0.5403),
        (0.4127, 0.4705, 0.5594),
        (0.4023, 0.4709, 0.5763),
        (0.3928, 0.4713, 0.5914),
        (0.3839, 0.4715, 0.6049),
        (0.3757, 0.4716, 0.6171),
        (0.3681, 0.4717, 0.6281),
        (0.3609, 0.4718, 0.6380),
        (0.3543, 0.4719, 0.6472),
        (0.3480, 0.4719, 0.6555),
        (0.3421, 0.4719, 0.6631),
        (0.3365, 0.4719, 0.6702),
        (0.3313, 0.4719, 0.6766),
        (0.3263, 0.4719, 0.6826),
        (0.3217, 0.4719, 0.6882),
    ),
}
_COLDEST, _STEP = {"blackbody": 3000.0, "cied": 4000.0}, 500.0
_HOTTEST = 15000.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanckianJitter(Transform):
    """Change the colour of the light, along the colours that light really has.

    As in albumentations and Kornia: R and B are multiplied by the illuminant's R/G and B/G.  Low temperatures are
    reddish, high ones bluish, 6500 K is about neutral.  Temperatures are drawn evenly in 1/T, which is about even as
    seen; the peers draw T itself.  Changes images only; RGB images.

    Parameters
    ----------
    temperature : (float, float)
        Range of the temperature of the light in kelvin, from 3000 (``"cied"``: 4000) to 15000.
    mode : {"blackbody", "cied"}
        Light of a black body, or daylight of the CIE D series.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    References
    ----------
    .. [1] S. Zini, A. Gomez-Villa, M. Buzzelli, B. Twardowski, A. D. Bagdanov, J. van de Weijer, "Planckian jitter:
       countering the color-crippling effects of color jitter on self-supervised training", ICLR 2023; the illuminants
       are its tables, linear in between.

    Examples
    --------
    >>> chain = Compose([PlanckianJitter(temperature=(3000, 3000), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made[..., 0].mean() > made[..., 2].mean())  # warm light
    True
    """

    temperature: tuple[float, float] = (4000.0, 15000.0)
    mode: str = "blackbody"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.mode, "mode", tuple(_ILLUMINANTS))
        coldest = _COLDEST[self.mode]
        self._keep("temperature", number_range(self.temperature, "temperature", at_least=coldest, at_most=_HOTTEST))

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """A temperature."""
        low, high = self.temperature
        return {"temperature": 1.0 / rng.uniform(1.0 / low, 1.0 / high)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One affine operation."""
        self.need_channels(frame.channels)
        table = _ILLUMINANTS[self.mode]
        place = (params["temperature"] - _COLDEST[self.mode]) / _STEP
        i = min(int(place), len(table) - 2)
        (r, g, b), (x, y, z) = table[i], table[i + 1]
        t = place - i
        r, g, b = r + t * (x - r), g + t * (y - g), b + t * (z - b)
        return [pixel.affine((r / g, 1.0, b / g))]


declare(
    PlanckianJitter,
    examples=[{}, {"mode": "cied"}],
    look="From candle light to blue sky[[: the white of the cup shows it best]].",
    peers=[Single("PlanckianJitter")],
)
