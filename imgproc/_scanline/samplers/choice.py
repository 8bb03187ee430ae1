"""Which sampler a pass takes."""

from __future__ import annotations

import numpy as np

from ..._core.jit import cpu_has, jit_enabled
from . import area, bicubic, bilinear, copy, nearest
from . import words as by_words
from ._base import Sampler


def choose(interpolation: str, dtype: np.dtype, channels: int, words: bool) -> Sampler:
    """The sampler for pixels of a dtype: ``"copy"``, ``"nearest"``, ``"bilinear"``, ``"bicubic"`` or
    ``"area"``.

    `words` says that the image is one for `words` (see `compute.has_words`) and that taps need not wrap round.
    """
    if interpolation == "copy":
        return copy.COPY
    if interpolation == "nearest":
        return nearest.NEAREST
    if interpolation == "area":
        return area.average_of(dtype, channels)
    if interpolation == "bicubic":
        return bicubic.BY_CHANNELS.get(channels, bicubic.ANY)
    if words:
        return by_words.RGB if channels == 3 else by_words.RGBA
    if channels == 1 and dtype.char == "B" and jit_enabled() and cpu_has("avx512vbmi"):
        return bilinear.BYTES
    if channels == 1 and dtype.kind == "u":
        return bilinear.GREY
    if channels == 1 and dtype.char == "f":
        return bilinear.FLOATS
    return bilinear.BY_CHANNELS.get(channels, bilinear.ANY)
