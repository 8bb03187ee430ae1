"""Parts of the image that are chosen by its boxes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import integer, real
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Stage

from .._chain.drawn import Rule, rectangle
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import Range, Size, Spread, number_range, pair_of, size_of, square_or
from ._common import cut_stage, too_large

__all__ = ["BoxCrop", "IoUCrop"]

_MOST_TRIALS = 200
_ROUNDS = 50
"""So many overlaps are drawn for one image before it stays as it is."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoxCrop(Transform):
    """Cut out a part around one of the boxes, so that at least this one is seen.

    A box is drawn, each alike.  With `size` the part has this size and lies anywhere where it shows enough of the box;
    without, it is the box with each side moved by a random distance.  Changes images, masks, boxes and keypoints.

    albumentations' AtLeastOneBBoxRandomCrop, whose ``erosion_factor`` is ``1 - visible``, and, without `size`, its
    RandomCropNearBBox, which is told the box by the caller.

    Parameters
    ----------
    size : (int, int), optional
        (h, w) of the part, in pixels of the image.
    visible : float
        With `size`: the part of the box's width, and of its height, that must be inside, above 0 and at most 1.  A
        side that is longer than the part fills it.
    margin : float or (float, float)
        Without `size`: range of the distance by which each side of the box moves outwards (above 0) or inwards (below
        0), as a fraction of the box's width or height; above -0.5; one number v means (-v, v).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is smaller than `size`.

    Notes
    -----
    Without boxes the part lies anywhere, or is the whole image without `size`.  What a chain asks of boxes
    (``min_visibility``, ``min_area``) may still drop the one that was drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> chain = augment.Compose([augment.BoxCrop(size=(32, 32))], box_fields=())
    >>> done = chain(image=np.zeros((60, 80, 3), np.uint8), boxes=[(50, 10, 60, 25)], key=0)
    >>> done["image"].shape, len(done["boxes"])
    ((32, 32, 3), 1)
    """

    size: Size | None = None
    visible: float = 1.0
    margin: Spread = (-0.3, 0.3)
    p: float = 1.0

    needs_boxes = True
    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size is not None:
            self._keep("size", square_or(self.size))
        visible = real(self.visible, "visible", at_most=1)
        if visible <= 0:
            raise ValueError(f"visible must be > 0, got {visible:g}")
        self._keep("visible", visible)
        self._keep("margin", number_range(self.margin, "margin", above=-0.5, around=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The part's (y0, x0, y1, x1) in pixels."""
        h, w = frame.height, frame.width
        size = None if self.size is None else size_of(self.size)
        if size is not None and (size[0] > h or size[1] > w):
            raise too_large(size, frame, pads=False)
        boxes = frame.boxes
        if boxes is None or not len(boxes):
            x0, y0, x1, y1 = 0.0, 0.0, float(w), float(h)
        else:
            x0, y0, x1, y1 = boxes[rng.integer(0, len(boxes) - 1), :4].tolist()
        if size is None:
            whole = boxes is None or not len(boxes)
            low, high = (0.0, 0.0) if whole else pair_of(self.margin)
            (left, right), (top, bottom) = (
                _moved(a, b, length, low, high, rng) for a, b, length in ((x0, x1, w), (y0, y1, h))
            )
        else:
            height, width = size
            top, left = self._start(y0, y1, height, h, rng), self._start(x0, x1, width, w, rng)
            bottom, right = top + height, left + width
        return {"part": (top, left, bottom, right)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The part lies in the image, and has its size."""
        inside = rectangle(frame.height, frame.width)
        return {"part": inside if self.size is None else _of_size(inside, size_of(self.size))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        return [cut_stage(params["part"])]

    def _start(self, low: float, high: float, length: int, size: int, rng: Draws) -> int:
        """Where a part of a length begins that shows enough of an interval."""
        wanted = min(self.visible * (high - low), length)
        first, last = math.ceil(low + wanted - length - 1e-9), math.floor(high - wanted + 1e-9)
        if first > last:  # a part of whole pixels is too short by a fraction of one
            first = last = round(0.5 * (low + high - length))
        return rng.integer(min(max(first, 0), size - length), min(max(last, 0), size - length))


declare(
    BoxCrop,
    examples=[{}, {"size": (32, 36)}, {"size": (30, 24), "visible": 0.4}],
    look="The part lies around one of the frames, another one for each key.",
    peers=[
        Single(
            "AtLeastOneBBoxRandomCrop",
            {"size": (384, 384)},
            {"height": 384, "width": 384},
            "of a size",
            targets="boxes",
        )
    ],
)


def _moved(low: float, high: float, size: int, least: float, most: float, rng: Draws) -> tuple[int, int]:
    """An interval with both ends moved outwards by fractions of its length, as whole pixels within a side."""
    length = high - low
    first, last = round(low - length * rng.uniform(least, most)), round(high + length * rng.uniform(least, most))
    first = min(max(first, 0), size - 1)
    if last <= first:  # thinner than a pixel: that in which its middle lies
        first = min(max(math.floor(0.5 * (low + high)), 0), size - 1)
        last = first + 1
    return first, min(last, size)


def _of_size(inside: Rule, size: tuple[int, int]) -> Rule:
    """What another rule allows, of one size."""

    def check(value: Any, name: str) -> list[int]:
        found: list[int] = inside(value, name)
        if (found[2] - found[0], found[3] - found[1]) != size:
            raise ValueError(f"{name} must be (y0, x0, y1, x1) of size {size}, got {found}")
        return found

    return check


@dataclasses.dataclass(frozen=True, kw_only=True)
class IoUCrop(Transform):
    """Cut out a part that overlaps a box by at least a drawn intersection over union: the crop of SSD.

    An overlap is drawn out of `overlaps`; 1 or above leaves the image as it is.  Then parts are drawn until one holds
    the centre of a box, and overlaps one of those whose centre it holds by that much; after `trials` parts another
    overlap is drawn.  Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016; torchvision's RandomIoUCrop, with
    its defaults.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    overlaps : tuple of float
        The least intersection over union of the part and a box, at least 0, one of them each time.
    scale : (float, float)
        Range of the part's width and height as fractions of the image's, drawn for each; above 0, at most 1.
    ratio : (float, float)
        Range of the part's width over its height, above 0; parts beyond it are drawn anew.
    trials : int
        Parts that are drawn for an overlap, 1 to 200.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    An image without boxes stays as it is, as does one for which many overlaps in turn have found no part.  SSD drops
    boxes whose centre is outside of the part; here the chain's ``min_visibility`` says which boxes are kept.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> chain = augment.Compose([augment.IoUCrop(overlaps=(0.5,))], box_fields=())
    >>> done = chain(image=np.zeros((60, 80, 3), np.uint8), boxes=[(10, 10, 60, 50)], key=0)
    >>> done["image"].shape
    (47, 52, 3)
    """

    overlaps: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
    scale: Range = (0.3, 1.0)
    ratio: Range = (0.5, 2.0)
    trials: int = 40
    p: float = 1.0

    needs_boxes = True
    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.overlaps, (tuple, list)):
            raise TypeError(f"overlaps must be a tuple of numbers, got {self.overlaps!r}")
        if not self.overlaps:
            raise ValueError("overlaps must hold at least one number, got none")
        self._keep("overlaps", tuple(real(v, f"overlaps[{i}]", at_least=0) for i, v in enumerate(self.overlaps)))
        self._keep("scale", number_range(self.scale, "scale", SIDE, above=0, at_most=1))
        self._keep("ratio", number_range(self.ratio, "ratio", above=0))
        self._keep("trials", integer(self.trials, "trials", at_least=1, at_most=_MOST_TRIALS))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The part's (y0, x0, y1, x1) in pixels; of an image that stays as it is, all of it."""
        h, w, boxes = frame.height, frame.width, frame.boxes
        if boxes is not None and len(boxes):
            for _ in range(_ROUNDS):
                least = rng.pick(self.overlaps)
                if least >= 1.0:
                    break
                for _ in range(self.trials):
                    part = self._drawn(rng, h, w)
                    if part is not None and _overlap(part, boxes) >= least:
                        return {"part": part}
        return {"part": (0, 0, h, w)}

    def _drawn(self, rng: Draws, h: int, w: int) -> tuple[int, int, int, int] | None:
        """Some part; None if its sides are of another ratio than they may be."""
        width, height = int(w * rng.uniform(*self.scale)), int(h * rng.uniform(*self.scale))
        across, down = rng.unit(), rng.unit()
        if width < 1 or height < 1 or not self.ratio[0] <= width / height <= self.ratio[1]:
            return None
        top, left = int((h - height) * down), int((w - width) * across)
        return top, left, top + height, left + width

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The part lies in the image."""
        return {"part": rectangle(frame.height, frame.width)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        return [cut_stage(params["part"])]


declare(
    IoUCrop,
    examples=[{}, {"overlaps": (0.3,), "scale": (0.4, 0.9), "ratio": (0.8, 1.25)}],
    look="Parts of different size and shape, each around most of some thing.",
    no_peer="albumentations 2.0.8 has none",
)


def _overlap(part: Sequence[int], boxes: np.ndarray) -> float:
    """The largest intersection over union of a part with a box whose centre it holds; -1 if it holds none."""
    y0, x0, y1, x1 = part
    a, b, c, d = boxes[:, :4].T
    x, y = 0.5 * (a + c), 0.5 * (b + d)
    held = (x0 < x) & (x < x1) & (y0 < y) & (y < y1)
    if not held.any():
        return -1.0
    a, b, c, d = a[held], b[held], c[held], d[held]
    common = np.maximum(np.minimum(c, x1) - np.maximum(a, x0), 0) * np.maximum(np.minimum(d, y1) - np.maximum(b, y0), 0)
    together = (c - a) * (d - b) + (y1 - y0) * (x1 - x0) - common
    return float(np.max(common / together))
