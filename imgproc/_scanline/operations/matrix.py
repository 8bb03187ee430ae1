"""Mix the channels of RGB by a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from ..._core.jit import kernel
from ..stages import Op
from ._base import TO_GREY, Operation, on_channels, settle


@kernel(inner=True)
def mix_to_three(rows, n, channels, m, level):
    """Mix by three rows of (cr, cg, cb, shift)."""
    kind, top = rows.dtype.type, level.top
    a, b, c, d = kind(m[0]), kind(m[1]), kind(m[2]), kind(m[3] * top)
    e, f, g, h = kind(m[4]), kind(m[5]), kind(m[6]), kind(m[7] * top)
    p, q, r, s = kind(m[8]), kind(m[9]), kind(m[10]), kind(m[11] * top)
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        x, y, z = red[i], green[i], blue[i]
        red[i] = settle(a * x + b * y + c * z + d, level)
        green[i] = settle(e * x + f * y + g * z + h, level)
        blue[i] = settle(p * x + q * y + r * z + s, level)
    return channels


@kernel(inner=True)
def mix_to_one(rows, n, channels, m, level):
    """Mix by one row of (cr, cg, cb, shift); the result replaces red."""
    kind = rows.dtype.type
    a, b, c, d = kind(m[0]), kind(m[1]), kind(m[2]), kind(m[3] * level.top)
    red, green, blue = rows[0, :n], rows[1, :n], rows[2, :n]
    for i in range(n):
        red[i] = settle(a * red[i] + b * green[i] + c * blue[i] + d, level)
    return channels - 2


MATRIX: Operation = on_channels("matrix", mix_to_three, rgb=True)
MATRIX_TO_GREY: Operation = on_channels(
    "matrix", mix_to_one, rgb=True, flags=TO_GREY, channels_after=lambda op, channels: 1
)


def matrix(rows: Sequence[Sequence[float]]) -> Op:
    """Mix RGB by three rows of (cr, cg, cb, shift), or by one row, which leaves one channel."""
    if len(rows) not in (1, 3) or any(len(row) != 4 for row in rows):
        raise ValueError(f"matrix must have 1 or 3 rows of 4, got {[len(row) for row in rows]}")
    return (MATRIX if len(rows) == 3 else MATRIX_TO_GREY)(*(x for row in rows for x in row))
