"""The speed cases of boxes and anchors do the same job as their peers, at a size that takes no time."""

from __future__ import annotations

import numpy as np
import pytest

from gallery.speed import boxes as speed_boxes

CASES = {case.name: case for case in speed_boxes.box_cases()}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    made = [f for f in vars(speed_boxes).values() if hasattr(f, "cache_clear")]
    for name, value in {
        "ORIENTED": 40,
        "IMAGES": 30,
        "FEW_IMAGES": 30,
        "MASKED_IMAGES": 10,
        "CLASSES": 4,
        "SIZES": 2000,
        "ITERATIONS": 3,
        "SEEDED": 500,
        "BOXES": 200,
        "FEW_BOXES": 30,
    }.items():
        monkeypatch.setattr(speed_boxes, name, value)
    monkeypatch.setattr(speed_boxes.detections.__wrapped__, "__defaults__", (200,))
    for function in made:
        function.cache_clear()
    yield
    for function in made:
        function.cache_clear()


def test_targets_are_those_asked_for():
    limits = {(name, peer.split()[0]): p.limit for name, case in CASES.items() for peer, p in case.peers.items()}
    expected = {
        ("nms", "cv2.dnn.NMSBoxes"): 1 / 2,
        ("nms, 300 boxes", "cv2.dnn.NMSBoxes"): 1 / 2,
        ("iou", "pycocotools"): 1,
        ("giou", "NumPy"): 1,
        ("kmeans_plus_plus", "scikit-learn"): None,
        ("iou, oriented", "Shapely"): 1 / 10,
        ("soft_nms", "ensemble-boxes"): 1 / 20,
        ("weighted_boxes_fusion", "ensemble-boxes"): 1 / 20,
        ("average_precision, COCO's size", "faster-coco-eval"): 1,
        ("average_precision", "pycocotools"): 1 / 3,
        ("average_precision of masks", "pycocotools"): 1 / 3,
        ("KMeans, IoU", "NumPy"): 1 / 10,
    }
    assert limits.items() <= expected.items()


@pytest.mark.parametrize("name", sorted(CASES))
def test_both_do_the_same_job(name):
    (peer,) = CASES[name].peers.values()
    ours, theirs = CASES[name].ours(None), peer.call(None)
    if peer.difference is None:
        assert len(ours[0]) == len(theirs[0])
    else:
        assert peer.difference(ours, theirs) <= peer.tolerance
        assert all(np.size(part) > 0 for part in (ours if isinstance(ours, tuple) else (ours,)))


def test_missing_peers_are_named(monkeypatch):
    monkeypatch.setattr(speed_boxes.importlib.util, "find_spec", lambda name: None)
    assert speed_boxes.missing() == ["ensemble-boxes", "faster-coco-eval", "pycocotools", "shapely"]
    assert [case.name for case in speed_boxes.box_cases()] == [
        "nms",
        "nms, 300 boxes",
        "giou",
        "KMeans, IoU",
        "kmeans_plus_plus",
    ]
