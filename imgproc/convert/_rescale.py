"""Levels in any units brought to full scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._core.check import DTYPES, as_mask, as_pixels, flag, image_dtype, one_of, ordered_range
from .._core.declare import Case, declare, versus
from .._core.formats import is_sequence
from .._core.jit import kernel
from .._core.levels import fraction
from .._core.levelwise import level_ends, spread_over
from .._core.lookup import look_up
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands

__all__ = ["rescale"]

BITS = {"8bit": 8, "10bit": 10, "12bit": 12, "14bit": 14, "16bit": 16}
SOURCES = ("image", "dtype", *BITS)


def rescale(
    image: np.ndarray,
    *,
    source: str | tuple[float, float] = "image",
    target: tuple[float, float] = (0.0, 1.0),
    dtype: Any = None,
    clip: bool = True,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Bring a range of levels to full scale.

    Functions take float images to have levels from 0 to 1, and integers to use the whole range of their dtype.  This
    converts what comes otherwise: floats from 0 to 255, 12 bits in uint16, Hounsfield units in int16.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Any integers, float16, float32 or float64.
    source : {"image", "dtype", "8bit", "10bit", "12bit", "14bit", "16bit"} or (float, float)
        The levels that become the ends of `target`, in the units of the image: its smallest and its largest finite
        level, 0 and full scale of its dtype (of signed integers: their smallest and their largest number), 0 and the
        largest number of so many bits, or any two levels, the lower one first.
    target : (float, float)
        What they become, as fractions of full scale of the result; the first may be the higher one, for a negative.
    dtype : dtype, optional
        uint8, uint16, float32 or float64 of the result.  Default: that of the image if it is one of these, else
        float32.
    clip : bool
        Whether levels outside of `source` get the nearest end of `target`.  Otherwise floats go beyond it; integers
        end at their own range in any case.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels ``source="image"`` looks at.  All pixels are mapped.

    Returns
    -------
    ndarray
        Same shape and dtype, or `dtype`: ``(v - low) / (high - low)`` along `target`.  Integers are rounded half to
        even.  NaN
        stays; in integers it becomes 0.  An image with a single level gets the first of `target`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    See Also
    --------
    stretch_contrast : the range between two quantiles.
    to_uint8, to_uint16, to_float : full scale to full scale.

    Notes
    -----
    The whole image is one window where ``source="image"``, and one "no data" value is one of the ends: leave it out by
    `mask`, or name the levels.

    ``skimage.exposure.rescale_intensity``, whose ``in_range`` is `source`.  Computed in float64.

    Examples
    --------
    >>> import numpy as np
    >>> rescale(np.array([[-1000, 0, 1000]], np.int16), source=(-1000, 1000))
    array([[0. , 0.5, 1. ]], dtype=float32)
    >>> rescale(np.array([[0, 1365, 4095]], np.uint16), source="12bit", dtype="uint8")
    array([[  0,  85, 255]], dtype=uint8)
    """
    image = as_pixels(image)
    kind = image_dtype(dtype) or (image.dtype if image.dtype in DTYPES else np.dtype(np.float32))
    first, last = _target(target)
    clip, mask = flag(clip, "clip"), as_mask(mask, image)
    low, high = _ends(source, image, mask)
    out = np.empty(image.shape, kind)
    if image.size == 0:
        return out
    if kind.kind == "u" and (first, last) == (0.0, 1.0) and _are_words(image.dtype, low, high):
        if image.dtype == np.uint16:
            spread_over(image, int(low), int(high), out)
            return out
        return look_up(image, _spread_table(low, high, kind), out)
    line = _line(low, high, first, last, clip, kind)
    if image.dtype == np.uint8 or (image.dtype == np.uint16 and image.size > WORDS.size):
        levels = WORDS[: full_scale(image.dtype) + 1]
        table = np.empty((1, levels.size), kind)
        _map(levels, line, table[0])
        return look_up(image, table, out)
    values = canonical(image.astype(np.float32) if image.dtype == np.float16 else image).reshape(-1)
    result, w = out.reshape(-1), out.size // len(out)
    run_bands(lambda a, b: _map(values[a * w : b * w], line, result[a * w : b * w]), len(out), pixels=out.size)
    return out


