"""Borders: the one definition of what lies outside an image.

A border is an index map: position ``i`` outside ``[0, size)`` reads pixel ``index_map(...)[i]``; -1 means the fill
value.

============== ===================== ======================= ================= =================
here           pixels beside ``abcd`` cv2                     scipy.ndimage     numpy.pad
============== ===================== ======================= ================= =================
constant       ``kkkk|abcd|kkkk``    ``BORDER_CONSTANT``     ``constant``      ``constant``
replicate      ``aaaa|abcd|dddd``    ``BORDER_REPLICATE``    ``nearest``       ``edge``
reflect        ``dcba|abcd|dcba``    ``BORDER_REFLECT``      ``reflect``       ``symmetric``
reflect_101    ``edcb|abcd|cbab``    ``BORDER_REFLECT_101``  ``mirror``        ``reflect``
wrap           ``abcd|abcd|abcd``    ``BORDER_WRAP``         ``grid-wrap``     ``wrap``
============== ===================== ======================= ================= =================
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from .formats import channels_of
from .opencv import load_cv2

BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")


@functools.lru_cache(maxsize=32)
def index_map(size: int, before: int, after: int, border: str) -> np.ndarray:
    """Source index of each position of a line of ``size`` pixels extended by ``before`` and ``after``.

    Parameters
    ----------
    size : int
        Length of the line, at least 1.
    before, after : int
        How far it is extended; any length, also beyond ``size``.
    border : str
        One of `BORDERS`.

    Returns
    -------
    read-only ndarray of shape (before + size + after,), intp
        Indices in ``[0, size)``, or -1 where the fill value of ``constant`` belongs.
    """
    i = np.arange(-before, size + after, dtype=np.intp)
    if border == "constant":
        i[(i < 0) | (i >= size)] = -1
    elif border == "replicate":
        np.clip(i, 0, size - 1, out=i)
    elif border == "wrap":
        i %= size
    elif border == "reflect":
        i %= 2 * size
        np.minimum(i, 2 * size - 1 - i, out=i)
    elif border == "reflect_101":
        period = max(2 * (size - 1), 1)
        i %= period
        np.minimum(i, period - i, out=i)
    else:
        raise AssertionError(border)
    i.flags.writeable = False
    return i


def extended(
    array: np.ndarray, radius: int, border: str, fill: float | bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index maps for windows: pixel (i, j) of the window of (y, x) is ``array[ymap[y + i], xmap[x + j]]``.

    Under ``constant`` the fill becomes pixels of a padded copy, so that no kernel meets an index of -1; under every
    other border the array comes back as it is.
    """
    h, w = array.shape[:2]
    if border != "constant":
        return array, index_map(h, radius, radius, border), index_map(w, radius, radius, border)
    widths = [(radius, radius)] * 2 + [(0, 0)] * (array.ndim - 2)
    padded = np.pad(array, widths, constant_values=fill)
    padded.flags.writeable = False
    return padded, index_map(h + 2 * radius, 0, 0, border), index_map(w + 2 * radius, 0, 0, border)


_CV2 = {
    "constant": "BORDER_CONSTANT",
    "replicate": "BORDER_REPLICATE",
    "reflect": "BORDER_REFLECT",
    "reflect_101": "BORDER_REFLECT_101",
    "wrap": "BORDER_WRAP",
}
_MOST_CHANNELS = 128
"""Of one pixel, for OpenCV."""


def framed(
    image: np.ndarray, sides: tuple[int, int, int, int], border: str, values: Sequence[float], out: np.ndarray
) -> np.ndarray:
    """An image in a frame.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    sides : (int, int, int, int)
        Rows above and below, columns left and right; negative ones crop.
    border : str
        One of `BORDERS`; all but ``constant`` need at least one pixel.
    values : sequence of number
        What ``constant`` shows: one number of the image's dtype for each channel.
    out : C-contiguous ndarray of shape (top + h + bottom, left + w + right) or with c
        Gets the result.

    Returns
    -------
    ndarray
        `out`.
    """
    (top, bottom, left, right), (h, w) = sides, image.shape[:2]
    channels = channels_of(image)
    crops = min(sides) < 0
    if border != "constant":
        if crops or channels > _MOST_CHANNELS:
            rows, columns = index_map(h, top, bottom, border), index_map(w, left, right, border)
            return np.take(np.take(image, rows, axis=0), columns, axis=1, out=out, mode="clip")
    elif crops:
        image = image[max(-top, 0) : max(h + min(bottom, 0), 0), max(-left, 0) : max(w + min(right, 0), 0)]
        top, bottom, left, right = (max(side, 0) for side in sides)
        h, w = image.shape[:2]
    if not image.size:
        out[...] = values if image.ndim == 3 else values[0]
    elif channels <= 4 or border != "constant":
        cv2, target = load_cv2(), out.reshape(out.shape[:2]) if channels == 1 else out
        source = image if image.flags.aligned else image.copy()
        cv2.copyMakeBorder(source, top, bottom, left, right, getattr(cv2, _CV2[border]), dst=target, value=values[:4])
    else:
        out[top : top + h, left : left + w] = image
        level = values[0] if len(set(values)) == 1 else values
        for strip in (np.s_[:top], np.s_[top + h :], np.s_[top : top + h, :left], np.s_[top : top + h, left + w :]):
            out[strip] = level
    return out
