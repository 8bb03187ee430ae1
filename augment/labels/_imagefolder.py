"""Folders of images with a table of what is known of them: ``imagefolder`` of Hugging Face.

``metadata.jsonl`` or ``metadata.csv`` has a row for each image of its folder and of those below, whose ``file_name``
is relative to it.  Parts of the data set are folders: ``train``, ``validation``, ``test``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgproc.io._outside import relative_name

from ._model import LabelledImage, LabelSet
from ._records import Classes, Columns, kind_of, read_record, record_of
from ._text import Problems, Wrong, files_below, is_picture, json_bytes, json_value, split_of, text_of

__all__: list[str] = []

METADATA = ("metadata.jsonl", "metadata.csv")
IMAGE, MASKS = "file_name", ("mask_file_name", "annotation_file_name", "segmentation_file_name", "label_file_name")
CLASSES = "classes.txt"
"""Names of classes, a line each: of this library, for classes that are numbers in the records."""
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


def is_metadata(name: str) -> bool:
    """Whether a name is that of a table of images."""
    return name.rpartition("/")[2] in METADATA


def read_imagefolder(root: Path, problems: Problems) -> LabelSet:
    """Labels of a folder with tables in it, or of one table."""
    base, names = (root.parent, [root.name]) if root.is_file() else (root, files_below(root))
    tables = [name for name in names if is_metadata(name)]
    classes = Classes(class_names(base, problems))
    images: list[LabelledImage] = []
    known: set[str] = set()
    further: set[str] = set()
    for table in tables:
        if table.endswith(".csv") and table[:-3] + "jsonl" in tables:
            problems.note(base / table, "", "must be the only table of its folder, there is metadata.jsonl, too")
            continue
        for place, record in problems.tried(base / table, _rows, base / table, problems) or ():
            made = problems.tried(base / table, _image, record, place, table, classes, known)
            if made is not None:
                images.append(made)
                known.add(made.file)
                before = table[: -len(table.rpartition("/")[2])]
                further |= {before + str(v) for k, v in made.more["record"].items() if k.endswith("_" + IMAGE)}
    for name in names:
        if is_picture(name) and name not in known and name not in further:
            problems.note(base / name, "", "must have a row in a table of images (metadata.jsonl or metadata.csv)")
    found, finished = classes.finished(images)
    more = {"named": classes.named}
    return LabelSet("imagefolder", kind_of(finished), base, found, finished, "coco", tuple(problems.found), more)


def class_names(base: Path, problems: Problems) -> list[str]:
    """The names in ``classes.txt``, if it is there."""
    if not (base / CLASSES).is_file():
        return []
    text = problems.tried(base / CLASSES, text_of, base / CLASSES)
    names = [line.strip() for line in (text or "").split("\n") if line.strip()]
    if len(set(names)) < len(names):
        problems.note(base / CLASSES, "", "must name each class once")
        return []
    return names


def _rows(file: Path, problems: Problems) -> list[tuple[str, dict[str, Any]]]:
    text = text_of(file)
    made = _csv_rows(text) if file.suffix.lower() == ".csv" else _json_rows(file, text, problems)
    return list(made)


def _json_rows(file: Path, text: str, problems: Problems) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may have other ends of lines in a text
        if line.strip():
            place = f"line {number}"
            record = problems.tried(file, _json_object, line, place)
            if record is not None:
                yield place, record


def _json_object(line: str, place: str) -> dict[str, Any]:
    record = json_value(line, place, unique=True)
    if not isinstance(record, dict):
        raise Wrong(place, f"must be an object with 'file_name', got {type(record).__name__}")
    return record


def _csv_rows(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(f"line {reader.line_num}", row) for row in reader if row]
    except csv.Error as error:
        raise Wrong(f"line {reader.line_num}", f"not CSV: {error}") from None
    if not rows:
        return
    header = rows[0][1]
    if len(set(header)) < len(header):
        raise Wrong("line 1", f"must name each column once, got {header!r:.100}")
    short = next((place for place, row in rows if len(row) != len(header)), None)
    if short is not None:
        raise Wrong(short, f"must have {len(header)} columns as the first line")
    numbered = "label" in header and all(_WHOLE.fullmatch(row[header.index("label")]) for _, row in rows[1:])
    for place, row in rows[1:]:
        record: dict[str, Any] = dict(zip(header, row))
        for name in ("label",) * numbered + ("height", "width"):
            if _WHOLE.fullmatch(record.get(name, "")):
                record[name] = int(record[name])
        if record.get("label") == "":
            record["label"] = None
        yield place, record


def _image(record: dict[str, Any], place: str, table: str, classes: Classes, known: set[str]) -> LabelledImage:
    before = table[: -len(table.rpartition("/")[2])]
    file = before + _name(record.get(IMAGE), f"'{IMAGE}'", place)
    if file in known:
        raise Wrong(place, f"'{IMAGE}' must be named once, got {record[IMAGE]!r:.100} again")
    mask = next((name for name in MASKS if record.get(name) is not None), None)
    found = read_record(record, place, classes)
    if mask is not None:
        found["mask"] = before + _name(record[mask], f"'{mask}'", place)
    split = split_of(file[: -len(file.rpartition("/")[2])])
    return LabelledImage(file, **found, more={"record": record, "metadata": table}, split=split)


def _name(value: Any, field: str, place: str) -> str:
    try:
        return relative_name(value, field)
    except ValueError as error:
        raise Wrong(place, str(error)) from None


def tables_of(labels: LabelSet) -> dict[str, bytes]:
    """The tables of a data set by their names below the folder, and the names of its classes."""
    columns = Columns.of(labels, "imagefolder")
    parts = {image.split for image in labels.images}
    rows: dict[str, list[dict[str, Any]]] = {}
    for image in labels.images:
        table = _table_of(image, labels.format == "imagefolder", None not in parts)
        before = table[: -len(table.rpartition("/")[2])]
        record = {IMAGE: _below(image.file, before), **record_of(image, labels, columns, files=True)}
        record[IMAGE] = _below(image.file, before)
        mask = next((name for name in MASKS if record.get(name) is not None), MASKS[0])
        if image.mask is not None:
            record[mask] = _below(image.mask, before)
        elif record.get(mask) is not None:
            record[mask] = None
        rows.setdefault(table, []).append(record)
    made = {name: _csv_of(found) if name.endswith(".csv") else _json_of(found) for name, found in rows.items()}
    return made | class_files(labels, columns.named)


def class_files(labels: LabelSet, named: bool) -> dict[str, bytes]:
    """``classes.txt``, where the records alone do not say all names, or not in their order."""
    classes = labels.classes
    said = (v for image in labels.images for v in (image.label, *(each.label for each in image.annotations)))
    used = {v for v in said if v is not None}
    implied = named and list(classes) == sorted(classes) and len(used) == len(classes)
    in_order = all(name == str(k) for k, name in enumerate(classes))
    numbers = not named and in_order and max(used, default=-1) == len(classes) - 1
    if implied or numbers or not classes:
        return {}
    wrong = next((name for name in classes if name != name.strip() or not name or "\n" in name), None)
    if wrong is not None or len(set(classes)) < len(classes):
        raise ValueError(
            f"classes must have names of one line, each once, for {CLASSES}, got {wrong or classes!r:.100}"
        )
    return {CLASSES: "".join(f"{name}\n" for name in classes).encode()}


def _table_of(image: LabelledImage, same: bool, parted: bool) -> str:
    """The table of an image: the one it was read from, else that of its part, if its folder is one."""
    table = str(image.more.get("metadata", "")) if same else ""
    if not table and parted and split_of(image.file.partition("/")[0] + "/") is not None:
        table = f"{image.file.partition('/')[0]}/{METADATA[0]}"
    before = table[: -len(table.rpartition("/")[2])] if table else ""
    if not image.file:
        raise ValueError(
            f"images must have names to write labels of format 'imagefolder', got one of size {image.size}"
        )
    return table if table and image.file.startswith(before) else METADATA[0]


def _below(name: str, before: str) -> str:
    if not name.startswith(before):
        raise ValueError(f"a mask must lie below the folder of its table, {before!r}, got {name!r}")
    return name[len(before) :]


def _json_of(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json_bytes(row, f"the record of {row[IMAGE]!r}") + b"\n" for row in rows)


def _csv_of(rows: list[dict[str, Any]]) -> bytes:
    header = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        if isinstance(row.get("objects"), (list, dict)):
            raise ValueError(f"the record of {row[IMAGE]!r} must have no objects to be written as CSV: take JSON lines")
        writer.writerow(["" if row.get(name) is None else row[name] for name in header])
    return text.getvalue().encode()
