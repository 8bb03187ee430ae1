"""Average precision of files and labels: boxes, masks and keypoints as pycocotools has them, and names of classes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.coco import evaluated_labels, pixels_of_rings

import augment
from augment.__main__ import main

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:pycocotools")

H, W = 60, 80
CATEGORIES = [{"id": 7, "name": "dog"}, {"id": 2, "name": "cat"}, {"id": 9, "name": "elk"}]
POINTS = 17


def ring(rng, cx, cy, radius, far=1.3):
    """An irregular star around a point, which may reach out of the image."""
    turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
    lengths = radius * rng.uniform(0.3, far, turns.size)
    return np.stack([cx + lengths * np.cos(turns), cy + lengths * np.sin(turns)], axis=1).round(2).ravel().tolist()


def runs(mask):
    """Run lengths that are not a text."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]), [mask.size]])
    return {"size": list(mask.shape), "counts": [int(v) for v in np.diff(edges)]}


def text(mask):
    """Run lengths as pycocotools writes them."""
    from pycocotools import mask as tools

    found = tools.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": found["size"], "counts": found["counts"].decode()}


def blob(rng, cy, cx, radius):
    y, x = np.indices((H, W))
    return (np.abs(y - cy) / rng.uniform(0.5, 1) + np.abs(x - cx) < radius) & (rng.random((H, W)) < 0.97)


def data_set(rng, images=12):
    """Labels of COCO with crowds, masks of every kind and poses, some of which nobody sees; and results near them."""
    truth = {
        "images": [
            {"id": int(i), "file_name": f"{i}.jpg", "height": H, "width": W} for i in rng.permutation(images) * 3
        ],
        "categories": CATEGORIES,
        "annotations": [],
    }
    results = []
    for image in truth["images"]:
        for _ in range(rng.integers(0, 6)):
            cx, cy, radius = rng.uniform(0, W), rng.uniform(0, H), rng.exponential(10) + 4
            kind, crowd = int(rng.choice([7, 2])), int(rng.random() < 0.15)
            seen = rng.choice([0, 1, 2], POINTS) * (rng.random() < 0.85)
            points = np.column_stack([rng.normal(cx, radius, POINTS), rng.normal(cy, radius, POINTS), seen]).round(1)
            points[seen == 0, :2] = 0
            shape = [ring(rng, cx, cy, radius) for _ in range(rng.integers(1, 4))]
            if crowd or rng.random() < 0.3:
                shape = runs(blob(rng, cy, cx, radius))
            elif rng.random() < 0.2:
                shape = text(blob(rng, cy, cx, radius))
            truth["annotations"].append(
                {"id": len(truth["annotations"]) + 1, "image_id": image["id"], "category_id": kind, "iscrowd": crowd,
                 "bbox": [cx - radius, cy - radius, 2 * radius, 2 * radius], "area": float(rng.exponential(2000)),
                 "segmentation": shape, "keypoints": points.ravel().tolist(), "num_keypoints": int((seen > 0).sum())}
            )  # fmt: skip
            for _ in range(rng.integers(0, 4)):
                shift = rng.normal(0, radius / 12, 2)
                moved = points.copy()
                moved[:, :2] += shift + rng.normal(0, radius / 20, (POINTS, 2))
                mask = blob(rng, cy + shift[0], cx + shift[1], radius) if rng.random() < 0.8 else np.zeros((H, W), bool)
                results.append(
                    {"image_id": image["id"], "category_id": kind if rng.random() < 0.9 else 9,
                     "score": round(float(rng.random()), 1), "keypoints": moved.ravel().tolist(),
                     "bbox": [cx - radius + shift[0], cy - radius + shift[1], 2 * radius, 2 * radius],
                     "segmentation": text(mask)}
                )  # fmt: skip
    return truth, results


def only(results, *fields):
    return [{k: v for k, v in row.items() if k in ("image_id", "category_id", "score", *fields)} for row in results]


