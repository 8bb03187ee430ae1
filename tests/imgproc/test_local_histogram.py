"""Equalization and matching by neighbourhoods: equal to brute force over whole windows, for every dtype and border."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.vocabulary import BORDERS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from oracles import plain as naive
from skimage.filters import rank

from imgproc import equalize_histogram, equalize_histogram_local, histogram, match_histogram, match_histogram_local

COLORS = ("luminance", "per_channel")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
RADII = (0, 1, 2, 7, 13)  # 13 is more than the shorter side below
SIZE = (11, 17)
# Interpolation between values of the reference; the ranks themselves are exact.
TOLERANCE = {np.uint8: 0, np.uint16: 0, np.float32: 2e-7, np.float64: 1e-14}

small_images = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.integers(0, 5))


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...], levels: int = 61) -> np.ndarray:
    """Few enough levels that neighbours are often equal."""
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


# --- equal to brute force ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("masked", [False, True])
def test_equalize_is_brute_force_exactly(
    rng: np.random.Generator, dtype: type, border: str, radius: int, masked: bool
) -> None:
    options = {"radius": radius, "border": border, "fill": 0.3, "mask": rng.random(SIZE) < 0.4 if masked else None}
    for levels in (3, 61, 251):
        image = image_of(rng, dtype, SIZE, levels)
        expected = naive.equalize_histogram_local(image, **options)
        assert_is(equalize_histogram_local(image, **options), expected, message=f"{levels} levels")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("masked", [False, True])
def test_match_is_brute_force_exactly(
    rng: np.random.Generator, dtype: type, border: str, radius: int, masked: bool
) -> None:
    options = {"radius": radius, "border": border, "fill": 0.3, "mask": rng.random(SIZE) < 0.4 if masked else None}
    reference = image_of(rng, dtype, (9, 14), levels=23)
    for levels in (3, 251):
        image = image_of(rng, dtype, SIZE, levels)
        expected = naive.match_histogram_local(image, reference, **options)
        found = match_histogram_local(image, reference, **options)
        assert_is(found, expected, TOLERANCE[dtype], f"{levels} levels")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (30, 1), (2, 2), (5, 40), (40, 5), (33, 31)])
def test_any_size_is_brute_force_exactly(rng: np.random.Generator, dtype: type, size: tuple[int, int]) -> None:
    image = image_of(rng, dtype, size)
    for radius in {0, 1, min(3, max(size)), max(size)}:
        for border in ("reflect", "reflect_101", "constant"):
            options = {"radius": radius, "border": border, "fill": 0.77}
            expected = naive.equalize_histogram_local(image, **options)
            assert_is(equalize_histogram_local(image, **options), expected, message=str(options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("color", COLORS)
def test_colour_is_brute_force(rng: np.random.Generator, dtype: type, color: str) -> None:
    for channels in (1, 3):
        image = image_of(rng, dtype, (13, 15, channels))
        reference = image_of(rng, dtype, (8, 9, channels), levels=19)
        mask, goal_mask = rng.random((13, 15)) < 0.6, rng.random((8, 9)) < 0.6
        for m, g in [(None, None), (mask, goal_mask)]:
            expected = naive.equalize_histogram_local(image, radius=3, color=color, mask=m)
            assert_is(equalize_histogram_local(image, radius=3, color=color, mask=m), expected)
            options = {"radius": 3, "color": color, "mask": m, "reference_mask": g}
            expected = naive.match_histogram_local(image, reference, **options)
            assert_is(match_histogram_local(image, reference, **options), expected, 5 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_windows_of_more_than_65535_pixels_are_brute_force(rng: np.random.Generator, dtype: type) -> None:
    """From radius 128 on a counter of 16 bits would be too small."""
    image = image_of(rng, dtype, (129, 3), levels=3)
    image[40:90] = image[0, 0]
    for radius in (127, 128, 129):
        expected = naive.equalize_histogram_local(image, radius=radius)
        assert_is(equalize_histogram_local(image, radius=radius), expected)
    reference = image_of(rng, dtype, (9, 9))
    expected = naive.match_histogram_local(image, reference, radius=128, border="constant", fill=0.0)
    found = match_histogram_local(image, reference, radius=128, border="constant", fill=0.0)
    assert_is(found, expected, TOLERANCE[dtype])


def test_a_large_radius_over_one_level_does_not_overflow() -> None:
    """Windows of 66,049 equal pixels but for one column."""
    image = np.zeros((129, 3), np.uint8)
    image[5, 1] = 1
    assert_is(equalize_histogram_local(image, radius=128), naive.equalize_histogram_local(image, radius=128))


@pytest.mark.parametrize("dtype", DTYPES)
def test_many_levels_and_many_rows_are_brute_force(rng: np.random.Generator, dtype: type) -> None:
    """More rows than the kernels work on at a time, nearly all values different."""
    top = naive.full_scale(dtype)
    image = naive.to_dtype(rng.random((150, 21)) * top, dtype)
    mask = rng.random(image.shape) < 0.5
    for m in (None, mask):
        expected = naive.equalize_histogram_local(image, radius=4, mask=m)
        assert_is(equalize_histogram_local(image, radius=4, mask=m), expected)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_neighbouring_values_are_told_apart(dtype: type) -> None:
    """The smallest differences of the dtype rank like the largest."""
    order = np.array([[4, 0, 3], [1, 5, 2], [8, 6, 7]])
    steps = {np.uint16: 1, np.float32: np.spacing(np.float32(1)), np.float64: np.spacing(1.0)}
    close = (1 + order * steps[dtype]).astype(dtype)
    spread = naive.to_dtype(order / 8 * naive.full_scale(dtype), dtype)
    assert np.unique(close).size == 9
    assert_is(equalize_histogram_local(close, radius=1), equalize_histogram_local(spread, radius=1))


@given(small_images, st.integers(0, 3), st.sampled_from(BORDERS), st.sampled_from(DTYPES))
def test_equalize_is_brute_force_on_anything(bytes_: np.ndarray, radius: int, border: str, dtype: type) -> None:
    image = bytes_.astype(dtype)
    radius = min(radius, max(image.shape))
    expected = naive.equalize_histogram_local(image, radius=radius, border=border)
    assert_is(equalize_histogram_local(image, radius=radius, border=border), expected)


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_window_by_hand(dtype: type) -> None:
    image = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype)
    found = equalize_histogram_local(image, radius=1, border="replicate")
    top = naive.full_scale(dtype)
    # 5 is the fifth of nine; the window of the corner 1 holds 1, 1, 1, 1, 2, 2, 4, 4, 5.
    assert found.dtype == dtype
    assert found[1, 1] == dtype(round(top * 5 / 9) if top > 1 else 5 / 9)
    assert found[0, 0] == dtype(round(top * 4 / 9) if top > 1 else 4 / 9)
    assert found[2, 2] == top


# --- referees ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [1, 3, 10])
def test_the_interior_is_skimage_but_for_its_truncation(grey_photo: np.ndarray, radius: int) -> None:
    """scikit-image truncates where this function rounds, so its result is equal or one lower; nearer than a radius to
    the edge it shrinks the window, and it makes windows of one value white."""
    found = equalize_histogram_local(grey_photo, radius=radius)
    side = 2 * radius + 1
    expected = rank.equalize(grey_photo, np.ones((side, side), np.uint8))
    inside = np.s_[radius:-radius, radius:-radius]
    uniform = np.isclose(naive.local_std(grey_photo, radius=radius), 0)[inside]
    difference = (found[inside].astype(int) - expected[inside])[~uniform]
    assert difference.min() >= 0
    assert difference.max() <= 1
    upto, number, _ = naive.ranks(grey_photo, None, radius, "reflect", 0.0)
    assert_is((upto * 255 // number).astype(np.uint8)[inside][~uniform], expected[inside][~uniform])


def test_a_window_as_large_as_a_wrapped_image_is_the_global_function(rng: np.random.Generator) -> None:
    for dtype in DTYPES:
        image = image_of(rng, dtype, (15, 15))
        found = equalize_histogram_local(image, radius=7, border="wrap")
        assert_is(found, equalize_histogram(image, method="textbook"), 1e-6 if naive.full_scale(dtype) == 1 else 0)
        reference = image_of(rng, dtype, (9, 8))
        found = match_histogram_local(image, reference, radius=7, border="wrap")
        assert_is(found, match_histogram(image, reference), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_matching_a_flat_density_equalizes(rng: np.random.Generator, dtype: type) -> None:
    image = naive.to_dtype(rng.random((19, 21)) * naive.full_scale(dtype), dtype)
    found = match_histogram_local(image, lambda t: 1.0, radius=3).astype(np.float64)
    expected = equalize_histogram_local(image, radius=3)
    # Level z of L has the share (z + 1) / L there, and the share is z / (L - 1) here.
    assert np.abs(found - expected).max() <= (1 if naive.full_scale(dtype) > 1 else 2e-5)


def test_all_kinds_of_reference_are_taken(rng: np.random.Generator, photos) -> None:
    image, reference = image_of(rng, np.uint8, (12, 13, 3)), photos("coffee")[::20, ::20]
    expected = match_histogram_local(image, reference, radius=2)
    for dtype in (np.uint16, np.float32, np.float64):
        other = naive.to_dtype(reference / 255 * naive.full_scale(dtype), dtype)
        assert_is(match_histogram_local(image, other, radius=2), expected)
    for density in (np.arange(1, 33), lambda t: t, [np.ones(4), lambda t: 1 - t, [1, 2, 3]]):
        goal = [density] * 3 if not isinstance(density, list) else density
        found = match_histogram_local(image, density, radius=2)
        for c in range(3):
            alone = match_histogram_local(np.ascontiguousarray(image[..., c]), goal[c], radius=2)
            assert_is(found[..., c], alone)


def test_the_histogram_of_an_image_is_as_good_as_the_image(rng: np.random.Generator, photos) -> None:
    """Small windows have shares in the middle between two levels of the reference all the time."""
    image, reference = image_of(rng, np.uint8, (12, 13, 3)), photos("coffee")[::20, ::20]
    expected = match_histogram_local(image, reference, radius=2)
    assert_is(match_histogram_local(image, list(histogram(reference)), radius=2), expected)


# --- windows of one value, masks, NaN ---------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_equalize_leaves_windows_of_one_value(dtype: type) -> None:
    for level in (0, 0.3, 1):
        for shape in [(5, 6), (1, 1), (1, 4), (4, 5, 3)]:
            image = np.full(shape, naive.level_of(level, dtype), dtype)
            for border in ("reflect", "wrap", "replicate", "reflect_101"):
                assert_is(equalize_histogram_local(image, radius=1, border=border), image)
    image = np.full((5, 9), naive.level_of(0.3, dtype), dtype)
    image[:, 6:] = naive.level_of(0.8, dtype)
    found = equalize_histogram_local(image, radius=1)
    assert_is(found[:, :5], image[:, :5])
    assert_is(found[:, 7:], image[:, 7:])
    assert (found[:, 5] != image[:, 5]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_radius_0_leaves_the_image_to_equalize(rng: np.random.Generator, dtype: type) -> None:
    for shape in [(9, 8), (9, 8, 3)]:
        image = image_of(rng, dtype, shape)
        assert_is(equalize_histogram_local(image, radius=0), image)


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", DTYPES)
def test_match_takes_windows_of_one_value_to_the_median(dtype: type) -> None:
    reference = naive.to_dtype(np.array([[0.1, 0.2, 0.2, 0.6, 0.6, 0.6, 0.9]]) * naive.full_scale(dtype), dtype)
    image = np.full((4, 5), naive.level_of(0.3, dtype), dtype)
    expected = match_histogram(image, reference)
    assert_is(match_histogram_local(image, reference, radius=1), expected)
    assert (expected == expected[0, 0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_reference_makes_a_constant_image(rng: np.random.Generator, dtype: type) -> None:
    value = naive.level_of(0.7, dtype)
    image = image_of(rng, dtype, (9, 8))
    assert_is(match_histogram_local(image, np.full((3, 2), value, dtype), radius=2), np.full((9, 8), value, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_windows_that_count_nothing_leave_the_pixel(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (20, 25))
    mask = np.zeros(image.shape, bool)
    mask[2:5, 3:9] = True
    reaches = naive.windows(mask, 2).any(axis=(2, 3))
    for found in (
        equalize_histogram_local(image, radius=2, mask=mask),
        match_histogram_local(image, image_of(rng, dtype, (4, 4)), radius=2, mask=mask),
    ):
        assert_is(found[~reaches], image[~reaches])
        assert (found[reaches] != image[reaches]).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_masked_out_has_no_influence(rng: np.random.Generator, dtype: type) -> None:
    image = image_of(rng, dtype, (18, 19))
    mask = rng.random(image.shape) < 0.6
    other = np.where(mask, image, image.dtype.type(naive.full_scale(dtype)))
    a, b = (equalize_histogram_local(i, radius=3, mask=mask) for i in (image, other))
    assert_is(a[mask], b[mask])


@given(small_images, st.sampled_from(DTYPES), st.sampled_from(BORDERS))
def test_a_mask_of_all_true_is_no_mask(bytes_: np.ndarray, dtype: type, border: str) -> None:
    image = bytes_.astype(dtype)
    mask = np.ones(image.shape, bool)
    found = equalize_histogram_local(image, radius=1, border=border, mask=mask)
    assert_is(found, equalize_histogram_local(image, radius=1, border=border))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("masked", [False, True])
def test_nan_and_infinity_are_not_counted(rng: np.random.Generator, dtype: type, border: str, masked: bool) -> None:
    """What becomes of an infinite pixel itself the docstring leaves open."""
    image = image_of(rng, dtype, (14, 18))
    image[rng.random(image.shape) < 0.1] = np.nan
    image[0, :4], image[7, 7] = np.nan, np.nan
    image[2, 9], image[11, 3], image[13, 17] = np.inf, -np.inf, np.inf
    ordinary = ~np.isinf(image)
    reference = image_of(rng, dtype, (6, 7))
    reference[1, 2] = np.nan
    mask = rng.random(image.shape) < 0.5 if masked else None
    for radius in (0, 1, 4):
        options: dict[str, Any] = {"radius": radius, "border": border, "fill": 0.4, "mask": mask}
        found = equalize_histogram_local(image, **options)
        assert_is(found[ordinary], naive.equalize_histogram_local(image, **options)[ordinary])
        assert (np.isnan(found) == np.isnan(image)).all()
        found = match_histogram_local(image, reference, **options)
        expected = naive.match_histogram_local(image, reference, **options)
        assert_is(found[ordinary], expected[ordinary], TOLERANCE[dtype])
        assert (np.isnan(found) == np.isnan(image)).all()
    everything = np.full((4, 5), np.nan, dtype)
    assert_is(equalize_histogram_local(everything, radius=1, border=border), everything)


# --- identities -------------------------------------------------------------------------------------------------------


@given(small_images, st.sampled_from(("reflect", "wrap", "reflect_101", "replicate", "constant")))
def test_flips_and_transposition_commute(image: np.ndarray, border: str) -> None:
    def work(a: np.ndarray) -> np.ndarray:
        return equalize_histogram_local(np.ascontiguousarray(a), radius=1, border=border)

    expected = work(image)
    assert_is(work(image[::-1])[::-1], expected)
    assert_is(work(image[:, ::-1])[:, ::-1], expected)
    assert_is(work(image.T).T, expected)


@given(small_images)
def test_only_the_order_of_levels_counts(image: np.ndarray) -> None:
    """Any monotone change of the levels gives the same picture; where windows hold one value the level itself stays."""
    uniform = naive.ranks(image, None, 1, "reflect", 0.0)[2]
    expected = equalize_histogram_local(image, radius=1)[~uniform]
    assert_is(equalize_histogram_local(image * 51, radius=1)[~uniform], expected)
    deep = equalize_histogram_local(image.astype(np.uint16) ** 5, radius=1)[~uniform]
    single = equalize_histogram_local(np.exp(image.astype(np.float64)), radius=1)[~uniform]
    assert np.abs(deep / 257 - expected).max(initial=0) <= 0.5 + 0.5 / 257
    assert np.abs(single * 255 - expected).max(initial=0) <= 0.5 + 1e-12


@given(small_images, small_images)
def test_a_constant_border_is_an_image_with_a_margin(image: np.ndarray, reference: np.ndarray) -> None:
    framed = np.pad(image, 1, constant_values=3)
    fill = 3 / 255
    found = equalize_histogram_local(image, radius=1, border="constant", fill=fill)
    assert_is(found, equalize_histogram_local(framed, radius=1)[1:-1, 1:-1])
    found = match_histogram_local(image, reference, radius=1, border="constant", fill=fill)
    assert_is(found, match_histogram_local(framed, reference, radius=1)[1:-1, 1:-1])


# --- degenerate images and refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_images_stay_empty(dtype: type) -> None:
    for shape in [(0, 5), (5, 0), (0, 5, 3)]:
        image = np.empty(shape, dtype)
        assert_is(equalize_histogram_local(image, radius=2), image)
        assert_is(match_histogram_local(image, np.ones(4), radius=2), image)


IMAGE = np.zeros((4, 9), np.uint8)

REFUSED: list[tuple[np.ndarray, dict[str, Any], type[Exception], str]] = [
    (IMAGE, {"radius": 10}, ValueError, "radius must be <= the image's longer side, 9, got 10"),
    (IMAGE, {"radius": -1}, ValueError, "radius must be >= 0, got -1"),
    (IMAGE, {"radius": 1.0}, TypeError, "radius must be an integer, got float"),
    (IMAGE, {"radius": True}, TypeError, "radius must be an integer, got bool"),
    (IMAGE, {"radius": 1, "border": "mirror"}, ValueError, "border must be one of 'constant', 'replicate', 'reflect'"),
    (IMAGE, {"radius": 1, "border": None}, TypeError, "border must be a string, got None"),
    (IMAGE, {"radius": 1, "fill": np.nan}, ValueError, "fill must be finite, got nan"),
    (IMAGE, {"radius": 1, "color": "lab"}, ValueError, "color must be one of"),
    (IMAGE, {"radius": 1, "mask": np.ones((9, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
    (IMAGE, {"radius": 1, "mask": np.zeros((4, 9), bool)}, ValueError, "mask must select at least one pixel"),
    (IMAGE, {"radius": 1, "mask": IMAGE}, TypeError, "mask must be bool"),
    (IMAGE.astype(np.int16), {"radius": 1}, TypeError, "image must have dtype"),
    (IMAGE[0], {"radius": 1}, ValueError, "image must have shape"),
]


@pytest.mark.parametrize(("image", "options", "error", "message"), REFUSED)
def test_local_functions_refuse(
    image: np.ndarray, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        equalize_histogram_local(image, **options)
    with pytest.raises(error, match=message):
        match_histogram_local(image, np.ones(4), **options)


@pytest.mark.parametrize(
    ("reference", "options", "error", "message"),
    [
        (-np.ones(3), {}, ValueError, "reference must be finite, non-negative"),
        (np.zeros(3), {}, ValueError, "not zero everywhere"),
        (np.zeros((3, 3, 3), np.uint8), {}, ValueError, "reference must have as many channels as image, 1, got 3"),
        (np.empty((0, 3), np.uint8), {}, ValueError, "reference must not be empty"),
        (np.array([[np.nan]]), {}, ValueError, "reference must be finite to match an integer image"),
        (np.ones(3), {"reference_mask": np.ones(3, bool)}, ValueError, "reference_mask must be None unless"),
        ("moon", {}, TypeError, "reference must be an image, a histogram or a callable"),
    ],
)
def test_local_matching_refuses(reference: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        match_histogram_local(IMAGE, reference, radius=1, **options)


def test_the_longer_side_is_still_allowed(rng: np.random.Generator) -> None:
    image = image_of(rng, np.uint8, (4, 9))
    assert_is(equalize_histogram_local(image, radius=9), naive.equalize_histogram_local(image, radius=9))
