"""The whole image at another size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.check import LONGEST, integer, one_of
from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import of

from .._chain.drawn import Rule, row, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Size, size_of, square_or
from ._common import WHERE, _Framed, _Resized, check_filter
from ._pad import place

__all__ = ["Letterbox", "Resize", "ResizeLongest", "ResizeShortest"]


def resize_stage(h: int, w: int, size: tuple[int, int], interpolation: str, antialias: bool = False) -> Geometry:
    """All of (h, w) on `size`."""
    pull = (w / size[1], 0.0, 0.0, 0.0, h / size[0], 0.0, 0.0, 0.0, 1.0)
    return Geometry(pull, size, "replicate", 0.0, interpolation, antialias=antialias)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resize(_Resized):
    """Resize to a size, whatever that does to the ratio of the sides.

    albumentations' and torchvision's Resize.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int)
        (h, w) of the result; one number is the side of a square.
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
    >>> chain = Compose([Resize(size=(48, 64))])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, imgproc.resize(image, size=(48, 64)))
    True
    """

    size: Size = dataclasses.field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", square_or(self.size))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        return [resize_stage(frame.height, frame.width, size_of(self.size), self.interpolation, self.antialias)]


def _peer_by_pillow() -> Callable[[np.ndarray], Any]:
    """The same filter by Pillow."""
    from PIL import Image

    def resized(image: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC))

    return resized


declare(
    Resize,
    examples=[{"size": (48, 72)}, {"size": (144, 160), "interpolation": "bilinear"}],
    look="Smaller and of another shape; frames and dots sit where they sat.",
    peers=[
        Single(
            "Resize",
            {"size": (224, 224)},
            {"height": 224, "width": 224},
            variant="default",
            at_least=0.6,
            note="ours averages every pixel, theirs looks at 2 × 2, with aliases",
        ),
        Single(
            "Resize",
            {"size": (224, 224)},
            {"height": 224, "width": 224, "interpolation": "cv2.INTER_AREA"},
            variant="area",
            at_least=3.0,
        ),
        Single(
            _peer_by_pillow,
            {"size": (224, 224), "interpolation": "bicubic", "antialias": True},
            variant="antialias",
            by="Pillow",
            at_least=2.5,
            note="the same filter; albumentations has none",
        ),
        Single(
            "Resize",
            {"size": (224, 224), "interpolation": "bicubic"},
            {"height": 224, "width": 224, "interpolation": "cv2.INTER_CUBIC"},
            variant="bicubic",
        ),
        Single(
            "Resize",
            {"size": (224, 224), "interpolation": "bilinear"},
            {"height": 224, "width": 224},
            variant="bilinear",
        ),
        Single(
            "Resize", {"size": (640, 640), "interpolation": "bilinear"}, {"height": 640, "width": 640}, variant="larger"
        ),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResizeLongest(_Resized):
    """Resize so that the longer side gets a length; the ratio of the sides stays, but for rounding.

    albumentations' LongestMaxSize.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int
        Pixels of the longer side of the result; the other side is rounded, at least to 1.
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
    >>> chain = Compose([ResizeLongest(64)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (48, 64, 3)
    """

    size: int = dataclasses.field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", integer(self.size, "size", at_least=1, at_most=LONGEST))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        return [resize_stage(h, w, scaled(h, w, self.size, max(h, w)), self.interpolation, self.antialias)]


declare(
    ResizeLongest,
    examples=[{"size": 80}],
    look="Smaller, shape kept: frames stay tight[[, dots on the pupils]].",
    peers=[Single("LongestMaxSize", {"size": 224}, {"max_size": 224, "interpolation": "cv2.INTER_AREA"})],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResizeShortest(_Resized):
    """Resize so that the shorter side gets a length; the ratio of the sides stays, but for rounding.

    albumentations' SmallestMaxSize, torchvision's Resize with one number.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int
        Pixels of the shorter side of the result; the other side is rounded.
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
    >>> chain = Compose([ResizeShortest(48)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (48, 64, 3)
    """

    size: int = dataclasses.field(kw_only=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", integer(self.size, "size", at_least=1, at_most=LONGEST))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        return [resize_stage(h, w, scaled(h, w, self.size, min(h, w)), self.interpolation, self.antialias)]


declare(
    ResizeShortest,
    examples=[{"size": 64}, {"size": 120, "interpolation": "bicubic"}],
    look="Its size is that of the shorter side: smaller, shape kept.",
    peers=[Single("SmallestMaxSize", {"size": 224}, {"max_size": 224, "interpolation": "cv2.INTER_AREA"})],
)


def scaled(h: int, w: int, length: int, side: int) -> tuple[int, int]:
    """(h, w) scaled so that a side of `side` pixels gets `length`; no side gets less than one pixel."""
    return max(round(h * length / side), 1), max(round(w * length / side), 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Letterbox(_Framed):
    """Resize to fit into a size, ratio of the sides kept, and pad what is left of it.

    The preparation of detectors such as YOLO; LetterBox elsewhere.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    size : int or (int, int)
        (h, w) of the result; one number is the side of a square.
    position : {"center", "top_left", "top_right", "bottom_left", "bottom_right", "random"}
        Where the image sits in the frame; ``center`` puts an odd pixel below and to the right.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What the rest of the frame shows.
    fill : float or tuple of float
        Level for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        ``area`` averages when shrinking and is ``bilinear`` when enlarging.
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
    >>> chain = Compose([Letterbox(size=(64, 64))])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (64, 64, 3)
    """

    size: Size = dataclasses.field(kw_only=False)
    position: str = "center"
    interpolation: str = "area"
    antialias: bool = False
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("size", square_or(self.size))
        one_of(self.position, "position", WHERE)
        check_filter(self.interpolation, self.antialias)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The first row and column of the image in the frame."""
        (h, w), (height, width) = self._inner(frame), size_of(self.size)
        return {"place": place(self.position, height - h, width - w, rng)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The image lies in the frame."""
        (h, w), (height, width) = self._inner(frame), size_of(self.size)
        return {"place": row(whole(0, height - h), whole(0, width - w))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """A resize and, if something is left, an exact map."""
        inner = self._inner(frame)
        stages: list[Stage] = [resize_stage(frame.height, frame.width, inner, self.interpolation, self.antialias)]
        if inner != self.size:
            top, left = params["place"]
            pull = (1.0, 0.0, of(float, -left), 0.0, 1.0, of(float, -top), 0.0, 0.0, 1.0)
            stages.append(Geometry(pull, size_of(self.size), self.border, self.fill, mask_fill=self.mask_fill))
        return stages

    def _inner(self, frame: Frame) -> tuple[int, int]:
        """Size of the image within the frame."""
        h, w = frame.height, frame.width
        height, width = size_of(self.size)
        if height * w <= width * h:  # the height is what limits it
            return height, min(max(round(w * height / h), 1), width)
        return min(max(round(h * width / w), 1), height), width


declare(
    Letterbox,
    examples=[{"size": (112, 112)}, {"size": (80, 200), "position": "random", "border": "replicate"}],
    look="The whole picture in a given size; the bars have the level ``fill`` and no label.",
    no_peer="albumentations 2.0.8 has none",
)
