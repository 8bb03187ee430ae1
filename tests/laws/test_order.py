"""Median, percentiles and what is made of sorted windows, against sorting, SciPy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import scipy.ndimage
from helpers.pieces import in_small_pieces
from helpers.vocabulary import BORDERS
from oracles import smooth as naive

from imgproc import adaptive_median, alpha_trimmed_mean, box_blur, contraharmonic_mean, median_blur, percentile_filter

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    """With ties; floats with NaN, infinity and negative zero."""
    if np.dtype(dtype).kind == "u":
        return (rng.integers(0, 40, shape) * (np.iinfo(dtype).max // 39)).astype(dtype)
    image = rng.integers(-9, 20, shape).astype(dtype) / 7
    image.flat[3], image.flat[40], image.flat[60] = np.nan, np.inf, -0.0
    return image.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_median_is_the_middle_of_the_sorted_window(rng, dtype, border) -> None:
    for shape in ((14, 19), (9, 11, 3), (8, 9, 6)):
        image = image_of(rng, dtype, shape)
        for radius in (0, 1, 2, 3, 8):
            found = median_blur(image, radius=radius, border=border)
            np.testing.assert_array_equal(found, naive.median_blur(image, radius=radius, border=border))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("quantile", [0, 0.125, 0.5, 0.999, 1])
def test_a_quantile_is_a_value_of_the_sorted_window(rng, dtype, border, quantile) -> None:
    for shape, radius in (((14, 19), 2), ((9, 11, 3), 4)):
        image = image_of(rng, dtype, shape)
        options = {"radius": radius, "quantile": quantile, "border": border, "fill": 0.4}
        np.testing.assert_array_equal(percentile_filter(image, **options), naive.percentile_filter(image, **options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("radius", [1, 5, 12])
def test_a_photo_in_tiles_is_scipys(grey_photo, monkeypatch, dtype, radius) -> None:
    in_small_pieces(monkeypatch, "percentile_filter")
    image = grey_photo.astype(dtype)
    for quantile in (0.2, 0.5):
        expected = scipy.ndimage.percentile_filter(image, 100 * quantile, 2 * radius + 1, mode="nearest")
        found = percentile_filter(image, radius=radius, quantile=quantile)
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, median_blur(image, radius=radius))


@pytest.mark.parametrize("radius", [1, 3, 8, 40])
def test_median_of_bytes_is_opencvs(photo, radius) -> None:
    np.testing.assert_array_equal(median_blur(photo, radius=radius), cv2.medianBlur(photo, 2 * radius + 1))
    ours = percentile_filter(photo, radius=radius, quantile=0.5)
    np.testing.assert_array_equal(ours, median_blur(photo, radius=radius))


def test_median_beyond_opencvs_windows(rng) -> None:
    image = np.where(rng.random((12, 300)) > 0.4, 200, 3).astype(np.uint8)
    assert (median_blur(image, radius=130) == 200).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_flips_commute(rng, dtype) -> None:
    image = image_of(rng, dtype, (15, 18))
    for function in (median_blur, lambda a, radius: percentile_filter(a, radius=radius, quantile=0.25)):
        found = function(image, radius=3)
        np.testing.assert_array_equal(function(image[::-1], radius=3)[::-1], found)
        np.testing.assert_array_equal(function(image[:, ::-1], radius=3)[:, ::-1], found)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_negative_zero_becomes_zero(dtype) -> None:
    """Which of both comes first would depend on the CPU's sort."""
    image = np.where(np.indices((9, 12)).sum(axis=0) % 2, dtype(-0.0), dtype(0.0))
    for quantile in (0.0, 0.3, 0.5, 1.0):
        assert not np.signbit(percentile_filter(image, radius=1, quantile=quantile)).any()
    assert not np.signbit(alpha_trimmed_mean(image, radius=1, alpha=0.3)).any()


def test_a_decimal_quantile_is_the_percentile_it_says() -> None:
    """100 * 0.29 is 28.999..., and 0.29 of 100 values is number 29 all the same."""
    image = np.arange(25.0).reshape(5, 5)
    for percent in range(101):
        expected = scipy.ndimage.percentile_filter(image, percent, 5, mode="nearest")
        np.testing.assert_array_equal(percentile_filter(image, radius=2, quantile=percent / 100), expected)


def test_percentile_is_the_old_name_of_quantile() -> None:
    image = np.random.default_rng(0).random((9, 12))
    with pytest.warns(FutureWarning, match=r"percentile=30 is now quantile=0\.3"):
        found = percentile_filter(image, radius=1, percentile=30)
    np.testing.assert_array_equal(found, percentile_filter(image, radius=1, quantile=0.3))
    with pytest.raises(TypeError, match="percentile must be left out"):
        percentile_filter(image, radius=1, quantile=0.3, percentile=30)
    with pytest.raises(TypeError, match="quantile must be a number, got None"):
        percentile_filter(image, radius=1)


def test_wrong_percentiles() -> None:
    with pytest.raises(ValueError, match="quantile must be <= 1, got 101"):
        percentile_filter(np.zeros((5, 5)), radius=1, quantile=101)
    with pytest.raises(ValueError, match="quantile must be >= 0, got -1"):
        percentile_filter(np.zeros((5, 5)), radius=1, quantile=-1)


