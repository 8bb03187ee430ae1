"""The functions of `imgproc` that are measured, and what by."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import fft, ndimage
from skimage import exposure, feature, filters, restoration, segmentation, util

import imgproc

from .speed_cases import (
    Case,
    Function,
    Peer,
    levels_from_darkest,
    levels_inside,
    levels_of_unit,
    mean_and_power,
    percent_apart,
    photo,
)

_CLAHE = cv2.createCLAHE(2.0, (8, 8))


def _cv2_pair(radius: int) -> Function:
    size = (2 * radius + 1,) * 2

    def pair(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (
            cv2.boxFilter(x, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT),
            cv2.sqrBoxFilter(x, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT),
        )

    return pair


def _cv2_enhance(x: np.ndarray) -> np.ndarray:
    mean, square = _cv2_pair(1)(x)
    std = cv2.sqrt(cv2.max(square - mean * mean, 0))
    (m,), (s,) = (a.ravel() for a in cv2.meanStdDev(x))
    dark = (mean <= 0.4 * m) & (std >= 0.02 * s) & (std <= 0.4 * s)
    return np.where(dark, cv2.multiply(x, 4.0), x)


def _cv2_equalize_rgb(x: np.ndarray) -> np.ndarray:
    planes = cv2.cvtColor(x, cv2.COLOR_RGB2YCrCb)
    planes[..., 0] = cv2.equalizeHist(planes[..., 0])
    return cv2.cvtColor(planes, cv2.COLOR_YCrCb2RGB)


def _skimage_stretch(x: np.ndarray) -> np.ndarray:
    return exposure.rescale_intensity(x, in_range=tuple(np.percentile(x, (2, 98))), out_range=(0, 255)).astype(x.dtype)


def _cv2_unsharp(x: np.ndarray) -> np.ndarray:
    return cv2.addWeighted(x, 2, cv2.GaussianBlur(x, (9, 9), 1), -1, 0)


def _cv2_gradient(x: np.ndarray) -> np.ndarray:
    return cv2.magnitude(cv2.Sobel(x, cv2.CV_32F, 1, 0, scale=0.25), cv2.Sobel(x, cv2.CV_32F, 0, 1, scale=0.25))


def _other(x: np.ndarray) -> np.ndarray:
    return photo("RGB reference", len(x))


def _statistics_case(radius: int) -> Case:
    return Case(
        f"local_mean+local_std, radius {radius}",
        f"mean and standard deviation in windows of {2 * radius + 1}×{2 * radius + 1}",
        "grey",
        lambda x: (imgproc.local_mean(x, radius=radius), imgproc.local_std(x, radius=radius)),
        {
            "cv2 boxFilter + sqrBoxFilter": Peer(
                _cv2_pair(radius),
                limit=1.0,
                tolerance=1e-2,
                difference=mean_and_power,
                note="gives mean and mean of squares only; the standard deviation would cost three more passes",
            )
        },
        first="(imgproc.local_mean(image, radius=1), imgproc.local_std(image, radius=1))" if radius == 1 else "",
    )


def _gaussian_case(sigma: float, limit: float, kind: str = "RGB") -> Case:
    return Case(
        f"gaussian_blur, sigma {sigma:g}" + ("" if kind == "RGB" else ", float"),
        f"Gaussian blur with a standard deviation of {sigma:g} px",
        kind,
        lambda x: imgproc.gaussian_blur(x, sigma=sigma),
        {
            "cv2.GaussianBlur": Peer(
                lambda x: cv2.GaussianBlur(x, (0, 0), sigma),
                limit=limit,
                tolerance=3 if kind == "RGB" else 2e-3,
                note="cut off at 3 standard deviations for uint8, and in 8 bits; ours at 4",
            )
        },
        first="imgproc.gaussian_blur(image, sigma=2.0)" if sigma == 2 else "",
    )


def _median_case(radius: int) -> Case:
    return Case(
        f"median_blur, radius {radius}",
        f"median of windows of {2 * radius + 1}×{2 * radius + 1}",
        "RGB",
        lambda x: imgproc.median_blur(x, radius=radius),
        {"cv2.medianBlur": Peer(lambda x: cv2.medianBlur(x, 2 * radius + 1), limit=1.1, tolerance=0)},
    )


SMOOTHING = (
    Case(
        "box_blur, radius 3",
        "mean of windows of 7×7",
        "RGB",
        lambda x: imgproc.box_blur(x, radius=3),
        {"cv2.blur": Peer(lambda x: cv2.blur(x, (7, 7)), limit=1.1, tolerance=0)},
    ),
    _gaussian_case(1, 1.0),
    _gaussian_case(2, 1.0),
    _gaussian_case(10, 1 / 2.5),
    _gaussian_case(10, 1 / 2.5, "grey float"),
    _median_case(1),
    _median_case(10),
    Case(
        "median_blur, 16-bit, radius 3",
        "median of windows of 7×7",
        "grey 16-bit",
        lambda x: imgproc.median_blur(x, radius=3),
        {"SciPy median_filter": Peer(lambda x: ndimage.median_filter(x, 7, mode="nearest"), limit=1 / 4, tolerance=0)},
    ),
    Case(
        "bilateral_filter",
        "bilateral filter, radius 4",
        "RGB",
        lambda x: imgproc.bilateral_filter(x, radius=4, sigma_color=0.1, sigma_space=3.0),
        {
            "cv2.bilateralFilter": Peer(
                lambda x: cv2.bilateralFilter(x, 9, 25.5, 3.0),
                limit=1 / 1.5,
                difference=None,
                note="adds up the channels' differences, so it is another filter in colour",
            )
        },
    ),
    Case(
        "bilateral_filter_wide",
        "bilateral filter, radius 30, on the grid",
        "RGB",
        lambda x: imgproc.bilateral_filter(x, radius=30, sigma_color=0.1, sigma_space=12.0, method="grid"),
        {
            "exact": Peer(
                lambda x: imgproc.bilateral_filter(x, radius=30, sigma_color=0.1, sigma_space=12.0), difference=None
            )
        },
        size=512,
    ),
    Case(
        "non_local_means",
        "non-local means, patches of 7×7 in windows of 21×21",
        "grey",
        lambda x: imgproc.non_local_means(x, patch_radius=3, search_radius=10, strength=10 / 255),
        {
            "cv2.fastNlMeansDenoising": Peer(
                lambda x: cv2.fastNlMeansDenoising(x, None, 10, 7, 21),
                limit=1 / 2,
                tolerance=1,
                difference=percent_apart,
                unit="% of pixels",
                note="looks up its weights in a table of steps",
            )
        },
        size=512,
    ),
    Case(
        "total_variation",
        "total variation, 50 iterations",
        "grey float",
        lambda x: imgproc.total_variation(x, weight=0.1, iterations=50, tolerance=0.0),
        {
            "skimage denoise_tv_chambolle": Peer(
                lambda x: restoration.denoise_tv_chambolle(x, 0.1, eps=0, max_num_iter=50), limit=1.0, tolerance=1e-5
            )
        },
        size=512,
    ),
)
_DISC = imgproc.defocus_psf(2)


def _bare_pair(x: np.ndarray) -> np.ndarray:
    """A real DFT and its inverse of twice the image's size, in float32, nothing done between them."""
    size = tuple(fft.next_fast_len(2 * n, real=True) for n in x.shape)
    return fft.irfft2(fft.rfft2(np.zeros(size, np.float32)), s=size)


