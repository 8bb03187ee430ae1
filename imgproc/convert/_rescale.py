"""Levels in any units brought to full scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core.check import DTYPES, as_mask, as_pixels, flag, image_dtype, one_of, ordered_range
from .._core.declare import Case, declare, versus
from .._core.formats import is_sequence
from .._core.levels import fraction
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
    work = _along(low, high, first, last, clip, kind)
    if image.dtype in (np.uint8, np.uint16):
        levels = np.arange(full_scale(image.dtype) + 1)
        table = np.empty((1, levels.size), kind)
        work(levels, table[0])
        return look_up(image, table)
    rows = canonical(image).reshape(image.shape[0], -1)
    result = out.reshape(rows.shape)
    run_bands(lambda a, b: work(rows[a:b], result[a:b]), rows.shape[0], pixels=image.size)
    return out


def _along(
    low: float, high: float, first: float, last: float, clip: bool, kind: np.dtype
) -> Callable[[np.ndarray, np.ndarray], None]:
    """What maps some levels into an array."""
    half = 0.5 if np.isinf(high - low) else 1.0  # so that no difference is beyond the floats
    width, top = high * half - low * half, full_scale(kind)

    def work(levels: np.ndarray, out: np.ndarray) -> None:
        with np.errstate(all="ignore"):
            values = levels.astype(np.float64)
            values *= half
            values -= low * half
            if width > 0.0:
                values /= width
            else:
                values[~np.isnan(values)] = 0.0
            if clip:
                np.clip(values, 0.0, 1.0, out=values)
            values *= last - first
            values += first
            if kind.kind == "u":
                values *= top
                np.rint(values, out=values)
                np.clip(values, 0, top, out=values)
                values[np.isnan(values)] = 0.0
            out[...] = values

    return work


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

    return [
        versus(
            "rescale", "grey 16-bit", rescale, "cv2.normalize", theirs, tolerance=1, what="least to most", default=True
        )
    ]


declare(
    rescale,
    arguments={"source": lambda image: ("image", "dtype", "12bit", (0.1, 0.9)), "target": lambda image: ((0.0, 1.0),)},
    peers=_rows,
)
