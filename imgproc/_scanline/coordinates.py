"""Coordinates: kernels that take a row of output pixel centres back through the geometric stages, from last to first.

The maps at the end of a program are multiplied into one matrix as long as their borders are constant.  Each of their
frames is then a convex polygon in the output, which cuts one interval out of each row.  What remains are *steps*, which
run over a row of points: displacement grids, borders that fold, and the stages before these.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel

BORDER_CODES = {"constant": 0, "replicate": 1, "reflect": 2, "reflect_101": 3, "wrap": 4}

FRAME = 11
"""Numbers of a frame: 0-8 the matrix from output points, 9 its width, 10 its height."""
STEP = 19
"""Numbers of a step: 0 kind of grid (0 none, 1 asked at pixel centres of the output, 2 asked anywhere), 1-9 matrix,
10 code of the border, 11 width and 12 height of its input frame, 13 number of its fill, 14 width and 15 height of its
output frame, 16 start of the grid, 17 rows and 18 columns of the grid."""


@kernel(inner=True)
def interval(frame, y, lo, hi):
    """Find the part of ``[lo, hi)`` of output row y whose pixel centres are inside a frame."""
    v = y + 0.5
    px, py, pd = frame[1] * v + frame[2], frame[4] * v + frame[5], frame[7] * v + frame[8]
    w, h = frame[9], frame[10]
    # Comparisons in place of min and max: these would be compiled as functions of their own.
    first, last = np.float64(lo), np.float64(hi - 1)
    for side in range(5):
        # ``slope * X + offset >= 0`` for each side: left, right, top, bottom, and in front of the horizon
        if side == 0:
            slope, offset = frame[0], px
        elif side == 1:
            slope, offset = w * frame[6] - frame[0], w * pd - px
        elif side == 2:
            slope, offset = frame[3], py
        elif side == 3:
            slope, offset = h * frame[6] - frame[3], h * pd - py
        else:
            slope, offset = frame[6], pd - 1e-9
        if slope > 0.0:
            start = np.ceil(-offset / slope - 0.5)
            first = start if start > first else first
        elif slope < 0.0:
            end = np.floor(-offset / slope - 0.5)
            last = end if end < last else last
        elif not offset >= 0.0:
            last = -np.inf  # far away ``first - 1.0`` would be `first` again
        if not (abs(slope) < np.inf and abs(offset) < np.inf):
            last = -np.inf  # numbers that overflowed lie outside
    if not last >= first:
        return lo, lo
    return np.int64(first), np.int64(last) + 1


@kernel(inner=True)
def project_row(m, y, lo, hi, xs, ys):
    """Compute ``m @ (x, y, 1)`` at the pixel centres of ``[lo, hi)``: the start of the row in float64, the rest in
    float32."""
    one = np.float32(1.0)
    u, v = lo + 0.5, y + 0.5
    x0, y0 = np.float32(m[0] * u + m[1] * v + m[2]), np.float32(m[3] * u + m[4] * v + m[5])
    dx, dy, dd = np.float32(m[0]), np.float32(m[3]), np.float32(m[6])
    if m[6] == 0.0 and m[7] == 0.0:
        for i in range(hi - lo):
            t = np.float32(np.int32(i))
            xs[i] = x0 + dx * t
            ys[i] = y0 + dy * t
    else:
        d0 = np.float32(m[6] * u + m[7] * v + m[8])
        for i in range(hi - lo):
            t = np.float32(np.int32(i))
            r = one / (d0 + dd * t)
            xs[i] = (x0 + dx * t) * r
            ys[i] = (y0 + dy * t) * r


@kernel(inner=True)
def _transform_row(m, n, xs, ys):
    one = np.float32(1.0)
    a, b, c = np.float32(m[0]), np.float32(m[1]), np.float32(m[2])
    d, e, f = np.float32(m[3]), np.float32(m[4]), np.float32(m[5])
    g, h, k = np.float32(m[6]), np.float32(m[7]), np.float32(m[8])
    if g == 0 and h == 0 and k == 1:
        for i in range(n):
            x, y = xs[i], ys[i]
            xs[i] = a * x + b * y + c
            ys[i] = d * x + e * y + f
    else:
        for i in range(n):
            x, y = xs[i], ys[i]
            r = one / (g * x + h * y + k)
            xs[i] = (a * x + b * y + c) * r
            ys[i] = (d * x + e * y + f) * r


@kernel(inner=True)
def _displace_row(grid, step, n, xs, ys):
    """Add the displacement of a grid to points, bilinear between its nodes."""
    rows, columns = int(step[17]) - 1, int(step[18]) - 1
    start, line = int(step[16]), 2 * (columns + 1)
    sx, sy = np.float32(columns / step[14]), np.float32(rows / step[15])
    right, bottom = np.float32(columns), np.float32(rows)
    zero = np.float32(0.0)
    for i in range(n):
        gx, gy = xs[i] * sx, ys[i] * sy
        gx = gx if gx > zero else zero
        gx = right if gx > right else gx
        gy = gy if gy > zero else zero
        gy = bottom if gy > bottom else gy
        j = min(int(gx), columns - 1)
        k = min(int(gy), rows - 1)
        tx, ty = gx - np.float32(j), gy - np.float32(k)
        a = start + k * line + 2 * j
        b = a + line
        x0 = grid[a] + tx * (grid[a + 2] - grid[a])
        x1 = grid[b] + tx * (grid[b + 2] - grid[b])
        y0 = grid[a + 1] + tx * (grid[a + 3] - grid[a + 1])
        y1 = grid[b + 1] + tx * (grid[b + 3] - grid[b + 1])
        xs[i] += x0 + ty * (x1 - x0)
        ys[i] += y0 + ty * (y1 - y0)


@kernel(inner=True)
def _displace_regular_row(grid, step, y, first, n, xs, ys):
    """Write the displaced pixel centres of row y from column `first` on.

    Along one cell of the grid the displacement is a straight line, so that this is fast.  `xs` and `ys` must have room
    for seven more points."""
    rows, columns = int(step[17]) - 1, int(step[18]) - 1
    gy = (y + 0.5) * rows / step[15]
    k = min(int(gy), rows - 1)
    ty, v = np.float32(gy - k), np.float32(y + 0.5)
    cells, width = columns / step[14], step[14] / columns
    dt = np.float32(cells)
    j = min(int((first + 0.5) * cells), columns - 1)
    # Unsigned numbers need no check for indices that count from the end.
    one, two, line = np.uint64(1), np.uint64(2), np.uint64(2 * (columns + 1))
    p = np.uint64(int(step[16]) + 2 * j) + np.uint64(k) * line
    bx, by = _down(grid, p, line, ty), _down(grid, p + one, line, ty)
    i = 0
    while i < n:
        p += two
        ax, ay = bx, by
        bx, by = _down(grid, p, line, ty), _down(grid, p + one, line, ty)
        # The pixel centres up to the right end of cell j.
        end = n if j == columns - 1 else min(n, max(i, int(np.ceil((j + 1) * width - 0.5)) - first))
        u, t = np.float32(first + i + 0.5), np.float32((first + i + 0.5) * cells - j)
        _displace_line(xs, i, end, u, np.float32(1.0), ax, bx - ax, t, dt)
        _displace_line(ys, i, end, v, np.float32(0.0), ay, by - ay, t, dt)
        i = end
        j += 1


@kernel(inner=True)
def _down(grid, p, line, t):
    """Interpolate between a node and the one below it."""
    return grid[p] + t * (grid[p + line] - grid[p])


@kernel(inner=True)
def _displace_line(values, start, end, u, du, a, d, t, dt):
    """Write ``u + i du`` displaced by ``a + (t + i dt) d``, eight at a time.

    The next cell overwrites what is written too much."""
    at = np.uint64(start)
    for k in range(np.uint64((end - start + 7) // 8) * np.uint64(8)):
        i = np.float32(np.int32(k))
        values[at + k] = (u + i * du) + (a + (t + i * dt) * d)


@kernel(inner=True)
def fold_row(border, size, n, values):
    """Bring points back into [0, size] by a border that is not constant."""
    zero, half, two = np.float32(0.0), np.float32(0.5), np.float32(2.0)
    s = np.float32(size)
    if border == 1:
        # Points stop at the centre of the edge pixel: nearer to the edge, an earlier frame would blend in the outside.
        last = s - half
        for i in range(n):
            v = values[i]
            v = v if v > half else half
            values[i] = last if v > last else v
    elif border == 2:
        period = two * s
        for i in range(n):
            v = values[i] - period * np.floor(values[i] / period)
            values[i] = period - v if v > s else v
    elif border == 3:
        last = s - np.float32(1.0)
        period = two * last if last > zero else np.float32(1.0)
        for i in range(n):
            v = values[i] - half
            v = v - period * np.floor(v / period)
            v = period - v if v > last else v
            values[i] = (v if last > zero else zero) + half
    else:
        for i in range(n):
            values[i] = values[i] - s * np.floor(values[i] / s)


@kernel(inner=True)
def step_row(step, grids, y, first, n, xs, ys, dead):
    """Take a row of points through one step.

    Points that meet a constant border get 1 + the number of its fill in `dead`."""
    if step[0] == 1.0:
        _displace_regular_row(grids, step, y, first, n, xs, ys)
    elif step[0] == 2.0:
        _displace_row(grids, step, n, xs, ys)
    _transform_row(step[1:10], n, xs, ys)
    border = int(step[10])
    if border > 0:
        fold_row(border, step[11], n, xs)
        fold_row(border, step[12], n, ys)
        return
    zero, w, h = np.float32(0.0), np.float32(step[11]), np.float32(step[12])
    mark = np.int32(step[13] + 1.0)
    for i in range(n):
        inside = (xs[i] >= zero) & (xs[i] <= w) & (ys[i] >= zero) & (ys[i] <= h)
        dead[i] = dead[i] if inside | (dead[i] != 0) else mark
    # A dead point goes on, so it must stay finite and inside.
    half = np.float32(0.5)
    for i in range(n):
        xs[i] = xs[i] if dead[i] == 0 else half
        ys[i] = ys[i] if dead[i] == 0 else half
