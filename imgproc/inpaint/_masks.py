"""The mask of a hole from an image file, taken for what it is: 0 and 1, 0 and 255, labels, colours on black, alpha."""

from __future__ import annotations

import os

import numpy as np

from .._core.check import as_hole
from .._core.formats import channels_of
from .._core.planes import full_scale
from ..io._decode import as_mode
from ..io._standard import read_named

__all__: list[str] = []

COLOURS = 256
"""An image of more is no drawing, and is taken by its brightness."""


def read_hole(
    name: str | os.PathLike[str], image: np.ndarray, *, invert: bool = False, argument: str = "--mask"
) -> tuple[np.ndarray, str]:
    """The mask of an image's hole, True where to fill, and a line that says how it was read.

    ValueError where it is of another size, or selects nothing or everything.
    """
    mask, how = hole_of_pixels(read_named(name, mode="unchanged"))
    if invert:
        mask, how = ~mask, how.replace(": filled where", ", inverted: kept where")
    as_hole(mask, image, argument)
    count = int(mask.sum())
    said = f"{name} was read {how}"
    if count in (0, mask.size):
        rule = f"must select {'at least one pixel' if count == 0 else 'less than the whole image'}"
        raise ValueError(f"{argument} {rule}, got {'none' if count == 0 else 'all'} of {mask.size}: {said}")
    return mask, f"{said} ({count} of {mask.size} pixels)"


def hole_of_pixels(pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """The mask that an image of any dtype and channels shows, and how it was read.

    A mask that is dark with a bright hole, as most are, is divided at half of full scale.  Where all levels are below
    that they are labels: 0 is the ground, and all others are the hole.
    """
    planes = pixels.reshape(*pixels.shape[:2], -1)
    channels = channels_of(pixels)
    half = 0.5 * full_scale(pixels.dtype)
    colour, alpha = (planes[..., :-1], planes[..., -1]) if channels in (2, 4) else (planes, None)
    painted: np.ndarray = np.any(colour, axis=2)
    if alpha is not None and alpha.min() < half < alpha.max():
        clear, drawn = alpha < half, _on_black(colour, 2)
        # One colour on a transparent ground, or a ground of one colour with a part erased: a hole is the smaller part.
        if not drawn or ((painted != clear).all() and 2 * clear.sum() <= clear.size):
            return clear, "by its alpha: filled where it is transparent"
        return painted, "as one colour: filled where it is painted"
    grey = colour[..., 0]
    if channels >= 3 and (colour != colour[..., :1]).any():
        if _on_black(colour, COLOURS):
            return painted, "as colours on black: filled where it is not black"
        grey = as_mode(colour, "grey")
        return np.greater(grey, half), "by its brightness: filled where it is bright"
    low, high = grey.min(), grey.max()
    if low == high:
        return np.not_equal(grey, 0), f"as a constant, {high:g}"
    if high > half or grey.dtype.kind == "f":
        return grey > half, "as black and white: filled where it is white"
    what = f"{low:g} and {high:g}" if _levels(grey) == 2 else f"labels from {low:g} to {high:g}"
    return grey != 0, f"as {what}: filled where it is not 0"


def _levels(plane: np.ndarray) -> int:
    return np.unique(plane).size


def _on_black(colour: np.ndarray, most: int) -> bool:
    """Whether these are at most so many colours, black among them, and another."""
    painted = colour.any(axis=2)
    if painted.all() or not painted.any():
        return False
    found = np.unique(colour[painted][: 1 << 12], axis=0)  # a photo shows itself in its first pixels
    if len(found) < most:
        found = np.unique(colour[painted], axis=0)
    return len(found) < most
