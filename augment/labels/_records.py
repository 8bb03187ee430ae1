"""Records as Hugging Face's data sets have them: a label, objects with boxes and categories, and columns of any name.

A metadata file has one record for each image, a sample of WebDataset has one as JSON, and a row of Parquet is one.
``objects`` is a list of objects, or an object of lists; boxes are x, y, width and height in pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._model import Annotation, LabelledImage, LabelSet
from ._text import Wrong, json_bytes, json_value
from ._things import check_run_lengths, fields_of, updated

__all__: list[str] = []

FORMATS = ("imagefolder", "webdataset", "parquet")
"""Formats whose images have such records: what is not known goes over from one to the other."""
CATEGORIES = ("categories", "category", "label", "labels", "category_id", "class")
"""Names of the classes of objects; the first is written."""
MOST_CLASSES = 1_000_000
RUN_LENGTHS = "rle"
"""Of masks that are run lengths: a JSON text, as columns have one type only."""


class Classes:
    """The names of classes while records are read: declared, or those that come; numbers stay numbers."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self.names = list(names)
        self.declared, self.named = bool(names), False
        self._places = {name: k for k, name in enumerate(self.names)}
        self._highest = -1

    def number(self, value: Any, place: str, field: str) -> int:
        """The class of a value, which is a name or a number."""
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise Wrong(place, f"{field} must be a whole number or a name, got {repr(value)[:60]}")
        if isinstance(value, str):
            if value not in self._places:
                self._add(value, place, field)
            self.named = True
            return self._places[value]
        if self.named and not self.declared:
            raise Wrong(place, f"{field} must be a name as those before it, got {value}")
        most = len(self.names) if self.declared else MOST_CLASSES
        if not 0 <= value < most:
            raise Wrong(place, f"{field} must be from 0 to {most - 1}, got {value}")
        self._highest = max(self._highest, value)
        return value

    def _add(self, value: str, place: str, field: str) -> None:
        if self.declared:
            raise Wrong(place, f"{field} must be one of the classes that are named, got {value!r:.60}")
        if self._highest >= 0:
            raise Wrong(place, f"{field} must be a number as those before it, got {value!r:.60}")
        self._places[value] = len(self.names)
        self.names.append(value)

    def finished(self, images: list[LabelledImage]) -> tuple[tuple[str, ...], tuple[LabelledImage, ...]]:
        """The names, and the images with the numbers of these: names that nobody declared are in the alphabet's
        order, as Hugging Face has them."""
        if self.declared or not self.named:
            return tuple(self.names) or tuple(map(str, range(self._highest + 1))), tuple(images)
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        place = {old: new for new, old in enumerate(order)}
        moved = (
            dataclasses.replace(
                image,
                label=None if image.label is None else place[image.label],
                annotations=tuple(dataclasses.replace(each, label=place[each.label]) for each in image.annotations),
            )
            for image in images
        )
        return tuple(sorted(self.names)), tuple(moved)


def read_record(record: Mapping[str, Any], place: str, classes: Classes) -> dict[str, Any]:
    """The fields of a `LabelledImage` that a record says: its size, annotations and label."""
    found: dict[str, Any] = {}
    size = record.get("height"), record.get("width")
    if all(isinstance(v, int) and not isinstance(v, bool) and 0 < v < 1 << 31 for v in size):
        found["size"] = size
    if is_label(record.get("label")):
        found["label"] = classes.number(record["label"], place, "'label'")
    objects = record.get("objects")
    if objects is not None:
        things = _things(objects, place)
        found["annotations"] = tuple(_annotation(thing, f"{place}, object {i}", classes) for i, thing in things)
    return found


def is_label(value: Any) -> bool:
    """Whether it is the class of an image; -1 is what data sets have for images without one, and a list is several."""
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _things(objects: Any, place: str) -> list[tuple[int, dict[str, Any]]]:
    if isinstance(objects, dict):
        columns = {name: values for name, values in objects.items() if isinstance(values, list)}
        counts = {name: len(values) for name, values in columns.items()}
        if len(set(counts.values())) > 1:
            raise Wrong(place, f"'objects' must have as many of each, got {repr(counts)[:100]}")
        count = max(counts.values(), default=0)
        return [(i, {name: values[i] for name, values in columns.items()}) for i in range(count)]
    if not isinstance(objects, list) or not all(isinstance(thing, dict) for thing in objects):
        raise Wrong(place, "'objects' must be a list of objects, or an object of lists")
    return list(enumerate(objects))


def _annotation(thing: dict[str, Any], place: str, classes: Classes) -> Annotation:
    name = next((each for each in CATEGORIES if each in thing), None)
    label = 0 if name is None else classes.number(thing[name], place, f"{name!r}")
    box, polygons, keypoints, mask, crowd = fields_of(thing, place)
    text = thing.get(RUN_LENGTHS)
    if isinstance(text, str):
        mask = json_value(text, place)
        if not isinstance(mask, dict):
            raise Wrong(place, f"{RUN_LENGTHS!r} must be the JSON text of an object with 'size' and 'counts'")
        check_run_lengths(mask, place)
    if box is None and not (polygons or keypoints or mask):
        raise Wrong(place, "must have 'bbox'")
    difficult = bool(thing.get("difficult"))
    return Annotation(label, box, polygons, keypoints, mask, crowd, difficult, thing)


def kind_of(images: Iterable[LabelledImage]) -> str:
    """What the labels of a data set are, by what there is of them."""
    kind = "classify"
    for image in images:
        if kind in ("classify", "mask") and image.more.get("record", {}).get("objects") is not None:
            kind = "detect"
        for each in image.annotations:
            if each.keypoints:
                return "pose"
            kind = "segment" if each.polygons or each.mask or kind == "segment" else "detect"
        if image.mask is not None and kind == "classify":
            kind = "mask"
    return kind


