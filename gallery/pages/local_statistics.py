"""Local mean and standard deviation

The mean and the spread of the pixels around each pixel.

Both are over the window of 2·radius+1 pixels, in the image's own units, as float32.  They are exact for integers,
stable for floats far from zero, and take a constant time whatever the radius.
"""

import cv2
import numpy as np

import imgproc

GROUP = "Local statistics"
PHOTOS = ("camera",)


def opencv_mean(radius):
    """The window's mean by OpenCV."""
    return lambda image: cv2.boxFilter(image, cv2.CV_32F, (2 * radius + 1,) * 2, borderType=cv2.BORDER_REFLECT)


def opencv_std(radius):
    """The window's standard deviation by OpenCV: root of mean square less squared mean, in float32."""

    def std(image):
        size, border = (2 * radius + 1,) * 2, cv2.BORDER_REFLECT
        mean = cv2.boxFilter(image, cv2.CV_32F, size, borderType=border)
        square = cv2.sqrBoxFilter(image, cv2.CV_32F, size, borderType=border)
        return cv2.sqrt(np.maximum(square - mean * mean, 0))

    return std


def each(page, photo):
    """Mean and spread at two radii."""
    page.heading(photo.name)
    largest = min(photo.grey8.shape) // 2
    for radius in (min(2, largest), min(10, largest)):
        page.compare(
            photo,
            lambda image, radius=radius: imgproc.local_mean(image, radius=radius),
            {"OpenCV": opencv_mean(radius)},
            image=photo.grey8,
            full=255,
            call=f"local_mean(image, radius={radius})",
            look="The mean is a blur.",
        )
        shown = page.compare(
            photo,
            lambda image, radius=radius: imgproc.local_std(image, radius=radius),
            {"OpenCV": opencv_std(radius)},
            image=photo.grey8,
            full=255,
            brighten=4,
            call=f"local_std(image, radius={radius})",
            look="The standard deviation, shown four times as bright: edges and texture shine, flat places are black.",
        )
    page.thumbnail(shown["before"], shown["imgproc"])


def once(page):
    """Where the short formula fails."""
    page.heading(
        "Far from zero",
        "The same photo as float32 with 1000 added, as in thermometry, elevation or phase. The spread is the same. "
        "The mean square less the squared mean cancels seven digits and leaves rounding.",
    )
    moon = page.photo("moon")
    image = moon.image.astype(np.float32) / 255 + np.float32(1000)
    spread = {
        "before (1000 taken off to show it)": image - 1000,
        "imgproc": imgproc.local_std(image, radius=4) * 8,
        "OpenCV, in float32": opencv_std(4)(image) * 8,
    }
    page.figures(spread, "Standard deviation in windows of 9 pixels, eight times as bright.")
    page.zoom(spread, at=(0.5, 0.5), size=128)
