"""Loss of quality: compression, and scaling down and up again."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import full_scale
from imgproc._scanline import Stage, Whole, resize
from imgproc.io._opencv import swap_red_blue

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import integer_range, number_range
from ._channels import by_channels

__all__ = ["Compression", "Downscale"]

FORMATS = {"jpeg": 65500, "webp": 16383}
"""The longest side that each can hold."""
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compression(Transform):
    """Compress the image with loss, and decompress it.

    albumentations' ImageCompression and torchvision's JPEG.  RGB images are compressed as such; with any other number
    of channels each channel is compressed as a grey image.  Only uint8 can be compressed: of other images a copy in 8
    bits is, and the change that this makes is added to the image, so that fine levels survive; NaN stays.  Changes
    images only.

    Parameters
    ----------
    quality : (int, int)
        Range of the quality, from 1 to 100; each integer alike.
    format : {"jpeg", "webp"}
        The method.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a side of the image is longer than the format holds, 65500
        pixels for JPEG and 16383 for WebP.

    Examples
    --------
    >>> chain = Compose([Compression(quality=(50, 50), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    quality: tuple[int, int] = (50, 100)
    format: str = "jpeg"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("quality", integer_range(self.quality, "quality", at_least=1, at_most=100))
        one_of(self.format, "format", tuple(FORMATS))

    def wants_unit(self) -> bool:
        """A copy in 8 bits is compressed."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The quality."""
        return {"quality": rng.integer(*self.quality)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One round trip."""
        longest = FORMATS[self.format]
        if frame.height > longest or frame.width > longest:
            raise ValueError(
                f"image must have at most {longest} pixels a side for {self.format}, got {(frame.height, frame.width)}"
            )
        work = functools.partial(_compress, self.format, params["quality"])
        return [Whole(work, opencv=True, label=f"{self.format} compression")]


declare(
    Compression,
    examples=[{}, {"quality": (10, 30), "format": "webp"}],
    look="Blocks of eight pixels and ringing along edges, the more the lower the quality.",
    # One quality, not a range: it decides the time, and in a few runs both would not draw the same.
    peers=[
        Single(
            "ImageCompression",
            {"quality": (80, 80)},
            {"quality_range": (80, 80)},
            note="theirs gives OpenCV red for blue, and so weighs them wrongly; ours exchanges them before",
        ),
        Single(
            "ImageCompression",
            {"format": "webp", "quality": (80, 80)},
            {"compression_type": "webp", "quality_range": (80, 80)},
            variant="WebP",
            note="as for JPEG",
        ),
    ],
)


def _compress(format_: str, quality: int, image: np.ndarray) -> np.ndarray:
    cv2 = load_cv2()
    if format_ == "jpeg":
        suffix, options = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality]
    else:
        suffix, options = ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality]

    def round_trip(part: np.ndarray) -> np.ndarray:
        if part.ndim == 2:
            return cv2.imdecode(cv2.imencode(suffix, part, options)[1], cv2.IMREAD_GRAYSCALE)
        # OpenCV takes the first of three channels for blue, unless it is new enough to be told otherwise.
        data = cv2.imencode(suffix, swap_red_blue(part), options)[1]
        as_rgb = getattr(cv2, "IMREAD_COLOR_RGB", None)
        return swap_red_blue(cv2.imdecode(data, cv2.IMREAD_COLOR)) if as_rgb is None else cv2.imdecode(data, as_rgb)

    if image.dtype == np.uint8:
        return by_channels(round_trip, image, 1)
    top = full_scale(image.dtype)
    with np.errstate(over="ignore"):  # what is beyond the floats is white or black, as what is beyond full scale
        before = np.clip(np.nan_to_num(image * (255 / top)), 0, 255)
    before = np.rint(before).astype(np.uint8)
    change = by_channels(round_trip, before, 1).astype(np.float64) - before
    changed = image + change * (top / 255)
    if image.dtype.kind == "u":
        return np.clip(np.rint(changed), 0, top).astype(image.dtype)
    # The copy is rounded, so that a level within [0, 1] may come out beyond; one that was beyond may stay there.
    low, high = np.minimum(image, 0), np.maximum(image, top)
    return np.clip(changed, low, high).astype(image.dtype)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Downscale(Transform):
    """Shrink the image and enlarge it again: the size stays, the resolution is lower.

    albumentations' Downscale, whose default is ``shrink="nearest", enlarge="nearest"``.  Changes images only; any
    number of channels.

    Parameters
    ----------
    scale : (float, float)
        Range of the scale of the small image, above 0, at most 1.
    shrink : {"area", "nearest", "bilinear", "bicubic"}
        Interpolation on the way down; ``"area"`` averages, as a camera of lower resolution does.
    enlarge : {"bilinear", "nearest", "bicubic", "area"}
        Interpolation on the way up; ``"nearest"`` shows the large pixels.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Downscale(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    scale: tuple[float, float] = (0.25, 0.5)
    shrink: str = "area"
    enlarge: str = "bilinear"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", number_range(self.scale, "scale", above=0, at_most=1))
        one_of(self.shrink, "shrink", INTERPOLATIONS)
        one_of(self.enlarge, "enlarge", INTERPOLATIONS)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The scale."""
        return {"scale": rng.uniform(*self.scale)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Two resizes."""
        work = functools.partial(_downscale, params["scale"], self.shrink, self.enlarge)
        return [Whole(work, opencv=True, label="downscale", averages=True)]


declare(
    Downscale,
    examples=[{}, {"scale": (0.2, 0.3), "shrink": "nearest", "enlarge": "nearest"}],
    look="Fewer pixels in the same size.",
    peers=[
        Single(
            "Downscale",
            None,
            {
                "scale_range": (0.25, 0.5),
                "interpolation_pair": {"downscale": "cv2.INTER_AREA", "upscale": "cv2.INTER_LINEAR"},
            },
            defaults="theirs takes the nearest pixel both times",
        )
    ],
)


def _downscale(scale: float, shrink: str, enlarge: str, image: np.ndarray) -> np.ndarray:
    h, w = image.shape[:2]
    small = max(1, round(h * scale)), max(1, round(w * scale))
    return by_channels(lambda part: resize(resize(part, small, shrink), (h, w), enlarge), image, 4)
