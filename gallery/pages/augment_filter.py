"""Filter transforms

Blur, sharpening, relief, bands of frequencies, superpixels, compression and lost resolution.

They change images only, and nothing moves: what was at a place before is there after, only softer or harder, or in
another light.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("filter",)

LOOKS = {
    "BoxBlur": "The mean of a square: points become squares.",
    "GaussianBlur": "A soft blur without corners; no dark or light seam along the borders.",
    "BilateralBlur": "Skin and suit become smooth, their outlines stay sharp.",
    "MedianBlur": "Fine lines go, edges stay.",
    "MotionBlur": "Streaks in one direction; the face stays where it is.",
    "Defocus": "Points of light become discs, as on the tank of the shuttle.",
    "Sharpen": "Hair and patches gain, and so does grain.",
    "UnsharpMask": "Edges gain, flat parts stay.",
    "LocalContrast": "Folds and hair stand out; no bright seam along the outline of the head.",
    "Emboss": "A relief lit from the upper left, mixed with the picture.",
    "EdgeDetect": "Edges on black, mixed with the picture.",
    "FrequencyFilter": "A blur by its frequency response; no ringing, no seam along the borders.",
    "HomomorphicLight": "Shadows lift or deepen slowly over the picture, while hues stay.",
    "FourierDomainAdaptation": "The light and the tint of the rocket at night or of the cup, a broad shine at most.",
    "Superpixels": "Some patches are flat; their outlines follow the edges of the picture.",
    "Compression": "Blocks of eight pixels and ringing along edges, the more the lower the quality.",
    "Downscale": "Fewer pixels in the same size.",
}


def each(page, photo):
    """Every transform on one photo."""
    references = tuple(page.photo(name).rgb for name in ("rocket", "coffee"))
    _transforms.show(
        page,
        photo,
        MODULES,
        looks=LOOKS,
        thumbnail="EdgeDetect",
        parameters={"FourierDomainAdaptation": {"references": references}},
        zoomed=True,
    )
