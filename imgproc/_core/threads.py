"""Threads: the pool for row bands and for batches.

Kernels release the GIL, so plain Python threads carry them; no Numba threading layer is ever started (a forked worker
would be killed under OpenMP, two Python threads abort under workqueue).  The pool is made at first use, forgotten in a
forked child, and never nested: inside a pool thread everything runs serially.  What is computed never depends on the
number of threads: float sums restart at bands whose size the caller fixes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from .check import integer
from .declare import declare

__all__ = ["get_num_threads", "set_num_threads"]

SERIAL_BELOW = 1 << 18
"""Work of fewer pixels than this is done in the calling thread: handing out a band costs some 50 µs."""

_lock = threading.Lock()
_inside = threading.local()
_num_threads: int | None = None
# Daemon threads of our own: a ThreadPoolExecutor hangs at exit when Ctrl-C came while it was starting a thread, and
# takes no work while the interpreter shuts down.
_jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
_helpers = 0


def set_num_threads(n: int) -> None:
    """Let functions use up to `n` threads.

    Parameters
    ----------
    n : int
        At least 1.  The result of a function never depends on it.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer of at least 1.

    Notes
    -----
    The default is one thread per CPU this process may run on, and one in a process started by `multiprocessing`
    (a DataLoader worker), where the workers already fill the CPUs.
    """
    global _num_threads
    _num_threads = integer(n, "n", at_least=1)


def get_num_threads() -> int:
    """The number of threads a function may use.

    Returns
    -------
    int
        What `set_num_threads` set, else the default described there.
    """
    if _num_threads is not None:
        return _num_threads
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        return 1
    return available_cpus()


def available_cpus() -> int:
    """CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def stays_serial(pixels: int) -> bool:
    """Whether a job of this size runs in the calling thread alone."""
    return pixels < SERIAL_BELOW or getattr(_inside, "pool", False) or get_num_threads() == 1


def run_bands(work: Callable[[int, int], Any], height: int, *, pixels: int, rows: int | None = None) -> list[Any]:
    """Call ``work(y0, y1)`` over bands that cover ``[0, height)``; return the results from top to bottom.

    Parameters
    ----------
    work : callable
        Gets a half-open range of rows.  Bands run at the same time, so it may write only its own rows.
    height : int
        Number of rows.
    pixels : int
        Size of the whole job; small jobs stay in the calling thread.
    rows : int, optional
        Rows of a band.  Give it when the result depends on where a band starts (running float sums), so that it does
        not depend on the number of threads.  Default: one band per thread.
    """
    serial = stays_serial(pixels)
    threads = 1 if serial else get_num_threads()
    if rows is None:
        rows = height if serial else -(-height // threads)
    rows = max(rows, 1)
    starts = range(0, height, rows)
    if serial or len(starts) <= 1:
        return [work(y, min(y + rows, height)) for y in starts]
    return run_all((lambda y=y: work(y, min(y + rows, height)) for y in starts), threads)


def run_all(jobs: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
    """Run jobs on at most `threads` threads, the calling one among them; return their results in order."""
    jobs = list(jobs)
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []
    queue = iter(range(len(jobs)))
    state = threading.Condition()
    active, closed = 0, False

    def work() -> None:
        outer = getattr(_inside, "pool", False)
        _inside.pool = True
        try:
            for i in queue:  # `next` of a range iterator is atomic under the GIL
                if errors:
                    return
                try:
                    results[i] = jobs[i]()
                except BaseException as error:
                    errors.append(error)
                    return
        finally:
            _inside.pool = outer

    def help_out() -> None:
        nonlocal active
        with state:
            if closed:
                return
            active += 1
        try:
            work()
        finally:
            with state:
                active -= 1
                state.notify()

    helpers = min(threads, len(jobs)) - 1
    if getattr(_inside, "pool", False):
        helpers = 0
    try:
        _hand_out(help_out, helpers)
        work()
        with state:
            closed = True
            state.wait_for(lambda: active == 0)
    except BaseException as error:  # Ctrl-C between two jobs: the helpers stop after the one they are at
        errors.append(error)
        raise
    if errors:
        raise errors[0]
    return results


def ordered_map(work: Callable[[Any], Any], items: Iterable[Any], threads: int) -> Iterator[Any]:
    """``work(item)`` for each item on pool threads, in order; at most ``2 * threads + 2`` items are taken ahead.

    An error ends the stream where its item would have come."""
    source = iter(items)
    if threads == 1 or getattr(_inside, "pool", False):
        yield from map(work, source)
        return
    waiting: deque[Future[Any]] = deque()

    def submit(item: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            _inside.pool = True
            try:
                future.set_result(work(item))
            except BaseException as error:
                future.set_exception(error)
            finally:
                _inside.pool = False

        _hand_out(job, threads, copies=1)
        return future

    try:
        for item in source:
            waiting.append(submit(item))
            if len(waiting) >= 2 * threads + 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _hand_out(job: Callable[[], None], helpers: int, copies: int | None = None) -> None:
    """Give `job` to so many pool threads, or to fewer where no more can be started (a limit on processes).

    With `copies`, so many times to whichever of them is free; where there is none at all, it is done here.
    """
    global _helpers
    with _lock, contextlib.suppress(RuntimeError):
        while _helpers < helpers:
            name = f"imgproc_{_helpers}"
            threading.Thread(target=_serve, args=(_jobs,), name=name, daemon=True).start()
            _helpers += 1
    if copies is not None and not _helpers:
        job()
        return
    for _ in range(min(helpers, _helpers) if copies is None else copies):
        _jobs.put(job)


def _serve(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        with contextlib.suppress(BaseException):  # `run_all` has noted what a job raised
            jobs.get()()


def _forget_pool() -> None:
    """In a forked child the pool's threads do not exist, and a lock may be held by one of them."""
    global _jobs, _helpers, _lock
    _jobs, _helpers, _lock = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


declare(get_num_threads, set_num_threads, no_peer="it computes nothing")
