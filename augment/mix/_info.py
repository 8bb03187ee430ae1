"""What a mixing did: enough to weigh a loss, and to do it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["MixInfo", "Mixed"]


@dataclasses.dataclass(frozen=True, eq=False)
class MixInfo:
    """What a mixing did.

    A batch has arrays with one entry (or row) a sample; inside a chain there is one for each mixing of a sample, and
    it has plain numbers and rows.

    Parameters
    ----------
    transform : str
        Class name of what mixed.
    partners : intp ndarray of shape (n, k), or (k,)
        Indices of the partners: in the donors, or in the batch where it has none.
    lam : float64 ndarray of shape (n,), or float
        The sample's own share of the result, corrected to what was really pasted; 1 where nothing was mixed.
    shares : float64 ndarray of shape (n, 1 + k), or (1 + k,)
        All shares: the sample's own, then those of its partners; they add up to 1.
    applied : bool ndarray of shape (n,), or bool
        Whether anything was mixed, by `p` and the schedule.
    params : tuple of dict, or dict
        The drawn numbers.

    Examples
    --------
    >>> info = CutMix(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1]).info
    >>> info.transform, len(info.partners)
    ('CutMix', 2)
    """

    transform: str
    partners: np.ndarray
    lam: Any
    shares: np.ndarray
    applied: Any
    params: Any


@dataclasses.dataclass(frozen=True, eq=False)
class Mixed:
    """A mixed batch: ``images, labels, info = mix(images, labels, keys=keys)``; further targets are attributes.

    Parameters
    ----------
    images : ndarray of shape (n, ...), or list of ndarray
        A list if the results have several sizes.
    labels : ndarray of shape (n, classes), or None
        Soft labels: rows add up to 1 if those given did.
    info : MixInfo
    masks : list of ndarray, or None
    instances : list of lists of masks, or None
    boxes, box_labels, box_weights : list, or None
        One entry an image; a box's weight is its image's share where images are blended, 1 where it is seen in full.
    keypoints, keypoint_labels, keypoint_weights : list, or None

    Examples
    --------
    >>> mixed = CutMix(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> images, labels, info = mixed
    >>> images is mixed.images
    True
    """

    images: Any
    labels: np.ndarray | None
    info: MixInfo
    masks: list[Any] | None = None
    instances: list[Any] | None = None
    boxes: list[Any] | None = None
    box_labels: list[Any] | None = None
    box_weights: list[Any] | None = None
    keypoints: list[Any] | None = None
    keypoint_labels: list[Any] | None = None
    keypoint_weights: list[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        yield self.images
        yield self.labels
        yield self.info
