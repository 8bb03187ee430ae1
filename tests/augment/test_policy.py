"""Policies: the papers' operations and ranges, the operations against Pillow, and what AugMix mixes."""

from __future__ import annotations

import collections
import itertools
import json
import pickle
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageEnhance
import PIL.ImageOps
import pytest
from helpers.functions import example_image
from helpers.machine import Geometry, Whole, run
from helpers.transforms import Frame, Transform, auto_augment_pairs
from helpers.vocabulary import DTYPES
from oracles import color as naive
from oracles.color import applied, draws, frame_of, stages_of, with_params

from augment.policy import AugMix, AutoAugment, RandAugment, TrivialAugment

SIZE = (48, 70)
INVENTORY: list[Transform] = [
    RandAugment(),
    RandAugment(n=4, magnitude=25, border="reflect", interpolation="nearest"),
    TrivialAugment(),
    TrivialAugment(fill=(0.2, 0.4, 0.6)),
    AutoAugment(),
    AutoAugment(policy="svhn", fill=0.5, interpolation="nearest"),
    AugMix(),
    AugMix(width=2, depth=(2, 2), severity=8, all_operations=True),
    AugMix(geometric=False, alpha=0.3),
]
NAMES = {
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
    "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
}  # fmt: skip
GEOMETRIC = {"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"}

every_policy = pytest.mark.parametrize("policy", INVENTORY, ids=lambda t: repr(t).replace(" ", ""))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def photo() -> np.ndarray:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] / np.array(SIZE).reshape(2, 1, 1)
    planes = [0.1 + 0.7 * x, 0.5 + 0.3 * np.sin(9 * y + 3 * x), 0.15 + 0.6 * y * x]
    return np.rint(255 * np.stack(planes, axis=-1)).astype(np.uint8)


def done(operation: list[Any], image: np.ndarray, **options: Any) -> np.ndarray:
    return with_params(RandAugment(**options), image, operations=[operation])


# --- all of them ------------------------------------------------------------------------------------------------------


@every_policy
@every_dtype
def test_result_has_the_image_s_shape_and_dtype_and_the_image_stays(policy: Transform, dtype: np.dtype) -> None:
    image = example_image(dtype, SIZE, 3)
    image.flags.writeable = False
    frame = frame_of(image)
    results = set()
    for key in range(12):
        params = policy.draw(draws(key), frame)
        read = json.loads(json.dumps(params))
        assert read == params
        result = run(image, policy.lower(read, frame))
        assert (result.shape, result.dtype) == (image.shape, image.dtype)
        assert not np.shares_memory(result, image)
        assert result.tobytes() == applied(policy, image, key).tobytes()
        results.add(result.tobytes())
    assert len(results) >= 6


