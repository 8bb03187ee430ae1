"""Columns of ground truth and of detections: checked, and as arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment.labels._text import Wrong

from ._inputs import MOST, as_boxes, as_flags, as_labels, as_numbers, coded
from ._runs import Runs, runs_of
from ._settings import Settings

__all__: list[str] = []

_ROWS = ("images", "classes", "crowd", "difficult", "area")
_TRUTH = {"boxes": ("boxes", *_ROWS), "masks": ("masks", *_ROWS), "keypoints": ("keypoints", "boxes", *_ROWS)}
_PEERS = {
    "labels": "classes", "box_labels": "classes", "category_id": "classes", "class_labels": "classes",
    "bbox": "boxes", "bboxes": "boxes", "image_id": "images", "score": "scores", "iscrowd": "crowd",
    "segmentation": "masks",
}  # fmt: skip
"""Columns of chains and of other libraries, and what they are called here."""
_COCO_ROWS = (
    "; of COCO's rows make columns: {'boxes': [r['bbox'] for r in rows], 'images': [r['image_id'] for r in rows], ...}"
    ", with box_format='coco'; or pass the file of the ground truth, and the rows or the file of results"
)


@dataclass
class Rows:
    """Objects of ground truth, or detections; one entry for each."""

    shapes: Any
    """Boxes (n, 4), `Runs`, or poses (n, k, 3)."""
    areas: np.ndarray
    """float64 (n,): areas of boxes, for the IoU."""
    sizes: np.ndarray
    """float64 (n,): the areas that are compared with the ranges of areas."""
    images: np.ndarray
    classes: np.ndarray
    """int64 (n,): numbers of images and classes."""
    scores: Any = None
    crowd: Any = None
    difficult: Any = None
    boxes: Any = None
    """float64 (n, 4): beside poses."""


def rows_of(
    truth: Any, detections: Any, setting: Settings, box_format: Any, classes: Sequence[str] | None = None
) -> tuple[Rows, Rows, np.ndarray, int]:
    """Ground truth and detections, all classes in order, and the number of images.

    With `classes`, the names of all classes, the columns have their numbers already.
    """
    kind = setting.kind
    required = ("images", "classes", "area") if kind == "keypoints" else ("images", "classes")
    true = columns_of(truth, "truth", kind, _TRUTH[kind], (kind, *required))
    scored = ("scores", "images", "classes")
    found = columns_of(detections, "detections", kind, (kind, *scored, "area"), (kind, *scored))
    if isinstance(truth, Mapping) != isinstance(detections, Mapping):
        raise TypeError("truth and detections must both be one mapping, or both a sequence of one mapping per image")
    if not isinstance(truth, Mapping) and len(truth) != len(detections):
        raise ValueError(f"detections must have one mapping per image of truth, {len(truth)}, got {len(detections)}")
    true_shapes, true_areas = _shapes(true[kind], "truth", box_format, setting)
    shapes, areas = _shapes(found[kind], "detections", box_format, setting)
    n, m = len(areas), len(true_areas)
    scores = as_numbers(found["scores"], n, "detections['scores']", f"detections['{kind}']")
    (image, true_image), images = _both(found, true, "images", kind, n, m)
    (number, true_number), distinct = _both(found, true, "classes", kind, n, m)
    if classes is not None:
        number, true_number = (np.asarray(each["classes"], np.int64) for each in (found, true))
        distinct = np.array(classes, dtype=str)
    crowd, difficult = (as_flags(true.get(c), m, f"truth['{c}']", f"truth['{kind}']") for c in ("crowd", "difficult"))
    sizes, own = true_areas, areas
    if true.get("area") is not None:
        sizes = as_numbers(true["area"], m, "truth['area']", f"truth['{kind}']")
    if found.get("area") is not None:
        own = as_numbers(found["area"], n, "detections['area']", f"detections['{kind}']")
    boxes = None
    if kind == "keypoints":
        shapes, true_shapes = _alike(shapes, true_shapes)
        boxes = _boxes_beside(true.get("boxes"), m, box_format)
    return (
        Rows(true_shapes, true_areas, sizes, true_image, true_number, None, crowd, difficult, boxes),
        Rows(shapes, areas, own, image, number, scores),
        distinct,
        len(images),
    )


def _shapes(value: Any, name: str, box_format: Any, setting: Settings) -> tuple[Any, np.ndarray]:
    """The boxes, masks or poses of a column, and their areas."""
    name = f"{name}['{setting.kind}']"
    if setting.kind == "boxes":
        return _boxes(value, name, box_format, setting.inclusive)
    if setting.kind == "keypoints":
        return _poses(value, name)
    if isinstance(value, Runs):
        return value, value.areas.astype(np.float64)
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        raise TypeError(f"{name} must be a sequence of masks, got {type(value).__name__}")
    try:
        runs = runs_of(list(value))
    except Wrong as wrong:
        raise ValueError(f"{name} must be masks, in row {wrong.place} {wrong.reason}") from None
    return runs, runs.areas.astype(np.float64)


def _poses(value: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Poses (n, k, 3), the third number as it came or 2, and the areas of the boxes around all their points."""
    try:
        poses = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers of shape (n, k, 2) or (n, k, 3)") from None
    if poses.size == 0:
        return np.zeros((0, 0, 3)), np.zeros(0)
    if poses.shape[2:] not in ((2,), (3,)):
        raise ValueError(f"{name} must have shape (n, k, 2) or (n, k, 3), got {poses.shape}")
    if not (np.abs(poses) <= MOST).all():
        raise ValueError(f"{name} must be finite numbers within +-{MOST:g}")
    if poses.shape[-1] == 2:
        poses = np.concatenate([poses, np.full((*poses.shape[:2], 1), 2.0)], axis=2)
    sides = poses[:, :, :2].max(axis=1) - poses[:, :, :2].min(axis=1)
    return np.ascontiguousarray(poses), sides[:, 0] * sides[:, 1]


