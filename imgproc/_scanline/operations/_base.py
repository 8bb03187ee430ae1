"""What a pixel operation declares of itself, and how its kernel is called.

A kernel changes planar rows of levels in place: ``rows[c]`` holds levels of channel c, in float32, or in float64 for
float64 images.  Integer levels are whole numbers on the scale of the image's dtype, 0 to 255 or 65535; float levels are
on [0, 1].  `Level` says which.  Parameters that speak of levels are fractions of full scale; the kernel scales them.

Kernels have one of four shapes.  Each has a constructor, which makes the unit that passes call:

* `on_levels`: ``kernel(row, params, level)`` changes each level of one channel by itself.  A table can replace it.
* `on_channels`: ``kernel(rows, n, channels, params, level)`` sees all channels, and returns how many there are then.
* `by_counter`: ``kernel(row, counter, params, level)`` draws random numbers by counter (see `_counter`).
* `by_place`: ``kernel(rows, n, place, params, level)`` depends on where the pixels are.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
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
"""Rows, number of their pixels, place, parameters, limits, table, row of bytes.  It returns the number of channels."""

CHANNELS, FIRST, WIDTH = range(3)
"""What `place` holds: the number of channels, the index ``y * width + x`` of the first pixel in the frame, and the
width of the frame."""

TABULATED, SLOW, READY, MEAN, TO_GREY = 1, 2, 4, 8, 16
"""Flags of an operation: a table can replace it; a table is faster even for this operation alone; it is a table itself;
it needs the mean of the image; it leaves one channel."""


class Level(NamedTuple):
    """The scale of levels in a row."""

    lo: Any
    hi: Any
    """Bounds: 0 and full scale for integers, -inf and inf for floats."""
    magic: Any
    """`formats.ROUNDING` if levels are whole numbers, else 0; to add and subtract it rounds half to even."""
    top: Any
    """Full scale: 255.0, 65535.0 or 1.0, in float64."""


@kernel(inner=True)
def level_of(limits):
    """The scale of levels, from limits, which begin with the bounds and the rounding."""
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
    """What a pass has to know of a pixel operation.

    Parameters
    ----------
    name : str
    unit : Unit
        Its kernel, of the family `OPERATION`.
    module : str
        Where it is defined, so that a copy in another process is the operation of that process.
    flags : int
        See `TABULATED`.
    positional : bool
        Whether its result depends on where a pixel is.  Then pixels must not move after it in the same pass.
    rgb : bool
        Whether it needs three channels.
    last : bool
        Whether it gives floats that are neither rounded nor scaled.  Then it must be the last one of a program.
    values : callable
        ``values(op, channels)``: its parameters as a flat list of numbers.
    channels_after : callable
        ``channels_after(op, channels)``: the number of channels after it.
    changes_nothing : callable
        ``changes_nothing(op)``: whether these parameters leave every integer level as it is.
    """

    name: str
    unit: Unit
    module: str
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

    def __reduce__(self) -> Any:
        names = [name for name, value in vars(sys.modules[self.module]).items() if value is self]
        return _find, (self.module, names[0])

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    @property
    def binds(self) -> bool:
        """Whether pixels must not move after it, because it depends on their place or on all of them."""
        return self.positional or bool(self.flags & MEAN)


def _find(module: str, name: str) -> Operation:
    return getattr(importlib.import_module(module), name)


def each(op: Op, params: tuple[Any, ...], channels: int) -> Sequence[float]:
    """Repeat parameters for each channel, those of the first channel first.

    A parameter that is a tuple has one number for each channel."""
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
    """The name of an operation in messages."""
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
    """Make an operation that changes each level by itself; each channel has `count` parameters."""

    def body(rows, n, place, params, limits, table, scratch):
        level = level_of(limits)
        for c in range(place[CHANNELS]):
            kernel(rows[c, :n], params[count * c : count * (c + 1)], level)
        return place[CHANNELS]

    body.__qualname__, body.__module__ = name, kernel.__module__
    flags = 0 if last else MEAN if mean else TABULATED | SLOW if slow else TABULATED
    unit = Unit(OPERATION, body)
    return Operation(
        name, unit, kernel.__module__, flags, last=last, values=_each_channel, changes_nothing=changes_nothing
    )


def on_channels(
    name: str,
    kernel: Any,
    *,
    rgb: bool = False,
    flags: int = 0,
    values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params,
    channels_after: Callable[[Op, int], int] = lambda op, channels: channels,
) -> Operation:
    """Make an operation that sees all channels of a pixel at once."""

    def body(rows, n, place, params, limits, table, scratch):
        return kernel(rows, n, place[CHANNELS], params, level_of(limits))

    body.__qualname__, body.__module__ = name, kernel.__module__
    return Operation(
        name, Unit(OPERATION, body), kernel.__module__, flags, rgb=rgb, values=values, channels_after=channels_after
    )


def by_counter(
    name: str, kernel: Any, *, values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params
) -> Operation:
    """Make an operation that draws random numbers by counter, channel by channel.

    Its parameters begin with the stream, and with 1 if channels get numbers of their own, or 0 if they share them.
    """

    def body(rows, n, place, params, limits, table, scratch):
        level = level_of(limits)
        for c in range(place[CHANNELS]):
            k0, k1 = keys(params[0], c if params[1] != 0.0 else 0)
            kernel(rows[c, :n], Counter(place[FIRST], k0, k1, c), params, level)
        return place[CHANNELS]

    body.__qualname__, body.__module__ = name, kernel.__module__
    return Operation(name, Unit(OPERATION, body), kernel.__module__, positional=True, values=values)


def by_place(
    name: str,
    kernel: Any,
    *,
    rgb: bool = False,
    values: Callable[[Op, int], Sequence[Any]] = lambda op, channels: op.params,
) -> Operation:
    """Make an operation that depends on where its pixels are."""

    def body(rows, n, place, params, limits, table, scratch):
        kernel(rows, n, place, params, level_of(limits))
        return place[CHANNELS]

    body.__qualname__, body.__module__ = name, kernel.__module__
    return Operation(name, Unit(OPERATION, body), kernel.__module__, positional=True, rgb=rgb, values=values)
