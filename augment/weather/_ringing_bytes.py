"""Ringing of bytes, on 16 bits.

Levels of bytes are kept times 64 or 128, and weights times 65536, so that vectors hold twice as many as of float32.  A
product is the upper half of 32 bits.  Half a unit, less than 1/128 of a level, is given back for each.  Of black all
products would be 0, of which nothing is cut off; so levels are kept `ASIDE` units higher.

Weights may be negative, and there are products of unsigned numbers only: an eighth is added to each weight.  An eighth
of a level is a whole number, which is taken away again exactly.  Sums may overflow on the way, as long as the last one
does not.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from imgproc._core.border import index_map
from imgproc._core.halves import upper
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands
from imgproc._neighbours.correlate_bytes import aligned

ASIDE = 24
LARGEST = 8
"""Of the radii for which the sum is exact to a quarter of a level."""


@kernel(inner=True)
def load_row(row, xmap, channels, out):
    """A row with its border."""
    side = (xmap.size * channels - row.size) // 2
    for x in range(side // channels):
        for c in range(channels):
            out[x * channels + c] = row[xmap[x] * channels + c]
            out[side + row.size + x * channels + c] = row[xmap[xmap.size - side // channels + x] * channels + c]
    for i in range(np.uint64(row.size)):
        out[np.uint64(side) + i] = row[i]


@kernel(inner=True)
def _replace(slot, row, unit, eighths):
    """Put a row into the place of an older one, and take its eighths away in place of the other's."""
    for i in range(slot.size):
        eighths[i] += np.uint16(np.uint16(np.uint16(slot[i]) - np.uint16(row[i])) * unit)
        slot[i] = row[i]


@kernel(inner=True)
def _fold(above, below, unit, aside, out):
    """The sum of two rows, times `unit`."""
    for i in range(out.size):
        out[i] = np.uint16(np.uint16(np.uint16(above[i]) + np.uint16(below[i])) * unit) + aside


@kernel(inner=True)
def _raise(row, unit, aside, out):
    for i in range(out.size):
        out[i] = np.uint16(np.uint16(row[i]) * unit) + aside


@kernel(inner=True)
def _four(a, b, c, d, weights, i):
    first = np.uint16(upper(a[i], weights[0]) + upper(b[i], weights[1]))
    return np.uint16(first + np.uint16(upper(c[i], weights[2]) + upper(d[i], weights[3])))


@kernel(inner=True)
def _weigh_four(folded, j, p, q, start, lines):
    """Add rows j to j + 3 times their weights to two lines; the first rows to `start`."""
    a, b, c, d, one, two = folded[j], folded[j + 1], folded[j + 2], folded[j + 3], lines[0], lines[1]
    p, q = (p[j], p[j + 1], p[j + 2], p[j + 3]), (q[j], q[j + 1], q[j + 2], q[j + 3])
    if j == 0:
        for i in range(start.size):
            one[i] = start[i] + _four(a, b, c, d, p, i)
            two[i] = start[i] + _four(a, b, c, d, q, i)
    else:
        for i in range(start.size):
            one[i] += _four(a, b, c, d, p, i)
            two[i] += _four(a, b, c, d, q, i)


@kernel(inner=True)
def _weigh_two(folded, j, p, q, start, lines):
    """The same of two rows."""
    a, b, one, two, (r, s), (t, u) = folded[j], folded[j + 1], lines[0], lines[1], (p[j], p[j + 1]), (q[j], q[j + 1])
    if j == 0:
        for i in range(start.size):
            one[i] = start[i] + np.uint16(upper(a[i], r) + upper(b[i], s))
            two[i] = start[i] + np.uint16(upper(a[i], t) + upper(b[i], u))
    else:
        for i in range(start.size):
            one[i] += np.uint16(upper(a[i], r) + upper(b[i], s))
            two[i] += np.uint16(upper(a[i], t) + upper(b[i], u))


@kernel(inner=True)
def _add_sides(lines, k, side, channels, out):
    """Add the samples k and k + 1 pixels to the left and to the right; those 0 pixels away count once."""
    a, b = lines[0, side - k * channels :], lines[0, side + k * channels :]
    c, d = lines[1, side - (k + 1) * channels :], lines[1, side + (k + 1) * channels :]
    if k == 0:
        for i in range(out.size):
            out[i] = a[i] + np.uint16(c[i] + d[i])
    else:
        for i in range(out.size):
            out[i] += np.uint16(a[i] + b[i]) + np.uint16(c[i] + d[i])


