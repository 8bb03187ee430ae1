"""Transforms that change what the numbers mean: the colour space, and the scale of a network's input."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc import color
from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.formats import work_dtype
from imgproc._core.levels import fractions
from imgproc._core.planes import LUMA_WEIGHTS
from imgproc._scanline import Stage, Whole, pixel

from .._chain.transform import RGB, Frame, Kind, Params, Transform

__all__ = ["ColorSpace", "Normalize"]

SPACES = ("rgb", "hsv", "hsl", "hsi", "lab", "luv", "ycrcb", "xyz", "linear")

CIE = ("lab", "luv")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColorSpace(Transform):
    """Convert between colour spaces.

    Done by the functions of `imgproc` named after the spaces (``rgb_to_lab``, ...), which say how each is scaled.
    Neither of the two need be RGB: the way leads over RGB.  Changes images only.

    Parameters
    ----------
    source : {"rgb", "hsv", "hsl", "hsi", "lab", "luv", "ycrcb", "xyz", "linear"}
        What the image is; ``"linear"`` is RGB without the sRGB curve.
    target : {"lab", "rgb", "hsv", "hsl", "hsi", "luv", "ycrcb", "xyz", "linear", "gray"}
        What it becomes; ``"gray"``, luma, has one channel.
    p : float
        Probability that the transform is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the image has not the channels of `source`.
    """

    source: str = "rgb"
    target: str = "lab"
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.source, "source", SPACES)
        one_of(self.target, "target", (*SPACES, "gray"))
        stages: list[Stage] = []
        if self.source != self.target:
            stages += [_by_function(f"{self.source}_to_rgb")] * (self.source != "rgb")
            if self.target == "gray":
                stages.append(pixel.matrix([(*LUMA_WEIGHTS, 0.0)]))
            elif self.target != "rgb":
                stages.append(_by_function(f"rgb_to_{self.target}"))
        self._stages: tuple[Stage, ...]
        self._keep("_stages", tuple(stages))

    def channels_wanted(self) -> tuple[int, ...] | None:
        """RGB, unless each channel is converted by itself or nothing is."""
        by_itself = self.source == self.target or {self.source, self.target} == {"rgb", "linear"}
        return None if by_itself else RGB

    def wants_unit(self) -> bool:
        """CIE's L, a, b and L, u, v in floats have units of their own, all else is on full scale."""
        return self.source not in (*CIE, self.target)

    def leads_to(self, kind: Kind) -> Kind:
        """Maybe one channel."""
        if self.source == self.target:
            return kind
        channels = 1 if self.target == "gray" else kind.channels
        return Kind(channels, kind.dtype, self.target not in CIE or kind.dtype.kind == "u")

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function or two."""
        return list(self._stages)


declare(
    ColorSpace,
    examples=[{}, {"target": "hsv"}, {"target": "gray"}],
    look="The channels L, a, b shown as if they were red, green, blue.",
    no_peer="albumentations 2.0.8 has none",
)


def _by_function(name: str) -> Whole:
    return Whole(functools.partial(_convert, name), label=name.replace("_", " "))


def _convert(name: str, image: np.ndarray) -> np.ndarray:
    return getattr(color, name)(image)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Normalize(Transform):
    """Subtract a mean and divide by a standard deviation: ``(v / full scale - mean) / std``.

    As in albumentations (``max_pixel_value`` is the full scale) and torchvision.  The result is float.  Put it last:
    transforms that take levels for fractions of full scale, such as `Gamma` or `CLAHE`, refuse what it leaves unless
    that is in [0, 1] (``mean=0, std=1``), and noise, erasing and filters take it as it is.  Changes images only.

    Parameters
    ----------
    mean, std : float or sequence of float
        One number for all channels or one each, as fractions of full scale; `std` above 0.  Default: ImageNet's.
    p : float
        Probability that the transform is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or does not fit the channels of an image.
    """

    mean: float | tuple[float, ...] = IMAGENET_MEAN
    std: float | tuple[float, ...] = IMAGENET_STD
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("mean", fractions(self.mean, "mean"))
        self._keep("std", fractions(self.std, "std", above=0))
        if isinstance(self.mean, tuple) and isinstance(self.std, tuple) and len(self.mean) != len(self.std):
            raise ValueError(f"std must have as many numbers as mean, {len(self.mean)}, got {len(self.std)}")
        self._operation: Stage
        self._keep("_operation", pixel.normalize(self.mean, self.std))

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; means and deviations are one or one a channel."""
        super().check(kind, name)
        for field in ("mean", "std"):
            value = getattr(self, field)
            if isinstance(value, tuple) and len(value) != kind.channels:
                raise ValueError(
                    f"{field} of Normalize must be one number or one a channel of {name}, {kind.channels}, "
                    f"got {len(value)} values"
                )

    def leads_to(self, kind: Kind) -> Kind:
        """Floats, which are in [0, 1] only if the numbers are such as 0 and 1."""
        means, stds = np.atleast_1d(self.mean), np.atleast_1d(self.std)
        unit = kind.unit and bool((means <= 0).all() and (1 - means <= stds).all())
        return kind._replace(dtype=work_dtype(kind.dtype), unit=unit)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        return [self._operation]


declare(
    Normalize,
    examples=[{}, {"mean": 0.5, "std": 0.25}],
    look="Each channel less its mean, in deviations; shown from -2.5 (black) over 0 (mid-grey) to 2.5 (white).",
    peers=[Single("Normalize", at_least=2)],
)