# --- means without impulses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_trimmed_mean_is_the_mean_of_the_middle(rng, dtype, border) -> None:
    for shape, radius in (((14, 19), 2), ((9, 11, 3), 4), ((9, 9), 0)):
        image = image_of(rng, dtype, shape)
        for alpha in (0, 0.05, 0.3, 0.5):
            options = {"radius": radius, "alpha": alpha, "border": border, "fill": 0.4}
            found, expected = alpha_trimmed_mean(image, **options), naive.alpha_trimmed_mean(image, **options)
            np.testing.assert_allclose(found, expected, rtol=1e-6 if dtype == np.float32 else 1e-12, atol=1e-14)


def test_trimmed_mean_goes_from_the_mean_to_the_median(photo) -> None:
    np.testing.assert_array_equal(alpha_trimmed_mean(photo, radius=2, alpha=0), box_blur(photo, radius=2))
    ours = alpha_trimmed_mean(photo, radius=2, alpha=0.5, border="replicate")
    np.testing.assert_array_equal(ours, median_blur(photo, radius=2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("order", [-3.0, -1.0, -0.5, 0.0, 1.5, 20.0])
def test_contraharmonic_mean_is_its_definition(rng, dtype, border, order) -> None:
    image = image_of(rng, dtype, (10, 12, 2))
    for fill in (0.0, 0.4):
        options = {"radius": 1, "order": order, "border": border, "fill": fill}
        found, expected = contraharmonic_mean(image, **options), naive.contraharmonic_mean(image, **options)
        tolerance = {np.float32: 1e-6, np.float64: 1e-11}.get(dtype, 0)
        np.testing.assert_allclose(found, expected, rtol=tolerance)


def test_contraharmonic_mean_keeps_its_digits_where_powers_are_small() -> None:
    """A running sum would have lost them beside the bright half."""
    image = np.full((9, 40), 1e-4)
    image[:, 20:] = 1.0
    found = contraharmonic_mean(image, radius=1, order=10.0)
    np.testing.assert_allclose(found[:, :19], 1e-4, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fill", [0.0, -0.5])
def test_black_outside_is_a_zero_of_the_harmonic_mean(dtype, fill) -> None:
    """The image itself holds none, so that only what lies outside can make a window 0."""
    image = np.full((6, 7), 1 if np.dtype(dtype).kind == "f" else 9, dtype)
    found = contraharmonic_mean(image, radius=1, order=-1.0, border="constant", fill=fill)
    inside = np.zeros(image.shape, bool)
    inside[1:-1, 1:-1] = True
    np.testing.assert_array_equal(found, np.where(inside, image, 0))


def test_contraharmonic_mean_removes_pepper_or_salt(grey_photo, rng) -> None:
    clean = np.clip(grey_photo, 20, 235)
    where = rng.random(clean.shape) < 0.05
    pepper, salt = np.where(where, 0, clean).astype(np.uint8), np.where(where, 255, clean).astype(np.uint8)
    for noisy, order in ((pepper, 1.5), (salt, -1.5)):
        found = contraharmonic_mean(noisy, radius=1, order=order)
        apart = [np.abs(a.astype(int) - clean)[where].mean() for a in (found, noisy)]
        wrong = contraharmonic_mean(noisy, radius=1, order=-order)
        assert np.abs(wrong.astype(int) - clean).mean() > 2 * np.abs(noisy.astype(int) - clean).mean()
        assert apart[0] < 0.2 * apart[1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
def test_adaptive_median_is_its_definition(rng, dtype, border) -> None:
    for shape in ((13, 12), (9, 8, 3), (7, 7, 5)):
        image = image_of(rng, dtype, shape)
        image[rng.random(shape) < 0.3] = 0
        for radius in (0, 1, 3, 5):
            found = adaptive_median(image, radius=radius, border=border)
            np.testing.assert_array_equal(found, naive.adaptive_median(image, radius=radius, border=border))


def test_adaptive_median_leaves_what_is_no_impulse(grey_photo, rng) -> None:
    noisy = grey_photo.copy()
    where = rng.random(noisy.shape) < 0.25
    noisy[where] = rng.choice(np.array([0, 255], np.uint8), where.sum())
    found = adaptive_median(noisy, radius=3)
    apart = [np.abs(a.astype(int) - grey_photo).mean() for a in (found, median_blur(noisy, radius=1), noisy)]
    assert apart[0] < apart[1] < apart[2]
    assert (found[~where] == grey_photo[~where]).mean() > 0.6


def test_wrong_means() -> None:
    image = np.zeros((5, 6), np.uint8)
    with pytest.raises(ValueError, match=r"alpha must be <= 0\.5, got 0\.6"):
        alpha_trimmed_mean(image, radius=1, alpha=0.6)
    with pytest.raises(ValueError, match="order must be >= -20, got -21"):
        contraharmonic_mean(image, radius=1, order=-21)


@pytest.mark.parametrize("border", BORDERS)
def test_bands_are_the_whole(rng, monkeypatch, border) -> None:
    image = image_of(rng, np.float32, (50, 12, 2))
    for function, options in ((adaptive_median, {}), (contraharmonic_mean, {"order": -1.0})):
        whole = function(image, radius=2, border=border, **options)
        with monkeypatch.context() as changed:
            in_small_pieces(changed, "filters by bands")
            np.testing.assert_allclose(function(image, radius=2, border=border, **options), whole, rtol=1e-6)
