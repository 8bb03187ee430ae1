"""What sums over windows do with one line: the window moves down by a row, a border is put on, neighbours are added.

Lines are flat, of all channels.  Their type is that in which sums are taken: unsigned integers, which may wrap around
as long as the sum of a window fits, or float64.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import kernel

__all__: list[str] = []

DIRECT_SIDE = 7  # windows up to this wide are added up term by term, which vectorises; wider ones by a running sum


@kernel
def slide(entering, leaving, sums):
    """Move the sums of columns down by a row."""
    kind = sums.dtype.type
    for i in range(sums.size):
        sums[i] = kind(sums[i] + kind(kind(entering[i]) - kind(leaving[i])))


@kernel
def slide_both(entering, leaving, offset, sums, squares):
    """Move the sums of columns and those of their squares."""
    kind = sums.dtype.type
    for i in range(sums.size):
        a = kind(kind(entering[i]) - offset[0])
        b = kind(kind(leaving[i]) - offset[0])
        change = kind(a - b)
        sums[i] = kind(sums[i] + change)
        squares[i] = kind(squares[i] + kind(change * kind(a + b)))


@kernel
def slide_packed(entering, leaving, packed):
    """Do as `slide_both` with the sum in the lower half of a word, and the sum of squares in the upper half.

    Neither spills over, so that one running sum serves both.
    """
    for i in range(packed.size):
        a, b = np.int32(entering[i]), np.int32(leaving[i])
        change = np.int32(a - b)
        both = np.int64(np.int64(change) + (np.int64(np.int32(change * np.int32(a + b))) << np.int64(32)))
        packed[i] = np.uint64(packed[i] + np.uint64(both))


@kernel
def fill_margins(line, start, xmap, channels):
    """Fill both ends of an extended line as the border says.  Column 0 of the image is at `start`."""
    for k in range(start // channels):
        far = xmap.size - 1 - k
        for c in range(channels):
            line[k * channels + c] = line[start + xmap[k] * channels + c]
            line[far * channels + c] = line[start + xmap[far] * channels + c]


@kernel
def sum_along(line, side, channels, windows):
    """Add up `side` neighbours of the same channel: ``windows[i] = line[i] + line[i + channels] + ...``."""
    kind = windows.dtype.type
    n = windows.size
    if 1 < side <= DIRECT_SIDE:
        one, two = line[channels:], line[2 * channels :]
        for i in range(n):
            windows[i] = kind(line[i] + kind(one[i] + two[i]))
        for k in range(3, side - 1, 2):
            one, two = line[k * channels :], line[(k + 1) * channels :]
            for i in range(n):
                windows[i] = kind(windows[i] + kind(one[i] + two[i]))
    else:
        upto, following = line[side * channels :], windows[channels:]
        for c in range(channels):
            total = kind(0)
            for k in range(side):
                total = kind(total + line[k * channels + c])
            windows[c] = total
        if channels == 1:
            total = windows[0]
            for i in range(following.size):
                total = kind(total + kind(upto[i] - line[i]))
                following[i] = total
            return
        for c in range(channels):
            total = windows[c]
            for k in range(following.size // channels):
                i = k * channels + c
                total = kind(total + kind(upto[i] - line[i]))
                following[i] = total


@kernel
def _add_two(half, by, out):
    kind, other = out.dtype.type, half[by:]
    for i in range(out.size):
        out[i] = kind(half[i] + other[i])


@kernel
def _add_three(half, by, line, out):
    kind, other, last = out.dtype.type, half[by:], line[2 * by :]
    for i in range(out.size):
        out[i] = kind(half[i] + kind(other[i] + last[i]))


@kernel
def sum_half_along(line, side, channels, spare):
    """Add up ``side // 2`` neighbours of the same channel, by doubling: a loop for each binary digit.

    A window is what its first half sees, its other half, and one more.  `spare` has room for two lines.
    """
    half, width, digit, k = line, 1, 1, 0
    while 2 * digit <= side // 2:
        digit *= 2
    while width < side // 2:
        digit //= 2
        odd = side // 2 // digit % 2
        out = spare[k, : line.size - (2 * width + odd - 1) * channels]
        if odd:
            _add_three(half, width * channels, line, out)
        else:
            _add_two(half, width * channels, out)
        half, width, k = out, 2 * width + odd, 1 - k
    return half
