"""Batches whose channels come first, as tensors have them: seen as batches whose channels come last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.door import trusted
from imgproc._core.hints import looks_like_planes

__all__: list[str] = []

LAYOUTS = ("last", "first")


def check_layout(layout: Any, images: Any) -> bool:
    """Whether channels come first; refuses images that clearly have the other layout."""
    first = one_of(layout, "layout", LAYOUTS) == "first"
    shapes: list[tuple[int, ...]] = (
        [images.shape[1:]] if isinstance(images, np.ndarray) else [getattr(image, "shape", ()) for image in images]
    )
    for i, shape in enumerate(shapes):
        if len(shape) != 3:
            continue
        planes = (shape[2], shape[0], shape[1]) if first else shape
        if looks_like_planes(*planes, batch=True) and not trusted().layout:
            came = f"images must have shape {_shape(first, images)}"
            where = images.shape if isinstance(images, np.ndarray) else f"{shape} in images[{i}]"
            other = "last" if first else "first"
            raise ValueError(
                f'{came} for layout="{layout}", got {where}: where channels come {other}, pass layout="{other}"; '
                f"if they come {layout}, call within imgproc.trust_layout()"
            )
    return first


def _shape(first: bool, images: Any) -> str:
    inner = "c, h, w" if first else "h, w, c"
    return f"(n, {inner})" if isinstance(images, np.ndarray) else f"({inner})"


def to_last(image: Any) -> Any:
    """A view of an image with its channels last; what is no array of three axes stays, others refuse it."""
    return np.moveaxis(image, 0, -1) if isinstance(image, np.ndarray) and image.ndim == 3 else image


def all_to_last(images: Any) -> Any:
    """The same for an array of images, or a sequence of them."""
    if isinstance(images, np.ndarray):
        return np.moveaxis(images, 1, -1) if images.ndim == 4 else images
    return [to_last(image) for image in images]


def to_first(images: np.ndarray | Sequence[np.ndarray]) -> Any:
    """Mixed images with their channels first again, in contiguous arrays."""
    if isinstance(images, np.ndarray):
        return np.ascontiguousarray(np.moveaxis(images, -1, 1)) if images.ndim == 4 else images
    return [np.ascontiguousarray(np.moveaxis(image, -1, 0)) if image.ndim == 3 else image for image in images]


class LastDonors:
    """Donors whose images have their channels first, seen with their channels last."""

    def __init__(self, donors: Any) -> None:
        self._donors = donors

    def __len__(self) -> int:
        return len(self._donors)

    def __getitem__(self, index: int) -> Any:
        donor = self._donors[index]
        if isinstance(donor, dict):
            return {**donor, "image": to_last(donor["image"])} if "image" in donor else donor
        if isinstance(donor, (tuple, list)) and len(donor) == 2:
            return to_last(donor[0]), donor[1]
        return to_last(donor)
