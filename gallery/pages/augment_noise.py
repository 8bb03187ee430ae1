"""Noise transforms

The noise of light, of sensors and of broken pixels, from the key alone.

Each pixel's noise is a function of key, row, column and channel: the same in every thread, batch and worker, without
any state.  It must look like noise: no stripes, no repeats, no corner that is smoother than the rest.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("chelsea",)
MODULES = ("noise",)


def each(page, photo):
    """Every transform on one photo, and each at the size of its pixels."""
    _transforms.show(page, photo, MODULES, thumbnail="GaussianNoise", zoomed=True)
