"""Copies of one picture give one picture: in 8 and 16 bits, float32 and float64, grey and RGB of equal channels.

Whatever way a function or a transform takes for a dtype or a number of channels, the results differ by the rounding of
the coarser one: one level of an integer image, a few units in the last place of a float32 one.  A result of floats is
in levels of the image, or independent of its scale.  An integer saturates where a float leaves [0, 1]; such pixels are
not compared.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_call, image_functions, takes_channels, variants
from helpers.transforms import EXAMPLES as CASES
from helpers.transforms import build

import augment

H, W = 40, 52
FUNCTIONS = image_functions()

ONE_LEVEL, FLOAT32 = 1.01, 1e-4
FEW = 0.02
"""Where pixels are decided upon, this share of them may be decided otherwise, by rounding."""

OF_ONE_DTYPE = {
    "bit_plane": "it takes a bit of a dtype",
    "lookup": "its table has one entry for each level of a dtype",
    "histogram": "it counts each level of a dtype",
    "cumulative_histogram": "it counts each level of a dtype",
    "to_uint8": "its result has another dtype",
    "to_uint16": "its result has another dtype",
    "rescale": "what its sources say of a dtype",
}
CODED = {
    name: "floats have the units of the colour space, integers a code of it"
    for space in ("lab", "luv", "xyz", "hsv", "hsl", "hsi", "ycrcb")
    for name in (f"rgb_to_{space}", f"{space}_to_rgb")
}
"""Only 8 and 16 bits are compared; whole turns of hue are 256 or 65536."""
BINS = "16 bits and floats are counted in bins, which are wider than their levels"
LUMA = "the luma of integers is rounded, and levels that tie there have one rank"
STEPS = "several operations, each of which rounds and saturates integers"
WIDER: dict[str, tuple[float, str]] = {
    # by function or transform: levels of 255 by which 8 bits, 16 bits and floats may differ
    "clahe": (12.0, BINS),
    "CLAHE": (8.0, BINS),
    "equalize_histogram": (60.0, LUMA + "; Pillow's rule does nothing where levels outnumber pixels"),
    "Equalize": (60.0, LUMA + "; Pillow's rule does nothing where levels outnumber pixels"),
    "equalize_histogram_local": (160.0, LUMA),
    "match_histogram": (5.0, "integers are matched level by level, floats value by value"),
    "MatchHistogram": (20.0, "integers are matched level by level, floats value by value"),
    "match_histogram_local": (160.0, LUMA),
    "AutoContrast": (2.0, BINS),
    "tone_curve": (ONE_LEVEL, "floats look the curve up in a table"),
    "ToneCurve": (ONE_LEVEL, "floats look the curve up in a table"),
    "compress": (2.0, "which coefficients are kept is decided by their size"),
    "ColorJitter": (20.0, STEPS),
    "Sequential": (2.0, STEPS),
    "RandAugment": (128.0, STEPS + ", and decide upon levels"),
    "AugMix": (30.0, STEPS),
    "Downscale": (1.5, "8 bits are rounded between the two sizes"),
    "BoxSafeCrop": (1.5, "where one axis shrinks and the other grows, 8 bits are rounded in between"),
    "PoissonNoise": (ONE_LEVEL, "the number of photons is drawn for a level, which is rounded"),
    "AddNoise": (ONE_LEVEL, "some of its kinds count photons"),
    "add_noise": (ONE_LEVEL, "some of its kinds count photons"),
    "hog": (15.0, "directions are counted in bins"),
    "multi_otsu": (5.0, BINS),
    "bilateral_filter": (ONE_LEVEL, "a level at the edge of a cell of the grid is in one or the other by rounding"),
    "joint_bilateral_filter": (1.5, "a level at the edge of a cell of the grid is in one or the other by rounding"),
    "Rain": (3.0, "each streak is rounded, and they lie one over the other"),
    "Snow": (3.0, "each flake is rounded, and they lie one over the other"),
    "FourierDomainAdaptation": (2.0, "the reference is rounded as the image is"),
}
DECIDES = {
    "enhance_local_statistics": "a pixel is enhanced, or not",
    "EnhanceLocalStatistics": "a pixel is enhanced, or not",
    "hog": "the strongest channel",
    "gradient": "the strongest channel",
    "kirsch": "the strongest direction",
    "robinson": "the strongest direction",
    "RandAugment": STEPS,
    "PoissonNoise": "a count of photons that rounding moves",
}
COLOURED = {
    # by function or transform: why grey and RGB of equal channels differ
    "bilateral_filter": "distances of the channels are added, as by OpenCV",
    "BilateralBlur": "distances of the channels are added, as by OpenCV",
    "ToSepia": "RGB becomes brown",
    "ToneCurve": "a curve for each channel",
    "Erase": "noise for each channel",
    "GridDropout": "noise for each channel",
    "MaskDropout": "noise for each channel",
    "XYMasking": "noise for each channel",
    "ConstrainedDropout": "noise for each channel",
    "TextOverlay": "a random level for each channel",
    "PixelDropout": "drawn for each channel",
    "GaussianNoise": "noise for each channel",
    "PoissonNoise": "noise for each channel",
    "SpeckleNoise": "noise for each channel",
    "AddNoise": "noise for each channel",
    "RandAugment": "what it draws has a meaning for colours alone",
    "Corruption": "frost, water and mud have a colour",
    "Spatter": "RGB gets coloured liquids",
    "SunFlare": "RGB gets warm light and coloured ghosts",
    "SelectiveChannel": "one channel of three is chosen",
    "AutoAugment": "what it draws has a meaning for colours alone",
    "add_noise": "noise for each channel",
    "fgsm": "its gradient has a number for each channel",
    "guided_filter": "the channels of the guide are weighed together",
}


def scene(height: int = H, width: int = W) -> np.ndarray:
    """Smooth waves with two steps, in RGB of [0, 1]."""
    y, x = np.mgrid[:height, :width]
    planes = [0.5 + 0.2 * np.sin(x / (4 + 2 * c) + c) + 0.2 * np.cos(y / (5 - c) + 0.03 * x) for c in range(3)]
    levels = np.stack(planes, -1)
    levels[8:20, 10:30] *= 0.4
    levels[25:33, 30:45] = 0.9 - 0.3 * levels[25:33, 30:45]
    return levels.clip(0, 1)


def copy_in(picture: Any, dtype: Any) -> Any:
    """A copy of an 8-bit picture in another dtype; of a 16-bit one, in floats.  Other things stay as they are."""
    if not isinstance(picture, np.ndarray) or picture.dtype.kind != "u" or picture.dtype == dtype:
        return picture
    top = np.iinfo(picture.dtype).max
    if np.dtype(dtype).kind == "u":
        return picture.astype(dtype) * (np.iinfo(dtype).max // top)
    return (picture / top).astype(dtype)


def in_unit(result: Any, top: int) -> np.ndarray:
    """A result without the scale of its image."""
    values = np.asarray(result)
    if values.dtype.kind == "u" and values.dtype.itemsize < 4:
        return values / np.iinfo(values.dtype).max
    return values / top if values.dtype.kind in "fc" else values


def assert_alike(name: str, coarse: Any, fine: Any, top: int) -> None:
    """Assert that a result for levels up to `top` is that for the float64 copy, within the rounding of the coarser."""
    coarse, fine = np.asarray(coarse), np.asarray(fine)
    assert coarse.shape == fine.shape
    if coarse.dtype.kind in "bi" or coarse.dtype == np.uint32:
        assert np.mean(coarse != fine) <= FEW
        return
    share = FEW if name in DECIDES else 0.0
    level = WIDER.get(name, (ONE_LEVEL,))[0]
    if coarse.dtype.kind == "u":
        inside = (fine >= 0.0) & (fine <= 1.0)
        if fine.ndim == 3:
            inside = np.broadcast_to(inside.all(axis=-1, keepdims=True), fine.shape)
        differences = np.abs(in_unit(coarse, top) - fine)[inside]
        bound = level / 255 if name in WIDER or coarse.dtype == np.uint8 else 2.1 / 65535
    else:
        scale = max(1.0, float(np.abs(fine).max(initial=0.0)))
        differences = np.minimum(np.abs(coarse - fine), np.abs(in_unit(coarse, top) - fine)) / scale
        bound = level / 255 if name in WIDER else FLOAT32
    assert np.mean(differences > bound) <= share, f"{differences.max()} > {bound}"


def call(function: Callable[..., Any], base: np.ndarray, options: dict[str, Any], dtype: Any) -> Any:
    """The example of a function, made for an 8-bit or 16-bit picture, with copies of it in another dtype."""
    args, kwargs = example_call(function, base, **options)
    return function(*(copy_in(v, dtype) for v in args), **{k: copy_in(v, dtype) for k, v in kwargs.items()})


def three_of(picture: Any) -> Any:
    """Three equal channels of a grey picture.  Masks, maps and other things stay as they are."""
    grey = isinstance(picture, np.ndarray) and picture.ndim == 2 and picture.dtype in (np.uint8, np.float32)
    return np.repeat(picture[:, :, None], 3, axis=2) if grey else picture


@functools.cache
def pictures(height: int = H, width: int = W) -> dict[str, np.ndarray]:
    rgb = scene(height, width)
    found = {"rgb": np.rint(rgb * 255).astype(np.uint8), "fine": np.rint(rgb * 65535).astype(np.uint16)}
    found["grey"] = np.ascontiguousarray(found["rgb"][:, :, 0])
    for image in found.values():
        image.flags.writeable = False
    return found


def bases(function: Callable[..., Any]) -> list[np.ndarray]:
    found = pictures()
    return [found[key] for key, channels in (("rgb", 3), ("grey", None)) if takes_channels(function, channels)]


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OF_ONE_DTYPE.keys()))
def test_functions_agree_on_copies_in_all_dtypes(name: str) -> None:
    function = FUNCTIONS[name]
    for base in bases(function):
        for options in variants(function, base):
            if name in CODED:
                eight, sixteen = (call(function, base, options, dtype) for dtype in (np.uint8, np.uint16))
                differences = np.abs(eight / 255 - sixteen / 65535)
                if name.startswith("rgb_to_hs"):
                    differences = np.minimum(differences, 1 - differences)
                code = 10.0 if name.endswith("_to_rgb") else 1.6  # the code of a hue is a step of many levels
                assert differences.max() * 255 <= code, options
                single, double = (call(function, base, options, dtype) for dtype in (np.float32, np.float64))
                assert_alike(name, single, double, 1)
                continue
            fine = call(function, base, options, np.float64)
            for dtype, top in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1)):
                result = call(function, base, options, dtype)
                if options.get("result") == "angle":
                    turned = np.abs((result - fine + 180) % 360 - 180)
                    assert np.mean(turned > 0.5) <= 10 * FEW, options
                    continue
                try:
                    assert_alike(name, result, fine, top)
                except AssertionError as error:
                    raise AssertionError(f"{np.dtype(dtype)} {options}: {error}") from None


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - OF_ONE_DTYPE.keys() - CODED.keys()))
def test_functions_see_all_16_bits(name: str) -> None:
    function = FUNCTIONS[name]
    base = pictures()["fine"]
    base = base if takes_channels(function, 3) else np.ascontiguousarray(base[:, :, 0])
    assert_alike(name, call(function, base, {}, np.uint16), call(function, base, {}, np.float64), 65535)


@pytest.mark.parametrize(
    "name", sorted(n for n, f in FUNCTIONS.items() if takes_channels(f, 3) and takes_channels(f, None))
)
def test_functions_agree_on_grey_and_equal_channels(name: str) -> None:
    function, grey = FUNCTIONS[name], pictures()["grey"]
    if name in COLOURED:
        pytest.skip(COLOURED[name])
    args, kwargs = example_call(function, grey)
    for dtype in (np.uint8, np.float32):
        one = function(*(copy_in(v, dtype) for v in args), **{k: copy_in(v, dtype) for k, v in kwargs.items()})
        given, named = [three_of(copy_in(v, dtype)) for v in args], {}
        for argument, value in kwargs.items():
            named[argument] = (
                three_of(copy_in(value, dtype)) if argument in ("source", "reference") else copy_in(value, dtype)
            )
        three = function(*given, **named)
        if three.ndim == one.ndim + 1:
            one = np.broadcast_to(one[..., None] if three.shape[-1] == 3 else one[None], three.shape)
        top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
        if one.shape == three.shape:
            scale = max(1.0, float(np.abs(one).max(initial=0.0)))
            difference = np.abs(in_unit(one, top) * 1.0 - in_unit(three, top)).max(initial=0.0)
            assert difference / (scale if one.dtype.kind in "fc" else 1.0) <= ONE_LEVEL / 255


def through(name: str, parameters: dict[str, Any], image: np.ndarray, key: int) -> np.ndarray:
    """The image that a chain of one transform makes."""
    mask = np.zeros(image.shape[:2], np.uint8)
    mask[8:30, 10:40] = 1
    boxes = [[10.0, 8.0, 40.0, 30.0], [50.0, 20.0, 90.0, 60.0]]
    chain = augment.Compose([build(name, parameters)], seed=5)
    return chain(image=image, mask=mask, boxes=boxes, key=key)["image"]


TRANSFORMS = [pytest.param(name, given, id=f"{name}-{k}") for k, (name, given) in enumerate(CASES)]


@pytest.mark.parametrize(("name", "parameters"), TRANSFORMS)
def test_transforms_agree_on_copies_in_all_dtypes(name: str, parameters: dict[str, Any]) -> None:
    if name == "ColorSpace" and parameters.get("target") != "gray":
        pytest.skip("floats have the units of the colour space, integers a code of it")
    if name == "FromFloat":
        pytest.skip("integers whatever comes, which are no fractions of the full scale of that")
    if name == "AutoAugment":
        pytest.skip("Pillow's rule of equalization, which the policies take for 8 bits, is another one")
    base, fine = pictures(72, 96)["rgb"], pictures(72, 96)["fine"]
    for key in range(3):
        double = through(name, parameters, copy_in(base, np.float64), key)
        for dtype in (np.uint8, np.uint16, np.float32):
            result = through(name, parameters, copy_in(base, dtype), key)
            assert_alike(name, result, double, 1)
        double = through(name, parameters, copy_in(fine, np.float64), key)
        assert_alike(name, through(name, parameters, fine, key), double, 1)


@pytest.mark.parametrize(("name", "parameters"), TRANSFORMS)
def test_transforms_agree_on_grey_and_equal_channels(name: str, parameters: dict[str, Any]) -> None:
    if name in COLOURED:
        pytest.skip(COLOURED[name])
    grey = pictures(72, 96)["grey"]
    for key in range(3):
        try:
            one = through(name, parameters, grey, key)
        except ValueError as error:
            if "channel" in str(error) or "RGB" in str(error):
                pytest.skip(f"for colours alone: {error}")
            raise
        three = through(name, parameters, np.repeat(grey[:, :, None], 3, axis=2), key)
        three = three if three.ndim == 3 else three[:, :, None]
        assert np.abs(one[:, :, None].astype(float) - three).max() <= ONE_LEVEL


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("scale", [2.0, 0.5, 1.7, (2.0, 1.0), (1.0, 0.25)])
def test_maps_of_whole_and_fractional_extents_agree(interpolation: str, scale: Any) -> None:
    """Zooms about the middle, some of which show whole pixels of the source: no way through them is a crop first."""
    import imgproc

    rgb = pictures()["rgb"]
    matrix = imgproc.affine_matrix(size=(H, W), scale=scale)
    images = [rgb, rgb[:, :, :1], rgb[:, :, 0], np.dstack([rgb, rgb[:, :, 0]]), np.dstack([rgb, rgb])[:, :, :5]]
    for image in images:
        image = np.ascontiguousarray(image)
        expected = imgproc.warp(copy_in(image, np.float64), matrix, interpolation=interpolation)
        for dtype, top in ((np.uint8, 255), (np.uint16, 65535), (np.float32, 1)):
            assert_alike(
                "warp", imgproc.warp(copy_in(image, dtype), matrix, interpolation=interpolation), expected, top
            )
        near = matrix.copy()
        near[0, 2] += 1e-4  # no whole pixels any more
        moved = imgproc.warp(image, near, interpolation=interpolation).astype(int)
        if interpolation != "nearest":
            assert np.abs(moved[1:-1, 1:-1] - expected[1:-1, 1:-1] * 255).max() <= 1.6


def test_an_edge_of_a_warp_sees_its_neighbours() -> None:
    import imgproc

    image = np.zeros((4, 4), np.uint8)
    image[1:3, 1:3] = 200
    matrix = imgproc.affine_matrix(size=(4, 4), scale=2.0)
    for picture in (image, np.dstack([image] * 3), copy_in(image, np.float32), copy_in(image, np.float64)):
        top = 255 if picture.dtype == np.uint8 else 1
        first = imgproc.warp(picture, matrix)[0].reshape(4, -1)[:, 0]
        np.testing.assert_allclose(first * (255 / top), [112, 150, 150, 112], atol=0.51)


@pytest.mark.parametrize("channels", [None, 1, 3, 4, 5])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "area"])
def test_a_crop_before_an_interpolation_sees_nothing_beyond_it(interpolation: str, channels: int | None) -> None:
    """As torchvision and albumentations: crop, then resize.  In one pass, stage by stage, and recorded."""
    rgb = pictures()["rgb"]
    image = rgb[:, :, 0] if channels is None else np.dstack([rgb, rgb])[:, :, :channels]
    image = np.ascontiguousarray(image)
    chains = [
        [augment.ResizedCrop(size=(24, 30), scale=(0.1, 0.3), interpolation=interpolation)],
        [augment.HorizontalFlip(p=1.0), augment.ResizedCrop(size=(24, 30), interpolation=interpolation)],
        [augment.Crop(size=(20, 24)), augment.Rotate(p=1.0, interpolation=interpolation)],
        [augment.PadToSize(size=(60, 60)), augment.ResizedCrop(size=(24, 30), interpolation=interpolation)],
    ]
    for transforms in chains:
        fused, stepwise = (augment.Compose(transforms, seed=2, fuse=fuse) for fuse in (True, False))
        for key in range(9):
            one, other = fused(image=image, key=key)["image"], stepwise(image=image, key=key)["image"]
            assert np.abs(one.astype(int) - other).max() <= (0 if interpolation == "nearest" else 1)
    spot = np.zeros_like(image)
    chain = augment.Compose([augment.ResizedCrop(size=(24, 30), scale=(0.1, 0.3), interpolation=interpolation)])
    for key in range(9):
        y0, x0, y1, x1 = chain.draw(key, image.shape)["steps"][0]["params"]["part"]
        spot[...] = 255
        spot[y0:y1, x0:x1] = 0  # all white but for the part
        for dtype in (np.uint8, np.float32):
            assert not chain(image=copy_in(spot, dtype), key=key)["image"].any()
