"""Noise against the laws it claims (SciPy's Kolmogorov-Smirnov test), and against definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.vocabulary import DTYPES
from oracles import noise as naive
from oracles.plain import full_scale
from scipy import stats
from skimage import restoration

import imgproc
from imgproc.noise import KINDS

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
every_kind = pytest.mark.parametrize("kind", KINDS)

ADDITIVE = {
    "gaussian": stats.norm(),
    "uniform": stats.uniform(),
    "rayleigh": stats.rayleigh(),
    "gamma": stats.gamma(3),
    "exponential": stats.expon(),
}
"""Laws up to shift and scale; the gamma law of the order that the tests ask for."""


def noise(kind: str, size: tuple[int, ...] = (150, 200), key: Any = 1, **options: Any) -> np.ndarray:
    image = np.full(size, 0.5)
    return imgproc.add_noise(image, kind=kind, key=key, **options) - image


@pytest.mark.parametrize("kind", ADDITIVE)
@pytest.mark.parametrize(("mean", "std"), [(0.0, 0.1), (0.2, 0.03)])
def test_law(kind: str, mean: float, std: float) -> None:
    found = noise(kind, mean=mean, std=std, order=3).ravel()
    assert abs(found.mean() - mean) < 4 * std / np.sqrt(found.size)
    assert found.std() == pytest.approx(std, rel=0.03)
    law = ADDITIVE[kind]
    standard = (found - mean) / std * law.std() + law.mean()
    assert stats.kstest(standard, law.cdf).pvalue > 1e-3


@pytest.mark.parametrize("kind", ADDITIVE)
def test_the_textbooks_laws_begin_at_zero(kind: str) -> None:
    mean = {"rayleigh": 1.9131, "gamma": np.sqrt(3), "exponential": 1.0, "uniform": np.sqrt(3)}.get(kind)
    if mean is not None:
        assert 0 <= noise(kind, mean=0.1 * mean, std=0.1, order=3).min() < 0.005


def test_poisson_counts_photons() -> None:
    for level, peak in ((0.5, 8.0), (0.25, 100.0)):
        image = np.full((150, 200), level)
        counts = imgproc.add_noise(image, kind="poisson", peak=peak, key=2) * peak
        assert abs(counts - np.rint(counts)).max() < 1e-4
        assert counts.mean() == pytest.approx(level * peak, rel=0.01)
        assert counts.var() == pytest.approx(level * peak, rel=0.04)


def test_speckle_multiplies() -> None:
    image = np.full((150, 200), 0.25)
    factor = imgproc.add_noise(image, kind="speckle", std=0.2, key=3) / image - 1
    assert stats.kstest(factor.ravel() / 0.2, "norm").pvalue > 1e-3


@every_dtype
def test_salt_and_pepper(dtype: np.dtype) -> None:
    image = np.full((150, 200, 3), 0.5 if dtype.kind == "f" else 99, dtype)
    found = imgproc.add_noise(image, kind="salt_and_pepper", amount=0.2, salt=0.25, key=4)
    assert (found == found[..., :1]).all()
    for level, share in ((full_scale(dtype), 0.05), (0, 0.15)):
        assert (found[..., 0] == level).mean() == pytest.approx(share, abs=0.01)
    assert (found[..., 0] == image[..., 0]).mean() == pytest.approx(0.8, abs=0.01)


@every_dtype
def test_periodic_is_a_sine(dtype: np.dtype) -> None:
    y, x = np.indices((40, 50))
    full = full_scale(dtype)
    image = np.full((40, 50, 2), 0.5 if dtype.kind == "f" else full // 2, dtype)
    found = imgproc.add_noise(image, kind="periodic", std=0.1, frequency=(0.1, 0.05), phase=30, mean=0.1, key=1)
    wave = np.sqrt(2) * 0.1 * np.sin(2 * np.pi * (0.1 * x + 0.05 * y) + np.pi / 6) + 0.1
    exact = image + (wave * full)[..., None]
    assert abs(found - exact).max() <= (0.5 if dtype.kind == "u" else 0) + 1e-6 * full
    assert noise("periodic", frequency=(0.1, 0.0), key=5).std() == pytest.approx(0.1, rel=1e-6)


@every_dtype
@pytest.mark.parametrize("levels", [2, 3, 16, 256])
def test_quantization(levels: int, dtype: np.dtype) -> None:
    values = np.random.default_rng(1).random((20, 30))
    image = values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)
    found = imgproc.add_noise(image, kind="quantization", levels=levels, key=0)
    exact = naive.quantized(image, levels)
    assert abs(found - exact).max() <= (0.5 if dtype.kind == "u" else 1e-7)
    assert np.unique(found).size <= levels


@every_kind
@every_dtype
def test_no_noise_changes_nothing(kind: str, dtype: np.dtype) -> None:
    values = np.random.default_rng(1).random((20, 30, 3))
    image = values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)
    if kind in ("poisson", "quantization"):
        return
    found = imgproc.add_noise(image, kind=kind, std=0.0, amount=0.0, key=0)
    np.testing.assert_allclose(found, image, rtol=1e-6)


@every_kind
def test_keys(kind: str) -> None:
    image = np.full((30, 40, 3), 100, np.uint8)

    def noisy(key: Any, **options: Any) -> np.ndarray:
        return imgproc.add_noise(image, kind=kind, key=key, **options)

    assert np.array_equal(noisy(7), noisy(7))
    assert np.array_equal(noisy(7), noisy((7,)))
    if kind not in ("periodic", "quantization"):
        for other in (8, -7, (7, 0), (0, 7), 1 << 80):
            assert not np.array_equal(noisy(7), noisy(other)), other
        assert not np.array_equal(noisy((1, 2)), noisy((12,)))


@pytest.mark.parametrize("kind", [*ADDITIVE, "speckle"])
def test_channels(kind: str) -> None:
    apart, together = (noise(kind, (60, 70, 3), per_channel=each) for each in (True, False))
    assert abs(np.corrcoef(apart.reshape(-1, 3).T)[0, 1]) < 0.05
    np.testing.assert_allclose(together[..., 0], together[..., 2], atol=1e-12)
    np.testing.assert_array_equal(together[..., 0], apart[..., 0])


@pytest.mark.parametrize("kind", [*ADDITIVE, "speckle", "poisson"])
def test_pixels_are_independent(kind: str) -> None:
    found = noise(kind, (200, 200))
    for other in (found[1:, :-1], found[:-1, 1:], found[1:, 1:]):
        here = found[:-1, :-1]
        assert abs(np.corrcoef(here.ravel(), other.ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("kind", ["uniform", "gamma", "rayleigh"])
def test_dtypes_agree(kind: str) -> None:
    """The same noise for all, rounded."""
    exact = 0.5 + noise(kind, (20, 30), std=0.05)
    for dtype in DTYPES:
        full = full_scale(dtype)
        image = np.full((20, 30), 0.5 if dtype.kind == "f" else (full + 1) // 2, dtype)
        found = imgproc.add_noise(image, kind=kind, key=1, std=0.05)
        assert abs(found - exact * full).max() < (1.01 if dtype.kind == "u" else 1e-6)


@every_dtype
@pytest.mark.parametrize("shape", [(9, 11), (3, 3), (8, 5, 3)])
def test_estimate_definition(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).random(shape)
    image = values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)
    found = imgproc.estimate_noise(image)
    np.testing.assert_allclose(found, naive.estimate_noise(image), rtol=1e-6 if dtype == np.float32 else 1e-12)
    assert type(found) is (float if image.ndim == 2 else np.ndarray)


@pytest.mark.parametrize("std", [0.01, 0.05])
def test_estimate_finds_what_was_added(std: float, photos: Any) -> None:
    image = photos("moon") / 255
    noisy = imgproc.add_noise(image, std=std, key=1)
    assert imgproc.estimate_noise(noisy) == pytest.approx(std, rel=0.15)
    assert imgproc.estimate_noise(np.full((9, 9), 7, np.uint8)) == 0


def test_estimate_is_near_scikit_images(photos: Any) -> None:
    """A median of wavelet coefficients: it is less misled by texture."""
    noisy = imgproc.add_noise(photos("moon") / 255, std=0.05, key=1)
    assert imgproc.estimate_noise(noisy) == pytest.approx(restoration.estimate_sigma(noisy), rel=0.1)


@every_dtype
@pytest.mark.parametrize("margin", [0.0, 0.5, 1.0])
def test_estimate_leaves_out_what_is_of_one_level(dtype: np.dtype, margin: float, photos: Any) -> None:
    """Three quarters of the picture are a margin: the noise is that of the rest, and alike in all dtypes."""
    noisy = imgproc.add_noise(photos("moon")[:256, :256], std=0.05, key=1)
    image = np.full((512, 512), round(margin * 255), np.uint8)
    image[100:356, 50:306] = noisy
    here = np.uint16(257) * image if dtype == np.uint16 else image
    here = here if dtype.kind == "u" else (image / 255).astype(dtype)
    assert imgproc.estimate_noise(here) == pytest.approx(0.05, rel=0.1)
    assert imgproc.estimate_noise(here) == pytest.approx(imgproc.estimate_noise(image), rel=1e-6)


@every_dtype
def test_estimate_of_images_with_few_levels(dtype: np.dtype) -> None:
    """Windows of one level among others: each is left out, no other is."""
    values = np.random.default_rng(3).random((40, 30, 2)) < 0.1
    image = values.astype(dtype) * dtype.type(1 if dtype.kind == "f" else 200)
    found = imgproc.estimate_noise(image)
    np.testing.assert_allclose(found, naive.estimate_noise(image), rtol=1e-6)
    mask = np.random.default_rng(4).random((40, 30)) < 0.97
    image[~mask] = np.nan if dtype.kind == "f" else 255
    np.testing.assert_allclose(imgproc.estimate_noise(image, mask=mask), naive.estimate_noise(image, mask), rtol=1e-6)
    ramp = (np.indices((9, 9)).sum(axis=0)).astype(dtype)  # no details, but not of one level
    assert imgproc.estimate_noise(ramp) == 0


def test_estimate_leaves_out_what_is_not_finite() -> None:
    image = np.random.default_rng(2).random((9, 9))
    image[4, 4], image[0, 0] = np.nan, np.inf
    assert imgproc.estimate_noise(image) == pytest.approx(naive.estimate_noise(image))
    assert np.isnan(imgproc.estimate_noise(np.full((5, 5), np.nan)))


@every_dtype
@pytest.mark.parametrize("of", [np.float32, np.float64])
def test_fgsm(dtype: np.dtype, of: type) -> None:
    rng = np.random.default_rng(1)
    values = rng.random((20, 30, 3))
    image = values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)
    gradient = rng.normal(size=image.shape).astype(of)
    gradient[:4], gradient[5, 5] = 0, np.nan
    found, exact = imgproc.fgsm(image, gradient, epsilon=0.03), naive.fgsm(image, gradient, epsilon=0.03)
    np.testing.assert_allclose(found, exact, atol=0.5 if dtype.kind == "u" else 1e-7)
    assert np.array_equal(found[:4], image[:4])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kind": "pink"}, ValueError, "kind must be one of 'gaussian'"),
        ({"std": -0.1}, ValueError, "std must be >= 0, got -0.1"),
        ({"peak": 0}, ValueError, "peak must be > 0"),
        ({"order": 65}, ValueError, "order must be <= 64, got 65"),
        ({"amount": 1.5}, ValueError, "amount must be <= 1"),
        ({"levels": 1}, ValueError, "levels must be >= 2, got 1"),
        ({"frequency": 0.1}, TypeError, "frequency must be a pair"),
        ({"per_channel": 1}, TypeError, "per_channel must be True or False, got 1"),
        ({"key": 1.5}, TypeError, "key must be an integer or a tuple of integers, got 1.5"),
        ({"key": (1, "a")}, TypeError, "key must be an integer or a tuple of integers"),
        ({"key": ()}, ValueError, "key must have at least one integer"),
    ],
)
def test_refusals(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        imgproc.add_noise(np.zeros((4, 4), np.uint8), **{"key": 1, **options})


def test_other_refusals() -> None:
    image = np.zeros((4, 4), np.uint8)
    with pytest.raises(ValueError, match="image must have at least 3 rows and 3 columns, got shape"):
        imgproc.estimate_noise(image[:2])
    with pytest.raises(TypeError, match="gradient must be float32 or float64, got uint8"):
        imgproc.fgsm(image, image)
    with pytest.raises(ValueError, match="gradient must have the shape of image"):
        imgproc.fgsm(image, np.zeros((4, 5)))
    with pytest.raises(TypeError, match="gradient must be a numpy array, got list"):
        imgproc.fgsm(image, [[1.0]])
