"""Histograms of oriented gradients."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary_arrays
from .._core.check import amount_within, as_image, integer, one_of, size_pair
from .._core.declare import Case, Peer, declare, floats_like
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.planes import as_planes, full_scale
from .._core.threads import run_bands

__all__ = ["hog"]

_LEAST, _MOST = 1e-5, 0.2
"""What is added to the norm of a block, and where ``"l2_hys"`` cuts values off."""

_TESTED = 32
"""Up to so many directions are told apart by testing all limits between them, which vectorises; more by search."""


@kernel(inner=True)
def _gradient_row(planes, y, across, down):
    """Differences of neighbours of one row, in the channel where they are largest; 0 at the image's edges."""
    h, w, channels = planes.shape
    above, row, below = planes[max(y - 1, 0)], planes[y], planes[min(y + 1, h - 1)]
    inner = 1.0 if 0 < y < h - 1 else 0.0
    across[0] = across[w - 1] = 0
    for x in range(1, w - 1):
        across[x] = np.float64(row[x + 1, 0]) - np.float64(row[x - 1, 0])
    for x in range(w):
        down[x] = np.float64(below[x, 0]) - np.float64(above[x, 0]) if inner else 0.0
    for c in range(1, channels):
        for x in range(w):
            gx = np.float64(row[x + 1, c]) - np.float64(row[x - 1, c]) if 0 < x < w - 1 else 0.0
            gy = np.float64(below[x, c]) - np.float64(above[x, c]) if inner else 0.0
            size, most = gx * gx + gy * gy, across[x] * across[x] + down[x] * down[x]
            if size > most or (size != size and most == most):
                across[x], down[x] = gx, gy


@kernel(inner=True)
def _bins(across, down, limits, sizes, bins):
    """Lengths of gradients, and in which of the sectors between the directions in `limits` they are, as floats.

    `limits` are cosines and sines; the first is 0 degrees.  Opposite gradients are the same.
    """
    for x in range(sizes.size):
        gx, gy = across[x], down[x]
        sizes[x] = np.sqrt(gx * gx + gy * gy)
        turned = (gy < 0) | ((gy == 0) & (gx < 0))
        across[x], down[x], bins[x] = (-gx if turned else gx), (-gy if turned else gy), 0
    count = limits.shape[1]
    if count <= _TESTED:
        for k in range(1, count):
            cosine, sine = limits[0, k], limits[1, k]
            for x in range(sizes.size):
                bins[x] += 1.0 if down[x] * cosine >= across[x] * sine else 0.0
        return
    for x in range(sizes.size):
        low, high = 0, count
        while high - low > 1:
            middle = (low + high) // 2
            if down[x] * limits[0, middle] >= across[x] * limits[1, middle]:
                low = middle
            else:
                high = middle
        bins[x] = low


