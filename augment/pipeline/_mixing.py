"""Mixing of a batch: images as they lie in memory, labels, boxes and the rest under the names of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..mix._base import Mixing
from ..mix._batch import mix_batch

__all__: list[str] = []

INTO = {
    "mask": "masks",
    "masks": "instances",
    "boxes": "boxes",
    "labels": "box_labels",
    "box_weights": "box_weights",
    "keypoints": "keypoints",
    "keypoint_labels": "keypoint_labels",
    "keypoint_weights": "keypoint_weights",
}
"""What a mixing calls the targets of a sample."""


def check_mix(mix: Any) -> tuple[Any, ...]:
    """A mixing, or several that follow each other, as a tuple."""
    steps = () if mix is None else tuple(mix) if isinstance(mix, (list, tuple)) else (mix,)
    for step in steps:
        if not isinstance(step, Mixing):
            raise TypeError(f"mix must be a mixing such as MixUp or CutMix, or a sequence of them, got {step!r:.80}")
    return steps


def mixed(
    steps: Sequence[Any],
    images: Any,
    columns: Mapping[str, list[Any]],
    keys: Sequence[tuple[int, int]],
    *,
    seed: int,
    layout: str,
    room: Any,
) -> tuple[Any, dict[str, list[Any]], tuple[Any, ...]]:
    """Mix a batch.

    Parameters
    ----------
    steps : sequence of Mixing
    images : ndarray or list of ndarray
    columns : dict of lists
        The targets of the samples, by their names there.
    keys : sequence of (epoch, index)
        Partners are drawn by them, within the batch.
    seed : int
    layout : {"last", "first"}
    room : callable
        Gives an array for the images of a step.

    Returns
    -------
    images, columns, infos
        `label` is a row of shares for each sample then.
    """
    made: dict[str, list[Any]] = dict(columns)
    infos = []
    for step in steps:
        names = [name for name in made if name in INTO and (name != "labels" or "boxes" in made)]
        labels = np.asarray(made["label"]) if "label" in made else None
        keeps = isinstance(images, np.ndarray) and step.size_after(*_size(images, layout)) == _size(images, layout)
        targets = {INTO[name]: made[name] for name in names}
        found = mix_batch(step, images, labels, keys, seed, None, targets, room() if keeps else None, 1, layout=layout)
        images = found.images
        if found.labels is not None:
            made["label"] = list(found.labels)
        for name, many in INTO.items():
            if getattr(found, many) is not None:
                made[name] = getattr(found, many)
        infos.append(found.info)
    return images, made, tuple(infos)


def _size(images: np.ndarray, layout: str) -> tuple[int, int]:
    sides = images.shape[2:4] if layout == "first" and images.ndim == 4 else images.shape[1:3]
    return int(sides[0]), int(sides[1])
