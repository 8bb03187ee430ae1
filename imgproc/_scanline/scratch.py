"""What kernels work in: one set of buffers a thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .machine import CAPACITY

_own = threading.local()


class Scratch:
    """What a thread's kernels work in."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, Any], np.ndarray] = {}
        self.bytes = np.empty(CAPACITY, np.uint8)
        self.floats = _rows(6, np.float32)
        self.wide = _rows(2, np.uint64)
        self.halves = self.wide.view(np.uint32)
        self.ints = _rows(5, np.int32)
        self.ends = np.empty((32, 2), np.int64)

    def planes(self, channels: int, dtype: Any) -> np.ndarray:
        key = channels, dtype
        if key not in self.rows:
            self.rows[key] = _rows(channels, dtype)
        return self.rows[key]


def _rows(count: int, dtype: Any) -> np.ndarray:
    """Rows for a chunk and a little more.

    They begin at cache lines, as vectors that straddle two take longer, and not a power of two apart, as such rows
    share their few places in the L1 cache."""
    length = (CAPACITY + 64) * np.dtype(dtype).itemsize
    block = np.empty(count * length + 64, np.uint8)
    start = -block.ctypes.data % 64
    return block[start : start + count * length].view(dtype).reshape(count, -1)


def scratch() -> Scratch:
    """That of this thread."""
    try:
        return _own.scratch
    except AttributeError:
        _own.scratch = Scratch()
        return _own.scratch
