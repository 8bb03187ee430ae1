"""Arguments as texts of Python, so that a finding can be printed, made smaller, and run again.

A text uses the names of this module (``picture``, ``example``, ...), ``np``, ``imgproc`` and ``augment``.
"""

from __future__ import annotations

import math
import random
import tempfile
from typing import Any

import numpy as np

import augment
import imgproc._inventory as inventory
from augment.migrate._reader import MAPPINGS
from augment.migrate._table import EXAMPLES as MIGRATED

SHAPES = [
    (1, 1), (1, 7), (7, 1), (2, 2), (3, 5), (5, 3, 1), (8, 9), (16, 17), (24, 31), (1, 1, 3), (2, 9, 3), (9, 2, 3),
    (13, 11, 3), (16, 16, 3), (24, 31, 3), (40, 37, 3), (12, 10, 2), (9, 8, 4), (7, 6, 5),
]  # fmt: skip
"""Of ordinary pictures."""

EMPTY = [(0, 0), (0, 5), (5, 0), (0, 5, 3), (5, 0, 3)]
NO_IMAGES = [(), (4,), (3, 40, 40), (5, 4, 0), (2, 3, 4, 5)]
DTYPES = ["uint8", "uint16", "float32", "float64"]
OTHER_DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint32", "uint64", "float16", "complex64", "object", "U3"]
CONTENTS = ["noise", "noise", "ramp", "constant", "zeros", "full", "step", "two"]
SPECIAL = ["nan", "all_nan", "inf", "huge", "negative", "tiny", "levels255"]
"""Contents that only floats can have; others get noise instead."""
LAYOUTS = ["fortran", "reversed", "strided", "broadcast", "unaligned", "swapped", "readonly", "memmap", "subclass"]

HOSTILE = """
None; 'x'; ''; b'x'; True; False; -1; 0; 1; 2; 3; 7; 255; 2**31; 2**63; 10**400; 0.0; -0.0; 0.5; 1.0; -1.5; 1e-300;
1e-9; 1e9; 1e300; np.nan; np.inf; -np.inf; 1j; np.float32(0.5); np.int64(2); np.uint8(3); np.bool_(True);
np.float64('nan'); (); []; {}; (1, 2); (0.1, 0.2); (2, 1); [1]; (1, 2, 3); object(); np.zeros(3); np.ones((2, 2));
np.array(1.0); np.array(['a']); range(2); set(); lambda *a: 0; (None, None); ((0, 0), (1, 1)); 'reflect'; 'constant';
np.datetime64('2020-01-01')
"""
"""What nobody means, as texts between semicolons."""

INTEGERS = "0; 1; 2; 3; 5; 16; 64; 255; 1000; 10**6; 2**31; 2**63; -1; -2**31; np.int64(2)"
FLOATS = """
0.0; 0.1; 0.5; 1.0; 1.5; 3.0; 10.0; 100.0; 1e4; 1e6; 1e15; 1e18; 1e160; 1e300; 1e-3; 1e-9; 1e-160; 5e-324; -0.5; -1.0;
-1e15; np.float32(0.7); np.nan; np.inf
"""


def one_of(rng: random.Random, *texts: str) -> str:
    """One of the texts between semicolons."""
    return rng.choice([each for text in texts for each in text.replace("\n", " ").strip().split("; ")])


class _Sub(np.ndarray):
    """A subclass of arrays, as other libraries have them."""


def picture(content: str, shape: tuple[int, ...], dtype: str, layout: str = "", seed: int = 0) -> Any:
    """An array of a content, a shape, a dtype and a layout."""
    return laid(_filled(content, shape, dtype, np.random.default_rng(seed)), layout)


