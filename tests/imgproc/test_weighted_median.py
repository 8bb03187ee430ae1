"""Weighted medians against sorting, SciPy and OpenCV."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
import scipy.ndimage
from helpers.neighbours import whole_weights
from helpers.pieces import in_small_pieces
from helpers.vocabulary import BORDERS
from oracles import smooth as naive

import imgproc
from imgproc import median_blur, weighted_median

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
WEIGHTS = {
    "uneven": np.array([[1, 2, 3], [0, 5, 4], [2, 0, 1]]),
    "real": np.array([[0.1, 0.2, 0.3, 0.25, 1e-3]]),
    "tall": np.array([[1], [1], [2], [7], [1]], np.uint8),
    "one": np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0]], bool),
    "tiny": np.array([[1e-300, 1.0, 1.0], [1.0, 1e-300, 1e-300], [1.0, 3e-9, 1e-300]]),
}


def image_of(rng: np.random.Generator, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    """With ties; floats with NaN, infinities and both zeros."""
    if np.dtype(dtype).kind == "u":
        return (rng.integers(0, 40, shape) * (np.iinfo(dtype).max // 39)).astype(dtype)
    image = (rng.integers(-9, 20, shape) / 7).astype(dtype)
    image.flat[[3, 40, 60, 77]] = np.nan, np.inf, -0.0, -np.inf
    return image


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("weights", [WEIGHTS[name] for name in ("uneven", "real", "tall", "one")])
def test_it_is_its_definition(rng, dtype, border, weights) -> None:
    for shape in ((9, 13), (7, 8, 3)):
        image = image_of(rng, dtype, shape)
        found = weighted_median(image, weights=weights, border=border)
        np.testing.assert_array_equal(found, naive.weighted_median(image, weights=weights, border=border))


def test_rows_longer_than_a_chunk_and_bands(rng, monkeypatch) -> None:
    image = image_of(rng, np.uint8, (30, 70, 3))
    whole = weighted_median(image, weights=WEIGHTS["uneven"])
    in_small_pieces(monkeypatch, "weighted_median")
    np.testing.assert_array_equal(weighted_median(image, weights=WEIGHTS["uneven"]), whole)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("radius", [1, 2, 4])
def test_equal_weights_are_the_median(grey_photo, dtype, radius) -> None:
    image = grey_photo[:60, :70].astype(dtype) * dtype(1.5 if np.dtype(dtype).kind == "f" else 1)
    found = weighted_median(image, weights=np.full((2 * radius + 1,) * 2, 0.3))
    np.testing.assert_array_equal(found, median_blur(image, radius=radius))
    if dtype == np.uint8:
        np.testing.assert_array_equal(found, cv2.medianBlur(image, 2 * radius + 1))


@pytest.mark.parametrize("border", [("replicate", "nearest"), ("reflect", "reflect"), ("reflect_101", "mirror")])
def test_weights_of_one_and_nothing_are_scipys_footprint(grey_photo, border) -> None:
    footprint = np.array([[0, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0, 1, 0, 1, 0]], bool)  # seven, not symmetric
    found = weighted_median(grey_photo, weights=footprint, border=border[0])
    np.testing.assert_array_equal(found, scipy.ndimage.median_filter(grey_photo, footprint=footprint, mode=border[1]))


def test_whole_weights_repeat_pixels(grey_photo) -> None:
    """The centre-weighted median of five pixels, against NumPy's of them with the middle one three times."""
    image = grey_photo[:50, :50]
    padded = np.pad(image, 1, mode="edge")
    seen = [padded[1 + dy : 51 + dy, 1 + dx : 51 + dx] for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    expected = np.median([*seen, image, image, image], axis=0)
    np.testing.assert_array_equal(weighted_median(image, weights=np.array([[0, 1, 0], [1, 3, 1], [0, 1, 0]])), expected)


def test_a_thin_line_stays_where_the_middle_weighs_more() -> None:
    image = np.zeros((9, 9), np.uint8)
    image[4] = 200
    weights = np.ones((3, 3))
    assert (weighted_median(image, weights=weights) == 0).all()
    weights[1, 1] = 5
    np.testing.assert_array_equal(weighted_median(image, weights=weights), image)


def test_half_is_reached_exactly() -> None:
    """At half the lower level is taken, for weights of any size, and one unit more or less decides."""
    image = np.array([[10, 20, 30]], np.uint8)
    for unit in (1, 1 << 50, 1e-200, 1e200, 0.1):
        assert weighted_median(image, weights=np.array([[unit, 0, unit]]))[0, 1] == 10
    big = 1 << 60
    assert weighted_median(image, weights=np.array([[big, 0, big + 1]]))[0, 1] == 30
    assert weighted_median(image, weights=np.array([[big + 1, 0, big]]))[0, 1] == 10


def test_weights_too_fine_are_rounded() -> None:
    units = whole_weights(WEIGHTS["tiny"].ravel())
    exact = [Fraction(w) / sum(map(Fraction, WEIGHTS["tiny"].ravel().tolist())) for w in WEIGHTS["tiny"].flat]
    assert max(abs(Fraction(u, 1 << 62) - e) for u, e in zip(units, exact, strict=True)) <= Fraction(1, 1 << 62)
    image = np.arange(9, dtype=np.float64).reshape(3, 3)
    assert weighted_median(image, weights=WEIGHTS["tiny"])[1, 1] == 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_flips_constants_and_single_pixels(rng, dtype) -> None:
    image, weights = image_of(rng, dtype, (11, 14)), WEIGHTS["uneven"]
    found = weighted_median(image, weights=weights)
    np.testing.assert_array_equal(weighted_median(image[::-1], weights=weights[::-1])[::-1], found)
    np.testing.assert_array_equal(weighted_median(image.T, weights=weights.T).T, found)
    for constant in (np.full((5, 4, 2), 3, dtype), np.full((1, 1), 7, dtype), np.empty((0, 5), dtype)):
        np.testing.assert_array_equal(weighted_median(constant, weights=weights), constant)


def test_order_of_floats_of_all_sizes(rng) -> None:
    for dtype in (np.float32, np.float64):
        bits = rng.integers(0, 1 << 32, (20, 20, np.dtype(dtype).itemsize // 4), dtype=np.uint32)
        image = np.ascontiguousarray(bits).view(dtype)[..., 0]
        image = np.where(np.isnan(image), dtype(0), image)
        found = weighted_median(image, weights=CROSS)
        np.testing.assert_array_equal(found, scipy.ndimage.median_filter(image, footprint=CROSS, mode="nearest"))


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([[1]], TypeError, "weights must be a numpy array, got list"),
        (np.ones((3, 3), complex), TypeError, "weights must be of real numbers, got complex128"),
        (np.ones((3, 4)), ValueError, r"weights must have shape \(n, m\) with n and m odd, got \(3, 4\)"),
        (np.ones(3), ValueError, r"weights must have shape \(n, m\) with n and m odd, got \(3,\)"),
        (np.zeros((3, 3)), ValueError, "weights must be finite, nowhere negative and somewhere positive"),
        (np.array([[1, -1, 1]]), ValueError, "weights must be finite, nowhere negative"),
        (np.array([[1, np.nan, 1]]), ValueError, "weights must be finite, nowhere negative"),
    ],
)
def test_wrong_weights(weights, error, message) -> None:
    with pytest.raises(error, match=message):
        imgproc.weighted_median(np.zeros((4, 4), np.uint8), weights=weights)
