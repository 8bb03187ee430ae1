"""Runs from and to object stores: the bytes of a run on this machine, also after it was ended in the middle."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.labels import RemoteFolder
from helpers.stores import RemoteStore

import augment
import imgproc
from augment.pipeline import augment_folder

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'imgproc-augment[fsspec]'")

CHAIN = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-20, 20), p=1)], seed=3)


@pytest.fixture
def memory() -> Iterator[Any]:
    """The store in the memory of this process."""
    fs = fsspec.filesystem("memory")
    yield fs
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]


def photos(folder: Path, kind: str) -> Path:
    """Nine photos with labels of a kind."""
    for k in range(9):
        name = f"{k}.png" if kind != "folders" else f"{'cat' if k % 2 else 'dog'}/{k} #%.png"
        (folder / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(k).integers(0, 256, (30, 40, 3), np.uint8)
        imgproc.write_image(folder / "images" / name, pixels)
    if kind == "yolo":
        (folder / "labels").mkdir()
        for k in range(9):
            (folder / "labels" / f"{k}.txt").write_text(f"{k % 2} 0.5 0.5 0.3 0.4\n")
        (folder / "data.yaml").write_text("names: [cat, dog]\n")
    if kind == "coco":
        data = {
            "images": [{"id": k, "file_name": f"{k}.png", "height": 30, "width": 40} for k in range(9)],
            "annotations": [{"id": k, "image_id": k, "category_id": 1, "bbox": [5, 6, 20, 15]} for k in range(9)],
            "categories": [{"id": 1, "name": "cat"}],
        }
        (folder / "all.json").write_text(json.dumps(data))
    return folder if kind != "folders" else folder / "images"


def files_of(folder: Path) -> dict[str, bytes]:
    """All but what is hidden."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(".")}


def stored(fs: Any, url: str) -> dict[str, bytes]:
    root = RemoteFolder(url).path
    found = {path[len(root) + 1 :]: fs.cat_file(path) for path in fs.find(root)}
    return {name: data for name, data in found.items() if not name.startswith(".")}


@pytest.mark.parametrize("kind", ("yolo", "coco", "folders"))
def test_memory_and_files_have_the_bytes_of_a_local_run(tmp_path: Path, memory: Any, kind: str) -> None:
    source = photos(tmp_path / "in", kind)
    options: dict[str, Any] = {"copies": 2, "workers": 1}
    augment_folder(CHAIN, source, tmp_path / "local", **options)
    wanted = files_of(tmp_path / "local")
    assert len([name for name in wanted if name.endswith(".png")]) == 18
    memory.put(str(source) + "/", "/photos/", recursive=True)
    report = augment_folder(CHAIN, "memory://photos", "memory://out", **options)
    assert report.complete and report.written == 18
    assert stored(memory, "memory://out") == wanted
    again = augment_folder(CHAIN, "memory://photos", "memory://out", **options)
    assert again.resumed == 18
    augment_folder(CHAIN, source.as_uri(), (tmp_path / "out").as_uri(), **{**options, "workers": 2})
    assert files_of(tmp_path / "out") == wanted


def test_a_run_that_was_ended_goes_on(tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole blocks are kept; files of half a block are written again; nothing of others is touched."""
    source = photos(tmp_path / "in", "folders")
    augment_folder(CHAIN, source, tmp_path / "local", copies=8, workers=1)
    put, count = type(memory).pipe_file, [0]

    def failing(self: Any, path: str, *args: Any, **options: Any) -> Any:
        count[0] += path.endswith(".png")
        if count[0] == 30:
            raise OSError("the store is gone")
        return put(self, path, *args, **options)

    monkeypatch.setattr(type(memory), "pipe_file", failing)
    with pytest.raises(OSError, match="the store is gone"):
        augment_folder(CHAIN, source, "memory://out", copies=8)
    assert 0 < len(stored(memory, "memory://out")) < 72
    report = augment_folder(CHAIN, source, "memory://out", copies=8)
    assert report.complete and 0 < report.resumed < 72
    assert stored(memory, "memory://out") == files_of(tmp_path / "local")
    with pytest.raises(ValueError, match=r"another run, which differs in copies"):
        augment_folder(CHAIN, source, "memory://out", copies=1)
    augment_folder(CHAIN, source, "memory://out", copies=1, overwrite=True)
    assert len([name for name in stored(memory, "memory://out") if name.endswith(".png")]) == 9
    memory.pipe_file("/other/file.txt", b"mine")
    with pytest.raises(ValueError, match="files of others"):
        augment_folder(CHAIN, source, "memory://other")
    memory.put(str(source) + "/", "/photos/", recursive=True)
    for output in ("memory://photos", "memory://photos/out"):
        with pytest.raises(ValueError, match="apart from the input"):
            augment_folder(CHAIN, "memory://photos", output)


def exercise(store: Any) -> None:
    store.put([("a/b.txt", b"1"), ("c.txt", b"22"), (".augment/blocks/0.json", b"{}")])
    assert store.read("a/b.txt") == b"1" and store.read("a/none") is None and store.read("a") is None
    assert (store.size("c.txt"), store.size("none"), store.size("a")) == (2, None, None)
    assert store.names("") == ["c.txt"] and store.names("a") == ["b.txt"] and store.names("none") == []
    assert store.has_others()
    store.put([("c.txt", b"333")])
    assert store.read("c.txt") == b"333"
    for name in ("c.txt", "c.txt", "a/b.txt"):
        store.remove(name)
    store.clear("")
    store.tidy()
    assert store.names("") == [] and store.read(".augment/blocks/0.json") is None
    with store.locked("x") as mine:
        assert mine
    with pytest.raises(ValueError, match=r"without '\.\.'"):
        store.put([("../secret", b"")])


@pytest.mark.parametrize("make", (lambda path: "memory://store", lambda path: path.as_uri()), ids=("memory", "files"))
def test_a_store(tmp_path: Path, memory: Any, make: Callable[[Path], str]) -> None:
    """As the protocol says; a store of files gets temporary names first, and none of them is left."""
    exercise(RemoteStore(make(tmp_path / "store")))
    shutil.rmtree(tmp_path / "store", ignore_errors=True)
    assert not list(tmp_path.rglob("*"))
