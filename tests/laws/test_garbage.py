"""No call leaves garbage in circles: what a call no longer needs is free when it returns.

Objects that refer to each other in a circle live until Python's garbage collector finds them.  If a circle holds an
image, a loop over large images fills the memory, and each call waits for new memory from the system.
"""

import contextlib
import gc

import numpy as np
import pytest
from helpers.functions import example_call, example_image, functions_of_images
from helpers.transforms import EXAMPLES, MIXES, build, sample

from augment import Compose

TRANSFORMS = [(name, parameters) for name, parameters in (*EXAMPLES, *MIXES)]


def _left_by(call, repeats=3):
    """How many objects the garbage collector finds after some calls, in the best of several attempts.

    The first call may keep things for the next one; and another thread, or an object that dies meanwhile, may leave
    something for once."""
    was = gc.isenabled()
    found = []
    try:
        for _ in range(3):
            call()
            gc.disable()
            gc.freeze()  # only what comes from now on is looked at: a session of tests holds millions of objects
            for _ in range(repeats):
                call()
            found.append(gc.collect())
            gc.unfreeze()
            if found[-1] == 0:
                break
    finally:
        gc.unfreeze()
        (gc.enable if was else gc.disable)()
    return min(found)


@pytest.mark.parametrize("name", functions_of_images())
def test_functions_leave_nothing(name):
    function = functions_of_images()[name]
    image = example_image(np.uint8, (24, 32), 3)
    args, kwargs = example_call(function, image)

    def call():
        with contextlib.suppress(ValueError):  # not every function takes every kind of image
            function(*args, **kwargs)

    assert _left_by(call) == 0


@pytest.mark.parametrize(
    ("name", "parameters"), TRANSFORMS, ids=[f"{name}-{k}" for k, (name, _) in enumerate(TRANSFORMS)]
)
def test_transforms_leave_nothing(name, parameters):
    chain = Compose([build(name, parameters)])
    things = sample()
    if name in ("CopyPaste", "MaskDropout"):
        things = {"image": things["image"], "mask": things["mask"]}
    more = {"donors": [things, things]} if name in [entry for entry, _ in MIXES] else {}
    assert _left_by(lambda: chain(**things, key=(0, 0), **more)) == 0


def test_other_ways_through_a_chain_leave_nothing():
    """The chain itself may refer to itself: it is made once."""
    things = sample()
    chain = Compose([build(name, dict(EXAMPLES)[name]) for name in ("HorizontalFlip", "Affine", "ColorJitter")])
    shape = things["image"].shape
    for call in (
        lambda: chain.draw(3, shape),
        lambda: chain.explain(shape, key=3),
        lambda: chain.batch(np.stack([things["image"]] * 3), keys=range(3)),
        lambda: repr(chain),
    ):
        assert _left_by(call) == 0
