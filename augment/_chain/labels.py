"""Labels of images that are mixed: classes become vectors of shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.formats import work_dtype


def soft_label(label: Any, num_classes: int | None, name: str = "label") -> np.ndarray:
    """A class or a vector of shares as a float vector."""
    array = np.asarray(label)
    if array.ndim == 0:
        label = integer(array.item(), name, at_least=0)
        return soft_labels(np.array([label]), 1, num_classes, name)[0]
    return soft_labels(array[np.newaxis], 1, num_classes, name)[0]


def check_labels(labels: Any, count: int, num_classes: int | None, name: str = "labels") -> np.ndarray:
    """Classes (n,), integers below `num_classes`, or rows of shares (n, classes), as they came."""
    array = np.asarray(labels)
    if count == 0 and array.shape == (0,):
        return array.astype(np.intp)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be integers or rows of shares, got {array.dtype}")
    if array.ndim not in (1, 2) or len(array) != count:
        raise ValueError(f"{name} must have shape ({count},) or ({count}, classes), got {array.shape}")
    if array.ndim == 1:
        if array.dtype.kind == "f":
            raise TypeError(f"{name} must be integers or rows of shares, got numbers of {array.dtype}")
        if num_classes is None:
            raise ValueError(f"num_classes must be given where classes are integers, as in {name}")
        wrong = (array < 0) | (array >= num_classes)
        if wrong.any():
            raise ValueError(f"{name} must be >= 0 and < num_classes, {num_classes}, got {array[wrong][0]}")
        return array
    if num_classes is not None and array.shape[1] != num_classes:
        raise ValueError(f"{name} must have num_classes, {num_classes}, columns, got {array.shape[1]}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return array


def soft_labels(labels: Any, count: int, num_classes: int | None, name: str = "labels") -> np.ndarray:
    """Classes or rows of shares as a new float array (n, classes): float64 stays, all else becomes float32."""
    array = check_labels(labels, count, num_classes, name)
    if array.ndim == 1:
        made = np.zeros((count, num_classes or 0), np.float32)
        made[np.arange(count), array] = 1
        return made
    return array.astype(work_dtype(array.dtype))


def paired_labels(labels: np.ndarray, partners: np.ndarray, lams: np.ndarray, num_classes: int | None) -> np.ndarray:
    """Checked labels of a batch mixed with those of one partner each; a matrix of many classes is written once."""
    if labels.ndim == 1:
        rows = np.arange(len(labels))
        made = np.zeros((len(labels), num_classes or 0), np.float32)
        made[rows, labels] = lams
        made[rows, labels[partners]] += (1.0 - lams).astype(np.float32)
        return made
    dtype = work_dtype(labels.dtype)
    share = lams.astype(dtype)[:, np.newaxis]
    return labels * share + labels[partners] * (1 - share)


def mixed_label(vectors: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    """Vectors added up by shares."""
    if len({v.shape for v in vectors}) > 1:
        shapes = ", ".join(str(v.size) for v in vectors)
        raise ValueError(f"label of all that is mixed must have as many classes, got {shapes}")
    total = sum(share * v.astype(np.float64) for share, v in zip(shares, vectors))
    return np.asarray(total).astype(vectors[0].dtype)


def mixed_classes(classes: Sequence[int], shares: Sequence[float], out: np.ndarray) -> None:
    """What `mixed_label` makes of classes, into a vector of zeros: of many classes only these are touched."""
    found: dict[int, float] = {}
    for label, share in zip(classes, shares):
        found[label] = found.get(label, 0.0) + share
    for label, share in found.items():
        out[label] = share
