"""The transform that changes what the numbers mean: the colour space."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc import color
from imgproc._core.check import one_of
from imgproc._core.declare import declare
from imgproc._core.planes import LUMA_WEIGHTS
from imgproc._scanline import Stage, Whole, pixel

from .._chain.transform import RGB, Frame, Kind, Params, Transform

__all__ = ["ColorSpace"]

SPACES = ("rgb", "hsv", "hsl", "hsi", "lab", "luv", "ycrcb", "xyz", "linear")

CIE = ("lab", "luv")


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

    Examples
    --------
    >>> chain = Compose([ColorSpace(target="hsv")])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
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
