"""Samples as a batch: what has one size is stacked, and what belongs to boxes and keypoints stays a list of tensors."""

from __future__ import annotations

import numbers
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from imgproc._core.needed import needed

from .._chain.targets.table import IN_BATCHES
from ._fields import is_tensor
from ._tensors import arrived, from_array, in_worker, shared_empty
from ._tv import as_tv

__all__ = ["Batch", "collate"]

IN_BATCH = {**IN_BATCHES, "masks": "instances", "image": "images", "key": "keys", "id": "ids"}
"""What targets are called in a batch, where that is not their name in a sample; as `Compose.batch` has it."""
ROWS = frozenset(
    {"boxes", "labels", "box_labels", "box_weights", "keypoints", "keypoint_labels", "keypoint_weights", "masks"}
)
"""Targets of which each sample has as many as it has."""
AS_THEY_ARE = ("polygons", "mix", "id")


class Batch(dict[str, Any]):
    """A batch of samples: a dict of tensors and lists, by name.

    It has ``images``, a tensor (n, c, h, w), or a list of tensors if the results have several sizes; ``keys``, int64
    (n, 2), with the epoch and the index of each sample; and the other targets under the names that `Compose.batch` has
    for them.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import AugmentedDataset
    >>> dataset = AugmentedDataset([image, image], augment.Compose([augment.HorizontalFlip()]))
    >>> batch = dataset.__getitems__([(0, 0), (0, 1)])  # a DataLoader asks like this
    >>> sorted(batch), tuple(batch["images"].shape)
    (['images', 'keys'], (2, 3, 96, 128))
    """

    slot: Any = None
    """In a worker: the shared memory that the images lie in."""
    tv: str | None = None
    """The format of boxes, where tensors shall be `tv_tensors` once they have come to the main process."""

    def __missing__(self, name: Any) -> Any:
        if isinstance(name, int):
            raise TypeError(
                "this is a whole batch, which is collated already: pass collate_fn=augment.pipeline.collate to the "
                "DataLoader, or make it with augment.pipeline.loader"
            )
        raise KeyError(name)

    def __reduce__(self) -> Any:
        if self.slot is None:
            return _arrived, (dict(self), self.tv)
        images = self["images"]
        found = {name: None if name == "images" else value for name, value in self.items()}
        return _arrived, (found, self.tv, self.slot, images.dtype, tuple(images.shape), images.stride())


class Ragged(list[Any]):
    """Tensors of several lengths, one for each sample; they travel between processes as one."""

    def __reduce__(self) -> Any:
        if not self or len({(each.dtype, each.shape[1:]) for each in self}) > 1 or self[0].ndim == 0:
            return Ragged, (list(self),)
        flat = np.concatenate([each.numpy() for each in self])
        return _split, (flat, [len(each) for each in self])


def _split(flat: np.ndarray, lengths: list[int]) -> Ragged:
    return Ragged(from_array(flat).split(lengths))


def _arrived(found: dict[str, Any], tv: str | None, slot: Any = None, *images: Any) -> Batch:
    batch = Batch(found)
    if slot is not None:
        batch["images"] = arrived(slot, *images)
    return batch if tv is None else as_tv_batch(batch, tv)


def as_tv_batch(batch: Batch, format: str) -> Batch:
    """The batch with `tv_tensors` for images, masks, boxes and keypoints."""
    sizes = [tuple(each.shape[-2:]) for each in batch["images"]]
    for name in ("image", "mask", "masks", "boxes", "keypoints"):
        many = IN_BATCH.get(name, name)
        value = batch.get(many)
        if is_tensor(value):
            batch[many] = as_tv(name, value, sizes[0], format)
        elif isinstance(value, list) and all(is_tensor(each) for each in value):
            batch[many] = [as_tv(name, each, own, format) for each, own in zip(value, sizes)]
    return batch


