"""The law of a share: a number, ``("uniform", low, high)`` or ``("beta", a)``, and its keyed draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import one_of, real
from imgproc._core.jit import kernel

from .._chain.keys import fold, uniforms

__all__: list[str] = []

Law = float | tuple[Any, ...]

LAW_BLOCK = 1 << 16
"""The first block of a transform's draws that its shares come from: far behind what `Draws` hands out."""

BLOCKS_EACH = 1 << 10
"""Blocks of a share: as many trials has its rejection; each succeeds with more than 95 %."""


@kernel(inner=True)
def _log_gamma(state, seed, address, at, shape, room):
    """Logarithm of a gamma variate: of small shapes the variate itself would be 0.

    Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000: with the boost for shapes
    below 1 of their section 6.  Every trial takes a block of four uniforms.
    """
    boosted = shape + 1.0 if shape < 1.0 else shape
    d = boosted - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    value = elementary.log(d)
    for trial in range(BLOCKS_EACH // 2):
        uniforms(state, seed, address, at + trial, np.int64(1), room, np.int64(0))
        x = np.sqrt(-2.0 * elementary.log(room[0])) * elementary.cos(2.0 * np.pi * room[1])
        v = 1.0 + c * x
        v = v * v * v
        if v > 0.0 and elementary.log(room[2]) < 0.5 * x * x + d - d * v + d * elementary.log(v):
            value = elementary.log(d * v)
            break
    return value + elementary.log(room[3]) / shape if shape < 1.0 else value


@kernel
def beta_variates(words, seed, address, first, shapes, room, out):
    """``out[i]``: a number of the law Beta(a, b) for key i; `shapes` are a and b, and `room` is for six numbers."""
    for i in range(out.size):
        state = fold(words[i], seed)
        for k in range(shapes.size):  # not two calls: what is called becomes part of this
            room[4 + k] = _log_gamma(state, seed, address, first + k * (BLOCKS_EACH // 2), shapes[k], room)
        out[i] = 1.0 / (1.0 + elementary.exp(room[5] - room[4]))


@kernel
def uniform_variates(words, seed, address, first, low, high, room, out):
    """``out[i]``: a number between `low` and `high` for key i; `room` is for four numbers."""
    for i in range(out.size):
        uniforms(fold(words[i], seed), seed, address, first, np.int64(1), room, np.int64(0))
        out[i] = low + (high - low) * room[0]


def check_law(value: Any, name: str, *, at_least: float = 0.0, at_most: float = 1.0) -> Law:
    """A law of numbers in [at_least, at_most], in its canonical form."""
    if not isinstance(value, (tuple, list)):
        return real(value, name, at_least=at_least, at_most=at_most)
    if not value or not isinstance(value[0], str):
        raise TypeError(f'{name} must be a number, ("beta", a) or ("uniform", low, high), got {value!r}')
    kind = one_of(value[0], f"{name}[0]", ("beta", "uniform"))
    length = 2 if kind == "beta" else 3
    if len(value) != length:
        raise ValueError(f'{name} must be a number, ("beta", a) or ("uniform", low, high), got {value!r}')
    if kind == "beta":
        a = real(value[1], f"{name}[1]")
        if a <= 0:
            raise ValueError(f"{name}[1] must be > 0, got {a}")
        return kind, a
    low, high = (real(v, f"{name}[{i}]", at_least=at_least, at_most=at_most) for i, v in enumerate(value[1:], 1))
    if low > high:
        raise ValueError(f"{name} must have low <= high, got {(low, high)}")
    return kind, low, high


def draw_law(law: Law, words: np.ndarray, seed: int, address: int, which: int = 0) -> np.ndarray:
    """Numbers of a law, float64 (n,), for keys as uint64 (n, m); `which` tells several laws of a transform apart."""
    out, room = np.empty(len(words)), np.empty(6)
    if not isinstance(law, tuple):
        out.fill(law)
        return out
    place = np.uint64(seed & 0xFFFFFFFFFFFFFFFF), np.uint64(address), np.int64(LAW_BLOCK + which * BLOCKS_EACH)
    if law[0] == "beta":
        beta_variates(words, *place, np.array((law[1], law[1]), np.float64), room, out)
    else:
        uniform_variates(words, *place, law[1], law[2], room, out)
    return out
