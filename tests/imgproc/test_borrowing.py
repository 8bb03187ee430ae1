"""Kernels that only borrow arrays count no references; all others count them as ever."""

import functools
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers.borrowing import borrowing, jit

pytestmark = pytest.mark.skipif(not jit.jit_enabled(), reason="nothing is compiled under NUMBA_DISABLE_JIT=1")


MADE: list[jit.Kernel] = []


def kernel(function=None, *, inner=False):
    """As `jit.kernel`, but not one of the kernels of the library, of which all laws hold."""
    if function is None:
        return functools.partial(kernel, inner=inner)
    MADE.append(jit.Kernel(function, inner=inner))
    return MADE[-1]


class Pair(NamedTuple):
    first: Any
    second: Any


@kernel(inner=True)
def total_of_row(pair, y):
    row, (a, b) = pair.first[y], (pair.second, pair.first)
    return row[1:].sum() + a[0] + b.T[0, 0]


@kernel
def borrows(pair, scale):
    total = 0.0
    for y in range(pair.first.shape[0]):
        total += total_of_row(Pair(pair.first * 1 if False else pair.first, pair.second), y)
    return total * scale


@kernel
def slices(image, out):
    for y in range(image.shape[0]):
        row, target = image[y], out[y, :]
        for x in range(row.size):
            target[x] = row[x] + 1


@kernel
def allocates(image):
    copy = image + 1
    return copy.sum()


@kernel
def gives_back(image, y):
    return image[y]


@kernel(inner=True)
def fresh(n):
    return np.zeros(n)


@kernel
def takes_from_another(n):
    array = fresh(n)
    return array[1:].size


@kernel
def lists(n):
    found = [n]
    for k in range(3):
        found.append(k)
    return len(found)


@pytest.fixture
def judged(monkeypatch, tmp_path):
    """What was decided of each kernel that compiles, by its name; every kernel compiles anew."""
    found, judge = {}, borrowing.only_borrows

    def only_borrows(state):
        name = state.func_id.func_name.rpartition("_")[0]
        found[name] = judge(state)
        return found[name]

    monkeypatch.setattr(borrowing, "only_borrows", only_borrows)
    monkeypatch.setattr(jit.numba_inside.cache, "file_of", lambda name, key: None)
    for each in MADE:
        each._dispatcher = each._part = None
    return found


def test_only_kernels_that_borrow_leave_out_the_counting(judged):
    image = np.arange(12.0).reshape(3, 4)
    slices(image, out := np.empty_like(image))
    assert np.array_equal(out, image + 1)
    assert allocates(image) == image.sum() + 12
    assert np.array_equal(gives_back(image, 1), image[1])
    assert takes_from_another(5) == 4
    assert lists(2) == 4
    expected = {"slices": True, "allocates": False, "gives_back": False, "fresh": False, "takes_from_another": False}
    assert judged == {**expected, "lists": False}


def test_references_are_as_before():
    """Also where a kernel that counts nothing calls one that makes arrays and gives them back."""
    image = np.arange(12.0).reshape(3, 4)
    out = np.empty_like(image)
    before = sys.getrefcount(image), sys.getrefcount(out)
    for _ in range(5):
        slices(image, out)
        allocates(image)
        given = gives_back(image, 2)
        assert given.tolist() == [8, 9, 10, 11]
        del given
        assert takes_from_another(1000) == 999
        assert borrows(Pair(image, out[0]), 2.0) == borrows.function(Pair(image, out[0]), 2.0)
    assert (sys.getrefcount(image), sys.getrefcount(out)) == before


def test_views_and_read_only_arrays_come_as_they_are():
    image = np.arange(24.0).reshape(4, 6)
    image.setflags(write=False)
    out = np.zeros((2, 3))
    slices(image[::2, ::2], out)
    assert np.array_equal(out, image[::2, ::2] + 1)


@kernel
def puts(columns, row):
    """An array that is put into another one is copied first where they overlap."""
    columns[1:] = row
    return columns[-1]


def test_an_array_that_is_put_into_another_one_may_be_copied() -> None:
    columns = np.arange(5.0)
    assert puts(columns, columns[:-1]) == 3.0
    np.testing.assert_array_equal(columns, [0, 0, 1, 2, 3])
