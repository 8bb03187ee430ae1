"""Parts of the image, at its own scale or resized."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import of

from .._chain.drawn import Rule, rectangle, row, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Range, Size, number_range, size_of, square_or
from ._common import _Framed, _Resized, part_stage, too_large

__all__ = ["BoxSafeCrop", "CenterCrop", "Crop", "ResizedCrop"]


def _room(frame: Frame, size: Size) -> tuple[int, int]:
    """How much higher and wider a frame is than a size."""
    h, w = size_of(size)
    return frame.height - h, frame.width - w


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Cut(_Framed):
    """A part of the image of a fixed size."""

    size: Size = dataclasses.field(kw_only=False)
    pad: bool = False
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", square_or(self.size))
        flag(self.pad, "pad")

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The part begins where it lies in the image, or the image in the part."""
        down, across = _room(frame, self.size)
        return {"place": row(*(whole(min(room, 0), max(room, 0)) for room in (down, across)))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        top, left = params["place"]
        pull = (1.0, 0.0, 0.0 + left, 0.0, 1.0, 0.0 + top, 0.0, 0.0, 1.0)
        return [Geometry(pull, size_of(self.size), self.border, self.fill, mask_fill=self.mask_fill)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Crop(_Cut):
    """Cut out a part of a fixed size, anywhere in the image.

    albumentations' and torchvision's RandomCrop.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int)
        (h, w) of the part; one number is the side of a square.
    pad : bool
        What happens along a side that is shorter than `size`: False refuses the image (ValueError), True puts the
        image in the middle and the border around it.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is smaller than `size` and `pad` is False.

    Examples
    --------
    >>> chain = Compose([Crop((32, 48))])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (32, 48, 3)
    """

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """First row and column of the part; negative where the image is padded."""
        down, across = _room(frame, self.size)
        if (down < 0 or across < 0) and not self.pad:
            raise too_large(size_of(self.size), frame)
        top = rng.integer(0, down) if down > 0 else -(-down // 2)
        left = rng.integer(0, across) if across > 0 else -(-across // 2)
        return {"place": (top, left)}


declare(
    Crop,
    examples=[{"size": (64, 80)}, {"size": (120, 80), "pad": True, "fill": 0.5}],
    look="A part at the picture's own scale; frames end where it ends, and what is outside is gone.",
    peers=[Single("RandomCrop", {"size": (384, 384)}, {"height": 384, "width": 384})],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CenterCrop(_Cut):
    """Cut out the middle of the image, of a fixed size.

    albumentations' and torchvision's CenterCrop.  Where a pixel more must go on one side than on the other, it goes
    below and to the right.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int)
        (h, w) of the part; one number is the side of a square.
    pad : bool
        What happens along a side that is shorter than `size`: False refuses the image (ValueError), True puts the
        image in the middle and the border around it.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is smaller than `size` and `pad` is False.

    Examples
    --------
    >>> chain = Compose([CenterCrop((32, 48))])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, image[32:64, 40:88])
    True
    """

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """First row and column of the part; negative where the image is padded."""
        down, across = _room(frame, self.size)
        if (down < 0 or across < 0) and not self.pad:
            raise too_large(size_of(self.size), frame)
        return {"place": (_half(down), _half(across))}


declare(
    CenterCrop,
    examples=[{"size": (65, 81)}],
    look="Always the same part, so one key is enough.",
    peers=[Single("CenterCrop", {"size": (384, 384)}, {"height": 384, "width": 384})],
)


def _half(room: int) -> int:
    """Half of a difference, towards zero."""
    return room // 2 if room >= 0 else -(-room // 2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResizedCrop(_Resized):
    """Cut out a part of random area, ratio of sides and place, and resize it to a fixed size.

    torchvision's and albumentations' RandomResizedCrop, with their sampling: ten attempts at a part of whole pixels,
    its ratio uniform on a logarithmic scale; if none fits into the image, the largest part in its middle with a ratio
    within `ratio`.  The part is cut out first, so that the edges of the result see nothing beyond it.  Changes images,
    masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int)
        (h, w) of the result; one number is the side of a square.
    scale : (float, float)
        Range of the part's area as a fraction of the image's, above 0 and at most 1.
    ratio : (float, float)
        Range of the part's width over its height, above 0.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        ``area`` averages along axes that shrink and is ``bilinear`` along those that grow.
    antialias : bool
        Widen the filters of ``bilinear`` and ``bicubic`` where the image shrinks, as Pillow and torchvision do, see
        `imgproc.resize`; ``lanczos`` always does.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([ResizedCrop(size=(32, 32))])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (32, 32, 3)
    """

    size: Size = dataclasses.field(kw_only=False)
    scale: Range = (0.08, 1.0)
    ratio: Range = (3.0 / 4.0, 4.0 / 3.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", square_or(self.size))
        self._keep("scale", number_range(self.scale, "scale", above=0, at_most=1))
        self._keep("ratio", number_range(self.ratio, "ratio", above=0))
        self._log_ratio: tuple[float, float]
        self._keep("_log_ratio", (elementary.log(self.ratio[0]), elementary.log(self.ratio[1])))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The part's (y0, x0, y1, x1) in pixels."""
        h, w = frame.height, frame.width
        unit = rng.unit
        (low, high), (narrow, wide) = self.scale, self._log_ratio
        for _ in range(10):
            area = (low + (high - low) * unit()) * h * w
            ratio = of(elementary.exp, narrow + (wide - narrow) * unit())
            width, height = round(of(math.sqrt, area * ratio)), round(of(math.sqrt, area / ratio))
            if 0 < width <= w and 0 < height <= h:
                top, left = rng.integer(0, h - height), rng.integer(0, w - width)
                return {"part": (top, left, top + height, left + width)}
        height, width = h, w
        if w < self.ratio[0] * h:
            height = max(min(round(w / self.ratio[0]), h), 1)
        elif w > self.ratio[1] * h:
            width = max(min(round(h * self.ratio[1]), w), 1)
        top, left = (h - height) // 2, (w - width) // 2
        return {"part": (top, left, top + height, left + width)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The part lies in the image."""
        return {"part": rectangle(frame.height, frame.width)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        return [part_stage(params["part"], size_of(self.size), self.interpolation, self.antialias)]


declare(
    ResizedCrop,
    examples=[{"size": (48, 56)}, {"size": (112, 144), "scale": (0.2, 0.6), "interpolation": "bicubic"}],
    look="Parts of different area and shape, all of the same size after it[[: faces become wider or narrower]].",
    peers=[
        Single(
            "RandomResizedCrop",
            {"size": (224, 224)},
            {"size": (224, 224)},
            variant="default",
            at_least=0.5,
            note="ours averages every pixel, theirs looks at 2 × 2, with aliases",
        ),
        Single(
            "RandomResizedCrop",
            {"size": (224, 224)},
            {"size": (224, 224), "interpolation": "cv2.INTER_AREA"},
            variant="area",
            at_least=2.0,
        ),
        Single(
            "RandomResizedCrop",
            {"size": (224, 224), "interpolation": "bilinear"},
            {"size": (224, 224)},
            variant="bilinear",
        ),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoxSafeCrop(_Resized):
    """Cut out a part that holds all boxes, and optionally resize it.

    Each side of the part is drawn anywhere between the border of the image and the boxes, on whole pixels.  Without
    boxes the part holds the centre of the image.  albumentations' BBoxSafeRandomCrop and, with `size`,
    RandomSizedBBoxSafeCrop.  Changes images, masks, boxes and keypoints; what a box shows outside the image is lost.

    Parameters
    ----------
    size : int or (int, int), optional
        (h, w) of the result; one number is the side of a square; by default the part's own.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        For `size`; ``area`` averages along axes that shrink and is ``bilinear`` along those that grow.
    antialias : bool
        Widen the filters of ``bilinear`` and ``bicubic`` where the image shrinks, as Pillow and torchvision do, see
        `imgproc.resize`; ``lanczos`` always does.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([BoxSafeCrop(size=(64, 64))])
    >>> len(chain(image=image, boxes=[(5, 5, 20, 20)], labels=[1], key=1)["boxes"])  # none is lost
    1
    """

    size: Size | None = None

    needs_boxes = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size is not None:
            self._keep("size", square_or(self.size))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The part's (y0, x0, y1, x1) in pixels."""
        h, w = frame.height, frame.width
        x0, y0, x1, y1 = 0.5 * w, 0.5 * h, 0.5 * w, 0.5 * h
        if frame.boxes is not None and len(frame.boxes):
            x0, y0 = np.min(frame.boxes[:, :2], axis=0).tolist()
            x1, y1 = np.max(frame.boxes[:, 2:], axis=0).tolist()
        left, right = _around(x0, x1, w, rng)
        top, bottom = _around(y0, y1, h, rng)
        return {"part": (top, left, bottom, right)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The part lies in the image."""
        return {"part": rectangle(frame.height, frame.width)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map, exact without `size`."""
        y0, x0, y1, x1 = part = params["part"]
        size = (y1 - y0, x1 - x0) if self.size is None else size_of(self.size)
        return [part_stage(part, size, self.interpolation, self.antialias)]


declare(
    BoxSafeCrop,
    examples=[{}, {"size": (64, 64)}],
    look="However tight the part, no frame is cut.",
    peers=[Single("BBoxSafeRandomCrop", targets="boxes")],
)


def _around(low: float, high: float, size: int, rng: Draws) -> tuple[int, int]:
    """Whole numbers from 0 to `size` around an interval, a pixel apart at least."""
    first = min(max(math.floor(low), 0), size - 1)
    last = min(max(math.ceil(high), first + 1), size)
    return rng.integer(0, first), rng.integer(last, size)
