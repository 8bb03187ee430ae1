"""A grid of squares that are erased."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Stage

from .._chain.drawn import Rule, row, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import number_range
from ._common import _Erasing

__all__ = ["GridDropout"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GridDropout(_Erasing):
    """Erase the squares of a grid.

    GridMask (Chen, Liu, Zhao, Jia, "GridMask Data Augmentation", 2020) without its rotation; albumentations'
    GridDropout.  Changes images and, with `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    ratio : (float, float)
        Range of a hole's side over the period of the grid, above 0, at most 1; 0.5 erases a quarter of the image.
    unit : (float, float)
        Range of the period as a fraction of the image's shorter side, above 0, at most 1; at least 2 pixels.
    random_offset : bool
        Whether the grid starts anywhere; else there is a hole in the upper left corner.
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
    >>> chain = Compose([GridDropout(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool((made == 0).mean() > (image == 0).mean())
    True
    """

    ratio: tuple[float, float] = (0.5, 0.5)
    unit: tuple[float, float] = (0.1, 0.2)
    random_offset: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("ratio", number_range(self.ratio, "ratio", above=0, at_most=1))
        self._keep("unit", number_range(self.unit, "unit", SIDE, above=0, at_most=1))
        flag(self.random_offset, "random_offset")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Period, side of a hole, and where the first hole starts, up to a period before the image."""
        unit = max(round(min(frame.height, frame.width) * rng.uniform(*self.unit)), 2)
        hole = max(round(unit * rng.uniform(*self.ratio)), 1)
        y, x = rng.integer(1 - unit, 0), rng.integer(1 - unit, 0)
        offset = [y, x] if self.random_offset else [0, 0]
        return self._with_stream({"unit": unit, "hole": hole, "offset": offset}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Periods and holes of pixels of the image."""
        most = max(min(frame.height, frame.width), 2)
        start = whole(1 - most, 0)
        return {"unit": whole(2, most), "hole": whole(1, most), "offset": row(start, start)}

    def checked(self, params: Any, frame: Frame) -> Params:
        """Holes are no larger than the period, and the first one starts less than a period before the image."""
        found = super().checked(params, frame)
        unit = found["unit"]
        if found["hole"] > unit or min(found["offset"]) <= -unit:
            raise ValueError(f"hole must be <= unit and offset > -unit, got {found['hole']}, {found['offset']}, {unit}")
        return found

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        y, x = params["offset"]
        down = _spans(y, frame.height, params["unit"], params["hole"])
        across = _spans(x, frame.width, params["unit"], params["hole"])
        return self._paint(tuple((y0, x0, y1, x1) for y0, y1 in down for x0, x1 in across), params, "grid dropout")


declare(
    GridDropout,
    examples=[{}, {"ratio": (0.3, 0.7), "unit": (0.25, 0.4), "random_offset": False, "fill": "noise"}],
    look="Squares at equal distances, a quarter of the picture in all.",
    peers=[Single("GridDropout", None, {"unit_size_range": (51, 102)})],
)


def _spans(start: int, length: int, unit: int, hole: int) -> list[tuple[int, int]]:
    """Where holes lie along a side."""
    spans = [(max(at, 0), min(at + hole, length)) for at in range(start, length, unit)]
    return spans if not spans or spans[0][1] > 0 else spans[1:]
