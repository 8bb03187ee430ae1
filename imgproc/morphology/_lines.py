"""Rows of an image as kernels of morphology read them: with their border, and turned over for a dilation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._core.border import index_map
from .._core.jit import kernel
from .._core.planes import canonical
from ._footprint import Shape

BATCH = 128
"""Numbers that inner loops take at a time: rows of working memory have a multiple of it."""


class Lines(NamedTuple):
    """The rows of an image, and how they go on beyond its border."""

    source: np.ndarray
    """(h, w c), as unsigned integers of the size of a level."""
    rows: np.ndarray
    """Which row of the source each row of the framed image is; -1 for one of the border's fill value."""
    columns: np.ndarray
    """The same of columns."""
    left: int
    """Columns that are added on the left."""
    step: int
    """Channels."""
    fill: np.generic
    """The level of a constant border, as such an unsigned integer."""
    turn: np.generic
    """Bits that are turned over in all levels, so that the largest becomes the least; 0 for none."""


def lines_of(image: np.ndarray, shape: Shape, border: str, fill: np.generic, turn: int = 0) -> Lines:
    """The rows of an image (h, w) or (h, w, c), framed for a footprint; `fill` is a level of its dtype."""
    h, w = image.shape[:2]
    kind = unsigned(image.dtype)
    source = canonical(image).reshape(h, -1)
    return Lines(
        canonical(source.view(kind)),
        index_map(h, shape.top, shape.bottom, border),
        index_map(w, shape.left, shape.right, border),
        shape.left,
        source.shape[1] // w,
        np.array([fill], image.dtype).view(kind)[0],
        kind.type(turn),
    )


def unsigned(dtype: np.dtype) -> np.dtype:
    """The unsigned integers of the same size."""
    return np.dtype(f"u{dtype.itemsize}")


def rounded_up(count: int) -> int:
    """To whole batches."""
    return -(-count // BATCH) * BATCH


@kernel(inner=True)
def turn_over(row, bits):
    """Turn over bits of all levels of a row."""
    if bits != 0:
        for i in range(row.size):
            row[i] ^= bits


@kernel(inner=True)
def load_line(lines, y, line):
    """Row `y` of the framed image into the beginning of `line`."""
    at, width = lines.rows[y], lines.source.shape[1]
    size, first = lines.columns.size * lines.step, lines.left * lines.step
    if at < 0:
        for i in range(size):
            line[i] = lines.fill
    else:
        row, middle = lines.source[at], line[first:]
        for i in range(width):
            middle[i] = row[i]
        load_ends(lines, row, 0, lines.left, line)
        load_ends(lines, row, lines.left + width // lines.step, lines.columns.size, line)
    turn_over(line[:size], lines.turn)


@kernel(inner=True)
def load_ends(lines, row, start, stop, line):
    """The border's part of a row, from one column of the framed image to another."""
    for x in range(start, stop):
        at = lines.columns[x]
        for c in range(lines.step):
            line[x * lines.step + c] = lines.fill if at < 0 else row[at * lines.step + c]
