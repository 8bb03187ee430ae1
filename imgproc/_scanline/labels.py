"""The kernel of masks: many label images of one shape go through the same geometry, with the same points.

A block of rows is done for all masks before the next one begins: which pixels are nearest is found once for all of
them, and what a mask's rows read stays in the cache.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

import numpy as np

from .._core.jit import Intrinsic, Kernel, borrowed, kernel
from .._core.units import BYTES, Family, Unit, invoke
from .foresee import SMALL
from .machine import CAPACITY, CHANNELS, HEIGHT, LINE, SAMPLER, STEPS, WIDTH, inside_frames, points_of
from .samplers.nearest import copy_pixels, nearest_index

TOP, BOTTOM, LEFT, RIGHT = range(4)
"""Columns of `Masks.parts`."""


class Masks(NamedTuple):
    """Masks of one shape and dtype, and where their results go, all of them contiguous."""

    sources: Any
    """int64 (n,): the address of the first pixel of each."""
    targets: Any
    """int64 (n,): the same of the results."""
    parts: Any
    """int64 (n, 4): rows `TOP` to `BOTTOM` and columns `LEFT` to `RIGHT` of each result are written."""


class Block(NamedTuple):
    """What all masks have in common in a block of rows."""

    index: Any
    """int32 (rows, columns): the number of the pixel that is nearest."""
    dead: Any
    """int32, of this shape too if there are steps: what met a constant border, see `coordinates.step_row`."""
    some: Any
    """int64 (rows,): whether anything in the row did."""
    ends: Any
    """int64 (rows, 2 k + 2): which part of the row is inside each frame, and inside all of them."""


def _array_at(intrinsic: Any) -> Any:
    from numba.core import types
    from numba.np.arrayobj import populate_array

    def at(typing_context, like, address, size):
        made = types.Array(like.dtype, 1, "C")

        def generate(context, builder, signature, args):
            word = context.get_value_type(types.intp)
            item = word(context.get_abi_sizeof(context.get_data_type(made.dtype)))
            array = context.make_array(made)(context, builder)
            data = builder.inttoptr(args[1], context.get_data_type(made.dtype).as_pointer())
            populate_array(array, data=data, shape=[args[2]], strides=[item], itemsize=item, meminfo=None)
            return array._getvalue()

        return made(like, types.intp, types.intp), generate

    return intrinsic(at)


def _plain_array_at(like: np.ndarray, address: int, size: int) -> np.ndarray:
    memory: Any = (ctypes.c_uint8 * (int(size) * like.itemsize)).from_address(int(address))
    return np.frombuffer(memory, like.dtype)


array_at = Intrinsic(_array_at, _plain_array_at)
"""``array_at(like, address, size)`` in a kernel is the array of so many numbers at an address, of the dtype of `like`.

