"""Average precision: COCO's against pycocotools, PASCAL VOC's against its definition and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.coco import evaluated
from helpers.rows import falling
from oracles import boxes as naive

import augment


def scene(rng, images=25, classes=4, *, whole=False, ties=True):
    """Random truth and detections, rows in COCO's format: crowds, ties, images without either, sizes of every kind."""
    counts, found = rng.integers(0, 6, images), rng.integers(0, 40, images)
    counts[:3] = 0
    found[2:5] = 0
    n, m = counts.sum(), found.sum()
    true = {
        "boxes": np.hstack([rng.uniform(0, 200, (n, 2)), rng.exponential(50, (n, 2)) + 3]),
        "images": rng.permutation(np.repeat(np.arange(images), counts)),
        "classes": rng.integers(0, classes, n),
        "crowd": rng.random(n) < 0.2,
        "area": rng.exponential(3000, n),
    }
    there = {
        "boxes": np.hstack([rng.uniform(0, 200, (m, 2)), rng.exponential(50, (m, 2)) + 3]),
        "images": rng.permutation(np.repeat(np.arange(images), found)),
        "classes": rng.integers(0, classes + 1, m),  # one class has no truth
        "scores": rng.random(m),
    }
    for i in range(m):  # most are near a box of their image
        near = np.flatnonzero(true["images"] == there["images"][i])
        if len(near) and rng.random() < 0.7:
            j = rng.choice(near)
            there["boxes"][i] = true["boxes"][j] * rng.normal(1, 0.05, 4)
            there["classes"][i] = true["classes"][j]
    if ties:
        there["scores"] = np.round(there["scores"], 1)
    if whole:  # equal IoUs, and IoUs of exactly a threshold
        for rows in (true, there):
            rows["boxes"] = np.maximum(np.round(rows["boxes"] / 20), 1) * 20
    return true, there


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limits", [(1, 10, 100), (2, 3, 5)])
def test_coco_equals_pycocotools(seed, limits):
    rng = np.random.default_rng(seed)
    true, found = scene(rng, whole=seed % 3 == 2, ties=seed % 2 == 0)
    precision, recall, scores, stats = evaluated(true, found, 25, 4, limits)
    ours = augment.average_precision(true, found, box_format="coco", max_detections=limits)
    kinds = np.union1d(true["classes"], found["classes"])
    np.testing.assert_allclose(ours.precision, precision[:, :, kinds], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.recall, recall[:, kinds], rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.scores, scores[:, :, kinds], rtol=0, atol=1e-9)
    if limits == (1, 10, 100):
        values = np.array(list(ours.summary().values()))
        np.testing.assert_allclose(np.nan_to_num(values, nan=-1), stats, rtol=0, atol=1e-9)
        assert ours.ap == ours.at() == values[0]
        assert ours.at(0.75) == values[2]
        assert ours.recall_at(area="small") == pytest.approx(values[9], nan_ok=True)


def test_one_mapping_per_image_is_the_same(rng):
    true, found = scene(rng)
    whole = augment.average_precision(true, found, box_format="coco")

    def apart(rows):
        picks = [rows["images"] == i for i in range(25)]
        return [{c: v[pick] for c, v in rows.items() if c != "images"} for pick in picks]

    split = augment.average_precision(apart(true), apart(found), box_format="coco")
    np.testing.assert_array_equal(split.precision, whole.precision)
    np.testing.assert_array_equal(split.recall, whole.recall)


def test_names_of_classes_and_corners(rng):
    true, found = scene(rng, whole=True)
    expected = augment.average_precision(true, found, box_format="coco")

    def renamed(rows):
        corners = np.hstack([rows["boxes"][:, :2], rows["boxes"][:, :2] + rows["boxes"][:, 2:]])
        names = np.array(["ape", "bee", "cat", "dog", "elk"])[rows["classes"]]
        return {**rows, "boxes": corners, "classes": names, "images": [f"{i:03}.jpg" for i in rows["images"]]}

    ours = augment.average_precision(renamed(true), renamed(found))
    assert ours.classes.tolist() == ["ape", "bee", "cat", "dog", "elk"]
    np.testing.assert_array_equal(ours.precision, expected.precision)
    assert list(ours.per_class) == ["ape", "bee", "cat", "dog", "elk"]
    assert np.isnan(ours.per_class["elk"])  # detected, but not there
    text = str(ours)
    for word in ("AP50", "AR 100", "elk", f"{ours.ap:.4f}"):
        assert word in text


