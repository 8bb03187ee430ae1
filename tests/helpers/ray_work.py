"""Work for a cluster of Ray, in a module that its workers can import: the pictures of a block, each whole or not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

import augment
import imgproc
from augment.offline._ray import on_cluster
from imgproc.io._encode import replace_file

__all__ = ["BLOCK", "on_cluster", "work"]

CHAIN = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-20, 20), p=1)], seed=5)
BLOCK = 5


def work(spec: dict[str, Any], block: int) -> dict[str, Any]:
    """Make the pictures of a block that are not there yet."""
    made = 0
    for k in range(block * BLOCK, (block + 1) * BLOCK):
        if spec.get("broken") == k:
            raise ValueError(f"picture {k} must be whole")
        target = Path(spec["folder"], f"{k:04}.png")
        if not target.exists():
            image = np.random.default_rng(k).integers(0, 256, (40, 50, 3), np.uint8)
            out = CHAIN(image=image, key=(0, k))["image"]
            replace_file(str(target), imgproc.encode_image(out, format="png"))
            time.sleep(spec.get("wait", 0.0))
            made += 1
    return {"block": block, "made": made, "node": os.environ.get("RAY_NODE_ID", "")}
