"""How many pixels of the window around each pixel are at most as bright: the ranks of local equalization and matching.

uint8 slides two-tier column histograms (Perreault & Hébert 2007) over the image: each column of the window keeps 256
counters and 16 sums of them, the window adds the column that enters and subtracts the one that leaves, and a rank is a
sum over at most 16 + 16 counters.  Of the 256 counters only the quarter that a pixel's level is in has to be up to date
there, so the window keeps four quarters, each as far as it was needed last.

Every other dtype inserts the pixels in ascending order into a grid of counts, a Fenwick tree over rows (Fenwick 1994)
whose nodes hold running sums along the row, and asks for the window's sum.  Both are exact.  The first costs the same
for every window, the second grows with its logarithm and with the bands' margins.
"""

from __future__ import annotations

import numpy as np

from .._core.border import extended
from .._core.jit import kernel
from .._core.planes import canonical, level, valid_pixels
from .._core.threads import get_num_threads, run_bands

LEAVE, CONSTANT = -1, -2
"""Ranks that say: keep the pixel (NaN, or no valid pixel in its window); all valid pixels of the window equal it."""

_TIERS, _PIXELS = np.uint64(256), np.uint64(272)
"""Where in a column's counters those of tiers begin, and where the number of its pixels is."""

_SEGMENT = 32  # columns that share one running sum in the grid of counts


@kernel(inner=True)
def _count_row(row, valid, counters, stride, step):
    """Enter the levels of a row into the histograms of its columns; all of them, where `valid` is empty."""
    for x in range(row.size):
        if valid.size == 0 or valid[x]:
            level, at = np.uint64(row[x]), np.uint64(x) * stride
            counters[at + level] += step
            counters[at + _TIERS + (level >> np.uint64(4))] += step
            if valid.size > 0:
                counters[at + _PIXELS] += step


@kernel(inner=True)
def _replace_row(entering, leaving, counters, stride):
    """Enter a row of levels into the histograms of its columns, and take another one out."""
    one = counters.dtype.type(1)
    for x in range(entering.size):
        old, new, at = np.uint64(leaving[x]), np.uint64(entering[x]), np.uint64(x) * stride
        counters[at + old] -= one
        counters[at + _TIERS + (old >> np.uint64(4))] -= one
        counters[at + new] += one
        counters[at + _TIERS + (new >> np.uint64(4))] += one


# Counters are added and subtracted many to a word: no lane ends below zero or overflows, so none spills.


@kernel(inner=True)
def _add(window, columns, places, at, size):
    """Make `size` words of the window from `at` on the sums of those of the columns at these places."""
    for k in range(size):
        window[at + k] = np.uint64(0)
    for i in range(places.size):
        entering = places[i] + at
        for k in range(size):
            window[at + k] += columns[entering + k]


@kernel(inner=True)
def _slide(window, columns, entering, leaving, at, size):
    """Add one column to these words of the window, and subtract another."""
    entering, leaving = entering + at, leaving + at
    for k in range(size):
        window[at + k] += columns[entering + k] - columns[leaving + k]


@kernel(inner=True)
def _rank(window, v, below):
    """How many pixels of the window are at most v; its tiers, and the counters of the tier of v, are up to date."""
    words, tier, total = np.uint64(below.shape[1]), v >> 4, np.uint64(0)
    tiers, fine = np.uint64(16) * words, np.uint64(tier) * words
    for k in range(words):
        total += (window[tiers + k] & below[tier, k]) + (window[fine + k] & below[(v & 15) + 1, k])
    if words == 4:
        return np.int64((total * np.uint64(0x0001000100010001)) >> np.uint64(48))
    return np.int64((total * np.uint64(0x0000000100000001)) >> np.uint64(32))


