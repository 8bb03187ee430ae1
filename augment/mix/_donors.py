"""Where partners come from: the ring buffer of samples, and who mixes with whom.

Partners come from a keyed cyclic order of the donors: a permutation of their indices, by a Feistel network whose round
function is Philox, drawn anew for each epoch and transform.  Sample i mixes with those that stand a keyed number of
places behind it.  So each partner's number is a permutation of the data set without fixed points: in an epoch every
image is a partner exactly once for each number, no sample of a data set of two or more meets itself, and none of it
depends on the batch.  With fewer donors than partners, they come several times.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from imgproc._core.check import as_image, flag, integer
from imgproc._core.copies import copy_into
from imgproc._core.jit import kernel

from .._chain.keys import _philox, fold

__all__ = ["DonorBuffer"]

ROUNDS = 6
"""Of the Feistel network: four make a permutation that is no worse than random for few queries."""


@kernel(inner=True)
def _scramble(value, tweak, round_, seed):
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    a, _, _, _ = _philox(
        value & low, (value >> shift) ^ np.uint64(round_), tweak & low, tweak >> shift, seed & low, seed >> shift
    )
    return a


@kernel(inner=True)
def _permuted(index, count, half, tweak, seed, rounds, forth):
    """Where a permutation of ``range(count)`` takes an index, or its inverse: Feistel rounds, walked until inside.

    Black, Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002.
    """
    mask = (np.uint64(1) << half) - np.uint64(1)
    while True:
        left, right = index >> half, index & mask
        for k in range(rounds):
            mixed = _scramble(right if forth else left, tweak, k if forth else rounds - 1 - k, seed) & mask
            left, right = (right, left ^ mixed) if forth else (right ^ mixed, left)
        index = (left << half) | right
        if index < count:
            return index


@kernel
def find_partners(words, count, address, seed, rounds, own, out):
    """``out[i]``: the partners of key i, whose last word is its index and whose other words are the epoch.

    `rounds` is `ROUNDS`, which a compiler that knew it would write out; `own` is room for one word more than a key has.
    """
    count = np.uint64(count)
    half = np.uint64(1)
    while half < np.uint64(31) and (np.uint64(1) << (half + half)) < count:
        half += np.uint64(1)
    others = max(count - np.uint64(1), np.uint64(1))
    for i in range(out.shape[0]):
        last = words[i, words.shape[1] - 1]
        copy_into(own[: words.shape[1]], words[i])
        # Indices beyond the donors are further rounds through them.
        own[words.shape[1] - 1] = last // count
        own[words.shape[1]] = np.uint64(address)
        tweak = fold(own, seed)
        place = _permuted(last % count, count, half, tweak, seed, rounds, True)
        start = _scramble(tweak, tweak, rounds, seed) % others
        for k in range(out.shape[1]):
            step = np.uint64(0) if count == np.uint64(1) else np.uint64(1) + (start + np.uint64(k)) % others
            out[i, k] = _permuted((place + step) % count, count, half, tweak, seed, rounds, False)


@kernel
def hash_keys(words, address, seed, own, out):
    """``out[i]``: 64 bits of key i; `own` is room for one word more than a key has."""
    for i in range(out.size):
        copy_into(own[: words.shape[1]], words[i])
        own[words.shape[1]] = np.uint64(address)
        out[i] = fold(own, seed)


def partners_among(words: np.ndarray, count: int, partners: int, seed: int, address: int) -> np.ndarray:
    """Partners among `count` donors, intp (n, partners), for keys as uint64 (n, m)."""
    out, own = np.empty((len(words), partners), np.int64), np.empty(words.shape[1] + 1, np.uint64)
    place = np.uint64(address), np.uint64(seed & 0xFFFFFFFFFFFFFFFF)
    find_partners(words, np.int64(count), *place, np.int64(ROUNDS), own, out)
    return out.astype(np.intp, copy=False)


def partners_within(words: np.ndarray, partners: int, seed: int, address: int) -> np.ndarray:
    """Partners within a batch, intp (n, partners): those that follow in the order of the keys' hashes, in a circle."""
    n = len(words)
    hashes, own = np.empty(n, np.uint64), np.empty(words.shape[1] + 1, np.uint64)
    hash_keys(words, np.uint64(address), np.uint64(seed & 0xFFFFFFFFFFFFFFFF), own, hashes)
    order = np.argsort(hashes, kind="stable")
    out = np.empty((n, partners), np.intp)
    for k in range(partners):
        step = 0 if n == 1 else 1 + k % (n - 1)
        out[order, k] = np.roll(order, -step)
    return out


class DonorBuffer:
    """The samples that came last, as donors for mixing: a ring buffer.

    For streams, which have no index: ``buffer.add(sample)`` for every sample, ``chain(**sample, donors=buffer)`` to mix
    it with one of those before it.  What is drawn then depends on what the buffer holds, hence on the order of the
    stream; with an indexable data set as donors it does not.

    Adding and reading are atomic: several threads may share a buffer.  A forked worker goes on with a copy of its own;
    it holds no locks.  It pickles with what it holds.

    Parameters
    ----------
    capacity : int
        How many samples are kept; 10 for each image of a batch are plenty for Mosaic.
    samples : iterable of samples, optional
        Those to begin with.
    copy : bool
        Keep copies of arrays, so that the caller may reuse its own.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a sample is none that donors may be.

    Examples
    --------
    >>> buffer = DonorBuffer(2, [{"image": image, "label": 1}])
    >>> len(buffer), buffer[0]["label"]
    (1, 1)
    """

    def __init__(self, capacity: int, samples: Iterable[Any] = (), *, copy: bool = True) -> None:
        copy = flag(copy, "copy")
        self._copy = copy
        self._samples: collections.deque[Any] = collections.deque(maxlen=integer(capacity, "capacity", at_least=1))
        for sample in samples:
            self.add(sample)

    @property
    def capacity(self) -> int:
        """How many samples are kept."""
        return self._samples.maxlen or 0

    def add(self, sample: Any) -> None:
        """Take a sample, an image, a pair (image, label) or a dict; the oldest goes if there are too many."""
        self._samples.append(_kept(sample, self._copy))

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Any:
        return self._samples[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._samples))

    def __repr__(self) -> str:
        return f"DonorBuffer({self.capacity}) with {len(self)} samples"


def _kept(sample: Any, copy: bool) -> Any:
    if isinstance(sample, dict):
        if "image" not in sample:
            raise ValueError(f"sample must have an image, got the names {sorted(map(str, sample))}")
        as_image(sample["image"], "sample['image']")
        return {name: _copied(value) if copy else value for name, value in sample.items()}
    if isinstance(sample, (tuple, list)) and len(sample) == 2:
        as_image(sample[0], "sample[0]")
        return tuple(_copied(v) if copy else v for v in sample)
    as_image(sample, "sample")
    return sample.copy() if copy else sample


def _copied(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(_copied(v) for v in value)
    return value