def _filled(content: str, shape: tuple[int, ...], dtype: str, rng: np.random.Generator) -> np.ndarray:
    kind = np.dtype(dtype)
    unit = rng.random(shape)
    if content == "ramp":
        unit = np.linspace(0, 1, max(1, unit.size))[: unit.size].reshape(shape)
    elif content == "constant":
        unit = np.full(shape, 0.4)
    elif content in ("zeros", "full"):
        unit = np.full(shape, float(content == "full"))
    elif content == "step" and len(shape) > 1:
        right = (np.arange(shape[1]) > shape[1] // 2) * 0.7
        unit = np.broadcast_to(right.reshape(-1, *[1] * (len(shape) - 2)), shape)
    elif content == "two":
        unit = np.rint(unit)
    if kind.kind in "iu":
        low, high = (0, np.iinfo(kind).max) if kind.itemsize < 4 else (0, 5)
        return np.rint(low + unit * (high - low)).astype(kind)
    if kind.kind == "f" and unit.size:
        unit = np.array(unit)
        if content in ("nan", "inf", "huge"):
            unit.flat[rng.integers(unit.size)] = {"nan": np.nan, "inf": np.inf, "huge": -3e38}[content]
        elif content == "all_nan":
            unit[...] = np.nan
        elif content == "negative":
            unit = 4 * unit - 2
        elif content == "tiny":
            unit = unit * 1e-39
        elif content == "levels255":
            unit = unit * 255
    with np.errstate(over="ignore"):
        return (unit > 0.5) if kind.kind == "b" else np.array(unit).astype(kind)


def laid(a: np.ndarray, layout: str) -> Any:
    """The values of an array in another layout."""
    if layout == "fortran":
        return np.asfortranarray(a)
    if layout == "reversed" and a.ndim > 1:
        return np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1]
    if layout == "strided" and a.ndim > 1:
        wide = np.zeros((2 * a.shape[0], 3 * a.shape[1], *a.shape[2:]), a.dtype)
        wide[::2, ::3] = a
        return wide[::2, ::3]
    if layout == "broadcast" and a.ndim > 1 and a.size:
        return np.broadcast_to(a[:1], a.shape)
    if layout == "unaligned" and a.dtype.kind in "biufc":
        room = np.zeros(a.nbytes + 1, np.uint8)
        moved = room[1:].view(a.dtype).reshape(a.shape)
        moved[...] = a
        return moved
    if layout == "swapped":
        return a.astype(a.dtype.newbyteorder())
    if layout == "readonly":
        a = a.copy()
        a.flags.writeable = False
        return a
    if layout == "memmap" and a.size and a.dtype.kind in "biufc":
        with tempfile.TemporaryFile() as file:
            mapped = np.memmap(file, a.dtype, "w+", shape=a.shape)
        mapped[...] = a
        return mapped
    if layout == "subclass":
        return a.view(_Sub)
    if layout == "masked":
        return np.ma.array(a, mask=a == a.flat[0] if a.size else False)
    return a


def plain(a: Any) -> Any:
    """The same values in the ordinary layout; what is no array, or a masked one, comes back as it is."""
    if not isinstance(a, np.ndarray) or isinstance(a, np.ma.MaskedArray) or a.dtype.kind not in "biufc":
        return a
    native = a.dtype.newbyteorder("=")
    return np.array(a, dtype=native, order="C", subok=False)


def example(name: str, argument: str, which: int, image: Any) -> Any:
    """An example of an argument of a function of `imgproc` for an image."""
    function = inventory.public_functions()[name]
    return inventory._examples(function, argument, image)[which]


def boxes(n: int, kind: str = "float64", seed: int = 0) -> np.ndarray:
    """(n, 4) boxes (x0, y0, x1, y1) in a picture of 40 by 30 pixels."""
    a = np.random.default_rng(seed).random((n, 4)) * (20, 15, 20, 15)
    a[:, 2:] += a[:, :2]
    return a.astype(kind)


