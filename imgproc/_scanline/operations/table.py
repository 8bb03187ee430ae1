"""Tables of integer levels: those that a caller gives, and those that replace a run of operations on bytes."""

from __future__ import annotations

import numpy as np

from ..._core.jit import Choice, kernel
from ..._core.lookup import VECTOR, look_up_vector
from ..._core.units import Unit
from ..stages import Op
from ._base import CHANNELS, OPERATION, READY, SLOW, TABULATED, Operation

WIDE = 65536


@kernel(inner=True)
def _plain_table_row(row, scratch, table):
    kind = row.dtype.type
    for i in range(row.size):
        scratch[i] = np.uint8(np.int32(row[i]))
    for i in range(row.size):
        scratch[i] = table[scratch[i]]
    for i in range(row.size):
        row[i] = kind(scratch[i])


@kernel(needs="avx512vbmi", inner=True)
def _vector_table_row(row, scratch, table):
    kind = row.dtype.type
    for i in range(row.size):
        scratch[i] = np.uint8(np.int32(row[i]))
    for j in range((row.size + VECTOR - 1) // VECTOR):
        # The row of bytes is as long as a multiple of 64, so that the last step may go beyond the levels.
        look_up_vector(scratch, VECTOR * j, table, np.int64(0), scratch)
    for i in range(row.size):
        row[i] = kind(scratch[i])


table_row = Choice("avx512vbmi", _vector_table_row, _plain_table_row)
"""``table_row(row, scratch, table)`` sends levels of bytes through a table of 256."""


def _bytes_body(rows, n, place, params, limits, table, scratch):
    for c in range(place[CHANNELS]):
        table_row(rows[c, :n], scratch, table[256 * c : 256 * (c + 1)])
    return place[CHANNELS]


def _words_body(rows, n, place, params, limits, table, scratch):
    kind = rows.dtype.type
    words = table.view(np.uint16)
    for c in range(place[CHANNELS]):
        row, own = rows[c, :n], words[WIDE * c : WIDE * (c + 1)]
        for i in range(row.size):
            row[i] = kind(own[np.uint32(np.int32(row[i]))])
    return place[CHANNELS]


TABLE_OF_BYTES = Unit(OPERATION, _bytes_body)
"""Applies tables of 256 levels, one for each channel: a caller's, or one that replaces a run of operations."""

TABLE_OF_WORDS = Unit(OPERATION, _words_body)
"""Applies tables of 65536 levels, one for each channel."""

TABLE = Operation("table", TABLE_OF_BYTES, __name__, TABULATED | SLOW | READY, values=lambda op, channels: ())


def table(array: np.ndarray) -> Op:
    """``array[v]`` for integer images; the array has their dtype, and shape (levels,) or (c, levels)."""
    return TABLE(table=array)
