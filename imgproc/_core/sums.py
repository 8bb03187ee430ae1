"""Sums: the mean luma of an image, and weighted sums of images."""

from __future__ import annotations

import numpy as np

from .formats import channels_of
from .jit import kernel
from .opencv import load_cv2
from .planes import LUMA_WEIGHTS, canonical, full_scale

__all__: list[str] = []

LANES = 192
"""So many sums run side by side.  So the loop vectorises, and yet the result does not depend on the CPU.  It is a
multiple of 3, so that each of them meets one channel of an RGB image only."""


@kernel
def _sum(rows, rest, lanes, totals):
    channels = totals.size
    for i in range(rows.shape[0]):
        row = rows[i]
        for k in range(LANES):
            lanes[k] += np.float64(row[k])
    for k in range(LANES):
        totals[k % channels] += lanes[k]
    for k in range(rest.size):
        totals[k % channels] += np.float64(rest[k])


@kernel
def _sum_finite(flat, totals, counts):
    channels = totals.size
    for k in range(flat.size):
        if np.isfinite(flat[k]):
            totals[k % channels] += np.float64(flat[k])
            counts[k % channels] += 1


def mean_luma(image: np.ndarray) -> float:
    """Return the mean of Y = 0.299 R + 0.587 G + 0.114 B, or of a grey image, as a fraction of full scale.

    Integers are added up exactly.  NaN and infinity are left out.  If no level of the image is finite, the mean is 0.
    """
    channels = channels_of(image)
    counts = [image.size // channels] * channels
    if image.dtype.kind == "u":
        # OpenCV adds integers up as integers: no order of summation, no difference between CPUs.
        sums = load_cv2().sumElems(image)[:channels]
    else:
        flat, totals = canonical(image).reshape(-1), np.zeros(channels)
        rows = flat[: flat.size // LANES * LANES].reshape(-1, LANES)
        _sum(rows, flat[rows.size :], np.zeros(LANES), totals)
        if not np.isfinite(totals).all():
            totals, found = np.zeros(channels), np.zeros(channels, np.int64)
            _sum_finite(flat, totals, found)
            counts = found.tolist()
        sums = totals.tolist()
    means = [total / max(n, 1) for total, n in zip(sums, counts)]
    level = means[0] if channels == 1 else sum(w * m for w, m in zip(LUMA_WEIGHTS, means))
    return level / full_scale(image.dtype)


@kernel
def add_weighted(levels, weight, out):
    """Compute ``out += weight * levels`` for arrays of one dimension."""
    for i in range(out.size):
        out[i] += weight * out.dtype.type(levels[i])
