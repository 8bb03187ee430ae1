"""Filter transforms

Blur, sharpening, relief, bands of frequencies, superpixels, compression and lost resolution.

They change images only, and nothing moves: what was at a place before is there after, only softer or harder, or in
another light.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("filter",)


def each(page, photo):
    """Every transform on one photo."""
    references = tuple(page.photo(name).rgb for name in ("rocket", "coffee"))
    _transforms.show(
        page,
        photo,
        MODULES,
        thumbnail="EdgeDetect",
        parameters={"FourierDomainAdaptation": {"references": references}},
        zoomed=True,
    )
