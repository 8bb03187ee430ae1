"""Stages in, image out: which stages share a pass over the image, and the call of the kernel for each pass."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._check import DTYPES
from .._cv2 import load_cv2
from .._jit import jit_enabled
from .._lookup import look_up
from .._planes import as_planes, full_scale
from .._threads import run_bands
from . import _pixel as pixel
from ._machine import CAPACITY, HEAD, run_labels, run_rows
from ._matrix import IDENTITY, Matrix
from ._merge import Merged, extent, is_exact, merge
from ._sample import BICUBIC, BILINEAR, EXACT, NEAREST, WORDS
from ._stage import Deferred, Erase, Geometry, MaskOnly, Op, Stage, Whole

_MODES = {"nearest": NEAREST, "bilinear": BILINEAR, "area": BILINEAR, "bicubic": BICUBIC}

_own = threading.local()


class _Scratch:
    """What a thread's kernels work in."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, Any], np.ndarray] = {}
        self.bytes = np.empty(CAPACITY, np.uint8)
        self.floats = _rows(6, np.float32)
        self.wide = _rows(2, np.uint64)
        self.halves = self.wide.view(np.uint32)
        self.ints = _rows(5, np.int32)
        self.ends = np.empty((32, 2), np.int64)

    def planes(self, channels: int, dtype: Any) -> np.ndarray:
        key = channels, dtype
        if key not in self.rows:
            self.rows[key] = _rows(channels, dtype)
        return self.rows[key]


def _rows(count: int, dtype: Any) -> np.ndarray:
    """Rows for a chunk and a little more.

    They begin at cache lines, as vectors that straddle two take longer, and not a power of two apart, as such rows
    share their few places in the L1 cache."""
    length = (CAPACITY + 64) * np.dtype(dtype).itemsize
    block = np.empty(count * length + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start : start + count * length].view(dtype).reshape(count, -1)


def _scratch() -> _Scratch:
    try:
        return _own.scratch
    except AttributeError:
        _own.scratch = _Scratch()
        return _own.scratch


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
    queue = list(stages)
    queue.reverse()
    while True:
        geometry, ops, end = take_pass(queue, image.shape[:2])
        if not queue and end is None:
            return _pass(image, geometry, ops, dtype, layout, out)
        image = _pass(image, geometry, ops) if geometry or ops else image
        if type(end) is Whole:
            image = end.function(image)
        elif type(end) is Deferred:
            queue.extend(reversed(end.resolve(image)))


def take_pass(
    queue: list[Stage], size: tuple[int, int], *, keep: bool = False
) -> tuple[list[Geometry], list[Op], Stage | str | None]:
    """Take from the end of a reversed list what one pass over (h, w) can do; `keep` leaves erasing as it is.

    Returns
    -------
    list of Geometry, list of Op
        Done in this order.
    Whole, Deferred, str or None
        The stage that ends the pass, also taken; or in words why the next stage has to wait; or None at the end.
    """
    geometry: list[Geometry] = []
    ops: list[Op] = []
    while queue:
        stage = queue.pop()
        kind = type(stage)
        if kind is Op:
            ops.append(stage)
        elif kind is Erase:
            ops.append(stage if keep else pixel.erase(stage.rectangles, stage.fill, stage.stream))
        elif kind is Geometry:
            why = _waits(stage, geometry, ops, size)
            if why:
                queue.append(stage)
                return geometry, ops, why
            geometry.append(stage)
        elif kind is not MaskOnly:
            return geometry, ops, stage
    return geometry, ops, None


def _waits(stage: Geometry, geometry: list[Geometry], ops: list[Op], size: tuple[int, int]) -> str:
    """Why a geometric stage cannot join a pass; empty if it can."""
    if ops:
        if not is_exact(stage):
            return "interpolation comes after pixel operations"
        if any(type(op) is Erase or op.code in pixel.POSITIONAL for op in ops):
            return "pixels move after an operation that depends on their place"
        h, w = geometry[-1].size if geometry else size
        x0, y0, x1, y1 = extent(stage.pull, stage.size)
        if stage.border == "constant" and (x0 < 0 or y0 < 0 or x1 > w or y1 > h):
            return "a border is filled after pixel operations"
        return ""
    rough = [s for s in geometry if not is_exact(s)]
    if not rough or is_exact(stage):
        return ""
    if len(geometry) > 24:
        return "a pass holds 24 geometric stages"
    if rough[0].interpolation != stage.interpolation:
        return "stages interpolate differently"
    if stage.interpolation == "area":
        return "averaging over areas is not merged"
    return ""


