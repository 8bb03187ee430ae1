"""Colour spaces against oracles, colorsys, scikit-image and OpenCV; round trips; gamut, grey and NaN."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from oracles import spaces as naive
from oracles.plain import full_scale
from skimage import color as skimage_color

import imgproc
from imgproc.color import _xyz

SPACES = ("hsv", "hsl", "hsi", "ycrcb", "xyz", "lab", "luv", "linear")
HUED = ("hsv", "hsl", "hsi")
DTYPES = tuple(np.dtype(code) for code in ("u1", "u2", "f4", "f8"))

every_space = pytest.mark.parametrize("space", SPACES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def forth(space: str) -> Callable[[np.ndarray], np.ndarray]:
    return getattr(imgproc, f"rgb_to_{space}")


def back(space: str) -> Callable[[np.ndarray], np.ndarray]:
    return getattr(imgproc, f"{space}_to_rgb")


@pytest.fixture(scope="module")
def colors() -> np.ndarray:
    """Every 17th level of each channel, and the neighbours of black, grey and white: float64 in [0, 1], (h, w, 3)."""
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 17)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.concatenate([np.clip(level + near, 0, 255) for level in (0, 3, 10, 128, 255)])
    random = np.random.default_rng(1).integers(0, 256, (2000, 3))
    found = np.concatenate([grid, near, random])
    return found[: len(found) // 7 * 7].reshape(7, -1, 3) / 255


def of_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.rint(values * full_scale(dtype)).astype(dtype) if dtype.kind == "u" else values.astype(dtype)


def distance(space: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far levels are apart; hue around the circle."""
    apart = np.abs(a.astype(np.float64) - b)
    if space in HUED:
        turn = full_scale(a.dtype) + 1 if a.dtype.kind == "u" else 1
        apart[..., 0] = np.minimum(apart[..., 0], np.abs(turn - apart[..., 0]))
    return apart


# --- the definitions --------------------------------------------------------------------------------------------------

# Half a level is rounding; the rest is float32 in 65536 levels, and Y of Rec. 601 in 15 bits.
TOLERANCE = {np.dtype("u1"): 0.505, np.dtype("u2"): 0.6, np.dtype("f4"): 2e-6, np.dtype("f8"): 1e-13}
UNITS = {"lab": 500, "luv": 1300}
"""What one is multiplied by on the way to the floats of a space."""


@every_space
@every_dtype
def test_forth_is_as_defined(space: str, dtype: np.dtype, colors: np.ndarray) -> None:
    image = of_dtype(colors, dtype)
    result = forth(space)(image)
    expected = naive.exact(f"rgb_to_{space}", image)
    if dtype.kind == "u":
        expected = np.minimum(expected, full_scale(dtype) + (space in HUED))  # Cr and Cb end half a level beyond
    limit = TOLERANCE[dtype] * (UNITS.get(space, 1) if dtype.kind == "f" else 1)
    if space == "ycrcb" and dtype.kind == "u":
        limit = 0.51 + full_scale(dtype) * 2.0**-16 * (result.dtype.itemsize > 1)
    assert result.dtype == dtype
    assert distance(space, result, expected).max() <= limit
    if space in HUED:
        assert result[..., 0].min() >= 0
        assert result[..., 0].max() < (1 if dtype.kind == "f" else full_scale(dtype) + 1)


@every_space
@every_dtype
def test_back_is_as_defined_also_for_levels_that_are_no_color(
    space: str, dtype: np.dtype, rng: np.random.Generator
) -> None:
    values = rng.random((9, 501, 3))
    values[0, :9] = np.eye(3)[[0, 1, 2] * 3] * np.arange(9)[:, None] / 8
    image = of_dtype(values, dtype)
    if dtype.kind == "f" and space in UNITS:
        low, span = {"lab": (-80, 160), "luv": (-60, 120)}[space]
        image = (image * [100, span, span] + [0, low, low]).astype(dtype)
    result = back(space)(image)
    expected = naive.exact(f"{space}_to_rgb", image)
    if dtype.kind == "u":
        expected = np.clip(expected, 0, full_scale(dtype))
    else:
        beyond = expected.min() < -0.1 or expected.max() > 1.1
        assert beyond or space in ("hsv", "hsl", "linear"), "the test must leave the gamut"
    apart = np.abs(result.astype(np.float64) - expected)
    if space == "luv":  # dark levels with the chromaticity of no light: by definition of `naive`, anything
        light, _, v = np.moveaxis(image / full_scale(dtype) if dtype.kind == "u" else image, -1, 0)
        light, v = (light * 100, v * 262 - 140) if dtype.kind == "u" else (light, v)
        apart = apart[v / np.maximum(13 * light, 1e-9) + 9 / (0.950456 + 15 + 3 * 1.088754) > 0.17]
        assert apart.size > 5000
    assert apart.max() <= {"u1": 0.51, "u2": 0.8, "f4": 1e-4, "f8": 1e-11}[dtype.str[1:]]


