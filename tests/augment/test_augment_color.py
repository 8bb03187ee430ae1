"""Transforms of colour and levels: what they draw and lower to, and results against referees."""

from __future__ import annotations

import itertools
import json
import pickle
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from helpers.machine import Deferred, Op, run
from helpers.subjects import documentation, transforms_of
from helpers.transforms import Transform, dirichlet, gamma_variate, normal
from helpers.vocabulary import DTYPES
from oracles import color as naive
from oracles.color import (
    REFERENCE,
    SIZE,
    applied,
    assert_near,
    draws,
    frame_of,
    grey,
    photo,
    stages_of,
    top,
    with_params,
)

import augment
from augment.color import (
    CLAHE,
    AutoContrast,
    BrightnessContrast,
    ChannelDropout,
    ColorJitter,
    ColorSpace,
    ColorTransfer,
    EnhanceLocalStatistics,
    Equalize,
    Gamma,
    HueSaturationValue,
    Invert,
    MatchHistogram,
    Normalize,
    PCAJitter,
    PlanckianJitter,
    Posterize,
    RGBShift,
    Solarize,
    ToGray,
    ToneCurve,
    ToSepia,
)

INVENTORY: list[Transform] = [
    *(
        t
        for t in transforms_of("color", without=("ColorSpace", "FromFloat", "Normalize", "SelectiveChannel", "ToFloat"))
        if getattr(t, "channels", 3) != 1
    ),
    ColorJitter(contrast=(1, 1)),
    AutoContrast(cutoff=0.05),
    Posterize(bits=(1, 7)),
    ToSepia(strength=(0.2, 0.8)),
    ChannelDropout(channels=(1, 2), fill=0.5),
]
"""All that keep the image's shape and dtype."""


def may_have(transform: Transform, channels: int | None) -> bool:
    """Whether a transform takes images of so many channels (None: without that axis), as its documentation has it."""
    text = documentation(transform)
    if channels != 5:
        return "RGB images" not in text and "images of more channels than" not in text
    color = getattr(transform, "color", None)
    if color is not None:
        return color == "per_channel"
    return "any number of channels" in text or "images of more channels than" in text


every_transform = pytest.mark.parametrize("transform", INVENTORY, ids=lambda t: repr(t).replace(" ", ""))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


# --- all of them ------------------------------------------------------------------------------------------------------


@every_transform
@every_dtype
def test_result_has_the_image_s_shape_and_dtype_and_the_image_stays(transform: Transform, dtype: np.dtype) -> None:
    image = photo(dtype)
    before = image.copy()
    image.flags.writeable = False
    for key in range(3):
        result = applied(transform, image, key)
        assert (result.shape, result.dtype) == (image.shape, image.dtype)
        assert not np.shares_memory(result, image)
        assert result.tobytes() == applied(transform, image, key).tobytes()
    assert image.tobytes() == before.tobytes()


@every_transform
@every_dtype
def test_parameters_survive_json(transform: Transform, dtype: np.dtype) -> None:
    image, frame = photo(dtype), frame_of(photo(dtype))
    for key in range(4):
        params = transform.draw(draws(key), frame)
        read = json.loads(json.dumps(params))
        assert read == params
        stages, again = transform.lower(params, frame), transform.lower(read, frame)
        assert [(type(s), s.label) for s in stages] == [(type(s), s.label) for s in again]
        assert run(image, stages).tobytes() == run(image, again).tobytes()


@every_transform
def test_copies_are_alike(transform: Transform) -> None:
    image = photo()
    copies = [pickle.loads(pickle.dumps(transform))]
    if not isinstance(transform, (ColorTransfer, MatchHistogram)):
        copies.append(eval(repr(transform), vars(augment)))
    for copy in copies:
        assert copy == transform
        assert applied(copy, image, 5).tobytes() == applied(transform, image, 5).tobytes()


@every_transform
@pytest.mark.parametrize("channels", [None, 1, 5])
def test_images_that_are_not_rgb(transform: Transform, channels: int | None) -> None:
    image = grey() if channels is None else np.repeat(grey()[..., np.newaxis], channels, axis=2)
    if isinstance(transform, MatchHistogram):
        transform = MatchHistogram(references=[image[::-1]], color=transform.color)
    if may_have(transform, channels):
        assert applied(transform, image).shape == image.shape
    else:
        with pytest.raises(ValueError, match=r"(must|needs)"):
            applied(transform, image)


