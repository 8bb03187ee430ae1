"""Sums over windows: the ground of local statistics.

Sums run down the columns and along the rows, so they cost the same for every radius.  Integer sums are exact: they may
wrap around modulo 2**32 or 2**64, but the sum of a window fits.  Float sums are taken in float64 about the image's mean
and start anew at fixed rows, so they neither drift nor depend on the number of threads.

A running sum that has met an enormous value keeps the rounding error of it when the value has left the window.  So
images with values far beyond the usual ones (`sums_may_run`) get sums that only ever add what is in the window: the
lines of all windows of a block are parted at one line that each of them sees, and a window is what it sees above that
line plus what it sees below (as M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and
octagonal kernels", Pattern Recognition Letters 13, 1992, has it for maxima).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._core.border import extended
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.planes import canonical, full_scale, level, valid_pixels
from .._core.threads import run_bands
from .._core.usual import some_values, sums_may_run
from .window_lines import DIRECT_SIDE, fill_margins, slide_both, slide_packed, sum_along
from .window_means import FLOAT_ROWS, LEVELS_SIDE, block_of, level_rows, mean_rows

MASKED_ROWS = 32  # sums, counts and what is made of them in NumPy, for so many rows at a time; divides FLOAT_ROWS


# In the kernels below, `blank` is a row that adds nothing; it leaves the window while the first window fills.  `offset`
# is one number of the type in which sums are taken.  `scratch` has rows of that type, as long as one with its borders.


@kernel
def _deviation_rows(image, blank, ymap, xmap, channels, offset, limits, scratch, std, chosen):
    """Fill `std` with standard deviations, or `chosen` with whether pixels meet the `limits`; the other has no columns.

    Sums have the type of `offset`: uint32 or uint64, which are exact, or float64.
    """
    height, n = max(std.shape[0], chosen.shape[0]), max(std.shape[1], chosen.shape[1])
    margin = (ymap.size - height) // 2
    side = 2 * margin + 1
    start = (scratch.shape[1] - image.shape[1]) // 2
    sums, squares = scratch[0, start : start + image.shape[1]], scratch[1, start : start + image.shape[1]]
    s, q, count = scratch[2, :n], scratch[3, :n], np.uint32(side * side)
    for y in range(1 - side, height):
        slide_both(image[ymap[y + side - 1]], image[ymap[y - 1]] if y > 0 else blank, offset, sums, squares)
        if y < 0:
            continue
        for k in range(2):
            fill_margins(scratch[k], start, xmap, channels)
            sum_along(scratch[k], side, channels, scratch[2 + k, :n])
        if chosen.size > 0:
            if offset.itemsize == 4 and count <= 256:
                _choose_row_bytes(count, s, q, limits, chosen[y])
            else:
                _choose_row(count, s, q, limits, chosen[y])
        elif offset.itemsize == 4:
            _std_row_bytes(count, s, q, std[y])
        else:
            _std_row(count, s, q, std[y])


@kernel
def _deviation_rows_packed(image, blank, ymap, xmap, channels, limits, scratch, halves, std, chosen):
    """Do as `_deviation_rows` for wide windows of bytes, whose sums and sums of squares fit 32 bits each.

    `halves` is room for both of a row.
    """
    s, q = halves[0], halves[1]
    height, n = max(std.shape[0], chosen.shape[0]), s.size
    side = ymap.size - height + 1
    start = (scratch.shape[1] - image.shape[1]) // 2
    packed, windows = scratch[0, start : start + image.shape[1]], scratch[1, :n]
    count = np.uint32(side * side)
    for y in range(1 - side, height):
        slide_packed(image[ymap[y + side - 1]], image[ymap[y - 1]] if y > 0 else blank, packed)
        if y < 0:
            continue
        fill_margins(scratch[0], start, xmap, channels)
        sum_along(scratch[0], side, channels, windows)
        for i in range(n):
            s[i] = np.uint32(windows[i])
            q[i] = np.uint32(windows[i] >> np.uint64(32))
        if chosen.size > 0:
            _choose_row(count, s, q, limits, chosen[y])
        else:
            _std_row_bytes(count, s, q, std[y])


# These are three short kernels, not one long one, because LLVM inlines short ones.  A call that passes arrays would
# cost as much as the end of a row.


@kernel
def _choose_row(count, s, q, limits, chosen):
    # The limits are the lowest and highest sum of the window, and the lowest and highest n**2 times its variance.
    for i in range(chosen.size):
        total, spread = np.float64(s[i]), max(np.float64(_spread(count, s[i], q[i])), 0.0)
        mean_fits = (total >= limits[0]) & (total <= limits[1])
        chosen[i] = mean_fits & (spread >= limits[2]) & (spread <= limits[3])


@kernel
def _choose_row_bytes(count, s, q, limits, chosen):
    """Do as `_choose_row` in small windows of bytes, whose sums and variances fit 32 bits; limits are whole numbers."""
    low, high = _word(limits[0]), _word(limits[1])
    least, most = _word(limits[2]), _word(limits[3])
    for i in range(chosen.size):
        a, b = np.uint32(s[i]), np.uint32(q[i])
        spread = np.uint32(np.uint32(count * b) - np.uint32(a * a))
        chosen[i] = (a >= low) & (a <= high) & (spread >= least) & (spread <= most)


@kernel
def _word(limit):
    return np.uint32(min(max(limit, 0.0), 4294967295.0))


@kernel
def _std_row(count, s, q, std):
    for i in range(std.size):
        std[i] = np.sqrt(max(np.float64(_spread(count, s[i], q[i])), 0.0)) / np.float64(count)


@kernel
def _std_row_bytes(count, s, q, std):
    share = np.float32(1.0 / np.float64(count))
    if count <= 256:  # then count**2 * 255**2 fits 32 bits
        for i in range(std.size):
            a, b = np.uint32(s[i]), np.uint32(q[i])
            std[i] = np.sqrt(np.float32(np.uint32(np.uint32(count * b) - np.uint32(a * a)))) * share
    else:
        for i in range(std.size):
            std[i] = np.sqrt(np.float32(_spread(count, s[i], q[i]))) * share


@kernel
def _spread(count, s, q):
    # This is count**2 times the variance.  32-bit sums are widened to 64 bits first.
    return count * q - s * s


@kernel
def _window_sums(image, blank, ymap, xmap, channels, offset, scratch, sums, squares):
    """Fill `sums` and `squares` with the sums of the windows themselves, which masks need."""
    margin = (ymap.size - sums.shape[0]) // 2
    side = 2 * margin + 1
    start = (scratch.shape[1] - image.shape[1]) // 2
    columns, column_squares = scratch[0, start : start + image.shape[1]], scratch[1, start : start + image.shape[1]]
    for y in range(1 - side, sums.shape[0]):
        slide_both(image[ymap[y + side - 1]], image[ymap[y - 1]] if y > 0 else blank, offset, columns, column_squares)
        if y < 0:
            continue
        for k, out in enumerate((sums, squares)):
            fill_margins(scratch[k], start, xmap, channels)
            sum_along(scratch[k], side, channels, out[y])


@kernel
def _add_line(line, offset, sums, squares):
    for i in range(sums.size):
        v = np.float64(line[i]) - offset
        sums[i] += v
        squares[i] += v * v


@kernel
def _add_sums(one, two, sums):
    for i in range(sums.size):
        sums[i] = one[i] + two[i]


@kernel
def _columns_afresh(image, ymap, offset, start, columns):
    """Sum the columns of windows of rows, of which ``columns[0]`` and ``columns[1]`` have one each, and one to spare,
    without taking anything away.  Column 0 of the image is at `start`."""
    n, stop = columns.shape[1] - 1, start + image.shape[1]
    side = ymap.size - n + 1
    tail, tail_squares = columns[0, n, start:stop], columns[1, n, start:stop]
    for first in range(0, n, side):
        last = min(first + side, n) - 1  # lines `last` to first + side - 1 are seen by all windows of this block
        sums, squares = columns[0, last, start:stop], columns[1, last, start:stop]
        sums[:] = 0.0
        squares[:] = 0.0
        for k in range(first + side - 1, last - 1, -1):
            _add_line(image[ymap[k]], offset[0], sums, squares)
        for y in range(last - 1, first - 1, -1):
            columns[:, y, :] = columns[:, y + 1, :]
            _add_line(image[ymap[y]], offset[0], columns[0, y, start:stop], columns[1, y, start:stop])
        tail[:] = 0.0
        tail_squares[:] = 0.0
        for y in range(first + 1, last + 1):
            _add_line(image[ymap[y + side - 1]], offset[0], tail, tail_squares)
            sums, squares = columns[0, y, start:stop], columns[1, y, start:stop]
            _add_sums(sums, tail, sums)
            _add_sums(squares, tail_squares, squares)


@kernel
def _sum_along_afresh(line, side, channels, windows):
    """Do as `sum_along` without taking anything away."""
    n = windows.size // channels
    for c in range(channels):
        for first in range(0, n, side):
            stop = min(first + side, n)
            total = 0.0
            for k in range(first + side - 1, first - 1, -1):
                total += line[k * channels + c]
                if k < stop:
                    windows[k * channels + c] = total
            total = 0.0
            for k in range(first + 1, stop):
                total += line[(k + side - 1) * channels + c]
                windows[k * channels + c] += total


@kernel
def _window_sums_afresh(image, ymap, xmap, channels, offset, columns, sums, squares):
    """Do as `_window_sums` without taking anything away from a sum.

    `columns` has room for both sums of the columns of each row, and of one row more, as long as a row with borders.
    """
    n = sums.shape[0]
    start = (columns.shape[2] - image.shape[1]) // 2
    side = ymap.size - n + 1
    _columns_afresh(image, ymap, offset, start, columns)
    for y in range(n):
        for k, out in enumerate((sums, squares)):
            fill_margins(columns[k, y], start, xmap, channels)
            _sum_along_afresh(columns[k, y], side, channels, out[y])


@kernel
def mean_float(plane, mask):
    # Sums are of differences to the first value, so that the mean of a constant plane is exactly its value.
    total, n, first = 0.0, 0, np.nan
    for y in range(plane.shape[0]):
        row = 0.0
        for x in range(plane.shape[1]):
            if mask[y, x] and np.isfinite(plane[y, x]):
                first = np.float64(plane[y, x]) if n == 0 else first
                row += plane[y, x] - first
                n += 1
        total += row
    return (first + total / n if n > 0 else np.nan), n


class Samples(NamedTuple):
    """Which samples of an image count, as arrays of its shape."""

    valid: np.ndarray | None
    """None means that all samples count."""

    spoilt: np.ndarray | None
    """Samples that count and are not finite, and so spoil the windows that hold them; None means that there is none."""

    ends: tuple[float, float] | None
    """The lowest and the highest of the samples that count, where they are known."""


class Windows:
    """An image laid out for sums over windows: flat rows of all channels, index maps, and the type of the sums."""

    def __init__(self, image: np.ndarray, radius: int, border: str, fill: float, samples: Samples) -> None:
        self.shape = image.shape[:2]
        self.channels = channels_of(image)
        self.side = 2 * radius + 1
        self.radius, self.border = radius, border
        self.whole = image.dtype.kind == "u" and self.side**4 * full_scale(image.dtype) ** 2 < 1 << 64
        outside = level(fill, image.dtype)
        source, self.ymap, self.xmap = extended(image, radius, border, outside)
        self.rows = self._flat(source)
        self.offset = np.zeros(1, np.uint64)
        valid = samples.valid
        self.runs = sums_may_run(image, valid, samples.ends, float(outside) if border == "constant" else None)
        if not self.runs:
            self.offset = np.array([np.median(some_values(image, valid))], np.float64)
        elif not self.whole:  # some rows are enough to know about where the values lie
            step = max(1, self.shape[0] // 16)
            some = self._flat(image[::step])
            mean, n = mean_float(some, valid_pixels(some, None if valid is None else self._flat(valid[::step])))
            self.offset = np.array([image.dtype.type(mean if n else 0)], np.float64)

    def _flat(self, array: np.ndarray) -> np.ndarray:
        return canonical(array).reshape(array.shape[0], -1)

    def run(self, work: Callable[[np.ndarray, int, int], None]) -> None:
        """Call ``work(ymap of the band, y0, y1)`` for each band of rows."""
        h, w = self.shape
        rows = None if self.whole else FLOAT_ROWS
        run_bands(lambda a, b: work(self.ymap[a : b + self.side - 1], a, b), h, pixels=h * w, rows=rows)

    def scratch(self, rows: int, dtype: np.dtype | type[np.generic]) -> np.ndarray:
        """Make rows of zeros for sums, as long as a row with its borders."""
        return np.zeros((rows, self.xmap.size * self.channels), dtype)

    def block(self, dtype: np.dtype) -> int:
        """Say how many samples of a row are worked on at a time, with sums of a dtype."""
        return block_of(self.shape[1], self.side, self.channels, self.border, dtype.itemsize)

    def means(self, rows: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
        """Fill `out` with the means of `rows`, summed in the type of `offset`."""
        blank, kind = _blank(rows, offset), offset.dtype
        args = self.xmap, self.channels, self.block(kind), offset
        bits = canonical(np.empty((0, 0), np.int32))
        self.run(lambda lines, a, b: mean_rows(rows, bits, blank, lines, *args, self.scratch(4, kind), out[a:b]))

    def levels(self, out: np.ndarray) -> bool:
        """Fill `out` with the levels nearest to the means of a uint16 image; False if windows are too wide for that."""
        if self.side > LEVELS_SIDE:
            return False
        real, zero = np.float32 if self.side <= DIRECT_SIDE else np.float64, np.zeros(1, np.uint32)
        blank, share = _blank(self.rows, zero), np.array([1 / self.side**2], real)
        args = self.xmap, self.channels, self.block(zero.dtype), share
        self.run(lambda lines, a, b: level_rows(self.rows, blank, lines, *args, self.scratch(4, zero.dtype), out[a:b]))
        return True

    def deviations(self, limits: np.ndarray | None, std: np.ndarray, chosen: np.ndarray) -> None:
        """Fill `std`; or, if there are `limits`, fill `chosen`.  The other one is empty."""
        limits = np.zeros(4) if limits is None else limits
        bytewise = self.rows.dtype == np.uint8 and self.side <= 255  # their squares add up to less than 2**32
        offset = np.zeros(1, np.uint32) if bytewise else self.offset
        blank = _blank(self.rows, offset)

        def work(lines: np.ndarray, a: int, b: int) -> None:
            args = self.rows, blank, lines, self.xmap, self.channels
            if bytewise and self.side > DIRECT_SIDE:
                rows = np.empty((2, self.shape[1] * self.channels), np.uint32)
                _deviation_rows_packed(*args, limits, self.scratch(2, np.uint64), rows, std[a:b], chosen[a:b])
            else:
                _deviation_rows(*args, offset, limits, self.scratch(4, offset.dtype), std[a:b], chosen[a:b])

        self.run(work)

    def over_valid(
        self,
        valid: np.ndarray | None,
        rule: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
        out: np.ndarray,
    ) -> None:
        """Fill `out` with ``rule(n, s, q)``.

        n is the number of valid pixels of a window, s the sum of their differences to `offset`, and q the sum of the
        squares of these differences.  None for `valid` means that all pixels are.
        """
        shown = np.ones((*self.shape, self.channels), bool) if valid is None else valid
        inside, *_ = extended(shown, self.radius, self.border, True)
        ones = canonical(self._flat(inside).view(np.uint8))
        # What does not count becomes the offset and so adds nothing.
        values = canonical(np.where(ones, self.rows, self.rows.dtype.type(self.offset[0])))
        zero, args = np.zeros(1, self.offset.dtype), (self.xmap, self.channels)
        blanks = _blank(values, self.offset), _blank(ones, zero)

        def work(lines: np.ndarray, a: int, b: int) -> None:
            for y0 in range(a, b, MASKED_ROWS):
                y1 = min(y0 + MASKED_ROWS, b)
                part = lines[y0 - a : y1 - a + self.side - 1]
                n, s, q, unused = (np.zeros((y1 - y0, out.shape[1]), self.offset.dtype) for _ in range(4))
                if self.runs:
                    _window_sums(values, blanks[0], part, *args, self.offset, self.scratch(2, s.dtype), s, q)
                else:
                    room = self.scratch(2 * (y1 - y0 + 1), s.dtype).reshape(2, y1 - y0 + 1, -1)
                    _window_sums_afresh(values, part, *args, self.offset, room, s, q)
                _window_sums(ones, blanks[1], part, *args, zero, self.scratch(2, s.dtype), n, unused)
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    out[y0:y1] = rule(n, s, q)

        self.run(work)

    def contains(self, pixels: np.ndarray) -> np.ndarray:
        """Say which windows contain at least one of the `pixels`, a bool array of the image's shape."""
        flags, *_ = extended(pixels, self.radius, self.border, False)
        found = np.empty((self.shape[0], self.shape[1] * self.channels), np.float32)
        flat, zero = canonical(self._flat(flags).view(np.uint8)), np.zeros(1, np.uint64)
        self.means(flat, zero, found)
        return found > 0


def _blank(rows: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Make a row that adds nothing; it leaves the window while the first window fills."""
    return canonical(np.full(rows.shape[1], offset[0], rows.dtype))


def valid_samples(image: np.ndarray, mask: np.ndarray | None) -> Samples:
    """Say which samples of an image that is not empty count."""
    shown = None if mask is None else np.broadcast_to(mask if image.ndim == 2 else mask[:, :, None], image.shape)
    if image.dtype.kind == "u":
        return Samples(shown, None, None)
    low, high = float(image.min()), float(image.max())
    if math.isfinite(low) and math.isfinite(high):  # and then there is no NaN, which would be both
        return Samples(shown, None, (low, high) if shown is None else None)
    finite = np.isfinite(image)
    return Samples(finite if shown is None else shown & finite, ~finite if shown is None else shown & ~finite, None)