def _bare_dct_pair(x: np.ndarray) -> np.ndarray:
    return fft.idctn(fft.dctn(x.astype(np.float32)))


CASES = (
    Case(
        "equalize_histogram",
        "histogram equalization",
        "grey",
        lambda x: imgproc.equalize_histogram(x),
        {
            "cv2.equalizeHist": Peer(cv2.equalizeHist, limit=1.3, tolerance=0),
            "skimage equalize_hist": Peer(
                exposure.equalize_hist,
                limit=1 / 20,
                tolerance=1,
                difference=levels_from_darkest,
                note="answers in float64 with the darkest level above 0; compared from there",
            ),
        },
        first="imgproc.equalize_histogram(image)",
    ),
    Case(
        "equalize_histogram, 16-bit",
        "histogram equalization",
        "grey 16-bit",
        lambda x: imgproc.equalize_histogram(x),
        {
            "skimage equalize_hist": Peer(
                exposure.equalize_hist,
                tolerance=1,
                difference=levels_from_darkest,
                unit="levels of 65535",
                note="answers in float64 with the darkest level above 0; compared from there",
            )
        },
    ),
    Case(
        "equalize_histogram, float",
        "histogram equalization",
        "grey float",
        lambda x: imgproc.equalize_histogram(x),
        {"skimage equalize_hist": Peer(exposure.equalize_hist, note="in 256 bins", unit="of 1")},
    ),
    Case(
        "equalize_histogram, RGB",
        "histogram equalization of the luminance",
        "RGB",
        lambda x: imgproc.equalize_histogram(x, color="luminance"),
        {
            "cv2 YCrCb, equalizeHist, back": Peer(
                _cv2_equalize_rgb, tolerance=3, note="rounds chroma to 8 bits on the way"
            )
        },
    ),
    Case(
        "match_histogram",
        "histogram of another photo",
        "RGB",
        lambda x: imgproc.match_histogram(x, _other(x)),
        {
            "skimage match_histograms": Peer(
                lambda x: exposure.match_histograms(x, _other(x), channel_axis=-1),
                limit=1 / 10,
                note="interpolates between levels and truncates",
            )
        },
        first="imgproc.match_histogram(image, image)",
    ),
    Case(
        "stretch_contrast",
        "percentiles 2 and 98 to black and white",
        "grey",
        lambda x: imgproc.stretch_contrast(x, low=0.02, high=0.98),
        {"skimage rescale_intensity": Peer(_skimage_stretch, tolerance=1, note="with np.percentile; truncates")},
        first="imgproc.stretch_contrast(image)",
    ),
    Case(
        "equalize_histogram_local, radius 15",
        "histogram equalization in windows of 31×31",
        "grey",
        lambda x: imgproc.equalize_histogram_local(x, radius=15),
        {
            "skimage rank.equalize": Peer(
                lambda x: filters.rank.equalize(x, np.ones((31, 31), np.uint8)),
                limit=1 / 4,
                tolerance=1,
                difference=levels_inside(15),
                note="compared off the border, where it crops its window; truncates",
            )
        },
        first="imgproc.equalize_histogram_local(image, radius=15)",
    ),
    Case(
        "equalize_histogram_local, radius 60",
        "histogram equalization in windows of 121×121",
        "grey",
        lambda x: imgproc.equalize_histogram_local(x, radius=min(60, len(x))),
        {
            "ours, radius 15": Peer(
                lambda x: imgproc.equalize_histogram_local(x, radius=15),
                limit=1.2,
                difference=None,
                note="the cost must not depend on the radius",
            )
        },
    ),
    Case(
        "clahe",
        "CLAHE, clip limit 2, 8×8 tiles",
        "grey",
        lambda x: imgproc.clahe(x, clip_limit=2.0, tiles=(8, 8)),
        {
            "cv2 CLAHE": Peer(_CLAHE.apply, limit=1.0, tolerance=1),
            "skimage equalize_adapthist": Peer(
                lambda x: exposure.equalize_adapthist(x, clip_limit=2 / 256),
                difference=levels_of_unit,
                note="another clipping rule; stretches before and after",
            ),
        },
        first="imgproc.clahe(image)",
    ),
    Case(
        "clahe, 16-bit",
        "CLAHE, clip limit 2, 8×8 tiles",
        "grey 16-bit",
        lambda x: imgproc.clahe(x, clip_limit=2.0, tiles=(8, 8)),
        {
            "cv2 CLAHE": Peer(
                _CLAHE.apply, limit=1 / 2, note="65536 bins for fewer pixels a tile, so the clip limit hardly acts"
            )
        },
    ),
    _statistics_case(1),
    _statistics_case(7),
    _statistics_case(15),
    Case(
        "enhance_local_statistics",
        "dark and little varied windows of 3×3 made brighter",
        "grey",
        lambda x: imgproc.enhance_local_statistics(x),
        {
            "cv2 boxFilter + sqrBoxFilter": Peer(
                _cv2_pair(1),
                limit=2.2,
                difference=None,
                note="the two filters alone, the enhancement not begun",
            ),
            "the same by cv2 and NumPy": Peer(
                _cv2_enhance, tolerance=0.1, difference=percent_apart, unit="% of pixels"
            ),
        },
        first="imgproc.enhance_local_statistics(image)",
    ),
    *SMOOTHING,
    Case(
        "lowpass",
        "Butterworth lowpass of the mirrored image",
        "grey",
        lambda x: imgproc.lowpass(x, cutoff=0.1),
        {
            "scipy rfft2, irfft2": Peer(
                _bare_pair, limit=1.3, difference=None, note="of the padded size, nothing done between the two"
            ),
            "scipy dctn, idctn": Peer(_bare_dct_pair, difference=None, note="nothing done between the two"),
            "skimage butterworth": Peer(
                lambda x: filters.butterworth(x / 255, 0.1, False, 2, squared_butterworth=True, npad=len(x) // 2),
                tolerance=1,
                difference=lambda ours, theirs: levels_inside(64)(ours, theirs.clip(0, 1) * 255),
                note="continues the edge pixels; compared off the border",
            ),
        },
        first="imgproc.lowpass(image, cutoff=0.1)",
        size=512,
    ),
    Case(
        "walsh_hadamard",
        "Walsh–Hadamard transform, sequency order",
        "grey float",
        lambda x: imgproc.walsh_hadamard(x, pad=True),
        {
            "scipy dctn": Peer(
                lambda x: fft.dctn(x, norm="ortho"), difference=None, note="another transform of the same kind"
            )
        },
        size=512,
    ),
    Case(
        "richardson_lucy, 10 iterations",
        "deconvolution by a disc of radius 2",
        "grey",
        lambda x: imgproc.richardson_lucy(x, _DISC, iterations=10),
        {
            "skimage richardson_lucy": Peer(
                lambda x: restoration.richardson_lucy(x / 255, _DISC, 10),
                limit=1 / 3,
                difference=None,
                note="in float64, from a constant, black outside",
            )
        },
        first="imgproc.richardson_lucy(image, imgproc.gaussian_psf(1))",
        size=512,
    ),
    Case(
        "unsharp_mask",
        "unsharp mask, sigma 1",
        "RGB",
        lambda x: imgproc.unsharp_mask(x, sigma=1.0),
        {
            "cv2 GaussianBlur, addWeighted": Peer(_cv2_unsharp, limit=1.0, tolerance=2, note="rounds the blur"),
        },
    ),
    Case(
        "gradient",
        "length of Sobel's gradient",
        "grey",
        lambda x: imgproc.gradient(x),
        {"cv2 Sobel, magnitude": Peer(_cv2_gradient, limit=1.2, tolerance=1e-3)},
    ),
    Case(
        "canny",
        "Canny's edges, sigma 1",
        "grey",
        lambda x: imgproc.canny(x),
        {
            "skimage canny": Peer(
                lambda x: feature.canny(x, 1.0),
                limit=1 / 3,
                tolerance=0.01,
                difference=lambda ours, theirs: float((ours != theirs).mean() * 100),
                unit="% of pixels",
            )
        },
        size=512,
    ),
    Case(
        "add_noise, gaussian",
        "normal noise, standard deviation 0.1",
        "RGB",
        lambda x: imgproc.add_noise(x, key=1, std=0.1),
        {
            "skimage random_noise": Peer(
                lambda x: util.random_noise(x, var=0.01), limit=1 / 8, difference=None, note="other numbers, float64"
            )
        },
    ),
    Case(
        "superpixels",
        "200 superpixels (SLIC), 10 iterations",
        "RGB",
        lambda x: imgproc.superpixels(x, count=200),
        {
            "skimage slic": Peer(
                lambda x: segmentation.slic(x, 200), limit=1 / 5, difference=None, note="142 instead of 193 regions"
            )
        },
        size=512,
    ),
)
