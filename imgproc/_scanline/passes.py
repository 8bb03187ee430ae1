"""How stages run over an image: pass by pass, and in a faster way than by the kernels of rows where there is one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.border import framed
from .._core.door import inside
from .._core.formats import channels_of, work_dtype
from .._core.lookup import look_up
from .._core.planes import as_planes, full_scale
from .._core.threads import stays_serial
from .areas import averaged
from .compute import compute, has_words, interpolation_of, level_of, levels_of, tabulated
from .label_pass import run_nearest
from .matrix import bounds_of, keeps_axes
from .merge import Merged, cut, is_padding, merge, moves_pixels, part_of, turns
from .opencv_moves import into, moved, resize, usable
from .program import pack
from .samplers._base import check_samplable
from .separable import Axis, can_resample, resample
from .shortcuts import invert, is_inverting, is_mixing, is_painting, mix, paint
from .stages import Deferred, Geometry, Op, Stage, Whole
from .take import After, filters, is_near, take_joined
from .tiles import with_tiles_moved


def run(
    image: np.ndarray,
    stages: Sequence[Stage],
    *,
    dtype: Any = None,
    layout: str = "last",
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Run a program over an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Checked by `as_image`; never written, never returned.
    stages : sequence of Stage
    dtype : dtype, optional
        uint8, uint16, float16, float32 or float64 of the result, levels scaled to its full scale.  Default: the
        image's, or float32 (float64 for float64) after `pixel.normalize`.
    layout : {"last", "first"}
        Where channels go, unless the image is (h, w).
    out : ndarray, optional
        Array that gets the result.

    Returns
    -------
    ndarray
    """
    dtype = None if dtype is None else np.dtype(dtype)
    given = image
    if len(stages) == 1 and type(stages[0]) is Whole:  # there is nothing to plan
        image = inside(_whole, stages[0], image)
        if _is_result(image, given, dtype, layout, out):
            return image
        return _pass(image, [], [], dtype, layout, out)
    if len(stages) == 1 and type(stages[0]) is Geometry and stages[0].tiles is None:
        return _pass(image, [stages[0]], [], dtype, layout, out)
    queue = list(stages)
    queue.reverse()
    whole = image.dtype.kind == "u" and stays_serial(image.size)
    if image.dtype.char == "B" and any(map(is_near, queue)):
        whole = False  # what comes after the mean joins the pass of the filter
    while True:
        geometry, ops, after, end = take_joined(queue, image.shape[:2], image.dtype, whole=whole)
        if not queue and end is None:
            if not geometry and not ops and after is None and _is_result(image, given, dtype, layout, out):
                return image
            return _pass(image, geometry, ops, dtype, layout, out, after)
        image = _pass(image, geometry, ops, after=after) if geometry or ops or after else image
        if type(end) is Whole:
            image = inside(_whole, end, image)
        elif type(end) is Geometry and end.tiles is not None:
            image = with_tiles_moved(image, end.tiles)
        elif type(end) is Deferred:
            queue.extend(reversed(inside(end.resolve, image)))
        whole = whole and image.dtype.kind == "u"


def _whole(stage: Whole, image: np.ndarray) -> np.ndarray:
    """What the function of a stage makes of an image; it may be a user's."""
    made, dtype = stage.function(image), stage.dtype or image.dtype
    if type(made) is np.ndarray and made.shape == image.shape and made.dtype == dtype:
        return made
    who = f"the function of {stage.label or 'a stage'}"
    if not isinstance(made, np.ndarray):
        raise TypeError(f"{who} must give an array, got {type(made).__name__}")
    if made.dtype != dtype:
        whose = "of the image it got" if stage.dtype is None else "that it names"
        raise TypeError(f"{who} must give the dtype {whose}, {dtype}, got {made.dtype}")
    if made.shape != image.shape:
        raise ValueError(f"{who} must give the shape of the image it got, {image.shape}, got {made.shape}")
    return np.asarray(made)


