"""``python -m imgproc inpaint``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.vocabulary import DTYPES

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
    expected = imgproc.inpaint_exemplar(np.array(photo[:40, :50]), HOLE, priority="tensor", blend=3)
    np.testing.assert_array_equal(imgproc.read_image(out), expected)
    assert sorted(path.name for path in folder.iterdir()) == ["in.png", "mask.png", "out.png"]


def test_boxes_and_options(folder: Path, photo: np.ndarray) -> None:
    out = folder / "out.png"
    arguments = ["inpaint", str(folder / "in.png"), "--box", "3,5,9,12.5", "--box=-4,30,5,60", "-o", str(out)]
    options = ["--margin", "1", "--patch-size", "7", "--priority", "criminisi", "--search", "fast", "--blend", "0"]
    assert main([*arguments, *options, "--quiet"]) == 0
    hole = np.zeros((40, 50), bool)
    hole[4:14, 2:10] = hole[29:, :6] = True
    expected = imgproc.inpaint_exemplar(np.array(photo[:40, :50]), hole, patch_size=7, search="fast")
    np.testing.assert_array_equal(imgproc.read_image(out), expected)


@pytest.mark.parametrize("method", ["harmonic", "biharmonic"])
def test_diffusion(folder: Path, photo: np.ndarray, method: str) -> None:
    out = folder / "out.png"
    assert (
        main(
            ["inpaint", str(folder / "in.png"), "--mask", str(folder / "mask.png"), "-o", str(out), "--method", method]
        )
        == 0
    )
    expected = imgproc.inpaint_diffusion(np.array(photo[:40, :50]), HOLE, order=method)
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


def test_grey_with_alpha_becomes_rgba(folder: Path) -> None:
    from PIL import Image

    Image.fromarray(example_image("u1", (40, 50), 2), "LA").save(folder / "la.png")
    arguments = ["inpaint", str(folder / "la.png"), "--box", "3,5,9,12", "-o", str(folder / "out.png")]
    assert main(arguments) == 0
    assert imgproc.read_image(folder / "out.png", mode="unchanged").shape == (40, 50, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.png", "--box", "1,1,9,9", "-o", "out.png"], "No such file"),
        (["mask.png", "--mask", "small.png", "-o", "out.png"], "--mask must have the (h, w) of image, (40, 50), got"),
        (["in.png", "--box", "60,1,70,9", "-o", "out.png"], "--box must lie in the image, 50x40 pixels, got"),
        (["in.png", "--box", "9,1,2,9", "-o", "out.png"], "--box must be (x0, y0, x1, y1) with x0 < x1"),
        (["in.png", "--box", "0,0,50,40", "-o", "out.png"], "mask must leave at least one whole patch"),
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
    before = sorted(folder.iterdir())
    assert main(["inpaint", *arguments]) == 1
    said = capsys.readouterr().err
    assert said.startswith("python -m imgproc inpaint: ")
    assert message in said
    assert sorted(folder.iterdir()) == before


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
