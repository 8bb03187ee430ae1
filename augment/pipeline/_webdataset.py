"""Chains in streams of WebDataset."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from imgproc._core.check import integer

from ..compose import Compose
from ._dataset import SampleError
from ._fields import as_image, as_target
from ._rows import check_targets, key_number

__all__ = ["WebDatasetTransform"]

IMAGES = ("jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "ppm", "image")
_READERS: dict[str, Callable[[bytes], Any]] = {
    "cls": int,
    "json": json.loads,
    "txt": lambda data: bytes(data).decode(),
    "npy": lambda data: np.load(io.BytesIO(data), allow_pickle=False),
}
"""How bytes become a target, by the ending of their name; as WebDataset's own decoders do."""


class WebDatasetTransform:
    """A chain as a stage of a pipeline of WebDataset, or for its ``map``.

    The key of a sample is made of its ``__key__``, so that a sample has the same result in whichever shard, worker or
    order it comes.  WebDataset itself is not needed: a sample is a dict with ``__key__``.

    Parameters
    ----------
    chain : Compose
    image : str, optional
        The name of the image in a sample, such as ``"jpg"``.  Default: the first of the usual endings that it has.  It
        may be encoded or decoded.
    targets : dict or sequence of str, optional
        What else the chain gets: a dict from the chain's names to names in a sample, such as ``{"label": "cls"}``.
        Bytes of ``cls``, ``json``, ``txt`` and ``npy`` are read.
    epoch : int
        The first part of the key.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    As a stage, ``WebDataset(urls).compose(transform)``, it counts the epochs by itself: each time that the stream
    begins anew in a worker that lives on.  Workers that are started for each epoch get a copy that has not counted:
    call `set_epoch` before each epoch there.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import WebDatasetTransform
    >>> transform = WebDatasetTransform(augment.Compose([augment.Resize(size=(8, 9))]), targets={"label": "cls"})
    >>> sample = transform({"__key__": "n01/17", "jpg": image, "cls": b"5"})
    >>> sample["jpg"].shape, sample["cls"]
    ((8, 9, 3), 5)
    """

    def __init__(self, chain: Compose, *, image: str | None = None, targets: Any = None, epoch: int = 0) -> None:
        if not isinstance(chain, Compose):
            raise TypeError(f"chain must be a Compose, got {type(chain).__name__}")
        if image is not None and not isinstance(image, str):
            raise TypeError(f"image must be a name, got {type(image).__name__}")
        self.chain, self.image, self.targets = chain, image, check_targets(targets)
        self.epoch = integer(epoch, "epoch", at_least=0)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next samples belong to.

        Parameters
        ----------
        epoch : int
        """
        self.epoch = integer(epoch, "epoch", at_least=0)

    def __call__(self, samples: Any) -> Any:
        """One sample, which is a dict; or a stream of samples, which is an epoch."""
        if isinstance(samples, Mapping):
            return self._made(samples, self.epoch)
        if not isinstance(samples, Iterable):
            raise TypeError(f"samples must be a dict or an iterable of dicts, got {type(samples).__name__}")
        return self._stream(samples)

    def _stream(self, samples: Iterable[Any]) -> Iterator[dict[str, Any]]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        for sample in samples:
            yield self._made(sample, epoch)

    def _made(self, sample: Mapping[str, Any], epoch: int) -> dict[str, Any]:
        if "__key__" not in sample:
            raise ValueError(f"the sample must have a __key__, got {sorted(map(str, sample))}")
        name = sample["__key__"]
        key = (epoch, key_number(name))
        where = self.image or next((each for each in IMAGES if each in sample), "an image")
        for each in (where, *self.targets.values()):
            if each not in sample:
                raise ValueError(f"sample {name!r} must have {each}, got {sorted(map(str, sample))}")
        try:
            given = {target: _read(each, sample[each]) for target, each in self.targets.items()}
            result = self.chain(image=as_image(sample[where]), key=key, **given)
        except Exception as error:
            raise SampleError(f"sample {name!r}, key {key}: {type(error).__name__}: {error}") from error
        made = {each: result[target] for target, each in self.targets.items()}
        return {**sample, **made, where: result["image"]}


def _read(name: str, value: Any) -> Any:
    reader = _READERS.get(name.rpartition(".")[2])
    return reader(value) if reader is not None and isinstance(value, bytes) else as_target(value)
