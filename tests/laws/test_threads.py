"""The thread pool: order, errors, nesting, many callers, and what is left of it after a fork."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

import imgproc
from imgproc._core import threads as _threads

HEIGHT = 1000
BIG = _threads.SERIAL_BELOW

# What the subprocess tests run before anything else: a job that is right only if every band was done once.
WORK = """
import os, sys, threading
import numpy as np
import imgproc
from imgproc._core import threads as _threads

def work(threads):
    imgproc.set_num_threads(threads)
    out = np.zeros(1000, np.int64)
    names = set()
    def band(y0, y1):
        names.add(threading.current_thread().name)
        out[y0:y1] += np.arange(y0, y1)
    _threads.run_bands(band, 1000, pixels=1 << 30, rows=10)
    assert (out == np.arange(1000)).all(), out
    return names
"""


@pytest.fixture(autouse=True)
def four_threads() -> Iterator[None]:
    before = _threads._num_threads
    imgproc.set_num_threads(4)
    yield
    _threads._num_threads = before


def bands(**options: int) -> list[tuple[int, int]]:
    return _threads.run_bands(lambda y0, y1: (y0, y1), HEIGHT, **{"pixels": BIG, **options})


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [1, 7, 250, 5000])
def test_bands_of_given_rows_do_not_depend_on_the_threads(threads: int, rows: int) -> None:
    imgproc.set_num_threads(threads)
    expected = [(y, min(y + rows, HEIGHT)) for y in range(0, HEIGHT, rows)]
    assert bands(rows=rows) == expected
    assert bands(rows=rows, pixels=1) == expected


def test_default_is_one_band_per_thread_and_one_for_small_work() -> None:
    assert bands() == [(0, 250), (250, 500), (500, 750), (750, 1000)]
    assert bands(pixels=BIG - 1) == [(0, HEIGHT)]
    imgproc.set_num_threads(1)
    assert bands() == [(0, HEIGHT)]


def test_no_rows_no_bands() -> None:
    assert _threads.run_bands(lambda y0, y1: (y0, y1), 0, pixels=BIG) == []
    assert _threads.run_all([], 4) == []


def test_fewer_rows_than_threads() -> None:
    assert _threads.run_bands(lambda y0, y1: (y0, y1), 2, pixels=BIG) == [(0, 1), (1, 2)]


def test_bands_run_at_the_same_time() -> None:
    meeting = threading.Barrier(4, timeout=60)
    _threads.run_bands(lambda y0, y1: meeting.wait(), HEIGHT, pixels=BIG)


def test_nested_work_runs_serially_in_its_thread() -> None:
    def inner(y0: int, y1: int) -> str:
        time.sleep(0.001)  # time for others to take a band, if they were asked to
        return threading.current_thread().name

    def outer(y0: int, y1: int) -> bool:
        return set(_threads.run_bands(inner, HEIGHT, pixels=BIG, rows=10)) == {threading.current_thread().name}

    assert all(_threads.run_bands(outer, HEIGHT, pixels=BIG))
    # ... and the calling thread, which took part, is not left marked as a pool thread.
    meeting = threading.Barrier(2, timeout=60)
    _threads.run_all([meeting.wait, meeting.wait], 2)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("band", [0, 3])
def test_an_error_in_a_band_reaches_the_caller_and_leaves_the_pool_usable(
    error: type[BaseException], band: int
) -> None:
    def work(y0: int, y1: int) -> None:
        if y0 == 250 * band:
            raise error("in a band")

    for _ in range(3):
        with pytest.raises(error, match="in a band"):
            _threads.run_bands(work, HEIGHT, pixels=BIG)
        meeting = threading.Barrier(4, timeout=60)
        _threads.run_all([meeting.wait] * 4, 4)


def test_a_band_that_takes_longer_in_another_thread_is_waited_for() -> None:
    helping = threading.Event()

    def work(y0: int, y1: int) -> int:
        if threading.current_thread() is threading.main_thread():
            assert helping.wait(timeout=60)
        else:
            helping.set()
            time.sleep(0.2)
        return y0

    assert _threads.run_bands(work, HEIGHT, pixels=BIG) == [0, 250, 500, 750]


def test_no_band_runs_on_after_an_error_was_raised() -> None:
    helping, running = threading.Event(), []

    def work(y0: int, y1: int) -> None:
        if threading.current_thread() is threading.main_thread():
            assert helping.wait(timeout=60)
            raise ValueError("in the calling thread")
        running.append(y0)
        helping.set()
        time.sleep(0.2)
        running.remove(y0)

    with pytest.raises(ValueError, match="in the calling thread"):
        _threads.run_bands(work, HEIGHT, pixels=BIG, rows=10)
    assert running == []


def test_many_threads_at_once_share_the_pool() -> None:
    failures = []

    def caller(seed: int) -> None:
        for step in range(30):
            out = np.zeros(HEIGHT, np.int64)

            def band(y0: int, y1: int, out: np.ndarray = out, value: int = seed * 1000 + step) -> None:
                out[y0:y1] += value

            _threads.run_bands(band, HEIGHT, pixels=BIG, rows=50 + seed)
            if not (out == seed * 1000 + step).all():
                failures.append((seed, step))

    callers = [threading.Thread(target=caller, args=(seed,)) for seed in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in callers)
    assert not failures


def test_the_pool_grows_to_what_was_asked_for_and_no_further() -> None:
    for threads in (2, 3, 11, 4):
        meeting = threading.Barrier(threads, timeout=60)
        _threads.run_all([meeting.wait] * threads, threads)
    assert sum(thread.name.startswith("imgproc_") for thread in threading.enumerate()) == _threads._helpers == 10


def test_work_goes_on_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's limit on processes."""

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    imgproc.set_num_threads(100)
    assert bands(rows=100) == [(y, y + 100) for y in range(0, HEIGHT, 100)]


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (0, ValueError, "n must be >= 1, got 0"),
        (-2, ValueError, "n must be >= 1, got -2"),
        (2.0, TypeError, "n must be an integer, got float"),
        (True, TypeError, "n must be an integer, got bool"),
        (None, TypeError, "n must be an integer, got None"),
    ],
)
def test_set_num_threads_refuses(n: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        imgproc.set_num_threads(n)
    assert str(caught.value) == message
    assert imgproc.get_num_threads() == 4


def test_set_num_threads_is_what_get_num_threads_says() -> None:
    for n in (1, 7, np.int64(3)):
        imgproc.set_num_threads(n)
        assert imgproc.get_num_threads() == n


def test_default_number_of_threads(run_python: Callable[..., str]) -> None:
    code = """
import multiprocessing, os
import imgproc

def child(queue):
    queue.put(imgproc.get_num_threads())

if __name__ == "__main__":
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert imgproc.get_num_threads() == cpus, imgproc.get_num_threads()
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue,))
    process.start()
    assert queue.get(timeout=100) == 1
    process.join()
"""
    run_python(code)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
def test_the_pool_works_in_a_forked_child(run_python: Callable[..., str]) -> None:
    code = (
        WORK
        + """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12+: fork with threads alive, which is the point here
parent = work(4)
for generation in range(3):  # a child, its child, and that one's
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status)) if generation else sys.exit(os.waitstatus_to_exitcode(status))
    assert _threads._helpers == 0
    work(4)
    work(2)
    assert _threads._helpers == 3
os._exit(0)
"""
    )
    run_python(code)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
def test_fork_while_other_threads_compile(run_python: Callable[..., str]) -> None:
    """The child inherits every lock as it was at the fork; nothing may wait for a thread that does not exist there."""
    code = (
        WORK
        + """
import time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from imgproc._core import jit as _jit

def make(i):
    source = f"def f{i}(x):\\n    s = 0.0\\n    for i in range(x.size):\\n        s += x[i] * {i}\\n    return s"
    namespace = {}
    exec(source, namespace)
    return _jit.Kernel(namespace[f"f{i}"])

kernels = [make(i) for i in range(8)]
x = np.ones(10)
started = threading.Event()

def compile_all():
    started.set()
    for kernel in kernels:
        kernel(x)

work(4)
kernels[0](x)  # Numba is imported: Python itself does not survive a fork in the middle of another thread's import
threading.Thread(target=compile_all).start()
started.wait()
for delay in (0.0, 0.05, 0.2, 0.4):
    time.sleep(delay)
    pid = os.fork()
    if not pid:
        work(4)
        assert kernels[-1](x) == 70.0
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert status == 0
"""
    )
    run_python(code, timeout=100)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_pool_works_in_multiprocessing(run_python: Callable[..., str], method: str) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    code = (
        WORK
        + f"""
import multiprocessing, warnings
warnings.simplefilter("ignore", DeprecationWarning)

if __name__ == "__main__":
    work(4)
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        results = [pool.apply_async(work, (4,)) for _ in range(4)]
        for result in results:
            result.get(timeout=100)
    work(4)
"""
    )
    run_python(code)


def test_the_pool_works_at_exit(run_python: Callable[..., str]) -> None:
    """Also with threads that would have to be started only then."""
    code = (
        WORK
        + """
import atexit
work(2)
atexit.register(lambda: print("done", work(4) and ""))
"""
    )
    assert run_python(code, timeout=60) == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to itself")
def test_ctrl_c_is_not_swallowed(run_python: Callable[..., str]) -> None:
    code = """
import os, signal, threading, time
import imgproc
from imgproc._core import threads as _threads

imgproc.set_num_threads(3)
main = threading.main_thread()

signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored in a background job
done = []

def band(y0, y1):
    if y0 == first:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)
    done.append(y0)

for first in (0, 1, 2, 50):
    done.clear()
    try:
        _threads.run_bands(band, 3000, pixels=1 << 30, rows=1)
        raise AssertionError("the interrupt was swallowed")
    except KeyboardInterrupt:
        pass
    time.sleep(0.1)
    ended = len(done)
    time.sleep(0.1)
    assert len(done) == ended < 500, "bands run on"
    assert len(_threads.run_bands(lambda y0, y1: y0, 300, pixels=1 << 30, rows=1)) == 300
print("usable")
"""
    assert run_python(code, timeout=60) == "usable"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system binds no process to CPUs")
def test_threads_are_as_many_as_the_process_has_cpus(run_python: Callable[..., str]) -> None:
    code = """
import os
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
import imgproc
print(imgproc.get_num_threads())
"""
    assert run_python(code).split() == ["1"]
