"""Stages in, image out: which stages share a pass over the image, and the call of the kernel for each pass."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._border import framed
from .._check import DTYPES
from .._cv2 import load_cv2
from .._jit import jit_enabled
from .._lookup import look_up
from .._planes import as_planes, full_scale
from .._threads import run_bands, stays_serial
from . import _pixel as pixel
from ._direct import invert, is_inverting, is_mixing, is_painting, mix, paint
from ._levels import run_levels
from ._machine import CAPACITY, HEAD, run_labels, run_rows
from ._matrix import Matrix
from ._merge import Merged, extent, is_exact, is_padding, merge
from ._sample import BICUBIC, BILINEAR, EXACT, NEAREST, RESIZED, WORDS
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


def scratch() -> _Scratch:
    """That of this thread."""
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
    given = image
    dtype = None if dtype is None else np.dtype(dtype)
    whole = image.dtype.kind == "u" and stays_serial(image.size)
    while True:
        geometry, ops, end = take_pass(queue, image.shape[:2], whole=whole)
        if not queue and end is None:
            if not geometry and not ops and _is_result(image, given, dtype, layout, out):
                return image
            return _pass(image, geometry, ops, dtype, layout, out)
        image = _pass(image, geometry, ops) if geometry or ops else image
        if type(end) is Whole:
            image = end.function(image)
        elif type(end) is Deferred:
            queue.extend(reversed(end.resolve(image)))


def take_pass(
    queue: list[Stage], size: tuple[int, int], *, keep: bool = False, whole: bool = False
) -> tuple[list[Geometry], list[Op], Stage | str | None]:
    """Take from the end of a reversed list what one pass over (h, w) can do.

    `keep` leaves erasing as it is.  `whole` lets kernels find the statistics that they can.

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
        elif kind is Deferred and whole and stage.op is not None:
            if geometry:
                queue.append(stage)
                return geometry, ops, "a statistic comes after geometry"
            ops.append(stage.op)
        elif kind is not MaskOnly:
            return geometry, ops, stage
    return geometry, ops, None


def _waits(stage: Geometry, geometry: list[Geometry], ops: list[Op], size: tuple[int, int]) -> str:
    """Why a geometric stage cannot join a pass; empty if it can."""
    if ops:
        if not is_exact(stage):
            return "interpolation comes after pixel operations"
        if any(type(op) is Erase or op.code in pixel.BINDING for op in ops):
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
    given = image
    if geometry:
        image, geometry = _resized(image, geometry)
    if not geometry and not ops and _is_result(image, given, dtype, layout, out):
        return image
    same = layout == "last" and (dtype is None or dtype == image.dtype)
    if geometry and is_padding(geometry[-1], geometry[-2].size if len(geometry) > 1 else image.shape[:2]):
        last, alone = geometry[-1], same and not ops
        if (alone or last.border != "constant") and (len(geometry) == 1 or all(map(is_exact, geometry))):
            # What a border shows is sooner copied than found point by point.
            image = _pass(image, geometry[:-1], []) if len(geometry) > 1 else image
            if alone:
                return _padded(image, last, out)
            image, geometry = _padded(image, last, None), []
    h, w = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    merged = merge(geometry, h, w)
    if same and merged.exact and not merged.frames.size:
        result = _direct(image, geometry, ops, merged, out)
        if result is not None:
            return result
    program = pixel.pack(ops, channels, image.dtype)
    if dtype is None:
        dtype = _float_of(image.dtype) if program.normalized else image.dtype
    shape: tuple[int, ...] = merged.size
    if image.ndim == 3:
        shape = (program.channels, *shape) if layout == "first" else (*shape, program.channels)
    half = dtype.char == "e"  # by way of float32: NumPy rounds it with the CPU's own instruction
    result = out if out is not None and usable(out, shape, dtype) and not half else None
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


def _is_result(image: np.ndarray, given: np.ndarray, dtype: Any, layout: str, out: np.ndarray | None) -> bool:
    """Whether an image is a new one and as the result should be: a copy of a large one costs as much as a blur."""
    if image is given or out is not None or layout != "last" or (dtype is not None and dtype != image.dtype):
        return False
    return image.flags.c_contiguous and not np.may_share_memory(image, given)


class OutMismatch(ValueError):
    """The caller's array does not fit the result."""


