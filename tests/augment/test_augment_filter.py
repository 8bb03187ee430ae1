"""Filters: referees in SciPy and OpenCV, every dtype and number of channels, borders, NaN, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import cv2
import numpy as np
import pytest
from helpers.machine import Whole, run
from helpers.neighbours import (
    MOST_PAIRS,
    blend_differences,
    blur_separable,
    correlate,
    disc_weights,
    gaussian_weights,
    in_pairs,
    line_weights,
    quantized,
    unsharp_mask,
)
from helpers.transforms import Transform
from helpers.vocabulary import DTYPES
from hypothesis import given
from hypothesis import strategies as st
from oracles.color import draws, frame_of, saturated, stages_of
from oracles.plain import full_scale
from scipy import ndimage

import augment
import imgproc
from augment.filter import (
    BoxBlur,
    Compression,
    Defocus,
    Downscale,
    EdgeDetect,
    Emboss,
    GaussianBlur,
    MedianBlur,
    MotionBlur,
    Sharpen,
    UnsharpMask,
)

FILTERS: list[Transform] = [
    BoxBlur(),
    GaussianBlur(),
    MedianBlur(),
    MotionBlur(),
    Defocus(),
    Sharpen(),
    UnsharpMask(),
    Emboss(),
    EdgeDetect(),
    EdgeDetect(method="laplacian"),
    Compression(),
    Compression(format="webp"),
    Downscale(),
    Downscale(shrink="nearest", enlarge="nearest"),
]
LINEAR = (BoxBlur, GaussianBlur, MotionBlur, Defocus, Sharpen, Emboss)

every_filter = pytest.mark.parametrize("transform", FILTERS, ids=repr)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)

TOLERANCE = {"uint8": 0.6, "uint16": 0.55, "float32": 2e-6, "float64": 1e-13}
"""Of a mean, before it is rounded: half a level for that, and what fixed point or float32 costs."""


def textured(dtype: Any, shape: tuple[int, ...], seed: int = 5) -> np.ndarray:
    """Blobs and noise over the full range; read-only."""
    rng = np.random.default_rng(seed)
    levels = ndimage.gaussian_filter(rng.random(shape), (2, 2) + (0,) * (len(shape) - 2))
    levels = (levels - levels.min()) / max(np.ptp(levels), 1e-9) * 0.8 + 0.2 * rng.random(shape)
    image = saturated(levels * full_scale(np.dtype(dtype)), dtype)
    image.flags.writeable = False
    return image


def filtered(transform: Transform, image: np.ndarray, key: int = 3) -> np.ndarray:
    return run(image, stages_of(transform, image, key))


def at(transform: Transform, image: np.ndarray, **params: Any) -> np.ndarray:
    """With these parameters."""
    return run(image, transform.lower(params, frame_of(image)))


def correlated(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """SciPy's correlation of each channel, in float64."""
    planes = image.reshape(*image.shape[:2], -1).astype(np.float64)
    result = np.stack(
        [ndimage.correlate(planes[..., c], weights, mode="mirror") for c in range(planes.shape[2])], axis=-1
    )
    return result.reshape(image.shape)


def gradient_length(image: np.ndarray) -> np.ndarray:
    """By Sobel's operators over 4."""
    smooth, slope = np.array([[1, 2, 1]]) / 4, np.array([[-1, 0, 1]])
    return np.hypot(correlated(image, smooth.T @ slope), correlated(image, slope.T @ smooth))


def close(result: np.ndarray, exact: np.ndarray, tolerance: float | None = None) -> None:
    top = full_scale(result.dtype)
    if result.dtype.kind == "u":
        exact = np.clip(exact, 0, top)
    limit = TOLERANCE[result.dtype.name] if tolerance is None else tolerance
    assert np.abs(result.astype(np.float64) - exact).max() <= limit


# --- laws -------------------------------------------------------------------------------------------------------------


@every_filter
@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4, 5, 9])
def test_every_dtype_and_number_of_channels(transform: Transform, dtype: np.dtype, channels: int | None) -> None:
    shape = (19, 26) if channels is None else (19, 26, channels)
    image = textured(dtype, shape)
    before = image.copy()
    result = filtered(transform, image)
    assert result.shape == shape
    assert result.dtype == dtype
    assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(image, before)
    assert (result != image).any()


