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

import numpy as np

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
