"""PSNR, SSIM, MS-SSIM and sharpness against slow definitions, scikit-image and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.metrics as referee
from oracles import quality as naive

import imgproc

DTYPES = (np.uint8, np.uint16, np.float32, np.float64)
FULL = {np.uint8: 255, np.uint16: 65535, np.float32: 1, np.float64: 1}
every_dtype = pytest.mark.parametrize("dtype", DTYPES)
both_layouts = pytest.mark.parametrize("channels", [None, 3])


def pair(rng, dtype, size=(40, 53), channels=None, far=0.1):
    """A smooth picture with noise, and the same without."""
    shape = size if channels is None else (*size, channels)
    clean = 0.5 + 0.3 * np.sin(np.cumsum(rng.normal(0, 0.5, shape), axis=1))
    noisy = np.clip(clean + rng.normal(0, far, shape), 0, 1)
    if np.dtype(dtype).kind == "f":
        return noisy.astype(dtype), clean.astype(dtype)
    return tuple(np.round(v * FULL[dtype]).astype(dtype) for v in (noisy, clean))


@every_dtype
@both_layouts
def test_psnr_is_its_definition(dtype, channels, rng):
    a, b = pair(rng, dtype, channels=channels)
    full = FULL[dtype]
    assert imgproc.psnr(a, b) == pytest.approx(naive.psnr(a, b, full), rel=1e-12)
    assert imgproc.psnr(a, b) == pytest.approx(referee.peak_signal_noise_ratio(b, a, data_range=full), rel=1e-6)
    if dtype == np.uint8:
        assert imgproc.psnr(a, b) == pytest.approx(cv2.PSNR(a, b), rel=1e-12)
    mask = rng.random(a.shape[:2]) < 0.4
    assert imgproc.psnr(a, b, mask=mask) == pytest.approx(naive.psnr(a, b, full, mask), rel=1e-12)
    assert imgproc.psnr(a, b, data_range=0.5) == pytest.approx(naive.psnr(a, b, full / 2), rel=1e-12)
    assert imgproc.psnr(a, a) == np.inf


def test_psnr_of_the_largest_differences_is_exact():
    for dtype in (np.uint8, np.uint16):
        black = np.zeros((3, 40000), dtype)  # wide rows, whose sums go beyond 32 bits
        assert imgproc.psnr(black, ~black) == 0
        assert imgproc.psnr(~black, black, mask=np.ones(black.shape, bool)) == 0


@every_dtype
@both_layouts
def test_ssim_is_wangs(dtype, channels, rng):
    a, b = pair(rng, dtype, (24, 31), channels)
    full = FULL[dtype]
    planes = [[v if channels is None else v[:, :, c] for v in (a, b)] for c in range(channels or 1)]
    expected = np.mean([naive.ssim_planes(*each, full)[0] for each in planes])
    assert imgproc.ssim(a, b) == pytest.approx(expected, rel=1e-9)
    value, whole = referee.structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=full, full=True,
        channel_axis=None if channels is None else 2,
    )  # fmt: skip
    assert imgproc.ssim(a, b) == pytest.approx(value, rel=1e-5 if dtype == np.float32 else 1e-9)
    np.testing.assert_allclose(imgproc.ssim_map(a, b), whole, rtol=0, atol=1e-4 if dtype == np.float32 else 1e-6)
    assert imgproc.ssim(a, a) == pytest.approx(1, abs=1e-12)
    assert imgproc.ssim(a, b) == imgproc.ssim(b, a)


@both_layouts
def test_pixels_out_of_the_mask_have_no_part(channels, rng):
    a, b = pair(rng, np.float64, (22, 25), channels)
    mask = rng.random((22, 25)) < 0.6
    planes = [[v if channels is None else v[:, :, c] for v in (a, b)] for c in range(channels or 1)]
    expected = np.stack([naive.ssim_planes(*each, 1, mask)[0] for each in planes], axis=-1)
    spoiled = np.where(mask if channels is None else mask[:, :, None], a, np.nan)
    for image in (a, spoiled):
        assert imgproc.ssim(image, b, mask=mask) == pytest.approx(np.nanmean(expected), rel=1e-9)
        found = imgproc.ssim_map(image, b, mask=mask).reshape(22, 25, -1)
        inner = mask[5:-5, 5:-5]
        np.testing.assert_allclose(found[5:-5, 5:-5][inner], expected[inner], rtol=0, atol=1e-9)
        assert not np.isnan(found).any()
        assert imgproc.psnr(image, b, mask=mask) == pytest.approx(naive.psnr(a, b, 1, mask))
    corner = np.zeros((22, 25), bool)
    corner[0, 0] = True
    assert np.argwhere(~np.isnan(imgproc.ssim_map(a, b, mask=corner)).reshape(22, 25, -1).any(axis=2)).max() == 5
    everything = np.ones((22, 25), bool)
    assert imgproc.ssim(a, b, mask=everything) == pytest.approx(imgproc.ssim(a, b), rel=1e-12)


def test_what_is_not_finite_stays_in_its_windows(rng):
    a, b = pair(rng, np.float32, (30, 40))
    clean = imgproc.ssim_map(a, b)
    a[12, 20] = np.nan
    found = imgproc.ssim_map(a, b)
    assert np.isnan(found[7:18, 15:26]).all()
    found[7:18, 15:26] = clean[7:18, 15:26]
    np.testing.assert_array_equal(found, clean)
    for measure in (imgproc.ssim, imgproc.psnr):
        assert np.isnan(measure(a, b))


def test_blocks_and_threads_change_nothing(rng):
    a, b = pair(rng, np.uint8, (60, 700), 3)
    whole = imgproc.ssim_map(a, b)
    np.testing.assert_array_equal(whole[:, 300:400][:, 5:-5], imgproc.ssim_map(a[:, 300:400], b[:, 300:400])[:, 5:-5])
    before, values = imgproc.get_num_threads(), []
    try:
        for threads in (1, 3):
            imgproc.set_num_threads(threads)
            values.append((imgproc.ssim(a, b), imgproc.psnr(a, b), imgproc.blur_measure(a)))
    finally:
        imgproc.set_num_threads(before)
    assert values[0] == values[1]


@every_dtype
def test_images_of_many_rows_are_added_up_in_pieces(dtype, rng):
    a, b = pair(rng, dtype, (150, 130), 3)
    mask = rng.random(a.shape[:2]) < 0.5
    assert imgproc.psnr(a, b) == pytest.approx(naive.psnr(a, b, FULL[dtype]), rel=1e-12)
    assert imgproc.psnr(a, b, mask=mask) == pytest.approx(naive.psnr(a, b, FULL[dtype], mask), rel=1e-12)
    grey = a[:, :, 0]
    expected = cv2.Laplacian(grey.astype(np.float64), cv2.CV_64F).var() / FULL[dtype] ** 2
    assert imgproc.blur_measure(grey) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("size", [(161, 161), (200, 177)])
@every_dtype
def test_ms_ssim_is_its_definition(size, dtype, rng):
    a, b = pair(rng, dtype, size, 3, 0.3)
    expected = np.mean([naive.ms_ssim_plane(a[:, :, c], b[:, :, c], FULL[dtype]) for c in range(3)])
    assert imgproc.ms_ssim(a, b) == pytest.approx(expected, rel=1e-8)
    assert imgproc.ms_ssim(a, a) == pytest.approx(1, abs=1e-12)
    assert imgproc.ms_ssim(a[..., 0], ~a[..., 0] if dtype in (np.uint8, np.uint16) else 1 - a[..., 0]) == 0
    if dtype == np.float64:
        a[3, 4] = np.nan
        assert np.isnan(imgproc.ms_ssim(a, b))


@every_dtype
def test_sharpness_is_opencvs_number(dtype, rng):
    a, b = pair(rng, dtype, (31, 42))
    full = FULL[dtype]
    levels = a.astype(np.float64)
    assert imgproc.blur_measure(a) == pytest.approx(cv2.Laplacian(levels, cv2.CV_64F).var() / full**2, rel=1e-9)
    length = sum(cv2.Sobel(levels, cv2.CV_64F, dx, 1 - dx) ** 2 for dx in (0, 1)) / 16
    assert imgproc.blur_measure(a, method="tenengrad") == pytest.approx(length.mean() / full**2, rel=1e-9)
    for method in ("laplacian", "tenengrad"):
        assert imgproc.blur_measure(a, method=method) > imgproc.blur_measure(b, method=method)
        assert imgproc.blur_measure(np.full((5, 6), 77, dtype), method=method) == 0
    color = np.dstack([a, b, a])
    assert imgproc.blur_measure(color) == imgproc.blur_measure(imgproc.rgb_to_gray(color))


@pytest.mark.parametrize("method", ["laplacian", "tenengrad"])
def test_windows_without_data_are_left_out(method, rng):
    a, _ = pair(rng, np.float64, (20, 23))
    mask = np.ones(a.shape, bool)
    mask[:, 9], mask[11] = False, False
    parts = [a[:11, :9], a[:11, 10:], a[12:, :9], a[12:, 10:]]
    values = []
    for k, part in enumerate(parts):
        v = cv2.Laplacian(part, cv2.CV_64F)
        if method == "tenengrad":
            v = sum(cv2.Sobel(part, cv2.CV_64F, dx, 1 - dx) ** 2 for dx in (0, 1)) / 16
        rows = slice(None, -1) if k < 2 else slice(1, None)
        values.append(v[rows, slice(None, -1) if k % 2 == 0 else slice(1, None)].ravel())
    together = np.concatenate(values)
    expected = together.var() if method == "laplacian" else together.mean()
    assert imgproc.blur_measure(a, method=method, mask=mask) == pytest.approx(expected, rel=1e-9)
    assert imgproc.blur_measure(np.where(mask, a, np.inf), method=method) == pytest.approx(expected, rel=1e-9)
    assert np.isnan(imgproc.blur_measure(np.full((4, 4), np.nan), method=method))


def test_single_pixels():
    assert imgproc.blur_measure(np.ones((1, 1), np.uint8)) == 0
    assert imgproc.ssim_map(np.ones((1, 1)), np.ones((1, 1))).tolist() == [[1.0]]
    assert imgproc.ssim_map(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0, 4)


IMAGE, FLOATS = np.zeros((20, 20), np.uint8), np.zeros((20, 20))
WRONG = [
    (lambda: imgproc.psnr(IMAGE, IMAGE[1:]), ValueError, "reference must have the shape of image"),
    (lambda: imgproc.psnr(IMAGE, FLOATS), TypeError, "reference must have the dtype of image, uint8, got float64"),
    (lambda: imgproc.psnr(IMAGE, IMAGE, data_range=255), ValueError, "data_range is a fraction of full scale: 255 of"),
    (lambda: imgproc.psnr(IMAGE, IMAGE, data_range=0), ValueError, "data_range must be > 0"),
    (lambda: imgproc.psnr(FLOATS, FLOATS + 200), ValueError, "reference must have levels from 0 to 1 for data_range=1"),
    (lambda: imgproc.ssim(FLOATS + 200, FLOATS), ValueError, "image must have levels from 0 to 1"),
    (lambda: imgproc.psnr(IMAGE[:0], IMAGE[:0]), ValueError, "image must have at least one pixel"),
    (lambda: imgproc.ssim(IMAGE[:10], IMAGE[:10]), ValueError, "image must have at least 11 by 11 pixels"),
    (lambda: imgproc.ms_ssim(IMAGE, IMAGE), ValueError, "image must have at least 161 by 161 pixels"),
    (lambda: imgproc.ssim(IMAGE, IMAGE, mask=np.eye(20) < 0), ValueError, "mask must select at least one pixel"),
    (lambda: imgproc.ssim(IMAGE, IMAGE, mask=np.indices((20, 20))[0] < 5), ValueError, "mask must select a pixel that"),
    (lambda: imgproc.blur_measure(IMAGE, method="sobel"), ValueError, "method must be one of 'laplacian', 'tenengrad'"),
    (lambda: imgproc.blur_measure(np.zeros((4, 4, 2))), ValueError, "image must have 1 or 3 channels"),
    (lambda: imgproc.blur_measure(IMAGE[:0]), ValueError, "image must have at least one pixel"),
]


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_floats_in_other_units_have_a_range(rng):
    a, b = pair(rng, np.float64)
    assert imgproc.psnr(a * 4000 - 1000, b * 4000 - 1000, data_range=4000) == pytest.approx(
        imgproc.psnr(a, b), rel=1e-9
    )
    shifted = imgproc.ssim(a * 4000, b * 4000, data_range=4000)
    assert shifted == pytest.approx(imgproc.ssim(a, b), rel=1e-9)
