"""Means and Gaussians against the definition, SciPy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import scipy.ndimage
from helpers.vocabulary import BORDERS
from oracles import smooth as naive

import imgproc
from imgproc import box_blur, gaussian_blur

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
SCIPY_MODE = {
    "constant": "constant",
    "replicate": "nearest",
    "reflect": "reflect",
    "reflect_101": "mirror",
    "wrap": "grid-wrap",
}


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return rng.random(shape).astype(dtype)


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    assert (np.isnan(a) == np.isnan(b)).all()
    return float(np.nanmax(np.abs(a.astype(np.float64) - b.astype(np.float64)), initial=0))


# --- box --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("masked", [False, True])
def test_box_is_the_mean_of_the_window(rng, dtype, border, masked) -> None:
    for shape in ((11, 17), (11, 17, 3), (9, 6, 6)):
        image = image_of(rng, dtype, shape)
        mask = rng.random(shape[:2]) > 0.8 if masked else None
        for radius in (0, 1, 2, 5, 9):
            options = {"radius": radius, "border": border, "fill": 0.3, "mask": mask}
            found, expected = box_blur(image, **options), naive.box_blur(image, **options)
            assert largest_difference(found, expected) <= {4: 1e-6, 8: 1e-12}.get(image.itemsize, 0), options


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("radius", [1, 2, 7, 8, 60, 140])
def test_box_of_integers_is_rounded_to_the_nearest_level(rng, dtype, radius) -> None:
    """Also where a sum fills its type, and for means that lie beside the middle of two levels."""
    top = np.iinfo(dtype).max
    for low in (0, top - 1):
        image = rng.integers(low, top + 1, (290, 141)).astype(dtype)
        mean = scipy.ndimage.uniform_filter(image.astype(np.float64), 2 * radius + 1, mode="mirror")
        np.testing.assert_array_equal(box_blur(image, radius=radius), np.rint(mean).astype(dtype))


def test_box_fills_nan_from_its_neighbourhood(rng) -> None:
    image = image_of(rng, np.float32, (20, 20))
    holed = image.copy()
    holed[3:5, 7:9] = np.nan
    holed[12:, 12:] = np.nan
    found = box_blur(holed, radius=2, mask=~np.isnan(holed))
    assert np.isfinite(found[:12]).all()
    assert np.isnan(found[15:, 15:]).all()
    np.testing.assert_allclose(found, naive.box_blur(holed, radius=2, mask=~np.isnan(holed)), rtol=1e-6)


# --- Gaussian ---------------------------------------------------------------------------------------------------------

TOLERANCE = {np.uint8: 1, np.uint16: 40, np.float32: 6e-4, np.float64: 6e-4}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("sigma", [0.3, 1.2, (0.5, 2.0), 3.3, (5.0, 1.0), (0.8, 9.0), 11.0])
def test_gaussian_is_the_weighted_mean(rng, dtype, border, sigma) -> None:
    for shape in ((31, 23), (15, 26, 3)):
        image = image_of(rng, dtype, shape)
        for mask in (None, rng.random(shape[:2]) > 0.7):
            options = {"sigma": sigma, "border": border, "fill": 0.3, "mask": mask}
            found, expected = gaussian_blur(image, **options), naive.gaussian_blur(image, **options)
            assert largest_difference(found, expected) <= TOLERANCE[dtype], options


@pytest.mark.parametrize("sigma", [1.0, 3.0, 3.2, 4.8, 6.0, 10.0, 25.0, 70.0])
def test_gaussian_is_scipys(photos, sigma) -> None:
    """With a cut-off so far out that SciPy's is the whole Gaussian."""
    image = photos("camera")[::2, ::2]
    exact = scipy.ndimage.gaussian_filter(image / 255, sigma, mode="mirror", truncate=8)
    assert np.abs(gaussian_blur(image / 255, sigma=sigma) - exact).max() < 3e-4
    assert np.abs(gaussian_blur((image / 255).astype(np.float32), sigma=sigma) - exact).max() < 3e-4
    assert np.abs(gaussian_blur(image, sigma=sigma) - exact * 255).max() < 0.6
    assert np.abs(gaussian_blur(image * np.uint16(257), sigma=sigma) - exact * 65535).max() < 20


