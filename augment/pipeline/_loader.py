"""A DataLoader of PyTorch over an augmented data set."""

from __future__ import annotations

from typing import Any

from imgproc._core.check import flag, integer
from imgproc._core.needed import needed

from ._collate import collate
from ._dataset import AugmentedDataset
from ._keyed import KeyedSampler

__all__ = ["loader"]

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
    keyed = keyed_sampler(dataset, sampler, shuffle, seed, epoch)
    if flag(stateful, "stateful"):
        with needed("torchdata"):
            from torchdata.stateful_dataloader import StatefulDataLoader as DataLoader
    else:
        with needed("torch"):
            from torch.utils.data import DataLoader
    if workers:
        dataset.warm()
    if "batch_sampler" not in options:
        options |= {
            "batch_size": integer(batch_size, "batch_size", at_least=1),
            "sampler": keyed,
            "drop_last": flag(drop_last, "drop_last"),
        }
    elif not isinstance(options["batch_sampler"], KeyedSampler):
        options["batch_sampler"] = KeyedSampler(options["batch_sampler"], seed=seed, epoch=epoch)
    return DataLoader(dataset, num_workers=workers, collate_fn=collate, **options)


def check_dataset(dataset: Any) -> None:
    """Refuse what is no data set of ours."""
    if not isinstance(dataset, AugmentedDataset):
        raise TypeError(f"dataset must be an AugmentedDataset, got {type(dataset).__name__}")


def keyed_sampler(dataset: AugmentedDataset, sampler: Any, shuffle: bool, seed: int, epoch: int) -> KeyedSampler:
    """The sampler of a loader: one that is given, as it is or with keys, or all indices of the data set."""
    if isinstance(sampler, KeyedSampler):
        if flag(shuffle, "shuffle"):
            raise ValueError("shuffle must be False where a sampler is given, which has an order of its own")
        return sampler
    if isinstance(sampler, int):
        raise TypeError("sampler must be an iterable of integers, got one integer")
    return KeyedSampler(len(dataset) if sampler is None else sampler, shuffle=shuffle, seed=seed, epoch=epoch)