def _pass(
    image: np.ndarray,
    geometry: list[Geometry],
    ops: list[Op],
    dtype: Any = None,
    layout: str = "last",
    out: np.ndarray | None = None,
    after: After | None = None,
) -> np.ndarray:
    """Run one pass over an image, by a short cut where there is one."""
    given, part, frame, merged = image, None, None, None
    turned = len(geometry) == 1 and turns(geometry[0]) and not filters(geometry[0])
    if geometry and not turned:
        found = averaged(geometry, (*image.shape[:2], channels_of(image)), image.dtype)
        if found is None:
            image, geometry = _resized(image, geometry)
            part, geometry = cut(geometry, *image.shape[:2])
        else:
            part, merged, frame, geometry = *found, []
    seen = image
    if part is not None:
        image = seen[part[1] : part[3], part[0] : part[2]]
        part = part if seen.flags.c_contiguous else None
    if not geometry and not ops and frame is None and after is None and _is_result(image, given, dtype, layout, out):
        return image
    same = layout == "last" and (dtype is None or dtype == image.dtype) and after is None
    if (
        geometry
        and not turned
        and is_padding(geometry[-1], geometry[-2].size if len(geometry) > 1 else image.shape[:2])
    ):
        last, alone = geometry[-1], same and not ops
        if (alone or last.border != "constant") and (len(geometry) == 1 or all(map(moves_pixels, geometry))):
            # To copy the border is faster than to find its pixels point by point.
            image = _pass(image, geometry[:-1], []) if len(geometry) > 1 else image
            if alone:
                return _padded(image, last, out)
            image, geometry, part = _padded(image, last, None), [], None
    h, w = image.shape[:2]
    channels = channels_of(image)
    merged = merged or merge(geometry, h, w)
    if same and merged.exact and not merged.frames.size and frame is None:
        result = _direct(image, geometry, ops, merged, out)
        if result is not None:
            return result
    program, filtered = pack(ops, channels, image.dtype), None
    if after is not None:
        filtered, program = (program, after.near), pack(after.ops, program.channels, image.dtype)
    if dtype is None:
        dtype = work_dtype(image.dtype) if program.normalized else image.dtype
    shape: tuple[int, ...] = merged.size
    if image.ndim == 3:
        shape = (program.channels, *shape) if layout == "first" else (*shape, program.channels)
    half = dtype.char == "e"  # kernels write float32, which NumPy rounds to float16 by the CPU's own instruction
    result = out if out is not None and usable(out, shape, dtype) and not half else None
    if result is None:
        result = np.empty(shape, np.float32 if half else dtype)
    if not merged.exact or frame is not None:
        check_samplable(h, w, seen.shape[1] if part else w)
    if result.size:
        planes = as_planes(image) if part is None else as_planes(seen)
        levels = _levels_of_nearest(geometry, merged, planes) if same and not ops and frame is None else None
        if levels is not None:
            run_nearest(planes, merged, levels, result, part)
        else:
            compute(planes, geometry, merged, program, result, layout == "first", part, frame, filtered)
    if out is None and half:
        out = np.empty(shape, dtype)
    if out is None or result is out:
        return result
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = result
    return out


LARGE = 1 << 17
"""Numbers of an image from which on whole pixels are moved by the kernel of labels: its calls take longer."""


def _levels_of_nearest(geometry: list[Geometry], merged: Merged, image: np.ndarray) -> np.ndarray | None:
    """The levels of constant borders, if pixels move as they are and each such level is that of all channels."""
    if merged.exact or image.size < LARGE or interpolation_of(geometry) != "nearest":
        return None
    levels = levels_of(merged.fills, image.shape[2], full_scale(image.dtype), work_dtype(image.dtype))
    if len(levels) and bool((levels != levels[:, :1]).any()):
        return None
    return np.ascontiguousarray(levels[:, 0]).astype(image.dtype)


def _is_result(image: np.ndarray, given: np.ndarray, dtype: Any, layout: str, out: np.ndarray | None) -> bool:
    """Whether an image can be returned as it is: it is a new array, of the dtype and the layout that are wanted.

    A copy of a large image would cost as much as a blur."""
    if image is given or out is not None or layout != "last" or (dtype is not None and dtype != image.dtype):
        return False
    return image.flags.c_contiguous and not np.may_share_memory(image, given)


