"""Files that anybody may have written: manifests and databases with every field made wrong, and files that never end.

Nothing outside of their folder is read, changed or removed, and the error names the file and the field.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.site import MANIFEST, Site, SiteError

import augment
import imgproc
from gallery import __main__ as gallery_command

PICTURE = np.arange(32 * 48, dtype=np.uint8).reshape(32, 48)
SECRET = b"SECRET-OF-ANOTHER"
WRONG = (
    None, True, -1, 1.5, 2**70, float("nan"), "", "x", "a\0b", "x" * 100_000, "../victim.png", "../../victim.png",
    "a/../../victim.png", "/etc/passwd", "C:\\x.png", "javascript:alert(1)", "<script>alert(1)</script>", [], [None],
    [[]], ["../victim.png"], {}, {"x": 1}, {"../victim": {}},
)  # fmt: skip
"""What a field may be instead."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field of a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with one field replaced."""
    if not path:
        return new
    made = copy.deepcopy(value)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return made


def broken(value: Any) -> Iterator[tuple[str, Any]]:
    """The value with each field wrong in each way, with each key missing or renamed, and what that is."""
    for path in places(value):
        for new in WRONG:
            yield f"{path} = {str(new)[:30]!r}", changed(value, path, new)
        at = value
        for key in path:
            at = at[key]
        if isinstance(at, dict):
            for key in at:
                less = {k: v for k, v in at.items() if k != key}
                yield f"{path} without {key!r}", changed(value, path, less)
                for name in ("../victim", "/etc/passwd", "index", ""):
                    yield f"{path}, {key!r} as {name!r}", changed(value, path, {**less, name: at[key]})


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with files that are nobody's business, one of them beside the folder of the test."""
    (tmp_path / "victim.png").write_bytes(SECRET)
    (tmp_path / "victim.html").write_bytes(SECRET)
    (tmp_path / "victim.json").write_bytes(SECRET)
    (tmp_path / "victim.npy").write_bytes(SECRET)
    return tmp_path


def test_no_field_of_a_gallerys_manifest_reaches_out_of_its_folder(outside: Path) -> None:
    with Site(outside / "site") as site:
        site.add_page("a", "A", "what A is", f'<img src="{site.add_image(PICTURE)}" alt="">', PICTURE)
        site.add_page("b", "B", "what B is", "", '<svg viewBox="0 0 1 1"><rect x="0" y="0"/></svg>')
    good = json.loads((outside / "site" / MANIFEST).read_text())
    shutil.copytree(outside / "site", outside / "kept")
    refused = 0
    for what, content in broken(good):
        shutil.rmtree(outside / "site")
        shutil.copytree(outside / "kept", outside / "site")
        (outside / "site" / MANIFEST).write_text(json.dumps(content))
        before = snapshot(outside)
        try:
            with Site(outside / "site") as site:
                site.add_page("a", "A", "anew", "")
        except SiteError as error:
            assert MANIFEST in str(error), what
            assert len(str(error)) < 1000, what
            assert snapshot(outside) == before, what  # refused before any work
            refused += 1
        after = snapshot(outside)
        gone = before.keys() - after.keys()
        assert all(name.startswith("site/img/") for name in gone), what
        other = {name for name in before.keys() & after.keys() if before[name] != after[name]}
        assert other <= {"site/a.html", "site/index.html", f"site/{MANIFEST}"}, what
        index = after["site/index.html"].decode()
        assert "<script>alert" not in index, what
        assert all(
            re.fullmatch(r"[A-Za-z0-9_-]+\.html", link) for link in re.findall(r'<a [^>]*href="([^"]*)"', index)
        ), what
        assert all(re.fullmatch(r"img/\w+\.\w+", link) for link in re.findall(r'<img [^>]*src="([^"]*)"', index)), what
    assert refused > 200


