"""Conversions of dtype and range: full scale to full scale, rounding, and what is refused with a hint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augment
import imgproc
from imgproc import rescale, to_float, to_uint8, to_uint16

FULL = {"bool": 1, "uint8": 255, "uint16": 65535, "uint32": 2**32 - 1, "int16": 32767, "float16": 1, "float32": 1}
FULL["float64"] = 1


def levels(dtype: str, rng: np.random.Generator) -> np.ndarray:
    """Random levels of the whole range, with its ends."""
    fractions = np.concatenate([[0.0, 1.0], rng.random(398)]).reshape(20, 20)
    if dtype.startswith("f"):
        return fractions.astype(dtype)
    return np.rint(fractions * FULL[dtype]).astype(dtype)


@pytest.mark.parametrize("dtype", FULL)
@pytest.mark.parametrize(("convert", "top"), [(to_uint8, 255), (to_uint16, 65535)])
def test_full_scale_becomes_full_scale(dtype: str, convert: Any, top: int, rng: np.random.Generator) -> None:
    image = levels(dtype, rng)
    before = image.copy()
    found = convert(image)
    work = np.float32 if dtype in ("float16", "float32") else np.float64
    expected = np.rint(image.astype(work) * work(top) / work(FULL[dtype]))
    assert found.dtype == (np.uint8 if top == 255 else np.uint16)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(image, before)
    assert not np.shares_memory(found, image)
    assert (found[0, 0], found[0, 1]) == (0, top)


@pytest.mark.parametrize("dtype", FULL)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_to_float_is_the_quotient(dtype: str, kind: str, rng: np.random.Generator) -> None:
    image = levels(dtype, rng)
    found = to_float(image, dtype=kind)
    assert found.dtype == kind
    np.testing.assert_array_equal(found, (image.astype(np.float64) / FULL[dtype]).astype(kind))
    assert not np.shares_memory(found, image)


def test_there_and_back_is_the_same() -> None:
    eight, sixteen = np.arange(256, dtype=np.uint8)[None], np.arange(65536, dtype=np.uint16)[None]
    for kind in ("float32", "float64"):
        np.testing.assert_array_equal(to_uint8(to_float(eight, dtype=kind)), eight)
        np.testing.assert_array_equal(to_uint16(to_float(sixteen, dtype=kind)), sixteen)
    np.testing.assert_array_equal(to_uint8(to_uint16(eight)), eight)


def test_conversions_agree_with_those_of_scikit_image(rng: np.random.Generator) -> None:
    util = pytest.importorskip("skimage.util")
    for dtype in ("bool", "uint16", "float32", "float64"):
        image = levels(dtype, rng)
        np.testing.assert_allclose(to_float(image, dtype="float64"), util.img_as_float64(image), rtol=1e-15)
        assert np.abs(to_uint8(image).astype(int) - util.img_as_ubyte(image)).max() <= 1  # which shifts uint16


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_floats_beyond_are_saturated_and_nan_is_black(kind: str) -> None:
    image = np.array([[-0.2, 1.2, np.nan, np.inf, -np.inf, 0.5, 0.25, 1, 0, 1, 0, 1, 0, 0.5]], kind)
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(to_uint8(image)[0, :6], [0, 255, 0, 255, 0, 128])
        np.testing.assert_array_equal(to_float(image, dtype="float64"), image.astype(np.float64))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("fuse", [True, False])
def test_a_chain_rounds_levels_of_float64_as_well(dtype: str, fuse: bool) -> None:
    """The constant that rounds float32 left float64 as it was, so that they were cut: 0.75 became 0."""
    top = np.iinfo(dtype).max
    image = np.arange(0, 64 * 4)[None] / 4 / top
    chain = augment.Compose([augment.Invert(p=1.0)], dtype=dtype, fuse=fuse)
    expected = np.rint((1.0 - image) * top)
    for key in range(7):  # the recorded chain, too
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], expected)


def test_every_shape_is_taken() -> None:
    for shape in ((0, 3), (3, 0, 3), (1, 1), (4, 5, 1), (4, 5, 7)):
        for convert in (to_uint8, to_uint16, to_float, rescale):
            found = convert(np.zeros(shape, np.float16))
            assert found.shape == shape
            assert found.flags.c_contiguous


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.full((2, 3), -5, np.int16), ValueError, "image must not be below 0, got -5: pass imgproc.rescale"),
        (np.zeros((2, 3), np.int64), TypeError, "got int64; convert it with imgproc.rescale.image, source=.low, high"),
        (np.zeros((2, 3), np.int8), TypeError, "got int8; convert it with imgproc.rescale"),
        (np.zeros((2, 3), complex), TypeError, "image must be of bool, uint8, .*, got complex128$"),
        (np.zeros((3, 64, 64)), ValueError, "looks like 3 planes of 64 x 64: use imgproc.channels_last"),
        ([[1]], TypeError, "image must be a numpy array, got list"),
    ],
)
@pytest.mark.parametrize("convert", [to_uint8, to_uint16, to_float])
def test_refusals(convert: Any, image: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        convert(image)


# --- rescale ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("source", ["image", (10, 90), (-3.5, 200.25)])
@pytest.mark.parametrize("target", [(0.0, 1.0), (0.2, 0.7)])
def test_rescale_is_that_of_scikit_image(dtype: str, source: Any, target: Any, rng: np.random.Generator) -> None:
    exposure = pytest.importorskip("skimage.exposure")
    image = (rng.random((9, 11, 3)) * 120).astype(dtype)
    expected = exposure.rescale_intensity(image.astype(np.float64), in_range=source, out_range=target)
    found = rescale(image, source=source, target=target, dtype="float64")
    np.testing.assert_allclose(found, expected, atol=1e-14)
    np.testing.assert_array_equal(rescale(image, source=source, target=target, dtype="uint8"), np.rint(found * 255))
    own = rescale(image, source=source, target=target)
    assert own.dtype == (np.float32 if dtype.startswith("i") else dtype)


@pytest.mark.parametrize(
    ("image", "source", "low", "high"),
    [
        (np.array([[3, 7, 4000]], np.uint16), "12bit", 0, 4095),
        (np.array([[3, 7, 1000]], np.uint16), "10bit", 0, 1023),
        (np.array([[3, 7, 16000]], np.int32), "14bit", 0, 16383),
        (np.array([[3.0, 7, 250]]), "8bit", 0, 255),
        (np.array([[3, 7, 250]], np.uint8), "dtype", 0, 255),
        (np.array([[-3, 7, 250]], np.int16), "dtype", -32768, 32767),
        (np.array([[0.1, 0.5]]), "dtype", 0, 1),
        (np.array([[np.nan, -1000, 3000, np.inf]]), "image", -1000, 3000),
        (np.array([[-(2**62), 2**62]], np.int64), "image", -(2.0**62), 2.0**62),
    ],
)
def test_what_source_means(image: np.ndarray, source: str, low: float, high: float) -> None:
    expected = np.clip((image.astype(np.float64) - low) / (high - low), 0, 1)
    np.testing.assert_array_equal(rescale(image, source=source, dtype="float64"), expected)


def test_a_mask_says_which_pixels_the_range_is_of() -> None:
    image = np.array([[-9999, 10, 20, 30]], np.float32)
    found = rescale(image, mask=image > -9999)
    np.testing.assert_array_equal(found, [[0, 0, 0.5, 1]])


def test_without_clip_floats_go_beyond() -> None:
    image = np.array([[-10.0, 0, 10, 30]])
    np.testing.assert_array_equal(rescale(image, source=(0, 20), clip=False), [[-0.5, 0, 0.5, 1.5]])
    np.testing.assert_array_equal(rescale(image, source=(0, 20), clip=False, dtype="uint8"), [[0, 0, 128, 255]])


def test_a_negative_and_an_image_of_one_level() -> None:
    np.testing.assert_array_equal(rescale(np.array([[0, 1]], np.uint8), target=(1, 0)), [[255, 0]])
    flat = np.full((2, 3), 7.0)
    flat[0, 0] = np.nan
    found = rescale(flat)
    assert np.isnan(found[0, 0])
    assert (found.ravel()[1:] == 0).all()
    assert np.isnan(rescale(np.full((2, 2), np.nan))).all()


def test_the_widest_range_does_not_overflow() -> None:
    image = np.array([[-1.7e308, 0.0, 1.7e308, np.nan]])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(rescale(image), [[0, 0.5, 1, np.nan]])
        np.testing.assert_array_equal(rescale(image, dtype="uint8"), [[0, 128, 255, 0]])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"source": "11bit"}, ValueError, "source must be one of 'image', 'dtype', '8bit'"),
        ({"source": (5, 5)}, ValueError, r"source must be a pair \(low, high\) with low < high"),
        ({"source": 4095}, TypeError, "source must be a pair"),
        ({"target": (0, 255)}, ValueError, r"target\[1\] is a fraction of full scale: 255 of 255 is 1"),
        ({"target": (0.5, 0.5)}, ValueError, "target must be two different levels"),
        ({"target": 1}, TypeError, "target must be a pair"),
        ({"dtype": "int16"}, ValueError, "dtype must be uint8, uint16, float32 or float64"),
        ({"clip": 1}, TypeError, "clip must be True or False"),
        ({"mask": np.ones((2, 2))}, TypeError, "mask must be bool"),
    ],
)
def test_rescale_refuses(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        rescale(np.zeros((2, 2), np.int16), **options)


# --- levels from 0 to 1 -----------------------------------------------------------------------------------------------

ASSUMING = {
    "clahe": {},
    "posterize": {"bits": 3},
    "solarize": {},
    "bit_plane": {"bit": 7},
    "tone_curve": {"points": ((0, 0), (1, 0.5))},
    "lookup": {"table": np.linspace(0, 1, 5)},
    "to_uint8": {},
    "to_uint16": {},
}


@pytest.mark.parametrize("name", ASSUMING)
@pytest.mark.parametrize(
    ("low", "high", "source"),
    [
        (0, 255, r"\(0, 255\)"),
        (0, 4000, r"\(0, 4095\)"),
        (-1000, 3000, r"\(-1000, 3000\)"),
        (-2.1, 2.6, r"\(-2.1, 2.6\)"),
    ],
)
@pytest.mark.parametrize("shape", [(30, 40), (64, 65, 3), (3, 4)])
def test_floats_in_other_units_are_refused(name: str, low: float, high: float, source: str, shape: Any) -> None:
    image = np.linspace(low, high, int(np.prod(shape))).reshape(shape)
    with pytest.raises(
        ValueError, match=rf"^image must have levels from 0 to 1 for \w+, got .*rescale\(image, source={source}\)"
    ):
        getattr(imgproc, name)(image, **ASSUMING[name])


@pytest.mark.parametrize("name", ASSUMING)
def test_levels_near_0_to_1_and_single_pixels_far_from_it_are_taken(name: str) -> None:
    call = getattr(imgproc, name)
    image = np.linspace(-0.45, 1.45, 1200).reshape(30, 40)
    call(image, **ASSUMING[name])
    image[3, 5], image[7, 9], image[8, 8] = -9999.0, np.nan, 3.4e38
    call(image, **ASSUMING[name])
    call(np.full((20, 20), np.nan), **ASSUMING[name])
    call(np.zeros((0, 4)), **ASSUMING[name])


def test_clahe_looks_at_the_pixels_of_its_mask() -> None:
    image = np.linspace(0, 1, 1200).reshape(30, 40)
    image[:, :10] = -9999.0
    with pytest.raises(ValueError, match="levels from 0 to 1 for clahe"):
        imgproc.clahe(image)
    imgproc.clahe(image, mask=image > -1)


# --- chains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transform",
    [
        augment.ToneCurve(),
        augment.Posterize(),
        augment.Solarize(),
        augment.Gamma(),
        augment.CLAHE(),
        augment.RandAugment(),
    ],
    ids=lambda t: type(t).__name__,
)
def test_a_chain_refuses_floats_in_other_units_at_its_door(transform: Any) -> None:
    """Whatever is drawn: from the first image on, and also once the chain is recorded."""
    kind = type(transform).__name__
    chain = augment.Compose([augment.HorizontalFlip(), transform], image_names=["second"])
    good = np.linspace(0, 1, 20 * 30 * 3, dtype=np.float32).reshape(20, 30, 3)
    bad = good * 255
    message = rf"image must have levels from 0 to 1 for {kind}, got .*rescale\(image, source=\(0, 255\)\)"
    for key in range(8):
        chain(image=good, key=key)
        with pytest.raises(ValueError, match=message):
            chain(image=bad, key=key)
    with pytest.raises(ValueError, match=message):
        chain.batch(np.stack([good, bad]), keys=[1, 2])
    with pytest.raises(ValueError, match=message.replace("image", "second")):
        chain(image=good, second=bad, key=1)
    for key in range(3):
        chain(image=(good * 255).astype(np.uint8), key=key)


def test_a_result_of_integers_needs_levels_from_0_to_1() -> None:
    bad = np.linspace(0, 255, 600, dtype=np.float32).reshape(20, 30)
    with pytest.raises(ValueError, match=r"levels from 0 to 1 for dtype='uint8', got floats from 0 to 255"):
        augment.Compose([augment.HorizontalFlip()], dtype="uint8")(image=bad, key=1)
    augment.Compose([augment.HorizontalFlip(), augment.GaussianNoise()])(image=bad, key=1)


def test_what_sets_the_range_itself_takes_any() -> None:
    bad = np.linspace(0, 255, 600, dtype=np.float32).reshape(20, 30)
    for first in (augment.AutoContrast(p=1.0), augment.Equalize(p=1.0)):
        found = augment.Compose([first, augment.ToneCurve(p=1.0)], dtype="uint8")(image=bad, key=1)["image"]
        assert found.std() > 50


def test_a_transform_of_a_user_may_set_the_range() -> None:
    from helpers.peers import REGISTRY, Transform

    try:

        class FromScan(Transform):
            def lower(self, params: Any, frame: Any) -> list[Any]:
                return []

        bad = np.linspace(0, 255, 600, dtype=np.float32).reshape(20, 30)
        augment.Compose([FromScan(p=1.0), augment.Solarize(p=1.0)])(image=bad, key=1)
    finally:
        REGISTRY.pop("FromScan")


def test_one_level_in_a_hundred_may_lie_beyond() -> None:
    image = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    image[:22:2, 0] = 300.0  # 11 of the 1,024 that are looked at
    with pytest.raises(ValueError, match="levels from 0 to 1"):
        to_uint8(image)
    image[20, 0] = 0.5  # 10 of them
    to_uint8(image)


@pytest.mark.parametrize("width", [31, 32, 33, 64, 96])
def test_all_channels_are_looked_at(width: int) -> None:
    for channel in range(3):
        image = np.full((64, width, 3), 0.5)
        image[..., channel] = 9.0
        with pytest.raises(ValueError, match="levels from 0 to 1"):
            to_uint8(image)
