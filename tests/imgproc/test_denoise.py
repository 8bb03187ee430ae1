"""Non-local means, diffusion and total variation, against their definitions, OpenCV and scikit-image."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from helpers.pieces import in_small_pieces
from oracles import smooth as naive
from skimage.restoration import denoise_tv_chambolle

from imgproc import (
    anisotropic_diffusion,
    bilateral_filter,
    gaussian_blur,
    guided_filter,
    non_local_means,
    total_variation,
)

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
TOLERANCE = {np.uint8: 1, np.uint16: 2, np.float32: 5e-6, np.float64: 1e-11}


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return rng.random(shape).astype(dtype)


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    return float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0))


# --- non-local means --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(10, 13), (9, 12, 3), (8, 9, 2)])
@pytest.mark.parametrize(("patch", "search"), [(0, 2), (1, 1), (2, 3), (3, 4), (4, 1), (1, 0)])
def test_non_local_means_is_its_definition(rng, monkeypatch, dtype, shape, patch, search) -> None:
    image = image_of(rng, dtype, shape)
    options = {"patch_radius": patch, "search_radius": search, "strength": 0.25}
    expected = naive.non_local_means(image, **options)
    assert largest_difference(non_local_means(image, **options), expected) <= TOLERANCE[dtype]
    in_small_pieces(monkeypatch, "non_local_means")
    assert largest_difference(non_local_means(image, **options), expected) <= TOLERANCE[dtype]


def test_non_local_means_is_near_opencvs(grey_photo, rng) -> None:
    noisy = np.clip(grey_photo + rng.normal(0, 10, grey_photo.shape), 0, 255).astype(np.uint8)
    ours = non_local_means(noisy, patch_radius=3, search_radius=10, strength=10 / 255)
    theirs = cv2.fastNlMeansDenoising(noisy, None, 10, 7, 21)
    apart = np.abs(ours.astype(int) - theirs)  # it looks up weights in a table of steps
    assert apart.max() <= 5
    assert apart.mean() < 0.2


def test_non_local_means_of_a_texture_that_repeats(rng) -> None:
    clean = np.tile(rng.random((4, 4)), (8, 8))
    noisy = clean + rng.normal(0, 0.1, clean.shape)
    found = non_local_means(noisy, patch_radius=2, search_radius=8, strength=0.12)
    assert np.abs(found - clean).mean() < 0.5 * np.abs(noisy - clean).mean()


# --- diffusion --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(11, 14), (9, 12, 3), (1, 9), (9, 1)])
@pytest.mark.parametrize("conductance", ["exponential", "quadratic"])
def test_diffusion_is_its_definition(rng, dtype, shape, conductance) -> None:
    image = image_of(rng, dtype, shape)
    for iterations, kappa, step in ((1, 0.3, 0.25), (5, 0.1, 0.2), (0, 1, 0.1)):
        options = {"iterations": iterations, "kappa": kappa, "step": step, "conductance": conductance}
        found, expected = anisotropic_diffusion(image, **options), naive.anisotropic_diffusion(image, **options)
        assert largest_difference(found, expected) <= TOLERANCE[dtype]


@pytest.mark.parametrize("conductance", ["exponential", "quadratic"])
def test_diffusion_keeps_the_sum_and_the_range(rng, conductance) -> None:
    image = rng.random((20, 21))
    found = anisotropic_diffusion(image, iterations=40, kappa=0.2, conductance=conductance)
    assert found.sum() == pytest.approx(image.sum())
    assert image.min() <= found.min()
    assert found.max() <= image.max()
    assert found.std() < image.std()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_flows_from_what_is_not_finite(rng, value) -> None:
    image = image_of(rng, np.float32, (9, 9))
    image[4, 4] = value
    for found in (anisotropic_diffusion(image, iterations=9, kappa=0.3), total_variation(image, weight=0.1)):
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(image))


def test_diffusion_keeps_strong_edges() -> None:
    step = np.zeros((8, 20))
    step[:, 10:] = 1
    found = anisotropic_diffusion(step, iterations=20, kappa=0.05)
    np.testing.assert_allclose(found, step, atol=1e-12)


# --- total variation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iterations", [1, 2, 25])
@pytest.mark.parametrize("weight", [0.02, 0.3])
def test_total_variation_is_scikit_images(grey_photo, photo, iterations, weight) -> None:
    """After any number of iterations, tolerances aside."""
    for image, axis in ((grey_photo / 255, None), (photo / 255, -1)):
        expected = denoise_tv_chambolle(image, weight, eps=0, max_num_iter=iterations, channel_axis=axis)
        found = total_variation(image, weight=weight, iterations=iterations, tolerance=0)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        floats = total_variation(image.astype(np.float32), weight=weight, iterations=iterations, tolerance=0)
        np.testing.assert_allclose(floats, expected, atol=2e-6)


@pytest.mark.parametrize("shape", [(11, 14), (1, 9), (7, 1), (8, 9, 3)])
@pytest.mark.parametrize("iterations, weight", [(2, 0.1), (9, 0.3), (40, 0.02)])
def test_total_variation_is_its_definition(rng, shape, iterations, weight) -> None:
    image = rng.random(shape)
    planes = np.atleast_3d(image)
    expected = [
        naive.total_variation(planes[..., c], weight=weight, iterations=iterations) for c in range(planes.shape[2])
    ]
    found = total_variation(image, weight=weight, iterations=iterations, tolerance=0)
    np.testing.assert_allclose(np.atleast_3d(found), np.stack(expected, axis=-1), atol=1e-12)


def test_total_variation_stops_where_scikit_images_does(grey_photo) -> None:
    image = grey_photo / 255
    expected = denoise_tv_chambolle(image, 0.1, eps=2e-4, max_num_iter=200)
    np.testing.assert_allclose(total_variation(image, weight=0.1), expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_total_variation_of_integers_is_that_of_their_levels(photo, dtype) -> None:
    image = photo.astype(dtype) * dtype(np.iinfo(dtype).max // 255)
    found = total_variation(image, weight=0.1, iterations=30, tolerance=0)
    exact = total_variation(photo / 255, weight=0.1, iterations=30, tolerance=0)
    assert np.abs(found - exact * np.iinfo(dtype).max).max() <= {np.uint8: 0.51, np.uint16: 0.7}[dtype]


def test_total_variation_flattens_noise_and_keeps_what_is_constant(rng) -> None:
    flat = np.full((9, 8, 3), 0.4, np.float32)
    np.testing.assert_array_equal(total_variation(flat, weight=0.2), flat)
    noisy = 0.5 + rng.normal(0, 0.05, (30, 30))
    assert total_variation(noisy, weight=1.0, tolerance=0).std() < 0.005
    one = total_variation(noisy, weight=0.1)
    np.testing.assert_allclose(total_variation(noisy + 100, weight=0.1), one + 100, atol=1e-3)


def test_wrong_arguments() -> None:
    image = np.zeros((5, 6), np.uint8)
    with pytest.raises(ValueError, match=r"step must be <= 0\.25, got 0\.3"):
        anisotropic_diffusion(image, iterations=1, kappa=0.1, step=0.3)
    with pytest.raises(ValueError, match="step must be > 0, got 0"):
        anisotropic_diffusion(image, iterations=1, kappa=0.1, step=0)
    with pytest.raises(ValueError, match="weight must be > 0"):
        total_variation(image, weight=0)
    with pytest.raises(ValueError, match="tolerance must be >= 0"):
        total_variation(image, weight=1, tolerance=-1)
    with pytest.raises(ValueError, match="strength must be > 0"):
        non_local_means(image, patch_radius=1, search_radius=1, strength=0)
    with pytest.raises(ValueError, match="search_radius must be <= the image's longer side, or 16, got 255"):
        non_local_means(image[:1, :1], patch_radius=1, search_radius=255, strength=1)
    with pytest.raises(TypeError, match="search_radius must be an integer"):
        non_local_means(image, patch_radius=1, search_radius=1.5, strength=1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_parameters_of_any_size_are_taken(rng, dtype) -> None:
    """The smallest ones change nothing, the greatest ones overflow nothing."""
    image = image_of(rng, dtype, (7, 8))
    for v in (5e-324, 1e-200, 1e-15, 1e15):
        results = [
            bilateral_filter(image, radius=1, sigma_color=min(v, 2.0), sigma_space=1.0),
            bilateral_filter(image, radius=1, sigma_color=0.1, sigma_space=v),
            non_local_means(image, patch_radius=1, search_radius=1, strength=min(v, 2.0)),
            anisotropic_diffusion(image, iterations=2, kappa=min(v, 2.0)),
            total_variation(image, weight=v, iterations=3),
            guided_filter(image, radius=1, epsilon=min(v, 4.0)),
            gaussian_blur(image, sigma=min(v, 16.0)),
        ]
        for number, found in enumerate(results):
            assert np.isfinite(found).all(), number
            if v < 1:
                assert largest_difference(found, image) <= (1e-6 if found.dtype.kind == "f" else 0), number
