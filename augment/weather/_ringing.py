"""Ringing: what is left beside edges where high frequencies end at once."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np

from imgproc._core import elementary_arrays
from imgproc._core.border import index_map
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import integer_range, number_range
from ._layers import settle_row, tone_of

__all__ = ["Ringing"]


@kernel(inner=True)
def _weigh(lines, w, out):
    """Add up rows times their weights, three at a time; their number is a multiple of three."""
    a, b, c, p, q, r = lines[0], lines[1], lines[2], w[0], w[1], w[2]
    for i in range(out.size):
        out[i] = p * a[i] + q * b[i] + r * c[i]
    for k in range(3, w.size, 3):
        a, b, c, p, q, r = lines[k], lines[k + 1], lines[k + 2], w[k], w[k + 1], w[k + 2]
        for i in range(out.size):
            out[i] += p * a[i] + q * b[i] + r * c[i]


@kernel(inner=True)
def _add_both(line, middle, away, out):
    """Add the samples so far to the left and to the right, or the sample itself."""
    a, b = line[middle - away :], line[middle + away :]
    if away == 0:
        for i in range(out.size):
            out[i] = a[i]
    else:
        for i in range(out.size):
            out[i] += a[i] + b[i]


@kernel(inner=True)
def _load(row, xmap, channels, out):
    """A row with its border."""
    side = (xmap.size * channels - row.size) // 2
    for x in range(side // channels):
        for c in range(channels):
            out[x * channels + c] = row[xmap[x] * channels + c]
            out[side + row.size + x * channels + c] = row[xmap[xmap.size - side // channels + x] * channels + c]
    for i in range(np.uint64(row.size)):
        out[np.uint64(side) + i] = row[i]


@kernel
def _fourfold(rows, maps, weights, tone, out, y0, y1):
    """Correlate with weights that depend on abs(x) and abs(y), ``weights[x, y]``, whose y is filled up with zeros.

    Rows above and below are added first; these are weighed for each x, and what comes out is added left and right.  So
    a weight serves four samples.  `maps` are the border's rows and columns, and the number of channels.
    """
    rows, out, (ymap, xmap, channels) = borrowed(rows), borrowed(out), maps
    radius = weights.shape[0] - 1
    height, wide, side = 2 * radius + 1, xmap.size * channels, radius * channels
    ring, folded = np.empty((height, wide), weights.dtype), np.zeros((weights.shape[1], wide), weights.dtype)
    line, total = np.empty(wide, weights.dtype), np.empty(rows.shape[1], weights.dtype)
    for y in range(y0, y1 + 2 * radius):
        _load(rows[ymap[y]], xmap, channels, ring[y % height])
        middle = y - radius
        if y < y0 + 2 * radius:
            continue
        folded[0] = ring[middle % height]
        for k in range(1, radius + 1):
            above, below, both = ring[(middle - k) % height], ring[(middle + k) % height], folded[k]
            for i in range(both.size):
                both[i] = above[i] + below[i]
        for k in range(radius + 1):
            _weigh(folded, weights[k], line)
            _add_both(line, side, k * channels, total)
        settle_row(total, tone, out[middle - radius])


# --- bytes ------------------------------------------------------------------------------------------------------------

# Levels of bytes are kept less 128, times 64, in 16 bits, and weights times 65536, so that vectors hold twice as many
# as of float32.  A product is the upper half of 32 bits: half a unit, 1/128 of a level, is given back for each.  A flat
# grey of 128 would be all zeros, of which nothing is cut off; so levels are kept `ASIDE` units higher.

BITS, ASIDE = 6, 19
LARGEST = 8
"""Of the radii for which the sum is exact to a quarter of a level."""


@kernel(inner=True)
def _product(a, w):
    return np.int16(np.int32(np.int32(a) * np.int32(w)) >> np.int32(16))


@kernel(inner=True)
def _weigh_bytes(lines, w, out):
    """As `_weigh`."""
    a, b, c, p, q, r = lines[0], lines[1], lines[2], w[0], w[1], w[2]
    for i in range(out.size):
        out[i] = np.int16(np.int16(_product(a[i], p) + _product(b[i], q)) + _product(c[i], r))
    for k in range(3, w.size, 3):
        a, b, c, p, q, r = lines[k], lines[k + 1], lines[k + 2], w[k], w[k + 1], w[k + 2]
        for i in range(out.size):
            more = np.int16(np.int16(_product(a[i], p) + _product(b[i], q)) + _product(c[i], r))
            out[i] = np.int16(out[i] + more)


@kernel
def _fourfold_bytes(rows, maps, weights, given_back, out, y0, y1):
    """As `_fourfold`."""
    rows, out, (ymap, xmap, channels) = borrowed(rows), borrowed(out), maps
    radius, low, top = weights.shape[0] - 1, np.int16(-128), np.int16(127)
    height, wide, side = 2 * radius + 1, xmap.size * channels, radius * channels
    ring, folded = np.empty((height, wide), np.int16), np.zeros((weights.shape[1], wide), np.int16)
    line, total = np.empty(wide, np.int16), np.empty(rows.shape[1], np.int16)
    for y in range(y0, y1 + 2 * radius):
        slot = ring[y % height]
        _load(rows[ymap[y]], xmap, channels, slot)
        for i in range(slot.size):
            slot[i] = np.int16(np.int32(np.int32(slot[i]) << np.int32(BITS)) - np.int32((128 << BITS) - ASIDE))
        middle = y - radius
        if y < y0 + 2 * radius:
            continue
        folded[0] = ring[middle % height]
        for k in range(1, radius + 1):
            above, below, both = ring[(middle - k) % height], ring[(middle + k) % height], folded[k]
            for i in range(both.size):
                both[i] = np.int16(above[i] + below[i])
        for k in range(radius + 1):
            _weigh_bytes(folded, weights[k], line)
            _add_both(line, side, k * channels, total)
        result = out[middle - radius]
        for i in range(result.size):
            v = np.int16(np.int32(np.int32(np.int32(total[i]) + given_back) >> np.int32(BITS)))
            v = low if v < low else v
            result[i] = np.int16(128) + (top if v > top else v)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ringing(Transform):
    """Cut off high frequencies at once, so that edges overshoot and have ripples beside them.

    The ideal low-pass filter of all directions alike, ``cutoff J1(cutoff r) / (2 pi r)``, cut off to a square: what
    compression, sharpening and resampling leave beside edges.  albumentations' RingingOvershoot, and the sinc filter of
    Real-ESRGAN [1]_.  Border ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    radius : (int, int)
        Range of the radius of the kernel in pixels, from 1 to 15; each integer alike.  At most the image's longer side
        is used.
    cutoff : (float, float)
        Range of the highest frequency that is kept, in radians per pixel, from 0.2 to pi, all.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    .. [1] X. Wang, L. Xie, C. Dong, Y. Shan, "Real-ESRGAN: training real-world blind super-resolution with pure
       synthetic data", ICCVW 2021, eq. 5.

    Examples
    --------
    >>> chain = augment.Compose([augment.Ringing(cutoff=(0.8, 1.0), p=1.0)])
    >>> rippled = chain(image=image, key=0)["image"]
    """

    radius: tuple[int, int] = (3, 7)
    cutoff: tuple[float, float] = (0.785, 1.571)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("radius", integer_range(self.radius, "radius", at_least=1, at_most=15))
        self._keep("cutoff", number_range(self.cutoff, "cutoff", at_least=0.2, at_most=3.1416))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Radius and cutoff."""
        return {"radius": rng.integer(*self.radius), "cutoff": rng.uniform(*self.cutoff)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        radius = min(params["radius"], max(frame.height, frame.width))
        return [Whole(functools.partial(_ring, radius, params["cutoff"]), label="ringing")]


declare(
    Ringing,
    examples=[{}, {"radius": (9, 12), "cutoff": (0.6, 0.7)}],
    look="Edges have a bright and a dark line beside them, and fainter ones beyond.",
    peers=[Single("RingingOvershoot", {}, {}, at_least=5)],
)


def _ring(radius: int, cutoff: float, image: np.ndarray) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    (h, w), channels = image.shape[:2], channels_of(image)
    weights = np.zeros((radius + 1, -(-(radius + 1) // 3) * 3), work_dtype(image.dtype))
    full = jinc_weights(radius, cutoff)
    weights[:, : radius + 1] = full[radius:, radius:]
    maps = index_map(h, radius, radius, "reflect_101"), index_map(w, radius, radius, "reflect_101"), channels
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    if image.dtype == np.uint8 and radius <= LARGEST and np.abs(full).sum() <= 3.9 and weights[0, 0] < 0.4:
        whole = np.rint(weights * 65536).astype(np.int64)
        whole[0, 0] += 65536 - (4 * whole.sum() - 2 * (whole[0].sum() + whole[:, 0].sum()) + whole[0, 0])
        products = (radius + 1) * (2 * radius + 1)
        back = np.int32((1 << BITS - 1) + products // 2 - ASIDE)
        band = functools.partial(_fourfold_bytes, rows, maps, whole.astype(np.int16), back, result)
    else:
        band = functools.partial(_fourfold, rows, maps, weights, tone_of(image), result)
    run_bands(band, h, pixels=image.size)
    return out


def jinc_weights(radius: int, cutoff: float) -> np.ndarray:
    """The ideal low-pass filter of a plane, float64 (2 radius + 1, 2 radius + 1), which adds up to 1.

    Bessel's J1(z) is the mean of ``cos(t - z sin t)`` over half a turn; with so many evenly spread t it has all its
    digits.
    """
    squares = np.square(np.arange(-radius, radius + 1))
    squares = squares + squares[:, np.newaxis]
    found, where = np.unique(squares, return_inverse=True)
    r = np.sqrt(found[1:].astype(np.float64))
    count = int(cutoff * r[-1]) + 24
    t = (np.arange(count) + 0.5) * (math.pi / count)
    waves = elementary_arrays.cos(t - cutoff * r[:, np.newaxis] * elementary_arrays.sin(t))
    weights = np.empty(found.size)
    weights[0] = cutoff * cutoff / (4 * math.pi)
    weights[1:] = np.cumsum(waves, axis=1)[:, -1] / count * cutoff / (2 * math.pi * r)
    kernel = weights[where].reshape(squares.shape)
    return kernel / np.cumsum(kernel)[-1]
