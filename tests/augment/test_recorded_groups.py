"""Groups and policies in recorded chains: kernels choose as Python does, whatever stands in them."""

from __future__ import annotations

from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from helpers.recorded import CompiledChain, ordinary, recorded

import augment as A

LEAVES = [
    A.HorizontalFlip(), A.VerticalFlip(p=1), A.BrightnessContrast(), A.Gamma(p=1), A.Invert(), A.Posterize(bits=(3, 6)),
    A.GaussianNoise(), A.ColorJitter(p=0.8), A.RGBShift(), A.PixelDropout(), A.CoarseDropout(), A.ToneCurve(),
    A.Affine(fill=0.5), A.Perspective(p=0.3), A.ResizedCrop(size=(12, 15), p=0.4), A.Crop(size=(8, 8), p=0.3),
    A.Pad(padding=2), A.Rotate90(), A.Transpose(), A.GaussianBlur(p=0.3), A.Equalize(p=0.3), A.CLAHE(p=0.2),
    A.TrivialAugment(p=0.7), A.RandAugment(p=0.7, n=1), A.Solarize(), A.Normalize(p=0.4), A.Normalize(p=0.7),
]  # fmt: skip
KINDS = ((3, np.uint8), (3, np.uint8), (0, np.uint8), (3, np.float32), (3, np.uint16), (2, np.float64), (0, np.float32))
"""Channels, 0 for an image of two axes, and dtype."""

SIZES = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=4)


def groups(children: Any) -> Any:
    some = st.lists(children, min_size=1, max_size=4)
    return st.one_of(
        st.builds(A.Sequential, some, p=st.sampled_from((1.0, 0.6))),
        st.builds(lambda found, p: A.OneOf([*found, A.Gamma(p=0.5)], p=p), some, st.sampled_from((1.0, 0.6))),
        st.builds(
            lambda found, n, shuffle: A.SomeOf(found, n=(0, min(n, len(found))), shuffle=shuffle),
            some, st.integers(0, 4), st.booleans(),
        ),
    )  # fmt: skip


TREES = st.recursive(st.sampled_from(LEAVES), groups, max_leaves=6)


def outcome(chain: A.Compose, image: np.ndarray, key: Any) -> Any:
    try:
        return chain(image=image, key=key)["image"]
    except (TypeError, ValueError) as error:
        return str(error)


def image_of(size: tuple[int, int], channels: int, dtype: Any, seed: int) -> np.ndarray:
    shape = (*size, channels) if channels else size
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (np.random.default_rng(seed).random(shape) * top).astype(dtype)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    st.lists(TREES, min_size=1, max_size=4), st.integers(0, 99), st.sampled_from(KINDS), SIZES,
    st.sampled_from(({}, {}, {"layout": "first", "dtype": "float32"})),
)  # fmt: skip
def test_trees(transforms: list[Any], seed: int, kind: Any, sizes: list[tuple[int, int]], output: Any) -> None:
    """Images of several sizes come in turns: what is recorded with the first one serves all."""
    chain, plain = A.Compose(transforms, seed=seed, **output), ordinary(transforms, seed=seed, **output)
    images = [image_of(size, *kind, seed) for size in sizes]
    recorded(chain, images[0])
    for key in range(16):
        image = images[key % len(images)]
        a, b = outcome(chain, image, key), outcome(plain, image, key)
        assert type(a) is type(b)
        if isinstance(b, str):
            assert a == b
        else:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


RECORDED: list[list[Any]] = [
    [A.ToneCurve(p=1), A.ToneCurve(per_channel=True, scale=0.2)],  # rows of numbers are computed from drawn ones
    [A.Erase(), A.PoissonNoise(), A.CoarseDropout(holes=(3, 6))],  # powers, and many draws
    [A.OneOf([A.HorizontalFlip(p=1), A.BrightnessContrast(p=1)], p=1), A.Normalize()],
    [A.OneOf([A.Gamma(p=0.2), A.Sequential([A.Invert(), A.Solarize()], p=0.7), A.Posterize(p=0)], p=0.8)],
    [A.SomeOf([A.HorizontalFlip(p=1), A.Gamma(p=0.5), A.RGBShift(p=1), A.Invert(p=1)], n=(0, 4))],
    [A.SomeOf([A.Gamma(p=1), A.VerticalFlip(), A.Invert(p=0.4)], n=2, shuffle=True), A.Normalize()],
    [A.OneOf([A.Affine(p=1), A.HorizontalFlip(p=1)]), A.SomeOf([A.ColorJitter(), A.GaussianNoise()], n=1)],
]


@pytest.mark.parametrize("transforms", RECORDED, ids=lambda chain: "-".join(type(t).__name__ for t in chain))
def test_groups_are_recorded(transforms: list[Any]) -> None:
    """No sample runs stage by stage, and steps are those that `draw` says."""
    image = np.random.default_rng(0).integers(0, 256, (21, 26, 3)).astype(np.uint8)
    chain, plain, stepwise = A.Compose(transforms), ordinary(transforms), A.Compose(transforms, fuse=False)
    made = recorded(chain, image)
    assert isinstance(made, CompiledChain)
    for key in range(40):
        a = chain(image=image, key=key)["image"]
        np.testing.assert_array_equal(a, plain(image=image, key=key)["image"])
        np.testing.assert_array_equal(a, stepwise(image=image, key=key)["image"])
    assert made.tries == 40
    assert made.misses < 8 if isinstance(transforms[0], (A.ToneCurve, A.Erase)) else made.misses == 0


@pytest.mark.parametrize("policy", [A.TrivialAugment(), A.RandAugment(), A.AutoAugment(policy="cifar10")], ids=repr)
def test_policies(policy: Any) -> None:
    """Only what looks at neighbours or at statistics, and what is interpolated after it, runs stage by stage."""
    image = np.random.default_rng(0).integers(0, 256, (21, 26, 3)).astype(np.uint8)
    chain, plain = A.Compose([policy]), ordinary([policy])
    made = recorded(chain, image)
    for key in range(100):
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], plain(image=image, key=key)["image"])
    assert made.misses < 0.7 * made.tries


def test_one_that_cannot_be_recorded_makes_only_its_samples_run_stage_by_stage() -> None:
    chain = A.Compose([A.OneOf([A.MedianBlur(p=0.2), A.Gamma(p=0.8)], p=1)])
    image = np.random.default_rng(0).integers(0, 256, (21, 26, 3)).astype(np.uint8)
    made = recorded(chain, image)
    blurred = 0
    for key in range(60):
        done = chain(image=image, key=key)
        blurred += chain.draw(key, image.shape)["steps"][0]["transform"] == "MedianBlur"
        assert done["image"].shape == image.shape
    assert 0 < blurred == made.misses < 30
