"""Small data sets of every format, and what runs of augment.offline have written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

import augment
import imgproc
from augment.labels import _write
from augment.offline import _begin, _journal, _names, _plan, _run, _store, _targets, _work
from augment.offline._command import add_run
from augment.offline._finish import read_manifest
from augment.offline._options import checked

__all__ = [
    "CHAIN", "SETS", "add_run", "checked", "make_set", "names_of", "open_run", "photo", "plan_of", "prints",
    "read_manifest", "store", "work",
]  # fmt: skip

names_of, store, work, open_run = _names, _store, _work, _run
targets, journal, begin, write = _targets, _journal, _begin, _write
H, W = 24, 32
CHAIN = augment.Compose(
    [augment.HorizontalFlip(), augment.Affine(translate=(-0.2, 0.2), p=0.8), augment.ColorJitter(p=1)], seed=5
)


def photo(seed: int = 0, size: tuple[int, int] = (H, W), dtype: Any = np.uint8) -> np.ndarray:
    """Noise of three channels."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (*size, 3), dtype)


def prints(output: Path) -> dict[str, str]:
    """A hash of every file that a run writes for users."""
    files = [file for file in output.rglob("*") if file.is_file() and ".augment" not in file.parts]
    return {str(file.relative_to(output)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def plan_of(labels: Any, **options: Any) -> Any:
    """The plan of a run."""
    return _plan.make_plan(labels, checked(options))


def make_set(name: str, root: Path, count: int = 3) -> Path:
    """A data set in a new folder; what `augment_folder` gets as its input."""
    root.mkdir(parents=True)
    return SETS[name](root, count)


def _pictures(folder: Path, count: int, end: str = "png") -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        imgproc.write_image(folder / f"p{k}.{end}", photo(k))
    return [f"p{k}.{end}" for k in range(count)]


def _folders(root: Path, count: int) -> Path:
    for name in ("cat", "dog"):
        _pictures(root / name, count)
    return root


def _masks(root: Path, count: int) -> Path:
    for k, name in enumerate(_pictures(root / "images", count)):
        (root / "masks").mkdir(exist_ok=True)
        labels = np.random.default_rng(k).integers(0, 5, (H, W), dtype=np.uint8)
        imgproc.write_image(root / "masks" / name, labels)
    return root


def _yolo(lines: list[str], about: str = "") -> Any:
    def made(root: Path, count: int) -> Path:
        for k, name in enumerate(_pictures(root / "images" / "train", count)):
            (root / "labels" / "train").mkdir(parents=True, exist_ok=True)
            text = "".join(line + "\n" for line in lines[: len(lines) if k else 1])
            (root / "labels" / "train" / name).with_suffix(".txt").write_text(text)
        (root / "data.yaml").write_text("names: {0: cat, 1: dog}\nlicence: ours\n" + about)
        return root

    return made


def _coco(root: Path, count: int) -> Path:
    images = _pictures(root / "images", count, "jpg")
    runs = [100, 5, H - 5, 6, H * W - 111 - (H - 5)]
    things: list[dict[str, Any]] = [
        {
            "bbox": [2.25, 3.1, 10.7, 8],
            "segmentation": [[2.25, 3.1, 12.95, 3.1, 12.95, 11.1, 2.25, 11.1]],
            "area": 85.6,
        },
        {"bbox": [1, 1, 29, 20.5], "segmentation": [[1, 1, 9, 1, 9, 9], [20, 10, 30, 10, 30, 21.5]], "score": 0.125},
        {"bbox": [4, 4, 2, 20], "segmentation": {"size": [H, W], "counts": runs}, "iscrowd": 1, "area": 11},
        {"bbox": [3, 3, 20, 18], "keypoints": [5, 5, 2, 20.5, 6, 1, 0, 0, 0], "num_keypoints": 2, "mine": {"a": [1]}},
    ]
    annotations = [
        {"id": 100 * k + i, "image_id": k + 7, "category_id": 3 + 5 * (i % 2), **thing}
        for k in range(count)
        for i, thing in enumerate(things[: 4 if k else 2])
    ]
    data = {
        "info": {"year": 2026},
        "licenses": [{"id": 1, "name": "CC0"}],
        "images": [
            {"id": k + 7, "file_name": name, "height": H, "width": W, "license": 1, "date": "x"}
            for k, name in enumerate(images)
        ],
        "annotations": annotations,
        "categories": [
            {"id": 3, "name": "cat", "supercategory": "animal"},
            {"id": 8, "name": "dog", "keypoints": ["left_eye", "right_eye", "nose"], "skeleton": [[1, 2]]},
        ],
    }
    (root / "instances.json").write_text(json.dumps(data))
    return root / "instances.json"


def _voc(root: Path, count: int) -> Path:
    for name in _pictures(root / "JPEGImages", count, "jpg"):
        (root / "Annotations").mkdir(exist_ok=True)
        (root / "Annotations" / name).with_suffix(".xml").write_text(
            f"<annotation><folder>x</folder><filename>{name}</filename><size><width>{W}</width><height>{H}</height>"
            "<depth>3</depth></size><object><name>cat</name><pose>Left</pose><difficult>1</difficult><bndbox>"
            "<xmin>2</xmin><ymin>3</ymin><xmax>12.50</xmax><ymax>20</ymax></bndbox></object></annotation>"
        )
    return root


def _imagefolder(root: Path, count: int) -> Path:
    rows = [
        {"file_name": name, "caption": f"no. {k}", "objects": {"bbox": [[1.5, 2, 8, 9]], "categories": ["cat"]}}
        for k, name in enumerate(_pictures(root / "train", count))
    ]
    (root / "train" / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def _webdataset(root: Path, count: int) -> Path:
    labels = augment.read_labels(_imagefolder(root / "from", count))
    augment.write_labels(labels, root / "tars", format="webdataset")
    return root / "tars"


SETS: dict[str, Any] = {
    "folders": _folders,
    "masks": _masks,
    "detect": _yolo(["0 0.5 0.5 0.25 0.123456789", "1 0.1 0.9 0.2 0.2"]),
    "segment": _yolo(["1 0.1 0.2 0.8 0.2 0.800001 0.7", "0 0.5 0.5 0.7 0.5 0.7 0.9 0.5 0.9"]),
    "pose": _yolo(["0 0.5 0.5 0.4 0.4 0.4 0.4 2 0.6 0.45 1", "1 0.2 0.2 0.1 0.1 0 0 0 0.2 0.2 2"],
                  "kpt_shape: [2, 3]\nflip_idx: [1, 0]\n"),
    "obb": _yolo(["0 0.2 0.2 0.6 0.3 0.55 0.6 0.15 0.5"]),
    "coco": _coco,
    "voc": _voc,
    "imagefolder": _imagefolder,
    "webdataset": _webdataset,
}  # fmt: skip
KINDS = {"obb": "obb"}
