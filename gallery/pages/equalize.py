"""Histogram equalization

Spreads the levels so that each share of the range holds the same share of the pixels.

One table for the whole picture, made from its cumulative histogram.  It shows what hides in a narrow band of levels,
and exaggerates noise where the picture is flat.  ``method="cv"`` is OpenCV's rule, bit for bit; ``"textbook"`` is that
of Gonzalez & Woods, which keeps the darkest level above 0; ``"pil"`` is Pillow's.
"""

import cv2
import numpy as np
from skimage import exposure

import imgproc
from gallery import _plot

GROUP = "Histograms"
PHOTOS = ("moon", "page", "rocket")
PEERS = {"OpenCV": cv2.equalizeHist, "scikit-image": exposure.equalize_hist}


def each(page, photo):
    """The picture without colour by three libraries, the three rules, and colour where there is one."""
    page.heading(photo.name)
    page.compare(
        photo,
        imgproc.equalize_histogram,
        PEERS,
        image=photo.grey,
        call="equalize_histogram(image)",
        look="The histogram becomes as flat as whole levels allow: tall bars keep their height and move apart. "
        "scikit-image returns fractions in float64, whose darkest level is not 0.",
        histograms=True,
    )
    methods = {name: imgproc.equalize_histogram(photo.grey, method=name) for name in ("cv", "textbook", "pil")}
    page.plots(
        {"mapping of the levels": _plot.mapping(photo.grey, methods, title=f"What each level of {photo.name} becomes")},
        "The curve is the cumulative histogram: steep where many pixels are. The rules differ most at the dark end.",
    )
    if photo.image.ndim == 3:
        colours = {
            'color="luminance"': imgproc.equalize_histogram(photo.image),
            'color="per_channel"': imgproc.equalize_histogram(photo.image, color="per_channel"),
        }
        page.figures(
            {"before": photo.image, **colours},
            "By luminance the hues stay; channel by channel the picture also loses its colour cast, wanted or not.",
        )


def once(page):
    """More than 8 bits."""
    moon = page.photo("moon")
    page.heading(
        "16 bits", "A 12-bit picture in 16 bits, as scientific cameras write it: only 1/16 of the range is used."
    )
    deep = np.rint(moon.image / 255.0 * 4095).astype(np.uint16)
    page.compare(
        moon,
        imgproc.equalize_histogram,
        PEERS,
        image=deep,
        call="equalize_histogram(image)",
        look="Black before, full contrast after, in the same dtype. OpenCV refuses 16 bits.",
        histograms=True,
    )
    page.heading("Floating point")
    page.compare(
        moon,
        imgproc.equalize_histogram,
        PEERS,
        image=(deep / 65535.0).astype(np.float32),
        call="equalize_histogram(image)",
        look="The same in float32 on [0, 1]. OpenCV refuses it; scikit-image sorts it into 256 bins.",
    )
