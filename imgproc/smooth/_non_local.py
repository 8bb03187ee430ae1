"""Non-local means: the mean of pixels whose surroundings look alike.

For each offset the squared differences of whole rows, summed along and down over the patch term by term, become weights
of whole rows: all of it contiguous, in the cache for a block of the image.  No sum runs on, so nothing drifts and a NaN
stays within its patches.
"""

from __future__ import annotations

import numpy as np

from .._core import elementary
from .._core.check import as_image, frame_within, integer
from .._core.copies import copy_into
from .._core.declare import Case, Peer, declare, percent_apart
from .._core.jit import borrowed, kernel
from .._core.levels import SPREAD, fraction
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from ._bilateral import power_of_two
from ._common import with_frame, within_floats
from ._planes import planes_of, store_planes

__all__ = ["non_local_means"]

ALWAYS_SEARCHED = 16
"""A search radius that every image may have."""

_ROWS, _COLUMNS = 64, 512  # of a block, whose sums stay in the L2 cache


@kernel(inner=True)
def _difference(a, b, first, out):
    if first:
        for i in range(out.size):
            d = a[i] - b[i]
            out[i] = d * d
    else:
        for i in range(out.size):
            d = a[i] - b[i]
            out[i] += d * d


@kernel(inner=True)
def _first_three(a, b, c, out):
    for i in range(out.size):
        out[i] = a[i] + b[i] + c[i]


@kernel(inner=True)
def _two_more(a, b, out):
    for i in range(out.size):
        out[i] += a[i] + b[i]


@kernel(inner=True)
def _copy(a, out):
    for i in range(out.size):
        out[i] = a[i]


@kernel(inner=True)
def _seven(a, b, c, d, e, f, g, out):
    for i in range(out.size):
        out[i] = ((a[i] + b[i]) + (c[i] + d[i])) + ((e[i] + f[i]) + g[i])


# Kernels of their own, though only kernels call them: inlined with all their loops they take seconds to compile.


@kernel
def _along(line, side, out):
    if side == 7:
        _seven(line, line[1:], line[2:], line[3:], line[4:], line[5:], line[6:], out)
        return
    if side == 1:
        _copy(line, out)
    else:
        _first_three(line, line[1:], line[2:], out)
    for k in range(3, side, 2):
        _two_more(line[k:], line[k + 1 :], out)


@kernel
def _down(ring, n, side, out):
    if side == 7:
        a, b, c, d, e, f, g = ring[0], ring[1], ring[2], ring[3], ring[4], ring[5], ring[6]
        _seven(a, b, c, d, e, f, g, out)
        return
    if side == 1:
        _copy(ring[0, :n], out)
    else:
        _first_three(ring[0, :n], ring[1, :n], ring[2, :n], out)
    for k in range(3, side, 2):
        _two_more(ring[k, :n], ring[k + 1, :n], out)


@kernel(inner=True)
def _weigh(total, scale, double):
    for i in range(total.size):
        total[i] = power_of_two(-(total[i] * scale), double)


@kernel(inner=True)
def _add(values, weights, total, share, first):
    if first:
        for i in range(weights.size):
            total[i] += weights[i] * values[i]
            share[i] += weights[i]
    else:
        for i in range(weights.size):
            total[i] += weights[i] * values[i]


@kernel
def _non_local_block(values, patch, search, scale, double, line, ring, total, share, out):
    """`values` are planes with a margin of patch + search, `out` planes (c, h, w) of the block's means.

    Two pixels have the same weight for each other, so half of the offsets are enough: a row of weights from the pixels
    p to p + (dy, dx), of which one or both are in the block, is added to the sums of both."""
    values, ring, share, out = borrowed(values), borrowed(ring), borrowed(share), borrowed(out)
    line, total = borrowed(line), borrowed(total)
    channels, height, width = out.shape
    side, margin = 2 * patch + 1, patch + search
    share[:] = 1
    for c in range(channels):
        for y in range(height):
            copy_into(out[c, y], values[c, y + margin, margin : margin + width])
    for dy in range(search + 1):
        for dx in range(-search if dy > 0 else 1, search + 1):
            start, n = min(0, -dx), width + abs(dx)  # the columns of p
            x0, x1 = margin + start - patch, margin + start + n + patch
            for y in range(-dy - patch, height + patch):
                row = y + margin
                for c in range(channels):
                    _difference(values[c, row, x0:x1], values[c, row + dy, x0 + dx : x1 + dx], c == 0, line[: x1 - x0])
                _along(line[: x1 - x0], side, ring[(y + margin + dy) % side, :n])
                if y < patch - dy:
                    continue
                p = y - patch
                weights = total[:n]
                _down(ring, n, side, weights)
                _weigh(weights, scale, double)
                if p >= 0:
                    there, own = margin + dx, weights[-start : width - start]
                    for c in range(channels):
                        other = values[c, p + dy + margin, there : there + width]
                        _add(other, own, out[c, p], share[p], c == 0)
                q = p + dy
                if q < height:
                    there, own = margin - dx, weights[-dx - start : width - dx - start]
                    for c in range(channels):
                        _add(values[c, p + margin, there : there + width], own, out[c, q], share[q], c == 0)
    for c in range(channels):
        for y in range(height):
            _divide(out[c, y], share[y])


