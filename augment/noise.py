"""Noise by counter: each number is a function of a stream and of the place of a pixel, whatever the order of work."""

from __future__ import annotations

import dataclasses
import math

from imgproc._scanline import Stage, pixel

from ._keys import Draws
from ._ranges import number_range, truth
from ._transform import Frame, Params, Transform
from .color._common import must_be_rgb

__all__ = ["GaussianNoise", "ISONoise", "PoissonNoise", "SaltAndPepper", "SpeckleNoise"]


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
    """

    sigma: tuple[float, float] = (0.02, 0.1)
    mean: tuple[float, float] = (0.0, 0.0)
    per_channel: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", at_least=0))
        self._keep("mean", number_range(self.mean, "mean"))
        truth(self.per_channel, "per_channel")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation, mean and stream."""
        return {"sigma": rng.uniform(*self.sigma), "mean": rng.uniform(*self.mean), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        sigma, mean, stream = params["sigma"], params["mean"], params["stream"]
        return [pixel.gaussian_noise(sigma, stream, mean=mean, per_channel=self.per_channel)]


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
    """

    peak: tuple[float, float] = (25.0, 2500.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("peak", number_range(self.peak, "peak", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Photons and stream."""
        low, high = self.peak
        return {"peak": low * math.pow(high / low, rng.unit()), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.poisson_noise(params["peak"], params["stream"])]


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
    """

    sigma: tuple[float, float] = (0.05, 0.2)
    per_channel: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", at_least=0))
        truth(self.per_channel, "per_channel")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation and stream."""
        return {"sigma": rng.uniform(*self.sigma), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.speckle(params["sigma"], params["stream"], per_channel=self.per_channel)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ISONoise(Transform):
    """The noise of a camera at high sensitivity: grain in the light, and hues that waver.

    As in albumentations, with its ranges.  Changes images only; RGB images.

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
    """

    color: tuple[float, float] = (0.01, 0.05)
    intensity: tuple[float, float] = (0.1, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("color", number_range(self.color, "color", at_least=0))
        self._keep("intensity", number_range(self.intensity, "intensity", at_least=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Two strengths and the stream."""
        color, intensity = rng.uniform(*self.color), rng.uniform(*self.intensity)
        return {"color": color, "intensity": intensity, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        must_be_rgb(frame, "ISONoise")
        return [pixel.iso_noise(params["color"], params["intensity"], params["stream"])]


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
    """

    amount: tuple[float, float] = (0.01, 0.06)
    salt: tuple[float, float] = (0.4, 0.6)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("amount", number_range(self.amount, "amount", at_least=0, at_most=1))
        self._keep("salt", number_range(self.salt, "salt", at_least=0, at_most=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Two shares and the stream."""
        amount, salt = rng.uniform(*self.amount), rng.uniform(*self.salt)
        return {"amount": amount, "salt": salt, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [pixel.salt_and_pepper(params["amount"], params["salt"], params["stream"])]