def test_difficult_boxes_do_not_count_in_coco(rng):
    """As a crowd, but they take one detection only."""
    box = [0, 0, 10, 10]
    found = {"boxes": [box, box], "images": [0, 0], "classes": [0, 0], "scores": [0.9, 0.8]}
    base = {"boxes": [box, [50, 50, 10, 10]], "images": [0, 0], "classes": [0, 0]}
    for flags, expected in (
        ({"difficult": [1, 0]}, 0.0),  # the second detection is false, the other box is not found
        ({"crowd": [True, False]}, 0.0),
        ({}, 0.5),
    ):
        ours = augment.average_precision({**base, **flags}, found, box_format="coco")
        assert ours.recall[0, 0, 0, -1] == pytest.approx(expected)
    other = {"boxes": [box, box, [50, 50, 10, 10]], "images": [0] * 3, "classes": [0] * 3, "scores": [0.9, 0.8, 0.7]}
    assert augment.average_precision({**base, "difficult": [1, 0]}, other, box_format="coco").at(0.5) == pytest.approx(
        0.5, abs=1e-2
    )
    assert augment.average_precision({**base, "crowd": [1, 0]}, other, box_format="coco").at(0.5) == pytest.approx(1)


def test_nothing_found_nothing_there():
    nothing = {"boxes": [], "images": [], "classes": []}
    one = {"boxes": [[0, 0, 5, 5]], "images": [1], "classes": [2]}
    for protocol in ("coco", "voc", "voc07"):
        empty = augment.average_precision(nothing, {**nothing, "scores": []}, protocol=protocol)
        assert np.isnan(empty.ap)
        assert "average precision" in empty.report()
        missed = augment.average_precision(one, {**nothing, "scores": []}, protocol=protocol)
        assert missed.ap == 0
        assert missed.recall_at() == 0
        false = augment.average_precision(nothing, {**one, "scores": [1.0]}, protocol=protocol)
        assert np.isnan(false.ap)
        assert augment.average_precision([], [], protocol=protocol).precision.shape[2] == 0
    assert augment.precision_recall_curve(nothing, {**nothing, "scores": []}).average.shape == (0,)


# --- PASCAL VOC -------------------------------------------------------------------------------------------------------

BOX, FAR = [0, 0, 9, 9], [100, 100, 109, 109]


def rows(boxes, **columns):
    return {"boxes": boxes, "images": [0] * len(boxes), "classes": [0] * len(boxes), **columns}


def test_voc_by_hand():
    """A true detection, a second one of the same box, one of nothing, a true one: precision 1, 1/2, 1/3, 1/2."""
    truth = rows([BOX, FAR, [50, 50, 59, 59], [70, 0, 79, 9]])
    found = rows([BOX, BOX, [200, 200, 209, 209], FAR], scores=[0.9, 0.8, 0.7, 0.6])
    assert augment.average_precision(truth, found, protocol="voc").ap == pytest.approx(1 / 4 + 1 / 8)
    # Eleven recalls: 1 up to 0.25, 1/2 up to 0.5.
    assert augment.average_precision(truth, found, protocol="voc07").ap == pytest.approx((3 * 1 + 3 * 0.5) / 11)
    curve = augment.precision_recall_curve(truth, found)
    np.testing.assert_allclose(curve.precision[0], [1, 1 / 2, 1 / 3, 1 / 2])
    np.testing.assert_allclose(curve.recall[0], [0.25, 0.25, 0.25, 0.5])
    np.testing.assert_allclose(curve.envelope[0], [1, 1 / 2, 1 / 2, 1 / 2])
    assert curve.ap == pytest.approx(0.375)


def test_voc_counts_no_difficult_box_and_no_detection_of_one():
    truth = rows([BOX, FAR], difficult=[True, False])
    found = rows([BOX, BOX, FAR], scores=[0.9, 0.8, 0.7])
    assert augment.average_precision(truth, found, protocol="voc").ap == pytest.approx(1)
    assert augment.precision_recall_curve(truth, found).precision[0].tolist() == pytest.approx([1])


