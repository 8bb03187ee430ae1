"""Transforms of colour made of statistics, of channels, and of conversions, against referees."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from helpers.functions import example_image
from helpers.machine import Deferred, Op, mean_luma, run
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

import imgproc.color
from augment import CoarseDropout, Compose, HorizontalFlip, MixUp, OneOf, RandAugment
from augment.color import (
    CLAHE,
    AutoContrast,
    ChannelDropout,
    ChannelShuffle,
    ColorSpace,
    EnhanceLocalStatistics,
    Equalize,
    FromFloat,
    Gamma,
    LightGradient,
    MatchHistogram,
    Normalize,
    PCAJitter,
    PlanckianJitter,
    SelectiveChannel,
    ToFloat,
    ToGray,
    ToSepia,
)

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


# --- statistics -------------------------------------------------------------------------------------------------------


def test_mean_luma_of_integers_is_exact(rng: np.random.Generator) -> None:
    for dtype in (np.uint8, np.uint16):
        for shape in ((7, 5, 3), (64, 64, 3), (33, 129), (40, 21, 1), (1, 1, 3)):
            image = rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
            sums = image.reshape(-1, shape[2] if len(shape) == 3 else 1).sum(axis=0, dtype=np.int64)
            weights = naive.LUMA if sums.size == 3 else [1.0]
            expected = math.fsum(w * int(s) for w, s in zip(weights, sums)) / (
                shape[0] * shape[1] * np.iinfo(dtype).max
            )
            assert mean_luma(image) == pytest.approx(expected, rel=1e-15)
            assert mean_luma(image[::-1]) == mean_luma(image)
    assert mean_luma(np.full((300, 400, 3), 65535, np.uint16)) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_mean_luma_of_floats(dtype: str, rng: np.random.Generator) -> None:
    for shape in ((7, 5, 3), (64, 64, 3), (33, 129), (40, 21, 1)):
        image = rng.random(shape).astype(dtype)
        planes = image.reshape(-1, shape[2] if len(shape) == 3 else 1).astype(np.float64)
        weights = naive.LUMA if planes.shape[1] == 3 else [1.0]
        assert mean_luma(image) == pytest.approx(float(planes.mean(axis=0) @ weights), rel=1e-12)
        spoilt = image.copy()
        spoilt.reshape(planes.shape)[3] = np.nan
        spoilt.reshape(planes.shape)[5, 0] = np.inf
        counted = np.where(np.isfinite(spoilt.reshape(planes.shape)), planes, np.nan)
        assert mean_luma(spoilt) == pytest.approx(float(np.nanmean(counted, axis=0) @ weights), rel=1e-12)
    assert mean_luma(np.full((4, 4, 3), np.nan, dtype)) == 0.0


@pytest.mark.parametrize("method", ["cv", "pil", "textbook"])
@pytest.mark.parametrize("mode", ["per_channel", "luminance"])
@every_dtype
def test_equalize_is_the_function(method: str, mode: str, dtype: np.dtype) -> None:
    for image in (photo(dtype), grey(dtype)):
        transform = Equalize(method=method, color=mode)
        (stage,) = stages_of(transform, image)
        assert (type(stage) is Deferred) == (dtype.kind == "u" and (mode == "per_channel" or image.ndim == 2))
        expected = imgproc.equalize_histogram(image, method=method, color=mode)
        np.testing.assert_array_equal(applied(transform, image), expected)


def test_equalize_and_autocontrast_against_pillow() -> None:
    image = photo()
    picture = PIL.Image.fromarray(image)
    np.testing.assert_array_equal(applied(Equalize(method="pil"), image), np.asarray(PIL.ImageOps.equalize(picture)))
    narrow = image[3:-3, 5:]  # without black and white
    expected = np.asarray(PIL.ImageOps.autocontrast(PIL.Image.fromarray(np.ascontiguousarray(narrow))))
    assert np.ptp(narrow[..., 2]) < 200
    assert_near(applied(AutoContrast(), narrow), expected, 1)  # Pillow truncates


@pytest.mark.parametrize("mode", ["per_channel", "luminance"])
@every_dtype
def test_autocontrast_is_the_function(mode: str, dtype: np.dtype) -> None:
    for image, cutoff in itertools.product((photo(dtype), grey(dtype)), (0.0, 0.1)):
        expected = imgproc.stretch_contrast(image, low=cutoff, high=1 - cutoff, color=mode)
        np.testing.assert_array_equal(applied(AutoContrast(cutoff=cutoff, color=mode), image), expected)


def test_tables_join_the_next_pass() -> None:
    image = photo()
    (stage,) = stages_of(Equalize(), image)
    (table,) = stage.resolve(image)
    assert type(table) is Op
    assert table.table.shape == (3, 256)
    chain = [*stages_of(Equalize(), image), *stages_of(Gamma(gamma=(2, 2)), image)]
    np.testing.assert_array_equal(run(image, chain), applied(Gamma(gamma=(2, 2)), applied(Equalize(), image)))


@every_dtype
def test_neighbourhood_transforms_are_the_functions(dtype: np.dtype) -> None:
    image = photo(dtype)
    for mode in ("luminance", "per_channel"):
        expected = imgproc.clahe(image, clip_limit=2.5, tiles=(3, 4), color=mode)
        result = applied(CLAHE(clip_limit=(2.5, 2.5), tiles=(3, 4), color=mode), image)
        np.testing.assert_array_equal(result, expected)
        options = {"k0": 0.9, "k1": 0.0, "k2": 0.7, "radius": 2, "border": "wrap", "color": mode}
        expected = imgproc.enhance_local_statistics(image, gain=3.0, **options)
        result = applied(EnhanceLocalStatistics(gain=(3, 3), **options), image)
        np.testing.assert_array_equal(result, expected)
        assert (expected != image).any()


@pytest.mark.parametrize("mode", ["per_channel", "luminance"])
@every_dtype
def test_match_histogram_blends_with_the_function(mode: str, dtype: np.dtype) -> None:
    image = photo(dtype)
    references = [REFERENCE, example_image(np.uint16, (11, 9), 3), example_image(np.float32, (9, 9), 3, step=11)]
    for number, reference in enumerate(references):
        transform = MatchHistogram(references=references, color=mode)
        matched = imgproc.match_histogram(image, reference, color=mode)
        full = with_params(transform, image, reference=number, blend=1.0)
        np.testing.assert_array_equal(full, matched)
        half = with_params(transform, image, reference=number, blend=0.5)
        assert_near(half, naive.saturated((image.astype(np.float64) + matched) / 2, dtype), 1)
        assert transform.lower({"reference": number, "blend": 0.0}, frame_of(image)) == []
    drawn = [MatchHistogram(references=references).draw(draws(key), frame_of(image)) for key in range(60)]
    assert {d["reference"] for d in drawn} == {0, 1, 2}
    assert all(0.5 <= d["blend"] <= 1 for d in drawn)


def test_match_histogram_of_a_flat_image_and_wrong_references() -> None:
    flat = np.full((5, 6, 3), 7, np.uint8)
    result = with_params(MatchHistogram(references=[REFERENCE]), flat, reference=0, blend=1.0)
    np.testing.assert_array_equal(result, imgproc.match_histogram(flat, REFERENCE))
    with pytest.raises(ValueError, match="reference must have as many channels"):
        applied(MatchHistogram(references=[REFERENCE[..., 0]]), flat)
    field = MatchHistogram.__dataclass_fields__["references"]
    assert field.metadata["external"] is True


# --- channels ---------------------------------------------------------------------------------------------------------


@every_dtype
def test_to_gray(dtype: np.dtype) -> None:
    image = photo(dtype)
    v = image.astype(np.float64)
    levels = {"weighted": v @ naive.LUMA, "max": v.max(axis=2), "lightness": (v.max(axis=2) + v.min(axis=2)) / 2}
    for method, level in levels.items():
        expected = naive.saturated(level, dtype)
        three, one = applied(ToGray(method=method), image), applied(ToGray(method=method, channels=1), image)
        assert_near(one, expected[..., np.newaxis], int(method == "weighted"))
        np.testing.assert_array_equal(three, np.repeat(one, 3, axis=2))
    red = applied(ToGray(weights=(1, 0, 0), channels=1), image)
    np.testing.assert_array_equal(red, image[..., :1])
    if dtype == np.uint8:
        assert_near(applied(ToGray(), image)[..., 0], cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), 1)
    assert stages_of(ToGray(channels=1), grey(dtype)) == []


@every_dtype
def test_to_sepia(dtype: np.dtype) -> None:
    image = photo(dtype)
    rows = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    toned = naive.saturated(image.astype(np.float64) @ rows.T, dtype)
    assert_near(applied(ToSepia(), image), toned, 1)
    half = naive.saturated(0.5 * image + 0.5 * (image.astype(np.float64) @ rows.T), dtype)
    assert_near(with_params(ToSepia(), image, strength=0.5), half, 1)
    np.testing.assert_array_equal(applied(ToSepia(strength=(0, 0)), image), image)
    assert stages_of(ToSepia(), grey(dtype)) == []


def test_channel_shuffle() -> None:
    image = photo()
    for order in itertools.permutations(range(3)):
        result = with_params(ChannelShuffle(), image, order=list(order))
        np.testing.assert_array_equal(result, image[..., list(order)])
    drawn = {tuple(ChannelShuffle().draw(draws(key), frame_of(image))["order"]) for key in range(100)}
    assert drawn == set(itertools.permutations(range(3)))
    assert stages_of(ChannelShuffle(), grey()) == []


def test_channel_dropout() -> None:
    image = photo()
    result = with_params(ChannelDropout(fill=0.5), image, dropped=[0, 2])
    np.testing.assert_array_equal(result[..., 1], image[..., 1])
    assert set(np.unique(result[..., [0, 2]])) == {128}
    drawn = {tuple(ChannelDropout(channels=(1, 2)).draw(draws(key), frame_of(image))["dropped"]) for key in range(200)}
    assert drawn == {(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)}
    with pytest.raises(ValueError, match=r"image must have more than 3 channels .*, got 3"):
        applied(ChannelDropout(channels=(1, 3)), image)


def test_pca_jitter_is_alexnet_s() -> None:
    image = photo("f8")
    values = np.array([0.2175, 0.0188, 0.0045])
    vectors = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
    alpha = np.array([0.3, -0.2, 0.5])
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(3), atol=1e-3)
    result = with_params(PCAJitter(), image, alpha=alpha.tolist())
    np.testing.assert_allclose(result, image + vectors @ (alpha * values), atol=1e-12)
    drawn = np.array([PCAJitter(sigma=0.2).draw(draws(key), frame_of(image))["alpha"] for key in range(500)])
    np.testing.assert_allclose(drawn.std(axis=0), 0.2, rtol=0.1)
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=0.03)


def test_planckian_jitter() -> None:
    image = photo("f8") * 0.5
    warm = with_params(PlanckianJitter(), image, temperature=3000.0)
    np.testing.assert_allclose(warm, image * [0.6743 / 0.4029, 1, 0.0013 / 0.4029], rtol=1e-12)
    neutral = with_params(PlanckianJitter(mode="cied"), image, temperature=6500.0)
    np.testing.assert_allclose(neutral, image, rtol=0.003)
    between = with_params(PlanckianJitter(mode="cied"), image, temperature=14750.0)
    r, g, b = (0.3263 + 0.3217) / 2, (0.4719 + 0.4719) / 2, (0.6826 + 0.6882) / 2
    np.testing.assert_allclose(between, image * [r / g, 1, b / g], rtol=1e-12)
    hot = with_params(PlanckianJitter(), image, temperature=15000.0)
    np.testing.assert_allclose(hot, image * [0.3503 / 0.4653, 1, 0.6933 / 0.4653], rtol=1e-12)
    t = np.array([PlanckianJitter().draw(draws(key), frame_of(image))["temperature"] for key in range(500)])
    assert t.min() >= 4000 - 1e-9
    assert t.max() <= 15000 + 1e-9
    assert np.mean(1 / t < (1 / 4000 + 1 / 15000) / 2) == pytest.approx(0.5, abs=0.07)


# --- conversions ------------------------------------------------------------------------------------------------------


SPACES = ["hsv", "hsl", "hsi", "lab", "luv", "ycrcb", "xyz", "linear"]


@pytest.mark.parametrize("space", SPACES)
def test_color_space_is_the_function(space: str) -> None:
    image = photo()
    there = applied(ColorSpace(target=space), image)
    np.testing.assert_array_equal(there, getattr(imgproc.color, f"rgb_to_{space}")(image))
    back = applied(ColorSpace(source=space, target="rgb"), there)
    np.testing.assert_array_equal(back, getattr(imgproc.color, f"{space}_to_rgb")(there))
    other = SPACES[SPACES.index(space) - 1]
    over = applied(ColorSpace(source=space, target=other), there)
    np.testing.assert_array_equal(over, getattr(imgproc.color, f"rgb_to_{other}")(back))
    assert stages_of(ColorSpace(source=space, target=space), there) == []
    grey_of = applied(ColorSpace(source=space, target="gray"), there)
    assert_near(grey_of, imgproc.color.rgb_to_gray(back).reshape(*SIZE, 1), 1)


@every_dtype
def test_normalize(dtype: np.dtype) -> None:
    image = photo(dtype)
    kind = np.float64 if dtype == np.float64 else np.float32
    expected = (image / top(image) - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    result = applied(Normalize(), image)
    assert result.dtype == kind
    np.testing.assert_allclose(result, expected, atol=2e-6)
    one = applied(Normalize(mean=0.5, std=[0.25]), grey(dtype))
    np.testing.assert_allclose(one, (grey(dtype) / top(image) - 0.5) / 0.25, atol=2e-6)
    with pytest.raises(ValueError, match=r"3 values, those of ImageNet: pass mean=0.5"):
        Compose([Normalize()])(image=grey(dtype), key=1)


@every_dtype
@pytest.mark.parametrize("method", ["image", "image_per_channel", "min_max", "min_max_per_channel"])
def test_normalize_by_what_the_image_gives(method: str, dtype: np.dtype) -> None:
    """Beside NumPy's mean and deviation of float64; of any number of channels, and of large images."""
    axis = (0, 1) if method.endswith("channel") else None
    for image in (photo(dtype), grey(dtype), photo(dtype)[..., :2], np.tile(photo(dtype), (16, 16, 1))):
        levels = (image / np.float64(top(image))).reshape(*image.shape[:2], -1)
        if method.startswith("min"):
            shift, scale = levels.min(axis=axis), np.ptp(levels, axis=axis)
        else:
            shift, scale = levels.mean(axis=axis), levels.std(axis=axis)
        result = applied(Normalize(method=method), image)
        assert result.dtype == (np.float64 if dtype == np.float64 else np.float32)
        np.testing.assert_allclose(result.reshape(levels.shape), (levels - shift) / scale, atol=1e-5)
        flat = np.full_like(image, image.flat[0])
        assert not applied(Normalize(method=method), flat).any()


