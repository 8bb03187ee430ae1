"""The shapes of letters: texts as covers, drawn by Pillow, and no larger than the place they are for."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from imgproc._core.elementary import cos, sin
from imgproc._core.needed import needed
from imgproc.geometry import rotate

__all__: list[str] = []

WHO = "TextOverlay"
_PROBE = 64
"""Pixels of the font by which is estimated how large a text is: a very large font is slow to load."""
_KEPT = 1 << 16
"""Pixels of the largest cover that is kept for the next time."""


@functools.lru_cache(maxsize=64)
def font_of(path: str | None, size: int) -> Any:
    """A font of Pillow, its own without a path.

    Raises
    ------
    OSError
        If the file is no font, or cannot be read.
    """
    with needed("PIL", WHO):
        from PIL import ImageFont

    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


def _bounds(path: str | None, size: int, text: str) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is seen of a text."""
    left, top, right, bottom = font_of(path, size).getbbox(text)
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)


def _turned(height: int, width: int, angle: float) -> tuple[float, float]:
    """(h, w) of the upright frame around a turned one."""
    if angle == 0:
        return height, width
    across, down = abs(cos(math.radians(angle))), abs(sin(math.radians(angle)))
    return width * down + height * across, width * across + height * down


@functools.lru_cache(maxsize=1024)
def fitting_size(path: str | None, size: int, text: str, angle: float, height: int, width: int) -> int:
    """The largest size of the font, at most `size`, at which a text fits into a place; 1 if none does."""

    def excess(tried: int) -> float:
        left, top, right, bottom = _bounds(path, tried, text)
        h, w = _turned(bottom - top, right - left, angle)
        return max(h / height, w / width)

    probe = min(size, _PROBE)
    found = excess(probe)
    if found > 0:
        size = min(size, max(math.floor(1.1 * probe / found), 1))
    while size > 1 and (found := excess(size)) > 1:
        size = max(min(math.floor(size / found), size - 1), 1)
    return size


def _drawn(path: str | None, size: int, text: str) -> np.ndarray:
    """How much of each pixel a text covers, uint8 (h, w) up to 255; without pixels if nothing is seen of it."""
    with needed("PIL", WHO):
        from PIL import Image, ImageDraw

    left, top, right, bottom = _bounds(path, size, text)
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8)
    canvas = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=font_of(path, size))
    cover = np.array(canvas)
    cover.flags.writeable = False
    return cover


_drawn_before = functools.lru_cache(maxsize=256)(_drawn)


def cover_of(path: str | None, size: int, text: str, angle: float, height: int, width: int) -> np.ndarray:
    """The cover of a text for a place of this height and width, uint8 (h, w) up to 255.

    Parameters
    ----------
    path : str or None
        Of the font.
    size : int
        Of the font [px].  A text that is larger than its place is written smaller.
    text : str
    angle : float
        Degrees, counter-clockwise as seen.
    height, width : int
    """
    size = fitting_size(path, size, text, angle, height, width)
    small = size * size * len(text) <= _KEPT
    cover: np.ndarray = (_drawn_before if small else _drawn)(path, size, text)
    return rotate(cover, angle=angle, fit=True) if angle != 0 and cover.size else cover
