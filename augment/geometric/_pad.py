"""Padding: the image becomes part of a larger frame."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from imgproc._core.check import integer, one_of, size_pair
from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import of

from .._chain.drawn import Rule, row, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Size, size_of, square_or
from ._common import POSITIONS, WHERE, _Framed

__all__ = ["Pad", "PadToSize"]


def sides(padding: Any, name: str = "padding") -> tuple[int, int, int, int]:
    """Padding as (top, bottom, left, right), out of one number, (vertical, horizontal), or all four."""
    if not isinstance(padding, (tuple, list)):
        return (integer(padding, name, at_least=0),) * 4
    if len(padding) not in (2, 4):
        raise ValueError(
            f"{name} must be one number, (vertical, horizontal) or (top, bottom, left, right), got {padding}"
        )
    numbers = [integer(v, f"{name}[{i}]", at_least=0) for i, v in enumerate(padding)]
    top, bottom, left, right = numbers if len(numbers) == 4 else (numbers[0], numbers[0], numbers[1], numbers[1])
    return top, bottom, left, right


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pad(_Framed):
    """Put a frame around the image.

    albumentations' and torchvision's Pad (torchvision orders the sides otherwise).  Changes images, masks, boxes and
    keypoints.

    Parameters
    ----------
    padding : int, (int, int) or (int, int, int, int)
        Pixels on all sides; above and below, left and right; or top, bottom, left, right.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What the frame shows.
    fill : float or tuple of float
        Level for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Pad(padding=(1, 2, 3, 4))])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (99, 135, 3)
    """

    padding: int | tuple[int, int] | tuple[int, int, int, int] = dataclasses.field(kw_only=False)
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._sides: tuple[int, int, int, int]
        self._keep("_sides", sides(self.padding))
        if isinstance(self.padding, list):
            self._keep("padding", tuple(self.padding))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        top, bottom, left, right = self._sides
        pull = (1.0, 0.0, float(-left), 0.0, 1.0, float(-top), 0.0, 0.0, 1.0)
        size = frame.height + top + bottom, frame.width + left + right
        return [Geometry(pull, size, self.border, self.fill, mask_fill=self.mask_fill)]


declare(
    Pad,
    examples=[{"padding": 9}, {"padding": (3, 5, 7, 11), "border": "reflect"}],
    look="A frame of the same width on each side: frames and dots move by just that.",
    peers=[Single("Pad", {"padding": 32})],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PadToSize(_Framed):
    """Pad to at least a size, or to a multiple of a number; sides that are long enough stay.

    albumentations' PadIfNeeded.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int), optional
        The least (h, w) of the result; one number is the side of a square.
    divisor : int or (int, int), optional
        What the sides of the result are multiples of; one number, or (for h, for w).
    position : {"center", "top_left", "top_right", "bottom_left", "bottom_right", "random"}
        Where the image sits in the frame; ``center`` puts an odd pixel below and to the right.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What the frame shows.
    fill : float or tuple of float
        Level for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or neither `size` nor `divisor` is given.

    Examples
    --------
    >>> chain = Compose([PadToSize(divisor=50)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (100, 150, 3)
    """

    size: Size | None = None
    divisor: int | tuple[int, int] | None = None
    position: str = "center"
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size is None and self.divisor is None:
            raise ValueError("size or divisor must be given, got neither")
        if self.size is not None:
            self._keep("size", square_or(self.size))
        steps = (1, 1)
        if isinstance(self.divisor, (tuple, list)):
            steps = size_pair(self.divisor, "divisor")
            self._keep("divisor", steps)
        elif self.divisor is not None:
            steps = (integer(self.divisor, "divisor", at_least=1),) * 2
        self._steps: tuple[int, int]
        self._keep("_steps", steps)
        one_of(self.position, "position", WHERE)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The first row and column of the image in the frame."""
        h, w = self._padded(frame)
        return {"place": place(self.position, h - frame.height, w - frame.width, rng)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The image lies in the frame."""
        h, w = self._padded(frame)
        return {"place": row(whole(0, h - frame.height), whole(0, w - frame.width))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        top, left = params["place"]
        pull = (1.0, 0.0, of(float, -left), 0.0, 1.0, of(float, -top), 0.0, 0.0, 1.0)
        return [Geometry(pull, self._padded(frame), self.border, self.fill, mask_fill=self.mask_fill)]

    def _padded(self, frame: Frame) -> tuple[int, int]:
        h, w = frame.height, frame.width
        if self.size is not None:
            height, width = size_of(self.size)
            h, w = max(h, height), max(w, width)
        down, across = self._steps
        return -(-h // down) * down, -(-w // across) * across


declare(
    PadToSize,
    examples=[{"size": (128, 144)}, {"divisor": 50, "position": "random", "border": "wrap"}],
    look="What is missing is added on both sides.",
    peers=[Single("PadIfNeeded", {"size": (576, 576)}, {"min_height": 576, "min_width": 576})],
)


def place(position: str, down: int, across: int, rng: Draws) -> tuple[int, int]:
    """Row and column at which an image begins that leaves so much room down and across."""
    if position == "random":
        return rng.integer(0, down), rng.integer(0, across)
    y, x = POSITIONS[position]
    return math.floor(y * down), math.floor(x * across)
