"""Ground truth and detections from files and sets of labels: columns of numbers, and names of classes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from augment.labels import LabelSet, read_labels
from augment.labels._coco import area_of, identity
from augment.labels._convert import converted
from augment.labels._model import Annotation, LabelledImage
from augment.labels._read import with_sizes
from augment.labels._text import Problems, Wrong, are_numbers, as_path, is_number, text_of

from ._runs import Rings, Runs, runs_of

__all__: list[str] = []

_FIELDS = {"boxes": "bbox", "masks": "segmentation", "keypoints": "keypoints"}
"""What COCO calls them."""


def of_labels(truth: Any) -> bool:
    """Whether ground truth is a file or a set of labels, and not columns."""
    return isinstance(truth, (str, bytes, os.PathLike, LabelSet))


def columns_of_labels(truth: Any, detections: Any, kind: str) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Columns of ground truth and of detections, with numbers of images and classes; and the names of all classes."""
    name = "truth" if isinstance(truth, LabelSet) else str(as_path(truth, "truth"))
    labels = truth if isinstance(truth, LabelSet) else read_labels(truth)
    if labels.kind in ("classify", "mask"):
        raise ValueError(f"truth must be labels of boxes, polygons or keypoints, got those of {labels.format!r}")
    if labels.box_format == "yolo":
        labels = with_sizes(labels, Problems(False))
    problems, known = Problems(False), _Known(labels)
    pixels = converted(labels, "coco", "auto")
    columns = problems.tried(name, _truth, pixels, kind, known)
    said, rows = _results(detections, problems)
    found = problems.tried(said, _found, rows, kind, known, columns.pop("points"))
    return columns, found, known.names


class _Known:
    """What results can refer to: images and classes, by their numbers here."""

    def __init__(self, labels: LabelSet) -> None:
        ids = labels.more.get("category_ids") if labels.format == "coco" else None
        ids = ids or {place: place for place in range(len(labels.classes))}
        order = _in_order(ids)
        self.classes: dict[Any, int] = {ids[place]: k for k, place in enumerate(order)}
        self.places = {place: k for k, place in enumerate(order)}
        names = [labels.classes[place] for place in order]
        self.names = [
            f"{each} ({ids[place]})" if names.count(each) > 1 else each
            for each, place in zip(names, order, strict=True)
        ]
        if labels.format == "coco":
            keys = {i: image.more.get("id", i) for i, image in enumerate(labels.images)}
            order = _in_order(keys)
            self.images: dict[Any, int] = {keys[i]: k for k, i in enumerate(order)}
        else:  # results have names, or Ultralytics' numbers
            order = list(range(len(labels.images)))
            self.images = _aliases([image.file or str(image.more.get("labels")) for image in labels.images])
            self.classes.update({each: k for k, each in enumerate(self.names)})
        self.numbers = {i: k for k, i in enumerate(order)}
        self.sizes = [labels.images[i].size for i in order]


def _in_order(ids: Mapping[int, Any]) -> list[int]:
    """Places by rising id, as pycocotools has them; as they are where ids cannot be compared."""
    kinds = {isinstance(v, str) for v in ids.values()}
    return sorted(ids, key=lambda place: ids[place]) if len(kinds) == 1 and None not in ids.values() else list(ids)


def _aliases(files: Sequence[str]) -> dict[Any, int]:
    """Images by name, by the last part of it with and without its end, and by its number, where only one has it."""
    found: dict[Any, set[int]] = {}
    for i, file in enumerate(files):
        path = PurePosixPath(file)
        for alias in {file, path.name, path.stem, *([int(path.stem)] if path.stem.isdecimal() else [])}:
            found.setdefault(alias, set()).add(i)
    return {alias: min(those) for alias, those in found.items() if len(those) == 1}


# --- ground truth -----------------------------------------------------------------------------------------------------