def boxes_in(image: Any, n: int) -> np.ndarray:
    """(n, 4) boxes within an image."""
    h, w = (*np.shape(image), 1, 1)[:2]
    a = np.sort(np.random.default_rng(n).random((n, 2, 2)), axis=1)
    return a.reshape(n, 4) * (w, h, w, h)


def points_in(image: Any, n: int, kind: str = "float64") -> np.ndarray:
    """(n, 2) points within an image."""
    h, w = (*np.shape(image), 1, 1)[:2]
    return (np.random.default_rng(n).random((n, 2)) * (w, h)).astype(kind)


def whole(shape: tuple[int, ...], seed: int = 0, top: int = 99) -> np.ndarray:
    """Random integers from 0 to top - 1."""
    return np.random.default_rng(seed).integers(0, top, shape)


def tiles() -> list[Any]:
    """The tiles of a picture."""
    return augment.tile(picture("noise", (40, 30, 3), "uint8"), size=(20, 20))


def migrated(k: int) -> dict[str, Any]:
    """A transform of albumentations, as a dict."""
    names = sorted(MAPPINGS)
    name = names[k % len(names)]
    return {"transform": {"__class_fullname__": name, **(MIGRATED.get(name) or {}), "p": 0.5}}


def numbers(shape: tuple[int, ...], kind: str = "float64", seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Random numbers in [0, scale)."""
    return (np.random.default_rng(seed).random(shape) * scale).astype(kind)


def classes(n: int, k: int = 3, seed: int = 0) -> np.ndarray:
    """Labels of n samples, 0 .. k - 1; the first is the most frequent."""
    return np.minimum(np.random.default_rng(seed).geometric(0.6, n) - 1, k - 1)


def picture_text(rng: random.Random, *, hostile: float = 0.07) -> str:
    """A picture, mostly an ordinary one."""
    shape, dtype, layout = rng.choice(SHAPES), rng.choice(DTYPES), ""
    content = rng.choice(CONTENTS if rng.random() < 0.8 else SPECIAL)
    if rng.random() < 0.35:
        layout = rng.choice(LAYOUTS)
    if rng.random() < hostile:
        chance = rng.random()
        if chance < 0.4:
            dtype = rng.choice(OTHER_DTYPES)
        elif chance < 0.7:
            shape = rng.choice(EMPTY)
        elif chance < 0.9:
            shape = rng.choice(NO_IMAGES)
        else:
            layout = "masked"
    return f"picture({content!r}, {shape}, {dtype!r}, {layout!r}, {rng.randrange(4)})"


def changed(rng: random.Random, value: Any, choices: tuple[str, ...] = ()) -> str:
    """A text for an argument whose ordinary value is known: mostly of the same type, sometimes anything."""
    if rng.random() < 0.15:
        return one_of(rng, HOSTILE)
    if choices:
        return repr(rng.choice(choices)) if rng.random() < 0.9 else "'unknown'"
    if isinstance(value, bool):
        return rng.choice(["True", "False", "np.bool_(True)", "1"])
    if isinstance(value, int):
        return one_of(rng, INTEGERS) if rng.random() < 0.6 else repr(value + rng.choice([-2, -1, 1, 2]))
    if isinstance(value, float):
        factor = rng.choice([0.1, 0.5, 0.9, 1.1, 2, 10])
        return one_of(rng, FLOATS) if rng.random() < 0.6 or not math.isfinite(value) else repr(value * factor)
    if isinstance(value, (tuple, list)) and value and all(isinstance(v, (int, float, tuple, list)) for v in value):
        k = rng.randrange(len(value))
        parts = [changed(rng, v) if i == k else repr(v) for i, v in enumerate(value)]
        chance = rng.random()
        if chance < 0.1:
            parts = parts[:-1]
        elif chance < 0.2:
            parts = parts[::-1]
        text = ", ".join(parts)
        return rng.choice([f"({text},)", f"[{text}]", f"({text},)"])
    return one_of(rng, HOSTILE, INTEGERS, FLOATS)