def _padded(image: np.ndarray, stage: Geometry, out: np.ndarray | None) -> np.ndarray:
    """Make a larger image that holds a copy of this one, with a border around it."""
    (h, w), (ih, iw) = stage.size, image.shape[:2]
    x, y = -int(stage.pull[2]), -int(stage.pull[5])  # where the first pixel comes to lie
    sides = y, h - y - ih, x, w - x - iw
    values: tuple[float, ...] = (0,)
    if stage.border == "constant":
        values = level_of(stage.fill, channels_of(image), full_scale(image.dtype))
    work = functools.partial(framed, image, sides, stage.border, values)
    return into(out, stage.size + image.shape[2:], image.dtype, work)


def _direct(
    image: np.ndarray, geometry: list[Geometry], ops: list[Op], merged: Merged, out: np.ndarray | None
) -> np.ndarray | None:
    """Move whole pixels, then change their levels by a short cut; None if these operations have none."""
    channels = channels_of(image)
    if not ops or is_painting(ops, channels):
        result = moved(image, merged.pull, merged.size, out)
        paint(result, ops)
        return result
    if is_inverting(ops, image):
        work = invert
    elif is_mixing(ops, image):
        work = functools.partial(mix, ops[0])
    elif image.dtype == np.uint8 and (tables := tabulated(ops, channels)) is not None:
        work = functools.partial(_look_up, tables)
    else:
        return None
    source = moved(image, merged.pull, merged.size) if geometry else image
    return into(out, source.shape, source.dtype, functools.partial(work, source))


def _look_up(tables: np.ndarray, image: np.ndarray, out: np.ndarray) -> None:
    # Bytes go through the table sixty-four at a time, and never become floats.
    look_up(image, tables, out)


def _resized(image: np.ndarray, geometry: list[Geometry]) -> tuple[np.ndarray, list[Geometry]]:
    """Resize the image if no other stage interpolates; return the image and the stages after it.

    OpenCV is faster than a general warp, but knows nothing outside of what it resizes: it gets whole images, or what a
    cut has left of them.  Means over areas, which no sampler takes, are taken here wherever the axes stay."""
    rough = [k for k, s in enumerate(geometry) if not moves_pixels(s)]
    if len(rough) != 1:
        return image, geometry
    stage, before = geometry[rough[0]], geometry[: rough[0]]
    m, filtering = stage.pull, filters(stage)
    if not keeps_axes(m) or m[0] <= 0 or m[4] <= 0 or stage.grid is not None:
        if filtering:
            raise ValueError(f"a filter that resizes needs a map that only scales, got the matrix {m}")
        return image, geometry
    if stage.interpolation == "bilinear" and not filtering and has_words(image):
        return image, geometry
    h, w = before[-1].size if before else image.shape[:2]
    part = part_of(stage, h, w)
    found = bounds_of(m, *stage.size)[1:]
    whole = stage.border != "wrap" and all(abs(a - b) < 1e-6 for a, b in zip(found, part))
    y = Axis(m[5] - part[1], m[4], stage.size[0], part[3] - part[1])
    x = Axis(m[2] - part[0], m[0], stage.size[1], part[2] - part[0])
    averages = stage.interpolation == "area" and max(m[0], m[4]) > 1.0
    if filtering and not whole:
        raise ValueError(f"a filter that resizes needs a map that shows all of its frame, got the matrix {m}")
    if not whole and not (averages and can_resample(y, x, stage.border)):
        return image, geometry
    if before:
        image = _pass(image, before, [])
    image = image[part[1] : part[3], part[0] : part[2]]
    rest = geometry[rough[0] + 1 :]
    if whole:
        return resize(image, stage.size, stage.interpolation, stage.antialias), rest
    levels = level_of(stage.fill, channels_of(image), full_scale(image.dtype))
    return resample(image, y, x, stage.interpolation, stage.border, levels), rest
