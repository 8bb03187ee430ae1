"""The means of Gaussian windows that structural similarity is made of."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from .._core.border import index_map
from .._core.elementary import square
from .._core.formats import channels_of
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.threads import run_bands
from .._neighbours.correlate import weigh_row
from .._neighbours.gaussian import gaussian_weights

__all__: list[str] = []

RADIUS, SIGMA = 5, 1.5
"""Wang's window has 11 by 11 pixels."""
K1, K2 = 0.01, 0.03
_BLOCK = 256
"""About so many samples of a row are worked on at a time, so that the rows of a window stay in the cache."""


class Pair(NamedTuple):
    """Two images as flat rows, (h, w c), and their border."""

    a: Any
    b: Any
    valid: Any
    """bool (h, w c): which samples count; empty if all do."""
    ymap: Any
    xmap: Any


class Scratch(NamedTuple):
    """Room for a block of columns."""

    ring: Any
    """float64 (k, 11 n): of each of k products, the rows that the window sees."""
    lines: Any
    """float64 (4, n): rows of both images with their border, which samples count, and sums down the columns."""
    means: Any
    """float64 (k, m): of each product, the mean of the windows of a row."""


@kernel(inner=True)
def _extend(row, xmap, x0, channels, line):
    """Copy the pixels from place x0 of a row that the border extends on."""
    count, width = line.size // channels, row.size // channels
    r = (xmap.size - width) // 2
    first, last = min(max(r - x0, 0), count), max(min(width + r - x0, count), 0)
    for i in range(first * channels, last * channels):
        line[i] = row[(x0 - r) * channels + i]
    for j in range(count):
        if j < first or j >= last:
            for c in range(channels):
                line[j * channels + c] = row[xmap[x0 + j] * channels + c]


@kernel(inner=True)
def _multiply(lines, masked, ring, at):
    """Put both images, the sum of their squares and their product into the ring; samples that do not count are 0."""
    n = lines.shape[1]
    if masked:
        for i in range(n):
            counts = lines[2, i] > 0.0
            ring[4, at + i] = lines[2, i]
            lines[0, i] = lines[0, i] if counts else 0.0
            lines[1, i] = lines[1, i] if counts else 0.0
    for i in range(n):
        p, q = lines[0, i], lines[1, i]
        ring[0, at + i], ring[1, at + i] = p, q
        ring[2, at + i], ring[3, at + i] = p * p + q * q, p * q


@kernel(inner=True)
def _judge(means, masked, c1, c2):
    """SSIM and its part of contrast and structure, in place of the first two means."""
    p, q, s, t = means[0], means[1], means[2], means[3]
    if masked:
        for k in range(4):
            for i in range(p.size):
                means[k, i] /= means[4, i]
    for i in range(p.size):
        both, squares = p[i] * q[i], p[i] * p[i] + q[i] * q[i]
        structure = (2.0 * (t[i] - both) + c2) / ((s[i] - squares) + c2)
        p[i], q[i] = (2.0 * both + c1) / (squares + c1) * structure, structure


@kernel(inner=True)
def _add_up(values, counts, first, last):
    """The sum of values[first:last] that count, in four sums that do not wait for each other."""
    a, b, c, d, i = 0.0, 0.0, 0.0, 0.0, first
    if counts.size > 0:
        for j in range(first, last):
            a += values[j] if counts[j] else 0.0
        return a
    while i + 4 <= last:
        a, b, c, d = a + values[i], b + values[i + 1], c + values[i + 2], d + values[i + 3]
        i += 4
    while i < last:
        a += values[i]
        i += 1
    return (a + b) + (c + d)


@kernel
def compare_rows(pair, channels, weights, constants, part, inside, scratch, out, sums):
    """Compare the windows of rows y0 to before y1 and columns x0 to before x1 of two images.

    Row y of `out` gets SSIM, NaN where no sample of a window counts; it may have no rows.  ``sums[y]`` gets the sums of
    SSIM and of its part of contrast and structure, over columns ``inside[0]`` to before ``inside[1]``.
    """
    a, b, valid = borrowed(pair.a), borrowed(pair.b), borrowed(pair.valid)
    ring, lines, means = borrowed(scratch.ring), borrowed(scratch.lines), borrowed(scratch.means)
    y0, y1, x0, x1 = part
    r, n, masked = weights.size - 1, lines.shape[1], valid.size > 0
    height, first = 2 * r + 1, x0 * channels
    low, high = max(inside[0] - x0, 0) * channels, max(min(inside[1], x1) - x0, 0) * channels
    for y in range(y0, y1 + 2 * r):
        _extend(a[pair.ymap[y]], pair.xmap, x0, channels, lines[0])
        _extend(b[pair.ymap[y]], pair.xmap, x0, channels, lines[1])
        if masked:
            _extend(valid[pair.ymap[y]], pair.xmap, x0, channels, lines[2])
        _multiply(lines, masked, ring, (y % height) * n)
        row = y - 2 * r
        if row < y0:
            continue
        for k in range(ring.shape[0]):
            weigh_row(ring[k], ((y - r) % height) * n, n, height * n, weights, lines[3])
            weigh_row(lines[3], r * channels, channels, n, weights, means[k])
        _judge(means, masked, constants[0], constants[1])
        counts = valid[row, first : first + means.shape[1]] if masked else valid[0:0].ravel()
        for k in range(2):
            sums[row, k] = _add_up(means[k], counts, low, high)
        if out.shape[0] > 0:
            for i in range(means.shape[1]):
                out[row, first + i] = means[0, i]


def similarity(
    image: np.ndarray,
    reference: np.ndarray,
    peak: float,
    mask: np.ndarray | None,
    out: np.ndarray | None,
) -> tuple[float, float]:
    """The mean of SSIM, and of its part of contrast and structure, over the windows that lie in the image.

    Where an array `out` is given, it gets the map of SSIM, of the whole image, and the means are of no use.
    """
    h, w = image.shape[:2]
    channels, r = channels_of(image), RADIUS
    weights, constants = np.array(gaussian_weights(SIGMA, RADIUS / SIGMA)), (square(K1 * peak), square(K2 * peak))
    valid = np.empty((0, 0), bool) if mask is None else canonical(np.repeat(mask, channels, axis=1))
    maps = index_map(h, r, r, "reflect"), index_map(w, r, r, "reflect")
    pair = Pair(canonical(image).reshape(h, -1), canonical(reference).reshape(h, -1), valid, *maps)
    flat = np.empty((0, 0), np.float64) if out is None else out.reshape(h, -1)
    y0, y1 = (0, h) if out is not None else (r, h - r)
    parts = max(1, round(w * channels / _BLOCK))
    edges = [w * k // parts for k in range(parts + 1)]
    sums, products = np.zeros((parts, h, 2)), 4 if mask is None else 5

    def band(a: int, b: int) -> None:
        for k, (x0, x1) in enumerate(itertools.pairwise(edges)):
            n = (x1 - x0 + 2 * r) * channels
            scratch = Scratch(
                np.empty((products, (2 * r + 1) * n)), np.empty((4, n)), np.empty((products, (x1 - x0) * channels))
            )
            part = (y0 + a, y0 + b, x0, x1)
            compare_rows(pair, channels, weights, constants, part, (r, w - r), scratch, flat, sums[k])

    run_bands(band, y1 - y0, pixels=4 * image.size)
    inner = (h - 2 * r) * (w - 2 * r) if mask is None else int(np.count_nonzero(mask[r : h - r, r : w - r]))
    both = sums[:, r : h - r].sum(axis=(0, 1)) / max(inner * channels, 1)
    return float(both[0]), float(both[1])
