"""What the conversions share: rows of pixels, the sRGB curve, and roots that are fast and the same on every CPU.

Kernels take flat rows, (h, 3 w): with the 3 written out, their loops vectorise.  They compute in the type of `top`, the
level of full scale.  `integer` and `double` are None or True; Numba removes what follows ``if integer is None`` and
``if double is not None`` where it is not wanted, so that one source serves all dtypes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core.formats import ROUNDING, work_dtype
from .._core.jit import kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands


def convert(image: np.ndarray, work: Callable[..., Any], *args: Any) -> np.ndarray:
    """``work(rows, *args, out)`` on flat rows of an RGB image; the result has its shape and dtype."""
    h, w, _ = image.shape
    rows = canonical(image).reshape(h, 3 * w)
    out = np.empty((h, w, 3), image.dtype)
    flat = out.reshape(h, 3 * w)
    run_bands(lambda a, b: work(rows[a:b], *args, flat[a:b]), h, pixels=h * w)
    return out


def scale_of(dtype: np.dtype) -> tuple[np.floating, bool | None]:
    """`top` and `integer` for images of this dtype."""
    return work_dtype(dtype).type(full_scale(dtype)), True if dtype.kind == "u" else None


def precision_of(dtype: np.dtype) -> bool | None:
    """`double` for images of this dtype."""
    return True if dtype == np.float64 else None


@kernel(inner=True)
def nearest(v):
    """The nearest integer, half to even, of a float32 in [0, 65536]: the last bits of a sum are what is left of it."""
    return np.int32(np.float32(v + np.float32(ROUNDING)).view(np.int32) & np.int32(0x1FFFF))


@kernel(inner=True)
def rounded(v, top):
    """The nearest level, half to even, within [0, top]; NaN is 0."""
    kind = type(top)
    v = v if v > kind(0) else kind(0)
    return nearest(v if v < top else top)


@kernel(inner=True)
def put(out, x, a, b, c, top, integer):
    """Store a pixel's three levels."""
    if integer is None:
        out[3 * x] = a
        out[3 * x + 1] = b
        out[3 * x + 2] = c
    else:
        out[3 * x] = rounded(a, top)
        out[3 * x + 1] = rounded(b, top)
        out[3 * x + 2] = rounded(c, top)


# --- roots ------------------------------------------------------------------------------------------------------------
#
# The bits of a positive float, taken as an integer, are nearly its logarithm: a line through them gives a power of it
# to a few percent.  A minimax polynomial in what is missing makes that exact to float32, a step of Newton to float64.


@kernel(inner=True)
def _first_guess(t, power, shift, double):
    """t**power, power < 0, roughly; `shift` balances the error."""
    if double is None:
        line = np.float32(((1 - power) * 127 + shift) * 2.0**23)
        bits = np.float32(np.float32(t).view(np.int32)) * np.float32(power) + line
        return np.int32(bits).view(np.float32)
    bits = np.float64(np.float64(t).view(np.int64)) * power + ((1 - power) * 1023 + shift) * 2.0**52
    return np.int64(bits).view(np.float64)


@kernel(inner=True)
def cube_root(t, double):
    """The cube root of t > 0, within 2 units in the last place of float32 (relative error 1e-15 for float64)."""
    kind = type(t)
    r = _first_guess(t, -1 / 3, -0.068, double)
    root = t * (r * r)
    h = kind(1) - root * r  # |h| < 0.1022, and the root is `root` times (1 - h)**(-2/3)
    low = kind(0.666666730187372) + h * kind(0.55553652704471)
    high = (kind(0.49378189650028803) + h * kind(0.4585409518429217)) + (h * h) * kind(0.43025586053016335)
    root = root + (root * h) * (low + (h * h) * high)
    if double is not None:
        root = root + (t / (root * root) - root) * kind(1 / 3)
    return root


@kernel(inner=True)
def decode(v, double):
    """sRGB to linear light, IEC 61966-2-1: the power 2.4 is a square times a power 0.4."""
    kind = type(v)
    u = v + kind(0.055)
    r = _first_guess(u, -1 / 5, -0.06175, double)
    square = r * r
    root = (u * r) * square
    h = kind(1) - root * square  # |h| < 0.1549, and u**0.4 is `root` times (1 - h)**(-3/5)
    low = kind(0.6000004508557809) + h * kind(0.4800012974205962)
    middle = kind(0.4158449616663125) + h * kind(0.3741393298717774)
    high = kind(0.3574375996373792) + h * kind(0.3371600090240377)
    root = root + (root * h) * (low + (h * h) * (middle + (h * h) * high))
    if double is not None:
        fourth = (root * root) * (root * root)
        root = root + (u * u / fourth - root) * kind(1 / 5)
    return v * kind(1 / 12.92) if v <= kind(0.04045) else (u * u) * (root * kind(0.87941546140213))


@kernel(inner=True)
def encode(v, double):
    """Linear light to sRGB, IEC 61966-2-1: the power 5/12 is a cube root times its fourth root."""
    kind = type(v)
    root = cube_root(v, double)
    power = root * np.sqrt(np.sqrt(root))
    return v * kind(12.92) if v <= kind(0.0031308) else power * kind(1.055) - kind(0.055)


@kernel(inner=True)
def encode_row(row, double):
    """`encode` in place."""
    for i in range(row.size):
        row[i] = encode(row[i], double)


@kernel(inner=True)
def decode_row(row, double, out):
    """`decode` of a row of floats."""
    for i in range(row.size):
        out[i] = decode(row[i], double)
