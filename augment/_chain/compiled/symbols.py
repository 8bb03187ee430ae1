"""Symbols that stand for drawn numbers, and the tape that notes what is computed with them.

`draw` and `lower` of a transform run on symbols as they run on numbers.  Each operation is noted on the tape as one row
of a program (see `program`).  It is also carried out for one sample, so that decisions can be made.  A decision becomes
a guard: the program holds for all samples that decide alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from imgproc._core import elementary

from ..keys import Draws, between, choice
from .program import (
    ABSOLUTE,
    ADD,
    DIVIDE,
    DRAWS,
    EQUAL,
    FLOOR,
    FUNCTIONS,
    LEAST,
    LESS,
    MULTIPLY,
    NEGATE,
    NOT_MORE,
    PLUS,
    POWER,
    REMAINDER,
    ROUND,
    SCALE,
    SQRT,
    STREAM,
    SUBTRACT,
    SWITCH,
    evaluate,
)

MOST_VARIANTS = 32
"""A drawn integer may have so many values if each of them shall get a variant of its own."""

MOST_SHUFFLED = 4
"""So many things may be shuffled if each order shall get a variant of its own."""

SMALL = 1 << 26
"""Symbols are divided with a remainder only below this."""

_OF_WHOLE = (ADD, SUBTRACT, MULTIPLY, NEGATE, ABSOLUTE, LEAST)

_ANGLES = (elementary.cos, elementary.sin, elementary.tan)


class Untraceable(Exception):
    """Something depends on drawn numbers in a way that cannot be recorded."""


class Branch(Exception):
    """The value of a drawn integer decides what happens, so that each value needs a variant."""

    def __init__(self, symbol: Symbol) -> None:
        super().__init__()
        self.symbol = symbol


def _noting(code: int, turned: bool = False) -> Callable[..., Symbol]:
    def note(self: Symbol, other: Any = 0.0) -> Symbol:
        return self.tape.note(code, *((other, self) if turned else (self, other)))

    return note


def _deciding(code: int, turned: bool = False, wanted: bool = True) -> Callable[[Symbol, Any], bool]:
    def decide(self: Symbol, other: Any) -> bool:
        if self.draw >= 0 and self.high - self.low < MOST_VARIANTS:
            raise Branch(self)
        return self.tape.guard(code, *((other, self) if turned else (self, other))) == wanted

    return decide


class Symbol:
    """A number that is known only when a sample is drawn; it stands for a register of the tape."""

    __slots__ = ("at", "draw", "high", "low", "tape", "unit", "value", "whole")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]  # nothing may ask for its value

    def __init__(self, tape: Tape, at: int, value: float, unit: bool = False, whole: bool = False) -> None:
        self.tape, self.at, self.value, self.whole = tape, at, value, whole  # whether it stands for an integer
        self.unit = unit  # whether it is a draw itself
        self.draw, self.low, self.high = -1, 0, 0  # of an integer: the number of its draw, and its range

    __add__, __radd__ = _noting(ADD), _noting(ADD, True)
    __sub__, __rsub__ = _noting(SUBTRACT), _noting(SUBTRACT, True)
    __truediv__, __rtruediv__ = _noting(DIVIDE), _noting(DIVIDE, True)
    __mod__ = _noting(REMAINDER)  # its sign is the dividend's, but transforms only ask whether it is 0
    __neg__, __round__, __abs__ = _noting(NEGATE), _noting(ROUND), _noting(ABSOLUTE)
    __lt__, __gt__ = _deciding(LESS), _deciding(LESS, True)
    __le__, __ge__ = _deciding(NOT_MORE), _deciding(NOT_MORE, True)
    __eq__, __ne__ = _deciding(EQUAL), _deciding(EQUAL, wanted=False)

    def __floor__(self) -> Symbol:
        return self.tape.note(FLOOR, self, 0.0)

    def __ceil__(self) -> Symbol:
        return -self.tape.note(FLOOR, -self, 0.0)

    def __trunc__(self) -> Symbol:
        return self.__ceil__() if self < 0 else self.__floor__()

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self.tape.scaled(self, other)
        # A range that is a single number gives that number, no symbol, so that decisions about it need no guard.
        return 0.0 if self.unit and other == 0.0 else self.tape.note(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return self.tape.scaled(self, other)
        return 0.0 if self.unit and other == 0.0 else self.tape.note(MULTIPLY, other, self)

    def computed(self, function: Callable[[float], float]) -> Symbol:
        """The symbol of `math.radians`, `math.sqrt` or one of `FUNCTIONS` of this number."""
        if function is float:
            return self
        if function is math.radians:
            return self * (math.pi / 180.0)
        if function is math.sqrt:
            return self.tape.note(SQRT, self, 0.0)
        if function in _ANGLES and not abs(self) <= elementary.NEAR:
            raise Untraceable  # kernels take no such angles
        return self.tape.call(function, self)

    def __index__(self) -> NoReturn:
        raise Branch(self) if self.draw >= 0 and self.high - self.low < MOST_VARIANTS else Untraceable

    def _bits(self, other: Any) -> NoReturn:
        self.__index__()

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _bits

    def __floordiv__(self, other: Any) -> Symbol:
        # A quotient of such numbers that is no integer is farther from one than rounding errors.
        if not (is_whole(self) and is_whole(other) and abs(self.value) < SMALL and 0 < value_of(other) < SMALL):
            raise Untraceable
        return self.tape.note(FLOOR, self / other, 0.0)

    def _unknown(self, *_: Any) -> NoReturn:
        raise Untraceable

    __bool__ = __float__ = __int__ = _unknown
    __rfloordiv__ = __rmod__ = __pow__ = __rpow__ = __iter__ = _unknown


class Row:
    """A row of numbers that are known only when a sample is drawn; they stand in registers one after the other."""

    __slots__ = ("at", "tape", "values")
    __array_ufunc__ = None

    def __init__(self, tape: Tape, at: int, values: np.ndarray) -> None:
        self.tape, self.at, self.values = tape, at, values

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[Symbol]:
        return (Symbol(self.tape, self.at + k, value) for k, value in enumerate(self.values.tolist()))

    def __add__(self, other: Any) -> Row:
        return self.tape.added(self, other)

    def __radd__(self, other: Any) -> Row:
        return self.tape.added(self, other)  # a sum is the same in either order


class Tape:
    """Registers, and what is computed in them, in order.

    What is computed for one sample is a trace, a list of rows in the form of `program`.  A guard has what was found in
    the place of the result, a `SWITCH` the value of the drawn integer.  Traces of one part of the program that begin
    alike use the same registers for it."""

    def __init__(self, nodes: int) -> None:
        self.registers: list[float] = [0.0] * (nodes * DRAWS + 2)
        self.frame = nodes * DRAWS
        """The first of two registers, which hold the size of the frame that arrives at a transform."""
        self.rows: list[tuple[int, int, int, int]] = []
        self.lists: list[tuple[int, int]] = []
        """What `SCALE` and `PLUS` have in place of a second operand."""
        self.powers = False
        """Whether there are powers."""
        self._constants: dict[Any, int] = {}
        self._places: dict[tuple[int, int, int], int] = {}
        self._known: dict[tuple[int, int, int], int] = {}

    def begin_part(self) -> None:
        """Begin a part of the program, whose traces share registers."""
        self._places = {}

    def begin_trace(self) -> None:
        """Begin the trace of a sample."""
        self.rows, self._known = [], {}

    def register(self, value: Any) -> int:
        """The register of a symbol; a constant gets one of its own."""
        if type(value) is Symbol:
            return value.at
        if not isinstance(value, (int, float)):
            raise Untraceable
        number = float(value)
        if number != value and not math.isnan(number):
            raise Untraceable
        name = number.hex()
        if name not in self._constants:
            self._constants[name] = self._new(number)
        return self._constants[name]

    def note(self, code: int, a: Any, b: Any) -> Symbol:
        """Note a computation; returns the symbol of its result."""
        at = self._noted(code, self.register(a), self.register(b))
        whole = code in (FLOOR, ROUND) or (code in _OF_WHOLE and is_whole(a) and is_whole(b))
        return Symbol(self, at, float(evaluate(code, value_of(a), value_of(b))), whole=whole)

    def size(self, height: float, width: float) -> tuple[Symbol, Symbol]:
        """Symbols of the size of a frame."""
        return Symbol(self, self.frame, height, whole=True), Symbol(self, self.frame + 1, width, whole=True)

    def call(self, function: Callable[[float], float], a: Symbol) -> Symbol:
        """Note a call of one of `FUNCTIONS`; returns the symbol of its result."""
        return Symbol(self, self._noted(FUNCTIONS[function], a.at, 0), function(a.value))

    def power(self, a: Any, b: Any) -> Symbol:
        """Note a power."""
        self.powers = True
        at = self._noted(POWER, self.register(a), self.register(b))
        return Symbol(self, at, elementary.power(float(value_of(a)), float(value_of(b))))

    def scaled(self, factor: Symbol, row: np.ndarray) -> Row:
        """Note a row of constants times a number."""
        operand = self._list(len(row), self._row(row))
        return Row(self, self._noted(SCALE, factor.at, operand, len(row)), row * factor.value)

    def added(self, one: Row, other: Any) -> Row:
        """Note the sum of two rows, of which the other may be constant."""
        values = other.values if type(other) is Row else other
        if len(values) != len(one):
            raise Untraceable
        operand = self._list(len(one), other.at if type(other) is Row else self._row(other))
        return Row(self, self._noted(PLUS, one.at, operand, len(one)), one.values + values)

    def _row(self, row: Any) -> int:
        """The first register of a row of constants."""
        if not isinstance(row, np.ndarray) or row.ndim != 1 or row.dtype != np.float64:
            raise Untraceable
        name = row.tobytes()
        if name not in self._constants:
            self._constants[name] = len(self.registers)
            self.registers += row.tolist()
        return self._constants[name]

    def _list(self, count: int, at: int) -> int:
        """The number of a list."""
        if (count, at) not in self.lists:
            self.lists.append((count, at))
        return self.lists.index((count, at))

    def guard(self, code: int, a: Any, b: Any) -> bool:
        """Note a comparison as a guard; returns what it says for the sample that is recorded."""
        if type(b) is not Symbol and not isinstance(b, (int, float)):
            return False
        found = bool(evaluate(code, value_of(a), value_of(b)))
        row = code, self.register(a), self.register(b)
        if row not in self._known:
            self._known[row] = int(found)
            self.rows.append((code, int(found), *row[1:]))
        return found

    def switch(self, register: int, count: int, value: int) -> None:
        """Note that the integer below `count` that a draw chooses decides what happens."""
        self.rows.append((SWITCH, value, register, count))

    def _noted(self, code: int, a: int, b: int, count: int = 1) -> int:
        """The first of `count` registers of a computation, which is done once in a trace."""
        row = code, a, b
        at = self._places.get(row)
        if at is None:
            at = self._places[row] = len(self.registers)
            self.registers += [0.0] * count
        if row not in self._known:
            self._known[row] = at
            self.rows.append((code, at, a, b))
        return at

    def _new(self, value: float) -> int:
        self.registers.append(value)
        return len(self.registers) - 1


def is_whole(number: Any) -> bool:
    """Whether a number, or what a symbol stands for, is an integer."""
    return number.whole if type(number) is Symbol else float(number).is_integer()


def value_of(number: Any) -> float:
    """A number, or what a symbol stands for in the sample that is recorded."""
    return number.value if type(number) is Symbol else float(number)


class Recorder:
    """Takes the place of `Draws`: each draw is a symbol.  An integer that is `known` to decide is a number.

    `size` is that of the frame which arrives at the transform, in the sample that is recorded.

    Parameters
    ----------
    tape : Tape
    slot : int
        Of the node.
    values : list of float
        What the sample draws, and the size (h, w).
    known : set of int
        The numbers of the draws of integers that decide what happens.
    cursor : int
        The number of the next draw; the decision by `p` has taken the first one.
    """

    def __init__(self, tape: Tape, slot: int, values: list[float], known: set[int], cursor: int = 1) -> None:
        self._tape, self._base, self._values, self._known = tape, slot * DRAWS, values, known
        self.cursor, self.size = cursor, (int(values[DRAWS]), int(values[DRAWS + 1]))

    def unit(self) -> Symbol:
        """See `Draws`."""
        if self.cursor == DRAWS:
            raise Untraceable
        self.cursor += 1
        k = self.cursor - 1
        return Symbol(self._tape, self._base + k, self._values[k], True)

    def uniform(self, low: float, high: float) -> Any:
        """See `Draws`."""
        u = self.unit()
        return low if low == high else between(low, high, u)

    def integer(self, low: Any, high: Any) -> Any:
        """See `Draws`."""
        u = self.unit()
        fixed = type(low) is int and type(high) is int
        if fixed and low == high:
            return low
        draw = self.cursor - 1
        if draw in self._known and fixed:
            value = choice(high - low + 1, u.value)
            self._tape.switch(u.at, high - low + 1, value)
            return low + value
        whole = self._tape.note(FLOOR, (high - low + 1) * u, 0.0)
        symbol = low + self._tape.note(LEAST, whole, high - low)
        if fixed:
            symbol.draw, symbol.low, symbol.high = draw, low, high
        return symbol

    def pick(self, choices: Any) -> Any:
        """See `Draws`."""
        return choices[self.integer(0, len(choices) - 1)]

    def permutation(self, n: int) -> list[int]:
        """See `Draws`."""
        if n > MOST_SHUFFLED:
            raise Untraceable
        return Draws.permutation(self, n)  # type: ignore[arg-type]  # it stands for Draws

    def stream(self) -> Symbol:
        """See `Draws`."""
        return self._tape.note(STREAM, self.unit(), self.unit())