@every_policy
def test_copies_and_other_images(policy: Transform) -> None:
    assert pickle.loads(pickle.dumps(policy)) == eval(repr(policy)) == policy
    assert policy.p == 1.0
    if policy.fill == 0.0:
        grey = example_image(np.uint8, SIZE)
        assert all(applied(policy, grey, key).shape == grey.shape for key in range(12))
    with pytest.raises(ValueError, match=rf"image must be grey or RGB for {type(policy).__name__}, got 5 channels"):
        applied(policy, example_image(np.uint8, SIZE, 5))


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: RandAugment(n=0), ValueError, "n must be >= 1"),
        (lambda: RandAugment(magnitude=31), ValueError, "magnitude must be <= 30"),
        (lambda: RandAugment(magnitude=5, bins=5), ValueError, "magnitude must be <= 4"),
        (lambda: RandAugment(magnitude=1.5), TypeError, "magnitude must be an integer"),
        (lambda: TrivialAugment(bins=1), ValueError, "bins must be >= 2"),
        (lambda: TrivialAugment(border="none"), ValueError, "border must be one of"),
        (lambda: TrivialAugment(interpolation="area"), ValueError, "interpolation must be one of"),
        (lambda: TrivialAugment(fill="black"), TypeError, "fill must be a number"),
        (lambda: TrivialAugment(mask_fill=0.5), TypeError, "mask_fill must be an integer"),
        (lambda: AutoAugment(policy="mnist"), ValueError, "policy must be one of"),
        (lambda: AugMix(width=0), ValueError, "width must be >= 1"),
        (lambda: AugMix(depth=3), TypeError, r"depth must be a pair \(low, high\), got 3"),
        (lambda: AugMix(depth=(3, 1)), ValueError, "depth must be a pair"),
        (lambda: AugMix(depth=(0, 1)), ValueError, r"depth\[0\] must be >= 1"),
        (lambda: AugMix(alpha=0), ValueError, "alpha must be > 0"),
        (lambda: AugMix(severity=11), ValueError, "severity must be <= 10"),
        (lambda: AugMix(severity=0), ValueError, "severity must be > 0"),
        (lambda: AugMix(geometric=1), TypeError, "geometric must be True or False"),
        (lambda: AugMix(all_operations=None), TypeError, "all_operations must be True or False"),
    ],
)
def test_wrong_arguments_are_refused(make: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        make()


# --- the papers' tables, as torchvision computes them -----------------------------------------------------------------


def collected(policy: Transform, frame: Frame, keys: int = 600) -> dict[str, set[float]]:
    found = collections.defaultdict(set)
    for key in range(keys):
        for name, value in policy.draw(draws(key), frame)["operations"]:
            found[name].add(value)
    return dict(found)


def approx(values: Any) -> Any:
    return pytest.approx(sorted(values), abs=1e-12)


@pytest.mark.parametrize("magnitude", [0, 9, 17, 30])
def test_rand_augment_has_the_paper_s_strengths(magnitude: int) -> None:
    height, width = 331, 500
    found = collected(RandAugment(magnitude=magnitude), Frame(height, width))
    assert found.keys() == NAMES

    def at(low: float, high: float) -> float:
        return float(np.linspace(low, high, 31)[magnitude])

    def both(value: float) -> set[float]:
        return {value, -value}

    expected = {
        "ShearX": both(at(0, 0.3)),
        "ShearY": both(at(0, 0.3)),
        "TranslateX": both(int(at(0, 150 / 331 * width))),
        "TranslateY": both(int(at(0, 150 / 331 * height))),
        "Rotate": both(at(0, 30)),
        **{name: {1 + v for v in both(at(0, 0.9))} for name in ("Brightness", "Color", "Contrast", "Sharpness")},
        "Posterize": {int(8 - np.round(magnitude / (30 / 4)))},
        "Solarize": {at(255, 0) / 255},
        **{name: {0.0} for name in ("Identity", "AutoContrast", "Equalize")},
    }
    for name, values in expected.items():
        assert sorted(found[name]) == approx(values), name


def test_rand_augment_draws_each_operation_alike_and_n_of_them() -> None:
    frame = Frame(100, 100)
    drawn = [RandAugment(n=3).draw(draws(key), frame)["operations"] for key in range(2000)]
    assert {len(d) for d in drawn} == {3}
    counts = collections.Counter(name for d in drawn for name, _ in d)
    assert counts.keys() == NAMES
    assert min(counts.values()) > 0.8 * 6000 / 14
    assert max(counts.values()) < 1.2 * 6000 / 14
    signs = [value > 0 for d in drawn for name, value in d if name == "Rotate"]
    assert np.mean(signs) == pytest.approx(0.5, abs=0.1)


def test_trivial_augment_has_the_paper_s_wide_ranges() -> None:
    found = collected(TrivialAugment(), Frame(1000, 2000), 6000)
    assert found.keys() == NAMES

    def steps(high: float) -> set[float]:
        return {s * v for s in (1, -1) for v in np.linspace(0, high, 31)}

    expected = {
        "ShearX": steps(0.99),
        "ShearY": steps(0.99),
        "TranslateX": {int(v) for v in steps(32)},
        "TranslateY": {int(v) for v in steps(32)},
        "Rotate": steps(135),
        "Posterize": {int(8 - np.round(m / (30 / 6))) for m in range(31)},
        "Solarize": set(np.linspace(255, 0, 31) / 255),
        **{name: {1 + v for v in steps(0.99)} for name in ("Brightness", "Color", "Contrast", "Sharpness")},
    }
    for name, values in expected.items():
        assert min(found[name]) == pytest.approx(min(values), abs=0.1), name
        assert max(found[name]) == pytest.approx(max(values), abs=0.1), name
        assert all(min(abs(v - w) for w in values) < 1e-9 for v in found[name]), name
        assert len(found[name]) > 0.8 * len({round(v, 9) for v in values}), name


def test_auto_augment_draws_the_paper_s_pairs() -> None:
    """Some pairs of each table: how often both are applied, and their strengths, without signs."""
    expected = {
        "imagenet": {
            ("Posterize", 4, "Rotate", 30.0): 0.4 * 0.6,
            ("Posterize", 5, "Posterize", 5): 0.6 * 0.6,
            ("ShearX", 5 / 30, "Equalize", 0.0): 0.6,
            ("Color", 1.4, "Contrast", 1.8): 0.6 * 2,  # which is there twice
        },
        "cifar10": {
            ("Color", 1.3, "Brightness", 1.7): 0.4 * 0.6,
            ("ShearY", 8 / 30, "TranslateY", 150): 0.5 * 0.7,
            ("Rotate", 20 / 3, "TranslateX", 226): 0.7 * 0.3,
        },
        "svhn": {
            ("ShearX", 4 / 30, "AutoContrast", 0.0): 0.9 * 0.8,
            ("Solarize", 7 / 9, "TranslateY", 116): 0.7 * 0.6,
            ("Invert", 0.0, "Equalize", 0.0): 0.9 * 0.6 * 2,
        },
    }
    frame, n = Frame(331, 500), 5000
    for policy, pairs in expected.items():
        found = collections.Counter()
        for key in range(n):
            drawn = AutoAugment(policy=policy).draw(draws(key), frame)["operations"]
            assert len(drawn) <= 2
            found[
                tuple(part for name, v in drawn for part in (name, round(v if v >= 1 else unsigned(name, v), 9)))
            ] += 1
        for (first, a, second, b), p in pairs.items():
            count = found[first, round(a, 9), second, round(b, 9)]
            assert count == pytest.approx(n * p / 25, rel=0.4), (policy, first, second)


def unsigned(name: str, value: float) -> float:
    """The value of the strength that its sign was drawn for."""
    return 2 - value if name in ("Brightness", "Color", "Contrast", "Sharpness") else abs(value)


@pytest.mark.parametrize("policy", ["imagenet", "cifar10", "svhn"])
def test_auto_augment_has_torchvision_s_tables(policy: str) -> None:
    theirs = pytest.importorskip("torchvision.transforms.autoaugment", reason="compares with torchvision")
    pairs = theirs.AutoAugment(theirs.AutoAugmentPolicy(policy)).policies
    assert [[(name, p, strength or 0) for name, p, strength in pair] for pair in pairs] == auto_augment_pairs(policy)


def test_aug_mix_has_the_paper_s_operations_and_ranges() -> None:
    frame = Frame(90, 120)
    policies = {
        AugMix(severity=10): NAMES - {"Identity", "Brightness", "Color", "Contrast", "Sharpness"},
        AugMix(severity=10, all_operations=True): NAMES - {"Identity"},
        AugMix(severity=10, geometric=False): {"AutoContrast", "Equalize", "Posterize", "Solarize"},
    }
    for policy, names in policies.items():
        found = collections.defaultdict(list)
        for key in range(400):
            params = policy.draw(draws(key), frame)
            assert len(params["weights"]) == len(params["branches"]) == 3
            assert sum(params["weights"]) == pytest.approx(1)
            assert {len(b) for b in params["branches"]} <= {1, 2, 3}
            for name, value in itertools.chain(*params["branches"]):
                found[name].append(value)
        assert found.keys() == names
        bounds = {
            "Rotate": (-30, 30), "ShearX": (-0.3, 0.3), "ShearY": (-0.3, 0.3), "TranslateX": (-40, 40),
            "TranslateY": (-30, 30), "Posterize": (1, 4), "Solarize": (0, 1), "Brightness": (0.1, 1.9),
            "Color": (0.1, 1.9), "Contrast": (0.1, 1.9), "Sharpness": (0.1, 1.9),
        }  # fmt: skip
        for name in names & bounds.keys():
            low, high = bounds[name]
            assert low <= min(found[name]) < low + 0.15 * (high - low) or name == "Posterize", name
            assert high - 0.15 * (high - low) < max(found[name]) <= high, name
        assert set(found["Posterize"]) == {1, 2, 3, 4}
    mild = [
        v
        for k in range(200)
        for b in AugMix(severity=1).draw(draws(k), frame)["branches"]
        for n, v in b
        if n == "Rotate"
    ]
    assert max(map(abs, mild)) <= 3
    assert min(map(abs, mild)) >= 0.3


# --- the operations against Pillow ------------------------------------------------------------------------------------

ENHANCE = {
    "Brightness": PIL.ImageEnhance.Brightness,
    "Color": PIL.ImageEnhance.Color,
    "Contrast": PIL.ImageEnhance.Contrast,
    "Sharpness": PIL.ImageEnhance.Sharpness,
}


@pytest.mark.parametrize("name", ENHANCE)
@pytest.mark.parametrize("factor", [0.1, 0.73, 1.0, 1.27, 1.9])
def test_enhancement_against_pillow(name: str, factor: float) -> None:
    image = photo()
    expected = np.asarray(ENHANCE[name](PIL.Image.fromarray(image)).enhance(factor)).astype(int)
    difference = np.abs(done([name, factor], image) - expected)
    assert difference.max() <= 2  # Pillow rounds the grey, the mean or the smoothed image first, and truncates
    assert difference.mean() < 0.8
    if factor == 1.0:
        assert difference.max() == 0
        assert stages_of(RandAugment(magnitude=0), image) == [] or name


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("channels", [None, 3])
def test_sharpness_of_every_dtype(dtype: np.dtype, channels: int | None) -> None:
    image = example_image(dtype, (12, 17), channels)
    for factor in (0.0, 0.4, 1.9):
        expected = naive.sharpness(image, factor)
        result = done(["Sharpness", factor], image)
        assert (result.dtype, result.shape) == (image.dtype, image.shape)
        np.testing.assert_allclose(result.astype(float), expected.astype(float), atol=1 if dtype.kind == "u" else 1e-5)
    narrow = example_image(dtype, (2, 9), channels)
    np.testing.assert_array_equal(done(["Sharpness", 0.3], narrow), narrow)


def test_levels_against_pillow() -> None:
    image = photo()
    picture = PIL.Image.fromarray(image)
    ops = PIL.ImageOps
    np.testing.assert_array_equal(done(["Posterize", 3], image), np.asarray(ops.posterize(picture, 3)))
    np.testing.assert_array_equal(done(["Posterize", 8], image), image)
    np.testing.assert_array_equal(done(["Solarize", 100 / 255], image), np.asarray(ops.solarize(picture, 100)))
    np.testing.assert_array_equal(done(["Equalize", 0.0], image), np.asarray(ops.equalize(picture)))
    assert np.abs(done(["AutoContrast", 0.0], image) - np.asarray(ops.autocontrast(picture)).astype(int)).max() <= 1
    np.testing.assert_array_equal(done(["Identity", 0.0], image), image)
    np.testing.assert_array_equal(done(["Invert", 0.0], image), np.asarray(ops.invert(picture)))


@pytest.mark.parametrize(
    ("operation", "matrix"),
    [
        (["ShearX", 0.21], (1, 0.21, 0, 0, 1, 0)),
        (["ShearX", -0.3], (1, -0.3, 0, 0, 1, 0)),
        (["ShearY", 0.11], (1, 0, 0, 0.11, 1, 0)),
        (["TranslateX", 9], (1, 0, 9, 0, 1, 0)),
        (["TranslateY", -7], (1, 0, 0, 0, 1, -7)),
    ],
)
def test_shear_and_translation_against_pillow(operation: list[Any], matrix: tuple[float, ...]) -> None:
    image = photo()

    def moved(picture: PIL.Image.Image) -> np.ndarray:
        return np.asarray(picture.transform(picture.size, PIL.Image.Transform.AFFINE, matrix))

    result = done(operation, image, interpolation="nearest")
    assert np.mean((result != moved(PIL.Image.fromarray(image))).any(axis=2)) < 0.01
    outside = moved(PIL.Image.fromarray(np.ones(SIZE, np.uint8))) == 0
    filled = done(operation, image, interpolation="nearest", fill=1.0)
    assert 0.03 < outside.mean() < 0.5
    assert np.mean((filled == 255).all(axis=2) != outside) < 0.01


def test_rotation_against_pillow() -> None:
    image = photo()
    for angle in (-20.0, 30.0):
        expected = np.asarray(PIL.Image.fromarray(image).rotate(angle))
        result = done(["Rotate", angle], image, interpolation="nearest")
        assert np.mean((result != expected).any(axis=2)) < 0.02


def test_geometry_is_geometry_so_that_other_targets_follow() -> None:
    image = photo()
    frame = frame_of(image)
    for policy, (name, value) in itertools.product(
        (RandAugment(mask_fill=7), TrivialAugment(mask_fill=7)), dict.fromkeys(GEOMETRIC, 5.0).items()
    ):
        (stage,) = policy.lower({"operations": [[name, value]]}, frame)
        assert type(stage) is Geometry
        assert (stage.size, stage.mask_fill, stage.fill, stage.border) == (SIZE, 7, 0.0, "constant")
        assert policy.lower({"operations": [[name, 0]]}, frame) == []
    (stage,) = stages_of(AugMix(), image)
    assert type(stage) is Whole


# --- AugMix -----------------------------------------------------------------------------------------------------------


@every_dtype
def test_aug_mix_mixes_its_branches(dtype: np.dtype) -> None:
    image = example_image(dtype, SIZE, 3)
    branches = [[["Posterize", 2], ["Solarize", 0.4]], [["Rotate", 20.0]], []]
    weights, share = [0.5, 0.2, 0.3], 0.6
    parts = [with_params(RandAugment(), image, operations=b).astype(np.float64) for b in branches]
    mixed = 0.4 * image + 0.6 * sum(w * part for w, part in zip(weights, parts))
    result = with_params(AugMix(), image, branches=branches, weights=weights, share=share)
    tolerance = 1 if dtype.kind == "u" else 1e-6
    np.testing.assert_allclose(result.astype(float), naive.saturated(mixed, dtype).astype(float), atol=tolerance)
    same = with_params(AugMix(), image, branches=branches, weights=weights, share=0.0)
    np.testing.assert_array_equal(same, image)


def test_aug_mix_says_whether_opencv_takes_part() -> None:
    frame = frame_of(photo())
    for name, expected in (("Sharpness", True), ("Posterize", False)):
        params = {"branches": [[[name, 2]]], "weights": [1.0], "share": 0.5}
        assert AugMix().lower(params, frame)[0].opencv is expected
