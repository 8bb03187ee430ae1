"""Noise transforms

The noise of light, of sensors and of broken pixels, from the key alone.

Each pixel's noise is a function of key, row, column and channel: the same in every thread, batch and worker, without
any state.  It must look like noise: no stripes, no repeats, no corner that is smoother than the rest.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("chelsea",)
MODULES = ("noise",)

LOOKS = {
    "GaussianNoise": "Grain of the same strength in light and shadow.",
    "PoissonNoise": "Grain that grows with the square root of the light: the dark stays clean.",
    "ISONoise": "Grain in the light together with hues that waver from pixel to pixel.",
    "SpeckleNoise": "Grain in proportion to the level: none in black.",
    "SaltAndPepper": "Single white and black pixels, in all channels at once.",
    "AddNoise": "One of ten laws: here waves, as of a hum in the signal, whose length and direction the key draws.",
}


def each(page, photo):
    """Every transform on one photo, and each at the size of its pixels."""
    waves = {"AddNoise": {"kind": "periodic"}}
    _transforms.show(page, photo, MODULES, looks=LOOKS, thumbnail="GaussianNoise", parameters=waves, zoomed=True)
