"""Each checker: what it lets through unchanged, what it refuses, and what the message says."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image

import imgproc
from imgproc._core import check as _check

pytestmark = pytest.mark.nojit

GREY = np.zeros((3, 4), np.uint8)
RGB = np.zeros((3, 4, 3), np.float32)
FIVE = np.zeros((3, 4, 5), np.uint16)
EMPTY = np.zeros((0, 4), np.uint8)
LONG = np.zeros((1, 1552), np.uint8)
LARGE = np.broadcast_to(np.uint8(0), (2000, 1000))
LOCKED = np.broadcast_to(GREY, (3, 4))
MAKE = "; make it one with numpy.array"
RESCALE = "imgproc.rescale(image, source=(low, high))"
ASTYPE = ", or image.astype(numpy.uint8) if its levels go from 0 to 255"
NOTHING_LEFT = np.ma.masked_array(GREY, mask=True)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 5), (0, 4), (3, 0, 3)])
def test_as_image_returns_the_very_array(dtype: str, shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, dtype)
    assert _check.as_image(image) is image


@pytest.mark.parametrize("dtype", ["u2", "f4", "f8"])
def test_as_image_makes_the_byte_order_native(dtype: str) -> None:
    image = np.arange(12, dtype=dtype).reshape(3, 4)
    for order in "<>":
        native = _check.as_image(image.astype(order + dtype))
        assert native.dtype == image.dtype
        assert native.dtype.isnative
        np.testing.assert_array_equal(native, image)


@pytest.mark.parametrize("dtype", ["u1", "u4", "i2", "i8", "f2", "f8"])
def test_as_pixels_takes_every_real_dtype(dtype: str) -> None:
    image = np.arange(12, dtype=dtype).reshape(3, 4)
    assert _check.as_pixels(image) is image
    swapped = _check.as_pixels(image.astype(image.dtype.newbyteorder()))
    assert swapped.dtype == image.dtype
    np.testing.assert_array_equal(swapped, image)


# --- layout -----------------------------------------------------------------------------------------------------------

PLANES = [
    *((3, 224, 224), (3, 512, 512), (1, 28, 28), (3, 32, 32), (4, 64, 64), (6, 512, 512), (30, 512, 512)),
    *(
        (600, 512, 512),
        (3, 480, 640),
        (3, 640, 480),
        (1, 480, 640),
        (4, 100, 120),
        (30, 512, 400),
        (155, 240, 300),
        (38, 128, 512),
    ),
]
IMAGES = [
    *((1, 1, 5), (1, 1, 2048), (2, 3, 5), (3, 4, 4), (8, 8, 224), (64, 64, 256), (7, 7, 2048), (14, 20, 512)),
    *((1, 512, 3), (1, 512, 224), (512, 1, 224), (145, 145, 200), (610, 340, 103), (100, 200, 256), (3, 1000, 20)),
    *(
        (480, 640, 3),
        (3, 5, 3),
        (3, 640, 3),
        (3, 30, 31),
        (3, 24, 28),
        (20, 20, 512),
        (512, 512, 30),
        (6, 100, 120),
        (0, 0, 3),
    ),
]


@pytest.mark.parametrize("shape", PLANES)
def test_planes_are_no_image(shape: tuple[int, int, int]) -> None:
    n, h, w = shape
    message = (
        f"reference must have shape (h, w) or (h, w, c), got {shape}, which looks like {n} planes of {h} x {w}: use "
        "imgproc.channels_last(reference) if they are channels, or treat one at a time, reference[k], if they are "
        f"slices of a volume; if it is an image of {w} channels, call within imgproc.trust_layout()"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        _check.as_image(np.broadcast_to(np.uint8(0), shape), "reference")


def test_planes_are_images_where_the_caller_says_so() -> None:
    for shape in PLANES:
        image = np.broadcast_to(np.uint8(0), shape)
        with imgproc.trust_layout():
            assert _check.as_image(image) is image
            with imgproc.trust_layout():
                pass
            assert _check.as_image(image) is image
        with pytest.raises(ValueError, match=r"call within imgproc\.trust_layout\(\)$"):
            _check.as_image(image)


@pytest.mark.parametrize("shape", IMAGES)
def test_images_of_many_channels_are_images(shape: tuple[int, int, int]) -> None:
    image = np.broadcast_to(np.uint8(0), shape)
    assert _check.as_image(image) is image


HOLE = np.zeros((3, 4), bool)

ACCEPTED: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]] = [
    (_check.as_mask, (None, GREY), {}, None),
    (_check.color_mode, ("luminance", RGB), {}, "luminance"),
    (_check.color_mode, ("per_channel", RGB), {}, "per_channel"),
    (_check.color_mode, ("luminance", GREY), {}, "per_channel"),
    (_check.color_mode, ("luminance", GREY[..., None]), {}, "per_channel"),
    (_check.color_mode, ("per_channel", FIVE), {}, "per_channel"),
    (_check.same_size, (GREY, GREY, "a", "b"), {}, None),
    (_check.one_of, ("b", "kind", ("a", "b")), {}, "b"),
    (_check.border_name, ("wrap",), {}, "wrap"),
    (_check.integer, (3, "n"), {}, 3),
    (_check.integer, (np.uint8(3), "n"), {"at_least": 3, "at_most": 3}, 3),
    (_check.odd, (5, "size"), {}, 5),
    (_check.odd, (1, "size"), {}, 1),
    (_check.radius_within, (0, GREY), {}, 0),
    (_check.radius_within, (4, GREY), {}, 4),
    (_check.radius_within, (400, EMPTY), {}, 400),
    (_check.radius_within, (254, LONG), {"framed": True}, 254),
    (_check.radius_within, (400, EMPTY), {"framed": True}, 400),
    (_check.amount_within, (1 << 20, GREY, "bins"), {}, None),
    (_check.amount_within, (64 * 2000 * 1000, LARGE, "bins"), {}, None),
    (_check.amount_within, (1 << 40, EMPTY, "bins"), {}, None),
    (_check.frame_within, (510, 510, GREY, "its border"), {}, None),
    (_check.length_within, (100, "margin", GREY), {}, 100),
    (_check.length_within, (np.int8(1), "context", EMPTY), {"at_least": 1}, 1),
    (_check.length_within, (1500, "margin", LARGE), {}, 1500),
    (_check.sigma_within, (16, GREY), {}, 16.0),
    (_check.frame_size, ((3, 4),), {}, (3, 4)),
    (_check.frame_size, ((4096, 4096),), {"source": (1, 1)}, (4096, 4096)),
    (_check.sigma_within, (1500.5, LARGE, "sigma"), {}, 1500.5),
    (_check.sigma_within, (400, EMPTY), {}, 400.0),
    (_check.real, (-1, "x"), {}, -1.0),
    (_check.real, (1e15, "x"), {}, 1e15),
    (_check.finite, (-1.7e308, "x"), {}, -1.7e308),
    (_check.dtype_name, (np.uint8, ("uint8", "float32")), {}, "uint8"),
    (_check.real, (Fraction(1, 2), "x"), {}, 0.5),
    (_check.real, (np.float32(0.5), "x"), {"at_least": 0.5, "at_most": 0.5}, 0.5),
    (_check.real, (np.array(0.5), "x"), {}, 0.5),
    (_check.positive, (1e-9, "sigma"), {}, 1e-9),
    (_check.ordered_range, ((0, 1), "range"), {}, (0.0, 1.0)),
    (_check.ordered_range, (np.array([-1.0, 2.0]), "range"), {}, (-1.0, 2.0)),
    (_check.size_pair, ([8, 9], "tiles"), {}, (8, 9)),
    (_check.size_pair, ((0, 1), "tiles"), {"at_least": 0}, (0, 1)),
    (_check.whole, (1 << 80, "key"), {}, 1 << 80),
    (_check.flag, (True, "fit"), {}, True),
    (_check.flag, (np.bool_(False), "fit"), {}, False),
    (_check.as_out, (None,), {}, None),
    (_check.frame_size, ((16777216, 127),), {}, (16777216, 127)),
    (_check.frame_size, ((16384, 8192),), {"source": (1, 1)}, (16384, 8192)),
    (_check.image_dtype, (None,), {}, None),
    (_check.image_dtype, ("u2",), {}, np.dtype(np.uint16)),
    (_check.image_dtype, (np.float32,), {}, np.dtype(np.float32)),
    (_check.float_dtype, ("f8",), {}, np.dtype(np.float64)),
]


@pytest.mark.parametrize(("checker", "arguments", "options", "expected"), ACCEPTED)
def test_accepts(checker: Callable[..., Any], arguments: tuple, options: dict, expected: Any) -> None:
    value = checker(*arguments, **options)
    assert value == expected
    assert type(value) is type(expected)


REFUSED: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    (
        _check.as_image,
        (None,),
        {},
        TypeError,
        "image must be a numpy array, got None (an image that could not be read?)",
    ),
    (
        _check.as_image,
        ([[0]], "reference"),
        {},
        TypeError,
        "reference must be a numpy array, got list; make it one with numpy.array(reference, dtype=numpy.uint8)",
    ),
    (
        _check.as_image,
        (Image.new("L", (2, 2)),),
        {},
        TypeError,
        "image must be a numpy array, got Image; convert it with imgproc.from_pil(image)",
    ),
    (
        _check.as_image,
        (NOTHING_LEFT,),
        {},
        TypeError,
        "image must be a plain array, got a masked array: pass image.data and mask=~image.mask",
    ),
    (
        _check.as_image,
        (GREY.astype(bool),),
        {},
        TypeError,
        "image must have dtype uint8, uint16, float32 or float64, got bool (a mask belongs in mask=; for black and "
        "white there is imgproc.to_uint8(image))",
    ),
    *(
        (
            _check.as_image,
            (np.zeros((3, 4), dtype),),
            {},
            TypeError,
            f"image must have dtype uint8, uint16, float32 or float64, got {dtype}{hint}",
        )
        for dtype, hint in {
            "int8": f"; convert it with {RESCALE}",
            "int16": f"; convert it with {RESCALE}",
            "int32": f"; convert it with {RESCALE}{ASTYPE}",
            "int64": f"; convert it with {RESCALE}{ASTYPE}",
            "uint32": f"; convert it with {RESCALE}{ASTYPE}",
            "float16": "; convert it with imgproc.to_float(image)",
            "complex64": "",
            "object": "",
            ">i4": f"; convert it with {RESCALE}{ASTYPE}",
            "<U3": "",
        }.items()
    ),
    (
        _check.as_image,
        (np.zeros(4, np.uint8),),
        {},
        ValueError,
        "image must have shape (h, w) or (h, w, c), got (4,)",
    ),
    (
        _check.as_image,
        (np.zeros((1, 2, 3, 4), np.uint8),),
        {},
        ValueError,
        "image must have shape (h, w) or (h, w, c), got (1, 2, 3, 4): treat one image at a time, image[k]",
    ),
    (
        _check.as_image,
        (np.zeros((2, 3, 0), np.uint8),),
        {},
        ValueError,
        "image must have at least one channel, got shape (2, 3, 0)",
    ),
    (
        _check.as_image,
        (FIVE,),
        {"channels": (1, 3)},
        ValueError,
        "image must have 1 or 3 channels, got shape (3, 4, 5)",
    ),
    (
        _check.as_mask,
        ([[True]], GREY),
        {},
        TypeError,
        "mask must be a numpy array of bool, got list; make it one with numpy.array(mask, dtype=bool)",
    ),
    (
        _check.as_mask,
        (GREY, GREY, "reference_mask"),
        {},
        TypeError,
        "reference_mask must be bool (True = take part), got uint8: write reference_mask != 0",
    ),
    (
        _check.as_mask,
        (np.ones((4, 3), bool), RGB),
        {},
        ValueError,
        "mask must have the (h, w) of image, (3, 4), got (4, 3)",
    ),
    (
        _check.as_mask,
        (np.ones((3, 4, 1), bool), GREY, "mask", "reference"),
        {},
        ValueError,
        "mask must have the (h, w) of reference, (3, 4), got (3, 4, 1)",
    ),
    (
        _check.as_mask,
        (np.zeros((3, 4), bool), GREY),
        {},
        ValueError,
        "mask must select at least one pixel, got none",
    ),
    (_check.as_hole, (None, GREY), {}, TypeError, "mask must be a numpy array of bool, got None"),
    (_check.as_hole, (GREY, GREY), {}, TypeError, "mask must be bool (True = fill), got uint8: write mask != 0"),
    (
        _check.as_hole,
        (HOLE.T, RGB, "hole"),
        {},
        ValueError,
        "hole must have the (h, w) of image, (3, 4), got (4, 3)",
    ),
    (_check.boxes_on_image, (None, GREY), {}, TypeError, "boxes must be numbers of shape (n, 4), got None"),
    (_check.boxes_on_image, ((1, 2), GREY), {}, ValueError, "boxes must have shape (n, 4), got (2,)"),
    (
        _check.boxes_on_image,
        ([(4, 0, 5, 1)], GREY),
        {},
        ValueError,
        "boxes must lie in the image, 4x3 pixels, got (4.0, 0.0, 5.0, 1.0)",
    ),
    (
        _check.as_hole,
        (np.zeros((3, 4), bool), GREY),
        {"empty": False},
        ValueError,
        "mask must select at least one pixel, got none",
    ),
    (
        _check.same_size,
        (GREY, RGB, "image", "guide"),
        {},
        ValueError,
        "guide must have the shape of image, (3, 4), got (3, 4, 3)",
    ),
    (_check.color_mode, (None, RGB), {}, TypeError, "color must be a string, got None"),
    (
        _check.color_mode,
        ("lab", RGB),
        {},
        ValueError,
        "color must be one of 'luminance', 'per_channel', got 'lab'",
    ),
    (
        _check.color_mode,
        ("luminance", FIVE),
        {},
        ValueError,
        "color='luminance' needs a grey or an RGB image, got 5 channels: split off alpha, or use color='per_channel'",
    ),
    (_check.one_of, (3, "kind", ("a",)), {}, TypeError, "kind must be a string, got int"),
    (
        _check.border_name,
        ("mirror",),
        {},
        ValueError,
        "border must be one of 'constant', 'replicate', 'reflect', 'reflect_101', 'wrap', got 'mirror'",
    ),
    (_check.integer, (3.0, "n"), {}, TypeError, "n must be an integer, got float"),
    (_check.integer, (True, "n"), {}, TypeError, "n must be an integer, got bool"),
    (_check.integer, (None, "n"), {}, TypeError, "n must be an integer, got None"),
    (_check.integer, ("3", "n"), {}, TypeError, "n must be an integer, got str"),
    (_check.integer, (0, "n"), {"at_least": 1}, ValueError, "n must be >= 1, got 0"),
    (_check.integer, (9, "n"), {"at_most": 8}, ValueError, "n must be <= 8, got 9"),
    (
        _check.integer,
        (-(10**400), "n"),
        {"at_least": 1},
        ValueError,
        "n must fit 64 bits, got an integer of 1329 bits",
    ),
    (_check.integer, (1 << 64, "n"), {}, ValueError, "n must fit 64 bits, got 18446744073709551616"),
    (_check.flag, (1, "fit"), {}, TypeError, "fit must be True or False, got 1"),
    (_check.flag, (None, "fit"), {}, TypeError, "fit must be True or False, got None"),
    (_check.as_out, ([1],), {}, TypeError, "out must be a numpy array, got list"),
    (_check.as_out, (LOCKED, "into"), {}, ValueError, "into must be writeable, got a read-only array"),
    (_check.odd, (4, "size"), {}, ValueError, "size must be odd, got 4"),
    (_check.odd, (-1, "size"), {}, ValueError, "size must be >= 1, got -1"),
    (_check.radius_within, (-1, GREY), {}, ValueError, "radius must be >= 0, got -1"),
    (_check.radius_within, (5, GREY), {}, ValueError, "radius must be <= the image's longer side, 4, got 5"),
    (_check.radius_within, (1.5, GREY), {}, TypeError, "radius must be an integer, got float"),
    (
        _check.radius_within,
        (255, LONG),
        {"framed": True},
        ValueError,
        "radius must be <= 254 for an image of 1x1552 pixels, got 255",
    ),
    (
        _check.amount_within,
        ((1 << 20) + 1, GREY, "bins"),
        {},
        ValueError,
        "bins must be at most 1048576 for an image of 3x4 pixels, got 1048577",
    ),
    (
        _check.frame_within,
        (511, 510, GREY, "its border"),
        {},
        ValueError,
        "the number of pixels of the image and its border must be at most 1048576 for an image of 3x4 pixels, "
        "got 1049600",
    ),
    (
        *(_check.length_within, (101, "margin", GREY), {}, ValueError),
        r"margin must be <= the image's longer side (or 100), 100, got 101",
    ),
    (_check.length_within, (0, "context", GREY), {"at_least": 1}, ValueError, "context must be >= 1, got 0"),
    (_check.length_within, (1.5, "margin", GREY), {}, TypeError, "margin must be an integer, got float"),
    (_check.sigma_within, (0, GREY), {}, ValueError, "sigma must be > 0, got 0.0"),
    (
        _check.frame_size,
        ((1 << 15, 1 << 15),),
        {"source": (8, 8)},
        ValueError,
        "size must be (h, w) of at most 16777216 a side and 134217728 pixels in all, got (32768, 32768)",
    ),
    (
        _check.frame_size,
        ((1 << 25, 1), "shape"),
        {},
        ValueError,
        "shape must be (h, w) of at most 16777216 a side and 2147483647 pixels in all, got (33554432, 1)",
    ),
    (
        _check.sigma_within,
        (16.5, GREY, "s"),
        {},
        ValueError,
        "s must be <= the image's longer side (or 16), 16, got 16.5",
    ),
    (_check.real, (-1.1e15, "x"), {}, ValueError, "x must be within -1e+15 and 1e+15, got -1.1e+15"),
    (_check.finite, (np.inf, "x"), {}, ValueError, "x must be finite, got inf"),
    (_check.dtype_name, (10**400, ("uint8", "float32")), {}, TypeError, "dtype must be one of uint8, float32, got int"),
    (_check.real, ("1", "x"), {}, TypeError, "x must be a number, got str"),
    (_check.real, (None, "x"), {}, TypeError, "x must be a number, got None"),
    (_check.real, (True, "x"), {}, TypeError, "x must be a number, got bool"),
    (_check.real, (1j, "x"), {}, TypeError, "x must be a number, got complex"),
    (_check.real, (np.complex64(1), "x"), {}, TypeError, "x must be a number, got complex64"),
    (_check.real, (np.array([1.0]), "x"), {}, TypeError, "x must be a number, got ndarray"),
    (_check.real, ([1.0], "x"), {}, TypeError, "x must be a number, got list"),
    (_check.real, (float("nan"), "x"), {}, ValueError, "x must be finite, got nan"),
    (_check.real, (float("inf"), "x"), {}, ValueError, "x must be finite, got inf"),
    (_check.real, (10**400, "x"), {}, ValueError, "x must be finite, got an integer beyond the floats"),
    (_check.real, (-0.5, "x"), {"at_least": 0}, ValueError, "x must be >= 0, got -0.5"),
    (_check.real, (1.5, "x"), {"at_most": 1}, ValueError, "x must be <= 1, got 1.5"),
    (_check.positive, (-1, "sigma"), {}, ValueError, "sigma must be > 0, got -1.0"),
    (_check.positive, (0.0, "sigma"), {}, ValueError, "sigma must be > 0, got 0.0"),
    (_check.ordered_range, (3, "range"), {}, TypeError, "range must be a pair, got 3"),
    (_check.ordered_range, ("ab", "range"), {}, TypeError, "range must be a pair, got 'ab'"),
    (_check.ordered_range, ((1, 2, 3), "range"), {}, TypeError, "range must be a pair, got (1, 2, 3)"),
    (_check.ordered_range, (np.array(3), "range"), {}, TypeError, "range must be a pair, got array(3)"),
    (_check.ordered_range, ((0, "1"), "range"), {}, TypeError, "range[1] must be a number, got str"),
    (
        _check.ordered_range,
        ((1, 1), "range"),
        {},
        ValueError,
        "range must be a pair (low, high) with low < high, got (1.0, 1.0)",
    ),
    (_check.size_pair, ((8, 0), "tiles"), {}, ValueError, "tiles[1] must be >= 1, got 0"),
    (_check.size_pair, ((8.0, 8), "tiles"), {}, TypeError, "tiles[0] must be an integer, got float"),
    (_check.size_pair, (8, "tiles"), {}, TypeError, "tiles must be a pair, got 8"),
    (_check.whole, (1.5, "key"), {}, TypeError, "key must be an integer, got float"),
    (_check.whole, (True, "key"), {}, TypeError, "key must be an integer, got bool"),
    (_check.float_dtype, (None, "kind"), {}, ValueError, "kind must be float32 or float64, got None"),
    (_check.float_dtype, ("u1",), {}, ValueError, "dtype must be float32 or float64, got uint8"),
    (
        _check.as_pixels,
        (GREY.astype(bool),),
        {},
        TypeError,
        "image must be of integers, float16, float32 or float64, got bool",
    ),
    (
        _check.as_pixels,
        (GREY + 1j, "x"),
        {"names": ("uint8", "bool")},
        TypeError,
        "x must be of uint8, bool, got complex128",
    ),
    (
        _check.as_pixels,
        (GREY.astype(np.int64),),
        {"names": ("uint8",)},
        TypeError,
        f"image must be of uint8, got int64; convert it with {RESCALE}{ASTYPE}",
    ),
    (
        _check.frame_size,
        ((16777217, 1),),
        {},
        ValueError,
        "size must be (h, w) of at most 16777216 a side and 2147483647 pixels in all, got (16777217, 1)",
    ),
    (
        _check.frame_size,
        ((16384, 8193),),
        {"source": (9, 9)},
        ValueError,
        "size must be (h, w) of at most 16777216 a side and 134217728 pixels in all, got (16384, 8193)",
    ),
    (_check.image_dtype, ("red",), {}, TypeError, "dtype must be a dtype, got 'red'"),
    (_check.image_dtype, ("i1",), {}, ValueError, "dtype must be uint8, uint16, float32 or float64, got int8"),
    (
        _check.as_coefficients,
        ([1.0],),
        {},
        TypeError,
        f"coefficients must be a numpy array, got list{MAKE}(coefficients)",
    ),
    (
        _check.as_coefficients,
        (GREY,),
        {},
        TypeError,
        "coefficients must have dtype float32, float64, complex64 or complex128, got uint8",
    ),
    (
        _check.as_coefficients,
        (RGB + 0j,),
        {"complex_too": False},
        TypeError,
        "coefficients must have dtype float32 or float64, got complex64",
    ),
    (
        _check.as_coefficients,
        (RGB[0, 0],),
        {},
        ValueError,
        "coefficients must have shape (h, w) or (h, w, c), got (3,)",
    ),
    (_check.as_coefficients, (RGB / 1 + np.inf,), {}, ValueError, "coefficients must be finite, got NaN or infinity"),
    (_check.as_psf, (3,), {}, TypeError, "psf must be a numpy array, got int"),
    (_check.as_psf, (RGB[0] + 0j,), {}, TypeError, "psf must be of real numbers, got complex64"),
    (_check.as_psf, (RGB,), {}, ValueError, "psf must have shape (n, m) with n, m >= 1, got (3, 4, 3)"),
    (_check.as_psf, (GREY,), {}, ValueError, "psf must be finite, nowhere negative and somewhere positive"),
    (
        _check.as_window_weights,
        ([[1]],),
        {},
        TypeError,
        f"weights must be a numpy array, got list{MAKE}(weights)",
    ),
    (_check.as_window_weights, (GREY + 1j,), {}, TypeError, "weights must be of real numbers, got complex128"),
    (
        _check.as_window_weights,
        (np.ones((3, 2)),),
        {},
        ValueError,
        "weights must have shape (n, m) with n and m odd, got (3, 2)",
    ),
    (
        _check.as_window_weights,
        (np.zeros((3, 1)),),
        {},
        ValueError,
        "weights must be finite, nowhere negative and somewhere positive",
    ),
]


@pytest.mark.parametrize(("checker", "arguments", "options", "error", "message"), REFUSED)
def test_refuses(
    checker: Callable[..., Any], arguments: tuple, options: dict, error: type[Exception], message: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error) as caught:
            checker(*arguments, **options)
    assert str(caught.value) == message
    assert type(caught.value) is error


def test_as_mask_returns_the_very_mask() -> None:
    mask = np.eye(3, 4, dtype=bool)
    assert _check.as_mask(mask, GREY) is mask
    assert _check.as_mask(mask, RGB) is mask


def test_as_hole_returns_the_very_mask() -> None:
    assert _check.as_hole(HOLE, GREY) is HOLE
    assert _check.as_hole(HOLE, RGB) is HOLE


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ((-1, 0.5, 1, 9), [[-1, 0.5, 1, 9]]),
        ([[0, 0, 1, 1], [3, 2, 4, 3]], [[0, 0, 1, 1], [3, 2, 4, 3]]),
        (np.array([[0, 0, 1, 1]], np.uint8), [[0, 0, 1, 1]]),
        ([], np.zeros((0, 4))),
    ],
)
def test_boxes_on_image_makes_rows_of_float64(boxes: Any, expected: Any) -> None:
    values = _check.boxes_on_image(boxes, GREY)
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, expected)


def test_as_mask_of_an_empty_image_may_select_nothing() -> None:
    mask = np.zeros((0, 4), bool)
    assert _check.as_mask(mask, EMPTY) is mask


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_as_coefficients_returns_the_very_array(dtype: str) -> None:
    values = np.ones((3, 4), dtype)
    assert _check.as_coefficients(values) is values


def test_as_psf_scales_to_one() -> None:
    np.testing.assert_array_equal(_check.as_psf(np.array([[1, 3]])), [[0.25, 0.75]])


def test_as_window_weights_keeps_whole_numbers_whole() -> None:
    large = np.array([[1 << 60, 0, (1 << 60) + 1]])
    assert _check.as_window_weights(large) is large


def test_every_checker_is_tested() -> None:
    checkers = {name for name, value in vars(_check).items() if _is_checker(name, value)}
    accepted = {entry[0].__name__ for entry in ACCEPTED} | {
        "as_image",
        "as_pixels",
        "as_coefficients",
        "as_psf",
        "as_window_weights",
        "as_hole",
        "boxes_on_image",
    }
    refused = {entry[0].__name__ for entry in REFUSED}
    assert checkers == accepted == refused, "a checker needs an entry in both ACCEPTED and REFUSED"


def _is_checker(name: str, value: Any) -> bool:
    return callable(value) and not name.startswith("_") and getattr(value, "__module__", "") == _check.__name__
