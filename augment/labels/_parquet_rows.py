"""Rows of Parquet: the columns that a data set needs, found once for all its files, and samples as rows of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from imgproc._core.needed import needed

from ._model import LabelledImage, LabelSet
from ._parquet import ABOUT, Layout, file_name, layout_of, named_below
from ._records import CATEGORIES, FORMATS, RUN_LENGTHS, Columns, names_a_file, record_of
from ._text import json_bytes

__all__: list[str] = []

ROWS = 100
"""Of a row group: as many as Hugging Face writes for images, so that one image is read without many others."""
_MOVED = ("bbox", "area", "segmentation", "keypoints")
"""Numbers of objects that transforms make fractions of, whatever they were."""
_KINDS = {"double": "float64", "float": "float32", "halffloat": "float16"}


class ParquetRows:
    """What writes samples of a data set as rows; all files of it have the same columns.

    Raises
    ------
    ValueError
        If a column of the records has values of several types."""

    def __init__(self, labels: LabelSet, columns: Columns) -> None:
        with needed("pyarrow"):
            import pyarrow
        known = labels.more.get("schema") if labels.format == "parquet" else None
        if known:
            self.schema = _adapted(pyarrow.ipc.read_schema(pyarrow.py_buffer(known)), columns, pyarrow)
        else:
            self.schema = _made(labels, columns, pyarrow)
        self._labels, self._columns = dataclasses.replace(labels, images=(), problems=()), columns
        self._layout: Layout = layout_of(self.schema)
        objects = self.schema.field("objects").type if "objects" in self.schema.names else None
        self._listed = objects is not None and not pyarrow.types.is_struct(objects)

    def write(self, file: BinaryIO, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows to an open file; equal rows give equal bytes with one version of pyarrow."""
        with needed("pyarrow"):
            import pyarrow
            import pyarrow.parquet
        with pyarrow.parquet.ParquetWriter(file, self.schema, compression="none", use_dictionary=False) as writer:
            held: list[dict[str, Any]] = []
            for row in rows:
                held.append(row)
                if len(held) == ROWS:
                    writer.write_table(self._table(held, pyarrow), row_group_size=ROWS)
                    held = []
            if held:
                writer.write_table(self._table(held, pyarrow), row_group_size=ROWS)

    def _table(self, rows: list[dict[str, Any]], pyarrow: Any) -> Any:
        try:
            return pyarrow.Table.from_pylist(rows, schema=self.schema)
        except (pyarrow.ArrowException, TypeError, ValueError) as error:
            raise ValueError(f"records must fit the columns {self.schema.names}: {str(error)[:200]}") from None

    def row(self, image: LabelledImage, data: bytes, mask: bytes | None, more: Mapping[str, bytes]) -> dict[str, Any]:
        """A sample as a row."""
        record = record_of(image, self._labels, self._columns)
        unknown = sorted(set(record) - set(self._layout.records))
        if unknown:
            raise ValueError(f"the record of {image.file!r} must have columns of the data set, got {unknown} as well")
        layout = self._layout
        if isinstance(record.get("objects"), (list, dict)):
            record["objects"] = self._objects(record["objects"])
        path = image.more.get("path") if self._labels.format == "parquet" else None
        record[layout.image] = self._encoded(layout.image, data, path if file_name(path) == image.file else image.file)
        if layout.mask is not None and mask is not None:
            same = self._labels.format == "parquet"
            record[layout.mask] = self._encoded(layout.mask, mask, image.more.get("mask_path") if same else image.mask)
        for name in layout.further:
            if name in more:
                record[name] = self._encoded(name, more[name], None)
        return record

    def _encoded(self, name: str, data: bytes, path: str | None) -> Any:
        if name in self._layout.paths:
            return {"bytes": data, "path": path}
        return {"bytes": data} if name in self._layout.structs else data

    def _objects(self, objects: Any) -> Any:
        """Objects in the style of the column."""
        if self._listed:
            return objects
        if isinstance(objects, list):
            objects = columns_of(objects, self._columns)
        outlines = objects.get("segmentation") or []
        if any(isinstance(outline, dict) for outline in outlines):
            texts = [json_bytes(v, "run lengths").decode() if isinstance(v, dict) else None for v in outlines]
            polygons = [[] if isinstance(v, dict) else v for v in outlines]
            objects = objects | {"segmentation": polygons, RUN_LENGTHS: texts}
        return objects


def columns_of(things: list[dict[str, Any]], columns: Columns) -> dict[str, list[Any]]:
    """A list of objects as an object of lists."""
    return {name: [thing.get(name) for thing in things] for name in columns.objects}


