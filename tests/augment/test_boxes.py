"""Overlap, suppression, fusion and tiles of boxes."""

from __future__ import annotations

import inspect
import itertools
import re

import cv2
import numpy as np
import pytest
from helpers.rows import coded
from hypothesis import given
from hypothesis import strategies as st
from oracles import boxes as naive

import augment

FAMILY = (augment.iou, augment.giou, augment.diou, augment.ciou)
LISTS = (augment.nms, augment.diou_nms, augment.soft_nms, augment.matrix_nms)


def boxes_of(rng, n, size=100.0, largest=40.0):
    corner = rng.uniform(0, size, (n, 2))
    return np.hstack([corner, corner + rng.uniform(0.5, largest, (n, 2))])


def coarse(rng, n):
    """Boxes on a coarse grid: equal boxes, touching ones, boxes without area, IoUs that are exactly 1/2."""
    corner = rng.integers(0, 6, (n, 2))
    return np.hstack([corner, corner + rng.integers(0, 5, (n, 2))]).astype(float)


@pytest.mark.nojit
@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("make", [boxes_of, coarse])
def test_overlaps_are_their_definitions(rng, make, inclusive):
    a, b = make(rng, 12), make(rng, 9)
    expected = np.array([[naive.measures(x, y, inclusive) for y in b] for x in a])
    for k, function in enumerate(FAMILY):
        found = function(a, b, inclusive=inclusive)
        assert found.shape == (12, 9)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected[..., k], rtol=0, atol=1e-12, err_msg=function.__name__)
        rows = function(a[:9], b, pairwise=False, inclusive=inclusive)
        np.testing.assert_array_equal(rows, np.diagonal(function(a[:9], b, inclusive=inclusive)))


def test_iou_by_hand():
    a = [[0, 0, 2, 2]]
    np.testing.assert_allclose(augment.iou(a, [[1, 1, 3, 3], [0, 0, 2, 2], [2, 0, 4, 2]]), [[1 / 7, 1, 0]])
    assert augment.iou(a, [[1, 1, 3, 3]], inclusive=True)[0, 0] == pytest.approx(4 / 14)
    assert augment.giou(a, [[2, 0, 4, 2]])[0, 0] == 0  # side by side, the hull is full
    assert augment.giou(a, [[4, 0, 6, 2]])[0, 0] == pytest.approx(-1 / 3)
    assert augment.diou(a, [[2, 0, 4, 2]])[0, 0] == pytest.approx(-4 / 20)
    assert augment.ciou(a, [[0, 0, 2, 2]])[0, 0] == 1


def test_boxes_without_area_give_0_and_no_warning():
    point, line, box = [5, 5, 5, 5], [0, 0, 4, 0], [0, 0, 10, 10]
    for function in FAMILY:
        assert not function([point, line], [point, line, box]).any()
        assert function([box], [box])[0, 0] == 1
    assert augment.iou([point], [point], inclusive=True)[0, 0] == 1  # one pixel


def test_formats_of_boxes(rng):
    a, b = boxes_of(rng, 5), boxes_of(rng, 6)

    def written(boxes, name):
        wh = boxes[:, 2:] - boxes[:, :2]
        if name == "coco":
            return np.hstack([boxes[:, :2], wh])
        if name == "yolo":
            return np.hstack([boxes[:, :2] + wh / 2, wh]) / 200
        return boxes / 200

    for name in ("coco", "yolo", "albumentations"):
        for function in FAMILY:
            np.testing.assert_allclose(
                function(written(a, name), written(b, name), box_format=name), function(a, b), atol=1e-12
            )
        scores = rng.random(6)
        assert augment.nms(written(b, name), scores, box_format=name).tolist() == augment.nms(b, scores).tolist()


def test_any_number_type_read_only_strided_and_none_at_all(rng):
    base = rng.integers(0, 9, (6, 4)) + np.array([0, 0, 9, 9])
    expected = augment.iou(base.astype(float), base.astype(float))
    for dtype in ("u1", "i4", "i8", "f4", "f8", ">f4"):
        array = np.repeat(base.astype(dtype), 2, axis=0)[::2]
        array.flags.writeable = False
        np.testing.assert_array_equal(augment.iou(array, base.tolist()), expected)
    for empty in ([], np.zeros((0, 4)), np.zeros(0)):
        assert augment.iou(empty, base).shape == (0, 6)
        assert augment.iou(base, empty).shape == (6, 0)
        assert augment.nms(empty, []).shape == (0,)
        for function in (augment.soft_nms, augment.matrix_nms):
            assert [a.shape for a in function(empty, [], classes=[])] == [(0,), (0,)]
        assert [a.shape for a in augment.weighted_boxes_fusion([empty], [[]])] == [(0, 4), (0,), (0,)]


