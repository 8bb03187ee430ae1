"""Records: what a chain draws, as plain data, and the same done again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .chain import Chain
from .keys import Key, key_array
from .serialize import VERSION, check_size, check_version


def draw(
    chain: Chain, seed: int, key: Key, shape: Sequence[int], dtype: Any, donors: Any, targets: dict[str, Any]
) -> dict[str, Any]:
    """See `Compose.draw`; `seed` as it was declared."""
    steps, _ = chain.drawn(key_array(key), shape, dtype, targets=targets, donors=donors)
    return {
        "version": VERSION,
        "seed": seed,
        "key": [int(part) for part in key] if isinstance(key, (tuple, list)) else int(key),
        "steps": [
            {"transform": step.place.name, "occurrence": step.place.occurrence, "params": step.params} for step in steps
        ],
    }


def steps_of(record: Any, name: str = "record") -> list[dict[str, Any]]:
    """The steps of a record of this version, or of an older one; what they say is not checked yet."""
    check_size(record, name)
    check_version(record, name)
    if not isinstance(record.get("steps"), (list, tuple)):
        raise ValueError(f"{name} must have a list of steps: it comes from draw()")
    return list(record["steps"])


def replay(
    chain: Chain, record: dict[str, Any], out: np.ndarray | None, donors: Any, given: dict[str, Any]
) -> dict[str, Any]:
    """See `Compose.replay`."""
    steps = steps_of(record)
    key = record.get("key")
    key = tuple(key) if isinstance(key, list) else key
    # Only the donors of a mixing draw anew, and a record may have lost its key.
    words = key_array(0 if key is None else key, "record key")
    return {**chain.apply(given, words, out, donors, steps), "key": key}
