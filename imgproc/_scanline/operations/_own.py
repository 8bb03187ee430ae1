"""Operations whose kernels users write: over one row of one channel, with levels from 0 to 1 in every dtype."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..._core.jit import Kernel
from ..._core.units import Unit
from ..stages import Op
from ._base import CHANNELS, FIRST, OPERATION, SLOW, TABULATED, WIDTH, Operation, each, level_of, settle

_SHORT = 16
"""Levels of the row on which a function is tried."""


class OwnUnit(Unit):
    """A unit of a user's function, which may not compile."""

    def _made(self, letters: dict[str, str]) -> int:
        try:
            return super()._made(letters)
        except Exception as error:
            if not type(error).__module__.startswith("numba."):
                raise
            said = [line.strip() for line in str(error).splitlines() if line.strip()]
            raise TypeError(
                f"{self.__qualname__} cannot be compiled by Numba; functions that it calls need @numba.njit, and "
                f"{', '.join(letters.values())} is the dtype of its row: {' '.join(said[:4])}"
            ) from error


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class RowOperation(Operation):
    """An operation of a user: called with its parameters, it makes a stage.

    Parameters
    ----------
    function : callable
        What it does to a row, in plain Python.
    """

    function: Callable[..., Any] | None = None
    counts: set[int] = dataclasses.field(default_factory=set)
    """How many parameters it was tried with, see `_try`."""

    def __call__(self, *params: Any, table: Any = None) -> Op:
        """A stage: the function with these parameters, numbers, or tuples with one for each channel."""
        for k, value in enumerate(params):
            for number in value if type(value) is tuple else (value,):
                if not hasattr(number, "__float__") or hasattr(number, "__len__"):
                    raise TypeError(
                        f"parameter {k} of {self.name} must be a number, or a tuple with one for each channel, got "
                        f"{value!r:.60}"
                    )
        if len(params) not in self.counts:
            self._try(len(params))
            self.counts.add(len(params))
        return Op(self, params, None, self.name)

    def _try(self, count: int) -> None:
        """Run it once as plain Python on a short row: compiled code reads beyond the parameters and says nothing."""
        assert self.function is not None
        params, row = _Params([0.5] * count), np.full(_SHORT, 0.5, np.float32)
        given: tuple[Any, ...] = (row, 0, 0, params) if self.positional else (row, params)
        try:
            with np.errstate(all="ignore"):
                made = self.function(*given)
        except _Beyond as error:
            raise ValueError(f"{self.name} reads {error}, got {count} parameters") from None
        except ValueError as error:
            if "values to unpack" not in str(error):
                return
            raise ValueError(f"{self.name} takes other parameters, got {count}: {error}") from None
        except Exception:  # what else it may do with these numbers is known when it runs
            return
        if made is not None:
            raise TypeError(
                f"{self.name} must change the row in place, row[i] = ..., and return nothing, got {made!r:.60}"
            )


class _Beyond(Exception):
    """A parameter that there is not was read."""


class _Params(list[float]):
    """Parameters that notice who reads beyond them."""

    def __getitem__(self, at: Any) -> Any:
        try:
            return super().__getitem__(at)
        except IndexError:
            raise _Beyond(f"params[{at}]") from None


def _each_channel(op: Op, channels: int) -> Sequence[Any]:
    return each(op, op.params, channels)


def by_row(name: str, function: Callable[..., Any], *, placed: bool) -> RowOperation:
    """Make an operation of a function that changes one row of levels, which are fractions of full scale, in place.

    Parameters
    ----------
    name : str
    function : callable
        ``function(row, params)``, or, if it is `placed`, ``function(row, y, x, params)``.
    placed : bool
        Whether it depends on where the row is in the frame.
    """
    kernel = Kernel(function, inner=True)
    body = _placed(kernel) if placed else _anywhere(kernel)
    body.__qualname__ = body.__name__ = name
    body.__module__ = function.__module__
    return RowOperation(
        name,
        OwnUnit(OPERATION, body),
        function.__module__,
        0 if placed else TABULATED | SLOW,
        positional=placed,
        values=_each_channel,
        function=function,
    )


def _placed(kernel: Kernel) -> Callable[..., Any]:
    def body(rows, n, place, params, limits, table, scratch):
        level, kind, channels, width = level_of(limits), rows.dtype.type, place[CHANNELS], place[WIDTH]
        part, top, count = kind(1.0 / level.top), kind(level.top), params.size // channels
        for c in range(channels):
            at = 0
            while at < n:  # a chunk of pixels may begin within a row, and end within another one
                y = (place[FIRST] + at) // width
                x = place[FIRST] + at - y * width
                row = rows[c, at : min(n, at + width - x)]
                for i in range(row.size):
                    row[i] *= part
                kernel(row, y, x, params[count * c : count * (c + 1)])
                for i in range(row.size):
                    row[i] = settle(row[i] * top, level)
                at += row.size
        return channels

    return body


def _anywhere(kernel: Kernel) -> Callable[..., Any]:
    def body(rows, n, place, params, limits, table, scratch):
        level, kind, channels = level_of(limits), rows.dtype.type, place[CHANNELS]
        part, top, count = kind(1.0 / level.top), kind(level.top), params.size // channels
        for c in range(channels):
            row = rows[c, :n]
            for i in range(row.size):
                row[i] *= part
            kernel(row, params[count * c : count * (c + 1)])
            for i in range(row.size):
                row[i] = settle(row[i] * top, level)
        return channels

    return body
