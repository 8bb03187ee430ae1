"""Many samples at once: results straight into one array, by one kernel call where the chain is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.planes import canonical
from imgproc._core.threads import get_num_threads, run_all
from imgproc._scanline import OutMismatch, usable

from .compiled.cache import Recipe
from .keys import fresh_key, key_array, key_words
from .sample import Sample

if TYPE_CHECKING:
    from ..compose import Compose

_SINGLE = {"masks": "mask"}


def run_batch(
    chain: Compose,
    images: Any,
    keys: Sequence[Any] | None,
    out: np.ndarray | None,
    workers: int | None,
    targets: dict[str, Sequence[Any]],
    donors: Any = None,
) -> dict[str, Any]:
    """See `Compose.batch`."""
    if isinstance(images, np.ndarray) and images.ndim not in (3, 4):
        raise ValueError(f"images must be a sequence of images or an array (n, h, w, c), got shape {images.shape}")
    if not hasattr(images, "__len__") or not hasattr(images, "__getitem__"):
        raise TypeError(f"images must be a sequence of images, got {type(images).__name__}")
    n = len(images)
    for name, values in {"keys": keys, "out": out, **targets}.items():
        if values is not None and len(values) != n:
            raise ValueError(f"{name} must have one entry an image, {n}, got {len(values)}")
    if keys is None:
        if chain._scheduled:
            raise ValueError("keys must be given, (epoch, index) each, where a transform has a schedule")
        base = fresh_key()
        keys = [(base, i) for i in range(n)]
    threads = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)
    names = {_SINGLE.get(name, name): values for name, values in targets.items()}
    if n == 0:
        return {"images": [] if out is None else out, **{k: [] for k in targets}, "keys": []}
    if not chain._mixes and not targets and isinstance(images, np.ndarray):
        done = _recorded(chain, images, keys, out, threads)
        if done is not None:
            return {"images": done, "keys": list(keys)}
    words = [key_array(key, "keys[i]") for key in keys]
    results: list[Any] = [None] * n

    def work(i: int, into: np.ndarray | None) -> dict[str, Any]:
        if chain._mixes:
            given = {"image": images[i], **{k: v[i] for k, v in names.items()}}
            try:
                return chain._mixed(given, words[i], donors, into)
            except OutMismatch:
                if out is not None:
                    raise
                return chain._mixed(given, words[i], donors, None)
        sample = Sample({"image": images[i], **{k: v[i] for k, v in names.items()}}, chain._rules)
        try:
            return chain._all(sample, words[i], into)
        except OutMismatch:
            if out is not None:
                raise
            return chain._all(sample, words[i], None)

    results[0] = work(0, None if out is None else out[0])
    first = results[0]["image"]
    stacked = out
    if out is None:
        stacked = np.empty((n, *first.shape), first.dtype)
        stacked[0] = first

    def part(start: int, stop: int) -> None:
        for i in range(start, stop):
            results[i] = work(i, stacked[i])

    if n > 1:
        size = max(1, min(32, -(-n // (4 * threads)))) if threads > 1 else n
        run_all([lambda a=a: part(a, min(a + size, n)) for a in range(1, n, size)], threads)
    whole = all(r["image"].shape == first.shape and r["image"].dtype == first.dtype for r in results)
    batch: dict[str, Any] = {"images": stacked if whole else [r["image"] for r in results]}
    more = [name for name in results[0] if chain._mixes and name != "image" and name not in names]
    for name in (*targets, *more):
        found = [r[_SINGLE.get(name, name)] for r in results]
        batch[name] = _stack(found) if name == "masks" else found
    batch["keys"] = list(keys)
    return batch


def _recorded(
    chain: Compose, images: np.ndarray, keys: Sequence[Any], out: np.ndarray | None, threads: int
) -> np.ndarray | None:
    """An array of images by kernels alone; None where it has to go the ordinary way."""
    n = len(images)
    recipe = chain._recipes.find(images.shape[1:], images.dtype, n)
    words = [key_words(key, "keys[i]") for key in keys]
    if not isinstance(recipe, Recipe) or len({len(w) for w in words}) > 1:
        return None
    if recipe.moves and images[0].size > 1 << 15:  # OpenCV moves pixels faster
        return None
    shape = (n, *recipe.shape)
    if out is None:
        out = np.empty(shape, recipe.target)
    elif not isinstance(out, np.ndarray) or not usable(out, shape, recipe.target):
        return None
    array, images = np.array(words, np.uint64), canonical(images)
    size = -(-n // (4 * threads)) if threads > 1 else n
    parts = [(a, min(a + size, n)) for a in range(0, n, size)]
    reached = run_all([lambda a=a, b=b: recipe.run_many(images, array, out, a, b) for a, b in parts], threads)
    return out if all(b == at for (_, b), at in zip(parts, reached)) else None


def _stack(masks: list[np.ndarray]) -> Any:
    if all(m.shape == masks[0].shape and m.dtype == masks[0].dtype for m in masks):
        return np.stack(masks)
    return masks
