"""The geometry of a chain without an image: as one matrix, and from the output back to the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._scanline import Geometry
from imgproc._scanline.matrix import IDENTITY, inverse, multiply

from .chain import Chain, frame_of_shape
from .keys import Key, key_array
from .records import steps_of
from .state import State
from .targets.base import Target


def geometry(
    chain: Chain, key: Key | dict[str, Any], shape: Sequence[int], targets: dict[str, Any] | None = None
) -> list[Geometry]:
    """The geometric stages that a key, or a record, means for an image of a shape."""
    if chain.mixes:
        raise ValueError("a chain that mixes samples has no geometry of one image")
    if isinstance(key, dict):
        state = State(chain.frame(shape))
        chain.plan.repeat(steps_of(key, "key"), state, "key")
    else:
        _, state = chain.drawn(key_array(key), shape, targets=targets)
    return [stage for stage in state.stages if type(stage) is Geometry]


def matrix(
    chain: Chain, key: Key | dict[str, Any], shape: Sequence[int], targets: dict[str, Any] | None = None
) -> np.ndarray:
    """See `Compose.matrix`."""
    pull = IDENTITY
    for stage in reversed(geometry(chain, key, shape, targets)):
        if stage.grid is not None or stage.tiles is not None:
            tiles = "" if stage.tiles is None else " of tiles"
            raise ValueError(f"the geometry is no matrix: {stage.label or 'a stage'} displaces points by a grid{tiles}")
        pull = multiply(stage.pull, pull)
    return np.array(inverse(pull)).reshape(3, 3)


def invert(chain: Chain, key: Key | dict[str, Any], shape: Sequence[int], given: dict[str, Any]) -> dict[str, Any]:
    """See `Compose.invert`; `given` are the targets on the output, by name."""
    table = chain.rules.table
    known = [name for name, target in table.items() if type(target).back is not Target.back]
    for name in given:
        if name not in known:
            raise TypeError(f"{name} cannot be brought back: that is known of {', '.join(known)}")
    stages = geometry(chain, key, shape)
    size = frame_of_shape(shape)[:2]
    return {name: table[name].back(value, stages, size, chain.rules) for name, value in given.items()}
