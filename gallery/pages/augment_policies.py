"""Policies, groups and functions

AutoAugment, RandAugment, TrivialAugment and AugMix, the groups that choose among transforms, and functions of your own.

What they choose for a key stands under each picture.  Mask, boxes and keypoints follow wherever a geometric operation
was among them; AugMix mixes several versions of the image, of which the targets can follow none, and they stay.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("policy", "groups", "own")


def each(page, photo):
    """Every policy and group, and a function, on one photo."""
    _transforms.show(page, photo, MODULES, thumbnail="TrivialAugment", drawn=True)