@given(st.integers(0, 2**32), st.sampled_from([boxes_of, coarse]))
def test_properties_of_overlaps(seed, make):
    rng = np.random.default_rng(seed)
    a, b = make(rng, 4), make(rng, 5)
    iou, giou, diou, ciou = (f(a, b) for f in FAMILY)
    assert ((iou >= 0) & (iou <= 1)).all()
    assert (giou >= -1).all()
    assert (giou <= iou + 1e-15).all()
    assert (diou <= iou).all()
    assert (ciou <= diou).all()
    for f, there in zip(FAMILY, (iou, giou, diou, ciou)):
        np.testing.assert_allclose(f(b, a).T, there, atol=1e-12)
        np.testing.assert_allclose(f(4 * a + 3, 4 * b + 3), there, atol=1e-12)


# --- suppression ------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("make", [boxes_of, coarse])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_nms_is_greedy_strict_and_stable(rng, make, threshold):
    for _ in range(4):
        boxes, scores = make(rng, 40), np.round(rng.random(40), 1)
        classes = rng.integers(0, 3, 40)
        for given_classes in (None, classes):
            options = {"classes": given_classes, "iou_threshold": threshold}
            assert augment.nms(boxes, scores, **options).tolist() == naive.nms(boxes, scores, **options)
            assert augment.diou_nms(
                boxes, scores, classes=given_classes, diou_threshold=threshold
            ).tolist() == naive.nms(boxes, scores, kind=2, **options)
        assert augment.nms(boxes, scores, iou_threshold=threshold, inclusive=True).tolist() == naive.nms(
            boxes, scores, iou_threshold=threshold, inclusive=True
        )


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.7])
def test_nms_of_many_boxes_of_very_different_sizes(rng, threshold):
    """The grid must lose no pair: against all pairs at once."""
    n = 1500
    corner, wh = rng.uniform(-1000, 1000, (n, 2)), 10 ** rng.uniform(0, 3, (n, 2))
    boxes, scores = np.hstack([corner, corner + wh]), rng.random(n)
    over, kept = augment.iou(boxes, boxes), []
    for i in np.argsort(-scores, kind="stable").tolist():
        if not kept or not (over[i, kept] > threshold).any():
            kept.append(i)
    assert augment.nms(boxes, scores, iou_threshold=threshold).tolist() == kept


def test_nms_equals_opencv(rng):
    boxes, scores = boxes_of(rng, 3000, 1000, 80), (1 + rng.permutation(3000)) / 3000
    xywh = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    theirs = np.ravel(cv2.dnn.NMSBoxes(xywh, scores, 0.0, 0.5))
    assert augment.nms(boxes, scores).tolist() == theirs.tolist()
    assert augment.nms(boxes, scores, score_threshold=0.5).tolist() == theirs[scores[theirs] >= 0.5].tolist()
    assert augment.nms(boxes, scores, max_count=7).tolist() == theirs[:7].tolist()


def test_nms_keeps_an_iou_of_exactly_the_threshold():
    boxes = [[0, 0, 2, 1], [0, 0, 1, 1], [0, 0, 2, 2]]
    assert augment.nms(boxes, [0.9, 0.8, 0.7], iou_threshold=0.5).tolist() == [0, 1, 2]
    assert augment.nms(boxes, [0.9, 0.8, 0.7], iou_threshold=0.49).tolist() == [0]
    assert augment.nms(boxes[:2] * 2, [0.5] * 4).tolist() == [0, 1]  # of equal scores the first


