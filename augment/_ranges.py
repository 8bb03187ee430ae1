"""Checked ranges, tuples, truth values and images: what most fields of transforms are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import as_image, frame_size, integer, real
from imgproc._core.formats import channels_of
from imgproc._core.levels import ANY, Scale, fraction

from ._chain.state import Kind

__all__: list[str] = []

Range = tuple[float, float]
Spread = float | Range
"""A range whose middle is 0: one number v means (-v, v).  The field holds the pair."""
Size = int | tuple[int, int]
"""(h, w), or one number for a square.  The field holds the pair."""


def number_range(
    value: Any,
    name: str,
    scale: Scale = ANY,
    /,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
    below: float | None = None,
    around: float | None = None,
) -> Range:
    """A pair (low, high) of finite numbers, low <= high, within bounds; `scale` is that of fractions of full scale.

    `around` is the number that changes nothing, if there is one.  Around 0, one number v means (-v, v).  Any other
    single number is refused with the pairs that may be meant: other libraries understand it in several ways.
    """
    low, high = _pair(value, name, around)
    low = fraction(low, f"{name}[0]", scale, at_least=at_least, at_most=at_most)
    high = fraction(high, f"{name}[1]", scale, at_least=at_least, at_most=at_most)
    if above is not None and low <= above:
        raise ValueError(f"{name}[0] must be > {above:g}, got {low}")
    if below is not None and high >= below:
        raise ValueError(f"{name}[1] must be < {below:g}, got {high}")
    return _ordered(low, high, name)


def integer_range(value: Any, name: str, *, at_least: int | None = None, at_most: int | None = None) -> tuple[int, int]:
    """A pair (low, high) of integers, low <= high, within bounds; both ends are drawn."""
    low, high = _pair(value, name)
    low = integer(low, f"{name}[0]", at_least=at_least, at_most=at_most)
    high = integer(high, f"{name}[1]", at_least=at_least, at_most=at_most)
    return _ordered(low, high, name)


def _pair(value: Any, name: str, around: float | None = None) -> tuple[Any, Any]:
    """Both ends of a range, of what a user wrote for it."""
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return value[0], value[1]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a pair (low, high), got {value!r}")
    if around == 0 and value >= 0:
        return -value, value
    just = f"{(value, value)} for just this value"
    if around == 0:
        raise ValueError(
            f"{name} must be >= 0 if it is one number, which means (-{name}, {name}), got {value}: write {just}"
        )
    either = ""
    if around is not None and 0 < value < around:
        either = f" or {(round(around - value, 9), round(around + value, 9))} for up to {value} either way"
    raise TypeError(f"{name} must be a pair (low, high), got {value!r}: write {just}{either}")


def _ordered(low: Any, high: Any, name: str) -> tuple[Any, Any]:
    if low > high:
        raise ValueError(f"{name} must be a pair (low, high) with low <= high, got {(low, high)}")
    return low, high


def pair_of(value: Spread) -> Range:
    """The pair that a checked field of this kind holds; for type checkers, which only know what may be given."""
    return value if isinstance(value, tuple) else (-value, value)


def square_or(value: Any, name: str = "size") -> tuple[int, int]:
    """The checked (h, w) of an image to be made; one integer is the side of a square."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return frame_size((value, value) if whole else value, name)


def size_of(value: Size) -> tuple[int, int]:
    """The pair that a checked field of this kind holds; for type checkers, which only know what may be given."""
    return value if isinstance(value, tuple) else (value, value)


def number_tuple(value: Any, name: str, length: int) -> tuple[float, ...]:
    """So many finite numbers."""
    if not isinstance(value, (tuple, list)) or len(value) != length:
        raise TypeError(f"{name} must be {length} numbers, got {value!r}")
    return tuple(real(v, f"{name}[{i}]") for i, v in enumerate(value))


def check_fill(fill: Any, kind: Kind, who: str, name: str, field: str = "fill") -> None:
    """ValueError if a checked fill, or another field, has another number of levels than an image has channels."""
    if isinstance(fill, tuple) and len(fill) not in (1, kind.channels):
        raise ValueError(
            f"{field} of {who} must be one level or one a channel of {name}, {kind.channels}, got {len(fill)} values"
        )


def check_references(references: Sequence[np.ndarray], kind: Kind, name: str) -> None:
    """ValueError if a reference has not as many channels as an image."""
    for i, reference in enumerate(references):
        channels = channels_of(reference)
        if channels != kind.channels:
            raise ValueError(
                f"references[{i}] must have as many channels as the {name}, {kind.channels}, got {channels}"
            )


def reference_images(value: Any, name: str) -> tuple[np.ndarray, ...]:
    """At least one image, each as it is."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be a list of images, got {type(value).__name__}")
    if not value:
        raise ValueError(f"{name} must hold at least one image, got none")
    return tuple(as_image(image, f"{name}[{i}]") for i, image in enumerate(value))
