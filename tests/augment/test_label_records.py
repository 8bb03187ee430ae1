"""Labels of imagefolder and of WebDataset: what is read is written as it was, and faults have a place."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.labels import Packer, Sample, image_bytes, mask_bytes, pack_block, pack_small_files, sample_of
from PIL import Image

import augment
from augment.__main__ import main

H, W = 24, 32


def encoded(level: int = 0, format: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((H, W, 3), level, np.uint8)).save(file, format)
    return file.getvalue()


def picture(file: Path, level: int = 0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(level))


def things(labels: Any) -> list[Any]:
    """All that a set says, without the records that say it."""
    found = []
    for image in sorted(labels.images, key=lambda image: image.file):
        every = [
            (labels.classes[a.label], a.box, a.polygons, a.keypoints, a.mask, a.crowd, a.difficult)
            for a in image.annotations
        ]
        label = None if image.label is None else labels.classes[image.label]
        found.append((image.file, image.size, image.split, label, image.mask is not None, every))
    return found


RUNS = {"size": [H, W], "counts": [0, 16, H * W - 16]}
COCO: dict[str, Any] = {
    "categories": [{"id": 7, "name": "cat"}, {"id": 3, "name": "dog"}, {"id": 9, "name": "ant"}],
    "images": [
        {"id": 11, "file_name": "train/deep.er/x #%ü😀.png", "height": H, "width": W},
        {"id": "b", "file_name": "val/y.png", "height": H, "width": W},
        {"id": 12, "file_name": "val/empty.png", "height": H, "width": W},
    ],
    "annotations": [
        {"id": 6, "image_id": "b", "category_id": 7, "bbox": [0.1, 0.7, 4.3, 4.9], "segmentation": RUNS, "iscrowd": 1},
        {"id": 5, "image_id": 11, "category_id": 3, "bbox": [1.1, 2.7, 10.3, 20.25],
         "segmentation": [[1.1, 2.5, 11, 2.5, 11, 22.75], [3, 3, 5, 3, 5, 5, 3, 5]]},
        {"id": 9, "image_id": "b", "category_id": 7, "bbox": [2, 1e-3, 8, 8], "keypoints": [3, 3, 2, 0, 0, 0]},
    ],
}  # fmt: skip


def coco(root: Path) -> Any:
    for k, image in enumerate(COCO["images"]):
        picture(root / image["file_name"], k)
    (root / "a.json").write_text(json.dumps(COCO))
    return augment.read_labels(root)


@pytest.mark.parametrize("format", ["imagefolder", "webdataset", "parquet"])
def test_all_of_coco_goes_over_and_comes_back(tmp_path: Path, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow", reason="pip install 'imgproc-augment[parquet]'")
    labels = coco(tmp_path / "in")
    augment.write_labels(labels, tmp_path / "out", format=format)
    for k, image in enumerate(COCO["images"]) if format == "imagefolder" else ():
        picture(tmp_path / "out" / image["file_name"], k)
    found = augment.read_labels(tmp_path / "out")
    assert (found.format, found.kind, found.classes) == (format, "pose", ("cat", "dog", "ant"))
    assert things(found) == things(labels)
    assert {i.file: image_bytes(found, i) for i in found.images} == {
        i.file: image_bytes(labels, i) for i in labels.images
    }
    # The same labels give the same bytes, and COCO gets back what it had.
    for file in augment.write_labels(found, tmp_path / "again"):
        assert file.read_bytes() == (tmp_path / "out" / file.relative_to(tmp_path / "again")).read_bytes()
    augment.write_labels(found, tmp_path / "back.json", format="coco")
    assert things(augment.read_labels(tmp_path / "back.json")) == things(labels)


LINES = [
    {"file_name": "a.png", "text": "line\u2028separator", "score": 0.1, "label": 2,
     "objects": {"bbox": [[1, 2.5, 3, 4]], "category": [0], "area": [12], "id": [7]}},
    {"file_name": "deep/b.png", "text": None, "score": 1e-7, "label": -1,
     "objects": {"bbox": [], "category": [], "area": [], "id": []}},
]  # fmt: skip


def test_an_imagefolder_comes_back(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for part in ("train", "test"):
        for line in LINES:
            picture(root / part / line["file_name"])
        text = "".join(json.dumps(line, ensure_ascii=part == "test") + "\n" for line in LINES)
        (root / part / "metadata.jsonl").write_text(text, encoding="utf-8")
    labels = augment.read_labels(root, sizes=True)
    assert [image.file for image in labels.images] == [
        f"{p}/{n}" for p in ("test", "train") for n in ("a.png", "deep/b.png")
    ]
    assert [image.split for image in labels.images] == ["test", "test", "train", "train"]
    assert [image.label for image in labels.images] == [2, None, 2, None]
    assert labels.classes == ("0", "1", "2")
    assert labels.images[0].annotations[0].box == (1, 2.5, 3, 4)
    files = augment.write_labels(labels, tmp_path / "out")
    assert [file.relative_to(tmp_path / "out").as_posix() for file in files] == [
        "test/metadata.jsonl",
        "train/metadata.jsonl",
    ]
    for file in files:
        assert [json.loads(line) for line in file.read_text(encoding="utf-8").strip().split("\n")] == LINES


def test_objects_may_be_a_list_and_classes_names(tmp_path: Path) -> None:
    line = {"file_name": "a.png", "objects": [{"bbox": [1, 2, 3, 4], "category": "dog", "mine": {"deep": [1]}},
                                              {"bbox": [0.5, 2, 3, 4], "category": "cat"}]}  # fmt: skip
    (tmp_path / "metadata.jsonl").write_text(json.dumps(line))
    labels = augment.read_labels(tmp_path)
    assert labels.classes == ("cat", "dog")  # sorted, as Hugging Face has classes
    assert [each.label for each in labels.images[0].annotations] == [1, 0]
    (file,) = augment.write_labels(labels, tmp_path / "out")
    assert json.loads(file.read_text()) == line


def test_a_table_in_csv_comes_back(tmp_path: Path) -> None:
    text = 'file_name,label,note\na.png,3,"a ""quote"", and\nmore"\nb.png,0,007\n'
    (tmp_path / "metadata.csv").write_text(text)
    labels = augment.read_labels(tmp_path)
    assert [(image.file, image.label) for image in labels.images] == [("a.png", 3), ("b.png", 0)]
    (file,) = augment.write_labels(labels, tmp_path / "out")
    assert file.read_text() == text


BAD_LINES = [
    ('{"file_name": "x.png"', "line 3: not JSON"),
    ('{"file_name": "x.png", "file_name": "y.png"}', "line 3: an object must have each name once, got 'file_name'"),
    ("[1]", "line 3: must be an object with 'file_name', got list"),
    ('{"label": 1}', "line 3: 'file_name' must be a string"),
    ('{"file_name": "../x.png"}', "line 3: 'file_name' must be a name below the folder"),
    ('{"file_name": "/etc/passwd"}', "line 3: 'file_name' must be a name below the folder"),
    ('{"file_name": "a.png"}', "line 3: 'file_name' must be named once, got 'a.png' again"),
    ('{"file_name": "x.png", "label": "cat"}', "line 3: 'label' must be a number as those before it, got 'cat'"),
    ('{"file_name": "x.png", "label": 10000000}', "line 3: 'label' must be from 0 to 999999"),
    ('{"file_name": "x.png", "objects": {"bbox": [[1]], "category": [0]}}', "line 3, object 0: 'bbox' must be four"),
    ('{"file_name": "x.png", "objects": {"bbox": [[1]], "category": []}}', "line 3: 'objects' must have as many"),
    ('{"file_name": "x.png", "objects": [{"bbox": [1, 2, NaN, 4]}]}', "line 3, object 0: 'bbox' must be four"),
    ('{"file_name": "x.png", "objects": [{"category": 0}]}', "line 3, object 0: must have 'bbox'"),
    ('{"file_name": "x.png", "objects": 5}', "line 3: 'objects' must be a list of objects, or an object of lists"),
    ("[" * 100_000, "line 3: not JSON: values are nested too deeply"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_line_that_is_wrong_is_named_or_left_out(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "metadata.jsonl").write_text(
        f'{{"file_name": "a.png", "label": 1}}\n\n{line}\n{{"file_name": "b.png"}}\n'
    )
    with pytest.raises(ValueError, match=f"metadata.jsonl, {reason}"):
        augment.read_labels(tmp_path)
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert [image.file for image in labels.images] == ["a.png", "b.png"]
    assert [problem.place.partition(",")[0] for problem in labels.problems] == ["line 3"]


def test_a_picture_without_a_row_and_two_tables_are_named(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "a.png"}\n')
    (tmp_path / "metadata.csv").write_text("file_name\nb.png\n")
    labels = augment.read_labels(tmp_path, on_error="skip")
    said = [str(problem).removeprefix(f"{tmp_path}/") for problem in labels.problems]
    assert said[0].startswith("metadata.csv: must be the only table of its folder")
    assert said[1].startswith("b.png: must have a row in a table of images")


def tar(file: Path, *entries: tuple[str, bytes], format: int = tarfile.USTAR_FORMAT) -> Path:
    with tarfile.open(file, "w", format=format) as made:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1.5 if format == tarfile.PAX_FORMAT else 1
            made.addfile(info, io.BytesIO(data))
    return file


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_all_tools_are_read(tmp_path: Path, format: int) -> None:
    """Long names, names that are not ASCII, folders, a point before each name."""
    deep = "/".join(["folder.with.dots"] * (5 if format == tarfile.USTAR_FORMAT else 30))
    record = json.dumps({"objects": {"bbox": [[1, 2, 3, 4]], "categories": ["cat"]}, "mine": 0.1}).encode()
    entries = [
        ("./", b""), (f"./{deep}/7.jpg", b"JPEG"), (f"./{deep}/7.json", record), (f"./{deep}/7.npy", b"array"),
        ("ü😀.PNG", b"PNG"), ("ü😀.seg.png", b"mask"), ("ü😀.txt", "caption ü".encode()),
        ("._hidden", b""), ("__meta__.x", b""),
    ]  # fmt: skip
    tar(tmp_path / "train-0.tar", *entries, format=format)
    labels = augment.read_labels(tmp_path / "train-0.tar")
    assert [image.file for image in labels.images] == [f"{deep}/7.jpg", "ü😀.png"]
    assert {image.split for image in labels.images} == {"train"}
    first, second = map(sample_of, [labels, labels], labels.images)
    assert (first.data, first.mask, first.further) == (b"JPEG", None, {"npy": b"array"})
    assert (second.data, mask_bytes(labels, labels.images[1])) == (b"PNG", b"mask")
    augment.write_labels(labels, tmp_path / "out")
    again = augment.read_labels(tmp_path / "out")
    assert things(again) == things(labels)
    for one, other in zip(again.images, labels.images):
        assert {k: v for k, v in one.more.items() if k != "members"} == {
            k: v for k, v in other.more.items() if k != "members"
        }
        assert sample_of(again, one).further == sample_of(labels, other).further


def test_several_tars_at_once(tmp_path: Path) -> None:
    """A folder, a pattern or a list; keys that come in several get the name of their tar."""
    for k in range(3):
        tar(tmp_path / f"s-{k:02d}.tar", ("same.jpg", b"%d" % k), ("same.cls", b"%d" % k), (f"own{k}.jpg", b""))
    names = [name for k in range(3) for name in (f"s-{k:02d}/same.jpg", f"own{k}.jpg")]
    for path in (tmp_path, str(tmp_path / "s-{00..02}.tar"), [tmp_path / f"s-{k:02d}.tar" for k in range(3)]):
        labels = augment.read_labels(path)
        assert [image.file for image in labels.images] == names
        assert [image.label for image in labels.images] == [0, None, 1, None, 2, None]
        assert [image_bytes(labels, image) for image in labels.images[::2]] == [b"0", b"1", b"2"]
    with pytest.raises(FileNotFoundError, match=r"no such file: .*s-03\.tar"):
        augment.read_labels(str(tmp_path / "s-{00..03}.tar"))
    with pytest.raises(ValueError, match="pattern of 1 to 1000000 files"):
        augment.read_labels(str(tmp_path / "s-{0..99999999}.tar"))


def hostile(kind: bytes, name: str, size: int = 0) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, "../../secret"
    return info.tobuf(tarfile.GNU_FORMAT)


HOSTILE = [
    (hostile(b"0", "../x.jpg"), "member '../x.jpg': the name of a member must be a name below the folder"),
    (hostile(b"0", "/abs.jpg"), "member '/abs.jpg': the name of a member must be a name below the folder"),
    (hostile(b"1", "x.jpg"), "member 'x.jpg': must be a regular file, got a hard link"),
    (hostile(b"2", "x.jpg"), "member 'x.jpg': must be a regular file, got a symbolic link"),
    (hostile(b"3", "x.jpg"), "member 'x.jpg': must be a regular file, got a device"),
    (hostile(b"4", "x.jpg"), "member 'x.jpg': must be a regular file, got a device"),
    (hostile(b"6", "x.jpg"), "member 'x.jpg': must be a regular file, got a pipe"),
    (hostile(b"S", "x.jpg"), "member 'x.jpg': must be a regular file, got a sparse one"),
    (hostile(b"0", "x.json"), "sample 'x': must have an image"),
    (hostile(b"0", "plain"), "member 'plain': must be named 'key.kind'"),
    (hostile(b"0", "a.jpg"), "sample 'a': must be in one piece and once, got its name again"),
    (
        hostile(b"0", "b.jpg") + hostile(b"0", "b.JPG"),
        "sample 'b': must have each kind of member once, got 'jpg' again",
    ),
]
ENDING = [
    (hostile(b"0", "x.jpg", 1 << 60), "must lie in the file, got a member of 1152921504606846976 bytes"),
    (hostile(b"L", "././@LongLink", 1 << 40), "must lie in the file"),
    (hostile(b"x", "x", 9) + b"99 path=x".ljust(512, b"\0"), "must have records 'length name=value'"),
    (hostile(b"x", "x", 12) + b"12 size=-99\n".ljust(512, b"\0"), "must have a size >= 0"),
    (hostile(b"0", "x.jpg")[:300], "a header that is damaged or cut"),
    (b"\x1f\x8b" + b"compressed" * 60, "must be a tar without compression"),
    (hostile(b"0", "x.jpg").replace(b"x.jpg", b"y.jpg"), "a header that is damaged or cut"),
    (b"", "a mark at its end, got one that has none"),
]


@pytest.mark.parametrize(("piece", "reason"), HOSTILE)
def test_a_hostile_member_is_named_or_left_out(tmp_path: Path, piece: bytes, reason: str) -> None:
    file = tmp_path / "a.tar"
    good = hostile(b"0", "a.jpg") + hostile(b"0", "a.cls", 1) + b"0".ljust(512, b"\0") + hostile(b"0", "between.jpg")
    file.write_bytes(good + piece + hostile(b"0", "last.jpg") + bytes(1024))
    with pytest.raises(ValueError, match=f"a.tar, {reason}"):
        augment.read_labels(file)
    labels = augment.read_labels(file, on_error="skip")
    assert [image.file for image in labels.images if image.file != "b.jpg"] == ["a.jpg", "between.jpg", "last.jpg"]
    assert len(labels.problems) == 1


@pytest.mark.parametrize(("piece", "reason"), ENDING)
def test_a_tar_that_is_cut_or_lies_gives_what_stands_before(tmp_path: Path, piece: bytes, reason: str) -> None:
    good = hostile(b"0", "a.jpg", 3) + b"abc".ljust(512, b"\0")
    (tmp_path / "a.tar").write_bytes(good + hostile(b"0", "b.jpg") + piece)
    with pytest.raises(ValueError, match=f"a.tar, byte [0-9]+: .*{reason}"):
        augment.read_labels(tmp_path)
    labels = augment.read_labels(tmp_path, on_error="skip")
    assert [image_bytes(labels, image) for image in labels.images] == [b"abc"]  # b may have lost members


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([("a.jpg", b""), ("a.cls", b"cat")], "sample 'a': 'cls' must be the number of a class, got 'cat'"),
        ([("a.jpg", b""), ("a.json", b"{")], "sample 'a': not JSON"),
        ([("a.jpg", b""), ("a.json", b'{"a": 1, "a": 2}')], "sample 'a': an object must have each name once"),
        ([("a.jpg", b""), ("a.txt", b"\xff")], "sample 'a': 'txt' must be a text in UTF-8"),
    ],
)
def test_a_sample_that_is_wrong_is_named(tmp_path: Path, entries: list[tuple[str, bytes]], reason: str) -> None:
    tar(tmp_path / "a.tar", *entries, ("b.jpg", b""))
    with pytest.raises(ValueError, match=f"a.tar, {reason}"):
        augment.read_labels(tmp_path)
    assert [image.file for image in augment.read_labels(tmp_path, on_error="skip").images] == ["b.jpg"]


def test_blocks_are_the_same_whoever_packs_them(tmp_path: Path) -> None:
    """And Python's tarfile finds in them what was packed, without owner and time."""
    labels = coco(tmp_path / "in")
    packer = Packer(labels, "webdataset")
    samples = [sample_of(labels, image) for image in labels.images]
    one = pack_block(tmp_path / "000000.tar", samples, packer).read_bytes()
    assert one == pickle.loads(pickle.dumps(packer)).packed(reversed(samples))
    assert [p.name for p in tmp_path.glob(".*")] == []
    with tarfile.open(tmp_path / "000000.tar", format=tarfile.USTAR_FORMAT) as made:
        members = made.getmembers()
        assert [member.name for member in members] == [
            "train/deep.er/x #%ü😀.json", "train/deep.er/x #%ü😀.png", "val/empty.json", "val/empty.png",
            "val/y.json", "val/y.png",
        ]  # fmt: skip
        assert {(m.mtime, m.uid, m.gid, m.mode, m.uname, m.gname) for m in members} == {(0, 0, 0, 0o644, "", "")}
        assert made.extractfile("val/y.png").read() == encoded(1)
    with pytest.raises(ValueError, match=r"samples must have keys of their own, got 'a' of 'a\.png' and 'a\.jpg'"):
        packer.packed([Sample(augment.LabelledImage(name), b"") for name in ("a.png", "a.jpg")])
    with pytest.raises(ValueError, match="names must be texts in UTF-8 for tar files"):
        packer.packed([Sample(augment.LabelledImage("\ud800.png"), b"")])
    assert not list((tmp_path).glob("*.tmp"))


