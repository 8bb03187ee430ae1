"""Many samples at once: results straight into one array, by one kernel call where the chain is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.door import trusted
from imgproc._core.hints import SIDE, hint_of
from imgproc._core.threads import get_num_threads, run_all
from imgproc._scanline import OutMismatch

from .chain import Chain
from .keys import Key, fresh_key, key_array
from .out import check_out
from .targets.image import open_image
from .targets.table import IN_BATCHES, IN_SAMPLES


def run_batch(
    chain: Chain,
    images: Any,
    keys: Sequence[Key] | None,
    out: np.ndarray | None,
    workers: int | None,
    targets: dict[str, Sequence[Any]],
    donors: Any,
    records: Sequence[list[dict[str, Any]]] | None = None,
) -> dict[str, Any]:
    """See `Compose.batch`; `records` are the steps of each sample where they were drawn before."""
    n = count_images(images)
    if out is not None:
        check_out(out, [images] if isinstance(images, np.ndarray) else images)
    check_lengths(n, {"keys": keys, "out": out})
    check_lengths(n, targets, optional=False)
    keys = batch_keys(keys, n, scheduled=chain.scheduled)
    threads = count_threads(workers)
    if n == 0:
        return {"images": [] if out is None else out, **{name: [] for name in targets}, "keys": []}
    if not targets and records is None and isinstance(images, np.ndarray):
        open_image(images[0], "images[0]")  # all have its shape
        done = chain.apply_together(images, keys, out, threads)
        if done is not None:
            return {"images": done, "keys": list(keys)}
    words = [key_array(key, "keys[i]") for key in keys]
    names = sample_names(chain, targets)
    columns = {"image": images, **{names.get(name, name): values for name, values in targets.items()}}
    in_batches = {one: many for many, one in names.items()}

    def sample(i: int, into: np.ndarray | None) -> dict[str, Any]:
        given = {name: values[i] for name, values in columns.items()}
        record = None if records is None else records[i]
        try:
            return chain.apply(given, words[i], into, donors, record)
        except OutMismatch:
            if out is not None:
                raise
            return chain.apply(given, words[i], None, donors, record)  # results have several shapes

    results, stacked = _run_samples(sample, n, out, threads)
    first = stacked[0]
    whole = all(r["image"].shape == first.shape and r["image"].dtype == first.dtype for r in results)
    batch: dict[str, Any] = {"images": stacked if whole else [r["image"] for r in results]}
    for name in (*columns, *(name for name in results[0] if name not in columns)):
        if name != "image":
            column = [r[name] for r in results]
            batch[in_batches.get(name, name)] = _stack(column) if name in IN_BATCHES else column
    batch["keys"] = list(keys)
    return batch


def sample_names(chain: Chain, targets: Iterable[str]) -> dict[str, str]:
    """What names of a batch are called in one sample: masks are a mask, and instances the masks of instances.

    Raises
    ------
    TypeError
        If two of them are one target, or one is the image, which is none of them.
    """
    names = {**IN_SAMPLES, "instances": "masks"}
    found = {
        name: names[name] for name in targets if name in names and (name == "masks" or name not in chain.rules.table)
    }
    for name in targets:
        if name == "image":
            raise TypeError("image is a target of single calls: the images of a batch, or frames, are given first")
        if name in found and name != found[name] and found[name] in targets and found[name] not in found:
            raise TypeError(f"{name} is {found[name]} of many samples: give one of them, got {name} and {found[name]}")
    return found


def _run_samples(
    sample: Callable[[int, np.ndarray | None], dict[str, Any]], n: int, out: np.ndarray | None, threads: int
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The results of all samples, and the array that got their images, as far as these have the shape of the first."""
    first = sample(0, None if out is None else out[0])
    stacked = out
    if stacked is None:
        stacked = np.empty((n, *first["image"].shape), first["image"].dtype)
        stacked[0] = first["image"]
    results = [first] * n
    room = stacked

    def part(numbers: range) -> None:
        for i in numbers:
            results[i] = sample(i, room[i])

    size = max(1, min(32, -(-n // (4 * threads)))) if threads > 1 else n
    in_parts(part, range(1, n), size, threads)
    return results, stacked


def _stack(masks: list[np.ndarray]) -> Any:
    if all(m.shape == masks[0].shape and m.dtype == masks[0].dtype for m in masks):
        return np.stack(masks)
    return masks


# --- what other batches need, too -------------------------------------------------------------------------------------


def count_images(images: Any, name: str = "images") -> int:
    """How many images a batch has; they are not looked at yet."""
    if isinstance(images, np.ndarray) and images.ndim not in (3, 4):
        raise ValueError(f"{name} must be a sequence of images or an array (n, h, w, c), got shape {images.shape}")
    if isinstance(images, np.ndarray) and _looks_like_one(images.shape) and not trusted().layout:
        raise ValueError(
            f"{name} must be a sequence of images or an array (n, h, w, c), got shape {images.shape}, which looks like "
            f"one image: pass [image]; if they are {images.shape[0]} grey images of {images.shape[1]} x "
            f"{images.shape[2]}, call within imgproc.trust_layout()"
        )
    if not hasattr(images, "__len__") or not hasattr(images, "__getitem__"):
        raise TypeError(f"{name} must be a sequence of images, got {type(images).__name__}{hint_of(images, name)}")
    return len(images)


def _looks_like_one(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape is a single image of colours rather than grey images of 3 or 4 columns."""
    return len(shape) == 3 and shape[2] in (3, 4) and min(shape[:2]) >= SIDE


def check_lengths(n: int, columns: dict[str, Any], one: str = "an image", *, optional: bool = True) -> None:
    """All that is given has one entry an image; what is `optional` may be None."""
    for name, values in columns.items():
        if values is None and optional:
            continue
        if not hasattr(values, "__len__"):
            raise TypeError(f"{name} must be a sequence, one entry {one}, got {type(values).__name__}")
        if len(values) != n:
            raise ValueError(f"{name} must have one entry {one}, {n}, got {len(values)}")


def batch_keys(keys: Sequence[Key] | None, n: int, *, scheduled: bool) -> Sequence[Key]:
    """The keys of a batch; fresh ones where none are given, unless something depends on the epoch."""
    if keys is not None:
        return keys
    if scheduled:
        raise ValueError("keys must be given, (epoch, index) each, where a transform has a schedule")
    base = fresh_key()
    return [(base, i) for i in range(n)]


def count_threads(workers: int | None) -> int:
    """How many threads a caller allows."""
    return get_num_threads() if workers is None else integer(workers, "workers", at_least=1)


def in_parts(work: Callable[[range], None], numbers: range, size: int, threads: int) -> None:
    """Do some work for all numbers, on several threads, so many numbers at a time."""

    def job(part: range) -> Callable[[], None]:
        return lambda: work(part)

    if len(numbers):
        run_all([job(numbers[k : k + size]) for k in range(0, len(numbers), size)], threads)