def usable(out: np.ndarray, shape: tuple[int, ...], dtype: Any) -> bool:
    """Whether kernels can write to an array, which OutMismatch says must have this shape and dtype."""
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
    limits = limits_of(dtype, result.dtype, program.normalized)
    flat, target = source.reshape(-1), result.reshape(-1)
    most = max(channels, program.channels)
    plane = height * width if first else 0
    if merged.exact and not merged.fills:
        _compute_levels(source, merged, program, limits, most, plane, target)
        return
    mode = EXACT if merged.exact else _mode(geometry, source, merged)
    head = _head(source.shape, height, width, mode, merged.wrap, merged.pull if mode == EXACT else None, plane)
    kind = limits.dtype
    fills = levels_of(merged.fills, channels, full_scale(dtype), kind)
    matrix = np.array(merged.pull)

    def band(y0: int, y1: int) -> None:
        own = scratch()
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


def _compute_levels(
    source: np.ndarray, merged: Merged, program: Any, limits: np.ndarray, most: int, plane: int, target: np.ndarray
) -> None:
    """The same where pixels move at most."""
    channels, (height, width), flat = source.shape[2], merged.size, source.reshape(-1)
    move = _move(source.shape, height, width, merged.pull, plane)
    looks = any(code == pixel.CONTRAST for code in program.ops[:, 0].tolist())
    buffer = np.empty(height * width * channels if looks else 0, source.dtype)
    totals = np.zeros(channels)

    def band(y0: int, y1: int) -> None:
        own = scratch()
        rows = own.planes(most, limits.dtype)
        run_levels(flat, move, *program.arrays, limits, rows, own.bytes, buffer, totals, target, y0, y1)

    if looks:
        band(0, height)
    else:
        run_bands(band, height, pixels=height * width)


@functools.lru_cache(maxsize=256)
def _head(
    shape: tuple[int, int, int], height: int, width: int, mode: int, wrap: bool, pull: Matrix | None, plane: int
) -> np.ndarray:
    head = np.zeros(HEAD, np.int64)
    h, w, channels = shape
    head[:7] = h, w, channels, height, width, mode, wrap
    if pull is not None:
        head[7:10] = _walk(pull, w)
    head[10] = plane
    return head


@functools.lru_cache(maxsize=256)
def _move(shape: tuple[int, int, int], height: int, width: int, pull: Matrix, plane: int) -> np.ndarray:
    step_x, step_y, first = _walk(pull, shape[1])
    return np.array((shape[2], height, width, first, step_x, step_y, plane))


def _walk(pull: Matrix, w: int) -> tuple[int, int, int]:
    """How the number of a pixel of the source, of width w, changes along x and y, and that of the first one."""
    a, b, c, d, e, f, *_ = pull
    x, y = math.floor(c + (a + b) / 2), math.floor(f + (d + e) / 2)
    return int(a + d * w), int(b + e * w), y * w + x


def _mode(geometry: list[Geometry], source: np.ndarray, merged: Merged) -> int:
    mode = next((_MODES[s.interpolation] for s in geometry if not is_exact(s)), NEAREST)
    if mode != BILINEAR or merged.wrap or not _has_words(source):
        return mode
    _, b, _, d, _, _, g, h, _ = merged.pull
    return RESIZED if b == d == g == h == 0.0 and not merged.fills and not len(merged.steps) else WORDS


def _has_words(image: np.ndarray) -> bool:
    """Whether the kernel for 8-bit RGB and RGBA takes an image."""
    if image.dtype.char != "B" or image.ndim != 3 or image.shape[2] not in (3, 4) or not jit_enabled():
        return False
    return min(image.shape[:2]) > 1 and image.size < 1 << 31


@functools.lru_cache(maxsize=64)
def limits_of(source: np.dtype, result: np.dtype, normalized: bool) -> np.ndarray:
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


@functools.lru_cache(maxsize=64)
def levels_of(fills: tuple[tuple[Any, int], ...], channels: int, top: int, kind: np.dtype) -> np.ndarray:
    """Fills as levels, one row each; integers rounded and saturated."""
    return np.array([_level(fill, channels, top) for fill, _ in fills], kind).reshape(-1, channels)


