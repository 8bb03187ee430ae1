"""Samples, a chain and digests for the tests of loaders; at the top of a module, where worker processes find them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

import augment

COUNT, SIZE = 24, (32, 48)
Key = tuple[int, int]


class Samples:
    """Photos of several sizes, with a label, boxes and their labels, a mask and a name."""

    def __init__(self, count: int = COUNT, *, wait: float = 0, broken: int = -1) -> None:
        self.count, self.wait, self.broken = count, wait, broken

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        time.sleep(self.wait)
        if index == self.broken:
            raise OSError("the disk is gone")
        rng = np.random.default_rng(index)
        mask = np.zeros((40 + index % 3, 50), np.uint8)
        mask[10:30, 8:40] = 1 + index % 5
        boxes = np.array([[5, 6, 30 + k, 35] for k in range(index % 4)], np.float32).reshape(-1, 4)
        return {
            "image": rng.integers(0, 256, (40 + index % 3, 50, 3), np.uint8),
            "mask": mask,
            "boxes": boxes,
            "labels": list(range(index % 4)),
            "label": index % 3,
            "name": f"photo {index}",
        }


def chain() -> augment.Compose:
    """Every sample is another, and nothing falls out."""
    return augment.Compose(
        [
            augment.HorizontalFlip(),
            augment.Affine(rotate=(-15, 15), scale=(0.8, 1.2)),
            augment.HueSaturationValue(hue=(-0.05, 0.05)),
            augment.GaussianNoise(),
            augment.Resize(size=SIZE),
            augment.Normalize(),
        ],
        seed=5,
        extra_names=("name",),
    )


def digest(image: Any, mask: Any, boxes: Any, labels: Any) -> str:
    """A few letters for all that a chain changes of a sample."""
    found = hashlib.sha256()
    for value, kind in ((image, np.float32), (mask, np.uint8), (boxes, np.float32), (labels, np.int64)):
        found.update(np.ascontiguousarray(value, kind).tobytes())
    return found.hexdigest()[:12]


def expected(keys: Iterable[Key]) -> list[tuple[Key, str]]:
    """What the chain alone makes of the samples under these keys, with no loader."""
    samples, own = Samples(), chain()
    made = []
    for key in keys:
        result = own(**samples[key[1]], key=key)
        image = np.moveaxis(result["image"], -1, 0)
        made.append((key, digest(image, result["mask"], result["boxes"], result["labels"])))
    return made


def seen(batches: Iterable[Any]) -> list[tuple[Key, str]]:
    """The same of batches, in the order in which they came."""
    found = []
    for batch in batches:
        for i, key in enumerate(batch["keys"].tolist()):
            parts = (batch[name][i].numpy() for name in ("images", "masks", "boxes", "labels"))
            found.append((tuple(key), digest(*parts)))
    return found
