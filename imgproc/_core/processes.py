"""Running functions in processes of their own, for command lines."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import signal
from collections.abc import Callable, Generator, Sequence
from typing import Any


def run_in_processes(
    function: Callable[[Any], Any],
    tasks: Sequence[Any],
    jobs: int,
    initialize: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Generator[tuple[Any, concurrent.futures.Future[Any]], None, None]:
    """Call a function for each task in processes that start afresh; give each task and its future as it ends.

    Whoever leaves early, by an error or by Ctrl-C, ends the processes too; close the generator then.

    Parameters
    ----------
    function : callable
        Of one task; it and the tasks must pickle.
    tasks : sequence
        Begun in this order.
    jobs : int
        Number of processes.
    initialize, arguments : callable and tuple, optional
        Called once in each process.
    """
    before = set(multiprocessing.active_children())
    executor = concurrent.futures.ProcessPoolExecutor(
        min(jobs, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(initialize, arguments),
    )
    finished = False
    try:
        futures = {executor.submit(function, task): task for task in tasks}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future
        finished = True
    finally:
        if not finished:
            for child in set(multiprocessing.active_children()) - before:
                child.kill()
        executor.shutdown(wait=True, cancel_futures=True)


def _start(initialize: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says what is to be said, and ends this process
    if initialize is not None:
        initialize(*arguments)
