"""Integers with a sign: images that geometric stages take, and nothing else."""

from __future__ import annotations

import numpy as np

from imgproc._core.hints import hint_of_dtype

SIGNED = ("int16", "int32")
"""Those that chains know."""


def refuse_signed(dtype: np.dtype, name: str, where: str) -> None:
    """Raise TypeError for an image of such a dtype; `where` says what takes none."""
    if dtype.kind == "i":
        raise TypeError(
            f"{name} must have dtype uint8, uint16, float16, float32 or float64 {where}, got "
            f"{dtype}{hint_of_dtype(dtype, name)}"
        )
