"""Erasing transforms

Rectangles, grids, single pixels and whole objects that are taken away.

Masks, boxes and keypoints stay as they are, unless ``mask_fill`` names a label for what is erased; ``MaskDropout``
takes an object from the mask as well.[[  Here the mask's labels are the cat's eyes and nose, and dots sit on its pupils
and on the tip of its nose.]]
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("chelsea",)
MODULES = ("erase",)


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(page, photo, MODULES, thumbnail="GridDropout", drawn=True)
