"""Histograms of oriented gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import amount_within, as_image, integer, one_of, size_pair
from .._core.declare import declare, floats_like
from .._core.formats import work_dtype
from .._core.needed import needed
from .._core.planes import as_planes, full_scale

__all__ = ["hog"]

_QUIET: dict[str, Any] = {"over": "ignore", "under": "ignore", "invalid": "ignore"}
"""Of NumPy, whatever the caller has set: what is not finite is left out, and what underflows is nothing."""

_HOG_BAND = 96
"""Rows of cells in pixels that are worked on at a time."""


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
    ``skimage.feature.hog`` does the work, on levels as fractions of full scale.

    References
    ----------
    N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    image = as_image(image)
    orientations = integer(orientations, "orientations", at_least=1)
    cell, block = size_pair(cell, "cell"), size_pair(block, "block")
    names = {"l2_hys": "L2-Hys", "l2": "L2", "l1": "L1", "l1_sqrt": "L1-sqrt"}
    one_of(normalization, "normalization", tuple(names))
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
    with needed("skimage"):
        from skimage.feature import hog as histograms

    planes, out = as_planes(image), np.empty((rows, columns, *block, orientations), kind)
    together = max(_HOG_BAND // cell[0], 1)
    with np.errstate(**_QUIET):
        for a in range(0, rows, together):  # blocks: by bands, as ten times the image would be needed at once
            b = min(a + together, rows)
            before = min(a, 1)  # a row of cells more, as differences at an edge are 0
            last = planes.shape[0] if b == rows else (b + block[0]) * cell[0]
            # In float32 angles between two bins would be rounded to either.
            part = planes[(a - before) * cell[0] : last].astype(np.float64)
            part /= full_scale(image.dtype)
            found = histograms(
                part,
                orientations,
                cell,
                block,
                names[normalization],
                feature_vector=False,
                channel_axis=-1,
            )
            out[a:b] = found[before : before + b - a]
    return out


def _histograms_of_gradients(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    rows, columns = (n // 2 - 1 for n in image.shape[:2])
    return floats_like(image)[0], (rows, columns, 2, 2, 9)


declare(hog, result=_histograms_of_gradients, arguments={"cell": lambda image: ((2, 2),)}, no_peer="no row yet")
