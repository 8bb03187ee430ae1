"""Blurs of float images by symmetric weights along both axes.

Rows of the image are read where they lie, and a row of sums along y is all that is kept; sums along x go into the
result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._core.border import index_map
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.planes import canonical
from .._core.threads import run_bands

__all__: list[str] = []

# Places are those of the two ends of each pair, in flat arrays; pair 0 is the middle with itself.  Each number of pairs
# has a loop of its own, as loads and stores are what costs.


@kernel(inner=True)
def _one_pair(flat, at, w, k, out):
    m, a, b, u, v = at[0, 0], at[0, k], at[1, k], w[0], w[k]
    for i in range(np.uint64(out.size)):
        total = u * flat[m + i] if k == 1 else out[i]
        out[i] = total + v * (flat[a + i] + flat[b + i])


@kernel(inner=True)
def _two_pairs(flat, at, w, k, out):
    m, a, b, c, d = at[0, 0], at[0, k], at[1, k], at[0, k + 1], at[1, k + 1]
    t, u, v = w[0], w[k], w[k + 1]
    for i in range(np.uint64(out.size)):
        total = t * flat[m + i] if k == 1 else out[i]
        out[i] = total + (u * (flat[a + i] + flat[b + i]) + v * (flat[c + i] + flat[d + i]))


@kernel(inner=True)
def _four_pairs(flat, at, w, k, out):
    m, a, b, c, d = at[0, 0], at[0, k], at[1, k], at[0, k + 1], at[1, k + 1]
    e, f, g, h = at[0, k + 2], at[1, k + 2], at[0, k + 3], at[1, k + 3]
    t, u, v, x, z = w[0], w[k], w[k + 1], w[k + 2], w[k + 3]
    for i in range(np.uint64(out.size)):
        total = t * flat[m + i] if k == 1 else out[i]
        total += u * (flat[a + i] + flat[b + i]) + v * (flat[c + i] + flat[d + i])
        out[i] = total + (x * (flat[e + i] + flat[f + i]) + z * (flat[g + i] + flat[h + i]))


@kernel(inner=True)
def _six_pairs(flat, at, w, k, out):
    m, a, b, c, d = at[0, 0], at[0, k], at[1, k], at[0, k + 1], at[1, k + 1]
    e, f, g, h = at[0, k + 2], at[1, k + 2], at[0, k + 3], at[1, k + 3]
    j, n, o, p = at[0, k + 4], at[1, k + 4], at[0, k + 5], at[1, k + 5]
    t, u, v, x, z, q, r = w[0], w[k], w[k + 1], w[k + 2], w[k + 3], w[k + 4], w[k + 5]
    for i in range(np.uint64(out.size)):
        total = t * flat[m + i] if k == 1 else out[i]
        total += u * (flat[a + i] + flat[b + i]) + v * (flat[c + i] + flat[d + i])
        total += x * (flat[e + i] + flat[f + i]) + z * (flat[g + i] + flat[h + i])
        out[i] = total + (q * (flat[j + i] + flat[n + i]) + r * (flat[o + i] + flat[p + i]))


@kernel(inner=True)
def _symmetric(flat, at, weights, out):
    pairs, k = weights.size - 1, 1
    if pairs % 2 == 1:
        _one_pair(flat, at, weights, 1, out)
        k = 2
    while k <= pairs:
        if k + 6 <= pairs + 1:
            _six_pairs(flat, at, weights, k, out)
            k += 6
        elif k + 4 <= pairs + 1:
            _four_pairs(flat, at, weights, k, out)
            k += 4
        else:
            _two_pairs(flat, at, weights, k, out)
            k += 2


@kernel
def _blur_rows(flat, ymap, xmap, channels, weights, wide, seen, y0, out):
    """Blur the rows y0 on of a flat image.  `wide` has room for a row with its border, and `seen` is the same."""
    r, n = weights.size - 1, out.shape[1]
    margin = r * channels
    at = np.empty((2, r + 1), np.uint64)
    beside = np.empty((2, r + 1), np.uint64)
    for k in range(r + 1):
        beside[0, k], beside[1, k] = margin - k * channels, margin + k * channels
    for y in range(out.shape[0]):
        for k in range(r + 1):
            at[0, k], at[1, k] = ymap[y0 + y + r - k] * n, ymap[y0 + y + r + k] * n
        _symmetric(flat, at, weights, wide[margin : margin + n])
        for k in range(r):
            far = xmap.size - 1 - k
            for c in range(channels):
                wide[k * channels + c] = wide[margin + xmap[k] * channels + c]
                wide[far * channels + c] = wide[margin + xmap[far] * channels + c]
        _symmetric(seen, beside, weights, out[y])


def blur_floats(image: np.ndarray, weights: Sequence[float], border: str) -> np.ndarray:
    """Blur a float image that is not empty by symmetric weights, given from the middle on: at least two of them.

    `border` is any but ``constant``.
    """
    r, (h, w), channels = len(weights) - 1, image.shape[:2], channels_of(image)
    ymap, xmap = index_map(h, r, r, border), index_map(w, r, r, border)
    flat, values, out = canonical(image).reshape(-1), np.array(weights, image.dtype), np.empty(image.shape, image.dtype)
    rows = out.reshape(h, -1)

    def band(y0: int, y1: int) -> None:
        wide = np.empty(xmap.size * channels, image.dtype)
        _blur_rows(flat, ymap, xmap, channels, values, wide, canonical(wide), y0, rows[y0:y1])

    run_bands(band, h, pixels=h * w)
    return out
