"""A small imbalanced set of images, and what compiles every kernel of the samplers on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._inventory import example_image

__all__: list[str] = []


def sample(dtype: Any = np.uint8) -> tuple[np.ndarray, np.ndarray]:
    """Images (24, 8, 8, 3) that overlap in values, and labels: 16 of 0 and 8 of 1."""
    images = np.stack([example_image(dtype, (8, 8), 3, step=7 + 2 * k) for k in range(24)])
    return images, np.repeat([0, 1], [16, 8])


def run_all() -> None:
    """For warming up."""
    from .smote import SMOTE
    from .smotenc import SMOTENC

    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        images, labels = sample(dtype)
        SMOTE(random_state=0).fit_resample(images, labels)
        if images.dtype.kind == "f":
            SMOTE(random_state=0, rng="imblearn").fit_resample(images, labels)
    table = np.column_stack([images.reshape(24, -1)[:, :2], np.arange(24) % 3])
    SMOTENC([2], random_state=0).fit_resample(table, labels)