def _truth(labels: LabelSet, kind: str, known: _Known) -> dict[str, Any]:
    rows = [(i, image, each) for i, image in enumerate(labels.images) for each in image.annotations]
    places = [_place(image, each, k) for k, (_, image, each) in enumerate(rows)]
    shapes: Any = [_shape(place, image, each, kind) for place, (_, image, each) in zip(places, rows, strict=True)]
    difficult = [each.difficult for _, _, each in rows]
    columns: dict[str, Any] = {"points": 0}
    if kind == "masks":
        shapes = _as_runs(shapes, places)
    elif kind == "keypoints":
        count = columns["points"] = max(map(len, shapes), default=0)
        if rows and not count:
            raise Wrong("", "must have keypoints for kind='keypoints'")
        difficult = [hard or _seen(each) == 0 for hard, (_, _, each) in zip(difficult, rows, strict=True)]
        for place, shape in zip(places, shapes, strict=True):
            if len(shape) not in (0, count):
                raise Wrong(
                    place, f"'keypoints' must have as many points as those of others, {count}, got {len(shape)}"
                )
        shapes = np.array([shape or [(0.0, 0.0, 0.0)] * count for shape in shapes]).reshape(len(rows), count, 3)
        columns["boxes"] = np.array([each.box or (0.0, 0.0, 0.0, 0.0) for _, _, each in rows]).reshape(-1, 4)
    return {
        **columns,
        kind: np.array(shapes, np.float64).reshape(-1, 4) if kind == "boxes" else shapes,
        "images": np.array([known.numbers[i] for i, _, _ in rows], np.int64),
        "classes": np.array([known.places[each.label] for _, _, each in rows], np.int64),
        "area": np.array([_area(place, each) for place, (_, _, each) in zip(places, rows, strict=True)], np.float64),
        "crowd": np.array([each.crowd for _, _, each in rows], bool),
        "difficult": np.array(difficult, bool),
    }


def _place(image: LabelledImage, each: Annotation, k: int) -> str:
    number = each.more.get("id")
    return f"annotation {str(k if number is None else number)[:40]}" + (f" of {image.file}" if image.file else "")


def _shape(place: str, image: LabelledImage, each: Annotation, kind: str) -> Any:
    if kind == "keypoints":
        return [(*point[:2], *(point[2:] or (2.0,))) for point in each.keypoints]
    if kind == "boxes":
        if each.box is None:
            raise Wrong(place, "must have a box")
        return each.box
    if each.mask is not None:
        return each.mask
    if not each.polygons:
        raise Wrong(place, "must have a mask: run lengths or polygons")
    if image.size is None:
        raise Wrong(place, "must lie in an image whose 'height' and 'width' are said, as it has polygons")
    return Rings(each.polygons, image.size)


def _seen(each: Annotation) -> int:
    said: Any = each.more.get("num_keypoints")
    return int(said) if is_number(said) else sum(len(point) < 3 or point[2] > 0 for point in each.keypoints)


def _area(place: str, each: Annotation) -> float:
    found = each.more.get("area")
    if found is None:
        return area_of(each)
    if not is_number(found) or found < 0:
        raise Wrong(place, f"'area' must be a number of pixels from 0 on, got {found!r:.40}")
    return float(found)


def _as_runs(masks: Sequence[Any], places: Sequence[str]) -> Runs:
    try:
        return runs_of(masks)
    except Wrong as wrong:
        raise Wrong(places[int(wrong.place)], wrong.reason) from None


# --- detections -------------------------------------------------------------------------------------------------------


def _results(detections: Any, problems: Problems) -> tuple[str, list[Any]]:
    """What messages call the results, and the records of COCO's format of results."""
    if isinstance(detections, LabelSet):
        return "detections", _records(detections)
    if isinstance(detections, (list, tuple)):
        return "detections", list(detections)
    if not isinstance(detections, (str, bytes, os.PathLike)):
        raise TypeError(
            "detections must be a file of COCO's results, a list of its records, or a LabelSet with scores, where "
            f"truth is labels, got {type(detections).__name__}"
        )
    file = as_path(detections, "detections")
    if not file.exists():
        raise FileNotFoundError(f"no such file or folder: {file}")
    if file.is_dir():
        return str(file), _records(read_labels(file))
    data = problems.tried(str(file), _json_of, file)
    return str(file), data if isinstance(data, list) else _records(read_labels(file))


