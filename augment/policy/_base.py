"""What the policies share."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.check import border_name, integer, one_of
from imgproc._core.levels import fill_levels
from imgproc._scanline import Stage

from .._chain.transform import GREY_OR_RGB, Frame, Kind, Params, Transform
from .._ranges import check_fill
from ._operations import STAGES

__all__: list[str] = []


@dataclasses.dataclass(frozen=True, kw_only=True)
class Policy(Transform, abstract=True):
    """What the policies share: how their geometric operations sample, and what they show from outside."""

    p: float = 1.0
    border: str = "constant"
    fill: float | tuple[float, ...] = 0.0
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        super().__post_init__()
        border_name(self.border)
        self._keep("fill", fill_levels(self.fill))
        one_of(self.interpolation, "interpolation", ("bilinear", "nearest", "bicubic"))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Some of the operations clip."""
        return True

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; a border that is filled needs a level, or one a channel."""
        super().check(kind, name)
        if self.border == "constant":
            check_fill(self.fill, kind, type(self).__name__, name)

    def _outside(self) -> dict[str, Any]:
        return {"border": self.border, "fill": self.fill, "interpolation": self.interpolation}


@dataclasses.dataclass(frozen=True, kw_only=True)
class OperationList(Policy, abstract=True):
    """A policy that is a list of operations, whose geometry all targets follow."""

    mask_fill: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("mask_fill", integer(self.mask_fill, "mask_fill"))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The stages of the operations, one after the other."""
        self.need_channels(frame.channels)
        outside = {**self._outside(), "mask_fill": self.mask_fill}
        return [stage for name, value in params["operations"] for stage in STAGES[name](value, frame, outside)]
