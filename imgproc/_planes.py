"""What every function on intensities needs: canonical arrays, full scale, luma and its replacement.

Luma is Y of Rec. 601, Y = 0.299 R + 0.587 G + 0.114 B, as OpenCV's and Pillow's grey.  ``color="luminance"`` means: work
on Y, then add the change of Y to R, G and B alike.  That is YCrCb with Cr and Cb untouched, without its round trip: it
needs no conversion that loses levels, works alike in every dtype, and an operation that leaves Y alone returns the image
bit for bit.  (Lab's L is perceptually more even, but its 8-bit round trip changes pixels by up to two levels, and its
gamut on float and 16-bit images is no better defined.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ._jit import kernel
from ._threads import run_bands


def full_scale(dtype: np.dtype) -> int:
    """The level that 1.0 stands for: 255, 65535, or 1 for float images."""
    return (1 << 8 * dtype.itemsize) - 1 if dtype.kind == "u" else 1


def level(fraction: float, dtype: np.dtype) -> np.generic:
    """A fraction of full scale as a value of the dtype; integers round and saturate."""
    if dtype.kind == "f":
        return dtype.type(fraction)
    top = full_scale(dtype)
    return dtype.type(min(max(round(fraction * top), 0), top))  # Python rounds half to even, too


def canonical(array: np.ndarray) -> np.ndarray:
    """A read-only C-contiguous view (a copy only if need be): the one layout kernels are compiled for."""
    array = np.ascontiguousarray(array).view()
    array.flags.writeable = False
    return array


def as_planes(image: np.ndarray) -> np.ndarray:
    """The image as canonical (h, w, c)."""
    return canonical(image if image.ndim == 3 else image[:, :, np.newaxis])


def valid_pixels(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The mask as a canonical array; all True where there is none."""
    return canonical(np.ones(image.shape[:2], bool) if mask is None else mask)


def on_intensity(image: np.ndarray, color: str, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Apply `work`, which maps a canonical (h, w) plane to a new one, to the luma or to each channel.

    Parameters
    ----------
    image : ndarray
        Checked by `as_image`, not empty.
    color : str
        Result of `_check.color_mode`.
    work : callable
        Takes a read-only plane, returns a new plane of the same shape and dtype.
    """
    if image.ndim == 2:
        return work(canonical(image))
    if color == "luminance":
        return replace_luma(image, work(luma(image)))
    out = np.empty(image.shape, image.dtype)
    for channel in range(image.shape[2]):
        out[:, :, channel] = work(canonical(image[:, :, channel]))
    return out


def luma(image: np.ndarray) -> np.ndarray:
    """Y of an RGB image, (h, w), in its dtype; integers round to nearest, as cv2.COLOR_RGB2GRAY."""
    source = canonical(image)
    out = np.empty(image.shape[:2], image.dtype)
    work = _luma_integer if image.dtype.kind == "u" else _luma_float
    run_bands(lambda a, b: work(source[a:b], out[a:b]), out.shape[0], pixels=out.size)
    out.flags.writeable = False
    return out


def replace_luma(image: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The RGB image with its luma changed to `new`: the difference is added to R, G and B, integers saturate."""
    source = canonical(image)
    new = canonical(new)
    out = np.empty(image.shape, image.dtype)
    if image.dtype.kind == "u":
        top = full_scale(image.dtype)
        run_bands(lambda a, b: _shift_integer(source[a:b], new[a:b], top, out[a:b]), out.shape[0], pixels=new.size)
    else:
        run_bands(lambda a, b: _shift_float(source[a:b], new[a:b], out[a:b]), out.shape[0], pixels=new.size)
    return out


@kernel
def _luma_integer(image, out):
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            # 15-bit weights that add up to 1; the sum of 16-bit levels stays below 2**32.
            total = (
                np.uint32(9798) * np.uint32(image[y, x, 0])
                + np.uint32(19235) * np.uint32(image[y, x, 1])
                + np.uint32(3735) * np.uint32(image[y, x, 2])
                + np.uint32(16384)
            )
            out[y, x] = np.uint32(total) >> np.uint32(15)


@kernel
def _luma_float(image, out):
    r, g, b = out.dtype.type(0.299), out.dtype.type(0.587), out.dtype.type(0.114)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = r * image[y, x, 0] + g * image[y, x, 1] + b * image[y, x, 2]


@kernel
def _shift_integer(image, new, top, out):
    top = np.int32(top)
    for y in range(new.shape[0]):
        for x in range(new.shape[1]):
            r, g, b = np.int32(image[y, x, 0]), np.int32(image[y, x, 1]), np.int32(image[y, x, 2])
            total = np.uint32(9798) * np.uint32(r) + np.uint32(19235) * np.uint32(g) + np.uint32(3735) * np.uint32(b)
            old = np.int32(np.uint32(total + np.uint32(16384)) >> np.uint32(15))
            shift = np.int32(np.int32(new[y, x]) - old)
            out[y, x, 0] = min(max(np.int32(r + shift), np.int32(0)), top)
            out[y, x, 1] = min(max(np.int32(g + shift), np.int32(0)), top)
            out[y, x, 2] = min(max(np.int32(b + shift), np.int32(0)), top)


@kernel
def _shift_float(image, new, out):
    wr, wg, wb = out.dtype.type(0.299), out.dtype.type(0.587), out.dtype.type(0.114)
    for y in range(new.shape[0]):
        for x in range(new.shape[1]):
            r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
            shift = new[y, x] - (wr * r + wg * g + wb * b)
            if np.isnan(shift):  # a NaN in one channel stays in that channel
                shift = out.dtype.type(0)
            out[y, x, 0] = r + shift
            out[y, x, 1] = g + shift
            out[y, x, 2] = b + shift