@every_filter
@every_dtype
def test_channels_are_filtered_one_by_one(transform: Transform, dtype: np.dtype) -> None:
    image = textured(dtype, (21, 17, 5))
    together = filtered(transform, image)
    for c in range(5):
        alone = filtered(transform, np.ascontiguousarray(image[..., c]))
        np.testing.assert_array_equal(together[..., c], alone)
        np.testing.assert_array_equal(filtered(transform, image[..., c : c + 1])[..., 0], alone)


@every_filter
@every_dtype
def test_strided_images(transform: Transform, dtype: np.dtype) -> None:
    image = textured(dtype, (40, 33, 6))
    for view in (image[::-2, ::-1, :3], image[:, :, 4], image[5:20].transpose(1, 0, 2)[..., ::2]):
        np.testing.assert_array_equal(filtered(transform, view), filtered(transform, view.copy()))


@every_filter
@every_dtype
@pytest.mark.parametrize("shape", [(1, 1), (1, 7, 3), (6, 1, 3), (2, 3, 3), (3, 2)])
def test_tiny_images(transform: Transform, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    result = filtered(transform, textured(dtype, shape))
    assert result.shape == shape
    assert result.dtype == dtype


@every_filter
@pytest.mark.parametrize("shape", [(0, 5), (4, 0, 3), (0, 0, 5)])
def test_empty_images(transform: Transform, shape: tuple[int, ...]) -> None:
    assert filtered(transform, np.zeros(shape, np.uint8)).shape == shape


@every_filter
def test_parameters_survive_json(transform: Transform) -> None:
    image = textured(np.uint8, (23, 31, 3))
    frame = frame_of(image)
    for key in range(5):
        params = transform.draw(draws(key), frame)
        back = json.loads(json.dumps(params))
        assert back == params
        np.testing.assert_array_equal(run(image, transform.lower(back, frame)), filtered(transform, image, key))


@every_filter
def test_draws_differ_and_stay_in_range(transform: Transform) -> None:
    image = textured(np.uint8, (8, 8, 3))
    seen = [transform.draw(draws(key), frame_of(image)) for key in range(200)]
    for name in seen[0]:
        values = [params[name] for params in seen]
        low, high = getattr(transform, name)
        assert low <= min(values) < max(values) <= high
        if isinstance(low, int):
            assert {low, high} <= set(values)
        else:
            assert max(values) - min(values) > 0.9 * (high - low)


@every_filter
def test_lone_numbers_and_wrong_ranges_are_refused(transform: Transform) -> None:
    kind = type(transform)
    for name in transform.draw(draws(), frame_of(np.zeros((4, 4, 3), np.uint8))):
        for wrong in (0.5, "1", None, (1, 2, 3), (1,), ("a", "b"), (True, False), (1j, 2)):
            with pytest.raises(TypeError, match=rf"^{name}"):
                kind(**{name: wrong})
        for wrong in ((2, 1), (-3, 2), (1, math.inf if kind not in (BoxBlur, MedianBlur, Compression) else 0)):
            if name == "angle" and wrong == (-3, 2):
                continue
            with pytest.raises(ValueError, match=rf"^{name}"):
                kind(**{name: wrong})


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (GaussianBlur, {"sigma": (0.0, 1.0)}, r"sigma\[0\] must be > 0, got 0.0"),
        (UnsharpMask, {"sigma": (0.0, 1.0)}, r"sigma\[0\] must be > 0"),
        (UnsharpMask, {"threshold": 1.5}, "threshold must be <= 1"),
        (UnsharpMask, {"threshold": -0.1}, "threshold must be >= 0"),
        (Defocus, {"radius": (0.0, 1.0)}, r"radius\[0\] must be > 0"),
        (MotionBlur, {"length": (0.5, 1.0)}, r"length\[0\] must be >= 1"),
        (MedianBlur, {"radius": (1, 128)}, r"radius\[1\] must be <= 127"),
        (Emboss, {"alpha": (0.0, 1.1)}, r"alpha\[1\] must be <= 1"),
        (EdgeDetect, {"strength": (0.0, 1.1)}, r"strength\[1\] must be <= 1"),
        (EdgeDetect, {"method": "canny"}, "method must be one of 'gradient', 'laplacian', got 'canny'"),
        (Compression, {"quality": (0, 50)}, r"quality\[0\] must be >= 1"),
        (Compression, {"quality": (50, 101)}, r"quality\[1\] must be <= 100"),
        (Compression, {"format": "png"}, "format must be one of 'jpeg', 'webp', got 'png'"),
        (Downscale, {"scale": (0.0, 0.5)}, r"scale\[0\] must be > 0"),
        (Downscale, {"scale": (0.5, 1.5)}, r"scale\[1\] must be <= 1"),
        (Downscale, {"shrink": "cubic"}, "shrink must be one of"),
        (Downscale, {"enlarge": "lanczos"}, "enlarge must be one of"),
    ],
)
def test_wrong_values_are_refused(kind: type[Transform], wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**wrong)