def test_classes_need_no_offsets(rng):
    """Shifted coordinates in float32 make boxes of huge coordinates overlap, or not, by rounding."""
    boxes = boxes_of(rng, 60, 30) + 1e7
    scores, names = rng.random(60), np.array(["cat", "dog", "emu"])[rng.integers(0, 3, 60)]
    kept = augment.nms(boxes, scores, classes=names)
    each = [np.flatnonzero(names == n)[augment.nms(boxes[names == n], scores[names == n])] for n in set(names)]
    assert sorted(kept) == sorted(np.concatenate(each))
    assert (np.diff(scores[kept]) <= 0).all()
    for function in (augment.soft_nms, augment.matrix_nms):
        rows, new = function(boxes, scores, classes=names)
        assert (np.diff(new) <= 0).all()
        alone = {}
        for n in set(names):
            own = np.flatnonzero(names == n)
            found, values = function(boxes[own], scores[own])
            alone.update(zip(own[found].tolist(), values.tolist()))
        assert alone == dict(zip(rows.tolist(), new.tolist()))


@pytest.mark.nojit
@pytest.mark.parametrize("method", ["gaussian", "linear"])
@pytest.mark.parametrize("make", [boxes_of, coarse])
def test_soft_and_matrix_nms_are_their_definitions(rng, make, method):
    for _ in range(4):
        boxes, scores, classes = make(rng, 40), np.round(rng.random(40), 1), rng.integers(0, 3, 40)
        for function, slow in ((augment.soft_nms, naive.soft_nms), (augment.matrix_nms, naive.matrix_nms)):
            for options in ({}, {"classes": classes}, {"sigma": 0.9, "score_threshold": 0.2}):
                rows, new = function(boxes, scores, method=method, **options)
                expected_rows, expected = slow(boxes, scores, method=method, **options)
                np.testing.assert_allclose(new, expected, atol=1e-12)
                # Values that rounding alone tells apart may come in any order.
                by_row, slowly = dict(zip(rows.tolist(), new)), dict(zip(expected_rows, expected))
                assert by_row.keys() == slowly.keys()
                assert by_row == pytest.approx(slowly, abs=1e-12)


@pytest.mark.parametrize(("number", "method"), [(1, "linear"), (2, "gaussian")])
def test_soft_nms_equals_ensemble_boxes(rng, number, method):
    """Its inner function: the outer one takes the scores by the old rows after this has moved them about."""
    theirs = pytest.importorskip("ensemble_boxes.ensemble_boxes_nms", reason="ensemble-boxes is not installed")
    boxes, scores = boxes_of(rng, 400) / 150, rng.permutation(400) / 400 + 0.001
    values = scores.copy()
    found = theirs.cpu_soft_nms_float(boxes.copy(), values, 0.3, 0.5, 0.001, number)
    rows, new = augment.soft_nms(boxes, scores, method=method)
    assert rows.tolist() == found.tolist()
    np.testing.assert_allclose(new, values[values > 0.001], atol=1e-12)


def test_a_box_that_matrix_nms_has_removed_removes_nothing():
    same = [0, 0, 10, 10]
    rows, new = augment.matrix_nms([same, same, [0, 0, 10, 5]], [0.9, 0.8, 0.7], method="linear", score_threshold=0.0)
    assert dict(zip(rows.tolist(), new.tolist())) == pytest.approx({0: 0.9, 2: 0.35, 1: 0.0})


# --- fusion -----------------------------------------------------------------------------------------------------------

WAYS = [("avg", False), ("avg", True), ("max", False), ("box_and_model_avg", False), ("absent_model_aware_avg", False)]


@pytest.mark.parametrize(("confidence", "overflow"), WAYS)
@pytest.mark.parametrize("threshold", [0.2, 0.55])
def test_fusion_equals_ensemble_boxes(rng, confidence, overflow, threshold):
    theirs = pytest.importorskip("ensemble_boxes", reason="ensemble-boxes is not installed")
    for weights in (None, [2.0, 1.0, 0.5]):
        base = boxes_of(rng, 60)
        boxes = [
            np.sort((base + rng.normal(0, 1.5, base.shape)).reshape(-1, 2, 2), axis=1).reshape(-1, 4) for _ in "abc"
        ]
        boxes = [np.clip(b / 150, 0, 1) for b in boxes]
        boxes[1] = np.concatenate([boxes[1], boxes[1][:20] + 0.001])  # a model with two boxes of one thing
        scores = [rng.permutation(len(b)) / len(b) * 0.7 + 0.1 + 0.001 * i for i, b in enumerate(boxes)]
        classes = [np.arange(len(b)) % 60 % 3 for b in boxes]
        found, values, names = theirs.weighted_boxes_fusion(
            boxes, scores, classes, weights=weights, iou_thr=threshold, skip_box_thr=0.15,
            conf_type=confidence, allows_overflow=overflow,
        )  # fmt: skip
        ours = augment.weighted_boxes_fusion(
            boxes, scores, classes=classes, weights=weights, iou_threshold=threshold, score_threshold=0.15,
            confidence=confidence, overflow=overflow,
        )  # fmt: skip
        assert len(ours[0]) == len(found)
        order = np.lexsort((found[:, 0], names, -np.round(values, 5)))
        mine = np.lexsort((ours[0][:, 0], ours[2], -np.round(ours[1], 5)))
        np.testing.assert_allclose(ours[1][mine], values[order], atol=2e-6)  # theirs are means in float32
        np.testing.assert_allclose(ours[0][mine], found[order], atol=2e-6)
        np.testing.assert_array_equal(ours[2][mine], names[order])


