"""The draws of samplers: keyed, one stream a class and one Philox block a sample; or those of imbalanced-learn.

A keyed draw is addressed by (seed, sampler, class, part, number), so a sample does not depend on how many others are
made, and two classes never share draws, however alike they are.  imbalanced-learn starts the generator anew for every
class: equal classes get equal synthetics there, which ``rng="imblearn"`` repeats.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of
from imgproc._core.jit import kernel

from .._chain.keys import _philox, address, fold, fresh_key

__all__: list[str] = []

ALLOCATIONS = "random", "even"
RNGS = "keyed", "imblearn"


def seed_of(random_state: Any) -> int:
    """64 bits: of an integer itself, of None fresh ones, of a NumPy generator the next it gives."""
    if random_state is None:
        return fresh_key()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(1 << 62))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(1 << 31)) << 31 | int(random_state.randint(1 << 31))
    try:
        seed = integer(random_state, "random_state")
    except TypeError:
        raise TypeError(
            f"random_state must be None, an integer or a NumPy generator, got {type(random_state).__name__}"
        ) from None
    if not -(1 << 63) <= seed < 1 << 64:
        raise ValueError(f"random_state must fit 64 bits, got {seed}")
    return seed & 0xFFFFFFFFFFFFFFFF


class Streams:
    """The draws of one call of a sampler: `of` gives those of a class."""

    def __init__(self, random_state: Any, rng: str = "keyed", allocation: str = "random", *, name: str) -> None:
        one_of(rng, "rng", RNGS)
        one_of(allocation, "allocation", ALLOCATIONS)
        self.theirs = rng == "imblearn"
        if self.theirs:
            if isinstance(random_state, np.random.Generator) or random_state is None:
                raise ValueError("random_state must be an integer with rng='imblearn'")
            if allocation != "random":
                raise ValueError(f"allocation must be 'random' with rng='imblearn', got {allocation!r}")
            if not isinstance(random_state, np.random.RandomState):
                random_state = integer(random_state, "random_state", at_least=0, at_most=(1 << 32) - 1)
            self._state = random_state
            self._common = _generator(random_state)
        else:
            self._seed = seed_of(random_state)
        self._name, self._even = name, allocation == "even"

    def of(self, label: Any) -> Keyed | Theirs:
        """The draws of a class."""
        if self.theirs:
            return Theirs(self._state, self._common)
        return self.keyed(label)

    def keyed(self, label: Any) -> Keyed:
        """Our draws for a class, which there are none of with ``rng="imblearn"``."""
        return Keyed(self._seed, self._name, label, self._even)

    def seed(self) -> int:
        """A seed for scikit-learn's estimators."""
        if self.theirs:
            return self._state
        return int(Keyed(self._seed, self._name, "", False).uniforms(1)[0] * (1 << 31))


class Theirs:
    """imbalanced-learn's draws for a class."""

    def __init__(self, state: Any, common: np.random.RandomState) -> None:
        self._state, self._common = state, common

    def pairs(self, n: int, k: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = _generator(self._state)
        chosen = rng.randint(low=0, high=n * k, size=count)
        return chosen // k, chosen % k, rng.uniform(size=count)

    def again(self) -> np.random.RandomState:
        """A generator at its start."""
        return _generator(self._state)

    def columns(self, k: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        return self._common.choice(k, size=count), self._common.uniform(size=count)

    def beta(self) -> float:
        return float(self._common.beta(10, 10))

    def choice(self, places: np.ndarray, count: int, *, replace: bool) -> np.ndarray:
        return self._common.choice(places, size=count, replace=replace)

    def normals(self, rows: int, columns: int) -> np.ndarray:
        return self._common.randn(rows, columns)


def _generator(state: Any) -> np.random.RandomState:
    return state if isinstance(state, np.random.RandomState) else np.random.RandomState(state)


class Keyed:
    """Our draws for a class: each call is a part of its own, with one Philox block for each number it returns."""

    def __init__(self, seed: int, name: str, label: Any, even: bool) -> None:
        digest = hashlib.blake2b(f"{name}:{type(label).__name__}:{label}".encode(), digest_size=8).digest()
        self._seed, self._even, self._part = np.uint64(seed), even, 0
        self._state = int.from_bytes(digest, "little")

    def _blocks(self, count: int) -> np.ndarray:
        """uint32 (count, 4)."""
        state = fold(np.array([self._state, self._part], np.uint64), self._seed)
        self._part += 1
        out = np.empty((count, 4), np.uint32)
        _draw(np.uint64(state), self._seed, np.uint64(address("balance", 0)), out)
        return out

    def pairs(self, n: int, k: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of `n` bases, which of `k` neighbours, and the gap, of each synthetic sample."""
        blocks = self._blocks(count)
        if self._even:
            base = np.resize(self.permutation(n), count)
        else:
            base = _below(blocks[:, 0], n)
        return base, _below(blocks[:, 1], k), _unit(blocks)

    def columns(self, k: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Which of `k` neighbours, and the gap."""
        blocks = self._blocks(count)
        return _below(blocks[:, 1], k), _unit(blocks)

    def uniforms(self, count: int) -> np.ndarray:
        """In [0, 1)."""
        return _unit(self._blocks(count))

    def permutation(self, n: int) -> np.ndarray:
        """The numbers below `n` in random order."""
        return np.argsort(self.uniforms(n), kind="stable")

    def beta(self) -> float:
        """Beta(10, 10): the tenth of nineteen uniform numbers in order."""
        return float(np.sort(self.uniforms(19))[9])

    def choice(self, places: np.ndarray, count: int, *, replace: bool) -> np.ndarray:
        """So many of the places."""
        if replace:
            return places[_below(self._blocks(count)[:, 0], places.size)]
        return places[self.permutation(places.size)[:count]]

    def normals(self, rows: int, columns: int) -> np.ndarray:
        """Standard normal, (rows, columns)."""
        state = fold(np.array([self._state, self._part], np.uint64), self._seed)
        self._part += 1
        return np.random.Generator(np.random.Philox(key=int(state))).standard_normal((rows, columns))


def _below(words: np.ndarray, n: int) -> np.ndarray:
    return ((words.astype(np.uint64) * np.uint64(n)) >> np.uint64(32)).astype(np.int64)


def _unit(blocks: np.ndarray) -> np.ndarray:
    high, low = blocks[:, 2].astype(np.uint64), blocks[:, 3].astype(np.uint64)
    return ((high << np.uint64(32) | low) >> np.uint64(11)) * 2.0**-53


@kernel
def _draw(state, seed, place, out):
    """One block a row, by its number."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for r in range(out.shape[0]):
        at = place ^ (np.uint64(r) << np.uint64(20))
        a, b, c, d = _philox(at & low, at >> shift, state & low, state >> shift, seed & low, seed >> shift)
        out[r, 0], out[r, 1], out[r, 2], out[r, 3] = a, b, c, d
