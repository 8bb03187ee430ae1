"""Segmentation: invariants of superpixels; thresholds and regions against definitions, OpenCV and scikit-image."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from helpers.pieces import in_small_pieces
from helpers.vocabulary import DTYPES
from oracles import segment as naive
from oracles.plain import full_scale
from scipy import ndimage
from skimage import filters, measure, segmentation

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def of_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values * full_scale(dtype)).astype(dtype)


def assert_numbered(labels: np.ndarray, valid: np.ndarray) -> None:
    """Connected, numbered from 0 in the order of rows, -1 outside."""
    assert labels.dtype == np.int32
    assert np.array_equal(labels >= 0, valid)
    assert labels[~valid].min(initial=-1) == -1
    found, first = np.unique(labels[valid], return_index=True)
    assert np.array_equal(found, np.arange(found.size))
    assert (np.diff(first) > 0).all()
    assert measure.label(labels + 1, connectivity=1).max() == found.size


# --- superpixels ------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("slico", [False, True])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_superpixels_are_connected_and_about_as_many(
    photo: np.ndarray, dtype: np.dtype, slico: bool, count: int
) -> None:
    image = of_dtype(photo / 255, dtype)
    labels = imgproc.superpixels(image, count=count, slico=slico)
    assert_numbered(labels, np.ones(image.shape[:2], bool))
    assert 0.5 * count <= labels.max() + 1 <= 1.6 * count
    sizes = np.bincount(labels.ravel())
    assert sizes.min() >= labels.size / count / 6


def test_superpixels_of_all_dtypes_are_alike(photo: np.ndarray) -> None:
    found = [imgproc.superpixels(of_dtype(photo / 255, dtype), count=40) for dtype in DTYPES]
    for labels in found[1:]:
        assert np.mean(labels == found[0]) > 0.95 or abs(int(labels.max()) - int(found[0].max())) <= 3


@pytest.mark.parametrize("slico", [False, True])
def test_superpixels_follow_colours_as_well_as_scikit_images(photo: np.ndarray, slico: bool) -> None:
    image = photo / 255

    def error(labels: np.ndarray) -> float:
        return float(((image - imgproc.mean_color_superpixels(image, labels)) ** 2).mean())

    theirs = segmentation.slic(image, 60, slic_zero=slico, start_label=0)
    ours = imgproc.superpixels(image, count=int(theirs.max()) + 1, slico=slico)
    assert error(ours) < 1.1 * error(theirs)


@pytest.mark.parametrize("slico", [False, True])
def test_superpixels_find_what_is_there(slico: bool) -> None:
    """Four flat squares: no superpixel crosses an edge."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[:30, 34:], image[30:, :34], image[30:, 34:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    labels = imgproc.superpixels(image, count=16, slico=slico)
    assert np.array_equal(imgproc.mean_color_superpixels(image, labels), image)


def test_compactness(photo: np.ndarray) -> None:
    def outline(compactness: float) -> int:
        return int(segmentation.find_boundaries(imgproc.superpixels(photo, count=40, compactness=compactness)).sum())

    assert outline(200.0) < outline(20.0) < outline(2.0)
    grid = imgproc.superpixels(np.full((40, 40), 9, np.uint8), count=16)
    assert np.array_equal(grid, np.arange(40)[:, None] // 10 * 4 + np.arange(40) // 10)


def test_slico_measures_colours_alike_in_every_direction() -> None:
    """Colours whose a and b change places, or their sign, have the distances that they had."""
    lab = np.empty((60, 60, 3))
    noise = np.random.default_rng(4).normal(size=lab.shape)
    lab[...] = (60.0, 0.0, 0.0) + noise * (0.5, 3.0, 6.0)
    lab[:, 25:, 1] += 12

    def labels(colours: np.ndarray) -> np.ndarray:
        return imgproc.superpixels(imgproc.lab_to_rgb(colours), count=16, slico=True)

    expected = labels(lab)
    for other in (lab[..., [0, 2, 1]], lab * (1, -1, 1), lab * (1, 1, -1)):
        assert (labels(other) == expected).mean() > 0.98


@pytest.mark.parametrize("slico", [False, True])
def test_superpixels_in_a_mask(photo: np.ndarray, slico: bool) -> None:
    y, x = np.indices(photo.shape[:2])
    ring = abs(np.hypot(y - 48, x - 65) - 30) < 9
    ring[:6, :6] = True
    labels = imgproc.superpixels(photo, count=30, mask=ring, slico=slico)
    assert_numbered(labels, ring)
    assert 18 <= labels.max() + 1 <= 50
    other = np.array(photo)
    other[~ring] = 255 - other[~ring]
    # Only seeds at the very edge see beyond it, when they look for the least gradient.
    assert imgproc.superpixels(other, count=30, mask=ring, slico=slico).max() == pytest.approx(labels.max(), abs=4)
    single = np.zeros(photo.shape[:2], bool)
    single[50, 60] = True
    assert imgproc.superpixels(photo, count=30, mask=single)[50, 60] == 0


def test_superpixels_leave_out_what_is_not_finite(photo: np.ndarray) -> None:
    image = photo / 255
    image[40:50, 60:80, 1] = np.nan
    image[3, 3] = np.inf
    assert_numbered(imgproc.superpixels(image, count=20), np.isfinite(image).all(axis=2))
    assert (imgproc.superpixels(np.full((5, 6), np.nan)) == -1).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (5, 200)])
