"""Channels in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._core.jit import kernel
from ..stages import Op
from ._base import name_of, on_channels


@kernel(inner=True)
def swap_rows(rows, n, channels, params, level):
    """Swaps of two, one after another; ``params[0]`` says how many."""
    for k in range(int(params[0])):
        one, other = rows[int(params[1 + 2 * k]), :n], rows[int(params[2 + 2 * k]), :n]
        for i in range(n):
            v = one[i]
            one[i] = other[i]
            other[i] = v
    return channels


def _values(op: Op, channels: int) -> Sequence[Any]:
    if op.params[0] != channels:
        raise ValueError(f"{name_of(op)} orders {op.params[0]} channels, got an image of {channels}")
    return op.params[1:]


PERMUTE = on_channels("permute", swap_rows, values=_values)


def permute(order: Sequence[int]) -> Op:
    """Channel k of the result is channel ``order[k]``."""
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"order must hold each channel once, got {tuple(order)}")
    now: list[int] = list(range(len(order)))
    swaps: list[int] = []
    for k, wanted in enumerate(order):
        j = now.index(wanted)
        if j != k:
            now[k], now[j] = now[j], now[k]
            swaps += (k, j)
    return PERMUTE(len(order), len(swaps) // 2, *swaps)
