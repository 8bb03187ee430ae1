"""Samples, methods and keys for the tests of mixing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from augment import (
    RICAP,
    CutMix,
    FMix,
    GridMix,
    MixUp,
    Mosaic,
    ResizeMix,
    SamplePairing,
)
from augment._inventory import MIXES, sample, title

CLASSES = 5
METHODS = [
    MixUp(num_classes=CLASSES),
    CutMix(num_classes=CLASSES),
    ResizeMix(num_classes=CLASSES),
    RICAP(num_classes=CLASSES),
    FMix(num_classes=CLASSES),
    GridMix(num_classes=CLASSES),
    Mosaic(num_classes=CLASSES),
    SamplePairing(num_classes=CLASSES),
]
every_method = pytest.mark.parametrize("mix", METHODS, ids=[type(m).__name__ for m in METHODS])
every_entry = pytest.mark.parametrize(("name", "parameters"), MIXES, ids=[title(*e) for e in MIXES])
DTYPES = (np.uint8, np.uint16, np.float32, np.float64)


def pictures(n: int, size: tuple[int, int] = (12, 17), dtype: Any = np.uint8, channels: int | None = 3) -> np.ndarray:
    rng = np.random.default_rng(n)
    shape = (n, *size) if channels is None else (n, *size, channels)
    if np.dtype(dtype).kind == "u":
        return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype)
    return rng.random(shape).astype(dtype)


def keys_of(n: int, epoch: int = 0) -> list[tuple[int, int]]:
    return [(epoch, i) for i in range(n)]


def samples(n: int, *, instances: bool = False, label: bool = True) -> list[dict[str, Any]]:
    """Samples of the same things with other levels."""
    found = []
    for k in range(n):
        one = sample((48, 64))
        one["image"] = np.roll(one["image"], 7 * k, axis=1)
        one["labels"] = (one["labels"] + 10 * k).tolist()
        if label:
            one["label"] = k % CLASSES
        if instances:
            one["masks"] = [one["mask"] == v for v in (1, 2, 3)]
            del one["mask"]
        found.append(one)
    return found


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        if name == "mix":
            assert [i.params for i in a[name]] == [i.params for i in b[name]]
        elif name == "masks":
            assert all((m == n).all() for m, n in zip(a[name], b[name], strict=True))
        elif isinstance(a[name], np.ndarray):
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
        else:
            assert a[name] == b[name], name


def words(n: int, epoch: int = 0, first: int = 0) -> np.ndarray:
    return np.stack([np.full(n, epoch), np.arange(first, first + n)], 1).astype(np.uint64)


def numbered(n: int, size: tuple[int, int] = (20, 30)) -> np.ndarray:
    """Image i is all i."""
    return np.broadcast_to(np.arange(n, dtype=np.uint8).reshape(n, 1, 1), (n, *size))
