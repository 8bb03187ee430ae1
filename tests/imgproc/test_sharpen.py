"""Sharpening against definitions in float64, OpenCV, SciPy, scikit-image and Pillow."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage as ndi
from helpers.vocabulary import BORDERS, DTYPES
from oracles import sharpen as naive
from oracles.plain import full_scale
from PIL import Image, ImageFilter
from skimage import filters

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    *(("laplacian", {"neighbours": n, "border": b, "fill": 0.2}) for n in (4, 8) for b in BORDERS),
    ("sharpen_laplacian", {}),
    ("sharpen_laplacian", {"strength": 0.3, "neighbours": 4}),
    ("unsharp_mask", {"sigma": 0.7}),
    ("unsharp_mask", {"sigma": 2.0, "amount": 1.5, "threshold": 0.1}),
    ("high_boost", {"sigma": 1.5, "boost": 3.0}),
    ("emboss", {}),
    ("emboss", {"azimuth": -20.0, "elevation": 20.0, "depth": 9.0}),
    ("detail_enhance", {"sigma": 1.5, "color": "per_channel"}),
    ("detail_enhance", {"sigma": 1.0, "amount": 3.0, "edge": 0.3, "color": "per_channel"}),
]


def textured(dtype: Any, shape: tuple[int, ...] = (19, 23, 3)) -> np.ndarray:
    v = np.random.default_rng(3).random(shape)
    v[4:9, 5:12], v[0], v[:, 0] = 0.5, 0.0, 1.0
    return v.astype(dtype) if np.dtype(dtype).kind == "f" else np.rint(v * full_scale(dtype)).astype(dtype)


SHAPES = [(19, 23, 3), (6, 40), (2, 3, 5), (1, 7), (1, 1)]
DEFINED = [
    (*setting, shape)
    for setting in SETTINGS
    for shape in SHAPES
    if "sigma" not in setting[1] or min(shape[:2]) > 4  # the oracle's padding needs a larger image
]


@every_dtype
@pytest.mark.parametrize(("name", "options", "shape"), DEFINED, ids=str)
def test_definition(name: str, options: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...]) -> None:
    image = textured(dtype, shape)
    found, exact = getattr(imgproc, name)(image, **options), getattr(naive, name)(image, **options)
    # Where rounding cannot tell: half a level and what float32 may be off.
    loss = {2: 2e-2, 4: 4e-5}.get(dtype.itemsize, 1e-10) if dtype != np.uint8 else 1e-3
    level = 0.5 if found.dtype.kind == "u" else 0
    if options.get("threshold"):  # a pixel may be on either side of it
        assert np.mean(abs(found - exact) > level + loss) < 0.01
    else:
        np.testing.assert_allclose(found, exact, rtol=2e-7 if dtype == np.float32 else 1e-12, atol=level + loss)


@pytest.mark.parametrize("neighbours", [4, 8])
def test_laplacian_of_integers_is_exact_and_scipys(neighbours: int, grey_photo: np.ndarray) -> None:
    found = imgproc.laplacian(grey_photo, neighbours=neighbours, border="reflect")
    weights = np.ones((3, 3)) if neighbours == 8 else ndi.generate_binary_structure(2, 1).astype(float)
    weights[1, 1] = -neighbours
    expected = ndi.correlate(grey_photo.astype(np.int64), weights.astype(np.int64), mode="reflect")
    assert np.array_equal(found, expected)
    if neighbours == 4:
        assert np.array_equal(found, ndi.laplace(grey_photo.astype(np.int64), mode="reflect"))
        inside = np.s_[1:-1, 1:-1]  # scikit-image's sign is the opposite
        assert np.allclose(found[inside], -filters.laplace(grey_photo.astype(float), 3)[inside])


def test_sign_of_the_laplacian() -> None:
    spot = np.zeros((5, 5), np.uint8)
    spot[2, 2] = 255
    assert imgproc.laplacian(spot)[2, 2] == -1020


def test_sharpening_is_opencvs_filter2d(photo: np.ndarray) -> None:
    weights = np.array([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], np.float32)
    assert np.array_equal(imgproc.sharpen_laplacian(photo), cv2.filter2D(photo, -1, weights))


def test_unsharp_mask_is_scikit_images(photo: np.ndarray) -> None:
    """Channel by channel: with ``channel_axis=-1`` version 0.26 slices rows and leaves most of its result unset."""
    image = photo / 255
    found = imgproc.unsharp_mask(image, sigma=2.0, amount=0.7)
    inside = np.s_[9:-9, 9:-9]  # another border
    for c in range(3):
        expected = filters.unsharp_mask(image[..., c], 2.0, 0.7, preserve_range=True)
        np.testing.assert_allclose(found[inside][..., c], expected[inside], atol=1e-12)


def test_unsharp_mask_is_near_pillows(grey_photo: np.ndarray) -> None:
    """Its blur is a cascade of boxes, and its threshold counts levels."""
    expected = Image.fromarray(grey_photo).filter(ImageFilter.UnsharpMask(2, 150, 3))
    found = imgproc.unsharp_mask(grey_photo, sigma=2.0, amount=1.5, threshold=3 / 255)
    assert np.mean(abs(found.astype(int) - np.asarray(expected)) > 5) < 0.02


@pytest.mark.parametrize("name", ["sharpen_laplacian", "unsharp_mask", "high_boost", "detail_enhance"])
@every_dtype
def test_constants_stay(name: str, dtype: np.dtype) -> None:
    image = np.full((9, 8, 3), 0.3 if dtype.kind == "f" else 77, dtype)
    np.testing.assert_allclose(getattr(imgproc, name)(image), image, rtol=1e-6)


def test_zero_changes_nothing(photo: np.ndarray) -> None:
    assert np.array_equal(imgproc.sharpen_laplacian(photo, strength=0), photo)
    assert np.array_equal(imgproc.unsharp_mask(photo, amount=0), photo)
    assert np.array_equal(imgproc.detail_enhance(photo, amount=0), photo)


@pytest.mark.parametrize("name", ["sharpen_laplacian", "unsharp_mask", "detail_enhance"])
def test_flips_commute(name: str, photo: np.ndarray) -> None:
    function = getattr(imgproc, name)
    assert abs(function(photo[:, ::-1])[:, ::-1].astype(int) - function(photo)).max() <= 1


def test_emboss_is_lit_from_where_it_says() -> None:
    """A step from dark to bright, towards the right, faces the left."""
    step = np.zeros((7, 8), np.float64)
    step[:, 4:] = 1
    left, right = imgproc.emboss(step, azimuth=180), imgproc.emboss(step, azimuth=0)
    assert left[3, 4] > np.sin(np.pi / 4) > right[3, 4]
    np.testing.assert_allclose(left[:, 0], np.sin(np.pi / 4))
    above = imgproc.emboss(step.T, azimuth=90)  # bright below, so it faces upwards
    np.testing.assert_allclose(above, left.T)
    slope = np.arange(40) / 4 * np.ones((9, 1)) / 10  # rises by 1 over 40 pixels
    lit = imgproc.emboss(slope, azimuth=180, elevation=45, depth=40)
    np.testing.assert_allclose(lit[:, 1:-1], 1, atol=1e-12)


def test_detail_grows_and_edges_stay() -> None:
    rng = np.random.default_rng(1)
    image = np.full((64, 64), 0.2)
    image[:, 32:] = 0.8
    fine = image + rng.normal(0, 0.01, image.shape)
    found = imgproc.detail_enhance(fine, sigma=2.0, amount=2.0, edge=0.1)
    flat = np.s_[:, 4:20]
    assert 2.2 < found[flat].std() / fine[flat].std() < 3
    halo = imgproc.unsharp_mask(image, sigma=2.0, amount=2.0)
    assert abs(imgproc.detail_enhance(image, sigma=2.0, amount=2.0) - image).max() < abs(halo - image).max() / 4


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("laplacian", {"neighbours": 6}, "neighbours must be 4 or 8, got 6"),
        ("laplacian", {"border": "mirror"}, "border must be one of"),
        ("sharpen_laplacian", {"strength": -1}, "strength must be >= 0, got -1"),
        ("unsharp_mask", {"sigma": 0}, "sigma must be > 0, got 0"),
        ("unsharp_mask", {"threshold": -0.1}, "threshold must be >= 0"),
        ("high_boost", {"boost": 0.5}, "boost must be >= 1, got 0.5"),
        ("emboss", {"elevation": 91}, "elevation must be <= 90, got 91"),
        ("detail_enhance", {"edge": 0}, "edge must be > 0, got 0"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(imgproc, name)(np.zeros((4, 4), np.uint8), **options)