@every_filter
def test_stages_say_who_does_the_work(transform: Transform) -> None:
    """One stage with a name; OpenCV's are marked, for their last bit may differ between CPUs."""
    for dtype in DTYPES:
        (stage,) = stages_of(transform, np.zeros((9, 9, 3), dtype))
        assert isinstance(stage, Whole)
        assert stage.label
        by_opencv = isinstance(transform, (Compression, Downscale)) or (
            isinstance(transform, BoxBlur) and dtype.kind == "u"
        )
        assert stage.opencv == by_opencv


@every_filter
def test_any_number_of_threads_gives_the_same(transform: Transform) -> None:
    image = textured(np.uint8, (601, 500, 3))
    threads = imgproc.get_num_threads()
    try:
        imgproc.set_num_threads(1)
        alone = filtered(transform, image)
        imgproc.set_num_threads(3)
        np.testing.assert_array_equal(filtered(transform, image), alone)
    finally:
        imgproc.set_num_threads(threads)


@every_filter
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_stays_in_its_window(transform: Transform, dtype: str) -> None:
    image = textured(dtype, (40, 50, 3)).copy()
    clean = filtered(transform, image)
    image[20, 30, 1] = image[0, 0, 2] = np.nan
    spoilt = filtered(transform, image)
    differs = np.argwhere(~((spoilt == clean) | (np.isnan(spoilt) & np.isnan(clean))))
    assert np.isnan(spoilt[20, 30, 1]) or isinstance(transform, Downscale)
    reach = 16 if isinstance(transform, Compression) else 8
    for y, x, _ in differs:
        inside = min(max(abs(y - 20), abs(x - 30)), max(y, x)) <= reach
        assert inside or isinstance(transform, Compression)
    if isinstance(transform, Compression):  # what surrounds it is compressed without it
        assert np.isnan(spoilt).sum() == 2


# --- blur -------------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("radius", [0, 1, 2, 3, 9, 40])
def test_box_blur_is_scipys(dtype: np.dtype, radius: int) -> None:
    image = textured(dtype, (33, 47, 3))
    side = 2 * radius + 1
    exact = ndimage.uniform_filter(image.astype(np.float64), (side, side, 1), mode="mirror")
    close(at(BoxBlur(), image, radius=radius), exact, {"uint8": 0.501, "float64": 1e-12}.get(dtype.name))


@every_dtype
@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.0, 2.3, 3.1])
def test_gaussian_blur_is_scipys(dtype: np.dtype, sigma: float) -> None:
    image = textured(dtype, (45, 61, 3))
    reach = math.ceil(4 * sigma)
    exact = ndimage.gaussian_filter(image.astype(np.float64), sigma, radius=(reach, reach), axes=(0, 1), mode="mirror")
    close(at(GaussianBlur(), image, sigma=sigma), exact)


