"""What every function on intensities needs: arrays in one layout, full scale, luma and its replacement.

Luma is Y of Rec. 601, Y = 0.299 R + 0.587 G + 0.114 B, which OpenCV and Pillow use for grey too.  With
``color="luminance"`` a function works on Y and then adds the change of Y to R, G and B alike.  The result is the same
as in YCrCb with Cr and Cb left alone, but nothing is converted there and back.  So no level is lost, all dtypes behave
alike, and a function that leaves Y alone returns the image bit for bit.  (L of Lab is closer to what people see, but
there and back it changes 8-bit pixels by up to two levels.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .formats import ROUNDING
from .jit import kernel
from .threads import run_bands

LUMA_WEIGHTS = 0.299, 0.587, 0.114
LUMA_WEIGHTS_15_BITS = 9798, 19235, 3735  # the same for integers; they add up to 2**15


def full_scale(dtype: np.dtype) -> int:
    """The level that 1.0 stands for: 255, 65535, or 1 for float images."""
    return (1 << 8 * dtype.itemsize) - 1 if dtype.kind == "u" else 1


def level(fraction: float, dtype: np.dtype) -> np.generic:
    """A fraction of full scale as a value of the dtype; integers round and saturate."""
    if dtype.kind == "f":
        return dtype.type(fraction)
    top = full_scale(dtype)
    return dtype.type(round(min(max(fraction * top, 0), top)))  # Python rounds half to even, too


def fill_values(fill: float | tuple[float, ...], channels: int, dtype: np.dtype) -> list[float]:
    """What `check.fill_levels` gave as one level of the dtype for each channel, as plain numbers."""
    given, top = fill if isinstance(fill, tuple) else (fill,), full_scale(dtype)
    if dtype.kind == "f":
        levels = [dtype.type(v).item() for v in given]
    else:
        levels = [round(min(max(v * top, 0), top)) for v in given]
    return levels * channels if len(levels) == 1 else levels


def rounding(dtype: np.dtype) -> tuple[float, float, float]:
    """How results of this dtype are bounded and rounded: least, largest, and what is added and taken away to round.

    These are (0, full scale, `ROUNDING`) for integers and (-inf, inf, 0) for floats.
    """
    return (0.0, full_scale(dtype), ROUNDING) if dtype.kind == "u" else (-np.inf, np.inf, 0.0)


def canonical(array: np.ndarray) -> np.ndarray:
    """Return a read-only, C-contiguous view of an array, the one layout that kernels are compiled for.

    The array is copied only if it is not contiguous.
    """
    array = np.ascontiguousarray(array).view()
    array.setflags(write=False)
    return array


def as_line(array: np.ndarray) -> np.ndarray:
    """Return the numbers of an array as a canonical array of one axis."""
    line = (array if type(array) is np.ndarray else np.ascontiguousarray(array)).reshape(-1)  # a new view, or a copy
    line.setflags(write=False)
    return line


def as_planes(image: np.ndarray) -> np.ndarray:
    """Return the image as a canonical array of shape (h, w, c)."""
    return canonical(image if image.ndim == 3 else image[:, :, np.newaxis])


def valid_pixels(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Return the mask as a canonical array; without a mask all pixels are valid."""
    return canonical(np.ones(image.shape[:2], bool) if mask is None else mask)


