"""Boxes sorted into the cells of a grid by their centres, so that only those nearby are compared.

Boxes come in planes x0, y0, x1, y1, by class and then by score.  `lay_out` gives those of one class in the order of the
cells: what lies within some distance of a centre is then one run of boxes in each row of cells.

An IoU above t needs an overlap of more than ``t max(w, w')`` in x, hence ``|dx| < w max(1 - t, (1/t - 1) / 2)``, and
the same in y: `reach_of`.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel

__all__: list[str] = []

PER_CELL = 4
"""Boxes of a cell, on average."""
LEAST = 1e-150
"""Centres that are less apart are in one cell: cells must be of a size that has an inverse."""
SLACK = 1e-6
"""By which reaches are wider than computed, as a part of all."""


@kernel(inner=True)
def measure_frame(planes, start, stop, frame):
    """The frame of a grid for the boxes start to stop - 1; see `lay_out`."""
    low_x = low_y = np.inf
    high_x = high_y = -np.inf
    wide = tall = 0.0
    for i in range(start, stop):
        x, y = 0.5 * (planes[0, i] + planes[2, i]), 0.5 * (planes[1, i] + planes[3, i])
        low_x, high_x, low_y, high_y = min(low_x, x), max(high_x, x), min(low_y, y), max(high_y, y)
        wide, tall = max(wide, planes[2, i] - planes[0, i]), max(tall, planes[3, i] - planes[1, i])
    side = int(np.sqrt(max((stop - start) / PER_CELL, 1.0)))
    nx = side if high_x - low_x > LEAST else 1
    ny = side if high_y - low_y > LEAST else 1
    frame[0], frame[1] = low_x, low_y
    frame[2] = nx / (high_x - low_x) if nx > 1 else 0.0
    frame[3] = ny / (high_y - low_y) if ny > 1 else 0.0
    frame[4], frame[5], frame[6], frame[7] = nx, ny, wide, tall


@kernel
def lay_out(planes, start, stop):
    """The boxes start to stop - 1 by cells.

    Returns planes (5, n), the last of which is the area; the place of each box in them; which box is at each place;
    where each cell starts (row by row, one more at the end); and the frame: x, y, cells per unit in x and y, cells in
    x and y, widest and tallest box.
    """
    n = stop - start
    frame = np.empty(8)
    measure_frame(planes, start, stop, frame)
    low_x, low_y, nx, ny = frame[0], frame[1], int(frame[4]), int(frame[5])
    cell = np.empty(n, np.int64)
    starts = np.zeros(nx * ny + 1, np.int64)
    for i in range(n):
        x = 0.5 * (planes[0, start + i] + planes[2, start + i])
        y = 0.5 * (planes[1, start + i] + planes[3, start + i])
        cell[i] = row_of(y, low_y, frame[3], ny) * nx + row_of(x, low_x, frame[2], nx)
        starts[cell[i] + 1] += 1
    for c in range(nx * ny):
        starts[c + 1] += starts[c]
    filled = starts[:-1].copy()
    place, at = np.empty(n, np.int64), np.empty(n, np.int64)
    laid = np.empty((5, n))
    for i in range(n):
        p = filled[cell[i]]
        filled[cell[i]] = p + 1
        place[i], at[p] = p, i
        for k in range(4):
            laid[k, p] = planes[k, start + i]
        laid[4, p] = (laid[2, p] - laid[0, p]) * (laid[3, p] - laid[1, p])
    return laid, place, at, starts, frame


@kernel(inner=True)
def row_of(value, low, scale, count):
    """The row or column of cells in which a coordinate lies, the nearest one for those outside."""
    return int(min(max((value - low) * scale, 0.0), count - 1.0))


@kernel(inner=True)
def cells_within(x, y, reach_x, reach_y, frame):
    """First and last row of cells, first and last column, within a distance of a point."""
    # Coordinates are rounded where they are large, differences of them too.
    reach_x = reach_x * (1.0 + SLACK) + SLACK * abs(x)
    reach_y = reach_y * (1.0 + SLACK) + SLACK * abs(y)
    nx, ny = frame[4], frame[5]
    r0, r1 = row_of(y - reach_y, frame[1], frame[3], ny), row_of(y + reach_y, frame[1], frame[3], ny)
    c0, c1 = row_of(x - reach_x, frame[0], frame[2], nx), row_of(x + reach_x, frame[0], frame[2], nx)
    return r0, r1, c0, c1


@kernel(inner=True)
def cells_near(laid, p, reach_x, reach_y, frame):
    """The same for the centre of the box at place p."""
    x, y = 0.5 * (laid[0, p] + laid[2, p]), 0.5 * (laid[1, p] + laid[3, p])
    return cells_within(x, y, reach_x, reach_y, frame)


@kernel(inner=True)
def reach_of(threshold, side, longest):
    """How far apart the centres of a box of this side and of one with a larger IoU than the threshold can be."""
    near = 0.5 * (side + longest)  # beyond it they do not touch
    if threshold > 0.0:
        near = min(near, side * max(1.0 - threshold, 0.5 * (1.0 / threshold - 1.0)))
    return near