def test_normalize_takes_numbers_for_one_method_only() -> None:
    with pytest.raises(ValueError, match=r"mean is a number of method='standard', got 0.5 with method='image'"):
        Normalize(method="image", mean=0.5)
    with pytest.raises(ValueError, match="method must be"):
        Normalize(method="per_image")
    chain = Compose([Normalize(method="min_max"), Gamma(gamma=(2.0, 2.0), p=1)])  # in [0, 1]
    assert chain(image=photo(), key=1)["image"].dtype == np.float32
    assert "float32" in Compose([Normalize(method="image")]).explain((8, 9, 3))
    with pytest.raises(ValueError, match=r"levels in \[0, 1\] for Gamma"):
        Compose([Normalize(method="image"), Gamma()])(image=photo(), key=1)


# --- dtypes -----------------------------------------------------------------------------------------------------------


def test_floats_and_integers_in_a_chain() -> None:
    """What stands between the two sees floats, and nothing is rounded before the end."""
    for dtype in (np.uint8, np.uint16):
        image, full = photo(np.dtype(dtype)), np.iinfo(dtype).max
        there = Compose([ToFloat()])(image=image, key=1)["image"]
        np.testing.assert_allclose(there, image / full, rtol=2e-7)
        np.testing.assert_array_equal(Compose([], dtype="float32")(image=image, key=1)["image"], there)
        back = Compose([ToFloat(), FromFloat(dtype=np.dtype(dtype))])
        np.testing.assert_array_equal(back(image=image, key=1)["image"], image)
        np.testing.assert_array_equal(Compose([FromFloat(dtype=dtype)])(image=there, key=1)["image"], image)
        double = Compose([ToFloat(dtype="float64")])(image=image, key=1)["image"]
        np.testing.assert_array_equal(double, image / np.float64(full))
    image = photo()
    gammas = [Gamma(gamma=(3.0, 3.0), p=1), Gamma(gamma=(1 / 3, 1 / 3), p=1)]
    assert np.abs(Compose(gammas)(image=image, key=1)["image"].astype(int) - image).max() > 5
    for fuse in (True, False):
        chain = Compose([ToFloat(), *gammas, FromFloat()], fuse=fuse)
        np.testing.assert_array_equal(chain(image=image, key=1)["image"], image)
        assert "uint8" in chain.explain(image.shape)
    wide = Compose([FromFloat(dtype="uint16")])(image=image, key=1)["image"]
    np.testing.assert_array_equal(wide, image.astype(np.uint16) * 257)


