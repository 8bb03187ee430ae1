"""Distances between hashes of 64 bits, and near duplicates among many of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import integer
from .._core.declare import declare
from .._core.hints import hint_of
from .._core.jit import kernel
from .._core.planes import canonical

__all__ = ["find_near_duplicates", "hamming_distance"]

_PARTS, _PART = 4, 16
"""Words of 64 bits are looked up by four parts of 16 bits."""

_MOST_FLIPS = 3
"""Parts that differ in more bits than this are too many to look up."""


@kernel(inner=True)
def _ones(x):
    """How many bits of a word are 1."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))  # LLVM knows this as one instruction


@kernel
def _count_ones(words, out):
    for i in range(words.size):
        out[i] = _ones(words[i])


@kernel
def _first_by_all(hashes, most, kept, first):
    """Compare each hash with all that are kept; `kept` has room for the indices of all."""
    count = 0
    for i in range(hashes.size):
        first[i] = i
        for k in range(count):
            if _ones(hashes[kept[k]] ^ hashes[i]) <= most:
                first[i] = kept[k]
                break
        if first[i] == i:
            kept[count] = i
            count += 1


@kernel
def _sort_by_part(hashes, p, starts, words, numbers):
    """Sort hashes by their part p, equal ones as they come; those with part v begin at ``starts[v + 1]``.

    `starts` comes as zeros, and `numbers` says which hash each of the sorted `words` is.
    """
    shift = np.uint64(_PART * p)
    for i in range(hashes.size):
        starts[np.int64((hashes[i] >> shift) & np.uint64(0xFFFF)) + 1] += 1
    for v in range(starts.size - 1):
        starts[v + 1] += starts[v]
    for i in range(hashes.size - 1, -1, -1):  # from the end, so that ends become beginnings
        v = np.int64((hashes[i] >> shift) & np.uint64(0xFFFF)) + 1
        starts[v] -= 1
        words[starts[v]], numbers[starts[v]] = hashes[i], i


@kernel
def _first_by_parts(hashes, most, flips, starts, words, numbers, first):
    """Compare each hash with those that have a part which is nearly the same, and were kept.

    Row p of `starts`, `words` and `numbers` is what `_sort_by_part` gave for part p.  `flips` are the bits by which a
    part may differ.
    """
    for i in range(hashes.size):
        found = i
        for p in range(words.shape[0]):
            part = (hashes[i] >> np.uint64(_PART * p)) & np.uint64(0xFFFF)
            for k in range(flips.size):
                v = np.int64(part ^ flips[k])
                for q in range(starts[p, v + 1], starts[p, v + 2]):
                    if _ones(words[p, q] ^ hashes[i]) <= most:
                        j = numbers[p, q]
                        if j >= found:
                            break
                        if first[j] == j:
                            found = j
                            break
        first[i] = found


def _as_hashes(value: Any, name: str) -> np.ndarray:
    """Hashes as an array of uint64, of any shape."""
    if isinstance(value, (list, tuple)):
        return np.array([integer(v, f"{name}[{i}]", at_least=0) for i, v in enumerate(value)], np.uint64)
    if not isinstance(value, np.ndarray):
        return np.array(integer(value, name, at_least=0), np.uint64)
    if value.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, hashes of 64 bits, got {value.dtype}{hint_of(value, name)}")
    if value.dtype.kind == "i" and value.size and value.min() < 0:
        raise ValueError(
            f"{name} must be >= 0, got {value.min()}: signed words of 64 bits are {name}.view(numpy.uint64)"
        )
    return value.astype(np.uint64, copy=False)


