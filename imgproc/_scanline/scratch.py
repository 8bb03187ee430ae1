"""What kernels work in: one set of buffers a thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .machine import CAPACITY, Scratch

_own = threading.local()


def scratch(channels: int, dtype: Any) -> Scratch:
    """That of this thread, with rows for so many channels."""
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
    """Buffers; all but the rows are those of another one."""
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
        np.zeros((3, 16), np.int64),
    )


def _rows(count: int, dtype: Any) -> np.ndarray:
    """Rows for a chunk and a little more.

    They begin at cache lines, as vectors that straddle two take longer, and not a power of two apart, as such rows
    share their few places in the L1 cache."""
    length = (CAPACITY + 64) * np.dtype(dtype).itemsize
    block = np.empty(count * length + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start : start + count * length].view(dtype).reshape(count, -1)
