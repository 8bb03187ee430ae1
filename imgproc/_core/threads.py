"""Threads: the pool for row bands and for batches.

Kernels release the GIL, so plain Python threads can run them in parallel.  Numba's own threading layers are never
started: under OpenMP a forked worker would be killed, and under workqueue two Python threads abort the process.

The pool is made when it is first needed.  A forked child forgets it and makes its own.  Pools are never nested: inside
a pool thread everything runs serially.  Results never depend on the number of threads.  Where float sums run over
rows, they start anew at each band, and the caller fixes how many rows a band has.
"""

from __future__ import annotations

import contextlib
import functools
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
from .door import NOTHING, set_trust, trusted

__all__ = ["get_num_threads", "set_num_threads"]

SERIAL_BELOW = 1 << 18
"""A job of fewer pixels than this stays in the calling thread, because handing out a band costs about 50 µs."""

_lock = threading.Lock()
_inside = threading.local()
_num_threads: int | None = None
# Daemon threads of our own: a ThreadPoolExecutor hangs at exit when Ctrl-C came while it was starting a thread, and
# takes no work while the interpreter shuts down.
_jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
_helpers = 0


def set_num_threads(n: int) -> None:
    """Set how many threads a function may use at most.

    Parameters
    ----------
    n : int
        Number of threads, at least 1.  Results never depend on it.

    Raises
    ------
    TypeError, ValueError
        If `n` is not an integer of at least 1.

    Notes
    -----
    By default a function uses one thread for each CPU that this process may run on.  In a process that
    `multiprocessing` has started, such as a DataLoader worker, the default is one thread, because the workers together
    already fill the CPUs.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(2)  # functions and chains called from here on use two threads
    >>> get_num_threads()
    2
    >>> set_num_threads(before)
    """
    global _num_threads
    _num_threads = integer(n, "n", at_least=1)


def get_num_threads() -> int:
    """Get how many threads a function may use at most.

    Returns
    -------
    int
        The number that `set_num_threads` has set, or else the default that is described there.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(2)
    >>> get_num_threads()
    2
    >>> set_num_threads(before)
    """
    if _num_threads is not None:
        return _num_threads
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        return 1
    return available_cpus()


def available_cpus() -> int:
    """The number of CPUs that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def stays_serial(pixels: int) -> bool:
    """Whether a job of so many pixels runs in the calling thread alone."""
    return pixels < SERIAL_BELOW or getattr(_inside, "pool", False) or get_num_threads() == 1


def stay_alone() -> None:
    """Let everything in this thread run serially from now on, as in a thread of the pool: it is one of several that
    fill the CPUs already."""
    _inside.pool = True


def run_bands(work: Callable[[int, int], Any], height: int, *, pixels: int, rows: int | None = None) -> list[Any]:
    """Split ``[0, height)`` into bands, call ``work(y0, y1)`` for each, and return the results from top to bottom.

    Parameters
    ----------
    work : callable
        It is called with a half-open range of rows.  Bands run at the same time, so it must write only its own rows.
    height : int
        Number of rows.
    pixels : int
        Size of the whole job.  A small job stays in the calling thread.
    rows : int, optional
        Number of rows of a band.  Give it where a result depends on where its band starts, as running float sums do;
        then the result does not depend on the number of threads.  By default each thread gets one band.
    """
    serial = stays_serial(pixels)
    threads = 1 if serial else get_num_threads()
    if rows is None:
        rows = height if serial else -(-height // threads)
    rows = max(rows, 1)
    starts = range(0, height, rows)
    if serial or len(starts) <= 1:
        return [work(y, min(y + rows, height)) for y in starts]
    return run_all((functools.partial(work, y, min(y + rows, height)) for y in starts), threads)


def run_all(jobs: Iterable[Callable[[], Any]], threads: int) -> list[Any]:
    """Run jobs on at most `threads` threads and return their results in order.

    The calling thread counts as one of them and works too.  After the first error no further job starts, and the error
    is raised here.
    """
    jobs = list(jobs)
    results: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []
    queue = iter(range(len(jobs)))
    state = threading.Condition()
    active, closed, trust = 0, False, trusted()

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
        set_trust(trust)
        try:
            work()
        finally:
            set_trust(NOTHING)
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
    """Yield ``work(item)`` for each item, in order, while pool threads work ahead.

    At most ``2 * threads + 2`` items are taken from the source before their results are asked for.  An error is raised
    where the result of its item would have come, and ends the stream.
    """
    source = iter(items)
    if threads == 1 or getattr(_inside, "pool", False):
        yield from map(work, source)
        return
    waiting: deque[Future[Any]] = deque()
    trust = trusted()

    def submit(item: Any) -> Future[Any]:
        future: Future[Any] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            _inside.pool, outer = True, set_trust(trust)
            try:
                future.set_result(work(item))
            except BaseException as error:
                future.set_exception(error)
            finally:
                _inside.pool = False
                set_trust(outer)

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
    """Start pool threads until there are `helpers` of them, and give each of them `job` once.

    Where the system refuses to start more threads, fewer get it.  With `copies`, the job is queued so many times
    instead, and whichever thread is free takes it.  If there is no pool thread at all, the calling thread does it.
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
    """Start over in a forked child: the pool's threads do not exist there, and one of them may have held the lock."""
    global _jobs, _helpers, _lock
    _jobs, _helpers, _lock = SimpleQueue(), 0, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


declare(get_num_threads, set_num_threads, no_peer="it computes nothing")
