"""What weather lays over an image: a cover for each pixel, and the light that it has.

A cover is a share in [0, 1], float32, and the same for every dtype of the image.  Where it is 0 nothing changes, where
it is 1 only the layer is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical, full_scale
from imgproc._core.threads import run_bands

__all__: list[str] = []


@kernel(inner=True)
def lay_on(line, first, channels, share, level):
    """Lay a share of a level over a pixel of floats."""
    for i in range(first, first + channels):
        line[i] += share * (level - line[i])


@kernel(inner=True)
def lay_on_whole(line, i, channels, share, level):
    """The same over integers, rounded half to even."""
    if channels == 3:  # written out, as most images have three
        u, v, w = np.float32(line[i]), np.float32(line[i + 1]), np.float32(line[i + 2])
        line[i] = np.int32(np.rint(u + share * (level - u)))
        line[i + 1] = np.int32(np.rint(v + share * (level - v)))
        line[i + 2] = np.int32(np.rint(w + share * (level - w)))
        return
    for j in range(i, i + channels):
        v = np.float32(line[j])
        line[j] = np.int32(np.rint(v + share * (level - v)))


@kernel(inner=True)
def _spread(share, channels, wide):
    """Repeat the share of each pixel for each of its channels."""
    if channels == 3:
        for x in range(share.size):
            wide[3 * x] = share[x]
            wide[3 * x + 1] = share[x]
            wide[3 * x + 2] = share[x]
    else:
        for x in range(share.size):
            for c in range(channels):
                wide[x * channels + c] = share[x]


@kernel(inner=True)
def cover_row(row, share, colors, tone, wide, out):
    """Each level v of a row becomes ``v scale + shift``, and that ``v + a (color - v)``.

    The share a is that of its pixel, or of the sample itself where there are as many.  `colors` has one level for each
    sample, and `wide` has room for as many shares.  `tone` is (scale, shift, full scale), the last one 0 for floats.
    """
    scale, shift, top = tone
    nothing, channels = share.dtype.type(0), row.size // share.size
    if channels > 1:
        _spread(share, channels, wide)
        share = wide
    if top > 0:
        for i in range(row.size):
            v = colors.dtype.type(row[i]) * scale + shift
            out[i] = np.int32(np.rint(v + share[i] * (colors[i] - v)))
    else:
        for i in range(row.size):
            v, a = colors.dtype.type(row[i]) * scale + shift, share[i]
            mixed = v + a * (colors[i] - v)
            out[i] = v if a == nothing else mixed


@kernel(inner=True)
def settle_row(levels, tone, out):
    """Store a row of levels; integers are rounded half to even and saturated.  `tone` as for `cover_row`."""
    low, top = levels.dtype.type(0), levels.dtype.type(tone[2])
    if top > 0:
        for i in range(levels.size):
            v = levels[i]
            v = low if v < low else v
            v = top if v > top else v
            out[i] = np.int32(np.rint(v))
    else:
        for i in range(levels.size):
            out[i] = levels[i]


@kernel
def _blend(rows, cover, colors, tone, out, y0, y1):
    rows, cover, colors, out = borrowed(rows), borrowed(cover), borrowed(colors), borrowed(out)
    wide = np.empty(colors.size, cover.dtype)
    for y in range(y0, y1):
        cover_row(rows[y], cover[y], colors, tone, wide, out[y])


def colors_of(image: np.ndarray, color: float | Sequence[float]) -> np.ndarray:
    """The levels of a color for each sample of a row of an image; one fraction of full scale, or one a channel."""
    work, top = work_dtype(image.dtype), full_scale(image.dtype)
    if isinstance(color, float):
        return np.full(image.shape[1] * channels_of(image), color * top, work)
    return np.tile(np.array(color, np.float64) * top, image.shape[1]).astype(work)


def tone_of(image: np.ndarray, scale: float = 1.0, shift: float = 0.0) -> tuple[Any, Any, int]:
    """What `cover_row` wants: a factor and a shift, a fraction of full scale, in the image's kind of numbers."""
    number, top = work_dtype(image.dtype).type, full_scale(image.dtype)
    return number(scale), number(shift * top), top if image.dtype.kind == "u" else 0


def blend(image: np.ndarray, cover: np.ndarray, color: float | Sequence[float]) -> np.ndarray:
    """Lay a color over an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    cover : float32 ndarray of shape (h, w) or (h, w, c)
        The share of the layer in what is seen.
    color : float or sequence of float
        Its level, as a fraction of full scale; one, or one for each channel.

    Returns
    -------
    ndarray
        Same shape and dtype.
    """
    out = np.empty(image.shape, image.dtype)
    if not image.size:
        return out
    h = len(image)
    rows, result, shares = canonical(image).reshape(h, -1), out.reshape(h, -1), canonical(cover).reshape(h, -1)
    colors, tone = colors_of(image, color), tone_of(image)
    run_bands(lambda y0, y1: _blend(rows, shares, colors, tone, result, y0, y1), h, pixels=image.size)
    return out


def number_of(count: int, height: int, width: int) -> int:
    """How many things an image has that has so many in a square of its shorter side: at most one for each pixel."""
    short, long = sorted((height, width))
    return min(round(count * long / short), short * long)
