"""Batches as columns: what Hugging Face datasets and Ray Data hand to a function."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from imgproc import encode_image
from imgproc._core.check import integer, one_of

from ..compose import Compose
from ._dataset import SampleError
from ._fields import as_image, as_target

__all__: list[str] = []

ENCODED = ("png", "jpg", "jpeg", "webp", "tif", "tiff")
Columns = dict[str, Any]


class Rows:
    """A chain for batches of columns.

    Parameters
    ----------
    chain : Compose
    key_column, image : str
    targets : dict or sequence of str, optional
        The chain's names, and the columns they stand in.
    epoch : int
    encode : str, optional
        A format for the resulting images.
    """

    def __init__(
        self, chain: Compose, key_column: str, image: str, targets: Any, epoch: int, encode: str | None
    ) -> None:
        if not isinstance(chain, Compose):
            raise TypeError(f"chain must be a Compose, got {type(chain).__name__}")
        for name, value in (("key_column", key_column), ("image", image)):
            if not isinstance(value, str):
                raise TypeError(f"{name} must be the name of a column, got {type(value).__name__}")
        self.chain, self.key_column, self.image, self.encode = chain, key_column, image, encode
        self.targets = check_targets(targets)
        self.epoch = integer(epoch, "epoch", at_least=0)
        if encode is not None:
            one_of(encode, "encode", ENCODED)

    def apply(self, columns: Mapping[str, Any]) -> Columns:
        """The columns of a batch with the image and the targets replaced; others stay."""
        for name in (self.key_column, self.image, *self.targets.values()):
            if name not in columns:
                raise ValueError(f"there must be a column {name!r}, got {sorted(map(str, columns))}")
        results = [self._row(columns, i) for i in range(len(columns[self.key_column]))]
        made = {name: columns[name] for name in columns}
        made[self.image] = [result["image"] for result in results]
        for name, column in self.targets.items():
            made[column] = [result[name] for result in results]
        return made

    def _row(self, columns: Mapping[str, Any], i: int) -> dict[str, Any]:
        name = columns[self.key_column][i]
        name = name.item() if isinstance(name, np.generic) else name
        key = (self.epoch, key_number(name))
        given = {target: as_target(columns[column][i]) for target, column in self.targets.items()}
        try:
            result = self.chain(image=as_image(columns[self.image][i]), key=key, **given)
        except Exception as error:
            raise SampleError(f"sample {name!r}, key {key}: {type(error).__name__}: {error}") from error
        if self.encode is not None:
            result["image"] = encode_image(result["image"], format=self.encode)
        return result


def check_targets(targets: Any) -> dict[str, str]:
    """The columns of targets by the chain's names."""
    if targets is None:
        return {}
    if isinstance(targets, str) or not isinstance(targets, (Mapping, Sequence)):
        raise TypeError(f"targets must be a dict or a sequence of names, got {type(targets).__name__}")
    return dict(targets) if isinstance(targets, Mapping) else {name: name for name in targets}


def key_number(value: Any) -> int:
    """The number of a sample: an integer as it is; of a string, such as a path, 64 bits of its hash."""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        return int.from_bytes(hashlib.blake2b(value.encode(), digest_size=8).digest(), "little")
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"a key must be an integer or a string, got {type(value).__name__}") from None
