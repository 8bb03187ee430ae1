"""What a sampler is, and which one a pass takes.

A sampler fills ``rows[c, at : at + n]`` with levels of channel c for a run of n points.  Points are continuous: the pixel
that covers a point is its floor, taps lie at pixel centres.  Taps outside repeat the edge pixel (``wrap``: the pixel at
the other end), which is what every folding border of `coordinates` asks for.

Pixels come as bytes, whatever their dtype: the kernels that call samplers are compiled once for all dtypes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..._core.jit import Kernel
from ..._core.units import Family, Unit

SAMPLER = Family(
    "int64",
    (("uint8", 1), ("int64", 1), ("T", 2), ("T", 1), ("float32", 2), ("int32", 2), ("uint64", 2)),
)
"""Pixels, task, rows, limits, and rows to work in; what it returns says nothing."""

HEIGHT, WIDTH, CHANNELS, WRAP, RESIZED, COUNT, AT, START, STEP, FRESH = range(10)
"""What a task holds: size and channels of the source; whether taps wrap round; whether the map keeps the axes; number of
points, and the first column of `rows`; for `COPY` the first pixel and the step to the next; whether the columns are
other ones than in the row before."""

TASK = 10
"""Numbers of a task."""


class Workspace(NamedTuple):
    """Rows that samplers work in; the first two of `floats` are the points' x and y."""

    floats: Any
    """float32: six rows."""
    ints: Any
    """int32: five rows; the last one belongs to the caller."""
    wide: Any
    """uint64: two rows."""


class Sampler:
    """A unit for each dtype of the source.

    Parameters
    ----------
    name : str
    body : callable
        ``body(flat, task, rows, limits, scratch)``, with the pixels in their dtype and a `Workspace`.
    """

    def __init__(self, name: str, body: Callable[..., Any]) -> None:
        self.name, self._body = name, body

    def address(self, source: Any, work: Any) -> int:
        """Its address for pixels of one dtype and rows of another."""
        return self._unit(np.dtype(source).name).address(T=np.dtype(work).name)

    @functools.cache  # noqa: B019  # samplers live as long as the module
    def _unit(self, source: str) -> Unit:
        kind, inner = np.dtype(source).type, self._body

        def body(pixels, task, rows, limits, floats, ints, wide):
            inner(pixels.view(kind), task, rows, limits, Workspace(floats, ints, wide))
            return 0

        body.__qualname__, body.__module__ = f"{self.name}_{source}", inner.__module__
        return Unit(SAMPLER, body)


def per_dtype(name: str, body: Any) -> Sampler:
    """A sampler of a kernel, or of a function that becomes one."""
    return Sampler(name, body if isinstance(body, Kernel) else Kernel(body, inner=True))


def choose(interpolation: str, dtype: np.dtype, channels: int, words: bool) -> Sampler:
    """The sampler for pixels of a dtype: ``"copy"``, ``"nearest"``, ``"bilinear"`` or ``"bicubic"``.

    `words` says that `has_words` and that taps need not wrap round.
    """
    from . import bicubic, bilinear, copy, nearest
    from . import words as by_words

    if interpolation == "copy":
        return copy.COPY
    if interpolation == "nearest":
        return nearest.NEAREST
    if interpolation == "bicubic":
        return bicubic.BY_CHANNELS.get(channels, bicubic.ANY)
    if words:
        return by_words.RGB if channels == 3 else by_words.RGBA
    if channels == 1 and dtype.kind == "u":
        return bilinear.GREY
    return bilinear.BY_CHANNELS.get(channels, bilinear.ANY)
