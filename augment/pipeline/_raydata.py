"""Chains in data sets of Ray."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.needed import needed

from ..compose import Compose
from ._rows import Rows

__all__ = ["augment_dataset"]


def augment_dataset(
    dataset: Any,
    chain: Compose,
    *,
    key_column: str,
    image: str = "image",
    targets: Any = None,
    epoch: int = 0,
    encode: str | None = None,
    batch_size: int = 64,
    workers: int | tuple[int, int] | None = None,
    **options: Any,
) -> Any:
    """Apply a chain to a data set of Ray, on actors: each makes the chain once, and gets batches.

    A row has the same result on one node or many, whatever the batches, and after a node is lost.

    Parameters
    ----------
    dataset : ray.data.Dataset
    chain : Compose
    key_column : str
        A column of integers or strings that are different in each row: rows have no other number that stays.
    image : str
        The column of images, arrays or encoded.
    targets : dict or sequence of str, optional
        What else the chain gets: names that are those of columns, too, or a dict from the chain's names to columns.
    epoch : int
        The first part of the key.
    encode : {"png", "jpg", "jpeg", "webp", "tif", "tiff"}, optional
        Give images as bytes of a file.  Default: arrays.
    batch_size : int
        Rows that an actor gets at a time.
    workers : int or (int, int), optional
        Actors, or the least and the most of them.  Default: as many as there are CPUs, at least one.
    **options
        What else ``map_batches`` takes, such as ``num_cpus``.

    Returns
    -------
    ray.data.Dataset
        Lazy, as all of Ray's are: with the image and the targets replaced.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    ImportError
        If Ray is not installed.

    Examples
    --------
    >>> import ray.data  # doctest: +SKIP
    >>> photos = ray.data.read_images("photos", include_paths=True)  # doctest: +SKIP
    >>> done = augment_dataset(photos, chain, key_column="path", workers=4)  # doctest: +SKIP
    >>> done.write_parquet("augmented")  # doctest: +SKIP
    """
    Rows(chain, key_column, image, targets, epoch, encode)
    batch_size = integer(batch_size, "batch_size", at_least=1)
    if workers is None:
        sizes: dict[str, int] = {"min_size": 1}
    elif isinstance(workers, tuple):
        low, high = workers
        sizes = {"min_size": integer(low, "workers[0]", at_least=1)}
        sizes["max_size"] = integer(high, "workers[1]", at_least=low)
    else:
        sizes = {"size": integer(workers, "workers", at_least=1)}
    with needed("ray"):
        from ray.data import ActorPoolStrategy
    given = {"recipe": chain.to_json(), "key_column": key_column, "image": image, "targets": targets}
    return dataset.map_batches(
        Augment,
        fn_constructor_kwargs={**given, "epoch": epoch, "encode": encode},
        batch_size=batch_size,
        compute=ActorPoolStrategy(**sizes),
        **options,
    )


class Augment:
    """What an actor is: a chain, made of its recipe, for batches of columns."""

    def __init__(self, recipe: str, key_column: str, image: str, targets: Any, epoch: int, encode: str | None) -> None:
        self._rows = Rows(Compose.from_json(recipe), key_column, image, targets, epoch, encode)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch that comes may be read-only; a new one is made."""
        made = self._rows.apply(batch)
        for name in (self._rows.image, *self._rows.targets.values()):
            made[name] = _as_column(made[name])
        return made


def _as_column(values: list[Any]) -> Any:
    """Values as Ray wants a column: an array, whose entries are arrays where their shapes differ."""
    arrays = [np.asarray(value) if isinstance(value, (np.ndarray, list, tuple)) else None for value in values]
    if any(array is None for array in arrays):
        return np.array(values, object) if isinstance(values[0], bytes) else np.asarray(values)
    if len({(array.shape, array.dtype) for array in arrays if array is not None}) == 1:
        return np.stack(arrays)  # type: ignore[arg-type]  # none is None
    column = np.empty(len(arrays), object)
    for i, array in enumerate(arrays):
        column[i] = array
    return column
