"""Zoom blur: the mean of views that come closer, as when the lens zooms while the shutter is open."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core import elementary
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import number_range
from ._layers import settle_row, tone_of
from ._zoom_bytes import double_bytes

__all__ = ["ZoomBlur"]

APART = 3.0
"""How far one view may be from the next at the border [px]."""
MOST = 7
"""Doublings, 128 views."""


@kernel
def _runs(places, starts, shifts):
    """Cut a line into runs in which the source's whole pixel is as far away; return how many there are."""
    count = 0
    for x in range(places.size):
        shift = np.int64(places[x]) - x
        if count == 0 or shift != shifts[count - 1]:
            starts[count], shifts[count] = x, shift
            count += 1
    starts[count] = places.size
    return count


@kernel(inner=True)
def _along(line, starts, shifts, weights, channels, here):
    """Half of a row, and half of a line that is read at other places: run by run, each shifted as a whole."""
    half = here.dtype.type(0.5)
    for k in range(shifts.size):
        first, last = starts[k] * channels, starts[k + 1] * channels
        near = line[first + shifts[k] * channels :]
        far, part, share = near[channels:], here[first:last], weights[first:last]
        for i in range(part.size):
            part[i] = half * (part[i] + (near[i] + share[i] * (far[i] - near[i])))


@kernel
def _double(rows, places, across, tone, out, y0, y1):
    """The mean of each row and of the same row zoomed; `places` are the rows that are read, `across` the columns."""
    rows, places, out = borrowed(rows), borrowed(places), borrowed(out)
    starts, shifts, weights, channels = across
    number, last = weights.dtype.type, rows.shape[0] - 1
    # One pixel more than a row, as the last one has a neighbour with no weight.
    line, here = np.empty(rows.shape[1] + channels, weights.dtype), np.empty(rows.shape[1], weights.dtype)
    for y in range(y0, y1):
        k = np.int64(places[y])
        above, below, share = rows[k], rows[min(k + 1, last)], number(places[y] - k)
        for i in range(above.size):
            a, b = number(above[i]), number(below[i])
            line[i] = a + share * (b - a)
        for c in range(channels):
            line[above.size + c] = line[above.size - channels + c]
        row = rows[y]
        for i in range(row.size):
            here[i] = row[i]
        _along(line, starts, shifts, weights, channels, here)
        settle_row(here, tone, out[y])


def places_of(size: int, factor: float) -> np.ndarray:
    """Where the pixels of a line come from that is enlarged about its middle, in pixels from the first one's centre."""
    middle = size / 2
    return np.clip((np.arange(size) + 0.5 - middle) / factor + (middle - 0.5), 0, size - 1)


def runs_of(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs of a line in which the source's whole pixel is as far away: where each starts, and how far that is."""
    starts, shifts = np.empty(places.size + 1, np.int64), np.empty(places.size, np.int64)
    count = _runs(places, starts, shifts)
    return starts[: count + 1], shifts[:count]


def zoom_blur(image: np.ndarray, factor: float) -> np.ndarray:
    """The mean of views that are enlarged about the middle by 1 up to a factor, at most `APART` pixels apart.

    Of 2**n views each is larger than the one before by the same factor q, so that n steps are enough, each of which
    takes the mean of what there is and of that enlarged by q, q**2, q**4, ...
    """
    h, w = image.shape[:2]
    far = max(h, w) / 2 * (1 - 1 / factor)
    steps = min(max(int(far / APART).bit_length(), 1), MOST)
    root = elementary.power(factor, 1.0 / ((1 << steps) - 1))
    zooms = [elementary.power(root, float(1 << step)) for step in range(steps)]
    places = [(places_of(h, zoom), places_of(w, zoom)) for zoom in zooms]
    if image.dtype == np.uint8:
        return double_bytes(image, places)
    channels, tone, work = channels_of(image), tone_of(image), work_dtype(image.dtype)
    rows = canonical(image).reshape(h, -1)
    for step, (down, across) in enumerate(places):
        weights = np.repeat(across - np.floor(across), channels).astype(work)
        runs, last = (*runs_of(across), weights, channels), step == steps - 1
        out = np.empty(rows.shape, image.dtype if last else work)
        band = functools.partial(_double, rows, down, runs, tone if last else (*tone[:2], 0), out)
        run_bands(band, h, pixels=image.size)
        rows = canonical(out)
    return out.reshape(image.shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ZoomBlur(Transform):
    """Blur along the lines through the middle, as when the lens zooms while the shutter is open.

    The mean of views that are enlarged about the middle of the image by 1 up to a factor.  So the middle stays sharp,
    and things stay where they are but for being drawn outwards.  albumentations' ZoomBlur, whose views are 1 to 3 % of
    the image apart and show; here they are at most three pixels apart, as long as 128 views are enough.  Changes images
    only; any number of channels.

    Parameters
    ----------
    factor : (float, float)
        Range of the largest factor, from 1, no blur, to 4.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.ZoomBlur(factor=(1.1, 1.2), p=1.0)])
    >>> rushing = chain(image=image, key=0)["image"]
    """

    factor: tuple[float, float] = (1.0, 1.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("factor", number_range(self.factor, "factor", at_least=1, at_most=4))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The largest factor."""
        return {"factor": rng.uniform(*self.factor)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        return [Whole(functools.partial(_zoom, params["factor"]), label="zoom blur", averages=True)]


declare(
    ZoomBlur,
    examples=[{}, {"factor": (1.3, 1.5)}],
    look="Streaks away from the middle, which is sharp; no steps in them.",
    peers=[Single("ZoomBlur", {}, {}, at_least=5, note="its views are 1 to 3 % apart")],
)


def _zoom(factor: float, image: np.ndarray) -> np.ndarray:
    return zoom_blur(image, factor) if image.size and factor > 1 else image.copy()
