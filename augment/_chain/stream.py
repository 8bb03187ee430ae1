"""A stream of samples on several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from imgproc._core.check import integer
from imgproc._core.threads import get_num_threads, ordered_map

from .keys import Key


def map_samples(
    call: Callable[..., dict[str, Any]],
    samples: Iterable[Any],
    keys: Iterable[Key] | None,
    epoch: int,
    workers: int | None,
    donors: Any,
) -> Iterator[dict[str, Any]]:
    """See `Compose.map`; `call` is the call of the chain."""
    integer(epoch, "epoch")
    for name, values in (("samples", samples), ("keys", () if keys is None else keys)):
        if not isinstance(values, Iterable):
            raise TypeError(f"{name} must be an iterable, got {type(values).__name__}")
    threads = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)

    def numbered() -> Iterator[tuple[Any, Key]]:
        if keys is None:
            for index, sample in enumerate(samples):
                yield sample, (epoch, index)
        else:
            keys_left = iter(keys)
            for index, sample in enumerate(samples):
                try:
                    key = next(keys_left)
                except StopIteration:
                    raise ValueError(f"keys must be one for each sample, got {index} for more samples") from None
                yield sample, key

    def work(item: tuple[Any, Key]) -> dict[str, Any]:
        sample, key = item
        if not isinstance(sample, dict):
            return call(image=sample, key=key, donors=donors)
        return call(**{"key": key, "donors": donors, **sample})

    return ordered_map(work, numbered(), threads)
