"""Geometric transforms

Flips, rotations, crops, resizing, padding and distortions, with mask, boxes and keypoints that follow.

All of them come from one map of coordinates.  The tinted areas are the mask's labels, the frames of the same colours
the boxes round them, and the dots are keypoints[[: the pupils of both eyes, the mouth, and a gleam on the tank]].
After every transform the dots must sit on the same spots, the tint on the same things, and nothing may be off by a
pixel.  Pictures of a row are of one scale; where sizes differ, the smaller ones stand on light grey.

A box is carried by its four corners, and the upright frame round them is returned: after a rotation it is larger than
the thing, as the corners of the old frame held no part of it.  Where a thing leaves the picture, its box ends at the
border, and a keypoint that has left is gone.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("geometric",)


def each(page, photo):
    """Every transform on one photo."""
    _transforms.show(
        page,
        photo,
        MODULES,
        thumbnail="Rotate",
        drawn=True,
    )
