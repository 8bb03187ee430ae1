"""The memory that kernels work in: one set of buffers for each thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .machine import CAPACITY, Scratch
from .samplers._base import TASK
from .samplers.area import MEANS, ROOM

_own = threading.local()


def scratch(channels: int, dtype: Any) -> Scratch:
    """The buffers of this thread, with rows of a dtype for so many channels."""
    try:
        made = _own.made
    except AttributeError:
        made = _own.made = {}
    key = channels, dtype
    found = made.get(key)
    if found is None:
        found = made[key] = _make(channels, dtype, next(iter(made.values()), None))
    return found


def _make(channels: int, dtype: Any, other: Scratch | None) -> Scratch:
    """Make buffers; if there are others, only the rows are new."""
    rows = _rows(channels, dtype)
    if other is not None:
        return other._replace(rows=rows)
    wide = _rows(2, np.uint64)
    return Scratch(
        rows,
        np.empty(CAPACITY, np.uint8),
        _rows(6, np.float32),
        _rows(5, np.int32),
        wide,
        wide.view(np.uint32),
        np.empty((32, 2), np.int64),
        np.zeros((3, TASK), np.int64),
        np.zeros(MEANS + ROOM),
    )


def _rows(count: int, dtype: Any) -> np.ndarray:
    """Make rows for a chunk and a little more.

    Rows begin at cache lines, because vectors that lie on two lines take longer.  They are not a power of two apart,
    because such rows would compete for the same few places in the L1 cache."""
    length = (CAPACITY + 64) * np.dtype(dtype).itemsize
    block = np.empty(count * length + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start : start + count * length].view(dtype).reshape(count, -1)
