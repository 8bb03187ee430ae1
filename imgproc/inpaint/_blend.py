"""Seams between the patches of exemplar-based inpainting, averaged away."""

from __future__ import annotations

import numpy as np

from .._core.jit import borrowed, kernel
from .._core.planes import canonical

__all__: list[str] = []


def blend_patches(
    out: np.ndarray,
    planes: np.ndarray,
    mask: np.ndarray,
    source: np.ndarray,
    trace: np.ndarray,
    radius: int,
    width: int,
) -> None:
    """Average all patches that were placed over pixels of the hole within `width` of a seam, in place in `out`.

    A seam runs between neighbours that were not copied from neighbours.  Each patch counts by a tent over its place.

    Parameters
    ----------
    out : ndarray of shape (h, w) or (h, w, c)
        The filled image.
    planes : ndarray of shape (h, w, c)
        The image.
    mask : ndarray of shape (h, w)
        The hole.
    source : ndarray of shape (h * w,)
        Indices of the pixels that were copied.
    trace : ndarray of shape (2, n)
        Indices of the centres of targets and sources, in order.
    radius : int
        Of a patch [px].
    width : int
        Of the zone on each side of a seam [px].
    """
    h, w = mask.shape
    near = np.zeros(h * w, bool)
    _mark_seams(canonical(mask.reshape(-1)), source, w, min(width, max(h, w)), near)
    places = np.flatnonzero(near)
    if not places.size:
        return
    number = np.full(h * w, -1, np.int32)
    number[places] = np.arange(places.size, dtype=np.int32)
    totals = np.zeros((places.size, planes.shape[2] + 1))
    _gather(planes, number, canonical(trace), w, radius, totals)
    values = totals[:, :-1] / totals[:, -1:]
    if out.dtype.kind == "u":
        values = np.rint(values)
    flat = out.reshape(h * w, -1)
    flat[places] = values.astype(out.dtype)


@kernel
def _mark_seams(mask, source, w, width, near):
    """Pixels of the hole up to `width` from a seam, the pixels beside it counting as 1; planes in one axis."""
    mask, source, near = borrowed(mask), borrowed(source), borrowed(near)
    h = mask.size // w
    for at in range(mask.size):
        if not mask[at]:
            continue
        y, x = at // w, at % w
        for k in range(2):
            v, u = y + k, x + 1 - k
            step = w if k else 1
            if v == h or u == w or not mask[at + step] or source[at + step] - source[at] == step:
                continue
            for b in range(max(y - width + 1, 0), min(v + width, h)):
                for a in range(b * w + max(x - width + 1, 0), b * w + min(u + width, w)):
                    near[a] = mask[a] or near[a]


@kernel
def _gather(planes, number, trace, w, radius, totals):
    """Weighted sums of what patches have at the numbered pixels, and the sum of weights; patch by patch, in order."""
    planes, number, trace, totals = borrowed(planes), borrowed(number), borrowed(trace), borrowed(totals)
    h, channels = planes.shape[0], planes.shape[2]
    for i in range(trace.shape[1]):
        y, x, qy, qx = trace[0, i] // w, trace[0, i] % w, trace[1, i] // w, trace[1, i] % w
        for v in range(max(y - radius, 0), min(y + radius + 1, h)):
            for u in range(max(x - radius, 0), min(x + radius + 1, w)):
                n = number[v * w + u]
                if n >= 0:
                    weight = np.float64((radius + 1 - abs(v - y)) * (radius + 1 - abs(u - x)))
                    for c in range(channels):
                        totals[n, c] += weight * planes[v - y + qy, u - x + qx, c]
                    totals[n, channels] += weight
