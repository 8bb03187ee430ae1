"""Text: it is Pillow's, lies in its place, is the same in every dtype, and says what the sample or the key says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment as A

pytest.importorskip("PIL.ImageFont")

SIZE = (48, 64)
WHITE = np.full((*SIZE, 3), 255, np.uint8)
BOXES = [(4, 4, 60, 20), (2, 24, 30, 44), (-20, 30, -1, 40)]
LABELS = ["Total 12.40", "two\nlines", "outside"]


def lines(transform: Any, key: Any = 0, **given: Any) -> list[Any]:
    found: list[Any] = A.Compose([transform], seed=1).draw(key, WHITE.shape, **given)["steps"][0]["params"]["lines"]
    return found


def test_a_text_is_what_pillow_draws() -> None:
    """At the place that was drawn, by Pillow's own way to mix a color."""
    from PIL import Image, ImageDraw, ImageFont

    transform = A.TextOverlay(texts=("Agj",), height=(0.4, 0.4), color=(0.2, 0.4, 0.6), p=1.0)
    for key in range(3):
        image = transform(image=WHITE, key=key)["image"]
        rows, columns = np.nonzero((image != 255).any(axis=-1))
        font = ImageFont.load_default(19)
        left, top, _, _ = font.getbbox("Agj")
        page = Image.fromarray(WHITE.copy())
        at = columns.min() - left, rows.min() - top
        ImageDraw.Draw(page).text(at, "Agj", fill=(51, 102, 153), font=font)
        expected = np.asarray(page).astype(int)
        assert (expected != 255).any()
        assert np.abs(image.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("angle", [0.0, 90.0, (20.0, 70.0)])
def test_texts_fit_their_boxes(angle: Any) -> None:
    """Whatever the font; what lies outside of the image gets none."""
    angle = (angle, angle) if isinstance(angle, float) else angle
    transform = A.TextOverlay(texts="labels", places="boxes", height=(1.0, 1.0), angle=angle, p=1.0)
    for key in range(3):
        image = A.Compose([transform], box_outside="clip")(image=WHITE, boxes=BOXES, labels=LABELS, key=key)["image"]
        dark = (image < 200).all(axis=-1)
        assert dark[4:20, 4:60].any()
        assert dark[24:44, 2:30].any()
        image[4:20, 4:60] = image[24:44, 2:30] = 255
        assert (image == 255).all()


def test_labels_are_written_into_their_boxes() -> None:
    transform = A.TextOverlay(texts="labels", places="boxes", p=1.0)
    boxes, labels = BOXES[:2], LABELS[:2]
    assert [line[:2] for line in lines(transform, boxes=boxes, labels=labels)] == [
        ["Total 12.40", [4, 4, 20, 60]],
        ["two lines", [24, 2, 44, 30]],
    ]
    assert lines(transform, boxes=boxes, labels=np.array([7, 8]))[1][0] == "8"
    assert not lines(transform, boxes=[], labels=[])
    with pytest.raises(ValueError, match=r"labels must be given with the boxes.*TextOverlay"):
        transform(image=WHITE, boxes=boxes)
    A.testing.check_transform(transform)


def test_the_share_of_the_places() -> None:
    places = tuple(((0.1 * i, 0.1 * i, 0.1 * i + 0.1, 0.1 * i + 0.1), str(i)) for i in range(10))
    transform = A.TextOverlay(places=places, share=(0.55, 0.55), p=1.0)
    seen = [[line[0] for line in lines(transform, key)] for key in range(30)]
    assert all(len(texts) == len(set(texts)) == 5 for texts in seen)
    assert set().union(*seen) == set("0123456789")


def test_the_same_picture_in_every_dtype_grey_and_rgb() -> None:
    transform = A.TextOverlay(count=(3, 3), color=0.25, opacity=(0.3, 0.9), angle=30, p=1.0)
    grey = np.random.default_rng(0).integers(0, 256, SIZE, np.uint8)
    eight = transform(image=grey, key=5)["image"].astype(float)
    assert (eight != grey).any()
    color = transform(image=np.repeat(grey[..., None], 3, axis=2), key=5)["image"]
    assert (color == eight[..., None]).all()
    sixteen = transform(image=grey.astype(np.uint16) * 257, key=5)["image"]
    floats = transform(image=grey.astype(np.float32) / 255, key=5)["image"]
    assert np.abs(sixteen / 257 - eight).max() <= 0.51
    assert np.abs(floats * 255.0 - eight).max() <= 0.51


def test_edits_of_words() -> None:
    words = ["a", "b", "c", "d", "e"]
    text = " ".join(words)
    for edit, most in (("keep", 5), ("swap", 5), ("deletion", 3), ("insertion", 7)):
        transform = A.TextOverlay(texts=(text, "x"), edits=(edit,), inserted=("the", "of"), p=1.0)
        found = {line[0] for key in range(40) for line in lines(transform, key)}
        long = [each.split() for each in found if "a" in each or "b" in each or "c" in each or len(each) > 5]
        assert {len(each) for each in long} == {most}
        assert (found == {text, "x"}) == (edit == "keep")
        for each in long:
            assert sorted(each)[: len(words)] == words or edit in ("deletion", "insertion")
            assert [word for word in each if word in words] == words or edit in ("swap", "deletion")
            assert edit != "deletion" or (each == sorted(each) and set(each) < set(words))
        if edit != "insertion":
            assert "x" in found  # one word always stays


def test_old_text_is_cleared_where_something_is_around_it() -> None:
    slope = np.tile(np.linspace(0.2, 0.8, 64, dtype=np.float32), (48, 1))
    spoiled = slope.copy()
    spoiled[20:30, 20:40] = 0
    place = ((0.25, 0.375, 0.6875, 0.6875), "\u00a0")  # a space: nothing is seen of it
    clear = A.TextOverlay(places=(place,), clear=True, p=1.0)
    np.testing.assert_allclose(clear(image=spoiled, key=0)["image"], slope, atol=1e-3)
    spoiled[17, 20] = np.nan
    np.testing.assert_array_equal(clear(image=spoiled, key=0)["image"], spoiled)
    everything = A.TextOverlay(places=(((0.0, 0.0, 1.0, 1.0), "\u00a0"),), clear=True, p=1.0)
    np.testing.assert_array_equal(everything(image=spoiled, key=0)["image"], spoiled)


def test_random_colors_and_records() -> None:
    transform = A.TextOverlay(count=(2, 2), color="random", characters="xyz", length=(2, 4), p=1.0)
    chain = A.Compose([transform], seed=1)
    record = json.loads(json.dumps(chain.draw(3, WHITE.shape)))
    image = chain(image=WHITE, key=3)["image"]
    np.testing.assert_array_equal(chain.replay(record, image=WHITE)["image"], image)
    assert len({line[0] for line in lines(transform, 3)}) == 2
    first = record["steps"][0]["params"]["lines"][0]
    for at, wrong, error in (
        (0, "abc", "must be a text that TextOverlay writes"),
        (0, "xxxxx", "must be a text that TextOverlay writes"),
        (0, "x\ny", "must be one line"),
        (0, "x" * 300, "1 to 256 characters"),
        (0, 3, "must be a text"),
        (1, [0, 0, 49, 64], "must be <= 48"),
        (2, 0.9, "in the range of the transform"),
    ):
        first[at], before = wrong, first[at]
        with pytest.raises((TypeError, ValueError), match=error):
            chain.replay(record, image=WHITE)
        first[at] = before


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"texts": "word"}, r"texts must be a tuple of texts, got 'word': write \('word',\)"),
        ({"texts": ()}, "texts must hold at least one"),
        ({"texts": ("a\tb",)}, r"texts\[0\] must be one line"),
        ({"texts": "labels"}, "places must be 'boxes' with texts='labels'"),
        ({"places": "box"}, "places must be one of"),
        ({"places": ((0.1, 0.2, 0.3, 0.4),)}, r"places\[0\] must be \(\(x0, y0, x1, y1\), text\)"),
        ({"places": (((10, 20, 30, 40), "a"),)}, "a fraction of the image's side"),
        ({"places": (((0.5, 0.2, 0.3, 0.4), "a"),)}, "with x0 < x1"),
        ({"font": "nothing.ttf"}, "font must be the path of a font file, there is none at 'nothing.ttf'"),
        ({"font": __file__}, "font must be a font file that Pillow reads"),
        ({"color": 128}, "color is a fraction of full scale: 128 of 255 is 0.502"),
        ({"color": 1.5}, "color must be <= 1"),
        ({"color": "red"}, "color must be one of"),
        ({"height": (12, 20)}, "height.* is a fraction of the image's side"),
        ({"edits": ("typo",)}, r"edits\[0\] must be one of"),
        ({"clear": 1}, "clear must be"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        A.TextOverlay(**wrong)


def test_a_font_file_is_part_of_recipes(tmp_path: Path) -> None:
    from PIL import ImageFont

    own = ImageFont.load_default(20)
    if not hasattr(own.path, "getvalue"):
        pytest.skip("this Pillow does not say what its own font is made of")
    file = tmp_path / "own.ttf"
    file.write_bytes(own.path.getvalue())
    chain = A.Compose([A.TextOverlay(texts=("Abc",), font=file, p=1.0)], seed=3)
    assert chain.transforms[0].font == os.fspath(file)
    again = A.Compose.from_json(chain.to_json())
    assert again == chain
    image = again(image=WHITE, key=2)["image"]
    plain = A.Compose([A.TextOverlay(texts=("Abc",), p=1.0)], seed=3)
    np.testing.assert_array_equal(image, plain(image=WHITE, key=2)["image"])


def test_an_image_that_is_too_small_or_too_thin_is_no_error() -> None:
    transform = A.TextOverlay(texts=("W" * 256,), height=(1.0, 1.0), angle=45, clear=True, p=1.0)
    for size in ((1, 1), (1, 400), (400, 1), (3, 5)):
        image = np.full(size, 9, np.uint8)
        assert transform(image=image, key=1)["image"].shape == size
