"""Warps by a map: each pixel of the result says where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import border_name, one_of
from .._core.declare import declare
from .._core.jit import kernel
from .._core.planes import as_planes, canonical, full_scale, level
from .._core.threads import run_bands
from .._scanline.coordinates import BORDER_CODES, _fold_row
from .._scanline.interpolate import sample_bicubic, sample_bilinear
from .._scanline.nearest import BICUBIC, BILINEAR, NEAREST, nearest_index
from .._scanline.stores import store
from ._common import fill_levels, full_image

__all__ = ["remap"]

_RUN = 1024
"""Pixels that are done together: what is known of them stays in the L1 cache."""
_MODES = {"nearest": NEAREST, "bilinear": BILINEAR, "bicubic": BICUBIC}
_ROUND = 12582912.0
"""1.5 * 2**23: a float32 below 2**22 plus and minus this is rounded half to even."""


@kernel(inner=True)
def _points(x, y, w, h, border, xs, ys, outside):
    """Coordinates of a run in float32, brought back into the image by the border; `outside` is 1 where that is fill."""
    zero, half = np.float32(0.0), np.float32(0.5)
    right, bottom = np.float32(w), np.float32(h)
    n = x.size
    for i in range(n):
        u, v = np.float32(x[i]), np.float32(y[i])
        known = (u - u == zero) & (v - v == zero)
        if border == 0:
            known &= (u >= zero) & (u <= right) & (v >= zero) & (v <= bottom)
        outside[i] = np.int32(0) if known else np.int32(1)
        xs[i] = u if known else half
        ys[i] = v if known else half
    if border != 0:
        _fold_row(border, right, n, xs)
        _fold_row(border, bottom, n, ys)


@kernel(inner=True)
def _fill(rows, channels, levels, outside, n):
    for i in range(n):
        if outside[i] != 0:
            for c in range(channels):
                rows[c, i] = levels[c]


@kernel(inner=True)
def _copy(flat, channels, index, outside, levels, n, out):
    """Whole pixels."""
    if channels == 3:
        red, green, blue = levels[0], levels[1], levels[2]
        for i in range(n):
            p = 3 * np.uint64(np.uint32(index[i]))
            out[3 * i], out[3 * i + 1], out[3 * i + 2] = flat[p], flat[p + 1], flat[p + 2]
            if outside[i] != 0:
                out[3 * i], out[3 * i + 1], out[3 * i + 2] = red, green, blue
    else:
        for c in range(channels):
            step, level = np.uint64(channels), levels[c]
            for i in range(n):
                value = flat[np.uint64(np.uint32(index[i])) * step + np.uint64(c)]
                out[i * channels + c] = value if outside[i] == 0 else level


@kernel
def _remap_rows(flat, w, h, channels, mode, border, x, y, levels, limits, rows, floats, ints, out, y0, y1):
    """Rows [y0, y1) of the result."""
    width, wrap = x.shape[1], border == 4
    xs, ys, outside = floats[0], floats[1], ints[4]
    for row in range(y0, y1):
        for x0 in range(0, width, _RUN):
            n = min(_RUN, width - x0)
            first = row * width + x0
            _points(x[row, x0 : x0 + n], y[row, x0 : x0 + n], w, h, border, xs, ys, outside)
            if mode == NEAREST:
                nearest_index(xs, ys, w, h, n, ints[0])
                _copy(flat, channels, ints[0], outside, levels, n, out[first * channels : (first + n) * channels])
                continue
            if mode == BICUBIC:
                lo, hi, magic = limits[0], limits[1], limits[2]
                sample_bicubic(flat, w, h, channels, wrap, xs, ys, n, magic, lo, hi, ints, floats[2:], rows, 0)
            else:
                sample_bilinear(flat, w, h, channels, wrap, xs, ys, n, limits[2], ints, floats[2:], rows, 0)
            _fill(rows, channels, levels, outside, n)
            store(rows, channels, n, out, first, 0)


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
        uint8, uint16, float32 or float64; at least one pixel.
    x, y : ndarray of shape (height, width)
        Points of the image in continuous coordinates, in which the centre of pixel (i, j) is (j + 0.5, i + 0.5); any
        integers or floats, used to the precision of float32.  OpenCV's maps are ``x - 0.5`` and ``y - 0.5``.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; one, or one for each channel.  Points with a NaN or an
        infinite coordinate get it under every border.
    interpolation : {"nearest", "bilinear", "bicubic"}
        The nearest pixel, 2 x 2 or 4 x 4 pixels around the point; nothing is averaged where the map shrinks.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, c)
        Same shape and dtype as the image, but for (height, width), which are those of the maps.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    """
    image = full_image(image)
    x, y = _map(x, "x"), _map(y, "y")
    if x.shape != y.shape:
        raise ValueError(f"y must have the shape of x, {x.shape}, got {y.shape}")
    border_name(border)
    one_of(interpolation, "interpolation", tuple(_MODES))
    fill = fill_levels(fill, image)
    kind = np.float32 if x.dtype == y.dtype == np.float32 else np.float64
    return _remap(
        as_planes(image),
        canonical(x.astype(kind, copy=False)),
        canonical(y.astype(kind, copy=False)),
        border,
        fill,
        interpolation,
    ).reshape(*x.shape, *image.shape[2:])


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
    h, w, channels = planes.shape
    dtype = planes.dtype
    kind = np.float64 if dtype == np.float64 else np.float32
    limits = np.array((0.0, full_scale(dtype), _ROUND) if dtype.kind == "u" else (-np.inf, np.inf, 0.0), kind)
    levels = np.empty(channels, dtype)
    levels[:] = level(fill, dtype) if isinstance(fill, float) else [level(v, dtype) for v in fill]
    out = np.empty((*x.shape, channels), dtype)

    def band(y0: int, y1: int) -> None:
        _remap_rows(
            planes.reshape(-1),
            w,
            h,
            channels,
            _MODES[interpolation],
            BORDER_CODES[border],
            x,
            y,
            levels,
            limits,
            np.empty((channels, _RUN), kind),
            np.empty((6, _RUN), np.float32),
            np.empty((5, _RUN), np.int32),
            out.reshape(-1),
            y0,
            y1,
        )

    run_bands(band, x.shape[0], pixels=x.size)
    return out


declare(remap, no_peer="no row yet")