def _pass(
    image: np.ndarray,
    geometry: list[Geometry],
    ops: list[Op],
    dtype: Any = None,
    layout: str = "last",
    out: np.ndarray | None = None,
) -> np.ndarray:
    """One pass over an image."""
    image, geometry = _resized(image, geometry)
    h, w = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    merged = merge(geometry, h, w)
    program = pixel.pack(ops, channels, image.dtype)
    if dtype is None:
        dtype = _float_of(image.dtype) if program.normalized else image.dtype
    if layout == "last" and dtype == image.dtype and merged.exact and not merged.frames.size:
        if not ops:
            return _moved(image, merged, out)
        if dtype == np.uint8 and (tables := pixel.tabulated(ops, channels)) is not None:
            # Whole bytes through one table: sixty-four at a time, without a detour over floats.
            source = _moved(image, merged, None) if geometry else image
            if out is None or _usable(out, source.shape, dtype):
                return look_up(source, tables, out)
            out[...] = look_up(source, tables)
            return out
    if not ops and layout == "last" and dtype == image.dtype and _is_padding(merged):
        return _padded(image, merged, out)
    shape: tuple[int, ...] = merged.size
    if image.ndim == 3:
        shape = (program.channels, *shape) if layout == "first" else (*shape, program.channels)
    half = dtype == np.float16  # by way of float32: NumPy rounds it with the CPU's own instruction
    result = out if out is not None and _usable(out, shape, dtype) and not half else None
    if result is None:
        result = np.empty(shape, np.float32 if half else dtype)
    if result.size:
        _compute(as_planes(image), geometry, merged, program, result, layout == "first")
    if out is None and half:
        out = np.empty(shape, dtype)
    if out is None or result is out:
        return result
    with np.errstate(over="ignore", invalid="ignore"):
        out[...] = result
    return out


class OutMismatch(ValueError):
    """The caller's array does not fit the result."""


def _usable(out: np.ndarray, shape: tuple[int, ...], dtype: Any) -> bool:
    if out.shape != shape or out.dtype != dtype:
        raise OutMismatch(f"out must have shape {shape} and dtype {np.dtype(dtype)}, got {out.shape} and {out.dtype}")
    return out.flags.c_contiguous


def _float_of(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)


def _compute(
    source: np.ndarray, geometry: list[Geometry], merged: Merged, program: Any, result: np.ndarray, first: bool
) -> None:
    """Run the kernel over a canonical (h, w, c) source."""
    channels, dtype = source.shape[2], source.dtype
    height, width = merged.size
    exact = merged.exact
    mode = EXACT if exact else _mode(geometry, source, merged)
    pull = merged.pull if exact else None
    head = _head(source.shape, height, width, mode, merged.wrap, pull, first)
    limits = _limits(dtype, result.dtype, program.normalized)
    kind = limits.dtype
    fills = _levels(merged.fills, channels, full_scale(dtype), kind) if merged.fills else _no_levels(channels, kind)
    matrix = _IDENTITY if exact else np.array(merged.pull)
    flat, target = source.reshape(-1), result.reshape(-1)
    most = max(channels, program.channels)

    def band(y0: int, y1: int) -> None:
        own = _scratch()
        run_rows(
            flat,
            head,
            matrix,
            merged.frames,
            merged.steps,
            merged.grids,
            fills,
            limits,
            *program.arrays,
            own.planes(most, kind),
            own.bytes,
            own.floats,
            own.wide,
            own.halves,
            own.ints,
            own.ends,
            target,
            y0,
            y1,
        )

    run_bands(band, height, pixels=height * width)


_IDENTITY = np.array(IDENTITY)


@functools.lru_cache(maxsize=256)
def _head(
    shape: tuple[int, int, int], height: int, width: int, mode: int, wrap: bool, pull: Matrix | None, first: bool
) -> np.ndarray:
    head = np.zeros(HEAD, np.int64)
    h, w, channels = shape
    head[:7] = h, w, channels, height, width, mode, wrap
    if pull is not None:
        a, b, c, d, e, f, *_ = pull
        x, y = math.floor(c + (a + b) / 2), math.floor(f + (d + e) / 2)  # the pixel that the first one comes from
        head[7:10] = int(a + d * w), int(b + e * w), y * w + x
    head[10] = height * width if first else 0
    return head


