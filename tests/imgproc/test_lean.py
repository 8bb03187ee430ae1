"""Kernels that are written for LLVM in fewer words do what Python does."""

import os
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers.borrowing import jit
from helpers.lean import lean_lowering, words_of

pytestmark = pytest.mark.skipif(not jit.jit_enabled(), reason="nothing is compiled under NUMBA_DISABLE_JIT=1")

ENDS = (-99, -5, -1, 0, 1, 3, 5, 99)


class Pair(NamedTuple):
    """Two arrays and a number."""

    a: Any
    b: Any
    n: Any


def elements(pair, out):
    for i in range(-2, 2):
        out[i] = pair.a[i, -1] * 10 + pair.b[i + 2]
    out[4], out[-5] = pair.a[0, 1], pair.a[-2, 2]
    row = pair.a[-1]
    out[5] = row[0] + row[-pair.n]
    out[np.uint8(6)] = row[np.uint64(2)] + row[np.int32(-3)]
    return row.size + row.shape[0] + pair.a[1:].shape[0]


def slices(values, first, last, out):
    a, b, c, d = values[first:last], values[:last], values[first:], values[:]
    out[0], out[1], out[2], out[3] = a.size, b.size, c.size, d.size
    for k in range(a.size):
        out[4] += a[k] * (k + 1)
    for k in range(b.size):
        out[5] += b[k] * (k + 1)
    for k in range(c.size):
        out[6] += c[k] * (k + 1)
    out[7] = c[a.size :].size + b[: c.size].size


def planes(values, first, last, out):
    block, column = values[first:last, 1:-1], values[:, 1]
    out[0], out[1], out[2] = block.shape[0], block.shape[1], column.size
    for i in range(block.shape[0]):
        for j in range(block.shape[1]):
            out[3] += block[i, j] * (i + 2 * j + 1)
    inner = block[-1:]
    out[4] = inner.shape[0]
    for k in range(column.size):
        column[k] += 1
        out[5] += column[k]


def loops(n, out):
    at = 0
    for k in range(n, -2, -1):
        if k == 3:
            continue
        if k == -1:
            break
        out[at] = k
        at += 1
    else:
        out[at] = 100
        at += 1
    numbers = range(2, n)
    for i in numbers:
        for j in numbers:
            out[at] += i * j
    last = -7
    for k in range(5, n, 3):
        last = k
    x, y = last, n
    while y > 0:
        x, y = y, x % 5 - y
        if x > 2:
            last = y
    return at, last, x, y


def branches(n, values):
    if n > 2:
        v = values[0]
        w = v + 1
    else:
        v = values[1]
        w = v
    for k in range(n):
        if k == 1:
            late = values[k] * 2
        if k > 1:
            w += late
    low, high = (v, w) if v < w else (w, v)
    return low, (high, (low, high))[1]


def compiled(function):
    return jit.Kernel(function).dispatcher


def both(function, *args):
    """What a kernel and Python give, with the arrays that they have written to."""
    ours = [a.copy(order="A") if isinstance(a, np.ndarray) else a for a in args]
    return compiled(function)(*args), args, function(*ours), ours


def same(function, *args):
    found, arrays, expected, others = both(function, *args)
    assert found == expected
    for a, b in zip(arrays, others, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("order", ["C", "F", "A"])
def test_elements(order):
    a = np.arange(12.0).reshape(2, 6)[:, ::2] if order == "A" else np.asarray(np.arange(6.0).reshape(2, 3), order=order)
    pair = Pair(a, np.arange(4) ** 2, 3)
    found, expected = np.zeros(9), np.zeros(9)
    assert compiled(elements)(pair, found) == elements(pair, expected)
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("size", [0, 1, 4])
def test_slices(size):
    kernel = compiled(slices)
    for first in ENDS:
        for last in ENDS:
            for values in (np.arange(2, size + 2), np.arange(2, 2 * size + 2)[::2]):
                found, expected = np.zeros(8, np.int64), np.zeros(8, np.int64)
                kernel(values, first, last, found)
                slices(values, first, last, expected)
                assert np.array_equal(found, expected), (first, last)


@pytest.mark.parametrize("order", ["C", "F"])
def test_parts_of_planes(order):
    for first in ENDS:
        values = np.asarray(np.arange(20).reshape(5, 4), order=order)
        same(planes, values, first, 4, np.zeros(6, np.int64))


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9, -3])
def test_loops(n):
    same(loops, n, np.zeros(16, np.int64))


@pytest.mark.parametrize("n", [0, 1, 3, 5])
def test_variables_of_branches(n):
    same(branches, n, np.array([3.0, 1.5, 2.0]))


@pytest.mark.skipif(bool(os.environ.get("NUMBA_BOUNDSCHECK")), reason="checks of bounds are written in as many words")
@pytest.mark.parametrize("function", [elements, slices, planes, loops, branches])
def test_less_is_written_than_numba_writes(function):
    """Else Numba is built differently, and `numba_lean` has to be looked at."""
    assert lean_lowering() is not None
    args = {
        "elements": (Pair(np.zeros((2, 3)), np.arange(4), 3), np.zeros(9)),
        "slices": (np.arange(4), 0, 2, np.zeros(8, np.int64)),
        "planes": (np.zeros((5, 4), np.int64), 0, 2, np.zeros(6, np.int64)),
        "loops": (5, np.zeros(16, np.int64)),
        "branches": (3, np.zeros(3)),
    }[function.__name__]
    ours, numbas = words_of(function, args)
    assert 2 * ours < numbas


def test_functions_that_make_arrays_are_left_to_numba():
    def makes(n):
        out = np.zeros(n)
        for k in range(n):
            out[k] = k
        return out[1:-1]

    assert np.array_equal(compiled(makes)(5), [1, 2, 3])


PAIRS = [
    *((a, b) for a in (2.5, -0.0, 0.0, np.nan, np.inf) for b in (2.5, -0.0, 0.0, np.nan, np.inf)),
    *((a, b) for a in (True, False) for b in (True, False)),
    *((3, -2), (-2, 3), (np.uint8(200), -9), (np.float32(1.5), 2), (True, 2), (np.uint64(5), np.int32(-9))),
]


@pytest.mark.parametrize("function", [lambda a, b: max(a, b), lambda a, b: min(a, b)])
def test_the_larger_and_the_smaller_of_two_numbers_are_those_of_numba(function):
    import numba

    kernel, numbas = compiled(function), numba.njit(function)
    for a, b in PAIRS:
        found, expected = kernel(a, b), numbas(a, b)
        assert type(found) is type(expected)
        assert repr(found) == repr(expected), (a, b)


def test_more_than_two_numbers_are_compared_as_numba_does():
    def both(a, b, c):
        f = max
        return max(a, b, c), min((a, b)), f(a, c)

    assert compiled(both)(3, 8, 5) == (8, 3, 5)
