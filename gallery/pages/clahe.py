"""Contrast-limited adaptive equalization (CLAHE)

Equalizes tile by tile with a limit to the contrast, and blends the tiles.

``clip_limit`` caps each tile's histogram at that multiple of its mean height; what is cut off is spread over all
levels.  1 changes next to nothing, 2 to 4 is usual, without limit it is equalization by tiles.  On 8 bits the
result is OpenCV's.
"""

import cv2
import numpy as np
from skimage import exposure

import imgproc

GROUP = "Histograms"
PHOTOS = ("moon", "page", "coffee")


def opencv(clip_limit=2.0):
    """OpenCV's, as a function."""
    return cv2.createCLAHE(clip_limit, (8, 8)).apply


def scikit_image(image):
    """The same limit in scikit-image's unit, the share of a tile's pixels that one level may hold."""
    return exposure.equalize_adapthist(image, clip_limit=2.0 / 256)


def each(page, photo):
    """Beside the peers, then growing limits, then colour."""
    page.heading(photo.name)
    shown = page.compare(
        photo,
        imgproc.clahe,
        {"OpenCV": opencv(), "scikit-image": scikit_image},
        image=photo.grey,
        call="clahe(image, clip_limit=2.0)",
        look="Local detail without the glare of plain equalization. "
        "scikit-image stretches the picture before and after, so its result is stronger.",
        histograms=True,
    )
    page.zoom(shown)
    limits = {f"clip_limit={limit}": imgproc.clahe(photo.grey, clip_limit=limit) for limit in (1.0, 2.0, 4.0, 16.0)}
    page.figures(limits, "More contrast, and more noise, from left to right.")
    if photo.image.ndim == 3:
        colours = {
            'color="luminance"': imgproc.clahe(photo.image),
            'color="per_channel"': imgproc.clahe(photo.image, color="per_channel"),
        }
        page.figures({"before": photo.image, **colours}, "By luminance the colours keep their hue.")


def faint_scene(photo):
    """A 16-bit picture whose detail is 1/16 of full scale on a slope of light."""
    detail = photo.grey.astype(np.float64) / 255
    slope = np.linspace(0.1, 0.7, detail.shape[1])
    return np.rint((slope + detail / 16) * 65535).astype(np.uint16)


def opencv_shifted(image):
    """OpenCV on the 12 upper bits, which its version 5 can."""
    engine = cv2.createCLAHE(16.0, (8, 8))
    engine.setBitShift(4)
    return engine.apply(image)


def once(page):
    """16 bits, where OpenCV's limit degenerates."""
    page.heading(
        "16 bits",
        "A photo at 1/16 of full scale on a slope of light. OpenCV counts 65 536 levels in each tile, more than the "
        "tile has pixels: a limit of 16 means one pixel. Here ``bins`` says how many levels are told apart, and levels "
        "in between are interpolated.",
    )
    camera = page.photo("camera")
    shown = page.compare(
        camera,
        lambda image: imgproc.clahe(image, clip_limit=16.0, bins=1024),
        {
            "OpenCV": opencv(16.0),
            "OpenCV, setBitShift(4)": opencv_shifted,
            "scikit-image": lambda image: exposure.equalize_adapthist(image, clip_limit=16.0 / 256),
        },
        image=faint_scene(camera),
        call="clahe(image, clip_limit=16.0, bins=1024)",
        look="OpenCV leaves the photo almost as faint as it was, unless told to leave out the 4 lower bits.",
        histograms=True,
    )
    page.zoom(shown, at=(0.3, 0.42), size=128)
