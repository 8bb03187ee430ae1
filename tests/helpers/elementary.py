"""The elementary functions: for numbers, for arrays and in kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core import elementary as numbers
from imgproc._core import elementary_arrays as arrays
from imgproc._core.jit import jit_enabled, kernel

__all__ = ["arrays", "compiled", "jit_enabled", "numbers"]


def compiled(name: str, y: float | None = None) -> Callable[[np.ndarray], np.ndarray]:
    """What a kernel makes of an array with the function of this name; `y` is its second argument."""
    function: Any = getattr(numbers, name)

    def one(values, out):
        for i in range(values.size):
            out[i] = function(values[i])

    def two(values, other, out):
        for i in range(values.size):
            out[i] = function(values[i], other)

    work = kernel(one if y is None else two)

    def run(values: np.ndarray) -> np.ndarray:
        out = np.empty(values.size)
        work(values, *(() if y is None else (y,)), out)
        return out

    return run
