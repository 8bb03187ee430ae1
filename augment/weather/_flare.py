"""Sun flare: a source of light in the picture, and what lenses make of it."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.elementary import cos, sin
from imgproc._core.formats import channels_of
from imgproc._core.jit import borrowed, kernel
from imgproc._core.levels import SIDE
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import integer_range, number_range
from ._layers import colors_of, cover_row, tone_of
from ._noise import uniforms

__all__ = ["SunFlare"]

MOST = 64
WARM = 1.0, 0.93, 0.8
"""How much of the light each of R, G and B gets."""
LINES = 3
"""Of the star around the source; each has two rays."""


class Source(NamedTuple):
    """The light and its ghosts; lengths in pixels."""

    x: Any
    y: Any
    radius: Any
    """Where the glow ends."""
    strength: Any
    star: Any
    """float64 (lines, 2): unit vectors along the rays."""
    ghosts: Any
    """float64 (n, 3): x, y and radius."""
    tints: Any
    """float32 (n, channels): the largest share of a ghost, for each channel."""


@kernel(inner=True)
def _glow(light, source, y):
    """The share of the source's light in a row: a core, a glow, a star and a faint ring."""
    one, zero, dy = np.float32(1), np.float32(0), np.float32(y - source.y)
    strength, start = np.float32(source.strength), np.float32(0.5 - source.x)
    wide, ring = np.float32(1.0 / source.radius), np.float32(0.6)
    for x in range(light.size):
        dx = (np.float32(np.int32(x)) + start) * wide
        q = dx * dx + dy * wide * dy * wide
        core = one / (one + np.float32(150) * q)
        soft = max(one - q, zero)
        off = (np.sqrt(q) - ring) * np.float32(14)
        halo = max(one - off * off, zero)
        # Each of them lies over what is below: 1 - (1 - a) (1 - b) ...
        light[x] = (one - core * core) * (one - np.float32(0.55) * soft * soft * soft) * (one - np.float32(0.1) * halo)
    for k in range(source.star.shape[0]):
        across, down = np.float32(source.star[k, 0]) * wide, np.float32(source.star[k, 1]) * wide
        for x in range(light.size):
            dx = np.float32(np.int32(x)) + start
            along, beside = dx * across + dy * down, (dx * down - dy * across) * np.float32(70)
            left = max(one - along * along, zero)
            light[x] *= one - np.float32(0.5) * left * left * left / (one + beside * beside)
    for x in range(light.size):
        light[x] = strength * (one - light[x])


@kernel(inner=True)
def _ghosts(shares, channels, source, y):
    """Ghosts over the shares of a row, each for itself: discs that are a little brighter towards the rim."""
    one, width = np.float32(1), shares.size // channels
    for k in range(source.ghosts.shape[0]):
        middle, radius = source.ghosts[k, 0] - 0.5, source.ghosts[k, 2]
        down = y - source.ghosts[k, 1]
        if abs(down) >= radius:
            continue
        reach = np.sqrt(radius * radius - down * down)
        for x in range(max(math.ceil(middle - reach), 0), min(math.floor(middle + reach) + 1, width)):
            q = np.float32(((x - middle) * (x - middle) + down * down) / (radius * radius))
            a = min((one - q) * np.float32(8), one) * (np.float32(0.6) + np.float32(0.4) * q)
            for c in range(channels):
                i = x * channels + c
                shares[i] += a * source.tints[k, c] * (one - shares[i])


