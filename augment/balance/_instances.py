"""Labels of images: one each, or those of all the things in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._data import class_labels, sorted_classes

__all__: list[str] = []


class Instances:
    """How often each class is in each image.

    ``images``, ``codes``, ``amounts``: one entry for each class in each image, by image.  ``classes``: sorted labels.
    ``count``: number of images.  ``single``: each has one label.
    """

    def __init__(self, labels: Any, name: str = "labels") -> None:
        self.single = not _nested(labels)
        if self.single:
            flat = class_labels(labels, name)
        else:
            lists = [_one(found, name) for found in labels]
            owners = np.repeat(np.arange(len(lists)), [len(found) for found in lists])
            flat = class_labels([label for found in lists for label in found], name)
        self.count = flat.size if self.single else len(labels)
        if not flat.size:
            raise ValueError(f"{name} must hold at least one label, got none")
        classes, codes = sorted_classes(flat)
        self.classes: list[Any] = classes.tolist()
        if self.single:
            self.images, self.codes, self.amounts = np.arange(flat.size), codes, np.ones(flat.size, np.intp)
        else:
            pairs, self.amounts = np.unique(owners * len(self.classes) + codes, return_counts=True)
            self.images, self.codes = np.divmod(pairs, len(self.classes))

    @property
    def totals(self) -> np.ndarray:
        """How many things of each class there are."""
        return np.bincount(self.codes, self.amounts, len(self.classes)).astype(np.int64)

    @property
    def frequencies(self) -> np.ndarray:
        """The share of images with each class."""
        return np.bincount(self.codes, minlength=len(self.classes)) / self.count

    def largest(self, values: np.ndarray) -> np.ndarray:
        """For each image the largest of the values of its classes; 1 where there is none."""
        if self.single:
            return values[self.codes]
        found = np.full(self.count, -np.inf)
        np.maximum.at(found, self.images, values[self.codes])
        found[np.isneginf(found)] = 1.0
        return found


def repeat_factors(instances: Instances, threshold: float) -> np.ndarray:
    """max(1, sqrt(threshold / share of images with the class)), for each class."""
    return np.maximum(1.0, np.sqrt(threshold / instances.frequencies))


def _nested(labels: Any) -> bool:
    if isinstance(labels, np.ndarray) and labels.dtype != object:
        return False
    if not isinstance(labels, (list, tuple, np.ndarray)):
        return False
    return any(isinstance(one, (list, tuple, set, frozenset, np.ndarray)) for one in labels)


def _one(found: Any, name: str) -> list[Any]:
    if isinstance(found, np.ndarray) and found.ndim == 1:
        return found.tolist()
    if isinstance(found, (list, tuple, set, frozenset)):
        return list(found)
    raise TypeError(f"{name} must be one label an image, or a list of labels for each, got a {type(found).__name__}")