@every_dtype
@pytest.mark.parametrize("sigma", [0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.9, 2.2, 3.4, 4.6, 7.0, 25.0])
@pytest.mark.parametrize("shape", [(45, 61), (30, 41, 3)])
def test_gaussian_blur_is_that_of_imgproc(dtype: np.dtype, sigma: float, shape: tuple[int, ...]) -> None:
    """To the last bit, also with a NaN and an infinity."""
    image = textured(dtype, shape).copy()
    if dtype.kind == "f":
        image.flat[7], image.flat[-90] = np.nan, np.inf
    made = augment.Compose([GaussianBlur(sigma=(sigma, sigma), p=1)])
    expected = imgproc.gaussian_blur(image, sigma=sigma)
    np.testing.assert_array_equal(made(image=image, key=4)["image"], expected)


@every_dtype
def test_gaussian_blur_draws_a_sigma(dtype: np.dtype) -> None:
    image, transform = textured(dtype, (30, 41, 3)), GaussianBlur(sigma=(0.5, 5.0))
    for key in range(6):
        sigma = transform.draw(draws(key), frame_of(image))["sigma"]
        np.testing.assert_array_equal(filtered(transform, image, key), imgproc.gaussian_blur(image, sigma=sigma))


def test_gaussian_blur_of_small_images_has_a_largest_sigma() -> None:
    for shape, sigma in (((5, 7), 16), ((5, 40), 40)):
        image = textured(np.uint8, shape)
        found = at(GaussianBlur(), image, sigma=1e9)
        np.testing.assert_array_equal(found, imgproc.gaussian_blur(image, sigma=sigma))


@every_dtype
@pytest.mark.parametrize("radius", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("channels", [None, 3, 5])
def test_median_blur_is_scipys(dtype: np.dtype, radius: int, channels: int | None) -> None:
    image = textured(dtype, (20, 27) if channels is None else (20, 27, channels))
    window = (2 * radius + 1, 2 * radius + 1, 1)[: image.ndim]
    exact = ndimage.median_filter(image, size=window, mode="nearest")
    np.testing.assert_array_equal(at(MedianBlur(), image, radius=radius), exact)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("radius", [1, 2, 3])
def test_median_of_a_window_with_nan_is_nan(dtype: str, radius: int) -> None:
    image = textured(dtype, (20, 27)).copy()
    clean = at(MedianBlur(), image, radius=radius)
    image[9, 13] = np.nan
    result = at(MedianBlur(), image, radius=radius)
    window = np.zeros(image.shape, bool)
    window[9 - radius : 10 + radius, 13 - radius : 14 + radius] = True
    assert np.isnan(result[window]).all()
    np.testing.assert_array_equal(result[~window], clean[~window])


def test_median_takes_its_largest_radius() -> None:
    image = textured(np.uint8, (300, 280))
    result = at(MedianBlur(radius=(127, 127)), image, radius=127)
    assert abs(int(result[150, 140]) - np.median(image[23:278, 13:268])) <= 1


@pytest.mark.parametrize("length", [1.0, 2.0, 3.0, 4.5, 7.0, 15.0])
@pytest.mark.parametrize("angle", [0.0, 17.0, 45.0, 90.0, 133.0, 180.0, 271.0, -30.0, 359.0])
def test_line_kernels(length: float, angle: float) -> None:
    """The moments of a line: its middle at the centre, its length along the angle, hardly any breadth."""
    weights = line_weights(length, angle)
    assert weights.shape[0] % 2 == weights.shape[1] % 2 == 1
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-12)
    y, x = np.indices(weights.shape) - np.array(weights.shape).reshape(2, 1, 1) // 2
    turn = math.radians(angle)
    along, across = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
    assert (weights * across**2).sum() <= 0.3
    longer = length * max(abs(math.cos(turn)), abs(math.sin(turn)))
    spread = (weights * along**2).sum()
    assert spread == pytest.approx(length**2 / 12, abs=0.35 + 0.03 * length) or longer < 1.01


def test_motion_along_the_axes_is_a_mean_of_pixels() -> None:
    image = textured(np.float64, (20, 30, 3))
    across = at(MotionBlur(), image, length=5.0, angle=0.0)
    np.testing.assert_allclose(across, ndimage.uniform_filter1d(image, 5, axis=1, mode="mirror"), atol=1e-13)
    down = at(MotionBlur(), image, length=3.0, angle=-90.0)
    np.testing.assert_allclose(down, ndimage.uniform_filter1d(image, 3, axis=0, mode="mirror"), atol=1e-13)