@kernel(inner=True)
def _settle(total, back, least, unit, out):
    """Bytes of sums; `least` stands for black."""
    most, share = np.uint16(least + np.uint16(256) * unit - np.uint16(1)), np.uint16(np.uint32(65536) // unit)
    for i in range(out.size):
        v = np.uint16(total[i] + back)
        v = least if v < least else v
        v = most if v > most else v
        out[i] = upper(np.uint16(v - least), share)


class _Room(NamedTuple):
    """What a band works in.  It comes from Python, so that the kernel need not count references to its rows."""

    ring: np.ndarray
    """uint8, rows of the window, with their border; 0 before the first one comes."""
    row: np.ndarray
    """uint8, the newest of them."""
    start: np.ndarray
    """uint16, what is to be taken away for the eighths of the rows of the ring."""
    folded: np.ndarray
    """uint16, the middle row and the sums of two that are as far away, each times the unit; those too many are 0."""
    lines: np.ndarray
    """uint16, two weighted sums of `folded`."""
    total: np.ndarray
    """uint16, a row of the result."""


def _room(height: int, wide: int, lines: int, size: int) -> _Room:
    """Rows begin where lines of the cache do."""
    wide += -wide % 64
    whole = aligned((height + 1) * wide // 2 + (lines + 3) * wide + size)
    whole[:] = 0
    levels, whole = np.split(whole, [(height + 1) * wide // 2])
    levels = levels.view(np.uint8).reshape(-1, wide)
    sums, total = whole[:-size].reshape(-1, wide), whole[-size:]
    return _Room(levels[:-1], levels[-1], sums[0], sums[1:-2], sums[-2:], total)


@kernel
def _fourfold(rows, maps, weights, tone, room, out, y0, y1):
    """As the kernel of the same name in `_ringing`; weights are made up to an even number of lines."""
    rows, weights, out = borrowed(rows), borrowed(weights), borrowed(out)
    (ymap, xmap, channels), (unit, back, least) = maps, tone
    ring, row, start = borrowed(room.ring), borrowed(room.row), borrowed(room.start)
    folded, lines, total = borrowed(room.folded), borrowed(room.lines), borrowed(room.total)
    height, eighth, aside = ring.shape[0], np.uint16(unit // 8), np.uint16(ASIDE)
    radius, side = height // 2, (xmap.size * channels - total.size) // 2
    for y in range(y0, y1 + 2 * radius):
        load_row(rows[ymap[y]], xmap, channels, row)
        _replace(ring[y % height], row, eighth, start)
        middle = y - radius
        if middle < y0 + radius:
            continue
        _raise(ring[middle % height], unit, aside, folded[0])
        for j in range(1, radius + 1):
            _fold(ring[(middle - j) % height], ring[(middle + j) % height], unit, np.uint16(2 * aside), folded[j])
        for k in range(0, folded.shape[0], 2):
            for j in range(0, folded.shape[0] - 3, 4):
                _weigh_four(folded, j, weights[k], weights[k + 1], start, lines)
            if folded.shape[0] % 4 != 0:
                _weigh_two(folded, folded.shape[0] - 2, weights[k], weights[k + 1], start, lines)
            _add_sides(lines, k, side, channels, total)
        _settle(total, back, least, unit, out[middle - radius])


def ring_bytes(image: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """Correlate with weights of a square that are the same in all quarters; None if 16 bits are not enough for them."""
    radius = weights.shape[0] // 2
    size, middle = float(np.abs(weights).sum()), weights[radius, radius]
    if radius > LARGEST or size > 3.9 or middle > 0.8 or weights.min() < -0.12:
        return None
    (h, w), lines, unit = image.shape[:2], radius + 1 + (radius + 1) % 2, 128 if size < 1.95 else 64
    whole = np.zeros((lines, lines), np.int64)
    whole[: radius + 1, : radius + 1] = np.rint(weights[radius:, radius:] * 65536)
    whole[0, 0] += 65536 - (4 * whole.sum() - 2 * (whole[0].sum() + whole[:, 0].sum()) + whole[0, 0])
    # What is taken away of the sum: what `ASIDE` adds, and its eighths.
    higher = ASIDE + (2 * radius + 1) * (2 * lines - 1) * ASIDE // 8
    least = 32768 - 128 * unit
    back = least + unit // 2 + (radius + 1) * (2 * radius + 1) // 2 - higher
    tone = np.uint16(unit), np.uint16(back % 65536), np.uint16(least)
    reach = lines - 1
    maps = index_map(h, radius, radius, "reflect_101"), index_map(w, reach, reach, "reflect_101"), image.size // (h * w)
    rows, out = canonical(image).reshape(h, -1), np.empty(image.shape, np.uint8)
    room = functools.partial(_room, 2 * radius + 1, maps[1].size * maps[2], lines, rows.shape[1])
    plan, result = (rows, maps, (whole + 8192).astype(np.uint16), tone), out.reshape(h, -1)
    run_bands(lambda y0, y1: _fourfold(*plan, room(), result, y0, y1), h, pixels=image.size)
    return out