@kernel(inner=True)
def _next_rows(image, valid, rows, counters, stride):
    """Make the columns' histograms those of the rows up to ``rows[0]``; ``rows[1]`` leaves if it is not negative."""
    entering, leaving = rows
    one, minus_one = counters.dtype.type(1), counters.dtype.type(~counters.dtype.type(0))
    if valid.size == 0 and leaving >= 0:
        _replace_row(image[entering], image[leaving], counters, stride)
        return
    nothing = valid.reshape(-1)
    _count_row(image[entering], valid[entering] if valid.size else nothing, counters, stride, one)
    if leaving >= 0:
        _count_row(image[leaving], valid[leaving] if valid.size else nothing, counters, stride, minus_one)


@kernel
def _ranks_bytes(image, valid, maps, columns, counters, below, ranks, populations):
    """`columns` and `counters` are one memory: for each column of the image, and at last for the window, 256 counters
    of levels, 16 of tiers, one of pixels; row i of `below` selects the first i of 16 counters.

    `maps` are the rows of the image that rows of the window show, and for its columns where their counters begin in
    `columns`, and their columns in the image.  `valid` is empty if all pixels are.
    """
    ymap, places, xmap = maps
    side, words, wide = xmap.size - ranks.shape[1] + 1, np.uint64(below.shape[1]), ranks.shape[1]
    radius, stride, counted = side // 2, np.uint64(counters.size // (image.shape[1] + 1)), populations.size > 0
    window, counts = columns[columns.size - np.int64(words) * 18 :], counters[counters.size - np.int64(stride) :]
    tiers, sums = np.uint64(16) * words, np.uint64(2) * words if counted else words  # of tiers, and of pixels
    quarter, reached = np.uint64(4) * words, np.empty(4, np.int64)  # up to which column each quarter is up to date
    for i in range(side - 1):
        _next_rows(image, valid, (ymap[i], -1), counters, stride)
    for y in range(ranks.shape[0]):
        _next_rows(image, valid, (ymap[y + side - 1], ymap[y - 1] if y else -1), counters, stride)
        row = image[ymap[y + radius]]
        reached[:] = -side
        _add(window, columns, places[:side], tiers, sums)
        for x in range(wide):
            if x > 0:
                _slide(window, columns, places[x + side - 1], places[x - 1], tiers, sums)
            v = np.int64(row[xmap[x + radius]])
            part = np.uint64(v >> 6) * quarter
            if 2 * (x - reached[v >> 6]) > side:
                _add(window, columns, places[x : x + side], part, quarter)
            else:
                for i in range(reached[v >> 6] + 1, x + 1):
                    _slide(window, columns, places[i + side - 1], places[i - 1], part, quarter)
            reached[v >> 6] = x
            rank, population = _rank(window, v, below), np.int64(counts[_PIXELS]) if counted else side * side
            if population == 0:
                rank = LEAVE
            elif rank == population and np.int64(counts[v]) == population:
                rank = CONSTANT
            ranks[y, x] = rank
            if counted:
                populations[y, x] = population


@kernel
def _insert(cells, sums, y, x):
    segment = x // _SEGMENT
    node = y + 1
    while node < cells.shape[0]:
        row = cells[node]
        for k in range(x, (segment + 1) * _SEGMENT):
            row[k] += np.uint32(1)
        row = sums[node]
        for k in range(segment + 1, row.size):
            row[k] += np.uint32(1)
        node += node & -node