def test_motion_turns_counter_clockwise() -> None:
    """A dot blurred at 45 degrees becomes a line that rises to the right."""
    image = np.zeros((15, 15))
    image[7, 7] = 1.0
    blurred = at(MotionBlur(), image, length=9.0, angle=45.0)
    assert blurred[5, 9] == blurred[9, 5] == pytest.approx(math.sqrt(2) / 9, rel=0.02)
    assert blurred[5, 5] == blurred[9, 9] == 0


@pytest.mark.parametrize("radius", [0.3, 0.5, 1.0, 2.5, 4.0, 8.7])
def test_disc_kernels(radius: float) -> None:
    weights = disc_weights(radius)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    for turned in (weights.T, weights[::-1], weights[:, ::-1]):
        np.testing.assert_allclose(turned, weights)
    r = weights.shape[0] // 2
    assert weights[r, r] == pytest.approx(1 / max(math.pi * radius**2, 1), rel=0.12)
    y, x = np.indices(weights.shape) - r
    assert not weights[np.hypot(y, x) >= radius + 0.5].any()
    assert weights[np.hypot(y, x) < radius + 0.5].all()


@every_dtype
@pytest.mark.parametrize("radius", [1.0, 3.3, 7.0])
def test_defocus_is_a_correlation(dtype: np.dtype, radius: float) -> None:
    image = textured(dtype, (31, 40, 3))
    close(at(Defocus(), image, radius=radius), correlated(image, disc_weights(radius)))


@pytest.mark.parametrize("transform", [f for f in FILTERS if isinstance(f, LINEAR)], ids=repr)
@every_dtype
def test_what_is_constant_stays(transform: Transform, dtype: np.dtype) -> None:
    top = full_scale(dtype)
    for value in (0, 1, 77, 254, 255):
        image = np.full((30, 31, 3), value if top > 1 else value / 255, dtype)
        image[:] = value * 257 if top == 65535 else image
        for key in range(3):
            difference = filtered(transform, image, key).astype(np.float64) - image
            assert np.abs(difference).max() <= (0 if dtype.kind == "u" else 1e-6)


# --- sharpening, relief, edges ----------------------------------------------------------------------------------------


@every_dtype
def test_sharpen_is_pillows_sharpness(dtype: np.dtype) -> None:
    """``1 + 13 s`` is the factor of Pillow and torchvision; their border is the image's."""
    image = textured(dtype, (25, 31, 3))
    smooth = correlated(image, np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13)
    for strength in (0.0, 0.1, 1 / 13, 0.5, 2.0):
        exact = smooth + (1 + 13 * strength) * (image - smooth)
        close(at(Sharpen(), image, strength=strength), exact, {"uint8": 0.501, "float32": 3e-5}.get(dtype.name))


@every_dtype
@pytest.mark.parametrize(("sigma", "amount", "threshold"), [(0.8, 0.3, 0.0), (1.5, 2.0, 0.03), (3.0, 1.0, 0.1)])
def test_unsharp_mask(dtype: np.dtype, sigma: float, amount: float, threshold: float) -> None:
    image = textured(dtype, (40, 37, 3))
    reach = math.ceil(4 * sigma)
    f = image.astype(np.float64)
    d = f - ndimage.gaussian_filter(f, sigma, radius=(reach, reach), axes=(0, 1), mode="mirror")
    edge = threshold * full_scale(dtype)
    exact = np.where(np.abs(d) > edge, f + amount * d, f)
    sure = np.abs(np.abs(d) - edge) > 1e-5 * full_scale(dtype)
    result = at(UnsharpMask(threshold=threshold), image, sigma=sigma, amount=amount)
    assert sure.mean() > 0.99
    assert (result != image).mean() > 0.02
    if threshold:
        assert (result == image)[np.abs(d) < edge * 0.999].all()
    close(np.where(sure, result, image), np.where(sure, exact, f), {"uint8": 0.501}.get(dtype.name))


