"""Chains in data sets of Hugging Face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imgproc._core.check import integer

from ..compose import Compose
from ._rows import Rows

__all__ = ["HuggingFaceTransform"]


class HuggingFaceTransform:
    """A chain as a function for ``map`` and ``with_transform`` of Hugging Face `datasets`.

    Such a function does not learn which rows it gets.  So a column must say it: `key_column` is required, and a row has
    the same result whichever batch or process it comes in.  Where there is none, make one:
    ``dataset.add_column("row", list(range(len(dataset))))``.

    Parameters
    ----------
    chain : Compose
    key_column : str
        A column of integers or strings that are different in each row, such as a number or a path.
    image : str
        The column of images: arrays, images of Pillow, or encoded ones.
    targets : dict or sequence of str, optional
        What else the chain gets: names that are those of columns, too, or a dict from the chain's names to columns.
    epoch : int
        The first part of the key; `set_epoch` changes it.
    encode : {"png", "jpg", "jpeg", "webp", "tif", "tiff"}, optional
        Give images as ``{"bytes", "path"}``, which a column of the type `datasets.Image` keeps as they are: for
        ``map``, which would otherwise write them number by number.  Default: arrays, for ``with_transform``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``map`` finds its cache again, as two of these that are made alike have the same pickle.  With ``with_transform``
    call `set_epoch` before each epoch; workers of a DataLoader that live on have a copy, and do not learn of it: take
    `AugmentedDataset` with `loader` or `ThreadLoader` there, whose keys carry the epoch.

    Examples
    --------
    >>> import augment
    >>> from augment.pipeline import HuggingFaceTransform
    >>> transform = HuggingFaceTransform(augment.Compose([augment.Resize(size=(8, 9))]), key_column="row")
    >>> rows = transform({"row": [0, 1], "image": [image, image], "label": [3, 4]})
    >>> [made.shape for made in rows["image"]], rows["label"]
    ([(8, 9, 3), (8, 9, 3)], [3, 4])
    """

    def __init__(
        self,
        chain: Compose,
        *,
        key_column: str,
        image: str = "image",
        targets: Any = None,
        epoch: int = 0,
        encode: str | None = None,
    ) -> None:
        self._rows = Rows(chain, key_column, image, targets, epoch, encode)

    @property
    def epoch(self) -> int:
        """The first part of all keys."""
        return self._rows.epoch

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next rows belong to.

        Parameters
        ----------
        epoch : int
        """
        self._rows.epoch = integer(epoch, "epoch", at_least=0)

    def __call__(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """One row, or a batch of rows as columns."""
        key = rows.get(self._rows.key_column, [])
        if isinstance(key, (str, bytes)) or not hasattr(key, "__len__") or np.ndim(key) == 0:
            one = self._made({name: [value] for name, value in rows.items()})
            return {name: values[0] for name, values in one.items()}
        return self._made(rows)

    def _made(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        made = self._rows.apply(rows)
        if self._rows.encode is not None:
            made[self._rows.image] = [{"bytes": data, "path": None} for data in made[self._rows.image]]
        return made
