"""Filters that keep edges, against their definitions and OpenCV."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest
import scipy.ndimage
from helpers.pieces import in_small_pieces
from helpers.vocabulary import BORDERS
from oracles import smooth as naive

import imgproc
from imgproc import bilateral_filter, guided_filter, joint_bilateral_filter

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
TOLERANCE = {np.uint8: 1, np.uint16: 1, np.float32: 2e-6, np.float64: 1e-12}


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)
    return rng.random(shape).astype(dtype)


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    return float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0))


# --- bilateral --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(11, 14), (9, 12, 3), (8, 9, 2), (8, 9, 5)])
def test_bilateral_is_its_definition(rng, dtype, border, shape) -> None:
    image = image_of(rng, dtype, shape)
    for radius, sigma_color, sigma_space in ((1, 0.1, 1.0), (3, 0.4, 2.0), (4, 1e-5, 9.0)):
        options = {"radius": radius, "sigma_color": sigma_color, "sigma_space": sigma_space, "border": border}
        found, expected = bilateral_filter(image, **options), naive.bilateral_filter(image, **options)
        assert largest_difference(found, expected) <= TOLERANCE[dtype]
        assert (found != expected).mean() < 0.05 or found.dtype.kind == "f"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize("guided_by", [(np.uint8, 3), (np.float64, None), (np.uint16, 2)])
def test_joint_bilateral_is_its_definition(rng, dtype, channels, guided_by) -> None:
    image = image_of(rng, dtype, (9, 12) if channels is None else (9, 12, channels))
    guide = image_of(rng, guided_by[0], (9, 12) if guided_by[1] is None else (9, 12, guided_by[1]))
    options = {"radius": 2, "sigma_color": 0.3, "sigma_space": 1.5}
    found, expected = (f(image, guide, **options) for f in (joint_bilateral_filter, naive.joint_bilateral_filter))
    assert largest_difference(found, expected) <= TOLERANCE[dtype]
    np.testing.assert_array_equal(joint_bilateral_filter(image, image, **options), bilateral_filter(image, **options))


@pytest.mark.parametrize("sigma_color", [0.03, 0.2])
def test_grey_bilateral_is_opencvs(grey_photo, sigma_color) -> None:
    found = bilateral_filter(grey_photo, radius=4, sigma_color=sigma_color, sigma_space=3.0)
    assert largest_difference(found, cv2.bilateralFilter(grey_photo, 9, sigma_color * 255, 3.0)) <= 1
    floats = grey_photo.astype(np.float32) / 255
    found = bilateral_filter(floats, radius=4, sigma_color=sigma_color, sigma_space=3.0)
    assert largest_difference(found, cv2.bilateralFilter(floats, 9, sigma_color, 3.0)) < 3e-5


def test_bilateral_keeps_a_step_and_what_is_constant() -> None:
    step = np.zeros((9, 20), np.uint8)
    step[:, 10:] = 200
    np.testing.assert_array_equal(bilateral_filter(step, radius=3, sigma_color=0.05, sigma_space=2.0), step)
    flat = np.full((6, 7, 3), 0.3, np.float32)
    found = bilateral_filter(flat, radius=3, sigma_color=0.05, sigma_space=2.0)
    np.testing.assert_allclose(found, flat, rtol=1e-6)


def test_bilateral_of_an_impulse_is_symmetric() -> None:
    """Where scikit-image's is not."""
    image = np.zeros((21, 21))
    image[10, 10] = 0.01
    found = bilateral_filter(image, radius=3, sigma_color=2.0, sigma_space=1.0)
    for other in (found[::-1], found[:, ::-1], found.T):
        np.testing.assert_allclose(other, found, atol=1e-15)
    assert found.argmax() == 10 * 21 + 10


@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize("sigma_color, sigma_space", [(0.05, 5.0), (0.1, 4.0), (0.3, 8.0)])
def test_the_grid_is_close_to_the_exact_bilateral(grey_photo, photo, channels, sigma_color, sigma_space) -> None:
    source = grey_photo if channels is None else photo
    options = {"radius": int(3 * sigma_space), "sigma_color": sigma_color, "sigma_space": sigma_space}
    for image, scale in ((source, 1 / 255), (source.astype(np.uint16) * 257, 1 / 65535), (source / 255.0, 1.0)):
        exact, found = (bilateral_filter(image, method=m, **options) for m in ("exact", "grid"))
        assert found.dtype == image.dtype
        off = (found.astype(np.float64) - exact) * scale
        moved = (exact.astype(np.float64) - image) * scale
        assert -10 * np.log10((off**2).mean()) > 40
        assert (off**2).mean() < 0.1 * (moved**2).mean()


def test_the_grid_of_a_joint_filter(grey_photo, photo) -> None:
    values, guide = photo[:90, :100].astype(np.float32) / 255, grey_photo[:90, :100]
    options = {"radius": 12, "sigma_color": 0.1, "sigma_space": 4.0, "border": "replicate"}
    exact, found = (joint_bilateral_filter(values, guide, method=m, **options) for m in ("exact", "grid"))
    assert -10 * np.log10(((found - exact) ** 2).mean()) > 40
    itself = joint_bilateral_filter(values, values, method="grid", **options)
    np.testing.assert_array_equal(itself, bilateral_filter(values, method="grid", **options))


