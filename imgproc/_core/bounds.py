"""The bounds of arguments that set work or memory: one rule, tied to the image.  `check` refuses what is beyond."""

from __future__ import annotations

__all__: list[str] = []

_A_PIXEL, _ALWAYS = 64, 1 << 20

ALWAYS_SIGMA = 16
"""A standard deviation that every image may have."""

MOST_ITERATIONS = 10_000
"""Of methods that repeat a step over the whole image."""


def most_numbers(height: int, width: int) -> int:
    """Return how many numbers an argument may make a function keep or work on, for an image of this size.

    It is 64 for each pixel, and a million for an image of any size.
    """
    return max(_A_PIXEL * height * width, _ALWAYS)


def largest_sigma(height: int, width: int) -> int:
    """Return the largest standard deviation for an image of this size; wider ones cost time and memory for nothing."""
    return max(height, width, ALWAYS_SIGMA)
