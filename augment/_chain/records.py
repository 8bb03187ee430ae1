"""Records: what a chain draws, as plain data, and the same done again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .chain import Chain, frame_of_shape
from .keys import Key, key_array
from .serialize import VERSION, check_version


def draw(chain: Chain, seed: int, key: Key, shape: Sequence[int], dtype: Any, donors: Any) -> dict[str, Any]:
    """See `Compose.draw`; `seed` as it was declared."""
    steps, _ = chain.drawn(key_array(key), frame_of_shape(shape, dtype), donors=donors)
    return {
        "version": VERSION,
        "seed": seed,
        "key": [int(part) for part in key] if isinstance(key, (tuple, list)) else int(key),
        "steps": [
            {"transform": step.place.name, "occurrence": step.place.occurrence, "params": step.params} for step in steps
        ],
    }


def replay(
    chain: Chain, record: dict[str, Any], out: np.ndarray | None, donors: Any, given: dict[str, Any]
) -> dict[str, Any]:
    """See `Compose.replay`."""
    check_version(record, "record")
    if not isinstance(record.get("steps"), (list, tuple)):
        raise ValueError("record must have a list of steps: it comes from draw()")
    key = record.get("key")
    key = tuple(key) if isinstance(key, list) else key
    # Only the donors of a mixing draw anew, and a record may have lost its key.
    words = key_array(key if chain.mixes and key is not None else 0)
    return {**chain.apply(given, words, out, donors, list(record["steps"])), "key": key}
