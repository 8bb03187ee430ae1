"""The kernels that run a pass.

They work on chunks of pixels.  For each chunk they compute coordinates, sample the source there, run the pixel
operations and store the result.

Samplers, operations and stores are units of their own (`imgproc._core.units`), called by their addresses.  So these
kernels are compiled once for rows of float32, and once for rows of float64 if somebody has float64 images, whatever the
dtypes of images and whatever a chain does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._core.jit import kernel
from .._core.units import Family, Unit, invoke
from .._core.views import flat_as, is_compiled, with_first_at
from . import stores
from .coordinates import interval, project_row, step_row
from .foresee import foresee
from .operations._base import FIRST as PLACE_FIRST
from .operations._base import MEAN, READY, SLOW, TABULATED, TO_GREY
from .samplers import _base as samplers

CAPACITY = 1024
"""Pixels of a chunk.  Its rows of levels are few enough to stay in the L1 cache."""

LEVELS = 256
"""Entries of a table that stands for operations on bytes."""

# Places in `Source.numbers`; `Source` describes them.
HEIGHT, WIDTH, CHANNELS, WRAP, RESIZED, SAMPLER, EXACT, STEP_X, STEP_Y, FIRST, BYTES, SAME, STEPS, LINE = range(14)
FRAME_H, FRAME_W, TURN_X, MOVE_X, TURN_Y, MOVE_Y, PACKS = range(14, 21)
PAINTS, BURIES = 21, 22
SOURCE = 23
"""Numbers of a source."""

# Places in `Result.numbers`; `Result` describes them.
ROWS, COLUMNS, PLANE, STORE, KEEP = range(5)
RESULT = 5
"""Numbers of a result."""

# Columns of `Operations.ops`; `OP` describes them.
UNIT, AT, COUNT, FLAGS, RUN, TABLE = range(6)
OP = 6
"""Numbers of an operation: the address of its unit; where its parameters begin, and how many there are (a table has its
number, and 0); its flags; how many operations are done at once, which is 1 unless a table stands for a run of them; and
the number of that table, or -1."""


class Source(NamedTuple):
    """The image that a pass reads."""

    pixels: Any
    """The bytes of all pixels, in one axis."""
    numbers: Any
    """int64, by place:

    * `HEIGHT`, `WIDTH`, `CHANNELS`: the shape.
    * `WRAP`: whether taps beyond an edge come from the other end.
    * `RESIZED`: whether the map keeps the axes, so that all rows have the same columns.
    * `SAMPLER`: the address of the sampler.
    * `EXACT`: whether whole pixels are copied.  Then `FIRST` is the number of the pixel that the first one of the
      result comes from, and `STEP_X` and `STEP_Y` say how this number changes along x and y.
    * `BYTES`: the address of the unit that sends bytes through a table directly, or -1.
    * `SAME`: how many bytes a level has if the result has the dtype of the source, else 0.
    * `STEPS`: the address of `STEPPER`.
    * `LINE`: how many pixels lie between the beginnings of two rows: `WIDTH`, or more if the source is a part of an
      image.
    * `FRAME_H` to `MOVE_Y`: for the sampler of areas, which needs no points; they are those of `samplers._base`.
      `FRAME_H` is 0 for other samplers.
    * `PACKS`: whether the sampler can write pixels as they are in images.
    * `PAINTS`: the address of `packed.PAINTER`, or 0: then no such pixels are written where a border shows.
    * `BURIES`: the address of `packed.BURIER`, for maps with steps.
    """


class Maps(NamedTuple):
    """Where the pixels of the result come from; see `coordinates` and `merge`."""

    matrix: Any
    """float64 (9,): the matrix from points of the output to points of the source, or of the last step."""
    frames: Any
    """float64 (k, FRAME)."""
    steps: Any
    """float64 (m, STEP)."""
    grids: Any
    """float32, flat."""
    fills: Any
    """Levels of each constant border, (borders, channels), in the dtype of the rows; those of frames come first."""


class Operations(NamedTuple):
    """Pixel operations, in the order in which they are done."""

    ops: Any
    """int64 (k, OP); see `OP`."""
    params: Any
    """float64: the parameters of all operations; levels are fractions of full scale."""
    tables: Any
    """uint8 (t, bytes): tables of 256 levels for each channel, or of 65536 levels of two bytes for 16-bit images."""
    table: Any
    """Address of the unit that applies a table which stands for a run of operations; -1 if there is no such table."""
    prepare: Any
    """Address of `PREPARER`, which fills tables; -1 if no table has to be filled."""


class Scratch(NamedTuple):
    """The memory that the kernels of one thread work in."""

    rows: Any
    """Levels of a chunk: a row for each channel, a little longer than `CAPACITY`.  It stands first, so that it can lie
    in the result (see `packs`)."""
    bytes: Any
    """uint8: a row of bytes, whose length is a multiple of 64."""
    floats: Any
    ints: Any
    wide: Any
    halves: Any
    """`samplers.Workspace` describes these four."""
    ends: Any
    """int64 (frames, 2): which part of a row is inside each frame."""
    tasks: Any
    """int64 (3, 24): one row each of what samplers, operations and stores are told."""
    sums: Any
    """Of `samplers.Workspace`, too."""


class Result(NamedTuple):
    """The image that a pass writes."""

    pixels: Any
    """The bytes of all pixels, in one axis."""
    numbers: Any
    """int64, by place:

    * `ROWS`, `COLUMNS`: the size.
    * `PLANE`: pixels of a plane if channels come first, 0 if they come last.
    * `STORE`: the address of the store.
    * `KEEP`: the address of a store for pixels of the source's dtype, which is used where a mean is needed.
    """


# --- operations -------------------------------------------------------------------------------------------------------


@kernel
def tabulate(ops, tables):
    """Decide which runs of operations on levels are replaced by a table; `tables` tables are there already.

    Returns the number of all tables."""
    k = 0
    while k < ops.shape[0]:
        flags = ops[k, FLAGS]
        end = k + 1 if flags & MEAN else k
        while end < ops.shape[0] and ops[end, FLAGS] & TABULATED:
            end += 1
        # A table pays for two operations or more, for a slow one, and where it is all that happens: bytes become bytes.
        whole = k == 0 and end == ops.shape[0] and not flags & MEAN
        if end > k + 1 or (end > k and (whole or flags & SLOW)):
            ops[k, RUN] = end - k
            if end == k + 1 and flags & READY:
                ops[k, TABLE] = ops[k, AT]
            else:
                ops[k, TABLE] = tables
                tables += 1
        k = end if end > k else k + 1
    return tables


@kernel(inner=True)
def apply(n, first, channels, width, operations, limits, scratch):
    """Run all operations on a chunk; returns the number of channels after them.

    Parameters
    ----------
    n : int
        Pixels of the chunk, which are in ``scratch.rows``.
    first : int
        Index ``y * width + x`` of its first pixel in the frame; the others follow in this order.
    channels : int
        Number of channels before the first operation.
    width : int
        Of the frame.
    operations : Operations
        Their tables must have been filled by `prepare`.
    limits : float ndarray
        See `compute.limits_of`.  It begins with (0, full scale, `formats.ROUNDING`) for integers, and with
        (-inf, inf, 0) for floats.
    scratch : Scratch
    """
    place = scratch.tasks[1]
    place[0], place[1], place[2] = channels, first, width
    k = 0
    while k < operations.ops.shape[0]:
        op = operations.ops[k]
        # A table stands for a run of operations, or is one itself, or does not matter.
        replaced, ready = op[TABLE] >= 0, op[FLAGS] & READY != 0
        unit = operations.table if replaced else op[UNIT]
        number = op[TABLE] if replaced else op[AT] if ready else 0
        params, table = operations.params[op[AT] : op[AT] + op[COUNT]], operations.tables[number]
        place[0] = invoke(unit, np.int64(0), (scratch.rows, n, place, params, limits, table, scratch.bytes))
        k += op[RUN] if replaced else 1
    return place[0]


PREPARE = Family(
    "int64",
    (*(("int64", 2), ("float64", 1), ("uint8", 2), ("int64", 0), ("T", 2), ("int64", 1), ("T", 1), ("uint8", 1)),),
)
"""The operations, their parameters and their tables; number of channels; rows; place; limits; row of bytes."""


def _prepare(ops, params, tables, channels, rows, place, limits, scratch):
    kind = rows.dtype.type
    place[0], place[PLACE_FIRST], place[2] = channels, 0, LEVELS
    k = 0
    while k < ops.shape[0]:
        run = ops[k, RUN]
        if ops[k, FLAGS] & TO_GREY:  # what follows has the parameters of one channel
            channels = np.int64(1)
            place[0] = channels
        if ops[k, TABLE] >= 0 and (run > 1 or not ops[k, FLAGS] & READY):  # a caller's table is filled already
            for c in range(channels):
                for i in range(LEVELS):
                    rows[c, i] = kind(i)
            for j in range(k, k + run):
                own, given = params[ops[j, AT] : ops[j, AT] + ops[j, COUNT]], ops[j, AT] if ops[j, FLAGS] & READY else 0
                like, n = np.int64(0), np.int64(LEVELS)
                invoke(ops[j, UNIT], like, (rows, n, place, own, limits, tables[given], scratch))
            for c in range(channels):
                for i in range(LEVELS):
                    tables[ops[k, TABLE], LEVELS * c + i] = np.uint8(np.int32(rows[c, i]))
        k += run
    return channels


PREPARER = Unit(PREPARE, _prepare)
"""Fills the tables that stand for runs of operations, by running the operations over all 256 levels."""


@kernel(inner=True)
def prepare(channels, operations, limits, scratch):
    """Fill the tables that stand for runs of operations.

    Every thread may do this: all of them write the same bytes.
    """
    if operations.prepare >= 0:
        place, row = scratch.tasks[1], scratch.bytes
        ops, params, tables = operations.ops, operations.params, operations.tables
        invoke(operations.prepare, np.int64(0), (ops, params, tables, channels, scratch.rows, place, limits, row))


# --- coordinates and samples ------------------------------------------------------------------------------------------


@kernel(inner=True)
def _paint(rows, channels, fill, a, b):
    for c in range(channels):
        part, value = rows[c, a:b], fill[c]
        for i in range(part.size):
            part[i] = value


@kernel(inner=True)
def inside_frames(frames, y, lo, hi, ends):
    """Write to ``ends[k]`` which part of [lo, hi) of a row is inside frames 0 to k; return the last part."""
    for k in range(frames.shape[0]):
        if lo < hi:
            lo, hi = interval(frames[k], y, lo, hi)
        ends[k, 0], ends[k, 1] = lo, hi
    return lo, hi


STEPPING = Family(
    "int64", (("float64", 2), ("float32", 1), ("int64", 0), ("int64", 0), ("int64", 0), ("float32", 2), ("int32", 1))
)
"""The steps and grids; the row of the output, its first pixel and the number of pixels; the points, and which of them
met a constant border."""


def _take_steps(steps, grids, y, lo, n, floats, dead):
    for i in range(n):
        dead[i] = 0
    for k in range(steps.shape[0]):
        step_row(steps[k], grids, y, lo, n, floats[0], floats[1], dead)
    return 0


STEPPER = Unit(STEPPING, _take_steps)
"""Takes a row of points through displacement grids, through borders that fold, and through the stages before these."""


@kernel(inner=True)
def points_of(maps, y, lo, hi, floats, dead, stepper):
    """Find where the pixels [lo, hi) of output row y come from; `dead` says which of them met a constant border."""
    project_row(maps.matrix, y, lo, hi, floats[0], floats[1])
    if maps.steps.shape[0] > 0:
        invoke(stepper, np.int64(0), (maps.steps, maps.grids, y, lo, hi - lo, floats, dead))


@kernel(inner=True)
def sample(pixels, sampler, task, limits, scratch):
    """Sample a run of points into rows."""
    rows, floats, ints = scratch.rows, scratch.floats, scratch.ints
    invoke(sampler, np.int64(0), (pixels, task, rows, limits, floats, ints, scratch.wide, scratch.halves, scratch.sums))


@kernel(inner=True)
def _sample_row(source, maps, limits, scratch, y, x0, x1, at, fresh):
    """Sample the pixels [x0, x1) of output row y into rows, from column `at` on.

    `fresh` is False if the call before had the same columns."""
    numbers, ends, rows, like = source.numbers, scratch.ends, scratch.rows, np.int64(0)
    channels = numbers[CHANNELS]
    lo, hi = inside_frames(maps.frames, y, x0, x1, ends)
    a, b = x0, x1
    for k in range(maps.frames.shape[0]):
        # If nothing of the row is inside a frame, its interval is empty and lies at the left end.
        for start, end in ((a, ends[k, 0]), (ends[k, 1], b)):
            if scratch.tasks[0, samplers.PACKED] != 0:
                span = at + start - x0, at + end - x0
                invoke(numbers[PAINTS], like, (rows, maps.fills, k, numbers[SAME], channels, span[0], span[1]))
            else:
                _paint(rows, channels, maps.fills[k], at + start - x0, at + end - x0)
        a, b = ends[k, 0], ends[k, 1]
    n = hi - lo
    if n <= 0:
        return
    task = scratch.tasks[0]
    task[samplers.COUNT], task[samplers.AT], task[samplers.FRESH] = n, at + lo - x0, fresh
    if numbers[FRAME_H] > 0:
        task[samplers.START], task[samplers.ROW] = lo, y
    elif numbers[EXACT] != 0:
        task[samplers.START] = numbers[FIRST] + numbers[STEP_Y] * y + numbers[STEP_X] * lo
    else:
        last = hi if fresh or numbers[RESIZED] == 0 else lo + 1
        points_of(maps, y, lo, last, scratch.floats, scratch.ints[4], numbers[STEPS])
        xs, ys = scratch.floats[0], scratch.floats[1]
        foresee(source.pixels, numbers[HEIGHT], numbers[LINE], maps.matrix, last - lo, xs, ys)
    sample(source.pixels, numbers[SAMPLER], task, limits, scratch)
    if maps.steps.shape[0] > 0:
        size = numbers[SAME] if task[samplers.PACKED] != 0 else np.int64(0)
        invoke(numbers[BURIES], like, (rows, maps.fills, scratch.ints[4], size, channels, at + lo - x0, n))


@kernel(inner=True)
def begin(source, out, scratch):
    """Write what stays the same for the whole call into the tasks of samplers and stores."""
    numbers, task, storing = source.numbers, scratch.tasks[0], scratch.tasks[2]
    for k in range(samplers.RESIZED + 1):
        task[k] = numbers[k]
    task[samplers.STEP], task[samplers.LINE], task[samplers.SEEN] = numbers[STEP_X], numbers[LINE], 0
    task[samplers.PACKED] = 0
    for k in range(PACKS - FRAME_H):
        task[samplers.FRAME_H + k] = numbers[FRAME_H + k]
    storing[stores.PLANE] = out.numbers[PLANE]


@kernel(inner=True)
def store(address, pixels, channels, n, first, limits, scratch):
    """Store a run of pixels, from number `first` on."""
    task = scratch.tasks[2]
    task[stores.CHANNELS], task[stores.COUNT], task[stores.FIRST] = channels, n, first
    invoke(address, np.int64(0), (scratch.rows, task, limits, pixels))


@kernel(inner=True)
def packs(source, out):
    """Whether pixels that no operation changes can be written as they are in images, in place of rows of levels.

    What is resized by areas can be so if it is of bytes."""
    numbers = source.numbers
    if not is_compiled() or numbers[SAME] == 0 or out.numbers[PLANE] != 0:
        return False
    return numbers[PACKS] != 0 or (numbers[FRAME_H] > 0 and numbers[SAME] == 1)


@kernel(inner=True)
def _copy_rows(rows, size, pixels, start):
    """Copy bytes out of the memory of rows."""
    packed, part = flat_as(rows, np.uint8)[:size], pixels[start : start + size]
    for i in range(part.size):
        part[i] = packed[i]


@kernel
def run_rows(source, maps, operations, limits, scratch, out, y0, y1):
    """Make rows [y0, y1) of the result; returns y1."""
    begin(source, out, scratch)
    prepare(source.numbers[CHANNELS], operations, limits, scratch)
    width, channels = out.numbers[COLUMNS], source.numbers[CHANNELS]
    painted = maps.frames.shape[0] == 0 or source.numbers[PAINTS] > 0
    packed = operations.ops.shape[0] == 0 and painted and packs(source, out)
    scratch.tasks[0, samplers.PACKED], item = packed, channels * source.numbers[SAME]
    direct = packed and source.numbers[FRAME_H] == 0  # many short stores would wait for memory that is far away
    columns = width if width < CAPACITY else CAPACITY
    lines = CAPACITY // columns  # a chunk has whole rows of a small image, or a part of a row of a large one
    # What is resized goes strip by strip: all rows of a strip have the same columns.
    strip = columns if source.numbers[FRAME_H] > 0 or source.numbers[RESIZED] != 0 else width
    for x0 in range(0, width, strip):
        for y in range(y0, y1, lines):
            below = y + lines if y + lines < y1 else y1
            for x in range(x0, x0 + strip if x0 + strip < width else width, columns):
                x1 = x + columns if x + columns < width else width
                n, first = (x1 - x) * (below - y), y * width + x
                own = with_first_at(scratch, out.pixels, item * first) if direct else scratch
                for k in range(y, below):
                    fresh = k == y0 or columns < strip
                    _sample_row(source, maps, limits, own, k, x, x1, (k - y) * width, fresh)
                if packed and not direct:
                    _copy_rows(scratch.rows, item * n, out.pixels, item * first)
                elif not packed:
                    after = apply(n, first, channels, width, operations, limits, scratch)
                    store(out.numbers[STORE], out.pixels, after, n, first, limits, scratch)
    return y1
