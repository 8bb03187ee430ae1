"""Contrast stretching

Maps a range of percentiles linearly to the full range.

``low`` and ``high`` are shares of the pixels: with 0.01 and 0.99 one hundredth at each end saturates, so that a few
outliers do not hold the rest back.  With 0 and 1 the smallest level becomes 0 and the largest full scale.
"""

import cv2
import numpy as np
from skimage import exposure

import imgproc
from gallery import _plot

GROUP = "Histograms"
PHOTOS = ("moon", "coins", "coffee")


def opencv(image):
    """Percentiles by NumPy, the line by OpenCV."""
    low, high = np.percentile(image, (1, 99))
    scale = 255 / max(high - low, 1)
    return cv2.convertScaleAbs(np.maximum(image, low), alpha=scale, beta=-low * scale)


def scikit_image(image):
    """Percentiles by NumPy, the line by scikit-image."""
    return exposure.rescale_intensity(image, in_range=tuple(np.percentile(image, (1, 99))))


def each(page, photo):
    """Three choices of percentiles, then colour."""
    image = photo.grey8
    page.heading(photo.name)
    page.compare(
        photo,
        lambda image: imgproc.stretch_contrast(image, low=0.01, high=0.99),
        {"NumPy and OpenCV": opencv, "scikit-image": scikit_image},
        image=image,
        call="stretch_contrast(image, low=0.01, high=0.99)",
        look="The histogram keeps its shape and fills the range. scikit-image cuts fractions off where ours rounds.",
        histograms=True,
    )
    choices = {
        f"{low:g} to {high:g}": imgproc.stretch_contrast(image, low=low, high=high)
        for low, high in ((0.0, 1.0), (0.01, 0.99), (0.1, 0.9))
    }
    page.figures(
        choices, "One outlier is enough to make the full range (left) do nothing; 10 % (right) saturates visibly."
    )
    page.plots(
        {"mapping": _plot.mapping(image, choices, title=f"What each level of {photo.name} becomes")},
        "Straight lines: steeper, the more pixels may saturate.",
    )
    if photo.image.ndim == 3:
        page.figures(
            {
                "before": photo.image,
                'color="luminance"': imgproc.stretch_contrast(photo.image, low=0.01, high=0.99),
                'color="per_channel"': imgproc.stretch_contrast(photo.image, low=0.01, high=0.99, color="per_channel"),
            },
            "Channel by channel the cast goes too: a simple white balance.",
        )
