"""Policies and groups

RandAugment, TrivialAugment and AugMix, and the groups that choose among transforms.

What they choose for a key stands under each picture.  Mask, boxes and keypoints follow wherever a geometric operation
was among them; AugMix mixes several versions of the image, of which the targets can follow none, and they stay.
"""

from gallery import _transforms

GROUP = "Augmentation"
PHOTOS = ("astronaut",)
MODULES = ("policy", "groups")

LOOKS = {
    "RandAugment": "Two operations of one strength; most are mild at the default of 9 out of 30.",
    "TrivialAugment": "One operation of any strength, up to very strong ones.",
    "AugMix": "Ghosts of turned and moved copies, with the true picture over them.",
    "Sequential": "All of its transforms, in order: a flip, a gamma, a blur and a rotation.",
    "OneOf": "One of the same four.",
    "SomeOf": "One to three of the same four, shuffled.",
}


def each(page, photo):
    """Every policy and group on one photo."""
    _transforms.show(page, photo, MODULES, looks=LOOKS, thumbnail="TrivialAugment", drawn=True)
