"""A loader on threads: batches are made ahead by threads of this process, and written straight into tensors."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import warnings
import weakref
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

from imgproc._core.check import flag, integer
from imgproc._core.needed import needed
from imgproc._core.threads import get_num_threads, stay_alone

from ._collate import Batch
from ._dataset import AugmentedDataset, Spec
from ._loader import check_dataset, keyed_sampler
from ._tensors import Memory

__all__ = ["ThreadLoader"]

MOST_AT_ONCE = 8
"""So many samples at most are handed to a thread at a time."""
WAIT, PATIENCE = 1.0, 10.0
"""Seconds between looks at the threads, and until one that does not end is left behind."""


class ThreadLoader:
    """A loader of batches that works on threads.

    Decoding an image and running a chain release the interpreter's lock, so threads do what processes do elsewhere,
    without starting them, without copying batches between them, and with one copy of the data set.  It is iterated as
    a DataLoader is, and gives the same bytes.

    Parameters
    ----------
    dataset : AugmentedDataset
    batch_size : int
    sampler : KeyedSampler, or iterable of int, optional
        Default: all indices.  Among others a `torch.utils.data.DistributedSampler`.
    batch_sampler : KeyedSampler, or iterable of lists of int, optional
        In place of `sampler`, `batch_size`, `shuffle` and `drop_last`: what goes into each batch.
    shuffle : bool
        Give each epoch an order of its own, without a sampler.
    seed : int
        Of the order.
    epoch : int
        The epoch of the first pass.
    drop_last : bool
        Leave out a last batch that is smaller.
    workers : int, optional
        Threads; default `imgproc.get_num_threads`.  The result does not depend on it.
    prefetch : int
        So many batches are made ahead of the one that is asked for.
    pin_memory : bool
        Put images into pinned memory, from which a GPU copies while the program goes on.  Without an accelerator there
        is a warning, and the memory is plain.
    mix : Mixing or sequence of Mixing, optional
        As in `loader`.
    decode : callable or "window", optional
        In place of that of the data set.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    ImportError
        If PyTorch is not installed.

    Notes
    -----
    A sample that fails raises `SampleError`, which names it, where its batch would have come.  After an error, Ctrl-C
    or the end of a pass no thread is left.  A pass that is left by ``break`` ends its threads when nothing refers to
    its iterator any more.

    After a pass that was left in the middle, its epoch comes again, unless `set_epoch` says another one.

    `state_dict` says which batch has been given out last: a loader that gets it by `load_state_dict` goes on with the
    next one, in the middle of an epoch, too.

    Lightning takes it as it is, and calls `set_epoch` of its ``sampler``.

    Memory of images is used again when no tensor is on it any more.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import AugmentedDataset, ThreadLoader
    >>> chain = augment.Compose([augment.HorizontalFlip(), augment.Resize(size=(32, 48))])
    >>> loader = ThreadLoader(AugmentedDataset([image] * 5, chain), batch_size=2, shuffle=True, seed=1)
    >>> [len(batch["keys"]) for batch in loader]
    [2, 2, 1]
    >>> loader.epoch, len(loader)
    (1, 3)
    """

    def __init__(
        self,
        dataset: AugmentedDataset,
        *,
        batch_size: int = 1,
        sampler: Any = None,
        batch_sampler: Any = None,
        shuffle: bool = False,
        seed: int = 0,
        epoch: int = 0,
        drop_last: bool = False,
        workers: int | None = None,
        prefetch: int = 2,
        pin_memory: bool = False,
        mix: Any = None,
        decode: Any = None,
    ) -> None:
        check_dataset(dataset)
        with needed("torch"):
            import torch  # noqa: F401  # said now, not at the first batch
        self.batch_size = integer(batch_size, "batch_size", at_least=1)
        self.drop_last = flag(drop_last, "drop_last")
        self.workers = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)
        self.prefetch = integer(prefetch, "prefetch", at_least=1)
        self.pin_memory = flag(pin_memory, "pin_memory") and _can_pin()
        self._memory = Memory(pin=self.pin_memory, keep=self.prefetch + 2)
        self.dataset = dataset.having(mix=mix, decode=decode, memory=self._memory)
        self.sampler = keyed_sampler(self.dataset, sampler, batch_sampler, shuffle, seed, epoch)
        self._batched = batch_sampler is not None
        self._state: dict[str, Any] | None = None
        self._spec: Spec | None = None

    @property
    def epoch(self) -> int:
        """The epoch of the pass that goes on, or of the next one."""
        return int(self.state_dict()["epoch"])

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next pass is.

        Parameters
        ----------
        epoch : int
        """
        self.sampler.set_epoch(epoch)
        self._state = None

    def state_dict(self) -> dict[str, Any]:
        """Where the pass is: after the batch that was given out last.  After the last one it says the next epoch.

        Returns
        -------
        dict
            Plain numbers, and the state of the sampler's own generator if it came with one.
        """
        return self.sampler.state_dict() if self._state is None else dict(self._state)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state: the next pass begins with the batch that would have come then.

        Parameters
        ----------
        state : dict
            From `state_dict` of a loader with the same data set, sampler and `batch_size`.
        """
        self.sampler.load_state_dict(state)
        self._state = None

    def __len__(self) -> int:
        """Batches of a whole epoch."""
        count = len(self.sampler)
        if self._batched:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        left = self._state
        if left is not None and left["position"] and not self.sampler.told:
            # A pass was left in the middle: its epoch begins again, even if all its keys had been taken ahead.
            self.sampler.load_state_dict({**left, "position": 0})
        self._state = None
        return _Pass(self)


class _Made:
    """A batch that is being made."""

    def __init__(self, keys: list[tuple[int, int]], room: Any, state: dict[str, Any]) -> None:
        self.keys, self.room, self.state = keys, room, state
        self.results: list[Any] = [None] * len(keys)
        self.names: list[Any] = [None] * len(keys)
        self.left = len(keys)
        self.lock, self.done = threading.Lock(), threading.Event()
        self.batch: Batch | None = None
        self.error: BaseException | None = None


class _Work:
    """What the threads of a pass share; they refer to nothing else of it."""

    def __init__(self, dataset: AugmentedDataset, workers: int) -> None:
        self.dataset, self.stopped, self.process = dataset, False, os.getpid()
        self.jobs: SimpleQueue[tuple[_Made, range] | None] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        try:
            for k in range(workers):
                # Daemons: the interpreter can leave while a pass is open.
                thread = threading.Thread(target=self._serve, name=f"ThreadLoader_{k}", daemon=True)
                self.threads.append(thread)
                thread.start()
        except BaseException:  # Ctrl-C while a thread starts
            self.stop()
            raise

    def _serve(self) -> None:
        stay_alone()
        while (job := self.jobs.get()) is not None:
            made, numbers = job
            try:
                self._work(made, numbers)
            except BaseException as error:
                made.error = made.error or error
                made.done.set()
            del job, made  # or this thread would hold the batch until the next one comes

    def _work(self, made: _Made, numbers: range) -> None:
        """Make some samples of a batch, and the batch if they are the last ones."""
        for i in numbers:
            if self.stopped or made.error is not None:
                return
            made.results[i], made.names[i] = self.dataset.sample(made.keys[i], made.room.array[i])
        with made.lock:
            made.left -= len(numbers)
            if made.left:
                return
        made.batch = self.dataset.batch(made.keys, made.results, made.names, made.room)
        made.results, made.room = [], None
        made.done.set()

    def stop(self) -> None:
        """Let the threads end after the sample that they are at."""
        self.stopped = True
        for _ in self.threads:
            self.jobs.put(None)

    def end(self) -> None:
        """Stop, and wait for the threads."""
        if self.process != os.getpid():
            return  # in a forked child there are none
        self.stop()
        for thread in self.threads:
            if thread.ident is not None:
                thread.join(PATIENCE)


class _Pass:
    """One pass over the data."""

    def __init__(self, loader: ThreadLoader) -> None:
        self._loader, self._keys = loader, iter(loader.sampler)
        loader._state = loader.sampler.state_dict()
        self._pending: deque[_Made] = deque()
        self._drawn_all = False
        self._work: _Work | None = None

    def __iter__(self) -> _Pass:
        return self

    def __next__(self) -> Batch:
        try:
            return self._give()
        except BaseException:
            self.close()
            raise

    def _give(self) -> Batch:
        self._fill()
        if not self._pending:
            raise StopIteration
        made = self._pending.popleft()
        while not made.done.wait(WAIT):
            self._check_threads()
        if made.error is not None:
            raise made.error
        assert made.batch is not None
        self._loader._state = made.state
        if self._drawn_all and not self._pending and self._work is not None:
            self._work.stop()  # nothing is left to do, whether or not the caller asks for more
        return made.batch

    def _fill(self) -> None:
        """Hand out batches until as many are being made as shall be."""
        while not self._drawn_all and len(self._pending) <= self._loader.prefetch:
            keys = self._draw()
            if keys:
                self._hand_out(keys)
            elif self._pending:
                self._pending[-1].state = self._loader.sampler.state_dict()  # the next epoch: this one has no more

    def _draw(self) -> list[tuple[int, int]]:
        """The keys of the next batch."""
        if self._loader._batched:
            batch: list[tuple[int, int]] = next(self._keys, [])
            self._drawn_all = not batch
            return batch
        size = self._loader.batch_size
        keys = list(itertools.islice(self._keys, size))
        self._drawn_all = len(keys) < size
        return [] if self._drawn_all and self._loader.drop_last else keys

    def _hand_out(self, keys: list[tuple[int, int]]) -> None:
        loader, dataset = self._loader, self._loader.dataset
        if loader._spec is None:  # what memory a batch needs is known by its first sample
            loader._spec = dataset.spec_of(dataset.sample(keys[0])[0])
        if self._work is None:
            self._work = _Work(dataset, loader.workers)
            weakref.finalize(self, self._work.stop).atexit = False
            _working.add(self._work)
        self._check_threads()
        room = dataset.room_for(len(keys), loader._spec)
        made = _Made(keys, room, loader.sampler.state_dict())
        self._pending.append(made)
        size = max(1, min(MOST_AT_ONCE, -(-len(keys) // (2 * loader.workers))))
        for first in range(0, len(keys), size):
            self._work.jobs.put((made, range(first, min(first + size, len(keys)))))

    def _check_threads(self) -> None:
        if self._work is not None and self._work.process != os.getpid():
            raise RuntimeError("a pass of a ThreadLoader does not go on in a forked process: begin another one there")

    def close(self) -> None:
        """End the pass: its threads end after the sample that they are at."""
        self._drawn_all = True
        self._pending.clear()
        work, self._work = self._work, None
        if work is not None:
            work.end()


_working: weakref.WeakSet[_Work] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """Leave no thread behind in the interpreter's end, where one that comes back from PyTorch would abort it."""
    for work in list(_working):
        work.end()


def _can_pin() -> bool:
    """Whether memory can be pinned; warns if not."""
    with needed("torch"):
        import torch
    accelerator = getattr(torch, "accelerator", torch.cuda)  # new in PyTorch 2.6
    if accelerator.is_available():
        return True
    warnings.warn("pin_memory is True, but there is no accelerator: memory is not pinned", stacklevel=3)
    return False