@kernel(inner=True)
def _add_cells(sizes, bins, width, count, cells):
    """Add the lengths of one row of pixels to the bins of its cells, which are `width` pixels wide; flat."""
    for i in range(cells.size // count):
        for x in range(i * width, (i + 1) * width):
            if sizes[x] == sizes[x]:
                cells[i * count + np.int64(bins[x])] += sizes[x]
            else:
                for k in range(count):
                    cells[i * count + k] = np.nan


@kernel(inner=True)
def _normalise(block, method, out):
    """Divide by a norm: of L1 by the sum, and with method 1 take the root; of L2 by the length, and with 3 cut off."""
    total = 0.0
    for i in range(block.size):
        total += block[i] if method < 2 else block[i] * block[i]
    below, total = total + _LEAST if method < 2 else np.sqrt(total + _LEAST * _LEAST), 0.0
    for i in range(block.size):
        v = block[i] / below
        v = np.sqrt(v) if method == 1 else v
        v = _MOST if method == 3 and v > _MOST else v
        block[i] = v
        total += v * v
    below = np.sqrt(total + _LEAST * _LEAST) if method == 3 else 1.0
    for i in range(block.size):
        out[i] = block[i] / below


@kernel
def _histograms(planes, cell, sides, limits, scale, method, rows, out):
    """Fill the blocks of rows ``rows[0]`` to before ``rows[1]`` of `out`, (rows, columns, values); `sides` are those
    of a block in cells.  The last rows of cells are in a ring."""
    (high, wide), count, w = sides, limits.shape[1], planes.shape[1]
    size = wide * count
    ring, block = np.empty((high, (out.shape[1] + wide - 1) * count)), np.empty(high * size)
    across, down, lengths, bins = np.empty(w), np.empty(w), np.empty(w), np.empty(w)
    for i in range(rows[0], rows[1] + high - 1):
        cells = ring[i % high]
        for k in range(cells.size):
            cells[k] = 0
        for y in range(i * cell[0], (i + 1) * cell[0]):
            _gradient_row(planes, y, across, down)
            _bins(across, down, limits, lengths, bins)
            _add_cells(lengths, bins, cell[1], count, cells)
        first = i - high + 1
        if first < rows[0]:
            continue
        for j in range(out.shape[1]):
            for k in range(high):
                line = ring[(first + k) % high]
                for m in range(size):
                    block[k * size + m] = line[j * count + m] * scale
            _normalise(block, method, out[first, j])


def hog(
    image: np.ndarray,
    *,
    orientations: int = 9,
    cell: tuple[int, int] = (8, 8),
    block: tuple[int, int] = (2, 2),
    normalization: str = "l2_hys",
) -> np.ndarray:
    """Histograms of oriented gradients (HOG), normalised in overlapping blocks of cells.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; of several channels the one with the largest gradient counts at each pixel.
    orientations : int
        Bins between 0 and 180 degrees, at least 1; the result has at most 64 values for each pixel, or a million.
    cell : (int, int)
        Rows and columns of a cell in pixels.
    block : (int, int)
        Rows and columns of a block in cells.
    normalization : {"l2_hys", "l2", "l1", "l1_sqrt"}
        Of a block: by its length, cut off at 0.2 and again by its length; by its length; by its sum; the root of that.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape (rows, columns, *block, orientations)
        For each block that fits into the image.  Flatten it for the classical feature vector.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the image is smaller than a block.

    Notes
    -----
    As ``skimage.feature.hog``, on levels as fractions of full scale, in float64: each gradient counts for the one bin
    that its direction is in, and what a block is divided by has 1e-5 added, so that noise of flat places stays small.
    The direction is compared with the limits of the bins and not rounded to an angle first.  Where levels are NaN, so
    are the blocks that see them.

    References
    ----------
    N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.

    Examples
    --------
    >>> hog(rgb_to_gray(image)).shape
    (11, 15, 2, 2, 9)
    """
    image = as_image(image)
    orientations = integer(orientations, "orientations", at_least=1)
    cell, block = size_pair(cell, "cell"), size_pair(block, "block")
    methods = ("l1", "l1_sqrt", "l2", "l2_hys")
    method = methods.index(one_of(normalization, "normalization", methods))
    kind = work_dtype(image.dtype)
    rows, columns = (n // c - b + 1 for n, c, b in zip(image.shape, cell, block, strict=False))
    if rows <= 0 or columns <= 0:
        least = tuple(c * b for c, b in zip(cell, block, strict=True))
        raise ValueError(
            f"image must have at least (h, w) = {least}, the pixels of one block, got {image.shape[:2]}: "
            "resize it, or use a smaller cell or block"
        )
    numbers = rows * columns * block[0] * block[1] * orientations
    amount_within(numbers, image, "the number of values, that of orientations times that of cells in blocks,")
    planes, out = as_planes(image), np.empty((rows, columns, *block, orientations), kind)
    found = out.reshape(rows, columns, -1)
    limits, scale = _limits(orientations), 1 / (full_scale(image.dtype) * cell[0] * cell[1])
    run_bands(
        lambda a, b: _histograms(planes, cell, block, limits, scale, method, (a, b), found),
        rows,
        pixels=image[..., :1].size,
    )
    return out


def _limits(count: int) -> np.ndarray:
    """Cosines and sines of the directions where bins begin; those of 45, 90 and 135 degrees are exact."""
    turns = np.arange(count) * (math.pi / count)
    limits = np.stack((elementary_arrays.cos(turns), elementary_arrays.sin(turns)))
    for eighths, exact in ((1, (1.0, 1.0)), (2, (0.0, 1.0)), (3, (-1.0, 1.0))):
        if count * eighths % 4 == 0:
            limits[:, count * eighths // 4] = exact
    return limits


def _histograms_of_gradients(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    rows, columns = (n // 2 - 1 for n in image.shape[:2])
    return floats_like(image)[0], (rows, columns, 2, 2, 9)


def _rows() -> list[Case]:
    from skimage import feature

    def row(name: str, kind: str, axis: int | None) -> Case:
        scikit = Peer(
            lambda x: feature.hog(x, 9, (8, 8), (2, 2), feature_vector=False, channel_axis=axis),
            limit=1 / 10,
            tolerance=1e-3,
            unit="",
        )
        return Case(name, "histograms of gradients, 9 directions", kind, hog, {"skimage hog": scikit}, size=512)

    return [row("hog", "grey", None), row("hog, RGB", "RGB", -1)]


declare(hog, result=_histograms_of_gradients, arguments={"cell": lambda image: ((2, 2),)}, peers=_rows)
