"""Offline runs and labels: what is not moved comes back to the letter, and what is moved goes with its image."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.offline import SETS, H, W, make_set, read_manifest

import augment
import imgproc
from augment.pipeline import augment_folder

IDENTITY = augment.Compose([augment.HorizontalFlip(p=0)])
FLIP = augment.Compose([augment.HorizontalFlip(p=1)])


def _run(name: str, tmp_path: Path, recipe: Any = IDENTITY, **options: Any) -> tuple[Any, Any]:
    """The labels that went in and that came out, image by image in the order of names."""
    if name == "coco":
        pytest.importorskip("pycocotools")
    given = make_set(name, tmp_path / "in")
    kind = "obb" if name == "obb" else "auto"
    report = augment_folder(recipe, given, tmp_path / "out", workers=1, kind=kind, **options)
    assert report.complete
    assert not report.failed, report.failures
    before = augment.read_labels(given, kind=kind)
    return before, augment.read_labels(tmp_path / "out", kind=kind, format=before.format)


def _said(image: Any, *left_out: str) -> list[Any]:
    found = []
    for each in image.annotations:
        more = {k: v for k, v in each.more.items() if k not in ("xml", "id", "image_id", *left_out)}
        found.append((each.label, each.box, each.polygons, each.keypoints, each.mask, each.crowd, each.difficult, more))
    return found


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kept", [False, True])
def test_identity_gives_labels_back(name: str, kept: bool, tmp_path: Path) -> None:
    before, after = _run(name, tmp_path, keep_originals=kept)
    assert (after.format, after.kind, after.classes) == (before.format, before.kind, before.classes)
    assert len(after.images) == len(before.images) * (1 + kept)
    known = {image.file: image for image in before.images}
    for image in after.images:
        source = known[image.file.replace("_aug1", "")]
        assert _said(image) == _said(source)
        assert (image.size, image.label, image.split) == (source.size, source.label, source.split)
    if name == "coco":
        rest = {k: v for k, v in after.more.items() if k != "annotation_order"}
        assert rest == {k: v for k, v in before.more.items() if k != "annotation_order"}
        assert {k: v for k, v in after.images[0].more.items() if k not in ("id", "file_name")} == {
            k: v for k, v in before.images[0].more.items() if k not in ("id", "file_name")
        }
        ids = [each.more["id"] for image in after.images for each in image.annotations]
        assert len(set(ids)) == len(ids)
    if name == "voc":
        assert "<xmax>12.50</xmax>" in (tmp_path / "out/Annotations/p0_aug1.xml").read_text()
    if name == "detect":
        text = (tmp_path / "out/labels/train/p0_aug1.txt").read_text()
        assert text == (tmp_path / "in/labels/train/p0.txt").read_text()
    if name == "masks":
        for k in range(3):
            same = tmp_path / "in/masks" / f"p{k}.png", tmp_path / "out/masks" / f"p{k}_aug1.png"
            assert same[0].read_bytes() == same[1].read_bytes()


@pytest.mark.parametrize("name", ["detect", "segment", "pose", "obb", "coco", "voc", "imagefolder"])
def test_a_mirror_image_of_labels(name: str, tmp_path: Path) -> None:
    before, after = _run(name, tmp_path, FLIP)
    width = 1.0 if before.format == "yolo" else W
    for was, now in zip(before.images, after.images):
        assert len(was.annotations) == len(now.annotations)
        for one, other in zip(was.annotations, now.annotations):
            if one.box is not None:
                x = one.box[0] if before.format == "yolo" else one.box[0] + one.box[2]
                tight = one.mask is not None
                wanted = (width - x, *one.box[1:])
                if name == "voc":
                    wanted = (W - one.box[2], one.box[1], W - one.box[0], one.box[3])
                if not tight:
                    np.testing.assert_allclose(other.box, wanted, atol=1e-9)
            assert len(one.polygons) == len(other.polygons)
            for ring, moved in zip(one.polygons, other.polygons):
                points = np.reshape(ring, (-1, 2)) * [-1, 1] + [width, 0]
                _same_ring(points, np.reshape(moved, (-1, 2)))
            if one.keypoints:
                order = [1, 0, *range(2, len(one.keypoints))]  # left and right change places
                for k, point in enumerate(other.keypoints):
                    source = one.keypoints[order[k]]
                    if source[2] == 0:
                        assert point[2] == 0
                    else:
                        np.testing.assert_allclose(point, (width - source[0], *source[1:]), atol=1e-9)
            if one.mask is not None:
                from pycocotools import mask as runs

                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # of its arrays
                    pixels = [runs.decode(runs.frPyObjects(dict(each), H, W)) for each in (one.mask, other.mask)]
                assert np.array_equal(pixels[0][:, ::-1], pixels[1])
                assert other.more["area"] == pixels[1].sum()


def _same_ring(one: np.ndarray, other: np.ndarray) -> None:
    """The same points in the same order, from any of them on, either way round."""
    assert one.shape == other.shape
    turns = [np.roll(way, k, axis=0) for way in (other, other[::-1]) for k in range(len(one))]
    assert min(float(np.abs(one - turn).max()) for turn in turns) < 1e-9


def test_masks_follow_the_image(tmp_path: Path) -> None:
    _run("masks", tmp_path, FLIP)
    one = imgproc.read_image(tmp_path / "in/masks/p1.png", mode="unchanged")
    other = imgproc.read_image(tmp_path / "out/masks/p1_aug1.png", mode="unchanged")
    assert np.array_equal(one[:, ::-1], other)


def test_masks_with_palettes_keep_labels_and_palette(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    root = make_set("masks", tmp_path / "in", 1)
    labels = np.arange(H * W, dtype=np.uint8).reshape(H, W) % 7
    picture = image.fromarray(labels)
    picture.putpalette([v for k in range(7) for v in (k, 40 * k, 255 - k)])
    picture.save(root / "masks/p0.png")
    augment_folder(FLIP, root, tmp_path / "out", workers=1)
    with image.open(tmp_path / "out/masks/p0_aug1.png") as made:
        assert made.mode == "P"
        assert np.array_equal(np.asarray(made), labels[:, ::-1])
        assert made.getpalette()[:21] == picture.getpalette()[:21]


def test_what_leaves_the_image_is_dropped_and_counted(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    crop = augment.Compose([augment.CropFixed(box=(10, 0, 22, 24), p=1)])
    report = augment_folder(crop, given, tmp_path / "out", workers=1, min_visibility=0.5)
    after = augment.read_labels(tmp_path / "out")
    assert sum(report.dropped.values()) == 2  # the dog of two images
    assert after.annotations == 3
    assert report.made == {"cat": 3, "dog": 0}
    assert "2 annotations" in str(report)


def test_without_geometry_filters_leave_numbers_alone(tmp_path: Path) -> None:
    before, after = _run("detect", tmp_path, min_area=25.0)
    assert before.annotations == 5
    assert after.annotations == 2  # the larger ones
    assert after.images[1].annotations[0].box == before.images[1].annotations[1].box


@pytest.mark.parametrize("wanted", ["coco", "voc", "imagefolder", "webdataset"])
def test_another_format_of_labels(wanted: str, tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    augment_folder(FLIP, given, tmp_path / "out", workers=1, output_format=wanted, keep_originals=True)
    after = augment.read_labels(tmp_path / "out", format=wanted, sizes=True)
    assert (len(after.images), after.annotations) == (6, 10)
    image = next(image for image in after.images if "p1_aug1" in image.file)
    box = image.annotations[0].box
    wide = box[2] if wanted != "voc" else box[2] - box[0]
    assert wide == pytest.approx(0.25 * W)


def test_coco_becomes_yolo(tmp_path: Path) -> None:
    pytest.importorskip("pycocotools")
    given = make_set("coco", tmp_path / "in", 1)
    augment_folder(FLIP, given, tmp_path / "out", workers=1, output_format="yolo")
    assert (tmp_path / "out/images/p0_aug1.jpg").is_file()
    after = augment.read_labels(tmp_path / "out")
    assert (after.format, after.kind, after.annotations) == ("yolo", "segment", 2)


def test_mixing_takes_labels_of_donors_along(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in", 4)
    mosaic = augment.Compose([augment.Mosaic(size=(H, W), p=1)])
    report = augment_folder(mosaic, given, tmp_path / "out", workers=1)
    after = augment.read_labels(tmp_path / "out")
    assert report.made == {"cat": sum(e.label == 0 for i in after.images for e in i.annotations),
                           "dog": sum(e.label == 1 for i in after.images for e in i.annotations)}  # fmt: skip
    assert after.annotations > 4
    entry = _manifest(tmp_path / "out")[0]
    assert len(set(entry["donors"])) >= 2
    assert "images/train/p0.png" not in entry["donors"]


def _manifest(output: Path) -> list[dict[str, Any]]:
    return list(read_manifest(next(output.glob("manifest.*"))))


def test_recipe_files_and_parameters_stand_in_the_manifest(tmp_path: Path) -> None:
    given = make_set("folders", tmp_path / "in")
    chain = dataclasses.replace(FLIP, seed=3)
    (tmp_path / "r.json").write_text(chain.to_json())
    augment_folder(tmp_path / "r.json", given, tmp_path / "out", workers=1)
    assert augment.Compose.from_json((tmp_path / "out/.augment/recipe.json").read_text()) == chain
    entry = _manifest(tmp_path / "out")[0]
    record = chain.draw(tuple(entry["key"]), (H, W, 3))
    assert json.loads(entry["parameters"]) == json.loads(json.dumps(record["steps"]))
