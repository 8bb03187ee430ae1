"""What the kernels of compiled chains work on: a chain, and the memory of a thread."""

from __future__ import annotations

from typing import Any, NamedTuple

from .drawing import Drawn

BORDER, HOW = range(2)
"""What is known of a map beside what a sample draws: the code of its border, and how it interpolates, which is one of
the next places."""

COPY, NEAREST, BILINEAR, BICUBIC, AREA, ITEM, WORDS, FOLDS, WIDEST = range(9)
"""Places in `Chain.samplers`: the addresses of samplers, or -1 for one that the chain does not need; the bytes of a
level; whether the bilinear one is that of `samplers.words`; the address of `STEPPER`, which borders that fold need;
and so many columns at most become one in a mean over areas."""
MEMBERS = 9

AS_IT_COMES, CHANGED = -1, -2
"""Stand for a side of a frame that may have any length: as the image has, or another one."""

LARGE = 1 << 16
"""Images of more levels than this have a faster way in some chains, see `chain`."""

WARPS, IN_PLACE, WARPED, RINGS, FILTERED = range(5)
"""Places in `Chain.kernels`."""

HOWS = {"copy": COPY, "nearest": NEAREST, "bilinear": BILINEAR, "bicubic": BICUBIC, "area": AREA}
"""The places of samplers by the names of interpolations."""


class Chain(NamedTuple):
    """What a chain does to images of one kind."""

    seed: Any
    program: Any
    """int64: the program; see `program`."""
    maps: Any
    """int64 (k, 2): `BORDER` and `HOW` of each map."""
    levels: Any
    """The fills of these maps, (k, channels), in the dtype of rows."""
    samplers: Any
    """int64: see `COPY`."""
    kernels: Any
    """int64 (5,): addresses of `run_rows`, `run_levels`, `run_warped`, `run_windows` and `run_filtered`, or -1 for one
    that the chain does not need."""
    limits: Any
    """`limits` are those of the result, `inner` those of an image that is still on its way to a mean."""
    inner: Any


class Work(NamedTuple):
    """The memory that the kernels of one thread work in."""

    drawn: Drawn
    tables: Any
    table: Any
    prepare: Any
    """As in `Operations`, with room for the sample that has most."""
    source: Any
    """int64: `Source.numbers`."""
    moved: Any
    """int64: the same for an image on its way to a mean, whose pixels stay in place."""
    result: Any
    """int64: `Result.numbers`."""
    keep: Any
    """int64: the same for an image on its way to a mean."""
    part: Any
    """int64 (4,): x0, y0, x1, y1 of the part of the image that is sampled."""
    matrix: Any
    """As in `Maps`; if whole pixels move, the product of all moves."""
    frames: Any
    steps: Any
    grids: Any
    fills: Any
    """As in `Maps`, with room for the sample that has most frames."""
    shown: Any
    """int64: which map each of the fills is of."""
    buffer: Any
    """uint8 (2, bytes), for a chain with means: the image on its way to the first mean, and to the second one."""
    totals: Any
    scratch: Any
    window: Any
    """For filters with small windows."""
