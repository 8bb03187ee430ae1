"""What follows from an image's shape or dtype alone, and the constant that rounds: rules that every module needs.

This module imports nothing of the library, so that each other module may stand on it.
"""

from __future__ import annotations

import numpy as np

ROUNDING = 12582912.0
"""1.5 * 2**23: a float32 below 2**22 in size plus this is a whole number, rounded half to even; less this it is that
number again.  Kernels see it as a constant."""


def channels_of(image: np.ndarray) -> int:
    """How many channels an image of shape (h, w) or (h, w, c) has; one of shape (h, w) has one."""
    return 1 if image.ndim == 2 else image.shape[2]


def work_dtype(*dtypes: np.dtype) -> np.dtype:
    """The floats in which levels of these dtypes are worked on: float64 where one of them is float64, else float32."""
    return np.dtype(np.float64 if np.float64 in dtypes else np.float32)
