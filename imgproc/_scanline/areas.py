"""Resizing by means over areas: which geometry a pass can give to the sampler of areas (`samplers.area`).

It takes one stage that shows all of an image, or of the part that is left of it, at another size along the axes.
Stages after it may flip it and move it, also into a frame with a constant border.  An image that is flipped before is
not given to it: rounded sums depend on where they begin.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from .._core.formats import channels_of
from .._core.planes import as_planes
from .._core.rules import rule
from .._core.threads import run_bands, stays_serial
from .compute import as_bytes, call, limits_of, result_numbers, source_numbers
from .machine import FRAME_H, PACKS, Maps, Operations, Result, Source, run_rows
from .matrix import Matrix, bounds_of, keeps_axes
from .merge import Merged, Part, cut, merge, moves_pixels
from .program import pack
from .samplers.area import can_average, work_of
from .scratch import scratch
from .stages import Geometry


class Average(NamedTuple):
    """A pass that resizes: what its sampler is told, see `samplers._base`."""

    part: Part | None
    """What it sees of the image."""
    merged: Merged
    """The stages after the resize."""
    frame: tuple[int, int, int, int, int, int]
    """The numbers from `FRAME_H` on: (h, w) that the image becomes, and how the result's pixels lie in it."""


@rule
def covers(x0: float, y0: float, x1: float, y1: float, h: float, w: float) -> bool:
    """Whether bounds are all of a source (h, w), up to rounding errors."""
    return abs(x0) < 1e-6 and abs(y0) < 1e-6 and abs(x1 - w) < 1e-6 and abs(y1 - h) < 1e-6


@rule
def way(m: Matrix) -> tuple[int, int, int, int]:
    """How pixels of a result lie in a frame: turn and move along x, and along y.

    `m` takes them there, pixel by pixel and without swapping the axes."""
    return int(m[0]), int((m[2] + m[0] / 2) // 1.0), int(m[4]), int((m[5] + m[4] / 2) // 1.0)


def averaged(geometry: list[Geometry], shape: tuple[int, int, int], dtype: np.dtype) -> Average | None:
    """What the sampler of areas has to do for the geometry of a pass over an image (h, w, c); None if it cannot."""
    rough = [k for k, s in enumerate(geometry) if not moves_pixels(s)]
    if len(rough) != 1 or geometry[rough[0]].interpolation != "area":
        return None
    stage = geometry[rough[0]]
    part, stages = cut(geometry, *shape[:2])
    if stage.grid is not None or stage.border == "wrap" or (part is None and rough[0] > 0):
        return None
    m, (height, width) = stages[0].pull, stage.size
    h, w = shape[:2] if part is None else (part[3] - part[1], part[2] - part[0])
    if not keeps_axes(m) or m[0] < 0.0 or m[4] < 0.0 or not covers(*bounds_of(m, height, width)[1:], h, w):
        return None
    merged = merge(stages[1:], height, width)
    if not merged.exact or merged.pull[1] != 0.0 or not can_average((h, w, shape[2]), dtype, stage.size):
        return None
    return Average(part, merged, (height, width, *way(merged.pull)))


class _Prepared(NamedTuple):
    """What the kernel of rows takes to resize whole images of one shape and dtype to one size, but for their pixels."""

    numbers: np.ndarray
    maps: Maps
    operations: Operations
    limits: np.ndarray
    result: np.ndarray
    work: int


@functools.lru_cache(maxsize=64)
def _prepared(shape: tuple[int, int, int], dtype: np.dtype, size: tuple[int, int]) -> _Prepared | None:
    """None if the sampler of areas cannot."""
    (h, w, channels), (height, width) = shape, size
    if not can_average(shape, dtype, size):
        return None
    merged, program, limits = merge([], height, width), pack([], channels, dtype), limits_of(dtype, dtype, False)
    numbers = source_numbers(shape, dtype, dtype, "area", False, False, False, None).copy()
    numbers[FRAME_H:PACKS] = (height, width, *way(merged.pull))
    maps = Maps(np.array(merged.pull), merged.frames, merged.steps, merged.grids, np.zeros((0, channels), limits.dtype))
    result = result_numbers(height, width, 0, dtype, dtype, False, channels, channels)
    return _Prepared(numbers, maps, program.operations, limits, result, work_of(size, (h, w)))


def average(image: np.ndarray, size: tuple[int, int]) -> np.ndarray | None:
    """Resize a whole image to (h, w); None if the sampler of areas cannot."""
    if channels_of(image) > 4:
        if not can_average((*image.shape[:2], 4), image.dtype, size):
            return None
        parts = [average(image[:, :, c : c + 4], size) for c in range(0, image.shape[2], 4)]
        return np.concatenate(parts, axis=2)  # type: ignore[arg-type]  # it can for four channels
    planes = as_planes(image)
    channels, ready = planes.shape[2], _prepared(planes.shape, planes.dtype, size)
    if ready is None:
        return None
    out = np.empty(size + image.shape[2:], planes.dtype)
    source, result = Source(as_bytes(planes), ready.numbers), Result(as_bytes(out), ready.result)

    def band(y0: int, y1: int) -> None:
        own = scratch(channels, ready.limits.dtype)
        call(run_rows, source, ready.maps, ready.operations, ready.limits, own, result, y0, y1)

    if stays_serial(ready.work):
        band(0, size[0])
    else:
        run_bands(band, size[0], pixels=ready.work)
    return out
