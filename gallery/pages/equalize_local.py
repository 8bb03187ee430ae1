"""Neighbourhood equalization

Gives each pixel its rank among the pixels around it, so that every place gets full contrast.

The histogram is that of the window of 2·radius+1 pixels around each pixel: exact, not by tiles, and the time does not
depend on the radius.  Shading disappears; where the window holds one flat region, noise becomes visible instead.
"""

import numpy as np
from skimage.filters import rank

import imgproc
from gallery._compare import difference

GROUP = "Histograms"
PHOTOS = ("page", "moon")


def by_rank_filter(radius):
    """The same by scikit-image."""
    return lambda image: rank.equalize(image, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))


def each(page, photo):
    """A small and a large window."""
    page.heading(photo.name)
    global_ = imgproc.equalize_histogram(photo.grey)
    shown = {"before": photo.grey, "equalized as a whole": global_}
    # At most half the picture: scikit-image's window ends at the border, and beyond that nothing could be compared.
    largest = min(photo.grey.shape) // 2
    for radius in (min(8, largest), min(40, largest)):
        result = page.compare(
            photo,
            lambda image, radius=radius: imgproc.equalize_histogram_local(image, radius=radius),
            {"scikit-image": by_rank_filter(radius)},
            image=photo.grey,
            call=f"equalize_histogram_local(image, radius={radius})",
            look=f"A window of {2 * radius + 1} pixels: structure of that size and below comes out, all shading goes. "
            "scikit-image cuts its window off at the border and rounds down; inside it differs by at most one level.",
        )
        shown[f"radius {radius}"] = result["imgproc"]
    page.zoom(shown)


def once(page):
    """What the border and an edge do."""
    photo = page.photo("page")
    radius = min(30, min(photo.image.shape) // 2)
    page.heading("Borders", "What lies beyond the picture is made up: mirrored, repeated, or a constant.")
    borders = {
        border: imgproc.equalize_histogram_local(photo.image, radius=radius, border=border)
        for border in ("reflect", "replicate", "constant")
    }
    changes = {
        f"{border} against reflect": difference(borders["reflect"], borders[border]).picture
        for border in ("replicate", "constant")
    }
    page.figures(
        {**borders, **changes},
        f"Only pixels within {radius} of the edge differ. A constant border, black here, brightens them all.",
    )
    page.heading("Halos", "A window that reaches over a strong edge is shared by both sides.")
    step = np.where(np.arange(256) < 128, 60.0, 190.0) + np.random.default_rng(1).normal(0, 6, (160, 256))
    step = np.rint(step).astype(np.uint8)
    local = imgproc.equalize_histogram_local(step, radius=20)
    page.figures(
        {"two flat halves with noise": step, "radius 20": local},
        "Near the edge each half is squeezed into half of the range: less contrast, one radius wide on both sides.",
    )
