"""Transforms that erase: rectangles, grids, pixels, and the objects of a mask.

What is erased gets a level, the mean of the image or noise.  Masks are erased with the image only on demand; boxes and
keypoints stay as they are, also those of what is no longer to be seen.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any, ClassVar

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import flag, integer, one_of
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of
from imgproc._core.levels import SIDE, fill_levels
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import full_scale
from imgproc._scanline import Deferred, MaskOnly, Stage, Whole, check_label, pixel, run
from imgproc._scanline import Erase as EraseStage

from ._chain.drawn import Rule, rectangle, row, several, whole
from ._chain.keys import Draws
from ._chain.transform import Frame, Kind, Params, Transform
from ._ranges import check_fill, integer_range, number_range

__all__ = ["CoarseDropout", "Erase", "GridDropout", "MaskDropout", "PixelDropout"]

Fill = float | str | tuple[float, ...]
Rectangles = tuple[tuple[int, int, int, int], ...]


# --- fills ------------------------------------------------------------------------------------------------------------


def _checked_fill(fill: Any) -> Fill:
    if isinstance(fill, str):
        return one_of(fill, "fill", ("mean", "noise"))
    levels = fill_levels(fill)
    return levels[0] if isinstance(levels, tuple) and len(levels) == 1 else levels


def mean_levels(image: np.ndarray) -> tuple[float, ...]:
    """The mean of each channel, as a fraction of full scale.

    Of integers it is exact, rounded half to even to a level.  NaN and infinity do not count; without any other number
    the mean is 0.
    """
    planes = image.reshape(-1, channels_of(image))
    n, channels = planes.shape
    if n == 0:
        return (0.0,) * channels
    if image.dtype.kind == "u":
        cv2, sums = load_cv2(), []
        for c in range(0, channels, 4):
            sums += cv2.sumElems(np.ascontiguousarray(planes[:, np.newaxis, c : c + 4]))[: min(4, channels - c)]
        top = full_scale(image.dtype)
        return tuple(round(s / n) / top for s in sums)
    means = planes.mean(axis=0, dtype=np.float64)
    if not np.isfinite(means).all():
        finite = np.isfinite(planes)
        means = np.where(finite, planes, 0).sum(axis=0, dtype=np.float64) / np.maximum(finite.sum(axis=0), 1)
    return tuple(means.tolist())


def _noise(image: np.ndarray, stream: int) -> np.ndarray:
    """An image of noise alone."""
    h, w = image.shape[:2]
    return run(image, [EraseStage(((0, 0, h, w),), None, stream)])


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Erasing(Transform):
    """What all of them have: the fill of the image and that of masks."""

    fill: Fill = 0.0
    mask_fill: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("fill", _checked_fill(self.fill))
        if self.mask_fill is not None:
            self._keep("mask_fill", integer(self.mask_fill, "mask_fill"))

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; the fill needs a level, or one a channel."""
        super().check(kind, name)
        check_fill(self.fill, kind, type(self).__name__, name)

    def _with_stream(self, params: Params, rng: Draws) -> Params:
        if self.fill == "noise":
            params["stream"] = rng.stream()
        return params

    def _paint(self, rectangles: Rectangles, params: Params, label: str) -> list[Stage]:
        """Stages that paint rectangles, in the image and in masks."""
        fill = self.fill
        if not rectangles:
            return []
        if fill == "noise":
            return [EraseStage(rectangles, None, params["stream"], self.mask_fill, label)]
        if not isinstance(fill, str):
            return [EraseStage(rectangles, fill, 0, self.mask_fill, label)]
        stages: list[Stage] = [Deferred(functools.partial(_paint_mean, rectangles, label), f"mean for {label}")]
        if self.mask_fill is not None:
            # Masks never meet what a deferred stage becomes.
            stages.append(MaskOnly(functools.partial(_paint_labels, rectangles, self.mask_fill), label))
        return stages


def _paint_mean(rectangles: Rectangles, label: str, image: np.ndarray) -> list[Stage]:
    return [EraseStage(rectangles, mean_levels(image), label=label)]


