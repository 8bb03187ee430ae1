"""Local mean, local standard deviation and the enhancement by them, against exact sums, cv2 and SciPy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage
from helpers.vocabulary import BORDERS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from oracles import plain as naive

from imgproc import enhance_local_statistics, local_mean, local_std

COLORS = ("luminance", "per_channel")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
RADII = (0, 1, 2, 3, 4, 7, 13)  # 3 is the last that is summed term by term; 13 is more than the shorter side below
SIZE = (11, 17)
SHAPES = [SIZE, (*SIZE, 1), (*SIZE, 3), (*SIZE, 4)]
STATISTICS = (local_mean, local_std)

CV2_BORDER = {
    "constant": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "reflect_101": cv2.BORDER_REFLECT_101,
}
SCIPY_MODE = {
    "constant": "constant",
    "replicate": "nearest",
    "reflect": "reflect",
    "reflect_101": "mirror",
    "wrap": "grid-wrap",
}

small_images = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return rng.random(shape).astype(dtype)


def result_dtype(dtype: type) -> type:
    return np.float64 if dtype == np.float64 else np.float32


def assert_is(result: np.ndarray, expected: np.ndarray, tolerance: float = 0, message: str = "") -> None:
    """Same shape, dtype, NaN, and values within the tolerance."""
    assert type(result) is np.ndarray, message
    assert result.shape == expected.shape, message
    assert result.dtype == expected.dtype, message
    a, b = result.astype(np.float64), expected.astype(np.float64)
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=message)


def assert_ulps(result: np.ndarray, expected: np.ndarray, ulps: int, message: str = "") -> None:
    """Within so many units in the last place, and NaN where expected."""
    assert result.shape == expected.shape, message
    assert result.dtype == expected.dtype, message
    assert (np.isnan(result) == np.isnan(expected)).all(), message
    if not np.isnan(expected).all():
        off = np.abs(result - expected) / np.spacing(np.abs(expected))
        assert np.nanmax(off) <= ulps, f"{message}: {np.nanmax(off)} units in the last place"


# --- exact for integers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("masked", [False, True])
def test_integer_statistics_are_exact(
    rng: np.random.Generator, dtype: type, border: str, radius: int, masked: bool
) -> None:
    for shape in SHAPES:
        image = image_of(rng, dtype, shape)
        mask = rng.random(SIZE) < 0.3 if masked else None
        options = {"radius": radius, "border": border, "fill": 0.3, "mask": mask}
        assert_ulps(local_mean(image, **options), naive.local_mean(image, **options), 0, f"{shape}")
        assert_ulps(local_std(image, **options), naive.local_std(image, **options), 2, f"{shape}")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_mean_is_the_nearest_float32_of_the_exact_quotient(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (6, 7))
    for radius in (1, 2, 6):
        found = local_mean(image, radius=radius)
        sums = naive.windows(image.astype(np.int64), radius).sum(axis=(2, 3))
        for value, total in zip(found.ravel(), sums.ravel()):
            exact = Fraction(int(total), (2 * radius + 1) ** 2)
            error = abs(Fraction(float(value)) - exact)
            for other in (np.nextafter(value, np.float32(0)), np.nextafter(value, np.float32(1e9))):
                assert error <= abs(Fraction(float(other)) - exact)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("radius", [127, 128, 134])
def test_a_huge_radius_is_exact(rng: np.random.Generator, dtype: type, radius: int) -> None:
    """Also beyond 127, where a uint16 window's sums of squares no longer fit 64 bits after multiplication."""
    for image in (image_of(rng, dtype, (134, 3)), np.full((134, 2), np.iinfo(dtype).max, dtype)):
        image[70, 1] ^= 1
        assert_ulps(local_mean(image, radius=radius), naive.local_mean(image, radius=radius), 0)
        expected = naive.local_std(image, radius=radius)
        mean_square = float((image.astype(np.float64) ** 2).mean())
        limit = np.sqrt(1e-15 * mean_square) if radius > 127 else 0  # of the variance of windows without contrast
        found = local_std(image, radius=radius)
        assert found.dtype == np.float32
        variance, wanted = found.astype(np.float64) ** 2, expected.astype(np.float64) ** 2
        assert (np.abs(variance - wanted) <= 5e-7 * wanted + limit**2).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_many_rows_are_exact(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (300, 6))
    mask = rng.random(image.shape) < 0.5
    for radius in (2, 5):
        for m in (None, mask):
            assert_ulps(local_mean(image, radius=radius, mask=m), naive.local_mean(image, radius=radius, mask=m), 0)
            assert_ulps(local_std(image, radius=radius, mask=m), naive.local_std(image, radius=radius, mask=m), 2)


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_window_by_hand(dtype: type) -> None:
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype)
    mean, std = local_mean(image, radius=1), local_std(image, radius=1)
    assert mean.dtype == std.dtype == result_dtype(dtype)
    assert mean[1, 1] == 5
    assert np.isclose(std[1, 1], np.sqrt(60 / 9), rtol=1e-6)
    assert np.isclose(mean[0, 0], (1 * 4 + 2 * 2 + 4 * 2 + 5) / 9, rtol=1e-6)
    mask = image > 6
    # At the left edge the window sees 7 twice, at the right edge 9.
    expected = np.array([22 / 3, 8, 26 / 3]).astype(mean.dtype)
    assert_ulps(local_mean(image, radius=1, mask=mask)[1], expected, 0 if np.dtype(dtype).kind == "u" else 1)
    assert np.isnan(local_mean(image, radius=1, mask=mask)[0]).all()


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_image_has_its_level_as_mean_and_no_deviation(dtype: type) -> None:
    for level in (0, 0.3, 1):
        value = naive.level_of(level, dtype)
        for shape in [(5, 6), (1, 1), (1, 7), (4, 4, 3)]:
            image = np.full(shape, value, dtype)
            for radius in (0, 1, min(4, max(shape[:2]))):
                expected = np.full(shape, value, result_dtype(dtype))
                assert_is(local_mean(image, radius=radius), expected)
                assert_is(local_std(image, radius=radius), np.zeros_like(expected))


