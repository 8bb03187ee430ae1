"""Single pixels that are erased."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._scanline import Deferred, MaskOnly, Stage, Whole, check_label, pixel, run

from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import number_range
from ._common import _Erasing, mean_levels, noise

__all__ = ["PixelDropout"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PixelDropout(_Erasing):
    """Erase single pixels.

    imgaug's Dropout; albumentations' PixelDropout, whose ``dropout_prob`` is 0.01.  Changes images and, with
    `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    probability : (float, float)
        Range of the probability with which each pixel is erased, in [0, 1].
    per_channel : bool
        Whether each channel is erased by itself; masks then cannot be.
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
        If an argument is of the wrong kind or value, `fill` has not one level for each channel, or `mask_fill` is given
        with `per_channel`.

    Examples
    --------
    >>> chain = Compose([PixelDropout(probability=(0.1, 0.1), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(0.05 < (made == 0).all(axis=2).mean() < 0.15)
    True
    """

    probability: tuple[float, float] = (0.01, 0.05)
    per_channel: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("probability", number_range(self.probability, "probability", at_least=0, at_most=1))
        if flag(self.per_channel, "per_channel") and self.mask_fill is not None:
            raise ValueError(f"mask_fill must be None with per_channel=True, got {self.mask_fill}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The probability, and the stream that chooses the pixels."""
        params = {"probability": rng.uniform(*self.probability), "pixels": rng.stream()}
        return self._with_stream(params, rng)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation; noise takes a pass of its own."""
        chance, pixels, fill = params["probability"], params["pixels"], self.fill
        stage: Stage
        if fill == "noise":
            work = functools.partial(_drop_to_noise, chance, pixels, params["stream"], self.per_channel)
            stage = Whole(work, label="pixel dropout")
        elif isinstance(fill, str):
            make = functools.partial(_drop_to_mean, chance, pixels, self.per_channel)
            stage = Deferred(make, "mean for pixel dropout")
        else:
            stage = pixel.pixel_dropout(chance, fill, pixels, per_channel=self.per_channel)
        if self.mask_fill is None:
            return [stage]
        return [stage, MaskOnly(functools.partial(_drop_labels, chance, pixels, self.mask_fill), "pixel dropout")]


declare(
    PixelDropout,
    examples=[{}, {"per_channel": True, "fill": "mean"}, {"fill": "noise", "mask_fill": 0}],
    look="Single black pixels.",
    peers=[Single("PixelDropout", {"probability": (0.01, 0.01)}, {})],
)


def _drop_to_mean(chance: float, pixels: int, per_channel: bool, image: np.ndarray) -> list[Stage]:
    return [pixel.pixel_dropout(chance, mean_levels(image), pixels, per_channel=per_channel)]


def _dropped(chance: float, pixels: int, per_channel: bool, shape: tuple[int, ...]) -> np.ndarray:
    """Where pixels are dropped."""
    return run(np.full(shape, 255, np.uint8), [pixel.pixel_dropout(chance, 0.0, pixels, per_channel=per_channel)]) == 0


def _drop_to_noise(chance: float, pixels: int, stream: int, per_channel: bool, image: np.ndarray) -> np.ndarray:
    return np.where(_dropped(chance, pixels, per_channel, image.shape), noise(image, stream), image)


def _drop_labels(chance: float, pixels: int, mask_fill: int, mask: np.ndarray) -> np.ndarray:
    check_label(mask_fill, mask.dtype)
    mask = mask.copy()
    mask[_dropped(chance, pixels, False, mask.shape[:2])] = mask_fill
    return mask
