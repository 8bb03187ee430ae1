"""The gallery's pages of transforms: what they show, and how mask, boxes and keypoints are drawn."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import augment
from augment._inventory import EXAMPLES, MIXES, SIZE
from gallery import __main__ as command
from gallery import _draw, _page, _transforms
from gallery._photos import Photo, packaged

PAGES = [name for name in _page.names() if name.startswith("augment_")]
BLACK = np.zeros((20, 30, 3), np.uint8)
FAINT = 16
"""What OpenCV's smooth lines leave beside them [levels]."""


def page(name: str) -> object:
    return importlib.import_module(f"gallery.pages.{name}")


def test_every_transform_of_the_inventory_stands_on_one_page() -> None:
    shown = [transform for name in PAGES for transform in _transforms.names(page(name).MODULES)]
    assert sorted(shown) == sorted({name for name, _ in (*EXAMPLES, *MIXES)})


@pytest.mark.parametrize("name", PAGES)
def test_every_transform_says_what_to_look_at(name: str) -> None:
    for transform in _transforms.names(page(name).MODULES):
        assert re.fullmatch(r"\S.*\.", _transforms.look(transform)), f"{transform} declares no look"


@pytest.mark.parametrize("name", [*PAGES, "fusion"])
def test_page_is_made(tmp_path: Path, name: str) -> None:
    assert command.main([name, "--max-side", "96", "--out", str(tmp_path)]) == 0
    text = (tmp_path / f"{name}.html").read_text()
    assert "Could not be shown" not in text
    for transform in _transforms.names(getattr(page(name), "MODULES", ())):
        assert f"<h2>{transform}</h2>" in text
        assert f"<code>{transform}(" in text


def test_a_users_photo_of_any_kind_is_shown(tmp_path: Path) -> None:
    import imgproc

    file = tmp_path / "grey.png"
    imgproc.write_image(file, (np.arange(60 * 90).reshape(60, 90) * 12).astype(np.uint16))
    assert command.main(["augment_erase", "--image", str(file), "--out", str(tmp_path / "site")]) == 0
    assert "before: grey.png, 90×60" in (tmp_path / "site" / "augment_erase.html").read_text()


# --- things on photos -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*_draw.THINGS, "camera"])
@pytest.mark.parametrize("side", [96, 256])
def test_things_on_a_photo(name: str, side: int) -> None:
    sample = _draw.targets(packaged(name, max_side=1024), side=side)
    h, w = sample["image"].shape[:2]
    assert max(h, w) == side
    assert sample["mask"].shape == (h, w)
    for label, (x0, y0, x1, y1) in zip(sample["labels"], sample["boxes"], strict=True):
        y, x = np.nonzero(sample["mask"] == label)
        drawn = np.array((x.min(), y.min(), x.max() + 1, y.max() + 1))
        # A thin tip of an outline may hold no pixel's centre, but nothing lies beyond the box.
        assert (np.abs(drawn - (x0, y0, x1, y1)) < 3).all()
        assert x0 <= x.min() + 0.5 < x.max() + 0.5 <= x1
        assert y0 <= y.min() + 0.5 < y.max() + 0.5 <= y1
    assert ((sample["keypoints"] > 0) & (sample["keypoints"] < (w, h))).all()
    assert len(sample["keypoint_labels"]) == len(sample["keypoints"])


def test_things_are_the_same_on_a_shrunk_photo() -> None:
    large, small = (
        _draw.targets(packaged("astronaut", max_side=side), side=side)["keypoints"] / side for side in (512, 128)
    )
    np.testing.assert_allclose(large, small, atol=0.003)


# --- drawing ----------------------------------------------------------------------------------------------------------


def lit(picture: np.ndarray) -> tuple[list[int], list[int]]:
    seen = picture.reshape(*picture.shape[:2], -1).any(axis=2)
    return np.flatnonzero(seen.any(axis=1)).tolist(), np.flatnonzero(seen.any(axis=0)).tolist()


def test_a_box_is_drawn_on_its_edges() -> None:
    picture = _draw.draw(BLACK, boxes=[(5, 4, 15, 12)])
    brightest = picture.max(axis=2)
    brightest[brightest < FAINT] = 0
    # An edge between two pixels lights both alike.
    for line in (brightest[8, 3:7], brightest[8, 13:17], brightest[2:6, 10], brightest[10:14, 10]):
        assert line[0] == line[3] == 0
        assert abs(int(line[1]) - int(line[2])) < FAINT
        assert line[1] > 60
    assert lit(brightest) == (list(range(3, 13)), list(range(4, 16)))


def test_a_box_along_the_border_is_seen() -> None:
    picture = _draw.draw(BLACK, boxes=[(0, 0, 30, 20)])
    assert (picture[[0, -1]].max(axis=2) > 200).all()
    assert (picture[:, [0, -1]].max(axis=2) > 200).all()
    assert not picture[2:-2, 2:-2].any()


def test_a_keypoint_is_drawn_round_its_place() -> None:
    rows, columns = lit(_draw.draw(BLACK, keypoints=[(10.5, 7.5)]))
    assert (rows[0] + rows[-1]) / 2 == 7
    assert (columns[0] + columns[-1]) / 2 == 10
    rows, columns = lit(_draw.draw(BLACK, keypoints=[(10, 7)]))  # a corner between four pixels
    assert (rows[0] + rows[-1]) / 2 == 6.5
    assert (columns[0] + columns[-1]) / 2 == 9.5


