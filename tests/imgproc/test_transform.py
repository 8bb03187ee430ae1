"""Transforms, against their definitions, SciPy, OpenCV and PyWavelets."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import pywt
import scipy.fft
import scipy.linalg
from helpers.functions import example_image
from helpers.vocabulary import BORDERS, DTYPES
from oracles import transform as naive
from skimage import restoration

import imgproc
from imgproc.transform._denoise import whole_windows
from imgproc.transform._filters import NAMES, taps
from imgproc.transform._wavelet import deepest

ORDERS = ("sequency", "natural", "dyadic")
PYWAVELETS = {
    "reflect": "symmetric",
    "reflect_101": "reflect",
    "replicate": "constant",
    "wrap": "periodic",
    "constant": "zero",
}
PAIRS = [
    (imgproc.dft, imgproc.idft),
    (imgproc.dct, imgproc.idct),
    (
        lambda x: imgproc.walsh_hadamard(x, pad=True),
        lambda c, **o: imgproc.inverse_walsh_hadamard(c, size=(13, 18), **o),
    ),
    (
        lambda x: imgproc.wavelet(x, name="db3"),
        lambda c, **o: imgproc.inverse_wavelet(c, name="db3", size=(13, 18), **o),
    ),
]
NAMED = pytest.mark.parametrize(("forward", "back"), PAIRS, ids=["dft", "dct", "walsh_hadamard", "wavelet"])


def relative(dtype: np.dtype) -> float:
    return 1e-12 if dtype == np.float64 else 2e-6


# --- Fourier and cosine -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(7, 12, 2), (9, 5), (1, 4), (1, 1)])
@pytest.mark.parametrize("name", ["dft", "dct"])
def test_dft_and_dct_are_their_definitions(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    image = example_image(dtype, shape[:2], *shape[2:])
    found, expected = getattr(imgproc, name)(image), getattr(naive, name)(image)
    np.testing.assert_allclose(found, expected, atol=relative(image.dtype) * np.abs(expected).max())


def test_dft_and_dct_are_those_of_others(grey_photo: np.ndarray) -> None:
    image = grey_photo[:96, :130].astype(np.float64)
    np.testing.assert_allclose(imgproc.dct(image), cv2.dct(image), atol=1e-9)
    np.testing.assert_allclose(imgproc.dct(image), scipy.fft.dctn(image, norm="ortho"), atol=1e-9)
    np.testing.assert_allclose(imgproc.dft(image), np.fft.fft2(image) / np.sqrt(image.size), atol=1e-9)


# --- every transform --------------------------------------------------------------------------------------------------


@NAMED
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("channels", [None, 2])
def test_there_and_back(forward: Any, back: Any, dtype: np.dtype, channels: int | None) -> None:
    image = example_image(dtype, (13, 18), channels)
    floats = np.dtype(np.float64 if dtype == np.float64 else np.float32)
    found = back(forward(image))
    assert found.dtype == floats
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, image, atol=relative(image.dtype) * image.max())
    stored = back(forward(image), dtype=dtype)
    assert stored.dtype == dtype
    if image.dtype.kind == "u":
        np.testing.assert_array_equal(stored, image)
    wide = back(forward(image), dtype="float64")
    assert wide.dtype == np.float64


@NAMED
def test_the_inverse_leaves_the_coefficients_alone(forward: Any, back: Any) -> None:
    coefficients = forward(example_image(np.float32, (13, 18), 2))
    arrays = [coefficients] if isinstance(coefficients, np.ndarray) else [coefficients[0], *coefficients[1]]
    before = [a.tobytes() for a in arrays]
    for array in arrays:
        array.flags.writeable = False
    found = back(coefficients)
    assert [a.tobytes() for a in arrays] == before
    assert not any(np.shares_memory(found, a) for a in arrays)


@pytest.mark.parametrize("name", ["dft", "dct", "walsh_hadamard"])
def test_the_sum_of_squares_is_kept(name: str) -> None:
    image = example_image(np.float64, (16, 32))
    np.testing.assert_allclose((np.abs(getattr(imgproc, name)(image)) ** 2).sum(), (image**2).sum())


@NAMED
def test_constants_have_one_coefficient(forward: Any, back: Any) -> None:
    image = np.full((16, 32), 0.5)
    found = forward(image)
    found = np.concatenate([a.ravel() for level in found[1:] for a in level]) if isinstance(found, list) else found
    np.testing.assert_allclose(np.sort(np.abs(found).ravel())[:-1], 0, atol=1e-12)


@NAMED
def test_empty_images(forward: Any, back: Any) -> None:
    for shape in ((0, 8), (8, 0), (0, 0), (0, 8, 3)):
        found = forward(np.zeros(shape, np.uint8))
        found = found[0] if isinstance(found, list) else found
        assert found.shape == shape


@NAMED
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(forward: Any, back: Any, value: float) -> None:
    with pytest.raises(ValueError, match=r"^image must be finite"):
        forward(np.full((4, 4), value, np.float32))
    coefficients = forward(np.ones((13, 18)))
    (coefficients if isinstance(coefficients, np.ndarray) else coefficients[0])[0, 0] = value
    with pytest.raises(ValueError, match=r"^coefficients(\[0\])? must be finite"):
        back(coefficients)


# --- Walsh–Hadamard ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", [(8, 32), (16, 4, 2), (1, 2), (1, 1), (64, 2)])
def test_walsh_hadamard_is_its_definition(order: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    image = example_image(dtype, shape[:2], *shape[2:])
    found = imgproc.walsh_hadamard(image, order=order)
    expected = naive.walsh_hadamard(image, order=order)
    np.testing.assert_allclose(found, expected, atol=relative(image.dtype) * np.abs(expected).max())
    back = imgproc.inverse_walsh_hadamard(found, order=order)
    np.testing.assert_allclose(back, image, atol=relative(image.dtype) * image.max())
    again = imgproc.walsh_hadamard(found, order=order)  # the matrix is symmetric: its own inverse
    np.testing.assert_allclose(again, image, atol=relative(image.dtype) * image.max())


def test_walsh_hadamard_in_natural_order_is_that_of_scipy() -> None:
    image = example_image(np.float64, (32, 16))
    expected = scipy.linalg.hadamard(32) @ image @ scipy.linalg.hadamard(16) / np.sqrt(32 * 16)
    np.testing.assert_allclose(imgproc.walsh_hadamard(image, order="natural"), expected, atol=1e-12)


def test_walsh_hadamard_by_the_example_of_matlab() -> None:
    """fwht([19 -1 11 -9 -7 13 -15 5]), in sequency order and divided by N."""
    line = np.array([[19.0, -1, 11, -9, -7, 13, -15, 5]])
    found = imgproc.walsh_hadamard(line) * np.sqrt(8) / 8
    np.testing.assert_allclose(found, [[2, 3, 0, 4, 0, 0, 10, 0]], atol=1e-12)


def test_walsh_hadamard_pads_on_request() -> None:
    image = example_image(np.float64, (5, 8), 2)
    with pytest.raises(ValueError, match=r"image must have sides that are powers of two, got \(5, 8\): pad=True"):
        imgproc.walsh_hadamard(image)
    found = imgproc.walsh_hadamard(image, pad=True)
    np.testing.assert_allclose(found, naive.walsh_hadamard(image, pad=True), atol=1e-12)


# --- wavelets ---------------------------------------------------------------------------------------------------------


def test_names_are_pywavelets() -> None:
    for name in NAMES:
        theirs = pywt.Wavelet(name)
        expected = theirs.dec_lo, theirs.dec_hi, theirs.rec_lo, theirs.rec_hi
        # their symlets are given to 12 digits, and are orthogonal to that
        np.testing.assert_allclose(taps(name), expected, atol=4e-12 if name.startswith("sym") else 2e-15)


@pytest.mark.parametrize("name", NAMES)
def test_filters_are_orthonormal_with_vanishing_moments(name: str) -> None:
    low, high = taps(name)[2:]
    n = low.size // 2
    for shift in range(n):
        assert abs(low[2 * shift :] @ low[: low.size - 2 * shift] - (shift == 0)) < 1e-14
    for power in range(min(n, 4)):
        assert abs(high @ (np.arange(2 * n) - n) ** power) < 1e-9


@pytest.mark.parametrize("border", sorted({*BORDERS} - {"constant"}))
@pytest.mark.parametrize("name", ["haar", "db2", "db7", "sym4"])
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_a_line_is_its_definition(border: str, name: str, n: int) -> None:
    line = np.random.default_rng(n).random(n)
    coarse, (along_y, along_x, both) = imgproc.wavelet(line[np.newaxis], name=name, levels=1, border=border)
    low, high = naive.split_line(line, *taps(name)[:2], border)
    gain = np.sqrt(2)
    np.testing.assert_allclose(coarse[0], low * gain, atol=1e-12)
    np.testing.assert_allclose(along_x[0], high * gain, atol=1e-12)
    np.testing.assert_allclose(along_y, 0, atol=1e-12)
    np.testing.assert_allclose(both, 0, atol=1e-12)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", ["haar", "db2", "db5", "db10", "sym2", "sym5", "sym8"])
@pytest.mark.parametrize(("shape", "levels"), [((32, 48), 2), ((17, 23), 3), ((2, 9), 1), ((5, 3), 2)])
def test_wavelet_is_that_of_pywavelets(border: str, name: str, shape: tuple[int, int], levels: int) -> None:
    image = np.random.default_rng(5).random(shape)
    found = imgproc.wavelet(image, name=name, levels=levels, border=border)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of levels beyond the filter's length
        theirs = pywt.wavedec2(image, name, PYWAVELETS[border], level=levels)
    np.testing.assert_allclose(found[0], theirs[0], atol=1e-10)
    for ours, other in zip(found[1:], theirs[1:], strict=True):
        assert isinstance(ours, tuple)
        for a, b in zip(ours, other, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-10)
    back = imgproc.inverse_wavelet(found, name=name)
    np.testing.assert_allclose(back, pywt.waverec2(theirs, name, PYWAVELETS[border]), atol=1e-10)
    np.testing.assert_allclose(back[: shape[0], : shape[1]], image, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 19, 20, 64, 100])
def test_levels_are_pywavelets(n: int) -> None:
    for name in NAMES:
        assert deepest((n, 300), name) == pywt.dwt_max_level(n, name) if n > 1 else deepest((n, 9), name) == 0


@pytest.mark.parametrize("name", ["haar", "sym4"])
def test_wavelet_of_colour_is_that_of_each_channel(photo: np.ndarray, name: str) -> None:
    found = imgproc.wavelet(photo, name=name, levels=2)
    for c in range(3):
        plane = imgproc.wavelet(photo[:, :, c], name=name, levels=2)
        np.testing.assert_array_equal(found[0][:, :, c], plane[0])
        np.testing.assert_array_equal(found[2][1][:, :, c], plane[2][1])
    np.testing.assert_array_equal(imgproc.inverse_wavelet(found, name=name, size=photo.shape[:2], dtype="uint8"), photo)


# --- denoising and compression ----------------------------------------------------------------------------------------


def noisy(photo: np.ndarray, sigma: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    clean = photo / 255
    return clean, clean + np.random.default_rng(3).normal(0, sigma, clean.shape)


@pytest.mark.parametrize("name", ["haar", "db2", "sym4"])
@pytest.mark.parametrize("kind", ["soft", "hard"])
@pytest.mark.parametrize("rule", ["bayes", "visu"])
def test_wavelet_denoise_is_that_of_scikit_image(grey_photo: np.ndarray, name: str, kind: str, rule: str) -> None:
    _, image = noisy(grey_photo[:96, :128])
    found = imgproc.wavelet_denoise(image, name=name, levels=2, threshold=rule, kind=kind)
    method = {"bayes": "BayesShrink", "visu": "VisuShrink"}[rule]
    theirs = restoration.denoise_wavelet(image, wavelet=name, wavelet_levels=2, mode=kind, method=method)
    np.testing.assert_allclose(found, theirs, atol=1e-10)


def test_wavelet_denoise_removes_noise(grey_photo: np.ndarray) -> None:
    clean, image = noisy(grey_photo)
    found = imgproc.wavelet_denoise(image)
    assert np.std(found - clean) < 0.6 * np.std(image - clean)
    eight = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
    found = imgproc.wavelet_denoise(eight)
    assert np.std(found / 255 - clean) < 0.6 * np.std(eight / 255 - clean)


def of_dtype(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """A picture of 8 bits in another dtype."""
    if dtype.kind == "f":
        return (image / 255).astype(dtype)
    return image.astype(dtype) * dtype.type(np.iinfo(dtype).max // 255)


def beside(image: np.ndarray, kind: str) -> np.ndarray:
    """The image in a picture four times as large, whose rest has no details: one level, stripes, or a slope."""
    h, w = image.shape
    y, x = np.indices((2 * h, 2 * w))
    levels = {"0": 0 * x, "77": 0 * x + 77, "255": 0 * x + 255, "stripes": y % 7 * 30, "slope": (2 * y + x) // 2}
    found = np.rint(np.clip(levels[kind], 0, 255)).astype(np.uint8)
    found[h // 2 : h // 2 + h, w // 2 : w // 2 + w] = image
    return found


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", ["0", "77", "255", "stripes", "slope"])
@pytest.mark.parametrize("rule", ["bayes", "visu"])
def test_wavelet_denoise_of_a_picture_with_a_margin(
    photos: Callable[[str], np.ndarray], rule: str, kind: str, dtype: np.dtype
) -> None:
    """Zeros in exact arithmetic are no noise, whatever rounding leaves of them: the rest is as without a margin."""
    clean, image = noisy(photos("camera")[128:384, 100:356])
    image = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
    full = np.iinfo(dtype).max if dtype.kind == "u" else 1
    alone = imgproc.wavelet_denoise(of_dtype(image, dtype), threshold=rule, levels=3) / full
    found = imgproc.wavelet_denoise(of_dtype(beside(image, kind), dtype), threshold=rule, levels=3) / full
    inside, there = np.s_[16:-16, 16:-16], np.s_[128 + 16 : 384 - 16, 128 + 16 : 384 - 16]
    # BayesShrink looks at the details in each direction, which stripes and slopes have.
    worse = 1.05 if rule == "visu" or kind.isdigit() else 1.4
    assert np.std(found[there] - clean[inside]) < worse * np.std(alone[inside] - clean[inside])
    if rule == "visu":
        assert np.std(found[there] - alone[inside]) < 0.01


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("name", ["haar", "db3", "sym4"])
@pytest.mark.parametrize("size", [(12, 17), (31, 8), (3, 2)])
def test_whole_windows_see_nothing_that_is_filled(border: str, name: str, size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).random(size)
    mask = np.random.default_rng(2).random(size) < 0.98
    changed = np.where(mask, image, 100 + np.random.default_rng(3).random(size))
    finest = [imgproc.wavelet(x, name=name, levels=1, border=border)[1] for x in (image, changed)]
    same = np.logical_and.reduce([a == b for a, b in zip(*finest, strict=True)])
    np.testing.assert_array_equal(whole_windows(mask, name, border), same)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", ["haar", "sym4"])
@pytest.mark.parametrize("rule", ["bayes", "visu"])
def test_what_is_filled_has_no_noise_and_is_not_counted(
    photos: Callable[[str], np.ndarray], rule: str, name: str, dtype: np.dtype
) -> None:
    """Half of the picture, in squares, is left out: the rest becomes what it is of the whole picture."""
    clean, image = noisy(photos("camera")[60:316, 170:426])
    image = of_dtype(np.clip(np.rint(image * 255), 0, 255).astype(np.uint8), dtype)
    y, x = np.indices(image.shape)
    mask = (y // 24 + x // 24) % 2 == 0
    full = np.iinfo(dtype).max if dtype.kind == "u" else 1
    found, whole = (imgproc.wavelet_denoise(image, name=name, threshold=rule, mask=m) for m in (mask, None))
    wrong, at_best = (np.std((result / full - clean)[mask]) for result in (found, whole))
    assert abs(wrong / at_best - 1) < 0.1


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_nothing_to_remove(dtype: np.dtype) -> None:
    near = {"atol": 1e-6 if dtype.kind == "f" else 0}
    for image in (np.full((20, 31), 0.25 if dtype.kind == "f" else 70, dtype), example_image(dtype, (1, 1))):
        for rule in ("bayes", "visu"):
            np.testing.assert_allclose(imgproc.wavelet_denoise(image, threshold=rule), image, **near)
    image = example_image(dtype, (19, 22), 2)
    np.testing.assert_allclose(imgproc.wavelet_denoise(image, threshold=0.0), image, **near)
    np.testing.assert_allclose(imgproc.wavelet_denoise(image, levels=0), image, **near)


@pytest.mark.parametrize("transform", ["dct", "walsh_hadamard", "wavelet", "dft"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_compress_keeps_everything_if_told(transform: str, dtype: np.dtype) -> None:
    image = example_image(dtype, (13, 22), 2)
    near = {"atol": 1e-5 if dtype.kind == "f" else 0}
    np.testing.assert_allclose(imgproc.compress(image, transform=transform, keep=1), image, **near)


@pytest.mark.parametrize("transform", ["dct", "walsh_hadamard", "wavelet", "dft"])
def test_compress_keeps_the_largest(transform: str, grey_photo: np.ndarray) -> None:
    image = grey_photo[:64, :64] / 255 + np.random.default_rng(1).normal(0, 0.01, (64, 64))  # no two are equal
    found = imgproc.compress(image, transform=transform, keep=0.05, name="haar")
    forward = {"wavelet": lambda x: pywt.coeffs_to_array(pywt.wavedec2(x, "haar"))[0]}
    coefficients = forward.get(transform, getattr(imgproc, transform))(image)
    sizes = np.abs(coefficients)
    least = np.sort(sizes.ravel())[-int(np.ceil(0.05 * sizes.size))]
    # what is left out, by Parseval
    np.testing.assert_allclose(((found - image) ** 2).sum(), (sizes[sizes < least - 1e-12] ** 2).sum(), rtol=1e-6)


@pytest.mark.parametrize("transform", ["dct", "walsh_hadamard", "wavelet", "dft"])
def test_compress_of_a_constant_and_of_a_pixel(transform: str) -> None:
    for image in (np.full((9, 14), 33, np.uint8), np.full((1, 1, 3), 200, np.uint8)):
        np.testing.assert_array_equal(imgproc.compress(image, transform=transform, keep=0.1), image)


# --- refusals ---------------------------------------------------------------------------------------------------------

PLANE = np.ones((8, 8), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: imgproc.idft([1]), TypeError, "coefficients must be a numpy array, got list"),
        (
            lambda: imgproc.idft(np.ones((2, 2), int)),
            TypeError,
            "coefficients must have dtype float32, float64, complex64",
        ),
        (
            lambda: imgproc.idft(np.ones(3, np.complex64)),
            ValueError,
            "coefficients must have shape (h, w) or (h, w, c)",
        ),
        (lambda: imgproc.idct(PLANE + 0j), TypeError, "coefficients must have dtype float32 or float64, got complex64"),
        (lambda: imgproc.idct(PLANE, dtype="int8"), ValueError, "dtype must be uint8, uint16, float32 or float64, got"),
        (lambda: imgproc.idct(PLANE, dtype="red"), TypeError, "dtype must be a dtype, got 'red'"),
        (lambda: imgproc.inverse_walsh_hadamard(PLANE[:3]), ValueError, "coefficients must have sides that are powers"),
        (
            lambda: imgproc.inverse_walsh_hadamard(PLANE, size=(9, 1)),
            ValueError,
            "size must be within the",
        ),
        (lambda: imgproc.inverse_walsh_hadamard(PLANE, order="up"), ValueError, "order must be one of 'sequency', "),
        (lambda: imgproc.walsh_hadamard(PLANE, pad=1), TypeError, "pad must be True or False, got 1"),
        (lambda: imgproc.wavelet(PLANE, name="db11"), ValueError, "name must be one of 'haar', 'db1'"),
        (lambda: imgproc.wavelet(PLANE, levels=33), ValueError, "levels must be <= 32, got 33"),
        (lambda: imgproc.inverse_wavelet(PLANE), TypeError, "coefficients must be a list as by wavelet, got ndarray"),
        (lambda: imgproc.inverse_wavelet([]), TypeError, "coefficients must be a list as by wavelet, got list"),
        (lambda: imgproc.inverse_wavelet([PLANE, PLANE]), TypeError, "coefficients[1] must be a tuple of three arrays"),
        (
            lambda: imgproc.inverse_wavelet([PLANE, (PLANE, PLANE[1:], PLANE)]),
            ValueError,
            "coefficients[1] must have",
        ),
        (lambda: imgproc.inverse_wavelet([PLANE, (PLANE[2:],) * 3]), ValueError, "coefficients[1] must have"),
        (lambda: imgproc.inverse_wavelet([PLANE], size=(8, 9)), ValueError, "size must be within the image of"),
        (lambda: imgproc.wavelet_denoise(PLANE, threshold=-1.0), ValueError, "threshold must be >= 0, got -1.0"),
        (
            lambda: imgproc.wavelet_denoise(PLANE, threshold="sure"),
            ValueError,
            "threshold must be one of ",
        ),
        (lambda: imgproc.compress(PLANE, keep=0.0), ValueError, "keep must be > 0, got 0.0"),
        (lambda: imgproc.compress(PLANE, keep=1.5), ValueError, "keep must be <= 1, got 1.5"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)
