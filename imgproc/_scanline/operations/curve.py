"""A curve through samples that are evenly spaced."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._core.jit import kernel
from ..stages import Op
from ._base import SLOW, TABULATED, name_of, on_channels, settle


@kernel(inner=True)
def curve_rows(rows, n, channels, params, level):
    """Interpolate between samples on [0, 1]; levels beyond get the sample at that end.

    ``params[0]`` says how many samples a channel has."""
    kind = rows.dtype.type
    count = int(params[0])
    zero, full, last = kind(0), kind(level.top), kind(count - 1)
    part, end = kind((count - 1.0) / level.top), np.uint32(count - 2)
    for c in range(channels):
        row = rows[c, :n]
        first, second = np.uint64(1 + count * c), np.uint64(2 + count * c)  # unsigned ones never count from the end
        for i in range(row.size):
            v = row[i]
            x = v * part
            x = x if x > zero else zero
            x = last if x > last else x
            k = np.uint32(np.int32(x))
            k = end if k > end else k
            a, b = kind(params[first + k]), kind(params[second + k])
            y = (a + (x - kind(np.int32(k))) * (b - a)) * full
            row[i] = settle(y if v == v else v, level)
    return channels


def _values(op: Op, channels: int) -> Any:
    samples: Any = op.table
    if type(samples) is tuple:  # rows of symbols, which a chain is recorded with
        if len(samples) not in (1, channels):
            raise ValueError(f"{name_of(op)} must have one row of samples or {channels}, got {len(samples)}")
        rows = samples if len(samples) > 1 else samples * channels
        return [len(samples[0]), *(sample for row in rows for sample in row)]
    shape: tuple[int, ...] = () if samples is None else samples.shape
    if samples is None or len(shape) not in (1, 2) or shape[-1] < 2 or shape[:-1] not in ((), (channels,)):
        raise ValueError(f"{name_of(op)} must have 2 samples or more, or {channels} rows of them, got {shape}")
    flat = samples.ravel() if samples.ndim == 2 or channels == 1 else np.tile(samples, channels)
    return np.concatenate(((flat.size // channels,), flat))


CURVE = on_channels("curve", curve_rows, flags=TABULATED | SLOW, values=_values)


def curve(samples: Any) -> Op:
    """Linear between n even samples on [0, 1], flat beyond; (n,) samples, or (c, n) for a curve for each channel."""
    rows = tuple(samples) if isinstance(samples, list) else (samples,)
    if rows and hasattr(rows[0], "tape"):
        return CURVE(table=rows)  # type: ignore[arg-type]  # rows of symbols, see `_values`
    return CURVE(table=np.asarray(samples, np.float64))