FIELDS = {"boxes": ("bbox",), "masks": ("segmentation",), "keypoints": ("keypoints",)}


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("seed", range(6))
def test_files_equal_pycocotools(kind, seed, tmp_path):
    pytest.importorskip("pycocotools", reason="pycocotools is the referee")
    truth, results = data_set(np.random.default_rng(seed))
    given = only(results, *FIELDS[kind]) if seed % 2 else only(results, "bbox", *FIELDS[kind])
    expected = evaluated_labels(truth, given, kind)
    (tmp_path / "instances.json").write_text(json.dumps(truth))
    (tmp_path / "results.json").write_text(json.dumps(given))
    ours = augment.average_precision(tmp_path / "instances.json", str(tmp_path / "results.json"), kind=kind)
    assert ours.classes.tolist() == ["cat", "dog", "elk"]  # by rising id, with the one that is nowhere
    for name, theirs in zip(("precision", "recall", "scores"), expected[:3], strict=True):
        np.testing.assert_allclose(getattr(ours, name), theirs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(list(ours.summary().values()), expected[3], rtol=0, atol=1e-12)
    labels = augment.read_labels(tmp_path / "instances.json")
    again = augment.average_precision(labels, given, kind=kind)
    np.testing.assert_array_equal(again.precision, ours.precision)
    assert "cat" in ours.report() and f"{ours.per_class['cat']:.4f}" in ours.report()


@pytest.mark.parametrize("kind", FIELDS)
def test_other_limits_areas_and_sigmas_equal_pycocotools(kind):
    pytest.importorskip("pycocotools", reason="pycocotools is the referee")
    rng = np.random.default_rng(11)
    truth, results = data_set(rng)
    for row in [*truth["annotations"], *results]:  # so many of a class in an image that limits matter
        row["image_id"] = row["image_id"] // 3 % 2 * 3
    sigmas = rng.uniform(0.02, 0.15, POINTS)
    params = {"maxDets": [1, 2, 4], "areaRng": [[0, 900.0], [500.0, 1e5]], "iouThrs": np.array([0.3, 0.62, 1.0])}
    options = {
        "max_detections": (1, 2, 4),
        "areas": {"a": (0, 900.0), "b": (500.0, 1e5)},
        "iou_thresholds": [0.3, 0.62, 1],
    }
    if kind == "keypoints":
        params["kpt_oks_sigmas"], options["sigmas"] = sigmas, sigmas
    given = only(results, *FIELDS[kind])
    expected = evaluated_labels(truth, given, kind, areaRngLbl=["a", "b"], **params)
    ours = augment.average_precision(_read(truth), given, kind=kind, **options)
    for name, theirs in zip(("precision", "recall", "scores"), expected[:3], strict=True):
        np.testing.assert_allclose(getattr(ours, name), theirs, rtol=0, atol=1e-12)
    assert len({float(v) for v in np.nanmean(ours.recall, axis=(0, 1, 2))}) > 1


def test_polygons_are_the_pixels_of_pycocotools(rng):
    """Any ring: outside, degenerate, of repeated points; alone and in unions."""
    tools = pytest.importorskip("pycocotools.mask", reason="pycocotools is the referee")
    for k in range(300):
        rings = [ring(rng, rng.uniform(-9, W + 9), rng.uniform(-9, H + 9), rng.exponential(20), 2.0)
                 for _ in range(rng.integers(1, 5))]  # fmt: skip
        if k % 3 == 0:
            rings = [np.round(each).tolist() for each in rings]
        if k % 5 == 0:
            rings[0] = rings[0][:4] * 2 + rings[0]
        theirs = tools.decode(tools.merge(tools.frPyObjects(rings, H, W)))
        np.testing.assert_array_equal(pixels_of_rings(rings, (H, W)), theirs)


def test_columns_of_masks_are_those_of_files(rng):
    pytest.importorskip("pycocotools", reason="pycocotools makes the masks")
    truth, results = data_set(rng)
    for annotation in truth["annotations"]:
        x, y, side, _ = annotation["bbox"]
        annotation["segmentation"] = runs(blob(rng, y + side / 2, x + side / 2, side / 2))
    expected = augment.average_precision(_read(truth), only(results, "segmentation"), kind="masks")
    tools = pytest.importorskip("pycocotools.mask")
    names = {category["id"]: category["name"] for category in CATEGORIES}

    def columns(rows, array):
        return {
            "masks": [tools.decode(row["segmentation"]) if array else row["segmentation"] for row in rows],
            "images": [row["image_id"] for row in rows],
            "classes": [names[row["category_id"]] for row in rows],
        }

    there = {
        **columns(truth["annotations"], False),
        "area": [row["area"] for row in truth["annotations"]],
        "crowd": [row["iscrowd"] for row in truth["annotations"]],
    }
    for array in (False, True):
        found = {**columns(results, array), "scores": [row["score"] for row in results]}
        ours = augment.average_precision(there, found, kind="masks")
        np.testing.assert_array_equal(ours.precision, expected.precision)
    voc = augment.average_precision(there, found, kind="masks", protocol="voc")
    assert 0 < voc.ap <= 1
    assert "of masks" in voc.report()


def _read(truth):
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "x.json")
        file.write_text(json.dumps(truth))
        return augment.read_labels(file)


