"""Erosion, dilation and their relatives: against their definitions, SciPy, scikit-image and OpenCV."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from helpers.vocabulary import BORDERS, DTYPES
from oracles import morphology as slow
from scipy import ndimage
from skimage import morphology

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
ODD = np.array([[0, 1, 0, 0, 1], [1, 1, 1, 0, 0], [0, 0, 1, 0, 0]], bool)
"""A footprint that nothing mirrors, with two runs in a row."""
FAR = np.array([[1, 1, 0, 0, 0, 0, 0, 0, 0]], bool)
"""One that does not hold its middle."""
EVEN = np.ones((2, 4), bool)
SHAPES = [ODD, FAR, EVEN, np.ones((1, 9), bool), np.ones((7, 1), bool), np.ones((5, 11), bool)]


def picture(dtype: np.dtype | type, shape: tuple[int, ...] = (37, 53), seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if np.dtype(dtype) == bool:
        return rng.random(shape) < 0.3
    values = np.floor(rng.random(shape) * 1024) / 1024  # so that one minus them is exact
    return values.astype(dtype) if np.dtype(dtype).kind == "f" else (values * np.iinfo(dtype).max).astype(dtype)


# --- footprints -------------------------------------------------------------------------------------------------------


def test_footprints_are_their_definitions() -> None:
    for r in range(8):
        dy, dx = np.abs(np.mgrid[-r : r + 1, -r : r + 1])
        made = {kind: imgproc.footprint(kind, r) for kind in ("disc", "square", "diamond", "octagon", "cross")}
        np.testing.assert_array_equal(made["disc"], morphology.disk(r))
        np.testing.assert_array_equal(made["diamond"], morphology.diamond(r))
        assert made["square"].all() and made["square"].shape == dy.shape
        np.testing.assert_array_equal(made["octagon"], dy + dx <= np.sqrt(2) * r + 1e-9)
        np.testing.assert_array_equal(made["cross"], dy * dx == 0)
    dy, dx = np.mgrid[-2:3, -5:6]
    np.testing.assert_array_equal(imgproc.footprint("disc", (2, 5)), (dy / 2) ** 2 + (dx / 5) ** 2 <= 1)
    assert imgproc.footprint("square", (1, 4)).shape == (3, 9)


@pytest.mark.parametrize("angle", [0, 20, 45, 90, 123.4, 180, -45])
def test_a_line_has_a_pixel_for_each_step_and_two_equal_halves(angle: float) -> None:
    line = imgproc.footprint("line", 9, angle=angle)
    assert line.sum() == max(line.shape) == 19
    np.testing.assert_array_equal(line, line[::-1, ::-1])
    assert morphology.label(line, connectivity=2).max() == 1
    y, x = np.argwhere(line)[-1] - np.array(line.shape) // 2
    turn = np.radians(angle)
    assert abs(x * np.sin(turn) + y * np.cos(turn)) < 0.75  # as seen, rows grow downwards


def test_footprints_refuse_what_they_are_not_of() -> None:
    with pytest.raises(ValueError, match="angle must be 0 for every kind but 'line', got 30 for 'disc'"):
        imgproc.footprint("disc", 3, angle=30)
    with pytest.raises(TypeError, match="radius must be an integer"):
        imgproc.footprint("line", (3, 4))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="radius must be <= 4096, got 5000"):
        imgproc.footprint("square", 5000)
    image = picture(np.uint8)
    with pytest.raises(ValueError, match=r"footprint must have shape \(n, m\) and at least one True, got none"):
        imgproc.erode(image, footprint=np.zeros((3, 3), bool))
    with pytest.raises(TypeError, match="footprint must be an array of bool or integers, got float64"):
        imgproc.erode(image, footprint=np.ones((3, 3)))
    with pytest.raises(TypeError, match="footprint must be a string or a numpy array, got int"):
        imgproc.erode(image, footprint=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="footprint must be True in its middle"):
        imgproc.morphological_gradient(image, footprint=FAR)


# --- erosion and dilation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*DTYPES, np.dtype(bool)], ids=str)
@pytest.mark.parametrize("border", BORDERS)
def test_erosion_and_dilation_are_their_definitions(dtype: np.dtype, border: str) -> None:
    fill, level = (1.0, True) if dtype.kind == "b" else (0.25, {1: 64, 2: 16384}.get(dtype.itemsize, 0.25))
    for shape, (function, largest) in itertools.product(SHAPES, ((imgproc.erode, False), (imgproc.dilate, True))):
        image = picture(dtype)
        found = function(image, footprint=shape, border=border, fill=fill)
        np.testing.assert_array_equal(found, slow.spread(image, shape, largest, border, level), err_msg=f"{shape}")
    image = picture(dtype, (31, 90, 3))
    for kind, radius in (("disc", 4), ("square", 12), ("diamond", 5), ("octagon", 3), ("cross", 6), ("square", 0)):
        made = imgproc.footprint(kind, radius)
        for function, largest in ((imgproc.erode, False), (imgproc.dilate, True)):
            found = function(image, footprint=kind, radius=radius, border=border, fill=fill)
            expected = [slow.spread(image[..., c], made, largest, border, level) for c in range(3)]
            np.testing.assert_array_equal(found, np.stack(expected, -1), err_msg=f"{kind} {radius}")


@pytest.mark.parametrize("width", [1, 63, 64, 65, 127, 200])
def test_widths_around_those_of_words(width: int) -> None:
    for dtype, radius in itertools.product((bool, np.uint8, np.float32), (1, 40)):
        image = picture(dtype, (41, width))
        for kind in ("square", "disc"):
            made = imgproc.footprint(kind, radius)
            for function, largest in ((imgproc.erode, False), (imgproc.dilate, True)):
                found = function(image, footprint=kind, radius=radius)
                np.testing.assert_array_equal(found, slow.spread(image, made, largest), err_msg=f"{kind} {radius}")


@every_dtype
def test_small_footprints_are_as_those_of_any_border(dtype: np.dtype) -> None:
    """Without a border that counts OpenCV is asked; with one that is white, or black, nothing else may come."""
    for shape, (kind, radius) in itertools.product(((37, 53), (20, 33, 5)), (("disc", 1), ("square", 1), ("disc", 3))):
        image = picture(dtype, shape)
        for function, fill in ((imgproc.erode, 1.0), (imgproc.dilate, 0.0)):
            found = function(image, footprint=kind, radius=radius)
            framed = function(image, footprint=kind, radius=radius, border="constant", fill=fill)
            np.testing.assert_array_equal(found, framed)


@every_dtype
def test_scipy_agrees(dtype: np.dtype) -> None:
    image = picture(dtype)
    for border, mode in (("reflect", "reflect"), ("replicate", "nearest"), ("wrap", "wrap"), ("reflect_101", "mirror")):
        for shape in (ODD, imgproc.footprint("disc", 3)):
            found = imgproc.erode(image, footprint=shape, border=border)
            np.testing.assert_array_equal(found, ndimage.grey_erosion(image, footprint=shape, mode=mode))
            found = imgproc.dilate(image, footprint=shape, border=border)
            np.testing.assert_array_equal(found, ndimage.grey_dilation(image, footprint=shape, mode=mode))


def test_opencv_and_scikit_image_agree() -> None:
    image = picture(np.uint8, (61, 83))
    mask = image > 90
    for kind, radius in (("square", 1), ("square", 9), ("disc", 1), ("disc", 7)):
        made = imgproc.footprint(kind, radius)
        element = made.astype(np.uint8)
        for ours, theirs in ((imgproc.erode, cv2.erode), (imgproc.dilate, cv2.dilate)):
            np.testing.assert_array_equal(ours(image, footprint=kind, radius=radius), theirs(image, element))
        for ours, operation in (
            (imgproc.opening, cv2.MORPH_OPEN),
            (imgproc.closing, cv2.MORPH_CLOSE),
            (imgproc.top_hat, cv2.MORPH_TOPHAT),
            (imgproc.black_hat, cv2.MORPH_BLACKHAT),
            (imgproc.morphological_gradient, cv2.MORPH_GRADIENT),
        ):
            found = ours(image, footprint=kind, radius=radius)
            np.testing.assert_array_equal(found, cv2.morphologyEx(image, operation, element), err_msg=ours.__name__)
        for ours, theirs in (
            (imgproc.erode, morphology.erosion),
            (imgproc.dilate, morphology.dilation),
            (imgproc.opening, morphology.opening),
            (imgproc.closing, morphology.closing),
        ):
            np.testing.assert_array_equal(ours(mask, footprint=kind, radius=radius), theirs(mask, made, mode="ignore"))


def test_a_point_becomes_the_footprint_and_what_it_fits_into_is_eroded_to_it() -> None:
    point = np.zeros((15, 17), bool)
    point[7, 8] = True
    grown = imgproc.dilate(point, footprint=ODD)
    expected = np.zeros_like(point)
    expected[6:9, 6:11] = ODD
    np.testing.assert_array_equal(grown, expected)
    np.testing.assert_array_equal(imgproc.erode(grown, footprint=ODD), point)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_openings_extend_the_image_once(border: str, dtype: type) -> None:
    image = picture(dtype, (13, 16))
    for shape in (ODD, EVEN, np.ones((3, 3), bool)):
        opened = imgproc.opening(image, footprint=shape, border=border, fill=1.0)
        level = {np.uint8: 255, np.float32: 1.0, bool: True}[dtype]
        np.testing.assert_array_equal(opened, slow.opened(image, shape, border, level))
        closed = imgproc.closing(image, footprint=shape, border=border, fill=1.0)
        assert (opened <= image).all() and (closed >= image).all()
        turned = imgproc.opening(_negative(image), footprint=shape[::-1, ::-1], border=border, fill=0.0)
        if shape.shape[0] % 2 and shape.shape[1] % 2:  # turned round, an even one has another middle
            np.testing.assert_array_equal(closed, _negative(turned))
        np.testing.assert_array_equal(
            imgproc.top_hat(image, footprint=shape, border=border, fill=1.0),
            image ^ opened if dtype is bool else image - opened,
        )


def test_openings_and_closings_are_scipys_away_from_the_border() -> None:
    """SciPy extends the image again before the second step."""
    image = picture(np.uint8)
    for shape in (EVEN, ODD, FAR):
        inside = (slice(9, -9), slice(18, -18))
        found = imgproc.opening(image, footprint=shape), imgproc.closing(image, footprint=shape)
        theirs = ndimage.grey_opening(image, footprint=shape), ndimage.grey_closing(image, footprint=shape)
        for a, b in zip(found, theirs, strict=True):
            np.testing.assert_array_equal(a[inside], b[inside])


def _negative(image: np.ndarray) -> np.ndarray:
    return ~image if image.dtype.kind in "bu" else 1 - image


def test_the_sides_of_a_gradient() -> None:
    image = picture(np.uint8)
    low, high = imgproc.erode(image, radius=2), imgproc.dilate(image, radius=2)
    for side, expected in (("both", high - low), ("inner", image - low), ("outer", high - image)):
        np.testing.assert_array_equal(imgproc.morphological_gradient(image, radius=2, side=side), expected)
    mask = image > 90
    outline = imgproc.morphological_gradient(mask, side="inner")
    np.testing.assert_array_equal(outline, mask & ~imgproc.erode(mask))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_is_seen_by_the_footprint_and_infinity_is_a_level(dtype: type) -> None:
    image = picture(dtype)
    image[9, 11], image[30, 5] = np.nan, np.inf
    for shape in (ODD, imgproc.footprint("disc", 4), EVEN):
        for function, largest in ((imgproc.erode, False), (imgproc.dilate, True)):
            found = function(image, footprint=shape)
            np.testing.assert_array_equal(found, slow.spread(image, shape, largest))


def test_masks_of_other_bytes_are_masks() -> None:
    mask = picture(bool)
    strange = (mask * np.uint8(7)).view(bool)
    np.testing.assert_array_equal(imgproc.dilate(strange), imgproc.dilate(mask))
    np.testing.assert_array_equal(imgproc.erode(strange, footprint="square"), imgproc.erode(mask, footprint="square"))
    assert imgproc.dilate(strange).view(np.uint8).max() == 1