@pytest.mark.nojit
def test_fusion_by_hand():
    boxes, scores, classes = augment.weighted_boxes_fusion(
        [[[0, 0, 10, 10]], [[0, 0, 10, 12], [50, 50, 60, 60], [7, 7, 7, 9]]],
        [[0.9], [0.3, 0.4, 0.8]],
        classes=[["a"], ["a", "b", "b"]],
    )
    np.testing.assert_allclose(boxes, [[0, 0, 10, 10.5], [50, 50, 60, 60]])
    np.testing.assert_allclose(scores, [0.6, 0.2])
    assert classes.tolist() == ["a", "b"]


def test_fusion_keeps_the_format(rng):
    boxes = boxes_of(rng, 20)
    scores = [rng.random(20)]
    coco = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    corners = augment.weighted_boxes_fusion([boxes], scores)[0]
    found = augment.weighted_boxes_fusion([coco], scores, box_format="coco")[0]
    np.testing.assert_allclose(found, np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]), atol=1e-12)


# --- tiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(97, 131), (97, 131, 3), (20, 300, 5), (1, 1)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_tiles_cover_the_image_and_overlap(shape, dtype):
    image = (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)
    image.flags.writeable = False
    tiles = augment.tile(image, size=(40, 50), overlap=0.3)
    covered = np.zeros(shape[:2], int)
    for t in tiles:
        (x, y), (h, w) = t.origin, t.image.shape[:2]
        assert (h, w) == (min(40, shape[0]), min(50, shape[1]))
        assert t.image.dtype == image.dtype
        np.testing.assert_array_equal(t.image, image[y : y + h, x : x + w])
        assert t.image.flags.writeable
        assert not np.shares_memory(t.image, image)
        covered[y : y + h, x : x + w] += 1
    assert covered.min() == 1
    for axis, side in ((0, 50), (1, 40)):
        starts = sorted({t.origin[axis] for t in tiles})
        assert all(b - a <= 0.7 * side for a, b in itertools.pairwise(starts))


@given(st.integers(0, 2**32))
def test_tiling_and_merging_gives_the_boxes_back(seed):
    """Objects no larger than the overlap are whole in a tile; what other tiles see of them is merged into that."""
    rng = np.random.default_rng(seed)
    image = np.zeros((rng.integers(30, 200), rng.integers(30, 200)), np.uint8)
    h, w = image.shape
    corner = np.stack(np.meshgrid(np.arange(2, w - 12, 13), np.arange(2, h - 12, 13)), -1).reshape(-1, 2)
    boxes = np.hstack([corner, corner + rng.integers(3, 11, corner.shape)]).astype(float)
    tiles = augment.tile(image, boxes, size=(40, 50), overlap=0.3)
    assert {r for t in tiles for r in t.rows[t.visible == 1]} == set(range(len(boxes)))
    for overlap in ("smaller",):
        found, scores, rows = augment.merge_tiles(
            tiles,
            [t.boxes for t in tiles],
            [t.visible for t in tiles],
            classes=[t.rows for t in tiles],
            overlap=overlap,
        )
        assert sorted(rows) == list(range(len(boxes)))
        np.testing.assert_array_equal(found[np.argsort(rows)], boxes)
        assert (scores == 1).all()
    found, _, _ = augment.merge_tiles(tiles, [t.boxes for t in tiles], [t.visible for t in tiles], drop_cut=True)
    assert sorted(map(tuple, found)) == sorted(map(tuple, boxes))


