"""Offline runs and files that are broken, unusual or hostile: each has an outcome that is said, and no run ends."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.offline import CHAIN, H, W, make_set, photo, prints

import augment
import imgproc
from augment.pipeline import augment_folder

FLIP = augment.Compose([augment.HorizontalFlip(p=1)])


def _one(root: Path, name: str, data: bytes | np.ndarray) -> Path:
    file = root / "in/a" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, bytes):
        file.write_bytes(data)
    else:
        imgproc.write_image(file, data)
    return root / "in"


def _made(root: Path, recipe: Any = FLIP, **options: Any) -> tuple[Any, dict[str, np.ndarray]]:
    before = prints(root / "in")
    report = augment_folder(recipe, root / "in", root / "out", workers=1, **options)
    assert prints(root / "in") == before
    files = sorted((root / "out").glob("a/*")) if (root / "out/a").exists() else []
    return report, {file.name: imgproc.read_image(file, mode="unchanged") for file in files}


def test_broken_images_are_reported_and_others_are_made(tmp_path: Path) -> None:
    good = imgproc.encode_image(photo(), format="jpg")
    for name, data in {
        "empty.jpg": b"",
        "text.png": b"hello",
        "cut.jpg": good[: len(good) // 2],
        "cut.png": imgproc.encode_image(photo(), format="png")[:300],
        "good.jpg": good,
    }.items():
        _one(tmp_path, name, data)
    report, made = _made(tmp_path, keep_originals=True)
    assert set(made) == {"good.jpg", "good_aug1.jpg"}
    reasons = dict(report.failures)
    assert len(reasons) == 8
    assert "the file is empty" in reasons["a/empty.jpg#1"]
    assert "not an image of a known format" in reasons["a/text.png#0"]
    assert "truncated or damaged JPEG" in reasons["a/cut.jpg#1"]
    assert "truncated or damaged PNG" in reasons["a/cut.png#1"]
    assert not any(str(tmp_path) in reason for reason in reasons.values())
    assert (tmp_path / "out/a/good.jpg").read_bytes() == good


def test_depth_grey_and_alpha_stay_where_files_hold_them(tmp_path: Path) -> None:
    deep = photo(0, dtype=np.uint16)
    rgba = np.dstack([photo(), photo(1)[..., :1]])
    _one(tmp_path, "deep.png", deep)
    _one(tmp_path, "grey.png", photo()[..., 0])
    _one(tmp_path, "alpha.png", rgba)
    report, made = _made(tmp_path)
    assert report.failed == 0
    assert np.array_equal(made["deep_aug1.png"], deep[:, ::-1])
    assert np.array_equal(made["grey_aug1.png"], photo()[:, ::-1, 0])
    assert np.array_equal(made["alpha_aug1.png"], rgba[:, ::-1])


def test_what_a_file_does_not_hold_is_left_out_or_reported(tmp_path: Path) -> None:
    _one(tmp_path, "deep.png", photo(0, dtype=np.uint16))
    _one(tmp_path, "alpha.png", np.dstack([photo(), photo(1)[..., :1]]))
    report, made = _made(tmp_path, image_format="jpg")
    assert list(made) == ["alpha_aug1.jpg"]
    assert made["alpha_aug1.jpg"].shape == (H, W, 3)
    assert "uint16" in dict(report.failures)["a/deep.png#1"]


def test_grey_becomes_colour_where_a_transform_needs_it(tmp_path: Path) -> None:
    _one(tmp_path, "grey.png", photo()[..., 0])
    _one(tmp_path, "rgb.png", photo())
    colour = augment.Compose([augment.HueSaturation(p=1)]) if hasattr(augment, "HueSaturation") else None
    report, made = _made(tmp_path, colour or augment.Compose([augment.ColorJitter(p=1)]))
    assert report.failed == 0, report.failures
    mixed, both = _made_again(tmp_path, augment.Compose([augment.MixUp(p=1)]))
    assert mixed.failed == 0
    assert both["grey_aug1.png"].shape == (H, W, 3)
    assert set(made) == set(both)


def _made_again(root: Path, recipe: Any) -> tuple[Any, dict[str, np.ndarray]]:
    report = augment_folder(recipe, root / "in", root / "out2", workers=1)
    return report, {f.name: imgproc.read_image(f, mode="unchanged") for f in (root / "out2/a").iterdir()}


def test_cmyk_and_wrong_ends(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "in/a").mkdir(parents=True)
    image.fromarray(photo()).convert("CMYK").save(tmp_path / "in/a/cmyk.jpg")
    _one(tmp_path, "jpeg.png", imgproc.encode_image(photo(), format="jpg"))
    report, made = _made(tmp_path)
    assert report.failed == 0
    assert made["cmyk_aug1.jpg"].shape == (H, W, 3)
    assert (tmp_path / "out/a/jpeg_aug1.png").read_bytes().startswith(b"\x89PNG")  # what the name says


def test_animations_are_refused(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    (tmp_path / "in/a").mkdir(parents=True)
    frames = [image.fromarray(photo(k)) for k in range(3)]
    for name in ("moving.webp", "moving.png", "pages.tif"):
        frames[0].save(tmp_path / "in/a" / name, save_all=True, append_images=frames[1:])
    report, made = _made(tmp_path)
    assert not made
    assert all("must be one image, got a file of 3 frames or pages" in reason for _, reason in report.failures)


def test_bombs_are_refused(tmp_path: Path) -> None:
    _one(tmp_path, "large.png", np.zeros((300, 400, 3), np.uint8))
    _one(tmp_path, "small.png", photo())
    report, made = _made(tmp_path, max_pixels=10_000)
    assert list(made) == ["small_aug1.png"]
    assert "a/large.png#1" in dict(report.failures)


def test_names_of_all_kinds(tmp_path: Path) -> None:
    for name in ("#50%.png", "😀 ü.png", "Case.png", "case.png", "a_aug1.png", "a.png"):
        _one(tmp_path, name, photo())
    report, made = _made(tmp_path, keep_originals=True)
    assert report.failed == 0
    assert len({name.casefold() for name in made}) == 12
    assert {"#50%_aug1.png", "😀 ü_aug1.png", "Case.png", "a.png", "a_aug1.png"} <= set(made)
    assert np.array_equal(made["a_aug1.png"], photo()[:, ::-1])  # of a.png, as its name says


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links")
def test_links_out_pipes_and_names_that_leave_the_folder(tmp_path: Path) -> None:
    import json

    imgproc.write_image(tmp_path / "secret.png", photo())
    root = make_set("coco", tmp_path / "in", 1).parent
    os.symlink(tmp_path / "secret.png", root / "images/link.png")
    os.mkfifo(root / "images/pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(root / "images")
        try:
            server.bind("socket.png")
        finally:
            os.chdir(here)
        data = json.loads((root / "instances.json").read_text())
        data["images"] = [
            {"id": k, "file_name": name}
            for k, name in enumerate(
                ("p0.jpg", "../../secret.png", "link.png", "pipe.png", "socket.png", "/etc/passwd", "none.png")
            )
        ]
        data["annotations"] = []
        (root / "instances.json").write_text(json.dumps(data))
        report = augment_folder(FLIP, root / "instances.json", tmp_path / "out", workers=1)
    assert [file.name for file in (tmp_path / "out/images").iterdir()] == ["p0_aug1.jpg"]
    reasons = dict(report.failures)
    assert set(reasons) == {f"{name}#1" for name in ("link.png", "pipe.png", "socket.png", "none.png")}
    assert "leads out" in reasons["link.png#1"]
    assert len(report.problems) == 2  # the names that leave the folder


def test_bad_lines_of_labels_are_skipped_or_end_the_run(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    with open(given / "labels/train/p1.txt", "a") as file:
        file.write("0 0.5 nonsense 0.1 0.1\n7 2.5 0.5 0.1 0.1\n")
    report = augment_folder(FLIP, given, tmp_path / "out", workers=1)
    assert [problem.place for problem in report.problems] == ["line 3", "line 4"]
    assert augment.read_labels(tmp_path / "out").annotations == 5
    with pytest.raises(ValueError, match="line 3"):
        augment_folder(FLIP, given, tmp_path / "out2", workers=1, on_error="stop")
    assert not (tmp_path / "out2").exists()


def test_labels_of_another_size_and_donors_that_are_broken(tmp_path: Path) -> None:
    given = make_set("voc", tmp_path / "in")
    imgproc.write_image(given / "JPEGImages/p0.jpg", photo(0, (40, 40)))
    report = augment_folder(FLIP, given, tmp_path / "out", workers=1)
    assert report.failures == (("JPEGImages/p0.jpg#1", "labels are those of 24 x 32 pixels, the image has 40 x 40"),)
    mixed = augment_folder(augment.Compose([augment.MixUp(p=1)]), given, tmp_path / "mixed", workers=1, copies=4)
    assert {name.partition("#")[0] for name, _ in mixed.failures} == {"JPEGImages/p0.jpg"}
    assert mixed.written == 8


def test_a_label_without_an_image_is_a_problem(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    (given / "labels/train/lost.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    report = augment_folder(CHAIN, given, tmp_path / "out", workers=1)
    assert report.written == 3
    assert [str(problem) for problem in report.problems] == ["labels/train/lost.txt: there is no image of this name"]
