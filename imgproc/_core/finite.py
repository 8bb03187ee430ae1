"""Whether all levels of an image are finite."""

from __future__ import annotations

import numpy as np

from .jit import kernel
from .planes import canonical

__all__: list[str] = []

_INFINITY = 0x7F800000


@kernel
def largest_bits(bits):
    """The bits of the largest absolute level of float32s; they are in the order of the levels, NaN beyond infinity."""
    found = np.int32(0)
    for i in range(bits.size):
        found = max(found, np.int32(bits[i] & np.int32(0x7FFFFFFF)))
    return found


def all_finite(image: np.ndarray) -> bool:
    """Whether no level of an image of floats is NaN or infinite; and no number of a complex spectrum."""
    if image.dtype.kind == "c" and image.flags.c_contiguous:
        image = image.reshape(-1).view(image.real.dtype)
    if image.dtype == np.float32:
        return largest_bits(canonical(canonical(image).reshape(-1).view(np.int32))) < _INFINITY
    return bool(np.isfinite(image).all())
