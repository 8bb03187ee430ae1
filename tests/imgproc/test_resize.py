"""Resizing by means over areas, and by filters without aliases: against plain sums, Pillow and OpenCV."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from oracles import geometry as naive

import imgproc

DTYPES = (np.uint8, np.uint16, np.float32)
FILTERS = {
    "bilinear": PIL.Image.Resampling.BILINEAR,
    "bicubic": PIL.Image.Resampling.BICUBIC,
    "lanczos": PIL.Image.Resampling.LANCZOS,
}
SHAPES = [
    ((37, 50), (22, 22)), ((40, 60), (20, 20)), ((13, 50), (40, 7)), ((20, 21), (50, 31)), ((60, 7), (20, 3)),
    ((50, 20), (11, 40)), ((30, 40), (1, 1)),
]  # fmt: skip


def noise(shape: tuple[int, ...], dtype: Any = np.uint8, seed: int = 0, steps: int = 256) -> np.ndarray:
    """Every level, or few of them, so that there are steps from black to white."""
    part = np.random.default_rng(seed).integers(0, steps, shape) / (steps - 1)
    return part.astype(dtype) if np.dtype(dtype).kind == "f" else np.rint(part * np.iinfo(dtype).max).astype(dtype)


def exact(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    down, across = naive.shares(image.shape[0], size[0]), naive.shares(image.shape[1], size[1])
    return np.einsum("ih,jw,hw...->ij...", down, across, image.astype(np.float64))


# --- means over areas -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_area_is_the_mean_rounded_half_to_even(dtype: Any, channels: int) -> None:
    for (h, w), size in (*SHAPES, ((3, 40), (2, 2300)), ((4, 3001), (3, 9)), ((2, 1300), (3, 1250))):
        image = noise((h, w, channels), dtype, h)
        found, expected = imgproc.resize(image, size=size), exact(image, size)
        if dtype == np.float32:
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)
            continue
        grid = 4096 if dtype == np.uint8 else 1 << 20
        assert (found == np.rint(np.rint(expected * grid) / grid)).mean() > 0.999
        assert np.abs(found - expected).max() < 0.5002


def test_halves_go_to_the_even_level() -> None:
    for length, frame in ((8, 4), (9, 6), (12, 8), (20, 6), (10, 4)):
        step = length // np.gcd(length, frame)
        image = noise((length, length), np.uint8, 3)
        sums = np.rint(exact(image, (frame, frame)) * step * step).astype(int)  # of whole weights
        level, rest = np.divmod(2 * sums + step * step, 2 * step * step)
        np.testing.assert_array_equal(imgproc.resize(image, size=(frame, frame)), level - (level % 2) * (rest == 0))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_small_whole_sums_are_exact(channels: int) -> None:
    """Sizes with common divisors: bytes are summed in registers, from the first pixel of an image to its last one."""
    ratios = ((16, 7), (8, 7), (7, 3), (5, 2), (3, 1), (2, 1), (1, 1), (2, 3))
    for k, ((a, b), (c, d)) in enumerate((y, x) for y in ratios for x in ratios):
        m, n = 1 + k % 3, 1 + k * 5 % 11
        image = noise((a * m, c * n, channels), seed=k, steps=2 if k % 4 == 0 else 256)
        size = b * m, d * n
        whole = (a if a >= b else 2 * b) * (c if c >= d else 2 * d)
        sums = np.rint(exact(image, size) * whole).astype(int)  # of whole weights
        level, rest = np.divmod(2 * sums + whole, 2 * whole)
        expected = level - (level % 2) * (rest == 0)
        np.testing.assert_array_equal(imgproc.resize(image, size=size), expected, err_msg=f"{image.shape} to {size}")


def test_area_is_that_of_opencv_and_pillow() -> None:
    for (h, w), size in SHAPES:
        if size[0] > h or size[1] > w:
            continue
        image = noise((h, w, 3), seed=w)
        found = imgproc.resize(image, size=size).astype(int)
        other = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
        box = np.asarray(PIL.Image.fromarray(image).resize(size[::-1], PIL.Image.Resampling.BOX))
        assert np.abs(found - other).max() <= 1
        if h % size[0] == w % size[1] == 0:  # otherwise its box has whole pixels
            assert np.abs(found - box).max() <= 1


def test_equal_levels_stay_equal() -> None:
    for value in (np.float32(0.1), np.float32(3e38), np.uint8(199), np.uint16(54321)):
        image = np.full((23, 31, 3), value)
        assert (imgproc.resize(image, size=(9, 12)) == value).all()


@pytest.mark.parametrize("far", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_far_does_not_count(far: float, channels: int) -> None:
    options: list[dict[str, Any]] = [{}, {"interpolation": "bilinear", "antialias": True}, {"interpolation": "lanczos"}]
    for (h, w), size in (((30, 40), (10, 10)), ((31, 45), (12, 14)), ((11, 12), (20, 25))):
        image = noise((h, w, channels), np.float32)
        other = image.copy()
        other[h // 2, w // 2] = far
        for given, reach in zip(options, (1, 1, 3), strict=True):
            found, expected = (imgproc.resize(x, size=size, **given) for x in (other, image))
            y, x = np.indices(size)
            near = (np.abs((y + 0.5) * h / size[0] - h // 2 - 0.5) < reach * max(h / size[0], 1) + 1) & (
                np.abs((x + 0.5) * w / size[1] - w // 2 - 0.5) < reach * max(w / size[1], 1) + 1
            )
            np.testing.assert_array_equal(found[~near], expected[~near])
            assert not np.isfinite(found).all()


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", FILTERS)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_antialias_is_pillow(interpolation: str, mode: str) -> None:
    if int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("older versions of Pillow resize along x first, always")
    channels = {"L": (), "RGB": (3,), "CMYK": (4,)}[mode]
    for (h, w), size in SHAPES:
        for steps in (2, 256):
            image = noise((h, w, *channels), seed=h, steps=steps)
            pillow = PIL.Image.frombytes(mode, (w, h), image.tobytes()).resize(size[::-1], FILTERS[interpolation])
            found = imgproc.resize(image, size=size, interpolation=interpolation, antialias=True)
            assert np.abs(found.astype(int) - np.asarray(pillow)).max() <= 1


@pytest.mark.parametrize("interpolation", FILTERS)
def test_antialias_of_floats_is_pillow(interpolation: str) -> None:
    for (h, w), size in SHAPES:
        image = noise((h, w), np.float32, seed=h)
        pillow = np.asarray(PIL.Image.fromarray(image).resize(size[::-1], FILTERS[interpolation]))
        found = imgproc.resize(image, size=size, interpolation=interpolation, antialias=True)
        np.testing.assert_allclose(found, pillow, rtol=0, atol=3e-7)
        stacked = imgproc.resize(np.dstack([image] * 5), size=size, interpolation=interpolation, antialias=True)
        np.testing.assert_allclose(stacked, np.dstack([found] * 5), rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [*DTYPES, np.float64])
@pytest.mark.parametrize(
    ("interpolation", "options"),
    [
        ("bilinear", {"antialias": True}), ("bicubic", {"antialias": True}), ("lanczos", {}),
        ("bicubic", {"antialias": True, "a": -0.75}), ("bicubic", {"a": -0.5}), ("bicubic", {"a": 0}),
    ],
)  # fmt: skip
def test_filters_are_the_slow_ones(interpolation: str, options: dict[str, Any], dtype: Any) -> None:
    for (h, w), size in SHAPES:
        image = noise((h, w, 3), dtype, seed=w)
        found = imgproc.resize(image, size=size, interpolation=interpolation, **options)
        expected = naive.resize(image, size=size, interpolation=interpolation, **options)
        assert found.dtype == expected.dtype
        tolerance = 1 if found.dtype.kind == "u" else 1e-6
        assert np.abs(found.astype(np.float64) - expected).max() <= tolerance


def test_bicubic_of_opencv_is_that_of_its_number() -> None:
    image = noise((40, 50, 3), np.float32)
    for size in ((31, 60), (80, 33)):
        found = imgproc.resize(image, size=size, interpolation="bicubic", a=-0.7500001)
        np.testing.assert_allclose(
            found[3:-3, 3:-3], imgproc.resize(image, size=size, interpolation="bicubic")[3:-3, 3:-3], atol=1e-3
        )


def test_bands_do_not_change_the_result() -> None:
    image, before = noise((1060, 1000, 3)), imgproc.get_num_threads()  # too much work for one thread
    for size in ((300, 620), (600, 200)):
        for options in ({"interpolation": "lanczos"}, {}):
            found = []
            for threads in (1, 3):
                imgproc.set_num_threads(threads)
                found.append(imgproc.resize(image, size=size, **options))
            imgproc.set_num_threads(before)
            np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (
            {"interpolation": "nearest", "antialias": True},
            ValueError,
            "antialias must be False for interpolation='near",
        ),
        ({"antialias": 1}, TypeError, "antialias must be"),
        ({"a": -0.5}, ValueError, "a must be None but for interpolation='bicubic'"),
        ({"a": -1.5, "interpolation": "bicubic"}, ValueError, "a must be"),
        ({"a": "Keys", "interpolation": "bicubic"}, TypeError, "a must be"),
        ({"interpolation": "lanczos4"}, ValueError, "interpolation must be one of"),
    ],
)
def test_wrong_filters_are_refused(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=re.escape(message)):
        imgproc.resize(noise((8, 8)), size=(4, 4), **options)
