"""The protocol of a transform, and the registry of all of them by class name."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from imgproc._core.check import real
from imgproc._scanline import Stage

from .arguments import refuse_arguments
from .drawn import Rule, checked
from .keys import Draws
from .state import Frame, Kind, Params, Place, State, Step

REGISTRY: dict[str, type[Transform]] = {}

RGB, GREY_OR_RGB = (3,), (1, 3)
"""What `Transform.channels_wanted` mostly says, if it says anything."""


def _plain(value: Any) -> Any:
    """A field without NumPy's scalars, which no `repr` evaluates and no recipe holds; arrays stay as they are."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(_plain(entry) for entry in value)
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform:
    """Base of all transforms: a frozen dataclass whose fields are the only declaration of its parameters.

    A subclass checks its fields in ``__post_init__``, draws plain numbers in `draw` and turns them into stages in
    `lower`.  Neither sees pixels, neither keeps state.  ``super().__post_init__()`` comes first: it makes plain values
    of NumPy's scalars.
    """

    p: float = 0.5

    needs_boxes: ClassVar[bool] = False
    """Whether `draw` wants ``frame.boxes``."""
    needs_mask: ClassVar[bool] = False
    """Whether `draw` and `lower` want ``frame.mask``."""
    mixes: ClassVar[bool] = False
    """Whether it mixes the sample with others instead of giving stages; see `augment.mix`."""
    relabels: ClassVar[bool] = False
    """Whether it changes the label of the sample."""

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
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, (np.generic, np.ndarray, list, tuple)):
                self._keep(field.name, _plain(value))
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

    # --- what images it takes -----------------------------------------------------------------------------------------

    def channels_wanted(self) -> tuple[int, ...] | None:
        """How many channels an image may have; None if any number.  Luma is of grey and RGB images."""
        return GREY_OR_RGB if getattr(self, "color", None) == "luminance" else None

    def draws_for_channels(self) -> bool:
        """Whether what `draw` gives depends on how many channels there are."""
        return False

    def wants_unit(self) -> bool:
        """Whether it takes floats for levels in [0, 1], so that other floats would make no sense."""
        return False

    def leads_to(self, kind: Kind) -> Kind:
        """What it makes of an image of a kind that it takes."""
        return kind

    def need_channels(self, channels: int, name: str = "image") -> None:
        """Raise ValueError if an image must not have so many channels."""
        wanted = self.channels_wanted()
        if wanted is None or channels in wanted:
            return
        luminance = getattr(self, "color", None) == "luminance"
        who = type(self).__name__ + "(color='luminance')" * luminance
        hint = ": split off alpha, or use color='per_channel'" * luminance
        if channels - 1 in wanted and not luminance:
            hint = ": if the last one is alpha, say so by Compose(alpha=True)"
        what = "RGB" if wanted == RGB else "grey or RGB"
        raise ValueError(f"{name} must be {what} for {who}, got {channels} channel{'s' * (channels > 1)}{hint}")

    def check(self, kind: Kind, name: str = "image") -> None:
        """Raise ValueError if images of a kind cannot be transformed, whatever is drawn.

        `name` is what messages call the image."""
        self.need_channels(kind.channels, name)
        if not kind.unit and self.wants_unit():
            who = type(self).__name__
            raise ValueError(
                f"{name} must have levels in [0, 1] for {who}, got what Normalize or ColorSpace makes of them: "
                f"put {who} before that"
            )

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The rules by which records are checked, for drawn numbers that are no number of the field of their name."""
        return {}

    # --- what a chain asks --------------------------------------------------------------------------------------------

    def step(self, place: Place, rng: Draws, state: State) -> Step | None:
        """Draw for the sample that arrives, and go on to the state that this leads to; None if nothing is done."""
        frame = state.current
        if self.needs_boxes or self.needs_mask:
            frame = state.frame_with(place.name, self.needs_boxes, self.needs_mask)
        params = self.draw(rng, frame)
        stages = self.lower(params, frame)
        if state.further:
            self._beside(params, rng, frame, state)
        state.advance(stages)
        return Step(place, params, stages)

    def again(self, place: Place, params: Params, state: State) -> Step:
        """The same with parameters that were drawn before."""
        frame = state.current
        if self.needs_boxes or self.needs_mask:
            frame = state.frame_with(place.name, self.needs_boxes, self.needs_mask, drawn=True)
        stages = self.lower(params, frame)
        if state.further:
            self._beside(params, None, frame, state)
        state.advance(stages)
        return Step(place, params, stages)

    def _beside(self, params: Params, rng: Draws | None, frame: Frame, state: State) -> None:
        """Do the same to further images of other kinds.

        What is drawn for `frame`, the first image, holds for all, unless it depends on the number of channels."""
        for name, other in state.further.items():
            own = frame._replace(channels=other.current.channels, dtype=other.current.dtype)
            if self.draws_for_channels() and own.channels != frame.channels:
                if rng is None:
                    raise ValueError(
                        f"{name} must have the channels of image, {frame.channels}, where a record says what "
                        f"{type(self).__name__} did to them, got {own.channels}"
                    )
                other.advance(self.lower(self.draw(rng.anew(), own), own))
            else:
                other.advance(self.lower(params, own))

    def sketch(self, frame: Frame) -> Params:
        """What it draws for some sample of a frame: which parameters there are, and of which kinds."""
        return self.draw(Draws([], np.zeros((1, 1), np.uint64), 0, 0), frame)

    def checked(self, params: Any, frame: Frame) -> Params:
        """Parameters out of a record for a frame, in their canonical form.

        Raises
        ------
        TypeError, ValueError
            If the transform could not have drawn them for such a frame.
        """
        return checked(params, self.sketch(frame), self.limits(frame), self)

    def is_scheduled(self) -> bool:
        """Whether it depends on the epoch, so that keys must be (epoch, index)."""
        return False

    def classes(self) -> int | None:
        """How many classes labels have, if it says so."""
        return None
