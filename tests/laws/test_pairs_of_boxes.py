"""Pairs of options of the functions on boxes: each pair against the slow oracle, on boxes with ties and touching sides.

What two options do together is tested here; what one does, where the functions are."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from oracles import boxes as naive

import augment

FORMATS = ["pascal_voc", "coco", "yolo", "albumentations"]
COUNTS = [None, 0, 3]
SUPPRESSION: dict[str, list[Any]] = {
    "classes": [None, "classes"],
    "max_count": COUNTS,
    "inclusive": [False, True],
    "box_format": FORMATS,
}
OPTIONS: dict[str, dict[str, list[Any]]] = {
    "nms": {**SUPPRESSION, "iou_threshold": [0.5, 0.0, 1.0], "score_threshold": [None, 0.5]},
    "diou_nms": {**SUPPRESSION, "diou_threshold": [0.5, 0.0], "score_threshold": [None, 0.5]},
    "soft_nms": {
        **SUPPRESSION, "method": ["gaussian", "linear"], "sigma": [0.5, 0.1], "iou_threshold": [0.3, 0.0],
        "score_threshold": [0.001, 0.4],
    },
    "matrix_nms": {
        **SUPPRESSION, "method": ["gaussian", "linear"], "sigma": [2.0, 0.5], "score_threshold": [0.001, 0.4],
    },
    "weighted_boxes_fusion": {
        "classes": [None, "classes"], "weights": [None, [1.0, 3.0, 0.5]], "iou_threshold": [0.55, 0.0],
        "score_threshold": [0.0, 0.5], "overflow": [False, True], "box_format": FORMATS,
        "confidence": ["avg", "max", "box_and_model_avg", "absent_model_aware_avg"],
    },
    "merge_tiles": {
        "classes": [None, "classes"], "threshold": [0.5, 0.0], "overlap": ["smaller", "iou"], "drop_cut": [False, True],
        "box_format": ["pascal_voc", "coco"],
    },
}  # fmt: skip
"""The values of each option that are tried, the default first."""


def some_boxes(rng: np.random.Generator, n: int, side: int = 16) -> np.ndarray:
    """Corners in quarters of a small frame, so that all overlaps are exact and many are equal."""
    corner = rng.integers(0, side - 8, (n, 2))
    return np.hstack([corner, corner + rng.integers(0, 8, (n, 2))]).astype(float)


def written(boxes: np.ndarray, box_format: str) -> np.ndarray:
    """Corners as rows of a format; fractions are those of an image of 16 x 16 pixels, which are exact."""
    sides = boxes[:, 2:] - boxes[:, :2]
    if box_format == "coco":
        return np.hstack([boxes[:, :2], sides])
    if box_format == "yolo":
        return np.hstack([boxes[:, :2] + sides / 2, sides]) / 16
    return boxes / 16 if box_format == "albumentations" else boxes


def pairs(name: str) -> Iterator[dict[str, Any]]:
    options = OPTIONS[name]
    for a, b in itertools.combinations(options, 2):
        for x, y in itertools.product(options[a], options[b]):
            yield {option: values[0] for option, values in options.items()} | {a: x, b: y}


@pytest.mark.parametrize("name", OPTIONS)
def test_all_options_are_tried(name: str) -> None:
    keywords = [
        p.name for p in inspect.signature(getattr(augment, name)).parameters.values() if p.kind is p.KEYWORD_ONLY
    ]
    assert sorted(OPTIONS[name]) == sorted(keywords)
    for option, values in OPTIONS[name].items():
        assert values[0] == inspect.signature(getattr(augment, name)).parameters[option].default, option


@pytest.mark.parametrize("name", ["nms", "diou_nms", "soft_nms", "matrix_nms"])
def test_pairs_of_options_of_suppression(name: str, rng: np.random.Generator) -> None:
    rows, scores = some_boxes(rng, 24), rng.integers(0, 10, 24) / 10
    classes = rng.integers(0, 3, 24)
    for options in pairs(name):
        if options["inclusive"] and options["box_format"] != "pascal_voc":
            continue
        options = dict(options, classes=classes if options["classes"] else None)
        given = written(rows, options["box_format"])
        ours = getattr(augment, name)(given, scores, **options)
        theirs = getattr(naive, name)(given.tolist(), scores.tolist(), **options)
        if name in ("nms", "diou_nms"):
            assert ours.tolist() == theirs, options
        else:
            np.testing.assert_allclose(ours[1], theirs[1], rtol=0, atol=1e-12, err_msg=str(options))
            # New scores that are equal in exact arithmetic may differ by rounding, and change places.
            assert sorted(zip(ours[1].round(9), ours[0])) == sorted(zip(np.round(theirs[1], 9), theirs[0])), options


def test_pairs_of_options_of_fusion(rng: np.random.Generator) -> None:
    rows = [some_boxes(rng, n) for n in (14, 9, 12)]
    rows[1][:6] = rows[0][:6]
    rows[1][:6, 2:] += rng.uniform(0, 0.5, (6, 2))
    scores = [rng.permutation(n * 10)[:n] / (10 * n) for n in (14, 9, 12)]
    classes = [rng.integers(0, 2, n) for n in (14, 9, 12)]
    for options in pairs("weighted_boxes_fusion"):
        options = dict(options, classes=classes if options["classes"] else None)
        given = [written(r, options["box_format"]) for r in rows]
        ours = augment.weighted_boxes_fusion(given, scores, **options)
        theirs = naive.weighted_boxes_fusion([g.tolist() for g in given], [s.tolist() for s in scores], **options)
        corners = [naive.corners(row, options["box_format"]) for row in ours[0].tolist()]
        what = str({**options, "classes": options["classes"] is not None})
        found = np.array([(*row, s, c) for row, s, c in zip(corners, ours[1], ours[2])])
        wanted = np.array([(*row, s, c) for row, s, c in zip(*theirs)])
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9, err_msg=what)


def test_pairs_of_options_of_merging(rng: np.random.Generator) -> None:
    """Of an image that is wider than high, with detections at every border of a tile and of the image."""
    tiles = augment.tile(np.zeros((20, 34), np.uint8), size=(10, 12), overlap=0.3)
    rows, scores, classes = [], [], []
    for t in tiles:
        h, w = t.image.shape
        own = some_boxes(rng, 9, 10)
        rows.append(np.vstack([own, [[0, 2, 3, h], [w - 3, 1, w, 5], [2, h - 4, 7, h], [1, 0, 5, 3]]]).tolist())
        scores.append((rng.permutation(1000)[: len(rows[-1])] / 1000).tolist())
        classes.append(rng.integers(0, 2, len(rows[-1])).tolist())
    for t in rows:
        t[:] = [[a, b, max(c, a + 1), max(d, b + 1)] for a, b, c, d in t]
    for options in pairs("merge_tiles"):
        options = dict(options, classes=classes if options["classes"] else None)
        box_format = options.pop("box_format")
        given = [written(np.array(own), box_format) for own in rows]
        ours = augment.merge_tiles(tiles, given, scores, box_format=box_format, **options)
        merged, *rest = naive.merge_tiles(tiles, rows, scores, **options)
        for a, b in zip(ours, [written(np.array(merged), box_format).tolist(), *rest], strict=True):
            assert a.tolist() == b, {**options, "classes": options["classes"] is not None, "box_format": box_format}


@pytest.mark.parametrize(("shape", "size", "overlap"), [((20, 34), (10, 12), 0.3), ((7, 100), (9, 31), 0.0)])
def test_tiles_are_evenly_spread(shape: tuple[int, int], size: tuple[int, int], overlap: float) -> None:
    tiles = augment.tile(np.zeros(shape, np.uint8), size=size, overlap=overlap)
    for axis, (length, side) in enumerate(zip(reversed(shape), reversed(size), strict=True)):
        starts = sorted({t.origin[axis] for t in tiles})
        if side >= length:
            assert starts == [0]
            continue
        count = int(np.ceil((length - side) / int(side * (1 - overlap)))) + 1
        assert starts == [int(k * (length - side) / (count - 1)) for k in range(count)]


# --- average precision ------------------------------------------------------------------------------------------------

PRECISION: dict[str, list[Any]] = {
    "protocol": ["coco", "voc", "voc07"],
    "iou_thresholds": [[0.5], [0.25, 0.5, 1.0]],
    "areas": [{"all": (0.0, 1e10)}, {"all": (0.0, 1e10), "small": (0.0, 16.0), "large": (16.0, 1e10)}],
    "max_detections": [[None], [1, 2], [2, None]],
    "inclusive": [False, True],
    "box_format": FORMATS,
}


def scene(rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whole sides, some areas of exactly 16, equal scores, crowds and difficult boxes; corners."""
    n, m = 30, 60
    true = {"boxes": some_boxes(rng, n), "images": rng.integers(0, 5, n), "classes": rng.integers(0, 2, n)}
    true["boxes"][:, 2:] = np.maximum(true["boxes"][:, 2:], true["boxes"][:, :2] + 1)
    true["boxes"][::4, 2:] = true["boxes"][::4, :2] + 4
    found = {"boxes": some_boxes(rng, m), "images": rng.integers(0, 5, m), "classes": rng.integers(0, 2, m)}
    found["boxes"][:, 2:] = np.maximum(found["boxes"][:, 2:], found["boxes"][:, :2] + 1)
    copies = rng.integers(0, n, m // 2)
    for column in found:
        found[column][::2] = true[column][copies]
    true["crowd"], true["difficult"] = rng.random(n) < 0.1, rng.random(n) < 0.2
    return true, {**found, "scores": rng.permutation(m) / m}


def expected(true: dict[str, Any], found: dict[str, Any], kind: int, options: dict[str, Any], most: int) -> tuple:
    """The oracle's marks of a class, and the number of boxes that count."""
    plus = options["inclusive"] and options["box_format"] == "pascal_voc"

    def opened(row: np.ndarray) -> tuple[list[float], float]:
        box = naive.corners(row.tolist(), options["box_format"], plus)
        return box, (box[2] - box[0]) * (box[3] - box[1])

    truth: dict[int, list[Any]] = {}
    for row, image, c, crowd, hard in zip(*(true[k] for k in ("boxes", "images", "classes", "crowd", "difficult"))):
        if c == kind:
            truth.setdefault(image, []).append((*opened(row), hard, crowd))
    columns = zip(*(found[k] for k in ("boxes", "images", "classes", "scores")))
    there = [(i, s, *opened(row)) for row, i, c, s in columns if c == kind]
    low, high = options["range"]
    return naive.judged(
        truth, there, threshold=options["threshold"], voc=options["protocol"] != "coco", low=low, high=high, most=most
    )


def averaged(marks: list[tuple[bool, float]], positives: int, protocol: str) -> tuple[float, float]:
    """Average precision and recall from the marks of detections."""
    if not positives:
        return float("nan"), float("nan")
    true, points = 0, []
    for i, (mark, _) in enumerate(marks):
        true += mark
        points.append((true, true / (i + 1)))
    if protocol == "voc":
        wanted = range(1, positives + 1)
        return sum(max([p for t, p in points if t >= k], default=0.0) for k in wanted) / positives, true / positives
    recalls = [k / 10 for k in range(11)] if protocol == "voc07" else np.linspace(0, 1, 101).tolist()
    best = [max([p for t, p in points if t / positives >= r], default=0.0) for r in recalls]
    return sum(best) / len(recalls), true / positives


def test_pairs_of_options_of_average_precision(rng: np.random.Generator) -> None:
    keywords = inspect.signature(augment.average_precision).parameters
    others = {"kind", "sigmas"}  # for these test_average_precision_files.py has pycocotools
    assert sorted(PRECISION) == sorted(
        p.name for p in keywords.values() if p.kind is p.KEYWORD_ONLY and p.name not in others
    )
    true, found = scene(rng)
    for a, b in itertools.combinations(PRECISION, 2):
        for x, y in itertools.product(PRECISION[a], PRECISION[b]):
            options = {option: values[0] for option, values in PRECISION.items()} | {a: x, b: y}
            if options["inclusive"] and options["box_format"] != "pascal_voc":
                continue
            mine, theirs = ({**d, "boxes": written(d["boxes"], options["box_format"])} for d in (true, found))
            ours = augment.average_precision(mine, theirs, **options)
            for k, (t, threshold), (n, area), (m, limit) in itertools.product(
                range(2), enumerate(options["iou_thresholds"]), enumerate(options["areas"].values()),
                enumerate(options["max_detections"]),
            ):  # fmt: skip
                case = {**options, "threshold": threshold, "range": area}
                marks, positives = expected(mine, theirs, k, case, 10**9 if limit is None else limit)
                precision, recall = averaged(marks, positives, options["protocol"])
                assert ours.positives[k, n] == positives, case
                assert ours.average[t, k, n, m] == pytest.approx(precision, abs=1e-9, nan_ok=True), case
                assert ours.recall[t, k, n, m] == pytest.approx(recall, abs=1e-9, nan_ok=True), case


CURVE: dict[str, list[Any]] = {
    "protocol": ["voc", "coco"],
    "iou_threshold": [0.5, 0.25],
    "max_detections": [None, 1, 2],
    "inclusive": [False, True],
    "box_format": FORMATS,
}


def test_pairs_of_options_of_curves(rng: np.random.Generator) -> None:
    """As long as there are detections that count, each with its score."""
    keywords = inspect.signature(augment.precision_recall_curve).parameters
    assert sorted(CURVE) == sorted(p.name for p in keywords.values() if p.kind is p.KEYWORD_ONLY)
    true, found = scene(rng)
    for a, b in itertools.combinations(CURVE, 2):
        for x, y in itertools.product(CURVE[a], CURVE[b]):
            options = {option: values[0] for option, values in CURVE.items()} | {a: x, b: y}
            if options["inclusive"] and options["box_format"] != "pascal_voc":
                continue
            mine, theirs = ({**d, "boxes": written(d["boxes"], options["box_format"])} for d in (true, found))
            ours = augment.precision_recall_curve(mine, theirs, **options)
            for k in range(2):
                case = {**options, "threshold": options["iou_threshold"], "range": (0.0, np.inf)}
                marks, positives = expected(mine, theirs, k, case, options["max_detections"] or 10**9)
                hits = np.cumsum([mark for mark, _ in marks])
                assert ours.scores[k].tolist() == [s for _, s in marks], case
                np.testing.assert_allclose(ours.recall[k], hits / positives, atol=1e-12, err_msg=str(case))
                np.testing.assert_allclose(
                    ours.precision[k], hits / np.arange(1, len(hits) + 1), atol=1e-12, err_msg=str(case)
                )


@pytest.mark.parametrize("side", [32, 96])
def test_a_box_at_the_edge_of_two_ranges_counts_in_both(side: int) -> None:
    """As with pycocotools: areas of exactly 32² and 96²; detections too."""
    box = {"boxes": [[0, 0, side, side]], "images": [0], "classes": [0]}
    ours = augment.average_precision(box, {**box, "scores": [0.5]}, box_format="coco")
    names = {32: ("small", "medium"), 96: ("medium", "large")}[side]
    assert {n for n in ours.areas if ours.positives[0, list(ours.areas).index(n)]} == {"all", *names}
    assert all(ours.at(area=name) == pytest.approx(1.0) for name in ("all", *names))
    # A detection of that size that takes nothing is wrong in both ranges; beside it a box that is found.
    true = {"boxes": [[200, 0, side - 1, side], [200, 200, side + 1, side]], "images": [0, 0], "classes": [0, 0]}
    found = {"boxes": [[0, 0, side, side], *true["boxes"]], "images": [0] * 3, "classes": [0] * 3, "scores": [3, 2, 1]}
    ours = augment.average_precision(true, found, box_format="coco")
    assert all(ours.at(area=name) == pytest.approx(0.5, abs=0.01) for name in names)


@pytest.mark.parametrize("seed", range(3))
def test_ranges_of_areas_equal_pycocotools(seed: int) -> None:
    """Boxes of 32² and 96² pixels, and one pixel beside."""
    pytest.importorskip("pycocotools", reason="pycocotools is not installed")
    from helpers.coco import evaluated

    rng = np.random.default_rng(seed)
    n, m = 60, 90
    true = {"boxes": np.zeros((n, 4)), "images": rng.integers(0, 6, n), "classes": rng.integers(0, 2, n)}
    true["boxes"][:, :2] = rng.integers(0, 3, (n, 2)) * 150
    true["boxes"][:, 2:] = rng.choice([31, 32, 33, 95, 96, 97], (n, 1))
    pick = rng.integers(0, n, m)
    found = {k: v[pick] for k, v in true.items()} | {"scores": rng.integers(0, 9, m) / 9}
    found["boxes"] = found["boxes"] + rng.choice([0, 0, 8], (m, 1)) * [1, 0, 0, 0]
    true |= {"area": true["boxes"][:, 2] * true["boxes"][:, 3], "crowd": np.zeros(n, bool)}
    precision, recall, _, stats = evaluated(true, found, 6, 1)
    ours = augment.average_precision(true, found, box_format="coco")
    np.testing.assert_allclose(ours.precision, precision, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.recall, recall, rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.nan_to_num(list(ours.summary().values()), nan=-1), stats, rtol=0, atol=1e-9)
