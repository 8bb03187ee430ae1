"""One line of text for a user who waits at a terminal while kernels compile."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator

AFTER_SECONDS = 1.0

_TEXT = (
    "imgproc: compiling kernels at their first use; they are kept for the next time. "
    "`python -m imgproc warmup` compiles them ahead, IMGPROC_QUIET=1 hides this line."
)

_said = False


def keep_quiet() -> None:
    """Never print the line in this process: it was printed already, or the process shows progress in another way."""
    global _said
    _said = True


@contextlib.contextmanager
def while_compiling() -> Iterator[None]:
    """Print the line if the work inside takes longer than `AFTER_SECONDS` and a user can see it, once in a process."""
    if _said or not _somebody_waits():
        yield
        return
    timer = threading.Timer(AFTER_SECONDS, _say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say() -> None:
    if not _said:
        keep_quiet()
        with contextlib.suppress(OSError, ValueError):
            print(_TEXT, file=sys.stderr, flush=True)


def _somebody_waits() -> bool:
    """Whether a user started this process by hand, at a terminal."""
    if os.environ.get("IMGPROC_QUIET", "") not in ("", "0"):
        return False
    try:
        if not sys.stderr.isatty():
            return False
    except (AttributeError, ValueError):  # there is no stderr, or it is closed
        return False
    workers = sys.modules.get("multiprocessing.process")  # every worker process has loaded it
    return workers is None or (workers.parent_process() is None and workers.current_process().name == "MainProcess")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=keep_quiet)
