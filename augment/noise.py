"""Noise by counter: each number is a function of a stream and of the place of a pixel, whatever the order of work."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, ClassVar

from imgproc._core import elementary
from imgproc._core.check import flag, one_of
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SHIFT, SPREAD
from imgproc._scanline import Stage, Whole, pixel
from imgproc._scanline.matrix import power_of
from imgproc.noise import KINDS, LARGEST_ORDER, UNIT_KINDS, add_noise

from ._chain.drawn import Rule, number
from ._chain.keys import Draws
from ._chain.transform import RGB, Frame, Params, Transform
from ._ranges import integer_range, number_range

__all__ = ["AddNoise", "GaussianNoise", "ISONoise", "PoissonNoise", "SaltAndPepper", "SpeckleNoise"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GaussianNoise(Transform):
    """Add normal noise.

    albumentations' GaussNoise and torchvision's GaussianNoise.  The default is moderate, 5 to 25 levels of 255;
    albumentations 2.0.8 draws `sigma` from (0.2, 0.44), torchvision takes 0.1.  Changes images only; any number of
    channels.

    Parameters
    ----------
    sigma : (float, float)
        Range of the standard deviation, as a fraction of full scale, at least 0.
    mean : (float, float)
        Range of the mean, as a fraction of full scale.
    per_channel : bool
        Whether each channel has noise of its own; else all channels of a pixel get the same, which keeps colours.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([GaussianNoise(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made != image).any())
    True
    """

    sigma: tuple[float, float] = (0.02, 0.1)
    mean: tuple[float, float] = (0.0, 0.0)
    per_channel: bool = True

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", SPREAD, at_least=0))
        self._keep("mean", number_range(self.mean, "mean", SHIFT))
        flag(self.per_channel, "per_channel")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation, mean and stream."""
        return {"sigma": rng.uniform(*self.sigma), "mean": rng.uniform(*self.mean), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        sigma, mean, stream = params["sigma"], params["mean"], params["stream"]
        return [pixel.gaussian_noise(sigma, stream, mean=mean, per_channel=self.per_channel)]


declare(
    GaussianNoise,
    examples=[{}, {"per_channel": False, "mean": (-0.05, 0.05)}],
    look="Grain of the same strength in light and shadow.",
    peers=[
        Single(
            "GaussNoise",
            None,
            {"std_range": (0.02, 0.1)},
            at_least=2,
            defaults="standard deviations of 0.02 to 0.1, theirs 0.2 to 0.44",
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PoissonNoise(Transform):
    """The noise of light: each level becomes a count of photons.

    albumentations' ShotNoise, whose scale is 1 / `peak` (its default, 3 to 10 photons in white, is much darker than a
    room) and which counts in linear light; here levels are counted as they are.  The noise of a level v is about
    ``sqrt(v / peak)``: 0.02 to 0.2 in white.  Changes images only; any number of channels.

    Parameters
    ----------
    peak : (float, float)
        Range of the photons that white stands for, above 0; drawn evenly in its logarithm.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([PoissonNoise(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made != image).any())
    True
    """

    peak: tuple[float, float] = (25.0, 2500.0)

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("peak", number_range(self.peak, "peak", above=0))

    def wants_unit(self) -> bool:
        """Photons are counted from black."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Photons and stream."""
        return {"peak": _evenly(rng, *self.peak), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.poisson_noise(params["peak"], params["stream"])]


declare(
    PoissonNoise,
    look="Grain that grows with the square root of the light: the dark stays clean.",
    peers=[
        Single(
            "ShotNoise",
            {"peak": (25, 2500)},
            {"scale_range": (1 / 2500, 1 / 25)},
            at_least=2,
            note="draws the inverse of the photons evenly, so that it mostly has few of them",
        ),
        Single("ShotNoise", {"peak": (10 / 3, 10)}, {"scale_range": (0.1, 0.3)}, variant="few photons", at_least=2),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SpeckleNoise(Transform):
    """Multiply each level by 1 plus normal noise.

    ``skimage.util.random_noise(mode="speckle")``; near albumentations' MultiplicativeNoise with ``elementwise=True``,
    whose factors are uniform.  Changes images only; any number of channels.

    Parameters
    ----------
    sigma : (float, float)
        Range of the standard deviation of the factor, at least 0.
    per_channel : bool
        Whether each channel has noise of its own; else all channels of a pixel get the same, which keeps hues.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([SpeckleNoise(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made != image).any())
    True
    """

    sigma: tuple[float, float] = (0.05, 0.2)
    per_channel: bool = True

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", SPREAD, at_least=0))
        flag(self.per_channel, "per_channel")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation and stream."""
        return {"sigma": rng.uniform(*self.sigma), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.speckle(params["sigma"], params["stream"], per_channel=self.per_channel)]


declare(
    SpeckleNoise,
    look="Grain in proportion to the level: none in black.",
    peers=[
        Single(
            "MultiplicativeNoise",
            {"sigma": (0.115, 0.115)},
            {"multiplier": (0.8, 1.2), "per_channel": True, "elementwise": True},
            note="factors are uniform, with the standard deviation of ours",
            defaults="theirs multiplies all of the image by one number, ours each level by its own",
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ISONoise(Transform):
    """The noise of a camera at high sensitivity: grain in the light, and hues that waver.

    As in albumentations, with its ranges.  There, the noise of the light is Poisson's, which only brightens: by 7
    levels of 255 on average at an intensity of 0.5, by 0.3 at 0.1.  Here it is normal: it brightens as often as it
    darkens, and grows with the root of the light, as photons do.  Changes images only; RGB images.

    Parameters
    ----------
    color : (float, float)
        Range of the strength of the wavering hues, at least 0.
    intensity : (float, float)
        Range of the strength of both, at least 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    Examples
    --------
    >>> chain = Compose([ISONoise(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made != image).any())
    True
    """

    color: tuple[float, float] = (0.01, 0.05)
    intensity: tuple[float, float] = (0.1, 0.5)

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("color", number_range(self.color, "color", at_least=0))
        self._keep("intensity", number_range(self.intensity, "intensity", at_least=0))

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def wants_unit(self) -> bool:
        """Hue is an angle about grey."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Two strengths and the stream."""
        color, intensity = rng.uniform(*self.color), rng.uniform(*self.intensity)
        return {"color": color, "intensity": intensity, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        self.need_channels(frame.channels)
        return [pixel.iso_noise(params["color"], params["intensity"], params["stream"])]


declare(
    ISONoise,
    look="Grain in the light together with hues that waver from pixel to pixel.",
    peers=[Single("ISONoise", at_least=2)],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaltAndPepper(Transform):
    """Turn single pixels white or black, in all channels.

    As in albumentations, with its ranges.  Changes images only; any number of channels.

    Parameters
    ----------
    amount : (float, float)
        Range of the share of the pixels that change, in [0, 1].
    salt : (float, float)
        Range of the share of white among them, in [0, 1].
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([SaltAndPepper(amount=(0.1, 0.1), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made == 255).mean() > (image == 255).mean())
    True
    """

    amount: tuple[float, float] = (0.01, 0.06)
    salt: tuple[float, float] = (0.4, 0.6)

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("amount", number_range(self.amount, "amount", at_least=0, at_most=1))
        self._keep("salt", number_range(self.salt, "salt", at_least=0, at_most=1))

    def wants_unit(self) -> bool:
        """White is full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Two shares and the stream."""
        amount, salt = rng.uniform(*self.amount), rng.uniform(*self.salt)
        return {"amount": amount, "salt": salt, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.salt_and_pepper(params["amount"], params["salt"], params["stream"])]


declare(
    SaltAndPepper,
    look="Single white and black pixels, in all channels at once.",
    peers=[Single("SaltAndPepper")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AddNoise(Transform):
    """Add noise of one of ten laws.

    Those of `imgproc.add_noise`, by the same numbers.  albumentations' AdditiveNoise has uniform, normal, Laplace's and
    beta laws; imgaug and ``skimage.util.random_noise`` have some of these.  `GaussianNoise`, `PoissonNoise`,
    `SpeckleNoise` and `SaltAndPepper` have the laws of the same names, and run in one pass with their neighbours in a
    chain, which this does not.  Changes images only; any number of channels.

    Parameters
    ----------
    kind : {"gaussian", "uniform", "rayleigh", "gamma", "exponential", "speckle", "poisson", "salt_and_pepper", \
"periodic", "quantization"}
        The law, see `imgproc.add_noise`.
    std : (float, float)
        Range of the standard deviation, as a fraction of full scale, at least 0 (of the factor for ``"speckle"``).
    mean : (float, float)
        Range of the mean of the noise, as a fraction of full scale.  Of the first five laws and ``"periodic"``.
    order : (int, int)
        Range of the shape of ``"gamma"``, from 1 to 64; each integer alike.
    peak : (float, float)
        Range of the photons that white stands for, above 0, for ``"poisson"``; drawn evenly in its logarithm.
    amount, salt : (float, float)
        Ranges of the share of the pixels that ``"salt_and_pepper"`` changes, and of white among them, in [0, 1].
    frequency : (float, float)
        Range of the cycles per pixel of ``"periodic"``, above 0; drawn evenly in its logarithm.
    angle : (float, float)
        Range of the direction in which its waves follow each other, in degrees, counter-clockwise from the x axis.
        Their phase is any.
    levels : (int, int)
        Range of how many levels ``"quantization"`` leaves, from 2 to 65536; each integer alike.
    per_channel : bool
        Whether each channel has noise of its own; else all channels of a pixel get the same.  Salt and pepper, waves
        and quantization are always alike in all channels, Poisson's counts never.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([AddNoise(kind="poisson", p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made != image).any())
    True
    """

    kind: str = "gaussian"
    std: tuple[float, float] = (0.02, 0.1)
    mean: tuple[float, float] = (0.0, 0.0)
    order: tuple[int, int] = (1, 4)
    peak: tuple[float, float] = (25.0, 2500.0)
    amount: tuple[float, float] = (0.01, 0.06)
    salt: tuple[float, float] = (0.4, 0.6)
    frequency: tuple[float, float] = (0.02, 0.25)
    angle: tuple[float, float] = (0.0, 180.0)
    levels: tuple[int, int] = (8, 32)
    per_channel: bool = True

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.kind, "kind", KINDS)
        self._keep("std", number_range(self.std, "std", SPREAD, at_least=0))
        self._keep("mean", number_range(self.mean, "mean", SHIFT))
        self._keep("angle", number_range(self.angle, "angle"))
        self._keep("order", integer_range(self.order, "order", at_least=1, at_most=LARGEST_ORDER))
        for name in ("peak", "frequency"):
            self._keep(name, number_range(getattr(self, name), name, above=0))
        for name in ("amount", "salt"):
            self._keep(name, number_range(getattr(self, name), name, at_least=0, at_most=1))
        self._keep("levels", integer_range(self.levels, "levels", at_least=2, at_most=65536))
        flag(self.per_channel, "per_channel")

    def wants_unit(self) -> bool:
        """Some laws speak of black and white."""
        return self.kind in UNIT_KINDS

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """What the law wants, and the stream that is its key."""
        kind = self.kind
        if kind == "quantization":
            return {"levels": rng.integer(*self.levels)}
        if kind == "poisson":
            return {"peak": _evenly(rng, *self.peak), "stream": rng.stream()}
        if kind == "salt_and_pepper":
            amount, salt = rng.uniform(*self.amount), rng.uniform(*self.salt)
            return {"amount": amount, "salt": salt, "stream": rng.stream()}
        found: Params = {"std": rng.uniform(*self.std)}
        if kind != "speckle":
            found["mean"] = rng.uniform(*self.mean)
        if kind == "gamma":
            found["order"] = rng.integer(*self.order)
        if kind == "periodic":
            frequency, angle = _evenly(rng, *self.frequency), rng.uniform(*self.angle)
            return {**found, "frequency": frequency, "angle": angle, "phase": rng.uniform(0.0, 360.0)}
        return {**found, "stream": rng.stream()}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"phase": number(0, 360)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The function."""
        options: dict[str, Any] = {k: v for k, v in params.items() if k not in ("stream", "angle")}
        if self.kind == "periodic":
            turn, length = math.radians(params["angle"]), params["frequency"]
            options["frequency"] = (length * elementary.cos(turn), -length * elementary.sin(turn))
        options |= {"kind": self.kind, "key": params.get("stream", 0), "per_channel": self.per_channel}
        return [Whole(functools.partial(add_noise, **options), label=f"{self.kind.replace('_', ' ')} noise")]


declare(
    AddNoise,
    examples=[
        {},
        {"kind": "uniform", "mean": (-0.05, 0.05)},
        {"kind": "rayleigh", "per_channel": False},
        {"kind": "gamma"},
        {"kind": "exponential"},
        {"kind": "speckle"},
        {"kind": "poisson"},
        {"kind": "salt_and_pepper"},
        {"kind": "periodic"},
        {"kind": "quantization"},
    ],
    look="One of ten laws: here waves, as of a hum in the signal, whose length and direction the key draws.",
    shown={"kind": "periodic"},
    peers=[
        Single(
            "AdditiveNoise",
            {"kind": "uniform", "std": (0.0577, 0.0577)},
            {"noise_type": "uniform", "spatial_mode": "per_pixel", "noise_params": {"ranges": [(-0.1, 0.1)] * 3}},
            variant="uniform",
            defaults="theirs adds one number to all of the image, ours another one to each level",
        )
    ],
)


def _evenly(rng: Draws, low: float, high: float) -> float:
    """Drawn evenly in its logarithm."""
    return low * power_of(high / low, rng.unit())
