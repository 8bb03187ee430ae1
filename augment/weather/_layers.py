"""What weather lays over an image: a cover for each pixel, and the light that it has.

A cover is a share in [0, 1], float32, and the same for every dtype of the image.  Where it is 0 nothing changes, where
it is 1 only the layer is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical, full_scale
from imgproc._core.threads import run_bands

__all__: list[str] = []


@kernel(inner=True)
def store_row(levels, top, out):
    """Store a row of levels; with a `top` above 0 it is rounded half to even and saturated."""
    if top > 0:
        low, high = levels.dtype.type(0), levels.dtype.type(top)
        for i in range(out.size):
            v = levels[i]
            v = low if v < low else v
            v = high if v > high else v
            out[i] = np.int32(np.rint(v))
    else:
        for i in range(out.size):
            out[i] = levels[i]


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


@kernel
def _blend(rows, cover, colors, top, out, y0, y1):
    """Each level v becomes ``v + a (color - v)``, with a of its pixel, or of itself where the cover has all channels.

    `colors` has one level for each sample of a row.
    """
    rows, cover, colors, out = borrowed(rows), borrowed(cover), borrowed(colors), borrowed(out)
    size = colors.size
    channels = size // cover.shape[1]
    wide, levels = np.empty(size, cover.dtype), np.empty(size, colors.dtype)
    nothing = cover.dtype.type(0)
    for y in range(y0, y1):
        row, share = rows[y], cover[y]
        if channels > 1:
            _spread(share, channels, wide)
            share = wide
        for i in range(size):
            v, a = colors.dtype.type(row[i]), share[i]
            mixed = v + a * (colors[i] - v)
            levels[i] = v if a == nothing else mixed
        store_row(levels, top, out[y])


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
    h, top = len(image), full_scale(image.dtype)
    rows, result = canonical(image).reshape(h, -1), out.reshape(h, -1)
    levels = np.full(channels_of(image), color, np.float64) * top
    colors = np.tile(levels, image.shape[1]).astype(work_dtype(image.dtype))
    shares = canonical(cover).reshape(h, -1)
    limit = top if image.dtype.kind == "u" else 0
    run_bands(lambda y0, y1: _blend(rows, shares, colors, limit, result, y0, y1), h, pixels=image.size)
    return out
