"""Order statistics of square windows, for any dtype.

The pixels of a tile are numbered in ascending order, so that a window is a set of numbers: one bit each, and a count
for every `_GROUP` bits.  The window moves to and fro over the tile; a pixel that enters or leaves flips a bit.  The
wanted one is looked for from where the last one was found (Huang, Yang & Tang 1979, on ranks instead of levels): a step
or two over groups, then over the words of one group.  Ties need no care, equal pixels have different numbers.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .._core.jit import Intrinsic, borrowed, kernel
from .._core.planes import canonical
from .._core.threads import get_num_threads, run_all, stays_serial
from ._common import as_levels, spoil, with_frame

__all__: list[str] = []

_WORDS = 8
_GROUP = 64 * _WORDS
_TILE_COLUMNS = 512
_TILE_PIXELS = 1 << 16  # whose bits fit into the L1 cache, and whose indices into little memory


def _count_bits(intrinsic: Any) -> Any:
    from numba.core import types

    def count(typing_context, word):
        def generate(context, builder, signature, args):
            return builder.ctpop(args[0])

        return types.uint64(types.uint64), generate

    return intrinsic(count)


bits_of = Intrinsic(_count_bits, lambda word: np.uint64(int(word).bit_count()))
"""How many bits of a uint64 are set."""


@kernel(inner=True)
def _flip(rank, step, words, counts, group):
    """Let a rank in or out; returns how many that changes before `group`."""
    words[rank >> np.uint32(6)] ^= np.uint64(1) << np.uint64(rank & np.uint32(63))
    own = rank >> np.uint32(9)
    counts[own] += step
    return step if own < group else np.int32(0)


@kernel(inner=True)
def _select(word, k):
    """The place of set bit number k."""
    place = np.uint64(0)
    for step in range(6):
        half = np.uint64(32) >> np.uint64(step)
        below = bits_of(word & ((np.uint64(1) << half) - np.uint64(1)))
        if k >= below:
            k -= below
            word >>= half
            place += half
    return place


@kernel(inner=True)
def _find(k, words, group):
    """The rank of number k within a group."""
    at = np.uint64(group) * np.uint64(_WORDS)
    here = bits_of(words[at])
    while k >= here:
        k -= here
        at += np.uint64(1)
        here = bits_of(words[at])
    return at * np.uint64(64) + _select(words[at], k)


@kernel(inner=True)
def _mean(k, number, values, words, counts, group):
    """The mean of so many values from number k of a group on."""
    total, taken = 0.0, 0
    while taken < number:
        if counts[group] > 0:
            at = np.uint64(group) * np.uint64(_WORDS)
            for j in range(_WORDS):
                word = words[at + np.uint64(j)]
                while word != 0 and taken < number:
                    lowest = word & (~word + np.uint64(1))
                    if k > 0:
                        k -= 1
                    else:
                        total += values[(at + np.uint64(j)) * np.uint64(64) + bits_of(lowest - np.uint64(1))]
                        taken += 1
                    word ^= lowest
        group += np.uint32(1)
    return total / number


@kernel
def _select_ranks(ranks, side, k, number, values, words, counts, found):
    """Of each window of `side` the rank of number `k`, or the mean of `number` of the sorted `values` from there on.

    `ranks` and `found` are turned, (columns, rows)."""
    ranks, words, counts, found = borrowed(ranks), borrowed(words), borrowed(counts), borrowed(found)
    one, group, before, x = np.int32(1), np.uint32(0), np.int32(0), 0
    for y in range(found.shape[1]):
        for j in range(side):
            if y == 0:
                for i in range(side):
                    before += _flip(ranks[j, i], one, words, counts, group)
            else:
                before += _flip(ranks[x + j, y - 1], -one, words, counts, group)
                before += _flip(ranks[x + j, y + side - 1], one, words, counts, group)
        for step in range(found.shape[0]):
            if step > 0:
                forth = y % 2 == 0
                old = ranks[x if forth else x + side - 1]
                x += 1 if forth else -1
                new = ranks[x + side - 1 if forth else x]
                for i in range(y, y + side):
                    before += _flip(old[i], -one, words, counts, group)
                    before += _flip(new[i], one, words, counts, group)
            while before > k:
                group -= np.uint32(1)
                before -= counts[group]
            while before + counts[group] <= k:
                before += counts[group]
                group += np.uint32(1)
            if values is None:
                found[x, y] = _find(np.uint64(k - before), words, group)
            else:
                found[x, y] = _mean(k - before, number, values, words, counts, group)


def order_statistic(
    image: np.ndarray, radius: int, first: int, border: str, fill: float = 0.0, number: int | None = None
) -> np.ndarray:
    """Value `first`, from 0, of the sorted window of each pixel, or the mean of `number` values from there on.

    NaN where a window holds NaN."""
    h, w = image.shape[:2]
    side = 2 * radius + 1
    framed = with_frame(image, radius, border, fill).reshape(h + 2 * radius, w + 2 * radius, -1)
    result = np.empty((h, w, framed.shape[2]), image.dtype)
    columns = min(w, max(_TILE_COLUMNS, 2 * side))
    rows = min(h, max(side, _TILE_PIXELS // (columns + 2 * radius) - 2 * radius))

    def tile(y: int, x: int, c: int) -> None:
        block = framed[y : y + rows + 2 * radius, x : x + columns + 2 * radius, c].T
        flat = np.array(block, order="C").reshape(-1)
        if flat.dtype.kind == "f":
            flat += flat.dtype.type(0)  # -0.0 becomes 0.0: which of them comes first depends on the CPU's sort
        order = np.argsort(flat, kind="stable" if flat.dtype.kind == "u" else None)  # by digits, or by vectors
        ranks = np.empty(flat.size, np.uint32)
        ranks[order] = np.arange(flat.size, dtype=np.uint32)
        values = flat[order]
        del flat, order  # a tile's indices take four times the memory of its pixels
        words = np.zeros((ranks.size // _GROUP + 1) * _WORDS, np.uint64)
        counts = np.zeros(ranks.size // _GROUP + 1, np.int32)
        shape = block.shape[0] - 2 * radius, block.shape[1] - 2 * radius
        part = result[y : y + rows, x : x + columns, c]
        args = canonical(ranks.reshape(block.shape)), side, first
        if number is None:
            found = np.empty(shape, np.uint32)
            _select_ranks(*args, 1, None, words, counts, found)
            part[...] = values[found].T
        else:
            means = np.empty(shape)
            _select_ranks(*args, number, canonical(values.astype(np.float64)), words, counts, means)
            part[...] = as_levels(means, image.dtype).T

    places = [(y, x, c) for y in range(0, h, rows) for x in range(0, w, columns) for c in range(framed.shape[2])]
    threads = 1 if stays_serial(h * w) else get_num_threads()
    run_all((functools.partial(tile, *place) for place in places), threads)
    result = result.reshape(image.shape)
    spoil(image, result, radius, border)
    return result
