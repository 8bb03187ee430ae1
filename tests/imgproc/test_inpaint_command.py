"""``python -m imgproc inpaint``."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.vocabulary import DTYPES
from PIL import Image

import imgproc
from imgproc.__main__ import main

Y, X = np.indices((40, 50))
HOLE = (abs(X - 20) < 5) & (abs(Y - 18) < 4)


@pytest.fixture
def folder(tmp_path: Path, photo: np.ndarray) -> Path:
    imgproc.write_image(tmp_path / "in.png", photo[:40, :50])
    imgproc.write_image(tmp_path / "mask.png", HOLE.astype(np.uint8) * np.uint8(255))
    return tmp_path


def test_a_mask(folder: Path, photo: np.ndarray) -> None:
    out = folder / "out.png"
    assert main(["inpaint", str(folder / "in.png"), "--mask", str(folder / "mask.png"), "-o", str(out)]) == 0
    expected = imgproc.inpaint(np.array(photo[:40, :50]), HOLE)  # the same defaults
    np.testing.assert_array_equal(imgproc.read_image(out), expected)
    assert sorted(path.name for path in folder.iterdir()) == ["in.png", "mask.png", "out.png"]


def test_boxes_and_options(folder: Path, photo: np.ndarray) -> None:
    out = folder / "out.png"
    arguments = ["inpaint", str(folder / "in.png"), "--box", "3,5,9,12.5", "--box=-4,30,5,60", "-o", str(out)]
    options = ["--margin", "1", "--patch-size", "7", "--priority", "tensor", "--search", "fast", "--blend", "2"]
    assert main([*arguments, *options, "--quiet"]) == 0
    hole = np.zeros((40, 50), bool)
    hole[4:14, 2:10] = hole[29:, :6] = True
    expected = imgproc.inpaint_exemplar(
        np.array(photo[:40, :50]), hole, patch_size=7, priority="tensor", search="fast", blend=2
    )
    np.testing.assert_array_equal(imgproc.read_image(out), expected)


@pytest.mark.parametrize("method", ["harmonic", "biharmonic", "diffusion"])
def test_diffusion(folder: Path, photo: np.ndarray, method: str) -> None:
    out = folder / "out.png"
    assert (
        main(
            ["inpaint", str(folder / "in.png"), "--mask", str(folder / "mask.png"), "-o", str(out), "--method", method]
        )
        == 0
    )
    options = {} if method == "diffusion" else {"order": method}
    expected = imgproc.inpaint_diffusion(np.array(photo[:40, :50]), HOLE, **options)
    np.testing.assert_array_equal(imgproc.read_image(out), expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("channels", [None, 3, 4])
def test_dtype_and_channels_of_the_file_are_kept(folder: Path, dtype: np.dtype, channels: int | None) -> None:
    image = example_image(dtype, (40, 50), channels)
    name = "deep.png" if dtype.kind == "u" else "deep.tif"
    imgproc.write_image(folder / name, image)
    assert main(["inpaint", str(folder / name), "--mask", str(folder / "mask.png"), "-o", str(folder / name)]) == 0
    result = imgproc.read_image(folder / name, mode="unchanged")
    assert (result.dtype, result.shape) == (image.dtype, image.shape)
    np.testing.assert_array_equal(result[~HOLE], image[~HOLE])


@pytest.mark.parametrize(("name", "channels"), [("out.png", 2), ("out.tif", 4)])
def test_grey_with_alpha_stays_where_the_format_holds_it(folder: Path, name: str, channels: int) -> None:
    imgproc.write_image(folder / "la.png", example_image("u1", (40, 50), 2))
    assert main(["inpaint", str(folder / "la.png"), "--box", "3,5,9,12", "-o", str(folder / name)]) == 0
    assert imgproc.read_image(folder / name, mode="unchanged").shape == (40, 50, channels)


def _palette(colours: dict[int, tuple[int, int, int]]) -> Image.Image:
    image = Image.fromarray(HOLE.astype(np.uint8) * max(colours), "P")
    image.putpalette([v for k in range(256) for v in colours.get(k, (0, 0, 0))])
    return image


def _with_alpha(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.concatenate([np.atleast_3d(colour), alpha[..., None].astype(colour.dtype)], axis=2)


EIGHT = HOLE.astype(np.uint8)
PHOTO = example_image("u1", (40, 50), 3)
BLACK, WHITE = np.zeros((40, 50, 3), np.uint8), np.full((40, 50, 3), 255, np.uint8)
SOFT = np.clip(EIGHT * 200.0 + np.hypot(X - 20, Y - 18) % 1 * 55, 0, 255).astype(np.uint8)
MASKS = {
    "0 and 1": EIGHT,
    "0 and 255": EIGHT * np.uint8(255),
    "0 and 200": EIGHT * np.uint8(200),
    "0 and 3": EIGHT * np.uint8(3),
    "labels": EIGHT * (1 + (X % 3)).astype(np.uint8),
    "16 bits, 0 and 1": EIGHT.astype(np.uint16),
    "16 bits, 0 and 255": EIGHT.astype(np.uint16) * 255,
    "16 bits, full scale": EIGHT.astype(np.uint16) * 65535,
    "floats": HOLE.astype(np.float32),
    "soft edges": SOFT,
    "RGB, 0 and 1": np.repeat(EIGHT[..., None], 3, axis=2),
    "RGB, white on black": np.repeat(EIGHT[..., None] * np.uint8(255), 3, axis=2),
    "red on black": EIGHT[..., None] * np.array([255, 0, 0], np.uint8),
    "dark colours": EIGHT[..., None] * np.stack([X % 3 + 1, Y % 4, X % 2], axis=-1).astype(np.uint8) * np.uint8(9),
    "1 bit": Image.fromarray(HOLE),
    "palette of greys": _palette({1: (1, 1, 1)}),
    "palette of labels": _palette({1: (128, 0, 0), 2: (0, 128, 0)}),
    "palette, 0 and 255": _palette({255: (224, 224, 192)}),
    "a hole in the alpha of a photo": _with_alpha(PHOTO, ~HOLE * np.uint8(255)),
    "a hole in the alpha of black": _with_alpha(BLACK, ~HOLE * np.uint8(255)),
    "a hole erased from white": _with_alpha(WHITE * ~HOLE[..., None], ~HOLE * np.uint8(255)),
    "a hole in the alpha of grey": _with_alpha(PHOTO[..., 0], ~HOLE * np.uint8(255)),
    "soft alpha": _with_alpha(PHOTO, 255 - SOFT),
    "white on transparent": _with_alpha(WHITE * HOLE[..., None], HOLE * np.uint8(255)),
    "red on transparent": _with_alpha(EIGHT[..., None] * np.array([255, 0, 0], np.uint8), HOLE * np.uint8(255)),
    "white on black, opaque": _with_alpha(WHITE * HOLE[..., None], np.full((40, 50), 255, np.uint8)),
    "1 on 0, opaque": _with_alpha(EIGHT, np.full((40, 50), 255, np.uint8)),
}  # fmt: skip
"""All of them show the same hole."""


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_is_taken_for_what_it_is(
    folder: Path, kind: str, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    mask, name = MASKS[kind], folder / ("mask.tif" if kind == "floats" else "kind.png")
    if isinstance(mask, Image.Image):
        mask.save(name)
    else:
        imgproc.write_image(name, mask)
    out = folder / "out.png"
    assert main(["inpaint", str(folder / "in.png"), "--mask", str(name), "-o", str(out), "--method", "harmonic"]) == 0
    expected = imgproc.inpaint_diffusion(np.array(photo[:40, :50]), HOLE)
    np.testing.assert_array_equal(imgproc.read_image(out), expected)
    assert (expected != photo[:40, :50]).any()
    said = capsys.readouterr().err
    assert f"{name} was read " in said
    assert "filled where it is" in said
    assert f"({HOLE.sum()} of {HOLE.size} pixels)" in said


def test_a_mask_can_be_inverted_and_its_line_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imgproc.write_image(folder / "inverse.png", 1 - EIGHT)
    base = ["inpaint", str(folder / "in.png"), "--method", "harmonic", "-o"]
    assert main([*base, str(folder / "a.png"), "--mask", str(folder / "mask.png"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert main([*base, str(folder / "b.png"), "--mask", str(folder / "inverse.png"), "--invert-mask"]) == 0
    assert "inverted" in capsys.readouterr().err
    assert (folder / "a.png").read_bytes() == (folder / "b.png").read_bytes()


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("level", [0, 1, 7, 255])
def test_a_mask_that_leaves_nothing_to_do_is_an_error(
    folder: Path, level: int, invert: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    imgproc.write_image(folder / "flat.png", np.full((40, 50), level, np.uint8))
    arguments = ["inpaint", str(folder / "in.png"), "--mask", str(folder / "flat.png"), "-o", str(folder / "out.png")]
    assert main([*arguments, *["--invert-mask"] * invert]) == 1
    said = capsys.readouterr().err
    what = "at least one pixel, got none" if (level == 0) != invert else "less than the whole image, got all"
    assert f"--mask must select {what} of 2000: " in said
    assert f"was read as a constant, {level}" in said
    assert not (folder / "out.png").exists()


def _piped(arguments: list[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "imgproc", *arguments], input=given, capture_output=True, check=False)


def test_standard_input_and_output(folder: Path) -> None:
    image, mask = (folder / "in.png").read_bytes(), (folder / "mask.png").read_bytes()
    base = ["--method", "harmonic", "-o"]
    assert (
        main(["inpaint", str(folder / "in.png"), "--mask", str(folder / "mask.png"), *base, str(folder / "a.png")]) == 0
    )
    expected = imgproc.read_image(folder / "a.png")
    for arguments, given in (
        (["inpaint", "-", "--mask", str(folder / "mask.png"), *base, "-"], image),
        (["inpaint", str(folder / "in.png"), "--mask", "-", *base, "-"], mask),
    ):
        done = _piped(arguments, given)
        assert done.returncode == 0, done.stderr
        np.testing.assert_array_equal(imgproc.read_image(io.BytesIO(done.stdout)), expected)
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "in.png", "mask.png"]
    done = _piped(["inpaint", "-", "--mask", "-", *base, "-"], image)
    assert done.returncode == 1
    assert b"cannot both be standard input" in done.stderr
    done = _piped(["inpaint", "-", "--box", "1,1,9,9", *base, "-"], b"")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"the file is empty" in done.stderr


def test_floats_go_to_standard_output_as_tiff(folder: Path) -> None:
    imgproc.write_image(folder / "f.tif", example_image("f4", (40, 50), 3))
    done = _piped(["inpaint", str(folder / "f.tif"), "--box", "3,3,9,9", "--method", "harmonic", "-o", "-"])
    assert done.returncode == 0
    assert imgproc.read_image(io.BytesIO(done.stdout)).dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.png", "--box", "1,1,9,9", "-o", "out.png"], "No such file"),
        (["mask.png", "--mask", "small.png", "-o", "out.png"], "--mask must have the (h, w) of image, (40, 50), got"),
        (["in.png", "--box", "60,1,70,9", "-o", "out.png"], "--box must lie in the image, 50x40 pixels, got"),
        (["in.png", "--box", "9,1,2,9", "-o", "out.png"], "--box must be (x0, y0, x1, y1) with x0 < x1"),
        (["in.png", "--box", "0,0,50,40", "-o", "out.png"], "mask must leave at least one whole patch"),
        (["in.png", "--box=-9,1,0,9", "-o", "out.png"], "--box must lie in the image, 50x40 pixels, got"),
        (["in.png", "--mask", "mask.png", "-o", "./mask.png"], "-o must be another file than the mask"),
        (["in.png", "--box", "1,1,9,9", "--invert-mask", "-o", "out.png"], "--invert-mask belongs to --mask"),
        (["in.png", "--box", "1,1,9,9", "-o", "out.gif"], "path must end in"),
        (["in.png", "--box", "1,1,9,9", "-o", "none/out.png"], "the folder to write into does not exist"),
        (["in.png", "--box", "1,1,9,9", "-o", "out.png", "--patch-size", "8"], "patch_size must be odd, got 8"),
        (["in.png", "--box", "1,1,9,9", "-o", "out.png", "--margin=-1"], "margin must be >= 0, got -1"),
        (["deep.png", "--box", "1,1,9,9", "-o", "out.jpg"], "JPEG"),
    ],
)
def test_failures_say_why_and_write_nothing(
    folder: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    imgproc.write_image("small.png", np.zeros((9, 9), np.uint8))
    imgproc.write_image("deep.png", np.zeros((40, 50), np.uint16))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["inpaint", *arguments]) == 1
    said = capsys.readouterr().err
    assert said.startswith("python -m imgproc inpaint: ")
    assert message in said
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.png", "-o", "out.png"], "one of the arguments --mask --box is required"),
        (["in.png", "--box", "1,2,3", "-o", "out.png"], "must be four numbers x0,y0,x1,y1, got '1,2,3'"),
        (["in.png", "--box", "1,2,3,4"], "-o/--output"),
        (["in.png", "--box", "1,2,3,4", "--mask", "mask.png", "-o", "out.png"], "not allowed with"),
    ],
)
def test_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["inpaint", *arguments])
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_the_output_may_be_the_input_and_is_replaced_whole(folder: Path) -> None:
    path = folder / "in.png"
    assert main(["inpaint", str(path), "--mask", str(folder / "mask.png"), "-o", str(path)]) == 0
    assert sorted(p.name for p in folder.iterdir()) == ["in.png", "mask.png"]
