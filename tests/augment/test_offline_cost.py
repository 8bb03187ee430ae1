"""What a run will cost, by a few of its images: bytes are exact, `plan` reads the rates, broken files are counted."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.forecasts import measured_cost

import augment
import imgproc
from augment.__main__ import main

CHAIN = augment.Compose([augment.HorizontalFlip(p=1)])


@pytest.fixture
def labels(tmp_path: Path) -> augment.LabelSet:
    """Twenty photos of two classes, of different sizes."""
    rng = np.random.default_rng(0)
    for k in range(20):
        folder = tmp_path / "photos" / ("cat", "dog")[k % 2]
        folder.mkdir(parents=True, exist_ok=True)
        imgproc.write_image(folder / f"{k:02}.png", rng.integers(0, 256, (20 + k, 30, 3), np.uint8))
    return augment.read_labels(tmp_path / "photos")


def test_all_images_tried(labels: augment.LabelSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cost = measured_cost(labels, CHAIN, 2000, samples=20)
    files = [labels.root / image.file for image in labels.images]
    assert cost.bytes_in == np.mean([file.stat().st_size for file in files])
    flipped = [imgproc.encode_image(imgproc.flip(imgproc.read_image(file))) for file in files]
    assert cost.bytes_out == np.mean(list(map(len, flipped)))
    assert cost.decode and cost.chain and cost.encode
    assert cost.seconds == pytest.approx(1 / cost.decode + 1 / cost.chain + 1 / cost.encode)
    text = cost.report(4)
    assert "2,000 images" in text and "20 images were tried" in text and "on 4 cores" in text
    report = tmp_path / "dry.json"
    report.write_text(json.dumps({"cost": cost.as_dict()}))
    plan = tmp_path / "plan.json"
    arguments = ["plan", "--images", "1e6", "--cores", "2", "--measured", str(report), "--json", str(plan)]
    assert main(arguments) == 0
    made = json.loads(plan.read_text())["forecasts"][0]
    assert sum(made["steps"].values()) == pytest.approx(1000 * cost.seconds)
    assert made["bytes_written"] == pytest.approx(1e6 * cost.bytes_out)
    assert "the wall" in capsys.readouterr().out


def test_a_recipe_moves_nothing(labels: augment.LabelSet) -> None:
    cost = measured_cost(labels, CHAIN, 10, pixels=False, samples=3)
    assert (cost.decode, cost.encode, cost.bytes_in, cost.bytes_out) == (None, None, 0, 0)
    assert cost.seconds == pytest.approx(1 / (cost.chain or 0))


def test_format_and_broken_files(labels: augment.LabelSet) -> None:
    (labels.root / labels.images[0].file).write_bytes(b"no image")
    cost = measured_cost(labels, CHAIN, 10, format="jpg", quality=30, samples=20)
    assert (cost.sampled, cost.failed) == (20, 1)
    assert cost.bytes_out < cost.bytes_in
    broken = dataclasses.replace(labels, images=labels.images[:1])
    with pytest.raises(ValueError, match=r"no image could be tried, of 1: cat/00\.png"):
        measured_cost(broken, CHAIN, 10)
