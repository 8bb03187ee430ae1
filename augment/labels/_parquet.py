"""Parquet with images as Hugging Face has them: a column of ``struct<bytes, path>``, and columns of labels."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from imgproc._core.needed import needed
from imgproc.io._outside import relative_name

from ._images import parquet_below
from ._model import LabelledImage, LabelSet, ParquetCell
from ._records import CATEGORIES, Classes, kind_of, read_record
from ._text import Problems, Wrong, split_of

__all__: list[str] = []

IMAGES, MASKS = ("image", "img", "jpg", "png"), ("mask", "annotation", "segmentation", "label")
ABOUT = b"huggingface"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which columns of a file are what; `features` are Hugging Face's words for them."""

    image: str
    mask: str | None
    further: tuple[str, ...]
    records: tuple[str, ...]
    paths: tuple[str, ...]
    structs: tuple[str, ...]
    features: dict[str, Any]


def read_parquet(root: Path, files: Sequence[str], problems: Problems) -> LabelSet:
    """Labels in Parquet files below a folder, which have the same columns."""
    schema: Any = None
    layout = None
    classes = Classes()
    images: list[LabelledImage] = []
    for name in files:
        try:
            with parquet_below(root, name) as file:
                if layout is None:
                    schema = file.schema_arrow
                    layout = layout_of(schema)
                    classes = Classes(_names(layout.features))
                elif not file.schema_arrow.equals(schema):
                    raise Wrong("", f"must have the columns of {files[0]!r}, got {file.schema_arrow.names}")
                images += _file_images(file, root, name, layout, classes, problems)
        except Wrong as wrong:
            problems.note(root / name, wrong.place, wrong.reason)
        except ValueError as error:
            if not problems.skip:
                raise
            problems.note(root / name, "", str(error))
    found, finished = classes.finished(_with_own_names(images))
    more: dict[str, Any] = {"named": classes.named}
    if schema is not None:
        more["schema"] = schema.serialize().to_pybytes()
    return LabelSet("parquet", kind_of(finished), root, found, finished, "coco", tuple(problems.found), more)


def layout_of(schema: Any) -> Layout:
    """Which columns are images, by Hugging Face's words or by their types; `Wrong` if none is."""
    with needed("pyarrow"):
        import pyarrow

    features = features_of(schema.metadata)
    names = [field.name for field in schema if _is_image(field, features, pyarrow)]
    binary = [field.name for field in schema if _is_binary(field.type, pyarrow) and field.name in IMAGES]
    image = next((name for name in (*IMAGES, *names[:1]) if name in (*names, *binary)), None)
    if image is None:
        raise Wrong("", f"must have a column of images, struct<bytes, path>, got {schema.names}")
    mask = next((name for name in MASKS if name in names and name != image), None)
    others = [field for field in schema if field.name not in (image, mask)]
    further = tuple(field.name for field in others if field.name in names or _is_binary(field.type, pyarrow))
    records = tuple(field.name for field in others if field.name not in further)
    structs = tuple(name for name in schema.names if pyarrow.types.is_struct(schema.field(name).type))
    paths = tuple(name for name in structs if schema.field(name).type.get_field_index("path") >= 0)
    return Layout(image, mask, further, records, paths, structs, features)


def features_of(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Hugging Face's words for the columns of a file; empty where it has none."""
    try:
        found = json.loads((metadata or {}).get(ABOUT, b"{}"))
        features = found.get("info", {}).get("features", {})
    except (ValueError, RecursionError, AttributeError):
        return {}
    return features if isinstance(features, dict) else {}


def _is_image(field: Any, features: dict[str, Any], pyarrow: Any) -> bool:
    said = features.get(field.name)
    if isinstance(said, dict) and said.get("_type") == "Image":
        return True
    kind = field.type
    return bool(pyarrow.types.is_struct(kind)) and {f.name for f in kind} in ({"bytes", "path"}, {"bytes"})


def _is_binary(kind: Any, pyarrow: Any) -> bool:
    return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _names(features: Any) -> list[str]:
    """Names of classes: of the column of labels, else of the categories of objects."""
    label = features.get("label")
    if isinstance(label, dict) and isinstance(label.get("names"), list):
        return list(map(str, label["names"]))
    for name in CATEGORIES:
        found = named_below(features.get("objects"), name)
        if found:
            return found
    return []


def named_below(feature: Any, name: str) -> list[str]:
    """The names of a class label somewhere in the feature of objects, whichever way lists are written."""
    if isinstance(feature, list):
        return next((found for each in feature if (found := named_below(each, name))), [])
    if not isinstance(feature, dict):
        return []
    if isinstance(feature.get("names"), list) and feature.get("_type") == "ClassLabel":
        return list(map(str, feature["names"])) if name == "" else []
    inside = feature.get("feature")
    if inside is not None:
        return named_below(inside, name)
    return named_below(feature[name], "") if name in feature else []


def _file_images(
    file: Any, root: Path, name: str, layout: Layout, classes: Classes, problems: Problems
) -> Iterator[LabelledImage]:
    columns = [*layout.records, *(f"{column}.path" for column in (layout.image, layout.mask) if column in layout.paths)]
    start = 0
    for group in range(file.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        rows = file.read_row_group(group, columns=columns).to_pylist() if columns else [{}] * count
        for row, record in enumerate(rows):
            path = (record.pop(layout.image, None) or {}).get("path")
            mask_cell = record.pop(layout.mask, None) if layout.mask else None
            masked = mask_cell is not None or layout.mask not in layout.paths
            place = f"row {start + row}"
            made = problems.tried(root / name, read_record, record, place, classes)
            if made is not None:
                cells = {column: ParquetCell(name, group, row, column) for column in layout.further}
                more = {"record": record, "path": path, "members": cells, "row": start + row}
                inside = ParquetCell(name, group, row, layout.image)
                image = LabelledImage(file_name(path), **made, more=more, split=split_of(name), inside=inside)
                if masked and layout.mask is not None:
                    mask = ParquetCell(name, group, row, layout.mask)
                    more["mask_path"] = (mask_cell or {}).get("path")
                    image = dataclasses.replace(image, mask=f"{layout.mask}/{image.file}", mask_inside=mask)
                yield image
        start += count


def file_name(path: Any) -> str:
    """The name that a path says, if it is one below a folder; of others the last part."""
    if not isinstance(path, str) or not path:
        return ""
    try:
        return relative_name(path, "path")
    except ValueError:
        return PurePosixPath(path.replace("\\", "/").replace("\0", "")).name.replace("..", "")


def _with_own_names(images: list[LabelledImage]) -> list[LabelledImage]:
    """Images that have no name, or one that others have, too, are named by file and row."""
    counts: dict[str, int] = {}
    for image in images:
        counts[image.file.casefold()] = counts.get(image.file.casefold(), 0) + 1
    made = []
    for image in images:
        if (not image.file or counts[image.file.casefold()] > 1) and image.inside is not None:
            end = PurePosixPath(image.file).suffix
            name = f"{image.inside.file.rpartition('.')[0]}/{image.more['row']:06d}{end}"
            mask = None if image.mask is None else f"{image.mask.partition('/')[0]}/{name}"
            image = dataclasses.replace(image, file=name, mask=mask)
        made.append(image)
    return made