WORDS = np.arange(1 << 16).astype(np.uint16)


def _are_words(dtype: np.dtype, low: float, high: float) -> bool:
    """Whether both ends are different levels of an integer image, so that all is computed exactly."""
    return dtype in (np.uint8, np.uint16) and 0 <= low < high <= full_scale(dtype) and low % 1 == 0 == high % 1


def _spread_table(low: float, high: float, kind: np.dtype) -> np.ndarray:
    table = np.empty((1, 256), kind)
    spread_over(WORDS[:256].reshape(1, -1), int(low), int(high), table)
    return table


@kernel
def _map(values, line, out):
    """Levels along a line, which `_line` makes; in float64."""
    half, base, width, first, span, top = line[0], line[1], line[2], line[3], line[4], line[5]
    least, most = line[6], line[7]
    for i in range(out.size):
        v = np.float64(values[i]) * half - base
        v = v / width if width > 0.0 else (v if v != v else 0.0)
        v = least if v < least else v
        v = most if v > most else v
        _store(v * span + first, top, out, i)


@kernel(inner=True)
def _store(v, top, out, i):
    if top > 1.0:
        v = np.rint(v * top)
        v = v if v > 0.0 else 0.0
        v = top if v > top else v
        out[i] = np.int32(v)
    else:
        out[i] = v


def _line(low: float, high: float, first: float, last: float, clip: bool, kind: np.dtype) -> np.ndarray:
    """What `_map` takes: how levels are scaled, what is taken away, the width, the line, full scale, and the bounds."""
    half = 0.5 if np.isinf(high - low) else 1.0  # so that no difference is beyond the floats
    bounds = (0.0, 1.0) if clip else (-np.inf, np.inf)
    return np.array([half, low * half, high * half - low * half, first, last - first, full_scale(kind), *bounds])


def _ends(source: Any, image: np.ndarray, mask: np.ndarray | None) -> tuple[float, float]:
    """The two levels, as floats."""
    if not isinstance(source, str):
        return ordered_range(source, "source")
    one_of(source, "source", SOURCES)
    if source in BITS:
        return 0.0, float((1 << BITS[source]) - 1)
    if source == "dtype":
        if image.dtype.kind == "f":
            return 0.0, 1.0
        limits = np.iinfo(image.dtype)
        return float(limits.min), float(limits.max)
    levels = image if mask is None else image[mask]
    if levels.size and image.dtype in DTYPES:
        low, high = level_ends(levels)
        if math.isfinite(low) and math.isfinite(high):
            return float(low), float(high)
    if image.dtype.kind == "f":
        finite = np.isfinite(levels)
        levels = levels if finite.all() else levels[finite]
    return (float(levels.min()), float(levels.max())) if levels.size else (0.0, 0.0)


def _target(target: Any) -> tuple[float, float]:
    if not is_sequence(target) or len(target) != 2:
        raise TypeError(f"target must be a pair (level, level), got {target!r}")
    first, last = fraction(target[0], "target[0]"), fraction(target[1], "target[1]")
    if first == last:
        raise ValueError(f"target must be two different levels, got {(first, last)}")
    return first, last


def _rows() -> list[Case]:
    cv2 = load_cv2()

    def theirs(x: np.ndarray) -> np.ndarray:
        return cv2.normalize(x, None, 0, 65535, cv2.NORM_MINMAX)

    def exact(x: np.ndarray) -> np.ndarray:
        return np.rint((x - np.float64(x.min())) * 65535 / (np.float64(x.max()) - x.min()))

    return [
        versus(
            "rescale",
            "grey 16-bit",
            rescale,
            "cv2.normalize",
            theirs,
            tolerance=1,
            what="least to most",
            default=True,
            reference=exact,
            note="ours is exactly rounded, theirs multiplies in float32",
        )
    ]


declare(
    rescale,
    arguments={"source": lambda image: ("image", "dtype", "12bit", (0.1, 0.9)), "target": lambda image: ((0.0, 1.0),)},
    peers=_rows,
)