def _level(fill: Any, channels: int, top: int) -> tuple[float, ...]:
    level = fill if isinstance(fill, tuple) else (fill,)
    if len(level) not in (1, channels):
        raise ValueError(f"fill must be one level or {channels}, one a channel, got {len(level)}")
    if top > 1:
        level = tuple([min(max(round(v * top), 0), top) for v in level])
    return level * channels if len(level) == 1 else level


def _padded(image: np.ndarray, stage: Geometry, out: np.ndarray | None) -> np.ndarray:
    """A shifted copy in a frame."""
    (h, w), (ih, iw) = stage.size, image.shape[:2]
    x, y = -int(stage.pull[2]), -int(stage.pull[5])  # where the first pixel comes to lie
    sides = y, h - y - ih, x, w - x - iw
    values: tuple[float, ...] = (0,)
    if stage.border == "constant":
        values = _level(stage.fill, 1 if image.ndim == 2 else image.shape[2], full_scale(image.dtype))
    work = functools.partial(framed, image, sides, stage.border, values)
    return _into(out, stage.size + image.shape[2:], image.dtype, work)


def _direct(
    image: np.ndarray, geometry: list[Geometry], ops: list[Op], merged: Merged, out: np.ndarray | None
) -> np.ndarray | None:
    """Whole pixels moved, then what needs no rows of levels; None where that is not enough."""
    channels = 1 if image.ndim == 2 else image.shape[2]
    if not ops or is_painting(ops, channels):
        result = moved(image, merged.pull, merged.size, out)
        paint(result, ops)
        return result
    if is_inverting(ops, image):
        work = invert
    elif is_mixing(ops, image):
        work = functools.partial(mix, ops[0])
    elif image.dtype == np.uint8 and (tables := pixel.tabulated(ops, channels)) is not None:
        work = functools.partial(_look_up, tables)
    else:
        return None
    source = moved(image, merged.pull, merged.size) if geometry else image
    return _into(out, source.shape, source.dtype, functools.partial(work, source))


def _look_up(tables: np.ndarray, image: np.ndarray, out: np.ndarray) -> None:
    # Whole bytes through one table: sixty-four at a time, without a detour over floats.
    look_up(image, tables, out)


def _into(
    out: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype, work: Callable[[np.ndarray], Any]
) -> np.ndarray:
    """What `work` writes into an array without gaps: the caller's where it is one."""
    result = out if out is not None and usable(out, shape, dtype) else np.empty(shape, dtype)
    work(result)
    if out is None or result is out:
        return result
    out[...] = result
    return out


def moved(image: np.ndarray, pull: Sequence[float], size: tuple[int, int], out: np.ndarray | None = None) -> np.ndarray:
    """Whole pixels moved, none from outside: a crop, a flip, a transposition, or a copy."""
    a, b, c, d, e, f = pull[:6]
    h, w = size
    if b == 0.0:
        x0, y0 = int(c - (w if a < 0 else 0)), int(f - (h if e < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + h, x0 : x0 + w], a < 0, e < 0
    else:  # x of the source runs along y of the result
        x0, y0 = int(c - (h if b < 0 else 0)), int(f - (w if d < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + w, x0 : x0 + h].swapaxes(0, 1), d < 0, b < 0
    if out is None:
        out = np.empty(part.shape, image.dtype)
    elif not usable(out, part.shape, image.dtype):
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
    rough = [k for k, s in enumerate(geometry) if not is_exact(s)]
    if len(rough) != 1:
        return image, geometry
    stage = geometry[rough[0]]
    m, before = stage.pull, geometry[: rough[0]]
    if m[1] or m[3] or m[6] or m[7] or m[0] <= 0 or m[4] <= 0 or stage.grid is not None:
        return image, geometry
    if stage.interpolation == "bilinear" and _has_words(image):
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
        return moved(mask, merged.pull, merged.size)
    kind = mask.dtype
    bits = np.dtype(f"u{kind.itemsize}")
    source = np.ascontiguousarray(mask).view(bits)
    source.flags.writeable = False
    channels = 1 if mask.ndim == 2 else mask.shape[2]
    fills = np.array([label for _, label in merged.fills]).astype(kind).view(bits)
    result = np.empty(merged.size + mask.shape[2:], bits)
    matrix, width = np.array(merged.pull), merged.size[1]

    def band(y0: int, y1: int) -> None:
        own = scratch()
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
