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
    begins = np.ones(plane.shape, bool)
    begins[:, 1:] = plane[:, 1:] != plane[:, :-1]
    found = np.unique(plane.ravel()[np.flatnonzero(begins)])  # one of each run in a row
    return [label for label in found.tolist() if label == label]
