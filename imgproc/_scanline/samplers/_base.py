"""What a sampler is.

A sampler fills ``rows[c, at : at + n]`` with levels of channel c for a run of n points.  Points are continuous: the
pixel that covers a point is its floor, taps lie at pixel centres.  Taps outside repeat the edge pixel (``wrap``: the
pixel at the other end), which is what every folding border of `coordinates` asks for.

Pixels come as bytes, whatever their dtype: the kernels that call samplers are compiled once for all dtypes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._core.jit import Kernel
from ..._core.units import BYTES, Family, Unit

SAMPLER = Family(
    "int64",
    (
        *(("S", BYTES), ("int64", 1), ("T", 2), ("T", 1)),
        *(("float32", 2), ("int32", 2), ("uint64", 2), ("uint32", 2)),
    ),
)
"""Pixels, task, rows, limits, and rows to work in (see `Workspace`); what it returns says nothing."""

HEIGHT, WIDTH, CHANNELS, WRAP, RESIZED, COUNT, AT, START, STEP, FRESH = range(10)
"""What a task holds: size and channels of the source; whether taps wrap round; whether the map keeps the axes; number
of points, and the first column of `rows`; for `COPY` the first pixel and the step to the next; whether the columns are
other ones than in the row before."""

TASK = 10
"""Numbers of a task."""


class Workspace(NamedTuple):
    """Rows that samplers work in; the first two of `floats` are the points' x and y."""

    floats: Any
    """float32: six rows."""
    ints: Any
    """int32: five rows; the last one belongs to the caller."""
    wide: Any
    """uint64: two rows."""
    halves: Any
    """uint32: the same memory."""


class Sampler:
    """A sampler and its unit.

    Parameters
    ----------
    name : str
    body : kernel, or function that becomes one
        ``body(flat, task, rows, limits, scratch)``, with the pixels in their dtype and a `Workspace`.
    """

    def __init__(self, name: str, body: Any) -> None:
        inner = body if isinstance(body, Kernel) else Kernel(body, inner=True)

        def sample(flat, task, rows, limits, floats, ints, wide, halves):
            inner(flat, task, rows, limits, Workspace(floats, ints, wide, halves))
            return 0

        sample.__qualname__, sample.__module__ = name, inner.__module__
        self.name, self._unit = name, Unit(SAMPLER, sample)

    def address(self, source: Any, work: Any) -> int:
        """Its address for pixels of one dtype and rows of another."""
        return self._unit.address(S=np.dtype(source).name, T=np.dtype(work).name)
