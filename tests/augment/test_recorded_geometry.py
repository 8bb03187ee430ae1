"""Recorded chains that move pixels of every kind: dtypes and channels, borders that are shown, interpolations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.recorded import CompiledChain, ordinary, recorded

import augment as A

KINDS = (
    ((21, 26, 3), np.uint8), ((21, 26), np.uint8), ((18, 23, 2), np.uint16), ((21, 26, 4), np.float32),
    ((12, 17, 5), np.float64), ((21, 26), np.float32),
)  # fmt: skip
CHAINS: list[list[Any]] = [
    [A.Affine(rotate=(-40, 40), border="constant", fill=0.4), A.HorizontalFlip(), A.Rotate(border="reflect_101")],
    [A.Affine(rotate=(-40, 40), border="reflect", p=1), A.Affine(translate=(-0.4, 0.4)), A.Invert()],
    [A.Affine(border="replicate", interpolation="nearest", p=1), A.Perspective(interpolation="nearest")],
    [A.Perspective(interpolation="bicubic", p=1), A.VerticalFlip(), A.Rotate(interpolation="bicubic"), A.Invert()],
    [A.Pad(padding=4, border="reflect", p=0.7), A.Crop(size=(10, 12), p=1), A.HorizontalFlip()],
    [A.PadToSize(size=(30, 31), fill=0.2), A.Crop(size=(16, 17)), A.HorizontalFlip(), A.Normalize(mean=0.5, std=0.2)],
    [A.Crop(size=(9, 9), p=1), A.PadToSize(size=(14, 13)), A.Affine(p=0.4)],
    [A.ResizedCrop(size=(14, 15), interpolation="bilinear", p=1), A.Rotate(p=0.6, fill=0.5)],
    [A.OneOf([A.ResizedCrop(size=(14, 15), p=1), A.ResizedCrop(size=(14, 15), interpolation="bilinear", p=1)])],
]  # fmt: skip


@pytest.mark.parametrize("transforms", CHAINS, ids=lambda chain: "-".join(type(t).__name__ for t in chain))
def test_every_kind(transforms: list[Any], rng: np.random.Generator) -> None:
    misses = tries = 0
    for shape, dtype in KINDS:
        image = (rng.random(shape) * (np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1)).astype(dtype)
        mask = rng.integers(0, 5, shape[:2]).astype(np.uint8)
        chain, plain = A.Compose(transforms, seed=2), ordinary(transforms, seed=2)
        made = recorded(chain, image)
        if made is None:  # no sampler takes means of so many channels, or of float64
            assert shape[2] == 5
            continue
        assert isinstance(made, CompiledChain)
        for key in range(10):
            expected = plain(image=image, mask=mask, key=key)
            np.testing.assert_array_equal(chain(image=image, key=key)["image"], expected["image"])
            np.testing.assert_array_equal(chain(image=image, mask=mask, key=key)["mask"], expected["mask"])
        misses, tries = misses + made.misses, tries + made.tries
    assert misses < 0.6 * tries


def test_padding_and_cropping_miss_nothing() -> None:
    chain = A.Compose([A.PadToSize(size=(40, 40)), A.Crop(size=(32, 32)), A.HorizontalFlip(), A.Normalize()])
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    made = recorded(chain, image)
    stepwise = A.Compose(chain.transforms, fuse=False)
    for key in range(30):
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], stepwise(image=image, key=key)["image"])
    assert (made.tries, made.misses) == (30, 0)
