"""The kernels that run the pixel operations of a program over chunks of planar rows.

Arrays of a program, made by `_pixel.pack`:

* ``ops``, int64 (k, 4): code, offset of its parameters, and, where a table stands for a run of operations, how many
  these are and the number of the table; -1 where there is no table.
* ``params``, float64: levels as fractions of full scale.  Operations that treat channels one by one have their
  parameters once for each channel.
* ``tables``, uint8 (t, c, 256), and ``wide``, uint16 (t, c, 65536).
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel
from .op_color import from_hexcone, matrix_rows, mix_rows, swap_rows, to_hexcone
from .op_levels import (
    affine_row,
    curve_row,
    gamma_row,
    log_row,
    narrow_table_row,
    posterize_row,
    settle,
    sigmoid_row,
    solarize_row,
    table_row,
    threshold_row,
    wide_table_row,
)
from .op_noise import (
    dropout_row,
    erase_rows,
    gaussian_row,
    iso_rows,
    keys,
    poisson_row,
    salt_and_pepper_row,
    speckle_row,
)

# Operations on levels: what a table can replace.
AFFINE, INVERT, GAMMA, LOG, SIGMOID, POSTERIZE, SOLARIZE, THRESHOLD, CURVE, TABLE = range(10)
# Others.
MATRIX, HSV, PERMUTE, NORMALIZE, GAUSSIAN, SPECKLE, POISSON, ISO, SALT_AND_PEPPER, DROPOUT, ERASE = range(10, 21)
# Contrast about the mean of the image: parameters as those of AFFINE, which it becomes once the mean is known.
CONTRAST = 21


@kernel
def tabulate(ops, tables):
    """Let tables stand for runs of operations on levels, beside `tables` of them; returns how many there are then."""
    k = 0
    while k < ops.shape[0]:
        end = k + 1 if ops[k, 0] == CONTRAST else k
        while end < ops.shape[0] and ops[end, 0] <= TABLE:
            end += 1
        code = ops[k, 0]
        # Operations that one table already beats, any two, and whatever is the whole program: bytes to bytes.
        whole = k == 0 and end == ops.shape[0] and code != CONTRAST
        if end > k + 1 or (end > k and (whole or code in (GAMMA, LOG, SIGMOID, CURVE, TABLE))):
            ops[k, 2] = end - k
            if end == k + 1 and code == TABLE:
                ops[k, 3] = ops[k, 1]
            else:
                ops[k, 3] = tables
                tables += 1
        k = max(end, k + 1)
    return tables


@kernel(inner=True)
def _levels(rows, channels, n, code, params, at, tables, wide, top, lo, hi, magic):
    """One operation on levels."""
    kind = rows.dtype.type
    for c in range(channels):
        if code == AFFINE:
            affine_row(rows, c, n, kind(params[at + 2 * c]), kind(params[at + 2 * c + 1] * top), lo, hi, magic)
        elif code == INVERT:
            affine_row(rows, c, n, kind(-1), kind(top), lo, hi, magic)
        elif code == GAMMA:
            gamma_row(rows, c, n, params[at + 2 * c], params[at + 2 * c + 1], top, lo, hi, magic)
        elif code == LOG:
            log_row(rows, c, n, params[at + 2 * c], params[at + 2 * c + 1] != 0.0, top, lo, hi, magic)
        elif code == SIGMOID:
            k = at + 3 * c
            sigmoid_row(rows, c, n, params[k], params[k + 1], params[k + 2] != 0.0, top, lo, hi, magic)
        elif code == POSTERIZE:
            # Integer levels fall into equal parts of [0, top + 1), float ones of [0, 1].
            levels, steps = top + 1.0 if top > 1.0 else top, 2.0 ** params[at + c]
            steps = min(steps, levels) if top > 1.0 else steps
            posterize_row(rows, c, n, steps, levels / steps, lo, hi, magic)
        elif code == SOLARIZE:
            solarize_row(rows, c, n, params[at + c] * top, top, lo, hi, magic)
        elif code == THRESHOLD:
            threshold_row(rows, c, n, params[at + 2 * c] * top, np.int64(params[at + 2 * c + 1]), top, lo, hi, magic)
        elif code == CURVE:
            count = np.int64(params[at])
            curve_row(rows, c, n, params, at + 1 + count * c, count, top, lo, hi, magic)
        elif top > 255.0:
            wide_table_row(rows, c, n, wide, at)
        else:
            narrow_table_row(rows, c, n, tables, at)


@kernel(inner=True)
def _noise(rows, channels, n, first, code, params, at, top, lo, hi, magic):
    """One operation that draws numbers by counter, channel by channel.

    Its parameters start with the stream and with whether channels differ."""
    kind = rows.dtype.type
    stream, alike = params[at], params[at + 1] == 0.0
    for c in range(channels):
        k0, k1 = keys(stream, 0 if alike else c)
        if code == GAUSSIAN:
            gaussian_row(
                rows, c, n, first, k0, k1, kind(params[at + 2] * top), kind(params[at + 3] * top), lo, hi, magic
            )
        elif code == SPECKLE:
            speckle_row(rows, c, n, first, k0, k1, kind(params[at + 2]), lo, hi, magic)
        elif code == POISSON:
            poisson_row(rows, c, n, first, k0, k1, params[at + 2], top, lo, hi, magic)
        elif code == SALT_AND_PEPPER:
            salt_and_pepper_row(rows, c, n, first, k0, k1, params[at + 2], params[at + 3], top)
        else:
            fill = settle(kind(params[at + 3 + c] * top), lo, hi, magic)
            dropout_row(rows, c, n, first, k0, k1, params[at + 2], fill)


@kernel(inner=True)
def _mix(rows, channels, n, code, params, at, top, lo, hi, magic):
    """One operation across channels; returns how many there are after it."""
    kind = rows.dtype.type
    if code == MATRIX:
        if params[at] == 1.0:
            mix_rows(rows, n, params, at + 1, top, lo, hi, magic)
            return np.int64(1)
        matrix_rows(rows, n, params, at + 1, top, lo, hi, magic)
    elif code == HSV:
        hue = kind((params[at] - np.floor(params[at])) * 6.0)
        scale, shift, gain = kind(params[at + 1]), kind(params[at + 2]), kind(params[at + 3])
        to_hexcone(rows, n, hue, scale, shift, gain, kind(params[at + 4] * top))
        from_hexcone(rows, n, lo, hi, magic)
    else:  # PERMUTE, as swaps of two
        for k in range(np.int64(params[at])):
            swap_rows(rows, np.int64(params[at + 1 + 2 * k]), np.int64(params[at + 2 + 2 * k]), n)
    return channels


@kernel
def apply(rows, scratch, n, first, width, ops, params, tables, wide, channels, limits):
    """Run all operations on a chunk; returns the number of channels after them.

    Parameters
    ----------
    rows : float ndarray of shape (at least channels, capacity)
        Planar levels, changed in place.
    scratch : uint8 ndarray of shape (capacity,)
        The capacity is a multiple of 64.
    n : int
        Pixels of the chunk.
    first : int
        Index ``y * width + x`` of its first pixel in the frame; the others follow in this order.
    width : int
        Of the frame.
    ops, params, tables, wide
        `_pixel.Program.arrays`; tables have been prepared.
    channels : int
        Before the first operation.
    limits : float ndarray
        Begins with bounds and rounding of levels: (0, full scale, `MAGIC`) for integers, else (-inf, inf, 0).
    """
    lo, hi, magic = limits[0], limits[1], limits[2]
    kind = rows.dtype.type
    top = np.float64(hi) if magic > kind(0) else 1.0
    k = 0
    while k < ops.shape[0]:
        code, at = ops[k, 0], ops[k, 1]
        if ops[k, 3] >= 0:
            for c in range(channels):
                table_row(rows, c, scratch, n, tables, ops[k, 3])
            k += ops[k, 2]
            continue
        if code <= TABLE:
            _levels(rows, channels, n, code, params, at, tables, wide, top, lo, hi, magic)
        elif code <= PERMUTE:
            channels = _mix(rows, channels, n, code, params, at, top, lo, hi, magic)
        elif code == NORMALIZE:
            for c in range(channels):
                scale, shift = kind(params[at + 2 * c] / top), kind(params[at + 2 * c + 1])
                affine_row(rows, c, n, scale, shift, kind(-np.inf), kind(np.inf), kind(0))
        elif code == ISO:
            iso_rows(rows, n, first, params[at], params[at + 1], params[at + 2], top, lo, hi, magic)
        elif code == ERASE:
            erase_rows(rows, channels, n, first, width, params, at, top, lo, hi, magic)
        else:
            _noise(rows, channels, n, first, code, params, at, top, lo, hi, magic)
        k += 1
    return channels


@kernel
def prepare(rows, ops, params, tables, wide, channels, limits):
    """Fill the tables that stand for runs of operations, by running these over all 256 levels.

    `rows` is scratch of at least 256 columns.  Every thread may do this for itself: all write the same bytes.
    """
    lo, hi, magic = limits[0], limits[1], limits[2]
    kind = rows.dtype.type
    levels = np.int64(256)  # a bare literal would be a type of its own, with kernels of its own
    k = 0
    while k < ops.shape[0]:
        if ops[k, 3] < 0:
            if ops[k, 0] == MATRIX and params[ops[k, 1]] == 1.0:
                channels = np.int64(1)
            k += 1
            continue
        end = k + ops[k, 2]
        if ops[k, 0] != TABLE or end > k + 1:  # a table on its own is ready
            for c in range(channels):
                for i in range(levels):
                    rows[c, i] = kind(i)
            for j in range(k, end):
                _levels(rows, channels, levels, ops[j, 0], params, ops[j, 1], tables, wide, 255.0, lo, hi, magic)
            for c in range(channels):
                for i in range(levels):
                    tables[ops[k, 3], c, i] = np.uint8(np.int32(rows[c, i]))
        k = end