def test_white_black_and_primaries() -> None:
    points = np.array([[[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float64)
    third = 1 / 3
    known = {
        "hsv": [[0, 0, 1], [0, 0, 0], [0, 1, 1], [third, 1, 1], [2 * third, 1, 1]],
        "hsl": [[0, 0, 1], [0, 0, 0], [0, 1, 0.5], [third, 1, 0.5], [2 * third, 1, 0.5]],
        "hsi": [[0, 0, 1], [0, 0, 0], [0, 1, third], [third, 1, third], [2 * third, 1, third]],
        # B. Lindbloom's calculator, for sRGB and D65
        "lab": [[100, 0, 0], [0, 0, 0], [53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]],
        "luv": [[100, 0, 0], [0, 0, 0], [53.24, 175.01, 37.76], [87.73, -83.07, 107.40], [32.30, -9.40, -130.35]],
    }
    for space, values in known.items():
        np.testing.assert_allclose(forth(space)(points)[0], values, atol=0.02 if space[0] == "l" else 1e-12)
        np.testing.assert_allclose(back(space)(forth(space)(points)), points, atol=1e-7)


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=str)
def test_grey_has_no_color(dtype: np.dtype) -> None:
    levels = np.arange(full_scale(dtype) + 1).astype(dtype)
    image = imgproc.gray_to_rgb(levels[:, None])
    unit = full_scale(dtype) // 255
    for space in HUED:
        hue, saturation, light = np.moveaxis(forth(space)(image), -1, 0)
        assert not hue.any()
        assert not saturation.any()
        np.testing.assert_array_equal(light.ravel(), levels)
    for space, (a, b) in {
        "ycrcb": ((full_scale(dtype) + 1) // 2,) * 2,
        "lab": (128 * unit, 128 * unit),
        "luv": (round(134 / 354 * 255 * unit), round(140 / 262 * 255 * unit)),
    }.items():
        result = forth(space)(image)
        assert np.unique(result[..., 1]).tolist() == [a], space
        assert np.unique(result[..., 2]).tolist() == [b], space
    assert np.ptp(forth("xyz")(image), axis=2).max() <= (0 if dtype == np.uint8 else 1)  # X = Y = Z but for rounding


@pytest.mark.parametrize("space", HUED)
def test_hue_is_a_circle(space: str) -> None:
    nearly = np.array([[[1, 0, 1e-4]]])
    assert 0.9999 < forth(space)(nearly)[0, 0, 0] < 1
    assert forth(space)(np.array([[[65535, 0, 6]]], np.uint16))[0, 0, 0] == 65535
    assert forth(space)(np.array([[[65535, 0, 1]]], np.uint16))[0, 0, 0] == 0  # the next one is a whole turn
    tiny = np.array([[[1, 0, 1e-30]]], np.float32)
    assert forth(space)(tiny)[0, 0, 0] == 0
    values = np.array([[[0.3, 0.5, 0.4], [0.999, 0.7, 0.3]]])
    for turns in (-2, -1, 1, 5):
        np.testing.assert_allclose(back(space)(values + np.array([turns, 0, 0])), back(space)(values), atol=1e-12)


def test_hue_of_the_last_level_wraps_to_zero() -> None:
    image = np.array([[[255, 0, 1]]], np.uint8)  # 255.83 of 256 levels
    assert imgproc.rgb_to_hsv(image)[0, 0, 0] == 0
    assert imgproc.rgb_to_hsl(image)[0, 0, 0] == 0


# --- other libraries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "theirs", "tolerance"),
    [
        ("hsv", "hsv", 1e-12),
        ("xyz", "xyz", 1e-12),
        # Its white, 0.95047 and 1.08883, is not quite that of its matrix, so its grey has b = -0.005.
        ("lab", "lab", 0.006),
        ("luv", "luv", 0.015),
    ],
)
def test_forth_is_as_scikit_image_has_it(space: str, theirs: str, tolerance: float, colors: np.ndarray) -> None:
    expected = getattr(skimage_color, f"rgb2{theirs}")(colors)
    assert np.abs(forth(space)(colors) - expected).max() < tolerance
    expected = getattr(skimage_color, f"{theirs}2rgb")(expected)
    assert np.abs(back(space)(forth(space)(colors)) - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("space", "theirs", "levels"),
    # it rounds on the way
    [("hsv", "HSV", 1), ("hsl", "HLS", 2), ("ycrcb", "YCrCb", 1), ("lab", "Lab", 2), ("luv", "Luv", 2)],
)
def test_levels_of_8_bits_are_those_of_opencv(space: str, theirs: str, levels: int, colors: np.ndarray) -> None:
    image = of_dtype(colors, np.dtype("u1"))
    full = "_FULL" if space in HUED else ""
    order = [0, 2, 1] if space == "hsl" else [0, 1, 2]
    expected = cv2.cvtColor(image, getattr(cv2, f"COLOR_RGB2{theirs}{full}"))
    apart = distance(space, forth(space)(image), expected[..., order])
    assert apart.max() <= levels
    assert apart.mean() < 0.2
    again = cv2.cvtColor(expected, getattr(cv2, f"COLOR_{theirs}2RGB{full}"))
    apart = np.abs(back(space)(np.ascontiguousarray(expected[..., order])).astype(int) - again)
    assert apart.mean() < 0.6


@pytest.mark.parametrize("dtype", DTYPES[:3], ids=str)
def test_grey_is_that_of_opencv(dtype: np.dtype, photo: np.ndarray) -> None:
    image = of_dtype(photo / 255, dtype)
    expected = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    result = imgproc.rgb_to_gray(image)
    if dtype == np.uint8:
        np.testing.assert_array_equal(result, expected)
    else:
        assert np.abs(result.astype(float) - expected).max() <= (1 if dtype == np.uint16 else 2e-7)
    np.testing.assert_array_equal(result, imgproc.rgb_to_ycrcb(image)[..., 0])


@every_dtype
def test_grey_becomes_three_equal_channels(dtype: np.dtype, grey_photo: np.ndarray) -> None:
    image = of_dtype(grey_photo / 255, dtype)
    result = imgproc.gray_to_rgb(image)
    assert result.shape == (*image.shape, 3)
    for channel in range(3):
        np.testing.assert_array_equal(result[..., channel], image)
    np.testing.assert_array_equal(imgproc.gray_to_rgb(image[..., None]), result)


def test_colours_of_many_pixels_are_those_of_few() -> None:
    """Sixteen pixels at once, on CPUs that can, and one by one, as the last ones of an image."""
    levels = np.arange(0, 256, 5, np.uint8)
    image = np.stack(np.meshgrid(levels, levels, levels[::-1], indexing="ij"), axis=-1).reshape(16, -1, 3)
    few = [imgproc.ycrcb_to_rgb(image[:, k : k + 1]) for k in range(0, image.shape[1], 8)]
    np.testing.assert_array_equal(np.concatenate(few, axis=1), imgproc.ycrcb_to_rgb(image)[:, ::8])


# --- there and back ---------------------------------------------------------------------------------------------------


WORST = {"hsv": 3, "hsl": 4, "hsi": 4, "ycrcb": 1, "xyz": 25, "lab": 26, "luv": 23, "linear": 6}
"""Of all 8-bit colours, as the docstrings have it."""


@every_space
def test_round_trip_of_8_bits(space: str) -> None:
    levels = np.append(np.arange(0, 256, 3), (1, 254)).astype(np.uint8)
    image = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(levels.size, -1, 3)
    apart = np.abs(back(space)(forth(space)(image)).astype(int) - image)
    assert apart.max() <= WORST[space]
    assert apart.max() >= WORST[space] / 2, "the docstring is too modest"


@every_space
@pytest.mark.parametrize(("dtype", "tolerance"), [("f4", 1e-5), ("f8", 1e-12)])
def test_round_trip_of_floats(space: str, dtype: str, tolerance: float, rng: np.random.Generator) -> None:
    image = rng.random((120, 100, 3)).astype(dtype)
    image[:3] *= 0.01
    apart = np.abs(back(space)(forth(space)(image)) - image)
    assert apart.max() < tolerance * (2 if space in UNITS else 1)


@pytest.mark.parametrize("space", [s for s in SPACES if s not in HUED])
def test_round_trip_beyond_the_gamut(space: str, rng: np.random.Generator) -> None:
    image = rng.random((60, 50, 3)) * 1.5 - 0.1
    values = forth(space)(image)
    keep = np.ones(image.shape[:2], bool) if space != "luv" else np.abs(values[..., 0]) > 1
    assert np.abs(back(space)(values) - image)[keep].max() < 1e-9


@pytest.mark.parametrize("space", ["hsv", "hsl"])
def test_round_trip_of_bright_hues(space: str, rng: np.random.Generator) -> None:
    image = 1 + rng.random((60, 50, 3))
    assert np.abs(back(space)(forth(space)(image)) - image).max() < 1e-12


# --- the curve --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "forth_error", "back_error"), [("f4", 4e-7, 7e-7), ("f8", 2e-15, 3e-15)])
def test_relative_error_of_the_curve(dtype: str, forth_error: float, back_error: float) -> None:
    for low, high in ((1e-4, 0.04045), (0.0405, 1.0), (1.0, 1000.0)):
        values = np.linspace(low, high, 100_001).astype(dtype)[None]
        exact = naive.linear(values.astype(np.longdouble))
        with imgproc.trust_levels():
            assert np.abs(imgproc.rgb_to_linear(values) / exact - 1).max() < forth_error
        values = np.linspace(low / 13, high, 100_001).astype(dtype)[None]
        exact = naive.linear_back(values.astype(np.longdouble))
        with imgproc.trust_levels():
            assert np.abs(imgproc.linear_to_rgb(values) / exact - 1).max() < back_error


@pytest.mark.parametrize("dtype", DTYPES[:2], ids=str)
def test_the_curve_on_every_level(dtype: np.dtype) -> None:
    top = full_scale(dtype)
    image = np.arange(top + 1).astype(dtype)[None]
    for ours, theirs in ((imgproc.rgb_to_linear, naive.linear), (imgproc.linear_to_rgb, naive.linear_back)):
        assert np.abs(ours(image) - theirs(image / top) * top).max() < (0.501 if top == 255 else 0.55)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_the_curve_takes_any_number_of_channels(channels: int, photo: np.ndarray) -> None:
    image = np.repeat(photo[..., :1], channels, axis=2)
    result = imgproc.rgb_to_linear(image)
    for channel in range(channels):
        np.testing.assert_array_equal(result[..., channel], imgproc.rgb_to_linear(photo[..., 0]))


def test_the_matrices_are_inverse() -> None:
    names = [[f"{row}{column}" for column in columns] for row, columns in (("X", "RGB"), ("Y", "RGB"), ("Z", "RGB"))]
    matrix = np.array([[getattr(_xyz, name) for name in row] for row in names])
    inverse = np.array([[getattr(_xyz, row + column) for column in "XYZ"] for row in "RGB"])
    np.testing.assert_allclose(matrix @ inverse, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(matrix.sum(axis=1), [_xyz.WHITE_X, 1, _xyz.WHITE_Z], atol=1e-15)
    # the primaries of Rec. 709
    x, y, z = matrix
    np.testing.assert_allclose(x / (x + y + z), [0.64, 0.30, 0.15], atol=5e-5)
    np.testing.assert_allclose(y / (x + y + z), [0.33, 0.60, 0.06], atol=5e-5)


# --- NaN, infinity, refusals ------------------------------------------------------------------------------------------


@every_space
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_in_one_channel(space: str, dtype: str, rng: np.random.Generator) -> None:
    whole = rng.random((5, 40, 3)).astype(dtype)
    for channel in range(3):
        image = whole.copy()
        image[2, 17, channel] = np.nan
        for convert in (forth(space), back(space)):
            result, expected = convert(image), convert(whole)
            assert np.isnan(result[2, 17]).any()
            if space in HUED:
                assert np.isnan(result[2, 17]).all()
            result[2, 17] = expected[2, 17] = 0
            np.testing.assert_array_equal(result, expected)


def test_infinity_in_a_table_of_values_stays_in_its_pixel() -> None:
    image = np.full((1, 3, 3), 0.5, np.float32)
    image[0, 1, 0] = np.inf
    for space in SPACES:
        for convert in (forth(space), back(space)):
            assert np.isfinite(convert(image)[0, [0, 2]]).all()


@every_space
def test_refuses_other_channels(space: str) -> None:
    for shape in ((4, 4), (4, 4, 1), (4, 4, 2), (4, 4, 4)):
        for convert in (forth(space), back(space)):
            if space == "linear":
                assert convert(np.zeros(shape, np.uint8)).shape == shape
            else:
                with pytest.raises(ValueError, match="image must have 3 channels, got shape"):
                    convert(np.zeros(shape, np.uint8))


def test_grey_refuses_other_channels() -> None:
    with pytest.raises(ValueError, match="image must have 3 channels, got shape"):
        imgproc.rgb_to_gray(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="image must have 1 channels, got shape"):
        imgproc.gray_to_rgb(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", [f for space in SPACES for f in (forth(space), back(space))])
def test_colors_of_the_smallest_numbers_are_finite(function: Callable[[np.ndarray], np.ndarray], dtype: type) -> None:
    info = np.finfo(dtype)
    least = info.smallest_subnormal
    levels = np.array([0, least, 7 * least, info.tiny, 3 * info.tiny, 1e-30, 1e-12, 1e-6, 0.5, 1], dtype)
    image = np.random.default_rng(0).choice(levels, (40, 40, 3))
    result = function(image)
    assert np.isfinite(result).all()
    dark = (image < 1e-20).all(axis=-1)
    assert np.abs(imgproc.adjust_hue(image, shift=0.3)[dark]).max() < 1e-20
    assert np.isfinite(imgproc.shift_hsv(image, hue=0.2, saturation=0.3, value=0.1)).all()


def test_matrices_of_colors_are_bounded() -> None:
    image = np.full((3, 3, 3), 0.4, np.float32)
    with pytest.raises(ValueError, match="factor must be <="):
        imgproc.adjust_saturation(image, factor=1e300)
    with pytest.raises(ValueError, match="matrix must hold numbers within"):
        imgproc.color_matrix(image, matrix=np.eye(3) * 1e300)
    assert np.isfinite(imgproc.adjust_saturation(image, factor=1e12)).all()


@every_dtype
def test_stains_are_those_of_scikit_image(dtype: np.dtype, colors: np.ndarray) -> None:
    image = of_dtype(colors, dtype)
    levels = image / np.float64(full_scale(dtype))
    amounts = imgproc.rgb_to_hed(image)
    assert amounts.dtype == (np.float64 if dtype == np.float64 else np.float32)
    limit = 1e-14 if dtype == np.float64 else 5e-7
    np.testing.assert_allclose(amounts, skimage_color.rgb2hed(levels), atol=limit)
    np.testing.assert_allclose(imgproc.hed_to_rgb(amounts), skimage_color.hed2rgb(amounts), atol=2 * limit)
    back = imgproc.hed_to_rgb(imgproc.rgb_to_hed(image, clip=False))
    np.testing.assert_allclose(back, np.maximum(levels, 1e-6), atol=5e-6)  # black comes back as a millionth
    if dtype.kind == "f":
        image[2, 3, 0] = np.nan
        assert np.isnan(imgproc.rgb_to_hed(image)[2, 3]).all()
        assert np.isfinite(np.delete(imgproc.hed_to_rgb(image).reshape(-1, 3), 2 * image.shape[1] + 3, 0)).all()