def test_boxes_in_tiles_are_cut_and_filtered():
    image = np.zeros((100, 100), np.uint8)
    boxes = [[40, 40, 60, 60], [45, 0, 55, 10], [10, 10, 10, 20]]
    tiles = augment.tile(image, boxes, size=(50, 50), overlap=0.0)
    assert [t.origin for t in tiles] == [(0, 0), (50, 0), (0, 50), (50, 50)]
    assert tiles[0].boxes.tolist() == [[40, 40, 50, 50], [45, 0, 50, 10]]
    assert tiles[0].rows.tolist() == [0, 1]
    assert tiles[0].visible.tolist() == [0.25, 0.5]
    assert tiles[3].boxes.tolist() == [[0, 0, 10, 10]]
    assert [t.rows.tolist() for t in augment.tile(image, boxes, size=(50, 50), overlap=0, min_visibility=0.3)] == [
        [1], [1], [], [],
    ]  # fmt: skip
    whole = augment.tile(image, boxes, size=(500, 500))
    assert len(whole) == 1
    assert whole[0].rows.tolist() == [0, 1]


def test_merging_from_origins_by_iou():
    tiles, boxes, scores = [(0, 0), (30, 0)], [[[30, 5, 50, 20]], [[0, 5, 20, 20], [5, 5, 10, 10]]], [[0.9], [0.8, 0.7]]
    found, kept, _ = augment.merge_tiles(tiles, boxes, scores, overlap="iou")
    assert found.tolist() == [[30, 5, 50, 20], [35, 5, 40, 10]]
    assert kept.tolist() == [0.9, 0.7]
    assert len(augment.merge_tiles(tiles, boxes, scores)[0]) == 1
    assert [len(a) for a in augment.merge_tiles([], [], [])] == [0, 0, 0]


# --- errors -----------------------------------------------------------------------------------------------------------