@dataclasses.dataclass(frozen=True)
class Columns:
    """What the records of a data set have, whichever images of it are written: found once, from all of them.

    `objects` are the names of fields of objects, `category` is that of their classes.  `named` says whether classes are
    names or numbers; `same` that those which are right already stay what they are."""

    label: bool
    objects: tuple[str, ...]
    category: str
    size: bool
    named: bool
    same: bool

    @classmethod
    def of(cls, labels: LabelSet, format: str) -> Columns:
        """The columns of labels in one of these formats.

        Classes are names, but in Parquet, which has a type for them, and beside a class of the image in a tar, which is
        a number."""
        every = [each for image in labels.images for each in image.annotations]
        had = _names_of_objects(labels) if labels.format in FORMATS else set()
        category = next((name for name in CATEGORIES if name in had), CATEGORIES[0])
        objects: list[str] = ["bbox", category] if every or labels.kind in ("detect", "segment", "pose") else []
        tests = {
            "segmentation": lambda each: each.polygons,
            RUN_LENGTHS: lambda each: each.mask is not None,
            "keypoints": lambda each: each.keypoints,
            "iscrowd": lambda each: each.crowd,
            "difficult": lambda each: each.difficult,
        }
        objects += [name for name, test in tests.items() if any(map(test, every))]
        objects += sorted(had)
        same = labels.format == format
        label = any(image.label is not None for image in labels.images)
        numbers = format == "parquet" or (format == "webdataset" and label)
        return cls(
            label,
            tuple(dict.fromkeys(objects)),
            category,
            bool(labels.images) and all(image.size is not None for image in labels.images),
            bool(labels.more.get("named")) if same else not numbers,
            same,
        )


def _names_of_objects(labels: LabelSet) -> set[str]:
    """The names of the fields of objects in the records of a data set, also where there are none of them."""
    found = {name for image in labels.images for each in image.annotations for name in each.more}
    for image in labels.images:
        objects = image.more.get("record", {}).get("objects")
        if isinstance(objects, dict):
            found |= {name for name, values in objects.items() if isinstance(values, list)}
    return found


def names_a_file(name: str) -> bool:
    """Whether a column of ``imagefolder`` names image files."""
    return name == "file_name" or name.endswith("_file_name")


def record_of(image: LabelledImage, labels: LabelSet, columns: Columns, *, files: bool = False) -> dict[str, Any]:
    """The record of an image: what it had, where it comes from records, with what changed since.

    Names of files, which only ``imagefolder`` has, are left out unless `files` says that they have a meaning."""
    same = labels.format in FORMATS
    record: dict[str, Any] = dict(image.more.get("record", ())) if same else {}
    if labels.format == "imagefolder" and not files:
        record = {name: value for name, value in record.items() if not names_a_file(name)}
    _put_label(record, image.label, labels, columns)
    for name, side in zip(("height", "width"), image.size or ()):
        if record.get(name, side if same or not columns.size else None) != side:
            record[name] = side
    if image.annotations or record.get("objects") is not None or (columns.objects and not same):
        things = [_thing(each, labels, columns, same) for each in image.annotations]
        record["objects"] = _as_before(record.get("objects"), things, columns)
    return record


def _put_label(record: dict[str, Any], label: int | None, labels: LabelSet, columns: Columns) -> None:
    if label is not None and not _says(record.get("label"), label, labels, columns):
        record["label"] = labels.classes[label] if columns.named else label
    elif label is None and is_label(record.get("label")):
        record["label"] = None


def _says(value: Any, label: int, labels: LabelSet, columns: Columns) -> bool:
    """Whether a value of a record is this class already."""
    if not columns.same and isinstance(value, str) != columns.named:
        return False
    return value == (labels.classes[label] if isinstance(value, str) else label) and not isinstance(value, bool)


def _thing(each: Annotation, labels: LabelSet, columns: Columns, same: bool) -> dict[str, Any]:
    thing = dict(each.more) if same else {}
    if isinstance(thing.get("segmentation"), dict):  # run lengths as COCO has them
        updated(thing, each)
    else:
        updated(thing, dataclasses.replace(each, mask=None))
        text = thing.get(RUN_LENGTHS)
        if each.mask is not None and (text is None or json_value(text, "") != each.mask):
            thing[RUN_LENGTHS] = json_bytes(dict(each.mask), "run lengths").decode()
        elif each.mask is None and text is not None:
            thing[RUN_LENGTHS] = None
    if each.difficult != bool(thing.get("difficult")):
        thing["difficult"] = int(each.difficult)
    name = next((name for name in CATEGORIES if name in thing), None)
    if name is None and not (same and each.more and each.label == 0):
        name = columns.category
    if name is not None and not _says(thing.get(name), each.label, labels, columns):
        thing[name] = labels.classes[each.label] if columns.named else each.label
    return thing


def _as_before(before: Any, things: list[dict[str, Any]], columns: Columns) -> Any:
    """Objects in the style that the record had: a list of objects, or an object of lists, which is written anew."""
    if isinstance(before, list):
        return things
    kept = before if isinstance(before, dict) else {}
    names = [*kept, *(name for name in columns.objects if name not in kept)]
    if isinstance(before, dict):
        names = [*kept, *dict.fromkeys(name for thing in things for name in thing if name not in kept)]
    lists = {name: [thing.get(name, _empty(name)) for thing in things] for name in names}
    return {name: kept[name] if name in kept and not isinstance(kept[name], list) else lists[name] for name in names}


def _empty(name: str) -> Any:
    return [] if name in ("segmentation", "keypoints") else 0 if name in ("iscrowd", "difficult") else None
