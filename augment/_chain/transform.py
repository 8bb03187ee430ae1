"""The protocol of a transform, and its registry."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from imgproc._core.check import real
from imgproc._scanline import Stage

if TYPE_CHECKING:
    from .keys import Draws

Params = dict[str, Any]

REGISTRY: dict[str, type[Transform]] = {}


class Frame(NamedTuple):
    """What a transform may know of the sample that arrives: its size, never its pixels."""

    height: int
    width: int
    channels: int = 3
    dtype: np.dtype = np.dtype(np.uint8)
    boxes: np.ndarray | None = None
    """float64 (n, 4) boxes (x0, y0, x1, y1) in pixels of this frame; given only to transforms with ``needs_boxes``."""
    mask: np.ndarray | None = None
    """The sample's mask as it arrives; given only to transforms with ``needs_mask``."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform:
    """Base of all transforms: a frozen dataclass whose fields are the only declaration of its parameters.

    A subclass checks its fields in ``__post_init__`` (calling ``super().__post_init__()``), draws plain numbers in
    `draw` and turns them into stages in `lower`.  Neither sees pixels, neither keeps state.
    """

    p: float = 0.5

    needs_boxes: ClassVar[bool] = False
    """Whether `draw` wants ``frame.boxes``."""
    needs_mask: ClassVar[bool] = False
    """Whether `draw` and `lower` want ``frame.mask``."""
    mixes: ClassVar[bool] = False
    """Whether it mixes the sample with others instead of giving stages; see `augment.mix`."""

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract and not cls.__name__.startswith("_"):
            REGISTRY[cls.__name__] = cls

    def __post_init__(self) -> None:
        self._keep("p", real(self.p, "p", at_least=0, at_most=1))

    def _keep(self, name: str, value: Any) -> None:
        """Store the checked, canonical form of a field (tuples, floats) in ``__post_init__``."""
        object.__setattr__(self, name, value)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Random parameters, as plain numbers (JSON keeps them exactly)."""
        return {}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The stages that carry out these parameters on a frame."""
        raise NotImplementedError
