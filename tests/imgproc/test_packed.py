"""Pixels that only move are written as they are in images, without rows of levels: the same bytes, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.machine import Geometry, run

import imgproc

TURNED = (0.93, 0.17, -5.0, -0.15, 0.95, 7.0, 0.0, 0.0, 1.0)
DTYPES = ("uint8", "uint16", "float32", "float64")


def _image(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    rng = np.random.default_rng(len(shape) + shape[1])
    return rng.random(shape).astype(dtype) if dtype[0] == "f" else rng.integers(0, np.iinfo(dtype).max, shape, dtype)


def _resize(shape: tuple[int, ...], size: tuple[int, int]) -> Geometry:
    pull = (shape[1] / size[1], 0.0, 0.0, 0.0, shape[0] / size[0], 0.0, 0.0, 0.0, 1.0)
    return Geometry(pull, size, "constant", 0.0, "area")


def _stages(shape: tuple[int, ...]) -> list[list[Geometry]]:
    """Warps under borders of both kinds; resizes to sizes that read few and many columns, flipped and framed."""
    h, w = shape[:2]
    found = [
        [Geometry(TURNED, (h + 3, w), border, 0.25, interpolation)]
        for border in ("constant", "reflect", "wrap")
        for interpolation in ("nearest", "bilinear", "bicubic")
    ]
    found.append([Geometry(TURNED, (h, w), "reflect", 0.0, "bilinear"), Geometry(TURNED, (h, w), "constant", 0.5)])
    for size in ((h * 3 // 2, w * 2), (h, w * 2 // 3), (h // 2, w // 2), (h // 3 + 1, w * 3 // 7), (5, 4), (h, 1100)):
        flip = Geometry((-1.0, 0.0, size[1], 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), size)
        frame = Geometry((1.0, 0.0, -2.0, 0.0, 1.0, -1.0, 0.0, 0.0, 1.0), (size[0] + 3, size[1] + 5), "constant", 0.75)
        resized = _resize(shape, size)
        found += [[resized], [resized, flip], [resized, frame], [resized, flip, frame]]
    return found


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_packed_pixels_are_those_of_rows(dtype: str, channels: int) -> None:
    for h, w in ((23, 31), (40, 57)):
        image = _image((h, w, channels), dtype)
        for stages in _stages(image.shape):
            result = run(image, stages)
            planar = run(image, stages, layout="first")  # rows of levels
            np.testing.assert_array_equal(result, np.moveaxis(planar, 0, 2))
            # Nothing is written beside the result.
            rows, columns = result.shape[:2]
            around = np.full((rows + 8, columns, channels), 77, dtype)
            assert run(image, stages, out=around[4:-4]).base is around
            np.testing.assert_array_equal(around[4:-4], result)
            assert (around[:4] == 77).all() and (around[-4:] == 77).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", [1, 3, 4, 6])
def test_remap_is_warp(dtype: str, channels: int) -> None:
    image = _image((33, 29, channels), dtype)
    y, x = np.mgrid[:40, :50] + 0.5
    m = np.array(TURNED).reshape(3, 3)
    to_x, to_y = m[0, 0] * x + m[0, 1] * y + m[0, 2], m[1, 0] * x + m[1, 1] * y + m[1, 2]
    for interpolation in ("nearest", "bilinear"):
        options = {"border": "constant", "fill": 0.5, "interpolation": interpolation}
        found = imgproc.remap(image, x=to_x.astype(np.float32), y=to_y.astype(np.float32), **options)
        expected = imgproc.warp(image, np.linalg.inv(m), size=(40, 50), **options)
        apart = np.abs(found.astype(np.float64) - expected) / (np.iinfo(dtype).max if dtype[0] == "u" else 1)
        # Points are a rounding error of float32 apart: few cross the middle between two pixels, or the edge.
        assert (apart > 1e-3).mean() < 0.01
