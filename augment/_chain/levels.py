"""Which chains take float images to have levels from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .transform import Kind, Transform


def needs_unit(transforms: Sequence[Transform], dtype: Any) -> str:
    """What in a chain needs levels from 0 to 1 as they arrive; empty if nothing does.

    That is the first transform which assumes them, or a result of integers.  What comes after a transform that sets
    the range itself, or after one of a user, about which nothing is known, does not count.

    Parameters
    ----------
    transforms : sequence of Transform
        Those of the chain that can act, in order.
    dtype : str or None
        Of the result.
    """
    package = __name__.partition(".")[0]
    for transform in transforms:
        kind = type(transform)
        if transform.wants_unit():
            return kind.__name__
        if _sets_range(transform) or kind.__module__.partition(".")[0] != package:
            return ""
    return f"dtype={dtype!r}" if dtype in ("uint8", "uint16") else ""


def _sets_range(transform: Transform) -> bool:
    """Whether float levels have the same range after it, whatever they had before."""
    after = [transform.leads_to(Kind(3, np.dtype(np.float32), unit)).unit for unit in (True, False)]
    return after[0] == after[1]
