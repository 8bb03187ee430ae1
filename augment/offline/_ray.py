"""Blocks as tasks of Ray: tried again on another node when one is lost.

Ray schedules, and nothing else: what is written, under which name and when, is ours, so that a run on a cluster is the
run on one machine.  Folders of input and output must be seen by all nodes under the same name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from imgproc._core.needed import needed

__all__: list[str] = []

Result = TypeVar("Result")

AHEAD = 2
"""Tasks for each CPU of the cluster that are handed over at a time: one that runs, and one that waits for it."""


def on_cluster(
    work: Callable[[Any, Any], Result], spec: Any, blocks: Sequence[Any], *, address: str | None = None
) -> Iterator[Result]:
    """Run ``work(spec, block)`` for all blocks, and give the results as they come.

    Parameters
    ----------
    work : callable
        A function of a module that all nodes can import.  It may run again, on another node, when its node or its
        process is lost, even if it had already done all of its work.
    spec : object
        The same for all blocks; each node gets it once.
    blocks : sequence
    address : str, optional
        Of the cluster, as `ray.init` takes it.  Default: that of the environment (``RAY_ADDRESS``), or the one that
        runs on this machine; none is started.

    Yields
    ------
    object
        The result of a block; in no order.

    Raises
    ------
    ImportError
        If Ray is not installed.
    ConnectionError
        If there is no cluster.
    Exception
        What `work` raised.  The tasks that run are ended.
    """
    with needed("ray"):
        import ray
    ours = not ray.is_initialized()
    if ours:
        ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    try:
        task = ray.remote(num_cpus=1, max_retries=-1)(work)
        yield from _in_turns(ray, task, ray.put(spec), iter(blocks))
    finally:
        if ours:
            ray.shutdown()


def _in_turns(ray: Any, task: Any, spec: Any, waiting: Iterator[Any]) -> Iterator[Any]:
    """Hand over as many tasks as the cluster has room for; nodes may come and go."""
    running: list[Any] = []
    left = True
    try:
        while left or running:
            room = AHEAD * max(int(ray.cluster_resources().get("CPU", 0)), 1)
            while left and len(running) < room:
                block = next(waiting, _END)
                left = block is not _END
                if left:
                    running.append(task.remote(spec, block))
            done, running = ray.wait(running, num_returns=1, timeout=10.0) if running else ([], [])
            for reference in done:
                yield _result(ray, reference)
    except BaseException:
        for reference in running:
            ray.cancel(reference, force=True)
        raise


_END = object()


def _result(ray: Any, reference: Any) -> Any:
    """What a task gave, or the error that it raised, as if it had been raised here."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, Exception) else error) from None
