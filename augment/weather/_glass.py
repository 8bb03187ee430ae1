"""Glass blur: the scene behind a frosted or wet pane, which scatters what lies close together."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import integer
from imgproc._core.declare import Single, declare
from imgproc._core.jit import borrowed, kernel
from imgproc._core.levels import SIDE
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole
from imgproc._scanline.operations._counter import STEP, first_bits, keys, mixed, start
from imgproc.smooth import gaussian_blur

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import number_range

__all__ = ["GlassBlur"]

MOST = 16
WIDEST = 64
"""Pixels of a move: both of its parts are drawn from 16 bits."""


@kernel(inner=True)
def _sources(y, size, reach, stream, out):
    """The pixel that each pixel of a row becomes, by its number in the image."""
    height, width = size
    side, low, half = np.uint32(2 * reach + 1), np.uint32(0xFFFF), np.uint32(16)
    counter, step = start(y * width), np.uint32(STEP)
    for x in range(width):
        bits = first_bits(mixed(counter, stream[0], stream[1]))
        counter = np.uint32(counter + step)
        dy = np.int32(np.uint32(np.uint32(bits >> half) * side) >> half) - reach
        dx = np.int32(np.uint32(np.uint32(bits & low) * side) >> half) - reach
        row, column = y + dy, x + dx
        row = 0 if row < 0 else row
        row = height - 1 if row >= height else row
        column = 0 if column < 0 else column
        out[x] = row * width + (width - 1 if column >= width else column)


@kernel
def _scatter(pixels, stream, size, reach, out, y0, y1):
    """Each pixel becomes one of its neighbours, up to `reach` away along both axes, at random; the border is inside."""
    pixels, out = borrowed(pixels), borrowed(out)
    channels, width = pixels.shape[1], size[1]
    sources, where = np.empty(width, np.int64), keys(stream[0], stream[1])
    for y in range(y0, y1):
        _sources(y, size, reach, where, sources)
        line = out[y * width : (y + 1) * width]
        if channels == 3:  # written out, as most images have three
            for x in range(width):
                k = np.uint64(sources[x])
                line[x, 0], line[x, 1], line[x, 2] = pixels[k, 0], pixels[k, 1], pixels[k, 2]
        else:
            for x in range(width):
                for c in range(channels):
                    line[x, c] = pixels[sources[x], c]


def scatter(image: np.ndarray, stream: int, reach: int, turns: int) -> np.ndarray:
    """Let each pixel become one of its neighbours at random, again and again.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    stream : int
    reach : int
        How far away neighbours are at most, along each axis [px].
    turns : int
        How often; the moves add up.

    Returns
    -------
    ndarray
        Same shape and dtype; all its pixels are pixels of the image.
    """
    h, w = image.shape[:2]
    pixels = canonical(image).reshape(h * w, -1)
    for turn in range(turns):
        out = np.empty(pixels.shape, pixels.dtype)
        work = functools.partial(_scatter, pixels, (np.int64(stream), turn), (h, w), reach, out)
        run_bands(work, h, pixels=out.size)
        pixels = canonical(out)
    return pixels.reshape(image.shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GlassBlur(Transform):
    """Blur as a frosted pane does: a slight blur, pixels that change places with their neighbours, and a blur again.

    albumentations' GlassBlur, which exchanges pixels two by two; here each becomes one of its neighbours, so that the
    order of work does not matter.  Nothing moves by more than ``iterations * distance``, so boxes and points stay.
    Changes images only; any number of channels.

    Parameters
    ----------
    sigma : (float, float)
        Range of the standard deviation of both blurs, as a fraction of the shorter side, above 0, at most 0.1.
    distance : (float, float)
        Range of how far pixels go at most, along each axis, as a fraction of the shorter side, at least 0, at most 0.1;
        it is rounded to whole pixels, 1 to 64.
    iterations : int
        How often they go, 0 to 16.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.GlassBlur(distance=(0.01, 0.01), p=1.0)])
    >>> frosted = chain(image=image, key=0)["image"]
    """

    sigma: tuple[float, float] = (0.001, 0.002)
    distance: tuple[float, float] = (0.004, 0.01)
    iterations: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", SIDE, above=0, at_most=0.1))
        self._keep("distance", number_range(self.distance, "distance", SIDE, at_least=0, at_most=0.1))
        self._keep("iterations", integer(self.iterations, "iterations", at_least=0, at_most=MOST))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Standard deviation, distance, and the stream of the moves."""
        return {"sigma": rng.uniform(*self.sigma), "distance": rng.uniform(*self.distance), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Three filters."""
        short = min(frame.height, frame.width)
        sigma = max(params["sigma"] * short, 0.25)
        blur = Whole(functools.partial(gaussian_blur, sigma=sigma), label="gaussian blur", averages=True)
        reach = min(max(round(params["distance"] * short), 1), WIDEST)
        work = functools.partial(scatter, stream=params["stream"], reach=reach, turns=self.iterations)
        return [blur, Whole(work, label="scattering", averages=True), blur] if self.iterations else [blur, blur]


declare(
    GlassBlur,
    examples=[{}, {"iterations": 1, "distance": (0.02, 0.03)}],
    look="Fine detail is crumbled, outlines are rough; nothing has moved.",
    peers=[Single("GlassBlur", {}, {}, at_least=5)],
)
