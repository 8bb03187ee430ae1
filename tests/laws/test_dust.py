"""No box is returned that is thinner than the tolerance, from any path: transforms, mixes, tiles; in any format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, THIN, build, thinnest

import augment as A

H, W = 40, 56
DUST = (0.0, 1e-16, 1e-14, 1e-12, 1e-9, 1e-6, 1e-4, 9e-4)
FORMATS = ("pascal_voc", "coco", "yolo", "albumentations")


def slivers(edges_x: Any, edges_y: Any) -> np.ndarray:
    """Boxes that reach beyond upright and level lines by dust, from both sides, and boxes that are dust themselves."""
    rows = []
    for dust in DUST:
        for x in edges_x:
            rows += [(x - 7.0, 3.0, x + dust, 30.0), (x - dust, 3.0, x + 7.0, 30.0), (x, 5.0, x + dust, 20.0)]
        for y in edges_y:
            rows += [(3.0, y - 7.0, 30.0, y + dust), (3.0, y - dust, 30.0, y + 7.0), (5.0, y, 20.0, y + dust)]
    boxes = np.array(rows)
    # What a box of another format means in pixels has the rounding of its own, too.
    return boxes[(boxes[:, 2] >= boxes[:, 0]) & (boxes[:, 3] >= boxes[:, 1])]


BOXES = slivers(range(0, W + 1, 5), range(0, H + 1, 4))


def written(boxes: np.ndarray, box_format: str, height: int, width: int) -> np.ndarray:
    x0, y0, x1, y1 = boxes.T
    columns = {
        "pascal_voc": (x0, y0, x1, y1),
        "coco": (x0, y0, x1 - x0, y1 - y0),
        "yolo": ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height),
        "albumentations": (x0 / width, y0 / height, x1 / width, y1 / height),
    }
    return np.stack(columns[box_format], axis=1)


def check(boxes: Any, box_format: str, height: int, width: int, *, single: bool = False) -> None:
    """All sides are as long as the tolerance; in float32 as long as its steps let them be, and above 0."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    if not len(boxes):
        return
    if box_format in ("pascal_voc", "albumentations"):
        sides = boxes[:, 2:] - boxes[:, :2]
    else:
        sides = boxes[:, 2:]
    if box_format in ("yolo", "albumentations"):
        sides = sides * (width, height)
    least = max(1e-3, 2**-22 * max(height, width)) * (0.98 if single else 1 - 1e-6)
    assert sides.min() >= least, f"a side of {sides.min()} px"


@pytest.mark.parametrize(
    ("name", "params"), [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate(EXAMPLES)]
)
def test_of_transforms(name: str, params: dict[str, Any]) -> None:
    image = np.zeros((H, W, 3), np.uint8)
    image[::3, ::5] = 90
    transform = A.Sequential([build(name, {**params, "p": 1.0})])
    sizes = A.Resize(size=(150, 203)), A.CenterCrop(size=(96, 128), pad=True)
    for box_format in FORMATS:
        boxes = written(BOXES, box_format, H, W)
        for given in (boxes.tolist(), boxes.astype(np.float32)):
            options = {"box_format": box_format, "box_outside": "clip", "clip": box_format != "coco"}
            chain = A.Compose([*sizes[:1], transform], box_fields=(), **options)
            done = chain(image=image, boxes=given, key=(0, 1))
            check(done["boxes"], box_format, *done["image"].shape[:2], single=isinstance(given, np.ndarray))
    chain = A.Compose([transform], box_outside="clip", box_fields=())
    for key in range(8):  # then a compiled chain runs, where there is one
        done = chain(image=image, boxes=BOXES, key=key) if name not in _TOO_LARGE else None
        if done is not None:
            check(done["boxes"], "pascal_voc", *done["image"].shape[:2])


_TOO_LARGE = {"Crop", "CenterCrop"}
"""They refuse the small image."""


@pytest.mark.parametrize("size", [(30, 40), (29, 41)])
def test_of_crops_that_meet_the_edges(size: tuple[int, int]) -> None:
    image = np.zeros((H, W), np.uint8)
    every = slivers(range(W + 1), range(H + 1))
    chain = A.Compose([A.Crop(size=size), A.HorizontalFlip()], box_outside="clip", box_fields=())
    for key in range(20):
        check(chain(image=image, boxes=every, key=key)["boxes"], "pascal_voc", *size)
    together = chain.batch(np.stack([image] * 4), boxes=[every] * 4, keys=range(4), workers=2)
    for boxes in together["boxes"]:
        check(boxes, "pascal_voc", *size)


