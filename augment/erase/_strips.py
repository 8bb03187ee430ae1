"""Strips over the whole width or height that are erased."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Stage

from .._chain.drawn import Rule, row, several, whole
from .._chain.keys import Draws, between, choice
from .._chain.transform import Frame, Params
from .._ranges import integer_range, number_range
from ._common import MOST_HOLES, _Erasing

__all__ = ["XYMasking"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class XYMasking(_Erasing):
    """Erase strips from top to bottom and from side to side.

    On spectrograms these are the masks of time and of frequency of SpecAugment (Park et al., "SpecAugment: A Simple
    Data Augmentation Method for Automatic Speech Recognition", Interspeech 2019); albumentations' XYMasking, whose
    lengths are pixels.  Changes images and, with `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    columns, rows : (int, int)
        Ranges of the number of strips from top to bottom (albumentations' ``num_masks_x``) and from side to side, 0 to
        4096; each integer alike.  Strips may overlap.
    width : (float, float)
        Range of the width of strips from top to bottom, as a fraction of the image's; 0 to 1, at least a pixel.
    height : (float, float)
        Range of the height of strips from side to side, as a fraction of the image's; 0 to 1, at least a pixel.
    fill : float, tuple of float, "mean" or "noise"
        A level for all channels or one each, as fractions of full scale; the mean of each channel of the image that
        arrives; or uniform noise.
    mask_fill : int, optional
        Label that masks get where the image is erased.  Default: masks stay.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> time_only = augment.XYMasking(columns=(1, 1), rows=(0, 0), width=(0.25, 0.25), p=1.0)
    >>> done = augment.Compose([time_only])(image=np.full((60, 80), 200, np.uint8), key=0)["image"]
    >>> int((done == 0).all(axis=0).sum())
    20
    """

    columns: tuple[int, int] = (1, 2)
    rows: tuple[int, int] = (1, 2)
    width: tuple[float, float] = (0.05, 0.15)
    height: tuple[float, float] = (0.05, 0.15)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("columns", "rows"):
            self._keep(name, integer_range(getattr(self, name), name, at_least=0, at_most=MOST_HOLES))
        for name in ("width", "height"):
            self._keep(name, number_range(getattr(self, name), name, SIDE, at_least=0, at_most=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The first and the last column of each strip, then rows; half-open."""
        params = {
            "columns": _strips(self.columns, self.width, frame.width, rng),
            "rows": _strips(self.rows, self.height, frame.height, rng),
        }
        return self._with_stream(params, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Strips lie in the image."""
        return {
            "columns": several(_strip(frame.width), *self.columns),
            "rows": several(_strip(frame.height), *self.rows),
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        columns = tuple((0, x0, frame.height, x1) for x0, x1 in params["columns"])
        rows = tuple((y0, 0, y1, frame.width) for y0, y1 in params["rows"])
        return self._paint(columns + rows, params, "strips")


declare(
    XYMasking,
    examples=[{}, {"columns": (0, 0), "rows": (3, 5), "height": (0.02, 0.1), "fill": "noise", "mask_fill": 0}],
    look="One or two bars across the picture, and as many upright ones.",
    peers=[
        Single(
            "XYMasking",
            None,
            {"num_masks_x": (1, 2), "num_masks_y": (1, 2), "mask_x_length": (25, 76), "mask_y_length": (25, 76)},
            defaults="theirs masks nothing: 0 strips of length 0",
        )
    ],
)


def _strips(count: tuple[int, int], share: tuple[float, float], size: int, rng: Draws) -> list[list[int]]:
    """(first, last) of strips along an axis."""
    found, (low, high) = [], share
    for _ in range(rng.integer(*count)):
        length = min(max(round(size * between(low, high, rng.unit())), 1), size)
        first = choice(size - length + 1, rng.unit())
        found.append([first, first + length])
    return found


def _strip(size: int) -> Rule:
    ends = row(whole(0, size - 1), whole(1, size))

    def check(value: Any, name: str) -> list[int]:
        found: list[int] = ends(value, name)
        if not found[0] < found[1]:
            raise ValueError(f"{name} must be (first, last) with first < last, got {found}")
        return found

    return check