GOOD = [[0, 0, 2, 2], [1, 1, 3, 3]]
WRONG = [
    (
        lambda: augment.iou(GOOD, [[0, 0, -1, 1]]),
        ValueError,
        r"others must have x0 <= x1 and y0 <= y1, got .* in row 0",
    ),
    (lambda: augment.iou([[0, 0, np.nan, 1]], GOOD), ValueError, r"boxes must be finite, got .* in row 0"),
    (lambda: augment.iou([[0, 0, 1e200, 1]], GOOD), ValueError, r"boxes must have coordinates within"),
    (lambda: augment.iou([[0, 0, 1]], GOOD), ValueError, r"boxes must have shape \(n, 4\)"),
    (lambda: augment.iou(None, GOOD), TypeError, r"boxes must be numbers"),
    (
        lambda: augment.iou(GOOD, GOOD[:1], pairwise=False),
        ValueError,
        r"others must have as many rows as boxes, 2, got 1",
    ),
    (lambda: augment.iou(GOOD, GOOD, pairwise=1), TypeError, r"pairwise must be True or False"),
    (lambda: augment.iou(GOOD, GOOD, box_format="xyxy"), ValueError, r"box_format must be one of"),
    (lambda: augment.iou(GOOD, GOOD, box_format="coco", inclusive=True), ValueError, r"inclusive=True must go with"),
    (lambda: augment.iou([[0, 0, 1, -1]], GOOD, box_format="coco"), ValueError, r"must have width and height >= 0"),
    (lambda: augment.nms(GOOD, [0.5]), ValueError, r"scores must have one entry per row of boxes, 2, got 1"),
    (lambda: augment.nms(GOOD, [0.5, np.nan]), ValueError, r"scores must be finite, got nan in row 1"),
    (lambda: augment.nms(GOOD, ["a", "b"]), TypeError, r"scores must be numbers"),
    (lambda: augment.nms(GOOD, [1, 1], classes=[1]), ValueError, r"classes must have one entry per row of boxes, 2"),
    (lambda: augment.nms(GOOD, [1, 1], classes=[1.5, 2]), TypeError, r"classes must be integers or strings"),
    (lambda: augment.nms(GOOD, [1, 1], iou_threshold=1.5), ValueError, r"iou_threshold must be <= 1, got 1.5"),
    (lambda: augment.diou_nms(GOOD, [1, 1], diou_threshold=-1), ValueError, r"diou_threshold must be >= 0, got -1"),
    (lambda: augment.nms(GOOD, [1, 1], max_count=-1), ValueError, r"max_count must be >= 0, got -1"),
    (lambda: augment.soft_nms(GOOD, [1, 1], sigma=0), ValueError, r"sigma must be > 0, got 0"),
    (lambda: augment.soft_nms(GOOD, [1, -1]), ValueError, r"scores must be >= 0, got -1"),
    (lambda: augment.soft_nms(GOOD, [1, 1], method="hard"), ValueError, r"method must be one of"),
    (lambda: augment.matrix_nms(GOOD, [[1, 1]]), ValueError, r"scores must have shape \(n,\), got \(1, 2\)"),
    (lambda: augment.weighted_boxes_fusion([], []), ValueError, r"boxes must have at least one model"),
    (lambda: augment.weighted_boxes_fusion([GOOD], [[1, 1], [1]]), ValueError, r"scores must have one entry per model"),
    (lambda: augment.weighted_boxes_fusion([GOOD], [[1]]), ValueError, r"scores\[0\] must have one entry per row"),
    (lambda: augment.weighted_boxes_fusion([GOOD], [[1, 1]], weights=[0]), ValueError, r"weights must be > 0, got 0"),
    (
        lambda: augment.weighted_boxes_fusion([GOOD], [[1, 1]], weights=[1, 2]),
        ValueError,
        r"weights must have one entry",
    ),
    (lambda: augment.weighted_boxes_fusion([GOOD], [[1, 1e101]]), ValueError, r"scores\[0\] must be <= 1e\+100"),
    (
        lambda: augment.weighted_boxes_fusion([GOOD] * 2, [[1, 1]] * 2, weights=[1, 1e300]),
        ValueError,
        r"weights must be from 1e-100 to 1e\+100, got 1 to 1e\+300",
    ),
    (lambda: augment.tile([[1]], size=(2, 2)), TypeError, r"image must be a numpy array"),
    (lambda: augment.tile(np.zeros((0, 4)), size=(2, 2)), ValueError, r"image must have at least one pixel"),
    (lambda: augment.tile(np.zeros((4, 4)), size=(2, 0)), ValueError, r"size\[1\] must be >= 1, got 0"),
    (lambda: augment.tile(np.zeros((4, 4)), size=(2, 2), overlap=1), ValueError, r"overlap must be < 1, got 1"),
    (lambda: augment.merge_tiles([(0, 0)], [], []), ValueError, r"boxes must have one entry per tile, 1, got 0"),
    (
        lambda: augment.merge_tiles([(0, 0)], [GOOD], [[1]]),
        ValueError,
        r"scores\[0\] must have one entry per row of box",
    ),
    (lambda: augment.merge_tiles([(0, 0)], [GOOD], [[1, 1]], drop_cut=True), TypeError, r"tiles must be Tile entries"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


PUBLIC = [
    getattr(augment, name)
    for name in (
        *["iou", "giou", "diou", "ciou", "nms", "diou_nms", "soft_nms", "matrix_nms", "weighted_boxes_fusion"],
        *["average_precision", "precision_recall_curve", "tile", "merge_tiles"],
        *["kmeans_plus_plus", "anchors_for"],
    )
]


@pytest.mark.parametrize("function", PUBLIC, ids=lambda f: f.__name__)
def test_docstrings_say_what_signatures_do(function):
    doc = inspect.getdoc(function)
    section = doc.split("\nParameters\n----------\n")[1].split("\n\nReturns\n")[0]
    documented = [n.strip() for line in re.findall(r"^(\w[\w, ]*) :", section, re.M) for n in line.split(",")]
    parameters = inspect.signature(function).parameters
    assert documented == list(parameters)
    assert "\nReturns\n-------\n" in doc
    assert "\nRaises\n------\n" in doc
    assert all(p.annotation is not p.empty for p in parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[3:])


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint8, np.uint64, np.int64])
def test_labels_of_any_width_keep_apart(dtype) -> None:
    low, high = (-100, 100) if np.dtype(dtype).kind == "i" else (3, 250)
    labels = np.array([low, high, low, (low + high) // 2 - 1, high - 1, high], dtype)
    if dtype == np.uint64:
        labels += np.uint64(2**64 - 300)
    distinct, numbers = coded(labels)
    expected = np.unique(labels, return_inverse=True)
    np.testing.assert_array_equal(distinct, expected[0])
    assert distinct.dtype == dtype
    np.testing.assert_array_equal(numbers, expected[1])
    boxes = np.tile([0.0, 0.0, 4.0, 4.0], (6, 1))
    assert augment.nms(boxes, np.arange(6, 0, -1), classes=labels).tolist() == [0, 1, 3, 4]
