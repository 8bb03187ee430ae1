"""Distances, reconstruction, regions, skeletons, maxima and labels: against their definitions and the peers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers.vocabulary import DTYPES
from oracles import morphology as slow
from scipy import ndimage
from skimage import feature, morphology, segmentation

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def blobs(shape: tuple[int, int] = (61, 83), seed: int = 0, sigma: float = 3) -> np.ndarray:
    """A mask of round parts, with holes, some of which touch the border."""
    rng = np.random.default_rng(seed)
    return ndimage.gaussian_filter(rng.standard_normal(shape), sigma) > 0


def waves(dtype: np.dtype, shape: tuple[int, int] = (40, 47), seed: int = 1) -> np.ndarray:
    """Hills and hollows of few levels, so that there are plateaus."""
    hills = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2)
    levels = np.rint((hills - hills.min()) / np.ptp(hills) * 40)
    return (levels / 40).astype(dtype) if dtype.kind == "f" else (levels * (np.iinfo(dtype).max // 40)).astype(dtype)


MASKS = [
    blobs(),
    blobs((1, 90), 1),
    blobs((90, 1), 2),
    np.random.default_rng(3).random((50, 70)) < 0.97,
    np.random.default_rng(4).random((70, 50)) < 0.5,
    np.zeros((9, 12), bool),
    np.ones((9, 12), bool),
    np.eye(33, dtype=bool),
]


# --- distances --------------------------------------------------------------------------------------------------------


def test_squared_distances_are_scipys_bit_for_bit() -> None:
    one = np.ones((75, 200), bool)
    one[70, 3] = False
    for mask in (*MASKS, one, one.T):
        if mask.all():
            continue
        squared = imgproc.distance_transform(mask, result="squared")
        rows, columns = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
        y, x = np.indices(mask.shape)
        np.testing.assert_array_equal(squared, ((rows - y) ** 2 + (columns - x) ** 2).astype(np.float64))
        distances = imgproc.distance_transform(mask)
        assert distances.dtype == np.float32
        np.testing.assert_array_equal(distances, ndimage.distance_transform_edt(mask).astype(np.float32))
        nearest = imgproc.distance_transform(mask, result="nearest")
        np.testing.assert_array_equal(((nearest - (y, x)) ** 2).sum(axis=0), squared)
        assert not mask[tuple(nearest)].any()


def test_of_pixels_as_near_the_left_one_is_named_and_then_the_upper_one() -> None:
    for seed in range(4):
        mask = np.random.default_rng(seed).random((17, 19)) < 0.9
        np.testing.assert_array_equal(imgproc.distance_transform(mask, result="nearest"), slow.nearest(mask))


@pytest.mark.parametrize("spacing", [0.5, (2.0, 0.3), (1e-15, 1e15), [1, 3]])
def test_distances_have_a_spacing(spacing: object) -> None:
    for mask in MASKS:
        pair = (spacing, spacing) if isinstance(spacing, float) else spacing
        expected = slow.squared_distances(mask, pair) if mask.size < 2000 else None
        squared = imgproc.distance_transform(mask, spacing=spacing, result="squared")
        if expected is None:
            expected = ndimage.distance_transform_edt(mask, sampling=spacing) ** 2
        np.testing.assert_allclose(squared, expected, rtol=1e-12)


def test_where_nothing_is_false_distances_are_infinite() -> None:
    mask = np.ones((5, 7), bool)
    assert np.isinf(imgproc.distance_transform(mask)).all()
    assert np.isinf(imgproc.distance_transform(mask, result="squared")).all()
    assert (imgproc.distance_transform(mask, result="nearest") == -1).all()
    assert imgproc.distance_transform(mask[:0]).shape == (0, 7)


# --- reconstruction ---------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("connectivity", [4, 8])
def test_reconstruction_is_its_definition_and_scikit_images(dtype: np.dtype, connectivity: int) -> None:
    rng = np.random.default_rng(5)
    noise = (rng.random((24, 31)) * 200).astype(dtype)
    for image in (waves(dtype), noise):
        marker = np.where(rng.random(image.shape) < 0.02, image, image.min())
        found = imgproc.reconstruct(image, marker, connectivity=connectivity)
        np.testing.assert_array_equal(found, slow.reconstruct(image, marker, connectivity=connectivity))
        shape = morphology.footprint_rectangle((3, 3)) if connectivity == 8 else morphology.diamond(1)
        np.testing.assert_array_equal(found, morphology.reconstruction(marker, image, footprint=shape))
        upper = np.where(rng.random(image.shape) < 0.02, image, image.max())
        found = imgproc.reconstruct(image, upper, method="erosion", connectivity=connectivity)
        expected = morphology.reconstruction(upper, image, method="erosion", footprint=shape)
        np.testing.assert_array_equal(found, expected)


def test_a_long_way_is_gone_to_its_end() -> None:
    """A path that winds up and down through all rows."""
    mask = np.zeros((41, 41), bool)
    mask[:, ::2] = True
    mask[0, 3::4], mask[-1, 1::4] = True, True
    seed = np.zeros_like(mask)
    seed[20, 0] = True
    for image, start in ((mask, seed), (mask.T, seed.T), (mask[::-1, ::-1], seed[::-1, ::-1])):
        np.testing.assert_array_equal(imgproc.reconstruct(image, start), image)


def test_markers_above_the_image_count_as_the_image_and_nan_is_a_wall() -> None:
    image = np.array([[3, 5, np.nan, 5, 2]], np.float32)
    found = imgproc.reconstruct(image, np.array([[9, np.nan, 9, np.nan, 1]], np.float32))
    np.testing.assert_array_equal(found, [[3, 3, np.nan, 1, 1]])
    with pytest.raises(TypeError, match="marker must have the dtype of image, float32, got uint8"):
        imgproc.reconstruct(image, np.zeros(image.shape, np.uint8))
    with pytest.raises(ValueError, match="marker must have the shape of image"):
        imgproc.reconstruct(image, image[:, 1:])


# --- holes, small regions, the border ---------------------------------------------------------------------------------


@pytest.mark.parametrize("connectivity", [4, 8])
def test_holes_are_filled_as_scipy_fills_them(connectivity: int) -> None:
    structure = ndimage.generate_binary_structure(2, connectivity // 4)
    for mask in MASKS:
        found = imgproc.fill_holes(mask, connectivity=connectivity)
        np.testing.assert_array_equal(found, ndimage.binary_fill_holes(mask, structure))
        assert imgproc.fill_holes(np.stack([mask, ~mask], -1))[..., 1].sum() == ndimage.binary_fill_holes(~mask).sum()


@every_dtype
def test_hollows_are_filled_to_where_they_flow_over(dtype: np.dtype) -> None:
    image = waves(dtype)
    seed = np.full_like(image, image.max())
    seed[0], seed[-1], seed[:, 0], seed[:, -1] = image[0], image[-1], image[:, 0], image[:, -1]
    expected = morphology.reconstruction(seed, image, method="erosion", footprint=morphology.diamond(1))
    np.testing.assert_array_equal(imgproc.fill_holes(image), expected)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_small_regions_and_those_at_the_border_go(connectivity: int) -> None:
    for mask, size in itertools.product(MASKS, (0, 1, 5, 60)):
        near = connectivity // 4
        found = imgproc.remove_small(mask, size=size, connectivity=connectivity)
        kept = [part for part in slow.regions(mask, connectivity) if len(part) >= size]
        expected = np.zeros_like(mask)
        for part in kept:
            expected[tuple(np.transpose(part))] = True
        np.testing.assert_array_equal(found, expected)
        filled = imgproc.remove_small(mask, size=size, connectivity=connectivity, holes=True)
        np.testing.assert_array_equal(filled, ~imgproc.remove_small(~mask, size=size, connectivity=connectivity))
        labels = morphology.label(mask, connectivity=near)
        np.testing.assert_array_equal(imgproc.remove_small(labels, size=size) > 0, found)
        cleared = imgproc.clear_border(mask, connectivity=connectivity)
        np.testing.assert_array_equal(cleared, segmentation.clear_border(labels) > 0)
        np.testing.assert_array_equal(imgproc.clear_border(labels), segmentation.clear_border(labels))


def test_labels_of_any_size_and_sign() -> None:
    labels = np.array([[-5, -5, 0, 2**40], [0, 0, 7, 0], [9, 0, 0, 0]])
    np.testing.assert_array_equal(imgproc.remove_small(labels, size=2), np.where(labels == -5, -5, 0))
    np.testing.assert_array_equal(imgproc.clear_border(labels), np.where(labels == 7, 7, 0))
    with pytest.raises(ValueError, match="holes must be False for labels"):
        imgproc.remove_small(labels, size=2, holes=True)
    with pytest.raises(TypeError, match="mask must be of bool or integers, got float64"):
        imgproc.remove_small(labels * 1.0, size=2)


# --- skeletons --------------------------------------------------------------------------------------------------------


def test_skeletons_are_their_definitions() -> None:
    shapes = [blobs((40, 47), seed, 2) for seed in range(3)]
    for mask in (*shapes, *MASKS):
        np.testing.assert_array_equal(imgproc.skeletonize(mask), morphology.thin(mask))
    for mask in shapes:
        found = imgproc.skeletonize(mask, method="zhang_suen")
        np.testing.assert_array_equal(found, slow.thin(mask, (slow.zhang_suen(0), slow.zhang_suen(1))))


def test_a_skeleton_keeps_parts_and_holes() -> None:
    for seed in range(3):
        mask = blobs((70, 80), seed, 2)
        thin = imgproc.skeletonize(mask)
        assert morphology.label(thin, connectivity=2).max() == morphology.label(mask, connectivity=2).max()
        outside = [morphology.label(np.pad(~part, 1, constant_values=True), connectivity=1) for part in (thin, mask)]
        assert outside[0].max() == outside[1].max()
        assert not (thin & ~mask).any()


# --- maxima -----------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("radius", [1, 2, 5])
def test_maxima_are_their_definition(dtype: np.dtype, radius: int) -> None:
    for seed in range(3):
        image = waves(dtype, (30, 34), seed)
        top = imgproc.local_maxima(image, radius=radius)
        np.testing.assert_array_equal(top, slow.local_maxima(image, radius=radius))
        found = imgproc.local_maxima(image, radius=radius, threshold=0.5)
        np.testing.assert_array_equal(found, slow.local_maxima(image, radius=radius, threshold=0.5))


@every_dtype
def test_maxima_of_scikit_image(dtype: np.dtype) -> None:
    image = waves(dtype, (80, 90))
    np.testing.assert_array_equal(imgproc.local_maxima(image) > 0, morphology.local_maxima(image))
    smooth = ndimage.gaussian_filter(np.random.default_rng(8).random((80, 90)), 1)  # no two pixels are equal
    places = feature.peak_local_max(smooth, min_distance=4, exclude_border=False)
    expected = np.zeros(smooth.shape, bool)
    expected[tuple(places.T)] = True
    np.testing.assert_array_equal(imgproc.local_maxima(smooth, radius=4) > 0, expected)


def test_nan_is_no_maximum_and_a_constant_has_none() -> None:
    image = np.array([[1.0, np.nan, 3.0, 2.0]])
    assert imgproc.local_maxima(image).tolist() == [[1, 0, 2, 0]]
    assert not imgproc.local_maxima(np.full((6, 7), 9, np.uint8)).any()
    assert not imgproc.local_maxima(np.full((6, 7), np.nan)).any()


def test_touching_discs_come_apart() -> None:
    y, x = np.mgrid[:60, :90]
    centers = ((22, 20), (34, 43), (25, 68))
    mask = np.any([(y - cy) ** 2 + (x - cx) ** 2 <= 14**2 for cy, cx in centers], axis=0)
    assert imgproc.connected_components(mask).max() == 1
    distance = imgproc.distance_transform(mask)
    labels = imgproc.watershed(-distance, imgproc.local_maxima(distance, radius=7), mask=mask)
    assert labels.max() == 3
    assert sorted(labels[cy, cx] for cy, cx in centers) == [1, 2, 3]


# --- hulls and labels -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corners", ["sides", "centers"])
def test_hulls_are_their_definition_and_scikit_images(corners: str) -> None:
    rng = np.random.default_rng(6)
    masks = [rng.random((15, 18)) < share for share in (0.01, 0.02, 0.05) for _ in range(6)]
    for mask in (*masks, *MASKS):
        found = imgproc.convex_hull(mask, corners=corners)
        if mask.size < 300:
            np.testing.assert_array_equal(found, slow.convex_hull(mask, corners))
        if mask.any() and min(mask.shape) > 1 and corners == "sides":
            np.testing.assert_array_equal(found, morphology.convex_hull_image(mask))
        np.testing.assert_array_equal(imgproc.convex_hull(found, corners="centers"), found)


def test_labels_grow_to_the_nearest() -> None:
    rng = np.random.default_rng(7)
    labels = np.where(rng.random((50, 60)) < 0.01, rng.integers(1, 90, (50, 60)), 0)
    for distance, dtype in ((0, np.uint8), (1, np.int64), (4.5, np.int32), (100, np.uint16)):
        found = imgproc.expand_labels(labels.astype(dtype), distance=distance)
        assert found.dtype == dtype
        theirs = segmentation.expand_labels(labels, distance)
        np.testing.assert_array_equal(found > 0, theirs > 0)
        assert np.mean(found != theirs) < 0.01  # of pixels as near to two
    assert not imgproc.expand_labels(np.zeros((4, 5), int), distance=3).any()
    for distance in (1, 5.2, 64, 70):  # another way from 64 on, with the same choice of two labels as near
        chosen = imgproc.distance_transform(labels == 0, result="nearest")
        y, x = np.indices(labels.shape)
        near = ((chosen - (y, x)) ** 2).sum(axis=0) <= distance**2
        expected = np.where(near, labels[tuple(chosen)], labels)
        np.testing.assert_array_equal(imgproc.expand_labels(labels, distance=distance), expected)


@pytest.mark.parametrize("mode", ["thick", "inner", "outer"])
@pytest.mark.parametrize("connectivity", [4, 8])
def test_boundaries_are_scikit_images(mode: str, connectivity: int) -> None:
    labels = morphology.label(blobs(), connectivity=1)
    # Of int64, scikit-image compares labels as floats with the largest one.
    touching = np.random.default_rng(9).integers(0, 4, (13, 17)).repeat(3, 0).repeat(3, 1).astype(np.int32)
    for given in (labels.astype(np.int32), touching, touching.astype(np.uint8), np.zeros((4, 4), int)):
        found = imgproc.find_boundaries(given, mode=mode, connectivity=connectivity)
        theirs = segmentation.find_boundaries(given, connectivity=connectivity // 4, mode=mode)
        np.testing.assert_array_equal(found, theirs)
    mask = blobs()
    found = imgproc.find_boundaries(mask, mode="inner", connectivity=connectivity)
    np.testing.assert_array_equal(
        found, segmentation.find_boundaries(mask, connectivity=connectivity // 4, mode="inner")
    )
