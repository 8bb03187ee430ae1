"""Functions that kernels and Python call by one name, and tables that both look numbers up in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .jit import Kernel, shared


class Rule(functools.partial):
    """A function that kernels and Python call by one name.

    In Python it is the function itself, called through C, which costs less than a method of a class would.  For kernels
    it is an inner kernel.  `shared` does the same under two names; rules that call other rules need one.
    """

    kernel: Kernel

    def _reaches(self) -> tuple[Any, ...]:
        return self.kernel._reaches()

    @property
    def _numba_type_(self) -> Any:
        return self.kernel._numba_type_


def rule(function: Callable[..., Any]) -> Any:
    """Make a function a `Rule`."""
    made = Rule(function)
    functools.update_wrapper(made, function)
    made.kernel = shared(function, f"{function.__qualname__}.kernel")
    return made


def two_texts(function: Callable[..., Any], for_kernels: Callable[..., Any]) -> Any:
    """A `Rule` with a text of its own for kernels, where one for both would be slow.  Both must give the same bits."""
    made = Rule(function)
    made.kernel = Kernel(for_kernels, inner=True)  # not listed: it has no name by which it could be found
    return made


def table(values: tuple[Any, ...]) -> Any:
    """A `Rule` that gives the value with a number, 0 or more, from a tuple; values may be tuples of floats.

    Kernels look it up in an array: Numba would search a tuple by a chain of comparisons.
    """
    array = np.array(values)
    if array.ndim == 1:

        def look_up(k):
            return array[np.uint64(k)]

    elif array.shape[1] == 2:

        def look_up(k):
            return array[np.uint64(k), 0], array[np.uint64(k), 1]

    else:

        def look_up(k):
            return array[np.uint64(k), 0], array[np.uint64(k), 1], array[np.uint64(k), 2]

    made = two_texts(values.__getitem__, look_up)
    made.values = values
    return made
