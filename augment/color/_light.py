"""Light that falls unevenly."""

from __future__ import annotations

import dataclasses
import math

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.elementary import LN2
from imgproc._scanline import Stage, pixel
from imgproc._scanline.matrix import cos_sin, of
from imgproc._scanline.operations.light import SHAPES

from .._chain.drawn import Rule, whole, within
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Spread, number_range, pair_of

__all__ = ["LightGradient"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LightGradient(Transform):
    """Make one side, one corner or one spot of the image brighter or darker than the rest.

    albumentations' Illumination.  Levels are multiplied by a factor that changes smoothly over the image, as light does
    that comes through a window, from a flash or a lamp, or the shade of a wall.  Changes images only; any number of
    channels.

    Parameters
    ----------
    shape : {"linear", "corner", "gaussian"}
        The factor goes evenly from ``1 - strength`` at one side to ``1 + strength`` at the other; or it is
        ``1 + strength`` in one of the corners and falls evenly to 1 in the corner opposite; or it is ``1 + strength``
        in a spot and falls to 1 around it like a Gaussian.
    strength : float or (float, float)
        Range of the strength, at least -1; what is negative darkens; one number v means (-v, v).
    angle : (float, float)
        Range of where the light of ``"linear"`` comes from, in degrees counter-clockwise from the right.
    center : (float, float)
        Range of the place of the spot of ``"gaussian"``, as shares of the width and of the height.
    sigma : (float, float)
        Range of the standard deviation of the spot, as a share of the longer side, from 0.001 to 100.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> import numpy as np
    >>> chain = Compose([LightGradient(strength=(0.5, 0.5), angle=(0, 0), p=1)])
    >>> chain(image=np.full((1, 4), 100, np.uint8), key=0)["image"]
    array([[ 62,  88, 112, 138]], dtype=uint8)
    """

    shape: str = "linear"
    strength: Spread = (-0.2, 0.2)
    angle: tuple[float, float] = (0.0, 360.0)
    center: tuple[float, float] = (0.1, 0.9)
    sigma: tuple[float, float] = (0.2, 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.shape, "shape", SHAPES)
        self._keep("strength", number_range(self.strength, "strength", at_least=-1, at_most=10, around=0))
        self._keep("angle", number_range(self.angle, "angle"))
        self._keep("center", number_range(self.center, "center", at_least=-1, at_most=2))
        self._keep("sigma", number_range(self.sigma, "sigma", at_least=1e-3, at_most=100))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The strength, and where the light is."""
        strength = rng.uniform(*pair_of(self.strength))
        if self.shape == "linear":
            return {"strength": strength, "angle": rng.uniform(*self.angle)}
        if self.shape == "corner":
            return {"strength": strength, "right": rng.integer(0, 1), "bottom": rng.integer(0, 1)}
        x, y = rng.uniform(*self.center), rng.uniform(*self.center)
        return {"strength": strength, "x": x, "y": y, "sigma": rng.uniform(*self.sigma)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        place = within(*self.center)
        return {"right": whole(0, 1), "bottom": whole(0, 1), "x": place, "y": place}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation."""
        h, w, strength = frame.height, frame.width, params["strength"]
        if self.shape == "linear":
            c, s = cos_sin(params["angle"])
            half = 0.5 * (w * abs(c) + h * abs(s))
            a = (0.5 * h * s - 0.5 * w * c) / half
            return [pixel.light("linear", strength, a, c / half, -1.0 * s / half)]
        if self.shape == "corner":
            place = 1.0 * w * params["right"], 1.0 * h * params["bottom"]
            return [pixel.light("corner", strength, *place, 1.0 / of(math.sqrt, w * w + h * h))]
        spread = params["sigma"] * max(w, h)
        scale = 0.5 / LN2 / (spread * spread)
        return [pixel.light("gaussian", strength, params["x"] * w, params["y"] * h, scale)]


declare(
    LightGradient,
    examples=[{}, {"shape": "corner", "strength": (0.3, 0.5)}, {"shape": "gaussian", "strength": (-0.4, 0.4)}],
    shown={"strength": (0.3, 0.5)},
    look="One side is bright, the other dark, with no edge between; in the middle nothing changes.",
    peers=[
        Single(
            "Illumination",
            {"shape": shape, "strength": (0.01, 0.2)},
            {"mode": shape, "effect_type": "brighten"},
            "" if shape == "linear" else shape,
            2.0,
            note="corners: the far one is darkened" if shape == "corner" else "",
        )
        for shape in SHAPES
    ],
)
