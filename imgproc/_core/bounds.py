"""The bounds of arguments that set work or memory: one rule, tied to the image.  `check` refuses what is beyond.

And the largest number that can be meant at all.
"""

from __future__ import annotations

__all__: list[str] = []

LARGEST = 1e15
"""Of single numbers.  What a function makes of them and of levels has room in float32.  Nobody means a number beyond
it, as nobody means infinity."""

_A_PIXEL, _ALWAYS = 64, 1 << 20

ALWAYS_SIGMA = 16
"""A standard deviation that every image may have."""

ALWAYS_LENGTH = 100
"""A distance in pixels that every image may have, such as that of a margin."""

MOST_ITERATIONS = 10_000
"""Of methods that repeat a step over the whole image."""

LONGEST = 1 << 24
"""Sides of the largest frame that geometry makes."""
_MOST_PIXELS, _ROOMY, _TIMES = (1 << 31) - 1, 1 << 27, 64


def most_pixels(source: tuple[int, int] | None = None) -> int:
    """Return how many pixels a frame may have: 64 for each of an image of (h, w) that it is made of, or 2**27.

    Without an image, and at the most, it is what 31 bits count.
    """
    return _MOST_PIXELS if source is None else min(max(_TIMES * source[0] * source[1], _ROOMY), _MOST_PIXELS)


def most_numbers(height: int, width: int) -> int:
    """Return how many numbers an argument may make a function keep or work on, for an image of this size.

    It is 64 for each pixel, and a million for an image of any size.
    """
    return max(_A_PIXEL * height * width, _ALWAYS)


def largest_sigma(height: int, width: int) -> int:
    """Return the largest standard deviation for an image of this size; wider ones cost time and memory for nothing."""
    return max(height, width, ALWAYS_SIGMA)