def _alike(found: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both poses, of as many keypoints."""
    if not len(found) or not len(true):
        count = max(found.shape[1], true.shape[1])
        return tuple(each if len(each) else np.zeros((0, count, 3)) for each in (found, true))  # type: ignore[return-value]
    if found.shape[1] != true.shape[1]:
        raise ValueError(
            f"detections['keypoints'] must have as many keypoints as truth, {true.shape[1]}, got {found.shape[1]}"
        )
    return found, true


def _boxes_beside(value: Any, count: int, box_format: Any) -> np.ndarray:
    """The boxes of objects whose poses are compared; without any, boxes that nothing is in."""
    if value is None:
        return np.full((count, 4), 1e120)
    boxes = as_boxes(value, "truth['boxes']", box_format)
    if len(boxes) != count:
        raise ValueError(f"truth['boxes'] must have one entry per row of truth['keypoints'], {count}, got {len(boxes)}")
    return boxes


def columns_of(value: Any, name: str, kind: str, known: Sequence[str], required: Sequence[str]) -> dict[str, Any]:
    """Columns of all images together, where they may be apart; `kind` is the one that says how many rows there are."""
    if isinstance(value, Mapping):
        _check_columns(value, name, known, required)
        return dict(value)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a mapping of columns, or a list of them, got {type(value).__name__}")
    counts = []
    for i, one in enumerate(value):
        if not isinstance(one, Mapping):
            raise TypeError(f"{name}[{i}] must be a mapping of columns, got {type(one).__name__}")
        _check_columns(one, f"{name}[{i}]", [c for c in known if c != "images"], [c for c in required if c != "images"])
        counts.append(len(one[kind]))
        for column, entries in one.items():
            if entries is not None and (not hasattr(entries, "__len__") or len(entries) != counts[-1]):
                raise ValueError(
                    f"{name}[{i}][{column!r}] must have one entry per row of {name}[{i}][{kind!r}], {counts[-1]}, "
                    f"got {len(entries) if hasattr(entries, '__len__') else type(entries).__name__}"
                )
    filled = [one for one, count in zip(value, counts, strict=True) if count]
    found: dict[str, Any] = {"images": np.repeat(np.arange(len(value)), counts)}
    for column in known:
        given = [one.get(column) for one in filled]
        if column == "images" or (column not in required and all(g is None for g in given)):
            continue
        if any(g is None for g in given):
            raise ValueError(f"{name} must have the column {column!r} for each image or for none")
        if column == "masks":
            found[column] = [mask for g in given for mask in g]
        else:
            found[column] = np.concatenate([np.asarray(g) for g in given]) if given else []
    return found


def _check_columns(value: Mapping[str, Any], name: str, known: Sequence[str], required: Sequence[str]) -> None:
    for column in value:
        if column not in known:
            hint = f", which is {_PEERS[column]!r} here" if column in _PEERS else ""
            hint += _COCO_ROWS if column in ("bbox", "category_id", "image_id") else ""
            raise ValueError(f"{name} must have columns out of {', '.join(known)}, got {column!r:.60}{hint}")
    for column in required:
        if column not in value:
            raise ValueError(f"{name} must have the column {column!r}, got {', '.join(map(str, value)) or 'none'}")


def _boxes(value: Any, name: str, box_format: Any, inclusive: bool) -> tuple[np.ndarray, np.ndarray]:
    """Corners and areas; an area is of the sides as they are given, not of differences of rounded corners."""
    boxes = as_boxes(value, name, box_format, inclusive)
    if box_format in ("coco", "yolo") and len(boxes):
        sides = np.asarray(value, np.float64)[:, 2:]
        return boxes, sides[:, 0] * sides[:, 1]
    return boxes, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _both(
    found: Any, true: Any, column: str, kind: str, n: int, m: int
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """A column of labels of detections and truth as numbers of the labels of both."""
    first = as_labels(found[column], n, f"detections['{column}']", f"detections['{kind}']")
    second = as_labels(true[column], m, f"truth['{column}']", f"truth['{kind}']")
    if n and m and (first.dtype.kind in "US") != (second.dtype.kind in "US"):
        raise TypeError(f"'{column}' must be integers or strings in truth and detections alike")
    filled = [labels for labels in (first, second) if len(labels)]
    distinct, codes = coded(np.concatenate(filled) if filled else first)
    return (codes[:n], codes[n:]), distinct
