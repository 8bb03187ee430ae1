"""`draw`, `replay`, `matrix`, `invert` and `explain` describe what the call did, for every transform and for groups."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, build, sample

import augment as A

SHAPE = (96, 128, 3)
KEYS = [3, (1, 4)]
LOOKING = [(name, params) for name, params in EXAMPLES if (t := build(name, params)).needs_boxes or t.needs_mask]


def flip_and(*others: Any) -> A.Sequential:
    return A.Sequential([A.HorizontalFlip(p=0.5), *others])


GROUPS = {
    "nested": A.Sequential([A.OneOf([flip_and(A.Rotate(fit=True)), A.SomeOf([A.Transpose(), A.BoxSafeCrop()], n=2)])]),
    "looking last": flip_and(A.Affine(p=1.0, scale=(0.6, 0.9)), A.BoxSafeCrop(), A.MaskDropout(p=1.0)),
    "looking twice": flip_and(A.BoxSafeCrop(), A.Rotate90(), A.BoxSafeCrop(size=(31, 40))),
    "some of them": A.SomeOf([A.BoxSafeCrop(), A.MaskDropout(p=1.0), A.CenterCrop(size=(30, 40))], n=(0, 2)),
}
CASES = [
    *(pytest.param(build(name, params), id=f"{name}-{k}") for k, (name, params) in enumerate(EXAMPLES)),
    *(pytest.param(group, id=name) for name, group in GROUPS.items()),
]


@pytest.mark.parametrize("transform", CASES)
def test_what_is_said_is_what_happened(transform: Any) -> None:
    chain, given = A.Compose([transform], seed=5, remove_invisible=False), sample(SHAPE[:2])
    seen = {name: given[name] for name in ("boxes", "mask")}
    for key in KEYS:
        done = chain(**given, key=key)
        record = json.loads(json.dumps(chain.draw(key, SHAPE, **seen)))
        again = chain.replay(record, **given)
        for name in done:
            np.testing.assert_array_equal(again[name], done[name], err_msg=name)
        height, width = done["image"].shape[:2]
        assert f"result: {width} x {height}," in chain.explain(SHAPE, key=key, **seen)
        back = chain.invert(record, SHAPE, keypoints=done["keypoints"])["keypoints"]
        np.testing.assert_allclose(back, given["keypoints"], atol=0.05)
        try:
            matrix = chain.matrix(key, SHAPE, **seen)
        except ValueError as error:
            assert "displaces points by a grid" in str(error)
            continue
        np.testing.assert_array_equal(matrix, chain.matrix(record, SHAPE))
        moved = np.column_stack((given["keypoints"], np.ones(len(given["keypoints"])))) @ matrix.T
        np.testing.assert_allclose(moved[:, :2] / moved[:, 2:], done["keypoints"], atol=1e-6)


@pytest.mark.parametrize(("name", "params"), LOOKING)
def test_what_a_draw_looks_at_must_be_given(name: str, params: dict[str, Any]) -> None:
    chain = A.Compose([A.HorizontalFlip(), build(name, params)])
    target = "boxes" if build(name, params).needs_boxes else "mask"
    for ask in (
        lambda: chain.draw(1, SHAPE),
        lambda: chain.matrix(1, SHAPE),
        lambda: chain.invert(1, SHAPE, keypoints=[(1.0, 2.0)]),
        lambda: chain.explain(SHAPE, key=1),
    ):
        with pytest.raises(ValueError, match=f"{target} must be given: .* what {name} draws"):
            ask()
    assert "pass" in chain.explain(SHAPE)  # of no key in particular
    with pytest.raises(TypeError, match="unknown target 'bokses'"):
        chain.draw(1, SHAPE, bokses=[])


def test_a_sample_without_them_says_so() -> None:
    image = sample(SHAPE[:2])["image"]
    for transform, nothing in (
        (A.BoxSafeCrop(), {"boxes": []}),
        (A.MaskDropout(p=1.0), {"mask": np.zeros(SHAPE[:2], bool)}),
    ):
        chain = A.Compose([transform])
        done = chain(image=image, key=7)["image"]
        np.testing.assert_array_equal(chain.replay(chain.draw(7, SHAPE, **nothing), image=image)["image"], done)


def test_boxes_that_a_mixing_has_brought_are_looked_at() -> None:
    donors = [sample(SHAPE[:2]) for _ in range(5)]
    given = sample(SHAPE[:2])
    chain = A.Compose([A.Mosaic(), A.BoxSafeCrop(), A.HorizontalFlip()], seed=2)
    for key in ((0, 1), (0, 2), (3, 5)):
        done = chain(**given, key=key, donors=donors)
        record = chain.draw(key, SHAPE, donors=donors, boxes=given["boxes"])
        again = chain.replay(json.loads(json.dumps(record)), **given, donors=donors)
        for name in ("image", "boxes", "labels", "mask"):
            np.testing.assert_array_equal(again[name], done[name], err_msg=name)
        height, width = done["image"].shape[:2]
        said = chain.explain(SHAPE, key=key, donors=donors, boxes=given["boxes"])
        assert f"result: {width} x {height}," in said


@pytest.mark.parametrize("box_format", ["pascal_voc", "coco", "yolo", "albumentations"])
@pytest.mark.parametrize(
    "transform", [A.Resize(size=(30, 21)), A.Rotate90(p=1.0), A.Pad(padding=(3, 50)), A.Letterbox(size=(40, 77))]
)
def test_boxes_come_back_in_the_size_of_the_input(transform: Any, box_format: str) -> None:
    given = sample(SHAPE[:2])
    height, width = SHAPE[:2]
    x0, y0, x1, y1 = given["boxes"].T
    boxes = {
        "pascal_voc": (x0, y0, x1, y1),
        "coco": (x0, y0, x1 - x0, y1 - y0),
        "yolo": ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height),
        "albumentations": (x0 / width, y0 / height, x1 / width, y1 / height),
    }[box_format]
    boxes = np.stack(boxes, axis=1)
    chain = A.Compose([transform], box_format=box_format, clip=False)
    done = chain(image=given["image"], boxes=boxes, labels=[0, 1, 2], key=3)
    back = chain.invert(3, SHAPE, boxes=done["boxes"])["boxes"]
    np.testing.assert_allclose(back, boxes[done["labels"]], atol=1e-9)
