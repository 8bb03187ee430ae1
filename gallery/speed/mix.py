"""Mixing: a whole batch against a copy of it and against NumPy, Mosaic against albumentations."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer

from . import chains

GROUP = "Mixing"
MEASURES = ("MixUp", "Mosaic")
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


def _ours(into_buffer: bool) -> Callable[[np.ndarray], Any]:
    epochs = itertools.count()

    @functools.cache
    def mix() -> Any:
        import augment

        return augment.MixUp(num_classes=1000), np.arange(COUNT) % 1000

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


@functools.cache
def _scenes() -> list[dict[str, Any]]:
    side = MOSAIC_SIDE
    boxes = np.array([[side * v for v in box] for box in chains.BOXES])
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
    cases = [
        Case(
            "mix, MixUp into a buffer",
            f"MixUp() of {COUNT} images, soft labels",
            "RGB",
            _ours(True),
            {"numpy.copyto": Peer(_copy, COPY_AT_MOST, None, None, note="a plain copy of the batch"), "NumPy": numpy},
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
