"""Statistics from a mask

Lets a part of the picture decide, where a frame or an object would spoil the histogram.

``mask`` is True where pixels take part in the statistics; the result is applied to the whole picture.  All histogram
and local functions take one.
"""

import numpy as np
from skimage import exposure

import imgproc
from gallery import _plot
from gallery._photos import Photo

GROUP = "Properties"


def show(page, photo, mask, look):
    """With and without the mask, by us and by scikit-image."""
    image = photo.grey
    with_mask = {
        "scikit-image": lambda image: exposure.equalize_hist(image, mask=mask),
        "imgproc without mask": imgproc.equalize_histogram,
    }
    page.compare(
        photo,
        lambda image: imgproc.equalize_histogram(image, mask=mask),
        with_mask,
        image=image,
        call="equalize_histogram(image, mask=mask)",
        look=look,
        histograms=True,
    )
    page.figures(
        {
            "the mask": mask,
            "clahe(image, mask=mask)": imgproc.clahe(image, mask=mask),
            "clahe(image)": imgproc.clahe(image),
            "stretch_contrast(…, mask=mask)": imgproc.stretch_contrast(image, low=0.01, high=0.99, mask=mask),
            "stretch_contrast(…)": imgproc.stretch_contrast(image, low=0.01, high=0.99),
        },
        "The same with other functions. Tiles and percentiles without a mask are those of the frame.",
    )


def once(page):
    """A black frame and a white one."""
    retina = page.photo("retina")
    page.heading("A black frame", "Almost a quarter of this picture of an eye is black frame.")
    show(
        page,
        retina,
        retina.image.max(axis=2) > 25,
        "Without the mask the frame takes a quarter of the levels, and the eye is washed out.",
    )
    moon = page.photo("moon")
    h, w = moon.image.shape
    framed = np.full((h, w), 255, np.uint8)
    inside = np.zeros((h, w), bool)
    inside[h // 6 : -h // 6, w // 6 : -w // 6] = True
    framed[inside] = moon.image[inside]
    page.heading("A white frame")
    show(
        page,
        Photo("moon in a frame", framed, "The Moon in a white frame", moon.note),
        inside,
        "The frame holds more than half of the pixels. Without the mask the moon is pressed into the dark half.",
    )
    curves = {
        "with mask": imgproc.equalize_histogram(framed, mask=inside),
        "without": imgproc.equalize_histogram(framed),
    }
    page.plots(
        {"mapping": _plot.mapping(framed, curves, title="What each level becomes with and without the mask")},
        "Without the mask the curve leaves the upper half to the frame.",
    )
