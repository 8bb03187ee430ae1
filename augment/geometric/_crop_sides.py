"""Parts of the image by coordinates, and sides that are cut off or added."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from imgproc._core.check import flag, integer, one_of, real
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Stage

from .._chain.drawn import Rule, row, whole, within
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Range, Spread, integer_range, number_range
from ._common import _Framed, _Warp, cut_stage
from ._resize import resize_stage

__all__ = ["CropAndPad", "CropBorders", "CropFixed"]

Sides = tuple[Range, Range, Range, Range]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CropFixed(_Framed):
    """Cut out the part between given coordinates, the same for every image.

    albumentations' Crop.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    box : (float, float, float, float)
        (x0, y0, x1, y1) of the part, with x0 < x1 and y0 < y1; whole numbers if they are pixels.
    unit : {"pixel", "fraction"}
        What `box` counts in: pixels, or parts of the width (x) and of the height (y), which are rounded to whole
        pixels, at least one along each axis.
    pad : bool
        What happens where the part reaches out of the image: False refuses the image (ValueError), True shows the
        border there.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the part reaches out of an image and `pad` is False.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> lower_half = augment.CropFixed(box=(0, 0.5, 1, 1), unit="fraction")
    >>> augment.Compose([lower_half])(image=np.zeros((60, 80, 3), np.uint8), key=0)["image"].shape
    (30, 80, 3)
    """

    box: tuple[float, float, float, float]
    unit: str = "pixel"
    pad: bool = False
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.unit, "unit", ("pixel", "fraction"))
        flag(self.pad, "pad")
        if not isinstance(self.box, (tuple, list)) or len(self.box) != 4:
            raise TypeError(f"box must be (x0, y0, x1, y1), got {self.box!r}")
        one = integer if self.unit == "pixel" else real
        bounds = {} if self.pad else {"at_least": 0, **({"at_most": 1} if self.unit == "fraction" else {})}
        try:
            box = tuple(one(v, f"box[{i}]", **bounds) for i, v in enumerate(self.box))
        except TypeError as error:
            hint = "; for fractions of the image there is unit='fraction'" * (self.unit == "pixel")
            raise TypeError(f"{error}{hint}") from None
        if not (box[0] < box[2] and box[1] < box[3]):
            raise ValueError(f"box must be (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {box}")
        self._keep("box", box)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        part = self._part(frame.height, frame.width)
        y0, x0, y1, x1 = part
        if not self.pad and (min(y0, x0) < 0 or y1 > frame.height or x1 > frame.width):
            have = frame.height, frame.width
            raise ValueError(
                f"box must lie within the image, of size (h, w) {have}, got {self.box}; pad=True shows a border"
            )
        return [cut_stage(part, self.border, self.fill, self.mask_fill)]

    def _part(self, h: int, w: int) -> tuple[int, int, int, int]:
        """(y0, x0, y1, x1) in pixels."""
        x0, y0, x1, y1 = self.box
        if self.unit == "pixel":
            return int(y0), int(x0), int(y1), int(x1)
        (y0, y1), (x0, x1) = _rounded(y0, y1, h, self.pad), _rounded(x0, x1, w, self.pad)
        return int(y0), int(x0), int(y1), int(x1)


declare(
    CropFixed,
    examples=[
        {"box": (9, 4, 39, 30)},
        {"box": (0.25, 0.1, 0.9, 0.75), "unit": "fraction"},
        {"box": (-10, 30, 70, 110), "pad": True, "border": "reflect"},
    ],
    look="Always the same part: frames and dots sit where they sat on the things.",
    peers=[
        Single(
            "Crop", {"box": (64, 64, 448, 448)}, {"x_min": 64, "y_min": 64, "x_max": 448, "y_max": 448}, targets="boxes"
        )
    ],
)


def _rounded(low: float, high: float, size: int, pad: bool) -> tuple[int, int]:
    """Fractions of a side as whole pixels, at least one apart."""
    first, last = round(low * size), round(high * size)
    if first == last:
        first -= not pad and first == size
        last = first + 1
    return first, last


@dataclasses.dataclass(frozen=True, kw_only=True)
class CropBorders(Transform):
    """Cut a strip off each side of the image, each of a random width.

    albumentations' RandomCropFromBorders, whose ``crop_left=0.1`` is ``left=(0, 0.1)``.  Each width is drawn for
    itself, any whole number of pixels alike.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    top : (float, float)
        Range of what is cut off there, as a fraction of the height, from 0 to 1.
    bottom : (float, float)
        The same below; the highest values of both together are at most 1.
    left : (float, float)
        Range of what is cut off there, as a fraction of the width, from 0 to 1.
    right : (float, float)
        The same on the right; the highest values of both together are at most 1.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    A pixel is always left along each axis: what is cut off below and on the right gives way.

    Examples
    --------
    >>> chain = Compose([CropBorders(top=(0.25, 0.25), bottom=(0, 0), left=(0, 0), right=(0, 0))])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (72, 128, 3)
    """

    top: Range = (0.0, 0.1)
    bottom: Range = (0.0, 0.1)
    left: Range = (0.0, 0.1)
    right: Range = (0.0, 0.1)
    p: float = 1.0

    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("top", "bottom", "left", "right"):
            self._keep(name, number_range(getattr(self, name), name, SIDE, at_least=0, at_most=1))
        for one, other in (("top", "bottom"), ("left", "right")):
            most = getattr(self, one)[1] + getattr(self, other)[1]
            if most > 1.0 + 1e-9:
                raise ValueError(f"{one}[1] + {other}[1] must be <= 1, got {most:g}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The pixels that are cut off at the top, the bottom, the left and the right."""
        return {"sides": tuple(rng.integer(*ends) for ends in self._ends(frame))}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """As drawn."""
        return {"sides": row(*(whole(*ends) for ends in self._ends(frame)))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        top, bottom, left, right = params["sides"]
        h, w = frame.height, frame.width
        top, left = min(top, h - 1), min(left, w - 1)
        return [cut_stage((top, left, max(h - bottom, top + 1), max(w - right, left + 1)))]

    def _ends(self, frame: Frame) -> list[tuple[int, int]]:
        """The least and the most that is cut off at each side, in pixels."""
        h, w = frame.height, frame.width
        sides = ((self.top, h), (self.bottom, h), (self.left, w), (self.right, w))
        return [(round(low * size), round(high * size)) for (low, high), size in sides]


declare(
    CropBorders,
    examples=[{}, {"top": (0.2, 0.5), "right": (0.3, 0.3), "left": (0.0, 0.7)}],
    look="A strip is missing on each side, of another width for each key; the scale stays.",
    peers=[
        Single(
            "RandomCropFromBorders",
            None,
            {f"crop_{side}": 0.1 for side in ("top", "bottom", "left", "right")},
            note="theirs is a view of the image that was given, ours a new one",
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CropAndPad(_Warp):
    """Move each side of the image inwards, which crops, or outwards, which pads.

    albumentations' and imgaug's CropAndPad, whose ``px`` and ``percent`` (fractions, in fact) are `sides` here, in
    another order.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    sides : float, (float, float), or four of them
        How far sides move: above 0 outwards (a border is added), below 0 inwards (a strip is cut off).  A pair is the
        range (low, high) from which each side draws; one number v means (-v, v).  Four numbers or ranges are those of
        the top, the bottom, the left and the right; there a number is taken as it is.
    unit : {"fraction", "pixel"}
        What `sides` counts in: fractions of the height (top, bottom) and the width (left, right), above -1, at most 2
        and rounded to whole pixels; or pixels, whole numbers.
    together : bool
        Whether all sides move by one number, of the range of the top; otherwise each draws its own.
    keep_size : bool
        Whether the result is resized to the size of the image.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        For `keep_size`; ``area`` averages along axes that shrink and is ``bilinear`` along those that grow.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    A pixel of the image is always left along each axis: where sides would meet, both move by less.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> moved = augment.CropAndPad(sides=(-10, 20, 0, 5), unit="pixel", keep_size=False)
    >>> augment.Compose([moved])(image=np.zeros((60, 80, 3), np.uint8), key=0)["image"].shape
    (70, 85, 3)
    """

    sides: Spread | tuple[float | Range, ...] = (-0.1, 0.1)
    unit: str = "fraction"
    together: bool = False
    keep_size: bool = True
    interpolation: str = "area"
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        flag(self.together, "together")
        flag(self.keep_size, "keep_size")
        one_of(self.unit, "unit", ("fraction", "pixel"))
        self._sides: Sides
        if isinstance(self.sides, (tuple, list)) and len(self.sides) == 4:
            sides = tuple(_side(v, f"sides[{i}]", self.unit) for i, v in enumerate(self.sides))
            given = (pair if isinstance(v, (tuple, list)) else pair[0] for v, pair in zip(self.sides, sides))
            self._keep("sides", tuple(given))
            self._keep("_sides", sides)
        else:
            self._keep("sides", _both(self.sides, "sides", self.unit))
            self._keep("_sides", (self.sides,) * 4)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """How far the top, the bottom, the left and the right move outwards."""
        one = rng.uniform if self.unit == "fraction" else rng.integer
        drawn = [one(*ends) for ends in self._sides]  # type: ignore[arg-type]  # whole numbers for pixels
        return {"sides": tuple(drawn[:1] * 4 if self.together else drawn)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """As drawn."""
        return {"sides": row(*(within(*ends) for ends in (self._sides[:1] * 4 if self.together else self._sides)))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """An exact map, and a resize with `keep_size`."""
        h, w = frame.height, frame.width
        sides = params["sides"]
        if self.unit == "fraction":
            sides = [round(side * size) for side, size in zip(sides, (h, h, w, w))]
        (top, bottom), (left, right) = _leaving_one(sides[0], sides[1], h), _leaving_one(sides[2], sides[3], w)
        if top == 0 and bottom == 0 and left == 0 and right == 0:
            return []
        size = h + top + bottom, w + left + right
        part = -top, -left, h + bottom, w + right
        stages: list[Stage] = [cut_stage(part, self.border, self.fill, self.mask_fill)]
        if self.keep_size and size != (h, w):
            stages.append(resize_stage(*size, (h, w), self.interpolation))
        return stages


declare(
    CropAndPad,
    examples=[
        {},
        {"sides": (-0.2, (0.0, 0.1), (-0.1, 0.3), 0.0), "keep_size": False, "border": "reflect_101"},
        {"sides": (-12, 12), "unit": "pixel", "together": True, "fill": 0.5, "mask_fill": 7},
    ],
    look="Some sides have lost a strip, others show black; the size stays, so the scale changes.",
    peers=[
        Single(
            "CropAndPad",
            {"interpolation": "bilinear"},
            {"percent": (-0.1, 0.1), "sample_independently": True},
        )
    ],
)


def _both(value: Any, name: str, unit: str) -> Range:
    """The range of all sides: a pair, or one number either way."""
    pair = isinstance(value, (tuple, list))
    if pair and len(value) != 2:
        raise TypeError(
            f"{name} must be a number, a range (low, high), or four of them for top, bottom, left and right, "
            f"got {value!r}"
        )
    if unit == "fraction":
        return number_range(value, name, SIDE, above=-1, around=0)
    if not pair:
        most = integer(value, name)
        number_range(most, name, around=0)  # refuses what is below 0
        value = -most, most
    return integer_range(value, name)


def _side(value: Any, name: str, unit: str) -> Range:
    """The range of one side, out of a range or just a number."""
    pair = value if isinstance(value, (tuple, list)) else (value, value)
    return integer_range(pair, name) if unit == "pixel" else number_range(pair, name, SIDE, above=-1)


def _leaving_one(first: int, second: int, size: int) -> tuple[int, int]:
    """How far both sides of an axis move if a pixel of the image has to stay."""
    cut = max(-first, 0) + max(-second, 0)
    back = cut - (size - 1)
    if back <= 0:
        return first, second
    a = min(max(-first, 0), max((back + 1) // 2, back - max(-second, 0)))
    return first + a, second + (back - a)
