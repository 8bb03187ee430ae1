"""Filters with small windows as steps of a pass: the same bytes as stage by stage."""

from __future__ import annotations

import numpy as np
import pytest

import augment as A

BLUR = A.GaussianBlur(p=1)
CHAINS = {
    "between operations": [A.HorizontalFlip(), A.BrightnessContrast(p=1), BLUR, A.Normalize(mean=0.4, std=0.2)],
    "after a map": [A.Affine(p=1), BLUR, A.Solarize(p=1)],
    "after means over areas": [A.ResizedCrop(size=(20, 24)), BLUR, A.Invert(p=1)],
    "before noise and rectangles": [A.Posterize(p=1), BLUR, A.GaussianNoise(p=1), A.CoarseDropout(p=1)],
    "after a statistic": [A.Equalize(p=1), BLUR, A.Invert(p=0.5)],
    "any sigma": [A.Invert(p=1), A.GaussianBlur(sigma=(0.01, 6.0), p=1), A.BrightnessContrast(p=1)],
    "twice": [A.Invert(p=1), BLUR, A.Posterize(p=1), A.GaussianBlur(p=1), A.Solarize(p=1)],
    "means of squares": [A.Invert(p=1), A.BoxBlur(radius=(0, 9), p=1), A.Posterize(p=1)],
    "sharper": [A.Invert(p=1), A.Sharpen(p=1), A.Posterize(p=1), A.UnsharpMask(p=1), A.Solarize(p=1)],
    "unsharp masks": [
        A.Invert(p=1),
        A.UnsharpMask(sigma=(0.1, 7.0), amount=(0.5, 2), threshold=0.03, p=1),
        A.Invert(p=1),
    ],
    "relief": [A.Invert(p=1), A.Emboss(p=1), A.Invert(p=1)],
    "edges": [A.Invert(p=1), A.EdgeDetect(p=1), A.Invert(p=1), A.EdgeDetect(method="laplacian", p=1), A.Invert(p=1)],
    "sometimes": [A.HorizontalFlip(), A.GaussianBlur(p=0.5), A.Normalize(mean=0.4, std=0.2)],
}
SHAPES = [(31, 45, 3), (40, 33), (26, 30, 4), (5, 70, 3), (18, 1100, 3), (90, 20, 1), (1, 9, 3), (2, 2)]


@pytest.mark.parametrize("name", CHAINS)
def test_same_bytes_as_stage_by_stage(name):
    together, apart = A.Compose(CHAINS[name], seed=3), A.Compose(CHAINS[name], seed=3, fuse=False)
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        image = rng.integers(0, 256, shape, np.uint8)
        for key in range(9):  # the last ones are recorded, if the chain can be
            np.testing.assert_array_equal(
                together(image=image, key=key)["image"], apart(image=image, key=key)["image"], f"{shape} {key}"
            )


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_other_dtypes(dtype):
    chain = [A.HorizontalFlip(), A.BrightnessContrast(p=1), BLUR, A.Solarize(p=1)]
    together, apart = A.Compose(chain), A.Compose(chain, fuse=False)
    image = np.random.default_rng(2).random((20, 30, 3))
    image = (image * 65535).astype(dtype) if dtype == "uint16" else image.astype(dtype)
    for key in range(8):
        np.testing.assert_array_equal(together(image=image, key=key)["image"], apart(image=image, key=key)["image"])


def test_explain_lists_all_passes():
    chain = A.Compose([A.HorizontalFlip(p=1), A.Equalize(p=1), BLUR, A.Normalize()])
    text = chain.explain((40, 50, 3))
    assert "pass 2: Equalize, GaussianBlur, Normalize" in text and "pass 3" not in text
    assert "pass 1: Equalize" in A.Compose([A.Equalize(p=1)]).explain((40, 50, 3))
    assert "pass 3: GaussianBlur" in chain.explain((40, 50, 3), dtype="uint16")


def test_self_supervised_pairs_take_two_passes():
    views = [
        A.ResizedCrop(size=(32, 32)),
        A.HorizontalFlip(p=1),
        A.ColorJitter(p=1),
        A.ToGray(p=1),
        BLUR,
        A.Normalize(),
    ]
    assert A.Compose(views).explain((60, 80, 3)).count("pass ") == 2