@every_dtype
def test_emboss(dtype: np.dtype) -> None:
    image = textured(dtype, (25, 31, 3))
    for alpha, s in ((0.0, 0.5), (0.4, 0.2), (1.0, 0.7)):
        relief = np.array([[-1 - s, -s, 0], [-s, 1, s], [0, s, 1 + s]])
        exact = (1 - alpha) * image + alpha * correlated(image, relief)
        close(at(Emboss(), image, alpha=alpha, strength=s), exact, {"uint8": 0.501}.get(dtype.name))


@every_dtype
def test_edges_by_gradient(dtype: np.dtype) -> None:
    image = textured(dtype, (25, 31, 3))
    f = image.astype(np.float64)
    gradient = gradient_length(image)
    for strength in (0.0, 0.3, 1.0):
        exact = (1 - strength) * f + strength * gradient
        close(at(EdgeDetect(), image, strength=strength), exact, {"uint8": 0.501}.get(dtype.name))


def test_a_step_has_its_height_in_the_gradient() -> None:
    image = np.zeros((9, 12), np.uint8)
    image[:, 6:] = 100
    result = at(EdgeDetect(), image, strength=1.0)
    assert (result[:, 5:7] == 100).all()
    assert not result[:, :5].any()
    assert not result[:, 7:].any()


@every_dtype
def test_edges_by_laplacian(dtype: np.dtype) -> None:
    image = textured(dtype, (25, 31, 3))
    f = image.astype(np.float64)
    laplacian = np.stack([ndimage.laplace(f[..., c], mode="mirror") for c in range(3)], axis=-1)
    for strength in (0.0, 0.3, 1.0):
        exact = (1 - strength) * f + strength * laplacian
        result = at(EdgeDetect(method="laplacian"), image, strength=strength)
        close(result, exact, {"uint8": 0.501}.get(dtype.name))


# --- quality ----------------------------------------------------------------------------------------------------------


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    top = full_scale(a.dtype)
    return 10 * math.log10(top**2 / np.square(a.astype(np.float64) - b).mean())


@pytest.mark.parametrize("format_", ["jpeg", "webp"])
def test_compression_loses_more_with_less_quality(photo: np.ndarray, format_: str) -> None:
    found = [psnr(at(Compression(format=format_), photo, quality=q), photo) for q in (5, 30, 60, 90)]
    assert found == sorted(found)
    assert found[0] < 27
    assert found[-1] > 32


@pytest.mark.parametrize(("format_", "flag"), [("jpeg", cv2.IMWRITE_JPEG_QUALITY), ("webp", cv2.IMWRITE_WEBP_QUALITY)])
def test_compression_takes_the_first_channel_for_red(photo: np.ndarray, format_: str, flag: int) -> None:
    """Luma must be that of RGB: the result is that of a BGR image given to OpenCV as it wants it."""
    done, data = cv2.imencode(f".{format_}", cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), [flag, 40])
    assert done
    wanted = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    result = at(Compression(format=format_), photo, quality=40)
    np.testing.assert_array_equal(result, wanted)
    assert (result != at(Compression(format=format_), photo[..., ::-1], quality=40)[..., ::-1]).any()


@pytest.mark.parametrize("format_", ["jpeg", "webp"])
def test_compression_of_other_dtypes_adds_the_change(photo: np.ndarray, format_: str) -> None:
    transform = Compression(format=format_)
    bytewise = at(transform, photo, quality=50).astype(np.float64)
    wide = photo.astype(np.uint16) * 257
    np.testing.assert_array_equal(at(transform, wide, quality=50), bytewise * 257)
    for dtype, limit in ((np.float32, 1e-6), (np.float64, 1e-12)):
        levels = (photo / 255).astype(dtype)
        assert np.abs(at(transform, levels, quality=50) - bytewise / 255).max() < limit


@pytest.mark.parametrize("format_", ["jpeg", "webp"])
def test_compression_keeps_fine_levels_and_what_is_not_finite(format_: str) -> None:
    ramp = np.linspace(20000, 21000, 64 * 64).reshape(64, 64)
    image = ramp.astype(np.uint16)
    assert np.unique(at(Compression(format=format_), image, quality=95)).size > 300
    levels = (ramp / 65535).astype(np.float32)
    levels[3, 4], levels[5, 6], levels[7, 8] = np.nan, np.inf, 1.7
    result = at(Compression(format=format_), levels, quality=95)
    assert np.isnan(result[3, 4])
    assert np.isnan(result).sum() == 1
    assert result[5, 6] == np.inf
    assert result[7, 8] > 1.5