def test_keypoints_by_hand():
    """Two points, one of which nobody sees: the OKS is that of the other, ``exp(-d² / (2 area (2 sigma)²))``."""
    area, sigma = 400.0, 0.05
    truth = {"keypoints": [[[10, 10, 2], [0, 0, 0]]], "images": [0], "classes": ["hand"], "area": [area]}
    for share in (0.49, 0.51, 0.74, 0.76, 0.95001):
        d = np.sqrt(-np.log(share) * 2 * area * (2 * sigma) ** 2)
        found = {"keypoints": [[[10 + d, 10], [70, 70]]], "images": [0], "classes": ["hand"], "scores": [1.0]}
        ours = augment.average_precision(truth, found, kind="keypoints", sigmas=[sigma, 0.1])
        assert [bool(ours.at(t)) for t in ours.iou_thresholds] == (share >= ours.iou_thresholds).tolist()
    assert list(ours.summary()) == [
        "AP", "AP50", "AP75", "AP medium", "AP large", "AR", "AR50", "AR75", "AR medium", "AR large",
    ]  # fmt: skip
    assert "OKS" in ours.report()


def test_labels_of_yolo_and_voc_are_evaluated_by_names(tmp_path):
    """Results name images by their stems and classes by places or names, as Ultralytics and people write them."""
    from PIL import Image

    for name in ("a", "12"):
        Image.new("RGB", (40, 20)).save(tmp_path / f"{name}.png")
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n1 0.25 0.5 0.1 0.2\n")
    (tmp_path / "12.txt").write_text("1 0.5 0.5 0.5 0.5\n")
    results = [
        {"image_id": "a", "category_id": 0, "score": 0.9, "bbox": [10, 5, 20, 10]},
        {"image_id": "a.png", "category_id": "dog", "score": 0.9, "bbox": [8, 8, 4, 4]},
        {"image_id": 12, "category_id": 1, "score": 0.2, "bbox": [0, 0, 3, 3]},
    ]
    ours = augment.average_precision(tmp_path, results)
    assert ours.per_class == pytest.approx({"cat": 1.0, "dog": 51 / 101})
    curve = augment.precision_recall_curve(tmp_path, results)
    assert curve.classes.tolist() == ["cat", "dog"]
    augment.write_labels(augment.read_labels(tmp_path, sizes=True), tmp_path / "voc", format="voc")
    results = [{**row, "category_id": "cat" if row["category_id"] == 0 else "dog"} for row in results]
    assert augment.average_precision(tmp_path / "voc", results).per_class == ours.per_class


