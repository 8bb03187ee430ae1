"""Zoom blur of bytes, on 16 bits.

In between, levels of bytes are kept times 256, so that vectors hold twice as many as of float32.  A product is the
upper half of 32 bits; what is cut off of two of them is a unit on average, 1/256 of a level, and is given back.  Before
it is rounded to bytes, the result is within 0.02 levels of that of float64.

Rows lie one after the other, and after the last one there is room for `LANES` more samples: a row is worked on in
blocks of so many, and the last one may begin anywhere.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from imgproc._core.halves import upper
from imgproc._core.jit import Intrinsic, borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands

LANES = 16
"""Samples of a block: vectors of 32 bytes, which cross lines of the cache half as often as those of 64 bytes."""


@kernel
def _raise(rows, out, y0, y1):
    """Levels of bytes times 256."""
    size = rows.shape[1]
    for y in range(y0, y1):
        row, raised = rows[y], out[y * size :]
        for i in range(row.size):
            raised[i] = np.uint16(np.uint16(row[i]) << np.uint16(8))


@kernel(inner=True)
def _between(a, b, share, out):
    """A row between two others, `share` of 65536 of the way."""
    rest = np.uint16(np.uint16(65535) - share)
    for i in range(a.size):
        out[i] = np.uint16(np.uint16(upper(a[i], rest) + upper(b[i], share)) + np.uint16(1))


def _mean_of_block(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    lanes, wide = ir.VectorType(ir.IntType(16), LANES), ir.VectorType(ir.IntType(32), LANES)
    one, one_wide, sixteen = (ir.Constant(kind, [k] * LANES) for kind, k in ((lanes, 1), (wide, 1), (wide, 16)))

    def mean(typing_context, line, near, far, shares, row, at, out):
        """Vectors are written out: the vectoriser would ask for each block anew whether arrays overlap."""

        def generate(context, builder, signature, args):
            def pointer(k, start):
                data = context.make_array(signature.args[k])(context, builder, args[k]).data
                return builder.bitcast(builder.gep(data, [start]), lanes.as_pointer())

            def product(k, start, share):
                levels = builder.zext(builder.load(pointer(k, start), align=2), wide)
                return builder.trunc(builder.lshr(builder.mul(levels, builder.zext(share, wide)), sixteen), lanes)

            share = builder.load(pointer(3, args[5]), align=2)
            mixed = builder.add(product(0, args[1], builder.not_(share)), product(0, args[2], share))
            here, there = builder.load(pointer(4, args[5]), align=2), builder.add(mixed, one)
            both = builder.add(builder.add(builder.zext(here, wide), builder.zext(there, wide)), one_wide)
            builder.store(builder.trunc(builder.lshr(both, one_wide), lanes), pointer(6, args[5]), align=2)
            return context.get_dummy_value()

        return types.void(line, types.intp, types.intp, shares, row, types.intp, out), generate

    return intrinsic(mean)


def _plain_mean(line: Any, near: int, far: int, shares: Any, row: Any, at: int, out: Any) -> None:
    a, b, here = (part.astype(np.int64) for part in (line[near:][:LANES], line[far:][:LANES], row[at:][:LANES]))
    share = shares[at:][:LANES].astype(np.int64)
    mixed = (a * (65535 - share) >> 16) + (b * share >> 16) + 1
    out[at:][:LANES] = (here + mixed + 1) >> 1


_mean = Intrinsic(_mean_of_block, _plain_mean)
"""``mean(line, near, far, shares, row, at, out)``: half a row, and half of what is between two places of a line."""


@kernel
def _blocks(places, channels, starts, shifts):
    """Cut a line into blocks in which the source's whole pixel is as far away; return how many there are.

    What a block has beyond its end belongs to the next one, which is written later.
    """
    count = 0
    for x in range(places.size):
        shift, end = (np.int64(places[x]) - x) * channels, (x + 1) * channels
        if count == 0 or shift != shifts[count - 1]:
            starts[count], shifts[count] = x * channels, shift
            count += 1
        while end > starts[count - 1] + LANES:
            starts[count], shifts[count] = starts[count - 1] + LANES, shift
            count += 1
    return count


@kernel(inner=True)
def _put(levels, out):
    """A row as it is, or as bytes, rounded."""
    if out.itemsize == 1:
        for i in range(out.size):
            out[i] = np.uint16(levels[i] + np.uint16(128)) >> np.uint16(8)
    else:
        for i in range(out.size):
            out[i] = levels[i]


@kernel
def _double(flat, places, across, out, y0, y1):
    """The mean of each row and of the same row zoomed; `places` are the rows that are read, `across` the columns."""
    flat, places, out = borrowed(flat), borrowed(places), borrowed(out)
    starts, shifts, shares, channels = across
    starts, shifts, shares = borrowed(starts), borrowed(shifts), borrowed(shares)
    size, last = shares.size - LANES, places.size - 1
    line, mean = np.empty(size + channels + LANES, np.uint16), np.empty(size + LANES, np.uint16)
    for y in range(y0, y1):
        k = np.int64(places[y])
        above, below = flat[k * size : (k + 1) * size], flat[min(k + 1, last) * size :]
        _between(above, below, np.uint16((places[y] - k) * 65536.0), line)
        for c in range(channels):
            line[size + c] = line[size - channels + c]
        row = flat[y * size :]
        for j in range(shifts.size):
            near = starts[j] + shifts[j]
            _mean(line, near, near + channels, shares, row, starts[j], mean)
        _put(mean, out[y * size : (y + 1) * size])


def double_bytes(image: np.ndarray, zooms: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """For each pair of places of rows and of columns in turn, the mean of what there is and of that read there."""
    h, w = image.shape[:2]
    rows = canonical(image).reshape(h, -1)
    size, channels = rows.shape[1], rows.shape[1] // w
    pixels = image.size // 4  # a step is short: of 512 x 512 pixels, bands would cost what they save
    flat: np.ndarray = np.empty(rows.size + LANES, np.uint16)
    spare: np.ndarray = np.empty(flat.size, flat.dtype)
    run_bands(functools.partial(_raise, rows, flat), h, pixels=pixels)
    # Blocks read a pixel and a block beyond where they begin, which may be the end of the line.
    for step, (down, across) in enumerate(zooms):
        shares = np.zeros(size + LANES, np.uint16)
        shares[:size] = np.repeat((across - np.floor(across)) * 65536, channels).astype(np.uint16)
        starts, shifts = np.empty((2, w + size // LANES + 1), np.int64)
        count = _blocks(across, channels, starts, shifts)
        blocks = starts[:count], shifts[:count], shares, channels
        out = spare if step < len(zooms) - 1 else np.empty(rows.size, np.uint8)
        run_bands(functools.partial(_double, flat, down, blocks, out), h, pixels=pixels)
        flat, spare = out, flat
    return flat.reshape(image.shape)
