"""Filter transforms

Blur, sharpening, relief, compression and lost resolution.

They change images only, and nothing moves: what was at a place before is there after, only softer or harder.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("filter",)

LOOKS = {
    "BoxBlur": "The mean of a square: points become squares.",
    "GaussianBlur": "A soft blur without corners; no dark or light seam along the borders.",
    "MedianBlur": "Fine lines go, edges stay.",
    "MotionBlur": "Streaks in one direction; the face stays where it is.",
    "Defocus": "Points of light become discs, as on the tank of the shuttle.",
    "Sharpen": "Hair and patches gain, and so does grain.",
    "UnsharpMask": "Edges gain, flat parts stay.",
    "Emboss": "A relief lit from the upper left, mixed with the picture.",
    "EdgeDetect": "Edges on black, mixed with the picture.",
    "Compression": "Blocks of eight pixels and ringing along edges, the more the lower the quality.",
    "Downscale": "Fewer pixels in the same size.",
}


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(page, photo, MODULES, looks=LOOKS, thumbnail="EdgeDetect", zoomed=True)
