"""A compiled chain as one array of integers, which `kernels` evaluate for each sample.

The array begins with rows of four numbers; lists of registers follow.

* Row 0: the number of nodes; how many draws each has, in blocks of four; whether tables may replace operations; the
  register of the chain's `p`.
* Row 1: the number of registers; the most parameters and the most operations that a sample can have; the place of the
  list with the addresses of draws.
* A row for each node: the register of its `p`; its first segment; the number of its segments; the register of the draw
  that chooses among them, or -1 if the first segment is taken whose guards hold.
* A row for each segment: the first row of what it computes, and the row after the last; its first entry, and the one
  after the last.
* A row for each computation: its code; the register of the result, or for a guard 1 or 0; the registers of its two
  operands, or of one of `FUNCTIONS` the register of its operand and the address of its unit.
* A row for each entry: `MOVE`, `WARP` or the flags of an operation; the place of its list of registers, and how many
  there are; the address of an operation's unit, or the number of a map.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.jit import shared
from imgproc._core.units import Family, Unit

from ..keys import FIRST_DRAWS

(
    ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER, NEGATE, FLOOR, ROUND, ABSOLUTE, LEAST, STREAM,
    SQRT, SIN, COS, TAN, EXP, LOG, LESS, NOT_MORE, EQUAL,
) = range(20)  # fmt: skip
"""Codes of what is computed from one or two registers.  The last three are guards: they must give what was recorded."""

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


def unit_of_code(code: int) -> Unit | None:
    """The unit of the function with a code; the first three are one, whose second argument is the code less `SIN`."""
    return _UNITS.get(code)


MOVE, WARP = -1, -2
"""Codes of entries that are no operations: whole pixels move, or pixels are interpolated, by a matrix."""

PAINTS = 1 << 16
"""A flag of operations that paint on masks, too; their last parameter is the label."""

MOST_WARPS = 16
"""So many geometric stages may a chain have that interpolates."""

HEAD = 2
"""So many rows stand before the first node."""


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


def assemble(
    addresses: np.ndarray, nodes: list[Any], gates: list[int], root: int, blocks: int, tables: bool, registers: int
) -> list[int]:
    """Make the program, as one list of integers.

    Parameters
    ----------
    addresses : ndarray of int
        Addresses of the draws of the root and of each node.
    nodes : list of (Node, segments, draw)
    gates : list of int
        The registers of the nodes' `p`.
    root : int
        The register of the chain's own `p`.
    blocks : int
        How many draws each node has, in blocks of four.
    tables : bool
        Whether tables may replace operations.
    registers : int
        How many there are.
    """
    segments = [segment for _, variants, _ in nodes for segment in variants]
    first_segment = HEAD + len(nodes)
    first_row = first_segment + len(segments)
    first_entry = first_row + sum(len(s.rows) for s in segments)
    lists = 4 * (first_entry + sum(len(s.entries) for s in segments))
    work = [[[e for e in s.entries if e.stage is None] for s in variants] for _, variants, _ in nodes]
    most_ops = sum(max(map(len, variants)) for variants in work)
    most_params = sum(max(sum(len(e.registers) for e in own) for own in variants) for variants in work)
    table = [len(nodes), blocks, int(tables), root, registers, most_params, most_ops, lists]
    at = first_segment
    for k, (node, variants, draw) in enumerate(nodes):
        table += gates[k], at, len(variants), -1 if draw < 0 else node.slot * FIRST_DRAWS + draw
        at += len(variants)
    row, entry = first_row, first_entry
    for s in segments:
        table += row, row + len(s.rows), entry, entry + len(s.entries)
        row, entry = row + len(s.rows), entry + len(s.entries)
    for s in segments:
        for code, to, a, b in s.rows:
            unit = unit_of_code(code)
            table += code, to, a, b if unit is None else unit.address()
    own = addresses.astype(np.int64).tolist()
    place = lists + len(own)
    for s in segments:
        for e in s.entries:
            table += e.code, place, len(e.registers), e.number
            place += len(e.registers)
    table += own
    for s in segments:
        for e in s.entries:
            table += e.registers
    return table
