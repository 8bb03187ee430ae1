"""Degradation and restoration, against their definitions, SciPy and scikit-image."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.spectra import inverse, periodic
from helpers.vocabulary import BORDERS, DTYPES
from oracles import restore as naive
from scipy import ndimage
from skimage import restoration

import imgproc

CROOKED = np.array([[0, 1.0, 2, 0], [1, 4, 0.5, 0.25], [0.5, 0, 0, 0]])

Restoring = Callable[..., np.ndarray]
RESTORING: dict[str, Restoring] = {
    "inverse_filter": lambda x, psf: imgproc.inverse_filter(x, psf, cutoff=0.3),
    "wiener": lambda x, psf: imgproc.wiener(x, psf, noise_to_signal=0.002),
    "constrained_least_squares": lambda x, psf: imgproc.constrained_least_squares(x, psf),
    "richardson_lucy": lambda x, psf: imgproc.richardson_lucy(x, psf, iterations=20),
    "total_variation_deconvolution": lambda x, psf: imgproc.total_variation_deconvolution(x, psf),
}
every_restoring = pytest.mark.parametrize("restore", RESTORING.values(), ids=RESTORING)


def error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2)))


# --- point-spread functions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "psf",
    [
        *(imgproc.motion_psf(length, angle) for length in (0.3, 1, 9, 20.5) for angle in (0, 37, 90, 135, -45, 200.5)),
        *(imgproc.defocus_psf(radius) for radius in (0.2, 0.5, 1, 4.3)),
        *(imgproc.gaussian_psf(sigma) for sigma in (0.1, 2.5)),
    ],
)
def test_point_spread_functions_are_odd_symmetric_and_of_sum_one(psf: np.ndarray) -> None:
    assert psf.dtype == np.float64
    assert psf.shape[0] % 2 == psf.shape[1] % 2 == 1
    assert psf.min() >= 0
    np.testing.assert_allclose(psf.sum(), 1)
    np.testing.assert_allclose(psf, psf[::-1, ::-1], atol=1e-12)
    assert psf[0].any() or psf.shape[0] == 1 or psf.shape[0] > 3  # no empty frame, but for the tails of a Gaussian


def test_motion_is_the_share_of_the_path() -> None:
    np.testing.assert_allclose(imgproc.motion_psf(9), np.full((1, 9), 1 / 9))
    np.testing.assert_allclose(imgproc.motion_psf(9, 90), np.full((9, 1), 1 / 9))
    np.testing.assert_allclose(imgproc.motion_psf(4), [[0.125, 0.25, 0.25, 0.25, 0.125]])
    np.testing.assert_allclose(imgproc.motion_psf(3 * 2**0.5, 45), np.eye(3)[::-1] / 3, atol=1e-12)
    np.testing.assert_array_equal(imgproc.motion_psf(0.7, 12), [[1]])
    # counter-clockwise as seen: up and to the right
    psf = imgproc.motion_psf(15, 20)
    assert psf[:4, 8:].sum() > psf[:4, :7].sum()


@pytest.mark.parametrize(("length", "angle"), [(17.3, 28.0), (8.0, 111.0)])
def test_motion_is_the_path_sampled(length: float, angle: float) -> None:
    t = (np.arange(100000) + 0.5) / 100000 * length - length / 2
    x, y = np.rint(t * np.cos(np.radians(angle))).astype(int), np.rint(-t * np.sin(np.radians(angle))).astype(int)
    counts = np.zeros((2 * np.abs(y).max() + 1, 2 * np.abs(x).max() + 1))
    np.add.at(counts, (y + counts.shape[0] // 2, x + counts.shape[1] // 2), 1e-5)
    np.testing.assert_allclose(imgproc.motion_psf(length, angle), counts, atol=3e-5)


@pytest.mark.parametrize("radius", [0.4, 1.0, 3.7])
def test_defocus_is_the_share_of_the_disc(radius: float) -> None:
    psf = imgproc.defocus_psf(radius)
    r = len(psf) // 2
    fine = (np.arange(len(psf) * 200) + 0.5) / 200 - r - 0.5
    inside = (np.add.outer(fine**2, fine**2) <= radius**2).reshape(len(psf), 200, len(psf), 200).mean(axis=(1, 3))
    np.testing.assert_allclose(psf, inside / inside.sum(), atol=1e-3)
    np.testing.assert_allclose(psf, psf.T, atol=1e-3)


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e-160, 1e-10, 1e-9, 0.1])
def test_blurs_within_a_pixel_do_nothing(size: float) -> None:
    np.testing.assert_array_equal(imgproc.defocus_psf(size), [[1]])
    for angle in (0, 45, 30, -1e15):
        np.testing.assert_array_equal(imgproc.motion_psf(size, angle), [[1]])
    gaussian = imgproc.gaussian_psf(size)
    assert gaussian.shape == (3, 3) and gaussian[1, 1] == 1 and gaussian.sum() == pytest.approx(1)
    np.testing.assert_allclose(imgproc.turbulence_otf((4, 6), size if size < 0.1 else 0), 1)


@pytest.mark.parametrize("length", [1 + 1e-12, 1 + 1e-9, 1 + 1e-8, 3 - 1e-10])
@pytest.mark.parametrize("angle", [0, 30, 45, 90])
def test_motion_that_ends_next_to_an_edge_has_the_sum_one(length: float, angle: float) -> None:
    assert imgproc.motion_psf(length, angle).sum() == pytest.approx(1, abs=1e-12)


def test_large_point_spread_functions_take_the_memory_of_their_result() -> None:
    tracemalloc.start()
    psf = imgproc.defocus_psf(300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * psf.nbytes


def test_gaussian_is_that_of_scipy() -> None:
    point = np.zeros((25, 25))
    point[12, 12] = 1
    theirs = ndimage.gaussian_filter(point, 2.5, radius=10)
    np.testing.assert_allclose(imgproc.gaussian_psf(2.5), theirs[2:-2, 2:-2], atol=1e-12)


def test_turbulence_is_its_definition() -> None:
    otf = imgproc.turbulence_otf((480, 480), 0.0025 ** (3 / 5) * 480)
    v, u = 7, -100
    np.testing.assert_allclose(otf[v, u], np.exp(-0.0025 * (u * u + v * v) ** (5 / 6)))
    assert otf[0, 0] == 1
    np.testing.assert_array_equal(imgproc.turbulence_otf((3, 4), 0), 1)
    image = example_image(np.float64, (20, 30))
    otf = imgproc.turbulence_otf((20, 30), 4.0)
    found = imgproc.apply_transfer(image, otf)
    np.testing.assert_allclose(found, np.fft.ifft2(np.fft.fft2(image) * otf).real, atol=1e-12)
    psf = np.fft.fftshift(np.fft.ifft2(otf).real).clip(0)
    np.testing.assert_allclose(imgproc.degrade(image, psf, border="wrap"), found, atol=2e-2)


# --- degradation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("psf", [CROOKED, np.ones((1, 2)), np.ones((20, 3))], ids=["crooked", "even", "tall"])
def test_degrade_is_a_convolution(border: str, dtype: np.dtype, psf: np.ndarray) -> None:
    image = example_image(dtype, (13, 16), 2)
    top = np.iinfo(dtype).max if dtype.kind == "u" else 1
    found = imgproc.degrade(image, psf, border=border, fill=0.25)
    expected = naive.blurred(image, psf, border, 0.25 * top)
    tolerance = {"u1": 0.501, "u2": 0.55, "f4": 2e-6, "f8": 1e-12}[dtype.str[1:]]
    np.testing.assert_allclose(found.astype(np.float64), expected, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_noise_is_of_its_strength_and_of_its_key(dtype: np.dtype) -> None:
    top = np.iinfo(dtype).max if dtype.kind == "u" else 1
    image = np.full((128, 128), 0.5 * top).astype(dtype)
    found = imgproc.degrade(image, np.ones((1, 1)), noise=0.05, key=3)
    assert found.dtype == dtype
    assert abs((found / top).std() - 0.05) < 0.002
    assert abs((found / top).mean() - 0.5) < 0.003
    np.testing.assert_array_equal(found, imgproc.degrade(image, np.ones((1, 1)), noise=0.05, key=3))
    other = imgproc.degrade(image, np.ones((1, 1)), noise=0.05, key=4)
    assert abs(np.corrcoef(found.ravel(), other.ravel())[0, 1]) < 0.05


# --- restoration, against definitions ---------------------------------------------------------------------------------

PLANE = example_image(np.float64, (30, 41))


def test_the_continuation_is_its_definition() -> None:
    for shape in ((30, 41), (1, 1), (3, 40)):
        plane = PLANE[: shape[0], : shape[1]]
        np.testing.assert_allclose(periodic.periodic(plane, (60, 70)), naive.extended(plane, (60, 70)))
    found = periodic.periodic(np.linspace(0, 1, 50)[:, None] * np.ones(50), (80, 80))
    assert np.abs(np.diff(found, axis=0, append=found[:1])).max() < 0.08  # no seam


SIZE = periodic.roomy(PLANE.shape, CROOKED)
H = naive.transfer(CROOKED, SIZE)


def test_a_packed_spectrum_filters_as_a_complex_one(rng: np.random.Generator) -> None:
    values, other = rng.random((32, 48)), rng.random((32, 48))
    half, out = np.fft.rfft2(other), np.empty((32, 48))
    for mirrored in (False, True):
        periodic.Filter((32, 48), values.dtype)(values, periodic.packed(half, (32, 48)), out, mirrored=mirrored)
        expected = np.fft.irfft2(np.fft.rfft2(values) * (half.conj() if mirrored else half), s=(32, 48))
        np.testing.assert_allclose(out, expected, atol=1e-10)


@pytest.mark.parametrize("left", [None, 0.005, 0.0099, 0.0101, 0.05])
def test_inverse_filter_is_its_definition(left: float | None) -> None:
    """On both sides of the limit: of the fastest wave along x the blur leaves so much."""
    psf = CROOKED if left is None else np.array([[1 - left, 1 + left]]) / 2
    size = periodic.roomy(PLANE.shape, psf)
    h = naive.transfer(psf, size)
    if left is not None:
        assert (np.abs(h).min() < 0.01) == (left < 0.01) and (np.abs(h) < 0.1).any()
    gain = np.where(np.abs(h) < 0.01, 0, 1 / h) / (1 + (naive.distance(size) / 0.3) ** 8)
    found = imgproc.inverse_filter(PLANE, psf, cutoff=0.3, order=4)
    np.testing.assert_allclose(found, naive.filtered(PLANE, gain, h), atol=1e-9)


def test_wiener_is_its_definition() -> None:
    gain = H.conj() / (np.abs(H) ** 2 + 0.03)
    gain[0, 0] = 1
    found = imgproc.wiener(PLANE, CROOKED, noise_to_signal=0.03)
    np.testing.assert_allclose(found, naive.filtered(PLANE, gain, H), atol=1e-10)


def test_wiener_of_a_blur_that_loses_waves() -> None:
    found = imgproc.wiener(PLANE, np.ones((1, 2)), noise_to_signal=0.0)
    assert np.isfinite(found).all()


def test_constrained_least_squares_is_its_definition() -> None:
    gain = H.conj() / (np.abs(H) ** 2 + 0.04 * naive.laplacian_power(SIZE))
    found = imgproc.constrained_least_squares(PLANE, CROOKED, gamma=0.04)
    np.testing.assert_allclose(found, naive.filtered(PLANE, gain, H), atol=1e-10)


@pytest.mark.parametrize("noise", [0.02, 0.1])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_constrained_least_squares_leaves_the_noise(grey_photo: np.ndarray, noise: float, dtype: str) -> None:
    psf = imgproc.gaussian_psf(1.2)
    image = imgproc.degrade((grey_photo / 255).astype(dtype), psf, noise=noise)
    found = imgproc.constrained_least_squares(image, psf, noise=noise)
    residual = image - imgproc.degrade(found, psf)
    inside = np.s_[8:-8, 8:-8]
    assert abs(residual[inside].std() / noise - 1) < 0.1
    estimated = imgproc.constrained_least_squares(image, psf)
    assert error(estimated, found) < noise / 4


@pytest.mark.parametrize("seed", range(20))
def test_the_largest_rectangle_of_details(seed: int) -> None:
    """Against all rectangles; sides that are not the picture's are a tile further in."""
    rng = np.random.default_rng(seed)
    tiles = np.ones((9, 12), bool)
    tiles[rng.integers(0, 9, seed), rng.integers(0, 12, seed)] = False
    there = np.repeat(np.repeat(tiles, 8, axis=0), 8, axis=1) & (rng.random((72, 96)) < 0.9)
    there |= ~np.repeat(np.repeat(tiles, 8, axis=0), 8, axis=1) & (rng.random((72, 96)) < 0.1)
    y, x = inverse._full_of_details(there)
    sizes = {
        (a, b, c, d): (b - a) * (d - c)
        for a in range(9)
        for b in range(a + 4, 10)
        for c in range(12)
        for d in range(c + 4, 13)
        if tiles[a:b, c:d].all()
    }
    if tiles.all() or not sizes:
        assert (y, x) == np.s_[:, :]
        return
    largest = [
        (a and 16 * (a + 1), 16 * (b if b == 9 else b - 1), c and 16 * (c + 1), 16 * (d if d == 12 else d - 1))
        for (a, b, c, d), size in sizes.items()
        if size == max(sizes.values())
    ]
    assert (y.start, y.stop, x.start, x.stop) in largest


