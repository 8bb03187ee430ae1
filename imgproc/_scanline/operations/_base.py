"""What a pixel operation declares of itself, and how its kernel is called.

A kernel works on planar rows of levels: ``rows[c]`` holds levels of channel c, in float32 (float64 for float64 images),
changed in place.  Integer levels are whole numbers on the scale of the image's dtype, 0 to 255 or 65535; float levels
are on [0, 1].  `Level` says which.  Parameters that speak of levels are fractions of full scale: a kernel scales them.

There are four shapes of kernels, and a constructor for each, which makes the unit that passes call:

* `on_levels`: ``kernel(row, params, level)`` changes one channel's levels one by one.  A table can stand for it.
* `on_channels`: ``kernel(rows, n, channels, params, level)`` sees all channels and returns how many there are after it.
* `by_counter`: ``kernel(row, counter, params, level)`` draws random numbers by counter (see `_counter`).
* `by_place`: ``kernel(rows, n, place, params, level)`` asks where the pixels are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._core.jit import kernel
from ..._core.units import Family, Unit
from ..stages import Op
from ._counter import Counter, keys

OPERATION = Family(
    "int64", (("T", 2), ("int64", 0), ("int64", 1), ("float64", 1), ("T", 1), ("uint8", 1), ("uint8", 1))
)
"""Rows, pixels in them, place, parameters, limits, table, row of bytes; returns the number of channels."""

CHANNELS, FIRST, WIDTH = range(3)
"""What `place` holds: number of channels, index ``y * width + x`` of the first pixel in the frame, width of the
frame."""

TABULATED, SLOW, READY, MEAN = 1, 2, 4, 8
"""Flags of an operation, for kernels: a table can stand for it; a table is faster even for it alone; it is a table; it
needs the mean of the image."""


class Level(NamedTuple):
    """The scale of levels in a row."""

    lo: Any
    hi: Any
    """Bounds: 0 and full scale for integers, -inf and inf for floats."""
    magic: Any
    """`formats.ROUNDING` where levels are whole numbers, else 0."""
    top: Any
    """Full scale: 255.0, 65535.0 or 1.0, in float64."""


@kernel(inner=True)
def level_of(limits):
    """The scale that limits say; these begin with bounds and rounding."""
    lo, hi, magic = limits[0], limits[1], limits[2]
    return Level(lo, hi, magic, np.float64(hi) if magic > 0 else 1.0)


@kernel(inner=True)
def settle(v, level):
    """Saturate and round a level; NaN stays."""
    v = level.lo if v < level.lo else v
    v = level.hi if v > level.hi else v
    return (v + level.magic) - level.magic


Number = float | tuple[float, ...]


def _no_change(op: Op) -> bool:
    return False


@dataclasses.dataclass(frozen=True, eq=False)
class Operation:
    """What passes have to know of a pixel operation.

    Parameters
    ----------
    name : str
    unit : Unit
        Its kernel, for `OPERATION`.
    flags : int
        See `TABULATED`.
    positional : bool
        Whether its result depends on where a pixel is: nothing may move pixels after it in a pass.
    rgb : bool
        Whether it needs three channels.
    last : bool
        Whether it gives floats that are neither rounded nor scaled, and so ends a program.
    values : callable
        ``values(op, channels)``: its parameters as a flat list of numbers.
    channels_after : callable
        ``channels_after(op, channels)``.
    changes_nothing : callable
        ``changes_nothing(op)``: whether these parameters leave every integer level as it is.
    """

    name: str
    unit: Unit
    flags: int = 0
    positional: bool = False
    rgb: bool = False
    last: bool = False
    values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params
    channels_after: Callable[[Op, int], int] = lambda op, channels: channels
    changes_nothing: Callable[[Op], bool] = _no_change

    def __call__(self, *params: Any, table: np.ndarray | None = None) -> Op:
        """A stage of this operation."""
        return Op(self, params, table, self.name)

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @property
    def binds(self) -> bool:
        """Whether pixels must not move after it: it depends on their place, or on all of them."""
        return self.positional or bool(self.flags & MEAN)


def each(op: Op, params: tuple[Any, ...], channels: int) -> Sequence[float]:
    """Parameters once for each channel, those of the first channel first; a tuple has one number a channel."""
    for p in params:
        if type(p) is tuple:
            break
    else:
        return params * channels
    columns = []
    for p in params:
        if type(p) is not tuple:
            p = (p,) * channels
        elif len(p) != channels:
            raise ValueError(f"{name_of(op)} has {len(p)} values, one a channel, for an image of {channels}")
        columns.append(p)
    return [x for row in zip(*columns) for x in row]


def name_of(op: Op) -> str:
    """What messages call an operation."""
    return op.label or op.kind.name


def _each_channel(op: Op, channels: int) -> Sequence[float]:
    return each(op, op.params, channels)


def on_levels(
    name: str,
    kernel: Any,
    count: int,
    *,
    slow: bool = False,
    mean: bool = False,
    last: bool = False,
    changes_nothing: Callable[[Op], bool] = _no_change,
) -> Operation:
    """An operation on the levels of one channel; `count` of its parameters stand once for each channel."""

    def body(rows, n, place, params, limits, table, scratch):
        level = level_of(limits)
        for c in range(place[CHANNELS]):
            kernel(rows[c, :n], params[count * c : count * (c + 1)], level)
        return place[CHANNELS]

    body.__qualname__ = name
    flags = 0 if last else MEAN if mean else TABULATED | SLOW if slow else TABULATED
    unit = Unit(OPERATION, body)
    return Operation(name, unit, flags, last=last, values=_each_channel, changes_nothing=changes_nothing)


def on_channels(
    name: str,
    kernel: Any,
    *,
    rgb: bool = False,
    flags: int = 0,
    values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params,
    channels_after: Callable[[Op, int], int] = lambda op, channels: channels,
) -> Operation:
    """An operation that sees all channels of a pixel at once."""

    def body(rows, n, place, params, limits, table, scratch):
        return kernel(rows, n, place[CHANNELS], params, level_of(limits))

    body.__qualname__ = name
    return Operation(name, Unit(OPERATION, body), flags, rgb=rgb, values=values, channels_after=channels_after)


def by_counter(
    name: str, kernel: Any, *, values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params
) -> Operation:
    """An operation that draws numbers by counter, channel by channel.

    Its parameters start with the stream, and with 1 where channels differ or 0 where they are treated alike.
    """

    def body(rows, n, place, params, limits, table, scratch):
        level = level_of(limits)
        for c in range(place[CHANNELS]):
            k0, k1 = keys(params[0], c if params[1] != 0.0 else 0)
            kernel(rows[c, :n], Counter(place[FIRST], k0, k1, c), params, level)
        return place[CHANNELS]

    body.__qualname__ = name
    return Operation(name, Unit(OPERATION, body), positional=True, values=values)


def by_place(
    name: str,
    kernel: Any,
    *,
    rgb: bool = False,
    values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params,
) -> Operation:
    """An operation that asks where its pixels are."""

    def body(rows, n, place, params, limits, table, scratch):
        kernel(rows, n, place, params, level_of(limits))
        return place[CHANNELS]

    body.__qualname__ = name
    return Operation(name, Unit(OPERATION, body), positional=True, rgb=rgb, values=values)
