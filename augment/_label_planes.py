"""Masks as planes of labels: what transforms see of a mask that choose a place by it."""

from __future__ import annotations

import numpy as np

from imgproc._core.formats import channels_of

__all__: list[str] = []


def label_plane(mask: np.ndarray, who: str) -> np.ndarray:
    """A mask as (h, w); ValueError, which names the transform, if it has several channels."""
    if mask.ndim == 3 and channels_of(mask) == 1:
        mask = mask[..., 0]
    if mask.ndim != 2:
        raise ValueError(f"mask must have shape (h, w) for {who}, got {mask.shape}")
    return mask


def labels_in(plane: np.ndarray) -> list[int | float]:
    """The labels that a plane holds, in ascending order; NaN is none."""
    if plane.dtype.itemsize == 1:
        counts = np.bincount(plane.view(np.uint8).ravel(), minlength=256)
        found = np.flatnonzero(counts).astype(np.uint8).view(plane.dtype)
        return sorted(found.tolist())
    found = np.unique(plane)
    return [label for label in found.tolist() if label == label]
