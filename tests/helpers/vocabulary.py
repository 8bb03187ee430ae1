"""The library's closed vocabulary as the documentation states it, written out: tests do not ask the library for it."""

from __future__ import annotations

import numpy as np

DTYPES = tuple(np.dtype(kind) for kind in (np.uint8, np.uint16, np.float32, np.float64))
"""Of images."""

BORDERS = ("constant", "replicate", "reflect", "reflect_101", "wrap")

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Of R, G and B in Y, by Rec. 601."""
