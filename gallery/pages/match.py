"""Histogram matching

Gives a picture the histogram of another one, or one that you describe.

Each level goes to that level of the reference below which the same share of pixels lies.  ``reference`` is an image, a
histogram, a density over the levels as an array or as a function on [0, 1], or a list of these, one for each channel.
"""

import numpy as np
from skimage import exposure

import imgproc
from gallery import _plot

GROUP = "Histograms"
PHOTOS = ("coffee", "astronaut")


def each(page, photo):
    """Colours of one photo given to another."""
    reference = page.photo("chelsea").image
    image = photo.rgb
    page.heading(f"{photo.name} in the colours of a cat")
    shown = page.compare(
        photo,
        lambda image: imgproc.match_histogram(image, reference),
        {"scikit-image": lambda image: exposure.match_histograms(image, reference, channel_axis=-1)},
        image=image,
        beside={"reference": reference},
        call="match_histogram(image, reference)",
        look="The three histograms after are those of the reference. "
        "scikit-image cuts the fractions off, so that its levels lie up to one lower; ours rounds.",
        histograms=True,
    )
    page.plots(
        {
            "mapping": _plot.mapping(image, {"imgproc": shown["imgproc"]}, title="What each level becomes, by channel"),
        },
        "One curve for each channel.",
    )


def gaussian(level):
    """A density on [0, 1]: mean 0.5, standard deviation 0.15."""
    return np.exp(-0.5 * ((level - 0.5) / 0.15) ** 2)


def once(page):
    """Densities instead of pictures."""
    moon, levels = page.photo("moon"), np.arange(256) / 255
    page.heading("A target density", "No reference picture: the histogram itself is given, as a function or an array.")
    bell = imgproc.match_histogram(moon.image, gaussian)
    ramp = imgproc.match_histogram(moon.image, levels)
    page.figures(
        {"before": moon.image, "a bell: mean 0.5, sd 0.15": bell, "a ramp: more pixels the brighter": ramp},
        "A bell-shaped histogram looks more natural than the flat one of equalization; the ramp brightens.",
    )
    page.plots(
        {
            "before": _plot.histogram(moon.image, title="Histogram of moon"),
            "bell": _plot.histogram(bell, title="Histogram of moon matched to a bell", bins=64),
            "ramp": _plot.histogram(ramp, title="Histogram of moon matched to a ramp", bins=64),
        },
        "The histograms follow the given densities, as far as 8 bits leave room.",
    )
