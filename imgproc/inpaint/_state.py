"""What the kernels of exemplar-based inpainting work on.

(Files that name ``@kernel``, as this one, renew the cache of compiled kernels when they change.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__: list[str] = []


class State(NamedTuple):
    """Arrays of one call.  Planes are of h w pixels in one axis, which compiles faster than two, unless they say
    otherwise; `stride` is w and a strip's width.

    Source patches are named by their top left corner, targets by their centre.
    """

    numbers: np.ndarray
    """int64: by the names of `imgproc.inpaint._front`."""
    feat: np.ndarray
    """int16, (c + 1) h stride and a strip: integer features, filled as the work goes on; the last plane is zero."""
    sums: np.ndarray
    """int16, the same: sums of blocks by their top left corner, of the image as it was."""
    refused: np.ndarray
    """int32, h stride and a strip: 0 where a source patch begins, else `REFUSED`."""
    strip_start: np.ndarray
    """int64 (h + 1,): the strips of a row in `strip_x`."""
    strip_x: np.ndarray
    """int32: where strips begin that hold all corners of source patches."""
    means: np.ndarray
    """int32 (c,): of the features in the source."""
    known: np.ndarray
    """uint8."""
    confidence: np.ndarray
    """float64."""
    gradient_x: np.ndarray
    """int32."""
    gradient_y: np.ndarray
    """int32."""
    priority: np.ndarray
    """float64: -1 off the front."""
    priority_confidence: np.ndarray
    """float64."""
    tile_best: np.ndarray
    """int64: of each tile, the index of the pixel to fill first, or -1."""
    source: np.ndarray
    """int32: the index of the pixel that was copied; -1 outside the hole."""
    trace: np.ndarray
    """int32 (2, n): indices of the centres of targets and sources, in order."""
    terms: np.ndarray
    """int64 (2, n): offsets and values of the known pixels of the target."""
    blocks: np.ndarray
    """int64 (3, n): the same of its known blocks, and how much they differ from the mean."""
    shifts: np.ndarray
    """int64 (n,): differences between source and target that filled neighbours had."""
    room: np.ndarray
    """int64: for what is counted on the way to `terms` and `blocks`."""
    best: np.ndarray
    """int64 (parts, 3): sum of squares, squared distance, corner of the best source, of each part of the search."""
