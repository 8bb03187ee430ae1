"""Lee's adaptive filter, against a slow version of its formula and against SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from oracles import plain as naive

import imgproc
from imgproc import local_wiener

SIZE = (11, 17)
BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")
NOISES = (None, 0.0, 0.04, 0.3)


def image_of(rng: np.random.Generator, dtype: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Flat on the left, noise on the right, so that both branches of the formula are taken."""
    levels = 0.4 + 0.35 * rng.standard_normal(shape) * (np.arange(shape[1]) / shape[1]).reshape(
        -1, *(1,) * (len(shape) - 2)
    )
    return naive.to_dtype(np.clip(levels, 0, 1) * naive.full_scale(dtype), dtype)


def assert_near(result: np.ndarray, expected: np.ndarray) -> None:
    """Floats to rounding; integers to a level where the exact value lies between two."""
    assert (result.shape, result.dtype) == (expected.shape, expected.dtype)
    if result.dtype.kind == "f":
        np.testing.assert_allclose(result, expected, rtol=0, atol=2e-6 if result.dtype == np.float32 else 1e-12)
    else:
        off = np.abs(result.astype(np.int64) - expected)
        assert off.max(initial=0) <= 1
        assert (off > 0).mean() < 0.02


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("radius", [0, 1, 2, 4, 13])
def test_the_formula(rng: np.random.Generator, dtype: type, border: str, radius: int) -> None:
    for shape in (SIZE, (*SIZE, 1), (*SIZE, 3), (*SIZE, 4)):
        image = image_of(rng, dtype, shape)
        for noise in NOISES:
            options = {"radius": radius, "noise": noise, "border": border, "fill": 0.3}
            assert_near(local_wiener(image, **options), naive.local_wiener(image, **options))


@pytest.mark.parametrize("radius", [1, 2, 5])
@pytest.mark.parametrize("sigma", [None, 0.05, 0.2])
def test_against_scipy(photos: Any, radius: int, sigma: float | None) -> None:
    """SciPy's windows see 0 outside; on a photo both branches of the formula are taken."""
    image = photos("camera")[100:220, 200:340] / 255
    variance = None if sigma is None else sigma**2
    with np.errstate(divide="ignore", invalid="ignore"):  # where a window is flat
        expected = scipy.signal.wiener(image, (2 * radius + 1,) * 2, variance)
    result = local_wiener(image, radius=radius, noise=sigma, border="constant")
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-10)
    bytes_ = local_wiener(np.rint(image * 255).astype(np.uint8), radius=radius, noise=sigma, border="constant")
    assert np.abs(bytes_ - expected * 255).max() <= 0.5 + 1e-3


def test_it_removes_noise_and_keeps_edges(photos: Any) -> None:
    clean = photos("camera")
    noisy = imgproc.add_noise(clean, key=3, std=0.05)
    edge = np.hypot(*np.gradient(clean.astype(float))) > 40

    def error(image: np.ndarray, where: np.ndarray) -> float:
        return float(np.sqrt(np.mean((image[where].astype(float) - clean[where]) ** 2)))

    result, blurred = local_wiener(noisy, radius=2, noise=0.05), imgproc.box_blur(noisy, radius=2)
    assert error(result, ~edge) < 0.6 * error(noisy, ~edge)
    assert error(result, edge) < 0.6 * error(blurred, edge)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_what_has_no_noise_stays(rng: np.random.Generator, dtype: type) -> None:
    flat = np.full(SIZE, naive.to_dtype(0.7 * naive.full_scale(dtype), dtype), dtype)
    for noise in NOISES:
        np.testing.assert_allclose(local_wiener(flat, radius=3, noise=noise), flat, rtol=1e-6)
    image = image_of(rng, dtype, SIZE)
    np.testing.assert_array_equal(local_wiener(image, radius=2, noise=0), image)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spoils_its_windows_only(rng: np.random.Generator, dtype: type, value: float) -> None:
    image = image_of(rng, dtype, (*SIZE, 3))
    image[4, 5, 1] = value
    for noise in (None, 0.1):
        result = local_wiener(image, radius=2, noise=noise)
        spoilt = np.zeros(image.shape, bool)
        spoilt[2:7, 3:8, 1] = True
        np.testing.assert_array_equal(np.isnan(result), spoilt)
        np.testing.assert_allclose(result, naive.local_wiener(image, radius=2, noise=noise), rtol=0, atol=2e-6)
    np.testing.assert_array_equal(local_wiener(image, radius=2, noise=0.0), image)
    nothing = np.full(SIZE, value, dtype)
    assert not np.isfinite(local_wiener(nothing, radius=1)).any()


def test_one_noise_for_each_channel(rng: np.random.Generator) -> None:
    image = image_of(rng, np.uint8, (*SIZE, 3))
    sigmas = [0.01, 0.1, 0.4]
    each = [local_wiener(image[..., c], radius=2, noise=sigmas[c]) for c in range(3)]
    for given in (sigmas, tuple(sigmas), np.array(sigmas)):
        np.testing.assert_array_equal(local_wiener(image, radius=2, noise=given), np.stack(each, axis=2))
    estimated = imgproc.estimate_noise(image)
    assert local_wiener(image, radius=2, noise=estimated).shape == image.shape


def test_the_estimate_counts_every_row(rng: np.random.Generator) -> None:
    """Sums start anew at fixed rows; the mean is over all of them."""
    image = image_of(rng, np.float64, (300, 9))
    sigma = np.sqrt((imgproc.local_std(image, radius=1) ** 2).mean())
    np.testing.assert_allclose(
        local_wiener(image, radius=1), local_wiener(image, radius=1, noise=sigma), rtol=0, atol=1e-12
    )


def test_empty_images() -> None:
    for shape in ((0, 5), (5, 0), (0, 4, 3)):
        assert local_wiener(np.zeros(shape, np.uint8), radius=0).shape == shape


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"radius": -1}, ValueError, "radius must be >= 0"),
        ({"radius": 99}, ValueError, "radius must be"),
        ({"noise": -0.1}, ValueError, "noise must be >= 0"),
        ({"noise": np.nan}, ValueError, "noise must be finite"),
        ({"noise": "auto"}, TypeError, "noise must be a number"),
        ({"noise": (0.1, 0.2)}, ValueError, "noise must be one level or 3, one a channel, got 2"),
        ({"noise": (0.1, 0.2, -1)}, ValueError, r"noise\[2\] must be >= 0"),
        ({"border": "none"}, ValueError, "border must be one of"),
        ({"fill": "white"}, TypeError, "fill must be a number"),
    ],
)
def test_refusals(given: dict[str, Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        local_wiener(np.zeros((*SIZE, 3), np.uint8), **{"radius": 1, **given})
