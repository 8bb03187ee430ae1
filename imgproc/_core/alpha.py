"""Images whose last channel is alpha: colours count by how opaque they are.

A mean of colours must not see those of transparent pixels, which are black, or anything.  So colours are multiplied by
alpha first, in floats, and divided by the alpha that comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .check import flag
from .formats import channels_of, work_dtype
from .jit import kernel
from .planes import canonical, full_scale, rounding
from .threads import run_bands

__all__: list[str] = []

LEAST = 1e-6
"""Less alpha than this is none."""


def has_alpha(alpha: Any, image: np.ndarray, name: str = "image") -> bool:
    """Check the argument `alpha` for an image: with True the last channel, of two at least, is alpha."""
    if not flag(alpha, "alpha"):
        return False
    if channels_of(image) < 2:
        raise ValueError(
            f"{name} must have alpha as the last of at least two channels for alpha=True, got shape {image.shape}"
        )
    return True


@kernel(inner=True)
def _shown(v, factor):
    """A colour times a factor; nothing of what is transparent, whatever stands there, NaN too."""
    return type(factor)(0) if factor == type(factor)(0) else type(factor)(v) * factor


@kernel
def _multiply(pixels, part, out):
    """Levels in [0, 1], colours times alpha."""
    kind = out.dtype.type
    last = out.shape[1] - 1
    if last == 3:  # written out, so that four numbers are one vector
        for i in range(out.shape[0]):
            a = kind(pixels[i, 3]) * part
            f = a * part
            x, y, z = _shown(pixels[i, 0], f), _shown(pixels[i, 1], f), _shown(pixels[i, 2], f)
            out[i, 0], out[i, 1], out[i, 2], out[i, 3] = x, y, z, a
        return
    for i in range(out.shape[0]):
        a = kind(pixels[i, last]) * part
        for c in range(last):
            out[i, c] = _shown(pixels[i, c], a * part)
        out[i, last] = a


@kernel(inner=True)
def _bounded(v, bounds):
    """A level within bounds, rounded if bounds say so; NaN stays."""
    v = bounds[0] if v < bounds[0] else v
    v = bounds[1] if v > bounds[1] else v
    return (v + bounds[2]) - bounds[2]


@kernel
def _divide(pixels, top, bounds, out):
    """The way back; colours of pixels without alpha are black."""
    kind = pixels.dtype.type
    last = out.shape[1] - 1
    ends = kind(bounds[0]), kind(bounds[1]), kind(bounds[2])
    none = kind(0)
    for i in range(out.shape[0]):
        a = pixels[i, last]
        full = _bounded(a * top, ends)
        factor = none if a < kind(LEAST) or full == none else top / a
        if last == 3:
            x, y = _bounded(pixels[i, 0] * factor, ends), _bounded(pixels[i, 1] * factor, ends)
            out[i, 0], out[i, 1], out[i, 2] = x, y, _bounded(pixels[i, 2] * factor, ends)
        else:
            for c in range(last):
                out[i, c] = _bounded(pixels[i, c] * factor, ends)
        out[i, last] = full


@kernel
def _split(pixels, color, alpha):
    for i in range(alpha.size):
        for c in range(color.shape[1]):
            color[i, c] = pixels[i, c]
        alpha[i] = pixels[i, color.shape[1]]


@kernel
def _join(color, alpha, out):
    for i in range(alpha.size):
        for c in range(color.shape[1]):
            out[i, c] = color[i, c]
        out[i, color.shape[1]] = alpha[i]


def split(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colours (h, w, c - 1) and the alpha (h, w, 1) of an image, as arrays of their own."""
    h, w, channels = image.shape
    color, alpha = np.empty((h, w, channels - 1), image.dtype), np.empty((h, w, 1), image.dtype)
    _split(canonical(image).reshape(-1, channels), color.reshape(-1, channels - 1), alpha.reshape(-1))
    return color, alpha


def joined(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The image of colours and alpha of one dtype."""
    h, w, colors = color.shape
    out = np.empty((h, w, colors + 1), color.dtype)
    _join(canonical(color).reshape(-1, colors), canonical(alpha).reshape(-1), out.reshape(-1, colors + 1))
    return out


def premultiplied(image: np.ndarray) -> np.ndarray:
    """Floats in [0, 1] of an image, its colours times its alpha."""
    flat = canonical(image).reshape(-1, image.shape[2])
    out = np.empty(flat.shape, work_dtype(image.dtype))
    part = out.dtype.type(1.0 / full_scale(image.dtype))
    run_bands(lambda a, b: _multiply(flat[a:b], part, out[a:b]), len(flat), pixels=flat.size)
    return out.reshape(image.shape)


def divided(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The image of what `premultiplied` gave, in a dtype; integers are rounded half to even and saturated."""
    flat = canonical(image).reshape(-1, image.shape[2])
    out = np.empty(flat.shape, dtype)
    top = flat.dtype.type(full_scale(dtype))
    bounds = np.array(rounding(dtype))
    run_bands(lambda a, b: _divide(flat[a:b], top, bounds, out[a:b]), len(flat), pixels=flat.size)
    return out.reshape(image.shape)


def weighted(image: np.ndarray, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """What `work`, a mean of neighbours channel by channel, makes of an image whose colours count by alpha."""
    return divided(work(premultiplied(image)), image.dtype)