@kernel
def _shine(rows, source, tint, colors, tone, out, y0, y1):
    """Lay the light over rows; `tint` is the share of each channel in it."""
    rows, colors, out = borrowed(rows), borrowed(colors), borrowed(out)
    channels = tint.size
    shares, light = np.empty(colors.size, np.float32), np.empty(colors.size // channels, np.float32)
    for y in range(y0, y1):
        _glow(light, source, y + 0.5)
        for c in range(channels):
            for x in range(light.size):
                shares[x * channels + c] = light[x] * tint[c]
        _ghosts(shares, channels, source, y + 0.5)
        cover_row(rows[y], shares, colors, tone, shares, out[y])


@dataclasses.dataclass(frozen=True, kw_only=True)
class SunFlare(Transform):
    """Let the sun, or a lamp, shine into the lens.

    A bright core with a glow, a star and a faint ring; and ghosts, coloured discs on the line from the source through
    the middle of the image, as reflections between the lenses make them.  Light only ever adds.  albumentations'
    RandomSunFlare.  Sizes are fractions of the image's shorter side.  Changes images only; any number of channels; RGB
    images get warm light and coloured ghosts, others the mean of R, G and B.

    Parameters
    ----------
    x : (float, float)
        Range of where the source is, as a fraction of the width.
    y : (float, float)
        Range of where it is, as a fraction of the height, from the top.
    radius : (float, float)
        Range of where its glow ends, as a fraction of the shorter side, above 0, at most 10.
    intensity : (float, float)
        Range of the share of its light in its middle, from 0 to 1, all white.
    ghosts : (int, int)
        Range of the number of ghosts, from 0 to 64; each integer alike.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.SunFlare(x=(0.1, 0.1), y=(0.1, 0.1), p=1.0)])
    >>> dazzled = chain(image=image, key=0)["image"]
    """

    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 0.5)
    radius: tuple[float, float] = (0.4, 0.9)
    intensity: tuple[float, float] = (0.6, 1.0)
    ghosts: tuple[int, int] = (4, 9)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("x", number_range(self.x, "x", SIDE, at_least=-10, at_most=10))
        self._keep("y", number_range(self.y, "y", SIDE, at_least=-10, at_most=10))
        self._keep("radius", number_range(self.radius, "radius", SIDE, above=0, at_most=10))
        self._keep("intensity", number_range(self.intensity, "intensity", at_least=0, at_most=1))
        self._keep("ghosts", integer_range(self.ghosts, "ghosts", at_least=0, at_most=MOST))

    def wants_unit(self) -> bool:
        """Light leads to white."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Place, size and strength of the source, the number of ghosts and their stream."""
        found: Params = {name: rng.uniform(*getattr(self, name)) for name in ("x", "y", "radius", "intensity")}
        return {**found, "ghosts": rng.integer(*self.ghosts), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        return [Whole(functools.partial(_flare, params), label="sun flare")]


declare(
    SunFlare,
    examples=[{}, {"x": (-0.1, 0.1), "ghosts": (0, 0)}],
    look="A source with a soft glow and rays; discs in a line through the middle.",
    peers=[Single("RandomSunFlare", {}, {}, at_least=5)],
)


@kernel
def _star(turn, star):
    for k in range(star.shape[0]):
        star[k, 0], star[k, 1] = cos(turn + k * math.pi / star.shape[0]), sin(turn + k * math.pi / star.shape[0])


def _flare(params: Params, image: np.ndarray) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h, w = image.shape[:2]
    short, channels, count = min(h, w), channels_of(image), params["ghosts"]
    numbers = uniforms(params["stream"], 4 * count + 1)
    star = np.empty((LINES, 2))
    _star(float(numbers[0]) * math.pi, star)
    t, size, dense, hue = numbers[1:].reshape(count, 4).astype(np.float64).T
    x, y, along = params["x"] * w, params["y"] * h, 0.3 + 2.0 * t
    ghosts = np.stack((x + along * (w / 2 - x), y + along * (h / 2 - y), short * (0.015 + 0.11 * size * size)), axis=-1)
    # A ghost's hue is any; three triangular waves, a third of a turn apart, make R, G and B of it.
    tints = np.abs((hue[:, None] + np.arange(3) / 3) % 1.0 * 2.0 - 1.0)
    tints = (0.25 + 0.75 * tints) * ((0.06 + 0.2 * dense) * params["intensity"])[:, None]
    tint = np.array(WARM)
    if channels != 3:
        tints, tint = np.repeat(tints.mean(axis=1)[:, None], channels, axis=1), np.full(channels, tint.mean())
    source = Source(x, y, params["radius"] * short, params["intensity"], star, ghosts, tints.astype(np.float32))
    colors, tone, shine = colors_of(image, 1.0), tone_of(image), tint.astype(np.float32)
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    run_bands(lambda y0, y1: _shine(rows, source, shine, colors, tone, result, y0, y1), h, pixels=image.size)
    return out
