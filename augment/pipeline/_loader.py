"""A DataLoader of PyTorch over an augmented data set."""

from __future__ import annotations

import functools
import time
from typing import Any

from imgproc._core.check import flag, integer
from imgproc._core.needed import needed

from ._collate import collate
from ._dataset import AugmentedDataset
from ._keyed import KeyedSampler

__all__ = ["loader"]

PATIENCE = 3.0
"""Seconds until a worker that was killed is seen to be dead."""
OURS = {
    "num_workers": "workers",
    "dataset": "dataset",
    "generator": "seed",
    "collate_fn": "mix, or the id and targets of the data set",
}
"""What we say for ourselves of what a DataLoader takes."""


def loader(
    dataset: AugmentedDataset,
    *,
    batch_size: int = 1,
    sampler: Any = None,
    batch_sampler: Any = None,
    shuffle: bool = False,
    seed: int = 0,
    epoch: int = 0,
    drop_last: bool = False,
    workers: int = 0,
    mix: Any = None,
    decode: Any = None,
    stateful: bool = False,
    **options: Any,
) -> Any:
    """Make a DataLoader whose batches are written in its workers, and whose epochs are all different.

    It is a plain `torch.utils.data.DataLoader`: the sampler gives keys, workers write whole batches into shared memory,
    and nothing is copied afterwards.  ``loader.sampler`` is the `KeyedSampler`, for `set_epoch`.

    Take `ThreadLoader` where you can: it needs no processes and is faster, unless much of the work is Python code of
    your own, which holds the interpreter's lock.

    Parameters
    ----------
    dataset : AugmentedDataset
    batch_size : int
    sampler : KeyedSampler, or iterable of int, optional
        Default: all indices.
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
    workers : int
        Processes; 0 works in the main process.
    mix : Mixing or sequence of Mixing, optional
        Mixes each batch, such as `MixUp` or `CutMix`: ``label`` is then a row of shares for each sample, and ``mix``
        has a `MixInfo` for each mixing.  Partners come from the batch, and depend on the keys in it, not on their
        order.
    decode : callable or "window", optional
        In place of that of the data set.
    stateful : bool
        Make a `torchdata.stateful_dataloader.StatefulDataLoader`, whose `state_dict` goes on in the middle of an epoch.
    **options
        What else a DataLoader takes, such as ``pin_memory``, ``persistent_workers``, ``prefetch_factor``,
        ``multiprocessing_context`` or ``in_order``.

    Returns
    -------
    torch.utils.data.DataLoader
        Of a `Batch` each.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    ImportError
        If PyTorch, or torchdata where it is asked for, is not installed.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import AugmentedDataset, loader
    >>> dataset = AugmentedDataset([image] * 5, augment.Compose([augment.Resize(size=(32, 48))]))
    >>> batches = loader(dataset, batch_size=2, shuffle=True, seed=1)
    >>> [tuple(batch["images"].shape) for batch in batches]
    [(2, 3, 32, 48), (2, 3, 32, 48), (1, 3, 32, 48)]
    >>> {int(epoch) for batch in batches for epoch, index in batch["keys"]}
    {1}
    """
    check_dataset(dataset)
    workers = integer(workers, "workers", at_least=0)
    for name, ours in OURS.items():
        if name in options:
            raise TypeError(f"{name} is not taken: use {ours}")
    dataset = dataset.having(mix=mix, decode=decode)
    keyed = keyed_sampler(dataset, sampler, batch_sampler, shuffle, seed, epoch)
    if flag(stateful, "stateful"):
        with needed("torchdata"):
            from torchdata.stateful_dataloader import StatefulDataLoader as DataLoader
    else:
        with needed("torch"):
            from torch.utils.data import DataLoader
    if workers:
        dataset.warm()
    if batch_sampler is not None:
        options["batch_sampler"] = keyed
    else:
        options["batch_size"] = integer(batch_size, "batch_size", at_least=1)
        options["sampler"], options["drop_last"] = keyed, flag(drop_last, "drop_last")
    return _naming(DataLoader)(dataset, num_workers=workers, collate_fn=collate, **options)


@functools.cache
def _naming(kind: Any) -> Any:
    """A class of DataLoaders whose error names a worker that was killed, whatever the main process was at."""

    class Loader(kind):
        def __iter__(self) -> Any:
            return _Naming(super().__iter__())

    Loader.__name__ = Loader.__qualname__ = kind.__name__
    return Loader


class _Naming:
    """The iterator of a DataLoader.

    PyTorch names a worker that was killed, unless the main process was just fetching shared memory from it: then it
    raises that the connection was reset."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches

    def __iter__(self) -> _Naming:
        return self

    def __len__(self) -> int:
        return len(self._batches)

    def __getattr__(self, name: str) -> Any:
        if name == "_batches":  # while it is copied
            raise AttributeError(name)
        return getattr(self._batches, name)

    def __next__(self) -> Any:
        try:
            return next(self._batches)
        except (OSError, EOFError) as error:
            workers = list(getattr(self._batches, "_workers", ()))
            end = time.monotonic() + PATIENCE
            while workers and time.monotonic() < end:
                dead = [str(worker.pid) for worker in workers if not worker.is_alive()]
                if dead:
                    pids = ", ".join(dead)
                    raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly") from error
                time.sleep(0.05)
            raise


def check_dataset(dataset: Any) -> None:
    """Refuse what is no data set of ours."""
    if not isinstance(dataset, AugmentedDataset):
        raise TypeError(f"dataset must be an AugmentedDataset, got {type(dataset).__name__}")


def keyed_sampler(
    dataset: AugmentedDataset, sampler: Any, batch_sampler: Any, shuffle: bool, seed: int, epoch: int
) -> KeyedSampler:
    """The sampler of a loader: one that is given, as it is or with keys, or all indices of the data set."""
    name, given = ("sampler", sampler) if batch_sampler is None else ("batch_sampler", batch_sampler)
    if batch_sampler is not None and sampler is not None:
        raise ValueError("sampler must be left out where a batch_sampler is given")
    if given is not None and flag(shuffle, "shuffle"):
        raise ValueError(f"shuffle must be False where a {name} is given, which has an order of its own")
    if isinstance(given, KeyedSampler):
        return given
    if given is not None and not hasattr(given, "__iter__"):
        raise TypeError(f"{name} must be an iterable, got {type(given).__name__}")
    return KeyedSampler(len(dataset) if given is None else given, shuffle=shuffle, seed=seed, epoch=epoch)