def test_twelve_bits() -> None:
    image = (np.arange(4096, dtype=np.uint16) * np.ones((2, 1), np.uint16)).astype(np.uint16)
    there = Compose([ToFloat(full_scale=4095)])
    levels = there(image=image, key=1)["image"]
    np.testing.assert_allclose(levels, image / 4095, rtol=2e-7)
    back = Compose([FromFloat(dtype="uint16", full_scale=4095)])
    np.testing.assert_array_equal(back(image=levels, key=1)["image"], image)
    assert back(image=levels * 2, key=1)["image"].max() == 4095
    raw = Compose([ToFloat(full_scale=1)])(image=image, key=1)["image"]
    np.testing.assert_array_equal(raw, image.astype(np.float32))
    with pytest.raises(ValueError, match=r"levels in \[0, 1\] for Gamma"):
        Compose([ToFloat(full_scale=1), Gamma()])(image=image, key=1)
    with pytest.raises(
        ValueError, match="full_scale of ToFloat must be a level of image, at most 255 for uint8, got 4095"
    ):
        there(image=photo(), key=1)
    with pytest.raises(ValueError, match="full_scale of FromFloat must be a level of the result, at most 255"):
        FromFloat(full_scale=4095)
    with pytest.raises(ValueError, match="dtype must be one of"):
        ToFloat(dtype="uint8")


