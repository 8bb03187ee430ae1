"""Bilateral filtering at a cost that does not grow with the window: Gaussians on the permutohedral lattice.

A pixel is a point of d = 2 + n dimensions, its place and its n guide levels in units of their sigmas.  Its values are
shared out to the d + 1 corners of the simplex that holds it, blurred from corner to corner along the lattice's d + 1
axes, and read back by the same shares.  Only corners that hold something exist: a sparse grid.

A. Adams, J. Baek, M. A. Davis, "Fast high-dimensional filtering using the permutohedral lattice", Computer Graphics
Forum 29(2), 2010.  Corners have d whole coordinates; they are numbered in one number by mixed radix, which is the key
of a hash table with open addressing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .._core import elementary
from .._core.jit import borrowed, kernel
from .._core.planes import canonical

__all__: list[str] = []

EMPTY = -1

TAKEN = 0.5
"""Of a hash table's places, at most."""

HASH = 0x9E3779B97F4A7C15
"""2**64 by the golden ratio: Fibonacci hashing."""


class Corners(NamedTuple):
    """Where the corners of simplices are, and the table that finds what they hold."""

    scales: np.ndarray
    """float64 (d,): a pixel's point times them is its place in the lattice, still in d axes."""
    strides: np.ndarray
    """int64 (d,): of the coordinates in a key."""
    base: int
    """The key of the first corner that there may be."""
    shift: int
    """64 less the bits of the table's size."""
    table: np.ndarray
    """int64: the keys less `base`, each where `_place` looks for it; else `EMPTY`."""
    number: np.ndarray
    """int32: the corner's row of the totals, by its place in the table."""


@kernel(inner=True)
def _place(table, shift, key):
    """Where a key stands in the table, or the empty place that is its own."""
    at = np.int64((np.uint64(key) * np.uint64(HASH)) >> np.uint64(shift))
    while table[at] != EMPTY and table[at] != key:
        at += 1
        if at == table.size:
            at = 0
    return at


@kernel(inner=True)
def _simplex(point, scales, elevated, nearest, rank, shares):
    """The simplex that holds a point: its corner of remainder 0, its coordinates' order, its corners' shares."""
    d = point.size
    total = 0.0
    for i in range(d, 0, -1):
        part = point[i - 1] * scales[i - 1]
        elevated[i] = total - i * part
        total += part
    elevated[0] = total
    excess = 0
    for i in range(d + 1):
        whole = math.floor(elevated[i] / (d + 1) + 0.5)
        nearest[i] = np.int64(whole) * (d + 1)
        excess += np.int64(whole)
        rank[i] = 0
    for i in range(d):
        for j in range(i + 1, d + 1):
            if elevated[i] - nearest[i] < elevated[j] - nearest[j]:
                rank[i] += 1
            else:
                rank[j] += 1
    for i in range(d + 1):  # back onto the plane of coordinates that add up to 0
        rank[i] += excess
        if rank[i] < 0:
            rank[i] += d + 1
            nearest[i] += d + 1
        elif rank[i] > d:
            rank[i] -= d + 1
            nearest[i] -= d + 1
    for i in range(d + 2):
        shares[i] = 0.0
    for i in range(d + 1):
        delta = (elevated[i] - nearest[i]) / (d + 1)
        shares[d - rank[i]] += delta
        shares[d + 1 - rank[i]] -= delta
    shares[0] += 1.0 + shares[d + 1]


@kernel(inner=True)
def _corner(nearest, rank, strides, remainder):
    """The key of a simplex's corner."""
    d = strides.size
    key = np.int64(0)
    for i in range(d):
        step = remainder if rank[i] <= d - remainder else remainder - (d + 1)
        key += (nearest[i] + step) * strides[i]
    return key


@kernel(inner=True)
def _is_placed(values, guides, y, x, y0, x0, point):
    """A pixel's point; False where it holds NaN or infinity, which have no place in the lattice."""
    point[0], point[1] = y + y0, x + x0
    nothing = 0.0
    for i in range(guides.shape[0]):
        point[2 + i] = guides[i, y, x]
        nothing += point[2 + i] * 0.0
    for c in range(values.shape[0]):
        nothing += values[c, y, x] * 0.0
    return nothing == 0.0


