"""What two processes do against one: how much of a second CPU the machine has to give, in the same minute."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection

from .._timing import Call

ROUNDS = 3
STARTS_WITHIN = 60.0
"""Seconds until a process that was forked must have answered."""


def two_processes(call: Call, seconds: float) -> float | None:
    """How many times as many calls two processes make as one of them alone.

    Parameters
    ----------
    call : callable
        Without arguments; it uses one thread, and has run in this process before.
    seconds : float
        Time for all, half of it for one process alone.

    Returns
    -------
    float or None
        2 where nothing else runs and memory is no bottleneck.  None where processes cannot be forked.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        return None
    share = seconds / (2 * ROUNDS)
    alone = together = 0.0
    with _worker(call) as first, _worker(call) as second:
        for _ in range(ROUNDS):
            alone += _rates(share, first)
            together += _rates(share, first, second)
    return together / alone


def _rates(seconds: float, *workers: Connection) -> float:
    """Calls a second of these processes, which work at the same time."""
    for worker in workers:
        worker.send(seconds)
    total = 0.0
    for worker in workers:
        if not worker.poll(seconds + STARTS_WITHIN):
            raise TimeoutError("a process that makes the same calls does not answer")
        total += worker.recv()
    return total


@contextlib.contextmanager
def _worker(call: Call) -> Iterator[Connection]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_work, args=(call, there), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads: our pool starts anew in a child
        process.start()
    there.close()
    try:
        yield here
    finally:
        with contextlib.suppress(OSError):
            here.send(None)
        process.join(STARTS_WITHIN)
        if process.is_alive():
            process.terminate()
        here.close()


def _work(call: Call, connection: Connection) -> None:
    """In the other process: calls for as many seconds as is asked for, until None comes."""
    while (seconds := connection.recv()) is not None:
        start = time.perf_counter()
        count = 0
        while not count or time.perf_counter() - start < seconds:
            call()
            count += 1
        connection.send(count / (time.perf_counter() - start))
