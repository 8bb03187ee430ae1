"""Warps, maps, sizes and moved pixels against OpenCV, SciPy, NumPy and a slow sampler."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st
from oracles import geometry as naive

import imgproc.geometry as geometry

HALF = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
"""From points counted from the centre of the first pixel, as OpenCV does, to ours."""

DTYPES = ["u1", "u2", "f4", "f8"]
BORDERS = ["constant", "replicate", "reflect", "reflect_101", "wrap"]
INTERPOLATIONS = ["nearest", "bilinear", "bicubic"]

AFFINE = np.array([[0.9, 0.35, -4.1], [-0.3, 1.1, 6.3], [0.0, 0.0, 1.0]])
PERSPECTIVE = np.array([[1.05, 0.2, -3.3], [-0.12, 0.95, 5.7], [0.001, -0.002, 1.0]])
MATRICES = {
    "affine": AFFINE,
    "perspective": PERSPECTIVE,
    "shrink": np.diag([0.4, 0.3, 1.0]),
    "enlarge": np.array([[2.2, 0, -20.2], [0, 1.7, -13.6], [0, 0, 1.0]]),
    "far away": np.array([[1, 0, 1e6], [0, 1, 0], [0, 0, 1.0]]),
}


def waves(dtype: str, size: tuple[int, int] = (53, 71), channels: int | None = 3) -> np.ndarray:
    """A smooth image over most of the range: neighbours differ by a few levels of 256."""
    x, y = naive.centres(size)
    planes = [np.sin(x / (6 + c)) * np.cos(y / (8 - c % 4)) * 0.45 + 0.5 for c in range(channels or 1)]
    values = np.stack(planes, -1) if channels else planes[0]
    image = values.astype(dtype) if dtype[0] == "f" else np.rint(values * np.iinfo(dtype).max).astype(dtype)
    image.flags.writeable = False
    return image


def assert_close(found: np.ndarray, expected: np.ndarray, where: np.ndarray | None = None, levels: float = 1) -> None:
    """Within a level, or within 1/4000 of full scale for images that have finer ones."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    tolerance = levels if found.dtype == np.uint8 else 16 * levels if found.dtype == np.uint16 else levels / 4000
    difference = np.abs(found.astype(float) - expected)
    if where is not None:
        difference = difference[where]
    assert difference.max(initial=0) <= tolerance


def inside(matrix: np.ndarray, h: int, w: int, margin: float, size: tuple[int, int] | None = None) -> np.ndarray:
    """Pixels of the result that come from the image's inside, away from its edge."""
    x, y = naive.project(np.linalg.inv(matrix), *naive.centres(size or (h, w)))
    return (x > margin) & (x < w - margin) & (y > margin) & (y < h - margin)


def settled(x: np.ndarray, y: np.ndarray, h: int, w: int, border: str, interpolation: str) -> np.ndarray:
    """Where float32 coordinates decide as exact ones do, and no border is met halfway through the taps."""
    seam = np.zeros(x.shape, bool)
    if border == "constant":
        seam |= np.minimum.reduce([np.abs(x), np.abs(x - w), np.abs(y), np.abs(y - h)]) < 1e-2
    if interpolation == "nearest":
        seam |= (np.abs(x - np.rint(x)) < 1e-3) | (np.abs(y - np.rint(y)) < 1e-3)
    if interpolation == "bicubic" and border not in ("constant", "wrap"):
        # Points are folded back into the image before taps are looked up, which then repeat its edge.
        seam |= (x < 2) | (x > w - 2) | (y < 2) | (y > h - 2)
    return ~seam


# --- warp -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_warp_is_the_slow_one(matrix: str, border: str, interpolation: str) -> None:
    m = MATRICES[matrix]
    if matrix == "far away" and border != "constant":
        pytest.skip("coordinates of a million have no fractions left in float32")
    image = waves("u1")
    options = {"border": border, "fill": (0.2, 0.9, 0.5), "interpolation": interpolation}
    where = settled(*naive.project(np.linalg.inv(m), *naive.centres((53, 71))), 53, 71, border, interpolation)
    assert_close(geometry.warp(image, m, **options), naive.warp(image, m, **options), where)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_warp_of_any_dtype_and_number_of_channels(dtype: str, channels: int | None, interpolation: str) -> None:
    image = waves(dtype, channels=channels)
    options = {"size": (60, 50), "border": "replicate", "interpolation": interpolation}
    x, y = naive.project(np.linalg.inv(PERSPECTIVE), *naive.centres((60, 50)))
    where = settled(x, y, 53, 71, "replicate", interpolation)
    found = geometry.warp(image, PERSPECTIVE, **options)
    assert_close(found, naive.warp(image, PERSPECTIVE, **options), where)


