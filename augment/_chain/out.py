"""The array that gets a result: what callers pass as `out`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from imgproc._core.check import as_out


def check_out(out: Any, inputs: Iterable[Any]) -> None:
    """Check what can be checked before there is a result: an array that may be written and overlaps no input.

    Raises
    ------
    TypeError
        If it is no array.
    ValueError
        If it is read-only, or overlaps an array in `inputs`.
    """
    as_out(out)
    for value in inputs:
        if isinstance(value, np.ndarray) and np.may_share_memory(out, value):
            raise ValueError("out must not overlap images or other targets, which are read after it is written")