def collate(samples: Any) -> Batch:
    """Make a batch of samples: the `collate_fn` of a DataLoader over an `AugmentedDataset`.

    Images, masks, keys, numbers and arrays of one shape are stacked.  Boxes, keypoints, instance masks, and what
    belongs to them, become lists with one tensor for each sample.  Strings and whatever else a sample has become lists.

    Parameters
    ----------
    samples : sequence of dict
        As `AugmentedDataset` or a chain gives them, of arrays or tensors; or a batch that is made already, which comes
        back as it is.

    Returns
    -------
    Batch

    Raises
    ------
    TypeError, ValueError
        If it is something else, or samples have different names.

    Examples
    --------
    >>> import numpy as np
    >>> from augment.pipeline import collate
    >>> boxes = np.array([[1.0, 2, 3, 4]])
    >>> batch = collate([{"boxes": boxes, "label": 3, "key": (0, 7)}, {"boxes": boxes[:0], "label": 5, "key": (0, 2)}])
    >>> batch["label"].tolist(), [tuple(each.shape) for each in batch["boxes"]]
    ([3, 5], [(1, 4), (0, 4)])
    >>> batch["keys"].tolist()
    [[0, 7], [0, 2]]
    """
    if isinstance(samples, Batch):
        return samples
    if not isinstance(samples, Sequence) or not samples or not all(isinstance(each, Mapping) for each in samples):
        raise TypeError(f"samples must be a sequence of dicts, at least one, got {type(samples).__name__}")
    names = samples[0].keys()
    for each in samples:
        if each.keys() != names:
            raise ValueError(f"samples must all have the same names, got {sorted(names)} and {sorted(each)}")
    return Batch(columns({name: [each[name] for each in samples] for name in names}))


def columns(given: Mapping[str, list[Any]], rows: Collection[str] = ROWS) -> dict[str, Any]:
    """The columns of a batch under their names there; `rows` are targets of which a sample has any number."""
    return {IN_BATCH.get(name, name): column(name, values, rows) for name, values in given.items()}


def column(name: str, values: list[Any], rows: Collection[str] = ROWS) -> Any:
    """One column of a batch."""
    if name in AS_THEY_ARE:
        return values
    if name in rows:
        made = [row_tensor(value) for value in values]
        return Ragged(made) if all(is_tensor(each) for each in made) else values
    arrays = [_array(value) for value in values]
    if any(array is None for array in arrays):
        return values
    if len({array.shape for array in arrays}) > 1:
        return [from_array(array.copy()) for array in arrays]
    return _stacked(arrays)


def row_tensor(value: Any) -> Any:
    """What belongs to the boxes or keypoints of a sample as a tensor, floats as float32; other things stay."""
    array = _array(value)
    if array is None:
        return value
    # A copy in any case: what passes through a chain as it is belongs to the source.
    return from_array(array.astype(np.float32 if array.dtype == np.float64 else array.dtype))


def _array(value: Any) -> Any:
    """An array of numbers, or None."""
    if is_tensor(value):
        return value.detach().cpu().numpy()
    if isinstance(value, (numbers.Number, np.generic, list, tuple, np.ndarray)):
        if isinstance(value, list) and value and is_tensor(value[0]):
            value = [each.numpy() for each in value]
        try:
            array = np.asarray(value)
        except ValueError:  # rows of several lengths
            return None
        if isinstance(value, float):
            return array.astype(np.float32)
        return array if array.dtype.kind in "biuf" and array.dtype.itemsize <= 8 else None
    return None


def _stacked(arrays: list[np.ndarray]) -> Any:
    """Arrays of one shape as one tensor; in a worker in shared memory, so that nothing is copied on its way."""
    kind = np.result_type(*{array.dtype for array in arrays})
    if in_worker() and kind.isnative:
        tensor = shared_empty((len(arrays), *arrays[0].shape), kind)
        np.stack(arrays, out=tensor.numpy())
        return tensor
    return from_array(np.stack(arrays))


def keys_tensor(keys: Sequence[tuple[int, int]]) -> Any:
    """Keys as a tensor, int64 (n, 2)."""
    with needed("torch"):
        import torch
    return torch.tensor(list(keys), dtype=torch.int64)
