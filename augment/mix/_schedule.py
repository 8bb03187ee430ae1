"""When in the course of a training something is on."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.check import integer

__all__ = ["OnOffSchedule"]


@dataclasses.dataclass(frozen=True)
class OnOffSchedule:
    """Off at first, then on and off in turns, then off for good: a pure function of the epoch.

    ``schedule(epoch)`` says whether it is on.  Epochs are counted from 0.  The defaults are those of SamplePairing
    on CIFAR-10: off for 100 epochs, then 8 on and 2 off in turns, off from epoch 800 on.  ``OnOffSchedule(0, 1, 0,
    285)`` is on until epoch 285, as YOLOX closes its mosaic for the last 15 of 300 epochs.

    Parameters
    ----------
    warmup : int
        The first epochs, which are off.
    on, off : int
        How many epochs of each turn are on, at least 1, and off.
    finetune_from : int, optional
        The first of the last epochs, which are off.  None: there are none.

    Raises
    ------
    TypeError, ValueError
        If an argument is no integer or out of its range, or `finetune_from` comes before the end of `warmup`.

    References
    ----------
    .. [1] H. Inoue, "Data augmentation by pairing samples for images classification", arXiv:1801.02929, 2018.

    Examples
    --------
    >>> schedule = OnOffSchedule(warmup=10, on=8, off=2, finetune_from=100)
    >>> [schedule(epoch) for epoch in (0, 10, 18, 100)]
    [False, True, False, False]
    """

    warmup: int = 100
    on: int = 8
    off: int = 2
    finetune_from: int | None = 800

    def __post_init__(self) -> None:
        object.__setattr__(self, "warmup", integer(self.warmup, "warmup", at_least=0))
        object.__setattr__(self, "on", integer(self.on, "on", at_least=1))
        object.__setattr__(self, "off", integer(self.off, "off", at_least=0))
        if self.finetune_from is not None:
            last = integer(self.finetune_from, "finetune_from", at_least=0)
            if last < self.warmup:
                raise ValueError(f"finetune_from must be >= warmup, {self.warmup}, got {last}")
            object.__setattr__(self, "finetune_from", last)

    def __call__(self, epoch: int) -> bool:
        """Whether it is on in an epoch, counted from 0."""
        epoch = integer(epoch, "epoch", at_least=0)
        if epoch < self.warmup or (self.finetune_from is not None and epoch >= self.finetune_from):
            return False
        return (epoch - self.warmup) % (self.on + self.off) < self.on


def as_schedule(value: Any) -> OnOffSchedule | None:
    """None, a schedule, or the fields of one as a recipe has them."""
    if value is None or isinstance(value, OnOffSchedule):
        return value
    if isinstance(value, dict):
        return OnOffSchedule(**value)
    raise TypeError(f"schedule must be an OnOffSchedule or None, got {type(value).__name__}")
