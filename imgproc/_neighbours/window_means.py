"""Means of windows from sums down the columns and along the rows; see `window_sums`, which lays images out."""

from __future__ import annotations

import numpy as np

from .._core.border import extended
from .._core.finite import largest_bits
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.planes import canonical, level
from .._core.threads import run_bands
from .._core.usual import sums_may_run
from .window_lines import slide, sum_along, sum_half_along

__all__: list[str] = []

DOUBLED_SIDE = 63
"""Windows up to this wide are added up by doubling, which vectorises and does not wait; wider ones by a running sum."""

LEVELS_SIDE = 181
"""Windows of 16-bit levels up to this wide have sums below 2**31."""

FLOAT_ROWS = 128
"""Sums of floats start anew at each band of so many rows."""

BLOCK_BYTES = 1 << 15
"""About so many bytes of a line of sums are worked on at a time: shorter ones cost more than they save."""

# In the kernels below, `blank` is a row that adds nothing; it leaves the window while the first window fills.  `offset`
# is one number of the type in which sums are taken.  `scratch` has four rows of that type, as long as one with borders.


def block_of(width: int, side: int, channels: int, border: str, itemsize: int) -> int:
    """How many samples of a row are worked on at a time.

    What a block sees beyond its ends is added up twice.  The borders are made from the first and from the last block.
    """
    least = 4 * side * channels
    if border == "wrap":
        return width * channels
    return width * channels // max(1, width * channels // max(BLOCK_BYTES // itemsize, least))


@kernel
def mean_rows(image, bits, blank, ymap, xmap, channels, block, offset, scratch, out):
    """Fill `out` with means, and return the largest of the absolute levels that `bits` are the bits of.

    They are in the order of the levels, with infinity and NaN last.  `bits` is empty if nobody asks.
    """
    edge, largest = (xmap.size * channels - image.shape[1]) // 2, np.int32(0)
    side, n = ymap.size - out.shape[0] + 1, out.shape[1]
    narrow = offset.itemsize < 8  # then a window's sum is exact in float32
    x1 = 0
    while x1 < n:
        x0, x1 = x1, (n if n - x1 < 2 * block else x1 + block)
        line, windows = scratch[0, : x1 - x0 + (side - 1) * channels], scratch[3, : x1 - x0]
        first, last = max(x0 - edge, 0), min(x0 + line.size - edge, image.shape[1])
        sums = line[first + edge - x0 : last + edge - x0]
        sums[:] = 0
        for y in range(1 - side, out.shape[0]):
            entering, leaving = ymap[y + side - 1], ymap[max(y - 1, 0)]
            if bits.size > 0:
                largest = max(largest, largest_bits(bits[entering, first:last]))
            slide(image[entering, first:last], image[leaving, first:last] if y > 0 else blank[first:last], sums)
            if y < 0:
                continue
            _fill_ends(line, x0, x1 == n, edge, xmap, channels)
            row = out[y, x0:x1]
            if 1 < side <= DOUBLED_SIDE:
                half = sum_half_along(line, side, channels, scratch[1:3])
                if narrow:
                    _mean_row_of_three_narrow(half, line, side, channels, row)
                else:
                    _mean_row_of_three(half, line, side, channels, np.float64(offset[0]), row)
                continue
            sum_along(line, side, channels, windows)
            if narrow:
                _mean_row_narrow(np.float32(side * side), windows, row)
            else:
                _mean_row(1.0 / (side * side), windows, np.float64(offset[0]), row)
    return largest


@kernel
def level_rows(image, blank, ymap, xmap, channels, block, share, scratch, out):
    """Fill `out` with the levels nearest to the means of windows of 16-bit levels, at most `LEVELS_SIDE` wide.

    `share` is one by the number of pixels of a window.  The sums are exact.  No mean is in the middle of two levels, as
    the number of pixels is odd; one is at least ``share / 2`` from it, so that float32 is enough for 7 x 7 of them.
    """
    edge = (xmap.size * channels - image.shape[1]) // 2
    side, n = ymap.size - out.shape[0] + 1, out.shape[1]
    x1 = 0
    while x1 < n:
        x0, x1 = x1, (n if n - x1 < 2 * block else x1 + block)
        line, windows = scratch[0, : x1 - x0 + (side - 1) * channels], scratch[3, : x1 - x0]
        first, last = max(x0 - edge, 0), min(x0 + line.size - edge, image.shape[1])
        sums = line[first + edge - x0 : last + edge - x0]
        sums[:] = 0
        for y in range(1 - side, out.shape[0]):
            entering, leaving = ymap[y + side - 1], ymap[max(y - 1, 0)]
            slide(image[entering, first:last], image[leaving, first:last] if y > 0 else blank[first:last], sums)
            if y < 0:
                continue
            _fill_ends(line, x0, x1 == n, edge, xmap, channels)
            if side <= DOUBLED_SIDE:
                half = sum_half_along(line, side, channels, scratch[1:3])
                _level_row_of_three(half, line, side, channels, share, out[y, x0:x1])
            else:
                sum_along(line, side, channels, windows)
                _level_row(windows, share, out[y, x0:x1])


