"""Edges against definitions in float64, OpenCV, SciPy and scikit-image."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage as ndi
from helpers.pieces import in_small_pieces
from helpers.vocabulary import BORDERS, DTYPES
from oracles import edges as naive
from oracles.plain import full_scale
from skimage import feature, filters

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)

KINDS = ("sobel", "scharr", "prewitt", "roberts")
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    *(("gradient", {"kind": k, "result": r}) for k in KINDS for r in ("x", "y", "magnitude")),
    *(("gradient", {"border": b, "fill": 0.3}) for b in BORDERS),
    ("laplacian_of_gaussian", {"sigma": 1.0}),
    ("laplacian_of_gaussian", {"sigma": 0.6, "border": "constant", "fill": 0.3}),
    ("difference_of_gaussians", {"sigma": 0.8, "ratio": 1.5}),
    ("difference_of_gaussians", {"sigma": 0.6, "border": "wrap"}),
    *((name, {"border": b, "fill": 0.3}) for name in ("kirsch", "robinson") for b in BORDERS),
]


def textured(dtype: Any, shape: tuple[int, ...] = (19, 23, 3)) -> np.ndarray:
    v = np.random.default_rng(3).random(shape)
    v[4:9, 5:12], v[0], v[:, 0] = 0.5, 0.0, 1.0
    return v.astype(dtype) if np.dtype(dtype).kind == "f" else np.rint(v * full_scale(dtype)).astype(dtype)


SHAPES = [(19, 23, 3), (7, 9), (1, 8, 2), (1, 1)]
DEFINED = [
    (*setting, shape)
    for setting in SETTINGS
    for shape in SHAPES
    if "sigma" not in setting[1] or min(shape[:2]) > 1  # the oracle's padding needs a larger image
]


@every_dtype
@pytest.mark.parametrize(("name", "options", "shape"), DEFINED, ids=str)
def test_definition(name: str, options: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...]) -> None:
    image = textured(dtype, shape)
    found, exact = getattr(imgproc, name)(image, **options), getattr(naive, name)(image, **options)
    tolerance = (1e-6 if dtype != np.float64 else 1e-12) * full_scale(dtype)
    np.testing.assert_allclose(found, exact, rtol=1e-6 if dtype != np.float64 else 1e-12, atol=tolerance)


@every_dtype
@pytest.mark.parametrize("kind", KINDS)
def test_angle(kind: str, dtype: np.dtype) -> None:
    image = textured(dtype)
    found = imgproc.gradient(image, kind=kind, result="angle")
    exact = naive.gradient(image, kind=kind, result="angle")
    apart = abs((found - exact + 180) % 360 - 180)
    steep = naive.gradient(image, kind=kind) > 1e-3 * full_scale(dtype)
    assert apart[steep].max() < (0.05 if dtype != np.float64 else 1e-9)
    assert found.min() > -180
    assert found.max() <= 180


def test_directions_are_as_seen() -> None:
    right = np.tile(np.arange(9.0), (9, 1))
    inside = np.s_[2:-2, 2:-2]
    for turns in range(4):  # np.rot90 turns counter-clockwise
        image = np.rot90(right, turns)
        expected = (0, 90, 180, -90)[turns]
        for function in (imgproc.gradient, imgproc.kirsch, imgproc.robinson):
            assert (function(image, result="angle")[inside] == expected).all()
    diagonal = right - np.arange(9.0)[:, None]  # brighter to the upper right
    for function in (imgproc.gradient, imgproc.kirsch, imgproc.robinson):
        np.testing.assert_allclose(function(diagonal, result="angle")[inside], 45)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_has_its_height(kind: str) -> None:
    step = np.zeros((9, 10), np.uint8)
    step[:, 5:] = 200
    assert imgproc.gradient(step, kind=kind)[4].max() == pytest.approx(200)
    assert imgproc.kirsch(step).max() == imgproc.robinson(step).max() == 200


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_scikit_images(kind: str, grey_photo: np.ndarray) -> None:
    image = grey_photo / 255
    found = imgproc.gradient(image, kind=kind, border="reflect") / (1 if kind == "roberts" else np.sqrt(2))
    inside = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(found[inside], getattr(filters, kind)(image)[inside], atol=1e-12)


@pytest.mark.parametrize(("kind", "scale"), [("sobel", 4), ("scharr", 16)])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_gradient_is_opencvs(kind: str, scale: int, dtype: str, grey_photo: np.ndarray) -> None:
    image = grey_photo.astype(dtype)
    theirs = {"sobel": cv2.Sobel, "scharr": cv2.Scharr}[kind]
    assert np.array_equal(imgproc.gradient(image, kind=kind, result="x") * scale, theirs(image, cv2.CV_32F, 1, 0))
    assert np.array_equal(imgproc.gradient(image, kind=kind, result="y") * scale, theirs(image, cv2.CV_32F, 0, 1))


def test_laplacian_of_gaussian_is_scipys(grey_photo: np.ndarray) -> None:
    image = grey_photo / 255
    expected = ndi.gaussian_laplace(image, 2.0)
    found = imgproc.laplacian_of_gaussian(image, sigma=2.0, border="reflect")
    assert abs(found - expected).max() < 3e-4  # SciPy's kernel does not add up to 0


def test_laplacian_of_gaussian_of_a_constant_is_zero() -> None:
    assert abs(imgproc.laplacian_of_gaussian(np.full((9, 9), 0.7))).max() < 1e-14


@pytest.mark.parametrize("threshold", [0.0, 0.05])
@pytest.mark.parametrize("shape", [(19, 23), (9, 8, 3), (1, 9), (9, 1)])
def test_zero_crossings(threshold: float, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(1).random(shape)
    options = {"sigma": 1.0, "zero_crossings": True, "threshold": threshold}
    found = imgproc.laplacian_of_gaussian(image, **options)
    assert found.dtype == bool
    if 1 in shape:
        along = imgproc.laplacian_of_gaussian(image, sigma=1.0).ravel()
        crosses = (along[:-2] * along[2:] < 0) & (abs(along[:-2] - along[2:]) > threshold)
        assert np.array_equal(found.ravel(), np.pad(crosses, 1))
    else:
        assert np.array_equal(found, naive.laplacian_of_gaussian(image, **options))


@every_dtype
@pytest.mark.parametrize("sigma", [0.7, 1.0, 2.0])
def test_zero_crossings_of_a_square_are_its_outline(dtype: np.dtype, sigma: float) -> None:
    inside = np.zeros((60, 70), bool)
    inside[20:40, 22:48] = True
    kernel = np.ones((3, 3), np.uint8)
    near = cv2.dilate(inside.astype(np.uint8), kernel) - cv2.erode(inside.astype(np.uint8), kernel)
    full = full_scale(dtype)
    for high, low in ((255, 0), (178, 25), (25, 178), (255, 254)):
        image = (np.where(inside, high, low) / 255 * full).astype(dtype)
        found = imgproc.laplacian_of_gaussian(image, sigma=sigma, zero_crossings=True)
        assert np.array_equal(found[24:36], near[24:36] > 0)  # away from the corners, which are rounded off
        assert np.array_equal(found[:, 27:43], near[:, 27:43] > 0)
        assert not found[cv2.dilate(near, np.ones((5, 5), np.uint8)) == 0].any()
    constant = np.full((30, 31), 178 / 255 * full).astype(dtype)
    for border in BORDERS:
        options = {"sigma": sigma, "zero_crossings": True, "border": border, "fill": 178 / 255}
        assert not imgproc.laplacian_of_gaussian(constant, **options).any()


def test_zero_crossings_of_a_disc_are_a_ring() -> None:
    y, x = np.indices((41, 41)) - 20
    far = np.hypot(y, x)
    edges = imgproc.laplacian_of_gaussian((far < 10).astype(float), sigma=1.5, zero_crossings=True, threshold=0.02)
    assert edges.any()
    assert far[edges].min() > 7.5
    assert far[edges].max() < 12


def test_difference_of_gaussians_is_scikit_images(grey_photo: np.ndarray) -> None:
    image = grey_photo / 255
    expected = filters.difference_of_gaussians(image, 1.5)
    found = imgproc.difference_of_gaussians(image, sigma=1.5, border="replicate")
    np.testing.assert_allclose(found, expected, atol=1e-4)  # its kernels end at 4 sigma rounded to the nearest


@every_dtype
@pytest.mark.parametrize("name", ["kirsch", "robinson"])
def test_compass_angles(name: str, dtype: np.dtype) -> None:
    image = textured(dtype)
    found, exact = (getattr(m, name)(image, result="angle") for m in (imgproc, naive))
    assert np.array_equal(found, exact)


@every_dtype
@pytest.mark.parametrize("levels", [2, 3])
@pytest.mark.parametrize("name", ["kirsch", "robinson", *KINDS])
def test_directions_of_few_levels_tie_alike(rng, dtype: np.dtype, levels: int, name: str) -> None:
    few = rng.integers(0, levels, (40, 41)) * 80 + 25
    image = (few / 255 * full_scale(dtype)).astype(dtype)
    function, options = (imgproc.gradient, {"kind": name}) if name in KINDS else (getattr(imgproc, name), {})
    found = function(image, result="angle", **options)
    exact = getattr(naive, function.__name__)(few.astype(np.uint8), result="angle", **options)
    if name in KINDS:
        flat = naive.gradient(few.astype(np.uint8), **options) < 1e-6
        assert flat.sum() > 10 and (found[flat] == 0).all()
        exact[flat] = 0
    assert abs((found - exact + 180) % 360 - 180).max() < 1e-4


@pytest.mark.parametrize("sigma", [0.7, 1.0, 2.5])
@pytest.mark.parametrize("masked", [False, True])
def test_canny_is_scikit_images(sigma: float, masked: bool, grey_photo: np.ndarray) -> None:
    image, mask = grey_photo / 255, None
    if masked:
        mask = np.ones(image.shape, bool)
        mask[:20], mask[40:50, 30:60] = False, False
    found = imgproc.canny(image, sigma=sigma, low=0.02, high=0.06, mask=mask)
    expected = feature.canny(image, sigma, 0.08, 0.24, mask=mask)
    assert expected.sum() > 100
    assert np.mean(found != expected) < 1e-3


@every_dtype
@pytest.mark.parametrize("shape", [(23, 31), (23, 31, 3)])
@pytest.mark.parametrize("masked", [False, True])
def test_canny_definition(dtype: np.dtype, shape: tuple[int, ...], masked: bool) -> None:
    smooth = cv2.GaussianBlur(np.random.default_rng(5).random(shape[:2]), (0, 0), 1.0)
    smooth = smooth if len(shape) == 2 else np.stack((smooth, smooth**2, 1.2 - smooth / 3), axis=-1) / 1.2
    image = smooth.astype(dtype) if dtype.kind == "f" else np.rint(smooth * full_scale(dtype)).astype(dtype)
    mask = np.indices(shape[:2]).sum(axis=0) > 12 if masked else None
    found = imgproc.canny(image, low=0.03, high=0.06, mask=mask)
    exact = naive.canny(image, low=0.03, high=0.06, mask=mask)
    assert exact.sum() > 20
    assert np.count_nonzero(found != exact) <= 1  # one has a neighbour that differs by less than rounding


def test_canny_sees_nothing_at_the_ends() -> None:
    assert not imgproc.canny(np.full((9, 9), 200, np.uint8), low=0.0, high=0.0).any()
    image = np.zeros((20, 20), np.float32)
    image[:, 10], image[:, 11:] = 0.5, 1
    edges = imgproc.canny(image)
    assert edges[1:-1, 10].all()
    assert edges.sum() == 18
    image[5, 18] = np.nan
    assert np.array_equal(imgproc.canny(image), edges)
    assert not imgproc.canny(np.full((9, 9), np.nan)).any()


@every_dtype
@pytest.mark.parametrize("sigma", [0.2, 1.0, 3.0])
def test_an_ideal_step_is_one_pixel_wide_as_opencvs(dtype: np.dtype, sigma: float) -> None:
    for high, low in ((255, 0), (128, 0), (51, 0), (26, 0), (200, 77), (255, 254)):
        levels = np.full((32, 60), low)
        levels[:, 30:] = high
        thresholds = {"low": (high - low) / 2040, "high": (high - low) / 2040}
        for image in (levels, levels[:, ::-1], levels.T, levels.T[::-1]):
            image = image.astype(dtype) if dtype.kind == "u" else (image / 255).astype(dtype)
            image = image * dtype.type(257) if dtype == np.uint16 else image
            found = imgproc.canny(image, sigma=sigma, **thresholds)
            expected = np.zeros(image.shape, bool)
            expected[1:-1, 29] = image.shape == (32, 60)
            expected[29, 1:-1] |= image.shape == (60, 32)
            np.testing.assert_array_equal(found, expected, err_msg=f"{low} to {high}")
            theirs = cv2.Canny(
                (levels if image.shape == (32, 60) else levels.T).astype(np.uint8), 1, 1, L2gradient=True
            )
            assert np.array_equal(theirs[1:-1, 1:-1] > 0, expected[1:-1, 1:-1])


@every_dtype
@pytest.mark.parametrize("masked", [False, True])
def test_canny_sees_nothing_in_a_constant(dtype: np.dtype, masked: bool) -> None:
    y, x = np.indices((40, 50))
    mask = (x * 7 + y * 3) % 11 > 0 if masked else None
    for sigma in (0.3, 1.0, 4.0):
        for level in (1, 77, 200, 255):
            full = full_scale(dtype)
            image = np.full((40, 50), level / 255 * full).astype(dtype)
            assert not imgproc.canny(image, sigma=sigma, low=0.0, high=0.0, mask=mask).any()
            if dtype.kind == "f":
                assert not imgproc.canny(image - 300, sigma=sigma, low=0.0, high=0.0, mask=mask).any()


def test_weak_edges_need_a_strong_one() -> None:
    image = np.zeros((40, 40), np.float64)
    image[:, 20:] = np.linspace(0.02, 0.5, 40)[:, None]
    both = imgproc.canny(image, low=0.05, high=0.2)
    assert np.array_equal(both, imgproc.canny(image, low=0.05, high=0.05))
    assert not imgproc.canny(image[:12], low=0.05, high=0.2).any()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gradient", {"kind": "frei"}, "kind must be one of 'sobel'"),
        ("laplacian_of_gaussian", {"sigma": 0}, "sigma must be > 0, got 0"),
        ("laplacian_of_gaussian", {"threshold": -1}, "threshold must be >= 0, got -1"),
        ("difference_of_gaussians", {"ratio": 1}, "ratio must be > 1, got 1"),
        ("canny", {"low": 0.5, "high": 0.2}, "low must be <= high, got low=0.5, high=0.2"),
        ("canny", {"low": -0.5}, "low must be >= 0"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        getattr(imgproc, name)(np.zeros((4, 4), np.uint8), **options)


def test_zero_crossings_is_a_bool() -> None:
    with pytest.raises(TypeError, match="zero_crossings must be True or False, got 1"):
        imgproc.laplacian_of_gaussian(np.zeros((4, 4)), zero_crossings=1)


@pytest.mark.parametrize("border", ["reflect_101", "replicate", "wrap"])
def test_bands_of_linear_filters_are_the_whole(rng, monkeypatch, border) -> None:
    image = rng.random((77, 9, 3)).astype(np.float32)
    calls = (
        lambda: imgproc.gradient(image, border=border),
        lambda: imgproc.laplacian_of_gaussian(image, sigma=1.0, border=border),
        lambda: imgproc.difference_of_gaussians(image, border=border),
        lambda: imgproc.kirsch(image, border=border),
        lambda: imgproc.laplacian(image, border=border),
    )
    whole = [call() for call in calls]
    in_small_pieces(monkeypatch, "linear filters")
    for call, expected in zip(calls, whole, strict=True):
        np.testing.assert_array_equal(call(), expected)
