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


# --- bytes ------------------------------------------------------------------------------------------------------------

# In between, levels of bytes are kept times 256, so that vectors hold twice as many as of float32.  A product is the
# upper half of 32 bits; what is cut off of two of them is a unit on average, 1/256 of a level, and is given back.


@kernel
def _raise(rows, out, y0, y1):
    """Levels of bytes times 256."""
    for y in range(y0, y1):
        row, raised = rows[y], out[y]
        for i in range(row.size):
            raised[i] = np.uint16(np.uint32(row[i]) << np.uint32(8))


@kernel
def _lower(rows, out, y0, y1):
    """Back to bytes, rounded."""
    for y in range(y0, y1):
        row, lowered = rows[y], out[y]
        for i in range(row.size):
            lowered[i] = np.uint16(row[i] + np.uint16(128)) >> np.uint16(8)


@kernel(inner=True)
def _mixed(a, b, share):
    """From one level to another, `share` of 65536 of the way."""
    p = np.uint32(np.uint32(np.uint32(a) * np.uint32(np.uint16(np.uint16(65535) - share))) >> np.uint32(16))
    q = np.uint32(np.uint32(np.uint32(b) * np.uint32(share)) >> np.uint32(16))
    return np.uint16(np.uint16(p + q) + np.uint16(1))


@kernel(inner=True)
def _between(a, b, share, out):
    """A row between two others."""
    for i in range(a.size):
        out[i] = _mixed(a[i], b[i], share)


@kernel(inner=True)
def _along_bytes(line, starts, shifts, weights, channels, here):
    """As `_along`."""
    for k in range(shifts.size):
        first, last = starts[k] * channels, starts[k + 1] * channels
        near = line[first + shifts[k] * channels :]
        far, part, share = near[channels:], here[first:last], weights[first:last]
        for i in range(part.size):
            both = np.uint32(np.uint32(part[i]) + np.uint32(_mixed(near[i], far[i], share[i])))
            part[i] = np.uint16(np.uint32(both + np.uint32(1)) >> np.uint32(1))


@kernel
def _double_bytes(rows, places, across, out, y0, y1):
    """As `_double`, of levels times 256."""
    rows, places, out = borrowed(rows), borrowed(places), borrowed(out)
    starts, shifts, weights, channels = across
    last, size = rows.shape[0] - 1, rows.shape[1]
    line = np.empty(size + channels, np.uint16)
    for y in range(y0, y1):
        k, row, here = np.int64(places[y]), rows[y], out[y]
        _between(rows[k], rows[min(k + 1, last)], np.uint16((places[y] - k) * 65536.0), line)
        for c in range(channels):
            line[size + c] = line[size - channels + c]
        for i in range(size):
            here[i] = row[i]
        _along_bytes(line, starts, shifts, weights, channels, here)


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
    bytes_, channels, tone = image.dtype == np.uint8, channels_of(image), tone_of(image)
    work = np.dtype(np.uint16) if bytes_ else work_dtype(image.dtype)
    rows = canonical(image).reshape(h, -1)
    if bytes_:
        raised = np.empty(rows.shape, np.uint16)
        run_bands(functools.partial(_raise, rows, raised), h, pixels=image.size)
        rows = canonical(raised)
    for step in range(steps):
        zoom = elementary.power(root, float(1 << step))
        down, across = places_of(h, zoom), places_of(w, zoom)
        weights = np.repeat((across - np.floor(across)) * (65536 if bytes_ else 1), channels).astype(work)
        runs, last = (*runs_of(across), weights, channels), step == steps - 1
        out = np.empty(rows.shape, image.dtype if last and not bytes_ else work)
        if bytes_:
            band = functools.partial(_double_bytes, rows, down, runs, out)
        else:
            band = functools.partial(_double, rows, down, runs, tone if last else (*tone[:2], 0), out)
        run_bands(band, h, pixels=image.size)
        rows = canonical(out)
    if bytes_:
        out = np.empty(rows.shape, np.uint8)
        run_bands(functools.partial(_lower, rows, out), h, pixels=image.size)
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