# --- light ------------------------------------------------------------------------------------------------------------


def test_light_comes_from_a_side_a_corner_or_a_spot() -> None:
    """Of a flat image the result is the factor itself."""
    h, w = 30, 50
    flat = np.ones((h, w), np.float64)

    def lit(**options: object) -> np.ndarray:
        return Compose([LightGradient(p=1, **options)])(image=flat, key=3)["image"]

    right = lit(strength=(0.4, 0.4), angle=(0, 0))
    np.testing.assert_allclose(right, np.broadcast_to(1 + 0.4 * (2 * (np.arange(w) + 0.5) / w - 1), (h, w)))
    top_left = lit(strength=(0.4, 0.4), angle=(135, 135))
    y, x = np.indices((h, w)) + 0.5
    np.testing.assert_allclose(top_left, 1 + 0.4 * (((w / 2 - x) + (h / 2 - y)) / ((w + h) / 2)))
    assert right.mean() == pytest.approx(1.0) == top_left.mean()
    corner = lit(shape="corner", strength=(-0.5, -0.5))
    place = np.unravel_index(corner.argmin(), corner.shape)
    assert place[0] in (0, h - 1) and place[1] in (0, w - 1)
    distance = np.hypot(x - w * (place[1] > 0), y - h * (place[0] > 0))
    np.testing.assert_allclose(corner, 1 - 0.5 * (1 - distance / np.hypot(w, h)))
    spot = lit(shape="gaussian", strength=(0.5, 0.5), center=(0.25, 0.25), sigma=(0.1, 0.1))
    expected = 1 + 0.5 * np.exp(-((x - 12.5) ** 2 + (y - 7.5) ** 2) / (2 * 5.0**2))
    np.testing.assert_allclose(spot, expected)


