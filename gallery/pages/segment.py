"""Noise and segmentation

Ten laws of noise by key; superpixels, Otsu's and adaptive thresholds.

The same key gives the same noise, in any number of threads.  Superpixels are connected and numbered in the order of
rows; SLICO finds the compactness of each by itself.
"""

import cv2
import numpy as np
from skimage import filters, segmentation, util

import imgproc
from gallery._compare import to_uint8
from imgproc.noise import KINDS

GROUP = "Segmentation"
PHOTOS = ("astronaut", "coffee")


def painted_by_scikit_image(image):
    """Its superpixels in our mean colours."""
    return imgproc.mean_color_superpixels(image, segmentation.slic(image, 200, start_label=0))


def outlined(image, labels):
    """The borders of the superpixels in yellow."""
    out = image.copy()
    out[segmentation.find_boundaries(labels, mode="inner")] = (255, 220, 0)
    return out


def each(page, photo):
    """Noise beside scikit-image, superpixels, thresholds."""
    page.heading(photo.name)
    image = np.ascontiguousarray(to_uint8(photo.rgb)[..., :3])
    page.compare(
        photo,
        lambda image: imgproc.add_noise(image, key=1, std=0.1),
        {"scikit-image": lambda image: util.random_noise(image, var=0.01, rng=1)},
        image=image,
        call="add_noise(image, key=1, std=0.1)",
        look="Other numbers of the same law.",
    )
    for kinds, look in ((KINDS[:5], "Laws of the same standard deviation, 0.1."), (KINDS[5:], "Other kinds.")):
        page.figures({k: imgproc.add_noise(image, key=1, kind=k, peak=30.0, levels=6) for k in kinds}, look)
    page.compare(
        photo,
        lambda image: imgproc.mean_color_superpixels(image, imgproc.superpixels(image, count=200)),
        {"scikit-image": painted_by_scikit_image},
        image=image,
        call="mean_color_superpixels(image, superpixels(image, count=200))",
        look="Mean colours of superpixels.",
    )
    mask = np.zeros(image.shape[:2], bool)
    y, x = np.indices(mask.shape)
    mask[np.hypot((y + 0.5) / mask.shape[0] - 0.5, (x + 0.5) / mask.shape[1] - 0.5) < 0.4] = True
    page.figures(
        {
            "SLIC": outlined(image, imgproc.superpixels(image, count=200)),
            "SLICO": outlined(image, imgproc.superpixels(image, count=200, slico=True)),
            "in a mask": outlined(image, imgproc.superpixels(image, count=200, mask=mask)),
        },
        "SLICO's are more regular in texture. In a mask as many seeds are set within it.",
    )


def once(page):
    """Thresholds on a page under uneven light."""
    page.heading("Thresholds", "One threshold fails under uneven light, a threshold for each neighbourhood does not.")
    photo = page.photo("page")
    page.compare(
        photo,
        lambda image: imgproc.adaptive_threshold(image, radius=12, method="sauvola") * np.uint8(255),
        {
            "scikit-image": lambda image: (image > filters.threshold_sauvola(image, 25)) * np.uint8(255),
            "OpenCV, mean": lambda image: cv2.adaptiveThreshold(
                image, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 25, 10
            ),
        },
        image=photo.grey8,
        call='adaptive_threshold(image, radius=12, method="sauvola")',
        look="Sauvola's threshold falls where there is little contrast.",
    )
    level = imgproc.otsu_threshold(photo.grey8)
    levels = imgproc.multi_otsu(photo.grey8, classes=3) * 255
    page.figures(
        {
            f"otsu_threshold: {level:.2f}": imgproc.threshold(photo.grey8, level=level),
            "multi_otsu, 3 classes": np.digitize(photo.grey8, levels, right=True).astype(np.uint8) * np.uint8(127),
        },
        "Otsu's thresholds for the whole image.",
    )