@kernel
def _splat(values, guides, y0, start, corners, totals, count):
    """Share out the rows from `start` on; stops before a row that might overfill the table, says at which.

    `values` (c, h, w) and `guides` (n, h, w); `count` (1,) is how many rows of `totals` are taken.
    """
    values, guides, totals = borrowed(values), borrowed(guides), borrowed(totals)
    scales, strides, base, shift, table, number = corners
    channels, height, width = values.shape
    d = strides.size
    point, elevated, shares = np.empty(d), np.empty(d + 1), np.empty(d + 2)
    nearest, rank = np.empty(d + 1, np.int64), np.empty(d + 1, np.int64)
    known, known_at = np.full(d + 1, np.int64(EMPTY)), np.zeros(d + 1, np.int64)
    for y in range(start, height):
        if count[0] + width * (d + 1) > totals.shape[0]:
            return y
        for x in range(width):
            if not _is_placed(values, guides, y, x, y0, 0, point):
                continue
            _simplex(point, scales, elevated, nearest, rank, shares)
            for k in range(d + 1):
                key = _corner(nearest, rank, strides, k) - base
                if key != known[k]:
                    place = _place(table, shift, key)
                    if table[place] == EMPTY:
                        table[place] = key
                        number[place] = count[0]
                        count[0] += 1
                    known[k], known_at[k] = key, number[place]
                at, share = known_at[k], shares[k]
                for c in range(channels):
                    totals[at, c] += share * values[c, y, x]
                totals[at, channels] += share
    return height


@kernel
def _grow(old, old_number, shift, table, number):
    for i in range(old.size):
        if old[i] != EMPTY:
            place = _place(table, shift, old[i])
            table[place] = old[i]
            number[place] = old_number[i]


@kernel
def _blur(table, number, shift, step, totals, out):
    """1/4, 1/2, 1/4 along one axis, whose neighbours are `step` away in keys."""
    totals, out = borrowed(totals), borrowed(out)
    for place in range(table.size):
        key = table[place]
        if key == EMPTY:
            continue
        at = number[place]
        before, after = _place(table, shift, key - step), _place(table, shift, key + step)
        for c in range(totals.shape[1]):
            total = 0.5 * totals[at, c]
            if table[before] != EMPTY:
                total += 0.25 * totals[number[before], c]
            if table[after] != EMPTY:
                total += 0.25 * totals[number[after], c]
            out[at, c] = total


@kernel
def _slice(values, guides, y0, x0, corners, totals, out):
    """Read each pixel's mean back, planes (c, h, w); pixels that are no numbers stay."""
    values, guides, totals, out = borrowed(values), borrowed(guides), borrowed(totals), borrowed(out)
    scales, strides, base, shift, table, number = corners
    channels, height, width = values.shape
    d = strides.size
    point, elevated, shares = np.empty(d), np.empty(d + 1), np.empty(d + 2)
    nearest, rank, total = np.empty(d + 1, np.int64), np.empty(d + 1, np.int64), np.empty(channels + 1)
    known, known_at = np.full(d + 1, np.int64(EMPTY)), np.zeros(d + 1, np.int64)
    for y in range(height):
        for x in range(width):
            if not _is_placed(values, guides, y, x, y0, x0, point):
                for c in range(channels):
                    out[c, y, x] = values[c, y, x]
                continue
            _simplex(point, scales, elevated, nearest, rank, shares)
            total[:] = 0.0
            for k in range(d + 1):
                key = _corner(nearest, rank, strides, k) - base
                if key != known[k]:
                    known[k], known_at[k] = key, number[_place(table, shift, key)]
                at, share = known_at[k], shares[k]
                for c in range(channels + 1):
                    total[c] += share * totals[at, c]
            for c in range(channels):
                out[c, y, x] = total[c] / total[channels]


