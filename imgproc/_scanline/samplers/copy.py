"""The sampler that copies whole pixels, which lie a fixed step apart."""

from __future__ import annotations

import numpy as np

from ..._core.jit import kernel
from ._base import AT, CHANNELS, COUNT, START, STEP, Sampler


@kernel(inner=True)
def copy_pixels(flat, task, rows, limits, scratch):
    """Copy the pixels ``start + step * i`` as they are."""
    channels, start, step, n, at = task[CHANNELS], task[START], task[STEP], task[COUNT], task[AT]
    if channels == 3 and abs(step) == 1:
        red, green, blue = rows[0, at : at + n], rows[1, at : at + n], rows[2, at : at + n]
        # Unsigned indices never count from the end, so that both loops vectorise.
        count, one, two, three = np.uint64(n), np.uint64(1), np.uint64(2), np.uint64(3)
        k = np.uint64(3 * start)
        if step > 0:
            for i in range(count):
                j = k + three * i
                red[i], green[i], blue[i] = flat[j], flat[j + one], flat[j + two]
        else:
            for i in range(count):
                j = k - three * i
                red[i], green[i], blue[i] = flat[j], flat[j + one], flat[j + two]
        return
    if channels == 1 and step == 1:
        row, first = rows[0, at : at + n], np.uint64(start)
        for i in range(np.uint64(n)):
            row[i] = flat[first + i]
        return
    stride = step * channels
    for c in range(channels):
        k = start * channels + c
        for i in range(at, at + n):
            rows[c, i] = flat[k]
            k += stride


COPY = Sampler("copy", copy_pixels)
