"""Transforms on the new functions of imgproc: equal to these, to definitions, and in words what they refuse."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.transforms import Transform, sample
from helpers.vocabulary import DTYPES
from oracles.color import applied, draws, frame_of, with_params
from oracles.plain import full_scale
from scipy import fft

import augment
import imgproc
from augment import (
    AddNoise,
    BilateralBlur,
    FourierDomainAdaptation,
    FrequencyFilter,
    HomomorphicLight,
    LocalContrast,
    Superpixels,
)
from imgproc.noise import KINDS

REFERENCE = example_image(np.uint8, (23, 41), 3, step=11)
SIZE = (31, 44)

TRANSFORMS: list[Transform] = [
    BilateralBlur(),
    LocalContrast(),
    LocalContrast(method="unsharp"),
    *(FrequencyFilter(response=name) for name in ("lowpass", "highpass", "bandpass", "bandreject")),
    HomomorphicLight(),
    HomomorphicLight(color="per_channel"),
    Superpixels(),
    FourierDomainAdaptation(references=[REFERENCE, REFERENCE[::-1]]),
    *(AddNoise(kind=kind) for kind in KINDS),
]

every_transform = pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda t: repr(t).replace(" ", ""))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
TOLERANCE = {"uint8": 0.6, "uint16": 0.6, "float32": 2e-6, "float64": 1e-12}


def scene(dtype: Any = np.uint8, channels: int | None = 3) -> np.ndarray:
    image = sample(SIZE, dtype)["image"]
    if channels != 3:
        image = image[..., 0] if channels is None else np.ascontiguousarray(image[..., [0, 1, 2, 1, 0][:channels]])
    image.flags.writeable = False
    return image


def smooth(dtype: np.dtype, channels: int | None, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Slow waves, in which superpixels have their size."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    planes = [0.5 + 0.2 * np.sin(x / (9.0 + c) + c) + 0.2 * np.cos(y / (8.0 - c)) for c in range(channels or 1)]
    image = np.stack(planes, axis=-1) if channels else planes[0]
    return np.rint(image * full_scale(dtype)).astype(dtype) if dtype.kind == "u" else image.astype(dtype)


@every_transform
def test_draws_are_plain_numbers_and_decide_all(transform: Transform) -> None:
    image = scene()
    frame = frame_of(image)
    for key in range(3):
        params = transform.draw(draws(key), frame)
        assert json.loads(json.dumps(params)) == params
        expected = applied(transform, image, key)
        np.testing.assert_array_equal(with_params(transform, image, **json.loads(json.dumps(params))), expected)
        assert not np.array_equal(expected, image)
        assert not np.shares_memory(expected, image)
    if not isinstance(transform, FourierDomainAdaptation):
        assert pickle.loads(pickle.dumps(transform)) == eval(repr(transform)) == transform


@every_transform
@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 7), (7, 1)])
@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_small_and_empty_images_have_a_result(transform: Transform, size: tuple[int, int], dtype: str) -> None:
    image = np.full((*size, 3), 0.5, "f4") if dtype == "f4" else np.full((*size, 3), 90, "u1")
    result = applied(transform, image)
    assert (result.shape, result.dtype) == (image.shape, image.dtype)
    assert np.isfinite(result).all()


@every_transform
def test_nan_stays_and_stays_near(transform: Transform) -> None:
    image = np.array(scene(np.float32))
    image[15, 20, 1] = np.nan
    result = np.isnan(applied(transform, image, 1))
    assert result[15, 20, 1]
    if not isinstance(transform, BilateralBlur | LocalContrast | HomomorphicLight):
        assert result.sum() == 1


@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 3, 5])
def test_bilateral_blur_is_the_filter(dtype: np.dtype, channels: int | None) -> None:
    image = scene(dtype, channels)
    params = {"radius": 3, "sigma_color": 0.1, "sigma_space": 1.5}
    np.testing.assert_array_equal(
        with_params(BilateralBlur(), image, **params), imgproc.bilateral_filter(image, **params)
    )
    wide = with_params(BilateralBlur(), image, **{**params, "radius": 500})
    np.testing.assert_array_equal(wide, imgproc.bilateral_filter(image, **{**params, "radius": SIZE[1]}))
    np.testing.assert_array_equal(with_params(BilateralBlur(), image, **{**params, "radius": 0}), image)


@every_dtype
@pytest.mark.parametrize("color", ["luminance", "per_channel"])
def test_local_contrast_is_the_function(dtype: np.dtype, color: str) -> None:
    image, params = scene(dtype), {"amount": 0.7, "sigma": 3.5}
    guided = with_params(LocalContrast(color=color, edge=0.2), image, **params)
    np.testing.assert_array_equal(guided, imgproc.detail_enhance(image, edge=0.2, color=color, **params))
    unsharp = with_params(LocalContrast(color=color, method="unsharp"), image, **params)
    expected = imgproc.unsharp_mask(image, **params)
    if color == "luminance":
        # Only the brightness of a pixel changes: all channels by the same, but where they saturate.
        change = unsharp.astype(np.float64) - image
        inside = ((unsharp > 0) & (unsharp < full_scale(dtype))).all(axis=2)
        assert np.ptp(change[inside], axis=1).max() <= (0 if dtype.kind == "u" else 1e-6)
        grey = scene(dtype, 1)
        result = with_params(LocalContrast(method="unsharp"), grey, **params)
        np.testing.assert_array_equal(result, imgproc.unsharp_mask(grey, **params))
    else:
        np.testing.assert_array_equal(unsharp, expected)
    assert np.array_equal(with_params(LocalContrast(), image, amount=0.0, sigma=3.0), image) or dtype.kind == "f"


@every_dtype
@pytest.mark.parametrize("kind", ["butterworth", "gaussian", "ideal"])
def test_frequency_filter_is_the_functions(dtype: np.dtype, kind: str) -> None:
    image, shape = scene(dtype), {"kind": kind, "order": 3}
    band = (0.2 / 2**0.5, 0.2 * 2**0.5)
    expected = {
        "lowpass": imgproc.lowpass(image, cutoff=0.2, **shape),
        "highpass": imgproc.highpass(image, cutoff=0.2, offset=0.25, **shape),
        "bandpass": imgproc.bandpass(image, band=band, offset=0.25, **shape),
        "bandreject": imgproc.bandreject(image, band=band, **shape),
    }
    for response, wanted in expected.items():
        transform = FrequencyFilter(response=response, offset=0.25, **shape)
        found = with_params(transform, image, cutoff=0.2, octaves=1.0)
        error = np.abs(found.astype(np.float64) - wanted)
        if kind == "ideal" and response.startswith("band"):
            continue  # a frequency at the very edge falls to either side by the last bit of the band
        assert error.max() <= (1 if dtype.kind == "u" else 1e-5)


def test_the_cutoff_is_drawn_within_its_range() -> None:
    found = [FrequencyFilter(cutoff=(0.01, 0.3)).draw(draws(key), frame_of(scene()))["cutoff"] for key in range(200)]
    assert 0.01 <= min(found) < 0.02
    assert 0.2 < max(found) <= 0.3
    assert 0.03 < np.median(found) < 0.1, "evenly in the logarithm: 0.055 in the middle"


@every_dtype
def test_homomorphic_light_is_the_filter(dtype: np.dtype) -> None:
    image = scene(dtype)
    params = {"low": 0.6, "high": 1.2, "cutoff": 0.03}
    each = with_params(HomomorphicLight(color="per_channel", sharpness=1.5), image, **params)
    np.testing.assert_array_equal(each, imgproc.homomorphic(image, sharpness=1.5, **params))
    grey = np.repeat(image[..., :1], 3, axis=2)
    found = with_params(HomomorphicLight(), grey, **params)
    one = imgproc.homomorphic(grey[..., 0], **params)
    np.testing.assert_allclose(found, np.repeat(one[..., None], 3, axis=2), atol=1e-6 if dtype.kind == "f" else 0)


def test_homomorphic_light_evens_out_a_shadow() -> None:
    y, x = np.mgrid[0:64, 0:96]
    image = (0.15 + 0.7 * x / 95)[..., None] * (0.8 + 0.2 * ((x + y) % 4 < 2))[..., None] * np.array([1, 0.9, 0.8])
    found = with_params(HomomorphicLight(), image, low=0.4, high=1.0, cutoff=0.05)
    sides = [float(a[:, 80:].mean() / a[:, :16].mean()) for a in (image, found)]
    assert sides[1] < 0.6 * sides[0]


@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_superpixels_are_all_painted_or_some(dtype: np.dtype, channels: int | None) -> None:
    image = smooth(dtype, channels)
    labels = imgproc.superpixels(image, count=40, compactness=5.0)
    everything = imgproc.mean_color_superpixels(image, labels)
    transform = Superpixels(compactness=5.0)
    np.testing.assert_array_equal(with_params(transform, image, count=40, share=1.0, stream=3), everything)
    np.testing.assert_array_equal(with_params(transform, image, count=40, share=0.0, stream=3), image)
    painted = []
    for stream in range(40):
        some = with_params(transform, image, count=40, share=0.3, stream=stream)
        changed = (some != image).reshape(*SIZE, -1).any(axis=2)
        chosen = np.isin(labels, np.unique(labels[changed])).reshape(SIZE)
        expected = np.where(chosen.reshape(*SIZE, *[1] * (image.ndim - 2)), everything, image)
        np.testing.assert_array_equal(some, expected)
        painted.append(len(np.unique(labels[changed])) / (labels.max() + 1))
    assert 0.25 < np.mean(painted) < 0.35


# --- Fourier domain adaptation ----------------------------------------------------------------------------------------


def exchanged(image: np.ndarray, reference: np.ndarray, beta: float) -> np.ndarray:
    """Amplitudes of a centred square from the reference, phases from the image: the paper's eq. 3, in full spectra."""
    h, w = image.shape[:2]
    result = np.empty(image.shape, np.float64)
    for c in range(image.shape[2]):
        own = fft.fftshift(fft.fft2(image[..., c].astype(np.float64)))
        other = fft.fftshift(fft.fft2(reference[..., c].astype(np.float64)))
        amplitude, phase = np.abs(own), np.angle(own)
        rows = np.abs(np.arange(h) - h // 2) <= beta * h
        columns = np.abs(np.arange(w) - w // 2) <= beta * w
        inside = rows[:, None] & columns
        amplitude[inside] = np.abs(other)[inside]
        result[..., c] = fft.ifft2(fft.ifftshift(amplitude * np.exp(1j * phase))).real
    return result


@every_dtype
@pytest.mark.parametrize("size", [(32, 44), (31, 44), (32, 45), (17, 9), (1, 8)])
@pytest.mark.parametrize("beta", [0.0, 0.03, 0.2, 0.5])
def test_fourier_adaptation_is_its_definition(dtype: np.dtype, size: tuple[int, int], beta: float) -> None:
    image, reference = example_image(dtype, size, 3), example_image(dtype, size, 3, step=13)[::-1, ::-1]
    found = with_params(FourierDomainAdaptation(references=[reference]), image, reference=0, beta=beta)
    expected = exchanged(image, reference, beta)
    if dtype.kind == "u":
        expected = np.clip(expected, 0, full_scale(dtype))
    assert np.abs(found - expected).max() < TOLERANCE[dtype.name]


def test_the_mean_is_the_references_and_the_image_itself_changes_nothing() -> None:
    image = scene(np.float64)
    reference = example_image(np.uint16, SIZE, 3, step=7)
    found = with_params(FourierDomainAdaptation(references=[reference]), image, reference=0, beta=0.0)
    shift = (reference / 65535).mean(axis=(0, 1)) - image.mean(axis=(0, 1))
    np.testing.assert_allclose(found, image + shift, atol=1e-12)
    itself = FourierDomainAdaptation(references=[image])
    np.testing.assert_allclose(with_params(itself, image, reference=0, beta=0.3), image, atol=1e-12)
    turned = with_params(FourierDomainAdaptation(references=[reference]), image[::-1, ::-1], reference=0, beta=0.2)
    straight = with_params(FourierDomainAdaptation(references=[reference]), image, reference=0, beta=0.2)
    np.testing.assert_allclose(turned[::-1, ::-1], straight, atol=1e-12)


@every_dtype
@pytest.mark.parametrize("level", [0.0, 0.4])
def test_a_constant_image_stays_constant(dtype: np.dtype, level: float) -> None:
    image = np.full((*SIZE, 3), level * full_scale(dtype), dtype)
    found = with_params(FourierDomainAdaptation(references=[REFERENCE]), image, reference=0, beta=0.4)
    assert np.ptp(found.astype(np.float64), axis=(0, 1)).max() < 1e-6
    if level:
        scaled = REFERENCE.mean(axis=(0, 1)) / 255 * full_scale(dtype)
        np.testing.assert_allclose(found[0, 0], scaled, rtol=0.03)


def test_references_of_any_size_dtype_and_rank() -> None:
    image = scene()
    for reference in (REFERENCE, REFERENCE.astype(np.uint16) * 257, (REFERENCE / 255).astype(np.float32)):
        found = with_params(FourierDomainAdaptation(references=[reference]), image, reference=0, beta=0.1)
        first = with_params(FourierDomainAdaptation(references=[REFERENCE]), image, reference=0, beta=0.1)
        assert np.abs(found.astype(int) - first).max() <= 1
    grey = with_params(FourierDomainAdaptation(references=[REFERENCE[..., 0]]), image[..., :1], reference=0, beta=0.1)
    deep = FourierDomainAdaptation(references=[REFERENCE[..., :1]])
    np.testing.assert_array_equal(grey[..., 0], with_params(deep, image[..., 0], reference=0, beta=0.1))
    many = FourierDomainAdaptation(references=[np.concatenate([REFERENCE, REFERENCE], axis=2)])
    six = with_params(many, np.concatenate([image, image], axis=2), reference=0, beta=0.1)
    np.testing.assert_array_equal(six[..., :3], six[..., 3:])


def test_references_stay_the_callers() -> None:
    chain = augment.Compose([FourierDomainAdaptation(references=[REFERENCE], p=1.0)])
    assert "references" not in repr(chain)
    assert FourierDomainAdaptation.__dataclass_fields__["references"].metadata == {"external": True}
    assert FourierDomainAdaptation(references=[REFERENCE]) == FourierDomainAdaptation(references=[REFERENCE[::-1]])
    found = {FourierDomainAdaptation(references=[REFERENCE] * 3).draw(draws(k), frame_of(scene()))["reference"]
             for k in range(40)}  # fmt: skip
    assert found == {0, 1, 2}


def test_fourier_adaptation_agrees_with_albumentations() -> None:
    albumentations = pytest.importorskip("albumentations", reason="a referee for those who have it")
    functional = pytest.importorskip("albumentations.augmentations.mixing.domain_adaptation_functional")
    assert albumentations.__version__ >= "2"
    image, reference = sample((64, 64))["image"], smooth(np.dtype(np.uint8), 3, (64, 64))[::-1] // 2
    theirs = functional.fourier_domain_adaptation(image, reference, 0.2)
    ours = with_params(FourierDomainAdaptation(references=[reference]), image, reference=0, beta=0.2)
    # Their square has one row and one column less, on the side of the positive frequencies.
    assert np.abs(ours.astype(float) - theirs).mean() < np.abs(image.astype(float) - theirs).mean() / 4


# --- noise ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@every_dtype
def test_noise_is_the_functions(kind: str, dtype: np.dtype) -> None:
    image = scene(dtype)
    transform = AddNoise(kind=kind, std=(0.1, 0.2), mean=(-0.1, 0.1), per_channel=False)
    params = transform.draw(draws(5), frame_of(image))
    given = {name: value for name, value in params.items() if name not in ("stream", "angle")}
    if kind == "periodic":
        turn, cycles = np.radians(params["angle"]), params["frequency"]
        given["frequency"] = (cycles * np.cos(turn), -cycles * np.sin(turn))
    expected = imgproc.add_noise(image, key=params.get("stream", 0), kind=kind, per_channel=False, **given)
    np.testing.assert_array_equal(with_params(transform, image, **params), expected)


def test_every_kind_draws_within_its_ranges() -> None:
    ranges: dict[str, Any] = {
        "std": (0.1, 0.2), "mean": (-0.3, -0.2), "order": (3, 5), "peak": (10.0, 100.0), "amount": (0.1, 0.2),
        "salt": (0.0, 0.1), "frequency": (0.1, 0.2), "angle": (10.0, 20.0), "levels": (5, 7),
    }  # fmt: skip
    seen = set()
    for kind in KINDS:
        for key in range(20):
            params = AddNoise(kind=kind, **ranges).draw(draws(key), frame_of(scene()))
            seen |= params.keys()
            for name in params.keys() & ranges.keys():
                assert ranges[name][0] <= params[name] <= ranges[name][1]
    assert seen == {*ranges, "stream", "phase"}


def test_waves_run_counter_clockwise_from_the_x_axis() -> None:
    image = np.full((64, 64), 0.5)
    given = {"std": 0.1, "mean": 0.0, "frequency": 0.125, "phase": 0.0}
    across = with_params(AddNoise(kind="periodic"), image, angle=0.0, **given)
    assert np.ptp(across, axis=0).max() < 1e-9
    up = with_params(AddNoise(kind="periodic"), image, angle=45.0, **given)
    # Along the wave, one step right and one up, it moves on; across it, right and down, it stays.
    np.testing.assert_allclose(up[1:, 1:], up[:-1, :-1], atol=1e-9)
    assert np.abs(up[:-1, 1:] - up[1:, :-1]).max() > 0.1


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: BilateralBlur(radius=(-1, 2)), ValueError, r"radius\[0\] must be >= 0"),
        (lambda: BilateralBlur(radius=3), TypeError, "radius must be a pair"),
        (lambda: BilateralBlur(sigma_color=(0, 1)), ValueError, r"sigma_color\[0\] must be > 0"),
        (lambda: BilateralBlur(sigma_space=(2, 1)), ValueError, "low <= high"),
        (lambda: LocalContrast(amount=(-1, 0)), ValueError, "amount"),
        (lambda: LocalContrast(sigma=(0, 1)), ValueError, "sigma"),
        (lambda: LocalContrast(method="clarity"), ValueError, "method must be one of"),
        (lambda: LocalContrast(edge=0), ValueError, "edge must be > 0"),
        (lambda: LocalContrast(color="lab"), ValueError, "color must be one of"),
        (lambda: FrequencyFilter(response="notch"), ValueError, "response must be one of"),
        (lambda: FrequencyFilter(kind="box"), ValueError, "kind must be one of"),
        (lambda: FrequencyFilter(cutoff=(0, 0.1)), ValueError, r"cutoff\[0\] must be > 0"),
        (lambda: FrequencyFilter(octaves=(1, 20)), ValueError, "octaves"),
        (lambda: FrequencyFilter(order=0), ValueError, "order must be >= 1"),
        (lambda: FrequencyFilter(offset="half"), TypeError, "offset must be a number"),
        (lambda: HomomorphicLight(low=(-0.1, 1)), ValueError, "low"),
        (lambda: HomomorphicLight(high=1.0), TypeError, "high must be a pair"),
        (lambda: HomomorphicLight(cutoff=(0, 1)), ValueError, "cutoff"),
        (lambda: HomomorphicLight(sharpness=0), ValueError, "sharpness must be > 0"),
        (lambda: HomomorphicLight(color="rgb"), ValueError, "color must be one of"),
        (lambda: Superpixels(count=(0, 9)), ValueError, r"count\[0\] must be >= 1"),
        (lambda: Superpixels(share=(0, 1.5)), ValueError, "share"),
        (lambda: Superpixels(compactness=0), ValueError, "compactness must be > 0"),
        (lambda: applied(Superpixels(), scene(channels=2)), ValueError, "must be grey or RGB for Superpixels"),
        (lambda: FourierDomainAdaptation(), TypeError, "references"),
        (lambda: FourierDomainAdaptation(references=REFERENCE), TypeError, "references must be a list of images"),
        (lambda: FourierDomainAdaptation(references=[]), ValueError, "references must hold at least one image"),
        (lambda: FourierDomainAdaptation(references=[None]), TypeError, r"references\[0\] must be a numpy array"),
        (lambda: FourierDomainAdaptation(references=[REFERENCE[:0]]), ValueError, r"references\[0\] must have pixels"),
        (lambda: FourierDomainAdaptation(references=[np.full((2, 2), np.nan)]), ValueError, "must be finite"),
        (lambda: FourierDomainAdaptation(references=[REFERENCE], beta=(0, 0.6)), ValueError, "beta"),
        (
            lambda: applied(FourierDomainAdaptation(references=[REFERENCE]), scene(channels=None)),
            ValueError,
            r"references\[0\] must have as many channels as the image, 1, got 3",
        ),
        (lambda: AddNoise(kind="pink"), ValueError, "kind must be one of"),
        (lambda: AddNoise(std=(-0.1, 0.1)), ValueError, "std"),
        (lambda: AddNoise(order=(0, 2)), ValueError, "order"),
        (lambda: AddNoise(order=(1.5, 2)), TypeError, "order"),
        (lambda: AddNoise(peak=(0, 2)), ValueError, "peak"),
        (lambda: AddNoise(amount=(0, 2)), ValueError, "amount"),
        (lambda: AddNoise(frequency=(0, 0.2)), ValueError, "frequency"),
        (lambda: AddNoise(levels=(1, 2)), ValueError, "levels"),
        (lambda: AddNoise(per_channel=1), TypeError, "per_channel must be True or False"),
    ],
)
def test_wrong_arguments_are_refused_in_words(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


def test_levels_are_fractions_of_full_scale() -> None:
    eight = scene()
    for transform in (FrequencyFilter(), LocalContrast(), AddNoise(kind="uniform"), BilateralBlur()):
        wide = applied(transform, eight.astype(np.uint16) * 257, 4)
        narrow = applied(transform, eight, 4)
        assert np.abs(wide / 257 - narrow).max() <= 1
