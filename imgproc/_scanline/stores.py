"""From planar rows of levels to pixels: uint8, uint16, float32 or float64, channels last or first."""

from __future__ import annotations

from .._core.jit import kernel


@kernel(inner=True)
def finish(rows, channels, n, scale, lo, hi, magic):
    """Levels of the result's dtype: scaled and, where they become integers, saturated and rounded; NaN becomes 0."""
    kind = rows.dtype.type
    zero = kind(0)
    integer = magic > zero
    for c in range(channels):
        row = rows[c]
        for i in range(n):
            v = row[i] * scale
            v = lo if v < lo else v
            v = hi if v > hi else v
            v = (v + magic) - magic
            row[i] = zero if integer & (v != v) else v


@kernel(inner=True)
def store(rows, channels, n, out, first, planes):
    """Pixels from `first` on; `planes` is the size of a plane for channels first, 0 for channels last."""
    if planes == 0 and channels == 3:
        part = out[3 * first : 3 * (first + n)]
        red, green, blue = rows[0], rows[1], rows[2]
        for i in range(n):
            part[3 * i], part[3 * i + 1], part[3 * i + 2] = red[i], green[i], blue[i]
    elif planes == 0 and channels == 4:
        part = out[4 * first : 4 * (first + n)]
        red, green, blue, alpha = rows[0], rows[1], rows[2], rows[3]
        for i in range(n):
            part[4 * i], part[4 * i + 1], part[4 * i + 2], part[4 * i + 3] = red[i], green[i], blue[i], alpha[i]
    elif planes == 0 and channels > 1:
        for c in range(channels):
            row = rows[c]
            for i in range(n):
                out[(first + i) * channels + c] = row[i]
    else:
        for c in range(channels):
            row, part = rows[c], out[c * planes + first : c * planes + first + n]
            for i in range(n):
                part[i] = row[i]
