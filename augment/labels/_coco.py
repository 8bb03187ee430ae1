"""COCO's JSON: boxes, polygons, run lengths, keypoints and crowds, with all that else stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imgproc.io._outside import relative_name

from ._model import Annotation, LabelledImage, LabelSet
from ._text import Problems, Wrong, are_numbers, json_value, text_of
from ._things import area_of, fields_of, updated

__all__: list[str] = []


def read_coco(file: Path, root: Path | None, problems: Problems, classes: bool = True) -> LabelSet:
    """Labels of a file; its images lie below `root`, or beside it.

    Without `classes` nobody asks for them, and an annotation may name none."""
    data = problems.tried(file, _loaded, file) or {"images": [], "annotations": []}
    names, by_id = _categories(file, data, problems)
    declared = bool(by_id) and classes
    rows: dict[Any, list[Annotation]] = {}
    shapes: dict[Any, tuple[int, int] | None] = {}
    records = []
    for i, record in enumerate(data.get("images", [])):
        made = problems.tried(file, _image, record, i)
        if made is not None and made[0] in shapes:
            problems.note(file, f"image {i}", f"its id {repr(made[0])[:40]} must be that of no other image")
        elif made is not None:
            number, shapes[made[0]] = made
            rows[number] = []
            records.append((number, record))
    for i, record in enumerate(data["annotations"]):
        made = problems.tried(file, _annotation, record, i, by_id, names, declared, shapes)
        if made is not None:
            rows[record["image_id"]].append(made)
    images = tuple(
        LabelledImage(record.get("file_name", ""), shapes[number], tuple(rows[number]), more=record)
        for number, record in records
    )
    kind = "detect"
    if any(each.keypoints for found in rows.values() for each in found):
        kind = "pose"
    elif any(each.polygons or each.mask for found in rows.values() for each in found):
        kind = "segment"
    more = {name: value for name, value in data.items() if name not in ("images", "annotations")}
    more["category_ids"] = {place: number for number, place in by_id.items()}
    more["annotation_order"] = _order(rows, data["annotations"])
    base = root or (file.parent / "images" if (file.parent / "images").is_dir() else file.parent)
    return LabelSet("coco", kind, base, tuple(names), images, "coco", tuple(problems.found), more)


def _order(rows: dict[Any, list[Annotation]], records: list[Any]) -> tuple[Any, ...]:
    """The ids of annotations as the file has them; nothing where they stand image by image, or have no ids."""
    by_image = [each.more.get("id") for found in rows.values() for each in found]
    as_read = [record.get("id") for record in records if isinstance(record, dict)]
    known = set(by_image)
    as_read = [number for number in as_read if number in known]
    return () if as_read == by_image or len(known) < len(as_read) or None in known else tuple(as_read)


def _loaded(file: Path) -> dict[str, Any]:
    data = json_value(text_of(file), "")
    if not isinstance(data, dict) or not isinstance(data.get("annotations"), list):
        raise Wrong("", "must be COCO's object with a list 'annotations'")
    if not isinstance(data.get("images", []), list):
        raise Wrong("", f"'images' must be a list, got {type(data['images']).__name__}")
    return data


def _categories(file: Path, data: dict[str, Any], problems: Problems) -> tuple[list[str], dict[Any, int]]:
    """Names of classes, and their places by COCO's ids."""
    found = data.get("categories")
    names: list[str] = []
    by_id: dict[Any, int] = {}
    for i, category in enumerate(found if isinstance(found, list) else []):
        made = problems.tried(file, identity, category, "id", f"category {i}")
        if made in by_id:
            problems.note(file, f"category {i}", f"its id {repr(made)[:40]} must be that of no other category")
        elif made is not None:
            by_id[made] = len(names)
            names.append(str(category.get("name", made)))
    return names, by_id


def identity(entry: Any, name: str, place: str) -> Any:
    """An entry's number, or its name: what another entry can refer to."""
    if not isinstance(entry, dict):
        raise Wrong(place, f"must be an object, got {type(entry).__name__}")
    found = entry.get(name)
    if found is not None and not isinstance(found, (int, float, str)):
        raise Wrong(place, f"{name!r} must be a number or a string, got {type(found).__name__}")
    return found


def _image(record: Any, i: int) -> tuple[Any, tuple[int, int] | None]:
    number = identity(record, "id", f"image {i}")
    name = record.get("file_name")
    if name is not None:
        try:
            relative_name(name, "'file_name'")
        except ValueError as error:
            raise Wrong(f"image {i}", str(error)) from None
    shape = record.get("height"), record.get("width")
    whole = are_numbers(shape) and all(v == int(v) and v > 0 for v in shape)
    return number, (int(shape[0]), int(shape[1])) if whole else None


def _annotation(
    record: Any,
    i: int,
    by_id: dict[Any, int],
    names: list[str],
    declared: bool,
    shapes: dict[Any, tuple[int, int] | None],
) -> Annotation:
    number = identity(record, "image_id", f"annotation {i}")
    identity(record, "id", f"annotation {i}")
    place = f"annotation {str(record.get('id', i))[:40]}"
    fields = fields_of(record, place)
    if number not in shapes:
        raise Wrong(place, f"its image {repr(number)[:40]} must be one of 'images'")
    category = identity(record, "category_id", place)
    if category not in by_id:
        if declared:
            raise Wrong(place, f"'category_id' must be one of 'categories', got {category!r:.40}")
        by_id[category] = len(names)
        names.append(str(category))
    return Annotation(by_id[category], *fields, more=record)


def coco_of(labels: LabelSet) -> dict[str, Any]:
    """The object that is written; records keep what they had beside what is known here."""
    more = dict(labels.more) if labels.format == "coco" else {}
    order = {number: k for k, number in enumerate(more.pop("annotation_order", ()))}
    ids = more.pop("category_ids", None) or {k: k + 1 for k in range(len(labels.classes))}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    same = labels.format == "coco"
    numbers = _Numbers(image.more.get("id") if same else None for image in labels.images)
    marks = _Numbers(each.more.get("id") if same else None for image in labels.images for each in image.annotations)
    for image in labels.images:
        record = dict(image.more) if same else {}
        number = record["id"] = numbers.next(record.get("id"))
        if image.file:
            record["file_name"] = image.file
        if image.size is not None:
            record["height"], record["width"] = image.size
        images.append(record)
        for each in image.annotations:
            annotations.append(_record(each, number, ids[each.label], marks, dict(each.more) if same else {}))
    if order:  # those that are new come last
        annotations.sort(key=lambda record: order.get(record.get("id"), len(order)))
    categories = more.get("categories") or [{"id": ids[k], "name": name} for k, name in enumerate(labels.classes)]
    return {**more, "images": images, "annotations": annotations, "categories": categories}


class _Numbers:
    """Ids that stay where they are whole numbers, and new ones behind the largest."""

    def __init__(self, known: Any) -> None:
        there = [value for value in known if value is not None]
        self._taken: set[Any] = set()
        self._next = max((value for value in there if isinstance(value, int)), default=0)

    def next(self, known: Any) -> Any:
        if known is not None and known not in self._taken:
            self._taken.add(known)
            return known
        self._next += 1
        self._taken.add(self._next)
        return self._next


def _record(each: Annotation, image: Any, category: Any, marks: _Numbers, record: dict[str, Any]) -> dict[str, Any]:
    new = not record
    if new or "id" in record:
        record["id"] = marks.next(record.get("id"))
    record["image_id"], record["category_id"] = image, category
    updated(record, each)
    if new:
        record.setdefault("area", area_of(each))
        record.setdefault("iscrowd", int(each.crowd))
    return record
