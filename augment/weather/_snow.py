"""Snow: flakes that fall between the camera and a scene whose contrast they take away."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.elementary import cos, sin
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.levels import LEVEL, SIDE, fraction
from imgproc._core.planes import full_scale
from imgproc._scanline import Stage, Whole, pixel, run

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Spread, integer_range, number_range
from ._layers import lay_on, lay_on_whole, number_of
from ._noise import uniforms

__all__ = ["Snow"]

MOST = 100_000
LONGEST = 10.0
SMALLEST = 0.8
"""The least radius that is drawn [px]; a smaller flake is as much fainter as it is smaller."""


class Flakes(NamedTuple):
    """Where flakes are, and what they have in common; lengths in pixels."""

    x: Any
    """float32 (n,), uniform in (0, 1), as are `near`, how near they are, and `y`, which ascends."""
    y: Any
    near: Any
    radius: Any
    """Of the nearest."""
    stretch: Any
    """How many times longer they are along their way."""
    angle: Any
    """Of their way from the vertical, in radians."""
    opacity: Any


@kernel(inner=True)
def _flake(rows, kind, x, y, shape, opacity):
    """One flake around (x, y), densest in its middle: ``opacity (1 - q)**2`` within the ellipse q = 1.

    ``q = a dx**2 + 2 b dx dy + c dy**2`` for `shape` (a, b, c).
    """
    channels, whole, level = kind
    a, b, c = shape
    one, zero = np.float32(1), np.float32(0)
    root = np.sqrt(a * c - b * b)
    across, down, width = np.sqrt(c) / root, np.sqrt(a) / root, rows.shape[1] // channels
    first, last = max(math.ceil(x - across - 0.5), 0), min(math.floor(x + across - 0.5), width - 1)
    for row in range(max(math.ceil(y - down - 0.5), 0), min(math.floor(y + down - 0.5) + 1, rows.shape[0])):
        dy, line = np.float32(row + 0.5 - y), rows[row]
        for column in range(first, last + 1):
            dx = np.float32(column + 0.5 - x)
            left = max(one - (dx * (a * dx + (b + b) * dy) + c * dy * dy), zero)
            share = opacity * left * left
            if whole:
                lay_on_whole(line, column * channels, channels, share, level)
            else:
                lay_on(line, column * channels, channels, share, level)


@kernel
def _draw_flakes(rows, kind, flakes):
    """Draw flakes over an image, from above; near ones are few, large and thin.

    `kind` is the number of channels, whether levels are rounded, and the level of the flakes.
    """
    rows = borrowed(rows)
    height, width = rows.shape[0], rows.shape[1] // kind[0]
    aside, down = sin(flakes.angle), cos(flakes.angle)
    margin = flakes.radius * flakes.stretch
    for k in range(flakes.y.size):
        near = np.float64(flakes.near[k])
        near = near * near * near
        radius = flakes.radius * (0.25 + 0.75 * near)
        opacity = flakes.opacity * (1.0 - 0.5 * near)
        if radius < SMALLEST:
            opacity, radius = opacity * (radius * radius) / (SMALLEST * SMALLEST), SMALLEST
        across, along = 1.0 / (radius * radius), 1.0 / (radius * radius * flakes.stretch * flakes.stretch)
        a = np.float32(along * aside * aside + across * down * down)
        b = np.float32((along - across) * aside * down)
        c = np.float32(along * down * down + across * aside * aside)
        x = (width + 2.0 * margin) * np.float64(flakes.x[k]) - margin
        y = (height + 2.0 * margin) * np.float64(flakes.y[k]) - margin
        _flake(rows, kind, x, y, (a, b, c), np.float32(opacity))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snow(Transform):
    """Let it snow: soft flakes in front of a scene that is whiter and flatter than before.

    Far flakes are many and small; near ones are few, large and out of focus.  albumentations' RandomSnow lightens dark
    parts instead.  Sizes are fractions of the image's shorter side, so that snow looks alike at every size.  Changes
    images only; any number of channels.

    Parameters
    ----------
    flakes : (int, int)
        Range of the number of flakes in a square of the shorter side, from 0 to 100,000; each integer alike.  An image
        has at most one for each pixel.
    radius : (float, float)
        Range of the radius of the nearest flakes, as a fraction of the shorter side, above 0, at most 0.1; the farthest
        have a quarter of it.
    stretch : (float, float)
        Range of how many times longer flakes are along their way than across, as by a long exposure, from 1 to 10.
    angle : float or (float, float)
        Range of the angle of their way from the vertical in degrees, counter-clockwise as seen;
        one number v means (-v, v).
    opacity : (float, float)
        Range of how dense the middle of a far flake is, from 0 to 1; near ones have down to half of it.
    level : float
        Of the flakes, as a fraction of full scale.
    whitening : (float, float)
        Range of how much of the contrast is lost to the snow that is too far to be seen, from 0, none, to 1: each level
        v becomes ``v + whitening * (0.9 - v)`` first.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.Snow(flakes=(1000, 2000), p=1.0)])
    >>> snowy = chain(image=image, key=0)["image"]
    """

    flakes: tuple[int, int] = (150, 450)
    radius: tuple[float, float] = (0.008, 0.016)
    stretch: tuple[float, float] = (1.0, 2.0)
    angle: Spread = (-30.0, 30.0)
    opacity: tuple[float, float] = (0.7, 1.0)
    level: float = 1.0
    whitening: tuple[float, float] = (0.1, 0.4)

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("flakes", integer_range(self.flakes, "flakes", at_least=0, at_most=MOST))
        self._keep("radius", number_range(self.radius, "radius", SIDE, above=0, at_most=0.1))
        self._keep("stretch", number_range(self.stretch, "stretch", at_least=1, at_most=LONGEST))
        self._keep("angle", number_range(self.angle, "angle", around=0))
        self._keep("opacity", number_range(self.opacity, "opacity", at_least=0, at_most=1))
        self._keep("level", fraction(self.level, "level", LEVEL, at_least=0, at_most=1))
        self._keep("whitening", number_range(self.whitening, "whitening", at_least=0, at_most=1))

    def wants_unit(self) -> bool:
        """Flakes have a level."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The number of flakes, what they have in common, and the stream of their places."""
        ranges = {name: getattr(self, name) for name in ("radius", "stretch", "angle", "opacity", "whitening")}
        found = {"flakes": rng.integer(*self.flakes), **{name: rng.uniform(*ends) for name, ends in ranges.items()}}
        return {**found, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        return [Whole(functools.partial(_snow, self.level, params), label="snow")]


declare(
    Snow,
    examples=[{}, {"flakes": (200, 300), "stretch": (3.0, 4.0), "angle": (50.0, 70.0)}],
    look="Soft flakes, small and large; the scene behind them is pale.",
    peers=[Single("RandomSnow", {}, {}, at_least=5, note="lightens dark parts, without flakes")],
)

HAZE = 0.9
"""The level that whitening leads to."""


def _snow(white: float, params: Params, image: np.ndarray) -> np.ndarray:
    if not image.size:
        return image.copy()
    h, w = image.shape[:2]
    whitening = params["whitening"]
    out = run(image, [pixel.affine(1 - whitening, HAZE * whitening)])
    number, stream = number_of(params["flakes"], h, w), params["stream"]
    x, y, near = (uniforms(stream, number, channel) for channel in range(3))
    y.sort()  # the places of a row follow each other in memory
    radius, angle = params["radius"] * min(h, w), math.radians(params["angle"])
    flakes = Flakes(x, y, near, radius, params["stretch"], angle, params["opacity"])
    level = work_dtype(image.dtype).type(white * full_scale(image.dtype))
    _draw_flakes(out.reshape(h, -1), (channels_of(image), image.dtype.kind == "u", level), flakes)
    return out
