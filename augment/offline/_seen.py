"""Labels of an image as things that can be drawn: every format in the pixels of the image."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ..labels._convert import KINDS, converted
from ..labels._model import Annotation, LabelledImage, LabelSet
from ._sheet import Picture, Thing
from ._targets import unpacked

__all__: list[str] = []


def picture_of(
    pixels: np.ndarray, image: LabelledImage, labels: LabelSet, caption: str, mask: np.ndarray | None = None
) -> Picture:
    """An image with what is known of it.

    Parameters
    ----------
    pixels : ndarray of shape (h, w) or (h, w, c)
    image : LabelledImage
        Its labels, in the numbers of `labels`.
    labels : LabelSet
        Says the format, and the names of the classes; its images are not looked at.
    caption : str
    mask : ndarray of shape (h, w), optional
        Of labels; 0 is background.

    Returns
    -------
    Picture
    """
    size = pixels.shape[:2]
    things: tuple[Thing, ...] = ()
    if image.annotations and labels.format in KINDS:
        alone = dataclasses.replace(labels, images=(dataclasses.replace(image, size=size),), problems=())
        if alone.kind not in KINDS[alone.format]:  # such as a format that the set only passes on
            alone = dataclasses.replace(alone, kind="detect")
        in_pixels = converted(alone, "coco", "auto").images[0].annotations
        things = tuple(_thing(each, labels.classes, size) for each in in_pixels)
    label = "" if image.label is None else _name(image.label, labels.classes)
    return Picture(pixels, caption, things, mask, label)


def _thing(each: Annotation, classes: Sequence[str], size: tuple[int, int]) -> Thing:
    box = None if each.box is None else (each.box[0], each.box[1], each.box[0] + each.box[2], each.box[1] + each.box[3])
    return Thing(
        _name(each.label, classes),
        each.label,
        box=box,
        rings=tuple(np.asarray(ring, float).reshape(-1, 2) for ring in each.polygons),
        keypoints=np.asarray(each.keypoints, float) if each.keypoints else None,
        mask=_unpacked(each, size),
        dashed=each.crowd or each.difficult,
    )


def _unpacked(each: Annotation, size: tuple[int, int]) -> np.ndarray | None:
    """The pixels of run lengths; None if there are none, or if they are of another size."""
    if each.mask is None or tuple(each.mask["size"]) != size:
        return None
    return unpacked(each.mask, size)


def _name(label: int, classes: Sequence[str]) -> str:
    return classes[label] if 0 <= label < len(classes) else str(label)
