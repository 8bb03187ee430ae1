"""The README's example of a data pipeline, with workers that live on from epoch to epoch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
import imgproc

ROOT = Path(__file__).resolve().parents[2]
pytest.importorskip("torch", reason="the README's loader needs PyTorch")


def example(found: list[Any]) -> str:
    """The code, which notes each batch."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    code = next(block for block in blocks if "pipeline.loader" in block)
    assert code.rstrip().splitlines()[-1].startswith("        images, keys = batch")
    return code.rstrip() + "\n        found.append((images.clone(), keys))\n"


@pytest.mark.parametrize("threads", [False, True])
def test_each_epoch_is_augmented_anew(tmp_path: Path, threads: bool) -> None:
    paths = [str(tmp_path / f"{k}.png") for k in range(3)]
    images = [np.random.default_rng(k).integers(0, 256, (40, 50, 3), np.uint8) for k in range(3)]
    for path, image in zip(paths, images):
        imgproc.write_image(path, image)
    found: list[Any] = []
    code = example(found)
    if not threads:
        code = re.sub(
            r"^batches = pipeline.ThreadLoader.*\n# (batches = .*)workers=8", r"\1workers=2", code, flags=re.MULTILINE
        )
        assert "batches = pipeline.loader" in code
    names: dict[str, Any] = {"paths": paths, "found": found}
    exec(code, names)
    made = {tuple(map(int, key)): image.numpy() for images, keys in found for image, key in zip(images, keys)}
    assert sorted(made) == [(epoch, index) for epoch in range(3) for index in range(3)]
    chain = augment.Compose(names["chain"].transforms, seed=7, layout="first")
    for index in range(3):
        assert not np.array_equal(made[0, index], made[1, index])
        for epoch in range(3):
            alone = chain(image=images[index], key=(epoch, index))["image"]
            np.testing.assert_array_equal(made[epoch, index], alone)
