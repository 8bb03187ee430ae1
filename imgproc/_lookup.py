"""Table lookup for integer images."""

from __future__ import annotations

import numpy as np

from ._jit import kernel
from ._planes import as_planes, canonical
from ._threads import run_bands


@kernel
def _look_up(values, table, out):
    for i in range(values.size):
        out[i] = table[values[i]]


@kernel
def _look_up_rgb(pixels, tables, out):
    red, green, blue = tables[0], tables[1], tables[2]
    for i in range(pixels.shape[0]):
        out[i, 0] = red[pixels[i, 0]]
        out[i, 1] = green[pixels[i, 1]]
        out[i, 2] = blue[pixels[i, 2]]


@kernel
def _look_up_channels(image, tables, out):
    h, w, channels = image.shape
    for y in range(h):
        for x in range(w):
            for c in range(channels):
                out[y, x, c] = tables[c, image[y, x, c]]


def look_up(image: np.ndarray, tables: np.ndarray) -> np.ndarray:
    """``tables[c, image[y, x, c]]``, in the image's rank and the tables' dtype.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8 or uint16.
    tables : ndarray of shape (c, levels)
        One table a channel.
    """
    planes, tables = as_planes(image), canonical(tables)
    h, w, channels = planes.shape
    out = np.empty(planes.shape, tables.dtype)

    def band(y0: int, y1: int) -> None:
        if channels == 1:
            _look_up(planes[y0:y1].reshape(-1), tables[0], out[y0:y1].reshape(-1))
        elif channels == 3:
            _look_up_rgb(planes[y0:y1].reshape(-1, 3), tables, out[y0:y1].reshape(-1, 3))
        else:
            _look_up_channels(planes[y0:y1], tables, out[y0:y1])

    run_bands(band, h, pixels=h * w)
    return out.reshape(image.shape)
