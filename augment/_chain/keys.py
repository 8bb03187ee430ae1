"""Keyed draws: Philox 4x32-10, addressed by (seed, key, transform, draw).

A draw depends on nothing that happened before it.  The generator (Salmon, Moraes, Dror, Shaw, "Parallel random
numbers: as easy as 1, 2, 3", SC 2011) has a key and a counter.  Its key is the chain's seed.  Its counter holds the
sample's key, folded to 64 bits, the address of the transform, and the number of the block.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.jit import kernel, shared

FIRST_DRAWS = 16
"""Each transform gets so many uniform numbers from the one kernel call of a sample; more are drawn when needed."""

Key = int | tuple[int, ...]


@kernel
def _philox(c0, c1, c2, c3, k0, k1):
    """Run ten rounds of Philox 4x32, on 64-bit registers that hold 32-bit words."""
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    for _ in range(10):
        p = np.uint64(0xD2511F53) * c0
        q = np.uint64(0xCD9E8D57) * c2
        c0 = ((q >> shift) ^ c1 ^ k0) & low
        c1 = q & low
        c2 = ((p >> shift) ^ c3 ^ k1) & low
        c3 = p & low
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    return c0, c1, c2, c3


@kernel
def fold(words, seed):
    """Fold a key of any number of 64-bit words into 64 bits."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    state = np.uint64(words.size)
    for k in range(words.size):
        word = words[k]
        a, b, _, _ = _philox(word & low, word >> shift, state & low, state >> shift, seed & low, seed >> shift)
        state = a | (b << shift)
    return state


@kernel
def uniforms(state, seed, address, first, blocks, out, at):
    """Write uniform numbers in (0, 1) to ``out[at:]``: `blocks` blocks of four, from block `first` on.

    `state` is the folded key."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for b in range(blocks):
        # The address has 44 bits and the block 20, so that a transform has at most four million draws.
        place = (np.uint64(address) << np.uint64(20)) + np.uint64(first + b)
        c = _philox(place & low, place >> shift, state & low, state >> shift, seed & low, seed >> shift)
        for k in range(4):
            out[at + 4 * b + k] = (np.float64(c[k]) + 0.5) * 2.0**-32


@kernel
def _fill(keys, seed, addresses, first, out):
    """Write to ``out[i, j]`` the uniform numbers of address j for key i."""
    for i in range(out.shape[0]):
        state = fold(keys[i], seed)
        for j in range(out.shape[1]):
            uniforms(state, seed, addresses[j], first, out.shape[2] // 4, out[i, j], np.int64(0))


def address(name: str, occurrence: int) -> int:
    """44 bits that name a transform by its class and by which of that class it is in the chain."""
    digest = hashlib.blake2b(f"{name}#{occurrence}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 20


def fresh_key() -> int:
    """A key from the operating system.  It has 53 bits, so that JSON keeps it exactly."""
    return secrets.randbits(53)


def key_words(key: Any, name: str = "key") -> tuple[int, ...]:
    """Check a key, and return it as a tuple of unsigned words.

    A key is an integer of at most 64 bits, or a tuple of such integers."""
    parts = key if isinstance(key, (tuple, list)) else (key,)
    if not parts:
        raise ValueError(f"{name} must be an integer or a tuple of integers, got an empty {type(key).__name__}")
    label = name if parts[0] is key else f"{name}[i]"
    words = []
    for part in parts:
        if type(part) is not int or not -(1 << 63) <= part < 1 << 64:
            part = integer(part, label)
        words.append(part & 0xFFFFFFFFFFFFFFFF)
    return tuple(words)


def key_array(key: Any, name: str = "key") -> np.ndarray:
    """Check a key, and return its words as kernels want them, uint64 (1, n)."""
    words = (key,) if type(key) is int and 0 <= key < 1 << 63 else key_words(key, name)
    array = np.empty((1, len(words)), np.uint64)
    for k, word in enumerate(words):
        array[0, k] = word
    return array


def draw_block(keys: np.ndarray, seed: int, addresses: np.ndarray, first: int, blocks: int) -> np.ndarray:
    """Draw uniform numbers in (0, 1), float64 (n keys, n addresses, 4 blocks).

    Parameters
    ----------
    keys : uint64 ndarray of shape (n, words)
    seed : int
        64 bits.
    addresses : uint64 ndarray
    first, blocks : int
        The first block of four numbers, and how many blocks.
    """
    out = np.empty((keys.shape[0], addresses.size, 4 * blocks))
    _fill(keys, np.uint64(seed), addresses, np.int64(first), out)
    return out


def stream_uniforms(stream: int, count: int) -> np.ndarray:
    """Draw `count` uniform numbers in (0, 1) of a stream that `Draws.stream` gave, float64."""
    keys = np.array([[stream]], np.uint64)
    return draw_block(keys, 0, np.zeros(1, np.uint64), 0, -(-count // 4))[0, 0, :count]


def between(low: Any, high: Any, unit: Any) -> Any:
    """The number between two others that a uniform number in (0, 1) chooses."""
    return low + (high - low) * unit


def choice(count: Any, unit: Any) -> Any:
    """The integer below `count` that a uniform number in (0, 1) chooses."""
    return min(math.floor(count * unit), count - 1)


choice_kernel = shared(choice, "choice_kernel")


class Draws:
    """The draws of one transform for one sample, in order.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Dim(Transform):
    ...     def draw(self, rng, frame):  # rng is a Draws
    ...         return {"factor": rng.uniform(0.5, 1.0)}
    ...     def lower(self, params, frame):
    ...         return [stages.brightness(params["factor"])]
    >>> ...
    Ellipsis
    """

    __slots__ = ("_address", "_cursor", "_keys", "_seed", "_values")

    def __init__(self, values: list[float], keys: np.ndarray, seed: int, address: int, cursor: int = 0) -> None:
        self._values, self._keys, self._seed, self._address = values, keys, seed, address
        self._cursor = cursor

    @property
    def source(self) -> tuple[np.ndarray, int, int]:
        """What the draws come from: the words of the key, uint64 (1, n), the seed and the address."""
        return self._keys, self._seed, self._address

    def anew(self) -> Draws:
        """The same draws from the beginning."""
        return Draws(self._values, self._keys, self._seed, self._address, 1)

    def unit(self) -> float:
        """Draw a uniform number in (0, 1)."""
        i = self._cursor
        if i == len(self._values):
            self._more()
        self._cursor = i + 1
        return self._values[i]

    def uniform(self, low: float, high: float) -> float:
        """Draw a uniform number between `low` and `high`."""
        i = self._cursor
        if i == len(self._values):
            self._more()
        self._cursor = i + 1
        return between(low, high, self._values[i])

    def integer(self, low: int, high: int) -> int:
        """Draw a uniform integer from `low` to `high`, both included."""
        return low + choice(high - low + 1, self.unit())

    def pick(self, choices: Sequence[Any]) -> Any:
        """Draw one of the choices, all with the same probability."""
        return choices[self.integer(0, len(choices) - 1)]

    def permutation(self, n: int) -> list[int]:
        """Draw an order of the numbers below `n`."""
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.integer(0, i)
            order[i], order[j] = order[j], order[i]
        return order

    def stream(self) -> int:
        """Draw 52 bits that name a stream of further numbers, as operations want for noise and for control grids."""
        return int(self.unit() * (1 << 26)) << 26 | int(self.unit() * (1 << 26))

    def _more(self) -> None:
        first = len(self._values) // 4
        block = draw_block(self._keys, self._seed, np.array([self._address], np.uint64), first, 16)
        self._values = self._values + block[0, 0].tolist()
