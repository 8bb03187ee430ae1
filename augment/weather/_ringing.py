"""Ringing: what is left beside edges where high frequencies end at once."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np

from imgproc._core import elementary
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
from ._ringing_bytes import load_row, ring_bytes

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
        load_row(rows[ymap[y]], xmap, channels, ring[y % height])
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
    if not image.size:
        return np.empty(image.shape, image.dtype)
    full = jinc_weights(radius, cutoff)
    found = ring_bytes(image, full) if image.dtype == np.uint8 else None
    if found is not None:
        return found
    out, (h, w), channels = np.empty(image.shape, image.dtype), image.shape[:2], channels_of(image)
    weights = np.zeros((radius + 1, -(-(radius + 1) // 3) * 3), work_dtype(image.dtype))
    weights[:, : radius + 1] = full[radius:, radius:]
    maps = index_map(h, radius, radius, "reflect_101"), index_map(w, radius, radius, "reflect_101"), channels
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    run_bands(functools.partial(_fourfold, rows, maps, weights, tone_of(image), result), h, pixels=image.size)
    return out


@kernel
def _fill(cutoff, quarter):
    """One quarter of the weights, its middle first.

    Bessel's J1(z) is the mean of ``cos(t - z sin t)`` over half a turn; with so many evenly spread t it has all its
    digits.
    """
    radius = quarter.shape[0] - 1
    count = np.int64(cutoff * math.sqrt(2.0 * radius * radius)) + 24
    for y in range(radius + 1):
        for x in range(y + 1):
            r, total = math.sqrt(float(x * x + y * y)), 0.0
            for i in range(count):
                t = (i + 0.5) * (math.pi / count)
                total += elementary.cos(t - cutoff * r * elementary.sin(t))
            peak = cutoff * cutoff / (4 * math.pi)
            quarter[y, x] = peak if y == 0 else total / count * cutoff / (2 * math.pi * r)
            quarter[x, y] = quarter[y, x]


def jinc_weights(radius: int, cutoff: float) -> np.ndarray:
    """The ideal low-pass filter of a plane, float64 (2 radius + 1, 2 radius + 1), which adds up to 1."""
    quarter = np.empty((radius + 1, radius + 1))
    _fill(float(cutoff), quarter)
    back = np.abs(np.arange(-radius, radius + 1))
    kernel = quarter[back][:, back]
    return kernel / np.cumsum(kernel)[-1]
