"""The engine of one machine: processes that take blocks one after the other."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from imgproc import set_num_threads
from imgproc._core.opencv import load_cv2

from ..labels._stores import is_url
from ._journal import rows_of
from ._run import RunSpec, open_run
from ._work import BlockResult, RunError, attempt, work_block

__all__: list[str] = []

MOST_ENDS = 3
"""Of processes at one place of a block, before the run gives up."""
Tell = Callable[[int, int], None]


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_local(spec: RunSpec, blocks: Sequence[int], workers: int | None, tell: Tell) -> Iterator[BlockResult]:
    """Work on blocks; results come as they are done.

    Raises
    ------
    RunError
        With ``on_error="stop"``, or if processes end again and again at one place.
    OSError
        If the output cannot be written.
    """
    count = min(cores() if workers is None else workers, len(blocks))
    if count <= 1:
        for block in blocks:
            yield work_block(spec, block, tell)
        return
    run = open_run(spec)
    with contextlib.suppress(RunError):  # kernels are loaded once, and children have them
        attempt(run, run.plan.item(run.plan.block_size * blocks[0]))
    with _Pool(spec, count) as pool:
        yield from pool.work(blocks, tell)


class _Pool:
    """Processes, each with a pipe; one that ends, such as for want of memory, gets a successor."""

    def __init__(self, spec: RunSpec, count: int) -> None:
        self._spec = spec
        remote = any(map(is_url, (spec.output, spec.input)))  # whose connections are threads, which no fork has
        forks = sys.platform == "linux" and not remote
        self._context: Any = multiprocessing.get_context("fork" if forks else "spawn")
        self._at: dict[Connection, tuple[Any, int | None]] = {}
        self._count = count

    def __enter__(self) -> _Pool:
        for _ in range(self._count):
            self._start()
        return self

    def __exit__(self, kind: Any, *error: Any) -> None:
        for connection, (process, _) in self._at.items():
            if kind is None:
                with contextlib.suppress(OSError):
                    connection.send(None)
            else:
                process.terminate()
            connection.close()
        for process, _ in self._at.values():
            process.join()

    def _start(self) -> Connection:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(self._spec, theirs, [*self._at, ours]), daemon=True)
        with warnings.catch_warnings():  # Python warns of threads; ours, and those of libraries, survive a fork
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._at[ours] = process, None
        return ours

    def work(self, blocks: Sequence[int], tell: Tell) -> Iterator[BlockResult]:
        """Results of blocks, as they come."""
        waiting = deque(blocks)
        ends: dict[int, list[int]] = {}
        for connection in list(self._at):
            self._give(connection, waiting)
        while any(block is not None for _, block in self._at.values()):
            waited: Any = wait([c for c, (_, block) in self._at.items() if block is not None])
            for connection in waited:
                try:
                    message = connection.recv()
                except (EOFError, OSError):
                    self._ended(connection, waiting, ends)
                    continue
                if message[0] == "more":
                    tell(*message[1:])
                    continue
                self._at[connection] = self._at[connection][0], None
                if message[0] == "failed":
                    raise message[1]
                self._give(connection, waiting)
                yield message[1]

    def _give(self, connection: Connection, waiting: deque[int]) -> None:
        if waiting:
            block = waiting.popleft()
            self._at[connection] = self._at[connection][0], block
            with contextlib.suppress(OSError):  # its end is seen next
                connection.send(block)

    def _ended(self, connection: Connection, waiting: deque[int], ends: dict[int, list[int]]) -> None:
        process, block = self._at.pop(connection)
        connection.close()
        process.join()
        assert block is not None
        rows = len(rows_of(open_run(self._spec).store, block)[0])
        seen = ends.setdefault(block, [])
        seen.append(rows)
        if len(seen) >= MOST_ENDS and seen[-MOST_ENDS] == rows:
            raise RunError(
                f"processes that work on block {block} end again and again, the last with code {process.exitcode}: one "
                "of its images may need more memory than there is (max_pixels, fewer workers)"
            )
        waiting.appendleft(block)
        self._give(self._start(), waiting)


def _serve(spec: RunSpec, connection: Connection, others: list[Connection]) -> None:
    """What a process does: blocks, until there are none, or until nobody is there who asks."""
    for other in others:  # as long as one is open here, nobody sees that the parent has ended
        other.close()
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends, and so do its pipes
    set_num_threads(1)
    load_cv2().setNumThreads(1)
    try:
        while (block := connection.recv()) is not None:
            try:
                connection.send(("done", work_block(spec, block, lambda n, size: connection.send(("more", n, size)))))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:
                connection.send(("failed", _sendable(error)))
    except (EOFError, OSError):
        pass
    os._exit(0)


def _sendable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RunError(f"{type(error).__name__}: {error}")
    return error
