"""Holes in objects: rectangles that are erased where boxes, or the labels of a mask, say that something is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of
from imgproc._core.declare import Single, declare
from imgproc._scanline import Stage

from .._chain.drawn import Rule, rectangle, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._label_planes import label_plane
from .._ranges import integer_range, number_range
from ._common import MOST_HOLES, _Erasing
from ._objects import numbered, runs_of

__all__ = ["ConstrainedDropout"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConstrainedDropout(_Erasing):
    """Erase rectangular holes in each object, by the boxes or by the mask of the sample.

    Objects are hidden in part, as if something stood before them; the background stays.  albumentations'
    ConstrainedCoarseDropout.  Changes images and, with `mask_fill`, masks; boxes and keypoints stay.  Any number of
    channels.

    Parameters
    ----------
    near : {"boxes", "mask"}
        What the objects are: the boxes, or the connected pieces of each label but 0 in the mask (neighbours touch with
        sides or corners).  Where the sample has none, nothing happens.
    labels : tuple of int or str, optional
        Only objects with these labels: of the mask, or what the first of the chain's ``box_fields`` says of a box.
        Default: all.
    holes : (int, int)
        Range of the number of holes in each object, at least 0; each integer alike.  No more than 4096 are made in all.
    height, width : (float, float)
        Ranges of the sides of a hole, above 0, at most 1: as fractions of the sides of the box, in which the hole then
        lies anywhere; or of the square root of the piece's area, around one of its pixels.
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
        If an argument is of the wrong kind or value, `fill` has not one level for each channel, the mask is not (h, w),
        or boxes that are chosen by `labels` come without.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> hidden = augment.ConstrainedDropout(holes=(1, 1), height=(0.5, 0.5), width=(0.5, 0.5), labels=("cat",), p=1.0)
    >>> image = np.full((60, 80), 200, np.uint8)
    >>> boxes, labels = [(10, 10, 30, 30), (40, 10, 70, 50)], ["cat", "dog"]
    >>> int((augment.Compose([hidden])(image=image, boxes=boxes, labels=labels, key=0)["image"] == 0).sum())
    100
    """

    near: str = "boxes"
    labels: tuple[Any, ...] | None = None
    holes: tuple[int, int] = (1, 2)
    height: tuple[float, float] = (0.1, 0.3)
    width: tuple[float, float] = (0.1, 0.3)

    needs_boxes = True

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.near, "near", ("boxes", "mask"))
        boxes = self.near == "boxes"
        if self.labels is not None:
            if not isinstance(self.labels, (tuple, list)):
                raise TypeError(f"labels must be a tuple, got {self.labels!r}")
            self._keep(
                "labels", tuple(_label(label, f"labels[{i}]", words=boxes) for i, label in enumerate(self.labels))
            )
        self._keep("holes", integer_range(self.holes, "holes", at_least=0, at_most=MOST_HOLES))
        self._keep("height", number_range(self.height, "height", above=0, at_most=1))
        self._keep("width", number_range(self.width, "width", above=0, at_most=1))
        self._keep("needs_boxes", boxes)
        self._keep("needs_mask", not boxes)
        self._keep("needs_labels", boxes and self.labels is not None)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The rectangles."""
        made = self._by_boxes(rng, frame) if self.near == "boxes" else self._by_mask(rng, frame)
        holes: list[list[int]] = []
        for hole in made:
            holes.append(hole)
            if len(holes) == MOST_HOLES:
                break
        return self._with_stream({"rectangles": holes}, rng)

    def _by_boxes(self, rng: Draws, frame: Frame) -> Iterator[list[int]]:
        boxes = np.empty((0, 4)) if frame.boxes is None else frame.boxes
        labels = frame.labels
        for k, (x0, y0, x1, y1) in enumerate(boxes[:, :4].tolist()):
            if self.labels is not None and (labels is None or not _is_one(labels[k], self.labels)):
                continue
            for _ in range(rng.integer(*self.holes)):
                top, bottom = _inside(y0, y1, rng.uniform(*self.height), rng.unit(), frame.height)
                left, right = _inside(x0, x1, rng.uniform(*self.width), rng.unit(), frame.width)
                yield [top, left, bottom, right]

    def _by_mask(self, rng: Draws, frame: Frame) -> Iterator[list[int]]:
        if frame.mask is None:
            return
        for starts, ends in _pieces(label_plane(frame.mask, "ConstrainedDropout"), self.labels):
            area = int(ends[-1])
            side = math.sqrt(area)
            for _ in range(rng.integer(*self.holes)):
                h, w = max(round(side * rng.uniform(*self.height)), 1), max(round(side * rng.uniform(*self.width)), 1)
                y, x = divmod(_pixel(starts, ends, rng.integer(0, area - 1)), frame.width)
                y, x = y - h // 2, x - w // 2
                yield [max(y, 0), max(x, 0), min(y + h, frame.height), min(x + w, frame.width)]

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The holes lie in the image."""
        return {"rectangles": several(rectangle(frame.height, frame.width), 0, MOST_HOLES)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        return self._paint(tuple(map(tuple, params["rectangles"])), params, "constrained dropout")


declare(
    ConstrainedDropout,
    examples=[{}, {"near": "mask", "labels": (1, 3), "holes": (2, 4), "fill": "noise", "mask_fill": 0}],
    look="Each thing with a frame has a hole or two, and the rest of the picture none.",
    peers=[
        Single(
            "ConstrainedCoarseDropout",
            {"near": "mask", "labels": (1, 2, 3), "height": (0.1, 0.3), "width": (0.1, 0.3), "holes": (1, 2)},
            {
                "mask_indices": (1, 2, 3),
                "hole_height_range": (0.1, 0.3),
                "hole_width_range": (0.1, 0.3),
                "num_holes_range": (1, 2),
            },
            targets="mask",
        )
    ],
)


def _label(value: Any, name: str, *, words: bool) -> int | str:
    if words and isinstance(value, str):
        return value
    return integer(value, name)


def _is_one(label: Any, labels: tuple[Any, ...]) -> bool:
    """Whether a label is among some; an integer is no word."""
    label = label.item() if isinstance(label, np.generic) else label
    return isinstance(label, (int, float, str)) and label in labels


def _inside(low: float, high: float, share: float, at: float, size: int) -> tuple[int, int]:
    """A hole of a share of an interval, anywhere in it, as whole pixels within a side."""
    length = min(max(round((high - low) * share), 1), size)
    first = math.floor(low + at * max(high - low - length, 0.0))
    first = min(max(first, 0), size - length)
    return first, first + length


def _pieces(plane: np.ndarray, labels: tuple[int, ...] | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """The connected pieces of one of these labels each, or of any but 0.

    Of each piece: the first pixels of its runs in rows, and how many pixels there are up to the end of each."""
    if labels is None:
        here = plane != 0
    else:
        here = np.zeros(plane.shape, bool)
        for label in labels:
            here |= plane == label
    starts, lengths = runs_of(plane, here)
    if not starts.size:
        return []
    numbers = numbered(plane, here, starts)
    order = np.argsort(numbers, kind="stable")
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    return [(starts[runs], np.cumsum(lengths[runs])) for runs in np.split(order, cuts)]


def _pixel(starts: np.ndarray, ends: np.ndarray, k: int) -> int:
    """The pixel of a number, counted along the runs of a piece."""
    run = int(np.searchsorted(ends, k, "right"))
    return int(starts[run]) + k - (int(ends[run - 1]) if run else 0)