def test_superpixels_of_thin_images(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    for count in (1, 5, 10_000):
        assert_numbered(imgproc.superpixels(image, count=count), np.ones(shape, bool))


@every_dtype
@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3)])
def test_mean_colors(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    image, labels = of_dtype(rng.random(shape), dtype), rng.integers(-1, 6, shape[:2])
    found, exact = imgproc.mean_color_superpixels(image, labels), naive.mean_color_superpixels(image, labels)
    np.testing.assert_allclose(found, exact, atol=0.5 if dtype.kind == "u" else 1e-7)
    assert np.array_equal(imgproc.mean_color_superpixels(image, labels * 10**9), found)
    assert np.array_equal(found[labels < 0], image[labels < 0])


def test_mean_colors_are_over_finite_values() -> None:
    image = np.array([[0.0, 1.0, np.nan], [3.0, np.inf, 7.0]])
    found = imgproc.mean_color_superpixels(image, np.array([[0, 0, 0], [1, 1, 1]], np.uint8))
    np.testing.assert_array_equal(found, [[0.5, 0.5, np.nan], [5.0, np.inf, 5.0]])


# --- thresholds -------------------------------------------------------------------------------------------------------


@every_dtype
def test_otsu_definition(dtype: np.dtype) -> None:
    rng = np.random.default_rng(2)
    for k in range(5):
        values = np.concatenate((rng.normal(0.3, 0.1, 40), rng.normal(0.7, 0.08, 20 + 10 * k))).clip(0, 1)
        image = of_dtype(values.reshape(-1, 10), dtype)
        assert imgproc.otsu_threshold(image) == pytest.approx(naive.otsu_threshold(image), abs=1e-12)
        mask = np.arange(image.size).reshape(image.shape) % 3 > 0
        assert imgproc.otsu_threshold(image, mask=mask) == pytest.approx(
            naive.otsu_threshold(image, mask=mask), abs=1e-12
        )


@pytest.mark.parametrize("name", ["camera", "coins", "page", "moon"])
def test_otsu_is_scikit_images_and_opencvs(name: str, photos: Any) -> None:
    image = photos(name)
    found = imgproc.otsu_threshold(image) * 255
    assert found == filters.threshold_otsu(image)
    assert found == cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)[0]


def test_otsu_at_the_ends(photo: np.ndarray) -> None:
    assert imgproc.otsu_threshold(np.full((4, 4), 51, np.uint8)) == 0.2
    assert imgproc.otsu_threshold(np.array([[0.25, np.nan, 0.75, np.inf]])) == 0.25
    assert imgproc.otsu_threshold(photo) == imgproc.otsu_threshold(imgproc.rgb_to_gray(photo))
    with pytest.raises(ValueError, match="image must have a finite pixel"):
        imgproc.otsu_threshold(np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="image must have at least one pixel"):
        imgproc.otsu_threshold(np.zeros((0, 4)))


@every_dtype
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_multi_otsu_definition(dtype: np.dtype, classes: int) -> None:
    values = np.random.default_rng(classes).choice(np.linspace(0, 1, 14), 60).reshape(6, 10) ** 2
    image = of_dtype(values, dtype)
    np.testing.assert_allclose(
        imgproc.multi_otsu(image, classes=classes), naive.multi_otsu(image, classes=classes), atol=1e-12
    )


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_multi_otsu_is_scikit_images(classes: int, photos: Any) -> None:
    image = photos("camera")
    found = imgproc.multi_otsu(image, classes=classes) * 255
    assert np.array_equal(np.rint(found), filters.threshold_multiotsu(image, classes))


