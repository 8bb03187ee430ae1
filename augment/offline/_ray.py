"""Blocks as tasks of Ray: tried again on another node when one is lost.

Ray schedules, and nothing else: what is written, under which name and when, is ours, so that a run on a cluster is the
run on one machine.  Folders of input and output must be seen by all nodes under the same name.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from imgproc import set_num_threads
from imgproc._core.needed import needed
from imgproc._core.opencv import load_cv2

from ..labels._stores import is_url
from ._journal import rows_of
from ._run import RunSpec, open_run
from ._store import HIDDEN, Store
from ._work import BlockResult, RunError, work_block

__all__: list[str] = []

Result = TypeVar("Result")

AHEAD = 2
"""Tasks for each CPU of the cluster that are handed over at a time: one that runs, and one that waits for it."""
MOST_TRIES = 10
"""Of a block without one more image, before the run gives up: nodes may die, but an image must not end them all."""


def run_ray(
    address: str | None,
    spec: RunSpec,
    blocks: Sequence[int],
    workers: int | None,
    tell: Callable[[int, int], None],
) -> Iterator[BlockResult]:
    """Work on blocks on a cluster, with so many tasks at a time at most; results come as they are done.

    Raises
    ------
    RunError
        With ``on_error="stop"``, or if processes end again and again at one place.
    """
    waiting: list[int] = list(blocks)
    spec = absolute(spec)
    while waiting:
        busy = []
        for result in on_cluster(work_on_node, spec, waiting, address=address, most=workers):
            if result.busy:  # a process that was given up on works on it still
                busy.append(result.block)
                continue
            tell(result.images + result.failed, result.bytes)
            yield result
        waiting = busy


def absolute(spec: RunSpec) -> RunSpec:
    """The same with whole names of folders, as tasks run in a folder of their own."""
    one = isinstance(spec.input, str)
    inputs = tuple(map(_absolute, [spec.input] if isinstance(spec.input, str) else spec.input))
    images = spec.options.images
    options = dataclasses.replace(spec.options, images=None if images is None else _absolute(images))
    return dataclasses.replace(spec, input=inputs[0] if one else inputs, output=_absolute(spec.output), options=options)


def _absolute(place: str) -> str:
    return place if is_url(place) else os.path.abspath(place)


def work_on_node(spec: RunSpec, block: int) -> BlockResult:
    """`work_block` on one thread, as a task has one CPU."""
    set_num_threads(1)
    load_cv2().setNumThreads(1)
    store = open_run(spec).store
    name = f"{HIDDEN}/tries/{block:06d}.json"
    count_try(store, name, block)
    result = work_block(spec, block)
    if not result.busy:
        store.remove(name)
    return result


def count_try(store: Store, name: str, block: int) -> None:
    """Refuse a block that was begun many times, and has not one image more than at the first of these."""
    rows = len(rows_of(store, block)[0])
    try:
        known, tries = json.loads(store.read(name) or b"[0, 0]")
    except ValueError:
        known, tries = 0, 0
    tries = tries + 1 if known == rows else 1
    if tries > MOST_TRIES:
        raise RunError(
            f"processes that work on block {block} end again and again: one of its images may need more memory than "
            "there is (max_pixels)"
        )
    store.put([(name, json.dumps([rows, tries]).encode())], f"try-{block:06d}")


def on_cluster(
    work: Callable[[Any, Any], Result],
    spec: Any,
    blocks: Sequence[Any],
    *,
    address: str | None = None,
    most: int | None = None,
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
    most : int, optional
        How many tasks run at a time.  Default: as many as the cluster has CPUs.

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
        yield from _in_turns(ray, task, ray.put(spec), iter(blocks), most)
    finally:
        if ours:
            ray.shutdown()


def _in_turns(ray: Any, task: Any, spec: Any, waiting: Iterator[Any], most: int | None) -> Iterator[Any]:
    """Hand over as many tasks as the cluster has room for; nodes may come and go."""
    running: list[Any] = []
    left = True
    try:
        while left or running:
            room = most or AHEAD * max(int(ray.cluster_resources().get("CPU", 0)), 1)
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
