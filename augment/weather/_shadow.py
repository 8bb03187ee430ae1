"""Shadows of things that are not in the picture."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.elementary import cos, sin
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

__all__ = ["Shadow"]

MOST = 32
_FEWEST_SIDES, _MOST_SIDES = 3, 6
_NUMBERS = 4 + 2 * _MOST_SIDES
"""Uniform numbers for each shadow: place, turn, number of sides, and two for each side."""


@kernel
def _polygons(numbers, height, width, size, edges, sides):
    """Write the sides of each polygon, ``edges[k, i] = (nx, ny, d)``: inside, ``nx x + ny y`` is below d.

    The normals are spread around the circle, and the distances from the centre are 0.4 to 1 of `size`.
    """
    for k in range(edges.shape[0]):
        u = numbers[k]
        x, y, count = width * u[0], height * u[1], 3 + min(np.int64(4 * u[3]), 3)
        sides[k] = count
        for i in range(count):
            turn = (i + 0.6 * u[4 + 2 * i] + u[2]) * (2 * math.pi / count)
            across, down = cos(turn), sin(turn)
            edges[k, i, 0], edges[k, i, 1] = across, down
            edges[k, i, 2] = across * x + down * y + size * (0.4 + 0.6 * u[5 + 2 * i])


@kernel(inner=True)
def _span(edges, count, y, soft, width):
    """The columns [first, last) of a row that a polygon may reach."""
    low, high = 0.0, np.float64(width)
    for i in range(count):
        across, room = edges[i, 0], edges[i, 2] + soft - edges[i, 1] * y
        if across > 1e-9:
            high = min(high, room / across)
        elif across < -1e-9:
            low = max(low, room / across)
        elif room < 0.0:
            high = 0.0
    return np.int64(min(low, width)), np.int64(math.ceil(max(high, 0.0)))


@kernel(inner=True)
def _darken(light, edges, count, y, soft, strength, inside):
    """Multiply the light of a row by what a polygon leaves of it; its rim is `soft` wide on either side."""
    first, last = _span(edges, count, y, soft, light.size)
    room, row = inside[: max(last - first, 0)], light[first:last]
    zero, one, scale = np.float32(0), np.float32(1), np.float32(0.5 / soft)
    for x in range(room.size):
        room[x] = one
    for i in range(count):
        step = np.float32(edges[i, 0]) * scale
        start = np.float32(edges[i, 2] - edges[i, 0] * (first + 0.5) - edges[i, 1] * y) * scale + np.float32(0.5)
        for x in range(room.size):
            room[x] = min(start - step * np.float32(np.int32(x)), room[x])
    for x in range(room.size):
        t = max(room[x], zero)
        row[x] *= one - strength * (t * t * (np.float32(3) - t - t))


@kernel
def _shade(rows, edges, sides, shade, colors, tone, out, y0, y1):
    """Shadows over rows; `shade` is how soft their rim is [px], and how dark they are."""
    rows, edges, colors, out = borrowed(rows), borrowed(edges), borrowed(colors), borrowed(out)
    width = rows.shape[1] // tone[3]
    wide, light, inside = np.empty(colors.size, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    one = np.float32(1)
    for y in range(y0, y1):
        light[:] = one
        for k in range(sides.size):
            _darken(light, edges[k], sides[k], y + 0.5, shade[0], np.float32(shade[1]), inside)
        for x in range(width):
            light[x] = one - light[x]
        cover_row(rows[y], light, colors, tone[:3], wide, out[y])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shadow(Transform):
    """Cast shadows on the image: dark polygons with soft rims.

    Each shadow has three to six sides and lies anywhere.  albumentations' RandomShadow, whose polygons may cross
    themselves and have hard rims.  Changes images only; any number of channels.

    Parameters
    ----------
    shadows : (int, int)
        Range of the number of shadows, from 0 to 32; each integer alike.  Where two overlap it is darker.
    strength : (float, float)
        Range of the share of the light that a shadow takes, from 0 to 1.
    extent : (float, float)
        Range of the distance of the farthest sides from a shadow's centre, as a fraction of the shorter side, above 0,
        at most 4; the nearest are 0.4 times as far.
    softness : (float, float)
        Range of how wide rims are, as a fraction of the shorter side, from 0, one pixel, to 1.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.Shadow(shadows=(1, 3), p=1.0)])
    >>> shady = chain(image=image, key=0)["image"]
    """

    shadows: tuple[int, int] = (1, 2)
    strength: tuple[float, float] = (0.3, 0.6)
    extent: tuple[float, float] = (0.25, 0.6)
    softness: tuple[float, float] = (0.01, 0.06)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("shadows", integer_range(self.shadows, "shadows", at_least=0, at_most=MOST))
        self._keep("strength", number_range(self.strength, "strength", at_least=0, at_most=1))
        self._keep("extent", number_range(self.extent, "extent", SIDE, above=0, at_most=4))
        self._keep("softness", number_range(self.softness, "softness", SIDE, at_least=0, at_most=1))

    def wants_unit(self) -> bool:
        """Shadows lead to black."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Number, strength, size and softness, and the stream of the shapes."""
        found = {"shadows": rng.integer(*self.shadows), "strength": rng.uniform(*self.strength)}
        found |= {"extent": rng.uniform(*self.extent), "softness": rng.uniform(*self.softness)}
        return {**found, "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        return [Whole(functools.partial(_shadow, params), label="shadow")]


declare(
    Shadow,
    examples=[{}, {"shadows": (4, 6), "softness": (0.0, 0.0)}],
    look="Dark polygons with straight sides and soft rims; what lies in them keeps its hue.",
    peers=[Single("RandomShadow", {}, {}, at_least=5, note="polygons may cross themselves, rims are hard")],
)


def _shadow(params: Params, image: np.ndarray) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h, w = image.shape[:2]
    count, short = params["shadows"], min(h, w)
    numbers = uniforms(params["stream"], count * _NUMBERS).reshape(count, _NUMBERS)
    edges, sides = np.empty((count, _MOST_SIDES, 3)), np.empty(count, np.int64)
    _polygons(numbers, h, w, params["extent"] * short, edges, sides)
    shade = max(params["softness"] * short, 1.0) / 2, params["strength"]
    colors, tone = colors_of(image, 0.0), (*tone_of(image), image.size // (h * w))
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    run_bands(lambda y0, y1: _shade(rows, edges, sides, shade, colors, tone, result, y0, y1), h, pixels=image.size)
    return out