def test_the_grid_keeps_a_step_and_leaves_out_what_is_no_number(rng) -> None:
    step = np.zeros((40, 50), np.uint8)
    step[:, 25:] = 200
    options = {"radius": 9, "sigma_color": 0.05, "sigma_space": 3.0, "method": "grid"}
    np.testing.assert_array_equal(bilateral_filter(step, **options), step)
    image = rng.random((20, 30)) * 0.1
    image[3, 4], image[10, 20] = np.nan, np.inf
    found = bilateral_filter(image, **options)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(image))
    image[3, 4], image[10, 20] = 0.05, 0.06
    np.testing.assert_allclose(
        found[np.isfinite(found)], bilateral_filter(image, **options)[np.isfinite(found)], atol=3e-3
    )
    assert np.isnan(bilateral_filter(np.full((9, 12), np.nan), **options)).all()


def test_a_grid_without_room_is_refused() -> None:
    image = np.zeros((50, 60, 9), np.uint8)
    with pytest.raises(ValueError, match="method='grid' has no room for 9 channels"):
        bilateral_filter(image, radius=2, sigma_color=1e-3, sigma_space=1.0, method="grid")
    with pytest.raises(ValueError, match="method must be one of"):
        bilateral_filter(image, radius=2, sigma_color=1e-3, sigma_space=1.0, method="lattice")


def test_a_guide_with_nan_gives_plain_means(rng) -> None:
    image, guide = rng.random((7, 8)), np.full((7, 8), np.nan)
    found = joint_bilateral_filter(image, guide, radius=1, sigma_color=0.1, sigma_space=1.0, border="wrap")
    np.testing.assert_allclose(
        found, sum(np.roll(image, d, a) for d, a in ((0, 0), (1, 0), (-1, 0), (1, 1), (-1, 1))) / 5
    )


def test_wrong_sigmas_and_guides() -> None:
    image = np.zeros((5, 6), np.uint8)
    with pytest.raises(ValueError, match="sigma_color must be > 0, got 0"):
        bilateral_filter(image, radius=1, sigma_color=0, sigma_space=1)
    with pytest.raises(ValueError, match="sigma_space must be > 0, got -1"):
        bilateral_filter(image, radius=1, sigma_color=1, sigma_space=-1)
    with pytest.raises(ValueError, match=r"guide must have the \(h, w\) of image, \(5, 6\), got \(6, 5\)"):
        joint_bilateral_filter(image, image.T, radius=1, sigma_color=1, sigma_space=1)
    with pytest.raises(TypeError, match="guide must be a numpy array"):
        joint_bilateral_filter(image, None, radius=1, sigma_color=1, sigma_space=1)


# --- guided -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 2, 3])
@pytest.mark.parametrize("guided_by", [None, (np.uint8, 3), (np.float64, None), (np.uint16, 1)])
def test_guided_is_its_definition(rng, dtype, channels, guided_by) -> None:
    image = image_of(rng, dtype, (11, 14) if channels is None else (11, 14, channels))
    guide = None
    if guided_by:
        guide = image_of(rng, guided_by[0], (11, 14) if guided_by[1] is None else (11, 14, guided_by[1]))
    for radius, epsilon in ((0, 0.01), (1, 0.3), (3, 1e-4), (6, 0.01)):
        options = {"guide": guide, "radius": radius, "epsilon": epsilon}
        found, expected = guided_filter(image, **options), naive.guided_filter(image, **options)
        assert largest_difference(found, expected) <= {np.float32: 1e-6, np.float64: 1e-9}.get(dtype, 1)


@pytest.mark.parametrize("radius", [2, 8])
def test_guided_by_itself_is_built_from_scipys_means(grey_photo, radius) -> None:
    image = grey_photo / 255
    mean = functools.partial(scipy.ndimage.uniform_filter, size=2 * radius + 1, mode="reflect")
    m = mean(image)
    a = (mean(image * image) - m * m) / (mean(image * image) - m * m + 0.01)
    expected = mean(a) * image + mean(m - a * m)
    np.testing.assert_allclose(guided_filter(image, radius=radius, epsilon=0.01), expected, atol=1e-12)


def test_guided_keeps_edges_and_what_is_constant(rng) -> None:
    step = np.zeros((20, 30))
    step[:, 15:] = 1
    noisy = step + rng.normal(0, 0.03, step.shape)
    found = guided_filter(noisy, guide=step, radius=4, epsilon=1e-4)
    assert np.abs(found - step).max() < 0.03
    for level in (0.25, 1000.25):
        flat = np.full((9, 9, 3), level, np.float32)
        np.testing.assert_allclose(guided_filter(flat, radius=2, epsilon=1e-3), flat, rtol=1e-6)
    far = noisy + 1000
    near = guided_filter(noisy, radius=3, epsilon=1e-3)
    np.testing.assert_allclose(guided_filter(far, radius=3, epsilon=1e-3) - 1000, near, atol=1e-9)


def test_wrong_guides() -> None:
    image = np.zeros((5, 6), np.uint8)
    with pytest.raises(ValueError, match="guide must have 1 or 3 channels"):
        guided_filter(image, guide=np.zeros((5, 6, 2)), radius=1, epsilon=0.1)
    with pytest.raises(ValueError, match=r"guide must have the \(h, w\) of image"):
        guided_filter(image, guide=np.zeros((6, 5)), radius=1, epsilon=0.1)
    with pytest.raises(ValueError, match="epsilon must be > 0"):
        guided_filter(image, radius=1, epsilon=0)


@pytest.mark.parametrize("channels", [None, 3, 2])
def test_guided_filter_by_parts_is_the_whole(rng, monkeypatch, channels) -> None:
    image = rng.random((90, 75) if channels is None else (90, 75, channels))
    whole = imgproc.guided_filter(image, radius=2, epsilon=0.01)
    in_small_pieces(monkeypatch, "guided_filter")
    np.testing.assert_allclose(imgproc.guided_filter(image, radius=2, epsilon=0.01), whole, rtol=1e-10)
