"""Small rules that every module needs: what follows from an image's shape or dtype alone, and the constant that rounds.

This module imports nothing else of the library, so every other module may import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

ROUNDING = 12582912.0
"""1.5 * 2**23.  Adding it to a float32 and subtracting it again rounds that number half to even, if its absolute value
is below 2**22.  Kernels see it as a constant."""

ROUNDING_OF_DOUBLES = 6755399441055744.0
"""1.5 * 2**52, which does the same to a float64 below 2**51.  `ROUNDING` would leave it as it is."""


def channels_of(image: np.ndarray) -> int:
    """The number of channels of an image of shape (h, w) or (h, w, c).  An image of shape (h, w) has one channel."""
    return 1 if image.ndim == 2 else image.shape[2]


def work_dtype(*dtypes: np.dtype) -> np.dtype:
    """The dtype in which levels of these dtypes are computed: float64 if one of them is float64, otherwise float32."""
    return np.dtype(np.float64 if np.float64 in dtypes else np.float32)


def stored_as(levels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Floats as float16, or as integers of at most 32 bits: rounded half to even, and saturated; NaN becomes 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype.kind == "f":
            return levels.astype(dtype)
        info = np.iinfo(dtype)
        whole = np.clip(np.rint(levels), info.min, info.max)
        return np.nan_to_num(whole, copy=False).astype(dtype)


def is_sequence(value: Any) -> bool:
    """Whether a value is several: a list, a tuple or an array with an axis, whatever they hold, and no text."""
    if type(value) is tuple or type(value) is float or type(value) is int:
        return type(value) is tuple
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
