"""``--preview``: sources and what becomes of them, with labels, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.sheets import opened, shown_sources, write_preview

import augment
import imgproc
from augment.__main__ import main

FLIP = augment.Compose([augment.HorizontalFlip(p=1)])


def coco(folder: Path, count: int = 3, *, per_image: int = 1) -> Path:
    """Photos of 60 x 80 pixels with a box, a polygon and keypoints each; each of a class of its own."""
    (folder / "images").mkdir(parents=True)
    images, notes = [], []
    for k in range(count):
        pixels = np.random.default_rng(k).integers(0, 256, (60, 80, 3), np.uint8)
        imgproc.write_image(folder / "images" / f"{k}.png", pixels)
        images.append({"id": k, "file_name": f"{k}.png", "height": 60, "width": 80})
        notes += [
            {
                "id": len(notes) + j,
                "image_id": k,
                "category_id": k,
                "bbox": [10, 20, 30, 25],
                "segmentation": [[10, 20, 40, 20, 40, 45]],
                "keypoints": [12, 22, 2, 38, 30, 1],
            }
            for j in range(per_image)
        ]
    kinds = [{"id": k, "name": f"kind {k}", "keypoints": ["a", "b"]} for k in range(count)]
    data = {"images": images, "annotations": notes, "categories": kinds}
    (folder / "all.json").write_text(json.dumps(data))
    return folder


def test_labels_follow_the_pixels(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run = opened(FLIP, coco(tmp_path / "in"), copies=2)
    assert write_preview(run, page, about=["a <recipe>"]) == 3
    text = page.read_text()
    assert text.count("<figure>") == 9 and "a &lt;recipe&gt;" in text and "the run makes 6 images" in text
    assert "Recipe: HorizontalFlip." in text
    assert text.count('x="10.00" y="20.00" width="30.00" height="25.00"') == 2 * 3
    assert text.count('x="40.00" y="20.00" width="30.00" height="25.00"') == 2 * 6
    assert text.count("70.00,20.00 40.00,20.00 40.00,45.00") == 2 * 6
    assert text.count('cx="68.00" cy="22.00"') == 6
    assert "1.png, copy 2: 1 box (kind 1), 1 polygon (kind 1), 2 points" in text
    assert not (tmp_path / "out").exists()
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["page.html"]


def test_every_class_is_seen_if_there_is_room(tmp_path: Path) -> None:
    """The rarest ones too; further sources are spread over the data set."""
    for k in range(40):
        below = tmp_path / "in" / ("rare" if k == 17 else "common")
        below.mkdir(parents=True, exist_ok=True)
        imgproc.write_image(below / f"{k:02}.png", np.zeros((4, 4, 3), np.uint8))
    run = opened(FLIP, tmp_path / "in")
    names = [run.labels.images[place].file for place in shown_sources(run.plan, 5)]
    assert len(set(names)) == 5 and "rare/17.png" in names
    assert len(shown_sources(run.plan, 100)) == 40


def test_masks_shares_and_broken_files(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for k in range(4):
        (photos / ("cat", "dog")[k % 2]).mkdir(parents=True, exist_ok=True)
        imgproc.write_image(photos / ("cat", "dog")[k % 2] / f"{k}.png", np.full((20, 30, 3), 60 * k, np.uint8))
    (photos / "cat" / "2.png").write_bytes(b"no image")
    mixed = augment.Compose([augment.MixUp(num_classes=2, lam=("uniform", 0.6, 0.7), p=1)], seed=1)
    page = tmp_path / "page.html"
    assert write_preview(opened(mixed, photos, donors="split"), page) == 4
    text = page.read_text()
    assert "class dog 0." in text and ", cat 0." in text
    assert "no image" in text or "must be" in text  # what is wrong with the broken one
    labels = tmp_path / "masks"
    for part in ("images", "masks"):
        (labels / part).mkdir(parents=True)
    imgproc.write_image(labels / "images" / "a.png", np.zeros((20, 30, 3), np.uint8))
    imgproc.write_image(labels / "masks" / "a.png", np.repeat(np.uint8([0, 1, 2]), 10)[None].repeat(20, 0))
    assert write_preview(opened(FLIP, labels), page) == 1
    assert page.read_text().count("a mask of 2 labels") == 2 * 2


@pytest.mark.parametrize("options", ({"output_format": "recipe"}, {"output_format": "yolo", "image_format": "jpg"}))
def test_other_outputs_are_seen_alike(tmp_path: Path, options: dict[str, str]) -> None:
    page = tmp_path / "page.html"
    assert write_preview(opened(FLIP, coco(tmp_path / "in", 1), **options), page) == 1
    assert page.read_text().count('x="40.00" y="20.00" width="30.00" height="25.00"') == 2


def test_the_command_shows_and_leaves_out_copies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dry run has a preview, the plan without copies, and the costs that `plan` reads; then the run itself."""
    folder, page, report = coco(tmp_path / "in"), tmp_path / "page.html", tmp_path / "dry.json"
    first = imgproc.read_image(folder / "images" / "0.png")
    imgproc.write_image(
        folder / "images" / "1.png", imgproc.resize(imgproc.resize(first, size=(30, 40)), size=(60, 80))
    )
    (tmp_path / "recipe.json").write_text(FLIP.to_json())
    arguments = ["run", str(tmp_path / "recipe.json"), str(folder), str(tmp_path / "out"), "--dedupe", "phash"]
    dry = ["--dry-run", "--preview", str(page), "--report", str(report)]
    assert main([*arguments, *dry, "--quiet"]) == 0
    said = json.loads(report.read_text())
    assert said["planned"] == 2 and not (tmp_path / "out").exists()
    assert [(each["file"], each["reason"]) for each in said["problems"]] == [("1.png", "a copy of 0.png")]
    assert page.read_text().count("<figure>") == 4
    assert main(["plan", "--images", "1e6", "--cores", "2", "--trials", "2", "--measured", str(report)]) == 0
    assert "decode" in capsys.readouterr().out
    for _ in range(2):  # the second time it is resumed, and the copies are those that were found
        assert main([*arguments, "--quiet", "--workers", "1"]) == 0
        assert sorted(path.name for path in (tmp_path / "out" / "images").iterdir()) == ["0_aug1.png", "2_aug1.png"]
    assert main([*arguments[:-2], "--quiet"]) == 2
    assert "dedupe" in capsys.readouterr().err
    assert main([*arguments, "--address", "1.2.3.4:5"]) == 2
    assert "only of engine 'ray'" in capsys.readouterr().err
    assert main([*arguments, "--preview", str(tmp_path / "none" / "page.html")]) == 2
    assert "preview must be a file in a folder that exists" in capsys.readouterr().err
