"""Filters with small windows as steps of a pass: the same bytes as stage by stage."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from helpers.elementary import jit_enabled
from helpers.neighbours import gaussian, gaussian_weights

import augment as A
import imgproc

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
    "a line": [A.Invert(p=1), A.MotionBlur(length=(1.0, 30.0), p=1), A.Posterize(p=1)],
    "a straight line": [
        A.Invert(p=1),
        A.MotionBlur(angle=(90, 90), p=0.5),
        A.MotionBlur(angle=(45, 45), p=1),
        A.Invert(),
    ],
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


FILTERS = [
    A.GaussianBlur(p=0.7), A.BoxBlur(p=0.7), A.Sharpen(p=0.7), A.Emboss(p=0.7), A.EdgeDetect(p=0.7),
    A.UnsharpMask(p=0.7), A.EdgeDetect(method="laplacian", p=0.7), A.MotionBlur(p=0.7),
]  # fmt: skip
OTHERS = [
    A.Equalize(p=0.5), A.Equalize(method="pil", p=0.5), A.Equalize(method="textbook", p=0.5), A.AutoContrast(p=0.5),
    A.AutoContrast(cutoff=0.06, p=0.5),
    A.ColorJitter(p=0.8), A.Posterize(p=0.5), A.GaussianNoise(p=0.5), A.CoarseDropout(p=0.5), A.ToGray(p=0.5),
    A.BrightnessContrast(p=0.5), A.OneOf([A.GaussianBlur(p=1), A.Invert(p=1), A.Sharpen(p=1)], p=0.8),
]  # fmt: skip
FIRST = [
    A.HorizontalFlip(), A.Affine(p=0.7), A.Affine(border="reflect", p=0.7), A.ResizedCrop(size=(20, 24)),
    A.Crop(size=(18, 20)), A.Invert(p=0.5), A.PadToSize(size=(40, 44)),
]  # fmt: skip
LAST = [A.Normalize(), A.Solarize(p=0.5)]


@hypothesis.given(
    st.lists(st.sampled_from(FIRST), max_size=2),
    st.lists(st.sampled_from([*FILTERS, *OTHERS]), min_size=1, max_size=4),
    st.sampled_from(FILTERS),
    st.lists(st.sampled_from(LAST), max_size=1),
    st.integers(0, 5),
)
@hypothesis.settings(max_examples=25, deadline=None)
def test_recorded_chains(first, middle, last, end, seed):
    """Recorded, ordinary and stage by stage: the same bytes, for one image and for a batch."""
    transforms = [*first, *middle, last, *end]
    chain, ordinary = A.Compose(transforms, seed=seed), A.Compose(transforms, seed=seed)
    ordinary._chain.compiled.MOST = 0
    apart = A.Compose(transforms, seed=seed, fuse=False)
    images = np.random.default_rng(seed).integers(0, 256, (3, 26, 31, 3), np.uint8)
    chain._chain.compiled.find(images.shape[1:], images.dtype, 99)
    together = chain.batch(images, keys=range(3))["images"]
    for key in range(6):
        image = images[key % 3]
        result = ordinary(image=image, key=key)["image"]
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], result)
        if key < 3:
            np.testing.assert_array_equal(together[key], result)
        if not any(isinstance(t, A.Affine | A.ResizedCrop) for t in first):  # two interpolations may merge
            np.testing.assert_array_equal(apart(image=image, key=key)["image"], result)


@pytest.mark.skipif(not jit_enabled(), reason="nothing is recorded without a compiler")
@pytest.mark.parametrize("transform", FILTERS, ids=lambda t: type(t).__name__)
def test_filters_are_recorded(transform):
    chain = A.Compose([A.HorizontalFlip(), A.ColorJitter(p=1), transform, A.Normalize()])
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    made = chain._chain.compiled.find(image.shape, image.dtype, 99)
    for key in range(9):
        chain(image=image, key=key)
    assert made is not None and made.tries == 9 and made.misses == 0


@pytest.mark.skipif(not jit_enabled(), reason="nothing is recorded without a compiler")
@pytest.mark.parametrize(
    "transform", [*(A.Equalize(method=m, p=1) for m in ("cv", "pil", "textbook")), A.AutoContrast(cutoff=0.1, p=1)]
)
def test_tables_of_counted_levels_are_recorded(transform):
    """Also of images with few levels, or with one."""
    chain, ordinary = (A.Compose([A.HorizontalFlip(), transform, A.Invert(p=0.5)]) for _ in range(2))
    ordinary._chain.compiled.MOST = 0
    rng = np.random.default_rng(0)
    made = chain._chain.compiled.find((20, 31, 3), np.dtype(np.uint8), 99)
    for key in range(40):
        low, high = sorted(rng.integers(0, 257, 2))
        image = rng.integers(low, max(high, low + 1), (20, 31, 3), np.uint8)
        image[..., 0] = image[..., 0] // 40 * 40
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], ordinary(image=image, key=key)["image"])
    assert made is not None and made.misses == 0


def test_threads_have_rings_of_their_own():
    """Images of several sizes at once, recorded and not: the bytes of one thread."""
    chain = A.Compose([A.HorizontalFlip(), A.GaussianBlur(p=0.8), A.AutoContrast(), A.BoxBlur(), A.Normalize()], seed=1)
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (20 + k, 30 + 7 * k % 40, 3), np.uint8) for k in range(60)]

    def call(k: int) -> np.ndarray:
        return chain(image=images[k], key=k)["image"]

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(call, list(range(60)) * 4))
    for k, result in enumerate(found):
        np.testing.assert_array_equal(result, call(k % 60))


@pytest.mark.parametrize("threads", [1, 3])
def test_bands_of_rows(threads):
    """An image that is large enough to be done in bands has the same bytes, stage by stage and with any threads."""
    transforms = [A.HorizontalFlip(p=1), A.Posterize(p=1), A.GaussianBlur(p=1), A.Solarize(p=1)]
    image = np.random.default_rng(0).integers(0, 256, (700, 500), np.uint8)
    before = imgproc.get_num_threads()
    try:
        imgproc.set_num_threads(threads)
        result = A.Compose(transforms)(image=image, key=0)["image"]
    finally:
        imgproc.set_num_threads(before)
    np.testing.assert_array_equal(result, A.Compose(transforms, fuse=False)(image=image, key=0)["image"])


def test_weights_are_those_of_an_exact_sum():
    """Weights add up to 1 as a sum that is rounded once."""
    for sigma in np.random.default_rng(0).uniform(0.05, 8.0, 300):
        found = gaussian_weights(sigma)
        raw = [gaussian(k, sigma) for k in range(len(found))]
        total = 2 * math.fsum(raw) - 1
        assert found == [w / total for w in raw]
