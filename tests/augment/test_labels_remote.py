"""Data sets in object stores: labels and images are those of the same files on this machine."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.labels import RemoteFolder, image_bytes, is_url, local_path, read_remote_labels

import augment
import imgproc

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install 'imgproc-augment[fsspec]'")

PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


@pytest.fixture
def store() -> Iterator[str]:
    """A folder in the memory of the process."""
    fs = fsspec.filesystem("memory")
    yield "memory://photos"
    fs.store.clear()


def put(url: str, folder: Path) -> None:
    """Copy a folder into a store."""
    fs = fsspec.filesystem("memory")
    for path in folder.rglob("*"):
        if path.is_file():
            fs.pipe_file(f"{url.removeprefix('memory:/')}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def yolo(folder: Path) -> None:
    for part in ("images", "labels"):
        (folder / part / "train").mkdir(parents=True)
    for name in ("a", "b #%", "ü"):
        imgproc.write_image(folder / "images/train" / f"{name}.png", PICTURE)
        (folder / "labels/train" / f"{name}.txt").write_text("1 0.5 0.5 0.25 0.125\n")
    (folder / "data.yaml").write_text("names: [cat, dog]\n")


def coco(folder: Path) -> None:
    (folder / "images").mkdir(parents=True)
    imgproc.write_image(folder / "images" / "a.png", PICTURE)
    data = {
        "images": [{"id": 1, "file_name": "a.png", "height": 20, "width": 30}],
        "categories": [{"id": 4, "name": "cat"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 4, "bbox": [1, 2, 3, 4], "more": {"x": 1}}],
    }
    (folder / "all.json").write_text(json.dumps(data))


def classes(folder: Path) -> None:
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        imgproc.write_image(folder / name / "a.png", PICTURE)


@pytest.mark.parametrize("write", (yolo, coco, classes), ids=lambda write: write.__name__)
def test_labels_and_images_are_those_of_the_files(store: str, tmp_path: Path, write: object) -> None:
    write(tmp_path)  # type: ignore[operator]
    put(store, tmp_path)
    local, remote = augment.read_labels(tmp_path), read_remote_labels(store)
    assert remote.images == local.images
    assert dataclasses.replace(remote, root=local.root) == local
    for image in local.images:
        assert image_bytes(remote, image) == image_bytes(local, image) != b""
    again = pickle.loads(pickle.dumps(remote.root))
    assert again == remote.root and str(again).startswith(store)


def test_what_is_wrong_is_said_with_the_url(store: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="memory://nothing"):
        read_remote_labels("memory://nothing")
    coco(tmp_path)
    (tmp_path / "all.json").write_text("{")
    put(store, tmp_path)
    with pytest.raises(ValueError, match=r"memory://photos/all\.json: not JSON"):
        read_remote_labels(store)
    fsspec.filesystem("memory").pipe_file("/photos/big.tar", b"x")
    with pytest.raises(ValueError, match="archives must be on this machine"):
        read_remote_labels(store)
    folder = RemoteFolder(store)
    for name, said in (("../secret", "without '..'"), ("none.png", "there is no such file")):
        with pytest.raises(ValueError, match=said), folder.open(name):
            pass


def test_urls_and_names() -> None:
    assert is_url("s3://bucket/photos") and is_url("memory://x") and is_url("file:///tmp")
    assert not is_url("/tmp/x") and not is_url("C:\\photos") and not is_url("photos") and not is_url(Path("a"))
    assert local_path("s3://bucket/x") is None
    assert Path(local_path("file:///tmp/a%20b") or "") == Path("/tmp/a b")
    with pytest.raises(ValueError, match="three slashes"):
        local_path("file://host/tmp")
