"""Adjustments of colour, white balance, and the light of a temperature."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from helpers.vocabulary import LUMA_WEIGHTS
from oracles import spaces as naive
from oracles.plain import full_scale

import imgproc

DTYPES = tuple(np.dtype(code) for code in ("u1", "u2", "f4", "f8"))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)

# In fractions of full scale: half a level, and float32.
CLOSE = {np.dtype("u1"): 0.505 / 255, np.dtype("u2"): 0.7 / 65535, np.dtype("f4"): 2e-6, np.dtype("f8"): 1e-12}


def of_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.rint(values * full_scale(dtype)).astype(dtype) if dtype.kind == "u" else values.astype(dtype)


def fraction(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float64) / full_scale(image.dtype)


def assert_close(result: np.ndarray, expected: np.ndarray) -> None:
    """`expected` in fractions of full scale; integers saturate."""
    expected = np.clip(expected, 0, 1) if result.dtype.kind == "u" else expected
    assert np.abs(fraction(result) - expected).max() <= CLOSE[result.dtype]


@pytest.fixture
def small(photo: np.ndarray) -> np.ndarray:
    return photo[20:60, 30:81]


# --- hue, saturation, value -------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize(
    "shifts", [{}, {"hue": 0.1}, {"hue": -1.35}, {"saturation": 0.2}, {"saturation": -0.4}, {"value": -0.15}]
)
def test_shift_hsv(dtype: np.dtype, shifts: dict[str, float], small: np.ndarray) -> None:
    image = of_dtype(small / 255, dtype)
    hsv = naive.FORTH["hsv"](fraction(image))
    hsv[..., 0] = (hsv[..., 0] + shifts.get("hue", 0)) % 1  # which colorsys takes for granted
    hsv[..., 1] = np.clip(hsv[..., 1] + shifts.get("saturation", 0), 0, 1)
    hsv[..., 2] += shifts.get("value", 0)
    assert_close(imgproc.shift_hsv(image, **shifts), naive.BACK["hsv"](hsv))


@every_dtype
def test_a_third_of_a_turn_moves_the_channels_on(dtype: np.dtype, small: np.ndarray) -> None:
    image = of_dtype(small / 255, dtype)
    for turns, moved in ((1 / 3, 1), (-1 / 3, 2), (4 / 3, 1), (1.0, 0), (-2.0, 0)):
        result = imgproc.adjust_hue(image, shift=turns)
        assert_close(result, fraction(np.roll(image, moved, axis=2)))
        np.testing.assert_array_equal(result, imgproc.shift_hsv(image, hue=turns))


@every_dtype
@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 2.5])
def test_adjust_saturation(dtype: np.dtype, factor: float, small: np.ndarray) -> None:
    image = of_dtype(small / 255, dtype)
    values = fraction(image)
    luma = values @ LUMA_WEIGHTS
    result = imgproc.adjust_saturation(image, factor=factor)
    assert_close(result, factor * values + (1 - factor) * luma[..., None])
    if factor == 1:
        np.testing.assert_array_equal(result, image)
    if factor == 0:
        assert np.ptp(result, axis=2).max() == 0


def test_adjust_saturation_refuses_a_negative_factor(small: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^factor must be >= 0, got -0\.5"):
        imgproc.adjust_saturation(small, factor=-0.5)


# --- the matrix -------------------------------------------------------------------------------------------------------

SEPIA = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]]


@every_dtype
def test_color_matrix(dtype: np.dtype, small: np.ndarray) -> None:
    image = of_dtype(small / 255, dtype)
    shift = np.array([0.1, -0.2, 0.0])
    assert_close(imgproc.color_matrix(image, matrix=SEPIA), fraction(image) @ np.array(SEPIA).T)
    with_shift = np.column_stack([SEPIA, shift])
    assert_close(imgproc.color_matrix(image, matrix=with_shift), fraction(image) @ np.array(SEPIA).T + shift)
    np.testing.assert_array_equal(imgproc.color_matrix(image, matrix=np.eye(3, dtype=int)), image)


def test_color_matrix_is_that_of_opencv(small: np.ndarray) -> None:
    expected = cv2.transform(small, np.array(SEPIA, np.float32))
    assert np.abs(imgproc.color_matrix(small, matrix=SEPIA).astype(int) - expected).max() <= 1


@pytest.mark.parametrize(
    ("matrix", "error"),
    [
        (np.eye(2), ValueError),
        (np.eye(4), ValueError),
        (np.zeros((2, 3)), ValueError),
        (np.full((3, 3), np.nan), ValueError),
        ([[1, 0, 0], [0, np.inf, 0], [0, 0, 1]], ValueError),
        ([[1, 0, 0], [0, 1], [0, 0, 1]], ValueError),
        (np.eye(3) * 1j, TypeError),
        ([["1", "0", "0"]] * 3, TypeError),
        (None, TypeError),
        ("sepia", TypeError),
    ],
)
def test_color_matrix_refuses(matrix: Any, error: type[Exception], small: np.ndarray) -> None:
    with pytest.raises(error, match=r"^matrix must"):
        imgproc.color_matrix(small, matrix=matrix)


# --- white balance ----------------------------------------------------------------------------------------------------

TINT = np.array([1.0, 0.8, 0.5])


def estimate(image: np.ndarray, method: str, quantile: float = 0.99, mask: np.ndarray | None = None) -> np.ndarray:
    """The light, by the definitions."""
    values = fraction(image)[np.ones(image.shape[:2], bool) if mask is None else mask]
    if method == "white_patch":
        return np.array([np.sort(v)[max(int(np.ceil(quantile * v.size)), 1) - 1] for v in values.T])
    power = 6 if method == "shades_of_gray" else 1
    return (values**power).mean(axis=0) ** (1 / power)


@every_dtype
@pytest.mark.parametrize("method", ["gray_world", "white_patch", "shades_of_gray"])
@pytest.mark.parametrize("masked", [False, True])
def test_white_balance(dtype: np.dtype, method: str, masked: bool, small: np.ndarray) -> None:
    image = of_dtype(small / 255 * TINT, dtype)
    mask = np.indices(image.shape[:2]).sum(axis=0) % 3 == 0 if masked else None
    light = estimate(image, method, 0.9, mask)
    result = imgproc.white_balance(image, method=method, quantile=0.9, mask=mask)
    assert_close(result, fraction(image) * (light @ LUMA_WEIGHTS / light))


@every_dtype
@pytest.mark.parametrize(
    ("quantile", "level"), [(0.0, 50), (0.25, 50), (0.26, 100), (0.5, 100), (0.75, 150), (1.0, 200)]
)
def test_white_patch_takes_the_level_of_one_pixel(dtype: np.dtype, quantile: float, level: int) -> None:
    image = of_dtype(np.array([[[100, 1, 1], [50, 1, 1], [200, 1, 1], [150, 1, 1]]]) / 255, dtype)
    light = np.array([level, 1, 1]) / 255
    result = imgproc.white_balance(image, method="white_patch", quantile=quantile)
    assert_close(result, fraction(image) * (light @ LUMA_WEIGHTS / light))


def test_white_balance_makes_the_mean_grey_and_keeps_its_luma(small: np.ndarray) -> None:
    image = small / 255 * TINT
    means = imgproc.white_balance(image).mean(axis=(0, 1))
    np.testing.assert_allclose(means, image.mean(axis=(0, 1)) @ LUMA_WEIGHTS, rtol=1e-12)


@pytest.mark.parametrize("method", ["gray_world", "white_patch", "shades_of_gray"])
def test_white_balance_does_not_count_nan_and_infinity(method: str, small: np.ndarray) -> None:
    image = small / 255 * TINT
    spoilt = image.copy()
    spoilt[3, 4], spoilt[5, 6, 1], spoilt[7, 8, 2] = np.nan, np.inf, -np.inf
    light = [estimate_finite(spoilt[..., k], method) for k in range(3)]
    expected = spoilt * (np.array(light) @ LUMA_WEIGHTS / light)
    np.testing.assert_allclose(imgproc.white_balance(spoilt, method=method), expected, rtol=1e-12)


def estimate_finite(channel: np.ndarray, method: str) -> float:
    values = channel[np.isfinite(channel)]
    return float(estimate(np.repeat(values[None, :, None], 3, axis=2), method)[0])


def test_white_balance_by_a_grey_card(small: np.ndarray) -> None:
    image = small / 255 * TINT
    for card in (TINT, list(TINT), tuple(TINT * 200)):
        result = imgproc.white_balance(image, illuminant=card)
        np.testing.assert_allclose(result, small / 255 * (TINT @ LUMA_WEIGHTS), rtol=1e-12)
    np.testing.assert_array_equal(imgproc.white_balance(small, illuminant=(1, 1, 1)), small)


def test_white_balance_by_a_temperature(small: np.ndarray) -> None:
    image = small / 255
    np.testing.assert_allclose(imgproc.white_balance(image, illuminant=6504), image, atol=1e-3)
    for temperature, mode in ((2500, "blackbody"), (3999.9, "blackbody"), (4000, "daylight"), (12000, "daylight")):
        light = np.array(imgproc.illuminant_gains(temperature, mode=mode)) ** (1 / 2.2)
        expected = image * (light @ LUMA_WEIGHTS / light)
        np.testing.assert_allclose(imgproc.white_balance(image, illuminant=temperature), expected, rtol=1e-12)
    warm = imgproc.white_balance(image, illuminant=3000).mean(axis=(0, 1)) - image.mean(axis=(0, 1))
    assert warm[0] < 0 < warm[2]


@every_dtype
def test_white_balance_leaves_channels_without_light(dtype: np.dtype, small: np.ndarray) -> None:
    black = np.zeros((4, 5, 3), dtype)
    for method in ("gray_world", "white_patch", "shades_of_gray"):
        np.testing.assert_array_equal(imgproc.white_balance(black, method=method), black)
    image = of_dtype(small / 255 * [1, 1, 0], dtype)
    assert not imgproc.white_balance(image)[..., 2].any()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"illuminant": 900}, ValueError, "illuminant must be >= 1000, got 900"),
        ({"illuminant": 30000}, ValueError, "illuminant must be <= 25000, got 30000"),
        ({"illuminant": (1, 1)}, ValueError, "illuminant must be a temperature or three levels, got 2"),
        ({"illuminant": (1, -1, 1)}, ValueError, r"illuminant\[1\] must be >= 0, got -1"),
        ({"illuminant": (0, 0, 0)}, ValueError, "illuminant must not be black"),
        ({"illuminant": (1, "1", 1)}, TypeError, r"illuminant\[1\] must be a number, got str"),
        ({"illuminant": "daylight"}, TypeError, "illuminant must be a number, got str"),
        ({"illuminant": True}, TypeError, "illuminant must be a number, got bool"),
        ({"quantile": 1.5}, ValueError, "quantile must be <= 1, got 1.5"),
    ],
)
def test_white_balance_refuses(
    options: dict[str, Any], error: type[Exception], message: str, small: np.ndarray
) -> None:
    with pytest.raises(error, match=message):
        imgproc.white_balance(small, **options)


# --- light ------------------------------------------------------------------------------------------------------------


def chromaticity(gains: tuple[float, float, float]) -> tuple[float, float]:
    x, y, z = naive.TO_XYZ @ gains
    return x / (x + y + z), y / (x + y + z)


@pytest.mark.parametrize(
    ("temperature", "mode", "x", "y"),
    [
        # CIE 15: D50, D55, D65, D75 at their nominal temperature times 1.4388 / 1.4380
        (5003, "daylight", 0.3457, 0.3585),
        (5503, "daylight", 0.3324, 0.3474),
        (6504, "daylight", 0.3127, 0.3290),
        (7504, "daylight", 0.2990, 0.3149),
        # the Planckian locus; 2855.5 K is illuminant A
        (2000, "blackbody", 0.5267, 0.4133),
        (2855.5, "blackbody", 0.4476, 0.4074),
        (5000, "blackbody", 0.3451, 0.3516),
        (10000, "blackbody", 0.2807, 0.2884),
    ],
)
def test_light_of_a_temperature(temperature: float, mode: str, x: float, y: float) -> None:
    gains = imgproc.illuminant_gains(temperature, mode=mode)
    assert all(type(gain) is float for gain in gains)
    assert gains[1] == 1
    np.testing.assert_allclose(chromaticity(gains), (x, y), atol=6e-4)


@pytest.mark.parametrize("mode", ["blackbody", "daylight"])
def test_hotter_light_is_bluer(mode: str) -> None:
    low, high = {"blackbody": (2000, 15000), "daylight": (4000, 25000)}[mode]
    red, _, blue = np.array([imgproc.illuminant_gains(t, mode=mode) for t in np.linspace(low, high, 200)]).T
    assert (np.diff(red) < 0).all()
    assert (np.diff(blue) > 0).all()


def test_blue_beyond_the_gamut_is_none() -> None:
    assert imgproc.illuminant_gains(1500)[2] == 0.0


@pytest.mark.parametrize(
    ("temperature", "mode", "error", "message"),
    [
        (999, "blackbody", ValueError, "temperature must be >= 1000, got 999"),
        (15001, "blackbody", ValueError, "temperature must be <= 15000, got 15001"),
        (3999, "daylight", ValueError, "temperature must be >= 4000, got 3999"),
        (25001, "daylight", ValueError, "temperature must be <= 25000, got 25001"),
        ("warm", "daylight", TypeError, "temperature must be a number, got str"),
        (np.nan, "blackbody", ValueError, "temperature must be finite"),
        (5000, "led", ValueError, "mode must be one of 'blackbody', 'daylight', got 'led'"),
        (5000, 65, TypeError, "mode must be a string, got int"),
    ],
)
def test_light_refuses(temperature: Any, mode: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        imgproc.illuminant_gains(temperature, mode=mode)
