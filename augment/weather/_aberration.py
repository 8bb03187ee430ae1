"""Chromatic aberration: colours that a lens does not bring together."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.formats import work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import RGB, Frame, Params, Transform
from .._ranges import Spread, number_range, pair_of
from ._layers import tone_of
from ._zoom import places_of, runs_of

__all__ = ["ChromaticAberration"]


@kernel(inner=True)
def _magnified(above, below, share, channel, across, line, out):
    """A channel of a row, read between two rows and at the places of other columns, run by run."""
    starts, shifts, weights = across
    for x in range(out.size):
        a, b = line.dtype.type(above[3 * x + channel]), line.dtype.type(below[3 * x + channel])
        line[x] = a + share * (b - a)
    line[out.size] = line[out.size - 1]
    for k in range(shifts.size):
        first, last = starts[k], starts[k + 1]
        near = line[first + shifts[k] :]
        far, part, share = near[1:], out[first:last], weights[first:last]
        for i in range(part.size):
            part[i] = near[i] + share[i] * (far[i] - near[i])


@kernel
def _disperse(rows, red, blue, top, out, y0, y1):
    """Red and blue magnified about the middle; `red` and `blue` are the rows that are read, and the runs of a row."""
    rows, out = borrowed(rows), borrowed(out)
    number, last = red[1][2].dtype.type, rows.shape[0] - 1
    width = rows.shape[1] // 3
    line, found = np.empty(width + 1, red[1][2].dtype), np.empty((2, width), red[1][2].dtype)
    for y in range(y0, y1):
        i, j = np.int64(red[0][y]), np.int64(blue[0][y])
        _magnified(rows[i], rows[min(i + 1, last)], number(red[0][y] - i), 0, red[1], line, found[0])
        _magnified(rows[j], rows[min(j + 1, last)], number(blue[0][y] - j), 2, blue[1], line, found[1])
        row, one, other, result = rows[y], found[0], found[1], out[y]
        if top > 0:
            for x in range(width):
                result[3 * x] = np.int32(np.rint(one[x]))
                result[3 * x + 1] = row[3 * x + 1]
                result[3 * x + 2] = np.int32(np.rint(other[x]))
        else:
            for x in range(width):
                result[3 * x], result[3 * x + 1], result[3 * x + 2] = one[x], row[3 * x + 1], other[x]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChromaticAberration(Transform):
    """Let red and blue be a little larger or smaller than green, so that edges away from the middle get coloured rims.

    This is lateral chromatic aberration: a lens magnifies each wavelength by another factor.  Green, which stays, is
    what eyes see most of, so boxes and points stay.  albumentations' ChromaticAberration, which distorts red and blue
    by radial polynomials instead.  The border is replicated.  Changes images only; RGB images.

    Parameters
    ----------
    red : float or (float, float)
        Range of how much larger red is than green, as a fraction, within -0.2 and 0.2; below 0 it is smaller;
        one number v means (-v, v).
    blue : float or (float, float)
        Range of the same for blue; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is not RGB.

    Examples
    --------
    >>> chain = augment.Compose([augment.ChromaticAberration(red=(0.01, 0.02), p=1.0)])
    >>> fringed = chain(image=image, key=0)["image"]
    """

    red: Spread = (-0.01, 0.01)
    blue: Spread = (-0.01, 0.01)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("red", number_range(self.red, "red", at_least=-0.2, at_most=0.2, around=0))
        self._keep("blue", number_range(self.blue, "blue", at_least=-0.2, at_most=0.2, around=0))

    def channels_wanted(self) -> tuple[int, ...]:
        """RGB."""
        return RGB

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Both magnifications."""
        return {"red": rng.uniform(*pair_of(self.red)), "blue": rng.uniform(*pair_of(self.blue))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        self.need_channels(frame.channels)
        work = functools.partial(_dispersed, 1 + params["red"], 1 + params["blue"])
        return [Whole(work, label="chromatic aberration")]


declare(
    ChromaticAberration,
    examples=[{}, {"red": (0.02, 0.03), "blue": (-0.03, -0.02)}],
    look="Coloured rims along edges, wider towards the corners, none in the middle.",
    peers=[Single("ChromaticAberration", {}, {}, at_least=5)],
)


def _dispersed(red: float, blue: float, image: np.ndarray) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h, w = image.shape[:2]
    work = work_dtype(image.dtype)
    maps = []
    for factor in (red, blue):
        across = places_of(w, factor)
        starts, shifts = runs_of(across)
        maps.append((places_of(h, factor), (starts, shifts, (across - np.floor(across)).astype(work))))
    rows, result, top = canonical(image).reshape(h, -1), out.reshape(h, -1), tone_of(image)[2]
    run_bands(lambda y0, y1: _disperse(rows, maps[0], maps[1], top, result, y0, y1), h, pixels=image.size)
    return out
