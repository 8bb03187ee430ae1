"""Tables of bytes that depend on how often each level occurs: what chains need to make them within one kernel call."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from typing import Any

import numpy as np

from .._core.jit import kernel
from .._core.units import Family, Unit
from .operations._base import TABULATED

COUNTED = Family("int64", (("uint8", 1), ("int64", 0), ("float64", 1), ("uint8", 1)))
"""The bytes of an image; its number of channels; parameters; the table that is made, 256 levels for each channel."""


@dataclasses.dataclass(frozen=True, eq=False)
class Counted:
    """An operation on bytes that becomes a table when the levels are counted."""

    name: str
    module: str
    unit: Unit
    flags = TABULATED
    last = False
    binds = True
    """As of an `Operation`."""

    def __reduce__(self) -> Any:
        names = [name for name, value in vars(sys.modules[self.module]).items() if value is self]
        return _find, (self.module, names[0])


def _find(module: str, name: str) -> Counted:
    return getattr(importlib.import_module(module), name)


@kernel(inner=True)
def _count(pixels, channels, counts):
    """How often each level of each channel occurs.

    Neighbours are often equal, and an increment must wait for one of the same counter, so there are several."""
    ways = 6 // channels if channels <= 3 else 1
    step = ways * channels
    own = np.zeros((step, 256), np.uint32)
    whole, one = pixels.size // step, np.uint32(1)
    for i in range(whole):
        at = np.uint64(i * step)
        for j in range(np.uint64(step)):
            own[j, pixels[at + j]] += one
    for j in range(pixels.size - whole * step):
        own[j, pixels[whole * step + j]] += one
    for j in range(step):
        for k in range(256):
            counts[j % channels, k] += own[j, k]


def counted(name: str, rule: Any) -> Counted:
    """Make such an operation of an inner kernel ``rule(counts, params, table)``, which sees one channel."""

    def body(pixels, channels, params, table):
        counts = np.zeros((channels, 256), np.int64)
        _count(pixels, channels, counts)
        for c in range(channels):
            rule(counts[c], params, table[256 * c : 256 * (c + 1)])
        return 0

    body.__qualname__, body.__module__ = f"counted_{name}", rule.__module__
    return Counted(name, rule.__module__, Unit(COUNTED, body))
