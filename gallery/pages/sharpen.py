"""Sharpening and edges

Laplacian, unsharp masking, relief and detail; gradients, zero crossings, compass masks and Canny's detector.

Sharpening keeps the dtype and rounds once.  Derivatives answer in floats, scaled so that a step has its height.
"""

import cv2
import numpy as np
from skimage import feature, filters

import imgproc

GROUP = "Sharpening and edges"
PHOTOS = ("camera", "coffee")


def opencv_unsharp(image):
    """Blurred and rounded, then weighted."""
    return cv2.addWeighted(image, 2.5, cv2.GaussianBlur(image, (0, 0), 2.0), -1.5, 0)


def scikit_image_unsharp(image):
    """The same amount."""
    return filters.unsharp_mask(image, 2.0, 1.5)


def opencv_sobel(image):
    """Length of the gradient in OpenCV's scale over 4."""
    return cv2.magnitude(cv2.Sobel(image, cv2.CV_32F, 1, 0), cv2.Sobel(image, cv2.CV_32F, 0, 1)) / 4


def shown(edges):
    """Signed levels about mid-grey."""
    return np.clip(edges * 2 + 128, 0, 255).astype(np.uint8)


def each(page, photo):
    """Sharpening beside the peers, then edges."""
    page.heading(photo.name)
    grey = photo.grey8
    sharpened = page.compare(
        photo,
        lambda image: imgproc.unsharp_mask(image, sigma=2.0, amount=1.5),
        {"OpenCV": opencv_unsharp, "scikit-image": scikit_image_unsharp},
        image=grey,
        call="unsharp_mask(image, sigma=2.0, amount=1.5)",
        look="OpenCV rounds the blur to whole levels, which the amount multiplies.",
    )
    page.zoom(sharpened)
    page.figures(
        {
            "sharpen_laplacian": imgproc.sharpen_laplacian(grey, strength=0.5),
            "unsharp_mask, threshold=0.05": imgproc.unsharp_mask(grey, sigma=2.0, amount=1.5, threshold=0.05),
            "emboss": imgproc.emboss(grey),
            "detail_enhance": imgproc.detail_enhance(photo.image, amount=2.0),
        },
        "With a threshold flat places keep their noise as it is. Detail is enhanced without halos along edges.",
    )
    page.compare(
        photo,
        lambda image: imgproc.gradient(image),
        {"OpenCV": opencv_sobel},
        image=grey,
        full=255,
        brighten=2,
        call="gradient(image)",
        look="Length of Sobel's gradient, twice as bright.",
    )
    page.figures(
        {
            "laplacian_of_gaussian": shown(imgproc.laplacian_of_gaussian(grey, sigma=2.0) * 4),
            "its zero crossings": 255
            * imgproc.laplacian_of_gaussian(grey, sigma=2.0, zero_crossings=True, threshold=0.01).astype(np.uint8),
            "difference_of_gaussians": shown(imgproc.difference_of_gaussians(grey, sigma=1.5) * 2),
            "kirsch": np.clip(imgproc.kirsch(grey) * 2, 0, 255).astype(np.uint8),
        },
        "Second derivatives are signed: mid-grey is 0.",
    )
    page.compare(
        photo,
        lambda image: imgproc.canny(image, sigma=1.5) * np.uint8(255),
        {"scikit-image": lambda image: feature.canny(image / 255, 1.5) * np.uint8(255)},
        image=grey,
        call="canny(image, sigma=1.5)",
        look="The same edges: its thresholds of 0.1 and 0.2 are ours of 0.025 and 0.05.",
    )
