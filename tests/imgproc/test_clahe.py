"""CLAHE against cv2 bit for bit, the oracle for the other dtypes, and itself across dtypes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from oracles import plain as naive

from imgproc import clahe

COLORS = ("luminance", "per_channel")
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
# The blend is in float32, whose order of operations the docstring leaves open but for 8-bit images.
TOLERANCE = {np.uint8: 0, np.uint16: 1, np.float32: 5e-7, np.float64: 5e-7}

SIZES = [
    (64, 64),  # divided by the tiles
    (97, 131),
    (64, 65),  # divided in one direction, which OpenCV extends all the same
    (65, 64),
    (8, 8),
    (7, 9),
    (3, 5),  # fewer pixels than tiles
    (2, 2),
    (1, 1),
    (1, 50),
    (50, 1),
    (1, 8),
]


def assert_is(result: np.ndarray, expected: np.ndarray, tolerance: float = 0, message: str = "") -> None:
    """Same shape, dtype, NaN, and values within the tolerance."""
    assert type(result) is np.ndarray, message
    assert result.shape == expected.shape, message
    assert result.dtype == expected.dtype, message
    a, b = result.astype(np.float64), expected.astype(np.float64)
    np.testing.assert_allclose(a, b, rtol=0, atol=tolerance, err_msg=message)


def by_cv2(image: np.ndarray, clip_limit: float = 2.0, tiles: tuple[int, int] = (8, 8)) -> np.ndarray:
    return cv2.createCLAHE(clip_limit, tiles[::-1]).apply(image)


def texture(rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """Crowded dark levels and a few bright ones, so that limits cut."""
    return (rng.random(size) ** 3 * 255).astype(np.uint8)


# --- 8 bits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_bytes_are_cv2_bit_for_bit_at_any_size(rng: np.random.Generator, size: tuple[int, int]) -> None:
    image = texture(rng, size)
    for tiles in [(8, 8), (1, 1), (2, 3), (5, 4), (16, 16), (1, 7)]:
        assert_is(clahe(image, tiles=tiles), by_cv2(image, tiles=tiles), message=str(tiles))


@pytest.mark.parametrize("clip_limit", [0, 0.001, 0.5, 1, 1.7, 2, 3.3, 4, 10, 40, 256, 1e6])
def test_bytes_are_cv2_bit_for_bit_at_any_limit(grey_photo: np.ndarray, clip_limit: float) -> None:
    for image in (grey_photo, grey_photo[:64, :96]):
        for tiles in [(8, 8), (3, 2)]:
            assert_is(clahe(image, clip_limit=clip_limit, tiles=tiles), by_cv2(image, clip_limit, tiles))


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=20)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.floats(0, 40),
)
def test_bytes_are_cv2_bit_for_bit_on_anything(image: np.ndarray, tiles: tuple[int, int], clip_limit: float) -> None:
    assert_is(clahe(image, clip_limit=clip_limit, tiles=tiles), by_cv2(image, clip_limit, tiles))


def test_photos_are_cv2_bit_for_bit(photos) -> None:
    for name in ("camera", "coins", "moon", "page", "clock", "cell"):
        assert_is(clahe(photos(name)), by_cv2(photos(name)), message=name)
        assert_is(clahe(photos(name), clip_limit=40), by_cv2(photos(name), 40), message=name)


@pytest.mark.nojit
@pytest.mark.parametrize("level", [0, 1, 127, 255])
def test_constant_images_are_cv2_bit_for_bit(level: int) -> None:
    for size in [(16, 16), (9, 14), (1, 1)]:
        image = np.full(size, level, np.uint8)
        for clip_limit in (0, 2, 40):
            assert_is(clahe(image, clip_limit=clip_limit), by_cv2(image, clip_limit))


def test_rows_and_columns_of_tiles_are_not_mistaken(grey_photo: np.ndarray) -> None:
    assert (clahe(grey_photo, tiles=(2, 5)) != clahe(grey_photo, tiles=(5, 2))).any()
    assert_is(clahe(grey_photo.T.copy(), tiles=(5, 2)).T, clahe(grey_photo, tiles=(2, 5)), 1)


# --- other dtypes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, {"clip_limit": 0.0}, {"tiles": (3, 4), "clip_limit": 5.0}, {"bins": 32}])
def test_clahe_is_the_oracle(rng: np.random.Generator, dtype: type, options: dict[str, Any]) -> None:
    for shape in [(48, 40), (29, 37), (3, 70), (1, 1), (21, 34, 1), (21, 34, 3)]:
        values = rng.random(shape) ** 2
        image = naive.to_dtype(values * naive.full_scale(dtype), dtype)
        for color in COLORS:
            expected = naive.clahe(image, color=color, **options)
            tolerance = 1 if options.get("bins") and dtype == np.uint8 else TOLERANCE[dtype]
            assert_is(clahe(image, color=color, **options), expected, tolerance, f"{shape}, {color}")


def test_the_oracle_is_cv2(rng: np.random.Generator, grey_photo: np.ndarray) -> None:
    for size in SIZES:
        image = texture(rng, size)
        assert_is(naive.clahe(image, tiles=(3, 4)), by_cv2(image, tiles=(3, 4)))
    assert_is(naive.clahe(grey_photo), by_cv2(grey_photo))


@pytest.mark.parametrize("clip_limit", [0, 2, 40])
def test_deep_copies_give_the_8_bit_picture(grey_photo: np.ndarray, clip_limit: float) -> None:
    """Within one level: the 8-bit picture rounds its tables and its result."""
    for image in (grey_photo, grey_photo[:64, :96]):
        expected = clahe(image, clip_limit=clip_limit).astype(np.float64)
        deep = clahe(image.astype(np.uint16) * 257, clip_limit=clip_limit)
        assert deep.dtype == np.uint16
        assert np.abs(deep / 257 - expected).max() <= 1.01
        for dtype in (np.float32, np.float64):
            single = clahe((image / 255).astype(dtype), clip_limit=clip_limit)
            assert single.dtype == dtype
            assert np.abs(single * 255.0 - expected).max() <= 1.01
            np.testing.assert_allclose(single, deep / 65535, rtol=0, atol=0.6 / 65535)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_images_keep_levels_between_the_bins(rng: np.random.Generator, dtype: type) -> None:
    ramp = naive.to_dtype(np.linspace(0, naive.full_scale(dtype), 6000).reshape(60, 100), dtype)
    found = clahe(ramp, tiles=(1, 1), clip_limit=0)
    assert (np.diff(found.ravel().astype(np.float64)) >= 0).all()
    assert np.unique(found).size > 5000


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("clip_limit", [0, 2, 40])
def test_levels_between_those_of_8_bits_are_near_their_rounding(
    rng: np.random.Generator, grey_photo: np.ndarray, dtype: type, clip_limit: float
) -> None:
    crowded = 0.2 + 0.004 * rng.random((48, 64))  # nearly all pixels of a tile in one bin: the mapping is steep
    fine = (grey_photo[:96, :128] + rng.random((96, 128)) - 0.5) / 255
    for values in (crowded, np.clip(fine, 0, 1)):
        image = naive.to_dtype(values * naive.full_scale(dtype), dtype)
        rounded = np.rint(image.astype(np.float64) * (255 / naive.full_scale(dtype))).astype(np.uint8)
        for tiles in ((1, 1), (8, 8)):
            found = clahe(image, clip_limit=clip_limit, tiles=tiles) * (255 / naive.full_scale(dtype))
            assert np.abs(found - clahe(rounded, clip_limit=clip_limit, tiles=tiles)).max() <= 2.01


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_two_flat_areas_become_what_they_become_in_8_bits(dtype: type) -> None:
    """They were counted in one bin and looked up half in the next: .1 and .9 became .25 and .75."""
    for level in (0.89, 0.896, 0.898, 0.9, 0.902, 0.904, 0.91):
        values = np.full((16, 32), 0.1)
        values[:, 16:] = level
        image = naive.to_dtype(values * naive.full_scale(dtype), dtype)
        found = clahe(image, clip_limit=0, tiles=(1, 1)) / naive.full_scale(dtype)
        np.testing.assert_allclose(found[:, [0, 31]], [[0.5, 1.0]] * 16, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_monotone_stays_monotone_within_a_tile(rng: np.random.Generator, dtype: type) -> None:
    for clip_limit in (0, 1, 2, 40):
        for levels in (np.sort(rng.random(3000)), np.sort(rng.random(3000) ** 9), np.sort(rng.random(5).repeat(600))):
            line = naive.to_dtype(levels * naive.full_scale(dtype), dtype)
            found = clahe(line.reshape(50, 60), clip_limit=clip_limit, tiles=(1, 1)).ravel().astype(np.float64)
            assert (np.diff(found) >= -2e-7).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_cut_off_to_0_1(rng: np.random.Generator, dtype: type) -> None:
    image = (rng.random((40, 41)) * 1.9 - 0.45).astype(dtype)
    assert_is(clahe(image), clahe(np.clip(image, 0, 1)))
    image[3, 4], image[20, 21] = np.inf, -np.inf
    assert_is(clahe(image), clahe(np.clip(image, 0, 1)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clahe_leaves_nan_and_counts_it_nowhere(rng: np.random.Generator, dtype: type) -> None:
    image = rng.random((32, 40)).astype(dtype)
    holes = rng.random(image.shape) < 0.1
    filled = np.where(holes, dtype(0.5), image)
    image[holes] = np.nan
    found = clahe(image)
    assert np.isnan(found[holes]).all()
    assert_is(found[~holes], clahe(filled, mask=~holes)[~holes])


def test_luminance_adds_the_change_of_luma(photo: np.ndarray) -> None:
    y = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    shift = by_cv2(y).astype(int) - y
    assert_is(clahe(photo), np.clip(photo + shift[..., None], 0, 255).astype(np.uint8))
    each = np.stack([by_cv2(np.ascontiguousarray(photo[..., c])) for c in range(3)], axis=2)
    assert_is(clahe(photo, color="per_channel"), each)


def test_a_higher_limit_gives_more_contrast(photos) -> None:
    contrast = [clahe(photos("moon"), clip_limit=c).std() for c in (1, 2, 4, 8, 0)]
    assert contrast == sorted(contrast)
    assert contrast[0] < 0.6 * contrast[-1]


# --- masks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(32, 40), (27, 35), (27, 35, 3)])
def test_a_mask_says_which_pixels_tiles_count(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> None:
    image = naive.to_dtype(rng.random(shape) ** 2 * naive.full_scale(dtype), dtype)
    mask = rng.random(shape[:2]) < 0.4
    mask[:12, :20] = False  # some tiles count nothing
    expected = naive.clahe(image, mask=mask, tiles=(4, 5))
    assert_is(clahe(image, mask=mask, tiles=(4, 5)), expected, TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_masked_out_has_no_influence(rng: np.random.Generator, dtype: type) -> None:
    image = naive.to_dtype(rng.random((33, 41)) * naive.full_scale(dtype), dtype)
    mask = rng.random(image.shape) < 0.7
    other = np.where(mask, image, image.dtype.type(0))
    assert_is(clahe(image, mask=mask)[mask], clahe(other, mask=mask)[mask])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_tile_that_counts_nothing_maps_levels_to_themselves(rng: np.random.Generator, dtype: type) -> None:
    image = naive.to_dtype(rng.random((40, 40)) * naive.full_scale(dtype), dtype)
    mask = np.zeros(image.shape, bool)
    mask[0, 0] = True
    found = clahe(image, mask=mask, tiles=(4, 4))
    assert_is(found[15:, :], image[15:, :], 1 if dtype == np.uint16 else TOLERANCE[dtype])
    assert (found[:5, :5] != image[:5, :5]).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_mask_of_all_true_is_no_mask(rng: np.random.Generator, dtype: type) -> None:
    for size in [(16, 24), (13, 22)]:
        image = naive.to_dtype(rng.random(size) * naive.full_scale(dtype), dtype)
        assert_is(clahe(image, mask=np.ones(size, bool)), clahe(image))


# --- degenerate images and refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_empty_images_stay_empty(dtype: type) -> None:
    for shape in [(0, 5), (5, 0), (0, 5, 3)]:
        assert_is(clahe(np.empty(shape, dtype)), np.empty(shape, dtype))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_constant_deep_images_are_the_oracle(dtype: type) -> None:
    for level in (0, 0.3, 1):
        image = np.full((17, 19), naive.level_of(level, dtype), dtype)
        for clip_limit in (0, 2):
            expected = naive.clahe(image, clip_limit=clip_limit)
            assert_is(clahe(image, clip_limit=clip_limit), expected, TOLERANCE[dtype])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"clip_limit": -1}, ValueError, "clip_limit must be >= 0, got -1"),
        ({"clip_limit": np.nan}, ValueError, "clip_limit must be finite, got nan"),
        ({"clip_limit": "2"}, TypeError, "clip_limit must be a number, got str"),
        ({"tiles": 8}, TypeError, "tiles must be a pair, got 8"),
        ({"tiles": (8, 8, 3)}, TypeError, "tiles must be a pair"),
        ({"tiles": (0, 8)}, ValueError, r"tiles\[0\] must be >= 1, got 0"),
        ({"tiles": (8, 2.0)}, TypeError, r"tiles\[1\] must be an integer, got float"),
        ({"bins": 1}, ValueError, "bins must be >= 2, got 1"),
        ({"bins": 5000}, ValueError, "bins must be <= 4096, got 5000"),
        ({"bins": 256.0}, TypeError, "bins must be an integer, got float"),
        ({"color": "lab"}, ValueError, "color must be one of"),
        ({"mask": np.ones((5, 4), bool)}, ValueError, "mask must have the .h, w. of image"),
        ({"mask": np.ones((4, 5), np.uint8)}, TypeError, "mask must be bool"),
        ({"mask": np.zeros((4, 5), bool)}, ValueError, "mask must select at least one pixel"),
    ],
)
def test_clahe_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        clahe(np.zeros((4, 5), np.uint8), **options)


def test_clahe_refuses_what_is_no_grey_or_rgb_image() -> None:
    with pytest.raises(ValueError, match="needs a grey or an RGB image, got 4 channels"):
        clahe(np.zeros((4, 5, 4), np.uint8))
    with pytest.raises(TypeError, match="image must have dtype"):
        clahe(np.zeros((4, 5), np.int64))
    with pytest.raises(ValueError, match="image must have shape"):
        clahe(np.zeros(5, np.uint8))