def test_multi_otsu_at_the_ends(photos: Any) -> None:
    assert imgproc.multi_otsu(np.full((4, 4), 51, np.uint8), classes=4).tolist() == [0.2] * 3
    assert imgproc.multi_otsu(np.array([[0.0, 0.5, 1.0]]), classes=5).tolist() == [0.0, 0.5, 0.5, 0.5]
    image = photos("camera")
    fine = image / 255 + np.random.default_rng(1).random(image.shape) / 2550
    np.testing.assert_allclose(imgproc.multi_otsu(fine, classes=3), imgproc.multi_otsu(image, classes=3), atol=3 / 255)


def three_heaps(dtype: Any) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(m, 0.03, 1000) for m in (0.2, 0.5, 0.8)]).reshape(60, 50).astype(dtype)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("outlier", [-9999.0, 1e4, 1e10, -1e10, 3.4e38, -3.4e38])
@pytest.mark.parametrize("in_groups", [False, True])
def test_an_outlier_is_one_class_and_the_others_are_as_before(monkeypatch, dtype, outlier, in_groups) -> None:
    image = three_heaps(dtype)
    exact = imgproc.multi_otsu(image, classes=3)
    if in_groups:
        in_small_pieces(monkeypatch, "levels in groups")
    image[0, 0] = outlier
    found = imgproc.multi_otsu(image, classes=4)
    low, *high = found if outlier < 0 else found[::-1]
    assert low == image[0, 0] if outlier < 0 else low == np.sort(image.ravel())[-2]
    np.testing.assert_allclose(sorted(high), exact, atol=0.01 if in_groups else 1e-3)
    for classes in range(2, 20):
        thresholds = imgproc.multi_otsu(image, classes=classes)
        assert np.unique(np.searchsorted(thresholds, image.ravel())).size == classes  # none is empty


@pytest.mark.parametrize("classes", [3, 5])
def test_groups_of_levels_are_about_as_good_as_levels(monkeypatch, classes: int) -> None:
    image = three_heaps("f8")

    def rest(thresholds: np.ndarray) -> float:
        of = np.searchsorted(thresholds, image.ravel())
        return sum(np.var(image.ravel()[of == k]) * (of == k).sum() for k in range(classes))

    exact = imgproc.multi_otsu(image, classes=classes)
    in_small_pieces(monkeypatch, "levels in groups")
    found = imgproc.multi_otsu(image, classes=classes)
    assert rest(exact) <= rest(found) < 1.005 * rest(exact)


@pytest.mark.parametrize("classes", [2, 3, 4, 5])
def test_the_lowest_of_equally_good_thresholds_in_every_dtype(classes: int) -> None:
    y, x = np.indices((40, 60))
    for levels in (x, 4 * x, x + 2 * y, np.where(x > 30, 200, 20), 200 - x - y):
        thresholds = [
            imgproc.multi_otsu(
                (levels / 255 * full_scale(dtype) + (0.1 if dtype.kind == "u" else 0)).astype(dtype), classes=classes
            )
            for dtype in DTYPES
        ]
        for found in thresholds[1:]:
            np.testing.assert_allclose(found, thresholds[0], rtol=1e-6)
        single = imgproc.multi_otsu(levels.astype(np.uint8), classes=2)
        assert single[0] == imgproc.otsu_threshold(levels.astype(np.uint8))
    ramp = np.arange(5, dtype=np.uint8)[None]  # 0 1 | 2 3 4 is as good as 0 1 2 | 3 4
    assert imgproc.otsu_threshold(ramp) == 1 / 255
    assert imgproc.multi_otsu(np.arange(4, dtype=np.uint8)[None], classes=3).tolist() == [0, 1 / 255]


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_nothing_is_above_the_threshold_of_a_constant(dtype: str) -> None:
    for level in range(0, np.iinfo(dtype).max + 1, 1 if dtype == "u1" else 101):
        image = np.full((2, 2), level, dtype)
        assert not imgproc.threshold(image, level=imgproc.otsu_threshold(image)).any(), level
        image[0, 0] = max(level - 1, 0)
        white = imgproc.threshold(image, level=imgproc.otsu_threshold(image)) > 0
        assert np.array_equal(white, image > image.min()), level


