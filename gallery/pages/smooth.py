"""Smoothing

Means, medians, and filters that keep edges.

Every function takes every dtype, any number of channels and every border; a Gaussian costs the same for every sigma,
and a mask (True = counts) leaves pixels out, so that holes are filled from around them.
"""

import cv2
import numpy as np
from skimage import restoration

import imgproc

GROUP = "Smoothing"
PHOTOS = ("astronaut", "camera")

NOISE = 20
"""Standard deviation of the noise that is to be removed, in levels of 255."""


def opencv_gaussian(sigma):
    """OpenCV's Gaussian, whose cost grows with sigma."""
    return lambda image: cv2.GaussianBlur(image, (0, 0), sigma)


def noisy(image):
    """The picture with Gaussian noise, always the same."""
    noise = np.random.default_rng(1).normal(0, NOISE, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def with_impulses(image, share=0.1):
    """The picture with salt and pepper."""
    rng = np.random.default_rng(2)
    result = image.copy()
    where = rng.random(image.shape[:2]) < share
    result[where] = rng.choice(np.array([0, 255], np.uint8), where.sum()).reshape(-1, *(1,) * (image.ndim - 2))
    return result


def each(page, photo):
    """Blur at two widths, then medians, then denoising."""
    page.heading(photo.name)
    image = photo.image if photo.image.dtype == np.uint8 else photo.grey8
    for sigma in (2, 10):
        shown = page.compare(
            photo,
            lambda image, sigma=sigma: imgproc.gaussian_blur(image, sigma=sigma),
            {"OpenCV": opencv_gaussian(sigma)},
            image=image,
            call=f"gaussian_blur(image, sigma={sigma})",
            look="The same blur. OpenCV takes the longer, the wider it is; imgproc does not.",
        )
    page.thumbnail(shown["before"], shown["imgproc"])
    page.compare(
        photo,
        lambda image: imgproc.median_blur(image, radius=5),
        {"OpenCV": lambda image: cv2.medianBlur(image, 11)},
        image=image,
        call="median_blur(image, radius=5)",
        look="Flat patches with sharp rims: the same pixels as OpenCV's.",
    )
    page.compare(
        photo,
        lambda image: imgproc.bilateral_filter(image, radius=4, sigma_color=0.15, sigma_space=3.0),
        {"OpenCV": lambda image: cv2.bilateralFilter(image, 9, 0.15 * 255, 3.0)},
        image=image,
        call="bilateral_filter(image, radius=4, sigma_color=0.15, sigma_space=3.0)",
        look="Flat parts become smooth[[, skin and sky]], outlines stay sharp. "
        "For colour OpenCV adds up the channels' differences, where imgproc "
        "takes their Euclidean distance, so its filter smooths colour a little less.",
    )
    wide = {"radius": 30, "sigma_color": 0.15, "sigma_space": 12.0}
    methods = {m: imgproc.bilateral_filter(image, method=m, **wide) for m in ("exact", "grid")}
    page.figures(
        {"before": image, **methods},
        "bilateral_filter(image, radius=30, sigma_color=0.15, sigma_space=12, method=...): the grid takes "
        "the same time for every radius.",
    )
    spoilt = noisy(image)
    cleaned = {
        "before": image,
        f"noise, {NOISE} levels": spoilt,
        "gaussian_blur": imgproc.gaussian_blur(spoilt, sigma=1.2),
        "bilateral_filter": imgproc.bilateral_filter(spoilt, radius=4, sigma_color=0.25, sigma_space=2.0),
        "guided_filter": imgproc.guided_filter(spoilt, radius=3, epsilon=0.1**2),
        "anisotropic_diffusion": imgproc.anisotropic_diffusion(spoilt, iterations=12, kappa=0.12),
        "total_variation": imgproc.total_variation(spoilt, weight=0.1),
        "non_local_means": imgproc.non_local_means(spoilt, patch_radius=3, search_radius=10, strength=0.1),
    }
    page.figures(cleaned, "What is left of the noise, and what of the picture.")
    page.zoom(cleaned, at=(0.3, 0.45), size=96)


def once(page):
    """Impulses, holes, and the peer's total variation."""
    camera = page.photo("camera")
    page.heading("Salt and pepper", "A tenth of the pixels is black or white.")
    spoilt = with_impulses(camera.grey8)
    figures = {
        "salt and pepper": spoilt,
        "median_blur": imgproc.median_blur(spoilt, radius=1),
        "weighted_median": imgproc.weighted_median(spoilt, weights=np.array([[1, 2, 1], [2, 3, 2], [1, 2, 1]])),
        "adaptive_median": imgproc.adaptive_median(spoilt, radius=3),
        "alpha_trimmed_mean": imgproc.alpha_trimmed_mean(spoilt, radius=1, alpha=0.3),
        "percentile_filter": imgproc.percentile_filter(spoilt, radius=1, quantile=0.4),
        "contraharmonic_mean": imgproc.contraharmonic_mean(spoilt, radius=1, order=1.5),
    }
    page.figures(
        figures, "The adaptive median changes impulses only. The contraharmonic mean of order 1.5 is for pepper."
    )
    page.zoom(figures, at=(0.3, 0.45), size=96)
    page.heading(
        "Holes", "A photo of floats with a grid of NaN: what the mask leaves out is filled from its surroundings."
    )
    holed = camera.grey8.astype(np.float32) / 255
    holed[::24], holed[:, ::24] = np.nan, np.nan
    valid = ~np.isnan(holed)
    filled = {
        "NaN, shown black": np.nan_to_num(holed),
        "gaussian_blur": np.nan_to_num(imgproc.gaussian_blur(holed, sigma=1.0)),
        "with mask": imgproc.gaussian_blur(holed, sigma=1.0, mask=valid),
        "holes only": np.where(valid, holed, imgproc.gaussian_blur(holed, sigma=1.0, mask=valid)),
    }
    page.figures(filled, "Without a mask NaN spreads over its window, and no further.")
    page.heading("Total variation")
    page.compare(
        camera,
        lambda image: imgproc.total_variation(image, weight=0.1),
        {"scikit-image": lambda image: restoration.denoise_tv_chambolle(image, weight=0.1)},
        image=noisy(camera.grey8).astype(np.float32) / 255,
        call="total_variation(image, weight=0.1)",
        look="The same iteration.",
    )