@every_transform
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_stays_in_its_neighbourhood(transform: Transform, dtype: str) -> None:
    image = photo(dtype)
    image[10, 20] = np.nan
    result = applied(transform, image, 3)
    assert np.isnan(result[10, 20]).any()
    assert np.isfinite(np.delete(result.reshape(-1, 3), 10 * SIZE[1] + 20, axis=0)).all()


def test_probability_defaults() -> None:
    assert {t.p for t in INVENTORY} == {0.5}
    assert Normalize().p == ColorSpace().p == 1.0
    with pytest.raises(ValueError, match="p must be <= 1"):
        Invert(p=1.5)


RANGES = [
    (BrightnessContrast, "brightness", (0.3, -0.3)),
    (BrightnessContrast, "contrast", (-1.5, 0.0)),
    (ColorJitter, "brightness", (-0.1, 1.0)),
    (ColorJitter, "contrast", (1.2, 0.8)),
    (ColorJitter, "saturation", (-2.0, 1.0)),
    (ColorJitter, "hue", (-0.1, 1.5)),
    (HueSaturationValue, "hue", (-2.0, 0.0)),
    (HueSaturationValue, "saturation", (0.0, 1.5)),
    (HueSaturationValue, "value", (0.2, 0.1)),
    (RGBShift, "red", (1.0, 0.0)),
    (RGBShift, "green", (1.0, 0.0)),
    (RGBShift, "blue", (1.0, 0.0)),
    (Gamma, "gamma", (0.0, 1.0)),
    (CLAHE, "clip_limit", (-1.0, 1.0)),
    (EnhanceLocalStatistics, "gain", (-1.0, 1.0)),
    (Posterize, "bits", (0, 4)),
    (Posterize, "bits", (4, 9)),
    (Solarize, "threshold", (0.6, 0.5)),
    (ToSepia, "strength", (0.5, 1.1)),
    (ChannelDropout, "channels", (0, 1)),
    (PlanckianJitter, "temperature", (2000.0, 5000.0)),
    (PlanckianJitter, "temperature", (5000.0, 20000.0)),
]