def _mode(geometry: list[Geometry], source: np.ndarray, merged: Merged) -> int:
    rough = [s.interpolation for s in geometry if not is_exact(s)]
    mode = _MODES[rough[0]] if rough else NEAREST
    words = mode == BILINEAR and source.dtype == np.uint8 and source.shape[2] in (3, 4) and not merged.wrap
    return WORDS if words and min(source.shape[:2]) > 1 and source.size < 1 << 31 and jit_enabled() else mode


@functools.lru_cache(maxsize=64)
def _limits(source: np.dtype, result: np.dtype, normalized: bool) -> np.ndarray:
    """Bounds and rounding of the levels on the way, and scale, bounds and rounding of the result."""
    top, end = full_scale(source), full_scale(result)
    inner = (0.0, top, MAGIC) if source.kind == "u" else (-np.inf, np.inf, 0.0)
    if normalized:
        outer = (1.0, -np.inf, np.inf, 0.0)
    elif result.kind == "u":
        outer = (end / top, 0.0, end, MAGIC)
    else:
        outer = (end / top, -np.inf, np.inf, 0.0)
    return np.array(inner + outer, _float_of(source))


MAGIC = 12582912.0
"""1.5 * 2**23: a float32 below 2**22 plus and minus this is rounded half to even."""


def _levels(fills: Sequence[tuple[Any, int]], channels: int, top: int, kind: np.dtype) -> np.ndarray:
    """Fills as levels, one row each; integers rounded and saturated."""
    rows = []
    for fill, _ in fills:
        level = fill if isinstance(fill, tuple) else (fill,)
        if len(level) not in (1, channels):
            raise ValueError(f"fill must be one level or {channels}, one a channel, got {len(level)}")
        if top > 1:
            level = tuple([min(max(round(v * top), 0), top) for v in level])
        rows.append(level * channels if len(level) == 1 else level)
    return np.array(rows, kind)


@functools.lru_cache(maxsize=64)
def _no_levels(channels: int, kind: np.dtype) -> np.ndarray:
    return np.empty((0, channels), kind)


def _is_padding(merged: Merged) -> bool:
    """Whether whole pixels are shifted and what lies outside gets one fill."""
    return merged.exact and len(merged.frames) == 1 and merged.pull[0] == merged.pull[4] == 1.0


def _padded(image: np.ndarray, merged: Merged, out: np.ndarray | None) -> np.ndarray:
    """A shifted copy in a frame of one fill."""
    (h, w), (ih, iw) = merged.size, image.shape[:2]
    x, y = -int(merged.pull[2]), -int(merged.pull[5])  # where the first pixel comes to lie
    channels = 1 if image.ndim == 2 else image.shape[2]
    level = _levels(merged.fills, channels, full_scale(image.dtype), image.dtype)[0]
    if out is None:
        out = np.empty(merged.size + image.shape[2:], image.dtype)
    else:
        _usable(out, merged.size + image.shape[2:], image.dtype)
    y0, y1, x0, x1 = (min(max(v, 0), m) for v, m in ((y, h), (y + ih, h), (x, w), (x + iw, w)))
    if y1 <= y0 or x1 <= x0:
        out[...] = level if image.ndim == 3 else level[0]
        return out
    for strip in (np.s_[:y0], np.s_[y1:], np.s_[y0:y1, :x0], np.s_[y0:y1, x1:]):
        out[strip] = level if image.ndim == 3 else level[0]
    out[y0:y1, x0:x1] = image[y0 - y : y1 - y, x0 - x : x1 - x]
    return out