class Lattice:
    """Corners and the sums they hold, of images of one size.

    Parameters
    ----------
    size : (int, int)
        Of the image.
    sigmas : sequence of float
        Of place (twice) and of each of the guide's channels, in its levels.
    levels : sequence of (float, float)
        Levels between which the guide's channels lie.
    channels : int
        Of the values.

    Raises
    ------
    ValueError
        If there is no room for so many points.
    """

    def __init__(
        self, size: tuple[int, int], sigmas: list[float], levels: list[tuple[float, float]], channels: int
    ) -> None:
        d = len(sigmas)
        axes = np.arange(d)
        # The blur's and the shares' variances together are that of a Gaussian of deviation 1 in each dimension.
        self.scales = (d + 1) * math.sqrt(2 / 3) / np.sqrt((axes + 1.0) * (axes + 2.0)) / np.array(sigmas)
        low, high = np.array([(0.0, size[0] - 1.0), (0.0, size[1] - 1.0), *levels]).T
        parts = np.stack((low, high)) * self.scales
        least, most = np.empty(d), np.empty(d)
        for i in range(d):  # elevated[i] = sum of the parts from i on, less i times the part before
            before = i * parts[:, i - 1] if i else np.zeros(2)
            least[i], most[i] = parts[0, i:].sum() - before[1], parts[1, i:].sum() - before[0]
        room = 3 * (d + 1)  # a corner is within d + 1 of its point, a neighbour within d of that
        extent = most - least
        counts = [int(c) for c in np.ceil(extent) + 2 * room + 1] if np.isfinite(extent).all() else []
        if not counts or math.prod(counts) >= 2**62:
            raise ValueError(
                f"method='grid' has no room for {d - 2} channels in the guide at these sigmas; use method='exact'"
            )
        self.strides = np.array([math.prod(counts[i + 1 :]) for i in range(d)], np.int64)
        self.base = int(((np.floor(least).astype(np.int64) - room) * self.strides).sum())
        self.count = np.zeros(1, np.int64)
        self.totals = np.zeros((1024, channels + 1))
        self._tables(11)

    def _tables(self, bits: int) -> None:
        self.shift, self.table = 64 - bits, np.full(1 << bits, EMPTY, np.int64)
        self.number = np.zeros(1 << bits, np.int32)

    def _corners(self) -> Corners:
        return Corners(self.scales, self.strides, self.base, self.shift, self.table, self.number)

    def _more_room(self, needed: int) -> None:
        rows = max(2 * len(self.totals), needed)
        totals = np.zeros((rows, self.totals.shape[1]))
        totals[: len(self.totals)] = self.totals
        self.totals = totals
        old, number = self.table, self.number
        if rows > TAKEN * len(old):
            self._tables(math.ceil(elementary.log2(rows / TAKEN)))
            _grow(old, number, self.shift, self.table, self.number)

    def add(self, values: np.ndarray, guides: np.ndarray, y0: int) -> None:
        """Share out the rows from `y0` on: planes (c, n, w) and (g, n, w)."""
        start, height, width = 0, values.shape[1], values.shape[2]
        while start < height:
            start = _splat(canonical(values), canonical(guides), y0, start, self._corners(), self.totals, self.count)
            if start < height:
                self._more_room(int(self.count[0]) + width * (len(self.strides) + 1))

    def blur(self) -> None:
        """Along each axis in turn."""
        out = np.zeros_like(self.totals)
        d = len(self.strides)
        for axis in range(d + 1):
            step = int(self.strides.sum()) - ((d + 1) * int(self.strides[axis]) if axis < d else 0)
            _blur(self.table, self.number, self.shift, step, self.totals, out)
            self.totals, out = out, self.totals

    def read(self, values: np.ndarray, guides: np.ndarray, y0: int, x0: int) -> np.ndarray:
        """The means of a part of the image whose first pixel is (y0, x0), planes (c, n, w)."""
        out = np.empty_like(values)
        _slice(canonical(values), canonical(guides), y0, x0, self._corners(), self.totals, out)
        return out