@pytest.mark.parametrize(("kind", "name", "wrong"), RANGES, ids=lambda v: getattr(v, "__name__", str(v)))
def test_ranges_are_checked(kind: type[Transform], name: str, wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=name):
        kind(**{name: wrong})
    for value in ((0.5,), "ab", None, ("a", "b")):
        with pytest.raises(TypeError, match=rf"{name}(\[\d\])? must"):
            kind(**{name: value})
    low, high = getattr(kind(), name)
    whole = isinstance(low, int)
    assert getattr(kind(**{name: [high, high]}), name) == (high, high)
    assert all(type(v) is (int if whole else float) for v in getattr(kind(**{name: [high, high]}), name))


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: ToneCurve(scale=-1), ValueError, "scale must be >= 0"),
        (lambda: ToneCurve(per_channel=1), TypeError, "per_channel must be True or False"),
        (lambda: Equalize(method="nice"), ValueError, "method must be one of"),
        (lambda: Equalize(color="red"), ValueError, "color must be one of"),
        (lambda: AutoContrast(cutoff=2), ValueError, "cutoff must be a share"),
        (lambda: CLAHE(tiles=8), TypeError, "tiles must be a pair"),
        (lambda: CLAHE(color=3), TypeError, "color must be a string"),
        (lambda: MatchHistogram(), TypeError, "references"),
        (lambda: MatchHistogram(references=REFERENCE), TypeError, "references must be a list of images"),
        (lambda: MatchHistogram(references=[]), ValueError, "references must hold at least one image"),
        (lambda: MatchHistogram(references=[REFERENCE, 3]), TypeError, r"references\[1\] must be a numpy array"),
        (lambda: MatchHistogram(references=[REFERENCE], blend=(0, 2)), ValueError, "blend"),
        (lambda: EnhanceLocalStatistics(k1=0.5, k2=0.1), ValueError, "k1 must be <= k2"),
        (lambda: EnhanceLocalStatistics(radius=-1), ValueError, "radius must be >= 0"),
        (lambda: EnhanceLocalStatistics(border="none"), ValueError, "border must be one of"),
        (lambda: ToGray(method="red"), ValueError, "method must be one of"),
        (lambda: ToGray(weights=(1, 2)), TypeError, "weights must be 3 numbers"),
        (lambda: ToGray(channels=2), ValueError, "channels must be 1 or 3"),
        (lambda: PCAJitter(sigma=-0.1), ValueError, "sigma must be >= 0"),
        (lambda: PCAJitter(eigenvectors=(1, 2, 3)), TypeError, r"eigenvectors\[0\] must be 3 numbers"),
        (lambda: PCAJitter(eigenvectors=5), TypeError, "eigenvectors must be three"),
        (lambda: PlanckianJitter(mode="cied", temperature=(3000, 5000)), ValueError, "temperature"),
        (lambda: PlanckianJitter(mode="sun"), ValueError, "mode must be one of"),
        (lambda: ColorSpace(source="gray"), ValueError, "source must be one of"),
        (lambda: ColorSpace(target="cmyk"), ValueError, "target must be one of"),
        (lambda: Normalize(std=0), ValueError, "std must be > 0"),
        (lambda: Normalize(mean=(0.1, 0.2)), ValueError, "std must have as many numbers as mean"),
        (lambda: Normalize(mean=()), ValueError, "mean must be a level or one for each"),
    ],
)
def test_wrong_arguments_are_refused(make: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        make()


# --- levels -----------------------------------------------------------------------------------------------------------


@every_dtype
def test_brightness_contrast_is_one_line_through_all_levels(dtype: np.dtype) -> None:
    image = photo(dtype)
    for b, c in itertools.product((-0.3, 0.0, 0.15), (-0.2, 0.0, 0.4)):
        expected = naive.saturated(image.astype(np.float64) * (1 + c) + b * top(image), dtype)
        result = with_params(BrightnessContrast(), image, brightness=b, contrast=c)
        assert_near(result, expected, 1)
        assert np.mean(result != expected) < 0.02 or dtype.kind == "f"


def test_draws_fill_their_ranges() -> None:
    t = BrightnessContrast(brightness=(-0.1, 0.3), contrast=(0.5, 0.5))
    drawn = [t.draw(draws(key), frame_of(photo())) for key in range(300)]
    found = [d["brightness"] for d in drawn]
    assert -0.1 <= min(found) < -0.09
    assert 0.29 < max(found) <= 0.3
    assert {d["contrast"] for d in drawn} == {0.5}


@every_dtype
def test_gamma_is_a_power_of_the_level(dtype: np.dtype) -> None:
    image = photo(dtype)
    for gamma in (0.5, 0.8, 1.0, 1.2, 3.0):
        expected = naive.saturated((image / top(image)) ** gamma * top(image), dtype)
        assert_near(with_params(Gamma(), image, gamma=gamma), expected, 1)
    assert stages_of(Gamma(gamma=(1, 1)), image) == []


@every_dtype
def test_tone_curve_is_the_cubic(dtype: np.dtype) -> None:
    image = photo(dtype)
    v = image / top(image)

    def cubic(v: np.ndarray, low: float, high: float) -> np.ndarray:
        return 3 * (1 - v) ** 2 * v * low + 3 * (1 - v) * v**2 * high + v**3

    expected = naive.saturated(cubic(v, 0.1, 0.9) * top(image), dtype)
    assert_near(with_params(ToneCurve(), image, low=[0.1], high=[0.9]), expected, 1, 1e-5)
    low, high = [0.1, 0.3, 0.5], [0.9, 0.6, 0.5]
    each = np.stack([cubic(v[..., c], low[c], high[c]) for c in range(3)], axis=-1)
    result = with_params(ToneCurve(), image, low=low, high=high)
    assert_near(result, naive.saturated(each * top(image), dtype), 1, 1e-5)


def test_tone_curve_draws_about_the_diagonal() -> None:
    image = photo()
    assert_near(applied(ToneCurve(scale=0), image), image)
    drawn = [ToneCurve(scale=0.05, per_channel=True).draw(draws(key), frame_of(image)) for key in range(400)]
    low, high = (np.array([d[name] for d in drawn]) for name in ("low", "high"))
    assert low.shape == high.shape == (400, 3)
    np.testing.assert_allclose([low.mean(), high.mean()], [1 / 3, 2 / 3], atol=0.005)
    np.testing.assert_allclose([low.std(), high.std()], [0.05, 0.05], atol=0.004)
    wild = [ToneCurve(scale=9).draw(draws(key), frame_of(image)) for key in range(50)]
    assert {v for d in wild for v in d["low"]} >= {0.0, 1.0}


@pytest.mark.parametrize("bits", range(1, 9))
def test_posterize_against_pillow(bits: int) -> None:
    image = photo()
    expected = np.asarray(PIL.ImageOps.posterize(PIL.Image.fromarray(image), bits))
    np.testing.assert_array_equal(with_params(Posterize(), image, bits=bits), expected)
    np.testing.assert_array_equal(applied(Posterize(bits=(bits, bits)), image), expected)


def test_posterize_draws_all_bits() -> None:
    drawn = {Posterize(bits=(3, 6)).draw(draws(key), frame_of(photo()))["bits"] for key in range(60)}
    assert drawn == {3, 4, 5, 6}


@pytest.mark.parametrize("threshold", [0, 1, 100, 128, 255])
def test_solarize_and_invert_against_pillow(threshold: int) -> None:
    image = photo()
    expected = np.asarray(PIL.ImageOps.solarize(PIL.Image.fromarray(image), threshold))
    np.testing.assert_array_equal(with_params(Solarize(), image, threshold=threshold / 255), expected)
    np.testing.assert_array_equal(applied(Invert(), image), np.asarray(PIL.ImageOps.invert(PIL.Image.fromarray(image))))


# --- jitter -----------------------------------------------------------------------------------------------------------

PARTS = {
    "brightness": (naive.brightness, (0.0, 0.7, 1.6)),
    "contrast": (naive.contrast, (0.0, 0.6, 1.7)),
    "saturation": (naive.saturation, (0.0, 0.5, 1.8)),
    "hue": (naive.adjust_hue, (-0.4, 0.1, 0.5)),
}
NOTHING = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}


