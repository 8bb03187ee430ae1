"""Turn a list of pixel operations into the arrays that kernels read; `machine.Operations` describes them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .machine import FLAGS, LEVELS, OP, PREPARER, Operations, tabulate
from .operations._base import MEAN, READY, TABULATED, Operation, name_of
from .operations.table import TABLE_OF_BYTES, TABLE_OF_WORDS
from .stages import Op

WIDE = 1 << 17
"""Bytes of a table of 16-bit levels."""

_NO_TABLES = np.zeros((1, 1), np.uint8)
_NO_OPS = np.zeros((0, OP), np.int64)
_NO_PARAMS = np.zeros(0)


class Layout(NamedTuple):
    """Operations as plain numbers."""

    numbers: list[int]
    """Two numbers for each operation: where its parameters begin, and how many there are.  A table has its own number,
    and 0."""
    values: list[Any]
    arrays: list[Op]
    """Operations that are tables."""
    channels: int
    """Number of channels after the last operation."""


class Program(NamedTuple):
    """Operations ready to run."""

    operations: Operations
    channels: int
    """Number of channels after the last operation."""
    normalized: bool
    """Whether the last operation gives floats that are neither rounded nor scaled to any dtype."""


def lay_out(ops: Sequence[Op], channels: int) -> Layout:
    """Put the parameters of operations one after the other, in the order of the operations.

    Raises
    ------
    ValueError
        If an operation does not fit the channels, or follows one that must come last.
    """
    numbers: list[int] = []
    values: list[Any] = []
    arrays: list[Op] = []
    last: Op | None = None
    for op in ops:
        kind = op.kind
        if last is not None:
            raise ValueError(f"{name_of(last)} must come last, got {name_of(op)} after it")
        if kind.rgb and channels != 3:
            raise ValueError(f"{name_of(op)} needs an RGB image, got {channels} channels")
        if kind.flags & READY:
            numbers += (len(arrays), 0)
            arrays.append(op)
            continue
        own = kind.values(op, channels)
        numbers += (len(values), len(own))
        values.extend(own)
        channels = kind.channels_after(op, channels)
        last = op if kind.last else None
    return Layout(numbers, values, arrays, channels)


def pack(ops: Sequence[Op], channels: int, dtype: Any) -> Program:
    """Make the arrays for a list of operations, for images of this dtype and number of channels.

    Raises
    ------
    ValueError
        If an operation does not fit the channels or the dtype, or follows one that must come last.
    """
    if not ops:
        return Program(Operations(_NO_OPS, _NO_PARAMS, _NO_TABLES, -1, -1), channels, False)
    dtype = np.dtype(dtype)
    work = "float64" if dtype.char == "d" else "float32"  # the name of `work_dtype`, which NumPy is slow to spell
    if dtype.kind == "u":
        kept = [op for op in ops if not op.kind.changes_nothing(op)] or [ops[-1]]
        if len(kept) < len(ops):
            lay_out(ops, channels)  # what is left out is refused where it does not fit, too
        ops = kept
    numbers, values, arrays, after = lay_out(ops, channels)
    given = [_table(op, channels, dtype) for op in arrays]
    rows = np.empty((len(ops), OP), np.int64)
    for k, op in enumerate(ops):
        rows[k] = unit_of(op.kind, dtype, work), numbers[2 * k], numbers[2 * k + 1], op.kind.flags, 1, -1
    tables, unit, prepare = _NO_TABLES, -1, -1
    if dtype.char == "B":
        count = tabulate.function(rows, len(arrays))  # for a few rows Python is faster than compiling the kernel
        if count:
            tables, unit = np.empty((count, channels * LEVELS), np.uint8), TABLE_OF_BYTES.address(T=work)
            prepare = PREPARER.address(T=work)
    elif arrays:
        tables, unit = np.empty((len(arrays), channels * WIDE), np.uint8), TABLE_OF_WORDS.address(T=work)
    for k, own in enumerate(given):
        tables[k].view(dtype).reshape(channels, -1)[:] = own
    program = Operations(rows, np.array(values, np.float64), tables, unit, prepare)
    return Program(program, after, ops[-1].kind.last)


def unit_of(kind: Operation, dtype: np.dtype, work: str) -> int:
    """The address of an operation's unit for rows of dtype `work`; tables have different units for 8 and 16 bits."""
    if kind.flags & READY:
        return (TABLE_OF_BYTES if dtype.char == "B" else TABLE_OF_WORDS).address(T=work)
    return kind.unit.address(T=work)


def as_tables(ops: Sequence[Op], channels: int) -> Program | None:
    """Pack operations on bytes that one table can stand for; None if no table can.

    If all channels are treated alike, the program is for a single channel, whose table serves all.
    """
    if not ops or not all(op.kind.flags & TABULATED for op in ops):
        return None
    channels = channels if any(_differs(op) for op in ops) else 1
    if len(ops) > 1 or ops[0].kind.flags & READY:
        return pack(ops, channels, np.uint8)
    # For one operation a table is always made: nobody asks whether it pays.
    values = ops[0].kind.values(ops[0], channels)
    rows, table, prepare = _alone(ops[0].kind, len(values))
    tables = np.empty((1, channels * LEVELS), np.uint8)
    return Program(Operations(rows, np.array(values, np.float64), tables, table, prepare), channels, False)


@functools.lru_cache(maxsize=256)
def _alone(kind: Operation, count: int) -> tuple[np.ndarray, int, int]:
    """The program's row of one operation with so many numbers, and the addresses that its table takes.

    Nothing writes to the row, so that it is made once."""
    row = (kind.unit.address(T="float32"), 0, count, kind.flags, 1, 0)
    return np.array((row,), np.int64), TABLE_OF_BYTES.address(T="float32"), PREPARER.address(T="float32")


def _differs(op: Op) -> bool:
    """Whether an operation on levels treats channels differently."""
    return any(type(p) is tuple for p in op.params) or (op.table is not None and op.table.ndim == 2)


def needs_mean(program: Program) -> bool:
    """Whether an operation depends on the mean of the image."""
    ops = program.operations.ops
    return len(ops) > 0 and any(flags & MEAN for flags in ops[:, FLAGS].tolist())


def _table(op: Op, channels: int, dtype: np.dtype) -> np.ndarray:
    array = op.table
    if dtype.kind != "u":
        raise ValueError(f"{name_of(op)} needs an integer image, got {dtype}")
    levels = 1 << 8 * dtype.itemsize
    if array is None or array.dtype != dtype or array.shape not in ((levels,), (channels, levels)):
        got = "none" if array is None else f"{array.dtype} {array.shape}"
        raise ValueError(f"{name_of(op)} must be {dtype} of {levels} levels, or {channels} rows of them, got {got}")
    return array