@pytest.mark.parametrize(
    "text", ["{", "", "[" * 100_000, "\0", '{"generator": ' + "9" * 10_000 + "}", b"\xff\xfe\xff", "[1]", "null"]
)
def test_a_manifest_that_is_none_is_neither_used_nor_replaced(outside: Path, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (outside / "site").mkdir()
    (outside / "site" / MANIFEST).write_bytes(data)
    with pytest.raises(SiteError, match=MANIFEST.replace(".", "\\.")):
        Site(outside / "site")
    assert (outside / "site" / MANIFEST).read_bytes() == data


def test_drawings_of_a_manifest_only_draw(outside: Path) -> None:
    with Site(outside / "site") as site:
        site.add_page("b", "B", "", "", '<svg viewBox="0 0 1 1"><rect x="0" y="0"/></svg>')
    path = outside / "site" / MANIFEST
    for bad in (
        "<svg><script>alert(1)</script></svg>",
        '<svg onload="alert(1)"></svg>',
        '<svg><path onclick="alert(1)"/></svg>',
        '<svg xmlns:x="http://www.w3.org/1999/xlink"><path x:href="http://example.org"/></svg>',
        '<svg><rect style="fill:url(http://example.org)"/></svg>',
        "<svg><foreignObject/></svg>",
        "<svg></svg><script>alert(1)</script>",
        '<!DOCTYPE x [<!ENTITY a "b">]><svg>&a;</svg>',
        "<svg" + "<g>" * 100_000,
    ):
        content = json.loads(path.read_text())
        content["pages"]["b"]["thumbnail"] = bad
        (outside / "site" / MANIFEST).write_text(json.dumps(content))
        with pytest.raises(SiteError, match="thumbnail"):
            Site(outside / "site")
        content["pages"]["b"]["thumbnail"] = None
        path.write_text(json.dumps(content))


@pytest.fixture
def library(outside: Path) -> Path:
    """A database of two photos."""
    folder = outside / "photos"
    folder.mkdir()
    for name in ("one.png", "two.png"):
        imgproc.write_image(folder / name, PICTURE)
    imgproc.SceneDatabase.build(folder, outside / "db", workers=1)
    return outside


@pytest.mark.parametrize("name", ["index.json", "000001.json"])
def test_no_field_of_a_scene_database_leads_out_of_its_folders(library: Path, name: str) -> None:
    file = library / "db" / name
    good = json.loads(file.read_text())
    mask = np.zeros((32, 48), bool)
    mask[10:20, 10:20] = True
    refused = 0
    for what, content in broken(good):
        file.write_text(json.dumps(content))
        before = snapshot(library)
        try:
            database = imgproc.SceneDatabase.open(library / "db")
        except ValueError as error:
            assert str(library / "db") in str(error), what
            assert len(str(error)) < 1000, what
            refused += 1
        else:
            for scene in database.query(PICTURE, mask):
                inside = Path(os.path.normpath(scene.path)).is_relative_to(os.path.normpath(database.folder))
                assert inside, what
                assert scene.path.suffix == ".png", what
        assert snapshot(library) == before, what
    file.write_text(json.dumps(good))
    assert len(imgproc.SceneDatabase.open(library / "db")) == 2
    assert refused > 60


def test_a_scene_that_is_no_photo_says_nothing_of_its_bytes(library: Path) -> None:
    """The name ends as a photo's does, the folder is another one: only what the owner of the process may see anyway."""
    file = library / "db" / "000001.json"
    content = json.loads(file.read_text())
    content["scenes"][0][0] = "../victim.png"
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"scenes\[0\]\[0\] must be a name below the folder"):
        imgproc.SceneDatabase.open(library / "db")


@pytest.mark.parametrize("keep", [0, 9, 60, 127, 500, -1])
def test_descriptors_that_are_cut_or_lengthened_are_refused(library: Path, keep: int) -> None:
    file = library / "db" / "000001.npy"
    data = file.read_bytes()
    file.write_bytes(data[:keep])
    with pytest.raises(ValueError, match="shard 000001"):
        imgproc.SceneDatabase.open(library / "db")
    file.write_bytes(data + b"\0")
    with pytest.raises(ValueError, match="shard 000001"):
        imgproc.SceneDatabase.open(library / "db")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 99999999999), }",
        "{'descr': '<f2', 'fortran_order': False, 'shape': (99999999999, 528), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2, 528), }",
        "{'descr': '<f2', 'fortran_order': True, 'shape': (2, 528), }",
        "(" * 5000,
    ],
)
def test_headers_of_descriptors_are_not_believed(library: Path, header: str) -> None:
    file = library / "db" / "000001.npy"
    head = header.encode() + b"\n"
    file.write_bytes(b"\x93NUMPY\x01\0" + len(head).to_bytes(2, "little") + head + bytes(2 * 2 * 528))
    with pytest.raises(ValueError, match=r"descriptors must be a \.npy file"):
        imgproc.SceneDatabase.open(library / "db")


