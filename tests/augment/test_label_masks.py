"""Outlines of COCO come back as the same pixels, as pycocotools and supervision see them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment

H, W = 48, 64
RINGS = [
    [4.25, 3.5, 20.75, 5.125, 17.3, 21.9, 6.6, 18.2],
    [30.1, 4.2, 44.9, 4.2, 44.9, 15.7, 30.1, 15.7],
    [5.5, 30.25, 19.875, 28.5, 12.4, 44.6],
    [35.0, 25.0, 60.5, 25.5, 55.25, 45.5, 40.1, 40.7],
]


def coco(file: Path) -> dict[str, Any]:
    """One image with outlines of 1, 2 and 4 parts, and with run lengths in both forms."""
    coder = pytest.importorskip("pycocotools.mask")
    mask = np.zeros((H, W), np.uint8, order="F")
    mask[5:30, 7:50] = 1
    mask[10:20, 20:30] = 0
    packed = coder.encode(mask)
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(np.concatenate([[0], flat, [2]])))
    counts = np.diff(np.concatenate([[0], changes])).tolist()
    outlines: list[Any] = [RINGS[:1], RINGS[:2], RINGS, {"size": [H, W], "counts": packed["counts"].decode()}]
    outlines += [{"size": [H, W], "counts": counts}]
    things = [
        {"id": k + 1, "image_id": 1, "category_id": 1, "segmentation": outline, "iscrowd": int(k > 2),
         "bbox": [1.5, 2.25, 58.75, 44.0], "area": 100.0}
        for k, outline in enumerate(outlines)
    ]  # fmt: skip
    made = {
        "images": [{"id": 1, "file_name": "a.png", "height": H, "width": W}],
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": things,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((H, W, 3), np.uint8)).save(file.parent / "a.png")
    file.write_text(json.dumps(made))
    return made


def masks(file: Path, capsys: pytest.CaptureFixture[str]) -> list[np.ndarray]:
    from pycocotools.coco import COCO

    found = COCO(str(file))
    capsys.readouterr()
    return [found.annToMask(found.anns[number]).astype(bool) for number in sorted(found.anns)]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools
@pytest.mark.parametrize("way", ["coco", "imagefolder", "webdataset", "parquet"])
def test_masks_are_the_same(tmp_path: Path, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    if way == "parquet":
        pytest.importorskip("pyarrow", reason="pip install 'imgproc-augment[parquet]'")
    coco(tmp_path / "in" / "a.json")
    labels = augment.read_labels(tmp_path / "in")
    if way != "coco":
        augment.write_labels(labels, tmp_path / way, format=way)
        if way == "imagefolder":
            (tmp_path / way / "a.png").write_bytes((tmp_path / "in" / "a.png").read_bytes())
        labels = augment.read_labels(tmp_path / way)
    augment.write_labels(labels, tmp_path / "out.json", format="coco")
    before, after = masks(tmp_path / "in" / "a.json", capsys), masks(tmp_path / "out.json", capsys)
    assert len(before) == len(after) == 5
    for one, other in zip(before, after):
        assert one.any()
        assert np.array_equal(one, other)  # an intersection over union of 1


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools
def test_parts_that_yolo_joins_to_one_ring_are_the_same_pixels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = coco(tmp_path / "in" / "a.json")
    made["annotations"] = made["annotations"][:3]
    (tmp_path / "in" / "a.json").write_text(json.dumps(made))
    augment.write_labels(augment.read_labels(tmp_path / "in"), tmp_path / "yolo", format="yolo")
    (tmp_path / "yolo" / "a.png").write_bytes((tmp_path / "in" / "a.png").read_bytes())
    augment.write_labels(augment.read_labels(tmp_path / "yolo", sizes=True), tmp_path / "out.json", format="coco")
    before, after = masks(tmp_path / "in" / "a.json", capsys), masks(tmp_path / "out.json", capsys)
    assert [np.array_equal(one, other) for one, other in zip(before, after, strict=True)] == [True] * 3


@pytest.mark.filterwarnings("ignore")
def test_supervision_reads_what_is_written(tmp_path: Path) -> None:
    supervision = pytest.importorskip("supervision", reason="it is only a referee")
    coco(tmp_path / "in" / "a.json")
    augment.write_labels(augment.read_labels(tmp_path / "in"), tmp_path / "out.json", format="coco")
    found = []
    for file in (tmp_path / "in" / "a.json", tmp_path / "out.json"):
        made = supervision.DetectionDataset.from_coco(str(tmp_path / "in"), str(file), force_masks=True)
        ((_, _, things),) = list(made)
        found.append(things)
    assert len(found[0]) == 5
    assert np.array_equal(found[0].mask, found[1].mask)
    assert np.array_equal(found[0].xyxy, found[1].xyxy)


WRONG = [
    ({"size": [H, W], "counts": [H * W + 1]}, r"must sum to 48 x 64 pixels, got 3073"),
    ({"size": [H, W], "counts": [-5, H * W + 5]}, "must be whole numbers from 0 on"),
    ({"size": [H, W], "counts": [0.5, H * W - 0.5]}, "must be whole numbers from 0 on"),
    ({"size": [0, W], "counts": []}, "'size' of run lengths must be two whole numbers > 0"),
    ({"size": [H, W], "counts": "5"}, "must sum to 48 x 64 pixels"),
    ({"size": [H, W], "counts": "ooooooooooooooooo"}, "must be COCO's text"),
    ({"size": [H, W], "counts": "0o"}, "got one that ends in a number"),
    ({"size": [H, W], "counts": "a\n"}, "must be COCO's text"),
]


@pytest.mark.parametrize(("outline", "reason"), WRONG)
def test_run_lengths_that_would_lead_out_of_the_image_are_refused(tmp_path: Path, outline: Any, reason: str) -> None:
    """Decoders write where they lead."""
    made = coco(tmp_path / "a.json")
    made["annotations"][0]["segmentation"] = outline
    (tmp_path / "a.json").write_text(json.dumps(made))
    with pytest.raises(ValueError, match=f"a.json, annotation 1: .*{reason}"):
        augment.read_labels(tmp_path)
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert len(labels.images[0].annotations) == 4


def test_coco_comes_back_to_the_letter(tmp_path: Path) -> None:
    """Annotations in any order, without ids and areas, with counts of their own, with null and with big numbers."""
    made = coco(tmp_path / "a.json")
    made["images"].append({"id": 2, "file_name": "b.png", "height": H, "width": W, "coco_url": None})
    made["annotations"][0] |= {"segmentation": None, "big": 2**70, "tiny": 5e-324, "text": "ü\ud83d"}
    made["annotations"][1] |= {"keypoints": [1.5, 2, 2, 0, 0, 0], "num_keypoints": 17}
    made["annotations"].insert(0, {"id": 9, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3.1, 4]})
    made["annotations"].append({"id": 7, "image_id": 2, "category_id": 1, "segmentation": RINGS[:1]})
    (tmp_path / "a.json").write_text(json.dumps(made))
    augment.write_labels(augment.read_labels(tmp_path / "a.json"), tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == made
    for name in ("images", "categories"):
        twice = {**made, name: [*made[name], made[name][0]]}
        (tmp_path / "b.json").write_text(json.dumps(twice))
        with pytest.raises(ValueError, match="its id 1 must be that of no other"):
            augment.read_labels(tmp_path / "b.json")
