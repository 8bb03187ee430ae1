"""Boxes at the door of a chain: those that reach out of the image, numbers of another format, further columns."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import augment as A

IMAGE = np.zeros((100, 200, 3), np.uint8)


def flipped(boxes: Any, **options: Any) -> dict[str, Any]:
    fields = {"labels": list(range(len(boxes)))}
    return A.Compose([A.HorizontalFlip(p=1)], **options)(image=IMAGE, boxes=boxes, **fields, key=0)


# --- boxes that reach out ---------------------------------------------------------------------------------------------

OUT = {
    "pascal_voc": [(10, 20, 50, 60), (150, 20, 210, 60), (300, 20, 310, 30)],
    "coco": [(10, 20, 40, 40), (150, 20, 60, 40), (300, 20, 10, 10)],
    "albumentations": [(0.05, 0.2, 0.25, 0.6), (0.75, 0.2, 1.05, 0.6), (1.5, 0.2, 1.55, 0.3)],
    "yolo": [(0.15, 0.4, 0.2, 0.4), (0.9, 0.4, 0.3, 0.4), (1.525, 0.25, 0.05, 0.1)],
}


@pytest.mark.parametrize("box_format", list(OUT))
def test_what_reaches_out_is_refused_cut_or_left_out(box_format: str) -> None:
    boxes, size = OUT[box_format], (200, 100) if box_format in ("yolo", "albumentations") else (1, 1)
    with pytest.raises(ValueError, match=r"must lie in the image of \(h, w\) = \(100, 200\), within a pixel.*in row 1"):
        flipped(boxes, box_format=box_format)
    assert flipped(boxes, box_format=box_format, box_outside="clip")["labels"] == [0, 1]
    cut = flipped(boxes[1:], box_format=box_format, box_outside="clip")["boxes"]
    corners = {"coco": (0, 20, 50, 40), "yolo": (25, 40, 50, 40)}.get(box_format, (0, 20, 50, 60))
    np.testing.assert_allclose(np.multiply(cut, size * 2), [corners], atol=1e-9)
    dropped = flipped(boxes, box_format=box_format, box_outside="drop")
    assert dropped["labels"] == [0]
    assert dropped["boxes"] == flipped(boxes[:1], box_format=box_format)["boxes"]


def test_rounding_is_no_error() -> None:
    assert flipped([(-0.9, 0, 200.9, 100.4)])["boxes"] == [(0, 0, 200, 100)]
    with pytest.raises(ValueError, match="must lie in the image"):
        flipped([(-1.1, 0, 20, 20)])


def test_every_door_has_the_same_rule() -> None:
    chain = A.Compose([A.BoxSafeCrop(size=(20, 20))])
    far = [(150.0, 20.0, 260.0, 60.0)]
    record = chain.draw(0, IMAGE.shape, boxes=[(150.0, 20.0, 160.0, 60.0)])
    mixing = A.Compose([A.MixUp()])
    fine = {"image": IMAGE, "boxes": [(1.0, 2.0, 30.0, 40.0)]}
    for call in (
        lambda: chain(image=IMAGE, boxes=far, key=0),
        lambda: chain.batch([IMAGE], boxes=[far], keys=[0]),
        lambda: chain.draw(0, IMAGE.shape, boxes=far),
        lambda: chain.replay(record, image=IMAGE, boxes=far),
        lambda: mixing(**fine, key=(0, 0), donors=[{"image": IMAGE, "boxes": far}]),
    ):
        with pytest.raises(ValueError, match="boxes in format 'pascal_voc' must lie in the image"):
            call()
    dropping = A.Compose([A.MixUp(lam=0.5)], box_outside="drop")
    assert len(dropping(**fine, key=(0, 0), donors=[{"image": IMAGE, "boxes": far}])["boxes"]) == 1
    with pytest.raises(ValueError, match="box_outside must be one of 'clip', 'raise', 'drop', got 'cut'"):
        A.Compose([], box_outside="cut")


@pytest.mark.parametrize(
    ("boxes", "box_format", "message"),
    [
        ([(120, 30, 70, 50)], "pascal_voc", "all of them would lie in it as box_format='coco', rows"),
        ([(120, 30, 190, 80)], "coco", "all of them would lie in it as box_format='pascal_voc', rows"),
        ([(20, 30, 50, 60)], "yolo", "the numbers look like pixels, and .*'pascal_voc'.* or box_format='coco'"),
        ([(5, 3, 8, 6)], "albumentations", "the numbers look like pixels"),
        ([(0.5, 0.5, 0.2, 0.2)], "albumentations", "look like fractions of the image, and .* box_format='yolo'"),
        ([(0.2, 0.1, 0.9, 0.4)], "yolo", "look like fractions of the image, and .* box_format='albumentations'"),
        ([(120, 30, 900, 50)], "pascal_voc", r"got \(120, 30, 900, 50\) in row 0$"),
    ],
)
def test_the_message_says_what_the_numbers_look_like(boxes: Any, box_format: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        flipped(boxes, box_format=box_format)


def test_fractions_as_pixels_are_warned_of() -> None:
    fractions = [(0.1, 0.2, 0.5, 0.6), (0.0, 0.0, 1.0, 1.0)]
    with pytest.warns(UserWarning, match="lie in the first pixel .* fractions of the image, .*='albumentations'"):
        assert len(flipped(fractions)["boxes"]) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flipped([(0, 0, 1, 1)])  # the first pixel
        flipped([*fractions, (1, 2, 30, 40)])
        flipped(fractions, box_outside="clip")
        A.Compose([])(image=IMAGE[:1, :1], boxes=fractions, key=0)


# --- further columns --------------------------------------------------------------------------------------------------

ROWS: list[Any] = [
    (10.0, 20.0, 50.0, 60.0, "dog", 7),
    (300.0, 20.0, 310.0, 30.0, "owl", 8),
    (60.0, 1.0, 90.0, 9.0, None, 2**70),
]


def test_what_stands_behind_a_box_comes_with_it() -> None:
    made = flipped(ROWS, box_outside="clip")
    assert made["boxes"] == [(150.0, 20.0, 190.0, 60.0, "dog", 7), (110.0, 1.0, 140.0, 9.0, None, 2**70)]
    assert made["labels"] == [0, 2]
    listed = flipped(tuple(list(row) for row in ROWS), box_outside="clip")["boxes"]
    assert listed == tuple(list(row) for row in made["boxes"])
    with pytest.raises(ValueError, match="rows of different lengths"):
        flipped([ROWS[0], ROWS[1][:5]])


@pytest.mark.parametrize(
    ("given", "expected"), [("f4", "f4"), ("f8", "f8"), ("i2", "f4"), ("i4", "f8"), ("i8", "f8"), ("f2", "f4")]
)
def test_columns_of_arrays_stay_exact(given: str, expected: str) -> None:
    top = {"i4": 2**31 - 1, "i8": 2**53, "f8": 0.1, "f4": 0.1, "f2": 0.1, "i2": 32767}[given]
    rows = np.array([(10, 20, 50, 60, top, 3), (60, 1, 90, 9, -top, 4)], given)
    rows.flags.writeable = False
    made = flipped(rows, box_format="coco")["boxes"]
    assert made.dtype == np.dtype(expected)
    np.testing.assert_array_equal(made, [(140, 20, 50, 60, rows[0, 4], 3), (50, 1, 90, 9, rows[1, 4], 4)])
    assert flipped(rows[:0], box_format="coco")["boxes"].shape == (0, 6)
    if given == "i8":
        with pytest.raises(ValueError, match=r"further columns of numbers up to 2\^53 in size.*field of its own"):
            flipped(rows * 2)


@pytest.mark.parametrize("mix", [A.MixUp(lam=0.5), A.CutMix(lam=0.5), A.Mosaic(), A.CopyPaste(objects=(2, 2))])
def test_columns_are_mixed_with_their_boxes(mix: Any) -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    boxes = [(4.0, 4.0, 24.0, 20.0), (30.0, 10.0, 56.0, 36.0)]
    masks = np.zeros((2, 40, 60), np.uint8)
    for mask, (x0, y0, x1, y1) in zip(masks, np.array(boxes, int)):
        mask[y0:y1, x0:x1] = 1
    host = {"image": image, "masks": masks, "boxes": [(*b, "own", k) for k, b in enumerate(boxes)]}
    guest = {"image": image, "masks": masks, "boxes": [(*b, "other", k) for k, b in enumerate(boxes)]}
    arrays = [
        dict(one, boxes=np.array([(*b, n, k) for k, b in enumerate(boxes)])) for n, one in enumerate((host, guest))
    ]
    for key in range(4):
        chain = A.Compose([mix, A.HorizontalFlip(p=1)])
        made = chain(
            **host, labels=["own 0", "own 1"], key=(0, key), donors=[dict(guest, labels=["other 0", "other 1"])]
        )
        assert [f"{row[4]} {row[5]}" for row in made["boxes"]] == made["labels"]
        plain = chain(image=image, masks=masks, boxes=boxes, key=(0, key), donors=[{**guest, "boxes": boxes}])
        assert [row[:4] for row in made["boxes"]] == plain["boxes"]
        as_array = chain(**arrays[0], key=(0, key), donors=[arrays[1]])["boxes"]
        names = {"own": 0.0, "other": 1.0}
        np.testing.assert_array_equal(as_array, [(*row[:4], names[row[4]], row[5]) for row in made["boxes"]])
    with pytest.raises(ValueError, match=r"boxes of a donor must have the shape of the sample's"):
        A.Compose([A.MixUp()])(image=image, boxes=host["boxes"], key=(0, 0), donors=[{"image": image, "boxes": boxes}])


def test_columns_go_through_every_door() -> None:
    chain = A.Compose([A.Rotate(angle=(-20, 20)), A.Crop(size=(60, 80))], box_format="yolo")
    rows = [(0.3, 0.4, 0.2, 0.3, "a"), (0.7, 0.5, 0.4, 0.6, "b"), (0.1, 0.1, 0.05, 0.05, "c")]
    for key in range(7):  # a compiled chain, too
        made = chain(image=IMAGE, boxes=rows, key=key)
        plain = chain(image=IMAGE, boxes=[row[:4] for row in rows], labels=["a", "b", "c"], key=key)
        assert made["boxes"] == [(*row, name) for row, name in zip(plain["boxes"], plain["labels"])]
        assert chain.replay(chain.draw(key, IMAGE.shape), image=IMAGE, boxes=rows)["boxes"] == made["boxes"]
        assert chain.batch([IMAGE], boxes=[rows], keys=[key])["boxes"] == [made["boxes"]]
        back = chain.invert(key, IMAGE.shape, boxes=made["boxes"])["boxes"]
        assert [row[4] for row in back] == [row[4] for row in made["boxes"]]
