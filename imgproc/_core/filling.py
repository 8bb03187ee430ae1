"""Pixels that are left out get values from their surroundings: what functions do whose window is the whole image.

The plane is halved again and again, and a pixel of a smaller plane is the mean of those of its four pixels that are
known.  Where all is known the way leads back: an unknown pixel is interpolated from the smaller plane.  So a pixel in a
small hole gets a value from close by, and one in a large hole a mean from farther away; there is no jump within the
hole, and no value beyond those that are known.  The work is that of a few passes, however large the hole is.
"""

from __future__ import annotations

import numpy as np

from .jit import kernel
from .planes import canonical


@kernel
def _halve(values, known, coarse, coarse_known):
    """Means of the known among 2 by 2 pixels; 0 where there is none."""
    h, w = values.shape
    for i in range(coarse.shape[0]):
        for j in range(coarse.shape[1]):
            total, count = values.dtype.type(0), 0
            for y in range(2 * i, min(2 * i + 2, h)):
                for x in range(2 * j, min(2 * j + 2, w)):
                    if known[y, x]:
                        total += values[y, x]
                        count += 1
            coarse[i, j] = total / values.dtype.type(max(count, 1))
            coarse_known[i, j] = count > 0


@kernel
def _interpolate(coarse, known, values):
    """Unknown pixels, bilinearly from the plane of half the size, which is known everywhere."""
    kind = values.dtype.type
    near, far = kind(0.75), kind(0.25)
    last_i, last_j = coarse.shape[0] - 1, coarse.shape[1] - 1
    for y in range(values.shape[0]):
        i = y // 2
        beside = min(i + 1, last_i) if y % 2 else max(i - 1, 0)
        for x in range(values.shape[1]):
            if not known[y, x]:
                j = x // 2
                k = min(j + 1, last_j) if x % 2 else max(j - 1, 0)
                here = near * coarse[i, j] + far * coarse[i, k]
                values[y, x] = near * here + far * (near * coarse[beside, j] + far * coarse[beside, k])


def fill(plane: np.ndarray, mask: np.ndarray) -> None:
    """Fill the pixels of a float plane that a mask leaves out, in place.

    What they hold does not matter.  At least one pixel must be True.  A plane that is constant where it is known is
    constant afterwards, to the last bit.
    """
    left_out = ~mask
    first = plane[divmod(int(mask.argmax()), mask.shape[1])]
    values = np.ascontiguousarray(np.where(mask, plane, first))
    with np.errstate(all="ignore"):  # of levels near the largest float; the result is looked at later
        values -= first
        levels = [(values, canonical(mask))]
        while not levels[-1][1].all():
            fine, known = levels[-1]
            half = (fine.shape[0] + 1) // 2, (fine.shape[1] + 1) // 2
            coarse, coarse_known = np.empty(half, plane.dtype), np.empty(half, bool)
            _halve(canonical(fine), known, coarse, coarse_known)
            levels.append((coarse, canonical(coarse_known)))
        while len(levels) > 1:
            coarse, _ = levels.pop()
            _interpolate(canonical(coarse), levels[-1][1], levels[-1][0])
        plane[left_out] = values[left_out] + first