@pytest.mark.parametrize("name", PARTS)
@every_dtype
def test_each_part_of_the_jitter_is_torchvision_s(name: str, dtype: np.dtype) -> None:
    image = photo(dtype)
    oracle, values = PARTS[name]
    for value in values:
        result = with_params(ColorJitter(), image, **{**NOTHING, name: value}, order=[0, 1, 2, 3])
        expected = oracle(image, value)
        assert_near(result, expected, 1, 1e-5)
        assert np.mean(result != expected) < 0.05 or dtype.kind == "f"


def test_jitter_works_in_the_order_drawn() -> None:
    image = photo()
    values = {"brightness": 1.4, "contrast": 0.5, "saturation": 1.5, "hue": 0.3}
    results = set()
    for order in itertools.permutations(range(4)):
        expected = image
        for which in order:
            name = list(PARTS)[which]
            expected = PARTS[name][0](expected, values[name])
        result = with_params(ColorJitter(), image, **values, order=list(order))
        assert_near(result, expected, 3)
        assert np.mean(np.abs(result.astype(int) - expected) > 1) < 0.02
        results.add(result.tobytes())
    assert len(results) > 12
    drawn = {tuple(ColorJitter().draw(draws(key), frame_of(image))["order"]) for key in range(600)}
    assert drawn == set(itertools.permutations(range(4)))


def test_parts_that_change_nothing_are_left_out() -> None:
    image = photo()
    same = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    assert stages_of(ColorJitter(**same), image) == []
    for name in same:
        others = {k: v for k, v in same.items() if k != name}
        (stage,) = stages_of(ColorJitter(**others), image)
        assert (type(stage) is Deferred) == (name == "contrast")
    assert all(type(s) is Op for s in stages_of(ColorJitter(contrast=(1, 1)), image))
    same_hsv = HueSaturationValue(hue=(0, 0), saturation=(0, 0), value=(0, 0))
    assert stages_of(same_hsv, image) == stages_of(same_hsv, grey()) == []


@every_dtype
def test_jitter_of_a_grey_image_has_brightness_and_contrast(dtype: np.dtype) -> None:
    image = grey(dtype)
    result = with_params(
        ColorJitter(), image, brightness=1.3, contrast=0.5, saturation=2.0, hue=0.3, order=[2, 0, 3, 1]
    )
    assert_near(result, naive.contrast(naive.brightness(image, 1.3), 0.5), 1)