@every_dtype
@pytest.mark.parametrize("method", ["mean", "gaussian", "sauvola", "niblack"])
@pytest.mark.parametrize("shape", [(19, 23), (12, 9, 3)])
def test_adaptive_definition(dtype: np.dtype, method: str, shape: tuple[int, ...]) -> None:
    image = of_dtype(np.random.default_rng(3).random(shape), dtype)
    options = {"radius": 3, "method": method, "k": 0.3, "offset": 0.021}
    found, level = imgproc.adaptive_threshold(image, **options), naive.adaptive_level(image, **options)
    clear = abs(image - level) > 1e-5 * full_scale(dtype)
    assert clear.mean() > 0.99
    assert np.array_equal(found[clear], (image > level)[clear])


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("radius", [1, 7, 20])
@pytest.mark.parametrize("offset", [0, 51, -3])
def test_a_mean_of_integers_is_compared_exactly(rng, dtype: str, radius: int, offset: int) -> None:
    """Levels one apart, so that means are close to them, against sums of whole numbers."""
    full = np.iinfo(dtype).max
    image = (rng.random((41, 43)) < 0.02).astype(np.int64) * -1 + full - 7
    side = 2 * radius + 1
    around = np.lib.stride_tricks.sliding_window_view(np.pad(image, radius, mode="symmetric"), (side, side))
    expected = side * side * (image + offset) > around.sum(axis=(2, 3))
    found = imgproc.adaptive_threshold(image.astype(dtype), radius=radius, offset=offset / full)
    np.testing.assert_array_equal(found, expected)


@every_dtype
@pytest.mark.parametrize("method", ["mean", "gaussian", "niblack"])
@pytest.mark.parametrize("radius", [1, 2, 5, 12])
def test_nothing_in_a_constant_is_above_its_neighbourhood(dtype: np.dtype, method: str, radius: int) -> None:
    for level in range(0, 256, 5):
        image = of_dtype(np.full((20, 21), level / 255), dtype)
        assert not imgproc.adaptive_threshold(image, radius=radius, method=method).any(), level
        if dtype.kind == "f":
            assert not imgproc.adaptive_threshold(-image, radius=radius, method=method).any(), level
            assert not imgproc.adaptive_threshold(image + dtype.type(1000), radius=radius, method=method).any(), level


def test_adaptive_is_scikit_images_and_opencvs(photos: Any) -> None:
    image = photos("page")
    sauvola = image > filters.threshold_sauvola(image, 31, k=0.2)
    niblack = image > filters.threshold_niblack(image, 31, k=0.2)
    assert (
        np.mean(imgproc.adaptive_threshold(image, radius=15, method="niblack", border="reflect_101") != niblack) < 1e-3
    )
    assert (
        np.mean(imgproc.adaptive_threshold(image, radius=15, method="sauvola", border="reflect_101") != sauvola) < 1e-3
    )
    for method, number in (("mean", cv2.ADAPTIVE_THRESH_MEAN_C), ("gaussian", cv2.ADAPTIVE_THRESH_GAUSSIAN_C)):
        theirs = cv2.adaptiveThreshold(image, 1, number, cv2.THRESH_BINARY, 31, 10) > 0
        found = imgproc.adaptive_threshold(image, radius=15, method=method, offset=10 / 255, border="replicate")
        assert np.mean(found != theirs) < 0.01  # it rounds the mean


# --- regions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("shape", [(40, 50), (1, 32), (30, 1), (97, 3), (9, 64)])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_components_are_scikit_images(connectivity: int, shape: tuple[int, int], share: float) -> None:
    mask = np.random.default_rng(1).random(shape) < share
    expected = measure.label(mask, connectivity=1 if connectivity == 4 else 2)
    found = imgproc.connected_components(mask, connectivity=connectivity)
    assert found.dtype == np.int32
    assert np.array_equal(found, expected)
    assert np.array_equal(
        imgproc.connected_components(mask[::-1, ::-1], connectivity=connectivity) > 0, mask[::-1, ::-1]
    )


def test_components_at_the_ends() -> None:
    assert imgproc.connected_components(np.zeros((0, 5), bool)).shape == (0, 5)
    assert not imgproc.connected_components(np.zeros((3, 5), bool)).any()
    assert (imgproc.connected_components(np.ones((3, 5), bool)) == 1).all()


@every_dtype
@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_watershed_is_its_definition(rng, dtype, connectivity, lines, masked) -> None:
    cases = ((19, 23), 6, 5), ((12, 9), 3, 200), ((1, 14), 2, 3), ((7, 1), 1, 2), ((30, 31), 40, 30)
    for size, seeds, heights in cases:
        image = of_dtype(rng.integers(0, heights, size) / heights, dtype)
        image = image - dtype.type(0.3) if dtype.kind == "f" else image  # signs, and -0
        markers = np.zeros(size, np.int64)
        markers.reshape(-1)[rng.choice(markers.size, seeds)] = rng.integers(1, 9, seeds)
        options = {"connectivity": connectivity, "lines": lines, "mask": rng.random(size) < 0.8 if masked else None}
        found = imgproc.watershed(image, markers, **options)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, naive.watershed(image, markers, **options))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_watershed_is_scikit_images_where_nothing_ties(rng, dtype, connectivity) -> None:
    heights = rng.permutation(60 * 70).reshape(60, 70)
    image = heights.astype(dtype) if dtype == np.uint16 else (heights * 0.25 - 500).astype(dtype)
    markers = np.zeros((60, 70), np.int32)
    markers.reshape(-1)[rng.choice(4200, 25, replace=False)] = np.arange(1, 26)
    expected = segmentation.watershed(image, markers, connectivity=1 if connectivity == 4 else 2)
    np.testing.assert_array_equal(imgproc.watershed(image, markers, connectivity=connectivity), expected)


