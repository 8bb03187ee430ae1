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


@kernel
def _multiply(pixels, part, out):
    """Levels in [0, 1], colours times alpha."""
    kind = out.dtype.type
    last = out.shape[1] - 1
    for i in range(out.shape[0]):
        a = kind(pixels[i, last]) * part
        for c in range(last):
            v = kind(pixels[i, c]) * part * a
            out[i, c] = kind(0) if a == kind(0) else v  # whatever stands there, NaN too
        out[i, last] = a


@kernel
def _divide(pixels, top, bounds, out):
    """The way back; colours of pixels without alpha are black."""
    kind = pixels.dtype.type
    last = out.shape[1] - 1
    lo, hi, magic = kind(bounds[0]), kind(bounds[1]), kind(bounds[2])
    for i in range(out.shape[0]):
        a = pixels[i, last]
        full = a * top
        full = lo if full < lo else full
        full = ((hi if full > hi else full) + magic) - magic
        factor = top / a
        factor = kind(0) if a < kind(LEAST) or full == kind(0) else factor
        for c in range(last):
            v = pixels[i, c] * factor
            v = lo if v < lo else v
            out[i, c] = ((hi if v > hi else v) + magic) - magic
        out[i, last] = full


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