@pytest.mark.parametrize("matrix", ["affine", "perspective", "enlarge"])
@pytest.mark.parametrize("flag", ["bilinear", "bicubic"])
def test_warp_is_opencv_s_with_the_half_pixel(matrix: str, flag: str) -> None:
    m = MATRICES[matrix]
    theirs = np.linalg.inv(HALF) @ m @ HALF
    flags = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}[flag]
    for dtype in ("u1", "f4"):
        image = waves(dtype)
        expected = cv2.warpPerspective(image, theirs, (71, 53), flags=flags)
        assert_close(geometry.warp(image, m, interpolation=flag), expected, inside(m, 53, 71, 2.5), 3)


@pytest.mark.parametrize("order", [0, 1])
def test_warp_is_scipy_s(order: int) -> None:
    image = waves("f8", channels=None)
    x, y = naive.project(np.linalg.inv(PERSPECTIVE), *naive.centres((53, 71)))
    expected = scipy.ndimage.map_coordinates(image, [y - 0.5, x - 0.5], order=order)
    name = ["nearest", "bilinear"][order]
    found = geometry.warp(image, PERSPECTIVE, interpolation=name)
    where = inside(PERSPECTIVE, 53, 71, 1) & settled(x, y, 53, 71, "constant", name)
    assert_close(found, expected, where)


def test_a_matrix_is_known_up_to_a_factor() -> None:
    image = waves("u1")
    expected = geometry.warp(image, PERSPECTIVE)
    for factor in (4.0, -1.0, -0.25):
        np.testing.assert_array_equal(geometry.warp(image, factor * PERSPECTIVE), expected)


def test_two_rows_are_an_affine_map() -> None:
    image = waves("u1")
    expected = geometry.warp(image, AFFINE)
    np.testing.assert_array_equal(geometry.warp(image, AFFINE[:2]), expected)
    np.testing.assert_array_equal(geometry.warp(image, AFFINE[:2].tolist()), expected)