def _moved(image: np.ndarray, merged: Merged, out: np.ndarray | None) -> np.ndarray:
    """Whole pixels moved: a crop, a flip, a transposition, or a copy."""
    a, b, c, d, e, f, *_ = merged.pull
    h, w = merged.size
    if b == 0.0:
        x0, y0 = int(c - (w if a < 0 else 0)), int(f - (h if e < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + h, x0 : x0 + w], a < 0, e < 0
    else:  # x of the source runs along y of the result
        x0, y0 = int(c - (h if b < 0 else 0)), int(f - (w if d < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + w, x0 : x0 + h].swapaxes(0, 1), d < 0, b < 0
    if out is None:
        out = np.empty(part.shape, image.dtype)
    elif not _usable(out, part.shape, image.dtype):
        out[...] = part[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
        return out
    if (flip_x or b != 0.0) and part.size and image.dtype in DTYPES and (part.ndim == 2 or part.shape[2] <= 4):
        cv2 = load_cv2()
        if b != 0.0:
            cv2.transpose(np.ascontiguousarray(part.swapaxes(0, 1)), dst=out)
            part = out
        if flip_x or flip_y:
            cv2.flip(part, -1 if flip_x and flip_y else int(flip_x), dst=out)
        return out
    out[...] = part[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return out


def _resized(image: np.ndarray, geometry: list[Geometry]) -> tuple[np.ndarray, list[Geometry]]:
    """Let OpenCV do a lone resize of whole pixels; what follows it is left.  It is faster than a general warp."""
    if not geometry:
        return image, geometry
    rough = [k for k, s in enumerate(geometry) if not is_exact(s)]
    if len(rough) != 1:
        return image, geometry
    stage = geometry[rough[0]]
    m, before = stage.pull, geometry[: rough[0]]
    if stage.grid is not None or m[1] or m[3] or m[6] or m[7] or m[0] <= 0 or m[4] <= 0:
        return image, geometry
    size = before[-1].size if before else image.shape[:2]
    x0, y0, x1, y1 = (round(v, 6) for v in extent(m, stage.size))
    if any(v != int(v) for v in (x0, y0, x1, y1)) or x0 < 0 or y0 < 0 or x1 > size[1] or y1 > size[0]:
        return image, geometry
    if before:
        image = _pass(image, before, [])
    part = image[int(y0) : int(y1), int(x0) : int(x1)]
    return resize(part, stage.size, stage.interpolation), geometry[rough[0] + 1 :]


def resize(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """A whole image to (h, w) by OpenCV: nearest, bilinear, bicubic, or area (bilinear along axes that grow)."""
    cv2 = load_cv2()
    h, w = image.shape[:2]
    if image.ndim == 3 and image.shape[2] > 4:  # where OpenCV averages it takes four channels
        parts = [resize(image[:, :, c : c + 4], size, interpolation) for c in range(0, image.shape[2], 4)]
        return np.concatenate(parts, axis=2)
    if interpolation == "area" and (size[0] > h) != (size[1] > w) and size != (h, w):
        # OpenCV averages only where both axes shrink.
        image = resize(image, (min(size[0], h), min(size[1], w)), "area")
        interpolation = "bilinear"
    shrinks = size[0] <= h and size[1] <= w
    flag = {
        "nearest": cv2.INTER_NEAREST_EXACT,
        "bilinear": cv2.INTER_LINEAR,
        "bicubic": cv2.INTER_CUBIC,
        "area": cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    }[interpolation]
    result = cv2.resize(image, (size[1], size[0]), interpolation=flag)
    return result.reshape(*size, image.shape[2]) if image.ndim == 3 else result


def run_mask(mask: np.ndarray, stages: Sequence[Geometry]) -> np.ndarray:
    """Labels through geometric stages: the nearest pixel, any dtype, (h, w) or (h, w, c)."""
    h, w = mask.shape[:2]
    merged = merge(stages, h, w)
    if merged.exact and not merged.frames.size:
        return _moved(mask, merged, None)
    kind = mask.dtype
    bits = np.dtype(f"u{kind.itemsize}")
    source = np.ascontiguousarray(mask).view(bits)
    source.flags.writeable = False
    channels = 1 if mask.ndim == 2 else mask.shape[2]
    fills = np.array([label for _, label in merged.fills]).astype(kind).view(bits)
    result = np.empty(merged.size + mask.shape[2:], bits)
    matrix, width = np.array(merged.pull), merged.size[1]

    def band(y0: int, y1: int) -> None:
        own = _scratch()
        run_labels(
            source.reshape(-1),
            channels,
            h,
            w,
            width,
            matrix,
            merged.frames,
            merged.steps,
            merged.grids,
            fills,
            own.floats,
            own.ints,
            own.ends,
            result.reshape(-1),
            y0,
            y1,
        )

    if result.size:
        run_bands(band, merged.size[0], pixels=result.size)
    return result.view(kind)
