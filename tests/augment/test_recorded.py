"""Chains that kernels draw and lower give the bytes of those that Python draws and lowers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from helpers.compilations import COUNTING
from helpers.transforms import EXAMPLES, build, title

import augment as A
import imgproc
from augment._chain.compiled.chain import WORKS, _own
from augment._chain.compiled.program import FUNCTIONS, SIN, unit_of_code
from imgproc._core.jit import jit_enabled, kernel
from imgproc._core.units import invoke

RECORDED = {
    "BrightnessContrast", "CenterCrop", "ColorJitter", "Crop", "Gamma", "GaussianNoise", "HorizontalFlip",
    "HueSaturationValue", "ISONoise", "Invert", "Normalize", "PixelDropout", "Posterize", "RGBShift", "SaltAndPepper",
    "Solarize", "SpeckleNoise", "ToGray", "ToSepia", "VerticalFlip",
}  # fmt: skip
"""Classes of which the example with the defaults must be recorded for 8-bit RGB: their speed depends on it."""

KINDS = (((130, 150, 3), np.uint8), ((124, 124), np.uint8), ((130, 150, 3), np.uint16), ((125, 150, 3), np.float32))
OUTPUTS: tuple[dict[str, Any], ...] = ({}, {"layout": "first", "dtype": "float32"})


def image_of(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> np.ndarray:
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (np.random.default_rng(seed).random(shape) * top).astype(dtype)


def both(transforms: list[A.Compose], **options: Any) -> tuple[A.Compose, A.Compose]:
    """A chain, and the same that records nothing."""
    ordinary = A.Compose(transforms, **options)
    ordinary._chain.compiled.MOST = 0
    return A.Compose(transforms, **options), ordinary


def recorded(chain: A.Compose, image: np.ndarray) -> Any:
    return chain._chain.compiled.find(image.shape, image.dtype, 99)


def assert_same(chain: A.Compose, ordinary: A.Compose, image: np.ndarray, keys: Any) -> None:
    for key in keys:
        try:
            b = ordinary(image=image, key=key)["image"]
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                chain(image=image, key=key)
            continue
        a = chain(image=image, key=key)["image"]
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("name", "parameters"), EXAMPLES, ids=[title(*e) for e in EXAMPLES])
def test_every_transform(name: str, parameters: dict[str, Any]) -> None:
    transform, found = build(name, parameters), []
    for (shape, dtype), output in zip((*KINDS, KINDS[0]), (*OUTPUTS * 2, OUTPUTS[1])):
        chain, ordinary = both([transform], seed=3, **output)
        image = image_of(shape, dtype)
        if recorded(chain, image) is not None:
            found.append(dtype)
            assert_same(chain, ordinary, image, range(5))
    if name in RECORDED and (name, parameters) == next(e for e in EXAMPLES if e[0] == name):
        assert found.count(np.uint8) > 1


LEVELS = [
    A.HorizontalFlip(), A.VerticalFlip(), A.BrightnessContrast(), A.Gamma(), A.Invert(), A.Posterize(bits=(3, 6)),
    A.Solarize(threshold=(0.3, 0.8)), A.GaussianNoise(), A.SpeckleNoise(per_channel=False), A.SaltAndPepper(),
    A.ColorJitter(p=0.8), A.ColorJitter(hue=(0, 0), p=0.5), A.HueSaturationValue(), A.RGBShift(), A.ToSepia(),
    A.PixelDropout(), A.Crop(size=(8, 8), p=1), A.CenterCrop(size=(8, 8), p=1), A.ISONoise(),
    A.ColorJitter(contrast=(1, 1)),
]  # fmt: skip


def test_grey_on_the_way() -> None:
    image = image_of((13, 17, 3), np.uint8)
    for after in ([A.Gamma(p=1)], [A.ColorJitter()], [A.GaussianNoise(p=1), A.Normalize(mean=0.5, std=0.2)], []):
        chain, ordinary = both([A.HorizontalFlip(), A.ToGray(p=1), *after], seed=6)
        assert recorded(chain, image) is not None
        assert_same(chain, ordinary, image, range(6))


@hypothesis.settings(max_examples=40)
@hypothesis.given(st.lists(st.sampled_from(LEVELS), max_size=6), st.integers(0, 99), st.sampled_from((1.0, 0.6)))
def test_chains(transforms: list[Any], seed: int, p: float) -> None:
    image = image_of((13, 17, 3), np.uint8, seed)
    chain, ordinary = both(transforms, seed=seed, p=p)
    recorded(chain, image)
    keys = [(seed, k) for k in range(8)]
    assert_same(chain, ordinary, image, keys)
    images = np.stack([image_of((13, 17, 3), np.uint8, k) for k in range(8)])
    together = chain.batch(images, keys=keys, workers=2)["images"]
    for k, key in enumerate(keys):
        np.testing.assert_array_equal(together[k], ordinary(image=images[k], key=key)["image"])


SIX = [
    A.HorizontalFlip(), A.VerticalFlip(), A.ColorJitter(p=1), A.BrightnessContrast(contrast=(0, 0), p=1),
    A.BrightnessContrast(brightness=(0, 0), p=1), A.GaussianNoise(p=1),
]  # fmt: skip


def test_images_that_come_again_are_recorded() -> None:
    chain, ordinary = both(SIX, seed=9)
    images = np.stack([image_of((20, 24, 3), np.uint8, k) for k in range(9)])
    expected = [ordinary(image=image, key=k)["image"] for k, image in enumerate(images)]
    for k, image in enumerate(images):
        assert bool(chain._chain.compiled._found) == (k > 0)
        np.testing.assert_array_equal(chain(image=image, key=k)["image"], expected[k])
    assert chain._chain.compiled.find((20, 24, 3), np.dtype(np.uint8)) is not None
    for workers in (1, 2, 8):
        out = np.empty_like(images)
        assert chain.batch(images, keys=range(9), workers=workers, out=out)["images"] is out
        np.testing.assert_array_equal(out, expected)
    backwards = chain.batch(images[::-1], keys=range(8, -1, -1))["images"]
    np.testing.assert_array_equal(backwards[::-1], expected)
    one = np.empty((20, 24, 3), np.uint8)
    assert chain(image=images[3], key=3, out=one)["image"] is one
    np.testing.assert_array_equal(one, expected[3])
    with pytest.raises(ValueError, match="out must have shape"):
        chain(image=images[3], key=3, out=one[1:])
    with pytest.raises(ValueError, match="out must have shape"):
        chain.batch(images, keys=range(9), out=out[:, 1:])


def test_keys_of_several_lengths_in_a_batch() -> None:
    chain, ordinary = both(SIX)
    images = np.stack([image_of((12, 10, 3), np.uint8, k) for k in range(6)])
    keys = [1, (2,), (3, 4), 5, (6, 7, 8), -1]
    result = chain.batch(images, keys=keys)
    for k, key in enumerate(keys):
        np.testing.assert_array_equal(result["images"][k], ordinary(image=images[k], key=key)["image"])
    assert result["keys"] == keys


WARPS = [
    [A.ResizedCrop(size=(40, 44), interpolation="bilinear", p=1)],
    [A.ResizedCrop(size=(40, 44), interpolation="bilinear", p=1), A.HorizontalFlip(), A.ColorJitter(p=1),
     A.Normalize()],
    [A.HorizontalFlip(), A.Affine(scale=(0.7, 1.3), rotate=(-30, 30), shear=(-9, 9), translate=(-0.2, 0.2), fill=0.3),
     A.Perspective(), A.BrightnessContrast(), A.HueSaturationValue(), A.Gamma(), A.Normalize()],
    [A.Rotate(angle=(-40, 40), fill=(0.1, 0.5, 0.9), p=0.7), A.ColorJitter(p=0.7), A.GaussianNoise(p=0.5)],
    [A.Rotate(angle=(0, 90), border="reflect", p=0.5)],
    [A.Resize(size=(50, 45), interpolation="bilinear"), A.Crop(size=(30, 40), p=1), A.VerticalFlip(), A.Invert()],
    [A.Crop(size=(50, 60), p=1), A.Rotate(fill=0.5), A.Affine(scale=(0.5, 0.6), p=0.6)],
    [A.Perspective(fit=True, scale=(0.1, 0.15), p=1), A.VerticalFlip(), A.Affine(p=0.5)],
]  # fmt: skip


@pytest.mark.parametrize("transforms", WARPS, ids=lambda chain: "-".join(type(t).__name__ for t in chain))
@pytest.mark.parametrize("channels", [3, 4])
def test_chains_that_interpolate(transforms: list[Any], channels: int) -> None:
    image = image_of((61, 83, channels), np.uint8, 5)
    for output in OUTPUTS:
        chain, ordinary = both(transforms, seed=8, **output)
        try:
            ordinary(image=image, key=0)
        except (TypeError, ValueError):  # colour for four channels
            continue
        recipe = recorded(chain, image)
        assert recipe is not None
        assert recipe.warps
        assert_same(chain, ordinary, image, range(25))
        assert recipe.misses < recipe.tries or transforms[0].border == "reflect"
        images = np.stack([image_of((61, 83, channels), np.uint8, k) for k in range(5)])
        together = chain.batch(images, keys=range(40, 45), workers=2)["images"]
        for k in range(5):
            np.testing.assert_array_equal(together[k], ordinary(image=images[k], key=40 + k)["image"])


def test_parts_of_one_column_go_the_ordinary_way() -> None:
    """Their pixels are not mixed with those beside them, wherever the column is."""
    transforms = [A.ResizedCrop(size=(9, 11), scale=(0.02, 0.5), ratio=(0.02, 0.5), interpolation="bilinear", p=1)]
    image = np.random.default_rng(0).integers(0, 256, (40, 4, 3)).astype(np.uint8)
    chain, stepwise = A.Compose(transforms), A.Compose(transforms, fuse=False)
    columns = set()
    for key in range(60):
        part = chain.draw(key, image.shape)["steps"][0]["params"]["part"]
        columns.add((part[1], part[3]))
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], stepwise(image=image, key=key)["image"])
    assert {(0, 1), (3, 4)} < columns


CROPS = [
    [A.ResizedCrop((24, 20)), A.HorizontalFlip(), A.VerticalFlip(), A.BrightnessContrast()],
    [A.HorizontalFlip(), A.ResizedCrop((24, 20), p=1), A.GaussianNoise(p=1)],
    [A.Letterbox((40, 30)), A.HorizontalFlip(), A.BrightnessContrast(contrast=(0, 0))],
    [A.ResizeShortest(30), A.Crop((20, 25), p=1), A.VerticalFlip(), A.Normalize(mean=0.5, std=0.2)],
    [A.Letterbox((60, 80), fill=0.5), A.Crop((33, 70), p=1)],
    [A.ResizedCrop((24, 20)), A.HorizontalFlip(p=1), A.PixelDropout(p=1), A.VerticalFlip()],
]


@pytest.mark.parametrize("transforms", CROPS, ids=lambda chain: "-".join(type(t).__name__ for t in chain))
def test_means_over_areas_are_recorded(transforms: list[Any]) -> None:
    shapes: list[tuple[tuple[int, ...], Any]] = [
        ((50, 66, 3), np.uint8), ((50, 66), np.uint8), ((33, 40, 4), np.uint8), ((50, 66, 3), np.uint16),
        ((50, 66), np.float32), ((30, 31, 2), np.uint8),
    ]  # fmt: skip
    for shape, dtype in shapes:
        chain, ordinary = both(transforms, seed=4)
        stepwise = A.Compose(transforms, seed=4, fuse=False)
        image = image_of(shape, dtype)
        assert recorded(chain, image) is not None
        assert_same(chain, ordinary, image, range(12))
        assert_same(chain, stepwise, image, range(12))


def test_functions_of_drawn_numbers_are_those_of_python(rng: np.random.Generator) -> None:
    numbers = rng.random(20000) * 6 + 1e-9
    for function, code in FUNCTIONS.items():
        address = unit_of_code(code).address()
        compiled = np.array([_call(address, code - SIN, x) for x in numbers.tolist()])
        np.testing.assert_array_equal(compiled, np.array([function(x) for x in numbers.tolist()]))


@kernel
def _call(address: int, which: int, x: float) -> float:
    return invoke(address, 0.0, (x, which))


def test_angles_beyond_those_of_kernels_go_the_ordinary_way() -> None:
    transforms = [A.Affine(rotate=(-1e7, 1e7), p=1)]
    image = image_of((30, 50, 3), np.uint8)
    chain, ordinary = both(transforms, seed=2)
    assert_same(chain, ordinary, image, range(12))


def test_decisions_that_differ_go_the_ordinary_way() -> None:
    """Ten attempts at a part: most succeed at once, which is what is recorded; all are right."""
    transforms = [A.ResizedCrop(size=(20, 20), scale=(0.5, 1.0), interpolation="bilinear")]
    image = image_of((30, 50, 3), np.uint8)
    chain, ordinary = both(transforms, seed=2)
    recipe = recorded(chain, image)
    assert_same(chain, ordinary, image, range(60))
    assert 0 < recipe.misses < recipe.tries


def test_only_so_many_kinds_are_remembered() -> None:
    chain = A.Compose([A.Resize((5, 5), interpolation="bicubic")])  # draws nothing: each shape has its stages
    for k in range(chain._chain.compiled.MOST + 20):
        chain(image=np.zeros((1 + k, 2), np.uint8), key=0)
    assert len(chain._chain.compiled._found) == chain._chain.compiled.MOST


def test_buffers_of_only_so_many_kinds_are_kept() -> None:
    for k in range(2 * WORKS):
        chain, image = A.Compose([A.ColorJitter(p=1)]), np.zeros((5, 6 + k, 3), np.uint8)
        assert recorded(chain, image) is not None
        chain(image=image, key=0)
    assert len(_own.works) <= WORKS


def test_padding_goes_the_ordinary_way() -> None:
    image = image_of((20, 24, 3), np.uint8)
    for transforms in ([A.Pad(padding=3, p=1), A.Invert(p=0.5)], [A.Crop(size=(12, 12)), A.PadToSize(size=(14, 14))]):
        chain, ordinary = both([*transforms, A.HorizontalFlip()], seed=2)
        recorded(chain, image)
        assert_same(chain, ordinary, image, range(12))


def test_errors_stay_the_same() -> None:
    chain = A.Compose([A.HueSaturationValue(p=1)])
    for _ in range(8):
        with pytest.raises(ValueError, match="HueSaturationValue"):
            chain(image=np.zeros((4, 4, 5), np.uint8), key=1)
        with pytest.raises(ValueError, match="at least one pixel"):
            chain(image=np.zeros((0, 4, 3), np.uint8), key=1)
        with pytest.raises(TypeError, match="bool"):
            chain(image=np.zeros((4, 4), bool), key=1)


def test_large_images_are_divided_among_threads_all_the_same() -> None:
    image = image_of((520, 520, 3), np.uint8)
    chain, ordinary = both(SIX, seed=1)
    recorded(chain, image)
    before = imgproc.get_num_threads()
    try:
        imgproc.set_num_threads(2)
        expected = ordinary(image=image, key=1)["image"]
        np.testing.assert_array_equal(chain(image=image, key=1)["image"], expected)
        imgproc.set_num_threads(1)
        np.testing.assert_array_equal(chain(image=image, key=1)["image"], expected)
    finally:
        imgproc.set_num_threads(before)


@pytest.mark.nojit
def test_without_compilation() -> None:
    image = image_of((5, 7, 3), np.uint8)
    for transforms in (SIX, [A.Invert(p=1)], [A.HorizontalFlip(p=1)]):
        chain, ordinary = both(transforms, seed=4)
        assert recorded(chain, image) is not None
        assert_same(chain, ordinary, image, range(3))


@pytest.mark.parametrize("transforms", [SIX, *WARPS[:7]], ids=lambda chain: "-".join(type(t).__name__ for t in chain))
def test_masks_boxes_and_keypoints_follow(transforms: list[Any]) -> None:
    image, n = image_of((61, 83, 3), np.uint8), 12
    targets = {
        "mask": np.arange(61 * 83, dtype=np.int32).reshape(61, 83) % 7,
        "boxes": [[3.0, 5.0, 30.0, 40.0], [40.0, 20.0, 83.0, 61.0]],
        "labels": ["a", "b"],
        "keypoints": np.array([[10.0, 12.5], [60.0, 30.0]]),
    }
    for options in ({}, {"layout": "first", "min_visibility": 0.3}, {"clip": False, "remove_invisible": False}):
        chain, ordinary = both(transforms, seed=3, **options)
        recorded(chain, image)
        for key in range(n):
            a, b = chain(image=image, key=key, **targets), ordinary(image=image, key=key, **targets)
            assert list(a) == list(b)
            for name in ("image", "mask", "keypoints"):
                np.testing.assert_array_equal(a[name], b[name])
            assert a["boxes"] == b["boxes"]
            assert a["labels"] == b["labels"]
    many = {f"{name}s" if name == "mask" else name: [value] * n for name, value in targets.items()}
    together = chain.batch([image] * n, keys=range(n), workers=2, **many)
    for key in range(n):
        b = ordinary(image=image, key=key, **targets)
        np.testing.assert_array_equal(together["images"][key], b["image"])
        assert together["boxes"][key] == b["boxes"]


def test_masks_that_are_painted_go_the_ordinary_way() -> None:
    image, mask = image_of((30, 40, 3), np.uint8), np.ones((30, 40), np.uint8)
    chain, ordinary = both([A.CoarseDropout(mask_fill=5, p=1), A.Gamma(p=1)], seed=3)
    recorded(chain, image)
    for key in range(8):
        a, b = chain(image=image, mask=mask, key=key), ordinary(image=image, mask=mask, key=key)
        np.testing.assert_array_equal(a["image"], b["image"])
        np.testing.assert_array_equal(a["mask"], b["mask"])
        assert (a["mask"] == 5).any()


PROGRAM = """
import json
import numpy as np
import augment
chain = augment.Compose([augment.{first}, augment.{second}])
image = np.zeros((48, 64, 3), np.uint8)
for k in range(40):
    chain(image=image, key=k)
