"""Spatter: drops of water or splashes of mud on the lens."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of
from imgproc._core.jit import borrowed, kernel
from imgproc._core.levels import SIDE
from imgproc._core.planes import LUMA_WEIGHTS, canonical, full_scale
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import GREY_OR_RGB, Frame, Params, Transform
from .._ranges import number_range
from ._layers import colors_of, cover_row, tone_of
from ._noise import smooth_noise

__all__ = ["Spatter"]

COLORS = {"water": (0.75, 0.84, 0.86), "mud": (0.27, 0.18, 0.09)}
RELIEF = {"water": 9.0, "mud": 3.0}
"""How much of the slope of the liquid is seen as light and shade."""
RIM = 0.06
"""How far above its threshold the field is where a splash is as dense as in its middle."""


@kernel
def _splash(rows, field, limits, colors, tone, out, y0, y1):
    """Lay liquid over rows wherever the field is above a threshold; its slope, lit from the upper left, is light.

    `limits` are the threshold, the opacity, how much the slope matters, in levels a pixel, and white.
    """
    rows, field, colors, out = borrowed(rows), borrowed(field), borrowed(colors), borrowed(out)
    threshold, opacity, relief, white = limits
    width = field.shape[1]
    shares, wide, lit = np.empty(width, np.float32), np.empty(colors.size, np.float32), np.empty_like(colors)
    zero, one, scale, channels = np.float32(0), np.float32(1), np.float32(1.0 / RIM), colors.size // width
    for y in range(y0, y1):
        row, below = field[y], field[min(y + 1, field.shape[0] - 1)]
        for x in range(width):
            t = min(max((row[x] - threshold) * scale, zero), one)
            shares[x] = opacity * (t * t * (np.float32(3) - t - t))
        for x in range(width):
            slope = relief * (below[min(x + 1, width - 1)] - row[x])
            for c in range(channels):
                lit[x * channels + c] = min(max(colors[x * channels + c] + slope, zero), white)
        cover_row(rows[y], shares, lit, tone, wide, out[y])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spatter(Transform):
    """Spatter water or mud on the lens.

    The splashes are where smooth noise is above a threshold, so that they are large and small and run together.  Their
    slope is lit from the upper left.  albumentations' Spatter, with modes ``"rain"`` and ``"mud"``.  Sizes are
    fractions of the image's shorter side.  Changes images only; grey and RGB images.

    Parameters
    ----------
    kind : {"water", "mud"}
        Water is bright and lets a part of the scene through, mud is brown and hides it.
    amount : (float, float)
        Range of the share of the image that is covered, from 0 to 1.
    extent : (float, float)
        Range of the size of large splashes, as a fraction of the shorter side, above 0, at most 1;
        never below 2 pixels.
    opacity : (float, float)
        Range of the share of the liquid in what is seen through its middle, from 0 to 1.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    Examples
    --------
    >>> chain = augment.Compose([augment.Spatter(kind="mud", opacity=(0.9, 1.0), p=1.0)])
    >>> dirty = chain(image=image, key=0)["image"]
    """

    kind: str = "water"
    amount: tuple[float, float] = (0.03, 0.18)
    extent: tuple[float, float] = (0.015, 0.035)
    opacity: tuple[float, float] = (0.4, 0.7)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.kind, "kind", tuple(COLORS))
        self._keep("amount", number_range(self.amount, "amount", at_least=0, at_most=1))
        self._keep("extent", number_range(self.extent, "extent", SIDE, above=0, at_most=1))
        self._keep("opacity", number_range(self.opacity, "opacity", at_least=0, at_most=1))

    def channels_wanted(self) -> tuple[int, ...]:
        """Liquids have a colour."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Their colour is of full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The share that is covered, size, opacity, and the stream of the noise."""
        found: Params = {name: rng.uniform(*getattr(self, name)) for name in ("amount", "extent", "opacity")}
        return {**found, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        self.need_channels(frame.channels)
        return [Whole(functools.partial(_spatter, self.kind, params), label="spatter")]


declare(
    Spatter,
    examples=[{}, {"kind": "mud", "opacity": (0.9, 1.0)}],
    look="Drops that run together, lit from the upper left.",
    peers=[
        Single("Spatter", {}, {}, at_least=5, variant="water"),
        Single("Spatter", {"kind": "mud"}, {"mode": "mud"}, at_least=5, variant="mud"),
    ],
)


def _spatter(kind: str, params: Params, image: np.ndarray) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h, w = image.shape[:2]
    spacing = max(params["extent"] * min(h, w), 2.0)
    field = smooth_noise((h, w), params["stream"], [spacing, max(spacing / 2.3, 1.0)])
    threshold = _above(field, params["amount"])
    color = COLORS[kind] if channels_of(image) == 3 else sum(a * b for a, b in zip(COLORS[kind], LUMA_WEIGHTS))
    colors, tone = colors_of(image, color), tone_of(image)
    white = colors.dtype.type(full_scale(image.dtype))
    relief = white * colors.dtype.type(RELIEF[kind] * spacing / 20)
    limits = np.float32(threshold), np.float32(params["opacity"]), relief, white
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    run_bands(lambda y0, y1: _splash(rows, field, limits, colors, tone, result, y0, y1), h, pixels=image.size)
    return out


def _above(field: np.ndarray, share: float) -> float:
    """The number above which a share of a field lies, from some hundred of its rows and columns."""
    some = np.sort(field[:: max(len(field) // 64, 1), :: max(field.shape[1] // 64, 1)], axis=None)
    return float(some[min(round((1 - share) * some.size), some.size - 1)]) - RIM / 2