def on_intensity(image: np.ndarray, color: str, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply `work` to the luma of an image, or to each of its channels.

    Parameters
    ----------
    image : ndarray
        An image that `as_image` has checked and that is not empty.
    color : str
        What `imgproc._core.check.color_mode` has returned.
    work : callable
        It takes a read-only, canonical plane (h, w) and returns a new plane of the same shape and dtype.
    """
    if image.ndim == 2:
        return work(canonical(image))
    if color == "luminance":
        old = luma(image)
        return replace_luma(image, old, work(old))
    out = np.empty(image.shape, image.dtype)
    for channel in range(image.shape[2]):
        out[:, :, channel] = work(canonical(image[:, :, channel]))
    return out


def luma(image: np.ndarray) -> np.ndarray:
    """Return Y of an RGB image, (h, w), in the image's dtype.  Integers are rounded as cv2.COLOR_RGB2GRAY does."""
    rows = _flat_rows(image)
    out = np.empty(image.shape[:2], image.dtype)
    work = _luma_integer if image.dtype.kind == "u" else _luma_float
    run_bands(lambda a, b: work(rows[a:b], out[a:b]), out.shape[0], pixels=out.size)
    return canonical(out)


def replace_luma(image: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Replace the luma `old` of an RGB image by `new`: R, G and B all get the difference.  Integers saturate."""
    rows, new = _flat_rows(image), canonical(new)
    out = np.empty(image.shape, image.dtype)
    flat = out.reshape(rows.shape)

    def band(a: int, b: int) -> None:
        if image.dtype.kind == "u":
            _shift_integer(rows[a:b], old[a:b], new[a:b], full_scale(image.dtype), flat[a:b])
        else:
            _shift_float(rows[a:b], old[a:b], new[a:b], flat[a:b])

    run_bands(band, new.shape[0], pixels=new.size)
    return out


def _flat_rows(image: np.ndarray) -> np.ndarray:
    return canonical(image).reshape(image.shape[0], -1)


# Rows are flat, (h, 3 w): with the 3 written out instead of read from a shape, the loops vectorise.


@kernel
def _luma_integer(rows, out):
    for y in range(out.shape[0]):
        row, luma = rows[y], out[y]
        for x in range(luma.size):
            # The sum of 16-bit levels stays below 2**32.
            red = np.uint32(np.uint32(LUMA_WEIGHTS_15_BITS[0]) * np.uint32(row[3 * x]))
            green = np.uint32(np.uint32(LUMA_WEIGHTS_15_BITS[1]) * np.uint32(row[3 * x + 1]))
            blue = np.uint32(np.uint32(LUMA_WEIGHTS_15_BITS[2]) * np.uint32(row[3 * x + 2]))
            luma[x] = np.uint32(np.uint32(np.uint32(red + green) + blue) + np.uint32(16384)) >> np.uint32(15)


@kernel
def _luma_float(rows, out):
    kind = out.dtype.type
    r, g, b = kind(LUMA_WEIGHTS[0]), kind(LUMA_WEIGHTS[1]), kind(LUMA_WEIGHTS[2])
    for y in range(out.shape[0]):
        row, luma = rows[y], out[y]
        for x in range(luma.size):
            luma[x] = r * row[3 * x] + g * row[3 * x + 1] + b * row[3 * x + 2]


@kernel
def _shift_integer(rows, old, new, top, out):
    low, top = np.int32(0), np.int32(top)
    for y in range(new.shape[0]):
        row, before, after, changed = rows[y], old[y], new[y], out[y]
        for x in range(after.size):
            shift = np.int32(np.int32(after[x]) - np.int32(before[x]))
            changed[3 * x] = min(max(np.int32(np.int32(row[3 * x]) + shift), low), top)
            changed[3 * x + 1] = min(max(np.int32(np.int32(row[3 * x + 1]) + shift), low), top)
            changed[3 * x + 2] = min(max(np.int32(np.int32(row[3 * x + 2]) + shift), low), top)


@kernel
def _shift_float(rows, old, new, out):
    zero = out.dtype.type(0)
    for y in range(new.shape[0]):
        row, before, after, changed = rows[y], old[y], new[y], out[y]
        for x in range(after.size):
            shift = after[x] - before[x]
            shift = shift if shift == shift else zero  # a NaN in one channel stays in that channel
            changed[3 * x] = row[3 * x] + shift
            changed[3 * x + 1] = row[3 * x + 1] + shift
            changed[3 * x + 2] = row[3 * x + 2] + shift
