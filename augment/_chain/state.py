"""What a transform sees of a sample that arrives, and the state that a sample has reached while steps are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.check import frame_size
from imgproc._core.formats import work_dtype
from imgproc._scanline import Deferred, Geometry, Op, Stage, Whole

from .sample import Sample

Params = dict[str, Any]


class Frame(NamedTuple):
    """What a transform may know of the sample that arrives: its size, never its pixels.

    Examples
    --------
    >>> Frame(96, 128).height
    96
    """

    height: int
    width: int
    channels: int = 3
    dtype: np.dtype = np.dtype(np.uint8)
    boxes: np.ndarray | None = None
    """float64 (n, 4) boxes (x0, y0, x1, y1) in pixels of this frame; given only to transforms with ``needs_boxes``."""
    mask: np.ndarray | None = None
    """The sample's mask as it arrives; given only to transforms with ``needs_mask``."""
    labels: Sequence[Any] | None = None
    """What the first of the chain's ``box_fields`` says of each of the boxes; given only to transforms with
    ``needs_labels``."""

    @property
    def kind(self) -> int:
        """A number that says how many channels there are, and of which dtype."""
        return self.channels << 8 | self.dtype.num


class Kind(NamedTuple):
    """What can be known of an image before anything is drawn."""

    channels: int
    dtype: np.dtype
    unit: bool = True
    """Whether levels of floats are meant to be in [0, 1]; after `Normalize` they are not."""


def frame_of(shape: Sequence[int], dtype: np.dtype) -> Frame:
    """The frame of an image of shape (h, w) or (h, w, c)."""
    return Frame(shape[0], shape[1], 1 if len(shape) == 2 else shape[2], dtype)


def without_alpha(frame: Frame) -> Frame:
    """The frame of the colours alone, where the last channel is alpha: transforms see no other."""
    return frame._replace(channels=max(frame.channels - 1, 1))


def frame_after(frame: Frame, stages: list[Stage]) -> Frame:
    """The frame that stages lead to."""
    for stage in stages:
        if isinstance(stage, Geometry):
            if stage.size != frame[:2]:
                if type(stage.size[0]) is type(stage.size[1]) is int:  # no symbols
                    frame_size(stage.size, "the size of the frame that is made", source=frame[:2])
                frame = frame._replace(height=stage.size[0], width=stage.size[1])
        elif isinstance(stage, Op):
            kind = stage.kind
            channels = kind.channels_after(stage, frame.channels)
            if channels != frame.channels:
                frame = frame._replace(channels=channels)
            if kind.last:
                frame = frame._replace(dtype=work_dtype(frame.dtype))
        elif isinstance(stage, (Whole, Deferred)) and stage.dtype is not None:
            frame = frame._replace(dtype=stage.dtype)
    return frame


class Place(NamedTuple):
    """Where a transform stands in its chain."""

    name: str
    """Its class."""
    occurrence: int
    """Which of that class it is."""
    address: int
    """The 44 bits that its draws depend on."""


class Step(NamedTuple):
    """One transform as it was applied to a sample."""

    place: Place
    params: Params
    stages: list[Stage]
    mixed: tuple[int, int] | None = None
    """(h, w) of the result, for a mixing."""


_NONE: dict[str, State] = {}
"""No further images; nobody writes to it."""


class State:
    """How far the steps of a sample have come: the frame that they have reached, and the stages that are to be run.

    Of the sample itself nothing but its frame is known here: that is enough to draw.

    Parameters
    ----------
    frame : Frame
    donors : sized, optional
        Samples to mix with.
    always : bool
        Whether transforms are applied whatever their `p` says.
    """

    __slots__ = ("always", "current", "donors", "further", "stages")

    further: dict[str, State]
    """The states of further images that have another dtype or other channels than the first, by their names: stages
    are made for them, too, from the same draws."""

    def __init__(self, frame: Frame, donors: Any = None, *, always: bool = False) -> None:
        self.current, self.donors, self.always = frame, donors, always
        self.stages: list[Stage] = []
        self.further = _NONE

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the frame."""
        return self.current[:2]

    def count_donors(self) -> int | None:
        """How many donors there are, if that is known."""
        return None if self.donors is None else len(self.donors)

    def frame_with(self, name: str, boxes: bool, mask: bool, *, drawn: bool = False) -> Frame:
        """The current frame, with the boxes or the mask as they are now, for the transform of a name.

        Without a sample there are none: that is enough for what is `drawn` already, and to say what may be done.
        """
        return self.current

    def frame_labelled(self, name: str, frame: Frame) -> Frame:
        """A frame with boxes, with their labels, too, for the transform of a name."""
        return frame

    def advance(self, stages: list[Stage]) -> None:
        """Go on to the frame that stages lead to."""
        self.current = frame_after(self.current, stages)
        self.stages += stages

    def resize(self, height: int, width: int) -> None:
        """Go on to a frame of another size: what a mixing that is only drawn would lead to."""
        self.current = self.current._replace(height=height, width=width)


class SampleState(State):
    """The state of a sample."""

    __slots__ = ("partial", "sample")

    partial: bool
    """Whether the sample may lack targets that the call has, which is drawn for: nothing is then taken to be none."""

    def __init__(self, sample: Sample, donors: Any = None) -> None:
        self.current = frame_of(sample.image.shape, sample.image.dtype)
        if sample.rules.alpha:
            self.current = without_alpha(self.current)
        self.sample, self.donors, self.always, self.stages, self.partial = sample, donors, False, [], False
        self.further = _NONE
        if not sample.by_geometry:
            self.further = {}
            for name, value in sample.further():
                frame = frame_of(value.shape, value.dtype)
                if frame != self.current:
                    self.further[name] = State(frame)

    def frame_with(self, name: str, boxes: bool, mask: bool, *, drawn: bool = False) -> Frame:
        """The current frame, with the boxes or the mask as they are now."""
        frame, sample, known = self.current, self.sample, drawn or self.always or not self.partial
        if boxes:
            if not known and sample.boxes is None:
                raise _missing(name, "boxes")
            frame = frame._replace(boxes=sample.boxes_at(self.stages))
        if mask:
            if not known and not sample.has_masks:
                raise _missing(name, "mask")
            frame = frame._replace(mask=sample.mask_at(self.stages))
        return frame

    def frame_labelled(self, name: str, frame: Frame) -> Frame:
        """A frame with boxes, with their labels, too."""
        labels = self.sample.labels_at(self.stages)
        if labels is None and frame.boxes is not None and len(frame.boxes):
            raise ValueError(
                f"labels must be given with the boxes, in the first of box_fields: what {name} draws depends on them"
            )
        return frame._replace(labels=labels)

    def close(self, out: np.ndarray | None) -> dict[str, Any]:
        """Run the stages; what the caller gets."""
        return self.sample.through(self.stages, out, own=self.own() if self.further else None)

    def own(self) -> dict[str, list[Stage]]:
        """The stages of further images that have stages of their own, by name."""
        return {name: state.stages for name, state in self.further.items()}

    def settled(self) -> Sample:
        """The sample after all stages so far."""
        return self.sample.moved(self.stages, own=self.own()) if self.stages else self.sample


_NO_TARGETS = {"boxes": "boxes=[]", "mask": "a mask of zeros"}


def _missing(name: str, target: str) -> ValueError:
    return ValueError(
        f"{target} must be given: the key alone does not say what {name} draws, which looks at the {target} of the "
        f"sample; pass them to draw, explain or matrix as to the call ({_NO_TARGETS[target]} where it had none), and "
        "the record of draw to invert in place of the key"
    )
