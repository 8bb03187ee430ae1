"""Counting, global equalization and contrast stretching, against cv2, Pillow, NumPy and the oracles."""

from __future__ import annotations

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from oracles import plain as naive

from imgproc import cumulative_histogram, equalize_histogram, histogram, match_histogram, stretch_contrast

METHODS = ("cv", "textbook", "pil")
COLORS = ("luminance", "per_channel")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
PHOTOS = ("camera", "coins", "moon", "page", "text", "clock")
FLOAT_TOLERANCE = {np.dtype(np.float32): 3e-7, np.dtype(np.float64): 1e-12}


@pytest.mark.parametrize("function", [equalize_histogram, lambda image: histogram(image, range=(0.0, 5e-324))])
def test_a_range_of_denormal_width_stays_within_the_bins(function) -> None:
    """The scale from values to bins overflows there; without the limit an index came from 0 * infinity."""
    image = np.array([[0.0, 5e-324], [5e-324, 0.0]])
    result = function(image)
    if result.shape == image.shape:
        assert (result == [[0, 1], [1, 0]]).all()
    else:
        assert result.sum() == 4


small_images = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...], levels: int = 97) -> np.ndarray:
    """Few enough levels that a float image has each in a bin of its own, which makes its distribution exact."""
    chosen = rng.integers(0, levels, shape)
    top = naive.full_scale(dtype)
    return (chosen / (levels - 1)).astype(dtype) if top == 1 else (chosen * (top // levels)).astype(dtype)


def assert_is(result: np.ndarray, expected: np.ndarray, tolerance: float = 0, message: str = "") -> None:
    """Same shape, dtype, NaN, and values within the tolerance."""
    assert type(result) is np.ndarray, message
    assert result.shape == expected.shape, message
    assert result.dtype == expected.dtype, message
    a, b = result.astype(np.float64), expected.astype(np.float64)
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=message)


def grey_images(rng: np.random.Generator) -> dict[str, np.ndarray]:
    uint8 = np.uint8
    return {
        "noise": rng.integers(0, 256, (97, 131), uint8),
        "odd": rng.integers(30, 77, (7, 5), uint8),
        "constant": np.full((9, 11), 83, uint8),
        "black": np.zeros((4, 4), uint8),
        "white": np.full((4, 4), 255, uint8),
        "two levels": np.where(rng.random((20, 21)) < 0.3, uint8(17), uint8(203)),
        "two neighbours": np.where(rng.random((20, 21)) < 0.5, uint8(254), uint8(255)),
        "pixel": np.array([[77]], uint8),
        "row": rng.integers(0, 256, (1, 61), uint8),
        "column": rng.integers(0, 256, (61, 1), uint8),
        "ramp": np.arange(256, dtype=uint8).reshape(16, 16),
        "dark": (rng.random((64, 64)) ** 6 * 255).astype(uint8),
    }


# --- histogram --------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integers_are_counted_as_by_bincount(rng: np.random.Generator, dtype: type) -> None:
    levels = np.iinfo(dtype).max + 1
    for shape in [(13, 17), (1, 1), (1, 7), (8, 1), (6, 8)]:
        image = rng.integers(0, levels, shape).astype(dtype)
        assert_is(histogram(image), np.bincount(image.ravel(), minlength=levels))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_channel_has_its_own_histogram(rng: np.random.Generator, dtype: type, channels: int) -> None:
    image = image_of(rng, dtype, (19, 23, channels))
    expected = np.stack([histogram(np.ascontiguousarray(image[..., c])) for c in range(channels)])
    assert_is(histogram(image), expected)
    assert expected.sum() == image.size


def test_photos_are_counted_as_by_cv2(photos) -> None:
    for name in PHOTOS:
        expected = cv2.calcHist([photos(name)], [0], None, [256], [0, 256]).ravel()
        assert_is(histogram(photos(name)), expected.astype(np.int64), message=name)


def test_sixteen_bins_of_bytes_are_their_upper_halves(grey_photo: np.ndarray) -> None:
    for bins, shift in [(16, 4), (128, 1), (2, 7), (1, 8)]:
        assert_is(histogram(grey_photo, bins=bins), np.bincount(grey_photo.ravel() >> shift, minlength=bins))


def test_256_bins_of_uint16_are_its_upper_bytes(rng: np.random.Generator) -> None:
    image = rng.integers(0, 65536, (31, 41)).astype(np.uint16)
    # Bins are equal parts of [0, 65535], so an edge lies up to a level below the multiple of 256.
    away = image % 256 < 255
    expected = np.bincount(image[away] >> 8, minlength=256)
    assert_is(histogram(image, bins=256, mask=away), expected)


@pytest.mark.parametrize("bins", [1, 2, 7, 256, 1000])
@pytest.mark.parametrize("limits", [None, (0.0, 1.0), (-0.5, 1.5), (0.25, 0.5)])
def test_floats_are_counted_as_by_numpy_histogram(rng: np.random.Generator, bins: int, limits) -> None:
    image = rng.random((29, 31)) * 1.4 - 0.2
    image[3, 4] = image[0, 0] = np.nan
    image[5, 5], image[6, 6] = np.inf, -np.inf
    expected, _ = np.histogram(image[np.isfinite(image)], bins=bins, range=limits or (0, 1))
    assert_is(histogram(image, bins=bins, range=limits), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, {"bins": 10}, {"range": (0.2, 0.7)}, {"bins": 33, "range": (-1.0, 0.9)}])
