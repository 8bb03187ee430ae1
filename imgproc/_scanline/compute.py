"""One pass: the arrays that its kernel takes, and the call."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.jit import jit_enabled
from .._core.planes import full_scale
from .._core.threads import run_bands
from . import pixel
from .machine import HEAD, run_labels, run_rows
from .matrix import Matrix
from .merge import Merged, is_exact, merge
from .nearest import BICUBIC, BILINEAR, EXACT, NEAREST, RESIZED, WORDS
from .opencv_moves import moved
from .run_in_place import run_levels
from .scratch import scratch
from .stages import Geometry

_MODES = {"nearest": NEAREST, "bilinear": BILINEAR, "area": BILINEAR, "bicubic": BICUBIC}


MAGIC = 12582912.0
"""1.5 * 2**23: a float32 below 2**22 plus and minus this is rounded half to even."""


def compute(
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
        _levels(source, merged, program, limits, most, plane, target)
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


def _levels(
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
    if mode != BILINEAR or merged.wrap or not has_words(source):
        return mode
    _, b, _, d, _, _, g, h, _ = merged.pull
    return RESIZED if b == d == g == h == 0.0 and not merged.fills and not len(merged.steps) else WORDS


def has_words(image: np.ndarray) -> bool:
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
    return np.array(inner + outer, float_of(source))


def float_of(dtype: np.dtype) -> np.dtype:
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)


@functools.lru_cache(maxsize=64)
def levels_of(fills: tuple[tuple[Any, int], ...], channels: int, top: int, kind: np.dtype) -> np.ndarray:
    """Fills as levels, one row each; integers rounded and saturated."""
    return np.array([level_of(fill, channels, top) for fill, _ in fills], kind).reshape(-1, channels)


def level_of(fill: Any, channels: int, top: int) -> tuple[float, ...]:
    level = fill if isinstance(fill, tuple) else (fill,)
    if len(level) not in (1, channels):
        raise ValueError(f"fill must be one level or {channels}, one a channel, got {len(level)}")
    if top > 1:
        level = tuple([min(max(round(v * top), 0), top) for v in level])
    return level * channels if len(level) == 1 else level


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
