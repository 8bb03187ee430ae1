"""What is too thin to be a box: the one rule for everything that returns boxes it has cut, moved or mixed.

Arithmetic leaves slivers where edges meet: ``0.55 * 100`` lies beyond 55 by 7e-15 pixels.  Such a box is no object, but
losses divide by its sides.  So nothing is returned that is thinner than a thousandth of a pixel, along either axis.  In
float32, in which boxes often come back, that is more than the distance of neighbouring coordinates up to 4096 pixels;
beyond, the tolerance grows with the longer side of the image.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel, shared

__all__: list[str] = []

THIN = 1e-3
"""Pixels below which a box has no width or no height."""
_STEPS = 2.0**-22
"""The same as a part of the longer side: at least two steps of the float32 coordinates there."""


def thinnest(height: float, width: float) -> float:
    """The least side that a box on an image of this size has [px]."""
    return max(THIN, _STEPS * max(height, width))


thinnest_kernel = shared(thinnest, "thinnest_kernel")


@kernel
def _find_thick(boxes, least, kept):
    count = 0
    for i in range(boxes.shape[0]):
        if boxes[i, 2] - boxes[i, 0] >= least and boxes[i, 3] - boxes[i, 1] >= least:
            kept[count] = i
            count += 1
    return count


def thick_rows(boxes: np.ndarray, height: int, width: int) -> np.ndarray:
    """Which rows of boxes, float64 (n, 4), corners in pixels of an image of this size, are no slivers; intp (m,)."""
    kept = np.empty(len(boxes), np.intp)
    return kept[: _find_thick(np.ascontiguousarray(boxes), thinnest(height, width), kept)]
