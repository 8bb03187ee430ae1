"""Colour transforms

Brightness, contrast, hue, tone curves, histograms and colour spaces, as an augmentation chain applies them.

They change images only: masks, boxes and keypoints stay.  Levels are fractions of full scale, so that a setting means
the same for 8 bits, 16 bits and floating point.  A tint may shift, but nothing may blur, and no edge may move.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("coffee",)
MODULES = ("color",)


def each(page, photo):
    """Every transform on one photo."""
    references = tuple(page.photo(name).rgb for name in ("rocket", "chelsea"))
    _transforms.show(
        page,
        photo,
        MODULES,
        thumbnail="PlanckianJitter",
        parameters={"MatchHistogram": {"references": references}},
        display={"Normalize": lambda image: image / 5 + 0.5},
    )
