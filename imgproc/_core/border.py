"""Borders: the one definition of what lies outside an image.

A border is an index map: it says for each position, inside or outside of the image, which pixel is read there; -1
stands for the fill value.  The same borders have other names elsewhere:

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
from .opencv import for_cv2, load_cv2

BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")


@functools.lru_cache(maxsize=32)
def index_map(size: int, before: int, after: int, border: str) -> np.ndarray:
    """Say which pixel is read at each position of a line that is extended on both sides.

    Parameters
    ----------
    size : int
        Number of pixels of the line, at least 1.
    before, after : int
        How many positions are added before and after it.  They may be more than ``size``.
    border : str
        One of `BORDERS`.

    Returns
    -------
    read-only ndarray of shape (before + size + after,), intp
        Indices in ``[0, size)``; -1 where ``constant`` shows its fill value.
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
    array: np.ndarray, radius: int, border: str, fill: float | bool | np.generic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prepare an array for windows: return an array and its index maps ``ymap`` and ``xmap``.

    Pixel (i, j) of the window at (y, x) is ``array[ymap[y + i], xmap[x + j]]``.  With ``constant`` a padded copy is
    returned, in which the fill value has become pixels, so that kernels never meet an index of -1.  With every other
    border the array comes back as it is.
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
"""OpenCV takes at most so many channels."""


def framed(
    image: np.ndarray, sides: tuple[int, int, int, int], border: str, values: Sequence[float], out: np.ndarray
) -> np.ndarray:
    """Put an image into a frame, or crop it.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    sides : (int, int, int, int)
        Rows to add above and below, columns to add left and right.  A negative number crops.
    border : str
        One of `BORDERS`.  All but ``constant`` need an image of at least one pixel.
    values : sequence of number
        What ``constant`` shows: one number of the image's dtype for each channel.
    out : C-contiguous ndarray of shape (top + h + bottom, left + w + right) or with c
        The result is written here.

    Returns
    -------
    ndarray
        `out`.
    """
    (top, bottom, left, right), (h, w) = sides, image.shape[:2]
    channels = channels_of(image)
    crops = min(sides) < 0
    if border != "constant":
        # OpenCV looks again at each line for each time that the image goes to and fro.
        often = max(top, bottom) > 8 * h or max(left, right) > 8 * w
        if crops or often or channels > _MOST_CHANNELS:
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
        source = for_cv2(image)
        cv2.copyMakeBorder(source, top, bottom, left, right, getattr(cv2, _CV2[border]), dst=target, value=values[:4])
    else:
        out[top : top + h, left : left + w] = image
        level = values[0] if len(set(values)) == 1 else values
        for strip in (np.s_[:top], np.s_[top + h :], np.s_[top : top + h, :left], np.s_[top : top + h, left + w :]):
            out[strip] = level
    return out