The caller keeps the memory."""


# --- labels -----------------------------------------------------------------------------------------------------------

LABELS = Family(
    "int64",
    (
        *(("S", BYTES), ("int64", 1), ("int64", 1), ("int64", 1), ("int64", 2)),
        *(("int32", 2), ("int32", 2), ("int64", 1), ("int64", 2)),
    ),
)
"""The fills, a task, the three arrays of `Masks`, and the four of a `Block`."""

_ROW, _ROWS, _START, _STOP, _FRAMES, _BURIES, _SIZE, _COLUMNS, _OUT = range(9)
_CHANNELS = 9
"""What a task holds: the first row and the number of rows; the first column, and the one after the last; frames of
`ends`; whether points can meet a border on their way; pixels of a source; the width and the pixels of a result;
channels."""


@kernel(inner=True)
def _paint(out, line, channels, a, b, value):
    part = out[(line + a) * channels : (line + b) * channels]
    for i in range(part.size):
        part[i] = value


@kernel(inner=True)
def _bury(made, dead, fills):
    for i in range(made.size):
        made[i] = fills[dead[i] - 1] if dead[i] != 0 else made[i]


@kernel(inner=True)
def _one(flat, index, dead, buried, fills, channels, made):
    """The labels of a run of pixels."""
    for i in range(made.size):
        made[i] = flat[np.int64(np.uint32(index[i]))]
    if buried:
        _bury(made, dead, fills)


@kernel(inner=True)
def _several(flat, index, dead, buried, fills, channels, made):
    """The labels of all channels of a run of pixels."""
    copy_pixels(flat, index, channels, made)
    if buried:
        for i in range(index.size):
            if dead[i] != 0:
                for c in range(channels):
                    made[i * channels + c] = fills[dead[i] - 1]


def _labelling(several: bool) -> Kernel:
    """The kernel that writes the columns [a, b) of one row, of labels of one channel or of several."""
    write = _several if several else _one

    def label_row(flat, fills, task, ends, index, dead, buried, columns, line, out):
        channels, start, (a, b) = task[_CHANNELS] if several else np.int64(1), task[_START], columns
        for k in range(task[_FRAMES]):
            lo, hi = ends[2 * k], ends[2 * k + 1]
            lo = a if lo < a else b if lo > b else lo
            hi = lo if hi < lo else b if hi > b else hi
            # If nothing of the row is inside a frame, its interval is empty and lies at the left end.
            _paint(out, line, channels, a, lo, fills[k])
            _paint(out, line, channels, hi, b, fills[k])
            a, b = lo, hi
        made, places = out[(line + a) * channels : (line + b) * channels], index[a - start : b - start]
        write(flat, places, dead[a - start : b - start] if buried else dead, buried, fills, channels, made)

    return Kernel(label_row, inner=True)


@kernel(inner=True)
def _span(index, ends, task):
    """The first and the last pixel that a block of rows reads."""
    low, high = np.uint32(0xFFFFFFFF), np.uint32(0)
    last = 2 * task[_FRAMES]
    for r in range(task[_ROWS]):
        a, b = ends[r, last] - task[_START], min(ends[r, last + 1], task[_STOP]) - task[_START]
        row = index[r, a:b]
        for i in range(row.size):
            k = np.uint32(row[i])
            low, high = (k if k < low else low), (k if k > high else high)
    return np.int64(low), np.int64(high)


@kernel(inner=True)
def _touch(flat, first, last):
    """Read a number of each cache line from one place to another.

    A processor foresees this order, and so waits less than for lines in the order in which a turned row meets them."""
    total, step = np.int64(0), 64 // flat.itemsize
    for k in range(first, last, step):
        total += np.int64(flat[k])
    return total


def _labeller(several: bool) -> Unit:
    label_row = _labelling(several)

    def labels(fills, task, sources, targets, parts, index, dead, some, ends):
        channels, first, seen = task[_CHANNELS], task[_ROW], np.int64(0)
        low, high = np.int64(0), np.int64(-1)
        for k in range(sources.size):
            top, bottom = max(parts[k, TOP], first), min(parts[k, BOTTOM], first + task[_ROWS])
            a, b = max(parts[k, LEFT], task[_START]), min(parts[k, RIGHT], task[_STOP])
            if a >= b:
                continue
            flat, out = array_at(fills, sources[k], task[_SIZE] * channels), array_at(fills, targets[k], task[_OUT])
            far = sources.size > 1 or task[_SIZE] * channels * fills.itemsize >= SMALL
            if far and bottom - top == task[_ROWS] and b - a == task[_STOP] - task[_START]:
                if high < 0:
                    low, high = _span(index, ends, task)
                seen += _touch(flat, low * channels, high * channels)
            for y in range(top, bottom):
                r = y - first
                buried = task[_BURIES] != 0 and some[r] != 0
                own = dead[r] if buried else dead[0]
                label_row(flat, fills, task, ends[r], index[r], own, buried, (a, b), y * task[_COLUMNS], out)
        return seen

    labels.__qualname__ = "labels_of_many" if several else "labels_of_one"
    return Unit(LABELS, labels)


_LABELLERS = _labeller(False), _labeller(True)


def labeller(itemsize: int, channels: int) -> int:
    """The address of what writes labels of the nearest pixels, which have so many bytes."""
    return _LABELLERS[channels > 1].address(S=f"uint{8 * itemsize}")


# --- the kernel -------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _wanted(parts, y0, y1):
    """Which rows in [y0, y1), and columns up to which one, some mask wants: top, bottom, right."""
    top, bottom, right = y1, y0, np.int64(0)
    for k in range(parts.shape[0]):
        a, b = max(parts[k, TOP], y0), min(parts[k, BOTTOM], y1)
        if a < b:
            top, bottom, right = min(top, a), max(bottom, b), max(right, parts[k, RIGHT])
    return top, bottom, right


@kernel(inner=True)
def _nearest_row(numbers, maps, y, x0, x1, right, scratch, block, r):
    """Find the nearest pixels of row y in [x0, x1), as far as column `right`; write row `r` of a block."""
    floats, ends = scratch.floats, scratch.ends
    lo, hi = inside_frames(maps.frames, y, x0, x1, ends)
    for k in range(maps.frames.shape[0]):
        block.ends[r, 2 * k], block.ends[r, 2 * k + 1] = ends[k, 0], ends[k, 1]
    k = maps.frames.shape[0]
    block.ends[r, 2 * k], block.ends[r, 2 * k + 1] = lo, hi
    hi = hi if hi < right else right
    if lo >= hi:
        block.some[r] = 0
        return
    steps = maps.steps.shape[0] > 0
    dead = block.dead[r, lo - x0 :] if steps else scratch.ints[4]
    points_of(maps, y, lo, hi, floats, dead, numbers[STEPS])
    n, index = hi - lo, block.index[r, lo - x0 :]
    nearest_index(floats[0], floats[1], numbers[WIDTH], numbers[HEIGHT], numbers[LINE], n, index)
    if steps:
        some = np.int32(0)
        for i in range(n):
            some |= dead[i]
        block.some[r] = some


@kernel
def run_labels(masks, numbers, columns, maps, scratch, block, y0, y1):
    """Make rows [y0, y1) of the results, which are `columns` wide, of the labels of the nearest pixels.

    `numbers` are those of a `Source`, whose sampler is of `labeller`; `maps.fills` are the bytes of labels."""
    sources, targets, parts = borrowed(masks.sources), borrowed(masks.targets), borrowed(masks.parts)
    numbers = borrowed(numbers)
    own = Block(borrowed(block.index), borrowed(block.dead), borrowed(block.some), borrowed(block.ends))
    task, rows = borrowed(scratch.tasks)[0], own.index.shape[0]
    task[_FRAMES], task[_BURIES], task[_CHANNELS] = maps.frames.shape[0], maps.steps.shape[0], numbers[CHANNELS]
    task[_SIZE] = (numbers[HEIGHT] - 1) * numbers[LINE] + numbers[WIDTH]
    task[_COLUMNS] = columns
    for y in range(y0, y1, rows):
        top, bottom, right = _wanted(parts, y, min(y + rows, y1))
        task[_ROW], task[_ROWS] = top, bottom - top
        task[_OUT] = bottom * columns * numbers[CHANNELS]
        for x0 in range(0, right, CAPACITY):
            x1 = min(x0 + CAPACITY, columns)
            task[_START], task[_STOP] = x0, min(x1, right)
            for row in range(top, bottom):
                _nearest_row(numbers, maps, row, x0, x1, right, scratch, own, row - top)
            arguments = maps.fills, task, sources, targets, parts, own.index, own.dead, own.some, own.ends
            invoke(numbers[SAMPLER], np.int64(0), arguments)
