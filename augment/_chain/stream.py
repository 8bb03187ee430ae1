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
    threads = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)

    def numbered() -> Iterator[tuple[Any, Key]]:
        if keys is None:
            for index, sample in enumerate(samples):
                yield sample, (epoch, index)
        else:
            yield from zip(samples, keys, strict=False)

    def work(item: tuple[Any, Key]) -> dict[str, Any]:
        sample, key = item
        if not isinstance(sample, dict):
            return call(image=sample, key=key, donors=donors)
        return call(**{"key": key, "donors": donors, **sample})

    return ordered_map(work, numbered(), threads)
