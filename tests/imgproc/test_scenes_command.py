"""``python -m imgproc scenes``: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import imgproc
from imgproc.__main__ import main


@pytest.fixture
def files(tmp_path: Path, photos) -> Path:
    """A library of three photos, an image cut out of one of them, and its mask."""
    (tmp_path / "photos").mkdir()
    for name in ("astronaut", "coffee", "chelsea"):
        imgproc.write_image(tmp_path / "photos" / f"{name}.png", np.ascontiguousarray(photos(name)[:260, :340]))
    imgproc.write_image(tmp_path / "in.png", np.ascontiguousarray(photos("astronaut")[30:230, 50:300]))
    mask = np.zeros((200, 250), np.uint8)
    mask[80:120, 90:150] = 255
    imgproc.write_image(tmp_path / "mask.png", mask)
    imgproc.write_image(tmp_path / "inverse.png", 255 - mask)
    return tmp_path


def build(files: Path) -> int:
    return main(["scenes", "build", str(files / "photos"), str(files / "db")])


def complete(files: Path, *more: str, mask: str = "mask.png", out: str = "out") -> int:
    names = [str(files / "in.png"), "--mask", str(files / mask), "--db", str(files / "db"), "--out", str(files / out)]
    return main(["scenes", "complete", *names, "--context", "30", *more])


def test_build_and_complete(files, capsys) -> None:
    (files / "photos" / "bad.jpg").write_bytes(b"nothing")
    assert build(files) == 0
    said = capsys.readouterr()
    assert said.out.strip().endswith("db: 3 scenes, 1 skipped")
    assert "bad.jpg" in said.err
    assert complete(files) == 0
    assert "3 results, the best from" in capsys.readouterr().out
    found = json.loads((files / "out" / "results.json").read_text())["results"]
    assert found[0]["scene"]["path"].endswith("astronaut.png")
    assert (found[0]["placement"]["dx"], found[0]["placement"]["dy"]) == (50, 30)
    assert found[0]["parts"].keys() == {"scene", "context", "texture", "seam"}
    names = {f"{i:02d}{what}.png" for i in (1, 2, 3) for what in ("", "_seam")} | {"results.json"}
    assert {file.name for file in (files / "out").iterdir()} == names
    image = imgproc.read_image(files / "in.png")
    assert np.abs(imgproc.read_image(files / "out" / "01.png").astype(int) - image).max() <= 1
    seam = imgproc.read_image(files / "out" / "01_seam.png", mode="grey")
    assert (seam[80:120, 90:150] == 255).all()
    assert complete(files, "--results", "1", "--invert-mask", mask="inverse.png") == 0
    assert len(list((files / "out").iterdir())) == 3, "former results are replaced"
    assert not [file for file in files.iterdir() if file.name.startswith(".")]


def test_poor_results_are_called_so(files, capsys) -> None:
    for file in (files / "photos").iterdir():
        file.unlink()
    imgproc.write_image(files / "photos" / "flat.png", np.full((300, 400, 3), (0, 255, 0), np.uint8))
    build(files)
    assert complete(files) == 0
    assert "fits poorly" in capsys.readouterr().out


def test_floats_are_written_as_tiff(files) -> None:
    build(files)
    image = imgproc.read_image(files / "in.png").astype(np.float32) / 255
    imgproc.write_image(files / "in.tif", image)
    (files / "in.png").unlink()
    (files / "in.tif").rename(files / "in.png")  # files are known by their content
    assert complete(files, "--results", "1") == 0
    found = imgproc.read_image(files / "out" / "01.tif")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, image, atol=0.01)


def test_errors_are_a_line(files, capsys) -> None:
    assert complete(files) == 1
    assert "path must be a scene database" in capsys.readouterr().err
    assert main(["scenes", "build", str(files / "nowhere"), str(files / "db")]) == 1
    assert "folder must be a folder of photos" in capsys.readouterr().err
    build(files)
    (files / "mine").mkdir()
    (files / "mine" / "diary.txt").write_text("dear diary")
    (files / "runs").mkdir()
    for name in ("results.json", "01.png", "other.txt"):
        (files / "runs" / name).write_text("dear diary")
    for out, message in (
        ("runs", "which holds other.txt"),
        ("mine", "--out must be a new or empty folder"),
        ("in.png", "--out must be a folder"),
        ("a/b", "--out must be in a folder that exists"),
    ):
        assert complete(files, out=out) == 1
        assert message in capsys.readouterr().err
    assert complete(files, mask="in2.png") == 1
    assert "in2.png" in capsys.readouterr().err
    imgproc.write_image(files / "small.png", np.zeros((9, 9), np.uint8))
    assert complete(files, mask="small.png") == 1
    assert "mask must have the (h, w)" in capsys.readouterr().err
    assert complete(files, "--scenes", "0") == 1
    assert "n_scenes must be >= 1" in capsys.readouterr().err
    assert (files / "mine" / "diary.txt").exists()
    assert (files / "runs" / "other.txt").exists()
    assert not (files / "out").exists()


def test_a_folder_without_a_photo_is_an_error(tmp_path, capsys) -> None:
    (tmp_path / "photos").mkdir()
    for content, why in ((None, "it holds no photos"), ("nothing", "none of its photos can be read")):
        if content:
            (tmp_path / "photos" / "a.png").write_text(content)
        assert main(["scenes", "build", str(tmp_path / "photos"), str(tmp_path / "db")]) == 1
        assert why in capsys.readouterr().err


@pytest.mark.parametrize("level", [0, 255])
def test_a_mask_that_leaves_nothing_to_do_is_an_error(files, capsys, level) -> None:
    shape = imgproc.read_image(files / "in.png").shape[:2]
    imgproc.write_image(files / "flat.png", np.full(shape, level, np.uint8))
    assert complete(files, mask="flat.png") == 1
    assert "--mask must select" in capsys.readouterr().err


def test_nothing_is_left_where_writing_fails(files, monkeypatch) -> None:
    from imgproc.inpaint import _scenes_command

    build(files)
    assert complete(files) == 0
    before = {file.name: file.read_bytes() for file in (files / "out").iterdir()}

    def broken(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(_scenes_command, "write_image", broken)
    assert complete(files) == 1
    assert {file.name: file.read_bytes() for file in (files / "out").iterdir()} == before
    assert not [file for file in files.iterdir() if file.name.endswith((".tmp", ".old"))]


def test_the_commands_are_named_in_the_help(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["scenes", "complete", "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("--mask", "--db", "--out", "results.json"))
