"""Mixing: a whole batch against a copy of it and against NumPy, Mosaic against albumentations."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer

from . import chains
from .targets import BOXES

GROUP = "Mixing"
MEASURES = ("MixUp", "SamplePairing", "CutMix", "RICAP", "ResizeMix", "Mosaic")
"""Public names whose rows are these, and not beside them."""
COUNT, SIDE = 256, 224
MOSAIC_SIDE = 640
COPY_AT_MOST = 2.0
"""How many times as long as a plain copy of the batch MixUp may take."""


@functools.cache
def batch() -> np.ndarray:
    """256 images 224², as different as rolled photos are."""
    return chains.batch_of((SIDE, SIDE), COUNT)


@functools.cache
def buffer(name: str) -> np.ndarray:
    """An array for the results of one call, with its pages in place."""
    return np.zeros_like(batch())


def _ours(into_buffer: bool, name: str = "MixUp") -> Callable[[np.ndarray], Any]:
    epochs = itertools.count()

    @functools.cache
    def mix() -> Any:
        import augment

        return getattr(augment, name)(num_classes=1000), np.arange(COUNT) % 1000

    def call(image: np.ndarray) -> np.ndarray:
        mixing, labels = mix()
        epoch = next(epochs)
        out = buffer("ours") if into_buffer else None
        return mixing(batch(), labels, keys=[(epoch, i) for i in range(COUNT)], out=out).images

    return call


def _copy(image: np.ndarray) -> np.ndarray:
    out = buffer("theirs")
    np.copyto(out, batch())
    return out


def _roll(image: np.ndarray) -> np.ndarray:
    """What torchvision's MixUp does, in NumPy: one lam, each image with the one before it, in float32."""
    lam, images = np.float32(0.3), batch()
    mixed = np.roll(images, 1, axis=0).astype(np.float32)
    mixed *= 1 - lam
    mixed += lam * images
    return np.rint(mixed, out=mixed).astype(np.uint8)


def _weighted(image: np.ndarray) -> np.ndarray:
    """Each image with its partner, weighted by a share of its own, in the way that is fastest for OpenCV."""
    import cv2

    images, out = batch(), np.empty_like(batch())
    for i, lam in enumerate(np.random.default_rng(0).random(COUNT).tolist()):
        cv2.addWeighted(images[i], lam, images[i - 1], 1 - lam, 0, dst=out[i])
    return out


def _cut(image: np.ndarray) -> np.ndarray:
    """A rectangle of its partner in each image."""
    images, rng = batch(), np.random.default_rng(0)
    out = images.copy()
    for i in range(COUNT):
        side = round(SIDE * np.sqrt(1 - rng.random()))
        y, x = rng.integers(0, SIDE - side + 1, 2)
        out[i, y : y + side, x : x + side] = images[i - 1, y : y + side, x : x + side]
    return out


def _four_corners(image: np.ndarray) -> np.ndarray:
    """Parts of four images each."""
    images, rng, out = batch(), np.random.default_rng(0), np.empty_like(batch())
    for i in range(COUNT):
        y, x = rng.integers(0, SIDE + 1, 2)
        for k, part in enumerate((np.s_[:y, :x], np.s_[:y, x:], np.s_[y:, :x], np.s_[y:, x:])):
            out[i][part] = images[i - k][part]
    return out


def _shrunk(image: np.ndarray) -> np.ndarray:
    """The whole partner, smaller, in each image."""
    import cv2

    images, rng = batch(), np.random.default_rng(0)
    out = images.copy()
    for i in range(COUNT):
        side = round(SIDE * rng.uniform(0.1, 0.8))
        y, x = rng.integers(0, SIDE - side + 1, 2)
        out[i, y : y + side, x : x + side] = cv2.resize(images[i - 1], (side, side), interpolation=cv2.INTER_AREA)
    return out


@functools.cache
def _scenes() -> list[dict[str, Any]]:
    side = MOSAIC_SIDE
    boxes = np.array([[side * v for v in box] for box in BOXES])
    images = chains.batch_of((side, side), 8)
    return [{"image": image, "boxes": boxes, "labels": [1, 2, 3]} for image in images]


def _our_mosaic() -> Callable[[np.ndarray], Any]:
    indices = itertools.count()

    @functools.cache
    def chain() -> Any:
        import augment

        return augment.Compose([augment.Mosaic()])

    def call(image: np.ndarray) -> Any:
        index = next(indices)
        scenes = _scenes()
        return chain()(**scenes[index % len(scenes)], key=(0, index), donors=scenes)["image"]

    return call


def _their_mosaic() -> Callable[[np.ndarray], Any]:
    indices = itertools.count()

    @functools.cache
    def chain() -> tuple[Any, list[dict[str, Any]]]:
        module, side = chains.peer(), (MOSAIC_SIDE, MOSAIC_SIDE)
        half = (MOSAIC_SIDE // 2, MOSAIC_SIDE // 2)
        made = module.Compose(
            [module.Mosaic(target_size=side, cell_shape=half, p=1.0)],
            bbox_params=module.BboxParams(format="pascal_voc", label_fields=["labels"]),
            seed=0,
        )
        return made, [{"image": s["image"], "bboxes": s["boxes"], "labels": s["labels"]} for s in _scenes()]

    def call(image: np.ndarray) -> Any:
        made, scenes = chain()
        one = scenes[next(indices) % len(scenes)]
        return made(**one, mosaic_metadata=scenes)["image"]

    return call


def mix_cases() -> tuple[Case, ...]:
    """All cases of mixing."""
    size = (SIDE, SIDE)
    numpy = Peer(_roll, None, None, None, note="one lam for the batch, as torchvision draws it")
    opencv = Peer(_weighted, None, None, None, note="addWeighted, one image after the other, a lam for each")
    cases = [
        Case(
            "mix, MixUp into a buffer",
            f"MixUp() of {COUNT} images, soft labels",
            "RGB",
            _ours(True),
            {
                "numpy.copyto": Peer(_copy, COPY_AT_MOST, None, None, note="a plain copy of the batch"),
                "OpenCV": opencv,
                "NumPy": numpy,
            },
            size=size,
            group=GROUP,
        ),
        Case(
            "mix, MixUp into a new array",
            f"MixUp() of {COUNT} images, soft labels",
            "RGB",
            _ours(False),
            {
                "numpy.copy": Peer(
                    lambda image: batch().copy(), COPY_AT_MOST, None, None, note="a plain copy of the batch"
                )
            },
            size=size,
            group=GROUP,
        ),
    ]
    bare = "copies of rectangles, one image after the other; without labels, shares or drawn partners"
    for name, peer, theirs, note in (
        ("SamplePairing", "OpenCV", _weighted, "addWeighted, one image after the other"),
        ("CutMix", "NumPy", _cut, bare),
        ("RICAP", "NumPy", _four_corners, bare),
        ("ResizeMix", "OpenCV", _shrunk, "resize by area, one image after the other"),
    ):
        cases.append(
            Case(
                f"mix, {name}",
                f"{name}() of {COUNT} images, soft labels",
                "RGB",
                _ours(False, name),
                {peer: Peer(theirs, None, None, None, note=note)},
                size=size,
                group=GROUP,
                default=True,
            )
        )
    if chains.available():
        cases.append(
            Case(
                "mix, Mosaic",
                "Mosaic() of four images with three boxes each",
                "RGB",
                _our_mosaic(),
                {"albumentations": Peer(_their_mosaic(), 1.0, None, None, note="its cells are of one size, then cut")},
                size=(MOSAIC_SIDE, MOSAIC_SIDE),
                group=GROUP,
            )
        )
    return tuple(cases)