def test_a_mask_is_tinted_inside_and_outlined() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5:12, 8:20] = 2
    picture = _draw.draw(BLACK, mask=mask)
    assert lit(picture) == (list(range(5, 12)), list(range(8, 20)))
    assert (picture[5, 8:20] == picture[5, 8]).all()
    assert picture[5, 8].sum() > 2 * picture[8, 14].sum()
    assert picture[8, 14].argmax() == 2  # the colour of label 2 is a blue


def test_labels_choose_the_colours() -> None:
    boxes = [(2, 2, 10, 10), (12, 2, 20, 10)]
    both = _draw.draw(BLACK, boxes=boxes, labels=[1, 2])
    assert (_draw.draw(BLACK, boxes=boxes[1:], labels=[2])[:, 12:22] == both[:, 12:22]).all()
    assert (_draw.draw(BLACK, boxes=boxes[1:], labels=[1])[:, 12:22] != both[:, 12:22]).any()


@pytest.mark.parametrize("image", [np.full((9, 8), 0.5), np.full((9, 8, 1), 128, np.uint8)], ids=["float", "channel"])
def test_drawing_makes_a_copy_in_colour(image: np.ndarray) -> None:
    image.setflags(write=False)
    picture = _draw.draw(image, mask=np.zeros((9, 8), bool), boxes=np.zeros((0, 4)), keypoints=[], more=1)
    assert picture.shape == (9, 8, 3)
    assert (picture == 128).all()
    assert not np.shares_memory(picture, image)


# --- the pages' parts -------------------------------------------------------------------------------------------------


def test_keys_with_the_same_picture_are_shown_once() -> None:
    given = {"image": np.random.default_rng(0).integers(0, 255, (8, 12, 3), np.uint8)}
    turned = [result["image"] for _, result in _transforms.different(augment.Rotate90(p=1), given)]
    assert len(turned) == len({(image.shape, image.tobytes()) for image in turned}) > 1
    assert not any(np.array_equal(image, given["image"]) for image in turned)
    assert [key for key, _ in _transforms.different(augment.HorizontalFlip(p=1), given)] == [1]
    assert [key for key, _ in _transforms.different(augment.HorizontalFlip(p=0), given)] == [1]


def test_sizes_follow_the_picture() -> None:
    h, w = SIZE
    given = {"size": (h // 2, w // 4), "p": 1.0}
    assert _transforms.fitted(given, 2 * h, 3 * w) == {"size": (h, 3 * w // 4), "p": 1.0}
    assert _transforms.fitted({"padding": 9}, 2 * h, 3 * w) == {"padding": 18}
    assert given["size"] == (h // 2, w // 4)


def test_numbers_leave_out_what_says_nothing() -> None:
    params = {"angle": 12.3456, "fast": True, "stream": 323148373979561, "corners": [(1, 2)], "mask_fill": (1, 2.5)}
    assert _transforms.numbers(params) == ["angle 12.3", "fast True", "mask fill 1 2.5"]
    assert _transforms.numbers({"operations": [["Rotate", -81.04]]}) == ["Rotate -81"]


def test_a_call_names_what_is_given() -> None:
    assert _transforms.call("Rotate", {"p": 1.0}) == "Rotate()"
    assert _transforms.call("Pad", {"padding": 3, "border": "constant"}) == "Pad(padding=3)"
    assert _transforms.call("MatchHistogram", {"references": (BLACK,)}) == "MatchHistogram(references=(…))"


def test_pictures_of_a_row_have_one_scale() -> None:
    white = np.full((4, 5, 3), 255, np.uint8)
    made = _transforms.one_scale({"a": white, "b": white[:2, :3]})
    assert made["a"] is white
    assert made["b"].shape == (4, 5, 3)
    assert (made["b"][:2, :3] == 255).all()
    assert (made["b"][2:] == _transforms.GROUND).all()


class Recorder:
    """A page of which only the tables count."""

    max_side = 1024

    def __init__(self) -> None:
        self.tables: list[Sequence[Sequence[object]]] = []

    def photo(self, name: str) -> Photo:
        return packaged(name, max_side=160)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        self.tables.append(rows)

    def heading(self, *args: object, **kwargs: object) -> None:
        """Nothing is written."""

    text = figures = zoom = thumbnail = plots = heading


def test_fusion_is_nearer_to_the_truth() -> None:
    recorder = Recorder()
    page("fusion").truth(recorder, 160)
    decibels = {name: float(str(value).split()[0]) for name, value, _ in recorder.tables[0]}
    assert decibels["bilinear, fused"] > decibels["bilinear, stage by stage"] + 4
    assert decibels["bicubic, fused"] > decibels["bicubic, stage by stage"] + 4
    assert decibels["bicubic, fused"] > 35


def test_turns_that_add_up_to_none_change_nothing_when_fused() -> None:
    recorder = Recorder()
    page("fusion").there_and_back(recorder, 120)
    fused, stepwise = recorder.tables[0]
    assert fused[1:3] == ["every pixel equal", 0]
    assert stepwise[2] > 20
