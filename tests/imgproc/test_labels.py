"""Geometry of label images: bool and integers of any size move as bytes do, and are never blended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import imgproc

H, W = 9, 12
MAP = imgproc.affine_matrix(size=(H, W), rotate=30, scale=1.3)
X, Y = np.meshgrid(np.linspace(-3.0, 15.0, 10), np.linspace(-3.0, 12.0, 8))
NEAREST = {"interpolation": "nearest"}
CALLS: dict[str, Callable[..., np.ndarray]] = {
    "flip": lambda a, fill: imgproc.flip(a),
    "turn": lambda a, fill: imgproc.flip(a, axis="both"),
    "upside down": lambda a, fill: imgproc.flip(a, axis="vertical"),
    "transpose": lambda a, fill: imgproc.transpose(a),
    "crop": lambda a, fill: imgproc.crop(a, box=(1, 2, 5, 6)),
    "pad": lambda a, fill: imgproc.pad(a, padding=2, fill=fill),
    "pad by a border": lambda a, fill: imgproc.pad(a, padding=(1, 2, 3, 4), border="reflect"),
    "rotate": lambda a, fill: imgproc.rotate(a, angle=33, fill=fill, **NEAREST),
    "rotate by a quarter": lambda a, fill: imgproc.rotate(a, angle=90, fit=True, fill=fill, **NEAREST),
    "warp": lambda a, fill: imgproc.warp(a, MAP, fill=fill, **NEAREST),
    "warp with a border": lambda a, fill: imgproc.warp(a, MAP, border="wrap", **NEAREST),
    "resize": lambda a, fill: imgproc.resize(a, size=(5, 20), **NEAREST),
    "remap": lambda a, fill: imgproc.remap(a, x=X, y=Y, fill=fill, **NEAREST),
    "remap with a border": lambda a, fill: imgproc.remap(a, x=X, y=Y, border="wrap", **NEAREST),
}


@pytest.mark.parametrize("dtype", ["?", "i1", "i2", "i4", "i8", "u4", "u8", ">i4"])
@pytest.mark.parametrize("name", CALLS)
def test_labels_move_as_8_bits_do(name: str, dtype: str) -> None:
    plain = (np.arange(H * W).reshape(H, W) * 7 % 11 % 7).astype(np.uint8)
    label = 1 if dtype == "?" else 5
    for image in (plain, plain[:, :, None], np.dstack([plain, plain[::-1], plain[:, ::-1]])):
        labels = image.astype(dtype)
        expected = CALLS[name](labels.astype(np.uint8), fill=label / 255)
        result = CALLS[name](labels, fill=label)
        assert result.dtype == np.dtype(dtype).newbyteorder("=") and result.flags.c_contiguous
        np.testing.assert_array_equal(result, expected.astype(result.dtype))
        assert not np.shares_memory(result, labels)


def test_labels_keep_all_their_bits() -> None:
    labels = np.arange(H * W, dtype=np.int64).reshape(H, W) * (1 << 56) - 7
    np.testing.assert_array_equal(imgproc.rotate(labels, angle=180, **NEAREST), labels[::-1, ::-1])
    assert (imgproc.pad(labels, padding=1, fill=-(1 << 63))[0] == -(1 << 63)).all()
    assert set(imgproc.warp(labels, MAP, border="reflect", **NEAREST).flat) <= set(labels.flat)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.uint64])
@pytest.mark.parametrize(
    "call",
    [
        lambda a: imgproc.resize(a, size=(4, 4)),
        lambda a: imgproc.rotate(a, angle=90),
        lambda a: imgproc.warp(a, MAP, interpolation="bicubic"),
        lambda a: imgproc.remap(a, x=X, y=Y),
    ],
)
def test_labels_are_never_blended(call: Callable[[np.ndarray], Any], dtype: Any) -> None:
    with pytest.raises(TypeError, match=r"image must have dtype .* for '\w+' interpolation, got .* labels"):
        call(np.ones((H, W), dtype))


@pytest.mark.parametrize(
    ("fill", "error", "words"),
    [
        (0.5, TypeError, "fill must be an integer"),
        (300, ValueError, "fill must be a label of int8, -128 to 127, got 300"),
        ((1, 2), ValueError, "fill must be one label or 1"),
        ("a", TypeError, "fill"),
    ],
)
def test_the_fill_of_labels_is_a_label(fill: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        imgproc.pad(np.ones((H, W), np.int8), padding=1, fill=fill)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "area"])
@pytest.mark.parametrize("size", [(3, 3), (7, 30), (40, 41), (4, 30)])
def test_float64_is_resized_with_weights_of_float64(interpolation: str, size: tuple[int, int]) -> None:
    ones = imgproc.resize(np.full((5, 13), 0.1), size=size, interpolation=interpolation)
    assert np.abs(ones - 0.1).max() <= 1e-17
    ramp = np.linspace(0.0, 1.0, 60).reshape(5, 12) ** 2
    single = imgproc.resize(ramp.astype(np.float32), size=size, interpolation=interpolation)
    double = imgproc.resize(ramp, size=size, interpolation=interpolation)
    np.testing.assert_allclose(single, double, atol=2e-6)
    if interpolation == "area" and size == (3, 3):
        assert double[0, 0] == pytest.approx(np.average(ramp[:2, :4], axis=0, weights=[1, 2 / 3]).mean(), abs=1e-15)


def test_infinite_levels_stay_in_their_pixels() -> None:
    image = np.zeros((8, 8))
    image[2, 3] = np.inf
    result = imgproc.resize(image, size=(4, 8), interpolation="area")
    assert not np.isfinite(result[1, 3])
    result[1, 3] = 0
    assert (result == 0).all()
    shifted = imgproc.resize(image, size=(24, 24), interpolation="bilinear")
    assert shifted[7, 10] == np.inf  # the middle of the pixel


def test_areas_are_averaged_at_fractional_extents() -> None:
    rng = np.random.default_rng(3)
    image = rng.uniform(size=(40, 60))
    matrix = np.array([[0.25, 0.0, 0.1], [0.0, 0.2, 0.3]])
    result = imgproc.warp(image, matrix, size=(10, 16), interpolation="area")
    sums = np.zeros((41, 61))
    sums[1:, 1:] = image.cumsum(0).cumsum(1)

    def below(y: float, x: float) -> float:
        """The sum of all that lies above and to the left of a point."""
        i, j = min(int(y), 39), min(int(x), 59)
        rows = sums[i] + (y - i) * (sums[i + 1] - sums[i])
        return rows[j] + (x - j) * (rows[j + 1] - rows[j])

    for i in range(10):
        for j in range(16):
            y = np.clip([(i - 0.3) / 0.2, (i + 0.7) / 0.2], 0, 40)
            x = np.clip([(j - 0.1) / 0.25, (j + 0.9) / 0.25], 0, 60)
            seen = 0 <= (j + 0.4) / 0.25 <= 60 and 0 <= (i + 0.2) / 0.2 <= 40
            area = (y[1] - y[0]) * (x[1] - x[0])
            whole = below(y[1], x[1]) - below(y[0], x[1]) - below(y[1], x[0]) + below(y[0], x[0])
            assert result[i, j] == pytest.approx(whole / area if seen else 0.0, abs=1e-9)


# --- integers with a sign and float16 as images -----------------------------------------------------------------------

BLENDED: dict[str, Callable[..., np.ndarray]] = {
    "warp": lambda a, fill: imgproc.warp(a, MAP, fill=fill),
    "warp, bicubic": lambda a, fill: imgproc.warp(a, MAP, fill=fill, interpolation="bicubic"),
    "rotate": lambda a, fill: imgproc.rotate(a, angle=33, fill=fill, border="reflect"),
    "shrink": lambda a, fill: imgproc.resize(a, size=(5, 4)),
    "grow": lambda a, fill: imgproc.resize(a, size=(20, 31), interpolation="bicubic"),
    "halves": lambda a, fill: imgproc.resize(a, size=(2 * H, 2 * W), interpolation="bilinear"),
    "remap": lambda a, fill: imgproc.remap(a, x=X, y=Y, fill=fill),
}


@pytest.mark.parametrize("channels", [None, 1, 3, 5])
@pytest.mark.parametrize("name", BLENDED)
def test_images_of_other_dtypes_are_those_of_floats_rounded(name: str, channels: int | None) -> None:
    rng = np.random.default_rng(3)
    shape = (H, W) if channels is None else (H, W, channels)
    for dtype in (np.int16, np.int32):
        info = np.iinfo(dtype)
        image = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
        image[2:4, 3:6], image[6:, 8:] = info.max, info.min  # so that bicubic interpolation goes beyond
        for one in (image, image // 2**12):
            one.flags.writeable = False
            exact = BLENDED[name](one.astype(np.float64), fill=-7.0)
            expected = np.clip(np.rint(exact), info.min, info.max)
            result = BLENDED[name](one, fill=-7)
            assert result.dtype == dtype
            np.testing.assert_array_equal(result, expected)
    half = rng.random(shape).astype(np.float16)
    result = BLENDED[name](half, fill=0.3)
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result, BLENDED[name](half.astype(np.float32), fill=0.3).astype(np.float16))


def test_fills_of_integers_with_a_sign_are_in_their_own_units() -> None:
    scan = np.full((H, W), 40, np.int16)
    for interpolation in ("nearest", "bilinear"):
        assert imgproc.rotate(scan, angle=45, fill=-1024, interpolation=interpolation)[0, 0] == -1024
    with pytest.raises(ValueError, match="fill must be a level of int16, -32768 to 32767, got 40000"):
        imgproc.rotate(scan, angle=45, fill=40000)
    with pytest.raises(TypeError, match="fill must be an integer"):
        imgproc.rotate(scan, angle=45, fill=0.5)


@pytest.mark.parametrize("name", CALLS)
def test_halves_move_as_floats_do(name: str) -> None:
    image = np.random.default_rng(1).random((H, W, 3)).astype(np.float16)
    expected = CALLS[name](image.astype(np.float32), fill=0.25)
    np.testing.assert_array_equal(CALLS[name](image, fill=0.25), expected.astype(np.float16))


def test_the_fill_of_labels_in_8_bits_is_told_where_labels_are() -> None:
    labels = np.array([[1, 2], [3, 4]], np.uint8)
    calls = {
        "nearest": lambda image: imgproc.rotate(image, angle=30.0, fill=3, interpolation="nearest"),
        "warp": lambda image: imgproc.warp(image, np.eye(3), fill=(3,), interpolation="nearest"),
        "pad": lambda image: imgproc.pad(image, padding=1, border="constant", fill=3),
    }
    for call in calls.values():
        with pytest.raises(
            ValueError, match=r"of full scale: 3 of .*; if these are labels, pass image\.astype\(numpy\.int32\)$"
        ):
            call(labels)
        assert 3 in call(labels.astype(np.int32))
    with pytest.raises(ValueError, match=r"of full scale: 3 of 255 is 0\.0118$"):
        imgproc.rotate(labels, angle=30.0, fill=3)