def test_histogram_is_the_oracle_with_and_without_mask(rng: np.random.Generator, dtype: type, options: dict) -> None:
    for shape in [(15, 22), (15, 22, 3)]:
        image = image_of(rng, dtype, shape)
        for mask in (None, rng.random(shape[:2]) < 0.4):
            expected = naive.histogram(image, mask=mask, **options)
            assert_is(histogram(image, mask=mask, **options), expected)
            assert_is(cumulative_histogram(image, mask=mask, **options), np.cumsum(expected, axis=-1))


def test_both_ends_of_the_range_belong_to_it() -> None:
    image = np.array([[0.0, 0.25, 0.5, 0.75, 1.0, 1.0001, -0.0001]])
    assert histogram(image, bins=4).tolist() == [1, 1, 1, 2]
    assert histogram(image, bins=2, range=(0.25, 0.75)).tolist() == [1, 2]
    assert histogram(np.array([[0, 50, 51, 102, 103]], np.uint8), bins=1, range=(0.2, 0.4)).tolist() == [2]


def test_the_last_cumulative_count_is_the_number_of_pixels(photo: np.ndarray) -> None:
    mask = photo[..., 0] > 90
    assert (cumulative_histogram(photo, mask=mask)[:, -1] == mask.sum()).all()
    assert (cumulative_histogram(photo)[:, -1] == photo.shape[0] * photo.shape[1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_empty_image_counts_zeros(dtype: type) -> None:
    for shape in [(0, 3), (3, 0)]:
        found = histogram(np.empty(shape, dtype))
        assert_is(found, np.zeros(65536 if dtype == np.uint16 else 256, np.int64))
        assert not histogram(np.empty((*shape, 3), dtype)).any()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bins": 0}, ValueError, "bins must be >= 1, got 0"),
        ({"bins": 2.5}, TypeError, "bins must be an integer, got float"),
        ({"range": (0.5, 0.5)}, ValueError, "low < high"),
        ({"range": (1.0, 0.0)}, ValueError, "low < high"),
        ({"range": (0.0, np.nan)}, ValueError, r"range\[1\] must be finite"),
        ({"range": 0.5}, TypeError, "range must be a pair"),
        ({"range": (0.1, 0.2, 0.3)}, TypeError, "range must be a pair"),
        ({"mask": np.ones((3, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
        ({"mask": np.ones((4, 3), np.uint8)}, TypeError, "mask must be bool"),
        ({"mask": np.zeros((4, 3), bool)}, ValueError, "mask must select at least one pixel"),
    ],
)
def test_histogram_refuses(options: dict, error: type[Exception], message: str) -> None:
    for function in (histogram, cumulative_histogram):
        with pytest.raises(error, match=message):
            function(np.zeros((4, 3), np.uint8), **options)


# --- equalize ---------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_cv_is_cv2_bit_for_bit(rng: np.random.Generator) -> None:
    for what, image in grey_images(rng).items():
        assert_is(equalize_histogram(image), cv2.equalizeHist(image), message=what)


def test_cv_is_cv2_bit_for_bit_on_photos(photos) -> None:
    for name in PHOTOS:
        assert_is(equalize_histogram(photos(name)), cv2.equalizeHist(photos(name)), message=name)


@given(small_images)
def test_cv_is_cv2_bit_for_bit_on_anything(image: np.ndarray) -> None:
    assert_is(equalize_histogram(image), cv2.equalizeHist(image))


@pytest.mark.nojit
def test_pil_is_pillow_bit_for_bit(rng: np.random.Generator) -> None:
    for what, image in grey_images(rng).items():
        expected = np.asarray(PIL.ImageOps.equalize(PIL.Image.fromarray(image)))
        assert_is(equalize_histogram(image, method="pil"), expected, message=what)


def test_pil_per_channel_is_pillow_bit_for_bit(photo: np.ndarray) -> None:
    expected = np.asarray(PIL.ImageOps.equalize(PIL.Image.fromarray(photo)))
    assert_is(equalize_histogram(photo, method="pil", color="per_channel"), expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equalize_is_the_oracle(rng: np.random.Generator, dtype: type, method: str) -> None:
    for shape in [(37, 29), (1, 50), (16, 21, 1), (37, 29, 3)]:
        image = image_of(rng, dtype, shape)
        for color in COLORS:
            expected = naive.equalize_histogram(image, method=method, color=color)
            found = equalize_histogram(image, method=method, color=color)
            tolerance = FLOAT_TOLERANCE.get(image.dtype, 0)
            if tolerance and color == "luminance" and image.ndim == 3 and image.shape[2] == 3:
                tolerance = 2 / found[..., 0].size  # luma has many values, and a bin may hold three of them
            assert_is(found, expected, tolerance)


def test_uint16_is_rounded_half_to_even() -> None:
    wrong = []
    for n in range(2, 200):
        image = np.arange(n, dtype=np.uint16)[None]  # level k becomes 65535 k / (n - 1)
        if (equalize_histogram(image) != naive.equalize_histogram(image)).any():
            wrong.append(n)
    assert wrong == []


@pytest.mark.parametrize("method", ["cv", "textbook"])
def test_a_float_of_many_values_is_off_by_what_one_bin_holds(rng: np.random.Generator, method: str) -> None:
    for image in (rng.random((60, 70)), rng.normal(0.5, 0.1, (60, 70)), rng.random((60, 70)) ** 8 * 1e4):
        low, high = image.min(), image.max()
        fullest = np.histogram(image, bins=65536, range=(low, high))[0].max()
        found = equalize_histogram(image, method=method)
        expected = naive.equalize_histogram(image, method=method)
        assert_is(found, expected, (fullest + 1) / image.size)
        assert (np.diff(found.ravel()[np.argsort(image.ravel())]) >= 0).all(), "mapping must be monotone"
        assert found.max() == 1


@pytest.mark.parametrize("method", ["cv", "textbook"])
def test_a_16_bit_or_float_copy_gives_the_same_picture(grey_photo: np.ndarray, method: str) -> None:
    """Within half a level of 255: only the 8-bit result was rounded."""
    expected = equalize_histogram(grey_photo, method=method).astype(np.float64)
    deep = equalize_histogram(grey_photo.astype(np.uint16) * 257, method=method)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - expected).max() <= 0.5 + 0.5 / 257 + 1e-4  # and the float32 of OpenCV's arithmetic
    for dtype in (np.float32, np.float64):
        single = equalize_histogram((grey_photo / 255).astype(dtype), method=method)
        assert single.dtype == dtype
        assert np.abs(single * 255.0 - expected).max() <= 0.5 + 1e-4


def test_textbook_is_the_books_formula(grey_photo: np.ndarray) -> None:
    share = np.cumsum(np.bincount(grey_photo.ravel(), minlength=256)) / grey_photo.size
    assert_is(equalize_histogram(grey_photo, method="textbook"), np.rint(255 * share).astype(np.uint8)[grey_photo])


def test_rgb_luminance_is_the_ycrcb_route_within_two_levels(photo: np.ndarray) -> None:
    """OpenCV's route rounds Y, Cr and Cb to 8 bits; where it saturates the two may differ by more."""
    found = equalize_histogram(photo)
    y, cr, cb = cv2.split(cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb))
    expected = cv2.cvtColor(cv2.merge([cv2.equalizeHist(y), cr, cb]), cv2.COLOR_YCrCb2RGB)
    assert found.dtype == np.uint8
    assert found.shape == photo.shape
    assert np.abs(found.astype(int) - expected).max() <= 2
    assert_is(naive.luma(photo), cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))


def test_luminance_keeps_the_differences_between_channels(rng: np.random.Generator) -> None:
    image = rng.random((23, 31, 3))
    found = equalize_histogram(image)
    np.testing.assert_allclose(found - found[..., :1], image - image[..., :1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(naive.luma(found), equalize_histogram(naive.luma(image)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mapping_is_monotone(rng: np.random.Generator, dtype: type, method: str) -> None:
    image = image_of(rng, dtype, (31, 33))
    found = equalize_histogram(image, method=method)
    order = np.argsort(image, axis=None)
    assert (np.diff(found.ravel()[order].astype(np.float64)) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_places_do_not_matter(rng: np.random.Generator, dtype: type, method: str) -> None:
    image = image_of(rng, dtype, (24, 25))
    order = rng.permutation(image.size)
    shuffled = image.ravel()[order].reshape(20, 30)
    expected = equalize_histogram(image, method=method).ravel()[order].reshape(20, 30)
    assert_is(equalize_histogram(shuffled, method=method), expected)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mask_takes_statistics_from_its_part_and_maps_all(rng: np.random.Generator, dtype: type, method: str) -> None:
    image = image_of(rng, dtype, (24, 32))
    mask = np.zeros(image.shape, bool)
    mask[5:19, 7:23] = True
    image[~mask & (rng.random(image.shape) < 0.5)] = 0
    image[0, 0], image[5, 7] = naive.full_scale(dtype), image[5, 8]
    found = equalize_histogram(image, method=method, mask=mask)
    crop = np.ascontiguousarray(image[5:19, 7:23])
    assert_is(found[5:19, 7:23], equalize_histogram(crop, method=method))
    assert found[0, 0] == found.max()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_masked_out_pixels_are_mapped_by_the_same_formula(rng: np.random.Generator, dtype: type, method: str) -> None:
    """Also those whose level the mask shows nowhere: below, between and above the levels that were counted."""
    image = image_of(rng, dtype, (30, 40), levels=31)
    third = np.unique(image)[::3]
    for mask in (np.isin(image, third), np.isin(image, third[2:-2])):
        expected = naive.equalize_histogram(image, method=method, mask=mask)
        found = equalize_histogram(image, method=method, mask=mask)
        assert_is(found, expected, FLOAT_TOLERANCE.get(image.dtype, 0))


@pytest.mark.nojit
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_image_or_channel_stays(dtype: type, method: str) -> None:
    for level in (0, 0.3, 1):
        value = naive.level_of(level, dtype)
        for shape in [(5, 4), (1, 1), (5, 4, 3)]:
            image = np.full(shape, value, dtype)
            for color in COLORS:
                assert_is(equalize_histogram(image, method=method, color=color), image)
    image = np.zeros((4, 6, 2), dtype)
    image[..., 1] = naive.level_of(0.3, dtype)
    image[..., 0] = naive.to_dtype(np.linspace(0, naive.full_scale(dtype), 24).reshape(4, 6), dtype)
    found = equalize_histogram(image, method=method, color="per_channel")
    assert_is(found[..., 1], image[..., 1])
    constant_in_mask = image[..., 0] == image[0, 0, 0]
    assert_is(equalize_histogram(image[..., 0], method=method, mask=constant_in_mask), image[..., 0])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equalize_leaves_nan_and_counts_it_nowhere(rng: np.random.Generator, dtype: type, method: str) -> None:
    image = image_of(rng, dtype, (18, 20))
    holes = rng.random(image.shape) < 0.2
    image[holes] = np.nan
    found = equalize_histogram(image, method=method)
    assert np.isnan(found[holes]).all()
    rest = image[~holes][None]
    assert_is(found[~holes][None], equalize_histogram(rest, method=method))
    everything = np.full((3, 3), np.nan, dtype)
    assert_is(equalize_histogram(everything, method=method), everything)


def test_floats_of_any_range_map_to_0_1(rng: np.random.Generator) -> None:
    image = image_of(rng, np.float64, (20, 20))
    expected = equalize_histogram(image)
    for scale, shift in [(1000, -300), (1e-9, 0), (1e300, 0), (-1e-3, 1e3)]:
        found = equalize_histogram(image * scale + shift)
        assert (found.min(), found.max()) == (0, 1)
        if scale > 0:
            assert_is(found, expected, 1e-12)


@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (np.zeros((3, 3), np.uint8), {"method": "gw"}, ValueError, "method must be one of 'cv', 'textbook', 'pil'"),
        (np.zeros((3, 3), np.uint8), {"method": None}, TypeError, "method must be a string, got None"),
        (np.zeros((3, 3), np.uint8), {"color": "lab"}, ValueError, "color must be one of"),
        (np.zeros((3, 3, 4), np.uint8), {}, ValueError, "needs a grey or an RGB image, got 4 channels"),
        (np.zeros((3, 3), np.int32), {}, TypeError, "image must have dtype"),
        (np.zeros(3, np.uint8), {}, ValueError, "image must have shape"),
        (np.zeros((3, 3), np.uint8), {"mask": np.ones((3, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
    ],
)
def test_equalize_refuses(image: np.ndarray, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        equalize_histogram(image, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("far", [1e4, -9999.0, 3.4e38, -3.4e38])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_a_value_far_off_counts_as_one_among_all(
    rng: np.random.Generator, dtype: type, far: float, offset: float
) -> None:
    """Bins of equal width would hold nearly all others in one."""
    image = (rng.beta(2, 8, (150, 150)) + offset).astype(dtype)
    image[0, 0] = far
    ranks = scipy.stats.rankdata(image, method="max").reshape(image.shape)
    np.testing.assert_allclose(equalize_histogram(image), (ranks - 1) / (image.size - 1), rtol=0, atol=5e-4)
    np.testing.assert_allclose(match_histogram(image, image)[1:], image[1:], rtol=0, atol=1e-3)


# --- stretch ----------------------------------------------------------------------------------------------------------

QUANTILES = [(0.0, 1.0), (0.01, 0.99), (0.0, 0.5), (0.137, 0.9), (0.5, 1.0)]


@pytest.mark.parametrize(("low", "high"), QUANTILES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_stretch_is_the_definition_by_numpy_quantile(
    rng: np.random.Generator, dtype: type, low: float, high: float
) -> None:
    for shape in [(27, 31), (1, 9), (11, 13, 3)]:
        image = image_of(rng, dtype, shape)
        for mask in (None, rng.random(shape[:2]) < 0.7):
            for color in COLORS:
                options = {"low": low, "high": high, "color": color, "mask": mask}
                # Float images are computed in their own type, luma with a further step.
                tolerance = 4 * FLOAT_TOLERANCE.get(image.dtype, 0)
                assert_is(stretch_contrast(image, **options), naive.stretch_contrast(image, **options), tolerance)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_stretch_rounds_half_to_even(dtype: type) -> None:
    wrong = []
    for span in range(1, 256):
        image = np.arange(span + 1, dtype=dtype)[None]
        if (stretch_contrast(image) != naive.stretch_contrast(image)).any():
            wrong.append(span)
    assert wrong == []


@pytest.mark.nojit
def test_the_default_stretch_takes_the_extremes_to_the_ends() -> None:
    image = np.array([[50, 60, 100]], np.uint8)
    assert_is(stretch_contrast(image), np.array([[0, 51, 255]], np.uint8))
    assert_is(stretch_contrast(image.astype(np.uint16)), np.array([[0, 13107, 65535]], np.uint16))
    assert_is(stretch_contrast(image / 1000), np.array([[0, 0.2, 1]]), 1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_full_range_stays_under_the_default_stretch(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (13, 17))
    image[0, 0], image[1, 1] = 0, naive.full_scale(dtype)
    assert_is(stretch_contrast(image), image)


def test_a_16_bit_copy_is_stretched_to_the_same_picture(grey_photo: np.ndarray) -> None:
    expected = stretch_contrast(grey_photo, low=0.02, high=0.97).astype(np.float64)
    deep = stretch_contrast(grey_photo.astype(np.uint16) * 257, low=0.02, high=0.97)
    assert np.abs(deep / 257 - expected).max() <= 0.5 + 0.5 / 257 + 1e-9
    single = stretch_contrast(grey_photo / 255, low=0.02, high=0.97)
    assert np.abs(single * 255 - expected).max() <= 0.5 + 1e-9


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_quantiles_leave_the_image(dtype: type) -> None:
    value = naive.level_of(0.4, dtype)
    for image in (np.full((4, 5), value, dtype), np.full((1, 1, 3), value, dtype)):
        assert_is(stretch_contrast(image), image)
    mostly = np.full((10, 10), value, dtype)
    mostly[0, 0] = naive.full_scale(dtype)
    assert_is(stretch_contrast(mostly, low=0.1, high=0.9), mostly)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stretch_leaves_nan_and_counts_neither_it_nor_infinity(dtype: type) -> None:
    image = np.array([[0.2, 0.3, 0.6, np.nan, np.inf, -np.inf]], dtype)
    expected = np.array([[0, 0.25, 1, np.nan, 1, 0]], dtype)
    assert_is(stretch_contrast(image), expected, 1e-6)
    everything = np.full((3, 3), np.nan, dtype)
    assert_is(stretch_contrast(everything), everything)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"low": -0.1}, ValueError, "low must be >= 0, got -0.1"),
        ({"high": 1.5}, ValueError, "high must be <= 1, got 1.5"),
        ({"low": 0.5, "high": 0.5}, ValueError, "low must be < high, got low=0.5, high=0.5"),
        ({"low": 0.9, "high": 0.1}, ValueError, "low must be < high"),
        ({"low": np.nan}, ValueError, "low must be finite, got nan"),
        ({"low": "0"}, TypeError, "low must be a number, got str"),
        ({"mask": np.ones((4, 3), np.uint8)}, TypeError, "mask must be bool"),
        ({"mask": np.ones((3, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
    ],
)
def test_stretch_refuses(options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        stretch_contrast(np.zeros((4, 3), np.uint8), **options)


# --- identities -------------------------------------------------------------------------------------------------------


@given(small_images, st.sampled_from(DTYPES))
def test_a_mask_of_all_true_is_no_mask(bytes_: np.ndarray, dtype: type) -> None:
    image = (bytes_ / 255).astype(dtype) if dtype in (np.float32, np.float64) else bytes_.astype(dtype)
    mask = np.ones(image.shape, bool)
    assert_is(histogram(image, mask=mask), histogram(image))
    assert_is(equalize_histogram(image, mask=mask), equalize_histogram(image))
    assert_is(stretch_contrast(image, mask=mask, low=0.1), stretch_contrast(image, low=0.1))


@given(small_images)
def test_stretching_is_symmetric_in_black_and_white(image: np.ndarray) -> None:
    inverted = 255 - stretch_contrast(255 - image)
    assert inverted.dtype == np.uint8
    # Half to even rounds a tie down on one side where it rounds up on the other.
    assert np.abs(inverted.astype(int) - stretch_contrast(image)).max() <= 1


@pytest.mark.parametrize(
    ("low", "high"), [(0, 65535), (0, 2), (5, 6), (100, 1124), (17, 40017), (7, 32775), (60000, 60510)]
)
def test_stretched_words_are_rounded_half_to_even(low, high):
    """Whole divisions of whole numbers, so that ties are ties, and both ways to the same levels."""
    levels = np.arange(low, high + 1)
    above, spread = (levels - low) * 65535, high - low
    quotient, rest = above // spread, above % spread
    expected = quotient + ((2 * rest > spread) | ((2 * rest == spread) & (quotient % 2 == 1)))
    image = levels.astype(np.uint16)[np.newaxis]
    np.testing.assert_array_equal(stretch_contrast(image)[0], expected)
    np.testing.assert_array_equal(stretch_contrast(image, mask=np.ones(image.shape, bool))[0], expected)
