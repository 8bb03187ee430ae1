"""Warps by a map: each pixel of the result says where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import border_name, one_of
from .._core.declare import Case, Peer, declare
from .._core.jit import kernel
from .._core.planes import as_planes, canonical, fill_values
from .._core.threads import run_bands
from .._core.views import with_first_at
from .._scanline.compute import as_bytes, has_words_of, limits_of, result_numbers, source_numbers
from .._scanline.coordinates import BORDER_CODES, fold_row
from .._scanline.machine import (
    CAPACITY,
    CHANNELS,
    HEIGHT,
    SAME,
    SAMPLER,
    STORE,
    WIDTH,
    Result,
    Source,
    begin,
    packs,
    sample,
    store,
)
from .._scanline.packed import paint_packed
from .._scanline.samplers import _base as samplers
from .._scanline.samplers._base import check_samplable
from .._scanline.scratch import scratch
from ._common import border_fill, closed, opened, percent_apart_of_255

__all__ = ["remap"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic")
FARTHEST = float(np.finfo(np.float32).max)
"""Coordinates beyond it count as this one: they are not infinite, as float32 would have them."""


@kernel(inner=True)
def _points(x, y, w, h, border, xs, ys, outside):
    """Coordinates of a run in float32, brought back into the image by the border; `outside` is 1 where that is fill."""
    zero, half, far = np.float32(0.0), np.float32(0.5), x.dtype.type(FARTHEST)
    right, bottom = np.float32(w), np.float32(h)
    middle_x, middle_y = half * right, half * bottom  # samplers are slower at the edges
    n = x.size
    for i in range(n):
        a, b = x[i], y[i]
        known = (a - a == zero) & (b - b == zero)
        a, b = (far if a > far else a), (far if b > far else b)
        a, b = (-far if a < -far else a), (-far if b < -far else b)
        u, v = np.float32(a), np.float32(b)
        if border == 0:
            known &= (u >= zero) & (u <= right) & (v >= zero) & (v <= bottom)
        outside[i] = np.int32(0) if known else np.int32(1)
        xs[i] = u if known else middle_x
        ys[i] = v if known else middle_y
    if border != 0:
        fold_row(border, right, n, xs)
        fold_row(border, bottom, n, ys)


@kernel(inner=True)
def _fill(rows, channels, levels, outside, n, packed):
    """Give the levels of the border to points outside; `packed` is the bytes of a level of packed pixels, or 0."""
    some = np.int32(0)
    for i in range(n):
        some |= outside[i]
    if some == 0:
        return
    if packed > 0:
        for i in range(n):
            if outside[i] != 0:
                paint_packed(rows, packed, channels, levels, i, i + 1)
        return
    for c in range(channels):
        row, level = rows[c, :n], levels[c]
        for i in range(row.size):
            row[i] = level if outside[i] != 0 else row[i]


@kernel
def _remap_rows(source, x, y, border, levels, limits, scratch, out, y0, y1):
    """Rows [y0, y1) of the result."""
    begin(source, out, scratch)
    numbers, width, outside = source.numbers, x.shape[1], scratch.ints[4]
    task = scratch.tasks[0]
    packed = numbers[SAME] if packs(source, out) else np.int64(0)
    task[samplers.AT], task[samplers.PACKED] = 0, packed
    size = packed * numbers[CHANNELS]
    for row in range(y0, y1):
        for x0 in range(0, width, CAPACITY):
            n = min(CAPACITY, width - x0)
            _points(
                x[row, x0 : x0 + n], y[row, x0 : x0 + n], numbers[WIDTH], numbers[HEIGHT], border, scratch.floats[0],
                scratch.floats[1], outside,
            )  # fmt: skip
            task[samplers.COUNT] = n
            first = row * width + x0
            own = with_first_at(scratch, out.pixels, size * first) if packed > 0 else scratch
            sample(source.pixels, numbers[SAMPLER], task, limits, own)
            _fill(own.rows, numbers[CHANNELS], levels, outside, n, packed)
            if packed == 0:
                store(out.numbers[STORE], out.pixels, numbers[CHANNELS], n, first, limits, scratch)


def remap(
    image: np.ndarray,
    *,
    x: np.ndarray,
    y: np.ndarray,
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Build an image out of points of another: pixel (i, j) is what the image shows at (x[i, j], y[i, j]).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    x, y : ndarray of shape (height, width)
        Points of the image in continuous coordinates, in which the centre of pixel (i, j) is (j + 0.5, i + 0.5); any
        integers or floats, used to the precision of float32.  OpenCV's maps are ``x - 0.5`` and ``y - 0.5``.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of int16, int32 and labels, which are bool or other
        integers, in their own units.  One, or one for each channel.  uint8 and uint16 are images, whose 1 is white,
        also where they hold labels.  Points with a NaN or an infinite coordinate get it under every border.
    interpolation : {"nearest", "bilinear", "bicubic"}
        The nearest pixel, 2 x 2 or 4 x 4 pixels around the point; nothing is averaged where the map shrinks.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, c)
        Same shape and dtype as the image, but for (height, width), which are those of the maps.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> ys, xs = np.mgrid[:2, :3]
    >>> remap(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), x=2.0 - xs, y=ys + 0.0)
    array([[2, 2, 1],
           [4, 3, 2]], dtype=uint8)
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    x, y = _map(x, "x"), _map(y, "y")
    if x.shape != y.shape:
        raise ValueError(f"y must have the shape of x, {x.shape}, got {y.shape}")
    border_name(border)
    level = border_fill(fill, image, labels, interpolation)
    check_samplable(*image.shape[:2])
    kind = np.float32 if x.dtype == y.dtype == np.float32 else np.float64
    result = _remap(
        as_planes(image),
        canonical(x.astype(kind, copy=False)),
        canonical(y.astype(kind, copy=False)),
        border,
        level,
        interpolation,
    )
    return closed(result.reshape(*x.shape, *image.shape[2:]), labels)


def _map(values: Any, name: str) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fui":
        what = f"an array of {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise TypeError(f"{name} must be an array of numbers, got {what}")
    if values.ndim != 2:
        raise ValueError(f"{name} must have shape (height, width), got {values.shape}")
    return values


def _remap(
    planes: np.ndarray, x: np.ndarray, y: np.ndarray, border: str, fill: float | tuple[float, ...], interpolation: str
) -> np.ndarray:
    """The same for canonical arrays; (height, width, c)."""
    channels, dtype = planes.shape[2], planes.dtype
    limits, levels = limits_of(dtype, dtype, False), np.array(fill_values(fill, channels, dtype), dtype)
    out = np.empty((*x.shape, channels), dtype)
    wrap = border == "wrap"
    words = not wrap and has_words_of(planes.shape, dtype)
    source = Source(
        as_bytes(planes), source_numbers(planes.shape, dtype, dtype, interpolation, words, wrap, False, None)
    )
    result = Result(as_bytes(out), result_numbers(*x.shape, 0, dtype, dtype, False, channels, channels))
    levels = levels.astype(limits.dtype)

    def band(y0: int, y1: int) -> None:
        own = scratch(channels, limits.dtype)
        _remap_rows(source, x, y, BORDER_CODES[border], levels, limits, own, result, y0, y1)

    run_bands(band, x.shape[0], pixels=x.size)
    return out


def _rows() -> list[Case]:
    import cv2

    made: dict[tuple[int, ...], list[np.ndarray]] = {}

    def maps(image: np.ndarray) -> list[np.ndarray]:
        h, w = image.shape[:2]
        if (h, w) not in made:
            y, x = np.mgrid[:h, :w] + 0.5
            to = 0.95 * x + 0.1 * y - 1e-4 * x * y, 0.9 * y - 0.1 * x + 0.1 * w
            made[h, w] = [values.astype(np.float32) for values in (*to, to[0] - 0.5, to[1] - 0.5)]
        return made[h, w]

    def ours(image: np.ndarray) -> np.ndarray:
        x, y, *_ = maps(image)
        return remap(image, x=x, y=y)

    def theirs(image: np.ndarray) -> np.ndarray:
        x, y = maps(image)[2:]
        return cv2.remap(image, x, y, cv2.INTER_LINEAR)

    peer = Peer(theirs, None, 5, percent_apart_of_255, "% of pixels", "its maps count from pixel centres")
    what = "turned and bent, bilinear, maps of float32"
    return [Case(f"remap, {k}", what, k, ours, {"cv2.remap": peer}) for k in ("RGB", "grey", "grey float")]


declare(remap, peers=_rows)
