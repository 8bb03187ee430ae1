"""Moving whole pixels, and resizing whole images by OpenCV.  Results go into the caller's array if it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.check import DTYPES
from .._core.formats import channels_of
from .._core.opencv import for_cv2, load_cv2
from .areas import average
from .filtered import filtered
from .separable import Axis, resample


class OutMismatch(ValueError):
    """The caller's array does not fit the result."""


def usable(out: np.ndarray, shape: tuple[int, ...], dtype: Any) -> bool:
    """Whether kernels can write to an array directly.

    Raises OutMismatch if it does not have this shape and dtype."""
    if out.shape != shape or out.dtype != dtype:
        raise OutMismatch(f"out must have shape {shape} and dtype {np.dtype(dtype)}, got {out.shape} and {out.dtype}")
    return out.flags.c_contiguous


def into(
    out: np.ndarray | None, shape: tuple[int, ...], dtype: np.dtype, work: Callable[[np.ndarray], Any]
) -> np.ndarray:
    """Let `work` write into an array without gaps, and return the result.

    The array is the caller's if that has no gaps; otherwise the result is copied to it."""
    result = out if out is not None and usable(out, shape, dtype) else np.empty(shape, dtype)
    work(result)
    if out is None or result is out:
        return result
    out[...] = result
    return out


def moved(image: np.ndarray, pull: Sequence[float], size: tuple[int, int], out: np.ndarray | None = None) -> np.ndarray:
    """Move whole pixels, none of them from outside: crop, flip, transpose, or copy."""
    a, b, c, d, e, f = pull[:6]
    h, w = size
    if b == 0.0:
        x0, y0 = int(c - (w if a < 0 else 0)), int(f - (h if e < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + h, x0 : x0 + w], a < 0, e < 0
    else:  # x of the source is y of the result
        x0, y0 = int(c - (h if b < 0 else 0)), int(f - (w if d < 0 else 0))
        part, flip_x, flip_y = image[y0 : y0 + w, x0 : x0 + h].swapaxes(0, 1), d < 0, b < 0
    if out is None:
        out = np.empty(part.shape, image.dtype)
    elif not usable(out, part.shape, image.dtype):
        out[...] = part[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
        return out
    if (flip_x or flip_y or b != 0.0) and part.size and image.dtype in DTYPES and channels_of(part) <= 4:
        cv2 = load_cv2()
        if b != 0.0:
            cv2.transpose(np.ascontiguousarray(part.swapaxes(0, 1)), dst=out)
            part = out
        if flip_x or flip_y:
            cv2.flip(for_cv2(part), -1 if flip_x and flip_y else int(flip_x), dst=out)
        return out
    out[...] = part[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
    return out


CUBIC_OF_OPENCV, CUBIC_OF_PILLOW = -0.75, -0.5
"""Keys' cubic has one parameter."""


def resize(
    image: np.ndarray, size: tuple[int, int], interpolation: str, antialias: bool = False, a: float | None = None
) -> np.ndarray:
    """Resize a whole image to (h, w): nearest, bilinear or bicubic by OpenCV, area, or by a filter (see `filtered`).

    The filter is that of lanczos, or with `antialias` that of bilinear or bicubic, with the parameter `a`, by default
    Pillow's.  Along axes that grow, area is bilinear.  Our own kernels do both, but area of sides of millions.  Images
    of float64 are resized by `separable`: OpenCV has weights of float32 for them."""
    h, w = image.shape[:2]
    if interpolation == "area":
        result = average(image, size)
        if result is not None:
            return result
    elif interpolation == "lanczos" or (antialias and interpolation != "nearest"):
        return filtered(image, size, interpolation, CUBIC_OF_PILLOW if a is None else a, True)
    elif interpolation == "bicubic" and a not in (None, CUBIC_OF_OPENCV):
        return filtered(image, size, interpolation, a, False)
    cv2 = load_cv2()
    if image.dtype == np.float64 and interpolation != "nearest" and size != (h, w):
        y, x = Axis(0.0, h / size[0], size[0], h), Axis(0.0, w / size[1], size[1], w)
        return resample(image, y, x, interpolation, "replicate", ())
    if channels_of(image) > 4:  # OpenCV averages at most four channels
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
    result = cv2.resize(for_cv2(image), (size[1], size[0]), interpolation=flag)
    return result.reshape(*size, image.shape[2]) if image.ndim == 3 else result