@pytest.mark.parametrize("margin", [0, 128, 255])
@pytest.mark.parametrize("corners", [False, True], ids=["middle", "corners"])
@pytest.mark.parametrize("noise", [None, 0.03])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_constrained_least_squares_of_a_picture_with_a_margin(
    photos: Callable[[str], np.ndarray], dtype: np.dtype, noise: float | None, corners: bool, margin: int
) -> None:
    """Margins of one level have no noise, and no picture explains their edges: they change little."""
    sharp, psf = photos("camera")[100:260, 150:330], imgproc.gaussian_psf(1.2)
    image = imgproc.degrade(sharp, psf, noise=0.03)
    h, w = image.shape
    framed, inside = np.full((2 * h, 2 * w), margin, np.uint8), np.s_[h // 2 : h // 2 + h, w // 2 : w // 2 + w]
    if corners:
        framed, inside = np.full((3 * h, 3 * w), margin, np.uint8), np.s_[:h, :w]
        framed[-h:, -w:] = image
    framed[inside] = image
    full = np.iinfo(dtype).max if dtype.kind == "u" else 1
    picture = (framed / 255).astype(dtype) if full == 1 else framed.astype(dtype) * dtype.type(full // 255)
    found = imgproc.constrained_least_squares(picture, psf, noise=noise)[inside] / full
    alone = imgproc.constrained_least_squares(image, psf, noise=noise) / 255
    middle = np.s_[12:-12, 12:-12]
    assert error(found[middle], (sharp / 255)[middle]) < 1.05 * error(alone[middle], (sharp / 255)[middle])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_richardson_lucy_is_its_definition(dtype: np.dtype) -> None:
    image = example_image(dtype, (30, 41), 2)
    top = np.iinfo(dtype).max if dtype.kind == "u" else 1
    found = imgproc.richardson_lucy(image, CROOKED, iterations=4)
    for c in range(2):
        expected = naive.richardson_lucy(image[:, :, c] / top, CROOKED, 4, (48, 64)) * top
        tolerance = {"u1": 0.51, "u2": 3, "f4": 3e-5, "f8": 1e-10}[dtype.str[1:]]
        np.testing.assert_allclose(
            found[:, :, c].astype(float), np.clip(expected, 0, top) if top > 1 else expected, atol=tolerance
        )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_total_variation_is_its_definition(dtype: np.dtype) -> None:
    image = example_image(dtype, (30, 41), 2)
    top = np.iinfo(dtype).max if dtype.kind == "u" else 1
    found = imgproc.total_variation_deconvolution(image, CROOKED, weight=0.02, iterations=5)
    for c in range(2):
        expected = naive.total_variation(image[:, :, c] / top, CROOKED, 0.02, 5, SIZE) * top
        expected = expected.clip(0, top) if top > 1 else expected
        tolerance = {"u1": 0.51, "u2": 3, "f4": 3e-5, "f8": 1e-10}[dtype.str[1:]]
        np.testing.assert_allclose(found[:, :, c].astype(float), expected, atol=tolerance)


# --- against others ---------------------------------------------------------------------------------------------------


def test_wiener_and_constrained_least_squares_are_those_of_scikit_image(
    grey_photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inverse, "ROUNDS", 0)
    plane, psf = grey_photo / 255, imgproc.motion_psf(7, 30)
    size = periodic.roomy(plane.shape, psf)
    # They are periodic: on our continuation, without the mean, which they darken.
    mean = naive.extended(plane, size).mean()
    known = naive.extended(plane - mean, size)
    inside = np.s_[: plane.shape[0], : plane.shape[1]]
    theirs = restoration.wiener(known, psf, 0.02, clip=False)[inside] + mean
    np.testing.assert_allclose(imgproc.constrained_least_squares(plane, psf, gamma=0.02), theirs, atol=1e-8)
    plain = np.ones((size[0], size[1] // 2 + 1), complex)
    theirs = restoration.wiener(known, psf, 0.02, reg=plain, clip=False)[inside] + mean
    np.testing.assert_allclose(imgproc.wiener(plane, psf, noise_to_signal=0.02), theirs, atol=1e-8)


def test_richardson_lucy_is_no_worse_than_scikit_image(grey_photo: np.ndarray) -> None:
    sharp, psf = grey_photo / 255, imgproc.gaussian_psf(1.5)
    image = imgproc.degrade(sharp, psf)
    ours = imgproc.richardson_lucy(image, psf, iterations=30)
    theirs = restoration.richardson_lucy(image, psf, 30)
    inside = np.s_[20:-20, 20:-20]
    assert error(ours[inside], sharp[inside]) < 1.02 * error(theirs[inside], sharp[inside])
    assert error(ours, sharp) < 0.5 * error(theirs, sharp)  # the edges


def test_total_variation_without_a_blur_denoises_as_scikit_image(grey_photo: np.ndarray) -> None:
    image = imgproc.degrade(grey_photo / 255, np.ones((1, 1)), noise=0.05)
    ours = imgproc.total_variation_deconvolution(image, np.ones((1, 1)), weight=0.05, iterations=300)
    theirs = restoration.denoise_tv_chambolle(image, 0.05, eps=1e-8, max_num_iter=2000)
    assert np.abs(ours - theirs)[12:-12, 12:-12].max() < 4e-3


def test_total_variation_beats_least_squares_on_motion(grey_photo: np.ndarray) -> None:
    sharp, psf = grey_photo / 255, imgproc.motion_psf(9, 30)
    image = imgproc.degrade(sharp, psf, noise=0.005)
    least_squares = error(imgproc.constrained_least_squares(image, psf), sharp)
    assert error(imgproc.total_variation_deconvolution(image, psf), sharp) < 0.9 * least_squares


# --- properties -------------------------------------------------------------------------------------------------------


@every_restoring
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_constants_are_kept(restore: Restoring, dtype: np.dtype) -> None:
    for shape in ((12, 17), (1, 1)):
        image = np.full(shape, 0.5 if dtype.kind == "f" else 77, dtype)
        np.testing.assert_allclose(restore(image, CROOKED), image, atol=2e-6 if dtype.kind == "f" else 0)
        np.testing.assert_allclose(imgproc.degrade(image, CROOKED), image, atol=2e-6 if dtype.kind == "f" else 0)
        np.testing.assert_array_equal(restore(image * 0, CROOKED), 0)


@every_restoring
@pytest.mark.parametrize("psf", [imgproc.gaussian_psf(1.2), imgproc.motion_psf(7, 20)], ids=["gaussian", "motion"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_blurred_photos_become_sharper_up_to_their_edges(
    photo: np.ndarray, restore: Restoring, psf: np.ndarray, dtype: str
) -> None:
    sharp = photo / 255
    full = {"u1": 255, "u2": 65535, "f4": 1}[dtype]
    image = (sharp * full).round().astype(dtype) if full > 1 else sharp.astype(dtype)
    blurred = imgproc.degrade(image, psf)
    if restore is RESTORING["inverse_filter"] and psf.shape[0] != psf.shape[1]:
        pytest.skip("it blows up the rounding where motion leaves next to nothing: that is its point")
    found = restore(blurred, psf)
    assert error(found / full, sharp) < 0.8 * error(blurred / full, sharp)
    frame = np.ones(sharp.shape, bool)
    frame[4:-4, 4:-4] = False
    assert error((found / full)[frame], sharp[frame]) < 1.1 * error((blurred / full)[frame], sharp[frame])


@every_restoring
def test_nothing_to_undo(restore: Restoring, photo: np.ndarray) -> None:
    if restore is RESTORING["inverse_filter"]:
        pytest.skip("it is a lowpass then")
    found = restore((photo / 255).astype(np.float32), np.ones((1, 1)))
    assert error(found, photo / 255) < 0.02


@every_restoring
def test_a_scaled_or_padded_point_spread_function_is_the_same(restore: Restoring) -> None:
    expected = restore(PLANE, imgproc.gaussian_psf(0.8))
    np.testing.assert_allclose(restore(PLANE, imgproc.gaussian_psf(0.8) * 100), expected, atol=1e-10)


def test_richardson_lucy_takes_negative_levels_for_black() -> None:
    image = PLANE.copy()
    image[3, 4] = -0.5
    found = imgproc.richardson_lucy(image, CROOKED, iterations=3)
    np.testing.assert_array_equal(found, imgproc.richardson_lucy(image.clip(0), CROOKED, iterations=3))
    assert found.min() >= 0


@pytest.mark.parametrize("value", [5e-324, 1e-200, 1e-45, 1e-9, 1e9, 1e15])
@pytest.mark.parametrize(
    ("restore", "argument"),
    [
        (imgproc.inverse_filter, "cutoff"),
        (imgproc.wiener, "noise_to_signal"),
        (imgproc.constrained_least_squares, "gamma"),
        (imgproc.total_variation_deconvolution, "weight"),
    ],
)
@pytest.mark.parametrize("dtype", ["u1", "f4", "f8"])
def test_tiny_and_huge_weights_give_an_image(restore: Restoring, argument: str, dtype: str, value: float) -> None:
    """Finite, and of the most weight the mean."""
    image = example_image(dtype, (30, 41))
    found = restore(image, imgproc.gaussian_psf(0.8), **{argument: value})
    assert np.isfinite(found).all()
    if argument == "weight" and value >= 1e9:
        assert np.ptp(found.astype(float)) < 0.5 * np.ptp(image.astype(float))
    elif argument in ("noise_to_signal", "gamma") and value >= 1e9:
        # of the picture and of what continues it
        assert np.ptp(found.astype(float)) <= 0.01 * image.max()


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: imgproc.motion_psf(0), ValueError, "length must be > 0, got 0.0"),
        (lambda x: imgproc.motion_psf(5000), ValueError, "length must be <= 4096, got 5000.0"),
        (lambda x: imgproc.motion_psf(5, "up"), TypeError, "angle must be a number, got str"),
        (lambda x: imgproc.defocus_psf(-1), ValueError, "radius must be > 0, got -1.0"),
        (lambda x: imgproc.gaussian_psf(501), ValueError, "sigma must be <= 500, got 501.0"),
        (lambda x: imgproc.turbulence_otf((0, 3), 1), ValueError, "size[0] must be >= 1, got 0"),
        (lambda x: imgproc.turbulence_otf((3, 3), -1), ValueError, "strength must be >= 0, got -1.0"),
        (lambda x: imgproc.turbulence_otf((3, 3), 1e9), ValueError, "strength must be <= 65536, got"),
        (lambda x: imgproc.turbulence_otf((1 << 31, 3), 1), ValueError, "size must be of at most 268435456 samples"),
        (lambda x: imgproc.inverse_filter(x, CROOKED, order=1001), ValueError, "order must be <= 1000, got 1001"),
        (lambda x: imgproc.degrade(x, CROOKED, noise=1e31), ValueError, "noise is a fraction of full scale"),
        (
            lambda x: imgproc.richardson_lucy(x, CROOKED, iterations=10**9),
            ValueError,
            "iterations must be <= 10000, got 1000000000",
        ),
        (
            lambda x: imgproc.total_variation_deconvolution(x, CROOKED, iterations=10001),
            ValueError,
            "iterations must be <= 10000, got 10001",
        ),
        (lambda x: imgproc.degrade(x, [[1]]), TypeError, "psf must be a numpy array, got list"),
        (lambda x: imgproc.degrade(x, np.zeros((3, 3))), ValueError, "psf must be finite, nowhere negative"),
        (lambda x: imgproc.degrade(x, CROOKED, noise=-1), ValueError, "noise must be >= 0, got -1.0"),
        (lambda x: imgproc.degrade(x, CROOKED, key=1 << 53), ValueError, "key must be <= 4503599627370496, got"),
        (lambda x: imgproc.inverse_filter(x, CROOKED, cutoff=0), ValueError, "cutoff must be > 0, got 0.0"),
        (lambda x: imgproc.inverse_filter(x, CROOKED, order=0), ValueError, "order must be >= 1, got 0"),
        (
            lambda x: imgproc.wiener(x, CROOKED, noise_to_signal=-1),
            ValueError,
            "noise_to_signal must be >= 0",
        ),
        (lambda x: imgproc.constrained_least_squares(x, CROOKED, gamma=-1), ValueError, "gamma must be >= 0, got -1.0"),
        (lambda x: imgproc.constrained_least_squares(x, CROOKED, noise="low"), TypeError, "noise must be a number"),
        (
            lambda x: imgproc.total_variation_deconvolution(x, CROOKED, weight=0),
            ValueError,
            "weight must be > 0, got 0.0",
        ),
        (lambda x: imgproc.richardson_lucy(x, CROOKED, iterations=0), ValueError, "iterations must be >= 1, got 0"),
    ],
)
def test_refusals(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        call(np.zeros((9, 9), np.uint8))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("function", [imgproc.constrained_least_squares, imgproc.wiener, imgproc.inverse_filter])
@pytest.mark.parametrize("size", [(18, 30), (33, 97)], ids=str)
def test_a_constant_stays_to_the_last_level(function: Any, size: tuple[int, int]) -> None:
    """Gains of thousands would show the rounding of a spectrum that has more than nothing in it."""
    most = {"noise_to_signal": 0.0} if function is imgproc.wiener else {}
    for psf in (imgproc.gaussian_psf(1.0), imgproc.gaussian_psf(2.0), imgproc.defocus_psf(3.0)):
        for level in (1, 30000, 50000, 65535):
            image = np.full(size, level, np.uint16)
            assert (function(image, psf, **most) == level).all()
        image = np.full(size, 0.7, np.float32)
        np.testing.assert_array_equal(function(image, psf, **most), image)
