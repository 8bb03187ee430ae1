"""One setting for every dtype

The same call on 8 bits, 16 bits and floating point gives the same picture in the same dtype.

Levels in arguments are fractions of full scale, and a result has the dtype of its image.  The peers refuse some dtypes,
return another one, or change the result with it.
"""

from functools import partial

import cv2
import numpy as np
from skimage import exposure

import imgproc
from gallery import _plot
from gallery._compare import FULL, as_fraction, difference

GROUP = "Properties"
PHOTOS = ("moon",)

OPERATIONS = {
    "equalize_histogram": (imgproc.equalize_histogram, cv2.equalizeHist, exposure.equalize_hist),
    "clahe": (
        imgproc.clahe,
        cv2.createCLAHE(2.0, (8, 8)).apply,
        partial(exposure.equalize_adapthist, clip_limit=2 / 256),
    ),
    "stretch_contrast": (
        imgproc.stretch_contrast,
        lambda image: cv2.normalize(image, None, 0, FULL.get(image.dtype, 1.0), cv2.NORM_MINMAX),
        exposure.rescale_intensity,
    ),
}


def versions(image):
    """The image in each dtype, from the 8-bit one: the pictures are the same."""
    eight = np.rint(as_fraction(image) * 255).astype(np.uint8)
    return [eight, eight.astype(np.uint16) * 257, (eight / 255).astype(np.float32), eight / 255]


def verdict(function, image, eight):
    """The dtype that comes back and its distance from the result on 8 bits, or the error."""
    try:
        result = function(image.copy())
    except Exception as error:
        return f"{type(error).__name__}"
    kept = "same dtype" if result.dtype == image.dtype else f"becomes {result.dtype}"
    return f"{kept}, {_plot.number(round(difference(eight, result).largest, 2))} off"


def each(page, photo):
    """A table of all, and the pictures of one."""
    images = versions(photo.grey)
    page.heading(
        photo.name,
        "How far each result is from the same library's on 8 bits, at most, in levels of 255. "
        "Up to one level is what rounding to 8 bits takes.",
    )
    rows = []
    for name, functions in OPERATIONS.items():
        eights = [function(images[0].copy()) for function in functions]
        for image in images:
            verdicts = [verdict(f, image, eight) for f, eight in zip(functions, eights, strict=True)]
            rows.append([f"{name}, {image.dtype}", *verdicts])
    page.table(["function and dtype", "imgproc", "OpenCV", "scikit-image"], rows)
    ours, *peers = OPERATIONS["clahe"]
    for image in images[1:3]:
        page.compare(
            photo,
            ours,
            dict(zip(("OpenCV", "scikit-image"), peers, strict=True)),
            image=image,
            call="clahe(image)",
            look=f"CLAHE of the same picture as {image.dtype}.",
            histograms=True,
        )