@pytest.mark.parametrize("interpolation", [*INTERPOLATIONS, "area"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_pixels_move_exactly(interpolation: str, dtype: str) -> None:
    image = waves(dtype)
    moved = geometry.warp(image, [[1, 0, 7], [0, 1, -3]], fill=0.0, interpolation=interpolation)
    expected = np.zeros_like(image)
    expected[:-3, 7:] = image[3:, :-7]
    np.testing.assert_array_equal(moved, expected)
    still = geometry.warp(image, np.eye(3), interpolation=interpolation)
    np.testing.assert_array_equal(still, image)
    assert not np.shares_memory(still, image)


def test_the_image_is_never_mixed_with_the_fill() -> None:
    white = np.full((20, 30), 255, np.uint8)
    for interpolation in INTERPOLATIONS:
        result = geometry.warp(white, AFFINE, interpolation=interpolation)
        assert set(np.unique(result)) <= {0, 255}


def test_what_lies_behind_the_horizon_is_outside() -> None:
    # The third coordinate is 0 on the line x = 90 of the result.
    pull = np.array([[1, 0, 0], [0, 1, 0], [-1 / 90, 0, 1.0]])
    image = np.full((40, 60), 0.5, np.float32)
    result = geometry.warp(image, np.linalg.inv(pull), size=(40, 200), fill=1.0)
    x, _ = naive.project(pull, *naive.centres((40, 200)))
    assert (result[:, 90:] == 1.0).all()
    assert (result[20, :30] == 0.5).all()
    assert (result[20][np.nan_to_num(x[20], nan=1e9) > 61] == 1.0).all()


def test_there_and_back() -> None:
    image = waves("f4", (120, 160))
    for m in (AFFINE, PERSPECTIVE):
        there = geometry.warp(image, m, border="reflect_101", interpolation="bicubic")
        back = geometry.warp(there, np.linalg.inv(m), interpolation="bicubic")
        where = inside(m, 120, 160, 3) & inside(np.linalg.inv(m), 120, 160, 3)
        assert where.mean() > 0.5
        assert np.abs(back - image)[where].max() < 0.01


def test_nan_reaches_no_further_than_the_taps() -> None:
    image = np.array(waves("f4"))
    image[20, 30] = np.nan
    x, y = naive.project(np.linalg.inv(AFFINE), *naive.centres((53, 71)))
    far = np.maximum(np.abs(x - 30.5), np.abs(y - 20.5))
    for interpolation, reach in (("nearest", 0.51), ("bilinear", 1.01), ("bicubic", 2.01)):
        nan = np.isnan(geometry.warp(image, AFFINE, interpolation=interpolation)).any(axis=-1)
        assert nan.any()
        assert not nan[far > reach].any()
        assert nan[far < reach - 0.52].all()


# --- remap ------------------------------------------------------------------------------------------------------------


def swirl(size: tuple[int, int], h: int, w: int) -> tuple[np.ndarray, np.ndarray]:
    """A map that leaves the image on all sides."""
    x, y = naive.centres(size)
    u, v = x / size[1], y / size[0]
    return w * (1.4 * u - 0.2 + 0.05 * np.sin(9 * v)), h * (1.4 * v - 0.2 + 0.05 * np.cos(7 * u))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("channels", [None, 2, 3, 4])
def test_remap_is_the_slow_one(border: str, interpolation: str, channels: int | None) -> None:
    x, y = swirl((37, 59), 53, 71)
    where = settled(x, y, 53, 71, border, interpolation)
    for dtype in DTYPES:
        image = waves(dtype, channels=channels)
        options = {"border": border, "fill": 0.3, "interpolation": interpolation}
        expected = naive.remap(image, x=x, y=y, **options)
        assert_close(geometry.remap(image, x=x, y=y, **options), expected, where)
        found = geometry.remap(image, x=x.astype("f4"), y=y.astype("f4"), **options)
        assert_close(found, expected, where)


@pytest.mark.parametrize("order", [0, 1])
def test_remap_is_scipy_s(order: int) -> None:
    image = waves("f8", channels=None)
    x, y = swirl((37, 59), 53, 71)
    name = ["nearest", "bilinear"][order]
    where = settled(x, y, 53, 71, "reflect", name)
    for ours, theirs in (
        ("reflect", "reflect"),
        ("replicate", "nearest"),
        ("wrap", "grid-wrap"),
        ("reflect_101", "mirror"),
    ):
        expected = scipy.ndimage.map_coordinates(image, [y - 0.5, x - 0.5], order=order, mode=theirs)
        near = where
        if order == 0 and ours == "reflect_101":  # rounded before or after it is mirrored
            near = where & (np.abs(np.mod(x, 1) - 0.5) < 0.49) & (np.abs(np.mod(y, 1) - 0.5) < 0.49)
        assert_close(geometry.remap(image, x=x, y=y, border=ours, interpolation=name), expected, near)


def test_remap_is_opencv_s_with_the_half_pixel() -> None:
    x, y = (v.astype("f4") for v in swirl((37, 59), 53, 71))
    where = (x > 2.5) & (x < 68.5) & (y > 2.5) & (y < 50.5)
    for name, flag in (("bilinear", cv2.INTER_LINEAR), ("bicubic", cv2.INTER_CUBIC)):
        image = waves("f4")
        expected = cv2.remap(image, x - 0.5, y - 0.5, flag)
        # OpenCV rounds coordinates to 1/32 of a pixel.
        assert np.abs(geometry.remap(image, x=x, y=y, interpolation=name) - expected)[where].max() < 0.005


def test_remap_of_pixel_centres_is_the_image() -> None:
    for dtype in DTYPES:
        image = waves(dtype)
        x, y = naive.centres(image.shape[:2])
        for interpolation in INTERPOLATIONS:
            found = geometry.remap(image, x=x, y=y, interpolation=interpolation)
            np.testing.assert_array_equal(found, image)
    whole = geometry.remap(image, x=x.astype(int), y=y.astype(int), interpolation="nearest")
    np.testing.assert_array_equal(whole, image)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_coordinates_that_are_no_numbers_get_the_fill(border: str, interpolation: str) -> None:
    image = waves("u1", (9, 9))
    wild = [np.nan, np.inf, -np.inf]
    x = np.array([[*wild, 4.5, *[4.5] * 3]])
    y = np.array([[*[4.5] * 3, 4.5, *wild]])
    for kind in (np.float64, np.float32):
        found = geometry.remap(
            image, x=x.astype(kind), y=y.astype(kind), border=border, fill=1.0, interpolation=interpolation
        )
        np.testing.assert_array_equal(found[0, 3], image[4, 4])
        assert (np.delete(found[0], 3, axis=0) == 255).all()


def test_huge_coordinates_stay_in_bounds() -> None:
    image = waves("u1", (9, 9))
    x = np.array([[1e9, -1e9, 3e38, -3e38, 1e20, 2.0**31]])
    for border in BORDERS:
        for interpolation in INTERPOLATIONS:
            found = geometry.remap(image, x=x, y=x[:, ::-1].copy(), border=border, interpolation=interpolation)
            assert found.shape == (1, 6, 3)


def test_maps_may_be_empty_and_of_any_size() -> None:
    image = waves("u1")
    assert geometry.remap(image, x=np.empty((0, 5)), y=np.empty((0, 5))).shape == (0, 5, 3)
    x = np.full((3, 5000), 10.5)
    found = geometry.remap(image, x=x, y=x)
    assert (found == image[10, 10]).all()


# --- resize -----------------------------------------------------------------------------------------------------------

SIZES = [(26, 35), (17, 11), (53, 71), (106, 142), (70, 30), (30, 90), (1, 1), (200, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("interpolation", [*INTERPOLATIONS, "area"])
def test_resize_is_the_slow_one(size: tuple[int, int], interpolation: str) -> None:
    for dtype in DTYPES:
        image = waves(dtype)
        found = geometry.resize(image, size=size, interpolation=interpolation)
        expected = naive.resize(image, size=size, interpolation=interpolation)
        levels = 1 if interpolation != "bicubic" else 2
        assert_close(found, expected, levels=levels)
        assert found.flags.c_contiguous


@pytest.mark.parametrize("channels", [None, 1, 2, 4, 5, 9])
@pytest.mark.parametrize("interpolation", [*INTERPOLATIONS, "area"])
def test_resize_of_any_number_of_channels(channels: int | None, interpolation: str) -> None:
    for dtype in DTYPES:
        image = waves(dtype, channels=channels)
        for size in ((20, 30), (60, 40)):
            expected = naive.resize(image, size=size, interpolation=interpolation)
            assert_close(geometry.resize(image, size=size, interpolation=interpolation), expected, levels=2)


def test_area_is_the_mean_of_blocks() -> None:
    image = np.random.default_rng(5).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    blocks = image.reshape(20, 3, 30, 3, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(geometry.resize(image, size=(20, 30)), np.rint(blocks).astype(np.uint8))


def test_enlarging_and_shrinking_again_is_the_image() -> None:
    image = waves("u1")
    large = geometry.resize(image, size=(159, 213), interpolation="nearest")
    np.testing.assert_array_equal(geometry.resize(large, size=(53, 71)), image)


# --- rotate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [-5, -2, -1, 0, 1, 2, 3, 4, 7])
def test_quarter_turns_move_whole_pixels(turns: int) -> None:
    for dtype in DTYPES:
        image = waves(dtype)
        np.testing.assert_array_equal(geometry.rotate(image, angle=90.0 * turns, fit=True), np.rot90(image, turns))
        square = image[:, :53]
        np.testing.assert_array_equal(geometry.rotate(square, angle=90.0 * turns), np.rot90(square, turns))


@pytest.mark.parametrize("angle", [-120.0, 15.0, 70.0])
def test_rotate_is_opencv_s(angle: float) -> None:
    image = waves("u1")
    m = cv2.getRotationMatrix2D((35.0, 26.0), angle, 1.0)
    expected = cv2.warpAffine(image, m, (71, 53))
    where = inside(HALF @ np.vstack([m, (0, 0, 1)]) @ np.linalg.inv(HALF), 53, 71, 1.5)
    assert_close(geometry.rotate(image, angle=angle), expected, where, 2)


@pytest.mark.parametrize("angle", [-120.0, 1.0, 45.0, 70.0])
def test_fit_shows_everything(angle: float) -> None:
    image = np.full((53, 71), 1.0, np.float32)
    found = geometry.rotate(image, angle=angle, fit=True)
    t = math.radians(angle)
    assert found.shape == (
        math.ceil(abs(math.sin(t)) * 71 + abs(math.cos(t)) * 53),
        math.ceil(abs(math.cos(t)) * 71 + abs(math.sin(t)) * 53),
    )
    assert abs(found.sum() / (53 * 71) - 1) < 0.01
    np.testing.assert_array_equal(found, found[::-1, ::-1])


# --- whole pixels -----------------------------------------------------------------------------------------------------

LAYOUTS: list[tuple[tuple[int, int], int | None]] = [
    ((53, 71), None),
    ((53, 71), 1),
    ((53, 71), 3),
    ((53, 71), 7),
    ((1, 9), 3),
    ((9, 1), None),
    ((0, 5), 3),
    ((5, 0), None),
]


@pytest.mark.parametrize("factor", [(0.45, 0.4), (0.8, 1.3), (1.7, 1.6), (3.1, 2.2)])
def test_rgb_that_is_resized_is_rgba_without_its_last_channel(factor: tuple[float, float]) -> None:
    """Rows of RGB share what was interpolated along rows of the source; those of RGBA do not."""
    image = waves("u1", channels=4)
    h, w = image.shape[:2]
    for x, y in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        size = round(h * factor[0]), round(w * factor[1])
        kx, ky = x * size[1] / w, y * size[0] / h
        matrix = np.array([[kx, 0, 0 if x > 0 else size[1]], [0, ky, 0 if y > 0 else size[0]]])
        found = [geometry.warp(part, matrix, size=size) for part in (np.ascontiguousarray(image[:, :, :3]), image)]
        np.testing.assert_array_equal(found[0], found[1][:, :, :3])


def test_borders_of_four_channels_have_four_levels() -> None:
    image, fill = waves("u1", channels=4), (0.1, 0.5, 0.9, 0.2)
    for interpolation in ("nearest", "bilinear"):
        found = geometry.rotate(image, angle=33, fill=fill, interpolation=interpolation)
        alone = [geometry.rotate(np.full(image.shape, 255, np.uint8), angle=33, fill=0)[:, :, c] for c in range(4)]
        outside = np.stack(alone, -1) == 0
        assert outside.sum() > 1000
        expected = np.broadcast_to(np.rint(np.array(fill) * 255), image.shape)
        np.testing.assert_array_equal(found[outside], expected[outside])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("size", "channels"), LAYOUTS)
def test_flips_and_transposition_are_numpy_s(dtype: str, size: tuple[int, int], channels: int | None) -> None:
    image = waves(dtype, size, channels)
    calls: list[tuple[Callable[[np.ndarray], np.ndarray], Any]] = [
        (lambda a: geometry.flip(a), np.s_[:, ::-1]),
        (lambda a: geometry.flip(a, axis="horizontal"), np.s_[:, ::-1]),
        (lambda a: geometry.flip(a, axis="vertical"), np.s_[::-1]),
        (lambda a: geometry.flip(a, axis="both"), np.s_[::-1, ::-1]),
    ]
    for call, index in calls:
        np.testing.assert_array_equal(call(image), image[index])
    np.testing.assert_array_equal(geometry.transpose(image), image.swapaxes(0, 1))


def test_crop_cuts() -> None:
    for channels in (None, 3, 6):
        image = waves("u1", channels=channels)
        part = geometry.crop(image, box=(3, 5, 40, 50))
        np.testing.assert_array_equal(part, image[5:50, 3:40])
        assert not np.shares_memory(part, image)
        assert part.flags.c_contiguous
        whole = geometry.crop(image, box=np.array([0, 0, 71, 53]))
        np.testing.assert_array_equal(whole, image)
        assert not np.shares_memory(whole, image)


NUMPY_MODES = {"replicate": "edge", "reflect": "symmetric", "reflect_101": "reflect", "wrap": "wrap"}


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("channels", [None, 1, 3, 4, 5])
@pytest.mark.parametrize("size", [(5, 7), (1, 4), (1, 1), (20, 3)])
def test_pad_is_numpy_s(border: str, channels: int | None, size: tuple[int, int]) -> None:
    for dtype in DTYPES:
        image = waves(dtype, size, channels)
        for padding, sides in ((2, (2, 2, 2, 2)), ((1, 6), (1, 1, 6, 6)), ((9, 0, 13, 1), (9, 0, 13, 1))):
            widths = [sides[:2], sides[2:], (0, 0)][: image.ndim]
            if border == "constant":
                value = 0.25 if dtype[0] == "f" else round(0.25 * np.iinfo(dtype).max)
                expected = np.pad(image, widths, constant_values=value)
            else:
                expected = np.pad(image, widths, mode=NUMPY_MODES[border])
            found = geometry.pad(image, padding=padding, border=border, fill=0.25)
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("channels", [2, 3, 6])
def test_fill_may_be_one_level_a_channel(channels: int) -> None:
    image = waves("u1", channels=channels)
    fill = tuple(np.linspace(0.1, 1, channels).tolist())
    levels = np.rint(np.array(fill) * 255)
    x = np.full((2, 2), -1.0)
    for result in (
        geometry.pad(image, padding=1, fill=fill),
        geometry.warp(image, [[1, 0, 100], [0, 1, 0]], fill=fill),
        geometry.rotate(image, angle=45.0, fill=np.array(fill)),
        geometry.remap(image, x=x, y=x, fill=list(fill)),
    ):
        np.testing.assert_array_equal(result[0, 0], levels)


def test_empty_images_get_a_frame_only_of_fill() -> None:
    empty = np.empty((0, 5, 3), np.uint8)
    assert (geometry.pad(empty, padding=1, fill=1.0) == 255).all()
    assert geometry.pad(empty, padding=1).shape == (2, 7, 3)
    with pytest.raises(ValueError, match="image must have at least one pixel"):
        geometry.pad(empty, padding=1, border="wrap")


# --- matrices ---------------------------------------------------------------------------------------------------------


def test_four_points_go_where_they_shall_and_as_in_opencv() -> None:
    source = np.array([(10, 20), (300, 35), (280, 310), (-5, 250)], float)
    target = np.array([(0, 0), (400, 0), (400, 300), (0, 300)], float)
    for a, b in ((source, target), (target, source), (source, source), (source[::-1], target), (source, 1e-3 * target)):
        m = geometry.perspective_from_points(a, b)
        found = naive.project(m, a[:, 0], a[:, 1])
        np.testing.assert_allclose(np.stack(found, 1), b, atol=1e-9)
        expected = cv2.getPerspectiveTransform(a.astype("f4"), b.astype("f4"))
        np.testing.assert_allclose(m, expected, rtol=1e-4, atol=1e-6)


def test_four_points_far_from_the_origin() -> None:
    source = np.array([(0, 0), (30, 1), (28, 31), (-1, 25)], float) + 1e7
    target = np.array([(0, 0), (4, 0), (4, 3), (0, 3)], float)
    m = geometry.perspective_from_points(source, target)
    homogeneous = np.c_[source, np.ones(4)] @ m.T
    np.testing.assert_allclose(homogeneous[:, :2] / homogeneous[:, 2:], target, atol=1e-4)


@given(st.lists(st.tuples(st.floats(-40, 40), st.floats(-40, 40)), min_size=8, max_size=8))
def test_four_points_of_moved_squares(moves: list[tuple[float, float]]) -> None:
    corners = np.array([(0, 0), (200, 0), (200, 200), (0, 200)], float)
    a, b = corners + moves[:4], corners + moves[4:]
    m = geometry.perspective_from_points(a, b)
    h = np.c_[a, np.ones(4)] @ m.T
    assert (h[:, 2] * h[0, 2] > 0).all()
    np.testing.assert_allclose(h[:, :2] / h[:, 2:], b, atol=1e-6)


SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([(0, 0), (5, 0), (10, 0), (0, 10)], "source must have no three points on a line"),
        ([(0, 0), (0, 0), (10, 10), (0, 10)], "source must have no three points on a line"),
        ([(0, 0)] * 4, "source must have no three points on a line"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "source and target must be views of one quadrilateral"),
        ([(0, 0), (10, 0), (2, 2), (0, 10)], "source and target must be views of one quadrilateral"),
        ([(0, 0), (10, 0), (10, 10)], r"source must be four points \(x, y\), got shape \(3, 2\)"),
        (np.zeros((4, 3)), r"source must be four points \(x, y\), got shape \(4, 3\)"),
        ([(0, 0), (10, 0), (10, np.nan), (0, 10)], "source must be finite"),
    ],
)
def test_degenerate_quadrilaterals_are_refused(points: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        geometry.perspective_from_points(points, SQUARE)
    with pytest.raises(ValueError, match=message.replace("source must", "target must")):
        geometry.perspective_from_points(SQUARE, points)


def test_points_must_be_numbers() -> None:
    with pytest.raises(TypeError, match=r"source must be four points"):
        geometry.perspective_from_points("abcd", SQUARE)
    with pytest.raises(TypeError, match=r"target must be four points"):
        geometry.perspective_from_points(SQUARE, [(0, 0), (1, None), (2, 2), (0, 1)])


def test_affine_matrix_is_the_product_of_its_parts() -> None:
    m = geometry.affine_matrix(size=(40, 60), scale=(1.3, 0.7), rotate=25, shear=(10, -20), translate=(3, 4))
    c, s = math.cos(math.radians(25)), math.sin(math.radians(25))
    rotation = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    shear_x = np.array([[1, math.tan(math.radians(10)), 0], [0, 1, 0], [0, 0, 1]])
    shear_y = np.array([[1, 0, 0], [math.tan(math.radians(20)), 1, 0], [0, 0, 1]])
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = (-30, -20), (33, 24)
    np.testing.assert_allclose(m, back @ rotation @ shear_y @ shear_x @ np.diag([1.3, 0.7, 1]) @ there, atol=1e-12)
    np.testing.assert_array_equal(geometry.affine_matrix(size=(40, 60)), np.eye(3))
    assert m.dtype == np.float64


def test_affine_matrix_rotates_as_rotate_does() -> None:
    image = waves("u1")
    m = geometry.affine_matrix(size=(53, 71), rotate=33.0)
    where = inside(m, 53, 71, 0.1)
    assert_close(geometry.warp(image, m), geometry.rotate(image, angle=33.0), where)


# --- refusals ---------------------------------------------------------------------------------------------------------

IMAGE = waves("u1", (9, 11))
X, Y = naive.centres((4, 5))

WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: geometry.warp(IMAGE, np.eye(4)), ValueError, r"matrix must have shape \(3, 3\) or \(2, 3\), got \(4, 4\)"),
    (lambda: geometry.warp(IMAGE, np.zeros((3, 3))), ValueError, "matrix must have an inverse"),
    (lambda: geometry.warp(IMAGE, [[1, 2, 3], [2, 4, 5]]), ValueError, "matrix must have an inverse"),
    (lambda: geometry.warp(IMAGE, [[0.1, 0.3, 0], [0.2, 0.6, 0]]), ValueError, "matrix must have an inverse"),
    (lambda: geometry.warp(IMAGE, [[1, 0, np.nan], [0, 1, 0]]), ValueError, "matrix must be finite"),
    (lambda: geometry.warp(IMAGE, "identity"), TypeError, "matrix must be an array of numbers"),
    (lambda: geometry.warp(IMAGE, None), TypeError, "matrix must be an array of numbers"),
    (
        lambda: geometry.warp(IMAGE, [[1, 0, 0], [0, 1, 0], [-1 / 5.5, 0, 1]]),
        ValueError,
        "matrix must not take the mid",
    ),
    (lambda: geometry.warp(IMAGE, np.eye(3), size=(0, 5)), ValueError, r"size\[0\] must be >= 1"),
    (lambda: geometry.warp(IMAGE, np.eye(3), size=5), TypeError, "size must be a pair"),
    (
        lambda: geometry.warp(IMAGE, np.eye(3), fill=(0, 1)),
        ValueError,
        "fill must be one level or 3, one a channel, got 2",
    ),
    (lambda: geometry.warp(IMAGE, np.eye(3), fill="red"), TypeError, "fill must be a number"),
    (lambda: geometry.warp(IMAGE, np.eye(3), fill=(0, 1, None)), TypeError, r"fill\[2\] must be a number"),
    (lambda: geometry.warp(IMAGE[:0], np.eye(3)), ValueError, "image must have at least one pixel"),
    (lambda: geometry.resize(IMAGE, size=(5, 0)), ValueError, r"size\[1\] must be >= 1"),
    (lambda: geometry.resize(IMAGE, size=(5.0, 5)), TypeError, r"size\[0\] must be an integer"),
    (lambda: geometry.resize(IMAGE[:, :0], size=(5, 5)), ValueError, "image must have at least one pixel"),
    (lambda: geometry.rotate(IMAGE, angle="left"), TypeError, "angle must be a number"),
    (lambda: geometry.rotate(IMAGE, angle=1.0, fit=1), TypeError, "fit must be True or False"),
    (lambda: geometry.flip(IMAGE, axis="x"), ValueError, "axis must be one of 'horizontal', 'vertical', 'both'"),
    (lambda: geometry.crop(IMAGE, box=(0, 0, 12, 9)), ValueError, "box must be .* x1 <= 11 .* y1 <= 9, got"),
    (lambda: geometry.crop(IMAGE, box=(-1, 0, 5, 5)), ValueError, "box must be"),
    (lambda: geometry.crop(IMAGE, box=(3, 0, 3, 5)), ValueError, "box must be"),
    (lambda: geometry.crop(IMAGE, box=(0, 0, 5)), TypeError, r"box must be \(x0, y0, x1, y1\)"),
    (lambda: geometry.crop(IMAGE, box=5), TypeError, r"box must be \(x0, y0, x1, y1\)"),
    (lambda: geometry.crop(IMAGE, box=(0, 0, 5.5, 5)), TypeError, r"box\[2\] must be an integer"),
    (lambda: geometry.pad(IMAGE, padding=-1), ValueError, "padding must be >= 0"),
    (lambda: geometry.pad(IMAGE, padding=(1, 2, 3)), ValueError, "padding must be one number"),
    (lambda: geometry.pad(IMAGE, padding=1.5), TypeError, "padding must be an integer"),
    (lambda: geometry.pad(IMAGE, padding=(1, -2)), ValueError, r"padding\[1\] must be >= 0"),
    (lambda: geometry.pad(IMAGE, padding=1, fill=(0.1, 0.2)), ValueError, "fill must be one level or 3"),
    (lambda: geometry.remap(IMAGE, x=X, y=Y[:3]), ValueError, r"y must have the shape of x, \(4, 5\), got \(3, 5\)"),
    (lambda: geometry.remap(IMAGE, x=X[0], y=Y[0]), ValueError, r"x must have shape \(height, width\), got \(5,\)"),
    (lambda: geometry.remap(IMAGE, x=X.tolist(), y=Y), TypeError, "x must be an array of numbers, got list"),
    (lambda: geometry.remap(IMAGE, x=X, y=Y > 0), TypeError, "y must be an array of numbers, got an array of bool"),
    (lambda: geometry.remap(IMAGE, x=X, y=Y, interpolation="area"), ValueError, "interpolation must be one of"),
    (lambda: geometry.affine_matrix(size=(5,)), TypeError, "size must be a pair"),
    (lambda: geometry.affine_matrix(size=(5, 5), scale=0), ValueError, "scale must be > 0"),
    (lambda: geometry.affine_matrix(size=(5, 5), scale=(1, -1)), ValueError, r"scale\[1\] must be > 0"),
    (lambda: geometry.affine_matrix(size=(5, 5), scale=(1, 1, 1)), TypeError, r"scale must be a pair \(x, y\)"),
    (lambda: geometry.affine_matrix(size=(5, 5), shear=5), TypeError, r"shear must be a pair \(x, y\)"),
    (lambda: geometry.affine_matrix(size=(5, 5), shear=(90, 0)), ValueError, "shear must be within -90 and 90"),
    (lambda: geometry.affine_matrix(size=(5, 5), rotate=math.inf), ValueError, "rotate must be finite"),
    (lambda: geometry.affine_matrix(size=(5, 5), translate=(0, "1")), TypeError, r"translate\[1\] must be a number"),
]


@pytest.mark.parametrize(("call", "error", "message"), WRONG)
def test_wrong_arguments_are_refused(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_between_two_pixels_the_right_and_the_lower_one_is_nearest(dtype: str) -> None:
    """As the documentation of `interpolation` says, by every way, for grey and RGB."""
    grey = np.arange(64, dtype=dtype).reshape(8, 8)
    x, y = np.meshgrid([1.0, 3.0, 5.0, 7.0], [1.0, 3.0, 5.0, 7.0])
    for image in (grey, np.dstack([grey] * 3)):
        for found in (
            geometry.resize(image, size=(4, 4), interpolation="nearest"),
            geometry.warp(image, np.diag([0.5, 0.5, 1.0]), size=(4, 4), interpolation="nearest"),
            geometry.remap(image, x=x, y=y, interpolation="nearest"),
        ):
            np.testing.assert_array_equal(found, image[1::2, 1::2])


def test_bicubic_is_the_cubic_of_keys_with_three_quarters() -> None:
    """Halfway between two pixels it weighs the nearer ones by 1/2 - a/8 and the others by a/8."""
    image = np.zeros((9, 9))
    image[4, 4] = 1
    a = -0.75
    weights = [a / 8, 0.5 - a / 8, 0.5 - a / 8, a / 8]
    found = geometry.warp(image, np.array([[1, 0, 0.5], [0, 1, 0]]), interpolation="bicubic")
    np.testing.assert_allclose(found[4, 3:7], weights, atol=1e-7)
    found = geometry.remap(image, x=np.arange(9)[None], y=np.full((1, 9), 4.5), interpolation="bicubic")
    np.testing.assert_allclose(found[0, 3:7], weights, atol=1e-7)
    t = 0.25  # of a pixel from the centre; (a + 2) t^3 - (a + 3) t^2 + 1
    found = geometry.resize(image, size=(18, 18), interpolation="bicubic")
    np.testing.assert_allclose(found[8, 8], ((a + 2) * t**3 - (a + 3) * t**2 + 1) ** 2, atol=1e-6)
