"""Neighbourhood matching

Gives the surroundings of every pixel the histogram that you ask for.

A pixel's rank in its window of 2·radius+1 pixels is looked up in the reference.  A flat target is neighbourhood
equalization; a bell leaves the middle tones calmer; the histogram of a good part of the picture spreads its look over
the whole.  No other library that we know of has this function.
"""

import numpy as np

import imgproc
from gallery import _plot

GROUP = "Histograms"
PHOTOS = ("page", "moon")


def bell(level):
    """A density on [0, 1]: mean 0.5, standard deviation 0.15."""
    return np.exp(-0.5 * ((level - 0.5) / 0.15) ** 2)


def each(page, photo):
    """Beside matching of the whole picture, and three targets."""
    page.heading(photo.name)
    image = photo.grey
    radius = min(30, min(image.shape) // 2)
    page.compare(
        photo,
        lambda image: imgproc.match_histogram_local(image, bell, radius=radius),
        {"imgproc, whole picture": lambda image: imgproc.match_histogram(image, bell)},
        image=image,
        call=f"match_histogram_local(image, bell, radius={radius})",
        look="The same target for every window and for the picture as a whole: only the local version removes shading. "
        "The difference shows the shading that it took away.",
        histograms=True,
    )
    flat = imgproc.match_histogram_local(image, np.ones(256), radius=radius)
    own = imgproc.match_histogram_local(image, image, radius=radius)
    page.figures(
        {"before": image, "a flat target": flat, "a bell": imgproc.match_histogram_local(image, bell, radius=radius),
         "its own histogram": own},
        "From the harshest to the calmest: the bell keeps extremes rare; the picture's own histogram keeps its tones.",
    )  # fmt: skip


def once(page):
    """An evenly lit page from its well-lit part."""
    page.heading(
        "The look of one part for all",
        "The upper right of this page is well lit. Its histogram is the reference for every window.",
    )
    photo = page.photo("page")
    h, w = photo.image.shape
    good = photo.image[: h // 3, w // 2 :]
    radius = min(25, min(photo.image.shape) // 2)
    even = imgproc.match_histogram_local(photo.image, good, radius=radius)
    page.figures(
        {"before": photo.image, "the reference": good, f"match_histogram_local(…, radius={radius})": even},
        "The shadow at the lower left is gone, and the print has the same black everywhere.",
    )
    page.plots(
        {
            "before": _plot.histogram(photo.image, title="Histogram before"),
            "reference": _plot.histogram(good, title="Histogram of the reference"),
            "after": _plot.histogram(even, title="Histogram after"),
        },
        "After, paper and print are apart as they are in the reference.",
    )