def _adapted(schema: Any, columns: Columns, pyarrow: Any) -> Any:
    """The columns that were read, wide enough for what transforms make of boxes."""
    place = schema.get_field_index("objects")
    if place < 0:
        return schema
    kind = schema.field(place).type
    listed = pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind)
    struct = kind.value_type if listed else kind
    fields = {field.name: field.type for field in struct}
    wider = {name: _floats(each, pyarrow) if name in _MOVED else each for name, each in fields.items()}
    for name in columns.objects:
        if name not in wider:
            one = _object_type(name, [], columns, pyarrow)
            wider[name] = one if listed else _list(pyarrow, one)
    if wider == fields:
        return schema
    made = pyarrow.struct(list(wider.items()))
    changed = schema.set(place, pyarrow.field("objects", _list(pyarrow, made) if listed else made))
    layout = layout_of(schema)
    if "objects" not in layout.features:
        return changed
    # Hugging Face's words for the other columns stay; those for the objects are made anew.
    about = json.loads(schema.metadata[ABOUT])
    feature = _feature(changed.field("objects").type, pyarrow)
    about["info"]["features"]["objects"] = _with_classes(feature, layout.features["objects"])
    return changed.with_metadata({**schema.metadata, ABOUT: json.dumps(about).encode()})


def _with_classes(feature: Any, before: Any) -> Any:
    inside = feature[0] if isinstance(feature, list) else feature
    for name in CATEGORIES:
        names = named_below(before, name)
        if names and name in inside:
            said = {"names": names, "_type": "ClassLabel"}
            inside = inside | {name: [said] if isinstance(inside[name], list) else said}
    return [inside] if isinstance(feature, list) else inside


def _list(pyarrow: Any, kind: Any) -> Any:
    """A list whose elements have the name that they have once a file is read: so that it is written alike again."""
    return pyarrow.list_(pyarrow.field("element", kind))


def _floats(kind: Any, pyarrow: Any) -> Any:
    if pyarrow.types.is_list(kind):
        return _list(pyarrow, _floats(kind.value_type, pyarrow))
    return pyarrow.float64() if pyarrow.types.is_integer(kind) else kind


def _made(labels: LabelSet, columns: Columns, pyarrow: Any) -> Any:
    """Columns for labels of another format, and Hugging Face's words for them."""
    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    fields: dict[str, Any] = {"image": image}
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    if any(each.mask is not None for each in labels.images):
        fields["mask"], features["mask"] = image, {"_type": "Image"}
    names = {"names": list(labels.classes), "_type": "ClassLabel"}
    if columns.label:
        fields["label"] = pyarrow.string() if columns.named else pyarrow.int64()
        features["label"] = _feature(fields["label"], pyarrow) if columns.named else names
    if columns.size:
        fields |= dict.fromkeys(("height", "width"), pyarrow.int64())
    records = [each.more.get("record", {}) for each in labels.images] if labels.format in FORMATS else []
    unknown = dict.fromkeys(name for record in records for name in record if name not in (*fields, "objects"))
    unknown = {name: None for name in unknown if not (labels.format == "imagefolder" and names_a_file(name))}
    for name in unknown:
        fields[name] = _inferred(name, [record.get(name) for record in records], pyarrow)
    if columns.objects:
        every = [each.more for one in labels.images for each in one.annotations] if labels.format in FORMATS else []
        parts = {name: _list(pyarrow, _object_type(name, every, columns, pyarrow)) for name in columns.objects}
        if RUN_LENGTHS not in parts and any(isinstance(each.get("segmentation"), dict) for each in every):
            parts[RUN_LENGTHS] = _list(pyarrow, pyarrow.string())
        fields["objects"] = pyarrow.struct(list(parts.items()))
        features["objects"] = _feature(fields["objects"], pyarrow)
        if not columns.named:
            features["objects"][columns.category] = [names]
    features |= {name: _feature(kind, pyarrow) for name, kind in fields.items() if name not in features}
    about = {ABOUT: json.dumps({"info": {"features": {name: features[name] for name in fields}}}).encode()}
    return pyarrow.schema(list(fields.items()), metadata=about)


def _object_type(name: str, every: list[Mapping[str, Any]], columns: Columns, pyarrow: Any) -> Any:
    if name == columns.category:
        return pyarrow.string() if columns.named else pyarrow.int64()
    numbers = _list(pyarrow, pyarrow.float64())
    known = {"bbox": numbers, "keypoints": numbers, "segmentation": _list(pyarrow, numbers), "area": pyarrow.float64()}
    known |= {RUN_LENGTHS: pyarrow.string(), "iscrowd": pyarrow.int64(), "difficult": pyarrow.int64()}
    return known[name] if name in known else _inferred(name, [each.get(name) for each in every], pyarrow)


def _inferred(name: str, values: list[Any], pyarrow: Any) -> Any:
    try:
        kind = pyarrow.infer_type(values)
    except (pyarrow.ArrowException, TypeError, ValueError) as error:
        raise ValueError(f"values of {name!r} must have one type for Parquet: {str(error)[:200]}") from None
    return pyarrow.string() if pyarrow.types.is_null(kind) else kind


def _feature(kind: Any, pyarrow: Any) -> Any:
    """Hugging Face's word for a type; lists in the way that all its versions read."""
    if pyarrow.types.is_struct(kind):
        return {field.name: _feature(field.type, pyarrow) for field in kind}
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind):
        return [_feature(kind.value_type, pyarrow)]
    return {"dtype": _KINDS.get(str(kind), str(kind)), "_type": "Value"}