def test_classes_and_masks_of_folders_are_packed(tmp_path: Path) -> None:
    for name in ("train/cats/1.png", "train/dogs/2.png", "val/dogs/1.png"):
        picture(tmp_path / "in" / name)
    labels = augment.read_labels(tmp_path / "in")
    assert [(image.label, image.split) for image in labels.images] == [(0, "train"), (1, "train"), (1, "validation")]
    files = augment.write_labels(labels, tmp_path / "out", format="webdataset")
    assert [file.name for file in files] == ["train-000000.tar", "validation-000000.tar", "classes.txt"]
    assert things(augment.read_labels(tmp_path / "out")) == [(*each[:1], None, *each[2:]) for each in things(labels)]
    with pytest.raises(ValueError, match=r"must be a folder without \.tar files"):
        augment.write_labels(labels, tmp_path / "out", format="webdataset")
    for name in ("images/a.png", "masks/a.png"):
        picture(tmp_path / "masked" / name, len(name))
    masked = augment.read_labels(tmp_path / "masked")
    augment.write_labels(masked, tmp_path / "packed", format="webdataset")
    again = augment.read_labels(tmp_path / "packed")
    assert (again.kind, again.images[0].mask) == ("mask", "images/a.seg.png")
    assert mask_bytes(again, again.images[0]) == mask_bytes(masked, masked.images[0]) == encoded(len("masks/a.png"))


