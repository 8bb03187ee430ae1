"""``python tests/helpers/nothing_compiles.py``: call everything, and say what had to be compiled.

Every public function of images is called at its example arguments, every transform on its sample, in uint8 and float32,
grey and RGB; what works on boxes and tables once; and the pages of the gallery are made, small.  With the kernels'
distribution installed and no cache, nothing should compile: the script prints what did, and exits with 1 if anything
did.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator

os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()  # a new home, in which nothing is
os.environ.pop("NUMBA_CACHE_DIR", None)

import numpy as np
from compilations import count

import augment
import imgproc
from augment import Compose
from augment._inventory import EXAMPLES, MIXES, build, sample
from augment._warm import tasks as tasks_of_augment
from gallery._warm import tasks as tasks_of_gallery
from imgproc._core import shipped
from imgproc._inventory import example_call, example_image, functions_of_images, takes_channels


def functions() -> Iterator[str]:
    """Call all functions of images, each in four kinds; what was called."""
    for name, function in functions_of_images().items():
        for dtype in (np.uint8, np.float32):
            for channels in (None, 3):
                if not takes_channels(function, channels):
                    continue
                args, kwargs = example_call(function, example_image(dtype, (48, 64), channels))
                with contextlib.suppress(ValueError):  # not every function takes every kind of image
                    function(*args, **kwargs)
                yield f"{name} {np.dtype(dtype)} {'grey' if channels is None else 'RGB'}"


def transforms() -> Iterator[str]:
    """Call all transforms, with the first of their examples, each in four kinds; what was called."""
    for name in dict.fromkeys(name for name, _ in (*EXAMPLES, *MIXES)):
        mixes = name in [entry for entry, _ in MIXES]
        parameters = next(each for entry, each in (*MIXES, *EXAMPLES) if entry == name)
        for dtype in (np.uint8, np.float32):
            for channels in (None, 3):
                things = sample(dtype=dtype)
                if channels is None:
                    things["image"] = np.ascontiguousarray(things["image"][..., 0])
                if name in ("CopyPaste", "MaskDropout"):
                    things = {"image": things["image"], "mask": things["mask"]}
                more = {"donors": [things, things]} if mixes else {}
                with contextlib.suppress(ValueError, TypeError):
                    Compose([build(name, parameters)])(**things, key=(0, 0), **more)
                yield f"{name} {np.dtype(dtype)} {'grey' if channels is None else 'RGB'}"


def others() -> Iterator[str]:
    """Run the chain of the README as a loader does, and what is no function of images; what was run."""
    image = example_image(np.uint8, (480, 640), 3)
    chain = Compose(
        [
            augment.HorizontalFlip(),
            augment.Affine(rotate=(-15, 15)),
            augment.HueSaturationValue(),
            augment.Resize(size=(224, 224)),
            augment.Normalize(),
        ]
    )
    for k in range(40):
        chain(image=image, key=(0, k))
    chain.batch(np.stack([image] * 4), keys=range(4))
    yield "README"
    hole = np.zeros(image.shape[:2], bool)
    hole[200:220, 300:330] = True
    imgproc.inpaint_exemplar(image[180:260, 280:360], hole[180:260, 280:360])
    yield "inpaint_exemplar"
    groups = ("boxes", "anchors", "samplers", "targets")
    further = {name: run for name, run in tasks_of_augment().items() if name in groups}
    for name, run in {**further, **tasks_of_gallery()}.items():
        run()
        yield name


def main() -> int:
    """Call all, and print what was compiled for what."""
    began = time.perf_counter()
    compiled, number = count(), 0
    for where in itertools.chain(functions(), transforms(), others()):
        for name in compiled:
            print(f"{where}: {name}")
        number += len(compiled)
        compiled.clear()
    print(f"{number} compilations in {time.perf_counter() - began:.0f} s; shipped kernels: {shipped.describe()}")
    return 1 if number else 0


if __name__ == "__main__":
    sys.exit(main())
