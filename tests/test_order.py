"""Median, percentiles and what is made of sorted windows, against sorting, SciPy and OpenCV."""

from __future__ import annotations

import cv2
import naive_smooth as naive
import numpy as np
import pytest
import scipy.ndimage

from imgproc import median_blur, percentile_filter
from imgproc._border import BORDERS
from imgproc.smooth import _ordered

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
@pytest.mark.parametrize("percentile", [0, 12.5, 50, 99.9, 100])
def test_percentile_is_a_value_of_the_sorted_window(rng, dtype, border, percentile) -> None:
    for shape, radius in (((14, 19), 2), ((9, 11, 3), 4)):
        image = image_of(rng, dtype, shape)
        options = {"radius": radius, "percentile": percentile, "border": border, "fill": 0.4}
        np.testing.assert_array_equal(percentile_filter(image, **options), naive.percentile_filter(image, **options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("radius", [1, 5, 12])
def test_a_photo_in_tiles_is_scipys(grey_photo, monkeypatch, dtype, radius) -> None:
    monkeypatch.setattr(_ordered, "_TILE_COLUMNS", 40)
    monkeypatch.setattr(_ordered, "_TILE_PIXELS", 1 << 12)
    image = grey_photo.astype(dtype)
    for percentile in (20, 50):
        expected = scipy.ndimage.percentile_filter(image, percentile, 2 * radius + 1, mode="nearest")
        found = percentile_filter(image, radius=radius, percentile=percentile)
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found, median_blur(image, radius=radius))


@pytest.mark.parametrize("radius", [1, 3, 8, 40])
def test_median_of_bytes_is_opencvs(photo, radius) -> None:
    np.testing.assert_array_equal(median_blur(photo, radius=radius), cv2.medianBlur(photo, 2 * radius + 1))
    ours = percentile_filter(photo, radius=radius, percentile=50)
    np.testing.assert_array_equal(ours, median_blur(photo, radius=radius))


def test_median_beyond_opencvs_windows(rng) -> None:
    image = np.where(rng.random((12, 300)) > 0.4, 200, 3).astype(np.uint8)
    assert (median_blur(image, radius=130) == 200).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_flips_commute(rng, dtype) -> None:
    image = image_of(rng, dtype, (15, 18))
    for function in (median_blur, lambda a, radius: percentile_filter(a, radius=radius, percentile=25)):
        found = function(image, radius=3)
        np.testing.assert_array_equal(function(image[::-1], radius=3)[::-1], found)
        np.testing.assert_array_equal(function(image[:, ::-1], radius=3)[:, ::-1], found)


def test_wrong_percentiles() -> None:
    with pytest.raises(ValueError, match="percentile must be <= 100, got 101"):
        percentile_filter(np.zeros((5, 5)), radius=1, percentile=101)
    with pytest.raises(ValueError, match="percentile must be >= 0, got -1"):
        percentile_filter(np.zeros((5, 5)), radius=1, percentile=-1)
