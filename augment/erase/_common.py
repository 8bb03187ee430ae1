"""What transforms that erase share: their fills, and the stages that paint rectangles."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of
from imgproc._core.formats import channels_of
from imgproc._core.levels import fill_levels
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import full_scale
from imgproc._scanline import Deferred, MaskOnly, Stage, check_label, run
from imgproc._scanline import Erase as EraseStage

from .._chain.keys import Draws
from .._chain.transform import Kind, Params, Transform
from .._ranges import check_fill

__all__: list[str] = []

Fill = float | str | tuple[float, ...]
Rectangles = tuple[tuple[int, int, int, int], ...]


def checked_fill(fill: Any) -> Fill:
    """A fill as transforms keep it: one level, one for each channel, or a word."""
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


def noise(image: np.ndarray, stream: int) -> np.ndarray:
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
        self._keep("fill", checked_fill(self.fill))
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


MOST_HOLES = 4096
"""Each of them is drawn and painted, however small the image is."""
