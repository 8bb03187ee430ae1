"""Parquet with images: what Hugging Face writes is read, and the other way round; faults have a place."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import io
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.labels import Packer, Sample, image_bytes, keep_no_row_groups, mask_bytes, pack_block, sample_of
from PIL import Image

import augment

H, W = 12, 16


def encoded(level: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((H, W, 3), level, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_without_pyarrow_it_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    wanted = r"needs pyarrow, which is not installed: pip install 'imgproc-augment\[parquet\]'"
    with pytest.raises(ImportError, match=f"read_labels {wanted}"):
        augment.read_labels(tmp_path)
    labels = augment.LabelSet("folders", "classify", tmp_path, ("a",), ())
    with pytest.raises(ImportError, match=f"write_labels {wanted}"):
        augment.write_labels(labels, tmp_path / "out", format="parquet")


@pytest.fixture
def pq() -> Any:
    pytest.importorskip("pyarrow", reason="pip install 'imgproc-augment[parquet]'")
    import pyarrow.parquet

    return pyarrow.parquet


ROWS: list[dict[str, Any]] = [
    {"id": 7, "image": {"bytes": encoded(1), "path": "deep/a.png"}, "label": 1, "when": datetime.datetime(2026, 1, 2),
     "objects": {"bbox": [[0.1, 2, 3, 4]], "category": [1], "area": [12.5], "id": [5]},
     "price": decimal.Decimal("1.25"), "mask": {"bytes": b"mask", "path": None}, "blob": b"array"},
    {"id": 8, "image": {"bytes": encoded(2), "path": None}, "label": -1, "when": None, "price": None,
     "objects": None, "mask": None, "blob": None},
]  # fmt: skip


def table(pq: Any, **changed: Any) -> Any:
    import pyarrow as pa

    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = {"bbox": pa.list_(pa.float32()), "category": pa.int32(), "area": pa.float32(), "id": pa.int64()}
    objects = pa.struct([(name, pa.list_(kind)) for name, kind in fields.items()])
    types = {"id": pa.int16(), "image": image, "label": pa.int8(), "when": pa.timestamp("ms")}
    types |= {"price": pa.decimal128(9, 2), "objects": objects, "mask": image, "blob": pa.binary()} | changed
    return pa.Table.from_pylist(ROWS, schema=pa.schema(list(types.items())))


def test_what_others_wrote_comes_back(tmp_path: Path, pq: Any) -> None:
    """Types of columns, numbers of 32 bits, columns that nobody here knows, rows without a name or a mask."""
    (tmp_path / "data").mkdir()
    pq.write_table(table(pq), tmp_path / "data" / "train-00000-of-00001.parquet", row_group_size=1)
    labels = augment.read_labels(tmp_path, sizes=True)
    assert (labels.format, labels.kind, labels.classes) == ("parquet", "detect", ("0", "1"))
    first, second = labels.images
    assert (first.file, first.label, first.split, first.size) == ("deep/a.png", 1, "train", (H, W))
    assert first.annotations[0].box == (float(np.float32(0.1)), 2, 3, 4)
    assert (second.file, second.label, second.mask) == ("data/train-00000-of-00001/000001", None, None)
    assert [image_bytes(labels, image) for image in labels.images] == [encoded(1), encoded(2)]
    assert (mask_bytes(labels, first), sample_of(labels, first).further) == (b"mask", {"blob": b"array"})
    augment.write_labels(labels, tmp_path / "out")
    found, before = pq.read_table(tmp_path / "out" / "train-000000.parquet"), table(pq)
    assert found.schema.equals(before.schema)
    wanted = before.to_pylist()
    wanted[1]["image"]["path"] = second.file
    assert found.to_pylist() == wanted


def test_what_transforms_make_of_whole_numbers_fits(tmp_path: Path, pq: Any) -> None:
    import pyarrow as pa

    whole = pa.list_(pa.struct([("bbox", pa.list_(pa.int64())), ("category", pa.string())]))
    rows = [{"image": {"bytes": encoded(1), "path": "a.png"}, "objects": [{"bbox": [1, 2, 3, 4], "category": "cat"}]}]
    schema = pa.schema([("image", table(pq).schema.field("image").type), ("objects", whole)])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "a.parquet")
    labels = augment.read_labels(tmp_path)
    assert labels.classes == ("cat",)
    moved = dataclasses.replace(labels.images[0].annotations[0], box=(1.5, 2, 3, 4))
    image = dataclasses.replace(labels.images[0], file="a_1.png", annotations=(moved,))
    packer = Packer(labels, "parquet")
    data = packer.packed([Sample(image, encoded(3))])
    assert data == pickle.loads(pickle.dumps(packer)).packed([Sample(image, encoded(3))])
    (row,) = pq.read_table(io.BytesIO(data)).to_pylist()
    assert row == {
        "image": {"bytes": encoded(3), "path": "a_1.png"}, "objects": [{"bbox": [1.5, 2, 3, 4], "category": "cat"}],
    }  # fmt: skip
    with pytest.raises(ValueError, match=r"must have columns of the data set, got \['new'\] as well"):
        packer.packed([Sample(dataclasses.replace(image, more={"record": {"new": 1}}), b"")])


@pytest.mark.parametrize("kept", [True, False])
def test_many_rows_and_several_files(tmp_path: Path, pq: Any, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not kept:
        keep_no_row_groups(monkeypatch)
    labels = augment.LabelSet("folders", "classify", tmp_path, ("a", "b"), ())
    images = [augment.LabelledImage(f"{k % 2}/{k}.png", label=k % 2) for k in range(250)]
    packer = Packer(dataclasses.replace(labels, images=tuple(images)), "parquet")
    for k in range(2):
        block = [Sample(image, b"%d" % i) for i, image in enumerate(images) if i % 2 == k]
        pack_block(tmp_path / f"{k}.parquet", block, packer)
    assert pq.ParquetFile(tmp_path / "0.parquet").num_row_groups == 2
    for path in (tmp_path, str(tmp_path / "{0..1}.parquet"), [tmp_path / "0.parquet", tmp_path / "1.parquet"]):
        found = augment.read_labels(path)
        assert (len(found.images), found.classes) == (250, ("a", "b"))
    for k in (124, 0, 99, 100, 249, 125):
        image = found.images[k]
        assert image_bytes(found, image) == str(int(Path(image.file).stem)).encode()
        assert image.label == int(image.file[0])


def test_files_that_are_wrong_are_named(tmp_path: Path, pq: Any) -> None:
    pq.write_table(table(pq), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(data[:-20])
    pq.write_table(table(pq).drop_columns(["label"]), tmp_path / "c.parquet")
    pq.write_table(table(pq).select(["label"]), tmp_path / "d.parquet")
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert len(labels.images) == 2
    said = [str(problem).removeprefix(f"{tmp_path}/") for problem in labels.problems]
    assert said[0].startswith("b.parquet: 'b.parquet' must be a Parquet file, got a damaged one")
    assert said[1].startswith("c.parquet: must have the columns of 'a.parquet'")
    with pytest.raises(ValueError, match="must be a Parquet file, got a damaged one"):
        augment.read_labels(tmp_path)
    with pytest.raises(
        ValueError, match=r"d.parquet: must have a column of images, struct<bytes, path>, got \['label'\]"
    ):
        augment.read_labels(tmp_path / "d.parquet")
    (tmp_path / "a.parquet").write_bytes(data[:100] + bytes(200) + data[300:])
    with pytest.raises(ValueError, match=r"'a\.parquet'"):
        image_bytes(labels, labels.images[0])


def test_paths_in_rows_do_not_lead_out(tmp_path: Path, pq: Any) -> None:
    import pyarrow as pa

    kind = table(pq).schema.field("image").type
    paths = ["../secret", "/etc/passwd", "here.png"]
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "here.png").write_bytes(b"here")
    rows = pa.Table.from_pylist(
        [{"image": {"bytes": None, "path": path}} for path in paths], schema=pa.schema([("image", kind)])
    )
    pq.write_table(rows, tmp_path / "in" / "a.parquet")
    labels = augment.read_labels(tmp_path / "in")
    assert [image.file for image in labels.images] == ["secret", "passwd", "here.png"]
    for image in labels.images[:2]:
        with pytest.raises(ValueError, match="must be a name below the folder"):
            image_bytes(labels, image)
    assert image_bytes(labels, labels.images[2]) == b"here"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("format", ["parquet", "imagefolder"])
def test_datasets_of_hugging_face(tmp_path: Path, format: str) -> None:
    datasets = pytest.importorskip("datasets", reason="pip install 'imgproc-augment[datasets]'")
    datasets.disable_progress_bars()
    boxes = (augment.Annotation(1, (1, 2.25, 3, 4)), augment.Annotation(0, (0.5, 1, 2, 2)))
    more = (augment.Annotation(0, (2, 2, 2.1, 2), polygons=((2, 2, 4.1, 2, 4.1, 4),)),)
    images = tuple(
        augment.LabelledImage(f"train/{k}.png", (H, W), things, label=k, split="train")
        for k, things in enumerate([boxes, (), more])
    )
    root = tmp_path / "in"
    (root / "train").mkdir(parents=True)
    for k in range(3):
        (root / "train" / f"{k}.png").write_bytes(encoded(k))
    labels = augment.LabelSet("coco", "segment", root, ("ant", "bee", "cat"), images, "coco")
    augment.write_labels(labels, root if format == "imagefolder" else tmp_path / "out", format=format)
    folder = root if format == "imagefolder" else tmp_path / "out"
    found = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert isinstance(found.features["image"], datasets.Image)
    for k, row in enumerate(found):
        assert np.array_equal(np.asarray(row["image"]), np.full((H, W, 3), k))
        assert row["objects"]["bbox"] == [list(each.box or ()) for each in images[k].annotations]
    if format == "parquet":
        assert found.features["label"].names == ["ant", "bee", "cat"]
        assert [row["objects"]["categories"] for row in found] == [[1, 0], [], [0]]
        assert found[2]["objects"]["segmentation"] == [[[2, 2, 4.1, 2, 4.1, 4]]]
        # And what it writes is read.
        found.to_parquet(tmp_path / "theirs.parquet")
        theirs = augment.read_labels(tmp_path / "theirs.parquet")
        assert theirs.classes == labels.classes
        assert [image.label for image in theirs.images] == [0, 1, 2]
        for image, before in zip(theirs.images, images):
            assert [(a.label, a.box, a.polygons) for a in image.annotations] == [
                (a.label, a.box, a.polygons) for a in before.annotations
            ]
    else:
        assert [row["label"] for row in found] == ["ant", "bee", "cat"]
        assert [row["objects"]["categories"] for row in found] == [["bee", "ant"], [], ["ant"]]


def test_images_without_any_object_keep_their_columns(tmp_path: Path, pq: Any) -> None:
    """What there is of objects is known from their columns, too, and so are the classes that nothing has."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(encoded(1))
    labels = augment.LabelSet(
        "coco", "detect", tmp_path / "in", ("b", "a"), (augment.LabelledImage("a.png", (H, W)),), "coco"
    )
    for k, wanted in enumerate(("imagefolder", "parquet", "webdataset", "parquet")):
        folder = tmp_path / str(k)
        augment.write_labels(labels, folder, format=wanted)
        if wanted == "imagefolder":
            (folder / "a.png").write_bytes(encoded(1))
        labels = augment.read_labels(folder)
        assert (labels.kind, labels.classes, labels.images[0].annotations) == ("detect", ("b", "a"), ())
        if wanted == "parquet":
            (row,) = pq.read_table(folder / "000000.parquet").to_pylist()
            assert row["objects"] == {"bbox": [], "categories": []}
