"""Transforms of some channels only."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.declare import declare
from imgproc._scanline import Erase, Geometry, MaskOnly, Stage, Whole, run

from .._chain.keys import Draws
from .._chain.state import State
from .._chain.transform import Frame, Kind, Params, Transform
from .._chain.tree import Plan
from ..groups import Sequential, check_children

__all__ = ["SelectiveChannel"]


@dataclasses.dataclass(frozen=True)
class SelectiveChannel(Transform):
    """Apply transforms to some of the channels, and leave the others as they are.

    albumentations' SelectiveChannelTransform.  Use it for images of several sensors, such as RGB with a near-infrared
    band: the chosen channels are an image of their own to the transforms, RGB if there are three of them.  Changes
    images only; the transforms must neither move pixels nor change the dtype or the number of channels.

    Parameters
    ----------
    transforms : sequence of Transform
        Each follows its own `p`.
    channels : sequence of int
        Numbers of the channels, from 0, in the order in which the transforms see them.
    p : float
        Probability that any of them is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a transform does more than change levels, or an image has too few
        channels.

    Notes
    -----
    All draws of the transforms come from one number, ``stream``, which is what records hold.

    Examples
    --------
    >>> import numpy as np
    >>> bands = np.full((4, 4, 4), 100, np.uint8)
    >>> chain = Compose([SelectiveChannel([Invert(p=1)], channels=(3,))])
    >>> chain(image=bands, key=0)["image"][0, 0]
    array([100, 100, 100, 155], dtype=uint8)
    """

    transforms: Sequence[Transform]
    channels: Sequence[int] = dataclasses.field(default=(0, 1, 2), kw_only=True)
    p: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)  # type: ignore[arg-type]  # it has their field, but is one step of the chain itself
        if not isinstance(self.channels, (list, tuple)) or not self.channels:
            raise TypeError(f"channels must be a list of at least one number of a channel, got {self.channels!r}")
        numbers = tuple(integer(c, f"channels[{i}]", at_least=0) for i, c in enumerate(self.channels))
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"channels must be different numbers, got {numbers}")
        self._keep("channels", numbers)
        for child in self._leaves():
            self._check_child(child)

    @functools.cached_property
    def _plan(self) -> Plan:
        return Plan(Sequential(tuple(self.transforms)))

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is made anew, so that a pickle (and a hash of it) depends on the declaration alone.
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def _leaves(self) -> list[Transform]:
        return [node.transform for node in self._plan.nodes if node.children is None]

    def _check_child(self, child: Transform) -> None:
        """ValueError for a transform that does more than change levels."""
        wrong = child.mixes or child.relabels or child.needs_boxes or child.needs_mask
        for dtype in (np.dtype(np.uint8), np.dtype(np.float32)):
            frame = Frame(64, 64, len(self.channels), dtype)
            kind = Kind(frame.channels, dtype)
            try:
                child.check(kind)
            except ValueError:  # which an image is told
                continue
            wrong = wrong or child.leads_to(kind)[:2] != kind[:2]
            for k in range(0 if wrong else _TRIED):  # a policy moves pixels for some keys only
                params = child.draw(Draws([], np.array([[k]], np.uint64), 0, 0), frame)
                wrong = wrong or any(map(_leaves_levels, child.lower(params, frame)))
        if wrong:
            raise _refusal(type(child).__name__)

    def wants_unit(self) -> bool:
        """Whether any of them does."""
        return any(child.p > 0 and child.wants_unit() for child in self._leaves())

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; the channels must be there, and suit the transforms."""
        super().check(kind, name)
        most = max(self.channels)
        if most >= kind.channels:
            raise ValueError(
                f"{name} must have more than {most} channel{'s' * (most > 1)} for "
                f"SelectiveChannel(channels={self.channels}), got {kind.channels}"
            )
        self._plan.check(State(Frame(64, 64, len(self.channels), kind.dtype)), f"channels {self.channels} of {name}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """What all draws of the transforms come from."""
        return {"stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function, which runs the stages of the transforms."""
        state = State(Frame(frame.height, frame.width, len(self.channels), frame.dtype))
        self._plan.take(np.array([[params["stream"]]], np.uint64), 0, state)
        if not state.stages:
            return []
        if any(map(_leaves_levels, state.stages)):
            raise _refusal("one that moves pixels")
        opencv = any(type(stage) is Whole and stage.opencv for stage in state.stages)
        return [Whole(functools.partial(_changed, list(self.channels), state.stages), opencv, "selected channels")]


_TRIED = 8
"""So many draws of each transform are looked at when it is made."""


def _refusal(got: str) -> ValueError:
    return ValueError(
        "transforms must change levels alone in SelectiveChannel, neither places nor dtypes, numbers of channels or "
        f"other targets, got {got}"
    )


def _leaves_levels(stage: Stage) -> bool:
    """Whether a stage concerns more than the levels of the image."""
    return type(stage) in (Geometry, MaskOnly) or (type(stage) is Erase and stage.mask_fill is not None)


def _changed(channels: list[int], stages: list[Stage], image: np.ndarray) -> np.ndarray:
    out = image.copy()
    planes = out if out.ndim == 3 else out[:, :, np.newaxis]
    planes[:, :, channels] = run(np.ascontiguousarray(planes[:, :, channels]), stages)
    return out


declare(
    SelectiveChannel,
    examples=[
        {"transforms": (("HueSaturationValue", {}), ("GaussianBlur", {}))},
        {"transforms": (("Gamma", {"gamma": (2.0, 2.5)}),), "channels": (0,)},
    ],
    look="Hue and sharpness change as if all channels had been given: here all three are.",
    no_peer="the rows of transforms hold none that hold others",
)
