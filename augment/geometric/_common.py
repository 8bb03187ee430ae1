"""What the geometric transforms share: checked ranges, and the fields that say what lies outside an image."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from imgproc._core.check import border_name, flag, integer, one_of
from imgproc._core.levels import ANY, Scale, fill_levels
from imgproc._scanline import Geometry

from .._chain.drawn import Rule, row, within
from .._chain.transform import Frame, Kind, Transform
from .._ranges import Range, check_fill, number_range

__all__: list[str] = []

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")
OF_RESIZE = (*INTERPOLATIONS, "lanczos")
POSITIONS = {
    "center": (0.5, 0.5),
    "top_left": (0.0, 0.0),
    "top_right": (0.0, 1.0),
    "bottom_left": (1.0, 0.0),
    "bottom_right": (1.0, 1.0),
}
"""Where a smaller image sits in a larger frame: parts (down, across) of the room that is left."""
WHERE = (*POSITIONS, "random")


def axis_ranges(value: Any, name: str, scale: Scale = ANY, /, **bounds: float | None) -> tuple[Range, Range] | Range:
    """A pair (low, high), or two of them, for x and for y."""
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(v, (tuple, list)) for v in value):
        x, y = (number_range(v, f"{name}[{i}]", scale, **bounds) for i, v in enumerate(value))
        return x, y
    return number_range(value, name, scale, **bounds)


Axes = tuple[float, float, float, float]


def both_axes(value: Any) -> Axes:
    """What `axis_ranges` gave as (low x, width x, low y, width y), ready to be drawn from."""
    (a, b), (c, d) = value if isinstance(value[0], tuple) else (value, value)
    return a, b - a, c, d - c


def both_within(axes: Axes) -> Rule:
    """The rule of a pair (x, y) that was drawn from what `both_axes` gave."""
    a, b, c, d = axes
    return row(within(a, a + b), within(c, c + d))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Framed(Transform):
    """A transform whose result may show what lies outside the image."""

    border: str = "constant"
    fill: float | tuple[float, ...] = 0.0
    mask_fill: int = 0

    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        border_name(self.border)
        self._keep("fill", fill_levels(self.fill))
        self._keep("mask_fill", integer(self.mask_fill, "mask_fill"))

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; a border that is filled needs a level, or one a channel."""
        super().check(kind, name)
        if self.border == "constant" and getattr(self, "pad", True):
            check_fill(self.fill, kind, type(self).__name__, name)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Warp(_Framed):
    """A transform that interpolates, and whose result may show what lies outside the image."""

    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.interpolation, "interpolation", INTERPOLATIONS)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Resized(Transform):
    """A transform whose result shows nothing from outside the image, at another scale."""

    p: float = 1.0
    interpolation: str = "area"
    antialias: bool = False

    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_filter(self.interpolation, self.antialias)


def check_filter(interpolation: str, antialias: bool) -> None:
    """Check how images are resized."""
    one_of(interpolation, "interpolation", OF_RESIZE)
    if flag(antialias, "antialias") and interpolation == "nearest":
        raise ValueError("antialias must be False for interpolation='nearest', which takes one pixel, got True")


def part_stage(
    part: tuple[int, int, int, int], size: tuple[int, int], interpolation: str, antialias: bool = False
) -> Geometry:
    """The part (y0, x0, y1, x1) of an image on `size`."""
    y0, x0, y1, x1 = part
    pull = ((x1 - x0) / size[1], 0.0, 0.0 + x0, 0.0, (y1 - y0) / size[0], 0.0 + y0, 0.0, 0.0, 1.0)
    return Geometry(pull, size, "replicate", 0.0, interpolation, part=(x0, y0, x1, y1), antialias=antialias)


def cut_stage(part: Sequence[int], border: str = "constant", fill: Any = 0.0, mask_fill: int = 0) -> Geometry:
    """The part (y0, x0, y1, x1) at its own scale; it may reach out of the image."""
    y0, x0, y1, x1 = part
    pull = (1.0, 0.0, 0.0 + x0, 0.0, 1.0, 0.0 + y0, 0.0, 0.0, 1.0)
    return Geometry(pull, (y1 - y0, x1 - x0), border, fill, mask_fill=mask_fill)


def too_large(size: tuple[int, int], frame: Frame, *, pads: bool = True) -> ValueError:
    """What is raised where a part is larger than the image; `pads` says whether there is a remedy."""
    have = frame.height, frame.width
    hint = "; pad=True pads what is missing" * pads
    return ValueError(f"size must be <= the (h, w) of the image, {have}, got {size}{hint}")
