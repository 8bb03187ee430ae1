"""Plots as RGB images: axes, lines, points, rectangles and a legend, drawn with OpenCV."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.opencv import load_cv2

__all__: list[str] = []

Values = Sequence[float] | np.ndarray

INK, GRID = (40, 40, 40), (225, 225, 225)
COLORS = (
    (31, 119, 180), (214, 96, 20), (44, 140, 60), (190, 40, 50),
    (130, 90, 180), (120, 80, 70), (210, 100, 170), (110, 110, 110), (150, 150, 20), (20, 160, 175),
)  # fmt: skip
_FONT = 0  # cv2.FONT_HERSHEY_SIMPLEX
_SUB = 3  # binary places of OpenCV's coordinates


class Chart:
    """A frame with axes; what is drawn is cut at it.

    Parameters
    ----------
    x_range, y_range : (float, float)
        What the axes span.
    title, x_label, y_label : str
        ASCII, as OpenCV's font has nothing else.
    size : (int, int)
        (h, w) [px].
    """

    def __init__(
        self,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        *,
        title: str = "",
        x_label: str = "",
        y_label: str = "",
        size: tuple[int, int] = (480, 640),
    ) -> None:
        self.cv2 = load_cv2()
        h, w = size
        self.image = np.full((h, w, 3), 255, np.uint8)
        self.left, self.right, self.top, self.bottom = 66, w - 16, 34 if title else 16, h - 50
        self.x_range, self.y_range = _wide(x_range), _wide(y_range)
        self._axes(title, x_label, y_label)
        self.inner = self.image[self.top : self.bottom, self.left : self.right]

    def line(self, x: Values, y: Values, color: int, *, width: int = 2) -> None:
        """A line through points."""
        points = self._places(x, y)
        if len(points) > 1:
            self.cv2.polylines(self._canvas(), [points], False, COLORS[color % len(COLORS)], width, 16, _SUB)

    def points(self, x: Values, y: Values, color: int, *, radius: float = 1.5) -> None:
        """Dots."""
        canvas, rgb = self._canvas(), COLORS[color % len(COLORS)]
        for a, b in self._places(x, y).tolist():
            self.cv2.circle(canvas, (a, b), round(radius * (1 << _SUB)), rgb, -1, 16, _SUB)

    def crosses(self, x: Values, y: Values, color: int | None = None) -> None:
        """Crosses with a white rim, to stand out of dots."""
        canvas, arm = self._canvas(), 7 << _SUB
        rgb = INK if color is None else COLORS[color % len(COLORS)]
        for ink, width in (((255, 255, 255), 5), (rgb, 2)):
            for a, b in self._places(x, y).tolist():
                self.cv2.line(canvas, (a - arm, b - arm), (a + arm, b + arm), ink, width, 16, _SUB)
                self.cv2.line(canvas, (a - arm, b + arm), (a + arm, b - arm), ink, width, 16, _SUB)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, color: int, *, width: int = 2) -> None:
        """The outline of a rectangle."""
        (a, b), (c, d) = self._places([x0, x1], [y0, y1]).tolist()
        self.cv2.rectangle(self._canvas(), (a, b), (c, d), COLORS[color % len(COLORS)], width, 16, _SUB)

    def legend(self, names: Sequence[str], *, low: bool = False) -> None:
        """Names of the colours 0, 1, ... in the left corner at the top, or at the bottom."""
        names = [_plain(name) for name in names]
        x, first = self.left + 40, self.bottom - 18 * len(names) if low else self.top + 20
        for i, name in enumerate(names):
            y = first + 18 * i
            self.cv2.line(self.image, (x - 26, y - 4), (x - 8, y - 4), COLORS[i % len(COLORS)], 3, 16)
            self._text(name, x, y)

    def _axes(self, title: str, x_label: str, y_label: str) -> None:
        cv2 = self.cv2
        for value in ticks(*self.x_range):
            x = self._column(value)
            cv2.line(self.image, (x, self.top), (x, self.bottom), GRID, 1)
            text = _number(value)
            self._text(text, x - self._text_size(text)[0] // 2, self.bottom + 17)
        for value in ticks(*self.y_range):
            y = self._row(value)
            cv2.line(self.image, (self.left, y), (self.right, y), GRID, 1)
            text = _number(value)
            self._text(text, self.left - 7 - self._text_size(text)[0], y + 4)
        cv2.line(self.image, (self.left, self.top), (self.left, self.bottom), INK, 1)
        cv2.line(self.image, (self.left, self.bottom), (self.right, self.bottom), INK, 1)
        self._text(title, self.left, self.top - 12, 0.5)
        middle = (self.left + self.right - self._text_size(x_label)[0]) // 2
        self._text(x_label, middle, self.bottom + 38)
        if y_label:
            w, h = self._text_size(y_label)
            patch = np.full((h + 10, w + 4, 3), 255, np.uint8)
            cv2.putText(patch, _plain(y_label), (2, h + 3), _FONT, 0.42, INK, 1, 16)
            patch = np.rot90(patch)[: self.bottom - self.top]
            y = (self.top + self.bottom - patch.shape[0]) // 2
            self.image[y : y + patch.shape[0], 4 : 4 + patch.shape[1]] = patch

    def _canvas(self) -> np.ndarray:
        return self.inner

    def _text(self, text: str, x: int, y: int, scale: float = 0.42) -> None:
        self.cv2.putText(self.image, _plain(text), (int(x), int(y)), _FONT, scale, INK, 1, 16)

    def _text_size(self, text: str) -> tuple[int, int]:
        return self.cv2.getTextSize(_plain(text), _FONT, 0.42, 1)[0]

    def _column(self, value: float) -> int:
        low, high = self.x_range
        return round(self.left + (value - low) / (high - low) * (self.right - self.left))

    def _row(self, value: float) -> int:
        low, high = self.y_range
        return round(self.bottom - (value - low) / (high - low) * (self.bottom - self.top))

    def _places(self, x: Any, y: Any) -> np.ndarray:
        """Points in the frame, as OpenCV wants them: integers with `_SUB` binary places."""
        (x_low, x_high), (y_low, y_high) = self.x_range, self.y_range
        a = (np.asarray(x, float) - x_low) / (x_high - x_low) * (self.right - self.left)
        b = (y_high - np.asarray(y, float)) / (y_high - y_low) * (self.bottom - self.top)
        both = np.stack([a, b], axis=-1).clip(-4000, 4000)
        return np.rint(both * (1 << _SUB)).astype(np.int32)


def save(image: np.ndarray, path: str | os.PathLike[str] | None) -> np.ndarray:
    """Write a plot where there is a path (to a temporary name, then moved), and return it."""
    if path is not None:
        from imgproc.io._writing import write_image

        write_image(path, image)
    return image


def ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers within a range."""
    raw = (high - low) / most
    step = float(f"1e{f'{raw:e}'.partition('e')[2]}")
    step *= next(f for f in (1, 2, 5, 10) if f * step >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _wide(pair: tuple[float, float]) -> tuple[float, float]:
    low, high = (float(v) for v in pair)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) > 1e-12 else "0"


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode()