@pytest.mark.parametrize(("format_", "side"), [("jpeg", 65500), ("webp", 16383)])
def test_compression_refuses_what_the_format_cannot_hold(format_: str, side: int) -> None:
    long = np.zeros((2, side), np.uint8)
    assert at(Compression(format=format_), long, quality=50).shape == long.shape
    for shape in ((1, side + 1), (side + 1, 1)):
        with pytest.raises(ValueError, match=f"image must have at most {side} pixels a side for {format_}"):
            at(Compression(format=format_), np.zeros(shape, np.uint8), quality=50)


@every_dtype
def test_downscale_is_two_resizes(dtype: np.dtype) -> None:
    image = textured(dtype, (40, 60, 3))
    result = at(Downscale(), image, scale=0.4)
    small = cv2.resize(image, (24, 16), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(small, (60, 40), interpolation=cv2.INTER_LINEAR).astype(np.float64)
    if dtype == np.float64:  # OpenCV has weights of float32
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-6)
    else:
        close(result, expected)
    blocks = at(Downscale(shrink="nearest", enlarge="nearest"), image, scale=0.25)
    tiles = blocks.reshape(10, 4, 15, 4, 3)
    assert (tiles == tiles[:, :1, :, :1]).all()
    np.testing.assert_array_equal(at(Downscale(), image, scale=1.0), image)
    assert np.ptp(at(Downscale(), image, scale=0.001), axis=(0, 1)).max() < 1e-6 * full_scale(dtype)


# --- the kernels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 9000), (5, 3001, 3), (70, 400, 5), (1, 5000, 1)])
@every_dtype
def test_blocks_of_wide_images_meet(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """A block is at most as wide as the cache allows; nothing may show where two of them meet."""
    image = textured(dtype, shape)
    for sigma in (0.2, 0.5, 0.7, 0.9, 1.1, 1.4, 1.7, 2.1):  # each number of pairs that has a loop of its own, and more
        weights = gaussian_weights(sigma)
        whole = np.array(weights[:0:-1] + weights)
        close(blur_separable(image, weights), correlated(image, np.outer(whole, whole)))
    tilted = np.array([[0.5, 0, -1.0], [2.0, 1.0, 0.25], [0, -0.75, 1.0]]) / 3
    close(correlate(image, tilted), correlated(image, tilted))
    big = disc_weights(6.5) if image.ndim == 2 else line_weights(21, 30)
    close(correlate(image, big), correlated(image, big))
    close(blend_differences(image, "gradient", 0.0, 0.25), gradient_length(image))


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 14), st.sampled_from([0, 1, 2, 3, 4])),
    st.tuples(st.integers(0, 3), st.integers(0, 4)),
    st.sampled_from(DTYPES),
    st.booleans(),
    st.integers(0, 99),
)
def test_correlation_of_any_shape(
    shape: tuple[int, int, int], reach: tuple[int, int], dtype: np.dtype, mean: bool, seed: int
) -> None:
    """Also kernels larger than the image, with zeros, and symmetric means, which take another way for bytes."""
    rng = np.random.default_rng(seed)
    window = 2 * reach[0] + 1, 2 * reach[1] + 1
    weights = rng.random(window) * (rng.random(window) > 0.3)
    weights[reach] += 0.1
    weights += weights[::-1, ::-1] if mean else 0
    weights /= weights.sum() if mean else 2 * weights.sum()
    image = textured(dtype, shape if shape[2] else shape[:2], seed)
    close(correlate(image, weights), correlated(image, weights))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=MOST_PAIRS), st.booleans(), st.integers(0, 255))
