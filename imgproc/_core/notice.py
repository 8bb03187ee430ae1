"""One line for somebody who waits at a terminal while kernels compile."""

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
    """Say nothing in this process: it has said so already, or does it in its own way."""
    global _said
    _said = True


@contextlib.contextmanager
def while_compiling() -> Iterator[None]:
    """Say once a process that kernels compile, if what is done here takes long and somebody can see it."""
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
    """Whether this is a process that was started by hand, at a terminal."""
    if os.environ.get("IMGPROC_QUIET", "") not in ("", "0"):
        return False
    try:
        if not sys.stderr.isatty():
            return False
    except (AttributeError, ValueError):  # no stderr, or a closed one
        return False
    workers = sys.modules.get("multiprocessing.process")  # every worker process has it loaded
    return workers is None or (workers.parent_process() is None and workers.current_process().name == "MainProcess")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=keep_quiet)