def _json_of(file: Any) -> Any:
    try:
        data = json.loads(text_of(file))
    except RecursionError:
        raise Wrong("", "not JSON: values are nested too deeply") from None
    except Wrong:
        raise
    except ValueError as error:
        raise Wrong("", f"not JSON: {error}") from None
    if not isinstance(data, list) and not (isinstance(data, dict) and "annotations" in data):
        raise Wrong("", f"must be a list of results, or COCO's object with 'annotations', got {type(data).__name__}")
    return data


def _records(labels: LabelSet) -> list[dict[str, Any]]:
    """Results from labels of COCO's format, whose annotations have scores."""
    if labels.format != "coco":
        raise ValueError(f"detections must be COCO's results, whose labels have scores, got those of {labels.format!r}")
    ids = labels.more.get("category_ids", {})
    return [
        {
            "image_id": image.more.get("id", i),
            "category_id": ids.get(each.label, each.label),
            "score": each.more.get("score"),
            **({} if each.box is None else {"bbox": each.box}),
            "segmentation": each.polygons if each.mask is None else each.mask,
            "keypoints": [v for point in each.keypoints for v in (*point[:2], *(point[2:] or (2.0,)))],
        }
        for i, image in enumerate(labels.images)
        for each in image.annotations
    ]


def _found(rows: Sequence[Any], kind: str, known: _Known, points: int) -> dict[str, Any]:
    images, classes = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    scores, areas = np.empty(len(rows)), np.zeros(len(rows))
    shapes: Any = []
    boxed = bool(rows) and isinstance(rows[0], dict) and bool(rows[0].get("bbox"))  # pycocotools asks the first one
    for i, row in enumerate(rows):
        place = f"result {i}"
        images[i] = _looked_up(row, "image_id", place, known.images, "images of the ground truth")
        classes[i] = _looked_up(row, "category_id", place, known.classes, "categories of the ground truth")
        score, box = row.get("score"), row.get("bbox")
        if not isinstance(score, (int, float)) or isinstance(score, bool) or not abs(score) < float("inf"):
            raise Wrong(place, f"'score' must be a finite number, got {score!r:.40}")
        scores[i] = score
        if (boxed or kind == "boxes") and (not are_numbers(box, 4) or min(box[2:]) < 0):
            raise Wrong(place, f"'bbox' must be four numbers x, y, width, height with sides >= 0, got {box!r:.60}")
        areas[i] = box[2] * box[3] if boxed or kind == "boxes" else 0.0
        shapes.append(_shape_of(row, kind, place, known.sizes, images[i], points))
    columns: dict[str, Any] = {"images": images, "classes": classes, "scores": scores}
    if kind == "masks":
        shapes = _as_runs(shapes, [f"result {i}" for i in range(len(rows))])
    elif kind == "keypoints":
        shapes = np.array(shapes, np.float64).reshape(len(rows), points, 3)
    else:
        shapes = np.array(shapes, np.float64).reshape(-1, 4)
    if boxed and kind != "boxes":
        columns["area"] = areas
    return {**columns, kind: shapes}


def _looked_up(row: Any, field: str, place: str, known: Mapping[Any, int], of: str) -> int:
    number = identity(row, field, place)
    if number not in known:
        raise Wrong(place, f"{field!r} must be one of the {of}, got {repr(number)[:40]}")
    return known[number]


def _shape_of(row: Any, kind: str, place: str, sizes: Sequence[Any], image: int, points: int) -> Any:
    value = row.get(_FIELDS[kind])
    if value is None:
        others = [name for name, field in _FIELDS.items() if row.get(field)]
        hint = f": pass kind={others[0]!r}" if others else ""
        raise Wrong(place, f"must have {_FIELDS[kind]!r} for kind={kind!r}{hint}")
    if kind == "keypoints":
        if not are_numbers(value, 3 * points):
            raise Wrong(place, f"'keypoints' must be {points} times x, y, visibility, as those of the truth")
        return value
    if kind == "masks" and not isinstance(value, dict):
        if sizes[image] is None:
            raise Wrong(place, "must lie in an image whose 'height' and 'width' are said, as it has polygons")
        return Rings(value, sizes[image])
    return value
