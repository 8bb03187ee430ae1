"""A sampler whose items are keys: the epoch travels with the index."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from imgproc._core.check import flag, integer
from imgproc._core.needed import needed

from .._chain.keys import address, draw_block

__all__ = ["KeyedSampler"]


class KeyedSampler:
    """Keys (epoch, index) from any sampler: what a loader hands to `AugmentedDataset`.

    Workers that live on from epoch to epoch (``persistent_workers=True``) have a copy of the data set, and never learn
    of a number that is changed in the main process.  So the epoch travels with each index.

    The epoch advances when the last key of a pass is taken, and a state from there goes on with the next one.  After a
    pass that was broken off, `set_epoch` says which one comes next.

    Parameters
    ----------
    sampler : int, or iterable of int
        What gives the indices of an epoch: a sampler of PyTorch or of your own, or a sampler of batches, whose lists
        become lists of keys.  An integer n means all indices below n.
    shuffle : bool
        Give each epoch an order of its own.  Only for an integer; samplers have an order.
    seed : int
        Of the order, together with the epoch: 64 bits.
    epoch : int
        The epoch of the first pass.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The order of an epoch depends on the seed and the epoch alone.  Before each pass ``set_epoch`` of the sampler is
    called if it has one, as `torch.utils.data.DistributedSampler` has.  The samplers of PyTorch that draw from a
    ``generator`` get one that is seeded with the seed and the epoch, unless they came with one: its state at the
    beginning of the epoch is then part of `state_dict`.

    Examples
    --------
    >>> from augment.pipeline import KeyedSampler
    >>> keys = KeyedSampler(4, shuffle=True, seed=1)
    >>> sorted(keys)
    [(0, 0), (0, 1), (0, 2), (0, 3)]
    >>> keys.epoch
    1
    >>> list(KeyedSampler([5, 8], epoch=3))
    [(3, 5), (3, 8)]
    """

    def __init__(self, sampler: Any, *, shuffle: bool = False, seed: int = 0, epoch: int = 0) -> None:
        self.seed = integer(seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1)
        self.epoch = integer(epoch, "epoch", at_least=0, at_most=(1 << 63) - 1)
        self._count: int | None = None
        if isinstance(sampler, (int, np.integer)):
            self._count = sampler = integer(sampler, "sampler", at_least=0)
        elif isinstance(sampler, KeyedSampler) or not hasattr(sampler, "__iter__"):
            raise TypeError(f"sampler must be an integer or an iterable of integers, got {type(sampler).__name__}")
        if flag(shuffle, "shuffle") and self._count is None:
            raise ValueError("shuffle must be False where a sampler is given, which has an order of its own")
        self.shuffle, self.sampler = bool(shuffle), sampler
        self._start = self._position = 0
        self.told = False
        """Whether `set_epoch` was called since the last pass began."""
        self._drawn: Any = None
        """The state of the sampler's own generator at the beginning of the pass."""
        self._generator = _generator_of(sampler)
        self._own = self._generator is not None and self._generator.generator is not None
        """Whether the sampler came with a generator."""

    def __len__(self) -> int:
        return self._count if self._count is not None else len(self.sampler)

    def __iter__(self) -> Iterator[Any]:
        self._position = self._start
        return self._keys()

    def _keys(self) -> Iterator[Any]:
        """The keys from where a loaded state says on; nothing happens before the first one is asked for."""
        start, self._start = self._start, 0
        epoch, self._position, self.told = self.epoch, start, False
        none = True
        for item in itertools.islice(self._order(epoch), start, None):
            self._position, none = self._position + 1, False
            if isinstance(item, (list, tuple)):
                yield [(epoch, operator.index(index)) for index in item]
            else:
                yield epoch, operator.index(item)
        if self.epoch == epoch:
            self.epoch += 1
        self._position, self._drawn = 0, None
        if none and start:  # the state was that after the last key of an epoch
            yield from self._keys()

    def _order(self, epoch: int) -> Iterator[Any]:
        """The items of an epoch."""
        if self._count is not None:
            return iter(shuffled(self._count, self.seed, epoch) if self.shuffle else range(self._count))
        _tell_epoch(self.sampler, epoch)
        holder = self._generator
        if holder is not None and self._own:
            if self._drawn is not None:
                holder.generator.set_state(self._drawn)
            self._drawn = holder.generator.get_state()
        elif holder is not None:
            with needed("torch"):
                import torch
            holder.generator = torch.Generator()
            holder.generator.manual_seed(_seed_of(self.seed, epoch))
        return iter(self.sampler)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is; Lightning calls it before each.

        Parameters
        ----------
        epoch : int
        """
        epoch = integer(epoch, "epoch", at_least=0, at_most=(1 << 63) - 1)
        if epoch != self.epoch:
            self._start = self._position = 0
            self._drawn = None
        self.epoch, self.told = epoch, True

    def state_dict(self) -> dict[str, Any]:
        """Where the pass is: after the last key that was asked for.

        Returns
        -------
        dict
            Plain numbers, and the state of the sampler's own generator if it came with one.
        """
        state: dict[str, Any] = {"epoch": self.epoch, "position": self._position}
        if self._own:
            drawn = self._generator.generator.get_state() if self._drawn is None else self._drawn
            state["generator"] = drawn.clone()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state: the next pass begins there.

        Parameters
        ----------
        state : dict
            From `state_dict` of an equal sampler.

        Raises
        ------
        TypeError, ValueError
            If it is no such state.
        """
        epoch, position = (_number_in(state, name) for name in ("epoch", "position"))
        if self._own and "generator" not in state:
            raise ValueError("state must have the state of the sampler's generator")
        self.epoch, self._start, self._position = epoch, position, position
        self._drawn = state["generator"].clone() if self._own else None


