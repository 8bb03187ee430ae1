"""Python's garbage collector rests while many objects are made: during imports, and while a kernel compiles."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let the collector rest during the work inside, and afterwards take what was made as old, without a search.

    It would search all living objects again and again, which takes a tenth of the time of an import or of compiling.
    What is garbage is found when it next looks at old objects.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_freeze_count() == 0:  # else somebody keeps objects out of its sight
                gc.freeze()
                gc.unfreeze()
            gc.enable()
