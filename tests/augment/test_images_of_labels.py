"""The encoded images that labels name: what lies below the folder, and nothing else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from helpers.labels import TarPart, image_bytes, mask_bytes

import augment
from augment import LabelledImage


def labels_of(root: Path) -> augment.LabelSet:
    return augment.LabelSet("masks", "mask", root, (), ())


def test_the_bytes_of_files_and_of_parts_of_a_tar(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "#%ü.png").write_bytes(b"picture")
    (tmp_path / "m.png").write_bytes(b"mask")
    (tmp_path / "link.png").symlink_to("m.png")
    labels = labels_of(tmp_path)
    assert image_bytes(labels, LabelledImage("a b/#%ü.png")) == b"picture"
    assert image_bytes(labels, LabelledImage("link.png")) == b"mask"
    assert mask_bytes(labels, LabelledImage("a b/#%ü.png", mask="m.png")) == b"mask"
    assert image_bytes(labels, LabelledImage("x", inside=TarPart("m.png", 1, 2))) == b"as"
    with pytest.raises(ValueError, match=r"'m.png' ends in the middle of 'x': 3 of 9 bytes are there"):
        image_bytes(labels, LabelledImage("x", inside=TarPart("m.png", 1, 9)))
    with pytest.raises(ValueError, match="must have at most"):
        image_bytes(labels, LabelledImage("x", inside=TarPart("m.png", 1, 1 << 60)))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "must have the name of a file"),
        ("../secret", r"below the folder, without '\.\.'"),
        ("a/../../secret", r"without '\.\.'"),
        ("/etc/passwd", "must be a name below the folder"),
        ("a\0b", "must be a name below the folder"),
        ("none.png", "there is no such file"),
        ("file/x.png", "there is no such file"),
        ("n" * 300, "the name is too long"),
        ("folder", "got a folder"),
        ("out", "a link that leads out of it"),
        ("outside/secret", "a link that leads out of it"),
        ("null", "a link that leads out of it"),
        ("circle", "links that lead in a circle"),
        ("pipe", "got a pipe, a socket or a device"),
        ("sock", "got a pipe, a socket or a device"),
    ],
)
def test_what_is_no_file_below_the_folder_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "file").write_bytes(b"")
    (root / "out").symlink_to("../secret")
    (root / "outside").symlink_to(tmp_path)
    (root / "null").symlink_to("/dev/null")
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "pipe")
    here = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(root)  # the name of a socket must be short
    try:
        here.bind("sock")
    finally:
        os.chdir(before)
        here.close()
    for call in (
        lambda: image_bytes(labels_of(root), LabelledImage(name)),
        lambda: mask_bytes(labels_of(root), LabelledImage("a", mask=name)),
    ):
        with pytest.raises(ValueError, match=reason) as caught:
            call()
        assert str(root) not in str(caught.value)