def test_a_database_that_shrinks_while_it_is_open_keeps_what_it_was(library: Path) -> None:
    database = imgproc.SceneDatabase.open(library / "db")
    mask = np.zeros((32, 48), bool)
    before = [(scene.id, scene.distance) for scene in database.query(PICTURE, mask)]
    (library / "db" / "000001.npy").write_bytes(b"")
    assert [(scene.id, scene.distance) for scene in database.query(PICTURE, mask)] == before


def test_descriptors_that_are_not_finite_are_refused(library: Path) -> None:
    file = library / "db" / "000001.npy"
    data = bytearray(file.read_bytes())
    data[-2:] = np.float16("nan").tobytes()
    file.write_bytes(data)
    with pytest.raises(ValueError, match="finite descriptors"):
        imgproc.SceneDatabase.open(library / "db").query(PICTURE, np.zeros((32, 48), bool))


def test_a_build_removes_only_files_of_its_own(library: Path) -> None:
    mine = {name: library / "db" / name for name in ("notes.json", "weights.npy", "mine.tmp", ".hidden.tmp", "1.json")}
    for path in mine.values():
        path.write_text("mine")
    (library / "db" / "000777.npy").write_text("left by a build that was killed")
    imgproc.SceneDatabase.build(library / "photos", library / "db")
    assert all(path.read_text() == "mine" for path in mine.values())
    assert not (library / "db" / "000777.npy").exists()


def test_no_field_of_a_coco_file_ends_in_an_error_of_python(outside: Path) -> None:
    good = {
        "images": [{"id": 1, "height": 20, "width": 30}, {"id": 2, "height": 9, "width": 9}],
        "annotations": [
            {"id": 1, "image_id": 1, "bbox": [1, 2, 3, 4]},
            {"id": 2, "image_id": 2, "bbox": [0, 0, 9, 9.5], "iscrowd": 0},
        ],
    }
    file = outside / "labels.json"
    refused = 0
    for what, content in broken(good):
        file.write_text(json.dumps(content))
        try:
            augment.anchors_for(file, 1, n_init=1)
        except ValueError as error:
            assert "labels.json" in str(error) or "boxes" in str(error), what
            assert len(str(error)) < 1000, what
            refused += 1
    assert refused > 100
    file.write_text('{"annotations": ' + "[" * 100_000)
    with pytest.raises(ValueError, match="nested too deeply"):
        augment.anchors_for(file, 1)


def within(seconds: float, work: Any) -> Any:
    """What `work` returns or raises, unless it takes longer."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, f"nothing came of it in {seconds} s"
    return found[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_nobody_waits_for_it(outside: Path) -> None:
    (outside / "photos").mkdir()
    imgproc.write_image(outside / "photos" / "one.png", PICTURE)
    for name in ("photos/pipe.png", "photos/pipe.jpg", "pipe"):
        os.mkfifo(outside / name)
    error = within(20, lambda: imgproc.read_image(outside / "photos" / "pipe.png"))
    assert isinstance(error, ValueError)
    assert "pipe or a device" in str(error)
    built = within(60, lambda: imgproc.SceneDatabase.build(outside / "photos", outside / "db", workers=1))
    assert len(built) == 1
    assert sorted(path.name for path, _ in built.skipped) == ["pipe.jpg", "pipe.png"]
    assert within(60, lambda: gallery_command.main(["--image", str(outside / "photos" / "pipe.png")])) == 1
    site = outside / "site"
    site.mkdir()
    os.mkfifo(site / MANIFEST)
    assert isinstance(within(20, lambda: Site(site)), SiteError)
    (site / MANIFEST).unlink()
    os.mkfifo(site / "a.html")
    with Site(site) as made:
        error = within(20, lambda: made.add_page("a", "", "", ""))
    assert isinstance(error, SiteError)
    (outside / "db" / "index.json").unlink()
    os.mkfifo(outside / "db" / "index.json")
    assert isinstance(within(20, lambda: imgproc.SceneDatabase.open(outside / "db")), ValueError)