def test_light_beside_albumentations() -> None:
    albumentations = pytest.importorskip("albumentations", reason="compares with albumentations")
    functional = albumentations.augmentations.pixel.functional
    image = photo(np.dtype(np.float32))
    h, w = image.shape[:2]
    for strength in (-0.2, 0.1):
        options = {"strength": (strength, strength), "center": (0.25, 0.25), "sigma": (0.3, 0.3), "p": 1}
        ours = Compose([LightGradient(shape="gaussian", **options)])(image=image, key=0)["image"]
        # Their pixels lie at whole numbers.
        theirs = functional.apply_gaussian_illumination(image, strength, (0.25 - 0.5 / w, 0.25 - 0.5 / h), 0.3)
        np.testing.assert_allclose(np.clip(ours, 0, 1), theirs, atol=2e-6)


# --- some channels ----------------------------------------------------------------------------------------------------


def test_selected_channels_are_an_image_of_their_own() -> None:
    bands = np.dstack([photo(), 255 - photo()])
    chain = Compose([SelectiveChannel([Equalize(p=1), ToSepia(p=1)], channels=(1, 3, 5))])
    found = chain(image=bands, key=4)["image"]
    expected = Compose([Equalize(p=1), ToSepia(p=1)])(image=bands[..., [1, 3, 5]], key=4)["image"]
    np.testing.assert_array_equal(found[..., [1, 3, 5]], expected)
    np.testing.assert_array_equal(found[..., [0, 2, 4]], bands[..., [0, 2, 4]])
    drawn = Compose([SelectiveChannel([Gamma(gamma=(0.5, 2.0), p=0.5)], channels=[5])])
    results = {drawn(image=bands, key=key)["image"].tobytes() for key in range(20)}
    assert 5 < len(results) < 20
    record = drawn.draw(3, bands.shape)
    np.testing.assert_array_equal(drawn.replay(record, image=bands)["image"], drawn(image=bands, key=3)["image"])
    assert Compose.from_json(drawn.to_json()) == drawn


def test_selected_channels_keep_their_place_dtype_and_number() -> None:
    for transform in (
        Normalize(),
        ToGray(channels=1),
        HorizontalFlip(),
        CoarseDropout(mask_fill=0),
        MixUp(),
        RandAugment(),
    ):
        with pytest.raises(ValueError, match=f"in SelectiveChannel.* got {type(transform).__name__}"):
            SelectiveChannel([OneOf([Gamma(), transform])])
    with pytest.raises(ValueError, match=r"image must have more than 3 channels for SelectiveChannel\(channels=\(3,\)"):
        Compose([SelectiveChannel([Gamma()], channels=(3,))])(image=photo(), key=1)
    with pytest.raises(ValueError, match=r"channels \(0, 1\) of image must be grey or RGB for ToSepia, got 2 channels"):
        Compose([SelectiveChannel([ToSepia()], channels=(0, 1))])(image=photo(), key=1)
    with pytest.raises(ValueError, match="channels must be different"):
        SelectiveChannel([Gamma()], channels=(1, 1))