def _paint_labels(rectangles: Rectangles, mask_fill: int, mask: np.ndarray) -> np.ndarray:
    check_label(mask_fill, mask.dtype)
    mask = mask.copy()
    for y0, x0, y1, x1 in rectangles:
        mask[y0:y1, x0:x1] = mask_fill
    return mask


_MOST_HOLES = 4096
"""Each of them is drawn and painted, however small the image is."""


# --- rectangles -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Erase(_Erasing):
    """Erase a rectangle at random.

    Random erasing (Zhong, Zheng, Kang, Li, Yang, "Random Erasing Data Augmentation", AAAI 2020): torchvision's
    RandomErasing, whose `scale` is the area here, and albumentations' Erasing.  Where no rectangle of the area drawn
    has a ratio out of the range and fits the image, it gets the nearest ratio that fits.  Changes images and, with
    `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    area : (float, float)
        Range of the area as a fraction of the image's, above 0, at most 1.
    ratio : (float, float)
        Range of height over width, above 0; drawn evenly in its logarithm.
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
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.
    """

    area: tuple[float, float] = (0.02, 0.33)
    ratio: tuple[float, float] = (0.3, 3.3)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("area", number_range(self.area, "area", above=0, at_most=1))
        self._keep("ratio", number_range(self.ratio, "ratio", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The rectangle."""
        height, width = frame.height, frame.width
        area = height * width * rng.uniform(*self.area)
        if not area:
            return self._with_stream({"rectangle": [0, 0, 0, 0]}, rng)
        widest, tallest = area / (width * width), height * height / area
        low, high = self.ratio
        low, high = min(max(low, widest), tallest), max(min(high, tallest), widest)
        ratio = low * elementary.power(high / low, rng.unit())
        h = min(max(round(math.sqrt(area * ratio)), 1), height)
        w = min(max(round(math.sqrt(area / ratio)), 1), width)
        y, x = rng.integer(0, height - h), rng.integer(0, width - w)
        return self._with_stream({"rectangle": [y, x, y + h, x + w]}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The rectangle lies in the image."""
        return {"rectangle": rectangle(frame.height, frame.width)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One rectangle."""
        rectangle = tuple(params["rectangle"])
        return self._paint((rectangle,) if rectangle[2] else (), params, "erase")


declare(
    Erase,
    examples=[{}, {"fill": "mean", "mask_fill": 0}, {"fill": "noise", "area": (0.2, 0.3)}],
    look="One rectangle; the tint of the mask goes on over it.",
    peers=[Single("Erasing")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoarseDropout(_Erasing):
    """Erase rectangular holes.

    Cutout (DeVries, Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017);
    albumentations' CoarseDropout, with its defaults.  Changes images and, with `mask_fill`, masks; boxes and keypoints
    stay.  Any number of channels.

    Parameters
    ----------
    holes : (int, int)
        Range of the number of holes, 0 to 4096; each integer alike.  Holes may overlap.
    height, width : (float, float)
        Ranges of their sides as fractions of the image's, above 0, at most 1.
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
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.
    """

    holes: tuple[int, int] = (1, 2)
    height: tuple[float, float] = (0.1, 0.2)
    width: tuple[float, float] = (0.1, 0.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("holes", integer_range(self.holes, "holes", at_least=0, at_most=_MOST_HOLES))
        self._keep("height", number_range(self.height, "height", SIDE, above=0, at_most=1))
        self._keep("width", number_range(self.width, "width", SIDE, above=0, at_most=1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The rectangles."""
        height, width, holes = frame.height, frame.width, []
        for _ in range(rng.integer(*self.holes) if height and width else 0):
            h = max(round(height * rng.uniform(*self.height)), 1)
            w = max(round(width * rng.uniform(*self.width)), 1)
            y, x = rng.integer(0, height - h), rng.integer(0, width - w)
            holes.append([y, x, y + h, x + w])
        return self._with_stream({"rectangles": holes}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """The holes lie in the image."""
        return {"rectangles": several(rectangle(frame.height, frame.width), *self.holes)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        return self._paint(tuple(map(tuple, params["rectangles"])), params, "coarse dropout")


declare(
    CoarseDropout,
    examples=[{}, {"holes": (4, 8), "fill": (0.5, 0.25, 0.75), "mask_fill": 7}],
    look="One or two rectangles, each a tenth to a fifth of the sides.",
    peers=[Single("CoarseDropout")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GridDropout(_Erasing):
    """Erase the squares of a grid.

    GridMask (Chen, Liu, Zhao, Jia, "GridMask Data Augmentation", 2020) without its rotation; albumentations'
    GridDropout.  Changes images and, with `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    ratio : (float, float)
        Range of a hole's side over the period of the grid, above 0, at most 1; 0.5 erases a quarter of the image.
    unit : (float, float)
        Range of the period as a fraction of the image's shorter side, above 0, at most 1; at least 2 pixels.
    random_offset : bool
        Whether the grid starts anywhere; else there is a hole in the upper left corner.
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
        If an argument is of the wrong kind or value, or `fill` has not one level for each channel.
    """

    ratio: tuple[float, float] = (0.5, 0.5)
    unit: tuple[float, float] = (0.1, 0.2)
    random_offset: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("ratio", number_range(self.ratio, "ratio", above=0, at_most=1))
        self._keep("unit", number_range(self.unit, "unit", SIDE, above=0, at_most=1))
        flag(self.random_offset, "random_offset")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Period, side of a hole, and where the first hole starts, up to a period before the image."""
        unit = max(round(min(frame.height, frame.width) * rng.uniform(*self.unit)), 2)
        hole = max(round(unit * rng.uniform(*self.ratio)), 1)
        y, x = rng.integer(1 - unit, 0), rng.integer(1 - unit, 0)
        offset = [y, x] if self.random_offset else [0, 0]
        return self._with_stream({"unit": unit, "hole": hole, "offset": offset}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Periods and holes of pixels of the image."""
        most = max(min(frame.height, frame.width), 2)
        start = whole(1 - most, 0)
        return {"unit": whole(2, most), "hole": whole(1, most), "offset": row(start, start)}

    def checked(self, params: Any, frame: Frame) -> Params:
        """Holes are no larger than the period, and the first one starts less than a period before the image."""
        found = super().checked(params, frame)
        unit = found["unit"]
        if found["hole"] > unit or min(found["offset"]) <= -unit:
            raise ValueError(f"hole must be <= unit and offset > -unit, got {found['hole']}, {found['offset']}, {unit}")
        return found

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Rectangles."""
        y, x = params["offset"]
        down = _spans(y, frame.height, params["unit"], params["hole"])
        across = _spans(x, frame.width, params["unit"], params["hole"])
        return self._paint(tuple((y0, x0, y1, x1) for y0, y1 in down for x0, x1 in across), params, "grid dropout")


declare(
    GridDropout,
    examples=[{}, {"ratio": (0.3, 0.7), "unit": (0.25, 0.4), "random_offset": False, "fill": "noise"}],
    look="Squares at equal distances, a quarter of the picture in all.",
    peers=[Single("GridDropout", None, {"unit_size_range": (51, 102)})],
)


def _spans(start: int, length: int, unit: int, hole: int) -> list[tuple[int, int]]:
    """Where holes lie along a side."""
    spans = [(max(at, 0), min(at + hole, length)) for at in range(start, length, unit)]
    return spans if not spans or spans[0][1] > 0 else spans[1:]


# --- pixels -----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class PixelDropout(_Erasing):
    """Erase single pixels.

    imgaug's Dropout; albumentations' PixelDropout, whose ``dropout_prob`` is 0.01.  Changes images and, with
    `mask_fill`, masks; boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    probability : (float, float)
        Range of the probability with which each pixel is erased, in [0, 1].
    per_channel : bool
        Whether each channel is erased by itself; masks then cannot be.
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
        If an argument is of the wrong kind or value, `fill` has not one level for each channel, or `mask_fill` is given
        with `per_channel`.
    """

    probability: tuple[float, float] = (0.01, 0.05)
    per_channel: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("probability", number_range(self.probability, "probability", at_least=0, at_most=1))
        if flag(self.per_channel, "per_channel") and self.mask_fill is not None:
            raise ValueError(f"mask_fill must be None with per_channel=True, got {self.mask_fill}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The probability, and the stream that chooses the pixels."""
        params = {"probability": rng.uniform(*self.probability), "pixels": rng.stream()}
        return self._with_stream(params, rng)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One operation; noise takes a pass of its own."""
        chance, pixels, fill = params["probability"], params["pixels"], self.fill
        stage: Stage
        if fill == "noise":
            work = functools.partial(_drop_to_noise, chance, pixels, params["stream"], self.per_channel)
            stage = Whole(work, label="pixel dropout")
        elif isinstance(fill, str):
            make = functools.partial(_drop_to_mean, chance, pixels, self.per_channel)
            stage = Deferred(make, "mean for pixel dropout")
        else:
            stage = pixel.pixel_dropout(chance, fill, pixels, per_channel=self.per_channel)
        if self.mask_fill is None:
            return [stage]
        return [stage, MaskOnly(functools.partial(_drop_labels, chance, pixels, self.mask_fill), "pixel dropout")]


declare(
    PixelDropout,
    examples=[{}, {"per_channel": True, "fill": "mean"}, {"fill": "noise", "mask_fill": 0}],
    look="Single black pixels.",
    peers=[Single("PixelDropout", {"probability": (0.01, 0.01)}, {})],
)


def _drop_to_mean(chance: float, pixels: int, per_channel: bool, image: np.ndarray) -> list[Stage]:
    return [pixel.pixel_dropout(chance, mean_levels(image), pixels, per_channel=per_channel)]


def _dropped(chance: float, pixels: int, per_channel: bool, shape: tuple[int, ...]) -> np.ndarray:
    """Where pixels are dropped."""
    return run(np.full(shape, 255, np.uint8), [pixel.pixel_dropout(chance, 0.0, pixels, per_channel=per_channel)]) == 0


def _drop_to_noise(chance: float, pixels: int, stream: int, per_channel: bool, image: np.ndarray) -> np.ndarray:
    return np.where(_dropped(chance, pixels, per_channel, image.shape), _noise(image, stream), image)


def _drop_labels(chance: float, pixels: int, mask_fill: int, mask: np.ndarray) -> np.ndarray:
    check_label(mask_fill, mask.dtype)
    mask = mask.copy()
    mask[_dropped(chance, pixels, False, mask.shape[:2])] = mask_fill
    return mask


# --- objects ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskDropout(_Erasing):
    """Erase whole objects of the sample's mask, in the image and in the mask.

    albumentations' MaskDropout, whose ``max_objects`` is the number of objects.  Where the sample has no mask, or the
    mask no object, nothing happens.  The mask is bool or of integers, (h, w), 0 the background; of several masks the
    first counts, and all are erased where it is.  Boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    objects : (int, int)
        Range of the number of objects to erase, at least 0; each integer alike.
    by : {"component", "label"}
        What an object is: a connected piece of one label (neighbours touch with sides or corners), or all of it.
    fill : float, tuple of float, "mean" or "noise"
        A level for all channels or one each, as fractions of full scale; the mean of each channel of the image that
        arrives; or uniform noise.
    mask_fill : int, optional
        Label that masks get where the image is erased, the background by default; None leaves them.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, `fill` has not one level for each channel, or the mask is not
        (h, w).
    """

    objects: tuple[int, int] = (1, 1)
    by: str = "component"
    mask_fill: int | None = 0

    needs_mask: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("objects", integer_range(self.objects, "objects", at_least=0))
        one_of(self.by, "by", ("component", "label"))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The objects: for each its label and its first pixel (y, x)."""
        found = [] if frame.mask is None else _find_objects(_plane(frame.mask), self.by)
        count = min(rng.integer(*self.objects), len(found))
        for i in range(count):
            j = rng.integer(i, len(found) - 1)
            found[i], found[j] = found[j], found[i]
        return self._with_stream({"objects": found[:count]}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Objects have a label and a pixel of the image."""
        place = whole(0, frame.height - 1), whole(0, frame.width - 1)
        label = whole(-(1 << 63), (1 << 64) - 1)
        return {"objects": several(row(label, *place), 0, self.objects[1])}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function for the image, one for masks."""
        if frame.mask is None or not params["objects"]:
            return []
        where = _objects_at(_plane(frame.mask), params["objects"], self.by)
        work = functools.partial(_fill_where, where, self.fill, params.get("stream"))
        stages: list[Stage] = [Whole(work, label="mask dropout")]
        if self.mask_fill is not None:
            stages.append(MaskOnly(functools.partial(_label_where, where, self.mask_fill), "mask dropout"))
        return stages


declare(
    MaskDropout,
    examples=[{}, {"objects": (2, 3), "by": "label", "fill": "noise", "mask_fill": None}],
    look="One of the[[ three]] things is black, and its tint is gone; its frame and dot stay.",
    peers=[Single("MaskDropout", targets="mask")],
)


def _plane(mask: np.ndarray) -> np.ndarray:
    if mask.ndim == 3 and channels_of(mask) == 1:
        mask = mask[..., 0]
    if mask.ndim != 2:
        raise ValueError(f"mask must have shape (h, w) for MaskDropout, got {mask.shape}")
    return mask


def _find_objects(mask: np.ndarray, by: str) -> list[list[int]]:
    """[label, y, x] of each object, x and y of its first pixel; in this order."""
    # Runs of one label in a row: few, and each belongs to one object.
    begins = mask != 0
    begins[:, 1:] &= mask[:, 1:] != mask[:, :-1]
    starts = np.flatnonzero(begins)
    if not starts.size:
        return []
    labels = mask.ravel()[starts]
    objects = labels if by == "label" else _numbers(mask != 0)[starts]
    _, first, of = np.unique(objects, return_index=True, return_inverse=True)
    if by != "label" and (labels[first][of] != labels).any():  # labels touch: each for itself
        objects, last = np.zeros(starts.size, np.int64), 0
        for label in np.unique(labels):
            mine = labels == label
            objects[mine] = last + _numbers(mask == label)[starts[mine]]
            last = objects.max()
        first = np.unique(objects, return_index=True)[1]
    places = starts[first].tolist()
    return sorted([int(label), *divmod(place, mask.shape[1])] for label, place in zip(labels[first].tolist(), places))


def _numbers(here: np.ndarray) -> np.ndarray:
    """Connected pieces, numbered from 1 on; flat."""
    return load_cv2().connectedComponents(here.view(np.uint8), connectivity=8)[1].ravel()


def _objects_at(mask: np.ndarray, objects: list[list[int]], by: str) -> np.ndarray:
    """Where objects are."""
    cv2, (h, w) = load_cv2(), mask.shape
    where = np.zeros((h + 2, w + 2), np.uint8)
    for label, y, x in objects:
        here = (mask == label).view(np.uint8)
        if by == "label":
            where[1:-1, 1:-1] |= here
        elif y < h and x < w and here[y, x]:
            cv2.floodFill(here, where, (x, y), 0, flags=8 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    return np.ascontiguousarray(where[1:-1, 1:-1]).view(bool)


def _fill_where(where: np.ndarray, fill: Fill, stream: int | None, image: np.ndarray) -> np.ndarray:
    image = image.copy()
    if fill == "noise":
        assert stream is not None
        painted = _noise(image, stream)
    else:
        levels = mean_levels(image) if isinstance(fill, str) else fill
        h, w = where.shape
        painted = run(image, [EraseStage(((0, 0, h, w),), levels)])
    if channels_of(image) > 4:
        image[where] = painted[where]
    else:
        load_cv2().copyTo(painted, where.view(np.uint8), image)
    return image


def _label_where(where: np.ndarray, mask_fill: int, mask: np.ndarray) -> np.ndarray:
    check_label(mask_fill, mask.dtype)
    mask = mask.copy()
    mask[where] = mask_fill
    return mask
