"""Descriptors against definitions in float64 and scikit-image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.spectra import forget_filters_of_gist
from helpers.vocabulary import DTYPES
from oracles import describe as naive
from oracles.plain import full_scale
from skimage import feature, measure

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def of_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)


# --- GIST -------------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("masked", [False, True])
def test_gist_definition(photo: np.ndarray, dtype: np.dtype, masked: bool) -> None:
    image = of_dtype(photo[:, :96] / 255, dtype)
    mask = np.indices(image.shape[:2]).sum(axis=0) > 70 if masked else None
    options = {"blocks": 3, "orientations": (6, 4), "size": (48, 64), "mask": mask}
    found, exact = imgproc.gist(image, **options), naive.gist(image, **options)
    assert found.shape == (90,)
    np.testing.assert_allclose(found, exact, rtol=2e-3, atol=1e-5)


def test_gist_sees_directions_and_scales() -> None:
    y, x = np.indices((64, 64))
    for scale, frequency in enumerate((0.3, 0.3 / 1.85)):
        for direction, along in enumerate((x, x - y, y, x + y)):
            wave = 0.5 + 0.3 * np.sin(2 * np.pi * frequency * along / (1 if direction % 2 == 0 else np.sqrt(2)))
            energy = imgproc.gist(wave, blocks=1, orientations=(4, 4), size=(64, 64)).reshape(2, 4)
            assert np.unravel_index(energy.argmax(), (2, 4)) == (scale, direction)


def test_gist_sees_where(photo: np.ndarray) -> None:
    image = np.full((64, 64), 0.5)
    image[:16, 48:] += np.random.default_rng(1).random((16, 16)) / 3
    energy = imgproc.gist(image, size=(64, 64)).reshape(20, 4, 4).sum(axis=0)
    assert np.unravel_index(energy.argmax(), (4, 4)) == (0, 3)
    flipped = imgproc.gist(image[::-1], size=(64, 64)).reshape(20, 4, 4).sum(axis=0)
    np.testing.assert_allclose(flipped[::-1], energy, rtol=0.02, atol=1e-4)


def test_gist_in_a_mask(photo: np.ndarray) -> None:
    mask = np.ones(photo.shape[:2], bool)
    mask[:49, :66] = False
    hole = np.array(photo)
    hole[~mask] = np.random.default_rng(1).integers(0, 256, hole[~mask].shape)
    found = imgproc.gist(hole, mask=mask)
    assert np.array_equal(found, imgproc.gist(photo, mask=mask))
    assert (found.reshape(20, 4, 4)[:, 0, 0] == 0).all()
    spoilt = photo / 255
    spoilt[~mask] = np.nan
    np.testing.assert_allclose(imgproc.gist(spoilt), found, atol=1e-6)
    with pytest.raises(ValueError, match="image must have a finite pixel"):
        imgproc.gist(np.full((4, 4), np.nan))


def test_gist_of_a_constant_is_nothing() -> None:
    assert abs(imgproc.gist(np.full((9, 9), 0.3))).max() < 1e-4


@every_dtype
def test_gist_asks_nothing_of_numpys_settings(photo: np.ndarray, dtype: np.dtype) -> None:
    image = of_dtype(photo / 255, dtype)
    image[:9] = image[0, 0] * 0 + dtype.type(1e-30 if dtype.kind == "f" else 1)
    forget_filters_of_gist()
    with np.errstate(all="raise"):
        found = imgproc.gist(image)
    assert np.array_equal(found, imgproc.gist(image))


# --- HOG --------------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize(("ours", "theirs"), [("l2_hys", "L2-Hys"), ("l2", "L2"), ("l1", "L1"), ("l1_sqrt", "L1-sqrt")])
def test_hog_is_scikit_images(photo: np.ndarray, dtype: np.dtype, ours: str, theirs: str) -> None:
    image = of_dtype(photo / 255, dtype)
    found = imgproc.hog(image, orientations=6, cell=(7, 9), block=(2, 3), normalization=ours)
    # Whole levels over a power of two are exact: of channels with equal gradients the first counts.
    levels = image.astype(np.float64) / (full_scale(dtype) + (dtype.kind == "u"))
    expected = feature.hog(levels, 6, (7, 9), (2, 3), theirs, feature_vector=False, channel_axis=-1)
    assert found.shape == (12, 12, 2, 3, 6)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype.kind == "u" else 1e-6, atol=1e-6)


def test_hog_knows_the_direction() -> None:
    image = np.tile(np.arange(32.0) / 32, (32, 1))
    found = imgproc.hog(image)
    assert (found.argmax(axis=-1) == 0).all()
    assert (imgproc.hog(np.ascontiguousarray(image.T)).argmax(axis=-1) == 4).all()


@pytest.mark.parametrize("orientations", [1, 2, 4, 8, 31, 36, 180])
def test_hog_of_any_number_of_directions_is_scikit_images(rng, orientations: int) -> None:
    """Small whole levels have gradients at 45 and 90 degrees exactly, where bins begin."""
    image = rng.integers(0, 4, (40, 33)).astype(np.uint8)
    found = imgproc.hog(image, orientations=orientations, cell=(20, 11), block=(1, 2), normalization="l1")
    expected = feature.hog(image / 256, orientations, (20, 11), (1, 2), "L1", feature_vector=False)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_hog_keeps_what_is_not_finite_in_its_blocks(photo: np.ndarray) -> None:
    image = photo[:64, :64] / 255
    clean = imgproc.hog(image, block=(1, 1))
    image[20, 30, 1] = np.nan
    found = imgproc.hog(image, block=(1, 1))
    spoilt = np.zeros((8, 8), bool)
    spoilt[2, 3] = True
    assert np.isnan(found[spoilt]).all()
    assert np.array_equal(found[~spoilt], clean[~spoilt])


@pytest.mark.parametrize("shape", [(15, 40), (40, 15), (3, 3), (0, 0, 3), (0, 40)])
def test_hog_refuses_an_image_smaller_than_a_block(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"image must have at least \(h, w\) = \(16, 16\), .* got \(\d+, \d+\)"):
        imgproc.hog(np.zeros(shape, np.uint8))
    assert imgproc.hog(np.zeros((16, 16), np.uint8)).shape == (1, 1, 2, 2, 9)


# --- LBP --------------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("method", ["basic", "rotation_invariant", "uniform"])
@pytest.mark.parametrize(("radius", "points"), [(1, 8), (2, 12), (3, 5)])
@pytest.mark.parametrize("shape", [(12, 17), (4, 5, 2)])
def test_lbp_definition(dtype: np.dtype, method: str, radius: int, points: int, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).random(shape)
    values[:3, :3] = 0.5
    image = of_dtype(values, dtype)
    options = {"radius": radius, "points": points, "method": method}
    assert np.array_equal(imgproc.lbp(image, **options), naive.lbp(image, **options))


@pytest.mark.parametrize(
    ("ours", "theirs"), [("basic", "default"), ("rotation_invariant", "ror"), ("uniform", "uniform")]
)
def test_lbp_is_scikit_images(grey_photo: np.ndarray, ours: str, theirs: str) -> None:
    for radius, points in ((1, 8), (2, 16), (3, 10)):
        found = imgproc.lbp(grey_photo, radius=radius, points=points, method=ours)
        expected = feature.local_binary_pattern(grey_photo, points, radius, theirs)
        inside = np.s_[radius:-radius, radius:-radius]
        assert np.mean(found[inside] != expected[inside]) < 0.02  # equal neighbours, whose mean it rounds below them


@pytest.mark.parametrize(("radius", "points"), [(1, 8), (2, 12), (3, 24)])
def test_a_level_added_changes_no_lbp(rng: Any, radius: int, points: int) -> None:
    """Few levels, so that samples tie with their pixels, against whole-number arithmetic."""
    for levels in (2, 3, 9):
        small = rng.integers(0, levels, (24, 25)).astype(np.int64)
        exact = naive.exact_lbp(small, radius=radius, points=points)
        for dtype, steps in ((np.uint8, (0, 1, 7, 240)), (np.uint16, (0, 1, 7, 60_000)), (np.float64, (0, 1, 7, 240))):
            for k in steps:
                found = imgproc.lbp((small + k).astype(dtype), radius=radius, points=points)
                np.testing.assert_array_equal(found, exact, err_msg=f"{levels} levels, {dtype.__name__} + {k}")
        for k in (0, 1, 7):
            found = imgproc.lbp((small / 9 + k).astype(np.float32), radius=radius, points=points)
            np.testing.assert_array_equal(found, exact)


def test_a_sample_that_equals_its_pixel_counts() -> None:
    tie = np.array([[6, 0, 3], [0, 2, 3], [2, 4, 7]], np.uint8)  # the sample to the lower left is 2 exactly
    for k in (0, 1, 7, 100, 248):
        assert imgproc.lbp(tie + np.uint8(k))[1, 1] == 235
        assert feature.local_binary_pattern(tie + np.uint8(k), 8, 1)[1, 1] == 235


def test_lbp_at_the_ends() -> None:
    assert (imgproc.lbp(np.full((5, 6), 0.3), points=7, radius=2) == 127).all()
    image = np.full((7, 7), 0.5)
    image[3, 3] = np.nan
    found = imgproc.lbp(image)
    assert found[3, 3] == 0
    assert found[0, 0] == 255
    assert imgproc.lbp(np.zeros((4, 4), np.uint8), border="constant", fill=1.0).min() == 255


def test_rotation_invariance(grey_photo: np.ndarray) -> None:
    found = imgproc.lbp(grey_photo, method="rotation_invariant", points=4, border="reflect")
    turned = imgproc.lbp(np.rot90(grey_photo), method="rotation_invariant", points=4, border="reflect")
    assert np.array_equal(np.rot90(found), turned)


# --- regions ----------------------------------------------------------------------------------------------------------


def test_region_properties_by_hand() -> None:
    labels = np.zeros((12, 20), np.int32)
    labels[2:5, 3:10] = 4
    labels[3, 5] = 0
    labels[7:11, 12:14] = 9
    image = np.stack((labels, 2 * labels), axis=-1).astype(np.uint8)
    found = imgproc.region_properties(labels, image=image)
    assert found["label"].tolist() == [4, 9]
    assert found["area"].tolist() == [20, 8]
    assert found["box"].tolist() == [[3, 2, 10, 5], [12, 7, 14, 11]]
    np.testing.assert_allclose(found["center"][1], (13, 9))
    np.testing.assert_allclose(found["angle"], (0, 90), atol=6)
    assert found["holes"].tolist() == [1, 0]
    assert found["mean"].tolist() == [[4, 8], [9, 18]]
    assert found["solidity"].tolist() == [20 / 21, 1]


@pytest.mark.parametrize("angle", [-80, -30, 0, 20, 45, 75, 90])
def test_angles_are_as_seen(angle: int) -> None:
    y, x = np.indices((81, 81)) - 40
    turn = np.radians(angle)
    along, across = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    labels = ((along / 35) ** 2 + (across / 10) ** 2 < 1).astype(np.int32)
    found = imgproc.region_properties(labels)
    apart = (found["angle"][0] - angle + 90) % 180 - 90
    assert abs(apart) < 0.5
    assert -90 < found["angle"][0] <= 90
    assert found["major_axis"][0] == pytest.approx(70, rel=0.02)
    assert found["minor_axis"][0] == pytest.approx(20, rel=0.05)


def test_region_properties_are_scikit_images(photo: np.ndarray) -> None:
    labels = imgproc.superpixels(photo, count=30)
    found = imgproc.region_properties(labels, image=photo, background=-1)
    names = ("area", "area_convex", "centroid", "perimeter", "eccentricity", "intensity_mean")
    expected = measure.regionprops_table(labels + 1, photo, names)
    np.testing.assert_allclose(found["area"], expected["area"])
    np.testing.assert_allclose(found["convex_area"], expected["area_convex"])
    np.testing.assert_allclose(found["center"][:, 1], expected["centroid-0"] + 0.5)
    np.testing.assert_allclose(found["perimeter"], expected["perimeter"])
    np.testing.assert_allclose(found["eccentricity"], expected["eccentricity"])
    np.testing.assert_allclose(found["mean"][:, 2], expected["intensity_mean-2"])
    assert np.array_equal(found["label"], np.arange(labels.max() + 1))


def test_no_regions() -> None:
    found = imgproc.region_properties(np.zeros((5, 6), np.uint8), image=np.zeros((5, 6, 3)))
    assert found["label"].size == 0
    assert found["box"].shape == (0, 4)
    assert found["mean"].shape == (0, 3)
    every = imgproc.region_properties(np.zeros((5, 6), np.uint8), background=None)
    assert every["area"].tolist() == [30]
    line = imgproc.region_properties(np.array([[5, 0, 5, 0, 5, 5]]))
    assert (line["area"].tolist(), line["convex_area"].tolist()) == ([4], [6])


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
def test_all_regions_of_anything_are_scikit_images(rng, dtype: type) -> None:
    """Regions of several pieces, of holes and of lines; labels that are sorted, and labels that a table numbers."""
    for side, far in ((1, 1), (3, 1), (7, 10**12 if dtype == np.uint64 else 1)):
        cells = rng.integers(0, 4, (36 // side, 45 // side)).astype(dtype) * dtype(far)
        labels = np.kron(cells, np.ones((side, side), dtype))
        found = imgproc.region_properties(labels, background=far)
        names = ("area", "area_convex", "perimeter", "axis_major_length", "axis_minor_length", "eccentricity", "bbox")
        values, numbers = np.unique(labels, return_inverse=True)
        numbers = np.where(labels == far, 0, numbers.reshape(labels.shape) + 1)
        expected = measure.regionprops_table(numbers, properties=(*names, "euler_number", "orientation"))
        ours = ("area", "convex_area", "perimeter", "major_axis", "minor_axis", "eccentricity")
        for name, theirs in zip(ours, names[:-1], strict=True):
            np.testing.assert_allclose(found[name], expected[theirs], rtol=1e-9, atol=1e-6, err_msg=name)
        np.testing.assert_array_equal(found["box"], np.stack([expected[f"bbox-{k}"] for k in (1, 0, 3, 2)], axis=-1))
        np.testing.assert_array_equal(found["holes"], 1 - expected["euler_number"])
        np.testing.assert_array_equal(found["label"], values[values != far])
        apart = found["angle"] - np.degrees(expected["orientation"]) - 90
        assert abs(np.sin(np.radians(apart))).max() < 1e-6


def test_properties_are_those_that_are_named(photo: np.ndarray) -> None:
    labels = imgproc.connected_components(photo[:, :, 0] > 100)
    every = imgproc.region_properties(labels, image=photo)
    some = imgproc.region_properties(labels, image=photo, properties=("mean", "holes", "label", "angle"))
    assert list(some) == ["mean", "holes", "label", "angle"]
    for name, values in some.items():
        np.testing.assert_array_equal(values, every[name])
    assert imgproc.region_properties(labels, properties=[]) == {}


def test_a_round_region_has_the_angle_45_and_a_line_no_width() -> None:
    y, x = np.indices((301, 40))
    labels = ((x - 18) ** 2 + (y - 280) ** 2 < 15**2).astype(np.int16)
    labels[y == 3 * x + 1] = 7
    found = imgproc.region_properties(labels)
    assert found["angle"][0] == 45
    assert found["minor_axis"][1] == 0
    assert found["eccentricity"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("name", "args", "options", "error", "message"),
    [
        ("gist", (), {"orientations": 3}, TypeError, "orientations must be a sequence of integers"),
        ("gist", (), {"orientations": ()}, ValueError, "orientations must have at least one scale"),
        ("gist", (), {"orientations": (0,)}, ValueError, r"orientations\[0\] must be >= 1"),
        ("gist", (), {"size": (8, 64)}, ValueError, r"size\[0\] must be >= 16"),
        ("gist", (), {"blocks": 300}, ValueError, "blocks must be <= 256"),
        ("hog", (), {"normalization": "max"}, ValueError, "normalization must be one of"),
        ("hog", (), {"cell": 8}, TypeError, "cell must be a pair"),
        ("lbp", (), {"points": 25}, ValueError, "points must be <= 24"),
        ("region_properties", (np.zeros((4, 4)),), {}, TypeError, "labels must be integers, got float64"),
        ("region_properties", (np.zeros((4, 4, 1), int),), {}, ValueError, r"labels must have shape \(h, w\)"),
        ("region_properties", (np.zeros((4, 4), int),), {"properties": "area"}, TypeError, "a sequence of names"),
        (
            "region_properties",
            (np.zeros((4, 4), int),),
            {"properties": [3]},
            TypeError,
            r"properties\[0\] must be a name",
        ),
        ("region_properties", (np.zeros((4, 4), int),), {"properties": ["are"]}, ValueError, "must be one of 'label'"),
        (
            "region_properties",
            (np.zeros((4, 4), int),),
            {"properties": ["mean"]},
            ValueError,
            "'mean', which needs the",
        ),
    ],
)
def test_refusals(name: str, args: tuple[Any, ...], options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        getattr(imgproc, name)(*(args or (np.zeros((4, 4), np.uint8),)), **options)


def test_regions_and_image_fit() -> None:
    with pytest.raises(ValueError, match=r"image must have the \(h, w\) of labels"):
        imgproc.region_properties(np.zeros((4, 4), int), image=np.zeros((4, 5)))
