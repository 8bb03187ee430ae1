"""Numba compiles our kernels quicker, makes the same of them, and is as it was before and afterwards."""

import collections
import gc
import re
import threading
import warnings

import numba
import numpy as np
import pytest
from numba.core import ir, types

from imgproc._core import jit, numba_quick

pytestmark = pytest.mark.skipif(not jit.jit_enabled(), reason="nothing is compiled under NUMBA_DISABLE_JIT=1")


def _methods():
    return [types.functions.BaseFunction.get_call_type, ir.Inst._rec_list_vars]


def test_all_replacements_are_found_in_this_numba():
    assert [each.name for each in numba_quick._replacements()] == [
        *("get_call_type", "_rec_list_vars", "refresh", "refresh"),
        *("run", "_logger", "_optimize_functions", "__call__", "_check_llvm_bugs"),
        *("find_matching_getattr_template", "propagate", "new_error_context", "new_error_context"),
    ]


@pytest.mark.parametrize("collecting", [True, False])
def test_numba_and_the_collector_are_as_before_also_after_an_error(collecting):
    before, was = _methods(), gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        with pytest.raises(KeyError), numba_quick.quickly(), numba_quick.quickly():
            assert not gc.isenabled()
            assert all(now is not then for now, then in zip(_methods(), before, strict=True))
            raise KeyError
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if was else gc.disable)()
    assert all(now is then for now, then in zip(_methods(), before, strict=True))


def test_variables_are_listed_as_numba_lists_them():
    def body(a, b):
        total = 0.0
        for k in range(a.size):
            if a[k] > b:
                total += a[k] * b + (k, total, (b, k))[1]
        return total, [b, total], a[1:k]

    from numba.core.compiler import run_frontend

    func_ir = run_frontend(body)
    statements = [each for block in func_ir.blocks.values() for each in block.body]
    expected = [[v.name for v in each.list_vars()] for each in statements]
    with numba_quick.quickly():
        found = [[v.name for v in each.list_vars()] for each in statements]
    assert found == expected
    assert sum(map(len, expected)) > 40


def test_the_same_types_are_found():
    """Everything that two kinds of data and an operator give, quickly twice and as Numba gives it."""
    from numba.core.registry import cpu_target

    context = cpu_target.typing_context
    context.refresh()
    plain = [types.int64, types.uint8, types.float32, types.boolean, types.literal(3), types.float64[:], types.none]
    import operator

    def ask(function, args):
        try:
            return str(context.resolve_function_type(function, args, {}))
        except Exception:  # Numba itself fails on a few of them
            return "refused"

    names = ("add", "truediv", "floordiv", "lt", "eq", "and_", "lshift", "getitem", "iadd", "is_")
    cases = [(getattr(operator, name), (a, b)) for name in names for a in plain for b in plain]
    slow = [ask(*case) for case in cases]
    with numba_quick.quickly():
        assert [ask(*case) for case in cases] == slow
        assert [ask(*case) for case in cases] == slow
    assert len(set(slow)) > 20


def test_kernels_compile_to_the_same_code():
    def body(a, n):
        out = np.zeros(n, np.float32)
        for k in range(n):
            out[k] = a[k % a.size] * np.float32(0.5) + np.float32(k // 3)
        return out

    slow = numba.njit(body)
    quick = numba.njit(body)
    array = np.arange(7, dtype=np.float32)
    slow(array, 20)
    with numba_quick.quickly():
        quick(array, 20)
    texts = [next(iter(each.inspect_llvm().values())).count("\n") for each in (slow, quick)]
    assert texts[0] == texts[1]
    assert np.array_equal(slow(array, 20), quick(array, 20))


def test_attributes_have_the_types_that_numba_finds():
    from numba.core.registry import cpu_target

    context = cpu_target.typing_context
    context.refresh()
    pair = types.NamedTuple((types.float64[:], types.int64), collections.namedtuple("Pair", "rows count"))
    kinds = [
        types.float32[:, ::1],
        types.Array(types.uint8, 1, "C", readonly=True),
        pair,
        types.Module(np),
        types.int64,
    ]
    names = ("shape", "size", "dtype", "reshape", "rows", "count", "floor", "int64", "pi", "imag")
    cases = [(kind, name) for kind in kinds for name in names if not (name == "rows" and kind == types.Module(np))]

    def ask(kind, name):
        try:
            return str(context.resolve_getattr(kind, name))
        except AttributeError:  # NumPy has no such name
            return "unknown"

    slow = [ask(*case) for case in cases]
    with numba_quick.quickly():
        assert [ask(*case) for case in cases] == slow
        assert [ask(*case) for case in cases] == slow
    assert len(set(slow)) > 10


def _of_words(body, argument):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            numba.njit(body)(argument)
            message = ""
        except numba.TypingError as error:
            message = re.sub(r"0x[0-9a-f]+|<function .*?>", "", str(error))
    return message, [(str(each.message).replace("float32", "float64"), each.category, each.lineno) for each in caught]


def test_errors_and_warnings_are_those_of_numba():
    def wrong(a):
        return a.nothing + 1

    def slow_product(a):
        return (a @ a)[0, 0]

    def strided(dtype):  # Numba warns of the same types once
        return np.ones((8, 8), dtype)[::2, ::2]

    cases = ((wrong, 3, 3), (slow_product, strided(np.float64), strided(np.float32)))
    for body, argument, another in cases:
        expected = _of_words(body, argument)
        with numba_quick.quickly():
            found = _of_words(body, another)
        assert found == expected
        assert any(expected)


def test_what_is_registered_while_a_kernel_compiles_is_found():
    from numba.core.registry import cpu_target
    from numba.extending import overload

    def twice(x):
        raise NotImplementedError

    with numba_quick.quickly():
        cpu_target.target_context.refresh()
        overload(twice)(lambda x: lambda x: x + x)
        assert numba.njit(lambda x: twice(x))(21) == 42


def test_who_records_calls_of_llvm_is_told_of_them():
    from numba.core import event

    with numba_quick.quickly(), event.install_recorder("numba:llvm_lock") as recorder:
        numba.njit(lambda x: x - 1)(20)
    assert len(recorder.buffer) > 10


def test_another_thread_that_compiles_for_itself_is_not_disturbed():
    """Compilations take turns, so that it meets Numba as it is."""
    results = []

    def own():
        results.append(numba.njit(lambda x: x * 2 + 1)(20))

    thread = threading.Thread(target=own)
    with jit.compiler_lock(), numba_quick.quickly():
        thread.start()
        thread.join(0.05)
        assert not results
    thread.join()
    assert results == [41]