@kernel
def _fill_ends(line, x0, is_last, edge, xmap, channels):
    """Fill the ends of the part of a line from x0 on as the border says, where they are those of the whole line.

    `edge` is how many samples the border adds.
    """
    to_line = edge - x0
    for k in range(edge // channels):
        far = xmap.size - 1 - k
        for c in range(channels):
            if x0 == 0:
                line[k * channels + c] = line[to_line + xmap[k] * channels + c]
            if is_last:
                line[far * channels - x0 + c] = line[to_line + xmap[far] * channels + c]


@kernel
def _mean_row_of_three(half, line, side, channels, offset, out):
    kind, share = half.dtype.type, 1.0 / (side * side)
    other, last = half[side // 2 * channels :], line[(side - 1) * channels :]
    for i in range(out.size):
        out[i] = np.float64(kind(half[i] + kind(other[i] + last[i]))) * share + offset


@kernel
def _mean_row_of_three_narrow(half, line, side, channels, out):
    kind, count = half.dtype.type, np.float32(side * side)
    other, last = half[side // 2 * channels :], line[(side - 1) * channels :]
    for i in range(out.size):
        out[i] = np.float32(np.int32(kind(half[i] + kind(other[i] + last[i])))) / count


@kernel
def _mean_row_narrow(count, windows, out):
    for i in range(out.size):
        out[i] = np.float32(np.int32(windows[i])) / count


@kernel
def _mean_row(share, windows, offset, out):
    # An integer sum times the rounded share still rounds to the float32 nearest to the mean.  The count is odd, so a
    # mean that is not a whole number is never too close to the middle between two of them.
    for i in range(out.size):
        out[i] = np.float64(windows[i]) * share + offset


@kernel
def _level_row_of_three(half, line, side, channels, share, out):
    kind, real = half.dtype.type, share.dtype.type
    other, last = half[side // 2 * channels :], line[(side - 1) * channels :]
    for i in range(out.size):
        total = np.int32(kind(half[i] + kind(other[i] + last[i])))
        out[i] = np.int32(np.rint(real(total) * share[0]))


@kernel
def _level_row(windows, share, out):
    real = share.dtype.type
    for i in range(out.size):
        out[i] = np.int32(np.rint(real(np.int32(windows[i])) * share[0]))


def float_means(image: np.ndarray, radius: int, border: str, fill: float) -> np.ndarray | None:
    """Means of a float32 image by sums that run down its columns.

    None if that is no way: windows are too wide, or levels are not finite or far beyond the usual ones
    (`sums_may_run`), which is found on the way.
    """
    side = 2 * radius + 1
    if image.dtype != np.float32 or not image.size or not 1 < side <= DOUBLED_SIDE:
        return None
    source, ymap, xmap = extended(image, radius, border, level(fill, image.dtype))
    rows, (h, w), channels = canonical(source).reshape(len(source), -1), image.shape[:2], channels_of(image)
    bits, offset, blank = canonical(rows.view(np.int32)), np.zeros(1), canonical(np.zeros(rows.shape[1], np.float32))
    block = block_of(w, side, channels, border, 8)
    out = np.empty(image.shape, image.dtype)
    flat = out.reshape(h, -1)

    def work(y0: int, y1: int) -> int:
        scratch = np.zeros((4, xmap.size * channels))
        lines = ymap[y0 : y1 + side - 1]
        return mean_rows(rows, bits, blank, lines, xmap, channels, block, offset, scratch, flat[y0:y1])

    found = run_bands(work, h, pixels=h * w, rows=FLOAT_ROWS)
    largest = float(np.array(max(found), np.int32).view(np.float32))
    return out if np.isfinite(largest) and sums_may_run(image, None, (-largest, largest)) else None
