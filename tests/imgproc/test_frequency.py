"""Filters in the frequency domain, against their definitions on full spectra, SciPy and scikit-image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.spectra import double_size, isotropic, peaks
from helpers.vocabulary import BORDERS, DTYPES
from oracles import frequency as naive
from scipy import ndimage
from skimage import filters

import imgproc

KINDS = ("butterworth", "ideal", "gaussian")


def apart(found: np.ndarray, levels: np.ndarray) -> float:
    """Largest difference from levels in float64, as a fraction of full scale."""
    top = np.iinfo(found.dtype).max if found.dtype.kind == "u" else 1
    return float(np.abs(found.astype(np.float64) - np.clip(levels, 0, top) if top > 1 else found - levels).max()) / top


def close(found: np.ndarray, levels: np.ndarray) -> bool:
    """Within rounding of the dtype, and of float32."""
    step = {"u1": 0.501 / 255, "u2": 0.55 / 65535, "f4": 2e-6, "f8": 1e-12}[found.dtype.str[1:]]
    return apart(found, levels) <= step


# --- against the definitions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", BORDERS)
def test_lowpass_is_its_definition(dtype: np.dtype, kind: str, border: str) -> None:
    image = example_image(dtype, (15, 22), 2)
    found = imgproc.lowpass(image, kind=kind, cutoff=0.13, order=3, border=border, fill=0.25)
    assert close(found, naive.filtered(image, naive.low_gain(kind, 3, 0.13), border, 0.25))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", ["reflect", "wrap", "constant"])
def test_highpass_and_bands_are_their_definitions(kind: str, border: str) -> None:
    image = example_image(np.float64, (14, 9))
    options = {"kind": kind, "order": 2, "border": border}
    low, band = naive.low_gain(kind, 2, 0.17), naive.band_gain(kind, 2, 0.08, 0.31)
    high = imgproc.highpass(image, cutoff=0.17, offset=0.5, **options)
    np.testing.assert_allclose(high, naive.filtered(image, lambda *f: 1 - low(*f), border) + 0.5, atol=1e-12)
    passed = imgproc.bandpass(image, band=(0.08, 0.31), offset=0.25, **options)
    np.testing.assert_allclose(passed, naive.filtered(image, band, border) + 0.25, atol=1e-12)
    rejected = imgproc.bandreject(image, band=(0.08, 0.31), **options)
    np.testing.assert_allclose(rejected, naive.filtered(image, lambda *f: 1 - band(*f), border), atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", ["replicate", "wrap"])
def test_notch_reject_is_its_definition(kind: str, border: str) -> None:
    image = example_image(np.float64, (12, 15))
    centers = ((0.25, -0.1), (0.5, 0.0), (0.48, 0.49))
    found = imgproc.notch_reject(image, centers=centers, cutoff=0.07, kind=kind, order=1, border=border)
    expected = naive.filtered(image, naive.notch_gain(kind, 1, 0.07, centers), border)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_homomorphic_is_its_definition(dtype: np.dtype) -> None:
    image = example_image(dtype, (13, 18))
    top = np.iinfo(dtype).max if dtype.kind == "u" else 1
    logarithm = np.log(image / top + 1 / 255)
    filtered = naive.filtered(logarithm, lambda y, x: 0.6 + 0.7 * (1 - np.exp(-2 * (y * y + x * x) / 0.05**2)))
    found = imgproc.homomorphic(image, low=0.6, high=1.3, cutoff=0.05, sharpness=2.0)
    expected = (np.exp(filtered) - 1 / 255) * top
    if dtype.kind == "u":
        assert close(found, expected)
    else:
        np.testing.assert_allclose(found, expected, atol=1e-5 if dtype == np.float32 else 1e-12)


def test_homomorphic_fills_with_a_level() -> None:
    image = np.full((8, 9), 0.5)
    found = imgproc.homomorphic(image, border="constant", fill=0.5)
    np.testing.assert_allclose(found, (0.5 + 1 / 255) ** 0.5 - 1 / 255, atol=1e-12)


@pytest.mark.parametrize("shape", [(7, 10), (8, 9), (1, 6), (5, 1), (1, 1)])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_spectrum_is_its_definition(shape: tuple[int, int], dtype: np.dtype) -> None:
    image = example_image(dtype, shape, 2)
    levels = image / (np.iinfo(dtype).max if dtype.kind == "u" else 1)
    expected = np.fft.fftshift(np.log1p(np.abs(np.fft.fft2(levels, axes=(0, 1)))), axes=(0, 1))
    np.testing.assert_allclose(imgproc.spectrum(image), expected, atol=1e-12 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("border", BORDERS)
def test_apply_transfer_is_its_definition(border: str) -> None:
    image = example_image(np.float64, (11, 14), 2)

    def transfer(fy: Any, fx: Any) -> Any:
        return np.exp(-9 * (fy - fx) ** 2 - 2j * np.pi * (0.3 * fy + 0.6 * fx)) + 0 * (fx + fy)

    found = imgproc.apply_transfer(image, transfer, border=border, fill=0.3, offset=0.1)
    if border == "reflect":  # only what is even may take the image as mirrored to exactly twice its size
        assert double_size((11, 14)) == (24, 30)
        padded, top, left = np.pad(image, ((6, 7), (8, 8), (0, 0)), mode="symmetric"), 6, 8
        fy, fx = np.fft.fftfreq(24)[:, None], np.fft.rfftfreq(30)
        gain = transfer(fy, fx)[..., None]
        full = np.fft.irfft2(np.fft.rfft2(padded, axes=(0, 1)) * gain, s=(24, 30), axes=(0, 1))
        expected = full[top : top + 11, left : left + 14]
    else:
        size = (11, 14) if border == "wrap" else (24, 30)
        nyquist = -0.5

        def hermitian(fy: float, fx: float) -> complex:
            # irfft2 takes the real part of what has no partner
            if fx == nyquist or fx == 0:
                opposite = fy if fy == nyquist else -fy
                return (transfer(fy, abs(fx)) + np.conj(transfer(opposite, abs(fx)))) / 2
            return transfer(fy, fx) if fx > 0 else np.conj(transfer(fy if fy == nyquist else -fy, -fx))

        assert size[1] % 2 == 0
        expected = naive.filtered(image, hermitian, border, 0.3)
    np.testing.assert_allclose(found, expected + 0.1, atol=1e-12)


@pytest.mark.parametrize("size", [(9, 12), (10, 13), (20, 24)])
def test_apply_transfer_by_an_array(size: tuple[int, int], rng: np.random.Generator) -> None:
    image = example_image(np.float64, (9, 12))
    transfer = rng.normal(size=size) + 1j * rng.normal(size=size)
    found = imgproc.apply_transfer(image, transfer, border="replicate")
    plane, top, left = naive.extended(image, "replicate", 0, size)
    expected = np.fft.ifft2(np.fft.fft2(plane) * transfer).real[top : top + 9, left : left + 12]
    np.testing.assert_allclose(found, expected, atol=1e-12)


# --- against others ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("high_pass", [False, True])
@pytest.mark.parametrize("shape", [(97, 131), (64, 40)])
def test_butterworth_is_that_of_scikit_image(grey_photo: np.ndarray, high_pass: bool, shape: tuple[int, int]) -> None:
    image = grey_photo[: shape[0], : shape[1]] / 255
    ours = imgproc.highpass if high_pass else imgproc.lowpass
    theirs = filters.butterworth(image, 0.11, high_pass, 3, squared_butterworth=True, npad=0)
    np.testing.assert_allclose(ours(image, cutoff=0.11, order=3, border="wrap"), theirs, atol=1e-12)


@pytest.mark.parametrize(("border", "mode"), [("reflect", "reflect"), ("reflect_101", "mirror"), ("wrap", "wrap")])
def test_gaussian_is_that_of_scipy(grey_photo: np.ndarray, border: str, mode: str) -> None:
    sigma = 2.5
    found = imgproc.lowpass(grey_photo / 255, kind="gaussian", cutoff=1 / (2 * np.pi * sigma), border=border)
    theirs = ndimage.gaussian_filter(grey_photo / 255, sigma, mode=mode, truncate=8)
    np.testing.assert_allclose(found, theirs, atol=1e-6)


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("border", ["reflect", "reflect_101", "replicate", "wrap"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_constants_are_kept_or_vanish(border: str, dtype: np.dtype) -> None:
    image = np.full((12, 17), 0.5 if dtype.kind == "f" else 77, dtype)
    near = {"atol": 1e-6 if dtype.kind == "f" else 0}
    np.testing.assert_allclose(imgproc.lowpass(image, cutoff=0.1, border=border), image, **near)
    np.testing.assert_allclose(imgproc.bandreject(image, band=(0.1, 0.2), border=border), image, **near)
    np.testing.assert_allclose(imgproc.notch_reject(image, centers=((0.2, 0.1),), border=border), image, **near)
    np.testing.assert_allclose(imgproc.highpass(image, cutoff=0.1, border=border), 0, **near)
    np.testing.assert_allclose(imgproc.bandpass(image, band=(0.1, 0.2), border=border), 0, **near)


def test_parts_add_up(grey_photo: np.ndarray) -> None:
    image = grey_photo / 255
    both = imgproc.lowpass(image, cutoff=0.1) + imgproc.highpass(image, cutoff=0.1)
    np.testing.assert_allclose(both, image, atol=1e-12)
    both = imgproc.bandpass(image, band=(0.1, 0.2)) + imgproc.bandreject(image, band=(0.1, 0.2))
    np.testing.assert_allclose(both, image, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_band_from_zero_is_a_lowpass(grey_photo: np.ndarray, kind: str) -> None:
    found = imgproc.bandpass(grey_photo / 255, kind=kind, band=(0, 0.2))
    np.testing.assert_allclose(found, imgproc.lowpass(grey_photo / 255, kind=kind, cutoff=0.2), atol=1e-12)


@pytest.mark.parametrize("border", BORDERS)
def test_flips_and_transposition_commute(grey_photo: np.ndarray, border: str) -> None:
    image = grey_photo[:40, :40] / 255
    # replicate and constant put odd rests of the extension on one side
    found = imgproc.lowpass(image, cutoff=0.2, border=border)
    for move in (np.flipud, np.fliplr, np.transpose):
        np.testing.assert_allclose(imgproc.lowpass(move(image), cutoff=0.2, border=border), move(found), atol=1e-12)


def test_isotropic_on_an_image_that_is_not_square() -> None:
    """A wave of 0.2 cycles per pixel has the same gain along either axis."""
    y, x = np.indices((20, 60))
    for wave in (np.cos(2 * np.pi * 0.2 * x), np.cos(2 * np.pi * 0.2 * y)):
        found = imgproc.lowpass(wave, cutoff=0.2, border="wrap")
        np.testing.assert_allclose(found, wave / 2, atol=1e-12)


def test_half_gain_at_both_edges_of_a_band() -> None:
    x = np.indices((8, 40))[1]
    for frequency_of, gain in ((0.1, 0.5), (0.4, 0.5), (0.2, 1.0)):
        wave = np.cos(2 * np.pi * frequency_of * x)
        np.testing.assert_allclose(imgproc.bandpass(wave, band=(0.1, 0.4), border="wrap"), gain * wave, atol=1e-12)


def test_notches_are_found(grey_photo: np.ndarray) -> None:
    h, w = grey_photo.shape
    y, x = np.indices((h, w))
    places = ((20 / w, 31 / h), (40 / w, -13 / h))
    waves = sum(0.1 * np.cos(2 * np.pi * (fx * x + fy * y) + 1) for fx, fy in places)
    clean = grey_photo / 255 * 0.6 + 0.2
    found = peaks(clean + waves)
    assert sorted(found) == sorted(places)
    assert peaks(clean) == []
    filtered = imgproc.notch_reject(clean + waves, auto=True, cutoff=0.02)
    inside = np.s_[20:-20, 20:-20]
    assert np.abs(filtered - clean)[inside].std() < waves[inside].std() / 4
    np.testing.assert_array_equal(filtered, imgproc.notch_reject(clean + waves, centers=found, cutoff=0.02))
    np.testing.assert_array_equal(imgproc.notch_reject(clean, auto=True), clean)


@pytest.mark.parametrize(("fx", "fy"), [(-0.5, 0.0), (0.25, -0.5), (-0.5, -0.5), (-0.5, 0.25), (0.0, -0.5)])
def test_notches_at_the_highest_frequencies_are_found_once(fx: float, fy: float) -> None:
    y, x = np.indices((64, 64))
    found = peaks(np.cos(2 * np.pi * (fx * x + fy * y)))
    assert len(found) == 1
    assert np.abs(found[0]).tolist() == [abs(fx), abs(fy)]


# --- ties -------------------------------------------------------------------------------------------------------------

SIGNED = {
    "highpass": lambda x, **o: imgproc.highpass(x, cutoff=0.1, offset=0.5, **o),
    "bandpass": lambda x, **o: imgproc.bandpass(x, band=(0.1, 0.3), offset=0.5, **o),
}


@pytest.mark.parametrize("border", ["reflect", "replicate", "reflect_101", "wrap"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SIGNED)
def test_the_details_of_a_constant_are_none(name: str, kind: str, border: str) -> None:
    """127.5 is rounded to even, everywhere; floats are 0.5 exactly."""
    for dtype in DTYPES:
        half = {"u1": 128, "u2": 32768, "f4": 0.5, "f8": 0.5}[dtype.str[1:]]
        for level in (0, 1, 77, 254) if dtype.kind == "u" else (0, 0.1, 0.3, -7.7, 1e6):
            image = np.full((37, 53), level, dtype)
            np.testing.assert_array_equal(SIGNED[name](image, kind=kind, border=border), half)


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("shift", [0, 1, 100])
def test_far_from_a_detail_there_is_none(name: str, shift: int) -> None:
    """What a gain leaves there is less than residues of the transform, which must not decide."""
    image = np.full((200, 300), 40 + shift, np.uint8)
    image[50:60, 40:50] = 140 + shift
    found = SIGNED[name](image, kind="gaussian")
    assert (found[100:, 150:] == 128).all()
    wide = SIGNED[name](image.astype(np.uint16) * np.uint16(257), kind="gaussian")
    assert (wide[100:, 150:] == 32768).all()


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_halves_are_rounded_to_even(dtype: str) -> None:
    """The mean of two levels that alternate."""
    low = np.indices((48, 64)).sum(axis=0) % 2
    for level in (0, 1, 10, 101, np.iinfo(dtype).max - 1):
        found = imgproc.lowpass((low + level).astype(dtype), kind="ideal", cutoff=0.2, border="wrap")
        np.testing.assert_array_equal(found, level + level % 2)


# --- extreme arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [5e-324, 1e-200, 1e-45, 1e-9, 1e9, 6e14])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("border", ["reflect", "constant"])
def test_tiny_and_huge_cutoffs_pass_nothing_or_all(value: float, kind: str, border: str) -> None:
    image = example_image(np.float32, (20, 31))
    options = {"kind": kind, "border": border, "fill": 0.5}
    low = imgproc.lowpass(image, cutoff=value, **options)
    rejected = imgproc.notch_reject(image, centers=[(0.2, 0.1)], cutoff=value, **options)
    tiny = value < 1
    if not tiny:
        np.testing.assert_allclose(low, image, atol=1e-6)
    elif border == "reflect":
        np.testing.assert_allclose(low, image.mean(), atol=1e-6)
    np.testing.assert_allclose(low + imgproc.highpass(image, cutoff=value, **options), image, atol=1e-6)
    assert np.isfinite(rejected).all()
    if border == "reflect":
        np.testing.assert_allclose(rejected, image if tiny else rejected[0, 0], atol=1e-6)
    band = imgproc.bandpass(image, band=(value, 1.5 * value), **options)
    np.testing.assert_allclose(band, 0, atol=1e-6)
    assert np.isfinite(imgproc.homomorphic(image, cutoff=value, border=border)).all()


def test_large_transfers_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    image = example_image(np.float32, (20, 30))
    expected = imgproc.lowpass(image, cutoff=0.17)
    before = isotropic._kept.cache_info().currsize
    monkeypatch.setattr(isotropic, "CACHED_BELOW", 1)
    np.testing.assert_array_equal(imgproc.lowpass(image, cutoff=0.17), expected)
    assert isotropic._kept.cache_info().currsize == before


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: imgproc.lowpass(x, cutoff=0.0), ValueError, "cutoff must be > 0, got 0.0"),
        (lambda x: imgproc.lowpass(x, cutoff=0.1, order=0), ValueError, "order must be >= 1, got 0"),
        (lambda x: imgproc.lowpass(x, cutoff=0.1, order=1001), ValueError, "order must be <= 1000, got 1001"),
        (
            lambda x: imgproc.notch_reject(x, centers=[(0.1, 0.1)] * 1001),
            ValueError,
            "centers must be at most 1000 pairs, got 1001",
        ),
        (
            lambda x: imgproc.apply_transfer(np.eye(9, dtype="f4"), lambda y, x: 1e300),
            ValueError,
            "image must give a finite result",
        ),
        (lambda x: imgproc.bandpass(x, band=(0.3, 0.1)), ValueError, "band must be a pair (low, high) with low < high"),
        (
            lambda x: imgproc.bandreject(x, band=(-0.3, 0.1)),
            ValueError,
            "band must be a pair (low, high) with 0 <= low",
        ),
        (lambda x: imgproc.bandreject(x, band=0.1), TypeError, "band must be a pair"),
        (lambda x: imgproc.notch_reject(x), ValueError, "centers or auto=True must be given, got neither"),
        (
            lambda x: imgproc.notch_reject(x, centers=((0.1, 0.2),), auto=True),
            ValueError,
            "centers or auto=True must be given, not both",
        ),
        (lambda x: imgproc.notch_reject(x, auto=1), TypeError, "auto must be True or False, got 1"),
        (lambda x: imgproc.notch_reject(x, centers=3), TypeError, "centers must be a sequence of pairs (fx, fy), got"),
        (lambda x: imgproc.notch_reject(x, centers=(0.1, 0.2)), TypeError, "centers[0] must be a pair (fx, fy)"),
        (lambda x: imgproc.notch_reject(x, centers=((0.1, 0.7),)), ValueError, "centers[0] must be <= 0.5, got 0.7"),
        (lambda x: imgproc.notch_reject(x, centers=((0, 0),)), ValueError, "centers[0] must not be (0, 0)"),
        (lambda x: imgproc.homomorphic(x, low=-1.0), ValueError, "low must be >= 0, got -1.0"),
        (lambda x: imgproc.homomorphic(x, sharpness=0), ValueError, "sharpness must be > 0, got 0.0"),
        (lambda x: imgproc.apply_transfer(x, "low"), TypeError, "transfer must be callable or an array, got str"),
        (
            lambda x: imgproc.apply_transfer(x, np.ones((8, 8))),
            ValueError,
            "transfer must have shape (H, W) of at least",
        ),
        (lambda x: imgproc.apply_transfer(x, np.full((9, 9), np.nan)), ValueError, "transfer must be finite"),
        (lambda x: imgproc.apply_transfer(x, np.full((9, 9), "a")), TypeError, "transfer must give numbers, got <U1"),
        (lambda x: imgproc.apply_transfer(x, lambda y, x: np.ones(3)), ValueError, "transfer must give an array that"),
        (lambda x: imgproc.spectrum(np.full((3, 3), np.nan)), ValueError, "image must be finite"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call(np.zeros((9, 9), np.uint8))
    assert str(caught.value).startswith(message)
