"""Predictions on views of an image, brought back and merged: against doing it by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import sample

import augment as A
import imgproc

H, W = 36, 48
GIVEN = sample((H, W))
IMAGE = GIVEN["image"]
SYMMETRIES = [(turns, flipped) for flipped in (False, True) for turns in range(4)]


def turned(array: np.ndarray, turns: int, flipped: bool) -> np.ndarray:
    return np.rot90(array[:, ::-1] if flipped else array, turns)


def turned_back(array: np.ndarray, turns: int, flipped: bool) -> np.ndarray:
    array = np.rot90(array, -turns)
    return array[:, ::-1] if flipped else array


def biased(view: np.ndarray) -> np.ndarray:
    """A score map that depends on where things are, as those of models do: classes (dark, bright)."""
    bright = view.astype(np.float64).mean(axis=2) / 255 * np.linspace(0.5, 1, view.shape[1])
    return np.stack([1 - bright, bright], axis=-1)


@pytest.mark.parametrize("merge", ["mean", "max"])
def test_score_maps_of_the_eight_symmetries(merge: str) -> None:
    tta = A.TestTime("dihedral", merge=merge)
    by_hand = [turned_back(biased(turned(IMAGE, *each)), *each) for each in SYMMETRIES]
    expected = np.mean(by_hand, axis=0) if merge == "mean" else np.max(by_hand, axis=0)
    np.testing.assert_allclose(tta(IMAGE, biased), expected, atol=1e-12)
    views = tta.views(IMAGE)
    for view, each in zip(views, SYMMETRIES, strict=True):
        np.testing.assert_array_equal(view.image, turned(IMAGE, *each))
    found = tta.merged(views, [{"score_map": biased(view.image)} for view in views])
    np.testing.assert_allclose(found["score_map"], expected, atol=1e-12)


def test_scales_and_coarse_maps() -> None:
    """A map of half the size of its view comes back as one of the whole size would that was enlarged."""

    def coarse(view: np.ndarray) -> np.ndarray:
        return imgproc.resize(biased(view), size=(view.shape[0] // 2, view.shape[1] // 2), interpolation="area")

    tta = A.TestTime("flips", scales=(1.0, 1.5))
    expected = []
    for scale in (1.0, 1.5):
        size = round(H * scale), round(W * scale)
        image = IMAGE if scale == 1 else imgproc.resize(IMAGE, size=size, interpolation="area")
        for flipped in (False, True):
            scores = turned_back(coarse(turned(image, 0, flipped)), 0, flipped)
            expected.append(imgproc.resize(scores, size=(H, W), interpolation="bilinear"))
    np.testing.assert_allclose(tta(IMAGE, coarse), np.mean(expected, axis=0), atol=1e-9)


def test_probabilities_and_weights() -> None:
    def predict(view: np.ndarray) -> np.ndarray:
        return np.array([view[0, 0].mean(), view[-1, 0].mean(), 1.0])

    found = A.TestTime("flips", weights=[3, 1])(IMAGE, predict)
    np.testing.assert_allclose(found, (3 * predict(IMAGE) + predict(IMAGE[:, ::-1])) / 4)
    largest = A.TestTime("flips", merge={"probabilities": "max"})(IMAGE, predict)
    np.testing.assert_array_equal(largest, np.maximum(predict(IMAGE), predict(IMAGE[:, ::-1])))


def test_labels_are_voted_for() -> None:
    mask = GIVEN["mask"]
    chain = A.Compose([A.Rotate(angle=20, p=1)])
    tta = A.TestTime(chain)
    views = tta.views(IMAGE, keys=range(5))
    seen = [chain.replay(view.record, image=IMAGE, mask=mask)["mask"] for view in views]
    found = tta.merged(views, seen)
    assert found.dtype == mask.dtype
    assert np.mean(found == mask) > 0.97
    votes = np.array([[1, 2, 0], [1, 3, 0], [2, 3, 0], [2, 2, 5]], np.uint8)
    alone = A.TestTime([A.Sequential([])] * 4)
    np.testing.assert_array_equal(alone.merged(alone.views(votes[:1]), list(votes[:, None])), [[1, 2, 0]])


def test_a_chain_by_key_shows_only_a_part() -> None:
    """What no view shows is 0; where some show it, only they count."""
    image = np.linspace(0.2, 1, H * W).reshape(H, W)
    chain = A.Compose([A.Crop((24, 30)), A.HorizontalFlip()], seed=4)
    tta = A.TestTime(chain)
    views = tta.views(image, keys=[(0, 0), (0, 1), (0, 2)])
    found = tta.merged(views, [view.image + k for k, view in enumerate(views)])
    total, count = np.zeros((H, W)), np.zeros((H, W))
    for k, view in enumerate(views):
        top, left = view.record["steps"][0]["params"]["place"]
        total[top : top + 24, left : left + 30] += image[top : top + 24, left : left + 30] + k
        count[top : top + 24, left : left + 30] += 1
    assert count.min() == 0
    assert count.max() > 1
    np.testing.assert_allclose(found, total / np.maximum(count, 1), atol=1e-9)
    assert len(tta.views(image)) == 8


def flipped_boxes(boxes: np.ndarray) -> np.ndarray:
    return np.stack([W - boxes[:, 2], boxes[:, 1], W - boxes[:, 0], boxes[:, 3]], axis=1)


@pytest.mark.parametrize("merge", ["wbf", "max"])
def test_boxes_are_fused(merge: str) -> None:
    rng = np.random.default_rng(3)
    found: list[dict[str, Any]] = []
    for _ in range(2):
        boxes = GIVEN["boxes"] + rng.normal(0, 0.5, (3, 4))
        found.append({"boxes": boxes, "scores": rng.random(3), "labels": np.array([0, 1, 1])})
    shown = [found[0], {**found[1], "boxes": flipped_boxes(found[1]["boxes"])}]
    tta = A.TestTime("flips", merge=merge, iou_threshold=0.5)
    ours = tta.merged(tta.views(IMAGE), shown)
    if merge == "wbf":
        parts = [[each[name] for each in found] for name in ("boxes", "scores", "labels")]
        theirs = A.weighted_boxes_fusion(parts[0], parts[1], classes=parts[2], iou_threshold=0.5)
    else:
        joined = [np.concatenate([each[name] for each in found]) for name in ("boxes", "scores", "labels")]
        kept = A.nms(joined[0], joined[1], classes=joined[2], iou_threshold=0.5)
        theirs = tuple(each[kept] for each in joined)
    for name, expected in zip(("boxes", "scores", "labels"), theirs, strict=True):
        np.testing.assert_allclose(ours[name], expected, atol=1e-9)
    nothing = [{"boxes": [], "scores": []}] * 2
    assert tta.merged(tta.views(IMAGE), nothing)["boxes"].shape == (0, 4)


def test_boxes_in_the_format_of_the_chain() -> None:
    boxes, scores = np.array([[0.25, 0.5, 0.2, 0.4]]), np.array([0.9])
    tta = A.TestTime("flips", box_format="yolo")
    shown = [{"boxes": boxes, "scores": scores}, {"boxes": boxes * (-1, 1, 1, 1) + (1, 0, 0, 0), "scores": scores}]
    np.testing.assert_allclose(tta.merged(tta.views(IMAGE), shown)["boxes"], boxes, atol=1e-12)


def test_keypoints_by_score() -> None:
    points = GIVEN["keypoints"]
    shown = [points + 1.0, np.stack([W - points[:, 0], points[:, 1]], axis=1)]
    scores = np.array([[0.2, 0.5, 0.0], [0.6, 0.5, 0.0]])
    predictions = [{"keypoints": p, "keypoint_scores": s} for p, s in zip(shown, scores)]
    tta = A.TestTime("flips")
    found = tta.merged(tta.views(IMAGE), predictions)
    np.testing.assert_allclose(found["keypoints"], points + np.array([[0.25], [0.5], [0.5]]))
    np.testing.assert_allclose(found["keypoint_scores"], scores.mean(axis=0))
    best = A.TestTime("flips", merge="max").merged(tta.views(IMAGE), predictions)
    np.testing.assert_allclose(best["keypoints"], points + np.array([[0.0], [1.0], [1.0]]))
    plain = tta.merged(tta.views(IMAGE), [{"keypoints": p} for p in shown])
    np.testing.assert_allclose(plain["keypoints"], points + 0.5)


def test_an_exact_predictor_is_brought_back_to_the_truth() -> None:
    """Everything at once, through turns, scales and perspective."""
    chain = A.Compose([A.Affine(rotate=15, scale=(0.9, 1.2), p=1), A.Perspective(p=1), A.Resize((40, 60))])
    tta = A.TestTime(chain)
    views = tta.views(IMAGE, keys=range(6))
    truth = {name: GIVEN[name] for name in ("mask", "keypoints")}
    assert all(view.image.shape == (40, 60, 3) for view in views)
    predictions = []
    for view in views:
        made = A.Compose(chain.transforms, remove_invisible=False).replay(view.record, image=IMAGE, **truth)
        levels = made["image"].astype(np.float32) / 255
        predictions.append({"score_map": levels, "mask": made["mask"], "keypoints": made["keypoints"]})
    found = tta.merged(views, predictions)
    np.testing.assert_allclose(found["keypoints"], truth["keypoints"], atol=1e-6)
    inner = slice(8, -8)
    assert np.mean(found["mask"][inner, inner] == truth["mask"][inner, inner]) > 0.97
    smooth = imgproc.gaussian_blur(IMAGE, sigma=2).astype(float) / 255
    assert np.abs(imgproc.gaussian_blur(found["score_map"], sigma=2) - smooth)[inner, inner].mean() < 0.02


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"of": "octagon"}, ValueError, "of must be one of 'dihedral', 'flips'"),
        ({"of": A.HorizontalFlip()}, TypeError, 'of must be "dihedral", "flips", a chain or a list'),
        ({"of": [A.HorizontalFlip]}, TypeError, r"of\[0\] must be a transform or a chain, .*: instantiate it"),
        ({"of": []}, TypeError, "of must be"),
        ({"of": A.Compose([A.MixUp(num_classes=2)])}, ValueError, "of must not mix samples"),
        ({"of": [A.Invert()], "scales": (1.0, 2.0)}, ValueError, "put Resize or Affine into the chains"),
        ({"scales": (0.0,)}, ValueError, r"scales\[0\] must be > 0"),
        ({"scales": 2.0}, TypeError, "scales must be a list of numbers"),
        ({"merge": "median"}, ValueError, "merge must be one of"),
        ({"merge": {"box": "mean"}}, ValueError, "merge must be one of"),
        ({"weights": [1, -1]}, ValueError, r"weights\[1\] must be > 0"),
        ({"iou_threshold": 2}, ValueError, "iou_threshold must be <= 1"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        A.TestTime(**options)


def test_predictions_that_do_not_fit_are_refused() -> None:
    tta = A.TestTime("flips")
    views = tta.views(IMAGE)
    scores = np.ones((H, W))
    for predictions, message in (
        ([scores], "predictions must be one for each view, 2, got 1"),
        ([{"score_map": scores}, {"mask": scores > 0}], "predictions must all have the same names"),
        ([{"heat": scores}] * 2, "predictions must be named .*got 'heat'"),
        ([{"boxes": [[1, 2, 3, 4]]}] * 2, "scores are missing"),
        ([{"score_map": np.ones((H, W), int)}] * 2, "score_map must be floats"),
        ([{"keypoints": [[1, 2]]}, {"keypoints": [[1, 2], [3, 4]]}], "keypoints must be as many in each view"),
        ([np.ones(3), np.ones(4)], "probabilities must have one shape"),
    ):
        with pytest.raises(ValueError, match=message):
            tta.merged(views, predictions)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="keys are for chains"):
        tta.views(IMAGE, keys=[0])
    with pytest.raises(TypeError, match="predict must be a function"):
        tta(IMAGE, 3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weights must be one for each view, 2, got 3"):
        A.TestTime("flips", weights=[1, 1, 1])(IMAGE, biased)


def test_oriented_boxes_say_how_they_are_merged() -> None:
    def found(view: np.ndarray) -> dict[str, Any]:
        return {"boxes": [[view.shape[1] / 2, view.shape[0] / 2, 6, 6, 0]], "scores": [0.5]}

    with pytest.raises(ValueError, match="merge must be 'max' for boxes in box_format='obb', got 'mean'"):
        A.TestTime("flips", box_format="obb")(IMAGE, found)
    merged = A.TestTime("flips", box_format="obb", merge={"boxes": "max"})(IMAGE, found)
    np.testing.assert_allclose(merged["boxes"], [[W / 2, H / 2, 6, 6, 0]], atol=1e-9)