def test_voc_takes_the_best_box_free_or_not_and_coco_the_best_free_one():
    near = [0, 0, 9, 11]
    truth, found = rows([BOX, near]), rows([BOX, BOX], scores=[0.9, 0.8])
    assert augment.average_precision(truth, found, protocol="voc").recall_at() == 0.5
    assert augment.average_precision(truth, found, iou_thresholds=[0.5], inclusive=True).recall_at() == 1


def test_pixel_conventions_of_the_protocols():
    """10 x 10 pixels against 10 x 5: an IoU of exactly 1/2, which is enough, with the last pixels inside; 5.0 of 10
    less without."""
    truth, found = rows([[0, 0, 9, 9]]), rows([[0, 0, 9, 4]], scores=[1.0])
    assert augment.average_precision(truth, found, protocol="voc").ap == pytest.approx(1)
    assert augment.average_precision(truth, found, protocol="voc", inclusive=False).ap == 0


def test_three_of_ten_boxes_reach_the_recall_of_three_tenths():
    boxes = [[20 * i, 0, 20 * i + 9, 9] for i in range(10)]
    ours = augment.average_precision(rows(boxes), rows(boxes[:3], scores=[3, 2, 1]), protocol="voc07")
    assert ours.ap == pytest.approx(4 / 11)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("inclusive", [False, True])
def test_voc_equals_its_definition(seed, inclusive):
    rng = np.random.default_rng(seed)
    true, found = scene(rng, 12, 2, whole=seed % 2 == 1, ties=False)
    for columns in (true, found):
        columns["boxes"] = np.hstack([columns["boxes"][:, :2], columns["boxes"][:, :2] + columns["boxes"][:, 2:]])
    true["difficult"] = true.pop("crowd")
    true.pop("area")
    curve = augment.precision_recall_curve(true, found, inclusive=inclusive)
    for protocol in ("voc", "voc07"):
        ours = augment.average_precision(true, found, protocol=protocol, inclusive=inclusive)
        for k in range(2):
            truth = {}
            for image, kind, box, hard in zip(true["images"], true["classes"], true["boxes"], true["difficult"]):
                if kind == k:
                    truth.setdefault(image, []).append((box, hard))
            there = [
                (i, s, b)
                for i, c, s, b in zip(found["images"], found["classes"], found["scores"], found["boxes"])
                if c == k
            ]
            expected = naive.voc_average_precision(truth, there, eleven=protocol == "voc07", inclusive=inclusive)
            assert ours.per_class[k] == pytest.approx(expected, abs=1e-12)
        if protocol == "voc":
            np.testing.assert_allclose(curve.average, ours.average[0, :, 0, 0], atol=1e-12)


def test_curves_are_drawn(rng, tmp_path):
    true, found = scene(rng)
    curve = augment.precision_recall_curve(true, found, protocol="coco", box_format="coco", max_detections=100)
    image = curve.plot(tmp_path / "curve.png")
    assert image.shape == (480, 640, 3)
    assert image.dtype == np.uint8
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 20
    assert (tmp_path / "curve.png").stat().st_size > 1000
    ours = augment.average_precision(true, found, box_format="coco", iou_thresholds=[0.5], areas={"all": (0, np.inf)})
    for k in range(len(curve.classes)):  # of COCO's 101 points, every one is on the envelope
        for r, point in enumerate(ours.recall_points):
            there = np.flatnonzero(curve.recall[k] >= point)
            if not np.isnan(curve.average[k]):
                expected = curve.envelope[k][there[0]] if len(there) else 0.0
                assert ours.precision[0, r, k, 0, -1] == pytest.approx(expected, abs=1e-12)


def test_sorting_by_score_is_stable():
    rng = np.random.default_rng(5)
    for scores in (
        rng.normal(size=500),
        np.round(rng.normal(size=500), 1),
        np.array([0.0, -0.0, 1.0, -1.0, 0.0, 1e300, -1e300, 5e-324]),
        np.zeros(0),
    ):
        assert falling(scores).tolist() == np.argsort(-scores, kind="stable").tolist()


