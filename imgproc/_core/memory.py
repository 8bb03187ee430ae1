"""Memory that a call frees stays with the process, so that the next call need not ask the system for it."""

from __future__ import annotations

import contextlib
import functools

import numpy as np

LARGEST = (32 << 20) - (1 << 16)
"""Bytes.  glibc learns from no larger block."""


@functools.cache
def keep_freed_memory() -> None:
    """Let the C library keep freed memory of images for the next ones.

    glibc takes memory for large arrays from the system and gives it back when they are freed; a loop over images of
    512 x 512 pixels then waits for fresh pages in each call, for up to half of its time.  But when a large block is
    freed, glibc takes this as a sign that such blocks come and go: from then on it keeps freed memory of that size, up
    to twice as much of it in all.  So one block is taken and freed here.  It is never written to and costs nothing.

    Any program that frees a large array does the same.  Elsewhere, or if ``MALLOC_TRIM_THRESHOLD_`` or its like are
    set, nothing changes.
    """
    with contextlib.suppress(MemoryError):
        np.empty(LARGEST, np.uint8)