def test_fixed_point_keeps_what_is_constant(weights: list[float], centre: bool, value: int) -> None:
    """A symmetric row of as many pairs as there may be, with a pixel in the middle or without."""
    half = np.array(weights) + 1e-3
    middle = 0.7 if centre and half.size < MOST_PAIRS else 0.0
    row = np.concatenate((half[::-1], [middle], half))[np.newaxis]
    row /= row.sum()
    image = np.full((3, 70), value, np.uint8)
    assert in_pairs(image, row) is not None
    assert (correlate(image, row) == value).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=MOST_PAIRS), st.sampled_from([1 << 16, 1 << 17]))
def test_quantized_weights_add_up(weights: list[float], whole: int) -> None:
    halves = np.array(weights) + 1e-3
    halves /= 2 * halves.sum()
    found = quantized(halves.tolist(), whole)
    assert found.dtype == np.uint16
    assert found.size % 2 == 0
    assert found.sum(dtype=np.int64) == min(whole // 2, 65535 if halves.size == 1 else whole)
    assert np.abs(found[: halves.size] / whole - halves).max() <= (halves.size + 1) / whole


def test_what_fixed_point_is_for() -> None:
    image = np.zeros((4, 4), np.uint8)
    mean = np.full((3, 3), 1 / 9)
    assert in_pairs(image, mean) is not None
    assert in_pairs(image.astype(np.uint16), mean) is None
    assert in_pairs(image, 2 * mean) is None
    assert in_pairs(image, np.array([[0.5, 0.3, 0.2]])) is None
    assert in_pairs(image, np.array([[-0.5, 2.0, -0.5]])) is None
    assert in_pairs(image, np.full((1, 2 * MOST_PAIRS - 1), 1 / (2 * MOST_PAIRS - 1))) is not None
    assert in_pairs(image, np.full((1, 2 * MOST_PAIRS + 1), 1 / (2 * MOST_PAIRS + 1))) is None


def test_rounding_of_fixed_point_is_rare() -> None:
    """Of 100,000 pixels few differ from the exact mean, and none by more than a level."""
    image = textured(np.uint8, (250, 400))
    for weights in (line_weights(9, 20), disc_weights(3.0), disc_weights(8.0)):
        wrong = np.abs(np.rint(correlated(image, weights)) - correlate(image, weights))
        assert wrong.max() <= 1
        assert wrong.mean() < 0.05
    weights = gaussian_weights(2.0)
    whole = np.array(weights[:0:-1] + weights)
    wrong = np.abs(np.rint(correlated(image, np.outer(whole, whole))) - blur_separable(image, weights))
    assert wrong.max() <= 1
    assert wrong.mean() < 0.03


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_infinity_stays_in_its_window(dtype: str) -> None:
    image = textured(dtype, (30, 30)).copy()
    image[10, 12] = np.inf
    with np.errstate(invalid="ignore"):
        blurred = blur_separable(image, gaussian_weights(1.0, 3.0))
        masked = unsharp_mask(image, gaussian_weights(1.0, 3.0), 0.5, 0.0)
    inside = np.zeros(image.shape, bool)
    inside[7:14, 9:16] = True
    np.testing.assert_array_equal(np.isinf(blurred), inside)
    np.testing.assert_array_equal(~np.isfinite(masked), inside)


@pytest.mark.nojit
def test_small_images_without_compilation() -> None:
    for dtype in (np.uint8, np.float32):
        image = textured(dtype, (5, 6, 3))
        weights = gaussian_weights(0.6)
        whole = np.array(weights[:0:-1] + weights)
        exact = correlated(image, np.outer(whole, whole))
        close(blur_separable(image, weights), exact)
        close(correlate(image, np.outer(whole, whole)), exact)
        close(blend_differences(image, "gradient", 0.0, 0.25), gradient_length(image))
        close(unsharp_mask(image, weights, 0.0, 0.0), image.astype(np.float64))


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
def test_compressed_floats_stay_within_full_scale(kind: str) -> None:
    """And what was beyond goes no farther."""
    image = np.random.default_rng(3).random((40, 48, 3), np.float32)
    image[:13], image[13:26] = 0, 1
    compress = Compression(quality=(20, 20), format=kind, p=1)
    found = compress(image=image, key=1)["image"]
    assert found.min() == 0 and found.max() == 1
    image[:20] = 1.2
    assert compress(image=image, key=1)["image"].max() <= np.float32(1.2)