@pytest.mark.parametrize(
    ("name", "params"), [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate(MIXES)]
)
def test_of_mixes(name: str, params: dict[str, Any]) -> None:
    every = slivers(range(W + 1), range(H + 1))
    if name == "CopyPaste":
        every = every[::40]
    masks = [np.zeros((H, W), np.uint8) for _ in every]
    for k, mask in enumerate(masks):
        mask[3 + k % 20 : 9 + k % 20, 5 + k % 30 : 20 + k % 30] = 1
    image = np.zeros((H, W, 3), np.uint8)
    mix = build(name, params)
    for box_format in FORMATS:
        given = {"image": image, "boxes": written(every, box_format, H, W).tolist()}
        if name == "CopyPaste":
            given["masks"] = masks
        for options in ({}, {"min_visibility": 0.1}):
            chain = A.Compose([mix], box_format=box_format, box_outside="clip", box_fields=(), **options)
            for k in range(3):
                done = chain(**given, key=(0, k), donors=[given] * 4)
                check(done["boxes"], box_format, *done["image"].shape[:2])
                assert len(done["box_weights"]) == len(done["boxes"])
    instances = {"instances": [masks] * 4} if name == "CopyPaste" else {}
    numbers = [list(range(len(every)))] * 4
    batch = mix(
        np.stack([image] * 4), boxes=[every] * 4, box_labels=numbers, keys=[(0, k) for k in range(4)], **instances
    )
    for boxes, labels, made in zip(batch.boxes, batch.box_labels, batch.images):
        check(boxes, "pascal_voc", *made.shape[:2])
        assert len(labels) == len(boxes)
    kept = build(name, {**params, "p": 0.0})
    batch = kept(np.stack([image] * 4), boxes=[every] * 4, keys=[(0, k) for k in range(4)], **instances)
    for boxes in batch.boxes:
        check(boxes, "pascal_voc", H, W)


@pytest.mark.parametrize("overlap", [0.0, 0.3])
def test_of_tiles(overlap: float) -> None:
    every = slivers(range(W + 1), range(H + 1))
    for one in A.tile(np.zeros((H, W)), every, size=(20, 28), overlap=overlap):
        check(one.boxes, "pascal_voc", *one.image.shape[:2])
        assert len(one.rows) == len(one.visible) == len(one.boxes)


def test_of_boxes_that_are_brought_back() -> None:
    chain = A.Compose([A.CenterCrop(size=(20, 28))])
    back = chain.invert(0, (H, W), boxes=slivers(range(-10, 40), range(-10, 30)))["boxes"]
    check(back[back.any(axis=1)], "pascal_voc", H, W)


def test_large_images_have_a_tolerance_of_their_own() -> None:
    """In float32 neighbouring coordinates lie 0.004 px apart there: what is thinner would come back without a side."""
    assert thinnest(3000, 4000) == THIN
    x = 40000.0
    chain = A.Compose([A.CenterCrop(size=(2, 50000), pad=True)], box_fields=())
    boxes = np.array([(x, 0.0, x + side, 1.0) for side in (2e-3, 5e-3, 2e-2)], np.float64)
    done = chain(image=np.zeros((2, 50000), np.uint8), boxes=boxes, key=0)["boxes"].astype(np.float32)
    assert len(done) == 1
    assert (done[:, 2] > done[:, 0]).all()


def test_real_boxes_keep_every_bit() -> None:
    """A box of a thousandth of a pixel is no dust, and the dust at the sides of a larger one stays as it came."""
    image = np.zeros((H, W), np.uint8)
    boxes = [(3.0, 4.0, 3.0011, 9.0), (1.0, 1.0, 7.000000000000001, 8.0)]
    assert A.Compose([A.HorizontalFlip(p=0.0)], box_fields=())(image=image, boxes=boxes, key=0)["boxes"] == boxes
    owner_is_all = A.CutMix(lam=1.0)(np.stack([image] * 2), boxes=[boxes] * 2, keys=[(0, 0), (0, 1)])
    assert owner_is_all.boxes[0] == boxes
