"""What the pixels of a frame read along the axes of an image that is resized by areas, in whole weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._core.jit import kernel
from ._base import (
    CHANNELS,
    COMMON_X,
    COMMON_Y,
    COUNT,
    FRAME_H,
    FRAME_W,
    HEIGHT,
    MOVE_X,
    MOVE_Y,
    PAIRS,
    ROW,
    SEEN,
    START,
    TURN_X,
    TURN_Y,
    WIDTH,
)


class Axis(NamedTuple):
    """One axis, in whole units: a pixel of the source has `unit`, a pixel of the frame is the sum of `total`."""

    shrinks: Any
    start: Any
    """Where the first pixel of the frame begins; where none shrinks, its centre, from that of the source's first."""
    step: Any
    """From there to the next one."""
    unit: Any
    total: Any
    last: Any
    """The last pixel of the source."""


@kernel(inner=True)
def _common(a, b):
    """The greatest common divisor."""
    while b > 0:
        a, b = b, a % b
    return a


@kernel(inner=True)
def axis_of(length, frame, common):
    """The axis of a source of `length` pixels that become `frame` pixels, in the smallest whole units."""
    unit, step = frame // common, length // common
    if length > frame:
        return Axis(True, np.int64(0), step, unit, step, length - 1)
    return Axis(False, step - unit, 2 * step, 2 * unit, 2 * unit, length - 1)


@kernel(inner=True)
def place_of(axis, i):
    """Where pixel i of the frame begins: a pixel of the source, and how far in it."""
    at = axis.start + i * axis.step
    first = at // axis.unit
    return first, at - first * axis.unit


@kernel(inner=True)
def range_of(axis, first, inside, after, beyond):
    """What a pixel of the frame reads: the first pixel of the source, the last one, and their weights.

    It begins at (first, inside), the next one at (after, beyond).  Pixels between the two have the weight `unit`."""
    if axis.shrinks:
        last, share = (after, beyond) if beyond > 0 else (after - 1, axis.unit)
        if first == last:
            return first, last, axis.total, np.int64(0)
        return first, last, axis.unit - inside, share
    if first < 0 or inside == 0 or first >= axis.last:
        first = min(max(first, 0), axis.last)
        return first, first, axis.unit, np.int64(0)
    return first, first + 1, axis.unit - inside, inside


@kernel(inner=True)
def columns_of(axis, low, channels, starts, betweens, ends, weights):
    """Find what pixels of the frame read, from number `low` on; returns the most pairs of columns that one reads.

    Written are the places of the first level and of the one after the last column, and how many pairs of columns lie
    between the first pair and the last one.  Weights are those of these two pairs; 0 if the last is the first."""
    unit, most = axis.unit, np.int64(1)
    whole, part = axis.step // unit, axis.step % unit
    first, inside = place_of(axis, low)
    for i in range(starts.size):
        after, beyond = first + whole, inside + part
        if beyond >= unit:
            after, beyond = after + 1, beyond - unit
        start, last, a, b = range_of(axis, first, inside, after, beyond)
        first, inside = after, beyond
        count = last + 1 - start
        pairs = (count + 1) // 2
        starts[i], ends[i] = start * channels, (last + 1) * channels
        betweens[i] = pairs - 2 if pairs > 2 else 0
        most = max(most, pairs)
        k = 4 * i
        weights[k], weights[k + 1], weights[k + 2], weights[k + 3] = a, b, 0, 0
        if count > 2:
            weights[k + 1] = unit
            weights[k + 2], weights[k + 3] = (unit, b) if count % 2 == 0 else (b, 0)
    return most


@kernel(inner=True)
def block_of(starts, ends, first, room):
    """The pixel after the last one whose columns fit into `room` levels with those of pixel `first`."""
    n = starts.size
    if ends[n - 1] - starts[first] <= room:
        return n
    end = first + 1
    while ends[end] - starts[first] <= room:
        end += 1
    return end


@kernel(inner=True)
def axes_of(task):
    """Both axes of a task, x first."""
    if task[SEEN] == 0:
        task[COMMON_X] = _common(task[WIDTH], task[FRAME_W])
        task[COMMON_Y] = _common(task[HEIGHT], task[FRAME_H])
    x = axis_of(task[WIDTH], task[FRAME_W], task[COMMON_X])
    return x, axis_of(task[HEIGHT], task[FRAME_H], task[COMMON_Y])


@kernel(inner=True)
def rows_of(task, axis):
    """What the row of a task reads: the first row of the source, how many they are, and the first and last weight."""
    row = task[MOVE_Y] + task[TURN_Y] * task[ROW]
    first, inside = place_of(axis, row)
    after, beyond = place_of(axis, row + 1)
    top, bottom, a, b = range_of(axis, first, inside, after, beyond)
    return top, bottom - top + 1, a, b


@kernel(inner=True)
def look(task, axis, columns, weights):
    """Find the columns of a task; returns False if the task before had the same."""
    n, turn = task[COUNT], task[TURN_X]
    low = task[MOVE_X] + turn * (task[START] if turn > 0 else task[START] + n - 1)
    if task[SEEN] == low * 4096 + n:
        return False
    task[PAIRS] = columns_of(axis, low, task[CHANNELS], columns[0, :n], columns[1, :n], columns[2, :n], weights)
    task[SEEN] = low * 4096 + n
    return True
