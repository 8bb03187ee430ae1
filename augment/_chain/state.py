"""What a transform sees of a sample that arrives, and the state that a sample has reached while steps are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._scanline import Geometry, Op, Stage

from .sample import Sample

Params = dict[str, Any]


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


def frame_of(shape: Sequence[int], dtype: np.dtype) -> Frame:
    """The frame of an image of shape (h, w) or (h, w, c)."""
    return Frame(shape[0], shape[1], 1 if len(shape) == 2 else shape[2], dtype)


def frame_after(frame: Frame, stages: list[Stage]) -> Frame:
    """The frame that stages lead to."""
    for stage in stages:
        if isinstance(stage, Geometry):
            if stage.size != frame[:2]:
                frame = frame._replace(height=stage.size[0], width=stage.size[1])
        elif isinstance(stage, Op):
            channels = stage.kind.channels_after(stage, frame.channels)
            if channels != frame.channels:
                frame = frame._replace(channels=channels)
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

    __slots__ = ("always", "current", "donors", "stages")

    def __init__(self, frame: Frame, donors: Any = None, *, always: bool = False) -> None:
        self.current, self.donors, self.always = frame, donors, always
        self.stages: list[Stage] = []

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
        self.sample, self.donors, self.always, self.stages, self.partial = sample, donors, False, [], False

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

    def close(self, out: np.ndarray | None) -> dict[str, Any]:
        """Run the stages; what the caller gets."""
        return self.sample.through(self.stages, out)


_NONE = {"boxes": "boxes=[]", "mask": "a mask of zeros"}


def _missing(name: str, target: str) -> ValueError:
    return ValueError(
        f"{target} must be given: the key alone does not say what {name} draws, which looks at the {target} of the "
        f"sample; pass them to draw, explain or matrix as to the call ({_NONE[target]} where it had none), and the "
        "record of draw to invert in place of the key"
    )