@pytest.mark.parametrize("sigma", [4.8, 6.1, 10.0, 33.0])
def test_impulse_response_is_within_the_stated_error(sigma) -> None:
    """The sum of all differences bounds the error for any image in [0, 1]."""
    n = int(16 * sigma) | 1
    steps = range(int(sigma))  # every phase of the rows kept
    for shift in steps:
        line = np.zeros((1, n))
        line[0, n // 2 + shift] = 1
        found = gaussian_blur(line, sigma=(0.1, sigma), border="constant")[0]
        exact = np.exp(-0.5 * ((np.arange(n) - n // 2 - shift) / sigma) ** 2)
        assert np.abs(found - exact / exact.sum()).sum() < 3e-4


@pytest.mark.parametrize("sigma", [0.7, 1.5, 3.0, 8.0])
def test_gaussian_is_near_opencvs(photo, sigma) -> None:
    size = (2 * int(np.ceil(4 * sigma)) + 1,) * 2
    assert largest_difference(gaussian_blur(photo, sigma=sigma), cv2.GaussianBlur(photo, size, sigma)) <= 2
    floats = photo.astype(np.float32) / 255
    assert largest_difference(gaussian_blur(floats, sigma=sigma), cv2.GaussianBlur(floats, size, sigma)) < 3e-4


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sigma", [0.05, 1.0, 7.0, 29.0])
def test_what_is_constant_stays(dtype, sigma) -> None:
    image = np.full((30, 20, 3), 0.7 * (np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1)).astype(dtype)
    for border in ("reflect_101", "wrap"):
        found = gaussian_blur(image, sigma=sigma, border=border)
        np.testing.assert_allclose(found, image, rtol=1e-6 if np.dtype(dtype).kind == "f" else 0)


@pytest.mark.parametrize("sigma", [1.5, 6.0])
def test_flips_commute_and_axes_are_alike(photo, sigma) -> None:
    blurred = gaussian_blur(photo, sigma=sigma)
    for turned, back in ((photo[::-1], lambda a: a[::-1]), (photo[:, ::-1], lambda a: a[:, ::-1])):
        assert largest_difference(back(gaussian_blur(turned, sigma=sigma)), blurred) <= 1
    assert largest_difference(gaussian_blur(photo.swapaxes(0, 1), sigma=sigma).swapaxes(0, 1), blurred) <= 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("sigma", [1.0, 5.0])
def test_what_is_not_finite_spoils_its_window_only(rng, value, sigma) -> None:
    image = image_of(rng, np.float32, (60, 70))
    holed = image.copy()
    holed[20, 30] = value
    r = int(np.ceil(4 * sigma))
    found = gaussian_blur(holed, sigma=sigma)
    window = np.zeros(image.shape, bool)
    window[max(20 - r, 0) : 21 + r, 30 - r : 31 + r] = True
    np.testing.assert_array_equal(np.isnan(found), window)
    filled = gaussian_blur(holed, sigma=sigma, mask=np.isfinite(holed))
    assert np.isfinite(filled).all()
    assert np.abs(filled - gaussian_blur(image, sigma=sigma)).max() < 0.1


def test_a_pixel_that_sees_nothing_is_left() -> None:
    image = np.arange(400, dtype=np.float32).reshape(20, 20)
    mask = np.zeros((20, 20), bool)
    mask[0, 0] = True
    found = gaussian_blur(image, sigma=1.0, mask=mask)
    assert (found[:5, :5] == 0).all()
    np.testing.assert_array_equal(found[5:], image[5:])


def test_wrong_arguments() -> None:
    image = np.zeros((9, 8), np.uint8)
    for sigma in (0, -1.0, (1.0, 0.0), np.inf):
        with pytest.raises(ValueError, match="sigma must be"):
            gaussian_blur(image, sigma=sigma)
    with pytest.raises(ValueError, match=r"sigma must be a number or a pair \(y, x\)"):
        gaussian_blur(image, sigma=(1.0, 2.0, 3.0))
    with pytest.raises(ValueError, match=r"sigma must be <= the image's longer side \(or 16\), 16, got 17"):
        gaussian_blur(image, sigma=17)
    with pytest.raises(TypeError, match="sigma must be a number"):
        gaussian_blur(image, sigma="1")


def test_everything_is_published() -> None:
    assert {"box_blur", "gaussian_blur"} <= set(dir(imgproc))
