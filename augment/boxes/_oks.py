"""Object keypoint similarity (OKS): how alike two poses are, as COCO defines it."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.check import positive
from imgproc._core.elementary import exp
from imgproc._core.jit import borrowed, kernel

from ._match import EPS

__all__: list[str] = []

COCO_SIGMAS = (
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089,
    0.089,
)  # fmt: skip
"""Of the 17 keypoints of COCO's people: how far annotators are apart, as a part of the root of the object's area."""


@kernel(inner=True)
def _outside(v, low, high):
    """How far a number is from an interval."""
    return max(low - v, 0.0) + max(v - high, 0.0)


@kernel
def oks_shares(found, true, boxes, areas, variances, rows, columns, q0, q1, shares):
    """Fill ``shares[q0:q1]`` with the OKS of the pairs of poses ``(rows[q], columns[q])``.

    `found` and `true` are (n, k, 2) and (m, k, 3): x, y and whether the point counts.  Of a pose without any such point
    only the object's box, made three times as large, says whether a detection may belong to it.
    """
    found, true = borrowed(found), borrowed(true)
    count = true.shape[1]
    for q in range(q0, q1):
        p, g = found[rows[q]], true[columns[q]]
        x0, y0, x1, y1 = boxes[columns[q]]
        w, h, visible, total = x1 - x0, y1 - y0, 0, 0.0
        for k in range(count):
            visible += g[k, 2] > 0
        for k in range(count):
            if visible > 0:
                dx, dy = p[k, 0] - g[k, 0], p[k, 1] - g[k, 1]
            else:
                dx, dy = _outside(p[k, 0], x0 - w, x1 + w), _outside(p[k, 1], y0 - h, y1 + h)
            if visible == 0 or g[k, 2] > 0:
                total += exp(-((dx * dx + dy * dy) / variances[k] / (areas[columns[q]] + EPS) / 2.0))
        shares[q] = total / (visible if visible > 0 else count)


def variances_of(sigmas: Any, count: int) -> np.ndarray:
    """Checked sigmas of so many keypoints, doubled and squared."""
    if isinstance(sigmas, (str, bytes)) or not hasattr(sigmas, "__len__") or not getattr(sigmas, "ndim", 1):
        raise TypeError(f"sigmas must be a sequence of numbers, got {sigmas!r:.60}")
    if len(sigmas) != count:
        raise ValueError(f"sigmas must have one number for each of the {count} keypoints, got {len(sigmas)}")
    values = np.array([positive(v, f"sigmas[{i}]") for i, v in enumerate(sigmas)], np.float64)
    return (values * 2) * (values * 2)
