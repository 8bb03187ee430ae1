"""A compiled chain as one array of integers, which `drawing` evaluates for each sample.

The array has a head and a row of `NODE` numbers for each transform of the chain, then their code.

* The head is described at `ADDRESSES` and the places after it.
* A row of a node: the register of its `p`; what it is, `ACT`, a group or `LACKS`; how many draws it has, in blocks of
  four; the place of a list, and how long it is; two more numbers; and the kind of images that it was recorded for, see
  `kind_of`.  Of a transform, the list holds where the code of its parts begins, and the two numbers are the size (h, w)
  that it was recorded for, negative where it may be any.  Of a group, the list holds the numbers of its children.  The
  two numbers are of `ONE` the register of the sum of its children's `p`, of `SOME` the least and the largest number of
  children.
* Code consists of instructions of `ROW` numbers.  They are done one after the other.
  - A computation: its code; the register of the result; the registers of its two operands.  Of one of `FUNCTIONS`
    these are the register of its operand and the address of its unit.  `SCALE` multiplies a row of registers by one,
    `PLUS` adds two rows: instead of the second operand they have the place of a list, how long the rows are and where
    the second one begins.
  - A guard: its code; where to go on if it does not hold; the registers of its two operands.
  - `SWITCH`: the place of a list with a place to go on for each value; the register of a draw; how many values it has.
  - `LEAF`: the place of the entries, and how many there are.  With it a part ends.
  - `MISS`: this sample was not recorded, and runs stage by stage.
* Entries have `ENTRY` numbers: `MOVE`, `WARP` or the flags of an operation; the place of a list of registers, and how
  long it is; the address of an operation's unit, or the number of a map; `BINDS`, for an operation that binds pixels to
  their places; and the kind of images that an operation leaves.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from imgproc._core import elementary
from imgproc._core.jit import shared
from imgproc._core.units import Family, Unit

(
    ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE, FLOOR, ROUND, ABSOLUTE, LEAST, STREAM,
    SQRT, POWER, SCALE, PLUS, SIN, COS, TAN, EXP, LOG, LESS, NOT_MORE, EQUAL, SWITCH, LEAF, MISS,
) = range(26)  # fmt: skip
"""Codes of instructions.  Those before `LESS` compute a number; those from `LESS` to `EQUAL` are guards."""

FUNCTIONS: dict[Any, int] = {
    elementary.sin: SIN,
    elementary.cos: COS,
    elementary.tan: TAN,
    elementary.exp: EXP,
    elementary.log: LOG,
}
"""The codes of functions that are called by an address, so that a chain compiles only those that it uses."""


def _exp(x, which):
    return elementary.exp(x)


def _log(x, which):
    return elementary.log(x)


_CALLED = Family("float64", (("float64", 0), ("int64", 0)))
_CIRCULAR = Unit(_CALLED, elementary.circular.func)
_UNITS = {SIN: _CIRCULAR, COS: _CIRCULAR, TAN: _CIRCULAR, EXP: Unit(_CALLED, _exp), LOG: Unit(_CALLED, _log)}


def _power(x, y):
    return elementary.power(x, y)


POWERS = Unit(Family("float64", (("float64", 0), ("float64", 0))), _power)


def unit_of_code(code: int) -> Unit | None:
    """The unit of the function with a code; the first three are one, whose second argument is the code less `SIN`."""
    return _UNITS.get(code)


MOVE, WARP = -1, -2
"""Codes of entries that are no operations: whole pixels move, or pixels are interpolated, by a matrix."""

PAINTS = 1 << 16
"""A flag of operations that paint on masks, too; their last parameter is the label."""

FILTERS, COUNTS = 1 << 17, 1 << 18
"""Flags of filters with small windows, which stand among the operations; and of what counts levels for a table."""

BINDS = 1
"""Whether pixels must not move after an operation, because it depends on their place or on all of them."""

MOST_MAPS = 24
"""So many geometric stages may a sample have."""

ADDRESSES, TABLES, REGISTERS, MOST_PARAMS, MOST_OPS, NODES, MAPS, RESULT_KIND, POWER_AT, CHOOSE_AT = range(10)
"""Places in the head: the place of the addresses of draws; whether tables may replace operations; how many registers
there are; the most parameters, and the most operations, that a sample can have; how many nodes there are; how many
geometric entries; the kind of the results; the address of `POWERS`, or -1; and that of `drawing.choose_children`, or 0
if it is not needed (and 1 until it has been compiled)."""

HEAD, NODE, ROW, ENTRY = 16, 8, 4, 6
"""Numbers of the head; of a row of a node; of an instruction; and of an entry."""

DRAWS = 64
"""So many draws may a node have, which stand in registers of their own."""

LACKS, ACT, ALL, ONE, SOME, SHUFFLED = range(-1, 5)
"""What a node is: one that could not be recorded; a transform; or a group that applies all of its children, one, some
in order, or some shuffled."""


class Choice(NamedTuple):
    """How a group chooses among its children."""

    code: int
    """`ALL`, `ONE`, `SOME` or `SHUFFLED`."""
    low: int = 0
    high: int = 0
    """Of the last two: the least and the largest number of children."""


def kind_of(channels: int, normalized: bool) -> int:
    """A number that says how many channels an image has, and whether `Normalize` has put it on another scale."""
    return 2 * channels + normalized


def evaluate(code: int, a: float, b: float) -> float:
    """Compute one row of a program, for registers that hold a and b; a guard gives 1 or 0.

    Recording runs these lines in Python, and the kernels compile the same lines.  Not so `FUNCTIONS`.
    """
    if code == ADD:
        return a + b
    if code == MULTIPLY:
        return a * b
    if code == SUBTRACT:
        return a - b
    if code == DIVIDE:
        return a / b
    if code == NEGATE:
        return -a
    if code == LESS:
        return 1.0 if a < b else 0.0
    if code == NOT_MORE:
        return 1.0 if a <= b else 0.0
    if code == EQUAL:
        return 1.0 if a == b else 0.0
    if code == ABSOLUTE:
        return abs(a)
    if code == REMAINDER:
        return np.fmod(a, b)
    if code == SQRT:
        return math.sqrt(a)
    if code == FLOOR:
        return np.floor(a)
    if code == ROUND:
        return np.rint(a)
    if code == LEAST:
        return min(a, b)
    return np.floor(a * 67108864.0) * 67108864.0 + np.floor(b * 67108864.0)  # STREAM


evaluate_kernel = shared(evaluate, "evaluate_kernel")


class Assembly:
    """A program that grows: its head and rows of nodes first, then code and lists."""

    def __init__(self, nodes: int) -> None:
        self.numbers: list[int] = [0] * (HEAD + NODE * nodes)
        self.lists: list[int] = []
        """The places of the lists of `SCALE` and `PLUS`."""

    def list_of(self, values: list[int]) -> int:
        """Add a list; returns its place."""
        self.numbers += values
        return len(self.numbers) - len(values)

    def node(self, slot: int, row: tuple[int, ...]) -> None:
        """Set the row of a node."""
        at = HEAD + NODE * slot
        self.numbers[at : at + NODE] = row

    def code(self, block: Any) -> int:
        """Add the code of a tree of variants (`variants.Block`); returns its place."""
        start = len(self.numbers)
        self._add(block)
        return start

    def _add(self, block: Any) -> None:
        numbers = self.numbers
        for code, to, a, b in block.rows or ():
            unit = unit_of_code(code)
            if code in (SCALE, PLUS):
                b = self.lists[b]
            numbers += code, to, a, b if unit is None else unit.address()
        if block.choice is None:
            self._end(block.leaf)
            return
        code, a, b = block.choice
        at = len(numbers)
        numbers += code, 0, a, b
        if code == SWITCH:
            numbers[at + 1] = table = self.list_of([0] * b)
            for value in range(b):
                numbers[table + value] = len(numbers)
                self._way(block.ways.get(value))
        else:
            self._way(block.ways.get(1))
            numbers[at + 1] = len(numbers)
            self._way(block.ways.get(0))

    def _way(self, block: Any) -> None:
        if block is None:
            self._end(None)
        else:
            self._add(block)

    def _end(self, leaf: Any) -> None:
        numbers = self.numbers
        if leaf is None:
            numbers += MISS, 0, 0, 0
            return
        at = len(numbers) + ROW
        numbers += LEAF, at, len(leaf.entries), 0
        place = at + ENTRY * len(leaf.entries)
        for e in leaf.entries:
            numbers += e.code, place, len(e.registers), e.number, e.bits, e.kind_after
            place += len(e.registers)
        for e in leaf.entries:
            numbers += e.registers