@kernel
def _columns_between(cells, sums, node, x0, x1):
    # Columns [x0, x1) of one node: `sums` holds whole segments before, `cells` running sums inside each.
    before = sums[node, x0 // _SEGMENT]
    if x0 % _SEGMENT:
        before += cells[node, x0 - 1]
    upto = sums[node, x1 // _SEGMENT]
    if x1 % _SEGMENT:
        upto += cells[node, x1 - 1]
    return upto - before


@kernel
def _count_window(cells, sums, y0, y1, x0, x1):
    total = np.uint32(0)
    while y1 > y0:
        total += _columns_between(cells, sums, y1, x0, x1)
        y1 &= y1 - 1
    while y0 > y1:
        total -= _columns_between(cells, sums, y0, x0, x1)
        y0 &= y0 - 1
    return np.int32(total)


@kernel
def _ranks_ordered(keys, valid, side, cells, sums, ranks, populations):
    """Ranks of a band from the sorted keys of its extended values (see `_sorted_keys`)."""
    wide = np.uint32(valid.shape[1])
    radius = side // 2
    start = 0
    while start < keys.size:
        stop = start
        value = keys[start] >> np.uint64(32)
        while stop < keys.size and keys[stop] >> np.uint64(32) == value:  # ties enter before any of them is asked
            index = np.uint32(keys[stop])
            y, x = np.int64(index // wide), np.int64(index % wide)
            if valid[y, x]:
                _insert(cells, sums, y, x)
            stop += 1
        for i in range(start, stop):
            index = np.uint32(keys[i])
            y, x = np.int64(index // wide) - radius, np.int64(index % wide) - radius
            if 0 <= y < ranks.shape[0] and 0 <= x < ranks.shape[1]:
                ranks[y, x] = _count_window(cells, sums, y, y + side, x, x + side)
        start = stop
    for y in range(populations.shape[0]):
        for x in range(populations.shape[1]):
            populations[y, x] = _count_window(cells, sums, y, y + side, x, x + side)


@kernel
def _flag_uniform(values, valid, side, ranks, populations):
    # Only a window whose largest value is its centre's can be uniform; beside a uniform one a column decides.
    radius = side // 2
    for y in range(ranks.shape[0]):
        for x in range(ranks.shape[1]):
            population = populations[y, x] if populations.size > 0 else side * side
            if ranks[y, x] < 0 or population == 0:
                ranks[y, x] = LEAVE
            elif ranks[y, x] == population:
                value = values[y + radius, x + radius]
                same = x > 0 and ranks[y, x - 1] == CONSTANT and values[y + radius, x + radius - 1] == value
                if _all_equal(values, valid, value, y, y + side, x + side - 1 if same else x, x + side):
                    ranks[y, x] = CONSTANT


@kernel
def _all_equal(values, valid, value, y0, y1, x0, x1):
    for y in range(y0, y1):
        for x in range(x0, x1):
            if valid[y, x] and values[y, x] != value:
                return False
    return True


def window_ranks(
    plane: np.ndarray, valid: np.ndarray | None, radius: int, border: str, fill: float
) -> tuple[np.ndarray, np.ndarray | None]:
    """Rank of each pixel among the valid pixels of its window.

    Parameters
    ----------
    plane : ndarray of shape (h, w)
        Canonical, not empty, any supported dtype.
    valid : ndarray of bool, shape (h, w), optional
        Which pixels count; NaN and infinite ones never do.
    radius, border, fill
        The window is (2 radius + 1) square; what lies outside is valid under ``constant``, else as its source.

    Returns
    -------
    ranks : ndarray of int32, shape (h, w)
        How many valid pixels of the window are at most as bright, or `LEAVE`, or `CONSTANT`.
    populations : ndarray of int32, shape (h, w), or None
        How many valid pixels the window has; None where that is always (2 radius + 1)**2.
    """
    h, w = plane.shape
    finite = None if plane.dtype.kind == "u" else np.isfinite(plane)
    if finite is not None and not finite.all():
        valid = finite if valid is None else valid & finite
    populations = np.empty((0, 0) if valid is None else (h, w), np.int32)
    counted = valid_pixels(plane, valid)
    counted, *_ = extended(counted, radius, border, True)
    plane, ymap, xmap = extended(plane, radius, border, level(fill, plane.dtype))
    ranks = np.empty((h, w), np.int32)
    work = _byte_bands if plane.dtype == np.uint8 else _ordered_bands
    work(canonical(plane), canonical(counted), ymap, xmap, ranks, populations)
    return ranks, (None if valid is None else populations)


def _byte_bands(
    plane: np.ndarray, valid: np.ndarray, ymap: np.ndarray, xmap: np.ndarray, ranks: np.ndarray, populations: np.ndarray
) -> None:
    side = ymap.size - ranks.shape[0] + 1
    counter = np.dtype(np.uint16 if side * side < 1 << 16 else np.uint32)
    below = np.tril(np.full((17, 16), -1), -1).astype(counter).view(np.uint64)

    size = 18 * below.shape[1]
    places = xmap.astype(np.uint64) * np.uint64(size)
    valid = valid if populations.size else valid[:0]

    def band(y0: int, y1: int) -> None:
        columns = _aligned_words(plane.shape[1] + 1, size).reshape(-1)
        maps = ymap[y0 : y1 + side - 1], places, xmap
        part = ranks[y0:y1], populations[y0:y1]
        _ranks_bytes(plane, valid, maps, columns, columns.view(counter), below, *part)

    run_bands(band, ranks.shape[0], pixels=ranks.size)


def _aligned_words(rows: int, columns: int) -> np.ndarray:
    # Vector loads that straddle cache lines cost a quarter of the speed.
    words = np.zeros(rows * columns + 8, np.uint64)
    start = -(words.ctypes.data >> 3) % 8
    return words[start : start + rows * columns].reshape(rows, columns)


def _ordered_bands(
    plane: np.ndarray, valid: np.ndarray, ymap: np.ndarray, xmap: np.ndarray, ranks: np.ndarray, populations: np.ndarray
) -> None:
    h, w = ranks.shape
    side = ymap.size - h + 1

    def band(y0: int, y1: int) -> None:
        rows = ymap[y0 : y1 + side - 1]
        values, counted = canonical(plane[rows][:, xmap]), canonical(valid[rows][:, xmap])
        ranks[y0:y1] = LEAVE  # of NaN and infinity, which have no key
        segments = values.shape[1] // _SEGMENT + 1
        cells = np.zeros((values.shape[0] + 1, segments * _SEGMENT), np.uint32)
        sums = np.zeros((values.shape[0] + 1, segments + 1), np.uint32)
        part = ranks[y0:y1], populations[y0:y1]
        _ranks_ordered(_sorted_keys(values), counted, side, cells, sums, *part)
        _flag_uniform(values, counted, side, *part)

    # Each band repeats a margin of `side` rows, so tall bands; but not too tall, for memory and every thread's share.
    run_bands(band, h, pixels=h * w, rows=min(max(128, side), -(-h // get_num_threads())))


def _sorted_keys(values: np.ndarray) -> np.ndarray:
    """The finite values in ascending order: uint64 with the flat index below, and above a number that orders them."""
    flat = values.reshape(-1)
    if values.dtype == np.float64:  # which fills 64 bits itself: number the different values
        order = np.argsort(flat)
        order = order[np.isfinite(flat[order])]
        number = np.zeros(order.size, np.uint64)
        np.cumsum(flat[order[1:]] != flat[order[:-1]], out=number[1:])
        return number << np.uint64(32) | order.astype(np.uint64)
    if values.dtype.kind == "u":
        keys = flat.astype(np.uint64)
    else:  # bits of a float order like an integer once negative ones are turned round; -0.0 is made 0.0
        bits = (flat + np.float32(0)).view(np.uint32)
        bits ^= (bits >> np.uint32(31)) * np.uint32((1 << 31) - 1) | np.uint32(1 << 31)
        keys = bits.astype(np.uint64)
    keys <<= np.uint64(32)
    by_row = keys.reshape(values.shape)  # in place: an array of indices would double the memory
    by_row += np.arange(values.shape[1], dtype=np.uint64)
    by_row += np.arange(values.shape[0], dtype=np.uint64)[:, None] * np.uint64(values.shape[1])
    if values.dtype.kind == "f" and not np.isfinite(flat).all():
        keys = keys[np.isfinite(flat)]
    keys.sort()
    return keys