from imgproc._core.fingerprint import fingerprint
from imgproc._core.jit import KERNELS
print(json.dumps([compiled, [(k.__module__ + "." + k.__qualname__, fingerprint(k.function)) for k in KERNELS]]))
"""


@pytest.mark.skipif(not jit_enabled(), reason="nothing is compiled under NUMBA_DISABLE_JIT=1")
def test_what_one_process_compiled_serves_the_next_and_other_chains(tmp_path):
    """Nothing that differs from process to process, or from chain to chain, is part of a kernel's key."""

    def run(first, second):
        code = COUNTING + PROGRAM.format(first=first, second=second)
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "IMGPROC_KERNELS": "off"}
        environment.pop("NUMBA_CACHE_DIR", None)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        compiled, prints = json.loads(done.stdout)
        return compiled, prints

    compiled, prints = run("HorizontalFlip()", "BrightnessContrast()")
    assert any("run_samples" in name for name in compiled)
    again, same = run("HorizontalFlip()", "BrightnessContrast()")
    assert again == []
    other, others = run("VerticalFlip()", "Gamma()")
    assert not any("run_samples" in name for name in other)
    assert same == prints
    common = dict(prints).keys() & dict(others).keys()  # some kernels are made when they are first needed
    assert len(common) > 400
    assert {name: dict(others)[name] for name in common} == {name: dict(prints)[name] for name in common}
