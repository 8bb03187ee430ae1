"""Samples with all that one may carry, and chains of geometry, for tests of further targets."""

from __future__ import annotations

import dataclasses
import pickle
from typing import Any

import numpy as np

import augment as A
from augment._chain.keys import key_array

H, W = 32, 40


def picture(seed: int = 0, dtype: Any = np.uint8) -> np.ndarray:
    levels = np.random.default_rng(seed).random((H, W, 3))
    return (levels * 255).astype(dtype) if np.dtype(dtype).kind == "u" else levels.astype(dtype)


def round_trips(chain: A.Compose) -> None:
    again = [
        A.Compose.from_json(chain.to_json()),
        A.Compose.from_dict(chain.to_dict()),
        A.Compose.from_yaml(chain.to_yaml()),
    ]
    for made in (*again, pickle.loads(pickle.dumps(chain)), eval(repr(chain), vars(A))):
        assert made == chain
        assert hash(made) == hash(chain)


class Note:
    """Anything; it cannot even be compared."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError

    __hash__ = None  # type: ignore[assignment]


def instances(count: int = 5, seed: int = 0, dtype: Any = np.uint8) -> dict[str, Any]:
    """Ellipses, the boxes around them in whole pixels, and their numbers."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W] + 0.5
    masks = []
    for _ in range(count):
        cy, cx, ry, rx = rng.uniform(4, H - 4), rng.uniform(4, W - 4), rng.uniform(2, 9), rng.uniform(2, 9)
        masks.append((((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1).astype(dtype))
    stack = np.stack(masks)
    return {"masks": stack, "boxes": np.array([tight(mask) for mask in stack]), "labels": list(range(count))}


def tight(mask: np.ndarray) -> tuple[float, float, float, float]:
    """The slow way."""
    rows, columns = np.nonzero(mask)[:2]
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


GEOMETRY = {
    "warped": [A.HorizontalFlip(), A.Affine(rotate=(-30, 30), scale=(0.7, 1.4), fill=0.3, p=1), A.Perspective(p=0.7)],
    "resized": [A.ResizedCrop(size=(24, 28), p=1), A.Transpose()],
    "bent": [A.Elastic(border="reflect", p=1), A.Pad(padding=(3, 2, 1, 0), fill=0.9, p=1)],
    "moved": [A.Rotate90(p=1), A.Crop(size=(20, 20), p=1), A.VerticalFlip()],
}


def field(dtype: Any = np.float32, channels: int | None = None, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(H, W) if channels is None else (H, W, channels)) * 300 - 50).astype(dtype)


def refilled(transform: Any, fill: float) -> Any:
    return dataclasses.replace(transform, fill=fill) if hasattr(transform, "fill") else transform


def stages_of(chain: A.Compose, key: int, shape: tuple[int, ...], others: dict[str, Any]) -> list[Any]:
    """The stages that a chain gives an image."""
    steps, _ = chain._chain.drawn(key_array(key), shape, np.uint8, targets=others, always=True)
    return [stage for step in steps for stage in step.stages]