def shuffled(count: int, seed: int, epoch: int) -> list[int]:
    """The indices below `count` in an order that the seed and the epoch decide, the same on every machine."""
    words = np.empty((count, 2), np.uint64)
    words[:, 0], words[:, 1] = epoch, np.arange(count)
    place = np.array([address("KeyedSampler", 0)], np.uint64)
    drawn = draw_block(words, seed & 0xFFFFFFFFFFFFFFFF, place, 0, 1)[:, 0]
    return np.lexsort((drawn[:, 1], drawn[:, 0])).tolist()


def _seed_of(seed: int, epoch: int) -> int:
    """63 bits for a generator of PyTorch."""
    words = np.array([[epoch]], np.uint64)
    drawn = draw_block(words, seed & 0xFFFFFFFFFFFFFFFF, np.array([address("KeyedSampler", 1)], np.uint64), 0, 1)
    return int(drawn[0, 0, 0] * (1 << 31)) << 32 | int(drawn[0, 0, 1] * (1 << 32))


def _inner(sampler: Any) -> Iterator[Any]:
    """A sampler, and those that it wraps, as a sampler of batches does."""
    seen: list[Any] = []
    while sampler is not None and not any(sampler is each for each in seen):
        seen.append(sampler)
        yield sampler
        sampler = getattr(sampler, "sampler", None)


def _generator_of(sampler: Any) -> Any:
    """The sampler with a ``generator``, if it is one of PyTorch; None otherwise."""
    for each in _inner(sampler):
        kinds = [kind.__module__.partition(".")[0] for kind in type(each).__mro__]
        if hasattr(each, "generator") and {"torch", "torchdata"} & set(kinds):
            return each
    return None


def _tell_epoch(sampler: Any, epoch: int) -> None:
    for each in _inner(sampler):
        if hasattr(each, "set_epoch"):
            each.set_epoch(epoch)


def _number_in(state: Any, name: str) -> int:
    if not isinstance(state, dict) or name not in state:
        raise ValueError(f"state must be a dict with {name!r}, as state_dict gives it, got {state!r:.80}")
    return integer(state[name], f"state[{name!r}]", at_least=0, at_most=(1 << 63) - 1)
