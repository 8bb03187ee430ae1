"""Files of labels: what is read is written as it was, other formats hold the same things, and faults have a place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
from augment.__main__ import main

H, W = 60, 80


def picture(file: Path, size: tuple[int, int] = (H, W)) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*size, 3), np.uint8)).save(file)


YOLO = {
    "detect": "3 0.5 0.4 0.12345678901234567 0.1\n0 0.1 0.1 0.05 0.05\n",
    "segment": "1 0.1 0.1 0.5 0.12 0.3333333333333333 0.7\n0 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n2 0.5 0.5 0.1 0.1\n",
    "pose": "0 0.5 0.5 0.25 0.5 0.4 0.3 2 0.6 0.7 0\n",
    "obb": "2 0.1 0.2 0.4 0.1 0.5 0.4 0.2 0.5\n",
}


def yolo(root: Path, kind: str) -> Path:
    picture(root / "images" / "train" / "a b.jpg")
    picture(root / "images" / "train" / "empty.png")
    (root / "labels" / "train").mkdir(parents=True)
    (root / "labels" / "train" / "a b.txt").write_text(YOLO[kind])
    shape = "kpt_shape: [2, 3]\n" if kind == "pose" else ""
    (root / "data.yaml").write_text(f"train: images/train\n{shape}names: {{0: cat, 1: dog, 2: ship, 3: 'yes'}}\n")
    return root


def numbers(text: str) -> list[list[float]]:
    return [list(map(float, line.split())) for line in text.splitlines()]


@pytest.mark.parametrize("kind", list(YOLO))
def test_yolo_comes_back(tmp_path: Path, kind: str) -> None:
    said = {"kind": kind} if kind == "obb" else {}
    labels = augment.read_labels(yolo(tmp_path / "in", kind), **said)
    assert (labels.format, labels.kind, labels.classes) == ("yolo", kind, ("cat", "dog", "ship", "yes"))
    assert [image.file for image in labels.images] == ["images/train/a b.jpg", "images/train/empty.png"]
    augment.write_labels(labels, tmp_path / "out")
    assert numbers((tmp_path / "out/labels/train/a b.txt").read_text()) == numbers(YOLO[kind])
    again = augment.read_labels(tmp_path / "out", **said)
    assert again.images[0].annotations == labels.images[0].annotations
    assert again.classes == labels.classes
    assert again.more["train"] == "images/train"


COCO: dict[str, Any] = {
    "info": {"year": 2026},
    "licenses": [{"id": 1, "name": "CC0"}],
    "categories": [{"id": 7, "name": "cat", "supercategory": "pet"}, {"id": 3, "name": "dog"}],
    "images": [
        {"id": 11, "file_name": "sub/x.jpg", "height": H, "width": W, "license": 1},
        {"id": "b", "file_name": "y.jpg", "height": H, "width": W},
    ],
    "annotations": [
        {"id": 5, "image_id": 11, "category_id": 3, "bbox": [1, 2.5, 10, 20.25], "area": 99.5, "iscrowd": 0,
         "segmentation": [[1, 2.5, 11, 2.5, 11, 22.75], [3, 3, 5, 3, 5, 5, 3, 5]], "score_of_mine": 0.25},
        {"id": 6, "image_id": "b", "category_id": 7, "bbox": [0, 0, 4, 4], "area": 16, "iscrowd": 1,
         "segmentation": {"size": [H, W], "counts": [0, 16, H * W - 16]}},
        {"id": 9, "image_id": "b", "category_id": 7, "bbox": [2, 2, 8, 8], "area": 64, "iscrowd": 0,
         "keypoints": [3, 3, 2, 0, 0, 0], "num_keypoints": 1},
    ],
}  # fmt: skip


def test_coco_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "instances.json"
    file.write_text(json.dumps(COCO))
    labels = augment.read_labels(file)
    assert labels.classes == ("cat", "dog")
    assert labels.images[0].annotations[0].box == (1, 2.5, 10, 20.25)
    assert labels.images[1].annotations[0].crowd
    augment.write_labels(labels, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text()) == COCO


VOC = """<annotation verified="yes"><folder>f</folder><filename>x.jpg</filename>
<size><width>80</width><height>60</height><depth>3</depth></size><mine>kept</mine>
<object><name>dog</name><pose>Left</pose><difficult>1</difficult>
<bndbox><xmin>1.50</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40.25</ymax></bndbox></object>
<object><name>cat</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object></annotation>
"""


def test_voc_comes_back(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.xml").write_text(VOC)
    labels = augment.read_labels(tmp_path / "in")
    assert labels.classes == ("dog", "cat")
    assert [each.difficult for each in labels.images[0].annotations] == [True, False]
    augment.write_labels(labels, tmp_path / "out")
    assert (tmp_path / "out" / "x.xml").read_text().split() == VOC.split()


def corners(labels: Any) -> dict[str, list[Any]]:
    """Boxes in pixels with the names of their classes, by image."""
    found: dict[str, list[Any]] = {}
    for image in labels.images:
        h, w = image.size
        for each in image.annotations:
            a, b, c, d = each.box
            if labels.box_format == "yolo":
                a, b, c, d = (a - c / 2) * w, (b - d / 2) * h, c * w, d * h
            if labels.box_format != "pascal_voc":
                c, d = a + c, b + d
            name = Path(image.file).stem
            found.setdefault(name, []).append((labels.classes[each.label], *np.round([a, b, c, d], 9).tolist()))
    return found


@pytest.mark.parametrize("source", ["yolo", "coco", "voc"])
@pytest.mark.parametrize("target", ["yolo", "coco", "voc"])
def test_other_formats_hold_the_same_boxes(tmp_path: Path, source: str, target: str) -> None:
    root = tmp_path / "in"
    if source == "yolo":
        yolo(root, "detect")
    elif source == "coco":
        (root / "sub").mkdir(parents=True)
        annotations = [COCO["annotations"][0], COCO["annotations"][2]]
        (root / "a.json").write_text(json.dumps({**COCO, "annotations": annotations}))
        picture(root / "sub" / "x.jpg")
        picture(root / "y.jpg")
    else:
        root.mkdir()
        (root / "x.xml").write_text(VOC)
        picture(root / "x.jpg")
    labels = augment.read_labels(root, sizes=True)
    out = tmp_path / ("out.json" if target == "coco" else "out")
    augment.write_labels(labels, out, format=target)
    for image in labels.images:
        picture((out if target != "coco" else tmp_path) / image.file)
    again = augment.read_labels(out, sizes=True, images=tmp_path if target == "coco" else None)
    expected = corners(labels)
    if target == "voc":
        assert set(again.classes) <= set(labels.classes)
    assert {k: v for k, v in corners(again).items() if v} == expected


@pytest.mark.parametrize("kind", ["segment", "pose", "obb"])
def test_polygons_and_keypoints_go_over_to_coco_and_back(tmp_path: Path, kind: str) -> None:
    labels = augment.read_labels(yolo(tmp_path / "in", kind), kind=kind, sizes=True)
    augment.write_labels(labels, tmp_path / "a.json", format="coco")
    middle = augment.read_labels(tmp_path / "a.json", sizes=False)
    for image, other in zip(labels.images, middle.images, strict=True):
        for each, found in zip(image.annotations, other.annotations, strict=True):
            for ring, moved in zip(each.polygons, found.polygons, strict=True):
                np.testing.assert_allclose(np.reshape(ring, (-1, 2)) * (W, H), np.reshape(moved, (-1, 2)))
            if each.polygons:
                lows, highs = (
                    np.reshape(found.polygons, (-1, 2)).min(axis=0),
                    np.reshape(found.polygons, (-1, 2)).max(0),
                )
                np.testing.assert_allclose(found.box, (*lows, *(highs - lows)))
            for point, moved in zip(each.keypoints, found.keypoints, strict=True):
                np.testing.assert_allclose(moved, (point[0] * W, point[1] * H, point[2]))
    augment.write_labels(middle, tmp_path / "back", format="yolo")
    name = "back/labels/train/a b.txt"
    found = numbers((tmp_path / name).read_text())
    for line, expected in zip(found, numbers(YOLO[kind]), strict=True):
        np.testing.assert_allclose(line, expected, rtol=1e-12)


def test_parts_become_one_ring_of_the_same_area(tmp_path: Path) -> None:
    shapely = pytest.importorskip("shapely")
    (tmp_path / "a.json").write_text(json.dumps({**COCO, "annotations": COCO["annotations"][:1]}))
    rings = [[0, 0, 10, 0, 10, 10, 0, 10], [20, 5, 30, 5, 30, 25, 20, 25], [40, 40, 50, 40, 45, 50]]
    data = json.loads((tmp_path / "a.json").read_text())
    data["annotations"][0]["segmentation"] = rings
    (tmp_path / "a.json").write_text(json.dumps(data))
    augment.write_labels(augment.read_labels(tmp_path / "a.json"), tmp_path / "out", format="yolo")
    text = (tmp_path / "out" / "sub" / "x.txt").read_text()
    ring = np.reshape(numbers(text)[0][1:], (-1, 2)) * (W, H)
    outline = shapely.make_valid(shapely.Polygon(ring))
    parts = shapely.unary_union([shapely.Polygon(np.reshape(r, (-1, 2))) for r in rings])
    xs, ys = ring[:, 0], ring[:, 1]
    area = 0.5 * abs(np.dot(xs, np.roll(ys, -1)) - np.dot(ys, np.roll(xs, -1)))
    assert area == pytest.approx(parts.area)
    assert outline.symmetric_difference(parts).area < 1e-6


def test_folders_of_classes_and_of_masks(tmp_path: Path) -> None:
    for name in ("cats/1.png", "cats/deep/2.png", "dogs/1.png"):
        picture(tmp_path / "classes" / name)
    labels = augment.read_labels(tmp_path / "classes", sizes=True)
    assert (labels.format, labels.classes) == ("folders", ("cats", "dogs"))
    assert [(image.file, image.label, image.size) for image in labels.images] == [
        ("cats/1.png", 0, (H, W)), ("cats/deep/2.png", 0, (H, W)), ("dogs/1.png", 1, (H, W)),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="the folders are the labels"):
        augment.write_labels(labels, tmp_path / "out")
    for name in ("images/1.jpg", "masks/1.png", "images/2.jpg"):
        picture(tmp_path / "masked" / name)
    with pytest.raises(ValueError, match=r"images/2.jpg: must have a mask of the same name"):
        augment.read_labels(tmp_path / "masked")
    labels = augment.read_labels(tmp_path / "masked", on_error="skip")
    assert [(image.file, image.mask) for image in labels.images] == [("images/1.jpg", "masks/1.png")]
    assert str(labels.problems[0]).endswith("images/2.jpg: must have a mask of the same name")


LINES = [
    ("0 0.5 0.5 0.2", "must be 'class x y width height', got 4 numbers"),
    ("0 0.5 x 0.2 0.2", "must be numbers 'class x y width height'"),
    ("-1 0.5 0.5 0.2 0.2", "class must be a whole number from 0 on, got -1"),
    ("0.5 0.5 0.5 0.2 0.2", "class must be a whole number from 0 on, got 0.5"),
    ("0 nan 0.5 0.2 0.2", "must be finite numbers"),
    ("0 0.5 0.5 1.2 0.2", r"width and height must be fractions in \[0, 1\], got 1.2, 0.2"),
    ("0 40 0.5 0.2 0.2", r"x and y must be fractions in \[0, 1\] of the image's width and height, got 40"),
    ("0 0.1 0.1 0.2 0.1 0.2 0.2 0.3", "got 8 numbers"),
]


@pytest.mark.parametrize(("line", "reason"), LINES)
def test_a_line_that_is_wrong_is_named_or_left_out(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "a.txt").write_text(f"1 0.5 0.5 0.1 0.1\n\n{line}\n2 0.4 0.4 0.1 0.1\n")
    with pytest.raises(ValueError, match=rf"a.txt, line 3: .*{reason}"):
        augment.read_labels(tmp_path)
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert [each.label for each in labels.images[0].annotations] == [1, 2]
    assert [problem.place for problem in labels.problems] == ["line 3"]


RECORDS: list[tuple[dict[str, Any], str]] = [
    ({"bbox": [1, 2, -3, 4]}, "'bbox' must be four numbers"),
    ({"bbox": [1, 2, float("nan"), 4]}, "'bbox' must be four numbers"),
    ({"category_id": 99}, "'category_id' must be one of 'categories', got 99"),
    ({"image_id": 99}, "its image 99 must be one of 'images'"),
    ({"segmentation": [[1, 2, 3, 4]]}, "rings"),
    ({"segmentation": {"counts": []}}, "run lengths must have 'size'"),
    ({"keypoints": [1, 2]}, "'keypoints' must be numbers x, y, visibility"),
]


@pytest.mark.parametrize(("fields", "reason"), RECORDS)
def test_an_annotation_that_is_wrong_is_named_or_left_out(tmp_path: Path, fields: dict[str, Any], reason: str) -> None:
    data = json.loads(json.dumps(COCO))
    data["annotations"][0].update(fields)
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(ValueError, match=f"a.json, annotation 5: .*{reason}"):
        augment.read_labels(tmp_path)
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert labels.annotations == 2
    assert len(labels.problems) == 1


def test_files_from_outside_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>')
    with pytest.raises(ValueError, match="must be XML without a document type"):
        augment.read_labels(tmp_path)
    data = {**COCO, "images": [{"id": 1, "file_name": "../../secret.jpg"}], "annotations": []}
    (tmp_path / "b.json").write_text(json.dumps(data))
    with pytest.raises(ValueError, match="'file_name' must be a name below the folder"):
        augment.read_labels(tmp_path / "b.json")
    with pytest.raises(ValueError, match="holds labels of several formats, coco, voc"):
        augment.read_labels(tmp_path)
    with pytest.raises(ValueError, match=r"kind must be said: lines of 9 numbers"):
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "a.txt").write_text(YOLO["obb"])
        augment.read_labels(tmp_path / "x")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = yolo(tmp_path / "in", "detect")
    assert main(["convert-labels", str(root), str(tmp_path / "a.json")]) == 0
    said = capsys.readouterr().out
    assert "yolo (detect): 2 images, 2 annotations, 4 classes" in said
    assert "1 file of format coco written to" in said
    assert main(["convert-labels", str(tmp_path / "a.json"), str(tmp_path / "voc"), "--to", "voc",
                 "--images", str(root)]) == 0  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "voc" / "Annotations").iterdir()) == ["a b.xml", "empty.xml"]
    (root / "labels" / "train" / "a b.txt").write_text("0 7 7 7 7\n")
    assert main(["convert-labels", str(root), str(tmp_path / "b.json")]) == 2
    assert "a b.txt, line 1: width and height must be fractions" in capsys.readouterr().err
    assert main(["convert-labels", str(root), str(tmp_path / "b.json"), "--skip"]) == 0
    assert "left out: " in capsys.readouterr().out


def test_a_kind_may_be_chosen(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({**COCO, "annotations": [COCO["annotations"][k] for k in (0, 2)]}))
    labels = augment.read_labels(tmp_path / "a.json")
    assert labels.kind == "pose"
    names = {"detect": (5, 5), "segment": (19, 5), "pose": (11, 11)}
    for kind, counts in names.items():
        augment.write_labels(labels, tmp_path / kind, format="yolo", kind=kind)
        found = [numbers((tmp_path / kind / name).read_text())[0] for name in ("sub/x.txt", "y.txt")]
        assert tuple(map(len, found)) == counts
    augment.write_labels(labels, tmp_path / "b.json", kind="detect")
    for record in json.loads((tmp_path / "b.json").read_text())["annotations"]:
        assert not record.get("segmentation")
        assert not record.get("keypoints")
    with pytest.raises(ValueError, match="must have polygons for YOLO's segment files, got run lengths"):
        (tmp_path / "c.json").write_text(json.dumps(COCO))
        augment.write_labels(augment.read_labels(tmp_path / "c.json"), tmp_path / "c", format="yolo", kind="segment")


@pytest.mark.parametrize(("format", "names"), [("voc", ["a/x.jpg", "b/x.jpg"]), ("yolo", ["x.jpg", "X.png"])])
def test_no_image_writes_over_the_labels_of_another(tmp_path: Path, format: str, names: list[str]) -> None:
    images = [{"id": k, "file_name": name, "height": H, "width": W} for k, name in enumerate(names)]
    (tmp_path / "a.json").write_text(json.dumps({**COCO, "images": images, "annotations": []}))
    labels = augment.read_labels(tmp_path / "a.json")
    with pytest.raises(ValueError, match="images must have files of labels of their own"):
        augment.write_labels(labels, tmp_path / "out", format=format)
    assert not (tmp_path / "out").exists()