def test_the_command_prints_the_report(tmp_path, capsys):
    truth, results = tmp_path / "truth.json", tmp_path / "results.json"
    truth.write_text(json.dumps(BASE))
    results.write_text(json.dumps([GOOD]))
    assert main(["ap", str(truth), str(results), "--json", str(tmp_path / "figures.json")]) == 0
    ours = augment.average_precision(truth, results)
    assert capsys.readouterr().out.strip() == ours.report()
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["AP"] == ours.ap and figures["AP large"] is None and figures["classes"] == {"cat": ours.ap}
    assert main(["ap", str(truth), str(results), "--kind", "masks", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "masks"
    before = truth.read_bytes()
    assert main(["ap", str(truth), str(results), "--json", str(truth)]) == 2
    assert main(["ap", str(truth), str(tmp_path / "none.json")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert truth.read_bytes() == before


def test_labels_with_scores_are_results(tmp_path):
    truth, results = data_set(np.random.default_rng(3)) if _has_pycocotools() else (None, None)
    if truth is None:
        pytest.skip("pycocotools makes the masks")
    scored = {**truth, "annotations": [{**row, "id": i} for i, row in enumerate(only(results, "bbox"))]}
    (tmp_path / "scored.json").write_text(json.dumps(scored))
    labels = _read(truth)
    expected = augment.average_precision(labels, only(results, "bbox"))
    ours = augment.average_precision(labels, tmp_path / "scored.json")
    assert ours.summary() == pytest.approx(expected.summary(), nan_ok=True)


def _has_pycocotools():
    import importlib.util

    return importlib.util.find_spec("pycocotools") is not None


BASE = {
    "images": [{"id": 1, "height": 10, "width": 10}, {"id": 2}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 4, "image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "area": 25, "iscrowd": 0,
         "segmentation": [[0, 0, 5, 0, 5, 5]], "keypoints": [1, 1, 2], "num_keypoints": 1}
    ],
}  # fmt: skip
GOOD = {"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 5, 5], "keypoints": [1, 1, 2],
        "segmentation": {"size": [10, 10], "counts": [0, 100]}}  # fmt: skip
WRONG = {
    "boxes": [
        ({"image_id": 3}, r"results.json, result 1: 'image_id' must be one of the images of the ground truth, got 3"),
        ({"category_id": "x"}, r"result 1: 'category_id' must be one of the categories"),
        ({"score": None}, r"result 1: 'score' must be a finite number, got None"),
        ({"bbox": [0, 0, -1, 2]}, r"result 1: 'bbox' must be four numbers"),
        ({"bbox": None}, r"result 1: 'bbox' must be four"),
    ],
    "masks": [
        ({"segmentation": None}, r"result 1: must have 'segmentation' for kind='masks': pass kind='boxes'"),
        (
            {"segmentation": {"size": [10, 10], "counts": [0, 99]}},
            r"result 1: 'counts' of a mask must add up to h t",
        ),
        ({"segmentation": {"size": [10, 10], "counts": "~"}}, r"result 1: 'counts' of a mask must be a text as COCO"),
        (
            {"segmentation": {"size": [10, 10], "counts": "52"}},
            r"result 1: 'counts' of a mask must add up to the",
        ),
        ({"segmentation": {"size": [9, 10], "counts": [90]}}, r"masks of one image must have one size"),
        ({"segmentation": [[0, 0, 1e9, 5, 4, 4]]}, r"result 1: a ring of an image of 10 x 10 must lie within"),
        ({"image_id": 2, "segmentation": [[0, 0, 1, 5, 4, 4]]}, r"result 1: must lie in an image whose 'height'"),
    ],
    "keypoints": [({"keypoints": [1, 2]}, r"result 1: 'keypoints' must be 1 times x, y, visibility")],
}


@pytest.mark.parametrize(
    ("kind", "change", "message"), [(kind, *rest) for kind, rows in WRONG.items() for rest in rows], ids=str
)
def test_wrong_results_are_refused_with_their_place(kind, change, message, tmp_path):
    (tmp_path / "truth.json").write_text(json.dumps(BASE))
    (tmp_path / "results.json").write_text(json.dumps([GOOD, {**GOOD, **change}]))
    options = {"sigmas": [0.1]} if kind == "keypoints" else {}
    assert augment.average_precision(tmp_path / "truth.json", [GOOD], kind=kind, **options).at(0.5) >= 0
    with pytest.raises(ValueError, match=message):
        augment.average_precision(tmp_path / "truth.json", tmp_path / "results.json", kind=kind, **options)


def test_other_wrong_files_and_arguments(tmp_path):
    truth, bad = tmp_path / "truth.json", tmp_path / "bad.json"
    truth.write_text(json.dumps(BASE))

    def refused(error, message, *given, **options):
        with pytest.raises(error, match=message):
            augment.average_precision(*given, **options)

    refused(FileNotFoundError, "no such file", truth, tmp_path / "none.json")
    refused(FileNotFoundError, "no such file", tmp_path / "none.json", [])
    for content, message in (("{", "bad.json: not JSON"), ("3", "bad.json: must be a list of results")):
        bad.write_text(content)
        refused(ValueError, message, truth, bad)
    bad.write_text(json.dumps({**BASE, "annotations": [{**BASE["annotations"][0], "segmentation": []}]}))
    refused(ValueError, "bad.json, annotation 4: must have a mask", bad, [], kind="masks")
    bad.write_text(json.dumps({**BASE, "annotations": [{**BASE["annotations"][0], "area": -1}]}))
    refused(ValueError, "bad.json, annotation 4: 'area' must be", bad, [])
    bad.write_text(json.dumps({**BASE, "annotations": [{**BASE["annotations"][0], "keypoints": []}]}))
    refused(ValueError, "must have keypoints for kind='keypoints'", bad, [], kind="keypoints")
    refused(ValueError, "sigmas must have one number for each of the 1 keypoints", truth, [GOOD], kind="keypoints")
    refused(ValueError, "sigmas must go with kind='keypoints'", truth, [GOOD], sigmas=[1.0])
    refused(ValueError, "box_format and inclusive must be left out", truth, [GOOD], inclusive=True)
    refused(ValueError, "inclusive=True must go with kind='boxes'", {}, {}, kind="masks", inclusive=True)
    refused(ValueError, "kind must be one of", truth, [GOOD], kind="segm")
    refused(TypeError, "detections must be a file of COCO's results", truth, {"boxes": []})
    refused(ValueError, "truth must be labels of boxes", augment.LabelSet("folders", "classify", tmp_path, (), ()), [])
    rows = {"images": [0], "classes": [0]}
    mask = {"masks": [np.ones((3, 4), bool)], **rows}
    refused(ValueError, r"detections\['masks'\] must be masks, in row 0 a mask must be run lengths",
            mask, {**rows, "scores": [1], "masks": [3.0]}, kind="masks")  # fmt: skip
    poses = {"keypoints": [[[1, 2, 3]]], **rows, "area": [1]}
    refused(ValueError, "must have as many keypoints as truth, 1, got 2",
            poses, {**rows, "scores": [1], "keypoints": [[[1, 2], [3, 4]]]}, kind="keypoints")  # fmt: skip
    refused(ValueError, "truth must have the column 'area'", {k: v for k, v in poses.items() if k != "area"},
            {**poses, "scores": [1]}, kind="keypoints")  # fmt: skip


def test_nothing_there_and_nothing_found():
    nothing = {"images": [], "classes": []}
    for kind in ("masks", "keypoints"):
        ours = augment.average_precision(
            {**nothing, kind: [], "area": []}, {**nothing, kind: [], "scores": []}, kind=kind
        )
        assert np.isnan(ours.ap)
    one = {"images": [0], "classes": [0], "masks": [np.ones((3, 4), bool)]}
    assert augment.average_precision(one, {**nothing, "masks": [], "scores": []}, kind="masks").ap == 0
    assert np.isnan(augment.average_precision({**nothing, "masks": []}, {**one, "scores": [1.0]}, kind="masks").ap)
    assert augment.average_precision([], [], kind="masks").precision.shape[2] == 0
