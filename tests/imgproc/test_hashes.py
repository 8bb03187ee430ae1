"""Perceptual hashes against their definitions and OpenCV's parts, and the search for near duplicates."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from oracles import quality as naive

import imgproc

HASHES = {"phash": (imgproc.phash, naive.phash), "dhash": (imgproc.dhash, naive.dhash)}
both = pytest.mark.parametrize("name", HASHES)


def scene(rng, size=(60, 70), channels=None):
    """A smooth random picture, as photos are."""
    shape = size if channels is None else (*size, channels)
    rough = cv2.GaussianBlur(rng.normal(size=shape), (0, 0), 4)
    low, high = rough.min(), rough.max()
    return np.round((rough - low) / (high - low) * 255).astype(np.uint8)


@both
@pytest.mark.parametrize("size", [(60, 70), (32, 32), (31, 100), (5, 7), (1, 9)])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_hashes_are_their_definitions(name, size, channels, rng):
    ours, theirs = HASHES[name]
    image = rng.integers(0, 256, size if channels is None else (*size, channels)).astype(np.uint8)
    if name == "dhash" or min(size) > 5:  # below, coefficients are equal, and rounding decides in the oracle
        assert int(ours(image)) == theirs(image)
    mask = rng.random(size) < 0.6
    mask[0, 0] = True
    if min(size) > 5:
        assert int(ours(image, mask=mask)) == theirs(image, mask)
    assert isinstance(ours(image), np.uint64)


@both
def test_every_dtype_has_the_same_hash(name, rng):
    ours = HASHES[name][0]
    symmetric = np.minimum(np.arange(64), 63 - np.arange(64)).astype(np.uint8)[None, :].repeat(40, axis=0)
    for image in (scene(rng), scene(rng, channels=3), scene(rng, (33, 97)), symmetric, symmetric.T.copy()):
        expected = ours(image)
        assert ours(image.astype(np.uint16) * 257) == expected
        assert ours(image.astype(np.float64) * 1e305) == expected
        assert ours((image / np.float32(255)).astype(np.float32)) == expected
        assert ours(image / 255) == expected
        assert ours(np.ascontiguousarray(image[:, ::-1])[:, ::-1]) == expected
        if image.ndim == 2:
            assert ours(np.dstack([image] * 3)) == expected
    for flat in (np.full((9, 50), 7, np.uint8), np.full((50, 60), 0.1, np.float32), np.zeros((3, 3))):
        assert ours(flat) == 0


def test_of_many_bits_none_depends_on_opencv_or_scipy(rng):
    """Their area means and DCT, in floats, give the same words."""
    for size in ((64, 96), (75, 50), (480, 333)):
        image = scene(rng, size)
        small = cv2.resize(image.astype(np.float64), (9, 8), interpolation=cv2.INTER_AREA)
        assert int(imgproc.dhash(image)) == naive.word(small[:, 1:] > small[:, :-1])
        small = cv2.dct(cv2.resize(image.astype(np.float64), (32, 32), interpolation=cv2.INTER_AREA))[1:9, 1:9]
        assert int(imgproc.phash(image)) == naive.word(small > np.median(small))


@both
def test_pixels_without_data_do_not_count(name, rng):
    ours = HASHES[name][0]
    image = scene(rng, (64, 72)) / 255
    mask = rng.random(image.shape) < 0.7
    spoiled = np.where(mask, image, rng.choice([np.nan, np.inf, -np.inf], image.shape))
    assert ours(spoiled) == ours(image, mask=mask) == ours(np.where(mask, image, 1e300), mask=mask)
    spoiled = np.dstack([image, spoiled, image])
    assert ours(spoiled) == ours(np.dstack([image] * 3), mask=mask)
    corner = np.zeros(image.shape, bool)
    corner[:20, :30] = True  # most cells have no pixel
    assert int(ours(image, mask=corner)) == HASHES[name][1](image, corner)


def test_copies_are_near_and_other_pictures_far(rng):
    words = []
    for _ in range(12):
        image = scene(rng, (120, 160))
        word = imgproc.phash(image)
        for copy in (
            imgproc.resize(image, size=(61, 83), interpolation="area"),
            cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_GRAYSCALE),
            (image * 0.8 + 20).astype(np.uint8),
            np.clip(image + rng.normal(0, 10, image.shape), 0, 255).astype(np.uint8),
        ):
            assert imgproc.hamming_distance(word, imgproc.phash(copy)) <= 8
        assert bin(int(word)).count("1") == 32
        words.append(word)
    apart = [imgproc.hamming_distance(a, b) for i, a in enumerate(words) for b in words[:i]]
    assert min(apart) > 12
    assert 28 < np.mean(apart) < 36


def test_distances(rng):
    a, b = rng.integers(0, 2**64, (2, 50), np.uint64, endpoint=False)
    expected = [naive.hamming_distance(x, y) for x, y in zip(a, b)]
    assert imgproc.hamming_distance(a, b).tolist() == expected
    assert imgproc.hamming_distance(a[0], b[0]) == expected[0]
    table = imgproc.hamming_distance(a[:, None], list(b))
    assert table.shape == (50, 50)
    assert np.diag(table).tolist() == expected
    assert imgproc.hamming_distance(0, 2**64 - 1) == 64
    assert imgproc.hamming_distance(np.zeros((2, 0), np.uint64), 1).shape == (2, 0)


@pytest.mark.parametrize("most", [0, 3, 6, 9, 15, 16, 30, 64])
@pytest.mark.parametrize("n", [0, 1, 40, 700])
def test_duplicates_are_those_of_comparing_all(most, n, rng):
    words = rng.integers(0, 2**64, n, np.uint64, endpoint=False)
    for i in range(1, n):  # most are near an earlier one, in up to 12 bits
        if rng.random() < 0.7:
            words[i] = words[rng.integers(i)]
            for bit in rng.integers(0, 64, rng.integers(0, 13)):
                words[i] ^= np.uint64(1) << np.uint64(bit)
    found = imgproc.find_near_duplicates(words, max_distance=most)
    assert found.dtype == np.int64
    assert found.tolist() == naive.find_near_duplicates(words.tolist(), most)


WRONG = [
    (lambda: imgproc.phash(np.zeros((4, 4, 2), np.uint8)), ValueError, "image must have 1 or 3 channels"),
    (lambda: imgproc.phash(np.zeros((0, 4), np.uint8)), ValueError, "image must have at least one pixel"),
    (lambda: imgproc.dhash(np.full((4, 4), np.nan)), ValueError, "image must have a finite pixel"),
    (lambda: imgproc.dhash(np.zeros((4, 4)), mask=np.zeros((4, 4))), TypeError, "mask must be bool"),
    (lambda: imgproc.hamming_distance(1.0, 2), TypeError, "a must be an integer"),
    (lambda: imgproc.hamming_distance(1, -2), ValueError, "b must be >= 0"),
    (lambda: imgproc.hamming_distance(1, 2**64), ValueError, "b must fit 64 bits"),
    (lambda: imgproc.hamming_distance(np.zeros(3, int), [1, 2]), ValueError, "a and b must have shapes that fit"),
    (lambda: imgproc.find_near_duplicates(np.zeros(3)), TypeError, "hashes must be integers"),
    (lambda: imgproc.find_near_duplicates(np.array([-1])), ValueError, r"hashes.view\(numpy.uint64\)"),
    (lambda: imgproc.find_near_duplicates(7), ValueError, r"hashes must have shape \(n,\)"),
    (lambda: imgproc.find_near_duplicates([1], max_distance=65), ValueError, "max_distance must be <= 64"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