@kernel(inner=True)
def _divide(total, share):
    for i in range(total.size):
        total[i] /= share[i]


def non_local_means(image: np.ndarray, *, patch_radius: int, search_radius: int, strength: float) -> np.ndarray:
    """Non-local means: each pixel becomes the mean of those whose surroundings look like its own.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; the channels together.
    patch_radius : int
        Surroundings are squares of 2 patch_radius + 1 pixels; 3 is usual.
    search_radius : int
        Pixels are looked for in a square of 2 search_radius + 1 pixels, on which the time depends; 10 is usual.  It is
        at most the image's longer side, or 16.
    strength : float
        h of [1]_ as a fraction of full scale, above 0: the mean squared difference of two patches at which the weight
        falls to 1/e is strength squared.  About 1 to 2 times the noise's standard deviation.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even.  NaN and infinity stay, and spoil the pixels up to
        patch_radius + search_radius away.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The weight of a pixel is exp(-d / strength**2), with d the mean over the patch and over the channels of the squared
    difference; patches are not tapered, and the pixel itself weighs 1, as in [2]_ and in OpenCV (whose results differ
    by its table of weights).  Outside the image lies its mirror image (border ``reflect_101``).  Computed in float32
    (float64 for float64).

    References
    ----------
    .. [1] A. Buades, B. Coll, J.-M. Morel, "A non-local algorithm for image denoising", CVPR 2005.
    .. [2] A. Buades, B. Coll, J.-M. Morel, "Non-local means denoising", Image Processing On Line 1, 2011.

    Examples
    --------
    >>> noisy = add_noise(np.full((24, 24), 0.5), key=1, std=0.1)
    >>> bool(non_local_means(noisy, patch_radius=1, search_radius=5, strength=0.1).std() < noisy.std())
    True
    """
    image = as_image(image)
    patch = integer(patch_radius, "patch_radius", at_least=0)
    search = integer(search_radius, "search_radius", at_least=0)
    longest = max(*image.shape[:2], ALWAYS_SEARCHED)
    if search > longest:
        raise ValueError(f"search_radius must be <= the image's longer side, or {ALWAYS_SEARCHED}, got {search}")
    frame_within(patch + search, patch + search, image, "its border of patch_radius + search_radius")
    strength = fraction(strength, "strength", SPREAD, image, above=0)
    if image.size == 0:
        return image.copy()
    h, w = image.shape[:2]
    margin, side = patch + search, 2 * patch + 1
    values = planes_of(with_frame(image, margin, "reflect_101", 0.0))
    kind, channels = values.dtype, len(values)
    count = side * side * channels
    scale = kind.type(
        min(1 / (elementary.LN2 * count * elementary.square(within_floats(strength * full_scale(image.dtype)))), 1e30)
    )
    double = True if kind == np.float64 else None
    out = np.empty((channels, h, w), kind)

    def band(y0: int, y1: int) -> None:
        for x0 in range(0, w, _COLUMNS):
            x1 = min(x0 + _COLUMNS, w)
            part = canonical(values[:, y0 : y1 + 2 * margin, x0 : x1 + 2 * margin])
            n = x1 - x0
            most = n + search
            work = np.empty(most + 2 * patch, kind), np.empty((side, most), kind), np.empty(most, kind)
            block = np.empty((channels, y1 - y0, n), kind)
            _non_local_block(part, patch, search, scale, double, *work, np.empty((y1 - y0, n), kind), block)
            out[:, y0:y1, x0:x1] = block

    run_bands(band, h, pixels=h * w * (2 * search + 1) ** 2, rows=_ROWS)
    result = np.empty(image.shape, image.dtype)
    store_planes(out, result)
    return result


def _rows() -> list[Case]:
    import cv2

    return [
        Case(
            "non_local_means",
            "non-local means, patches of 7×7 in windows of 21×21",
            "grey",
            lambda x: non_local_means(x, patch_radius=3, search_radius=10, strength=10 / 255),
            {
                "cv2.fastNlMeansDenoising": Peer(
                    lambda x: cv2.fastNlMeansDenoising(x, None, 10, 7, 21),
                    limit=1 / 2,
                    tolerance=1,
                    difference=percent_apart,
                    unit="% of pixels",
                    note="looks up its weights in a table of steps",
                )
            },
            size=512,
        )
    ]


declare(non_local_means, reach=4, peers=_rows)