def test_files_have_a_most_of_samples_and_of_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [3, 1, 3, 5, 1, 1, 1, 9]
    for k, size in enumerate(sizes):
        (tmp_path / "in" / "a").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / "a" / f"{k}.png").write_bytes(b"x" * size)
    labels = augment.read_labels(tmp_path / "in")
    pack_small_files(monkeypatch, 3, 5)
    augment.write_labels(labels, tmp_path / "out", format="webdataset")
    found: dict[str, list[str]] = {}
    for image in augment.read_labels(tmp_path / "out").images:
        found.setdefault(image.inside.file, []).append(image.file[2])
    assert found == {f"{k:06d}.tar": list(keys) for k, keys in enumerate(["01", "2", "3", "456", "7"])}


def test_the_command_knows_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco(tmp_path / "in")
    assert main(["convert-labels", str(tmp_path / "in"), str(tmp_path / "tars"), "--to", "webdataset"]) == 0
    assert "3 files of format webdataset written to" in capsys.readouterr().out
    assert main(["convert-labels", str(tmp_path / "tars"), str(tmp_path / "yolo"), "--kind", "auto"]) == 0
    assert "webdataset (pose): 3 images, 3 annotations, 3 classes" in capsys.readouterr().out
    assert main(["convert-labels", str(tmp_path / "tars"), str(tmp_path / "folder"), "--to", "imagefolder"]) == 0
    assert sorted(p.name for p in (tmp_path / "folder").iterdir()) == ["classes.txt", "train", "val"]
    assert augment.anchors_for(tmp_path / "tars", 2).sizes.shape == (2, 2)


# WebDataset does not close its files.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_what_is_written(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset", reason="pip install 'imgproc-augment[webdataset]'")
    labels = coco(tmp_path / "in")
    augment.write_labels(labels, tmp_path / "out", format="webdataset")
    tars = sorted(str(file) for file in (tmp_path / "out").glob("*.tar"))
    found = list(webdataset.WebDataset(tars, shardshuffle=False).decode())
    assert [sample["__key__"] for sample in found] == ["train/deep.er/x #%ü😀", "val/empty", "val/y"]
    assert found[2]["json"]["objects"]["bbox"] == [[0.1, 0.7, 4.3, 4.9], [2, 1e-3, 8, 8]]
    assert found[2]["png"] == encoded(1)
