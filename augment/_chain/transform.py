"""The protocol of a transform, and the registry of all of them by class name."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from imgproc._core.check import real
from imgproc._scanline import Stage

from .arguments import refuse_arguments
from .keys import Draws
from .state import Frame, Params, Place, State, Step

REGISTRY: dict[str, type[Transform]] = {}


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
    assumes_unit: ClassVar[bool] = False
    """Whether it takes levels of float images to be those from 0 to 1, and makes nonsense of others."""
    sets_range: ClassVar[bool] = False
    """Whether float levels have another range after it, whatever they had before."""
    mixes: ClassVar[bool] = False
    """Whether it mixes the sample with others instead of giving stages; see `augment.mix`."""

    if not TYPE_CHECKING:  # which reads the signatures of subclasses

        def __new__(cls, *args: Any, **kwargs: Any) -> Transform:
            """Say which parameter is meant where there is none of a name."""
            if not kwargs.keys() <= cls.__dataclass_fields__.keys() or (args and cls._by_keyword()):
                refuse_arguments(cls, args, kwargs)
            return super().__new__(cls)

        @classmethod
        def _by_keyword(cls) -> bool:
            return all(field.kw_only for field in dataclasses.fields(cls))

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract and not cls.__name__.startswith("_"):
            REGISTRY[cls.__name__] = cls

    def __post_init__(self) -> None:
        self._keep("p", real(self.p, "p", at_least=0, at_most=1))
        for name, value in vars(self).items():
            if type(value) is np.bool_:  # NumPy's has another repr, and JSON does not know it
                self._keep(name, bool(value))

    def _keep(self, name: str, value: Any) -> None:
        """Store the checked, canonical form of a field (tuples, floats) in ``__post_init__``."""
        object.__setattr__(self, name, value)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Random parameters, as plain numbers (JSON keeps them exactly)."""
        return {}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The stages that carry out these parameters on a frame."""
        raise NotImplementedError

    # --- what a chain asks --------------------------------------------------------------------------------------------

    def step(self, place: Place, rng: Draws, state: State) -> Step | None:
        """Draw for the sample that arrives, and go on to the state that this leads to; None if nothing is done."""
        frame = state.current
        if self.needs_boxes or self.needs_mask:
            frame = state.frame_with(self.needs_boxes, self.needs_mask)
        params = self.draw(rng, frame)
        stages = self.lower(params, frame)
        state.advance(stages)
        return Step(place, params, stages)

    def again(self, place: Place, params: Params, state: State) -> Step:
        """The same with parameters that were drawn before."""
        stages = self.lower(params, state.frame_with(self.needs_boxes, self.needs_mask))
        state.advance(stages)
        return Step(place, params, stages)

    def is_scheduled(self) -> bool:
        """Whether it depends on the epoch, so that keys must be (epoch, index)."""
        return False

    def classes(self) -> int | None:
        """How many classes labels have, if it says so."""
        return None