@every_dtype
def test_hue_saturation_value(dtype: np.dtype) -> None:
    image = photo(dtype)
    coloured = np.ptp(image, axis=2) > 0  # greys: see below
    for hue, saturation, value in itertools.product((-0.3, 0.0, 0.15), (-0.2, 0.0, 0.3), (-0.1, 0.0, 0.2)):
        result = with_params(HueSaturationValue(), image, hue=hue, saturation=saturation, value=value)
        expected = naive.shifted_hsv(image, hue, saturation, value)
        assert_near(result[coloured], expected[coloured], 1, 1e-5)


def test_greys_stay_grey() -> None:
    image = np.repeat(grey()[..., np.newaxis], 3, axis=2)
    result = with_params(HueSaturationValue(), image, hue=0.2, saturation=0.5, value=0.1)
    expected = naive.saturated(image + 25.5, image.dtype)
    np.testing.assert_array_equal(result, expected)
    one = with_params(HueSaturationValue(), grey(), hue=0.2, saturation=0.5, value=0.1)
    np.testing.assert_array_equal(one, expected[..., 0])


@every_dtype
def test_rgb_shift(dtype: np.dtype) -> None:
    image = photo(dtype)
    shift = np.array([0.1, -0.05, 0.2])
    expected = naive.saturated(image + shift * top(image), dtype)
    assert_near(with_params(RGBShift(), image, red=0.1, green=-0.05, blue=0.2), expected, 1)


# --- draws made of uniforms -------------------------------------------------------------------------------------------


def test_distributions() -> None:
    stats = pytest.importorskip("scipy.stats")
    n = 2000
    assert stats.kstest([normal(draws(k)) for k in range(n)], "norm").pvalue > 0.01
    for shape in (0.3, 1.0, 2.5):
        found = [gamma_variate(draws(k), shape) for k in range(n)]
        assert stats.kstest(found, "gamma", args=(shape,)).pvalue > 0.01, shape
    for alpha in (0.5, 1.0, 3.0):
        beta = [dirichlet(draws(k), alpha, 2)[0] for k in range(n)]
        assert stats.kstest(beta, "beta", args=(alpha, alpha)).pvalue > 0.01, alpha
        parts = np.array([dirichlet(draws(k), alpha, 4) for k in range(n)])
        np.testing.assert_allclose(parts.sum(axis=1), 1)
        np.testing.assert_allclose(parts.mean(axis=0), 0.25, atol=0.02)
    assert dirichlet(draws(1), 1e-9, 3).count(0.0) >= 2


# --- albumentations as a referee --------------------------------------------------------------------------------------


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NO_ALBUMENTATIONS_UPDATE", "1")
    pytest.importorskip("albumentations", reason="albumentations is a referee for those who have it")
    import albumentations.augmentations.pixel.functional as functional

    return functional


@pytest.mark.filterwarnings("ignore")
def test_against_albumentations(peer: Any) -> None:
    image = photo()
    for temperature, mode in itertools.product((4200, 6500, 11111), ("blackbody", "cied")):
        result = with_params(PlanckianJitter(mode=mode), image, temperature=float(temperature))
        assert_near(result, peer.planckian_jitter(image, temperature, mode), 1)
    assert_near(with_params(ToneCurve(), image, low=[0.2], high=[0.7]), peer.move_tone_curve(image, 0.2, 0.7), 1)
    assert_near(with_params(Gamma(), image, gamma=0.8), peer.gamma_transform(image, 0.8), 1)
    assert_near(with_params(Solarize(), image, threshold=0.5), peer.solarize(image, 0.5))
    for factor in (0.6, 1.5):
        values = {**NOTHING, "order": [0, 1, 2, 3]}
        result = with_params(ColorJitter(), image, **{**values, "contrast": factor})
        assert_near(result, peer.adjust_contrast_torchvision(image, factor), 1)
        result = with_params(ColorJitter(), image, **{**values, "saturation": factor})
        assert_near(result, peer.adjust_saturation_torchvision(image, factor), 2)
    result = with_params(HueSaturationValue(), image, hue=10 / 180, saturation=0.1, value=0.1)
    far = np.abs(result.astype(int) - peer.shift_hsv(image, 10, 25.5, 25.5))
    assert far.mean() < 2  # the peer rounds hue to 2 degrees
