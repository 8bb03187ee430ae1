"""What goes along with the image of a chain: boxes, masks and keypoints, as ours and as albumentations take them."""

from __future__ import annotations

from typing import Any

import numpy as np

BOXES = ((0.1, 0.1, 0.4, 0.5), (0.5, 0.3, 0.9, 0.8), (0.2, 0.6, 0.45, 0.9))
"""(x0, y0, x1, y1) as fractions of the image."""
MANY, THINGS, SMALL = 100, 50, 32
"""Boxes and keypoints; masks of things; the side of a small thing [px]."""


def targets(kind: str, size: tuple[int, int]) -> dict[str, Any]:
    """What a call of ours gets beside the image.

    Parameters
    ----------
    kind : str
        ``"boxes"`` (three with labels), ``"mask"``, ``"100 boxes"``, ``"mask and 100 of each"`` (boxes and keypoints),
        ``"50 small masks"``, ``"50 full masks"``, or ``"50 full masks, an array"``.  Anything else: nothing.
    size : (int, int)
        Height and width of the image [px].
    """
    found: dict[str, Any] = {}
    if kind == "boxes":
        found = {"boxes": boxes(size), "labels": [1, 2, 3]}
    elif kind == "mask":
        found = {"mask": _labels(size)}
    elif kind in ("100 boxes", "mask and 100 of each"):
        rng = np.random.default_rng(0)
        room = np.array(size[::-1], float)
        corner = rng.uniform(0, 0.7, (MANY, 2)) * room
        many = np.hstack([corner, corner + rng.uniform(0.1, 0.3, (MANY, 2)) * room])
        found = {"boxes": many, "labels": list(range(MANY))}
        if kind != "100 boxes":
            found |= {"mask": _labels(size), "keypoints": rng.uniform(0, 1, (MANY, 2)) * (room - 1)}
    elif kind.startswith(str(THINGS)):
        masks = _things(size, small="small" in kind)
        found = {"masks": np.stack(masks) if kind.endswith("array") else masks}
    return found


def their_targets(kind: str, size: tuple[int, int]) -> dict[str, Any]:
    """The same, as a call of albumentations gets it."""
    found = targets(kind, size)
    if "boxes" in found:
        found["bboxes"] = found.pop("boxes")
    return found


def boxes(size: tuple[int, int]) -> np.ndarray:
    """Three boxes on whole pixels."""
    h, w = size
    return np.rint(np.array(BOXES) * (w, h, w, h))


def _labels(size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    for label, (x0, y0, x1, y1) in enumerate(boxes(size).astype(int).tolist(), 1):
        mask[y0:y1, x0:x1] = label
    return mask


def _things(size: tuple[int, int], *, small: bool) -> list[np.ndarray]:
    """Masks of discs: of 32 pixels somewhere, or as large as the picture."""
    rng = np.random.default_rng(1)
    (h, w), made = size, []
    y, x = np.indices(size)
    for _ in range(THINGS):
        ry, rx = (SMALL / 2, SMALL / 2) if small else rng.uniform(0.45, 0.5, 2) * size
        cy, cx = (rng.uniform(ry, h - ry), rng.uniform(rx, w - rx)) if small else (h / 2, w / 2)
        made.append((((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1).astype(np.uint8))
    return made
