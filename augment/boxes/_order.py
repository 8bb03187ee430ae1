"""Stable sorting of detections: by falling score, and by whole numbers that are few.

The kernels work in arrays that Python makes: kernels that make arrays take longer to compile.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

_DIGITS = 65536


def falling(scores: np.ndarray) -> np.ndarray:
    """A stable argsort by falling score: a radix sort of the bits, 16 at a time.  No NaN."""
    keys = (scores + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    orders = np.empty((2, scores.size), np.int64)
    return orders[_sort_by_digits(keys, orders, np.empty(_DIGITS + 1, np.int64))]


def sorted_by(codes: np.ndarray, order: np.ndarray, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """`order`, sorted by ``codes[order]``, stable; and where each of the `kinds` codes starts."""
    starts, out = np.zeros(kinds + 2, np.int64), np.empty(order.size, np.int64)
    _sort_by_code(codes, order, starts, out)
    return out, starts[:-1]


@kernel
def _sort_by_digits(keys, orders, count):
    """Says which row of `orders` has the result.  `keys` are the bits of scores and are changed."""
    keys, order, other, count = borrowed(keys), borrowed(orders[0]), borrowed(orders[1]), borrowed(count)
    n = keys.size
    sign = np.uint64(1) << np.uint64(63)
    for i in range(n):
        order[i] = i
        # Rising keys are falling scores.
        keys[i] = keys[i] if keys[i] & sign else ~(keys[i] | sign)
    swapped = 0
    for digit in range(4):
        shift = np.uint64(16 * digit)
        for c in range(count.size):
            count[c] = 0
        for i in range(n):
            count[np.int64((keys[i] >> shift) & np.uint64(65535)) + 1] += 1
        largest = 0
        for c in range(1, count.size):
            largest = max(largest, count[c])
        if largest == n:
            continue
        for c in range(count.size - 1):
            count[c + 1] += count[c]
        for i in range(n):
            row = order[i]
            c = np.int64((keys[row] >> shift) & np.uint64(65535))
            other[count[c]] = row
            count[c] += 1
        order, other = other, order
        swapped = 1 - swapped
    return swapped


@kernel
def _sort_by_code(codes, order, starts, out):
    """`starts` comes as zeros, one more than are given back."""
    codes, order, starts, out = borrowed(codes), borrowed(order), borrowed(starts), borrowed(out)
    for i in range(order.size):
        starts[codes[order[i]] + 2] += 1
    for c in range(2, starts.size):
        starts[c] += starts[c - 1]
    # Entry c + 1 is where the next of code c goes: at the end, where code c + 1 starts.
    for i in range(order.size):
        c = codes[order[i]] + 1
        out[starts[c]] = order[i]
        starts[c] += 1
