"""What is visible of boxes in a mixed image: the smallest box around the pixels that come from their own."""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

from ..._dust import thinnest_kernel
from .path import DUST


@kernel(inner=True)
def to_whole(value):
    """The whole number that a coordinate misses by rounding, or the coordinate."""
    whole = np.rint(value)
    return whole if abs(value - whole) <= DUST else value


@kernel
def visible_boxes(boxes, owner, who, least, out, kept):
    """Boxes cut to the smallest around their pixels of one owner; returns how many are kept.

    A box is measured by what it has inside of the frame; pixels that its sides cut count by their covered part, and
    those that they only touch, but for rounding, not at all.
    """
    h, w = owner.shape
    thin = thinnest_kernel(float(h), float(w))
    count = 0
    for k in range(boxes.shape[0]):
        x0, y0 = max(boxes[k, 0], 0.0), max(boxes[k, 1], 0.0)
        x1, y1 = min(boxes[k, 2], float(w)), min(boxes[k, 3], float(h))
        if not (x1 - x0 >= thin and y1 - y0 >= thin):
            continue
        # What it covers of pixels is counted without the dust at its sides, which stay as they are where they bound it.
        u0, v0, u1, v1 = to_whole(x0), to_whole(y0), to_whole(x1), to_whole(y1)
        seen, left, top, right, bottom = 0.0, x1, y1, x0, y0
        for y in range(int(np.floor(v0)), int(np.ceil(v1))):
            down = min(v1, y + 1.0) - max(v0, float(y))
            across, first, last = 0.0, -1, -1
            for x in range(int(np.floor(u0)), int(np.ceil(u1))):
                if owner[y, x] == who:
                    across += min(u1, x + 1.0) - max(u0, float(x))
                    first = x if first < 0 else first
                    last = x
            if last >= 0:
                seen += down * across
                left = min(left, float(first) if first > u0 else x0)
                right = max(right, last + 1.0 if last + 1 < u1 else x1)
                top, bottom = min(top, float(y) if y > v0 else y0), max(bottom, y + 1.0 if y + 1 < v1 else y1)
        enough = seen > 0.0 and seen >= least * (u1 - u0) * (v1 - v0) * (1.0 - 1e-12)
        if enough and right - left >= thin and bottom - top >= thin:
            out[count, 0], out[count, 1], out[count, 2], out[count, 3] = left, top, right, bottom
            kept[count] = k
            count += 1
    return count


def seen_boxes(boxes: np.ndarray, owner: np.ndarray, who: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of which at least a part is seen, cut to it, and which rows they were.

    `owner` is uint8 (h, w): which sample each pixel comes from.
    """
    out, kept = np.empty((len(boxes), 4)), np.empty(len(boxes), np.intp)
    count = visible_boxes(np.ascontiguousarray(boxes), owner, np.uint8(who), float(least), out, kept)
    return out[:count], kept[:count]