def hamming_distance(a: Any, b: Any) -> int | np.ndarray:
    """In how many bits two hashes differ.

    Parameters
    ----------
    a, b : int or array_like of int
        Hashes, as `phash` and `dhash` give them.  Arrays are broadcast against each other.

    Returns
    -------
    int, or ndarray of int64
        From 0 to 64, an array if `a` or `b` is one.

    Raises
    ------
    TypeError, ValueError
        If they are not integers of 64 bits from 0 on, or their shapes do not fit together.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> imgproc.hamming_distance(0b1010, 0b0110)
    2
    >>> known = np.array([0, 3, 255], np.uint64)
    >>> np.flatnonzero(imgproc.hamming_distance(known, 1) <= 1)
    array([0, 1])
    """
    a, b = _as_hashes(a, "a"), _as_hashes(b, "b")
    try:
        words = np.asarray(a ^ b)
    except ValueError:
        raise ValueError(f"a and b must have shapes that fit together, got {a.shape} and {b.shape}") from None
    found = np.empty(words.shape, np.int64)
    _count_ones(canonical(words.reshape(-1)), found.reshape(-1))
    return found if found.ndim else int(found)


def find_near_duplicates(hashes: Any, *, max_distance: int = 6) -> np.ndarray:
    """Find images that are copies of an earlier one, by their hashes.

    The hashes are taken in order.  Each is compared with those that were kept before it: it is a copy of the first one
    within `max_distance`, and is kept itself if there is none.  So a copy of a copy counts as one of the first image
    only if it is near that image itself.

    Parameters
    ----------
    hashes : array_like of int, shape (n,)
        As `phash` and `dhash` give them.
    max_distance : int
        In how many bits a copy may differ, from 0 to 64.  Of `phash`, whose distances are even, 0 to 8 are usual: most
        scaled and compressed copies of photos are within 4, and different photos are about 20 to 40 apart.

    Returns
    -------
    ndarray of int64, shape (n,)
        For each hash the index of the one that it is a copy of; its own if it is kept.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Hashes that differ in d bits of 64 differ in at most d // 4 bits of one of four parts of 16 bits.  So, up to a
    distance of 15, hashes are looked up by their parts and compared with few others; a million take ten seconds.

    References
    ----------
    M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.

    Examples
    --------
    >>> import imgproc
    >>> first = imgproc.find_near_duplicates([0b0000, 0b1111, 0b0001, 0b0011], max_distance=1)
    >>> first.tolist()
    [0, 1, 0, 3]
    """
    words = _as_hashes(hashes, "hashes")
    if words.ndim != 1:
        raise ValueError(f"hashes must have shape (n,), got {words.shape}")
    most = integer(max_distance, "max_distance", at_least=0, at_most=64)
    distinct, where, which = np.unique(words, return_index=True, return_inverse=True)
    order = np.argsort(where)
    ranks = np.empty(order.size, np.int64)
    ranks[order] = np.arange(order.size)
    return where[order][_first_near(canonical(distinct[order]), most)][ranks[which.reshape(-1)]].astype(np.int64)


def _first_near(words: np.ndarray, most: int) -> np.ndarray:
    """For each of distinct words the number of the first that was kept within a distance; its own if it is kept."""
    n = words.size
    first, flips = np.empty(n, np.int64), _flips(most // _PARTS)
    if most // _PARTS > _MOST_FLIPS or n <= 16 * len(flips):
        _first_by_all(words, most, np.empty(n, np.int64), first)
        return first
    starts, numbers = np.zeros((_PARTS, (1 << _PART) + 2), np.int64), np.empty((_PARTS, n), np.int64)
    parts = np.empty((_PARTS, n), np.uint64)
    for p in range(_PARTS):
        _sort_by_part(words, p, starts[p], parts[p], numbers[p])
    _first_by_parts(words, most, flips, starts, parts, numbers, first)
    return first


def _flips(most: int) -> np.ndarray:
    """The words of 16 bits of which at most so many are 1."""
    words = np.arange(1 << _PART, dtype=np.uint64)
    ones = np.empty(words.size, np.int64)
    _count_ones(words, ones)
    return words[ones <= most]


declare(hamming_distance, find_near_duplicates, no_peer="other libraries compare one hash with all")