@given(small_images, st.integers(0, 4), st.sampled_from(BORDERS))
def test_integer_statistics_are_exact_on_anything(image: np.ndarray, radius: int, border: str) -> None:
    options = {"radius": min(radius, max(image.shape)), "border": border, "fill": 1.0}
    assert_ulps(local_mean(image, **options), naive.local_mean(image, **options), 0)
    assert_ulps(local_std(image, **options), naive.local_std(image, **options), 2)


# --- floats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("masked", [False, True])
def test_float_statistics_are_the_oracle(
    rng: np.random.Generator, dtype: type, border: str, radius: int, masked: bool
) -> None:
    tolerance = 2e-7 if dtype == np.float32 else 1e-14
    for shape in SHAPES:
        image = image_of(rng, dtype, shape)
        mask = rng.random(SIZE) < 0.3 if masked else None
        options = {"radius": radius, "border": border, "fill": 0.3, "mask": mask}
        assert_is(local_mean(image, **options), naive.local_mean(image, **options), tolerance, f"{shape}")
        # The variance has an error of some 1e-16, so its root one of 1e-8 where it is zero.
        at_zero = 3e-8 if radius == 0 or masked else 0
        found, expected = local_std(image, **options), naive.local_std(image, **options)
        assert_is(found, expected, tolerance + at_zero, f"{shape}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("radius", [1, 3, 5])
def test_many_rows_do_not_drift(rng: np.random.Generator, dtype: type, radius: int) -> None:
    tolerance = 2e-7 if dtype == np.float32 else 1e-13
    image = image_of(rng, dtype, (200, 9))
    mask = rng.random(image.shape) < 0.5
    for m in (None, mask):
        options = {"radius": radius, "mask": m}
        assert_is(local_mean(image, **options), naive.local_mean(image, **options), tolerance)
        assert_is(local_std(image, **options), naive.local_std(image, **options), tolerance + 1e-7)


@pytest.mark.parametrize("radius", [1, 3, 9])
@pytest.mark.parametrize("border", ["reflect", "wrap", "constant"])
def test_a_large_common_offset_does_no_harm(rng: np.random.Generator, radius: int, border: str) -> None:
    image = np.round(rng.random((80, 20)) * 1024) / 1024  # the offset loses none of its bits
    for offset in (1e8, -1e8, 1e6):
        options = {"radius": radius, "border": border}
        found, expected = (local_std(i, fill=f, **options) for i, f in ((image + offset, offset), (image, 0.0)))
        assert_is(found, expected, 1e-7)
        found, expected = (local_mean(i, fill=f, **options) for i, f in ((image + offset, offset), (image, 0.0)))
        assert_is(found - offset, expected, 1e-7)


@pytest.mark.parametrize("what", ["mask", "nan"])
def test_a_large_common_offset_of_the_pixels_that_count_does_no_harm(rng: np.random.Generator, what: str) -> None:
    image = np.round(rng.random((60, 50)) * 1024) / 1024
    mask = rng.random(image.shape) < (0.05 if what == "mask" else 2)
    options: dict[str, Any] = {"radius": 3, "mask": mask if what == "mask" else None}
    shifted = np.where(mask, image + 1e8, 0.0)
    if what == "nan":
        image[20:25, 7], shifted[20:25, 7] = np.nan, np.nan
    assert_is(local_std(shifted, **options), local_std(image, **options), 1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("masked", [False, True])
def test_nan_and_infinity_are_contained_in_their_windows(
    rng: np.random.Generator, dtype: type, border: str, masked: bool
) -> None:
    image = image_of(rng, dtype, (90, 14))
    image[3, 4], image[0, 0], image[70, 13], image[40, 7] = np.nan, np.nan, np.inf, -np.inf
    mask = rng.random(image.shape) < 0.6 if masked else None
    if masked:
        mask[3, 4], mask[40, 7] = True, False  # one that counts, one that does not
    for radius in (0, 1, 4):
        options = {"radius": radius, "border": border, "fill": 0.2, "mask": mask}
        for function in STATISTICS:
            found = function(image, **options)
            expected = getattr(naive, function.__name__)(image, **options)
            assert np.isnan(expected).any()
            assert not np.isinf(found).any()
            assert_is(found, expected, 1e-6 if function is local_std else 2e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_windows_that_count_nothing_are_nan(dtype: type) -> None:
    image = np.arange(60, dtype=dtype).reshape(6, 10)
    mask = np.zeros(image.shape, bool)
    mask[2, 3] = True
    reaches = naive.windows(mask, 1).any(axis=(2, 3))
    for function, value in ((local_mean, image[2, 3]), (local_std, 0)):
        found = function(image, radius=1, mask=mask)
        assert found.dtype == result_dtype(dtype)
        assert np.isnan(found[~reaches]).all()
        assert np.allclose(found[reaches], value, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("masked", [False, True])
def test_values_far_off_act_on_their_windows_only(
    rng: np.random.Generator, dtype: type, border: str, masked: bool
) -> None:
    """Also where they come from outside: a running sum would keep what is left of them."""
    for shape, radii in (((50, 40), (1, 5, 20)), ((9, 11, 3), (2, 11))):
        image = rng.random(shape).astype(dtype)
        image[3, 4], image[5, 7], image[8, 1] = -9999.0, 3.4e38, 1e10
        mask = rng.random(shape[:2]) < 0.7 if masked else None
        for radius in radii:
            for more in ({}, {"fill": -1e12} if border == "constant" else {}):
                options = {"radius": radius, "border": border, "mask": mask, **more}
                for function in STATISTICS:
                    found = function(image, **options)
                    expected = getattr(naive, function.__name__)(image, **options)
                    np.testing.assert_allclose(found, expected, rtol=2e-6 if dtype == np.float32 else 1e-9, atol=1e-9)


# --- referees ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", [1, 3, 6])
def test_the_mean_is_scipys(grey_photo: np.ndarray, border: str, radius: int) -> None:
    expected = scipy.ndimage.uniform_filter(grey_photo.astype(np.float64), 2 * radius + 1, mode=SCIPY_MODE[border])
    assert_is(local_mean(grey_photo, radius=radius, border=border), expected.astype(np.float32), 2e-5)
    assert_is(local_mean(grey_photo / 255, radius=radius, border=border), expected / 255, 1e-12)


@pytest.mark.parametrize("border", sorted(CV2_BORDER))
@pytest.mark.parametrize("radius", [1, 3, 6])
def test_mean_and_deviation_are_cv2s(photo: np.ndarray, border: str, radius: int) -> None:
    side = (2 * radius + 1,) * 2
    mean = cv2.boxFilter(photo, cv2.CV_64F, side, borderType=CV2_BORDER[border])
    square = cv2.sqrBoxFilter(photo, cv2.CV_64F, side, borderType=CV2_BORDER[border])
    assert_is(local_mean(photo, radius=radius, border=border), mean.astype(np.float32), 2e-5)
    std = np.sqrt(np.maximum(square - mean**2, 0))
    assert_is(local_std(photo, radius=radius, border=border), std.astype(np.float32), 2e-5)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_statistics_scale_with_the_levels(grey_photo: np.ndarray, dtype: type) -> None:
    top = naive.full_scale(dtype)
    image = naive.to_dtype(grey_photo / 255 * top, dtype)
    for function in STATISTICS:
        found = function(image, radius=2).astype(np.float64) * (255 / top)
        np.testing.assert_allclose(found, function(grey_photo, radius=2), rtol=1e-6, atol=2e-5)


# --- identities -------------------------------------------------------------------------------------------------------


@given(small_images, st.sampled_from(DTYPES), st.sampled_from(BORDERS))
def test_flips_and_transposition_commute(bytes_: np.ndarray, dtype: type, border: str) -> None:
    image = bytes_.astype(dtype)
    tolerance = 0 if np.dtype(dtype).kind == "u" else 2e-5
    for function in STATISTICS:
        expected = function(image, radius=1, border=border)
        for turn in (np.flipud, np.fliplr, np.transpose):
            found = function(np.ascontiguousarray(turn(image)), radius=1, border=border)
            assert_is(turn(found), expected, tolerance)


@given(small_images, st.sampled_from((np.uint8, np.uint16)), st.sampled_from(BORDERS))
def test_a_mask_of_all_true_is_no_mask(bytes_: np.ndarray, dtype: type, border: str) -> None:
    image, mask = bytes_.astype(dtype), np.ones(bytes_.shape, bool)
    options = {"radius": 1, "border": border, "fill": 0.5}
    assert_is(local_mean(image, mask=mask, **options), local_mean(image, **options))
    assert_ulps(local_std(image, mask=mask, **options), local_std(image, **options), 2)
    options |= {"k0": 1.0, "k1": 0.0, "k2": 1.0}
    assert_is(enhance_local_statistics(image, mask=mask, **options), enhance_local_statistics(image, **options))


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_masked_out_has_no_influence(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (18, 19))
    mask = rng.random(image.shape) < 0.6
    other = np.where(mask, image, image.dtype.type(0))
    tolerance = 0 if np.dtype(dtype).kind == "u" else 1e-7
    for function in STATISTICS:
        assert_is(function(image, radius=2, mask=mask), function(other, radius=2, mask=mask), tolerance)


# --- enhancement ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("border", ["reflect", "constant"])
@pytest.mark.parametrize("masked", [False, True])
def test_enhance_is_the_oracle(rng: np.random.Generator, dtype: type, color: str, border: str, masked: bool) -> None:
    changed = 0
    for shape in [(31, 29), (31, 29, 1), (31, 29, 3)]:
        image = image_of(rng, dtype, shape)
        mask = rng.random(shape[:2]) < 0.5 if masked else None
        for numbers in [
            {"k0": 1.0, "k1": 0.1, "k2": 0.95, "gain": 2.5},
            {"k0": 0.9, "k1": 0.5, "k2": 1.5, "gain": 1.1, "radius": 2},
            {"k0": 3.0, "k1": 0.0, "k2": 0.9, "gain": 0.0, "radius": 4},
        ]:
            options = {"color": color, "border": border, "fill": 0.2, "mask": mask, **numbers}
            expected = naive.enhance_local_statistics(image, **options)
            assert_is(enhance_local_statistics(image, **options), expected, 0, f"{shape}, {numbers}")
            changed += np.count_nonzero(expected != image)
    assert changed > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_enhance_finds_dark_detail_and_nothing_else(rng: np.random.Generator, dtype: type) -> None:
    """The books' picture made anew: a faint texture in the dark half beside a bright one."""
    levels = np.full((40, 60), 0.8)
    levels[:, :30] = 0.06
    levels[10:20, 8:20] += np.indices((10, 12)).sum(axis=0) % 2 * 0.04
    levels[10:20, 40:50] += np.indices((10, 10)).sum(axis=0) % 2 * 0.04
    image = naive.to_dtype(levels * naive.full_scale(dtype), dtype)
    found = enhance_local_statistics(image)
    chosen = found != image
    assert chosen[10:20, 8:20].all()
    assert not chosen[:, 22:].any()
    assert not chosen[:8].any()
    assert_is(found[chosen], image[chosen] * dtype(4))


@pytest.mark.parametrize("dtype", DTYPES)
def test_luma_chooses_and_all_channels_are_multiplied(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (25, 26, 3))
    options: dict[str, Any] = {"k0": 1.0, "k1": 0.2, "k2": 1.0, "radius": 1, "gain": 0.5}
    y = naive.luma(image)
    chosen = enhance_local_statistics(y, **options) != y
    assert 0.05 < chosen.mean() < 0.95
    found = enhance_local_statistics(image, **options)
    assert_is(found[~chosen], image[~chosen])
    assert_is(found[chosen], naive.to_dtype(image[chosen] * 0.5, dtype))
    each = enhance_local_statistics(image, color="per_channel", **options)
    for c in range(3):
        assert_is(each[..., c], enhance_local_statistics(np.ascontiguousarray(image[..., c]), **options))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_saturate_and_round_half_to_even(dtype: type) -> None:
    top = naive.full_scale(dtype)
    image = np.tile(np.array([[3, 5, 9, top // 2, top // 3]], dtype), (3, 4))
    options = {"k0": 9.0, "k1": 0.0, "k2": 9.0}  # every pixel
    found = enhance_local_statistics(image, gain=2.5, **options)
    assert_is(found, naive.to_dtype(image * 2.5, dtype))
    assert found[0, :5].tolist() == [8, 12, 22, top, round(top // 3 * 2.5)]
    assert_is(enhance_local_statistics(image, gain=1e9, **options), np.full_like(image, top))
    assert_is(enhance_local_statistics(image, gain=0, **options), np.zeros_like(image))
    assert_is(enhance_local_statistics(image, gain=1, **options), image)


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_an_image_without_contrast_stays(dtype: type) -> None:
    for level in (0, 0.25, 1):
        for shape in [(5, 6), (1, 1), (4, 4, 3)]:
            image = np.full(shape, naive.level_of(level, dtype), dtype)
            for color in COLORS:
                assert_is(enhance_local_statistics(image, k0=2.0, k1=0.0, color=color), image)
    image = np.full((5, 6), naive.level_of(0.25, dtype), dtype)
    image[0, 0] = naive.full_scale(dtype)
    assert_is(enhance_local_statistics(image, k0=9, k1=0, k2=9, mask=image != image[0, 0]), image)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_float_image_without_contrast_stays_whatever_its_level(rng: np.random.Generator, dtype: type) -> None:
    """Also where the sum of its pixels is rounded."""
    for _ in range(20):
        image = np.full(rng.integers(2, 40, 2), dtype(rng.random()))
        assert_is(enhance_local_statistics(image, k0=2.0, k1=0.0), image)
        assert_is(enhance_local_statistics(image, k0=2.0, k1=0.0, mask=rng.random(image.shape) < 0.8), image)


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_without_a_lower_limit_flat_neighbourhoods_count_too(dtype: type) -> None:
    image = np.full((6, 12), naive.level_of(0.1, dtype), dtype)
    image[:, 6:] = naive.level_of(0.9, dtype)
    assert_is(enhance_local_statistics(image), image)
    found = enhance_local_statistics(image, k1=0.0, gain=0.0)
    assert (found[:, :5] == 0).all()
    assert_is(found[:, 5:], image[:, 5:])


def test_limits_that_are_met_exactly_are_met(rng: np.random.Generator) -> None:
    """Each window of a wrapped pattern of period 3 holds the image's mean and deviation."""
    for _ in range(50):
        image = np.tile(rng.permutation(200)[:3].astype(np.uint8), (6, 4))
        found = enhance_local_statistics(image, k0=1, k1=1, k2=1, border="wrap", gain=0)
        assert_is(found, np.zeros_like(image))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("masked", [False, True])
def test_pixels_near_nan_or_infinity_stay_and_the_rest_ignores_them(
    rng: np.random.Generator, dtype: type, masked: bool
) -> None:
    for shape in [(40, 30), (40, 30, 3)]:
        image = image_of(rng, dtype, shape)
        image[5, 6], image[20, 0], image[39, 29] = np.nan, np.inf, -np.inf
        mask = rng.random(shape[:2]) < 0.7 if masked else None
        options = {"k0": 1.2, "k1": 0.0, "k2": 1.2, "gain": 0.5, "radius": 2, "mask": mask}
        for color in COLORS:
            found = enhance_local_statistics(image, color=color, **options)
            with np.errstate(invalid="ignore"):  # infinity less infinity
                expected = naive.enhance_local_statistics(image, color=color, **options)
            assert_is(found, expected)
            assert (found != image).mean() > 0.1
    everything = np.full((4, 4), np.nan, dtype)
    assert_is(enhance_local_statistics(everything), everything)


def test_deep_copies_are_enhanced_alike(grey_photo: np.ndarray) -> None:
    options = {"k0": 0.8, "k1": 0.02, "k2": 0.6}
    expected = enhance_local_statistics(grey_photo, **options)
    assert (expected != grey_photo).mean() > 0.05
    # Nothing is rounded but saturation cuts alike: 4 v is a whole level.
    assert_is(enhance_local_statistics(grey_photo.astype(np.uint16) * 257, **options), expected.astype(np.uint16) * 257)
    single = enhance_local_statistics(grey_photo / 255, **options)
    assert_is(np.minimum(single, 1), expected / 255, 1e-12)


# --- degenerate images and refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_images_stay_empty(dtype: type) -> None:
    for shape in [(0, 5), (5, 0), (0, 5, 3)]:
        image = np.empty(shape, dtype)
        for function in STATISTICS:
            assert_is(function(image, radius=2), np.empty(shape, result_dtype(dtype)))
        assert_is(enhance_local_statistics(image), image)


IMAGE = np.zeros((4, 9), np.uint8)

REFUSED: list[tuple[np.ndarray, dict[str, Any], type[Exception], str]] = [
    (IMAGE, {"radius": 10}, ValueError, "radius must be <= the image's longer side, 9, got 10"),
    (IMAGE, {"radius": -1}, ValueError, "radius must be >= 0, got -1"),
    (IMAGE, {"radius": 1.0}, TypeError, "radius must be an integer, got float"),
    (IMAGE, {"radius": 1, "border": "mirror"}, ValueError, "border must be one of 'constant', 'replicate', 'reflect'"),
    (IMAGE, {"radius": 1, "fill": np.inf}, ValueError, "fill must be finite, got inf"),
    (IMAGE, {"radius": 1, "fill": "0"}, TypeError, "fill must be a number, got str"),
    (IMAGE, {"radius": 1, "mask": np.ones((9, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
    (IMAGE, {"radius": 1, "mask": np.zeros((4, 9), bool)}, ValueError, "mask must select at least one pixel"),
    (IMAGE, {"radius": 1, "mask": IMAGE}, TypeError, "mask must be bool"),
    (IMAGE.astype(np.float16), {"radius": 1}, TypeError, "image must have dtype"),
    (IMAGE[0], {"radius": 1}, ValueError, "image must have shape"),
]


@pytest.mark.parametrize(("image", "options", "error", "message"), REFUSED)
def test_local_statistics_refuse(
    image: np.ndarray, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    for function in (*STATISTICS, enhance_local_statistics):
        with pytest.raises(error, match=message):
            function(image, **options)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"gain": -1}, ValueError, "gain must be >= 0, got -1"),
        ({"gain": np.nan}, ValueError, "gain must be finite, got nan"),
        ({"k0": -0.1}, ValueError, "k0 must be >= 0, got -0.1"),
        ({"k1": "0"}, TypeError, "k1 must be a number, got str"),
        ({"k1": 0.5, "k2": 0.4}, ValueError, "k1 must be <= k2, got k1=0.5, k2=0.4"),
        ({"color": "lab"}, ValueError, "color must be one of"),
    ],
)
def test_enhance_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        enhance_local_statistics(IMAGE, **options)


def test_enhancing_luminance_refuses_other_than_grey_and_rgb() -> None:
    with pytest.raises(ValueError, match="needs a grey or an RGB image, got 4 channels"):
        enhance_local_statistics(np.zeros((4, 5, 4), np.uint8))