TRUE, FOUND = rows([BOX]), rows([BOX], scores=[1.0])
WRONG = [
    (lambda: augment.average_precision(TRUE, TRUE), ValueError, r"detections must have the column 'scores'"),
    (lambda: augment.average_precision({**TRUE, "label": [1]}, FOUND), ValueError, r"truth must have columns out of"),
    (
        lambda: augment.average_precision(TRUE, [FOUND]),
        ValueError,
        r"detections\[0\] must have columns out of .* 'images'",
    ),
    (lambda: augment.average_precision([], FOUND), TypeError, r"must both be one mapping"),
    (
        lambda: augment.average_precision([{"boxes": [BOX], "classes": [1]}], []),
        ValueError,
        r"one mapping per image of tr",
    ),
    (lambda: augment.average_precision(3, FOUND), TypeError, r"truth must be a mapping of columns"),
    (
        lambda: augment.average_precision({**TRUE, "boxes": [[0, 0, -1, 1]]}, FOUND),
        ValueError,
        r"truth\['boxes'\] must have",
    ),
    (
        lambda: augment.average_precision(TRUE, {**FOUND, "scores": [np.nan]}),
        ValueError,
        r"\['scores'\] must be finite",
    ),
    (
        lambda: augment.average_precision(TRUE, {**FOUND, "classes": []}),
        ValueError,
        r"\['classes'\] must have one entry",
    ),
    (
        lambda: augment.average_precision(TRUE, {**FOUND, "classes": ["a"]}),
        TypeError,
        r"integers or strings in truth and",
    ),
    (lambda: augment.average_precision({**TRUE, "crowd": [2]}, FOUND), ValueError, r"truth\['crowd'\] must be True or"),
    (lambda: augment.average_precision(TRUE, FOUND, protocol="voc12"), ValueError, r"protocol must be one of"),
    (lambda: augment.average_precision(TRUE, FOUND, iou_thresholds=[0]), ValueError, r"iou_thresholds must be > 0"),
    (lambda: augment.average_precision(TRUE, FOUND, iou_thresholds=[]), ValueError, r"must be 1 to 64 numbers, got 0"),
    (
        lambda: augment.average_precision(TRUE, FOUND, iou_thresholds=0.5),
        TypeError,
        r"iou_thresholds must be a sequence",
    ),
    (lambda: augment.average_precision(TRUE, FOUND, max_detections=[3, 2]), ValueError, r"must be in rising order"),
    (lambda: augment.average_precision(TRUE, FOUND, areas={"x": (3, 1)}), ValueError, r"areas\['x'\] must be a pair"),
    (lambda: augment.average_precision(TRUE, FOUND, areas=[(1, 3)]), TypeError, r"areas must be a mapping"),
    (lambda: augment.average_precision(TRUE, FOUND).at(0.33), ValueError, r"iou_threshold must be one of"),
    (lambda: augment.average_precision(TRUE, FOUND).at(area="tiny"), ValueError, r"area must be one of"),
    (lambda: augment.precision_recall_curve(TRUE, FOUND, iou_threshold=2), ValueError, r"must be <= 1, got 2"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iou_threshold": 1e15}, "iou_threshold must be <= 1"),
        ({"iou_threshold": 0}, "iou_threshold must be > 0"),
        ({"iou_threshold": np.inf}, "iou_threshold must be finite"),
        ({"max_detections": 0}, "max_detections must be >= 1"),
    ],
)
def test_a_curve_names_its_own_arguments(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        augment.precision_recall_curve(rows([BOX]), rows([BOX], scores=[1.0]), **options)


@pytest.mark.parametrize(
    ("column", "ours"), [("labels", "classes"), ("box_labels", "classes"), ("image_id", "images"), ("score", "scores")]
)
def test_columns_of_other_libraries_are_named(column, ours):
    wrong = {**rows([BOX], scores=[1.0]), column: [1]}
    with pytest.raises(
        ValueError, match=f"^detections must have columns out of .*, got '{column}', which is '{ours}' "
    ):
        augment.average_precision(rows([BOX]), wrong)
    coco = [{"image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1], "score": 0.5}]
    with pytest.raises(ValueError, match="of COCO's rows make columns"):
        augment.average_precision(coco, coco)
