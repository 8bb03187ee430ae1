"""The README's classes for a data pipeline, with workers that live on from epoch to epoch."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path
from typing import Any

import numpy as np

import augment
import imgproc

ROOT = Path(__file__).resolve().parents[2]
_photos: Any = None


def classes() -> dict[str, Any]:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {"imgproc": imgproc}
    exec(next(block for block in blocks if "class Photos" in block), names)
    return names


def _start(paths: list[str], boxes: list[Any], labels: list[Any]) -> None:
    global _photos
    _photos = classes()["Photos"](paths, boxes, labels)


def _item(key: tuple[int, int]) -> tuple[tuple[int, int], np.ndarray]:
    return key, _photos[key]["image"]


def test_each_epoch_is_augmented_anew(tmp_path: Path) -> None:
    """Workers get a copy of the data set once; what they must know later travels with the index."""
    paths = [str(tmp_path / f"{k}.png") for k in range(3)]
    images = [np.random.default_rng(k).integers(0, 256, (40, 50, 3), np.uint8) for k in range(3)]
    for path, image in zip(paths, images):
        imgproc.write_image(path, image)
    given = paths, [[(5, 5, 30, 30)]] * 3, [[1]] * 3
    names = classes()
    keys = names["Keys"](3)
    with multiprocessing.get_context("spawn").Pool(1, _start, given) as workers:
        epochs = [dict(workers.map(_item, list(keys))) for _ in range(2)]
    assert [sorted(found) for found in epochs] == [[(e, 0), (e, 1), (e, 2)] for e in range(2)]
    for index in range(3):
        assert not np.array_equal(epochs[0][0, index], epochs[1][1, index])
    again = names["Photos"](*given)[1, 2]["image"]
    np.testing.assert_array_equal(epochs[1][1, 2], again)
    assert again.shape == (3, 480, 640)
    assert len(keys) == 3
    assert isinstance(names["Photos"](*given).chain, augment.Compose)
    next(iter(keys))  # an epoch that was broken off
    assert next(iter(keys))[0] == 3
