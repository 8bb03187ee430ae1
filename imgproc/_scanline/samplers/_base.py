"""What a sampler is.

A sampler fills ``rows[c, at : at + n]`` with the levels of channel c at n points.  Points are continuous: the floor of
a point is the pixel that covers it, and taps, the pixels that are read, lie at pixel centres.  Taps outside of the
image repeat the edge pixel; with ``wrap`` they are the pixels at the other end.  This is what every border of
`coordinates` that folds asks for.

Pixels come as bytes, whatever their dtype is, so that the kernels that call samplers are compiled once for all dtypes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._core.check import LONGEST
from ..._core.jit import Kernel
from ..._core.units import BYTES, Family, Unit

SAMPLER = Family(
    "int64",
    (
        *(("S", BYTES), ("int64", 1), ("T", 2), ("T", 1)),
        *(("float32", 2), ("int32", 2), ("uint64", 2), ("uint32", 2), ("float64", 1)),
    ),
)
"""Pixels, task, rows, limits, and rows to work in (see `Workspace`).  What a sampler returns has no meaning."""

HEIGHT, WIDTH, CHANNELS, WRAP, RESIZED, COUNT, AT, START, STEP, FRESH, LINE = range(11)
"""What a task holds: size and channels of the source; whether taps wrap round; whether the map keeps the axes; the
number of points, and the first column of `rows` to fill; for the sampler that copies, the first pixel and the step to
the next; whether the columns differ from those of the row before; and how many pixels of a row of memory the source is
a part of, `WIDTH` or more."""

FRAME_H, FRAME_W, TURN_X, MOVE_X, TURN_Y, MOVE_Y, ROW, PACKED, SEEN, PAIRS, COMMON_X, COMMON_Y, REACH = range(11, 24)
"""What the sampler of areas is told in place of points: the size that the source becomes; pixel (x, y) of the result is
pixel ``turn_x * x + move_x`` and ``turn_y * y + move_y`` of that frame, where turns are 1 or -1.  The first x is
`START`, y is `ROW`.  `SEEN` and what follows are its own notes; `SEEN` is 0 at the beginning of a call.

If `PACKED` is not 0, a sampler that knows it writes no rows.  It writes pixels into the memory of the rows as they are
in images: of the dtype of the source, with their channels side by side."""

TASK = 24
"""Numbers of a task."""


MOST_READ = (1 << 32) - 1
"""Pixels of the largest image that samplers can read: they are counted in 32 bits.  Its sides are at most `LONGEST`:
points are float32."""


def check_samplable(h: int, w: int, line: int | None = None) -> None:
    """Refuse an image of (h, w) that is too large to be interpolated; `line` is the length of its rows in memory."""
    if max(h, w) > LONGEST or h * (line or w) > MOST_READ:
        rule = f"sides of at most {LONGEST} and at most {MOST_READ} pixels to be interpolated"
        raise ValueError(f"image must have {rule}, got {h} x {w}: cut it into parts first")


class Workspace(NamedTuple):
    """Rows that samplers work in.  The first two of `floats` hold x and y of the points."""

    floats: Any
    """float32: six rows."""
    ints: Any
    """int32: five rows, of which the last one belongs to the caller."""
    wide: Any
    """uint64: two rows."""
    halves: Any
    """uint32: the same memory as `wide`."""
    sums: Any
    """float64: one row, see `area`."""


class Sampler:
    """A sampler and its unit.

    Parameters
    ----------
    name : str
    body : kernel, or function that becomes one
        ``body(flat, task, rows, limits, scratch)``: it gets the pixels in their dtype, and a `Workspace`.
    packs : bool
        Whether it knows `PACKED`.
    """

    def __init__(self, name: str, body: Any, packs: bool = False) -> None:
        inner = body if isinstance(body, Kernel) else Kernel(body, inner=True)

        def sample(flat, task, rows, limits, floats, ints, wide, halves, sums):
            inner(flat, task, rows, limits, Workspace(floats, ints, wide, halves, sums))
            return 0

        sample.__qualname__, sample.__module__ = name, inner.__module__
        self.packs = packs
        self.name, self._unit = name, Unit(SAMPLER, sample)

    def address(self, source: Any, work: Any) -> int:
        """Its address for pixels of dtype `source` and rows of dtype `work`."""
        return self._unit.address(S=np.dtype(source).name, T=np.dtype(work).name)
