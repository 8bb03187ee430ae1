"""Many masks in one call: they share the points of the geometry, and each is what it would be alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import Transform

from augment import Affine, CoarseDropout, Compose, Crop, Elastic, HorizontalFlip, Perspective, Resize, Rotate90
from imgproc import get_num_threads, set_num_threads

TURN = {"p": 1.0, "rotate": (-40, 40), "scale": (0.6, 1.3)}
CHAINS: dict[str, list[Transform]] = {
    "detection": [HorizontalFlip(p=1.0), Affine(**TURN), Perspective(p=1.0)],
    "a label beside the image": [Affine(**TURN, mask_fill=1)],
    "mirrored": [Affine(**TURN, border="reflect")],
    "displaced": [Elastic(p=1.0, border="constant"), Affine(**TURN)],
    "whole pixels": [Crop((31, 40)), Rotate90(p=1.0)],
    "a cut": [Crop((31, 40)), Affine(**TURN)],
    "smaller": [Resize((20, 21))],
    "painted": [Affine(**TURN), CoarseDropout(p=1.0, mask_fill=1)],
}


def masks_of(size: tuple[int, int], dtype: str, channels: tuple[int, ...] = ()) -> list[np.ndarray]:
    """A box, a line at the edge, nothing, and labels everywhere."""
    masks = [np.zeros((*size, *channels), dtype) for _ in range(4)]
    masks[0][9:20, 12:30] = 1
    masks[1][:, -1] = 1
    masks[3][...] = np.random.default_rng(3).integers(0, 2 if dtype == "bool" else 100, masks[3].shape)
    return masks


def assert_alone(stages: list[Transform], masks: list[np.ndarray], size: tuple[int, int]) -> None:
    """Masks in a list, and in an array, become what each becomes alone."""
    chain, image = Compose(stages, seed=5), np.zeros((*size, 3), np.uint8)
    alone: list[Any] = [chain(image=image, mask=mask, key=2)["mask"] for mask in masks]
    for given in (masks, np.stack(masks)):
        found = chain(image=image, masks=given, key=2)["masks"]
        assert type(found) is type(given)
        for mask, one in zip(found, alone, strict=True):
            assert mask.dtype == one.dtype
            np.testing.assert_array_equal(mask, one)


@pytest.mark.parametrize(("dtype", "channels"), [("uint8", ()), ("bool", ()), ("int64", (2,)), ("float32", ())])
@pytest.mark.parametrize("name", CHAINS)
def test_many_masks_are_what_each_is_alone(name: str, dtype: str, channels: tuple[int, ...]) -> None:
    assert_alone(CHAINS[name], masks_of((45, 57), dtype, channels), (45, 57))


@pytest.mark.parametrize("name", ["detection", "displaced"])
def test_masks_of_several_blocks(name: str) -> None:
    threads = get_num_threads()
    try:
        for number in (1, 2):
            set_num_threads(number)
            assert_alone(CHAINS[name], masks_of((130, 1100), "uint8"), (130, 1100))
    finally:
        set_num_threads(threads)


def test_masks_that_differ_go_one_by_one() -> None:
    masks = [*masks_of((45, 57), "uint8"), *masks_of((45, 57), "int32", (2,))]
    chain, image = Compose(CHAINS["detection"], seed=5), np.zeros((45, 57, 3), np.uint8)
    for mask, given in zip(chain(image=image, masks=masks, key=2)["masks"], masks, strict=True):
        np.testing.assert_array_equal(mask, chain(image=image, mask=given, key=2)["mask"])


@pytest.mark.nojit
def test_no_mask_and_one() -> None:
    chain, image = Compose([Affine(**TURN)], seed=5), np.zeros((12, 14, 3), np.uint8)
    mask = np.eye(12, 14, dtype=np.uint8)
    assert chain(image=image, masks=[], key=2)["masks"] == []
    together, alone = (
        chain(image=image, masks=[mask, mask], key=2)["masks"],
        chain(image=image, mask=mask, key=2)["mask"],
    )
    np.testing.assert_array_equal(together, [alone, alone])
    assert alone.any()
