"""Rain: streaks that drops draw while the shutter is open, in light that is dim and flat."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from imgproc._core.check import positive
from imgproc._core.declare import Single, declare
from imgproc._core.elementary_angles import tan
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.levels import LEVEL, SIDE, fraction
from imgproc._core.planes import full_scale
from imgproc._scanline import Stage, Whole, pixel, run

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Spread, integer_range, number_range, pair_of
from ._layers import lay_on, lay_on_whole, number_of
from ._noise import uniforms

__all__ = ["Rain"]

MOST = 100_000
STEEPEST = 75.0
"""Degrees from the vertical; streaks are drawn row by row."""


BEYOND = 1 << 25
"""More than any coordinate: with it, casting to an integer rounds down below 0, too."""


class Streaks(NamedTuple):
    """Where streaks begin, and what they have in common; lengths in pixels."""

    x: Any
    """float32 (n,), uniform in (0, 1), as are `near`, how near they are, and `y`, which ascends."""
    y: Any
    near: Any
    length: Any
    """Of the nearest."""
    angle: Any
    """From the vertical, in radians."""
    radius: Any
    """Half the width of the nearest."""
    opacity: Any


@kernel(inner=True)
def _streak(rows, kind, streaks, slope, x, y, near):
    """One streak from (x, y) down, thicker and denser in its middle, with a rim of one pixel.

    A far one is short, thin and faint."""
    channels, whole, level = kind
    zero, one, size = np.float32(0), np.float32(1), 0.3 + 0.7 * near
    steepness = 1.0 / np.sqrt(1.0 + slope * slope)
    down = streaks.length * size * steepness
    radius = streaks.radius * size / steepness
    dense = np.float32(4.0 * streaks.opacity * (0.4 + 0.6 * near) * min(2.0 * radius, 1.0))
    step, reach, width = np.float32(1.0 / down), np.float32(max(radius, 0.5) + 0.5), rows.shape[1] // channels
    count = math.ceil(2 * reach)  # the same for all rows: a branch less to foretell
    for row in range(max(math.ceil(y - 0.5), 0), min(math.floor(y + down - 0.5) + 1, rows.shape[0])):
        t = np.float32(row + 0.5 - y) * step
        middle = x + slope * (row + 0.5 - y) - 0.5
        first = np.int64(middle - reach + BEYOND) - np.int64(BEYOND) + 1
        share, off, line = dense * t * (one - t), np.float32(first - middle), rows[row]
        for column in range(max(first, 0), min(first + count, width)):
            a = share * min(max(reach - abs(off + np.float32(column - first)), zero), one)
            if whole:
                lay_on_whole(line, column * channels, channels, a, level)
            else:
                lay_on(line, column * channels, channels, a, level)


@kernel
def _draw_streaks(rows, kind, streaks):
    """Draw streaks over an image, one over the other, those that begin above the others first.

    `kind` is the number of channels, whether levels are rounded, and the level of the streaks.
    """
    rows = borrowed(rows)
    height, width = rows.shape[0], rows.shape[1] // kind[0]
    slope = tan(streaks.angle)
    down = streaks.length / np.sqrt(1.0 + slope * slope)
    aside = down * slope
    across, left = width + abs(aside), -max(aside, 0.0)
    for k in range(streaks.y.size):
        near = np.float64(streaks.near[k])
        x = left + across * np.float64(streaks.x[k])
        y = (height + down) * np.float64(streaks.y[k]) - down
        _streak(rows, kind, streaks, slope, x, y, near * near)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rain(Transform):
    """Let it rain: bright streaks in front of a scene that is darker and flatter than before.

    Far drops are many, short, thin and faint; near ones are few.  albumentations' RandomRain, whose streaks are alike
    and blurred.  Lengths are fractions of the image's shorter side, so that rain looks alike at every size.  Changes
    images only; any number of channels.

    Parameters
    ----------
    drops : (int, int)
        Range of the number of drops in a square of the shorter side, from 0 to 100,000; each integer alike.  A drizzle
        has 100, a downpour 2,000.  An image has at most one for each pixel.
    length : (float, float)
        Range of the length of the nearest streaks, as a fraction of the shorter side, above 0, at most 1.
    width : float
        Of the nearest streaks, as a fraction of the shorter side, above 0, at most 0.1.
    angle : float or (float, float)
        Range of the angle from the vertical in degrees, counter-clockwise as seen, so that positive angles lead to the
        right on the way down; within -75 and 75; one number v means (-v, v).
    opacity : (float, float)
        Range of how dense the nearest streaks are, from 0 to 1.
    level : float
        Of the streaks, as a fraction of full scale.
    dimming : (float, float)
        Range of how much of the light and of the contrast is lost, from 0, none, to 1: each level v becomes
        ``v + dimming * (0.25 - v)`` first.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.Rain(drops=(1000, 2000), p=1.0)])
    >>> rainy = chain(image=image, key=0)["image"]
    """

    drops: tuple[int, int] = (60, 200)
    length: tuple[float, float] = (0.06, 0.14)
    width: float = 0.004
    angle: Spread = (-12.0, 12.0)
    opacity: tuple[float, float] = (0.5, 0.8)
    level: float = 0.85
    dimming: tuple[float, float] = (0.1, 0.4)

    noise_streams: ClassVar[tuple[str, ...]] = ("stream",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("drops", integer_range(self.drops, "drops", at_least=0, at_most=MOST))
        self._keep("length", number_range(self.length, "length", SIDE, above=0, at_most=1))
        self._keep("width", fraction(positive(self.width, "width"), "width", SIDE, at_most=0.1))
        self._keep("angle", number_range(self.angle, "angle", at_least=-STEEPEST, at_most=STEEPEST, around=0))
        self._keep("opacity", number_range(self.opacity, "opacity", at_least=0, at_most=1))
        self._keep("level", fraction(self.level, "level", LEVEL, at_least=0, at_most=1))
        self._keep("dimming", number_range(self.dimming, "dimming", at_least=0, at_most=1))

    def wants_unit(self) -> bool:
        """Streaks have a level."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The number of drops, what they have in common, and the stream of their places."""
        drops, length, angle = rng.integer(*self.drops), rng.uniform(*self.length), rng.uniform(*pair_of(self.angle))
        opacity, dimming = rng.uniform(*self.opacity), rng.uniform(*self.dimming)
        return {
            "drops": drops,
            "length": length,
            "angle": angle,
            "opacity": opacity,
            "dimming": dimming,
            "stream": rng.stream(),
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        return [Whole(functools.partial(_rain, self, params), label="rain")]


declare(
    Rain,
    examples=[{}, {"drops": (300, 400), "angle": (20.0, 40.0), "level": 0.7}],
    look="Streaks in one direction, near and far; the scene behind them is dim.",
    peers=[Single("RandomRain", {}, {}, at_least=5, note="streaks are alike and blurred")],
)

DUSK = 0.25
"""The level that dimming leads to."""


def _rain(rain: Rain, params: Params, image: np.ndarray) -> np.ndarray:
    if not image.size:
        return image.copy()
    h, w = image.shape[:2]
    dimming = params["dimming"]
    out = run(image, [pixel.affine(1 - dimming, DUSK * dimming)])
    number, short, stream = number_of(params["drops"], h, w), min(h, w), params["stream"]
    x, y, near = (uniforms(stream, number, channel) for channel in range(3))
    y.sort()  # the places of a row follow each other in memory
    length, angle = max(params["length"] * short, 1.0), math.radians(params["angle"])
    streaks = Streaks(x, y, near, length, angle, rain.width * short / 2, params["opacity"])
    level = work_dtype(image.dtype).type(rain.level * full_scale(image.dtype))
    _draw_streaks(out.reshape(h, -1), (channels_of(image), image.dtype.kind == "u", level), streaks)
    return out