@every_dtype
@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize("masked", [False, True])
def test_watershed_is_scikit_images_on_plateaus_and_beside_pits(rng, dtype, connectivity, masked) -> None:
    """Few heights, so that pixels tie, and markers of different heights, so that the water meets places below it."""
    for heights in (1, 2, 3, 5, 9, 20, 60):
        for _ in range(6):
            image = rng.integers(0, heights, (24, 26)).astype(dtype)
            places = rng.permutation(image.size)
            places = places[np.unique(image.reshape(-1)[places], return_index=True)[1]][: rng.integers(1, 9)]
            markers = np.zeros(image.shape, np.int32)
            markers.reshape(-1)[places] = rng.permutation(places.size) + 1
            mask = (rng.random(image.shape) < 0.85) | (markers > 0) if masked else None
            expected = segmentation.watershed(image, markers, connectivity=connectivity // 4, mask=mask)
            found = imgproc.watershed(image, markers, connectivity=connectivity, mask=mask)
            np.testing.assert_array_equal(found, expected)


def test_the_water_never_falls() -> None:
    # Water from the hill on the left finds the pit when the lake on the right is as high, so they share it.
    image, markers = np.array([[9, 1, 1, 9, 5, 0]], np.uint8), np.array([[1, 0, 0, 0, 0, 2]])
    assert imgproc.watershed(image, markers).tolist() == [[1, 1, 2, 2, 2, 2]]


def test_lines_of_a_watershed_part_the_regions() -> None:
    y, x = np.indices((40, 50))
    image = (np.minimum(np.hypot(y - 12, x - 12), np.hypot(y - 28, x - 34)) / 60).astype(np.float32)
    markers = np.zeros((40, 50), np.int16)
    markers[12, 12], markers[28, 34] = 3, 1
    found = imgproc.watershed(image, markers, connectivity=8, lines=True)
    assert set(np.unique(found)) == {0, 1, 3}
    assert 30 < (found == 0).sum() < 90
    assert not (ndimage.binary_dilation(found == 1, np.ones((3, 3))) & (found == 3)).any()
    assert not imgproc.watershed(image, markers * 0).any()


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("superpixels", {"count": 0}, ValueError, "count must be >= 1, got 0"),
        ("superpixels", {"compactness": 0}, ValueError, "compactness must be > 0"),
        ("superpixels", {"slico": 1}, TypeError, "slico must be True or False, got 1"),
        ("superpixels", {"iterations": 0}, ValueError, "iterations must be >= 1"),
        ("mean_color_superpixels", {"labels": np.zeros((4, 4))}, TypeError, "labels must be integers, got float64"),
        ("mean_color_superpixels", {"labels": np.zeros((4, 5), int)}, ValueError, r"labels must have the \(h, w\)"),
        ("multi_otsu", {"classes": 1}, ValueError, "classes must be >= 2, got 1"),
        ("adaptive_threshold", {"radius": 1, "method": "wolf"}, ValueError, "method must be one of 'mean'"),
        ("watershed", {"markers": np.full((4, 4), -1)}, ValueError, "markers must be at least 0 and fit 32 bits"),
        ("watershed", {"markers": np.zeros((4, 4), int), "connectivity": 6}, ValueError, "connectivity must be 4 or 8"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        getattr(imgproc, name)(np.zeros((4, 4), np.uint8), **options)


def test_components_refuse() -> None:
    with pytest.raises(TypeError, match="mask must be bool, got uint8: write mask != 0"):
        imgproc.connected_components(np.zeros((3, 3), np.uint8))
    with pytest.raises(ValueError, match=r"mask must have shape \(h, w\), got"):
        imgproc.connected_components(np.zeros((3, 3, 1), bool))
    with pytest.raises(ValueError, match="connectivity must be 4 or 8, got 5"):
        imgproc.connected_components(np.zeros((3, 3), bool), connectivity=5)
    with pytest.raises(ValueError, match="image must have no NaN"):
        imgproc.watershed(np.full((3, 3), np.nan), np.zeros((3, 3), int))
