"""Histogram matching against the textbook rule by brute force and scikit-image, under every kind of reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from oracles import plain as naive
from skimage.exposure import match_histograms

from imgproc import equalize_histogram, histogram, match_histogram

COLORS = ("luminance", "per_channel")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
FLOAT_TOLERANCE = {np.dtype(np.float32): 5e-7, np.dtype(np.float64): 1e-12}

small_images = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(0, 11))


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...], levels: int = 61) -> np.ndarray:
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


def assert_nearest(image: np.ndarray, found: np.ndarray, weights: np.ndarray) -> None:
    """Each result is a level of the reference whose share is nearest, but for the rounding of its weights."""
    shares = np.cumsum(weights) / np.sum(weights)
    for level in np.unique(image):
        results = np.unique(found[image == level])
        assert results.size == 1, "one level became two"
        assert weights[results[0]] > 0, "the reference does not have this level"
        distance = np.abs(shares[weights > 0] - np.mean(image <= level))
        assert abs(shares[results[0]] - np.mean(image <= level)) <= distance.min() + 1e-8


# --- the rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
def test_the_level_with_the_nearest_share_wins_and_the_lower_one_of_a_tie() -> None:
    image = np.array([[10, 10, 20, 20]], np.uint8)  # shares 1/2 and 1
    reference = np.array([[1, 2, 3, 4]], np.uint8)  # 1/4, 1/2, 3/4, 1
    assert match_histogram(image, reference).tolist() == [[2, 2, 4, 4]]
    reference = np.array([[100, 7, 200, 150]], np.uint8)
    image = np.array([[1, 1, 1, 2, 2, 3, 3, 3]], np.uint8)  # 3/8 is as far from 1/4 as from 1/2; 5/8 likewise
    assert match_histogram(image, reference).tolist() == [[7, 7, 7, 100, 100, 200, 200, 200]]


@given(small_images, small_images)
def test_match_is_the_brute_force_nearest_rule(image: np.ndarray, reference: np.ndarray) -> None:
    assert_is(match_histogram(image, reference), naive.match_histogram(image, reference))


@given(small_images, small_images)
def test_only_levels_of_the_reference_appear(image: np.ndarray, reference: np.ndarray) -> None:
    assert np.isin(match_histogram(image, reference), reference).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("color", COLORS)
def test_match_is_the_oracle(rng: np.random.Generator, dtype: type, color: str) -> None:
    for shape, other in [
        ((31, 23), (11, 19)),
        ((1, 40), (9, 1)),
        ((14, 15, 1), (3, 50, 1)),
        ((31, 23, 3), (13, 17, 3)),
    ]:
        image, reference = image_of(rng, dtype, shape), image_of(rng, dtype, other, levels=37)
        expected = naive.match_histogram(image, reference, color=color)
        found = match_histogram(image, reference, color=color)
        tolerance = FLOAT_TOLERANCE.get(image.dtype, 0)
        if tolerance and color == "luminance" and shape[2:] == (3,):
            tolerance = 0.02  # luma has many values, and where a bin holds three the middle one is interpolated
        assert_is(found, expected, tolerance)


def test_match_is_skimage_within_a_level_or_between_two_levels_of_the_reference(photos) -> None:
    """scikit-image interpolates between levels of the reference where the textbook takes the nearer one.

    So its result lies at most half a gap between occupied levels away, and where every level is occupied the two are
    within one level of each other (it truncates, this function rounds)."""
    image, reference = photos("astronaut")[::3, ::3], photos("coffee")[::3, ::4]
    found = match_histogram(image, reference)
    assert found.dtype == np.uint8
    assert found.shape == image.shape
    for c in range(3):
        expected = np.rint(match_histograms(image[..., c], reference[..., c]))
        gaps = np.diff(np.unique(reference[..., c])).max()
        assert np.abs(found[..., c] - expected).max() <= gaps
        assert np.mean(np.abs(found[..., c] - expected) <= 1) > 0.99


def test_floats_are_matched_as_by_skimage(rng: np.random.Generator) -> None:
    image, reference = image_of(rng, np.float64, (30, 31)), image_of(rng, np.float64, (17, 19), levels=29) * 3 - 1
    assert_is(match_histogram(image, reference), match_histograms(image, reference), 1e-12)
    image, reference = rng.normal(size=(50, 61)), rng.random((40, 47)) ** 3
    found = match_histogram(image, reference)
    assert_is(found, match_histograms(image, reference), 5e-3)  # a bin of 65,536 may hold several values
    assert (np.diff(found.ravel()[np.argsort(image, axis=None)]) >= 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_image_matched_to_itself_stays(rng: np.random.Generator, photo: np.ndarray, dtype: type) -> None:
    for image in (photo, photo[..., 0], image_of(rng, np.uint8, (7, 9)), image_of(rng, np.uint8, (1, 5))):
        image = naive.to_dtype(image / 255 * naive.full_scale(dtype), dtype)
        assert_is(match_histogram(image, image), image, FLOAT_TOLERANCE.get(image.dtype, 0))
    if np.dtype(dtype).kind == "u":
        image = naive.to_dtype(photo / 255 * naive.full_scale(dtype), dtype)
        assert_is(match_histogram(image, image, color="luminance"), image)


def test_matching_gives_the_distribution_of_the_reference(photos) -> None:
    image, reference = photos("camera")[::4, ::4], photos("moon")[::4, ::4]
    found = match_histogram(image, reference)
    shares = [np.cumsum(histogram(a)) / a.size for a in (found, reference, image)]
    widest = max(histogram(image).max() / image.size, histogram(reference).max() / reference.size)
    assert np.abs(shares[0] - shares[1]).max() <= widest
    assert np.abs(shares[2] - shares[1]).max() > 3 * widest


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_deep_copies_are_matched_to_the_same_picture(grey_photo: np.ndarray, photos, dtype: type) -> None:
    reference = photos("coins")[::3, ::3]
    expected = match_histogram(grey_photo, reference).astype(np.float64)
    deep = [naive.to_dtype(a / 255 * naive.full_scale(dtype), dtype) for a in (grey_photo, reference)]
    found = match_histogram(*deep)
    assert found.dtype == dtype
    difference = np.abs(found * (255 / naive.full_scale(dtype)) - expected)
    if np.dtype(dtype).kind == "u":
        assert difference.max() == 0
    else:  # floats lie between two levels of the reference, integers on the nearer one
        assert difference.max() <= np.diff(np.unique(reference)).max() + 1e-4


# --- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reference_dtype", DTYPES)
def test_a_reference_of_another_dtype_counts_by_fractions_of_full_scale(
    rng: np.random.Generator, dtype: type, reference_dtype: type
) -> None:
    # Sixteen levels of float are whole levels of uint8 and of uint16.
    image, reference = image_of(rng, dtype, (21, 22)), image_of(rng, reference_dtype, (15, 8), levels=16)
    expected = naive.match_histogram(image, reference)
    assert_is(match_histogram(image, reference), expected, FLOAT_TOLERANCE.get(image.dtype, 0))


def test_the_histogram_of_an_image_is_as_good_as_the_image(rng: np.random.Generator) -> None:
    """Also where a share lies in the middle between two levels of the reference."""
    for _ in range(500):
        image, reference = (rng.integers(0, 9, (1, rng.integers(2, 9))).astype(np.uint8) for _ in range(2))
        assert_is(match_histogram(image, histogram(reference)), match_histogram(image, reference))


def test_the_histogram_of_a_photo_is_as_good_as_the_photo(grey_photo: np.ndarray, photos) -> None:
    reference = photos("coins")
    counts = histogram(reference)
    expected = match_histogram(grey_photo, reference)
    for scaled in (counts, counts.astype(np.float32), counts / reference.size, counts.astype(np.uint32)):
        assert_is(match_histogram(grey_photo, scaled), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bins", [1, 2, 16, 100, 256, 1000])
def test_an_array_is_a_density_over_equal_bins(rng: np.random.Generator, dtype: type, bins: int) -> None:
    density = rng.random(bins) + 0.01
    image = image_of(rng, dtype, (20, 21))
    levels = np.iinfo(dtype).max + 1
    edges = np.append(0.0, np.cumsum(density))
    weights = np.diff(np.interp(np.arange(levels + 1) * bins / levels, np.arange(bins + 1), edges))
    found = match_histogram(image, density)
    assert found.dtype == dtype
    assert found.shape == image.shape
    assert_nearest(image, found, weights)


@pytest.mark.parametrize("dtype", DTYPES)
def test_all_ways_to_say_a_density_agree(rng: np.random.Generator, dtype: type) -> None:
    def density(t: np.ndarray) -> np.ndarray:
        return np.exp(-(((t - 0.4) / 0.2) ** 2))

    image = image_of(rng, dtype, (24, 25))
    levels = naive.full_scale(dtype) + 1 if naive.full_scale(dtype) > 1 else 1 << 16
    array = density(np.arange(levels) / (levels - 1))
    expected = match_histogram(image, density)
    assert expected.dtype == dtype
    for reference in (array, array.tolist(), tuple(array.tolist()), array * 1e-6, array.astype(np.float32), [density]):
        assert_is(match_histogram(image, reference), expected, 1e-6 if naive.full_scale(dtype) == 1 else 1)
    if naive.full_scale(dtype) > 1:
        assert_nearest(image, expected, array)
    else:
        assert_is(expected, naive.match_histogram(image, density), 1e-6)
    share = np.cumsum(array) / array.sum()
    median = np.searchsorted(share, 0.5) / (levels - 1)
    assert abs(np.median(expected) / naive.full_scale(dtype) - median) < 0.02


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("density", [lambda t: 1.0, lambda t: np.ones_like(t), np.ones(256), np.ones(7, int)])
def test_a_flat_density_equalizes(rng: np.random.Generator, dtype: type, density: Any) -> None:
    image = image_of(rng, dtype, (32, 33))
    found = match_histogram(image, density)
    assert found.dtype == dtype
    expected = equalize_histogram(image, method="textbook")
    # Level z of L has the share (z + 1) / L there, and the share is z / (L - 1) here.
    assert np.abs(found - expected.astype(np.float64)).max() <= (1 if naive.full_scale(dtype) > 1 else 2e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_list_holds_a_distribution_for_each_channel(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (12, 13, 3))
    each: list[Any] = [np.arange(1, 17), lambda t: 1 - t, [3, 2, 1]]
    for reference in (each, tuple(each)):
        found = match_histogram(image, reference)
        assert found.shape == image.shape
        for c in range(3):
            alone = match_histogram(np.ascontiguousarray(image[..., c]), each[c])
            assert_is(found[..., c], alone)
    one_for_all = match_histogram(image, each[1])
    assert_is(one_for_all, match_histogram(image, [each[1]] * 3))
    luminance = match_histogram(image, each[1], color="luminance")
    assert_is(luminance, match_histogram(image, [each[1]], color="luminance"))


def test_luminance_is_matched_to_the_luma_of_the_reference(photos) -> None:
    image, reference = photos("astronaut")[::5, ::5], photos("coffee")[::5, ::5]
    found = match_histogram(image, reference, color="luminance")
    expected = match_histogram(naive.luma(image), naive.luma(reference)).astype(int) - naive.luma(image)
    assert_is(found, np.clip(image + expected[..., None], 0, 255).astype(np.uint8))


# --- masks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(26, 27), (26, 27, 3)])
def test_masks_on_both_sides_count_their_parts(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> None:
    image, reference = image_of(rng, dtype, shape), image_of(rng, dtype, (15, 20, *shape[2:]), levels=40)
    mask, reference_mask = np.zeros(shape[:2], bool), np.zeros((15, 20), bool)
    mask[3:14, 5:22], reference_mask[2:9, 4:15] = True, True
    found = match_histogram(image, reference, mask=mask, reference_mask=reference_mask)
    assert found.shape == shape
    part, goal = image[3:14, 5:22].copy(), reference[2:9, 4:15].copy()
    assert_is(found[3:14, 5:22], match_histogram(part, goal))
    expected = naive.match_histogram(image, reference, mask=mask, reference_mask=reference_mask)
    assert_is(found, expected, FLOAT_TOLERANCE.get(image.dtype, 0))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_masked_out_pixels_are_matched_by_the_same_rule(rng: np.random.Generator, dtype: type) -> None:
    """Also those whose level the mask shows nowhere."""
    image, reference = image_of(rng, dtype, (30, 30), levels=31), image_of(rng, dtype, (9, 9), levels=17)
    mask = np.isin(image, np.unique(image)[4:-4:3])
    expected = naive.match_histogram(image, reference, mask=mask)
    assert_is(match_histogram(image, reference, mask=mask), expected, FLOAT_TOLERANCE.get(image.dtype, 0))


@given(small_images, st.sampled_from(DTYPES))
def test_masks_of_all_true_are_no_masks(bytes_: np.ndarray, dtype: type) -> None:
    image = (bytes_ / 255).astype(dtype) if dtype in (np.float32, np.float64) else bytes_.astype(dtype)
    reference = np.flip(image)[:4] // 2 if image.dtype.kind == "u" else np.flip(image)[:4] / 2
    found = match_histogram(
        image, reference, mask=np.ones(image.shape, bool), reference_mask=np.ones(reference.shape, bool)
    )
    assert_is(found, match_histogram(image, reference))


# --- degenerate images ------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_image_becomes_the_median_of_the_reference(dtype: type) -> None:
    levels = np.array([[0.1, 0.2, 0.2, 0.6, 0.6, 0.6, 0.9]])
    reference = naive.to_dtype(levels * naive.full_scale(dtype), dtype)
    for shape in [(4, 5), (1, 1)]:
        image = np.full(shape, naive.level_of(0.3, dtype))
        expected = naive.match_histogram(image, reference)
        assert_is(match_histogram(image, reference), expected, FLOAT_TOLERANCE.get(expected.dtype, 0))
    if np.dtype(dtype).kind == "u":
        assert (expected == reference[0, 3]).all()
    else:
        assert 0.2 < expected[0, 0] <= 0.6


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_reference_makes_a_constant_image(rng: np.random.Generator, dtype: type) -> None:
    value = naive.level_of(0.7, dtype)
    for shape in [(6, 7), (6, 7, 3), (1, 1)]:
        image = image_of(rng, dtype, shape)
        reference = np.full((3, 2, *shape[2:]), value, dtype)
        assert_is(match_histogram(image, reference), np.full(shape, value, dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_match_leaves_nan_and_counts_it_nowhere(rng: np.random.Generator, dtype: type) -> None:
    image, reference = image_of(rng, dtype, (16, 17)), image_of(rng, dtype, (12, 13))
    holes, other_holes = rng.random(image.shape) < 0.2, rng.random(reference.shape) < 0.2
    image[holes], reference[other_holes] = np.nan, np.nan
    found = match_histogram(image, reference)
    assert np.isnan(found[holes]).all()
    assert_is(found[~holes][None], match_histogram(image[~holes][None], reference[~other_holes][None]))
    everything = np.full((3, 3), np.nan, dtype)
    assert_is(match_histogram(everything, reference), everything)


def test_a_nan_of_a_float_reference_may_be_masked_away_for_an_integer_image(rng: np.random.Generator) -> None:
    image, reference = image_of(rng, np.uint8, (9, 9)), image_of(rng, np.float32, (8, 7))
    reference[2, 3] = np.nan
    shown = ~np.isnan(reference)
    found = match_histogram(image, reference, reference_mask=shown)
    assert_is(found, match_histogram(image, reference[shown][None]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_empty_image_stays_empty(dtype: type) -> None:
    for shape in [(0, 4), (4, 0), (0, 4, 3)]:
        reference = np.ones((2, 2, *shape[2:]), dtype)
        assert_is(match_histogram(np.empty(shape, dtype), reference), np.empty(shape, dtype))


# --- refusals ---------------------------------------------------------------------------------------------------------

GREY, RGB = np.arange(12, dtype=np.uint8).reshape(3, 4), np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
NAN = np.array([[0.5, np.nan]])


def _fails(t: np.ndarray) -> np.ndarray:
    raise ZeroDivisionError("inside the density")


REFUSED: list[tuple[np.ndarray, Any, dict[str, Any], type[Exception], str]] = [
    (GREY, -np.arange(4.0), {}, ValueError, "reference must be finite, non-negative and not zero everywhere"),
    (GREY, np.zeros(4), {}, ValueError, "not zero everywhere"),
    (GREY, np.array([1, np.nan]), {}, ValueError, "reference must be finite"),
    (GREY, np.array([1, np.inf]), {}, ValueError, "reference must be finite"),
    (GREY, np.empty(0), {}, ValueError, "reference must give a 1-D histogram"),
    (GREY, lambda t: -t, {}, ValueError, "non-negative"),
    (GREY, lambda t: t[:5], {}, ValueError, "reference must give a 1-D histogram"),
    (GREY, lambda t: t[None], {}, ValueError, "reference must give a 1-D histogram"),
    (GREY, "moon", {}, TypeError, "reference must be an image, a histogram or a callable, got str"),
    (GREY, RGB, {}, ValueError, "reference must have as many channels as image, 1, got 3"),
    (RGB, GREY, {}, ValueError, "reference must have as many channels as image, 3, got 1"),
    (RGB, [np.ones(4)] * 2, {}, ValueError, "reference must hold one distribution for each of 3 planes, got 2"),
    (RGB, [np.ones(4)] * 3, {"color": "luminance"}, ValueError, "each of 1 planes, got 3"),
    (RGB, [np.ones(4), np.ones(4), -np.ones(4)], {}, ValueError, r"reference\[2\] must be finite, non-negative"),
    (GREY, np.empty((0, 3), np.uint8), {}, ValueError, "reference must not be empty"),
    (GREY, GREY > 4, {}, TypeError, "reference must have dtype"),
    (GREY, NAN, {}, ValueError, "reference must be finite to match an integer image"),
    (GREY / 11, NAN * np.nan, {}, ValueError, "reference must hold a finite pixel in each channel"),
    (GREY, np.ones(4), {"reference_mask": np.ones(4, bool)}, ValueError, "reference_mask must be None unless"),
    (GREY, GREY, {"reference_mask": np.ones((4, 3), bool)}, ValueError, "reference_mask must have the .h, w. of refer"),
    (GREY, GREY, {"reference_mask": np.zeros((3, 4), bool)}, ValueError, "reference_mask must select at least one"),
    (GREY, GREY, {"reference_mask": GREY}, TypeError, "reference_mask must be bool"),
    (GREY, GREY, {"mask": np.ones((4, 3), bool)}, ValueError, "mask must have the .h, w. of image"),
    (GREY, GREY, {"color": "hsv"}, ValueError, "color must be one of"),
    (RGB[..., :2], RGB[..., :2], {"color": "luminance"}, ValueError, "needs a grey or an RGB image, got 2 channels"),
    (GREY.astype(int), GREY, {}, TypeError, "image must have dtype"),
]


@pytest.mark.parametrize(("image", "reference", "options", "error", "message"), REFUSED)
def test_match_refuses(
    image: np.ndarray, reference: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        match_histogram(image, reference, **options)
    assert type(caught.value) is error


def test_an_error_inside_a_density_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError, match="inside the density"):
        match_histogram(GREY, _fails)


def test_an_image_instead_of_a_histogram_is_never_taken_for_one(rng: np.random.Generator) -> None:
    """A (1, n) array is an image, an (n,) array a histogram."""
    row = np.array([[3, 3, 200]], np.uint8)
    image = image_of(rng, np.uint8, (5, 5))
    matching: Callable[..., np.ndarray] = match_histogram
    assert set(np.unique(matching(image, row))) <= {3, 200}
    assert not set(np.unique(matching(image, row[0]))) <= {3, 200}
